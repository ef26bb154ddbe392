//! What a reference sample was drawn from, and its units as estimates take them.

use super::{PlacedUnit, ReferenceError, ReferenceSample};
use crate::assess::{Correction, Drawing, Population, ReferenceUnit, Stratum};
use crate::classify::{gather_codes, row_pixel_ha};
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Grid, Placement, Window};
use crate::labels::{ClassCode, Legend};
use crate::progress::{Cancel, Report};
use rayon::prelude::*;
use std::path::Path;

/// The stratum of all units where the whole map is one.
const WHOLE: ClassCode = 0;
/// The stratum of units that have none, though the design asks for one: no design has it.
const NONE: ClassCode = 255;

/// How much there is of each code on a map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapCounts {
    /// Pixels, by code; those of 0, 255 and the file's own nodata have no class and are not counted.
    pub pixels: Box<[u64; 256]>,
    /// Hectares of a pixel with a class, on average where rows differ.
    pub pixel_ha: f64,
}

impl MapCounts {
    /// Counts the pixels of a map, piece by piece on all cores.
    ///
    /// # Errors
    /// When it cannot be read, its pixels are no bytes, or a stop was asked for.
    pub fn of(map: &Path, report: Report, cancel: &Cancel) -> Result<Self, ReferenceError> {
        let counter = Counter::of_file(map)?;
        let counted = gather_codes::<_, ReferenceError>(
            map,
            report,
            || counter.clone(),
            |counter, window, codes| {
                cancel.check().map_err(GeoError::from)?;
                counter.take(window, codes);
                Ok(())
            },
        )?;
        Ok(counted.into_iter().fold(counter, Counter::merged).done())
    }

    /// Counts the pixels of a map and draws from its classes, so many of each at most, while it is read once.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn and_drawing(
        map: &Path,
        (seed, most): (u64, u64),
        report: Report,
        cancel: &Cancel,
    ) -> Result<(Self, Drawing), ReferenceError> {
        let counter = Counter::of_file(map)?;
        let drawing = Drawing::new(seed, |code| if counter.has_class(code) { most } else { 0 });
        let gathered = gather_codes::<_, ReferenceError>(
            map,
            report,
            || (counter.clone(), drawing.clone()),
            |(counter, drawing), window, codes| {
                cancel.check().map_err(GeoError::from)?;
                counter.take(window, codes);
                drawing.take(window, codes);
                Ok(())
            },
        )?;
        let (counter, drawing) = gathered.into_iter().fold((counter, drawing), |(counter, drawing), part| {
            (counter.merged(part.0), drawing.merged(part.1))
        });
        Ok((counter.done(), drawing))
    }

    /// Counts codes that are in memory, y x x.
    ///
    /// # Errors
    /// On a grid in degrees that is turned; in a sentence.
    pub fn of_codes(placement: &Placement, codes: &[u8]) -> Result<Self, String> {
        let counter = Counter::new(placement, None)?;
        let width = placement.width.max(1) as usize;
        let part = |(i, codes): (usize, &[u8])| {
            let mut counter = counter.clone();
            let height = (codes.len() / width) as u32;
            counter.take(Window { col: 0, row: (i * ROWS) as u32, width: placement.width, height }, codes);
            counter
        };
        let parts: Vec<Counter> = codes.par_chunks(width * ROWS).enumerate().map(part).collect();
        Ok(parts.into_iter().fold(counter, Counter::merged).done())
    }

    /// The classes that the map has, as strata, with their names of the legend.
    pub fn strata(&self, legend: &Legend) -> Vec<Stratum> {
        let name = |code| legend.class(code).map_or_else(|| format!("code {code}"), |c| c.name.clone());
        let stratum = |code: u8| Stratum { code, name: name(code), pixels: self.pixels[usize::from(code)] };
        (1..=254).map(stratum).filter(|stratum| stratum.pixels > 0).collect()
    }

    fn with_class(&self) -> u64 {
        self.pixels[1..255].iter().sum()
    }
}

/// Rows that are counted at once where all are in memory.
const ROWS: usize = 512;

/// What counts codes while they come by.
#[derive(Clone)]
struct Counter {
    nodata: Option<f64>,
    /// On a grid in degrees each row has its own area: how many pixels with a class it has. Elsewhere all pixels are alike.
    rows: Option<(Grid, Vec<u32>)>,
    pixel_ha: f64,
    pixels: Box<[u64; 256]>,
}

impl Counter {
    fn of_file(map: &Path) -> Result<Self, ReferenceError> {
        let reader = RasterReader::open(map)?;
        let info = reader.info();
        let nodata = info.bands.first().and_then(|band| band.nodata);
        let unusable = |why| GeoError::Read { path: map.into(), why };
        Ok(Self::new(&info.placement, nodata).map_err(unusable)?)
    }

