//! The functions of the shared object.

use std::ffi::{CStr, OsString, c_char, c_void};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use libloading::Symbol;

/// The shared object, and calls by the name and the kind of a function.
pub struct Library(libloading::Library);

impl Library {
    /// Loads the shared object.
    pub fn load(path: &Path) -> Result<Self> {
        // SAFETY: the shared object of this project has no code that runs when it is loaded.
        let library = unsafe { libloading::Library::new(path) };
        Ok(Self(library.with_context(|| format!("cannot load {}", path.display()))?))
    }

    /// Returns a function by its name.
    pub fn get<F>(&self, name: &str) -> Result<Symbol<'_, F>> {
        // SAFETY: `F` is the type that the header declares for `name`.
        unsafe { self.0.get(name) }.with_context(|| name.to_owned())
    }

    /// Calls `bool f(text)`.
    pub fn holds(&self, name: &str, text: &CStr) -> Result<bool> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_char) -> bool> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        Ok(unsafe { function(text.as_ptr()) })
    }

    /// Calls `bool f(text, text)`.
    pub fn holds2(&self, name: &str, first: &CStr, second: &CStr) -> Result<bool> {
        type Function = unsafe extern "C" fn(*const c_char, *const c_char) -> bool;
        let function: Symbol<'_, Function> = self.get(name)?;
        // SAFETY: both arguments are NUL-terminated strings.
        Ok(unsafe { function(first.as_ptr(), second.as_ptr()) })
    }

    /// Calls `bool f(text, bytes, len)`.
    pub fn puts(&self, name: &str, path: &CStr, data: &[u8]) -> Result<bool> {
        type Function = unsafe extern "C" fn(*const c_char, *const c_void, usize) -> bool;
        let function: Symbol<'_, Function> = self.get(name)?;
        // SAFETY: the arguments are a NUL-terminated string and a slice with its length.
        Ok(unsafe { function(path.as_ptr(), data.as_ptr().cast(), data.len()) })
    }

    /// Calls `int64_t f(void)`.
    pub fn number0(&self, name: &str) -> Result<i64> {
        let function: Symbol<'_, unsafe extern "C" fn() -> i64> = self.get(name)?;
        // SAFETY: the function has no arguments.
        Ok(unsafe { function() })
    }

    /// Calls `int64_t f(text)`.
    pub fn number(&self, name: &str, text: &CStr) -> Result<i64> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_char) -> i64> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        Ok(unsafe { function(text.as_ptr()) })
    }

    /// Calls `int32_t f(text)`.
    pub fn small_number(&self, name: &str, text: &CStr) -> Result<i32> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_char) -> i32> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        Ok(unsafe { function(text.as_ptr()) })
    }

    /// Calls `int32_t f(text, texts, count)`, the form of the functions that run a program.
    pub fn run(&self, name: &str, program: &CStr, arguments: &[&CStr]) -> Result<i32> {
        type Function = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> i32;
        let function: Symbol<'_, Function> = self.get(name)?;
        let pointers = pointers(arguments);
        // SAFETY: `pointers` holds `len` pointers to NUL-terminated strings.
        Ok(unsafe { function(program.as_ptr(), pointers.as_ptr(), pointers.len()) })
    }

    /// Calls `char *f(void)`.
    pub fn text0(&self, name: &str) -> Result<Vec<u8>> {
        let function: Symbol<'_, unsafe extern "C" fn() -> *mut c_char> = self.get(name)?;
        // SAFETY: the function has no arguments.
        self.take(name, unsafe { function() })
    }

    /// Calls `char *f(text)`.
    pub fn text(&self, name: &str, argument: &CStr) -> Result<Vec<u8>> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_char) -> *mut c_char> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        self.take(name, unsafe { function(argument.as_ptr()) })
    }

    /// Calls `char *f(text, text)`.
    pub fn text2(&self, name: &str, first: &CStr, second: &CStr) -> Result<Vec<u8>> {
        type Function = unsafe extern "C" fn(*const c_char, *const c_char) -> *mut c_char;
        let function: Symbol<'_, Function> = self.get(name)?;
        // SAFETY: both arguments are NUL-terminated strings.
        self.take(name, unsafe { function(first.as_ptr(), second.as_ptr()) })
    }

    /// Calls `char **f(void)`.
    pub fn list0(&self, name: &str) -> Result<Vec<OsString>> {
        let function: Symbol<'_, unsafe extern "C" fn() -> *mut *mut c_char> = self.get(name)?;
        // SAFETY: the function has no arguments.
        self.take_list(name, unsafe { function() })
    }

    /// Calls `char **f(text)`.
    pub fn list(&self, name: &str, argument: &CStr) -> Result<Vec<OsString>> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_char) -> *mut *mut c_char> = self.get(name)?;
        // SAFETY: the argument is a NUL-terminated string.
        self.take_list(name, unsafe { function(argument.as_ptr()) })
    }

    /// Copies a text that the library returned, and frees the original.
    pub fn take(&self, name: &str, text: *mut c_char) -> Result<Vec<u8>> {
        ensure!(!text.is_null(), "{name}: {}", self.last_error()?);
        let len = self.len(text.cast())?;
        // SAFETY: rt_len reports the bytes of the text.
        let copy = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), len) }.to_vec();
        self.free(text.cast())?;
        Ok(copy)
    }

    /// Copies a list that the library returned, and frees the original.
    fn take_list(&self, name: &str, list: *mut *mut c_char) -> Result<Vec<OsString>> {
        ensure!(!list.is_null(), "{name}: {}", self.last_error()?);
        let mut copy = Vec::new();
        for i in 0..self.len(list.cast())? {
            // SAFETY: rt_len reports the entries of the list.
            let entry = unsafe { *list.add(i) };
            // SAFETY: each entry is a NUL-terminated string.
            copy.push(OsString::from_vec(unsafe { CStr::from_ptr(entry) }.to_bytes().to_vec()));
        }
        self.free(list.cast())?;
        Ok(copy)
    }

    fn len(&self, pointer: *const c_void) -> Result<usize> {
        let function: Symbol<'_, unsafe extern "C" fn(*const c_void) -> usize> = self.get("rt_len")?;
        // SAFETY: `pointer` is a text or list of the library.
        Ok(unsafe { function(pointer) })
    }

    fn free(&self, pointer: *mut c_void) -> Result<()> {
        let function: Symbol<'_, unsafe extern "C" fn(*mut c_void)> = self.get("rt_free")?;
        // SAFETY: `pointer` is a text or list of the library, and is not used again.
        unsafe { function(pointer) };
        Ok(())
    }

    /// Returns the error text of the last failed call.
    pub fn last_error(&self) -> Result<String> {
        let number: Symbol<'_, unsafe extern "C" fn() -> i32> = self.get("rt_last_error")?;
        let text: Symbol<'_, unsafe extern "C" fn(i32) -> *const c_char> = self.get("rt_error_text")?;
        // SAFETY: the function has no arguments.
        let number = unsafe { number() };
        // SAFETY: the argument is a plain integer.
        let text = unsafe { text(number) };
        // SAFETY: rt_error_text returns a static NUL-terminated string.
        Ok(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
    }
}

/// Returns the addresses of texts, as C functions take them.
pub fn pointers(texts: &[&CStr]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).collect()
}
