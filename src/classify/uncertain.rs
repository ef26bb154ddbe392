//! Where a map is least certain and nobody has said yet what is there: places to annotate next.
//!
//! The raster of normalised entropies is looked at in cells of 8 x 8 pixels. A cell counts by the **median** of its pixels: an
//! edge between two classes, a pixel or two wide, leaves the median low, while the inside of an uncertain field lifts it. Of
//! equal cells the one whose neighbours are uncertain too comes first, then the one further north and west: the same map and
//! annotations give the same places. The most uncertain cell is taken, then the next that lies far enough from all before it,
//! and so on; cells that an annotation touches are passed over and keep nobody away.

use super::ClassifyError;
use super::run::{FULL, NODATA};
use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Grid, Window};
use crate::labels::{Annotation, AnnotationIndex};
use crate::progress::{Cancel, Progress, Report};
use geo::{Intersects, LineString, Polygon};
use std::collections::HashMap;
use std::path::PathBuf;

/// Pixels a side of a cell.
pub const CELL: u32 = 8;

/// Which places to look for.
#[derive(Debug, Clone, PartialEq)]
pub struct UncertainSpec {
    /// The raster of entropies, 0 to 250 for 0 to 1.
    pub entropy: PathBuf,
    /// Probabilities, a band a class.
    pub probabilities: PathBuf,
    /// The least normalised entropy of a place, from 0 to 1.
    pub least: f32,
    /// Pixels between the middles of two places, at least.
    pub apart: f64,
    /// At most so many places.
    pub most: usize,
}

impl UncertainSpec {
    /// Places from an entropy of 0.3 on, 32 pixels apart, 200 of them at most.
    pub fn new(entropy: PathBuf, probabilities: PathBuf) -> Self {
        Self { entropy, probabilities, least: 0.3, apart: 32.0, most: 200 }
    }
}

/// A place where the map is uncertain.
#[derive(Debug, Clone, PartialEq)]
pub struct UncertainPlace {
    /// Its cell.
    pub window: Window,
    /// Longitude and latitude of its middle.
    pub lonlat: [f64; 2],
    /// Longitude and latitude of its corners: top left, top right, bottom right, bottom left.
    pub corners: [[f64; 2]; 4],
    /// Median of the normalised entropy in it, from 0 to 1.
    pub entropy: f32,
    /// The two classes that are likeliest in it, with their mean probabilities.
    pub best: Vec<(String, f32)>,
}

impl UncertainPlace {
    /// The pixel in its middle (column, row).
    pub fn pixel(&self) -> (u32, u32) {
        (self.window.col + self.window.width / 2, self.window.row + self.window.height / 2)
    }

    /// Whether an annotation, as it was drawn and before its buffer, touches it.
    pub fn is_covered_by(&self, annotation: &Annotation) -> bool {
        touches(annotation, &self.corners)
    }
}

