//! What lies in a store or on a server and is wanted whole, such as a table, a legend or a model: it is copied to a folder of
//! this machine first. Imagery is not: of it windows are read where it lies.

use super::folders::list_folder;
use super::redact::redacted;
use super::remote::{RemoteTrouble, begin, gdal_path, is_remote, keep_query, remote_words};
use super::stores::prepare;
use crate::progress::{Cancel, Cancelled, Progress, Report};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The most bytes that are copied: more is no table and no model.
const MOST_BYTES: u64 = 16 << 30;
/// The most files of a folder.
const MOST_FILES: usize = 200;
/// Bytes that are read at once; between two reads one can stop.
const PIECE: usize = 1 << 20;
/// Files without which a Shapefile is none, and its coordinate system and encoding.
const OF_A_SHAPEFILE: [&str; 4] = ["shx", "dbf", "prj", "cpg"];

/// What can go wrong while something is copied here.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It cannot be had, or not be written.
    #[error("cannot copy {path} to this machine: {why}")]
    Failed { path: String, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Copies a file, with those that belong to it, or a folder of files (not those of folders below it) into a folder of this
/// machine, and gives its new path. Reports bytes. Half a copy is never given; what is left of one lies in `into`.
///
/// # Errors
/// Why it cannot be had, with a way out and without secrets; when it is larger than 16 GiB or more than 200 files; when asked
/// to stop.
pub fn copy_here(path: &Path, into: &Path, report: Report, cancel: &Cancel) -> Result<PathBuf, CopyError> {
    prepare();
    let path = keep_query(path);
    let shown = redacted(&path.to_string_lossy());
    let failed = |why: String| CopyError::Failed { path: shown.clone(), why };
    let to = into.join(name_of(&path));
    let copy = |from: &Path, to: &Path| copy_file(from, to, &shown, report, cancel);
    if path.extension().is_some() {
        match copy(&path, &to)? {
            Ok(()) => {
                if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("shp")) {
                    for end in OF_A_SHAPEFILE {
                        // Which of them are needed, whoever reads it says.
                        let _ = copy(&path.with_extension(end), &to.with_extension(end))?;
                    }
                }
                return Ok(to);
            }
            Err((RemoteTrouble::Missing, _)) => {}
            Err((_, why)) => return Err(failed(why)),
        }
    }
    let listed = list_folder(&path, false, MOST_FILES + 1, cancel).map_err(&failed)?;
    cancel.check()?;
    let files: Vec<_> =
        listed.entries.iter().filter(|entry| !entry.is_folder && entry.path != path).collect();
    if files.is_empty() {
        // A file whose name has no ending, or nothing.
        return match copy(&path, &to)? {
            Ok(()) => Ok(to),
            Err((RemoteTrouble::Missing, _)) => Err(failed(
                "there is no such file, and no folder of this name that tells what it holds. Look with `ritmo list`, or copy it here by hand".into(),
            )),
            Err((_, why)) => Err(failed(why)),
        };
    }
    if files.len() > MOST_FILES {
        return Err(failed(format!("it holds more than {MOST_FILES} files: give the folder of one model")));
    }
    std::fs::create_dir_all(&to).map_err(|error| failed(error.to_string()))?;
    for entry in files {
        copy(&entry.path, &to.join(name_of(&entry.path)))?.map_err(|(_, why)| failed(why))?;
    }
    Ok(to)
}

/// The bytes of a file of a store, at most `most`.
///
/// # Errors
/// Why they cannot be had, without secrets; when there are more; when asked to stop.
pub fn bytes_of(path: &Path, most: u64, cancel: &Cancel) -> Result<Vec<u8>, CopyError> {
    prepare();
    let path = keep_query(path);
    let failed = |why: String| CopyError::Failed { path: redacted(&path.to_string_lossy()), why };
    let mut file = bytes::File::open(&gdal_path(&path)).map_err(|said| failed(remote_words(&said)))?;
    let total = file.length();
    if total > most {
        return Err(failed(format!("it has {total} bytes, more than {most}")));
    }
    let (mut content, mut done) = (vec![0; total as usize], 0);
    while done < content.len() {
        cancel.check()?;
        let end = content.len().min(done + PIECE);
        match file.read(&mut content[done..end]) {
            0 => return Err(failed(format!("it breaks off after {done} of {total} bytes: try again"))),
            read => done += read,
        }
    }
    Ok(content)
}

