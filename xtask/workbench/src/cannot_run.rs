//! The error of a check that this machine cannot run, which is not a failure.

use std::io;

/// The reason why a check cannot run on this machine, and how to enable it.
#[derive(Debug)]
pub struct CannotRun(pub String);

impl std::error::Error for CannotRun {}

impl std::fmt::Display for CannotRun {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "CANNOT RUN: {}", self.0)
    }
}

/// Returns whether the system refused something. Any other error is a failure.
pub fn is_refusal(error: &anyhow::Error) -> bool {
    let number = error.root_cause().downcast_ref().and_then(io::Error::raw_os_error);
    matches!(number, Some(libc::EPERM | libc::EACCES | libc::ENOSYS))
}
