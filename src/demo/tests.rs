//! What the landscape promises, checked against the true map: one month does not tell its classes apart, the year does.

mod areas;
mod clouds;

use super::phenology::BANDS;
use super::quadratic::Quadratic;
use super::{Landscape, simulate, write_inputs};
use crate::geo::Window;
use crate::geo::raster::{PixelType, RasterReader, info, read_u8};
use crate::labels::{ClassCode, Confidence, core_of};
use crate::model::{Model, ModelSpec, train};
use crate::progress::Cancel;
use crate::samples::{Rows, SampleSet, split_by_annotation};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The inward buffer that Ritmo starts with.
const BUFFER_M: f64 = 20.0;

/// The landscape of the demo, simulated once for all tests.
fn demo() -> &'static Landscape {
    static DEMO: OnceLock<Landscape> = OnceLock::new();
    DEMO.get_or_init(|| simulate(1).expect("GDAL knows EPSG:6362"))
}

impl Landscape {
    /// Values of a pixel in some months, month x band, NaN for gaps.
    fn series(&self, months: &[usize], pixel: usize) -> impl Iterator<Item = f32> {
        let pixels = self.truth.len();
        months.iter().flat_map(move |month| {
            let mosaic = &self.mosaics[*month];
            (0..BANDS).map(move |band| match mosaic[band * pixels + pixel] {
                0 => f32::NAN,
                value => f32::from(value),
            })
        })
    }

    /// What training gets: the pure pixels of the annotations, in some months.
    fn samples(&self, months: &[usize]) -> SampleSet {
        let mut set = SampleSet {
            bands: self.bands.iter().map(|&band| band.to_owned()).collect(),
            features: vec![],
            dates: months.iter().map(|month| self.dates[*month]).collect(),
            values: Rows::new(self.bands.len() * months.len()),
            classes: vec![],
            annotations: vec![],
            places: vec![],
            locations: Vec::new(),
        };
        for annotation in &self.annotations {
            let core = core_of(&annotation.geometry, &self.grid, BUFFER_M).expect("a polygon on the grid");
            for (col, row) in core.pure_pixels {
                let pixel = row as usize * self.grid.width as usize + col as usize;
                if self.series(months, pixel).all(f32::is_nan) {
                    continue;
                }
                set.values.push(&self.series(months, pixel).collect::<Vec<_>>()).expect("memory");
                set.classes.push(annotation.class);
                set.annotations.push(annotation.id);
                set.places.push((col, row));
            }
        }
        set
    }

    /// Every seventh pixel that was seen in some of the months.
    fn test_pixels(&self, months: &[usize]) -> Vec<usize> {
        (0..self.truth.len()).step_by(7).filter(|&i| !self.series(months, i).all(f32::is_nan)).collect()
    }
}

/// Ritmo's own network, trained from the annotations as a user would.
fn trained(landscape: &Landscape, months: &[usize], spec: &ModelSpec) -> Model {
    let set = landscape.samples(months);
    let training = &spec.training;
    let split = split_by_annotation(&set, training.held_out_share, training.seed);
    let model = train(&set, &split, &landscape.legend, spec, &|_| (), &Cancel::new()).expect("trains");
    println!("months {months:?}: {} samples, {} epochs", set.len(), model.card.history.len());
    model
}

/// Overall accuracy on the true map of Ritmo's own network, trained from the annotations as a user would.
fn trained_accuracy(landscape: &Landscape, months: &[usize], spec: &ModelSpec) -> f64 {
    accuracy(landscape, months, &trained(landscape, months, spec), |_, _| ())
}

