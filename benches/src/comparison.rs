//! Interleaved timing of several implementations of one operation.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};

use crate::library::Library;
use crate::normalize::Normalize;

/// The loaded shared objects.
pub type Libraries = &'static [(Implementation, &'static Library)];

/// An implementation of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Implementation {
    /// The library with its kernel backend, as shipped.
    Raw,
    /// The library with its libc backend.
    Libc,
    /// The thin wrappers of libc functions in plain.c.
    Plain,
    /// Another build of the library, such as an earlier one.
    Previous,
    Std,
    Rustix,
    NumCpus,
    Hostname,
    DirsNext,
    Fs2,
    Walkdir,
    Glob,
    Memmap2,
    Chrono,
    Tempfile,
    /// The programs find(1) and rm(1).
    Tools,
}

impl Implementation {
    pub const ALL: [Self; 16] = [
        Self::Raw,
        Self::Libc,
        Self::Plain,
        Self::Previous,
        Self::Std,
        Self::Rustix,
        Self::NumCpus,
        Self::Hostname,
        Self::DirsNext,
        Self::Fs2,
        Self::Walkdir,
        Self::Glob,
        Self::Memmap2,
        Self::Chrono,
        Self::Tempfile,
        Self::Tools,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "this library",
            Self::Libc => "its libc backend",
            Self::Plain => "plain libc",
            Self::Previous => "previous",
            Self::Std => "Rust std",
            Self::Rustix => "rustix",
            Self::NumCpus => "num_cpus",
            Self::Hostname => "hostname",
            Self::DirsNext => "dirs-next",
            Self::Fs2 => "fs2",
            Self::Walkdir => "walkdir",
            Self::Glob => "glob",
            Self::Memmap2 => "memmap2",
            Self::Chrono => "chrono",
            Self::Tempfile => "tempfile",
            Self::Tools => "find or rm",
        }
    }

    /// Returns true for implementations outside of this library.
    pub fn is_competitor(self) -> bool {
        !matches!(self, Self::Raw | Self::Libc | Self::Previous)
    }

    /// Returns true for crates that implement a single operation.
    pub fn serves_one_operation(self) -> bool {
        self.is_competitor() && !matches!(self, Self::Plain | Self::Std | Self::Rustix)
    }
}

/// Duration and clock of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of rounds. By default as many as the time allows.
    pub rounds: Option<usize>,
    /// The time in milliseconds after which a row starts no further round beyond the minimum.
    pub milliseconds: u64,
    /// The intended duration of a batch of calls, in microseconds.
    pub batch: u64,
    pub clock: Clock,
}

/// The clock to measure with.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Elapsed time.
    Elapsed,
    /// CPU time of the calling thread, in user and kernel mode.
    Processor,
}

impl Clock {
    fn now(self) -> Duration {
        let id = match self {
            Self::Elapsed => ClockId::Monotonic,
            Self::Processor => ClockId::ThreadCPUTime,
        };
        let time = rustix::time::clock_gettime(id);
        Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or_default())
    }
}

impl Settings {
    pub const MIN_ROUNDS: usize = 15;
    const MAX_ROUNDS: usize = 151;

    /// Returns true if another round should start.
    fn continues(self, rounds: usize, begin: Instant) -> bool {
        match self.rounds {
            Some(wanted) => rounds < wanted,
            None => {
                let is_in_time = begin.elapsed() < Duration::from_millis(self.milliseconds);
                rounds < Self::MIN_ROUNDS || (is_in_time && rounds < Self::MAX_ROUNDS)
            }
        }
    }
}

/// Nanoseconds per call, one value per round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Samples {
    pub implementation: Implementation,
    pub nanoseconds: Vec<f64>,
}

/// An operation of one implementation. Calls are numbered, so that each can use a file of its own.
trait Operation {
    fn time(&mut self, count: usize, clock: Clock) -> Duration;
    fn normalize(&mut self) -> Vec<u8>;
}

struct Timed<F>(F);

