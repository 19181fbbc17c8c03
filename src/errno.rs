//! Error numbers: what they are called and what they mean.

use core::ffi::CStr;
use core::fmt;
use core::num::NonZeroUsize;

use crate::sys::{errno as number, with_system_errors};

mod texts;
pub(crate) use texts::text_of;

/// The kernel's reason why a call failed. See errno(3).
///
/// Numbers that this library has no name for pass through unchanged.
// As wide as a value, so that a result is two registers, whichever of the two it holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroUsize);

/// The largest error number that the kernel reports.
const LARGEST: usize = 4095;

/// The one decoder of system calls' results: errors are those from -4095 to -1, and nothing else lies there.
#[inline]
#[allow(dead_code, reason = "a libc decodes for itself")]
pub(crate) const fn decode(result: usize) -> Result<usize, Errno> {
    // Asked for itself, so that compilers make one comparison of it.
    if result <= usize::MAX - LARGEST {
        return Ok(result);
    }
    match NonZeroUsize::new(result.wrapping_neg()) {
        Some(number) => Err(Errno(number)),
        None => Ok(result),
    }
}

impl Errno {
    /// The error with this number, or `None` when it is outside 1 to 4095, the range the kernel reports.
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Self> {
        #[expect(clippy::cast_sign_loss, reason = "what is negative becomes too large")]
        match NonZeroUsize::new(number as usize) {
            Some(number) if number.get() <= LARGEST => Some(Self(number)),
            _ => None,
        }
    }

    /// The error number, as in `errno`.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "1 to 4095 fit")]
    pub const fn raw(self) -> i32 {
        self.0.get() as i32
    }

    /// What a caller should read: `ENOENT: No such file or directory`, or `Unknown error`.
    #[must_use]
    pub fn text(self) -> &'static CStr {
        text_of(self.raw())
    }

    /// The symbol, such as `ENOENT`, or `None` for a number without a name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(self.text().to_str().ok()?.split_once(": ")?.0)
    }

    /// The meaning, such as `No such file or directory`.
    #[must_use]
    pub fn description(self) -> &'static str {
        let text = self.text().to_str().unwrap_or_default();
        text.split_once(": ").map_or(text, |(_, description)| description)
    }

    /// A constant of the table below. Only for constants: a number that is not an errno stops the build.
    const fn known(number: i32) -> Self {
        match Self::from_raw(number) {
            Some(errno) => errno,
            #[expect(clippy::panic, reason = "runs while compiling")]
            None => panic!("not an error number"),
        }
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

/// Declares each error once: its constant and its text.
macro_rules! errors {
    ($($name:ident $description:literal;)*) => {
        #[allow(clippy::cast_possible_wrap, clippy::unnecessary_cast, reason = "systems have them in several types")]
        impl Errno {
            $(#[doc = $description] pub const $name: Self = Self::known(number::$name as i32);)*
        }

        /// Number, name and description of each error, in any order.
        #[allow(clippy::cast_sign_loss, clippy::unnecessary_cast, reason = "systems have them in several types")]
        const DECLARED: &[(u32, &str, &str)] = &[$((number::$name as u32, stringify!($name), $description)),*];
    };
}

// Those that every system has, and those that this one has beside them.
with_system_errors! {
    errors
    EPERM "Operation not permitted";
    ENOENT "No such file or directory";
    ESRCH "No such process";
    EINTR "Interrupted system call";
    EIO "Input/output error";
    ENXIO "No such device or address";
    E2BIG "Argument list too long";
    ENOEXEC "Exec format error";
    EBADF "Bad file descriptor";
    ECHILD "No child processes";
    EAGAIN "Resource temporarily unavailable";
    ENOMEM "Cannot allocate memory";
    EACCES "Permission denied";
    EFAULT "Bad address";
    ENOTBLK "Block device required";
    EBUSY "Device or resource busy";
    EEXIST "File exists";
    EXDEV "Invalid cross-device link";
    ENODEV "No such device";
    ENOTDIR "Not a directory";
    EISDIR "Is a directory";
    EINVAL "Invalid argument";
    ENFILE "Too many open files in system";
    EMFILE "Too many open files";
    ENOTTY "Inappropriate ioctl for device";
    ETXTBSY "Text file busy";
    EFBIG "File too large";
    ENOSPC "No space left on device";
    ESPIPE "Illegal seek";
    EROFS "Read-only file system";
    EMLINK "Too many links";
    EPIPE "Broken pipe";
    EDOM "Numerical argument out of domain";
    ERANGE "Numerical result out of range";
    EDEADLK "Resource deadlock avoided";
    ENAMETOOLONG "File name too long";
    ENOLCK "No locks available";
    ENOSYS "Function not implemented";
    ENOTEMPTY "Directory not empty";
    ELOOP "Too many levels of symbolic links";
    ENOMSG "No message of desired type";
    EIDRM "Identifier removed";
    EREMOTE "Object is remote";
    EPROTO "Protocol error";
    EBADMSG "Bad message";
    EOVERFLOW "Value too large for defined data type";
    EILSEQ "Invalid or incomplete multibyte or wide character";
    EUSERS "Too many users";
    ENOTSOCK "Socket operation on non-socket";
    EDESTADDRREQ "Destination address required";
    EMSGSIZE "Message too long";
    EPROTOTYPE "Protocol wrong type for socket";
    ENOPROTOOPT "Protocol not available";
    EPROTONOSUPPORT "Protocol not supported";
    ESOCKTNOSUPPORT "Socket type not supported";
    EOPNOTSUPP "Operation not supported";
    EPFNOSUPPORT "Protocol family not supported";
    EAFNOSUPPORT "Address family not supported by protocol";
    EADDRINUSE "Address already in use";
    EADDRNOTAVAIL "Cannot assign requested address";
    ENETDOWN "Network is down";
    ENETUNREACH "Network is unreachable";
    ENETRESET "Network dropped connection on reset";
    ECONNABORTED "Software caused connection abort";
    ECONNRESET "Connection reset by peer";
    ENOBUFS "No buffer space available";
    EISCONN "Transport endpoint is already connected";
    ENOTCONN "Transport endpoint is not connected";
    ESHUTDOWN "Cannot send after transport endpoint shutdown";
    ETOOMANYREFS "Too many references: cannot splice";
    ETIMEDOUT "Connection timed out";
    ECONNREFUSED "Connection refused";
    EHOSTDOWN "Host is down";
    EHOSTUNREACH "No route to host";
    EALREADY "Operation already in progress";
    EINPROGRESS "Operation now in progress";
    ESTALE "Stale file handle";
    EDQUOT "Disk quota exceeded";
    ECANCELED "Operation canceled";
    EOWNERDEAD "Owner died";
    ENOTRECOVERABLE "State not recoverable";
}
