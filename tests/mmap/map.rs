use super::*;

#[test]
fn map_is_what_std_reads() {
    let temp = TempDir::new();
    for len in [1, 2, 4095, 4096, 4097, 65536, 300_001] {
        let content = random_bytes(len);
        let path = temp.join("file");
        fs::write(&path, &content).unwrap();
        let mapped = map(&path).unwrap();
        assert_same_bytes(&mapped, &fs::read(&path).unwrap());
        assert_eq!(mapped.len(), len);
        assert!(!mapped.is_empty());
        // SAFETY: nothing changes the file.
        let executable = unsafe { MapOptions::new().populate().map_exec(&*path) }.unwrap();
        assert_same_bytes(&executable, &content);
        // SAFETY: nothing changes the file.
        let private = unsafe { MapOptions::new().map_copy_read_only(&*path) }.unwrap();
        assert_same_bytes(&private, &content);
    }
}

#[test]
fn map_takes_any_offset_and_length() {
    let temp = TempDir::new();
    let content = random_bytes(3 * 65536 + 100);
    let path = temp.join("file");
    fs::write(&path, &content).unwrap();
    let page = page_size();
    let offsets = [0, 1, 77, 4095, 4096, 4097, page - 1, page, page + 1, 65535, 65536, 65537, 2 * 65536 + 99];
    for offset in offsets.into_iter().chain([content.len() - 1, content.len()]) {
        let at = u64::try_from(offset).unwrap();
        assert_same_bytes(&map_part(&path, at, None).unwrap(), &content[offset..]);
        for len in [0, 1, 100, 4096, 5000, content.len() - offset] {
            if offset + len <= content.len() {
                assert_same_bytes(&map_part(&path, at, Some(len)).unwrap(), &content[offset..offset + len]);
            }
        }
    }
}

#[test]
fn map_beyond_4_gib_is_that_of_the_file() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let offset = (1 << 32) + 12_345;
    let file = fs::File::create(&path).unwrap();
    file.write_all_at(b"far away", offset).unwrap();
    assert_eq!(&*map_part(&path, offset, None).unwrap(), b"far away");
    assert_eq!(&*map_part(&path, offset - 1, Some(4)).unwrap(), b"\0far");
}

/// A mapping keeps the file, and no descriptor.
#[test]
fn map_outlives_the_descriptor_and_the_name_of_the_file() {
    in_child(|temp| {
        let path = temp.file("file", "content");
        let before = count_descriptors();
        let by_path = map(&path).unwrap();
        assert_eq!(count_descriptors(), before);
        let file = fs::File::open(&path).unwrap();
        // SAFETY: nothing changes the file.
        let by_descriptor = unsafe { Map::map(file.as_raw_fd()) }.unwrap();
        assert_eq!(count_descriptors(), before + 1);
        drop(file);
        fs::remove_file(&path).unwrap();
        assert_eq!((&*by_path, &*by_descriptor), (&b"content"[..], &b"content"[..]));
    });
}

#[test]
#[cfg(feature = "std")]
fn map_takes_files_of_std() {
    use std::os::fd::AsFd;

    let temp = TempDir::new();
    let path = temp.file("file", "content");
    let file = fs::File::options().read(true).write(true).open(&path).unwrap();
    // SAFETY: nothing else changes the file.
    assert_eq!(&*unsafe { Map::map(&file) }.unwrap(), b"content");
    // SAFETY: nothing else changes the file.
    assert_eq!(&*unsafe { Map::map(file.as_fd()) }.unwrap(), b"content");
    // SAFETY: nothing else changes the file.
    unsafe { MapMut::map_mut(&file) }.unwrap()[0] = b'C';
    assert_eq!(fs::read(&path).unwrap(), b"Content");
}

/// A shared mapping shows the writes of another process.
#[test]
fn map_shows_what_another_process_writes() {
    let temp = TempDir::new();
    let path = temp.file("file", "0123456789");
    let mapped = MapOptions::new().map_raw_read_only(&*path).unwrap();
    let command = format!("printf ab | dd of='{path}' bs=1 seek=3 conv=notrunc 2> /dev/null");
    assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success());
    let byte = |at: usize| {
        // SAFETY: the offset is inside.
        let address = unsafe { mapped.as_ptr().add(at) };
        // SAFETY: the byte is mapped, and no one changes it now.
        unsafe { address.read_volatile() }
    };
    assert_eq!([2, 3, 4, 5].map(byte), *b"2ab5");
}

#[test]
fn map_is_read_by_many_threads() {
    let temp = TempDir::new();
    let content = random_bytes(200_000);
    let path = temp.join("file");
    fs::write(&path, &content).unwrap();
    let mapped = map(&path).unwrap();
    let rounds = if is_emulated() { 5 } else { 100 };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 0..rounds {
                    assert_same_bytes(&mapped, &content);
                    let offset = round * 13;
                    let part = map_part(&path, u64::try_from(offset).unwrap(), Some(5000)).unwrap();
                    assert_same_bytes(&part, &content[offset..offset + 5000]);
                }
            });
        }
    });
    drop(mapped);
    assert_eq!(mappings_of(&path), Vec::<String>::new());
}

/// The documented danger: a page that the file no longer has raises SIGBUS, in shared and private mappings alike.
#[test]
fn map_of_a_file_that_is_shortened_raises_sigbus() {
    use std::os::unix::process::ExitStatusExt;

    let temp = TempDir::new();
    for is_private in [false, true] {
        let path = temp.join("file");
        fs::write(&path, random_bytes(2 * page_size())).unwrap();
        // SAFETY: the child calls nothing but functions that are async-signal-safe.
        let child = checked(unsafe { libc::fork() });
        if child == 0 {
            // SAFETY: nothing but the touch below uses the mapping.
            let mapped = if is_private { map_copy(&path).map(MapRaw::from) } else { map(&path).map(MapRaw::from) };
            let (Ok(mapped), Ok(c_path)) = (mapped, std::ffi::CString::new(&*path)) else { std::process::abort() };
            // SAFETY: the path is NUL-terminated.
            unsafe { libc::truncate(c_path.as_ptr(), 1) };
            // SAFETY: the offset is inside.
            let address = unsafe { mapped.as_ptr().add(page_size()) };
            // SAFETY: it is not, which is the point.
            let byte = unsafe { address.read_volatile() };
            // SAFETY: the call takes a number only.
            unsafe { libc::_exit(i32::from(byte) & 1) };
        }
        let status = support::wait_for(child);
        assert_eq!(status.signal(), Some(libc::SIGBUS), "{status}");
    }
}
