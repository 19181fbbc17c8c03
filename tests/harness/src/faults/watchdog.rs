//! Kills runs that do not end.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use workbench::shell;

/// The process that a worker waits for, with its deadline.
#[derive(Default)]
pub struct Watch(Mutex<Option<(u32, Instant)>>);

impl Watch {
    /// Starts to watch a process.
    pub fn begin(&self, process: u32, deadline: Instant) {
        self.set(Some((process, deadline)));
    }

    pub fn end(&self) {
        self.set(None);
    }

    fn set(&self, watched: Option<(u32, Instant)>) {
        if let Ok(mut current) = self.0.lock() {
            *current = watched;
        }
    }

    /// Kills the process and its descendants.
    pub fn kill(&self) {
        // Under the lock: until its worker calls `end`, the process ID is not reused.
        if let Ok(current) = self.0.lock()
            && let Some((process, _)) = *current
        {
            shell::kill_with_descendants(process);
        }
    }

    fn is_overdue(&self) -> bool {
        self.0.lock().is_ok_and(|current| current.is_some_and(|(_, deadline)| Instant::now() > deadline))
    }
}

/// Kills overdue processes until `is_done`.
pub fn guard(watches: &[Watch], is_done: impl Fn() -> bool) {
    while !is_done() {
        watches.iter().filter(|watch| watch.is_overdue()).for_each(Watch::kill);
        std::thread::sleep(Duration::from_millis(50));
    }
}
