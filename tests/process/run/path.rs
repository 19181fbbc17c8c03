use super::*;

/// Returns the exit code of env(1), which calls execvp(3), for a command with this PATH and the current directory.
fn by_execvp(path: &str, command: &str) -> i32 {
    let mut env = Command::new("/usr/bin/env");
    env.arg(command).env("PATH", path).stderr(Stdio::null());
    env.status().unwrap().code().unwrap()
}

#[test]
fn run_executes_the_first_program_in_path_that_works() {
    in_child(|temp| {
        let directories = ["first", "second", "third", "fourth"].map(|name| temp.mkdir(name));
        let [_, second, third, fourth] = &directories;
        temp.file("first/program", "not executable");
        temp.mkdir("second/program");
        temp.executable("third/program", "#!/bin/sh\nexit 3\n");
        temp.executable("fourth/program", "#!/bin/sh\nexit 4\n");
        temp.executable("first/only", "#!/bin/sh\nexit 1\n");
        temp.file("first/never", "");
        temp.symlink("second/never", "missing");
        temp.executable("third/orphan", "#!/nonexistent\n");
        temp.executable("second/later", "#!/nonexistent\n");
        temp.executable("fourth/later", "#!/bin/sh\nexit 44\n");
        let file = temp.file("file", "");
        let all = directories.join(":");
        std::env::set_current_dir(third).unwrap();
        let orphan = NotExecutable(Errno::ENOENT);
        let (name, knot) = ("x".repeat(256), temp.symlink("loop", "loop"));
        for (path, command, wanted) in [
            (&*all, "program", Exited(3)),
            (&*all, "only", Exited(1)),
            (&*all, "later", Exited(44)),
            (&*all, "never", NotExecutable(Errno::EACCES)),
            (&*all, "missing", NotFound(Errno::ENOENT)),
            (&*all, "orphan", orphan),
            (&*format!("{fourth}:{third}"), "program", Exited(4)),
            (&*format!("{temp}/missing:{file}:{fourth}", temp = temp.path()), "program", Exited(4)),
            (&*format!("{fourth}/"), "program", Exited(4)),
            // An empty entry at any position is the working directory.
            (&*format!(":{fourth}"), "program", Exited(3)),
            (&*format!("{fourth}:"), "program", Exited(4)),
            (&*format!("{second}:"), "program", Exited(3)),
            (&*format!("{second}::{fourth}"), "program", Exited(3)),
            (":", "program", Exited(3)),
            ("", "program", Exited(3)),
            (".", "program", Exited(3)),
            ("../fourth", "program", Exited(4)),
            ("", "missing", NotFound(Errno::ENOENT)),
            // These errors end the search, as in execvp(3).
            (&*format!("{name}:{fourth}"), "program", NotExecutable(Errno::ENAMETOOLONG)),
            (&*format!("{knot}:{fourth}"), "program", NotExecutable(Errno::ELOOP)),
            // A command with a slash is not searched in PATH.
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

/// glibc searches the working directory instead, which would run a program that PATH does not name.
#[test]
fn run_skips_path_entries_over_4095_bytes() {
    in_child(|temp| {
        let (here, there, long) = (temp.mkdir("here"), temp.mkdir("there"), "x".repeat(5000));
        temp.executable("here/program", "#!/bin/sh\nexit 3\n");
        temp.executable("there/program", "#!/bin/sh\nexit 4\n");
        std::env::set_current_dir(here).unwrap();
        env::set("PATH", &*format!("{long}:{there}")).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
        env::set("PATH", &*format!("{there}:{long}")).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
        env::set("PATH", &*long).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
    });
}

/// Errors of earlier entries are overwritten, as in execvp(3).
#[test]
fn run_reports_the_error_of_the_last_path_entry() {
    in_child(|temp| {
        let (file, missing) = (temp.file("file", ""), temp.join("missing"));
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
fn run_searches_the_path_of_the_library_and_not_of_libc() {
    in_child(|temp| {
        temp.executable("program", "#!/bin/sh\nexit 5\n");
        env::set("PATH", USUAL_PATH).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
        env::set("PATH", temp.path()).unwrap();
        assert_eq!(process::run("program", &NONE), Ok(Exited(5)));
        assert_eq!(process::run("true", &NONE), Ok(NotFound(Errno::ENOENT)));
    });
}

#[test]
fn run_without_path_searches_the_default() {
    in_child_with(
        |command, _| {
            command.env_remove("PATH");
        },
        |temp| {
            temp.executable("program", "#!/bin/sh\nexit 5\n");
            std::env::set_current_dir(temp.path()).unwrap();
            assert_eq!(env::get("PATH").unwrap_err(), Errno::ENOENT);
            assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
            assert_eq!(process::run("env", &["true"]), Ok(Exited(0)));
            assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("./program", &NONE), Ok(Exited(5)));
        },
    );
}

#[test]
fn run_skips_path_entries_that_may_not_be_searched() {
    as_ordinary_user(|temp| {
        let (closed, open) = (temp.mkdir("closed"), temp.mkdir("open"));
        temp.executable("closed/program", "#!/bin/sh\nexit 3\n");
        temp.executable("open/program", "#!/bin/sh\nexit 4\n");
        set_mode(&closed, 0o600);
        for (path, command, wanted) in [
            (&*format!("{closed}:{open}"), "program", Exited(4)),
            // It is unknown whether the closed directory has it.
            (&*format!("{closed}:{open}"), "missing", NotFound(Errno::EACCES)),
            (&*closed, "program", NotFound(Errno::EACCES)),
        ] {
            env::set("PATH", path).unwrap();
            assert_eq!(process::run(command, &NONE), Ok(wanted), "{command} in {path}");
        }
        set_mode(&closed, 0o700);
    });
}
