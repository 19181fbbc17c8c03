use super::*;

/// Returns the memory of the machine as the kernel shows it.
fn total() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap();
    let line = info.lines().find(|line| line.starts_with("MemTotal:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn memory_is_that_of_the_machine_or_less() {
    let memory = system::memory().unwrap();
    assert!(memory <= total() && memory > 1 << 20, "{memory}");
    // The same question to the kernel, by libc.
    // SAFETY: the argument is a plain integer.
    let pages = unsafe { libc::sysconf(libc::_SC_PHYS_PAGES) };
    // SAFETY: the argument is a plain integer.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    assert!(memory <= u64::try_from(pages * page).unwrap());
}

#[test]
fn memory_is_the_limit_of_a_control_group() {
    const LIMIT: u64 = 300 << 20;
    let limit = |group: &ControlGroup| {
        let name = if group.has("memory.limit_in_bytes") { "memory.limit_in_bytes" } else { "memory.max" };
        group.set(name, &LIMIT.to_string())
    };
    with_control_group(
        "memory",
        limit,
        |_| assert_eq!(system::memory().unwrap(), LIMIT),
        |group, run_in| run_in(group, ""),
    );
}
