//! The journal of an unfinished map: which chunks are finished, and which damaged. It is only ever appended to.

use crate::files::write_at;
use crate::model::Probe;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;

/// Bytes of a record: kind, chunk, checksum, two numbers of the probe, and a checksum of these.
const RECORD: usize = 24;
/// Kinds of records.
const FINISHED: u32 = 1;
const DAMAGED: u32 = 2;

/// How a chunk is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finished {
    /// Of its slot.
    pub(super) checksum: u32,
    /// What bfloat16 changed on some of its pixels.
    pub(super) probe: Probe,
}

/// What stands in a journal.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The finished chunks, by number.
    pub(super) finished: BTreeMap<u32, Finished>,
    /// Damaged chunks that have not been finished since.
    pub(super) damaged: u64,
    /// Where the last whole record ends.
    end: u64,
}

impl Records {
    /// All whole records up to the first that is not.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn read(mut file: &File) -> std::io::Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (mut records, mut damaged) = (Self::default(), BTreeSet::new());
        for record in bytes.chunks_exact(RECORD) {
            let field = |i: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| record[4 * i + byte]));
            if crc32c::crc32c(&record[..RECORD - 4]) != field(5) {
                break;
            }
            let chunk = field(1);
            if field(0) == FINISHED {
                let probe = Probe { series: field(3) as usize, changed: field(4) as usize };
                records.finished.insert(chunk, Finished { checksum: field(2), probe });
                damaged.remove(&chunk);
            } else {
                damaged.insert(chunk);
            }
            records.end += RECORD as u64;
        }
        records.damaged = damaged.len() as u64;
        Ok(records)
    }
}

fn record(kind: u32, chunk: u32, Finished { checksum, probe }: Finished) -> [u8; RECORD] {
    let fields = [kind, chunk, checksum, probe.series as u32, probe.changed as u32];
    let mut bytes = [0; RECORD];
    bytes.chunks_exact_mut(4).zip(fields).for_each(|(to, field)| to.copy_from_slice(&field.to_le_bytes()));
    let check = crc32c::crc32c(&bytes[..RECORD - 4]);
    bytes[RECORD - 4..].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// An open journal.
pub(super) struct Journal {
    file: File,
    /// The finished chunks, by number.
    pub(super) finished: BTreeMap<u32, Finished>,
    /// Where the next record goes.
    end: u64,
}

impl Journal {
    /// Reads a journal, and cuts off what stands after its last whole record.
    ///
    /// # Errors
    /// The system's own.
    pub(super) fn open(file: File) -> std::io::Result<Self> {
        let Records { finished, end, .. } = Records::read(&file)?;
        file.set_len(end)?;
        Ok(Self { file, finished, end })
    }

    /// Remembers that a chunk is finished.
    ///
    /// # Errors
    /// The system's own: a full disk. It is not finished then.
    pub(super) fn finish(&mut self, chunk: u32, finished: Finished) -> std::io::Result<()> {
        self.append(record(FINISHED, chunk, finished))?;
        self.finished.insert(chunk, finished);
        Ok(())
    }

    /// Remembers that a chunk is damaged.
    ///
    /// # Errors
    /// The system's own: a full disk.
    pub(super) fn damage(&mut self, chunk: u32) -> std::io::Result<()> {
        self.append(record(DAMAGED, chunk, Finished { checksum: 0, probe: Probe::default() }))
    }

    fn append(&mut self, record: [u8; RECORD]) -> std::io::Result<()> {
        // Where a record does not get whole onto a full disk, the next one takes its place.
        write_at(&self.file, &record, self.end)?;
        self.end += RECORD as u64;
        Ok(())
    }
}
