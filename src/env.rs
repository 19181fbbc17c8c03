//! The environment: working directory, variables, home directory.
//!
//! Variables come from where the program got them: in a freestanding program from the stack that the kernel made, in
//! one with a libc from the libc's `environ`, else from /proc/self/environ. The first [`set`] copies them into a table
//! of the library's own, which from then on is what [`get`] and the children of [`crate::process::run`] see. A libc's
//! `getenv` does not see it.
//!
//! Every function may be called from any thread at any time. Only a libc's `setenv` at the same time, before the first
//! [`set`], is the caller's to exclude.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::Relaxed;

use crate::alloc::Block;
use crate::arg::{Arg, PATH_MAX};
use crate::sync::Mutex;
use crate::text::{Builder, fields, parse};
use crate::{Errno, List, Result, Text, file, sys};

/// The working directory, absolute.
///
/// # Errors
/// Those of getcwd(2): `ENOENT` when it was removed, or lies outside the root directory; `ENAMETOOLONG` when its path
/// has 4096 bytes or more.
pub fn cwd() -> Result<Text> {
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let len = sys::getcwd(&mut buffer)?;
    // SAFETY: the kernel has set this many bytes; the last is a NUL.
    let path = unsafe { buffer.get(..len.saturating_sub(1)).unwrap_or_default().assume_init_ref() };
    // What lies outside the root directory gets a text such as "(unreachable)/tmp".
    if path.starts_with(b"/") { Text::new(path) } else { Err(Errno::ENOENT) }
}

/// The value of a variable; the first counts where there are several.
///
/// # Errors
/// `ENOENT` when it is not set, which no variable with an empty name, or a `=` in it, can be. `ENOMEM`. Those of
/// reading /proc/self/environ, in a process that has no other.
pub fn get(name: impl Arg) -> Result<Text> {
    get_bytes(name.bytes())
}

fn get_bytes(name: &[u8]) -> Result<Text> {
    if !is_name(name) || name.contains(&0) {
        return Err(Errno::ENOENT);
    }
    let mut variables = VARIABLES.lock();
    let value = variables.entries()?.find_map(|entry| entry.value(name)).ok_or(Errno::ENOENT)?;
    Text::new(value.to_bytes())
}

/// Sets a variable for [`get`] and for the children of [`crate::process::run`].
///
/// # Errors
/// `EINVAL` when the name is empty or contains `=`, or either contains a NUL byte. `ENOMEM`; then nothing has changed.
pub fn set(name: impl Arg, value: impl Arg) -> Result<()> {
    set_bytes(name.bytes(), value.bytes())
}

fn set_bytes(name: &[u8], value: &[u8]) -> Result<()> {
    if !is_name(name) || name.contains(&0) || value.contains(&0) {
        return Err(Errno::EINVAL);
    }
    let mut entry = Builder::new(name.len() + 1 + value.len())?;
    entry.push(name);
    entry.push(b"=");
    entry.push(value);
    VARIABLES.lock().own()?.set(name, entry.finish())
}

