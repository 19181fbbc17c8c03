//! A program that the kernel starts in secure-execution mode (AT_SECURE, see getauxval(3)) does not trust the HOME and
//! PATH of its caller. A set-user-ID copy of this test binary is such a program.

use super::*;

use std::os::unix::process::CommandExt;

const IN_SECURE_EXEC: &str = "FFI_SYSCALLS_TEST_SECURE_EXEC";

/// See prctl(2). The libc crate lacks it.
#[cfg(target_os = "linux")]
const PR_GET_AUXV: i32 = 0x4155_5856;

#[test]
fn secure_exec_distrusts_home_and_path() {
    in_secure_exec(|| {
        // SAFETY: the call has no arguments.
        let real = unsafe { libc::getuid() };
        // SAFETY: the call has no arguments.
        let effective = unsafe { libc::geteuid() };
        assert_eq!((real, effective), (NOBODY, 0));
        // get is not affected.
        assert_eq!(env::get("HOME").unwrap(), "/trap");
        let passwd = fs::read_to_string("/etc/passwd").unwrap();
        let root = passwd.lines().find(|line| line.split(':').nth(2) == Some("0")).unwrap();
        let home_of_root = root.split(':').nth(5).unwrap();
        assert_eq!(env::home().unwrap(), home_of_root);
        assert_trap_is_not_found();
        assert!(process::run("true", &[""; 0]).unwrap().success());
        // A value that the program sets itself is not trusted either.
        env::set("HOME", "/other").unwrap();
        assert_eq!(env::home().unwrap(), home_of_root);
        // Nor is TMPDIR, which a libc removes from the environment of such a program.
        env::set("TMPDIR", "/").unwrap();
        let file = file::temp("secure-").unwrap();
        assert!(file.starts_with(b"/tmp/secure-"), "{file}");
        file::delete(&file).unwrap();
        // Nor are the variables of the user's directories.
        for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            env::set(name, "/other").unwrap();
        }
        for directory in [env::cache_dir(), env::config_dir(), env::data_dir()] {
            assert_ne!(directory.unwrap(), "/other");
        }
        // The mode was decided at program start: dropping the privileges does not end it.
        drop_user();
        assert_ne!(env::home().map(|home| home.to_string()), Ok("/other".to_owned()));
    });
}

/// Without PR_GET_AUXV (before Linux 6.4) the library reads /proc/self/auxv, which the kernel hides from the user of a
/// set-user-ID program.
#[test]
#[cfg(target_os = "linux")]
fn secure_exec_distrusts_home_and_path_after_dropping_privileges() {
    if is_emulated() {
        return report_not_in_an_emulator("a system call that is denied: an emulator makes other calls");
    }
    in_secure_exec(|| {
        deny_syscall_with_argument(libc::SYS_prctl, Some(PR_GET_AUXV));
        // SAFETY: the arguments are plain integers.
        checked(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) });
        drop_user();
        assert_ne!(env::home().map(|home| home.to_string()), Ok("/trap".to_owned()));
        assert_trap_is_not_found();
    });
}

fn drop_user() {
    // SAFETY: the arguments are plain integers.
    checked(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) });
}

/// Asserts that PATH is not searched: it names a directory with a program `trap`.
fn assert_trap_is_not_found() {
    assert_eq!(process::run("trap", &[""; 0]).unwrap(), process::Outcome::NotFound(Errno::ENOENT));
}

/// Runs `body` in a set-user-ID program of root that [`NOBODY`] starts. The program is a copy of this test binary, which
/// runs the calling test again.
fn in_secure_exec<F: FnOnce()>(body: F) {
    if std::env::var_os(IN_SECURE_EXEC).is_some() {
        // SAFETY: the arguments are plain integers.
        if unsafe { libc::getauxval(libc::AT_SECURE) } == 0 {
            println!("NOT SECURE");
            return;
        }
        return body();
    }
    if !is_root() {
        return report_cannot_run("set-user-ID programs: run the tests as root");
    }
    let temp = TempDir::new();
    let program = temp.join("program");
    copy_program(std::env::current_exe().unwrap().to_str().unwrap(), &program);
    set_mode(&program, 0o4755);
    temp.executable("trap", "#!/bin/sh\nexit 66\n");
    let mut command = Command::new(&program);
    command.uid(NOBODY).gid(NOBODY).args([name_of::<F>(), "--exact", "--nocapture"]);
    let path = format!("{}:/bin:/usr/bin", temp.path());
    let output = command.env(IN_SECURE_EXEC, "1").env("HOME", "/trap").env("PATH", path).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    if stdout.contains("NOT SECURE") {
        return report_cannot_run("set-user-ID programs: mount the directory of temporary files without nosuid");
    }
    assert!(output.status.success() && stdout.contains("1 passed"), "{output:?}");
}
