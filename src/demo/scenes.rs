//! The landscape as scenes of a catalogue: one file a band, clouds and their shadows, several orbits, both ways of storing
//! reflectance, and STAC items beside them. Made to be fetched as those of Sentinel-2 are.

use super::Landscape;
use super::noise::{Field, hash, normal};
use crate::geo::raster::write_cog_words;
use crate::geo::{Crs, GeoError, Grid, Placement, lattice_window};
use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The tile that the scenes are of.
const TILE: &str = "15QVU";
/// Metres of ground around the landscape that scenes cover without seeing anything.
const AROUND: f64 = 600.0;
/// What later baselines add to all values.
const SHIFT: u16 = 1000;
/// The first day of the baseline that adds it.
const SHIFTED_FROM: (i32, u32, u32) = (2022, 1, 25);
/// Days of a month on which a satellite passes, with its orbit.
const PASSES: [(u32, u32); 3] = [(3, 26), (13, 69), (23, 26)];

/// Ground that scenes are made of: the months of a year.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Where chance comes from.
    pub seed: u64,
    /// Where its pixels lie.
    pub grid: &'a Grid,
    /// Names of its bands, as Sentinel-2 has them.
    pub bands: &'a [&'static str],
    /// The months, in order.
    pub dates: &'a [NaiveDate],
    /// For each month band x y x x digital numbers, 0 where there is none.
    pub mosaics: &'a [Vec<u16>],
}

impl<'a> From<&'a Landscape> for Ground<'a> {
    fn from(landscape: &'a Landscape) -> Self {
        Self {
            seed: landscape.seed,
            grid: &landscape.grid,
            bands: &landscape.bands,
            dates: &landscape.dates,
            mosaics: &landscape.mosaics,
        }
    }
}

/// One pass of a satellite.
struct Pass {
    date: NaiveDate,
    orbit: u32,
    /// Processed again later, by a newer baseline.
    again: bool,
}

impl Pass {
    fn baseline(&self) -> &'static str {
        let (year, month, day) = SHIFTED_FROM;
        let is_late = NaiveDate::from_ymd_opt(year, month, day).is_some_and(|first| self.date >= first);
        match (self.again, is_late) {
            (true, _) => "05.00",
            (_, true) => "04.00",
            _ => "03.01",
        }
    }

    fn is_shifted(&self) -> bool {
        self.baseline() >= "04.00"
    }

    fn id(&self) -> String {
        let satellite = if self.orbit == 26 { "S2A" } else { "S2B" };
        let day = self.date.format("%Y%m%d");
        format!("{satellite}_MSIL2A_{day}T165001_R{:03}_T{TILE}_{day}T215959", self.orbit)
    }
}

/// Writes the scenes of a landscape, a folder each, with `catalog.json` above them, into `folder`. Gives the catalogue.
///
/// # Errors
/// [`GeoError::Write`] when a file cannot be written, and when GDAL lacks its table of coordinate systems.
pub fn write_scenes(ground: &Ground, folder: &Path) -> Result<PathBuf, GeoError> {
    let grid = scene_grid(ground.grid)?;
    let places = places(ground.grid, &grid)?;
    let passes: Vec<(usize, Pass)> = ground
        .dates
        .iter()
        .enumerate()
        .flat_map(|(month, date)| PASSES.map(|(day, orbit)| (month, date.with_day(day), orbit)))
        .filter_map(|(month, date, orbit)| {
            // One scene of January was processed again when the baseline was long another one.
            let date = date?;
            Some((month, Pass { date, orbit, again: date.month() == 1 && date.day() == 13 }))
        })
        .collect();
    passes
        .par_iter()
        .try_for_each(|(month, pass)| write_scene(ground, *month, pass, &grid, &places, folder))?;
    let link = |(_, pass): &(usize, Pass)| {
        let id = pass.id();
        json!({ "rel": "item", "href": format!("./{id}/{id}.json"), "type": "application/geo+json" })
    };
    let links: Vec<Value> = passes.iter().map(link).collect();
    let catalogue = folder.join("catalog.json");
    let text = json!({
        "type": "Catalog", "stac_version": "1.0.0", "id": "simulated", "links": links,
        "description": format!("simulated landscape, seed {}", ground.seed),
    });
    write_json(&catalogue, &text)?;
    Ok(catalogue)
}

