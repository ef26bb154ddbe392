//! GeoJSON, one feature after another, so that a file of hundreds of megabytes never lies in memory as a whole.

use crate::progress::Cancel;
use geo::{Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon};
use geo::{Point, Polygon};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;
use std::io::{self, BufReader, Read};

/// A feature as it stands in a file.
pub struct RawFeature {
    /// Its properties.
    pub properties: Map<String, Value>,
    /// Where it lies, in its file's coordinates, heights left off; `None` without a geometry, an error where it is damaged.
    pub geometry: Result<Option<Geometry<f64>>, String>,
}

/// Hands the features of a file to `take`, one after another; gives the legacy `crs` member, wherever in the file it stands.
/// `told` hears how many bytes have been read.
///
/// # Errors
/// In a sentence: that it is no GeoJSON, is cut off, or is not in UTF-8. Also once a stop was asked for.
pub fn read(
    file: impl Read,
    cancel: &Cancel,
    told: &mut dyn FnMut(u64),
    take: &mut dyn FnMut(RawFeature),
) -> Result<Option<Value>, String> {
    let mut checked = Checked { inner: file, cancel, told, read: 0, carried: Vec::new(), fault: None };
    let result = {
        let mut reader = BufReader::with_capacity(1 << 16, &mut checked);
        skip_byte_order_mark(&mut reader);
        let mut json = serde_json::Deserializer::from_reader(reader);
        let mut root = Root::default();
        RootSeed { take, root: &mut root }.deserialize(&mut json).and_then(|()| json.end()).map(|()| root)
    };
    if let Some(fault) = checked.fault {
        return Err(fault);
    }
    let root = result.map_err(|e| format!("it is no GeoJSON, or cut off ({e})"))?;
    match (root.kind.as_deref(), root.features) {
        (Some("FeatureCollection"), true) | (Some("Feature"), _) => Ok(root.crs),
        (Some("FeatureCollection"), false) => Err("the FeatureCollection has no list of features".into()),
        _ => Err("it is no GeoJSON FeatureCollection".into()),
    }
}

fn skip_byte_order_mark(reader: &mut impl io::BufRead) {
    let is_mark = reader.fill_buf().is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf"));
    if is_mark {
        reader.consume(3);
    }
}

/// Reads through, stops when asked to, and sees that the text is UTF-8.
struct Checked<'a, R> {
    inner: R,
    cancel: &'a Cancel,
    told: &'a mut dyn FnMut(u64),
    read: u64,
    /// The beginning of a letter whose end has not been read yet.
    carried: Vec<u8>,
    fault: Option<String>,
}

impl<R: Read> Read for Checked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            self.fault = Some("stopped, as asked".into());
            return Err(io::ErrorKind::Other.into());
        }
        let count = self.inner.read(buffer).inspect_err(|e| {
            self.fault = Some(format!("{e}. Check the path and its rights"));
        })?;
        self.read += count as u64;
        (self.told)(self.read);
        let whole;
        let bytes = if self.carried.is_empty() {
            &buffer[..count]
        } else {
            self.carried.extend_from_slice(&buffer[..count]);
            whole = std::mem::take(&mut self.carried);
            &whole[..]
        };
        if let Err(e) = std::str::from_utf8(bytes) {
            if e.error_len().is_some() || count == 0 {
                self.fault = Some("it is not UTF-8 text. Export it again as GeoJSON in UTF-8".into());
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.carried = bytes[e.valid_up_to()..].to_vec();
        }
        Ok(count)
    }
}

/// What the root object says besides its features.
#[derive(Default)]
struct Root {
    kind: Option<String>,
    crs: Option<Value>,
    features: bool,
}

struct RootSeed<'a> {
    take: &'a mut dyn FnMut(RawFeature),
    root: &'a mut Root,
}