/// Looks for the most uncertain places that no annotation touches, the most uncertain first.
///
/// # Errors
/// When a raster of the map cannot be read; cancelled.
pub fn uncertain_places(
    spec: &UncertainSpec,
    annotations: &AnnotationIndex,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<UncertainPlace>, ClassifyError> {
    let entropy = RasterReader::open(&spec.entropy)?;
    let unreadable = |why| GeoError::Read { path: spec.entropy.clone(), why };
    let grid = entropy.info().placement.north_up().map_err(unreadable)?;
    let probabilities = RasterReader::open(&spec.probabilities)?;
    let medians = Medians::read(&grid, &mut |window| entropy.read_bytes(0, window), report, cancel)?;
    let least = (spec.least.clamp(0.0, 1.0) * f32::from(FULL)).ceil() as u8;
    let mut covered = |window: Window| {
        // What cannot be projected cannot be annotated either.
        let Ok(corners) = corners(&grid, window) else { return true };
        is_covered(annotations, &corners)
    };
    let cells = rank(&medians, least, spec.apart, spec.most, &mut covered, cancel)?;
    let classes: Vec<String> = probabilities.info().bands.iter().map(|band| band.name.clone()).collect();
    let mut places = Vec::with_capacity(cells.len());
    for (i, (window, median)) in cells.iter().enumerate() {
        cancel.check()?;
        report(Progress::new(i as u64, cells.len() as u64, "Reading the probabilities"));
        let mut means = Vec::with_capacity(classes.len());
        for (band, name) in classes.iter().enumerate() {
            means.push((name.clone(), mean(&probabilities.read_bytes(band, *window)?)));
        }
        let [col, row] = window.middle();
        places.push(UncertainPlace {
            window: *window,
            lonlat: grid.lonlat_from_pixel(col, row)?,
            corners: corners(&grid, *window)?,
            entropy: f32::from(*median) / f32::from(FULL),
            best: best_two(means),
        });
    }
    Ok(places)
}

/// Medians of the cells of a map.
#[derive(Debug, Clone)]
struct Medians {
    size: (u32, u32),
    across: usize,
    /// Row by row; `None` where half of a cell or more is nodata.
    of: Vec<Option<u8>>,
}

impl Medians {
    /// Reads a raster of entropies stripe by stripe.
    fn read(
        grid: &Grid,
        read: &mut dyn FnMut(Window) -> Result<Vec<u8>, GeoError>,
        report: Report,
        cancel: &Cancel,
    ) -> Result<Self, ClassifyError> {
        let across = grid.width.div_ceil(CELL) as usize;
        let mut of = Vec::with_capacity(across * grid.height.div_ceil(CELL) as usize);
        for row in (0..grid.height).step_by(CELL as usize) {
            cancel.check()?;
            report(Progress::new(u64::from(row), u64::from(grid.height), "Reading the entropy"));
            let stripe = Window { col: 0, row, width: grid.width, height: CELL.min(grid.height - row) };
            let values = read(stripe)?;
            for col in (0..grid.width).step_by(CELL as usize) {
                let width = CELL.min(grid.width - col) as usize;
                let rows = values.chunks_exact(grid.width.max(1) as usize);
                of.push(median(rows.flat_map(|row| &row[col as usize..col as usize + width]).copied()));
            }
        }
        Ok(Self { size: (grid.width, grid.height), across, of })
    }

    /// The pixels of a cell.
    fn window(&self, cell: usize) -> Window {
        let (col, row) = ((cell % self.across) as u32 * CELL, (cell / self.across) as u32 * CELL);
        Window { col, row, width: CELL.min(self.size.0 - col), height: CELL.min(self.size.1 - row) }
    }

    /// The sum of the medians of a cell and of those around it.
    fn around(&self, cell: usize) -> u32 {
        let (x, y) = ((cell % self.across) as i64, (cell / self.across) as i64);
        let down = (self.of.len() / self.across.max(1)) as i64;
        let mut sum = 0;
        for row in (y - 1).max(0)..=(y + 1).min(down - 1) {
            for col in (x - 1).max(0)..=(x + 1).min(self.across as i64 - 1) {
                sum += u32::from(self.of[row as usize * self.across + col as usize].unwrap_or(0));
            }
        }
        sum
    }
}

/// The upper median of what is no nodata; `None` where half or more is.
fn median(values: impl Iterator<Item = u8>) -> Option<u8> {
    let mut counts = [0u32; 256];
    values.for_each(|value| counts[usize::from(value)] += 1);
    let lacking = counts[usize::from(NODATA)];
    let known: u32 = counts[..usize::from(NODATA)].iter().sum();
    if known <= lacking {
        return None;
    }
    let mut below = 0;
    (0..NODATA).find(|value| {
        below += counts[usize::from(*value)];
        below > known / 2
    })
}

/// The cells to go to, each with its median, in order.
fn rank(
    medians: &Medians,
    least: u8,
    apart: f64,
    most: usize,
    covered: &mut dyn FnMut(Window) -> bool,
    cancel: &Cancel,
) -> Result<Vec<(Window, u8)>, ClassifyError> {
    let known = medians.of.iter().enumerate().filter_map(|(cell, median)| Some((cell, (*median)?)));
    let mut candidates: Vec<(u8, u32, usize)> = known
        .filter(|(_, median)| *median >= least)
        .map(|(cell, median)| (median, medians.around(cell), cell))
        .collect();
    candidates.sort_by(|a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
    let apart = apart.max(1.0);
    let bucket = |[col, row]: [f64; 2]| ((col / apart) as i64, (row / apart) as i64);
    let mut taken: HashMap<(i64, i64), Vec<[f64; 2]>> = HashMap::new();
    let mut cells = Vec::new();
    for (i, (median, _, cell)) in candidates.into_iter().enumerate() {
        if cells.len() == most {
            break;
        }
        if i.is_multiple_of(1024) {
            cancel.check()?;
        }
        let window = medians.window(cell);
        let middle = window.middle();
        let (x, y) = bucket(middle);
        let near = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        let mut others = near.filter_map(|place| taken.get(&place)).flatten();
        let is_near = others.any(|other| (other[0] - middle[0]).hypot(other[1] - middle[1]) < apart);
        if is_near || covered(window) {
            continue;
        }
        taken.entry((x, y)).or_default().push(middle);
        cells.push((window, median));
    }
    Ok(cells)
}

/// The mean of scaled probabilities, without nodata, from 0 to 1.
fn mean(values: &[u8]) -> f32 {
    let known = values.iter().filter(|value| **value != NODATA);
    let (sum, count) = known.fold((0u32, 0u32), |(sum, count), value| (sum + u32::from(*value), count + 1));
    sum as f32 / (count.max(1) * u32::from(FULL)) as f32
}

/// The two likeliest of classes with their probabilities, the likelier first; of equal ones the first of the legend.
pub fn best_two(mut classes: Vec<(String, f32)>) -> Vec<(String, f32)> {
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    classes.truncate(2);
    classes
}

fn corners(grid: &Grid, window: Window) -> Result<[[f64; 2]; 4], GeoError> {
    let (left, top) = (f64::from(window.col), f64::from(window.row));
    let (right, bottom) = (left + f64::from(window.width), top + f64::from(window.height));
    let mut corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        .map(|(col, row)| grid.xy_from_pixel(col, row));
    grid.crs.lonlat_from_xy(&mut corners)?;
    Ok(corners)
}

fn touches(annotation: &Annotation, corners: &[[f64; 2]; 4]) -> bool {
    let ring: LineString<f64> = corners.iter().map(|&[lon, lat]| (lon, lat)).collect();
    annotation.geometry.intersects(&Polygon::new(ring, Vec::new()))
}

fn is_covered(annotations: &AnnotationIndex, corners: &[[f64; 2]; 4]) -> bool {
    let along = |axis: usize| corners.iter().map(move |corner| corner[axis]);
    let least = |axis| along(axis).fold(f64::INFINITY, f64::min);
    let greatest = |axis| along(axis).fold(f64::NEG_INFINITY, f64::max);
    let bounds = [least(0), least(1), greatest(0), greatest(1)];
    annotations.within(bounds).any(|annotation| touches(annotation, corners))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::geo::raster::write_cog_u8;
    use crate::labels::Annotations;

    fn grid(width: u32, height: u32) -> Grid {
        let crs = Crs::from_epsg(32631).unwrap();
        Grid { crs, left: 5e5, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width, height }
    }

    /// Entropies of a map: `of(col, row)`.
    fn raster(width: u32, height: u32, of: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        (0..height).flat_map(|row| (0..width).map(move |col| (col, row))).map(|(c, r)| of(c, r)).collect()
    }

    fn ranked(width: u32, height: u32, values: &[u8], apart: f64, covered: &[Window]) -> Vec<(Window, u8)> {
        let grid = grid(width, height);
        let mut read = |window: Window| {
            let start = window.row as usize * width as usize;
            Ok(values[start..start + window.pixels()].to_vec())
        };
        let medians = Medians::read(&grid, &mut read, &|_| {}, &Cancel::new()).unwrap();
        rank(&medians, 75, apart, 9, &mut |window| covered.contains(&window), &Cancel::new()).unwrap()
    }

    const fn cell(col: u32, row: u32) -> Window {
        Window { col: col * CELL, row: row * CELL, width: CELL, height: CELL }
    }

    #[test]
    fn an_edge_of_one_pixel_is_no_place_but_the_inside_of_an_uncertain_field_is() {
        // A column of full uncertainty between two sure fields, and a field of middling uncertainty.
        let values = raster(64, 32, |col, row| match (col, row) {
            (20, _) => 250,
            (40..56, 8..24) => 140,
            _ => 10,
        });
        let places = ranked(64, 32, &values, 8.0, &[]);
        assert_eq!(places.len(), 4, "{places:?}");
        assert!(places.iter().all(|(window, median)| *median == 140 && (40..56).contains(&window.col)));
    }

    #[test]
    fn the_most_uncertain_comes_first_and_places_lie_apart() {
        let values = raster(64, 64, |col, row| match (col / CELL, row / CELL) {
            (1, 1) => 200,
            (2, 1) => 190,
            (6, 6) => 100,
            (4, 4) => 74,
            _ => 0,
        });
        let expected = [(cell(1, 1), 200), (cell(6, 6), 100)];
        assert_eq!(ranked(64, 64, &values, 16.0, &[]), expected, "the neighbour is too near, 74 too little");
        let covered = [cell(1, 1)];
        let expected = [(cell(2, 1), 190), (cell(6, 6), 100)];
        assert_eq!(ranked(64, 64, &values, 16.0, &covered), expected, "what is covered keeps nobody away");
    }

    #[test]
    fn of_equal_cells_the_one_among_uncertain_ones_comes_first_and_then_the_northern_one() {
        let values = raster(96, 24, |col, row| match (col / CELL, row / CELL) {
            (1, 0) => 200,
            (8..=10, _) => 200,
            _ => 0,
        });
        let places = ranked(96, 24, &values, 24.0, &[]);
        assert_eq!(places.first(), Some(&(cell(9, 1), 200)));
        assert_eq!(places.last(), Some(&(cell(1, 0), 200)));
        assert_eq!(ranked(96, 24, &values, 24.0, &[]), places, "again the same");
    }

    #[test]
    fn nodata_is_no_uncertainty_and_cells_at_the_edge_are_cut() {
        assert_eq!(median([255, 255, 9].into_iter()), None);
        assert_eq!(median([255, 7, 9].into_iter()), Some(9));
        assert_eq!(median(std::iter::empty()), None);
        let values = raster(12, 12, |col, row| if col >= 8 && row >= 8 { 90 } else { 255 });
        let places = ranked(12, 12, &values, 8.0, &[]);
        assert_eq!(places, [(Window { col: 8, row: 8, width: 4, height: 4 }, 90)]);
    }

    #[test]
    fn places_of_files_tell_their_classes_and_annotations_take_them_off() {
        let folder = tempfile::tempdir().unwrap();
        let grid = grid(64, 64);
        let at = |name: &str| folder.path().join(name);
        let entropy = raster(64, 64, |col, row| match (col / CELL, row / CELL) {
            (1, 1) => 240,
            (6, 5) => 200,
            _ => 5,
        });
        let write = |path: &PathBuf, bands: &[(String, &[u8])]| {
            write_cog_u8(path, &grid, bands, None, Some(255), &[]).unwrap();
        };
        write(&at("m.entropy.tif"), &[("entropy".into(), &entropy)]);
        let plane = |value: u8| vec![value; grid.pixels()];
        let (maize, wheat, water) = (plane(100), plane(125), plane(25));
        let bands: [(String, &[u8]); 3] =
            [("Maize".into(), &maize), ("Wheat".into(), &wheat), ("Water".into(), &water)];
        write(&at("m.probs.tif"), &bands);
        let spec = UncertainSpec::new(at("m.entropy.tif"), at("m.probs.tif"));
        let find = |annotations: &Annotations| {
            let mut index = AnnotationIndex::default();
            index.follow(annotations);
            uncertain_places(&spec, &index, &|_| {}, &Cancel::new()).unwrap()
        };
        let places = find(&Annotations::default());
        assert_eq!(places.iter().map(|p| p.window).collect::<Vec<_>>(), [cell(1, 1), cell(6, 5)]);
        assert_eq!(places[0].best, [("Wheat".to_string(), 0.5), ("Maize".to_string(), 0.4)]);
        assert_eq!((places[0].entropy, places[0].pixel()), (0.96, (12, 12)));
        assert_eq!(grid.pixel_from_lonlat(places[0].lonlat[0], places[0].lonlat[1]).unwrap(), Some((12, 12)));

        // A polygon that reaches into the first cell.
        let ring: LineString<f64> = [(2.0, 2.0), (9.0, 2.0), (9.0, 9.0), (2.0, 9.0)]
            .map(|(col, row)| grid.lonlat_from_pixel(col, row).unwrap().into())
            .into_iter()
            .collect::<Vec<(f64, f64)>>()
            .into();
        let annotation = Annotation::new(1, Polygon::new(ring, Vec::new()).into(), 1);
        assert!(places[0].is_covered_by(&annotation) && !places[1].is_covered_by(&annotation));
        let annotations: Annotations = [annotation].into_iter().collect();
        assert_eq!(find(&annotations).iter().map(|p| p.window).collect::<Vec<_>>(), [cell(6, 5)]);
        let cancel = Cancel::new();
        cancel.cancel();
        let stopped = uncertain_places(&spec, &AnnotationIndex::default(), &|_| {}, &cancel);
        assert!(matches!(stopped, Err(ClassifyError::Cancelled(_))));
    }
}
