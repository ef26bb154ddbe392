//! Reading the files that a step is made of: their numbers as the cube's, their masks as states.

use super::CubeError;
use super::composite::Observed;
use super::masks::{PixelState, dilate};
use super::plan::{Input, Observation, Plan};
use crate::geo::raster::RasterReader;
use crate::geo::{Grid, Placement, WarpSpec, Window};
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
        let key = (input.path.clone(), input.is_warped().then_some(input.index));
        if !self.readers.contains_key(&key) {
            let reader = match input.warp.filter(|_| input.is_warped()) {
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
        let index = if input.is_warped() { 0 } else { input.index };
        // It was put there a line above.
        self.readers
            .get(&key)
            .map(|reader| (reader, index))
            .ok_or_else(|| CubeError::Input { why: format!("{} is not open", input.path.display()) })
    }

    /// Values of a window as the cube's; NaN where there is no observation. Infinity is none.
    pub fn values(&mut self, input: &Input, grid: &Grid, window: Window) -> Result<Vec<f32>, CubeError> {
        if let Some(place) = input.place {
            let Some((of_file, of_window)) = parts(place, &input.placement, window) else {
                return Ok(vec![f32::NAN; window.pixels()]);
            };
            let alone = Input { place: None, warp: None, ..input.clone() };
            let values = self.values(&alone, grid, of_file)?;
            return Ok(pasted(&values, of_window, window, f32::NAN));
        }
        let (reader, index) = self.reader(input, grid)?;
        let mut values = reader.read_f32(index, window)?;
        let nodata = if input.is_warped() { Some(warp_fill(input)) } else { input.nodata };
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
        let nodata = if input.is_warped() { Some(warp_fill(input)) } else { input.nodata };
        let part = match input.place {
            None => Some((wide, Window { col: 0, row: 0, ..wide })),
            Some(place) => parts(place, &input.placement, wide),
        };
        let Some((of_file, of_window)) = part else {
            return Ok(vec![PixelState::NotObserved as u8; window.pixels()]);
        };
        let (reader, index) = self.reader(input, grid)?;
        let values = reader.read_i32(index, of_file)?;
        // Few values come over and over.
        let mut known: HashMap<i32, u8> = HashMap::new();
        let states: Vec<u8> = values
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
        let mut states = pasted(&states, of_window, wide, PixelState::NotObserved as u8);
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

/// The part of a file, and where that stands in a window of the grid, of a file whose first pixel has this place on the grid;
/// `None` where they do not meet.
fn parts([col, row]: [i64; 2], file: &Placement, window: Window) -> Option<(Window, Window)> {
    let along = |place: i64, length: u32, from: u32, count: u32| {
        let first = place.max(i64::from(from));
        let end = (place + i64::from(length)).min(i64::from(from) + i64::from(count));
        let shown = u32::try_from(end - first).ok().filter(|shown| *shown > 0)?;
        Some((u32::try_from(first - place).ok()?, u32::try_from(first - i64::from(from)).ok()?, shown))
    };
    let (file_col, window_col, width) = along(col, file.width, window.col, window.width)?;
    let (file_row, window_row, height) = along(row, file.height, window.row, window.height)?;
    Some((
        Window { col: file_col, row: file_row, width, height },
        Window { col: window_col, row: window_row, width, height },
    ))
}

/// A plane of the size of a window that has `part` at its place and `empty` around it.
fn pasted<T: Copy>(part: &[T], place: Window, window: Window, empty: T) -> Vec<T> {
    if place.width == window.width && place.height == window.height {
        return part.to_vec();
    }
    let mut plane = vec![empty; window.pixels()];
    let width = window.width as usize;
    for (row, values) in part.chunks_exact(place.width as usize).enumerate() {
        let start = (place.row as usize + row) * width + place.col as usize;
        plane[start..start + values.len()].copy_from_slice(values);
    }
    plane
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    #[test]
    fn a_file_in_its_place_fills_its_part_of_a_window_and_nothing_else() {
        let file = Placement {
            crs: Crs::from_epsg(32614).unwrap(),
            geotransform: [0.0, 10.0, 0.0, 0.0, 0.0, -10.0],
            width: 4,
            height: 3,
        };
        let window = |col, row, width, height| Window { col, row, width, height };
        // The file covers columns 6 to 9 and rows -1 to 1 of the grid.
        let place = [6, -1];
        let (of_file, of_window) = parts(place, &file, window(8, 0, 4, 4)).unwrap();
        assert_eq!((of_file, of_window), (window(2, 1, 2, 2), window(0, 0, 2, 2)));
        assert_eq!(
            pasted(&[1, 2, 3, 4], of_window, window(8, 0, 4, 4), 0),
            [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        assert!(parts(place, &file, window(10, 0, 4, 4)).is_none());
        assert!(parts(place, &file, window(0, 2, 20, 4)).is_none());
    }
}
