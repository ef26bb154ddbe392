use super::*;
use crate::labels::{Annotation, AnnotationIndex, Annotations};
use geo::{BooleanOps, CoordsIter, LineString, Rect, Validation, coord, wkt};
use proptest::prelude::*;

fn square(left: f64, bottom: f64, side: f64) -> Polygon<f64> {
    Rect::new(coord! { x: left, y: bottom }, coord! { x: left + side, y: bottom + side }).to_polygon()
}

fn area(geometry: &Geometry<f64>) -> f64 {
    geometry.unsigned_area()
}

fn is_sound(geometry: &Geometry<f64>) -> bool {
    let polygons = polygons_of(geometry).unwrap();
    geometry.is_valid()
        && polygons.iter().all(|p| Polygon::new(p.exterior().clone(), vec![]).signed_area() > 0.0)
}

/// A star around a centre, with a star-shaped hole inside of it.
fn star() -> impl Strategy<Value = Polygon<f64>> {
    let radii = |n| prop::collection::vec(0.4..1.0f64, n);
    (-3.0..3.0f64, -3.0..3.0f64, 2.0..6.0f64, radii(3..24), prop::option::of(radii(3..9))).prop_map(
        |(x, y, size, outer, inner)| {
            let ring = |radii: Vec<f64>, size: f64| {
                let n = radii.len() as f64;
                let point = |(i, r): (usize, f64)| {
                    let angle = i as f64 / n * std::f64::consts::TAU;
                    coord! { x: -92.0 + x + r * size * angle.cos(), y: 17.0 + y + r * size * angle.sin() }
                };
                LineString(radii.into_iter().enumerate().map(point).collect())
            };
            let holes = inner.map(|inner| ring(inner, size * 0.18)).into_iter().collect();
            Polygon::new(ring(outer, size), holes).orient(Direction::Default)
        },
    )
}

fn line() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec((-101.0..-83.0f64, 8.0..26.0f64), 2..5)
        .prop_map(|places| places.into_iter().map(|(x, y)| [x, y]).collect())
}

#[test]
fn a_corner_is_moved_put_in_and_taken_out() {
    let drawn: Geometry<f64> = square(0.0, 0.0, 4.0).into();
    let listed = corners(&drawn);
    assert_eq!(listed.len(), 4);
    let (at, place) = listed[2];
    let far = move_corner(&drawn, at, [place[0] + 4.0, place[1]]).unwrap();
    assert!(area(&far) != area(&drawn) && is_sound(&far));
    let (first, [a, b]) = edges(&drawn)[1];
    let middle = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
    let more = insert_corner(&drawn, first, middle).unwrap();
    assert_eq!(corners(&more).len(), 5);
    assert_eq!(area(&more), 16.0);
    let put_in = CornerAt { corner: first.corner + 1, ..first };
    assert_eq!(delete_corner(&more, put_in).unwrap(), drawn);
    assert_eq!(move_corner(&drawn, CornerAt { corner: 4, ..at }, [0.0, 0.0]), Err(ShapeError::NoCorner));
    assert_eq!(corners(&geo::Point::new(1.0, 2.0).into()), []);
}

#[test]
fn a_ring_of_two_corners_goes_and_an_annotation_of_nothing_is_refused() {
    let corner = CornerAt { part: 0, ring: 0, corner: 0 };
    let triangle: Geometry<f64> = wkt!(POLYGON((0. 0.,4. 0.,0. 4.,0. 0.))).into();
    assert_eq!(delete_corner(&triangle, corner), Err(ShapeError::NothingLeft));
    let holed: Geometry<f64> =
        wkt!(POLYGON((0. 0.,9. 0.,9. 9.,0. 9.,0. 0.),(1. 1.,1. 2.,2. 1.,1. 1.))).into();
    assert_eq!(area(&delete_corner(&holed, CornerAt { ring: 1, ..corner }).unwrap()), 81.0);
    let two: Geometry<f64> =
        wkt!(MULTIPOLYGON(((0. 0.,4. 0.,0. 4.,0. 0.)),((8. 8.,9. 8.,9. 9.,8. 9.,8. 8.)))).into();
    let left = delete_corner(&two, corner).unwrap();
    assert!(matches!(&left, Geometry::Polygon(_)) && area(&left) == 1.0, "{left:?}");
}

