//! The table of variables.

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;
use core::ptr::{NonNull, null};

use crate::content::read_file;
use crate::errno::{Errno, Result};
use crate::fields::fields;
use crate::heap::{Block, Mutex};
use crate::list::List;
use crate::sys;
use crate::text::Text;

pub(super) fn get(name: &[u8]) -> Result<Text> {
    if !is_name(name) {
        return Err(Errno::ENOENT);
    }
    // The lock is needed for the libc's environment too: a caller that excludes `setenv` until the first `set` has
    // returned relies on `set` waiting for this.
    let mut variables = VARIABLES.lock();
    let entries = variables.entries()?;
    // SAFETY: the entries are an array of strings that stays unchanged while the variables are locked, and the name
    // contains no NUL.
    Text::new(unsafe { value_of(entries, name) }.ok_or(Errno::ENOENT)?.to_bytes())
}

pub(super) fn set(name: &[u8], value: &[u8]) -> Result<()> {
    if !is_name(name) {
        return Err(Errno::EINVAL);
    }
    let mut entry = Block::new(name.len() + value.len() + 2)?;
    entry.extend_from_slice(name)?;
    entry.extend_from_slice(b"=")?;
    entry.extend_from_slice(value)?;
    // SAFETY: a NUL follows what was appended.
    let content = unsafe { CStr::from_ptr(entry.as_ptr().as_ptr().cast()) };
    if content.count_bytes() < entry.len() {
        return Err(Errno::EINVAL); // the value contains a NUL
    }
    // SAFETY: a NUL follows what was appended, and the name contains none.
    unsafe { VARIABLES.lock().set(name, Some(entry)) }
}

pub(super) fn unset(name: &[u8]) -> Result<()> {
    if !is_name(name) {
        return Err(Errno::EINVAL);
    }
    let mut variables = VARIABLES.lock();
    let entries = variables.entries()?;
    // SAFETY: the entries are an array of strings that stays unchanged while the variables are locked, and the name
    // contains no NUL.
    if unsafe { value_of(entries, name) }.is_none() {
        return Ok(());
    }
    // SAFETY: the name contains no NUL.
    unsafe { variables.set(name, None) }
}

/// Returns a copy of the environment, for a child.
pub(crate) fn snapshot() -> Result<List> {
    let mut variables = VARIABLES.lock();
    let entries = variables.entries()?;
    // SAFETY: the entries are an array of strings that stays unchanged while the variables are locked.
    unsafe { copy_of(entries) }
}

/// Returns the value of the first variable of this name in a copy of the environment.
pub(crate) fn value_in<'a>(environment: EntriesOf<'a>, name: &[u8]) -> Option<&'a CStr> {
    if !is_name(name) {
        return None;
    }
    // SAFETY: this is an array of NUL-terminated strings, ended by a null pointer, which stays for the lifetime. A name
    // contains no NUL.
    unsafe { value_of(environment.as_ptr(), name) }
}

/// An environment for a program: an array of NUL-terminated strings, ended by a null pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntriesOf<'a>(Entries, PhantomData<&'a CStr>);

impl<'a> EntriesOf<'a> {
    /// # Safety
    /// The pointer is to such an array, which stays unchanged for the lifetime, as its strings do.
    #[cfg(feature = "exports")]
    pub(crate) const unsafe fn new(array: *const *const c_char) -> Self {
        Self(array, PhantomData)
    }

    pub(crate) const fn of(list: &'a List) -> Self {
        Self(list.as_ptr(), PhantomData)
    }

    pub(crate) const fn as_ptr(self) -> *const *const c_char {
        self.0
    }
}

/// Forgets what was set, for tests that start over in one process.
#[cfg(fuzzing_hooks)]
pub(crate) fn forget() {
    VARIABLES.lock().own = None;
}

/// Returns whether a variable can have this name.
#[inline(never)]
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|&byte| byte == b'=' || byte == 0)
}

/// The entries of an environment, as a rule `name=value`: an array ended by a null pointer.
type Entries = *const *const c_char;

struct NoEntries([*const c_char; 1]);

// SAFETY: the only pointer is null.
unsafe impl Sync for NoEntries {}

static NO_ENTRIES: NoEntries = NoEntries([null()]);

/// Returns whether an entry is `name=` followed by a value.
///
/// # Safety
/// The entry is a NUL-terminated string, and the name contains no NUL.
#[inline(always)] // a call for each entry takes twice as long
unsafe fn has_name(entry: *const c_char, name: &[u8]) -> bool {
    let mut at = entry.cast::<u8>();
    for &byte in name {
        // SAFETY: every byte before this one equalled one of the name, which is not NUL, so the string goes on.
        if unsafe { *at } != byte {
            return false;
        }
        at = at.wrapping_add(1);
    }
    // SAFETY: every byte before this one equalled one of the name, which is not NUL, so the string goes on.
    unsafe { *at == b'=' }
}

/// Returns the value of the first entry of this name.
///
/// # Safety
/// The array is one of NUL-terminated strings, ended by a null pointer, and stays unchanged for the lifetime. The name
/// contains no NUL.
#[inline(never)]
unsafe fn value_of<'a>(entries: Entries, name: &[u8]) -> Option<&'a CStr> {
    let &first = name.first()?;
    let mut at = entries;
    loop {
        // Most entries differ in the first byte, and cost no more than this loop.
        let entry = loop {
            // SAFETY: the loop does not step over the null pointer.
            let entry = NonNull::new(unsafe { *at }.cast_mut())?;
            at = at.wrapping_add(1);
            // SAFETY: a string has at least one byte, its NUL.
            if unsafe { entry.cast::<u8>().read() } == first {
                break entry;
            }
        };
        // SAFETY: the entry is a NUL-terminated string, and the name contains no NUL.
        if unsafe { has_name(entry.as_ptr(), name) } {
            let value = entry.as_ptr().wrapping_add(name.len() + 1);
            // SAFETY: the value follows the name and `=` in a NUL-terminated string.
            return Some(unsafe { CStr::from_ptr(value) });
        }
    }
}

