//! Compiles the library for one target, and links it into archives and a shared object.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};

use crate::project::{self, Arch, System};
use crate::shell::execute;
use crate::toolchain::Toolchain;
use crate::{elf, list};

use super::members::{self, Member};

const LIBRARY: &str = "ffi_syscalls";
pub const PANICKING: &str = "panicking";
const PANICKING_FUNCTION: &str = "rt_can_panic";
pub const HOSTED: &str = "exports,panic-handler";
pub const HOSTED_ON_LIBC: &str = "exports,panic-handler,libc";
pub const FREESTANDING: &str = "exports,freestanding,panic-handler";
const SHARED: &str = "exports,mem,panic-handler";

/// The memory functions that the compiler calls. The freestanding archive defines them; the libc does for the hosted one.
pub const MEMORY_FUNCTIONS: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "strlen"];

pub const SONAME: &str = "libffi_syscalls.so";
/// The linker's flags for the shipped shared object.
pub const STRIPPED: &[&str] = &["--strip-all"];

/// A separate target directory, so that these features rebuild nothing in the usual one.
pub fn target_dir() -> PathBuf {
    project::root().join("target/dist-build")
}

/// Builds for one target.
pub struct Builder {
    /// The Rust target.
    pub target: &'static str,
    /// The emulation of ELF linkers; none for Mach-O.
    pub emulation: Option<&'static str>,
    pub toolchain: Toolchain,
    pub package: &'static str,
    pub directory: PathBuf,
}

impl Builder {
    /// Returns the builder for Linux.
    pub fn new(arch: Arch) -> Result<Self> {
        Self::of(arch.target(), Some(arch.emulation()))
    }

    /// Returns the builder for another system.
    pub fn for_system(system: &System) -> Result<Self> {
        Self::of(system.triple, system.emulation)
    }

    fn of(target: &'static str, emulation: Option<&'static str>) -> Result<Self> {
        let toolchain = Toolchain::of(target)?;
        Ok(Self { target, emulation, toolchain, package: LIBRARY, directory: target_dir() })
    }

    /// Builds in a subdirectory, apart from builds with other features.
    pub fn in_directory(self, name: &str) -> Self {
        Self { directory: self.directory.join(name), ..self }
    }

    /// Returns `cargo rustc` for a crate type. Arguments that are added go to the compiler.
    fn cargo_rustc(&self, crate_type: &str, features: &str) -> Command {
        let mut cargo = self.toolchain.cargo("rustc", &self.directory);
        cargo.args(["--release", "--lib", "--package", self.package, "--crate-type", crate_type]);
        cargo.args(["--features", features, "--", "-C", "force-unwind-tables=no"]);
        cargo
    }

    /// The static library that cargo makes.
    fn output(&self) -> PathBuf {
        self.directory.join(self.target).join(format!("release/lib{}.a", self.package))
    }

    /// Reduces the archive of rustc, which contains all of core, to what the functions need. Each function keeps a
    /// section, so that `--gc-sections` works in the final link. No symbol of Rust is visible, so that a Rust program
    /// can link it too.
    pub fn archive(&self, features: &str, flags: &[&str], archive: &Path) -> Result<()> {
        let Some(emulation) = self.emulation else {
            execute(self.cargo_rustc("staticlib", features).args(flags))?;
            let functions = list::names()?;
            return pick_members(&self.output(), &functions, archive);
        };
        let work = tempfile::tempdir()?;
        let mut members = Vec::new();
        for member in self.pick_archive(emulation, features, flags, work.path())? {
            self.localize(&member)?;
            let name = member.object.file_name().context("no name")?.to_string_lossy().into_owned();
            members.push(NewArchiveMember::new(std::fs::read(&member.object)?, &DEFAULT_OBJECT_READER, name));
        }
        write_archive_to_stream(&mut File::create(archive)?, &members, ArchiveKind::Gnu, false, None)?;
        Ok(())
    }

    /// Leaves no names visible in an object but those that it is for, and shortens the others.
    fn localize(&self, member: &Member) -> Result<()> {
        let Member { object, roots, hooks, .. } = member;
        let mut localize = self.toolchain.objcopy()?;
        localize.args(["--strip-debug", "--strip-unneeded", "--remove-section=.comment", "--remove-section=.eh_frame"]);
        let kept = roots.iter().map(String::as_str).chain(hooks.iter().map(|hook| hook.name));
        localize.args(kept.map(|name| format!("--keep-global-symbol={name}")));
        let sections = elf::sections(object)?;
        localize.args(shorter_section_names(&sections)).args(usual_section_names(&sections));
        localize.args(shorter_names(&elf::symbol_names(object)?));
        execute(localize.arg(object))?;
        elf::mark_destructors(object)?;
        for hook in hooks {
            elf::hide(object, hook.name, hook.is_weak)?;
        }
        member.weak.iter().try_for_each(|name| elf::hide(object, name, true))
    }

    /// Builds the library and makes the objects of an archive.
    ///
    /// A freestanding archive has several: see [`members`](super::members). A hosted archive has one object: it can be in
    /// a program and in its shared objects at once, and a call may fail in one and be reported in another.
    fn pick_archive(&self, emulation: &str, features: &str, flags: &[&str], work: &Path) -> Result<Vec<Member>> {
        let is_split = features == FREESTANDING;
        let features = if is_split { format!("{features},archive") } else { features.to_owned() };
        execute(self.cargo_rustc("staticlib", &features).args(flags))?;
        let whole = self.output();
        let roots = roots(&whole, list::names()?)?;
        let members = if is_split { members::freestanding(roots, work) } else { vec![members::whole(roots, work)] };
        for member in &members {
            self.pick_functions(emulation, &whole, &member.link_arguments(), &member.object)?;
        }
        Ok(members)
    }

