//! `cargo xtask run`: runs a program of another architecture, and the programs that it starts.
//!
//! qemu's user mode runs one program. binfmt_misc makes the kernel start qemu for those that it executes too. The
//! registration is in a user namespace of the program (Linux 6.7), which ends with it and leaves the machine unchanged.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use rustix::mount::MountFlags;
use rustix::thread::UnshareFlags;
use workbench::project::{self, Arch};
use workbench::{shell, tools};

#[derive(clap::Args)]
pub struct Arguments {
    /// Architecture of the program: x86_64, aarch64 or riscv64
    #[arg(long, value_name = "NAME")]
    arch: Arch,
    /// User and group ID to run it as, for root
    #[arg(long, value_name = "ID")]
    user: Option<u32>,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    program: Vec<OsString>,
}

/// Executes the program in place of this one.
pub fn run(arguments: &Arguments) -> Result<Infallible> {
    let Some((program, words)) = arguments.program.split_first() else { bail!("no program") };
    if !arguments.arch.is_host() {
        let qemu = tools::qemu(arguments.arch);
        let path = shell::find(qemu.program()).with_context(|| qemu.is_missing())?;
        enter(arguments.arch, &path).context("cannot register the emulator")?;
    }
    let mut command = Command::new(program);
    if !arguments.arch.is_host() {
        // Tests skip what the emulator does differently from a kernel.
        command.env("FFI_SYSCALLS_EMULATED", "qemu");
        // A fork may leave a lock of glib's allocator held in the child, which then hangs in qemu's translator (qemu
        // before 8.1, its issue 285). With this glib uses malloc, whose locks a fork releases.
        command.env("G_SLICE", "always-malloc");
    }
    if let Some(user) = arguments.user {
        command.uid(user).gid(user);
    }
    let error = command.args(words).exec();
    Err(error).with_context(|| format!("cannot execute {}", program.display()))
}

/// Enters namespaces in which the kernel starts qemu for programs of the architecture.
fn enter(arch: Arch, qemu: &Path) -> Result<()> {
    // A process outside of the namespace maps the IDs, once the namespace exists: hence the pipe. It maps all IDs to
    // themselves for root, and only the caller's own for others.
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mapping = if user == 0 {
        // The map of this process, which may be in a user namespace already.
        let identity = |own: &str| -> Result<String> {
            let lines = std::fs::read_to_string(own)?;
            let fields = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            Ok(fields.filter(|ids| ids.len() == 3).map(|ids| format!("{0} {0} {1}\\n", ids[0], ids[2])).collect())
        };
        let (users, groups) = (identity("/proc/self/uid_map")?, identity("/proc/self/gid_map")?);
        format!("printf '{groups}' > gid_map; printf '{users}' > uid_map")
    } else {
        format!("echo deny > setgroups; echo {group} {group} 1 > gid_map; echo {user} {user} 1 > uid_map")
    };
    let mut mapper = Command::new("sh");
    mapper.arg("-ec").arg(format!("read go; cd /proc/{}; {mapping}", std::process::id()));
    let mut mapper = mapper.stdin(Stdio::piped()).spawn()?;
    // SAFETY: this process has one thread, and shares no descriptors.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNS) }
        .context("cannot make a user namespace; the system may forbid it")?;
    writeln!(mapper.stdin.take().context("no pipe")?, "go")?;
    ensure!(mapper.wait()?.success(), "cannot map user ids into the namespace");
    register(arch, qemu)
}

/// Registers qemu for the ELF header of the architecture.
fn register(arch: Arch, qemu: &Path) -> Result<()> {
    // The mount is visible in this namespace only, and the registration lasts as long as the mount.
    let place = project::root().join("target/tools/binfmt_misc");
    std::fs::create_dir_all(&place)?;
    rustix::mount::mount("binfmt_misc", &place, "binfmt_misc", MountFlags::empty(), None)
        .context("binfmt_misc in a user namespace takes Linux 6.7")?;
    let [low, high] = arch.elf_machine().to_le_bytes();
    // 64-bit, little-endian, version 1; any ABI; ET_EXEC or ET_DYN; the architecture.
    let magic = format!(r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x{low:02x}\x{high:02x}");
    let mask = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff";
    // P keeps argv[0]. C gives set-user-ID programs their rights. F opens qemu now, so that a chroot still has it.
    let line = format!(":{}:M::{magic}:{mask}:{}:PCF", arch.name(), qemu.display());
    std::fs::write(place.join("register"), line).context("the kernel rejects the registration")
}
