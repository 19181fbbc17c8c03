//! The environment.

use super::common::{Expected, HERE, Scenario, ask};

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
    Scenario { environment: &[HERE], ..ask("rt_env_unset", &["RT_FAULTS"], Expected::True) },
    Scenario { environment: &[HERE], ..ask("rt_env_list", &[], Expected::ListWith("RT_FAULTS=here")) },
    ask("rt_env_args", &[], Expected::ListWith("rt_env_args")),
    ask("rt_env_set_cwd", &["."], Expected::True),
    ask("rt_env_exe", &[], Expected::TextEnding("/faults")),
    Scenario {
        environment: &[("TMPDIR", "/temporary")],
        ..ask("rt_env_temp_dir", &[], Expected::TextEnding("/temporary"))
    },
    user_directory("rt_env_cache_dir", "/home/of/mine/.cache"),
    user_directory("rt_env_config_dir", "/home/of/mine/.config"),
    user_directory("rt_env_data_dir", "/home/of/mine/.local/share"),
];

/// A user's directory in the home directory, since the variable is not absolute.
const fn user_directory(function: &'static str, expected: &'static str) -> Scenario {
    Scenario {
        state: "in HOME",
        environment: &[("HOME", "/home/of/mine"), ("XDG_CACHE_HOME", "relative")],
        ..ask(function, &[], Expected::TextEnding(expected))
    }
}
