//! Asking servers for JSON: time limits, retries that wait longer each time, and errors in words without secrets.

use super::{Catalogue, Place, StacError, resolve};
use crate::geo::redacted;
use crate::progress::Cancel;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

/// How long servers are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// One request, from its beginning to the end of its answer.
    pub request: Duration,
    /// How often a request is made that fails for now.
    pub attempts: u32,
    /// The wait before the second; each further one is twice as long.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { request: Duration::from_secs(60), attempts: 5, first_wait: Duration::from_secs(1) }
    }
}

/// The longest that a server may ask to be left alone (`Retry-After`); longer is taken as a no.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// An address that leads on more often leads nowhere.
const MOST_REDIRECTIONS: usize = 10;
/// The most bytes of an answer.
const MOST_BYTES: u64 = 256 << 20;

/// Whether this is an address that is asked for by HTTP.
pub(super) fn is_http(place: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| place.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Asks servers. Cheap to clone.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    headers: Vec<(String, String)>,
    /// The only server that gets the headers: they may be secret.
    home: Option<String>,
    patience: Patience,
    /// Told of waits, in sentences.
    tell: Arc<dyn Fn(String) + Send + Sync>,
    cancel: Cancel,
}

impl Http {
    /// Asks the server of a catalogue with its headers, and that one alone, wherever links and redirections lead.
    pub fn new(
        catalogue: &Catalogue,
        patience: Patience,
        tell: Arc<dyn Fn(String) + Send + Sync>,
        cancel: &Cancel,
    ) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(patience.request))
            .timeout_connect(Some(patience.request.min(Duration::from_secs(10))))
            .http_status_as_error(false)
            // They are followed here, where it is known who may get the headers.
            .max_redirects(0)
            .user_agent(concat!("Ritmo/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build()
            .new_agent();
        let home = match &catalogue.place {
            Place::Url(url) => origin_of(url),
            Place::File(_) => None,
        };
        Self { agent, headers: catalogue.headers.clone(), home, patience, tell, cancel: cancel.clone() }
    }

    /// Whether this is an address of the server that gets the headers.
    pub fn is_home(&self, url: &str) -> bool {
        self.home.is_some() && origin_of(url) == self.home
    }

    /// The address that an address of a file leads to in the end.
    pub fn leads_to(&self, url: &str) -> Result<String, StacError> {
        let found = self.followed(url, None, Some("bytes=0-0"));
        found.map(|(_, end)| end).map_err(|error| no_network(&redacted(url), &error))
    }

    /// The JSON at an address.
    pub fn get(&self, url: &str) -> Result<Value, StacError> {
        self.ask(url, None)
    }

    /// The JSON that comes back for a body.
    pub fn post(&self, url: &str, body: &Value) -> Result<Value, StacError> {
        self.ask(url, Some(body))
    }

    fn ask(&self, url: &str, body: Option<&Value>) -> Result<Value, StacError> {
        let plain = redacted(url);
        let mut attempt = 1;
        loop {
            self.cancel.check()?;
            let (trouble, wait) = match self.followed(url, body, None) {
                Ok((mut response, _)) => {
                    let status = response.status().as_u16();
                    let asked = retry_after(&response);
                    let text = response.body_mut().with_config().limit(MOST_BYTES).read_to_string();
                    match (status, text) {
                        (200..=299, Ok(text)) => {
                            return serde_json::from_str(&text).map_err(|error| StacError::NotStac {
                                url: plain,
                                why: not_json(&text, &error),
                            });
                        }
                        // An answer that breaks off is as good as none.
                        (200..=299, Err(error)) => (no_network(&plain, &error), None),
                        (status, text) => (answer(&plain, status, &text.unwrap_or_default()), asked),
                    }
                }
                Err(error) => (no_network(&plain, &error), None),
            };
            let passes = match &trouble {
                StacError::Answer { status, .. } => matches!(status, 429 | 500 | 502..=504),
                StacError::NoNetwork { .. } => true,
                _ => false,
            };
            let wait = wait.unwrap_or_else(|| backoff(self.patience.first_wait, attempt));
            if !passes || attempt >= self.patience.attempts || wait > LONGEST_WAIT {
                return Err(trouble);
            }
            let why = match &trouble {
                StacError::Answer { status, .. } => format!("answers {status}"),
                _ => "does not answer".to_owned(),
            };
            (self.tell)(format!(
                "{} {why}: asking again in {:.1} s ({attempt} of {} attempts were made)",
                server_of(url),
                wait.as_secs_f64(),
                self.patience.attempts
            ));
            rest(wait, &self.cancel)?;
            attempt += 1;
        }
    }

    /// The answer, and the address that it came from after redirections.
    fn followed(
        &self,
        url: &str,
        mut body: Option<&Value>,
        range: Option<&str>,
    ) -> Result<(Response<Body>, String), ureq::Error> {
        let mut place = url.to_owned();
        for _ in 0..MOST_REDIRECTIONS {
            let response = self.once(&place, body, range)?;
            let status = response.status().as_u16();
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            let Some(next) = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
                return Ok((response, place));
            };
            place = resolve(&place, next);
            if !matches!(status, 307 | 308) {
                body = None;
            }
        }
        Err(ureq::Error::TooManyRedirects)
    }

    fn once(
        &self,
        url: &str,
        body: Option<&Value>,
        range: Option<&str>,
    ) -> Result<Response<Body>, ureq::Error> {
        const ACCEPT: &str = "application/geo+json, application/json";
        let headers: &[(String, String)] = if self.is_home(url) { &self.headers } else { &[] };
        match body {
            None => {
                let request = match range {
                    None => self.agent.get(url).header("Accept", ACCEPT),
                    Some(range) => self.agent.get(url).header("Range", range),
                };
                headers.iter().fold(request, |request, (name, value)| request.header(name, value)).call()
            }
            Some(body) => {
                let request = self.agent.post(url).header("Accept", ACCEPT).content_type("application/json");
                let request =
                    headers.iter().fold(request, |request, (name, value)| request.header(name, value));
                request.send(body.to_string())
            }
        }
    }
}

