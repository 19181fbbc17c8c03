//! The environment: working directory, variables, home directory.
//!
//! Variables come from where the program got them: in a freestanding program from the stack that the kernel made, in
//! one with a libc from the libc's `environ`, else from /proc/self/environ. The first [`set`] copies them into a table
//! of the library's own, which from then on is what [`get`] and the children of [`crate::process::run`] see. A libc's
//! `getenv` does not see it.
//!
//! Every function may be called from any thread at any time. Only a libc's `setenv` or the like at the same time, until
//! the first [`set`] has returned, is the caller's to exclude; [`crate::process::run`] reads the environment, too.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU8;
use core::sync::atomic::Ordering::Relaxed;

use crate::alloc::{self, Block};
use crate::arg::{Arg, PATH_MAX};
use crate::sync::Mutex;
use crate::text::{fields, parse};
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
    if !is_name(name) {
        return Err(Errno::ENOENT);
    }
    let mut variables = VARIABLES.lock();
    // Locked also where these are the libc's: who excludes its `setenv` does so until a variable is set here, which waits.
    let entries = variables.entries()?;
    // SAFETY: an array of entries, which stays as it is while the variables are locked.
    Text::new(unsafe { value_of(entries, name) }.ok_or(Errno::ENOENT)?.to_bytes())
}

/// Sets a variable for [`get`] and for the children of [`crate::process::run`].
///
/// # Errors
/// `EINVAL` when the name is empty or contains `=`, or either contains a NUL byte. `ENOMEM`; then nothing has changed.
pub fn set(name: impl Arg, value: impl Arg) -> Result<()> {
    set_bytes(name.bytes(), value.bytes())
}

fn set_bytes(name: &[u8], value: &[u8]) -> Result<()> {
    if !is_name(name) {
        return Err(Errno::EINVAL);
    }
    let mut entry = Block::new(name.len() + value.len() + 2)?;
    entry.push(name)?;
    entry.push(b"=")?;
    entry.push(value)?;
    // SAFETY: `push` ends what it appends with a NUL.
    let content = unsafe { CStr::from_ptr(entry.pointer().as_ptr().cast()) };
    if content.count_bytes() < entry.len() {
        return Err(Errno::EINVAL); // a NUL in the value
    }
    VARIABLES.lock().set(name, entry)
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
    let entries = variables.entries()?;
    // SAFETY: an array of entries, which stays as it is while the variables are locked.
    unsafe { copy_of(entries) }
}

/// The value of the first variable of this name in a copy of the environment.
pub(crate) fn value_in<'a>(environment: &'a List, name: &[u8]) -> Option<&'a CStr> {
    // SAFETY: a list is such an array, and is borrowed.
    unsafe { value_of(environment.as_ptr(), name) }
}

/// Whether a variable can have this name.
#[inline(never)]
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|&byte| byte == b'=' || byte == 0)
}

/// Entries of an environment, `name=value` as a rule: an array that a null pointer ends.
type Entries = *const *const c_char;

struct NoEntries([*const c_char; 1]);

// SAFETY: a null pointer is shared by nobody.
unsafe impl Sync for NoEntries {}

static NO_ENTRIES: NoEntries = NoEntries([core::ptr::null()]);

/// Whether an entry is `name=` and a value.
///
/// # Safety
/// It is a NUL-terminated string. The name contains no NUL.
unsafe fn has_name(entry: *const c_char, name: &[u8]) -> bool {
    let mut at = entry.cast::<u8>();
    for &byte in name {
        // SAFETY: every byte before this one was equal to one that is not NUL, so the string goes on to here.
        if unsafe { *at } != byte {
            return false;
        }
        at = at.wrapping_add(1);
    }
    // SAFETY: as above.
    unsafe { *at == b'=' }
}

/// The value of the first entry of this name.
///
/// # Safety
/// The array leads to NUL-terminated strings, and stays as it is for the lifetime. The name contains no NUL.
#[inline(never)]
unsafe fn value_of<'a>(entries: Entries, name: &[u8]) -> Option<&'a CStr> {
    let &first = name.first()?;
    let mut at = entries;
    loop {
        // Most entries differ in the first byte: for them no more than this is done.
        let entry = loop {
            // SAFETY: not beyond the null pointer, which is not stepped over.
            let entry = NonNull::new(unsafe { *at }.cast_mut())?;
            at = at.wrapping_add(1);
            // SAFETY: a string has a byte, if only a NUL.
            if unsafe { entry.cast::<u8>().read() } == first {
                break entry;
            }
        };
        // SAFETY: the caller's.
        if unsafe { has_name(entry.as_ptr(), name) } {
            let value = entry.as_ptr().wrapping_add(name.len() + 1);
            // SAFETY: what follows the name and `=` in a NUL-terminated string.
            return Some(unsafe { CStr::from_ptr(value) });
        }
    }
}

