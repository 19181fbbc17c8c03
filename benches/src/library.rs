//! The C functions of a shared object: the library as it is shipped, on its libc backend, or the plain libc ones. All are
//! called in the same way, so that a call costs each the same.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

use anyhow::{Context, Result};
use libloading::os::unix::Library as Object;

type OfText<T> = unsafe extern "C" fn(*const c_char) -> T;
type OfTexts = unsafe extern "C" fn(*const c_char, *const c_char) -> bool;
type OfNothing<T> = unsafe extern "C" fn() -> T;
type Run = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> i32;

/// The functions.
pub struct Library {
    exists: OfText<bool>,
    read: OfText<*mut c_char>,
    write: OfTexts,
    append: OfTexts,
    copy: OfTexts,
    delete: OfText<bool>,
    size: OfText<i64>,
    modified: OfText<i64>,
    lock: OfText<i64>,
    unlock: unsafe extern "C" fn(i64) -> bool,
    dir_create: unsafe extern "C" fn(*const c_char, bool) -> bool,
    dir_list: OfText<*mut *mut c_char>,
    cwd: OfNothing<*mut c_char>,
    get: OfText<*mut c_char>,
    home: OfNothing<*mut c_char>,
    set: OfTexts,
    getpid: OfNothing<i64>,
    run: Run,
    cpu_count: OfNothing<i64>,
    hostname: OfNothing<*mut c_char>,
    print: OfText<bool>,
    free: unsafe extern "C" fn(*mut c_void),
}

