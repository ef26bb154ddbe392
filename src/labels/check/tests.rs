use super::*;
use crate::geo::{Crs, Grid};
use crate::labels::{Class, Holds};
use chrono::NaiveDate;
use geo::{MultiPolygon, Point};

fn day(month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, month, 15).unwrap()
}

/// 100 x 100 pixels of 10 m.
fn grid() -> Grid {
    Grid {
        crs: Crs::from_epsg(32615).unwrap(),
        left: 500_000.0,
        top: 1_900_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 100,
        height: 100,
    }
}

fn site() -> LabelSite {
    LabelSite { name: "field".into(), grid: grid(), dates: vec![day(1), day(6), day(12)] }
}

fn legend() -> Legend {
    Legend { classes: vec![Class::new(1, "forest", [0, 90, 0]), Class::new(2, "scrub", [200, 90, 0])] }
}

fn lonlat((col, row): (f64, f64)) -> Coord<f64> {
    Coord::from(grid().lonlat_from_pixel(col, row).unwrap())
}

fn ring(corners: &[(f64, f64)]) -> Polygon<f64> {
    Polygon::new(LineString(corners.iter().copied().map(lonlat).collect()), vec![])
}

fn square(id: AnnotationId, class: ClassCode, col: f64, row: f64, side: f64) -> Annotation {
    let corners = [(col, row), (col, row + side), (col + side, row + side), (col + side, row)];
    Annotation::new(id, ring(&corners).into(), class)
}

fn found(annotations: Vec<Annotation>, buffer_m: f64) -> CheckReport {
    let annotations: Annotations = annotations.into_iter().collect();
    let buffers = Buffers::all(buffer_m);
    check(&annotations, &legend(), &buffers, &[site()], &|_| {}, &Cancel::new()).unwrap()
}

/// Kinds with their annotations, without those about whole classes.
fn kinds(report: &CheckReport) -> Vec<(FindingKind, Vec<AnnotationId>)> {
    let of_classes = [FindingKind::TooLittle, FindingKind::NoAnnotation];
    let others = report.findings.iter().filter(|f| !of_classes.contains(&f.kind));
    others.map(|f| (f.kind, f.annotations.clone())).collect()
}

fn only(report: &CheckReport, kind: FindingKind) -> &Finding {
    let mut of_kind = report.findings.iter().filter(|f| f.kind == kind);
    let one = of_kind.next().unwrap_or_else(|| panic!("no {kind:?} in {report:#?}"));
    assert!(of_kind.next().is_none(), "{report:#?}");
    one
}

#[test]
fn a_good_label_set_has_nothing_wrong() {
    let good = (0..6).map(|i| square(i + 1, 1 + (i % 2) as u8, (i * 16) as f64, 4.0, 12.0)).collect();
    let report = found(good, 10.0);
    assert_eq!(report.findings, []);
    let counts: Vec<_> =
        report.classes.iter().map(|c| (c.code, c.annotations, c.sure, c.pure_pixels)).collect();
    assert_eq!(counts, [(1, 3, 3, 300), (2, 3, 3, 300)], "12 pixels a side, less one on each");
}

#[test]
fn a_ring_that_crosses_itself_tells_how_much_a_repair_changes() {
    // Two lobes, one of 20 x 20 pixels and one of 10 x 10, wound in opposite ways: their areas are subtracted as drawn.
    let lobes = ring(&[(10., 10.), (30., 30.), (30., 10.), (10., 30.)]);
    let report = found(vec![Annotation::new(1, lobes.into(), 1)], 0.0);
    assert_eq!(kinds(&report), [(FindingKind::SelfCrossing, vec![1])]);
    let finding = only(&report, FindingKind::SelfCrossing);
    // A bow tie of two triangles, 1 ha each, that cancel each other out as drawn.
    assert!((finding.area_ha.unwrap() - 2.0).abs() < 0.01, "{finding:?}");
    assert!(finding.why.contains("0.0000 ha as drawn") && finding.why.contains("+2.00"), "{}", finding.why);
}

