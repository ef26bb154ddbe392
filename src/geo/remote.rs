//! Files in stores and on servers: `s3://`, `az://`, `gs://`, `https://` and `http://`, as GDAL opens them.
//!
//! Credentials come from the usual places, which GDAL knows: variables of the environment and AWS profiles. Where there are
//! none, buckets are read without signing. What an address has after its `?` may be a secret: it is kept here, and paths go
//! without it through the program, its files and its texts.

use super::gdal_errors::quiet;
use super::redact::redacted;
use super::stores::prepare;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Why a path that lies elsewhere is refused; `what` needs a path of this machine. Without secrets.
pub fn has_to_be_here(path: &Path, what: &str) -> Option<String> {
    is_remote(path).then(|| {
        format!(
            "{} lies in a store or on a server, and {what} has to be a path of this machine: copy it here first, or copy from here what is written",
            redacted(&path.to_string_lossy())
        )
    })
}

/// Schemes, and what GDAL calls them.
const SCHEMES: [(&str, &str); 6] = [
    ("s3://", "/vsis3/"),
    ("az://", "/vsiaz/"),
    ("abfs://", "/vsiaz/"),
    ("gs://", "/vsigs/"),
    ("https://", "/vsicurl/https://"),
    ("http://", "/vsicurl/http://"),
];

/// What stands behind the `?` of addresses, by the address before it.
static QUERIES: OfPaths = OfPaths::new();

/// Whether a path names something in a store or on a server.
pub fn is_remote(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.starts_with("/vsi") || scheme_of(&text).is_some()
}

fn scheme_of(text: &str) -> Option<(&'static str, &'static str)> {
    SCHEMES
        .into_iter()
        .find(|(scheme, _)| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// What GDAL is to know of some paths.
struct OfPaths(Mutex<Option<HashMap<PathBuf, String>>>);

impl OfPaths {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn get(&self, path: &Path) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(path).cloned()
    }

    fn set(&self, path: &Path, value: Option<String>) {
        let mut of_paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_paths = of_paths.get_or_insert_default();
        match value {
            Some(value) => drop(of_paths.insert(path.to_owned(), value)),
            None => drop(of_paths.remove(path)),
        }
    }
}

/// The path without what an address has after its `?`, which is kept for [`gdal_path`]; others as they are.
pub fn keep_query(path: &Path) -> PathBuf {
    let text = path.to_string_lossy();
    match text.split_once('?') {
        Some((plain, query)) if scheme_of(&text).is_some() => {
            let plain = PathBuf::from(plain);
            set_query(&plain, Some(query.to_owned()));
            plain
        }
        _ => path.to_owned(),
    }
}

/// What GDAL is to put behind the `?` of an address (a signature) from now on.
pub fn set_query(path: &Path, query: Option<String>) {
    QUERIES.set(path, query);
}

/// Where addresses lead that GDAL is not to ask for by themselves.
static ENDS: OfPaths = OfPaths::new();

/// Which address GDAL opens in the place of another from now on. It may hold a secret.
pub fn set_end(path: &Path, end: Option<String>) {
    ENDS.set(path, end);
}

/// Headers with which addresses are asked for, as GDAL wants them said.
static HEADERS: OfPaths = OfPaths::new();

/// With which headers an address is asked for from now on: name, value; see [`asking`].
pub fn set_headers(path: &Path, headers: Option<&Vec<(String, String)>>) {
    let one = |(name, value): &(String, String)| {
        let said = format!("{name}: {value}");
        match said.contains([',', '"', '\\']) {
            true => format!("\"{}\"", said.replace('\\', "\\\\").replace('"', "\\\"")),
            false => said,
        }
    };
    let headers = headers.filter(|headers| !headers.is_empty());
    HEADERS.set(path, headers.map(|headers| headers.iter().map(one).collect::<Vec<_>>().join(",")));
}

/// Does something with one address, for which GDAL asks with its headers meanwhile, on this thread. It takes them along where it
/// is redirected to.
pub(crate) fn asking<T>(path: &Path, work: impl FnOnce() -> T) -> T {
    match HEADERS.get(path) {
        Some(headers) => set_aside(&[("GDAL_HTTP_HEADERS", &headers)], work),
        None => work(),
    }
}

/// What GDAL puts behind the `?` of an address. It may be a secret.
pub(crate) fn query_of(path: &Path) -> Option<String> {
    QUERIES.get(path)
}

/// The name by which GDAL opens a path. It may hold a secret: it is for GDAL alone.
pub(crate) fn gdal_path(path: &Path) -> Cow<'_, Path> {
    let text = path.to_string_lossy();
    let Some((scheme, prefix)) = scheme_of(&text) else { return Cow::Borrowed(path) };
    if let Some(end) = ENDS.get(path) {
        return Cow::Owned(format!("/vsicurl/{end}").into());
    }
    let rest = &text[scheme.len()..];
    let (rest, own) =
        rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query.to_owned())));
    let query = own.or_else(|| QUERIES.get(path)).map_or(String::new(), |query| format!("?{query}"));
    Cow::Owned(format!("{prefix}{rest}{query}").into())
}

