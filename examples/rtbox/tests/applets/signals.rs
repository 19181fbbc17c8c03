//! Signals to commands that rtbox starts, and to rtbox as process 1.

use super::*;

/// A command that reports a signal and exits with 7. It prints its process ID once it is ready.
fn handler_of(signal: &str) -> [String; 3] {
    let script = format!("trap 'echo got; exit 7' {signal}; echo $$; while :; do sleep 0.05; done");
    ["sh".to_owned(), "-c".to_owned(), script]
}

/// The applets that start a child, with the words before its command.
const WRAPPERS: [&[&str]; 2] = [&["run"], &["lock", "f"]];

impl Rtbox {
    /// Starts rtbox in a process group of its own, with pipes for all streams.
    fn start(&self, words: &[&str], command: &[impl AsRef<OsStr>]) -> Running {
        let mut rtbox = self.command(words);
        rtbox.args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        Running::new(rtbox)
    }
}

#[test]
fn run_and_lock_pass_signals_on() {
    let rtbox = Rtbox::new();
    for (name, signal) in
        [("TERM", libc::SIGTERM), ("INT", libc::SIGINT), ("HUP", libc::SIGHUP), ("USR1", libc::SIGUSR1)]
    {
        for words in WRAPPERS {
            let mut running = rtbox.start(words, &handler_of(name));
            assert_ne!(running.line(), running.id().to_string());
            kill(running.id(), signal);
            assert_eq!(running.finish(), (b"got\n".to_vec(), String::new(), Some(7)), "{words:?} {name}");
        }
        let mut running = rtbox.start(&["env", "A=1"], &handler_of(name));
        assert_eq!(running.line(), running.id().to_string());
        kill(running.id(), signal);
        assert_eq!(running.finish(), (b"got\n".to_vec(), String::new(), Some(7)), "env {name}");
    }
}

#[test]
fn run_and_lock_end_with_a_command_that_a_signal_ends() {
    let rtbox = Rtbox::new();
    for words in WRAPPERS {
        for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGPIPE] {
            let mut running = rtbox.start(words, &["sh", "-c", "echo $$; exec sleep 30"]);
            let command = running.line();
            kill(running.id(), signal);
            assert_eq!(running.finish(), failure(128 + signal, ""), "{words:?}");
            assert!(!Path::new("/proc").join(command).exists());
        }
    }
}

#[test]
fn run_leaves_no_command_when_a_signal_arrives_at_any_moment() {
    let rtbox = Rtbox::new();
    for pause in (0..4000).step_by(if is_emulated() { 400 } else { 100 }) {
        let running = rtbox.start(&["run"], &["sleep", "30"]);
        std::thread::sleep(Duration::from_micros(pause));
        let group = running.id();
        kill(group, libc::SIGTERM);
        let (_, stderr, code) = running.finish();
        // Without a code the signal ended rtbox itself, before there was a command.
        assert!(stderr.is_empty() && matches!(code, None | Some(143)), "{stderr}{code:?}");
        // SAFETY: the arguments are plain integers.
        assert_eq!(unsafe { libc::kill(-group, 0) }, -1, "a process is left after {pause} microseconds");
    }
}

#[test]
fn run_stops_and_continues_with_the_command() {
    let rtbox = Rtbox::new();
    let mut running = rtbox.start(&["run"], &["sh", "-c", "echo $$; read line; echo $line; exit 4"]);
    let command = running.line().parse().unwrap();
    for _ in 0..3 {
        kill(running.id(), libc::SIGTSTP);
        wait_for_states([running.id(), command], "TT");
        kill(running.id(), libc::SIGCONT);
        wait_for_states([running.id(), command], "SS");
    }
    // SIGSTOP cannot be passed on.
    kill(running.id(), libc::SIGSTOP);
    wait_for_states([running.id(), command], "TS");
    running.write("more\n");
    wait_for_states([running.id(), command], "TZ");
    kill(running.id(), libc::SIGCONT);
    assert_eq!(running.finish(), (b"more\n".to_vec(), String::new(), Some(4)));
}

#[test]
fn run_does_not_return_a_signal_that_the_command_sent_to_its_group() {
    let rtbox = Rtbox::new();
    let script = "trap 'echo got' TERM; echo ready; read line; kill -TERM 0; sleep 0.5; echo end";
    let mut running = rtbox.start(&["run"], &["sh", "-c", script]);
    assert_eq!(running.line(), "ready");
    // While rtbox is stopped, its signal is pending, and the command handles its own.
    kill(running.id(), libc::SIGSTOP);
    running.write("\n");
    assert_eq!(running.line(), "got");
    kill(running.id(), libc::SIGCONT);
    assert_eq!(running.finish(), success("end\n"));
}

