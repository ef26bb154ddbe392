//! Vector files through GDAL: their layers, and their features one after another.

use super::gdal_errors::{NO_REASON, forget_failures, quiet, take_failure, words};
use super::remote::{is_remote, keep_query, opening, remote_words};
use super::{Crs, GeoError};
use gdal::vector::{Feature, FieldValue, Geometry as OgrGeometry, LayerAccess, geometry_type_flatten};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon};
use geo::{Point, Polygon};
use serde_json::Value;
use std::path::Path;

/// A layer of a vector file.
#[derive(Debug, Clone)]
pub struct VectorLayer {
    /// Its name.
    pub name: String,
    /// Names of its fields, in order.
    pub fields: Vec<String>,
    /// How many features it has, where the file tells.
    pub features: Option<u64>,
    /// Its coordinate system, where the file tells.
    pub crs: Option<Crs>,
}

/// A feature of a layer.
#[derive(Debug)]
pub struct VectorFeature {
    /// What its fields hold, in the order of the layer's fields: null, text or a number; dates are text.
    pub values: Vec<Value>,
    /// Where it lies, in the layer's `xy`, heights left off; `None` where it has no geometry. What cannot be expressed, such
    /// as a curve, is an error with its name.
    pub geometry: Result<Option<Geometry<f64>>, String>,
}

/// A vector file that is open. One thread at a time.
pub struct VectorReader<'p> {
    path: &'p Path,
    dataset: Dataset,
    /// Its layers, in order.
    pub layers: Vec<VectorLayer>,
    /// What kind of file it is: "GPKG", "ESRI Shapefile" …
    pub format: String,
}

impl<'p> VectorReader<'p> {
    /// Opens a file. Text is read in `encoding` where the format leaves that open (Shapefiles without a `.cpg`).
    ///
    /// # Errors
    /// [`GeoError::Vector`] when it is no vector file that GDAL knows, or has no layer.
    pub fn open(path: &'p Path, encoding: Option<&str>) -> Result<Self, GeoError> {
        quiet();
        let unreadable = |why: String| GeoError::Vector { path: keep_query(path), why };
        let is_remote = is_remote(path);
        if !is_remote {
            let file = std::fs::metadata(path).map_err(|e| unreadable(e.to_string()))?;
            if file.is_file() && file.len() == 0 {
                return Err(unreadable("the file is empty".into()));
            }
        }
        let encoding = encoding.map(|name| format!("ENCODING={name}"));
        let vector = GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY;
        let options: Vec<&str> = encoding.iter().map(String::as_str).collect();
        let options = DatasetOptions {
            open_flags: match is_remote {
                true => vector | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                false => vector,
            },
            open_options: (!options.is_empty()).then_some(options.as_slice()),
            ..DatasetOptions::default()
        };
        let dataset = opening(path, |path| Dataset::open_ex(path, options)).map_err(|error| {
            let why = words(error);
            unreadable(match is_remote {
                true => remote_words(&why),
                false if why == NO_REASON => "it is damaged, or no vector file".into(),
                false => why,
            })
        })?;
        let layers: Vec<VectorLayer> = dataset
            .layers()
            .map(|layer| VectorLayer {
                name: layer.name(),
                fields: layer.defn().fields().map(|field| field.name()).collect(),
                features: layer.try_feature_count(),
                crs: layer
                    .spatial_ref()
                    .and_then(|spatial_ref| spatial_ref.to_wkt().ok())
                    .and_then(|wkt| Crs::from_wkt(&wkt).ok()),
            })
            .collect();
        if layers.is_empty() {
            return Err(unreadable("it has no layer with features".into()));
        }
        let format = dataset.driver().short_name();
        Ok(Self { path, dataset, layers, format })
    }

