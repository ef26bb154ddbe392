//! Rows of numbers, in memory as far as they fit, otherwise in a file without a name.
//!
//! Two million series of twelve dates and ten bands are 960 MB. Where that is more than a fair share of the free memory, they
//! lie in the system's folder for temporary files, in a file that has no name and is gone when the program ends, however it
//! ends. A row is then read from where it lies; the system keeps in memory what it has memory for.

use super::SampleError;
use crate::files::free_bytes;
use std::borrow::Cow;
use std::fs::File;
use std::path::PathBuf;

/// Bytes gathered before they are written.
const GATHERED: usize = 1 << 22;
/// Of the free memory, what one set of rows may take: training needs as much again, and so may other programs.
const SHARE: u64 = 3;
/// Free memory where the system does not tell: that of a small machine.
const UNTOLD: u64 = 1 << 30;

/// Rows of one width.
#[derive(Debug)]
pub struct Rows {
    width: usize,
    len: usize,
    /// Bytes from which on rows go to a file.
    at_most: u64,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Memory(Vec<f32>),
    Disk {
        file: File,
        /// Rows that are in the file.
        written: usize,
        /// Values of the rows after them.
        tail: Vec<f32>,
    },
}

impl Rows {
    /// No rows yet, of `width` numbers each: in memory up to a third of what is free now, in a file from there on.
    pub fn new(width: usize) -> Self {
        Self::with_limit(width, free_memory() / SHARE)
    }

    /// No rows yet: in memory up to so many bytes, in a file from there on.
    pub fn with_limit(width: usize, at_most: u64) -> Self {
        Self { width, len: 0, at_most, store: Store::Memory(Vec::new()) }
    }

    /// Rows that are in memory already; `values` is any number of rows of `width`. What is left of a broken row at the end is
    /// dropped.
    pub fn of(width: usize, mut values: Vec<f32>) -> Self {
        let len = values.len().checked_div(width).unwrap_or(0);
        values.truncate(len * width);
        Self { width, len, at_most: u64::MAX, store: Store::Memory(values) }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether they lie in a file.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.store, Store::Disk { .. })
    }

    /// All values in one piece, where they are in memory.
    pub fn in_memory(&self) -> Option<&[f32]> {
        match &self.store {
            Store::Memory(values) => Some(values),
            Store::Disk { .. } => None,
        }
    }

    /// Adds a row at the end.
    ///
    /// # Errors
    /// [`SampleError::Room`] when the disk is full; a row of another width.
    pub fn push(&mut self, row: &[f32]) -> Result<(), SampleError> {
        if row.len() != self.width {
            let why = format!("a row has {} numbers where {} are asked for", row.len(), self.width);
            return Err(SampleError::Unusable { why });
        }
        let bytes = (self.len as u64 + 1).saturating_mul(self.width as u64 * 4);
        if bytes > self.at_most
            && let Store::Memory(values) = &mut self.store
        {
            let mut file = tempfile::tempfile().map_err(|e| failed("made", &e))?;
            for part in values.chunks(GATHERED / 4) {
                append(&mut file, part)?;
            }
            self.store = Store::Disk { file, written: self.len, tail: Vec::new() };
        }
        match &mut self.store {
            Store::Memory(values) => values.extend_from_slice(row),
            Store::Disk { file, written, tail } => {
                tail.extend_from_slice(row);
                if tail.len() * 4 >= GATHERED {
                    append(file, tail)?;
                    tail.clear();
                    *written = self.len + 1;
                }
            }
        }
        self.len += 1;
        Ok(())
    }

    /// Adds rows at the end, one behind the other.
    ///
    /// # Errors
    /// As [`Rows::push`].
    pub fn extend(&mut self, rows: &[f32]) -> Result<(), SampleError> {
        rows.chunks(self.width.max(1)).try_for_each(|row| self.push(row))
    }

    /// Adds all rows of others of the same width at the end.
    ///
    /// # Errors
    /// As [`Rows::push`] and [`Rows::read`].
    pub fn append(&mut self, others: &Self) -> Result<(), SampleError> {
        (0..others.len).try_for_each(|i| self.push(&others.row(i)?))
    }

    /// Row `i`: itself where it is in memory, otherwise read from the file. Callable from many threads.
    ///
    /// # Errors
    /// As [`Rows::read`].
    pub fn row(&self, i: usize) -> Result<Cow<'_, [f32]>, SampleError> {
        if let Store::Memory(values) = &self.store
            && i < self.len
        {
            return Ok(Cow::Borrowed(&values[i * self.width..(i + 1) * self.width]));
        }
        let mut row = vec![0.0; self.width];
        self.read(i, &mut row)?;
        Ok(Cow::Owned(row))
    }

    /// Reads row `i` into `row`, which is as wide. Callable from many threads.
    ///
    /// # Errors
    /// [`SampleError::Room`] when the file cannot be read; a row that is not there.
    pub fn read(&self, i: usize, row: &mut [f32]) -> Result<(), SampleError> {
        if i >= self.len || row.len() != self.width {
            let why = format!(
                "row {i} of {} numbers was asked for, of {} rows of {}",
                row.len(),
                self.len,
                self.width
            );
            return Err(SampleError::Unusable { why });
        }
        let (values, first) = match &self.store {
            Store::Memory(values) => (values, 0),
            Store::Disk { tail, written, .. } if i >= *written => (tail, *written),
            Store::Disk { file, .. } => {
                let mut bytes = vec![0; self.width * 4];
                let at = i as u64 * self.width as u64 * 4;
                read_at(file, &mut bytes, at).map_err(|e| failed("read", &e))?;
                let (words, _) = bytes.as_chunks::<4>();
                row.iter_mut().zip(words).for_each(|(value, word)| *value = f32::from_ne_bytes(*word));
                return Ok(());
            }
        };
        let start = (i - first) * self.width;
        row.copy_from_slice(&values[start..start + self.width]);
        Ok(())
    }

    /// Reads some rows, one behind the other, in the order asked for.
    ///
    /// # Errors
    /// As [`Rows::read`].
    pub fn gather(&self, chosen: &[usize]) -> Result<Vec<f32>, SampleError> {
        let mut values = vec![0.0; chosen.len() * self.width];
        for (row, i) in values.chunks_exact_mut(self.width.max(1)).zip(chosen) {
            self.read(*i, row)?;
        }
        Ok(values)
    }
}

