//! How certain a map is, read off the disk for the window: tiles of one measure, from overviews where one looks from afar, and
//! all measures of the pixel under the mouse. Nothing of a map lies in memory whole.

use super::Newest;
use super::loader::{Wanted, work};
use crate::classify::best_two;
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Window};
use crate::project::Measure;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Nodata of what lies beside a map.
pub const NO_VALUE: u8 = 255;
/// What 1 is written as.
const FULL: f32 = 250.0;

/// Every `step`-th pixel of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertaintyKey {
    /// 1, 2, 4 …
    pub step: u32,
    /// The pixels of the map that it covers.
    pub window: Window,
}

impl CertaintyKey {
    /// Columns and rows of the tile.
    pub fn size(self) -> (usize, usize) {
        let of = |pixels: u32| pixels.div_ceil(self.step.max(1)) as usize;
        (of(self.window.width), of(self.window.height))
    }
}

/// A tile, 0 to 250 for 0 to 1 and 255 for nodata, or why it cannot be read.
pub type CertaintyTile = (CertaintyKey, Result<Vec<u8>, String>);

/// Where the files of a map are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertaintyFiles {
    /// The folder of the site's maps.
    pub folder: PathBuf,
    /// The map's name.
    pub map: String,
}

impl CertaintyFiles {
    fn open(&self, end: &str) -> Result<RasterReader, GeoError> {
        RasterReader::open(&self.path(end))
    }

    fn path(&self, end: &str) -> PathBuf {
        self.folder.join(format!("{}.{end}.tif", self.map))
    }
}

/// Fetches tiles of one measure of one map on a thread of its own.
pub struct CertaintyLoader {
    wanted: Arc<Wanted<CertaintyKey>>,
    loaded: Receiver<CertaintyTile>,
    thread: Option<JoinHandle<()>>,
}

impl CertaintyLoader {
    /// Starts the thread; `wake` is called when something is there.
    pub fn start(files: CertaintyFiles, measure: Measure, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let (sender, loaded) = sync_channel(64);
        let wanted = Wanted::new();
        let mut source = None;
        let fetch = move |key: CertaintyKey| {
            let mut tile = || -> Result<Vec<u8>, GeoError> {
                if source.is_none() {
                    source = Some(Source::open(&files, &measure)?);
                }
                source.as_ref().map_or(Ok(Vec::new()), |source| source.tile(key))
            };
            Some((key, tile().map_err(|why| why.to_string())))
        };
        let thread = work("ritmo-certainty", Arc::clone(&wanted), sender, wake, fetch);
        Self { wanted, loaded, thread }
    }

    /// The tiles that the next frame lacks, the most wanted first.
    pub fn want(&self, keys: Vec<CertaintyKey>) {
        self.wanted.set(keys);
    }

    /// What has come since the last call. Never waits.
    pub fn drain(&self) -> Vec<CertaintyTile> {
        self.loaded.try_iter().collect()
    }
}

impl Drop for CertaintyLoader {
    fn drop(&mut self) {
        self.wanted.close();
        // A thread that has something to hand over finds nobody to take it, and ends.
        drop(std::mem::replace(&mut self.loaded, sync_channel(0).1));
        self.thread.take().into_iter().for_each(super::part);
    }
}

/// What a measure is read from.
enum Source {
    /// One band of a file.
    Band(RasterReader, usize),
    /// The largest probability less the second, where a map has no raster of it.
    Margin(RasterReader),
}

impl Source {
    fn open(files: &CertaintyFiles, measure: &Measure) -> Result<Self, GeoError> {
        match measure {
            Measure::Entropy => Ok(Self::Band(files.open("entropy")?, 0)),
            Measure::Margin if files.path("margin").exists() => Ok(Self::Band(files.open("margin")?, 0)),
            Measure::Margin => Ok(Self::Margin(files.open("probs")?)),
            Measure::Probability(class) => {
                let reader = files.open("probs")?;
                let band = reader.info().bands.iter().position(|band| band.name == *class);
                match band {
                    Some(band) => Ok(Self::Band(reader, band)),
                    None => Err(lacks(&files.path("probs"), class)),
                }
            }
        }
    }

    fn tile(&self, key: CertaintyKey) -> Result<Vec<u8>, GeoError> {
        match self {
            Self::Band(reader, band) => Ok(bytes(&reader.read_reduced(*band, key.window, key.size())?)),
            Self::Margin(reader) => {
                let (columns, rows) = key.size();
                let (mut first, mut second) = (vec![0u8; columns * rows], vec![0u8; columns * rows]);
                for band in 0..reader.info().bands.len() {
                    let values = bytes(&reader.read_reduced(band, key.window, key.size())?);
                    for ((first, second), value) in first.iter_mut().zip(&mut second).zip(values) {
                        if value > *first {
                            (*first, *second) = (value, *first);
                        } else if value > *second {
                            *second = value;
                        }
                    }
                }
                // Where there is nodata, all bands have it.
                let margin =
                    |(first, second): (u8, u8)| if first == NO_VALUE { NO_VALUE } else { first - second };
                Ok(first.into_iter().zip(second).map(margin).collect())
            }
        }
    }
}

fn lacks(path: &Path, class: &str) -> GeoError {
    GeoError::Read { path: path.into(), why: format!("it has no probabilities of {class}") }
}

