//! Which windows are needed, and what they cost.

use super::windows::window_on;
use super::{CONNECTIONS, FetchError};
use crate::geo::Grid;
use crate::geo::raster::RasterReader;
use crate::geo::remote::asking;
use crate::progress::{Cancel, Progress, Report};
use crate::source::OFFSET_CONTRADICTED;
use crate::source::sensors::{common_name, sensor_by_key};
use crate::source::stac::{Offset, Scene, SceneAsset, Signer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Scenes of which files are looked at to tell what all cost.
const LOOKED_AT: usize = 3;

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wanted {
    /// One for each scene and band, masks included, in order of time.
    pub windows: Vec<WantedWindow>,
    /// The scenes that are taken.
    pub scenes: Vec<Scene>,
    /// Scenes that cannot be taken: id, why.
    pub left_out: Vec<(String, String)>,
    /// The bands, without the mask.
    pub bands: Vec<String>,
}

/// The window of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedWindow {
    /// Its scene, by place in [`Wanted::scenes`].
    pub scene: usize,
    /// The band it is of: "B04", "SCL".
    pub band: String,
    /// The file it comes from.
    pub asset: SceneAsset,
    /// The name of the file it becomes.
    pub file: String,
}

/// What fetching costs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Bytes of the blocks that the windows touch.
    pub bytes: u64,
    /// Seconds.
    pub seconds: f64,
    /// Files that were looked at for this.
    pub looked_at: usize,
}

/// The bands that are fetched where nobody says which: those that see land, without those for air and water.
pub fn usual_bands(scenes: &[Scene]) -> Vec<String> {
    let sensor = scenes.iter().find_map(|scene| scene.sensor).unwrap_or_default();
    let usual: &[&str] = match sensor {
        key if key.starts_with("sentinel-2") => {
            &["B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12"]
        }
        key if key.starts_with("landsat") => &["blue", "green", "red", "nir", "swir1", "swir2"],
        _ => &[],
    };
    if !usual.is_empty() {
        let is_there = |name: &&str| scenes.iter().any(|scene| scene.assets.contains_key(*name));
        return usual.iter().copied().filter(is_there).map(str::to_owned).collect();
    }
    let own = |scene: &Scene| scene.assets.keys().cloned().collect::<BTreeSet<_>>();
    let mut all = scenes.iter().map(own);
    let first = all.next().unwrap_or_default();
    let common = all.fold(first, |common, own| &common & &own);
    common.into_iter().filter(|name| name != "SCL" && name != "qa_pixel").collect()
}

/// The windows that a cube of these bands needs. Bands go by the names they have here, or their common ones; scenes that lack
/// one, or the mask that others have, are left out.
///
/// # Errors
/// When no scene has a band, or none is left.
pub fn wanted(scenes: &[Scene], bands: Option<&[String]>) -> Result<Wanted, FetchError> {
    if scenes.is_empty() {
        return Err(FetchError::Nothing(
            "no scene was found: widen the area, the dates or the limit of clouds".into(),
        ));
    }
    let names = match bands {
        Some(bands) => bands.iter().map(|name| name.trim().to_owned()).collect(),
        None => usual_bands(scenes),
    };
    let mut bands: Vec<String> = Vec::new();
    for name in &names {
        let found = scenes.iter().find_map(|scene| band_called(scene, name));
        let band = found.ok_or_else(|| {
            let known: BTreeSet<&str> =
                scenes.iter().flat_map(|scene| scene.assets.keys()).map(String::as_str).collect();
            FetchError::Band { name: name.clone(), known: known.into_iter().collect::<Vec<_>>().join(", ") }
        })?;
        if !bands.contains(&band) {
            bands.push(band);
        }
    }
    if bands.is_empty() {
        return Err(FetchError::Nothing("the scenes have no band that is known: name the bands".into()));
    }
    let any_mask = scenes.iter().any(|scene| scene.mask().is_some());
    let mut made = Wanted { bands, ..Wanted::default() };
    for scene in scenes {
        let missing = made.bands.iter().find(|band| !scene.assets.contains_key(*band));
        let why = match (missing, scene.mask()) {
            (Some(band), _) => format!("it has no band {band}"),
            (None, None) if any_mask => "it has no mask of clouds".to_owned(),
            _ => {
                let place = made.scenes.len();
                let layers = made.bands.iter().map(String::as_str).chain(scene.mask());
                let windows = layers.filter_map(|band| {
                    let asset = scene.assets.get(band)?.clone();
                    let file = format!("{}_{band}.tif", stem_of(scene));
                    Some(WantedWindow { scene: place, band: band.to_owned(), asset, file })
                });
                let windows: Vec<_> = windows.collect();
                made.windows.extend(windows);
                made.scenes.push(scene.clone());
                continue;
            }
        };
        made.left_out.push((scene.id.clone(), why));
    }
    if made.scenes.is_empty() {
        let (id, why) = &made.left_out[0];
        return Err(FetchError::Nothing(format!("no scene has all that is wanted; of {id}, {why}")));
    }
    Ok(made)
}