/// Opens what is in a store the way that asks least of it: no listing of the folder, and the header in one piece. Other
/// paths are opened as they are.
pub(crate) fn opening<T>(path: &Path, open: impl FnOnce(&Path) -> T) -> T {
    if !is_remote(path) {
        return open(path);
    }
    quiet();
    prepare();
    begin();
    const WHILE_OPENING: [(&str, &str); 2] =
        [("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"), ("GDAL_INGESTED_BYTES_AT_OPEN", "32768")];
    set_aside(&WHILE_OPENING, || open(&gdal_path(path)))
}

/// Does something with options of GDAL set on this thread, and puts back what was set before.
pub(super) fn set_aside<T>(options: &[(&str, &str)], work: impl FnOnce() -> T) -> T {
    let before: Vec<_> = options
        .iter()
        .map(|(key, value)| {
            let before = gdal::config::get_thread_local_config_option(key, "").unwrap_or_default();
            // Where the option is not known, work is only slower.
            let _ = gdal::config::set_thread_local_config_option(key, value);
            (*key, before)
        })
        .collect();
    let done = work();
    for (key, before) in before {
        let _ = match before.as_str() {
            "" => gdal::config::clear_thread_local_config_option(key),
            before => gdal::config::set_thread_local_config_option(key, before),
        };
    }
    done
}

/// What GDAL waits for by itself: sentences that nobody has taken yet.
static WAITS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// More sentences than these nobody reads.
const MOST_WAITS: usize = 32;

thread_local! {
    /// Whether a server asked to be left alone, on this thread since [`begin`].
    static WAS_BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Before a server is asked for something: what it said before does not count.
pub(super) fn begin() {
    WAS_BUSY.set(false);
}

/// Keeps a warning of GDAL's that says that it asks a server again.
pub(super) fn note_wait(said: &str) {
    if let Some(words) = wait_words(said) {
        // A thread that is ending may have lost its slot already: then nobody asks for it either.
        let _ = WAS_BUSY.try_with(|busy| busy.set(true));
        let mut waits = WAITS.lock().unwrap_or_else(PoisonError::into_inner);
        if waits.len() < MOST_WAITS {
            waits.push(words);
        }
    }
}

/// "HTTP error code: 503 - http://host/a.tif?sig. Retrying again in 0.5 secs", for people and without what may be secret.
fn wait_words(said: &str) -> Option<String> {
    let (before, after) = said.split_once("Retrying again in ")?;
    let seconds: f64 = after.split_whitespace().next()?.parse().ok()?;
    let (code, place) = before.split_once("code: ")?.1.split_once(" - ")?;
    let host =
        place.split_once("://").map_or("the server", |(_, rest)| rest.split('/').next().unwrap_or(rest));
    let host = host.rsplit('@').next().unwrap_or(host);
    Some(format!("{host} answers {}: asking again in {seconds:.1} s", code.trim()))
}

/// Takes the sentences about servers that were asked again since the last call: for whoever tells people how far work is.
pub fn waits() -> Vec<String> {
    std::mem::take(&mut *WAITS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a server or store had to say for itself, of which depends what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteTrouble {
    /// It refuses: wrong, missing or expired credentials (401, 403).
    Refused,
    /// It has no such file (404, 410).
    Missing,
    /// It is busy or broken for now (429, 5xx).
    Busy,
    /// It cannot be reached, or does not answer.
    Silent,
    /// What came is no raster, or breaks off.
    Damaged,
}

impl RemoteTrouble {
    /// From what GDAL says, or from [`RemoteTrouble::words`].
    pub fn of(said: &str) -> Self {
        if let Some(own) = Self::ALL.into_iter().find(|own| own.words() == Some(said)) {
            return own;
        }
        let said = said.to_ascii_lowercase();
        let code = ["http response code", "http error code"].iter().find_map(|before| {
            let after = said[said.find(before)? + before.len()..].trim_start();
            // "… code: 403", or "… code on ADDRESS: 403".
            let number = match after.strip_prefix([':', '=']) {
                Some(number) => number,
                None => after.lines().next()?.rsplit_once(": ")?.1,
            };
            let digits = number.trim_start().chars().take_while(char::is_ascii_digit);
            digits.collect::<String>().parse::<u32>().ok()
        });
        let any = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
        match code {
            Some(401 | 403) => Self::Refused,
            Some(404 | 410) => Self::Missing,
            Some(429 | 500..=599) => Self::Busy,
            _ if any(&[
                "accessdenied",
                "access denied",
                "access key id",
                "not signed up",
                "signature is required",
                "request signature",
                "authenticat",
                "authorization",
                "invalidaccesskeyid",
                "signaturedoesnotmatch",
                "no valid",
                "expired",
            ]) =>
            {
                Self::Refused
            }
            _ if any(&["nosuchkey", "nosuchbucket", "does not exist"]) => Self::Missing,
            _ if any(&[
                "could not resolve",
                "couldn't connect",
                "failed to connect",
                "timed out",
                "too slow",
            ]) =>
            {
                Self::Silent
            }
            Some(0) => Self::Silent,
            _ => Self::Damaged,
        }
    }

    const ALL: [Self; 4] = [Self::Refused, Self::Missing, Self::Busy, Self::Silent];

    /// For people, with a way out; of what is damaged GDAL tells more.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Refused => Some(
                "the server refuses it: the credentials are missing, wrong or out of date (set those of the environment, such as AWS_PROFILE or AZURE_STORAGE_SAS_TOKEN)",
            ),
            Self::Missing => Some("the server has no such file"),
            Self::Busy => Some("the server is busy or broken for now: try again later"),
            Self::Silent => Some("no network to the server, or it does not answer: try again"),
            Self::Damaged => None,
        }
    }
}

