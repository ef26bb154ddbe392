//! The grid of an area: UTM of its middle, or what was asked for, on the lattice on which the scenes' pixels lie: that of
//! Sentinel-2 has a corner at 0, that of Landsat a centre.

use super::FetchError;
use crate::geo::{Crs, Grid, Placement, lattice_window};

/// UTM ends here, in degrees.
const UTM_SOUTH: f64 = -80.0;
const UTM_NORTH: f64 = 84.0;
/// An area wider than a zone of UTM is squeezed at its edges.
const ZONE: f64 = 6.0;
/// More pixels than these are a mistake.
const MOST_PIXELS: f64 = 2e9;

/// Degrees from west to east; where west is greater than east the area lies over the antimeridian (RFC 7946).
fn width_of([west, _, east, _]: [f64; 4]) -> f64 {
    if west > east { east + 360.0 - west } else { east - west }
}

/// Checks west, south, east, north. West may be greater than east: then the area lies over the antimeridian.
///
/// # Errors
/// What is wrong with them, and the way out.
pub fn check_bbox([west, south, east, north]: [f64; 4]) -> Result<(), FetchError> {
    let wrong = |why: String| Err(FetchError::Area(why));
    if ![west, south, east, north].iter().all(|n| n.is_finite()) {
        return wrong("west, south, east and north have to be numbers".into());
    }
    if south.abs() > 90.0 || north.abs() > 90.0 || south >= north {
        return wrong(format!(
            "its latitudes go from {south} to {north}: give them from -90 to 90, the southern one first"
        ));
    }
    if west.abs() > 180.0 || east.abs() > 180.0 {
        return wrong(format!(
            "it reaches from {west} to {east} degrees of longitude: give them from -180 to 180; over the antimeridian the western one is the greater, as in 179 and -179"
        ));
    }
    if west > east && width_of([west, south, east, north]) > 180.0 {
        return wrong(format!(
            "its west, {west}, is greater than its east, {east}, which goes around the other side of the Earth: give the western one first"
        ));
    }
    if west == east {
        return wrong("west and east are the same".into());
    }
    Ok(())
}

/// The UTM zone of an area's middle, and what people should know of that choice.
///
/// # Errors
/// Where UTM does not reach, or the area is too wide for it, with the way out.
pub fn utm_of(bbox: [f64; 4]) -> Result<(Crs, Vec<String>), FetchError> {
    let [west, south, east, north] = bbox;
    if south < UTM_SOUTH || north > UTM_NORTH {
        return Err(FetchError::Area(format!(
            "UTM ends at 80 degrees south and 84 degrees north, and it reaches from {south} to {north}: give a coordinate system and a resolution, such as EPSG:3413 in the north or EPSG:3031 in the south (--crs, --resolution)"
        )));
    }
    let width = width_of(bbox);
    if width > ZONE {
        return Err(FetchError::Area(format!(
            "it is {width:.1} degrees wide, and a zone of UTM is 6: give a coordinate system and a resolution (--crs, --resolution), or a smaller area"
        )));
    }
    let zone = |lon: f64| (((lon + 180.0) / ZONE).floor() as u32).min(59) + 1;
    let middle = west + width / 2.0;
    let own = zone(if middle > 180.0 { middle - 360.0 } else { middle });
    let is_south = (south + north) / 2.0 < 0.0;
    let crs = Crs::from_epsg(if is_south { 32_700 } else { 32_600 } + own)?;
    let mut told = Vec::new();
    // An edge that lies on the border of a zone belongs to the one inside.
    let (first, last) = (zone(west), zone(east - 1e-9));
    if first != last {
        told.push(format!(
            "the area reaches from UTM zone {first} to {last}: the grid is that of zone {own}, where its middle lies, and scenes of the other zone are warped to it"
        ));
    }
    Ok((crs, told))
}

/// What an area covers in a coordinate system: left, bottom, right, top.
///
/// # Errors
/// When the system cannot express it.
pub fn extent_of_bbox(bbox: [f64; 4], crs: &Crs) -> Result<[f64; 4], FetchError> {
    let [west, south, east, north] = bbox;
    if west > east && crs.is_geographic() {
        return Err(FetchError::Area(
            "it lies over the antimeridian, where degrees begin anew: give a coordinate system in metres (--crs, --resolution), or none for that of its UTM zone".into(),
        ));
    }
    let degrees = Crs::from_epsg(4326)?;
    let geotransform = [west, width_of(bbox), 0.0, north, 0.0, south - north];
    let place = Placement { crs: degrees, geotransform, width: 1, height: 1 };
    Ok(place.extent_in(crs)?)
}

