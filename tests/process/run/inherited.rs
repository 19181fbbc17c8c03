use super::*;

#[test]
fn run_passes_on_working_directory_and_umask() {
    in_child(|temp| {
        std::env::set_current_dir(temp.mkdir("directory")).unwrap();
        set_umask(0o27);
        assert_eq!(sh("pwd -P > where; umask > mask", &[]), Exited(0));
        let here = fs::canonicalize(".").unwrap();
        assert_eq!(fs::read_to_string("where").unwrap(), format!("{}\n", here.to_str().unwrap()));
        assert_eq!(fs::read_to_string("mask").unwrap(), "0027\n");
        assert_eq!(support::mode_of(&temp.join("directory/mask")), 0o640);
    });
}

#[test]
fn run_makes_a_child_of_the_caller_in_its_process_group() {
    in_child(|temp| {
        let stat = String::from_utf8(proc_file_of_child(temp, "stat")).unwrap();
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        // SAFETY: the call has no arguments.
        let group = unsafe { libc::getpgrp() };
        assert_eq!(fields[1..3], [std::process::id().to_string(), group.to_string()]);
    });
}

#[test]
fn run_passes_on_the_standard_streams() {
    in_child(|temp| {
        let (input, out, err) = (temp.file("in", "from the caller"), temp.join("out"), temp.join("err"));
        let files = [fs::File::open(input).unwrap(), fs::File::create(&out).unwrap(), fs::File::create(&err).unwrap()];
        let _restored = SavedStreams::replace(files.map(OwnedFd::from));
        assert_eq!(sh("cat; echo message >&2; exit 4", &[]), Exited(4));
        assert_eq!(fs::read(&out).unwrap(), b"from the caller");
        assert_eq!(fs::read(&err).unwrap(), b"message\n");
    });
}

/// Saved standard streams of the process. Dropping it restores them.
struct SavedStreams([i32; 3]);

impl SavedStreams {
    fn replace(by: [OwnedFd; 3]) -> Self {
        // SAFETY: the arguments are plain integers.
        let saved = [0, 1, 2].map(|fd| checked(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 10) }));
        for (fd, new) in (0..).zip(&by) {
            // SAFETY: the arguments are plain integers.
            checked(unsafe { libc::dup2(new.as_raw_fd(), fd) });
        }
        Self(saved)
    }
}

impl Drop for SavedStreams {
    fn drop(&mut self) {
        for (fd, saved) in (0..).zip(self.0) {
            // SAFETY: the arguments are plain integers.
            checked(unsafe { libc::dup2(saved, fd) });
        }
    }
}

#[test]
fn run_keeps_closed_standard_streams_closed() {
    in_child(|_| {
        // SAFETY: the arguments are plain integers.
        let saved = [0, 1, 2].map(|fd| checked(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 10) }));
        for closed in [&[0][..], &[1], &[2], &[0, 1], &[0, 1, 2]] {
            for fd in closed {
                // SAFETY: no thread of this process uses the standard streams meanwhile.
                checked(unsafe { libc::close(*fd) });
            }
            for ignored in [false, true] {
                set_signal_handler(libc::SIGCHLD, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }, 0);
                let (found, missing) = (sh("exit 5", &[]), process::run("/no/such/program", &NONE));
                let open = sh(r#"for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && set -- "$@" $fd; done; exit $#"#, &[]);
                assert_eq!((found, missing), (Exited(5), Ok(NotFound(Errno::ENOENT))));
                assert_eq!(open, Exited(u8::try_from(3 - closed.len()).unwrap()), "closed: {closed:?}");
            }
            for fd in closed {
                // SAFETY: the arguments are plain integers.
                checked(unsafe { libc::dup2(saved[usize::try_from(*fd).unwrap()], *fd) });
            }
        }
    });
}

#[test]
fn run_passes_on_only_the_descriptors_that_std_does() {
    in_child(|temp| {
        // The child must inherit `kept` and not `own`.
        let (kept, own) = (fs::File::open("/dev/null").unwrap(), fs::File::open("/dev/null").unwrap());
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::fcntl(kept.as_raw_fd(), libc::F_SETFD, 0) });
        let (ours, theirs) = (temp.join("ours"), temp.join("theirs"));
        let list = r#"exec ls /proc/self/fd > "$1""#;
        assert!(Command::new("sh").args(["-c", list, "sh", &theirs]).status().unwrap().success());
        let theirs = fs::read_to_string(theirs).unwrap();
        assert!(theirs.lines().any(|fd| fd == kept.as_raw_fd().to_string()));
        for ignored in [false, true] {
            set_signal_handler(libc::SIGCHLD, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }, 0);
            assert_eq!(sh(list, &[&ours]), Exited(0));
            assert_eq!(fs::read_to_string(&ours).unwrap(), theirs);
        }
        drop(own);
    });
}

#[test]
fn run_passes_on_a_large_environment() {
    in_child(|temp| {
        for i in 0..1000 {
            env::set(&*format!("VARIABLE_{i}"), &*"v".repeat(1000)).unwrap();
        }
        let environment = String::from_utf8(proc_file_of_child(temp, "environ")).unwrap();
        assert_eq!(environment.split('\0').filter(|entry| entry.starts_with("VARIABLE_")).count(), 1000);
    });
}
