//! `cargo xtask run`: a program of another architecture, and the programs that it starts.
//!
//! qemu's user mode runs one program. When that one executes another, the kernel must know that qemu is to run it too:
//! binfmt_misc tells it so. Nothing of that reaches the machine: it is registered in a user namespace of the program's
//! own (Linux 6.7), which ends with it.

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
    /// The architecture that the program is for
    #[arg(long)]
    arch: Arch,
    /// The user and group to run it as; root only
    #[arg(long, value_name = "ID")]
    user: Option<u32>,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    program: Vec<OsString>,
}

/// Becomes the program.
pub fn run(arguments: &Arguments) -> Result<Infallible> {
    let Some((program, words)) = arguments.program.split_first() else { bail!("no program") };
    if !arguments.arch.is_host() {
        let qemu = tools::qemu(arguments.arch);
        let path = shell::find(qemu.program()).with_context(|| qemu.is_missing())?;
        enter(arguments.arch, &path).context("cannot set up what runs foreign programs")?;
    }
    let mut command = Command::new(program);
    if !arguments.arch.is_host() {
        // For tests of what the emulator, and not the program, does otherwise.
        command.env("FFI_SYSCALLS_EMULATED", "qemu");
        // qemu notes what it translates in memory of glib's, under a lock that a fork may leave locked in the child for
        // good (qemu before 8.1, its issue 285): the child hangs at the first instruction that is new to it. With this,
        // glib takes that memory from malloc, whose locks a fork releases.
        command.env("G_SLICE", "always-malloc");
    }
    if let Some(user) = arguments.user {
        command.uid(user).gid(user);
    }
    let error = command.args(words).exec();
    Err(error).with_context(|| format!("cannot execute {}", program.display()))
}

/// Enters namespaces in which the kernel runs programs of the architecture with qemu.
fn enter(arch: Arch, qemu: &Path) -> Result<()> {
    // Ids are mapped from outside, by a process that is not in the namespace: all of them, to themselves, if this is
    // root, and no others than its own if it is not. Which may be done once the namespace is there, hence the pipe.
    let (user, group) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let mapping = if user == 0 {
        // What this process's own namespace has, which may be one as well.
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
    // SAFETY: this process has one thread, and keeps its descriptors to itself.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNS) }
        .context("no user namespace: is that forbidden here?")?;
    writeln!(mapper.stdin.take().context("no pipe")?, "go")?;
    ensure!(mapper.wait()?.success(), "cannot map user ids into the namespace");
    register(arch, qemu)
}

/// Tells the kernel that qemu runs what has the architecture's ELF header.
fn register(arch: Arch, qemu: &Path) -> Result<()> {
    // Only this namespace sees what is mounted there, and a registration lasts as long as its mount.
    let place = project::root().join("target/tools/binfmt_misc");
    std::fs::create_dir_all(&place)?;
    rustix::mount::mount("binfmt_misc", &place, "binfmt_misc", MountFlags::empty(), None)
        .context("no binfmt_misc for a user namespace, which Linux has since 6.7")?;
    let [low, high] = arch.elf_machine().to_le_bytes();
    // 64-bit, little-endian, version 1; of any ABI; a program or one that can be loaded anywhere; the architecture.
    let magic = format!(r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x{low:02x}\x{high:02x}");
    let mask = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff";
    // P: argv[0] is kept. C: a set-user-ID program gets its rights. F: qemu is found also where its path leads nowhere.
    let line = format!(":{}:M::{magic}:{mask}:{}:PCF", arch.name(), qemu.display());
    std::fs::write(place.join("register"), line).context("the kernel does not take the registration")
}
