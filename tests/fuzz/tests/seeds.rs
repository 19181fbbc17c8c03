//! Every target with every seed that is committed. Inputs that once showed a defect are among them.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::path::Path;

use fuzz::targets::{ALL, Target};

/// Runs a target with its seeds; how many there are.
fn run(target: &Target) -> usize {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let seeds = fs::read_dir(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
    let seeds: Vec<_> = seeds.map(|seed| seed.unwrap().path()).collect();
    for seed in &seeds {
        println!("{}", seed.display());
        (target.run)(&fs::read(seed).unwrap());
    }
    seeds.len()
}

// One test for all: the environment that the library knows is the process's.
#[test]
fn the_seeds_show_no_difference() {
    for target in ALL.iter().filter(|target| !(cfg!(miri) && target.is_real)) {
        assert!(run(target) > 0, "{} has no seeds", target.name);
        // What is empty is an input, too.
        (target.run)(b"");
    }
}
