//! Searching a STAC API, page by page, and filtering here what it does not filter.

use super::http::{Http, is_http, server_of};
use super::item::{Item, Link, Page};
use super::tree::Tree;
use super::{Catalogue, FoundScenes, Patience, Place, Query, Scene, StacError, resolve};
use crate::geo::redacted;
use crate::progress::{Cancel, Progress, Report};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Items of a page, as many as servers like to give.
const PAGE: u32 = 100;
/// More pages than these are no search.
const MOST_PAGES: usize = 2000;
/// Where nobody says which collection.
const USUAL: &str = "sentinel-2-l2a";

/// Asks a catalogue for scenes. `tell` gets sentences about waits while it runs.
///
/// # Errors
/// When the catalogue cannot be reached or read, breaks off, or lacks the collection, or a stop was asked for.
pub fn search(
    catalogue: &Catalogue,
    query: &Query,
    patience: Patience,
    tell: Arc<dyn Fn(String) + Send + Sync>,
    report: Report,
    cancel: &Cancel,
) -> Result<FoundScenes, StacError> {
    let http = Http::new(catalogue, patience, tell, cancel);
    let mut gathered = Gathered::new(query);
    match &catalogue.place {
        Place::File(path) => {
            Tree::new(&http, cancel).walk(&path.to_string_lossy(), &mut |item, base| {
                gathered.take(item, base);
                report(Progress::new(gathered.seen as u64, 0, "Reading the catalogue"));
            })?;
        }
        Place::Url(url) => {
            let value = http.get(url)?;
            let landing: Page = page_of(&value, url)?;
            if landing.link("search").is_some() {
                // Servers differ in what they make of an area over the antimeridian: it is asked for in two.
                for bbox in halves(query.bbox) {
                    gathered.begin();
                    let part = Query { bbox, ..query.clone() };
                    Api { http: &http, url, landing: &landing }.search(&part, &mut gathered, report)?;
                }
            } else {
                Tree::new(&http, cancel).walk(url, &mut |item, base| {
                    gathered.take(item, base);
                    report(Progress::new(gathered.seen as u64, 0, "Reading the catalogue"));
                })?;
            }
        }
    }
    Ok(gathered.finish())
}

pub(super) fn page_of(value: &Value, url: &str) -> Result<Page, StacError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StacError::NotStac { url: redacted(url), why: error.to_string() })
}

/// The area, or its parts on both sides of the antimeridian where its west is greater than its east (RFC 7946).
fn halves([west, south, east, north]: [f64; 4]) -> impl Iterator<Item = [f64; 4]> {
    let crosses = west > east;
    let first = [west, south, if crosses { 180.0 } else { east }, north];
    let second = crosses.then_some([-180.0, south, east, north]);
    std::iter::once(first).chain(second)
}

/// Scenes as they come, filtered.
struct Gathered<'a> {
    query: &'a Query,
    found: FoundScenes,
    ids: HashSet<String>,
    /// Those of the search that is under way.
    here: HashSet<String>,
    /// Items that came, also those of no use.
    seen: usize,
    /// Those of the search that is under way.
    seen_here: usize,
    /// Items outside of area or span: the server does not filter.
    outside: usize,
}

impl<'a> Gathered<'a> {
    fn new(query: &'a Query) -> Self {
        let found = FoundScenes { collection: query.collection.clone(), ..FoundScenes::default() };
        let (ids, here) = (HashSet::new(), HashSet::new());
        Self { query, found, ids, here, seen: 0, seen_here: 0, outside: 0 }
    }

    /// Another search begins, whose items may have come before.
    fn begin(&mut self) {
        self.here.clear();
        self.seen_here = 0;
    }

    /// Takes an item; `false` where this search gave it before.
    fn take(&mut self, item: Value, base: &str) -> bool {
        self.seen += 1;
        self.seen_here += 1;
        let id = item.get("id").and_then(Value::as_str).unwrap_or("an item without id").to_owned();
        let collection = item.get("collection").and_then(Value::as_str);
        let wanted = self.found.collection.as_deref();
        if wanted.zip(collection).is_some_and(|(wanted, own)| wanted != own) {
            self.outside += 1;
            return true;
        }
        let key = format!("{}/{id}", collection.unwrap_or_default());
        if !self.here.insert(key.clone()) {
            return false;
        }
        if !self.ids.insert(key) {
            return true;
        }
        let item: Item = match serde_json::from_value(item) {
            Ok(item) => item,
            Err(error) => {
                self.found.odd.push((id, format!("it is no item of STAC ({error})")));
                return true;
            }
        };
        let own = item.links.iter().find(|link| link.rel == "self").map(|link| resolve(base, &link.href));
        // A file that was copied elsewhere says where it lay before.
        let base = own.filter(|own| is_http(base) && is_http(own)).unwrap_or_else(|| base.into());
        match Scene::of(&item, &|href| resolve(&base, href)) {
            Err(why) => self.found.odd.push((id, why)),
            Ok(scene) => {
                let day = scene.taken.date();
                if day < self.query.from
                    || day > self.query.to
                    || !halves(self.query.bbox).any(|half| scene.touches(half))
                {
                    self.outside += 1;
                } else if self.query.cloud.zip(scene.cloud).is_some_and(|(most, share)| share > most + 1e-9) {
                    self.found.too_cloudy += 1;
                } else {
                    self.found.scenes.push(scene);
                }
            }
        }
        true
    }

