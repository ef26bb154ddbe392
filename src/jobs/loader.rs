//! What the window lacks for the next frame: chunks for the series under the mouse, tiles of pictures.
//!
//! Each frame states what it lacks, the nearest first; what a later frame no longer wants is not fetched. A disk that hangs
//! holds up these threads and nothing else: they are not waited for.

use crate::cube::picture::{Composite, Kept, MaskPicture, Picture, mask_picture, mask_shares};
use crate::cube::{Cube, CubeError, PixelState};
use crate::geo::Window;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A piece of a picture: every `step`-th pixel of `window` at date `time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileKey {
    /// Which composite it is painted with: [`super::OpenedCube::look`].
    pub look: u64,
    /// Index of the date.
    pub time: usize,
    /// 1, 2, 4 …
    pub step: u32,
    /// The pixels of the cube that it covers.
    pub window: Window,
}

/// Something of the masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaskKey {
    /// The shares of all states at this date.
    Shares(usize),
    /// Every `step`-th pixel of `window` at date `time`.
    Tile { time: usize, step: u32, window: Window },
}

/// Shares of pixels in each state of [`PixelState::ALL`].
pub type MaskShares = [f32; PixelState::ALL.len()];

/// Something that was fetched.
#[derive(Debug)]
pub enum Loaded {
    /// A tile of a mask.
    Mask(MaskKey, MaskPicture),
    /// The shares of a mask's states at a date.
    MaskShares(MaskKey, MaskShares),
    /// This part of the masks cannot be read; a sentence for people.
    BadMask(MaskKey, String),
    /// A tile of a picture.
    Tile(TileKey, Picture),
    /// This chunk is in memory now; why its mask is not, where it cannot be read.
    Chunk((u32, u32), Option<String>),
    /// This chunk cannot be read; a sentence for people.
    BadChunk((u32, u32), String),
    /// This tile cannot be read; a sentence for people.
    BadTile(TileKey, String),
    /// All of the cube is gone: nothing more is fetched of it. A sentence for people.
    Gone(String),
}

/// Whether all of the cube is gone.
type IsGone = Arc<AtomicBool>;

/// What became of something that cannot be read.
fn unread(why: &CubeError, gone: &IsGone, part: impl FnOnce(String) -> Loaded) -> Loaded {
    if matches!(why, CubeError::Gone { .. }) {
        gone.store(true, Ordering::Relaxed);
        return Loaded::Gone(why.to_string());
    }
    part(why.to_string())
}

pub(super) struct Wanted<K> {
    list: Mutex<(Vec<K>, bool)>,
    changed: Condvar,
}

impl<K: Copy + Eq> Wanted<K> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { list: Mutex::new((Vec::new(), false)), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, (Vec<K>, bool)> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, keys: Vec<K>) {
        let mut list = self.lock();
        if list.0 != keys {
            list.0 = keys;
            self.changed.notify_one();
        }
    }

    /// The first key wanted, taken off the list; waits for one. `None` when the loader is closed.
    fn take(&self) -> Option<K> {
        let mut list = self.lock();
        loop {
            if list.1 {
                return None;
            }
            if !list.0.is_empty() {
                return Some(list.0.remove(0));
            }
            list = self.changed.wait(list).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.lock().1 = true;
        self.changed.notify_all();
    }
}

/// The composite that pictures are painted with, and its number.
type Look = Arc<Mutex<(u64, Arc<Composite>)>>;

/// Fetches for one cube, on three threads: series never wait behind pictures, nor pictures behind masks.
pub struct Loader {
    look: Look,
    masks: Arc<Wanted<MaskKey>>,
    tiles: Arc<Wanted<TileKey>>,
    chunks: Arc<Wanted<(u32, u32)>>,
    gone: IsGone,
    loaded: Receiver<Loaded>,
    threads: Vec<JoinHandle<()>>,
}

impl Loader {
    /// Starts the threads for pictures of this composite, whose number is `look`; `wake` is called when something is there.
    pub fn start(cube: &Cube, composite: Composite, look: u64, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, loaded) = sync_channel(256);
        let look: Look = Arc::new(Mutex::new((look, Arc::new(composite))));
        let (tiles, chunks, masks) = (Wanted::new(), Wanted::new(), Wanted::new());
        let own = super::runner::readers();
        let gone = IsGone::default();
        let mask_work = {
            let (cube, wanted, gone) = (cube.clone(), Arc::clone(&masks), Arc::clone(&gone));
            let fetch = move |key| mask(&cube, key, &gone);
            work("ritmo-mask", wanted, sender.clone(), Arc::clone(&wake), fetch)
        };
        let tile_work = {
            let (cube, wanted, look) = (cube.clone(), Arc::clone(&tiles), Arc::clone(&look));
            let gone = Arc::clone(&gone);
            // While a stretch is dragged nothing is read again.
            let mut kept = Kept::default();
            work("ritmo-picture", wanted, sender.clone(), Arc::clone(&wake), move |key: TileKey| {
                let (current, composite) = look.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if key.look != current {
                    return None;
                }
                let mut paint = || kept.picture(&cube, key.time, &composite, key.window, key.step);
                let painted = match &own {
                    Some(own) => own.install(paint),
                    None => paint(),
                };
                Some(match painted {
                    Ok(picture) => Loaded::Tile(key, picture),
                    Err(e) => unread(&e, &gone, |why| Loaded::BadTile(key, why)),
                })
            })
        };
        let chunk_work = {
            let (cube, wanted, gone) = (cube.clone(), Arc::clone(&chunks), Arc::clone(&gone));
            work("ritmo-series", wanted, sender, wake, move |chunk| {
                Some(match cube.chunk(chunk) {
                    Ok(read) => {
                        let mask = read.masks.as_ref().and_then(|masks| masks.as_ref().err());
                        Loaded::Chunk(chunk, mask.cloned())
                    }
                    Err(e) => unread(&e, &gone, |why| Loaded::BadChunk(chunk, why)),
                })
            })
        };
        let threads = [tile_work, chunk_work, mask_work].into_iter().flatten().collect();
        Self { look, masks, tiles, chunks, gone, loaded, threads }
    }

    /// From now on pictures are painted with this composite; those asked for by another number are not painted any more.
    pub fn show(&self, composite: Composite, look: u64) {
        *self.look.lock().unwrap_or_else(PoisonError::into_inner) = (look, Arc::new(composite));
    }

    /// Nothing is wanted of what is gone: it would be asked for, and told, again and again.
    fn unless_gone<K>(&self, wanted: Vec<K>) -> Vec<K> {
        if self.gone.load(Ordering::Relaxed) { Vec::new() } else { wanted }
    }

    /// The tiles that the next frame lacks, the most wanted first.
    pub fn want_tiles(&self, keys: Vec<TileKey>) {
        self.tiles.set(self.unless_gone(keys));
    }

    /// The chunks that the next frame lacks, the most wanted first.
    pub fn want_chunks(&self, chunks: Vec<(u32, u32)>) {
        self.chunks.set(self.unless_gone(chunks));
    }

    /// What the next frame lacks of masks, the most wanted first.
    pub fn want_masks(&self, masks: Vec<MaskKey>) {
        self.masks.set(self.unless_gone(masks));
    }

    /// What has come since the last call. Never waits.
    pub fn drain(&self) -> Vec<Loaded> {
        self.loaded.try_iter().collect()
    }
}

impl Drop for Loader {
    fn drop(&mut self) {
        self.tiles.close();
        self.chunks.close();
        self.masks.close();
        // A thread that has something to hand over finds nobody to take it, and ends.
        drop(std::mem::replace(&mut self.loaded, sync_channel(0).1));
        self.threads.drain(..).for_each(super::part);
    }
}

/// A part of the masks; nothing where the cube has none.
fn mask(cube: &Cube, key: MaskKey, gone: &IsGone) -> Option<Loaded> {
    let read = match key {
        MaskKey::Shares(time) => {
            mask_shares(cube, time).map(|found| found.map(|s| Loaded::MaskShares(key, s)))
        }
        MaskKey::Tile { time, step, window } => {
            mask_picture(cube, time, window, step).map(|found| found.map(|p| Loaded::Mask(key, p)))
        }
    };
    read.unwrap_or_else(|e| Some(unread(&e, gone, |why| Loaded::BadMask(key, why))))
}

/// Starts a thread that fetches what is wanted and hands it over.
pub(super) fn work<K: Copy + Eq + Send + 'static, L: Send + 'static>(
    name: &str,
    wanted: Arc<Wanted<K>>,
    sender: SyncSender<L>,
    wake: Arc<dyn Fn() + Send + Sync>,
    mut fetch: impl FnMut(K) -> Option<L> + Send + 'static,
) -> Option<JoinHandle<()>> {
    let body = move || {
        while let Some(key) = wanted.take() {
            let Some(loaded) = fetch(key) else { continue };
            if sender.send(loaded).is_err() {
                return;
            }
            wake();
        }
    };
    std::thread::Builder::new().name(name.into()).spawn(body).ok()
}
