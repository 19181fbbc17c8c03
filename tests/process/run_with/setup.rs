use super::*;

#[test]
fn run_with_starts_in_a_directory() {
    let temp = support::TempDir::new();
    let directory = temp.mkdir("directory");
    temp.executable("directory/program", "#!/bin/sh\npwd -P; exit 5\n");
    let wanted = fs::canonicalize(&directory).unwrap();
    for command in ["./program", "../directory/program"] {
        let output = Command::new(command).current_dir(&*directory).capture_out().run().unwrap();
        assert_eq!((output.outcome, text(&output.out).trim_end()), (Exited(5), wanted.to_str().unwrap()));
    }
    assert_eq!(Command::new("true").current_dir(&*temp.join("none")).run().err(), Some(Errno::ENOENT));
    let file = temp.file("file", "");
    assert_eq!(Command::new("true").current_dir(&*file).run().err(), Some(Errno::ENOTDIR));
    assert_eq!(Command::new("true").current_dir("a\0b").run().err(), Some(Errno::EINVAL));
}

#[test]
fn run_with_gives_the_environment_that_std_gives() {
    in_child(|_| {
        env::set("PATH", USUAL_PATH).unwrap();
        env::set("INHERITED", "one").unwrap();
        let lines = |output: Output| {
            let mut lines: Vec<_> = text(&output.out).lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        let cleared =
            Command::new("/usr/bin/env").env_clear().env("A", "1").env("B", "x=y").capture_out().run().unwrap();
        assert_eq!(lines(cleared), ["A=1", "B=x=y"]);
        let changed = Command::new("env")
            .env("INHERITED", "two")
            .envs([("A", "1"), ("A", "2"), ("GONE", "3")])
            .env_remove("GONE")
            .capture_out()
            .run()
            .unwrap();
        let found = lines(changed);
        let inherited = lines(Command::new("env").capture_out().run().unwrap());
        let mut wanted: Vec<_> = inherited.into_iter().filter(|line| !line.starts_with("INHERITED=")).collect();
        wanted.extend(["INHERITED=two".to_owned(), "A=2".to_owned()]);
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        let none = Command::new("/usr/bin/env").env_clear().capture_out().run().unwrap();
        assert_eq!(text(&none.out), "");
        assert_eq!(Command::new("true").env("", "x").run().err(), Some(Errno::EINVAL));
        assert_eq!(Command::new("true").env("a=b", "x").run().err(), Some(Errno::EINVAL));
        assert_eq!(Command::new("true").env("a", "\0").run().err(), Some(Errno::EINVAL));
    });
}

#[test]
fn run_with_searches_the_path_of_the_program() {
    let temp = support::TempDir::new();
    temp.executable("only-here", "#!/bin/sh\nexit 7\n");
    assert_eq!(Command::new("only-here").run().unwrap().outcome, NotFound(Errno::ENOENT));
    assert_eq!(Command::new("only-here").env("PATH", temp.path()).run().unwrap().outcome, Exited(7));
    assert_eq!(Command::new("sh").env("PATH", temp.path()).run().unwrap().outcome, NotFound(Errno::ENOENT));
}

#[test]
fn run_with_limits_resources_soft_and_hard() {
    let limits = |resource, limit| {
        let mut command = Command::new("cat");
        let output = command.arg("/proc/self/limits").limit(resource, limit).capture_out().run().unwrap();
        text(&output.out).to_owned()
    };
    if is_emulated() {
        return support::report_not_in_an_emulator("limits: the emulator keeps some to itself");
    }
    for (resource, limit, name) in [
        (Limit::Memory, 1 << 30, "Max address space"),
        (Limit::CpuSeconds, 60, "Max cpu time"),
        (Limit::Files, 17, "Max open files"),
        (Limit::Processes, 1000, "Max processes"),
        (Limit::FileSize, 4096, "Max file size"),
    ] {
        let text = limits(resource, limit);
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let values: Vec<_> = line.split_whitespace().take(2).collect();
        assert_eq!(values, [limit.to_string(), limit.to_string()], "{name}");
    }
    let output = sh("while :; do :; done", &[]).limit(Limit::CpuSeconds, 1).run().unwrap();
    // A hard limit that equals the soft one kills.
    assert!(matches!(output.outcome, Signaled(9 | 24)), "{output:?}");
}

#[test]
fn run_with_a_group_makes_the_program_its_leader() {
    let script = "set -- $(cat /proc/$$/stat); [ $5 = $$ ]";
    assert_eq!(sh(script, &[]).new_group().run().unwrap().outcome, Exited(0));
    assert_eq!(sh(script, &[]).run().unwrap().outcome, Exited(1));
}
