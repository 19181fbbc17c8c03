//! The errors that only some systems have.

/// Linux. See errno(3).
#[cfg(target_os = "linux")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
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
        ENOLINK "Link has been severed";
        EADV "Advertise error";
        ESRMNT "Srmount error";
        ECOMM "Communication error on send";
        EMULTIHOP "Multihop attempted";
        EDOTDOT "RFS specific error";
        ENOTUNIQ "Name not unique on network";
        EBADFD "File descriptor in bad state";
        EREMCHG "Remote address changed";
        ELIBACC "Can not access a needed shared library";
        ELIBBAD "Accessing a corrupted shared library";
        ELIBSCN ".lib section in a.out corrupted";
        ELIBMAX "Attempting to link in too many shared libraries";
        ELIBEXEC "Cannot exec a shared library directly";
        ERESTART "Interrupted system call should be restarted";
        ESTRPIPE "Streams pipe error";
        EUCLEAN "Structure needs cleaning";
        ENOTNAM "Not a XENIX named type file";
        ENAVAIL "No XENIX semaphores available";
        EISNAM "Is a named type file";
        EREMOTEIO "Remote I/O error";
        ENOMEDIUM "No medium found";
        EMEDIUMTYPE "Wrong medium type";
        ENOKEY "Required key not available";
        EKEYEXPIRED "Key has expired";
        EKEYREVOKED "Key has been revoked";
        EKEYREJECTED "Key was rejected by service";
        ERFKILL "Operation not possible due to RF-kill";
        EHWPOISON "Memory page has hardware error";
    }
}

/// macOS and the BSDs share these.
#[cfg(not(target_os = "linux"))]
pub(super) mod bsd {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        EPROCLIM "Too many processes";
        EBADRPC "RPC struct is bad";
        ERPCMISMATCH "RPC version wrong";
        EPROGUNAVAIL "RPC program not available";
        EPROGMISMATCH "Program version wrong";
        EPROCUNAVAIL "Bad procedure for program";
        EFTYPE "Inappropriate file type or format";
        EAUTH "Authentication error";
        ENEEDAUTH "Need authenticator";
        ENOATTR "Attribute not found";
    }
}

/// macOS. See errno(2).
#[cfg(target_os = "macos")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        EMULTIHOP "Multihop attempted";
        ENOLINK "Link has been severed";
        ENODATA "No data available";
        ENOSR "Out of streams resources";
        ENOSTR "Device not a stream";
        ETIME "Timer expired";
        ENOTSUP "Not supported";
        EPWROFF "Device power is off";
        EDEVERR "Device error";
        EBADEXEC "Bad executable";
        EBADARCH "Bad CPU type in executable";
        ESHLIBVERS "Shared library version mismatch";
        EBADMACHO "Malformed Mach-O file";
        ENOPOLICY "Policy not found";
        EQFULL "Interface output queue is full";
        ENOTCAPABLE "Capabilities insufficient";
    }
}

/// FreeBSD. See errno(2).
#[cfg(target_os = "freebsd")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        EMULTIHOP "Multihop attempted";
        ENOLINK "Link has been severed";
        EDOOFUS "Programming error";
        ENOTCAPABLE "Capabilities insufficient";
        ECAPMODE "Not permitted in capability mode";
        EINTEGRITY "Integrity check failed";
    }
}

/// DragonFly. See errno(2).
#[cfg(target_os = "dragonfly")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        EMULTIHOP "Multihop attempted";
        ENOLINK "Link has been severed";
        EDOOFUS "Programming error";
        ENOMEDIUM "No medium found";
        EASYNC "Operation in progress asynchronously";
    }
}

/// NetBSD. See errno(2).
#[cfg(target_os = "netbsd")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        EMULTIHOP "Multihop attempted";
        ENOLINK "Link has been severed";
        ENODATA "No data available";
        ENOSR "Out of streams resources";
        ENOSTR "Device not a stream";
        ETIME "Timer expired";
        ENOTSUP "Not supported";
    }
}

/// OpenBSD. See errno(2).
#[cfg(target_os = "openbsd")]
pub(super) mod own {
    use super::super::code::Errno;
    use super::super::table::number;

    errors! {
        ENOTSUP "Not supported";
        EIPSEC "IPsec processing failure";
        ENOMEDIUM "No medium found";
        EMEDIUMTYPE "Wrong medium type";
    }
}
