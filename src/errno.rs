//! Error numbers: what they are called and what they mean.

use core::ffi::CStr;
use core::fmt;
use core::num::NonZeroUsize;

use crate::sys::errno as number;

mod texts;
pub(crate) use texts::text_of;

/// The kernel's reason why a call failed. See errno(3).
///
/// Numbers that this library has no name for pass through unchanged.
// As wide as a value, so that a result is two registers, whichever of the two it holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroUsize);

impl Errno {
    /// The error with this number, or `None` when it is outside 1 to 4095, the range the kernel reports.
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Self> {
        match number {
            #[expect(clippy::cast_sign_loss, reason = "it is positive")]
            1..=4095 => Self::in_result((number as usize).wrapping_neg()),
            _ => None,
        }
    }

    /// The error in a system call's result: the kernel reports them as -4095 to -1, and nothing else lies there.
    #[inline]
    pub(crate) const fn in_result(result: usize) -> Option<Self> {
        match NonZeroUsize::new(result.wrapping_neg()) {
            Some(number) if number.get() <= 4095 => Some(Self(number)),
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
    const fn known(number: u32) -> Self {
        #[expect(clippy::cast_possible_wrap, reason = "error numbers are small")]
        match Self::from_raw(number as i32) {
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
        impl Errno {
            $(#[doc = $description] pub const $name: Self = Self::known(number::$name);)*
        }

        /// Number, name and description of each error, in any order.
        const DECLARED: &[(u32, &str, &str)] = &[$((number::$name, stringify!($name), $description)),*];
    };
}

errors! {
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
    ECHRNG "Channel number out of range";
    EL2NSYNC "Level 2 not synchronized";
    EL3HLT "Level 3 halted";
    EL3RST "Level 3 reset";
    ELNRNG "Link number out of range";
    EUNATCH "Protocol driver not attached";
    ENOCSI "No CSI structure available";
    EL2HLT "Level 2 halted";
    EBADE "Invalid exchange";
    EBADR "Invalid request descriptor";
    EXFULL "Exchange full";
    ENOANO "No anode";
    EBADRQC "Invalid request code";
    EBADSLT "Invalid slot";
    EBFONT "Bad font file format";
    ENOSTR "Device not a stream";
    ENODATA "No data available";
    ETIME "Timer expired";
    ENOSR "Out of streams resources";
    ENONET "Machine is not on the network";
    ENOPKG "Package not installed";
    EREMOTE "Object is remote";
    ENOLINK "Link has been severed";
    EADV "Advertise error";
    ESRMNT "Srmount error";
    ECOMM "Communication error on send";
    EPROTO "Protocol error";
    EMULTIHOP "Multihop attempted";
    EDOTDOT "RFS specific error";
    EBADMSG "Bad message";
    EOVERFLOW "Value too large for defined data type";
    ENOTUNIQ "Name not unique on network";
    EBADFD "File descriptor in bad state";
    EREMCHG "Remote address changed";
    ELIBACC "Can not access a needed shared library";
    ELIBBAD "Accessing a corrupted shared library";
    ELIBSCN ".lib section in a.out corrupted";
    ELIBMAX "Attempting to link in too many shared libraries";
    ELIBEXEC "Cannot exec a shared library directly";
    EILSEQ "Invalid or incomplete multibyte or wide character";
    ERESTART "Interrupted system call should be restarted";
    ESTRPIPE "Streams pipe error";
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
    EUCLEAN "Structure needs cleaning";
    ENOTNAM "Not a XENIX named type file";
    ENAVAIL "No XENIX semaphores available";
    EISNAM "Is a named type file";
    EREMOTEIO "Remote I/O error";
    EDQUOT "Disk quota exceeded";
    ENOMEDIUM "No medium found";
    EMEDIUMTYPE "Wrong medium type";
    ECANCELED "Operation canceled";
    ENOKEY "Required key not available";
    EKEYEXPIRED "Key has expired";
    EKEYREVOKED "Key has been revoked";
    EKEYREJECTED "Key was rejected by service";
    EOWNERDEAD "Owner died";
    ENOTRECOVERABLE "State not recoverable";
    ERFKILL "Operation not possible due to RF-kill";
    EHWPOISON "Memory page has hardware error";
}
