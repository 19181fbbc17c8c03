//! Tests of the parser, over files that a map holds.

use core::mem::MaybeUninit;

use super::{MEMORY, MISSING, NO_LIMIT, PATHS, PROCESSORS, Resource, limit_in};
use crate::arg::PATH_MAX;
use crate::errno::Errno;

extern crate std;
use std::collections::HashMap;

/// Returns the limit under these groups and mounts. `files` maps paths to contents; a name of an error stands for it.
fn limit_of(resource: Resource, groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
    let files: HashMap<_, _> = files.iter().copied().collect();
    let mut paths = [MaybeUninit::uninit(); PATHS];
    limit_in(resource, groups.as_bytes(), mounts.as_bytes(), &mut paths, &|path, line| match files
        .get(path.to_str().unwrap_or_default())
    {
        None => Ok(MISSING),
        Some(&"EIO") => Err(Errno::EIO),
        Some(&"EACCES") => Err(Errno::EACCES),
        Some(content) => Ok(line.get_mut(..content.len()).ok_or(Errno::EIO)?.write_copy_of_slice(content.as_bytes())),
    })
}

fn quota_of(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
    limit_of(PROCESSORS, groups, mounts, files)
}

const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

#[test]
fn cgroup_version_2_takes_the_lowest_limit_up_to_the_root() {
    let quota = |own, parent| {
        let files = [("/sys/fs/cgroup/a/b/cpu.max", own), ("/sys/fs/cgroup/a/cpu.max", parent)];
        quota_of("0::/a/b\n", V2, &files)
    };
    assert_eq!(quota("max 100000\n", "max 100000\n"), Some(NO_LIMIT));
    assert_eq!(quota("250000 100000\n", "max 100000\n"), Some(3));
    assert_eq!(quota("400000 100000\n", "150000 100000\n"), Some(2));
    assert_eq!(quota("10000 100000\n", "150000 100000\n"), Some(1));
    assert_eq!(quota("nonsense\n", "200000 0\n"), Some(NO_LIMIT));
}

#[test]
fn cgroup_version_2_in_a_container_uses_the_mounted_root() {
    let files = [("/sys/fs/cgroup/cpu.max", "200000 100000\n")];
    // The group's own namespace, the host's path under a bind mount, and a path outside the namespace.
    assert_eq!(quota_of("0::/\n", V2, &files), Some(2));
    let bind = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup ro\n";
    assert_eq!(quota_of("0::/docker/x\n", bind, &files), Some(2));
    assert_eq!(quota_of("0::/../other\n", V2, &files), Some(2));
    let outside = "30 23 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup ro\n";
    assert_eq!(quota_of("0::/x\n", outside, &files), Some(2));
}

#[test]
fn cgroup_of_other_processes_sets_no_limit() {
    let files = [("/sys/fs/cgroup/cpu.max", "900000 100000\n"), ("/m/cpu.max", "200000 100000\n")];
    let other = "31 23 0:26 /docker/x /m ro - cgroup2 cgroup ro\n";
    for group in ["0::/docker/xy\n", "0::/docker\n", "0::/\n", "0::/else\n"] {
        assert_eq!(quota_of(group, other, &files), None, "{group}");
        assert_eq!(quota_of(group, &[V2, other].concat(), &files), Some(9), "{group}");
    }
}

#[test]
fn cgroup_mounts_with_escaped_names_are_found() {
    // systemd puts backslashes into names, and a path may contain a space.
    let mount = r"30 23 0:26 /a\134x2dd /a\040\011\012\134b rw - cgroup2 none rw";
    let files = [("/a \t\n\\b/c/cpu.max", "200000 100000\n")];
    assert_eq!(quota_of("0::/a\\x2dd/c\n", &[mount, "\n"].concat(), &files), Some(2));
    let long = ["30 23 0:26 / /", &"x".repeat(PATH_MAX), " rw - cgroup2 none rw\n"].concat();
    assert_eq!(quota_of("0::/\n", &long, &[]), None);
    let cut = r"30 23 0:26 /\1 /\ rw - cgroup2 none rw";
    assert_eq!(quota_of("0::/\n", &[cut, "\n"].concat(), &[]), None);
}

