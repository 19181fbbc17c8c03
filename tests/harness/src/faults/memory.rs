//! The memory of a stopped process.

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};

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

    /// Reads up to `len` bytes.
    pub fn at_most(&self, address: u64, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let len = self.0.read_at(&mut bytes, address)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}
