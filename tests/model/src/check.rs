//! Runs a model in every execution.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Once};

use crate::fault::{self, Fault};
use crate::{kernel, twins};

/// The executions of a model that are explored.
#[derive(Clone, Copy, Debug)]
pub enum Extent {
    /// All that the memory model allows.
    All,
    /// Those in which threads are interrupted at most this often, at any point.
    Preemptions(usize),
}

/// Runs a model in every execution of the extent.
///
/// # Panics
/// One of the executions fails.
pub fn check(name: &str, extent: Extent, model: impl Fn() + Send + Sync + 'static) {
    let executions = explore(extent, &Arc::default(), model);
    println!("FIGURES: {name}: {executions} executions, {extent:?}");
}

/// Runs a model of code that has a fault.
///
/// # Panics
/// No execution fails: the model misses the fault.
pub fn check_finds(fault: Fault, extent: Extent, model: impl Fn() + Send + Sync + 'static) {
    expect_panics_of_faults();
    let executions = Arc::default();
    fault::set(Some(fault));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| explore(extent, &executions, model)));
    fault::set(None);
    let Err(failure) = outcome else { panic!("the model misses {fault:?}") };
    let execution = executions.load(Relaxed);
    println!("FIGURES: {fault:?}: found in execution {execution}: {}", first_line(&*failure));
}

/// Runs the model in every execution of the extent, and returns their number.
///
/// `executions` counts them while they run, for a caller that catches a panic.
fn explore(extent: Extent, executions: &Arc<AtomicUsize>, model: impl Fn() + Send + Sync + 'static) -> usize {
    let counted = Arc::clone(executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = match extent {
        Extent::All => None,
        Extent::Preemptions(most) => Some(most),
    };
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, Relaxed);
        twins::forget_all();
        kernel::begin();
        fault::begin();
        model();
    });
    executions.load(Relaxed)
}

/// Keeps the messages of expected panics out of the output of a test.
fn expect_panics_of_faults() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !fault::is_set() {
                report(info);
            }
        }));
    });
}

fn first_line(failure: &(dyn Any + Send)) -> &str {
    let message = failure.downcast_ref::<String>().map(String::as_str).or_else(|| failure.downcast_ref().copied());
    message.and_then(|message| message.lines().next()).unwrap_or_default()
}