/// The grid of the scenes' 10 m bands: UTM around the ground, on multiples of 60 m.
fn scene_grid(ground: &Grid) -> Result<Grid, GeoError> {
    let crs = Crs::from_epsg(32_615)?;
    let [left, bottom, right, top] = Placement::from(ground).extent_in(&crs)?;
    let extent = [left - AROUND, bottom - AROUND, right + AROUND, top + AROUND];
    let [col, row, width, height] = lattice_window(extent, [0.0, 0.0], 60.0);
    Ok(Grid {
        crs,
        left: col * 60.0,
        top: -row * 60.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: width as u32 * 6,
        height: height as u32 * 6,
    })
}

/// For each pixel of a scene the pixel of the ground that it sees, if any.
fn places(ground: &Grid, scene: &Grid) -> Result<Vec<Option<usize>>, GeoError> {
    let rows: Vec<Vec<Option<usize>>> = (0..scene.height)
        .into_par_iter()
        .map(|row| {
            let mut points: Vec<[f64; 2]> =
                (0..scene.width).map(|col| scene.pixel_centre(col, row)).collect();
            scene.crs.lonlat_from_xy(&mut points)?;
            ground.crs.xy_from_lonlat(&mut points)?;
            let seen = points.into_iter().map(|[x, y]| {
                let [col, row] = ground.pixel_from_xy(x, y);
                let inside = col >= 0.0
                    && row >= 0.0
                    && col < f64::from(ground.width)
                    && row < f64::from(ground.height);
                inside.then_some(row as usize * ground.width as usize + col as usize)
            });
            Ok(seen.collect())
        })
        .collect::<Result<_, GeoError>>()?;
    Ok(rows.concat())
}

fn write_scene(
    ground: &Ground,
    month: usize,
    pass: &Pass,
    grid: &Grid,
    places: &[Option<usize>],
    folder: &Path,
) -> Result<(), GeoError> {
    let id = pass.id();
    let own = folder.join(&id);
    std::fs::create_dir_all(&own)
        .map_err(|error| GeoError::Write { path: own.clone(), why: error.to_string() })?;
    let classes = classes(ground, month, pass, grid, places);
    let coarse = Grid {
        pixel_width: 20.0,
        pixel_height: 20.0,
        width: grid.width / 2,
        height: grid.height / 2,
        ..grid.clone()
    };
    let origin = format!("simulated landscape, seed {}", ground.seed);
    let taken = format!("{}T16:50:01Z", pass.date);
    let metadata =
        [("RITMO_ORIGIN", origin.as_str()), ("PROCESSING_BASELINE", pass.baseline()), ("datetime", &taken)];
    let mut assets = serde_json::Map::new();
    let mut asset = |name: &str, grid: &Grid, file: &Path| {
        let g = grid.geotransform();
        let value = json!({
            "href": format!("./{name}.tif"),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
            "gsd": grid.pixel_width,
            "proj:shape": [grid.height, grid.width],
            "proj:transform": [g[1], g[2], g[0], g[4], g[5], g[3]],
            "file:size": std::fs::metadata(file).map_or(0, |file| file.len()),
        });
        assets.insert(name.to_owned(), value);
    };
    let pixels = ground.grid.pixels();
    for (band, name) in ground.bands.iter().enumerate() {
        let plane = &ground.mosaics[month][band * pixels..(band + 1) * pixels];
        let values: Vec<u16> = (0..grid.pixels())
            .map(|i| match (places[i], classes[i]) {
                (Some(place), class) if class != 0 && plane[place] != 0 => {
                    seen(plane[place], class, pass, i, band)
                }
                _ => 0,
            })
            .collect();
        let file = own.join(format!("{name}.tif"));
        let is_fine = matches!(*name, "B02" | "B03" | "B04" | "B08");
        let (grid, values) = if is_fine { (grid, values) } else { (&coarse, halved(&values, grid)) };
        write_cog_words(&file, grid, name, false, &values, &metadata)?;
        asset(name, grid, &file);
    }
    let width = grid.width as usize;
    let of_four = |i: usize| classes[i / coarse.width as usize * 2 * width + i % coarse.width as usize * 2];
    let scl: Vec<u16> = (0..coarse.pixels()).map(of_four).collect();
    let file = own.join("SCL.tif");
    write_cog_words(&file, &coarse, "SCL", true, &scl, &metadata)?;
    asset("SCL", &coarse, &file);
    let picture = own.join("thumbnail.png");
    if let Some(bytes) = thumbnail(ground, month, grid, places, &classes) {
        crate::files::write_atomically(&picture, &bytes)
            .map_err(|error| GeoError::Write { path: picture.clone(), why: error.to_string() })?;
        let asset = json!({ "href": "./thumbnail.png", "type": "image/png", "roles": ["thumbnail"] });
        assets.insert("thumbnail".into(), asset);
    }
    let item = item(pass, &taken, grid, &scl, assets)?;
    write_json(&own.join(format!("{id}.json")), &item)
}

