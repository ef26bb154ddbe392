//! What folders of stores and servers hold: folders and files, with bytes where the source says them.
//!
//! Stores tell both with the names, a page of them at a time; of servers of files GDAL reads the page that lists a folder, and
//! nothing more is asked for.

use super::gdal_errors::quiet;
use super::remote::{
    RemoteTrouble, gdal_path, keep_query, opening, query_of, remote_words, set_aside, set_query,
};
use super::stores::prepare;
use crate::progress::Cancel;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::path::{Path, PathBuf};

/// Something in a folder of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEntry {
    /// Its whole path.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Its size, where it is a file and the source says it.
    pub bytes: Option<u64>,
}

/// What a folder of a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreFolder {
    /// In order of their paths.
    pub entries: Vec<StoreEntry>,
    /// Whether there is more than was asked for.
    pub has_more: bool,
}

/// The paths in a folder of a store, as [`list_folder`] has them.
///
/// # Errors
/// Why it cannot be listed, without secrets.
pub fn list_store(folder: &Path, deep: bool) -> Result<Vec<PathBuf>, String> {
    let listed = list_folder(folder, deep, usize::MAX, &Cancel::new())?;
    Ok(listed.entries.into_iter().map(|entry| entry.path).collect())
}

/// What a folder of a store holds, `most` entries of it; of a bucket with many, all pages. With `deep` what the folders below
/// hold too. Nothing where there is no such folder. Once cancelled it gives what it has.
///
/// # Errors
/// Why it cannot be listed, without secrets.
pub fn list_folder(folder: &Path, deep: bool, most: usize, cancel: &Cancel) -> Result<StoreFolder, String> {
    quiet();
    prepare();
    let given = keep_query(folder);
    let folder = without_end(&given);
    let query = query_of(&given).or_else(|| query_of(&folder));
    if query.is_some() {
        set_query(&folder, query.clone());
    }
    let listed = match query.as_deref().and_then(|query| azure_of(&folder, query)) {
        Some((name, account)) => {
            let options =
                [WHILE_LISTING.as_slice(), &account.each_ref().map(|(key, value)| (*key, value.as_str()))]
                    .concat();
            set_aside(&options, || names::list(&name, deep, most, cancel))
        }
        None => {
            let name = gdal_path(&folder).into_owned();
            set_aside(&WHILE_LISTING, || names::list(&name, deep, most, cancel))
        }
    };
    let Some((names, has_more)) = listed else {
        // Of a folder GDAL does not say why; of a file it does.
        return match why_not(&folder) {
            Some(why) if !cancel.is_cancelled() => Err(why),
            _ => Ok(StoreFolder::default()),
        };
    };
    let below = folder.to_string_lossy();
    let below = if below.ends_with('/') { below.into_owned() } else { format!("{below}/") };
    let own = |name: &str| !name.is_empty() && name != "." && name != "..";
    let mut entries: Vec<StoreEntry> = names
        .into_iter()
        .map(|found| (found.name.trim_end_matches('/').to_owned(), found))
        .filter(|(name, _)| own(name))
        .map(|(name, found)| StoreEntry {
            path: PathBuf::from(format!("{below}{name}")),
            is_folder: found.is_folder,
            bytes: found.bytes.filter(|_| !found.is_folder),
        })
        .collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.dedup_by(|a, b| a.path == b.path);
    // What let the folder be listed lets its files be read.
    if query.is_some() {
        entries.iter().for_each(|entry| set_query(&entry.path, query.clone()));
    }
    Ok(StoreFolder { entries, has_more })
}

