//! Directories: existence, creation, listing, removal, and the trees below them.

mod ancestor;
mod create;
mod exists;
mod filter;
mod list;
mod records;
mod remove;
mod remove_all;
mod temp;
mod tree;
mod walk;
mod walk_entry;

pub use create::create;
#[cfg(feature = "exports")]
pub(crate) use exists::check_exists;
pub use exists::exists;
pub use filter::FilterEntry;
pub use list::list;
pub use remove::remove;
pub use remove_all::remove_all;
pub use temp::{temp, temp_in};
pub use walk::{Walk, walk};
pub use walk_entry::{Entry, OwnedEntry, WalkError};
