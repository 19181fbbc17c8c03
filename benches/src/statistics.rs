//! What many measurements say together.

use crate::race::{Contender, Samples};

/// The middle of some numbers, and where the middle half of them lies.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    pub median: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Summary {
    /// None of no numbers.
    pub fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = part * (numbers.len().checked_sub(1)? as f64);
            let (below, above) = (numbers.get(place.floor() as usize)?, numbers.get(place.ceil() as usize)?);
            Some(below + (above - below) * place.fract())
        };
        Some(Self { median: at(0.5)?, lower: at(0.25)?, upper: at(0.75)? })
    }
}

/// How many times as long a contender takes as the library. Two times of one round make a ratio, so that what disturbs
/// the whole machine for a while disturbs it little.
pub fn ratio(samples: &[Samples], contender: Contender) -> Option<Summary> {
    let of = |wanted| samples.iter().find(|samples: &&Samples| samples.contender == wanted);
    let (ours, theirs) = (of(Contender::Raw)?, of(contender)?);
    Summary::of(theirs.nanoseconds.iter().zip(&ours.nanoseconds).map(|(theirs, ours)| theirs / ours).collect())
}

/// The time of a call, in nanoseconds.
pub fn time(samples: &[Samples], contender: Contender) -> Option<Summary> {
    Summary::of(samples.iter().find(|samples| samples.contender == contender)?.nanoseconds.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_median_and_the_middle_half() {
        let summary = Summary::of(vec![9.0, 1.0, 3.0, 5.0, 7.0]);
        assert!(summary.is_some_and(|summary| (summary.lower, summary.median, summary.upper) == (3.0, 5.0, 7.0)));
        let between = Summary::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert!(between.is_some_and(|summary| (summary.lower, summary.median, summary.upper) == (1.75, 2.5, 3.25)));
        assert!(Summary::of(Vec::new()).is_none());
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let samples = |contender, nanoseconds| Samples { contender, nanoseconds };
        // A machine that was slower in the second round, and a rival that takes three times as long.
        let both = [samples(Contender::Raw, vec![10.0, 100.0]), samples(Contender::Std, vec![30.0, 300.0])];
        let ratio = ratio(&both, Contender::Std);
        assert!(ratio.is_some_and(|ratio| (ratio.lower, ratio.median, ratio.upper) == (3.0, 3.0, 3.0)));
    }
}
