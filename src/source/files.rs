//! Which files the inputs name: folders, files, globs and lists.

use super::SourceError;
use crate::geo::folders::list_store;
use crate::geo::remote::{is_remote, keep_query};
use crate::progress::Cancel;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// How deep folders are looked into.
const DEPTH: usize = 12;

/// The files that the inputs name, each once.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// In the order of the inputs, those of a folder in order of name.
    pub files: Vec<PathBuf>,
    /// What looks like a raster and is none, with why.
    pub skipped: Vec<(PathBuf, String)>,
    /// Folders that were looked into, as the system knows them: links may lead back.
    visited: HashSet<PathBuf>,
}

/// Lists the files.
///
/// # Errors
/// When an input does not exist, holds no raster, or cannot be listed.
pub(super) fn list(inputs: &[PathBuf], cancel: &Cancel) -> Result<Listed, SourceError> {
    let mut listed = Listed::default();
    for input in inputs {
        cancel.check()?;
        // What is given twice is no folder without images.
        listed.visited.clear();
        add(input, &mut listed, true, cancel)?;
    }
    if listed.files.is_empty() && listed.skipped.is_empty() {
        return Err(SourceError::Empty { input: PathBuf::from("the inputs") });
    }
    let mut seen = HashSet::new();
    listed.files.retain(|path| seen.insert(canonical(path)));
    Ok(listed)
}

/// The path as the system knows it, or as it is where the file has gone.
pub(super) fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The name of a file, for people.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn add(input: &Path, listed: &mut Listed, lists_too: bool, cancel: &Cancel) -> Result<(), SourceError> {
    let before = listed.files.len() + listed.skipped.len();
    if is_remote(input) {
        add_remote(input, listed)?;
    } else if input.is_dir() {
        add_folder(input, DEPTH, listed, cancel)?;
    } else if input.exists() {
        if lists_too && extension(input) == "txt" {
            add_list(input, listed, cancel)?
        } else {
            listed.files.push(input.to_owned())
        }
    } else if is_glob(input) {
        add_glob(input, listed, cancel)?;
    } else {
        return Err(SourceError::Absent { path: input.to_owned() });
    }
    if listed.files.len() + listed.skipped.len() == before {
        return Err(SourceError::Empty { input: input.to_owned() });
    }
    Ok(())
}

/// A raster in a store, or the rasters of a folder there; where it has none, those of the folders below.
fn add_remote(input: &Path, listed: &mut Listed) -> Result<(), SourceError> {
    let plain = keep_query(input);
    if is_raster(&extension(&plain)) {
        listed.files.push(plain);
        return Ok(());
    }
    let of = |deep: bool| -> Result<Vec<PathBuf>, SourceError> {
        let there =
            list_store(&plain, deep).map_err(|why| SourceError::List { folder: plain.clone(), why })?;
        Ok(there.into_iter().filter(|path| is_raster(&extension(path))).collect())
    };
    let mut files = of(false)?;
    if files.is_empty() {
        files = of(true)?;
    }
    if files.is_empty() {
        return Err(SourceError::Empty { input: plain });
    }
    listed.files.append(&mut files);
    Ok(())
}

