//! Coordinate systems, with or without an EPSG code.

use super::gdal_errors::{quiet, words};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// What can go wrong with places and raster files. Each says what was tried, on which file, and the way out.
#[derive(Debug, thiserror::Error)]
pub enum GeoError {
    /// A file could not be opened or read.
    #[error("cannot read {path}: {why}. Check that the file is whole and a raster that GDAL knows")]
    Read { path: PathBuf, why: String },
    /// A vector file could not be opened or read.
    #[error("cannot read {path}: {why}. Check that the file is whole and a vector file that GDAL knows")]
    Vector { path: PathBuf, why: String },
    /// A file could not be written.
    #[error("cannot write {path}: {why}. Check the free space and the rights of the folder")]
    Write { path: PathBuf, why: String },
    /// A coordinate system is not understood.
    #[error("the coordinate system is not understood: {why}. Give one as EPSG:CODE or WKT")]
    Crs { why: String },
    /// Places could not be taken from one coordinate system to another.
    #[error("cannot project between {crs} and degrees: {why}")]
    Project { crs: String, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}

/// A coordinate system as WKT. Cheap to clone; usable from any thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Crs {
    wkt: Arc<str>,
}

impl From<String> for Crs {
    fn from(wkt: String) -> Self {
        Self { wkt: wkt.into() }
    }
}

impl From<Crs> for String {
    fn from(crs: Crs) -> Self {
        crs.wkt.to_string()
    }
}

/// What GDAL knows of a system, worked out once a thread: its objects may not be shared between threads.
struct Known {
    spatial_ref: SpatialRef,
    label: String,
    is_geographic: bool,
    metres_per_linear_unit: f64,
    to_lonlat: CoordTransform,
    from_lonlat: CoordTransform,
}

/// Systems kept a thread; a project has a few.
const KEPT: usize = 16;

thread_local! {
    static KNOWN: RefCell<HashMap<Arc<str>, Rc<Known>>> = {
        // GDAL keeps its own things a thread. They are made here, before ours, so that at the thread's end ours go first.
        quiet();
        let _ = wgs84();
        RefCell::new(HashMap::new())
    };
}

impl Crs {
    /// From WKT (1 or 2).
    ///
    /// # Errors
    /// [`GeoError::Crs`] when GDAL does not understand it, or cannot tell how it lies on the Earth.
    pub fn from_wkt(wkt: &str) -> Result<Self, GeoError> {
        let crs = Self { wkt: wkt.into() };
        crs.known()?;
        Ok(crs)
    }

    /// From an EPSG code.
    ///
    /// # Errors
    /// [`GeoError::Crs`] when the code is not known.
    pub fn from_epsg(code: u32) -> Result<Self, GeoError> {
        quiet();
        let wkt = SpatialRef::from_epsg(code)
            .and_then(|spatial_ref| spatial_ref.to_wkt())
            .map_err(|_| GeoError::Crs { why: format!("EPSG has no system with the code {code}") })?;
        Self::from_wkt(&wkt)
    }

    /// From what people write: `EPSG:32615`, the code alone, or WKT.
    ///
    /// # Errors
    /// [`GeoError::Crs`] when it is none of them.
    pub fn from_text(text: &str) -> Result<Self, GeoError> {
        let text = text.trim();
        let given =
            text.get(..5).filter(|start| start.eq_ignore_ascii_case("EPSG:")).map(|_| text[5..].trim());
        match (given, given.unwrap_or(text).parse()) {
            (_, Ok(code)) => Self::from_epsg(code),
            (Some(code), Err(_)) => Err(GeoError::Crs { why: format!("\"{code}\" is no EPSG code") }),
            (None, Err(_)) => Self::from_wkt(text),
        }
    }

    /// The WKT it was made from.
    pub fn wkt(&self) -> &str {
        &self.wkt
    }

