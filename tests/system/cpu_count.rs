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
        report_cannot_run("a thread with fewer processors than the machine: run the tests on more than one processor");
    }
    assert_eq!(system::cpu_count(), before);
}

/// Limits the processor time of a group. A negative quota is none.
fn set_quota(group: &ControlGroup, quota: i32, period: i32) -> Result<(), String> {
    if group.has("cpu.cfs_quota_us") {
        group.set("cpu.cfs_period_us", &period.to_string())?;
        return group.set("cpu.cfs_quota_us", &quota.to_string());
    }
    let quota = if quota < 0 { "max".to_owned() } else { quota.to_string() };
    group.set("cpu.max", &format!("{quota} {period}"))
}

/// Runs `test` with a new group without quota. The function that it gets runs `body` in a group, with the expected count.
fn with_cpu_group<F: Fn(&str)>(body: F, test: impl FnOnce(&ControlGroup, &dyn Fn(&ControlGroup, &str))) {
    with_control_group("cpu", |group| set_quota(group, -1, 100_000), body, test);
}

fn assert_count(expected: &str) {
    assert_eq!(system::cpu_count().to_string(), expected);
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
    with_cpu_group(
        |expected| {
            assert_count(expected);
        },
        |group, run_in| {
            for (quota, period, rounded) in quotas {
                set_quota(group, quota, period).unwrap();
                run_in(group, &rounded.min(processors).to_string());
            }
        },
    );
}

#[test]
fn cpu_count_applies_the_quota_of_a_parent_cgroup() {
    with_cpu_group(
        |expected| {
            assert_count(expected);
        },
        |group, run_in| {
            let child = group.child("child");
            // Variables drop in reverse order, and only a group without children can be removed.
            let grandchild = child.child("with space : and colon");
            set_quota(group, 50_000, 100_000).unwrap();
            run_in(&grandchild, "1");
        },
    );
}
