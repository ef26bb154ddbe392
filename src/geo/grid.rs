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
    /// Whether a pixel lies in it.
    pub fn contains(&self, col: u32, row: u32) -> bool {
        col >= self.col && row >= self.row && col - self.col < self.width && row - self.row < self.height
    }

    /// The part that lies in `other`, empty where there is none.
    pub fn cut_to(&self, other: Window) -> Window {
        let col = self.col.max(other.col);
        let row = self.row.max(other.row);
        let right = self.col.saturating_add(self.width).min(other.col.saturating_add(other.width));
        let bottom = self.row.saturating_add(self.height).min(other.row.saturating_add(other.height));
        Window { col, row, width: right.saturating_sub(col), height: bottom.saturating_sub(row) }
    }

    /// Column and row of its middle, in pixels.
    pub fn middle(&self) -> [f64; 2] {
        [
            f64::from(self.col) + f64::from(self.width) / 2.0,
            f64::from(self.row) + f64::from(self.height) / 2.0,
        ]
    }

    /// Pixels in the window.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// The fewest square pixels of a lattice that cover an extent (left, bottom, right, top): column and row of the first one, as
/// counted from the lattice's `corner` (x, y), and how many columns and rows, at least one. All in units of the coordinate
/// system; as floats, since an extent may ask for more than any grid has.
pub fn lattice_window([left, bottom, right, top]: [f64; 4], corner: [f64; 2], side: f64) -> [f64; 4] {
    // Rounding must not add a row for a millionth of a pixel.
    const ROUNDING: f64 = 1e-6;
    let [x, y] = corner;
    let first_col = ((left - x) / side + ROUNDING).floor();
    let last_col = ((right - x) / side - ROUNDING).ceil();
    let first_row = ((y - top) / side + ROUNDING).floor();
    let last_row = ((y - bottom) / side - ROUNDING).ceil();
    [first_col, first_row, (last_col - first_col).max(1.0), (last_row - first_row).max(1.0)]
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
            metres_per_degree(self.top - self.pixel_height * f64::from(self.height) / 2.0)
        } else {
            let m = self.crs.metres_per_linear_unit();
            [m, m]
        }
    }

    /// Centre of the pixel (column, row) in `xy`.
    pub fn pixel_centre(&self, col: u32, row: u32) -> [f64; 2] {
        self.xy_from_pixel(f64::from(col) + 0.5, f64::from(row) + 0.5)
    }

    /// All of its pixels.
    pub fn window(&self) -> Window {
        Window { col: 0, row: 0, width: self.width, height: self.height }
    }

    /// For people: "512 x 512 pixels of 10 x 10 from (2700000, 650000), EPSG:6362".
    pub fn label(&self) -> String {
        label(self.width, self.height, self.pixel_width, self.pixel_height, self.left, self.top, &self.crs)
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

/// Metres in one degree east and north at a latitude on WGS 84, to a centimetre: their usual series.
pub fn metres_per_degree(lat: f64) -> [f64; 2] {
    let lat = lat.to_radians();
    let east = 111_412.84 * lat.cos() - 93.5 * (3.0 * lat).cos() + 0.118 * (5.0 * lat).cos();
    let north = 111_132.954 - 559.822 * (2.0 * lat).cos() + 1.175 * (4.0 * lat).cos();
    [east, north]
}

/// "512 x 512 pixels of 10 x 10 m from (2700000, 650000), EPSG:6362".
pub(super) fn label(
    width: u32,
    height: u32,
    pixel_width: f64,
    pixel_height: f64,
    left: f64,
    top: f64,
    crs: &Crs,
) -> String {
    // Millimetres, or a hundred-millionth of a degree.
    let decimals = if crs.is_geographic() { 8 } else { 3 };
    let short = |number| short(number, decimals);
    format!(
        "{width} x {height} pixels of {} x {} {} from ({}, {}), {}",
        short(pixel_width),
        short(pixel_height),
        crs.unit(),
        short(left),
        short(top),
        crs.label()
    )
}

/// A number without the digits that tell nothing.
fn short(number: f64, decimals: usize) -> String {
    let digits = format!("{number:.decimals$}");
    match digits.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".into(),
        digits => digits.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(epsg: u32, left: f64, top: f64, pixel: f64) -> Grid {
        let crs = Crs::from_epsg(epsg).unwrap();
        Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width: 100, height: 80 }
    }

    #[test]
    fn a_point_outside_the_grid_has_no_pixel() {
        let grid = grid(6362, 2_700_000.0, 650_000.0, 10.0);
        for (col, row, inside) in [
            (0.5, 0.5, true),
            (99.5, 79.5, true),
            (-0.5, 0.5, false),
            (100.5, 0.5, false),
            (0.5, -0.5, false),
            (0.5, 80.5, false),
        ] {
            let [lon, lat] = grid.lonlat_from_pixel(col, row).unwrap();
            let expected = inside.then_some((col.max(0.0) as u32, row.max(0.0) as u32));
            assert_eq!(grid.pixel_from_lonlat(lon, lat).unwrap(), expected, "{col} {row}");
        }
    }

    #[test]
    fn rows_run_south() {
        let grid = grid(6362, 2_700_000.0, 650_000.0, 10.0);
        assert_eq!(grid.xy_from_pixel(1.0, 2.0), [2_700_010.0, 649_980.0]);
        assert_eq!(grid.pixel_centre(0, 0), [2_700_005.0, 649_995.0]);
        assert_eq!(grid.geotransform(), [2_700_000.0, 10.0, 0.0, 650_000.0, 0.0, -10.0]);
    }

    #[test]
    fn a_label_has_no_digits_left_by_rounding() {
        let grid = Grid { pixel_width: 231.656_000_000_000_35, ..grid(6362, -0.000_089_83, 650_000.0, 10.0) };
        assert_eq!(grid.label(), "100 x 80 pixels of 231.656 x 10 m from (0, 650000), EPSG:6362");
    }

    #[test]
    fn a_pixel_of_ten_metres_is_a_hundredth_of_a_hectare() {
        assert!((grid(6362, 2_700_000.0, 650_000.0, 10.0).pixel_area_ha() - 0.01).abs() < 1e-12);
    }

    #[test]
    fn a_degree_is_as_long_as_the_tables_say() {
        // Lengths of a degree of longitude and latitude on WGS 84 (NGA, "Length of a degree").
        for (lat, east, north) in
            [(0.0, 111_319.5, 110_574.3), (45.0, 78_846.8, 111_132.0), (60.0, 55_800.3, 111_412.2)]
        {
            let [e, n] = grid(4326, 10.0, lat + 0.004, 0.0001).metres_per_unit();
            assert!((e - east).abs() < 2.0 && (n - north).abs() < 2.0, "{lat}: {e} {n}");
        }
    }

    #[test]
    fn grids_that_differ_by_a_tenth_of_a_pixel_do_not_line_up() {
        let a = grid(6362, 2_700_000.0, 650_000.0, 10.0);
        assert!(a.lines_up_with(&a.clone()));
        assert!(a.lines_up_with(&Grid { left: a.left + 0.001, ..a.clone() }));
        assert!(!a.lines_up_with(&Grid { left: a.left + 1.0, ..a.clone() }));
        assert!(!a.lines_up_with(&Grid { width: 101, ..a.clone() }));
        assert!(!a.lines_up_with(&Grid { pixel_width: 10.01, ..a.clone() }));
        assert!(!a.lines_up_with(&Grid { crs: Crs::from_epsg(32614).unwrap(), ..a.clone() }));
    }

    #[test]
    fn windows_are_cut_to_one_another() {
        let a = Window { col: 10, row: 20, width: 30, height: 40 };
        let b = Window { col: 30, row: 0, width: 100, height: 25 };
        assert_eq!(a.cut_to(b), Window { col: 30, row: 20, width: 10, height: 5 });
        assert_eq!(a.cut_to(Window { col: 50, row: 0, width: 9, height: 9 }).pixels(), 0);
        assert!(a.contains(39, 59) && !a.contains(40, 59) && !a.contains(9, 20));
    }

    proptest! {
        #[test]
        fn pixel_and_xy_are_each_others_inverse(col in -50.0f64..200.0, row in -50.0f64..200.0) {
            let grid = grid(32631, 500_000.0, 5_600_000.0, 20.0);
            let [x, y] = grid.xy_from_pixel(col, row);
            let [c, r] = grid.pixel_from_xy(x, y);
            prop_assert!((c - col).abs() < 1e-6 && (r - row).abs() < 1e-6);
        }
    }
}
