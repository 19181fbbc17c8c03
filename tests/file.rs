//! The file operations, compared with std, the kernel's own answers and other programs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

mod support;

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ffi_syscalls::{Errno, file};

use support::{
    NOBODY, Place, as_ordinary_user, assert_same_bytes, assert_same_error, byte_behind, checked, handle_signal,
    in_child, in_child_with, is_emulated, is_root, large_place, loudly, meanwhile, mode_of, noise, not_in_an_emulator,
    refuse, set_limit, set_mode, set_umask, stretched,
};

mod exists {
    use super::*;

    #[test]
    fn tells_what_is_there_from_what_is_not() {
        let place = Place::new();
        let found = place.file("file", "");
        place.fifo("fifo");
        place.link("good", "file");
        place.link("dangling", "missing");
        for path in [&found, place.path(), &place.at("fifo"), &place.at("good"), "/", ".", "/proc/self/status"] {
            assert_eq!(file::exists(path), Ok(true), "{path}");
        }
        for name in ["missing", "missing/x", "file/x", "file/", "good/", "dangling", "dangling/"] {
            assert_eq!(file::exists(&*place.at(name)), Ok(false), "{name}");
        }
        assert_eq!(file::exists(""), Ok(false));
    }

    #[test]
    fn takes_every_form_of_path() {
        let place = Place::new();
        let path = place.file("file", "");
        let c_path = std::ffi::CString::new(&*path).unwrap();
        let text = ffi_syscalls::Text::new(path.as_bytes()).unwrap();
        assert_eq!(file::exists(path.as_bytes()), Ok(true));
        assert_eq!(file::exists(&*c_path), Ok(true));
        assert_eq!(file::exists(&text), Ok(true));
        assert_eq!(file::exists(b"/dev/null"), Ok(true));
        assert_eq!(file::exists(b"/dev/nulls"), Ok(false));
    }

    #[test]
    fn takes_paths_that_are_not_utf8() {
        let place = Place::new();
        let name = [place.path().as_bytes(), b"/\xff\xfe\n"].concat();
        assert_eq!(file::exists(&*name), Ok(false));
        fs::write(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&name), "").unwrap();
        assert_eq!(file::exists(&*name), Ok(true));
    }

    #[test]
    fn a_loop_leaves_it_unknown() {
        let place = Place::new();
        let path = place.link("loop", "loop");
        assert_eq!(file::exists(&*path), Err(Errno::ELOOP));
        assert_same_error(file::exists(&*path), fs::metadata(&path));
    }

    #[test]
    fn a_directory_that_may_not_be_searched_leaves_it_unknown() {
        as_ordinary_user(|place| {
            let directory = place.dir("closed");
            let path = place.file("closed/file", "");
            set_mode(&directory, 0o600);
            assert_eq!(file::exists(&*path), Err(Errno::EACCES));
            assert_eq!(file::exists(&*place.at("closed/missing")), Err(Errno::EACCES));
            set_mode(&directory, 0o700);
            assert_eq!(file::exists(&*path), Ok(true));
        });
    }

    #[test]
    fn counts_the_effective_user_and_not_the_real_one() {
        if !is_root() {
            loudly("a process whose real user has fewer rights than its effective one needs root");
            return;
        }
        in_child(|place| {
            let directory = place.dir("closed");
            let path = place.file("closed/file", "");
            set_mode(&directory, 0o700);
            // SAFETY: it takes numbers.
            checked(unsafe { libc::setresuid(NOBODY, 0, 0) });
            let c_path = std::ffi::CString::new(&*path).unwrap();
            // SAFETY: the path is NUL-terminated.
            assert_eq!(unsafe { libc::access(c_path.as_ptr(), libc::F_OK) }, -1);
            assert_eq!(file::exists(&*path), Ok(true));
            assert_eq!(file::exists(&*place.at("closed/missing")), Ok(false));
        });
    }

    #[test]
    fn nul_in_a_path_is_invalid() {
        assert_eq!(file::exists("/dev/null\0"), Err(Errno::EINVAL));
        assert_eq!(file::exists("\0"), Err(Errno::EINVAL));
        assert_eq!(file::exists(b"/dev\0/null"), Err(Errno::EINVAL));
    }

    #[test]
    fn a_path_has_4095_bytes_at_most() {
        let place = Place::new();
        let path = place.file("file", "");
        assert_eq!(file::exists(&*stretched(&path, 4095)), Ok(true));
        for len in [4096, 4097, 10_000] {
            let long = stretched(&path, len);
            assert_eq!(file::exists(&*long), Err(Errno::ENAMETOOLONG));
            assert_eq!(file::exists(&*std::ffi::CString::new(long).unwrap()), Err(Errno::ENAMETOOLONG));
        }
        assert_eq!(file::exists(&*place.at(&"x".repeat(255))), Ok(false));
        assert_eq!(file::exists(&*place.at(&"x".repeat(256))), Err(Errno::ENAMETOOLONG));
    }
}

/// What must fail in the same way for every operation that needs a file.
#[test]
fn each_operation_says_what_is_wrong_with_a_path() {
    let place = Place::new();
    place.file("file", "content");
    place.link("loop", "loop");
    place.link("dangling", "missing/target");
    let name = "x".repeat(256);
    for name in ["missing", "missing/x", "file/x", "file/", "loop", "loop/x", "dangling", &name, ""] {
        let path = if name.is_empty() { String::new() } else { place.at(name) };
        assert_same_error(file::read_text(&*path), fs::read(&path));
        assert_same_error(file::size(&*path), fs::metadata(&path));
        assert_same_error(file::modified_time(&*path), fs::metadata(&path));
        assert_same_error(file::copy(&*path, &*place.at("copy")), fs::File::open(&path));
        assert!(!fs::exists(place.at("copy")).unwrap());
        if name != "loop" && name != "dangling" {
            assert_same_error(file::delete(&*path), fs::remove_file(&path));
        }
        if name != "missing" {
            assert_same_error(file::write_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::append_text(&*path, "x"), fs::write(&path, "x"));
            assert_same_error(file::copy(&*place.at("file"), &*path), fs::File::options().write(true).open(&path));
            assert_same_error(file::lock(&*path), fs::write(&path, "x"));
        }
    }
    for path in ["/dev/null\0", "\0"] {
        assert_eq!(file::read_text(path).unwrap_err(), Errno::EINVAL);
        assert_eq!(file::write_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::append_text(path, ""), Err(Errno::EINVAL));
        assert_eq!(file::delete(path), Err(Errno::EINVAL));
        assert_eq!(file::size(path), Err(Errno::EINVAL));
        assert_eq!(file::modified_time(path), Err(Errno::EINVAL));
        assert_eq!(file::copy(path, "/dev/null"), Err(Errno::EINVAL));
        assert_eq!(file::copy("/dev/null", path), Err(Errno::EINVAL));
        assert_eq!(file::lock(path).unwrap_err(), Errno::EINVAL);
    }
    assert_eq!(fs::read(place.at("file")).unwrap(), b"content");
}

