//! The environment operations, compared with std, with real children and with the kernel's own files.
//!
//! The first [`env::set`] of a process decides what it sees from then on, so most tests are in a process of their own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod support;

use std::collections::BTreeMap;
use std::ffi::{CStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;
use std::thread;

use ffi_syscalls::{Errno, env, process};

use support::{
    NOBODY, Place, as_ordinary_user, assert_memory_stays_flat, checked, copy_program, in_child, in_child_with,
    in_child_with_environment, is_emulated, is_root, loudly, not_in_an_emulator, refuse_with, set_mode,
};

/// The entries of the environment that a child of the library's gets, in their order.
fn entries_of_child(place: &Place) -> Vec<Vec<u8>> {
    let copy = place.at("environ");
    let outcome = process::run("/bin/cp", &["/proc/self/environ", &copy]).unwrap();
    assert!(outcome.success(), "{outcome:?}");
    let entries = fs::read(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    entries.split_inclusive(|&byte| byte == 0).map(|entry| entry.strip_suffix(b"\0").unwrap().to_vec()).collect()
}

/// The value of a variable in a child of the library's.
fn value_in_child(place: &Place, name: &str) -> Option<Vec<u8>> {
    let start = format!("{name}=");
    entries_of_child(place).iter().find_map(|entry| entry.strip_prefix(start.as_bytes()).map(<[u8]>::to_vec))
}

mod variables {
    use super::*;

    #[test]
    fn are_those_that_std_sees() {
        in_child_with(
            |command, _| {
                command.env("EMPTY", "").env("EQUALS", "a=b=c").env("SPACES", " a\nb ");
                command.env("BYTES", OsString::from_vec(b"\xff\xfe".to_vec()));
            },
            |place| {
                let wanted: BTreeMap<_, _> = std::env::vars_os().collect();
                assert!(wanted.len() >= 4);
                for (name, value) in &wanted {
                    assert_eq!(env::get(name.as_bytes()).unwrap(), value.as_bytes(), "{name:?}");
                }
                let entries = |(name, value): (OsString, OsString)| [name.as_bytes(), b"=", value.as_bytes()].concat();
                assert!(entries_of_child(place).into_iter().eq(std::env::vars_os().map(entries)));
                // All the same from the library's own table.
                env::set("NEW", "value").unwrap();
                for (name, value) in &wanted {
                    assert_eq!(env::get(name.as_bytes()).unwrap(), value.as_bytes(), "{name:?}");
                }
                let with_new = std::env::vars_os().chain([("NEW".into(), "value".into())]);
                assert!(entries_of_child(place).into_iter().eq(with_new.map(entries)));
            },
        );
    }

    #[test]
    fn that_are_empty_differ_from_those_that_are_not_set() {
        in_child_with(
            |command, _| {
                command.env("EMPTY", "");
            },
            |place| {
                assert_eq!(env::get("EMPTY").unwrap(), "");
                assert_eq!(env::get("EMPT").unwrap_err(), Errno::ENOENT);
                assert_eq!(env::get("EMPTYY").unwrap_err(), Errno::ENOENT);
                env::set("ALSO_EMPTY", "").unwrap();
                assert_eq!(env::get("ALSO_EMPTY").unwrap(), "");
                assert_eq!(env::get("EMPTY").unwrap(), "");
                assert_eq!(value_in_child(place, "EMPTY"), Some(vec![]));
                assert_eq!(value_in_child(place, "ALSO_EMPTY"), Some(vec![]));
                assert_eq!(value_in_child(place, "MISSING"), None);
            },
        );
    }

    #[test]
    fn without_a_proper_name_are_not_set() {
        in_child_with_environment(&[c"=value", c"A=b=c", c"NAME=value", c"PATH=/bin"], |_| {
            for set in [false, true] {
                if set {
                    env::set("OTHER", "x").unwrap();
                }
                for name in ["", "=", "=value", "A=b", "A=", "NAME=", "NAME\0", "\0", "NAME\0X"] {
                    assert_eq!(env::get(name).unwrap_err(), Errno::ENOENT, "{name:?}");
                }
                assert_eq!(env::get("NAME").unwrap(), "value");
                assert_eq!(env::get("A").unwrap(), "b=c");
            }
        });
    }

    #[test]
    fn whose_name_is_longer_than_a_path() {
        let name = "N".repeat(10_000);
        in_child(|place| {
            assert_eq!(env::get(&*name).unwrap_err(), Errno::ENOENT);
            env::set(&*name, "value").unwrap();
            assert_eq!(env::get(&*name).unwrap(), "value");
            assert_eq!(value_in_child(place, &name).unwrap(), b"value");
        });
    }

    #[test]
    fn that_are_there_twice_count_once_and_the_first() {
        if is_emulated() {
            return not_in_an_emulator("variables that are there twice, or are none: it does not hand them on");
        }
        const ENTRIES: [&CStr; 7] = [c"PATH=/bin", c"A=1", c"B=x", c"A=2", c"AA=3", c"A=4", c"C=y"];
        in_child_with_environment(&ENTRIES, |place| {
            assert_eq!(env::get("A").unwrap(), "1");
            let wanted: Vec<_> = ENTRIES.iter().map(|entry| entry.to_bytes().to_vec()).collect();
            assert_eq!(entries_of_child(place)[..7], wanted);
            // Setting another one leaves them as they are.
            env::set("D", "z").unwrap();
            assert_eq!(env::get("A").unwrap(), "1");
            assert_eq!(entries_of_child(place)[..7], wanted);
            // Setting it leaves one, in the place of the first.
            env::set("A", "new").unwrap();
            assert_eq!(env::get("A").unwrap(), "new");
            let found = entries_of_child(place);
            let found: Vec<_> = found.iter().filter(|entry| !entry.starts_with(b"FFI_SYSCALLS")).collect();
            assert_eq!(found, [&b"PATH=/bin"[..], b"A=new", b"B=x", b"AA=3", b"C=y", b"D=z"]);
            env::set("A", "newer").unwrap();
            assert_eq!(env::get("A").unwrap(), "newer");
            assert_eq!(env::get("AA").unwrap(), "3");
        });
    }

    #[test]
    fn that_are_no_variables_stay_and_harm_nobody() {
        if is_emulated() {
            return not_in_an_emulator("variables that are there twice, or are none: it does not hand them on");
        }
        const ENTRIES: [&CStr; 6] = [c"NO_EQUALS", c"", c"=", c"==x", c"\xff=\xfe", c"NAME=value"];
        in_child_with_environment(&ENTRIES, |place| {
            for set in [false, true] {
                if set {
                    env::set("NAME", "value").unwrap();
                }
                assert_eq!(env::get("NO_EQUALS").unwrap_err(), Errno::ENOENT);
                assert_eq!(env::get("NO_EQUALSS").unwrap_err(), Errno::ENOENT);
                assert_eq!(env::get("NAME").unwrap(), "value");
                assert_eq!(env::get(b"\xff").unwrap(), b"\xfe");
                let wanted: Vec<_> = ENTRIES.iter().map(|entry| entry.to_bytes().to_vec()).collect();
                assert_eq!(entries_of_child(place)[..6], wanted);
            }
        });
    }

    #[test]
    fn that_libc_set_before_the_first_set_are_seen() {
        in_child(|place| {
            // SAFETY: the process has no other thread that looks at the environment.
            unsafe { std::env::set_var("FROM_LIBC", "1") };
            assert_eq!(env::get("FROM_LIBC").unwrap(), "1");
            assert_eq!(value_in_child(place, "FROM_LIBC").unwrap(), b"1");
            // SAFETY: as above.
            unsafe { std::env::set_var("FROM_LIBC", "2") };
            assert_eq!(env::get("FROM_LIBC").unwrap(), "2");
            // SAFETY: as above.
            unsafe { std::env::remove_var("FROM_LIBC") };
            assert_eq!(env::get("FROM_LIBC").unwrap_err(), Errno::ENOENT);
            assert_eq!(value_in_child(place, "FROM_LIBC"), None);
        });
    }

    #[test]
    fn may_all_be_missing() {
        in_child(|place| {
            // After this the libc's array is a null pointer.
            // SAFETY: the process has no other thread that looks at the environment.
            checked(unsafe { libc::clearenv() });
            assert_eq!(env::get("PATH").unwrap_err(), Errno::ENOENT);
            assert_eq!(entries_of_child(place), Vec::<Vec<u8>>::new());
            env::set("NAME", "value").unwrap();
            assert_eq!(entries_of_child(place), [b"NAME=value"]);
        });
    }
}

mod set {
    use super::*;

    #[test]
    fn is_seen_by_get_and_children_and_not_by_libc() {
        in_child_with(
            |command, _| {
                command.env("OLD", "old");
            },
            |place| {
                for (name, value) in
                    [("NEW", "1"), ("NEW", "a longer value"), ("NEW", ""), ("OLD", "new"), ("A B", "=x=")]
                {
                    env::set(name, value).unwrap();
                    assert_eq!(env::get(name).unwrap(), value);
                    assert_eq!(value_in_child(place, name).unwrap(), value.as_bytes());
                }
                assert_eq!(std::env::var_os("NEW"), None);
                assert_eq!(std::env::var("OLD").unwrap(), "old");
                // From the first set on the library's environment is its own.
                // SAFETY: the process has no other thread that looks at the environment.
                unsafe { std::env::set_var("LATE", "x") };
                assert_eq!(env::get("LATE").unwrap_err(), Errno::ENOENT);
            },
        );
    }

    #[test]
    fn a_real_program_sees_it() {
        in_child(|place| {
            env::set("NAME", "some value").unwrap();
            let out = place.at("out");
            let outcome = process::run("sh", &["-c", r#"printf "%s" "$NAME" > "$0""#, &out]).unwrap();
            assert!(outcome.success());
            assert_eq!(fs::read(&out).unwrap(), b"some value");
        });
    }

    #[test]
    fn refuses_what_cannot_be_a_variable() {
        in_child(|_| {
            for name in ["", "=", "A=", "=A", "A=B", "A\0", "\0A"] {
                assert_eq!(env::set(name, "x"), Err(Errno::EINVAL), "{name:?}");
            }
            assert_eq!(env::set("NAME", "a\0b"), Err(Errno::EINVAL));
            assert_eq!(env::get("NAME").unwrap_err(), Errno::ENOENT);
            assert_eq!(env::get("A").unwrap_err(), Errno::ENOENT);
            env::set("NAME", "old").unwrap();
            assert_eq!(env::set("NAME", "new\0"), Err(Errno::EINVAL));
            assert_eq!(env::get("NAME").unwrap(), "old");
        });
    }

    #[test]
    fn takes_any_bytes_and_a_megabyte_of_them() {
        in_child(|place| {
            let bytes: Vec<u8> = (1..=255).collect();
            env::set(b"\xff\x01", &*bytes).unwrap();
            assert_eq!(env::get(b"\xff\x01").unwrap(), bytes);
            assert_eq!(entries_of_child(place).last().unwrap(), &[b"\xff\x01=", &*bytes].concat());
            let large = vec![b'x'; 1 << 20];
            env::set("LARGE", &*large).unwrap();
            assert_eq!(env::get("LARGE").unwrap(), large);
            // More than a program takes: the kernel's word, not a guess.
            assert_eq!(process::run("true", &[""; 0]).unwrap(), process::Outcome::NotExecutable(Errno::E2BIG));
            env::set("LARGE", "small").unwrap();
            assert!(process::run("true", &[""; 0]).unwrap().success());
        });
    }

    #[test]
    fn takes_5000_variables() {
        in_child(|place| {
            let name = |i: u32| format!("VARIABLE_{i}");
            for i in 0..5000 {
                env::set(&*name(i), &*i.to_string()).unwrap();
            }
            for i in (0..5000).step_by(3) {
                env::set(&*name(i), &*format!("new {i}")).unwrap();
            }
            let entries = entries_of_child(place);
            let start = entries.len() - 5000;
            for i in 0..5000 {
                let value = if i % 3 == 0 { format!("new {i}") } else { i.to_string() };
                assert_eq!(env::get(&*name(i)).unwrap(), value);
                let at = start + usize::try_from(i).unwrap();
                assert_eq!(entries[at], format!("{}={value}", name(i)).as_bytes());
            }
        });
    }

    #[test]
    fn keeps_memory_flat() {
        in_child(|_| {
            let values = ["short".to_owned(), "x".repeat(3000), "y".repeat(100_000)];
            let mut turn = values.iter().cycle();
            assert_memory_stays_flat(20_000, || {
                let value = &**turn.next().unwrap();
                env::set("NAME", value).unwrap();
                assert_eq!(env::get("NAME").unwrap(), value);
            });
        });
    }

    #[test]
    fn by_many_threads_at_once() {
        in_child(|place| {
            let shared =
                |thread: usize| char::from(b'a' + u8::try_from(thread).unwrap()).to_string().repeat(thread * 1000 + 1);
            env::set("SHARED", &*shared(0)).unwrap();
            thread::scope(|scope| {
                for thread in 0..8 {
                    scope.spawn(move || {
                        let own = format!("OWN_{thread}");
                        for i in 0..1000 {
                            env::set(&*own, &*i.to_string()).unwrap();
                            assert_eq!(env::get(&*own).unwrap(), i.to_string());
                            env::set("SHARED", &*shared(thread)).unwrap();
                            // A value that somebody has set, all of it.
                            let value = env::get("SHARED").unwrap();
                            let setter = usize::from(value[0] - b'a');
                            assert_eq!(value, shared(setter));
                            assert_eq!(env::get("MISSING").unwrap_err(), Errno::ENOENT);
                        }
                    });
                }
            });
            for thread in 0..8 {
                assert_eq!(value_in_child(place, &format!("OWN_{thread}")).unwrap(), b"999");
            }
            assert_eq!(entries_of_child(place).iter().filter(|entry| entry.starts_with(b"SHARED=")).count(), 1);
        });
    }

    #[test]
    fn by_threads_while_others_run_programs() {
        in_child(|_| {
            thread::scope(|scope| {
                for thread in 0..4 {
                    scope.spawn(move || {
                        for i in 0..500 {
                            env::set(&*format!("V{thread}_{}", i % 50), &*"x".repeat(i)).unwrap();
                        }
                    });
                    scope.spawn(move || {
                        for _ in 0..20 {
                            let outcome = process::run("sh", &["-c", "exit 7"]).unwrap();
                            assert_eq!(outcome, process::Outcome::Exited(7));
                        }
                    });
                }
            });
        });
    }
}

mod home {
    use super::*;

    /// What getent(1) says is the home directory of this user, if it knows one.
    fn of_user(user: u32) -> Option<String> {
        let output = Command::new("getent").args(["passwd", &user.to_string()]).output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        Some(line.split(':').nth(5)?.to_owned())
    }

    fn user() -> u32 {
        // SAFETY: it takes nothing.
        unsafe { libc::getuid() }
    }

    /// Fails unless the home directory is the one in /etc/passwd.
    #[track_caller]
    fn assert_that_of_passwd(user: u32) {
        match of_user(user) {
            Some(home) => assert_eq!(env::home().unwrap(), home),
            None => assert_eq!(env::home().unwrap_err(), Errno::ENOENT),
        }
    }

    #[test]
    fn is_the_variable_if_it_is_absolute() {
        in_child(|_| {
            for home in ["/", "/some/where", "/not there\n\u{fc}"] {
                env::set("HOME", home).unwrap();
                assert_eq!(env::home().unwrap(), home);
            }
        });
    }

    #[test]
    fn is_that_of_passwd_where_the_variable_is_of_no_use() {
        in_child_with(
            |command, _| {
                command.env_remove("HOME");
            },
            |_| {
                assert_that_of_passwd(user());
                for home in ["", "relative", "./x", "~", " /x"] {
                    env::set("HOME", home).unwrap();
                    assert_that_of_passwd(user());
                }
                env::set("HOME", "/set").unwrap();
                assert_eq!(env::home().unwrap(), "/set");
            },
        );
    }

    #[test]
    fn is_that_of_an_ordinary_user() {
        as_ordinary_user(|_| {
            env::set("HOME", "").unwrap();
            assert_that_of_passwd(user());
        });
    }

    #[test]
    fn of_a_user_whom_passwd_does_not_know() {
        if !is_root() {
            loudly("the home directory of an unknown user: only root can become one");
            return;
        }
        in_child(|_| {
            let unknown = 3_000_000_001;
            assert_eq!(of_user(unknown), None);
            // SAFETY: it takes a number.
            checked(unsafe { libc::setresuid(unknown, unknown, unknown) });
            env::set("HOME", "").unwrap();
            assert_eq!(env::home().unwrap_err(), Errno::ENOENT);
            env::set("HOME", "/set").unwrap();
            assert_eq!(env::home().unwrap(), "/set");
        });
    }
}

/// A program whose file gives it the rights of another user does not trust what its caller says.
mod raised_rights {
    use super::*;

    const RAISED: &str = "FFI_SYSCALLS_TEST_RAISED";

    #[test]
    fn neither_home_nor_path_is_trusted() {
        run_with_raised_rights("neither_home_nor_path_is_trusted", with_raised_rights);
    }

    /// Before Linux 6.4 /proc has the kernel's word alone, and hides it from such a program's user.
    #[test]
    #[cfg(target_os = "linux")]
    fn nor_are_they_once_the_rights_are_given_up() {
        if is_emulated() {
            return not_in_an_emulator("a system call that is refused: an emulator makes others");
        }
        run_with_raised_rights("nor_are_they_once_the_rights_are_given_up", || {
            refuse_with(libc::SYS_prctl, Some(PR_GET_AUXV));
            // SAFETY: it takes numbers.
            checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) });
            // SAFETY: it takes numbers.
            checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
            assert_ne!(env::home().map(|home| home.to_string()), Ok("/trap".to_owned()));
            assert_eq!(process::run("trap", &[""; 0]).unwrap(), process::Outcome::NotFound(Errno::ENOENT));
        });
    }

    /// prctl.h. The libc crate does not have it.
    #[cfg(target_os = "linux")]
    const PR_GET_AUXV: i32 = 0x4155_5856;

    /// Runs the test of this name again, as a program that runs as root, whoever starts it, and does this there.
    fn run_with_raised_rights(test: &str, body: impl FnOnce()) {
        if std::env::var_os(RAISED).is_some() {
            // SAFETY: it takes a number.
            if unsafe { libc::getauxval(libc::AT_SECURE) } == 0 {
                println!("NOT RAISED");
                return;
            }
            return body();
        }
        if !is_root() {
            loudly("set-user-ID programs: only root can make one for another user");
            return;
        }
        let place = Place::new();
        let program = place.at("program");
        copy_program(std::env::current_exe().unwrap().to_str().unwrap(), &program);
        set_mode(&program, 0o4755);
        place.executable("trap", "#!/bin/sh\nexit 66\n");
        let mut command = Command::new(&program);
        std::os::unix::process::CommandExt::uid(&mut command, NOBODY);
        std::os::unix::process::CommandExt::gid(&mut command, NOBODY);
        command.args([&*format!("raised_rights::{test}"), "--exact", "--nocapture"]);
        let path = format!("{}:/bin:/usr/bin", place.path());
        let output = command.env(RAISED, "1").env("HOME", "/trap").env("PATH", path).output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout);
        if out.contains("NOT RAISED") {
            return loudly("set-user-ID programs: the directory of temporary files does not allow them");
        }
        assert!(output.status.success() && out.contains("1 passed"), "{output:?}");
    }

    fn with_raised_rights() {
        // SAFETY: they take nothing.
        let (real, effective) = (unsafe { libc::getuid() }, unsafe { libc::geteuid() });
        assert_eq!((real, effective), (NOBODY, 0));
        // Other variables are what they are.
        assert_eq!(env::get("HOME").unwrap(), "/trap");
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        let of_root = passwd.lines().find(|line| line.split(':').nth(2) == Some("0")).unwrap();
        assert_eq!(env::home().unwrap(), of_root.split(':').nth(5).unwrap());
        assert_eq!(process::run("trap", &[""; 0]).unwrap(), process::Outcome::NotFound(Errno::ENOENT));
        assert!(process::run("true", &[""; 0]).unwrap().success());
        // What the program sets itself it does not trust either: the variable is the same.
        env::set("HOME", "/other").unwrap();
        assert_eq!(env::home().unwrap(), of_root.split(':').nth(5).unwrap());
        // It was decided at the start: giving up the rights does not make the caller's word better.
        // SAFETY: it takes numbers.
        checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
        assert_ne!(env::home().map(|home| home.to_string()), Ok("/other".to_owned()));
    }
}

