//! Programs that run while a test talks to them.

use std::process::{Child, ExitStatus};
use std::time::Instant;

use super::*;

/// A program that runs. Dropping it kills it.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn new(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn id(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    /// Reads so many bytes of its standard output.
    pub(crate) fn read(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.stdout.as_mut().unwrap().read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Reads a line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        let bytes: Vec<_> = std::iter::repeat_with(|| self.read(1)[0]).take_while(|&byte| byte != b'\n').collect();
        String::from_utf8(bytes).unwrap()
    }

    /// Writes to its standard input.
    pub(crate) fn write(&mut self, text: &str) {
        self.0.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        within_limit(|| self.0.try_wait().unwrap())
    }

    /// Closes its standard input, waits for its end, and returns the rest of its output.
    pub(crate) fn finish(mut self) -> Outcome {
        drop(self.0.stdin.take());
        let (stdout, stderr) = (self.0.stdout.take(), self.0.stderr.take());
        let (stdout, stderr) = std::thread::scope(|scope| {
            let stderr = scope.spawn(|| rest_of(stderr));
            (rest_of(stdout), stderr.join().unwrap())
        });
        (stdout, String::from_utf8_lossy(&stderr).into_owned(), self.wait().code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn rest_of(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.map(|mut stream| stream.read_to_end(&mut bytes).unwrap());
    bytes
}

pub(crate) fn kill(process: i32, signal: i32) {
    // SAFETY: the arguments are plain integers.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0, "{process}");
}

/// Repeats an attempt until it has a result, for at most 20 seconds.
#[track_caller]
pub(crate) fn within_limit<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "it takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the state of a process, as `S` for one that sleeps, and its parent.
pub(crate) fn stat_of(process: i32) -> Option<(char, i32)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Waits until processes have these states.
#[track_caller]
pub(crate) fn wait_for_states<const N: usize>(processes: [i32; N], states: &str) {
    let current =
        || processes.map(|process| stat_of(process).map_or('-', |(state, _)| state)).iter().collect::<String>();
    within_limit(|| (current() == states).then_some(()));
}
