//! How a model's inputs are found on a cube: its bands by name, its dates by time.

use crate::cube::statistics::{period_days, season_apart};
use crate::cube::{Chunk, CubeInfo, Feature, IndexError};
use crate::model::{ModelCard, ModelError};
use chrono::{Datelike, NaiveDate};
use std::collections::BTreeSet;
use std::ops::Range;

/// The least number of days between a date of the model and the cube's that stands for it: orbits differ, and periods of a
/// month do not begin on the same day each year.
const LEAST_DAYS: f64 = 8.0;
/// Of so many dates of the model, one may be missing: from one to the next, gaps are filled between neighbours.
const ONE_MISSING_OF: usize = 3;
/// Dates that a sentence names.
const NAMED: usize = 4;

/// A model on a cube.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Its bands and indices, in the order of its input.
    pub features: Vec<Feature>,
    /// For each of its dates the index of the cube's; `None` where that is a gap.
    pub times: Vec<Option<usize>>,
    cube_times: usize,
    cube_bands: usize,
}

/// The date of a cube for each of the model's: the nearest one in time that is no further than half a period of the model's (at
/// least 8 days), `None` where there is none.
///
/// Where the years differ, the cube's are moved by as many whole years as match the most dates; dates that none matches then
/// take the nearest time of year. Two dates of the model may take the same one. Of two that are equally near, the earlier one
/// is taken. Seasons are not turned around: a site south of the equator is for people to judge.
pub fn match_dates(model: &[NaiveDate], cube: &[NaiveDate]) -> Vec<Option<usize>> {
    let most = (period_days(model) / 2.0).clamp(LEAST_DAYS, 183.0);
    let nearest = |apart: &dyn Fn(NaiveDate) -> i64| {
        let (days, at) = cube.iter().enumerate().map(|(at, date)| (apart(*date), at)).min()?;
        (days as f64 <= most).then_some((days, at))
    };
    let years = |dates: &[NaiveDate]| dates.iter().map(Datelike::year).collect::<BTreeSet<i32>>();
    let (of_model, of_cube) = (years(model), years(cube));
    let moves: BTreeSet<i32> =
        of_cube.iter().flat_map(|there| of_model.iter().map(move |here| there - here)).collect();
    let moved = |years: &i32| -> (Vec<Option<usize>>, (usize, i64, i32)) {
        let found = |date: &NaiveDate| {
            let date = in_year(*date, date.year() + years);
            nearest(&|there| (there - date).num_days().abs())
        };
        let found: Vec<_> = model.iter().map(found).collect();
        let lacking = found.iter().filter(|one| one.is_none()).count();
        let days = found.iter().flatten().map(|(days, _)| days).sum();
        (found.into_iter().map(|one| one.map(|(_, at)| at)).collect(), (lacking, days, years.abs()))
    };
    let best = moves.iter().map(moved).min_by_key(|(_, cost)| *cost);
    let Some((mut times, _)) = best else { return vec![None; model.len()] };
    for (time, date) in times.iter_mut().zip(model).filter(|(time, _)| time.is_none()) {
        *time = nearest(&|there| season_apart(there, *date)).map(|(_, at)| at);
    }
    times
}

/// The same day in another year; 28 February for the 29th where there is none.
fn in_year(date: NaiveDate, year: i32) -> NaiveDate {
    let earlier = || NaiveDate::from_ymd_opt(year, date.month(), date.day() - 1);
    date.with_year(year).or_else(earlier).unwrap_or(date)
}

