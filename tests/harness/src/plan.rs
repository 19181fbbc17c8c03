//! `cargo xtask test`: the checks to run.

use anyhow::Result;
use workbench::project::{Arch, SYSTEMS, Selection};
use workbench::{build, tools};

use crate::runner::{Check, Lane, Plan};
use crate::{artifacts, backends, full, list, published, rust_tests, sandbox, source};

#[derive(clap::Args)]
pub struct Arguments {
    /// Run a short selection during work on a change: formatting, the lints and Rust tests of both backends for this
    /// machine, the list of operations and the README. cargo-nextest runs the tests if it is installed
    #[arg(long, conflicts_with_all = ["full", "arch"])]
    quick: bool,
    /// Also run what takes long: Miri, the Rust tests under sanitizers, a program under valgrind, the licenses and
    /// sources of dependencies
    #[arg(long)]
    full: bool,
    /// Run only the checks of this architecture: x86_64, aarch64, riscv64 or all. Without this option, the test also
    /// runs those that depend on none: source text, models, fuzzer, other systems
    #[arg(long, value_name = "NAME", conflicts_with = "full")]
    arch: Option<Selection>,
    /// Run only the checks whose name contains this text, and the builds that they need
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    only: String,
    /// First write what follows from the list of operations, as `cargo xtask bless` does
    #[arg(long)]
    bless: bool,
    /// Print the names of the checks and run none
    #[arg(long, conflicts_with = "bless")]
    pub list: bool,
    /// Fail if a check cannot run on this machine; without it such checks are named and skipped
    #[arg(long)]
    require_all: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.bless {
        list::bless(&list::Bless::default())?;
    }
    let lanes = match &arguments.arch {
        _ if arguments.quick => vec![quick()?],
        Some(Selection(architectures)) => of_architectures(architectures),
        None => everything(arguments.full),
    };
    let plan = Plan { lanes, require_all: arguments.require_all };
    if arguments.list {
        plan.list(&[&arguments.only]);
        return Ok(());
    }
    plan.run(&[&arguments.only])
}

fn quick() -> Result<Lane> {
    let mut lane = Lane::default();
    source::add_quick(&mut lane);
    rust_tests::add_quick(&mut lane, Arch::host()?);
    Ok(lane)
}

/// Returns the lanes of the architectures, and one for what depends on none.
fn everything(is_full: bool) -> Vec<Lane> {
    let mut lane = Lane::default();
    source::add(&mut lane);
    add_other_systems(&mut lane);
    published::add(&mut lane);
    if is_full {
        full::add(&mut lane);
    }
    let mut lanes = of_architectures(&Arch::ALL);
    lanes.push(lane);
    lanes
}

fn of_architectures(architectures: &[Arch]) -> Vec<Lane> {
    architectures.iter().copied().flat_map(of_architecture).collect()
}

/// Returns a lane for what is built for C, and one for what Rust programs see.
fn of_architecture(arch: Arch) -> [Lane; 2] {
    let (mut c, mut rust) = (Lane::default(), Lane::default());
    artifacts::add(&mut c, arch);
    if arch.is_host() {
        c.add(source::readme());
    }
    source::add_for(&mut rust, arch);
    rust_tests::add(&mut rust, arch);
    [c, rust]
}

/// For systems other than this machine's, checks that the library builds, and that a program which calls every function
/// links with the system's libc.
fn add_other_systems(lane: &mut Lane) {
    lane.add_group(SYSTEMS.iter().filter(|system| system.zig.is_none()).map(|system| {
        let name = format!("{}: build", system.triple);
        Check::new(name, [tools::target(system.triple)], || build::run_for_system(system).map(drop))
    }));
    lane.add_group(SYSTEMS.iter().filter_map(|system| Some((system, system.zig?))).map(|(system, zig)| {
        let name = format!("{}: build, and link a program that calls every function", system.triple);
        let tools = [tools::target(system.triple), tools::ZIG];
        Check::new(name, tools, move || backends::check_link(system, zig))
    }));
    lane.add(Check::new("libc backend: freestanding features are refused", [], backends::check_refusals));
}

/// Runs only the sandboxes, for `cargo xtask sandbox`.
pub fn run_sandboxes(arguments: &sandbox::Arguments) -> Result<()> {
    let lane = |arch| {
        let mut lane = Lane::default();
        artifacts::add_build(&mut lane, arch);
        sandbox::add(&mut lane, arch);
        lane
    };
    let lanes = arguments.architectures.or_host()?.into_iter().map(lane).collect();
    Plan { lanes, require_all: false }.run(&["sandbox: ", &arguments.only])
}
