//! `cargo xtask build`: the artifacts that C programs link with.

mod builder;
mod members;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::project::{self, Arch, Architectures, Backend, Dist, Foundation, System};
use crate::shell::{cargo, execute, step};
use crate::toolchain::{self, Toolchain};
use crate::{header, list};
pub use builder::MEMORY_FUNCTIONS;
use builder::{Builder, FREESTANDING, HOSTED, HOSTED_ON_LIBC, PANICKING, SONAME, STRIPPED, target_dir};
pub use members::extra_names;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: Architectures,
    #[command(flatten)]
    foundation: Foundation,
    /// Only the freestanding archive and the header
    #[arg(long)]
    freestanding: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let (system, backend) = (arguments.foundation.system()?, arguments.foundation.backend());
    if arguments.freestanding && (system.is_some() || backend == Backend::Libc) {
        let what = system.map_or("the libc backend", |system| system.os);
        bail!("no freestanding archive for {what}: its programs need a libc to reach the kernel");
    }
    if let Some(system) = system {
        ensure!(
            !arguments.architectures.are_given(),
            "--target {} implies the architecture: leave out --arch",
            system.triple
        );
        return list(&run_for_system(system)?.files());
    }
    for arch in arguments.architectures.or_host()? {
        match backend {
            Backend::Libc => list(&run_on_libc(arch)?.files())?,
            Backend::Kernel if arguments.freestanding => list(&run_freestanding(arch)?)?,
            Backend::Kernel => list(&run_for(arch)?.files())?,
        }
    }
    Ok(())
}

fn list(files: &[PathBuf]) -> Result<()> {
    for file in files {
        println!("{:>8}  {}", std::fs::metadata(file)?.len(), project::relative(file));
    }
    Ok(())
}

/// Builds the archive of the libc backend on Linux.
pub fn run_on_libc(arch: Arch) -> Result<Dist> {
    let builder = Builder::new(arch)?.in_directory("libc");
    let (dist, name) = (arch.libc_dist(), format!("{}: libffi_syscalls.a on the libc", arch.name()));
    write_texts(&dist)?;
    step(&name, || builder.archive(HOSTED_ON_LIBC, &[], &dist.hosted_archive()))?;
    Ok(dist)
}

/// Builds the archive for another system.
pub fn run_for_system(system: &System) -> Result<Dist> {
    let builder = Builder::for_system(system)?;
    let dist = system.dist();
    write_texts(&dist)?;
    step(&format!("{}: libffi_syscalls.a", system.triple), || builder.archive(HOSTED, &[], &dist.hosted_archive()))?;
    Ok(dist)
}

/// Builds the freestanding archive and writes its header. Returns the paths of both.
pub fn run_freestanding(arch: Arch) -> Result<[PathBuf; 2]> {
    let (builder, dist) = (Builder::new(arch)?, arch.dist());
    write_texts(&dist)?;
    builder.archive(FREESTANDING, &[], &dist.freestanding_archive())?;
    Ok([dist.header(), dist.freestanding_archive()])
}

/// Writes the header and the .pc file.
fn write_texts(dist: &Dist) -> Result<()> {
    std::fs::create_dir_all(dist.include())?;
    std::fs::create_dir_all(dist.lib().join("pkgconfig"))?;
    std::fs::write(dist.header(), header::generate(&list::read()?)?)?;
    Ok(std::fs::write(dist.pkg_config(), pkg_config())?)
}

/// Builds all artifacts of an architecture.
pub fn run_for(arch: Arch) -> Result<Dist> {
    let builder = Builder::new(arch)?;
    let dist = arch.dist();
    step("header and .pc file", || write_texts(&dist))?;
    let named = |file: &str| format!("{}: {file}", arch.name());
    step(&named("libffi_syscalls.a"), || builder.archive(HOSTED, &[], &dist.hosted_archive()))?;
    step(&named("libffi_syscalls_freestanding.a"), || {
        builder.archive(FREESTANDING, &[], &dist.freestanding_archive())
    })?;
    step(&named("libffi_syscalls.so"), || builder.shared_object(&dist.shared_object(), STRIPPED))?;
    Ok(dist)
}