mod read_text {
    use super::*;

    #[test]
    fn any_size() {
        const KB: usize = 1 << 10;
        const MB: usize = 1 << 20;
        let place = Place::new();
        let path = place.at("file");
        let bytes = noise(40 * MB + 1);
        let edges = [4 * KB, 4 * KB + 256, 16 * KB, 17 * KB, 64 * KB, 256 * KB, MB, 2 * MB, 16 * MB, 40 * MB];
        let around = |edge: usize| [edge - 16, edge - 1, edge, edge + 1];
        for len in (0..10).chain(edges.into_iter().flat_map(around)).filter(|&len| len <= bytes.len()) {
            fs::write(&path, &bytes[..len]).unwrap();
            let text = file::read_text(&*path).unwrap();
            assert_same_bytes(&text, &bytes[..len]);
            assert_eq!(byte_behind(&text), 0, "{len}");
        }
    }

    #[test]
    fn nul_bytes_and_line_ends_stay() {
        let place = Place::new();
        let content = b"\xef\xbb\xbfa\0b\r\n\0\xff\n\0";
        let path = place.file("file", content);
        assert_eq!(file::read_text(&*path).unwrap(), content);
    }

    #[test]
    fn files_of_proc_whose_size_is_0() {
        for path in ["/proc/version", "/proc/filesystems", "/proc/self/cmdline", "/proc/self/limits", "/proc/kallsyms"]
        {
            let wanted = fs::read(path).unwrap();
            assert!(!wanted.is_empty());
            assert_eq!(fs::metadata(path).unwrap().len(), 0);
            assert_same_bytes(&file::read_text(path).unwrap(), &wanted);
        }
    }

    #[test]
    fn files_of_sysfs_whose_size_is_a_page() {
        let path = "/sys/devices/system/cpu/possible";
        let wanted = fs::read(path).unwrap();
        assert_ne!(fs::metadata(path).unwrap().len(), wanted.len() as u64);
        assert_eq!(file::read_text(path).unwrap(), wanted);
    }

    #[test]
    fn a_pipe_that_is_filled_slowly() {
        let place = Place::new();
        let path = place.fifo("fifo");
        let content = noise(300_000);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut fifo = fs::File::options().write(true).open(&path).unwrap();
                for (i, piece) in content.chunks(999).enumerate() {
                    fifo.write_all(piece).unwrap();
                    if i % 50 == 0 {
                        thread::sleep(std::time::Duration::from_millis(1));
                    }
                }
            });
            assert_same_bytes(&file::read_text(&*path).unwrap(), &content);
        });
    }

    #[test]
    fn an_empty_pipe() {
        let place = Place::new();
        let path = place.fifo("fifo");
        thread::scope(|scope| {
            scope.spawn(|| drop(fs::File::options().write(true).open(&path).unwrap()));
            assert_eq!(file::read_text(&*path).unwrap(), "");
        });
    }

    #[test]
    fn a_file_that_grows_meanwhile() {
        let place = Place::new();
        let start = noise(200_000);
        let path = place.file("file", &start);
        let mut file = fs::File::options().append(true).open(&path).unwrap();
        let grow = || file.write_all(b"0123456789").unwrap();
        let read = meanwhile(grow, || -> Vec<_> { (0..50).map(|_| file::read_text(&*path).unwrap()).collect() });
        let end = fs::read(&path).unwrap();
        for text in &read {
            assert!(text.len() >= start.len());
            assert_same_bytes(text, &end[..text.len()]);
        }
    }

    #[test]
    fn a_file_that_shrinks_meanwhile() {
        let place = Place::new();
        let content = noise(3_000_000);
        let path = place.file("file", &content);
        let other = fs::File::options().write(true).open(&path).unwrap();
        let change = || {
            other.set_len(1_000_000).unwrap();
            other.set_len(3_000_000).unwrap();
        };
        meanwhile(change, || {
            for _ in 0..50 {
                let text = file::read_text(&*path).unwrap();
                assert!((1_000_000..=3_000_000).contains(&text.len()));
                assert_same_bytes(text.split_at(1_000_000).0, content.split_at(1_000_000).0);
            }
        });
    }

    #[test]
    fn what_is_no_text() {
        let place = Place::new();
        assert_eq!(file::read_text(place.path()).unwrap_err(), Errno::EISDIR);
        let socket = place.at("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert_same_error(file::read_text(&*socket), fs::read(&socket));
        assert_eq!(file::read_text("/dev/null").unwrap(), "");
    }

    #[test]
    fn a_file_that_may_not_be_read() {
        as_ordinary_user(|place| {
            let path = place.file("file", "secret");
            set_mode(&path, 0o200);
            assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EACCES);
        });
    }

    #[test]
    fn a_file_without_end_ends_in_enomem() {
        if is_emulated() {
            return not_in_an_emulator("a file without end: limits of memory are the emulator's own");
        }
        in_child(|place| {
            let path = place.file("file", "still works");
            set_limit(libc::RLIMIT_AS, 600 << 20);
            assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
            assert_eq!(file::read_text("/dev/zero").unwrap_err(), Errno::ENOMEM);
            assert_eq!(file::read_text(&*path).unwrap(), "still works");
        });
    }

    #[test]
    fn no_descriptor_is_a_reason_to_fail_and_none_is_left_open() {
        in_child(|place| {
            let path = place.file("file", "x");
            let count = || fs::read_dir("/proc/self/fd").unwrap().count();
            let before = count();
            for _ in 0..100 {
                file::read_text(&*path).unwrap();
                file::read_text(place.path()).unwrap_err();
                file::copy(&*path, &*path).unwrap_err();
                file::copy(&*path, place.path()).unwrap_err();
                file::copy(&*path, &*place.at("copy")).unwrap();
                file::write_text("/dev/full", "x").unwrap_err();
                drop(file::lock(&*path).unwrap());
            }
            assert_eq!(count(), before);
            set_limit(libc::RLIMIT_NOFILE, 0);
            assert_eq!(file::read_text(&*path).unwrap_err(), Errno::EMFILE);
            assert_eq!(file::write_text(&*path, "x"), Err(Errno::EMFILE));
            assert_eq!(file::copy(&*path, &*place.at("copy")), Err(Errno::EMFILE));
            assert_eq!(file::lock(&*path).unwrap_err(), Errno::EMFILE);
            assert_eq!(file::size(&*path), Ok(1));
        });
    }

    /// A kernel that overcommits would grant the memory, and kill the process for using it.
    #[test]
    fn an_endless_file_ends_before_the_memory_of_the_control_group() {
        const GROUP: &str = "FFI_SYSCALLS_TEST_GROUP";
        let name = format!("ffi_syscalls-memory-{}", std::process::id());
        let limits = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        let groups = limits.map(|(root, limit)| (format!("{root}/{name}"), limit));
        let made = std::env::var_os(GROUP).is_some()
            || groups.iter().any(|(group, limit)| {
                fs::create_dir(group).is_ok() && fs::write(format!("{group}/{limit}"), "300000000").is_ok()
            });
        let group = groups.iter().map(|(group, _)| group).find(|group| fs::exists(group).unwrap());
        if made {
            in_child_with(
                |command, _| {
                    command.env(GROUP, group.unwrap());
                },
                |_| {
                    let group = std::env::var(GROUP).unwrap();
                    fs::write(format!("{group}/cgroup.procs"), std::process::id().to_string()).unwrap();
                    assert_eq!(file::read_text("/dev/zero").err(), Some(Errno::ENOMEM));
                },
            );
        } else {
            loudly("an endless file in a control group: no group for memory can be made here (be root)");
        }
        if let Some(group) = group {
            fs::remove_dir(group).unwrap();
        }
    }
}

