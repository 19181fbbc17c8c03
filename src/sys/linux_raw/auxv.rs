//! The environment and the auxiliary vector that the kernel passed to the program.

use core::ffi::c_char;
#[cfg(not(feature = "freestanding"))]
use core::mem::MaybeUninit;
use core::ptr::NonNull;
#[cfg(feature = "freestanding")]
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

#[cfg(not(feature = "freestanding"))]
use ffi_syscalls_arch::{Sysno, syscall2, syscall5};
use linux_raw_sys::auxvec;
#[cfg(not(feature = "freestanding"))]
use linux_raw_sys::{general, prctl};

use super::call::{IdCall, get_id};
#[cfg(not(feature = "freestanding"))]
use super::fs::{O_RDONLY, open, read};
use super::system::{effective_user, real_user};
#[cfg(not(feature = "freestanding"))]
use crate::errno::{Errno, Result, decode};

/// An entry of the auxiliary vector: a type and its value. See getauxval(3).
type AuxEntry = [usize; 2];

/// Returns whether the program runs in secure-execution mode (set-user-ID and the like): AT_SECURE.
///
/// The auxiliary vector decides. Where the kernel does not show it, different IDs, or capabilities that an ordinary
/// user does not have, count as secure execution. So does a process that the kernel hides from its own user: it has
/// had privileges, and may have dropped them before this call.
pub(crate) fn is_secure_exec() -> bool {
    aux_secure().unwrap_or_else(|| {
        let user = effective_user();
        real_user() != user
            || get_id(IdCall::GETGID) != get_id(IdCall::GETEGID)
            || (user != 0 && may_have_capabilities())
    })
}

/// Returns the page size: AT_PAGESZ. `None` if the kernel does not show the vector.
pub(super) fn aux_page_size() -> Option<usize> {
    aux_value(auxvec::AT_PAGESZ)
}

/// Returns the value of the entry of a type.
fn find<'a>(mut vector: impl Iterator<Item = &'a AuxEntry>, kind: u32) -> Option<usize> {
    vector.find(|entry| entry[0] == kind as usize).map(|entry| entry[1])
}

/// The `envp` array on the entry stack.
#[cfg(feature = "freestanding")]
static ENVIRONMENT: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());

/// The auxiliary vector, which follows `envp`. It has a pointer of its own, since a program may shorten `envp`.
#[cfg(feature = "freestanding")]
static AUXILIARY_VECTOR: AtomicPtr<AuxEntry> = AtomicPtr::new(core::ptr::null_mut());

/// Records the environment and the auxiliary vector of the entry stack.
///
/// # Safety
/// `envp` is an array of NUL-terminated strings ended by a null pointer, `vector` is an array ended by an entry of type
/// 0, and both stay valid until the process ends.
#[cfg(feature = "freestanding")]
pub(crate) unsafe fn set_entry_stack(envp: *const *const c_char, vector: *const AuxEntry) {
    ENVIRONMENT.store(envp.cast_mut(), Relaxed);
    AUXILIARY_VECTOR.store(vector.cast_mut(), Relaxed);
}

/// Looks AT_SECURE up on the entry stack. A program that did not start at `_start` is trusted with nothing.
#[cfg(feature = "freestanding")]
fn aux_secure() -> Option<bool> {
    if AUXILIARY_VECTOR.load(Relaxed).is_null() {
        return Some(true);
    }
    aux_value(auxvec::AT_SECURE).map(|value| value != 0)
}

/// Looks a type up on the entry stack. `None` if the program did not start at `_start`.
#[cfg(feature = "freestanding")]
fn aux_value(kind: u32) -> Option<usize> {
    let mut next = NonNull::new(AUXILIARY_VECTOR.load(Relaxed))?;
    let entries = core::iter::from_fn(|| {
        // SAFETY: the vector stays valid, and iteration stops at its last entry, whose type is 0.
        let entry = unsafe { next.as_ref() };
        if entry[0] == 0 {
            return None;
        }
        // SAFETY: an entry that is not the last is followed by another.
        next = unsafe { next.add(1) };
        Some(entry)
    });
    find(entries, kind)
}

/// Returns false: a kernel that passes no AT_SECURE predates capabilities of programs.
#[cfg(feature = "freestanding")]
const fn may_have_capabilities() -> bool {
    false
}

