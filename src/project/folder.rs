//! A project's folder: making, opening, locking, writing.

use super::outside::Stamp;
use super::{Document, Layer, LayerKind, Layers, ProjectError, VERSION};
use crate::files::write_atomically;
use crate::labels::{Annotations, LabelError, Legend, read_labels, write_labels};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const DOCUMENT: &str = "ritmo.json";
const LABELS: &str = "labels.geojson";
const LOCK: &str = ".ritmo.lock";

/// An open project folder. Holds the lock that keeps a second program from writing, where it could get it.
#[derive(Debug)]
pub struct ProjectFolder {
    path: PathBuf,
    lock: Option<File>,
    read_only: Option<String>,
    /// How the document and the labels looked when they were read.
    looks: [Option<Stamp>; 2],
}

/// What a project holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// Sites, legend, settings.
    pub document: Document,
    /// Annotations.
    pub annotations: Annotations,
}

impl ProjectFolder {
    /// Makes a project in `path`, which may exist but hold none yet, and opens it.
    ///
    /// # Errors
    /// When there is one already, or the folder cannot be written.
    pub fn create(path: &Path, document: Document) -> Result<(Self, Contents), ProjectError> {
        if path.join(DOCUMENT).exists() {
            return Err(ProjectError::Exists { folder: path.into() });
        }
        let failed = |why: std::io::Error| ProjectError::Create { folder: path.into(), why: why.to_string() };
        fs::create_dir_all(path).map_err(failed)?;
        let contents = Contents { document, annotations: Annotations::default() };
        // The document comes last: a folder with a `ritmo.json` is whole.
        write_atomically(
            &path.join(LABELS),
            write_labels(&contents.annotations, &contents.document.legend).as_bytes(),
        )
        .map_err(failed)?;
        write_atomically(&path.join(DOCUMENT), document_text(&contents.document).as_bytes())
            .map_err(failed)?;
        let mut folder = Self::locked(path);
        folder.looks = looks(path);
        Ok((folder, contents))
    }

    /// Opens a project. Where another window has it open, or the folder cannot be written, it opens read-only
    /// ([`Self::read_only`] says why). The files as they were are kept beside as `.bak`.
    ///
    /// # Errors
    /// When a file is absent, damaged, or of a newer version. Nothing is changed then.
    pub fn open(path: &Path) -> Result<(Self, Contents), ProjectError> {
        let document_path = path.join(DOCUMENT);
        // Seen before they are read: what changes in between is noticed.
        let looks = looks(path);
        let text = match fs::read_to_string(&document_path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(ProjectError::NoProject { folder: path.into() });
            }
            Err(e) => return Err(read_error(&document_path, e.to_string())),
        };
        let document = parse_document(&document_path, &text)?;
        let labels_path = path.join(LABELS);
        // Labels that were there once and are gone are a loss to be told, not a project without annotations.
        let annotations = if labels_path.exists() || backup_of(&labels_path).exists() {
            read_annotations(&labels_path)?
        } else {
            Annotations::default()
        };
        let mut folder = Self::locked(path);
        folder.looks = looks;
        if folder.read_only.is_none() {
            folder.remove_unfinished();
            for file in [&document_path, &labels_path] {
                // A copy is a convenience for people whose file is damaged later; failing to make it harms nothing.
                if let Ok(bytes) = fs::read(file) {
                    let _ = write_atomically(&backup_of(file), &bytes);
                }
            }
        }
        Ok((folder, Contents { document, annotations }))
    }

    /// Removes temporary files that a program killed while saving left behind. Only for who holds the lock.
    fn remove_unfinished(&self) {
        let unfinished = |entry: &fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(".ritmo-") && name.ends_with(".tmp")
        };
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter(unfinished).for_each(|e| drop(fs::remove_file(e.path())));
    }

    fn locked(path: &Path) -> Self {
        let (lock, read_only) = match File::create(path.join(LOCK)) {
            Err(e) => (None, Some(format!("{} cannot be written ({e})", path.display()))),
            Ok(file) => match file.try_lock() {
                Ok(()) => (Some(file), None),
                Err(TryLockError::WouldBlock) => {
                    (None, Some("another Ritmo has this project open".to_string()))
                }
                Err(TryLockError::Error(e)) => (None, Some(format!("it cannot be locked ({e})"))),
            },
        };
        Self { path: path.into(), lock, read_only, looks: [None; 2] }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why it cannot be written, if it cannot.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Tells, whenever it is called, whether a folder that is open read-only could be opened for editing then: nobody else has
    /// it open any more. It asks the disk.
    pub fn could_be_edited(&self) -> impl Fn() -> bool + Send + use<> {
        let (read_only, lock) = (self.read_only.is_some(), self.path.join(LOCK));
        // The lock is let go of again at once.
        move || {
            let file = File::options().write(true).open(&lock);
            read_only && file.is_ok_and(|file| file.try_lock().is_ok())
        }
    }

    /// Files beside the others that hold what could not be saved, since another program had changed those.
    pub fn left_beside(&self) -> Vec<String> {
        let names = [DOCUMENT, LABELS].map(|name| format!("{name}{}", super::saver::MINE));
        names.into_iter().filter(|name| self.path.join(name).exists()).collect()
    }

    /// Folder of the cube of a site of this name.
    pub fn cube_path(&self, site: &str) -> String {
        cube_folder(site)
    }

    /// Folder of the models.
    pub fn models_path(&self) -> PathBuf {
        self.path.join("models")
    }

    /// Folder of the model of this name.
    pub fn model_path(&self, name: &str) -> PathBuf {
        self.models_path().join(file_name(name))
    }

    /// Folder of the maps of a site.
    pub fn maps_path(&self, site: &str) -> PathBuf {
        self.path.join("maps").join(file_name(site))
    }

    /// Where what was measured of a site is kept.
    pub fn statistics_path(&self, site: &str) -> PathBuf {
        self.path.join("statistics").join(format!("{}.json", file_name(site)))
    }

    /// Folder of the assessments.
    pub fn assessments_path(&self) -> PathBuf {
        self.path.join("assessments")
    }

    /// Models in the project, newest first: name and folder.
    pub fn models(&self) -> Vec<(String, PathBuf)> {
        let Ok(entries) = fs::read_dir(self.models_path()) else { return Vec::new() };
        let mut found: Vec<_> = entries
            .flatten()
            // Hidden folders are models being saved.
            .filter(|e| !e.file_name().to_string_lossy().starts_with('.'))
            .filter_map(|e| {
                // One that has lost its card is listed too, so that people read what became of it.
                let file = ["model.json", "model.safetensors"].map(|file| e.path().join(file));
                let when = file.iter().find_map(|file| fs::metadata(file).ok())?.modified().ok()?;
                Some((when, e.file_name().to_string_lossy().into_owned(), e.path()))
            })
            .collect();
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        found.into_iter().map(|(_, name, path)| (name, path)).collect()
    }

    /// Where the documents are saved, and how they looked when they were read.
    pub(super) fn files(&self) -> [(PathBuf, Option<Stamp>); 2] {
        [(self.path.join(DOCUMENT), self.looks[0]), (self.path.join(LABELS), self.looks[1])]
    }
}

