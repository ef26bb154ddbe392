use super::*;
use crate::progress::Cancel;
use crate::testing::{chance, cube, shared_data};
use proptest::prelude::*;
use std::sync::Arc;

fn of(values: impl IntoIterator<Item = f32>) -> Distribution {
    Distribution::of(&mut values.into_iter().collect()).unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The middle of each month from a year on.
fn months(year: i32, count: u32) -> Vec<NaiveDate> {
    (0..count).map(|i| NaiveDate::from_ymd_opt(year + (i / 12) as i32, i % 12 + 1, 15).unwrap()).collect()
}

/// A site whose values lie evenly around these medians (`time x band`), as far as `half` to both sides; NaN for a gap.
fn site(bands: &[&str], dates: &[NaiveDate], medians: &[f32], half: f32) -> Statistics {
    let bands = bands.iter().map(|name| MeasuredBand {
        name: (*name).into(),
        common: crate::source::common_name(name).map(str::to_string),
        unit: Unit::Reflectance,
        step: 1e-4,
    });
    let around = |median: &f32| {
        let values = (-50..=50).map(|i| median + half * i as f32 / 50.0);
        Distribution::of(&mut values.collect())
    };
    Statistics {
        bands: bands.collect(),
        dates: dates.to_vec(),
        pixels: 101,
        of_pixels: 101,
        damaged: vec![],
        cells: medians.iter().map(around).collect(),
    }
}

fn compared(sites: Vec<(&str, Statistics)>) -> Comparison {
    let sites =
        sites.into_iter().map(|(name, statistics)| (name.to_string(), Arc::new(statistics))).collect();
    compare(sites, &[], &|_| {}, &Cancel::new()).unwrap()
}

fn measured(cube: &crate::cube::Cube) -> Statistics {
    measure(cube, &|_| {}, &Cancel::new()).unwrap()
}

#[test]
fn figures_of_known_values_are_theirs() {
    let hundred = of((0..=100).rev().map(|i| i as f32));
    assert_eq!((hundred.seen, hundred.min, hundred.max), (101, 0.0, 100.0));
    assert_eq!(
        [hundred.p5, hundred.p25, hundred.median, hundred.p75, hundred.p95],
        [5.0, 25.0, 50.0, 75.0, 95.0]
    );
    assert_eq!(hundred.mean, 50.0);
    assert!((hundred.deviation - 29.154_76).abs() < 1e-3);
    assert_eq!(hundred.quartile_range(), 50.0);
    let with_gaps = of([f32::NAN, 3.0, f32::INFINITY, 1.0]);
    assert_eq!((with_gaps.seen, with_gaps.median), (2, 2.0));
    assert!(Distribution::of(&mut vec![f32::NAN]).is_none());
    assert!(Distribution::of(&mut vec![]).is_none());
}

#[test]
fn distances_of_known_distributions_are_known() {
    let to = |most: f32| of((0..=1000).map(|i| most * i as f32 / 1000.0));
    // The quantile functions of 0..1 and 0..2 differ by p at the share p.
    assert!((wasserstein(&to(1.0), &to(2.0)) - 0.5).abs() < 1e-4);
    let (ones, threes) = (of([1.0; 9]), of([3.0; 5]));
    assert_eq!(wasserstein(&ones, &threes), 2.0);
    // Half of it lies at 0 and half at 4: every value is moved by 1 or 3.
    assert_eq!(wasserstein(&of([0.0, 4.0].repeat(500)), &of([1.0])), 2.0);
    assert_eq!(distance(&ones, &ones, 0.0), 0.0);
    assert!(distance(&ones, &threes, 0.0).is_finite(), "without any spread too");
}

proptest! {
    #[test]
    fn the_distance_is_a_metric_and_a_shift_is_told_in_quartile_ranges(
        a in prop::collection::vec(-1.0f32..1.0, 1..60),
        b in prop::collection::vec(-1.0f32..1.0, 1..60),
        c in prop::collection::vec(-1.0f32..1.0, 1..60),
        shift in -3.0f32..3.0,
    ) {
        let shifted = of(a.iter().map(|value| value + shift));
        let (a, b, c) = (of(a), of(b), of(c));
        prop_assert_eq!(wasserstein(&a, &a), 0.0);
        prop_assert_eq!(wasserstein(&a, &b), wasserstein(&b, &a));
        prop_assert_eq!(distance(&a, &b, 0.0), distance(&b, &a, 0.0));
        prop_assert!(wasserstein(&a, &c) <= wasserstein(&a, &b) + wasserstein(&b, &c) + 1e-5);
        prop_assert!((wasserstein(&a, &shifted) - shift.abs()).abs() < 1e-5);
        if a.quartile_range() > 0.2 {
            let expected = shift.abs() / a.quartile_range();
            prop_assert!((distance(&a, &shifted, 0.0) - expected).abs() < 1e-3 * expected.max(1.0));
        }
    }

    #[test]
    fn a_histogram_holds_all_values_whatever_its_edges(
        values in prop::collection::vec(-1e4f32..1e4, 1..80),
        low in -1e4f32..1e4,
        width in 0.0f32..1e4,
        bins in 1usize..100,
    ) {
        let shares = of(values).histogram((low, low + width), bins);
        prop_assert_eq!(shares.len(), bins);
        prop_assert!(shares.iter().all(|share| *share >= 0.0 && share.is_finite()));
        let sum: f32 = shares.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-3, "{}", sum);
    }

    #[test]
    fn the_same_dates_are_matched_whichever_site_comes_first(
        a in prop::collection::btree_set(0i64..2000, 1..40),
        b in prop::collection::btree_set(0i64..4000, 1..40),
    ) {
        let dates = |days: std::collections::BTreeSet<i64>| -> Vec<NaiveDate> {
            days.into_iter().map(|day| date("2018-01-01") + chrono::Days::new(day as u64)).collect()
        };
        let (a, b) = (dates(a), dates(b));
        let ((how, pairs), (again, mut back)) = (matched(&a, &b), matched(&b, &a));
        back.iter_mut().for_each(|pair| *pair = (pair.1, pair.0));
        back.sort_unstable();
        prop_assert_eq!((how, &pairs), (again, &back));
        let firsts: std::collections::BTreeSet<_> = pairs.iter().map(|pair| pair.0).collect();
        prop_assert_eq!(firsts.len(), pairs.len(), "no date is taken twice");
    }
}

