use super::*;

#[test]
fn map_of_an_empty_file_is_an_empty_slice() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    for mapped in [map(&path).unwrap(), map_part(&path, 0, Some(0)).unwrap()] {
        assert_eq!(&*mapped, b"");
        assert!(mapped.is_empty());
        mapped.flush().unwrap();
        mapped.advise(Advice::Random).unwrap();
        mapped.lock().unwrap();
        mapped.unlock().unwrap();
        mapped.unmap().unwrap();
    }
    assert_eq!(&*map_mut(&path).unwrap(), b"");
    assert_eq!(&*map_copy(&path).unwrap(), b"");
    assert_eq!(&*MapMut::map_anon(0).unwrap(), b"");
    let mapped = map_mut(&path).unwrap().make_read_only().unwrap().make_mut().unwrap();
    assert_eq!(mapped.make_exec().unwrap().len(), 0);
    assert_eq!(mappings_of(&path), Vec::<String>::new());
}

#[test]
fn map_from_the_end_of_a_file_is_an_empty_slice() {
    let temp = TempDir::new();
    for len in [5, page_size(), page_size() + 5] {
        let path = temp.join("file");
        fs::write(&path, random_bytes(len)).unwrap();
        let mapped = map_part(&path, u64::try_from(len).unwrap(), None).unwrap();
        assert_eq!(&*mapped, b"");
        drop(mapped);
        assert_eq!(mappings_of(&path), Vec::<String>::new());
    }
}

/// Their size is 0, so that only an attempt shows that they cannot be mapped.
#[test]
fn map_of_a_file_of_proc_fails_as_the_kernel_does() {
    for path in ["/proc/self/status", "/proc/version"] {
        for (offset, len) in [(0, None), (0, Some(0)), (0, Some(10)), (1, None), (100, Some(1))] {
            let ours = map_part(path, offset, len).unwrap_err();
            assert!([Errno::ENODEV, Errno::EIO].contains(&ours), "{path}, {offset}, {len:?}: {ours:?}");
        }
    }
}

/// A device has bytes though its size is 0, and the kernel says how many.
#[test]
fn map_of_a_device_needs_a_length() {
    assert_eq!(map("/dev/zero").unwrap().len(), 0);
    // SAFETY: a private mapping of zeroes.
    let mut mapped = unsafe { MapOptions::new().len(10_000).map_copy("/dev/zero") }.unwrap();
    assert!(mapped.iter().all(|&byte| byte == 0));
    mapped.fill(1);
    assert_eq!(map("/dev/null").unwrap_err(), Errno::ENODEV);
}
