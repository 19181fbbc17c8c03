//! The facts about the system, compared with std, libc and the kernel's own files.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod support;

use std::ffi::CStr;
use std::fs;
use std::process::Command;
use std::thread;

use ffi_syscalls::{process, system};

use support::{Place, checked, in_child, in_child_with, loudly};

/// The processors that the calling thread may run on, from the kernel's own list of them.
fn allowed_processors() -> Vec<usize> {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    };
    list.trim().split(',').flat_map(range).collect()
}

/// Lets the calling thread run on these processors only.
fn restrict_to(processors: &[usize]) {
    // SAFETY: all zeroes are an empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for &processor in processors {
        // SAFETY: it checks the number against the set's size.
        unsafe { libc::CPU_SET(processor, &mut set) };
    }
    // SAFETY: the set is readable.
    checked(unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) });
}

#[test]
fn getpid_is_that_of_std_and_proc() {
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
    assert_eq!(fs::read_link("/proc/self").unwrap().to_str(), Some(&*process::getpid().to_string()));
    let of_thread = thread::spawn(process::getpid).join().unwrap();
    assert_eq!(of_thread, process::getpid());
}

#[test]
fn getpid_is_right_after_a_fork() {
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
    // SAFETY: the child calls only what needs neither locks nor memory.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        // SAFETY: it takes nothing.
        let right = process::getpid() == unsafe { libc::getpid() };
        // SAFETY: it takes a number.
        unsafe { libc::_exit(if right { 0 } else { 1 }) };
    }
    assert!(support::wait_for(child).success());
    assert_eq!(process::getpid(), i32::try_from(std::process::id()).unwrap());
}

mod cpu_count {
    use super::*;

    #[test]
    fn is_what_std_says_with_a_quota_rounded_up() {
        let (allowed, std) = (allowed_processors().len(), thread::available_parallelism().unwrap().get());
        let count = system::cpu_count();
        // Both take the smaller of the processors and the quota; std rounds a quota down.
        assert!(count == std || (std < allowed && count == std + 1), "{count}, {std} of {allowed}");
    }

    #[test]
    fn follows_the_affinity_of_the_thread() {
        let before = system::cpu_count();
        let processors = allowed_processors();
        thread::scope(|scope| {
            for count in 1..=processors.len() {
                let chosen = processors.split_at(processors.len() - count).1;
                scope.spawn(move || {
                    restrict_to(chosen);
                    assert_eq!(allowed_processors(), chosen);
                    assert_eq!(system::cpu_count(), count.min(before));
                });
            }
        });
        if processors.len() == 1 {
            loudly("a thread with fewer processors than the machine: there is only one");
        }
        assert_eq!(system::cpu_count(), before);
    }

    /// A control group that limits processor time, removed when dropped.
    struct Group(String);

    impl Group {
        /// A group below `parent`, or the reason why there is none.
        fn new(parent: &str, name: &str) -> Result<Self, String> {
            let path = format!("{parent}/{name}");
            fs::create_dir(&path).map_err(|error| format!("{path}: {error}"))?;
            Ok(Self(path))
        }

        /// A group at the top of the mounted tree, in either version of control groups.
        fn at_top() -> Result<Self, String> {
            let name = format!("ffi_syscalls-{}-{:?}", std::process::id(), thread::current().id());
            let name = name.replace(['(', ')'], "");
            let one =
                Self::new("/sys/fs/cgroup/cpu", &name).and_then(|group| group.limited(-1, 100_000).map(|()| group));
            one.or_else(|one| {
                let two =
                    Self::new("/sys/fs/cgroup", &name).and_then(|group| group.limited(-1, 100_000).map(|()| group));
                two.map_err(|two| format!("{one}; {two}"))
            })
        }

        fn limited(&self, quota: i32, period: i32) -> Result<(), String> {
            let put = |name: &str, text: String| {
                let path = format!("{}/{name}", self.0);
                fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .and_then(|mut file| {
                        use std::io::Write;
                        file.write_all(text.as_bytes())
                    })
                    .map_err(|error| format!("{path}: {error}"))
            };
            if fs::exists(format!("{}/cpu.cfs_quota_us", self.0)).unwrap() {
                put("cpu.cfs_period_us", period.to_string())?;
                put("cpu.cfs_quota_us", quota.to_string())
            } else {
                let quota = if quota < 0 { "max".to_owned() } else { quota.to_string() };
                put("cpu.max", format!("{quota} {period}"))
            }
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            fs::remove_dir(&self.0).unwrap();
        }
    }

