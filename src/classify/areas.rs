//! How much of each class there is on a map: pixels, hectares and shares.
//!
//! Pixels are counted row by row. On a projected grid each counts its sides; on a grid in degrees pixels are smaller the
//! nearer they lie to a pole, so each row has an area of its own: that of a quadrangle on the WGS 84 ellipsoid (Snyder 1987,
//! "Map Projections: A Working Manual", formula 3-12 for the area between the equator and a latitude).

use super::run::NODATA;
use crate::geo::{Grid, Window};
use crate::labels::Class;
use std::fmt::Write;

/// Half the longer axis of WGS 84 in metres, and its eccentricity.
const AXIS: f64 = 6_378_137.0;
const ECCENTRICITY: f64 = 0.081_819_190_842_621_5;

/// How much of a map one class, or nodata, takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Extent {
    /// Pixels.
    pub pixels: u64,
    /// Hectares.
    pub ha: f64,
}

/// What is on a map.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// Each class with what it takes, in the order of the legend.
    pub classes: Vec<(Class, Extent)>,
    /// All classes together.
    pub total: Extent,
    /// Pixels without a class: nodata, and codes that the legend does not know.
    pub nodata: Extent,
    /// How pixels became hectares, in a sentence.
    pub method: String,
}

/// What each code takes.
pub type Extents = [Extent; 256];

/// What each code takes before anything is counted.
pub const NOTHING: Extents = [Extent { pixels: 0, ha: 0.0 }; 256];

impl Extent {
    /// Adds so many pixels of a row, of so many hectares each.
    pub(crate) fn add(&mut self, pixels: u64, pixel_ha: f64) {
        self.pixels += pixels;
        self.ha += pixels as f64 * pixel_ha;
    }
}

impl std::iter::Sum for Extent {
    fn sum<I: Iterator<Item = Self>>(extents: I) -> Self {
        extents.fold(Self::default(), |sum, e| Self { pixels: sum.pixels + e.pixels, ha: sum.ha + e.ha })
    }
}

/// Adds the pixels of a window of a map, class codes y x x, to what each code takes.
pub(super) fn tally(of: &mut Extents, grid: &Grid, window: Window, codes: &[u8]) {
    for (row, codes) in (window.row..).zip(codes.chunks_exact(window.width.max(1) as usize)) {
        let mut counts = [0u64; 256];
        codes.iter().for_each(|code| counts[usize::from(*code)] += 1);
        let ha = row_pixel_ha(grid, row);
        let there = of.iter_mut().zip(counts).filter(|(_, pixels)| *pixels > 0);
        there.for_each(|(extent, pixels)| extent.add(pixels, ha));
    }
}

/// Counts the pixels of a map, class codes y x x.
pub fn areas(codes: &[u8], grid: &Grid, classes: &[Class]) -> Areas {
    let mut of = NOTHING;
    tally(&mut of, grid, grid.window(), codes);
    let classes: Vec<_> = classes.iter().map(|class| (class.clone(), of[usize::from(class.code)])).collect();
    let known = |code: usize| classes.iter().any(|(class, _)| usize::from(class.code) == code);
    Areas {
        total: classes.iter().map(|(_, extent)| *extent).sum(),
        nodata: (0..=usize::from(NODATA)).filter(|code| !known(*code)).map(|code| of[code]).sum(),
        method: method(grid),
        classes,
    }
}

impl Areas {
    /// The share of all classes that an extent is, from 0 to 1.
    pub fn share(&self, extent: Extent) -> f64 {
        if self.total.ha > 0.0 { extent.ha / self.total.ha } else { 0.0 }
    }

    /// The table as CSV: class, pixels, hectares, share of all classes; then a row of them together and one of nodata.
    pub fn csv(&self) -> String {
        let quoted = |name: &str| match name.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", name.replace('"', "\"\"")),
            false => name.to_string(),
        };
        self.rows(',', &quoted)
    }

    /// The table as text between tabs, as tables of other programs take it in.
    pub fn text(&self) -> String {
        self.rows('\t', &|name| name.replace(['\t', '\n', '\r'], " "))
    }

    fn rows(&self, between: char, name: &dyn Fn(&str) -> String) -> String {
        let mut out = ["class", "pixels", "hectares", "share"].join(&between.to_string()) + "\n";
        let mut row = |name: &str, extent: Extent, share: &str| {
            let Extent { pixels, ha } = extent;
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{name}{between}{pixels}{between}{ha:.2}{between}{share}");
        };
        for (class, extent) in &self.classes {
            row(&name(&class.name), *extent, &format!("{:.4}", self.share(*extent)));
        }
        row("total", self.total, &format!("{:.4}", self.share(self.total)));
        row("nodata", self.nodata, "");
        out
    }
}

