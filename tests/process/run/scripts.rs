use super::*;

/// A script that prints its path and arguments into the file `out` in its directory.
const SHOW: &str = r#"printf '%s\n' "$0" "$#" "$@" > "${0%/*}/out"; exit 9"#;

#[test]
fn run_gives_scripts_without_interpreter_to_the_shell() {
    let temp = TempDir::new();
    let path = temp.executable("script", SHOW);
    assert_eq!(process::run(&*path, &["a b", "", "-c", "$x"]), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(temp.join("out")).unwrap(), format!("{path}\n4\na b\n\n-c\n$x\n"));
    assert_eq!(process::run(&*path, &NONE), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(temp.join("out")).unwrap(), format!("{path}\n0\n"));
}

#[test]
fn run_calls_scripts_in_path_by_their_full_path() {
    in_child(|temp| {
        let path = temp.executable("script", SHOW);
        env::set("PATH", &*format!("/nowhere:{}:/bin:/usr/bin", temp.path())).unwrap();
        assert_eq!(process::run("script", &["x"]), Ok(Exited(9)));
        assert_eq!(fs::read_to_string(temp.join("out")).unwrap(), format!("{path}\n1\nx\n"));
    });
}

#[test]
fn run_gives_scripts_with_interpreter_to_it() {
    let temp = TempDir::new();
    let path = temp.executable("script", format!("#!/bin/sh -f\n{SHOW}"));
    assert_eq!(process::run(&*path, &["*"]), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(temp.join("out")).unwrap(), format!("{path}\n1\n*\n"));
}

#[test]
fn run_of_an_empty_script_succeeds() {
    let temp = TempDir::new();
    assert_eq!(process::run(&*temp.executable("empty", ""), &["x"]), Ok(Exited(0)));
}
