//! The Rust and C compilers for an architecture, and their tools.
//!
//! A toolchain of rustup contains a linker, an object editor, and the core of each target that `rustup target add`
//! fetched. Without the core of a target, core is built from source: that of the toolchain (`rustup component add
//! rust-src`), or that of the distribution's compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::project::{self, Arch, rustflags};
use crate::shell::{self, apt, cargo, command, execute};

/// A Rust compiler that can build for a target.
pub struct Toolchain {
    target: &'static str,
    /// The compiler, if not the default of cargo.
    rustc: Option<PathBuf>,
    sysroot: PathBuf,
    builds_core: bool,
}

/// The compiler of Debian's package rustc-web, which is a current one.
const DISTRIBUTION_RUSTC: &str = "/usr/bin/rustc";

impl Toolchain {
    /// Returns the current compiler if it has the target's core or the source of core, else the distribution's.
    pub fn of(target: &'static str) -> Result<Self> {
        let (current, distribution) = (Self::new(target, None), Self::new(target, Some(DISTRIBUTION_RUSTC.into())));
        let remedies = remedies(target).join(", or else: ");
        let found = [current, distribution].into_iter().flatten().find_map(Self::able);
        found.with_context(|| {
            format!("no Rust compiler on this machine can build for {target}. To enable it: {remedies}")
        })
    }

    /// Returns the distribution's compiler, which builds core from source.
    pub fn of_distribution(target: &'static str) -> Result<Self> {
        let toolchain = Self::new(target, Some(DISTRIBUTION_RUSTC.into()))?;
        Ok(Self { builds_core: true, ..toolchain })
    }

    fn new(target: &'static str, rustc: Option<PathBuf>) -> Result<Self> {
        let mut print = command(rustc.as_deref().unwrap_or(Path::new("rustc")));
        let sysroot = String::from_utf8(execute(print.args(["--print", "sysroot"]))?.stdout)?;
        Ok(Self { target, rustc, sysroot: sysroot.trim_end().into(), builds_core: false })
    }

    fn able(self) -> Option<Self> {
        let has_core = self.has_library(|_| true);
        let has_source = self.has_source();
        let has_tools = self.linker().is_ok() && self.objcopy().is_ok();
        (has_tools && (has_core || has_source)).then_some(Self { builds_core: !has_core, ..self })
    }

    /// Returns whether the current compiler has the std of a target.
    pub fn has_std(target: &'static str) -> bool {
        Self::new(target, None).is_ok_and(|toolchain| toolchain.has_library(|name| name.starts_with("libstd-")))
    }

    /// Returns whether the current compiler has the runtime library of the address sanitizer.
    pub fn has_address_sanitizer() -> bool {
        let current = Arch::host().and_then(|arch| Self::new(arch.target(), None));
        current.is_ok_and(|toolchain| toolchain.has_library(|name| name.ends_with("_rt.asan.a")))
    }

    /// Returns whether a library of the target has such a name.
    fn has_library(&self, is_it: impl Fn(&str) -> bool) -> bool {
        let libraries = self.sysroot.join("lib/rustlib").join(self.target).join("lib");
        let mut entries = libraries.read_dir().into_iter().flatten().flatten();
        entries.any(|entry| is_it(&entry.file_name().to_string_lossy()))
    }

    /// Returns whether the source of core is installed.
    pub fn has_source(&self) -> bool {
        self.sysroot.join("lib/rustlib/src/rust/library/core").is_dir()
    }

    /// Returns a cargo command that builds for the target, into a directory.
    pub fn cargo(&self, subcommand: &str, target_dir: &Path) -> Command {
        let mut cargo = cargo();
        cargo.args([subcommand, "--quiet", "--target", self.target, "--target-dir"]).arg(target_dir);
        // This variable overrides other flags of the environment.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", rustflags(self.target));
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        if self.builds_core {
            cargo.args(["-Z", "build-std=core,compiler_builtins"]).env("RUSTC_BOOTSTRAP", "1");
        }
        cargo
    }

    /// Returns the path of the linker.
    pub fn linker(&self) -> Result<PathBuf> {
        let own = self.tool("rust-lld");
        own.or_else(|| on_path("ld.lld")).with_context(|| missing("ld.lld", "lld"))
    }

    /// Returns the linker as a command, with the arguments of ld(1).
    pub fn link(&self) -> Result<Command> {
        let linker = self.linker()?;
        let mut link = command(&linker);
        if linker.ends_with("rust-lld") {
            link.args(["-flavor", "gnu"]);
        }
        Ok(link)
    }

