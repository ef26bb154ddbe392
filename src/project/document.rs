//! What `ritmo.json` holds.

use super::{Bookmark, Layers, Measure};
use crate::classify::clean::Recipe;
use crate::cube::picture::Display;
use crate::cube::{Filling, NamedIndex, Smoothing, Units};
use crate::labels::{ClassCode, Legend};
use crate::model::ModelSpec;
use crate::source::Basemap;
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
    /// How maps are cleaned.
    #[serde(skip_serializing_if = "Recipe::is_default")]
    pub cleaning: Recipe,
    /// Whether a model is retrained by itself when labels have changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_learning: bool,
    /// The pictures of a server that can be laid under the map.
    #[serde(skip_serializing_if = "Basemap::is_default")]
    pub basemap: Basemap,
    /// Places with a name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<Bookmark>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            buffer_m: 20.0,
            model: ModelSpec::default(),
            indices: Vec::new(),
            bf16: false,
            cleaning: Recipe::default(),
            keep_learning: false,
            basemap: Basemap::default(),
            bookmarks: Vec::new(),
        }
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
    /// The layers of the map.
    pub layers: Layers,
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
    /// The class map that was chosen to be shown; the newest where there is none of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// What the layer of uncertainty shows.
    #[serde(skip_serializing_if = "Measure::is_default")]
    pub measure: Measure,
    /// What is compared on the map.
    #[serde(skip_serializing_if = "Comparison::is_default")]
    pub comparison: Comparison,
    /// Units of bands in the plot and the tables beside it; what a cube does not know is told as it is stored.
    #[serde(skip_serializing_if = "Units::is_dn")]
    pub units: Units,
    /// Whether the plot lays years over one another.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub years: bool,
    /// Whether the plot shows the spectrum of the date.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spectrum: bool,
    /// Classes whose usual year the plot shows behind the pixels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub envelopes: Vec<ClassCode>,
}

/// How the map compares two sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareMode {
    /// It shows one thing.
    #[default]
    Off,
    /// A handle divides the map: left of it the main side, right of it the other.
    Swipe,
    /// Two maps of the same place beside each other.
    SideBySide,
    /// Where two class maps differ.
    Differences,
}

/// Two sides that are compared on the map: the main one, which follows the timeline, and the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// How.
    pub mode: CompareMode,
    /// Whether the main side shows the class map in place of the image of the date.
    pub main_map: bool,
    /// The class map that the other side shows, by name; an image where there is none.
    pub other_map: Option<String>,
    /// Index of the date whose image the other side shows.
    pub other_time: usize,
    /// Where the handle of the swipe stands, from 0 (left) to 1.
    pub split: f32,
}

impl Default for Comparison {
    fn default() -> Self {
        Self { mode: CompareMode::Off, main_map: false, other_map: None, other_time: 0, split: 0.5 }
    }
}

impl Comparison {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for View {
    fn default() -> Self {
        Self {
            site: None,
            time: 0,
            centre: None,
            zoom: 14.0,
            layers: Layers::default(),
            pins: Vec::new(),
            composite: Vec::new(),
            recent: Vec::new(),
            display: Display::default(),
            gaps: Filling::default(),
            smoothing: Smoothing::default(),
            map: None,
            measure: Measure::default(),
            comparison: Comparison::default(),
            units: Units::default(),
            years: false,
            spectrum: false,
            envelopes: Vec::new(),
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
