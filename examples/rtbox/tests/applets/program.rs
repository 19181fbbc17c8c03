//! The program itself: links, an empty root directory, its ELF header.

use super::*;

#[test]
fn link_name_selects_the_applet() {
    let rtbox = Rtbox::new();
    rtbox.write("f", "content");
    symlink(program(), rtbox.path("cat")).unwrap();
    symlink(program(), rtbox.path("rm")).unwrap();
    symlink(program(), rtbox.path("another")).unwrap();
    let run = |name: &str, args: &[&str]| outcome(rtbox.other_command(rtbox.path(name), args).output().unwrap());
    assert_eq!(run("cat", &["f"]), success("content"));
    assert_eq!(run("rm", &["no"]), failure(1, "rtbox: rm no: ENOENT: No such file or directory\n"));
    assert_eq!(run("rm", &["--help"]), rtbox.run("rm --help"));
    assert_eq!(run("another", &["cat", "f"]), success("content"));
    assert_eq!(outcome(rtbox.command(["f"]).arg0("cat").output().unwrap()), success("content"));
    assert_eq!(outcome(rtbox.command(["cat", "f"]).arg0("").output().unwrap()), success("content"));
    assert_eq!(outcome(rtbox.command([""; 0]).arg0("").output().unwrap()).2, Some(2));
}

#[test]
fn rtbox_works_as_the_only_file_of_a_root_directory() {
    let rtbox = Rtbox::new();
    copy_program(&program(), &rtbox.path("rtbox"));
    let root = rtbox.path("");
    let chrooted = |args: &[&str]| {
        let mut command = Command::new("/rtbox");
        command.args(args).env_clear().stdin(Stdio::null());
        let root = root.clone();
        let enter = move || std::os::unix::fs::chroot(&root).and_then(|()| std::env::set_current_dir("/"));
        // SAFETY: the closure only makes two system calls and allocates nothing.
        unsafe { command.pre_exec(enter) };
        command.output().map(outcome)
    };
    match chrooted(&["ls"]) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return report_cannot_run(
                "rtbox as the only file of a system: chroot is not permitted here; run the tests as root",
            );
        }
        first => assert_eq!(first.unwrap(), success("rtbox\n")),
    }
    let run = |line: &str| chrooted(&line.split(' ').collect::<Vec<_>>()).unwrap();
    assert_eq!(run("mkdir -p a/b"), success(""));
    assert_eq!(run("write a/b/f some text"), success(""));
    assert_eq!(run("append a/b/f more"), success(""));
    assert_eq!(run("cp a/b/f copy"), success(""));
    assert_eq!(run("cat copy"), success("some text\nmore\n"));
    // Standard input is read without /dev/stdin, which does not exist here.
    assert_eq!(run("cat"), success(""));
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
fn rtbox_is_a_small_static_program_without_interpreter() {
    const EXECUTABLE: u32 = 1;
    const WRITABLE: u32 = 2;
    let elf = fs::read(program()).unwrap();
    let half = |at: usize| u16::from_le_bytes(elf[at..at + 2].try_into().unwrap());
    let word = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap());
    assert_eq!(&elf[..6], b"\x7fELF\x02\x01");
    let (kind, dynamic) = if cfg!(feature = "static-pie") { (3, 1) } else { (2, 0) };
    assert_eq!(half(16), kind, "e_type must be ET_EXEC (2), or ET_DYN (3) for static-pie");
    let start = usize::try_from(word(32)).unwrap();
    let segments = (0..usize::from(half(56))).map(|i| start + i * usize::from(half(54)));
    let segments: Vec<_> = segments.map(|at| (word(at), word(at + 4))).collect();
    // No interpreter. A dynamic section exists only in a static-pie program, which relocates itself.
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
