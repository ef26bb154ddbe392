//! Classifying a cube chunk by chunk.

use crate::cube::{Chunk, Cube, CubeError, CubeInfo, Feature, IndexError};
use crate::geo::{Grid, Window};
use crate::labels::Class;
use crate::model::{Model, ModelCard, ModelError, Probe};
use crate::progress::{Cancel, Progress, Report};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Nodata in codes, probabilities and entropy.
pub(super) const NODATA: u8 = 255;
/// What a probability of 1 is written as.
pub(super) const FULL: u8 = 250;
/// Series between two looks at the cancel flag.
const SERIES: usize = 512;
/// Series of each chunk that are classified in f32 too, where a model classifies in bfloat16.
const PROBED: usize = 64;

/// Picks which of the remaining chunks (across, down) comes next, by its index.
pub type Next<'a> = &'a (dyn Fn(&[(u32, u32)]) -> usize + Sync);

/// What can go wrong while mapping.
#[derive(Debug, thiserror::Error)]
pub enum ClassifyError {
    /// Reading the cube.
    #[error(transparent)]
    Cube(#[from] crate::cube::CubeError),
    /// The model.
    #[error(transparent)]
    Model(#[from] crate::model::ModelError),
    /// Writing the map.
    #[error(transparent)]
    Geo(#[from] crate::geo::GeoError),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

/// The result for one chunk, given out as soon as it is there.
#[derive(Debug, Clone)]
pub struct ChunkMap {
    /// The pixels it covers.
    pub window: Window,
    /// Class codes, y x x; 255 where some band of the pixel has no observation at all. They are of the scaled
    /// probabilities, as in [`ProbabilityMap::class_map`]: of equal ones the first class.
    pub codes: Vec<u8>,
    /// Probabilities scaled to 0..=250, class x y x x; 255 for nodata.
    pub probabilities: Vec<u8>,
}

/// Probabilities of every class at every pixel.
#[derive(Debug, Clone)]
pub struct ProbabilityMap {
    /// Its grid.
    pub grid: Grid,
    /// Classes, in the order of the planes.
    pub classes: Vec<Class>,
    /// class x y x x, scaled to 0..=250; 255 for nodata.
    pub planes: Vec<u8>,
}

/// What came of a cube.
#[derive(Debug, Clone)]
pub struct Classified {
    /// The map.
    pub map: ProbabilityMap,
    /// Damaged chunks, which are nodata in the map, each in a sentence, in order of rows.
    pub damaged: Vec<String>,
    /// What bfloat16 changed on some pixels of each chunk; `None` where the model classified in f32.
    pub probe: Option<Probe>,
}

/// Classes per pixel.
#[derive(Debug, Clone)]
pub struct ClassMap {
    /// Its grid.
    pub grid: Grid,
    /// Its classes.
    pub classes: Vec<Class>,
    /// Class codes, y x x; 255 nodata.
    pub codes: Vec<u8>,
}

impl ProbabilityMap {
    /// The most likely class of each pixel.
    pub fn class_map(&self) -> ClassMap {
        let codes = most_likely(&self.planes, self.grid.pixels(), &self.classes);
        ClassMap { grid: self.grid.clone(), classes: self.classes.clone(), codes }
    }

    /// Entropy of each pixel's probabilities over the logarithm of the number of classes, scaled to 0..=250; 255 nodata.
    pub fn entropy(&self) -> Vec<u8> {
        let pixels = self.grid.pixels();
        let most = (self.classes.len().max(2) as f64).ln();
        let of = |i: usize| {
            let values = || self.planes.iter().skip(i).step_by(pixels.max(1)).copied();
            if values().any(|v| v == NODATA) {
                return NODATA;
            }
            let sum: f64 = values().map(f64::from).sum();
            let entropy: f64 =
                values().filter(|v| *v > 0).map(|v| f64::from(v) / sum).map(|p| -p * p.ln()).sum();
            (entropy / most * f64::from(FULL)).round().clamp(0.0, f64::from(FULL)) as u8
        };
        (0..pixels).map(of).collect()
    }
}

/// The code of the largest plane at each pixel, the first of equals; nodata stays nodata.
fn most_likely(planes: &[u8], pixels: usize, classes: &[Class]) -> Vec<u8> {
    let mut largest: Vec<u8> = planes[..pixels].to_vec();
    let first = classes.first().map_or(NODATA, |class| class.code);
    let mut codes: Vec<u8> = largest.iter().map(|v| if *v == NODATA { NODATA } else { first }).collect();
    for (plane, class) in planes.chunks_exact(pixels.max(1)).zip(classes).skip(1) {
        for ((code, largest), v) in codes.iter_mut().zip(&mut largest).zip(plane) {
            if *v > *largest {
                *largest = *v;
                *code = class.code;
            }
        }
    }
    codes
}

/// Matches the model's bands and dates to the cube's: bands by common name or name, dates by position where the counts agree.
/// Indices are computed.
/// Classifies every chunk on all threads; `next` picks which of the remaining chunks (across, down) comes next, so that
/// those in view come first. `on_chunk` gets each as it is done, from any thread; damaged ones as nodata.
///
/// # Errors
/// When the cube lacks a band of the model (says which), or has another number of dates; when reading fails, or every chunk
/// is damaged.
pub fn classify(
    cube: &Cube,
    model: &Model,
    next: Next,
    on_chunk: &(dyn Fn(ChunkMap) + Sync),
    report: Report,
    cancel: &Cancel,
) -> Result<Classified, ClassifyError> {
    let info = cube.info();
    let features = features_of(&model.card, info)?;
    let (across, down) = cube.chunk_counts();
    let chunks = (0..down).flat_map(|y| (0..across).map(move |x| (x, y))).collect();
    let damaged = Mutex::new(BTreeMap::new());
    let probe = Mutex::new(Probe::default());
    let one = |at: (u32, u32)| {
        let chunk = match cube.decode(at) {
            Err(damage @ CubeError::Damaged { .. }) => {
                lock(&damaged).insert((at.1, at.0), damage);
                return Ok(empty(cube.chunk_window(at), model.card.classes.len()));
            }
            other => other?,
        };
        let read = |chunk: &Chunk, at: usize| cube.value_in(chunk, at);
        let form = Form { times: info.dates.len(), cube_bands: info.bands.len(), features: &features };
        classify_chunk(&chunk, form, &read, model, &|more| lock(&probe).add(more), cancel)
    };
    let map = Mutex::new(ProbabilityMap {
        grid: info.grid.clone(),
        classes: model.card.classes.clone(),
        planes: vec![NODATA; info.grid.pixels() * model.card.classes.len()],
    });
    let take = |chunk: ChunkMap| {
        place(&mut lock(&map), &chunk);
        on_chunk(chunk);
    };
    for_all_chunks(chunks, &one, next, &take, report, cancel)?;
    let mut damaged = damaged.into_inner().unwrap_or_else(PoisonError::into_inner);
    if damaged.len() == (across * down) as usize
        && let Some((_, first)) = damaged.pop_first()
    {
        return Err(first.into());
    }
    let map = map.into_inner().unwrap_or_else(PoisonError::into_inner);
    let damaged = damaged.into_values().map(|damage| damage.to_string()).collect();
    let probe = probe.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Classified { map, damaged, probe: model.is_in_bf16().then_some(probe) })
}

/// A chunk of which nothing is known.
fn empty(window: Window, classes: usize) -> ChunkMap {
    let pixels = window.pixels();
    ChunkMap { window, codes: vec![NODATA; pixels], probabilities: vec![NODATA; pixels * classes] }
}

/// The bands and indices of the model on a cube.
fn features_of(card: &ModelCard, info: &CubeInfo) -> Result<Vec<Feature>, ModelError> {
    let (mut features, mut missing, mut other) = (Vec::new(), Vec::new(), None);
    for input in card.inputs() {
        match (input.find(&info.bands), input.expression) {
            (Ok(feature), _) => features.push(feature),
            (Err(IndexError::UnknownName { name, .. }), Some(_)) => {
                missing.push(format!("{name} for {}", input.name));
            }
            (Err(IndexError::UnknownName { name, .. }), None) => missing.push(name),
            (Err(why), _) => other = Some(why),
        }
    }
    if !missing.is_empty() {
        let has: Vec<&str> = info.bands.iter().map(|band| band.name.as_str()).collect();
        let why = format!(
            "this model needs {}, which the cube does not have (it has {}). Choose another model, or train one on this cube",
            missing.join(", "),
            has.join(", ")
        );
        return Err(ModelError::Mismatch { why });
    }
    if let Some(why) = other {
        return Err(ModelError::Mismatch { why: format!("this model does not fit the cube: {why}") });
    }
    if card.dates.len() != info.dates.len() {
        let why = format!(
            "this model learned from {} dates and the cube has {}. Choose another model, or train one on this cube",
            card.dates.len(),
            info.dates.len()
        );
        return Err(ModelError::Mismatch { why });
    }
    Ok(features)
}

/// How the numbers of a chunk lie, `time x cube_bands x y x x`, and which bands and indices are taken of them.
#[derive(Clone, Copy)]
struct Form<'a> {
    times: usize,
    cube_bands: usize,
    features: &'a [Feature],
}

/// Classifies the pixels of a chunk; `probed` is told what bfloat16 changed on the first of them.
fn classify_chunk(
    chunk: &Chunk,
    Form { times, cube_bands, features }: Form,
    read: &dyn Fn(&Chunk, usize) -> f32,
    model: &Model,
    probed: &dyn Fn(Probe),
    cancel: &Cancel,
) -> Result<ChunkMap, ClassifyError> {
    let (window, classes) = (chunk.window, &model.card.classes);
    let pixels = window.pixels();
    if chunk.pixels.len() != pixels * times * cube_bands {
        let why =
            format!("a chunk of {} values instead of {}", chunk.pixels.len(), pixels * times * cube_bands);
        return Err(ModelError::Engine { doing: "read a chunk", why }.into());
    }
    let inputs = features.len();
    let each = times * inputs;
    let mut probabilities = vec![NODATA; pixels * classes.len()];
    let mut series = Vec::new();
    let (mut planes, mut values) = (Vec::new(), Vec::new());
    for start in (0..pixels).step_by(SERIES) {
        cancel.check()?;
        let here = SERIES.min(pixels - start);
        series.clear();
        series.resize(here * each, 0.0);
        for t in 0..times {
            for (place, feature) in features.iter().enumerate() {
                planes.clear();
                for band in feature.bands() {
                    let plane = (t * cube_bands + band) * pixels + start;
                    planes.extend((plane..plane + here).map(|at| read(chunk, at)));
                }
                let slices: Vec<&[f32]> = planes.chunks_exact(here).collect();
                values.clear();
                values.resize(here, f32::NAN);
                feature.evaluate(&slices, &mut values);
                let to = series[t * inputs + place..].iter_mut().step_by(each);
                to.zip(&values).for_each(|(to, value)| *to = *value);
            }
        }
        if start == 0 && model.is_in_bf16() {
            probed(model.probe(&series[..here.min(PROBED) * each])?);
        }
        let found = model.probabilities(&series)?;
        for (i, row) in found.chunks_exact(classes.len()).enumerate() {
            if row.iter().any(|p| p.is_nan()) {
                continue;
            }
            for (k, p) in row.iter().enumerate() {
                probabilities[k * pixels + start + i] = (p * f32::from(FULL)).round() as u8;
            }
        }
    }
    let codes = most_likely(&probabilities, pixels, classes);
    Ok(ChunkMap { window, codes, probabilities })
}

/// Copies a chunk to its place in the map.
fn place(map: &mut ProbabilityMap, chunk: &ChunkMap) {
    let Window { col, row, width, height } = chunk.window;
    let (across, pixels) = (map.grid.width as usize, map.grid.pixels());
    for (from, plane) in
        chunk.probabilities.chunks_exact(chunk.window.pixels()).zip(map.planes.chunks_exact_mut(pixels))
    {
        let rows = from.chunks_exact(width as usize).zip(row as usize..(row + height) as usize);
        for (from, y) in rows {
            let start = y * across + col as usize;
            plane[start..start + width as usize].copy_from_slice(from);
        }
    }
}

/// Works on all chunks with as many threads as rayon has. These are threads of their own: a thread of rayon that waits
/// inside of `one` could be lent to another chunk and finish its own late.
fn for_all_chunks(
    chunks: Vec<(u32, u32)>,
    one: &(dyn Fn((u32, u32)) -> Result<ChunkMap, ClassifyError> + Sync),
    next: Next,
    take: &(dyn Fn(ChunkMap) + Sync),
    report: Report,
    cancel: &Cancel,
) -> Result<(), ClassifyError> {
    let total = chunks.len() as u64;
    let tell = |done| report(Progress::new(done, total, "Mapping"));
    let (remaining, failure, done) = (Mutex::new(chunks), Mutex::new(None), AtomicU64::new(0));
    let work = || {
        loop {
            let chunk = {
                let mut remaining = lock(&remaining);
                if remaining.is_empty() || lock(&failure).is_some() {
                    return;
                }
                let chosen = next(&remaining).min(remaining.len() - 1);
                remaining.remove(chosen)
            };
            match cancel.check().map_err(ClassifyError::from).and_then(|()| one(chunk)) {
                Ok(map) => {
                    take(map);
                    tell(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
                Err(error) => {
                    lock(&failure).get_or_insert(error);
                    return;
                }
            }
        }
    };
    tell(0);
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(total as usize) {
            scope.spawn(work);
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Band, FeatureRecord};
    use crate::geo::Crs;
    use crate::geo::raster::PixelType;
    use crate::labels::Legend;
    use crate::model::{ModelKind, ModelSpec, TempCnnOptions, train};
    use crate::samples::{SampleSet, Split};
    use chrono::NaiveDate;

    fn classes() -> Vec<Class> {
        let class = |(i, name): (usize, &str)| Class::new(7 * (i as u8 + 1), name, [1, 2, 3]);
        ["forest", "water", "city"].into_iter().enumerate().map(class).collect()
    }

    fn dates(count: u32) -> Vec<NaiveDate> {
        (1..=count).map(|m| NaiveDate::from_ymd_opt(2022, m, 15).unwrap()).collect()
    }

    fn grid(width: u32, height: u32) -> Grid {
        Grid {
            crs: Crs::from_epsg(6362).unwrap(),
            left: 0.0,
            top: 0.0,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width,
            height,
        }
    }

    /// Learns that "red" is 100 in forest, 300 in water, 500 in city, and "nir" four times as much.
    fn model() -> Model {
        let samples = 60;
        let codes: Vec<u8> = (0..samples).map(|i| 7 * (i % 3 + 1) as u8).collect();
        let values = codes.iter().enumerate().flat_map(|(i, code)| {
            let level = f32::from(code / 7) * 200.0 - 100.0 + (i % 7) as f32;
            [level, 4.0 * level].repeat(3)
        });
        let set = SampleSet {
            bands: vec!["red".into(), "nir".into()],
            features: vec![],
            dates: dates(3),
            values: crate::samples::Rows::of(6, values.collect()),
            annotations: (0..samples).collect(),
            places: vec![(0, 0); samples as usize],
            locations: Vec::new(),
            classes: codes,
        };
        let mut spec = ModelSpec::default();
        let options = TempCnnOptions { filters: 8, layers: 1, dense: 8, ..TempCnnOptions::default() };
        spec.kind = ModelKind::TempCnn(options);
        spec.training.learning_rate = 1e-2;
        let split = Split { train: (0..samples as usize).collect(), held_out: Vec::new(), kept: Vec::new() };
        train(&set, &split, &Legend { classes: classes() }, &spec, &|_| (), &Cancel::new()).unwrap()
    }

    fn read(chunk: &Chunk, at: usize) -> f32 {
        let crate::cube::Pixels::Words(words) = &chunk.pixels else { return f32::NAN };
        if words[at] == 0 { f32::NAN } else { f32::from(words[at]) }
    }

    /// Words of three dates and the bands nir, blue, red: column 0 forest, 1 water, 2 city, 3 red never observed, 4 with
    /// a gap.
    fn chunk() -> Chunk {
        let window = Window { col: 64, row: 0, width: 5, height: 2 };
        let levels = [100, 300, 500, 300, 300];
        let mut words = Vec::new();
        for t in 0..3 {
            for band in ["nir", "blue", "red"] {
                for pixel in 0..10 {
                    let level = levels[pixel % 5];
                    words.push(match (band, pixel % 5) {
                        ("red", 3) => 0,
                        ("red", 4) if t == 1 => 0,
                        ("red", _) => level,
                        ("nir", _) => 4 * level,
                        _ => 9999,
                    });
                }
            }
        }
        Chunk { window, pixels: crate::cube::Pixels::Words(words), masks: None }
    }

    /// Red and near infrared of the chunk.
    fn features() -> Vec<Feature> {
        let bands = ["nir", "blue", "red"].map(Band::named);
        [2, 0].iter().filter_map(|band| Feature::band_at(&bands, *band)).collect()
    }

    #[test]
    fn bands_are_taken_by_name_and_pixels_without_observation_are_nodata() {
        let model = model();
        let map = {
            let form = Form { times: 3, cube_bands: 3, features: &features() };
            classify_chunk(&chunk(), form, &read, &model, &|_| (), &Cancel::new()).unwrap()
        };
        assert_eq!(map.codes, [7, 14, 21, 255, 14].repeat(2));
        for pixel in 0..10 {
            let column: Vec<u8> = (0..3).map(|k| map.probabilities[k * 10 + pixel]).collect();
            if pixel % 5 == 3 {
                assert_eq!(column, [255; 3]);
            } else {
                let sum: u32 = column.iter().map(|v| u32::from(*v)).sum();
                assert!(column.iter().all(|v| *v <= 250) && (248..=252).contains(&sum), "{column:?}");
            }
        }
    }

    #[test]
    fn a_cube_that_does_not_fit_is_refused_with_what_is_missing() {
        let model = model();
        let info = |bands: &[&str], count: u32| CubeInfo {
            grid: grid(5, 2),
            bands: bands.iter().map(|name| Band::named(*name)).collect(),
            dates: dates(count),
            pixel_type: PixelType::Uint16,
            nodata: 0.0,
            origin: None,
        };
        assert_eq!(features_of(&model.card, &info(&["nir", "blue", "red"], 3)).unwrap(), features());
        let mut with_index = model.card.clone();
        let ndmi = Feature::resolve("NDMI", &["nir", "swir1"].map(Band::named), &[]).unwrap();
        with_index.features = vec![FeatureRecord::named("red"), ndmi.record()];
        let why = features_of(&with_index, &info(&["nir", "blue", "red"], 3)).unwrap_err().to_string();
        assert!(why.contains("needs swir1 for NDMI,") && why.contains("nir, blue, red"), "{why}");
        let why = features_of(&model.card, &info(&["blue", "red"], 3)).unwrap_err().to_string();
        assert!(why.contains("needs nir,") && why.contains("blue, red"), "{why}");
        let why = features_of(&model.card, &info(&["nir", "red"], 4)).unwrap_err().to_string();
        assert!(why.contains("3 dates") && why.contains("has 4"), "{why}");
    }

    fn probability_map(planes: &[[u8; 6]; 3]) -> ProbabilityMap {
        ProbabilityMap { grid: grid(3, 2), classes: classes(), planes: planes.concat() }
    }

    #[test]
    fn the_class_is_the_most_likely_one_and_the_first_of_equals() {
        let map = probability_map(&[
            [250, 0, 0, 83, 125, 255],
            [0, 250, 10, 83, 125, 255],
            [0, 0, 240, 83, 0, 255],
        ]);
        assert_eq!(map.class_map().codes, [7, 14, 21, 7, 7, 255]);
    }

    #[test]
    fn entropy_runs_from_certain_to_undecided() {
        let map =
            probability_map(&[[250, 0, 0, 83, 125, 255], [0, 250, 0, 83, 125, 255], [0, 0, 250, 83, 0, 255]]);
        // Two of three equal: ln 2 / ln 3 = 0.631.
        assert_eq!(map.entropy(), [0, 0, 0, 250, 158, 255]);
    }

    #[test]
    fn chunks_are_put_together_where_they_belong() {
        let grid = grid(7, 5);
        let pixels = grid.pixels();
        let window = |(x, y): (u32, u32)| Window {
            col: x * 4,
            row: y * 4,
            width: (7 - x * 4).min(4),
            height: (5 - y * 4).min(4),
        };
        let value = |k: usize, x: u32, y: u32| (k as u32 * 100 + y * 7 + x) as u8;
        let one = |chunk| {
            let window = window(chunk);
            let mut probabilities = Vec::new();
            for k in 0..2 {
                for y in window.row..window.row + window.height {
                    probabilities.extend((window.col..window.col + window.width).map(|x| value(k, x, y)));
                }
            }
            Ok(ChunkMap { window, codes: Vec::new(), probabilities })
        };
        let map = Mutex::new(ProbabilityMap { grid, classes: classes(), planes: vec![NODATA; pixels * 2] });
        let seen = Mutex::new(Vec::new());
        let take = |chunk: ChunkMap| {
            place(&mut lock(&map), &chunk);
            lock(&seen).push(chunk.window);
        };
        let last = |remaining: &[(u32, u32)]| remaining.len() - 1;
        let told = Mutex::new(Vec::new());
        let chunks = vec![(0, 0), (1, 0), (0, 1), (1, 1)];
        let report = |progress: Progress| lock(&told).push((progress.done, progress.total));
        for_all_chunks(chunks, &one, &last, &take, &report, &Cancel::new()).unwrap();
        let map = map.into_inner().unwrap();
        for k in 0..2 {
            for y in 0..5 {
                for x in 0..7 {
                    assert_eq!(map.planes[k * pixels + (y * 7 + x) as usize], value(k, x, y));
                }
            }
        }
        assert_eq!(lock(&seen).len(), 4);
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]);
    }

    #[test]
    fn next_decides_the_order_and_a_choice_beyond_the_end_takes_the_last() {
        let order = Mutex::new(Vec::new());
        let one = |chunk| {
            lock(&order).push(chunk);
            if lock(&order).len() >= 3 {
                return Err(crate::progress::Cancelled.into());
            }
            let window = Window { col: 0, row: 0, width: 1, height: 1 };
            Ok(ChunkMap { window, codes: vec![1], probabilities: vec![0] })
        };
        let chunks: Vec<(u32, u32)> = (0..100).map(|x| (x, 0)).collect();
        let picked = Mutex::new(Vec::new());
        let next = |remaining: &[(u32, u32)]| {
            lock(&picked).push(remaining[remaining.len() - 1]);
            usize::MAX
        };
        let result = for_all_chunks(chunks, &one, &next, &|_| (), &|_| (), &Cancel::new());
        assert!(matches!(result, Err(ClassifyError::Cancelled(_))));
        let (mut order, mut picked) = (order.into_inner().unwrap(), picked.into_inner().unwrap());
        assert_eq!(picked[..3], [(99, 0), (98, 0), (97, 0)]);
        // The failure stopped the others soon.
        assert!(order.len() < 3 + 64);
        order.sort_unstable();
        picked.sort_unstable();
        assert_eq!(order, picked);
    }

    #[test]
    fn a_cancelled_map_stops_within_a_chunk() {
        let cancel = Cancel::new();
        cancel.cancel();
        let form = Form { times: 3, cube_bands: 3, features: &features() };
        let result = classify_chunk(&chunk(), form, &read, &model(), &|_| (), &cancel);
        assert!(matches!(result, Err(ClassifyError::Cancelled(_))));
    }

    /// 70 x 66 pixels, so four chunks: stripes of forest, water and city, a square without observation; bands in another
    /// order than the model's.
    #[test]
    fn a_cube_becomes_a_map_with_every_pixel_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let grid = grid(70, 66);
        let level =
            |i: usize| if (i % 70) < 10 && i / 70 < 10 { 0 } else { 100 + 200 * (i / 70 / 22) as u16 };
        let values: Vec<u16> = (0..2 * grid.pixels())
            .map(|i| if i < grid.pixels() { 4 * level(i) } else { level(i - grid.pixels()) })
            .collect();
        for date in ["2022-01-15", "2022-02-15", "2022-03-15"] {
            let path = folder.path().join(format!("mosaic_{date}.tif"));
            let bands = ["nir", "red"];
            crate::geo::raster::write_mosaic(&path, &grid, &bands, PixelType::Uint16, 0.0, &values, &[])
                .unwrap();
        }
        let found =
            crate::source::recognise(&crate::source::InputSpec::of([folder.path()]), &|_| (), &Cancel::new())
                .unwrap();
        let spec = crate::cube::BuildSpec { found, ..Default::default() };
        let store = folder.path().join("site.zarr");
        crate::cube::build(&spec, &store, &|_| (), &Cancel::new()).unwrap();
        let cube = Cube::open(&store).unwrap();

        let model = model();
        let chunks = Mutex::new(Vec::new());
        let on_chunk = |chunk: ChunkMap| lock(&chunks).push(chunk);
        let map =
            classify(&cube, &model, &|_| 0, &on_chunk, &|_| (), &Cancel::new()).unwrap().map.class_map();
        for i in 0..grid.pixels() {
            let expected = if level(i) == 0 { NODATA } else { 7 * (1 + (i / 70 / 22) as u8) };
            assert_eq!(map.codes[i], expected, "column {}, row {}", i % 70, i / 70);
        }
        let chunks = chunks.into_inner().unwrap();
        assert_eq!(chunks.len(), 4);
        for chunk in chunks {
            let Window { col, row, width, height } = chunk.window;
            let rows =
                (row..row + height).flat_map(|y| (col..col + width).map(move |x| (y * 70 + x) as usize));
            assert!(
                rows.zip(&chunk.codes).all(|(i, code)| map.codes[i] == *code),
                "codes of a chunk and the map"
            );
        }

        let cancel = Cancel::new();
        cancel.cancel();
        let result = classify(&cube, &model, &|_| 0, &|_| (), &|_| (), &cancel);
        assert!(matches!(result, Err(ClassifyError::Cancelled(_))));
    }
}