#[test]
fn a_hole_is_cut_and_what_lies_beside_cuts_nothing() {
    let drawn: Geometry<f64> = square(0.0, 0.0, 8.0).into();
    let holed = cut(&drawn, &square(2.0, 2.0, 3.0)).unwrap();
    assert!((area(&holed) - 55.0).abs() < 1e-6 && is_sound(&holed));
    assert!(matches!(&holed, Geometry::Polygon(p) if p.interiors().len() == 1));
    let halves = cut(&drawn, &wkt!(POLYGON((3. -1.,5. -1.,5. 9.,3. 9.,3. -1.)))).unwrap();
    assert!(matches!(&halves, Geometry::MultiPolygon(p) if p.0.len() == 2));
    assert_eq!(cut(&drawn, &square(20.0, 20.0, 3.0)), Err(ShapeError::Beside));
    assert_eq!(cut(&drawn, &square(-1.0, -1.0, 20.0)), Err(ShapeError::NothingLeft));
    assert_eq!(cut(&drawn, &wkt!(POLYGON((1. 1.,2. 2.,3. 3.,1. 1.)))), Err(ShapeError::NoArea));
    assert_eq!(cut(&geo::Point::new(1.0, 1.0).into(), &square(0.0, 0.0, 3.0)), Err(ShapeError::NoPolygon));
}

#[test]
fn a_line_across_splits_and_one_that_ends_inside_does_not() {
    let drawn: Geometry<f64> = square(0.0, 0.0, 8.0).into();
    let halves = split(&drawn, &[[2.0, -1.0], [2.0, 9.0]]).unwrap();
    let areas: Vec<f64> = halves.iter().map(area).collect();
    assert_eq!(areas.len(), 2);
    assert!((areas[0] - 48.0).abs() < 1e-6 && (areas[1] - 16.0).abs() < 1e-6, "{areas:?}");
    for beside in [
        vec![[2.0, -1.0], [2.0, 5.0]],
        vec![[2.0, 2.0], [3.0, 5.0]],
        vec![[9.0, -1.0], [9.0, 9.0]],
        vec![[2.0, 2.0]],
        vec![[0.0, -1.0], [0.0, 9.0]],
    ] {
        assert_eq!(split(&drawn, &beside), Err(ShapeError::NotCrossed), "{beside:?}");
    }
    // In, round a bend, and out on the same side.
    let bend = split(&drawn, &[[2.0, -1.0], [2.0, 3.0], [5.0, 3.0], [5.0, -1.0]]).unwrap();
    assert!((area(&bend[1]) - 9.0).abs() < 1e-6);
    // Along a diagonal, from corner to corner.
    assert_eq!(split(&drawn, &[[-1.0, -1.0], [9.0, 9.0]]).unwrap().len(), 2);
}

#[test]
fn a_hole_is_split_with_its_polygon_and_parts_beside_the_line_stay_with_the_largest() {
    let holed: Geometry<f64> =
        wkt!(POLYGON((0. 0.,9. 0.,9. 9.,0. 9.,0. 0.),(3. 3.,3. 6.,6. 6.,6. 3.,3. 3.))).into();
    let halves = split(&holed, &[[4.0, -1.0], [4.0, 10.0]]).unwrap();
    assert_eq!(halves.len(), 2);
    assert!((halves.iter().map(area).sum::<f64>() - 72.0).abs() < 1e-6);
    assert!(halves.iter().all(|half| is_sound(half) && corners(half).len() == 8));
    let two = Geometry::MultiPolygon(MultiPolygon(vec![square(0.0, 0.0, 2.0), square(5.0, 0.0, 8.0)]));
    let pieces = split(&two, &[[6.0, -1.0], [6.0, 9.0]]).unwrap();
    assert_eq!(pieces.len(), 2);
    assert!((area(&pieces[0]) - 60.0).abs() < 1e-6, "the part beside the line is with the largest");
    // A letter U: one line across both of its arms.
    let u: Geometry<f64> = wkt!(POLYGON((0. 0.,9. 0.,9. 9.,6. 9.,6. 3.,3. 3.,3. 9.,0. 9.,0. 0.))).into();
    assert_eq!(split(&u, &[[-1.0, 6.0], [10.0, 6.0]]).unwrap().len(), 3);
}

