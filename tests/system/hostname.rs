use super::*;

/// Returns the host name that libc reports.
fn expected() -> Vec<u8> {
    let mut buffer = [0_u8; 256];
    // SAFETY: the buffer is writable for its length.
    checked(unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) });
    CStr::from_bytes_until_nul(&buffer).unwrap().to_bytes().to_vec()
}

#[test]
fn hostname_matches_libc_and_the_kernel() {
    let name = system::hostname().unwrap();
    assert_eq!(name, expected());
    assert_eq!(name, fs::read("/proc/sys/kernel/hostname").unwrap().trim_ascii_end());
}

/// unshare(1) creates the UTS namespace, also for an ordinary user if the system permits user namespaces.
#[test]
fn hostname_returns_any_name_that_the_kernel_accepts() {
    const UNSHARE: [&str; 2] = ["--uts", "--map-root-user"];
    let works = Command::new("unshare").args(UNSHARE).arg("true").output();
    if works.as_ref().is_ok_and(|output| output.status.success()) {
        let prepare = |command: &mut Command, _: &TempDir| {
            let program = command.get_program().to_owned();
            *command = Command::new("unshare");
            command.args(UNSHARE).arg(program);
        };
        in_child_with(prepare, |_| set_and_compare());
    } else {
        report_cannot_run(&format!(
            "host names of 64 bytes: run the tests as root or allow user namespaces ({works:?})"
        ));
    }
}

fn set_and_compare() {
    let longest = "x".repeat(64);
    for name in [&b"a"[..], b"host.example.org", longest.as_bytes(), b"\xff\xfe", b"", b"after an empty one"] {
        // The NUL makes the pointer readable even if the name is empty.
        let readable = [name, b"\0"].concat();
        // SAFETY: the name is readable for its length.
        checked(unsafe { libc::sethostname(readable.as_ptr().cast(), name.len()) });
        assert_eq!(system::hostname().unwrap(), name);
        assert_eq!(expected(), name);
    }
}
