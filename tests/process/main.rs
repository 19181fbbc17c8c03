//! The process operations, compared with std, real programs and the files in /proc.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at an unexpected result")]

mod child;
mod exec;
mod exit;
mod getpid;
mod run;
mod run_with;
mod shell;
#[path = "../support/mod.rs"]
mod support;