/// Returns the array of strings that the kernel passed, ended by a null pointer. See environ(7).
#[cfg(feature = "freestanding")]
pub(crate) fn environment() -> Option<*const *const c_char> {
    Some(ENVIRONMENT.load(Relaxed).cast_const())
}

/// Returns the libc's `environ`, ended by a null pointer; `None` without a libc. See environ(7).
///
/// The pointer is null after clearenv(3).
#[cfg(not(feature = "freestanding"))]
pub(crate) fn environment() -> Option<*const *const c_char> {
    let environ = NonNull::new(ffi_syscalls_arch::environ().cast_mut())?;
    // SAFETY: the address is that of the libc's variable.
    Some(unsafe { environ.read_volatile() })
}

/// Looks AT_SECURE up in the vector that the kernel keeps.
#[cfg(not(feature = "freestanding"))]
fn aux_secure() -> Option<bool> {
    let mut vector = EMPTY_VECTOR;
    match fill(&mut vector) {
        Err(Errno::EACCES) if !is_dumpable() => Some(true),
        result => result.ok().and_then(|_| find(vector.iter(), auxvec::AT_SECURE)).map(|value| value != 0),
    }
}

/// Looks a type up in the vector that the kernel keeps.
#[cfg(not(feature = "freestanding"))]
fn aux_value(kind: u32) -> Option<usize> {
    let mut vector = EMPTY_VECTOR;
    fill(&mut vector).ok()?;
    find(vector.iter(), kind)
}

/// Room for more entries than any vector has; the unused rest is AT_NULL, which ends the vector.
#[cfg(not(feature = "freestanding"))]
const EMPTY_VECTOR: [AuxEntry; 64] = [[0; 2]; 64];

#[cfg(not(feature = "freestanding"))]
fn fill(vector: &mut [AuxEntry]) -> Result<usize> {
    get_auxv(vector).or_else(|_| read_auxv(vector))
}

/// Returns whether the user of the process may inspect it. See PR_SET_DUMPABLE(2const).
#[cfg(not(feature = "freestanding"))]
fn is_dumpable() -> bool {
    // SAFETY: the call takes numbers only.
    let result = unsafe { syscall2(Sysno::prctl as usize, prctl::PR_GET_DUMPABLE as usize, 0) };
    result == 1
}

/// Reads the vector by prctl(2), since Linux 6.4. See PR_GET_AUXV(2const).
#[cfg(not(feature = "freestanding"))]
fn get_auxv(vector: &mut [AuxEntry]) -> Result<usize> {
    let (address, len) = (vector.as_mut_ptr().expose_provenance(), size_of_val(vector));
    // SAFETY: the kernel writes at most the given length.
    decode(unsafe { syscall5(Sysno::prctl as usize, prctl::PR_GET_AUXV as usize, address, len, 0, 0) })
}

/// Reads the vector from /proc. See proc_pid_auxv(5).
#[cfg(not(feature = "freestanding"))]
fn read_auxv(vector: &mut [AuxEntry]) -> Result<usize> {
    let (start, len) = (vector.as_mut_ptr().cast::<MaybeUninit<u8>>(), size_of_val(vector));
    let fd = open(c"/proc/self/auxv", O_RDONLY, 0)?;
    // SAFETY: the bytes are those of the array, and reading initializes bytes and never uninitializes them.
    read(&fd, unsafe { core::slice::from_raw_parts_mut(start, len) })
}

/// Returns whether the process has any permitted capability. See capget(2).
#[cfg(not(feature = "freestanding"))]
fn may_have_capabilities() -> bool {
    let header = [general::_LINUX_CAPABILITY_VERSION_3, 0];
    // Effective, permitted and inheritable: capabilities 0 to 31, then those from 32.
    let mut sets = [[0_u32; 3]; 2];
    let (header, address) = ((&raw const header).expose_provenance(), (&raw mut sets).expose_provenance());
    // SAFETY: the header is of version 3, and the buffer has room for what that version returns.
    let result = decode(unsafe { syscall2(Sysno::capget as usize, header, address) });
    result.is_ok() && sets.iter().any(|[_, permitted, _]| *permitted != 0)
}
