//! The table behind a chart: of each pixel its bands and indices at each date, as observed, filled and smoothed, and why
//! there is nothing where there is nothing.

use super::{colours, days};
use crate::cube::{
    Band, CubeInfo, Feature, Filling, IndexError, NamedIndex, PixelMask, PixelState, Series, Smoothing,
    Units, fill,
};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// What a table is made of, besides the pixels.
#[derive(Debug, Clone)]
pub struct TableOf {
    /// The project's name.
    pub project: String,
    /// The site's name.
    pub site: String,
    /// Bands and indices, in order; whether a chart draws them, and in which colour.
    pub features: Vec<(Feature, [u8; 3], bool)>,
    /// Units of bands. What a cube does not know is told as it is stored.
    pub units: Units,
    /// How gaps are filled.
    pub filling: Filling,
    /// The smooth line beside what was observed.
    pub smoothing: Smoothing,
    /// Whether a chart lays years over one another, and a table tells the day of the year.
    pub years: bool,
    /// The usual years of classes that stand behind the pixels.
    pub usual: Vec<UsualYear>,
}

/// The usual year of a class in a band or index: a value a date, in the units that the table is in; NaN where it is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct UsualYear {
    /// The class's name.
    pub class: String,
    /// Its colour.
    pub colour: [u8; 3],
    /// The name of the band or index.
    pub feature: String,
    /// The median.
    pub median: Vec<f32>,
    /// The 10th percentile.
    pub low: Vec<f32>,
    /// The 90th percentile.
    pub high: Vec<f32>,
    /// Pixels that it is made of.
    pub pixels: usize,
    /// Annotations that they lie in.
    pub annotations: usize,
}

impl TableOf {
    /// Bands by name (all where `None`), then indices by name or expression, with the project's `own`; those named in `drawn`
    /// (all where `None`) are drawn in a chart. Gaps as they are and nothing smoothed, until it is said otherwise.
    ///
    /// # Errors
    /// [`IndexError`] where the cube has no such band, or lacks one of an index.
    pub fn choose(
        info: &CubeInfo,
        (bands, indices): (Option<&[String]>, &[String]),
        own: &[NamedIndex],
        drawn: Option<&[String]>,
    ) -> Result<Self, IndexError> {
        let places = colours::band_places(&info.bands);
        let known: Vec<String> = indices_of(&info.bands, own).into_iter().map(|index| index.name).collect();
        let found = |text: &String| Feature::resolve(text, &info.bands, own);
        let mut features = match bands {
            None => Feature::all_bands(&info.bands),
            Some(names) => names.iter().map(found).collect::<Result<_, _>>()?,
        };
        features.extend(indices.iter().map(found).collect::<Result<Vec<_>, _>>()?);
        // What is named twice is written once.
        let mut seen = BTreeSet::new();
        features.retain(|feature| seen.insert(feature.name.clone()));
        let coloured = |feature: Feature| {
            let place = known.iter().position(|name| *name == feature.name).unwrap_or(known.len());
            let colour = match feature.bands() {
                [band] if !feature.is_index() => {
                    colours::band(places.get(*band).copied().unwrap_or(0), false)
                }
                _ => colours::index(place, false),
            };
            let is_drawn = drawn.is_none_or(|drawn| drawn.contains(&feature.name));
            (feature, colour, is_drawn)
        };
        Ok(Self {
            project: String::new(),
            site: String::new(),
            features: features.into_iter().map(coloured).collect(),
            units: Units::Dn,
            filling: Filling::Off,
            smoothing: Smoothing::Off,
            years: false,
            usual: Vec::new(),
        })
    }
}

/// The indices that a cube of these bands has: those of the catalogue, then the project's own.
pub fn indices_of(bands: &[Band], own: &[NamedIndex]) -> Vec<Feature> {
    let mut found = Feature::known_indices(bands);
    found.extend(own.iter().filter_map(|index| Feature::resolve(&index.name, bands, own).ok()));
    found
}

/// A pixel, as it was read.
#[derive(Debug, Clone)]
pub struct PixelInput {
    /// What it is called: "pin 1".
    pub name: String,
    /// Column and row.
    pub pixel: (u32, u32),
    /// All bands of the cube.
    pub series: Series,
    /// What the cube's masks say of it; `None` where it has none.
    pub mask: Option<PixelMask>,
}

