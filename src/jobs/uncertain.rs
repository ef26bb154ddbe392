//! Where a map is least certain: looked for in the background, and written as points where asked.

use super::{JobContext, Outcome};
use crate::classify::{UncertainPlace, UncertainSpec, uncertain_places};
use crate::files::write_atomically;
use crate::labels::{AnnotationIndex, Annotations};
use anyhow::Context;
use serde_json::json;
use std::path::PathBuf;

/// Which map to look at.
#[derive(Debug, Clone)]
pub struct FindUncertainSpec {
    /// The site.
    pub site: String,
    /// The map's name.
    pub map: String,
    /// Its files, and which places to look for.
    pub places: UncertainSpec,
    /// What has been annotated.
    pub annotations: Annotations,
    /// Where to write the places as GeoJSON.
    pub output: Option<PathBuf>,
}

/// Places that were found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundUncertain {
    /// The site.
    pub site: String,
    /// The map's name.
    pub map: String,
    /// The most uncertain first.
    pub places: Vec<UncertainPlace>,
    /// Where they were written.
    pub output: Option<PathBuf>,
}

/// Looks for the most uncertain places of a map that no annotation touches.
///
/// # Errors
/// When its rasters cannot be read, or the points cannot be written.
pub fn find_uncertain(spec: &FindUncertainSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let mut annotations = AnnotationIndex::default();
    annotations.follow(&spec.annotations);
    let places = uncertain_places(&spec.places, &annotations, &|p| context.progress(p), &context.cancel)?;
    if let Some(file) = &spec.output {
        let text = geojson(&spec.site, &spec.map, &places).to_string();
        write_atomically(file, text.as_bytes()).with_context(|| {
            format!("cannot write {}: check the folder and the free space", file.display())
        })?;
    }
    Ok(Outcome::UncertainFound(FoundUncertain {
        site: spec.site.clone(),
        map: spec.map.clone(),
        places,
        output: spec.output.clone(),
    }))
}

/// Points (RFC 7946) with rank, entropy and the likeliest two classes.
fn geojson(site: &str, map: &str, places: &[UncertainPlace]) -> serde_json::Value {
    let feature = |(i, place): (usize, &UncertainPlace)| {
        let best = |n: usize| place.best.get(n).map(|(name, share)| (name.as_str(), rounded(*share)));
        let (col, row) = place.pixel();
        json!({
            "type": "Feature",
            "geometry": { "type": "Point", "coordinates": place.lonlat },
            "properties": {
                "rank": i + 1, "site": site, "map": map, "entropy": rounded(place.entropy),
                "class_1": best(0).map(|b| b.0), "probability_1": best(0).map(|b| b.1),
                "class_2": best(1).map(|b| b.0), "probability_2": best(1).map(|b| b.1),
                "column": col, "row": row, "longitude": place.lonlat[0], "latitude": place.lonlat[1],
            },
        })
    };
    json!({ "type": "FeatureCollection", "features": places.iter().enumerate().map(feature).collect::<Vec<_>>() })
}

/// To a ten-thousandth, which is finer than a byte tells.
fn rounded(share: f32) -> f64 {
    (f64::from(share) * 1e4).round() / 1e4
}