impl<'de> DeserializeSeed<'de> for RootSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RootSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // A single feature may be the root itself.
        let mut own = RawFeature { properties: Map::new(), geometry: Ok(None) };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => self.root.kind = map.next_value::<Value>()?.as_str().map(str::to_owned),
                "crs" => self.root.crs = Some(map.next_value()?),
                "features" => self.root.features |= map.next_value_seed(FeaturesSeed { take: self.take })?,
                "geometry" => own.geometry = map.next_value::<Shape>()?.0,
                "properties" => own.properties = properties(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if self.root.kind.as_deref() == Some("Feature") {
            (self.take)(own);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether it was a list.
struct FeaturesSeed<'a> {
    take: &'a mut dyn FnMut(RawFeature),
}

impl<'de> DeserializeSeed<'de> for FeaturesSeed<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FeaturesSeed<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<bool, A::Error> {
        while let Some(Element(feature)) = seq.next_element()? {
            (self.take)(feature);
        }
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

/// One element of the list, whatever it is: something that is no feature is one without a geometry.
struct Element(RawFeature);

impl<'de> serde::Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ElementVisitor).map(Element)
    }
}

struct ElementVisitor;

fn nothing() -> RawFeature {
    RawFeature { properties: Map::new(), geometry: Ok(None) }
}

impl<'de> Visitor<'de> for ElementVisitor {
    type Value = RawFeature;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a feature")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFeature, A::Error> {
        let mut feature = nothing();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "geometry" => feature.geometry = map.next_value::<Shape>()?.0,
                "properties" => feature.properties = properties(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(feature)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawFeature, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(nothing())
    }

    fn visit_str<E>(self, _: &str) -> Result<RawFeature, E> {
        Ok(nothing())
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawFeature, E> {
        Ok(nothing())
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawFeature, E> {
        Ok(nothing())
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawFeature, E> {
        Ok(nothing())
    }

    fn visit_bool<E>(self, _: bool) -> Result<RawFeature, E> {
        Ok(nothing())
    }

    fn visit_unit<E>(self) -> Result<RawFeature, E> {
        Ok(nothing())
    }
}

fn properties(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A geometry, whatever stands in its place.
struct Shape(Result<Option<Geometry<f64>>, String>);

/// Its members, before they are put together.
#[derive(Default)]
struct Members {
    kind: Option<String>,
    coordinates: Option<Nest>,
    parts: Option<Vec<Shape>>,
}

impl<'de> serde::Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShapeVisitor;
        impl<'de> Visitor<'de> for ShapeVisitor {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a geometry")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut members = Members::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "type" => members.kind = map.next_value::<Value>()?.as_str().map(str::to_owned),
                        "coordinates" => members.coordinates = Some(map.next_value()?),
                        "geometries" => members.parts = Some(map.next_value::<Parts>()?.0),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Shape(put_together(members)))
            }

            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape(Ok(None)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shape(Err(damaged("it is a list"))))
            }

            fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
                Ok(Shape(Err(damaged("it is text"))))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
                Ok(Shape(Err(damaged("it is a number"))))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
                Ok(Shape(Err(damaged("it is a number"))))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
                Ok(Shape(Err(damaged("it is a number"))))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
                Ok(Shape(Err(damaged("it is neither true nor false"))))
            }
        }
        deserializer.deserialize_any(ShapeVisitor)
    }
}

/// The parts of a collection; nothing where they are no list.
struct Parts(Vec<Shape>);

impl<'de> serde::Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A collection is rare and small: through a tree of values.
        let value = Value::deserialize(deserializer)?;
        let parts = match value {
            Value::Array(parts) => parts,
            _ => Vec::new(),
        };
        let shape =
            |part| serde_json::from_value(part).unwrap_or_else(|_| Shape(Err(damaged("a part of it"))));
        Ok(Self(parts.into_iter().map(shape).collect()))
    }
}

fn damaged(what: &str) -> String {
    format!("its geometry is damaged: {what}")
}