#[test]
fn what_has_no_area_or_no_place_cannot_be_used() {
    let flat = ring(&[(10., 10.), (20., 10.), (30., 10.)]);
    let two = ring(&[(10., 10.), (20., 10.)]);
    let metres = Polygon::new(LineString::from(vec![(5e5, 1.9e6), (5.1e5, 1.9e6), (5e5, 1.8e6)]), vec![]);
    let report = found(
        vec![
            Annotation::new(1, flat.into(), 1),
            Annotation::new(2, two.into(), 1),
            Annotation::new(3, metres.into(), 1),
            square(4, 1, 40.0, 40.0, 10.0),
        ],
        0.0,
    );
    let expected =
        [(FindingKind::Unusable, vec![2]), (FindingKind::Unusable, vec![3]), (FindingKind::NoArea, vec![1])];
    assert_eq!(kinds(&report), expected, "each is told once");
}

#[test]
fn what_the_buffer_empties_is_told_with_the_buffer_that_leaves_some() {
    // 5 x 5 pixels: a buffer of 20 m leaves one, 25 m nothing.
    let report = found(vec![square(1, 1, 10.0, 10.0, 5.0)], 30.0);
    assert_eq!(kinds(&report), [(FindingKind::EmptiedByBuffer, vec![1])]);
    let finding = only(&report, FindingKind::EmptiedByBuffer);
    assert_eq!(finding.largest_buffer_m, Some(20.0));
    assert!(finding.why.contains("a buffer of 20 m"), "{}", finding.why);
    // Off the pixels by half of one: something is left, but no whole pixel.
    let report = found(vec![square(1, 1, 10.5, 10.5, 5.0)], 20.0);
    let finding = only(&report, FindingKind::NoWholePixel);
    assert_eq!(finding.largest_buffer_m, Some(15.0));
    let report = found(vec![square(1, 1, 10.6, 10.6, 0.9)], 0.0);
    assert!(only(&report, FindingKind::NoWholePixel).why.contains("too small"));
}

#[test]
fn what_lies_off_the_sites_or_past_their_edge_is_told() {
    let report = found(vec![square(1, 1, 300.0, 10.0, 10.0), square(2, 1, 95.0, 10.0, 20.0)], 0.0);
    assert_eq!(kinds(&report), [(FindingKind::OutsideSites, vec![1]), (FindingKind::PastSite, vec![2])]);
    let why = &only(&report, FindingKind::PastSite).why;
    assert!(why.starts_with("75.0 % of it lies outside of field"), "{why}");
}

