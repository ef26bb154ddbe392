//! A landscape of ten classes through the twelve months of 2022.

use super::annotate::{Drawn, draw};
use super::cover::Cover;
use super::noise::{Field, hash};
use super::phenology::BAND_NAMES;
use super::sensor::mosaics;
use super::terrain::{PIXEL_M, SIDE, Terrain};
use crate::geo::{Crs, GeoError, Grid};
use crate::labels::{Annotation, Legend};
use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;

/// Where the landscape is set: its top left corner in EPSG:6362, south of Cintalapa in Chiapas, where maize fields and
/// ranches of the valley meet the dry jungle of the foothills and the forests of the Sierra Madre.
const TOP_LEFT: [f64; 2] = [3_382_000.0, 541_000.0];

/// What is simulated.
#[derive(Clone)]
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
    /// The month that [`Landscape::cloud`] covered, and percent of it.
    pub clouded: Option<(NaiveDate, u8)>,
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
        clouded: None,
    })
}

impl Landscape {
    /// Covers so many percent of the mosaic of one month with clouds that a mask has taken out: nothing is left of the ground
    /// below them. What was a gap before counts as covered.
    ///
    /// # Errors
    /// For a month that there is none of, and more than 100 %; in a sentence.
    pub fn cloud(&mut self, month: NaiveDate, percent: u8) -> Result<(), String> {
        let of_month = |date: &NaiveDate| (date.year(), date.month()) == (month.year(), month.month());
        let Some(at) = self.dates.iter().position(of_month) else {
            return Err(format!("the demo has no mosaic of {}: give a month of 2022", month.format("%B %Y")));
        };
        if percent > 100 {
            return Err(format!("{percent} % of a month cannot be under clouds: give 0 to 100"));
        }
        let (width, pixels) = (self.grid.width as usize, self.grid.pixels());
        let clouds = Field::new(hash(self.seed, at as i64, 95), 96, CLOUD, 3);
        let mosaic = &mut self.mosaics[at];
        let place = |i: usize| clouds.at((i % width) as f32 + 0.5, (i / width) as f32 + 0.5);
        let mut order: Vec<(f32, usize)> = (0..pixels).into_par_iter().map(|i| (place(i), i)).collect();
        // What is a gap already comes first, then where clouds are thickest.
        let is_seen = |i: usize| mosaic[i] != 0;
        order.par_sort_unstable_by(|a, b| {
            is_seen(a.1).cmp(&is_seen(b.1)).then(b.0.total_cmp(&a.0)).then(a.1.cmp(&b.1))
        });
        for (_, i) in &order[..pixels * usize::from(percent) / 100] {
            mosaic.iter_mut().skip(*i).step_by(pixels).for_each(|value| *value = 0);
        }
        self.clouded = Some((self.dates[at], percent));
        Ok(())
    }
}

/// Pixels across of the clouds that are laid on a month, about.
const CLOUD: f32 = 40.0;

fn annotation(grid: &Grid, drawn: &Drawn, id: u64) -> Result<Annotation, GeoError> {
    let mut corners: Vec<[f64; 2]> =
        drawn.ring.iter().map(|[col, row]| grid.xy_from_pixel(f64::from(*col), f64::from(*row))).collect();
    grid.crs.lonlat_from_xy(&mut corners)?;
    // Outer rings run counter-clockwise (RFC 7946); on screen, rows count downwards.
    let ring = geo::LineString::from_iter(corners.iter().rev().map(|[lon, lat]| (*lon, *lat)));
    Ok(Annotation::new(id, geo::Polygon::new(ring, vec![]).into(), drawn.kind as u8))
}
