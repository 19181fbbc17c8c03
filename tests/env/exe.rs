use super::*;

fn found() -> Result<Vec<u8>, Errno> {
    env::exe().map(|path| path.to_vec())
}

#[test]
fn exe_is_the_path_that_std_sees() {
    assert_eq!(found().unwrap(), std::env::current_exe().unwrap().into_os_string().into_vec());
}

/// Has a copy of the test program run this test.
fn run_copy(name: &str) -> impl FnOnce(&mut Command, &TempDir) {
    move |command, temp| {
        let path = temp.join(name);
        copy_program(command.get_program().to_str().unwrap(), &path);
        *command = Command::new(path);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn exe_of_a_removed_file_fails_with_enoent() {
    if is_emulated() {
        report_not_in_an_emulator("the program's own file, which is that of the emulator");
        return;
    }
    in_child_with(run_copy("copy"), |temp| {
        let path = fs::canonicalize(temp.join("copy")).unwrap();
        assert_eq!(found().unwrap(), path.as_os_str().as_bytes());
        fs::rename(temp.join("copy"), temp.join("moved")).unwrap();
        assert_eq!(found().unwrap(), path.with_file_name("moved").as_os_str().as_bytes());
        fs::remove_file(temp.join("moved")).unwrap();
        assert_eq!(found(), Err(Errno::ENOENT));
        // A file with the name that the kernel shows is another one.
        fs::write(temp.join("moved (deleted)"), "").unwrap();
        assert_eq!(found(), Err(Errno::ENOENT));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn exe_may_have_a_name_that_ends_as_that_of_a_removed_file() {
    if is_emulated() {
        report_not_in_an_emulator("the program's own file, which is that of the emulator");
        return;
    }
    in_child_with(run_copy("a (deleted)"), |temp| {
        let path = fs::canonicalize(temp.join("a (deleted)")).unwrap();
        assert_eq!(found().unwrap(), path.as_os_str().as_bytes());
    });
}

/// Without /proc the path comes from the auxiliary vector.
#[test]
#[cfg(target_os = "linux")]
fn exe_without_proc_is_the_path_that_was_executed() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    in_child(|_| {
        let expected = std::env::current_exe().unwrap();
        deny_syscall_with_argument(libc::SYS_readlinkat, None);
        assert_eq!(found().unwrap(), expected.as_os_str().as_bytes());
    });
}

#[test]
#[cfg(target_os = "linux")]
fn exe_without_proc_starts_a_relative_path_at_the_working_directory() {
    if is_emulated() {
        report_not_in_an_emulator("a refused system call");
        return;
    }
    let relative = |command: &mut Command, temp: &TempDir| {
        run_copy("copy")(command, temp);
        *command = Command::new("./copy");
        command.current_dir(temp.path());
    };
    in_child_with(relative, |temp| {
        let expected = fs::canonicalize(temp.join("copy")).unwrap();
        deny_syscall_with_argument(libc::SYS_readlinkat, None);
        assert_eq!(found().unwrap(), expected.as_os_str().as_bytes());
        std::env::set_current_dir("/").unwrap();
        assert_eq!(found(), Err(Errno::ENOENT));
    });
}
