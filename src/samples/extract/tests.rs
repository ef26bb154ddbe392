use super::*;
use crate::cube::Band;
use crate::geo::raster::PixelType;
use crate::geo::{Crs, Grid};
use chrono::NaiveDate;
use geo::{Coord, Geometry, LineString, Point, Polygon};
use std::sync::Mutex;

const TIMES: usize = 3;

/// Three chunks across and two down, the last ones cut.
fn info() -> CubeInfo {
    let grid = Grid {
        crs: Crs::from_epsg(6362).unwrap(),
        left: 2_800_000.0,
        top: 800_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 150,
        height: 100,
    };
    let day = |day| NaiveDate::from_yo_opt(2022, day).unwrap();
    CubeInfo {
        grid,
        bands: ["B04", "B08"].map(Band::named).to_vec(),
        dates: vec![day(1), day(100), day(200)],
        pixel_type: PixelType::Int16,
        nodata: -9999.0,
        origin: None,
    }
}

fn features() -> Vec<Feature> {
    Feature::all_bands(&info().bands)
}

/// Values that tell the pixel, the date and the band apart.
fn series(col: u32, row: u32) -> Series {
    let values = (0..TIMES * 2).map(|k| (row * 1000 + col) as f32 + k as f32 * 1e6).collect();
    Series { times: TIMES, bands: 2, values }
}

/// Reads what `series` gives, with the reads noted down.
struct Reader {
    chunks: Mutex<Vec<(u32, u32)>>,
    series: fn(u32, u32) -> Series,
}

impl Reader {
    fn new(series: fn(u32, u32) -> Series) -> Self {
        Self { chunks: Mutex::new(vec![]), series }
    }

    fn extract(
        &self,
        annotations: &[Arc<Annotation>],
        buffer_m: f64,
    ) -> Result<(SampleSet, ExtractReport), SampleError> {
        let read = |chunk: (u32, u32), pixels: &[Pixel]| {
            self.chunks.lock().unwrap().push(chunk);
            assert!(pixels.iter().all(|p| (p.col / 64, p.row / 64) == chunk));
            Ok(pixels.iter().map(|p| (self.series)(p.col, p.row)).collect())
        };
        extract_with(&info(), &spec(&features(), annotations, buffer_m), &read, &|_| {}, &Cancel::new())
    }
}

fn spec<'a>(features: &'a [Feature], annotations: &'a [Arc<Annotation>], buffer_m: f64) -> ExtractSpec<'a> {
    let buffers = Box::leak(Box::new(Buffers::all(buffer_m)));
    ExtractSpec { features, annotations, take_likely: false, buffers, filling: Filling::Linear }
}

fn extracted(annotations: &[Arc<Annotation>], buffer_m: f64) -> (SampleSet, ExtractReport) {
    Reader::new(series).extract(annotations, buffer_m).unwrap()
}

fn annotation(id: AnnotationId, class: ClassCode, geometry: Geometry<f64>) -> Arc<Annotation> {
    Arc::new(Annotation::new(id, geometry, class))
}

/// An annotation over columns and rows of the grid.
fn square(id: AnnotationId, class: ClassCode, left: f64, top: f64, side: f64) -> Arc<Annotation> {
    let corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)];
    let place = |(col, row)| Coord::from(info().grid.lonlat_from_pixel(col, row).unwrap());
    annotation(id, class, Polygon::new(LineString(corners.map(place).to_vec()), vec![]).into())
}

#[test]
fn samples_come_in_the_order_of_annotations_and_rows_with_their_values() {
    let (set, left_out) = extracted(&[square(9, 2, 62.0, 62.0, 4.0), square(3, 1, 10.0, 5.0, 2.0)], 0.0);
    assert_eq!(set.len(), 16 + 4);
    assert_eq!((set.bands.clone(), set.dates.len()), (vec!["B04".to_string(), "B08".to_string()], 3));
    assert_eq!(set.places[..5], [(62, 62), (63, 62), (64, 62), (65, 62), (62, 63)]);
    assert_eq!(set.places[16..], [(10, 5), (11, 5), (10, 6), (11, 6)]);
    assert_eq!(set.annotations[15..17], [9, 3]);
    assert_eq!(set.classes[15..17], [2, 1]);
    for i in 0..set.len() {
        let (col, row) = set.places[i];
        assert_eq!(*set.series(i).unwrap(), *series(col, row).values);
    }
    assert_eq!(left_out, ExtractReport::default());
}

