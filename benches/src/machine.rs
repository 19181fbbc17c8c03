//! The machine that is measured on.

use std::ffi::CStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::mm::{Advice, MapFlags, ProtFlags};

use crate::TMPFS;

/// What the results depend on, in words.
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
    // What a distribution adds to the number says little to others.
    let release = release.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or_default();
    // SAFETY: takes nothing; a static text.
    let glibc = unsafe { CStr::from_ptr(libc::gnu_get_libc_version()) };
    Ok(Facts {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine: format!("{}, {model}, {} cores", system.machine().to_string_lossy(), num_cpus::get()),
        software: format!("Linux {release}, glibc {}, {}", glibc.to_string_lossy(), env!("BENCH_RUSTC")),
        file_systems: format!("tmpfs: {}; disk: {}", file_system(Path::new(TMPFS))?, file_system(disk)?),
    })
}

/// The kind of file system that a directory lies on.
fn file_system(directory: &Path) -> Result<String> {
    let output = Command::new("df").arg("--output=fstype").arg(directory).output().context("df")?;
    // Under a heading.
    Ok(String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or("unknown").to_owned())
}

/// Makes the process one that has used so much memory, in small pages, as most memory is.
pub fn touch_memory(len: usize) -> Result<()> {
    const PAGE: usize = 4096;
    if len == 0 {
        return Ok(());
    }
    // SAFETY: fresh memory at no address in particular.
    let memory = unsafe {
        rustix::mm::mmap_anonymous(std::ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }?;
    // SAFETY: the mapping, whose content this does not change. A kernel without huge pages refuses, and needs no advice.
    let _ = unsafe { rustix::mm::madvise(memory, len, Advice::LinuxNoHugepage) };
    for offset in (0..len).step_by(PAGE) {
        // SAFETY: inside of the mapping, which stays as long as the process.
        unsafe { memory.cast::<u8>().add(offset).write_volatile(1) };
    }
    Ok(())
}
