//! The x86_64 column.
//!
//! | role | registers |
//! |---|---|
//! | system call | number `rax`; arguments `rdi rsi rdx r10 r8 r9`; result `rax`; `rcx` and `r11` are clobbered |
//! | C call | arguments `rdi rsi rdx rcx r8 r9`; result `rax`; `rbx rbp r12-r15` are preserved |
//! | stack | 16-byte aligned before each `call` |
//! | thread pointer | `fs`; the word at `fs:0` holds its own address |

use core::arch::{asm, naked_asm};
use core::ffi::{CStr, c_char, c_void};

use crate::child::ChildEntry;
use crate::thread_locals::ThreadLocals;

/// Numbers of system calls that the crate `syscalls` names differently on some architecture.
pub mod nr {
    use syscalls::Sysno;

    /// `newfstatat(dirfd, path, stat, flags)`.
    pub const NEWFSTATAT: Sysno = Sysno::newfstatat;

    /// `renameat(olddirfd, oldpath, newdirfd, newpath)`, whose flags, if it takes any, are 0.
    pub const RENAMEAT: Sysno = Sysno::renameat;
}

/// The name of clock_gettime(2) in the vDSO. See vdso(7).
pub const VDSO_CLOCK_GETTIME: &CStr = c"__vdso_clock_gettime";

/// Starts a child with `clone(flags)` that runs `entry(argument)` on the stack that ends at `stack_top`.
/// Returns in the caller only: the process ID of the child, or a negated errno of the kernel.
///
/// See clone(2).
///
/// # Safety
/// `stack_top` must end a writable region that is large enough for `entry` and that nothing else uses while the child
/// runs. With `CLONE_VM` the child shares all memory, so `entry` must be sound to run concurrently with the caller.
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
        "mov [rsi], rcx",  // pass the argument on the stack of the child
        "mov r9, rdx",     // pass the entry in a register, which the kernel preserves in the child
        "xor edx, edx",    // no parent_tid
        "xor r10d, r10d",  // no child_tid
        "xor r8d, r8d",    // no tls
        "mov eax, {clone}",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",    // marks the outermost frame for debuggers
        "mov rdi, [rsp]",
        "call r9",
        "ud2",
        clone = const syscalls::Sysno::clone as usize,
    )
}

/// Returns the address of the variable `environ` of the libc, or null in a program without a libc.
///
/// The reference is weak, so that it does not require a libc. It goes through the global offset table, where the dynamic
/// linker can leave it null.
#[inline]
#[must_use]
pub fn environ() -> *const *const *const c_char {
    let address;
    // SAFETY: the asm reads one slot of the global offset table, which is constant once the program runs.
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

/// Returns true if the calling thread has a thread pointer that [`thread_pointer`] may read.
///
/// See arch_prctl(2). The result is false if a sandbox denies the call.
#[inline]
#[must_use]
pub fn has_thread_pointer() -> bool {
    const ARCH_GET_FS: usize = 0x1003; // asm/prctl.h
    let mut base = 0_usize;
    let base_address = &raw mut base as usize;
    // SAFETY: ARCH_GET_FS writes one word, to the local variable `base`.
    let result = unsafe { syscalls::raw::syscall2(syscalls::Sysno::arch_prctl as usize, ARCH_GET_FS, base_address) };
    result == 0 && base != 0
}

/// Returns the thread pointer of the calling thread.
///
/// # Safety
/// A libc must have set up thread pointers in this process: see [`has_thread_pointer`].
#[inline]
#[must_use]
pub unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: fs is set up, as this function requires, and the ELF TLS ABI keeps its address at fs:0.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags)) };
    pointer
}

