//! The riscv64 column.
//!
//! | role | registers |
//! |---|---|
//! | system call | number `a7`; arguments `a0 a1 a2 a3 a4 a5`; result `a0`; no other general register is clobbered |
//! | C call | arguments `a0 a1 a2 a3 a4 a5`; result `a0`; `s0-s11` are preserved |
//! | stack | 16-byte aligned before each call |
//! | thread pointer | `tp` |

use core::arch::{asm, naked_asm};
use core::ffi::{CStr, c_char, c_void};

use crate::child::ChildEntry;
use crate::thread_locals::ThreadLocals;

// System calls clobber the vector registers, and the crate `syscalls` does not declare it. See
// Documentation/arch/riscv/vector.rst of the kernel. The build script sets the cfg.
#[cfg(ffi_syscalls_riscv_vectors)]
compile_error!("ffi_syscalls cannot be built with the V extension: system calls do not preserve its registers");

/// Numbers of system calls that the crate `syscalls` names differently on some architecture.
pub mod nr {
    use syscalls::Sysno;

    /// `newfstatat(dirfd, path, stat, flags)`.
    pub const NEWFSTATAT: Sysno = Sysno::newfstatat;

    /// `renameat(olddirfd, oldpath, newdirfd, newpath)`, whose flags, if it takes any, are 0.
    pub const RENAMEAT: Sysno = Sysno::renameat2;
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
        "andi a1, a1, -16",
        "mv t0, a2",       // pass entry and argument in registers, which the kernel preserves in the child
        "mv t1, a3",
        "li a2, 0",        // no parent_tid
        "li a3, 0",        // no tls
        "li a4, 0",        // no child_tid
        "li a7, {clone}",
        "ecall",
        "beqz a0, 2f",
        "ret",
        "2:",
        "li s0, 0",        // marks the outermost frame for debuggers
        "mv a0, t1",
        "jalr t0",
        "unimp",
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
            "lga {}, environ",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    address
}

