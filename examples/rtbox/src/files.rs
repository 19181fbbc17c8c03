//! Applets for files and directories.

use core::ffi::c_int;

use ffi_syscalls::{Errno, Result, dir, file};

use crate::job::{Job, code};
use crate::stream::{self, Failure};
use crate::sys::file::{Fd, O_APPEND, O_CREAT, O_RDONLY, O_WRONLY, STDIN, STDOUT, open, status, truncate};
use crate::words::Word;

/// Prints files.
pub(crate) fn cat(job: &mut Job) -> c_int {
    if job.operands.is_empty() {
        print_stream(job, None, &STDIN);
    }
    for operand in job.operands {
        let has_output = if operand.bytes() == b"-" {
            print_stream(job, None, &STDIN)
        } else if let Some(file) = job.check(&[*operand], open(*operand, O_RDONLY)) {
            print_stream(job, Some(*operand), &file)
        } else {
            true
        };
        if !has_output {
            break;
        }
    }
    code::SUCCESS
}

/// Copies a file, or standard input, to standard output. Returns whether more can be written.
fn print_stream(job: &mut Job, operand: Option<Word>, input: &Fd) -> bool {
    let result = stream::copy(input, &STDOUT, || Ok(()));
    let has_output = !matches!(result, Err(Failure::Write(_)));
    match (result, operand) {
        (Err(Failure::Write(errno)), _) => job.report_stream(b"standard output", errno),
        (Err(Failure::Read(errno)), Some(file)) => job.report_error(&[file], errno, b""),
        (Err(failure), _) => report_input(job, operand.as_slice(), &failure),
        (Ok(()), _) => {}
    }
    has_output
}

/// Reports that the input of an applet failed.
fn report_input(job: &mut Job, operands: &[Word], failure: &Failure) {
    match *failure {
        Failure::Read(errno) => job.report_stream(b"standard input", errno),
        Failure::Write(errno) => job.report_error(operands, errno, b""),
        Failure::SameFile => job.report(operands, |message| message.push(b"input file is output file")),
    }
}

/// Writes texts or standard input to a file.
pub(crate) fn write(job: &mut Job) -> c_int {
    put(job, false, |file, content| file::write_text(file, content))
}

/// Appends texts or standard input to a file.
pub(crate) fn append(job: &mut Job) -> c_int {
    put(job, true, |file, content| file::append_text(file, content))
}

fn put(job: &mut Job, appends: bool, write: fn(Word, &[u8]) -> Result<()>) -> c_int {
    let Some((file, texts)) = job.operands.split_first() else { return code::MISUSE };
    if texts.is_empty() {
        put_stream(job, *file, appends);
    } else {
        let result = put_line(*file, texts, !job.option, write);
        job.check(&[*file], result);
    }
    code::SUCCESS
}

/// Copies standard input to a file. The file keeps its content if standard input cannot be read.
fn put_stream(job: &mut Job, file: Word, appends: bool) {
    let opened = open(file, O_WRONLY | O_CREAT | if appends { O_APPEND } else { 0 });
    let Some(output) = job.check(&[file], opened) else { return };
    let result = stream::copy(&STDIN, &output, || if appends { Ok(()) } else { empty(&output) });
    match result {
        Ok(()) => drop(job.check(&[file], output.close())),
        Err(failure) => report_input(job, &[file], &failure),
    }
}

/// Removes the content of a file. Pipes and devices have none.
fn empty(file: &Fd) -> Result<()> {
    if status(file)?.is_regular() { truncate(file) } else { Ok(()) }
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
