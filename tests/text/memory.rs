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
fn memory_does_not_grow_with_alternating_sizes_and_lifetimes() {
    in_child(|_| {
        let content = random_bytes(1 << 19);
        let mut kept = std::collections::VecDeque::new();
        let mut i = 0_usize;
        let mut next = || {
            i = i.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let len = (i >> 8) % [100, 5000, 70_000, 500_000][(i >> 4) % 4];
            kept.push_back(Text::new(content.split_at(len).0).unwrap());
            if kept.len() > 20 {
                kept.pop_front();
            }
        };
        // After this warm-up each size has reached the largest number of blocks alive at once.
        (0..50_000).for_each(|_| next());
        assert_memory_does_not_grow(50_000, next);
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
