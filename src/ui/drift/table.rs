//! The heat table of the page: sites by dates for one band, or bands by dates for one site.

use super::head::{Shown, value_words};
use super::heat::{Cell, Heat, HeatClick, heat_ui};
use super::{Clicked, Drift};
use crate::cube::statistics::{Comparison, STANDS_OUT};
use crate::ui::tokens;
use crate::ui::words::{tr, tr_word};
use chrono::{Datelike, NaiveDate};
use egui::{Color32, Ui};

pub fn table_ui(ui: &mut Ui, comparison: &Comparison, drift: &mut Drift) -> Option<Clicked> {
    let shown = drift.shown(comparison);
    let chosen: Vec<(usize, usize)> = drift.chosen(comparison).collect();
    let table = Table { comparison, shown, chosen, ranges: ranges(comparison, shown) };
    let names = |row: usize| match shown {
        Shown::Band(_) => comparison.sites[row].name.clone(),
        Shown::Site(site) => comparison.bands[table.bands(site)[row]].name.clone(),
    };
    let rows = match shown {
        Shown::Band(_) => comparison.sites.len(),
        Shown::Site(site) => table.bands(site).len(),
    };
    let dates = table.dates();
    let several_a_month =
        dates.windows(2).any(|pair| (pair[0].year(), pair[0].month()) == (pair[1].year(), pair[1].month()));
    let date = |column: usize| {
        let date = dates[column];
        let is_first = column == 0 || dates[column - 1].year() != date.year();
        let year = if is_first { date.year().to_string() } else { String::new() };
        let pattern = if several_a_month { "%m-%d" } else { "%m" };
        [year, date.format(pattern).to_string()]
    };
    let heat = Heat {
        rows,
        columns: dates.len(),
        name: &names,
        date: &date,
        cell: &|row, column| table.cell(row, column),
        words: &|row, column| table.words(row, column),
        name_hint: match shown {
            Shown::Band(_) => Some(tr!("Shows all bands of this site")),
            Shown::Site(_) => None,
        },
    };
    match heat_ui(ui, &heat)? {
        HeatClick::Name(row) => {
            drift.site = Some(comparison.sites[row].name.clone());
            None
        }
        HeatClick::Cell(row, column, over) => {
            let (site, time, _) = table.place(row, column)?;
            Some(Clicked { site, time, over })
        }
    }
}

struct Table<'a> {
    comparison: &'a Comparison,
    shown: Shown,
    chosen: Vec<(usize, usize)>,
    /// From dark to bright, for each band.
    ranges: Vec<(f32, f32)>,
}

/// From the least to the greatest median: of all sites, or of the one that is shown.
fn ranges(comparison: &Comparison, shown: Shown) -> Vec<(f32, f32)> {
    let Shown::Site(site) = shown else { return comparison.bands.iter().map(|band| band.medians).collect() };
    let times = comparison.sites[site].statistics.dates.len();
    let of = |band: usize| {
        let medians = (0..times).filter_map(|time| Some(comparison.cell(site, time, band)?.median));
        medians
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    (0..comparison.bands.len()).map(of).collect()
}

impl Table<'_> {
    /// The bands that a site has.
    fn bands(&self, site: usize) -> Vec<usize> {
        let has = &self.comparison.sites[site].band_of;
        has.iter().enumerate().filter_map(|(at, band)| band.map(|_| at)).collect()
    }

    fn dates(&self) -> Vec<NaiveDate> {
        match self.shown {
            Shown::Band(_) => self.comparison.columns.iter().map(|column| column.date).collect(),
            Shown::Site(site) => self.comparison.sites[site].statistics.dates.clone(),
        }
    }

    /// Site, date and band of a cell.
    fn place(&self, row: usize, column: usize) -> Option<(usize, usize, usize)> {
        match self.shown {
            Shown::Band(band) => {
                let time = (*self.comparison.columns.get(column)?.times.get(row)?)?;
                self.comparison.sites[row].band_of.get(band)?.map(|_| (row, time, band))
            }
            Shown::Site(site) => {
                let place = |at: Option<&Option<usize>>| at.is_some_and(Option::is_some);
                let mut bands = (0..self.comparison.bands.len())
                    .filter(|band| place(self.comparison.sites[site].band_of.get(*band)));
                Some((site, column, bands.nth(row)?))
            }
        }
    }

    fn cell(&self, row: usize, column: usize) -> Option<Cell> {
        let (site, time, band) = self.place(row, column)?;
        let (low, high) = self.ranges[band];
        let share = |median: f32| if high > low { (median - low) / (high - low) } else { 0.5 };
        let is_drawn = self.chosen.iter().position(|chosen| *chosen == (site, time));
        let z = self.comparison.z(site, time, band);
        // In the table of one site the bands that make a date stand out are marked, not all.
        let marked = self.comparison.sites[site].drift.stands_out(time)
            && (matches!(self.shown, Shown::Band(_)) || z.abs() >= STANDS_OUT);
        Some(Cell {
            share: self.comparison.cell(site, time, band).map(|cell| share(cell.median)),
            marked,
            line: is_drawn.map(line_colour),
        })
    }

    fn words(&self, row: usize, column: usize) -> String {
        let Some((site, time, band)) = self.place(row, column) else { return String::new() };
        let (here, told) = (&self.comparison.sites[site], &self.comparison.bands[band]);
        let (date, name) = (here.statistics.dates[time], &told.name);
        let Some(cell) = self.comparison.cell(site, time, band) else {
            return tr!(
                "{site}, {date}, {band}: nothing was seen",
                site = here.name,
                date = date,
                band = name
            );
        };
        let share = here.band_of[band].map_or(0.0, |own| here.statistics.clear_share(time, own));
        let mut words = tr!(
            "{site}, {date}, {band}: median {median} {unit}, half of the values from {low} to {high}, {share} % seen",
            site = here.name,
            date = date,
            band = name,
            median = value_words(cell.median),
            unit = tr_word(told.unit.name()),
            low = value_words(cell.p25),
            high = value_words(cell.p75),
            share = format!("{:.0}", share * 100.0)
        )
        // Where the unit has no name.
        .replace(" ,", ",");
        let z = self.comparison.z(site, time, band);
        if z.is_finite() {
            let by = format!("{:.1}", z.abs());
            words += "\n";
            words += &match z > 0.0 {
                true => tr!("Brighter than its neighbours in time by {n} spreads", n = by),
                false => tr!("Darker than its neighbours in time by {n} spreads", n = by),
            };
        }
        words += "\n";
        words += tr!("Click shows it on the map; Ctrl and click lays its histogram over the others");
        words
    }
}

/// The colour of a histogram.
pub fn line_colour(at: usize) -> Color32 {
    tokens::PINS[at % tokens::PINS.len()]
}