    /// For people: "EPSG:6362", or its name where it has no code.
    pub fn label(&self) -> String {
        self.known().map_or_else(|_| "unknown".into(), |known| known.label.clone())
    }

    /// What lengths in it are given in, for people: "m", "degrees", "units" where it is neither.
    pub fn unit(&self) -> &'static str {
        match (self.is_geographic(), self.metres_per_linear_unit()) {
            (true, _) => "degrees",
            (false, 1.0) => "m",
            _ => "units",
        }
    }

    /// Whether its units are degrees.
    pub fn is_geographic(&self) -> bool {
        self.known().is_ok_and(|known| known.is_geographic)
    }

    /// Metres in its linear unit (1 for degrees).
    pub fn metres_per_linear_unit(&self) -> f64 {
        self.known().map_or(1.0, |known| known.metres_per_linear_unit)
    }

    /// Whether two systems are the same, however they are written.
    pub fn same_as(&self, other: &Crs) -> bool {
        self.wkt == other.wkt
            || match (self.known(), other.known()) {
                (Ok(a), Ok(b)) => a.spatial_ref == b.spatial_ref,
                _ => false,
            }
    }

    /// Takes places from this system to WGS 84 longitude and latitude, in place. Transformations are kept per thread,
    /// so that a call costs a microsecond a point. After an error the points are as they were.
    ///
    /// # Errors
    /// [`GeoError::Project`] when a place lies outside of what the system can express.
    pub fn lonlat_from_xy(&self, points: &mut [[f64; 2]]) -> Result<(), GeoError> {
        let known = self.known()?;
        // Spherical systems without bounds give latitudes beyond the poles.
        self.transform(&known.to_lonlat, points, |_, lat| lat.abs() <= 90.0 + 1e-9)
    }

    /// Takes WGS 84 longitudes and latitudes to this system, in place. After an error the points are as they were.
    ///
    /// # Errors
    /// [`GeoError::Project`] when a place lies outside of what the system can express.
    pub fn xy_from_lonlat(&self, points: &mut [[f64; 2]]) -> Result<(), GeoError> {
        let known = self.known()?;
        if let Some([lon, lat]) = points.iter().find(|[lon, lat]| !(lon.abs() <= 720.0 && lat.abs() <= 90.0))
        {
            return Err(self.cannot_project(format!("longitude {lon}, latitude {lat} is not on the Earth")));
        }
        self.transform(&known.from_lonlat, points, |_, _| true)
    }

    fn transform(
        &self,
        with: &CoordTransform,
        points: &mut [[f64; 2]],
        exists: impl Fn(f64, f64) -> bool,
    ) -> Result<(), GeoError> {
        let mut x: Vec<f64> = points.iter().map(|p| p[0]).collect();
        let mut y: Vec<f64> = points.iter().map(|p| p[1]).collect();
        // Some places come back infinite without an error, and some errors are about one place of many.
        let result = with.transform_coords(&mut x, &mut y, &mut []);
        let is_good = |(&x, &y): (&f64, &f64)| x.is_finite() && y.is_finite() && exists(x, y);
        if let Some(bad) = x.iter().zip(&y).position(|place| !is_good(place)) {
            let [x, y] = points[bad];
            return Err(self.cannot_project(format!("{x}, {y} lies outside of what the system can express")));
        }
        result.map_err(|error| self.cannot_project(words(error)))?;
        for (point, (x, y)) in points.iter_mut().zip(x.into_iter().zip(y)) {
            *point = [x, y];
        }
        Ok(())
    }

    fn cannot_project(&self, why: String) -> GeoError {
        GeoError::Project { crs: self.label(), why }
    }

    fn known(&self) -> Result<Rc<Known>, GeoError> {
        KNOWN.with(|kept| {
            if let Some(known) = kept.borrow().get(&self.wkt) {
                return Ok(Rc::clone(known));
            }
            let known = Rc::new(Known::new(&self.wkt)?);
            let mut kept = kept.borrow_mut();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(Arc::clone(&self.wkt), Rc::clone(&known));
            Ok(known)
        })
    }
}

