use super::*;

#[test]
fn list_survives_into_raw_and_from_raw() {
    let temp = TempDir::new();
    for i in 0..100 {
        temp.file(&format!("{i}"), "");
    }
    let list = dir::list(temp.path()).unwrap();
    let names: Vec<_> = list.iter().map(CStr::to_owned).collect();
    let raw = list.into_raw();
    // SAFETY: `raw` comes from `into_raw` and is not used again.
    let list = unsafe { List::from_raw(raw) };
    assert_eq!(list.len(), 100);
    assert_eq!(list.iter().len(), 100);
    assert!(list.iter().eq(names.iter().map(|name| &**name)));
    assert!(raw_entry(&list, 100).is_null());
    // The debug format is that of a slice of C strings in std.
    assert_eq!(format!("{list:?}"), format!("{names:?}"));
    thread::spawn(move || assert_eq!(list.len(), 100)).join().unwrap();
}
