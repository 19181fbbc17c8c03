//! Error numbers, their names and their texts.

#[macro_use]
mod table;
mod code;
mod common;
mod systems;
mod texts;

#[allow(unused_imports, reason = "the libc backend has its own decoder")]
pub(crate) use code::decode;
pub use code::{Errno, Result};
#[allow(unused_imports, reason = "only the C function that returns a text uses it")]
pub(crate) use texts::text_of;