#[test]
fn merging_what_touches_gives_one_polygon_and_what_does_not_gives_parts() {
    let (a, b, c) = (square(0.0, 0.0, 4.0), square(4.0, 0.0, 4.0), square(20.0, 0.0, 4.0));
    let one = merged([&a.clone().into(), &b.clone().into()]).unwrap();
    assert!(matches!(&one, Geometry::Polygon(_)) && (area(&one) - 32.0).abs() < 1e-6);
    // Two corners snapped to the slanted edge of another one.
    let slanted: Geometry<f64> = wkt!(POLYGON((-92.01 17.,-92. 17.003,-92.01 17.009,-92.01 17.))).into();
    let on_edge = |x| snap::nearest_on([x, 17.001], [-92.01, 17.0], [-92.0, 17.003]);
    let below = [on_edge(-92.008), [-92.006, 16.99], on_edge(-92.003)];
    let below: Geometry<f64> = Polygon::new(below.to_vec().into(), vec![]).into();
    let one = merged([&slanted, &below]).unwrap();
    assert!(matches!(&one, Geometry::Polygon(p) if p.interiors().is_empty()), "{one:?}");
    let apart = extended(&a.into(), &c).unwrap();
    assert!(matches!(&apart, Geometry::MultiPolygon(p) if p.0.len() == 2) && is_sound(&apart));
    assert_eq!(merged([&b.into(), &geo::Point::new(1.0, 1.0).into()]), Err(ShapeError::NoPolygon));
}

#[test]
fn what_crosses_itself_is_repaired_and_what_is_whole_keeps_its_corners() {
    let tie: Geometry<f64> = wkt!(POLYGON((0. 0.,10. 10.,10. 0.,0. 8.,0. 0.))).into();
    let repaired = whole(&tie).unwrap();
    assert!(is_sound(&repaired.geometry) && matches!(repaired.geometry, Geometry::MultiPolygon(_)));
    assert!(repaired.change_ha.is_some_and(|change| change > 0.0));
    let clockwise = wkt!(POLYGON((0.1 0.1,0.1 4.3,4.7 4.9,0.1 0.1)));
    let kept = whole(&clockwise.into()).unwrap();
    assert!(kept.change_ha.is_none() && is_sound(&kept.geometry));
    let mut places: Vec<_> = kept.geometry.coords_iter().map(|c| (c.x, c.y)).collect();
    places.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(places, [(0.1, 0.1), (0.1, 0.1), (0.1, 4.3), (4.7, 4.9)]);
    assert_eq!(whole(&wkt!(POLYGON((0. 0.,1. 1.,2. 2.,0. 0.))).into()), Err(ShapeError::NoArea));
    let point: Geometry<f64> = geo::Point::new(3.0, 4.0).into();
    assert_eq!(whole(&point).unwrap().geometry, point);
}

#[test]
fn a_long_stroke_keeps_what_tells_its_shape() {
    let around = |i: usize| {
        let angle = i as f64 / 100_000.0 * std::f64::consts::TAU;
        [100.0 * angle.cos(), 100.0 * angle.sin()]
    };
    let stroke: Vec<_> = (0..100_000).map(around).collect();
    let kept = simplified(&stroke, 1.0);
    assert!((12..40).contains(&kept.len()), "{} points of a circle", kept.len());
    let ring: LineString<f64> = kept.iter().map(|&i| stroke[i]).collect::<Vec<_>>().into();
    let lost = 1.0 - Polygon::new(ring, vec![]).unsigned_area() / (std::f64::consts::PI * 1e4);
    assert!(lost.abs() < 0.02, "{lost}");
    assert_eq!(simplified(&[[0.0, 0.0], [1.0, 0.1], [2.0, 0.0]], 0.5), [0, 2]);
    assert_eq!(simplified(&[], 1.0), Vec::<usize>::new());
}

