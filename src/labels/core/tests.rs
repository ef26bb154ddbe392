use super::*;
use crate::geo::Crs;
use geo::{Distance, Euclidean, LineString, Point, coord};
use proptest::prelude::*;

/// 10 m pixels in UTM zone 38 north, as the polygons of Azerbaijan lie in.
fn grid() -> Grid {
    Grid {
        crs: Crs::from_epsg(32638).unwrap(),
        left: 700_000.0,
        top: 4_400_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 120,
        height: 100,
    }
}

/// Rings given in pixels of the grid, as longitude and latitude.
fn drawn(grid: &Grid, rings: &[&[(f64, f64)]]) -> Geometry<f64> {
    let mut rings = rings.iter().map(|ring| {
        let places = ring.iter().map(|(col, row)| Coord::from(grid.lonlat_from_pixel(*col, *row).unwrap()));
        LineString(places.collect())
    });
    Polygon::new(rings.next().unwrap(), rings.collect()).into()
}

fn square(grid: &Grid, left: f64, top: f64, side: f64) -> Geometry<f64> {
    drawn(grid, &[&[(left, top), (left + side, top), (left + side, top + side), (left, top + side)]])
}

fn why(geometry: Geometry<f64>) -> String {
    core_of(&geometry, &grid(), 20.0).unwrap_err().to_string()
}

#[test]
fn a_square_on_pixel_edges_loses_two_pixels_on_each_side_to_a_buffer_of_20_m() {
    let grid = grid();
    let core = core_of(&square(&grid, 10.0, 20.0, 10.0), &grid, 20.0).unwrap();
    let expected: Vec<_> = (22..28).flat_map(|row| (12..18).map(move |col| (col, row))).collect();
    assert_eq!(core.pure_pixels, expected);
    assert!((core.area_ha - 0.36).abs() < 1e-6 && (core.drawn_area_ha - 1.0).abs() < 1e-6);
    assert_eq!((core.emptied, core.repaired), (None, false));
    let whole = core_of(&square(&grid, 10.0, 20.0, 10.0), &grid, 0.0).unwrap();
    assert_eq!(whole.pure_pixels.len(), 100);
}

#[test]
fn a_hole_is_buffered_too() {
    let grid = grid();
    let ring = [(10.0, 10.0), (40.0, 10.0), (40.0, 40.0), (10.0, 40.0)];
    let hole = [(20.0, 20.0), (20.0, 30.0), (30.0, 30.0), (30.0, 20.0)];
    let core = core_of(&drawn(&grid, &[&ring, &hole]), &grid, 10.0).unwrap();
    // Around the hole corners are round, so each corner pixel beside it is still touched.
    assert_eq!(core.pure_pixels.len(), 28 * 28 - 12 * 12);
    let round = 144.0 - 4.0 + std::f64::consts::PI;
    assert!((core.area_ha - (784.0 - round) / 100.0).abs() < 1e-3);
}

#[test]
fn what_leaves_no_pixel_says_why() {
    let grid = grid();
    let emptied = |geometry, buffer_m| {
        let core = core_of(&geometry, &grid, buffer_m).unwrap();
        assert!(core.pure_pixels.is_empty());
        core.emptied
    };
    assert_eq!(emptied(square(&grid, 10.0, 10.0, 3.9), 20.0), Some(Emptied::ByBuffer));
    assert_eq!(emptied(square(&grid, 10.0, 10.0, 3.9), 1e12), Some(Emptied::ByBuffer));
    assert_eq!(emptied(square(&grid, 10.5, 10.5, 5.2), 20.0), Some(Emptied::NoWholePixel));
    assert_eq!(emptied(square(&grid, 200.0, 10.0, 5.0), 0.0), Some(Emptied::OutsideGrid));
    assert_eq!(emptied(square(&grid, 200.0, 10.0, 2.0), 20.0), Some(Emptied::OutsideGrid));
    assert_eq!(emptied(square(&grid, 119.0, 10.0, 20.0), 20.0), Some(Emptied::OutsideGrid));
}

