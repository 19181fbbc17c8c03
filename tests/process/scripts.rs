use super::*;

/// Prints how it was called into the file `out` beside it.
const SHOW: &str = r#"printf '%s\n' "$0" "$#" "$@" > "${0%/*}/out"; exit 9"#;

#[test]
fn without_an_interpreter_are_run_by_the_shell() {
    let place = Place::new();
    let path = place.executable("script", SHOW);
    assert_eq!(process::run(&*path, &["a b", "", "-c", "$x"]), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n4\na b\n\n-c\n$x\n"));
    assert_eq!(process::run(&*path, &NONE), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n0\n"));
}

#[test]
fn in_path_are_run_by_their_full_path() {
    in_child(|place| {
        let path = place.executable("script", SHOW);
        env::set("PATH", &*format!("/nowhere:{}:/bin:/usr/bin", place.path())).unwrap();
        assert_eq!(process::run("script", &["x"]), Ok(Exited(9)));
        assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n1\nx\n"));
    });
}

#[test]
fn with_an_interpreter_are_run_by_that() {
    let place = Place::new();
    let path = place.executable("script", format!("#!/bin/sh -f\n{SHOW}"));
    assert_eq!(process::run(&*path, &["*"]), Ok(Exited(9)));
    assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n1\n*\n"));
}

#[test]
fn that_are_empty_succeed() {
    let place = Place::new();
    assert_eq!(process::run(&*place.executable("empty", ""), &["x"]), Ok(Exited(0)));
}
