//! Names for files and directories that are temporary, or are until they are complete.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::arg::{PATH_MAX, join};
use crate::errno::{Errno, Result};
use crate::sys;
use crate::text::Text;

/// The random part of a name: short, and the same where file systems ignore case.
pub(crate) type Name = [u8; 12];

/// Calls a function with random names until it returns another result than `EEXIST`. Returns the last name, and what the
/// function returned.
pub(crate) fn with_unused_name<R>(mut create: impl FnMut(&Name) -> Result<R>) -> Result<(Name, R)> {
    /// More than chance needs: a caller may see `EEXIST` for another reason.
    const ATTEMPTS: u32 = 100;
    for _ in 0..ATTEMPTS {
        let name = random_name();
        match create(&name) {
            Err(Errno::EEXIST) => {}
            result => return Ok((name, result?)),
        }
    }
    Err(Errno::EEXIST)
}

/// Creates a file or a directory under a new name that begins with a prefix, and returns its path.
///
/// `ENOENT` for an empty path of the directory, `EINVAL` for a prefix with a slash. It is removed if there is no memory
/// for the path.
pub(crate) fn create_in(
    directory: &[u8],
    prefix: &[u8],
    create: fn(&CStr) -> Result<()>,
    remove: fn(&CStr) -> Result<()>,
) -> Result<Text> {
    if prefix.contains(&b'/') {
        return Err(Errno::EINVAL);
    }
    let slash: &[u8] = match directory.last() {
        None => return Err(Errno::ENOENT),
        Some(b'/') => b"",
        Some(_) => b"/",
    };
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let (name, ()) = with_unused_name(|name| create(join([directory, slash, prefix, name], &mut buffer)?))?;
    let path = join([directory, slash, prefix, &name], &mut buffer)?;
    Text::new(path.to_bytes()).inspect_err(|_| {
        // The first error is the one to report.
        let _ = remove(path);
    })
}

fn random_name() -> Name {
    const SYMBOLS: [u8; 32] = *b"abcdefghijklmnopqrstuvwxyz234567";
    let mut bits = random_number();
    [0; _].map(|_| {
        let symbol = bits % SYMBOLS.len();
        bits /= SYMBOLS.len();
        SYMBOLS.get(symbol).copied().unwrap_or_default()
    })
}

/// Returns a random number, at once: one that others can guess costs no more than further attempts.
fn random_number() -> usize {
    let mut buffer = [MaybeUninit::new(0); size_of::<usize>()];
    let is_random = sys::random(&mut buffer, false) == Ok(buffer.len());
    // SAFETY: every byte was initialized, whether the call has overwritten it or not.
    let number = usize::from_ne_bytes(buffer.map(|byte| unsafe { byte.assume_init() }));
    if is_random { number } else { number ^ changing_number() }
}

/// Returns a number that differs between processes, threads, calls and moments.
#[cold]
fn changing_number() -> usize {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let time = sys::real_time();
    let parts = [time.seconds, time.nanoseconds, i64::from(sys::getpid())];
    let parts = parts.map(|part| usize::try_from(part).unwrap_or_default());
    let stack = (&raw const time).addr();
    [stack, CALLS.fetch_add(1, Relaxed)].into_iter().chain(parts).fold(0, |mixed: usize, part| {
        let product = (mixed ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        product ^ product >> 32
    })
}
