//! Packed chunks out of shard files.
//!
//! `zarrs` writes the shards; here only the bytes of one chunk are fetched. Its own reader copies every chunk twice more
//! (half of the time), and version 0.23 panics on a chunk that a shard leaves out because it is all nodata.

use super::CHUNK;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zarrs::array::codec::ShardingCodec;
use zarrs::array::{Array, CodecOptions};
use zarrs::filesystem::FilesystemStore;
use zarrs::storage::byte_range::ByteRange;
use zarrs::storage::{Bytes, ReadableStorageTraits, StoreKey};

/// Where each chunk of a shard lies: offset and length, in order of rows.
type Index = Arc<Vec<u64>>;

/// The shards of an open cube; their indices are kept once they were read.
pub(super) struct Shards {
    data: Array<FilesystemStore>,
    /// Chunks across and down a shard.
    across: u32,
    down: u32,
    indices: Mutex<HashMap<(u32, u32), Index>>,
}

impl Shards {
    /// The shards of `data`; says why, if they are not packed as Ritmo packs them, or one is missing, which Zarr would
    /// read as "no observation".
    pub(super) fn new(data: Array<FilesystemStore>) -> Result<Self, String> {
        check_codecs(&data)?;
        let shape = data.chunk_shape(&[0; 4]).map_err(|error| error.to_string())?;
        let chunks_along = |axis: usize| {
            let side = shape.get(axis).and_then(|side| u32::try_from(side.get()).ok()).unwrap_or(0);
            if side >= CHUNK && side % CHUNK == 0 {
                Ok(side / CHUNK)
            } else {
                Err(format!("its shards are {shape:?}"))
            }
        };
        let shards =
            Self { across: chunks_along(3)?, down: chunks_along(2)?, data, indices: Mutex::default() };
        let &[_, _, down, across] = shards.data.chunk_grid_shape() else {
            return Err("it has no shards".into());
        };
        for (row, col) in (0..down).flat_map(|row| (0..across).map(move |col| (row, col))) {
            let key = shards.data.chunk_key(&[0, 0, row, col]);
            if !shards.data.storage().key_to_fspath(&key).is_file() {
                return Err(format!("{key} is missing"));
            }
        }
        Ok(shards)
    }

    /// The packed bytes of chunk (across, down); `None` where the shard leaves it out, because it is all nodata.
    pub(super) fn packed(&self, chunk: (u32, u32)) -> Result<Option<Bytes>, String> {
        let key = self.key(chunk);
        let index = self.index((chunk.0 / self.across, chunk.1 / self.down), &key)?;
        let place =
            2 * ((chunk.1 % self.down) as usize * self.across as usize + (chunk.0 % self.across) as usize);
        let (Some(&offset), Some(&length)) = (index.get(place), index.get(place + 1)) else {
            return Err("the shard's index is too short".into());
        };
        if (offset, length) == (u64::MAX, u64::MAX) {
            return Ok(None);
        }
        if offset.checked_add(length).is_none() {
            return Err("the shard's index points beyond its end".into());
        }
        self.fetch(&key, ByteRange::FromStart(offset, Some(length))).map(Some)
    }

    /// The file that holds a chunk, relative to the store.
    pub(super) fn key(&self, chunk: (u32, u32)) -> StoreKey {
        self.data.chunk_key(&[0, 0, (chunk.1 / self.down).into(), (chunk.0 / self.across).into()])
    }

    fn index(&self, shard: (u32, u32), key: &StoreKey) -> Result<Index, String> {
        let kept = || self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept().get(&shard) {
            return Ok(Arc::clone(index));
        }
        let chunks = u64::from(self.across) * u64::from(self.down);
        // Two numbers of eight bytes each, and a checksum of four.
        let bytes = self.fetch(key, ByteRange::Suffix(chunks * 16 + 4))?;
        let codecs = self.data.codecs();
        let codec = codecs
            .array_to_bytes_codec()
            .as_any()
            .downcast_ref::<ShardingCodec>()
            .ok_or("it has no shards")?;
        let counts = [1, 1, self.down.into(), self.across.into()].map(std::num::NonZeroU64::new);
        let [Some(a), Some(b), Some(c), Some(d)] = counts else { return Err("its shards are empty".into()) };
        let index = codec
            .decode_index(&bytes, &[a, b, c, d], &CodecOptions::default())
            .map_err(|error| error.to_string())?;
        let index = Arc::new(index);
        kept().insert(shard, Arc::clone(&index));
        Ok(index)
    }

    fn fetch(&self, key: &StoreKey, range: ByteRange) -> Result<Bytes, String> {
        let bytes = self.data.storage().get_partial(key, range).map_err(|error| error.to_string())?;
        bytes.ok_or_else(|| "the file is missing".into())
    }
}

/// Sees to it that chunks and indices are packed as they are unpacked here.
fn check_codecs(data: &Array<FilesystemStore>) -> Result<(), String> {
    let metadata = serde_json::to_value(data.metadata()).map_err(|error| error.to_string())?;
    let sharding = &metadata["codecs"][0]["configuration"];
    let names = |codecs: &serde_json::Value| -> Vec<String> {
        codecs
            .as_array()
            .into_iter()
            .flatten()
            .map(|codec| codec["name"].as_str().unwrap_or("?").into())
            .collect()
    };
    let (inner, index) = (names(&sharding["codecs"]), names(&sharding["index_codecs"]));
    let is_little = |codecs: &serde_json::Value| codecs[0]["configuration"]["endian"] == "little";
    let at_end = sharding["index_location"].as_str().is_none_or(|location| location == "end");
    let is_ours = inner == ["bytes", "blosc"] && index == ["bytes", "crc32c"] && at_end;
    if is_ours && is_little(&sharding["codecs"]) && is_little(&sharding["index_codecs"]) {
        Ok(())
    } else {
        Err(format!("its chunks are packed by {inner:?}, their index by {index:?}"))
    }
}