mod write_text {
    use super::*;

    type Write = fn(&str, &[u8]) -> ffi_syscalls::Result<()>;

    const BOTH: [Write; 2] =
        [|path, content| file::write_text(path, content), |path, content| file::append_text(path, content)];

    #[test]
    fn any_content_replaces_what_was_there() {
        let place = Place::new();
        let path = place.at("file");
        for content in [noise(100_000), b"short".to_vec(), vec![], noise(3_000_000), b"\0\xff\0".to_vec()] {
            file::write_text(&*path, &content).unwrap();
            assert_same_bytes(&fs::read(&path).unwrap(), &content);
        }
    }

    #[test]
    fn a_new_file_gets_0666_less_the_umask_and_an_old_one_keeps_its_mode() {
        in_child(|place| {
            for (umask, mode) in [(0, 0o666), (0o22, 0o644), (0o27, 0o640), (0o77, 0o600), (0o777, 0)] {
                set_umask(umask);
                for (name, write) in ["written", "appended"].into_iter().zip(BOTH) {
                    let path = place.at(&format!("{name}{umask}"));
                    write(&path, b"x").unwrap();
                    assert_eq!(mode_of(&path), mode);
                }
            }
            let path = place.at("written18");
            set_mode(&path, 0o755);
            file::write_text(&*path, "y").unwrap();
            file::append_text(&*path, "z").unwrap();
            assert_eq!(mode_of(&path), 0o755);
            assert_eq!(fs::read(&path).unwrap(), b"yz");
        });
    }

    #[test]
    fn follows_links_and_keeps_the_inode() {
        let place = Place::new();
        let path = place.file("file", "old");
        let inode = fs::metadata(&path).unwrap().ino();
        file::write_text(&*place.link("link", "file"), "new").unwrap();
        file::append_text(&*place.at("link"), "er").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        file::write_text(&*place.link("dangling", "target"), "made").unwrap();
        assert_eq!(fs::read(place.at("target")).unwrap(), b"made");
    }

    #[test]
    fn a_full_device() {
        assert_eq!(file::write_text("/dev/full", "x"), Err(Errno::ENOSPC));
        assert_eq!(file::append_text("/dev/full", "x"), Err(Errno::ENOSPC));
        assert_eq!(file::write_text("/dev/full", ""), Ok(()));
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_limit_on_the_size() {
        in_child(|place| {
            handle_signal(libc::SIGXFSZ, libc::SIG_IGN, 0);
            set_limit(libc::RLIMIT_FSIZE, 10_000);
            assert_eq!(file::write_text(&*place.at("file"), noise(20_000)), Err(Errno::EFBIG));
            assert_eq!(file::append_text(&*place.at("file"), "x"), Err(Errno::EFBIG));
            assert_eq!(fs::metadata(place.at("file")).unwrap().len(), 10_000);
        });
    }

    #[test]
    fn a_directory() {
        let place = Place::new();
        assert_eq!(file::write_text(place.path(), "x"), Err(Errno::EISDIR));
        assert_eq!(file::append_text(place.path(), "x"), Err(Errno::EISDIR));
        assert_same_error(file::write_text(&*place.at("new/"), "x"), fs::write(place.at("new/"), "x"));
        assert!(fs::read_dir(place.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_file_that_may_not_be_written() {
        as_ordinary_user(|place| {
            let path = place.file("file", "old");
            set_mode(&path, 0o444);
            assert_eq!(file::write_text(&*path, "new"), Err(Errno::EACCES));
            assert_eq!(file::append_text(&*path, "new"), Err(Errno::EACCES));
            assert_eq!(fs::read(&path).unwrap(), b"old");
            let directory = place.dir("directory");
            set_mode(&directory, 0o555);
            assert_eq!(file::write_text(&*place.at("directory/new"), "x"), Err(Errno::EACCES));
        });
    }

    #[test]
    fn a_pipe_that_holds_less_than_the_content() {
        let place = Place::new();
        let path = place.fifo("fifo");
        let content = noise(1 << 20);
        for write in BOTH {
            thread::scope(|scope| {
                let reader = scope.spawn(|| fs::read(&path).unwrap());
                write(&path, &content).unwrap();
                assert_same_bytes(&reader.join().unwrap(), &content);
            });
        }
    }

    #[test]
    fn a_pipe_whose_reader_has_gone() {
        let place = Place::new();
        let path = place.fifo("fifo");
        let content = noise(1 << 20);
        // Rust's runtime ignores SIGPIPE, so the call fails.
        thread::scope(|scope| {
            scope.spawn(|| fs::File::open(&path).unwrap().read_exact(&mut [0; 10]).unwrap());
            assert_eq!(file::write_text(&*path, &content), Err(Errno::EPIPE));
        });
    }
}

mod append_text {
    use super::*;

    #[test]
    fn adds_to_the_end() {
        let place = Place::new();
        let path = place.at("file");
        let mut wanted = vec![];
        for content in [&b""[..], b"one\n", b"", b"\0two\xff", &noise(200_000)] {
            file::append_text(&*path, content).unwrap();
            wanted.extend_from_slice(content);
            assert_same_bytes(&fs::read(&path).unwrap(), &wanted);
        }
    }

    #[test]
    fn lines_of_many_threads_do_not_mix() {
        const LINES: usize = 300;
        let place = Place::new();
        let path = place.at("file");
        let line = |thread: usize, number: usize| {
            let letter = char::from(b'a' + u8::try_from(thread).unwrap());
            format!("{thread} {number} {}\n", letter.to_string().repeat(number * 37 % 9000))
        };
        thread::scope(|scope| {
            for thread in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for number in 0..LINES {
                        file::append_text(&**path, line(thread, number)).unwrap();
                    }
                });
            }
        });
        let mut next = [0; 8];
        let content = fs::read_to_string(&path).unwrap();
        for found in content.split_inclusive('\n') {
            let thread: usize = found.split(' ').next().unwrap().parse().unwrap();
            assert!(found == line(thread, next[thread]), "line {} of thread {thread} is damaged", next[thread]);
            next[thread] += 1;
        }
        assert_eq!(next, [LINES; 8]);
    }
}

mod facts {
    use super::*;

