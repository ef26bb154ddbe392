//! Files that a job is going to read or write: what cannot be is told before any work is done for it.

use anyhow::bail;
use std::path::{Path, PathBuf};

/// Whether a file can be written there; one that is there only where it is to be replaced. Blocks on the disk.
///
/// # Errors
/// Why it cannot, and what to do.
pub fn check_target(file: &Path, replace: bool) -> anyhow::Result<()> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if file.as_os_str().is_empty() {
        bail!("say which file to write");
    }
    if !folder.is_dir() {
        bail!("cannot write {}: there is no folder {}", file.display(), folder.display());
    }
    if file.is_dir() {
        bail!("cannot write {}: it is a folder. Give the name of a file", file.display());
    }
    if file.exists() && !replace {
        bail!("{} is there already: give another name, or ask for it to be replaced", file.display());
    }
    Ok(())
}

/// Whether all files are there that are going to be read, each with what is to be said where it is not. Blocks on the disk.
///
/// # Errors
/// Says that of the first that is missing.
pub fn check_there(files: &[(PathBuf, String)]) -> anyhow::Result<()> {
    match files.iter().find(|(file, _)| !file.exists()) {
        Some((_, missing)) => bail!("{missing}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_read_is_there_or_its_sentence_is_told() {
        let home = tempfile::tempdir().unwrap();
        let of = |name: &str| (home.path().join(name), format!("there is no {name}"));
        std::fs::write(home.path().join("a"), "1").unwrap();
        check_there(&[of("a")]).unwrap();
        assert_eq!(check_there(&[of("a"), of("b"), of("c")]).unwrap_err().to_string(), "there is no b");
    }

    #[test]
    fn a_file_is_written_where_there_is_a_folder_and_replaced_only_when_asked() {
        let home = tempfile::tempdir().unwrap();
        let there = home.path().join("there.csv");
        std::fs::write(&there, "1").unwrap();
        let told = |file: &Path, replace| check_target(file, replace).unwrap_err().to_string();
        assert!(told(&there, false).contains("is there already"));
        assert!(told(home.path(), true).contains("it is a folder"));
        assert!(told(&home.path().join("no/a.csv"), true).contains("there is no folder"));
        assert!(told(Path::new(""), true).contains("say which file"));
        check_target(&there, true).unwrap();
        check_target(&home.path().join("new.csv"), false).unwrap();
    }
}
