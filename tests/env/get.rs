use super::*;

#[test]
fn get_returns_the_variables_that_std_sees() {
    in_child_with(
        |command, _| {
            command.env("EMPTY", "").env("EQUALS", "a=b=c").env("SPACES", " a\nb ");
            command.env("BYTES", OsString::from_vec(b"\xff\xfe".to_vec()));
        },
        |temp| {
            let wanted: BTreeMap<_, _> = std::env::vars_os().collect();
            assert!(wanted.len() >= 4);
            for (name, value) in &wanted {
                assert_eq!(env::get(name.as_bytes()).unwrap(), value.as_bytes(), "{name:?}");
            }
            let entries = |(name, value): (OsString, OsString)| [name.as_bytes(), b"=", value.as_bytes()].concat();
            assert!(entries_of_child(temp).into_iter().eq(std::env::vars_os().map(entries)));
            // The same holds after the first set, when the library uses its own table.
            env::set("NEW", "value").unwrap();
            for (name, value) in &wanted {
                assert_eq!(env::get(name.as_bytes()).unwrap(), value.as_bytes(), "{name:?}");
            }
            let with_new = std::env::vars_os().chain([("NEW".into(), "value".into())]);
            assert!(entries_of_child(temp).into_iter().eq(with_new.map(entries)));
        },
    );
}

#[test]
fn get_distinguishes_empty_variables_from_unset_ones() {
    in_child_with(
        |command, _| {
            command.env("EMPTY", "");
        },
        |temp| {
            assert_eq!(env::get("EMPTY").unwrap(), "");
            assert_eq!(env::get("EMPT").unwrap_err(), Errno::ENOENT);
            assert_eq!(env::get("EMPTYY").unwrap_err(), Errno::ENOENT);
            env::set("ALSO_EMPTY", "").unwrap();
            assert_eq!(env::get("ALSO_EMPTY").unwrap(), "");
            assert_eq!(env::get("EMPTY").unwrap(), "");
            assert_eq!(value_in_child(temp, "EMPTY"), Some(vec![]));
            assert_eq!(value_in_child(temp, "ALSO_EMPTY"), Some(vec![]));
            assert_eq!(value_in_child(temp, "MISSING"), None);
        },
    );
}

#[test]
fn get_of_an_invalid_name_fails_with_enoent() {
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
fn get_accepts_names_longer_than_a_path() {
    let name = "N".repeat(10_000);
    in_child(|temp| {
        assert_eq!(env::get(&*name).unwrap_err(), Errno::ENOENT);
        env::set(&*name, "value").unwrap();
        assert_eq!(env::get(&*name).unwrap(), "value");
        assert_eq!(value_in_child(temp, &name).unwrap(), b"value");
    });
}

#[test]
fn get_returns_the_first_of_duplicates_and_set_leaves_one() {
    if is_emulated() {
        return report_not_in_an_emulator("duplicate and malformed variables: an emulator does not pass them on");
    }
    const ENTRIES: [&CStr; 7] = [c"PATH=/bin", c"A=1", c"B=x", c"A=2", c"AA=3", c"A=4", c"C=y"];
    in_child_with_environment(&ENTRIES, |temp| {
        assert_eq!(env::get("A").unwrap(), "1");
        let wanted: Vec<_> = ENTRIES.iter().map(|entry| entry.to_bytes().to_vec()).collect();
        assert_eq!(entries_of_child(temp)[..7], wanted);
        // Setting another variable keeps the duplicates.
        env::set("D", "z").unwrap();
        assert_eq!(env::get("A").unwrap(), "1");
        assert_eq!(entries_of_child(temp)[..7], wanted);
        // Setting the variable itself leaves one entry, at the position of the first.
        env::set("A", "new").unwrap();
        assert_eq!(env::get("A").unwrap(), "new");
        let found = entries_of_child(temp);
        let found: Vec<_> = found.iter().filter(|entry| !entry.starts_with(b"FFI_SYSCALLS")).collect();
        assert_eq!(found, [&b"PATH=/bin"[..], b"A=new", b"B=x", b"AA=3", b"C=y", b"D=z"]);
        env::set("A", "newer").unwrap();
        assert_eq!(env::get("A").unwrap(), "newer");
        assert_eq!(env::get("AA").unwrap(), "3");
    });
}

#[test]
fn get_ignores_malformed_entries_and_children_inherit_them() {
    if is_emulated() {
        return report_not_in_an_emulator("duplicate and malformed variables: an emulator does not pass them on");
    }
    const ENTRIES: [&CStr; 6] = [c"NO_EQUALS", c"", c"=", c"==x", c"\xff=\xfe", c"NAME=value"];
    in_child_with_environment(&ENTRIES, |temp| {
        for set in [false, true] {
            if set {
                env::set("NAME", "value").unwrap();
            }
            assert_eq!(env::get("NO_EQUALS").unwrap_err(), Errno::ENOENT);
            assert_eq!(env::get("NO_EQUALSS").unwrap_err(), Errno::ENOENT);
            assert_eq!(env::get("NAME").unwrap(), "value");
            assert_eq!(env::get(b"\xff").unwrap(), b"\xfe");
            let wanted: Vec<_> = ENTRIES.iter().map(|entry| entry.to_bytes().to_vec()).collect();
            assert_eq!(entries_of_child(temp)[..6], wanted);
        }
    });
}

#[test]
fn get_sees_variables_that_libc_set_before_the_first_set() {
    in_child(|temp| {
        // SAFETY: no other thread of the process accesses the environment.
        unsafe { std::env::set_var("FROM_LIBC", "1") };
        assert_eq!(env::get("FROM_LIBC").unwrap(), "1");
        assert_eq!(value_in_child(temp, "FROM_LIBC").unwrap(), b"1");
        // SAFETY: no other thread of the process accesses the environment.
        unsafe { std::env::set_var("FROM_LIBC", "2") };
        assert_eq!(env::get("FROM_LIBC").unwrap(), "2");
        // SAFETY: no other thread of the process accesses the environment.
        unsafe { std::env::remove_var("FROM_LIBC") };
        assert_eq!(env::get("FROM_LIBC").unwrap_err(), Errno::ENOENT);
        assert_eq!(value_in_child(temp, "FROM_LIBC"), None);
    });
}

#[test]
fn get_after_clearenv_fails_with_enoent() {
    in_child(|temp| {
        // clearenv(3) makes `environ` a null pointer.
        // SAFETY: no other thread of the process accesses the environment.
        checked(unsafe { libc::clearenv() });
        assert_eq!(env::get("PATH").unwrap_err(), Errno::ENOENT);
        assert_eq!(entries_of_child(temp), Vec::<Vec<u8>>::new());
        env::set("NAME", "value").unwrap();
        assert_eq!(entries_of_child(temp), [b"NAME=value"]);
    });
}
