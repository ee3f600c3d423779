//! Failures on demand, for tests of what callers do then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The callers get an error, and nothing was stored.
    FailedAndLost,
    /// The callers get an error, and everything was stored.
    FailedButPersisted,
}

/// The commits that are to fail next. By default none.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<VecDeque<Option<Fault>>>>);

impl Faults {
    /// Lets the next commit that isn't planned for yet fail (`Some`) or pass (`None`).
    pub fn then(&self, fault: Option<Fault>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    pub(super) fn take(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front().flatten()
    }
}
