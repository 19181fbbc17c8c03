use super::*;

/// Returns the home directory of a user as getent(1) reports it, if the user exists.
fn home_in_passwd(user: u32) -> Option<String> {
    let output = Command::new("getent").args(["passwd", &user.to_string()]).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    Some(line.split(':').nth(5)?.to_owned())
}

fn user() -> u32 {
    // SAFETY: the call has no arguments.
    unsafe { libc::getuid() }
}

/// Asserts that the home directory is the one in /etc/passwd.
#[track_caller]
fn assert_home_is_that_in_passwd(user: u32) {
    match home_in_passwd(user) {
        Some(home) => assert_eq!(env::home().unwrap(), home),
        None => assert_eq!(env::home().unwrap_err(), Errno::ENOENT),
    }
}

#[test]
fn home_is_the_variable_if_absolute() {
    in_child(|_| {
        for home in ["/", "/some/where", "/not there\n\u{fc}"] {
            env::set("HOME", home).unwrap();
            assert_eq!(env::home().unwrap(), home);
        }
    });
}

#[test]
fn home_comes_from_passwd_if_the_variable_is_missing_or_relative() {
    in_child_with(
        |command, _| {
            command.env_remove("HOME");
        },
        |_| {
            assert_home_is_that_in_passwd(user());
            for home in ["", "relative", "./x", "~", " /x"] {
                env::set("HOME", home).unwrap();
                assert_home_is_that_in_passwd(user());
            }
            env::set("HOME", "/set").unwrap();
            assert_eq!(env::home().unwrap(), "/set");
        },
    );
}

#[test]
fn home_of_an_ordinary_user_comes_from_passwd() {
    as_ordinary_user(|_| {
        env::set("HOME", "").unwrap();
        assert_home_is_that_in_passwd(user());
    });
}

#[test]
fn home_of_a_user_missing_in_passwd_fails_with_enoent() {
    if !is_root() {
        report_cannot_run("the home directory of an unknown user: run the tests as root");
        return;
    }
    in_child(|_| {
        let unknown = 3_000_000_001;
        assert_eq!(home_in_passwd(unknown), None);
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresuid(unknown, unknown, unknown) });
        env::set("HOME", "").unwrap();
        assert_eq!(env::home().unwrap_err(), Errno::ENOENT);
        env::set("HOME", "/set").unwrap();
        assert_eq!(env::home().unwrap(), "/set");
    });
}
