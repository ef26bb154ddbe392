//! Reading the files that a step is made of: their numbers as the cube's, their masks as states.

use super::CubeError;
use super::composite::Observed;
use super::masks::{PixelState, dilate};
use super::plan::{Input, Observation, Plan};
use crate::geo::raster::RasterReader;
use crate::geo::{Grid, WarpSpec, Window};
use crate::progress::Cancel;
use std::collections::HashMap;
use std::path::PathBuf;

/// Files that are open while one step of one block is read.
#[derive(Default)]
pub(super) struct OpenFiles {
    /// Warped readers know one band alone, and others all.
    readers: HashMap<(PathBuf, Option<usize>), RasterReader>,
}

impl OpenFiles {
    /// The reader of an input, and the band to ask it for.
    pub fn reader(&mut self, input: &Input, grid: &Grid) -> Result<(&RasterReader, usize), CubeError> {
        let key = (input.path.clone(), input.warp.map(|_| input.index));
        if !self.readers.contains_key(&key) {
            let reader = match input.warp {
                None => RasterReader::open(&input.path)?,
                Some(resample) => RasterReader::open_warped(&WarpSpec {
                    path: &input.path,
                    band: input.index,
                    from: &input.placement,
                    to: grid,
                    pixel_type: &input.pixel_type,
                    nodata: input.nodata,
                    fill: warp_fill(input),
                    resample,
                })?,
            };
            self.readers.insert(key.clone(), reader);
        }
        let index = if input.warp.is_some() { 0 } else { input.index };
        // It was put there a line above.
        self.readers
            .get(&key)
            .map(|reader| (reader, index))
            .ok_or_else(|| CubeError::Input { why: format!("{} is not open", input.path.display()) })
    }

    /// Values of a window as the cube's; NaN where there is no observation. Infinity is none.
    pub fn values(&mut self, input: &Input, grid: &Grid, window: Window) -> Result<Vec<f32>, CubeError> {
        let (reader, index) = self.reader(input, grid)?;
        let mut values = reader.read_f32(index, window)?;
        let nodata = if input.warp.is_some() { Some(warp_fill(input)) } else { input.nodata };
        let nodata = nodata.map_or(f32::NAN, |nodata| nodata as f32);
        let (factor, shift) = input.linear.unwrap_or((1.0, 0.0));
        for value in &mut values {
            if *value == nodata || !value.is_finite() {
                *value = f32::NAN;
            } else if input.linear.is_some() {
                *value = (f64::from(*value) * factor + shift) as f32;
            }
        }
        Ok(values)
    }

    /// The states of a window, doubt spread around what is masked.
    pub fn states(
        &mut self,
        plan: &Plan,
        observation: &Observation,
        window: Window,
    ) -> Result<Vec<u8>, CubeError> {
        let Some((input, rule)) = &observation.mask else {
            return Ok(vec![PixelState::Clear as u8; window.pixels()]);
        };
        let grid = &plan.info.grid;
        let wide = widened(window, plan.reach, grid);
        let nodata = if input.warp.is_some() { Some(warp_fill(input)) } else { input.nodata };
        let (reader, index) = self.reader(input, grid)?;
        let values = reader.read_i32(index, wide)?;
        // Few values come over and over.
        let mut known: HashMap<i32, u8> = HashMap::new();
        let mut states: Vec<u8> = values
            .into_iter()
            .map(|value| {
                *known.entry(value).or_insert_with(|| {
                    if nodata == Some(f64::from(value)) {
                        PixelState::NotObserved as u8
                    } else {
                        rule.state(value) as u8
                    }
                })
            })
            .collect();
        dilate(&mut states, wide.width as usize, plan.reach);
        Ok(cut(&states, wide, window))
    }

    /// One acquisition's observation of a window.
    pub fn observe(
        &mut self,
        plan: &Plan,
        observation: &Observation,
        window: Window,
        cancel: &Cancel,
    ) -> Result<Observed, CubeError> {
        let states = self.states(plan, observation, window)?;
        let mut values = Vec::with_capacity(observation.bands.len() * window.pixels());
        for band in &observation.bands {
            cancel.check()?;
            values.extend(self.values(band, &plan.info.grid, window)?);
        }
        Ok(Observed { values, states, clear_share: observation.clear_share })
    }
}

/// The value that a warped file has where there is nothing: its own nodata, or one that its pixels do not have.
fn warp_fill(input: &Input) -> f64 {
    match (input.nodata, input.pixel_type.as_str()) {
        (Some(nodata), _) if !nodata.is_nan() => nodata,
        (_, "Float32" | "Float64") => f64::NAN,
        (_, "Byte") => 65_535.0,
        _ => -32_768.0,
    }
}

/// The window with as much around it as doubt reaches, within the grid.
fn widened(window: Window, reach: [f64; 2], grid: &Grid) -> Window {
    let [across, down] = reach.map(|reach| if reach > 0.0 { reach.ceil().min(1e6) as u32 } else { 0 });
    let (col, row) = (window.col.saturating_sub(across), window.row.saturating_sub(down));
    let wide = Window {
        col,
        row,
        width: (window.col - col).saturating_add(window.width).saturating_add(across),
        height: (window.row - row).saturating_add(window.height).saturating_add(down),
    };
    wide.cut_to(grid.window())
}

/// The part of a plane that covers `part` of `whole`.
fn cut<T: Copy>(plane: &[T], whole: Window, part: Window) -> Vec<T> {
    let mut out = Vec::with_capacity(part.pixels());
    rows_of(plane, whole, part).for_each(|row| out.extend_from_slice(row));
    out
}

/// The rows of the part of a plane that covers `part` of `whole`.
pub(super) fn rows_of<T>(plane: &[T], whole: Window, part: Window) -> impl Iterator<Item = &[T]> {
    let (first_col, first_row) = ((part.col - whole.col) as usize, (part.row - whole.row) as usize);
    plane
        .chunks_exact(whole.width as usize)
        .skip(first_row)
        .take(part.height as usize)
        .map(move |row| &row[first_col..first_col + part.width as usize])
}