    /// Returns the object editor, with the arguments of objcopy(1).
    pub fn objcopy(&self) -> Result<Command> {
        let Some(own) = self.tool("rust-objcopy") else {
            return on_path("llvm-objcopy").map(command).with_context(|| missing("llvm-objcopy", "llvm"));
        };
        let mut objcopy = command(own);
        // It needs a library of the compiler, and has no run path to it.
        objcopy.env("LD_LIBRARY_PATH", self.sysroot.join("lib"));
        Ok(objcopy)
    }

    /// Returns a program that comes with the compiler.
    fn tool(&self, name: &str) -> Option<PathBuf> {
        let targets = self.sysroot.join("lib/rustlib").read_dir().ok()?.flatten();
        let mut paths = targets.map(|target| target.path().join("bin").join(name));
        paths.find(|path| path.is_file())
    }
}

/// Returns a command of the nightly compiler's cargo.
pub fn nightly(subcommand: &str) -> Command {
    let mut cargo = command("rustup");
    cargo.args(["run", "nightly", "cargo", subcommand]);
    // Variables of the cargo that runs this tool.
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        cargo.env_remove(variable);
    }
    cargo
}

/// Finds a program in PATH, also by names with a version, which Debian uses.
fn on_path(name: &str) -> Option<PathBuf> {
    let newest_first = (11..=30).rev().map(|version| format!("{name}-{version}"));
    std::iter::once(name.to_owned()).chain(newest_first).find_map(|name| shell::find(&name))
}

fn missing(program: &str, package: &str) -> String {
    format!("neither the Rust toolchain nor PATH has {program}. To enable it: apt-get install {package}")
}

/// Returns the C compiler for an architecture.
pub fn c_compiler(arch: Arch) -> String {
    if arch.is_host() { "cc".to_owned() } else { format!("{}-gcc", arch.gnu()) }
}

/// Returns the commands that install a compiler for a target. One of them is enough.
pub fn remedies(target: &str) -> [String; 2] {
    [format!("rustup target add {target}"), distribution_remedy()]
}

/// Returns the command that installs the distribution's compiler.
pub fn distribution_remedy() -> String {
    apt("rustc-web rust-web-src lld llvm")
}

/// The directory in which setup installs zig, for this project only.
pub fn zig_directory() -> PathBuf {
    project::root().join("target/tools/zig")
}

/// Returns the path of `zig` in PATH, or of the one that setup installed.
pub fn find_zig() -> Option<PathBuf> {
    let own = || {
        let libraries = zig_directory().join("lib").read_dir().ok()?.flatten();
        libraries.map(|python| python.path().join("site-packages/ziglang/zig")).find(|path| path.is_file())
    };
    shell::find("zig").or_else(own)
}

/// Returns the C compiler of zig for one of its targets, with the target's libc.
pub fn zig_cc(target: &str) -> Result<Command> {
    let mut cc = command(find_zig().context("no zig")?);
    cc.args(["cc", "-target", target]);
    // Its default checks call functions that no libc here has. It builds the libc once, with the same options: for size
    // that takes half of the time.
    cc.args(["-fno-sanitize=all", "-Os"]);
    Ok(cc)
}

/// Returns the link arguments that name the dynamic loader and the libc of a foreign architecture. They work for
/// children too, with any environment.
pub fn loader_arguments(arch: Arch) -> Result<Vec<String>> {
    if arch.is_host() {
        return Ok(Vec::new());
    }
    let loader = match arch {
        Arch::X86_64 => "ld-linux-x86-64.so.2",
        Arch::Aarch64 => "ld-linux-aarch64.so.1",
        Arch::Riscv64 => "ld-linux-riscv64-lp64d.so.1",
    };
    let printed = execute(command(c_compiler(arch)).arg(format!("-print-file-name={loader}")))?.stdout;
    // Without the file gcc prints the name alone.
    let path = Path::new(std::str::from_utf8(&printed)?.trim_end()).canonicalize();
    let path = path.with_context(|| format!("{} has no {loader} for its programs", c_compiler(arch)))?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let loader = format!("-Wl,--dynamic-linker={}/{loader}", directory.display());
    Ok(vec![loader, format!("-Wl,-rpath,{}", directory.display())])
}

/// Adds the linker, the flags and the runner of an architecture to a cargo command that builds programs.
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
