//! Patterns.

use super::common::{Expected, Scenario, ask};

/// The scenarios of the functions for patterns.
pub const ALL: &[Scenario] = &[Scenario {
    state: "three levels",
    ..ask("rt_glob_pattern", &["path/*/prog"], Expected::List(|place| place.walked.get(..2).unwrap_or_default()))
}];