#[test]
fn a_histogram_of_even_values_is_even_and_of_equal_ones_one_bin() {
    let even = of((0..6400).map(|i| i as f32 / 6400.0));
    let shares = even.histogram((0.0, 1.0), 16);
    assert!(shares.iter().all(|share| (share - 1.0 / 16.0).abs() < 0.005), "{shares:?}");
    let equal = of([0.3; 50]).histogram((0.0, 1.0), 10);
    assert!((equal[3] - 1.0).abs() < 1e-6, "{equal:?}");
    assert!(of([7.0; 50]).histogram((0.0, 1.0), 10)[9] > 0.999, "beyond the end");
    assert_eq!(of([1.0]).histogram((0.0, 1.0), 0), Vec::<f32>::new());
}

#[test]
fn dates_are_matched_by_nearness_and_else_by_the_time_of_year() {
    let (year, moved) =
        (months(2018, 12), months(2018, 12).iter().map(|d| *d + chrono::Days::new(6)).collect::<Vec<_>>());
    let all: Vec<_> = (0..12).map(|i| (i, i)).collect();
    assert_eq!(matched(&year, &year), (Matching::Date, all.clone()));
    assert_eq!(matched(&year, &moved), (Matching::Date, all.clone()));
    assert_eq!(matched(&year, &months(2021, 12)), (Matching::Season, all));
    // Half a period of the coarser one: three of a fine one are in reach, the nearest counts.
    let fine: Vec<_> = (0..73).map(|i| date("2018-01-01") + chrono::Days::new(5 * i)).collect();
    assert_eq!(matched(&year, &fine).1.len(), 12);
    assert_eq!(matched(&[date("2018-03-01")], &[date("2018-09-01")]), (Matching::Season, vec![]));
    assert_eq!(period_days(&year), 31.0);
}

