//! The aarch64 column.
//!
//! | role | registers |
//! |---|---|
//! | system call | number `x8`; arguments `x0 x1 x2 x3 x4 x5`; result `x0`; no other general register is clobbered |
//! | C call | arguments `x0 x1 x2 x3 x4 x5`; result `x0`; `x19-x29` are preserved |
//! | stack | 16-byte aligned whenever it is used |
//! | thread pointer | `tpidr_el0` |

use core::arch::{asm, naked_asm};
use core::ffi::{CStr, c_char, c_void};

use crate::child::ChildEntry;
use crate::thread_locals::ThreadLocals;

// System calls clobber the SVE registers beyond their first 128 bits, and the crate `syscalls` does not declare it. See
// "System call behaviour" in Documentation/arch/arm64/sve.rst of the kernel.
#[cfg(target_feature = "sve")]
compile_error!("ffi_syscalls cannot be built with the SVE extension: system calls do not preserve its registers");

/// Numbers of system calls that the crate `syscalls` names differently on some architecture.
pub mod nr {
    use syscalls::Sysno;

    /// `newfstatat(dirfd, path, stat, flags)`.
    pub const NEWFSTATAT: Sysno = Sysno::fstatat;

    /// `renameat(olddirfd, oldpath, newdirfd, newpath)`, whose flags, if it takes any, are 0.
    pub const RENAMEAT: Sysno = Sysno::renameat;
}

/// The name of clock_gettime(2) in the vDSO. See vdso(7).
pub const VDSO_CLOCK_GETTIME: &CStr = c"__kernel_clock_gettime";

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
        "and x1, x1, #-16",
        "mov x9, x2",      // pass entry and argument in registers, which the kernel preserves in the child
        "mov x10, x3",
        "mov x2, xzr",     // no parent_tid
        "mov x3, xzr",     // no tls
        "mov x4, xzr",     // no child_tid
        "mov x8, {clone}",
        "svc 0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, xzr",    // marks the outermost frame for debuggers
        "mov x0, x10",
        "blr x9",
        "brk 1",
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
            "adrp {0}, :got:environ",
            "ldr {0}, [{0}, :got_lo12:environ]",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    address
}

/// Returns true if the calling thread has a thread pointer that [`thread_pointer`] may read.
///
/// The register is always readable, and the kernel sets it to 0 in a new program.
#[inline]
#[must_use]
pub fn has_thread_pointer() -> bool {
    // SAFETY: `tpidr_el0` is readable even if no libc has set it.
    unsafe { thread_pointer() != 0 }
}

/// Returns the thread pointer of the calling thread.
///
/// # Safety
/// A libc must have set up thread pointers in this process: see [`has_thread_pointer`].
#[inline]
#[must_use]
pub unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: `tpidr_el0` is readable in user mode. The asm is not pure: the value differs between threads.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Sets the thread pointer of the calling thread. Returns 0.
///
/// # Safety
/// The two words at `pointer` must be reserved for as long as the thread runs, and no code may use the previous thread
/// pointer.
#[inline]
pub unsafe fn set_thread_pointer(pointer: *mut usize) -> usize {
    // SAFETY: nothing uses the previous thread pointer.
    unsafe { asm!("msr tpidr_el0, {}", in(reg) pointer.expose_provenance(), options(nostack, preserves_flags)) };
    0
}

/// Returns the thread pointer for thread-local variables in memory that begins at `memory`, and the address of the
/// variables, which are after it and two reserved words. See [`ThreadLocals`].
#[inline]
#[must_use]
pub const fn place_thread_locals(locals: &ThreadLocals, memory: usize) -> (usize, usize) {
    const RESERVED: usize = 16;
    let stride = locals.stride();
    let pointer = (memory + stride) & stride.wrapping_neg();
    (pointer, pointer + RESERVED + (locals.address.wrapping_sub(RESERVED) & (locals.align - 1)))
}

/// The relocation `*offset = load address + addend`: R_AARCH64_RELATIVE. See the ELF ABI for the Arm 64-bit
/// architecture.
pub const R_RELATIVE: usize = 1027;