    fn set_modified(path: &str, seconds: i64, nanoseconds: i64) {
        let c_path = std::ffi::CString::new(path).unwrap();
        let times = [libc::timespec { tv_sec: seconds, tv_nsec: nanoseconds }; 2];
        // SAFETY: the path is NUL-terminated, and there are two times.
        checked(unsafe { libc::utimensat(libc::AT_FDCWD, c_path.as_ptr(), times.as_ptr(), 0) });
    }

    #[test]
    fn size_is_what_stat_says() {
        let place = Place::new();
        for len in [0, 1, 4096, 1_000_000] {
            let path = place.file("file", noise(len));
            assert_eq!(file::size(&*path), Ok(i64::try_from(len).unwrap()));
        }
        place.link("link", "file");
        place.fifo("fifo");
        for path in [place.path(), &place.at("link"), &place.at("fifo"), "/dev/null", "/proc/version", "/sys/kernel"] {
            let wanted = fs::metadata(path).unwrap();
            assert_eq!(file::size(path), Ok(i64::try_from(wanted.len()).unwrap()), "{path}");
            assert_eq!(file::modified_time(path), Ok(wanted.mtime()), "{path}");
        }
        assert_eq!(file::size(&*place.at("link")), Ok(1_000_000));
    }

    #[test]
    fn a_time_may_lie_before_1970_and_beyond_2038() {
        let place = Place::new();
        let path = place.file("file", "");
        let directory = place.dir("directory");
        let year = 86_400 * 365;
        for seconds in [0, 1, -1, -2, -year * 30, 1_700_000_000, (1 << 31) - 1, 1 << 31, 1 << 33] {
            for nanoseconds in [0, 1, 999_999_999] {
                for path in [&path, &directory] {
                    set_modified(path, seconds, nanoseconds);
                    let wanted = fs::metadata(path).unwrap().mtime();
                    assert_eq!(file::modified_time(&**path), Ok(wanted));
                    if seconds.abs() < 1 << 31 {
                        assert_eq!(wanted, seconds, "the file system did not keep the time");
                    }
                }
            }
        }
    }

    #[test]
    fn what_may_not_be_reached() {
        as_ordinary_user(|place| {
            let directory = place.dir("closed");
            let path = place.file("closed/file", "");
            set_mode(&directory, 0);
            assert_eq!(file::size(&*path), Err(Errno::EACCES));
            assert_eq!(file::modified_time(&*path), Err(Errno::EACCES));
            assert_eq!(file::delete(&*path), Err(Errno::EACCES));
            assert_eq!(file::copy(&*path, &*place.at("copy")), Err(Errno::EACCES));
            set_mode(&directory, 0o700);
        });
    }

    /// Sizes that do not fit 31 or 32 bits, with something to find at the edges of what one call moves.
    #[test]
    fn files_over_2_gib() {
        const MARKS: [u64; 6] = [0, 0x7fff_f000 - 4, 0x7fff_fffc, 0x8000_1000, 0x8010_0000, 0x8020_0000 - 8];
        let place = large_place(6 << 30);
        let (path, copy) = (place.at("file"), place.at("copy"));
        let large = fs::File::create(&path).unwrap();
        large.set_len(0x8020_0000).unwrap();
        for mark in MARKS {
            large.write_all_at(&(mark + 1).to_be_bytes(), mark).unwrap();
        }
        assert_eq!(file::size(&*path), Ok(0x8020_0000));
        set_modified(&path, -5, 0);
        assert_eq!(file::modified_time(&*path), Ok(-5));
        file::copy(&*path, &*copy).unwrap();
        assert_eq!(file::size(&*copy), Ok(0x8020_0000));
        let copied = fs::File::open(&copy).unwrap();
        let mut buffer = [1; 16];
        for mark in MARKS {
            // The mark and, where there is something behind it, the zeroes.
            let len = copied.read_at(&mut buffer, mark).unwrap();
            assert_eq!(buffer[..8], (mark + 1).to_be_bytes(), "{mark:#x}");
            assert!(buffer[8..len].iter().all(|&byte| byte == 0), "{mark:#x}");
        }
        fs::remove_file(&copy).unwrap();

        let text = file::read_text(&*path).unwrap();
        assert_eq!(text.len(), 0x8020_0000);
        for mark in MARKS {
            let at = usize::try_from(mark).unwrap();
            assert_eq!(text[at..at + 8], (mark + 1).to_be_bytes(), "{mark:#x}");
        }
        drop(text);
        file::append_text(&*path, "end").unwrap();
        assert_eq!(file::size(&*path), Ok(0x8020_0003));
    }
}

mod copy {
    use super::*;