/// Series of pixels of one site.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesTable {
    /// The project's name.
    pub project: String,
    /// The site's name.
    pub site: String,
    /// Dates, in order.
    pub dates: Vec<NaiveDate>,
    /// Units of bands.
    pub units: Units,
    /// How gaps are filled.
    pub filling: Filling,
    /// The smooth line.
    pub smoothing: Smoothing,
    /// Whether years lie over one another.
    pub years: bool,
    /// Usual years of classes.
    pub usual: Vec<UsualYear>,
    /// Bands and indices.
    pub columns: Vec<Column>,
    /// Pixels.
    pub pixels: Vec<PixelRows>,
}

/// A band or an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The unit of its values: "DN", "reflectance", "K", "index".
    pub unit: &'static str,
    /// Whether it is computed, and stands on the right scale.
    pub is_index: bool,
    /// Its colour on paper.
    pub colour: [u8; 3],
    /// Whether a chart draws it.
    pub drawn: bool,
    /// Usual values, where they are known.
    pub usual: Option<[f32; 2]>,
}

/// A pixel: a value a date in everything.
#[derive(Debug, Clone, PartialEq)]
pub struct PixelRows {
    /// What it is called.
    pub name: String,
    /// Column and row.
    pub pixel: (u32, u32),
    /// Longitude and latitude of its centre, where they can be told.
    pub lonlat: Option<[f64; 2]>,
    /// Why there is no clear observation, where there is none.
    pub missing: Vec<Option<PixelState>>,
    /// How many clear observations there are, where the cube counts them.
    pub counts: Option<Vec<u8>>,
    /// A curve a column.
    pub curves: Vec<Curve>,
}

/// A band or index of a pixel, a value a date.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// As observed; NaN is a gap.
    pub seen: Vec<f32>,
    /// With gaps filled.
    pub filled: Vec<f32>,
    /// The smooth line; `None` where nothing is smoothed or there are too few observations.
    pub smooth: Option<Vec<f64>>,
}

