//! The checks of `cargo xtask test`, and the parts that they share.

pub mod abi;
mod artifacts;
mod backends;
mod baseline;
pub mod bench;
mod c_callers;
pub mod calls;
mod documents;
pub mod faults;
mod full;
pub mod fuzz;
mod install;
pub mod instructions;
pub mod list;
mod modules;
mod names;
mod panics;
pub mod plan;
mod published;
mod readme;
mod runner;
mod rust_code;
mod rust_tests;
pub mod sandbox;
pub mod size;
mod source;
