//! The system call in the registers of a stopped process, the only part that depends on the architecture.

use anyhow::Result;
use nix::unistd::Pid;

/// A system call about to be made.
pub struct Request {
    pub number: u64,
    pub arguments: [u64; 6],
}

#[cfg(target_arch = "x86_64")]
mod column {
    use nix::sys::ptrace;

    use super::{Pid, Request, Result};

    pub fn request(pid: Pid) -> Result<Request> {
        let registers = ptrace::getregs(pid)?;
        let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9];
        Ok(Request { number: registers.orig_rax, arguments })
    }

    pub fn set_number(pid: Pid, number: u64) -> Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        registers.orig_rax = number;
        Ok(ptrace::setregs(pid, registers)?)
    }

    pub fn set_argument(pid: Pid, index: usize, value: u64) -> Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        match index {
            2 => registers.rdx = value,
            4 => registers.r8 = value,
            _ => anyhow::bail!("argument {index} is no count"),
        }
        Ok(ptrace::setregs(pid, registers)?)
    }

    pub fn result(pid: Pid) -> Result<i64> {
        Ok(ptrace::getregs(pid)?.rax.cast_signed())
    }

    pub fn set_result(pid: Pid, result: i64) -> Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        registers.rax = result.cast_unsigned();
        Ok(ptrace::setregs(pid, registers)?)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod column {
    use anyhow::bail;

    use super::{Pid, Request, Result};

    const UNKNOWN: &str = "the fault injector runs on x86_64 only";

    pub fn request(_: Pid) -> Result<Request> {
        bail!(UNKNOWN)
    }

    pub fn set_number(_: Pid, _: u64) -> Result<()> {
        bail!(UNKNOWN)
    }

    pub fn set_argument(_: Pid, _: usize, _: u64) -> Result<()> {
        bail!(UNKNOWN)
    }

    pub fn result(_: Pid) -> Result<i64> {
        bail!(UNKNOWN)
    }

    pub fn set_result(_: Pid, _: i64) -> Result<()> {
        bail!(UNKNOWN)
    }
}

pub use column::{request, result, set_argument, set_number, set_result};
