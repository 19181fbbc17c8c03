//! Control groups: what they leave the process of the machine. See cgroups(7).
//!
//! It takes no memory of the heap: a child that a threaded process forked may ask, too.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{PATH_MAX, join};
use crate::fd::read_beginning;
use crate::scratch::Scratch;
use crate::text::{parse, take};
use crate::{Errno, Result, sys};

/// A resource that is limited: a line for each version of control groups, with the kind of file system, the controller,
/// which groups of version 2 do not name, and the files with a group's limit. Processors have a quota of microseconds in
/// a period. A controller that is in a hierarchy of version 1 is in no other, and so that comes first.
type Resource = &'static [u8];

const PROCESSORS: Resource = b"cgroup cpu /cpu.cfs_quota_us /cpu.cfs_period_us\ncgroup2  /cpu.max";
const MEMORY: Resource = b"cgroup memory /memory.limit_in_bytes\ncgroup2  /memory.max";

const NO_LIMIT: u64 = u64::MAX;

/// The processors that the process gets the time of, rounded up. `None`: it cannot be known now.
pub(crate) fn processors() -> Option<u64> {
    read_limit(PROCESSORS)
}

/// The memory that the process can hope for, in bytes: the machine's, or less where a control group limits it.
pub(crate) fn memory() -> u64 {
    let limit = read_limit(MEMORY).unwrap_or(NO_LIMIT);
    sys::total_memory().unwrap_or(NO_LIMIT).min(limit)
}

/// The smallest limit of the control groups that the process is in. `None`: it cannot be known now.
fn read_limit(resource: Resource) -> Option<u64> {
    if !sys::HAS_CONTROL_GROUPS {
        return Some(NO_LIMIT);
    }
    const GROUPS: usize = 1 << 16;
    let mut room = Scratch::new(GROUPS + (1 << 20)).ok()?;
    let mut mounts = room.bytes();
    let paths = mounts.split_off_mut(..PATHS)?;
    let groups = mounts.split_off_mut(..GROUPS)?;
    let mounts = read_into(c"/proc/self/mountinfo", mounts).ok()?;
    let groups = read_into(c"/proc/self/cgroup", groups).ok()?;
    limit_in(resource, groups, mounts, paths, &read_into)
}

/// Room for two paths.
const PATHS: usize = 2 * PATH_MAX;

/// What a missing file is read as: an empty line.
const MISSING: &[u8] = b"\n";

/// A line of these files is longer, and so no file has this length.
const fn is_missing(content: &[u8]) -> bool {
    content.len() == MISSING.len()
}

/// The beginning of a file, as far as it fits.
fn read_into<'a>(path: &CStr, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    match read_beginning(path, buffer) {
        Err(Errno::ENOENT) => Ok(MISSING),
        content => content,
    }
}

/// A way to read files: [`read_into`], but for tests.
type Read<'a> = &'a dyn for<'b> Fn(&CStr, &'b mut [MaybeUninit<u8>]) -> Result<&'b [u8]>;

/// As [`read_limit`], from the content of /proc/self/cgroup and /proc/self/mountinfo, with room for two paths.
fn limit_in(
    mut resource: Resource,
    groups: &[u8],
    mounts: &[u8],
    paths: &mut [MaybeUninit<u8>],
    read: Read<'_>,
) -> Option<u64> {
    if is_missing(groups) {
        // The kernel has none, or /proc is not mounted yet.
        return (!is_missing(mounts)).then_some(NO_LIMIT);
    }
    while !resource.is_empty() {
        let mut files = take(&mut resource, b'\n');
        let (kind, controller) = (take(&mut files, b' '), take(&mut files, b' '));
        let Some(group) = group_of(groups, controller) else { continue };
        // Where no tree is mounted there is nothing to know yet.
        let mut smallest = None;
        let mut mounts = mounts;
        while !mounts.is_empty() {
            // `id parent device root point options [tags] - type source options`. The tags vary in number.
            let mut mount = take(&mut mounts, b'\n');
            skip(&mut mount, 3, b' ');
            // The group at the top of what is mounted, and where that is.
            let (root, point) = (take(&mut mount, b' '), take(&mut mount, b' '));
            while !matches!(take(&mut mount, b' '), b"-" | b"") {}
            if !lists(&mut mount, b' ', kind) {
                continue;
            }
            skip(&mut mount, 1, b' ');
            if !controller.is_empty() && !lists(&mut mount, b' ', controller) {
                continue;
            }
            let mut paths = &mut *paths;
            let (root, point) = (unescape(root, &mut paths), unescape(point, &mut paths));
            let Some(below) = path_below(root, group) else { continue };
            lower(&mut smallest, point, below, files, read)?;
        }
        return smallest;
    }
    None
}

/// The path of the process's group in the hierarchy with this controller.
fn group_of<'a>(mut groups: &'a [u8], controller: &[u8]) -> Option<&'a [u8]> {
    while !groups.is_empty() {
        // `id:controllers:path`. The path may contain colons.
        let mut group = take(&mut groups, b'\n');
        skip(&mut group, 1, b':');
        if lists(&mut group, b':', controller) {
            return Some(group);
        }
    }
    None
}