#[test]
fn a_small_cube_is_measured_to_its_last_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let value = |step: usize, band: usize, col: u32, row: u32| {
        let is_gap = step == 1 && col < 10;
        if is_gap {
            0
        } else {
            100 + (chance(&[step as u64, band as u64, col.into(), row.into()]) * 900.0) as u16
        }
    };
    let cube = cube(folder.path(), (70, 66), 3, value);
    let statistics = measured(&cube);
    assert!(statistics.is_exact() && statistics.pixels == 70 * 66 && statistics.damaged.is_empty());
    assert_eq!(statistics.cells.len(), 6);
    let scale = cube.info().bands[1].knowledge.scale;
    for time in 0..3 {
        let all = (0..66).flat_map(|row| (0..70).map(move |col| (col, row)));
        let values = all.map(|(col, row)| value(time, 1, col, row)).filter(|value| *value != 0);
        let expected = of(values.map(|value| scale.physical(f32::from(value))));
        assert_eq!(statistics.cell(time, 1), Some(&expected), "step {time}");
    }
    assert!((statistics.clear_share(1, 0) - 60.0 / 70.0).abs() < 1e-9);
    assert_eq!(statistics.clear_share(0, 0), 1.0);
    assert!(statistics.cell(0, 2).is_none() && statistics.cell(3, 0).is_none());
}

#[test]
fn of_a_large_cube_a_bounded_sample_tells_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let value =
        |_: usize, band: usize, col: u32, row: u32| (500 + 3 * col + row * (band as u32 + 1) % 700) as u16;
    let cube = cube(folder.path(), (600, 600), 1, value);
    let statistics = measured(&cube);
    assert!(!statistics.is_exact());
    assert!((10_000..=65_536).contains(&statistics.pixels), "{}", statistics.pixels);
    assert_eq!(statistics.of_pixels, 360_000);
    let scale = cube.info().bands[0].knowledge.scale;
    let all = (0..600u32).flat_map(|row| (0..600u32).map(move |col| (col, row)));
    let whole = of(all.map(|(col, row)| scale.physical(f32::from(value(0, 0, col, row)))));
    let sample = statistics.cell(0, 0).unwrap();
    assert!(distance(sample, &whole, 0.0) < 0.05, "{} {}", sample.median, whole.median);
}

#[test]
fn one_date_equal_values_and_gaps_alone_are_measured_and_nothing_stands_out() {
    for value in [0u16, 700] {
        let folder = tempfile::tempdir().unwrap();
        let cube = cube(folder.path(), (10, 8), 1, |_, band, _, _| if band == 0 { value } else { 700 });
        let statistics = measured(&cube);
        assert_eq!(statistics.cell(0, 0).is_some(), value != 0);
        let comparison = compared(vec![("a", statistics.clone()), ("b", statistics)]);
        assert_eq!(comparison.pairs.len(), 1);
        assert_eq!(comparison.pairs[0].distance, 0.0);
        assert!(comparison.findings.is_empty(), "{:?}", comparison.findings);
        let band = &comparison.bands[0];
        assert!(band.range.1 > band.range.0, "{:?}", band.range);
    }
}

#[test]
fn measuring_stops_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let cube = cube(folder.path(), (10, 8), 1, |_, _, _, _| 7);
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(measure(&cube, &|_| {}, &cancel), Err(crate::cube::CubeError::Cancelled(_))));
}

/// A year of vegetation: blue stays low, near infrared comes and goes.
fn year(dates: &[NaiveDate]) -> Vec<f32> {
    use chrono::Datelike;
    let of = |date: &NaiveDate| {
        let season = (f64::from(date.ordinal()) / 365.0 * std::f64::consts::TAU).cos() as f32;
        let noise = chance(&[date.num_days_from_ce() as u64]) as f32 * 0.006;
        [0.04 + 0.004 * season + noise, 0.06 + 0.006 * season + noise, 0.30 - 0.12 * season + noise]
    };
    dates.iter().flat_map(of).collect()
}

