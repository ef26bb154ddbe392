//! Saves a reference sample behind the window: after each answer, the newest wins, none is lost on closing.

use super::{ReferenceSample, write_reference};
use crate::labels::Legend;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What is to be saved, and where.
struct Wanted {
    sample: Arc<ReferenceSample>,
    legend: Legend,
    file: PathBuf,
}

#[derive(Default)]
struct State {
    wanted: VecDeque<Wanted>,
    saving: bool,
    outcome: Option<Result<(), String>>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that saves reference samples. Dropped, it saves what is still wanted first.
pub struct ReferenceSaver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl ReferenceSaver {
    /// Starts the thread; `wake` is called when something was saved, or could not be.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let shared = Arc::new(Shared::default());
        let body = {
            let shared = Arc::clone(&shared);
            move || {
                while let Some(wanted) = next(&shared) {
                    let saved = write_reference(&wanted.sample, &wanted.legend, &wanted.file);
                    let mut state = shared.lock();
                    state.saving = false;
                    state.outcome = Some(saved.map_err(|error| error.to_string()));
                    drop(state);
                    shared.changed.notify_all();
                    wake();
                }
            }
        };
        let thread = std::thread::Builder::new().name("ritmo-reference".into()).spawn(body).ok();
        Self { shared, thread }
    }

    /// Saves a sample soon; one that waits still is not wanted any more where it goes to the same file.
    pub fn save(&self, sample: Arc<ReferenceSample>, legend: Legend, file: PathBuf) {
        let mut state = self.shared.lock();
        state.wanted.retain(|waiting| waiting.file != file);
        state.wanted.push_back(Wanted { sample, legend, file });
        drop(state);
        self.shared.changed.notify_all();
    }

    /// What became of the last save, once. Never waits.
    pub fn outcome(&self) -> Option<Result<(), String>> {
        self.shared.lock().outcome.take()
    }

    /// Whether something is on its way to the disk.
    pub fn is_saving(&self) -> bool {
        let state = self.shared.lock();
        state.saving || !state.wanted.is_empty()
    }

    /// Waits until everything is on the disk (for verbs and tests; the window never calls it).
    pub fn flush(&self) {
        let mut state = self.shared.lock();
        while (state.saving || !state.wanted.is_empty()) && self.thread.is_some() {
            state = self.shared.wait(state);
        }
    }
}

fn next(shared: &Shared) -> Option<Wanted> {
    let mut state = shared.lock();
    loop {
        if let Some(wanted) = state.wanted.pop_front() {
            state.saving = true;
            return Some(wanted);
        }
        if state.closed {
            return None;
        }
        state = shared.wait(state);
    }
}

impl Drop for ReferenceSaver {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It cannot panic: what fails is an outcome.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PlacedUnit, read_reference};
    use super::*;

    fn sample(number: u32) -> Arc<ReferenceSample> {
        let unit = PlacedUnit { number, lonlat: [1.0, 2.0], stratum: None, answers: Vec::new() };
        Arc::new(ReferenceSample { name: "a".into(), site: None, design: None, units: vec![unit] })
    }

    #[test]
    fn what_was_wanted_last_is_on_the_disk_when_the_saver_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(format!("reference/{name}.geojson")));
        let saver = ReferenceSaver::start(Arc::new(|| {}));
        (1..=40).for_each(|number| saver.save(sample(number), Legend::default(), a.clone()));
        saver.save(sample(7), Legend::default(), b.clone());
        drop(saver);
        let number = |file| read_reference(file, &Legend::default()).unwrap().0.units[0].number;
        assert_eq!((number(&a), number(&b)), (40, 7));
    }

    #[test]
    fn a_save_that_fails_says_so_and_the_next_one_can_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reference/a.geojson");
        std::fs::write(folder.path().join("reference"), "in the way").unwrap();
        let saver = ReferenceSaver::start(Arc::new(|| {}));
        saver.save(sample(1), Legend::default(), file.clone());
        saver.flush();
        assert!(saver.outcome().unwrap().unwrap_err().contains("cannot save"));
        std::fs::remove_file(folder.path().join("reference")).unwrap();
        saver.save(sample(2), Legend::default(), file);
        saver.flush();
        assert_eq!((saver.outcome(), saver.is_saving()), (Some(Ok(())), false));
    }
}
