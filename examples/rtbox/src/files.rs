//! Applets for files and directories.

use core::ffi::c_int;

use ffi_syscalls::{Errno, Result, Text, dir, file, stdio};

use crate::job::{Job, code};
use crate::words::Word;

/// Prints files.
pub(crate) fn cat(job: &mut Job) -> c_int {
    if job.operands.is_empty() {
        print_standard_input(job);
    }
    for operand in job.operands {
        if operand.bytes() == b"-" {
            print_standard_input(job);
        } else if let Some(content) = job.check(&[*operand], file::read_text(*operand)) {
            job.out.push(&content);
        }
    }
    code::SUCCESS
}

fn print_standard_input(job: &mut Job) {
    if let Some(content) = standard_input(job) {
        job.out.push(&content);
    }
}

/// Reads standard input to its end, or reports why it cannot.
fn standard_input(job: &mut Job) -> Option<Text> {
    let report_error = |errno| {
        job.report(&[], |message| {
            message.push(b"standard input: ");
            message.push_errno(errno);
        });
    };
    stdio::read_text().map_err(report_error).ok()
}

/// Writes texts or standard input to a file.
pub(crate) fn write(job: &mut Job) -> c_int {
    put(job, |file, content| file::write_text(file, content))
}

/// Appends texts or standard input to a file.
pub(crate) fn append(job: &mut Job) -> c_int {
    put(job, |file, content| file::append_text(file, content))
}

fn put(job: &mut Job, write: fn(Word, &[u8]) -> Result<()>) -> c_int {
    let Some((file, texts)) = job.operands.split_first() else { return code::MISUSE };
    let result = match texts {
        [] => standard_input(job).map_or(Ok(()), |content| write(*file, &content)),
        texts => put_line(*file, texts, !job.option, write),
    };
    job.check(&[*file], result);
    code::SUCCESS
}

/// Writes texts as one line, with a single call of `write` if the line fits the buffer. The rest is appended.
fn put_line(file: Word, texts: &[Word], newline: bool, write: fn(Word, &[u8]) -> Result<()>) -> Result<()> {
    let mut content = Content { file, write, buffer: [0; CAPACITY], len: 0 };
    for (i, text) in texts.iter().enumerate() {
        if i > 0 {
            content.push(b" ")?;
        }
        content.push(text.bytes())?;
    }
    if newline {
        content.push(b"\n")?;
    }
    (content.write)(file, content.buffer.get(..content.len).unwrap_or_default())
}

const CAPACITY: usize = 1 << 16;

/// Buffered bytes for a file.
struct Content {
    file: Word,
    write: fn(Word, &[u8]) -> Result<()>,
    buffer: [u8; CAPACITY],
    len: usize,
}

impl Content {
    fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while let Some(rest) = self.buffer.get_mut(self.len..) {
            let (now, later) = bytes.split_at_checked(rest.len()).unwrap_or((bytes, &[]));
            if let Some(place) = rest.get_mut(..now.len()) {
                place.copy_from_slice(now);
            }
            self.len += now.len();
            bytes = later;
            if bytes.is_empty() {
                break;
            }
            (self.write)(self.file, &self.buffer)?;
            self.write = |file, content| file::append_text(file, content);
            self.len = 0;
        }
        Ok(())
    }
}

/// Copies a file.
pub(crate) fn cp(job: &mut Job) -> c_int {
    if let &[source, destination] = job.operands {
        match file::copy(source, destination) {
            Err(errno @ Errno::EINVAL) => job.report_error(job.operands, errno, b" (are they the same file?)"),
            result => drop(job.check(job.operands, result)),
        }
    }
    code::SUCCESS
}

/// Removes files.
pub(crate) fn rm(job: &mut Job) -> c_int {
    job.each(file::delete)
}

/// Lists directories.
pub(crate) fn ls(job: &mut Job) -> c_int {
    if job.operands.is_empty() {
        let names = dir::list(c".");
        print_names(job, &[], names);
    }
    for (i, directory) in job.operands.iter().enumerate() {
        let names = dir::list(*directory);
        if job.operands.len() > 1 && names.is_ok() {
            let gap: &[u8] = if i > 0 { b"\n" } else { b"" };
            job.out.line(&[gap, directory.bytes(), b":"]);
        }
        print_names(job, &[*directory], names);
    }
    code::SUCCESS
}

fn print_names(job: &mut Job, operands: &[Word], names: Result<ffi_syscalls::List>) {
    if let Some(names) = job.check(operands, names) {
        for name in names.iter() {
            job.out.line(&[name.to_bytes()]);
        }
    }
}

/// Creates directories.
pub(crate) fn mkdir(job: &mut Job) -> c_int {
    let recursive = job.option;
    job.each(|directory| dir::create(directory, recursive))
}

/// Prints sizes.
pub(crate) fn size(job: &mut Job) -> c_int {
    numbers(job, file::size)
}

/// Prints modification times.
pub(crate) fn mtime(job: &mut Job) -> c_int {
    numbers(job, file::modified_time)
}

/// Prints a number for each operand, with its name if there are several.
fn numbers(job: &mut Job, query: fn(Word) -> Result<i64>) -> c_int {
    for operand in job.operands {
        let Some(number) = job.check(&[*operand], query(*operand)) else { continue };
        job.out.push_number(number);
        if job.operands.len() > 1 {
            job.out.push(b" ");
            job.out.push(operand.bytes());
        }
        job.out.end();
    }
    code::SUCCESS
}

/// Checks that paths exist and reports it by the exit code alone. A path that cannot be checked gets a message.
pub(crate) fn exists(job: &mut Job) -> c_int {
    let mut code = code::SUCCESS;
    for path in job.operands {
        match file::exists(*path) {
            Ok(true) => {}
            Ok(false) => code = code::FAILURE,
            Err(errno) => job.report_error(&[*path], errno, b" (so it cannot be known)"),
        }
    }
    code
}