/// Lists in lists of numbers, as coordinates are.
enum Nest {
    Number(f64),
    /// A list that begins with two numbers; what follows them is left off.
    Place(Coord<f64>),
    List(Vec<Nest>),
    /// A list that begins with a single number, or anything that is no list.
    Bad,
}

impl<'de> serde::Deserialize<'de> for Nest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NestVisitor;
        impl<'de> Visitor<'de> for NestVisitor {
            type Value = Nest;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("coordinates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Nest, A::Error> {
                let first = match seq.next_element::<Nest>()? {
                    None => return Ok(Nest::List(Vec::new())),
                    Some(first) => first,
                };
                let Nest::Number(x) = first else {
                    let mut list = vec![first];
                    while let Some(next) = seq.next_element()? {
                        list.push(next);
                    }
                    return Ok(Nest::List(list));
                };
                let second = seq.next_element::<Nest>()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(match second {
                    Some(Nest::Number(y)) => Nest::Place(Coord { x, y }),
                    _ => Nest::Bad,
                })
            }

            fn visit_f64<E>(self, v: f64) -> Result<Nest, E> {
                Ok(Nest::Number(v))
            }

            fn visit_i64<E>(self, v: i64) -> Result<Nest, E> {
                Ok(Nest::Number(v as f64))
            }

            fn visit_u64<E>(self, v: u64) -> Result<Nest, E> {
                Ok(Nest::Number(v as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nest, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Nest::Bad)
            }

            fn visit_str<E>(self, _: &str) -> Result<Nest, E> {
                Ok(Nest::Bad)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Nest, E> {
                Ok(Nest::Bad)
            }

            fn visit_unit<E>(self) -> Result<Nest, E> {
                Ok(Nest::Bad)
            }
        }
        deserializer.deserialize_any(NestVisitor)
    }
}

impl Nest {
    fn place(&self) -> Result<Coord<f64>, String> {
        match self {
            Self::Place(place) => Ok(*place),
            _ => Err(damaged("a place has fewer than two numbers")),
        }
    }

    fn list(&self) -> Result<&[Nest], String> {
        match self {
            Self::List(list) => Ok(list),
            _ => Err(damaged("its coordinates are no list of places")),
        }
    }

    fn line(&self) -> Result<LineString<f64>, String> {
        self.list()?.iter().map(Self::place).collect::<Result<Vec<_>, _>>().map(LineString)
    }

    fn polygon(&self) -> Result<Polygon<f64>, String> {
        let mut rings = self.list()?.iter().map(Self::line).collect::<Result<Vec<_>, _>>()?.into_iter();
        let shell = rings.next().unwrap_or_else(|| LineString(Vec::new()));
        Ok(Polygon::new(shell, rings.collect()))
    }
}

fn put_together(members: Members) -> Result<Option<Geometry<f64>>, String> {
    let Some(kind) = members.kind else { return Err(damaged("it has no type")) };
    if kind == "GeometryCollection" {
        let parts = members.parts.ok_or_else(|| damaged("it has no list of geometries"))?;
        let parts = parts.into_iter().map(|part| part.0).collect::<Result<Vec<_>, _>>()?;
        let parts = GeometryCollection(parts.into_iter().flatten().collect());
        return Ok(Some(Geometry::GeometryCollection(parts)));
    }
    let nest = members.coordinates.ok_or_else(|| damaged("it has no coordinates"))?;
    Ok(Some(match kind.as_str() {
        "Point" => Point(nest.place()?).into(),
        "MultiPoint" => MultiPoint(nest.line()?.0.into_iter().map(Point).collect()).into(),
        "LineString" => nest.line()?.into(),
        "MultiLineString" => {
            MultiLineString(nest.list()?.iter().map(Nest::line).collect::<Result<_, _>>()?).into()
        }
        "Polygon" => nest.polygon()?.into(),
        "MultiPolygon" => {
            MultiPolygon(nest.list()?.iter().map(Nest::polygon).collect::<Result<_, _>>()?).into()
        }
        other => return Err(damaged(&format!("nothing is known of a “{other}”"))),
    }))
}
