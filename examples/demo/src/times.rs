//! Clocks and timestamps.

use std::ffi::CString;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use libloading::Symbol;

use crate::shown::{Demo, lossy, printed};

/// The moment that is taken apart, in seconds since 1970.
const SECONDS: i64 = 1_709_210_096;
const MICROSECONDS: i64 = SECONDS * 1_000_000;

type FromCivil = unsafe extern "C" fn(i32, i32, i32, i32, i32, i32) -> i64;

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Time");
    clocks(demo)?;
    let numbers = fields(demo)?;
    let from_civil: Symbol<'_, FromCivil> = demo.library.get("rt_timestamp_from_civil")?;
    let [year, month, day, hour, minute, second] = numbers;
    // SAFETY: the arguments are plain integers.
    let micros = unsafe { from_civil(year, month, day, hour, minute, second) };
    demo.row("rt_timestamp_from_civil", "put them together", micros, micros == MICROSECONDS);
    let format: Symbol<'_, unsafe extern "C" fn(i64) -> *mut _> = demo.library.get("rt_timestamp_format")?;
    // SAFETY: the argument is a plain integer.
    let text = demo.library.take("rt_timestamp_format", unsafe { format(MICROSECONDS) })?;
    let same = date("%Y-%m-%dT%H:%M:%S.000000Z")?.as_bytes() == text;
    demo.row("rt_timestamp_format", "wrote the moment", lossy(&text), same);
    let micros = demo.library.number("rt_timestamp_parse", &CString::new(text)?)?;
    demo.row("rt_timestamp_parse", "read it", micros, micros == MICROSECONDS);
    Ok(())
}

fn clocks(demo: &mut Demo<'_>) -> Result<()> {
    let now = || anyhow::Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?);
    let before = now()?;
    let micros = demo.library.number0("rt_time_now_unix_micros")?;
    demo.row("rt_time_now_unix_micros", "read the real-time clock", micros, (before..=now()?).contains(&micros));
    let sleep: Symbol<'_, unsafe extern "C" fn(i64) -> bool> = demo.library.get("rt_time_sleep_ms")?;
    let start = Instant::now();
    let nanos = demo.library.number0("rt_time_now_nanos")?;
    // SAFETY: the argument is a plain integer.
    let slept = unsafe { sleep(20) };
    let passed = u64::try_from(demo.library.number0("rt_time_now_nanos")? - nanos)?;
    let agrees = (Duration::from_millis(20)..=start.elapsed()).contains(&Duration::from_nanos(passed));
    demo.row("rt_time_sleep_ms", "slept for 20 ms", slept, start.elapsed() >= Duration::from_millis(20));
    demo.row("rt_time_now_nanos", "measured that", format!("{passed} ns"), agrees);
    Ok(())
}

/// Shows the fields of the moment, and returns those of its date and its time of day.
fn fields(demo: &mut Demo<'_>) -> Result<[i32; 6]> {
    let mut numbers = [0; 6];
    for (number, (name, format)) in numbers.iter_mut().zip([
        ("rt_timestamp_get_year", "%Y"),
        ("rt_timestamp_get_month", "%m"),
        ("rt_timestamp_get_day", "%d"),
        ("rt_timestamp_get_hour", "%H"),
        ("rt_timestamp_get_minute", "%M"),
        ("rt_timestamp_get_second", "%S"),
    ]) {
        *number = field(demo, name, format, 0)?;
    }
    // date(1) counts the days of the week from 1.
    field(demo, "rt_timestamp_get_weekday", "%u", 1)?;
    field(demo, "rt_timestamp_get_yearday", "%j", 0)?;
    Ok(numbers)
}

fn field(demo: &mut Demo<'_>, name: &str, format: &str, first: i32) -> Result<i32> {
    let get: Symbol<'_, unsafe extern "C" fn(i64) -> i32> = demo.library.get(name)?;
    // SAFETY: the argument is a plain integer.
    let number = unsafe { get(MICROSECONDS) };
    demo.row(name, "took a moment apart", number, date(format)?.parse() == Ok(number + first));
    Ok(number)
}

/// Returns what date(1) makes of the moment.
fn date(format: &str) -> Result<String> {
    printed(Command::new("date").args(["-u", "-d", &format!("@{SECONDS}"), &format!("+{format}")])).context("date")
}
