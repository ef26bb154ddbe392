//! Values of a raster from elsewhere, seen through the grid of a site: the nearest pixel counts, block by block.

use super::survey::MapForm;
use super::{ForeignError, refuse};
use crate::geo::raster::RasterReader;
use crate::geo::{Grid, Resample, WarpSpec, Window};
use crate::progress::{Cancel, Progress, Report};
use std::path::{Path, PathBuf};

/// No value: the raster does not cover the pixel, or has no data there.
pub(super) const NONE: i64 = i64::MIN;
/// Sides of a block.
const BLOCK: u32 = 512;
/// Whole numbers up to here are exact in 32-bit floats, which pixels come in.
const MOST: f32 = 16_777_216.0;

/// A raster seen through a grid. One thread at a time.
pub(super) struct Pixels {
    path: PathBuf,
    grid: Grid,
    form: MapForm,
    /// A reader for each band: the values; or red, green, blue and, where there is one, opacity.
    readers: Vec<RasterReader>,
    /// Of a raster of colours, the value that means "no data" where all of its bands have it.
    no_colour: Option<f32>,
}

impl Pixels {
    pub(super) fn open(
        opened: &RasterReader,
        path: &Path,
        form: MapForm,
        grid: &Grid,
    ) -> Result<Self, ForeignError> {
        let info = opened.info();
        let bands = match (form, opened.colour_bands()) {
            (MapForm::Colours, Some(bands)) => bands.rgb.into_iter().chain(bands.opacity).collect(),
            _ => vec![0],
        };
        let is_colours = form == MapForm::Colours;
        let warped = |&band: &usize| {
            let spec = WarpSpec {
                path,
                band,
                from: &info.placement,
                to: grid,
                // Room for "not covered" beside all values of any kind of pixel.
                pixel_type: "Float64",
                nodata: info.bands[band].nodata.filter(|_| !is_colours),
                fill: f64::NAN,
                resample: Resample::Nearest,
            };
            RasterReader::open_warped(&spec)
        };
        let readers = bands.iter().map(warped).collect::<Result<_, _>>()?;
        let no_colour = info.bands[0].nodata.map(|value| value as f32);
        Ok(Self { path: path.into(), grid: grid.clone(), form, readers, no_colour })
    }

    /// Hands out all blocks of the grid, each with its values row by row.
    pub(super) fn each(
        &self,
        what: &str,
        report: Report,
        cancel: &Cancel,
        mut take: impl FnMut(Window, &[i64]) -> Result<(), ForeignError>,
    ) -> Result<(), ForeignError> {
        let (across, down) = (self.grid.width.div_ceil(BLOCK), self.grid.height.div_ceil(BLOCK));
        let total = u64::from(across) * u64::from(down);
        let mut values = Vec::new();
        for number in 0..total {
            cancel.check()?;
            report(Progress::new(number, total, what));
            let (x, y) = ((number % u64::from(across)) as u32, (number / u64::from(across)) as u32);
            let block = Window { col: x * BLOCK, row: y * BLOCK, width: BLOCK, height: BLOCK };
            let block = block.cut_to(self.grid.window());
            self.read(block, &mut values)?;
            take(block, &values)?;
        }
        Ok(())
    }

    fn read(&self, block: Window, out: &mut Vec<i64>) -> Result<(), ForeignError> {
        let planes: Vec<Vec<f32>> =
            self.readers.iter().map(|reader| reader.read_f32(0, block)).collect::<Result<_, _>>()?;
        out.clear();
        if self.form == MapForm::Colours {
            out.extend((0..block.pixels()).map(|at| self.colour(&planes, at)));
            return Ok(());
        }
        for &value in &planes[0] {
            if value.is_nan() {
                out.push(NONE);
            } else if value.fract() == 0.0 && value.abs() <= MOST {
                out.push(value as i64);
            } else {
                return refuse(format!(
                    "{} has the value {value}, which is no whole number that could stand for a class: it seems to hold \
                     measurements or probabilities. Give the raster of classes",
                    self.path.display()
                ));
            }
        }
        Ok(())
    }

    /// 0xrrggbb.
    fn colour(&self, planes: &[Vec<f32>], at: usize) -> i64 {
        let rgb = [0, 1, 2].map(|band| planes[band][at]);
        let is_clear = planes.get(3).is_some_and(|opacity| opacity[at] == 0.0);
        let is_none = self.no_colour.is_some_and(|none| rgb == [none; 3]);
        if is_clear || is_none || rgb.iter().any(|part| part.is_nan()) {
            return NONE;
        }
        rgb.iter().fold(0, |value, part| value << 8 | *part as i64)
    }
}
