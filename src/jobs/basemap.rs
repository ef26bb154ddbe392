//! Tiles of a basemap, fetched behind the window. A server in trouble is left alone for a while, longer each time.

use crate::source::{Basemap, TileAddress, TilePicture, TileTrouble, fetch_tile, tidy_cache};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Tiles that are fetched at once. Servers that cost nothing ask for few.
const AT_ONCE: usize = 4;
/// So long one waits for a tile.
const PATIENCE: Duration = Duration::from_secs(20);
/// After the first failure the server is left alone so long; twice as long after each one more.
const FIRST_REST: Duration = Duration::from_secs(10);
/// At most so long.
const LONGEST_REST: Duration = Duration::from_secs(600);
/// So many tiles that are "not found", and none that is, say that the server has none here.
const MANY_LACKING: u32 = 8;

/// Fetches tiles of one basemap.
pub struct BasemapLoader {
    basemap: Basemap,
    shared: Arc<Shared>,
    arrived: Receiver<(TileAddress, TilePicture)>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wanted: Vec<TileAddress>,
    under_way: HashSet<TileAddress>,
    /// Tiles that the server does not have.
    lacking: HashSet<TileAddress>,
    trouble: Trouble,
    closed: bool,
}

/// What is wrong with a server, and how long it is left alone for it.
#[derive(Debug, Default)]
struct Trouble {
    last: Option<TileTrouble>,
    rests: u32,
    lacking: u32,
    until: Option<Instant>,
}

impl Trouble {
    /// A tile came.
    fn over(&mut self) {
        *self = Self::default();
    }

    /// A tile did not come; tells whether it is the tile alone that lacks.
    fn failed(&mut self, why: TileTrouble, now: Instant) -> bool {
        let lacks = matches!(why, TileTrouble::Answer(204 | 404 | 410));
        if lacks {
            self.lacking += 1;
            if self.lacking >= MANY_LACKING {
                self.last = Some(why);
            }
            return true;
        }
        // Several were under way: together they are one failure.
        if self.until.is_none_or(|until| until <= now) {
            let rest = FIRST_REST.saturating_mul(1 << self.rests.min(10)).min(LONGEST_REST);
            self.rests += 1;
            self.until = Some(now + rest);
        }
        self.last = Some(why);
        false
    }

