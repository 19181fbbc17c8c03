//! The arguments of a program to run.

use core::ffi::{CStr, c_char};
use core::marker::PhantomData;

use crate::errno::{Errno, Result};
use crate::heap::Block;
use crate::list::List;

/// The shell that runs a script without `#!`.
pub(super) const SHELL: &CStr = c"/bin/sh";

/// An array of pointers to strings, ended by a null pointer: the shell, the command, and its arguments.
///
/// The shell comes first, so that the same array can have it run a script.
pub(crate) struct Argv<'a> {
    array: Block,
    strings: PhantomData<&'a CStr>,
}

impl<'a> Argv<'a> {
    /// Copies the command and its arguments. `EINVAL` if one contains a NUL byte.
    pub(super) fn from_texts<'t>(command: &'t [u8], args: impl Iterator<Item = &'t [u8]> + Clone) -> Result<Self> {
        let texts = core::iter::once(command).chain(args);
        if texts.clone().any(|text| text.contains(&0)) {
            return Err(Errno::EINVAL);
        }
        let list = List::new(core::iter::once(SHELL.to_bytes()).chain(texts))?;
        // SAFETY: the block of the list has just been released, and holds such an array with its strings.
        Ok(Self { array: unsafe { Block::from_raw(list.into_raw()) }, strings: PhantomData })
    }

    /// Makes an array of strings that are not copied. `EFAULT` if a pointer is null.
    ///
    /// # Safety
    /// Each other pointer points to a NUL-terminated string that stays unchanged for the lifetime.
    #[cfg(feature = "exports")]
    pub(crate) unsafe fn from_pointers(command: &'a CStr, args: &[*const c_char]) -> Result<Self> {
        let array = Block::new((args.len() + 3) * size_of::<*const c_char>())?;
        let mut slot = array.as_ptr().cast::<*const c_char>();
        let mut push = |pointer| {
            // SAFETY: the block has room for the shell, the command, all arguments and the null pointer.
            unsafe { slot.write(pointer) };
            // SAFETY: the slot lies in the block, so the pointer leads at most to its end.
            slot = unsafe { slot.add(1) };
        };
        push(SHELL.as_ptr());
        push(command.as_ptr());
        for &arg in args {
            if arg.is_null() {
                return Err(Errno::EFAULT);
            }
            push(arg);
        }
        push(core::ptr::null());
        Ok(Self { array, strings: PhantomData })
    }

    /// Returns the start of the array.
    pub(super) const fn as_mut_ptr(&mut self) -> *mut *const c_char {
        self.array.as_ptr().as_ptr().cast()
    }

    /// Returns the command.
    pub(super) const fn command(&self) -> &CStr {
        // SAFETY: the array has at least the shell and the command.
        let second = unsafe { self.array.as_ptr().cast::<*const c_char>().add(1) };
        // SAFETY: every element of the array is initialized.
        let pointer = unsafe { second.read() };
        // SAFETY: the pointers of the array point to NUL-terminated strings.
        unsafe { CStr::from_ptr(pointer) }
    }
}
