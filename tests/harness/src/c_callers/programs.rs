//! The C programs, the ways to link each, and how each is run.

use super::link::Compiler::{Clang, ClangLld, Gcc, GccLld, MuslGcc, Zig};
use super::link::Form::{
    Alone, Bare, Checked, Freestanding, Hosted, HostedStatic, InBothParts, InObject, MovedPie, OnLibc,
    OnLibcInBothParts, OnLibcStatic, Pie, Shared, Small, SmallPie,
};
use super::link::Link;
use crate::backends;

pub const WITHOUT_LIBC: &[Link] =
    &[Link(Gcc, Freestanding), Link(Gcc, Small), Link(Gcc, Pie), Link(Gcc, SmallPie), Link(Gcc, Checked)];
pub const BY_OTHER_TOOLS: &[Link] = &[
    Link(GccLld, Small),
    Link(GccLld, SmallPie),
    Link(Clang, Small),
    Link(Clang, SmallPie),
    Link(ClangLld, Freestanding),
    Link(ClangLld, Pie),
    Link(ClangLld, MovedPie),
    Link(Zig, Freestanding),
    Link(Zig, Pie),
];
/// One link by each tool, for the long program.
const ONE_BY_EACH_TOOL: &[Link] =
    &[Link(GccLld, SmallPie), Link(Clang, Small), Link(ClangLld, MovedPie), Link(Zig, Freestanding)];
pub const WITH_LIBC: &[Link] = &[
    Link(Gcc, Hosted),
    Link(Gcc, HostedStatic),
    Link(Gcc, Shared),
    Link(MuslGcc, Hosted),
    Link(MuslGcc, HostedStatic),
    Link(MuslGcc, Shared),
    Link(Zig, HostedStatic),
];
/// Both backends, on glibc and on musl.
const ONE_BY_EACH_LIBC: &[Link] = &[Link(Gcc, Hosted), Link(Gcc, OnLibc), Link(MuslGcc, OnLibcStatic)];
/// The same with the musl of zig, for emulators.
pub const IN_QEMU_WITH_THREADS: &[Link] = &[Link(Gcc, Hosted), Link(Gcc, OnLibc), Link(Zig, OnLibcStatic)];
/// Each archive and the shared object, for emulators.
pub const ONE_BY_EACH_ARTIFACT: &[Link] =
    &[Link(Gcc, SmallPie), Link(Gcc, Checked), Link(Gcc, HostedStatic), Link(Gcc, Shared), Link(Gcc, OnLibcStatic)];
pub const AS_AN_ORDINARY_USER: &[Link] =
    &[Link(Gcc, Freestanding), Link(Gcc, Shared), Link(Gcc, OnLibc), Link(MuslGcc, OnLibcStatic)];
/// With a shared object of the program's own.
const IN_TWO_PARTS: &[Link] = &[
    Link(Gcc, InBothParts),
    Link(Gcc, InObject),
    Link(Gcc, OnLibcInBothParts),
    Link(MuslGcc, InBothParts),
    Link(MuslGcc, InObject),
];
/// One archive for every libc.
pub const ON_LIBC: &[Link] = &[
    Link(Gcc, OnLibc),
    Link(Gcc, OnLibcStatic),
    Link(MuslGcc, OnLibc),
    Link(MuslGcc, OnLibcStatic),
    Link(Zig, OnLibcStatic),
];

/// The expected end of a run.
#[derive(Clone, Copy)]
pub enum End {
    /// With exit code 0.
    Success,
    /// By SIGABRT, after a message of the library.
    Misuse,
    /// With this exit code, after this output in parts.
    Prints(i32, &'static [&'static str]),
    /// With this exit code, or by SIGABRT, after this output in parts and this message.
    Reports(Option<i32>, &'static [&'static str], &'static str),
}

/// An argument of a run.
#[derive(Clone, Copy)]
pub enum Argument {
    Word(&'static str),
    /// A path where no file exists.
    New,
    SharedObject,
    /// The path of a directory with a few files.
    Directory,
}

use Argument::{Directory, New, SharedObject, Word};

/// A program, the ways to link it, and how it is run.
pub struct Program {
    pub source: &'static str,
    /// Set if it tests permissions, and so also runs as an ordinary user.
    pub checks_permissions: bool,
    pub links: &'static [&'static [Link]],
    /// Set if it has thread-local variables, for which a program without a libc must ask.
    pub has_tls: bool,
    pub runs: &'static [Run],
}

/// The arguments of a run, and its end.
pub type Run = (&'static [Argument], End);

/// With the path of a directory to make.
const NEW: &[Run] = &[(&[New], End::Success)];

pub const fn program(source: &'static str, links: &'static [&'static [Link]], runs: &'static [Run]) -> Program {
    Program { source, checks_permissions: false, links, has_tls: false, runs }
}

pub const CONFORMANCE: &str = "tests/c/conformance.c";
pub const MISUSE: &str = "tests/c/misuse.c";
pub const THREADS: &str = "tests/c/threads.c";

pub const PROGRAMS: &[Program] = &[
    Program {
        checks_permissions: true,
        ..program(CONFORMANCE, &[WITHOUT_LIBC, ONE_BY_EACH_TOOL, WITH_LIBC, ON_LIBC], NEW)
    },
    program(
        MISUSE,
        &[WITHOUT_LIBC, WITH_LIBC, ON_LIBC],
        &[
            (&[Word("all"), New], End::Success),
            (&[Word("double_free")], End::Misuse),
            (&[Word("list_entry"), Word("1")], End::Misuse),
            (&[Word("outside_null_page")], End::Misuse),
        ],
    ),
    program(THREADS, &[WITH_LIBC, ON_LIBC], NEW),
    program("tests/c/threads_freestanding.c", &[WITHOUT_LIBC], NEW),
    program("tests/c/stress.c", &[ONE_BY_EACH_LIBC], NEW),
    program("tests/c/hosted.c", &[WITH_LIBC, ON_LIBC], NEW),
    program("tests/c/loader.c", &[&[Link(Gcc, Alone), Link(MuslGcc, Alone)]], &[(&[SharedObject], End::Success)]),
    program("tests/c/two_parts.c", &[IN_TWO_PARTS], NEW),
    program("tests/c/only_asks.c", &[IN_TWO_PARTS], &[(&[], End::Success)]),
    program("tests/c/raised.c", &[WITHOUT_LIBC], NEW),
    program("tests/c/environ_none.c", &[&[Link(Gcc, Bare)]], &[(&[], End::Success)]),
    program(backends::EVERY_FUNCTION, &[WITH_LIBC, ON_LIBC], NEW),
    program("examples/c/facts.c", &[WITHOUT_LIBC, BY_OTHER_TOOLS, WITH_LIBC, ON_LIBC], &[(&[Directory], End::Success)]),
];
