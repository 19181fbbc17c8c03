//! The arguments, the environment and the auxiliary vector that the kernel passed to the program.

use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::ptr::{NonNull, with_exposed_provenance_mut};
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
use super::path::read_link_at;
use super::system::{effective_user, real_user};
#[cfg(not(feature = "freestanding"))]
use crate::errno::decode;
use crate::errno::{Errno, Result};
use crate::sys::CWD;

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

/// Returns the value of an entry of the auxiliary vector, or `None` if the kernel passed none or does not show it.
pub(crate) fn aux_value(kind: u32) -> Option<usize> {
    find(vector().ok()?, kind)
}

fn find(mut vector: impl Iterator<Item = AuxEntry>, kind: u32) -> Option<usize> {
    vector.find(|entry| entry[0] == kind as usize).map(|entry| entry[1])
}

/// Returns the path by which the program was executed, which may be relative: AT_EXECFN.
pub(crate) fn exec_filename() -> Option<&'static CStr> {
    let name = NonNull::new(with_exposed_provenance_mut::<c_char>(aux_value(auxvec::AT_EXECFN)?))?;
    // SAFETY: the kernel has put a NUL-terminated string there, on the entry stack, which stays until the process ends.
    Some(unsafe { CStr::from_ptr(name.as_ptr()) })
}

/// The `envp` array on the entry stack.
#[cfg(feature = "freestanding")]
static ENVIRONMENT: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());

/// The `argv` array on the entry stack.
#[cfg(feature = "freestanding")]
static ARGUMENTS: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());

/// The auxiliary vector, which follows `envp`. It has a pointer of its own, since a program may shorten `envp`.
#[cfg(feature = "freestanding")]
static AUXILIARY_VECTOR: AtomicPtr<AuxEntry> = AtomicPtr::new(core::ptr::null_mut());

/// Records the arguments, the environment and the auxiliary vector of the entry stack.
///
/// # Safety
/// `argv` and `envp` are arrays of NUL-terminated strings ended by a null pointer, `vector` is an array ended by an entry
/// of type 0, and all stay valid until the process ends.
#[cfg(feature = "freestanding")]
pub(crate) unsafe fn set_entry_stack(argv: *const *const c_char, envp: *const *const c_char, vector: *const AuxEntry) {
    ARGUMENTS.store(argv.cast_mut(), Relaxed);
    ENVIRONMENT.store(envp.cast_mut(), Relaxed);
    AUXILIARY_VECTOR.store(vector.cast_mut(), Relaxed);
}

/// Returns the entries on the entry stack. `ENOENT` in a program that did not start at `_start`.
#[cfg(feature = "freestanding")]
fn vector() -> Result<impl Iterator<Item = AuxEntry>> {
    let mut next = NonNull::new(AUXILIARY_VECTOR.load(Relaxed)).ok_or(Errno::ENOENT)?;
    Ok(core::iter::from_fn(move || {
        // SAFETY: the vector stays valid, and iteration stops at its last entry, whose type is 0.
        let entry = unsafe { next.read() };
        if entry[0] == 0 {
            return None;
        }
        // SAFETY: an entry that is not the last is followed by another.
        next = unsafe { next.add(1) };
        Some(entry)
    }))
}

/// Looks AT_SECURE up on the entry stack. A program that did not start at `_start` is trusted with nothing.
#[cfg(feature = "freestanding")]
fn aux_secure() -> Option<bool> {
    let Ok(vector) = vector() else { return Some(true) };
    find(vector, auxvec::AT_SECURE).map(|secure| secure != 0)
}

/// Returns false: a kernel that passes no AT_SECURE predates capabilities of programs.
#[cfg(feature = "freestanding")]
const fn may_have_capabilities() -> bool {
    false
}

/// Returns the arguments that the kernel passed to the program, ended by a null pointer.
#[cfg(feature = "freestanding")]
pub(crate) fn arguments() -> Option<*const *const c_char> {
    let arguments = ARGUMENTS.load(Relaxed);
    (!arguments.is_null()).then_some(arguments.cast_const())
}

/// Returns the array of strings that the kernel passed, ended by a null pointer. See environ(7).
#[cfg(feature = "freestanding")]
pub(crate) fn environment() -> Option<*const *const c_char> {
    Some(ENVIRONMENT.load(Relaxed).cast_const())
}

/// Returns the arguments that a libc passed to the constructors of the program, ended by a null pointer.
#[cfg(not(feature = "freestanding"))]
pub(crate) use crate::sys::constructor::arguments;

/// Returns the libc's `environ`, ended by a null pointer; `None` without a libc. See environ(7).
///
/// The pointer is null after clearenv(3).
#[cfg(not(feature = "freestanding"))]
pub(crate) fn environment() -> Option<*const *const c_char> {
    let environ = NonNull::new(ffi_syscalls_arch::environ().cast_mut())?;
    // SAFETY: the address is that of the libc's variable.
    Some(unsafe { environ.read_volatile() })
}

/// Returns the entries of the vector that the kernel keeps.
#[cfg(not(feature = "freestanding"))]
fn vector() -> Result<impl Iterator<Item = AuxEntry>> {
    // The array is longer than any vector; the unused rest is AT_NULL, which ends the vector.
    let mut vector = [AuxEntry::default(); 64];
    get_auxv(&mut vector).or_else(|_| read_auxv(&mut vector))?;
    Ok(vector.into_iter())
}

/// Looks AT_SECURE up in the vector that the kernel keeps.
#[cfg(not(feature = "freestanding"))]
fn aux_secure() -> Option<bool> {
    match vector() {
        Err(Errno::EACCES) if !is_dumpable() => Some(true),
        vector => find(vector.ok()?, auxvec::AT_SECURE).map(|secure| secure != 0),
    }
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

/// Fails: a libc passes the arguments to constructors, or /proc has them.
pub(crate) const fn read_arguments(_buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    Err(Errno::ENOSYS)
}

/// Writes the path of the program's file into the buffer, and returns its length. See proc_pid_exe(5).
pub(crate) fn executable(buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    read_link_at(&CWD, c"/proc/self/exe", buffer)
}
