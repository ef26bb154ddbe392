//! Series of pixels, written to a file: values as CSV, or a chart as SVG or PNG.

use super::{JobContext, Outcome};
use crate::chart::{Along, ChartFormat, PixelInput, SeriesTable, TableOf, UsualYear, csv, png, svg};
use crate::cube::{Cube, CubeInfo, Feature, Filling, NamedIndex, Smoothing, Units};
use crate::files::write_atomically;
use crate::labels::{Annotation, Buffers, Class, ClassCode, Confidence, core_of_annotation};
use crate::progress::{Cancel, Progress, Report};
use crate::samples::{EnvelopeMember, envelopes};
use anyhow::{Context, bail};
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// Pixels a unit of a PNG.
const SCALE: f32 = 2.0;

/// Which pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PixelAt {
    /// By column and row.
    Pixel(u32, u32),
    /// The one that holds this longitude and latitude.
    LonLat(f64, f64),
}

/// Series to write.
#[derive(Debug, Clone)]
pub struct SeriesSpec {
    /// Where to.
    pub file: PathBuf,
    /// How.
    pub format: ChartFormat,
    /// The project's name.
    pub project: String,
    /// The site's name.
    pub site: String,
    /// Its cube.
    pub cube: PathBuf,
    /// Which pixels, each with its name.
    pub pixels: Vec<(String, PixelAt)>,
    /// Bands, all where `None`.
    pub bands: Option<Vec<String>>,
    /// Indices.
    pub indices: Vec<String>,
    /// Names of bands and indices that a chart draws, all where `None`.
    pub drawn: Option<Vec<String>>,
    /// The project's own indices.
    pub own: Vec<NamedIndex>,
    /// Units of bands.
    pub units: Units,
    /// How gaps are filled.
    pub filling: Filling,
    /// The smooth line.
    pub smoothing: Smoothing,
    /// Whether years lie over one another.
    pub years: bool,
    /// Usual years of classes, in these units.
    pub usual: Vec<UsualYear>,
    /// Classes whose usual year is to be told first.
    pub usual_of: Option<UsualOf>,
}

/// Classes whose usual year stands behind the pixels, and what tells it.
#[derive(Debug, Clone)]
pub struct UsualOf {
    /// The classes.
    pub classes: Vec<Class>,
    /// All annotations: pixels that those of other classes claim count for none.
    pub annotations: Vec<Arc<Annotation>>,
    /// The inward buffers.
    pub buffers: Buffers,
}

/// Series that were written.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedSeries {
    /// Where to.
    pub file: PathBuf,
    /// What was written.
    pub table: SeriesTable,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Reads the series of some pixels and writes them.
///
/// # Errors
/// When the cube cannot be read, a pixel lies outside of it, it lacks a band or does not know its scale, or the file cannot be
/// written; each names it and the way out.
pub fn export_series(spec: &SeriesSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    Ok(Outcome::SeriesSaved(write_series(spec, &|p| context.progress(p), &context.cancel)?))
}

fn write_series(spec: &SeriesSpec, report: Report, cancel: &Cancel) -> anyhow::Result<SavedSeries> {
    let cube = Cube::open_with_cache(&spec.cube, 0)?;
    let info = cube.info();
    if let (false, Some(why)) = (spec.units.is_dn(), Units::lack(info)) {
        bail!("cannot tell the series of {} as reflectances. {why}", spec.site);
    }
    let of = TableOf::choose(info, (spec.bands.as_deref(), &spec.indices), &spec.own, spec.drawn.as_deref())?;
    let of = TableOf {
        project: spec.project.clone(),
        site: spec.site.clone(),
        units: spec.units,
        filling: spec.filling,
        smoothing: spec.smoothing,
        years: spec.years,
        usual: spec.usual.clone(),
        ..of
    };
    if of.years && Along::is_one_year(&info.dates) {
        bail!(
            "cannot lay the years of {} over one another: its dates span no more than one; leave --years out",
            spec.site
        );
    }
    let places: Vec<(u32, u32)> =
        spec.pixels.iter().map(|(_, at)| pixel(info, &spec.site, *at)).collect::<anyhow::Result<_>>()?;
    let mut pixels = Vec::with_capacity(places.len());
    for (i, ((name, _), (col, row))) in spec.pixels.iter().zip(places).enumerate() {
        cancel.check()?;
        report(Progress::new(i as u64, spec.pixels.len() as u64, format!("Reading {name}")));
        let (series, mask) = cube.series_and_mask(col, row)?;
        pixels.push(PixelInput { name: name.clone(), pixel: (col, row), series, mask });
    }
    let mut of = of;
    if let Some(usual_of) = &spec.usual_of {
        report(Progress::new(0, 1, "Reading the usual years of classes".to_string()));
        of.usual.extend(usual_years(&cube, usual_of, &of, cancel)?);
    }
    let table = SeriesTable::new(info, &of, pixels);
    let bytes = match spec.format {
        ChartFormat::Csv => csv(&table)?.into_bytes(),
        ChartFormat::Svg => svg(&table).into_bytes(),
        ChartFormat::Png => png(&svg(&table), SCALE)?,
    };
    cancel.check()?;
    write_atomically(&spec.file, &bytes).with_context(|| {
        format!("cannot write {}: check the folder and the free space", spec.file.display())
    })?;
    Ok(SavedSeries { file: spec.file.clone(), table, bytes: bytes.len() as u64 })
}