/// What GDAL says of a file in a store, in words that name a way out, without secrets. Where the server was busy each time that
/// GDAL asked, GDAL itself says no more than that it got no raster.
pub(crate) fn remote_words(said: &str) -> String {
    let trouble = match RemoteTrouble::of(said) {
        RemoteTrouble::Damaged if WAS_BUSY.get() => RemoteTrouble::Busy,
        trouble => trouble,
    };
    match trouble.words() {
        Some(words) => words.to_owned(),
        None if said.contains("not recognized") => {
            "what the server gives is no raster (a web page, perhaps, that asks to log in)".to_owned()
        }
        None => redacted(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_stores_have_the_names_that_gdal_knows() {
        for (path, name) in [
            ("s3://bucket/a/b.tif", "/vsis3/bucket/a/b.tif"),
            ("az://container/b.tif", "/vsiaz/container/b.tif"),
            ("gs://bucket/b.tif", "/vsigs/bucket/b.tif"),
            ("HTTPS://host/b.tif", "/vsicurl/https://host/b.tif"),
            ("/data/b.tif", "/data/b.tif"),
        ] {
            assert_eq!(gdal_path(Path::new(path)), Path::new(name));
        }
        assert!(is_remote(Path::new("s3://b/a")) && is_remote(Path::new("/vsis3/b/a")));
        assert!(!is_remote(Path::new("a/s3://b")) && !is_remote(Path::new("C:/a.tif")));
    }

    #[test]
    fn a_signature_stays_out_of_the_path_and_goes_to_gdal() {
        let plain = keep_query(Path::new("https://host/signed.tif?sig=abc"));
        assert_eq!(plain, Path::new("https://host/signed.tif"));
        assert_eq!(gdal_path(&plain), Path::new("/vsicurl/https://host/signed.tif?sig=abc"));
        set_query(&plain, Some("sig=new".into()));
        assert!(gdal_path(&plain).ends_with("signed.tif?sig=new"));
        set_query(&plain, None);
        assert!(gdal_path(&plain).ends_with("signed.tif"));
        assert_eq!(keep_query(Path::new("/data/what?.tif")), Path::new("/data/what?.tif"));
    }

    #[test]
    fn what_gdal_asks_again_for_is_told_without_its_signature() {
        let said = "HTTP error code: 503 - http://me:pass@host:80/a.tif?sig=abc. Retrying again in 0.5 secs";
        assert_eq!(wait_words(said).as_deref(), Some("host:80 answers 503: asking again in 0.5 s"));
        assert_eq!(wait_words("something else"), None);
    }

    #[test]
    fn what_servers_say_is_understood() {
        use RemoteTrouble::{Busy, Damaged, Missing, Refused, Silent};
        for (said, trouble) in [
            ("HTTP response code: 403", Refused),
            ("HTTP response code: 404", Missing),
            ("HTTP response code on http://127.0.0.1:80/a.tif: 0", Silent),
            ("HTTP response code: 503", Busy),
            ("CURL error: Could not resolve host: x", Silent),
            ("InvalidAccessKeyId", Refused),
            ("The AWS Access Key Id you provided does not exist in our records.", Refused),
            ("The request signature we calculated does not match the signature you provided.", Refused),
            ("Access Denied", Refused),
            ("The specified bucket does not exist", Missing),
            ("'/vsicurl/https://x/a.tif' not recognized as a supported file format", Damaged),
        ] {
            assert_eq!(RemoteTrouble::of(said), trouble, "{said}");
        }
        let told = remote_words("'/vsicurl/https://x/a.tif?sig=k' not recognized as a supported file format");
        assert!(told.contains("web page") && !told.contains("sig"), "{told}");
    }
}