#[test]
fn cgroup_version_1_matches_whole_controller_names() {
    let mounts = "40 23 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  41 23 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";
    let files = [
        ("/sys/fs/cgroup/cpu,cpuacct/g/cpu.cfs_quota_us", "-1\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/g/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "350000\n"),
        ("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ("/sys/fs/cgroup/cpuset/g/cpu.cfs_quota_us", "100000\n"),
        ("/sys/fs/cgroup/cpuset/g/cpu.cfs_period_us", "100000\n"),
    ];
    assert_eq!(quota_of("4:cpu,cpuacct:/g\n3:cpuset:/g\n", mounts, &files), Some(4));
    assert_eq!(quota_of("3:cpuset:/g\n", mounts, &files), None);
}

#[test]
fn cgroup_versions_1_and_2_are_both_read_on_hybrid_hosts() {
    let mounts = "40 23 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                  42 23 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    let files =
        [("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"), ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n")];
    assert_eq!(quota_of("1:cpu:/\n0::/\n", mounts, &files), Some(2));
    // The hierarchy with the controller is not mounted yet.
    let (_, unified) = mounts.split_once('\n').unwrap_or_default();
    assert_eq!(quota_of("1:cpu:/\n0::/\n", unified, &[]), None);
    assert_eq!(quota_of("1:cpuset:/\n0::/\n", unified, &[]), Some(NO_LIMIT));
}

#[test]
fn cgroup_mount_that_is_unreadable_hides_no_other() {
    let private = "29 23 0:26 / /root/cgroup rw - cgroup2 none rw\n";
    let long = ["31 23 0:26 / /", &"x".repeat(PATH_MAX), " rw - cgroup2 none rw\n"].concat();
    let files = [("/root/cgroup/a/cpu.max", "EACCES"), ("/sys/fs/cgroup/a/cpu.max", "200000 100000\n")];
    assert_eq!(quota_of("0::/a\n", &[private, &long, V2].concat(), &files), Some(2));
    assert_eq!(quota_of("0::/a\n", &[V2, &long, private].concat(), &files), Some(2));
    let files = [("/root/cgroup/a/cpu.max", "EACCES"), ("/root/cgroup/cpu.max", "EACCES")];
    assert_eq!(quota_of("0::/a\n", private, &files), None);
    let files = [("/root/cgroup/a/cpu.max", "200000 100000\n"), ("/root/cgroup/cpu.max", "EACCES")];
    assert_eq!(quota_of("0::/a\n", private, &files), Some(2));
}

#[test]
fn cgroup_limits_memory_in_both_versions() {
    let two = [("/sys/fs/cgroup/a/memory.max", "max\n"), ("/sys/fs/cgroup/memory.max", "314572800\n")];
    assert_eq!(limit_of(MEMORY, "0::/a\n", V2, &two), Some(314_572_800));
    let mounts = "40 23 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
    let one = [("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n")];
    assert_eq!(limit_of(MEMORY, "4:memory:/a\n", mounts, &one), Some(1 << 20));
    assert_eq!(limit_of(PROCESSORS, "4:memory:/a\n", mounts, &one), None);
}

#[test]
fn cgroup_names_with_colons_and_dots_are_found() {
    let limits = [
        ("/sys/fs/cgroup/a:b/c/cpu.max", "200000 100000\n"),
        ("/sys/fs/cgroup/..a/cpu.max", "300000 100000\n"),
        ("/sys/fs/cgroup/cpu.max", "900000 100000\n"),
        ("/sys/fs/cgroup/../a/cpu.max", "100000 100000\n"),
    ];
    assert_eq!(quota_of("0::/a:b/c\n", V2, &limits), Some(2));
    assert_eq!(quota_of("0::/..a\n", V2, &limits), Some(3));
    assert_eq!(quota_of("0::/..\n", V2, &limits), Some(9));
    assert_eq!(quota_of("0::/../a\n", V2, &limits), Some(9));
    let tags = "30 23 0:26 /a /m rw shared:1 master:2 propagate_from:3 unbindable - cgroup2 none rw\n";
    assert_eq!(quota_of("0::/a/b\n", tags, &[("/m/b/cpu.max", "400000 100000\n")]), Some(4));
}

#[test]
fn cgroup_limit_is_absent_on_a_kernel_without_groups() {
    let missing = str::from_utf8(MISSING).unwrap_or_default();
    assert_eq!(quota_of(missing, "1 2 0:3 / / rw - ext4 /dev/sda rw\n", &[]), Some(NO_LIMIT));
    assert_eq!(quota_of(missing, missing, &[]), None);
}

#[test]
fn cgroup_limit_is_unknown_after_an_io_error() {
    assert_eq!(quota_of("0::/a\n", V2, &[("/sys/fs/cgroup/a/cpu.max", "EIO")]), None);
}

#[test]
fn cgroup_limit_is_unknown_while_nothing_is_mounted() {
    assert_eq!(quota_of("0::/a\n", "", &[]), None);
    assert_eq!(quota_of("", V2, &[]), None);
    assert_eq!(quota_of("garbage\n::\n0:\n", "garbage - \n1 2 3 / /x - cgroup2\n", &[]), None);
    assert_eq!(quota_of("0::/a\n", V2, &[]), Some(NO_LIMIT));
}
