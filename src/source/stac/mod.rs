//! Catalogues of imagery: STAC APIs, and static catalogues on disk or on a server.
//!
//! [`search`] asks a [`Catalogue`] for the scenes of an area and a span of time. What a server does not filter is filtered
//! here, and what is odd about its items is told. [`Signer`] gets tokens for files that want one.

mod error;
mod http;
mod item;
mod preview;
mod scene;
mod search;
mod sign;
mod tree;

pub use error::StacError;
pub use http::Patience;
pub use preview::{NoPreview, Preview, fetch_preview};
pub use scene::{Offset, Scene, SceneAsset};
pub use search::search;
pub use sign::Signer;

pub(crate) use http::{backoff, rest};

use crate::geo::redacted;
use crate::geo::remote::is_remote;
use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// Microsoft's Planetary Computer.
const PLANETARY_COMPUTER: &str = "https://planetarycomputer.microsoft.com/api/stac/v1";
/// Where its tokens come from.
const PLANETARY_TOKENS: &str = "https://planetarycomputer.microsoft.com/api/sas/v1";
/// Element 84's Earth Search.
const EARTH_SEARCH: &str = "https://earth-search.aws.element84.com/v1";

/// A catalogue, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Where it is.
    pub place: Place,
    /// Headers that its server wants: name, value. They may be secret.
    pub headers: Vec<(String, String)>,
    /// Where tokens for its files come from: `{tokens}/token/{account}/{container}`.
    pub tokens: Option<String>,
}

/// Where a catalogue is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// A server.
    Url(String),
    /// A file.
    File(PathBuf),
}

impl Catalogue {
    /// As [`Catalogue::of`], with headers that its server wants beside.
    ///
    /// # Errors
    /// As [`Catalogue::of`].
    pub fn with_headers(given: &str, headers: &[(String, String)]) -> Result<Self, StacError> {
        let mut catalogue = Self::of(given)?;
        catalogue.headers.extend_from_slice(headers);
        Ok(catalogue)
    }

    /// From what people write: `planetary-computer`, `earth-search`, an address, or a file or folder, also of a store.
    ///
    /// # Errors
    /// [`StacError::Endpoint`] when it is none of them.
    pub fn of(given: &str) -> Result<Self, StacError> {
        let given = given.trim();
        let plain = |place| Self { place, headers: Vec::new(), tokens: None };
        match given.to_ascii_lowercase().as_str() {
            "planetary-computer" => {
                let tokens = Some(PLANETARY_TOKENS.into());
                return Ok(Self { tokens, ..plain(Place::Url(PLANETARY_COMPUTER.into())) });
            }
            "earth-search" => return Ok(plain(Place::Url(EARTH_SEARCH.into()))),
            small if http::is_http(small) => {
                let url = given.trim_end_matches('/').to_owned();
                // Whoever gives the address means the same.
                let tokens = (url == PLANETARY_COMPUTER).then(|| PLANETARY_TOKENS.into());
                return Ok(Self { tokens, ..plain(Place::Url(url)) });
            }
            // What a folder of a store holds is seen when it is searched.
            small if is_remote(Path::new(small)) => {
                let is_document = [".json", ".geojson"].iter().any(|end| small.ends_with(end));
                let file = if is_document {
                    given.into()
                } else {
                    format!("{}/catalog.json", given.trim_end_matches('/'))
                };
                return Ok(plain(Place::File(file.into())));
            }
            _ => {}
        }
        let path = Path::new(given);
        let inside = ["catalog.json", "collection.json"].iter().map(|name| path.join(name));
        match (path.is_file(), path.is_dir()) {
            (true, _) => Ok(plain(Place::File(path.into()))),
            (_, true) => inside
                .into_iter()
                .find(|file| file.is_file())
                .map(|file| plain(Place::File(file)))
                .ok_or_else(|| StacError::Endpoint { given: redacted(given) }),
            _ => Err(StacError::Endpoint { given: redacted(given) }),
        }
    }