/// The band of a scene that goes by this name.
fn band_called(scene: &Scene, name: &str) -> Option<String> {
    if let Some((own, _)) = scene.assets.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) {
        return Some(own.clone());
    }
    let sensor = scene.sensor.and_then(sensor_by_key)?;
    let common = common_name(name);
    let by_common = || sensor.bands.iter().find(|band| common.is_some() && band.common == common);
    let band = sensor.band(name).or_else(by_common)?;
    let names = band.names.iter().copied().chain(band.common);
    names.into_iter().find_map(|name| scene.assets.get_key_value(name)).map(|(own, _)| own.clone())
}

/// What the files of a scene are called before their band: satellite, tile, time, and letters that tell scenes of one time
/// apart. Whoever reads names finds date and tile in it.
fn stem_of(scene: &Scene) -> String {
    let short = match scene.sensor {
        Some(key) if key.starts_with("sentinel-2") => "S2".to_owned(),
        Some(key) => {
            key.strip_prefix("landsat-").map_or("scene".to_owned(), |rest| format!("L{}", &rest[..1]))
        }
        None => "scene".to_owned(),
    };
    let tile = match &scene.tile {
        Some(tile) if short == "S2" => format!("_T{tile}"),
        Some(tile) => format!("_{tile}"),
        None => String::new(),
    };
    let taken = scene.taken.format("%Y%m%dT%H%M%S");
    format!(
        "{short}{tile}_{taken}_{}",
        letters(&[scene.id.as_str(), scene.collection.as_deref().unwrap_or_default()])
    )
}

/// The folder for the windows of a grid: those of another grid are other files.
pub fn folder_name(grid: &Grid) -> String {
    letters(&[grid.crs.label().as_str(), grid.label().as_str()])
}

