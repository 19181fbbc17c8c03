//! Control groups.

use super::*;

/// A control group, of version 1 or 2. Dropping it removes it.
pub(crate) struct ControlGroup(String);

impl ControlGroup {
    fn new(path: String) -> Result<Self, String> {
        fs::create_dir(&path).map_err(|error| format!("{path}: {error}"))?;
        Ok(Self(path))
    }

    /// Creates a group at the root of the hierarchy of a controller and sets its limit, with version 1 or else version 2.
    fn at_root(controller: &str, name: &str, limit: impl Fn(&Self) -> Result<(), String>) -> Result<Self, String> {
        let create_in = |parent: &str| {
            let group = Self::new(format!("{parent}/{name}"))?;
            limit(&group).map(|()| group)
        };
        create_in(&format!("/sys/fs/cgroup/{controller}"))
            .or_else(|first| create_in("/sys/fs/cgroup").map_err(|second| format!("{first}; {second}")))
    }

    /// Creates a group inside this one.
    pub(crate) fn child(&self, name: &str) -> Self {
        Self::new(format!("{}/{name}", self.0)).unwrap()
    }

    /// Returns true if the group has this file, which depends on the version.
    pub(crate) fn has(&self, file: &str) -> bool {
        fs::exists(format!("{}/{file}", self.0)).unwrap()
    }

    /// Writes a value into a file of the group.
    pub(crate) fn set(&self, file: &str, value: &str) -> Result<(), String> {
        let path = format!("{}/{file}", self.0);
        let result = fs::File::options().write(true).open(&path).and_then(|mut file| file.write_all(value.as_bytes()));
        result.map_err(|error| format!("{path}: {error}"))
    }
}

/// Limits the memory of a group, in bytes.
pub(crate) fn set_memory_limit(group: &ControlGroup, limit: usize) -> Result<(), String> {
    let file = if group.has("memory.limit_in_bytes") { "memory.limit_in_bytes" } else { "memory.max" };
    group.set(file, &limit.to_string())
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

const GROUP: &str = "FFI_SYSCALLS_TEST_GROUP";
const ARGUMENT: &str = "FFI_SYSCALLS_TEST_ARGUMENT";

/// Runs `test` with a new control group, or reports why none can be made. `test` gets a function that runs `body` with an
/// argument in a child process that has joined a group.
pub(crate) fn with_control_group<F: Fn(&str)>(
    controller: &str,
    limit: impl Fn(&ControlGroup) -> Result<(), String>,
    body: F,
    test: impl FnOnce(&ControlGroup, &dyn Fn(&ControlGroup, &str)),
) {
    if let Some(temp) = dir_of_child::<F>() {
        let group = std::env::var(GROUP).unwrap();
        fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
        run_and_exit(|_| body(&std::env::var(ARGUMENT).unwrap()), &temp);
    }
    let run_in = |group: &ControlGroup, argument: &str| {
        spawn_child::<F>(|command, _| {
            command.env(GROUP, &group.0).env(ARGUMENT, argument);
        });
    };
    let name = format!("ffi_syscalls-{}-{}", std::process::id(), name_of::<F>().replace("::", "-"));
    match ControlGroup::at_root(controller, &name, limit) {
        Ok(group) => test(&group, &run_in),
        Err(reason) => report_cannot_run(&format!(
            "limits of a control group for {controller}: run the tests as root, with /sys/fs/cgroup writable ({reason})"
        )),
    }
}