#[test]
fn each_chunk_is_read_once_and_no_other() {
    let reader = Reader::new(series);
    let annotations =
        [square(1, 1, 60.0, 60.0, 8.0), square(2, 1, 5.0, 5.0, 4.0), square(3, 2, 9.0, 9.0, 4.0)];
    reader.extract(&annotations, 0.0).unwrap();
    let mut chunks = reader.chunks.into_inner().unwrap();
    chunks.sort_unstable();
    assert_eq!(chunks, [(0, 0), (0, 1), (1, 0), (1, 1)]);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let annotations: Vec<_> = (0..60u64)
        .map(|i| square(i, 1 + (i % 3) as u8, (i * 7 % 130) as f64, (i * 11 % 80) as f64, 9.0))
        .collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| extracted(&annotations, 10.0))
    };
    let (one, four) = (with(1), with(4));
    assert!(one.0.len() > 500);
    assert_eq!(one, four);
}

#[test]
fn pixels_of_two_classes_are_used_for_none_and_of_one_class_once() {
    let (set, left_out) = extracted(
        &[square(1, 1, 10.0, 10.0, 4.0), square(2, 2, 13.0, 10.0, 4.0), square(3, 1, 10.0, 13.0, 4.0)],
        0.0,
    );
    // Column 13 of rows 10 to 12 is of classes 1 and 2, its row 13 of all three annotations.
    assert_eq!(left_out.claimed_twice, 4);
    let of = |id| set.annotations.iter().filter(|a| **a == id).count();
    assert_eq!((of(1), of(2), of(3)), (12, 12, 12));
    let mut places = set.places.clone();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), set.len());
}

#[test]
fn a_pixel_without_any_observation_in_a_band_is_left_out_and_one_with_a_gap_is_not() {
    let gaps = |col, row| {
        let mut series = series(col, row);
        if col == 10 {
            (0..TIMES).for_each(|time| series.values[time * 2 + 1] = f32::NAN);
        }
        if col == 11 {
            series.values[2] = f32::NAN;
        }
        series
    };
    let annotations = [square(1, 1, 10.0, 10.0, 3.0), square(2, 2, 10.0, 20.0, 1.0)];
    let (set, left_out) = Reader::new(gaps).extract(&annotations, 0.0).unwrap();
    assert_eq!((set.len(), left_out.without_observation), (6, 4));
    assert!(set.series(0).unwrap()[2].is_nan());
    assert_eq!(left_out.classes_without_samples, [2]);
    assert_eq!(left_out.without_pixels, [], "its pixel was there, its observations were not");
}

#[test]
fn what_gives_no_pixel_is_listed_with_the_reason() {
    let line = LineString::from(vec![(-99.0, 19.0), (-99.1, 19.1)]);
    let mut own_buffer = square(4, 4, 40.0, 40.0, 3.0);
    Arc::make_mut(&mut own_buffer).buffer_m = Some(0.0);
    let mut likely = square(5, 5, 70.0, 70.0, 20.0);
    Arc::make_mut(&mut likely).confidence = Confidence::Likely;
    let place = info().grid.lonlat_from_pixel(100.5, 50.5).unwrap();
    let annotations = [
        square(1, 1, 10.0, 10.0, 3.0),
        square(2, 2, 500.0, 10.0, 30.0),
        annotation(3, 3, line.into()),
        own_buffer,
        likely,
        annotation(6, 6, Point::from(place).into()),
    ];
    let (set, left_out) = extracted(&annotations, 20.0);
    assert_eq!(set.classes, [4, 4, 4, 4, 4, 4, 4, 4, 4, 6]);
    assert_eq!(set.places[9], (100, 50));
    let (ids, reasons): (Vec<_>, Vec<_>) = left_out.without_pixels.into_iter().unzip();
    assert_eq!(ids, [1, 2, 3]);
    assert!(reasons[0].contains("after the inward buffer"));
    assert!(reasons[1].contains("outside"));
    assert!(reasons[2].contains("neither polygon nor point"));
    assert_eq!(left_out.classes_without_samples, [1, 2, 3, 5]);
}

#[test]
fn no_annotation_gives_no_sample() {
    let (set, left_out) = extracted(&[], 20.0);
    assert!(set.is_empty());
    assert_eq!(left_out, ExtractReport::default());
}