impl Fit {
    /// Finds a model's inputs on a cube.
    ///
    /// # Errors
    /// [`ModelError::Mismatch`] when the cube lacks a band of the model (says which), or has no date near more than a third of
    /// the model's (names them): near any of them where gaps are not filled.
    pub fn of(card: &ModelCard, info: &CubeInfo) -> Result<Self, ModelError> {
        let features = features_of(card, info)?;
        let times = match_dates(&card.dates, &info.dates);
        let fit = Self { features, times, cube_times: info.dates.len(), cube_bands: info.bands.len() };
        let missing = fit.missing(&card.dates);
        let filled = card.spec.masks_gaps() || card.spec.filling() != crate::cube::Filling::Off;
        if !missing.is_empty() && (!filled || missing.len() * ONE_MISSING_OF > card.dates.len()) {
            let reason = if filled { "" } else { ", and its gaps are not filled" };
            let has = match (info.dates.first(), info.dates.last()) {
                (Some(first), Some(last)) if first != last => {
                    format!("it has {} dates from {first} to {last}", info.dates.len())
                }
                (Some(only), _) => format!("it has {only} only"),
                _ => "it has no date".into(),
            };
            let why = format!(
                "this model learned from {} dates, and the cube has no date near {} ({has}){reason}. Build a cube of those times \
                 of the year, choose another model, or train one on this cube",
                card.dates.len(),
                named(&missing),
            );
            return Err(ModelError::Mismatch { why });
        }
        Ok(fit)
    }

    /// All dates of a cube as they are, and these bands and indices of it.
    pub fn whole(features: Vec<Feature>, info: &CubeInfo) -> Self {
        let (cube_times, cube_bands) = (info.dates.len(), info.bands.len());
        Self { features, times: (0..cube_times).map(Some).collect(), cube_times, cube_bands }
    }

    /// Those of the model's dates that the cube has nothing near to.
    pub fn missing(&self, dates: &[NaiveDate]) -> Vec<NaiveDate> {
        dates.iter().zip(&self.times).filter(|(_, time)| time.is_none()).map(|(date, _)| *date).collect()
    }

    /// Values of a pixel's series: dates x inputs of the model.
    pub fn values(&self) -> usize {
        self.times.len() * self.features.len()
    }

    /// Whether a chunk has as many values as the cube's bands and dates ask for.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when it has not.
    pub fn check(&self, chunk: &Chunk) -> Result<(), ModelError> {
        let (has, asked) = (chunk.pixels.len(), chunk.window.pixels() * self.cube_times * self.cube_bands);
        if has == asked {
            return Ok(());
        }
        Err(ModelError::Engine {
            doing: "read a chunk",
            why: format!("a chunk of {has} values instead of {asked}"),
        })
    }
}

/// Reads the series of a cube's pixels as a model takes them. It keeps its buffers from one chunk to the next.
pub struct SeriesReader<'a> {
    fit: &'a Fit,
    /// The chunk's planes one by one, where the model takes them as they are stored.
    stored: Option<Vec<usize>>,
    /// `time x input x pixel`.
    planes: Vec<f32>,
    /// The bands of an index, band x pixel.
    bands: Vec<f32>,
}

impl<'a> SeriesReader<'a> {
    /// Of a cube that a model fits.
    pub fn new(fit: &'a Fit) -> Self {
        let stored = |time: Option<usize>, feature: &Feature| match (time, feature.bands()) {
            (Some(time), [band]) if feature.is_as_stored() => Some(time * fit.cube_bands + band),
            _ => None,
        };
        let inputs = fit.times.iter().flat_map(|time| fit.features.iter().map(move |of| stored(*time, of)));
        Self { fit, stored: inputs.collect(), planes: Vec::new(), bands: Vec::new() }
    }

    /// The series of some pixels of a chunk that [`Fit::check`] holds for, `pixel x time x input`; NaN for gaps,
    /// also at dates that the cube does not have. A few hundred pixels at a time stay in the near caches.
    pub fn read(&mut self, chunk: &Chunk, pixels: Range<usize>, series: &mut Vec<f32>) {
        let Self { fit, stored, planes, bands } = self;
        let (first, n, each) = (pixels.start, pixels.len(), fit.values());
        series.resize(n * each, f32::NAN);
        if let Some(stored) = stored {
            return chunk.series_of(stored, first, series);
        }
        let row = row(n);
        planes.resize(row * each, f32::NAN);
        for (planes, time) in planes.chunks_exact_mut((fit.features.len() * row).max(1)).zip(&fit.times) {
            let Some(time) = time else {
                planes.fill(f32::NAN);
                continue;
            };
            for (feature, to) in fit.features.iter().zip(planes.chunks_exact_mut(row)) {
                let to = &mut to[..n];
                let plane = |band: &usize| time * fit.cube_bands + band;
                if let ([band], true) = (feature.bands(), feature.is_as_stored()) {
                    chunk.part_of_plane(plane(band), first, to);
                    continue;
                }
                bands.resize(feature.bands().len() * n, f32::NAN);
                for (band, values) in feature.bands().iter().zip(bands.chunks_exact_mut(n.max(1))) {
                    chunk.part_of_plane(plane(band), first, values);
                }
                let slices: Vec<&[f32]> = bands.chunks_exact(n.max(1)).collect();
                feature.evaluate(&slices, to);
            }
        }
        transpose(planes, row, series, each);
    }
}