    /// How long the server is still left alone.
    fn rest(&self, now: Instant) -> Option<Duration> {
        self.until?.checked_duration_since(now).filter(|rest| !rest.is_zero())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next tile to fetch; waits for one. `None` once it is closed.
    fn next(&self) -> Option<TileAddress> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(rest) = state.trouble.rest(Instant::now()) {
                let waited = self.changed.wait_timeout(state, rest);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            // After a failure one asks once, and all again when an answer has come.
            let careful = state.trouble.until.is_some() && !state.under_way.is_empty();
            if !state.wanted.is_empty() && !careful {
                let tile = state.wanted.remove(0);
                state.under_way.insert(tile);
                return Some(tile);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl BasemapLoader {
    /// Starts the threads; tiles are kept in the folder `cache`, where there is one. `wake` is called when something has
    /// come or is known.
    pub fn start(basemap: Basemap, cache: Option<PathBuf>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), changed: Condvar::new() });
        let (sender, arrived) = sync_channel(64);
        for at in 0..AT_ONCE {
            let (shared, basemap, cache) = (Arc::clone(&shared), basemap.clone(), cache.clone());
            let (sender, wake) = (sender.clone(), Arc::clone(&wake));
            let body = move || {
                if let Some(folder) = cache.as_deref().filter(|_| at == 0) {
                    tidy_cache(folder);
                }
                fetch_all(&shared, &basemap, cache.as_deref(), &sender, &*wake);
            };
            // Where no thread can be had the map has no basemap.
            let _ = std::thread::Builder::new().name("ritmo-basemap".into()).spawn(body);
        }
        Self { basemap, shared, arrived }
    }

    /// The basemap that it fetches.
    pub fn basemap(&self) -> &Basemap {
        &self.basemap
    }

    /// The tiles that the next frame lacks, the most wanted first.
    pub fn want(&self, tiles: impl Iterator<Item = TileAddress>) {
        let mut state = self.shared.lock();
        let wanted: Vec<_> =
            tiles.filter(|tile| !state.under_way.contains(tile) && !state.lacking.contains(tile)).collect();
        if state.wanted != wanted {
            state.wanted = wanted;
            self.shared.changed.notify_all();
        }
    }

    /// What has come since the last call. Never waits.
    pub fn drain(&self) -> Vec<(TileAddress, TilePicture)> {
        let arrived: Vec<_> = self.arrived.try_iter().collect();
        let mut state = self.shared.lock();
        for (tile, _) in &arrived {
            state.under_way.remove(tile);
        }
        arrived
    }

    /// What is wrong with the server now.
    pub fn trouble(&self) -> Option<TileTrouble> {
        self.shared.lock().trouble.last
    }

    /// Asks again at once, also for what the server did not have.
    pub fn retry(&self) {
        let mut state = self.shared.lock();
        state.trouble.over();
        state.lacking.clear();
        self.shared.changed.notify_all();
    }
}

impl Drop for BasemapLoader {
    /// Its threads end by themselves once what they wait for has come: the window does not wait for a server.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

fn fetch_all(
    shared: &Shared,
    basemap: &Basemap,
    cache: Option<&std::path::Path>,
    sender: &SyncSender<(TileAddress, TilePicture)>,
    wake: &(dyn Fn() + Send + Sync),
) {
    while let Some(tile) = shared.next() {
        let fetched = fetch_tile(&basemap.tile_url(tile), cache, PATIENCE);
        {
            let mut state = shared.lock();
            match &fetched {
                Ok(_) => state.trouble.over(),
                Err(why) => {
                    state.under_way.remove(&tile);
                    if state.trouble.failed(*why, Instant::now()) {
                        state.lacking.insert(tile);
                    }
                }
            }
            shared.changed.notify_all();
        }
        if let Ok(picture) = fetched
            && sender.send((tile, picture)).is_err()
        {
            return;
        }
        wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiles::{Served, TileServer};

    fn loader(server: &TileServer) -> BasemapLoader {
        let basemap =
            Basemap { name: "own".into(), url: server.template(), attribution: String::new(), max_zoom: 18 };
        BasemapLoader::start(basemap, None, Arc::new(|| {}))
    }

    fn tiles(count: u32) -> impl Iterator<Item = TileAddress> {
        (0..count).map(|x| TileAddress { z: 9, x, y: 4 })
    }

    #[track_caller]
    fn until(holds: impl Fn() -> bool) {
        for _ in 0..3000 {
            if holds() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it never came");
    }

    #[test]
    fn a_server_in_trouble_is_left_alone_longer_each_time_and_at_once_asked_where_people_want() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        assert!(!trouble.failed(TileTrouble::Answer(429), start));
        assert!(!trouble.failed(TileTrouble::Answer(429), start));
        assert_eq!(trouble.rest(start), Some(FIRST_REST), "two at once are one failure");
        let later = start + FIRST_REST;
        assert_eq!(trouble.rest(later), None);
        trouble.failed(TileTrouble::Silent, later);
        assert_eq!(trouble.rest(later), Some(2 * FIRST_REST));
        let mut now = later;
        for _ in 0..40 {
            now += trouble.rest(now).unwrap_or_default();
            trouble.failed(TileTrouble::Silent, now);
        }
        assert_eq!(trouble.rest(now), Some(LONGEST_REST));
        trouble.over();
        assert_eq!((trouble.rest(now), trouble.last), (None, None));
    }

    #[test]
    fn tiles_that_lack_are_no_trouble_unless_all_do() {
        let (mut trouble, now) = (Trouble::default(), Instant::now());
        for _ in 1..MANY_LACKING {
            assert!(trouble.failed(TileTrouble::Answer(404), now));
        }
        assert_eq!((trouble.last, trouble.rest(now)), (None, None));
        trouble.failed(TileTrouble::Answer(404), now);
        assert_eq!((trouble.last, trouble.rest(now)), (Some(TileTrouble::Answer(404)), None));
    }

    #[test]
    fn all_tiles_come_and_none_is_asked_for_twice() {
        let server = TileServer::start(Served::Picture([9, 8, 7]));
        let loader = loader(&server);
        let have = Mutex::new(HashSet::new());
        until(|| {
            let mut have = have.lock().unwrap();
            have.extend(loader.drain().into_iter().map(|(tile, _)| tile));
            let lacking: Vec<_> = tiles(12).filter(|tile| !have.contains(tile)).collect();
            loader.want(lacking.into_iter());
            have.len() == 12
        });
        assert_eq!(server.asked().len(), 12);
        assert_eq!(loader.trouble(), None);
    }

    #[test]
    fn a_server_that_answers_too_many_requests_is_not_asked_again_by_the_next_frames() {
        for served in [Served::Status(429), Served::Page] {
            let server = TileServer::start(served);
            let loader = loader(&server);
            loader.want(tiles(40));
            until(|| loader.trouble().is_some());
            for _ in 0..20 {
                loader.want(tiles(40));
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(server.asked().len() <= AT_ONCE, "{}", server.asked().len());
            server.serve(Served::Picture([0, 0, 0]));
            loader.retry();
            loader.want(tiles(41));
            until(|| !loader.drain().is_empty());
            until(|| loader.trouble().is_none());
        }
    }

    #[test]
    fn what_a_server_does_not_have_is_asked_for_once() {
        let server = TileServer::start(Served::Status(404));
        let loader = loader(&server);
        for _ in 0..40 {
            loader.want(tiles(10));
            std::thread::sleep(Duration::from_millis(5));
        }
        until(|| server.asked().len() == 10);
        loader.want(tiles(10));
        until(|| loader.trouble() == Some(TileTrouble::Answer(404)));
        assert_eq!(server.asked().len(), 10);
    }

    #[test]
    fn a_loader_whose_server_hangs_goes_without_a_wait() {
        let server = TileServer::start(Served::Silence);
        let loader = loader(&server);
        loader.want(tiles(2));
        until(|| !server.asked().is_empty());
        drop(loader);
    }
}