/// What the sensor stores of a value of the ground under sky of this class.
fn seen(value: u16, class: u16, pass: &Pass, i: usize, band: usize) -> u16 {
    let chance = normal(hash(u64::from(pass.date.num_days_from_ce().unsigned_abs()), i as i64, band as i64));
    let lit = match class {
        8 | 9 => 5200.0 + f32::from(value) * 0.3,
        3 => f32::from(value) * 0.4,
        _ => f32::from(value) * (1.0 + 0.004 * chance),
    };
    let shift = if pass.is_shifted() { SHIFT } else { 0 };
    (lit.round().clamp(1.0, 20_000.0) as u16) + shift
}

/// Scene classes: 0 unseen, 3 shadow, 4 plants, 8 and 9 clouds. The orbit in the west leaves the east unseen.
fn classes(ground: &Ground, month: usize, pass: &Pass, grid: &Grid, places: &[Option<usize>]) -> Vec<u16> {
    // Wetter months have more clouds; each pass has clouds of its own.
    const SKY: [f32; 12] = [1.6, 1.8, 1.7, 1.6, 1.1, 0.5, 0.7, 0.6, 0.3, 0.9, 1.4, 1.6];
    let seed = hash(ground.seed, i64::from(pass.date.num_days_from_ce()), 90);
    let clouds = Field::new(seed, 91, 60.0, 3);
    let start = SKY[month % 12];
    let width = grid.width as usize;
    (0..grid.pixels())
        .into_par_iter()
        .map(|i| {
            let (x, y) = ((i % width) as f32, (i / width) as f32);
            let edge = grid.width as f32 * 0.7 - y * 0.2;
            if places[i].is_none() || (pass.orbit == 69 && x > edge) {
                return 0;
            }
            match (clouds.at(x, y), clouds.at(x + 14.0, y + 11.0)) {
                (cloud, _) if cloud > start + 0.4 => 9,
                (cloud, _) if cloud > start => 8,
                (_, above) if above > start => 3,
                _ => 4,
            }
        })
        .collect()
}

