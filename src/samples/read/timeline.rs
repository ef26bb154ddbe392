//! One timeline for samples that were taken at different dates.
//!
//! In tables of several years each sample has the dates of its own year. They are laid over one another by position where all
//! have as many dates with the same steps between them, else by the day of the year.

use chrono::{Days, NaiveDate};

/// At most so many dates: no table of pixels has more, and it is a sign of rows that are something else.
pub(super) const AT_MOST: usize = 4000;

/// What samples have in common.
#[derive(Debug, PartialEq)]
pub(super) struct Aligned {
    /// The dates.
    pub dates: Vec<NaiveDate>,
    /// For each kind of timeline, for each of its dates, the place in `dates`.
    pub places: Vec<Vec<u16>>,
    /// In sentences.
    pub notes: Vec<String>,
}

/// Finds one timeline for all; `kinds` are the timelines there are, each rising days since 1970, with how many samples have it.
///
/// # Errors
/// In a sentence, with the way out.
pub(super) fn align(kinds: &[(Vec<i64>, usize)]) -> Result<Aligned, String> {
    // The longest, of these the most frequent, of these the earliest.
    let reference = kinds.iter().max_by(|(a, n), (b, m)| (a.len(), n, &b).cmp(&(b.len(), m, &a)));
    let Some((reference, _)) = reference.filter(|(days, _)| !days.is_empty()) else {
        return Err("its samples have no dates".into());
    };
    if reference.len() > AT_MOST {
        return Err(format!("a sample has {} dates, and {AT_MOST} is the most", reference.len()));
    }
    let dates = dates(reference)?;
    let step = median_step(reference);
    if kinds.len() == 1 {
        return Ok(Aligned { dates, places: vec![straight(reference.len())], notes: vec![] });
    }
    let told = format!("{} to {}", dates[0], dates[dates.len() - 1]);
    if kinds.iter().all(|(days, _)| same_steps(days, reference, step)) {
        let starts = kinds.iter().map(|(days, _)| around_the_year(days[0] - reference[0]).abs()).max();
        let mut notes = vec![format!(
            "its samples are of different dates with the same steps between them: they are laid over one another by position and told \
             by the most frequent dates, {told}"
        )];
        if starts.is_some_and(|days| days > step.max(16)) {
            notes.push("its samples begin on different days of the year: a place in the series is not one season for all".into());
        }
        return Ok(Aligned { dates, places: kinds.iter().map(|k| straight(k.0.len())).collect(), notes });
    }
    let within = (step / 4).max(2);
    let by_season: Option<Vec<Vec<u16>>> =
        kinds.iter().map(|(days, _)| by_season(days, reference, within)).collect();
    if let Some(places) = by_season {
        let lacking: usize = kinds.iter().map(|(days, n)| (reference.len() - days.len()) * n).sum();
        let mut note = format!(
            "its samples are of different dates: they are laid over one another by the day of the year, {told}"
        );
        if lacking > 0 {
            note += &format!("; {lacking} dates that samples lack are gaps");
        }
        return Ok(Aligned { dates, places, notes: vec![note] });
    }
    union(kinds).ok_or_else(|| {
        let odd = kinds.iter().find(|(days, _)| !same_steps(days, reference, step));
        let odd = odd.map_or(0, |(days, _)| days.len());
        format!(
            "its samples are of dates that do not go together: most have {} from {told}, others {odd}. Give all samples the same \
             dates, such as one mosaic a month",
            reference.len()
        )
    })
}

/// Evenly spread dates, where a table counts steps and tells no dates.
pub(super) fn counted(steps: usize) -> Vec<NaiveDate> {
    let apart = (365 / steps.max(1)).max(1) as u64;
    let first = NaiveDate::from_yo_opt(2001, 1).unwrap_or_default();
    (0..steps as u64).filter_map(|i| first.checked_add_days(Days::new(i * apart))).collect()
}

fn straight(n: usize) -> Vec<u16> {
    (0..n as u16).collect()
}

fn dates(days: &[i64]) -> Result<Vec<NaiveDate>, String> {
    let date = |day: &i64| {
        let days = chrono::TimeDelta::try_days(*day);
        days.and_then(|days| NaiveDate::default().checked_add_signed(days))
            .ok_or_else(|| format!("it tells of a day {day} days after 1970, which no calendar has"))
    };
    days.iter().map(date).collect()
}

fn median_step(days: &[i64]) -> i64 {
    let mut steps: Vec<i64> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(1)
}

/// Whether two timelines have as many dates, as far apart to a third of a step.
fn same_steps(days: &[i64], reference: &[i64], step: i64) -> bool {
    days.len() == reference.len()
        && days.iter().zip(reference).all(|(a, b)| ((a - days[0]) - (b - reference[0])).abs() * 3 <= step)
}

/// Days to the nearest whole year.
fn around_the_year(days: i64) -> i64 {
    let years = (days as f64 / 365.25).round();
    days - (years * 365.25).round() as i64
}

