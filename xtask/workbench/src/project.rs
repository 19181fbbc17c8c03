//! Where things are, and for what they are built.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::cannot_run::CannotRun;

/// An architecture that has a column in arch/.
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

    /// An error that says why a check that is written for this architecture alone cannot run, on a machine of another.
    pub fn must_be_host(self) -> Result<()> {
        let what = format!("written for {0} alone. What would change it: a machine that is {0}", self.name());
        if self.is_host() { Ok(()) } else { Err(CannotRun(what).into()) }
    }

    /// The name that uname(1), qemu and the column's file give it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
        }
    }

    /// The Rust target whose core the library is built with.
    pub fn target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Aarch64 => "aarch64-unknown-linux-gnu",
            Self::Riscv64 => "riscv64gc-unknown-linux-gnu",
        }
    }

    /// The Rust target whose programs are linked with musl.
    pub fn musl_target(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-musl",
            Self::Aarch64 => "aarch64-unknown-linux-musl",
            Self::Riscv64 => "riscv64gc-unknown-linux-musl",
        }
    }

    /// The prefix of the names of its GNU tools.
    pub fn gnu(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-linux-gnu",
            Self::Aarch64 => "aarch64-linux-gnu",
            Self::Riscv64 => "riscv64-linux-gnu",
        }
    }

    /// What the linkers call it, after `-m`.
    pub fn emulation(self) -> &'static str {
        match self {
            Self::X86_64 => "elf_x86_64",
            Self::Aarch64 => "aarch64linux",
            Self::Riscv64 => "elf64lriscv",
        }
    }

    /// The number of the architecture in an ELF header.
    pub fn elf_machine(self) -> u16 {
        match self {
            Self::X86_64 => 62,
            Self::Aarch64 => 183,
            Self::Riscv64 => 243,
        }
    }

    /// The name of the variable that tells cargo something about its target.
    pub fn cargo_variable(self, what: &str) -> String {
        format!("CARGO_TARGET_{}_{what}", self.target().to_uppercase().replace('-', "_"))
    }

    /// What `cargo xtask build` makes for this architecture.
    pub fn dist(self) -> Dist {
        Dist::new(self, "linux", Backend::Kernel)
    }

    /// What `cargo xtask build --backend libc` makes for it.
    pub fn libc_dist(self) -> Dist {
        Dist::new(self, "linux-libc", Backend::Libc)
    }
}

/// Flags that everything built for a Rust target needs beside its own, as .cargo/config.toml says too, as far as a plain
/// build of the target works.
pub fn rustflags(target: &str) -> &'static str {
    match target {
        _ if target.starts_with("aarch64-unknown-linux") => "-Ctarget-feature=-outline-atomics",
        // OpenBSD has processors branch only to where code says that it may be branched to.
        "x86_64-unknown-openbsd" => "-Zcf-protection=branch",
        _ => "",
    }
}

/// What carries the operations out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// The kernel itself, without a libc
    Kernel,
    /// The system's libc
    Libc,
}

/// A system other than Linux. Programs reach its kernel through its libc and in no other way.
#[derive(Debug)]
pub struct System {
    /// The Rust target.
    pub triple: &'static str,
    pub arch: Arch,
    /// What its directory is called.
    pub os: &'static str,
    /// What ELF linkers call it after `-m`; none where objects are Mach-O.
    pub emulation: Option<&'static str>,
    /// What zig, which has the libraries of other systems, calls it; none if it has not those of this one.
    pub zig: Option<&'static str>,
}

