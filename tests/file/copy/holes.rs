use std::os::unix::fs::FileExt;
use std::path::Path;

use super::*;

/// Pieces of a file, by offset and length. The rest are holes.
type Extents = &'static [(u64, usize)];

const LAYOUTS: &[(u64, Extents)] = &[
    // Small files
    (8192, &[]),
    (12_288, &[(4096, 10)]),
    (100_000, &[(0, 5000)]),
    (100_000, &[(99_990, 10)]),
    // Extents around the length that the kernel copies, and more of them than that.
    (1 << 20, &[(0, 70_000), (500_000, 4000), (700_000, 65_536)]),
    (3 << 20, &[(8192, 65_535), (1 << 20, 200_000), (2 << 20, 1 << 20)]),
    (1 << 20, &[(0, 4096), (16_384, 4096), (32_768, 4096), (49_152, 8192), (65_536, 1), (131_072, 12_288)]),
    // Long holes
    (1 << 30, &[(500 << 20, 5)]),
    (1 << 40, &[(0, 100_000), (1 << 39, 100_000)]),
    (1 << 40, &[((1 << 40) - 5, 5)]),
];

/// Creates a file that has these pieces and holes.
fn create_sparse(path: &str, (len, extents): (u64, Extents)) -> fs::File {
    let file = fs::File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
    file.set_len(len).unwrap();
    for &(offset, len) in extents {
        file.write_all_at(&random_bytes(len), offset).unwrap();
    }
    file
}

#[track_caller]
fn assert_is_copy(copy: &str, (len, extents): (u64, Extents)) {
    let file = fs::File::open(copy).unwrap();
    assert_eq!(file.metadata().unwrap().len(), len);
    let mut at = 0;
    for &(offset, len) in extents {
        let mut found = vec![1; len];
        file.read_exact_at(&mut found, offset).unwrap();
        assert_same_bytes(&found, &random_bytes(len));
        assert_zero(&file, at, offset);
        at = offset + u64::try_from(len).unwrap();
    }
    assert_zero(&file, at, len);
}

/// Asserts that a range is zero, as far as it is not long.
#[track_caller]
fn assert_zero(file: &fs::File, start: u64, end: u64) {
    let mut found = vec![1; usize::try_from(end - start).unwrap().min(1 << 20)];
    file.read_exact_at(&mut found, start).unwrap();
    assert!(found.iter().all(|&byte| byte == 0), "after {start}");
}

fn blocks(path: &str) -> u64 {
    fs::metadata(path).unwrap().blocks()
}

/// Returns directories on the disk and in memory, whose holes are found in different ways.
fn directories() -> Vec<TempDir> {
    let mut directories = vec![TempDir::new()];
    if Path::new("/dev/shm").exists() {
        directories.push(temp_dir_with_space(1 << 20));
    }
    directories
}

#[test]
fn copy_of_a_file_with_holes_keeps_them() {
    for from in directories() {
        for to in directories() {
            for (number, &layout) in LAYOUTS.iter().enumerate() {
                let (path, copy, oracle) = (from.join("file"), to.join("copy"), to.join("oracle"));
                create_sparse(&path, layout);
                assert!(Command::new("/bin/cp").args([&path, &oracle]).status().unwrap().success());
                // A new file, and one that had other content.
                for _ in 0..2 {
                    file::copy(&*path, &*copy).unwrap();
                    assert_is_copy(&copy, layout);
                    let (ours, theirs) = (blocks(&copy), blocks(&oracle).max(blocks(&path)));
                    // A file system rounds extents as it likes.
                    assert!(ours <= theirs + theirs / 8, "layout {number}: {ours} blocks instead of {theirs}");
                    fs::write(&copy, random_bytes(300_000)).unwrap();
                }
                for path in [path, copy, oracle] {
                    fs::remove_file(path).unwrap();
                }
            }
        }
    }
}

/// Without a way to skip, zeroes are written.
#[test]
#[cfg(target_os = "linux")]
fn copy_of_a_file_with_holes_where_lseek_is_refused_is_complete() {
    if is_emulated() {
        return report_not_in_an_emulator("a system call that is denied: an emulator makes other calls");
    }
    in_child(|temp| {
        let layout = LAYOUTS[4];
        create_sparse(&temp.join("file"), layout);
        deny_syscall(libc::SYS_lseek);
        file::copy(&*temp.join("file"), &*temp.join("copy")).unwrap();
        assert_is_copy(&temp.join("copy"), layout);
    });
}