/// The bytes of a small file wherever it lies, at most `most`.
///
/// # Errors
/// Why they cannot be had, in a sentence without secrets.
pub fn small_file(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    if is_remote(path) {
        return bytes_of(path, most, &Cancel::new()).map_err(|error| match error {
            CopyError::Failed { why, .. } => why,
            CopyError::Cancelled(asked) => asked.to_string(),
        });
    }
    let mut content = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut content))
        .map_err(|error| format!("{error}. Check its name and whether you may read it"))?;
    match content.len() as u64 > most {
        true => Err(format!("it is larger than {} MiB", most >> 20)),
        false => Ok(content),
    }
}

/// The last part of a path, as a name of this machine.
fn name_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name: String =
        last.chars().map(|c| if c.is_control() || r#"\:*?"<>|"#.contains(c) { '_' } else { c }).collect();
    if name.trim_matches('.').is_empty() { "copied".into() } else { name }
}

/// Copies one file; why it cannot be had is for the caller to judge.
fn copy_file(
    from: &Path,
    to: &Path,
    shown: &str,
    report: Report,
    cancel: &Cancel,
) -> Result<Result<(), (RemoteTrouble, String)>, CopyError> {
    let failed = |why: String| CopyError::Failed { path: shown.to_owned(), why };
    let what = format!("Copying {}", name_of(from));
    cancel.check()?;
    report(Progress::new(0, 0, what.as_str()));
    let refused = |said: String| {
        let why = remote_words(&said);
        (RemoteTrouble::of(&why), why)
    };
    begin();
    let mut file = match bytes::File::open(&gdal_path(from)) {
        Ok(file) => file,
        Err(said) => return Ok(Err(refused(said))),
    };
    let total = file.length();
    if total > MOST_BYTES {
        return Err(failed(format!("it has {} GB: that is no table and no model", total / 1_000_000_000)));
    }
    let half = to.with_extension("part");
    let mut written = std::fs::File::create(&half).map_err(|error| failed(error.to_string()))?;
    let (mut piece, mut done) = (vec![0; PIECE], 0);
    while done < total {
        cancel.check()?;
        let read = file.read(&mut piece);
        if read == 0 {
            let said = bytes::last_words();
            let why = match RemoteTrouble::of(&said) {
                RemoteTrouble::Damaged => format!("it breaks off after {done} of {total} bytes: try again"),
                _ => remote_words(&said),
            };
            return Ok(Err((RemoteTrouble::Damaged, why)));
        }
        written.write_all(&piece[..read]).map_err(|error| failed(error.to_string()))?;
        done += read as u64;
        report(Progress::new(done, total, what.as_str()));
    }
    drop(written);
    std::fs::rename(&half, to).map_err(|error| failed(error.to_string()))?;
    Ok(Ok(()))
}

/// GDAL's own files, which no safe crate has.
#[expect(unsafe_code, reason = "functions of GDAL, which is linked for the crate gdal already")]
mod bytes {
    use std::ffi::{CStr, CString, c_char, c_int, c_void};
    use std::path::Path;

    unsafe extern "C" {
        fn VSIFOpenExL(path: *const c_char, access: *const c_char, set_error: c_int) -> *mut c_void;
        fn VSIFSeekL(file: *mut c_void, place: u64, whence: c_int) -> c_int;
        fn VSIFTellL(file: *mut c_void) -> u64;
        fn VSIFReadL(to: *mut c_void, size: usize, count: usize, file: *mut c_void) -> usize;
        fn VSIFCloseL(file: *mut c_void) -> c_int;
        fn VSIErrorReset();
        fn VSIGetLastErrorMsg() -> *const c_char;
    }

    /// What GDAL last said of a file, on this thread.
    pub fn last_words() -> String {
        // SAFETY: the text ends with a zero and is copied before anything else is asked of GDAL on this thread.
        unsafe { CStr::from_ptr(VSIGetLastErrorMsg()) }.to_string_lossy().into_owned()
    }

    /// A file that is read from its beginning, and closed when it goes.
    pub struct File {
        file: *mut c_void,
        length: u64,
    }

    impl File {
        /// Opens it, or gives what GDAL says.
        pub fn open(path: &Path) -> Result<Self, String> {
            const END: c_int = 2;
            let path = CString::new(path.to_string_lossy().as_bytes()).map_err(|error| error.to_string())?;
            // SAFETY: path and mode end with a zero and live.
            let file = unsafe {
                VSIErrorReset();
                VSIFOpenExL(path.as_ptr(), c"rb".as_ptr(), 1)
            };
            if file.is_null() {
                let said = last_words();
                return Err(if said.is_empty() { "HTTP response code: 404".into() } else { said });
            }
            let mut opened = Self { file, length: 0 };
            // SAFETY: the file is open.
            opened.length = unsafe {
                VSIFSeekL(opened.file, 0, END);
                let length = VSIFTellL(opened.file);
                VSIFSeekL(opened.file, 0, 0);
                length
            };
            Ok(opened)
        }

