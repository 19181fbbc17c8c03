use super::*;

#[test]
fn runs_leave_no_descriptor_and_no_zombie() {
    in_child(|_| {
        let before = descriptors();
        for (handler, flags) in [(libc::SIG_DFL, 0), (libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)] {
            handle_signal(libc::SIGCHLD, handler, flags);
            for code in 0..100 {
                assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            }
            assert_eq!(descriptors(), before);
            assert_no_children();
        }
    });
}

#[test]
fn threads_get_each_its_own_outcome() {
    in_child(|_| {
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            handle_signal(libc::SIGCHLD, sigchld, 0);
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
fn runs_leave_the_memory_flat() {
    in_child(|_| support::assert_memory_stays_flat(300, || assert_eq!(process::run("true", &["x"]), Ok(Exited(0)))));
}

#[test]
fn megabytes_of_the_caller_do_not_matter() {
    in_child(|_| {
        let large = vec![1_u8; 1 << 30];
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            handle_signal(libc::SIGCHLD, sigchld, 0);
            assert_eq!(sh("exit 3", &[]), Exited(3));
        }
        assert!(support::resident_pages() >= (1 << 30) / 4096);
        assert_eq!(large.iter().step_by(4096).map(|&byte| usize::from(byte)).sum::<usize>(), 1 << 18);
    });
}