/// Blocks that were allocated and not written are no holes in the eyes of stat(2), and holes in those of lseek(2).
#[test]
#[cfg(target_os = "linux")]
fn copy_of_allocated_blocks_without_content_reads_zeroes() {
    let temp = TempDir::new();
    let layout: (u64, Extents) = (400_000, &[(100_000, 5)]);
    let file = create_sparse(&temp.join("file"), layout);
    // SAFETY: the arguments are plain integers.
    let allocated = unsafe { libc::fallocate(AsRawFd::as_raw_fd(&file), 0, 200_000, 150_000) };
    if allocated != 0 {
        return report_cannot_run("fallocate(2): set TMPDIR to a file system that has it");
    }
    file::copy(&*temp.join("file"), &*temp.join("copy")).unwrap();
    assert_is_copy(&temp.join("copy"), layout);
}

const STRIDE: u64 = 12_288;

/// The record at a multiple of [`STRIDE`].
fn record(number: u64) -> [u8; 16] {
    let mut record = [0xaa; 16];
    record[..8].copy_from_slice(&number.to_ne_bytes());
    record
}

/// Each record is written after the end, so a hole precedes it. A copy has all records before its own end.
#[test]
fn copy_of_a_growing_file_with_holes_misses_no_data() {
    const RECORDS: u64 = 3000;
    for temp in directories() {
        let (path, copy) = (temp.join("file"), temp.join("copy"));
        let file = create_sparse(&path, (0, &[]));
        let mut copied = vec![];
        thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..RECORDS {
                    file.write_all_at(&record(number), number * STRIDE).unwrap();
                    thread::sleep(std::time::Duration::from_micros(50));
                }
            });
            while copied.len() < usize::try_from((RECORDS - 1) * STRIDE).unwrap() {
                let before = fs::metadata(&path).unwrap().len();
                file::copy(&*path, &*copy).unwrap();
                copied = fs::read(&copy).unwrap();
                assert!(u64::try_from(copied.len()).unwrap() >= before);
                for (number, chunk) in (0..).zip(copied.chunks(usize::try_from(STRIDE).unwrap())) {
                    let len = chunk.len().min(16);
                    assert_eq!(chunk[..len], record(number)[..len], "record {number} of {} bytes", copied.len());
                }
            }
        });
    }
}

#[test]
fn copy_of_a_shrinking_file_with_holes_has_nothing_that_was_never_there() {
    for temp in directories() {
        let (path, copy) = (temp.join("file"), temp.join("copy"));
        let layout: (u64, Extents) = (3 << 20, &[(8192, 65_535), (1 << 20, 200_000), (2 << 20, 500_000)]);
        let file = create_sparse(&path, layout);
        let whole = fs::read(&path).unwrap();
        let mut round = 0_u64;
        let shrink = || {
            round += 1;
            file.set_len(round * 77_777 % layout.0).unwrap();
            if round.is_multiple_of(5) {
                for &(offset, len) in layout.1 {
                    file.write_all_at(&random_bytes(len), offset).unwrap();
                }
            }
        };
        while_repeating(shrink, || {
            for _ in 0..100 {
                file::copy(&*path, &*copy).unwrap();
                let copied = fs::read(&copy).unwrap();
                assert!(copied.len() <= whole.len());
                let is_possible = |(found, there): (&u8, &u8)| *found == 0 || found == there;
                assert!(copied.iter().zip(&whole).all(is_possible));
            }
        });
    }
}

/// The kernel copies in steps, and a file of this size without holes takes more than one.
#[test]
#[cfg(target_os = "linux")]
fn copy_of_a_file_over_1_gib_without_holes_copies_all() {
    const LEN: u64 = (1 << 30) + (1 << 20);
    const MARKS: [u64; 5] = [0, (1 << 30) - 8, 1 << 30, (1 << 30) + 70_000, LEN - 8];
    let temp = temp_dir_with_space(3 << 30);
    let file = create_sparse(&temp.join("file"), (0, &[]));
    let len = i64::try_from(LEN).unwrap();
    // SAFETY: the arguments are plain integers.
    if unsafe { libc::fallocate(AsRawFd::as_raw_fd(&file), 0, 0, len) } != 0 {
        return report_cannot_run("fallocate(2): set TMPDIR to a file system that has it");
    }
    for mark in MARKS {
        file.write_all_at(&(mark + 1).to_be_bytes(), mark).unwrap();
    }
    file::copy(&*temp.join("file"), &*temp.join("copy")).unwrap();
    let copied = fs::File::open(temp.join("copy")).unwrap();
    assert_eq!(copied.metadata().unwrap().len(), LEN);
    for mark in MARKS {
        let mut found = [0; 8];
        copied.read_exact_at(&mut found, mark).unwrap();
        assert_eq!(found, (mark + 1).to_be_bytes());
    }
}