/// Returns the array between two symbols of the linker. A linker that does not define them may replace either by the page
/// of the instruction that refers to it, so the end comes first: it is not after the first element then.
macro_rules! array {
    ($start:literal, $end:literal) => {{
        let (first, end);
        // SAFETY: the asm computes addresses.
        unsafe {
            core::arch::asm!(
                concat!(".weak ", $start),
                concat!(".hidden ", $start),
                concat!(".weak ", $end),
                concat!(".hidden ", $end),
                concat!("adrp {end}, ", $end),
                concat!("add {end}, {end}, :lo12:", $end),
                concat!("adrp {first}, ", $start),
                concat!("add {first}, {first}, :lo12:", $start),
                end = out(reg) end,
                first = out(reg) first,
                options(nomem, nostack, preserves_flags),
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
/// At entry the kernel has put argc, argv, envp and the auxiliary vector on the stack, `sp` points at argc, and the
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
                "mov x29, xzr",                    // marks the outermost frame for debuggers
                "mov x30, xzr",
                "mov x0, sp",                      // initial stack pointer, which the kernel aligns
                "adrp x1, __ehdr_start",           // defined by the linker
                "add x1, x1, :lo12:__ehdr_start",
                "bl {entry}",
                "brk 1",                           // not reached
                entry = sym $entry,
            )
        }
    };
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memcpy(void *dst, const void *src, size_t n)
    "memcpy",
    "mov x3, x0",
    ".Lffi_syscalls_copy:", // copies n bytes upwards from x1 to x3
    "subs x2, x2, 16",
    "b.lo 3f",
    "2:",
    "ldp x4, x5, [x1], 16",
    "stp x4, x5, [x3], 16",
    "subs x2, x2, 16",
    "b.hs 2b",
    "3:", // the low four bits of x2 are the number of bytes left
    "tbz x2, 3, 4f",
    "ldr x4, [x1], 8",
    "str x4, [x3], 8",
    "4:",
    "tbz x2, 2, 5f",
    "ldr w4, [x1], 4",
    "str w4, [x3], 4",
    "5:",
    "tbz x2, 1, 6f",
    "ldrh w4, [x1], 2",
    "strh w4, [x3], 2",
    "6:",
    "tbz x2, 0, 7f",
    "ldrb w4, [x1]",
    "strb w4, [x3]",
    "7:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memmove(void *dst, const void *src, size_t n): backwards only if dst lies inside [src, src + n)
    "memmove",
    "mov x3, x0",
    "sub x4, x0, x1",
    "cmp x4, x2",
    "b.lo 2f",
    "b .Lffi_syscalls_copy", // may overlap in this direction, since it loads before it stores
    "2:",
    "add x1, x1, x2",
    "add x3, x3, x2",
    "6:",
    "subs x2, x2, 16",
    "b.lo 3f",
    "ldp x4, x5, [x1, -16]!",
    "stp x4, x5, [x3, -16]!",
    "b 6b",
    "3:",
    "ands x2, x2, 15",
    "b.eq 5f",
    "4:",
    "ldrb w4, [x1, -1]!",
    "strb w4, [x3, -1]!",
    "subs x2, x2, 1",
    "b.ne 4b",
    "5:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memset(void *dst, int byte, size_t n)
    "memset",
    "mov x3, x0",
    "and x1, x1, 255",
    "mov x4, 0x0101010101010101",
    "mul x1, x1, x4", // repeat the byte eight times
    "subs x2, x2, 16",
    "b.lo 3f",
    "2:",
    "stp x1, x1, [x3], 16",
    "subs x2, x2, 16",
    "b.hs 2b",
    "3:", // the low four bits of x2 are the number of bytes left
    "tbz x2, 3, 4f",
    "str x1, [x3], 8",
    "4:",
    "tbz x2, 2, 5f",
    "str w1, [x3], 4",
    "5:",
    "tbz x2, 1, 6f",
    "strh w1, [x3], 2",
    "6:",
    "tbz x2, 0, 7f",
    "strb w1, [x3]",
    "7:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // int memcmp(const void *a, const void *b, size_t n); bcmp only needs a result that is 0 or not
    "memcmp" = "bcmp",
    "2:",
    "subs x2, x2, 8",
    "b.lo 3f",
    "ldr x3, [x0], 8",
    "ldr x4, [x1], 8",
    "cmp x3, x4",
    "b.eq 2b",
    "rev x3, x3", // make the first byte the most significant one
    "rev x4, x4",
    "cmp x3, x4",
    "cset w0, hi",
    "csinv w0, w0, wzr, hs",
    "ret",
    "3:",
    "ands x2, x2, 7",
    "4:",
    "b.eq 5f",
    "ldrb w3, [x0], 1",
    "ldrb w4, [x1], 1",
    "subs w3, w3, w4",
    "b.ne 6f",
    "subs x2, x2, 1",
    "b 4b",
    "5:",
    "mov w3, wzr",
    "6:",
    "mov w0, w3",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // size_t strlen(const char *s): 8 aligned bytes at a time, which never reach a page beyond the string
    "strlen",
    "and x1, x0, -8",
    "ldr x2, [x1]",
    "lsl x3, x0, 3",
    "mov x4, -1",
    "lsl x4, x4, x3",
    "orn x2, x2, x4", // ignore the bytes before s
    "mov x5, 0x0101010101010101",
    "2:",
    "sub x3, x2, x5", // with the next two: the lowest byte with its top bit set is the first NUL
    "bic x3, x3, x2",
    "ands x3, x3, 0x8080808080808080",
    "b.ne 3f",
    "ldr x2, [x1, 8]!",
    "b 2b",
    "3:",
    "rev x3, x3",
    "clz x3, x3", // eight times the number of bytes before the NUL
    "add x1, x1, x3, lsr 3",
    "sub x0, x1, x0",
    "ret",
}
