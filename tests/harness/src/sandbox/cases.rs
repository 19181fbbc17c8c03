//! The sandboxes that programs run in.

use syscalls::Sysno;
use workbench::project::Arch;

use super::filter::{Answer, Refused};
use super::part::{PROC_SYS_DEV, Part};
use super::programs::Program;
use super::run::Sandbox;

/// System calls without which an operation cannot do its work and fails. The fault injector makes these fail.
#[rustfmt::skip]
const NEEDED: &[Sysno] = &[
    Sysno::openat, Sysno::close, Sysno::fcntl, Sysno::read, Sysno::write, Sysno::ppoll, Sysno::faccessat, Sysno::fstat,
    Sysno::unlinkat, Sysno::mkdirat, Sysno::ftruncate, Sysno::fchmod, Sysno::fchmodat, Sysno::flock, Sysno::getdents64,
    Sysno::getcwd, Sysno::pread64, Sysno::pwrite64, Sysno::fsync, Sysno::fchown, Sysno::fchownat, Sysno::symlinkat,
    Sysno::readlinkat, Sysno::utimensat, Sysno::clock_gettime, ffi_syscalls_arch::nr::RENAMEAT,
    Sysno::getpid, Sysno::gettid, Sysno::getuid, Sysno::geteuid, Sysno::getgid, Sysno::getegid, Sysno::uname,
    Sysno::mmap, Sysno::munmap, Sysno::futex, Sysno::pipe2, Sysno::execve, Sysno::exit_group, Sysno::wait4,
    Sysno::writev, Sysno::chdir, Sysno::msync, Sysno::dup3, Sysno::setpgid, Sysno::prlimit64, Sysno::waitid, Sysno::kill,
    Sysno::rt_sigpending, Sysno::rt_sigtimedwait, Sysno::tgkill, Sysno::rt_sigprocmask, Sysno::rt_sigaction,
    Sysno::clone, ffi_syscalls_arch::nr::NEWFSTATAT,
];

/// System calls that the library does not depend on: programs work as usual when each is refused in each way.
const DISPENSABLE: &[Sysno] = &[
    Sysno::capget,
    Sysno::close_range,
    Sysno::copy_file_range,
    Sysno::getppid,
    Sysno::getrandom,
    Sysno::lseek,
    Sysno::madvise,
    Sysno::mremap,
    Sysno::nanosleep,
    Sysno::pidfd_open,
    Sysno::prctl,
    Sysno::sched_getaffinity,
    Sysno::sysinfo,
];

/// System calls of a column in arch/. A refusal of `arch_prctl` is tested where a program runs as a sandbox's first.
#[cfg(target_arch = "x86_64")]
const OF_ARCH: &[Sysno] = &[Sysno::arch_prctl];
#[cfg(not(target_arch = "x86_64"))]
const OF_ARCH: &[Sysno] = &[];

/// The call with the highest number in Linux 2.6.27, the oldest kernel for x86_64. Almost all newer calls have a higher
/// number there. Elsewhere the first table contained newer calls.
#[cfg(target_arch = "x86_64")]
const LAST_OF_THE_OLDEST_KERNEL: Option<Sysno> = Some(Sysno::inotify_init1);
#[cfg(not(target_arch = "x86_64"))]
const LAST_OF_THE_OLDEST_KERNEL: Option<Sysno> = None;

/// A file system of 1 MB.
const SMALL_DISK: Part = Part::Own(c"size=1m,nr_inodes=64");

const LACKS_ALL: Part = Part::Lacks(PROC_SYS_DEV);

/// Returns all sandboxes of an architecture. In an emulator, which is slow, only the file systems.
pub fn all(arch: Arch) -> Vec<Sandbox> {
    let mut all = file_systems();
    if arch.is_host() {
        all.extend([changes(), processes(), refusals(), call_lists()].into_iter().flatten());
    }
    all
}

fn hostile(name: &str, what: &'static str, parts: &[Part]) -> Sandbox {
    Sandbox::new(name, Program::Hostile(what), parts)
}

fn hosted(name: &str, parts: &[Part]) -> Sandbox {
    Sandbox::new(name, Program::Hosted, parts)
}

fn file_systems() -> Vec<Sandbox> {
    vec![
        hostile("a full disk", "full", &[SMALL_DISK]),
        hostile("paths of 4095 bytes", "long", &[]),
        hostile("100,000 entries", "many", &[]),
    ]
}

/// Files that cannot change, and files that change during a call.
fn changes() -> Vec<Sandbox> {
    let no_copying = Part::Refuses(vec![Refused::Call(Sysno::copy_file_range)], Answer::ENOSYS);
    vec![
        hostile("a full disk, without copy_file_range", "full", &[SMALL_DISK, no_copying]),
        hostile("a read-only disk", "read-only", &[Part::Own(c"")]),
        hostile("files that change during a call", "races", &[]),
        hostile("files that change during a call, on disk", "races", &[Part::OnDisk]),
        hostile("files that change, a signal every millisecond", "races", &[Part::Surrounds("storm 1000")]),
    ]
}

