//! Scenes: what an item is to Ritmo. Bands have the names they have everywhere here, whatever the catalogue calls them.

use super::item::{Item, ItemAsset};
use crate::geo::remote::keep_query;
use crate::source::dates::dates_in;
use crate::source::sensors::{Sensor, common_name, sensor_by_key};
use chrono::{DateTime, NaiveDateTime, Utc};
use geo::{BoundingRect, MultiPolygon};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One scene of a catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Its id in the catalogue.
    pub id: String,
    /// The collection it belongs to.
    pub collection: Option<String>,
    /// When it was taken, UTC.
    pub taken: NaiveDateTime,
    /// Where it lies: polygons of longitude and latitude.
    pub footprint: MultiPolygon<f64>,
    /// The share that clouds cover, from 0 to 1, where the catalogue tells.
    pub cloud: Option<f64>,
    /// The satellite, where it is told ("sentinel-2a").
    pub platform: Option<String>,
    /// The sensor, by its key in the catalogue of sensors.
    pub sensor: Option<&'static str>,
    /// Its tile ("14QMJ", "013032"), where it is told.
    pub tile: Option<String>,
    /// The processing baseline of Sentinel-2, as stated.
    pub baseline: Option<(u32, u32)>,
    /// What is known of the offset of its values.
    pub offset: Offset,
    /// Its files by band: "B04", "SCL"; of Landsat "red", "qa_pixel".
    pub assets: BTreeMap<String, SceneAsset>,
    /// A small picture of it: a file, or an address whose query may be a secret. For [`super::fetch_preview`] alone.
    pub preview: Option<String>,
}

/// One file of a scene.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneAsset {
    /// Where it lies: a file, or an address without its query.
    pub path: PathBuf,
    /// Physical value = stored value x scale + offset, where the catalogue states both.
    pub scaling: Option<(f64, f64)>,
    /// The value that means "no observation", where it is stated.
    pub nodata: Option<f64>,
    /// Rows and columns, where they are stated.
    pub shape: Option<[u32; 2]>,
    /// Side of its pixels in units of its coordinate system, where it is stated.
    pub pixel: Option<f64>,
    /// The corner from which its pixels are counted, in its coordinate system, where it is stated.
    pub corner: Option<[f64; 2]>,
    /// Bytes of the file, where they are stated.
    pub bytes: Option<u64>,
}

/// What is known of the 1000 that Sentinel-2 adds to its values since processing baseline 04.00.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offset {
    /// The values are shifted by 1000.
    Shifted,
    /// They are not: an older baseline, or the catalogue took it away.
    Unshifted,
    /// Nothing is stated.
    Unknown,
    /// What is stated contradicts itself: the darkest pixels have to tell.
    Contradictory,
}

impl Scene {
    /// A scene of an item; `resolve` makes addresses of its files whole.
    ///
    /// # Errors
    /// Why it cannot be used, for people.
    pub(super) fn of(item: &Item, resolve: &dyn Fn(&str) -> String) -> Result<Self, String> {
        let footprint = match item.geometry.as_ref() {
            None | Some(serde_json::Value::Null) => return Err("it has no geometry".into()),
            Some(geometry) => polygons(geometry).ok_or("its geometry is no polygon")?,
        };
        let taken = taken(item).ok_or("it has no date")?;
        let platform = item.text("platform").map(|text| text.to_ascii_lowercase());
        let sensor = sensor_of(item, platform.as_deref());
        let assets = assets_of(item, sensor.and_then(sensor_by_key), resolve);
        let baseline = baseline_of(item);
        let offset = match sensor {
            Some(key) if key.starts_with("sentinel-2") => offset_of(item, baseline),
            _ => Offset::Unshifted,
        };
        Ok(Self {
            id: item.id.clone(),
            collection: item.collection.clone(),
            taken,
            footprint,
            cloud: item.number("eo:cloud_cover").map(|percent| (percent / 100.0).clamp(0.0, 1.0)),
            platform,
            sensor,
            tile: tile_of(item),
            baseline,
            offset,
            assets,
            preview: preview_of(item, resolve),
        })
    }

