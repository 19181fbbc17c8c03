//! Where things are, and for what they are built.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// An architecture that has a column in arch/.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Arch {
    #[allow(non_camel_case_types, reason = "the name that people use")]
    x86_64,
}

impl Arch {
    /// The architecture of this machine.
    pub fn host() -> anyhow::Result<Self> {
        <Self as ValueEnum>::from_str(std::env::consts::ARCH, false)
            .map_err(|_| anyhow::anyhow!("there is no column in arch/ for {} yet: use --arch", std::env::consts::ARCH))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::x86_64 => "x86_64",
        }
    }

    /// The Rust target whose precompiled core the library is built with.
    pub fn target(self) -> &'static str {
        match self {
            Self::x86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// What `cargo xtask build` makes for this architecture.
    pub fn dist(self) -> Dist {
        Dist(root().join("target/dist").join(format!("{}-linux", self.name())))
    }
}

/// A directory with the artifacts of one architecture.
pub struct Dist(pub PathBuf);

impl Dist {
    pub fn include(&self) -> PathBuf {
        self.0.join("include")
    }

    pub fn lib(&self) -> PathBuf {
        self.0.join("lib")
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

/// The library's version; the packages of the workspace share one.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The version's parts: major, minor, patch.
pub fn version_parts() -> impl Iterator<Item = &'static str> {
    VERSION.split('.')
}
