//! The ways to compile and link a C program with the library.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use workbench::project::{self, Arch, Dist};
use workbench::shell::{self, command};
use workbench::tools::{self, Tool};
use workbench::{build, toolchain};

/// The compiler and the linker of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// gcc with GNU ld.
    Gcc,
    GccLld,
    Clang,
    ClangLld,
    /// zig cc, with its own linker and musl.
    Zig,
    /// gcc with musl.
    MuslGcc,
}

/// The library's artifact, the libc and the kind of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With the freestanding archive only.
    Freestanding,
    /// The same, as small as it gets.
    Small,
    /// With the freestanding archive, as static-PIE.
    Pie,
    /// The same, as small as it gets.
    SmallPie,
    /// The same, linked at another address than 0, with packed relocations.
    MovedPie,
    /// With a freestanding archive with debug assertions.
    Checked,
    /// With the hosted archive and a libc, linked dynamically.
    Hosted,
    /// The same, linked statically.
    HostedStatic,
    /// With the shared object and a libc.
    Shared,
    /// With the archive of the libc backend and a libc.
    OnLibc,
    /// The same, statically.
    OnLibcStatic,
    /// With a libc only: the program loads the shared object by dlopen(3).
    Alone,
    /// With the hosted archive and a libc, and with a shared object that contains that archive too.
    InBothParts,
    /// With a libc, and with a shared object that contains the hosted archive for both.
    InObject,
    /// As [`InBothParts`], with the archive of the libc backend.
    OnLibcInBothParts,
    /// With the hosted archive and no libc: the program has its own entry and memory functions.
    Bare,
}

/// A way to compile and link a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(pub Compiler, pub Form);

use Compiler::{Clang, ClangLld, Gcc, GccLld, MuslGcc, Zig};
use Form::{
    Alone, Bare, Checked, Freestanding, Hosted, HostedStatic, InBothParts, InObject, MovedPie, OnLibc,
    OnLibcInBothParts, OnLibcStatic, Pie, Shared, Small, SmallPie,
};

impl Compiler {
    pub fn name(self) -> &'static str {
        match self {
            Gcc => "gcc",
            GccLld => "gcc, lld",
            Clang => "clang",
            ClangLld => "clang, lld",
            Zig => "zig cc",
            MuslGcc => "musl",
        }
    }

    /// Returns whether it is gcc, whose C++ is a package of its own.
    pub fn is_gcc(self) -> bool {
        matches!(self, Gcc | GccLld | MuslGcc)
    }

    /// Returns the tools that it needs.
    pub fn tools(self, arch: Arch) -> Vec<Tool> {
        let mut tools = vec![tools::c_compiler(arch)];
        match self {
            Gcc => {}
            GccLld => tools.push(tools::LLD),
            Clang => tools.push(tools::CLANG),
            ClangLld => tools.extend([tools::CLANG, tools::LLD]),
            Zig => tools = vec![tools::ZIG],
            MuslGcc => tools.push(tools::MUSL),
        }
        tools
    }

    fn command(self, arch: Arch) -> Result<Command> {
        Ok(match self {
            Gcc => command(toolchain::c_compiler(arch)),
            GccLld => {
                // A cross compiler searches linkers in its own directories only, without -B.
                let lld = shell::find("ld.lld").context("no ld.lld")?;
                let directory = lld.parent().unwrap_or(Path::new("/")).display().to_string();
                with(command(toolchain::c_compiler(arch)), &["-fuse-ld=lld", "-B", &directory])
            }
            Clang => with(command("clang"), &["-target", arch.gnu()]),
            ClangLld => with(command("clang"), &["-target", arch.gnu(), "-fuse-ld=lld"]),
            Zig => toolchain::zig_cc(&format!("{}-linux-musl", arch.name()))?,
            MuslGcc => command("musl-gcc"),
        })
    }
}

/// Adds arguments to a command.
pub fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

impl Form {
    pub fn name(self) -> &'static str {
        match self {
            Freestanding => "freestanding",
            Small => "freestanding, small",
            Pie => "freestanding, static-PIE",
            SmallPie => "freestanding, static-PIE, small",
            MovedPie => "freestanding, static-PIE, linked elsewhere",
            Checked => "freestanding, with checks",
            Hosted => "libc",
            HostedStatic => "libc, static",
            Shared => "libc, .so",
            OnLibc => "libc backend",
            OnLibcStatic => "libc backend, static",
            InBothParts => "libc, in the program and in its own shared object",
            InObject => "libc, in the program's own shared object",
            OnLibcInBothParts => "libc backend, in the program and in its own shared object",
            Alone => "libc, dlopen",
            Bare => "hosted archive without a libc",
        }
    }

    pub fn is_without_libc(self) -> bool {
        matches!(self, Freestanding | Small | Pie | SmallPie | MovedPie | Checked | Bare)
    }

    pub fn is_pie(self) -> bool {
        matches!(self, Pie | SmallPie | MovedPie)
    }

    /// Returns whether a dynamic loader starts the program.
    fn is_dynamic(self) -> bool {
        matches!(self, Hosted | Shared | OnLibc | Alone) || self.has_object()
    }

    /// Returns whether the program has a shared object of its own.
    pub fn has_object(self) -> bool {
        matches!(self, InBothParts | InObject | OnLibcInBothParts)
    }
}

