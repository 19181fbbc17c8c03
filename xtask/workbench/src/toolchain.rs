//! The Rust compiler that builds for an architecture, and the tools that come with it.
//!
//! A toolchain of rustup's has what it takes to build the library for every architecture: a linker, an object editor,
//! and each target's core once `rustup target add` has fetched it. Where it cannot, core is built from its source: the
//! toolchain's own (`rustup component add rust-src`), or that of the distribution's compiler, with its own linker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{self, Arch, rustflags};
use crate::shell::{self, apt, cargo, command, execute};

/// A compiler that can build for a target.
pub struct Toolchain {
    target: &'static str,
    /// The compiler, if it is not the one that cargo takes by itself.
    rustc: Option<PathBuf>,
    sysroot: PathBuf,
    builds_core: bool,
}

/// Where Debian's package rustc-web puts a current compiler.
const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";

impl Toolchain {
    /// The first of these that is here: the current compiler with the target's core, the current compiler with core's
    /// source, the distribution's compiler with either.
    pub fn of(target: &'static str) -> Result<Self> {
        let (current, distribution) = (Self::new(target, None), Self::new(target, Some(DISTRIBUTION_RUSTC.into())));
        let remedies = remedies(target).join(", or else: ");
        let found = [current, distribution].into_iter().flatten().find_map(Self::able);
        found.with_context(|| format!("no Rust compiler here can build for {target}. What would change it: {remedies}"))
    }

    /// The distribution's compiler, which builds core from its source, whatever else is here.
    pub fn of_distribution(target: &'static str) -> Result<Self> {
        let toolchain = Self::new(target, Some(DISTRIBUTION_RUSTC.into()))?;
        Ok(Self { builds_core: true, ..toolchain })
    }

    fn new(target: &'static str, rustc: Option<PathBuf>) -> Result<Self> {
        let mut ask = command(rustc.as_deref().unwrap_or(Path::new("rustc")));
        let sysroot = String::from_utf8(execute(ask.args(["--print", "sysroot"]))?.stdout)?;
        Ok(Self { target, rustc, sysroot: sysroot.trim_end().into(), builds_core: false })
    }

    fn able(self) -> Option<Self> {
        let libraries = self.sysroot.join("lib/rustlib").join(self.target).join("lib");
        let has_core = libraries.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        let has_source = self.has_source();
        let has_tools = self.linker().is_ok() && self.objcopy().is_ok();
        (has_tools && (has_core || has_source)).then_some(Self { builds_core: !has_core, ..self })
    }

    /// Whether the current compiler has what programs with std take.
    pub fn has_std(target: &'static str) -> bool {
        let libraries = Self::new(target, None).map(|toolchain| toolchain.sysroot.join("lib/rustlib").join(target));
        let entries = libraries.ok().and_then(|libraries| libraries.join("lib").read_dir().ok());
        entries.is_some_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
        })
    }

    /// Whether the current compiler has the runtime library of the address sanitizer, for this machine.
    pub fn has_address_sanitizer() -> bool {
        let Ok(target) = Arch::host().map(Arch::target) else { return false };
        let directory = Self::new(target, None).map(|toolchain| toolchain.sysroot.join("lib/rustlib").join(target));
        let entries = directory.ok().and_then(|directory| directory.join("lib").read_dir().ok());
        entries.is_some_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().ends_with("_rt.asan.a")))
        })
    }

    /// Whether core's source is here.
    pub fn has_source(&self) -> bool {
        self.sysroot.join("lib/rustlib/src/rust/library/core").is_dir()
    }

    /// A cargo command that builds for the target, into a directory of its own.
    pub fn cargo(&self, subcommand: &str, target_dir: &Path) -> Command {
        let mut cargo = cargo();
        cargo.args([subcommand, "--quiet", "--target", self.target, "--target-dir"]).arg(target_dir);
        // What .cargo/config.toml says too; this variable wins over any other flags of the environment's.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags(self.target));
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        if self.builds_core {
            cargo.args(["-Z", "build-std=core,compiler_builtins"]).env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
    }

    /// The linker, called as ld(1) is.
    pub fn linker(&self) -> Result<PathBuf> {
        let own = self.tool("rust-lld");
        own.or_else(|| on_path("ld.lld")).with_context(|| missing("ld.lld", "lld"))
    }

    /// That linker as a command.
    pub fn link(&self) -> Result<Command> {
        let linker = self.linker()?;
        let mut link = command(&linker);
        if linker.ends_with("rust-lld") {
            link.args(["-flavor", "gnu"]);
        }
        Ok(link)
    }

    /// The editor of objects, called as objcopy(1) is.
    pub fn objcopy(&self) -> Result<Command> {
        let Some(own) = self.tool("rust-objcopy") else {
            return on_path("llvm-objcopy").map(command).with_context(|| missing("llvm-objcopy", "llvm"));
        };
        let mut objcopy = command(own);
        // It is linked with the compiler's own library, and does not look for it where that is.
        objcopy.env("LD_LIBRARY_PATH", self.sysroot.join("lib"));
        Ok(objcopy)
    }

    /// A program that comes with the compiler, for whatever machine it runs on.
    fn tool(&self, name: &str) -> Option<PathBuf> {
        let targets = self.sysroot.join("lib/rustlib").read_dir().ok()?.flatten();
        let mut paths = targets.map(|target| target.path().join("bin").join(name));
        paths.find(|path| path.is_file())
    }
}

