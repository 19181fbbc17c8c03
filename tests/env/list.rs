use super::*;

#[test]
fn list_returns_the_entries_that_std_sees() {
    in_child_with(
        |command, _| {
            command.env("EMPTY", "").env("EQUALS", "a=b=c");
            command.env("BYTES", OsString::from_vec(b"\xff\xfe".to_vec()));
        },
        |temp| {
            let entries = |(name, value): (OsString, OsString)| [name.as_bytes(), b"=", value.as_bytes()].concat();
            let found = || -> Vec<_> { env::list().unwrap().iter().map(|entry| entry.to_bytes().to_vec()).collect() };
            assert!(found().into_iter().eq(std::env::vars_os().map(entries)));
            env::set("NEW", "value").unwrap();
            env::unset("EMPTY").unwrap();
            assert_eq!(found(), entries_of_child(temp));
            assert!(found().contains(&b"NEW=value".to_vec()));
            assert!(!found().contains(&b"EMPTY=".to_vec()));
        },
    );
}

#[test]
fn list_of_an_empty_environment_is_empty() {
    in_child(|_| {
        for (name, _) in std::env::vars_os() {
            // SAFETY: the child has one thread.
            unsafe { std::env::remove_var(name) };
        }
        assert!(env::list().unwrap().is_empty());
    });
}
