//! Clocks, sleep, and calendar dates in UTC.
//!
//! ```
//! use ffi_syscalls::time::Timestamp;
//!
//! let moment = Timestamp::parse("2026-11-27T20:12:48+01:00").unwrap();
//! assert_eq!(moment.to_string(), "2026-11-27T19:12:48.000000Z");
//! assert_eq!(moment.civil().year, 2026);
//! assert!(Timestamp::now() > moment);
//! ```

mod calendar;
mod civil;
mod clock;
mod division;
mod rfc3339;
mod timestamp;

pub use civil::Civil;
#[cfg(feature = "exports")]
pub(crate) use clock::sleep_ms;
pub use clock::{now_nanos, now_unix_micros, sleep};
pub use timestamp::Timestamp;
