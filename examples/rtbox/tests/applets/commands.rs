//! Applets that run a command, compared with flock(1) and env(1).

use super::*;

#[test]
fn lock_and_flock_exclude_each_other() {
    let rtbox = Rtbox::new();
    let held = "rtbox: lock f: EAGAIN: Resource temporarily unavailable (another process holds the lock)\n";
    let program = program();
    let program = program.to_str().unwrap();
    assert_eq!(rtbox.run("lock f true"), success(""));
    assert!(rtbox.path("f").exists());
    assert_eq!(rtbox.run_args(["lock", "f", "sh", "-c", "exit 9"]), failure(9, ""));
    assert_eq!(rtbox.run_args(["lock", "f", program, "lock", "f", "touch", "ran"]), failure(1, held));
    assert_eq!(rtbox.run_args(["lock", "f", program, "lock", "g", "touch", "ran"]), success(""));
    assert!(rtbox.path("ran").exists());
    assert_eq!(rtbox.run("lock no/f true"), failure(1, "rtbox: lock no/f: ENOENT: No such file or directory\n"));
    let unknown = "rtbox: lock nosuch: ENOENT: No such file or directory (not found in PATH)\n";
    assert_eq!(rtbox.run_with_empty_path("lock f nosuch"), failure(127, unknown));

    // flock(1) takes the same kind of lock.
    let Ok(_) = Command::new("flock").arg("--version").output() else {
        return report_cannot_run("lock and flock(1): flock is not installed");
    };
    assert_eq!(rtbox.run("lock f flock -n f true"), failure(1, ""));
    assert_eq!(rtbox.run("lock f flock -n g true"), success(""));
    let output =
        rtbox.other_command("flock", ["-n", "f", program, "lock", "f", "touch", "ran again"]).output().unwrap();
    assert_eq!(outcome(output), failure(1, held));
    assert!(!rtbox.path("ran again").exists());
}

#[test]
fn lock_with_closed_standard_error_does_not_write_into_the_file() {
    let rtbox = Rtbox::new();
    rtbox.write("f", "content");
    // The locked file gets descriptor 2 and must not receive the message.
    let output = rtbox.other_command("sh", ["-c", "PATH=/ \"$0\" lock f nosuch 2>&-"]).arg(program()).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(rtbox.read("f"), b"content");
}

#[test]
fn env_prints_and_sets_variables_as_env_of_coreutils() {
    let rtbox = Rtbox::new();
    let bytes = OsStr::from_bytes(b"\xff=\n\x01");
    let set = |args: &[&str]| {
        let mut command = rtbox.command(args);
        command.env_clear().env("A", "1").env("EMPTY", "").env("BYTES", bytes).env("PATH", "/usr/bin:/bin");
        command
    };
    let env = |args: &[&str]| outcome(set(args).output().unwrap());
    assert_eq!(env(&["printenv", "A", "EMPTY", "BYTES"]), success(b"1\n\n\xff=\n\x01\n"));
    assert_eq!(env(&["printenv", "NO", "A"]), (b"1\n".to_vec(), "rtbox: printenv NO: not set\n".to_owned(), Some(1)));
    assert_eq!(env(&["printenv"]), env(&["env"]));
    for settings in [&[][..], &["A=2"], &["B=3", "A=2", "B=4", "C="], &["EMPTY==", "X=y"]] {
        let mut command = set(&[]);
        let oracle = command.arg("env").args(settings).get_args().map(OsString::from).skip(1).collect::<Vec<_>>();
        let mut coreutils = rtbox.other_command("env", &oracle);
        coreutils.env_clear().env("A", "1").env("EMPTY", "").env("BYTES", bytes).env("PATH", "/usr/bin:/bin");
        let (ours, theirs) = (outcome(command.output().unwrap()), outcome(coreutils.output().unwrap()));
        // An emulator does not keep the order of variables.
        let lines = |outcome: &Outcome| {
            let mut lines: Vec<_> = outcome.0.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
            if is_emulated() {
                lines.sort();
            }
            lines
        };
        assert_eq!((lines(&ours), &ours.1, ours.2), (lines(&theirs), &theirs.1, theirs.2), "{settings:?}");
    }
    assert_eq!(env(&["env", "A=2", "B=", "sh", "-c", "echo $A$B; exit 5"]), (b"2\n".to_vec(), String::new(), Some(5)));
    assert_eq!(env(&["env", "A=x=y", "printenv", "A"]), success("x=y\n"));
    assert_eq!(env(&["env", "=x"]), failure(125, "rtbox: env =x: EINVAL: Invalid argument\n"));
    assert_eq!(env(&["env", "=x", "true"]), failure(125, "rtbox: env =x: EINVAL: Invalid argument\n"));
    let nowhere = "rtbox: env true: ENOENT: No such file or directory (not found in PATH)\n";
    assert_eq!(env(&["env", "PATH=/nowhere", "true"]), failure(127, nowhere));
    assert_eq!(env(&["env", "./f"]).2, Some(127));
    rtbox.write("f", "");
    assert_eq!(env(&["env", "./f"]), failure(126, "rtbox: env ./f: EACCES: Permission denied\n"));
    assert_eq!(env(&["env", "-x"]).2, Some(125));
    assert_eq!(env(&["env", "--", "sh", "-c", "exit 3"]), failure(3, ""));
}

