//! Clocks and calendar of each implementation.

use std::ffi::{CStr, CString, c_char};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use rustix::time::{ClockId, clock_gettime};

use crate::comparison::{Comparison, Implementation};
use crate::fixture::Fixture;
use crate::normalize::Normalize;

/// A reading of a clock. Every one after the start of the clock is equal.
struct Reading(i64);

impl Normalize for Reading {
    fn normalize(&self) -> Vec<u8> {
        (self.0 > 0).normalize()
    }
}

type Clock = unsafe extern "C" fn() -> i64;

pub fn now_unix_micros(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&Reading(1));
    let call = |_, clock: Clock| {
        // SAFETY: the function has no arguments.
        move |_| Reading(unsafe { clock() })
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_time_now_unix_micros", call) };
    comparison.add(Implementation::Std, |_| {
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        time.map(|time| Reading(i64::try_from(time.as_micros()).unwrap_or_default()))
    });
    comparison.add(Implementation::Rustix, |_| {
        let time = clock_gettime(ClockId::Realtime);
        Reading(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)
    });
    comparison.add(Implementation::Chrono, |_| Reading(Utc::now().timestamp_micros()));
    Ok(comparison)
}

pub fn now_nanos(fixture: &Fixture) -> Result<Comparison> {
    let start = Instant::now();
    let mut comparison = Comparison::new(&Reading(1));
    let call = |_, clock: Clock| {
        // SAFETY: the function has no arguments.
        move |_| Reading(unsafe { clock() })
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_time_now_nanos", call) };
    comparison
        .add(Implementation::Std, move |_| Reading(i64::try_from(start.elapsed().as_nanos()).unwrap_or_default()));
    comparison.add(Implementation::Rustix, |_| {
        let time = clock_gettime(ClockId::Monotonic);
        Reading(time.tv_sec * 1_000_000_000 + time.tv_nsec)
    });
    Ok(comparison)
}

const MICROS: i64 = 1_795_806_768_123_456;
const TEXT: &str = "2026-11-27T19:12:48.123456Z";

pub fn year(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&2026);
    let call = |_, year: unsafe extern "C" fn(i64) -> i32| {
        // SAFETY: the argument is a number.
        move |number: usize| i64::from(unsafe { year(MICROS + number as i64) })
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_timestamp_get_year", call) };
    comparison.add(Implementation::Chrono, |number| {
        DateTime::<Utc>::from_timestamp_micros(MICROS + number as i64).map(|time| i64::from(time.year()))
    });
    Ok(comparison)
}

pub fn format(fixture: &Fixture) -> Result<Comparison> {
    let mut comparison = Comparison::new(&TEXT.as_bytes());
    let call = |library: &'static crate::library::Library, format: unsafe extern "C" fn(i64) -> *mut c_char| {
        // SAFETY: the argument is a number.
        move |_| library.own(unsafe { format(MICROS) })
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_timestamp_format", call) };
    comparison.add(Implementation::Chrono, |_| {
        let time = DateTime::<Utc>::from_timestamp_micros(MICROS);
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true).into_bytes())
    });
    Ok(comparison)
}

pub fn parse(fixture: &Fixture) -> Result<Comparison> {
    let text: &'static CStr = Box::leak(CString::new(TEXT)?.into_boxed_c_str());
    let mut comparison = Comparison::new(&MICROS);
    let call = |_, parse: unsafe extern "C" fn(*const c_char) -> i64| {
        // SAFETY: the argument is a NUL-terminated string.
        move |_| unsafe { parse(text.as_ptr()) }
    };
    // SAFETY: this is the type of the function.
    unsafe { comparison.add_function(fixture.libraries, "rt_timestamp_parse", call) };
    comparison.add(Implementation::Chrono, |_| DateTime::parse_from_rfc3339(TEXT).map(|time| time.timestamp_micros()));
    Ok(comparison)
}
