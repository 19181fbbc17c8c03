//! Contenders for one operation, timed by turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::library::Library;

/// The shared objects, by who they are.
pub type Libraries = [(Contender, &'static Library); 3];

/// Who carries an operation out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Contender {
    /// The library as it is shipped.
    Raw,
    /// The library on a libc.
    Libc,
    /// Thin libc calls.
    Plain,
    Std,
    Rustix,
    NumCpus,
    Hostname,
    DirsNext,
    Fs2,
}

impl Contender {
    pub const ALL: [Self; 9] = [
        Self::Raw,
        Self::Libc,
        Self::Plain,
        Self::Std,
        Self::Rustix,
        Self::NumCpus,
        Self::Hostname,
        Self::DirsNext,
        Self::Fs2,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "this library",
            Self::Libc => "its libc backend",
            Self::Plain => "plain libc",
            Self::Std => "Rust std",
            Self::Rustix => "rustix",
            Self::NumCpus => "num_cpus",
            Self::Hostname => "hostname",
            Self::DirsNext => "dirs-next",
            Self::Fs2 => "fs2",
        }
    }

    /// Whether it is somebody else's.
    pub fn is_rival(self) -> bool {
        !matches!(self, Self::Raw | Self::Libc)
    }

    /// Whether it serves one operation alone.
    pub fn is_special(self) -> bool {
        matches!(self, Self::NumCpus | Self::Hostname | Self::DirsNext | Self::Fs2)
    }
}

/// How long to measure, and what.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often each contender has its turn; what the time allows, if not given.
    pub rounds: Option<usize>,
    /// How long a row may take beyond the fewest rounds, in milliseconds.
    pub milliseconds: u64,
    /// How long a turn is to take, in microseconds.
    pub turn: u64,
    pub clock: Clock,
}

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The time that passes.
    Elapsed,
    /// The time that a processor works for the calling thread, in the kernel too.
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

impl Effort {
    pub const FEWEST: usize = 15;
    const MOST: usize = 151;

    /// Whether there is to be another round.
    fn goes_on(self, rounds: usize, begin: Instant) -> bool {
        match self.rounds {
            Some(wanted) => rounds < wanted,
            None => {
                let is_in_time = begin.elapsed() < Duration::from_millis(self.milliseconds);
                rounds < Self::FEWEST || (is_in_time && rounds < Self::MOST)
            }
        }
    }
}

/// Nanoseconds a call, a round each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Samples {
    pub contender: Contender,
    pub nanoseconds: Vec<f64>,
}

/// Something to do that is numbered, so that each call can have a file of its own.
trait Operation {
    fn turn(&mut self, count: usize, clock: Clock) -> Duration;
    fn answer(&mut self) -> Vec<u8>;
}

struct Timed<F>(F);

impl<T: Answer, F: FnMut(usize) -> T> Operation for Timed<F> {
    /// What is returned is given back within the time.
    fn turn(&mut self, count: usize, clock: Clock) -> Duration {
        let begin = clock.now();
        for number in 0..count {
            drop(call(&mut self.0, number));
        }
        clock.now().saturating_sub(begin)
    }

    fn answer(&mut self) -> Vec<u8> {
        (self.0)(0).answer()
    }
}

/// Calls an operation from a function that returns.
///
/// Processors may have forgotten where to return to when they come from the kernel: the first return costs some 50 ns
/// then, whoever's it is. A system call that the compiler puts into the loop would be spared here what its callers pay.
#[inline(never)]
fn call<T>(operation: &mut impl FnMut(usize) -> T, number: usize) -> T {
    black_box(operation(number))
}

struct Entrant {
    contender: Contender,
    operation: Box<dyn Operation>,
    /// How many calls a turn has.
    count: usize,
}

type Preparation = Box<dyn FnMut(usize) -> Result<()>>;

/// An operation, and all who carry it out.
pub struct Race {
    entrants: Vec<Entrant>,
    /// What is done before each turn, and after it, without being timed; the number of calls is passed.
    before: Preparation,
    after: Preparation,
    /// What a call has done beside what it answers.
    effect: Box<dyn Fn(Contender) -> Result<Vec<u8>>>,
    /// What every contender must answer and do.
    expected: (Vec<u8>, Vec<u8>),
    most_calls: usize,
}

impl Race {
    /// A race between contenders who all have to answer this.
    pub fn new(answer: &impl Answer) -> Self {
        Self {
            entrants: Vec::new(),
            before: Box::new(|_| Ok(())),
            after: Box::new(|_| Ok(())),
            effect: Box::new(|_| Ok(Vec::new())),
            expected: (answer.answer(), Vec::new()),
            most_calls: 100_000,
        }
    }

    pub fn enter<T: Answer>(&mut self, contender: Contender, operation: impl FnMut(usize) -> T + 'static) {
        self.entrants.push(Entrant { contender, operation: Box::new(Timed(operation)), count: 1 });
    }

