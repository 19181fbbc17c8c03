//! What contenders return, each in its own form, as bytes that can be compared.

use std::ffi::{CStr, CString, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::library::Owned;

pub trait Answer {
    /// The same for all who answer the same.
    fn answer(&self) -> Vec<u8>;
}

impl Answer for bool {
    fn answer(&self) -> Vec<u8> {
        self.to_string().into()
    }
}

impl Answer for i64 {
    fn answer(&self) -> Vec<u8> {
        self.to_string().into()
    }
}

/// A failure answers nothing that could be expected.
impl<T: Answer, E> Answer for Result<T, E> {
    fn answer(&self) -> Vec<u8> {
        self.as_ref().map_or_else(|_| b"(failure)".to_vec(), T::answer)
    }
}

impl<T: Answer> Answer for Option<T> {
    fn answer(&self) -> Vec<u8> {
        self.as_ref().map_or_else(|| b"(nothing)".to_vec(), T::answer)
    }
}

/// That something succeeded.
impl Answer for () {
    fn answer(&self) -> Vec<u8> {
        true.answer()
    }
}

impl Answer for Vec<u8> {
    fn answer(&self) -> Vec<u8> {
        self.clone()
    }
}

impl Answer for &[u8] {
    fn answer(&self) -> Vec<u8> {
        self.to_vec()
    }
}

impl Answer for CString {
    fn answer(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Answer for &CStr {
    fn answer(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Answer for OsString {
    fn answer(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Answer for PathBuf {
    fn answer(&self) -> Vec<u8> {
        self.as_os_str().as_bytes().to_vec()
    }
}

impl Answer for Owned {
    fn answer(&self) -> Vec<u8> {
        self.text().answer()
    }
}

/// Directories have no order of their own.
impl Answer for Owned<*mut c_char> {
    fn answer(&self) -> Vec<u8> {
        sorted(self.texts().into_iter().map(CStr::to_bytes))
    }
}

impl Answer for Vec<OsString> {
    fn answer(&self) -> Vec<u8> {
        sorted(self.iter().map(|name| name.as_bytes()))
    }
}

impl Answer for Vec<CString> {
    fn answer(&self) -> Vec<u8> {
        sorted(self.iter().map(|name| name.to_bytes()))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.join(&0)
}
