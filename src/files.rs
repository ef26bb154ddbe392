//! Writing files so that a crash at any moment leaves either the old or the new one whole.

use std::io::Write;
use std::path::Path;

/// Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it over `path`.
///
/// # Errors
/// The system's own: no space, no rights, no folder. The old file is then untouched.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_atomically_with(path, |file| file.write_all(bytes)).map(drop)
}

/// As [`write_atomically`], for what is too large to lie in memory in one piece: `write` is given the file, behind a
/// buffer. Gives what the system knows of the new file.
///
/// # Errors
/// The system's own, and those of `write`. The old file is then untouched.
pub fn write_atomically_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<std::fs::Metadata> {
    let mut file = temporary_beside(path)?;
    let mut buffer = std::io::BufWriter::with_capacity(1 << 18, file.as_file_mut());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    put_in_place(file, path)
}

/// A temporary file in the folder of `path`, for [`put_in_place`]; it goes away where it is dropped before.
///
/// # Errors
/// The system's own: no rights, no folder.
pub fn temporary_beside(path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".ritmo-").suffix(".tmp").tempfile_in(folder_of(path))
}

/// Flushes a temporary file to the disk and renames it over `path`. Gives what the system knows of the new file.
///
/// # Errors
/// The system's own: no space, no rights. The old file is then untouched.
pub fn put_in_place(file: tempfile::NamedTempFile, path: &Path) -> std::io::Result<std::fs::Metadata> {
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are made private; what replaces a project file must be as readable as it was.
        let mode = std::fs::metadata(path).map_or(0o644, |m| m.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    let file = file.persist(path).map_err(|e| e.error)?;
    // The rename itself must reach the disk too.
    std::fs::File::open(folder_of(path))?.sync_all()?;
    file.metadata()
}

/// Bytes of memory that programs can still take, where the system tells.
pub fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts the folder `new` in the place of `target`; what was there goes to `old`, which must not exist. All three lie on
/// one disk. Where the new one cannot be put there, the old one comes back.
///
/// # Errors
/// The system's own: no rights, another disk.
pub fn replace_folder(new: &Path, target: &Path, old: &Path) -> std::io::Result<()> {
    let is_there = target.exists();
    if is_there {
        std::fs::rename(target, old)?;
    }
    std::fs::rename(new, target).inspect_err(|_| {
        if is_there {
            let _ = std::fs::rename(old, target);
        }
    })
}

/// Waits until all that was written into a folder, and into the folders below it, is on the disk.
///
/// # Errors
/// The system's own: a full or failing disk.
pub fn flush_folder(folder: &Path) -> std::io::Result<()> {
    // One call for the whole disk is quicker than one for each of many small files.
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::syncfs(std::fs::File::open(folder)?)?);
    #[cfg(not(target_os = "linux"))]
    {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                flush_folder(&path)?
            } else {
                std::fs::File::options().write(true).open(&path)?.sync_all()?
            }
        }
        Ok(())
    }
}

/// Bytes that can still be written to the disk on which a path lies, or is going to lie; `None` where the system does
/// not tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|folder| folder.exists())?;
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(there).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = there;
        None
    }
}

/// Fills `bytes` from a place in a file; other threads may read and write elsewhere in it meanwhile.
///
/// # Errors
/// The system's own, and where the file ends before.
pub fn read_at(file: &std::fs::File, bytes: &mut [u8], place: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, bytes, place);
    #[cfg(windows)]
    {
        let (mut bytes, mut place) = (bytes, place);
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(file, bytes, place)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => (bytes, place) = (&mut bytes[read..], place + read as u64),
            }
        }
        Ok(())
    }
}

/// Writes `bytes` to a place in a file; other threads may read and write elsewhere in it meanwhile.
///
/// # Errors
/// The system's own: no space.
pub fn write_at(file: &std::fs::File, bytes: &[u8], place: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, place);
    #[cfg(windows)]
    {
        let (mut bytes, mut place) = (bytes, place);
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(file, bytes, place)? {
                0 => return Err(std::io::ErrorKind::WriteZero.into()),
                written => (bytes, place) = (&bytes[written..], place + written as u64),
            }
        }
        Ok(())
    }
}

/// Allows as many open files as the system lets this program have; a few more than usual are needed where each date of a
/// long series is a file that is being written.
pub fn allow_many_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // Where it is refused, fewer files can be open, and opening one more says so.
        let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
    }
}

/// Bytes of all files in a folder and the folders below it; what cannot be read counts nothing.
pub fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => folder_bytes(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_the_whole_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomically(&path, b"first, and longer").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [new, target, old] = ["new", "target", "old"].map(|name| folder.path().join(name));
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("a"), "first").unwrap();
        assert!(replace_folder(&new, &target, &old).is_err());
        assert_eq!(std::fs::read(target.join("a")).unwrap(), b"first");
        std::fs::create_dir(&new).unwrap();
        std::fs::write(new.join("a"), "second").unwrap();
        replace_folder(&new, &target, &old).unwrap();
        assert_eq!(std::fs::read(target.join("a")).unwrap(), b"second");
    }

    #[test]
    fn bytes_of_a_folder_are_those_of_all_files_in_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), [0; 1000]).unwrap();
        std::fs::write(folder.path().join("d"), [0; 24]).unwrap();
        assert_eq!(folder_bytes(folder.path()), 1024);
        assert_eq!(folder_bytes(&folder.path().join("absent")), 0);
    }

    #[test]
    fn a_folder_is_flushed_with_all_that_is_in_it_and_one_that_is_absent_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/c"), [0; 1000]).unwrap();
        flush_folder(folder.path()).unwrap();
        assert!(flush_folder(&folder.path().join("absent")).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn free_bytes_are_known_before_the_folder_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(&folder.path().join("not/yet")).is_some());
    }

    #[test]
    fn a_write_into_a_folder_that_is_not_there_fails_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_atomically(&folder.path().join("absent/a.json"), b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
