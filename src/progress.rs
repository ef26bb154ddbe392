//! What long work reports while it runs, and how it is told to stop.
//!
//! Long work is a plain function: it takes its input, a [`Report`] and a [`Cancel`], and knows
//! nothing of threads or screens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

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

/// A wish to stop or to rest, shared between who asks and who works.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Wish>);

#[derive(Debug, Default)]
struct Wish {
    stop: AtomicBool,
    rest: AtomicBool,
    /// Held while either wish changes, so that nobody who rests misses it.
    gate: Mutex<()>,
    changed: Condvar,
}

impl Wish {
    fn change(&self, change: impl FnOnce()) {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        change();
        drop(gate);
        self.changed.notify_all();
    }
}

impl Cancel {
    /// Nobody has asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ask the work to stop soon, also where it rests.
    pub fn cancel(&self) {
        self.0.change(|| self.0.stop.store(true, Ordering::Relaxed));
    }

    /// Ask the work to rest: it waits in its next [`Cancel::check`]. Only for work on threads of its own: what shares
    /// threads with other work would let that wait too.
    pub fn pause(&self) {
        self.0.change(|| self.0.rest.store(true, Ordering::Relaxed));
    }

    /// Let work that rests go on.
    pub fn resume(&self) {
        self.0.change(|| self.0.rest.store(false, Ordering::Relaxed));
    }

    /// Whether somebody asked to stop. Never waits.
    pub fn is_cancelled(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// `Err(Cancelled)` once somebody asked to stop, for use with `?`. Waits here while somebody asks to rest; no lock may be
    /// held meanwhile that the window needs.
    ///
    /// # Errors
    /// [`Cancelled`] when a stop was asked for.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.0.rest.load(Ordering::Relaxed) {
            let mut gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner);
            while self.0.rest.load(Ordering::Relaxed) && !self.is_cancelled() {
                gate = self.0.changed.wait(gate).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

/// The work stopped because it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped, as asked")]
pub struct Cancelled;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);
    const A_MOMENT: Duration = Duration::from_millis(50);

    /// Work that tells of each step it makes, and why it ended.
    fn steps(cancel: &Cancel) -> (std::sync::mpsc::Receiver<()>, std::thread::JoinHandle<Cancelled>) {
        let (tell, told) = channel();
        let cancel = cancel.clone();
        let thread = std::thread::spawn(move || {
            loop {
                if let Err(stopped) = cancel.check() {
                    return stopped;
                }
                let _ = tell.send(());
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        (told, thread)
    }

    /// Steps on their way when a rest was asked for are passed over; then there are none.
    fn is_still(told: &std::sync::mpsc::Receiver<()>) -> bool {
        std::thread::sleep(A_MOMENT);
        while told.try_recv().is_ok() {}
        told.recv_timeout(A_MOMENT) == Err(RecvTimeoutError::Timeout)
    }

    #[test]
    fn work_rests_while_it_is_asked_to_and_goes_on_then() {
        let cancel = Cancel::new();
        let (told, thread) = steps(&cancel);
        told.recv_timeout(PATIENCE).unwrap();
        cancel.pause();
        assert!(is_still(&told));
        assert!(!cancel.is_cancelled());
        cancel.resume();
        told.recv_timeout(PATIENCE).unwrap();
        cancel.cancel();
        assert_eq!(thread.join().unwrap(), Cancelled);
    }

    #[test]
    fn work_that_rests_can_be_stopped() {
        let cancel = Cancel::new();
        cancel.pause();
        let (told, thread) = steps(&cancel);
        assert!(is_still(&told));
        cancel.cancel();
        assert_eq!(thread.join().unwrap(), Cancelled);
        assert_eq!(told.try_iter().count(), 0, "it made no step");
    }
}