mod cwd {
    use super::*;

    #[test]
    fn is_that_of_std() {
        assert_eq!(env::cwd().unwrap(), std::env::current_dir().unwrap().as_os_str().as_bytes());
    }

    #[test]
    fn follows_every_change() {
        in_child(|place| {
            let real = fs::canonicalize(place.path()).unwrap();
            std::env::set_current_dir("/").unwrap();
            assert_eq!(env::cwd().unwrap(), "/");
            place.dir("directory \n\u{fc}");
            place.link("link", "directory \n\u{fc}");
            // The directory itself, without the link, and whatever PWD says.
            env::set("PWD", "/somewhere").unwrap();
            std::env::set_current_dir(place.at("link")).unwrap();
            assert_eq!(env::cwd().unwrap(), real.join("directory \n\u{fc}").as_os_str().as_bytes());
            fs::rename(place.at("directory \n\u{fc}"), place.at("renamed")).unwrap();
            assert_eq!(env::cwd().unwrap(), real.join("renamed").as_os_str().as_bytes());
        });
    }

    #[test]
    fn that_was_removed_is_missing() {
        in_child(|place| {
            std::env::set_current_dir(place.dir("directory")).unwrap();
            fs::remove_dir(place.at("directory")).unwrap();
            assert_eq!(env::cwd().unwrap_err(), Errno::ENOENT);
            assert_eq!(support::os_error(std::env::current_dir()), Some(libc::ENOENT));
        });
    }