/// A command of the nightly compiler's cargo.
pub fn nightly(subcommand: &str) -> Command {
    let mut cargo = command("rustup");
    cargo.args(["run", "nightly", "cargo", subcommand]);
    // What the cargo that runs this tool has set for itself.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        cargo.env_remove(variable);
    }
    cargo
}

/// A program in PATH, also under the names that carry a version, as Debian's do.
fn on_path(name: &str) -> Option<PathBuf> {
    let newest_first = (11..=30).rev().map(|version| format!("{name}-{version}"));
    std::iter::once(name.to_owned()).chain(newest_first).find_map(|name| shell::find(&name))
}

fn missing(program: &str, package: &str) -> String {
    format!("neither the Rust toolchain nor PATH has {program}. What would change it: apt-get install {package}")
}

/// The C compiler for an architecture.
pub fn c_compiler(arch: Arch) -> String {
    if arch.is_host() { "cc".to_owned() } else { format!("{}-gcc", arch.gnu()) }
}

/// The commands that bring a compiler for a target, the first that works being enough.
pub fn remedies(target: &str) -> [String; 2] {
    [format!("rustup target add {target}"), distribution_remedy()]
}

/// The command that brings the distribution's compiler.
pub fn distribution_remedy() -> String {
    apt("rustc-web rust-web-src lld llvm")
}

/// Where setup puts what is for this project alone.
pub fn zig_directory() -> PathBuf {
    project::root().join("target/tools/zig")
}

/// The program `zig`: the one in PATH, or the one that setup put in place.
pub fn find_zig() -> Option<PathBuf> {
    let own = || {
        let libraries = zig_directory().join("lib").read_dir().ok()?.flatten();
        libraries.map(|python| python.path().join("site-packages/ziglang/zig")).find(|path| path.is_file())
    };
    shell::find("zig").or_else(own)
}

/// Zig's C compiler for one of its targets, which brings the target's libc.
pub fn zig_cc(target: &str) -> Result<Command> {
    let mut cc = command(find_zig().context("no zig")?);
    cc.args(["cc", "-target", target]);
    // It compiles with checks unless told otherwise, and those call what is not there. The libc is built, once, as the
    // program is; for its size that takes a good half of the time.
    cc.args(["-fno-sanitize=all", "-Os"]);
    Ok(cc)
}

/// Where a program for a foreign architecture finds its dynamic loader and its libc: link arguments that name both, so
/// that it starts wherever it is, as do its children, whatever their environment.
pub fn loader_arguments(arch: Arch) -> Result<Vec<String>> {
    if arch.is_host() {
        return Ok(Vec::new());
    }
    let loader = match arch {
        Arch::X86_64 => "ld-linux-x86-64.so.2",
        Arch::Aarch64 => "ld-linux-aarch64.so.1",
        Arch::Riscv64 => "ld-linux-riscv64-lp64d.so.1",
    };
    let said = execute(command(c_compiler(arch)).arg(format!("-print-file-name={loader}")))?.stdout;
    // Where there is none, what it says is the name alone.
    let path = Path::new(std::str::from_utf8(&said)?.trim_end()).canonicalize();
    let path = path.with_context(|| format!("{} has no {loader} for its programs", c_compiler(arch)))?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let loader = format!("-Wl,--dynamic-linker={}/{loader}", directory.display());
    Ok(vec![loader, format!("-Wl,-rpath,{}", directory.display())])
}

/// Gives a cargo command, for a whole program of an architecture, its linker, its flags and what runs it.
pub fn for_programs(arch: Arch, cargo: &mut Command) -> Result<()> {
    cargo.args(["--target", arch.target()]);
    if arch.is_host() {
        return Ok(());
    }
    cargo.env(arch.cargo_variable("LINKER"), c_compiler(arch));
    let loader = loader_arguments(arch)?;
    let flags = loader.iter().map(|argument| format!("-Clink-arg={argument}"));
    let flags: Vec<_> = flags.chain([rustflags(arch.target()).to_owned()]).collect();
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f").trim_end_matches('\x1f'));
    let xtask = std::env::current_exe()?;
    let runner = format!("target.{}.runner=[{xtask:?}, \"run\", \"--arch\", \"{}\"]", arch.target(), arch.name());
    cargo.args(["--config", &runner]);
    Ok(())
}
