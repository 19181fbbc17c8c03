use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use super::*;

/// Contents of different lengths, each of one letter.
fn contents() -> [Vec<u8>; 2] {
    [vec![b'a'; 100_000], vec![b'b'; 200_001]]
}

#[track_caller]
fn assert_whole(path: &str) {
    let found = fs::read(path).unwrap();
    assert!(contents().contains(&found), "{} bytes, from {:?} to {:?}", found.len(), found.first(), found.last());
}

#[test]
fn atomic_write_by_several_threads_shows_readers_whole_contents_only() {
    let temp = TempDir::new();
    let path = temp.file("file", &contents()[0]);
    let repetitions = if is_emulated() { 5 } else { 40 };
    while_repeating(
        || assert_whole(&path),
        || {
            thread::scope(|scope| {
                for content in contents() {
                    let path = &path;
                    scope.spawn(move || {
                        for _ in 0..repetitions {
                            file::atomic_write(&**path, &content).unwrap();
                        }
                    });
                }
            });
        },
    );
    assert_names(temp.path(), &["file"]);
}

/// The child of the test below replaces the file until it is killed.
#[test]
fn atomic_write_whose_process_is_killed_leaves_a_whole_content() {
    const PATH: &str = "FFI_SYSCALLS_TEST_KILLED";
    if let Ok(path) = std::env::var(PATH) {
        loop {
            for content in contents() {
                file::atomic_write(&*path, &content).unwrap();
            }
        }
    }
    let temp = TempDir::new();
    let path = temp.file("file", &contents()[0]);
    let rounds = if is_emulated() { 3 } else { 25 };
    for round in 0..rounds {
        let inode = fs::metadata(&path).unwrap().ino();
        let mut command = Command::new(std::env::current_exe().unwrap());
        let name = "atomic_write::crash::atomic_write_whose_process_is_killed_leaves_a_whole_content";
        command.args([name, "--exact", "--nocapture"]).env(PATH, &path).stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        while fs::metadata(&path).unwrap().ino() == inode {
            assert!(child.try_wait().unwrap().is_none(), "the child ended");
            assert_whole(&path);
        }
        // Another moment of the work in each round.
        thread::sleep(Duration::from_micros(round * 377 % 5000));
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
        assert_whole(&path);
    }
    // The files that killed writers leave have names of their own, and do not prevent another write.
    file::atomic_write(&*path, &contents()[1]).unwrap();
    assert_same_bytes(&fs::read(&path).unwrap(), &contents()[1]);
    for entry in fs::read_dir(temp.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "file" || name.starts_with(".tmp-"), "{name}");
    }
}