const BANDS: [&str; 3] = ["blue", "red", "nir"];

fn flagged(statistics: &Statistics) -> Vec<usize> {
    let drift = drift(statistics, &[0, 1, 2]);
    (0..statistics.dates.len()).filter(|time| drift.stands_out(*time)).collect()
}

#[test]
fn seasons_do_not_stand_out() {
    for count in [1, 4, 5, 12, 36] {
        let dates = months(2018, count);
        assert_eq!(flagged(&site(&BANDS, &dates, &year(&dates), 0.02)), [] as [usize; 0], "{count} months");
    }
}

#[test]
fn a_hazy_date_is_told_and_its_neighbours_are_not() {
    for at in [0, 4, 11] {
        let dates = months(2018, 12);
        let mut medians = year(&dates);
        medians[at * 3] += 0.06;
        medians[at * 3 + 1] += 0.03;
        let statistics = site(&BANDS, &dates, &medians, 0.02);
        assert_eq!(flagged(&statistics), [at]);
        let comparison = compared(vec![("a", statistics)]);
        let finding = &comparison.findings[0];
        let Kind::Date { bands, hint, .. } = &finding.kind else { panic!("{finding:?}") };
        assert_eq!((finding.site, finding.time, *hint), (0, at, Hint::Haze));
        assert_eq!(comparison.bands[bands[0].0].name, "blue");
        let words = finding.words(&comparison);
        assert!(words.contains(&dates[at].to_string()) && words.contains("brighter in blue by"), "{words}");
        assert!(words.ends_with("haze?"), "{words}");
    }
}

#[test]
fn clouds_shadows_and_dates_without_pixels_are_told_apart() {
    let dates = months(2018, 12);
    let told = |change: &dyn Fn(&mut [f32])| {
        let mut medians = year(&dates);
        change(&mut medians[12..15]);
        let comparison = compared(vec![("a", site(&BANDS, &dates, &medians, 0.02))]);
        comparison.findings.first().map(|finding| (finding.time, finding.kind.clone()))
    };
    let hint = |change: &dyn Fn(&mut [f32])| match told(change) {
        Some((4, Kind::Date { hint, .. })) => Some(hint),
        _ => None,
    };
    assert_eq!(hint(&|values| values.iter_mut().for_each(|value| *value += 0.3)), Some(Hint::Cloud));
    assert_eq!(hint(&|values| values.iter_mut().for_each(|value| *value *= 0.3)), Some(Hint::Shadow));
    assert_eq!(hint(&|values| values[2] -= 0.3), Some(Hint::Other));
    assert_eq!(told(&|values| values.fill(f32::NAN)), Some((4, Kind::Unseen { dates: 1 })));
}

#[test]
fn what_comes_back_every_year_does_not_stand_out() {
    let dates = months(2018, 36);
    let mut medians = year(&dates);
    let snow = [0usize, 12, 24].map(|january| january * 3);
    snow.iter().for_each(|at| medians[at + 1] += 0.4);
    snow.iter().for_each(|at| medians[*at] += 0.4);
    assert_eq!(flagged(&site(&BANDS, &dates, &medians, 0.02)), [] as [usize; 0]);
    // Once, it does.
    let mut medians = year(&dates);
    medians[36] += 0.4;
    medians[37] += 0.4;
    assert_eq!(flagged(&site(&BANDS, &dates, &medians, 0.02)), [12]);
}

