use super::*;

#[test]
fn run_with_captures_what_std_captures() {
    for script in [
        "echo out; echo err >&2; exit 3",
        "true",
        "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo e$i >&2; done",
        "printf 'a\\0b\\nc'",
        "kill -KILL $$",
        "seq 1 20000; seq 1 20000 >&2",
    ] {
        let theirs = StdCommand::new("sh").args(["-c", script]).output().unwrap();
        let ours = captured(script);
        assert_eq!(ours.out.unwrap().as_bytes(), theirs.stdout, "{script}");
        assert_eq!(ours.err.unwrap().as_bytes(), theirs.stderr, "{script}");
        assert_eq!(ours.outcome.code(), theirs.status.code().unwrap_or(128 + 9), "{script}");
        assert!(!ours.truncated && !ours.timed_out);
    }
}

#[test]
fn run_with_captures_only_what_was_asked_for() {
    let output = sh("echo out; exit 4", &[]).capture_out().run().unwrap();
    assert_eq!((output.outcome, text(&output.out), output.err.is_none()), (Exited(4), "out\n", true));
    let output = sh("echo err >&2", &[]).capture_err().run().unwrap();
    assert_eq!((output.outcome, text(&output.err), output.out.is_none()), (Exited(0), "err\n", true));
    let output = sh("exit 5", &[]).run().unwrap();
    assert!(output.out.is_none() && output.err.is_none());
    assert_eq!(output.outcome, Exited(5));
    let output = sh("echo out; echo err >&2; echo out", &[]).capture_out().err_to_out().capture_err().run().unwrap();
    assert_eq!((text(&output.out), text(&output.err)), ("out\nerr\nout\n", ""));
}

#[test]
fn run_with_moves_input_and_output_at_once() {
    let input = random_bytes(if is_emulated() { 1 << 20 } else { 64 << 20 });
    let output = Command::new("cat").input(&input).capture_out().capture_err().run().unwrap();
    assert_eq!(output.outcome, Exited(0));
    assert_same_bytes(&output.out.unwrap(), &input);
    assert!(!output.truncated);
    // Both streams at once, each more than a pipe holds, before the input is read.
    let input = random_bytes(300_000);
    let script = "seq 1 50000; seq 1 50000 >&2; cat; seq 1 50000 >&2";
    let output = sh(script, &[]).input(&input).capture_out().capture_err().run().unwrap();
    let numbers: String = (1..=50_000).map(|number| format!("{number}\n")).collect();
    assert_same_bytes(&output.out.unwrap(), &[numbers.as_bytes(), &input].concat());
    assert_same_bytes(&output.err.unwrap(), &[numbers.as_bytes(), numbers.as_bytes()].concat());
}

#[test]
fn run_with_keeps_the_start_of_a_stream_that_is_too_long() {
    for (max, truncated) in [(1, true), (5, true), (6, false), (7, false), (100_000, false)] {
        let output = sh("printf abcdef; exit 2", &[]).capture_out().max_output(max).run().unwrap();
        assert_eq!(output.out.unwrap().as_bytes(), &b"abcdef"[..max.min(6)]);
        assert_eq!((output.truncated, output.outcome), (truncated, Exited(2)));
    }
    // The rest is read: the program does not block, and gets no SIGPIPE.
    let output = sh("seq 1 100000; echo end >&2", &[]).capture_out().capture_err().max_output(5000).run().unwrap();
    assert_eq!((output.outcome, output.truncated), (Exited(0), true));
    assert_eq!((output.out.unwrap().len(), text(&output.err)), (5000, "end\n"));
}

#[test]
fn run_with_gives_an_empty_input_or_none() {
    assert_eq!(text(&sh("cat; echo end", &[]).input(b"").capture_out().run().unwrap().out), "end\n");
    let output = sh("cat; readlink /proc/self/fd/0", &[]).null_input().capture_out().run().unwrap();
    assert!(matches!(text(&output.out), "/dev/null\n"), "{output:?}");
    assert_eq!(text(&Command::new("cat").null_input().input(b"x").capture_out().run().unwrap().out), "x");
}

/// The caller has the default disposition of SIGPIPE, by which the signal would end it.
#[test]
fn run_with_an_input_that_nobody_reads_raises_no_sigpipe() {
    in_child(|_| {
        let input = random_bytes(1 << 20);
        for sigpipe in [libc::SIG_DFL, libc::SIG_IGN, counting_handler()] {
            set_signal_handler(libc::SIGPIPE, sigpipe, 0);
            for (handler, flags) in SIGCHLD {
                set_signal_handler(libc::SIGCHLD, handler, flags);
                let (mask, before) = (current_mask(), handlers());
                assert_eq!(sh("exit 3", &[]).input(&input).run().unwrap().outcome, Exited(3));
                let output = sh("exec <&-; echo out; exit 4", &[]).input(&input).capture_out().run().unwrap();
                assert_eq!((output.outcome, text(&output.out)), (Exited(4), "out\n"));
                assert_eq!((current_mask(), handlers()), (mask, before));
            }
        }
        // One that was pending before stays.
        crate::run::signals::block(&[libc::SIGPIPE]);
        let is_pending = || {
            let status = fs::read_to_string("/proc/thread-self/status").unwrap();
            crate::run::signals_in(&status, "SigPnd") != 0
        };
        set_signal_handler(libc::SIGCHLD, libc::SIG_DFL, 0);
        assert_eq!(sh("exit 3", &[]).input(&input).run().unwrap().outcome, Exited(3));
        assert!(!is_pending());
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::raise(libc::SIGPIPE) });
        assert!(is_pending());
        assert_eq!(sh("exit 3", &[]).input(&input).run().unwrap().outcome, Exited(3));
        assert!(is_pending());
    });
}

