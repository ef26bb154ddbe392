//! Which of two codings label rasters have: the same places as polygons with names tell, where there are both.

use super::read::read;
use super::settings::{ImportSettings, Numbers};
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Window};
use crate::labels::LabelError;
use crate::progress::Cancel;
use geo::{Geometry, InteriorPoint};
use std::collections::BTreeMap;
use std::path::Path;

/// How often polygons of a name lie on a value of label rasters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodingSeen {
    /// Polygons by the raster's value below them and their class.
    pub pairs: BTreeMap<(i32, String), usize>,
    /// Chips, or pairs of files, whose polygons speak for a coding: as many as fit this one better than the other.
    pub files: BTreeMap<&'static str, usize>,
}

/// The codings that are in circulation.
const CODINGS: [Numbers; 2] = [Numbers::Wikidata, Numbers::Alphabetical];

impl CodingSeen {
    /// Values that were seen, in order.
    pub fn values(&self) -> Vec<i32> {
        let mut values: Vec<i32> = self.pairs.keys().map(|(value, _)| *value).collect();
        values.dedup();
        values
    }

    /// Classes of the polygons that lie on a value, the most frequent first.
    pub fn classes_on(&self, value: i32) -> Vec<(&str, usize)> {
        let those = self.pairs.iter().filter(|((v, _), _)| *v == value);
        let mut those: Vec<_> = those.map(|((_, name), count)| (name.as_str(), *count)).collect();
        those.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        those
    }

    /// Of the polygons that lie on a value other than 0, how many have the class that a coding gives it; and how many
    /// there are.
    pub fn fits(&self, coding: Numbers) -> (usize, usize) {
        let labelled = self.pairs.iter().filter(|((value, _), _)| *value != 0);
        labelled.fold((0, 0), |(fit, all), ((value, name), count)| {
            let is_it = coding.class_of(*value).is_some_and(|class| same_class(class, name));
            (fit + if is_it { *count } else { 0 }, all + count)
        })
    }

    /// The coding that the polygons speak for: nine of ten fit it, and fewer than half the other.
    pub fn likely(&self) -> Option<Numbers> {
        let share = |coding| {
            let (fit, all) = self.fits(coding);
            (all > 0).then(|| fit as f64 / all as f64)
        };
        let [a, b] = CODINGS;
        match (share(a)?, share(b)?) {
            (one, other) if one >= 0.9 && other < 0.5 => Some(a),
            (one, other) if other >= 0.9 && one < 0.5 => Some(b),
            _ => None,
        }
    }

    /// Whether some files fit one coding and some the other.
    pub fn is_mixed(&self) -> bool {
        self.files.len() > 1
    }

    /// Takes in a pair of files that show the same place: polygons with classes, and a raster of their codes.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn look(&mut self, vectors: &Path, raster: &Path) -> Result<(), LabelError> {
        let settings = ImportSettings::default();
        let read = read(&[vectors.to_owned()], &settings, &|_| (), &Cancel::new())?;
        let Some(file) = read.files.first() else { return Ok(()) };
        let column = file.class_column(None)?;
        let raster = RasterReader::open(raster)?;
        let mut here = Self::default();
        for (at, row) in file.rows.iter().enumerate() {
            let Some(name) = column.value(at).and_then(|value| value.as_str()) else { continue };
            let Ok(placed) = &row.placed else { continue };
            for geometry in placed.geometries() {
                if let Some(value) = value_below(&raster, &geometry)? {
                    *here.pairs.entry((value, name.trim().to_owned())).or_default() += 1;
                }
            }
        }
        let [a, b] = CODINGS.map(|coding| here.fits(coding).0);
        let better = match a.cmp(&b) {
            std::cmp::Ordering::Greater => Some(CODINGS[0]),
            std::cmp::Ordering::Less => Some(CODINGS[1]),
            std::cmp::Ordering::Equal => None,
        };
        if let Some(better) = better {
            *self.files.entry(better.name()).or_default() += 1;
        }
        for (pair, count) in here.pairs {
            *self.pairs.entry(pair).or_default() += count;
        }
        Ok(())
    }
}

/// Names of classes are written with spaces and capitals as well.
fn same_class(class: &str, name: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    plain(class) == plain(name)
}

/// The value of the pixel in the midst of a polygon; `None` where it lies off the raster.
fn value_below(raster: &RasterReader, geometry: &Geometry<f64>) -> Result<Option<i32>, GeoError> {
    let Some(point) = geometry.interior_point() else { return Ok(None) };
    let place = &raster.info().placement;
    let mut xy = [[point.x(), point.y()]];
    place.crs.xy_from_lonlat(&mut xy)?;
    let Some([col, row]) = place.pixel_from_xy(xy[0][0], xy[0][1]) else { return Ok(None) };
    let inside = col >= 0.0 && row >= 0.0 && col < f64::from(place.width) && row < f64::from(place.height);
    if !inside {
        return Ok(None);
    }
    let window = Window { col: col as u32, row: row as u32, width: 1, height: 1 };
    Ok(raster.read_i32(0, window)?.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(i32, &str, usize)]) -> CodingSeen {
        let pairs = pairs.iter().map(|(value, name, count)| ((*value, (*name).to_owned()), *count)).collect();
        CodingSeen { pairs, ..CodingSeen::default() }
    }

    #[test]
    fn polygons_tell_which_coding_rasters_have() {
        let wikidata = seen(&[
            (1, "forest", 8),
            (8, "Water", 4),
            (0, "urban", 9),
            (7, "without apparent vegetation", 1),
        ]);
        assert_eq!(wikidata.fits(Numbers::Wikidata), (13, 13));
        assert_eq!(wikidata.fits(Numbers::Alphabetical), (0, 13));
        assert_eq!(wikidata.likely(), Some(Numbers::Wikidata));
        assert_eq!(seen(&[(4, "forest", 9), (9, "water", 1)]).likely(), Some(Numbers::Alphabetical));
        assert_eq!(wikidata.classes_on(0), [("urban", 9)]);
        assert_eq!(wikidata.values(), [0, 1, 7, 8]);
    }

    #[test]
    fn where_polygons_speak_for_neither_or_both_none_is_likely() {
        assert_eq!(CodingSeen::default().likely(), None);
        assert_eq!(seen(&[(0, "forest", 9)]).likely(), None);
        assert_eq!(seen(&[(1, "forest", 5), (4, "forest", 5)]).likely(), None);
        // Dry jungle and humid jungle are 2 and 3 in one, 3 and 5 in the other.
        assert_eq!(seen(&[(1, "forest", 8), (3, "dry_jungle", 2)]).likely(), None);
    }
}
