//! What can go wrong with catalogues. No text holds a secret.

use crate::progress::Cancelled;
use std::path::PathBuf;

/// What can go wrong with a catalogue. Addresses are told without their queries.
#[derive(Debug, thiserror::Error)]
pub enum StacError {
    /// No network, or nobody answers.
    #[error("no network to {server}: {why}. Check the connection, and try again")]
    NoNetwork { server: String, why: String },
    /// The server answers something else than asked for.
    #[error("{url} answers {status}{said}. {hint}")]
    Answer { url: String, status: u16, said: String, hint: &'static str },
    /// What came is no JSON, or not what a catalogue gives.
    #[error(
        "what {url} gives is no STAC catalogue: {why}. Give the address of a STAC API, or a catalogue's catalog.json"
    )]
    NotStac { url: String, why: String },
    /// The pages of a search break off.
    #[error(
        "the catalogue breaks off after {found} scenes: {why}. Try again, or ask for a shorter span of time"
    )]
    BreaksOff { found: usize, why: String },
    /// A collection that is not there.
    #[error("{server} has no collection {collection}. It has {known}")]
    Collection { server: String, collection: String, known: String },
    /// Which collection is meant is open.
    #[error("{server} has several collections: name one of {known}")]
    WhichCollection { server: String, known: String },
    /// A file of a catalogue on disk that cannot be read.
    #[error("cannot read {path}: {why}. Give a catalog.json, a collection.json, or a file of items")]
    File { path: PathBuf, why: String },
    /// An endpoint that is no address and no file.
    #[error(
        "there is no catalogue {given}: give planetary-computer, earth-search, the address of a STAC API, or a file or folder"
    )]
    Endpoint { given: String },
    /// Tokens for the files do not come.
    #[error("no token for the files of {container}: {why}. Try again later")]
    Token { container: String, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