#[test]
fn env_becomes_the_command_and_keeps_the_process_id() {
    let rtbox = Rtbox::new();
    for words in [&["env", "A=1"][..], &["env"]] {
        let mut command = rtbox.command(words);
        command.env("A", "1").args(["sh", "-c", "echo $$ $A"]).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        let expected = format!("{} 1\n", child.id());
        assert_eq!(outcome(child.wait_with_output().unwrap()), success(expected));
    }
    // The first line of a script, as in #!/usr/bin/env sh.
    symlink(program(), rtbox.path("env")).unwrap();
    rtbox.script("script", &format!("#!{} sh\necho \"ran $1\"\n", rtbox.path("env").display()));
    assert_eq!(outcome(rtbox.other_command(rtbox.path("script"), ["a"]).output().unwrap()), success("ran a\n"));
}

#[test]
fn run_returns_the_exit_code_of_the_command() {
    let rtbox = Rtbox::new();
    for code in [0, 1, 2, 77, 126, 127, 255] {
        assert_eq!(rtbox.run_args(["run", "sh", "-c", &format!("exit {code}")]), failure(code, ""));
    }
    assert_eq!(rtbox.run_args(["run", "sh", "-c", "kill -TERM $$"]), failure(143, ""));
    assert_eq!(rtbox.run_args(["run", "printf", "%s|", "", "a b", "-n", "--"]), success("|a b|-n|--|"));
    assert_eq!(rtbox.run_with_input("run cat", b"\0in"), success(b"\0in"));
    assert_eq!(rtbox.run("run -- printf %s --help"), success("--help"));
}

#[test]
fn run_reports_why_a_command_did_not_run() {
    let rtbox = Rtbox::new();
    let enoent = "ENOENT: No such file or directory";
    assert_eq!(
        rtbox.run_with_empty_path("run nosuch"),
        failure(127, &format!("rtbox: run nosuch: {enoent} (not found in PATH)\n"))
    );
    assert_eq!(rtbox.run("run ./nosuch"), failure(127, &format!("rtbox: run ./nosuch: {enoent}\n")));
    rtbox.write("plain", "");
    assert_eq!(rtbox.run("run ./plain"), failure(126, "rtbox: run ./plain: EACCES: Permission denied\n"));
    rtbox.script("lost", "#!/no/such/interpreter\n");
    let lost = format!("rtbox: run ./lost: {enoent} (it needs an interpreter or loader that is missing)\n");
    assert_eq!(rtbox.run("run ./lost"), failure(126, &lost));
    rtbox.script("bare", "echo \"$0 $1\"; exit 3\n");
    assert_eq!(rtbox.run("run ./bare x"), (b"./bare x\n".to_vec(), String::new(), Some(3)));
}