/// Overall accuracy of a model on the true map; `change` may change the series (month x band) of each pixel first.
fn accuracy(
    landscape: &Landscape,
    months: &[usize],
    model: &Model,
    change: impl Fn(usize, &mut [f32]) + Sync,
) -> f64 {
    let pixels = landscape.test_pixels(months);
    let classes = model.card.classes.len();
    let mut confused: BTreeMap<(ClassCode, ClassCode), usize> = BTreeMap::new();
    let mapped: Vec<ClassCode> = pixels
        .par_chunks(2048)
        .flat_map_iter(|pixels| {
            let mut values: Vec<f32> = pixels.iter().flat_map(|&i| landscape.series(months, i)).collect();
            for (pixel, series) in pixels.iter().zip(values.chunks_exact_mut(months.len() * BANDS)) {
                change(*pixel, series);
            }
            let probabilities = model.probabilities(&values).expect("fits");
            let best =
                probabilities.chunks(classes).map(|of| (0..classes).max_by(|&a, &b| of[a].total_cmp(&of[b])));
            best.map(|best| model.card.classes[best.expect("has classes")].code).collect::<Vec<_>>()
        })
        .collect();
    for (pixel, mapped) in pixels.iter().zip(&mapped) {
        *confused.entry((landscape.truth[*pixel], *mapped)).or_default() += 1;
    }
    let right: usize = confused.iter().filter(|((a, b), _)| a == b).map(|(_, n)| n).sum();
    let accuracy = right as f64 / pixels.len() as f64;
    println!("months {months:?}: accuracy {accuracy:.3}");
    for truth in 1..=10 {
        let row: Vec<String> =
            (1..=10).map(|mapped| format!("{:6}", confused.get(&(truth, mapped)).unwrap_or(&0))).collect();
        println!("{truth:3} {}", row.concat());
    }
    accuracy
}

/// Overall accuracy of a quadratic discriminant that was told one in fourteen pixels of the true map.
fn told_accuracy(landscape: &Landscape, month: usize) -> f64 {
    let pixels = landscape.test_pixels(&[month]);
    let series = |i: usize| landscape.series(&[month], i).map(f64::from).collect::<Vec<_>>();
    let told: Vec<_> = (3..landscape.truth.len())
        .step_by(14)
        .filter(|&i| !landscape.series(&[month], i).all(f32::is_nan))
        .map(|i| (landscape.truth[i], series(i)))
        .collect();
    let classifier = Quadratic::fit(&told);
    let right = pixels.par_iter().filter(|&&i| classifier.class(&series(i)) == landscape.truth[i]).count();
    let accuracy = right as f64 / pixels.len() as f64;
    println!("month {}: {accuracy:.3} from {} true pixels", month + 1, told.len());
    accuracy
}

#[test]
fn the_year_tells_the_classes_apart() {
    let accuracy = trained_accuracy(demo(), &(0..12).collect::<Vec<_>>(), &ModelSpec::default());
    assert!(accuracy >= 0.92, "the year gives {accuracy:.3}");
}

/// Training from forty polygons could be what fails in a single month, so a classifier that has no training to go
/// wrong and gets thousands of pixels of the true map is asked first; Ritmo's own then gets the months it did best in.
#[test]
fn no_single_month_tells_the_classes_apart() {
    let landscape = demo();
    let mut told: Vec<(f64, usize)> = (0..12).map(|month| (told_accuracy(landscape, month), month)).collect();
    told.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (accuracy, month) in &told {
        assert!(*accuracy <= 0.80, "month {} alone gives {accuracy:.3}", month + 1);
        // A classifier that had learned nothing would pass the line above.
        assert!(*accuracy >= 0.50, "month {} gives {accuracy:.3}: the classifier is broken", month + 1);
    }
    for (_, month) in &told[..4] {
        let accuracy = trained_accuracy(landscape, &[*month], &ModelSpec::default());
        assert!(accuracy <= 0.80, "month {} alone gives {accuracy:.3}", month + 1);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_one_thread_and_on_three() {
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| simulate(seed)).expect("GDAL knows EPSG:6362")
    };
    let (one, three, other) = (on(1, 5), on(3, 5), on(3, 6));
    assert!(one.mosaics == three.mosaics);
    assert!(one.truth == three.truth);
    assert!(one.annotations == three.annotations);
    assert!(one.mosaics != other.mosaics);
}