/// Returns a list of copies of the entries.
///
/// # Safety
/// The array is one of NUL-terminated strings, ended by a null pointer, and stays unchanged during the call.
pub(super) unsafe fn copy_of(entries: Entries) -> Result<List> {
    let mut at = entries;
    List::new(core::iter::from_fn(|| {
        // SAFETY: the iterator does not step over the null pointer.
        let entry = NonNull::new(unsafe { *at }.cast_mut())?;
        at = at.wrapping_add(1);
        // SAFETY: an entry is a NUL-terminated string.
        Some(unsafe { CStr::from_ptr(entry.as_ptr()) }.to_bytes())
    }))
}

/// The variables: in a block of the library's own, or, while there is none, where the program got them.
struct Variables {
    /// An array of entries, ended by a null pointer that the block's length does not count.
    own: Option<Block>,
}

static VARIABLES: Mutex<Variables> = Mutex::new(Variables { own: None });

const SLOT: usize = size_of::<*const c_char>();

impl Variables {
    /// Returns the current entries.
    fn entries(&mut self) -> Result<Entries> {
        if self.own.is_none() {
            match sys::environment() {
                Some(entries) if !entries.is_null() => return Ok(entries),
                Some(_) => return Ok(NO_ENTRIES.0.as_ptr()),
                None => self.read_proc()?,
            }
        }
        Ok(self.own.as_ref().map_or(NO_ENTRIES.0.as_ptr(), |own| own.as_ptr().as_ptr().cast::<*const c_char>()))
    }

    /// Adopts the entries that the kernel shows in /proc. See proc_pid_environ(5).
    fn read_proc(&mut self) -> Result<()> {
        match read_file(c"/proc/self/environ") {
            Ok(entries) => self.adopt(List::new(fields(&entries, 0).filter(|entry| !entry.is_empty()))?),
            // These errors may pass; giving up now would lose the variables for every child.
            Err(errno @ (Errno::ENOMEM | Errno::EAGAIN | Errno::EMFILE | Errno::ENFILE | Errno::EIO)) => Err(errno),
            // There is no /proc, which may be mounted later, or no permission to read it.
            Err(_) => Ok(()),
        }
    }

    /// Makes these entries the library's own. Their strings stay until the process ends.
    fn adopt(&mut self, entries: List) -> Result<()> {
        let len = entries.len() * SLOT;
        let mut own = Block::new(len + 64 * SLOT)?;
        // SAFETY: the two blocks do not overlap, and the new one has room for the array and its end.
        unsafe { own.as_ptr().as_ptr().copy_from_nonoverlapping(entries.as_ptr().cast(), len + SLOT) };
        // SAFETY: the array was copied.
        unsafe { own.set_len(len) };
        let _ = entries.into_raw();
        self.own = Some(own);
        Ok(())
    }

    /// Returns the library's own array, made from the inherited one if necessary.
    fn own(&mut self) -> Result<&mut Block> {
        let entries = self.entries()?;
        if self.own.is_none() {
            // SAFETY: the entries are an array of strings that stays unchanged while the variables are locked.
            self.adopt(unsafe { copy_of(entries) }?)?;
        }
        self.own.as_mut().ok_or(Errno::ENOMEM)
    }

    /// Replaces the first entry of this name, or appends the entry, and removes the others of this name. Without an entry
    /// it removes all.
    ///
    /// # Safety
    /// The entry is a NUL-terminated string, and the name contains no NUL.
    unsafe fn set(&mut self, name: &[u8], entry: Option<Block>) -> Result<()> {
        let own = self.own()?;
        own.reserve(own.len() + 2 * SLOT)?;
        let array = own.as_ptr().as_ptr().cast::<*const c_char>();
        let mut new: *const c_char = entry.map_or(null(), |entry| entry.into_raw().as_ptr().cast_const().cast());
        let (mut from, mut to) = (array, array);
        // SAFETY: the loop does not step over the null pointer.
        while let mut entry = unsafe { *from }
            && !entry.is_null()
        {
            from = from.wrapping_add(1);
            // SAFETY: the entry is a NUL-terminated string, and the name contains no NUL.
            if unsafe { has_name(entry, name) } {
                // SAFETY: the entry is in the library's own array, from which it is removed here.
                unsafe { free_entry(entry) };
                entry = core::mem::replace(&mut new, null());
            }
            if !entry.is_null() {
                // SAFETY: this element of the array was already read.
                unsafe { to.write(entry) };
                to = to.wrapping_add(1);
            }
        }
        if !new.is_null() {
            // SAFETY: the array has room for one more entry and its end.
            unsafe { to.write(new) };
            to = to.wrapping_add(1);
        }
        // SAFETY: the array has room for its end.
        unsafe { to.write(null()) };
        // SAFETY: the array was written up to here.
        unsafe { own.set_len(to.addr() - array.addr()) };
        Ok(())
    }
}

/// Frees an entry that [`set`] made. An adopted entry stays: it is in a list, where strings start at odd addresses.
///
/// # Safety
/// The entry was in the library's own array, and nothing uses it afterwards.
unsafe fn free_entry(entry: *const c_char) {
    if let Some(entry) = NonNull::new(entry.cast_mut())
        && entry.addr().get() % 2 == 0
    {
        // SAFETY: an even address is that of a block that `set` made, and nothing uses it afterwards.
        drop(unsafe { Block::from_raw(entry.cast()) });
    }
}
