//! Facts about the system: processors and host name.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use crate::alloc::Block;
use crate::arg::{PATH_MAX, terminate};
use crate::env::parse;
use crate::{Errno, Result, Text, file, sys};

/// The host name, as the process's UTS namespace has it: up to 64 bytes, with or without a domain.
///
/// # Errors
/// `ENOMEM`.
pub fn hostname() -> Result<Text> {
    sys::with_hostname(Text::new)?
}

/// How many processors the calling thread can keep busy: those it may run on (sched_getaffinity(2)), or fewer when a
/// control group limits the process's share of time, rounded up. At least 1.
///
/// The limit is read once, when it can be: a program that mounts /proc and /sys/fs/cgroup itself sees it from then on.
#[must_use]
pub fn cpu_count() -> usize {
    let usable = usable_processors().or_else(|_| listed_processors()).unwrap_or(1);
    usable.min(quota()).max(1)
}

/// The processors in the calling thread's mask.
fn usable_processors() -> Result<usize> {
    // Masks are as long as the kernel was built for; this is enough for 65,536.
    let mut mask = [MaybeUninit::<u64>::uninit(); 1024];
    match sys::affinity(&mut mask) {
        Err(Errno::EINVAL) => usable_of_many(size_of_val(&mask) * 2),
        len => Ok(count_bits(&mask, len?)),
    }
}

#[cold]
fn usable_of_many(size: usize) -> Result<usize> {
    let mut block = Block::new(size)?;
    // SAFETY: a block is aligned, and any bytes are uninitialised words.
    let (_, mask, _) = unsafe { block.spare().align_to_mut::<MaybeUninit<u64>>() };
    match sys::affinity(mask) {
        Err(Errno::EINVAL) if size < 1 << 20 => usable_of_many(size * 2),
        len => Ok(count_bits(mask, len?)),
    }
}

fn count_bits(mask: &[MaybeUninit<u64>], len: usize) -> usize {
    // SAFETY: the kernel has set this many bytes, in whole words.
    let mask = unsafe { mask.get(..len / size_of::<u64>()).unwrap_or_default().assume_init_ref() };
    mask.iter().map(|word| word.count_ones() as usize).sum()
}

/// The processors that /proc/stat lists, for sandboxes that do not tell the mask. See proc_stat(5).
fn listed_processors() -> Result<usize> {
    let stat = file::read_text(c"/proc/stat")?;
    let is_processor =
        |line: &&[u8]| line.strip_prefix(b"cpu").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    Ok(stat.split(|&byte| byte == b'\n').filter(is_processor).count())
}

const NO_QUOTA: u32 = u32::MAX;

/// The limit on processor time, in processors, rounded up.
fn quota() -> usize {
    static KNOWN: AtomicU32 = AtomicU32::new(0);
    let known = match KNOWN.load(Relaxed) {
        0 => {
            // What cannot be read yet is asked for again.
            let Some(quota) = read_quota() else { return usize::MAX };
            KNOWN.store(quota, Relaxed);
            quota
        }
        known => known,
    };
    if known == NO_QUOTA { usize::MAX } else { known as usize }
}

/// The smallest limit of the control groups that the process is in, or `None` when that cannot be known yet.
///
/// See cgroups(7).
fn read_quota() -> Option<u32> {
    let mounts = file::read_text(c"/proc/self/mountinfo").ok()?;
    let groups = match file::read_text(c"/proc/self/cgroup") {
        // A kernel without control groups.
        Err(Errno::ENOENT) => return Some(NO_QUOTA),
        groups => groups.ok()?,
    };
    quota_in(&groups, &mounts, &mut |path| {
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        file::read_text(terminate(path, &mut buffer).ok()?).ok()
    })
}

/// As [`read_quota`], from the content of /proc/self/cgroup and /proc/self/mountinfo, and a way to read limits.
fn quota_in(groups: &[u8], mounts: &[u8], read: &mut impl FnMut(&[u8]) -> Option<Text>) -> Option<u32> {
    let mut smallest = NO_QUOTA;
    let mut seen = false;
    for group in lines(groups).filter_map(Group::parse) {
        for mount in lines(mounts).filter_map(Mount::parse).filter(|mount| mount.version == group.version) {
            seen = true;
            smallest = smallest.min(mount.smallest_quota(group.path, read));
        }
    }
    seen.then_some(smallest)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A group that the process is in and that may limit processor time.
struct Group<'a> {
    version: Version,
    path: &'a [u8],
}

