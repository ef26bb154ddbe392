//! What `ritmo.json` holds.

use crate::cube::picture::Display;
use crate::cube::{Filling, NamedIndex, Smoothing};
use crate::labels::Legend;
use crate::model::ModelSpec;
use serde::{Deserialize, Serialize};

/// The version of `ritmo.json` that this program writes, and the newest it reads.
pub const VERSION: u32 = 1;

/// Sites, legend and settings of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Version of the format.
    pub version: u32,
    /// The project's name, for people.
    pub name: String,
    /// Places with a cube of their own.
    #[serde(default)]
    pub sites: Vec<Site>,
    /// The classes.
    #[serde(default)]
    pub legend: Legend,
    /// Settings that belong to the work.
    #[serde(default)]
    pub settings: Settings,
    /// Where one was looking; not part of undo.
    #[serde(default)]
    pub view: View,
}

/// A place with a cube of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Its name, unique in the project.
    pub name: String,
    /// Folder of the cube, relative to the project.
    pub cube: String,
    /// A map of the truth, where there is one (the demo has), relative to the project. For assessment only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_map: Option<String>,
    /// Longitude and latitude of its corners: top left, top right, bottom right, bottom left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footprint: Option<[[f64; 2]; 4]>,
}

/// Settings that belong to the work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The inward buffer of annotations that have none of their own, in metres.
    pub buffer_m: f64,
    /// What to train, and how.
    pub model: ModelSpec,
    /// Indices of the project's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indices: Vec<NamedIndex>,
    /// Whether maps are made in bfloat16.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bf16: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { buffer_m: 20.0, model: ModelSpec::default(), indices: Vec::new(), bf16: false }
    }
}

/// Where one was looking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The site on screen.
    pub site: Option<String>,
    /// Index of the date on screen.
    pub time: usize,
    /// Longitude and latitude of the middle of the map.
    pub centre: Option<[f64; 2]>,
    /// The map's zoom (web mercator).
    pub zoom: f64,
    /// How opaque the class map is drawn, from 0 to 1.
    pub map_opacity: f32,
    /// Pixels pinned in the plot (column, row).
    pub pins: Vec<(u32, u32)>,
    /// What the map shows: three bands or indices by name, or one; natural colour where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub composite: Vec<String>,
    /// What the map showed before, the newest first; without what has a name of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<Vec<String>>,
    /// How values become brightness and colour.
    #[serde(skip_serializing_if = "Display::is_default")]
    pub display: Display,
    /// How the plot fills gaps.
    #[serde(skip_serializing_if = "Filling::is_default")]
    pub gaps: Filling,
    /// The smooth line in the plot.
    #[serde(skip_serializing_if = "Smoothing::is_off")]
    pub smoothing: Smoothing,
}

impl Default for View {
    fn default() -> Self {
        Self {
            site: None,
            time: 0,
            centre: None,
            zoom: 14.0,
            map_opacity: 0.7,
            pins: Vec::new(),
            composite: Vec::new(),
            recent: Vec::new(),
            display: Display::default(),
            gaps: Filling::default(),
            smoothing: Smoothing::default(),
        }
    }
}

impl Document {
    /// An empty project.
    pub fn new(name: impl Into<String>, legend: Legend) -> Self {
        Self {
            version: VERSION,
            name: name.into(),
            sites: Vec::new(),
            legend,
            settings: Settings::default(),
            view: View::default(),
        }
    }

    /// The site of this name.
    pub fn site(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|s| s.name == name)
    }
}
