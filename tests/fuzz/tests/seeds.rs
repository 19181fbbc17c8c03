//! Runs every target with every committed seed. Inputs that once revealed a defect are among the seeds.
#![expect(clippy::unwrap_used, reason = "a test stops at an unexpected error")]

use std::fs;
use std::path::Path;

use fuzz::targets::{ALL, Target};

/// Runs a target with each of its seeds, and returns their number.
fn run(target: &Target) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let seeds = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let seeds: Vec<_> = seeds.map(|seed| seed.unwrap().path()).collect();
    for seed in &seeds {
        println!("{}", seed.display());
        (target.run)(&fs::read(seed).unwrap());
    }
    seeds.len()
}

// A single test, because all threads of the process share the library's environment.
#[test]
fn targets_agree_with_their_models_for_every_seed() {
    for target in ALL.iter().filter(|target| !(cfg!(miri) && target.is_real)) {
        assert!(run(target) > 0, "{} has no seeds", target.name);
        // Every target accepts the empty input.
        (target.run)(b"");
    }
}
