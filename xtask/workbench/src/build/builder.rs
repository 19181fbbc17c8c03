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

const LIBRARY: &str = "ffi_syscalls";
pub const PANICKING: &str = "panicking";
const PANICKING_FUNCTION: &str = "rt_can_panic";
pub const HOSTED: &str = "exports,panic-handler";
pub const HOSTED_ON_LIBC: &str = "exports,panic-handler,libc";
pub const FREESTANDING: &str = "exports,freestanding,panic-handler";
const SHARED: &str = "exports,mem,panic-handler";

/// The function that stores the last error: see src/c/set_error.rs.
pub const SET_ERROR: &str = "ffi_syscalls_set_error";

/// An object of an archive.
struct Member {
    object: PathBuf,
    roots: Vec<String>,
    set_error: Option<SetError>,
}

/// The definition of [`SET_ERROR`] in a member.
#[derive(Clone, Copy)]
struct SetError {
    function: &'static str,
    /// Set if a definition in another member replaces it.
    is_weak: bool,
}

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
            let object = &member.object;
            let mut localize = self.toolchain.objcopy()?;
            let unneeded =
                ["--strip-debug", "--strip-unneeded", "--remove-section=.comment", "--remove-section=.eh_frame"];
            localize.args(unneeded).args(member.set_error.map(|_| format!("--keep-global-symbol={SET_ERROR}")));
            localize.args(member.roots.iter().map(|root| format!("--keep-global-symbol={root}")));
            localize.args(shorter_section_names(&elf::sections(object)?));
            localize.args(shorter_names(&elf::symbol_names(object)?));
            execute(localize.arg(object))?;
            if let Some(set_error) = member.set_error {
                elf::hide(object, SET_ERROR, set_error.is_weak)?;
            }
            let name = object.file_name().context("no name")?.to_string_lossy().into_owned();
            members.push(NewArchiveMember::new(std::fs::read(object)?, &DEFAULT_OBJECT_READER, name));
        }
        write_archive_to_stream(&mut File::create(archive)?, &members, ArchiveKind::Gnu, false, None)?;
        Ok(())
    }

    /// Builds the library and makes the objects of an archive.
    ///
    /// A freestanding archive has two: one with `rt_last_error` and the store of the last error, and one with all other
    /// functions and a weak store that does nothing, for programs that never call it. A hosted archive has one object: it
    /// can be in a program and in its shared objects at once, and a call may fail in one and be reported in another.
    fn pick_archive(&self, emulation: &str, features: &str, flags: &[&str], work: &Path) -> Result<Vec<Member>> {
        let is_split = features == FREESTANDING;
        let features = if is_split { format!("{features},archive") } else { features.to_owned() };
        execute(self.cargo_rustc("staticlib", &features).args(flags))?;
        let whole = self.output();
        let (asking, others): (Vec<_>, Vec<_>) =
            roots(&whole, list::names()?)?.into_iter().partition(|root| is_split && root == "rt_last_error");
        let forget = is_split.then_some(SetError { function: "ffi_syscalls_forget_error", is_weak: true });
        let mut members = vec![Member { object: work.join("ffi_syscalls.o"), roots: others, set_error: forget }];
        if is_split {
            let keep = SetError { function: "ffi_syscalls_keep_error", is_weak: false };
            members.push(Member { object: work.join("last_error.o"), roots: asking, set_error: Some(keep) });
        }
        for Member { object, roots, set_error } in &members {
            let more = set_error.map(|SetError { function, .. }| {
                [format!("--defsym={SET_ERROR}={function}"), format!("--undefined={function}")]
            });
            self.pick_functions(emulation, &whole, roots, more.as_ref().map_or(&[], |more| &more[..]), object)?;
        }
        Ok(members)
    }

    /// Links the roots and what they need into one object. `more` goes to the linker.
    fn pick_functions(
        &self,
        emulation: &str,
        whole: &Path,
        roots: &[String],
        more: &[String],
        object: &Path,
    ) -> Result<()> {
        let mut link = self.toolchain.link()?;
        link.args(["-m", emulation, "-r", "--gc-sections"])
            .args(roots.iter().map(|root| format!("--undefined={root}")));
        execute(link.args(more).arg(whole).arg("-o").arg(object))?;
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
        let object = work.path().join("ffi_syscalls.o");
        let whole = self.output();
        self.pick_functions(emulation, &whole, &roots(&whole, functions.clone())?, &[], &object)?;
        let exports = work.path().join("exports");
        std::fs::write(&exports, format!("{{ global: {}; local: *; }};\n", functions.join("; ")))?;
        let mut link = self.toolchain.link()?;
        link.args(["-m", emulation, "-shared", "--gc-sections", "-Bsymbolic"]).args(flags);
        link.args(["--build-id=none", "--hash-style=gnu", "-znoseparate-code", "--no-rosegment", "-znorelro"]);
        link.args(["-soname", SONAME]).arg("--version-script").arg(exports);
        link.arg("-T").arg(project::root().join("xtask/workbench/small.ld"));
        execute(link.arg(object).arg("-o").arg(path))?;
        Ok(())
    }
}

/// Returns the roots of the link that the archive defines.
fn roots(whole: &Path, mut wanted: Vec<String>) -> Result<Vec<String>> {
    wanted.extend(["_start", "main", PANICKING_FUNCTION].into_iter().chain(MEMORY_FUNCTIONS).map(str::to_owned));
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

/// Returns the same for symbols, which relocations keep on riscv64.
fn shorter_names(symbols: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let mangled = symbols.iter().enumerate().filter(|(_, name)| is_mangled(name));
    mangled.map(|(number, name)| format!("--redefine-sym={name}=r{number}"))
}

fn is_mangled(name: &str) -> bool {
    ["_ZN", "_R", ".Lanon", "unlikely._"].iter().any(|prefix| name.starts_with(prefix))
}
