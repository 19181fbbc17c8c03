//! Children that are waited for later: compared with `std::process::Child`, waitpid(2) and /proc.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use ffi_syscalls::process::Outcome::{Exited, Signaled};
use ffi_syscalls::process::{self, Command, Limit};
use ffi_syscalls::{Errno, env};

use crate::run::{USUAL_PATH, current_mask};
use crate::support::{
    TempDir, count_descriptors, in_child, is_emulated, report_not_in_an_emulator, set_signal_handler, wait_for,
};

fn sh(script: &str) -> i32 {
    Command::new("sh").args(["-c", script]).spawn().unwrap()
}

/// Waits until a child has ended, without waiting for it.
fn until_ended(pid: i32) {
    while process::is_running(pid).unwrap() {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn spawn_returns_the_process_id_of_the_program() {
    let temp = TempDir::new();
    let path = temp.join("pid");
    let pid = Command::new("sh").args(["-c", "echo $$ > \"$1\"; exit 3", "sh", &path]).spawn().unwrap();
    assert_eq!(process::wait(pid, None), Ok(Exited(3)));
    assert_eq!(fs::read_to_string(&path).unwrap().trim(), pid.to_string());
    // std sees it, too.
    assert_eq!(wait_for(sh("exit 6")).code(), Some(6));
}

#[test]
fn spawn_reports_a_program_that_cannot_be_executed() {
    in_child(|temp| {
        env::set("PATH", USUAL_PATH).unwrap();
        let (before, mask) = (count_descriptors(), current_mask());
        for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
            set_signal_handler(libc::SIGCHLD, sigchld, 0);
            for (command, wanted) in
                [("/no/such/program", Errno::ENOENT), ("no-such-command", Errno::ENOENT), (temp.path(), Errno::EACCES)]
            {
                assert_eq!(Command::new(command).spawn(), Err(wanted), "{command}");
            }
            assert_eq!(Command::new("true").current_dir("/no/such").spawn(), Err(Errno::ENOENT));
            // SAFETY: a null pointer is valid here and asks for no status.
            assert_eq!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }, -1);
        }
        assert_eq!((count_descriptors(), current_mask()), (before, mask));
    });
}

#[test]
fn spawn_takes_options_that_need_no_caller() {
    in_child(|temp| {
        let path = temp.join("out");
        let script =
            "{ cat; pwd -P; echo $A; ulimit -n; set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leader; } > \"$OUT\"";
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("A", "a").env("OUT", &*path).current_dir("/").null_input().new_group();
        if !is_emulated() {
            command.limit(Limit::Files, 19);
        }
        assert_eq!(process::wait(command.spawn().unwrap(), None), Ok(Exited(0)));
        let found = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = found.lines().collect();
        assert_eq!((lines[0], lines[1], lines[3]), ("/", "a", "leader"));
        assert!(lines[2] == "19" || is_emulated());
        for refused in [
            Command::new("true").capture_out(),
            Command::new("true").capture_err(),
            Command::new("true").input(b""),
            Command::new("true").timeout(Duration::from_secs(1)),
            Command::new("true").grace(Duration::ZERO),
            Command::new("true").max_output(1),
        ] {
            assert_eq!(refused.spawn(), Err(Errno::EINVAL));
        }
    });
}

#[test]
fn wait_returns_the_outcome_once() {
    for (script, wanted) in [("exit 0", Exited(0)), ("exit 127", Exited(127)), ("kill -TERM $$", Signaled(15))] {
        for limit in [None, Some(Duration::from_secs(60))] {
            let pid = sh(script);
            assert_eq!(process::wait(pid, limit), Ok(wanted), "{script}");
            assert_eq!(process::wait(pid, limit), Err(Errno::ECHILD));
        }
    }
}

#[test]
fn wait_ends_after_its_limit() {
    let pid = sh("exec sleep 100");
    let before = count_descriptors();
    assert_eq!(process::wait(pid, Some(Duration::ZERO)), Err(Errno::ETIMEDOUT));
    let begin = Instant::now();
    assert_eq!(process::wait(pid, Some(Duration::from_millis(60))), Err(Errno::ETIMEDOUT));
    assert!(begin.elapsed() >= Duration::from_millis(60) && begin.elapsed() < Duration::from_secs(20));
    assert!(count_descriptors() <= before + 8, "other tests have some open");
    process::kill(pid, libc::SIGKILL).unwrap();
    assert_eq!(process::wait(pid, Some(Duration::from_secs(60))), Ok(Signaled(9)));
}

#[test]
fn is_running_is_false_once_the_child_has_ended() {
    let pid = sh("exec sleep 100");
    assert_eq!(process::is_running(pid), Ok(true));
    process::kill(pid, libc::SIGTERM).unwrap();
    until_ended(pid);
    assert_eq!(process::is_running(pid), Ok(false));
    // A zombie still can be sent signals, and has its code.
    assert_eq!(process::kill(pid, 0), Ok(()));
    assert_eq!(process::wait(pid, Some(Duration::ZERO)), Ok(Signaled(15)));
    assert_eq!(process::is_running(pid), Err(Errno::ECHILD));
}

#[test]
fn processes_that_are_no_children_are_refused() {
    let own = process::getpid();
    for limit in [None, Some(Duration::ZERO), Some(Duration::from_millis(10))] {
        assert_eq!(process::wait(own, limit), Err(Errno::ECHILD));
        for pid in [0, -1, -own, i32::MIN] {
            assert_eq!(process::wait(pid, limit), Err(Errno::EINVAL));
        }
    }
    assert_eq!(process::is_running(own), Err(Errno::ECHILD));
    assert_eq!(process::kill(own, 0), Ok(()));
    assert_eq!(process::kill(own, 4000), Err(Errno::EINVAL));
    for pid in [0, -1, -own, i32::MIN] {
        assert_eq!(process::is_running(pid), Err(Errno::EINVAL));
        assert_eq!(process::kill(pid, 0), Err(Errno::EINVAL));
    }
    assert_eq!(process::kill(i32::MAX, 0), Err(Errno::ESRCH));
}

#[test]
fn wait_for_a_child_of_a_caller_that_ignores_sigchld_is_echild() {
    if is_emulated() {
        return report_not_in_an_emulator("children whose status the kernel does not keep");
    }
    in_child(|_| {
        for (handler, flags) in [(libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)] {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            for limit in [None, Some(Duration::from_secs(60))] {
                let pid = sh("sleep 0.1; exit 3");
                assert_eq!(process::is_running(pid), Ok(true));
                assert_eq!(process::wait(pid, limit), Err(Errno::ECHILD));
                assert_eq!(process::is_running(pid), Err(Errno::ECHILD));
            }
        }
    });
}

#[test]
fn spawn_and_wait_in_many_threads_keep_children_apart() {
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                for round in 0..if is_emulated() { 3 } else { 20 } {
                    let code = number * 20 + round;
                    let pid = sh(&format!("exit {code}"));
                    let limit = (round % 2 == 0).then_some(Duration::from_secs(60));
                    assert_eq!(process::wait(pid, limit).unwrap().code(), code);
                }
            });
        }
    });
}
