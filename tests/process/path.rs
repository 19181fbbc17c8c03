use super::*;

/// What env(1), by execvp(3), makes of a command, with the same PATH and working directory as the library.
fn by_execvp(path: &str, command: &str) -> i32 {
    let mut env = Command::new("/usr/bin/env");
    env.arg(command).env("PATH", path).stderr(Stdio::null());
    env.status().unwrap().code().unwrap()
}

#[test]
fn the_first_program_that_works_counts() {
    in_child(|place| {
        let directories = ["first", "second", "third", "fourth"].map(|name| place.dir(name));
        let [_, second, third, fourth] = &directories;
        place.file("first/program", "not executable");
        place.dir("second/program");
        place.executable("third/program", "#!/bin/sh\nexit 3\n");
        place.executable("fourth/program", "#!/bin/sh\nexit 4\n");
        place.executable("first/only", "#!/bin/sh\nexit 1\n");
        place.file("first/never", "");
        place.link("second/never", "missing");
        place.executable("third/orphan", "#!/nonexistent\n");
        place.executable("second/later", "#!/nonexistent\n");
        place.executable("fourth/later", "#!/bin/sh\nexit 44\n");
        let file = place.file("file", "");
        let all = directories.join(":");
        std::env::set_current_dir(third).unwrap();
        let orphan = NotExecutable(Errno::ENOENT);
        let (name, knot) = ("x".repeat(256), place.link("loop", "loop"));
        for (path, command, wanted) in [
            (&*all, "program", Exited(3)),
            (&*all, "only", Exited(1)),
            (&*all, "later", Exited(44)),
            (&*all, "never", NotExecutable(Errno::EACCES)),
            (&*all, "missing", NotFound(Errno::ENOENT)),
            (&*all, "orphan", orphan),
            (&*format!("{fourth}:{third}"), "program", Exited(4)),
            (&*format!("{place}/missing:{file}:{fourth}", place = place.path()), "program", Exited(4)),
            (&*format!("{fourth}/"), "program", Exited(4)),
            // An empty entry, wherever it is, is the working directory.
            (&*format!(":{fourth}"), "program", Exited(3)),
            (&*format!("{fourth}:"), "program", Exited(4)),
            (&*format!("{second}:"), "program", Exited(3)),
            (&*format!("{second}::{fourth}"), "program", Exited(3)),
            (":", "program", Exited(3)),
            ("", "program", Exited(3)),
            (".", "program", Exited(3)),
            ("../fourth", "program", Exited(4)),
            ("", "missing", NotFound(Errno::ENOENT)),
            // As for execvp(3), these end the search.
            (&*format!("{name}:{fourth}"), "program", NotExecutable(Errno::ENAMETOOLONG)),
            (&*format!("{knot}:{fourth}"), "program", NotExecutable(Errno::ELOOP)),
            // A path is not looked for.
            (&*all, "./program", Exited(3)),
            (&*all, "../fourth/program", Exited(4)),
            (&*all, "fourth/program", NotFound(Errno::ENOENT)),
        ] {
            env::set("PATH", path).unwrap();
            assert_eq!(process::run(command, &NONE), Ok(wanted), "{command} in {path}");
            if wanted != orphan {
                assert_eq!(wanted.code(), by_execvp(path, command), "{command} in {path}");
            }
        }
    });
}

/// glibc looks into the working directory in its place, which nobody has asked for.
#[test]
fn an_entry_that_is_longer_than_a_path_is_passed_over() {
    in_child(|place| {
        let (here, there, long) = (place.dir("here"), place.dir("there"), "x".repeat(5000));
        place.executable("here/program", "#!/bin/sh\nexit 3\n");
        place.executable("there/program", "#!/bin/sh\nexit 4\n");
        std::env::set_current_dir(here).unwrap();
        env::set("PATH", &*format!("{long}:{there}")).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
        env::set("PATH", &*format!("{there}:{long}")).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
        env::set("PATH", &*long).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
    });
}

/// As with execvp(3), whatever was wrong with the directories before.
#[test]
fn the_last_directory_gives_the_reason() {
    in_child(|place| {
        let (file, missing) = (place.file("file", ""), place.at("missing"));
        for (path, errno) in [
            (format!("{missing}:{file}"), Errno::ENOTDIR),
            (format!("{file}:{missing}"), Errno::ENOENT),
            (format!("{file}:{file}/x"), Errno::ENOTDIR),
        ] {
            env::set("PATH", &*path).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(NotFound(errno)), "{path}");
        }
    });
}

#[test]
fn is_that_of_the_library_and_not_of_libc() {
    in_child(|place| {
        place.executable("program", "#!/bin/sh\nexit 5\n");
        env::set("PATH", USUAL_PATH).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
        env::set("PATH", place.path()).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(5)));
        assert_eq!(process::run("true", &NONE), Ok(NotFound(Errno::ENOENT)));
    });
}

#[test]
fn that_is_not_set_is_the_default() {
    in_child_with(
        |command, _| {
            command.env_remove("PATH");
        },
        |place| {
            place.executable("program", "#!/bin/sh\nexit 5\n");
            std::env::set_current_dir(place.path()).unwrap();
            assert_eq!(env::get("PATH").unwrap_err(), Errno::ENOENT);
            assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
            assert_eq!(process::run("env", &["true"]), Ok(Exited(0)));
            assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("./program", &NONE), Ok(Exited(5)));
        },
    );
}

#[test]
fn directories_that_may_not_be_searched_are_passed_over() {
    as_ordinary_user(|place| {
        let (closed, open) = (place.dir("closed"), place.dir("open"));
        place.executable("closed/program", "#!/bin/sh\nexit 3\n");
        place.executable("open/program", "#!/bin/sh\nexit 4\n");
        set_mode(&closed, 0o600);
        for (path, command, wanted) in [
            (&*format!("{closed}:{open}"), "program", Exited(4)),
            // Nobody knows whether it is there.
            (&*format!("{closed}:{open}"), "missing", NotFound(Errno::EACCES)),
            (&*closed, "program", NotFound(Errno::EACCES)),
        ] {
            env::set("PATH", path).unwrap();
            assert_eq!(process::run(command, &NONE), Ok(wanted), "{command} in {path}");
        }
        set_mode(&closed, 0o700);
    });
}
