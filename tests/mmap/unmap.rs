use super::*;

#[test]
fn unmap_leaves_no_mapping() {
    let temp = TempDir::new();
    let path = temp.join("file");
    fs::write(&path, random_bytes(200_000)).unwrap();
    for (offset, len) in [(0, None), (1, None), (4096, Some(1)), (70_000, Some(70_000)), (200_000, None), (5, Some(0))]
    {
        let mapped = map_part(&path, offset, len).unwrap();
        assert_eq!(mappings_of(&path).len(), 1, "{offset}");
        mapped.unmap().unwrap();
        assert_eq!(mappings_of(&path), Vec::<String>::new(), "{offset}");
        drop(map_part(&path, offset, len).unwrap());
        assert_eq!(mappings_of(&path), Vec::<String>::new(), "{offset}");
    }
}

#[test]
fn into_raw_keeps_the_mapping_until_from_raw_takes_it_back() {
    let temp = TempDir::new();
    let path = temp.file("file", "0123456789");
    let (start, len) = map_part(&path, 3, Some(4)).unwrap().into_raw();
    assert_eq!(mappings_of(&path).len(), 1);
    // SAFETY: both came from `into_raw`.
    let mapped: Map = unsafe { Mapping::from_raw(start, len) };
    assert_eq!(&*mapped, b"3456");
    drop(mapped);
    assert_eq!(mappings_of(&path), Vec::<String>::new());
}

#[test]
fn unmap_of_one_mapping_keeps_its_neighbours() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(100_000);
    fs::write(&path, &content).unwrap();
    // The kernel places them next to each other.
    let mut mapped: Vec<_> = (0..50).map(|at| Some(map_part(&path, at * 1001, Some(5000)).unwrap())).collect();
    for start in 0..2 {
        for at in (start..50).step_by(2) {
            mapped[at] = None;
            for (at, mapped) in mapped.iter().enumerate() {
                if let Some(mapped) = mapped {
                    assert_same_bytes(mapped, &content[at * 1001..at * 1001 + 5000]);
                }
            }
        }
    }
    assert_eq!(mappings_of(&path), Vec::<String>::new());
}

#[test]
fn threads_map_and_unmap_at_the_same_time() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(50_000);
    fs::write(&path, &content).unwrap();
    let rounds = if is_emulated() { 20 } else { 500 };
    thread::scope(|scope| {
        for worker in 0..4_usize {
            let (path, content) = (&path, &content);
            scope.spawn(move || {
                for round in 0..rounds {
                    let offset = (worker * 997 + round * 61) % 40_000;
                    let mapped = map_part(path, u64::try_from(offset).unwrap(), None).unwrap();
                    assert_same_bytes(&mapped, &content[offset..]);
                }
            });
        }
    });
    assert_eq!(mappings_of(&path), Vec::<String>::new());
}
