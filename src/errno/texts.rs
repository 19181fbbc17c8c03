//! The text of each error.

use core::ffi::CStr;
use core::fmt;

use super::code::Errno;
use super::{common, systems};

impl Errno {
    /// Returns the name and the description: `ENOENT: No such file or directory`, or `Unknown error`.
    #[must_use]
    pub fn text(self) -> &'static CStr {
        text_of(self.raw())
    }

    /// Returns the symbol, such as `ENOENT`, or `None` for a number without a name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(self.text().to_str().ok()?.split_once(": ")?.0)
    }

    /// Returns the description, such as `No such file or directory`.
    #[must_use]
    pub fn description(self) -> &'static str {
        let text = self.text().to_str().unwrap_or_default();
        text.split_once(": ").map_or(text, |(_, description)| description)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}: {}", self.description()),
            None => write!(f, "Unknown error {}", self.raw()),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.raw()),
        }
    }
}

impl core::error::Error for Errno {}

/// Returns the text of an error number: `ENOENT: No such file or directory`, or `Unknown error`; for 0, `OK: Success`.
pub(crate) fn text_of(number: i32) -> &'static CStr {
    if number == 0 {
        return c"OK: Success";
    }
    let text = common::text_of(number);
    #[cfg(not(target_os = "linux"))]
    let text = text.or_else(|| systems::bsd::text_of(number));
    text.or_else(|| systems::own::text_of(number)).unwrap_or(c"Unknown error")
}
