//! The live map: what the newest weights of a training make of what is on screen, on a thread of its own.

mod order;

pub use order::Freshness;

use super::Looking;
use super::runner::{let_all_work_go_first, part};
use crate::classify::{ClassifyError, Part, classify_part};
use crate::cube::Cube;
use crate::model::{Model, Snapshot, bf16_is_available};
use crate::progress::Cancel;
use order::{Order, Seen};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pieces that may wait to be taken in; the thread waits where there are more.
const WAITING: usize = 256;
/// So often it is looked at whether the view was moved while there is nothing to do.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// The window is woken for pieces no more often than this.
const WAKE_EVERY: Duration = Duration::from_millis(120);

/// Something that the live map has to say.
#[derive(Debug)]
pub struct LiveNews {
    /// Which training the weights are of, as [`LiveMapper::show`] was told.
    pub run: u64,
    /// What it has to say.
    pub what: LiveWhat,
}

/// What the live map says.
#[derive(Debug)]
pub enum LiveWhat {
    /// A piece of the map is there, and how fresh what is on screen is now.
    Piece(Part, Freshness),
    /// Something else is on screen: how fresh that is.
    Fresh(Freshness),
    /// It stopped until there are other weights; a sentence for people.
    Failed(String),
}

/// The thread of the live map of one cube. Parted with when dropped.
pub struct LiveMapper {
    shared: Arc<Shared>,
    news: Receiver<LiveNews>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Set when it is closed.
    cancel: Cancel,
}

#[derive(Default)]
struct State {
    /// The newest weights, and which training they are of, until they are taken.
    newest: Option<(Snapshot, u64)>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LiveMapper {
    /// Starts the thread; `wake` is called when something is there. In bfloat16 where asked and where it is to be had.
    pub fn start(
        cube: &Cube,
        looking: Arc<Looking>,
        in_bf16: bool,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let (sender, news) = sync_channel(WAITING);
        let grid = &cube.info().grid;
        let worker = Worker {
            order: Order::new(grid.width, grid.height),
            cube: cube.clone(),
            looking,
            in_bf16,
            shared: Arc::clone(&shared),
            teller: Teller { sender, wake, woken: None, waits: false },
        };
        let work = || {
            // The window first, and training before this.
            let_all_work_go_first();
            worker.run();
        };
        let thread = std::thread::Builder::new().name("ritmo-live".into()).spawn(work).ok();
        Self { shared, news, thread }
    }

    /// From now on these weights are shown, of training `run`; those of before that are not shown yet never will be.
    pub fn show(&self, snapshot: Snapshot, run: u64) {
        self.shared.lock().newest = Some((snapshot, run));
        self.shared.changed.notify_all();
    }

    /// What has come since the last call. Never waits.
    pub fn drain(&self) -> Vec<LiveNews> {
        self.news.try_iter().collect()
    }
}

impl Drop for LiveMapper {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.cancel.cancel();
        self.shared.changed.notify_all();
        // A thread that has something to hand over finds nobody to take it, and ends.
        drop(std::mem::replace(&mut self.news, sync_channel(0).1));
        if let Some(thread) = self.thread.take() {
            part(thread);
        }
    }
}

/// Hands news over, and wakes the window now and then.
struct Teller {
    sender: SyncSender<LiveNews>,
    wake: Arc<dyn Fn() + Send + Sync>,
    woken: Option<Instant>,
    /// Whether something waits that the window was not woken for.
    waits: bool,
}

impl Teller {
    /// Whether anybody listens still.
    fn tell(&mut self, run: u64, what: LiveWhat) -> bool {
        self.waits = true;
        if self.sender.send(LiveNews { run, what }).is_err() {
            return false;
        }
        if self.woken.is_none_or(|woken| woken.elapsed() >= WAKE_EVERY) {
            self.wake();
        }
        true
    }

    fn wake(&mut self) {
        if std::mem::take(&mut self.waits) {
            self.woken = Some(Instant::now());
            (self.wake)();
        }
    }
}

struct Worker {
    order: Order,
    cube: Cube,
    looking: Arc<Looking>,
    in_bf16: bool,
    shared: Arc<Shared>,
    teller: Teller,
}

impl Worker {
    fn run(mut self) {
        let mut model: Option<(Model, u64)> = None;
        let mut told = None;
        while let Some(newest) = self.newest(model.is_none()) {
            if let Some((snapshot, run)) = newest {
                if model.as_ref().is_none_or(|(_, before)| *before != run) {
                    self.order.begin();
                }
                self.order.newer(snapshot.epoch());
                model = Some((self.ready(&snapshot), run));
            }
            let Some((using, run)) = &model else { continue };
            let (run, seen) = (*run, self.seen());
            let Some(piece) = seen.and_then(|seen| self.order.next(seen)) else {
                let fresh = seen.map(|seen| self.order.freshness(seen));
                if let Some(fresh) = fresh.filter(|fresh| told != Some((run, *fresh))) {
                    told = Some((run, fresh));
                    if !self.teller.tell(run, LiveWhat::Fresh(fresh)) {
                        return;
                    }
                }
                self.teller.wake();
                self.rest();
                continue;
            };
            let what = match classify_part(&self.cube, using, piece.window, piece.stride, &self.shared.cancel)
            {
                Ok(part) => {
                    self.order.done(piece);
                    let fresh = seen.map(|seen| self.order.freshness(seen)).unwrap_or_default();
                    told = Some((run, fresh));
                    LiveWhat::Piece(part, fresh)
                }
                Err(ClassifyError::Cancelled(_)) => return,
                Err(why) => {
                    model = None;
                    LiveWhat::Failed(why.to_string())
                }
            };
            if !self.teller.tell(run, what) {
                return;
            }
            if model.is_none() {
                self.teller.wake();
            }
        }
    }

