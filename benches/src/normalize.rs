//! Conversion of results to bytes, so that the results of different implementations can be compared.

use std::ffi::{CStr, CString, OsString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::library::Owned;

pub trait Normalize {
    /// Returns equal bytes for equal results of different types.
    fn normalize(&self) -> Vec<u8>;
}

impl Normalize for bool {
    fn normalize(&self) -> Vec<u8> {
        self.to_string().into()
    }
}

impl Normalize for i64 {
    fn normalize(&self) -> Vec<u8> {
        self.to_string().into()
    }
}

/// A failure equals no expected result.
impl<T: Normalize, E> Normalize for Result<T, E> {
    fn normalize(&self) -> Vec<u8> {
        self.as_ref().map_or_else(|_| b"(failure)".to_vec(), T::normalize)
    }
}

impl<T: Normalize> Normalize for Option<T> {
    fn normalize(&self) -> Vec<u8> {
        self.as_ref().map_or_else(|| b"(nothing)".to_vec(), T::normalize)
    }
}

/// Success without a value.
impl Normalize for () {
    fn normalize(&self) -> Vec<u8> {
        true.normalize()
    }
}

impl Normalize for Vec<u8> {
    fn normalize(&self) -> Vec<u8> {
        self.clone()
    }
}

impl Normalize for &[u8] {
    fn normalize(&self) -> Vec<u8> {
        self.to_vec()
    }
}

impl Normalize for CString {
    fn normalize(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Normalize for &CStr {
    fn normalize(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

impl Normalize for OsString {
    fn normalize(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
}

impl Normalize for PathBuf {
    fn normalize(&self) -> Vec<u8> {
        self.as_os_str().as_bytes().to_vec()
    }
}

impl Normalize for Owned {
    fn normalize(&self) -> Vec<u8> {
        self.text().normalize()
    }
}

/// The order of directory entries is unspecified, so lists are sorted.
impl Normalize for Owned<*mut c_char> {
    fn normalize(&self) -> Vec<u8> {
        sorted(self.texts().into_iter().map(CStr::to_bytes))
    }
}

impl Normalize for Vec<OsString> {
    fn normalize(&self) -> Vec<u8> {
        sorted(self.iter().map(|name| name.as_bytes()))
    }
}

impl Normalize for Vec<CString> {
    fn normalize(&self) -> Vec<u8> {
        sorted(self.iter().map(|name| name.to_bytes()))
    }
}

impl Normalize for Vec<PathBuf> {
    fn normalize(&self) -> Vec<u8> {
        sorted(self.iter().map(|path| path.as_os_str().as_bytes()))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.join(&0)
}
