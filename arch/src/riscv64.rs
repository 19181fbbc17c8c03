//! The riscv64 column.
//!
//! | role | registers |
//! |---|---|
//! | system call | number `a7`; arguments `a0 a1 a2 a3 a4 a5`; result `a0`; no other general register is lost |
//! | C call | arguments `a0 a1 a2 a3 a4 a5`; result `a0`; `s0-s11` are kept |
//! | stack | 16-byte aligned before each call |
//! | thread pointer | `tp` |

use core::arch::{asm, naked_asm};
use core::ffi::{c_char, c_void};

use crate::ChildEntry;

// System calls lose what the vector registers hold, and `syscalls` does not tell the compiler so. See the kernel's
// document on vector extension support for RISC-V. The build script finds out.
#[cfg(ffi_syscalls_riscv_vectors)]
compile_error!("ffi_syscalls cannot be built with the V extension: system calls do not preserve its registers");

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
        "andi a1, a1, -16",
        "mv t0, a2",       // the entry and its argument in registers that the kernel hands to the child unchanged
        "mv t1, a3",
        "li a2, 0",        // no parent_tid
        "li a3, 0",        // no tls
        "li a4, 0",        // no child_tid
        "li a7, {clone}",
        "ecall",
        "beqz a0, 2f",
        "ret",
        "2:",
        "li s0, 0",        // the outermost frame, for debuggers
        "mv a0, t1",
        "jalr t0",
        "unimp",
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
            "lga {}, environ",
            out(reg) address,
            options(pure, readonly, nostack, preserves_flags),
        );
    }
    address
}

/// Whether the calling thread has a thread pointer that [`thread_pointer`] may read.
///
/// The register is always readable, and a libc sets it before anything else runs. Of a program that has none it says
/// nothing: the kernel may leave in it what the program before had there.
#[inline]
#[must_use]
pub fn has_thread_pointer() -> bool {
    // SAFETY: reads a register.
    unsafe { thread_pointer() != 0 }
}

/// The calling thread's thread pointer.
///
/// # Safety
/// A libc has set up thread pointers in this process: see [`has_thread_pointer`].
#[inline]
#[must_use]
pub unsafe fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: reads a register that every program may read. Not pure: it differs from thread to thread.
    unsafe { asm!("mv {}, tp", out(reg) pointer, options(nomem, nostack, preserves_flags)) };
    pointer
}

/// The relocation `*offset = load address + addend`: R_RISCV_RELATIVE. See the RISC-V ELF psABI.
pub const R_RELATIVE: usize = 3;

/// Defines the program entry `_start`, which calls
/// `$entry: unsafe extern "C" fn(stack: *const usize, image: *const ElfHeader) -> !` with the initial stack pointer and the
/// program's ELF header, which is for [`relocate`](crate::relocate), and means nothing in a program that has none.
///
/// At entry the kernel has put argc, argv, envp and the auxiliary vector on the stack, `sp` points at argc, and the
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
                ".weak __global_pointer$",
                ".hidden __global_pointer$",
                ".weak __ehdr_start",
                ".hidden __ehdr_start",
                ".option push",
                ".option norelax",                 // a linker may not shorten this with what it sets up
                "lla gp, __global_pointer$",       // made by the linker: data near it is reached in one instruction
                ".option pop",
                "li s0, 0",                        // the outermost frame, for debuggers
                "li ra, 0",
                "li tp, 0",                        // the kernel may leave there what the program before had
                "mv a0, sp",                       // the initial stack
                "lla a1, __ehdr_start",            // made by the linker
                "andi sp, sp, -16",                // the kernel aligns it; an odd loader may not
                "call {entry}",
                "unimp",                           // it does not return
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
    ".Lffi_syscalls_copy:", // n bytes from a1 to a3, upwards
    "add a4, a3, a2",
    "xor a5, a3, a1",
    "andi a5, a5, 7",
    "bnez a5, 5f", // never both aligned: a load that is not may be very slow
    "3:",
    "andi a5, a3, 7",
    "beqz a5, 4f",
    "bgeu a3, a4, 6f",
    "lbu a5, 0(a1)",
    "sb a5, 0(a3)",
    "addi a1, a1, 1",
    "addi a3, a3, 1",
    "j 3b",
    "4:", // words, while a whole one is left
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
    // void *memmove(void *dst, const void *src, size_t n): backwards only when dst lies inside [src, src + n)
    "memmove",
    "mv a3, a0",
    "sub a4, a0, a1",
    "bltu a4, a2, 2f",
    "tail .Lffi_syscalls_copy", // however far away; it loads before it stores, so it may overlap in this direction
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
    "slli a5, a1, 8", // the byte eight times
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
    "3:", // words, while a whole one is left
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
    // int memcmp(const void *a, const void *b, size_t n); bcmp asks only whether they differ
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
    // size_t strlen(const char *s): 8 aligned bytes at a time, which never cross into a page that s does not reach
    "strlen",
    "andi a1, a0, -8",
    "ld a2, 0(a1)",
    "slli a3, a0, 3",
    "li a4, -1",
    "sll a4, a4, a3",
    "not a4, a4",
    "or a2, a2, a4", // the bytes in front of s do not count
    "li a5, 0x0101010101010101",
    "slli a6, a5, 7",
    "2:",
    "sub a3, a2, a5", // the lowest byte that is 0 is the first whose top bit this and the next two set
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
