//! Error numbers: what they are called and what they mean.

use core::ffi::CStr;
use core::fmt;
use core::num::NonZeroU16;

use crate::sys::errno as number;

/// The kernel's reason why a call failed. See errno(3).
///
/// Numbers that this library has no name for pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroU16);

impl Errno {
    /// The error with this number, or `None` when it is outside 1 to 4095, the range the kernel reports.
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Self> {
        match number {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 4095 fit")]
            1..=4095 => match NonZeroU16::new(number as u16) {
                Some(number) => Some(Self(number)),
                None => None,
            },
            _ => None,
        }
    }

    /// The error in a system call's result: the kernel reports them as -4095 to -1, and nothing else lies there.
    #[expect(clippy::cast_possible_truncation, reason = "an error number is at most 4095")]
    #[inline]
    pub(crate) const fn in_result(result: usize) -> Option<Self> {
        match NonZeroU16::new(result.wrapping_neg() as u16) {
            Some(number) if result > usize::MAX - 4095 => Some(Self(number)),
            _ => None,
        }
    }

    /// The error number, as in `errno`.
    #[must_use]
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

/// The text of an error number: static, and something to read whatever the number is.
pub(crate) fn text_of(number: i32) -> &'static CStr {
    let mut rest = TEXTS.as_slice();
    for at in 0..=number {
        let Ok(text) = CStr::from_bytes_until_nul(rest) else { break };
        if at == number && !text.is_empty() {
            return text;
        }
        rest = rest.get(text.count_bytes() + 1..).unwrap_or_default();
    }
    c"Unknown error"
}

/// Declares each error once: its constant and its text.
macro_rules! errors {
    ($($name:ident $description:literal;)*) => {
        impl Errno {
            $(#[doc = $description] pub const $name: Self = Self::known(number::$name);)*
        }

        /// Number and text of each error, in any order.
        const DECLARED: &[(u32, &str)] = &[(0, "OK: Success"), $((number::$name, concat!(stringify!($name), ": ", $description))),*];
    };
}

/// The texts one after the other, each with its NUL, in the order of their numbers; a number without a text has an
/// empty one. A walk through them finds a text without a table of addresses, which would be larger than the walk.
static TEXTS: [u8; TEXTS_LEN] = lay_out();

const TEXTS_LEN: usize = {
    let mut len = highest() as usize + 1;
    let mut i = 0;
    while i < DECLARED.len() {
        len += text(i).len();
        i += 1;
    }
    len
};

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn text(i: usize) -> &'static [u8] {
    DECLARED[i].1.as_bytes()
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn highest() -> u32 {
    let (mut highest, mut i) = (0, 0);
    while i < DECLARED.len() {
        if DECLARED[i].0 > highest {
            highest = DECLARED[i].0;
        }
        i += 1;
    }
    highest
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn lay_out() -> [u8; TEXTS_LEN] {
    let mut texts = [0; TEXTS_LEN];
    let (mut number, mut at) = (0, 0);
    while number <= highest() {
        let mut i = 0;
        while i < DECLARED.len() {
            if DECLARED[i].0 == number {
                let mut k = 0;
                while k < text(i).len() {
                    texts[at] = text(i)[k];
                    at += 1;
                    k += 1;
                }
            }
            i += 1;
        }
        at += 1; // its NUL
        number += 1;
    }
    texts
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
