//! Replacing a file in one step.

use core::mem::MaybeUninit;

use super::attributes::{MODE_BITS, NEW_FILE_MODE};
use super::target::{Attributes, Target, find_target, sync_directory};
use crate::arg::{Arg, PATH_MAX, join};
use crate::errno::Result;
use crate::io::write_all;
use crate::sys::{self, Fd, StatBuffer};
use crate::temporary::with_unused_name;

/// The beginning of the name of a file that is not complete yet. Wildcards of shells do not match it.
pub(super) const DRAFT: &[u8] = b".tmp-";

/// Replaces a file in one step, or creates it (0666 less the umask): every reader sees all of the old content or all of the
/// new one, after a crash of the system too.
///
/// The content is written to a file of its own in the same directory, named `.tmp-` and 12 letters and digits. Once it is
/// on the disk, that file gets the name of the old one, and the directory is written to the disk as well. A process that is
/// killed in between leaves the file with that name.
///
/// A symbolic link is followed and stays. The file behind it is a new one: other hard links keep the old content, and so do
/// those who have the old file open. Its mode is that of the old one; owner and group too, where that is permitted. A mode
/// loses set-user-ID if the owner differs, and set-group-ID if the group does. ACLs and other extended attributes are not
/// kept. Permission to write to the old file is not needed, only to its directory.
///
/// # Errors
/// `EISDIR` for a directory, `EINVAL` for a device, a FIFO or a socket, `ELOOP` after 40 symbolic links. Those of open(2),
/// write(2), fchmod(2), fsync(2), close(2) and rename(2): `ENOENT` if the directory is missing, `EACCES`, `ENOSPC`;
/// `EBUSY` for a mount point. The old file is unchanged after an error, except after one of fsync(2) for the directory: the
/// file is replaced, and only a crash of the system could undo that.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("settings-")?;
/// file::atomic_write(&path, "color = blue\n")?;
/// assert_eq!(file::read_text(&path)?, "color = blue\n");
/// # file::delete(&path)
/// # }
/// ```
#[doc(alias = "rt_file_atomic_write_bytes")]
pub fn atomic_write(path: impl Arg, content: impl AsRef<[u8]>) -> Result<()> {
    path.with_c_str(|path| {
        let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
        replace(&find_target(path, &mut buffer)?, content.as_ref())
    })
}

fn replace(target: &Target<'_>, content: &[u8]) -> Result<()> {
    const OWNER_ONLY: u32 = 0o600;
    // The kernel applies the umask, or the default ACL of the directory, to a new file. The content of an old one may be
    // secret until the mode is set.
    let mode = if target.attributes.is_some() { OWNER_ONLY } else { NEW_FILE_MODE };
    let (directory, flags) = (&target.directory, sys::O_WRONLY | sys::O_CREAT | sys::O_EXCL);
    let mut buffer = [MaybeUninit::uninit(); PATH_MAX];
    let (name, fd) = with_unused_name(|name| sys::open_at(directory, join([DRAFT, name], &mut buffer)?, flags, mode))?;
    let draft = join([DRAFT, &name], &mut buffer)?;
    let written = write_draft(&fd, target.attributes, content).and(fd.close());
    let renamed = written.and_then(|()| sys::rename_at(directory, draft, target.name));
    if renamed.is_err() {
        // The first error is the one to report.
        let _ = sys::unlink_at(directory, draft);
    }
    renamed.and_then(|()| sync_directory(directory))
}

fn write_draft(fd: &Fd, attributes: Option<Attributes>, content: &[u8]) -> Result<()> {
    write_all(fd, content)?;
    if let Some(old) = attributes {
        keep(fd, old)?;
    }
    sys::sync(fd)
}

/// Gives a new file the owner and the group of the old one where that is permitted, and its mode.
///
/// The mode comes last, since a write and a new owner clear set-user-ID and set-group-ID.
fn keep(fd: &Fd, old: Attributes) -> Result<()> {
    const SET_USER_ID: u32 = 0o4000;
    const SET_GROUP_ID: u32 = 0o2000;
    let mut status = StatBuffer::uninit();
    let new = sys::fstat(fd, &mut status)?;
    let (user, group) = new.owner();
    let mut mode = old.mode & MODE_BITS;
    if (user, group) != old.owner && sys::chown(fd, old.owner).is_err() {
        let has_group = group == old.owner.1 || sys::chown(fd, (user, old.owner.1)).is_ok();
        // These bits would give the rights of another user or group than before.
        mode &= if user == old.owner.0 { !0 } else { !SET_USER_ID };
        mode &= if has_group { !0 } else { !SET_GROUP_ID };
    }
    if new.mode() & MODE_BITS == mode { Ok(()) } else { sys::chmod(fd, mode) }
}
