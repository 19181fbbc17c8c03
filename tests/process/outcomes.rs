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