#[test]
fn a_polygon_partly_outside_of_the_grid_keeps_its_pixels_inside() {
    let grid = grid();
    let core = core_of(&square(&grid, -10.0, -10.0, 20.0), &grid, 20.0).unwrap();
    assert_eq!(core.pure_pixels.len(), 8 * 8);
    let all = core_of(&square(&grid, -50.0, -50.0, 250.0), &grid, 20.0).unwrap();
    assert_eq!(all.pure_pixels.len(), grid.pixels());
}

#[test]
fn a_bow_tie_is_repaired_and_not_silently_emptied() {
    let grid = grid();
    for ring in [
        [(10.0, 10.0), (50.0, 50.0), (50.0, 10.0), (10.0, 50.0)],
        [(10.0, 10.0), (50.0, 50.0), (10.0, 50.0), (50.0, 10.0)],
        [(10.0, 10.0), (50.0, 12.0), (50.0, 10.0), (10.0, 50.0)],
    ] {
        let core = core_of(&drawn(&grid, &[&ring]), &grid, 20.0).unwrap();
        assert!(core.repaired);
        assert!(!core.pure_pixels.is_empty());
    }
}

#[test]
fn a_point_has_the_pixel_that_holds_it_whatever_the_buffer() {
    let grid = grid();
    let point = |col, row| Geometry::from(Point::from(grid.lonlat_from_pixel(col, row).unwrap()));
    let core = core_of(&point(12.3, 45.6), &grid, 500.0).unwrap();
    assert_eq!(core.pure_pixels, [(12, 45)]);
    assert!((core.area_ha - 0.01).abs() < 1e-12);
    let outside = core_of(&point(120.5, 3.0), &grid, 0.0).unwrap();
    assert_eq!(outside.emptied, Some(Emptied::OutsideGrid));
    assert!(largest_buffer_m(&point(12.3, 45.6), &grid).is_err());
}

#[test]
fn what_is_no_polygon_or_point_is_refused_with_a_reason() {
    let grid = grid();
    let line = drawn(&grid, &[&[(10.0, 10.0), (20.0, 20.0), (30.0, 30.0)]]);
    assert!(why(line).contains("one line"), "three collinear points");
    assert!(why(drawn(&grid, &[&[(10.0, 10.0), (20.0, 20.0)]])).contains("fewer than three corners"));
    assert!(
        why(drawn(&grid, &[&[(10.0, 10.0), (10.0, 10.0), (10.0, 10.0)]]))
            .contains("fewer than three corners")
    );
    let ring = |a: (f64, f64), b: (f64, f64)| -> Geometry<f64> {
        Polygon::new(LineString::from(vec![(47.0, 39.6), a, b]), vec![]).into()
    };
    assert!(why(ring((f64::NAN, 39.7), (47.1, 39.7))).contains("no longitude and latitude"));
    assert!(why(ring((f64::INFINITY, 39.7), (47.1, 39.7))).contains("no longitude and latitude"));
    assert!(why(ring((39.7, 147.0), (47.1, 39.7))).contains("swapped"));
    assert!(why(ring((731_271.0, 4_391_371.0), (47.1, 39.7))).contains("metres"));
    assert!(why(Polygon::new(LineString(vec![]), vec![]).into()).contains("fewer than three corners"));
    assert!(why(MultiPolygon::empty().into()).contains("fewer than three corners"));
    assert!(why(LineString::from(vec![(47.0, 39.6), (47.1, 39.6)]).into()).contains("neither"));
    for buffer_m in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(core_of(&square(&grid, 1.0, 1.0, 5.0), &grid, buffer_m).is_err());
    }
}

#[test]
fn the_largest_buffer_leaves_a_pixel_and_a_larger_one_none() {
    let grid = grid();
    // The middle pixels of a square of 7 lie 30 m from its edge.
    assert_eq!(largest_buffer_m(&square(&grid, 10.0, 10.0, 7.0), &grid).unwrap(), Some(30.0));
    assert_eq!(largest_buffer_m(&square(&grid, 10.0, 10.0, 0.5), &grid).unwrap(), None);
    assert_eq!(largest_buffer_m(&square(&grid, 10.5, 10.5, 2.5), &grid).unwrap(), Some(5.0));
}

