use super::*;
use crate::cube::Band;
use crate::testing::{chance, cube};
use geo::{Coord, LineString, Polygon};

const TIMES: usize = 12;
const BANDS: usize = 4;

/// A normal number that these numbers decide.
fn normal(numbers: [u64; 4]) -> f32 {
    let [a, b, c, d] = numbers;
    let (u, v) = (chance(&[a, b, c, d, 1]).max(1e-12), chance(&[a, b, c, d, 2]));
    ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
}

/// Series of a field: the year of its crop, what each pixel has of its own in every band all year, and noise.
fn field(seed: u64, pixels: usize, own: f32, noise: f32, stranger: impl Fn(usize) -> bool) -> Columns {
    let mut values = Vec::new();
    for plane in 0..TIMES * BANDS {
        let (time, band) = (plane / BANDS, plane % BANDS);
        for pixel in 0..pixels {
            let year = |peak: f32| {
                1000.0 + 300.0 * band as f32 + 1500.0 * (-((time as f32 - peak) / 2.0).powi(2)).exp()
            };
            let peak = if stranger(pixel) { 9.5 } else { 5.0 };
            let of_pixel = own * normal([seed, pixel as u64, band as u64, 7]);
            let at_date = noise * normal([seed, pixel as u64, plane as u64, 9]);
            values.push(year(peak) + of_pixel + at_date);
        }
    }
    Columns { pixels, bands: BANDS, values }
}

fn apart(columns: &Columns) -> Vec<usize> {
    columns.apart(&Cancel::new()).unwrap()
}

#[test]
fn strangers_among_the_pixels_of_a_field_are_found() {
    for (pixels, share) in [(40, 10), (400, 20), (3000, 20)] {
        // Every twentieth (or tenth) pixel grows something else.
        let stranger = |i: usize| i % share == 3;
        let found = apart(&field(5, pixels, 60.0, 90.0, stranger));
        let strangers: Vec<usize> = (0..pixels).filter(|&i| stranger(i)).collect();
        let hits = found.iter().filter(|&&i| stranger(i)).count();
        assert_eq!(hits, strangers.len(), "of {pixels} pixels all strangers are found");
        let wrong = found.len() - hits;
        assert!(wrong * 100 <= pixels, "{wrong} of {pixels} pixels are taken for strangers");
    }
}

#[test]
fn strangers_do_not_hide_one_another() {
    let stranger = |i: usize| i % 10 < 3;
    let found = apart(&field(8, 500, 60.0, 90.0, stranger));
    assert_eq!(found.iter().filter(|&&i| stranger(i)).count(), 150);
}

#[test]
fn a_field_that_is_only_noisy_has_almost_none() {
    for (own, noise) in [(0.0, 100.0), (80.0, 100.0), (200.0, 50.0)] {
        for pixels in [8, 12, 20, 50, 200, 2000] {
            let fields = (4000 / pixels).max(2);
            let told: usize =
                (0..fields).map(|seed| apart(&field(seed as u64, pixels, own, noise, |_| false)).len()).sum();
            let share = told as f64 / (fields * pixels) as f64;
            println!("{own} {noise} {pixels}: {:.2} %", share * 100.0);
            assert!(share < 0.01, "{:.2} % of fields of {pixels} pixels, {own} {noise}", share * 100.0);
        }
    }
}

#[test]
fn few_pixels_and_pixels_that_are_all_the_same_tell_nothing() {
    assert!(apart(&field(1, 7, 10.0, 10.0, |i| i == 3)).is_empty());
    assert!(apart(&field(1, 50, 0.0, 0.0, |_| false)).is_empty());
    assert!(apart(&Columns { pixels: 0, bands: BANDS, values: vec![] }).is_empty());
    // One pixel that differs among those is found.
    assert_eq!(apart(&field(1, 50, 0.0, 0.0, |i| i == 17)), [17]);
}

#[test]
fn gaps_are_passed_over_and_pixels_that_have_hardly_a_value_are_not_judged() {
    let mut columns = field(3, 100, 60.0, 90.0, |i| i == 50);
    for plane in 0..TIMES * BANDS {
        let column = &mut columns.values[plane * 100..(plane + 1) * 100];
        if plane % 3 == 0 {
            column.iter_mut().step_by(2).for_each(|value| *value = f32::NAN);
        }
        column[9] = if plane == 0 { 1e6 } else { f32::NAN };
    }
    let found = apart(&columns);
    assert!(found.contains(&50) && !found.contains(&9), "{found:?}");
}

#[test]
fn quantiles_are_those_of_the_sorted_values() {
    let mut values: Vec<f32> = (0..=100).rev().map(|i| i as f32).collect();
    assert_eq!(quantile(&mut values, 0.1), Some(10.0));
    assert_eq!(quantile(&mut values, 0.9), Some(90.0));
    assert_eq!(quantile(&mut [], 0.5), None);
}

/// Forest on the left, in which some pixels are water, and nothing seen at the second date in a corner.
fn value(step: usize, band: usize, col: u32, row: u32) -> u16 {
    if step == 1 && col < 2 && row < 2 {
        return 0;
    }
    let noise = (chance(&[step as u64, band as u64, u64::from(col), u64::from(row)]) * 60.0) as u16;
    let plain = if col % 9 == 4 && row % 7 == 3 { [200, 90] } else { [400, 3000 + 200 * step as u16] };
    plain[band] + noise
}