    /// The layer that tells clear pixels from cloudy ones.
    pub fn mask(&self) -> Option<&'static str> {
        ["SCL", "qa_pixel"].into_iter().find(|name| self.assets.contains_key(*name))
    }

    /// Whether its footprint touches an extent of longitudes and latitudes (west, south, east, north). Footprints over the
    /// antimeridian may go on beyond 180 degrees on either side.
    pub fn touches(&self, [west, south, east, north]: [f64; 4]) -> bool {
        use geo::Intersects;
        [0.0, 360.0, -360.0].into_iter().any(|turn| {
            let rect = geo::Rect::new((west + turn, south), (east + turn, north));
            self.footprint.bounding_rect().is_some_and(|own| own.intersects(&rect))
                && self.footprint.intersects(&rect.to_polygon())
        })
    }
}

/// The picture that an item has for looking at: named or marked as one, and small enough to be one.
fn preview_of(item: &Item, resolve: &dyn Fn(&str) -> String) -> Option<String> {
    let is_picture = |asset: &&ItemAsset| {
        let media = asset.media.as_deref().unwrap_or_default();
        let file = asset.href.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        ["image/png", "image/jpeg", "image/jpg", "image/webp"].iter().any(|own| media.starts_with(own))
            || [".png", ".jpg", ".jpeg", ".webp"].iter().any(|end| file.ends_with(end))
    };
    let named =
        ["thumbnail", "rendered_preview", "preview"].into_iter().filter_map(|key| item.assets.get(key));
    let of_role = |role: &'static str| item.assets.values().filter(move |asset| asset.has_role(role));
    let all = named.chain(of_role("thumbnail")).chain(of_role("overview"));
    all.filter(is_picture).find(|asset| !asset.href.trim().is_empty()).map(|asset| resolve(&asset.href))
}

/// Polygons of a geometry of GeoJSON.
fn polygons(geometry: &serde_json::Value) -> Option<MultiPolygon<f64>> {
    let geometry: geojson::Geometry = serde_json::from_value(geometry.clone()).ok()?;
    let polygons = match geo::Geometry::<f64>::try_from(geometry).ok()? {
        geo::Geometry::Polygon(polygon) => MultiPolygon(vec![polygon]),
        geo::Geometry::MultiPolygon(polygons) => polygons,
        _ => return None,
    };
    let rect = polygons.bounding_rect()?;
    let sound = [rect.min().x, rect.min().y, rect.max().x, rect.max().y].iter().all(|n| n.is_finite());
    sound.then_some(polygons)
}

fn taken(item: &Item) -> Option<NaiveDateTime> {
    let text = ["datetime", "start_datetime"].iter().find_map(|key| item.text(key))?;
    if let Ok(when) = DateTime::parse_from_rfc3339(text) {
        return Some(when.with_timezone(&Utc).naive_utc());
    }
    let found = dates_in(text).into_iter().next()?;
    Some(found.date.and_time(found.time.unwrap_or_default()))
}

fn sensor_of(item: &Item, platform: Option<&str>) -> Option<&'static str> {
    let collection = item.collection.as_deref().unwrap_or_default().to_ascii_lowercase();
    let platform = platform.unwrap_or_default();
    let says = |word: &str| collection.contains(word) || item.id.to_ascii_lowercase().contains(word);
    if says("sentinel-2") || platform.starts_with("sentinel-2") || item.id.starts_with("S2") {
        let is_l1c = says("l1c") || item.text("processing:level").is_some_and(|level| level.contains("L1C"));
        return Some(if is_l1c { "sentinel-2-l1c" } else { "sentinel-2-l2a" });
    }
    let number = platform
        .strip_prefix("landsat-")
        .or_else(|| platform.strip_prefix("landsat_"))
        .and_then(|rest| rest.parse::<u32>().ok());
    let is_second = says("c2") || item.text("landsat:collection_number") == Some("02");
    match number.filter(|_| is_second && !says("l1")) {
        Some(4) => Some("landsat-4-l2"),
        Some(5) => Some("landsat-5-l2"),
        Some(7) => Some("landsat-7-l2"),
        Some(8) => Some("landsat-8-l2"),
        Some(9) => Some("landsat-9-l2"),
        _ => None,
    }
}

