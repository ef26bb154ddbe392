//! The grid of a cube: that of the input, or the one that was asked for.

use super::plan::input;
use super::{CubeError, GridSetting, Resampling};
use crate::geo::{Crs, Grid, Placement, Resample, lattice_window};

/// Pixels that a grid may have; beyond, the request is a mistake (inputs at the ends of the Earth, degrees taken for metres).
const MOST_PIXELS: f64 = 4e10;

/// The grid to warp to. `used` are the places of the layers that the cube needs, the most frequent first.
///
/// # Errors
/// When the setting makes no sense, with the way out.
pub(super) fn target_grid(setting: &GridSetting, used: &[&Placement]) -> Result<Grid, CubeError> {
    let first = used.first().ok_or_else(|| input("there is nothing to lay a grid around"))?;
    let crs = match &setting.crs {
        Some(text) => Crs::from_text(text)?,
        None => first.crs.clone(),
    };
    let resolution = match setting.resolution {
        Some(resolution) if resolution.is_finite() && resolution > 0.0 => resolution,
        Some(other) => {
            return Err(input(format!(
                "a resolution of {other} makes no sense: give the side of a pixel in the units of the coordinate system"
            )));
        }
        None => finest(&crs, used)?,
    };
    let [left, bottom, right, top] = match setting.extent {
        Some(extent)
            if extent.iter().all(|n| n.is_finite()) && extent[0] < extent[2] && extent[1] < extent[3] =>
        {
            extent
        }
        Some(extent) => {
            return Err(input(format!(
                "the extent {extent:?} makes no sense: give left, bottom, right, top in {}",
                crs.label()
            )));
        }
        None => around(&crs, used)?,
    };
    // Where the input has such a lattice already, its pixels are kept as they are.
    let lattice =
        used.iter().filter(|place| place.crs.same_as(&crs)).filter_map(|place| place.grid()).find(|grid| {
            [grid.pixel_width, grid.pixel_height].iter().all(|side| is_multiple(*side, resolution))
        });
    let (origin_x, origin_y) = match &lattice {
        Some(grid) => (grid.left, grid.top),
        None if setting.extent.is_some() => (left, top),
        None => (0.0, 0.0),
    };
    let [first_col, first_row, width, height] =
        lattice_window([left, bottom, right, top], [origin_x, origin_y], resolution);
    if !(width * height <= MOST_PIXELS && width < f64::from(u32::MAX) && height < f64::from(u32::MAX)) {
        return Err(input(format!(
            "a grid of {width:.0} x {height:.0} pixels of {resolution} would be needed in {}. Do the files lie far apart, or on both sides of the antimeridian? Give an extent, a coarser resolution, or another coordinate system",
            crs.label()
        )));
    }
    Ok(Grid {
        crs,
        left: origin_x + first_col * resolution,
        top: origin_y - first_row * resolution,
        pixel_width: resolution,
        pixel_height: resolution,
        width: width as u32,
        height: height as u32,
    })
}

impl From<Resampling> for Resample {
    fn from(resampling: Resampling) -> Self {
        match resampling {
            Resampling::Bilinear => Self::Bilinear,
            Resampling::Cubic => Self::Cubic,
            Resampling::Nearest => Self::Nearest,
        }
    }
}

fn is_multiple(side: f64, of: f64) -> bool {
    let times = side / of;
    times > 0.5 && (times - times.round()).abs() < 1e-6
}

/// The smallest pixel among the input, in units of `crs`.
fn finest(crs: &Crs, used: &[&Placement]) -> Result<f64, CubeError> {
    let mut finest = f64::INFINITY;
    for place in used {
        let [width, height] = if place.crs.same_as(crs) {
            place.pixel_size()
        } else {
            let [left, bottom, right, top] = place.extent_in(crs)?;
            [(right - left) / f64::from(place.width), (top - bottom) / f64::from(place.height)]
        };
        finest = finest.min(width).min(height);
    }
    if finest.is_finite() && finest > 0.0 {
        Ok(finest)
    } else {
        Err(input("the size of a pixel cannot be told from the files: give a resolution"))
    }
}

