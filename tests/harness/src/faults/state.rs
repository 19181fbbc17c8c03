//! What a stopped process has, as the kernel tells it: descriptors, children, signals, and its memory, with the blocks of
//! the library's heap that are in use.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// All that a call must leave as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub descriptors: Vec<i32>,
    pub children: String,
    /// The blocked, ignored and handled signals, and the umask.
    pub signals: Vec<String>,
    /// The bytes of anonymous mappings that are not the heap's.
    pub mapped: u64,
    /// How many blocks of the heap are in use, and their bytes.
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
        let mappings = anonymous_mappings(&fs::read_to_string(format!("{process}/maps"))?)?;
        heap.walk(&Memory::of(pid)?, &mappings)?;
        let mapped: u64 = mappings.iter().map(|(begin, end)| end - begin).sum();
        Ok(Self {
            descriptors,
            children: children(pid)?,
            signals: signals.map(str::to_owned).collect(),
            mapped: mapped - heap.segments,
            blocks: heap.used,
        })
    }

    /// What differs from how it should be, in words.
    pub fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug, same: bool| {
            if !same {
                differences.push(format!("{what}: {found:?}, not {wanted:?}"));
            }
        };
        let Self { descriptors, children, signals, mapped, blocks } = self;
        compare("descriptors", descriptors, &wanted.descriptors, *descriptors == wanted.descriptors);
        compare("children", children, &wanted.children, *children == wanted.children);
        compare("signals", signals, &wanted.signals, *signals == wanted.signals);
        compare("mapped bytes", mapped, &wanted.mapped, *mapped == wanted.mapped);
        compare("blocks and their bytes", blocks, &wanted.blocks, *blocks == wanted.blocks);
        differences
    }
}

/// The process ids of the children. Where SIGCHLD is ignored the kernel lists one that has ended for a moment after
/// wait4(2) has said that there is none: a child counts if it stays.
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

/// Where anonymous memory is, the kernel's own areas left out.
fn anonymous_mappings(maps: &str) -> Result<Vec<(u64, u64)>> {
    let mut mappings = Vec::new();
    for line in maps.lines() {
        // `begin-end rights offset device inode path`, without a path where it is anonymous.
        let mut fields = line.split_whitespace();
        let range = fields.next().context("no range")?;
        if fields.nth(4).is_some() {
            continue;
        }
        let (begin, end) = range.split_once('-').context("no range")?;
        mappings.push((u64::from_str_radix(begin, 16)?, u64::from_str_radix(end, 16)?));
    }
    Ok(mappings)
}

/// The memory of a process.
pub struct Memory(File);

impl Memory {
    pub fn of(pid: i32) -> Result<Self> {
        Ok(Self(File::open(format!("/proc/{pid}/mem"))?))
    }

    pub fn words<const N: usize>(&self, address: u64) -> Result<[u64; N]> {
        let bytes = self.bytes(address, N * 8)?;
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_ne_bytes(bytes.try_into()?);
        }
        Ok(words)
    }

    pub fn bytes(&self, address: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.0.read_exact_at(&mut bytes, address).with_context(|| format!("no {len} bytes at {address:#x}"))?;
        Ok(bytes)
    }

    /// What there is of so many bytes.
    pub fn at_most(&self, address: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let len = self.0.read_at(&mut bytes, address)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}

// How src/alloc.rs and src/segments.rs lay the heap out. What does not look like that is an error.

/// Every segment begins at a multiple of this, with two words: the next segment of its row, and its last block.
const SEGMENT: u64 = 1 << 20;
const FRONT: u64 = 48;
/// In front of a block: what rt_len() returns, and its size above a mark.
const HEADER: u64 = 16;
const MARK_BITS: u32 = 16;
const USED: u64 = 0xf5fa;
const FREED: u64 = 0xf7fc;
/// Mappings are multiples of this.
const PAGE_MAX: u64 = 1 << 16;

/// What was found of the heap.
#[derive(Default)]
struct Heap {
    /// The bytes of its segments.
    segments: u64,
    /// How many blocks are in use, and their bytes.
    used: (usize, u64),
}

impl Heap {
    fn walk(&mut self, memory: &Memory, mappings: &[(u64, u64)]) -> Result<()> {
        for &(begin, end) in mappings {
            // Neighbours are one mapping to the kernel. The program's own variables lie elsewhere.
            let mut segment = begin.next_multiple_of(SEGMENT);
            while segment < end {
                segment = match memory.words(segment)? {
                    // What the kernel did not take back when a segment was cut out of it.
                    [0, 0] => segment + SEGMENT,
                    [_, last_block] => (segment + self.segment(memory, segment, last_block)?).next_multiple_of(SEGMENT),
                };
            }
        }
        Ok(())
    }

    /// Counts the blocks of a segment; its length.
    fn segment(&mut self, memory: &Memory, segment: u64, last_block: u64) -> Result<u64> {
        let first = segment + FRONT;
        let is_shared = last_block == segment + SEGMENT - HEADER;
        ensure!(is_shared || last_block == first, "{segment:#x} is not how segments begin: see src/segments.rs");
        let [_, info] = memory.words(first)?;
        let len = if is_shared { SEGMENT } else { (FRONT + (info >> MARK_BITS)).next_multiple_of(PAGE_MAX) };
        self.blocks(memory, first, last_block)?;
        self.segments += len;
        Ok(len)
    }

    /// Counts the blocks that begin in a segment, up to memory that was never used.
    fn blocks(&mut self, memory: &Memory, mut block: u64, last: u64) -> Result<()> {
        while block <= last {
            let [_, info] = memory.words(block)?;
            let size = info >> MARK_BITS;
            match info & ((1 << MARK_BITS) - 1) {
                0 if info == 0 => break,
                USED => self.used = (self.used.0 + 1, self.used.1 + size),
                FREED => {}
                mark => bail!("a block at {block:#x} with the mark {mark:#x}: see src/alloc.rs"),
            }
            ensure!(
                size >= HEADER && size.is_multiple_of(HEADER),
                "a block at {block:#x} of {size} bytes: see src/alloc.rs"
            );
            block += size;
        }
        Ok(())
    }
}
