//! Tokens for files: the Planetary Computer keeps its files in Azure's blob store and gives a token for each container,
//! good for some minutes (`planetary_computer/sas.py` of its Python SDK).

use super::http::{Http, Patience};
use super::{Catalogue, StacError};
use crate::geo::remote::{query_of, set_end, set_headers, set_query};
use crate::progress::Cancel;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A token is asked for anew when it is good for less than this, in seconds.
const LEAST_LEFT: i64 = 60;
/// The only hosts that tokens are for.
const HOSTS: &str = ".blob.core.windows.net";

/// Account and container.
type Container = (String, String);

/// What is known of a container.
struct Token {
    text: String,
    until: DateTime<Utc>,
    /// When it was asked for in place of one that was refused.
    renewed: Option<DateTime<Utc>>,
}

impl Token {
    fn is_good(&self) -> bool {
        (self.until - Utc::now()).num_seconds() >= LEAST_LEFT
    }

    /// Whether another would be no better: it is new, and came after one that was refused already.
    fn is_last(&self) -> bool {
        self.renewed.is_some_and(|at| (Utc::now() - at).num_seconds() < LEAST_LEFT)
    }
}

/// Gets tokens and puts them on addresses, and the headers of the catalogue on those of its own server. One for all threads.
pub struct Signer {
    tokens: Option<String>,
    headers: Vec<(String, String)>,
    /// Files of the catalogue's server of which it is known where they lead.
    followed: Mutex<HashSet<PathBuf>>,
    http: Http,
    known: Mutex<HashMap<Container, Token>>,
}