/// A folder of Azure's blobs behind a signature, as GDAL lists it: its name with GDAL, and the account and signature that go
/// before those of the environment. By its address alone it could be read, and not listed.
fn azure_of(folder: &Path, query: &str) -> Option<(PathBuf, [(&'static str, String); 5])> {
    let text = folder.to_string_lossy();
    let (host, rest) = text.strip_prefix("https://")?.split_once('/')?;
    let account = host.strip_suffix(".blob.core.windows.net").filter(|account| !account.contains('.'))?;
    let is_signed = query.split('&').any(|part| part.starts_with("sig="));
    is_signed.then(|| {
        let told = [
            ("AZURE_STORAGE_CONNECTION_STRING", String::new()),
            ("AZURE_STORAGE_ACCESS_KEY", String::new()),
            ("AZURE_NO_SIGN_REQUEST", "NO".into()),
            ("AZURE_STORAGE_ACCOUNT", account.to_owned()),
            ("AZURE_STORAGE_SAS_TOKEN", query.to_owned()),
        ];
        (PathBuf::from(format!("/vsiaz/{rest}")), told)
    })
}

/// The page that lists a folder is read anew each time, and what it says of files is believed: they are not asked for one by
/// one.
const WHILE_LISTING: [(&str, &str); 2] =
    [("CPL_VSIL_CURL_NON_CACHED", ""), ("CPL_VSIL_CURL_SLOW_GET_SIZE", "NO")];

/// A folder without slashes at its end; those of `s3://` alone, which names all buckets, stay.
fn without_end(folder: &Path) -> PathBuf {
    let text = folder.to_string_lossy();
    let plain = text.trim_end_matches('/');
    PathBuf::from(if plain.ends_with(':') { format!("{plain}//") } else { plain.to_owned() })
}

/// The folder that a folder of a store lies in; `None` of the whole store, and of the first folder of a server.
pub fn folder_above(folder: &Path) -> Option<PathBuf> {
    let folder = without_end(folder);
    let text = folder.to_string_lossy();
    let (scheme, rest) = text.split_once("://")?;
    let is_server = scheme.to_ascii_lowercase().starts_with("http");
    match rest.rsplit_once('/') {
        Some((above, _)) => Some(PathBuf::from(format!("{scheme}://{above}"))),
        None if rest.is_empty() || is_server => None,
        None => Some(PathBuf::from(format!("{scheme}://"))),
    }
}

/// Why nothing in a folder of a store can be had; `None` where a file could be, and the folder is empty or not there.
fn why_not(folder: &Path) -> Option<String> {
    let file = PathBuf::from(format!("{}/none.tif", folder.display()));
    let flags = GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
    let options = DatasetOptions { open_flags: flags, ..DatasetOptions::default() };
    let said = super::gdal_errors::words(opening(&file, |file| Dataset::open_ex(file, options)).err()?);
    (RemoteTrouble::of(&said) != RemoteTrouble::Missing).then(|| remote_words(&said))
}

/// GDAL's own walk over a folder, which no safe crate has: the crate `gdal` gives names alone.
#[expect(unsafe_code, reason = "functions of GDAL, which is linked for the crate gdal already")]
mod names {
    use crate::progress::Cancel;
    use std::ffi::{CStr, CString, c_char, c_int, c_void};
    use std::path::Path;

    /// A name below the folder, and what is known of it.
    pub struct Found {
        pub name: String,
        pub is_folder: bool,
        pub bytes: Option<u64>,
    }

    /// `VSIDIREntry` of `cpl_vsi.h`, the same since GDAL 2.4.
    #[repr(C)]
    struct Entry {
        name: *const c_char,
        mode: c_int,
        size: u64,
        changed: i64,
        mode_known: c_char,
        size_known: c_char,
        changed_known: c_char,
        extra: *const *const c_char,
    }

    unsafe extern "C" {
        fn VSIOpenDir(path: *const c_char, depth: c_int, options: *const *const c_char) -> *mut c_void;
        fn VSIGetNextDirEntry(folder: *mut c_void) -> *const Entry;
        fn VSICloseDir(folder: *mut c_void);
        fn VSICurlPartialClearCache(prefix: *const c_char);
    }

    /// A folder that is closed when it goes.
    struct Folder(*mut c_void);

    impl Drop for Folder {
        fn drop(&mut self) {
            // SAFETY: it was opened, is closed once, and nothing of its entries is kept.
            unsafe { VSICloseDir(self.0) }
        }
    }

    /// The names in a folder, at most so many, and whether there are more; `None` where it cannot be opened.
    pub fn list(folder: &Path, deep: bool, most: usize, cancel: &Cancel) -> Option<(Vec<Found>, bool)> {
        /// Of the mode: what kind it is, and a folder.
        const KIND: c_int = 0o170_000;
        const FOLDER: c_int = 0o040_000;
        let path = CString::new(folder.to_string_lossy().as_bytes()).ok()?;
        // SAFETY: the path ends with a zero and lives; no options are given.
        let opened = unsafe {
            VSICurlPartialClearCache(path.as_ptr());
            VSIOpenDir(path.as_ptr(), if deep { -1 } else { 0 }, std::ptr::null())
        };
        let opened = Folder((!opened.is_null()).then_some(opened)?);
        let is_server = folder.starts_with("/vsicurl");
        let mut found = Vec::new();
        while !cancel.is_cancelled() {
            // SAFETY: the folder is open; an entry and its name live until the next is asked for, and are copied before.
            let Some(entry) = (unsafe { VSIGetNextDirEntry(opened.0).as_ref() }) else { break };
            if found.len() >= most {
                return Some((found, true));
            }
            if entry.name.is_null() {
                continue;
            }
            // SAFETY: names end with a zero.
            let name = unsafe { CStr::from_ptr(entry.name) }.to_string_lossy().into_owned();
            let is_folder = match entry.mode_known {
                0 => name.ends_with('/'),
                _ => entry.mode & KIND == FOLDER,
            };
            // Of a server of files 0 is no size: it was not said.
            let bytes = (entry.size_known != 0 && (entry.size > 0 || !is_server)).then_some(entry.size);
            found.push(Found { name, is_folder, bytes });
        }
        Some((found, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ranges::{Reply, Server};

    fn page(path: &str, rows: &str) -> Reply {
        let body = format!(
            "<html>\n<head><title>Index of {path}</title></head>\n<body>\n<h1>Index of {path}</h1><hr><pre><a href=\"../\">../</a>\n{rows}</pre>\n</body></html>\n"
        );
        Reply::Body { status: 200, headers: vec!["Content-Type: text/html".into()], body: body.into_bytes() }
    }

    #[test]
    fn a_folder_of_a_server_tells_folders_from_files_and_asks_for_its_page_alone() {
        let server = Server::start(|request| match request.path.trim_end_matches('/') {
            "/data" => page(
                "/data/",
                "<a href=\"scenes/\">scenes/</a>               15-Mar-2022 10:00       -\n\
                 <a href=\"a.tif\">a.tif</a>               15-Mar-2022 10:00       12345\n\
                 <a href=\"b\">b</a>               15-Mar-2022 10:00       7\n",
            ),
            _ => Reply::status(404),
        });
        let folder = server.url("/data/");
        let listed = list_folder(Path::new(&folder), false, 100, &Cancel::new()).unwrap();
        let of = |name: &str, is_folder, bytes| StoreEntry {
            path: server.url(&format!("/data/{name}")).into(),
            is_folder,
            bytes,
        };
        let all = [of("a.tif", false, None), of("b", false, None), of("scenes", true, None)];
        assert_eq!((&listed.entries[..], listed.has_more), (&all[..], false));
        assert_eq!(server.requests().len(), 1, "{:?}", server.requests());
        let listed = list_folder(Path::new(&folder), false, 2, &Cancel::new()).unwrap();
        assert_eq!((listed.entries.len(), listed.has_more), (2, true));
        assert_eq!(server.requests().len(), 2, "each time anew");
        let none = list_folder(Path::new(&server.url("/none")), false, 100, &Cancel::new()).unwrap();
        assert_eq!(none, StoreFolder::default());
        assert_eq!(list_store(Path::new(&folder), false).unwrap().len(), 3);
    }

    #[test]
    fn a_server_that_refuses_or_is_not_there_is_a_sentence() {
        let server = Server::start(|_| Reply::status(403));
        let why = list_folder(Path::new(&server.url("/data")), false, 100, &Cancel::new()).unwrap_err();
        assert!(why.contains("refuses"), "{why}");
        let gone = server.url("/data");
        drop(server);
        let why = list_folder(Path::new(&gone), false, 100, &Cancel::new()).unwrap_err();
        assert!(why.contains("no network"), "{why}");
    }

    #[test]
    fn a_signed_folder_of_azure_s_is_listed_by_its_account_and_no_other_host_is_taken_for_it() {
        let of = |text: &str, query: &str| azure_of(Path::new(text), query);
        let (name, told) = of("https://acc.blob.core.windows.net/chips/a", "sv=1&sig=x").unwrap();
        assert_eq!(name, Path::new("/vsiaz/chips/a"));
        assert_eq!(
            told[3..].iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(),
            ["acc", "sv=1&sig=x"]
        );
        for text in [
            "https://acc.blob.core.windows.net.evil.org/chips",
            "https://a.b.blob.core.windows.net/chips",
            "https://evil.org/acc.blob.core.windows.net/chips",
            "http://acc.blob.core.windows.net/chips",
        ] {
            assert_eq!(of(text, "sig=x"), None, "{text}");
        }
        assert_eq!(of("https://acc.blob.core.windows.net/chips", "sv=1"), None, "it is not signed");
    }

    #[test]
    fn the_way_up_ends_at_the_store_or_the_server() {
        let above = |text: &str| folder_above(Path::new(text)).map(|path| path.display().to_string());
        for (folder, up) in [
            ("s3://bucket/a/b/", Some("s3://bucket/a")),
            ("s3://bucket/a", Some("s3://bucket")),
            ("s3://bucket", Some("s3://")),
            ("s3://", None),
            ("https://host/a", Some("https://host")),
            ("https://host/", None),
            ("/data", None),
        ] {
            assert_eq!(above(folder).as_deref(), up, "{folder}");
        }
        assert_eq!(without_end(Path::new("az://")), Path::new("az://"));
    }
}
