//! The extent of polygons in a coordinate system, for grids that are to cover them.

use super::LabelError;
use super::geojson::unreadable;
use super::import::{self, ImportSettings};
use crate::geo::Crs;
use crate::geo::remote::keep_query;
use crate::progress::Cancel;
use geo::{CoordsIter, Geometry, Line, LinesIter};
use std::path::Path;

/// Left, bottom, right, top, in `crs`, of a geometry in longitude and latitude; `None` of one without corners. Edges are
/// followed, since a straight edge need not stay straight.
///
/// # Errors
/// When a place of it lies where the system cannot express it.
pub fn extent_in(geometry: &Geometry<f64>, crs: &Crs) -> Result<Option<[f64; 4]>, LabelError> {
    /// Places looked at on each edge.
    const PLACES: u32 = 16;
    let along = |line: Line<f64>| {
        (0..PLACES).map(move |i| {
            let place = line.start + line.delta() * (f64::from(i) / f64::from(PLACES));
            [place.x, place.y]
        })
    };
    let mut places: Vec<[f64; 2]> = geometry.coords_iter().map(|c| [c.x, c.y]).collect();
    match geometry {
        Geometry::Polygon(polygon) => places.extend(polygon.lines_iter().flat_map(along)),
        Geometry::MultiPolygon(polygons) => places.extend(polygons.lines_iter().flat_map(along)),
        _ => {}
    }
    crs.xy_from_lonlat(&mut places)?;
    Ok(places.into_iter().fold(None, |extent, [x, y]| {
        let [left, bottom, right, top] = extent.unwrap_or([x, y, x, y]);
        Some([left.min(x), bottom.min(y), right.max(x), top.max(y)])
    }))
}

/// The same of all polygons in a vector file.
///
/// # Errors
/// When the file cannot be read, or holds no polygon.
pub fn extent_of_file(path: &Path, crs: &Crs) -> Result<[f64; 4], LabelError> {
    // What an address has behind its `?` may be a secret.
    let path = &keep_query(path);
    let read = import::read(std::slice::from_ref(path), &ImportSettings::default(), &|_| {}, &Cancel::new())?;
    let mut extent: Option<[f64; 4]> = None;
    let placed = read.files.iter().flat_map(|file| &file.rows).filter_map(|row| row.placed.as_ref().ok());
    for geometry in placed.filter_map(|placed| placed.polygons.as_ref()) {
        let Some(one) = extent_in(geometry, crs)? else { continue };
        let all = extent.unwrap_or(one);
        extent = Some([all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]);
    }
    extent.ok_or_else(|| unreadable(path, "it holds no polygon. Give one around the place that is wanted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(features: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("place.geojson");
        std::fs::write(&file, format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}"))
            .unwrap();
        (folder, file)
    }

    fn feature(kind: &str, coordinates: &str) -> String {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{}},\"geometry\":{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}}}"
        )
    }

    #[test]
    fn the_extent_holds_all_polygons_and_the_bulge_of_their_edges() {
        let one = feature("Polygon", "[[[-94,40],[-92,40],[-92,41],[-94,41],[-94,40]]]");
        let (_folder, file) = write(&one);
        let [left, bottom, right, top] = extent_of_file(&file, &Crs::from_epsg(32615).unwrap()).unwrap();
        assert!((left + right - 1e6).abs() < 1.0, "93° W is the middle of the zone: {left} {right}");
        // echo "-93 40" | gdaltransform -s_srs EPSG:4326 -t_srs EPSG:32615: the southern edge is lowest in its middle.
        assert!((bottom - 4_427_757.0).abs() < 2.0 && top > bottom + 110_000.0, "{bottom} {top}");
        let two = feature("Polygon", "[[[-90,40],[-89,40],[-89,41],[-90,40]]]");
        let (_folder, file) = write(&format!("{one},{two}"));
        assert_eq!(
            extent_of_file(&file, &Crs::from_epsg(4326).unwrap()).unwrap(),
            [-94.0, 40.0, -89.0, 41.0]
        );
    }

    #[test]
    fn a_file_without_polygons_is_named() {
        for features in [String::new(), feature("Point", "[1,2]")] {
            let (_folder, file) = write(&features);
            let why = extent_of_file(&file, &Crs::from_epsg(4326).unwrap()).unwrap_err().to_string();
            assert!(why.contains("place.geojson") && why.contains("polygon"), "{why}");
        }
    }
}