#[test]
fn in_a_grid_of_degrees_the_buffer_is_in_metres_on_the_ground() {
    let at_60_north = Grid {
        crs: Crs::from_epsg(4326).unwrap(),
        left: 24.0,
        top: 60.01,
        pixel_width: 0.0002,
        pixel_height: 0.0001,
        width: 200,
        height: 200,
    };
    // 0.0002 degrees of longitude at 60 north and 0.0001 of latitude are 11.1 m each.
    let core = core_of(&square(&at_60_north, 20.0, 20.0, 20.0), &at_60_north, 22.0).unwrap();
    let expected: Vec<_> = (22..38).flat_map(|row| (22..38).map(move |col| (col, row))).collect();
    assert_eq!(core.pure_pixels, expected);
    assert!((core.drawn_area_ha - (20.0 * 11.1f64).powi(2) / 1e4).abs() < 0.1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_pixel_is_pure_when_all_of_it_is_inside_and_a_buffer_away_from_every_edge(
        radii in prop::collection::vec(8.0..45.0f64, 3..30),
        hole in prop::collection::vec(1.0..7.0f64, 3..12),
        buffer_m in 0.0..60.0f64,
    ) {
        let grid = grid();
        let ring = |radii: &[f64]| -> Vec<(f64, f64)> {
            let angle = |i: usize| i as f64 / radii.len() as f64 * std::f64::consts::TAU;
            let corner = |(i, r): (usize, &f64)| (60.0 + r * angle(i).cos(), 50.0 + r * angle(i).sin());
            radii.iter().enumerate().map(corner).collect()
        };
        let (outer, inner) = (ring(&radii), ring(&hole));
        // A ring of three corners may pass between its centre and the hole: then the hole lies partly outside.
        prop_assume!(radii.len() > 5);
        let core = core_of(&drawn(&grid, &[&outer, &inner]), &grid, buffer_m).unwrap();
        let polygon = Polygon::new(LineString::from(outer), vec![LineString::from(inner)]);
        let whole = MultiPolygon(vec![polygon]);
        let pure: std::collections::HashSet<_> = core.pure_pixels.iter().copied().collect();
        for row in 0..grid.height {
            for col in 0..grid.width {
                let corner = coord! { x: f64::from(col), y: f64::from(row) };
                let pixel = Rect::new(corner, corner + coord! { x: 1.0, y: 1.0 }).to_polygon();
                let inside = geo::Contains::contains(&whole, &pixel);
                let away = whole.0[0].exterior().lines().chain(whole.0[0].interiors()[0].lines())
                    .map(|edge| Euclidean.distance(&edge, &pixel)).fold(f64::INFINITY, f64::min) * 10.0;
                // A round join is made of chords: it may lie a little within its circle.
                if inside && away > buffer_m + 1e-3 {
                    prop_assert!(pure.contains(&(col, row)), "{col} {row} is {away} m away");
                }
                if !inside || away < buffer_m * 0.9975 - 1e-3 {
                    prop_assert!(!pure.contains(&(col, row)), "{col} {row} is {away} m away");
                }
            }
        }
    }

    #[test]
    fn no_polygon_whatever_panics(
        corners in prop::collection::vec((-20i32..140, -20i32..120), 0..12),
        hole in prop::collection::vec((-20i32..140, -20i32..120), 0..6),
        buffer_m in 0.0..300.0f64,
    ) {
        let grid = grid();
        let ring = |corners: Vec<(i32, i32)>| -> Vec<(f64, f64)> {
            corners.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).collect()
        };
        let geometry = drawn(&grid, &[&ring(corners), &ring(hole)]);
        if let Ok(core) = core_of(&geometry, &grid, buffer_m) {
            prop_assert_eq!(core.pure_pixels.is_empty(), core.emptied.is_some());
            prop_assert!(core.area_ha <= core.drawn_area_ha + 1e-6);
            let unbuffered = core_of(&geometry, &grid, 0.0).unwrap();
            prop_assert!(core.pure_pixels.iter().all(|p| unbuffered.pure_pixels.contains(p)));
        }
    }
}

#[test]
fn a_hole_that_surrounds_nothing_takes_nothing_away() {
    let grid = grid();
    let shell = [(43.0, 0.0), (0.0, 0.0), (0.0, 63.0)];
    let without = core_of(&drawn(&grid, &[&shell]), &grid, 0.0).unwrap();
    for line in [&[(-11.0, 0.0), (6.0, 6.0)][..], &[(-11.0, 0.0), (6.0, 6.0), (-2.5, 3.0)]] {
        let with = core_of(&drawn(&grid, &[&shell, line]), &grid, 0.0).unwrap();
        assert_eq!(with.pure_pixels, without.pure_pixels);
    }
}