    const GROUP: &str = "FFI_SYSCALLS_TEST_GROUP";
    const WANTED: &str = "FFI_SYSCALLS_TEST_COUNT";

    /// In the child: joins the group, and counts.
    fn count_in_group() {
        let group = std::env::var(GROUP).unwrap();
        fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
        assert_eq!(system::cpu_count().to_string(), std::env::var(WANTED).unwrap());
        // A limit is kept once it has been read, and the affinity still counts.
        restrict_to(allowed_processors().split_at(1).0);
        assert_eq!(system::cpu_count(), 1);
    }

    #[test]
    fn a_quota_is_rounded_up() {
        let processors = allowed_processors().len();
        let quotas = [
            (-1, 100_000, usize::MAX),
            (1000, 100_000, 1),
            (50_000, 100_000, 1),
            (100_000, 100_000, 1),
            (100_001, 100_000, 2),
            (150_000, 100_000, 2),
            (75_000, 50_000, 2),
            (200_000, 100_000, 2),
            (200_001, 100_000, 3),
            (1_000_000, 100_000, 10),
        ];
        in_group(
            |_| count_in_group(),
            |group, assert_count| {
                for (quota, period, rounded) in quotas {
                    group.limited(quota, period).unwrap();
                    assert_count(group, rounded.min(processors));
                }
            },
        );
    }

    #[test]
    fn the_quota_of_a_parent_counts() {
        in_group(
            |_| count_in_group(),
            |group, assert_count| {
                let child = Group::new(&group.0, "child").unwrap();
                let grandchild = Group::new(&child.0, "with space : and colon").unwrap();
                group.limited(50_000, 100_000).unwrap();
                assert_count(&grandchild, 1);
                // Groups are removed from the bottom up.
                drop(grandchild);
                drop(child);
            },
        );
    }

    /// Runs a test in a new group, or says why there is none. What it is given counts in a process of its own in a
    /// group, by `count`.
    fn in_group<F: Fn(&Place) + Copy>(count: F, test: impl FnOnce(&Group, &dyn Fn(&Group, usize))) {
        if std::env::var(GROUP).is_ok() {
            in_child(count);
        }
        let assert_count = |group: &Group, wanted: usize| {
            let prepare = |command: &mut Command, _: &Place| {
                command.env(GROUP, &group.0).env(WANTED, wanted.to_string());
            };
            in_child_with(prepare, count);
        };
        match Group::at_top() {
            Ok(group) => test(&group, &assert_count),
            Err(reason) => loudly(&format!("a quota of processor time: no control group can be made ({reason})")),
        }
    }
}

mod hostname {
    use super::*;

    /// The host name that libc says.
    fn wanted() -> Vec<u8> {
        let mut buffer = [0_u8; 256];
        // SAFETY: the buffer is writable for its length.
        checked(unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) });
        CStr::from_bytes_until_nul(&buffer).unwrap().to_bytes().to_vec()
    }

    #[test]
    fn is_that_of_libc_and_the_kernel() {
        let name = system::hostname().unwrap();
        assert_eq!(name, wanted());
        assert_eq!(name, fs::read("/proc/sys/kernel/hostname").unwrap().trim_ascii_end());
    }

    /// A namespace of its own is made by unshare(1), which works for ordinary users where the system lets them.
    #[test]
    fn any_name_that_the_kernel_takes() {
        const UNSHARE: [&str; 2] = ["--uts", "--map-root-user"];
        let works = Command::new("unshare").args(UNSHARE).arg("true").output();
        if works.as_ref().is_ok_and(|output| output.status.success()) {
            let prepare = |command: &mut Command, _: &Place| {
                let program = command.get_program().to_owned();
                *command = Command::new("unshare");
                command.args(UNSHARE).arg(program);
            };
            in_child_with(prepare, |_| set_and_compare());
        } else {
            loudly(&format!("host names of 64 bytes: no namespace can be made ({works:?})"));
        }
    }

    fn set_and_compare() {
        let longest = "x".repeat(64);
        for name in [&b"a"[..], b"host.example.org", longest.as_bytes(), b"\xff\xfe", b"", b"after an empty one"] {
            let readable = [name, b"\0"].concat(); // also where the name is empty
            // SAFETY: the name is readable for its length.
            checked(unsafe { libc::sethostname(readable.as_ptr().cast(), name.len()) });
            assert_eq!(system::hostname().unwrap(), name);
            assert_eq!(wanted(), name);
        }
    }
}