/// Eight letters that texts decide, none of which is a digit or stands in a name of a band.
fn letters(texts: &[&str]) -> String {
    const LETTERS: &[u8; 16] = b"ghjkmnopqstuvwxy";
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in texts.iter().flat_map(|text| text.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (0..8).map(|i| char::from(LETTERS[(hash >> (i * 8) & 15) as usize])).collect()
}

/// What an item of metadata says of the offset: the builder takes 1000 away from baseline 04.00 on.
pub(super) fn notes(scene: &Scene) -> Vec<(&'static str, String)> {
    let mut notes = vec![("ACQUISITIONDATETIME", scene.taken.format("%Y-%m-%dT%H:%M:%SZ").to_string())];
    let stated = |(major, minor): (u32, u32)| ("PROCESSING_BASELINE", format!("{major:02}.{minor:02}"));
    match (scene.offset, scene.baseline) {
        (Offset::Shifted, Some(baseline)) if baseline >= (4, 0) => notes.push(stated(baseline)),
        (Offset::Shifted, _) => notes.push(stated((4, 0))),
        (Offset::Unshifted, baseline) => {
            notes.extend(baseline.map(stated));
            if baseline.is_some_and(|baseline| baseline >= (4, 0)) {
                notes.push(("RITMO_OFFSET_REMOVED", "YES".into()));
            }
        }
        // Then the darkest pixels are looked at, and where these are suspicious it is asked.
        (Offset::Unknown, _) => {}
        (Offset::Contradictory, _) => notes.push((OFFSET_CONTRADICTED, "YES".into())),
    }
    notes
}

/// Says what fetching costs: opens the files of a few scenes, reads one block of each, and takes the others to be like them.
/// Windows that are in `folder` already cost nothing.
///
/// # Errors
/// When no file can be opened, or asked to stop.
pub fn estimate(
    wanted: &Wanted,
    grid: &Grid,
    folder: &Path,
    signer: &Signer,
    report: Report,
    cancel: &Cancel,
) -> Result<Estimate, FetchError> {
    let left: Vec<&WantedWindow> =
        wanted.windows.iter().filter(|w| !super::windows::is_there(folder, w)).collect();
    if left.is_empty() {
        return Ok(Estimate::default());
    }
    let scenes: Vec<usize> = left.iter().map(|w| w.scene).collect::<BTreeSet<_>>().into_iter().collect();
    // Orbits come in turns: evenly spread places might all be of one.
    let every = scenes.len().div_ceil(LOOKED_AT).max(1);
    let places = (0..LOOKED_AT).map(|n| n * every + n % every);
    let chosen: BTreeSet<usize> = places.filter_map(|place| scenes.get(place).copied()).collect();
    let looks: Vec<&WantedWindow> = left.iter().copied().filter(|w| chosen.contains(&w.scene)).collect();
    let (next, costs, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS.min(looks.len()) {
            scope.spawn(|| {
                while let Some(window) = looks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if cancel.check().is_err() {
                        return;
                    }
                    match look(window, grid, signer) {
                        Ok(cost) => {
                            let mut costs = costs.lock().unwrap_or_else(PoisonError::into_inner);
                            costs.push((window.band.clone(), cost));
                            let done = costs.len() as u64;
                            report(Progress::new(done, looks.len() as u64, "Looking what the windows cost"));
                        }
                        Err(error) => {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    cancel.check()?;
    let costs = costs.into_inner().unwrap_or_else(PoisonError::into_inner);
    if costs.is_empty() {
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        return Err(failed.unwrap_or_else(|| FetchError::Nothing("no file could be looked at".into())));
    }
    let mut by_band: BTreeMap<&str, Vec<&Cost>> = BTreeMap::new();
    for (band, cost) in &costs {
        by_band.entry(band).or_default().push(cost);
    }
    let mean = |costs: &[&Cost], of: fn(&Cost) -> f64| {
        costs.iter().map(|c| of(c)).sum::<f64>() / costs.len().max(1) as f64
    };
    let all: Vec<&Cost> = costs.iter().map(|(_, cost)| cost).collect();
    let (mut bytes, mut seconds) = (0.0, 0.0);
    for window in &left {
        let like = by_band.get(window.band.as_str()).unwrap_or(&all);
        bytes += mean(like, |cost| cost.bytes);
        seconds += mean(like, |cost| cost.seconds);
    }
    Ok(Estimate {
        bytes: bytes as u64,
        seconds: seconds / CONNECTIONS.min(left.len()) as f64,
        looked_at: costs.len(),
    })
}

/// What one window costs.
struct Cost {
    bytes: f64,
    seconds: f64,
}

fn look(window: &WantedWindow, grid: &Grid, signer: &Signer) -> Result<Cost, FetchError> {
    let path: &PathBuf = &window.asset.path;
    signer.sign(path, false)?;
    asking(path, || cost_of(path, grid))
}

fn cost_of(path: &Path, grid: &Grid) -> Result<Cost, FetchError> {
    let started = Instant::now();
    let reader = RasterReader::open(path)?;
    let opened = started.elapsed().as_secs_f64();
    let Some((part, _)) = window_on(&reader, grid)? else { return Ok(Cost { bytes: 0.0, seconds: opened }) };
    let (blocks, bytes) = reader.blocks_touched(0, part)?;
    let started = Instant::now();
    let one = crate::geo::Window { width: 1, height: 1, ..part };
    reader.read_reduced(0, one, (1, 1))?;
    let block = started.elapsed().as_secs_f64();
    let pixels = part.pixels() as f64 * 2.0;
    Ok(Cost { bytes: bytes.map_or(pixels, |bytes| bytes as f64), seconds: opened + block * blocks as f64 })
}
