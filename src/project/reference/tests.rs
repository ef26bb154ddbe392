use super::*;
use crate::assess::{Allocation, DesignSpec, Drawn, SampleDesign, Stratum, allocate, estimate};
use crate::geo::Crs;
use crate::geo::vector_write::{Field, FieldKind, FieldValue, Layer, write_geopackage};
use crate::labels::Legend;
use crate::progress::Cancel;
use std::fs;
use std::path::Path;

fn answer(interpreter: &str, class: Option<u8>) -> Answer {
    Answer {
        interpreter: interpreter.into(),
        class,
        confidence: Confidence::Sure,
        at: Some("2024-05-01T12:00:00Z".into()),
        note: None,
    }
}

/// Six units of forest (1) and agriculture (5), some answered.
fn sample() -> ReferenceSample {
    let stratum = |code, pixels| Stratum { code, name: format!("class {code}"), pixels };
    let spec = DesignSpec { size: 6, allocation: Allocation::Equal, ..DesignSpec::default() };
    let strata = allocate(&[stratum(1, 600), stratum(5, 300)], &spec).unwrap();
    let drawn =
        (0..6).map(|i| Drawn { col: i * 3, row: i, stratum: if i % 2 == 0 { 1 } else { 5 } }).collect();
    let design =
        SampleDesign::new(("corridor/tempcnn".into(), Some("run".into())), 0.01, 4, spec, strata, drawn);
    let unit = |drawn: &crate::assess::DesignUnit| PlacedUnit {
        number: drawn.number,
        lonlat: [-99.1 - f64::from(drawn.col) * 1e-4, 19.2 + f64::from(drawn.row) / 3.0 * 1e-4],
        stratum: Some(drawn.stratum),
        answers: Vec::new(),
    };
    let mut units: Vec<PlacedUnit> = design.units.iter().map(unit).collect();
    units[0].answers = vec![answer("Ñandú", Some(1)), answer("B", Some(1))];
    units[1].answers = vec![answer("Ñandú", Some(5)), answer("B", Some(1))];
    units[2].answers = vec![answer("Ñandú", None)];
    units[3].answers = vec![answer("Ñandú", Some(5)), answer("B", Some(8)), answer(AGREED, Some(8))];
    units[3].answers[0].note = Some("río \"seco\"".into());
    units[3].answers[1].confidence = Confidence::Likely;
    ReferenceSample { name: "first".into(), site: Some("corridor".into()), design: Some(design), units }
}

fn read(name: &str, text: &str) -> Result<(ReferenceSample, Told), ReferenceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    read_reference(&path, &Legend::reforestamos())
}

#[test]
fn a_sample_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference/first.geojson");
    write_reference(&sample(), &Legend::reforestamos(), &path).unwrap();
    let (found, told) = read_reference(&path, &Legend::reforestamos()).unwrap();
    assert_eq!((found, told), (sample(), Told::default()));
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 8, "one unit a line");
    assert!(
        text.lines().nth(4).unwrap().contains(r#""class":"water","code":8,"confidence":"sure""#),
        "{text}"
    );
    assert_eq!(fs::read_dir(folder.path().join("reference")).unwrap().count(), 1);
}

#[test]
fn a_unit_has_the_class_that_its_interpreters_agree_on() {
    let standings: Vec<Standing> = sample().units.iter().map(PlacedUnit::standing).collect();
    let expected = [
        Standing::Class(1),
        Standing::Disputed,
        Standing::Skipped,
        Standing::Class(8),
        Standing::Unanswered,
        Standing::Unanswered,
    ];
    assert_eq!(standings, expected);
    let mut unit = sample().units[1].clone();
    unit.answer(answer(AGREED, None));
    assert_eq!(unit.standing(), Standing::Skipped, "they agreed that it cannot be told");
    unit.answer(answer(AGREED, Some(5)));
    assert_eq!((ReferenceSample::class_of(&unit), unit.answers.len()), (Some(5), 3));
}

#[test]
fn agreement_is_that_of_two_interpreters_and_tells_where_they_differ() {
    let sample = sample();
    assert_eq!(sample.interpreters(), ["Ñandú", "B"]);
    let found = sample.agreement(&Legend::reforestamos().classes, ["Ñandú", "B"]);
    assert_eq!((found.both, found.agreed, found.differ), (3, 1, vec![1, 3]));
    assert_eq!(sample.disputed(), [1], "the other is settled");
}

