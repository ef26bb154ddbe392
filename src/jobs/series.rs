//! Series of pixels, written to a file: values as CSV, or a chart as SVG or PNG.

use super::{JobContext, Outcome};
use crate::chart::{ChartFormat, PixelInput, SeriesTable, TableOf, csv, png, svg};
use crate::cube::{Cube, CubeInfo, Filling, NamedIndex, Smoothing, Units};
use crate::files::write_atomically;
use crate::progress::{Cancel, Progress, Report};
use anyhow::{Context, bail};
use std::path::PathBuf;

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
        ..of
    };
    let places: Vec<(u32, u32)> =
        spec.pixels.iter().map(|(_, at)| pixel(info, &spec.site, *at)).collect::<anyhow::Result<_>>()?;
    let mut pixels = Vec::with_capacity(places.len());
    for (i, ((name, _), (col, row))) in spec.pixels.iter().zip(places).enumerate() {
        cancel.check()?;
        report(Progress::new(i as u64, spec.pixels.len() as u64, format!("Reading {name}")));
        let (series, mask) = cube.series_and_mask(col, row)?;
        pixels.push(PixelInput { name: name.clone(), pixel: (col, row), series, mask });
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