/// Sets the thread pointer of the calling thread, and the word at it to its own address. Returns the result of
/// arch_prctl(2): 0, or a negated errno.
///
/// # Safety
/// The word at `pointer` must be writable for as long as the thread runs, and no code may use the previous thread pointer.
#[inline]
pub unsafe fn set_thread_pointer(pointer: *mut usize) -> usize {
    const ARCH_SET_FS: usize = 0x1002; // asm/prctl.h
    let address = pointer.expose_provenance();
    // SAFETY: the word is writable.
    unsafe { *pointer = address };
    // SAFETY: nothing uses the previous thread pointer.
    unsafe { syscalls::raw::syscall2(syscalls::Sysno::arch_prctl as usize, ARCH_SET_FS, address) }
}

/// Returns the thread pointer for thread-local variables in memory that begins at `memory`, and the address of the
/// variables, which are before it. See [`ThreadLocals`].
#[inline]
#[must_use]
pub const fn place_thread_locals(locals: &ThreadLocals, memory: usize) -> (usize, usize) {
    let (len, stride) = (locals.len, locals.stride());
    let pointer = (memory + len + 2 * stride) & stride.wrapping_neg();
    (pointer, pointer - len - (locals.address.wrapping_add(len).wrapping_neg() & (locals.align - 1)))
}

/// The relocation `*offset = load address + addend`: R_X86_64_RELATIVE. See the x86-64 ABI.
pub const R_RELATIVE: usize = 8;

/// Returns the array between two symbols of the linker. If a linker script does not define them, both are null.
///
/// The references go through the global offset table, where a position-independent program can have null. Linkers replace
/// them by direct ones.
macro_rules! array {
    ($start:literal, $end:literal) => {{
        let (first, end);
        // SAFETY: the asm reads two slots of the global offset table, which is constant once the program is relocated.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $start),
                concat!(".hidden ", $start),
                concat!(".weak ", $end),
                concat!(".hidden ", $end),
                concat!("mov {end}, qword ptr [rip + ", $end, "@GOTPCREL]"),
                concat!("mov {first}, qword ptr [rip + ", $start, "@GOTPCREL]"),
                end = out(reg) end,
                first = out(reg) first,
                options(readonly, nostack, preserves_flags),
            );
        }
        $crate::Array { first, end }
    }};
}
pub(crate) use array;

/// Defines the program entry `_start`, which calls
/// `$entry: unsafe extern "C" fn(stack: *const usize, image: *const ElfHeader) -> !` with the initial stack pointer and the
/// address of the ELF header, for [`relocate`](crate::relocate). A program without one gets a meaningless address.
///
/// At entry the kernel has put argc, argv, envp and the auxiliary vector on the stack, `rsp` points at argc, and the
/// other registers are undefined.
#[macro_export]
macro_rules! define_start {
    ($entry:path) => {
        /// The program entry, which only the kernel calls.
        ///
        /// # Safety
        /// It must run once, before all other code, on the initial stack.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn _start() -> ! {
            ::core::arch::naked_asm!(
                ".weak __ehdr_start",
                ".hidden __ehdr_start",
                "xor ebp, ebp",                    // marks the outermost frame for debuggers
                "mov rdi, rsp",                    // initial stack pointer
                "lea rsi, [rip + __ehdr_start]",   // defined by the linker
                "and rsp, -16",                    // the kernel aligns it, but other loaders may not
                "call {entry}",
                "ud2",                             // not reached
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
    // void *memmove(void *dst, const void *src, size_t n): backwards only if dst lies inside [src, src + n)
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
    // int memcmp(const void *a, const void *b, size_t n); bcmp only needs a result that is 0 or not
    "memcmp" = "bcmp",
    "xor eax, eax",
    "mov rcx, rdx",
    "cmp rcx, rcx", // set the flags to equal, in case n is 0
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
    // size_t strlen(const char *s): 16 aligned bytes at a time, which never reach a page beyond the string
    "strlen",
    "mov rax, rdi",
    "and al, -16",
    "mov ecx, edi",
    "and ecx, 15",
    "pxor xmm0, xmm0",
    "movdqa xmm1, [rax]",
    "pcmpeqb xmm1, xmm0",
    "pmovmskb edx, xmm1",
    "shr edx, cl", // ignore the bytes before s
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