/// The rasters of a folder, and those in the products (`.SAFE`) in it. Where it has neither, those of the folders below.
fn add_folder(folder: &Path, depth: usize, listed: &mut Listed, cancel: &Cancel) -> Result<(), SourceError> {
    cancel.check()?;
    if !listed.visited.insert(canonical(folder)) {
        return Ok(());
    }
    let unlistable =
        |error: std::io::Error| SourceError::List { folder: folder.to_owned(), why: error.to_string() };
    let (mut files, mut folders, mut products) = (Vec::new(), Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unlistable)? {
        let path = entry.map_err(unlistable)?.path();
        if file_name(&path).starts_with('.') {
            continue;
        }
        match (extension(&path).as_str(), path.is_dir()) {
            (extension, true) if is_raster(extension) => {
                listed.skipped.push((path, "it is a folder, though its name is that of a raster".into()));
            }
            (extension, false) if is_raster(extension) => files.push(path),
            ("safe", true) => products.push(path),
            // Stores of cubes are not looked into: they are made here.
            ("zarr", true) | (_, false) => {}
            (_, true) => folders.push(path),
        }
    }
    let is_product = extension(folder) == "safe" && folder.join("GRANULE").is_dir();
    if is_product {
        return add_product(folder, depth, listed, cancel);
    }
    let has_images = !files.is_empty() || !products.is_empty();
    files.sort();
    listed.files.append(&mut files);
    products.sort();
    for product in products {
        add_folder(&product, depth.saturating_sub(1), listed, cancel)?;
    }
    if !has_images && depth > 0 {
        folders.sort();
        for below in folders {
            add_folder(&below, depth - 1, listed, cancel)?;
        }
    }
    Ok(())
}

/// The images of a product of Sentinel-2: `GRANULE/*/IMG_DATA/**`. The rest is quality and pictures.
fn add_product(
    product: &Path,
    depth: usize,
    listed: &mut Listed,
    cancel: &Cancel,
) -> Result<(), SourceError> {
    let granules = product.join("GRANULE");
    let unlistable =
        |error: std::io::Error| SourceError::List { folder: granules.clone(), why: error.to_string() };
    let mut images = Vec::new();
    for entry in std::fs::read_dir(&granules).map_err(unlistable)? {
        let images_of = entry.map_err(unlistable)?.path().join("IMG_DATA");
        if images_of.is_dir() {
            images.push(images_of);
        }
    }
    images.sort();
    for folder in images {
        add_folder(&folder, depth.saturating_sub(1), listed, cancel)?;
    }
    Ok(())
}

fn add_list(list: &Path, listed: &mut Listed, cancel: &Cancel) -> Result<(), SourceError> {
    let text = std::fs::read(list)
        .map_err(|error| SourceError::List { folder: list.to_owned(), why: error.to_string() })?;
    let text = String::from_utf8_lossy(&text);
    let folder = list.parent().unwrap_or(Path::new(""));
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        listed.visited.clear();
        let path = if is_remote(Path::new(line)) { PathBuf::from(line) } else { folder.join(line) };
        add(&path, listed, false, cancel).map_err(|error| match error {
            SourceError::Cancelled(stop) => stop.into(),
            error => SourceError::ListLine { list: list.to_owned(), line: i + 1, why: error.to_string() },
        })?;
    }
    Ok(())
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// What a glob matches: rasters, and what is in folders that it matches. `[` is itself, as in the names of files.
fn add_glob(pattern: &Path, listed: &mut Listed, cancel: &Cancel) -> Result<(), SourceError> {
    let unlistable = |why: String| SourceError::List { folder: pattern.to_owned(), why };
    let text = pattern.to_str().ok_or_else(|| unlistable("its name is not written in Unicode".into()))?;
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let escaped = text.replace('[', "[[]");
    let matches = glob::glob_with(&escaped, options).map_err(|error| unlistable(error.msg.to_owned()))?;
    for path in matches {
        cancel.check()?;
        let path = path.map_err(|error| SourceError::List {
            folder: error.path().to_owned(),
            why: error.error().to_string(),
        })?;
        let is_raster = is_raster(&extension(&path));
        match (path.is_dir(), is_raster) {
            (true, true) => {
                listed.skipped.push((path, "it is a folder, though its name is that of a raster".into()))
            }
            // `**` matches the folders on the way too: their files are matched by themselves.
            (true, false) if text.ends_with("**") => {}
            (true, false) => add_folder(&path, DEPTH, listed, cancel)?,
            (false, true) => listed.files.push(path),
            (false, false) => {}
        }
    }
    Ok(())
}

