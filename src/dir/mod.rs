//! Directories: creation and listing.

mod create;
mod list;

pub use create::create;
pub use list::list;
