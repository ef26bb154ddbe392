//! Decoded chunks in memory, up to a bound in bytes; the one not used for longest goes first.

use super::Chunk;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Shared between threads; locked only to look up or to note down.
pub(super) struct ChunkCache {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Each chunk with the moment it was last used.
    chunks: HashMap<(u32, u32), (Arc<Chunk>, u64)>,
    /// The same, by that moment.
    by_use: BTreeMap<u64, (u32, u32)>,
    bytes: usize,
    now: u64,
}

impl ChunkCache {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, kept: Mutex::default() }
    }

    pub(super) fn get(&self, at: (u32, u32)) -> Option<Arc<Chunk>> {
        self.lock().touch(at)
    }

    pub(super) fn keep(&self, at: (u32, u32), chunk: &Arc<Chunk>) {
        let size = chunk.bytes();
        if size > self.limit {
            return;
        }
        let mut kept = self.lock();
        if kept.touch(at).is_some() {
            return;
        }
        let now = kept.now;
        kept.now += 1;
        kept.chunks.insert(at, (Arc::clone(chunk), now));
        kept.by_use.insert(now, at);
        kept.bytes += size;
        while kept.bytes > self.limit {
            let Some((_, oldest)) = kept.by_use.pop_first() else { break };
            if let Some((gone, _)) = kept.chunks.remove(&oldest) {
                kept.bytes -= gone.bytes();
            }
        }
    }

    /// Nothing panics while it is locked, and a half-made note would cost memory at most.
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn touch(&mut self, at: (u32, u32)) -> Option<Arc<Chunk>> {
        let now = self.now;
        let (chunk, used) = self.chunks.get_mut(&at)?;
        self.by_use.remove(used);
        self.by_use.insert(now, at);
        *used = now;
        self.now += 1;
        Some(Arc::clone(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Masks, Pixels, Words};
    use crate::geo::Window;
    use crate::geo::raster::PixelType;

    fn chunk(words: usize) -> Arc<Chunk> {
        Arc::new(Chunk {
            window: Window { col: 0, row: 0, width: 1, height: 1 },
            pixels: Pixels::Words(Words::new(vec![0; words], 0, PixelType::Uint16)),
            masks: Some(Ok(Masks { states: vec![0; words], counts: vec![0; words] })),
        })
    }

    #[test]
    fn the_chunk_not_used_for_longest_goes_first() {
        let cache = ChunkCache::new(60);
        for at in 0..3 {
            cache.keep((at, 0), &chunk(5));
        }
        assert!(cache.get((0, 0)).is_some());
        cache.keep((3, 0), &chunk(5));
        let there: Vec<bool> = (0..4).map(|at| cache.get((at, 0)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
    }

    #[test]
    fn the_bound_in_bytes_holds_whatever_comes() {
        let cache = ChunkCache::new(100);
        for i in 0..1000u32 {
            cache.keep((i % 37, i % 5), &chunk((i % 60) as usize));
            let kept = cache.lock();
            let bytes: usize = kept.chunks.values().map(|(chunk, _)| chunk.bytes()).sum();
            assert!(bytes <= 100 && bytes == kept.bytes && kept.chunks.len() == kept.by_use.len());
        }
    }
}
