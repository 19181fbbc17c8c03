//! The tools that the project uses beyond the Rust toolchain.

use std::borrow::Cow;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::emulator;
use crate::project::{self, Arch};
use crate::shell::{self, apt, capture, cargo};
use crate::toolchain::{self, Toolchain};

/// A tool, and how to install it.
pub struct Tool {
    kind: Kind,
    /// The work that needs it.
    pub purpose: Cow<'static, str>,
}

enum Kind {
    /// A program, and the Debian packages that contain it and its files.
    Program { name: Cow<'static, str>, packages: Cow<'static, str> },
    /// A subcommand of cargo that is a component of the Rust toolchain.
    Component(&'static str),
    /// A compiler that can build for a target.
    Target(&'static str),
    /// The std of a target.
    Std(&'static str),
    /// A program that runs those of an architecture.
    Emulator { arch: Arch, name: Cow<'static, str> },
    /// The distribution's compiler, with the source of core.
    DistributionRust,
    /// A runtime library that only the toolchains of rustup contain.
    AddressSanitizer,
    /// A nightly compiler with Miri and the source of std.
    Miri,
    /// Zig, from Python's package index.
    Zig,
    /// The source of every dependency.
    Crates,
    /// A program in PATH or in a directory of its own under target/tools, the command that installs it there, and the
    /// Debian packages that the command needs.
    Own { name: &'static str, install: &'static str, packages: &'static str },
}

/// The directory of a program that setup installs for this checkout alone.
const OWN: &str = "target/tools";

const fn tool(kind: Kind, purpose: &'static str) -> Tool {
    Tool { kind, purpose: Cow::Borrowed(purpose) }
}

const fn program(name: &'static str, packages: &'static str, purpose: &'static str) -> Tool {
    tool(Kind::Program { name: Cow::Borrowed(name), packages: Cow::Borrowed(packages) }, purpose)
}

pub const CC: Tool = program("cc", "gcc libc6-dev", "linking programs");
pub const MUSL: Tool = program("musl-gcc", "musl-tools", "C programs on musl");
pub const CXX: Tool = program("g++", "g++", "C++ programs, the header in C++, and the fuzzer");
pub const PKG_CONFIG: Tool = program("pkg-config", "pkg-config", "the .pc file");
pub const STRACE: Tool = program("strace", "strace", "the system calls of each function");
pub const VALGRIND: Tool =
    program("valgrind", "valgrind libc6-dbg", "the instructions of each function, and its use of memory");
pub const FLOCK: Tool = program("flock", "util-linux", "locks against another program");
pub const CLANG: Tool = program("clang", "clang", "C programs compiled by clang");
pub const LLD: Tool = program("ld.lld", "lld", "C programs linked by lld");
pub const DISTRIBUTION_RUST: Tool = tool(Kind::DistributionRust, "building core without rustup");
pub const ZIG: Tool = tool(Kind::Zig, "C programs compiled by zig cc, on musl for every architecture");
pub const ADDRESS_SANITIZER: Tool = tool(Kind::AddressSanitizer, "checks of memory in the fuzzer and in tests");
pub const MIRI: Tool = tool(Kind::Miri, "Miri, and std built with the thread sanitizer");
pub const RUSTFMT: Tool = tool(Kind::Component("fmt"), "formatting");
pub const CLIPPY: Tool = tool(Kind::Component("clippy"), "lints");

/// A debug build compiles in a fraction of the time, and is fast enough for a few hundred packages.
pub const CARGO_DENY: Tool = tool(
    Kind::Own {
        name: "cargo-deny",
        install: "cargo install --quiet --locked --debug --root target/tools/cargo-deny cargo-deny@0.20.2",
        packages: "gcc libc6-dev",
    },
    "the licenses and sources of dependencies",
);

/// Those for other systems too, which no build here fetches.
pub const CRATES: Tool = tool(Kind::Crates, "the licenses and sources of dependencies");

pub const TYPOS: Tool = tool(
    Kind::Own {
        name: "typos",
        install: "python3 -m venv target/tools/typos && target/tools/typos/bin/python -m pip install --quiet typos==1.52.0",
        packages: "python3-venv",
    },
    "spelling",
);

/// Returns the C compiler and the libc for an architecture.
pub fn c_compiler(arch: Arch) -> Tool {
    if arch.is_host() {
        return CC;
    }
    let debian = match arch {
        Arch::X86_64 => "amd64",
        Arch::Aarch64 => "arm64",
        Arch::Riscv64 => "riscv64",
    };
    let packages = format!("gcc-{} libc6-dev-{debian}-cross", arch.gnu().replace('_', "-"));
    let kind = Kind::Program { name: toolchain::c_compiler(arch).into(), packages: packages.into() };
    Tool { kind, purpose: format!("programs for {}", arch.name()).into() }
}

/// Returns the emulator of an architecture.
pub fn qemu(arch: Arch) -> Tool {
    let kind = Kind::Emulator { arch, name: format!("qemu-{}-static", arch.name()).into() };
    Tool { kind, purpose: format!("running {} programs, in a user namespace (Linux 6.7)", arch.name()).into() }
}

/// Returns a compiler that can build for a target.
pub fn target(triple: &'static str) -> Tool {
    Tool { kind: Kind::Target(triple), purpose: format!("building for {triple}").into() }
}

/// Returns the precompiled std of a target.
pub fn std(triple: &'static str) -> Tool {
    Tool { kind: Kind::Std(triple), purpose: format!("Rust programs with std for {triple}").into() }
}

/// Fails if a tool is missing, with the command that installs it.
pub fn must_have(tools: &[Tool]) -> Result<()> {
    tools.iter().find(|tool| !tool.is_here()).map_or(Ok(()), |missing| bail!(missing.is_missing()))
}

impl Tool {
    /// Returns the name for messages; that of a program is its name in PATH.
    pub fn program(&self) -> &str {
        match &self.kind {
            Kind::Program { name, .. } | Kind::Emulator { name, .. } => name,
            Kind::Component("fmt") => "rustfmt",
            Kind::Component(name) => name,
            Kind::Target(triple) | Kind::Std(triple) => triple,
            Kind::DistributionRust => "rustc-web",
            Kind::AddressSanitizer => "address sanitizer",
            Kind::Miri => "cargo miri",
            Kind::Zig => "zig",
            Kind::Crates => "source of a dependency",
            Kind::Own { name, .. } => name,
        }
    }

    /// Returns the path of a program in PATH, or of the one that setup installed.
    pub fn find(&self) -> Option<PathBuf> {
        let own = || Some(project::root().join(OWN).join(self.program()).join("bin").join(self.program()));
        shell::find(self.program()).or_else(own).filter(|path| path.is_file())
    }

    pub fn is_here(&self) -> bool {
        match &self.kind {
            Kind::Program { name, .. } => shell::find(name).is_some(),
            // rustup has a proxy for every component, installed or not.
            Kind::Component(name) => {
                capture(cargo().args([name, "--version"])).is_ok_and(|output| output.status.success())
            }
            Kind::Target(triple) => Toolchain::of(triple).is_ok(),
            Kind::Std(triple) => Toolchain::has_std(triple),
            Kind::Emulator { arch, .. } => emulator::works_for(*arch),
            Kind::DistributionRust => {
                Toolchain::of_distribution(Arch::Riscv64.target()).is_ok_and(|rust| rust.has_source())
            }
            Kind::AddressSanitizer => Toolchain::has_address_sanitizer(),
            Kind::Miri => {
                capture(toolchain::nightly("miri").arg("--version")).is_ok_and(|output| output.status.success())
            }
            Kind::Zig => toolchain::find_zig().is_some(),
            Kind::Crates => {
                capture(cargo().args(["fetch", "--locked", "--offline"])).is_ok_and(|output| output.status.success())
            }
            Kind::Own { .. } => self.find().is_some(),
        }
    }

    /// Returns the message that the tool is missing, with the commands that install it.
    pub fn is_missing(&self) -> String {
        let remedies = self.remedies().join(", or else: ");
        format!("no {} for {}. To enable it: {remedies}", self.program(), self.purpose)
    }

    /// Returns the commands that install the tool. One of them is enough.
    pub fn remedies(&self) -> Vec<String> {
        match &self.kind {
            Kind::Program { packages, .. } => vec![apt(packages)],
            Kind::Component(_) => vec![format!("rustup component add {}", self.program())],
            Kind::Target(triple) => toolchain::remedies(triple).into(),
            Kind::Std(triple) => vec![format!("rustup target add {triple}")],
            Kind::Emulator { .. } => vec![apt("qemu-user-static")],
            Kind::DistributionRust => vec![toolchain::distribution_remedy()],
            // Without a name: the toolchain of rust-toolchain.toml.
            Kind::AddressSanitizer => vec!["rustup toolchain install".to_owned()],
            Kind::Miri => {
                let install = "rustup toolchain install nightly --profile minimal --component miri,rust-src";
                vec!["rustup component add --toolchain nightly miri rust-src".to_owned(), install.to_owned()]
            }
            Kind::Zig => {
                let place = project::relative(&toolchain::zig_directory()).to_string();
                let pip = format!("python3 -m venv {place} && {place}/bin/python -m pip install --quiet ziglang");
                vec![pip.clone(), format!("{} && {pip}", apt("python3-venv"))]
            }
            Kind::Crates => vec!["cargo fetch --quiet --locked".to_owned()],
            Kind::Own { install, packages, .. } => {
                vec![(*install).to_owned(), format!("{} && {install}", apt(packages))]
            }
        }
    }
}