impl SeriesTable {
    /// The table of pixels of a cube.
    pub fn new(info: &CubeInfo, of: &TableOf, pixels: Vec<PixelInput>) -> Self {
        let units = of.units.on(info);
        let features: Vec<Feature> =
            of.features.iter().map(|(feature, ..)| feature.clone().in_units(units)).collect();
        let columns = features.iter().zip(&of.features).map(|(feature, (_, colour, drawn))| Column {
            name: feature.name.clone(),
            unit: feature.unit(),
            is_index: feature.is_index(),
            colour: *colour,
            drawn: *drawn,
            usual: feature.known().map(|known| known.range),
        });
        let along: Vec<f64> = info.dates.iter().map(|date| days(*date)).collect();
        let curve = |feature: &Feature, series: &Series| {
            let seen = feature.series(series);
            let mut filled = seen.clone();
            fill(&mut filled, 1, &along, of.filling);
            Curve { smooth: of.smoothing.of(&along, &seen), seen, filled }
        };
        let rows = |input: PixelInput| {
            let PixelInput { name, pixel, series, mask } = input;
            let (col, row) = (f64::from(pixel.0) + 0.5, f64::from(pixel.1) + 0.5);
            PixelRows {
                name,
                pixel,
                lonlat: info.grid.lonlat_from_pixel(col, row).ok(),
                missing: (0..series.times).map(|time| series.missing(mask.as_ref(), time)).collect(),
                curves: features.iter().map(|feature| curve(feature, &series)).collect(),
                counts: mask.map(|mask| mask.counts),
            }
        };
        Self {
            project: of.project.clone(),
            site: of.site.clone(),
            dates: info.dates.clone(),
            units,
            filling: of.filling,
            smoothing: of.smoothing,
            years: of.years,
            usual: of.usual.clone(),
            columns: columns.collect(),
            pixels: pixels.into_iter().map(rows).collect(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cube::Band;
    use crate::geo::raster::PixelType;
    use crate::geo::{Crs, Grid};
    use crate::source::Scale;

    pub const GAP: f32 = f32::NAN;

    /// A cube of two bands of a known scale, on so many dates ten days apart.
    pub fn info(times: usize) -> CubeInfo {
        let band = |name: &str, common: &str| {
            let mut band = Band::named(name);
            band.knowledge.common = Some(common.into());
            band.knowledge.scale = Scale { factor: 1e-4, offset: 0.0 };
            band
        };
        let first = NaiveDate::from_ymd_opt(2022, 1, 5).unwrap();
        CubeInfo {
            grid: Grid {
                crs: Crs::from_epsg(32615).unwrap(),
                left: 500_000.0,
                top: 1_900_000.0,
                pixel_width: 10.0,
                pixel_height: 10.0,
                width: 96,
                height: 64,
            },
            bands: vec![band("B04", "red"), band("B08", "nir")],
            dates: (0..times as u64).map(|i| first + chrono::Days::new(10 * i)).collect(),
            pixel_type: PixelType::Uint16,
            nodata: 0.0,
            origin: None,
        }
    }

    /// Both bands and NDVI, all drawn.
    pub fn table_of(info: &CubeInfo, units: Units) -> TableOf {
        let mut features = Feature::all_bands(&info.bands);
        features.push(Feature::resolve("NDVI", &info.bands, &[]).unwrap());
        TableOf {
            project: "corridor <1> & \"2\"".into(),
            site: "north".into(),
            features: features.into_iter().map(|feature| (feature, [10, 20, 30], true)).collect(),
            units,
            filling: Filling::Linear,
            smoothing: Smoothing::Off,
            years: false,
            usual: Vec::new(),
        }
    }

    /// The usual year of a class that is this median at each date, and 0.1 around it.
    pub fn usual(feature: &str, median: Vec<f32>) -> UsualYear {
        let around = |by: f32| median.iter().map(|value| value + by).collect();
        let (low, high) = (around(-0.1), around(0.1));
        let (class, feature) = ("Maize & beans".into(), feature.into());
        UsualYear { class, colour: [200, 120, 0], feature, median, low, high, pixels: 30, annotations: 2 }
    }

    pub fn input(name: &str, values: Vec<f32>) -> PixelInput {
        let series = Series { times: values.len() / 2, bands: 2, values };
        PixelInput { name: name.into(), pixel: (3, 4), series, mask: None }
    }

    #[test]
    fn bands_and_indices_are_chosen_by_name_once_each_and_what_lacks_is_told() {
        let info = info(2);
        let texts = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        let own = [NamedIndex { name: "Mine".into(), expression: "nir / red".into() }];
        let (bands, indices) = (texts(&["nir", "B04", "B08"]), texts(&["NDVI", "Mine"]));
        let drawn = texts(&["B08", "Mine"]);
        let of = TableOf::choose(&info, (Some(&bands), &indices), &own, Some(&drawn)).unwrap();
        let names: Vec<(&str, bool)> =
            of.features.iter().map(|(feature, _, drawn)| (feature.name.as_str(), *drawn)).collect();
        assert_eq!(names, [("B08", true), ("B04", false), ("NDVI", false), ("Mine", true)]);
        let all = TableOf::choose(&info, (None, &[]), &[], None).unwrap();
        assert_eq!(all.features.len(), 2);
        let why = TableOf::choose(&info, (None, &texts(&["NDMI"])), &[], None).unwrap_err().to_string();
        assert!(why.contains("swir1"), "{why}");
    }

    #[test]
    fn a_table_holds_what_was_seen_what_is_filled_and_why_there_was_nothing() {
        let info = info(3);
        let of = table_of(&info, Units::Reflectance);
        let table =
            SeriesTable::new(&info, &of, vec![input("pin 1", vec![1000., 3000., GAP, GAP, 2000., 4000.])]);
        let units: Vec<&str> = table.columns.iter().map(|column| column.unit).collect();
        assert_eq!(units, ["reflectance", "reflectance", "index"]);
        let rows = &table.pixels[0];
        assert_eq!(rows.missing, [None, Some(PixelState::NotObserved), None]);
        assert_eq!(rows.curves[0].filled, [0.1, 0.15, 0.2]);
        assert!(rows.curves[0].seen[1].is_nan() && rows.curves[2].filled[1].is_finite());
        assert!(rows.lonlat.is_some());
    }
}
