use super::*;

#[test]
fn working_directory_and_umask() {
    in_child(|place| {
        std::env::set_current_dir(place.dir("directory")).unwrap();
        set_umask(0o27);
        assert_eq!(sh("pwd -P > where; umask > mask", &[]), Exited(0));
        let here = fs::canonicalize(".").unwrap();
        assert_eq!(fs::read_to_string("where").unwrap(), format!("{}\n", here.to_str().unwrap()));
        assert_eq!(fs::read_to_string("mask").unwrap(), "0027\n");
        assert_eq!(support::mode_of(&place.at("directory/mask")), 0o640);
    });
}

#[test]
fn parent_group_and_session() {
    in_child(|place| {
        let stat = own_file_of_child(place, "stat");
        let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
        // SAFETY: it takes nothing.
        let group = unsafe { libc::getpgrp() };
        assert_eq!(fields[1..3], [std::process::id().to_string(), group.to_string()]);
    });
}

#[test]
fn standard_streams() {
    in_child(|place| {
        let (input, out, err) = (place.file("in", "from the caller"), place.at("out"), place.at("err"));
        let files = [fs::File::open(input).unwrap(), fs::File::create(&out).unwrap(), fs::File::create(&err).unwrap()];
        let _restored = Streams::replaced(files.map(OwnedFd::from));
        assert_eq!(sh("cat; echo message >&2; exit 4", &[]), Exited(4));
        assert_eq!(fs::read(&out).unwrap(), b"from the caller");
        assert_eq!(fs::read(&err).unwrap(), b"message\n");
    });
}

/// The standard streams of the process, put back at the end.
struct Streams([i32; 3]);

impl Streams {
    fn replaced(by: [OwnedFd; 3]) -> Self {
        // SAFETY: it takes numbers.
        let saved = [0, 1, 2].map(|fd| checked(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 10) }));
        for (fd, new) in (0..).zip(&by) {
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(new.as_raw_fd(), fd) });
        }
        Self(saved)
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        for (fd, saved) in (0..).zip(self.0) {
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(saved, fd) });
        }
    }
}

#[test]
fn streams_that_are_closed() {
    in_child(|_| {
        // SAFETY: it takes numbers.
        let saved = [0, 1, 2].map(|fd| checked(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 10) }));
        for closed in [&[0][..], &[1], &[2], &[0, 1], &[0, 1, 2]] {
            for fd in closed {
                // SAFETY: nothing in this process uses them meanwhile.
                checked(unsafe { libc::close(*fd) });
            }
            for ignored in [false, true] {
                handle_signal(libc::SIGCHLD, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }, 0);
                let (found, missing) = (sh("exit 5", &[]), process::run("/no/such/program", &NONE));
                let open = sh(r#"for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && set -- "$@" $fd; done; exit $#"#, &[]);
                assert_eq!((found, missing), (Exited(5), Ok(NotFound(Errno::ENOENT))));
                assert_eq!(open, Exited(u8::try_from(3 - closed.len()).unwrap()), "closed: {closed:?}");
            }
            for fd in closed {
                // SAFETY: it takes numbers.
                checked(unsafe { libc::dup2(saved[usize::try_from(*fd).unwrap()], *fd) });
            }
        }
    });
}

#[test]
fn no_descriptor_beyond_those_that_std_passes_on() {
    in_child(|place| {
        // One that is to be inherited, and one that is not.
        let (kept, own) = (fs::File::open("/dev/null").unwrap(), fs::File::open("/dev/null").unwrap());
        // SAFETY: it takes numbers.
        checked(unsafe { libc::fcntl(kept.as_raw_fd(), libc::F_SETFD, 0) });
        let (ours, theirs) = (place.at("ours"), place.at("theirs"));
        let list = r#"exec ls /proc/self/fd > "$1""#;
        assert!(Command::new("sh").args(["-c", list, "sh", &theirs]).status().unwrap().success());
        let theirs = fs::read_to_string(theirs).unwrap();
        assert!(theirs.lines().any(|fd| fd == kept.as_raw_fd().to_string()));
        for ignored in [false, true] {
            handle_signal(libc::SIGCHLD, if ignored { libc::SIG_IGN } else { libc::SIG_DFL }, 0);
            assert_eq!(sh(list, &[&ours]), Exited(0));
            assert_eq!(fs::read_to_string(&ours).unwrap(), theirs);
        }
        drop(own);
    });
}

#[test]
fn a_large_environment() {
    in_child(|place| {
        for i in 0..1000 {
            env::set(&*format!("VARIABLE_{i}"), &*"v".repeat(1000)).unwrap();
        }
        let environment = own_file_of_child(place, "environ");
        assert_eq!(environment.split('\0').filter(|entry| entry.starts_with("VARIABLE_")).count(), 1000);
    });
}
