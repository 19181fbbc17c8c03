//! `cargo xtask build`: the artifacts that C programs link with.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};

use crate::project::{self, Arch, Architectures, Backend, Dist, Foundation, System};
use crate::shell::{cargo, execute, step};
use crate::toolchain::{self, Toolchain};
use crate::{elf, header, list};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    architectures: Architectures,
    #[command(flatten)]
    foundation: Foundation,
    /// The freestanding archive and the header alone
    #[arg(long)]
    freestanding: bool,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let (system, backend) = (arguments.foundation.system()?, arguments.foundation.backend());
    if arguments.freestanding && (system.is_some() || backend == Backend::Libc) {
        let what = system.map_or("a Linux program that stands on its libc", |system| system.os);
        bail!("no freestanding archive for {what}: programs reach the kernel through the libc there, and so need one");
    }
    if let Some(system) = system {
        ensure!(!arguments.architectures.are_given(), "--target {} names the architecture: no --arch", system.triple);
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

/// Builds what stands on the libc of Linux.
pub fn run_on_libc(arch: Arch) -> Result<Dist> {
    let builder = Builder::new(arch)?.in_directory("libc");
    let (dist, name) = (arch.libc_dist(), format!("{}: libffi_syscalls.a on the libc", arch.name()));
    write_texts(&dist)?;
    step(&name, || builder.archive(HOSTED_ON_LIBC, &[], &dist.hosted_archive()))?;
    Ok(dist)
}

/// Builds what there is for another system.
pub fn run_for_system(system: &System) -> Result<Dist> {
    let builder = Builder {
        target: system.triple,
        emulation: system.emulation,
        toolchain: Toolchain::of(system.triple)?,
        sources: project::root().to_owned(),
        directory: target_dir(),
    };
    let dist = system.dist();
    write_texts(&dist)?;
    step(&format!("{}: libffi_syscalls.a", system.triple), || builder.archive(HOSTED, &[], &dist.hosted_archive()))?;
    Ok(dist)
}

/// Builds the freestanding archive and writes its header; where they are.
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

/// Builds the freestanding archive with the checks of a debug build, which stop a program at an overflow or a broken
/// precondition. It is for tests.
pub fn build_checked_archive(arch: Arch) -> Result<()> {
    let builder = Builder::new(arch)?;
    let flags = ["-C", "overflow-checks=on", "-C", "debug-assertions=on"];
    builder.archive(FREESTANDING, &flags, &checked_archive(arch))
}

/// Where that is.
pub fn checked_archive(arch: Arch) -> PathBuf {
    target_dir().join(format!("libffi_syscalls_checked_{}.a", arch.name()))
}

/// Builds the archives with the distribution's compiler, which compiles core as well, into this directory: what is done
/// where rustup cannot fetch a target. It is for tests.
pub fn build_with_distribution(arch: Arch, directory: &Path) -> Result<PathBuf> {
    let toolchain = Toolchain::of_distribution(arch.target())?;
    let builder = Builder { toolchain, ..Builder::new(arch)?.in_directory("distribution") };
    let archive = directory.join("libffi_syscalls_freestanding.a");
    builder.archive(FREESTANDING, &[], &archive)?;
    builder.shared_object(&directory.join(SONAME), STRIPPED)?;
    Ok(archive)
}

/// The names that are in each artifact of an architecture, as the compiler gave them.
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

/// Builds the freestanding archive of other sources; the names in it, as the compiler gave them.
pub fn freestanding_of(sources: &Path, arch: Arch, archive: &Path) -> Result<BTreeSet<String>> {
    let builder = Builder { sources: sources.to_owned(), ..Builder::new(arch)?.in_directory("mutant") };
    builder.archive(FREESTANDING, &[], archive)?;
    builder.names_in_archive(FREESTANDING)
}

const HOSTED: &str = "exports,panic-handler";
const HOSTED_ON_LIBC: &str = "exports,panic-handler,libc";
const FREESTANDING: &str = "exports,freestanding,panic-handler";
const SHARED: &str = "exports,mem,panic-handler";

/// What a failure calls to leave its reason: see src/c/set_error.rs.
pub const SET_ERROR: &str = "ffi_syscalls_set_error";

/// An object of an archive.
struct Member {
    object: PathBuf,
    roots: Vec<String>,
    set_error: Option<SetError>,
}

/// What [`SET_ERROR`] is in a member.
#[derive(Clone, Copy)]
struct SetError {
    function: &'static str,
    /// Whether it gives way to another member's.
    is_weak: bool,
}

/// Memory functions that the compiler calls: the freestanding archive defines them, the hosted one leaves them to libc.
pub const MEMORY_FUNCTIONS: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "strlen"];

