use super::*;

#[test]
fn remap_grows_and_shrinks_a_mapping() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(500_000);
    fs::write(&path, &content).unwrap();
    for offset in [0, 77, 4096, 70_000] {
        let mut mapped = map_part(&path, u64::try_from(offset).unwrap(), Some(100)).unwrap();
        for len in [200_000, 5000, 1, 0, 400_000] {
            let may_move = RemapOptions::new().may_move(true);
            // SAFETY: the file has that length.
            match unsafe { mapped.remap(len, may_move) } {
                Ok(()) => assert_same_bytes(&mapped, &content[offset..offset + len]),
                Err(errno) => {
                    report_cannot_run(&format!("mremap of a shared mapping: {errno:?}"));
                    return;
                }
            }
        }
        drop(mapped);
        assert_eq!(mappings_of(&path), Vec::<String>::new(), "{offset}");
    }
}

/// A file that was empty when it was mapped is grown and then seen.
#[test]
fn remap_grows_an_empty_mapping_with_its_file() {
    let temp = TempDir::new();
    let path = temp.file("file", "");
    let mut mapped = map_mut(&path).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_len(100_000).unwrap();
    // SAFETY: the file has that length.
    unsafe { mapped.remap(100_000, RemapOptions::new().may_move(true)) }.unwrap();
    mapped.fill(b'x');
    assert_same_bytes(&fs::read(&path).unwrap(), &[b'x'; 100_000]);
}

#[test]
fn remap_without_room_keeps_the_mapping() {
    let mut mapped = MapMut::map_anon(100).unwrap();
    mapped.fill(1);
    for len in [usize::MAX, usize::MAX / 2 + 1, usize::MAX - 4096] {
        // SAFETY: the call fails.
        assert_eq!(unsafe { mapped.remap(len, RemapOptions::new()) }, Err(Errno::ENOMEM));
    }
    // SAFETY: the call fails at the end of the address space.
    assert!(unsafe { mapped.remap(1 << 60, RemapOptions::new().may_move(true)) }.is_err());
    assert_eq!(&*mapped, [1; 100]);
}
