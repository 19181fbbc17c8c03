//! Runs every applet on real files and processes, and compares with std and coreutils.
//!
//! The program is the one that cargo built for the test, or the one that the variable RTBOX names.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// An empty directory, in which rtbox runs.
struct Place(TempDir);

/// What came of a call: standard output, standard error, exit code.
type Said = (Vec<u8>, String, Option<i32>);

/// Copies a file that is to be executed, by a program of its own: had this process it open for writing, a child that
/// another test starts meanwhile would have it open too, and the kernel would not execute it (ETXTBSY).
fn copy_program(from: &Path, to: &Path) {
    assert!(Command::new("/bin/cp").args([from, to]).status().unwrap().success());
}

fn program() -> PathBuf {
    std::env::var_os("RTBOX").map_or_else(|| env!("CARGO_BIN_EXE_rtbox").into(), PathBuf::from)
}

fn said(output: Output) -> Said {
    (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

fn success(stdout: impl AsRef<[u8]>) -> Said {
    (stdout.as_ref().to_vec(), String::new(), Some(0))
}

fn failure(code: i32, stderr: &str) -> Said {
    (Vec::new(), stderr.to_owned(), Some(code))
}

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.0.path().join(name.as_ref())
    }

    fn write(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn script(&self, name: &str, content: &str) {
        let draft = self.write(format!("{name}.draft"), content);
        copy_program(&draft, &self.path(name));
        fs::remove_file(draft).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, program: impl AsRef<OsStr>, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn rtbox(&self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
        self.command(program(), args)
    }

    /// Runs rtbox with the words of a line.
    fn run(&self, line: &str) -> Said {
        self.run_args(line.split(' ').filter(|word| !word.is_empty()))
    }

    fn run_args(&self, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Said {
        said(self.rtbox(args).output().unwrap())
    }

    /// As [`run`](Self::run), where PATH has no directory that might not be searchable.
    fn run_with_empty_path(&self, line: &str) -> Said {
        said(self.rtbox(line.split(' ')).env("PATH", self.0.path()).output().unwrap())
    }

    fn run_with_input(&self, line: &str, input: &[u8]) -> Said {
        let mut command = self.rtbox(line.split(' '));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        said(output)
    }

    /// What another program prints in the same place, the oracle.
    fn oracle(&self, program: &str, args: &[&str]) -> Vec<u8> {
        let output = self.command(program, args).output().unwrap();
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
        output.stdout
    }
}

/// Says loudly, past the capturing of the test harness, that something could not be tested.
fn not_tested(what: &str) {
    let _ = writeln!(std::io::stderr(), "\nCANNOT RUN: {what}\n");
}

/// Whether the surroundings that this runs in refuse a system call to rtbox.
fn is_refused(call: &str) -> bool {
    std::env::var("RT_WITHOUT").is_ok_and(|words| words.split(' ').any(|word| word == call))
}

/// The processors that the kernel lists.
fn listed() -> usize {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count()
}

/// The processors that this process may use, in ranges.
fn listed_processors() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
}

fn every_byte(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(len).collect()
}

#[test]
fn says_how_it_is_used() {
    let place = Place::new();
    let (overview, _, code) = place.run("--help");
    assert_eq!(code, Some(0));
    assert_eq!(place.run("help"), success(&overview));
    assert_eq!(place.run(""), (Vec::new(), String::from_utf8(overview.clone()).unwrap(), Some(2)));
    assert_eq!(place.run("--version"), success(concat!("rtbox ", env!("CARGO_PKG_VERSION"), "\n")));

    let (list, _, code) = place.run("--list");
    let (list, overview) = (String::from_utf8(list).unwrap(), String::from_utf8(overview).unwrap());
    assert_eq!((list.lines().count(), code), (19, Some(0)));
    for applet in list.lines() {
        let (usage, stderr, code) = place.run_args([applet, "--help"]);
        let usage = String::from_utf8(usage).unwrap();
        assert!(usage.starts_with(&format!("usage: rtbox {applet}")), "{usage}");
        assert!(usage.ends_with('\n') && usage.lines().all(|line| line.len() < 110), "{usage}");
        assert_eq!((stderr.as_str(), code), ("", Some(0)));
        assert_eq!(place.run_args(["help", applet]), success(&usage));
        assert!(overview.contains(&format!("\n  {applet} ")), "{applet}");
    }
}

#[test]
fn says_what_is_wrong_with_a_call() {
    let place = Place::new();
    let unknown = "rtbox: nosuch: no such applet; `rtbox help` shows those there are\n";
    assert_eq!(place.run("nosuch x"), failure(127, unknown));
    assert_eq!(place.run("help nosuch"), failure(127, unknown));
    let usage = "usage: rtbox cp SOURCE DESTINATION\n";
    assert_eq!(place.run("cp a"), failure(2, &format!("rtbox: cp: too few arguments\n{usage}")));
    assert_eq!(place.run("cp a b c"), failure(2, &format!("rtbox: cp: too many arguments\n{usage}")));
    assert_eq!(place.run("cp -r a b"), failure(2, &format!("rtbox: cp: unknown option -r\n{usage}")));
    assert_eq!(place.run("pid 1"), failure(2, "rtbox: pid: too many arguments\nusage: rtbox pid\n"));
    for applet in ["write", "append", "rm", "mkdir", "mkdir -p", "size", "mtime", "exists", "lock", "lock f", "run"] {
        let (_, stderr, code) = place.run(applet);
        assert!(stderr.contains(": too few arguments\nusage: rtbox "), "{stderr}");
        assert_eq!(code, Some(2), "{applet}");
    }
    assert_eq!(place.run("rm -- -x"), failure(1, "rtbox: rm -x: ENOENT: No such file or directory\n"));
}

#[test]
fn names_in_messages_do_no_harm() {
    let place = Place::new();
    let names: [&[u8]; 4] = [b"", b"a b", b"\x1b[2J\n", b"\xff"];
    let output = place.rtbox(["rm"]).args(names.map(OsStr::from_bytes)).output().unwrap();
    let why = "ENOENT: No such file or directory\n";
    let mut expected = format!("rtbox: rm '': {why}rtbox: rm 'a b': {why}rtbox: rm \\x1b[2J\\x0a: {why}").into_bytes();
    expected.extend(b"rtbox: rm \xff: ");
    expected.extend(why.as_bytes());
    assert_eq!(output.stderr, expected);
}

#[test]
fn cat_prints_bytes() {
    let place = Place::new();
    let strange = OsString::from_vec(b"\xff\xfe name".to_vec());
    let (binary, large) = (every_byte(1000), every_byte(3_000_001));
    place.write(&strange, &binary);
    place.write("large", &large);
    place.write("empty", "");
    assert_eq!(place.run_args([&strange]).2, Some(127));
    assert_eq!(place.run_args([OsStr::new("cat"), &strange]), success(&binary));
    let all = [OsStr::new("cat"), "empty".as_ref(), &strange, "large".as_ref(), &strange];
    assert_eq!(place.run_args(all), success([&binary, &large, &binary].map(Vec::as_slice).concat()));
    assert_eq!(place.run("cat /proc/version"), success(fs::read("/proc/version").unwrap()));

    let (stdout, stderr, code) = place.run("cat large missing . large");
    assert_eq!((stdout, code), ([&large, &large].map(Vec::as_slice).concat(), Some(1)));
    let missing = "rtbox: cat missing: ENOENT: No such file or directory\n";
    assert_eq!(stderr, format!("{missing}rtbox: cat .: EISDIR: Is a directory\n"));
}

#[test]
fn cat_reads_the_standard_input() {
    let place = Place::new();
    let input = every_byte(200_000);
    assert_eq!(place.run_with_input("cat", &input), success(&input));
    place.write("f", "file");
    assert_eq!(place.run_with_input("cat f - f", b"\0in\xff"), success(b"file\0in\xfffile"));
    let missing = "rtbox: cat missing: ENOENT: No such file or directory\n".to_owned();
    assert_eq!(place.run_with_input("cat - missing", b"in"), (b"in".to_vec(), missing, Some(1)));
    let file = File::open(place.path("f")).unwrap();
    assert_eq!(said(place.rtbox(["cat", "-"]).stdin(file).output().unwrap()), success("file"));

    for call in ["cat", "write f"] {
        let directory = File::open(place.path("")).unwrap();
        let name = call.split(' ').next().unwrap();
        let message = format!("rtbox: {name}: standard input: EISDIR: Is a directory\n");
        assert_eq!(said(place.rtbox(call.split(' ')).stdin(directory).output().unwrap()), failure(1, &message));
    }
    assert_eq!(place.read("f"), b"file");
}

#[test]
fn write_and_append_make_lines() {
    let place = Place::new();
    assert_eq!(place.run("write f one two"), success(""));
    assert_eq!(place.read("f"), b"one two\n");
    assert_eq!(place.run("append f -n three"), success(""));
    assert_eq!(place.run("append -n f four"), success(""));
    assert_eq!(place.read("f"), b"one two\n-n three\nfour");
    assert_eq!(place.run_args(["write", "-n", "f", "", ""]), success(""));
    assert_eq!(place.read("f"), b" ");
    assert_eq!(place.run_args(["write", "f", ""]), success(""));
    assert_eq!(place.read("f"), b"\n");

    let binary = every_byte(100_000);
    assert_eq!(place.run_with_input("write f", &binary), success(""));
    assert_eq!(place.run_with_input("append f", b"\0"), success(""));
    assert_eq!(place.read("f"), [&binary[..], b"\0"].concat());
    assert_eq!(place.run("write f"), success(""));
    assert_eq!(place.read("f"), b"");
    assert_eq!(place.run("write no/f x"), failure(1, "rtbox: write no/f: ENOENT: No such file or directory\n"));
    assert_eq!(place.run("append . x"), failure(1, "rtbox: append .: EISDIR: Is a directory\n"));
}

#[test]
fn write_takes_texts_of_any_length() {
    let place = Place::new();
    let (long, short) = ("x".repeat(100_000), "y".repeat(65_535));
    for texts in [vec![&long], vec![&short], vec![&long, &short, &long], vec![&short, &short]] {
        let joined = texts.iter().map(|text| text.as_str()).collect::<Vec<_>>().join(" ");
        for (options, end) in [(vec![], "\n"), (vec!["-n"], "")] {
            for applet in ["write", "append"] {
                let args = [applet].into_iter().chain(options.iter().copied()).chain(["f"]);
                assert_eq!(place.run_args(args.chain(texts.iter().map(|text| text.as_str()))), success(""));
            }
            assert_eq!(place.read("f"), format!("{joined}{end}{joined}{end}").into_bytes());
        }
    }
}

#[test]
fn appended_lines_do_not_mix() {
    let place = Place::new();
    let lines = ["a", "b", "c", "d", "e", "f"].map(|letter| letter.repeat(20_000));
    std::thread::scope(|scope| {
        for line in &lines {
            scope.spawn(|| (0..20).for_each(|_| assert_eq!(place.run_args(["append", "log", line]), success(""))));
        }
    });
    let log = String::from_utf8(place.read("log")).unwrap();
    assert_eq!(log.lines().count(), 20 * lines.len());
    assert!(log.lines().all(|line| lines.iter().any(|written| written == line)));
}

#[test]
fn cp_copies_content_and_mode() {
    let place = Place::new();
    for (mode, len) in [(0o640, 0), (0o755, 1000), (0o444, 3_000_000)] {
        let source = place.write("source", every_byte(len));
        fs::set_permissions(&source, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(place.run("cp source copy"), success(""));
        assert_eq!(place.read("copy"), every_byte(len));
        assert_eq!(fs::metadata(place.path("copy")).unwrap().mode() & 0o7777, mode);
        assert_eq!(place.oracle("cmp", &["source", "copy"]), b"");
        fs::remove_file(source).unwrap();
    }
    fs::set_permissions(place.path("copy"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::hard_link(place.path("copy"), place.path("link")).unwrap();
    let same = "rtbox: cp copy link: EINVAL: Invalid argument (are they the same file?)\n";
    assert_eq!(place.run("cp copy link"), failure(1, same));
    assert_eq!(place.read("copy").len(), 3_000_000);
    assert_eq!(place.run("cp a b"), failure(1, "rtbox: cp a b: ENOENT: No such file or directory\n"));
    assert_eq!(place.run("cp copy ."), failure(1, "rtbox: cp copy .: EISDIR: Is a directory\n"));
}

#[test]
fn rm_removes_files_only() {
    let place = Place::new();
    fs::create_dir(place.path("d")).unwrap();
    place.write("a", "");
    place.write("b", "");
    place.write("-p", "");
    symlink("d", place.path("link")).unwrap();
    let (_, stderr, code) = place.run("rm a missing d link b");
    let missing = "rtbox: rm missing: ENOENT: No such file or directory\n";
    assert_eq!(stderr, format!("{missing}rtbox: rm d: EISDIR: Is a directory\n"));
    assert_eq!(code, Some(1));
    assert_eq!(place.run("rm -- -p"), success(""));
    assert_eq!(place.run("ls"), success("d\n"));
}

#[test]
fn ls_lists_what_ls_does() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    fs::create_dir(place.path("full")).unwrap();
    for i in 0..3000 {
        place.write(format!("full/{i}{}", "-".repeat(i % 200)), "");
    }
    place.write(OsStr::from_bytes(b"full/\xff\n\x01"), "");
    place.write("full/.hidden", "");
    assert_eq!(place.run("ls full"), success(place.oracle("ls", &["-U", "-A", "full"])));
    assert_eq!(place.run("ls"), success(place.oracle("ls", &["-U", "-A"])));
    assert_eq!(place.run("ls empty"), success(""));
    assert_eq!(place.run("ls empty full"), success(place.oracle("ls", &["-U", "-A", "empty", "full"])));
    let (stdout, stderr, code) = place.run("ls full missing full/0");
    assert_eq!(stdout, [b"full:\n", &place.oracle("ls", &["-U", "-A", "full"])[..]].concat());
    let missing = "rtbox: ls missing: ENOENT: No such file or directory\n";
    assert_eq!((stderr, code), (format!("{missing}rtbox: ls full/0: ENOTDIR: Not a directory\n"), Some(1)));
}

#[test]
fn long_lines_come_out_whole() {
    let place = Place::new();
    let names: Vec<_> = (0..200).map(|i| format!("{i}{}", "n".repeat(200 + i % 50))).collect();
    for name in &names {
        place.write(name, "x");
    }
    let deep = format!("{}{}", "./".repeat(1900), names[7]);
    let mut args = vec!["size", &deep, &deep];
    args.extend(names.iter().map(String::as_str));
    let expected: String = args[1..].iter().map(|name| format!("1 {name}\n")).collect();
    assert_eq!(place.run_args(&args), success(expected));

    // Each write has whole lines, unless one is longer than a write.
    let strace = place
        .command("strace", ["-f", "-o", "trace", "-e", "trace=write", "-s", "100000"])
        .arg(program())
        .args(&args)
        .output();
    if !strace.is_ok_and(|output| output.status.success()) {
        return not_tested("that lines are written whole: no strace");
    }
    let trace = String::from_utf8(place.read("trace")).unwrap();
    let writes: Vec<_> = trace.lines().filter(|line| line.contains("write(1, ")).collect();
    assert!(writes.len() > 5 && writes.iter().all(|line| line.contains("\\n\", ")), "{trace}");
}

#[test]
fn mkdir_makes_parents_when_asked() {
    let place = Place::new();
    assert_eq!(place.run("mkdir a b"), success(""));
    assert_eq!(place.run("mkdir a"), failure(1, "rtbox: mkdir a: EEXIST: File exists\n"));
    assert_eq!(place.run("mkdir x/y"), failure(1, "rtbox: mkdir x/y: ENOENT: No such file or directory\n"));
    assert_eq!(place.run("mkdir -p a x/y//z/"), success(""));
    assert!(place.path("x/y/z").is_dir() && place.path("b").is_dir());
    place.oracle("mkdir", &["made"]);
    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().mode();
    assert_eq!(mode("x/y"), mode("made"));
    place.write("f", "");
    assert_eq!(place.run("mkdir -p f"), failure(1, "rtbox: mkdir f: EEXIST: File exists\n"));
}

#[test]
fn size_and_mtime_agree_with_stat() {
    let place = Place::new();
    place.write("f", every_byte(12_345));
    File::create(place.path("sparse")).unwrap().set_len(5_000_000_000).unwrap();
    place.oracle("touch", &["-d", "@-12345", "sparse"]);
    symlink("f", place.path("link")).unwrap();
    for (applet, format) in [("size", "%s"), ("mtime", "%Y")] {
        for path in ["f", "sparse", "link", ".", "/proc/version", "/dev/null"] {
            let expected = place.oracle("stat", &["-L", "-c", format, path]);
            // What /proc says of its own times changes with each look.
            if (applet, path) != ("mtime", "/proc/version") {
                assert_eq!(place.run_args([applet, path]), success(expected), "{applet} {path}");
            }
        }
        let several = place.oracle("stat", &["-L", "-c", &format!("{format} %n"), "f", "sparse"]);
        let (stdout, stderr, code) = place.run_args([applet, "f", "missing", "sparse"]);
        assert_eq!((stdout, code), (several, Some(1)));
        assert_eq!(stderr, format!("rtbox: {applet} missing: ENOENT: No such file or directory\n"));
    }
}

#[test]
fn exists_answers_with_its_exit_code() {
    let place = Place::new();
    place.write("f", "");
    symlink("missing", place.path("dangling")).unwrap();
    symlink("loop", place.path("loop")).unwrap();
    assert_eq!(place.run("exists f . /"), success(""));
    for path in ["missing", "dangling", "f/x"] {
        assert_eq!(place.run_args(["exists", "f", path, "."]), failure(1, ""), "{path}");
    }
    let unknown = "rtbox: exists loop: ELOOP: Too many levels of symbolic links (so it cannot be known)\n";
    assert_eq!(place.run("exists loop"), failure(1, unknown));
}

#[test]
fn lock_and_flock_exclude_each_other() {
    let place = Place::new();
    let held = "rtbox: lock f: EAGAIN: Resource temporarily unavailable (somebody else has locked it)\n";
    let program = program();
    let program = program.to_str().unwrap();
    assert_eq!(place.run("lock f true"), success(""));
    assert!(place.path("f").exists());
    assert_eq!(place.run_args(["lock", "f", "sh", "-c", "exit 9"]), failure(9, ""));
    assert_eq!(place.run_args(["lock", "f", program, "lock", "f", "touch", "ran"]), failure(1, held));
    assert_eq!(place.run_args(["lock", "f", program, "lock", "g", "touch", "ran"]), success(""));
    assert!(place.path("ran").exists());
    assert_eq!(place.run("lock no/f true"), failure(1, "rtbox: lock no/f: ENOENT: No such file or directory\n"));
    let unknown = "rtbox: lock nosuch: ENOENT: No such file or directory (not found in PATH)\n";
    assert_eq!(place.run_with_empty_path("lock f nosuch"), failure(127, unknown));

    // It is the lock of flock(1).
    let Ok(_) = Command::new("flock").arg("--version").output() else { return not_tested("flock(1): there is none") };
    assert_eq!(place.run("lock f flock -n f true"), failure(1, ""));
    assert_eq!(place.run("lock f flock -n g true"), success(""));
    let output = place.command("flock", ["-n", "f", program, "lock", "f", "touch", "ran again"]).output().unwrap();
    assert_eq!(said(output), failure(1, held));
    assert!(!place.path("ran again").exists());
}

#[test]
fn a_lock_outlives_a_closed_standard_error() {
    let place = Place::new();
    place.write("f", "content");
    // The file that is locked gets descriptor 2, and must not get the message.
    let output = place.command("sh", ["-c", "PATH=/ \"$0\" lock f nosuch 2>&-"]).arg(program()).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(place.read("f"), b"content");
}

#[test]
fn facts_agree_with_the_system() {
    let place = Place::new();
    let real = fs::canonicalize(place.path("")).unwrap();
    assert_eq!(place.run("pwd"), success([real.as_os_str().as_bytes(), b"\n"].concat()));
    assert_eq!(place.run("hostname"), success(fs::read("/proc/sys/kernel/hostname").unwrap()));
    let processors = std::thread::available_parallelism().unwrap().get();
    let (nproc, _, _) = place.run("nproc");
    let nproc: usize = String::from_utf8(nproc).unwrap().trim_end().parse().unwrap();
    // std rounds a quota of a control group down.
    assert!(nproc == processors || nproc == processors + 1, "{nproc} {processors}");
    if fs::read_to_string("/sys/fs/cgroup/cpu.max").is_err() {
        assert_eq!(
            place.run("nproc"),
            success(place.oracle("env", &["-u", "OMP_NUM_THREADS", "-u", "OMP_THREAD_LIMIT", "nproc"]))
        );
    }
    // Processors are listed in ranges.
    let first = listed_processors().split(['-', ',']).next().unwrap().to_owned();
    let one = place.command("taskset", ["-c", &first]).arg(program()).arg("nproc").output();
    match one {
        Ok(output) if is_refused("sched_getaffinity") => assert_eq!(said(output), success(format!("{}\n", listed()))),
        Ok(output) => assert_eq!(said(output), success("1\n")),
        Err(_) => not_tested("nproc with fewer processors: no taskset"),
    }

    let child = place.rtbox(["pid"]).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    assert_eq!(said(child.wait_with_output().unwrap()), success(format!("{id}\n")));

    let home = |command: &mut Command| said(command.output().unwrap());
    assert_eq!(home(place.rtbox(["home"]).env("HOME", "/some/where")), success("/some/where\n"));
    let passwd = home(place.rtbox(["home"]).env_remove("HOME"));
    let entry = place.oracle("sh", &["-c", "getent passwd $(id -u) | cut -d: -f6"]);
    assert_eq!(passwd, success(entry));
    assert_eq!(home(place.rtbox(["home"]).env("HOME", "relative")), passwd);
}

#[test]
fn a_removed_working_directory_is_said() {
    let place = Place::new();
    fs::create_dir(place.path("d")).unwrap();
    let script = "cd d && rmdir ../d && \"$0\" pwd";
    let output = place.command("sh", ["-c", script]).arg(program()).output().unwrap();
    assert_eq!(said(output), failure(1, "rtbox: pwd: ENOENT: No such file or directory\n"));
}

#[test]
fn env_prints_and_sets_variables() {
    let place = Place::new();
    let bytes = OsStr::from_bytes(b"\xff=\n\x01");
    let set = |args: &[&str]| {
        let mut command = place.rtbox(args);
        command.env_clear().env("A", "1").env("EMPTY", "").env("BYTES", bytes).env("PATH", "/usr/bin:/bin");
        command
    };
    let env = |args: &[&str]| said(set(args).output().unwrap());
    assert_eq!(env(&["env", "A", "EMPTY", "BYTES"]), success(b"1\n\n\xff=\n\x01\n"));
    assert_eq!(env(&["env", "NO", "A"]), (b"1\n".to_vec(), "rtbox: env NO: not set\n".to_owned(), Some(1)));
    for settings in [&[][..], &["A=2"], &["B=3", "A=2", "B=4", "C="], &["EMPTY==", "X=y"]] {
        let mut command = set(&[]);
        let oracle = command.arg("env").args(settings).get_args().map(OsString::from).skip(1).collect::<Vec<_>>();
        let mut coreutils = place.command("env", &oracle);
        coreutils.env_clear().env("A", "1").env("EMPTY", "").env("BYTES", bytes).env("PATH", "/usr/bin:/bin");
        let (ours, theirs) = (said(command.output().unwrap()), said(coreutils.output().unwrap()));
        // In the order that they were given in, except by an emulator.
        let lines = |said: &Said| {
            let mut lines: Vec<_> = said.0.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
            if std::env::var_os("FFI_SYSCALLS_EMULATED").is_some() {
                lines.sort();
            }
            lines
        };
        assert_eq!((lines(&ours), &ours.1, ours.2), (lines(&theirs), &theirs.1, theirs.2), "{settings:?}");
    }
    assert_eq!(env(&["env", "A=2", "B=", "sh", "-c", "echo $A$B; exit 5"]), (b"2\n".to_vec(), String::new(), Some(5)));
    assert_eq!(env(&["env", "A=x=y", "printenv", "A"]), success("x=y\n"));
    assert_eq!(env(&["env", "=x"]), failure(1, "rtbox: env =x: EINVAL: Invalid argument\n"));
    assert_eq!(env(&["env", "=x", "true"]), failure(125, "rtbox: env =x: EINVAL: Invalid argument\n"));
    let nowhere = "rtbox: env true: ENOENT: No such file or directory (not found in PATH)\n";
    assert_eq!(env(&["env", "PATH=/nowhere", "true"]), failure(127, nowhere));
}

#[test]
fn run_gives_the_code_of_the_command() {
    let place = Place::new();
    for code in [0, 1, 2, 77, 126, 127, 255] {
        assert_eq!(place.run_args(["run", "sh", "-c", &format!("exit {code}")]), failure(code, ""));
    }
    assert_eq!(place.run_args(["run", "sh", "-c", "kill -TERM $$"]), failure(143, ""));
    assert_eq!(place.run_args(["run", "printf", "%s|", "", "a b", "-n", "--"]), success("|a b|-n|--|"));
    assert_eq!(place.run_with_input("run cat", b"\0in"), success(b"\0in"));
    assert_eq!(place.run("run -- printf %s --help"), success("--help"));
}

#[test]
fn run_says_why_a_command_did_not_run() {
    let place = Place::new();
    let enoent = "ENOENT: No such file or directory";
    assert_eq!(
        place.run_with_empty_path("run nosuch"),
        failure(127, &format!("rtbox: run nosuch: {enoent} (not found in PATH)\n"))
    );
    assert_eq!(place.run("run ./nosuch"), failure(127, &format!("rtbox: run ./nosuch: {enoent}\n")));
    place.write("plain", "");
    assert_eq!(place.run("run ./plain"), failure(126, "rtbox: run ./plain: EACCES: Permission denied\n"));
    place.script("lost", "#!/no/such/interpreter\n");
    let lost = format!("rtbox: run ./lost: {enoent} (it needs an interpreter or loader that is missing)\n");
    assert_eq!(place.run("run ./lost"), failure(126, &lost));
    place.script("bare", "echo \"$0 $1\"; exit 3\n");
    assert_eq!(place.run("run ./bare x"), (b"./bare x\n".to_vec(), String::new(), Some(3)));
}

#[test]
fn a_failing_standard_output_is_said() {
    let place = Place::new();
    place.write("f", "content");
    let calls =
        ["cat f", "ls", "pid", "pwd", "size f", "env PATH", "env A=1", "--help", "--version", "help", "cat --help"];
    for call in calls {
        let name = call.split(' ').next().filter(|name| !name.starts_with('-')).filter(|_| !call.contains("--"));
        let name = name.map_or(String::new(), |name| format!("{name}: "));
        let full = place.rtbox(call.split(' ')).stdout(File::options().write(true).open("/dev/full").unwrap()).output();
        let message = format!("rtbox: {name}standard output: ENOSPC: No space left on device\n");
        assert_eq!(said(full.unwrap()), failure(1, &message), "{call}");
        let script = format!("\"$0\" {call} >&-");
        let closed = place.command("sh", ["-c", &script]).arg(program()).output();
        let message = format!("rtbox: {name}standard output: EBADF: Bad file descriptor\n");
        assert_eq!(said(closed.unwrap()), failure(1, &message), "{call}");
    }
    // A reader who has seen enough ends the program by SIGPIPE, or with a message where that is ignored.
    place.write("large", every_byte(1_000_000));
    for (trap, code) in [("", "141"), ("trap '' PIPE; ", "1")] {
        let script = format!("{{ {trap}\"$0\" cat large; echo $? >code; }} | true");
        place.command("sh", ["-c", &script]).arg(program()).output().unwrap();
        assert_eq!(String::from_utf8(place.read("code")).unwrap().trim(), code);
    }
}

#[test]
fn is_called_through_links() {
    let place = Place::new();
    place.write("f", "content");
    symlink(program(), place.path("cat")).unwrap();
    symlink(program(), place.path("rm")).unwrap();
    symlink(program(), place.path("another")).unwrap();
    let run = |name: &str, args: &[&str]| said(place.command(place.path(name), args).output().unwrap());
    assert_eq!(run("cat", &["f"]), success("content"));
    assert_eq!(run("rm", &["no"]), failure(1, "rtbox: rm no: ENOENT: No such file or directory\n"));
    assert_eq!(run("rm", &["--help"]), place.run("rm --help"));
    assert_eq!(run("another", &["cat", "f"]), success("content"));
    assert_eq!(said(place.rtbox(["f"]).arg0("cat").output().unwrap()), success("content"));
    assert_eq!(said(place.rtbox(["cat", "f"]).arg0("").output().unwrap()), success("content"));
    assert_eq!(said(place.rtbox([""; 0]).arg0("").output().unwrap()).2, Some(2));
}

#[test]
fn works_as_the_only_file_of_a_system() {
    let place = Place::new();
    copy_program(&program(), &place.path("rtbox"));
    let root = place.path("");
    let chrooted = |args: &[&str]| {
        let mut command = Command::new("/rtbox");
        command.args(args).env_clear().stdin(Stdio::null());
        let root = root.clone();
        let enter = move || std::os::unix::fs::chroot(&root).and_then(|()| std::env::set_current_dir("/"));
        // SAFETY: two system calls, on memory that exists already.
        unsafe { command.pre_exec(enter) };
        command.output().map(said)
    };
    match chrooted(&["ls"]) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return not_tested("rtbox as the only file of a system: chroot is not permitted here (be root)");
        }
        first => assert_eq!(first.unwrap(), success("rtbox\n")),
    }
    let run = |line: &str| chrooted(&line.split(' ').collect::<Vec<_>>()).unwrap();
    assert_eq!(run("mkdir -p a/b"), success(""));
    assert_eq!(run("write a/b/f some text"), success(""));
    assert_eq!(run("append a/b/f more"), success(""));
    assert_eq!(run("cp a/b/f copy"), success(""));
    assert_eq!(run("cat copy"), success("some text\nmore\n"));
    assert_eq!(run("cat"), success("")); // there is no /dev/stdin, and no need of one
    assert_eq!(run("size copy"), success("15\n"));
    assert_eq!(run("exists copy a"), success(""));
    assert_eq!(run("rm copy"), success(""));
    assert_eq!(run("exists copy"), failure(1, ""));
    assert_eq!(run("pwd"), success("/\n"));
    assert_eq!(
        run("home"),
        failure(1, "rtbox: home: ENOENT: No such file or directory (neither HOME nor /etc/passwd names one)\n")
    );
    assert_eq!(run("run /rtbox run /rtbox pwd"), success("/\n"));
    assert_eq!(run("lock l /rtbox lock l /rtbox pwd").2, Some(1));
    assert_eq!(run("env HOME=/a /rtbox home"), success("/a\n"));
    assert_eq!(run("env A=1"), success("A=1\n"));
    assert_eq!(run("hostname"), success(fs::read("/proc/sys/kernel/hostname").unwrap()));
    assert_eq!(run("nproc").2, Some(0));
    assert_eq!(run("mtime a").2, Some(0));
    assert_eq!(run("run sh"), failure(127, "rtbox: run sh: ENOENT: No such file or directory (not found in PATH)\n"));
}

#[test]
fn is_a_static_program_without_a_libc() {
    const EXECUTABLE: u32 = 1;
    const WRITABLE: u32 = 2;
    let elf = fs::read(program()).unwrap();
    let half = |at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().unwrap());
    let word = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap());
    assert_eq!(&elf[..6], b"\x7fELF\x02\x01");
    let (kind, dynamic) = if cfg!(feature = "static-pie") { (3, 1) } else { (2, 0) };
    assert_eq!(half(16), kind, "ET_EXEC, or ET_DYN");
    let start = usize::try_from(word(32)).unwrap();
    let segments = (0..usize::from(half(56))).map(|i| start + i * usize::from(half(54)));
    let segments: Vec<_> = segments.map(|at| (word(at), word(at + 4))).collect();
    // No interpreter, and a dynamic section only for what the program does itself: nothing is needed of anybody.
    assert!(segments.iter().all(|&(kind, _)| kind != 3), "{segments:?}");
    assert_eq!(segments.iter().filter(|&&(kind, _)| kind == 2).count(), dynamic, "{segments:?}");
    assert!(
        segments.iter().all(|&(_, flags)| flags & (EXECUTABLE | WRITABLE) != EXECUTABLE | WRITABLE),
        "{segments:?}"
    );
    assert!(segments.iter().any(|&(kind, flags)| kind == 0x6474_e551 && flags & EXECUTABLE == 0), "PT_GNU_STACK");
    if !cfg!(debug_assertions) {
        assert!(elf.len() < 64 * 1024, "{} bytes", elf.len());
    }
}