    fn finish(mut self) -> FoundScenes {
        let found = &mut self.found;
        found.scenes.sort_by(|a, b| (a.taken, &a.id).cmp(&(b.taken, &b.id)));
        if self.outside > 0 {
            found.told.push(format!(
                "{} items lay outside of what was asked for and were left out here",
                self.outside
            ));
        }
        let twice = newest_only(&mut found.scenes);
        if twice > 0 {
            found
                .told
                .push(format!("{twice} scenes are there in an older processing too: the newest is taken"));
        }
        self.found
    }
}

/// Of scenes of one tile, satellite and second only that of the newest baseline stays. Gives how many went.
fn newest_only(scenes: &mut Vec<Scene>) -> usize {
    let key = |scene: &Scene| {
        let second = scene.taken.and_utc().timestamp();
        scene.tile.clone().map(|tile| (tile, second, scene.platform.clone()))
    };
    let mut best: HashMap<_, (Option<(u32, u32)>, String)> = HashMap::new();
    for scene in scenes.iter() {
        let Some(key) = key(scene) else { continue };
        let own = (scene.baseline, scene.id.clone());
        let kept = best.entry(key).or_insert_with(|| own.clone());
        *kept = kept.clone().max(own);
    }
    let before = scenes.len();
    scenes.retain(|scene| key(scene).is_none_or(|key| best[&key].1 == scene.id));
    before - scenes.len()
}

/// A server that searches.
struct Api<'a> {
    http: &'a Http,
    url: &'a str,
    landing: &'a Page,
}

