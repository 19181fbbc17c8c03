//! The base of `cargo xtask` and of the tests' harness: the directories of the project, the tools of this machine, and
//! the builds of the library.

pub mod build;
pub mod c_list;
pub mod cannot_run;
pub mod elf;
pub mod emulator;
pub mod header;
pub mod install;
pub mod list;
pub mod project;
pub mod shell;
pub mod toolchain;
pub mod tools;