fn skip(text: &mut &[u8], count: usize, separator: u8) {
    for _ in 0..count {
        take(text, separator);
    }
}

/// Takes a list with commas off a text: whether it has this name in it. The empty list has the empty name.
#[inline(never)]
fn lists(text: &mut &[u8], separator: u8, name: &[u8]) -> bool {
    let mut list = take(text, separator);
    loop {
        if take(&mut list, b',') == name {
            return true;
        }
        if list.is_empty() {
            return false;
        }
    }
}

/// A path as it is: in mountinfo a space, a tab, a newline and a backslash are a backslash and three octal digits.
/// Nothing, if it does not fit.
fn unescape<'a>(mut text: &[u8], room: &mut &'a mut [MaybeUninit<u8>]) -> &'a [u8] {
    let buffer = room.split_off_mut(..text.len()).unwrap_or_default();
    let mut len = 0;
    while let [byte, behind @ ..] = text {
        let mut byte = *byte;
        text = behind;
        if byte == b'\\'
            && let [high, middle, low, behind @ ..] = text
        {
            // What does not fit into a byte are the bits by which digits are characters.
            byte = high << 6 | (middle & 7) << 3 | low & 7;
            text = behind;
        }
        let Some(slot) = buffer.get_mut(len) else { break };
        slot.write(byte);
        len += 1;
    }
    // SAFETY: this many bytes were written.
    unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() }
}

/// Lowers the smallest limit to those of a group and the groups above it, as far as they are mounted here. `None`: they
/// cannot be known now.
fn lower(smallest: &mut Option<u64>, point: &[u8], mut below: &[u8], files: &[u8], read: Read<'_>) -> Option<()> {
    loop {
        match limit_at(point, below, files, read) {
            Ok(limit) => *smallest = Some(smallest.unwrap_or(NO_LIMIT).min(limit)),
            // That stays so, and the tree may be mounted elsewhere too.
            Err(Errno::EACCES | Errno::EPERM | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG) => {}
            Err(_) => return None,
        }
        let Some(slash) = below.iter().rposition(|&byte| byte == b'/') else { return Some(()) };
        below = below.get(..slash).unwrap_or_default();
    }
}

/// The group's path below the mount point, if what is mounted is the group or one above it.
///
/// Where either is outside of what the process sees, the kernel writes `..` at the beginning. Then the top of what is
/// mounted is all there is to go by.
fn path_below<'a>(root: &[u8], group: &'a [u8]) -> Option<&'a [u8]> {
    if is_outside(root) || is_outside(group) {
        return Some(b"");
    }
    let root = if root.len() == 1 { &[] } else { root };
    match group.strip_prefix(root)? {
        b"/" => Some(b""),
        b"" if !root.is_empty() => Some(b""),
        below @ [b'/', ..] => Some(below),
        _ => None,
    }
}

fn is_outside(path: &[u8]) -> bool {
    matches!(path, [b'/', b'.', b'.', rest @ ..] if rest.first().is_none_or(|&byte| byte == b'/'))
}

