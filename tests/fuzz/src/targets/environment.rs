//! Gets and sets environment variables.

use std::ffi::{CStr, CString, c_char};
use std::ptr::null;

use super::{lines, sections, with_kernel, without_nul};
use crate::env;
use crate::errno::Errno;
use crate::kernel::{self, File, Kernel};

/// Input: a line for each entry of the environment, `%%`, and a line for each action. The action `name` gets a
/// variable, `name=value` sets it and gets it. If the first line is `proc`, the entries come from /proc/self/environ.
pub fn run(data: &[u8]) {
    let sections = sections(data);
    let given = sections.first().map(|section| lines(section)).unwrap_or_default();
    let (is_in_proc, given) = match given.split_first() {
        Some((&b"proc", rest)) => (true, rest),
        _ => (false, &given[..]),
    };
    let mut entries: Vec<Vec<u8>> = given.iter().map(|entry| without_nul(entry)).collect();
    let strings: Vec<CString> = entries.iter().map(|entry| CString::new(&entry[..]).unwrap_or_default()).collect();
    let array: Vec<*const c_char> = strings.iter().map(|string| string.as_ptr()).chain([null()]).collect();
    kernel::arch::set_environ((!is_in_proc).then_some(array.as_ptr()));
    let mut kernel = Kernel::default();
    if is_in_proc {
        let content: Vec<u8> = entries.iter().flat_map(|entry| entry.iter().copied().chain([0])).collect();
        kernel.files.insert(b"/proc/self/environ".to_vec(), File::of(&content));
        entries.retain(|entry| !entry.is_empty());
    }
    let actions = sections.get(1).map(|section| lines(section)).unwrap_or_default();
    with_kernel(kernel, || actions.into_iter().for_each(|action| act(action, &mut entries)));
    kernel::arch::set_environ(None);
    env::forget();
}

/// Performs an action with the library and with the model, and compares every result that a caller can observe.
fn act(action: &[u8], entries: &mut Vec<Vec<u8>>) {
    let (name, value) = match action.iter().skip(1).position(|&byte| byte == b'=') {
        Some(at) => (&action[..=at], Some(&action[at + 2..])),
        None => (action, None),
    };
    let is_name = !name.is_empty() && !name.contains(&b'=') && !name.contains(&0);
    let prefix = [name, b"="].concat();
    if let Some(value) = value {
        let is_valid = is_name && !value.contains(&0);
        assert_eq!(env::set(name, value), if is_valid { Ok(()) } else { Err(Errno::EINVAL) });
        if is_valid {
            let first = entries.iter().position(|entry| entry.starts_with(&prefix)).unwrap_or(entries.len());
            let mut position = 0;
            entries.retain(|entry| {
                position += 1;
                position <= first || !entry.starts_with(&prefix)
            });
            entries.insert(first, [&prefix, value].concat());
        }
    }
    let expected = entries.iter().find_map(|entry| entry.strip_prefix(&prefix[..])).filter(|_| is_name);
    match env::get(name) {
        Ok(found) => assert_eq!(Some(found.as_bytes()), expected),
        Err(errno) => assert_eq!((errno, None), (Errno::ENOENT, expected)),
    }
    let snapshot = env::snapshot().unwrap_or_else(|errno| panic!("{errno:?}"));
    assert!(snapshot.iter().map(CStr::to_bytes).eq(entries.iter().map(Vec::as_slice)), "{snapshot:?}");
    assert_eq!(snapshot.len(), entries.len());
    if is_name {
        assert_eq!(env::value_in(env::EntriesOf::of(&snapshot), name).map(CStr::to_bytes), expected);
    }
}
