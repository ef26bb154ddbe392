//! Static catalogues: documents that link to others, on disk, on a server or in a store.

use super::StacError;
use super::http::{Http, is_http};
use super::item::Page;
use super::resolve;
use super::search::page_of;
use crate::geo::copied::{CopyError, bytes_of};
use crate::geo::redacted;
use crate::geo::remote::is_remote;
use crate::progress::Cancel;
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;

/// More documents than these are no catalogue of one's own.
const MOST_DOCUMENTS: usize = 200_000;
/// The most bytes of a document.
const MOST_BYTES: u64 = 256 << 20;

/// Walks along the links of a catalogue.
pub(super) struct Tree<'a> {
    http: &'a Http,
    cancel: &'a Cancel,
    /// Documents that were read: links may lead back.
    read: HashSet<String>,
}

impl<'a> Tree<'a> {
    pub fn new(http: &'a Http, cancel: &'a Cancel) -> Self {
        Self { http, cancel, read: HashSet::new() }
    }

    /// Hands over all items below a document, each with where its document lies.
    pub fn walk(&mut self, root: &str, take: &mut dyn FnMut(Value, &str)) -> Result<(), StacError> {
        let mut waiting = vec![root.to_owned()];
        while let Some(place) = waiting.pop() {
            self.cancel.check()?;
            if !self.read.insert(place.clone()) {
                continue;
            }
            if self.read.len() > MOST_DOCUMENTS {
                let why = format!("it has more than {MOST_DOCUMENTS} documents");
                return Err(StacError::NotStac { url: redacted(root), why });
            }
            let value = self.document(&place)?;
            let page: Page = page_of(&value, &place)?;
            match (page.kind.as_deref(), page.features) {
                (Some("Feature"), _) => take(value, &place),
                (_, Some(features)) => features.into_iter().for_each(|item| take(item, &place)),
                (Some("Catalog" | "Collection"), None) => {
                    let below = page
                        .links
                        .iter()
                        .filter(|link| ["child", "item", "items"].contains(&link.rel.as_str()));
                    // The first link is walked first.
                    let below: Vec<String> = below.map(|link| resolve(&place, &link.href)).collect();
                    waiting.extend(below.into_iter().rev());
                }
                (kind, None) => {
                    let why = match kind {
                        Some(kind) => format!("it is a {kind}"),
                        None => "it has no type".into(),
                    };
                    return Err(StacError::NotStac { url: redacted(&place), why });
                }
            }
        }
        Ok(())
    }

    fn document(&self, place: &str) -> Result<Value, StacError> {
        if is_http(place) {
            return self.http.get(place);
        }
        let unreadable = |why: String| StacError::File { path: redacted(place).into(), why };
        let bytes = match is_remote(Path::new(place)) {
            true => bytes_of(Path::new(place), MOST_BYTES, self.cancel).map_err(|error| match error {
                CopyError::Cancelled(asked) => asked.into(),
                CopyError::Failed { why, .. } => unreadable(why),
            })?,
            false => std::fs::read(place).map_err(|error| unreadable(error.to_string()))?,
        };
        serde_json::from_slice(&bytes).map_err(|error| unreadable(format!("it is no JSON ({error})")))
    }
}