fn tile_of(item: &Item) -> Option<String> {
    let mgrs = item.text("s2:mgrs_tile").or_else(|| item.text("grid:code")?.strip_prefix("MGRS-"));
    if let Some(tile) = mgrs {
        return Some(tile.trim_start_matches('T').to_owned());
    }
    let part = |key: &str| item.number(key).map(|n| n as u32);
    if let (Some(zone), Some(band), Some(square)) =
        (part("mgrs:utm_zone"), item.text("mgrs:latitude_band"), item.text("mgrs:grid_square"))
    {
        return Some(format!("{zone:02}{band}{square}"));
    }
    match (part("landsat:wrs_path"), part("landsat:wrs_row")) {
        (Some(path), Some(row)) => Some(format!("{path:03}{row:03}")),
        _ => None,
    }
}

fn baseline_of(item: &Item) -> Option<(u32, u32)> {
    let text = item.text("s2:processing_baseline").or_else(|| item.text("processing:version"))?;
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether the values are shifted, by all that is stated of it: the baseline, whether the catalogue took the offset away,
/// and the offsets of the bands.
fn offset_of(item: &Item, baseline: Option<(u32, u32)>) -> Offset {
    let by_baseline = baseline.map(|baseline| baseline >= (4, 0));
    let flag = ["earthsearch:boa_offset_applied", "s2:boa_offset_applied"]
        .iter()
        .find_map(|key| item.properties.get(*key)?.as_bool());
    let stated: Vec<bool> = item
        .assets
        .values()
        .filter(|asset| asset.bands() == 1)
        .filter_map(|asset| Some((asset.raster("scale")?, asset.raster("offset")?)))
        // Those of reflectances: classes and the air have scales of their own.
        .filter(|(scale, offset)| {
            (scale - 1e-4).abs() < 1e-9 && (*offset == 0.0 || (offset + 0.1).abs() < 1e-9)
        })
        .map(|(_, offset)| offset != 0.0)
        .collect();
    let by_bands = match (stated.iter().any(|shifted| *shifted), stated.iter().all(|shifted| *shifted)) {
        _ if stated.is_empty() => None,
        (true, true) => Some(true),
        (false, _) => Some(false),
        (true, false) => return Offset::Contradictory,
    };
    match (flag, by_baseline, by_bands) {
        // Taken away: no band may have it still.
        (Some(true), _, None | Some(false)) => Offset::Unshifted,
        (Some(true), _, Some(true)) => Offset::Contradictory,
        (_, None, None) => Offset::Unknown,
        (_, Some(shifted), None) | (_, None, Some(shifted)) => state(shifted),
        (_, Some(a), Some(b)) if a == b => state(a),
        _ => Offset::Contradictory,
    }
}

fn state(shifted: bool) -> Offset {
    if shifted { Offset::Shifted } else { Offset::Unshifted }
}

/// The files by band. Of several that are the same band the best is taken: named so, a GeoTIFF, of the finest pixels.
fn assets_of(
    item: &Item,
    sensor: Option<&Sensor>,
    resolve: &dyn Fn(&str) -> String,
) -> BTreeMap<String, SceneAsset> {
    let mut best: BTreeMap<String, (u32, &ItemAsset)> = BTreeMap::new();
    for (key, asset) in &item.assets {
        if asset.href.trim().is_empty() || asset.bands() > 1 {
            continue;
        }
        let Some((name, mut rank)) = band_of(key, asset, sensor) else { continue };
        let media = asset.media.as_deref().unwrap_or_default();
        if media.contains("jp2") || key.ends_with("-jp2") {
            rank += 4;
        }
        let metres = key.rsplit_once('_').and_then(|(_, end)| end.strip_suffix('m')?.parse::<u32>().ok());
        rank = rank * 100 + metres.unwrap_or(0).min(99);
        if best.get(&name).is_none_or(|(other, _)| rank < *other) {
            best.insert(name, (rank, asset));
        }
    }
    let asset = |(name, (_, asset)): (String, (u32, &ItemAsset))| (name, scene_asset(item, asset, resolve));
    best.into_iter().map(asset).collect()
}

fn scene_asset(item: &Item, asset: &ItemAsset, resolve: &dyn Fn(&str) -> String) -> SceneAsset {
    let numbers = |key: &str| {
        let of_item =
            || item.properties.get(key)?.as_array()?.iter().map(serde_json::Value::as_f64).collect();
        asset.numbers(key).or_else(of_item)
    };
    let shape = numbers("proj:shape").and_then(|shape: Vec<f64>| match shape.as_slice() {
        [rows, columns] if *rows >= 1.0 && *columns >= 1.0 => Some([*rows as u32, *columns as u32]),
        _ => None,
    });
    let transform = numbers("proj:transform");
    let scaling = asset.raster("scale").zip(asset.raster("offset"));
    SceneAsset {
        path: keep_query(&PathBuf::from(resolve(&asset.href))),
        scaling,
        nodata: asset.raster("nodata"),
        shape,
        corner: transform.as_ref().and_then(|numbers: &Vec<f64>| Some([*numbers.get(2)?, *numbers.get(5)?])),
        pixel: transform.and_then(|numbers: Vec<f64>| numbers.first().copied()).filter(|side| *side > 0.0),
        bytes: asset.more.get("file:size").and_then(serde_json::Value::as_u64),
    }
}

/// The band that an asset is, and how sure that is (less is surer).
fn band_of(key: &str, asset: &ItemAsset, sensor: Option<&Sensor>) -> Option<(String, u32)> {
    let plain = match key.rsplit_once('_') {
        // `B04_10m` of the Copernicus Data Space.
        Some((name, end)) if end.strip_suffix('m').is_some_and(|n| n.parse::<u32>().is_ok()) => name,
        _ => key.strip_suffix("-jp2").unwrap_or(key),
    };
    if plain.eq_ignore_ascii_case("scl") {
        return Some(("SCL".into(), 0));
    }
    if plain.eq_ignore_ascii_case("qa_pixel") {
        return Some(("qa_pixel".into(), 0));
    }
    let named = |word: &str| -> Option<String> {
        match sensor {
            Some(sensor) if sensor.key.starts_with("sentinel-2") => {
                let by_name = sensor.band(word).map(|band| band.names[0]);
                let common = || common_name(word);
                let by_common =
                    || sensor.bands.iter().find(|band| band.common == common()).map(|b| b.names[0]);
                by_name.or_else(|| common().and_then(|_| by_common())).map(str::to_owned)
            }
            Some(sensor) => {
                // Satellites of one family number their bands differently, so that only the common names are the same.
                let common = common_name(word)?;
                let has = |common: &str| sensor.bands.iter().any(|band| band.common == Some(common));
                match common {
                    "nir08" if !has("nir08") => Some("nir".to_owned()),
                    common if has(common) => Some(common.to_owned()),
                    _ => None,
                }
            }
            None => common_name(word).map(str::to_owned),
        }
    };
    if let Some(name) = named(plain) {
        return Some((name, 0));
    }
    asset.names().into_iter().find_map(named).map(|name| (name, 1))
}

#[cfg(test)]
mod tests;