    /// Enters the shared objects, which are called in the same way.
    pub fn enter_libraries<T: Answer, F: FnMut(usize) -> T + 'static>(
        &mut self,
        libraries: Libraries,
        operation: impl Fn(&'static Library) -> F,
    ) {
        for (contender, library) in libraries {
            self.enter(contender, operation(library));
        }
    }

    pub fn before(&mut self, action: impl FnMut(usize) -> Result<()> + 'static) {
        self.before = Box::new(action);
    }

    pub fn after(&mut self, action: impl FnMut(usize) -> Result<()> + 'static) {
        self.after = Box::new(action);
    }

    /// What must be found when the first call has been made.
    pub fn effect(&mut self, expected: impl Into<Vec<u8>>, find: impl Fn(Contender) -> Result<Vec<u8>> + 'static) {
        self.expected.1 = expected.into();
        self.effect = Box::new(find);
    }

    /// How many calls a turn may have, where each leaves something behind.
    pub fn at_most(&mut self, calls: usize) {
        self.most_calls = calls.max(1);
    }

    /// Makes sure that all do the same, and times them.
    pub fn run(mut self, effort: Effort) -> Result<Vec<Samples>> {
        for entrant in 0..self.entrants.len() {
            self.verify(entrant)?;
            self.calibrate(entrant, effort)?;
        }
        let mut samples: Vec<Samples> = self.entrants.iter().map(Samples::of).collect();
        let (begin, mut round) = (Instant::now(), 0);
        while effort.goes_on(round, begin) {
            for at in order(self.entrants.len(), round) {
                let (count, time) = self.turn(at, effort.clock)?;
                samples[at].nanoseconds.push(time.as_nanos() as f64 / count as f64);
            }
            round += 1;
        }
        samples.sort_by_key(|samples| samples.contender);
        Ok(samples)
    }

    fn verify(&mut self, at: usize) -> Result<()> {
        (self.before)(1)?;
        let entrant = &mut self.entrants[at];
        let answer = entrant.operation.answer();
        let (expected, effect) = &self.expected;
        let (contender, name) = (entrant.contender, entrant.contender.name());
        ensure!(answer == *expected, "{name} answers {}, not {}", shown(&answer), shown(expected));
        let found = (self.effect)(contender)?;
        ensure!(found == *effect, "{name} does {}, not {}", shown(&found), shown(effect));
        (self.after)(1)
    }

    /// Finds how many calls fill a turn.
    fn calibrate(&mut self, at: usize, effort: Effort) -> Result<()> {
        let aim = Duration::from_micros(effort.turn);
        loop {
            let (count, time) = self.turn(at, effort.clock)?;
            if time * 2 >= aim || count >= self.most_calls {
                return Ok(());
            }
            let fitting = count as f64 * aim.as_secs_f64() / time.as_secs_f64().max(1e-9);
            // The first calls are slower than those that follow, so there may be several attempts.
            self.entrants[at].count = (fitting as usize).clamp(count + 1, count * 100).min(self.most_calls);
        }
    }

    fn turn(&mut self, at: usize, clock: Clock) -> Result<(usize, Duration)> {
        let count = self.entrants[at].count;
        (self.before)(count)?;
        let time = self.entrants[at].operation.turn(count, clock);
        (self.after)(count)?;
        Ok((count, time))
    }
}

/// Whose turn it is in a round: nobody always comes first, or behind the same one.
fn order(count: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |place| {
        let forward = (place + round) % count;
        if (round / count).is_multiple_of(2) { forward } else { count - 1 - forward }
    })
}

impl Samples {
    fn of(entrant: &Entrant) -> Self {
        Self { contender: entrant.contender, nanoseconds: Vec::new() }
    }
}

/// The beginning of what may be long.
fn shown(bytes: &[u8]) -> String {
    let beginning = bytes.get(..80).unwrap_or(bytes);
    let dots = if beginning.len() < bytes.len() { "..." } else { "" };
    format!("\"{}{dots}\" ({} bytes)", beginning.escape_ascii(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_turn_and_every_place() {
        let mut places = [[0; 4]; 4];
        for round in 0..8 {
            for (place, who) in order(4, round).enumerate() {
                places[place][who] += 1;
            }
        }
        assert_eq!(places, [[2; 4]; 4]);
    }

    #[test]
    fn who_answers_something_else_is_found_out() {
        let effort = Effort { rounds: Some(2), milliseconds: 0, turn: 1, clock: Clock::Elapsed };
        let race = |answer: i64| {
            let mut race = Race::new(&1);
            race.enter(Contender::Raw, |_| 1);
            race.enter(Contender::Std, move |_| answer);
            race.run(effort)
        };
        assert!(race(1).is_ok_and(|samples| samples.iter().all(|samples| samples.nanoseconds.len() == 2)));
        assert!(race(2).is_err_and(|error| error.to_string().contains("Rust std answers \"2\"")));
    }
}