/// Total areas by GEOS; `tests/references/core_areas.py` made them.
#[derive(serde::Deserialize)]
struct Reference {
    polygons: usize,
    buffers: Vec<ReferenceBuffer>,
}

#[derive(serde::Deserialize)]
struct ReferenceBuffer {
    buffer_m: f64,
    area_m2: f64,
    emptied: usize,
    in_several_parts: usize,
    of_self_crossing_m2: Vec<f64>,
}

#[test]
fn areas_of_1704_real_cores_are_within_half_a_percent_of_geos_and_40_percent_are_emptied_at_10_m_82_at_20_m()
{
    use rayon::prelude::*;
    let Some(folder) = crate::testing::shared_data("polygons") else { return };
    let reference: Reference =
        serde_json::from_str(include_str!("../../../tests/references/core_areas.json")).unwrap();
    let file = folder.join("azerbaijan_lulc_1704_epsg32638_original.geojson");
    let settings = crate::labels::ImportSettings::default();
    let imported = crate::labels::import(&file, &settings, &mut crate::labels::Legend::default(), 1).unwrap();
    assert_eq!(imported.annotations.len(), reference.polygons);
    let grid = Grid { left: 720_000.0, top: 4_413_000.0, width: 3000, height: 4000, ..grid() };
    for expected in reference.buffers {
        let cores: Vec<Core> = imported
            .annotations
            .par_iter()
            .map(|a| core_of(&a.geometry, &grid, expected.buffer_m).unwrap())
            .collect();
        let area_m2: f64 = cores.iter().map(|c| c.area_ha * 1e4).sum();
        let off = area_m2 / expected.area_m2 - 1.0;
        let emptied = cores.iter().filter(|c| c.polygons.0.is_empty()).count();
        let several = cores.iter().filter(|c| c.polygons.0.len() > 1).count();
        let pixels: usize = cores.iter().map(|c| c.pure_pixels.len()).sum();
        println!(
            "{} m: area off by {off:.1e}, {emptied} emptied, {several} in parts, {pixels} pure pixels",
            expected.buffer_m
        );
        assert!(off.abs() < 0.005);
        let stated = [(10.0, 0.40), (20.0, 0.82)].into_iter().find(|(m, _)| *m == expected.buffer_m);
        if let Some((_, share)) = stated {
            assert!((emptied as f64 / cores.len() as f64 - share).abs() < 0.005, "{emptied}");
        }
        // Crumbs of a square metre may be there or not.
        assert!(emptied.abs_diff(expected.emptied) <= 3, "{emptied}");
        assert!(several.abs_diff(expected.in_several_parts) <= 3, "{several}");
        assert!(cores.iter().all(|c| c.emptied != Some(Emptied::OutsideGrid)));
        let crossing = imported.repaired.iter().map(|r| cores[r.feature - 1].area_ha * 1e4);
        for (area_m2, expected) in crossing.zip(expected.of_self_crossing_m2) {
            assert!((area_m2 - expected).abs() <= 0.005 * expected + 1.0, "{area_m2} {expected}");
        }
    }
}

#[test]
fn parcels_drawn_along_pixel_edges_have_the_pixels_they_were_drawn_from() {
    let Some(folder) = crate::testing::shared_data("flanders_s2_a_2018_monthly") else { return };
    let grid = crate::geo::raster::info(&folder.join("flanders_s2_a_2018_2018-06-15.tif"))
        .unwrap()
        .placement
        .grid()
        .unwrap();
    let text = std::fs::read_to_string(folder.join("labels.geojson")).unwrap();
    let collection: geojson::FeatureCollection = text.parse().unwrap();
    for feature in collection.features {
        let expected = feature.property("n_pixels").and_then(serde_json::Value::as_u64).unwrap();
        let geometry: Geometry<f64> = feature.geometry.unwrap().try_into().unwrap();
        let core = core_of(&geometry, &grid, 0.0).unwrap();
        assert_eq!(core.pure_pixels.len() as u64, expected);
    }
}