impl Signer {
    /// A signer for the files of a catalogue.
    pub fn new(
        catalogue: &Catalogue,
        patience: Patience,
        tell: Arc<dyn Fn(String) + Send + Sync>,
        cancel: &Cancel,
    ) -> Self {
        Self {
            tokens: catalogue.tokens.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            http: Http::new(catalogue, patience, tell, cancel),
            headers: catalogue.headers.clone(),
            followed: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Sees to it that GDAL opens the path with a good token, where it needs one. With `afresh`, a token that is known is
    /// asked for anew: the server refuses it. That is done once a minute at most, by whichever thread comes first: where new
    /// tokens are refused too, it is not the tokens.
    ///
    /// # Errors
    /// [`StacError::Token`] when none comes.
    pub fn sign(&self, path: &Path, afresh: bool) -> Result<(), StacError> {
        self.put_headers(path, afresh)?;
        let Some(tokens) = &self.tokens else { return Ok(()) };
        let Some((account, container)) = container_of(path) else { return Ok(()) };
        let key = (account, container);
        // One asks, the others wait for the answer.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = query_of(path).filter(|_| afresh);
        let good = known.get(&key).filter(|token| token.is_good());
        let is_refused = good.is_some_and(|token| refused.as_ref() == Some(&token.text) && !token.is_last());
        let text = match good.filter(|_| !is_refused) {
            Some(token) => token.text.clone(),
            None => {
                let (text, until) = self.ask(tokens, &key)?;
                let renewed = is_refused.then(Utc::now);
                known.insert(key, Token { text: text.clone(), until, renewed });
                text
            }
        };
        set_query(path, Some(text));
        Ok(())
    }

    /// Has GDAL ask for a file of the catalogue's own server with its headers. Where that leads on to another server, GDAL asks
    /// that one at once and without them: by itself it would take them along.
    fn put_headers(&self, path: &Path, afresh: bool) -> Result<(), StacError> {
        let address = path.to_string_lossy();
        if self.headers.is_empty() || !self.http.is_home(&address) {
            return Ok(());
        }
        if !afresh && self.followed.lock().unwrap_or_else(PoisonError::into_inner).contains(path) {
            return Ok(());
        }
        let query = query_of(path).map_or(String::new(), |query| format!("?{query}"));
        let end = self.http.leads_to(&format!("{address}{query}"))?;
        let stays = self.http.is_home(&end);
        set_headers(path, stays.then_some(&self.headers));
        set_end(path, (!stays).then_some(end));
        self.followed.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        Ok(())
    }

    fn ask(
        &self,
        tokens: &str,
        (account, container): &Container,
    ) -> Result<(String, DateTime<Utc>), StacError> {
        let failed = |why: String| StacError::Token { container: format!("{account}/{container}"), why };
        let answer = match self.http.get(&format!("{tokens}/token/{account}/{container}")) {
            Ok(answer) => answer,
            Err(StacError::Cancelled(stop)) => return Err(stop.into()),
            Err(error) => return Err(failed(error.to_string())),
        };
        let text = |key: &str| answer.get(key).and_then(serde_json::Value::as_str);
        let token = text("token").filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| failed("the answer has no token".into()))?;
        let until = text("msft:expiry").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let until = until.ok_or_else(|| failed("the answer does not say how long it is good".into()))?;
        Ok((token.trim_start_matches('?').to_owned(), until.with_timezone(&Utc)))
    }
}

/// Account and container of a file in the blob store; `None` for any other host, which must see no token.
fn container_of(path: &Path) -> Option<Container> {
    let text = path.to_string_lossy();
    let rest = text.strip_prefix("https://")?;
    let mut parts = rest.split('/');
    let host = parts.next()?.to_ascii_lowercase();
    let name = host.split(':').next()?;
    let account = name.strip_suffix(HOSTS)?;
    let container = parts.next().filter(|part| !part.is_empty())?;
    parts.next()?;
    let sound = |text: &str| !text.contains(['?', '@', '%', '#']);
    (sound(account) && !account.contains('.') && sound(container))
        .then(|| (account.to_owned(), container.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::remote::gdal_path;
    use crate::source::stac::Place;
    use crate::testing::ranges::{Reply, Server};
    use serde_json::json;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    fn signer(server: &Server) -> Signer {
        let patience =
            Patience { request: Duration::from_secs(5), attempts: 3, first_wait: Duration::from_millis(5) };
        let catalogue = Catalogue {
            place: Place::Url("https://h".into()),
            headers: vec![],
            tokens: Some(server.url("/sas")),
        };
        Signer::new(&catalogue, patience, Arc::new(|_| ()), &Cancel::new())
    }

    /// A server whose tokens are good for so many seconds, each another.
    fn tokens(seconds: i64) -> Server {
        let count = AtomicUsize::new(0);
        Server::start(move |request| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            match request.path.as_str() {
                "/sas/token/acc/cont" => {
                    let until = (Utc::now() + chrono::TimeDelta::seconds(seconds)).to_rfc3339();
                    Reply::json(&json!({ "msft:expiry": until, "token": format!("sig={n}") }))
                }
                _ => Reply::status(404),
            }
        })
    }

    const FILE: &str = "https://acc.blob.core.windows.net/cont/a/B04.tif";

    fn query(path: &str) -> Option<String> {
        Some(gdal_path(Path::new(path)).to_str()?.split_once('?')?.1.to_owned())
    }

    #[test]
    fn a_token_serves_its_container_until_a_minute_before_its_end() {
        let server = tokens(600);
        let signer = signer(&server);
        signer.sign(Path::new(FILE), false).unwrap();
        let other = FILE.replace("B04", "B08");
        signer.sign(Path::new(&other), false).unwrap();
        assert_eq!((query(FILE), query(&other)), (Some("sig=0".into()), Some("sig=0".into())));
        signer.sign(Path::new(FILE), true).unwrap();
        assert_eq!(query(FILE), Some("sig=1".into()), "one that the server refuses is asked for anew");
        signer.sign(Path::new(&other), true).unwrap();
        assert_eq!(query(&other), Some("sig=1".into()), "the new one is known already");
        signer.sign(Path::new(&other), true).unwrap();
        assert_eq!(
            query(&other),
            Some("sig=1".into()),
            "one that came for a refused one is not asked for anew at once"
        );
        assert_eq!(server.requests().len(), 2);
        let soon = tokens(59);
        let signer = self::signer(&soon);
        signer.sign(Path::new(FILE), false).unwrap();
        signer.sign(Path::new(FILE), false).unwrap();
        assert_eq!(soon.requests().len(), 2, "59 seconds are too few");
    }

    #[test]
    fn only_the_blob_store_gets_a_token() {
        let server = tokens(600);
        let signer = signer(&server);
        for path in [
            "https://acc.blob.core.windows.net.evil.org/cont/a.tif",
            "https://evil.org/acc.blob.core.windows.net/cont/a.tif",
            "https://evil.org@acc.blob.core.windows.net/cont/x.tif",
            "http://acc.blob.core.windows.net/cont/a.tif",
            "https://a.b.blob.core.windows.net/cont/a.tif",
            "https://acc.blob.core.windows.net/a.tif",
            "s3://acc.blob.core.windows.net/cont/a.tif",
            "/data/a.tif",
        ] {
            signer.sign(Path::new(path), false).unwrap();
            assert_eq!(query(path), None, "{path}");
        }
        assert!(server.requests().is_empty());
    }

    #[test]
    fn a_token_that_does_not_come_is_told_with_its_container() {
        let server = Server::start(|_| Reply::status(503));
        let told = signer(&server).sign(Path::new(FILE), false).unwrap_err().to_string();
        assert!(told.contains("acc/cont") && told.contains("503"), "{told}");
        assert_eq!(server.requests().len(), 3);
        let server = Server::start(|_| Reply::json(&json!({ "token": "x" })));
        let told = signer(&server).sign(Path::new(FILE), false).unwrap_err().to_string();
        assert!(told.contains("how long"), "{told}");
    }
}
