//! Limits of control groups: /proc/self/cgroup, /proc/self/mountinfo, and the files with the limits.

use std::rc::Rc;

use linux_raw_sys::errno;

use super::{sections, with_kernel};
use crate::cgroup;
use crate::kernel::{File, Kernel};

const NO_LIMIT: u64 = u64::MAX;

/// Input: sections with the groups, the mounts, and the contents of limit files. A hash of its path selects the content
/// of a limit file. The section `-` stands for a missing file, `!` for a lasting error, `?` for a passing error.
pub fn run(data: &[u8]) {
    let sections = sections(data);
    let file = |section: &[u8]| match section {
        b"!\n" => File::Error(errno::EACCES),
        b"?\n" => File::Error(errno::EIO),
        // None of these files has a single byte.
        [] | b"-\n" | [_] => File::Error(errno::ENOENT),
        content => File::of(content),
    };
    let section = |number: usize| sections.get(number).map_or(File::Error(errno::ENOENT), |section| file(section));
    let (groups, mounts) = (section(0), section(1));
    let limits: Vec<File> = sections.iter().skip(2).map(|section| file(section)).collect();
    let lookup = move |path: &[u8]| {
        let number = path.iter().fold(0_usize, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let number = number.checked_rem(limits.len());
        number.and_then(|number| limits.get(number)).cloned().unwrap_or(File::Error(errno::ENOENT))
    };
    let lookup: crate::kernel::Lookup = Rc::new(lookup);
    let mut kernel = Kernel { lookup: Some(Rc::clone(&lookup)), steps: vec![0, 7, 1 << 20], ..Kernel::default() };
    kernel.files.insert(b"/proc/self/cgroup".to_vec(), groups.clone());
    kernel.files.insert(b"/proc/self/mountinfo".to_vec(), mounts.clone());
    let (processors, memory) = with_kernel(kernel, || (cgroup::processors(), cgroup::memory()));
    let limit = |resource: &[Hierarchy]| limit_of(resource, content(&groups).ok()?, content(&mounts).ok()?, &*lookup);
    assert_eq!(processors, limit(PROCESSORS));
    assert_eq!(memory, limit(MEMORY));
}

/// The reason why a limit is unknown: an error that lasts, or one that passes.
#[derive(PartialEq)]
enum Unknown {
    Lasting,
    Passing,
}

/// Returns the content of a file, or `None` if the file is missing.
fn content(file: &File) -> Result<Option<&[u8]>, Unknown> {
    match file {
        File::Content(content, _) => Ok(Some(content)),
        File::Error(errno::ENOENT) => Ok(None),
        File::Error(errno::EACCES) => Err(Unknown::Lasting),
        _ => Err(Unknown::Passing),
    }
}

/// A version of control groups: the type of its file system, the controller in version 1, and the limit files.
type Hierarchy = (&'static [u8], Option<&'static [u8]>, &'static [&'static str]);

const PROCESSORS: &[Hierarchy] =
    &[(b"cgroup", Some(b"cpu"), &["/cpu.cfs_quota_us", "/cpu.cfs_period_us"]), (b"cgroup2", None, &["/cpu.max"])];
const MEMORY: &[Hierarchy] =
    &[(b"cgroup", Some(b"memory"), &["/memory.limit_in_bytes"]), (b"cgroup2", None, &["/memory.max"])];

/// Splits a text at each separator. Drops an empty last word, unless it is the only one.
fn words(text: &[u8], separator: u8) -> Vec<&[u8]> {
    let mut words: Vec<_> = text.split(|&byte| byte == separator).collect();
    if words.len() > 1 && words.last().is_some_and(|last| last.is_empty()) {
        words.pop();
    }
    words
}

/// Returns whether a list with commas contains the name, or an empty word if there is no name.
fn lists(list: &[u8], name: Option<&[u8]>) -> bool {
    words(list, b',').contains(&name.unwrap_or_default())
}

