//! Sentinel-2's offset where no metadata tell of it: the darkest pixels advise, and where they are suspicious it is asked.

use super::plan::count;
use super::{BuildSettings, OffsetSetting};
use crate::geo::raster::RasterReader;
use crate::progress::Cancel;
use crate::source::{Acquisition, OFFSET_CONTRADICTED, OffsetAdvice, Recognised, dark_pixels};
use rayon::prelude::*;

/// Acquisitions whose darkest pixels are looked at, spread over all that say nothing.
const LOOKED_AT: usize = 24;

/// What the darkest pixels say.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OffsetFinding {
    /// Why it has to be asked.
    pub problem: Option<String>,
    /// What one should know.
    pub advice: Option<String>,
}

/// Looks at acquisitions of Sentinel-2 whose metadata do not tell their processing baseline, unless the choice is made.
/// Files that cannot be read say nothing here; the build names them.
pub(super) fn look_at_offset(found: &Recognised, settings: &BuildSettings, cancel: &Cancel) -> OffsetFinding {
    let mut finding = OffsetFinding::default();
    if settings.offset != OffsetSetting::Metadata {
        return finding;
    }
    let within = |a: &&Acquisition| {
        settings.from.is_none_or(|from| a.date >= from) && settings.to.is_none_or(|to| a.date <= to)
    };
    let silent: Vec<&Acquisition> =
        found.acquisitions.iter().filter(within).filter(|a| says_nothing(a)).collect();
    if silent.is_empty() {
        return finding;
    }
    let every = silent.len().div_ceil(LOOKED_AT);
    let looked: Vec<(&str, OffsetAdvice, bool)> = silent
        .par_iter()
        .step_by(every)
        .filter(|_| !cancel.is_cancelled())
        .filter_map(|a| Some((a.key.as_str(), dark_pixels(a, cancel).ok()?.advice(), contradicts_itself(a))))
        .collect();
    // Of flags that contradict each other and dark pixels that tell nothing, either may be right.
    let undecided = looked.iter().find(|(_, advice, odd)| *odd && *advice == OffsetAdvice::Unclear);
    let advices: Vec<(&str, OffsetAdvice)> = looked.iter().map(|(key, advice, _)| (*key, *advice)).collect();
    let of = |wanted| advices.iter().filter(move |(_, advice)| *advice == wanted).map(|(key, _)| *key);
    let shifted: Vec<&str> = of(OffsetAdvice::LooksShifted).collect();
    let unshifted = of(OffsetAdvice::LooksUnshifted).count();
    let silent = count(silent.len(), "Sentinel-2 acquisition");
    if let Some(first) = shifted.first() {
        finding.problem = Some(format!(
            "nothing tells the processing baseline of {silent}, and the darkest pixels of {} of {} that were looked at ({first} …) are 1000 or more, as after baseline 04.00. Say whether 1000 is to be taken away or the values kept (--offset subtract or keep), or give files with their metadata",
            shifted.len(),
            advices.len()
        ));
    } else if let Some((first, ..)) = undecided {
        finding.problem = Some(format!(
            "the catalogue contradicts itself about the offset of 1000 of {silent}, and the darkest pixels do not decide ({first} …). Say whether 1000 is to be taken away or the values kept (--offset subtract or keep)"
        ));
    } else if !advices.is_empty() {
        finding.advice = Some(format!(
            "nothing tells the processing baseline of {silent}: the values are kept as they are; the darkest pixels of {unshifted} of {} that were looked at agree",
            advices.len()
        ));
    }
    finding
}

/// Whether an acquisition may have the offset and does not tell.
fn says_nothing(acquisition: &Acquisition) -> bool {
    let is_sentinel = acquisition.sensor.as_deref().is_some_and(|sensor| sensor.starts_with("sentinel-2"));
    let states =
        acquisition.layers.iter().any(|layer| layer.scaling.is_some_and(|(_, offset)| offset != 0.0));
    is_sentinel && acquisition.baseline.is_none() && !states
}

/// Whether the catalogue that an acquisition was fetched from says both.
fn contradicts_itself(acquisition: &Acquisition) -> bool {
    let open = acquisition.layers.first().map(|layer| RasterReader::open(&layer.path));
    open.is_some_and(|open| open.is_ok_and(|file| file.metadata_item(OFFSET_CONTRADICTED).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{PixelType, write_mosaic};
    use crate::geo::{Crs, Grid};
    use crate::source::{InputSpec, recognise};
    use std::path::Path;

    /// Acquisitions of Sentinel-2 without metadata, with water, whose reflectance begins at `shift`.
    fn found(folder: &Path, shift: u16) -> Recognised {
        let crs = Crs::from_epsg(32614).unwrap();
        let (left, top, width, height) = (500_000.0, 2_000_000.0, 64, 64);
        let grid = Grid { crs, left, top, pixel_width: 10.0, pixel_height: 10.0, width, height };
        let bands = ["B02", "B03", "B04", "B08", "B8A", "B11", "B12"];
        for date in ["2022-01-03", "2022-01-13"] {
            let words: Vec<u16> =
                (0..bands.len() * grid.pixels()).map(|i| shift + 40 + (i % 3000) as u16).collect();
            let path = folder.join(format!("s2_{date}.tif"));
            write_mosaic(&path, &grid, &bands, PixelType::Uint16, 0.0, &words, &[]).unwrap();
        }
        recognise(&InputSpec::of([folder]), &|_| {}, &Cancel::new()).unwrap()
    }

    #[test]
    fn a_suspicious_scene_without_metadata_is_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let found = found(folder.path(), 1000);
        let mut settings = BuildSettings::default();
        let finding = look_at_offset(&found, &settings, &Cancel::new());
        let problem = finding.problem.unwrap();
        assert!(problem.contains("2 of 2") && problem.contains("--offset"), "{problem}");
        let spec = crate::cube::BuildSpec { found: found.clone(), settings: settings.clone() };
        let store = folder.path().join("x.zarr");
        let built = crate::cube::build(&spec, &store, &|_| {}, &Cancel::new());
        assert!(built.unwrap_err().to_string().contains("--offset"));
        for offset in [OffsetSetting::Keep, OffsetSetting::Subtract] {
            settings.offset = offset;
            assert_eq!(look_at_offset(&found, &settings, &Cancel::new()), OffsetFinding::default());
            let spec = crate::cube::BuildSpec { found: found.clone(), settings: settings.clone() };
            crate::cube::build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
        }
    }

    #[test]
    fn a_scene_as_it_should_be_is_kept_and_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut found = found(folder.path(), 0);
        let finding = look_at_offset(&found, &BuildSettings::default(), &Cancel::new());
        assert_eq!(finding.problem, None);
        assert!(finding.advice.unwrap().contains("2 of 2"));
        found.acquisitions.iter_mut().for_each(|a| a.baseline = Some((3, 1)));
        let finding = look_at_offset(&found, &BuildSettings::default(), &Cancel::new());
        assert_eq!(finding, OffsetFinding::default());
    }
}