impl Library {
    /// Loads a shared object, for as long as the process runs.
    pub fn load(path: &Path) -> Result<&'static Self> {
        // SAFETY: it was built from this project, and runs nothing when it is loaded.
        let object = unsafe { Object::new(path) }.with_context(|| format!("cannot load {}", path.display()))?;
        let functions = Self::of(&object)?;
        std::mem::forget(object);
        Ok(Box::leak(Box::new(functions)))
    }

    fn of(object: &Object) -> Result<Self> {
        Ok(Self {
            exists: function(object, "rt_file_exists")?,
            read: function(object, "rt_file_read_text")?,
            write: function(object, "rt_file_write_text")?,
            append: function(object, "rt_file_append_text")?,
            copy: function(object, "rt_file_copy")?,
            delete: function(object, "rt_file_delete")?,
            size: function(object, "rt_file_size")?,
            modified: function(object, "rt_file_modified_time")?,
            lock: function(object, "rt_file_lock")?,
            unlock: function(object, "rt_file_unlock")?,
            dir_create: function(object, "rt_dir_create")?,
            dir_list: function(object, "rt_dir_list")?,
            cwd: function(object, "rt_env_cwd")?,
            get: function(object, "rt_env_get")?,
            home: function(object, "rt_env_home")?,
            set: function(object, "rt_env_set")?,
            getpid: function(object, "rt_getpid")?,
            run: function(object, "rt_process_run")?,
            cpu_count: function(object, "rt_system_cpu_count")?,
            hostname: function(object, "rt_hostname")?,
            print: function(object, "rt_print")?,
            free: function(object, "rt_free")?,
        })
    }

    pub fn exists(&self, path: &CStr) -> bool {
        // SAFETY: a NUL-terminated text, here and below.
        unsafe { (self.exists)(path.as_ptr()) }
    }

    pub fn read(&self, path: &CStr) -> Owned {
        // SAFETY: as above.
        self.own(unsafe { (self.read)(path.as_ptr()) })
    }

    pub fn write(&self, path: &CStr, content: &CStr) -> bool {
        // SAFETY: as above.
        unsafe { (self.write)(path.as_ptr(), content.as_ptr()) }
    }

    pub fn append(&self, path: &CStr, content: &CStr) -> bool {
        // SAFETY: as above.
        unsafe { (self.append)(path.as_ptr(), content.as_ptr()) }
    }

    pub fn copy(&self, source: &CStr, destination: &CStr) -> bool {
        // SAFETY: as above.
        unsafe { (self.copy)(source.as_ptr(), destination.as_ptr()) }
    }

    pub fn delete(&self, path: &CStr) -> bool {
        // SAFETY: as above.
        unsafe { (self.delete)(path.as_ptr()) }
    }

    pub fn size(&self, path: &CStr) -> i64 {
        // SAFETY: as above.
        unsafe { (self.size)(path.as_ptr()) }
    }

    pub fn modified(&self, path: &CStr) -> i64 {
        // SAFETY: as above.
        unsafe { (self.modified)(path.as_ptr()) }
    }

    pub fn lock(&self, path: &CStr) -> i64 {
        // SAFETY: as above.
        unsafe { (self.lock)(path.as_ptr()) }
    }

    pub fn unlock(&self, fd: i64) -> bool {
        // SAFETY: takes a number; a descriptor that `lock` gave.
        unsafe { (self.unlock)(fd) }
    }

    pub fn dir_create(&self, path: &CStr, recursive: bool) -> bool {
        // SAFETY: as above.
        unsafe { (self.dir_create)(path.as_ptr(), recursive) }
    }

    pub fn dir_list(&self, path: &CStr) -> Owned<*mut c_char> {
        // SAFETY: as above.
        self.own(unsafe { (self.dir_list)(path.as_ptr()) })
    }

    pub fn cwd(&self) -> Owned {
        // SAFETY: takes nothing, here and below.
        self.own(unsafe { (self.cwd)() })
    }

    pub fn get(&self, name: &CStr) -> Owned {
        // SAFETY: a NUL-terminated text.
        self.own(unsafe { (self.get)(name.as_ptr()) })
    }

    pub fn home(&self) -> Owned {
        // SAFETY: as above.
        self.own(unsafe { (self.home)() })
    }

    pub fn set(&self, name: &CStr, value: &CStr) -> bool {
        // SAFETY: NUL-terminated texts; a worker has one thread.
        unsafe { (self.set)(name.as_ptr(), value.as_ptr()) }
    }

    pub fn getpid(&self) -> i64 {
        // SAFETY: as above.
        unsafe { (self.getpid)() }
    }

    pub fn run(&self, program: &CStr, argument: &CStr) -> i32 {
        // SAFETY: an array of one text.
        unsafe { (self.run)(program.as_ptr(), &argument.as_ptr(), 1) }
    }

    pub fn cpu_count(&self) -> i64 {
        // SAFETY: as above.
        unsafe { (self.cpu_count)() }
    }

    pub fn hostname(&self) -> Owned {
        // SAFETY: as above.
        self.own(unsafe { (self.hostname)() })
    }

    pub fn print(&self, text: &CStr) -> bool {
        // SAFETY: a NUL-terminated text.
        unsafe { (self.print)(text.as_ptr()) }
    }

    fn own<T>(&self, pointer: *mut T) -> Owned<T> {
        Owned { pointer, free: self.free }
    }
}

/// A function of this name.
fn function<F: Copy>(object: &Object, name: &str) -> Result<F> {
    // SAFETY: the fields of `Library` have the types that the header gives.
    let symbol = unsafe { object.get::<F>(name) }.with_context(|| name.to_owned())?;
    Ok(*symbol)
}

/// A text, or a list of texts, that a library returned. It is given back when it is dropped.
pub struct Owned<T = c_char> {
    pointer: *mut T,
    free: unsafe extern "C" fn(*mut c_void),
}

impl Owned {
    /// The text, if there is one.
    pub fn text(&self) -> Option<&CStr> {
        // SAFETY: what a library returns is null or a NUL-terminated text.
        (!self.pointer.is_null()).then(|| unsafe { CStr::from_ptr(self.pointer) })
    }
}

impl Owned<*mut c_char> {
    /// The texts of a list; none if there is no list.
    pub fn texts(&self) -> Vec<&CStr> {
        let mut texts = Vec::new();
        let mut at = self.pointer;
        if at.is_null() {
            return texts;
        }
        loop {
            // SAFETY: not beyond the null pointer that ends the list.
            let text = unsafe { *at };
            if text.is_null() {
                return texts;
            }
            // SAFETY: an entry of the list is a NUL-terminated text.
            texts.push(unsafe { CStr::from_ptr(text) });
            at = at.wrapping_add(1);
        }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the library's own pointer, which nobody has any more.
        unsafe { (self.free)(self.pointer.cast()) };
    }
}
