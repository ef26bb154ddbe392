//! A small set of labelled chips: four bands, polygons and label rasters of two classes.

use gdal::DriverManager;
use gdal::raster::Buffer;
use ritmo::geo::raster::{PixelType, write_cog_u8, write_mosaic};
use ritmo::geo::{Crs, Grid};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// The grid of a tile of the web map at zoom 14, with so many pixels along a side.
fn tile(x: u32, y: u32, pixels: u32) -> Grid {
    let half = 20_037_508.342_789_244;
    let side = 2.0 * half / f64::from(1 << 14);
    Grid {
        crs: Crs::from_epsg(3857).unwrap(),
        left: f64::from(x) * side - half,
        top: half - f64::from(y) * side,
        pixel_width: side / f64::from(pixels),
        pixel_height: side / f64::from(pixels),
        width: pixels,
        height: pixels,
    }
}

/// The set, in a folder of its own.
pub struct Chips {
    _folder: tempfile::TempDir,
    pub prefix: PathBuf,
    /// Pixels along a chip.
    side: u32,
}

/// Classes with their squares' first column, and the values of both codings.
const CLASSES: [(&str, f64, u8, u8); 2] = [("forest", 4.0, 1, 4), ("urban", 36.0, 6, 8)];

impl Chips {
    /// An empty set of chips with so many pixels along a side, at least 64.
    pub fn new(side: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { prefix: folder.path().join("préfixe"), _folder: folder, side }
    }

    pub fn path(&self, folder: &str, file: &str) -> PathBuf {
        let folder = self.prefix.join(folder);
        fs::create_dir_all(&folder).unwrap();
        folder.join(file)
    }

    /// Four bands, described or not.
    pub fn image(&self, x: u32, y: u32, described: bool) {
        let path = self.path("images_dt_4B", &format!("{x}-{y}-14.tif"));
        let grid = tile(x, y, self.side);
        let values: Vec<u16> =
            (0..4).flat_map(|band| vec![band * 1000 + x as u16 % 100; grid.pixels()]).collect();
        if described {
            let bands = ["B04", "B03", "B02", "B08"];
            write_mosaic(&path, &grid, &bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
            return;
        }
        let size = (self.side as usize, self.side as usize);
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let mut file = driver.create_with_band_type::<u16, _>(&path, size.0, size.1, 4).unwrap();
        file.set_geo_transform(&grid.geotransform()).unwrap();
        file.set_projection(grid.crs.wkt()).unwrap();
        for (i, plane) in values.chunks_exact(grid.pixels()).enumerate() {
            let mut band = file.rasterband(i + 1).unwrap();
            band.write((0, 0), size, &mut Buffer::new(size, plane.to_vec())).unwrap();
        }
    }

    pub fn vectors(&self, x: u32, y: u32) {
        let mut features: Vec<Value> =
            CLASSES.iter().map(|(name, col, ..)| square(&tile(x, y, self.side), name, *col)).collect();
        features.push(json!({ "type": "Feature", "properties": { "class": "water" }, "geometry": null }));
        let collection = json!({ "type": "FeatureCollection", "features": features });
        let file = self.path("geojson", &format!("{x}-{y}-14.geojson"));
        fs::write(file, collection.to_string()).unwrap();
    }

    /// A label raster in the order of wikidata, or of the alphabet.
    pub fn raster(&self, x: u32, y: u32, alphabetical: bool) {
        let mut codes = vec![0u8; (self.side * self.side) as usize];
        for (_, col, a, b) in CLASSES {
            for row in 8..32 {
                let start = row * self.side as usize + col as usize;
                codes[start..start + 24].fill(if alphabetical { b } else { a });
            }
        }
        let path = self.path("labels", &format!("{x}-{y}-14.tif"));
        write_cog_u8(&path, &tile(x, y, self.side), &[("class".into(), &codes)], None, None, &[]).unwrap();
    }
}

/// A square of 24 pixels, as a GeoJSON feature.
fn square(grid: &Grid, class: &str, col: f64) -> Value {
    let corners = [(col, 8.0), (col + 24.0, 8.0), (col + 24.0, 32.0), (col, 32.0), (col, 8.0)];
    let ring: Vec<_> = corners.iter().map(|&(c, r)| grid.lonlat_from_pixel(c, r).unwrap().to_vec()).collect();
    json!({ "type": "Feature", "properties": { "class": class },
        "geometry": { "type": "Polygon", "coordinates": [ring] } })
}
