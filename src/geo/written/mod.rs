//! Places as people write them: degrees with or without letters, minutes and seconds, grid coordinates, pixels.

mod read;
#[cfg(test)]
mod tests;

use super::{Crs, GeoError, Grid};

/// A place as it was written.
#[derive(Debug, Clone, PartialEq)]
pub enum WrittenPlace {
    /// Degrees whose letters or size tell which is which: longitude and latitude.
    LonLat([f64; 2]),
    /// Two numbers that are good for degrees either way round, in the order they were written.
    Degrees([f64; 2]),
    /// In the grid's coordinate system, or in another one: easting and northing.
    Xy([f64; 2], Option<Crs>),
    /// A pixel: column and row from the top left corner of the grid, fractions allowed.
    Pixel([f64; 2]),
}

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// There is nothing.
    #[error("write a place: 19.43, -99.13, or 500000 2150000, or pixel 120, 340")]
    Empty,
    /// There is something that belongs to no place.
    #[error("{0:?} belongs to no place")]
    Word(String),
    /// There are not two numbers, or not two with a letter each.
    #[error("a place has two numbers: latitude and longitude, or easting and northing")]
    NotTwo,
    /// Both are north or south, or both are east or west.
    #[error("a place has one letter of N or S, and one of E or W")]
    Letters,
    /// Minutes or seconds of 60 and more, or fractions before them.
    #[error("minutes and seconds go from 0 to 60, and only the last number has a fraction")]
    Minutes,
    /// A latitude beyond the poles, or a longitude beyond 180.
    #[error("{0} degrees is not on the Earth: latitudes go to 90, longitudes to 180")]
    Beyond(String),
    /// A coordinate system that is not known.
    #[error("{0}")]
    Crs(String),
}

/// A place on a grid or beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundPlace {
    /// Longitude and latitude.
    pub lonlat: [f64; 2],
    /// Pixel coordinates: column and row from the top left corner, with fractions, also outside of the grid.
    pub at: [f64; 2],
    /// The pixel (column, row), within the grid.
    pub pixel: Option<(u32, u32)>,
}

impl WrittenPlace {
    /// Reads a place.
    ///
    /// # Errors
    /// [`PlaceError`] says what is no part of a place.
    pub fn read(text: &str) -> Result<Self, PlaceError> {
        read::read(text)
    }

    /// Where it lies on a grid, or beside it. Two numbers that may be either are latitude and longitude, unless only the other
    /// way round they lie within the grid.
    ///
    /// # Errors
    /// When the place cannot be projected.
    pub fn find(&self, grid: &Grid) -> Result<FoundPlace, GeoError> {
        match self {
            Self::LonLat(lonlat) => of_lonlat(grid, *lonlat),
            Self::Degrees([lat, lon]) => {
                let usual = of_lonlat(grid, [*lon, *lat]);
                let turned = of_lonlat(grid, [*lat, *lon]);
                let inside = |place: &Result<FoundPlace, _>| place.as_ref().is_ok_and(|p| p.pixel.is_some());
                if !inside(&usual) && inside(&turned) { turned } else { usual }
            }
            Self::Xy(xy, None) => of_xy(grid, *xy),
            Self::Xy(xy, Some(crs)) if crs.same_as(&grid.crs) => of_xy(grid, *xy),
            Self::Xy(xy, Some(crs)) => {
                let mut points = [*xy];
                crs.lonlat_from_xy(&mut points)?;
                of_lonlat(grid, points[0])
            }
            Self::Pixel([col, row]) => {
                // A whole number means the pixel, of which one looks at the middle.
                let middle = |v: f64| if v.fract() == 0.0 { v + 0.5 } else { v };
                of_xy(grid, grid.xy_from_pixel(middle(*col), middle(*row)))
            }
        }
    }
}

fn of_lonlat(grid: &Grid, lonlat: [f64; 2]) -> Result<FoundPlace, GeoError> {
    let mut points = [lonlat];
    grid.crs.xy_from_lonlat(&mut points)?;
    Ok(found(grid, lonlat, points[0]))
}

fn of_xy(grid: &Grid, xy: [f64; 2]) -> Result<FoundPlace, GeoError> {
    let mut points = [xy];
    grid.crs.lonlat_from_xy(&mut points)?;
    Ok(found(grid, points[0], xy))
}

fn found(grid: &Grid, lonlat: [f64; 2], xy: [f64; 2]) -> FoundPlace {
    let at = grid.pixel_from_xy(xy[0], xy[1]);
    let inside =
        at[0] >= 0.0 && at[1] >= 0.0 && at[0] < f64::from(grid.width) && at[1] < f64::from(grid.height);
    FoundPlace { lonlat, at, pixel: inside.then_some((at[0] as u32, at[1] as u32)) }
}

impl FoundPlace {
    /// How far it is from the grid's edge, in metres: east and north of it, negative to the west and south, 0 within.
    pub fn metres_off(&self, grid: &Grid) -> [f64; 2] {
        let beyond = |at: f64, size: u32| at - at.clamp(0.0, f64::from(size));
        let [east, north] = grid.metres_per_unit();
        [
            beyond(self.at[0], grid.width) * grid.pixel_width * east,
            -beyond(self.at[1], grid.height) * grid.pixel_height * north,
        ]
    }
}
