//! The scenarios of the fault injector: each operation, in each state that leads to other system calls.

mod common;
mod dir;
mod env;
mod file;
mod glob;
mod mmap;
mod path;
mod process;
mod stdio;
mod system;
mod time;

use super::scenario::Scenario;

/// Returns all scenarios.
pub fn all() -> impl Iterator<Item = &'static Scenario> + Clone {
    [file::ALL, dir::ALL, path::ALL, glob::ALL, mmap::ALL, env::ALL, process::ALL, system::ALL, time::ALL, stdio::ALL]
        .into_iter()
        .flatten()
}

/// The functions without a system call that can fail.
pub const WITHOUT: [&str; 20] = [
    "rt_glob_match",
    "rt_getuid",
    "rt_time_now_unix_micros",
    "rt_time_now_nanos",
    "rt_timestamp_get_year",
    "rt_timestamp_get_month",
    "rt_timestamp_get_day",
    "rt_timestamp_get_hour",
    "rt_timestamp_get_minute",
    "rt_timestamp_get_second",
    "rt_timestamp_get_weekday",
    "rt_timestamp_get_yearday",
    "rt_timestamp_from_civil",
    "rt_timestamp_parse",
    "rt_free",
    "rt_len",
    "rt_last_error",
    "rt_error_text",
    "rt_exit",
    "rt_version",
];