        /// Its bytes.
        pub fn length(&self) -> u64 {
            self.length
        }

        /// Reads what follows, 0 at the end or where it fails.
        pub fn read(&mut self, to: &mut [u8]) -> usize {
            // SAFETY: the file is open, and no more is read than there is room for.
            unsafe { VSIFReadL(to.as_mut_ptr().cast(), 1, to.len(), self.file) }
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            // SAFETY: it is open, and closed once.
            unsafe { VSIFCloseL(self.file) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ranges::{Reply, Server};

    fn copied(url: &str, into: &Path) -> Result<PathBuf, String> {
        copy_here(Path::new(url), into, &|_| {}, &Cancel::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_is_copied_whole_under_its_name_and_its_signature_goes_along_unseen() {
        let content: Vec<u8> = (0..3_000_000u32).map(|i| (i / 7) as u8).collect();
        let there = tempfile::tempdir().unwrap();
        let points = there.path().join("points");
        std::fs::write(&points, &content).unwrap();
        let server =
            Server::start(move |request| match (request.path.ends_with("o.csv"), request.query.as_str()) {
                (true, "sig=s3cr3t") => Reply::File(points.clone()),
                _ => Reply::status(403),
            });
        let folder = tempfile::tempdir().unwrap();
        let file = copied(&server.url("/t/points%20of%20a%C3%B1o.csv?sig=s3cr3t"), folder.path()).unwrap();
        assert!(std::fs::read(&file).unwrap() == content);
        assert!(file.extension().is_some_and(|end| end == "csv"), "{file:?}");
        let why = copied(&server.url("/t/b.csv?sig=s3cr3t"), folder.path()).unwrap_err();
        assert!(why.contains("b.csv") && why.contains("refuses") && !why.contains("s3cr3t"), "{why}");
    }

    #[test]
    fn what_is_not_there_or_breaks_off_is_a_sentence_and_no_file() {
        let there = tempfile::tempdir().unwrap();
        let cut = there.path().join("cut");
        std::fs::write(&cut, [7; 50_000]).unwrap();
        let server = Server::start(move |request| match request.path.as_str() {
            "/cut.csv" => Reply::Truncated(cut.clone(), 20_000),
            _ => Reply::status(404),
        });
        let folder = tempfile::tempdir().unwrap();
        let why = copied(&server.url("/none.csv"), folder.path()).unwrap_err();
        assert!(
            why.contains("none.csv") && why.contains("no such file") && why.contains("ritmo list"),
            "{why}"
        );
        let why = copied(&server.url("/cut.csv"), folder.path()).unwrap_err();
        assert!(why.contains("cut.csv") && why.contains("try again"), "{why}");
        assert!(!folder.path().join("cut.csv").exists());
        let cancel = Cancel::new();
        cancel.cancel();
        let stopped = copy_here(Path::new(&server.url("/a.csv")), folder.path(), &|_| {}, &cancel);
        assert!(matches!(stopped, Err(CopyError::Cancelled(_))));
    }

    #[test]
    fn a_folder_that_lists_its_files_is_copied_as_a_folder() {
        let page = "<html>\n<head><title>Index of /m/</title></head>\n<body>\n<h1>Index of /m/</h1><hr><pre><a href=\"../\">../</a>\n<a href=\"model.json\">model.json</a>               15-Mar-2022 10:00       2\n<a href=\"old/\">old/</a>               15-Mar-2022 10:00       -\n</pre>\n</body></html>\n";
        let there = tempfile::tempdir().unwrap();
        let card = there.path().join("card");
        std::fs::write(&card, b"{}").unwrap();
        let server = Server::start(move |request| match request.path.trim_end_matches('/') {
            "/m" => Reply::Body {
                status: 200,
                headers: vec!["Content-Type: text/html".into()],
                body: page.as_bytes().to_vec(),
            },
            "/m/model.json" => Reply::File(card.clone()),
            _ => Reply::status(404),
        });
        let folder = tempfile::tempdir().unwrap();
        let model = copied(&server.url("/m"), folder.path()).unwrap();
        let names: Vec<_> =
            std::fs::read_dir(&model).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(names, ["model.json"]);
        assert_eq!(name_of(Path::new("s3://b/a/")), "a");
        assert_eq!(name_of(Path::new("s3://b/..")), "copied");
    }
}
