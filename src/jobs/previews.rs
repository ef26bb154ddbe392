//! Previews of scenes, fetched behind the window: each once, those in view first.

use super::runner::let_the_window_go_first;
use crate::progress::Cancel;
use crate::source::stac::{Catalogue, Patience, Preview, Signer, fetch_preview};
use crate::source::tidy_cache;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Previews that are fetched at once.
const AT_ONCE: usize = 3;

/// The address of a preview, with what came of it; `None` where it cannot be had.
type Came = (String, Option<Preview>);

/// How long a server is waited for: a picture that does not come soon is none.
const PATIENCE: Patience =
    Patience { request: Duration::from_secs(20), attempts: 2, first_wait: Duration::from_millis(500) };

/// Fetches previews of a catalogue. Its threads end by themselves once it is gone.
pub struct PreviewLoader {
    shared: Arc<Shared>,
    arrived: Receiver<Came>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// The catalogue, as people write it, and headers that its server wants.
    catalogue: (String, Vec<(String, String)>),
    /// Asks as the catalogue's files are asked for; made by the first who needs it. `None` where it is no catalogue.
    signer: OnceLock<Option<Signer>>,
    cancel: Cancel,
}

#[derive(Default)]
struct State {
    wanted: Vec<String>,
    /// What is under way, or came.
    asked: HashSet<String>,
    closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signer(&self) -> Option<&Signer> {
        let made = || {
            let (catalogue, headers) = &self.catalogue;
            let catalogue = Catalogue::with_headers(catalogue, headers).ok()?;
            Some(Signer::new(&catalogue, PATIENCE, Arc::new(|_| ()), &self.cancel))
        };
        self.signer.get_or_init(made).as_ref()
    }

    /// The next preview to fetch; waits for one. `None` once it is closed.
    fn next(&self) -> Option<String> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if !state.wanted.is_empty() {
                let address = state.wanted.remove(0);
                state.asked.insert(address.clone());
                return Some(address);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl PreviewLoader {
    /// Starts the threads. The server of the `catalogue` gets the `headers`; copies are kept in the folder `cache`, where there
    /// is one. `wake` is called when one has come.
    pub fn start(
        catalogue: &str,
        headers: &[(String, String)],
        cache: Option<PathBuf>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            catalogue: (catalogue.into(), headers.to_vec()),
            signer: OnceLock::new(),
            cancel: Cancel::new(),
        });
        let (sender, arrived) = sync_channel(32);
        for at in 0..AT_ONCE {
            let (shared, cache) = (Arc::clone(&shared), cache.clone());
            let (sender, wake) = (sender.clone(), Arc::clone(&wake));
            let body = move || {
                let_the_window_go_first();
                if let Some(folder) = cache.as_deref().filter(|_| at == 0) {
                    tidy_cache(folder);
                }
                fetch_all(&shared, cache.as_deref(), &sender, &*wake);
            };
            // Where no thread can be had there are no previews.
            let _ = std::thread::Builder::new().name("ritmo-preview".into()).spawn(body);
        }
        Self { shared, arrived }
    }

    /// The previews that the next frame lacks, the most wanted first. What was asked for before is not asked for again.
    pub fn want<'a>(&self, addresses: impl Iterator<Item = &'a str>) {
        let mut state = self.shared.lock();
        let wanted: Vec<String> =
            addresses.filter(|address| !state.asked.contains(*address)).map(str::to_owned).collect();
        if state.wanted != wanted {
            state.wanted = wanted;
            self.shared.changed.notify_all();
        }
    }

    /// What has come since the last call. Never waits.
    pub fn drain(&self) -> Vec<Came> {
        self.arrived.try_iter().collect()
    }

    /// Whether it is of this catalogue and these headers.
    pub fn is_of(&self, catalogue: &str, headers: &[(String, String)]) -> bool {
        self.shared.catalogue.0 == catalogue && self.shared.catalogue.1 == headers
    }

    /// A preview that came and was put away may be asked for again.
    pub fn forget(&self, address: &str) {
        self.shared.lock().asked.remove(address);
    }
}

impl Drop for PreviewLoader {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.cancel.cancel();
        self.shared.changed.notify_all();
    }
}

fn fetch_all(
    shared: &Shared,
    cache: Option<&Path>,
    sender: &SyncSender<Came>,
    wake: &(dyn Fn() + Send + Sync),
) {
    while let Some(address) = shared.next() {
        let preview = fetch_preview(&address, shared.signer(), cache).ok();
        if sender.send((address, preview)).is_err() {
            return;
        }
        wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn previews_come_once_and_one_that_cannot_be_had_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("a.png");
        std::fs::write(&there, crate::chart::encoded(2, 1, vec![9, 8, 7, 255, 6, 5, 4, 255]).unwrap())
            .unwrap();
        let (there, gone) = (there.to_str().unwrap(), "/no/such/b.png");
        let loader = PreviewLoader::start("no catalogue", &[], None, Arc::new(|| {}));
        let mut came = Vec::new();
        for _ in 0..3000 {
            loader.want([there, gone].into_iter());
            came.extend(loader.drain());
            if came.len() >= 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        came.sort_by_key(|(_, preview)| preview.is_none());
        assert_eq!(came.len(), 2);
        assert_eq!((came[0].0.as_str(), came[1].0.as_str()), (there, gone));
        assert_eq!(came[0].1.as_ref().unwrap().size, [2, 1]);
        assert!(came[1].1.is_none());
        loader.want([there, gone].into_iter());
        std::thread::sleep(Duration::from_millis(50));
        assert!(loader.drain().is_empty(), "each is asked for once");
    }
}