/// Those that the library is built for; the ones that rustup has a core for first.
pub const SYSTEMS: &[System] = &[
    System {
        triple: "x86_64-apple-darwin",
        arch: Arch::X86_64,
        os: "macos",
        emulation: None,
        zig: Some("x86_64-macos"),
    },
    System {
        triple: "aarch64-apple-darwin",
        arch: Arch::Aarch64,
        os: "macos",
        emulation: None,
        zig: Some("aarch64-macos"),
    },
    System {
        triple: "x86_64-unknown-freebsd",
        arch: Arch::X86_64,
        os: "freebsd",
        emulation: Some("elf_x86_64_fbsd"),
        zig: Some("x86_64-freebsd"),
    },
    System {
        triple: "x86_64-unknown-netbsd",
        arch: Arch::X86_64,
        os: "netbsd",
        emulation: Some("elf_x86_64"),
        zig: Some("x86_64-netbsd"),
    },
    System {
        triple: "aarch64-unknown-freebsd",
        arch: Arch::Aarch64,
        os: "freebsd",
        emulation: Some("aarch64elf_fbsd"),
        zig: Some("aarch64-freebsd"),
    },
    System {
        triple: "x86_64-unknown-openbsd",
        arch: Arch::X86_64,
        os: "openbsd",
        emulation: Some("elf_x86_64"),
        zig: Some("x86_64-openbsd"),
    },
    System {
        triple: "x86_64-unknown-dragonfly",
        arch: Arch::X86_64,
        os: "dragonfly",
        emulation: Some("elf_x86_64"),
        zig: None,
    },
];

impl System {
    fn of_triple(triple: &str) -> Result<&'static Self> {
        let known = || SYSTEMS.iter().map(|system| system.triple).collect::<Vec<_>>().join(", ");
        let found = SYSTEMS.iter().find(|system| system.triple == triple);
        found.with_context(|| format!("there are {}; for Linux use --arch", known()))
    }

    pub fn dist(&self) -> Dist {
        Dist::new(self.arch, self.os, Backend::Libc)
    }
}

/// What the operations are to stand on, if it is not Linux alone.
#[derive(clap::Args)]
pub struct Foundation {
    /// On Linux, what the operations stand on; the kernel if not given
    #[arg(long, value_name = "kernel|libc", hide_possible_values = true)]
    backend: Option<Backend>,
    /// Another system, by its Rust target: its libc is what they stand on
    #[arg(long, value_name = "TRIPLE", value_parser = System::of_triple)]
    target: Option<&'static System>,
}

impl Foundation {
    /// The other system, if one was asked for.
    pub fn system(&self) -> Result<Option<&'static System>> {
        if let Some(system) = self.target {
            ensure!(self.backend != Some(Backend::Kernel), "on {} there is only the libc to stand on", system.os);
        }
        Ok(self.target)
    }

    /// What was asked for on Linux.
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

/// `--arch` of a command that works for this machine's architecture unless told otherwise.
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

/// `--arch` of a command that works for all architectures unless told otherwise.
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

    /// All of them. What stands on a libc is an archive alone.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.header(), self.pkg_config(), self.hosted_archive()];
        if self.backend == Backend::Kernel {
            files.extend([self.freestanding_archive(), self.shared_object()]);
        }
        files
    }
}

/// The directory of the root package.
pub fn root() -> &'static Path {
    let workbench = Path::new(env!("CARGO_MANIFEST_DIR"));
    workbench.ancestors().nth(2).unwrap_or(workbench)
}

/// Waits until no other command of this tool is at work here. The turn ends with the file, or the process.
pub fn wait_for_turn() -> Result<File> {
    let directory = root().join("target");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("xtask.lock");
    let file = File::create(&path).with_context(|| relative(&path).to_string())?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        eprintln!("waiting for another `cargo xtask` here to end");
        file.lock()?;
    }
    Ok(file)
}

/// A path as a reader of messages knows it: from the root directory on, if it lies there.
pub fn relative(path: &Path) -> std::path::Display<'_> {
    path.strip_prefix(root()).unwrap_or(path).display()
}

/// The library's version; the packages of the workspace share one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version's parts: major, minor, patch.
pub fn version_parts() -> impl Iterator<Item = &'static str> {
    VERSION.split('.')
}
