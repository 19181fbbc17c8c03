use super::*;

/// The results of each operation that needs memory, and of one that needs none.
struct Results {
    failures: [Option<Errno>; 8],
    lock: ffi_syscalls::Result<file::FileLock>,
    second_lock: Option<Errno>,
    created: ffi_syscalls::Result<()>,
}

/// mmap(2) then fails with EAGAIN in place of ENOMEM, which must be the reason of each failure.
#[test]
fn memory_beyond_the_limit_of_locked_memory_is_refused_with_eagain() {
    if is_emulated() {
        return report_not_in_an_emulator("locked memory: the emulator would lock its own");
    }
    as_ordinary_user(|temp| {
        let [large, new, lock, created] =
            ["large", "new", "lock", "a/b"].map(|name| CString::new(temp.join(name)).unwrap());
        fs::write(temp.join("large"), vec![7; 1 << 20]).unwrap();
        set_soft_limit(libc::RLIMIT_MEMLOCK, 4096);
        // A thread with a stack of its own, which is mapped already: the kernel would not let another stack grow.
        let results = thread::scope(|scope| {
            let run = || {
                // SAFETY: the arguments are plain integers.
                checked(unsafe { libc::mlockall(libc::MCL_FUTURE) });
                let results = Results {
                    failures: [
                        file::read_text(&*large).err(),
                        dir::list(c"/").err(),
                        env::cwd().err(),
                        env::get("PATH").err(),
                        env::home().err(),
                        env::set("NAME", "value").err(),
                        system::hostname().err(),
                        process::run("true", &[""; 0]).err(),
                    ],
                    lock: file::lock(&*lock),
                    second_lock: file::lock(&*lock).err(),
                    created: dir::create(&*created, true).and(file::copy(&*large, &*new)),
                };
                assert!(system::cpu_count() > 0);
                // SAFETY: the call takes nothing.
                checked(unsafe { libc::munlockall() });
                results
            };
            scope.spawn(run).join().unwrap()
        });
        assert_eq!(results.failures, [Some(Errno::EAGAIN); 8]);
        // An operation that needs no memory works, and EAGAIN of a lock means that it is taken.
        assert!(results.lock.is_ok());
        assert_eq!((results.second_lock, results.created), (Some(Errno::EAGAIN), Ok(())));
        assert_eq!(file::read_text(&*new).unwrap().len(), 1 << 20);
        assert_eq!(env::get("NAME").err(), Some(Errno::ENOENT));
        assert!(process::run("true", &[""; 0]).unwrap().success());
    });
}
