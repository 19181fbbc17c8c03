//! System calls that are refused to a program, and to no other that it starts.
//!
//! A sandbox refuses a call to everybody in it. Here the tools that a test compares with are to work as ever, so the
//! filter looks at where the call comes from: at the code of the one program, which lies at a fixed place. That is what
//! no crate for filters knows of, hence the instructions by hand. See seccomp(2).

use std::io;
use std::mem::offset_of;
use std::ops::Range;

use anyhow::{Context, Result};
use libc::{c_long, seccomp_data, sock_filter, sock_fprog};
use syscalls::Sysno;

use workbench::project::Arch;

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Call(Sysno),
    /// A child that shares the memory of its parent, and is no thread of it.
    SharedMemory,
    /// Every call with a higher number than this.
    Behind(Sysno),
}

/// What the program is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Errno(&'static str, i32),
    /// Nothing: the process is killed, which shows that it makes the call.
    Kill,
}

impl Answer {
    pub const ALL: [Self; 5] = [
        Self::Errno("ENOSYS", libc::ENOSYS),
        Self::Errno("EPERM", libc::EPERM),
        Self::Errno("EACCES", libc::EACCES),
        Self::Errno("EINVAL", libc::EINVAL),
        Self::Errno("EOPNOTSUPP", libc::EOPNOTSUPP),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Errno(name, _) => name,
            Self::Kill => "a signal",
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
            Self::Behind(call) => format!("all calls newer than {}", call.name()),
        }
    }
}

/// A filter, which a process can set between fork and exec.
#[derive(Clone)]
pub struct Filter(Vec<sock_filter>);

impl Filter {
    /// Answers what is refused to the code in this range.
    pub fn new(code: &Range<u64>, refused: &[Refused], answer: Answer) -> Result<Self> {
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
        filter.refuse_all(refused, answer);
        Ok(filter)
    }

    /// Answers what is refused to all code there is.
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

    /// With the call's number at hand, which it is afterwards too.
    fn refuse(&mut self, refused: Refused, action: u32) {
        match refused {
            Refused::Call(call) => self.jump(libc::BPF_JEQ, number(call), 0, 1),
            Refused::Behind(call) => self.jump(libc::BPF_JGT, number(call), 0, 1),
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

    /// Skips so many instructions if the comparison holds, or if it does not.
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

    /// Sets the filter for the calling process, for good. It takes no memory.
    pub fn set(&mut self) -> io::Result<()> {
        let program = sock_fprog { len: self.0.len() as u16, filter: self.0.as_mut_ptr() };
        // SAFETY: the program is as long as it says, and read during the call.
        let set =
            || check(unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) });
        set().or_else(|_| {
            // An ordinary user may set filters only if no program can get more rights.
            // SAFETY: takes numbers only.
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

/// The kernel's number for an architecture that has 64 bits and is little-endian. See linux/audit.h.
fn audit_arch(arch: Arch) -> u32 {
    0xc000_0000 | u32::from(arch.elf_machine())
}
