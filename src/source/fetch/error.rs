//! Why imagery cannot be fetched.

use crate::geo::GeoError;
use crate::progress::Cancelled;
use crate::source::stac::StacError;
use std::path::PathBuf;

/// Why imagery cannot be fetched. What was fetched before stays.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// An area that no grid can be laid around.
    #[error("no grid can be laid around the area: {0}")]
    Area(String),
    /// No scene is left.
    #[error("there is nothing to fetch: {0}")]
    Nothing(String),
    /// A server that refuses, is silent or is busy for too long.
    #[error("fetching stopped at {path}: {why}. What was fetched stays: start again to go on")]
    Stopped { path: PathBuf, why: String },
    /// A band that the scenes do not have.
    #[error("the scenes have no band {name}, only {known}")]
    Band { name: String, known: String },
    /// A disk that is full, a coordinate system that is not known.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// A folder or file that cannot be written.
    #[error("cannot write {path}: {why}. Check the free space and the rights of the folder")]
    Write { path: PathBuf, why: String },
    /// No token.
    #[error(transparent)]
    Stac(#[from] StacError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
