use super::*;

#[test]
fn set_is_seen_by_get_and_children_but_not_by_libc() {
    in_child_with(
        |command, _| {
            command.env("OLD", "old");
        },
        |temp| {
            for (name, value) in [("NEW", "1"), ("NEW", "a longer value"), ("NEW", ""), ("OLD", "new"), ("A B", "=x=")]
            {
                env::set(name, value).unwrap();
                assert_eq!(env::get(name).unwrap(), value);
                assert_eq!(value_in_child(temp, name).unwrap(), value.as_bytes());
            }
            assert_eq!(std::env::var_os("NEW"), None);
            assert_eq!(std::env::var("OLD").unwrap(), "old");
            // After its first set the library no longer sees changes by the libc.
            // SAFETY: no other thread of the process accesses the environment.
            unsafe { std::env::set_var("LATE", "x") };
            assert_eq!(env::get("LATE").unwrap_err(), Errno::ENOENT);
        },
    );
}

#[test]
fn set_is_seen_by_a_shell() {
    in_child(|temp| {
        env::set("NAME", "some value").unwrap();
        let out = temp.join("out");
        let outcome = process::run("sh", &["-c", r#"printf "%s" "$NAME" > "$0""#, &out]).unwrap();
        assert!(outcome.success());
        assert_eq!(fs::read(&out).unwrap(), b"some value");
    });
}

#[test]
fn set_of_an_invalid_name_or_value_fails_with_einval() {
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
fn set_accepts_any_bytes_and_values_of_a_megabyte() {
    in_child(|temp| {
        let bytes: Vec<u8> = (1..=255).collect();
        env::set(b"\xff\x01", &*bytes).unwrap();
        assert_eq!(env::get(b"\xff\x01").unwrap(), bytes);
        assert_eq!(entries_of_child(temp).last().unwrap(), &[b"\xff\x01=", &*bytes].concat());
        let large = vec![b'x'; 1 << 20];
        env::set("LARGE", &*large).unwrap();
        assert_eq!(env::get("LARGE").unwrap(), large);
        // The kernel refuses to execute a program with so large a variable.
        assert_eq!(process::run("true", &[""; 0]).unwrap(), process::Outcome::NotExecutable(Errno::E2BIG));
        env::set("LARGE", "small").unwrap();
        assert!(process::run("true", &[""; 0]).unwrap().success());
    });
}

#[test]
fn set_keeps_5000_variables() {
    in_child(|temp| {
        let name = |i: u32| format!("VARIABLE_{i}");
        for i in 0..5000 {
            env::set(&*name(i), &*i.to_string()).unwrap();
        }
        for i in (0..5000).step_by(3) {
            env::set(&*name(i), &*format!("new {i}")).unwrap();
        }
        let entries = entries_of_child(temp);
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
fn set_does_not_grow_memory() {
    in_child(|_| {
        let values = ["short".to_owned(), "x".repeat(3000), "y".repeat(100_000)];
        let mut turn = values.iter().cycle();
        assert_memory_does_not_grow(20_000, || {
            let value = &**turn.next().unwrap();
            env::set("NAME", value).unwrap();
            assert_eq!(env::get("NAME").unwrap(), value);
        });
    });
}

#[test]
fn set_and_get_by_many_threads_see_whole_values() {
    in_child(|temp| {
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
                        // The value is one that some thread has set, complete.
                        let value = env::get("SHARED").unwrap();
                        let setter = usize::from(value[0] - b'a');
                        assert_eq!(value, shared(setter));
                        assert_eq!(env::get("MISSING").unwrap_err(), Errno::ENOENT);
                    }
                });
            }
        });
        for thread in 0..8 {
            assert_eq!(value_in_child(temp, &format!("OWN_{thread}")).unwrap(), b"999");
        }
        assert_eq!(entries_of_child(temp).iter().filter(|entry| entry.starts_with(b"SHARED=")).count(), 1);
    });
}

#[test]
fn set_succeeds_while_other_threads_run_programs() {
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