impl Drop for ProjectFolder {
    fn drop(&mut self) {
        if let Some(lock) = self.lock.take() {
            // The system lets go of the lock when the file is closed; saying so first is only tidier.
            let _ = lock.unlock();
        }
    }
}

/// Folder of the cube of a site of this name, relative to the project.
pub fn cube_folder(site: &str) -> String {
    format!("cubes/{}.zarr", file_name(site))
}

/// A name as a part of a path: without separators and other trouble, accents kept.
pub fn file_name(name: &str) -> String {
    let clean: String = name
        .trim()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ') { c } else { '_' })
        .collect();
    let clean = clean.trim_start_matches('.').trim().to_string();
    if clean.is_empty() { "unnamed".into() } else { clean }
}

/// The text of `ritmo.json`.
pub(super) fn document_text(document: &Document) -> String {
    // Serialising plain structs to a string cannot fail.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn looks(folder: &Path) -> [Option<Stamp>; 2] {
    [DOCUMENT, LABELS].map(|name| Stamp::of(&folder.join(name)))
}

/// Reads the labels of a project.
pub(super) fn read_annotations(path: &Path) -> Result<Annotations, ProjectError> {
    read_labels(path).map_err(|e| labels_error(path, e))
}

pub(super) fn parse_document(path: &Path, text: &str) -> Result<Document, ProjectError> {
    let mut value: serde_json::Value =
        serde_json::from_str(text).map_err(|e| read_error(path, format!("it is damaged ({e})")))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(found) if found > u64::from(VERSION) => {
            return Err(ProjectError::Newer { path: path.into(), found });
        }
        Some(_) => {}
        None => return Err(read_error(path, "it has no version number".into())),
    }
    layers_of_old(&mut value);
    let document: Document = serde_json::from_value(value)
        .map_err(|e| read_error(path, format!("something in it is not as it should be ({e})")))?;
    check_legend(path, &document.legend)?;
    Ok(document)
}

/// Once the class map alone could fade.
fn layers_of_old(document: &mut serde_json::Value) {
    let Some(view) = document.get_mut("view").and_then(serde_json::Value::as_object_mut) else { return };
    if let Some(opacity) = view.remove("map_opacity").and_then(|opacity| opacity.as_f64())
        && !view.contains_key("layers")
    {
        let mut layers = Layers::default();
        layers.set(Layer { opacity: opacity as f32, ..layers.of(LayerKind::ClassMap) });
        // Layers can always be written.
        view.extend(serde_json::to_value(&layers).ok().map(|layers| ("layers".to_string(), layers)));
    }
}

