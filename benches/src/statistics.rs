//! Summaries of samples.

use crate::comparison::{Implementation, Samples};

/// Median and quartiles.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    pub median: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Summary {
    /// Returns `None` for no numbers. Quartiles are interpolated linearly.
    pub fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let rank = part * (numbers.len().checked_sub(1)? as f64);
            let (below, above) = (numbers.get(rank.floor() as usize)?, numbers.get(rank.ceil() as usize)?);
            Some(below + (above - below) * rank.fract())
        };
        Some(Self { median: at(0.5)?, lower: at(0.25)?, upper: at(0.75)? })
    }
}

/// Returns the time of an implementation divided by that of the library. Ratios are formed within each round, so that
/// disturbances of the whole machine that last longer than a round cancel out.
pub fn ratio(samples: &[Samples], implementation: Implementation) -> Option<Summary> {
    let of = |wanted| samples.iter().find(|samples: &&Samples| samples.implementation == wanted);
    let (ours, theirs) = (of(Implementation::Raw)?, of(implementation)?);
    Summary::of(theirs.nanoseconds.iter().zip(&ours.nanoseconds).map(|(theirs, ours)| theirs / ours).collect())
}

/// Returns the time of a call in nanoseconds.
pub fn time(samples: &[Samples], implementation: Implementation) -> Option<Summary> {
    Summary::of(samples.iter().find(|samples| samples.implementation == implementation)?.nanoseconds.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_is_the_median_and_the_quartiles() {
        let summary = Summary::of(vec![9.0, 1.0, 3.0, 5.0, 7.0]);
        assert!(summary.is_some_and(|summary| (summary.lower, summary.median, summary.upper) == (3.0, 5.0, 7.0)));
        let between = Summary::of(vec![4.0, 1.0, 3.0, 2.0]);
        assert!(between.is_some_and(|summary| (summary.lower, summary.median, summary.upper) == (1.75, 2.5, 3.25)));
        assert!(Summary::of(Vec::new()).is_none());
    }

    #[test]
    fn ratio_is_formed_within_each_round() {
        let samples = |implementation, nanoseconds| Samples { implementation, nanoseconds };
        // The machine is slower in the second round, and std always takes three times as long.
        let both = [samples(Implementation::Raw, vec![10.0, 100.0]), samples(Implementation::Std, vec![30.0, 300.0])];
        let ratio = ratio(&both, Implementation::Std);
        assert!(ratio.is_some_and(|ratio| (ratio.lower, ratio.median, ratio.upper) == (3.0, 3.0, 3.0)));
    }
}
