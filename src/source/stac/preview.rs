//! Previews: the small picture that an item of a catalogue has for looking at, made smaller still.

use super::Signer;
use crate::files::write_atomically;
use crate::geo::remote::{asking, opening};
use crate::geo::{gdal_words, quiet_gdal};
use gdal::raster::ResampleAlg;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// Pixels along its longer side.
const SIDE: usize = 192;
/// A picture with more pixels is no preview.
const MOST_PIXELS: usize = 25_000_000;
/// What a copy on the disk begins with.
const MARK: &[u8; 4] = b"RPV1";

/// A preview: red, green, blue and alpha a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Bytes, row by row.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preview").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Why there is no preview. Nothing of it holds the address, which may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPreview {
    /// It does not come, or is no picture.
    #[error("the preview cannot be had")]
    Unreadable,
    /// It is no small picture.
    #[error("the picture is too large for a preview")]
    TooLarge,
}

/// Fetches a preview, as its catalogue's files are asked for where there is a `signer`; with `cache`, keeps a copy in that folder
/// and finds it there again. Waits for the server.
///
/// # Errors
/// [`NoPreview`].
pub fn fetch_preview(
    address: &str,
    signer: Option<&Signer>,
    cache: Option<&Path>,
) -> Result<Preview, NoPreview> {
    let copy = cache.map(|folder| copy_of(folder, address));
    if let Some(preview) = copy.as_deref().and_then(read_copy) {
        return Ok(preview);
    }
    let path = Path::new(address);
    if let Some(signer) = signer {
        signer.sign(path, false).map_err(|_| NoPreview::Unreadable)?;
    }
    let preview = asking(path, || read(path))?;
    if let (Some(folder), Some(copy)) = (cache, &copy) {
        // Without a copy it is fetched again next time.
        let _ = std::fs::create_dir_all(folder).and_then(|()| write_atomically(copy, &bytes_of(&preview)));
    }
    Ok(preview)
}

fn read(path: &Path) -> Result<Preview, NoPreview> {
    quiet_gdal();
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&["PNG", "JPEG", "WEBP"]),
        ..DatasetOptions::default()
    };
    let unreadable = |error| {
        // What GDAL says is taken from it, so that it is not told of the next file.
        let _ = gdal_words(error);
        NoPreview::Unreadable
    };
    let dataset = opening(path, |path| Dataset::open_ex(path, options)).map_err(unreadable)?;
    let (width, height) = dataset.raster_size();
    if width.saturating_mul(height) > MOST_PIXELS {
        return Err(NoPreview::TooLarge);
    }
    let shrink = (width.max(height) as f64 / SIDE as f64).max(1.0);
    let size = [width, height].map(|side| ((side as f64 / shrink).round() as usize).max(1));
    let mut rgba = vec![255; size[0] * size[1] * 4];
    let bands = dataset.raster_count();
    for channel in 0..4 {
        let band = match (bands, channel) {
            (0, _) => return Err(NoPreview::Unreadable),
            (1 | 2, 0..=2) => 1,
            (2, 3) => 2,
            (_, channel) if channel < bands => channel + 1,
            _ => continue,
        };
        let band = dataset.rasterband(band).map_err(unreadable)?;
        let values = band
            .read_as::<u8>((0, 0), (width, height), (size[0], size[1]), Some(ResampleAlg::Average))
            .map_err(unreadable)?;
        for (pixel, value) in rgba.chunks_exact_mut(4).zip(values.data()) {
            pixel[channel] = *value;
        }
    }
    Ok(Preview { size, rgba })
}

/// Where the copy of a preview lies. Its name does not tell the address.
fn copy_of(folder: &Path, address: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    folder.join(format!("{:016x}.preview", hasher.finish()))
}

fn bytes_of(preview: &Preview) -> Vec<u8> {
    let sides = preview.size.map(|side| side as u16);
    let mut bytes = MARK.to_vec();
    sides.iter().for_each(|side| bytes.extend(side.to_le_bytes()));
    bytes.extend(&preview.rgba);
    bytes
}

