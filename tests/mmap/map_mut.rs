use super::*;

#[test]
fn map_mut_writes_to_the_file() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(100_000);
    fs::write(&path, vec![0; content.len()]).unwrap();
    let mut mapped = map_mut(&path).unwrap();
    mapped.copy_from_slice(&content);
    assert_same_bytes(&fs::read(&path).unwrap(), &content);
    mapped.flush().unwrap();
    mapped.flush_async().unwrap();
    mapped.flush_range(12_345, 1).unwrap();
    mapped.flush_async_range(100_000, 0).unwrap();
    drop(mapped);
    assert_same_bytes(&fs::read(&path).unwrap(), &content);
}

#[test]
fn map_mut_writes_only_its_part() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let mut content = random_bytes(20_000);
    fs::write(&path, &content).unwrap();
    // SAFETY: nothing else uses the file.
    let mut mapped = unsafe { MapOptions::new().offset(5001).len(9002).map_mut(&*path) }.unwrap();
    assert_same_bytes(&mapped, &content[5001..14_003]);
    mapped.fill(b'x');
    mapped.flush().unwrap();
    content[5001..14_003].fill(b'x');
    assert_same_bytes(&fs::read(&path).unwrap(), &content);
}

#[test]
fn map_copy_leaves_the_file_alone() {
    let temp = TempDir::new();
    let path = temp.file("file", "content");
    let mut mapped = map_copy(&path).unwrap();
    mapped.copy_from_slice(b"CHANGED");
    mapped.flush().unwrap();
    assert_eq!(&*mapped, b"CHANGED");
    assert_eq!(&*map(&path).unwrap(), b"content");
    drop(mapped);
    assert_eq!(fs::read(&path).unwrap(), b"content");
}

#[test]
fn map_copy_needs_read_permission_alone_and_map_mut_both() {
    as_ordinary_user(|temp| {
        let path = temp.file("file", "content");
        set_mode(&path, 0o444);
        map_copy(&path).unwrap()[0] = b'C';
        assert_eq!(map_mut(&path).unwrap_err(), Errno::EACCES);
        assert_eq!(MapOptions::new().map_raw(&*path).unwrap_err(), Errno::EACCES);
        assert_eq!(map(&path).unwrap().make_mut().unwrap_err(), Errno::EACCES);
        set_mode(&path, 0o222);
        assert_eq!(map(&path).unwrap_err(), Errno::EACCES);
        assert_eq!(map_mut(&path).unwrap_err(), Errno::EACCES);
        // A descriptor that is not open for reading cannot be mapped.
        let file = fs::File::options().write(true).open(&path).unwrap();
        // SAFETY: nothing is mapped.
        assert_eq!(unsafe { Map::map(file.as_raw_fd()) }.unwrap_err(), Errno::EACCES);
    });
}

/// Returns what the kernel's list of mappings allows for the page at an address: `rw-p` and the like.
fn rights_at(address: *const u8) -> String {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut found = maps.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (begin, end) = range.split_once('-')?;
        let parse = |number| usize::from_str_radix(number, 16).unwrap();
        (parse(begin)..parse(end)).contains(&address.addr()).then(|| rest[..4].to_owned())
    });
    found.next().unwrap_or_default()
}

#[test]
fn mappings_allow_what_their_types_do() {
    let temp = TempDir::new();
    let path = temp.file("file", "content");
    assert_eq!(rights_at(map(&path).unwrap().as_ptr()), "r--s");
    assert_eq!(rights_at(map_copy(&path).unwrap().as_ptr()), "rw-p");
    // SAFETY: nothing else uses the file.
    let executable = unsafe { MapOptions::new().map_exec(&*path) }.unwrap();
    assert_eq!(rights_at(executable.as_ptr()), "r-xs");
    // SAFETY: nothing else uses the file.
    let private = unsafe { MapOptions::new().map_copy_read_only(&*path) }.unwrap();
    assert_eq!(rights_at(private.as_ptr()), "r--p");
    drop((executable, private));
    assert_eq!(rights_at(MapOptions::new().map_raw(&*path).unwrap().as_mut_ptr()), "rw-s");
    assert_eq!(rights_at(MapOptions::new().map_raw_read_only(&*path).unwrap().as_ptr()), "r--s");
    let mapped = map_mut(&path).unwrap();
    assert_eq!(rights_at(mapped.as_ptr()), "rw-s");
    let mapped = mapped.make_read_only().unwrap();
    assert_eq!(rights_at(mapped.as_ptr()), "r--s");
    let mut mapped = mapped.make_mut().unwrap();
    mapped[0] = b'C';
    assert_eq!(rights_at(mapped.as_ptr()), "rw-s");
    let mapped = mapped.make_exec().unwrap();
    assert_eq!(rights_at(mapped.as_ptr()), "r-xs");
    assert_eq!(fs::read(&path).unwrap(), b"Content");
}

#[test]
fn map_anon_is_zeroed_and_private() {
    for len in [1, 4096, 100_000] {
        let mut options = MapOptions::new();
        options.len(len).populate().no_reserve_swap().stack();
        for mut mapped in [MapMut::map_anon(len).unwrap(), options.map_anon().unwrap()] {
            assert!(mapped.iter().all(|&byte| byte == 0));
            assert_eq!(mapped.len(), len);
            mapped.fill(7);
            assert_eq!(rights_at(mapped.as_ptr()), "rw-p");
            mapped.as_mut()[0] = 8;
            assert_eq!(mapped.as_ref()[0], 8);
        }
    }
    assert_eq!(MapMut::map_anon(usize::MAX).unwrap_err(), Errno::ENOMEM);
    assert_eq!(MapMut::map_anon(usize::MAX / 2 + 1).unwrap_err(), Errno::ENOMEM);
}