    /// Hands the features of a layer to `take`, one after another, until it gives `false`.
    ///
    /// # Errors
    /// [`GeoError::Vector`] when the layer is not there, or the file breaks off.
    pub fn features(
        &self,
        layer: usize,
        mut take: impl FnMut(VectorFeature) -> bool,
    ) -> Result<(), GeoError> {
        let unreadable = |why: String| GeoError::Vector { path: keep_query(self.path), why };
        let fields = self.layers.get(layer).map_or(0, |layer| layer.fields.len());
        let mut layer = self.dataset.layer(layer).map_err(|error| unreadable(words(error)))?;
        forget_failures();
        for feature in layer.features() {
            let values = (0..fields).map(|field| value_of(&feature, field)).collect();
            // Of a feature without one, `geometry()` gives one that is not there, and asking it anything is a failure.
            let geometry = match feature.geometry_by_index(0) {
                Ok(geometry) if !geometry.is_empty() => geo_of(geometry).map(Some),
                _ => Ok(None),
            };
            if !take(VectorFeature { values, geometry }) {
                return Ok(());
            }
        }
        // GDAL ends a layer that breaks off like one that is read.
        match take_failure() {
            Some(why) => Err(unreadable(format!("it breaks off: {why}"))),
            None => Ok(()),
        }
    }
}

fn value_of(feature: &Feature, field: usize) -> Value {
    match feature.field(field) {
        Ok(None) => Value::Null,
        Ok(Some(value)) => match value {
            FieldValue::IntegerValue(v) => v.into(),
            FieldValue::Integer64Value(v) => v.into(),
            FieldValue::RealValue(v) => v.into(),
            FieldValue::StringValue(v) => v.into(),
            FieldValue::DateValue(v) => v.to_string().into(),
            FieldValue::DateTimeValue(v) => v.to_rfc3339().into(),
            FieldValue::StringListValue(v) => v.join(", ").into(),
            _ => feature.field_as_string(field).ok().flatten().map_or(Value::Null, Value::from),
        },
        Err(_) => feature.field_as_string(field).ok().flatten().map_or(Value::Null, Value::from),
    }
}

/// A geometry of OGR as one of ours.
fn geo_of(geometry: &OgrGeometry) -> Result<Geometry<f64>, String> {
    use gdal::vector::OGRwkbGeometryType as Kind;
    let parts = || (0..geometry.geometry_count()).map(|i| geometry.get_geometry(i));
    match geometry_type_flatten(geometry.geometry_type()) {
        Kind::wkbPoint => Ok(Point(first_place(geometry)).into()),
        Kind::wkbMultiPoint => Ok(MultiPoint(parts().map(|part| Point(first_place(&part))).collect()).into()),
        Kind::wkbLineString => Ok(line_of(geometry).into()),
        Kind::wkbMultiLineString => Ok(MultiLineString(parts().map(|part| line_of(&part)).collect()).into()),
        Kind::wkbPolygon => Ok(polygon_of(geometry).into()),
        Kind::wkbMultiPolygon => Ok(MultiPolygon(parts().map(|part| polygon_of(&part)).collect()).into()),
        Kind::wkbGeometryCollection => {
            let parts = parts().map(|part| geo_of(&part)).collect::<Result<_, _>>()?;
            Ok(Geometry::GeometryCollection(GeometryCollection(parts)))
        }
        _ => Err(geometry.geometry_name()),
    }
}

fn first_place(geometry: &OgrGeometry) -> Coord<f64> {
    let (x, y, _) = geometry.get_point(0);
    Coord { x, y }
}

fn line_of(geometry: &OgrGeometry) -> LineString<f64> {
    let mut places = Vec::new();
    geometry.get_points(&mut places);
    places.into_iter().map(|(x, y, _)| Coord { x, y }).collect()
}

fn polygon_of(geometry: &OgrGeometry) -> Polygon<f64> {
    let mut rings = (0..geometry.geometry_count()).map(|i| line_of(&geometry.get_geometry(i)));
    let shell = rings.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(shell, rings.collect())
}