/// What all of the input covers: left, bottom, right, top.
fn around(crs: &Crs, used: &[&Placement]) -> Result<[f64; 4], CubeError> {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for place in used {
        let [left, bottom, right, top] = place.extent_in(crs)?;
        all = [all[0].min(left), all[1].min(bottom), all[2].max(right), all[3].max(top)];
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(epsg: u32, left: f64, top: f64, pixel: f64, side: u32) -> Placement {
        Placement {
            crs: Crs::from_epsg(epsg).unwrap(),
            geotransform: [left, pixel, 0.0, top, 0.0, -pixel],
            width: side,
            height: side,
        }
    }

    fn setting(resolution: Option<f64>) -> GridSetting {
        GridSetting { resolution, ..GridSetting::default() }
    }

    #[test]
    fn ten_and_twenty_metres_meet_on_the_ten_metre_lattice() {
        let (ten, twenty) =
            (place(32614, 500_005.0, 2_000_000.0, 10.0, 100), place(32614, 500_005.0, 2_000_000.0, 20.0, 50));
        for used in [[&ten, &twenty], [&twenty, &ten]] {
            let grid = target_grid(&setting(None), &used).unwrap();
            assert!(Placement::from(&grid).lines_up_with(&ten), "{}", grid.label());
        }
    }

    #[test]
    fn neighbours_on_one_lattice_become_their_union() {
        let (a, b) = (
            place(32614, 500_000.0, 2_000_000.0, 10.0, 100),
            place(32614, 500_500.0, 1_999_600.0, 10.0, 100),
        );
        let grid = target_grid(&setting(Some(10.0)), &[&a, &b]).unwrap();
        assert_eq!((grid.left, grid.top, grid.width, grid.height), (500_000.0, 2_000_000.0, 150, 140));
    }

    #[test]
    fn an_extent_is_widened_to_whole_pixels_of_the_input() {
        let a = place(32614, 500_003.0, 2_000_000.0, 10.0, 100);
        let extent = Some([500_100.0, 1_999_500.0, 500_200.0, 1_999_600.0]);
        let grid = target_grid(&GridSetting { extent, ..setting(None) }, &[&a]).unwrap();
        assert_eq!((grid.left, grid.top, grid.width, grid.height), (500_093.0, 1_999_600.0, 11, 10));
        // In another system there is no lattice to keep: the corner is the one that was asked for.
        let extent = Some([2_700_001.0, 600_000.0, 2_700_501.0, 600_500.0]);
        let asked = GridSetting {
            crs: Some("epsg:6362".into()),
            extent,
            resolution: Some(10.0),
            ..GridSetting::default()
        };
        let grid = target_grid(&asked, &[&a]).unwrap();
        assert_eq!((grid.left, grid.top, grid.width, grid.height), (2_700_001.0, 600_500.0, 50, 50));
    }

    #[test]
    fn requests_that_make_no_sense_say_the_way_out() {
        let a = place(4326, -179.9, 10.0, 0.0001, 100);
        let b = place(4326, 179.8, 10.0, 0.0001, 100);
        let error = |setting: GridSetting| target_grid(&setting, &[&a, &b]).unwrap_err().to_string();
        assert!(error(setting(Some(0.000_000_1))).contains("antimeridian"));
        assert!(error(setting(Some(-1.0))).contains("resolution"));
        assert!(error(setting(Some(f64::NAN))).contains("resolution"));
        assert!(error(GridSetting { crs: Some("EPSG:1".into()), ..setting(None) }).contains("EPSG"));
        assert!(
            error(GridSetting { extent: Some([1.0, 0.0, 0.0, 1.0]), ..setting(None) }).contains("extent")
        );
        assert!(target_grid(&setting(None), &[]).is_err());
    }
}
