//! Where things are, and for what they are built.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Error, Result};

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

    /// Flags that everything built for it needs beside those of its target, as .cargo/config.toml says too.
    pub fn rustflags(self) -> &'static str {
        match self {
            Self::Aarch64 => "-Ctarget-feature=-outline-atomics",
            Self::X86_64 | Self::Riscv64 => "",
        }
    }

    /// The name of the variable that tells cargo something about its target.
    pub fn cargo_variable(self, what: &str) -> String {
        format!("CARGO_TARGET_{}_{what}", self.target().to_uppercase().replace('-', "_"))
    }

    /// What `cargo xtask build` makes for this architecture.
    pub fn dist(self) -> Dist {
        Dist { arch: self, place: root().join("target/dist").join(format!("{}-linux", self.name())) }
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

/// One architecture or all of them.
#[derive(Clone, Debug)]
pub struct Selection(Vec<Arch>);

impl FromStr for Selection {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if name == "all" { Ok(Self(Arch::ALL.to_vec())) } else { Ok(Self(vec![name.parse()?])) }
    }
}

/// Which architectures a command is for.
#[derive(clap::Args)]
pub struct Architectures {
    /// x86_64, aarch64, riscv64, or all of them; this machine's if not given
    #[arg(long = "arch", value_name = "NAME|all")]
    selection: Option<Selection>,
}

impl Architectures {
    /// Those that were asked for, or this machine's.
    pub fn or_host(&self) -> Result<Vec<Arch>> {
        self.selection.clone().map_or_else(|| Ok(vec![Arch::host()?]), |selection| Ok(selection.0))
    }

    /// Those that were asked for, or all.
    pub fn or_all(&self) -> Vec<Arch> {
        self.selection.clone().map_or_else(|| Arch::ALL.to_vec(), |selection| selection.0)
    }
}

/// A directory with the artifacts of one architecture.
pub struct Dist {
    pub arch: Arch,
    pub place: PathBuf,
}

impl Dist {
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

    /// All of them.
    pub fn files(&self) -> [PathBuf; 5] {
        let (hosted, freestanding) = (self.hosted_archive(), self.freestanding_archive());
        [self.header(), hosted, freestanding, self.shared_object(), self.pkg_config()]
    }
}

/// The directory of the root package.
pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
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