const SONAME: &str = "libffi_syscalls.so";
/// As the shared object is shipped.
const STRIPPED: &[&str] = &["--strip-all"];

/// A directory of its own, so that the features asked for here rebuild nothing elsewhere.
fn target_dir() -> PathBuf {
    project::root().join("target/dist-build")
}

/// The source files that the last build of the library for an architecture and a backend was made of, as the compiler
/// noted them.
pub fn sources(arch: Arch, backend: Backend) -> Result<Vec<PathBuf>> {
    let directory = if backend == Backend::Libc { target_dir().join("libc") } else { target_dir() };
    let note = directory.join(arch.target()).join("release/libffi_syscalls.d");
    let text = std::fs::read_to_string(&note).with_context(|| project::relative(&note).to_string())?;
    // `archive: source source ...`, and a backslash before a space of a path's own.
    let words = text.replace("\\ ", "\0");
    let sources = words.split_whitespace().skip(1).map(|word| word.replace('\0', " ").into());
    Ok(sources.collect())
}

/// What builds for one target.
struct Builder {
    /// The Rust target.
    target: &'static str,
    /// What ELF linkers call it; none where objects are Mach-O.
    emulation: Option<&'static str>,
    toolchain: Toolchain,
    sources: PathBuf,
    directory: PathBuf,
}

impl Builder {
    /// For Linux.
    fn new(arch: Arch) -> Result<Self> {
        let (target, emulation) = (arch.target(), Some(arch.emulation()));
        let (sources, directory) = (project::root().to_owned(), target_dir());
        Ok(Self { target, emulation, toolchain: Toolchain::of(target)?, sources, directory })
    }

    /// Apart from other builds with other features.
    fn in_directory(self, name: &str) -> Self {
        Self { directory: self.directory.join(name), ..self }
    }

    /// `cargo rustc` for the library as this kind of crate; what is added goes to the compiler.
    fn cargo_rustc(&self, crate_type: &str, features: &str) -> Command {
        let mut cargo = self.toolchain.cargo("rustc", &self.directory);
        cargo.current_dir(&self.sources);
        cargo.args(["--release", "--lib", "--package", "ffi_syscalls", "--crate-type", crate_type]);
        cargo.args(["--features", features, "--", "-C", "force-unwind-tables=no"]);
        cargo
    }

    fn output(&self, file: &str) -> PathBuf {
        self.directory.join(self.target).join("release").join(file)
    }