/// Writes values where the last ones ended.
fn append(file: &mut File, values: &[f32]) -> Result<(), SampleError> {
    use std::io::Write;
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    file.write_all(&bytes).map_err(|e| failed("written", &e))
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        at += read as u64;
    }
    Ok(())
}

fn failed(what: &'static str, error: &std::io::Error) -> SampleError {
    SampleError::Room { folder: std::env::temp_dir(), what, why: error.to_string() }
}

/// Bytes that programs can still take: what the system tells, or the container this runs in where that is less.
fn free_memory() -> u64 {
    let number = |name: &str| {
        let text = std::fs::read_to_string(PathBuf::from("/sys/fs/cgroup").join(name)).ok()?;
        text.trim().parse::<u64>().ok()
    };
    // "max", which is no number, where the container has no limit of its own.
    let of_container = number("memory.max")
        .zip(number("memory.current"))
        .map(|(limit, current)| limit.saturating_sub(current));
    match (crate::files::free_memory(), of_container) {
        (Some(told), Some(of_container)) => told.min(of_container),
        (told, of_container) => told.or(of_container).unwrap_or(UNTOLD),
    }
}

/// Whether so many rows find a place, in memory or on the disk, before any is read.
///
/// # Errors
/// [`SampleError::TooLarge`], which says how much they take and how much there is.
pub fn check_room(rows: u64, width: u64) -> Result<(), SampleError> {
    let folder = std::env::temp_dir();
    room(rows, width, free_memory() / SHARE, free_bytes(&folder), folder)
}

/// Whether so many rows fit into memory.
///
/// # Errors
/// [`SampleError::TooLarge`].
pub(super) fn check_memory(rows: u64, width: u64) -> Result<(), SampleError> {
    room(rows, width, free_memory() / 2, Some(0), std::env::temp_dir())
}

fn room(rows: u64, width: u64, memory: u64, disk: Option<u64>, folder: PathBuf) -> Result<(), SampleError> {
    let bytes = (u128::from(rows) * u128::from(width)).saturating_mul(4);
    // A disk that does not tell is tried.
    if bytes <= u128::from(memory) || disk.is_none_or(|disk| bytes <= u128::from(disk)) {
        return Ok(());
    }
    let gigabytes = |bytes: u128| format!("{:.1} GB", bytes as f64 / 1e9);
    Err(SampleError::TooLarge {
        needed: gigabytes(bytes),
        memory: gigabytes(memory.into()),
        disk: gigabytes(disk.unwrap_or(0).into()),
        folder,
    })
}

#[cfg(test)]
impl Rows {
    /// The values, to be changed, of rows that are in memory.
    pub fn values_mut(&mut self) -> &mut [f32] {
        match &mut self.store {
            Store::Memory(values) => values,
            Store::Disk { .. } => panic!("the rows are in a file"),
        }
    }

    /// The same rows in a file.
    pub fn on_disk(&self) -> Self {
        let mut rows = Self::with_limit(self.width, 0);
        rows.append(self).unwrap();
        rows
    }
}

#[cfg(test)]
impl Clone for Rows {
    fn clone(&self) -> Self {
        let mut rows = Self::with_limit(self.width, self.at_most);
        rows.append(self).unwrap();
        rows
    }
}