impl<T: Normalize, F: FnMut(usize) -> T> Operation for Timed<F> {
    /// The time includes the release of the results.
    fn time(&mut self, count: usize, clock: Clock) -> Duration {
        let begin = clock.now();
        for number in 0..count {
            drop(call(&mut self.0, number));
        }
        clock.now().saturating_sub(begin)
    }

    fn normalize(&mut self) -> Vec<u8> {
        (self.0)(0).normalize()
    }
}

/// Calls an operation from a function that is not inlined.
///
/// A system call may clear the return predictor of the processor, so that the next return costs about 50 ns. A system call
/// that the compiler inlined into the loop would avoid this cost, which callers in programs pay.
#[inline(never)]
fn call<T>(operation: &mut impl FnMut(usize) -> T, number: usize) -> T {
    black_box(operation(number))
}

struct Candidate {
    implementation: Implementation,
    operation: Box<dyn Operation>,
    /// The number of calls in a batch.
    count: usize,
}

type Preparation = Box<dyn FnMut(usize) -> Result<()>>;

/// An operation and the implementations to compare.
pub struct Comparison {
    candidates: Vec<Candidate>,
    /// Untimed actions before and after each batch. They get the number of calls.
    before: Preparation,
    after: Preparation,
    /// Returns the side effect of the first call.
    effect: Box<dyn Fn(Implementation) -> Result<Vec<u8>>>,
    /// The result and the side effect that every implementation must have.
    expected: (Vec<u8>, Vec<u8>),
    max_calls: usize,
}

impl Comparison {
    /// A comparison in which every implementation must return `result`.
    pub fn new(result: &impl Normalize) -> Self {
        Self {
            candidates: Vec::new(),
            before: Box::new(|_| Ok(())),
            after: Box::new(|_| Ok(())),
            effect: Box::new(|_| Ok(Vec::new())),
            expected: (result.normalize(), Vec::new()),
            max_calls: 100_000,
        }
    }

    pub fn add<T: Normalize>(&mut self, implementation: Implementation, operation: impl FnMut(usize) -> T + 'static) {
        self.candidates.push(Candidate { implementation, operation: Box::new(Timed(operation)), count: 1 });
    }

    /// Adds the shared objects.
    pub fn add_libraries<T: Normalize, F: FnMut(usize) -> T + 'static>(
        &mut self,
        libraries: Libraries,
        operation: impl Fn(&'static Library) -> F,
    ) {
        for &(implementation, library) in libraries {
            self.add(implementation, operation(library));
        }
    }

    /// Adds the shared objects that have a function of this name.
    ///
    /// # Safety
    /// `C` is the type of the function in the header.
    pub unsafe fn add_function<C: Copy, T: Normalize, F: FnMut(usize) -> T + 'static>(
        &mut self,
        libraries: Libraries,
        name: &str,
        operation: impl Fn(&'static Library, C) -> F,
    ) {
        for &(implementation, library) in libraries {
            // SAFETY: `C` is the type of the function.
            if let Some(function) = unsafe { library.find(name) } {
                self.add(implementation, operation(library, function));
            }
        }
    }

    pub fn before(&mut self, action: impl FnMut(usize) -> Result<()> + 'static) {
        self.before = Box::new(action);
    }

    pub fn after(&mut self, action: impl FnMut(usize) -> Result<()> + 'static) {
        self.after = Box::new(action);
    }

    /// Expects `find` to return these bytes after the first call.
    pub fn expect_effect(
        &mut self,
        expected: impl Into<Vec<u8>>,
        find: impl Fn(Implementation) -> Result<Vec<u8>> + 'static,
    ) {
        self.expected.1 = expected.into();
        self.effect = Box::new(find);
    }

    /// Limits the calls of a batch, for operations that leave files or data behind.
    pub fn limit_calls(&mut self, calls: usize) {
        self.max_calls = calls.max(1);
    }