#[test]
fn a_cube_that_cannot_be_read_is_an_error_and_a_stop_is_obeyed() {
    let unreadable =
        |_: (u32, u32), _: &[Pixel]| Err(CubeError::Read { path: "a.zarr".into(), why: "cut off".into() });
    let features = features();
    let annotations = [square(1, 1, 10.0, 10.0, 4.0)];
    let spec_of = |annotations| spec(&features, annotations, 0.0);
    let error =
        extract_with(&info(), &spec_of(&annotations), &unreadable, &|_| {}, &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("a.zarr"));

    let cancel = Cancel::new();
    let stopping = |_: (u32, u32), pixels: &[Pixel]| {
        cancel.cancel();
        Ok(pixels.iter().map(|p| series(p.col, p.row)).collect())
    };
    // Two chunks on one thread: the second is not read once the first asked to stop.
    let annotations = [square(1, 1, 60.0, 10.0, 8.0)];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let stopped = pool.install(|| extract_with(&info(), &spec_of(&annotations), &stopping, &|_| {}, &cancel));
    assert!(matches!(stopped, Err(SampleError::Cancelled(_))));
}

#[test]
fn the_pixels_of_a_damaged_chunk_are_left_out_and_told_and_where_all_are_damaged_it_is_an_error() {
    let damaged = |all: bool| {
        move |chunk: (u32, u32), pixels: &[Pixel]| {
            if all || chunk == (1, 0) {
                return Err(CubeError::Damaged { path: "a.zarr".into(), chunk, why: "cut off".into() });
            }
            Ok(pixels.iter().map(|p| series(p.col, p.row)).collect())
        }
    };
    // Four columns in each of two chunks.
    let annotations = [square(1, 1, 60.0, 10.0, 8.0), square(2, 2, 70.0, 30.0, 2.0)];
    let features = features();
    let spec = spec(&features, &annotations, 0.0);
    let (set, left_out) = extract_with(&info(), &spec, &damaged(false), &|_| {}, &Cancel::new()).unwrap();
    assert_eq!((set.len(), left_out.in_damaged), (32, 32 + 4));
    assert!(set.places.iter().all(|(col, _)| *col < 64));
    let [sentence] = left_out.damaged.as_slice() else { panic!("{:?}", left_out.damaged) };
    assert!(sentence.contains("a.zarr") && sentence.contains("cut off"), "{sentence}");
    assert_eq!(left_out.classes_without_samples, [2]);
    let error = extract_with(&info(), &spec, &damaged(true), &|_| {}, &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn a_pixel_with_any_gap_is_left_out_where_gaps_are_not_filled() {
    let read = |_: (u32, u32), pixels: &[Pixel]| {
        let with_gap = |p: &Pixel| {
            let mut series = series(p.col, p.row);
            (0..TIMES).filter(|time| p.col == 10 || p.col == 11 && *time == 1).for_each(|time| {
                series.values[time * 2] = f32::NAN;
            });
            series
        };
        Ok(pixels.iter().map(with_gap).collect())
    };
    let (annotations, features) = ([square(1, 1, 10.0, 10.0, 3.0)], features());
    for (filling, samples, with_gaps) in
        [(Filling::Linear, 6, 0), (Filling::LastClear, 6, 0), (Filling::Off, 3, 3)]
    {
        let spec = ExtractSpec { filling, ..spec(&features, &annotations, 0.0) };
        let (set, left_out) = extract_with(&info(), &spec, &read, &|_| {}, &Cancel::new()).unwrap();
        let found = (set.len(), left_out.with_gaps, left_out.without_observation);
        assert_eq!(found, (samples, with_gaps, 3), "{filling:?}");
        let all: Vec<usize> = (0..set.len()).collect();
        assert_eq!(set.usable(&all, filling).unwrap(), all);
    }
}

#[test]
fn progress_is_told_up_to_the_last_pixel() {
    let told = Mutex::new(vec![]);
    let read = |_: (u32, u32), pixels: &[Pixel]| Ok(pixels.iter().map(|p| series(p.col, p.row)).collect());
    let report =
        |progress: Progress| told.lock().unwrap().push((progress.done, progress.total, progress.what));
    let annotations = [square(1, 1, 60.0, 60.0, 8.0)];
    extract_with(&info(), &spec(&features(), &annotations, 0.0), &read, &report, &Cancel::new()).unwrap();
    let told = told.into_inner().unwrap();
    assert!(told.contains(&(64, 64, "Reading samples".into())));
    assert!(told.iter().all(|(done, total, _)| done <= total));
}

#[test]
fn the_parcels_of_flanders_give_the_series_of_their_pixels() {
    let Some(folder) = crate::testing::shared_data("flanders_s2_a_2018_monthly") else { return };
    let cancel = Cancel::new();
    let found = crate::source::recognise(&crate::source::InputSpec::of([&folder]), &|_| {}, &cancel).unwrap();
    let made = tempfile::tempdir().unwrap();
    let store = made.path().join("flanders.zarr");
    crate::cube::build(&crate::cube::BuildSpec { found, ..Default::default() }, &store, &|_| {}, &cancel)
        .unwrap();
    let cube = Cube::open(&store).unwrap();
    let mut legend = crate::labels::Legend::default();
    let settings = crate::labels::ImportSettings::default();
    let labels = crate::labels::import(&folder.join("labels.geojson"), &settings, &mut legend, 1).unwrap();

    let features = Feature::all_bands(&cube.info().bands);
    let annotations: Vec<_> = labels.annotations.into_iter().map(Arc::new).collect();
    let of = |buffer_m| extract(&cube, &spec(&features, &annotations, buffer_m), &|_| {}, &cancel).unwrap();
    let (set, left_out) = of(0.0);
    assert_eq!((set.bands.len(), set.dates.len()), (10, 16));
    assert_eq!((left_out.without_pixels.len(), left_out.claimed_twice), (0, 0));
    let text = std::fs::read_to_string(folder.join("labels.geojson")).unwrap();
    let drawn: geojson::FeatureCollection = text.parse().unwrap();
    let pixels = drawn.features.iter().filter_map(|f| f.property("n_pixels")?.as_u64()).sum::<u64>() as usize;
    assert_eq!(set.len() + left_out.without_observation, pixels);
    for i in [0, set.len() / 2, set.len() - 1] {
        let (col, row) = set.places[i];
        let there = cube.series(col, row).unwrap();
        let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
        assert!(set.series(i).unwrap().iter().zip(&there.values).all(same));
    }

    let (fewer, left_out) = of(10.0);
    println!(
        "{} samples, {} with a buffer of 10 m; {:?} {:?}",
        set.len(),
        fewer.len(),
        left_out.without_pixels.len(),
        left_out.classes_without_samples
    );
    assert!(fewer.len() < set.len() && !fewer.is_empty());
    assert!(fewer.places.iter().all(|place| set.places.contains(place)));
}

#[test]
fn an_index_is_computed_date_by_date_and_is_a_gap_where_a_band_is_one() {
    let bands = info().bands;
    let resolve = |text: &str| Feature::resolve(text, &bands, &[]).unwrap();
    let features = [resolve("NDVI"), resolve("B08"), resolve("B08 / 100 - 1")];
    let values = vec![100.0, 300.0, f32::NAN, 500.0, 200.0, 600.0];
    let out = columns(&features, &Series { times: 3, bands: 2, values });
    assert_eq!((out.times, out.bands), (3, 3));
    assert_eq!(out.values[..3], [0.5, 300.0, 2.0]);
    assert!(out.values[3].is_nan());
    assert_eq!(out.values[4..], [500.0, 4.0, 0.5, 600.0, 5.0]);
    let read = |_: (u32, u32), pixels: &[Pixel]| {
        Ok(pixels.iter().map(|p| columns(&features, &series(p.col, p.row))).collect())
    };
    let annotations = [square(1, 1, 10.0, 5.0, 2.0)];
    let (set, _) =
        extract_with(&info(), &spec(&features, &annotations, 0.0), &read, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(set.bands, ["NDVI", "B08", "B08 / 100 - 1"]);
    assert_eq!(set.features[0].expression.as_deref(), Some("(nir - red) / (nir + red)"));
    // 5010 and 1 005 010 at the first date.
    assert!((set.series(0).unwrap()[0] - 1e6 / 1_010_020.0).abs() < 1e-6);
}

#[test]
fn in_parts_the_same_samples_come_and_the_same_is_left_out() {
    let read = |_: (u32, u32), pixels: &[Pixel]| {
        let gappy = |p: &Pixel| {
            let mut series = series(p.col, p.row);
            if p.col.is_multiple_of(5) {
                series.values[3] = f32::NAN;
            }
            series
        };
        Ok(pixels.iter().map(gappy).collect())
    };
    let annotations =
        [square(1, 1, 60.0, 60.0, 8.0), square(2, 2, 64.0, 60.0, 8.0), square(3, 1, 10.0, 10.0, 5.0)];
    let (info, features) = (info(), features());
    let spec = ExtractSpec { filling: Filling::Off, ..spec(&features, &annotations, 0.0) };
    let (whole, left_out) = extract_with(&info, &spec, &read, &|_| {}, &Cancel::new()).unwrap();
    for at_most in [1, 7, 64, 1000] {
        let mut together = empty_set(&info, &spec);
        let mut take = |part: SampleSet| {
            assert!(part.len() <= at_most);
            together.append(&part)
        };
        let in_parts =
            extract_parts(&info, &spec, at_most, &read, &mut take, &|_| {}, &Cancel::new()).unwrap();
        assert_eq!((&together, &in_parts), (&whole, &left_out), "{at_most}");
    }
}