#[test]
fn sites_are_as_far_apart_as_their_values_are_moved() {
    let dates = months(2018, 6);
    let medians: Vec<f32> = vec![0.1; 18];
    let moved: Vec<f32> =
        medians.iter().enumerate().map(|(i, v)| v + if i % 3 == 2 { 0.05 } else { 0.0 }).collect();
    // Even from 0.05 below to 0.05 above: half of the values span 0.05.
    let comparison = compared(vec![
        ("a", site(&BANDS, &dates, &medians, 0.05)),
        ("b", site(&BANDS, &dates, &moved, 0.05)),
    ]);
    let pair = &comparison.pairs[0];
    assert!((pair.bands[2] - 1.0).abs() < 1e-3 && pair.bands[0] == 0.0, "{pair:?}");
    assert!((pair.distance - 1.0 / 3.0).abs() < 1e-3);
    assert_eq!((pair.dates, pair.matching), (6, Matching::Date));
    assert_eq!(comparison.columns.len(), 6);
}

#[test]
fn bands_are_matched_by_common_name_and_not_across_units() {
    let dates = months(2018, 6);
    let one = site(&BANDS, &dates, &[0.1; 18], 0.05);
    let mut other = one.clone();
    for (band, name) in other.bands.iter_mut().zip(["SR_B2", "SR_B4", "SR_B5"]) {
        band.name = name.into();
    }
    other.bands[2].unit = Unit::Stored;
    let comparison = compared(vec![("a", one), ("b", other)]);
    let names: Vec<_> = comparison.bands.iter().map(|band| band.name.as_str()).collect();
    assert_eq!(names[..2], ["blue", "red"]);
    assert_eq!(comparison.bands.len(), 4);
    let pair = &comparison.pairs[0];
    assert!(pair.bands[0] == 0.0 && pair.bands[2].is_nan() && pair.bands[3].is_nan());
    assert_eq!(pair.distance, 0.0);
}

#[test]
fn bands_are_chosen_by_name_and_one_that_is_not_there_is_refused() {
    let dates = months(2018, 6);
    let of = |wanted: &str| {
        let sites = vec![("a".to_string(), Arc::new(site(&BANDS, &dates, &[0.1; 18], 0.05)))];
        compare(sites, &[wanted.to_string()], &|_| {}, &Cancel::new())
    };
    assert_eq!(of("NIR").unwrap().bands.len(), 1);
    let why = of("B77").unwrap_err().to_string();
    assert!(why.contains("B77") && why.contains("blue, red, nir"), "{why}");
}

#[test]
fn a_site_unlike_the_others_is_told() {
    let dates = months(2018, 12);
    let mut sites: Vec<(&str, Statistics)> = Vec::new();
    for (i, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let plain = year(&dates);
        let own = plain.iter().map(|value| value + 0.002 * i as f32 + if name == "d" { 0.2 } else { 0.0 });
        sites.push((name, site(&BANDS, &dates, &own.collect::<Vec<_>>(), 0.02)));
    }
    let comparison = compared(sites);
    let told: Vec<_> = comparison.findings.iter().map(|finding| finding.words(&comparison)).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("d: ") && told[0].contains("from the other sites"), "{told:?}");
    assert!(comparison.pairs[..4].iter().all(|pair| pair.a == 3 || pair.b == 3), "they come first");
    assert!(comparison.pairs.is_sorted_by(|x, y| x.distance >= y.distance));
}

#[test]
fn dates_of_sites_that_belong_together_share_a_column() {
    let (one, other) = (months(2018, 3), vec![date("2018-01-20"), date("2018-03-10"), date("2018-06-01")]);
    let comparison = compared(vec![
        ("a", site(&BANDS, &one, &[0.1; 9], 0.05)),
        ("b", site(&BANDS, &other, &[0.1; 9], 0.05)),
    ]);
    let columns: Vec<_> = comparison.columns.iter().map(|column| column.times.clone()).collect();
    assert_eq!(
        columns,
        [vec![Some(0), Some(0)], vec![Some(1), None], vec![Some(2), Some(1)], vec![None, Some(2)]]
    );
}

