//! Definition of the memory functions of a column.
//!
//! The compiler may turn any copy, fill or comparison into a call of such a function. They are written in assembly, so
//! that none can become a call of itself. They are weak, so that definitions of the program take precedence, and hidden,
//! so that a shared object does not export them. Each has a section of its own, so that the linker drops unused ones.

/// Defines a function with this name, and optionally an alias, from lines of assembly.
macro_rules! memory_function {
    ($name:literal $(= $alias:literal)?, $($line:literal),+ $(,)?) => {
        ::core::arch::global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            // The largest alignment that instructions need on any architecture.
            ".p2align 2",
            $(
                concat!(".weak ", $alias),
                concat!(".hidden ", $alias),
                concat!(".type ", $alias, ",@function"),
                concat!($alias, ":"),
            )?
            concat!(".weak ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            $($line,)+
            concat!(".size ", $name, ", . - ", $name),
            $(concat!(".size ", $alias, ", . - ", $alias),)?
            ".popsection",
        );
    };
}
