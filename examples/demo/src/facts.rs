//! System facts.

use std::ffi::c_void;
use std::fs;
use std::thread;

use anyhow::{Context, Result};
use libloading::Symbol;

use crate::shown::{Demo, lossy};

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("System");
    let count = demo.library.number0("rt_system_cpu_count")?;
    // std rounds a quota down. The library rounds it up.
    let std_count = i64::try_from(thread::available_parallelism()?.get())?;
    demo.row("rt_system_cpu_count", "counted processors", count, (std_count..=std_count + 1).contains(&count));
    let name = demo.library.text0("rt_hostname")?;
    let same = fs::read("/proc/sys/kernel/hostname")?.trim_ascii_end() == name;
    demo.row("rt_hostname", "queried the host name", lossy(&name), same);
    let memory = demo.library.number0("rt_system_memory")?;
    let kilobytes = field("/proc/meminfo", "MemTotal:")?;
    // A control group may have less memory than the machine.
    let agrees = (1..=kilobytes * 1024).contains(&memory);
    demo.row("rt_system_memory", "queried the memory", format!("{} MB", memory >> 20), agrees);
    let user = demo.library.number0("rt_getuid")?;
    demo.row("rt_getuid", "queried the user ID", user, user == field("/proc/self/status", "Uid:")?);
    random(demo)
}

/// Returns the first number of a line in a file of the kernel.
fn field(path: &str, name: &str) -> Result<i64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.with_context(|| format!("{path} has no {name}"))?.parse()?)
}

fn random(demo: &mut Demo<'_>) -> Result<()> {
    let fill: Symbol<'_, unsafe extern "C" fn(*mut c_void, usize) -> bool> = demo.library.get("rt_random_bytes")?;
    let mut draws = [[0_u8; 8]; 2];
    for draw in &mut draws {
        // SAFETY: the arguments are an array and its length.
        unsafe { fill(draw.as_mut_ptr().cast(), draw.len()) };
    }
    let [first, second] = draws.map(u64::from_be_bytes);
    let agrees = first != second && first != 0;
    demo.row("rt_random_bytes", "drew 8 bytes twice", format!("{first:016x}, {second:016x}"), agrees);
    Ok(())
}