#[test]
fn run_keeps_ignored_and_blocked_signals_of_the_caller() {
    let rtbox = Rtbox::new();
    let states = |words: &[&str]| {
        let mut command = rtbox.command(words);
        let set_signals = || {
            for signal in [libc::SIGCHLD, libc::SIGHUP] {
                // SAFETY: SIG_IGN installs no handler.
                unsafe { libc::signal(signal, libc::SIG_IGN) };
            }
            // SAFETY: all zeroes are a valid value of this type.
            let mut set = unsafe { std::mem::zeroed() };
            // SAFETY: the set is writable.
            unsafe { libc::sigaddset(&mut set, libc::SIGUSR1) };
            // SAFETY: the set is readable.
            unsafe { libc::sigprocmask(libc::SIG_SETMASK, &set, std::ptr::null_mut()) };
            Ok(())
        };
        // SAFETY: the closure makes system calls only.
        unsafe { command.pre_exec(set_signals) };
        command
    };
    let status = ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"];
    let mut direct = states(&["env"]);
    let expected = outcome(direct.args(status).output().unwrap());
    let text = String::from_utf8(expected.0.clone()).unwrap();
    // The caller's caller may ignore more. An emulator loses that SIGHUP is ignored, but not SIGCHLD.
    let ignored = if is_emulated() { "10000\n" } else { "10001\n" };
    assert!(text.starts_with("SigBlk:\t0000000000000200\n") && text.ends_with(ignored), "{text}");
    for words in WRAPPERS {
        assert_eq!(outcome(states(words).args(status).output().unwrap()), expected, "{words:?}");
        // The exit code is not lost.
        assert_eq!(outcome(states(words).args(["sh", "-c", "exit 9"]).output().unwrap()), failure(9, ""));
    }
}

/// Starts rtbox as the leader of a session with a terminal. Returns the terminal's other side.
fn in_terminal(rtbox: &Rtbox, words: &[&str]) -> (Running, File) {
    // SAFETY: the argument is a plain integer.
    let master = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(master >= 0);
    // SAFETY: the call has just opened the descriptor.
    let master = unsafe { File::from_raw_fd(master) };
    // SAFETY: the descriptor is that of a terminal's master.
    assert_eq!(unsafe { libc::unlockpt(master.as_raw_fd()) }, 0);
    let mut name = [0; 64];
    // SAFETY: the buffer is writable for its length.
    assert_eq!(unsafe { libc::ptsname_r(master.as_raw_fd(), name.as_mut_ptr(), name.len()) }, 0);
    // SAFETY: the call wrote a NUL-terminated string.
    let name = OsStr::from_bytes(unsafe { CStr::from_ptr(name.as_ptr()) }.to_bytes()).to_owned();
    let slave = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(name).unwrap();
    let mut command = rtbox.command(words);
    command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
    let take_terminal = || {
        // SAFETY: the call has no arguments.
        unsafe { libc::setsid() };
        // SAFETY: the arguments are plain integers.
        unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
        Ok(())
    };
    // SAFETY: the closure makes system calls only.
    unsafe { command.pre_exec(take_terminal) };
    (Running::new(command), master)
}

#[test]
fn run_does_not_pass_on_what_the_terminal_sent_to_the_group() {
    let rtbox = Rtbox::new();
    let script =
        "trap 'echo got' INT; echo ready; i=0; while [ $i -lt 20 ]; do sleep 0.05; i=$((i + 1)); done; echo end";
    let (mut running, mut terminal) = in_terminal(&rtbox, &["run", "sh", "-c", script]);
    let mut printed = String::new();
    let mut read_until = |terminal: &mut File, word: &str| {
        while !printed.contains(word) {
            let mut buffer = [0; 1000];
            let len = terminal.read(&mut buffer).unwrap();
            printed.push_str(std::str::from_utf8(&buffer[..len]).unwrap());
        }
        printed.clone()
    };
    read_until(&mut terminal, "ready");
    // While rtbox is stopped, its signal is pending, and the command handles its own.
    kill(running.id(), libc::SIGSTOP);
    wait_for_states([running.id()], "T");
    // The key that sends SIGINT.
    terminal.write_all(b"\x03").unwrap();
    read_until(&mut terminal, "got");
    kill(running.id(), libc::SIGCONT);
    let printed = read_until(&mut terminal, "end");
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!(printed.matches("got").count(), 1, "{printed}");
}