#[cfg(test)]
impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        let same = |i: usize| self.row(i).unwrap() == other.row(i).unwrap();
        (self.len, self.width) == (other.len, other.width) && (0..self.len).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(i: usize, width: usize) -> Vec<f32> {
        (0..width).map(|k| if (i + k).is_multiple_of(7) { f32::NAN } else { (i * 100 + k) as f32 }).collect()
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|v| v.to_bits()).collect()
    }

    #[test]
    fn beyond_the_limit_rows_move_to_a_file_and_read_the_same() {
        let width = 30;
        // More than is gathered before a write, so that some are in the file and some are not yet.
        let n = GATHERED / 4 / width + 1000;
        let mut memory = Rows::with_limit(width, u64::MAX);
        let mut disk = Rows::with_limit(width, 1000 * 4 * width as u64);
        for i in 0..n {
            memory.push(&row(i, width)).unwrap();
            disk.push(&row(i, width)).unwrap();
            assert_eq!(disk.is_on_disk(), i >= 1000);
        }
        assert!(!memory.is_on_disk() && memory.in_memory().is_some() && disk.in_memory().is_none());
        let mut read = vec![0.0; width];
        for i in [0, 1, 999, 1000, 1001, n / 2, n - 1001, n - 1] {
            disk.read(i, &mut read).unwrap();
            assert_eq!(bits(&read), bits(&row(i, width)));
            memory.read(i, &mut read).unwrap();
            assert_eq!(bits(&read), bits(&row(i, width)));
        }
        let chosen = [n - 1, 3, 3, 1000];
        assert_eq!(bits(&disk.gather(&chosen).unwrap()), bits(&memory.gather(&chosen).unwrap()));
        let mut more = Rows::with_limit(width, 1000 * 4 * width as u64);
        more.append(&disk).unwrap();
        more.extend(&row(n, width)).unwrap();
        assert_eq!((more.len(), more.is_on_disk()), (n + 1, true));
        assert_eq!(bits(&more.row(n - 1).unwrap()), bits(&memory.row(n - 1).unwrap()));
        assert!(more.row(n).is_ok() && more.row(n + 1).is_err() && memory.row(n).is_err());
    }

    #[test]
    fn many_threads_read_one_file() {
        use rayon::prelude::*;
        let mut rows = Rows::with_limit(5, 0);
        (0..20_000).for_each(|i| rows.push(&row(i, 5)).unwrap());
        let right = |i: usize| {
            let mut read = [0.0; 5];
            rows.read(i, &mut read).unwrap();
            bits(&read) == bits(&row(i, 5))
        };
        assert!((0..20_000usize).into_par_iter().all(right));
    }

    #[test]
    fn rows_of_another_width_and_rows_that_are_not_there_are_refused() {
        let mut rows = Rows::new(3);
        assert!(rows.is_empty());
        assert!(rows.push(&[1.0; 2]).is_err());
        rows.push(&[1.0; 3]).unwrap();
        assert!(rows.read(1, &mut [0.0; 3]).is_err());
        assert!(rows.read(0, &mut [0.0; 4]).is_err());
        assert_eq!(Rows::of(3, vec![1.0; 8]).len(), 2);
        assert_eq!((Rows::of(0, vec![]).len(), Rows::new(4).width()), (0, 4));
    }

    #[test]
    fn what_fits_neither_memory_nor_disk_is_told_before_it_is_read() {
        let folder = || PathBuf::from("/tmp");
        assert!(room(2_000_000, 120, 1 << 30, Some(0), folder()).is_ok());
        assert!(room(2_000_000, 120, 1 << 20, Some(1 << 30), folder()).is_ok());
        assert!(room(2_000_000, 120, 1 << 20, None, folder()).is_ok());
        let why = room(2_000_000, 120, 1 << 20, Some(1 << 20), folder()).unwrap_err().to_string();
        assert!(why.contains("1.0 GB") && why.contains("/tmp"), "{why}");
        assert!(room(u64::MAX, u64::MAX, u64::MAX, Some(u64::MAX), folder()).is_err());
        assert!(check_room(10, 10).is_ok() && free_memory() > 0);
    }

    proptest! {
        #[test]
        fn rows_come_back_as_they_were_whatever_the_limit(
            width in 1usize..20, n in 0usize..60, limit in 0u64..4000, asked in prop::collection::vec(0usize..60, 0..9)
        ) {
            let mut rows = Rows::with_limit(width, limit);
            for i in 0..n {
                rows.push(&row(i, width)).unwrap();
            }
            prop_assert_eq!(rows.len(), n);
            let mut read = vec![0.0; width];
            for i in asked {
                prop_assert_eq!(rows.read(i, &mut read).is_ok(), i < n);
                if i < n {
                    prop_assert_eq!(bits(&read), bits(&row(i, width)));
                }
            }
        }
    }
}
