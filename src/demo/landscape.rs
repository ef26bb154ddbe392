//! A landscape of ten classes through the twelve months of 2022.

use super::annotate::{Drawn, draw};
use super::cover::Cover;
use super::phenology::BAND_NAMES;
use super::sensor::mosaics;
use super::terrain::{PIXEL_M, SIDE, Terrain};
use crate::geo::{Crs, GeoError, Grid};
use crate::labels::{Annotation, Legend};
use chrono::NaiveDate;

/// Where the landscape is set: its top left corner in EPSG:6362, south of Cintalapa in Chiapas, where maize fields and
/// ranches of the valley meet the dry jungle of the foothills and the forests of the Sierra Madre.
const TOP_LEFT: [f64; 2] = [3_382_000.0, 541_000.0];

/// What is simulated.
pub struct Landscape {
    /// Where chance came from.
    pub seed: u64,
    /// 512 x 512 pixels of 10 m in EPSG:6362.
    pub grid: Grid,
    /// The ten classes.
    pub legend: Legend,
    /// B02 B03 B04 B05 B06 B07 B08 B8A B11 B12.
    pub bands: Vec<&'static str>,
    /// The middle of each month of 2022.
    pub dates: Vec<NaiveDate>,
    /// A mosaic a month: band x y x x digital numbers (reflectance x 10000), 0 where there is a gap.
    pub mosaics: Vec<Vec<u16>>,
    /// The class of every pixel, y x x: what the pixel's centre is. For assessment only.
    pub truth: Vec<u8>,
    /// About forty confident polygons inside of parcels.
    pub annotations: Vec<Annotation>,
}

/// Simulates the landscape. Same seed, same bytes, whatever the number of threads. Takes two seconds or so.
///
/// # Errors
/// When GDAL lacks its table of coordinate systems.
pub fn simulate(seed: u64) -> Result<Landscape, GeoError> {
    let [left, top] = TOP_LEFT;
    let (pixel, side) = (f64::from(PIXEL_M), SIDE as u32);
    let crs = Crs::from_epsg(6362)?;
    let grid = Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width: side, height: side };
    let terrain = Terrain::new(seed);
    let cover = Cover::new(seed, &terrain);
    let annotations = draw(seed, &cover)
        .into_iter()
        .zip(1..)
        .map(|(drawn, id)| annotation(&grid, &drawn, id))
        .collect::<Result<_, _>>()?;
    Ok(Landscape {
        seed,
        legend: Legend::reforestamos(),
        bands: BAND_NAMES.to_vec(),
        dates: (1..=12).filter_map(|month| NaiveDate::from_ymd_opt(2022, month, 15)).collect(),
        mosaics: mosaics(seed, &terrain, &cover),
        truth: cover.kinds().map(|kind| kind as u8).collect(),
        annotations,
        grid,
    })
}

fn annotation(grid: &Grid, drawn: &Drawn, id: u64) -> Result<Annotation, GeoError> {
    let mut corners: Vec<[f64; 2]> =
        drawn.ring.iter().map(|[col, row]| grid.xy_from_pixel(f64::from(*col), f64::from(*row))).collect();
    grid.crs.lonlat_from_xy(&mut corners)?;
    // Outer rings run counter-clockwise (RFC 7946); on screen, rows count downwards.
    let ring = geo::LineString::from_iter(corners.iter().rev().map(|[lon, lat]| (*lon, *lat)));
    Ok(Annotation::new(id, geo::Polygon::new(ring, vec![]).into(), drawn.kind as u8))
}