/// The limit of one group. The root has none, and a group that the controller is not turned on for.
fn limit_at(point: &[u8], below: &[u8], mut files: &[u8], read: Read<'_>) -> Result<u64> {
    let mut limit = 0;
    loop {
        let (mut path, mut line) = ([MaybeUninit::uninit(); PATH_MAX], [MaybeUninit::uninit(); 64]);
        let path = join([point, below, take(&mut files, b' ')], &mut path)?;
        let mut text = read(path, &mut line)?;
        let mut line = take(&mut text, b'\n');
        loop {
            // `max` and -1 are no numbers.
            limit = match (limit, parse(take(&mut line, b' ')).unwrap_or(NO_LIMIT)) {
                (0, limit) => limit,
                (NO_LIMIT, _) | (_, 0 | NO_LIMIT) => NO_LIMIT,
                (quota, period) => quota.div_ceil(period),
            };
            if line.is_empty() {
                break;
            }
        }
        if files.is_empty() {
            return Ok(limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::collections::HashMap;

    /// The limit that these groups and mounts have, where the files are the map's; errors stand for themselves.
    fn limit_of(resource: Resource, groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        let files: HashMap<_, _> = files.iter().copied().collect();
        let mut paths = [MaybeUninit::uninit(); PATHS];
        limit_in(resource, groups.as_bytes(), mounts.as_bytes(), &mut paths, &|path, line| match files
            .get(path.to_str().unwrap_or_default())
        {
            None => Ok(MISSING),
            Some(&"EIO") => Err(Errno::EIO),
            Some(&"EACCES") => Err(Errno::EACCES),
            Some(content) => {
                Ok(line.get_mut(..content.len()).ok_or(Errno::EIO)?.write_copy_of_slice(content.as_bytes()))
            }
        })
    }

    fn quota_of(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        limit_of(PROCESSORS, groups, mounts, files)
    }

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn version_2_takes_the_smallest_limit_up_to_the_root() {
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
    fn version_2_in_a_container_uses_what_is_mounted() {
        let files = [("/sys/fs/cgroup/cpu.max", "200000 100000\n")];
        // The group's own namespace, the host's path below the mount's root, and a path that is not below it.
        assert_eq!(quota_of("0::/\n", V2, &files), Some(2));
        let bind = "30 23 0:26 /docker/x /sys/fs/cgroup ro - cgroup2 cgroup ro\n";
        assert_eq!(quota_of("0::/docker/x\n", bind, &files), Some(2));
        assert_eq!(quota_of("0::/../other\n", V2, &files), Some(2));
        let outside = "30 23 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup ro\n";
        assert_eq!(quota_of("0::/x\n", outside, &files), Some(2));
    }

    #[test]
    fn a_group_that_the_process_is_not_in_does_not_limit_it() {
        let files = [("/sys/fs/cgroup/cpu.max", "900000 100000\n"), ("/m/cpu.max", "200000 100000\n")];
        let other = "31 23 0:26 /docker/x /m ro - cgroup2 cgroup ro\n";
        for group in ["0::/docker/xy\n", "0::/docker\n", "0::/\n", "0::/else\n"] {
            assert_eq!(quota_of(group, other, &files), None, "{group}");
            assert_eq!(quota_of(group, &[V2, other].concat(), &files), Some(9), "{group}");
        }
    }

    #[test]
    fn mounts_are_known_by_their_names_as_they_are() {
        // A name of systemd's has a backslash in it, and a path may have a space.
        let mount = r"30 23 0:26 /a\134x2dd /a\040\011\012\134b rw - cgroup2 none rw";
        let files = [("/a \t\n\\b/c/cpu.max", "200000 100000\n")];
        assert_eq!(quota_of("0::/a\\x2dd/c\n", &[mount, "\n"].concat(), &files), Some(2));
        let long = ["30 23 0:26 / /", &"x".repeat(PATH_MAX), " rw - cgroup2 none rw\n"].concat();
        assert_eq!(quota_of("0::/\n", &long, &[]), None);
        let cut = r"30 23 0:26 /\1 /\ rw - cgroup2 none rw";
        assert_eq!(quota_of("0::/\n", &[cut, "\n"].concat(), &[]), None);
    }

    #[test]
    fn version_1_needs_the_controller_by_its_whole_name() {
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
    fn hybrid_hosts_have_both_versions() {
        let mounts = "40 23 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                      42 23 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let files =
            [("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n"), ("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "50000\n")];
        assert_eq!(quota_of("1:cpu:/\n0::/\n", mounts, &files), Some(2));
        // The one that has the controller is not mounted yet.
        let (_, unified) = mounts.split_once('\n').unwrap_or_default();
        assert_eq!(quota_of("1:cpu:/\n0::/\n", unified, &[]), None);
        assert_eq!(quota_of("1:cpuset:/\n0::/\n", unified, &[]), Some(NO_LIMIT));
    }

    #[test]
    fn a_mount_that_cannot_be_looked_into_hides_no_other() {
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
    fn memory_is_limited_in_both_versions() {
        let two = [("/sys/fs/cgroup/a/memory.max", "max\n"), ("/sys/fs/cgroup/memory.max", "314572800\n")];
        assert_eq!(limit_of(MEMORY, "0::/a\n", V2, &two), Some(314_572_800));
        let mounts = "40 23 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let one = [("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n")];
        assert_eq!(limit_of(MEMORY, "4:memory:/a\n", mounts, &one), Some(1 << 20));
        assert_eq!(limit_of(PROCESSORS, "4:memory:/a\n", mounts, &one), None);
    }

    #[test]
    fn groups_may_have_odd_names() {
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
    fn a_kernel_without_groups_has_no_limit() {
        let missing = str::from_utf8(MISSING).unwrap_or_default();
        assert_eq!(quota_of(missing, "1 2 0:3 / / rw - ext4 /dev/sda rw\n", &[]), Some(NO_LIMIT));
        assert_eq!(quota_of(missing, missing, &[]), None);
    }

    #[test]
    fn what_cannot_be_read_now_is_not_known() {
        assert_eq!(quota_of("0::/a\n", V2, &[("/sys/fs/cgroup/a/cpu.max", "EIO")]), None);
    }

    #[test]
    fn what_is_not_mounted_yet_is_not_known() {
        assert_eq!(quota_of("0::/a\n", "", &[]), None);
        assert_eq!(quota_of("", V2, &[]), None);
        assert_eq!(quota_of("garbage\n::\n0:\n", "garbage - \n1 2 3 / /x - cgroup2\n", &[]), None);
        assert_eq!(quota_of("0::/a\n", V2, &[]), Some(NO_LIMIT));
    }
}
