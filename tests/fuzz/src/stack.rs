//! The stack that a freestanding program begins on: argc, arguments, environment and auxiliary vector.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use fuzz::kernel;

use crate::start;

/// What the program found: argc, where its arguments and its environment begin, what the library says of the latter,
/// and the auxiliary vector.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    argc: usize,
    argv: usize,
    envp: usize,
    environment: usize,
    vector: Vec<[usize; 2]>,
}

static BEGUN: AtomicBool = AtomicBool::new(false);
static FOUND: Mutex<Option<Found>> = Mutex::new(None);

/// Whether the library is beginning the program that is tested.
pub(crate) fn is_begun() -> bool {
    BEGUN.load(Relaxed)
}

/// The main function of that program.
pub(crate) fn main(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    let found = Found {
        argc: usize::try_from(argc).unwrap_or(usize::MAX),
        argv: argv.addr(),
        envp: envp.addr(),
        environment: start::environment().addr(),
        vector: start::auxiliary_vector().copied().collect(),
    };
    if let Ok(mut place) = FOUND.lock() {
        *place = Some(found);
    }
    0
}

unsafe extern "C" fn life(stack: *mut c_void) -> ! {
    start::begin(stack.cast_const().cast())
}

/// The first bytes say how many arguments and variables there are, the rest is the auxiliary vector.
pub(crate) fn run(data: &[u8]) {
    let byte = |at: usize| data.get(at).copied().unwrap_or_default();
    let (argc, variables) = (usize::from(byte(0)), usize::from(byte(1)));
    let words = data.get(2..).unwrap_or_default().chunks_exact(8);
    let words: Vec<usize> = words.filter_map(|word| Some(usize::from_le_bytes(word.try_into().ok()?))).collect();
    let vector: Vec<[usize; 2]> = words.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    // The first entry of type 0 ends it.
    let vector: Vec<[usize; 2]> = vector.into_iter().take_while(|entry| entry[0] != 0).collect();
    // Pointers that nobody follows.
    let pointers = |count: usize| (0..count).map(|number| 0x1000 + number).chain([0]);
    let mut stack = vec![argc];
    stack.extend(pointers(argc).chain(pointers(variables)));
    stack.extend(vector.iter().flatten().copied().chain([0, byte(2).into()]));
    let start = stack.as_mut_ptr();
    BEGUN.store(true, Relaxed);
    // SAFETY: `life` ends with the process that runs it, which shares the memory while this one waits.
    let child = unsafe { kernel::clone_on_stack(0, std::ptr::null_mut(), life, start.cast()) };
    BEGUN.store(false, Relaxed);
    let (child, mut status) = (libc::pid_t::try_from(child).unwrap_or_default(), -1);
    // SAFETY: the status is an int.
    assert_eq!((child, 0), (unsafe { libc::waitpid(child, &raw mut status, 0) }, status), "how the program ended");
    let word = |number: usize| start.wrapping_add(number).addr();
    let envp = word(argc + 2);
    let expected = Found { argc, argv: word(1), envp, environment: envp, vector };
    assert_eq!(FOUND.lock().ok().and_then(|mut found| found.take()), Some(expected));
}
