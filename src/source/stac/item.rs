//! Items of STAC as they come, read leniently: what is not as it should be is left open, not refused.
//!
//! STAC 1.0 and 1.1, with the extensions eo, proj, raster and grid: <https://github.com/radiantearth/stac-spec>.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A link.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    pub rel: String,
    #[serde(default)]
    pub href: String,
    pub method: Option<String>,
    pub body: Option<Value>,
    #[serde(default)]
    pub merge: bool,
}

/// An item.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Item {
    pub id: String,
    pub collection: Option<String>,
    pub geometry: Option<Value>,
    #[serde(default)]
    pub properties: Map<String, Value>,
    #[serde(default)]
    pub assets: BTreeMap<String, ItemAsset>,
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A file of an item.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ItemAsset {
    #[serde(default)]
    pub href: String,
    #[serde(rename = "type")]
    pub media: Option<String>,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What catalogues, collections, landing pages and pages of items share.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Page {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(default, rename = "conformsTo")]
    pub conforms_to: Vec<String>,
    #[serde(default)]
    pub links: Vec<Link>,
    pub features: Option<Vec<Value>>,
    #[serde(rename = "numberMatched")]
    pub matched: Option<u64>,
    pub context: Option<Context>,
    pub collections: Option<Vec<Value>>,
}

/// What older servers say of a page.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Context {
    pub matched: Option<u64>,
}

impl Page {
    /// The first link of this kind.
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.rel == rel)
    }

    /// How many items there are in all, where it is told.
    pub fn matched(&self) -> Option<u64> {
        self.matched.or_else(|| self.context.as_ref()?.matched)
    }

    /// Whether the server follows a rule of this name.
    pub fn conforms(&self, rule: &str) -> bool {
        self.conforms_to.iter().any(|own| own.trim_end_matches('/').ends_with(rule))
    }
}

impl Item {
    /// A property that is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        let value = self.properties.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    }

    /// A property that is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.properties.get(key)?.as_str()
    }
}

impl ItemAsset {
    /// The first of its bands as some extension describes it.
    fn band(&self, key: &str) -> Option<&Map<String, Value>> {
        self.more.get(key)?.as_array()?.first()?.as_object()
    }

    /// Whether it says that this is what it is for ("thumbnail").
    pub fn has_role(&self, role: &str) -> bool {
        let roles = self.more.get("roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|own| own.as_str() == Some(role)))
    }

    /// How many bands it says it has.
    pub fn bands(&self) -> usize {
        let count = |key: &str| self.more.get(key).and_then(Value::as_array).map(Vec::len);
        count("eo:bands").or_else(|| count("bands")).or_else(|| count("raster:bands")).unwrap_or(1)
    }

    /// Name and common name of its one band, as the extension eo has them.
    pub fn names(&self) -> Vec<&str> {
        let of = |key: &str, name: &str| self.band(key)?.get(name)?.as_str();
        let own = self.more.get("eo:common_name").and_then(Value::as_str);
        [
            of("eo:bands", "name"),
            of("bands", "name"),
            of("eo:bands", "common_name"),
            of("bands", "eo:common_name"),
            own,
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// A number of the extension raster ("scale", "offset", "nodata").
    pub fn raster(&self, name: &str) -> Option<f64> {
        let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
        let prefixed = format!("raster:{name}");
        let bands = ["raster:bands", "bands"].into_iter().filter_map(|key| self.band(key));
        let of_band = bands.into_iter().find_map(|band| band.get(name).or_else(|| band.get(&prefixed)));
        of_band.or_else(|| self.more.get(&prefixed)).or_else(|| self.more.get(name)).and_then(number)
    }

    /// Whole numbers of a list ("proj:shape").
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        self.more.get(key)?.as_array()?.iter().map(Value::as_f64).collect()
    }
}