impl Known {
    fn new(wkt: &str) -> Result<Self, GeoError> {
        let not_understood = |error| GeoError::Crs { why: words(error) };
        if wkt.trim().is_empty() {
            return Err(GeoError::Crs { why: "it is empty".into() });
        }
        let mut spatial_ref = SpatialRef::from_wkt(wkt).map_err(|_| {
            let start: String = wkt.chars().take(40).collect();
            GeoError::Crs { why: format!("\"{start}\" is no WKT of a coordinate system") }
        })?;
        spatial_ref.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        let wgs84 = wgs84().map_err(not_understood)?;
        let is_geographic = spatial_ref.is_geographic();
        Ok(Self {
            label: label(&spatial_ref),
            is_geographic,
            metres_per_linear_unit: if is_geographic { 1.0 } else { spatial_ref.linear_units() },
            to_lonlat: CoordTransform::new(&spatial_ref, &wgs84).map_err(not_understood)?,
            from_lonlat: CoordTransform::new(&wgs84, &spatial_ref).map_err(not_understood)?,
            spatial_ref,
        })
    }
}

fn wgs84() -> gdal::errors::Result<SpatialRef> {
    let mut wgs84 = SpatialRef::from_epsg(4326)?;
    wgs84.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    Ok(wgs84)
}

