//! Cores of what is being drawn that cost more than a frame has: computed on a thread of their own, the newest first.

use super::{DrawnCore, work::drawn_core};
use crate::geo::Grid;
use crate::labels::{Annotation, Buffers, largest_buffer_m};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is asked of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftQuestion {
    /// Its core.
    Core,
    /// The largest inward buffer that leaves a pure pixel.
    LargestBuffer,
}

/// A shape to be looked at.
#[derive(Debug, Clone)]
pub struct DraftRequest {
    /// Comes back with the answer.
    pub number: u64,
    /// The shape, as the annotation that it would be.
    pub annotation: Annotation,
    /// The grid of the site on screen.
    pub grid: Grid,
    /// Inward buffers.
    pub buffers: Buffers,
}

/// An answer.
#[derive(Debug, Clone)]
pub enum DraftAnswer {
    /// A core, or why there is none, and how long it took.
    Core { number: u64, core: Result<Arc<DrawnCore>, String>, took: Duration },
    /// The largest buffer in metres that leaves a pure pixel; `None` where none does.
    LargestBuffer { number: u64, metres: Option<f64> },
}

/// What waits, the newest of each question; and whether the thread should end.
#[derive(Default)]
struct Waiting {
    core: Option<DraftRequest>,
    largest: Option<DraftRequest>,
    closed: bool,
}

/// Looks at drafts on a thread of its own.
pub struct Drafts {
    waiting: Arc<(Mutex<Waiting>, Condvar)>,
    answers: Option<Receiver<DraftAnswer>>,
    thread: Option<JoinHandle<()>>,
}

impl Drafts {
    /// Starts the thread; `wake` is called when an answer is there.
    pub fn start(wake: impl Fn() + Send + 'static) -> Self {
        let waiting: Arc<(Mutex<Waiting>, Condvar)> = Arc::default();
        let (sender, answers) = sync_channel(8);
        let work = {
            let waiting = Arc::clone(&waiting);
            move || look(&waiting, &sender, &wake)
        };
        let thread = std::thread::Builder::new().name("ritmo-draft".into()).spawn(work).ok();
        Self { waiting, answers: Some(answers), thread }
    }

    /// Asks; what was asked before and is not begun yet is forgotten.
    pub fn ask(&self, question: DraftQuestion, request: DraftRequest) {
        let mut waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        match question {
            DraftQuestion::Core => waiting.core = Some(request),
            DraftQuestion::LargestBuffer => waiting.largest = Some(request),
        }
        self.waiting.1.notify_one();
    }

    /// Answers that have come. Never waits.
    pub fn drain(&self) -> Vec<DraftAnswer> {
        self.answers.as_ref().map(|answers| answers.try_iter().collect()).unwrap_or_default()
    }
}

impl Drop for Drafts {
    fn drop(&mut self) {
        self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.waiting.1.notify_all();
        // A thread that waits for room to answer is told that nobody listens.
        self.answers = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn look(waiting: &(Mutex<Waiting>, Condvar), sender: &SyncSender<DraftAnswer>, wake: &impl Fn()) {
    while let Some((question, request)) = next(waiting) {
        let DraftRequest { number, annotation, grid, buffers } = request;
        let answer = match question {
            DraftQuestion::Core => {
                let since = Instant::now();
                let core = drawn_core(&annotation, &grid, &buffers);
                DraftAnswer::Core { number, core, took: since.elapsed() }
            }
            DraftQuestion::LargestBuffer => {
                // What cannot be buffered has no largest buffer either.
                let metres = largest_buffer_m(&annotation.geometry, &grid).ok().flatten();
                DraftAnswer::LargestBuffer { number, metres }
            }
        };
        if sender.send(answer).is_err() {
            return;
        }
        wake();
    }
}

/// What to do next; waits for something. `None` when the thread should end.
fn next((waiting, changed): &(Mutex<Waiting>, Condvar)) -> Option<(DraftQuestion, DraftRequest)> {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if waiting.closed {
            return None;
        }
        if let Some(request) = waiting.core.take() {
            return Some((DraftQuestion::Core, request));
        }
        if let Some(request) = waiting.largest.take() {
            return Some((DraftQuestion::LargestBuffer, request));
        }
        waiting = changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    fn request(number: u64, side: f64) -> DraftRequest {
        let crs = Crs::from_epsg(32615).unwrap();
        let (left, top) = (500_000.0, 1_900_000.0);
        let grid = Grid { crs, left, top, pixel_width: 10.0, pixel_height: 10.0, width: 96, height: 64 };
        let corners = [(10.0, 10.0), (10.0 + side, 10.0), (10.0 + side, 10.0 + side), (10.0, 10.0 + side)];
        let ring: Vec<[f64; 2]> =
            corners.iter().map(|&(c, r)| grid.lonlat_from_pixel(c, r).unwrap()).collect();
        let polygon = geo::Polygon::new(ring.into(), vec![]);
        let annotation = Annotation::new(0, polygon.into(), 1);
        DraftRequest { number, annotation, grid, buffers: Buffers::all(20.0) }
    }

    #[test]
    fn the_newest_question_is_answered_and_closing_never_waits_for_a_listener() {
        let drafts = Drafts::start(|| {});
        for number in 1..=40 {
            drafts.ask(DraftQuestion::Core, request(number, 10.0));
        }
        drafts.ask(DraftQuestion::LargestBuffer, request(41, 3.0));
        let (mut last, mut largest) = (0, None);
        for _ in 0..2000 {
            for answer in drafts.drain() {
                match answer {
                    DraftAnswer::Core { number, core, .. } => {
                        assert_eq!(core.unwrap().core.pure_pixels.len(), 36);
                        last = number;
                    }
                    DraftAnswer::LargestBuffer { number, metres } => largest = Some((number, metres)),
                }
            }
            if last == 40 && largest.is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(last, 40);
        let (number, metres) = largest.unwrap();
        assert_eq!(number, 41);
        // Three pixels a side: 10 m leave the one in the middle.
        assert!(metres.is_some_and(|m| (9.5..=10.1).contains(&m)), "{metres:?}");
        for number in 0..100 {
            drafts.ask(DraftQuestion::Core, request(number, 10.0));
        }
    }
}