/// Values of bytes that GDAL handed over as floating point.
fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().map(|value| value.round().clamp(0.0, 255.0) as u8).collect()
}

/// The pixel whose certainty is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertaintyAt {
    /// The map's files.
    pub files: CertaintyFiles,
    /// Another number for another map.
    pub generation: u64,
    /// Column and row.
    pub pixel: (u32, u32),
}

/// How certain a map is at a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    /// Normalised entropy, from 0 to 1.
    pub entropy: f32,
    /// The two likeliest classes with their probabilities.
    pub best: Vec<(String, f32)>,
}

/// Starts the thread that reads single pixels; it keeps the files of the last map open.
pub fn certainty(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<CertaintyAt, (CertaintyAt, Option<Certainty>)> {
    let mut open: Option<(CertaintyFiles, u64, RasterReader, RasterReader)> = None;
    Newest::start("ritmo-certainty-at", wake, move |at: CertaintyAt, _| {
        let is_open = |(files, generation, ..): &(CertaintyFiles, u64, _, _)| {
            *files == at.files && *generation == at.generation
        };
        if !open.as_ref().is_some_and(is_open) {
            let both = at.files.open("entropy").and_then(|entropy| Ok((entropy, at.files.open("probs")?)));
            open = both.ok().map(|(entropy, probs)| (at.files.clone(), at.generation, entropy, probs));
        }
        let read = open.as_ref().and_then(|(.., entropy, probs)| certainty_at(entropy, probs, at.pixel).ok());
        Some((at, read.flatten()))
    })
}

fn certainty_at(
    entropy: &RasterReader,
    probabilities: &RasterReader,
    (col, row): (u32, u32),
) -> Result<Option<Certainty>, GeoError> {
    let window = Window { col, row, width: 1, height: 1 };
    let one = |reader: &RasterReader, band: usize| -> Result<u8, GeoError> {
        Ok(reader.read_bytes(band, window)?[0])
    };
    let share = |value: u8| f32::from(value) / FULL;
    let value = one(entropy, 0)?;
    if value == NO_VALUE {
        return Ok(None);
    }
    let mut classes = Vec::new();
    for (band, info) in probabilities.info().bands.iter().enumerate() {
        classes.push((info.name.clone(), share(one(probabilities, band)?)));
    }
    Ok(Some(Certainty { entropy: share(value), best: best_two(classes) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::write_cog_u8;
    use crate::geo::{Crs, Grid};

    /// A map of 4 x 2 pixels; the last is nodata.
    fn written(folder: &Path) -> CertaintyFiles {
        let crs = Crs::from_epsg(32631).unwrap();
        let grid =
            Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width: 4, height: 2 };
        let files = CertaintyFiles { folder: folder.into(), map: "m".into() };
        let write = |end: &str, bands: &[(String, &[u8])]| {
            write_cog_u8(&files.path(end), &grid, bands, None, Some(255), &[]).unwrap();
        };
        write("entropy", &[("entropy".into(), &[0, 50, 100, 150, 200, 250, 25, 255])]);
        let (a, b) = ([250, 200, 150, 125, 100, 50, 0, 255], [0, 50, 100, 125, 150, 200, 250, 255]);
        write("probs", &[("Maize".into(), &a), ("Water".into(), &b)]);
        files
    }

    fn tile(files: &CertaintyFiles, measure: Measure) -> Result<Vec<u8>, String> {
        let (sender, woken) = std::sync::mpsc::channel();
        let wake = Arc::new(move || {
            let _ = sender.send(());
        });
        let loader = CertaintyLoader::start(files.clone(), measure, wake);
        let key = CertaintyKey { step: 1, window: Window { col: 0, row: 0, width: 4, height: 2 } };
        loader.want(vec![key]);
        woken.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
        let (of, values) = loader.drain().remove(0);
        assert_eq!(of, key);
        values
    }

    #[test]
    fn each_measure_is_read_and_a_margin_that_lacks_comes_of_the_probabilities() {
        let folder = tempfile::tempdir().unwrap();
        let files = written(folder.path());
        assert_eq!(tile(&files, Measure::Entropy).unwrap(), [0, 50, 100, 150, 200, 250, 25, 255]);
        assert_eq!(tile(&files, Measure::Margin).unwrap(), [250, 150, 50, 0, 50, 150, 250, 255]);
        let water = tile(&files, Measure::Probability("Water".into())).unwrap();
        assert_eq!(water, [0, 50, 100, 125, 150, 200, 250, 255]);
        let why = tile(&files, Measure::Probability("Forest".into())).unwrap_err();
        assert!(why.contains("no probabilities of Forest"), "{why}");
        let gone = CertaintyFiles { map: "n".into(), ..files };
        assert!(tile(&gone, Measure::Entropy).unwrap_err().contains("n.entropy.tif"));
    }

    #[test]
    fn a_pixel_tells_its_entropy_and_its_two_likeliest_classes() {
        let folder = tempfile::tempdir().unwrap();
        let files = written(folder.path());
        let (entropy, probs) = (files.open("entropy").unwrap(), files.open("probs").unwrap());
        let at = certainty_at(&entropy, &probs, (0, 1)).unwrap().unwrap();
        assert_eq!(at, Certainty { entropy: 0.8, best: vec![("Water".into(), 0.6), ("Maize".into(), 0.4)] });
        assert_eq!(certainty_at(&entropy, &probs, (3, 1)).unwrap(), None);
    }
}
