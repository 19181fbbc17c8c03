//! The C functions of a shared object: the library as shipped, with its libc backend, or the plain libc version. All are
//! called through pointers, so that the call itself costs the same.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

use anyhow::{Context, Result};
use libloading::os::unix::Library as Object;

type OfText<T> = unsafe extern "C" fn(*const c_char) -> T;
type OfTexts = unsafe extern "C" fn(*const c_char, *const c_char) -> bool;
type OfNothing<T> = unsafe extern "C" fn() -> T;
type Run = unsafe extern "C" fn(*const c_char, *const *const c_char, usize) -> i32;

/// The functions of a shared object.
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
    object: Object,
}

impl Library {
    /// Loads a shared object, which stays loaded until the process exits.
    pub fn load(path: &Path) -> Result<&'static Self> {
        // SAFETY: the shared object of this project has no code that runs when it is loaded.
        let object = unsafe { Object::new(path) }.with_context(|| format!("cannot load {}", path.display()))?;
        Ok(Box::leak(Box::new(Self::of(object)?)))
    }

    fn of(object: Object) -> Result<Self> {
        Ok(Self {
            exists: function(&object, "rt_file_exists")?,
            read: function(&object, "rt_file_read_text")?,
            write: function(&object, "rt_file_write_text")?,
            append: function(&object, "rt_file_append_text")?,
            copy: function(&object, "rt_file_copy")?,
            delete: function(&object, "rt_file_delete")?,
            size: function(&object, "rt_file_size")?,
            modified: function(&object, "rt_file_modified_time")?,
            lock: function(&object, "rt_file_lock")?,
            unlock: function(&object, "rt_file_unlock")?,
            dir_create: function(&object, "rt_dir_create")?,
            dir_list: function(&object, "rt_dir_list")?,
            cwd: function(&object, "rt_env_cwd")?,
            get: function(&object, "rt_env_get")?,
            home: function(&object, "rt_env_home")?,
            set: function(&object, "rt_env_set")?,
            getpid: function(&object, "rt_getpid")?,
            run: function(&object, "rt_process_run")?,
            cpu_count: function(&object, "rt_system_cpu_count")?,
            hostname: function(&object, "rt_hostname")?,
            print: function(&object, "rt_print")?,
            free: function(&object, "rt_free")?,
            object,
        })
    }

    /// Returns a function by its name, or `None` if this shared object lacks it.
    ///
    /// # Safety
    /// `F` is the type of the function in the header.
    pub unsafe fn find<F: Copy>(&self, name: &str) -> Option<F> {
        // SAFETY: `F` is the type of the function.
        unsafe { self.object.get::<F>(name) }.ok().map(|symbol| *symbol)
    }

    pub fn exists(&self, path: &CStr) -> bool {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.exists)(path.as_ptr()) }
    }

    pub fn read(&self, path: &CStr) -> Owned {
        // SAFETY: the argument is a NUL-terminated string.
        self.own(unsafe { (self.read)(path.as_ptr()) })
    }

    pub fn write(&self, path: &CStr, content: &CStr) -> bool {
        // SAFETY: both arguments are NUL-terminated strings.
        unsafe { (self.write)(path.as_ptr(), content.as_ptr()) }
    }

    pub fn append(&self, path: &CStr, content: &CStr) -> bool {
        // SAFETY: both arguments are NUL-terminated strings.
        unsafe { (self.append)(path.as_ptr(), content.as_ptr()) }
    }

    pub fn copy(&self, source: &CStr, destination: &CStr) -> bool {
        // SAFETY: both arguments are NUL-terminated strings.
        unsafe { (self.copy)(source.as_ptr(), destination.as_ptr()) }
    }

    pub fn delete(&self, path: &CStr) -> bool {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.delete)(path.as_ptr()) }
    }

    pub fn size(&self, path: &CStr) -> i64 {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.size)(path.as_ptr()) }
    }

    pub fn modified(&self, path: &CStr) -> i64 {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.modified)(path.as_ptr()) }
    }

    pub fn lock(&self, path: &CStr) -> i64 {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.lock)(path.as_ptr()) }
    }

    pub fn unlock(&self, fd: i64) -> bool {
        // SAFETY: `fd` is a descriptor that `lock` returned.
        unsafe { (self.unlock)(fd) }
    }

    pub fn dir_create(&self, path: &CStr, recursive: bool) -> bool {
        // SAFETY: the path is a NUL-terminated string.
        unsafe { (self.dir_create)(path.as_ptr(), recursive) }
    }

    pub fn dir_list(&self, path: &CStr) -> Owned<*mut c_char> {
        // SAFETY: the argument is a NUL-terminated string.
        self.own(unsafe { (self.dir_list)(path.as_ptr()) })
    }

    pub fn cwd(&self) -> Owned {
        // SAFETY: the function has no arguments.
        self.own(unsafe { (self.cwd)() })
    }

    pub fn get(&self, name: &CStr) -> Owned {
        // SAFETY: the argument is a NUL-terminated string.
        self.own(unsafe { (self.get)(name.as_ptr()) })
    }

    pub fn home(&self) -> Owned {
        // SAFETY: the function has no arguments.
        self.own(unsafe { (self.home)() })
    }

    pub fn set(&self, name: &CStr, value: &CStr) -> bool {
        // SAFETY: both arguments are NUL-terminated strings, and a worker has one thread.
        unsafe { (self.set)(name.as_ptr(), value.as_ptr()) }
    }

    pub fn getpid(&self) -> i64 {
        // SAFETY: the function has no arguments.
        unsafe { (self.getpid)() }
    }

    pub fn run(&self, program: &CStr, argument: &CStr) -> i32 {
        // SAFETY: the array holds one NUL-terminated string, as the count states.
        unsafe { (self.run)(program.as_ptr(), &argument.as_ptr(), 1) }
    }

    pub fn cpu_count(&self) -> i64 {
        // SAFETY: the function has no arguments.
        unsafe { (self.cpu_count)() }
    }

    pub fn hostname(&self) -> Owned {
        // SAFETY: the function has no arguments.
        self.own(unsafe { (self.hostname)() })
    }

    pub fn print(&self, text: &CStr) -> bool {
        // SAFETY: the argument is a NUL-terminated string.
        unsafe { (self.print)(text.as_ptr()) }
    }

    pub fn own<T>(&self, pointer: *mut T) -> Owned<T> {
        Owned { pointer, free: self.free }
    }
}