    /// Links what the arguments name, and what it needs, into one object.
    fn pick_functions(&self, emulation: &str, whole: &Path, arguments: &[String], object: &Path) -> Result<()> {
        let mut link = self.toolchain.link()?;
        link.args(["-m", emulation, "-r", "--gc-sections"]).args(arguments);
        execute(link.arg(whole).arg("-o").arg(object))?;
        elf::make_calls_relaxable(object)
    }

    /// Returns the names in an archive, before they are shortened.
    pub fn names_in_archive(&self, features: &str) -> Result<BTreeSet<String>> {
        let (emulation, work) = (self.emulation.context("it is an ELF file")?, tempfile::tempdir()?);
        let members = self.pick_archive(emulation, features, &[], work.path())?;
        let names: Vec<_> = members.iter().map(|member| elf::symbol_names(&member.object)).collect::<Result<_>>()?;
        Ok(names.into_iter().flatten().collect())
    }

    /// Returns the names in the shared object, before they are stripped.
    pub fn names_in_shared_object(&self) -> Result<BTreeSet<String>> {
        let work = tempfile::tempdir()?;
        let object = work.path().join(SONAME);
        self.shared_object(&object, &[])?;
        elf::symbol_names(&object)
    }

    /// Links the functions and what they need, and exports them and nothing else.
    pub fn shared_object(&self, path: &Path, flags: &[&str]) -> Result<()> {
        execute(&mut self.cargo_rustc("staticlib", SHARED))?;
        let emulation = self.emulation.context("a shared object is an ELF file")?;
        let functions = list::names()?;
        let work = tempfile::tempdir()?;
        let whole = self.output();
        let member = members::whole(roots(&whole, functions.clone())?, work.path());
        self.pick_functions(emulation, &whole, &member.link_arguments(), &member.object)?;
        let exports = work.path().join("exports");
        std::fs::write(&exports, format!("{{ global: {}; local: *; }};\n", functions.join("; ")))?;
        let mut link = self.toolchain.link()?;
        link.args(["-m", emulation, "-shared", "--gc-sections", "-Bsymbolic"]).args(flags);
        link.args(["--build-id=none", "--hash-style=gnu", "-znoseparate-code", "--no-rosegment", "-znorelro"]);
        link.args(["-soname", SONAME]).arg("--version-script").arg(exports);
        link.arg("-T").arg(project::root().join("xtask/workbench/small.ld"));
        execute(link.arg(&member.object).arg("-o").arg(path))?;
        Ok(())
    }
}

/// Returns the roots of the link that the archive defines.
fn roots(whole: &Path, mut wanted: Vec<String>) -> Result<Vec<String>> {
    let more = ["_start", "main", PANICKING_FUNCTION].into_iter().chain(MEMORY_FUNCTIONS).chain(members::FOR_CXX);
    wanted.extend(more.map(str::to_owned));
    let defined = elf::Symbols::of_archive(whole)?.defined;
    wanted.retain(|name| defined.contains(name));
    Ok(wanted)
}

/// Reduces an archive to the members that define the functions, and those that they need. For Mach-O, for which no linker
/// here makes one object of several: ld64 drops what a program does not call, and the visible names of Rust carry a hash.
fn pick_members(whole: &Path, functions: &[String], archive: &Path) -> Result<()> {
    let mut others = elf::members(whole)?;
    // Mach-O prepends an underscore to names of C.
    let mut wanted: BTreeSet<String> = functions.iter().map(|function| format!("_{function}")).collect();
    let mut members = Vec::new();
    while let Some(found) = others.iter().position(|member| !member.symbols.defined.is_disjoint(&wanted)) {
        let member = others.swap_remove(found);
        wanted.extend(member.symbols.undefined);
        members.push(NewArchiveMember::new(member.data, &DEFAULT_OBJECT_READER, member.name));
    }
    write_archive_to_stream(&mut File::create(archive)?, &members, ArchiveKind::Darwin, false, None)?;
    Ok(())
}

/// Returns the arguments that replace mangled names of sections by numbers: the names are longer than the functions.
fn shorter_section_names(sections: &[String]) -> impl Iterator<Item = String> {
    sections.iter().enumerate().filter_map(|(number, name)| {
        let (kind, of) = name.strip_prefix('.')?.split_once('.')?;
        is_mangled(of).then(|| format!("--rename-section={name}=.{kind}.{number}"))
    })
}

/// Returns the arguments that give sections the names by which linkers treat them. They have a prefix until then, since
/// linkers keep the usual ones, in every member.
fn usual_section_names(sections: &[String]) -> impl Iterator<Item = String> {
    let own = sections.iter().filter_map(|name| Some((name, name.strip_prefix(".ffi_syscalls")?)));
    own.map(|(name, usual)| format!("--rename-section={name}={usual}"))
}

/// Returns the same arguments for symbols, which relocations keep on riscv64.
fn shorter_names(symbols: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let mangled = symbols.iter().enumerate().filter(|(_, name)| is_mangled(name));
    mangled.map(|(number, name)| format!("--redefine-sym={name}=r{number}"))
}

fn is_mangled(name: &str) -> bool {
    ["_ZN", "_R", ".Lanon", ".Lpcrel_hi", "OUTLINED_FUNCTION_", "unlikely._"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
