//! Packed chunks out of shard files.
//!
//! `zarrs` writes the shards; here only the bytes of one chunk are fetched. Its own reader copies every chunk twice more
//! (half of the time), and version 0.23 panics on a chunk that a shard leaves out because it is all nodata.

use super::CHUNK;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use zarrs::array::codec::ShardingCodec;
use zarrs::array::codec::bytes_to_bytes::blosc::{blosc_decompress_bytes, blosc_validate};
use zarrs::array::{Array, ArrayShardedExt, CodecOptions};
use zarrs::filesystem::FilesystemStore;
use zarrs::storage::byte_range::ByteRange;
use zarrs::storage::{Bytes, ReadableStorageTraits, StorageError, StoreKey};

/// A chunk: its place along time, across and down.
pub(super) type Place = (u64, u32, u32);

/// Where each chunk of a shard lies: offset and length, in order of rows.
type Index = Arc<Vec<u64>>;

/// Why a chunk cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// What is there is not what was written.
    Damaged(String),
    /// The file is not there.
    Missing,
    /// The system refuses to read it now: too many open files, no right to.
    Unreadable(String),
}

fn damaged(why: &str) -> Fault {
    Fault::Damaged(why.into())
}

/// The shards of one array of an open cube; their indices are kept once they were read.
pub(super) struct Shards {
    array: Array<FilesystemStore>,
    /// Chunks across and down a shard.
    across: u32,
    down: u32,
    /// Bytes of an unpacked chunk.
    chunk_bytes: usize,
    /// Whether packed chunks end in a checksum.
    has_checksum: bool,
    indices: Mutex<HashMap<Place, Index>>,
}

impl Shards {
    /// The shards of an array whose chunks hold `times` steps of pixels of `pixel_bytes` bytes (all bands); says why, if
    /// they are not packed as Ritmo packs them.
    pub(super) fn new(
        array: Array<FilesystemStore>,
        times: usize,
        pixel_bytes: usize,
    ) -> Result<Self, String> {
        let has_checksum = check_codecs(&array)?;
        let dimensions = array.shape().len();
        let sub = array.subchunk_shape().map(|shape| shape.iter().map(|n| n.get()).collect::<Vec<_>>());
        let side = u64::from(CHUNK);
        let fits = |sub: &[u64]| {
            sub.len() == dimensions && sub[0] == times as u64 && sub[dimensions - 2..] == [side, side]
        };
        if !array.is_exclusively_sharded() || !sub.as_deref().is_some_and(fits) {
            return Err(format!("its chunks are {sub:?}"));
        }
        let shape = array.chunk_shape(&vec![0; dimensions]).map_err(|error| error.to_string())?;
        let chunks_along = |axis: usize| {
            let side = shape.get(axis).and_then(|side| u32::try_from(side.get()).ok()).unwrap_or(0);
            if side >= CHUNK && side % CHUNK == 0 {
                Ok(side / CHUNK)
            } else {
                Err(format!("its shards are {shape:?}"))
            }
        };
        let (across, down) = (chunks_along(dimensions - 1)?, chunks_along(dimensions - 2)?);
        let chunk_bytes = times * pixel_bytes * (CHUNK * CHUNK) as usize;
        Ok(Self { across, down, chunk_bytes, has_checksum, array, indices: Mutex::default() })
    }

    /// Columns and rows of a shard.
    pub(super) fn shard_size(&self) -> (u32, u32) {
        (self.across * CHUNK, self.down * CHUNK)
    }

