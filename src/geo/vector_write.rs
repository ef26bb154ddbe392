//! Writing vector files: GeoPackages, through GDAL.

use super::gdal_errors::{forget_failures, quiet, take_failure, words};
use super::{Crs, GeoError};
use crate::progress::{Cancel, Cancelled};
use chrono::NaiveDate;
use gdal::DriverManager;
use gdal::spatial_ref::{AxisMappingStrategy, SpatialRef};
use gdal::vector::{Feature, FieldDefn, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType, ToGdal};
use std::path::Path;

/// A column of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it holds.
    pub kind: FieldKind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Numbers of 64 bits.
    Real,
    /// Dates.
    Date,
}

/// One value of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// None.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A date.
    Date(NaiveDate),
}

/// A layer of a file.
pub struct Layer<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it holds points; multipolygons otherwise.
    pub points: bool,
    /// Geometries in the file's coordinate system (longitude, easting first), with a value for each field.
    pub features: Box<dyn Iterator<Item = (geo::Geometry<f64>, Vec<FieldValue>)> + 'a>,
}

/// Writes layers of the same fields as a GeoPackage: to a temporary folder beside `path`, then renamed over it.
///
/// # Errors
/// [`GeoError::Write`] when the file cannot be written, as the caller's error; [`Cancelled`] when asked to stop. What was
/// there is untouched then.
pub fn write_geopackage<E: From<GeoError> + From<Cancelled>>(
    path: &Path,
    crs: &Crs,
    fields: &[Field],
    layers: Vec<Layer>,
    cancel: &Cancel,
) -> Result<(), E> {
    quiet();
    let unwritable = |why: String| GeoError::Write { path: path.into(), why };
    let failed = |error: std::io::Error| unwritable(error.to_string());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or_else(|| unwritable("it has no file name".into()))?;
    // In a folder of its own, since SQLite makes files beside that go away with it.
    let beside = tempfile::Builder::new().prefix(".ritmo-").tempdir_in(folder).map_err(failed)?;
    // GDAL goes by the ending.
    let temporary = beside.path().join("new.gpkg");
    forget_failures();
    let written = write(&temporary, crs, fields, layers, cancel);
    match written.map_err(|error| unwritable(words(error)))? {
        Ok(()) => {}
        Err(cancelled) => return Err(cancelled.into()),
    }
    if let Some(why) = take_failure() {
        return Err(unwritable(why).into());
    }
    std::fs::File::open(&temporary).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(&temporary, folder.join(name)).map_err(failed)?;
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(())
}

fn write(
    path: &Path,
    crs: &Crs,
    fields: &[Field],
    layers: Vec<Layer>,
    cancel: &Cancel,
) -> gdal::errors::Result<Result<(), Cancelled>> {
    let mut srs = SpatialRef::from_wkt(crs.wkt())?;
    srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    let mut dataset = DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)?;
    for layer in layers {
        // One transaction: without it each feature would wait for the disk.
        let mut transaction = dataset.start_transaction()?;
        let ty =
            if layer.points { OGRwkbGeometryType::wkbPoint } else { OGRwkbGeometryType::wkbMultiPolygon };
        let options = LayerOptions { name: layer.name, srs: Some(&srs), ty, options: None };
        let target = transaction.create_layer(options)?;
        for field in fields {
            let kind = match field.kind {
                FieldKind::Text => OGRFieldType::OFTString,
                FieldKind::Integer => OGRFieldType::OFTInteger64,
                FieldKind::Real => OGRFieldType::OFTReal,
                FieldKind::Date => OGRFieldType::OFTDate,
            };
            FieldDefn::new(field.name, kind)?.add_to_layer(&target)?;
        }
        for (geometry, values) in layer.features {
            if let Err(cancelled) = cancel.check() {
                return Ok(Err(cancelled));
            }
            let mut feature = Feature::new(target.defn())?;
            feature.set_geometry(geometry.to_gdal()?)?;
            for (i, value) in values.into_iter().enumerate() {
                match value {
                    FieldValue::Null => feature.set_field_null(i)?,
                    // What C reads as the end of a text ends it.
                    FieldValue::Text(text) => {
                        feature.set_field_string(i, text.split('\0').next().unwrap_or(""))?
                    }
                    FieldValue::Integer(number) => feature.set_field_integer64(i, number)?,
                    FieldValue::Real(number) => feature.set_field_double(i, number)?,
                    FieldValue::Date(date) => {
                        feature.set_field(i, &gdal::vector::FieldValue::DateValue(date))?
                    }
                }
            }
            feature.create(&target)?;
        }
        transaction.commit()?;
    }
    dataset.close()?;
    Ok(Ok(()))
}

