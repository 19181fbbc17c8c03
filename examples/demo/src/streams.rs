//! Standard streams.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::library::Library;
use crate::shown::{Demo, lossy};

/// The argument of the child whose streams are shown.
pub const ECHO: &str = "echo";

const LINE: &str = "first line";
const REST: &str = "second line\nthird line\n";

pub fn show(demo: &mut Demo<'_>) -> Result<()> {
    demo.family("Standard streams");
    let mut child = Command::new(std::env::current_exe()?)
        .arg(demo.object)
        .arg(ECHO)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no pipe")?.write_all(format!("{LINE}\n{REST}").as_bytes())?;
    let output = child.wait_with_output()?;
    let (out, err) = (lossy(&output.stdout), lossy(&output.stderr));
    let (line, rest) = (out.strip_suffix('\n').unwrap_or(&out), err.strip_suffix('\n').unwrap_or(&err));
    demo.row("rt_stdin_read_line", "read a line", line, line == LINE);
    demo.row("rt_println", "wrote it to the standard output", line, out == format!("{LINE}\n"));
    let shown = format!("{} bytes", rest.len());
    demo.row("rt_stdin_read_text", "read the rest", &shown, rest == REST);
    demo.row("rt_eprintln", "wrote it to the standard error", &shown, err == format!("{REST}\n"));
    Ok(())
}

/// Writes the first line of the standard input to the standard output, and the rest to the standard error.
pub fn echo(library: &Library) -> Result<()> {
    let line = std::ffi::CString::new(library.text0("rt_stdin_read_line")?)?;
    library.holds("rt_println", &line)?;
    let rest = std::ffi::CString::new(library.text0("rt_stdin_read_text")?)?;
    library.holds("rt_eprintln", &rest)?;
    Ok(())
}
