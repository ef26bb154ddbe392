//! Designing a reference sample from a map: what it would be, and drawing it.

use super::{MapCounts, PlacedUnit, ReferenceError, ReferenceSample};
use crate::assess::{
    Allocated, Allocation, DesignSpec, Drawn, SampleDesign, allocate, expected_error, sample_size,
};
use crate::classify::RUN;
use crate::geo::raster::RasterReader;
use crate::labels::{ClassCode, Legend};
use crate::progress::{Cancel, Report};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A stratum with fewer pixels is told: chance may leave what is rare within it out.
const TINY: u64 = 100;

/// Units of each class that are kept, at most, while it is not known yet how many it gets: what takes too much memory is read
/// twice instead.
const AT_ONCE: u64 = 100_000;

/// How large a sample is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// So many units.
    Units(u64),
    /// As many as a standard error of overall accuracy takes (Olofsson et al. 2014, equation 13).
    StandardError(f64),
}

/// What is wanted of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// How large.
    pub size: Size,
    /// How units are shared out among the strata.
    pub allocation: Allocation,
    /// The user's accuracy expected of each class; [`DesignSpec::EXPECTED`] of others.
    pub expected: BTreeMap<ClassCode, f64>,
    /// The same seed and map give the same units.
    pub seed: u64,
}

impl Default for Wanted {
    fn default() -> Self {
        let DesignSpec { size, allocation, expected } = DesignSpec::default();
        Self { size: Size::Units(size), allocation, expected, seed: 1 }
    }
}

/// What a sample would be, before it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// With the size that was worked out.
    pub spec: DesignSpec,
    /// What each stratum gets.
    pub strata: Vec<Allocated>,
    /// Hectares of a pixel.
    pub pixel_ha: f64,
    /// The standard error of overall accuracy that is expected of it.
    pub standard_error: f64,
    /// What one should know of it, a sentence each.
    pub told: Vec<String>,
}

impl Plan {
    /// Units in all.
    pub fn units(&self) -> u64 {
        self.strata.iter().map(|stratum| stratum.units).sum()
    }
}

/// Works out what a sample of a map would be; at once, for a form that is being filled in.
///
/// # Errors
/// Why there can be none, in a sentence.
pub fn plan(counts: &MapCounts, legend: &Legend, wanted: &Wanted) -> Result<Plan, String> {
    let strata = counts.strata(legend);
    let mut spec = DesignSpec { size: 0, allocation: wanted.allocation, expected: wanted.expected.clone() };
    if let Some((code, share)) = spec.expected.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
        let name = legend.class(*code).map_or_else(|| format!("code {code}"), |class| class.name.clone());
        return Err(format!(
            "an expected user's accuracy of {share} for {name} makes no sense: give one from 0 to 1"
        ));
    }
    spec.size = match wanted.size {
        Size::Units(units) => units,
        Size::StandardError(error) => sample_size(&strata, &spec, error)?,
    };
    if spec.size > u64::from(u32::MAX) {
        return Err(format!("{} units are more than anybody can label: ask for less", spec.size));
    }
    let strata = allocate(&strata, &spec)?;
    let standard_error = expected_error(&strata);
    let told = told(&strata, standard_error, wanted);
    Ok(Plan { spec, strata, pixel_ha: counts.pixel_ha, standard_error, told })
}

fn told(strata: &[Allocated], standard_error: f64, wanted: &Wanted) -> Vec<String> {
    let mut told = Vec::new();
    if let [only] = strata {
        told.push(format!(
            "The map has one class, {}: what else there is can only be found by chance, and there is nothing to stratify by.",
            only.stratum.name
        ));
    }
    for stratum in strata {
        let (name, pixels) = (&stratum.stratum.name, stratum.stratum.pixels);
        if pixels == 1 {
            told.push(format!("{name} has a single pixel, which is in the sample."));
        } else if pixels < TINY {
            told.push(format!("{name} has only {pixels} pixels: its figures will tell of these alone."));
        }
    }
    if let Size::StandardError(error) = wanted.size
        && standard_error > error * 1.005
    {
        told.push(format!(
            "Shared out like this a standard error of {:.2} points is expected instead of {:.2}: equation 13 is for the best allocation \
             (Neyman). Ask for more units, or for that allocation.",
            standard_error * 100.0,
            error * 100.0
        ));
    }
    told
}

/// Which map to draw from.
#[derive(Debug, Clone)]
pub struct DesignFrom {
    /// The class map.
    pub map: PathBuf,
    /// How the map is called: `site/name`.
    pub map_name: String,
    /// Its site.
    pub site: Option<String>,
    /// Names of its classes.
    pub legend: Legend,
}

