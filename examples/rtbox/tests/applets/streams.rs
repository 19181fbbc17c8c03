//! Streams: memory, delays, packets, and failures while they flow.

use std::os::unix::net::UnixDatagram;

use super::*;

/// Feeds rtbox, and returns the greatest memory that it used, in KB. Its standard output is discarded.
fn memory_with_input(rtbox: &Rtbox, line: &str, megabytes: usize) -> u64 {
    let mut command = rtbox.command(line.split(' '));
    let mut running = Running::new({
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        command
    });
    let block = "x".repeat(1 << 20);
    (0..megabytes).for_each(|_| running.write(&block));
    // It waits for more.
    wait_for_states([running.id()], "S");
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB")).unwrap();
    let memory = memory.trim().parse().unwrap();
    assert_eq!(running.finish().2, Some(0), "{line}");
    memory
}

#[test]
fn streams_take_constant_memory() {
    let rtbox = Rtbox::new();
    for line in ["cat", "cat -", "write out", "append out"] {
        let (little, much) = (memory_with_input(&rtbox, line, 1), memory_with_input(&rtbox, line, 48));
        assert!(much < little + 2048, "{line}: {little} KB for 1 MB, {much} KB for 48 MB");
    }
    assert_eq!(fs::metadata(rtbox.path("out")).unwrap().len(), (48 + 1 + 48) << 20);
    let file = File::create(rtbox.path("sparse")).unwrap();
    file.set_len(1 << 20).unwrap();
    let little = memory_with_input(&rtbox, "cat sparse -", 1);
    file.set_len(256 << 20).unwrap();
    let much = memory_with_input(&rtbox, "cat sparse -", 1);
    assert!(much < little + 2048, "cat of a file: {little} KB for 1 MB, {much} KB for 256 MB");
}

#[test]
fn streams_pass_on_what_they_have_while_the_writer_waits() {
    let rtbox = Rtbox::new();
    rtbox.write("f", "old");
    rtbox.write("g", "old");
    for (line, file, expected) in
        [("cat", None, "early"), ("write f", Some("f"), "early"), ("append g", Some("g"), "oldearly")]
    {
        let mut command = rtbox.command(line.split(' '));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = Running::new(command);
        if let Some(file) = file {
            assert_eq!(rtbox.read(file), b"old", "a file keeps its content until there is another");
        }
        running.write("early");
        match file {
            None => assert_eq!(running.read(5), b"early"),
            Some(file) => within_limit(|| (rtbox.read(file) == expected.as_bytes()).then_some(())),
        }
        running.write(" and late");
        let (stdout, stderr, code) = running.finish();
        let printed = file.map_or_else(|| [b"early", &*stdout].concat(), |file| rtbox.read(file));
        assert_eq!((printed, &*stderr, code), (format!("{expected} and late").into_bytes(), "", Some(0)));
    }
}

#[test]
fn cat_of_an_endless_stream_ends_with_its_reader() {
    let rtbox = Rtbox::new();
    let message = "rtbox: cat: standard output: EPIPE: Broken pipe\n";
    // SIGPIPE ends the program. If it is ignored, an error does.
    for (trap, code, stderr) in [("", "141", ""), ("trap '' PIPE; ", "1", message)] {
        let script = format!("yes 2>/dev/null | {{ {trap}ulimit -v 4000000; \"$0\" cat; echo $? >code; }} | head -1");
        let output = rtbox.other_command("sh", ["-c", &script]).arg(program()).output().unwrap();
        assert_eq!(outcome(output), (b"y\n".to_vec(), stderr.to_owned(), Some(0)));
        assert_eq!(rtbox.read("code"), format!("{code}\n").as_bytes());
    }
}