/// The user's home directory: `HOME` if it is absolute, else what /etc/passwd says.
///
/// In a program that runs with raised rights (set-user-ID and the like) `HOME` is not trusted, and the effective user
/// counts. Name services beyond /etc/passwd (LDAP) are not asked.
///
/// # Errors
/// `ENOENT` when neither knows one; those of reading /etc/passwd.
pub fn home() -> Result<Text> {
    let raised = has_raised_rights();
    if !raised {
        match get_bytes(b"HOME") {
            Ok(home) if home.starts_with(b"/") => return Ok(home),
            Ok(_) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    let user = if raised { sys::effective_user() } else { sys::real_user() };
    let passwd = file::read_text(c"/etc/passwd")?;
    let mut lines = fields(&passwd, b'\n');
    Text::new(lines.find_map(|line| home_in(line, user)).filter(|home| home.starts_with(b"/")).ok_or(Errno::ENOENT)?)
}

/// The home directory in a line of /etc/passwd, if the line is this user's. See passwd(5).
fn home_in(line: &[u8], user: u32) -> Option<&[u8]> {
    // Comments, and the lines of NIS that add or leave out users.
    if matches!(line.first(), Some(b'#' | b'+' | b'-')) {
        return None;
    }
    let mut fields = fields(line, b':');
    let id = fields.nth(2)?;
    let home = fields.nth(2)?;
    fields.next()?; // a shell, though it may be empty
    (parse(id)? == u64::from(user)).then_some(home)
}

/// Whether the program got rights that its user does not have; decided once, since it can give them up later.
pub(crate) fn has_raised_rights() -> bool {
    const NO: u8 = 1;
    const YES: u8 = 2;
    static DECIDED: AtomicU8 = AtomicU8::new(0);
    match DECIDED.load(Relaxed) {
        0 => {
            let raised = sys::runs_with_raised_rights();
            DECIDED.store(if raised { YES } else { NO }, Relaxed);
            raised
        }
        decided => decided == YES,
    }
}

/// A copy of the environment, to give to a child.
pub(crate) fn snapshot() -> Result<List> {
    let mut variables = VARIABLES.lock();
    List::new(variables.entries()?.map(|entry| entry.text().to_bytes()))
}

/// The value of the first variable of this name in a copy of the environment.
pub(crate) fn value_in<'a>(environment: &'a List, name: &[u8]) -> Option<&'a CStr> {
    // SAFETY: a list is such an array, and is borrowed.
    let mut entries: Entries<'a> = unsafe { Entries::new(environment.as_ptr()) };
    entries.find_map(|entry| entry.value(name))
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'=')
}

static VARIABLES: Mutex<Variables> = Mutex::new(Variables::Inherited);

/// Where the variables are.
enum Variables {
    /// Where the program was given them.
    Inherited,
    Owned(Table),
}

impl Variables {
    /// The entries as they are now.
    fn entries(&mut self) -> Result<Entries<'_>> {
        let mut array = NO_ENTRIES.0.as_ptr();
        if let Self::Inherited = self {
            match sys::environment() {
                Some(environment) if !environment.is_null() => array = environment,
                Some(_) => {}
                None => match Table::from_proc() {
                    Ok(table) => *self = Self::Owned(table),
                    // What may pass; variables that are forgotten once would be lost to every child.
                    Err(errno @ (Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE | Errno::EIO)) => return Err(errno),
                    // No /proc, which may be mounted later, or no permission to look.
                    Err(_) => {}
                },
            }
        }
        match self {
            Self::Owned(table) => Ok(table.entries()),
            // SAFETY: an environment that the kernel or the libc keeps; see the module on who may change it.
            Self::Inherited => Ok(unsafe { Entries::new(array) }),
        }
    }

    /// The library's own table, made from what was inherited if it does not exist yet.
    fn own(&mut self) -> Result<&mut Table> {
        if let Self::Inherited = self {
            let table = Table::new(self.entries()?.map(|entry| entry.text().to_bytes()))?;
            *self = Self::Owned(table);
        }
        match self {
            Self::Owned(table) => Ok(table),
            Self::Inherited => Err(Errno::ENOMEM), // just replaced
        }
    }
}

struct NoEntries([*const c_char; 1]);

// SAFETY: a null pointer is shared by nobody.
unsafe impl Sync for NoEntries {}

static NO_ENTRIES: NoEntries = NoEntries([core::ptr::null()]);

/// The entries of an array that ends with a null pointer.
#[derive(Clone)]
struct Entries<'a> {
    next: *const *const c_char,
    array: core::marker::PhantomData<&'a [*const c_char]>,
}

impl Entries<'_> {
    /// # Safety
    /// The array ends with a null pointer, leads to NUL-terminated strings, and stays as it is for the lifetime.
    const unsafe fn new(array: *const *const c_char) -> Self {
        Self { next: array, array: core::marker::PhantomData }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        // SAFETY: not beyond the end of the array, since a null pointer is not stepped over.
        let entry = NonNull::new(unsafe { *self.next }.cast_mut())?;
        // SAFETY: as above.
        self.next = unsafe { self.next.add(1) };
        Some(Entry { text: entry, array: self.array })
    }
}

/// An entry of the environment, `name=value` as a rule. Its length is not looked for until it is needed.
#[derive(Clone, Copy)]
struct Entry<'a> {
    text: NonNull<c_char>,
    array: core::marker::PhantomData<&'a [*const c_char]>,
}