#[test]
fn a_class_is_known_by_its_name_where_its_code_is_another_now_and_by_its_code_where_its_name_is() {
    let mut legend = Legend::reforestamos();
    let text = reference_text(&sample(), &legend);
    legend.classes.iter_mut().find(|c| c.code == 8).unwrap().name = "lake".into();
    legend.classes.iter_mut().find(|c| c.code == 5).unwrap().code = 55;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.geojson");
    fs::write(&path, &text).unwrap();
    let (found, told) = read_reference(&path, &legend).unwrap();
    assert_eq!(found.units[3].answers[0].class, Some(55));
    assert_eq!(ReferenceSample::class_of(&found.units[3]), Some(8));
    assert_eq!(told.unknown_classes.len(), 0);
    legend.classes.retain(|class| class.code != 1);
    let (found, told) = read_reference(&path, &legend).unwrap();
    assert_eq!(ReferenceSample::class_of(&found.units[0]), Some(1), "what it was is not lost");
    assert_eq!(told.unknown_classes["forest"], 3);
    assert!(told.sentences()[0].contains("no class of the legend: “forest”"), "{:?}", told.sentences());
}

#[test]
fn what_is_off_in_a_file_is_counted_and_the_rest_is_read() {
    let text = reference_text(&sample(), &Legend::reforestamos());
    let lines: Vec<&str> = text.lines().collect();
    let moved = lines[2].replace(r#""coordinates":[-99.1"#, r#""coordinates":[-299.1"#);
    let no_point = lines[3].replace("\"Point\"", "\"LineString\"");
    let stratum = lines[5].replace(r#""stratum":1"#, r#""stratum":77"#);
    let damaged = lines[6].replace(r#""answers":[]"#, r#""answers":[3,{"class":"water"}]"#);
    let body = [lines[1], lines[1], &moved, &no_point, &stratum, &damaged].map(|l| l.trim_end_matches(','));
    let (found, told) = read("a.geojson", &format!("{}\n{}\n]}}", lines[0], body.join(",\n"))).unwrap();
    assert_eq!(found.units.len(), 3);
    let expected = Told {
        duplicates: 1,
        off_the_earth: 1,
        no_point: 1,
        unknown_strata: 1,
        damaged_answers: 2,
        missing_units: 3,
        ..Told::default()
    };
    assert_eq!(told, expected);
    assert_eq!(told.sentences().len(), 6);
}

#[test]
fn a_file_that_is_empty_cut_off_newer_or_gone_says_so() {
    let why = |name: &str, text: &str| read(name, text).unwrap_err().to_string();
    let text = reference_text(&sample(), &Legend::reforestamos());
    assert!(why("a.geojson", "").contains("empty"));
    assert!(why("a.geojson", &text[..text.len() / 2]).contains("cut off"));
    assert!(
        why("a.geojson", &text.replace(r#""version":1,"kind""#, r#""version":9,"kind""#)).contains("newer")
    );
    assert!(why("a.geojson", &text.replace(r#""seed":4"#, r#""seed":"x""#)).contains("design is damaged"));
    assert!(why("a.geojson", r#"{"type":"FeatureCollection","features":[]}"#).contains("a.geojson"));
    assert!(why("a.geojson", r#"{"ritmo":{"version":1},"features":[]}"#).contains("no unit"));
    assert!(why("a.geojson", r#"{"ritmo":{"version":1}}"#).contains("no list of features"));
    assert!(why("a.geojson", "[1, 2]").contains("a.geojson"));
    assert!(why("a.csv", "").contains("no unit"));
    assert!(why("a.csv", "class\nforest\n").contains("none of its 1 rows has a point"));
    assert!(why("a.gpkg", "not a database").contains("a.gpkg"));
    assert!(read_reference(Path::new("absent.geojson"), &Legend::default()).is_err());
}

#[test]
fn points_made_elsewhere_are_read_with_their_classes() {
    let point = |lon: f64, properties: &str| {
        format!(
            r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Point","coordinates":[{lon},19.0]}}}}"#
        )
    };
    let features = [
        point(-99.0, r#"{"Clase":"Forest"}"#),
        point(-99.1, r#"{"Clase":"5"}"#),
        point(-99.2, r#"{"Clase":"swamp"}"#),
        point(-99.3, r#"{"Clase":null}"#),
    ];
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    let (found, told) = read("points.geojson", &text).unwrap();
    let classes: Vec<_> = found.units.iter().map(ReferenceSample::class_of).collect();
    assert_eq!(classes, [Some(1), Some(5), None, None]);
    assert_eq!((found.name.as_str(), found.design.is_none(), found.units[3].number), ("points", true, 4));
    assert_eq!(told.unknown_classes["swamp"], 1);
}

#[test]
fn a_geopackage_in_another_system_is_read_in_degrees() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    let crs = Crs::from_epsg(32614).unwrap();
    let mut xy = [[-99.0, 19.0]];
    crs.xy_from_lonlat(&mut xy).unwrap();
    let point: geo::Geometry<f64> = geo::Point::new(xy[0][0], xy[0][1]).into();
    let fields =
        [Field { name: "class", kind: FieldKind::Text }, Field { name: "number", kind: FieldKind::Integer }];
    let rows = vec![(point, vec![FieldValue::Text("water".into()), FieldValue::Integer(12)])];
    let layers = vec![Layer { name: "points", points: true, features: Box::new(rows.into_iter()) }];
    write_geopackage::<crate::labels::LabelError>(&path, &crs, &fields, layers, &Cancel::new()).unwrap();
    let (found, told) = read_reference(&path, &Legend::reforestamos()).unwrap();
    let unit = &found.units[0];
    assert_eq!((unit.number, ReferenceSample::class_of(unit), told), (12, Some(8), Told::default()));
    assert!(
        (unit.lonlat[0] + 99.0).abs() < 1e-9 && (unit.lonlat[1] - 19.0).abs() < 1e-9,
        "{:?}",
        unit.lonlat
    );
}

#[test]
fn tables_of_collect_earth_online_are_read_in_both_forms() {
    let shares = "plotid,center_lon,center_lat,email,LAND COVER:forest,LAND COVER:water,LAND COVER:urban\n\
                  7,-99.0,19.0,a@x.org,75.0,25.0,0\n8,-99.1,19.0,a@x.org,50,50,0\n7,-99.0,19.0,b@x.org,0,100,0\n7,-99.0,19.0,b@x.org,0,100,0\n";
    let (found, told) = read("plots.csv", shares).unwrap();
    assert_eq!((found.units.len(), told.duplicates), (2, 1));
    assert_eq!(found.units[0].standing(), Standing::Disputed);
    assert_eq!(found.interpreters(), ["a@x.org", "b@x.org"]);
    assert_eq!(
        found.units[1].standing(),
        Standing::Unanswered,
        "as much of one class as of the other is none"
    );
    let samples = "plotid,sampleid,lon,lat,email,Land cover\n1,1,-99.0,19.0,a@x.org,Forest\n2,1,-99.1,190.0,a@x.org,Water\n";
    let (found, told) = read("samples.csv", samples).unwrap();
    assert_eq!((ReferenceSample::class_of(&found.units[0]), told.off_the_earth), (Some(1), 1));
}

#[test]
fn a_sample_that_does_not_tell_how_it_was_drawn_is_taken_for_a_random_one_and_this_is_said() {
    let map = |codes: &[(u8, u64)]| {
        let mut pixels = Box::new([0; 256]);
        codes.iter().for_each(|(code, count)| pixels[usize::from(*code)] = *count);
        MapCounts { pixels, pixel_ha: 0.01 }
    };
    let legend = Legend::reforestamos();
    let map = map(&[(0, 50), (1, 600), (5, 300), (255, 100)]);
    let designed = sample();
    assert_eq!(designed.sampled(&map), Sampled::Designed);
    assert_eq!(designed.population(&map, &legend), designed.design.as_ref().unwrap().population());
    let by_class = ReferenceSample { design: None, ..sample() };
    assert_eq!(by_class.sampled(&map), Sampled::ByMapClasses);
    let names: Vec<_> =
        by_class.population(&map, &legend).strata.into_iter().map(|s| (s.name, s.pixels)).collect();
    assert_eq!(names, [("forest".to_string(), 600), ("agriculture".to_string(), 300)]);
    let mut whole = by_class.clone();
    whole.units[0].stratum = None;
    assert_eq!(whole.sampled(&map), Sampled::Whole);
    assert_eq!(whole.population(&map, &legend).strata[0].pixels, 900);
    let mapped = [Some(1), Some(1), Some(5), Some(8), None, Some(255)];
    let units = whole.reference_units(&map, &mapped);
    let found = estimate(&whole.population(&map, &legend), &legend.classes, &units);
    assert_eq!((found.matrix.total(), found.left_out.unlabelled), (2, 4));
    assert!(Sampled::Whole.sentence().contains("do not hold"));
}

#[test]
fn answers_of_a_table_are_read_by_the_numbers_of_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let of = |text: &str| {
        fs::write(&path, text).unwrap();
        read_answers(&path, &Legend::reforestamos(), None, "me")
    };
    let (given, told) = of("PLOTID,class,confidence,note\n3,Water,low,foggy\nx,Water,,\n4,5,,\n").unwrap();
    let short: Vec<_> = given.iter().map(|g| (g.number, g.answer.class, g.answer.confidence)).collect();
    assert_eq!(short, [(3, Some(8), Confidence::Likely), (4, Some(5), Confidence::Sure)]);
    assert_eq!(
        (given[0].answer.interpreter.as_str(), given[0].answer.note.as_deref()),
        ("me", Some("foggy"))
    );
    assert_eq!(told.no_such_number, 1);
    assert!(of("a,b\n1,2\n").unwrap_err().to_string().contains("class: a, b"));
    assert!(of("class,b\nwater,2\n").unwrap_err().to_string().contains("number or PLOTID"));
    assert!(of("").is_err());
}

#[test]
fn a_sample_cannot_be_saved_where_nothing_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reference");
    fs::write(&file, "in the way").unwrap();
    let error = write_reference(&sample(), &Legend::default(), &file.join("a.geojson")).unwrap_err();
    assert!(error.to_string().contains("cannot save"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"in the way");
}
