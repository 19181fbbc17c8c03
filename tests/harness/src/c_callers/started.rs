//! The programs that show what runs before and after `main`, and their output.

use super::link::Compiler::{Clang, ClangLld, GccLld};
use super::link::Form::{Freestanding, MovedPie, Small, SmallPie};
use super::link::Link;
use super::programs::Argument::Word;
use super::programs::End::{Prints, Reports, Success};
use super::programs::{BY_OTHER_TOOLS, ON_LIBC, Program, WITH_LIBC, WITHOUT_LIBC, program};

pub const PROGRAMS: &[Program] = &[WITHOUT, WITH, OBJECTS, THREAD_LOCALS, ALIGNED_THREAD_LOCALS, REFUSED_THREAD_LOCALS];

const START: &str = "tests/c/start.c";
const PREINIT: &str = "preinit\n";
const TWO: &str = "constructor 200\nconstructor 201\n";
const LAST: &str = "constructor\n";
const MAIN: &str = "main\n";
const DESTRUCTORS: &str = "destructor\ndestructor 201\ndestructor 200\n";

/// Destructors run whatever ends the program, but a misuse, and each once.
const WITHOUT: Program = program(
    START,
    &[WITHOUT_LIBC, BY_OTHER_TOOLS],
    &[
        (&[Word("return")], Prints(7, &[PREINIT, TWO, LAST, MAIN, DESTRUCTORS])),
        (&[Word("exit")], Prints(8, &[PREINIT, TWO, LAST, MAIN, DESTRUCTORS])),
        (&[Word("exit_in_constructor")], Prints(9, &[PREINIT, TWO, DESTRUCTORS])),
        (&[Word("exit_in_destructors")], Prints(10, &[PREINIT, TWO, LAST, MAIN, DESTRUCTORS])),
        (&[Word("misuse")], Reports(None, &[PREINIT, TWO, LAST, MAIN], "ffi_syscalls: rt_free: ")),
    ],
);

/// The libc runs them, and `rt_exit` ends the process at once.
const WITH: Program = program(
    START,
    &[WITH_LIBC, ON_LIBC],
    &[
        (&[Word("return")], Prints(7, &[TWO, LAST, MAIN, DESTRUCTORS])),
        (&[Word("exit")], Prints(8, &[TWO, LAST, MAIN])),
    ],
);

/// Without zig, which has no numbers of system calls.
const CXX_BY_OTHER_TOOLS: &[Link] = &[
    Link(GccLld, Small),
    Link(GccLld, SmallPie),
    Link(Clang, Freestanding),
    Link(Clang, SmallPie),
    Link(ClangLld, Small),
    Link(ClangLld, MovedPie),
];

const CONSTRUCTED: &str = "+ first\n+ second\n";
const DESTROYED: &str = "- second\n- first\n";

const OBJECTS: Program = program(
    "tests/c/objects.cc",
    &[WITHOUT_LIBC, CXX_BY_OTHER_TOOLS],
    &[
        (
            &[Word("order")],
            Prints(0, &[CONSTRUCTED, MAIN, "+ local\n- local\n", DESTROYED, "destructor\n+ late\n- late\n"]),
        ),
        (&[Word("many")], Prints(0, &[CONSTRUCTED, "all in order\n", DESTROYED, "destructor\n"])),
        (&[Word("threads")], Prints(0, &[CONSTRUCTED, DESTROYED, "destructor\n"])),
        (&[Word("guard")], Prints(0, &[CONSTRUCTED, DESTROYED, "destructor\n"])),
        (&[Word("pure")], Reports(None, &[CONSTRUCTED], "ffi_syscalls: a pure virtual function was called\n")),
    ],
);

const THREAD_LOCALS: Program = with_tls("tests/c/tls.c");
const ALIGNED_THREAD_LOCALS: Program = with_tls("tests/c/tls_page.c");
const REFUSED_THREAD_LOCALS: Program = Program {
    runs: &[(&[], Reports(Some(127), &[], "ffi_syscalls: thread-local variables: out of memory\n"))],
    ..with_tls("tests/c/tls_refused.c")
};

const fn with_tls(source: &'static str) -> Program {
    Program { has_tls: true, ..program(source, &[WITHOUT_LIBC, BY_OTHER_TOOLS], &[(&[], Success)]) }
}
