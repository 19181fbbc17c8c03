use super::*;

#[test]
fn memory_does_not_grow_over_20000_reads_of_small_files() {
    in_child(|temp| {
        let path = temp.file("file", random_bytes(3000));
        assert_memory_does_not_grow(20_000, || assert_eq!(file::read_text(&*path).unwrap().len(), 3000));
    });
}

#[test]
fn memory_does_not_grow_over_20000_reads_of_files_of_64_kb() {
    in_child(|temp| {
        let path = temp.file("file", random_bytes(1 << 16));
        assert_memory_does_not_grow(20_000, || assert_eq!(file::read_text(&*path).unwrap().len(), 1 << 16));
    });
}

#[test]
fn memory_does_not_grow_over_reads_of_large_files() {
    in_child(|temp| {
        for (size, repetitions) in [(1 << 20, 500), (5 << 20, 100), (20 << 20, 20), (40 << 20, 10)] {
            let path = temp.file("file", vec![7; size]);
            assert_memory_does_not_grow(repetitions, || assert_eq!(file::read_text(&*path).unwrap().len(), size));
        }
    });
}

#[test]
fn memory_does_not_grow_over_20000_lists() {
    in_child(|temp| {
        for i in 0..30 {
            temp.file(&i.to_string(), "");
        }
        assert_memory_does_not_grow(20_000, || assert_eq!(dir::list(temp.path()).unwrap().len(), 30));
    });
}

#[test]
fn memory_does_not_grow_over_20000_env_and_system_calls() {
    in_child(|_| {
        env::set("NAME", "value").unwrap();
        assert_memory_does_not_grow(20_000, || {
            assert_eq!(env::get("NAME").unwrap(), "value");
            env::get("MISSING").unwrap_err();
            assert!(env::cwd().unwrap().starts_with(b"/"));
            system::hostname().unwrap();
        });
    });
}

/// The allocator must return cached blocks to the kernel before it reports ENOMEM.
#[test]
fn memory_that_is_cached_is_released_before_an_allocation_fails() {
    in_child(|temp| {
        let (large, small) = (temp.file("large", vec![1; 15 << 20]), temp.file("small", vec![2; 7 << 20]));
        let size = fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = size.split(' ').next().unwrap().parse().unwrap();
        set_soft_limit(libc::RLIMIT_AS, pages * 4096 + (60 << 20));
        let both = [file::read_text(&*large).unwrap(), file::read_text(&*large).unwrap()];
        drop(both);
        let other: Vec<u8> = Vec::with_capacity(20 << 20);
        assert_eq!(file::read_text(&*small).unwrap().len(), 7 << 20);
        drop(other);
    });
}

#[test]
fn memory_does_not_grow_over_failures() {
    in_child(|temp| {
        assert_memory_does_not_grow(5000, || {
            file::read_text(temp.path()).unwrap_err();
            file::read_text(&*temp.join("missing")).unwrap_err();
            file::copy(temp.path(), "/dev/null").unwrap_err();
            dir::list(&*temp.join("missing")).unwrap_err();
            dir::create("", true).unwrap_err();
        });
    });
}

#[test]
fn memory_stays_bounded_with_alternating_sizes_and_lifetimes() {
    in_child(|_| {
        let content = random_bytes(1 << 19);
        let mut kept = std::collections::VecDeque::new();
        let mut i = 0_usize;
        let before = resident_pages();
        for _ in 0..100_000 {
            i = i.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let len = (i >> 8) % [100, 5000, 70_000, 500_000][(i >> 4) % 4];
            kept.push_back(Text::new(content.split_at(len).0).unwrap());
            if kept.len() > 20 {
                kept.pop_front();
            }
        }
        // Each text has at most 1 MB to itself, and the allocator may cache up to 33 MB.
        assert!(resident_pages() <= before + ((21 + 33) << 20) / 4096);
    });
}

/// Sixteen sizes from 4 to 113 KB.
fn sizes() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(4000), |size| Some(size * 5 / 4)).take(16)
}

/// As many texts of a size as take 64 MB.
fn texts_of(size: usize) -> Vec<Text> {
    let content = vec![7; size];
    (0..(64 << 20) / size).map(|_| Text::new(&content).unwrap()).collect()
}

#[track_caller]
fn assert_resident_within(before: u64, megabytes: u64) {
    let (after, more) = (resident_pages(), if is_emulated() { 4096 } else { 0 });
    assert!(after <= before + megabytes * 256 + more, "{before} pages before, {after} pages after");
}

/// The allocator may cache 32 MB, and keeps one segment for small blocks.
const CACHE: u64 = 34;

#[test]
fn memory_of_freed_small_blocks_serves_other_sizes() {
    in_child(|_| {
        let before = resident_pages();
        for size in sizes() {
            let texts = texts_of(size);
            assert!(resident_pages() >= before + (64 << 20) / 4096);
            drop(texts);
            assert_resident_within(before, CACHE);
        }
    });
}

#[test]
fn memory_of_freed_small_blocks_is_returned_while_small_blocks_of_another_size_live() {
    in_child(|_| {
        let mut long_lived = Vec::with_capacity(1 << 20);
        let before = resident_pages();
        for size in sizes() {
            let content = vec![7; size];
            let texts: Vec<_> = (0..(64 << 20) / size)
                .map(|_| {
                    long_lived.push(Text::new(&[7; 100]).unwrap());
                    Text::new(&content).unwrap()
                })
                .collect();
            drop(texts);
            // Each takes 128 bytes, and 24 in the vector.
            let used = (long_lived.len() as u64 * 152).div_ceil(1 << 20);
            assert_resident_within(before, CACHE + used);
        }
        assert!(long_lived.iter().all(|text| *text == [7; 100]));
    });
}