#[test]
fn run_passes_on_the_hangup_of_its_terminal() {
    let rtbox = Rtbox::new();
    let script = "trap 'echo got > hangup; exit 7' HUP; echo ready; while :; do sleep 0.05; done";
    let (mut running, mut terminal) = in_terminal(&rtbox, &["run", "sh", "-c", script]);
    terminal.read_exact(&mut [0; 5]).unwrap();
    drop(terminal);
    assert_eq!(running.wait().code(), Some(7));
    assert_eq!(rtbox.read("hangup"), b"got\n");
}

/// Starts rtbox as process 1 of a PID namespace, and returns unshare(1) with the process ID of rtbox. Reports why that
/// is not possible.
fn as_process_1(rtbox: &Rtbox, words: &[&str]) -> Option<Running> {
    let unshare = ["--pid", "--fork", "--kill-child"];
    let probe = rtbox.other_command("unshare", unshare).arg("true").output();
    if !probe.as_ref().is_ok_and(|output| output.status.success()) {
        report_cannot_run(&format!("rtbox as process 1: run the tests as root, where unshare(1) may: {probe:?}"));
        return None;
    }
    let mut command = rtbox.other_command("unshare", unshare);
    command.arg(program()).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(Running::new(command))
}

/// Returns the process ID of each child of a process, zombies included.
fn children_of(parent: i32) -> Vec<i32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    processes.filter(|&id: &i32| stat_of(id).is_some_and(|(_, of)| of == parent)).collect()
}

/// Returns the only child of a process.
fn child_of(parent: i32) -> i32 {
    let children = children_of(parent);
    assert_eq!(children.len(), 1, "{children:?}");
    children[0]
}

#[test]
fn wrappers_as_process_1_tell_a_server_to_end() {
    let rtbox = Rtbox::new();
    for words in [&["env", "A=1"][..], WRAPPERS[0], WRAPPERS[1]] {
        let server = handler_of("TERM");
        let words: Vec<_> = words.iter().copied().chain(server.iter().map(String::as_str)).collect();
        let Some(mut running) = as_process_1(&rtbox, &words) else { return };
        running.line();
        let process_1 = child_of(running.id());
        kill(process_1, libc::SIGTERM);
        assert_eq!(running.finish(), (b"got\n".to_vec(), String::new(), Some(7)), "{words:?}");
    }
}

#[test]
fn wrappers_as_process_1_remove_orphans() {
    let rtbox = Rtbox::new();
    let script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (sleep 0.1 &); done; sleep 0.5; \
                  echo ready; read line; exit 5";
    for words in WRAPPERS {
        let words: Vec<_> = words.iter().copied().chain(["sh", "-c", script]).collect();
        let Some(mut running) = as_process_1(&rtbox, &words) else { return };
        assert_eq!(running.line(), "ready");
        let process_1 = child_of(running.id());
        // The command is left.
        within_limit(|| (children_of(process_1).len() == 1).then_some(()));
        running.write("\n");
        assert_eq!(running.finish(), failure(5, ""));
    }
}

#[test]
fn wrappers_as_process_1_return_the_code_of_the_command() {
    let rtbox = Rtbox::new();
    let missing = "ENOENT: No such file or directory (not found in PATH)\n";
    for (words, name) in [(&["run"][..], "run"), (&["lock", "f"], "lock")] {
        for (command, stderr, code) in [
            (&["true"][..], String::new(), 0),
            (&["sh", "-c", "exit 77"], String::new(), 77),
            (&["sh", "-c", "kill -KILL $$"], String::new(), 137),
            (&["no-such-command"], format!("rtbox: {name} no-such-command: {missing}"), 127),
        ] {
            let words: Vec<_> = words.iter().chain(command).copied().collect();
            let Some(running) = as_process_1(&rtbox, &words) else { return };
            // A directory of PATH that may not be searched changes the error.
            let (stdout, message, actual) = running.finish();
            assert_eq!((stdout, actual), (Vec::new(), Some(code)), "{words:?} {message}");
            assert!(message == stderr || message.contains("EACCES"), "{message}");
        }
    }
}
