//! The lock while its command runs, and after.

use super::*;

#[test]
fn lock_holds_as_long_as_the_command_when_rtbox_is_killed() {
    let rtbox = Rtbox::new();
    let mut command = rtbox.command(["lock", "f", "sh", "-c", "echo ready; read line"]);
    let mut running = Running::new({
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    });
    assert_eq!(running.line(), "ready");
    kill(running.id(), libc::SIGKILL);
    assert_eq!(running.wait().signal(), Some(libc::SIGKILL));
    let held = "rtbox: lock f: EAGAIN: Resource temporarily unavailable (another process holds the lock)\n";
    for _ in 0..3 {
        assert_eq!(rtbox.run("lock f true"), failure(1, held));
    }
    running.write("end\n");
    within_limit(|| (rtbox.run("lock f true") == success("")).then_some(()));
}

#[test]
fn lock_ends_with_the_command_although_its_descendants_run_on() {
    let rtbox = Rtbox::new();
    // The descendant has inherited the lock.
    let output =
        rtbox.command(["lock", "f", "sh", "-c", "exec >/dev/null 2>&1; sleep 30 & echo $! >descendant"]).output();
    assert_eq!(outcome(output.unwrap()), success(""));
    assert_eq!(rtbox.run("lock f true"), success(""));
    let descendant = String::from_utf8(rtbox.read("descendant")).unwrap();
    kill(descendant.trim().parse().unwrap(), libc::SIGKILL);
}

#[test]
fn commands_inherit_the_lock_and_no_other_descriptor() {
    let rtbox = Rtbox::new();
    let list = "for fd in /proc/$$/fd/*; do readlink $fd | grep -v '^/.*/sh$' >>list; done; :";
    let list_after = |words: &[&str], redirection: &str| {
        let script = format!("\"$@\" sh -c '{}' {redirection}", list.replace('\'', "'\\''"));
        let words = words.iter().map(OsStr::new);
        let program = program();
        let words = ["-c".as_ref(), script.as_ref(), "sh".as_ref(), program.as_os_str()].into_iter().chain(words);
        let output = rtbox.other_command("sh", words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let list = String::from_utf8(rtbox.read("list")).unwrap();
        fs::remove_file(rtbox.path("list")).unwrap();
        list.lines().filter(|name| !name.starts_with("pipe:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let lock = fs::canonicalize(rtbox.path("")).unwrap().join("f").into_os_string().into_string().unwrap();
    let direct = list_after(&["env"], "");
    assert_eq!(list_after(&["run"], ""), direct);
    let mut locked = direct.clone();
    locked.push(lock.clone());
    assert_eq!(list_after(&["lock", "f"], ""), locked);

    // The lock is none of the standard streams, though they are closed.
    let script = "\"$0\" lock f sh -c 'readlink /proc/$$/fd/[012]; readlink /proc/$$/fd/* >list' <&- 2>&- | cat";
    let output = rtbox.other_command("sh", ["-c", script]).arg(program()).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stdout).contains(&lock), "{output:?}");
    assert!(String::from_utf8(rtbox.read("list")).unwrap().contains(&lock));
}

#[test]
fn lock_that_fails_to_unlock_warns_and_returns_the_code_of_the_command() {
    if is_emulated() {
        // strace(1) would trace the emulator.
        return;
    }
    let rtbox = Rtbox::new();
    let warning = "rtbox: lock f: EIO: Input/output error (when unlocking, after the command)\n";
    // The second call of flock unlocks. The file is closed once, by rtbox.
    for fault in ["flock:error=EIO:when=2", "close:error=EIO"] {
        for code in [0, 9] {
            let mut strace = rtbox.other_command("strace", ["-q", "-o", "trace", "-e", &format!("inject={fault}")]);
            strace.arg("-P").arg(rtbox.path("f")).args(["-e", "trace=flock,close"]).arg(program()).args(["lock", "f"]);
            let output = strace.args(["sh", "-c", &format!("exit {code}")]).output();
            if !output.as_ref().is_ok_and(|output| output.status.code().is_some()) {
                return report_cannot_run("lock that fails to unlock: strace is not installed");
            }
            assert_eq!(outcome(output.unwrap()), failure(code, warning), "{fault}");
        }
    }
}
