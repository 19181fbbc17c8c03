//! Usage, overview and reports of misuse.

use super::*;

#[test]
fn help_and_list_describe_every_applet() {
    let rtbox = Rtbox::new();
    let (overview, _, code) = rtbox.run("--help");
    assert_eq!(code, Some(0));
    assert_eq!(rtbox.run("help"), success(&overview));
    assert_eq!(rtbox.run(""), (Vec::new(), String::from_utf8(overview.clone()).unwrap(), Some(2)));
    assert_eq!(rtbox.run("--version"), success(concat!("rtbox ", env!("CARGO_PKG_VERSION"), "\n")));

    let (list, _, code) = rtbox.run("--list");
    let (list, overview) = (String::from_utf8(list).unwrap(), String::from_utf8(overview).unwrap());
    assert_eq!((list.lines().count(), code), (20, Some(0)));
    for applet in list.lines() {
        let (usage, stderr, code) = rtbox.run_args([applet, "--help"]);
        let usage = String::from_utf8(usage).unwrap();
        assert!(usage.starts_with(&format!("usage: rtbox {applet}")), "{usage}");
        assert!(usage.ends_with('\n') && usage.lines().all(|line| line.len() < 110), "{usage}");
        assert_eq!((stderr.as_str(), code), ("", Some(0)));
        assert_eq!(rtbox.run_args(["help", applet]), success(&usage));
        assert!(overview.contains(&format!("\n  {applet} ")), "{applet}");
    }
}

#[test]
fn misuse_is_reported_with_the_usage_of_the_applet() {
    let rtbox = Rtbox::new();
    let unknown = "rtbox: nosuch: no such applet; `rtbox help` shows those there are\n";
    assert_eq!(rtbox.run("nosuch x"), failure(127, unknown));
    assert_eq!(rtbox.run("help nosuch"), failure(127, unknown));
    let usage = "usage: rtbox cp SOURCE DESTINATION\n";
    assert_eq!(rtbox.run("cp a"), failure(2, &format!("rtbox: cp: too few arguments\n{usage}")));
    assert_eq!(rtbox.run("cp a b c"), failure(2, &format!("rtbox: cp: too many arguments\n{usage}")));
    assert_eq!(rtbox.run("cp -r a b"), failure(2, &format!("rtbox: cp: unknown option -r\n{usage}")));
    assert_eq!(rtbox.run("pid 1"), failure(2, "rtbox: pid: too many arguments\nusage: rtbox pid\n"));
    for applet in ["write", "append", "rm", "mkdir", "mkdir -p", "size", "mtime", "exists", "lock", "lock f", "run"] {
        let (_, stderr, code) = rtbox.run(applet);
        assert!(stderr.contains(": too few arguments\nusage: rtbox "), "{stderr}");
        assert_eq!(code, Some(2), "{applet}");
    }
    assert_eq!(rtbox.run("rm -- -x"), failure(1, "rtbox: rm -x: ENOENT: No such file or directory\n"));
}
