//! `cargo xtask size`: what everything that is shipped weighs, against its budget, and
//! against a limit that only ever goes down.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use comfy_table::{CellAlignment, Table, presets};

use crate::build;
use crate::project::{Architectures, Dist};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: Architectures,
}

/// Something that is shipped.
struct Artifact {
    name: &'static str,
    of: fn(&Dist) -> PathBuf,
    /// The most bytes that it may have: what it had when it last became smaller, or its budget.
    limit: u64,
    /// What it is to have.
    budget: u64,
    /// What it should have.
    aim: Option<u64>,
}

const ARTIFACTS: [Artifact; 3] = [
    Artifact { name: "libffi_syscalls.a", of: Dist::hosted_archive, limit: 65_536, budget: 65_536, aim: None },
    Artifact {
        name: "libffi_syscalls_freestanding.a",
        of: Dist::freestanding_archive,
        limit: 65_536,
        budget: 65_536,
        aim: None,
    },
    Artifact { name: "libffi_syscalls.so", of: Dist::shared_object, limit: 23_552, budget: 16_384, aim: Some(12_288) },
];

pub fn run(arguments: &Arguments) -> Result<()> {
    let dists: Vec<Dist> = arguments.architectures.or_all().into_iter().map(build::run_for).collect::<Result<_>>()?;
    println!("{}", table(&dists)?);
    for dist in &dists {
        for artifact in &ARTIFACTS {
            let size = size(artifact, dist)?;
            if size > artifact.budget {
                println!("{}: {} is {} bytes over its budget", dist.arch.name(), artifact.name, size - artifact.budget);
            }
        }
    }
    dists.iter().try_for_each(check)
}

fn table(dists: &[Dist]) -> Result<Table> {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let names = dists.iter().map(|dist| dist.arch.name());
    table.set_header(["bytes"].into_iter().chain(names).chain(["limit", "budget", "aim"]));
    for artifact in ARTIFACTS {
        let mut row = vec![artifact.name.to_owned()];
        for dist in dists {
            row.push(size(&artifact, dist)?.to_string());
        }
        row.extend([
            artifact.limit.to_string(),
            artifact.budget.to_string(),
            artifact.aim.map(|aim| aim.to_string()).unwrap_or_default(),
        ]);
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Ok(table)
}

fn size(artifact: &Artifact, dist: &Dist) -> Result<u64> {
    Ok(std::fs::metadata((artifact.of)(dist))?.len())
}

/// Fails if anything of an architecture is over its limit.
pub fn check(dist: &Dist) -> Result<()> {
    for artifact in ARTIFACTS {
        let size = size(&artifact, dist)?;
        let (name, arch, limit) = (artifact.name, dist.arch.name(), artifact.limit);
        ensure!(size <= limit, "{arch}: {name} has {size} bytes, and may have {limit}");
    }
    Ok(())
}