fn label(spatial_ref: &SpatialRef) -> String {
    if let Ok(code) = spatial_ref.authority() {
        return code;
    }
    let name = spatial_ref.name().unwrap_or_default();
    if !matches!(name.to_lowercase().as_str(), "" | "unnamed" | "unknown") {
        return name;
    }
    match spatial_ref.get_attr_value("PROJECTION", 0) {
        Ok(Some(projection)) => format!("{} without a name", projection.replace('_', " ")),
        _ => "a system without a name".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Of the MODIS land products.
    const SINUSOIDAL: &str = r#"PROJCS["unnamed",GEOGCS["unnamed ellipse",DATUM["unknown",SPHEROID["unnamed",6371007.181,0]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Sinusoidal"],PARAMETER["longitude_of_center",0],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]"#;

    #[test]
    fn longitude_comes_first_whatever_epsg_says() {
        let utm = Crs::from_epsg(32631).unwrap();
        let mut points = [[3.0, 0.0], [3.0, 51.0]];
        utm.xy_from_lonlat(&mut points).unwrap();
        assert!((points[0][0] - 500_000.0).abs() < 1e-6 && points[0][1].abs() < 1e-6);
        assert!((points[1][1] - 5_649_824.0).abs() < 1.0, "{points:?}");
        let degrees = Crs::from_epsg(4326).unwrap();
        let mut points = [[-92.5, 16.5]];
        degrees.lonlat_from_xy(&mut points).unwrap();
        assert_eq!(points, [[-92.5, 16.5]]);
    }

    #[test]
    fn a_system_without_a_code_works_and_has_a_name() {
        let crs = Crs::from_wkt(SINUSOIDAL).unwrap();
        assert_eq!(crs.label(), "Sinusoidal without a name");
        assert_eq!(crs.metres_per_linear_unit(), 1.0);
        let mut points = [[-55.0, -12.0]];
        crs.xy_from_lonlat(&mut points).unwrap();
        let expected_x = (-55.0f64).to_radians() * 6_371_007.181 * (-12.0f64).to_radians().cos();
        assert!((points[0][0] - expected_x).abs() < 1e-3, "{points:?}");
    }

    #[test]
    fn a_label_is_the_code_where_there_is_one() {
        assert_eq!(Crs::from_epsg(6362).unwrap().label(), "EPSG:6362");
        assert!(Crs::from_epsg(4326).unwrap().is_geographic());
        let feet = Crs::from_epsg(2263).unwrap();
        assert!((feet.metres_per_linear_unit() - 0.3048).abs() < 1e-5);
    }

    #[test]
    fn a_system_is_the_same_in_wkt_1_and_2() {
        let one = Crs::from_epsg(6362).unwrap();
        let spatial_ref = SpatialRef::from_epsg(6362).unwrap();
        let other = Crs::from_wkt(&spatial_ref.to_pretty_wkt().unwrap()).unwrap();
        assert_ne!(one.wkt(), other.wkt());
        assert!(one.same_as(&other));
        assert!(!one.same_as(&Crs::from_epsg(32614).unwrap()));
    }

    #[test]
    fn a_system_in_a_file_is_checked_when_it_is_read() {
        let crs = Crs::from_epsg(6362).unwrap();
        let text = serde_json::to_string(&crs).unwrap();
        assert_eq!(serde_json::from_str::<Crs>(&text).unwrap(), crs);
        assert!(serde_json::from_str::<Crs>(r#"{"wkt":"PROJCS["}"#).is_err());
    }

    #[test]
    fn a_system_is_read_as_people_write_it() {
        let mexico = Crs::from_epsg(6362).unwrap();
        for text in ["EPSG:6362", " epsg: 6362 ", "6362", mexico.wkt()] {
            assert_eq!(Crs::from_text(text).unwrap(), mexico, "{text}");
        }
        for text in ["", "EPSG:x", "-1", "UTM 15"] {
            assert!(Crs::from_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_system_is_an_error() {
        for wkt in ["", "  ", "PROJCS[", "EPSG:6362", "a\0b", "LOCAL_CS[\"here\"]"] {
            assert!(matches!(Crs::from_wkt(wkt), Err(GeoError::Crs { .. })), "{wkt}");
        }
        assert!(matches!(Crs::from_epsg(1), Err(GeoError::Crs { .. })));
    }

    #[test]
    fn a_place_off_the_system_is_an_error_and_leaves_the_points() {
        let crs = Crs::from_wkt(SINUSOIDAL).unwrap();
        let mut points = [[0.0, 0.0], [0.0, 1.1e7]];
        assert!(matches!(crs.lonlat_from_xy(&mut points), Err(GeoError::Project { .. })));
        assert_eq!(points, [[0.0, 0.0], [0.0, 1.1e7]]);
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(Crs::from_epsg(6362).unwrap().xy_from_lonlat(&mut [[bad, 10.0]]).is_err());
            assert!(Crs::from_epsg(6362).unwrap().lonlat_from_xy(&mut [[bad, bad]]).is_err());
        }
    }

    #[test]
    fn threads_that_end_leave_nothing_broken() {
        for _ in 0..8 {
            std::thread::spawn(|| {
                let mut points = [[-92.0, 16.0]];
                Crs::from_epsg(6362).unwrap().xy_from_lonlat(&mut points).unwrap();
            })
            .join()
            .unwrap();
        }
    }

    #[test]
    fn more_systems_than_are_kept_all_work() {
        for code in (32601..=32660).chain(32601..=32660) {
            let lon = f64::from(code - 32600) * 6.0 - 183.0;
            let mut points = [[lon, 1.0]];
            Crs::from_epsg(code).unwrap().xy_from_lonlat(&mut points).unwrap();
            assert!((points[0][0] - 500_000.0).abs() < 1e-3);
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same_place(lon in -116.0f64..-87.0, lat in 14.0f64..32.0) {
            for crs in [Crs::from_epsg(6362), Crs::from_epsg(3857), Crs::from_epsg(4326), Crs::from_wkt(SINUSOIDAL)] {
                let crs = crs.unwrap();
                let mut points = [[lon, lat]];
                crs.xy_from_lonlat(&mut points).unwrap();
                crs.lonlat_from_xy(&mut points).unwrap();
                prop_assert!((points[0][0] - lon).abs() < 1e-8 && (points[0][1] - lat).abs() < 1e-8, "{points:?}");
            }
        }
    }
}
