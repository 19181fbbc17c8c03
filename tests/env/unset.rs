use super::*;

#[test]
fn unset_removes_a_variable_for_get_and_for_children() {
    in_child_with(
        |command, _| {
            command.env("FIRST", "1").env("SECOND", "2");
        },
        |temp| {
            env::unset("FIRST").unwrap();
            assert_eq!(env::get("FIRST").unwrap_err(), Errno::ENOENT);
            assert_eq!(value_in_child(temp, "FIRST"), None);
            assert_eq!(value_in_child(temp, "SECOND").unwrap(), b"2");
            // The libc's environment is left alone.
            assert_eq!(std::env::var("FIRST").unwrap(), "1");
            env::set("FIRST", "again").unwrap();
            assert_eq!(env::get("FIRST").unwrap(), "again");
            env::unset("FIRST").unwrap();
            assert_eq!(env::get("FIRST").unwrap_err(), Errno::ENOENT);
        },
    );
}

#[test]
fn unset_removes_all_entries_of_a_name() {
    in_child_with_environment(&[c"TWICE=1", c"OTHER=3", c"TWICE=2"], |temp| {
        env::unset("TWICE").unwrap();
        assert_eq!(env::get("TWICE").unwrap_err(), Errno::ENOENT);
        assert!(!entries_of_child(temp).iter().any(|entry| entry.starts_with(b"TWICE=")));
        assert_eq!(env::get("OTHER").unwrap(), "3");
    });
}

#[test]
fn unset_of_a_variable_that_is_not_set_succeeds_and_leaves_the_environment_with_the_libc() {
    in_child(|_| {
        env::unset("NO_SUCH_VARIABLE").unwrap();
        // SAFETY: the child has one thread.
        unsafe { std::env::set_var("SET_AFTERWARDS", "value") };
        assert_eq!(env::get("SET_AFTERWARDS").unwrap(), "value");
    });
}

#[test]
fn unset_of_an_invalid_name_fails_with_einval() {
    for name in ["", "=", "A=", "=A", "A\0B"] {
        assert_eq!(env::unset(name), Err(Errno::EINVAL), "{name:?}");
    }
}

#[test]
fn unset_frees_the_entries_that_set_made() {
    in_child(|_| {
        assert_memory_does_not_grow(20_000, || {
            env::set("VARIABLE", "x".repeat(1000).as_str()).unwrap();
            env::unset("VARIABLE").unwrap();
        });
    });
}
