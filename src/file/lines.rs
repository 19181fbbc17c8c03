//! The lines of a file.

use crate::arg::Arg;
use crate::content::{grow, read_file};
use crate::errno::{Errno, Result};
use crate::fields::{split_field, without_last};
use crate::list::{List, ListBuilder};

/// Reads the lines of a file, without what ends them: `\n` or `\r\n`. The last line needs no end, and an empty file has no
/// lines.
///
/// # Errors
/// Those of [`read_text`](super::read_text). `EILSEQ` if a line contains a NUL byte, which no string of a list can.
///
/// ```
/// use ffi_syscalls::file;
///
/// # fn main() -> ffi_syscalls::Result<()> {
/// let path = file::temp("lines-")?;
/// file::write_text(&path, "one\r\ntwo\n\nfour")?;
/// let lines = file::read_lines(&path)?;
/// assert!(lines.iter().eq([c"one", c"two", c"", c"four"]));
/// # file::delete(&path)
/// # }
/// ```
pub fn read_lines(path: impl Arg) -> Result<List> {
    let text = path.with_c_str(read_file)?;
    if text.contains(&0) {
        return Err(Errno::EILSEQ);
    }
    let count = text.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let mut lines = ListBuilder::new();
    lines.reserve(text.len() + 2 * count, count, grow)?;
    let mut rest: &[u8] = &text;
    while !rest.is_empty() {
        let len = rest.len();
        let line = split_field(&mut rest, b'\n');
        let is_ended = line.len() + rest.len() < len;
        lines.push(if is_ended { without_last(line, b'\r') } else { line });
    }
    drop(text);
    lines.into_list()
}