fn check_legend(path: &Path, legend: &Legend) -> Result<(), ProjectError> {
    legend.check().map_err(|e| read_error(path, e.to_string()))
}

fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    name.into()
}

/// The labels' own error names the file already: only what is wrong with it is told.
fn labels_error(path: &Path, error: LabelError) -> ProjectError {
    let why = match error {
        LabelError::Read { why, .. } => why,
        other => other.to_string(),
    };
    read_error(path, why)
}

fn read_error(path: &Path, why: String) -> ProjectError {
    let backup = backup_of(path);
    let way_out = if backup.exists() {
        format!(" The file was left as it is; a copy from when it last opened well is {}", backup.display())
    } else {
        " The file was left as it is; put a whole one in its place".into()
    };
    ProjectError::Read { path: path.into(), why, way_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_project(folder: &Path) -> (ProjectFolder, Contents) {
        let legend = Legend { classes: vec![crate::labels::Class::new(1, "selva húmeda", [0, 90, 40])] };
        ProjectFolder::create(folder, Document::new("Corredor", legend)).unwrap()
    }

    #[test]
    fn a_new_project_opens_again_as_it_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let (made, contents) = new_project(folder.path());
        drop(made);
        let (opened, again) = ProjectFolder::open(folder.path()).unwrap();
        assert_eq!(again, contents);
        assert_eq!(opened.read_only(), None);
    }

    #[test]
    fn a_second_project_is_not_made_over_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let _made = new_project(folder.path());
        let again = ProjectFolder::create(folder.path(), Document::new("x", Legend::default()));
        assert!(matches!(again, Err(ProjectError::Exists { .. })));
    }

    #[test]
    fn a_project_that_is_open_elsewhere_opens_read_only_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let _first = new_project(folder.path());
        let (second, _) = ProjectFolder::open(folder.path()).unwrap();
        assert!(second.read_only().unwrap().contains("another Ritmo"));
    }

    #[test]
    fn a_folder_without_a_project_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = ProjectFolder::open(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()) && error.contains("ritmo new"),
            "{error}"
        );
    }

    #[test]
    fn a_document_cut_off_is_reported_with_its_backup_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(new_project(folder.path()));
        drop(ProjectFolder::open(folder.path()).unwrap());
        let path = folder.path().join(DOCUMENT);
        let whole = fs::read_to_string(&path).unwrap();
        for length in [0, 1, 10, whole.len() / 2, whole.len() - 3] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = ProjectFolder::open(folder.path()).unwrap_err().to_string();
            assert!(error.contains("ritmo.json") && error.contains(".bak"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap().len(), length);
        }
        fs::copy(folder.path().join("ritmo.json.bak"), &path).unwrap();
        assert!(ProjectFolder::open(folder.path()).is_ok());
    }

    #[test]
    fn labels_that_are_gone_are_told_and_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        drop(new_project(folder.path()));
        drop(ProjectFolder::open(folder.path()).unwrap());
        fs::remove_file(folder.path().join(LABELS)).unwrap();
        let error = ProjectFolder::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("labels.geojson.bak"), "{error}");
        assert_eq!(error.matches("cannot read").count(), 1, "{error}");
    }

    #[test]
    fn what_a_killed_program_left_half_written_is_removed_at_the_next_opening() {
        let folder = tempfile::tempdir().unwrap();
        drop(new_project(folder.path()));
        let left = folder.path().join(".ritmo-aB3.tmp");
        fs::write(&left, "{").unwrap();
        drop(ProjectFolder::open(folder.path()).unwrap());
        assert!(!left.exists());
    }

    #[test]
    fn a_newer_version_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(new_project(folder.path()));
        let path = folder.path().join(DOCUMENT);
        let text = fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 99");
        fs::write(&path, &text).unwrap();
        let error = ProjectFolder::open(folder.path()).unwrap_err();
        assert!(matches!(error, ProjectError::Newer { found: 99, .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_legend_with_two_equal_codes_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        drop(new_project(folder.path()));
        let path = folder.path().join(DOCUMENT);
        let mut document: Document = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        document.legend.classes.push(document.legend.classes[0].clone());
        fs::write(&path, document_text(&document)).unwrap();
        assert!(ProjectFolder::open(folder.path()).is_err());
    }

    #[test]
    fn how_opaque_the_class_map_was_is_read_of_old_projects() {
        let text = r#"{"version": 1, "name": "old", "view": {"map_opacity": 0.25, "time": 3}}"#;
        let view = parse_document(Path::new("ritmo.json"), text).unwrap().view;
        assert_eq!((view.layers.of(LayerKind::ClassMap).opacity, view.time), (0.25, 3));
        assert_eq!(view.layers.of(LayerKind::Mosaic), Layer::new(LayerKind::Mosaic));
    }

    #[test]
    fn names_become_file_names_without_leaving_their_folder() {
        assert_eq!(file_name("Río Usumacinta"), "Río Usumacinta");
        assert_eq!(file_name("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(file_name("  "), "unnamed");
    }
}