    /// The unpacked bytes of a chunk; `None` where the shard leaves it out, because it is all nodata.
    pub(super) fn unpacked(&self, place: Place) -> Result<Option<Vec<u8>>, Fault> {
        let Some(packed) = self.packed(place)? else { return Ok(None) };
        let body = if self.has_checksum {
            let (body, sum) = packed.split_last_chunk::<4>().ok_or_else(|| damaged("it is cut short"))?;
            if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
                return Err(damaged("its checksum does not match"));
            }
            body
        } else {
            &packed
        };
        if blosc_validate(body) != Some(self.chunk_bytes) {
            return Err(damaged("it does not unpack to its size"));
        }
        let bytes = blosc_decompress_bytes(body, self.chunk_bytes, 1)
            .map_err(|error| Fault::Damaged(error.to_string()))?;
        if bytes.len() != self.chunk_bytes {
            return Err(damaged("it does not unpack to its size"));
        }
        Ok(Some(bytes))
    }

    /// The packed bytes of a chunk.
    pub(super) fn packed(&self, (time, across, down): Place) -> Result<Option<Bytes>, Fault> {
        let key = self.key((time, across, down));
        let index = self.index((time, across / self.across, down / self.down), &key)?;
        let place =
            2 * ((down % self.down) as usize * self.across as usize + (across % self.across) as usize);
        let (Some(&offset), Some(&length)) = (index.get(place), index.get(place + 1)) else {
            return Err(damaged("the shard's index is too short"));
        };
        if (offset, length) == (u64::MAX, u64::MAX) {
            return Ok(None);
        }
        if offset.checked_add(length).is_none() {
            return Err(damaged("the shard's index points beyond its end"));
        }
        self.fetch(&key, ByteRange::FromStart(offset, Some(length))).map(Some)
    }

    /// The file that holds a chunk, relative to the store.
    pub(super) fn key(&self, (time, across, down): Place) -> StoreKey {
        let (down, across) = (u64::from(down / self.down), u64::from(across / self.across));
        if self.array.shape().len() == 4 {
            self.array.chunk_key(&[time, 0, down, across])
        } else {
            self.array.chunk_key(&[time, down, across])
        }
    }

    fn index(&self, shard: Place, key: &StoreKey) -> Result<Index, Fault> {
        let kept = || self.indices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept().get(&shard) {
            return Ok(Arc::clone(index));
        }
        let chunks = u64::from(self.across) * u64::from(self.down);
        // Two numbers of eight bytes each, and a checksum of four.
        let bytes = self.fetch(key, ByteRange::Suffix(chunks * 16 + 4))?;
        let codecs = self.array.codecs();
        let codec = codecs
            .array_to_bytes_codec()
            .as_any()
            .downcast_ref::<ShardingCodec>()
            .ok_or_else(|| damaged("it has no shards"))?;
        let mut counts = vec![1u64; self.array.shape().len() - 2];
        counts.extend([u64::from(self.down), u64::from(self.across)]);
        let counts: Option<Vec<_>> = counts.into_iter().map(std::num::NonZeroU64::new).collect();
        let counts = counts.ok_or_else(|| damaged("its shards are empty"))?;
        let index = codec
            .decode_index(&bytes, &counts, &CodecOptions::default())
            .map_err(|error| Fault::Damaged(format!("the shard's index: {error}")))?;
        let index = Arc::new(index);
        kept().insert(shard, Arc::clone(&index));
        Ok(index)
    }

    fn fetch(&self, key: &StoreKey, range: ByteRange) -> Result<Bytes, Fault> {
        let bytes = self.array.storage().get_partial(key, range).map_err(|error| match &error {
            StorageError::IOError(io) if !is_of_the_disk(io) => Fault::Unreadable(error.to_string()),
            _ => Fault::Damaged(error.to_string()),
        })?;
        bytes.ok_or(Fault::Missing)
    }
}

/// Whether a failure to read lies in the file or its disk, so that trying again will not help.
fn is_of_the_disk(error: &std::io::Error) -> bool {
    #[cfg(unix)]
    let disk_failed = error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error());
    #[cfg(not(unix))]
    let disk_failed = false;
    disk_failed || matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
}

/// Sees to it that chunks and indices are packed as they are unpacked here; tells whether chunks have a checksum.
fn check_codecs(array: &Array<FilesystemStore>) -> Result<bool, String> {
    let metadata = serde_json::to_value(array.metadata()).map_err(|error| error.to_string())?;
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
    // Single bytes have no order to state.
    let is_little = |codecs: &serde_json::Value| {
        let order = &codecs[0]["configuration"]["endian"];
        order.is_null() || order == "little"
    };
    let at_end = sharding["index_location"].as_str().is_none_or(|location| location == "end");
    let has_checksum = inner == ["bytes", "blosc", "crc32c"];
    let is_ours = (has_checksum || inner == ["bytes", "blosc"]) && index == ["bytes", "crc32c"] && at_end;
    if is_ours && is_little(&sharding["codecs"]) && is_little(&sharding["index_codecs"]) {
        Ok(has_checksum)
    } else {
        Err(format!("its chunks are packed by {inner:?}, their index by {index:?}"))
    }
}
