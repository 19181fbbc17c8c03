//! The column of this machine's architecture, against the libc and the kernel.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at what it did not expect")]

use core::ffi::{c_char, c_void};

use ffi_syscalls_arch::{
    Sysno, clone_on_stack, environ, has_thread_pointer, nr, syscall1, syscall2, syscall4, thread_pointer,
};

unsafe extern "C" {
    #[link_name = "environ"]
    static LIBC_ENVIRON: *const *const c_char;
}

#[test]
fn environ_is_the_libcs() {
    assert_eq!(environ(), &raw const LIBC_ENVIRON);
}

#[test]
fn thread_pointers_tell_threads_apart() {
    assert!(has_thread_pointer());
    // SAFETY: a libc has set them up.
    let mine = || unsafe { thread_pointer() };
    let (first, second) = (mine(), mine());
    assert_eq!(first, second);
    assert_ne!(std::thread::spawn(mine).join().unwrap(), first);
}

#[test]
fn newfstatat_is_the_call_that_stats_a_path() {
    let mut buffer = [0_u64; 64];
    let cwd = libc::AT_FDCWD.cast_unsigned() as usize;
    let stat = buffer.as_mut_ptr().addr();
    // SAFETY: the path ends with a NUL and the buffer is larger than a struct stat.
    let result = unsafe { syscall4(nr::NEWFSTATAT as usize, cwd, c"/".as_ptr().addr(), stat, 0) };
    assert_eq!(result, 0);
    // SAFETY: the kernel has filled in a struct stat.
    let stat: libc::stat = unsafe { buffer.as_ptr().cast::<libc::stat>().read() };
    assert_eq!(stat.st_mode & libc::S_IFMT, libc::S_IFDIR);
}

/// What the child is told, and what it tells where it shares the memory.
struct Told {
    number: usize,
    done: bool,
}

unsafe extern "C" fn child(told: *mut c_void) -> ! {
    let local = 0_u128;
    // SAFETY: the parent waits with it.
    let told = unsafe { &mut *told.cast::<Told>() };
    told.done = true;
    let is_right = told.number == 41 && (&raw const local).addr().is_multiple_of(16);
    loop {
        // SAFETY: ends this child.
        unsafe { syscall1(Sysno::exit_group as usize, if is_right { 7 } else { 8 }) };
    }
}

#[test]
fn a_child_runs_on_its_own_stack_with_its_argument() {
    let mut told = Told { number: 41, done: false };
    let mut stack = vec![0_u8; 65536];
    let flags = (libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD).cast_unsigned() as usize;
    // An odd top, which the column aligns.
    let top = stack[..65533].as_mut_ptr_range().end.cast();
    // SAFETY: this thread waits until the child has ended.
    let pid = unsafe { clone_on_stack(flags, top, child, (&raw mut told).cast()) };
    assert!(pid < usize::MAX - 4095);
    let mut status = 0_i32;
    // SAFETY: writes one int.
    let waited = unsafe { syscall4(Sysno::wait4 as usize, pid, (&raw mut status).addr(), 0, 0) };
    assert_eq!((waited, status), (pid, 7 << 8));
    // An emulator makes it a copy, as fork(2) does.
    assert!(told.done || std::env::var_os("FFI_SYSCALLS_EMULATED").is_some());
}

#[test]
fn a_child_that_cannot_start_is_an_error_of_the_kernels() {
    let mut stack = vec![0_u8; 65536];
    let top = stack.as_mut_ptr_range().end.cast();
    let flags = libc::CLONE_SIGHAND.cast_unsigned() as usize; // without CLONE_VM: EINVAL
    // SAFETY: no child starts.
    let result = unsafe { clone_on_stack(flags, top, child, core::ptr::null_mut()) };
    assert_eq!(result.wrapping_neg(), libc::EINVAL.cast_unsigned() as usize);
}

#[test]
fn errors_come_back_as_the_kernel_gives_them() {
    // SAFETY: unlocks nothing: there is no such descriptor.
    let result = unsafe { syscall2(Sysno::flock as usize, usize::MAX, 8) };
    assert_eq!(result.wrapping_neg(), libc::EBADF.cast_unsigned() as usize);
}