    #[test]
    fn has_4095_bytes_at_most() {
        in_child(|place| {
            let top = fs::canonicalize(place.path()).unwrap();
            std::env::set_current_dir(&top).unwrap();
            let mut len = top.as_os_str().len();
            let enter = |name: &str| {
                fs::create_dir(name).unwrap();
                std::env::set_current_dir(name).unwrap();
            };
            while 4095 - len > 256 {
                enter(&"d".repeat(200));
                len += 201;
            }
            enter(&"e".repeat(4095 - len - 1));
            let cwd = env::cwd().unwrap();
            assert_eq!(cwd.len(), 4095);
            assert!(cwd.starts_with(top.as_os_str().as_bytes()));
            enter("g");
            assert_eq!(env::cwd().unwrap_err(), Errno::ENAMETOOLONG);
        });
    }

    #[test]
    fn outside_the_root_directory_is_missing() {
        if !is_root() {
            loudly("a working directory outside the root directory: only root can change its root directory");
            return;
        }
        in_child(|place| {
            std::env::set_current_dir("/").unwrap();
            std::os::unix::fs::chroot(place.path()).unwrap();
            assert_eq!(env::cwd().unwrap_err(), Errno::ENOENT);
            std::env::set_current_dir("/usr").unwrap_err();
        });
    }
}