/// The grid of an extent: pixels of `resolution` on the lattice that has a corner at `corner`.
///
/// # Errors
/// When the resolution makes no sense, or the grid would have too many pixels.
pub fn area_grid(crs: Crs, extent: [f64; 4], corner: [f64; 2], resolution: f64) -> Result<Grid, FetchError> {
    if !(resolution.is_finite() && resolution > 0.0) {
        return Err(FetchError::Area(format!(
            "a resolution of {resolution} makes no sense: give the side of a pixel in units of the coordinate system"
        )));
    }
    let [col, row, width, height] = lattice_window(extent, corner, resolution);
    let pixels = width * height;
    if pixels.is_nan() || pixels > MOST_PIXELS {
        return Err(FetchError::Area(format!(
            "it would have {width:.0} x {height:.0} pixels of {resolution}: give a smaller area or a coarser resolution"
        )));
    }
    Ok(Grid {
        crs,
        left: corner[0] + col * resolution,
        top: corner[1] - row * resolution,
        pixel_width: resolution,
        pixel_height: resolution,
        width: width as u32,
        height: height as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(bbox: [f64; 4]) -> Grid {
        check_bbox(bbox).unwrap();
        let (crs, _) = utm_of(bbox).unwrap();
        let extent = extent_of_bbox(bbox, &crs).unwrap();
        area_grid(crs, extent, [0.0; 2], 10.0).unwrap()
    }

    #[test]
    fn the_grid_is_utm_of_the_middle_on_multiples_of_the_pixel() {
        let grid = grid([-92.61, 16.41, -92.59, 16.43]);
        assert_eq!(grid.crs.label(), "EPSG:32615");
        assert_eq!((grid.left % 10.0, grid.top % 10.0), (0.0, 0.0));
        // 0.02 degrees at this latitude: 2.1 km east, 2.2 km north.
        assert!((210..=220).contains(&grid.width) && (220..=226).contains(&grid.height), "{}", grid.label());
        let [lon, lat] =
            grid.lonlat_from_pixel(f64::from(grid.width) / 2.0, f64::from(grid.height) / 2.0).unwrap();
        assert!((lon + 92.6).abs() < 1e-4 && (lat - 16.42).abs() < 1e-4, "{lon} {lat}");
        assert_eq!(self::grid([150.0, -20.2, 150.1, -20.1]).crs.label(), "EPSG:32756");
        assert_eq!(self::grid([179.9, 10.0, 180.0, 10.1]).crs.label(), "EPSG:32660");
    }

    #[test]
    fn an_area_in_two_zones_gets_that_of_its_middle_and_that_is_told() {
        let (crs, told) = utm_of([-90.3, 16.0, -89.9, 16.1]).unwrap();
        assert_eq!(crs.label(), "EPSG:32615");
        assert!(told[0].contains("zone 15 to 16"), "{told:?}");
        assert_eq!(utm_of([-90.3, 16.0, -90.0, 16.1]).unwrap().1, Vec::<String>::new());
    }

    #[test]
    fn areas_that_cannot_be_have_a_sentence_each() {
        let why = |bbox| match check_bbox(bbox).and_then(|()| utm_of(bbox)) {
            Err(error) => error.to_string(),
            Ok((crs, _)) => panic!("{}", crs.label()),
        };
        assert!(why([179.0, 10.0, 181.0, 11.0]).contains("179 and -179"));
        assert!(why([20.0, 10.0, 10.0, 11.0]).contains("western one first"));
        assert!(why([170.0, 10.0, -170.0, 11.0]).contains("20.0 degrees wide"));
        assert!(why([10.0, 84.5, 11.0, 85.0]).contains("EPSG:3413"));
        assert!(why([10.0, -89.0, 11.0, -85.0]).contains("EPSG:3031"));
        assert!(why([0.0, 10.0, 8.0, 11.0]).contains("8.0 degrees wide"));
        assert!(why([0.0, 11.0, 1.0, 10.0]).contains("southern one first"));
        assert!(why([0.0, f64::NAN, 1.0, 10.0]).contains("numbers"));
        assert!(why([1.0, 1.0, 1.0, 2.0]).contains("same"));
        let crs = Crs::from_epsg(32615).unwrap();
        let told = area_grid(crs.clone(), [0.0, 0.0, 9e5, 9e6], [0.0; 2], 10.0).unwrap_err().to_string();
        assert!(told.contains("coarser"), "{told}");
        assert!(area_grid(crs, [0.0, 0.0, 1.0, 1.0], [0.0; 2], f64::NAN).is_err());
    }

    #[test]
    fn an_area_over_the_antimeridian_is_one_grid() {
        let (whole, east) = ([179.99, 10.0, -179.99, 10.02], [179.99, 10.0, 180.0, 10.02]);
        let grid = self::grid(whole);
        let told = utm_of(whole).unwrap().1;
        assert!(told[0].contains("zone 60 to 1"), "{told:?}");
        // 0.02 degrees of longitude at 10 degrees of latitude: 2.19 km; of latitude: 2.21 km.
        assert!((218..=226).contains(&grid.width) && (220..=228).contains(&grid.height), "{}", grid.label());
        let half = self::grid(east);
        let zone = &half.crs;
        assert_eq!(zone.label(), "EPSG:32660");
        let [left, _, right, _] = extent_of_bbox(whole, zone).unwrap();
        assert!((right - left - 2.0 * f64::from(half.width) * 10.0).abs() < 60.0, "{left} {right}");
        let degrees = Crs::from_epsg(4326).unwrap();
        let told = extent_of_bbox(whole, &degrees).unwrap_err().to_string();
        assert!(told.contains("in metres"), "{told}");
    }

    #[test]
    fn a_pole_can_be_had_in_a_system_of_its_own() {
        let crs = Crs::from_epsg(3413).unwrap();
        let extent = extent_of_bbox([-50.0, 84.5, -40.0, 85.0], &crs).unwrap();
        let grid = area_grid(crs, extent, [0.0; 2], 100.0).unwrap();
        assert!(grid.width > 500 && grid.height > 500, "{}", grid.label());
    }
}
