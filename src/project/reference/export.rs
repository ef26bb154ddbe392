//! Reference samples for other programs.

use super::rows::GivenAnswer;
use super::write::{answer_json, properties};
use super::{PlacedUnit, ReferenceError, ReferenceSample, Told, reference_text};
use crate::files::write_atomically;
use crate::geo::vector_write::{Field, FieldKind, FieldValue, Layer, write_geopackage};
use crate::geo::{Crs, GeoError, metres_per_degree};
use crate::labels::Legend;
use crate::progress::{Cancel, Cancelled};
use std::collections::HashMap;
use std::path::Path;

/// An answer whose place lies so many metres from that of its unit is another unit's.
const APART_M: f64 = 30.0;

/// In what format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceFormat {
    /// As the project keeps it: RFC 7946, with the design.
    GeoJson,
    /// An OGC GeoPackage with a layer of points.
    GeoPackage,
    /// A table of plots for Collect Earth Online: `LON`, `LAT`, `PLOTID`, and nothing that tells of the map.
    CollectEarth,
}

impl ReferenceFormat {
    /// What a file's name tells, if it tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_lowercase().as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "gpkg" => Some(Self::GeoPackage),
            "csv" => Some(Self::CollectEarth),
            _ => None,
        }
    }
}

/// Writes a sample as the name of the file tells: to a temporary file, then renamed over what is there.
///
/// # Errors
/// When the name tells no format, or the file cannot be written.
pub fn export_reference(
    sample: &ReferenceSample,
    legend: &Legend,
    path: &Path,
    cancel: &Cancel,
) -> Result<(), ReferenceError> {
    let failed = |why: String| ReferenceError::Write { path: path.into(), why };
    let format = ReferenceFormat::of(path)
        .ok_or_else(|| failed("its name tells no format. End it in .geojson, .gpkg or .csv".into()))?;
    let text = match format {
        ReferenceFormat::GeoJson => reference_text(sample, legend),
        ReferenceFormat::CollectEarth => collect_earth_text(sample),
        ReferenceFormat::GeoPackage => return geopackage(sample, legend, path, cancel),
    };
    write_atomically(path, text.as_bytes()).map_err(|e| failed(e.to_string()))
}

fn collect_earth_text(sample: &ReferenceSample) -> String {
    let line = |unit: &PlacedUnit| format!("{:.7},{:.7},{}\n", unit.lonlat[0], unit.lonlat[1], unit.number);
    std::iter::once("LON,LAT,PLOTID\n".to_string()).chain(sample.units.iter().map(line)).collect()
}

/// An error of writing a GeoPackage.
struct Failed(ReferenceError);

impl From<GeoError> for Failed {
    fn from(error: GeoError) -> Self {
        Self(error.into())
    }
}

impl From<Cancelled> for Failed {
    fn from(cancelled: Cancelled) -> Self {
        Self(GeoError::from(cancelled).into())
    }
}

fn geopackage(
    sample: &ReferenceSample,
    legend: &Legend,
    path: &Path,
    cancel: &Cancel,
) -> Result<(), ReferenceError> {
    use FieldKind::{Integer, Real, Text};
    let fields = [
        ("number", Integer),
        ("stratum", Integer),
        ("weight", Real),
        ("class", Text),
        ("code", Integer),
        ("confidence", Text),
        ("answers", Text),
    ]
    .map(|(name, kind)| Field { name, kind });
    let weights: HashMap<u32, f64> = sample
        .design
        .iter()
        .flat_map(|design| &design.units)
        .map(|unit| (unit.number, unit.weight))
        .collect();
    let feature = |unit: &PlacedUnit| {
        let own = properties(unit, legend);
        let text = |key: &str| {
            let text = own.get(key).and_then(serde_json::Value::as_str);
            text.map_or(FieldValue::Null, |text| FieldValue::Text(text.into()))
        };
        let whole = |code: Option<u8>| code.map_or(FieldValue::Null, |code| FieldValue::Integer(code.into()));
        let answers: Vec<_> = unit.answers.iter().map(|answer| answer_json(answer, legend)).collect();
        let values = vec![
            FieldValue::Integer(unit.number.into()),
            whole(unit.stratum),
            weights.get(&unit.number).map_or(FieldValue::Null, |weight| FieldValue::Real(*weight)),
            text("class"),
            whole(ReferenceSample::class_of(unit)),
            text("confidence"),
            FieldValue::Text(serde_json::Value::from(answers).to_string()),
        ];
        (geo::Point::new(unit.lonlat[0], unit.lonlat[1]).into(), values)
    };
    let features = Box::new(sample.units.iter().map(feature));
    let layer = Layer { name: "reference", points: true, features };
    let crs = Crs::from_epsg(4326)?;
    write_geopackage::<Failed>(path, &crs, &fields, vec![layer], cancel).map_err(|failed| failed.0)
}