impl<'a> Entry<'a> {
    fn text(self) -> &'a CStr {
        // SAFETY: the array leads to NUL-terminated strings.
        unsafe { CStr::from_ptr(self.text.as_ptr()) }
    }

    /// The value, if the entry has this name, which contains no NUL.
    fn value(self, name: &[u8]) -> Option<&'a CStr> {
        let text = self.text.as_ptr().cast::<u8>();
        for (i, &byte) in name.iter().enumerate() {
            // SAFETY: every byte before this one was equal to one that is not NUL, so the string goes on to here.
            if unsafe { text.wrapping_add(i).read() } != byte {
                return None;
            }
        }
        let end = text.wrapping_add(name.len());
        // SAFETY: as above.
        if unsafe { end.read() } != b'=' {
            return None;
        }
        // SAFETY: the rest of a NUL-terminated string.
        Some(unsafe { CStr::from_ptr(end.wrapping_add(1).cast()) })
    }
}

/// The library's own entries: an array of texts `name=value`, which are pointers, ended by a null pointer.
struct Table {
    array: Block,
    len: usize,
}

const SLOT: usize = size_of::<Option<Text>>();

impl Table {
    /// A table of copies of these entries.
    fn new<'a>(entries: impl Iterator<Item = &'a [u8]>) -> Result<Self> {
        let mut table = Self { array: Block::new(64 * SLOT)?, len: 0 };
        table.slot(0).write(None);
        for entry in entries {
            table.push(Text::new(entry)?)?;
        }
        Ok(table)
    }

    /// A table of the entries that the kernel has kept. See proc_pid_environ(5).
    fn from_proc() -> Result<Self> {
        let entries = file::read_text(c"/proc/self/environ")?;
        Self::new(fields(&entries, 0).filter(|entry| !entry.is_empty()))
    }

    fn entries(&self) -> Entries<'_> {
        // SAFETY: the array ends with a null pointer and is borrowed.
        unsafe { Entries::new(self.array.pointer().as_ptr().cast::<*const c_char>().cast_const()) }
    }

    /// The slot of the array with this index, which is at most `len`.
    fn slot(&mut self, index: usize) -> &mut MaybeUninit<Option<Text>> {
        // SAFETY: the array holds more than `len` slots.
        let slot = unsafe { self.array.pointer().cast().add(index) };
        // SAFETY: aligned, in the block, and borrowed mutably.
        unsafe { &mut *slot.as_ptr() }
    }

    fn push(&mut self, entry: Text) -> Result<()> {
        self.array.grow((self.len + 2) * SLOT)?;
        self.slot(self.len + 1).write(None);
        self.slot(self.len).write(Some(entry));
        self.len += 1;
        Ok(())
    }

    /// Gives the variable this entry: in the place of the first that it had, or at the end. Others of its name go.
    fn set(&mut self, name: &[u8], entry: Text) -> Result<()> {
        let mut places = self.entries().enumerate().filter(|(_, old)| old.value(name).is_some()).map(|(i, _)| i);
        let (first, second) = (places.next(), places.next());
        let Some(first) = first else { return self.push(entry) };
        // SAFETY: the slots below `len` hold entries.
        *unsafe { self.slot(first).assume_init_mut() } = Some(entry);
        if let Some(second) = second {
            self.remove_from(second, name);
        }
        Ok(())
    }

    /// Removes every entry of this name from an index on.
    fn remove_from(&mut self, index: usize, name: &[u8]) {
        let mut kept = index;
        for i in index..self.len {
            // SAFETY: the slots below `len` hold entries, and this one is not used again.
            let entry = unsafe { self.slot(i).assume_init_read() };
            let after_name = |entry: &Text| entry.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="));
            if !entry.as_ref().is_some_and(after_name) {
                self.slot(kept).write(entry);
                kept += 1;
            }
        }
        self.len = kept;
        self.slot(kept).write(None);
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        for i in 0..self.len {
            // SAFETY: the slots below `len` hold entries.
            unsafe { self.slot(i).assume_init_drop() };
        }
    }
}
