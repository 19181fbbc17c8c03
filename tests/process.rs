//! Running programs: outcomes, arguments, and what a program gets from its caller, compared with real programs, with
//! execvp(3) as env(1) calls it, and with what /proc says of a child.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ffi_syscalls::process::Outcome::{self, Exited, NotExecutable, NotFound, Signaled};
use ffi_syscalls::{Errno, env, file, process, stdio};

use support::{
    Place, as_ordinary_user, checked, copy_program, handle_signal, in_child, in_child_with, is_emulated, set_limit,
    set_mode, set_umask, wait_for,
};

const NONE: [&str; 0] = [];

/// Directories that everybody may search, unlike those in the PATH of whoever runs the tests.
const USUAL_PATH: &str = "/usr/bin:/bin";

/// Runs a line of shell script; what follows is `$1` and so on.
#[track_caller]
fn sh(script: &str, args: &[&str]) -> Outcome {
    let args: Vec<_> = ["-c", script, "sh"].iter().chain(args).copied().collect();
    process::run("sh", &args).unwrap()
}

/// A file of a child's directory in /proc, such as `status`.
#[track_caller]
fn own_file_of_child(place: &Place, name: &str) -> String {
    let copy = place.at("copy of a file of proc");
    let outcome = process::run("/bin/cp", &[&*format!("/proc/self/{name}"), &copy]).unwrap();
    assert_eq!(outcome, Exited(0));
    let content = fs::read_to_string(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    content
}

/// A set of signals in a child, bit 0 for signal 1: `SigBlk`, `SigIgn` or `SigCgt`.
fn signals_of_child(place: &Place, set: &str) -> u64 {
    signals_in(&own_file_of_child(place, "status"), set)
}

fn signals_in(status: &str, set: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(set)?.strip_prefix(":\t")).unwrap();
    u64::from_str_radix(line, 16).unwrap()
}

/// The signals that have the same number in a program as outside of it: in an emulator, not the real-time ones.
fn same_everywhere(signals: &[i32]) -> Vec<i32> {
    signals.iter().copied().filter(|&signal| signal < 32 || !is_emulated()).collect()
}

const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// How many descriptors this process has.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Fails if the process has any child, a zombie above all.
#[track_caller]
fn assert_no_children() {
    // SAFETY: no status is asked for.
    assert_eq!(unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) }, -1);
    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::ECHILD));
}

mod outcomes {
    use super::*;

    #[test]
    fn every_exit_code() {
        for code in (0..=255).step_by(17).chain([1, 2, 126, 127, 128, 129, 254]) {
            let outcome = sh(&format!("exit {code}"), &[]);
            assert_eq!(outcome, Exited(u8::try_from(code).unwrap()));
            assert_eq!(outcome.code(), code);
            assert_eq!(outcome.success(), code == 0);
        }
    }

    #[test]
    fn every_signal_that_ends_a_program() {
        in_child(|_| {
            set_limit(libc::RLIMIT_CORE, 0);
            for signal in same_everywhere(&[1, 2, 3, 4, 6, 8, 9, 11, 13, 14, 15, 31, 34, 64]) {
                let number = u8::try_from(signal).unwrap();
                let outcome = sh(&format!("kill -{signal} $$"), &[]);
                assert_eq!(outcome, Signaled(number), "{signal}");
                let status = Command::new("sh").args(["-c", &format!("kill -{signal} $$")]).status().unwrap();
                assert_eq!(status.signal(), Some(signal));
                assert_eq!(outcome.code(), 128 + signal);
                assert!(!outcome.success());
            }
        });
    }

    #[test]
    fn a_core_dump_is_no_other_signal() {
        in_child(|place| {
            std::env::set_current_dir(place.path()).unwrap();
            set_limit(libc::RLIMIT_CORE, u64::MAX);
            assert_eq!(sh("kill -SEGV $$", &[]), Signaled(11));
        });
    }

    #[test]
    fn codes_of_commands_that_did_not_run() {
        assert_eq!(NotFound(Errno::ENOENT).code(), 127);
        assert_eq!(NotExecutable(Errno::EACCES).code(), 126);
        assert!(!NotFound(Errno::ENOENT).success());
        assert!(!NotExecutable(Errno::EACCES).success());
    }

