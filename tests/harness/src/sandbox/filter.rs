//! Filters that refuse system calls to one program, and not to the programs that it starts.
//!
//! A sandbox refuses a call to all programs in it. Here the tools that a test compares with must work, so the filter
//! tests the address of the call: the code of the one program lies at a fixed place. No crate for filters offers that,
//! so the instructions are written here. See seccomp(2).

use std::io;
use std::mem::offset_of;
use std::ops::Range;

use anyhow::{Context, Result};
use libc::{c_long, seccomp_data, sock_filter, sock_fprog};
use syscalls::Sysno;
use workbench::project::Arch;

/// A refused system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Call(Sysno),
    /// A child that shares the memory of its parent, and is no thread of it.
    SharedMemory,
    /// Every call with a higher number.
    After(Sysno),
}

/// The answer to a refused call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Errno(&'static str, i32),
    /// The process is killed, which shows that it makes the call.
    Kill,
}

impl Answer {
    /// As kernels answer that lack the call.
    pub const ENOSYS: Self = Self::Errno("ENOSYS", libc::ENOSYS);

    /// As most sandboxes answer.
    pub const EPERM: Self = Self::Errno("EPERM", libc::EPERM);

    pub const ALL: [Self; 5] = [
        Self::ENOSYS,
        Self::EPERM,
        Self::Errno("EACCES", libc::EACCES),
        Self::Errno("EINVAL", libc::EINVAL),
        Self::Errno("EOPNOTSUPP", libc::EOPNOTSUPP),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Errno(name, _) => name,
            Self::Kill => "killed",
        }
    }

    fn action(self) -> u32 {
        match self {
            Self::Errno(_, number) => libc::SECCOMP_RET_ERRNO | number.cast_unsigned(),
            Self::Kill => libc::SECCOMP_RET_KILL_PROCESS,
        }
    }
}

impl Refused {
    pub fn name(self) -> String {
        match self {
            Self::Call(call) => call.name().to_owned(),
            Self::SharedMemory => "clone with CLONE_VM".to_owned(),
            Self::After(call) => format!("all calls newer than {}", call.name()),
        }
    }
}

/// A filter, which a process can set between fork and exec.
#[derive(Clone)]
pub struct Filter(Vec<sock_filter>);

impl Filter {
    /// Refuses system calls to the code in a range.
    pub fn new(code: &Range<u64>, refused: &[Refused], answer: Answer) -> Result<Self> {
        let mut filter = Self::for_code(code)?;
        filter.refuse_all(refused, answer);
        Ok(filter)
    }

    /// Kills the process if the code in a range makes a system call other than these.
    pub fn allowing(code: &Range<u64>, calls: &[Sysno]) -> Result<Self> {
        let mut filter = Self::for_code(code)?;
        filter.load(offset_of!(seccomp_data, nr));
        for &call in calls {
            filter.jump(libc::BPF_JEQ, number(call), 0, 1);
            filter.end(libc::SECCOMP_RET_ALLOW);
        }
        filter.end(libc::SECCOMP_RET_KILL_PROCESS);
        Ok(filter)
    }

    /// Allows all calls of other code, and continues with those of this range.
    fn for_code(code: &Range<u64>) -> Result<Self> {
        let fixed = "a program whose code lies at a fixed place, low in memory";
        let (begin, end) = (u32::try_from(code.start).context(fixed)?, u32::try_from(code.end).context(fixed)?);
        let instruction_pointer = offset_of!(seccomp_data, instruction_pointer);
        let mut filter = Self::for_host()?;
        filter.load(instruction_pointer + 4); // the high half
        filter.allow_unless(libc::BPF_JEQ, 0);
        filter.load(instruction_pointer);
        filter.allow_unless(libc::BPF_JGE, begin);
        filter.jump(libc::BPF_JGE, end, 0, 1);
        filter.end(libc::SECCOMP_RET_ALLOW);
        Ok(filter)
    }

    /// Refuses system calls to all code.
    pub fn everywhere(refused: &[Refused], answer: Answer) -> Result<Self> {
        let mut filter = Self::for_host()?;
        filter.refuse_all(refused, answer);
        Ok(filter)
    }

    fn for_host() -> Result<Self> {
        let mut filter = Self(Vec::new());
        filter.load(offset_of!(seccomp_data, arch));
        filter.allow_unless(libc::BPF_JEQ, audit_arch(Arch::host()?));
        Ok(filter)
    }

    fn refuse_all(&mut self, refused: &[Refused], answer: Answer) {
        self.load(offset_of!(seccomp_data, nr));
        for &one in refused {
            self.refuse(one, answer.action());
        }
        self.end(libc::SECCOMP_RET_ALLOW);
    }

    /// Expects the number of the call in the accumulator, and leaves it there.
    fn refuse(&mut self, refused: Refused, action: u32) {
        match refused {
            Refused::Call(call) => self.jump(libc::BPF_JEQ, number(call), 0, 1),
            Refused::After(call) => self.jump(libc::BPF_JGT, number(call), 0, 1),
            Refused::SharedMemory => {
                self.jump(libc::BPF_JEQ, number(Sysno::clone), 0, 5);
                self.load(offset_of!(seccomp_data, args));
                self.jump(libc::BPF_JSET, libc::CLONE_THREAD.cast_unsigned(), 2, 0);
                self.jump(libc::BPF_JSET, libc::CLONE_VM.cast_unsigned(), 0, 1);
                self.end(action);
                return self.load(offset_of!(seccomp_data, nr));
            }
        }
        self.end(action);
    }

    fn load(&mut self, offset: usize) {
        self.add(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset as u32, 0, 0);
    }

    /// Skips `if_true` instructions if the comparison holds, and else `if_false`.
    fn jump(&mut self, comparison: u32, with: u32, if_true: u8, if_false: u8) {
        self.add(libc::BPF_JMP | comparison | libc::BPF_K, with, if_true, if_false);
    }

    fn end(&mut self, action: u32) {
        self.add(libc::BPF_RET | libc::BPF_K, action, 0, 0);
    }

    fn allow_unless(&mut self, comparison: u32, with: u32) {
        self.jump(comparison, with, 1, 0);
        self.end(libc::SECCOMP_RET_ALLOW);
    }

    fn add(&mut self, code: u32, k: u32, jt: u8, jf: u8) {
        self.0.push(sock_filter { code: code as u16, jt, jf, k });
    }

    /// Sets the filter for the rest of the calling process. Does not allocate.
    pub fn set(&mut self) -> io::Result<()> {
        let program = sock_fprog { len: self.0.len() as u16, filter: self.0.as_mut_ptr() };
        // SAFETY: the kernel reads `len` instructions during the call.
        let set =
            || check(unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) });
        set().or_else(|_| {
            // An ordinary user may set filters only with no_new_privs.
            // SAFETY: prctl takes numbers here.
            check(unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
            set()
        })
    }
}

fn check(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn number(call: Sysno) -> u32 {
    call.id().cast_unsigned()
}

/// The kernel's number for a 64-bit, little-endian architecture. See linux/audit.h.
fn audit_arch(arch: Arch) -> u32 {
    0xc000_0000 | u32::from(arch.elf_machine())
}
