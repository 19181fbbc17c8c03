use super::*;

#[test]
fn run_leaks_no_descriptor_and_no_zombie() {
    in_child(|_| {
        let before = count_descriptors();
        for (handler, flags) in [(libc::SIG_DFL, 0), (libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)] {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            for code in 0..100 {
                assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            }
            assert_eq!(count_descriptors(), before);
            assert_no_children();
        }
    });
}

#[test]
fn run_by_many_threads_returns_each_its_own_outcome() {
    in_child(|_| {
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            set_signal_handler(libc::SIGCHLD, sigchld, 0);
            thread::scope(|scope| {
                for thread in 0..8 {
                    scope.spawn(move || {
                        for i in 0..15 {
                            let code = thread * 20 + i;
                            assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
                            let missing = process::run(&*format!("/missing/{code}"), &NONE);
                            assert_eq!(missing, Ok(NotFound(Errno::ENOENT)));
                        }
                    });
                }
            });
            assert_no_children();
        }
    });
}

#[test]
fn run_does_not_grow_memory() {
    in_child(|_| support::assert_memory_does_not_grow(300, || assert_eq!(process::run("true", &["x"]), Ok(Exited(0)))));
}

#[test]
fn run_by_a_caller_of_one_gigabyte_succeeds() {
    in_child(|_| {
        let large = vec![1_u8; 1 << 30];
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            set_signal_handler(libc::SIGCHLD, sigchld, 0);
            assert_eq!(sh("exit 3", &[]), Exited(3));
        }
        assert!(support::resident_pages() >= (1 << 30) / 4096);
        assert_eq!(large.iter().step_by(4096).map(|&byte| usize::from(byte)).sum::<usize>(), 1 << 18);
    });
}
