//! Becoming a program: compared with [`process::run`], with the kernel's account in /proc, and with the state before.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;

use ffi_syscalls::process::Outcome::{self, NotExecutable, NotFound};
use ffi_syscalls::{Errno, env, process};

use crate::run::signals::{block, counting_handler, handlers};
use crate::run::{NONE, USUAL_PATH, bit, current_mask, signals_in};
use crate::support::{
    as_ordinary_user, checked, count_descriptors, in_child, set_mode, set_signal_handler, set_umask, wait_for,
};

/// The exit code of a forked child in which an assertion failed, and of one that did not become a program.
const FAILED: i32 = 99;

/// Has a forked child become a program, and returns how the program ended. Only tests that run in a child may fork: no
/// other thread uses the library there.
fn exec_in_fork(body: impl FnOnce() -> ffi_syscalls::Result<Outcome>) -> ExitStatus {
    // SAFETY: no other thread holds a lock that the child needs.
    let child = checked(unsafe { libc::fork() });
    if child == 0 {
        let result = catch_unwind(AssertUnwindSafe(body));
        eprintln!("no program: {result:?}");
        process::exit(FAILED);
    }
    wait_for(child)
}

#[test]
fn exec_replaces_the_process_and_keeps_its_id() {
    // The body runs in a thread other than the main one, which must end without ending the process.
    in_child(|_| {
        let id = std::process::id().to_string();
        // The code is that of a child that passed.
        let result = process::exec("sh", &["-c", "[ $$ = \"$1\" ] && [ $# = 2 ] && exit 86", "sh", &id, ""]);
        eprintln!("no program: {result:?}");
        process::exit(FAILED);
    });
}

#[test]
fn exec_passes_on_what_run_does() {
    in_child(|temp| {
        std::env::set_current_dir(temp.mkdir("directory")).unwrap();
        set_umask(0o27);
        env::set("FROM_LIBRARY", "a value").unwrap();
        let script = r#"pwd -P; umask; echo "$FROM_LIBRARY" "$@"; ls /proc/self/fd"#;
        let (ours, theirs) = (temp.join("ours"), temp.join("theirs"));
        let line = |path: &str| format!("exec > '{path}'; {script}");
        assert!(process::run("sh", &["-c", &line(&theirs), "sh", "a b", "", "*"]).unwrap().success());
        let status = exec_in_fork(|| process::exec("sh", &["-c", &line(&ours), "sh", "a b", "", "*"]));
        assert_eq!(status.code(), Some(0));
        let theirs = fs::read_to_string(theirs).unwrap();
        assert!(theirs.contains("a value a b  *\n"), "{theirs}");
        assert_eq!(fs::read_to_string(ours).unwrap(), theirs);
    });
}

#[test]
fn exec_finds_the_commands_that_run_finds() {
    in_child(|temp| {
        let path = temp.executable("program", "#!/bin/sh\nexit 5\n");
        env::set("PATH", &*format!("/nowhere:{}:{USUAL_PATH}", temp.path())).unwrap();
        for command in ["program", &path] {
            assert_eq!(exec_in_fork(|| process::exec(command, &NONE)).code(), Some(5), "{command}");
        }
        let bare = temp.executable("bare", r#"[ "$0 $1" = "$2 a" ] && exit 9"#);
        for command in ["bare", &bare] {
            assert_eq!(exec_in_fork(|| process::exec(command, &["a", &bare])).code(), Some(9), "{command}");
        }
        assert_eq!(exec_in_fork(|| process::exec("sh", &["-c", "kill -TERM $$"])).signal(), Some(libc::SIGTERM));
    });
}

#[test]
fn exec_fails_as_run_does() {
    as_ordinary_user(|temp| {
        env::set("PATH", USUAL_PATH).unwrap();
        let plain = temp.file("plain", "#!/bin/sh\n");
        let lost = temp.executable("lost", "#!/no/such/interpreter\n");
        let long = "x".repeat(256);
        for (command, wanted) in [
            ("no-such-command-anywhere", NotFound(Errno::ENOENT)),
            ("", NotFound(Errno::ENOENT)),
            (&long, NotFound(Errno::ENAMETOOLONG)),
            (&temp.join("missing"), NotFound(Errno::ENOENT)),
            (&format!("{plain}/x"), NotFound(Errno::ENOTDIR)),
            (&plain, NotExecutable(Errno::EACCES)),
            (temp.path(), NotExecutable(Errno::EACCES)),
            (&lost, NotExecutable(Errno::ENOENT)),
        ] {
            assert_eq!(process::exec(command, &NONE), Ok(wanted), "{command}");
            assert_eq!(process::run(command, &NONE), Ok(wanted), "{command}");
        }
        let closed = temp.mkdir("closed");
        temp.executable("closed/program", "#!/bin/sh\n");
        set_mode(&closed, 0o600);
        env::set("PATH", &*closed).unwrap();
        assert_eq!(process::exec("program", &NONE), Ok(NotFound(Errno::EACCES)));
        set_mode(&closed, 0o700);
        assert_eq!(process::exec("/bin/true", &[&*"x".repeat(200_000)]), Ok(NotExecutable(Errno::E2BIG)));
        assert_eq!(process::exec("true\0", &NONE), Err(Errno::EINVAL));
        assert_eq!(process::exec("true", &["a", "b\0c"]), Err(Errno::EINVAL));
    });
}

#[test]
fn exec_keeps_mask_and_ignored_signals_and_resets_the_others() {
    in_child(|temp| {
        let path = temp.join("status");
        for signal in [libc::SIGHUP, libc::SIGUSR2] {
            set_signal_handler(signal, libc::SIG_IGN, 0);
        }
        set_signal_handler(libc::SIGINT, counting_handler(), 0);
        block(&[libc::SIGUSR1, libc::SIGTERM]);
        let own = signals_in(&fs::read_to_string("/proc/self/status").unwrap(), "SigIgn") & !bit(libc::SIGPIPE);
        assert_eq!(own & (bit(libc::SIGHUP) | bit(libc::SIGUSR2)), bit(libc::SIGHUP) | bit(libc::SIGUSR2));
        for sigpipe in [libc::SIG_IGN, libc::SIG_DFL, counting_handler()] {
            set_signal_handler(libc::SIGPIPE, sigpipe, 0);
            assert_eq!(exec_in_fork(|| process::exec("cp", &["/proc/self/status", &path])).code(), Some(0));
            let status = fs::read_to_string(&path).unwrap();
            assert_eq!(signals_in(&status, "SigIgn"), own);
            assert_eq!(signals_in(&status, "SigCgt"), 0);
            assert_eq!(signals_in(&status, "SigBlk"), bit(libc::SIGUSR1) | bit(libc::SIGTERM));
        }
    });
}

#[test]
fn exec_that_fails_changes_neither_signals_nor_descriptors() {
    in_child(|_| {
        // An ignored signal has flags that mean nothing.
        let state = || {
            let of_signals: Vec<_> =
                handlers().into_iter().map(|(handler, flags)| (handler, (handler > 1).then_some(flags))).collect();
            (of_signals, current_mask(), count_descriptors())
        };
        block(&[libc::SIGUSR1]);
        for sigpipe in [libc::SIG_IGN, libc::SIG_DFL, counting_handler()] {
            set_signal_handler(libc::SIGPIPE, sigpipe, libc::SA_RESTART);
            let before = state();
            assert_eq!(process::exec("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(state(), before);
        }
    });
}