/// Scheme, host and port of an address, in small letters and with the port that goes without saying; `None` of what is no
/// address of the web.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once("://").filter(|_| is_http(url))?;
    let (scheme, host) = (scheme.to_ascii_lowercase(), server_of(url).to_ascii_lowercase());
    // The port of [::1] stands after the bracket.
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let port = if scheme == "https" { 443 } else { 80 };
    Some(if has_port { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") })
}

/// The server's name in an address, with its port.
pub(super) fn server_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit('@').next().unwrap_or_default().to_owned()
}

/// Waits, and looks every now and then whether to stop.
pub(crate) fn rest(wait: Duration, cancel: &Cancel) -> Result<(), crate::progress::Cancelled> {
    let until = Instant::now() + wait;
    loop {
        cancel.check()?;
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}

/// How long to wait after so many attempts: twice as long each time, between three quarters and five quarters of that, so
/// that many who wait do not come back at once.
pub(crate) fn backoff(first: Duration, attempts: u32) -> Duration {
    static CHANCE: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seed = u64::from(now.subsec_nanos()) ^ (CHANCE.fetch_add(1, Ordering::Relaxed) << 17);
    let mixed = (seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let chance = (mixed >> 40) as f64 / f64::from(1u32 << 24);
    let doubled = first.saturating_mul(1 << (attempts.clamp(1, 8) - 1));
    doubled.mul_f64(0.75 + chance / 2.0)
}

/// Seconds, or a day and time, that the server asks to be left alone.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let text = response.headers().get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some((until.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
}

fn not_json(text: &str, error: &serde_json::Error) -> String {
    let start = text.trim_start();
    if start.starts_with('<') {
        "it is a web page, perhaps one that asks to log in".into()
    } else if start.is_empty() {
        "it is empty".into()
    } else {
        format!("it is no JSON ({error})")
    }
}

fn answer(url: &str, status: u16, text: &str) -> StacError {
    let hint = match status {
        401 | 403 => "Check the headers or the token that it wants",
        404 => "Check the address",
        400 | 422 => "It does not understand the search: check collection, area and dates",
        429 => "It wants fewer requests: try again later",
        500.. => "It is out of order: try again later",
        _ => "Check the address",
    };
    StacError::Answer { url: url.to_owned(), status, said: said(text), hint }
}

/// What a server says of an error, in a few words.
fn said(text: &str) -> String {
    const MOST: usize = 160;
    let json: Option<Value> = serde_json::from_str(text).ok();
    let part = |key: &str| json.as_ref()?.get(key)?.as_str().map(str::to_owned);
    let words = part("description").or_else(|| part("detail")).or_else(|| part("message"));
    let Some(words) = words else { return String::new() };
    let words = redacted(words.lines().next().unwrap_or_default());
    let words: String = words.chars().take(MOST).collect();
    if words.is_empty() { words } else { format!(" ({words})") }
}

fn no_network(url: &str, error: &ureq::Error) -> StacError {
    let why = match error {
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::HostNotFound => "its name is not known".to_owned(),
        ureq::Error::ConnectionFailed => "it cannot be reached".to_owned(),
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
            std::io::ErrorKind::UnexpectedEof => "its answer breaks off".to_owned(),
            _ => redacted(&error.to_string()),
        },
        error => redacted(&error.to_string()),
    };
    StacError::NoNetwork { server: server_of(url), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_differ_a_little() {
        for attempt in 1..=5u32 {
            let whole = 2f64.powi(attempt as i32 - 1);
            let wait = backoff(Duration::from_secs(1), attempt).as_secs_f64();
            assert!((0.75 * whole..=1.25 * whole).contains(&wait), "{attempt}: {wait}");
        }
        let waits: std::collections::HashSet<_> =
            (0..20).map(|_| backoff(Duration::from_secs(1), 1)).collect();
        assert!(waits.len() > 10);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let of = |url: &str| origin_of(url);
        assert_eq!(of("https://H/a?b"), of("https://h:443"));
        assert_eq!(of("HTTP://h:8080/a").as_deref(), Some("http://h:8080"));
        for other in
            ["http://h/", "https://h:444/", "https://h.org/", "https://h@evil.org/", "/data/h", "s3://h/a"]
        {
            assert_ne!(of("https://h/"), of(other), "{other}");
        }
        assert_ne!(of("http://[::1]/a"), of("http://[::1]:81/a"));
    }

    #[test]
    fn headers_go_to_their_server_alone_wherever_it_leads() {
        use crate::testing::ranges::{Reply, Server};
        let other = Server::start(|_| Reply::json(&serde_json::json!({ "other": true })));
        let elsewhere = other.url("/there");
        let server = Server::start(move |request| {
            let to = |place: &str, status| Reply::Body {
                status,
                headers: vec![format!("Location: {place}")],
                body: Vec::new(),
            };
            match request.path.as_str() {
                "/away" => to(&elsewhere, 307),
                "/near" => to("here", 302),
                "/round" => to("/round", 302),
                _ => Reply::json(&serde_json::json!({ "other": false })),
            }
        });
        let patience =
            Patience { request: Duration::from_secs(5), attempts: 1, first_wait: Duration::from_millis(5) };
        let headers = vec![("X-Key".to_owned(), "hush".to_owned())];
        let catalogue = Catalogue { place: Place::Url(server.url("/stac")), headers, tokens: None };
        let http = Http::new(&catalogue, patience, Arc::new(|_| ()), &Cancel::new());
        assert_eq!(http.get(&server.url("/near")).unwrap()["other"], false);
        assert_eq!(http.get(&server.url("/away")).unwrap()["other"], true);
        assert_eq!(http.post(&server.url("/away"), &serde_json::json!({})).unwrap()["other"], true);
        assert_eq!(http.get(&other.url("/next")).unwrap()["other"], true);
        assert!(http.get(&server.url("/round")).is_err());
        assert_eq!(http.leads_to(&server.url("/near")).unwrap(), server.url("/here"));
        assert!(!http.is_home(&http.leads_to(&server.url("/away")).unwrap()));
        assert!(server.requests().iter().all(|logged| logged.request.head.contains("x-key: hush")));
        assert_eq!(other.requests().len(), 4);
        assert!(other.requests().iter().all(|logged| !logged.request.head.contains("hush")));
    }

    #[test]
    fn a_wait_ends_when_asked_to_stop() {
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(rest(Duration::from_secs(60), &cancel).is_err());
    }

    #[test]
    fn what_a_server_says_comes_without_secrets() {
        assert_eq!(said("{\"detail\": \"no sig=abc here\\nmore\"}"), " (no sig=… here)");
        assert_eq!(said("<html>"), "");
        assert_eq!(server_of("https://me:pass@host:80/a?b"), "host:80");
    }
}