/// A list of copies of the entries.
///
/// # Safety
/// The array leads to NUL-terminated strings, and stays as it is for the call.
unsafe fn copy_of(entries: Entries) -> Result<List> {
    let mut at = entries;
    List::new(core::iter::from_fn(|| {
        // SAFETY: not beyond the null pointer, which is not stepped over.
        let entry = NonNull::new(unsafe { *at }.cast_mut())?;
        at = at.wrapping_add(1);
        // SAFETY: the caller's.
        Some(unsafe { CStr::from_ptr(entry.as_ptr()) }.to_bytes())
    }))
}

/// Where the variables are: in an array of the library's own, which a null pointer ends and whose length does not count
/// that one, or, while there is none, where the program was given them.
struct Variables {
    own: Option<Block>,
}

static VARIABLES: Mutex<Variables> = Mutex::new(Variables { own: None });

const SLOT: usize = size_of::<*const c_char>();

impl Variables {
    /// The entries as they are now.
    fn entries(&mut self) -> Result<Entries> {
        if self.own.is_none() {
            match sys::environment() {
                Some(entries) if !entries.is_null() => return Ok(entries),
                Some(_) => return Ok(NO_ENTRIES.0.as_ptr()),
                None => self.read_proc()?,
            }
        }
        Ok(self.own.as_ref().map_or(NO_ENTRIES.0.as_ptr(), |own| own.pointer().as_ptr().cast::<*const c_char>()))
    }

    /// Takes the entries that the kernel has kept, where it shows them. See proc_pid_environ(5).
    fn read_proc(&mut self) -> Result<()> {
        match file::read_text(c"/proc/self/environ") {
            Ok(entries) => self.take_over(List::new(fields(&entries, 0).filter(|entry| !entry.is_empty()))?),
            // What may pass; variables that are forgotten once would be lost to every child.
            Err(errno @ (Errno::ENOMEM | Errno::EMFILE | Errno::ENFILE | Errno::EIO)) => Err(errno),
            // No /proc, which may be mounted later, or no permission to look.
            Err(_) => Ok(()),
        }
    }

    /// Makes these the library's own entries. They stay where they are as long as the process runs.
    fn take_over(&mut self, entries: List) -> Result<()> {
        let len = entries.len() * SLOT;
        let mut own = Block::new(len + 64 * SLOT)?;
        // SAFETY: two blocks; the array of the list, and its end, fit into the other.
        unsafe { own.pointer().as_ptr().copy_from_nonoverlapping(entries.as_ptr().cast(), len + SLOT) };
        own.set_len(len);
        let _ = entries.into_raw();
        self.own = Some(own);
        Ok(())
    }

    /// The library's own array, made from what was inherited if it does not exist yet.
    fn own(&mut self) -> Result<&mut Block> {
        let entries = self.entries()?;
        if self.own.is_none() {
            // SAFETY: an array of entries, which stays as it is while the variables are locked.
            self.take_over(unsafe { copy_of(entries) }?)?;
        }
        self.own.as_mut().ok_or(Errno::ENOMEM)
    }

    /// Gives the variable this entry: in the place of the first that it had, or at the end. Others of its name go.
    fn set(&mut self, name: &[u8], entry: Block) -> Result<()> {
        let own = self.own()?;
        own.grow(own.len() + 2 * SLOT)?;
        let array = own.pointer().as_ptr().cast::<*const c_char>();
        let mut new: *const c_char = entry.into_raw().as_ptr().cast();
        let (mut from, mut to) = (array, array);
        // SAFETY: not beyond the null pointer, which is not stepped over.
        while let mut entry = unsafe { *from }
            && !entry.is_null()
        {
            from = from.wrapping_add(1);
            // SAFETY: a NUL-terminated string, and a name without NUL.
            if unsafe { has_name(entry, name) } {
                free_entry(entry);
                entry = core::mem::replace(&mut new, core::ptr::null());
            }
            if !entry.is_null() {
                // SAFETY: an element of the array that was read already.
                unsafe { to.write(entry) };
                to = to.wrapping_add(1);
            }
        }
        if !new.is_null() {
            // SAFETY: the array has room for one entry more, and its end.
            unsafe { to.write(new) };
            to = to.wrapping_add(1);
        }
        // SAFETY: as above.
        unsafe { to.write(core::ptr::null()) };
        own.set_len(to.addr() - array.addr());
        Ok(())
    }
}

/// Frees an entry that was set. One that was taken over stays where it is, in a list, in which each begins at an odd
/// address.
fn free_entry(entry: *const c_char) {
    if let Some(entry) = NonNull::new(entry.cast_mut())
        && entry.addr().get() % 2 == 0
    {
        alloc::free(entry.cast());
    }
}