    #[test]
    fn a_path_that_leads_nowhere() {
        let place = Place::new();
        let file = place.file("file", "");
        place.link("dangling", "missing");
        place.link("loop", "loop");
        assert_eq!(process::run(&*place.at("missing"), &NONE), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run(&*place.at("missing/x"), &NONE), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run(&*place.at("dangling"), &NONE), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run(&*format!("{file}/x"), &NONE), Ok(NotFound(Errno::ENOTDIR)));
        assert_eq!(process::run(&*place.at("loop"), &NONE), Ok(NotFound(Errno::ELOOP)));
        let long = support::stretched("/bin/true", 4096);
        assert_eq!(process::run(&*long, &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
        assert_eq!(process::run(&*support::stretched("/bin/true", 4095), &NONE), Ok(Exited(0)));
    }

    #[test]
    fn commands_that_are_nowhere_in_path() {
        in_child(|_| {
            env::set("PATH", USUAL_PATH).unwrap();
            assert_eq!(process::run("no-such-command-anywhere", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("", &NONE), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run("", &["true"]), Ok(NotFound(Errno::ENOENT)));
            assert_eq!(process::run(&*"x".repeat(256), &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
        });
    }

    #[test]
    fn a_name_that_no_directory_could_hold() {
        // execvp(3) says so without looking.
        assert_eq!(process::run(&*"x".repeat(5000), &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
    }

    #[test]
    fn files_that_cannot_be_executed() {
        let place = Place::new();
        let plain = place.file("plain", "#!/bin/sh\n");
        let directory = place.dir("directory");
        place.executable("no interpreter", "#!/nonexistent/interpreter\n");
        place.executable("directory as interpreter", "#!/tmp\n");
        assert_eq!(process::run(&*plain, &NONE), Ok(NotExecutable(Errno::EACCES)));
        assert_eq!(process::run(&*directory, &NONE), Ok(NotExecutable(Errno::EACCES)));
        assert_eq!(process::run("/", &NONE), Ok(NotExecutable(Errno::EACCES)));
        assert_eq!(process::run(&*place.at("no interpreter"), &NONE), Ok(NotExecutable(Errno::ENOENT)));
        assert_eq!(process::run(&*place.at("directory as interpreter"), &NONE), Ok(NotExecutable(Errno::EACCES)));
        assert_eq!(process::run(&*format!("{directory}/"), &NONE), Ok(NotExecutable(Errno::EACCES)));
    }

    #[test]
    fn files_that_an_ordinary_user_may_not_execute() {
        as_ordinary_user(|place| {
            let program = place.executable("program", "#!/bin/sh\nexit 3\n");
            assert_eq!(process::run(&*program, &NONE), Ok(Exited(3)));
            set_mode(&program, 0o666);
            assert_eq!(process::run(&*program, &NONE), Ok(NotExecutable(Errno::EACCES)));
            // A binary may be executed without the right to read it; a script is read by its interpreter.
            copy_program("/bin/true", &place.at("true"));
            set_mode(&place.at("true"), 0o111);
            assert_eq!(process::run(&*place.at("true"), &NONE), Ok(Exited(0)));
            let directory = place.dir("closed");
            copy_program("/bin/true", &place.at("closed/true"));
            set_mode(&directory, 0o600);
            assert_eq!(process::run(&*place.at("closed/true"), &NONE), Ok(NotExecutable(Errno::EACCES)));
            set_mode(&directory, 0o700);
        });
    }

    #[test]
    fn a_program_of_another_machine() {
        in_child(|place| {
            // An ELF header that names machine 0xffff. The shell that takes it for a script fails as well.
            let mut program = fs::read("/bin/true").unwrap();
            program[18..20].copy_from_slice(&[0xff, 0xff]);
            let path = place.executable("program", program);
            let wanted = Command::new("/usr/bin/env").arg(&path).stderr(Stdio::null()).status().unwrap();
            // The shell's message is of no interest.
            let null = fs::File::options().write(true).open("/dev/null").unwrap();
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(null.as_raw_fd(), 2) });
            assert_eq!(process::run(&*path, &NONE).unwrap().code(), wanted.code().unwrap());
        });
    }

    #[test]
    fn a_file_that_stays_open_for_writing() {
        // In a process where no other test starts children, which would have it open as well.
        in_child(|place| {
            let path = place.at("program");
            copy_program("/bin/true", &path);
            let writer = fs::File::options().append(true).open(&path).unwrap();
            assert_eq!(process::run(&*path, &NONE), Ok(NotExecutable(Errno::ETXTBSY)));
            drop(writer);
            assert_eq!(process::run(&*path, &NONE), Ok(Exited(0)));
        });
    }

    /// As when a child that another thread has just started holds the file still, since it has not got as far as exec.
    #[test]
    fn a_file_that_another_process_has_open_for_writing_for_a_moment() {
        let place = Place::new();
        let path = place.at("program");
        copy_program("/bin/true", &path);
        let attempt = || {
            let mut writer = Command::new("sh");
            writer.args(["-c", r#"exec 3>> "$1"; echo open; read closed"#, "sh", &path]);
            let mut writer = writer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            writer.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
            let outcome = thread::scope(|scope| {
                let (sender, receiver) = std::sync::mpsc::channel();
                let path = &*path;
                let runner = scope.spawn(move || {
                    // SAFETY: it takes nothing.
                    sender.send(unsafe { libc::gettid() }).unwrap();
                    process::run(path, &NONE).unwrap()
                });
                let thread = receiver.recv().unwrap();
                while !runner.is_finished() && !child_sleeps(thread) {}
                writer.kill().unwrap();
                runner.join().unwrap()
            });
            writer.wait().unwrap();
            outcome
        };
        // Where the child is not seen while it sleeps, the next attempt may do better.
        assert!((0..50).any(|_| attempt() == Exited(0)), "it never tried again");
    }

    /// Whether the thread has a child that sleeps: one that has found the file busy.
    fn child_sleeps(thread: i32) -> bool {
        let children = fs::read_to_string(format!("/proc/self/task/{thread}/children")).unwrap_or_default();
        let stat = |child: &str| fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        children.split_whitespace().any(|child| stat(child).contains(") S "))
    }

    #[test]
    fn more_arguments_than_a_program_takes() {
        let long = "x".repeat(200_000);
        assert_eq!(process::run("true", &[&*long]), Ok(NotExecutable(Errno::E2BIG)));
        assert_eq!(process::run("/bin/true", &[&*"x".repeat(100_000); 100]), Ok(NotExecutable(Errno::E2BIG)));
        assert_eq!(process::run("/no/such/program", &[&*long]), Ok(NotFound(Errno::ENOENT)));
    }

    #[test]
    fn nul_in_a_text() {
        assert_eq!(process::run("true\0", &NONE), Err(Errno::EINVAL));
        assert_eq!(process::run("\0", &NONE), Err(Errno::EINVAL));
        assert_eq!(process::run("true", &["a", "b\0c"]), Err(Errno::EINVAL));
        assert_eq!(process::run(b"/bin/true\0/x", &NONE), Err(Errno::EINVAL));
    }

    #[test]
    fn no_descriptor_left() {
        in_child(|_| {
            let mask = current_mask();
            set_limit(libc::RLIMIT_NOFILE, 0);
            assert_eq!(process::run("true", &NONE), Err(Errno::EMFILE));
            handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
            assert_eq!(process::run("true", &NONE), Err(Errno::EMFILE));
            set_limit(libc::RLIMIT_NOFILE, 100);
            assert_eq!(current_mask(), mask);
            assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
        });
    }

    #[test]
    fn no_process_left() {
        as_ordinary_user(|_| {
            set_limit(libc::RLIMIT_NPROC, 0);
            let (mask, before) = (current_mask(), descriptors());
            assert_eq!(process::run("true", &NONE), Err(Errno::EAGAIN));
            handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
            assert_eq!(process::run("true", &NONE), Err(Errno::EAGAIN));
            assert_eq!((current_mask(), descriptors()), (mask, before));
            set_limit(libc::RLIMIT_NPROC, u64::MAX);
            assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
        });
    }
}

/// The calling thread's signal mask.
fn current_mask() -> u64 {
    signals_in(&fs::read_to_string("/proc/thread-self/status").unwrap(), "SigBlk")
}

mod path {
    use super::*;

    /// What env(1), by execvp(3), makes of a command, with the same PATH and working directory as the library.
    fn by_execvp(path: &str, command: &str) -> i32 {
        let mut env = Command::new("/usr/bin/env");
        env.arg(command).env("PATH", path).stderr(Stdio::null());
        env.status().unwrap().code().unwrap()
    }

    #[test]
    fn the_first_program_that_works_counts() {
        in_child(|place| {
            let directories = ["first", "second", "third", "fourth"].map(|name| place.dir(name));
            let [_, second, third, fourth] = &directories;
            place.file("first/program", "not executable");
            place.dir("second/program");
            place.executable("third/program", "#!/bin/sh\nexit 3\n");
            place.executable("fourth/program", "#!/bin/sh\nexit 4\n");
            place.executable("first/only", "#!/bin/sh\nexit 1\n");
            place.file("first/never", "");
            place.link("second/never", "missing");
            place.executable("third/orphan", "#!/nonexistent\n");
            place.executable("second/later", "#!/nonexistent\n");
            place.executable("fourth/later", "#!/bin/sh\nexit 44\n");
            let file = place.file("file", "");
            let all = directories.join(":");
            std::env::set_current_dir(third).unwrap();
            let orphan = NotExecutable(Errno::ENOENT);
            let (name, knot) = ("x".repeat(256), place.link("loop", "loop"));
            for (path, command, wanted) in [
                (&*all, "program", Exited(3)),
                (&*all, "only", Exited(1)),
                (&*all, "later", Exited(44)),
                (&*all, "never", NotExecutable(Errno::EACCES)),
                (&*all, "missing", NotFound(Errno::ENOENT)),
                (&*all, "orphan", orphan),
                (&*format!("{fourth}:{third}"), "program", Exited(4)),
                (&*format!("{place}/missing:{file}:{fourth}", place = place.path()), "program", Exited(4)),
                (&*format!("{fourth}/"), "program", Exited(4)),
                // An empty entry, wherever it is, is the working directory.
                (&*format!(":{fourth}"), "program", Exited(3)),
                (&*format!("{fourth}:"), "program", Exited(4)),
                (&*format!("{second}:"), "program", Exited(3)),
                (&*format!("{second}::{fourth}"), "program", Exited(3)),
                (":", "program", Exited(3)),
                ("", "program", Exited(3)),
                (".", "program", Exited(3)),
                ("../fourth", "program", Exited(4)),
                ("", "missing", NotFound(Errno::ENOENT)),
                // As for execvp(3), these end the search.
                (&*format!("{name}:{fourth}"), "program", NotExecutable(Errno::ENAMETOOLONG)),
                (&*format!("{knot}:{fourth}"), "program", NotExecutable(Errno::ELOOP)),
                // A path is not looked for.
                (&*all, "./program", Exited(3)),
                (&*all, "../fourth/program", Exited(4)),
                (&*all, "fourth/program", NotFound(Errno::ENOENT)),
            ] {
                env::set("PATH", path).unwrap();
                assert_eq!(process::run(command, &NONE), Ok(wanted), "{command} in {path}");
                if wanted != orphan {
                    assert_eq!(wanted.code(), by_execvp(path, command), "{command} in {path}");
                }
            }
        });
    }

    /// glibc looks into the working directory in its place, which nobody has asked for.
    #[test]
    fn an_entry_that_is_longer_than_a_path_is_passed_over() {
        in_child(|place| {
            let (here, there, long) = (place.dir("here"), place.dir("there"), "x".repeat(5000));
            place.executable("here/program", "#!/bin/sh\nexit 3\n");
            place.executable("there/program", "#!/bin/sh\nexit 4\n");
            std::env::set_current_dir(here).unwrap();
            env::set("PATH", &*format!("{long}:{there}")).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
            env::set("PATH", &*format!("{there}:{long}")).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(Exited(4)));
            env::set("PATH", &*long).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
        });
    }

    /// As with execvp(3), whatever was wrong with the directories before.
    #[test]
    fn the_last_directory_gives_the_reason() {
        in_child(|place| {
            let (file, missing) = (place.file("file", ""), place.at("missing"));
            for (path, errno) in [
                (format!("{missing}:{file}"), Errno::ENOTDIR),
                (format!("{file}:{missing}"), Errno::ENOENT),
                (format!("{file}:{file}/x"), Errno::ENOTDIR),
            ] {
                env::set("PATH", &*path).unwrap();
                assert_eq!(process::run("program", &NONE), Ok(NotFound(errno)), "{path}");
            }
        });
    }

    #[test]
    fn is_that_of_the_library_and_not_of_libc() {
        in_child(|place| {
            place.executable("program", "#!/bin/sh\nexit 5\n");
            env::set("PATH", USUAL_PATH).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
            env::set("PATH", place.path()).unwrap();
            assert_eq!(process::run("program", &NONE), Ok(Exited(5)));
            assert_eq!(process::run("true", &NONE), Ok(NotFound(Errno::ENOENT)));
        });
    }

    #[test]
    fn that_is_not_set_is_the_default() {
        in_child_with(
            |command, _| {
                command.env_remove("PATH");
            },
            |place| {
                place.executable("program", "#!/bin/sh\nexit 5\n");
                std::env::set_current_dir(place.path()).unwrap();
                assert_eq!(env::get("PATH").unwrap_err(), Errno::ENOENT);
                assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
                assert_eq!(process::run("env", &["true"]), Ok(Exited(0)));
                assert_eq!(process::run("program", &NONE), Ok(NotFound(Errno::ENOENT)));
                assert_eq!(process::run("./program", &NONE), Ok(Exited(5)));
            },
        );
    }

    #[test]
    fn directories_that_may_not_be_searched_are_passed_over() {
        as_ordinary_user(|place| {
            let (closed, open) = (place.dir("closed"), place.dir("open"));
            place.executable("closed/program", "#!/bin/sh\nexit 3\n");
            place.executable("open/program", "#!/bin/sh\nexit 4\n");
            set_mode(&closed, 0o600);
            for (path, command, wanted) in [
                (&*format!("{closed}:{open}"), "program", Exited(4)),
                // Nobody knows whether it is there.
                (&*format!("{closed}:{open}"), "missing", NotFound(Errno::EACCES)),
                (&*closed, "program", NotFound(Errno::EACCES)),
            ] {
                env::set("PATH", path).unwrap();
                assert_eq!(process::run(command, &NONE), Ok(wanted), "{command} in {path}");
            }
            set_mode(&closed, 0o700);
        });
    }
}

mod scripts {
    use super::*;

    /// Prints how it was called into the file `out` beside it.
    const SHOW: &str = r#"printf '%s\n' "$0" "$#" "$@" > "${0%/*}/out"; exit 9"#;

    #[test]
    fn without_an_interpreter_are_run_by_the_shell() {
        let place = Place::new();
        let path = place.executable("script", SHOW);
        assert_eq!(process::run(&*path, &["a b", "", "-c", "$x"]), Ok(Exited(9)));
        assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n4\na b\n\n-c\n$x\n"));
        assert_eq!(process::run(&*path, &NONE), Ok(Exited(9)));
        assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n0\n"));
    }

    #[test]
    fn in_path_are_run_by_their_full_path() {
        in_child(|place| {
            let path = place.executable("script", SHOW);
            env::set("PATH", &*format!("/nowhere:{}:/bin:/usr/bin", place.path())).unwrap();
            assert_eq!(process::run("script", &["x"]), Ok(Exited(9)));
            assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n1\nx\n"));
        });
    }

    #[test]
    fn with_an_interpreter_are_run_by_that() {
        let place = Place::new();
        let path = place.executable("script", format!("#!/bin/sh -f\n{SHOW}"));
        assert_eq!(process::run(&*path, &["*"]), Ok(Exited(9)));
        assert_eq!(fs::read_to_string(place.at("out")).unwrap(), format!("{path}\n1\n*\n"));
    }

    #[test]
    fn that_are_empty_succeed() {
        let place = Place::new();
        assert_eq!(process::run(&*place.executable("empty", ""), &["x"]), Ok(Exited(0)));
    }
}

mod arguments {
    use super::*;

    /// The command line of a shell that is run with these arguments, as the kernel has it.
    fn command_line(place: &Place, args: &[&str]) -> Vec<u8> {
        let out = place.at("out");
        // Something follows, or the shell would become cat(1).
        assert_eq!(sh(r#"cat "/proc/$$/cmdline" > "$1"; :"#, &[&[&*out], args].concat()), Exited(0));
        let start = ["sh", "-c", r#"cat "/proc/$$/cmdline" > "$1"; :"#, "sh", &out].map(|arg| format!("{arg}\0"));
        fs::read(&out).unwrap().strip_prefix(start.concat().as_bytes()).unwrap().to_vec()
    }

    #[test]
    fn arrive_as_they_are() {
        let place = Place::new();
        let args = ["a", "", "two words", "'", "\"", "\\", "new\nline", "$HOME", "*", "-x", "--", "\u{fc}", "\t", ""];
        let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
        assert_eq!(command_line(&place, &args), wanted);
        assert_eq!(command_line(&place, &[]), b"");
    }

    #[test]
    fn may_be_many_and_long() {
        let place = Place::new();
        let args: Vec<_> = (0..1000).map(|i| format!("{i} {}", "x".repeat(i))).collect();
        let wanted: Vec<u8> = args.iter().flat_map(|arg| format!("{arg}\0").into_bytes()).collect();
        assert!(command_line(&place, &args.iter().map(|arg| &**arg).collect::<Vec<_>>()) == wanted);
        let long = "y".repeat(100_000);
        assert!(command_line(&place, &[&long]) == format!("{long}\0").into_bytes());
    }

    #[test]
    fn may_be_any_bytes() {
        let place = Place::new();
        let bytes: Vec<u8> = (1..=255).collect();
        let out = place.at("out");
        let args: [&[u8]; 5] = [b"-c", br#"printf %s "$2" > "$1""#, b"sh", out.as_bytes(), &bytes];
        assert_eq!(process::run("sh", &args), Ok(Exited(0)));
        assert_eq!(fs::read(&out).unwrap(), bytes);
    }

    #[test]
    fn begin_with_the_command_as_it_was_given() {
        let place = Place::new();
        let copy = place.at("copy");
        for command in ["cp", "/bin/cp", "/bin//../bin/./cp"] {
            assert_eq!(process::run(command, &["/proc/self/cmdline", &copy]), Ok(Exited(0)));
            assert_eq!(fs::read_to_string(&copy).unwrap(), format!("{command}\0/proc/self/cmdline\0{copy}\0"));
            fs::remove_file(&copy).unwrap();
        }
    }
}

mod inherited {
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
            let files =
                [fs::File::open(input).unwrap(), fs::File::create(&out).unwrap(), fs::File::create(&err).unwrap()];
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
                    let open =
                        sh(r#"for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && set -- "$@" $fd; done; exit $#"#, &[]);
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
}

mod signals {
    use super::*;

    extern "C" fn count(_: i32) {
        CALLS.fetch_add(1, Ordering::SeqCst);
    }

    static CALLS: AtomicUsize = AtomicUsize::new(0);

    fn counting() -> libc::sighandler_t {
        count as extern "C" fn(i32) as libc::sighandler_t
    }

    /// Blocks these signals, and no others, in the calling thread.
    fn block(signals: &[i32]) {
        // SAFETY: all zeroes are a value of this type.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: the set is writable.
        checked(unsafe { libc::sigemptyset(&mut set) });
        for &signal in signals {
            // SAFETY: the set is writable.
            checked(unsafe { libc::sigaddset(&mut set, signal) });
        }
        // SAFETY: the set is readable.
        assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &set, std::ptr::null_mut()) }, 0);
    }

    /// Every signal's handler and flags.
    fn handlers() -> Vec<(usize, i32)> {
        let handler = |signal| {
            // SAFETY: all zeroes are a value of this struct.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            // SAFETY: the action is writable.
            unsafe { libc::sigaction(signal, std::ptr::null(), &mut action) };
            (action.sa_sigaction, action.sa_flags)
        };
        (1..=64).map(handler).collect()
    }

    #[test]
    fn that_are_blocked_stay_blocked() {
        in_child(|place| {
            let many = same_everywhere(&[libc::SIGUSR1, libc::SIGTERM, libc::SIGCHLD, 40, 64]);
            for blocked in [&[][..], &[libc::SIGUSR1], &many] {
                block(blocked);
                let wanted = blocked.iter().map(|&signal| bit(signal)).sum();
                assert_eq!(current_mask(), wanted);
                assert_eq!(signals_of_child(place, "SigBlk"), wanted);
                assert_eq!(current_mask(), wanted);
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                assert_eq!(current_mask(), wanted);
                handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
                assert_eq!(signals_of_child(place, "SigBlk"), wanted);
                assert_eq!(current_mask(), wanted);
                handle_signal(libc::SIGCHLD, libc::SIG_DFL, 0);
            }
        });
    }

    #[test]
    fn that_are_ignored_stay_ignored_but_for_sigpipe() {
        in_child(|place| {
            let own = signals_in(&fs::read_to_string("/proc/self/status").unwrap(), "SigIgn");
            assert_eq!(own & bit(libc::SIGPIPE), bit(libc::SIGPIPE), "Rust's runtime ignores it");
            assert_eq!(signals_of_child(place, "SigIgn"), own & !bit(libc::SIGPIPE));
            let mut wanted = own & !bit(libc::SIGPIPE);
            for signal in same_everywhere(&[libc::SIGHUP, libc::SIGUSR1, 50]) {
                handle_signal(signal, libc::SIG_IGN, 0);
                wanted |= bit(signal);
            }
            assert_eq!(signals_of_child(place, "SigIgn"), wanted);
            assert_eq!(sh("kill -HUP $$; exit 3", &[]), Exited(3));
            assert_eq!(sh("kill -PIPE $$; exit 3", &[]), Signaled(13));
        });
    }

    #[test]
    fn that_are_handled_get_their_default() {
        in_child(|place| {
            for signal in [libc::SIGUSR1, libc::SIGTERM, libc::SIGINT, 45] {
                handle_signal(signal, counting(), libc::SA_ONSTACK);
            }
            assert_eq!(signals_of_child(place, "SigCgt"), 0);
            assert_eq!(sh("kill -USR1 $$; exit 3", &[]), Signaled(10));
            assert_eq!(sh("kill -TERM $$; exit 3", &[]), Signaled(15));
            assert_eq!(CALLS.load(Ordering::SeqCst), 0);
            // SAFETY: it takes a number.
            checked(unsafe { libc::raise(libc::SIGUSR1) });
            assert_eq!(CALLS.load(Ordering::SeqCst), 1);
        });
    }

    #[test]
    fn keep_the_callers_handlers() {
        in_child(|_| {
            handle_signal(libc::SIGUSR1, counting(), libc::SA_RESTART);
            handle_signal(libc::SIGUSR2, libc::SIG_IGN, 0);
            for sigchld in [libc::SIG_DFL, libc::SIG_IGN, counting()] {
                handle_signal(libc::SIGCHLD, sigchld, libc::SA_NOCLDSTOP);
                let before = handlers();
                assert_eq!(sh("exit 3", &[]), Exited(3));
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                assert_eq!(handlers(), before);
            }
        });
    }

    #[test]
    fn that_arrive_meanwhile_are_handled_and_do_no_harm() {
        in_child(|_| {
            handle_signal(libc::SIGALRM, counting(), 0);
            let every = libc::timeval { tv_sec: 0, tv_usec: 200 };
            let timer = libc::itimerval { it_interval: every, it_value: every };
            // SAFETY: the timer is readable.
            checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
            for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
                handle_signal(libc::SIGCHLD, sigchld, 0);
                for code in 0..30 {
                    assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
                    assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                }
            }
            assert!(CALLS.load(Ordering::SeqCst) > 0);
            let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
            let timer = libc::itimerval { it_interval: never, it_value: never };
            // SAFETY: the timer is readable.
            checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()) });
        });
    }

    #[test]
    fn a_handler_of_sigchld_is_called_and_the_code_is_right() {
        in_child(|_| {
            handle_signal(libc::SIGCHLD, counting(), 0);
            for code in 0..50 {
                assert_eq!(sh("exit $1", &[&code.to_string()]), Exited(code));
            }
            // Signals that wait together are one, but there is one after the first child at least.
            assert!(CALLS.load(Ordering::SeqCst) >= 1);
            assert_no_children();
        });
    }
}

mod sigchld {
    use super::*;

    /// The ways in which a caller lets the kernel forget its children.
    const WAYS: [(libc::sighandler_t, i32); 2] = [(libc::SIG_IGN, 0), (libc::SIG_DFL, libc::SA_NOCLDWAIT)];

    #[test]
    fn that_is_ignored_hides_no_outcome() {
        in_child(|place| {
            set_limit(libc::RLIMIT_CORE, 0);
            env::set("PATH", USUAL_PATH).unwrap();
            let busy = place.executable("no interpreter", "#!/nonexistent\n");
            for (handler, flags) in WAYS {
                handle_signal(libc::SIGCHLD, handler, flags);
                for code in [0, 1, 42, 126, 127, 255] {
                    assert_eq!(sh(&format!("exit {code}"), &[]), Exited(code));
                }
                for signal in [1, 9, 11, 15] {
                    assert_eq!(sh(&format!("kill -{signal} $$"), &[]), Signaled(signal));
                }
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                assert_eq!(process::run("no-such-program", &NONE), Ok(NotFound(Errno::ENOENT)));
                assert_eq!(process::run("/", &NONE), Ok(NotExecutable(Errno::EACCES)));
                assert_eq!(process::run(&*busy, &NONE), Ok(NotExecutable(Errno::ENOENT)));
                assert_no_children();
            }
        });
    }

    #[test]
    fn that_is_ignored_is_ignored_by_the_program_too() {
        in_child(|place| {
            let is_ignored = || signals_of_child(place, "SigIgn") & bit(libc::SIGCHLD) != 0;
            assert!(!is_ignored());
            handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
            assert!(is_ignored());
            handle_signal(libc::SIGCHLD, libc::SIG_DFL, libc::SA_NOCLDWAIT);
            assert!(!is_ignored());
        });
    }

    #[test]
    fn that_is_ignored_does_not_make_it_wait_for_other_children() {
        in_child(|_| {
            for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(WAYS) {
                handle_signal(libc::SIGCHLD, handler, flags);
                let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
                assert_eq!(sh("exit 3", &[]), Exited(3));
                assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                // It is alive, and nobody has waited for it.
                assert!(fs::exists(format!("/proc/{}/stat", other.id())).unwrap());
                other.kill().unwrap();
                let waited = other.wait();
                assert!(flags != 0 || handler == libc::SIG_IGN || waited.unwrap().signal() == Some(9));
            }
        });
    }

    /// The lock ends with the process at the latest, whether its program goes on or not.
    #[test]
    fn that_is_ignored_leaves_nobody_with_the_locks_of_a_caller_that_was_killed() {
        in_child(|place| {
            let (lock, started) = (place.at("lock"), place.at("started"));
            for (handler, flags) in [(libc::SIG_DFL, 0)].into_iter().chain(WAYS) {
                // SAFETY: no other thread holds a lock meanwhile: those of the harness wait.
                let caller = checked(unsafe { libc::fork() });
                if caller == 0 {
                    handle_signal(libc::SIGCHLD, handler, flags);
                    let _lock = file::lock(&*lock).unwrap();
                    let _ = process::run(
                        "sh",
                        &["-c", "echo $$ > \"$0.new\" && mv \"$0.new\" \"$0\" && exec sleep 1000", &started],
                    );
                    process::exit(1);
                }
                while !fs::exists(&started).unwrap() {
                    thread::sleep(std::time::Duration::from_millis(1));
                }
                assert_eq!(file::lock(&*lock).err(), Some(Errno::EAGAIN));
                // SAFETY: takes numbers.
                checked(unsafe { libc::kill(caller, libc::SIGKILL) });
                assert_eq!(wait_for(caller).signal(), Some(libc::SIGKILL));
                let is_free = (0..5000).any(|_| {
                    thread::sleep(std::time::Duration::from_millis(1));
                    file::lock(&*lock).is_ok()
                });
                let program: i32 = fs::read_to_string(&started).unwrap().trim().parse().unwrap();
                // SAFETY: takes numbers.
                checked(unsafe { libc::kill(program, libc::SIGKILL) });
                assert!(is_free, "{handler} {flags}");
                fs::remove_file(&started).unwrap();
            }
        });
    }

    #[test]
    fn the_outcome_of_other_children_is_left_to_those_who_started_them() {
        in_child(|_| {
            let mut other = Command::new("sh").args(["-c", "exit 12"]).spawn().unwrap();
            for _ in 0..20 {
                assert_eq!(sh("exit 3", &[]), Exited(3));
            }
            assert_eq!(other.wait().unwrap().code(), Some(12));
        });
    }

    #[test]
    fn a_caller_that_was_started_with_it_ignored() {
        in_child_with(
            |command, _| {
                let ignore = || {
                    handle_signal(libc::SIGCHLD, libc::SIG_IGN, 0);
                    Ok(())
                };
                // SAFETY: the closure makes one system call.
                unsafe { command.pre_exec(ignore) };
            },
            |_| {
                assert_eq!(sh("exit 42", &[]), Exited(42));
                assert_no_children();
            },
        );
    }
}

mod many {
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
        in_child(|_| {
            support::assert_memory_stays_flat(300, || assert_eq!(process::run("true", &["x"]), Ok(Exited(0))))
        });
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
}

mod streams {
    use super::*;

    /// A pipe: where to read, and where to write.
    fn pipe(flags: i32) -> (fs::File, OwnedFd) {
        let mut ends = [0; 2];
        // SAFETY: there is room for two descriptors.
        checked(unsafe { libc::pipe2(ends.as_mut_ptr(), flags | libc::O_CLOEXEC) });
        // SAFETY: a new descriptor, which nobody else owns.
        let reader = unsafe { fs::File::from_raw_fd(ends[0]) };
        // SAFETY: as above.
        (reader, unsafe { OwnedFd::from_raw_fd(ends[1]) })
    }

    /// What `action` writes to a standard stream that is the writer's end of a pipe.
    fn written_to(fd: i32, flags: i32, action: impl FnOnce()) -> Vec<u8> {
        let (mut reader, writer) = pipe(flags);
        // SAFETY: it takes a number.
        let saved = checked(unsafe { libc::dup(fd) });
        // SAFETY: it takes numbers.
        checked(unsafe { libc::dup2(writer.as_raw_fd(), fd) });
        drop(writer);
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                // The flags are those of both ends; this one is to wait.
                // SAFETY: it takes numbers.
                checked(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, 0) });
                let mut content = vec![];
                reader.read_to_end(&mut content).map(|_| content)
            });
            action();
            // SAFETY: it takes numbers. It closes the pipe's end, too.
            checked(unsafe { libc::dup2(saved, fd) });
            reading.join().unwrap().unwrap()
        })
    }

    /// Somebody who prints where nothing is open reaches nothing of the library's own.
    #[test]
    fn that_are_closed_are_no_way_to_what_a_child_has_to_say() {
        in_child(|place| {
            env::set("PATH", USUAL_PATH).unwrap();
            let script = place.executable("script", "#!/bin/sh\nexit 3\n");
            for fd in 0..3 {
                // SAFETY: takes a number. What is written there is lost.
                checked(unsafe { libc::close(fd) });
            }
            for sigchld in [libc::SIG_DFL, libc::SIG_IGN] {
                handle_signal(libc::SIGCHLD, sigchld, 0);
                support::meanwhile(
                    || {
                        let _ = stdio::print("log\n");
                    },
                    || {
                        for _ in 0..100 {
                            assert_eq!(process::run(&*script, &NONE), Ok(Exited(3)));
                            assert_eq!(process::run("/no/such/program", &NONE), Ok(NotFound(Errno::ENOENT)));
                        }
                    },
                );
            }
        });
    }

    #[test]
    fn read_text_reads_the_rest_of_the_input() {
        in_child(|place| {
            let content = support::noise(300_000);
            let mut file = fs::File::open(place.file("file", &content)).unwrap();
            file.read_exact(&mut [0; 1000]).unwrap();
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(file.as_raw_fd(), 0) });
            support::assert_same_bytes(&stdio::read_text().unwrap(), &content[1000..]);
            // At the end, and open still.
            assert_eq!(stdio::read_text().unwrap(), "");
            let (reader, writer) = pipe(0);
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(reader.as_raw_fd(), 0) });
            thread::scope(|scope| {
                scope.spawn(|| fs::File::from(writer).write_all(&content).unwrap());
                support::assert_same_bytes(&stdio::read_text().unwrap(), &content);
            });
            // SAFETY: nothing else reads there.
            checked(unsafe { libc::close(0) });
            assert_eq!(stdio::read_text().unwrap_err(), Errno::EBADF);
        });
    }

    #[test]
    fn print_and_eprint_write_all_bytes() {
        in_child(|_| {
            let content = support::noise(1 << 20);
            for flags in [0, libc::O_NONBLOCK] {
                support::assert_same_bytes(&written_to(1, flags, || stdio::print(&content).unwrap()), &content);
                support::assert_same_bytes(&written_to(2, flags, || stdio::eprint(&content).unwrap()), &content);
            }
            assert_eq!(written_to(1, 0, || stdio::print("").unwrap()), b"");
            assert_eq!(written_to(1, 0, || stdio::print("a\0b\n").unwrap()), b"a\0b\n");
        });
    }

    #[test]
    fn print_says_why_it_could_not() {
        in_child(|_| {
            // SAFETY: it takes a number.
            let saved = checked(unsafe { libc::dup(1) });
            // SAFETY: nothing else writes there meanwhile.
            checked(unsafe { libc::close(1) });
            assert_eq!(stdio::print("x"), Err(Errno::EBADF));
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            assert_eq!(full.as_raw_fd(), 1);
            assert_eq!(stdio::print("x"), Err(Errno::ENOSPC));
            drop(full);
            let (reader, writer) = pipe(0);
            drop(reader);
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(writer.as_raw_fd(), 1) });
            assert_eq!(stdio::print("x"), Err(Errno::EPIPE));
            // SAFETY: it takes numbers.
            checked(unsafe { libc::dup2(saved, 1) });
            std::io::stdout().flush().unwrap();
        });
    }

    #[test]
    fn exit_ends_all_threads_with_the_low_8_bits() {
        for code in [0, 1, 86, 255, 256, 300, -1] {
            // SAFETY: the child calls only what needs neither locks nor memory.
            let child = checked(unsafe { libc::fork() });
            if child == 0 {
                process::exit(code);
            }
            assert_eq!(wait_for(child).code(), Some(code & 0xff));
        }
    }
}