impl<'a> Group<'a> {
    /// A line `id:controllers:path`. In version 2 the id is 0 and there are no controllers.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.splitn(3, |&byte| byte == b':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let version = match controllers {
            b"" if id == b"0" => Version::Two,
            _ if has_cpu(controllers) => Version::One,
            _ => return None,
        };
        Some(Self { version, path })
    }
}

fn has_cpu(options: &[u8]) -> bool {
    options.split(|&byte| byte == b',').any(|option| option == b"cpu")
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
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.split(|&byte| byte == b' ');
        let (root, point) = (fields.nth(3)?, fields.next()?);
        fields.find(|&field| field == b"-")?;
        let version = match fields.next()? {
            b"cgroup2" => Version::Two,
            b"cgroup" if has_cpu(fields.nth(1)?) => Version::One,
            _ => return None,
        };
        Some(Self { version, root, point })
    }

    /// The smallest limit of a group and those above it, as far as they are mounted here.
    fn smallest_quota(&self, group: &[u8], read: &mut impl FnMut(&[u8]) -> Option<Text>) -> u32 {
        let mut below = self.path_below(group);
        let mut smallest = NO_QUOTA;
        loop {
            smallest = smallest.min(self.quota_at(below, read).unwrap_or(NO_QUOTA));
            match below.iter().rposition(|&byte| byte == b'/') {
                Some(slash) => below = below.get(..slash).unwrap_or_default(),
                None => return smallest,
            }
        }
    }

    /// The group's path below the mount point. A container may see a group's path but have another one's tree mounted:
    /// then the top of that is all there is to go by.
    fn path_below<'b>(&self, group: &'b [u8]) -> &'b [u8] {
        let root = if self.root == b"/" { b"" } else { self.root };
        let is_up = |component: &[u8]| component == b"..";
        match group.strip_prefix(root) {
            Some(below) if below.starts_with(b"/") && below != b"/" && !below.split(|&b| b == b'/').any(is_up) => below,
            _ => b"",
        }
    }

    fn quota_at(&self, below: &[u8], read: &mut impl FnMut(&[u8]) -> Option<Text>) -> Option<u32> {
        let mut file = |name: &CStr| {
            let mut path = crate::text::Builder::new(self.point.len() + below.len() + name.count_bytes()).ok()?;
            for part in [self.point, below, name.to_bytes()] {
                path.push(part);
            }
            read(&path.finish())
        };
        match self.version {
            Version::Two => {
                let limit = file(c"/cpu.max")?;
                let mut numbers = words(&limit);
                processors(numbers.next()?, numbers.next()?)
            }
            Version::One => {
                let quota = file(c"/cpu.cfs_quota_us")?;
                let period = file(c"/cpu.cfs_period_us")?;
                processors(words(&quota).next()?, words(&period).next()?)
            }
        }
    }
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A quota over a period, both in microseconds, rounded up to whole processors; `max` and -1 are no quota.
fn processors(quota: &[u8], period: &[u8]) -> Option<u32> {
    let (quota, period) = (parse(quota)?, parse(period).filter(|&period| period > 0)?);
    u32::try_from(quota.div_ceil(period).max(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    extern crate std;
    use std::collections::HashMap;

    /// The quota that these groups and mounts have, where the files are the map's.
    fn quota_of(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u32> {
        let files: HashMap<_, _> = files.iter().copied().collect();
        quota_in(groups.as_bytes(), mounts.as_bytes(), &mut |path| {
            Text::new(files.get(core::str::from_utf8(path).ok()?)?.as_bytes()).ok()
        })
    }

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn version_2_takes_the_smallest_limit_up_to_the_root() {
        let quota = |own, parent| {
            let files = [("/sys/fs/cgroup/a/b/cpu.max", own), ("/sys/fs/cgroup/a/cpu.max", parent)];
            quota_of("0::/a/b\n", V2, &files)
        };
        assert_eq!(quota("max 100000\n", "max 100000\n"), Some(NO_QUOTA));
        assert_eq!(quota("250000 100000\n", "max 100000\n"), Some(3));
        assert_eq!(quota("400000 100000\n", "150000 100000\n"), Some(2));
        assert_eq!(quota("10000 100000\n", "150000 100000\n"), Some(1));
        assert_eq!(quota("nonsense\n", "200000 0\n"), Some(NO_QUOTA));
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
    fn what_is_not_mounted_yet_is_not_known() {
        assert_eq!(quota_of("0::/a\n", "", &[]), None);
        assert_eq!(quota_of("", V2, &[]), None);
        assert_eq!(quota_of("garbage\n::\n0:\n", "garbage - \n1 2 3 / /x - cgroup2\n", &[]), None);
        assert_eq!(quota_of("0::/a\n", V2, &[]), Some(NO_QUOTA));
    }
}
