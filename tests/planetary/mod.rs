//! Fetching from the Planetary Computer as it stands here: a catalogue and an issuer of tokens of the test, Azurite for the
//! blobs, and their hosts' names in front of them.

use crate::ranges::{self, Reply, Server};
use crate::scenes::{assert_same, items, project, scenes, words};
use crate::servers::Azurite;
use crate::servers::front::{BLOBS, Front};
use crate::support::{Ran, arg, command, ritmo};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// No file below a folder, and nothing that a run printed, holds one of these.
pub fn assert_secret(secrets: &[&str], folder: &Path, ran: &[&Ran]) {
    for secret in secrets {
        for text in ran.iter().flat_map(|ran| [&ran.stdout, &ran.stderr]) {
            assert!(!text.contains(secret), "{text}");
        }
        let mut folders = vec![folder.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).unwrap();
                let holds = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!holds, "{}", path.display());
            }
        }
    }
}

/// A catalogue in front of Azurite, as the Planetary Computer has it; `token` makes the tokens: expiry as told, token.
fn catalogue(
    token: impl Fn(usize) -> (i64, String) + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let mut items = items();
    for item in &mut items {
        for (_, asset) in item["assets"].as_object_mut().unwrap() {
            let path =
                asset["href"].as_str().unwrap().replacen("/files", &format!("https://{BLOBS}/imagery"), 1);
            asset["href"] = json!(path);
        }
    }
    let given = Arc::new(Mutex::new(Vec::new()));
    let tokens = Arc::clone(&given);
    let server = Server::start(move |request| {
        let link = |rel: &str, path: &str| json!({ "rel": rel, "href": format!("/api/stac/v1{path}") });
        match request.path.as_str() {
            "/api/stac/v1" => Reply::json(&json!({
                "type": "Catalog", "id": "pc", "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"],
                "links": [link("search", "/search"), link("data", "/collections")],
            })),
            "/api/stac/v1/collections" => {
                Reply::json(&json!({ "collections": [{ "id": "sentinel-2-l2a" }] }))
            }
            "/api/stac/v1/search" => {
                Reply::json(&json!({ "type": "FeatureCollection", "features": items, "links": [] }))
            }
            "/api/sas/v1/token/devstoreaccount1/imagery" => {
                let mut tokens = tokens.lock().unwrap();
                let (seconds, token) = token(tokens.len());
                tokens.push(token.clone());
                let until = (chrono::Utc::now() + chrono::TimeDelta::seconds(seconds)).to_rfc3339();
                Reply::json(&json!({ "msft:expiry": until, "token": token }))
            }
            _ => Reply::status(404),
        }
    });
    (server, given)
}

/// What came of fetching from the Planetary Computer that stands here.
pub struct FromPlanetary {
    pub ran: Ran,
    pub home: tempfile::TempDir,
    pub tokens: Vec<String>,
    /// Statuses that the blob store gave.
    pub statuses: Vec<u16>,
}

pub fn from_planetary(
    token: impl Fn(&Azurite, usize) -> (i64, String) + Send + Sync + 'static,
) -> Option<FromPlanetary> {
    let azurite = Arc::new(Azurite::start(scenes())?);
    let maker = Arc::clone(&azurite);
    let (server, given) = catalogue(move |n| token(&maker, n));
    let front = Front::start(&azurite, server.port(), 25)?;
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let mut fetching = command(&words(&project, "planetary-computer", &[]));
    let ran = Ran::of(front.tell(&mut fetching).output().unwrap());
    let hosts = front.hosts();
    assert!(hosts.iter().any(|host| host.starts_with("planetarycomputer")), "{hosts:?}: {}", ran.stderr);
    let tokens = given.lock().unwrap().clone();
    // The catalogue and its issuer see no token.
    let seen = |request: &ranges::Request| format!("{}{}", request.query, request.head);
    assert!(server.requests().iter().all(|logged| !seen(&logged.request).contains("sig=")));
    let statuses = front.log().into_iter().filter(|(_, host, _)| host == BLOBS).map(|(status, ..)| status);
    let statuses = statuses.collect();
    for token in &tokens {
        let signature = token.split('&').find_map(|part| part.strip_prefix("sig=")).unwrap();
        assert_secret(&[signature], &project, &[&ran]);
    }
    Some(FromPlanetary { ran, home, tokens, statuses })
}

pub fn assert_whole(fetched: &FromPlanetary) {
    let made = fetched.ran.json();
    assert_eq!((&made["scenes"], &made["left_out"]), (&9.into(), &json!([])));
    let other = tempfile::tempdir().unwrap();
    let disk = project(other.path());
    ritmo(&words(&disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&fetched.home.path().join("project/cubes/s.zarr"), &disk.join("cubes/s.zarr"));
}
