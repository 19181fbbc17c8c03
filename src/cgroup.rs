//! Control groups: what they leave the process of the machine. See cgroups(7).
//!
//! It takes no memory of the heap: a child that a threaded process forked may ask, too.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{PATH_MAX, join};
use crate::scratch::Scratch;
use crate::text::{fields, parse};
use crate::{Errno, Result, sys};

/// The processors that the process gets the time of, rounded up. An error means that it cannot be known now.
pub(crate) fn processors() -> Result<u64> {
    read_limit(Resource::Processors)
}

/// The memory that the process can hope for, in bytes: the machine's, or less where a control group limits it.
pub(crate) fn memory() -> u64 {
    let limit = read_limit(Resource::Memory).unwrap_or(NO_LIMIT);
    sys::total_memory().unwrap_or(NO_LIMIT).min(limit)
}

/// What control groups limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resource {
    Processors,
    Memory,
}

const NO_LIMIT: u64 = u64::MAX;

/// The smallest limit of the control groups that the process is in. An error means that it cannot be known now.
///
/// See cgroups(7).
fn read_limit(resource: Resource) -> Result<u64> {
    let mut room = Scratch::new(1 << 20)?;
    let mounts = read_into(c"/proc/self/mountinfo", room.bytes())?;
    let mut room = [MaybeUninit::uninit(); 4096];
    let groups = match read_into(c"/proc/self/cgroup", &mut room) {
        // A kernel without control groups.
        Err(Errno::ENOENT) => return Ok(NO_LIMIT),
        groups => groups?,
    };
    limit_in(resource, groups, mounts, &mut |parts, line| {
        let mut path = [MaybeUninit::uninit(); PATH_MAX];
        read_into(join(parts, &mut path)?, line)
    })
}

/// The beginning of a file, as far as it fits.
fn read_into<'a>(path: &CStr, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    let (len, _) = sys::open(path, sys::O_RDONLY, 0)?.fill(buffer)?;
    // SAFETY: this many bytes were filled.
    Ok(unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() })
}

/// Room for what a file with a limit contains.
type Line = [MaybeUninit<u8>; 64];

/// Reads a file, whose path has three parts.
type Read<'a> = &'a mut dyn for<'b> FnMut([&[u8]; 3], &'b mut Line) -> Result<&'b [u8]>;

/// As [`read_limit`], from the content of /proc/self/cgroup and /proc/self/mountinfo, and a way to read limits.
fn limit_in(resource: Resource, groups: &[u8], mounts: &[u8], read: Read<'_>) -> Result<u64> {
    // Where no tree is mounted there is nothing to know yet.
    let mut smallest = Err(Errno::ENOENT);
    for group in fields(groups, b'\n').filter_map(|line| Group::parse(line, resource)) {
        for mount in fields(mounts, b'\n').filter_map(|line| Mount::parse(line, resource)) {
            if mount.version == group.version {
                let limit = mount.smallest_limit(group.path, resource, read)?;
                smallest = Ok(smallest.unwrap_or(NO_LIMIT).min(limit));
            }
        }
    }
    smallest
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A group that the process is in and that may limit the resource.
struct Group<'a> {
    version: Version,
    path: &'a [u8],
}

impl<'a> Group<'a> {
    /// A line `id:controllers:path`. In version 2 the id is 0 and there are no controllers.
    fn parse(line: &'a [u8], resource: Resource) -> Option<Self> {
        let mut fields = fields(line, b':');
        let (id, controllers) = (fields.next()?, fields.next()?);
        let path = line.get(id.len() + controllers.len() + 2..)?; // which may contain colons
        let version = match controllers {
            b"" if id == b"0" => Version::Two,
            _ if resource.is_in(controllers) => Version::One,
            _ => return None,
        };
        Some(Self { version, path })
    }
}

impl Resource {
    /// Whether its controller is one of these.
    fn is_in(self, controllers: &[u8]) -> bool {
        let name: &[u8] = if self == Self::Memory { b"memory" } else { b"cpu" };
        fields(controllers, b',').any(|controller| controller == name)
    }
}

/// A mounted tree of groups.
struct Mount<'a> {
    version: Version,
    /// The group at the top of what is mounted.
    root: &'a [u8],
    point: &'a [u8],
}

impl<'a> Mount<'a> {
    /// A line of mountinfo: `id parent device root point options [tags] - type source options`.
    fn parse(line: &'a [u8], resource: Resource) -> Option<Self> {
        let mut fields = fields(line, b' ');
        let (root, point) = (fields.nth(3)?, fields.next()?);
        fields.find(|&field| field == b"-")?;
        let version = match fields.next()? {
            b"cgroup2" => Version::Two,
            b"cgroup" if resource.is_in(fields.nth(1)?) => Version::One,
            _ => return None,
        };
        Some(Self { version, root, point })
    }

