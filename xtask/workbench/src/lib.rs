//! What the project's own commands and its tests both need: the project's places, the tools of this machine, and what
//! builds and reads the library.

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