impl Link {
    /// Returns whether this link exists for an architecture. musl-gcc is for this machine only.
    pub fn exists_for(self, arch: Arch) -> bool {
        self.0 != MuslGcc || arch.is_host()
    }

    /// Returns the whole command line, as users write it.
    pub fn compile(self, dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
        let Self(compiler, form) = self;
        let mut cc = compiler.command(dist.arch)?;
        let cxx = source.to_str().is_some_and(is_cxx);
        cc.args(if cxx { &["-std=c++11", "-fno-exceptions", "-fno-rtti"][..] } else { &["-std=c11"] });
        cc.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g0"]);
        cc.arg(source).arg("-o").arg(program).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        if form.is_without_libc() {
            cc.args(match (form.is_pie(), compiler) {
                (false, _) => &["-static"][..],
                (true, Zig) => &["-static", "-pie"],
                (true, _) => &["-static-pie"],
            });
            cc.args(["-nostdlib", "-ffreestanding", "-fno-stack-protector"]);
            cc.args(needed_without_libc(compiler, form, dist.arch));
        } else {
            cc.arg("-pthread");
        }
        if form.is_dynamic() && compiler != MuslGcc {
            cc.args(toolchain::loader_arguments(dist.arch)?);
        }
        match form {
            Small | SmallPie => {
                cc.args(["-O2", "-fno-asynchronous-unwind-tables", "-s"]);
                cc.arg("-Wl,--gc-sections,--build-id=none,-z,noseparate-code,-z,norelro");
                cc.arg(dist.freestanding_archive());
            }
            MovedPie => {
                cc.arg("-Wl,--image-base=0x100000,--pack-dyn-relocs=relr").arg(dist.freestanding_archive());
            }
            Freestanding | Pie => drop(cc.arg(dist.freestanding_archive())),
            Checked => drop(cc.arg(build::checked_archive(dist.arch))),
            Alone => drop(cc.arg("-ldl")),
            Hosted | Bare | InBothParts => drop(cc.arg(dist.hosted_archive())),
            InObject => {}
            HostedStatic => drop(cc.arg("-static").arg(dist.hosted_archive())),
            OnLibc | OnLibcInBothParts => drop(cc.arg(dist.arch.libc_dist().hosted_archive())),
            OnLibcStatic => drop(cc.arg("-static").arg(dist.arch.libc_dist().hosted_archive())),
            Shared => drop(cc.arg(dist.shared_object()).arg(format!("-Wl,-rpath,{}", dist.lib().display()))),
        }
        if form.has_object() {
            cc.arg(own_object(program)).arg("-Wl,-rpath,$ORIGIN");
        }
        Ok(cc)
    }

    /// Returns the arguments that docs/embedding.md lists for programs with thread-local variables.
    pub fn needed_with_tls(self, arch: Arch) -> &'static [&'static str] {
        match self {
            Self(Clang, form) if form.is_pie() && arch == Arch::Riscv64 => {
                &["-Wl,-u,ffi_syscalls_tls", "-Wl,-z,notext"]
            }
            Self(Zig, form) if form.is_pie() && arch == Arch::Riscv64 => {
                &["-Wl,-u,ffi_syscalls_tls", "-ftls-model=local-exec"]
            }
            _ => &["-Wl,-u,ffi_syscalls_tls"],
        }
    }

    /// Returns the command that links the program's own shared object.
    pub fn compile_object(self, dist: &Dist, source: &Path, program: &Path) -> Result<Command> {
        let Self(compiler, form) = self;
        let mut cc = compiler.command(dist.arch)?;
        cc.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", "-DOBJECT"]);
        cc.arg(source).arg("-o").arg(own_object(program)).arg("-I").arg(dist.include());
        cc.arg("-I").arg(project::root().join("tests/c"));
        let on_libc = dist.arch.libc_dist();
        cc.arg(if form == OnLibcInBothParts { on_libc.hosted_archive() } else { dist.hosted_archive() });
        Ok(cc)
    }
}

/// Returns whether a source is C++, which the drivers of C compilers compile too.
pub fn is_cxx(source: &str) -> bool {
    source.ends_with(".cc")
}

/// Returns the path of a program's own shared object, in the same directory.
fn own_object(program: &Path) -> PathBuf {
    program.with_file_name("libown.so")
}

/// Returns the arguments that the README lists for programs without a libc on an architecture.
fn needed_without_libc(compiler: Compiler, form: Form, arch: Arch) -> &'static [&'static str] {
    match arch {
        // Inline atomic operations: the default helpers are in a library.
        Arch::Aarch64 => &["-mno-outline-atomics"],
        // gcc 12 names a dynamic loader in a static program too.
        Arch::Riscv64 if form.is_pie() && matches!(compiler, Gcc | GccLld) => &["-Wl,--no-dynamic-linker"],
        Arch::Riscv64 | Arch::X86_64 => &[],
    }
}