#[test]
fn two_sites_side_by_side_hold_an_annotation_together() {
    let mut right = grid();
    right.left += 1000.0;
    let sites = [site(), LabelSite { name: "right".into(), grid: right, dates: vec![day(1)] }];
    let annotations: Annotations = [square(1, 1, 95.0, 10.0, 10.0)].into_iter().collect();
    let report = check(&annotations, &legend(), &Buffers::all(0.0), &sites, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(kinds(&report), []);
    assert_eq!(report.classes[0].pure_pixels, 100);
}

#[test]
fn classes_that_are_unknown_or_too_few_are_named() {
    let report = found(
        vec![square(1, 1, 4.0, 4.0, 3.0), square(2, 9, 20.0, 4.0, 10.0), square(3, 9, 40.0, 4.0, 10.0)],
        0.0,
    );
    let unknown = only(&report, FindingKind::UnknownClass);
    assert_eq!(unknown.annotations, [2, 3]);
    assert!(unknown.why.contains("code 9"));
    let little = only(&report, FindingKind::TooLittle);
    assert!(little.why.starts_with("forest has 1 sure polygon and 9 pure pixels"), "{}", little.why);
    assert!(only(&report, FindingKind::NoAnnotation).why.contains("scrub"));
}

#[test]
fn only_sure_ones_that_hold_count_towards_a_class() {
    let squares = |id: u64, confidence, holds| Annotation {
        confidence,
        holds,
        ..square(id, 1, id as f64 * 20.0, 4.0, 10.0)
    };
    let spring = Holds { from: Some(day(1)), to: Some(day(3)) };
    let report = found(
        vec![
            squares(0, Confidence::Sure, Holds::ALWAYS),
            squares(1, Confidence::Likely, Holds::ALWAYS),
            squares(2, Confidence::Sure, spring),
        ],
        0.0,
    );
    let forest = &report.classes[0];
    assert_eq!((forest.annotations, forest.sure, forest.pure_pixels), (3, 2, 100));
    assert_eq!(kinds(&report), [(FindingKind::Dates, vec![2])]);
    let why = &only(&report, FindingKind::Dates).why;
    assert!(why.contains("from 2022-01-15 to 2022-03-15") && why.contains("2022-12-15"), "{why}");
}

#[test]
fn a_period_that_ends_before_it_begins_is_told_once() {
    let holds = Holds { from: Some(day(6)), to: Some(day(1)) };
    let report = found(vec![Annotation { holds, ..square(1, 1, 4.0, 4.0, 10.0) }], 0.0);
    assert!(only(&report, FindingKind::Dates).why.contains("before it begins"));
}

#[test]
fn overlaps_of_classes_come_with_their_area_and_the_pixels_claimed_twice() {
    let report = found(
        vec![square(1, 1, 10.0, 10.0, 20.0), square(2, 2, 25.0, 10.0, 20.0), square(3, 2, 40.0, 10.0, 10.0)],
        0.0,
    );
    assert_eq!(kinds(&report), [(FindingKind::Overlap, vec![1, 2])], "2 and 3 are of one class");
    let finding = only(&report, FindingKind::Overlap);
    assert!((finding.area_ha.unwrap() - 1.0).abs() < 0.002, "{finding:?}");
    assert_eq!(finding.pixels, Some(100));
    let taken: Vec<_> = report.classes.iter().map(|c| c.pure_pixels).collect();
    assert_eq!(taken, [300, 300 + 50], "claimed twice: for none; by two of one class: once");
    // After the buffer each has a core of its own.
    let report = found(vec![square(1, 1, 10.0, 10.0, 20.0), square(2, 2, 25.0, 10.0, 20.0)], 40.0);
    assert_eq!(only(&report, FindingKind::Overlap).pixels, Some(0));
}

#[test]
fn a_point_claims_its_pixel_against_another_class() {
    let point = Annotation::new(2, Point(lonlat((15.5, 15.5))).into(), 2);
    let report = found(vec![square(1, 1, 10.0, 10.0, 10.0), point], 0.0);
    assert_eq!(kinds(&report), [(FindingKind::Overlap, vec![1, 2]), (FindingKind::Points, vec![2])]);
    assert_eq!(only(&report, FindingKind::Overlap).pixels, Some(1));
}

#[test]
fn the_same_geometry_is_found_however_its_ring_is_written() {
    let corners = [(10., 10.), (10., 20.), (20., 20.), (20., 10.)];
    let mut turned = corners;
    turned.rotate_left(2);
    turned.reverse();
    let in_parts = MultiPolygon(vec![ring(&turned)]);
    let report = found(
        vec![
            Annotation::new(1, ring(&corners).into(), 1),
            Annotation::new(2, ring(&turned).into(), 1),
            Annotation::new(3, in_parts.into(), 1),
            square(4, 1, 10.0, 10.0, 10.001),
        ],
        0.0,
    );
    assert_eq!(kinds(&report), [(FindingKind::Duplicate, vec![1, 2, 3])]);
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1);
    let other_year = Annotation {
        holds: Holds { from: year(2023), to: None },
        ..Annotation::new(2, ring(&corners).into(), 2)
    };
    let one_year = Annotation {
        holds: Holds { from: None, to: year(2022) },
        ..Annotation::new(1, ring(&corners).into(), 1)
    };
    let report = found(vec![one_year, other_year], 0.0);
    assert!(report.findings.iter().all(|f| f.kind != FindingKind::Duplicate), "labelled for other years");
}

#[test]
fn dropping_all_pixels_is_told() {
    let mut annotation = square(1, 1, 10.0, 10.0, 2.0);
    for (col, row) in [(10.5, 10.5), (11.5, 10.5), (10.5, 11.5), (11.5, 11.5)] {
        let place = lonlat((col, row));
        annotation.dropped.push([place.x, place.y]);
    }
    assert_eq!(kinds(&found(vec![annotation], 0.0)), [(FindingKind::AllDropped, vec![1])]);
}

#[test]
fn without_a_site_nothing_is_said_of_pixels() {
    let annotations: Annotations = (1..=3).map(|i| square(i, 1, i as f64 * 20.0, 4.0, 1.0)).collect();
    let report = check(&annotations, &legend(), &Buffers::all(20.0), &[], &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(kinds(&report), []);
    assert!(report.findings.iter().all(|f| f.kind != FindingKind::TooLittle));
}

#[test]
fn it_stops_when_asked() {
    let annotations: Annotations = [square(1, 1, 4.0, 4.0, 10.0)].into_iter().collect();
    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(check(&annotations, &legend(), &Buffers::all(0.0), &[], &|_| {}, &cancel), Err(Cancelled));
}