fn read_copy(path: &Path) -> Option<Preview> {
    let bytes = std::fs::read(path).ok()?;
    let rest = bytes.strip_prefix(MARK)?;
    let (&[a, b, c, d], rgba) = rest.split_first_chunk::<4>()?;
    let size = [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])].map(usize::from);
    (rgba.len() == size[0] * size[1] * 4 && size[0] > 0).then(|| Preview { size, rgba: rgba.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Cancel;
    use crate::source::stac::{Catalogue, Patience, Place};
    use crate::testing::ranges::{Reply, Server};

    /// A PNG of one colour, 600 x 300.
    fn picture() -> Vec<u8> {
        crate::chart::encoded(600, 300, [200u8, 100, 50, 255].repeat(600 * 300)).unwrap()
    }

    #[test]
    fn a_preview_is_made_small_and_found_again_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("thumbnail.png");
        std::fs::write(&file, picture()).unwrap();
        let cache = folder.path().join("cache");
        let fetched = fetch_preview(file.to_str().unwrap(), None, Some(&cache)).unwrap();
        assert_eq!(fetched.size, [192, 96]);
        assert_eq!(fetched.rgba[..4], [200, 100, 50, 255]);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(fetch_preview(file.to_str().unwrap(), None, Some(&cache)), Ok(fetched));
        assert_eq!(fetch_preview(file.to_str().unwrap(), None, None), Err(NoPreview::Unreadable));
        let copy = std::fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
        std::fs::write(&copy, b"RPV1\x09\x00\x09\x00").unwrap();
        assert_eq!(fetch_preview(file.to_str().unwrap(), None, Some(&cache)), Err(NoPreview::Unreadable));
    }

    #[test]
    fn a_preview_comes_from_a_server_and_a_web_page_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        std::fs::write(&file, picture()).unwrap();
        let server = Server::start(move |request| match request.path.as_str() {
            "/a.png" => Reply::File(file.clone()),
            _ => Reply::json(&serde_json::json!("no picture")),
        });
        assert_eq!(fetch_preview(&server.url("/a.png?key=secret"), None, None).unwrap().size, [192, 96]);
        let none = fetch_preview(&server.url("/b.png?key=secret"), None, None).unwrap_err();
        assert_eq!(none, NoPreview::Unreadable);
        assert!(!none.to_string().contains("secret"));
    }

    #[test]
    fn a_preview_behind_a_header_is_asked_for_with_it_and_no_other_server_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.png");
        std::fs::write(&file, picture()).unwrap();
        let there = file.clone();
        let other = Server::start(move |_| Reply::File(there.clone()));
        let leads_on = format!("Location: {}", other.url("/b.png"));
        let server = Server::start(move |request| {
            match (request.head.contains("x-key: top secret"), request.path.as_str()) {
                (false, _) => Reply::status(401),
                (true, "/a.png") => Reply::File(file.clone()),
                (true, _) => Reply::Body { status: 302, headers: vec![leads_on.clone()], body: Vec::new() },
            }
        });
        let catalogue = Catalogue {
            place: Place::Url(server.url("/stac")),
            headers: vec![("X-Key".into(), "top secret".into())],
            tokens: None,
        };
        let patience = Patience { attempts: 1, ..Patience::default() };
        let signer = Signer::new(&catalogue, patience, std::sync::Arc::new(|_| ()), &Cancel::new());
        let fetch = |url: &str, signer| fetch_preview(url, signer, None).map(|preview| preview.size);
        assert_eq!(fetch(&server.url("/a.png"), None), Err(NoPreview::Unreadable));
        assert_eq!(fetch(&server.url("/a.png?size=s"), Some(&signer)), Ok([192, 96]));
        assert_eq!(fetch(&server.url("/elsewhere.png"), Some(&signer)), Ok([192, 96]));
        assert_eq!(fetch(&other.url("/c.png"), Some(&signer)), Ok([192, 96]));
        let asked = other.requests();
        assert!(asked.len() >= 2 && asked.iter().all(|logged| !logged.request.head.contains("x-key")));
    }
}