#[test]
fn streams_lose_nothing_of_packets() {
    let rtbox = Rtbox::new();
    let packets: Vec<_> = (1..=40).map(|i| every_byte(60_000 / i)).collect();
    for line in ["cat", "write f", "append g"] {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        let mut command = rtbox.command(line.split(' '));
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = Running::new(command);
        let output = std::thread::scope(|scope| {
            // An empty packet is the end.
            scope.spawn(|| {
                packets
                    .iter()
                    .chain([&Vec::new()])
                    .for_each(|packet| assert_eq!(ours.send(packet).unwrap(), packet.len()))
            });
            running.finish()
        });
        let file = line.split_once(' ').map(|(_, file)| rtbox.read(file));
        assert!(file.as_ref().unwrap_or(&output.0) == &packets.concat(), "{line}");
        assert_eq!((&*output.1, output.2), ("", Some(0)), "{line}");
    }
}

#[test]
fn streams_wait_for_nonblocking_descriptors() {
    let rtbox = Rtbox::new();
    let (input, mut writer) = std::io::pipe().unwrap();
    let (mut reader, output) = std::io::pipe().unwrap();
    for fd in [input.as_raw_fd(), output.as_raw_fd()] {
        // SAFETY: the arguments are plain integers.
        assert_eq!(unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) }, 0);
    }
    let mut command = rtbox.command(["cat"]);
    command.stdin(input).stdout(output).stderr(Stdio::piped());
    let running = Running::new(command);
    let content = every_byte(1_000_000);
    let received = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            writer.write_all(&content).unwrap();
            drop(writer);
        });
        std::thread::sleep(Duration::from_millis(200));
        let mut received = Vec::new();
        reader.read_to_end(&mut received).unwrap();
        received
    });
    assert!(received == content);
    assert_eq!(running.finish(), success(""));
}

#[test]
fn streams_refuse_a_file_that_grows_by_its_own_content() {
    let rtbox = Rtbox::new();
    // The limit ends a copy that does not.
    let run = |script: &str| {
        rtbox.write("f", "content");
        let script = format!("ulimit -f 100; {script}");
        outcome(rtbox.other_command("sh", ["-c", &script]).arg(program()).output().unwrap())
    };
    let same = |call: &str| failure(1, &format!("rtbox: {call}: input file is output file\n"));
    for (script, call) in [
        ("\"$0\" cat f >>f", "cat f"),
        ("\"$0\" cat <f >>f", "cat"),
        ("\"$0\" append f <f", "append f"),
        ("\"$0\" write f <f", "write f"),
    ] {
        assert_eq!(run(script), same(call), "{script}");
        assert_eq!(rtbox.read("f"), b"content", "{script}");
    }
    // The other files are copied.
    rtbox.write("other", " and more");
    assert_eq!(run("\"$0\" cat f other >>f"), same("cat f"));
    assert_eq!(rtbox.read("f"), b"content and more");
    // There is nothing left to copy.
    assert_eq!(run("{ read line; \"$0\" cat; } <f >>f"), success(""));
    assert_eq!(run(": >f; \"$0\" cat f >>f"), success(""));
    assert_eq!(run("\"$0\" cat f >g"), success(""));
    assert_eq!(rtbox.read("g"), b"content");
}

#[test]
fn streams_report_failed_writes_once() {
    let rtbox = Rtbox::new();
    let large = every_byte(500_000);
    rtbox.write("large", &large);
    let full = "ENOSPC: No space left on device\n";
    for applet in ["write", "append"] {
        let message = format!("rtbox: {applet} /dev/full: {full}");
        assert_eq!(rtbox.run_with_input(&format!("{applet} /dev/full"), &large), failure(1, &message));
    }
    let full_device = File::options().write(true).open("/dev/full").unwrap();
    let output = rtbox.command(["cat", "large", "large", "missing"]).stdout(full_device).output();
    assert_eq!(outcome(output.unwrap()), failure(1, &format!("rtbox: cat: standard output: {full}")));
}

#[test]
fn streams_write_to_no_file_in_place_of_a_closed_standard_stream() {
    let rtbox = Rtbox::new();
    rtbox.write("input", "content");
    for closed in [">&-", "2>&-", ">&- 2>&-"] {
        let script =
            format!("\"$0\" write f <input {closed}; \"$0\" cat missing {closed}; \"$0\" cat input {closed}; :");
        let output = rtbox.other_command("sh", ["-c", &script]).arg(program()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!((rtbox.read("f"), rtbox.read("input")), (b"content".to_vec(), b"content".to_vec()), "{closed}");
    }
}
