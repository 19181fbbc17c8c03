//! The stack that a freestanding program starts on: argc, arguments, environment and auxiliary vector.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use fuzz::clone_on_stack;

use crate::entry;

/// The arguments of the program's main function, and the addresses that the entry code records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    argc: usize,
    argv: usize,
    envp: usize,
    arguments: usize,
    environment: usize,
    vector: usize,
}

static STARTED: AtomicBool = AtomicBool::new(false);
static FOUND: Mutex<Option<Found>> = Mutex::new(None);

/// Returns whether the program under test is running.
pub(crate) fn is_started() -> bool {
    STARTED.load(Relaxed)
}

fn record(change: impl FnOnce(&mut Found)) {
    if let Ok(mut found) = FOUND.lock() {
        change(found.get_or_insert_default());
    }
}

/// Records the addresses, in place of the library's primitive of this name.
///
/// # Safety
/// None: the arrays are not read.
pub(crate) unsafe fn set_entry_stack(
    argv: *const *const c_char,
    envp: *const *const c_char,
    vector: *const [usize; 2],
) {
    record(|found| (found.arguments, found.environment, found.vector) = (argv.addr(), envp.addr(), vector.addr()));
}

/// The main function of the program under test.
pub(crate) fn main(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    record(|found| {
        found.argc = usize::try_from(argc).unwrap_or(usize::MAX);
        (found.argv, found.envp) = (argv.addr(), envp.addr());
    });
    0
}

unsafe extern "C" fn run_entry(stack: *mut c_void) -> ! {
    entry::begin(stack.cast_const().cast())
}

/// Input: the number of arguments, the number of variables, and the auxiliary vector.
pub(crate) fn run(data: &[u8]) {
    let byte = |at: usize| data.get(at).copied().unwrap_or_default();
    let (argc, variables) = (usize::from(byte(0)), usize::from(byte(1)));
    let words = data.get(2..).unwrap_or_default().chunks_exact(8);
    let words: Vec<usize> = words.filter_map(|word| Some(usize::from_le_bytes(word.try_into().ok()?))).collect();
    // The entry code reads nothing through these pointers.
    let pointers = |count: usize| (0..count).map(|number| 0x1000 + number).chain([0]);
    let mut stack = vec![argc];
    stack.extend(pointers(argc).chain(pointers(variables)));
    stack.extend(words.into_iter().chain([0, byte(2).into()]));
    let start = stack.as_mut_ptr();
    STARTED.store(true, Relaxed);
    // SAFETY: `run_entry` ends its process, and this process waits until then.
    let child = unsafe { clone_on_stack(0, std::ptr::null_mut(), run_entry, start.cast()) };
    STARTED.store(false, Relaxed);
    let (child, mut status) = (libc::pid_t::try_from(child).unwrap_or_default(), -1);
    // SAFETY: `status` is an int to which waitpid(2) may write.
    assert_eq!((child, 0), (unsafe { libc::waitpid(child, &raw mut status, 0) }, status), "the program failed");
    let word = |number: usize| start.wrapping_add(number).addr();
    let (argv, envp) = (word(1), word(argc + 2));
    let vector = word(argc + 2 + variables + 1);
    let expected = Found { argc, argv, envp, arguments: argv, environment: envp, vector };
    assert_eq!(FOUND.lock().ok().and_then(|mut found| found.take()), Some(expected));
}