/// The extension in small letters.
fn extension(path: &Path) -> String {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase()
}

fn is_raster(extension: &str) -> bool {
    matches!(extension, "tif" | "tiff" | "jp2" | "vrt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(folder: &Path, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
    }

    fn names(inputs: &[PathBuf], folder: &Path) -> Vec<String> {
        let listed = list(inputs, &Cancel::new()).unwrap();
        let inside = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        listed.files.iter().map(inside).collect()
    }

    #[test]
    fn a_folder_gives_its_rasters_and_those_of_its_products() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        touch(folder, &["b.TIF", "a.vrt", "c.Jp2", "notes.txt", ".hidden.tif", "below/d.tif"]);
        touch(folder, &["P.SAFE/GRANULE/L/IMG_DATA/R10m/e.jp2", "P.SAFE/GRANULE/L/QI_DATA/q.jp2"]);
        touch(folder, &["P.SAFE/preview.jp2"]);
        let e = "P.SAFE/GRANULE/L/IMG_DATA/R10m/e.jp2";
        assert_eq!(names(&[folder.into()], folder), ["a.vrt", "b.TIF", "c.Jp2", e]);
        assert_eq!(names(&[folder.join("P.SAFE")], folder), [e]);
    }

    #[test]
    fn a_folder_without_rasters_gives_those_of_the_folders_below() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        touch(folder, &["2/x/b.tif", "1/a.tif", "cube.zarr/c.tif", "readme.md"]);
        assert_eq!(names(&[folder.into()], folder), ["1/a.tif", "2/x/b.tif"]);
    }

    #[test]
    fn globs_and_lists_name_files() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        touch(
            folder,
            &["a_1.tif", "a_2.tif", "b_1.tif", "x/a_3.tif", "x/y/a_4.tif", "[k]/a_5.tif", "a_6.md"],
        );
        assert_eq!(names(&[folder.join("a_?.tif")], folder), ["a_1.tif", "a_2.tif"]);
        assert_eq!(names(&[folder.join("[k]/*")], folder), ["[k]/a_5.tif"]);
        assert_eq!(names(&[folder.join("x/**/a*.tif")], folder), ["x/a_3.tif", "x/y/a_4.tif"]);
        std::fs::write(folder.join("list.txt"), "\u{feff}x/a_3.tif\r\n\n# more\na_*.tif\nx/a_3.tif\n")
            .unwrap();
        assert_eq!(names(&[folder.join("list.txt")], folder), ["x/a_3.tif", "a_1.tif", "a_2.tif"]);
    }

    #[test]
    fn what_is_not_there_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::write(folder.join("list.txt"), "\nabsent.tif\n").unwrap();
        std::fs::create_dir(folder.join("empty")).unwrap();
        let error = |input: &str| list(&[folder.join(input)], &Cancel::new()).unwrap_err();
        assert!(matches!(error("absent.tif"), SourceError::Absent { .. }));
        assert!(matches!(error("no*.tif"), SourceError::Empty { .. }));
        assert!(matches!(error("empty"), SourceError::Empty { .. }));
        let text = error("list.txt").to_string();
        assert!(text.contains("line 2") && text.contains("absent.tif"), "{text}");
        assert!(matches!(list(&[], &Cancel::new()), Err(SourceError::Empty { .. })));
    }

    #[test]
    fn a_folder_named_like_a_raster_is_left_aside() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["x_2022-01-15.tif/a.tif", "y_2022-01-15.tif"]);
        let listed = list(&[folder.path().into()], &Cancel::new()).unwrap();
        assert_eq!((listed.files.len(), listed.skipped.len()), (1, 1));
        assert!(listed.skipped[0].1.contains("folder"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_lie_in_one_another_by_links_come_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        touch(folder.path(), &["a/b/c.tif"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        assert_eq!(list(&[folder.path().into()], &Cancel::new()).unwrap().files.len(), 1);
    }
}
