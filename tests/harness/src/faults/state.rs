//! The resources of a stopped process, from /proc: descriptors, children, signals, memory, and blocks of the heap.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::heap::Heap;
use super::memory::Memory;

/// The resources that a call must leave unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub descriptors: Vec<i32>,
    pub children: String,
    /// The blocked, ignored and handled signals, and the umask.
    pub signals: Vec<String>,
    /// The bytes of anonymous mappings outside the heap.
    pub mapped: u64,
    /// The bytes of mapped files.
    pub files: u64,
    /// The number of blocks in use, and their bytes.
    pub blocks: (usize, u64),
}

impl State {
    pub fn of(pid: i32) -> Result<Self> {
        let process = format!("/proc/{pid}");
        let mut descriptors = Vec::new();
        for entry in fs::read_dir(format!("{process}/fd"))? {
            descriptors.push(entry?.file_name().to_string_lossy().parse()?);
        }
        descriptors.sort_unstable();
        let status = fs::read_to_string(format!("{process}/status"))?;
        let wanted = ["SigBlk:", "SigIgn:", "SigCgt:", "Umask:"];
        let signals = status.lines().filter(|line| wanted.iter().any(|name| line.starts_with(name)));
        let mut heap = Heap::default();
        let maps = fs::read_to_string(format!("{process}/maps"))?;
        let mappings = mappings(&maps, |path| path.is_none())?;
        let files = self::mappings(&maps, |path| path.is_some_and(|path| path.starts_with('/')))?;
        heap.walk(&Memory::of(pid)?, &mappings)?;
        let mapped: u64 = mappings.iter().map(|(begin, end)| end - begin).sum();
        Ok(Self {
            descriptors,
            children: children(pid)?,
            signals: signals.map(str::to_owned).collect(),
            mapped: mapped - heap.segments,
            files: files.iter().map(|(begin, end)| end - begin).sum(),
            blocks: heap.used,
        })
    }

    /// Describes the differences from the wanted state.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug, same: bool| {
            if !same {
                differences.push(format!("{what}: {found:?}, not {wanted:?}"));
            }
        };
        let Self { descriptors, children, signals, mapped, files, blocks } = self;
        compare("descriptors", descriptors, &wanted.descriptors, *descriptors == wanted.descriptors);
        compare("children", children, &wanted.children, *children == wanted.children);
        compare("signals", signals, &wanted.signals, *signals == wanted.signals);
        compare("mapped bytes", mapped, &wanted.mapped, *mapped == wanted.mapped);
        compare("mapped files", files, &wanted.files, *files == wanted.files);
        compare("blocks and their bytes", blocks, &wanted.blocks, *blocks == wanted.blocks);
        differences
    }
}

/// Returns the process IDs of the children. Where SIGCHLD is ignored the kernel still lists a child for a moment after
/// wait4(2) returned ECHILD: a child counts if it stays.
fn children(pid: i32) -> Result<String> {
    const MOMENT: Duration = Duration::from_millis(50);
    let begin = Instant::now();
    loop {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?.trim().to_owned();
        if children.is_empty() || begin.elapsed() > MOMENT {
            return Ok(children);
        }
        sleep(Duration::from_millis(1));
    }
}

/// Returns the mappings with such paths: `None` for memory without a file, `[name]` for the areas of the kernel.
fn mappings(maps: &str, is_wanted: fn(Option<&str>) -> bool) -> Result<Vec<(u64, u64)>> {
    let mut mappings = Vec::new();
    for line in maps.lines() {
        // `begin-end rights offset device inode path`, without a path if anonymous.
        let mut fields = line.split_whitespace();
        let range = fields.next().context("no range")?;
        if !is_wanted(fields.nth(4)) {
            continue;
        }
        let (begin, end) = range.split_once('-').context("no range")?;
        mappings.push((u64::from_str_radix(begin, 16)?, u64::from_str_radix(end, 16)?));
    }
    Ok(mappings)
}
