//! `cargo xtask build`: the artifacts that C programs link with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::project::{self, Arch, Dist};
use crate::shell::{cargo, command, execute, step};
use crate::{elf, header, setup};

#[derive(clap::Args)]
pub struct Arguments {
    /// The architecture, if not this machine's
    #[arg(long)]
    arch: Option<Arch>,
}

pub fn run_for(arch: Arch) -> Result<Dist> {
    for tool in [&setup::CC, &setup::BINUTILS] {
        ensure!(tool.is_here(), "missing, for {}. What would change it: {}", tool.purpose, tool.remedy());
    }
    let dist = arch.dist();
    std::fs::create_dir_all(dist.include())?;
    std::fs::create_dir_all(dist.lib().join("pkgconfig"))?;
    step("header and .pc file", || {
        std::fs::write(dist.header(), header::generate()?)?;
        Ok(std::fs::write(dist.pkg_config(), pkg_config())?)
    })?;
    step("libffi_syscalls.a", || {
        let whole = staticlib(arch, "exports,panic-handler", &[])?;
        reduce(&whole, &dist.hosted_archive())
    })?;
    step("libffi_syscalls_freestanding.a", || {
        let whole = staticlib(arch, FREESTANDING, &[])?;
        reduce(&whole, &dist.freestanding_archive())
    })?;
    step("libffi_syscalls.so", || shared_object(arch, &dist.shared_object()))?;
    Ok(dist)
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let dist = run_for(arguments.arch.map_or_else(Arch::host, Ok)?)?;
    for file in dist.files() {
        let size = std::fs::metadata(&file)?.len();
        println!("{size:>8}  {}", file.strip_prefix(project::root()).unwrap_or(&file).display());
    }
    Ok(())
}

/// `cargo rustc` for the library as this kind of crate; what follows `--` is the caller's to add.
fn cargo_rustc(arch: Arch, crate_type: &str, features: &str) -> Command {
    let mut cargo = cargo();
    cargo.args(["rustc", "--quiet", "--release", "--lib", "--package", "ffi_syscalls", "--crate-type", crate_type]);
    cargo.args(["--features", features, "--target", arch.target(), "--target-dir"]).arg(target_dir());
    cargo
}

/// A directory of its own, so that the features asked for here rebuild nothing elsewhere.
fn target_dir() -> PathBuf {
    project::root().join("target/dist-build")
}

fn output_dir(arch: Arch) -> PathBuf {
    target_dir().join(arch.target()).join("release")
}

/// The library as rustc archives it, with all of core.
fn staticlib(arch: Arch, features: &str, flags: &[&str]) -> Result<PathBuf> {
    execute(cargo_rustc(arch, "staticlib", features).args(["--", "-C", "force-unwind-tables=no"]).args(flags))?;
    Ok(output_dir(arch).join("libffi_syscalls.a"))
}

/// Builds the freestanding archive with the checks of a debug build, which stop a program at an overflow or a broken
/// precondition. It is for tests.
pub fn build_checked_archive(arch: Arch) -> Result<()> {
    let whole = staticlib(arch, FREESTANDING, &["-C", "overflow-checks=on", "-C", "debug-assertions=on"])?;
    reduce(&whole, &checked_archive())
}

/// Where that is.
pub fn checked_archive() -> PathBuf {
    target_dir().join("libffi_syscalls_checked.a")
}

const FREESTANDING: &str = "exports,freestanding,panic-handler";

/// Memory functions that the compiler calls: the freestanding archive defines them, the hosted one leaves them to libc.
pub const MEMORY_FUNCTIONS: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "strlen"];

/// Makes a small archive of a large one: one object with what the functions need and no more, a section a function, so
/// that a link with `--gc-sections` still picks, and no symbol of Rust's visible, so that it mixes with a Rust program.
fn reduce(whole: &Path, archive: &Path) -> Result<()> {
    let functions = header::functions(&header::generate()?);
    let entry = ["_start", "main"].map(str::to_owned);
    let memory = MEMORY_FUNCTIONS.map(str::to_owned);
    let defined = elf::Symbols::of_archive(whole)?.defined;
    let roots: Vec<_> = functions.iter().chain(&entry).chain(&memory).filter(|name| defined.contains(*name)).collect();
    let work = tempfile::tempdir()?;
    let object = work.path().join("ffi_syscalls.o");
    let mut link = command("cc");
    link.args(["-r", "-nostdlib", "-Wl,--gc-sections"]);
    link.args(roots.iter().map(|root| format!("-Wl,--undefined={root}")));
    execute(link.arg(whole).arg("-o").arg(&object))?;
    let mut localize = command("objcopy");
    localize.args(["--strip-debug", "--strip-unneeded", "--remove-section=.comment", "--remove-section=.eh_frame"]);
    localize.args(roots.iter().map(|root| format!("--keep-global-symbol={root}")));
    localize.args(shorter_names(&elf::sections(&object)?));
    execute(localize.arg(&object))?;
    // A fresh archive: `ar` would add to an old one.
    if archive.exists() {
        std::fs::remove_file(archive)?;
    }
    execute(command("ar").arg("rcsD").arg(archive).arg(&object))?;
    Ok(())
}

/// Sections are named after Rust's mangled symbols, which together are longer than many a function. A number does.
fn shorter_names(sections: &[String]) -> impl Iterator<Item = String> {
    sections.iter().enumerate().filter_map(|(number, name)| {
        let (kind, of) = name.strip_prefix('.')?.split_once('.')?;
        let is_mangled = ["_ZN", "_R", ".Lanon", "unlikely._"].iter().any(|prefix| of.starts_with(prefix));
        is_mangled.then(|| format!("--rename-section={name}=.{kind}.{number}"))
    })
}

const SONAME: &str = "libffi_syscalls.so";

fn shared_object(arch: Arch, path: &Path) -> Result<()> {
    let mut cargo = cargo_rustc(arch, "cdylib", "exports,mem,panic-handler");
    cargo.args(["--", "-C", "force-unwind-tables=no", "-C", "strip=symbols"]);
    let soname = format!("-Wl,-soname,{SONAME}");
    let small = "-Wl,--build-id=none,--no-eh-frame-hdr,--hash-style=gnu,-z,noseparate-code,-z,norelro";
    let script = format!("-Wl,-T,{}", project::root().join("xtask/small.ld").display());
    for argument in ["-nostdlib", "-nostartfiles", &soname, small, &script] {
        cargo.arg("-C").arg(format!("link-arg={argument}"));
    }
    execute(&mut cargo)?;
    std::fs::copy(output_dir(arch).join(SONAME), path).context("the shared object")?;
    Ok(())
}

/// The .pc file finds the library from where it lies itself, so it is right wherever it is put.
fn pkg_config() -> String {
    format!(
        "prefix=${{pcfiledir}}/../..\nincludedir=${{prefix}}/include\nlibdir=${{prefix}}/lib\n\n\
         Name: ffi_syscalls\n\
         Description: Files, directories, environment, processes and system facts straight from the kernel\n\
         Version: {}\nCflags: -I${{includedir}}\nLibs: -L${{libdir}} -lffi_syscalls\n",
        project::VERSION
    )
}

/// Builds the freestanding multi-call program; where it is.
pub fn rtbox() -> Result<PathBuf> {
    let target = project::root().join("target");
    execute(
        cargo()
            .args(["build", "--quiet", "--release", "--package", "rtbox", "--features", "freestanding", "--target-dir"])
            .arg(&target),
    )?;
    Ok(target.join("release/rtbox"))
}
