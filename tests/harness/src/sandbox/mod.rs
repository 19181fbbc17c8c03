//! `cargo xtask sandbox`: programs that call every function, where something is missing, refused, full or changing.
//!
//! A variable names what the sandbox lacks. The program expects failures of the functions that depend on it; all others
//! must work as usual.

mod cases;
mod entry;
pub mod filter;
mod part;
mod programs;
mod rights;
mod run;

use std::sync::{Arc, OnceLock};

use anyhow::Context;
use workbench::project::{Arch, Architectures};
use workbench::tools;

use crate::names;
use crate::runner::{Check, Lane};
use programs::Programs;
pub use rights::Right;

#[derive(clap::Args)]
pub struct Arguments {
    /// Run only the sandboxes whose name contains this text
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub only: String,
    #[command(flatten)]
    pub architectures: Architectures,
}

/// Adds a check for each sandbox of an architecture.
pub fn add(lane: &mut Lane, arch: Arch) {
    let programs = Arc::new(OnceLock::new());
    let (compiled, name) = (programs.clone(), format!("{}: programs for sandboxes", arch.name()));
    let compile = move || Programs::compile(&arch.dist()).map(|programs| drop(compiled.set(programs)));
    lane.add(Check::new(&name, [tools::c_compiler(arch)], compile).after(&names::build(arch)));
    lane.add_group(cases::all(arch).into_iter().map(|sandbox| {
        let emulator: Vec<_> = (!arch.is_host()).then(|| tools::qemu(arch)).into_iter().collect();
        let (programs, own_name) = (programs.clone(), format!("{}: sandbox: {}", arch.name(), sandbox.name));
        let check = move || sandbox.check(arch, programs.get().context("no programs")?);
        Check::new(own_name, emulator, check).after(&name)
    }));
}
