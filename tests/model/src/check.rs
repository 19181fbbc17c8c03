//! Running a model.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::{kernel, twins};

/// Runs a model in every way that there is, and says how many those were. With `preemptions`, only in those in which no
/// more threads are interrupted than this, at any point, by others.
pub fn check(name: &str, preemptions: Option<usize>, life: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&executions);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.max_branches = 10_000;
    model.check(move || {
        counted.fetch_add(1, Relaxed);
        twins::forget_all();
        kernel::begin();
        life();
    });
    let extent = preemptions.map_or_else(|| "all there are".to_owned(), |most| format!("up to {most} preemptions"));
    println!("FIGURES: {name}: {} executions, {extent}", executions.load(Relaxed));
}
