//! The document on disk: a folder in open formats, safe to copy, readable without Ritmo.
//!
//! `ritmo.json` holds sites, legend and settings; `labels.geojson` the annotations. Both are replaced whole
//! ([`crate::files::write_atomically`]), so that a crash loses at most the last gesture. What other programs make of them
//! meanwhile is noticed and never written over unasked ([`OutsideChange`]).

mod bookmark;
mod document;
mod folder;
mod layers;
mod layout;
mod outside;
mod recent;
pub mod reference;
mod saver;

pub use crate::words::Language;
pub use bookmark::Bookmark;
pub use document::{CompareMode, Comparison, Document, Settings, Site, VERSION, View};
pub use folder::{Contents, ProjectFolder, cube_folder, file_name};
pub use layers::{Layer, LayerKind, Layers, Measure};
pub use layout::{Layout, LayoutFile, Pane, Place, Spot};
pub use outside::{OutsideChange, Theirs};
pub use recent::Recent;
pub use saver::{SaveOutcome, Saver};

use std::path::PathBuf;

/// What can go wrong with a project. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The folder is no project.
    #[error(
        "{folder} is no Ritmo project: it has no ritmo.json. Make one there with `ritmo new`, or open another folder"
    )]
    NoProject { folder: PathBuf },
    /// There is a project already.
    #[error("{folder} already holds a project. Open it, or choose another folder")]
    Exists { folder: PathBuf },
    /// The folder cannot be made or written.
    #[error("cannot make a project in {folder}: {why}. Choose a folder that you may write to")]
    Create { folder: PathBuf, why: String },
    /// A file cannot be read or is damaged.
    #[error("cannot read {path}: {why}.{way_out}")]
    Read { path: PathBuf, why: String, way_out: String },
    /// A newer Ritmo wrote it.
    #[error(
        "{path} was written by a newer Ritmo (format {found}, this one reads up to {VERSION}). Update Ritmo; the file was left as it is"
    )]
    Newer { path: PathBuf, found: u64 },
    /// A file cannot be written.
    #[error(
        "cannot save {path}: {why}. Free some space or mend the folder's rights; what was saved before is whole, and saving is tried again at the next change"
    )]
    Write { path: PathBuf, why: String },
    /// The labels.
    #[error(transparent)]
    Labels(#[from] crate::labels::LabelError),
}