/// Pixels and hectares of each class before and after a change, as CSV.
pub(super) fn change_csv(classes: &[Class], before: &Extents, after: &Extents) -> String {
    let mut out = String::from("class,pixels_before,hectares_before,pixels_after,hectares_after\n");
    for class in classes {
        let (before, after) = (before[usize::from(class.code)], after[usize::from(class.code)]);
        let name = class.name.replace('"', "\"\"");
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "\"{name}\",{},{:.2},{},{:.2}", before.pixels, before.ha, after.pixels, after.ha);
    }
    out
}

/// Hectares of a pixel of a row.
pub fn row_pixel_ha(grid: &Grid, row: u32) -> f64 {
    if !grid.crs.is_geographic() {
        return grid.pixel_area_ha();
    }
    let north = grid.top - grid.pixel_height * f64::from(row);
    let width = grid.pixel_width.to_radians();
    (to_equator(north) - to_equator(north - grid.pixel_height)) * width / 10_000.0
}

/// Square metres between the equator and a latitude on a strip of one radian of longitude; negative in the south.
fn to_equator(lat: f64) -> f64 {
    let sine = lat.clamp(-90.0, 90.0).to_radians().sin();
    let e = ECCENTRICITY;
    let q = sine / (1.0 - (e * sine).powi(2)) + (e * sine).atanh() / e;
    AXIS * AXIS * (1.0 - e * e) * q / 2.0
}

fn method(grid: &Grid) -> String {
    if grid.crs.is_geographic() {
        return "The grid is in degrees: each row of pixels has its own area, that of a quadrangle on the WGS 84 ellipsoid"
            .into();
    }
    let side = |side: f64| format!("{:.3}", side).trim_end_matches('0').trim_end_matches('.').to_string();
    format!(
        "Each pixel counts {} x {} {} of {}; how much this projection stretches the ground is not corrected",
        side(grid.pixel_width),
        side(grid.pixel_height),
        grid.crs.unit(),
        grid.crs.label()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    fn grid(epsg: u32, top: f64, pixel: f64, width: u32, height: u32) -> Grid {
        let crs = Crs::from_epsg(epsg).unwrap();
        Grid { crs, left: 0.0, top, pixel_width: pixel, pixel_height: pixel, width, height }
    }

    fn classes() -> Vec<Class> {
        vec![Class::new(3, "Bosque, alto", [1, 2, 3]), Class::new(9, "Agua", [4, 5, 6])]
    }

    #[test]
    fn pixels_and_hectares_of_a_projected_map_are_counted_with_what_has_no_class() {
        let areas = areas(&[3, 3, 9, 255, 0, 77], &grid(6362, 900_000.0, 10.0, 3, 2), &classes());
        let pixels: Vec<_> = areas.classes.iter().map(|(_, extent)| extent.pixels).collect();
        assert_eq!((pixels.as_slice(), areas.total.pixels, areas.nodata.pixels), (&[2, 1][..], 3, 3));
        assert!((areas.total.ha - 0.03).abs() < 1e-12 && (areas.nodata.ha - 0.03).abs() < 1e-12);
        assert!(areas.method.contains("10 x 10 m of EPSG:6362"), "{}", areas.method);
        let expected = "class,pixels,hectares,share\n\"Bosque, alto\",2,0.02,0.6667\nAgua,1,0.01,0.3333\n\
                        total,3,0.03,1.0000\nnodata,3,0.03,\n";
        assert_eq!(areas.csv(), expected);
        assert!(areas.text().starts_with("class\tpixels\thectares\tshare\nBosque, alto\t2\t0.02\t0.6667\n"));
    }

    #[test]
    fn all_of_the_earth_in_degrees_is_as_large_as_the_ellipsoid() {
        let grid = grid(4326, 90.0, 1.0, 360, 180);
        let areas = areas(&vec![3; grid.pixels()], &grid, &classes());
        // The surface of WGS 84 is 510 065 621.7 km² (NIMA TR8350.2).
        assert!((areas.total.ha / 100.0 - 510_065_621.7).abs() < 1.0, "{}", areas.total.ha / 100.0);
        assert!(areas.method.contains("WGS 84 ellipsoid"));
    }

    #[test]
    fn in_degrees_a_row_nearer_to_the_pole_counts_less() {
        let grid = grid(4326, 60.0, 0.5, 2, 120);
        assert!(row_pixel_ha(&grid, 0) < 0.52 * row_pixel_ha(&grid, 119));
        // A small pixel is as large as its sides (about 55.8 x 111.4 km a degree at 60 degrees north).
        let small = Grid { pixel_width: 0.001, pixel_height: 0.001, ..grid };
        assert!((row_pixel_ha(&small, 0) - 0.621_6).abs() < 1e-3, "{}", row_pixel_ha(&small, 0));
    }

    #[test]
    fn a_map_of_nothing_has_no_shares() {
        let areas = areas(&[255; 4], &grid(6362, 0.0, 10.0, 2, 2), &classes());
        assert_eq!(areas.share(areas.classes[0].1), 0.0);
        assert_eq!(areas.nodata.pixels, 4);
    }
}
