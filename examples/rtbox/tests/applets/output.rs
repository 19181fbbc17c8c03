//! Form of messages and lines, and failures of standard output.

use super::*;

#[test]
fn messages_quote_names_and_escape_control_characters() {
    let rtbox = Rtbox::new();
    let names: [&[u8]; 4] = [b"", b"a b", b"\x1b[2J\n", b"\xff"];
    let output = rtbox.command(["rm"]).args(names.map(OsStr::from_bytes)).output().unwrap();
    let why = "ENOENT: No such file or directory\n";
    let mut expected = format!("rtbox: rm '': {why}rtbox: rm 'a b': {why}rtbox: rm \\x1b[2J\\x0a: {why}").into_bytes();
    expected.extend(b"rtbox: rm \xff: ");
    expected.extend(why.as_bytes());
    assert_eq!(output.stderr, expected);
}

#[test]
fn lines_are_written_whole() {
    let rtbox = Rtbox::new();
    let names: Vec<_> = (0..200).map(|i| format!("{i}{}", "n".repeat(200 + i % 50))).collect();
    for name in &names {
        rtbox.write(name, "x");
    }
    let deep = format!("{}{}", "./".repeat(1900), names[7]);
    let mut args = vec!["size", &deep, &deep];
    args.extend(names.iter().map(String::as_str));
    let expected: String = args[1..].iter().map(|name| format!("1 {name}\n")).collect();
    assert_eq!(rtbox.run_args(&args), success(expected));

    // Every write ends with a line, except within a line longer than the buffer.
    let strace = rtbox
        .other_command("strace", ["-f", "-o", "trace", "-e", "trace=write", "-s", "100000"])
        .arg(program())
        .args(&args)
        .output();
    if !strace.is_ok_and(|output| output.status.success()) {
        return report_cannot_run("lines are written whole: strace is not installed");
    }
    let trace = String::from_utf8(rtbox.read("trace")).unwrap();
    let writes: Vec<_> = trace.lines().filter(|line| line.contains("write(1, ")).collect();
    assert!(writes.len() > 5 && writes.iter().all(|line| line.contains("\\n\", ")), "{trace}");
}

#[test]
fn failure_of_standard_output_is_reported() {
    let rtbox = Rtbox::new();
    rtbox.write("f", "content");
    let calls = [
        "cat f",
        "ls",
        "pid",
        "pwd",
        "size f",
        "printenv PATH",
        "env A=1",
        "--help",
        "--version",
        "help",
        "cat --help",
    ];
    for call in calls {
        let name = call.split(' ').next().filter(|name| !name.starts_with('-')).filter(|_| !call.contains("--"));
        let name = name.map_or(String::new(), |name| format!("{name}: "));
        let full =
            rtbox.command(call.split(' ')).stdout(File::options().write(true).open("/dev/full").unwrap()).output();
        let message = format!("rtbox: {name}standard output: ENOSPC: No space left on device\n");
        let code = if call.starts_with("env") { 125 } else { 1 };
        assert_eq!(outcome(full.unwrap()), failure(code, &message), "{call}");
        let script = format!("\"$0\" {call} >&-");
        let closed = rtbox.other_command("sh", ["-c", &script]).arg(program()).output();
        let message = format!("rtbox: {name}standard output: EBADF: Bad file descriptor\n");
        assert_eq!(outcome(closed.unwrap()), failure(code, &message), "{call}");
    }
    // A reader that closes the pipe ends the program by SIGPIPE, or with exit code 1 if SIGPIPE is ignored.
    rtbox.write("large", every_byte(1_000_000));
    for (trap, code) in [("", "141"), ("trap '' PIPE; ", "1")] {
        let script = format!("{{ {trap}\"$0\" cat large; echo $? >code; }} | true");
        rtbox.other_command("sh", ["-c", &script]).arg(program()).output().unwrap();
        assert_eq!(String::from_utf8(rtbox.read("code")).unwrap().trim(), code);
    }
}
