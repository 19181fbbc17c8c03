//! Time.

use super::common::{Expected, Scenario, ask};

/// The scenarios of the functions for time.
pub const ALL: &[Scenario] = &[
    ask("rt_time_sleep_ms", &["1"], Expected::True),
    ask("rt_timestamp_format", &["1795806768000000"], Expected::TextEnding("2026-11-27T19:12:48.000000Z")),
];
