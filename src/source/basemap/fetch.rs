//! One tile of a basemap: from the disk where it was fetched lately, from its server otherwise.
//!
//! GDAL asks for it, which knows the proxies and certificates of the machine, keeps what came on the disk and reads what
//! pictures there are. Each tile is a raster of its own to it, so that addresses of any form can be asked for.

use crate::geo::{gdal_words, quiet_gdal};
use crate::xml::escaped;
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Pixels a side of a tile.
pub const SIDE: usize = 256;
/// A tile on the disk is asked for again after a week, as OpenStreetMap wants it of those who cannot tell better.
const FRESH: Duration = Duration::from_secs(7 * 24 * 3600);
/// What was not asked for again so long is not kept on the disk.
const KEPT: Duration = Duration::from_secs(60 * 24 * 3600);
/// Nor is more than this, of all basemaps.
const KEPT_BYTES: u64 = 512 << 20;

/// A tile's picture: red, green, blue and alpha a pixel, [`SIDE`] pixels a side.
#[derive(Clone, PartialEq, Eq)]
pub struct TilePicture {
    /// Bytes, row by row.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for TilePicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TilePicture").field("bytes", &self.rgba.len()).finish()
    }
}

/// Why a tile did not come. Nothing of it holds the address, which may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileTrouble {
    /// The server answers something else than "here it is": 404, 429 …
    #[error("the basemap's server answers {0}")]
    Answer(u16),
    /// It gives something that is no picture of 256 x 256 pixels, such as a web page.
    #[error("what the basemap's server gives is no picture of 256 x 256 pixels")]
    NoPicture,
    /// It does not answer in time.
    #[error("the basemap's server does not answer")]
    Silent,
    /// The connection is not safe, such as for a certificate that nobody vouches for.
    #[error("the basemap's server cannot prove who it is")]
    Unsafe,
    /// The server cannot be reached.
    #[error("no network to the basemap's server")]
    NoNetwork,
}

/// Fetches a tile by its address; with `cache`, keeps it in that folder and finds it there again. Waits for `patience` at most.
///
/// # Errors
/// [`TileTrouble`] when the tile does not come.
pub fn fetch_tile(url: &str, cache: Option<&Path>, patience: Duration) -> Result<TilePicture, TileTrouble> {
    quiet_gdal();
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&["WMS"]),
        ..DatasetOptions::default()
    };
    let dataset = Dataset::open_ex(description(url, cache, patience), options)
        .map_err(|error| trouble(&gdal_words(error)))?;
    let mut rgba = vec![0; SIDE * SIDE * 4];
    // The first band fetches all of them; where it fails the others would ask again.
    for channel in 0..4 {
        let band = dataset.rasterband(channel + 1).map_err(|error| trouble(&gdal_words(error)))?;
        let read = band
            .read_as::<u8>((0, 0), (SIDE, SIDE), (SIDE, SIDE), None)
            .map_err(|error| trouble(&gdal_words(error)))?;
        for (pixel, value) in rgba.chunks_exact_mut(4).zip(read.data()) {
            pixel[channel] = *value;
        }
    }
    Ok(TilePicture { rgba })
}

/// What GDAL is told: <https://gdal.org/en/stable/drivers/raster/wms.html>.
fn description(url: &str, cache: Option<&Path>, patience: Duration) -> String {
    // GDAL adds what it thinks is missing to an address without places of its own: here one stands where no server sees it.
    let url = escaped(&format!("{}#${{z}}", url.split('#').next().unwrap_or_default()));
    let cache = cache.map_or_else(String::new, |folder| {
        format!(
            "<Cache><Path>{}</Path><Unique>False</Unique><Depth>2</Depth><Expires>{}</Expires>\
             <CleanTimeout>0</CleanTimeout></Cache>",
            escaped(&folder.to_string_lossy()),
            FRESH.as_secs()
        )
    });
    format!(
        "<GDAL_WMS><Service name=\"TMS\"><ServerUrl>{url}</ServerUrl></Service>\
         <DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>1</UpperLeftY><LowerRightX>1</LowerRightX>\
         <LowerRightY>0</LowerRightY><SizeX>{SIDE}</SizeX><SizeY>{SIDE}</SizeY><TileLevel>0</TileLevel>\
         <TileCountX>1</TileCountX><TileCountY>1</TileCountY><YOrigin>top</YOrigin></DataWindow>\
         <BlockSizeX>{SIDE}</BlockSizeX><BlockSizeY>{SIDE}</BlockSizeY><BandsCount>4</BandsCount>\
         <UserAgent>Ritmo/{}</UserAgent><Timeout>{}</Timeout>{cache}</GDAL_WMS>",
        env!("CARGO_PKG_VERSION"),
        patience.as_secs().max(1)
    )
}

/// What went wrong, from what GDAL says.
fn trouble(said: &str) -> TileTrouble {
    const CODE: &str = "HTTP status code: ";
    let Some(at) = said.rfind(CODE) else { return TileTrouble::NoPicture };
    let (code, why) = said[at + CODE.len()..].split_once(',').unwrap_or_default();
    match (code.trim().parse(), why.to_lowercase()) {
        (Ok(0), why) if why.contains("timed out") => TileTrouble::Silent,
        (Ok(0), why) if why.contains("ssl") || why.contains("certificate") => TileTrouble::Unsafe,
        (Ok(0), _) | (Err(_), _) => TileTrouble::NoNetwork,
        // "Here it is", and then nothing.
        (Ok(200), _) => TileTrouble::NoPicture,
        (Ok(code), _) => TileTrouble::Answer(code),
    }
}

/// Deletes what lies in the folder of basemaps for too long, and the oldest of too much. What cannot be deleted stays.
pub fn tidy_cache(folder: &Path) {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(about) if about.is_dir() => folders.push(entry.path()),
                Ok(about) if about.is_file() => {
                    let when = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    files.push((when, about.len(), entry.path()));
                }
                _ => {}
            }
        }
    }
    files.sort_by_key(|(when, ..)| std::cmp::Reverse(*when));
    let mut bytes = 0;
    for (when, size, path) in files {
        bytes += size;
        if bytes > KEPT_BYTES || when.elapsed().is_ok_and(|age| age > KEPT) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gdal_says_of_a_failure_is_understood() {
        let said = |code: &str, why: &str| {
            format!(
                "x, band 1: IReadBlock failed: GDALWMS: Unable to download block 0, 0.\nURL: secret\n  HTTP status code: {code}, error: {why}."
            )
        };
        assert_eq!(trouble(&said("429", "slow down")), TileTrouble::Answer(429));
        assert_eq!(trouble(&said("0", "Operation timed out after 3000 ms")), TileTrouble::Silent);
        assert_eq!(trouble(&said("0", "Could not resolve host: x")), TileTrouble::NoNetwork);
        assert_eq!(trouble(&said("0", "SSL certificate problem")), TileTrouble::Unsafe);
        assert_eq!(trouble("GDALWMS: ReadBlockFromFile failed"), TileTrouble::NoPicture);
        assert_eq!(trouble("HTTP status code: "), TileTrouble::NoNetwork);
    }

    #[test]
    fn an_address_with_signs_of_xml_is_written_as_text() {
        let told = description("https://a.b/1?key=x&style=<y>#part", Some(Path::new("/a&b")), Duration::ZERO);
        assert!(told.contains("https://a.b/1?key=x&amp;style=&lt;y&gt;#${z}</ServerUrl>"), "{told}");
        assert!(told.contains("<Path>/a&amp;b</Path>") && told.contains("<Timeout>1</Timeout>"), "{told}");
    }
}
