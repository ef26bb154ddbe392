//! Where the pixels of a raster file lie: any affine placement, of which a north-up [`Grid`] is the usual case.

use super::{Crs, GeoError, Grid};

/// Where the pixels of a raster file lie. Files may be rotated or run from south to north; cubes may not.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The coordinate system.
    pub crs: Crs,
    /// GDAL's six numbers: x = g0 + g1 col + g2 row, y = g3 + g4 col + g5 row.
    pub geotransform: [f64; 6],
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Placement {
    /// The same as a north-up grid; `None` where it is rotated or runs from south to north.
    pub fn grid(&self) -> Option<Grid> {
        let [left, pixel_width, skew_x, top, skew_y, pixel_height] = self.geotransform;
        let north_up = skew_x == 0.0 && skew_y == 0.0 && pixel_width > 0.0 && pixel_height < 0.0;
        north_up.then(|| Grid {
            crs: self.crs.clone(),
            left,
            top,
            pixel_width,
            pixel_height: -pixel_height,
            width: self.width,
            height: self.height,
        })
    }

    /// The north-up grid.
    ///
    /// # Errors
    /// A sentence that says why there is none, and the way out.
    pub fn north_up(&self) -> Result<Grid, String> {
        self.grid()
            .ok_or_else(|| format!("it {}; warp it to a north-up grid", self.fault().unwrap_or_default()))
    }

    /// What is unusual about it, for people: "is rotated".
    pub fn fault(&self) -> Option<&'static str> {
        let [_, pixel_width, skew_x, _, skew_y, pixel_height] = self.geotransform;
        if skew_x != 0.0 || skew_y != 0.0 {
            Some("is rotated")
        } else if pixel_width <= 0.0 {
            Some("runs from east to west")
        } else if pixel_height >= 0.0 {
            Some("has rows that do not run from north to south")
        } else {
            None
        }
    }

    /// Whether two placements lay their pixels on the same places (edges within a thousandth of a pixel).
    pub fn lines_up_with(&self, other: &Placement) -> bool {
        let size = self.geotransform[1].hypot(self.geotransform[4]);
        let near = |place: usize, times: f64| {
            (self.geotransform[place] - other.geotransform[place]).abs() * times < size * 1e-3
        };
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        (self.width, self.height) == (other.width, other.height)
            && near(0, 1.0)
            && near(3, 1.0)
            && near(1, width)
            && near(4, width)
            && near(2, height)
            && near(5, height)
            && self.crs.same_as(&other.crs)
    }

    /// Side lengths of a pixel along columns and rows, in the units of the coordinate system.
    pub fn pixel_size(&self) -> [f64; 2] {
        let g = &self.geotransform;
        [g[1].hypot(g[4]), g[2].hypot(g[5])]
    }

    /// From pixel coordinates to `xy`.
    pub fn xy_from_pixel(&self, col: f64, row: f64) -> [f64; 2] {
        let g = &self.geotransform;
        [g[0] + g[1] * col + g[2] * row, g[3] + g[4] * col + g[5] * row]
    }

    /// From `xy` to pixel coordinates; `None` where the pixels have no area.
    pub fn pixel_from_xy(&self, x: f64, y: f64) -> Option<[f64; 2]> {
        let [left, a, b, top, c, d] = self.geotransform;
        let area = a * d - b * c;
        let (x, y) = (x - left, y - top);
        (area != 0.0).then(|| [(x * d - y * b) / area, (y * a - x * c) / area])
    }

    /// Least and greatest x and y (left, bottom, right, top) of what it covers in another coordinate system: edges are
    /// followed at 21 places each, since a straight edge need not stay straight.
    ///
    /// # Errors
    /// When an edge lies where the other system cannot express it.
    pub fn extent_in(&self, crs: &Crs) -> Result<[f64; 4], GeoError> {
        const PLACES: u32 = 20;
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let mut points: Vec<[f64; 2]> = (0..=PLACES)
            .flat_map(|i| {
                let share = f64::from(i) / f64::from(PLACES);
                let (col, row) = (share * width, share * height);
                [(col, 0.0), (col, height), (0.0, row), (width, row)]
            })
            .map(|(col, row)| self.xy_from_pixel(col, row))
            .collect();
        if !crs.same_as(&self.crs) {
            self.crs.lonlat_from_xy(&mut points)?;
            crs.xy_from_lonlat(&mut points)?;
        }
        let mut extent = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for [x, y] in points {
            extent = [extent[0].min(x), extent[1].min(y), extent[2].max(x), extent[3].max(y)];
        }
        Ok(extent)
    }

    /// For people, as [`Grid::label`].
    pub fn label(&self) -> String {
        let [pixel_width, pixel_height] = self.pixel_size();
        let [left, _, _, top, _, _] = self.geotransform;
        let mut label =
            super::grid::label(self.width, self.height, pixel_width, pixel_height, left, top, &self.crs);
        if let Some(fault) = self.fault() {
            label += &format!(" (it {fault})");
        }
        label
    }
}

impl From<&Grid> for Placement {
    fn from(grid: &Grid) -> Self {
        Self {
            crs: grid.crs.clone(),
            geotransform: grid.geotransform(),
            width: grid.width,
            height: grid.height,
        }
    }
}
