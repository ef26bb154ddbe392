//! What other programs do to a project's files while it is open here.

use super::Document;
use crate::labels::Annotations;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A change of `ritmo.json` or `labels.geojson` that was not made here. Until it is answered nothing is written over it.
#[derive(Debug)]
pub struct OutsideChange {
    /// Another number for another change.
    pub number: u64,
    /// Names of the files that changed.
    pub files: Vec<String>,
    /// What they hold now; why they cannot be read, where that is so.
    pub theirs: Result<Theirs, String>,
    /// Whether something of ours waits to be written. It lies beside the files meanwhile, with `.mine` behind their names.
    pub ours_waits: bool,
}

impl PartialEq for OutsideChange {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.ours_waits == other.ours_waits
    }
}

impl Eq for OutsideChange {}

/// What the changed files hold.
#[derive(Debug, Clone)]
pub struct Theirs {
    /// Sites, legend and settings, where `ritmo.json` changed.
    pub document: Option<Document>,
    /// Annotations, where `labels.geojson` changed.
    pub annotations: Option<Annotations>,
    /// How many annotations are new there, gone there, and different there.
    pub differences: [usize; 3],
}

/// How a file looks from outside: cheap to see, and another one after each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    pub(super) fn new(data: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(data);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: data.modified().ok(), length: data.len(), inode }
    }

    /// That of a file; `None` where there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|data| Self::new(&data))
    }
}

/// What a file holds, told by its length and its checksum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    length: u64,
    checksum: u32,
}

impl Digest {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.checksum = crc32c::crc32c_append(self.checksum, bytes);
        self.length += bytes.len() as u64;
    }

    /// That of a file; `None` where it cannot be read.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let mut file = std::fs::File::open(path).ok()?;
        let (mut digest, mut buffer) = (Self::default(), vec![0; 1 << 18]);
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Some(digest),
                Ok(read) => digest.add(&buffer[..read]),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }
}

/// A file of the project as it was when it was last read or written here.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) path: PathBuf,
    stamp: Option<Stamp>,
    digest: Option<Digest>,
}

impl Watched {
    /// A file that was read when it looked like this.
    pub(super) fn new(path: PathBuf, stamp: Option<Stamp>) -> Self {
        let digest = Digest::of(&path);
        // Changed since it was read: no digest is like that of what was read.
        let digest = digest.filter(|_| Stamp::of(&path) == stamp);
        Self { path, stamp, digest }
    }

    /// Its name without the folder.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Whether another program has changed what it holds. One that was only touched is taken as it is.
    pub(super) fn changed(&mut self) -> bool {
        let now = Stamp::of(&self.path);
        if now == self.stamp {
            return false;
        }
        let digest = Digest::of(&self.path);
        if digest == self.digest && (digest.is_some() || now.is_none()) {
            self.stamp = now;
            return false;
        }
        true
    }

    /// From now on it is known as it is on the disk, or as it was found by an earlier look.
    pub(super) fn know(&mut self, stamp: Option<Stamp>, digest: Option<Digest>) {
        (self.stamp, self.digest) = (stamp, digest);
    }

    /// The file beside it with this behind its name.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }
}
