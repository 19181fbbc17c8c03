//! The checks of `cargo xtask test`, and what they are made of.

pub mod abi;
mod backends;
mod baseline;
pub mod bench;
mod c_callers;
pub mod calls;
mod columns;
pub mod faults;
mod full;
pub mod fuzz;
mod install;
pub mod instructions;
mod mutant;
mod panics;
mod readme;
pub mod sandbox;
mod seccomp;
pub mod size;
pub mod test;
