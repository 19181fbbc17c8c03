//! The form in which errors are declared.

#[cfg(not(target_os = "linux"))]
pub(super) use libc as number;
#[cfg(target_os = "linux")]
pub(super) use linux_raw_sys::errno as number;

/// Declares each error once: its constant in [`Errno`], and its entry in a [`Table`].
macro_rules! errors {
    ($($name:ident $description:literal;)*) => {
        #[allow(clippy::cast_possible_wrap, clippy::unnecessary_cast, reason = "the type differs between systems")]
        impl Errno {
            $(#[doc = $description] pub const $name: Self = Self::known(number::$name as i32);)*
        }

        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "error numbers are small")]
        pub(in crate::errno) const TABLE: Table = Table {
            numbers: &[$(number::$name as u16),*],
            texts: concat!($(stringify!($name), ": ", $description, "\0"),*),
        };
    };
}

/// Error numbers, and in the same order their texts, each of which ends with a NUL.
///
/// One string holds all texts: an array of pointers would need a relocation per entry in a shared object.
pub(super) struct Table {
    pub(super) numbers: &'static [u16],
    pub(super) texts: &'static str,
}