/// Processes without what they usually have.
fn processes() -> Vec<Sandbox> {
    let alone = |name: &str, parts: &[Part]| Sandbox::new(name, Program::Alone, parts);
    let mut all = vec![
        hosted("no /proc", &[Part::Lacks(&["proc"])]),
        hosted("no /sys", &[Part::Lacks(&["sys"])]),
        hosted("no /dev", &[Part::Lacks(&["dev"])]),
        hosted("no /proc, /sys, /dev", &[LACKS_ALL]),
        Sandbox::new("an ordinary user, rtbox", Program::Rtbox, &[Part::Ordinary]),
        alone("no /proc, /sys, /dev, without a libc", &[LACKS_ALL]),
        hosted("no /proc, /sys, /dev, an ordinary user", &[LACKS_ALL, Part::Ordinary]),
    ];
    for set in 1..8 {
        let closed: Vec<i32> = (0..3).filter(|fd| set >> fd & 1 == 1).collect();
        let names: Vec<String> = closed.iter().map(i32::to_string).collect();
        all.push(hosted(&format!("descriptors closed: {}", names.join(", ")), &[Part::Closed(closed)]));
    }
    all.extend([
        hosted("16 descriptors", &[Part::Descriptors(16)]),
        hosted("SIGCHLD ignored", &[Part::IgnoresSigchld]),
        alone("SIGCHLD ignored, without a libc", &[Part::IgnoresSigchld]),
        hosted("SIGCHLD with SA_NOCLDWAIT", &[Part::Surrounds("nocldwait")]),
        hosted("SIGCHLD handled", &[Part::Surrounds("handled")]),
        hosted("a signal every millisecond", &[Part::Surrounds("storm 1000")]),
        hosted("a signal every 100 microseconds", &[Part::Surrounds("storm 100")]),
        hosted(
            "SIGCHLD ignored, a signal every 300 microseconds",
            &[Part::IgnoresSigchld, Part::Surrounds("storm 300")],
        ),
        hosted("a read-only system", &[Part::ReadOnly]),
        hosted("an ordinary user", &[Part::Ordinary]),
    ]);
    all
}

/// Refuses all dispensable calls together in each way, and each alone as kernels and sandboxes do. Kills the program at
/// each, to show that it makes the call.
fn refusals() -> Vec<Sandbox> {
    let mut all = Vec::new();
    let mut add = |what: &str, program: Program, refused: &[Refused], answer: Answer| {
        let mut parts = if let [one] = refused { condition(*one) } else { Vec::new() };
        parts.push(Part::Refuses(refused.to_vec(), answer));
        all.push(Sandbox::new(&format!("{what}: {}", answer.name()), program, &parts));
    };
    let dispensable = dispensable();
    for answer in Answer::ALL {
        add("every dispensable call", Program::Hosted, &dispensable, answer);
        add("every dispensable call, rtbox", Program::Rtbox, &dispensable, answer);
        if let Some(last) = LAST_OF_THE_OLDEST_KERNEL {
            let newer = Refused::After(last);
            add(&newer.name(), Program::Alone, &[newer], answer);
        }
    }
    for &refused in &dispensable {
        for answer in [Answer::Kill, Answer::ENOSYS, Answer::EPERM] {
            add(&refused.name(), Program::Hosted, &[refused], answer);
        }
    }
    all
}

fn dispensable() -> Vec<Refused> {
    DISPENSABLE.iter().map(|&call| Refused::Call(call)).chain([Refused::SharedMemory]).collect()
}

/// Kills the program at a call that neither list contains: such a call is not tested by refusal yet. Refused calls show
/// those that replace them.
fn call_lists() -> Vec<Sandbox> {
    let listed = Part::Allows([NEEDED, DISPENSABLE, OF_ARCH].concat());
    let refuses = Part::Refuses(dispensable(), Answer::ENOSYS);
    let ignores = Part::IgnoresSigchld;
    [
        ("no call but those listed", vec![listed.clone()]),
        ("no call but those listed, SIGCHLD ignored", vec![listed.clone(), ignores.clone()]),
        ("no call but those listed, dispensable ones refused", vec![refuses.clone(), listed.clone()]),
        ("no call but those listed, dispensable ones refused, SIGCHLD ignored", vec![refuses, listed, ignores]),
    ]
    .map(|(name, parts)| Sandbox::new(name, Program::Alone, &parts))
    .into()
}

/// Returns what it takes for the program to make a call.
fn condition(refused: Refused) -> Vec<Part> {
    let no_shared_memory = Part::Refuses(vec![Refused::SharedMemory], Answer::ENOSYS);
    let no_prctl = Part::Refuses(vec![Refused::Call(Sysno::prctl)], Answer::ENOSYS);
    match refused {
        Refused::Call(Sysno::close_range) => vec![Part::IgnoresSigchld, no_shared_memory],
        Refused::Call(Sysno::getppid) => vec![Part::IgnoresSigchld],
        Refused::Call(Sysno::capget) => vec![Part::Lacks(PROC_SYS_DEV), Part::Ordinary, no_prctl],
        _ => Vec::new(),
    }
}
