//! The column of the target architecture, compared with the libc and the kernel.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

use core::ffi::{c_char, c_void};

use ffi_syscalls_arch::{
    Sysno, ThreadLocals, clone_on_stack, environ, has_thread_pointer, nr, place_thread_locals, set_thread_pointer,
    syscall1, syscall2, syscall4, thread_pointer,
};

unsafe extern "C" {
    #[link_name = "environ"]
    static LIBC_ENVIRON: *const *const c_char;
}

#[test]
fn environ_is_the_variable_of_the_libc() {
    assert_eq!(environ(), &raw const LIBC_ENVIRON);
}

#[test]
fn thread_pointer_differs_between_threads() {
    assert!(has_thread_pointer());
    // SAFETY: the libc of this program has set up thread pointers.
    let mine = || unsafe { thread_pointer() };
    let (first, second) = (mine(), mine());
    assert_eq!(first, second);
    assert_ne!(std::thread::spawn(mine).join().unwrap(), first);
}

#[test]
fn newfstatat_returns_the_status_of_a_path() {
    let mut buffer = [0_u64; 64];
    let cwd = libc::AT_FDCWD.cast_unsigned() as usize;
    let stat = buffer.as_mut_ptr().addr();
    // SAFETY: the path is NUL-terminated, and `buffer` is larger than a struct stat.
    let result = unsafe { syscall4(nr::NEWFSTATAT as usize, cwd, c"/".as_ptr().addr(), stat, 0) };
    assert_eq!(result, 0);
    // SAFETY: the kernel has written a struct stat to `buffer`.
    let stat: libc::stat = unsafe { buffer.as_ptr().cast::<libc::stat>().read() };
    assert_eq!(stat.st_mode & libc::S_IFMT, libc::S_IFDIR);
}

/// The argument of the child, which writes to it if it shares the memory.
struct Message {
    number: usize,
    done: bool,
}

unsafe extern "C" fn child(message: *mut c_void) -> ! {
    let local = 0_u128;
    // SAFETY: the parent passes a `Message` and does not access it while the child runs.
    let message = unsafe { &mut *message.cast::<Message>() };
    message.done = true;
    let is_right = message.number == 41 && (&raw const local).addr().is_multiple_of(16);
    loop {
        // SAFETY: the call only ends this child.
        unsafe { syscall1(Sysno::exit_group as usize, if is_right { 7 } else { 8 }) };
    }
}

#[test]
fn clone_on_stack_runs_the_child_on_its_stack_with_its_argument() {
    let mut message = Message { number: 41, done: false };
    let mut stack = vec![0_u8; 65536];
    let flags = (libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD).cast_unsigned() as usize;
    // The top is odd, and clone_on_stack must align it.
    let top = stack[..65533].as_mut_ptr_range().end.cast();
    // SAFETY: CLONE_VFORK stops this thread until the child has exited, so the stack and the message stay valid.
    let pid = unsafe { clone_on_stack(flags, top, child, (&raw mut message).cast()) };
    assert!(pid < usize::MAX - 4095);
    let mut status = 0_i32;
    // SAFETY: the call writes one int, to `status`.
    let waited = unsafe { syscall4(Sysno::wait4 as usize, pid, (&raw mut status).addr(), 0, 0) };
    assert_eq!((waited, status), (pid, 7 << 8));
    // An emulator copies the memory, as fork(2) does.
    assert!(message.done || std::env::var_os("FFI_SYSCALLS_EMULATED").is_some());
}

#[test]
fn clone_on_stack_returns_the_negated_errno_of_the_kernel() {
    let mut stack = vec![0_u8; 65536];
    let top = stack.as_mut_ptr_range().end.cast();
    // clone(2) rejects CLONE_SIGHAND without CLONE_VM.
    let flags = libc::CLONE_SIGHAND.cast_unsigned() as usize;
    // SAFETY: the flags are invalid, so no child starts.
    let result = unsafe { clone_on_stack(flags, top, child, core::ptr::null_mut()) };
    assert_eq!(result.wrapping_neg(), libc::EINVAL.cast_unsigned() as usize);
}

#[test]
fn syscalls_return_negated_errnos() {
    // SAFETY: the descriptor does not exist, so the call fails.
    let result = unsafe { syscall2(Sysno::flock as usize, usize::MAX, 8) };
    assert_eq!(result.wrapping_neg(), libc::EBADF.cast_unsigned() as usize);
}

/// Compilers and linkers compute the place of a variable from that of the thread pointer, by the rules of the ABI.
#[test]
fn place_thread_locals_keeps_the_rules_of_the_abi_for_every_alignment() {
    let aligns = [1_usize, 2, 8, 16, 64, 4096, 1 << 16];
    let lengths = [0_usize, 1, 7, 16, 100, 4096, 70_001];
    for (align, len) in aligns.into_iter().flat_map(|align| lengths.map(|len| (align, len))) {
        for address in [0, 0x40_0000, 0x40_0000 + align / 2, 0x40_0000 + align.saturating_sub(1)] {
            let locals = ThreadLocals { content: core::ptr::null(), content_len: 0, len, address, align };
            let memory = 0x7f12_3456_7000;
            let (pointer, block) = place_thread_locals(&locals, memory);
            let what = format!("{len} bytes at {address:#x}, aligned to {align}");
            let end = memory + locals.memory_len();
            assert!(block >= memory && block + len <= end && pointer >= memory && pointer + 64 <= end, "{what}");
            assert_eq!((pointer % align, pointer % 16), (0, 0), "{what}");
            assert_eq!(block % align, address % align, "{what}");
            // The block is as near to the thread pointer as its alignment allows.
            if cfg!(target_arch = "x86_64") {
                assert!(block + len <= pointer && block + len + align > pointer, "{what}");
            } else {
                let first = pointer + if cfg!(target_arch = "aarch64") { 16 } else { 0 };
                assert!(block >= first && block < first + align, "{what}");
            }
        }
    }
}

/// A program with a libc has nothing else to set, and its own thread pointer must stay.
#[test]
fn set_thread_pointer_changes_what_thread_pointer_returns() {
    let mut words = [0_usize; 16];
    // SAFETY: the libc of this program has set up thread pointers.
    let before = unsafe { thread_pointer() };
    let new = words.as_mut_ptr();
    // SAFETY: the words stay until the pointer is restored, and no code between uses thread-local storage.
    let set = unsafe { set_thread_pointer(new) };
    // SAFETY: the thread pointer has just been set.
    let found = unsafe { thread_pointer() };
    // SAFETY: this is the thread pointer of the libc, whose first word on x86_64 is its own address.
    let restored = unsafe { set_thread_pointer(core::ptr::with_exposed_provenance_mut(before)) };
    assert_eq!((set, found, restored), (0, new.addr(), 0));
}