#[test]
fn run_with_gives_the_program_blocking_streams_and_no_other_descriptor() {
    let script =
        "exec 2> /dev/null; for fd in /proc/self/fd/*; do echo ${fd##*/}; done; grep flags /proc/self/fdinfo/*";
    let output = sh(script, &[]).input(b"x").capture_out().run().unwrap();
    let theirs = StdCommand::new("sh").args(["-c", script]).stdin(Stdio::piped()).output().unwrap();
    let numbers = |text: &str| text.lines().filter(|line| line.len() < 4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(numbers(text(&output.out)), numbers(str::from_utf8(&theirs.stdout).unwrap()));
    for line in text(&output.out).lines().filter_map(|line| line.split("flags:").nth(1)) {
        let flags = i32::from_str_radix(line.trim(), 8).unwrap();
        assert_eq!(flags & libc::O_NONBLOCK, 0, "{line}");
    }
}

#[test]
fn run_with_closed_streams_works() {
    in_child(|_| {
        env::set("PATH", USUAL_PATH).unwrap();
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            for closed in support::CLOSED {
                let output = support::with_closed_streams(closed, || {
                    sh("cat; echo err >&2; exit 6", &[]).input(b"input").capture_out().capture_err().run()
                })
                .unwrap();
                assert_eq!((output.outcome, text(&output.out), text(&output.err)), (Exited(6), "input", "err\n"));
            }
        }
    });
}

#[test]
fn run_with_leaves_no_descriptor_and_no_child() {
    in_child(|_| {
        for (handler, flags) in SIGCHLD {
            set_signal_handler(libc::SIGCHLD, handler, flags);
            let before = count_descriptors();
            for _ in 0..20 {
                let output = sh("cat; exit 3", &[]).input(b"x").capture_out().capture_err().run().unwrap();
                assert_eq!((output.outcome, text(&output.out)), (Exited(3), "x"));
                let output = Command::new("/no/such/program").capture_out().null_input().run().unwrap();
                assert_eq!((output.outcome, text(&output.out)), (NotFound(Errno::ENOENT), ""));
                let output = Command::new("/").capture_err().run().unwrap();
                assert_eq!((output.outcome, text(&output.err)), (NotExecutable(Errno::EACCES), ""));
                assert_eq!(Command::new("true").current_dir("/no/such").run().err(), Some(Errno::ENOENT));
            }
            assert_eq!(count_descriptors(), before);
            assert_no_children();
        }
    });
}

#[test]
fn run_with_in_many_threads_keeps_streams_apart() {
    thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                for round in 0..10 {
                    let input = format!("{number} {round}\n").repeat(5000);
                    let output = Command::new("cat").input(input.as_bytes()).capture_out().run().unwrap();
                    assert!(output.out.unwrap().as_bytes() == input.as_bytes());
                }
            });
        }
    });
}

#[test]
fn output_returns_the_standard_output_of_std() {
    let theirs = StdCommand::new("seq").args(["1", "100000"]).output().unwrap();
    assert_same_bytes(&process::output("seq", &["1", "100000"]).unwrap(), &theirs.stdout);
    assert_eq!(process::output("sh", &["-c", "echo partial; exit 9"]).unwrap().as_bytes(), b"partial\n");
    assert_eq!(process::output("true", &NONE).unwrap().as_bytes(), b"");
    assert_eq!(process::output("no-such-command-anywhere", &NONE).err(), Some(Errno::ENOENT));
    assert_eq!(process::output("/", &NONE).err(), Some(Errno::EACCES));
    assert_eq!(process::output("a\0", &NONE).err(), Some(Errno::EINVAL));
    // More than a run with options keeps by default.
    if !is_emulated() {
        assert_eq!(process::output("head", &["-c", "70000000", "/dev/zero"]).unwrap().len(), 70_000_000);
    }
}

#[test]
fn output_that_memory_does_not_hold_is_enomem_and_ends_the_program() {
    in_child(|_| {
        if is_emulated() {
            return support::report_not_in_an_emulator(
                "an endless output: the limit of memory is that of the emulator",
            );
        }
        support::set_soft_limit(libc::RLIMIT_AS, 300 << 20);
        assert_eq!(process::output("yes", &NONE).err(), Some(Errno::ENOMEM));
        assert_no_children();
    });
}
