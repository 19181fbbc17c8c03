//! Applets that print one fact, compared with std, coreutils and /proc.

use super::*;

/// Returns the processors that this process may use, a list of ranges.
fn allowed_processors() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim().to_owned()
}

/// Returns the number of processors in /proc/stat.
fn online_processors() -> usize {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count()
}

/// Returns true if the sandbox that the tests run in denies rtbox a system call.
fn is_denied(call: &str) -> bool {
    std::env::var("RT_WITHOUT").is_ok_and(|words| words.split(' ').any(|word| word == call))
}

#[test]
fn pwd_hostname_nproc_pid_and_home_match_the_system() {
    let rtbox = Rtbox::new();
    let real = fs::canonicalize(rtbox.path("")).unwrap();
    assert_eq!(rtbox.run("pwd"), success([real.as_os_str().as_bytes(), b"\n"].concat()));
    assert_eq!(rtbox.run("hostname"), success(fs::read("/proc/sys/kernel/hostname").unwrap()));
    let processors = std::thread::available_parallelism().unwrap().get();
    let (nproc, _, _) = rtbox.run("nproc");
    let nproc: usize = String::from_utf8(nproc).unwrap().trim_end().parse().unwrap();
    // std rounds a quota of a control group down.
    assert!(nproc == processors || nproc == processors + 1, "{nproc} {processors}");
    if fs::read_to_string("/sys/fs/cgroup/cpu.max").is_err() {
        assert_eq!(
            rtbox.run("nproc"),
            success(rtbox.oracle("env", &["-u", "OMP_NUM_THREADS", "-u", "OMP_THREAD_LIMIT", "nproc"]))
        );
    }
    // The list consists of ranges.
    let first = allowed_processors().split(['-', ',']).next().unwrap().to_owned();
    let one = rtbox.other_command("taskset", ["-c", &first]).arg(program()).arg("nproc").output();
    match one {
        Ok(output) if is_denied("sched_getaffinity") => {
            assert_eq!(outcome(output), success(format!("{}\n", online_processors())))
        }
        Ok(output) => assert_eq!(outcome(output), success("1\n")),
        Err(_) => report_cannot_run("nproc with fewer processors: taskset is not installed"),
    }

    let child = rtbox.command(["pid"]).stdout(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    assert_eq!(outcome(child.wait_with_output().unwrap()), success(format!("{id}\n")));

    let home = |command: &mut Command| outcome(command.output().unwrap());
    assert_eq!(home(rtbox.command(["home"]).env("HOME", "/some/where")), success("/some/where\n"));
    let passwd = home(rtbox.command(["home"]).env_remove("HOME"));
    let entry = rtbox.oracle("sh", &["-c", "getent passwd $(id -u) | cut -d: -f6"]);
    assert_eq!(passwd, success(entry));
    assert_eq!(home(rtbox.command(["home"]).env("HOME", "relative")), passwd);
}

#[test]
fn pwd_in_a_removed_directory_fails_with_enoent() {
    let rtbox = Rtbox::new();
    fs::create_dir(rtbox.path("d")).unwrap();
    let script = "cd d && rmdir ../d && \"$0\" pwd";
    let output = rtbox.other_command("sh", ["-c", script]).arg(program()).output().unwrap();
    assert_eq!(outcome(output), failure(1, "rtbox: pwd: ENOENT: No such file or directory\n"));
}