    /// The smallest limit of a group and those above it, as far as they are mounted here.
    fn smallest_limit(&self, group: &[u8], resource: Resource, read: Read<'_>) -> Result<u64> {
        let mut below = self.path_below(group);
        let mut smallest = NO_LIMIT;
        loop {
            match self.limit_at(below, resource, read) {
                Ok(limit) => smallest = smallest.min(limit.unwrap_or(NO_LIMIT)),
                // The root has none, and a group that the controller is not turned on for.
                Err(Errno::ENOENT) => {}
                Err(errno) => return Err(errno),
            }
            match below.iter().rposition(|&byte| byte == b'/') {
                Some(slash) => below = below.get(..slash).unwrap_or_default(),
                None => return Ok(smallest),
            }
        }
    }

    /// The group's path below the mount point. A container may see a group's path but have another one's tree mounted:
    /// then the top of that is all there is to go by.
    fn path_below<'b>(&self, group: &'b [u8]) -> &'b [u8] {
        let root = if self.root == b"/" { b"" } else { self.root };
        match group.strip_prefix(root) {
            Some(below)
                if below.starts_with(b"/") && below != b"/" && fields(below, b'/').all(|name| name != b"..") =>
            {
                below
            }
            _ => b"",
        }
    }

    /// The limit of one group, if it has one.
    fn limit_at(&self, below: &[u8], resource: Resource, read: Read<'_>) -> Result<Option<u64>> {
        let (mut first, mut second) = ([MaybeUninit::uninit(); 64], [MaybeUninit::uninit(); 64]);
        let mut line = |name: &'static [u8], line| read([self.point, below, name], line);
        Ok(match (resource, self.version) {
            (Resource::Memory, Version::Two) => parse_line(line(b"/memory.max", &mut first)?),
            (Resource::Memory, Version::One) => parse_line(line(b"/memory.limit_in_bytes", &mut first)?),
            (Resource::Processors, Version::Two) => {
                let line = line(b"/cpu.max", &mut first)?.trim_ascii_end();
                let mut numbers = fields(line, b' ');
                numbers
                    .next()
                    .zip(numbers.next())
                    .and_then(|(quota, period)| whole_processors(parse(quota)?, parse(period)?))
            }
            (Resource::Processors, Version::One) => {
                let quota = parse_line(line(b"/cpu.cfs_quota_us", &mut first)?);
                let period = parse_line(line(b"/cpu.cfs_period_us", &mut second)?);
                quota.zip(period).and_then(|(quota, period)| whole_processors(quota, period))
            }
        })
    }
}

/// The number in a line; `max` and -1 are none.
fn parse_line(line: &[u8]) -> Option<u64> {
    parse(line.trim_ascii_end())
}

/// A quota over a period, both in microseconds, rounded up to whole processors.
fn whole_processors(quota: u64, period: u64) -> Option<u64> {
    (period > 0).then(|| quota.div_ceil(period).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::collections::HashMap;
    use std::string::String;

    /// The limit that these groups and mounts have, where the files are the map's; EIO stands for itself.
    fn limit_of(resource: Resource, groups: &str, mounts: &str, files: &[(&str, &str)]) -> Result<u64> {
        let files: HashMap<_, _> = files.iter().copied().collect();
        limit_in(resource, groups.as_bytes(), mounts.as_bytes(), &mut |parts, line| {
            let path = String::from_utf8(parts.concat()).map_err(|_| Errno::EINVAL)?;
            let content = *files.get(path.as_str()).ok_or(Errno::ENOENT)?;
            if content == "EIO" {
                return Err(Errno::EIO);
            }
            let room = line.get_mut(..content.len()).ok_or(Errno::EINVAL)?;
            Ok(room.write_copy_of_slice(content.as_bytes()))
        })
    }

    fn quota_of(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        limit_of(Resource::Processors, groups, mounts, files).ok()
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
        assert_eq!(quota_of("0::/docker/xy\n", bind, &files), Some(2));
        assert_eq!(quota_of("0::/../other\n", V2, &files), Some(2));
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
    }

    #[test]
    fn memory_is_limited_in_both_versions() {
        let two = [("/sys/fs/cgroup/a/memory.max", "max\n"), ("/sys/fs/cgroup/memory.max", "314572800\n")];
        assert_eq!(limit_of(Resource::Memory, "0::/a\n", V2, &two), Ok(314_572_800));
        let mounts = "40 23 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let one = [("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n")];
        assert_eq!(limit_of(Resource::Memory, "4:memory:/a\n", mounts, &one), Ok(1 << 20));
        assert_eq!(limit_of(Resource::Processors, "4:memory:/a\n", mounts, &one), Err(Errno::ENOENT));
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
