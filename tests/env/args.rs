use super::*;

/// Returns the arguments of this process as std has them.
fn expected() -> Vec<OsString> {
    std::env::args_os().collect()
}

fn found() -> Vec<OsString> {
    env::args().unwrap().iter().map(|argument| OsString::from_vec(argument.to_bytes().to_vec())).collect()
}

#[test]
fn args_returns_the_arguments_that_std_sees() {
    assert_eq!(found(), expected());
}

/// The names of tests that are left out may be any text.
#[test]
fn args_may_be_empty_or_have_any_bytes() {
    let prepare = |command: &mut Command, _: &TempDir| {
        command.args(["--skip", "", "--skip", "two words\n"]);
        command.arg("--skip").arg(OsString::from_vec(b"\xc3\xbc".to_vec()));
    };
    in_child_with(prepare, |_| {
        assert_eq!(found(), expected());
        assert!(found().contains(&OsString::new()));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn args_are_those_of_the_kernel() {
    let kernel = fs::read("/proc/self/cmdline").unwrap();
    let joined: Vec<u8> = found().iter().flat_map(|argument| [argument.as_bytes(), b"\0"].concat()).collect();
    // An emulator passes its own arguments first.
    assert!(kernel.ends_with(&joined));
}

/// glibc passes the arguments to the constructor of the library.
#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn args_need_no_proc_with_glibc() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        deny_syscall_with_argument(libc::SYS_openat, None);
        assert_eq!(found(), expected());
    });
}
