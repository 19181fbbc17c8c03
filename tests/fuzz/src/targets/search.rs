//! Searches for a command in `PATH`.

use std::ffi::{CString, c_char};
use std::ptr::null;
use std::rc::Rc;

use linux_raw_sys::errno;

use super::{with_kernel, without_nul};
use crate::errno::Errno;
use crate::kernel::{self, Attempt, File, Kernel, Program};
use crate::process::{self, Outcome};

/// The errors of execve(2), and 0 for a success.
const ANSWERS: [u32; 16] = [
    0,
    errno::ENOENT,
    errno::EACCES,
    errno::ENOTDIR,
    errno::ENOEXEC,
    errno::ETXTBSY,
    errno::ELOOP,
    errno::ENAMETOOLONG,
    errno::ESTALE,
    errno::ENODEV,
    errno::ETIMEDOUT,
    errno::EIO,
    errno::EPERM,
    errno::E2BIG,
    errno::ENOMEM,
    errno::ENOENT,
];

/// Input: a line with `PATH` (unset if empty), a line with the command, a line with an argument, and a byte for the
/// result of each attempt.
pub fn run(data: &[u8]) {
    let mut parts = data.splitn(4, |&byte| byte == b'\n');
    let mut line = || without_nul(parts.next().unwrap_or_default());
    let (path, command, argument) = (line(), line(), line());
    let answers = parts.next().unwrap_or_default();
    let answer = |&byte: &u8| match ANSWERS[usize::from(byte % 16)] {
        0 => Ok(byte),
        number => Err(number),
    };
    let programs: Vec<Program> = answers.iter().map(answer).collect();
    let salt = answers.len();
    let exists = move |path: &[u8]| (path.iter().map(|&byte| usize::from(byte)).sum::<usize>() + salt) % 3 == 0;
    let find = move |path: &[u8]| if exists(path) { File::of(b"") } else { File::Error(errno::ENOENT) };
    let variable = CString::new([b"PATH=".as_slice(), &path].concat()).unwrap_or_default();
    let variables: [*const c_char; 2] = [if path.is_empty() { null() } else { variable.as_ptr() }, null()];
    kernel::arch::set_environ(Some(variables.as_ptr()));
    let kernel = Kernel { programs: programs.clone(), lookup: Some(Rc::new(find)), ..Kernel::default() };
    let (outcome, attempts) = with_kernel(kernel, || {
        let outcome = process::run(&command[..], &[&argument[..]]);
        (outcome, kernel::outcome().1)
    });
    kernel::arch::set_environ(None);
    let path = if path.is_empty() { b"/bin:/usr/bin".to_vec() } else { path };
    let mut model = Model { programs, attempts: Vec::new(), command, argument };
    let expected = model.run(&path, &exists);
    assert_eq!(attempts, model.attempts);
    assert_eq!(outcome, Ok(expected));
}

/// The search by execvp(3), step by step.
struct Model {
    programs: Vec<Program>,
    attempts: Vec<Attempt>,
    command: Vec<u8>,
    argument: Vec<u8>,
}

impl Model {
    fn run(&mut self, path: &[u8], exists: &dyn Fn(&[u8]) -> bool) -> Outcome {
        let candidates = self.candidates(path);
        let is_path = self.command.contains(&b'/');
        let mut reason = if is_path || self.command.len() <= 255 { errno::ENOENT } else { errno::ENAMETOOLONG };
        for candidate in &candidates {
            match self.execute(candidate) {
                Ok(code) => return Outcome::Exited(code),
                Err(number) if is_path || !is_passed_over(number) => {
                    reason = number;
                    break;
                }
                Err(number) if reason != errno::EACCES => reason = number,
                Err(_) => {}
            }
        }
        use errno::{E2BIG, EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR};
        let means_missing =
            [ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, E2BIG].contains(&reason) || reason == EACCES && !is_path;
        let number = Errno::from_raw(reason.cast_signed()).unwrap_or(Errno::EIO);
        if means_missing && !candidates.iter().any(|candidate| exists(candidate)) {
            Outcome::NotFound(number)
        } else {
            Outcome::NotExecutable(number)
        }
    }

    /// Returns the possible paths of the command, in the order of the attempts.
    fn candidates(&self, path: &[u8]) -> Vec<Vec<u8>> {
        if self.command.contains(&b'/') {
            return vec![self.command.clone()];
        }
        if self.command.is_empty() || self.command.len() > 255 {
            return Vec::new();
        }
        let directories = path.split(|&byte| byte == b':');
        let candidates = directories.map(|directory| match directory {
            b"" => self.command.clone(),
            _ => [directory, &self.command].join(&b'/'),
        });
        candidates.filter(|candidate| candidate.len() < 4096).collect()
    }

    fn execute(&mut self, candidate: &[u8]) -> Program {
        let arguments = vec![self.command.clone(), self.argument.clone()];
        for last in [false, false, false, true] {
            match self.attempt(candidate, arguments.clone()) {
                Err(errno::ETXTBSY) if !last => {}
                Err(errno::ENOEXEC) => {
                    let arguments = vec![b"/bin/sh".to_vec(), candidate.to_vec(), self.argument.clone()];
                    return self.attempt(b"/bin/sh", arguments).map_err(|_| errno::ENOEXEC);
                }
                result => return result,
            }
        }
        Err(errno::ETXTBSY)
    }

    fn attempt(&mut self, path: &[u8], arguments: Vec<Vec<u8>>) -> Program {
        let number = self.attempts.len().min(self.programs.len().saturating_sub(1));
        self.attempts.push(Attempt { path: path.to_vec(), arguments });
        self.programs.get(number).copied().unwrap_or(Err(errno::ENOENT))
    }
}

fn is_passed_over(number: u32) -> bool {
    use errno::{EACCES, ENODEV, ENOENT, ENOTDIR, ESTALE, ETIMEDOUT};
    [EACCES, ENOENT, ENOTDIR, ESTALE, ENODEV, ETIMEDOUT].contains(&number)
}
