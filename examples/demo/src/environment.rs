//! Environment: variables, arguments and directories.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::shown::{Demo, c_path, lossy};

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Environment");
    lists(demo)?;
    variables(demo)?;
    place(demo, "rt_env_exe", "queried the program's file", env::current_exe().ok())?;
    place(demo, "rt_env_cwd", "queried the working directory", env::current_dir().ok())?;
    let done = demo.library.holds("rt_env_set_cwd", &c_path(demo.work)?)?;
    demo.row("rt_env_set_cwd", "changed the working directory", done, env::current_dir()? == demo.work.canonicalize()?);
    place(demo, "rt_env_home", "queried the home directory", env::home_dir())?;
    place(demo, "rt_env_temp_dir", "queried the one for temporary files", Some(env::temp_dir()))?;
    place(demo, "rt_env_cache_dir", "queried the one for caches", xdg("XDG_CACHE_HOME", ".cache"))?;
    place(demo, "rt_env_config_dir", "queried the one for configuration", xdg("XDG_CONFIG_HOME", ".config"))?;
    place(demo, "rt_env_data_dir", "queried the one for data", xdg("XDG_DATA_HOME", ".local/share"))
}

fn lists(demo: &mut Demo<'_>) -> Result<()> {
    let arguments = demo.library.list0("rt_env_args")?;
    let same = arguments.iter().eq(env::args_os().collect::<Vec<_>>().iter());
    demo.row("rt_env_args", "listed the arguments", format!("{} texts", arguments.len()), same);
    let variables = demo.library.list0("rt_env_list")?;
    let expected = env::vars_os().map(|(name, value)| {
        let mut variable = name;
        variable.push("=");
        variable.push(value);
        variable
    });
    let same = sorted(variables.clone()) == sorted(expected.collect());
    demo.row("rt_env_list", "listed the variables", format!("{} variables", variables.len()), same);
    Ok(())
}

fn sorted(mut texts: Vec<OsString>) -> Vec<OsString> {
    texts.sort();
    texts
}

fn variables(demo: &mut Demo<'_>) -> Result<()> {
    let path = demo.library.text("rt_env_get", c"PATH")?;
    let same = env::var_os("PATH").unwrap_or_default().as_bytes() == path;
    demo.row("rt_env_get", "read PATH", format!("{} bytes", path.len()), same);
    for name in [c"GREETING", c"FAREWELL"] {
        let done = demo.library.holds2("rt_env_set", name, c"hello")?;
        let value = demo.library.text("rt_env_get", name)?;
        demo.row("rt_env_set", format!("set {}", lossy(name.to_bytes())), done, value == b"hello");
    }
    let done = demo.library.holds("rt_env_unset", c"FAREWELL")?;
    let value = demo.library.text("rt_env_get", c"FAREWELL")?;
    demo.row("rt_env_unset", "removed FAREWELL", done, value.is_empty());
    Ok(())
}

/// Shows a path that has no argument.
fn place(demo: &mut Demo<'_>, name: &str, action: &str, expected: Option<PathBuf>) -> Result<()> {
    let found = demo.library.text0(name)?;
    demo.row(name, action, lossy(&found), expected.unwrap_or_default().as_os_str().as_bytes() == found);
    Ok(())
}

/// Returns a directory of the XDG Base Directory Specification.
fn xdg(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = env::var_os(variable).filter(|value| Path::new(value).is_absolute());
    set.map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(below_home)))
}
