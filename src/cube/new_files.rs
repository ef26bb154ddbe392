//! Where the files of a store are written: quickly, one after the other, and to the disk all together at the end.
//!
//! A store is made beside its place and moved there once it is whole, so nobody looks at its files before; flushing each
//! of the thirty small ones on its own took most of the time of a small cube.

use std::io::{Error, ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;
use zarrs::storage::{
    Bytes, OffsetBytesIterator, StorageError, StoreKey, StorePrefix, WritableStorageTraits,
};

/// A folder that files are written to.
#[derive(Debug)]
pub(super) struct NewFiles {
    folder: PathBuf,
}

impl NewFiles {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The file of a key, its folder made.
    fn file(&self, key: &StoreKey) -> std::io::Result<PathBuf> {
        let path = self.folder.join(key.as_str());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        Ok(path)
    }
}

impl WritableStorageTraits for NewFiles {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        std::fs::write(self.file(key)?, value)?;
        Ok(())
    }

    fn set_partial_many(&self, key: &StoreKey, values: OffsetBytesIterator) -> Result<(), StorageError> {
        let path = self.file(key)?;
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        for (offset, value) in values {
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(&value)?;
        }
        Ok(())
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        unless_absent(std::fs::remove_file(self.folder.join(key.as_str())))
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        unless_absent(std::fs::remove_dir_all(self.folder.join(prefix.as_str())))
    }

    fn supports_set_partial(&self) -> bool {
        true
    }
}

fn unless_absent(removed: Result<(), Error>) -> Result<(), StorageError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_whole_or_in_parts_lies_in_the_folder_until_it_is_erased() {
        let folder = tempfile::tempdir().unwrap();
        let files = NewFiles::new(folder.path());
        let key = StoreKey::new("a/c/0").unwrap();
        files.set(&key, Bytes::from_static(b"abcdef")).unwrap();
        files.set_partial(&key, 4, Bytes::from_static(b"XYZ")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a/c/0")).unwrap(), b"abcdXYZ");
        files.set(&key, Bytes::from_static(b"ab")).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a/c/0")).unwrap(), b"ab");
        files.erase(&key).unwrap();
        files.erase(&key).unwrap();
        files.erase_prefix(&StorePrefix::new("a/").unwrap()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
