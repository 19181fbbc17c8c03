use super::*;

type Directory = (&'static str, fn() -> ffi_syscalls::Result<ffi_syscalls::Text>, &'static str);

const DIRECTORIES: [Directory; 3] = [
    ("XDG_CACHE_HOME", env::cache_dir, "/.cache"),
    ("XDG_CONFIG_HOME", env::config_dir, "/.config"),
    ("XDG_DATA_HOME", env::data_dir, "/.local/share"),
];

#[test]
fn temp_dir_is_tmpdir_if_that_is_absolute() {
    in_child(|_| {
        env::set("TMPDIR", "/some/where").unwrap();
        assert_eq!(env::temp_dir().unwrap(), "/some/where");
        for ignored in ["", "relative", "./relative"] {
            env::set("TMPDIR", ignored).unwrap();
            assert_eq!(env::temp_dir().unwrap(), "/tmp", "{ignored:?}");
        }
        env::unset("TMPDIR").unwrap();
        assert_eq!(env::temp_dir().unwrap(), "/tmp");
    });
}

#[test]
fn user_directories_are_those_of_the_variables_if_these_are_absolute() {
    in_child(|_| {
        env::set("HOME", "/home/of/mine").unwrap();
        for (variable, directory, in_home) in DIRECTORIES {
            env::set(variable, "/some/where").unwrap();
            assert_eq!(directory().unwrap(), "/some/where", "{variable}");
            for ignored in ["", "relative", "~"] {
                env::set(variable, ignored).unwrap();
                assert_eq!(directory().unwrap(), format!("/home/of/mine{in_home}"), "{variable}={ignored:?}");
            }
            env::unset(variable).unwrap();
            assert_eq!(directory().unwrap(), format!("/home/of/mine{in_home}"), "{variable}");
        }
        env::set("HOME", "/").unwrap();
        assert_eq!(env::cache_dir().unwrap(), "/.cache");
    });
}

/// The home directory of a user without an entry in /etc/passwd is unknown.
#[test]
fn user_directories_without_a_home_directory_fail_with_enoent() {
    if !is_root() {
        report_cannot_run("a user without an entry in /etc/passwd: run the tests as root");
        return;
    }
    in_child(|_| {
        env::unset("HOME").unwrap();
        // SAFETY: the argument is a plain integer.
        checked(unsafe { libc::setuid(3_456_789) });
        for (variable, directory, _) in DIRECTORIES {
            env::unset(variable).unwrap();
            assert_eq!(directory().unwrap_err(), Errno::ENOENT, "{variable}");
            env::set(variable, "/some/where").unwrap();
            assert_eq!(directory().unwrap(), "/some/where", "{variable}");
        }
    });
}
