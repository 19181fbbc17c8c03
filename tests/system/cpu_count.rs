use super::*;

/// Returns the processors that the calling thread may run on, as /proc reports them.
fn allowed_processors() -> Vec<usize> {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    };
    list.trim().split(',').flat_map(range).collect()
}

/// Restricts the calling thread to these processors.
fn restrict_to(processors: &[usize]) {
    // SAFETY: all zeroes are an empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for &processor in processors {
        // SAFETY: CPU_SET checks the number against the size of the set.
        unsafe { libc::CPU_SET(processor, &mut set) };
    }
    // SAFETY: the set is readable.
    checked(unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) });
}

#[test]
fn cpu_count_matches_std_with_the_quota_rounded_up() {
    let (allowed, std) = (allowed_processors().len(), thread::available_parallelism().unwrap().get());
    let count = system::cpu_count();
    // Both return the smaller of processors and quota. std rounds a quota down.
    assert!(count == std || (std < allowed && count == std + 1), "{count}, {std} of {allowed}");
}

#[test]
fn cpu_count_follows_the_affinity_of_the_thread() {
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
        report_cannot_run("a thread with fewer processors than the machine: there is only one");
    }
    assert_eq!(system::cpu_count(), before);
}

/// A control group that limits processor time. Dropping it removes the group.
struct Group(String);

impl Group {
    /// Creates a group in `parent`, or returns the reason why it cannot.
    fn new(parent: &str, name: &str) -> Result<Self, String> {
        let path = format!("{parent}/{name}");
        fs::create_dir(&path).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self(path))
    }

    /// Creates a group at the root of the hierarchy, of either version of control groups.
    fn at_top() -> Result<Self, String> {
        let name = format!("ffi_syscalls-{}-{:?}", std::process::id(), thread::current().id());
        let name = name.replace(['(', ')'], "");
        let one = Self::new("/sys/fs/cgroup/cpu", &name).and_then(|group| group.limited(-1, 100_000).map(|()| group));
        one.or_else(|one| {
            let two = Self::new("/sys/fs/cgroup", &name).and_then(|group| group.limited(-1, 100_000).map(|()| group));
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

/// Joins the group and checks the count. It runs in a child.
fn count_in_group() {
    let group = std::env::var(GROUP).unwrap();
    fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
    assert_eq!(system::cpu_count().to_string(), std::env::var(WANTED).unwrap());
    // The limit is cached after the first call. The affinity is not.
    restrict_to(allowed_processors().split_at(1).0);
    assert_eq!(system::cpu_count(), 1);
}

#[test]
fn cpu_count_rounds_a_cgroup_quota_up() {
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
fn cpu_count_applies_the_quota_of_a_parent_cgroup() {
    in_group(
        |_| count_in_group(),
        |group, assert_count| {
            let child = Group::new(&group.0, "child").unwrap();
            let grandchild = Group::new(&child.0, "with space : and colon").unwrap();
            group.limited(50_000, 100_000).unwrap();
            assert_count(&grandchild, 1);
            // Only a group without children can be removed.
            drop(grandchild);
            drop(child);
        },
    );
}

/// Runs a test with a new group, or reports why none can be made. The function that `test` gets runs `count` in a child,
/// which joins the group and expects that count.
fn in_group<F: Fn(&TempDir) + Copy>(count: F, test: impl FnOnce(&Group, &dyn Fn(&Group, usize))) {
    if std::env::var(GROUP).is_ok() {
        in_child(count);
    }
    let assert_count = |group: &Group, wanted: usize| {
        let prepare = |command: &mut Command, _: &TempDir| {
            command.env(GROUP, &group.0).env(WANTED, wanted.to_string());
        };
        in_child_with(prepare, count);
    };
    match Group::at_top() {
        Ok(group) => test(&group, &assert_count),
        Err(reason) => {
            report_cannot_run(&format!("a quota of processor time: no control group can be made ({reason})"))
        }
    }
}