    /// Its name for people: the server, or the file.
    pub fn label(&self) -> String {
        match &self.place {
            Place::Url(url) => http::server_of(url),
            Place::File(path) => redacted(&path.to_string_lossy()),
        }
    }
}

/// A header as servers take it, from what people write; `None` where it is none. What is wrong with it is not told: its
/// value may be a secret.
pub fn header(name: &str, value: &str) -> Option<(String, String)> {
    let (name, value) = (name.trim(), value.trim());
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let sound = !name.is_empty() && name.chars().all(is_name) && !value.is_empty();
    let printable = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    (sound && printable).then(|| (name.to_owned(), value.to_owned()))
}

/// Which scenes are wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// West, south, east, north, in degrees; over the antimeridian west is greater than east.
    pub bbox: [f64; 4],
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The collection; where it is left open, the only one, or `sentinel-2-l2a`.
    pub collection: Option<String>,
    /// The greatest share under clouds, from 0 to 1.
    pub cloud: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundScenes {
    /// In order of time.
    pub scenes: Vec<Scene>,
    /// Items that cannot be used: id, why.
    pub odd: Vec<(String, String)>,
    /// How many scenes lie within area and span and have more clouds than asked for.
    pub too_cloudy: usize,
    /// What people should know, in sentences.
    pub told: Vec<String>,
    /// The collection they are of.
    pub collection: Option<String>,
}

/// An address or path that stands in a document, made whole by where that document lies.
fn resolve(base: &str, href: &str) -> String {
    let href = href.trim();
    if href.contains("://") || href.starts_with("/vsi") {
        return href.to_owned();
    }
    let Some((scheme, rest)) = base.split_once("://") else {
        let folder = Path::new(base).parent().unwrap_or(Path::new(""));
        return tidy(&folder.join(href).to_string_lossy());
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = match href.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder.is_empty() { href.to_owned() } else { format!("{folder}/{href}") }
        }
    };
    format!("{scheme}://{host}/{}", tidy(&path))
}

/// A path without `.` and `..` where they can be resolved.
fn tidy(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty() && *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_documents_are_made_whole() {
        for (base, href, whole) in [
            ("https://h/a/items/x.json", "../B04.tif", "https://h/a/B04.tif"),
            ("https://h/a/x.json?k=1", "./B04.tif?sig=1", "https://h/a/B04.tif?sig=1"),
            ("https://h", "search?a=1", "https://h/search?a=1"),
            ("https://h/a/b", "/c", "https://h/c"),
            ("https://h/a", "s3://b/c.tif", "s3://b/c.tif"),
            ("/data/cat/catalog.json", "./items/x.json", "/data/cat/items/x.json"),
            ("/data/cat/items/x.json", "../B04.tif", "/data/cat/B04.tif"),
            ("/data/cat/x.json", "/other/B04.tif", "/other/B04.tif"),
            ("cat/x.json", "../../B04.tif", "../B04.tif"),
        ] {
            assert_eq!(resolve(base, href), whole, "{base} {href}");
        }
    }

    #[test]
    fn catalogues_have_short_names_and_what_is_none_is_told_without_secrets() {
        let known = Catalogue::of("planetary-computer").unwrap();
        assert_eq!(known.label(), "planetarycomputer.microsoft.com");
        assert!(known.tokens.is_some() && Catalogue::of("earth-search").unwrap().tokens.is_none());
        assert_eq!(Catalogue::of(&format!("{PLANETARY_COMPUTER}/")).unwrap(), known);
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().to_str().unwrap();
        assert!(matches!(Catalogue::of(text), Err(StacError::Endpoint { .. })));
        std::fs::write(folder.path().join("catalog.json"), "{}").unwrap();
        assert_eq!(Catalogue::of(text).unwrap().place, Place::File(folder.path().join("catalog.json")));
        let told = Catalogue::of("ftp://me:pass@host/a?token=abc").unwrap_err().to_string();
        assert!(!told.contains("pass") && !told.contains("abc") && told.contains("earth-search"), "{told}");
    }
}