/// The places of the dates in the reference, whole years apart; `None` where a date has no place or two have one.
fn by_season(days: &[i64], reference: &[i64], within: i64) -> Option<Vec<u16>> {
    let apart = days.first()? - reference.first()?;
    let years = (apart as f64 / 365.25).round();
    // A sample that lacks its first dates may lie nearer to another year.
    [years, years - 1.0, years + 1.0].into_iter().find_map(|years| {
        let shift = (years * 365.25).round() as i64;
        let mut places = Vec::with_capacity(days.len());
        for day in days {
            let day = day - shift;
            let after = reference.partition_point(|r| *r < day);
            let near =
                [after.checked_sub(1), Some(after)].into_iter().flatten().filter(|i| *i < reference.len());
            let nearest = near.min_by_key(|i| (reference[*i] - day).abs())?;
            let taken = places.last().is_some_and(|last| usize::from(*last) >= nearest);
            if (reference[nearest] - day).abs() > within || taken {
                return None;
            }
            places.push(nearest as u16);
        }
        Some(places)
    })
}

/// All dates of all, where they are not many more than the longest has and each sample has at least half of them.
fn union(kinds: &[(Vec<i64>, usize)]) -> Option<Aligned> {
    let mut all: Vec<i64> = kinds.iter().flat_map(|(days, _)| days.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    let longest = kinds.iter().map(|(days, _)| days.len()).max()?;
    if all.len() * 2 > longest * 3 || kinds.iter().any(|(days, _)| days.len() * 2 < all.len()) {
        return None;
    }
    let place = |day: &i64| all.binary_search(day).ok().map(|at| at as u16);
    let places = kinds.iter().map(|(days, _)| days.iter().map(place).collect()).collect::<Option<_>>()?;
    let lacking: usize = kinds.iter().map(|(days, n)| (all.len() - days.len()) * n).sum();
    let notes = vec![format!("its samples lack some of its {} dates: {lacking} gaps", all.len())];
    Some(Aligned { dates: dates(&all).ok()?, places, notes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days(first: i64, step: i64, n: i64) -> Vec<i64> {
        (0..n).map(|i| first + i * step).collect()
    }

    #[test]
    fn samples_of_different_years_are_laid_over_one_another_by_position() {
        let aligned =
            align(&[(days(16_000, 16, 23), 10), (days(16_365, 16, 23), 30), (days(16_731, 16, 23), 5)])
                .unwrap();
        assert_eq!(aligned.dates.len(), 23);
        assert_eq!(
            aligned.dates[0],
            NaiveDate::default() + chrono::TimeDelta::days(16_365),
            "the most frequent"
        );
        assert!(aligned.places.iter().all(|p| *p == straight(23)));
        assert_eq!(aligned.notes.len(), 1);
        let seasons = align(&[(days(16_000, 16, 23), 10), (days(16_100, 16, 23), 9)]).unwrap();
        assert!(seasons.notes[1].contains("not one season"), "{:?}", seasons.notes);
    }

    #[test]
    fn samples_that_lack_dates_get_gaps_there() {
        let mut short = days(16_365, 30, 12);
        short.drain(..2);
        short.remove(4);
        let aligned = align(&[(days(16_000, 30, 12), 3), (short, 2)]).unwrap();
        assert_eq!(aligned.places[1], [2, 3, 4, 5, 7, 8, 9, 10, 11]);
        assert!(aligned.notes[0].contains("6 dates"), "{:?}", aligned.notes);
    }

    #[test]
    fn dates_that_do_not_go_together_are_refused_with_the_way_out() {
        let why = align(&[(days(16_000, 30, 12), 3), (days(16_000, 5, 11), 2)]).unwrap_err();
        assert!(why.contains("12") && why.contains("11") && why.contains("month"), "{why}");
        assert!(align(&[]).is_err());
        assert!(align(&[(vec![i64::MAX / 2], 1)]).is_err());
        assert!(align(&[(days(0, 1, AT_MOST as i64 + 1), 1)]).is_err());
    }

    #[test]
    fn dates_each_sample_has_half_of_are_put_together() {
        let all = [10, 25, 47, 80, 99, 130];
        let kinds = [(vec![10, 47, 80, 130], 1), (vec![25, 47, 99, 130], 1)];
        let aligned = align(&kinds).unwrap();
        assert_eq!(aligned.dates.len(), all.len());
        assert_eq!(aligned.places, [vec![0, 2, 3, 5], vec![1, 2, 4, 5]]);
    }

    #[test]
    fn steps_without_dates_are_spread_over_a_year() {
        let dates = counted(23);
        assert_eq!((dates.len(), dates[1] - dates[0]), (23, chrono::TimeDelta::days(15)));
        assert_eq!(counted(400).len(), 400);
        assert!(counted(400).windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn every_date_of_a_sample_has_a_place_of_its_own(
            kinds in prop::collection::vec(
                (prop::collection::btree_set(0i64..900, 0..12), 1usize..5), 0..5
            )
        ) {
            let kinds: Vec<(Vec<i64>, usize)> = kinds.into_iter().map(|(days, n)| (days.into_iter().collect(), n)).collect();
            if let Ok(aligned) = align(&kinds) {
                prop_assert!(aligned.dates.windows(2).all(|pair| pair[0] < pair[1]));
                for ((days, _), places) in kinds.iter().zip(&aligned.places) {
                    prop_assert_eq!(days.len(), places.len());
                    prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
                    prop_assert!(places.iter().all(|p| usize::from(*p) < aligned.dates.len()));
                }
            }
        }
    }
}
