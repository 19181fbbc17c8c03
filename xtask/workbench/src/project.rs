//! The directories of the project, and the architectures, systems and backends that it is built for.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::cannot_run::CannotRun;

/// An architecture with a column in arch/.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    X86_64,
    Aarch64,
    Riscv64,
}

impl Arch {
    pub const ALL: [Self; 3] = [Self::X86_64, Self::Aarch64, Self::Riscv64];

    /// The architecture of this machine.
    pub fn host() -> Result<Self> {
        std::env::consts::ARCH.parse().context("this machine's architecture: use --arch")
    }

    pub fn is_host(self) -> bool {
        cfg!(target_os = "linux") && Self::host().is_ok_and(|host| host == self)
    }

    /// Fails with [`CannotRun`] on a machine of another architecture.
    pub fn must_be_host(self) -> Result<()> {
        let what = format!("written for {0} only. To enable it: use a machine with {0}", self.name());
        if self.is_host() { Ok(()) } else { Err(CannotRun(what).into()) }
    }

    /// Returns its name in uname(1), qemu and arch/src.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// Returns the Rust target that the library is built for.
    pub fn target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
            Self::Riscv64 => "riscv64gc-unknown-linux-gnu",
        }
    }

    /// Returns the Rust target whose programs are linked with musl.
    pub fn musl_target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Aarch64 => "aarch64-unknown-linux-musl",
            Self::Riscv64 => "riscv64gc-unknown-linux-musl",
        }
    }

    /// Returns the prefix of the names of its GNU tools.
    pub fn gnu(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-linux-gnu",
            Self::Aarch64 => "aarch64-linux-gnu",
            Self::Riscv64 => "riscv64-linux-gnu",
        }
    }

    /// Returns the emulation of ELF linkers (`-m`).
    pub fn emulation(self) -> &'static str {
        match self {
            Self::X86_64 => "elf_x86_64",
            Self::Aarch64 => "aarch64linux",
            Self::Riscv64 => "elf64lriscv",
        }
    }

    /// Returns `e_machine` of its ELF files.
    pub fn elf_machine(self) -> u16 {
        match self {
            Self::X86_64 => 62,
            Self::Aarch64 => 183,
            Self::Riscv64 => 243,
        }
    }

    /// Returns the name of a variable of cargo for its target.
    pub fn cargo_variable(self, what: &str) -> String {
        format!("CARGO_TARGET_{}_{what}", self.target().to_uppercase().replace('-', "_"))
    }

    /// Returns the artifacts of `cargo xtask build`.
    pub fn dist(self) -> Dist {
        Dist::new(self, "linux", Backend::Kernel)
    }

    /// Returns the artifacts of `cargo xtask build --backend libc`.
    pub fn libc_dist(self) -> Dist {
        Dist::new(self, "linux-libc", Backend::Libc)
    }
}

/// Returns the flags of rustc for a target. .cargo/config.toml contains those that a plain build needs.
pub fn rustflags(target: &str) -> &'static str {
    match target {
        _ if target.starts_with("aarch64-unknown-linux") => "-Ctarget-feature=-outline-atomics",
        // OpenBSD enforces indirect branch tracking.
        "x86_64-unknown-openbsd" => "-Zcf-protection=branch",
        _ => "",
    }
}

/// The layer that the operations call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// The kernel, without a libc
    Kernel,
    /// The system's libc
    Libc,
}

/// A system other than Linux. Its programs reach the kernel through the libc only.
#[derive(Debug)]
pub struct System {
    /// The Rust target.
    pub triple: &'static str,
    pub arch: Arch,
    /// The name of its directory in target/dist.
    pub os: &'static str,
    /// The emulation of ELF linkers (`-m`); none for Mach-O.
    pub emulation: Option<&'static str>,
    /// The target of zig; none if zig lacks the system's libraries.
    pub zig: Option<&'static str>,
}

/// The other systems that the library is built for: first those whose core rustup provides.
pub const SYSTEMS: &[System] = &[
    system("x86_64-apple-darwin", Arch::X86_64, "macos", None, Some("x86_64-macos")),
    system("aarch64-apple-darwin", Arch::Aarch64, "macos", None, Some("aarch64-macos")),
    system("x86_64-unknown-freebsd", Arch::X86_64, "freebsd", Some("elf_x86_64_fbsd"), Some("x86_64-freebsd")),
    system("x86_64-unknown-netbsd", Arch::X86_64, "netbsd", Some("elf_x86_64"), Some("x86_64-netbsd")),
    system("aarch64-unknown-freebsd", Arch::Aarch64, "freebsd", Some("aarch64elf_fbsd"), Some("aarch64-freebsd")),
    system("x86_64-unknown-openbsd", Arch::X86_64, "openbsd", Some("elf_x86_64"), Some("x86_64-openbsd")),
    system("x86_64-unknown-dragonfly", Arch::X86_64, "dragonfly", Some("elf_x86_64"), None),
];

const fn system(
    triple: &'static str,
    arch: Arch,
    os: &'static str,
    emulation: Option<&'static str>,
    zig: Option<&'static str>,
) -> System {
    System { triple, arch, os, emulation, zig }
}

