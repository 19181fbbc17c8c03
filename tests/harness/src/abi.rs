//! `cargo xtask abi`: header, exports and documentation are one and the same list of functions.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use workbench::elf::{Symbols, loading};
use workbench::project::{self, Arch, Architectures, Dist};
use workbench::shell::step;
use workbench::{build, header};

#[derive(clap::Args)]
pub struct Arguments {
    /// Change nothing: fail when header, exports and documentation disagree
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    architectures: Architectures,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    if arguments.check {
        return arguments.architectures.or_host()?.into_iter().try_for_each(|arch| check(&build::run_for(arch)?));
    }
    std::fs::write(header::path(), header::generate()?)?;
    std::fs::write(workbench::c_list::path(), workbench::c_list::generate(&workbench::list::read()?)?)?;
    println!("include/ffi_syscalls.h is up to date with src/ffi.rs");
    Ok(())
}

/// Checks what was built against what is committed.
pub fn check(dist: &Dist) -> Result<()> {
    let functions: BTreeSet<_> = header::functions(&header::generate()?).into_iter().collect();
    ensure!(functions.len() == 28, "{} functions, not the 28 of the contract", functions.len());
    step("abi: include/ffi_syscalls.h is what src/ffi.rs says", check_header)?;
    step("abi: the README's tables name the same functions", || check_readme(&functions))?;
    let arch = dist.arch.name();
    step(&format!("{arch}: the shared object exports them and needs nothing"), || {
        check_shared_object(dist, &functions)
    })?;
    step(&format!("{arch}: the archives define them and need nothing else"), || check_archives(dist, &functions))
}

/// Checks an archive that stands on a libc: it defines the functions and nothing else that a program could see.
pub fn check_on_libc(dist: &Dist) -> Result<()> {
    let functions: BTreeSet<_> = header::functions(&header::generate()?).into_iter().collect();
    let symbols = Symbols::of_archive(&dist.hosted_archive())?;
    same("libffi_syscalls.a", &symbols.defined, &functions)?;
    ensure!(symbols.undefined.contains("open"), "it does not use the libc: {symbols:?}");
    Ok(())
}

pub fn check_header() -> Result<()> {
    let committed = std::fs::read_to_string(header::path()).context("include/ffi_syscalls.h")?;
    ensure!(committed == header::generate()?, "include/ffi_syscalls.h is out of date: run `cargo xtask abi`");
    Ok(())
}

/// The functions that the first cells of the README's tables name.
fn check_readme(functions: &BTreeSet<String>) -> Result<()> {
    let readme = std::fs::read_to_string(project::root().join("README.md"))?;
    let cells = readme.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`')).filter(|word| word.starts_with("rt_"));
    let named = names.map(|name| name.trim_end_matches("()").to_owned()).collect();
    same("the README's tables", &named, functions)
}

fn check_shared_object(dist: &Dist, functions: &BTreeSet<String>) -> Result<()> {
    let path = dist.shared_object();
    let (symbols, loading) = (Symbols::of_shared_object(&path)?, loading(&path)?);
    same("the shared object", &symbols.defined, functions)?;
    ensure!(symbols.undefined.is_empty(), "undefined: {:?}", symbols.undefined);
    same("its weak references", &symbols.weak_undefined, &["environ".to_owned()].into())?;
    ensure!(loading.needed.is_empty(), "it needs {:?}", loading.needed);
    ensure!(loading.soname.as_deref() == Some("libffi_syscalls.so"), "SONAME {:?}", loading.soname);
    ensure!(!loading.has_text_relocations, "it has text relocations");
    Ok(())
}

fn check_archives(dist: &Dist, functions: &BTreeSet<String>) -> Result<()> {
    let memory: BTreeSet<_> = build::MEMORY_FUNCTIONS.map(str::to_owned).into();
    let hosted = Symbols::of_archive(&dist.hosted_archive())?;
    same("libffi_syscalls.a", &hosted.defined, functions)?;
    ensure!(hosted.undefined.is_subset(&memory), "libffi_syscalls.a needs {:?}", hosted.undefined);
    same("its weak references", &hosted.weak_undefined, &["environ".to_owned()].into())?;

    let freestanding = Symbols::of_archive(&dist.freestanding_archive())?;
    // The last is what one member defines for the other, hidden.
    let more = ["_start", build::SET_ERROR].map(str::to_owned);
    let defined = functions.iter().chain(&memory).cloned().chain(more).collect();
    same("libffi_syscalls_freestanding.a", &freestanding.defined, &defined)?;
    same("its references", &freestanding.undefined, &["main".to_owned()].into())?;
    // Which the linker makes in a program that can be loaded anywhere, and which are null elsewhere.
    let mut of_the_linker: BTreeSet<_> = ["__ehdr_start"].map(str::to_owned).into();
    if dist.arch == Arch::Riscv64 {
        of_the_linker.insert("__global_pointer$".to_owned());
    }
    same("its weak references", &freestanding.weak_undefined, &of_the_linker)
}

fn same(what: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) -> Result<()> {
    let missing: Vec<_> = expected.difference(found).collect();
    let surplus: Vec<_> = found.difference(expected).collect();
    ensure!(missing.is_empty() && surplus.is_empty(), "{what}: missing {missing:?}, surplus {surplus:?}");
    Ok(())
}
