//! Control groups, which limit what the process gets of the machine. See cgroups(7).
//!
//! It takes no memory from the heap, so a child that a threaded process forked can use it.

use core::ffi::CStr;
use core::mem::MaybeUninit;

use crate::arg::{PATH_MAX, join};
use crate::errno::{Errno, Result};
use crate::fields::{parse_decimal, split_field};
use crate::heap::MappedBuffer;
use crate::io::{read_prefix, take_first};
use crate::sys;

#[cfg(test)]
mod tests;

/// A limited resource, as text that is parsed as the files below are.
///
/// A line for each version of control groups holds the type of the file system, the controller (empty in version 2,
/// which does not name it), and the files with the limit of a group. Version 1 comes first: a controller in one of its
/// hierarchies is in no other. The limit of processors is a quota of microseconds in a period.
type Resource = &'static [u8];

const PROCESSORS: Resource = b"cgroup cpu /cpu.cfs_quota_us /cpu.cfs_period_us\ncgroup2  /cpu.max";
const MEMORY: Resource = b"cgroup memory /memory.limit_in_bytes\ncgroup2  /memory.max";

const NO_LIMIT: u64 = u64::MAX;

/// Returns the limit on processors, rounded up, or `None` if it cannot be determined now.
pub(crate) fn processors() -> Option<u64> {
    read_limit(PROCESSORS)
}

/// Returns the limit on memory in bytes, or `None` if it cannot be determined now.
pub(crate) fn memory() -> Option<u64> {
    read_limit(MEMORY)
}

/// Returns the lowest limit of the process's control groups, or `None` if it cannot be determined now.
fn read_limit(resource: Resource) -> Option<u64> {
    if !sys::HAS_CONTROL_GROUPS {
        return Some(NO_LIMIT);
    }
    const GROUPS: usize = 1 << 16;
    let mut buffer = MappedBuffer::new(GROUPS + (1 << 20)).ok()?;
    let mut mounts = buffer.as_uninit_mut();
    let paths = take_first(&mut mounts, PATHS)?;
    let groups = take_first(&mut mounts, GROUPS)?;
    let mounts = read_file(c"/proc/self/mountinfo", mounts).ok()?;
    let groups = read_file(c"/proc/self/cgroup", groups).ok()?;
    limit_in(resource, groups, mounts, paths, &read_file)
}

/// Room for two paths.
const PATHS: usize = 2 * PATH_MAX;

/// Stands for a missing file: an empty line.
const MISSING: &[u8] = b"\n";

/// Returns whether the content stands for a missing file. The lines of these files are longer.
const fn is_missing(content: &[u8]) -> bool {
    content.len() == MISSING.len()
}

/// Reads the start of a file, as much as fits into the buffer.
fn read_file<'a>(path: &CStr, buffer: &'a mut [MaybeUninit<u8>]) -> Result<&'a [u8]> {
    match read_prefix(path, buffer) {
        Err(Errno::ENOENT) => Ok(MISSING),
        content => content,
    }
}

/// A way to read files: [`read_file`], or that of a test.
type Read<'a> = &'a dyn for<'b> Fn(&CStr, &'b mut [MaybeUninit<u8>]) -> Result<&'b [u8]>;

/// Like [`read_limit`], from the content of /proc/self/cgroup and /proc/self/mountinfo, with room for two paths.
fn limit_in(
    mut resource: Resource,
    groups: &[u8],
    mounts: &[u8],
    paths: &mut [MaybeUninit<u8>],
    read: Read<'_>,
) -> Option<u64> {
    if is_missing(groups) {
        // The kernel has no control groups, or /proc is not mounted yet.
        return (!is_missing(mounts)).then_some(NO_LIMIT);
    }
    while !resource.is_empty() {
        let mut files = split_field(&mut resource, b'\n');
        let (kind, controller) = (split_field(&mut files, b' '), split_field(&mut files, b' '));
        let Some(group) = group_of(groups, controller) else { continue };
        // Without a mounted hierarchy the limit cannot be determined yet.
        let mut lowest = None;
        let mut mounts = mounts;
        while !mounts.is_empty() {
            let mount = split_field(&mut mounts, b'\n');
            let Some((root, point)) = mount_of(mount, kind, controller) else { continue };
            let mut paths = &mut *paths;
            let (root, point) = (unescape(root, &mut paths), unescape(point, &mut paths));
            let Some(below) = path_below(root, group) else { continue };
            apply_limit(&mut lowest, point, below, files, read)?;
        }
        return lowest;
    }
    None
}

