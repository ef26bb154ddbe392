use super::super::table::tests::{GAP, info, input, table_of, usual};
use super::*;
use crate::cube::{Filling, Smoothing, Units};
use proptest::prelude::*;

/// How many elements are of this class.
fn many(svg: &str, class: &str) -> usize {
    let document = roxmltree::Document::parse(svg).unwrap();
    document.descendants().filter(|node| node.attribute("class") == Some(class)).count()
}

/// All words, in order.
fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.filter_map(|node| node.text().map(str::to_string)).collect()
}

fn ramp(times: usize) -> Vec<f32> {
    (0..times).flat_map(|time| [1000.0 + time as f32, 3000.0 + 2.0 * time as f32]).collect()
}

#[test]
fn a_chart_has_a_point_for_each_observation_its_title_scales_months_and_places() {
    let info = info(9);
    let mut values = ramp(9);
    values[8] = GAP;
    values[9] = GAP;
    let pixels = vec![input("pin 1", values), input("pin 2", ramp(9))];
    let svg = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), pixels));
    assert_eq!(many(&svg, "seen"), 3 * (8 + 9), "two bands and an index of two pixels");
    assert_eq!((many(&svg, "filled"), many(&svg, "missing")), (3, 1));
    assert_eq!(many(&svg, "line"), 3 * (2 + 1), "a gap parts a line");
    let words = words(&svg);
    assert_eq!(words[0], "corridor <1> & \"2\" · north");
    assert_eq!(words[1], "5 Jan 2022 to 26 Mar 2022 · gaps filled linearly by date");
    for expected in ["B04 (DN)", "NDVI (index)", "left scale: digital number", "right scale: index", "Feb"] {
        assert!(words.iter().any(|word| word == expected), "{expected} in {words:?}");
    }
    let place = words.iter().find(|word| word.starts_with("pin 1, ")).unwrap();
    assert!(place.contains("° N") && place.contains("° W"), "{place}");
}

#[test]
fn reflectances_and_smooth_lines_are_told() {
    let info = info(9);
    let mut of = table_of(&info, Units::Reflectance);
    of.smoothing = Smoothing::SavitzkyGolay;
    let svg = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(9))]));
    assert_eq!(many(&svg, "smooth"), 3);
    let words = words(&svg);
    assert!(words[1].ends_with("smooth line: Savitzky–Golay"), "{words:?}");
    assert!(words.iter().any(|word| word == "left scale: reflectance"), "{words:?}");
}

#[test]
fn one_date_many_dates_equal_values_and_nothing_at_all_are_charts_too() {
    for times in [1, 366] {
        let info = info(times);
        let svg = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), vec![input("a", ramp(times))]));
        assert_eq!(many(&svg, "seen"), 3 * times);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{times}");
    }
    let info = info(4);
    let equal = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), vec![input("a", vec![5.0; 8])]));
    assert_eq!(many(&equal, "seen"), 12);
    let nothing = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), vec![input("a", vec![GAP; 8])]));
    assert_eq!((many(&nothing, "seen"), many(&nothing, "missing")), (0, 4));
    assert!(words(&nothing).iter().any(|word| word == "No clear observation at any date"));
    let nobody = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), Vec::new()));
    assert!(words(&nobody).iter().any(|word| word == "No clear observation at any date"));
}

#[test]
fn a_division_by_nothing_is_a_gap() {
    let info = info(3);
    let table = table_of(&info, Units::Dn);
    let values = vec![0.0, 0.0, 1000.0, 3000.0, 0.0, 0.0];
    let svg = svg(&SeriesTable::new(&info, &table, vec![input("a", values)]));
    assert_eq!(many(&svg, "seen"), 3 + 3 + 1);
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}

#[test]
fn many_columns_have_a_legend_of_many_rows() {
    let info = info(2);
    let mut of = table_of(&info, Units::Dn);
    let first = of.features[0].clone();
    of.features = (0..60).map(|i| (first.0.clone().called(format!("band {i}")), first.1, true)).collect();
    let picture = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(2))]));
    assert_eq!(words(&picture).iter().filter(|word| word.starts_with("band ")).count(), 60);
    of.features.iter_mut().skip(1).for_each(|(_, _, drawn)| *drawn = false);
    let picture = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(2))]));
    assert_eq!((many(&picture, "seen"), many(&picture, "key")), (2, 2));
}

proptest! {
    #[test]
    fn any_name_and_any_value_give_well_formed_xml(name in ".*", values in prop::collection::vec(prop::num::f32::ANY, 12)) {
        let info = info(6);
        let mut of = table_of(&info, Units::Dn);
        (of.project, of.filling) = (name.clone(), Filling::LastClear);
        let svg = svg(&SeriesTable::new(&info, &of, vec![input(&name, values)]));
        prop_assert!(roxmltree::Document::parse(&svg).is_ok(), "{svg}");
    }
}

#[test]
fn the_usual_year_of_a_class_lies_behind_the_pixels_where_its_band_is_drawn() {
    let info = info(9);
    let mut of = table_of(&info, Units::Dn);
    let mut median = vec![0.4; 9];
    median[4] = GAP;
    of.usual = vec![usual("NDVI", median), usual("B99", vec![9e9; 9])];
    let table = SeriesTable::new(&info, &of, vec![input("a", ramp(9))]);
    let picture = svg(&table);
    assert_eq!((many(&picture, "usual-band"), many(&picture, "usual")), (2, 2), "a gap parts it");
    let told = "Maize & beans: median and 10th to 90th percentile of NDVI, 30 pixels of 2 annotations";
    assert_eq!(words(&picture).iter().filter(|word| word.contains("Maize")).collect::<Vec<_>>(), [told]);
    assert!(picture.find("usual-band").unwrap() < picture.find("class=\"seen\"").unwrap(), "it lies behind");
    of.features.iter_mut().for_each(|(feature, _, drawn)| *drawn = feature.name != "NDVI");
    let hidden = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(9))]));
    assert_eq!(many(&hidden, "usual-band"), 0);
}

#[test]
fn years_over_one_another_have_lines_of_their_own_and_are_told() {
    let info = info(80);
    let mut of = table_of(&info, Units::Dn);
    let straight = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(80))]));
    of.years = true;
    let folded = svg(&SeriesTable::new(&info, &of, vec![input("a", ramp(80))]));
    assert_eq!((many(&straight, "line"), many(&folded, "line")), (3, 9), "3 curves of 3 years");
    assert_eq!(many(&folded, "seen"), many(&straight, "seen"));
    let words = words(&folded);
    for year in ["2022", "2023", "2024"] {
        assert!(words.iter().any(|word| word == year), "{year} in {words:?}");
    }
    assert!(words[1].ends_with("years over one another, the latest darkest"), "{words:?}");
    assert!(words.iter().any(|word| word == "Jan") && !words.iter().any(|word| word == "Jan 2022"));
}