impl System {
    fn of_triple(triple: &str) -> Result<&'static Self> {
        let known = || SYSTEMS.iter().map(|system| system.triple).collect::<Vec<_>>().join(", ");
        let found = SYSTEMS.iter().find(|system| system.triple == triple);
        found.with_context(|| format!("the systems are {}; for Linux use --arch", known()))
    }

    pub fn dist(&self) -> Dist {
        Dist::new(self.arch, self.os, Backend::Libc)
    }
}

/// The backend and the system of a build.
#[derive(clap::Args)]
pub struct Foundation {
    /// Backend on Linux [default: kernel]
    #[arg(long, value_name = "kernel|libc", hide_possible_values = true)]
    backend: Option<Backend>,
    /// Another system, as a Rust target; its backend is its libc
    #[arg(long, value_name = "TRIPLE", value_parser = System::of_triple)]
    target: Option<&'static System>,
}

impl Foundation {
    /// Returns the other system, if one is given.
    pub fn system(&self) -> Result<Option<&'static System>> {
        if let Some(system) = self.target {
            ensure!(self.backend != Some(Backend::Kernel), "{} has the libc backend only", system.os);
        }
        Ok(self.target)
    }

    /// Returns the backend on Linux.
    pub fn backend(&self) -> Backend {
        self.backend.unwrap_or(Backend::Kernel)
    }
}

impl FromStr for Arch {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|arch| arch.name() == name);
        found.with_context(|| format!("no column in arch/ for {name}; there are {}", known()))
    }
}

/// The value of `--arch`: one architecture or all of them.
#[derive(Clone, Debug)]
pub struct Selection(pub Vec<Arch>);

impl FromStr for Selection {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if name == "all" { Ok(Self(Arch::ALL.to_vec())) } else { Ok(Self(vec![name.parse()?])) }
    }
}

/// `--arch` of a command that works for this machine's architecture by default.
#[derive(clap::Args)]
pub struct Architectures {
    /// For this architecture: x86_64, aarch64, riscv64 or all [default: this machine's]
    #[arg(long = "arch", value_name = "NAME")]
    selection: Option<Selection>,
}

impl Architectures {
    pub fn or_host(&self) -> Result<Vec<Arch>> {
        self.selection.clone().map_or_else(|| Ok(vec![Arch::host()?]), |selection| Ok(selection.0))
    }

    pub fn are_given(&self) -> bool {
        self.selection.is_some()
    }
}

/// `--arch` of a command that works for all architectures by default.
#[derive(clap::Args)]
pub struct AllArchitectures {
    /// For this architecture alone: x86_64, aarch64 or riscv64
    #[arg(long = "arch", value_name = "NAME", default_value = "all")]
    selection: Selection,
}

impl AllArchitectures {
    pub fn or_all(&self) -> Vec<Arch> {
        self.selection.0.clone()
    }
}

/// A directory with the artifacts of one architecture of one system.
pub struct Dist {
    pub arch: Arch,
    pub place: PathBuf,
    backend: Backend,
}

impl Dist {
    fn new(arch: Arch, system: &str, backend: Backend) -> Self {
        let place = root().join("target/dist").join(format!("{}-{system}", arch.name()));
        Self { arch, place, backend }
    }

    pub fn include(&self) -> PathBuf {
        self.place.join("include")
    }

    pub fn lib(&self) -> PathBuf {
        self.place.join("lib")
    }

    pub fn header(&self) -> PathBuf {
        self.include().join("ffi_syscalls.h")
    }

    pub fn hosted_archive(&self) -> PathBuf {
        self.lib().join("libffi_syscalls.a")
    }

    pub fn freestanding_archive(&self) -> PathBuf {
        self.lib().join("libffi_syscalls_freestanding.a")
    }

    pub fn shared_object(&self) -> PathBuf {
        self.lib().join("libffi_syscalls.so")
    }

    pub fn pkg_config(&self) -> PathBuf {
        self.lib().join("pkgconfig/ffi_syscalls.pc")
    }

    /// Returns all of them. The libc backend has one archive only.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.header(), self.pkg_config(), self.hosted_archive()];
        if self.backend == Backend::Kernel {
            files.extend([self.freestanding_archive(), self.shared_object()]);
        }
        files
    }
}

/// Returns the directory of the root package.
pub fn root() -> &'static Path {
    let workbench = Path::new(env!("CARGO_MANIFEST_DIR"));
    workbench.ancestors().nth(2).unwrap_or(workbench)
}

/// Waits until no other command of this tool runs in this checkout. The turn ends when the file is closed.
pub fn wait_for_turn() -> Result<File> {
    let directory = root().join("target");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("xtask.lock");
    let file = File::create(&path).with_context(|| relative(&path).to_string())?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        eprintln!("waiting for another `cargo xtask` to finish");
        file.lock()?;
    }
    Ok(file)
}

/// Returns a path for messages: relative to the root directory, if it lies there.
pub fn relative(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(root()).unwrap_or(path).display()
}

/// The library's version; the packages of the workspace share one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