impl Api<'_> {
    fn search(&self, query: &Query, gathered: &mut Gathered, report: Report) -> Result<(), StacError> {
        let collection = self.collection(query.collection.as_deref())?;
        gathered.found.collection = Some(collection.clone());
        let searches = || self.landing.links.iter().filter(|link| link.rel == "search");
        let is_post =
            |link: &&Link| link.method.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("post"));
        let (link, post) = match (searches().find(is_post), searches().next()) {
            (Some(link), _) => (link, true),
            (None, Some(link)) => (link, false),
            (None, None) => return Ok(()),
        };
        let url = resolve(&format!("{}/", self.url), &link.href);
        let body = self.body(query, &collection);
        let mut next = match post {
            true => Request { url, body: Some(body) },
            false => Request { url: with_query(&url, &body), body: None },
        };
        let mut asked: HashSet<String> = HashSet::new();
        for page in 0..MOST_PAGES {
            let breaks_off =
                |why: String, gathered: &Gathered| StacError::BreaksOff { found: gathered.seen, why };
            if !asked.insert(format!("{} {:?}", next.url, next.body)) {
                return Err(breaks_off("its pages lead in a circle".into(), gathered));
            }
            let got = match &next.body {
                Some(body) => self.http.post(&next.url, body),
                None => self.http.get(&next.url),
            };
            let value = match got {
                Ok(value) => value,
                Err(StacError::Cancelled(stop)) => return Err(stop.into()),
                Err(error) if page == 0 => return Err(error),
                Err(error) => return Err(breaks_off(error.to_string(), gathered)),
            };
            let this: Page = page_of(&value, &next.url)?;
            let Some(features) = this.features.clone() else {
                let why = "its answer to a search has no features".to_owned();
                return Err(if page == 0 {
                    StacError::NotStac { url: redacted(&next.url), why }
                } else {
                    breaks_off(why, gathered)
                });
            };
            let count = features.len();
            let fresh = features.into_iter().filter(|item| gathered.take(item.clone(), &next.url)).count();
            report(Progress::new(
                gathered.seen as u64,
                this.matched().unwrap_or(0),
                "Searching the catalogue",
            ));
            let Some(link) = this.link("next").filter(|_| count > 0) else {
                return without_more(&this, gathered);
            };
            if fresh == 0 {
                return Err(breaks_off("it gives the same page again".into(), gathered));
            }
            next = next.follow(link);
        }
        Err(StacError::BreaksOff {
            found: gathered.seen,
            why: format!("it has more than {MOST_PAGES} pages"),
        })
    }

    /// The search as a body of JSON; filters only where the server says that it knows them.
    fn body(&self, query: &Query, collection: &str) -> Value {
        let mut body = json!({
            "collections": [collection],
            "bbox": query.bbox,
            "datetime": format!("{}T00:00:00Z/{}T23:59:59Z", query.from, query.to),
            "limit": PAGE,
        });
        if let Some(cloud) = query.cloud {
            let percent = cloud * 100.0;
            if self.landing.conforms("item-search#query") {
                body["query"] = json!({ "eo:cloud_cover": { "lte": percent } });
            } else if self.landing.conforms("item-search#filter") && self.landing.conforms("cql2-json") {
                body["filter-lang"] = json!("cql2-json");
                body["filter"] = json!({ "op": "<=", "args": [{ "property": "eo:cloud_cover" }, percent] });
            }
        }
        body
    }

    /// The collection to search: the one asked for, if the server has it; the only one; the usual one.
    fn collection(&self, asked: Option<&str>) -> Result<String, StacError> {
        let link = self.landing.link("data").or_else(|| self.landing.link("collections"));
        let url = match link {
            Some(link) => resolve(&format!("{}/", self.url), &link.href),
            None => format!("{}/collections", self.url),
        };
        let listed = self.http.get(&url).and_then(|value| page_of(&value, &url));
        let known: Vec<String> = match listed {
            Ok(page) => {
                let id = |value: &Value| Some(value.get("id")?.as_str()?.to_owned());
                page.collections.iter().flatten().filter_map(id).collect()
            }
            Err(StacError::Cancelled(stop)) => return Err(stop.into()),
            // A server that searches and does not list is asked for what is wanted.
            Err(_) => Vec::new(),
        };
        const SHOWN: usize = 12;
        let words = || {
            let shown = known.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
            let more = known.len().saturating_sub(SHOWN);
            if more > 0 { format!("{shown} and {more} more") } else { shown }
        };
        let server = server_of(self.url);
        match (asked, known.as_slice()) {
            // Lists may have pages of their own: a short list that lacks it proves nothing where there are more.
            (Some(asked), known) if known.is_empty() || known.iter().any(|id| id == asked) => {
                Ok(asked.into())
            }
            (Some(asked), _) => {
                Err(StacError::Collection { server, collection: asked.into(), known: words() })
            }
            (None, [only]) => Ok(only.clone()),
            (None, known) if known.is_empty() || known.iter().any(|id| id == USUAL) => Ok(USUAL.into()),
            (None, _) => Err(StacError::WhichCollection { server, known: words() }),
        }
    }
}

/// The last page came: were these all?
fn without_more(page: &Page, gathered: &mut Gathered) -> Result<(), StacError> {
    if let Some(matched) = page.matched().filter(|matched| *matched > gathered.seen_here as u64) {
        gathered.found.told.push(format!(
            "the catalogue says that it has {matched} scenes and gave {}, with no way to the others: ask for shorter spans of time",
            gathered.seen_here
        ));
    }
    Ok(())
}

/// What is asked of a server.
struct Request {
    url: String,
    body: Option<Value>,
}

impl Request {
    /// The request for the next page.
    fn follow(&self, link: &Link) -> Self {
        let url = resolve(&self.url, &link.href);
        let is_post = match link.method.as_deref() {
            Some(method) => method.eq_ignore_ascii_case("post"),
            None => link.body.is_some(),
        };
        if !is_post {
            return Self { url, body: None };
        }
        let mut body = match (&self.body, link.merge) {
            (Some(before), true) => before.clone(),
            _ => json!({}),
        };
        match (&link.body, body.as_object_mut()) {
            (Some(Value::Object(more)), Some(body)) => body.extend(more.clone()),
            // Some servers put the token into the address and want the search again.
            (None, _) => body = self.body.clone().unwrap_or(body),
            _ => {}
        }
        Self { url, body: Some(body) }
    }
}

/// A search as an address.
fn with_query(url: &str, body: &Value) -> String {
    let mut parts = Vec::new();
    for (key, value) in body.as_object().into_iter().flatten() {
        let text = match value {
            Value::Array(list) => {
                let words = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
                words.collect::<Vec<_>>().join(",")
            }
            Value::String(text) => text.clone(),
            // What has a form of its own in addresses is filtered here.
            Value::Object(_) => continue,
            other => other.to_string(),
        };
        parts.push(format!("{key}={}", escaped(&text)));
    }
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{}", parts.join("&"))
}

fn escaped(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~,/".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests;
