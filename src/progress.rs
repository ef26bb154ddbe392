//! What long work reports while it runs, and how it is told to stop.
//!
//! Long work is a plain function: it takes its input, a [`Report`] and a [`Cancel`], and knows
//! nothing of threads or screens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How far a piece of work has come: `done` of `total` steps of `what`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Steps finished.
    pub done: u64,
    /// Steps in all; 0 while it is not known.
    pub total: u64,
    /// What is being done, for people: "Reading 2022-03-15".
    pub what: String,
}

impl Progress {
    /// `done` of `total` steps of `what`.
    pub fn new(done: u64, total: u64, what: impl Into<String>) -> Self {
        Self { done, total, what: what.into() }
    }

    /// The share done, from 0 to 1, or `None` while the total is not known.
    pub fn share(&self) -> Option<f32> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).clamp(0.0, 1.0) as f32)
    }
}

/// Where long work reports to. Called often and from any thread; must be cheap.
pub type Report<'a> = &'a (dyn Fn(Progress) + Sync);

/// A wish to stop, shared between who asks and who works.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask the work to stop soon.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// `Err(Cancelled)` once somebody asked to stop, for use with `?`.
    ///
    /// # Errors
    /// [`Cancelled`] when a stop was asked for.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

/// The work stopped because it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped, as asked")]
pub struct Cancelled;