    /// Verifies that all implementations do the same, then times them in interleaved batches.
    pub fn run(mut self, settings: Settings) -> Result<Vec<Samples>> {
        for candidate in 0..self.candidates.len() {
            self.verify(candidate)?;
            self.calibrate(candidate, settings)?;
        }
        let mut samples: Vec<Samples> = self.candidates.iter().map(Samples::of).collect();
        let (begin, mut round) = (Instant::now(), 0);
        while settings.continues(round, begin) {
            for at in order(self.candidates.len(), round) {
                let (count, time) = self.run_batch(at, settings.clock)?;
                samples[at].nanoseconds.push(time.as_nanos() as f64 / count as f64);
            }
            round += 1;
        }
        samples.sort_by_key(|samples| samples.implementation);
        Ok(samples)
    }

    fn verify(&mut self, at: usize) -> Result<()> {
        (self.before)(1)?;
        let candidate = &mut self.candidates[at];
        let result = candidate.operation.normalize();
        let (expected, effect) = &self.expected;
        let (implementation, name) = (candidate.implementation, candidate.implementation.name());
        ensure!(result == *expected, "{name} returns {}, not {}", excerpt(&result), excerpt(expected));
        let found = (self.effect)(implementation)?;
        ensure!(found == *effect, "{name} does {}, not {}", excerpt(&found), excerpt(effect));
        (self.after)(1)
    }

    /// Determines the number of calls that fill a batch.
    fn calibrate(&mut self, at: usize, settings: Settings) -> Result<()> {
        let target = Duration::from_micros(settings.batch);
        loop {
            let (count, time) = self.run_batch(at, settings.clock)?;
            if time * 2 >= target || count >= self.max_calls {
                return Ok(());
            }
            let fitting = count as f64 * target.as_secs_f64() / time.as_secs_f64().max(1e-9);
            // The first calls are slower than later ones, so this may take several attempts.
            self.candidates[at].count = (fitting as usize).clamp(count + 1, count * 100).min(self.max_calls);
        }
    }

    fn run_batch(&mut self, at: usize, clock: Clock) -> Result<(usize, Duration)> {
        let count = self.candidates[at].count;
        (self.before)(count)?;
        let time = self.candidates[at].operation.time(count, clock);
        (self.after)(count)?;
        Ok((count, time))
    }
}

/// Returns the order of a round. It varies, so that no candidate always comes first or after the same one.
fn order(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |position| {
        let forward = (position + round) % count;
        if (round / count).is_multiple_of(2) { forward } else { count - 1 - forward }
    })
}

impl Samples {
    fn of(candidate: &Candidate) -> Self {
        Self { implementation: candidate.implementation, nanoseconds: Vec::new() }
    }
}

/// Formats bytes for a message, shortened to 80.
fn excerpt(bytes: &[u8]) -> String {
    let beginning = bytes.get(..80).unwrap_or(bytes);
    let dots = if beginning.len() < bytes.len() { "..." } else { "" };
    format!("\"{}{dots}\" ({} bytes)", beginning.escape_ascii(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_gives_every_candidate_every_position_equally_often() {
        let mut counts = [[0; 4]; 4];
        for round in 0..8 {
            for (position, candidate) in order(4, round).enumerate() {
                counts[position][candidate] += 1;
            }
        }
        assert_eq!(counts, [[2; 4]; 4]);
    }

    #[test]
    fn run_rejects_an_implementation_with_another_result() {
        let settings = Settings { rounds: Some(2), milliseconds: 0, batch: 1, clock: Clock::Elapsed };
        let run = |result: i64| {
            let mut comparison = Comparison::new(&1);
            comparison.add(Implementation::Raw, |_| 1);
            comparison.add(Implementation::Std, move |_| result);
            comparison.run(settings)
        };
        assert!(run(1).is_ok_and(|samples| samples.iter().all(|samples| samples.nanoseconds.len() == 2)));
        assert!(run(2).is_err_and(|error| error.to_string().contains("Rust std returns \"2\"")));
    }
}