impl ReferenceSample {
    /// Takes in answers by the numbers of their units, each in the place of what the same interpreter said before; gives how
    /// many. What cannot be taken is counted in `told`.
    pub fn take(&mut self, given: Vec<GivenAnswer>, told: &mut Told) -> u64 {
        let places: HashMap<u32, usize> = self.units.iter().enumerate().map(|(i, u)| (u.number, i)).collect();
        let mut taken = 0;
        for GivenAnswer { number, lonlat, answer } in given {
            let Some(unit) = places.get(&number).and_then(|place| self.units.get_mut(*place)) else {
                told.no_such_number += 1;
                continue;
            };
            if lonlat.is_some_and(|place| metres_between(place, unit.lonlat) > APART_M) {
                told.elsewhere += 1;
                continue;
            }
            unit.answer(answer);
            taken += 1;
        }
        taken
    }
}

/// Metres between two places that lie near each other.
fn metres_between(a: [f64; 2], b: [f64; 2]) -> f64 {
    let [east, north] = metres_per_degree(a[1]);
    ((a[0] - b[0]) * east).hypot((a[1] - b[1]) * north)
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, read_answers, read_reference};
    use super::*;
    use crate::labels::Confidence;

    fn sample() -> ReferenceSample {
        let answer = |interpreter: &str, class| Answer {
            interpreter: interpreter.into(),
            class,
            confidence: Confidence::Likely,
            at: None,
            note: Some("río, “seco”".into()),
        };
        let unit = |number: u32| PlacedUnit {
            number,
            lonlat: [-99.0 - f64::from(number) * 0.01, 19.0],
            stratum: Some(1),
            answers: vec![answer("A", Some(1)), answer("B", if number == 2 { None } else { Some(1) })],
        };
        ReferenceSample { name: "a".into(), site: None, design: None, units: (1..=3).map(unit).collect() }
    }

    #[test]
    fn every_format_is_read_again_with_what_it_holds() {
        let (folder, legend) = (tempfile::tempdir().unwrap(), Legend::reforestamos());
        for ending in ["geojson", "gpkg"] {
            let path = folder.path().join(format!("a.{ending}"));
            export_reference(&sample(), &legend, &path, &Cancel::new()).unwrap();
            assert_eq!(read_reference(&path, &legend).unwrap(), (sample(), Told::default()), "{ending}");
        }
        let path = folder.path().join("plots.csv");
        export_reference(&sample(), &legend, &path, &Cancel::new()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("LON,LAT,PLOTID\n-99.0100000,19.0000000,1\n"), "{text}");
        assert!(!text.contains("forest"), "the map is not told");
        let error = export_reference(&sample(), &legend, &folder.path().join("a.doc"), &Cancel::new());
        assert!(error.unwrap_err().to_string().contains(".gpkg"));
        assert!(export_reference(&sample(), &legend, Path::new("absent/a.csv"), &Cancel::new()).is_err());
    }

    #[test]
    fn answers_that_come_back_from_elsewhere_find_their_units_and_others_are_told() {
        let (folder, legend) = (tempfile::tempdir().unwrap(), Legend::reforestamos());
        let path = folder.path().join("back.csv");
        let table = "plotid,lon,lat,email,class\n1,-99.01,19.0,c@x.org,Water\n2,-99.5,19.0,c@x.org,Water\n9,-99.01,19,c@x.org,Water\n3,-99.03,19.0,c@x.org,swamp\n1,-99.01,19.0,c@x.org,Urban\n";
        std::fs::write(&path, table).unwrap();
        let mut sample = sample();
        let (given, mut told) = read_answers(&path, &legend, None, "nobody").unwrap();
        assert_eq!(sample.take(given, &mut told), 2);
        assert_eq!(
            sample.units[0].answer_of("c@x.org").and_then(|a| a.class),
            Some(6),
            "the last one counts"
        );
        assert_eq!((told.elsewhere, told.no_such_number, told.unknown_classes["swamp"]), (1, 1, 1));
        assert_eq!(sample.disputed(), [0]);
    }
}
