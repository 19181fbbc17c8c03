//! The x86_64 column.
//!
//! | role | registers |
//! |---|---|
//! | system call | number `rax`; arguments `rdi rsi rdx r10 r8 r9`; result `rax`; `rcx` and `r11` are lost |
//! | C call | arguments `rdi rsi rdx rcx r8 r9`; result `rax`; `rbx rbp r12-r15` are kept |
//! | stack | 16-byte aligned before each `call` |
//! | thread pointer | `fs`; the word at `fs:0` holds its own address |

use core::arch::{asm, naked_asm};
use core::ffi::{c_char, c_void};

use crate::ChildEntry;

/// Numbers of system calls that `syscalls` names differently from one architecture to the next.
pub mod nr {
    use syscalls::Sysno;

    /// `newfstatat(dirfd, path, stat, flags)`.
    pub const NEWFSTATAT: Sysno = Sysno::newfstatat;
}

/// Starts a child with `clone(flags)` that runs `entry(argument)` on the stack that ends at `stack_top`.
/// Returns to the caller only: the child's process id, or an errno, negated, as the kernel gives it.
///
/// See clone(2).
///
/// # Safety
/// `stack_top` ends a writable region that is large enough for `entry` and that nothing else uses while the child
/// runs. With `CLONE_VM` the child shares all memory, so `entry` and `argument` must be sound to use beside the caller.
#[unsafe(naked)]
pub unsafe extern "C" fn clone_on_stack(
    flags: usize,
    stack_top: *mut c_void,
    entry: ChildEntry,
    argument: *mut c_void,
) -> usize {
    naked_asm!(
        "and rsi, -16",
        "sub rsi, 16",
        "mov [rsi], rcx",  // the argument waits on the child's stack
        "mov r9, rdx",     // the entry in a register that the kernel hands to the child unchanged
        "xor edx, edx",    // no parent_tid
        "xor r10d, r10d",  // no child_tid
        "xor r8d, r8d",    // no tls
        "mov eax, {clone}",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",    // the outermost frame, for debuggers
        "mov rdi, [rsp]",
        "call r9",
        "ud2",
        clone = const syscalls::Sysno::clone as usize,
    )
}

/// The address of the libc's variable `environ`, or null in a program that has none.
///
/// The reference is weak, so that it never asks for a libc, and goes through the global offset table, so that the
/// dynamic linker can leave it null.
#[inline]
#[must_use]
pub fn environ() -> *const *const *const c_char {
    let address;
    // SAFETY: reads one slot of the global offset table, which is constant once the program runs.
    unsafe {
        asm!(
            ".weak environ",
            "mov {}, qword ptr [rip + environ@GOTPCREL]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    address
}

/// Whether the calling thread has a thread pointer that [`thread_pointer`] may read.
///
/// See arch_prctl(2). Where a sandbox refuses to say, the answer is no.
#[inline]
#[must_use]
pub fn has_thread_pointer() -> bool {
    const ARCH_GET_FS: usize = 0x1003; // asm/prctl.h
    let mut base = 0_usize;
    let base_address = &raw mut base as usize;
    // SAFETY: ARCH_GET_FS writes one word at the address, which is that of a local.
    let result = unsafe { syscalls::raw::syscall2(syscalls::Sysno::arch_prctl as usize, ARCH_GET_FS, base_address) };
    result == 0 && base != 0
}

/// The calling thread's thread pointer.
///
/// # Safety
/// A libc has set up thread pointers in this process: see [`has_thread_pointer`].
#[inline]
#[must_use]
pub unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: the caller vouches for fs; the x86-64 ABI for thread-local storage puts its address at fs:0.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags)) };
    pointer
}

/// The relocation `*offset = load address + addend`: R_X86_64_RELATIVE. See the x86-64 ABI.
pub const R_RELATIVE: usize = 8;

/// Defines the program entry `_start`, which calls
/// `$entry: unsafe extern "C" fn(stack: *const usize, image: *const ElfHeader) -> !` with the initial stack pointer and the
/// program's ELF header, which is for [`relocate`](crate::relocate), and means nothing in a program that has none.
///
/// At entry the kernel has put argc, argv, envp and the auxiliary vector on the stack, `rsp` points at argc, and the
/// other registers say nothing.
#[macro_export]
macro_rules! define_start {
    ($entry:path) => {
        /// The program entry. Called by the kernel, never by code.
        ///
        /// # Safety
        /// Runs once, first, on the stack that the kernel made.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn _start() -> ! {
            ::core::arch::naked_asm!(
                ".weak __ehdr_start",
                ".hidden __ehdr_start",
                "xor ebp, ebp",                    // the outermost frame, for debuggers
                "mov rdi, rsp",                    // the initial stack
                "lea rsi, [rip + __ehdr_start]",   // made by the linker
                "and rsp, -16",                    // the kernel aligns it; an odd loader may not
                "call {entry}",
                "ud2",                             // it does not return
                entry = sym $entry,
            )
        }
    };
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memcpy(void *dst, const void *src, size_t n)
    "memcpy",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memmove(void *dst, const void *src, size_t n): backwards only when dst lies inside [src, src + n)
    "memmove",
    "mov rax, rdi",
    "mov rcx, rdx",
    "mov r8, rdi",
    "sub r8, rsi",
    "cmp r8, rdx",
    "jb 2f",
    "rep movsb",
    "ret",
    "2:",
    "lea rdi, [rdi + rdx - 1]",
    "lea rsi, [rsi + rdx - 1]",
    "std",
    "rep movsb",
    "cld",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memset(void *dst, int byte, size_t n)
    "memset",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // int memcmp(const void *a, const void *b, size_t n); bcmp asks only whether they differ
    "memcmp" = "bcmp",
    "xor eax, eax",
    "mov rcx, rdx",
    "cmp rcx, rcx", // equal when there is nothing to compare
    "repe cmpsb",
    "je 3f",
    "movzx eax, byte ptr [rdi - 1]",
    "movzx ecx, byte ptr [rsi - 1]",
    "sub eax, ecx",
    "3:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // size_t strlen(const char *s): 16 aligned bytes at a time, which never cross into a page that s does not reach
    "strlen",
    "mov rax, rdi",
    "and al, -16",
    "mov ecx, edi",
    "and ecx, 15",
    "pxor xmm0, xmm0",
    "movdqa xmm1, [rax]",
    "pcmpeqb xmm1, xmm0",
    "pmovmskb edx, xmm1",
    "shr edx, cl", // the bytes in front of s do not count
    "shl edx, cl",
    "bsf edx, edx",
    "jnz 5f",
    "4:",
    "add rax, 16",
    "movdqa xmm1, [rax]",
    "pcmpeqb xmm1, xmm0",
    "pmovmskb edx, xmm1",
    "bsf edx, edx",
    "jz 4b",
    "5:",
    "add rax, rdx",
    "sub rax, rdi",
    "ret",
}
