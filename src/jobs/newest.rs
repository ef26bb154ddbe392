//! Work for what is under the mouse: on a thread of its own, the newest question wins, and takes back the one before.

use crate::progress::Cancel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A thread that answers the last question it was asked. Parted with when dropped ([`super::part`]); what it works at is
/// cancelled then.
pub struct Newest<Q, A> {
    shared: Arc<Shared<Q, A>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared<Q, A> {
    state: Mutex<State<Q, A>>,
    changed: Condvar,
}

struct State<Q, A> {
    wanted: Option<Q>,
    under_way: Option<Cancel>,
    answer: Option<A>,
    closed: bool,
}

impl<Q, A> Shared<Q, A> {
    fn lock(&self) -> MutexGuard<'_, State<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The question wanted, and its wish to stop; waits for one. `None` once it is closed.
    fn next(&self) -> Option<(Q, Cancel)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(question) = state.wanted.take() {
                let cancel = Cancel::new();
                state.under_way = Some(cancel.clone());
                return Some((question, cancel));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Newest<Q, A> {
    /// Starts the thread. `work` gives no answer where it was cancelled; `wake` is called when an answer is there.
    pub fn start(
        name: &str,
        wake: Arc<dyn Fn() + Send + Sync>,
        mut work: impl FnMut(Q, &Cancel) -> Option<A> + Send + 'static,
    ) -> Self {
        let state = State { wanted: None, under_way: None, answer: None, closed: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let body = {
            let shared = Arc::clone(&shared);
            move || {
                while let Some((question, cancel)) = shared.next() {
                    let answer = work(question, &cancel);
                    let mut state = shared.lock();
                    state.under_way = None;
                    if answer.is_some() {
                        state.answer = answer;
                        drop(state);
                        wake();
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(body).ok();
        Self { shared, thread }
    }

    /// Asks; what was asked before and is not answered yet is not wanted any more.
    pub fn ask(&self, question: Q) {
        let mut state = self.shared.lock();
        state.wanted = Some(question);
        if let Some(cancel) = &state.under_way {
            cancel.cancel();
        }
        drop(state);
        self.shared.changed.notify_one();
    }

    /// The newest answer, once. Never waits for work.
    pub fn take(&self) -> Option<A> {
        self.shared.lock().answer.take()
    }
}

impl<Q, A> Drop for Newest<Q, A> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        if let Some(cancel) = &state.under_way {
            cancel.cancel();
        }
        drop(state);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            super::part(thread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{channel, sync_channel};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn the_newest_question_takes_back_the_one_under_way_and_those_that_wait() {
        let (woken, wakes) = channel();
        let (begun, begins) = sync_channel(10);
        let work = move |question: u32, cancel: &Cancel| {
            begun.send(question).unwrap();
            // The first question is never answered, unless one more is asked.
            while question == 1 && !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            (!cancel.is_cancelled()).then_some(question * 10)
        };
        let wake = Mutex::new(woken);
        let newest = Newest::start("test", Arc::new(move || wake.lock().unwrap().send(()).unwrap()), work);
        assert_eq!(newest.take(), None);
        newest.ask(1);
        assert_eq!(begins.recv_timeout(PATIENCE), Ok(1));
        newest.ask(2);
        wakes.recv_timeout(PATIENCE).unwrap();
        assert_eq!((newest.take(), newest.take()), (Some(20), None));
        assert_eq!(begins.try_recv(), Ok(2));
    }

    #[test]
    fn work_under_way_is_stopped_and_joined_when_nobody_asks_any_more() {
        let (ended, ends) = channel();
        let (begun, begins) = channel();
        let work = move |(): (), cancel: &Cancel| -> Option<()> {
            begun.send(()).unwrap();
            while !cancel.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
            ended.send(()).unwrap();
            None
        };
        let newest = Newest::start("test", Arc::new(|| {}), work);
        newest.ask(());
        begins.recv_timeout(PATIENCE).unwrap();
        drop(newest);
        assert_eq!(ends.try_recv(), Ok(()), "it was joined");
    }
}