/// A small picture of a scene: three bands of the ground, clouds white, shadows dark, what is not seen transparent. `None` of
/// a ground too small for one.
fn thumbnail(
    ground: &Ground,
    month: usize,
    grid: &Grid,
    places: &[Option<usize>],
    classes: &[u16],
) -> Option<Vec<u8>> {
    const SIDE: usize = 256;
    /// What is white.
    const BRIGHT: f32 = 3000.0;
    let (wide, high) = (grid.width as usize, grid.height as usize);
    let step = wide.max(high).div_ceil(SIDE).max(1);
    let (columns, rows) = (wide / step, high / step);
    let band_of = |name: &str| ground.bands.iter().position(|band| *band == name);
    // Where there is no colour it is grey.
    let bands = ["B04", "B03", "B02"].map(|name| band_of(name).unwrap_or(0));
    let pixels = ground.grid.pixels();
    let plane = &ground.mosaics[month];
    let rgba = (0..columns * rows).flat_map(|i| {
        let at = i / columns * step * wide + i % columns * step;
        let (Some(place), class) = (places[at], classes[at]) else { return [0; 4] };
        if class == 0 {
            return [0; 4];
        }
        let value = |band: usize| {
            let value = f32::from(plane[band * pixels + place]);
            let lit = match class {
                8 | 9 => BRIGHT,
                3 => value * 0.4,
                _ => value,
            };
            (lit / BRIGHT * 255.0).clamp(0.0, 255.0) as u8
        };
        [value(bands[0]), value(bands[1]), value(bands[2]), 255]
    });
    crate::chart::encoded(columns, rows, rgba.collect())
}

/// Means of two by two pixels that are seen.
fn halved(values: &[u16], grid: &Grid) -> Vec<u16> {
    let width = grid.width as usize;
    let (columns, rows) = (width / 2, grid.height as usize / 2);
    (0..columns * rows)
        .map(|i| {
            let at = i / columns * 2 * width + i % columns * 2;
            let four = [values[at], values[at + 1], values[at + width], values[at + width + 1]];
            let seen: Vec<u32> = four.into_iter().filter(|value| *value != 0).map(u32::from).collect();
            if seen.is_empty() { 0 } else { (seen.iter().sum::<u32>() / seen.len() as u32) as u16 }
        })
        .collect()
}

fn item(
    pass: &Pass,
    taken: &str,
    grid: &Grid,
    scl: &[u16],
    assets: serde_json::Map<String, Value>,
) -> Result<Value, GeoError> {
    let (w, h) = (f64::from(grid.width), f64::from(grid.height));
    let corners = [(0.0, 0.0), (0.0, h), (w, h), (w, 0.0), (0.0, 0.0)];
    let ring: Vec<[f64; 2]> =
        corners.iter().map(|(col, row)| grid.lonlat_from_pixel(*col, *row)).collect::<Result<_, _>>()?;
    let of =
        |least: u16, most: u16| scl.iter().filter(|class| (least..=most).contains(*class)).count() as f64;
    let covered = 100.0 * of(8, 9) / of(1, 11).max(1.0);
    let all =
        |pick: fn(f64, f64) -> f64, axis: usize| ring.iter().map(|c| c[axis]).reduce(pick).unwrap_or(0.0);
    Ok(json!({
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": pass.id(),
        "collection": "sentinel-2-l2a",
        "bbox": [all(f64::min, 0), all(f64::min, 1), all(f64::max, 0), all(f64::max, 1)],
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": {
            "datetime": taken,
            "platform": if pass.orbit == 26 { "Sentinel-2A" } else { "Sentinel-2B" },
            "eo:cloud_cover": (covered * 100.0).round() / 100.0,
            "s2:processing_baseline": pass.baseline(),
            "s2:mgrs_tile": TILE,
            "proj:epsg": 32_615,
            "simulated": true,
        },
        "assets": assets,
        "links": [{ "rel": "root", "href": "../catalog.json" }],
    }))
}

fn write_json(path: &Path, value: &Value) -> Result<(), GeoError> {
    let text = value.to_string();
    crate::files::write_atomically(path, text.as_bytes())
        .map_err(|error| GeoError::Write { path: path.to_owned(), why: error.to_string() })
}