#[test]
fn what_is_kept_is_read_again_and_only_for_the_cube_it_is_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statistics/a site.json");
    let dates = months(2018, 3);
    let mut statistics = site(&BANDS, &dates, &year(&dates), 0.02);
    statistics.cells[4] = None;
    let cube = Identity { checksum: 7, written: u64::MAX };
    save(&file, cube, &statistics).unwrap();
    assert_eq!(load(&file, cube), Some(statistics));
    assert_eq!(load(&file, Identity { checksum: 8, ..cube }), None);
    assert_eq!(load(&file, Identity { written: 3, ..cube }), None);
    let whole = std::fs::read_to_string(&file).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(load(&file, cube), None, "{length} of {} bytes", whole.len());
    }
    for (from, to) in
        [("\"version\":1", "\"version\":2"), ("\"seen\":101", "\"seen\":0"), ("2018-03-15", "2018-01-15")]
    {
        assert!(whole.contains(from), "{from}");
        std::fs::write(&file, whole.replacen(from, to, 1)).unwrap();
        assert_eq!(load(&file, cube), None, "{to}");
    }
}

#[test]
fn a_cube_that_was_built_anew_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = cube(folder.path(), (10, 8), 1, |_, _, _, _| 7);
    let before = identity(first.path()).unwrap();
    assert_eq!(identity(first.path()).unwrap(), before);
    let again = cube(folder.path(), (10, 8), 1, |_, _, _, _| 9);
    assert_ne!(identity(again.path()).unwrap(), before);
    assert!(identity(&folder.path().join("absent")).is_err());
}

#[test]
fn tables_have_a_line_for_each_value_and_quote_what_needs_it() {
    let dates = months(2018, 2);
    let statistics = site(&BANDS, &dates, &[0.1, 0.1, 0.1, f32::NAN, 0.1, 0.1], 0.05);
    let comparison = compared(vec![("a, \"b\"", statistics.clone()), ("c", statistics)]);
    let text = values_csv(&comparison, None, None);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 12);
    assert_eq!(
        (&rows[0][0], &rows[0][1], &rows[0][2], &rows[0][3]),
        ("a, \"b\"", "2018-01-15", "blue", "reflectance")
    );
    assert_eq!((&rows[0][9], &rows[3][4], &rows[3][9]), ("0.1", "0", ""));
    assert_eq!(values_csv(&comparison, Some(1), Some(2)).lines().count(), 3);
    let text = distances_csv(&comparison);
    let rows: Vec<_> = csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][3], rows[0].len()), (1, "0.0000", 7));
}

#[test]
fn real_mosaics_are_measured() {
    let Some(folder) = shared_data("flanders_s2_a_2018_monthly") else { return };
    let home = tempfile::tempdir().unwrap();
    let found =
        crate::source::recognise(&crate::source::InputSpec::of([folder]), &|_| {}, &Cancel::new()).unwrap();
    let store = home.path().join("site.zarr");
    crate::cube::build(
        &crate::cube::BuildSpec { found, ..Default::default() },
        &store,
        &|_| {},
        &Cancel::new(),
    )
    .unwrap();
    let cube = crate::cube::Cube::open(&store).unwrap();
    let statistics = measured(&cube);
    assert!(statistics.is_exact());
    assert_eq!((statistics.dates.len(), statistics.bands.len()), (16, 10));
    assert!(statistics.cells.iter().flatten().all(Distribution::is_sound));
    let series = cube.series(20, 30).unwrap();
    let value = cube.info().bands[3].knowledge.scale.physical(series.value(5, 3));
    if let Some(cell) = statistics.cell(5, 3).filter(|_| value.is_finite()) {
        assert!((cell.min..=cell.max).contains(&value));
    }
    let comparison = compared(vec![("a", statistics.clone()), ("b", statistics)]);
    assert_eq!(comparison.pairs[0].distance, 0.0);
    comparison.findings.iter().for_each(|finding| println!("{}", finding.words(&comparison)));
}

#[test]
fn of_six_dates_too_a_hazy_one_is_told() {
    let dates = months(2018, 6);
    for at in [1, 2, 3, 4] {
        let mut medians = year(&dates);
        medians[at * 3] += 0.06;
        medians[at * 3 + 1] += 0.04;
        assert_eq!(flagged(&site(&BANDS, &dates, &medians, 0.02)), [at]);
    }
}