/// For the tests of rooms that may not name GDAL.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// All geometries of a layer.
    pub(crate) fn geometries(path: &Path, layer: &str) -> Vec<geo::Geometry<f64>> {
        let dataset = gdal::Dataset::open(path).unwrap();
        let mut layer = dataset.layer_by_name(layer).unwrap();
        layer.features().map(|feature| feature.geometry().unwrap().to_geo().unwrap()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{MultiPolygon, Point, Rect};

    fn square() -> geo::Geometry<f64> {
        MultiPolygon(vec![Rect::new((500_000.0, 0.0), (500_100.0, 100.0)).to_polygon()]).into()
    }

    fn layer<'a>(
        name: &'a str,
        points: bool,
        features: Vec<(geo::Geometry<f64>, Vec<FieldValue>)>,
    ) -> Layer<'a> {
        Layer { name, points, features: Box::new(features.into_iter()) }
    }

    const FIELDS: [Field; 4] = [
        Field { name: "n", kind: FieldKind::Integer },
        Field { name: "words", kind: FieldKind::Text },
        Field { name: "size", kind: FieldKind::Real },
        Field { name: "day", kind: FieldKind::Date },
    ];

    #[test]
    fn what_was_written_is_read_again_with_its_system() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ñandú.gpkg");
        let day = NaiveDate::from_ymd_opt(2022, 3, 15).unwrap();
        let values = vec![
            FieldValue::Integer(1 << 40),
            FieldValue::Text("غابة, “bosque”".into()),
            FieldValue::Real(0.25),
            FieldValue::Date(day),
        ];
        let point = (Point::new(1.0, 2.0).into(), vec![FieldValue::Null; 4]);
        let layers =
            vec![layer("fields", false, vec![(square(), values)]), layer("points", true, vec![point])];
        let crs = Crs::from_epsg(32631).unwrap();
        write_geopackage::<WriteError>(&path, &crs, &FIELDS, layers, &Cancel::new()).unwrap();

        let dataset = gdal::Dataset::open(&path).unwrap();
        let mut fields = dataset.layer_by_name("fields").unwrap();
        assert_eq!(fields.spatial_ref().unwrap().auth_code().unwrap(), 32631);
        let feature = fields.features().next().unwrap();
        assert_eq!(feature.field_as_integer64(0).unwrap(), Some(1 << 40));
        assert_eq!(feature.field_as_string(1).unwrap().unwrap(), "غابة, “bosque”");
        assert_eq!(feature.field_as_double(2).unwrap(), Some(0.25));
        assert_eq!(feature.field_as_datetime(3).unwrap().unwrap().date_naive(), day);
        assert_eq!(feature.geometry().unwrap().to_geo().unwrap(), square());
        let mut points = dataset.layer_by_name("points").unwrap();
        assert_eq!(points.features().next().unwrap().field_as_string(1).unwrap(), None);
        let there: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(there, ["ñandú.gpkg"], "nothing is left beside it");
    }

    #[test]
    fn what_cannot_be_written_is_named_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let crs = Crs::from_epsg(4326).unwrap();
        let absent = folder.path().join("absent/x.gpkg");
        let why = write_geopackage::<WriteError>(&absent, &crs, &FIELDS, vec![], &Cancel::new()).unwrap_err();
        assert!(why.to_string().contains("absent/x.gpkg"), "{why}");
        let path = folder.path().join("x.gpkg");
        std::fs::write(&path, "old").unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        let layers = vec![layer("a", false, vec![(square(), vec![FieldValue::Null; 4])])];
        let stopped = write_geopackage::<WriteError>(&path, &crs, &FIELDS, layers, &cancel);
        assert!(matches!(stopped, Err(WriteError::Cancelled(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }

    #[derive(Debug, thiserror::Error)]
    enum WriteError {
        #[error(transparent)]
        Geo(#[from] GeoError),
        #[error(transparent)]
        Cancelled(#[from] Cancelled),
    }
}
