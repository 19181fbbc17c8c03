//! Facts about the system.

use super::common::{Expected, Scenario, ask};

/// The scenarios of the functions for facts about the system.
pub const ALL: &[Scenario] = &[
    ask("rt_system_cpu_count", &[], Expected::AtLeastOne),
    ask("rt_hostname", &[], Expected::Text(|place| &place.host_name)),
    ask("rt_system_memory", &[], Expected::AtLeastOne),
    ask("rt_random_bytes", &["memory", "5000"], Expected::True),
];