/// Returns true if the calling thread has a thread pointer that [`thread_pointer`] may read.
///
/// The register is always readable, and a libc sets it at program start. In a program without a libc the result is
/// meaningless: the kernel may leave the value of the previous program in the register.
#[inline]
#[must_use]
pub fn has_thread_pointer() -> bool {
    // SAFETY: `tp` is readable even if no libc has set it.
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
    // SAFETY: `tp` is readable in user mode. The asm is not pure: the value differs between threads.
    unsafe { asm!("mv {}, tp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// Sets the thread pointer of the calling thread. Returns 0.
///
/// # Safety
/// No code may use the previous thread pointer.
#[inline]
pub unsafe fn set_thread_pointer(pointer: *mut usize) -> usize {
    // SAFETY: nothing uses the previous thread pointer.
    unsafe { asm!("mv tp, {}", in(reg) pointer.expose_provenance(), options(nostack, preserves_flags)) };
    0
}

/// Returns the thread pointer for thread-local variables in memory that begins at `memory`, and the address of the
/// variables, which are at it. See [`ThreadLocals`].
#[inline]
#[must_use]
pub const fn place_thread_locals(locals: &ThreadLocals, memory: usize) -> (usize, usize) {
    let stride = locals.stride();
    let pointer = (memory + stride) & stride.wrapping_neg();
    (pointer, pointer + (locals.address & (locals.align - 1)))
}

/// The relocation `*offset = load address + addend`: R_RISCV_RELATIVE. See the RISC-V ELF psABI.
pub const R_RELATIVE: usize = 3;

/// Returns the array between two symbols of the linker. A linker that does not define them may replace either by the
/// address of the instruction that refers to it, so the end comes first: it is before the first element then.
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
                concat!("lla {end}, ", $end),
                concat!("lla {first}, ", $start),
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
                ".weak __global_pointer$",
                ".hidden __global_pointer$",
                ".weak __ehdr_start",
                ".hidden __ehdr_start",
                ".option push",
                ".option norelax",                 // relaxation would use gp, which this sets up
                "lla gp, __global_pointer$",       // defined by the linker, amid data that gp addresses
                ".option pop",
                "li s0, 0",                        // marks the outermost frame for debuggers
                "li ra, 0",
                "li tp, 0",                        // the kernel may leave the value of the previous program
                "mv a0, sp",                       // initial stack pointer
                "lla a1, __ehdr_start",            // defined by the linker
                "andi sp, sp, -16",                // the kernel aligns it, but other loaders may not
                "call {entry}",
                "unimp",                           // not reached
                entry = sym $entry,
            )
        }
    };
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memcpy(void *dst, const void *src, size_t n)
    "memcpy",
    "mv a3, a0",
    ".Lffi_syscalls_copy:", // copies n bytes upwards from a1 to a3
    "add a4, a3, a2",
    "xor a5, a3, a1",
    "andi a5, a5, 7",
    "bnez a5, 5f", // not aligned alike: copy bytes, since misaligned loads may be very slow
    "3:",
    "andi a5, a3, 7",
    "beqz a5, 4f",
    "bgeu a3, a4, 6f",
    "lbu a5, 0(a1)",
    "sb a5, 0(a3)",
    "addi a1, a1, 1",
    "addi a3, a3, 1",
    "j 3b",
    "4:", // copy words while one is left
    "sub a5, a4, a3",
    "sltiu a5, a5, 8",
    "bnez a5, 5f",
    "ld a5, 0(a1)",
    "sd a5, 0(a3)",
    "addi a1, a1, 8",
    "addi a3, a3, 8",
    "j 4b",
    "5:",
    "bgeu a3, a4, 6f",
    "lbu a5, 0(a1)",
    "sb a5, 0(a3)",
    "addi a1, a1, 1",
    "addi a3, a3, 1",
    "j 5b",
    "6:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memmove(void *dst, const void *src, size_t n): backwards only if dst lies inside [src, src + n)
    "memmove",
    "mv a3, a0",
    "sub a4, a0, a1",
    "bltu a4, a2, 2f",
    "tail .Lffi_syscalls_copy", // may overlap in this direction, since it loads before it stores
    "2:",
    "add a1, a1, a2",
    "add a3, a3, a2",
    "3:",
    "beq a3, a0, 4f",
    "addi a1, a1, -1",
    "addi a3, a3, -1",
    "lbu a4, 0(a1)",
    "sb a4, 0(a3)",
    "j 3b",
    "4:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // void *memset(void *dst, int byte, size_t n)
    "memset",
    "mv a3, a0",
    "add a4, a0, a2",
    "andi a1, a1, 255",
    "slli a5, a1, 8", // repeat the byte eight times
    "or a1, a1, a5",
    "slli a5, a1, 16",
    "or a1, a1, a5",
    "slli a5, a1, 32",
    "or a1, a1, a5",
    "2:",
    "andi a5, a3, 7",
    "beqz a5, 3f",
    "bgeu a3, a4, 5f",
    "sb a1, 0(a3)",
    "addi a3, a3, 1",
    "j 2b",
    "3:", // store words while one is left
    "sub a5, a4, a3",
    "sltiu a5, a5, 8",
    "bnez a5, 4f",
    "sd a1, 0(a3)",
    "addi a3, a3, 8",
    "j 3b",
    "4:",
    "bgeu a3, a4, 5f",
    "sb a1, 0(a3)",
    "addi a3, a3, 1",
    "j 4b",
    "5:",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // int memcmp(const void *a, const void *b, size_t n); bcmp only needs a result that is 0 or not
    "memcmp" = "bcmp",
    "add a2, a2, a0",
    "2:",
    "beq a0, a2, 3f",
    "lbu a3, 0(a0)",
    "lbu a4, 0(a1)",
    "addi a0, a0, 1",
    "addi a1, a1, 1",
    "beq a3, a4, 2b",
    "sub a0, a3, a4",
    "ret",
    "3:",
    "li a0, 0",
    "ret",
}

#[cfg(feature = "mem")]
memory_function! {
    // size_t strlen(const char *s): 8 aligned bytes at a time, which never reach a page beyond the string
    "strlen",
    "andi a1, a0, -8",
    "ld a2, 0(a1)",
    "slli a3, a0, 3",
    "li a4, -1",
    "sll a4, a4, a3",
    "not a4, a4",
    "or a2, a2, a4", // ignore the bytes before s
    "li a5, 0x0101010101010101",
    "slli a6, a5, 7",
    "2:",
    "sub a3, a2, a5", // with the next three: the lowest byte with its top bit set is the first NUL
    "not a4, a2",
    "and a3, a3, a4",
    "and a3, a3, a6",
    "bnez a3, 3f",
    "addi a1, a1, 8",
    "ld a2, 0(a1)",
    "j 2b",
    "3:",
    "andi a4, a3, 128",
    "bnez a4, 4f",
    "srli a3, a3, 8",
    "addi a1, a1, 1",
    "j 3b",
    "4:",
    "sub a0, a1, a0",
    "ret",
}