/// Returns the function of this name.
fn function<F: Copy>(object: &Object, name: &str) -> Result<F> {
    // SAFETY: `F` is the type of a field of `Library`, which is that of the function in the header.
    let symbol = unsafe { object.get::<F>(name) }.with_context(|| name.to_owned())?;
    Ok(*symbol)
}

/// A text or a list that a library returned. Dropping it frees it.
pub struct Owned<T = c_char> {
    pointer: *mut T,
    free: unsafe extern "C" fn(*mut c_void),
}

impl Owned {
    /// Returns the text, or `None` for a null pointer.
    pub fn text(&self) -> Option<&CStr> {
        // SAFETY: the pointer is not null, so the library returned a NUL-terminated string.
        (!self.pointer.is_null()).then(|| unsafe { CStr::from_ptr(self.pointer) })
    }
}

impl Owned<*mut c_char> {
    /// Returns the texts of a list. A null pointer is an empty list.
    pub fn texts(&self) -> Vec<&CStr> {
        let mut texts = Vec::new();
        let mut at = self.pointer;
        if at.is_null() {
            return texts;
        }
        loop {
            // SAFETY: no entry before this one was null, so this one is in the array.
            let text = unsafe { *at };
            if text.is_null() {
                return texts;
            }
            // SAFETY: an entry that is not null is a NUL-terminated string.
            texts.push(unsafe { CStr::from_ptr(text) });
            at = at.wrapping_add(1);
        }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer is null or came from the library, and is not used again.
        unsafe { (self.free)(self.pointer.cast()) };
    }
}
