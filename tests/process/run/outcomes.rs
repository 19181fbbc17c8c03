use super::*;

#[test]
fn run_returns_every_exit_code() {
    for code in (0..=255).step_by(if is_emulated() { 17 } else { 1 }).chain([126, 127]) {
        let outcome = sh(&format!("exit {code}"), &[]);
        assert_eq!(outcome, Exited(u8::try_from(code).unwrap()));
        assert_eq!(outcome.code(), code);
        assert_eq!(outcome.success(), code == 0);
    }
}

#[test]
fn run_reports_every_signal_that_ends_a_program() {
    in_child(|_| {
        set_soft_limit(libc::RLIMIT_CORE, 0);
        for signal in without_emulated_numbers(&[1, 2, 3, 4, 6, 8, 9, 11, 13, 14, 15, 31, 34, 64]) {
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
fn run_reports_the_signal_of_a_core_dump() {
    in_child(|temp| {
        std::env::set_current_dir(temp.path()).unwrap();
        set_soft_limit(libc::RLIMIT_CORE, u64::MAX);
        assert_eq!(sh("kill -SEGV $$", &[]), Signaled(11));
    });
}

#[test]
fn outcome_code_is_127_if_not_found_and_126_if_not_executable() {
    assert_eq!(NotFound(Errno::ENOENT).code(), 127);
    assert_eq!(NotExecutable(Errno::EACCES).code(), 126);
    assert!(!NotFound(Errno::ENOENT).success());
    assert!(!NotExecutable(Errno::EACCES).success());
}

#[test]
fn run_of_a_path_that_does_not_resolve_reports_not_found() {
    let temp = TempDir::new();
    let file = temp.file("file", "");
    temp.symlink("dangling", "missing");
    temp.symlink("loop", "loop");
    assert_eq!(process::run(&*temp.join("missing"), &NONE), Ok(NotFound(Errno::ENOENT)));
    assert_eq!(process::run(&*temp.join("missing/x"), &NONE), Ok(NotFound(Errno::ENOENT)));
    assert_eq!(process::run(&*temp.join("dangling"), &NONE), Ok(NotFound(Errno::ENOENT)));
    assert_eq!(process::run(&*format!("{file}/x"), &NONE), Ok(NotFound(Errno::ENOTDIR)));
    assert_eq!(process::run(&*temp.join("loop"), &NONE), Ok(NotFound(Errno::ELOOP)));
    let long = support::path_of_length("/bin/true", 4096);
    assert_eq!(process::run(&*long, &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
    assert_eq!(process::run(&*support::path_of_length("/bin/true", 4095), &NONE), Ok(Exited(0)));
}

#[test]
fn run_of_a_command_outside_path_reports_not_found() {
    in_child(|_| {
        env::set("PATH", USUAL_PATH).unwrap();
        assert_eq!(process::run("no-such-command-anywhere", &NONE), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run("", &NONE), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run("", &["true"]), Ok(NotFound(Errno::ENOENT)));
        assert_eq!(process::run(&*"x".repeat(256), &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
    });
}

#[test]
fn run_of_a_name_of_5000_bytes_reports_enametoolong() {
    // execvp(3) fails without a search as well.
    assert_eq!(process::run(&*"x".repeat(5000), &NONE), Ok(NotFound(Errno::ENAMETOOLONG)));
}

#[test]
fn run_of_a_file_that_is_no_program_reports_not_executable() {
    let temp = TempDir::new();
    let plain = temp.file("plain", "#!/bin/sh\n");
    let directory = temp.mkdir("directory");
    temp.executable("no interpreter", "#!/nonexistent/interpreter\n");
    temp.executable("directory as interpreter", "#!/tmp\n");
    assert_eq!(process::run(&*plain, &NONE), Ok(NotExecutable(Errno::EACCES)));
    assert_eq!(process::run(&*directory, &NONE), Ok(NotExecutable(Errno::EACCES)));
    assert_eq!(process::run("/", &NONE), Ok(NotExecutable(Errno::EACCES)));
    assert_eq!(process::run(&*temp.join("no interpreter"), &NONE), Ok(NotExecutable(Errno::ENOENT)));
    assert_eq!(process::run(&*temp.join("directory as interpreter"), &NONE), Ok(NotExecutable(Errno::EACCES)));
    assert_eq!(process::run(&*format!("{directory}/"), &NONE), Ok(NotExecutable(Errno::EACCES)));
}

#[test]
fn run_without_execute_permission_reports_eacces() {
    as_ordinary_user(|temp| {
        let program = temp.executable("program", "#!/bin/sh\nexit 3\n");
        assert_eq!(process::run(&*program, &NONE), Ok(Exited(3)));
        set_mode(&program, 0o666);
        assert_eq!(process::run(&*program, &NONE), Ok(NotExecutable(Errno::EACCES)));
        // A binary needs no read permission to be executed. A script does: its interpreter reads it.
        copy_program("/bin/true", &temp.join("true"));
        set_mode(&temp.join("true"), 0o111);
        assert_eq!(process::run(&*temp.join("true"), &NONE), Ok(Exited(0)));
        let directory = temp.mkdir("closed");
        copy_program("/bin/true", &temp.join("closed/true"));
        set_mode(&directory, 0o600);
        assert_eq!(process::run(&*temp.join("closed/true"), &NONE), Ok(NotExecutable(Errno::EACCES)));
        set_mode(&directory, 0o700);
    });
}

#[test]
fn run_of_a_foreign_elf_file_matches_env() {
    in_child(|temp| {
        // The ELF header names machine 0xffff. The shell, which gets the file as a script, fails as well.
        let mut program = fs::read("/bin/true").unwrap();
        program[18..20].copy_from_slice(&[0xff, 0xff]);
        let path = temp.executable("program", program);
        let wanted = Command::new("/usr/bin/env").arg(&path).stderr(Stdio::null()).status().unwrap();
        // Discard the error message of the shell.
        let null = fs::File::options().write(true).open("/dev/null").unwrap();
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::dup2(null.as_raw_fd(), 2) });
        assert_eq!(process::run(&*path, &NONE).unwrap().code(), wanted.code().unwrap());
    });
}

#[test]
fn run_of_a_file_open_for_writing_reports_etxtbsy() {
    // In a process of its own: a child that another test starts would inherit the open file.
    in_child(|temp| {
        let path = temp.join("program");
        copy_program("/bin/true", &path);
        let writer = fs::File::options().append(true).open(&path).unwrap();
        assert_eq!(process::run(&*path, &NONE), Ok(NotExecutable(Errno::ETXTBSY)));
        drop(writer);
        assert_eq!(process::run(&*path, &NONE), Ok(Exited(0)));
    });
}

/// This happens when another thread has just started a child that inherited the open file and has not reached exec yet.
#[test]
fn run_retries_a_file_that_is_briefly_open_for_writing() {
    let temp = TempDir::new();
    let path = temp.join("program");
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
                // SAFETY: the call has no arguments.
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
    // An attempt fails if it does not catch the child asleep, so try several times.
    assert!((0..50).any(|_| attempt() == Exited(0)), "no attempt was retried");
}

/// Returns true if the thread has a sleeping child: one that found the file busy and waits to retry.
fn child_sleeps(thread: i32) -> bool {
    let children = fs::read_to_string(format!("/proc/self/task/{thread}/children")).unwrap_or_default();
    let stat = |child: &str| fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    children.split_whitespace().any(|child| stat(child).contains(") S "))
}

#[test]
fn run_with_too_many_arguments_reports_e2big() {
    let long = "x".repeat(200_000);
    assert_eq!(process::run("true", &[&*long]), Ok(NotExecutable(Errno::E2BIG)));
    assert_eq!(process::run("/bin/true", &[&*"x".repeat(100_000); 100]), Ok(NotExecutable(Errno::E2BIG)));
    assert_eq!(process::run("/no/such/program", &[&*long]), Ok(NotFound(Errno::ENOENT)));
}

#[test]
fn run_of_a_text_with_nul_fails_with_einval() {
    assert_eq!(process::run("true\0", &NONE), Err(Errno::EINVAL));
    assert_eq!(process::run("\0", &NONE), Err(Errno::EINVAL));
    assert_eq!(process::run("true", &["a", "b\0c"]), Err(Errno::EINVAL));
    assert_eq!(process::run(b"/bin/true\0/x", &NONE), Err(Errno::EINVAL));
}

#[test]
fn run_at_the_descriptor_limit_fails_with_emfile() {
    in_child(|_| {
        let mask = current_mask();
        set_soft_limit(libc::RLIMIT_NOFILE, 0);
        assert_eq!(process::run("true", &NONE), Err(Errno::EMFILE));
        set_signal_handler(libc::SIGCHLD, libc::SIG_IGN, 0);
        assert_eq!(process::run("true", &NONE), Err(Errno::EMFILE));
        set_soft_limit(libc::RLIMIT_NOFILE, 100);
        assert_eq!(current_mask(), mask);
        assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
    });
}

#[test]
fn run_at_the_process_limit_fails_with_eagain() {
    as_ordinary_user(|_| {
        set_soft_limit(libc::RLIMIT_NPROC, 0);
        let (mask, before) = (current_mask(), count_descriptors());
        assert_eq!(process::run("true", &NONE), Err(Errno::EAGAIN));
        set_signal_handler(libc::SIGCHLD, libc::SIG_IGN, 0);
        assert_eq!(process::run("true", &NONE), Err(Errno::EAGAIN));
        assert_eq!((current_mask(), count_descriptors()), (mask, before));
        set_soft_limit(libc::RLIMIT_NPROC, u64::MAX);
        assert_eq!(process::run("true", &NONE), Ok(Exited(0)));
    });
}