/// Returns the smallest limit of the controller's group and of the groups above it, in all its mounts. See cgroups(7).
fn limit_of(
    resource: &[Hierarchy],
    groups: Option<&[u8]>,
    mounts: Option<&[u8]>,
    lookup: &dyn Fn(&[u8]) -> File,
) -> Option<u64> {
    // The kernel has no control groups.
    let Some(groups) = groups else { return mounts.map(|_| NO_LIMIT) };
    let groups: Vec<Vec<&[u8]>> =
        words(groups, b'\n').into_iter().map(|group| group.splitn(3, |&byte| byte == b':').collect()).collect();
    let part = |group: &[&'_ [u8]], number: usize| group.get(number).copied().unwrap_or_default().to_vec();
    for &(kind, controller, files) in resource {
        // The kernel binds a controller to one version: the first that lists it.
        let Some(group) = groups.iter().find(|group| lists(&part(group, 1), controller)) else { continue };
        let group = part(group, 2);
        let mut limits = Vec::new();
        for mount in words(mounts.unwrap_or(b"\n"), b'\n') {
            let fields: Vec<_> = mount.split(|&byte| byte == b' ').collect();
            let field = |number: usize| fields.get(number).copied().unwrap_or_default();
            let (root, point) = (unescaped(field(3)), unescaped(field(4)));
            let Some(end) = (5..=fields.len()).find(|&number| matches!(field(number), b"-" | b"")) else { continue };
            let has_controller = controller.is_none() || lists(field(end + 3), controller);
            if !lists(field(end + 1), Some(kind)) || !has_controller {
                continue;
            }
            let paths = levels(&root, &group).into_iter().flatten().map(|below| [&point[..], &below].concat());
            limits.extend(paths.map(|directory| limit_at(&directory, files, lookup)));
        }
        if limits.contains(&Err(Unknown::Passing)) {
            return None;
        }
        return limits.into_iter().flatten().min();
    }
    None
}

/// Returns the paths of a group and of those above it, relative to the root of a mount. Returns `None` if the group is
/// not below that root.
fn levels(root: &[u8], group: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_outside = |path: &[u8]| path == b"/.." || path.starts_with(b"/../");
    if is_outside(root) || is_outside(group) {
        return Some(vec![Vec::new()]);
    }
    let root = if root.len() == 1 { &[][..] } else { root };
    let components: Vec<_> = group.strip_prefix(root)?.split(|&byte| byte == b'/').collect();
    match components[..] {
        [b"", b""] => Some(vec![Vec::new()]),
        [b""] if root.is_empty() => None,
        [b"", ..] => Some((1..=components.len()).map(|count| components[..count].join(&b'/')).collect()),
        _ => None,
    }
}

/// Decodes the octal escapes in a field of mountinfo.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < field.len() {
        let digits = field.get(at + 1..at + 4).filter(|_| field[at] == b'\\');
        let value = |digits: &[u8]| digits.iter().fold(0_u8, |value, digit| value << 3 | digit & 7);
        bytes.push(digits.map_or(field[at], value));
        at += if digits.is_some() { 4 } else { 1 };
    }
    bytes
}

fn limit_at(directory: &[u8], files: &[&str], lookup: &dyn Fn(&[u8]) -> File) -> Result<u64, Unknown> {
    let mut numbers = Vec::new();
    for file in files {
        let path = [directory, file.as_bytes()].concat();
        if path.len() > 4095 {
            return Err(Unknown::Lasting);
        }
        if path.contains(&0) {
            return Err(Unknown::Passing);
        }
        let file = lookup(&path);
        let content = content(&file)?.unwrap_or_default();
        let content = &content[..content.len().min(64)];
        let line = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let number = |word: &[u8]| {
            let is_number = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
            is_number.then(|| str::from_utf8(word).ok()?.parse().ok()).flatten()
        };
        numbers.extend(words(line, b' ').into_iter().map(number));
    }
    // 0 stands for no quota read yet: the kernel accepts no quota of 0.
    let mut limit = 0;
    for number in numbers {
        limit = match (limit, number) {
            (0, number) => number.unwrap_or(NO_LIMIT),
            (NO_LIMIT, _) | (_, None | Some(0 | NO_LIMIT)) => NO_LIMIT,
            (quota, Some(period)) => quota / period + u64::from(quota % period > 0),
        };
    }
    Ok(limit)
}