/// Columns of a plane of so many pixels: some more than a power of two, whose rows would push each other out of the cache.
fn row(pixels: usize) -> usize {
    pixels.next_multiple_of(SQUARE) + SQUARE
}

/// Side of the squares that the nearest cache holds on both sides.
const SQUARE: usize = 16;

/// Series, each with its values together, from planes of their pixels, `row` apart.
fn transpose(planes: &[f32], row: usize, series: &mut [f32], each: usize) {
    for (block, series) in series.chunks_mut((SQUARE * each).max(1)).enumerate() {
        let pixels = series.len() / each;
        for first in (0..each).step_by(SQUARE) {
            for plane in first..each.min(first + SQUARE) {
                let from = &planes[plane * row + block * SQUARE..][..pixels];
                from.iter().zip(series[plane..].iter_mut().step_by(each)).for_each(|(from, to)| *to = *from);
            }
        }
    }
}

/// "2022-01-15, 2022-02-15 and 2 more".
fn named(dates: &[NaiveDate]) -> String {
    let shown: Vec<String> = dates.iter().take(NAMED).map(ToString::to_string).collect();
    match (shown.split_last(), dates.len() - shown.len()) {
        (Some((last, before)), 0) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        (_, 0) => shown.concat(),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
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
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Band, Pixels, Words};
    use crate::geo::Window;
    use crate::geo::raster::PixelType;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(year: i32, first: u32, count: u32) -> Vec<NaiveDate> {
        let month = |i: u32| (year + (i / 12) as i32, i % 12 + 1);
        let date = |i| {
            let (year, month) = month(first - 1 + i);
            NaiveDate::from_ymd_opt(year, month, 15).unwrap()
        };
        (0..count).map(date).collect()
    }

    fn all(range: Range<usize>) -> Vec<Option<usize>> {
        range.map(Some).collect()
    }

    #[test]
    fn the_same_dates_match_one_by_one_and_so_do_those_of_another_year() {
        let model = months(2017, 8, 16);
        assert_eq!(match_dates(&model, &model), all(0..16));
        // As a whole, although four of its months have the very dates of the model's last.
        assert_eq!(match_dates(&model, &months(2018, 8, 16)), all(0..16));
        assert_eq!(match_dates(&model, &months(2031, 8, 16)), all(0..16));
    }

    #[test]
    fn of_more_dates_each_takes_the_nearest_and_the_earlier_of_equals() {
        let every_five: Vec<_> = (0..73).map(|i| day("2022-01-01") + chrono::Days::new(5 * i)).collect();
        let found = match_dates(&months(2020, 1, 12), &every_five);
        let days: Vec<_> = found.iter().map(|at| every_five[at.unwrap()]).collect();
        assert_eq!((days[0], days[1]), (day("2022-01-16"), day("2022-02-15")));
        assert!(days.iter().zip(months(2022, 1, 12)).all(|(a, b)| (*a - b).num_days().abs() <= 2));
        let two = [day("2022-03-13"), day("2022-03-17")];
        assert_eq!(match_dates(&[day("2022-03-15")], &two), [Some(0)]);
    }

    #[test]
    fn a_year_that_begins_in_another_month_is_matched_around_its_end() {
        // July 2021 to June 2022 against a calendar year.
        let found = match_dates(&months(2022, 1, 12), &months(2021, 7, 12));
        assert_eq!(found, [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5].map(Some));
        let found = match_dates(&[day("2022-12-28")], &[day("2020-01-03"), day("2020-06-15")]);
        assert_eq!(found, [Some(0)], "six days, around the end of the year");
    }

    #[test]
    fn a_leap_day_has_its_match_in_any_year() {
        let leap = [day("2020-02-29"), day("2020-03-31")];
        assert_eq!(match_dates(&leap, &[day("2021-02-28"), day("2021-03-31")]), all(0..2));
        assert_eq!(match_dates(&[day("2021-02-28")], &[day("2020-02-29")]), [Some(0)]);
    }

    #[test]
    fn two_dates_of_a_model_may_take_the_same_one_and_what_is_too_far_is_a_gap() {
        let two_years = months(2020, 1, 24);
        let found = match_dates(&two_years, &months(2022, 1, 12));
        assert_eq!(found, [all(0..12), all(0..12)].concat());
        let found = match_dates(&months(2022, 1, 4), &[day("2022-01-20"), day("2022-04-25")]);
        assert_eq!(found, [Some(0), None, None, Some(1)]);
        assert_eq!(match_dates(&months(2022, 1, 2), &[]), [None, None]);
        assert!(match_dates(&[], &months(2022, 1, 2)).is_empty());
    }

    #[test]
    fn what_is_taken_as_stored_comes_the_same_with_and_without_an_index_beside_it() {
        let bands = [Band::named("red"), Band::named("blue"), Band::named("nir")];
        let pixels = 70;
        let words = (0..pixels * 3 * 4).map(|i| if i % 11 == 2 { 0 } else { i as u16 }).collect();
        let window = Window { col: 0, row: 0, width: pixels as u32, height: 1 };
        let chunk =
            Chunk { window, pixels: Pixels::Words(Words::new(words, 0, PixelType::Uint16)), masks: None };
        let stored: Vec<Feature> = [2, 0].iter().map(|at| Feature::band_at(&bands, *at).unwrap()).collect();
        let index = Feature::resolve("nir - red", &bands, &[]).unwrap();
        let fit = |features: Vec<Feature>, times: &[Option<usize>]| Fit {
            features,
            times: times.to_vec(),
            cube_times: 4,
            cube_bands: 3,
        };
        let read = |fit: &Fit| {
            fit.check(&chunk).unwrap();
            let mut series = Vec::new();
            SeriesReader::new(fit).read(&chunk, 3..60, &mut series);
            series
        };
        let times = [Some(3), Some(0), Some(0)];
        let fast = read(&fit(stored.clone(), &times));
        let slow = read(&fit([stored.clone(), vec![index]].concat(), &times));
        let with_gap = read(&fit(stored, &[times[0], times[1], times[2], None]));
        for (pixel, values) in fast.chunks_exact(6).enumerate() {
            for (time, pair) in values.chunks_exact(2).enumerate() {
                let beside = &slow[pixel * 9 + time * 3..][..3];
                let same = |a: f32, b: f32| a.to_bits() == b.to_bits();
                assert!(same(pair[0], beside[0]) && same(pair[1], beside[1]), "{pixel} {time}");
                assert!(
                    same(beside[2], pair[0] - pair[1]) || (pair[0] - pair[1]).is_nan() && beside[2].is_nan()
                );
                let gap = &with_gap[pixel * 8..][..8];
                assert!(same(pair[0], gap[time * 2]) && gap[6].is_nan() && gap[7].is_nan());
            }
        }
        assert!(fast.iter().any(|value| value.is_nan()) && fast.iter().any(|value| !value.is_nan()));
    }

    #[test]
    fn planes_become_series_pixel_by_pixel() {
        let (pixels, each) = (70, 37);
        let row = row(pixels);
        let planes: Vec<f32> = (0..row * each).map(|i| i as f32).collect();
        let mut series = vec![0.0; pixels * each];
        transpose(&planes, row, &mut series, each);
        for (i, one) in series.chunks_exact(each).enumerate() {
            let expected: Vec<f32> = (0..each).map(|plane| (plane * row + i) as f32).collect();
            assert_eq!(one, expected);
        }
    }

    #[test]
    fn dates_are_named_in_a_sentence() {
        let dates = months(2022, 1, 6);
        assert_eq!(named(&dates[..1]), "2022-01-15");
        assert_eq!(named(&dates[..2]), "2022-01-15 and 2022-02-15");
        assert_eq!(named(&dates), "2022-01-15, 2022-02-15, 2022-03-15, 2022-04-15 and 2 more");
    }
}