#[test]
fn the_series_of_a_polygon_come_with_mean_and_percentiles_and_the_strangers_in_it() {
    let home = tempfile::tempdir().unwrap();
    let cube = cube(home.path(), (90, 70), 4, value);
    let bands = &cube.info().bands;
    let features = [Feature::band_at(bands, 1).unwrap(), Feature::resolve("B08 / B04", bands, &[]).unwrap()];
    let pixels: Vec<(u32, u32)> = (0..70).flat_map(|row| (0..30).map(move |col| (col + 50, row))).collect();
    let all = spread(&cube, &pixels, &features, &Cancel::new()).unwrap();
    assert_eq!(all.pixels, 2100);
    let strangers: Vec<_> =
        pixels.iter().copied().filter(|(col, row)| col % 9 == 4 && row % 7 == 3).collect();
    assert!(strangers.len() > 20);
    assert_eq!(all.apart, strangers);
    let curve = &all.curves[0];
    assert_eq!((curve.name.as_str(), curve.mean.len()), ("B08", 4));
    assert!(curve.lines.len() <= MOST_LINES && curve.lines.len() > MOST_LINES / 2);
    assert_eq!(curve.apart.len(), strangers.len());
    for time in 0..4 {
        let mut values: Vec<f32> = pixels.iter().map(|&(c, r)| f32::from(value(time, 1, c, r))).collect();
        values.sort_by(f32::total_cmp);
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((curve.mean[time] - mean).abs() < 0.5, "{} {mean}", curve.mean[time]);
        assert_eq!((curve.low[time], curve.high[time]), (values[210], values[1889]));
        assert!(curve.lines.iter().all(|line| line.len() == 4 && line[time] > 2900.0));
        assert!(curve.apart.iter().all(|line| line[time] < 200.0));
        let ratio = all.curves[1].mean[time];
        assert!((3.0..20.0).contains(&ratio), "{ratio}");
    }
}

#[test]
fn where_nothing_was_observed_there_is_no_mean() {
    let home = tempfile::tempdir().unwrap();
    let cube = cube(home.path(), (20, 20), 3, value);
    let features = Feature::all_bands(&cube.info().bands);
    let corner = [(0, 0), (1, 0), (0, 1), (1, 1)];
    let all = spread(&cube, &corner, &features, &Cancel::new()).unwrap();
    assert!(
        all.curves.iter().all(|curve| curve.mean[1].is_nan() && curve.low[1].is_nan() && curve.mean[0] > 0.0)
    );
    assert!(all.apart.is_empty());
    let none = spread(&cube, &[], &features, &Cancel::new()).unwrap();
    assert!(none.pixels == 0 && none.curves[0].mean.iter().all(|mean| mean.is_nan()));
}

#[test]
fn annotations_are_told_with_their_pixels_that_stand_apart() {
    let home = tempfile::tempdir().unwrap();
    let cube = cube(home.path(), (90, 70), 4, value);
    assert_eq!(cube.info().bands[0], Band { name: "B04".into(), ..cube.info().bands[0].clone() });
    let square = |id: AnnotationId, left: f64, top: f64, side: f64| {
        let corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)];
        let place = |(col, row)| Coord::from(cube.info().grid.lonlat_from_pixel(col, row).unwrap());
        let ring = LineString(corners.map(place).to_vec());
        Annotation::new(id, Polygon::new(ring, vec![]).into(), 1)
    };
    let mut dropped = square(3, 10.0, 10.0, 20.0);
    let grid = &cube.info().grid;
    dropped.dropped = vec![grid.lonlat_from_pixel(13.5, 10.5).unwrap()];
    let outside = square(4, 500.0, 500.0, 20.0);
    let small = square(2, 4.0, 3.0, 2.0);
    let annotations: Vec<_> =
        [square(1, 9.0, 9.0, 22.0), small, dropped, outside].into_iter().map(Arc::new).collect();
    let reports = AtomicU64::new(0);
    let report = |_: Progress| {
        reports.fetch_add(1, Ordering::Relaxed);
    };
    let found = stand_apart(&cube, &annotations, &Buffers::all(0.0), &report, &Cancel::new()).unwrap();
    assert_eq!(reports.into_inner(), 4);
    let strange = |left: u32, top: u32, side: u32| -> Vec<(u32, u32)> {
        let all = (top..top + side).flat_map(|row| (left..left + side).map(move |col| (col, row)));
        all.filter(|(col, row)| col % 9 == 4 && row % 7 == 3).collect()
    };
    let kept: Vec<_> = strange(10, 10, 20).into_iter().filter(|pixel| *pixel != (13, 10)).collect();
    assert_eq!(found, [(1, strange(9, 9, 22)), (3, kept)]);
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(
        stand_apart(&cube, &annotations, &Buffers::all(0.0), &|_| {}, &cancel),
        Err(SampleError::Cancelled(_))
    ));
}