/// Designs and draws a sample of a map.
///
/// # Errors
/// When the map cannot be read or has no class, nothing sensible is wanted, or a stop was asked for.
pub fn design_sample(
    from: &DesignFrom,
    name: &str,
    wanted: &Wanted,
    report: Report,
    cancel: &Cancel,
) -> Result<(ReferenceSample, Plan), ReferenceError> {
    let impossible = |why: String| ReferenceError::Design { map: from.map.clone(), why };
    let drawing = |most: u64| MapCounts::and_drawing(&from.map, (wanted.seed, most), report, cancel);
    // The map is read once where it is known before how many units a class may get.
    let most = match wanted.size {
        Size::Units(units) if units <= AT_ONCE => units,
        _ => 0,
    };
    let (counts, drawn) = drawing(most)?;
    let plan = plan(&counts, &from.legend, wanted).map_err(impossible)?;
    let drawn = match drawn.units(&plan.strata) {
        Some(drawn) => drawn,
        None => {
            let most = plan.strata.iter().map(|stratum| stratum.units).max().unwrap_or(0);
            drawing(most)?.1.units(&plan.strata).unwrap_or_default()
        }
    };
    let reader = RasterReader::open(&from.map)?;
    let run = reader.metadata_item(RUN);
    let placement = &reader.info().placement;
    let centre = |unit: &Drawn| placement.xy_from_pixel(f64::from(unit.col) + 0.5, f64::from(unit.row) + 0.5);
    let mut places: Vec<[f64; 2]> = drawn.iter().map(centre).collect();
    placement.crs.lonlat_from_xy(&mut places)?;
    let map = (from.map_name.clone(), run);
    let design =
        SampleDesign::new(map, counts.pixel_ha, wanted.seed, plan.spec.clone(), plan.strata.clone(), drawn);
    let unit = |(unit, lonlat): (&crate::assess::DesignUnit, [f64; 2])| PlacedUnit {
        number: unit.number,
        lonlat,
        stratum: Some(unit.stratum),
        answers: Vec::new(),
    };
    let units = design.units.iter().zip(places).map(unit).collect();
    let sample = ReferenceSample { name: name.into(), site: from.site.clone(), design: Some(design), units };
    Ok((sample, plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::pixels_at;
    use crate::geo::raster::write_cog_u8;
    use crate::geo::{Crs, GeoError, Grid};
    use std::path::Path;

    fn from(folder: &Path, of: impl Fn(u32, u32) -> u8, epsg: u32, pixel: f64) -> DesignFrom {
        const SIDE: u32 = 90;
        let crs = Crs::from_epsg(epsg).unwrap();
        let (left, top) = if pixel < 1.0 { (-99.0, 19.0) } else { (5e5, 2e6) };
        let grid =
            Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width: SIDE, height: SIDE };
        let codes: Vec<u8> =
            (0..SIDE).flat_map(|row| (0..SIDE).map(move |col| (col, row))).map(|(c, r)| of(c, r)).collect();
        let map = folder.join("m.tif");
        write_cog_u8(&map, &grid, &[("class".into(), &codes)], None, Some(255), &[(RUN, "run-7")]).unwrap();
        DesignFrom {
            map,
            map_name: "here/m".into(),
            site: Some("here".into()),
            legend: Legend::reforestamos(),
        }
    }

    fn stripes(col: u32, row: u32) -> u8 {
        match (col, row) {
            (0..4, _) => 255,
            (4..7, _) => 0,
            (_, 89) => 77,
            (7..20, _) => 8,
            _ => 1,
        }
    }

    fn drawn(from: &DesignFrom, wanted: &Wanted) -> (ReferenceSample, Plan) {
        design_sample(from, "first", wanted, &|_| {}, &Cancel::new()).unwrap()
    }

    #[test]
    fn units_lie_in_the_middle_of_pixels_of_their_strata_and_the_design_says_what_it_was_drawn_from() {
        for (epsg, pixel) in [(32614, 10.0), (4326, 0.001), (3857, 30.0)] {
            let folder = tempfile::tempdir().unwrap();
            let from = from(folder.path(), stripes, epsg, pixel);
            let wanted = Wanted { size: Size::Units(60), allocation: Allocation::Equal, ..Wanted::default() };
            let (sample, plan) = drawn(&from, &wanted);
            assert_eq!((sample.units.len(), plan.units()), (60, 60));
            let (grid, codes) = crate::geo::raster::read_u8(&from.map, 0).unwrap();
            let code = |at: (u32, u32)| codes[(at.1 * grid.width + at.0) as usize];
            let at = pixels_at(&(&grid).into(), &sample.places());
            let mapped: Vec<Option<u8>> = at.into_iter().map(|at| at.map(code)).collect();
            let strata: Vec<_> = sample.units.iter().map(|unit| unit.stratum).collect();
            assert_eq!(mapped, strata, "EPSG:{epsg}");
            let design = sample.design.as_ref().unwrap();
            assert_eq!((design.map.as_str(), design.run.as_deref()), ("here/m", Some("run-7")));
            let names: Vec<_> =
                plan.strata.iter().map(|s| (s.stratum.name.as_str(), s.stratum.pixels)).collect();
            assert_eq!(names, [("forest", 70 * 89), ("water", 13 * 89), ("code 77", 83)]);
            assert!(plan.told[0].contains("code 77 has only 83 pixels"), "{:?}", plan.told);
            assert_eq!(drawn(&from, &wanted).0, sample, "again the same");
            assert_ne!(drawn(&from, &Wanted { seed: 2, ..wanted }).0.units, sample.units);
        }
    }

    #[test]
    fn what_the_file_calls_nodata_is_no_stratum() {
        let folder = tempfile::tempdir().unwrap();
        let from =
            from(folder.path(), |col, _| if col < 30 { 255 } else { 1 + (col % 2) as u8 }, 32614, 10.0);
        let (grid, codes) = crate::geo::raster::read_u8(&from.map, 0).unwrap();
        write_cog_u8(&from.map, &grid, &[("class".into(), &codes)], None, Some(2), &[]).unwrap();
        let strata = drawn(&from, &Wanted::default()).1.strata;
        assert_eq!(
            strata.iter().map(|s| (s.stratum.code, s.stratum.pixels)).collect::<Vec<_>>(),
            [(1, 30 * 90)]
        );
    }

    #[test]
    fn a_standard_error_gives_a_size_and_what_another_allocation_costs_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let from = from(folder.path(), stripes, 32614, 10.0);
        let wanted = |allocation| Wanted { size: Size::StandardError(0.02), allocation, ..Wanted::default() };
        let (sample, plan) = drawn(&from, &wanted(Allocation::Neyman));
        assert!((plan.standard_error - 0.02).abs() < 2e-4, "{}", plan.standard_error);
        assert_eq!(sample.units.len() as u64, plan.spec.size);
        let (_, equal) = drawn(&from, &wanted(Allocation::Equal));
        assert!(
            equal.standard_error > 0.022 && equal.told.iter().any(|t| t.contains("equation 13")),
            "{equal:?}"
        );
    }

    #[test]
    fn a_map_of_one_class_or_of_none_and_what_makes_no_sense_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let one = from(folder.path(), |_, _| 1, 32614, 10.0);
        let (sample, plan) = drawn(&one, &Wanted { size: Size::Units(10), ..Wanted::default() });
        assert_eq!(sample.units.len(), 50, "the least of a rare class");
        assert!(plan.told[0].contains("one class, forest"), "{:?}", plan.told);
        let why = |from: &DesignFrom, wanted: Wanted| {
            design_sample(from, "a", &wanted, &|_| {}, &Cancel::new()).unwrap_err().to_string()
        };
        assert!(
            why(&one, Wanted { size: Size::StandardError(2.0), ..Wanted::default() })
                .contains("standard error")
        );
        assert!(why(&one, Wanted { size: Size::Units(0), ..Wanted::default() }).contains("no units"));
        let expected = [(1, 1.5)].into();
        assert!(why(&one, Wanted { expected, ..Wanted::default() }).contains("forest makes no sense"));
        let pixel = from(folder.path(), |col, row| if (col, row) == (3, 3) { 8 } else { 1 }, 32614, 10.0);
        assert!(drawn(&pixel, &Wanted::default()).1.told[0].contains("water has a single pixel"));
        let none = from(folder.path(), |_, _| 255, 32614, 10.0);
        assert!(why(&none, Wanted::default()).contains("m.tif"));
        std::fs::remove_file(&none.map).unwrap();
        assert!(why(&none, Wanted::default()).contains("m.tif"));
        let stopped = Cancel::new();
        stopped.cancel();
        let again = from(folder.path(), stripes, 32614, 10.0);
        let error = design_sample(&again, "a", &Wanted::default(), &|_| {}, &stopped).unwrap_err();
        assert!(matches!(error, ReferenceError::Geo(GeoError::Cancelled(_))), "{error}");
    }
}
