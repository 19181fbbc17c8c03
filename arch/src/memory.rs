//! How a column defines a memory function.
//!
//! The compiler may turn any copy, fill or comparison into a call of one. They are written in instructions, so that
//! none can be compiled into a call of itself; weak, so that a program's own versions win; hidden, so that a shared
//! object does not export them; each in a section of its own, so that a program pays for those it uses.

/// Defines a function of this name, and under a second one, of these instructions.
macro_rules! memory_function {
    ($name:literal $(= $alias:literal)?, $($line:literal),+ $(,)?) => {
        ::core::arch::global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            // A multiple of every architecture's instruction length.
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
