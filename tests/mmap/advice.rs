use super::*;

#[test]
fn advise_keeps_the_content_whatever_the_advice() {
    let temp = TempDir::new();
    let content = random_bytes(100_000);
    let path = temp.join("file");
    fs::write(&path, &content).unwrap();
    let all = [
        Advice::Normal,
        Advice::Random,
        Advice::Sequential,
        Advice::WillNeed,
        Advice::DontFork,
        Advice::DoFork,
        Advice::Mergeable,
        Advice::Unmergeable,
        Advice::HugePage,
        Advice::NoHugePage,
        Advice::DontDump,
        Advice::DoDump,
        Advice::PopulateRead,
        Advice::PopulateWrite,
    ];
    let mut mapped = MapMut::map_anon(content.len()).unwrap();
    mapped.copy_from_slice(&content);
    let file = map_part(&path, 4099, None).unwrap();
    for advice in all {
        // Which ones a kernel knows depends on how it was built. The first four are known to all.
        let expected = if advice.is_supported() { Ok(()) } else { Err(Errno::EINVAL) };
        if !is_emulated() {
            assert_eq!(mapped.advise(advice), expected, "{advice:?}");
        }
        let _ = mapped.advise_range(advice, 5000, 10_001);
        let _ = file.advise(advice);
        assert_same_bytes(&mapped, &content);
        assert_same_bytes(&file, &content[4099..]);
    }
    for advice in &all[..4] {
        assert!(advice.is_supported());
        assert_eq!(file.advise_range(*advice, 1, 2), Ok(()));
    }
}

#[test]
fn dont_need_drops_whole_pages_inside_alone() {
    let page = page_size();
    let mut mapped = MapMut::map_anon(4 * page).unwrap();
    mapped.fill(1);
    let mut expected = vec![1; 4 * page];
    // SAFETY: no reference to the content is kept.
    let dont_need = |mapped: &MapMut, offset, len| unsafe {
        mapped.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, len).unwrap();
    };
    for (offset, len) in [(0, 0), (1, page - 1), (page - 1, 2), (1, 2 * page - 2), (2 * page, page - 1)] {
        dont_need(&mapped, offset, len);
        assert_same_bytes(&mapped, &expected);
    }
    dont_need(&mapped, page - 1, page + 1);
    expected[page..2 * page].fill(0);
    assert_same_bytes(&mapped, &expected);
    dont_need(&mapped, 2 * page + 1, 2 * page - 1);
    expected[3 * page..].fill(0);
    assert_same_bytes(&mapped, &expected);
    dont_need(&mapped, 0, 4 * page);
    assert!(mapped.iter().all(|&byte| byte == 0));
}

/// The first and the last page of a mapping are its own, even if it does not use all of them.
#[test]
fn dont_need_of_a_whole_private_mapping_reads_the_file_again() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let content = random_bytes(2 * page_size() + 10);
    fs::write(&path, &content).unwrap();
    // SAFETY: nothing else uses the file.
    let mut mapped = unsafe { MapOptions::new().offset(3).map_copy(&*path) }.unwrap();
    mapped.fill(0);
    // SAFETY: no reference to the content is kept.
    unsafe { mapped.unchecked_advise(UncheckedAdvice::DontNeed) }.unwrap();
    assert_same_bytes(&mapped, &content[3..]);
}

#[test]
fn free_and_remove_are_passed_to_the_kernel() {
    let temp = TempDir::new();
    let path = temp.join("file");
    let page = page_size();
    fs::write(&path, random_bytes(2 * page)).unwrap();
    let mapped = map_mut(&path).unwrap();
    // SAFETY: no reference to the content is kept.
    match unsafe { mapped.unchecked_advise_range(UncheckedAdvice::Remove, page, page) } {
        // qemu does nothing, and reports a success.
        Ok(()) => assert!(is_emulated() || fs::read(&path).unwrap()[page..].iter().all(|&byte| byte == 0)),
        // The file system keeps no holes.
        Err(errno) => assert!([Errno::EOPNOTSUPP, Errno::EINVAL].contains(&errno), "{errno:?}"),
    }
    let anonymous = MapMut::map_anon(page).unwrap();
    // SAFETY: no reference to the content is kept.
    assert_eq!(unsafe { anonymous.unchecked_advise(UncheckedAdvice::Free) }, Ok(()));
    assert!(UncheckedAdvice::Free.is_supported());
}

#[test]
fn lock_keeps_pages_in_memory_until_unlock() {
    in_child(|_| {
        let locked = || {
            let status = fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("VmLck:")).unwrap_or("VmLck: 0 kB").to_owned();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
        };
        let mapped = MapMut::map_anon(3 * page_size() + 1).unwrap();
        let before = locked();
        mapped.lock().unwrap();
        if is_emulated() {
            return;
        }
        assert_eq!(locked() - before, 4 * page_size());
        mapped.unlock().unwrap();
        assert_eq!(locked(), before);
    });
}