#[test]
fn corners_come_before_edges_and_the_one_being_reshaped_is_left_out() {
    let annotation = |id, left| Annotation::new(id, square(left, 0.0, 4.0).into(), 1);
    let all: Annotations = [annotation(1, 0.0), annotation(2, 4.5)].into_iter().collect();
    let mut index = AnnotationIndex::default();
    index.follow(&all);
    let at =
        |place, near, except| snap(&index, place, near, except).map(|s| (s.place, s.corner, s.annotation));
    assert_eq!(at([3.9, 3.8], [0.3, 0.3], None), Some(([4.0, 4.0], true, 1)));
    assert_eq!(at([3.9, 2.0], [0.3, 0.3], None), Some(([4.0, 2.0], false, 1)));
    assert_eq!(at([4.3, 2.0], [0.4, 0.4], None), Some(([4.5, 2.0], false, 2)));
    assert_eq!(at([4.3, 2.0], [0.4, 0.4], Some(2)), Some(([4.0, 2.0], false, 1)));
    assert_eq!(at([2.0, 2.0], [0.4, 0.4], None), None);
    assert_eq!(at([3.9, 2.0], [0.01, 0.3], None), None, "near is told apart by direction");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_split_adds_up_and_is_valid(star in star(), line in line()) {
        let whole: Geometry<f64> = star.into();
        if let Ok(pieces) = split(&whole, &line) {
            prop_assert!(pieces.len() > 1);
            let sum: f64 = pieces.iter().map(area).sum();
            prop_assert!((sum - area(&whole)).abs() < 1e-6 * area(&whole), "{sum} of {}", area(&whole));
            prop_assert!(pieces.iter().all(is_sound));
            prop_assert!(pieces.windows(2).all(|pair| area(&pair[0]) >= area(&pair[1])));
        }
    }

    #[test]
    fn merging_what_lies_apart_keeps_its_area(a in star(), b in star()) {
        let far: Geometry<f64> = moved(&b.into(), [40.0, 0.0]);
        let a: Geometry<f64> = a.into();
        let one = merged([&a, &far]).unwrap();
        prop_assert!((area(&one) - area(&a) - area(&far)).abs() < 1e-6 * area(&one));
        prop_assert!(is_sound(&one));
    }

    #[test]
    fn moving_there_and_back_changes_nothing(star in star(), east in -5.0..5.0f64, north in -5.0..5.0f64) {
        let drawn: Geometry<f64> = star.into();
        let back = moved(&moved(&drawn, [east, north]), [-east, -north]);
        for (was, is) in drawn.coords_iter().zip(back.coords_iter()) {
            prop_assert!((was.x - is.x).abs() < 1e-9 && (was.y - is.y).abs() < 1e-9);
        }
    }

    #[test]
    fn a_corner_put_in_and_taken_out_leaves_what_was_drawn(star in star(), pick in 0usize..1000) {
        let drawn: Geometry<f64> = star.into();
        let listed = edges(&drawn);
        let (after, [a, b]) = listed[pick % listed.len()];
        let more = insert_corner(&drawn, after, [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]).unwrap();
        prop_assert!((area(&more) - area(&drawn)).abs() < 1e-9);
        let out = delete_corner(&more, CornerAt { corner: after.corner + 1, ..after }).unwrap();
        prop_assert_eq!(out, drawn);
    }

    #[test]
    fn cutting_and_extending_take_and_give_what_overlaps(a in star(), b in star()) {
        let drawn: Geometry<f64> = a.clone().into();
        let both = a.intersection(&b).unsigned_area();
        if let Ok(left) = cut(&drawn, &b) {
            prop_assert!((area(&left) - (a.unsigned_area() - both)).abs() < 1e-6);
            prop_assert!(is_sound(&left));
        }
        let more = extended(&drawn, &b).unwrap();
        prop_assert!((area(&more) - (a.unsigned_area() + b.unsigned_area() - both)).abs() < 1e-6);
        prop_assert!(is_sound(&more));
    }
}
