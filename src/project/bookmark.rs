//! Places with a name.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A place on the map with a name, and what was shown there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Its name, unique in the project.
    pub name: String,
    /// The site.
    pub site: String,
    /// Longitude and latitude of the middle of the map.
    pub centre: [f64; 2],
    /// The map's zoom (web mercator).
    pub zoom: f64,
    /// The date on screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// What the map shows: bands or indices by name; natural colour where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub composite: Vec<String>,
}