    /// Makes a small archive of the large one that rustc makes, with all of core: objects with what the functions need
    /// and no more, a section a function, so that a link with `--gc-sections` still picks, and no symbol of Rust's
    /// visible, so that it mixes with a Rust program.
    fn archive(&self, features: &str, flags: &[&str], archive: &Path) -> Result<()> {
        let Some(emulation) = self.emulation else {
            execute(self.cargo_rustc("staticlib", features).args(flags))?;
            let functions = list::names()?;
            return pick_members(&self.output("libffi_syscalls.a"), &functions, archive);
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
    /// Of a freestanding one there are two: one with all functions but that which asks for the last error, and one with
    /// that. What a failure calls to leave its reason does nothing in the first, where it is weak. A hosted archive may be
    /// in a program and in its shared objects at once, and then who fails and who asks can be in different ones: there all
    /// is in one object.
    fn pick_archive(&self, emulation: &str, features: &str, flags: &[&str], work: &Path) -> Result<Vec<Member>> {
        let is_split = features == FREESTANDING;
        let features = if is_split { format!("{features},archive") } else { features.to_owned() };
        execute(self.cargo_rustc("staticlib", &features).args(flags))?;
        let whole = self.output("libffi_syscalls.a");
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

    /// Makes one object of what these need; what is added goes to the linker.
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

    /// The names that an archive has in it, before they are made shorter.
    fn names_in_archive(&self, features: &str) -> Result<BTreeSet<String>> {
        let (emulation, work) = (self.emulation.context("it is an ELF file")?, tempfile::tempdir()?);
        let members = self.pick_archive(emulation, features, &[], work.path())?;
        let names: Vec<_> = members.iter().map(|member| elf::symbol_names(&member.object)).collect::<Result<_>>()?;
        Ok(names.into_iter().flatten().collect())
    }

    /// The names that the shared object has in it, before they are left out.
    fn names_in_shared_object(&self) -> Result<BTreeSet<String>> {
        let work = tempfile::tempdir()?;
        let object = work.path().join(SONAME);
        self.shared_object(&object, &[])?;
        elf::symbol_names(&object)
    }

    /// Links the functions and what they need, and exports them and nothing else.
    fn shared_object(&self, path: &Path, flags: &[&str]) -> Result<()> {
        execute(&mut self.cargo_rustc("staticlib", SHARED))?;
        let emulation = self.emulation.context("a shared object is an ELF file")?;
        let functions = list::names()?;
        let work = tempfile::tempdir()?;
        let object = work.path().join("ffi_syscalls.o");
        let whole = self.output("libffi_syscalls.a");
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

/// What is linked whether anybody calls it or not, as far as an archive has it.
fn roots(whole: &Path, mut wanted: Vec<String>) -> Result<Vec<String>> {
    wanted.extend(["_start", "main"].into_iter().chain(MEMORY_FUNCTIONS).map(str::to_owned));
    let defined = elf::Symbols::of_archive(whole)?.defined;
    wanted.retain(|name| defined.contains(name));
    Ok(wanted)
}

/// Makes a small archive of a large one by leaving members out: those are kept that define the functions, and what they
/// need. For Mach-O, where no linker is at hand that makes one object of several: ld64 leaves out what a program does
/// not call, and the names of Rust's that stay visible carry a hash.
fn pick_members(whole: &Path, functions: &[String], archive: &Path) -> Result<()> {
    let mut others = elf::members(whole)?;
    // Names of C have an underscore in front there.
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

/// Sections are named after Rust's mangled symbols, which together are longer than many a function. A number does.
fn shorter_section_names(sections: &[String]) -> impl Iterator<Item = String> {
    sections.iter().enumerate().filter_map(|(number, name)| {
        let (kind, of) = name.strip_prefix('.')?.split_once('.')?;
        is_mangled(of).then(|| format!("--rename-section={name}=.{kind}.{number}"))
    })
}

/// The same for the symbols, which on riscv64 relocations keep.
fn shorter_names(symbols: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let mangled = symbols.iter().enumerate().filter(|(_, name)| is_mangled(name));
    mangled.map(|(number, name)| format!("--redefine-sym={name}=r{number}"))
}

fn is_mangled(name: &str) -> bool {
    ["_ZN", "_R", ".Lanon", "unlikely._"].iter().any(|prefix| name.starts_with(prefix))
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
pub fn rtbox(arch: Arch) -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "rtbox", "--features", "freestanding"]);
    toolchain::for_programs(arch, &mut cargo)?;
    execute(cargo.arg("--target-dir").arg(project::root().join("target")))?;
    Ok(project::root().join("target").join(arch.target()).join("release/rtbox"))
}