    #[test]
    fn any_size_over_any_size() {
        let place = Place::new();
        let bytes = noise(5_000_000);
        let copy = place.at("copy");
        let sizes = [0, 1, 2, 4095, 4096, 4097, 65_535, 65_536, 65_537, (1 << 18) - 1, 1 << 18, (1 << 18) + 1];
        for len in sizes.into_iter().chain([bytes.len()]) {
            let path = place.file("file", &bytes[..len]);
            for before in [None, Some(0), Some(1), Some(len), Some(len + 1), Some(300_000)] {
                let _ = fs::remove_file(&copy);
                if let Some(before) = before {
                    fs::write(&copy, vec![7; before]).unwrap();
                }
                file::copy(&*path, &*copy).unwrap();
                assert_same_bytes(&fs::read(&copy).unwrap(), &bytes[..len]);
            }
            assert_same_bytes(&fs::read(&path).unwrap(), &bytes[..len]);
        }
    }

    #[test]
    fn to_another_file_system() {
        let shared_memory = "/dev/shm";
        let Ok(other) = tempfile::tempdir_in(shared_memory) else {
            return loudly("copies between file systems: no directory can be made in /dev/shm");
        };
        let place = Place::new();
        let (path, copy) = (place.file("file", noise(1_000_000)), other.path().join("copy"));
        let copy = copy.to_str().unwrap();
        file::copy(&*path, copy).unwrap();
        assert_same_bytes(&fs::read(copy).unwrap(), &noise(1_000_000));
        file::copy(copy, &*place.at("back")).unwrap();
        assert_same_bytes(&fs::read(place.at("back")).unwrap(), &noise(1_000_000));
    }

    #[test]
    fn permission_bits_come_along_whatever_the_umask() {
        in_child(|place| {
            for umask in [0, 0o22, 0o77, 0o777] {
                set_umask(umask);
                for (mode, len) in [(0o400, 0), (0o755, 10), (0o600, 10), (0o640, 70_000), (0o666, 10), (0o777, 0)] {
                    let path = place.file(&format!("file{umask}{mode}"), noise(len));
                    set_mode(&path, mode);
                    let (new, old) = (place.at(&format!("new{umask}{mode}")), place.file("old", "old"));
                    set_mode(&old, 0o611);
                    file::copy(&*path, &*new).unwrap();
                    assert_eq!(mode_of(&new), mode, "umask {umask:o}");
                    file::copy(&*path, &*old).unwrap();
                    assert_eq!(mode_of(&old), mode, "umask {umask:o}");
                    assert_same_bytes(&fs::read(&new).unwrap(), &noise(len));
                    fs::remove_file(&old).unwrap();
                }
            }
        });
    }

    /// Content that is gone a moment later is nobody's to see whose it was not.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_old_content_is_shown_to_nobody_new() {
        if is_emulated() {
            return not_in_an_emulator("a system call that is refused: an emulator makes others");
        }
        in_child(|place| {
            let path = place.file("file", "public");
            set_mode(&path, 0o644);
            let modes = [(0o600, 0o600), (0o640, 0o640), (0o755, 0o644), (0o602, 0o600), (0o4711, 0o600)];
            let private: Vec<String> = modes
                .iter()
                .map(|&(mode, _)| {
                    let old = place.file(&format!("old{mode}"), "secret");
                    set_mode(&old, mode);
                    old
                })
                .collect();
            // Whoever looks between the steps sees what is left when one of them fails.
            refuse(libc::SYS_ftruncate);
            for (old, (_, wanted)) in private.iter().zip(modes) {
                assert_eq!(file::copy(&*path, &**old), Err(Errno::EPERM));
                assert_eq!(fs::read(old).unwrap(), b"secret");
                assert_eq!(mode_of(old), wanted);
            }
        });
    }

    #[test]
    fn set_user_id_and_its_like_stay_behind() {
        let place = Place::new();
        let path = place.file("file", "x");
        let old = place.file("old", "old");
        for mode in [0o4755, 0o2755, 0o6711, 0o1644, 0o7777] {
            set_mode(&path, mode);
            set_mode(&old, 0o6755);
            assert_eq!(mode_of(&path), mode);
            file::copy(&*path, &*place.at("new")).unwrap();
            file::copy(&*path, &*old).unwrap();
            assert_eq!(mode_of(&place.at("new")), mode & 0o777);
            assert_eq!(mode_of(&old), mode & 0o777);
            fs::remove_file(place.at("new")).unwrap();
        }
    }

    #[test]
    fn an_existing_destination_keeps_its_identity() {
        let place = Place::new();
        let path = place.file("file", "new");
        let old = place.file("old", "old content");
        fs::hard_link(&old, place.at("other name")).unwrap();
        let inode = fs::metadata(&old).unwrap().ino();
        file::copy(&*path, &*place.link("link", "old")).unwrap();
        assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
        assert_eq!(fs::read(place.at("other name")).unwrap(), b"new");
        assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
    }