    /// Newer weights, where there are some; `None` once it is closed. Waits for weights where there is nothing to do without.
    fn newest(&self, wait: bool) -> Option<Option<(Snapshot, u64)>> {
        let mut state = self.shared.lock();
        while wait && !state.closed && state.newest.is_none() {
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (!state.closed).then(|| state.newest.take())
    }

    /// Waits a moment, or until there are newer weights.
    fn rest(&self) {
        let state = self.shared.lock();
        if !state.closed && state.newest.is_none() {
            // Whichever it was is looked at next.
            drop(self.shared.changed.wait_timeout(state, LOOK_EVERY));
        }
    }

    fn seen(&self) -> Option<Seen> {
        self.looking.window().map(|window| Seen { window, step: self.looking.step() })
    }

    fn ready(&self, snapshot: &Snapshot) -> Model {
        let model = snapshot.model();
        match self.in_bf16 && bf16_is_available() && model.kind().has_bf16() {
            true => model.in_bf16().unwrap_or_else(|_| snapshot.model()),
            false => model,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::testing;
    use crate::geo::Window;
    use std::path::Path;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn mapper(folder: &Path) -> (LiveMapper, Arc<Looking>, Vec<Snapshot>, Cube) {
        let cube = testing::cube(folder);
        let (_, snapshots) = testing::model(&cube);
        let looking = Arc::new(Looking::default());
        let mapper = LiveMapper::start(&cube, Arc::clone(&looking), false, Arc::new(|| {}));
        (mapper, looking, snapshots, cube)
    }

    /// Takes news until something holds of the newest freshness.
    fn until(mapper: &LiveMapper, codes: &mut [u8], holds: impl Fn(&Freshness) -> bool) -> Vec<Part> {
        let (since, mut parts) = (Instant::now(), Vec::new());
        loop {
            assert!(since.elapsed() < PATIENCE, "it never came");
            for LiveNews { what, .. } in mapper.drain() {
                let fresh = match what {
                    LiveWhat::Piece(part, fresh) => {
                        part.place(codes, testing::SIZE.0);
                        parts.push(part);
                        fresh
                    }
                    LiveWhat::Fresh(fresh) => fresh,
                    LiveWhat::Failed(why) => panic!("{why}"),
                };
                if holds(&fresh) {
                    return parts;
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn the_view_is_mapped_coarse_then_fine_and_follows_when_it_is_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (mapper, looking, snapshots, cube) = mapper(folder.path());
        let (width, height) = testing::SIZE;
        let mut codes = vec![0; (width * height) as usize];
        mapper.show(snapshots[0].clone(), 3);
        mapper.show(snapshots.last().unwrap().clone(), 3);
        std::thread::sleep(Duration::from_millis(60));
        assert!(mapper.drain().is_empty(), "nothing is on screen yet");
        looking.see(Window { col: 0, row: 0, width: 60, height: 60 });
        let parts = until(&mapper, &mut codes, |fresh| fresh.current == 1.0);
        assert_eq!(parts.iter().map(|part| part.stride).collect::<Vec<_>>(), [4, 1]);
        assert!((0..64).all(|col| codes[col as usize] == testing::class_at(col)));
        assert_eq!(codes[100], 0, "nobody looks there");
        looking.see(cube.info().grid.window());
        until(&mapper, &mut codes, |fresh| fresh.current == 1.0 && fresh.covers && fresh.fine == 1.0);
        assert!((0..width * height).all(|at| codes[at as usize] == testing::class_at(at % width)));
    }

    #[test]
    fn a_cube_that_is_gone_stops_it_with_a_sentence_until_there_are_other_weights() {
        let folder = tempfile::tempdir().unwrap();
        let (mapper, looking, snapshots, cube) = mapper(folder.path());
        std::fs::remove_dir_all(cube.path()).unwrap();
        looking.see(cube.info().grid.window());
        for snapshot in &snapshots[..2] {
            mapper.show(snapshot.clone(), 1);
            let since = Instant::now();
            let told = loop {
                assert!(since.elapsed() < PATIENCE);
                if let Some(news) = mapper.drain().pop() {
                    break news;
                }
                std::thread::sleep(Duration::from_millis(1));
            };
            // What the cube had open may be read still.
            if let LiveWhat::Failed(why) = told.what {
                assert!(why.contains("cube.zarr"), "{why}");
            }
        }
    }

    #[test]
    fn a_thread_that_has_much_to_say_ends_when_nobody_listens() {
        let folder = tempfile::tempdir().unwrap();
        let (mapper, looking, snapshots, cube) = mapper(folder.path());
        looking.see(cube.info().grid.window());
        mapper.show(snapshots[0].clone(), 1);
        drop(mapper);
    }
}
