//! The machine that runs the benchmark.

use std::ffi::CStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::mm::{Advice, MapFlags, ProtFlags};

use crate::TMPFS;

/// Descriptions of what the results depend on.
pub struct Facts {
    pub date: String,
    pub machine: String,
    pub software: String,
    pub file_systems: String,
}

pub fn facts(disk: &Path) -> Result<Facts> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    // Omit the suffix that distributions append.
    let release = release.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or_default();
    // SAFETY: the function has no arguments and returns a static NUL-terminated string.
    let glibc = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    Ok(Facts {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine: format!("{}, {model}, {} cores", system.machine().to_string_lossy(), num_cpus::get()),
        software: format!("Linux {release}, glibc {}, {}", glibc.to_string_lossy(), env!("BENCH_RUSTC")),
        file_systems: format!("tmpfs: {}; disk: {}", file_system(Path::new(TMPFS))?, file_system(disk)?),
    })
}

/// Returns the type of file system of a directory.
fn file_system(directory: &Path) -> Result<String> {
    let output = Command::new("df").arg("--output=fstype").arg(directory).output().context("df")?;
    // The first line is a heading.
    Ok(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or("unknown").to_owned())
}

/// Makes this much memory resident, in 4 KB pages.
pub fn touch_memory(len: usize) -> Result<()> {
    const PAGE: usize = 4096;
    if len == 0 {
        return Ok(());
    }
    // SAFETY: a new anonymous mapping at an address that the kernel chooses overlaps no other.
    let memory = unsafe {
        rustix::mm::mmap_anonymous(std::ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }?;
    // A kernel without huge pages rejects the advice and does not need it.
    // SAFETY: the range is that of the mapping, and the advice does not change its content.
    let _ = unsafe { rustix::mm::madvise(memory, len, Advice::LinuxNoHugepage) };
    for offset in (0..len).step_by(PAGE) {
        // SAFETY: `offset` is inside the mapping, which is never unmapped.
        unsafe { memory.cast::<u8>().add(offset).write_volatile(1) };
    }
    Ok(())
}