/// Builds the freestanding archive with debug assertions, which stop a program at an overflow or a broken precondition,
/// for tests.
pub fn build_checked_archive(arch: Arch) -> Result<()> {
    let builder = Builder::new(arch)?;
    let flags = ["-C", "overflow-checks=on", "-C", "debug-assertions=on"];
    builder.archive(FREESTANDING, &flags, &checked_archive(arch))
}

/// Returns the path of that archive.
pub fn checked_archive(arch: Arch) -> PathBuf {
    target_dir().join(format!("libffi_syscalls_checked_{}.a", arch.name()))
}

/// Builds the archive and the shared object with the distribution's compiler, which builds core from source, for tests.
pub fn build_with_distribution(arch: Arch, directory: &Path) -> Result<PathBuf> {
    let toolchain = Toolchain::of_distribution(arch.target())?;
    let builder = Builder { toolchain, ..Builder::new(arch)?.in_directory("distribution") };
    let archive = directory.join("libffi_syscalls_freestanding.a");
    builder.archive(FREESTANDING, &[], &archive)?;
    builder.shared_object(&directory.join(SONAME), STRIPPED)?;
    Ok(archive)
}

/// Returns the names in each artifact of an architecture, as the compiler gave them.
pub fn names(arch: Arch) -> Result<Vec<(PathBuf, BTreeSet<String>)>> {
    let (dist, on_libc, builder) = (arch.dist(), arch.libc_dist(), Builder::new(arch)?);
    let libc_builder = Builder::new(arch)?.in_directory("libc");
    Ok(vec![
        (dist.hosted_archive(), builder.names_in_archive(HOSTED)?),
        (dist.freestanding_archive(), builder.names_in_archive(FREESTANDING)?),
        (dist.shared_object(), builder.names_in_shared_object()?),
        (on_libc.hosted_archive(), libc_builder.names_in_archive(HOSTED_ON_LIBC)?),
    ])
}

/// Builds, as a freestanding archive, the library with the function of tests/panicking that can panic. Returns the names
/// in it, as the compiler gave them.
pub fn build_panicking(arch: Arch, archive: &Path) -> Result<BTreeSet<String>> {
    let builder = Builder { package: PANICKING, ..Builder::new(arch)?.in_directory(PANICKING) };
    builder.archive(FREESTANDING, &[], archive)?;
    builder.names_in_archive(FREESTANDING)
}

/// Returns the source files of the last build of the library, from the dependency file of the compiler.
pub fn sources(arch: Arch, backend: Backend) -> Result<Vec<PathBuf>> {
    let directory = if backend == Backend::Libc { target_dir().join("libc") } else { target_dir() };
    let note = directory.join(arch.target()).join("release/libffi_syscalls.d");
    let text = std::fs::read_to_string(&note).with_context(|| project::relative(&note).to_string())?;
    // `archive: source source ...`, with a backslash before a space in a path.
    let words = text.replace("\\ ", "\0");
    let sources = words.split_whitespace().skip(1).map(|word| word.replace('\0', " ").into());
    Ok(sources.collect())
}

/// Returns the .pc file. It locates the library relative to itself, so that it can be moved.
fn pkg_config() -> String {
    format!(
        "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib\n\n\
         Name: ffi_syscalls\n\
         Description: Files, directories, environment, processes, time and system facts straight from the kernel\n\
         Version: {}\nCflags: -I${{includedir}}\nLibs: -L${{libdir}} -lffi_syscalls\n",
        project::VERSION
    )
}

/// Builds the freestanding multi-call program. Returns its path.
pub fn rtbox(arch: Arch) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "rtbox", "--features", "freestanding"]);
    toolchain::for_programs(arch, &mut cargo)?;
    execute(cargo.arg("--target-dir").arg(project::root().join("target")))?;
    Ok(project::root().join("target").join(arch.target()).join("release/rtbox"))
}