    /// Where a file is in a lower layer, with another name, it gets another number when it is opened for writing.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_of_a_lower_layer_onto_itself_is_refused_and_stays() {
        in_child(|place| {
            if let Err(why) = mount_layers(place) {
                return loudly(&format!("a copy on overlayfs: {why}; what would change it: root's rights"));
            }
            for len in [1000, 100_000] {
                let [by_name, by_link, by_other_name] = ["a", "b", "c"].map(|name| {
                    (place.at(&format!("merged/{name}{len}")), place.at(&format!("merged/other {name}{len}")))
                });
                std::os::unix::fs::symlink(&by_link.0, place.at(&format!("merged/link{len}"))).unwrap();
                for (source, destination) in [
                    (&by_name.0, by_name.0.clone()),
                    (&by_link.0, place.at(&format!("merged/link{len}"))),
                    (&by_name.0, by_name.0.clone()),
                ] {
                    assert_eq!(file::copy(&**source, &*destination), Err(Errno::EINVAL), "{source} {destination}");
                    assert_same_bytes(&fs::read(source).unwrap(), &noise(len));
                }
                // Where one was opened for writing, these are two files.
                file::copy(&*by_other_name.0, &*by_other_name.1).unwrap();
                assert_same_bytes(&fs::read(&by_other_name.1).unwrap(), &noise(len));
            }
        });
    }

    /// Layers in a name space of mounts of the process's own, with files that have two names each.
    #[cfg(target_os = "linux")]
    fn mount_layers(place: &Place) -> Result<(), String> {
        let mount = |what: &str, at: &str, kind: &str, flags, options: &str| {
            let [what, at, kind, options] = [what, at, kind, options].map(|text| std::ffi::CString::new(text).unwrap());
            // SAFETY: NUL-terminated strings.
            let result =
                unsafe { libc::mount(what.as_ptr(), at.as_ptr(), kind.as_ptr(), flags, options.as_ptr().cast()) };
            if result == 0 { Ok(()) } else { Err(format!("mount(2) of {kind:?}: {}", std::io::Error::last_os_error())) }
        };
        // SAFETY: takes a number.
        if unsafe { libc::unshare(libc::CLONE_NEWNS) } != 0 {
            return Err(format!("unshare(2): {}", std::io::Error::last_os_error()));
        }
        mount("none", "/", "", libc::MS_REC | libc::MS_PRIVATE, "")?;
        mount("layers", place.path(), "tmpfs", 0, "mode=0777")?;
        let [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map(|name| place.dir(name));
        for len in [1000, 100_000] {
            for name in ["a", "b", "c"] {
                let path = place.file(&format!("lower/{name}{len}"), noise(len));
                fs::hard_link(path, place.at(&format!("lower/other {name}{len}"))).unwrap();
            }
        }
        mount("layers", &merged, "overlay", 0, &format!("lowerdir={lower},upperdir={upper},workdir={work}"))
    }

    #[test]
    fn a_file_onto_itself_is_refused_and_stays() {
        let place = Place::new();
        for len in [0, 5, 100_000] {
            let content = noise(len);
            let path = place.file("file", &content);
            let names = [path.clone(), place.link("link", "file"), place.at("hard"), stretched(&path, 3000)];
            fs::hard_link(&path, place.at("hard")).unwrap();
            for source in &names {
                for destination in &names {
                    assert_eq!(file::copy(&**source, &**destination), Err(Errno::EINVAL));
                    assert_same_bytes(&fs::read(&path).unwrap(), &content);
                }
            }
            fs::remove_file(place.at("link")).unwrap();
            fs::remove_file(place.at("hard")).unwrap();
        }
    }

    #[test]
    fn directories_are_refused() {
        let place = Place::new();
        let (directory, path) = (place.dir("directory"), place.file("file", "x"));
        assert_eq!(file::copy(&*directory, &*place.at("new")), Err(Errno::EISDIR));
        assert_eq!(file::copy(&*directory, &*path), Err(Errno::EISDIR));
        assert_eq!(file::copy(&*directory, &*directory), Err(Errno::EISDIR));
        assert_eq!(file::copy(&*path, &*directory), Err(Errno::EISDIR));
        assert_eq!(fs::read(&path).unwrap(), b"x");
        assert!(!fs::exists(place.at("new")).unwrap());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_source_leaves_the_destination() {
        let place = Place::new();
        let path = place.file("file", "x");
        assert_eq!(file::copy(&*place.at("missing"), &*path), Err(Errno::ENOENT));
        assert_eq!(fs::read(&path).unwrap(), b"x");
        assert_eq!(file::copy(&*path, &*place.at("missing/new")), Err(Errno::ENOENT));
    }

    #[test]
    fn sources_that_are_no_regular_files() {
        let place = Place::new();
        let copy = place.file("copy", "old content");
        for path in ["/proc/version", "/proc/self/limits", "/proc/kallsyms", "/sys/devices/system/cpu/possible"] {
            file::copy(path, &*copy).unwrap();
            assert_same_bytes(&fs::read(&copy).unwrap(), &fs::read(path).unwrap());
            assert_eq!(mode_of(&copy), mode_of(path));
            // Which may be that of a file that cannot be written to again.
            fs::remove_file(&copy).unwrap();
        }
        file::copy("/dev/null", &*copy).unwrap();
        assert_eq!(fs::read(&copy).unwrap(), b"");
        let (fifo, content) = (place.fifo("fifo"), noise(500_000));
        thread::scope(|scope| {
            scope.spawn(|| fs::write(&fifo, &content).unwrap());
            file::copy(&*fifo, &*copy).unwrap();
        });
        assert_same_bytes(&fs::read(&copy).unwrap(), &content);
    }

    #[test]
    fn destinations_that_are_no_regular_files() {
        let place = Place::new();
        for len in [5, 100_000] {
            let content = noise(len);
            let path = place.file("file", &content);
            let before = fs::metadata("/dev/null").unwrap();
            file::copy(&*path, "/dev/null").unwrap();
            assert_eq!(file::copy(&*path, "/dev/full"), Err(Errno::ENOSPC));
            let after = fs::metadata("/dev/null").unwrap();
            assert_eq!((after.mode(), after.ino()), (before.mode(), before.ino()));
            assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
            let fifo = place.fifo(&format!("fifo{len}"));
            thread::scope(|scope| {
                let reader = scope.spawn(|| fs::read(&fifo).unwrap());
                file::copy(&*path, &*fifo).unwrap();
                assert_same_bytes(&reader.join().unwrap(), &content);
            });
        }
    }

    #[test]
    fn a_dangling_link_gets_its_target() {
        let place = Place::new();
        let path = place.file("file", "content");
        set_mode(&path, 0o640);
        file::copy(&*path, &*place.link("link", "target")).unwrap();
        assert_eq!(fs::read(place.at("target")).unwrap(), b"content");
        assert_eq!(mode_of(&place.at("target")), 0o640);
        assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
        assert_eq!(file::copy(&*path, &*place.link("deep", "missing/target")), Err(Errno::ENOENT));
    }

    /// Limits a file's size and ignores the signal that says so, so that a copy of more fails in the middle.
    fn limit_sizes() {
        handle_signal(libc::SIGXFSZ, libc::SIG_IGN, 0);
        set_limit(libc::RLIMIT_FSIZE, 10_000);
    }

    #[test]
    fn a_failure_removes_what_the_call_has_made() {
        in_child(|place| {
            let (small, large) = (place.file("small", noise(20_000)), place.file("large", noise(1_000_000)));
            limit_sizes();
            for path in [&small, &large] {
                assert_eq!(file::copy(&**path, &*place.at("copy")), Err(Errno::EFBIG));
                assert!(!fs::exists(place.at("copy")).unwrap());
            }
        });
    }

    /// The target's name is not known, so all that can be done is to leave the link alone and report the error.
    #[test]
    fn a_failure_leaves_a_dangling_link_where_it_was() {
        in_child(|place| {
            let path = place.file("file", noise(20_000));
            let link = place.link("link", "target");
            limit_sizes();
            assert_eq!(file::copy(&*path, &*link), Err(Errno::EFBIG));
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        });
    }

    #[test]
    fn a_failure_does_not_remove_what_was_there() {
        in_child(|place| {
            let (small, large) = (place.file("small", noise(20_000)), place.file("large", noise(1_000_000)));
            let old = place.file("old", "old");
            let inode = fs::metadata(&old).unwrap().ino();
            limit_sizes();
            for path in [&small, &large] {
                assert_eq!(file::copy(&**path, &*old), Err(Errno::EFBIG));
                assert_eq!(fs::metadata(&old).unwrap().ino(), inode);
            }
        });
    }

    #[test]
    fn what_may_not_be_read_or_written() {
        as_ordinary_user(|place| {
            let (secret, fixed) = (place.file("secret", "secret"), place.file("fixed", "fixed"));
            set_mode(&secret, 0);
            set_mode(&fixed, 0o444);
            assert_eq!(file::copy(&*secret, &*place.at("copy")), Err(Errno::EACCES));
            assert!(!fs::exists(place.at("copy")).unwrap());
            let readable = place.file("readable", "new");
            assert_eq!(file::copy(&*readable, &*fixed), Err(Errno::EACCES));
            assert_eq!(fs::read(&fixed).unwrap(), b"fixed");
            // A copy of what may only be read may only be read as well, and is complete all the same.
            set_mode(&readable, 0o400);
            file::copy(&*readable, &*place.at("copy")).unwrap();
            assert_eq!(fs::read(place.at("copy")).unwrap(), b"new");
            assert_eq!(mode_of(&place.at("copy")), 0o400);
        });
    }

    #[test]
    fn many_threads_copy_at_once() {
        let place = Place::new();
        let content = noise(200_000);
        let path = place.file("file", &content);
        thread::scope(|scope| {
            for thread in 0..8 {
                let (place, path, content) = (&place, &path, &content);
                scope.spawn(move || {
                    for _ in 0..20 {
                        let copy = place.at(&format!("copy{thread}"));
                        file::copy(&**path, &*copy).unwrap();
                        assert_same_bytes(&fs::read(&copy).unwrap(), content);
                        file::delete(&*copy).unwrap();
                    }
                });
            }
        });
    }
}

mod delete {
    use super::*;

    #[test]
    fn removes_the_name() {
        let place = Place::new();
        let path = place.file("file", "x");
        fs::hard_link(&path, place.at("other")).unwrap();
        file::delete(&*path).unwrap();
        assert!(!fs::exists(&path).unwrap());
        assert_eq!(fs::read(place.at("other")).unwrap(), b"x");
        assert_eq!(file::delete(&*path), Err(Errno::ENOENT));
    }

    #[test]
    fn removes_a_link_and_not_what_it_leads_to() {
        let place = Place::new();
        let (path, directory) = (place.file("file", "x"), place.dir("directory"));
        for target in ["file", "directory", "missing", "link"] {
            let link = place.link("link", target);
            file::delete(&*link).unwrap();
            assert!(fs::symlink_metadata(&link).is_err());
        }
        assert!(fs::exists(&path).unwrap());
        assert!(fs::exists(&directory).unwrap());
    }

    #[test]
    fn removes_what_is_neither_file_nor_directory() {
        let place = Place::new();
        let socket = place.at("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        for path in [place.fifo("fifo"), socket] {
            file::delete(&*path).unwrap();
            assert!(!fs::exists(&path).unwrap());
        }
    }

    #[test]
    fn never_a_directory() {
        let place = Place::new();
        let directory = place.dir("directory");
        place.link("link", "directory");
        assert_eq!(file::delete(&*directory), Err(Errno::EISDIR));
        for name in ["directory/", "directory/.", "link/"] {
            assert_same_error(file::delete(&*place.at(name)), fs::remove_file(place.at(name)));
        }
        assert!(fs::exists(&directory).unwrap());
        assert!(fs::symlink_metadata(place.at("link")).unwrap().is_symlink());
    }

    #[test]
    fn needs_the_right_to_change_the_directory() {
        as_ordinary_user(|place| {
            let directory = place.dir("directory");
            let path = place.file("directory/file", "x");
            set_mode(&directory, 0o555);
            assert_eq!(file::delete(&*path), Err(Errno::EACCES));
            assert!(fs::exists(&path).unwrap());
            set_mode(&directory, 0o755);
            // It needs no right to the file itself.
            set_mode(&path, 0);
            file::delete(&*path).unwrap();
        });
    }
}

mod lock {
    use std::process::Command;

    use super::*;

    /// Whether flock(1), another process, gets the lock.
    fn is_free(path: &str) -> bool {
        let status = Command::new("flock").args(["-n", path, "true"]).status().unwrap();
        assert!(matches!(status.code(), Some(0 | 1)), "{status}");
        status.success()
    }

    /// Such a file has no name, and a link count of 0, and is nevertheless the one at this path.
    #[test]
    fn locks_what_has_no_other_name() {
        // SAFETY: the name is NUL-terminated.
        let fd = checked(unsafe { libc::memfd_create(c"lock".as_ptr(), libc::MFD_CLOEXEC) });
        let path = format!("/proc/self/fd/{fd}");
        let lock = file::lock(&*path).unwrap();
        assert_eq!(file::lock(&*path).err(), Some(Errno::EAGAIN));
        lock.unlock().unwrap();
        // SAFETY: nobody else has the descriptor.
        checked(unsafe { libc::close(fd) });
    }

    #[test]
    fn keeps_everybody_else_out_until_it_is_dropped() {
        let place = Place::new();
        let path = place.at("file");
        let lock = file::lock(&*path).unwrap();
        assert!(!is_free(&path));
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN));
        });
        assert!(fs::File::open(&path).unwrap().try_lock_shared().is_err());
        drop(lock);
        assert!(is_free(&path));
        drop(file::lock(&*path).unwrap());
    }

    #[test]
    fn is_given_up_by_unlock_in_both_forms() {
        let place = Place::new();
        let path = place.at("file");
        file::lock(&*path).unwrap().unlock().unwrap();
        assert!(is_free(&path));
        let fd = file::lock(&*path).unwrap().into_raw();
        assert!(!is_free(&path));
        file::unlock(fd).unwrap();
        assert!(is_free(&path));
    }

    #[test]
    fn is_refused_when_somebody_else_has_it() {
        let place = Place::new();
        let path = place.file("file", "");
        let holder = fs::File::open(&path).unwrap();
        holder.lock().unwrap();
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        holder.unlock().unwrap();
        holder.lock_shared().unwrap();
        assert_eq!(file::lock(&*path).unwrap_err(), Errno::EAGAIN);
        drop(holder);
        drop(file::lock(&*path).unwrap());
    }

    #[test]
    fn ends_with_the_process() {
        let place = in_child(|place| {
            let path = place.at("file");
            let _ = file::lock(&*path).unwrap().into_raw();
            assert!(!is_free(&path));
        });
        assert!(is_free(&place.at("file")));
    }

    #[test]
    fn is_not_inherited_by_programs() {
        // In a process where no other test forks.
        in_child(|place| {
            let path = place.at("file");
            let fd = file::lock(&*path).unwrap().into_raw();
            // SAFETY: it takes numbers.
            assert_eq!(checked(unsafe { libc::fcntl(fd, libc::F_GETFD) }) & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
            let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
            // An emulator goes on before the other program has begun.
            let name = format!("/proc/{}/comm", other.id());
            while fs::read(&name).unwrap() != b"sleep\n" {
                thread::yield_now();
            }
            // Closed only: a program that had inherited the descriptor would hold the lock still.
            // SAFETY: nobody else uses the descriptor.
            checked(unsafe { libc::close(fd) });
            let free = is_free(&path);
            other.kill().unwrap();
            other.wait().unwrap();
            assert!(free);
        });
    }

    #[test]
    fn unlock_takes_it_from_a_child_that_shares_it() {
        let place = Place::new();
        let path = place.at("file");
        let fd = file::lock(&*path).unwrap().into_raw();
        // SAFETY: the child does nothing but wait for a signal.
        let child = checked(unsafe { libc::fork() });
        if child == 0 {
            loop {
                // SAFETY: it takes nothing.
                unsafe { libc::pause() };
            }
        }
        file::unlock(fd).unwrap();
        let free = is_free(&path);
        // SAFETY: the child that was just started.
        checked(unsafe { libc::kill(child, libc::SIGKILL) });
        support::wait_for(child);
        assert!(free);
    }

    #[test]
    fn outlives_another_opening_of_the_file() {
        let place = Place::new();
        let path = place.file("file", "content");
        let lock = file::lock(&*path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        drop(fs::File::options().append(true).open(&path).unwrap());
        assert_eq!(file::read_text(&*path).unwrap(), "content");
        file::append_text(&*path, "!").unwrap();
        file::lock(&*path).unwrap_err();
        assert!(!is_free(&path));
        drop(lock);
        assert_eq!(fs::read(&path).unwrap(), b"content!", "locking empties no file");
    }

    #[test]
    fn is_on_the_file_that_the_path_leads_to() {
        let place = Place::new();
        let path = place.file("file", "first");
        let first = file::lock(&*path).unwrap();
        fs::rename(place.file("new", "second"), &path).unwrap();
        let second = file::lock(&*path).unwrap();
        assert!(!is_free(&path));
        fs::remove_file(&path).unwrap();
        let third = file::lock(&*path).unwrap();
        assert!(!is_free(&path));
        drop(first);
        drop(second);
        assert!(!is_free(&path));
        drop(third);
        assert!(is_free(&path));
    }

    /// Each holder deletes the file before it gives the lock up, so others come to lock a file that is gone.
    #[test]
    fn one_at_a_time_though_the_file_is_deleted_all_the_time() {
        let place = Place::new();
        let path = place.at("file");
        let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    while entered.load(Ordering::SeqCst) < 2000 {
                        match file::lock(&*path) {
                            Ok(lock) => {
                                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold the lock");
                                entered.fetch_add(1, Ordering::SeqCst);
                                assert_eq!(inside.fetch_sub(1, Ordering::SeqCst), 1, "two hold the lock");
                                fs::remove_file(&path).unwrap();
                                drop(lock);
                            }
                            Err(errno) => assert_eq!(errno, Errno::EAGAIN),
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn creates_the_file_with_the_umask() {
        in_child(|place| {
            for (umask, mode) in [(0, 0o666), (0o27, 0o640)] {
                set_umask(umask);
                let path = place.at(&format!("file{umask}"));
                drop(file::lock(&*path).unwrap());
                assert_eq!(mode_of(&path), mode);
                assert_eq!(fs::metadata(&path).unwrap().len(), 0);
            }
        });
    }

    #[test]
    fn takes_a_file_that_may_only_be_read() {
        as_ordinary_user(|place| {
            let path = place.file("file", "content");
            set_mode(&path, 0o444);
            let lock = file::lock(&*path).unwrap();
            assert!(!is_free(&path));
            drop(lock);
            assert!(is_free(&path));
            set_mode(&path, 0);
            assert_eq!(file::lock(&*path).unwrap_err(), Errno::EACCES);
            let directory = place.dir("directory");
            set_mode(&directory, 0o555);
            assert_eq!(file::lock(&*place.at("directory/new")).unwrap_err(), Errno::EACCES);
        });
    }

    #[test]
    fn never_waits_for_the_other_end_of_a_pipe() {
        as_ordinary_user(|place| {
            let path = place.fifo("fifo");
            drop(file::lock(&*path).unwrap());
            set_mode(&path, 0o444);
            // SAFETY: it takes a number. A call that waits is ended, and the test with it.
            unsafe { libc::alarm(5) };
            drop(file::lock(&*path).unwrap());
            // SAFETY: it takes a number.
            unsafe { libc::alarm(0) };
        });
    }

    #[test]
    fn fails_for_directories_and_missing_ones() {
        let place = Place::new();
        assert_eq!(file::lock(place.path()).unwrap_err(), Errno::EISDIR);
        assert_eq!(file::lock(&*place.at("missing/file")).unwrap_err(), Errno::ENOENT);
    }

    #[test]
    fn unlock_of_what_is_no_descriptor() {
        in_child(|place| {
            let fd = file::lock(&*place.at("file")).unwrap().into_raw();
            file::unlock(fd).unwrap();
            for fd in [fd, -1, i32::MIN, libc::AT_FDCWD, i32::MAX] {
                assert_eq!(file::unlock(fd), Err(Errno::EBADF), "{fd}");
            }
        });
    }
}

/// The helpers of the tests themselves: a hole in them would let wrong results pass.
#[test]
fn noise_has_no_pattern_at_the_edges_of_blocks() {
    let bytes = noise(1 << 20);
    assert_eq!(bytes.len(), 1 << 20);
    assert!(bytes.contains(&0));
    assert_ne!(bytes[..4096], bytes[4096..8192]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut read = vec![];
    file.read_to_end(&mut read).unwrap();
    assert_same_bytes(&read, &bytes);
}
