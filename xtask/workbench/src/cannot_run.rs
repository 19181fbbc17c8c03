//! What this machine does not grant: no failure of what is tested.

use std::io;

/// Why something cannot be tried on this machine, and what would change it: an error that is no failure.
#[derive(Debug)]
pub struct CannotRun(pub String);

impl std::error::Error for CannotRun {}

impl std::fmt::Display for CannotRun {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "CANNOT RUN: {}", self.0)
    }
}

/// Whether an error says that the system does not grant something. Any other says that something is wrong.
pub fn is_refusal(error: &anyhow::Error) -> bool {
    let number = error.root_cause().downcast_ref().and_then(io::Error::raw_os_error);
    matches!(number, Some(libc::EPERM | libc::EACCES | libc::ENOSYS))
}