#[test]
fn annotations_lie_inside_their_class_and_keep_several_dozen_pure_pixels() {
    for landscape in [demo(), &simulate(2).expect("simulates"), &simulate(3).expect("simulates")] {
        let mut of_class: BTreeMap<ClassCode, usize> = BTreeMap::new();
        let mut quarters = BTreeSet::new();
        for (annotation, id) in landscape.annotations.iter().zip(1..) {
            assert_eq!(annotation.id, id);
            assert_eq!(annotation.confidence, Confidence::Sure);
            let geo::Geometry::Polygon(polygon) = &annotation.geometry else { panic!("not a polygon") };
            assert!((6..=13).contains(&polygon.exterior().0.len()), "closed rings of 5 to 12 corners");
            let core = core_of(&annotation.geometry, &landscape.grid, BUFFER_M).expect("on the grid");
            assert!(core.pure_pixels.len() >= 30, "{id} keeps {} pixels", core.pure_pixels.len());
            for (col, row) in core.pure_pixels {
                assert_eq!(landscape.truth[(row * landscape.grid.width + col) as usize], annotation.class);
                quarters.insert((col / 256, row / 256));
            }
            *of_class.entry(annotation.class).or_default() += 1;
        }
        assert_eq!(quarters.len(), 4);
        assert_eq!(of_class.len(), 10, "seed {}: {of_class:?}", landscape.seed);
        assert!(of_class.values().all(|n| (3..=5).contains(n)), "seed {}: {of_class:?}", landscape.seed);
    }
}

#[test]
fn gaps_are_nought_in_every_band_and_only_in_some_months() {
    let landscape = demo();
    let pixels = landscape.truth.len();
    let gaps: Vec<f64> = landscape
        .mosaics
        .iter()
        .map(|mosaic| {
            let bands_missing = |i: usize| (0..BANDS).filter(|band| mosaic[band * pixels + i] == 0).count();
            let missing = (0..pixels).map(bands_missing).filter(|&bands| bands > 0);
            let whole = missing.inspect(|&bands| assert_eq!(bands, BANDS)).count();
            whole as f64 / pixels as f64
        })
        .collect();
    assert!(gaps.iter().filter(|&&share| share == 0.0).count() >= 6, "{gaps:?}");
    assert!(gaps.iter().any(|&share| share > 0.01), "{gaps:?}");
    assert!(gaps.iter().all(|&share| share < 0.15), "{gaps:?}");
}

#[test]
fn the_files_hold_what_was_simulated_and_say_so() {
    let landscape = demo();
    let folder = tempfile::tempdir().expect("a folder");
    let inputs = write_inputs(landscape, folder.path()).expect("writes");
    let mut names: Vec<_> = std::fs::read_dir(&inputs.mosaics)
        .expect("reads")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let expected: Vec<_> = (1..=12).map(|month| format!("demo_2022-{month:02}-15.tif")).collect();
    assert_eq!(names, expected);

    let path = inputs.mosaics.join(&names[8]);
    let said = info(&path).expect("reads");
    assert!(said.placement.grid().unwrap().lines_up_with(&landscape.grid));
    assert!(said.bands.iter().map(|band| &band.name).eq(&landscape.bands));
    assert_eq!(said.bands[0].nodata, Some(0.0));
    let whole = Window { col: 0, row: 0, width: landscape.grid.width, height: landscape.grid.height };
    let red =
        RasterReader::open(&path).and_then(|file| file.read_16(2, whole, PixelType::Uint16)).expect("reads");
    assert!(red == landscape.mosaics[8][2 * whole.pixels()..3 * whole.pixels()]);
    let (_, truth) = read_u8(&inputs.truth, 0).expect("reads");
    assert!(truth == landscape.truth);
}
