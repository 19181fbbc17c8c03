//! Patterns.

use super::{Expected, Scenario, ask};

/// The scenarios of the functions for patterns.
pub const ALL: &[Scenario] = &[
    Scenario { state: "a match", ..ask("rt_glob_match", &["a*/**/[b-d]", "a/b/c/d"], Expected::True) },
    Scenario { state: "malformed", ..ask("rt_glob_match", &["a[", "a"], Expected::Failure(0, libc::EINVAL)) },
];