/// Returns the root group and the mount point in a line of mountinfo, if a hierarchy with this controller is mounted.
///
/// The line is `id parent device root point options [tags] - type source options`, with any number of tags.
fn mount_of<'a>(mut mount: &'a [u8], kind: &[u8], controller: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    skip_fields(&mut mount, 3, b' ');
    let (root, point) = (split_field(&mut mount, b' '), split_field(&mut mount, b' '));
    while !matches!(split_field(&mut mount, b' '), b"-" | b"") {}
    if !field_contains(&mut mount, b' ', kind) {
        return None;
    }
    skip_fields(&mut mount, 1, b' ');
    (controller.is_empty() || field_contains(&mut mount, b' ', controller)).then_some((root, point))
}

/// Returns the path of the process's group in the hierarchy with this controller.
fn group_of<'a>(mut groups: &'a [u8], controller: &[u8]) -> Option<&'a [u8]> {
    while !groups.is_empty() {
        // The line is `id:controllers:path`, and the path may contain colons.
        let mut group = split_field(&mut groups, b'\n');
        skip_fields(&mut group, 1, b':');
        if field_contains(&mut group, b':', controller) {
            return Some(group);
        }
    }
    None
}

fn skip_fields(text: &mut &[u8], count: usize, separator: u8) {
    for _ in 0..count {
        split_field(text, separator);
    }
}

/// Removes the first field from a text, and returns whether this comma-separated list contains a name.
///
/// The empty list contains the empty name.
#[inline(never)]
fn field_contains(text: &mut &[u8], separator: u8, name: &[u8]) -> bool {
    let mut list = split_field(text, separator);
    loop {
        if split_field(&mut list, b',') == name {
            return true;
        }
        if list.is_empty() {
            return false;
        }
    }
}

/// Decodes a path of mountinfo, where a backslash and three octal digits stand for a space, a tab, a newline or a
/// backslash. Returns an empty path if the buffer is too small.
fn unescape<'a>(mut text: &[u8], buffer: &mut &'a mut [MaybeUninit<u8>]) -> &'a [u8] {
    let buffer = take_first(buffer, text.len()).unwrap_or_default();
    let mut len = 0;
    while let [byte, rest @ ..] = text {
        let mut byte = *byte;
        text = rest;
        if byte == b'\\'
            && let [high, middle, low, rest @ ..] = text
        {
            // The shift of the first digit drops the bits that make it a character.
            byte = high << 6 | (middle & 7) << 3 | low & 7;
            text = rest;
        }
        let Some(slot) = buffer.get_mut(len) else { break };
        slot.write(byte);
        len += 1;
    }
    // SAFETY: this many bytes were written.
    unsafe { buffer.get(..len).unwrap_or_default().assume_init_ref() }
}

/// Lowers the lowest limit to those of a group and its ancestors, up to the mount point.
///
/// Returns `None` if they cannot be determined now.
fn apply_limit(lowest: &mut Option<u64>, point: &[u8], mut below: &[u8], files: &[u8], read: Read<'_>) -> Option<()> {
    loop {
        match limit_at(point, below, files, read) {
            Ok(limit) => *lowest = Some(lowest.unwrap_or(NO_LIMIT).min(limit)),
            // These errors are permanent, and the hierarchy may be mounted elsewhere as well.
            Err(Errno::EACCES | Errno::EPERM | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG) => {}
            Err(_) => return None,
        }
        let Some(slash) = below.iter().rposition(|&byte| byte == b'/') else { return Some(()) };
        below = below.get(..slash).unwrap_or_default();
    }
}

/// Returns the path of the group below the mount point, if the mounted root is the group or an ancestor.
///
/// The kernel writes `..` in front of what lies outside the process's namespace. Then the mounted root stands for the
/// group, since nothing else is known.
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

/// Returns the limit of one group. The root has none, and neither has a group without the controller.
fn limit_at(point: &[u8], below: &[u8], mut files: &[u8], read: Read<'_>) -> Result<u64> {
    let mut limit = 0;
    loop {
        let (mut path, mut line) = ([MaybeUninit::uninit(); PATH_MAX], [MaybeUninit::uninit(); 64]);
        let path = join([point, below, split_field(&mut files, b' ')], &mut path)?;
        let mut text = read(path, &mut line)?;
        let mut line = split_field(&mut text, b'\n');
        loop {
            // `max` and -1 are not numbers, and mean no limit.
            limit = match (limit, parse_decimal(split_field(&mut line, b' ')).unwrap_or(NO_LIMIT)) {
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
