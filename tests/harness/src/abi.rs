//! `cargo xtask abi`: the archives and the shared object define the functions of the list, and need nothing else.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use workbench::elf::{Symbols, loading};
use workbench::project::{Arch, Architectures, Dist};
use workbench::shell::step;
use workbench::{build, list};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: Architectures,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.architectures.or_host()?.into_iter().try_for_each(|arch| check(&build::run_for(arch)?))
}

/// Checks the symbols of the artifacts.
pub fn check(dist: &Dist) -> Result<()> {
    let functions = list::names()?.into_iter().collect();
    let arch = dist.arch.name();
    step(&format!("{arch}: the shared object exports them and needs nothing"), || {
        check_shared_object(dist, &functions)
    })?;
    step(&format!("{arch}: the archives define them and need nothing else"), || check_archives(dist, &functions))
}

/// Checks the archive of the libc backend: it defines no visible symbol but the functions, and uses the libc.
pub fn check_on_libc(dist: &Dist) -> Result<()> {
    let functions: BTreeSet<_> = list::names()?.into_iter().collect();
    let symbols = Symbols::of_archive(&dist.hosted_archive())?;
    same("libffi_syscalls.a", &symbols.defined, &functions)?;
    ensure!(symbols.undefined.contains("openat"), "it does not use the libc: {symbols:?}");
    Ok(())
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
    let more = build::extra_names().chain(["_start"]).map(str::to_owned);
    let defined = functions.iter().chain(&memory).cloned().chain(more).collect();
    same("libffi_syscalls_freestanding.a", &freestanding.defined, &defined)?;
    same("its references", &freestanding.undefined, &["main".to_owned()].into())?;
    // The linker defines these, unless its script says otherwise.
    let arrays = ["preinit", "init", "fini"].into_iter();
    let mut of_the_linker: BTreeSet<_> =
        arrays.flat_map(|name| [format!("__{name}_array_start"), format!("__{name}_array_end")]).collect();
    of_the_linker.insert("__ehdr_start".to_owned());
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
