//! The steps of a child with options before it becomes the program, and those of its supervisor.

use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::options::Options;
use super::spawn::Steps;
use super::status::ExecReport;
use super::watch::Watch;
use crate::errno::Result;
use crate::sys::{self, Fd};

/// The steps of a child before it becomes a program, and those of its supervisor.
pub(super) struct Setup<'a> {
    options: &'a Options<'a>,
    /// The descriptors that become the standard streams, or -1. All are above these.
    streams: [i32; 3],
    /// The caller's ends of the pipes, or -1.
    others: [i32; 3],
    /// Set by a child that shares the memory.
    is_shared: AtomicBool,
    /// Set by a supervisor that shares the memory, once the child has the descriptors.
    has_started: AtomicBool,
}

impl<'a> Setup<'a> {
    pub(super) const fn new(options: &'a Options<'a>, streams: [i32; 3], others: [i32; 3]) -> Self {
        let (is_shared, has_started) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { options, streams, others, is_shared, has_started }
    }

    /// Returns whether the child shared the memory. Then the caller was suspended until it became a program or ended.
    pub(super) fn was_shared(&self) -> bool {
        self.is_shared.load(Relaxed)
    }

    /// Returns whether a supervisor that shares descriptors has closed those of the child, or is about to.
    pub(super) fn has_started(&self) -> bool {
        self.has_started.load(Acquire)
    }
}

/// Closes descriptors by their numbers, of which -1 is none.
///
/// # Safety
/// Nothing uses the descriptors afterwards.
unsafe fn close(descriptors: [i32; 3]) {
    for fd in descriptors.into_iter().filter(|&fd| fd >= 0) {
        // SAFETY: the descriptor is open, and nothing else uses it.
        drop(unsafe { Fd::from_raw(fd) });
    }
}

impl Steps for Setup<'_> {
    fn is_plain(&self) -> bool {
        let Options { new_group, err_to_out, cwd, limits, .. } = self.options;
        !new_group && !err_to_out && cwd.is_none() && *limits == [0; 5] && self.streams == [-1; 3]
    }

    fn prepare_child(&self) -> Result<()> {
        self.is_shared.store(true, Relaxed);
        if self.options.new_group {
            sys::new_group()?;
        }
        if let Some(directory) = self.options.cwd {
            sys::chdir(directory)?;
        }
        for (to, from) in (0..).zip(self.streams) {
            if from >= 0 {
                // SAFETY: the child uses no standard stream of its own.
                unsafe { sys::duplicate_onto(from, to) }?;
            }
        }
        if self.options.err_to_out {
            // SAFETY: the child uses no standard stream of its own.
            unsafe { sys::duplicate_onto(1, 2) }?;
        }
        for (resource, limit) in sys::LIMITS.into_iter().zip(self.options.limits) {
            if limit != 0 {
                sys::set_limit(resource, limit)?;
            }
        }
        Ok(())
    }

    fn child_started(&self, has_copies: bool) {
        if has_copies {
            // SAFETY: these are copies, which the supervisor does not use.
            unsafe { close(self.others) };
        } else {
            // The caller must not close what this does. If the supervisor is killed in between, they stay open.
            self.has_started.store(true, Release);
        }
        // SAFETY: these are copies, or the caller leaves them to the supervisor.
        unsafe { close(self.streams) };
    }

    fn wait_for_child(&self, child: i32) -> ExecReport {
        let mut watch = Watch::new(child, self.options);
        let status = watch.wait(self.options.captures_out || self.options.captures_err);
        ExecReport::ended(status, watch.timed_out)
    }
}