/// The usual years of classes in the curve that has them behind it: as in the window the first index, or else the first band.
fn usual_years(
    cube: &Cube,
    usual_of: &UsualOf,
    of: &TableOf,
    cancel: &Cancel,
) -> anyhow::Result<Vec<UsualYear>> {
    let info = cube.info();
    let drawn = || of.features.iter().filter(|(_, _, drawn)| *drawn).map(|(feature, ..)| feature);
    let Some(feature) = drawn().find(|feature| feature.is_index()).or_else(|| drawn().next()) else {
        return Ok(Vec::new());
    };
    // Annotations without a core have no pure pixel: they tell nothing of their class.
    type ClassPixels = (ClassCode, Vec<(u32, u32)>);
    let core = |annotation: &Arc<Annotation>| -> anyhow::Result<Option<ClassPixels>> {
        cancel.check()?;
        let core = core_of_annotation(annotation, &info.grid, &usual_of.buffers).ok();
        Ok(core.map(|core| (annotation.class, core.pure_pixels)))
    };
    let sure = |annotation: &&Arc<Annotation>| {
        annotation.confidence == Confidence::Sure && annotation.holds.at_all(&info.dates)
    };
    let sure: Vec<_> = usual_of.annotations.iter().filter(sure).collect();
    let cores: Vec<_> = sure.into_par_iter().map(core).collect::<anyhow::Result<_>>()?;
    let members: Vec<_> = cores.iter().flatten().collect();
    let members: Vec<_> =
        members.iter().map(|(class, pixels)| EnvelopeMember { class: *class, pixels }).collect();
    let codes: Vec<ClassCode> = usual_of.classes.iter().map(|class| class.code).collect();
    let feature: Feature = feature.clone().in_units(of.units.on(info));
    let found = envelopes(cube, &members, &codes, &feature, cancel)?;
    let mut usual = Vec::with_capacity(found.len());
    for (class, one) in usual_of.classes.iter().zip(found) {
        if one.pixels == 0 {
            bail!(
                "the usual year of {} cannot be told: no sure annotation of it leaves a pure pixel on this site",
                class.name
            );
        }
        usual.push(UsualYear {
            class: class.name.clone(),
            colour: class.colour,
            feature: feature.name.clone(),
            median: one.median,
            low: one.low,
            high: one.high,
            pixels: one.pixels,
            annotations: one.annotations,
        });
    }
    Ok(usual)
}

/// The pixel that is meant, if it is one of the cube's.
fn pixel(info: &CubeInfo, site: &str, at: PixelAt) -> anyhow::Result<(u32, u32)> {
    let (width, height) = (info.grid.width, info.grid.height);
    match at {
        PixelAt::Pixel(col, row) if col < width && row < height => Ok((col, row)),
        PixelAt::Pixel(col, row) => bail!(
            "pixel {col}, {row} lies outside of {site}, whose columns run from 0 to {} and rows from 0 to {}",
            width.saturating_sub(1),
            height.saturating_sub(1)
        ),
        PixelAt::LonLat(lon, lat) => match info.grid.pixel_from_lonlat(lon, lat) {
            Ok(Some(pixel)) => Ok(pixel),
            Ok(None) => bail!("longitude {lon}, latitude {lat} lies outside of {site}"),
            Err(why) => bail!("longitude {lon}, latitude {lat} is no place on {site}: {why}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn spec(home: &Path, file: &str) -> SeriesSpec {
        let file = home.join(file);
        SeriesSpec {
            format: ChartFormat::of(&file).unwrap(),
            file,
            project: "p".into(),
            site: "site".into(),
            cube: home.join("site.zarr"),
            pixels: vec![("a".into(), PixelAt::Pixel(3, 2))],
            bands: None,
            indices: vec!["NDVI".into()],
            drawn: None,
            own: Vec::new(),
            units: Units::Dn,
            filling: Filling::Off,
            smoothing: Smoothing::Off,
            years: false,
            usual: Vec::new(),
            usual_of: None,
        }
    }

    #[test]
    fn series_are_written_as_the_ending_says_and_pixels_outside_are_told() {
        let home = tempfile::tempdir().unwrap();
        let value = |step: usize, band: usize, col: u32, row: u32| {
            (1000 + step * 100 + band * 10) as u16 + (col + row) as u16
        };
        crate::testing::cube(home.path(), (20, 10), 4, value);
        let write = |spec: &SeriesSpec| write_series(spec, &|_| {}, &Cancel::new());
        for file in ["a.csv", "a.svg", "a.png"] {
            let spec = spec(home.path(), file);
            let saved = write(&spec).unwrap();
            assert_eq!(std::fs::metadata(&spec.file).unwrap().len(), saved.bytes);
            assert_eq!((saved.table.pixels.len(), saved.table.dates.len()), (1, 4));
        }
        let text = std::fs::read_to_string(home.path().join("a.csv")).unwrap();
        let row = text.lines().nth(2).unwrap();
        assert!(row.contains(",1105,1115,"), "{row}");
        let mut outside = spec(home.path(), "b.csv");
        for (at, words) in [
            (PixelAt::Pixel(20, 0), "columns run from 0 to 19"),
            (PixelAt::LonLat(0.0, 0.0), "lies outside of site"),
            (PixelAt::LonLat(f64::NAN, 95.0), "longitude NaN, latitude 95"),
        ] {
            outside.pixels[0].1 = at;
            let why = write(&outside).unwrap_err().to_string();
            assert!(why.contains(words), "{why}");
        }
        assert!(!outside.file.exists());
        let mut lacking = spec(home.path(), "b.csv");
        lacking.indices = vec!["NDMI".into()];
        assert!(write(&lacking).unwrap_err().to_string().contains("swir1"));
    }
}
