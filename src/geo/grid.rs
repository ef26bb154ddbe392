//! A north-up pixel grid in a coordinate system.

use super::{Crs, GeoError};
use serde::{Deserialize, Serialize};

/// The grid all layers of a cube share: north-up, square or rectangular pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Its coordinate system.
    pub crs: Crs,
    /// Left edge of the first column, in `xy` units.
    pub left: f64,
    /// Top edge of the first row, in `xy` units.
    pub top: f64,
    /// Width of a pixel, positive, in `xy` units.
    pub pixel_width: f64,
    /// Height of a pixel, positive, in `xy` units.
    pub pixel_height: f64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First column.
    pub col: u32,
    /// First row.
    pub row: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Window {
    /// Pixels in the window.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }
}

impl Grid {
    /// GDAL's six numbers: left, pixel width, 0, top, 0, -pixel height.
    pub fn geotransform(&self) -> [f64; 6] {
        [self.left, self.pixel_width, 0.0, self.top, 0.0, -self.pixel_height]
    }

    /// Pixels of the grid.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// From pixel coordinates (column, row; fractions allowed) to `xy`.
    pub fn xy_from_pixel(&self, col: f64, row: f64) -> [f64; 2] {
        [self.left + col * self.pixel_width, self.top - row * self.pixel_height]
    }

    /// From `xy` to pixel coordinates (column, row with fractions), also outside of the grid.
    pub fn pixel_from_xy(&self, x: f64, y: f64) -> [f64; 2] {
        [(x - self.left) / self.pixel_width, (self.top - y) / self.pixel_height]
    }

    /// The pixel (column, row) that holds a place, or `None` outside of the grid.
    ///
    /// # Errors
    /// When the place cannot be projected.
    pub fn pixel_from_lonlat(&self, lon: f64, lat: f64) -> Result<Option<(u32, u32)>, GeoError> {
        let mut points = [[lon, lat]];
        self.crs.xy_from_lonlat(&mut points)?;
        let [col, row] = self.pixel_from_xy(points[0][0], points[0][1]);
        let inside = col >= 0.0 && row >= 0.0 && col < f64::from(self.width) && row < f64::from(self.height);
        Ok(inside.then_some((col as u32, row as u32)))
    }

    /// Longitude and latitude of pixel coordinates.
    ///
    /// # Errors
    /// When the place cannot be projected.
    pub fn lonlat_from_pixel(&self, col: f64, row: f64) -> Result<[f64; 2], GeoError> {
        let mut points = [self.xy_from_pixel(col, row)];
        self.crs.lonlat_from_xy(&mut points)?;
        Ok(points[0])
    }

    /// Area of one pixel in hectares (at the grid's centre where the grid is in degrees).
    pub fn pixel_area_ha(&self) -> f64 {
        let [mx, my] = self.metres_per_unit();
        self.pixel_width * mx * self.pixel_height * my / 10_000.0
    }

    /// Metres in one `xy` unit east and north, at the grid's centre.
    pub fn metres_per_unit(&self) -> [f64; 2] {
        if self.crs.is_geographic() {
            let lat = (self.top - self.pixel_height * f64::from(self.height) / 2.0).to_radians();
            [111_319.490_793 * lat.cos(), 110_574.0]
        } else {
            let m = self.crs.metres_per_linear_unit();
            [m, m]
        }
    }

    /// Whether two grids lay their pixels on the same places (edges within a thousandth of a pixel).
    pub fn lines_up_with(&self, other: &Grid) -> bool {
        let tolerance = self.pixel_width.abs() * 1e-3;
        self.width == other.width
            && self.height == other.height
            && (self.left - other.left).abs() < tolerance
            && (self.top - other.top).abs() < tolerance
            && (self.pixel_width - other.pixel_width).abs() * f64::from(self.width) < tolerance
            && (self.pixel_height - other.pixel_height).abs() * f64::from(self.height) < tolerance
            && self.crs.same_as(&other.crs)
    }
}
