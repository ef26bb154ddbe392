//! Basemaps: pictures of a tile server, by the template of their addresses.
//!
//! Tiles lie in web mercator, 256 pixels a side: at zoom `z` the world is `2^z` tiles wide and high, `x` counts from the west
//! and `y` from the north.

mod fetch;
#[cfg(test)]
mod tests;

pub use fetch::{TilePicture, TileTrouble, fetch_tile, tidy_cache};

use serde::{Deserialize, Serialize};

/// The greatest zoom that a basemap can have.
pub const GREATEST_ZOOM: u8 = 24;

/// A basemap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basemap {
    /// Its name, for people.
    pub name: String,
    /// The template of its addresses: `https://…/{z}/{x}/{y}.png`, with `{-y}` where rows count from the south, `{q}` for a
    /// quadkey, `{s}` for one of several servers (a, b, c).
    pub url: String,
    /// Whom it is from, as its licence wants it said.
    #[serde(default)]
    pub attribution: String,
    /// Nearer than this its server has no tiles.
    #[serde(default = "usual_zoom")]
    pub max_zoom: u8,
}

fn usual_zoom() -> u8 {
    18
}

/// A tile: zoom, column from the west, row from the north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileAddress {
    /// Zoom.
    pub z: u8,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
}

/// Why a template is no good, or a basemap is not; a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It is no address.
    #[error("the address of a basemap begins with https:// or http://")]
    NoAddress,
    /// It does not say which tile.
    #[error("the address does not say which tile: it needs {{z}}, {{x}} and {{y}} (or {{-y}}), or {{q}}")]
    NoTile,
    /// It has another place in braces.
    #[error("the address has {{{0}}}, which is none of {{z}}, {{x}}, {{y}}, {{-y}}, {{q}} and {{s}}")]
    Unknown(String),
    /// It has a character that addresses cannot have.
    #[error("the address has a space or another character that addresses cannot have")]
    Character,
    /// The zoom is beyond all servers.
    #[error("the greatest zoom of a basemap is between 0 and {GREATEST_ZOOM}")]
    Zoom,
}

impl Default for Basemap {
    fn default() -> Self {
        Self {
            name: "OpenStreetMap".into(),
            url: "https://tile.openstreetmap.org/{z}/{x}/{y}.png".into(),
            attribution: "© OpenStreetMap contributors".into(),
            max_zoom: 19,
        }
    }
}

impl Basemap {
    /// Basemaps that can be used without a key, each under its own terms.
    pub fn presets() -> [Self; 2] {
        // Of EOX's mosaics the one of 2016 is under CC BY 4.0, those of later years are not for commercial use:
        // https://cloudless.eox.at/documentation/license
        let cloudless = Self {
            name: "Sentinel-2 cloudless 2016".into(),
            url: "https://tiles.maps.eox.at/wmts/1.0.0/s2cloudless_3857/default/g/{z}/{y}/{x}.jpg".into(),
            attribution: "EOxCloudless https://cloudless.eox.at by EOX IT Services GmbH (Contains modified \
                          Copernicus Sentinel data 2016 & 2017), CC BY 4.0"
                .into(),
            max_zoom: 14,
        };
        [Self::default(), cloudless]
    }

    /// Whether it is the one that a project begins with.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks the template.
    ///
    /// # Errors
    /// [`TemplateError`] says what is wrong with it.
    pub fn check(&self) -> Result<(), TemplateError> {
        let url = self.url.as_str();
        let scheme = ["https://", "http://"].into_iter().find_map(|scheme| url.strip_prefix(scheme));
        if scheme.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
            return Err(TemplateError::NoAddress);
        }
        if url.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"`|\\^".contains(c)) {
            return Err(TemplateError::Character);
        }
        if self.max_zoom > GREATEST_ZOOM {
            return Err(TemplateError::Zoom);
        }
        let places: Vec<&str> =
            url.split('{').skip(1).map(|part| part.split_once('}').map_or(part, |(name, _)| name)).collect();
        if let Some(unknown) = places.iter().find(|name| !["z", "x", "y", "-y", "q", "s"].contains(name)) {
            return Err(TemplateError::Unknown((*unknown).to_string()));
        }
        let has = |name: &str| places.contains(&name);
        if has("q") || (has("z") && has("x") && (has("y") || has("-y"))) {
            Ok(())
        } else {
            Err(TemplateError::NoTile)
        }
    }

    /// The address of a tile.
    pub fn tile_url(&self, tile: TileAddress) -> String {
        let TileAddress { z, x, y } = tile;
        let south = (1u64 << z.min(31)).saturating_sub(1).saturating_sub(u64::from(y));
        // Neighbours come from different servers, the same tile always from the same one: its copy on the disk is found again.
        let server = ["a", "b", "c"][(x as usize + y as usize) % 3];
        self.url
            .replace("{z}", &z.to_string())
            .replace("{x}", &x.to_string())
            .replace("{y}", &y.to_string())
            .replace("{-y}", &south.to_string())
            .replace("{q}", &quadkey(tile))
            .replace("{s}", server)
    }

    /// The name of its server, without what may be secret.
    pub fn server(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.rsplit('@').next().unwrap_or_default()
    }
}

/// A digit a zoom: which quarter of the tile above it is.
fn quadkey(TileAddress { z, x, y }: TileAddress) -> String {
    let digit = |level: u8| {
        let bit = |v: u32| v.checked_shr(u32::from(level)).unwrap_or(0) & 1;
        char::from(b'0' + (bit(x) + 2 * bit(y)) as u8)
    };
    (0..z).rev().map(digit).collect()
}
