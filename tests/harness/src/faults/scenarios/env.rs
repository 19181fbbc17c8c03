//! The environment.

use super::{Expected, HERE, Scenario, ask};

/// The scenarios of the functions for the environment.
pub const ALL: &[Scenario] = &[
    ask("rt_env_cwd", &[], Expected::Text(|place| &place.working_directory)),
    Scenario { state: "set", environment: &[HERE], ..ask("rt_env_get", &["RT_FAULTS"], Expected::Text(|_| b"here")) },
    Scenario {
        state: "HOME",
        environment: &[("HOME", "/home/of/mine")],
        ..ask("rt_env_home", &[], Expected::Text(|_| b"/home/of/mine"))
    },
    Scenario {
        state: "/etc/passwd",
        environment: &[HERE],
        ..ask("rt_env_home", &[], Expected::Text(|place| &place.home))
    },
    Scenario { environment: &[HERE], ..ask("rt_env_set", &["RT_FAULTS", "there"], Expected::True) },
];