#[test]
fn memory_of_segments_with_a_block_in_use_is_reused_and_returned_later() {
    in_child(|_| {
        let before = resident_pages();
        let mut texts = texts_of(4000);
        let full = resident_pages();
        let pinned: Vec<_> =
            texts.drain(..).enumerate().filter_map(|(i, text)| (i % 100 == 0).then_some(text)).collect();
        let again = texts_of(4000);
        assert_resident_within(full, 3);
        assert!(pinned.iter().chain(&again).all(|text| *text == [7; 4000]));
        drop(again);
        drop(pinned);
        assert_resident_within(before, CACHE);
    });
}

/// Runs an action in a child, in the kernel's strict mode, in which every system call but read, write and exit kills the
/// process. See seccomp(2). The action calls no function of std that may make one.
fn assert_no_system_call(action: impl FnOnce()) {
    // SAFETY: the child calls no function of std that takes a lock.
    let pid = checked(unsafe { libc::fork() });
    if pid == 0 {
        // SAFETY: the arguments are plain integers.
        unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT) };
        action();
        // SAFETY: the arguments are plain integers.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
    assert_eq!(wait_for(pid).code(), Some(0), "a signal means that a system call was made");
}

#[test]
fn memory_that_is_freed_is_reused_without_a_system_call() {
    if is_emulated() {
        return report_not_in_an_emulator("a process that may make no system call");
    }
    in_child(|_| {
        let content = vec![7; 2 << 20];
        let mut held = Vec::with_capacity(10_000);
        let mut cycle = || {
            // In turn small blocks of several sizes, one at a time and many, and large ones; at most 20 MB at once.
            for (size, count) in [(10, 1), (100, 10_000), (5000, 1000), (70_000, 100), (300_000, 20), (2 << 20, 4)] {
                let text = || Text::new(content.split_at(size).0).unwrap_or_else(|_| std::process::abort());
                for _ in 0..3 {
                    held.extend((0..count).map(|_| text()));
                    held.clear();
                    drop((text(), Text::new(&[7; 10]), text()));
                }
            }
        };
        cycle();
        cycle();
        assert_no_system_call(cycle);
    });
}

/// Spans that fill the cache must not keep large texts out.
#[test]
fn memory_of_large_texts_is_reused_after_many_small_ones_were_freed() {
    if is_emulated() {
        return report_not_in_an_emulator("a process that may make no system call");
    }
    in_child(|_| {
        let content = vec![7; 6_000_000];
        let cycle = || {
            for size in [6_000_000, 3_000_000, 1_000_000] {
                let text = || Text::new(content.split_at(size).0).unwrap_or_else(|_| std::process::abort());
                drop((text(), text()));
            }
        };
        for _ in 0..3 {
            drop(texts_of(4000));
            drop(texts_of(100_000));
            (0..100).for_each(|_| cycle());
            assert_no_system_call(cycle);
        }
    });
}

/// The pages of a block that grows are moved, not copied.
#[test]
fn memory_of_a_growing_text_is_never_there_twice() {
    const SIZE: usize = 60 << 20;
    in_child(|temp| {
        let path = temp.mkfifo("fifo");
        let before = resident_pages();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut fifo = fs::File::options().write(true).open(&path).unwrap();
                (0..SIZE / 4096).for_each(|_| fifo.write_all(&[7; 4096]).unwrap());
            });
            assert_eq!(file::read_text(&*path).unwrap().len(), SIZE);
        });
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        // Without moves the last copy, of 32 MB or more, would be in memory twice.
        let more = if is_emulated() { 16 << 10 } else { 8 << 10 };
        assert!(peak <= before * 4 + (SIZE as u64 >> 10) + more, "{before} pages before, {peak} KB at most");
    });
}

#[test]
fn memory_of_very_large_texts_is_returned_to_the_kernel() {
    in_child(|temp| {
        let path = temp.file("file", vec![7; 60 << 20]);
        let before = resident_pages();
        let text = file::read_text(&*path).unwrap();
        assert!(resident_pages() >= before + (60 << 20) / 4096 / 2);
        drop(text);
        assert!(resident_pages() <= before + 1024);
    });
}

#[test]
fn memory_of_many_large_texts_is_returned_to_the_kernel() {
    in_child(|_| {
        let before = resident_pages();
        let texts: Vec<_> = (0..100).map(|_| Text::new(&vec![7; 2 << 20]).unwrap()).collect();
        assert!(resident_pages() >= before + (200 << 20) / 4096 / 2);
        drop(texts);
        // The allocator may cache up to 32 MB.
        assert!(resident_pages() <= before + (40 << 20) / 4096);
    });
}

#[test]
fn memory_of_freed_small_blocks_is_reused() {
    in_child(|temp| {
        fs::write(temp.join("file"), random_bytes(100)).unwrap();
        let all = || -> Vec<_> { (0..50_000).map(|_| Text::new(&[7; 100]).unwrap()).collect() };
        drop(all());
        let before = resident_pages();
        for _ in 0..10 {
            drop(all());
        }
        assert!(resident_pages() <= before + 256);
    });
}