    fn new(placement: &Placement, nodata: Option<f64>) -> Result<Self, String> {
        let rows = match placement.crs.is_geographic() {
            true => Some((placement.north_up()?, vec![0; placement.height as usize])),
            false => None,
        };
        let ([width, height], unit) = (placement.pixel_size(), placement.crs.metres_per_linear_unit());
        let pixel_ha = width * height * unit * unit / 10_000.0;
        Ok(Self { nodata, rows, pixel_ha, pixels: Box::new([0; 256]) })
    }

    fn has_class(&self, code: ClassCode) -> bool {
        (1..=254).contains(&code) && self.nodata != Some(f64::from(code))
    }

    fn take(&mut self, window: Window, codes: &[u8]) {
        for (row, codes) in (window.row..).zip(codes.chunks_exact(window.width.max(1) as usize)) {
            // Two lots, so that a count need not wait for the one before it.
            let mut counts = [[0u32; 256]; 2];
            for pair in codes.chunks(2) {
                pair.iter().zip(&mut counts).for_each(|(code, counts)| counts[usize::from(*code)] += 1);
            }
            let mut of_row = 0;
            for code in 1..=254 {
                if !self.has_class(code) {
                    continue;
                }
                let of_code = counts[0][usize::from(code)] + counts[1][usize::from(code)];
                self.pixels[usize::from(code)] += u64::from(of_code);
                of_row += of_code;
            }
            if let Some(row) = self.rows.as_mut().and_then(|(_, rows)| rows.get_mut(row as usize)) {
                *row += of_row;
            }
        }
    }

    fn merged(mut self, other: Self) -> Self {
        self.pixels.iter_mut().zip(other.pixels.iter()).for_each(|(own, other)| *own += other);
        if let (Some((_, own)), Some((_, other))) = (&mut self.rows, other.rows) {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
        self
    }

    fn done(self) -> MapCounts {
        let Self { rows, pixel_ha, pixels, .. } = self;
        let Some((grid, rows)) = rows else { return MapCounts { pixels, pixel_ha } };
        let ha = (0..).zip(&rows).map(|(row, of_row)| f64::from(*of_row) * row_pixel_ha(&grid, row));
        let with_class: u64 = pixels.iter().sum();
        MapCounts { pixel_ha: ha.sum::<f64>() / with_class.max(1) as f64, pixels }
    }
}

/// How a reference sample came about, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampled {
    /// By a design, which the file holds.
    Designed,
    /// The file tells strata but no design; they are taken for the classes of the map.
    ByMapClasses,
    /// Nothing is known; it is taken for a simple random sample of the whole map.
    Whole,
}

impl Sampled {
    /// For people, what is taken for granted.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Designed => "The sample was drawn by the design that its file holds.",
            Self::ByMapClasses => {
                "The file of the sample tells strata but not how it was drawn: they are taken for the classes of this map, and the \
                 units of each for a simple random sample of it."
            }
            Self::Whole => {
                "The file of the sample does not tell how it was drawn: it is taken for a simple random sample of the whole map. \
                 Where it is another one, the figures do not hold."
            }
        }
    }
}

impl ReferenceSample {
    /// How it was drawn, where it is to tell of this map.
    pub fn sampled(&self, map: &MapCounts) -> Sampled {
        let on_map = |unit: &PlacedUnit| {
            unit.stratum.is_some_and(|code| (1..=254).contains(&code) && map.pixels[usize::from(code)] > 0)
        };
        match &self.design {
            Some(_) => Sampled::Designed,
            None if !self.units.is_empty() && self.units.iter().all(on_map) => Sampled::ByMapClasses,
            None => Sampled::Whole,
        }
    }

    /// What it was drawn from; of a sample that does not tell, by the map it is to tell of ([`Self::sampled`]).
    pub fn population(&self, map: &MapCounts, legend: &Legend) -> Population {
        let strata = match (self.sampled(map), &self.design) {
            (_, Some(design)) => return design.population(),
            (Sampled::ByMapClasses, None) => map.strata(legend),
            _ => vec![Stratum { code: WHOLE, name: "the whole map".into(), pixels: map.with_class() }],
        };
        Population { strata, pixel_ha: map.pixel_ha, correction: Correction::Finite }
    }

    /// Its units as [`crate::assess::estimate`] takes them; `mapped` holds the map's code of each
    /// ([`crate::classify::pixels_at`]).
    pub fn reference_units(&self, map: &MapCounts, mapped: &[Option<ClassCode>]) -> Vec<ReferenceUnit> {
        let whole = self.sampled(map) == Sampled::Whole;
        let unit = |(unit, mapped): (&PlacedUnit, &Option<ClassCode>)| ReferenceUnit {
            stratum: if whole { WHOLE } else { unit.stratum.unwrap_or(NONE) },
            mapped: *mapped,
            reference: Self::class_of(unit),
        };
        self.units.iter().zip(mapped).map(unit).collect()
    }

    /// Longitude and latitude of each unit.
    pub fn places(&self) -> Vec<[f64; 2]> {
        self.units.iter().map(|unit| unit.lonlat).collect()
    }
}
