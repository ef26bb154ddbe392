//! What people choose of an import; command line and window fill the same.

use crate::labels::Confidence;
use std::collections::BTreeMap;

/// How labels are imported.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportSettings {
    /// How the files are read.
    pub reading: Reading,
    /// The field that holds the class; guessed where `None`.
    pub class_field: Option<String>,
    /// What values become, by their text (case and surrounding space apart); those that are not here become the class of their
    /// name, which is added where it is missing.
    pub classes: BTreeMap<String, ClassTarget>,
    /// What values that are numbers mean. In vector files names, then codes, where `None`; those of a raster have no meaning
    /// unless it is given.
    pub numbers: Option<Numbers>,
    /// How sure what is imported is, where no field says.
    pub confidence: Confidence,
    /// Fields that hold more than the class.
    pub fields: MoreFields,
    /// The inward buffer given to what is imported, in metres; its class's or the project's where `None`.
    pub buffer_m: Option<f64>,
}

/// How files are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The layer, of a file with several.
    pub layer: Option<String>,
    /// Whether the first one is taken where there are several and none is given.
    pub first_layer: bool,
    /// The coordinate system as people write it; that of the file where `None`.
    pub crs: Option<String>,
    /// Whether x and y are turned about.
    pub swap_xy: bool,
    /// The encoding of text, of Shapefiles that do not tell.
    pub encoding: Option<String>,
    /// Regions of a raster with fewer pixels are left aside.
    pub min_pixels: u32,
    /// Whether the value 0 of a raster is a class; unlabelled otherwise.
    pub zero_is_class: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            layer: None,
            first_layer: false,
            crs: None,
            swap_xy: false,
            encoding: None,
            min_pixels: 1,
            zero_is_class: false,
        }
    }
}

/// Fields that hold more than the class, each by its name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MoreFields {
    /// How sure: "sure" or "likely", or what other programs write for it.
    pub confidence: Option<String>,
    /// Who drew it.
    pub author: Option<String>,
    /// What was noted; the name of the file where `None`.
    pub note: Option<String>,
    /// The first date it holds for.
    pub from: Option<String>,
    /// The last date it holds for.
    pub to: Option<String>,
    /// Its inward buffer in metres.
    pub buffer: Option<String>,
}

impl MoreFields {
    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let all = [&self.confidence, &self.author, &self.note, &self.from, &self.to, &self.buffer];
        all.into_iter().filter_map(|name| name.as_deref())
    }
}

/// What a value becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassTarget {
    /// The class of this name, which is added where it is missing.
    Class(String),
    /// A new class of this name with this code and colour, where they are free.
    New {
        /// Its name.
        name: String,
        /// Its code; the next free one where `None`.
        code: Option<u8>,
        /// Its colour; one that stands apart where `None`.
        colour: Option<[u8; 3]>,
    },
    /// Nothing: such features are left aside.
    Skip,
}

/// What values that are numbers mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Names of classes first, then codes of the legend, then names of new classes.
    NamesThenCodes,
    /// Codes of the legend; others are new classes with that code.
    Codes,
    /// Names of classes.
    Names,
    /// Codes of the Reforestamos legend in the order of wikidata: 1 forest, 2 dry_jungle, 3 humid_jungle …
    Wikidata,
    /// Codes of the Reforestamos legend in the order of the alphabet: 1 agriculture, 2 bare_soil, 3 dry_jungle …
    Alphabetical,
}

impl Numbers {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::NamesThenCodes, Self::Codes, Self::Names, Self::Wikidata, Self::Alphabetical];

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NamesThenCodes => "auto",
            Self::Codes => "codes",
            Self::Names => "names",
            Self::Wikidata => "wikidata",
            Self::Alphabetical => "alphabetical",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::NamesThenCodes => "Names, then codes",
            Self::Codes => "Codes of the legend",
            Self::Names => "Names of classes",
            Self::Wikidata => "Reforestamos, wikidata: 1 forest",
            Self::Alphabetical => "Reforestamos, alphabetical: 1 agriculture",
        }
    }

    /// The class that a value of a raster stands for in one of the Reforestamos codings.
    pub fn class_of(self, value: i32) -> Option<&'static str> {
        self.coded(u8::try_from(value).ok()?)
    }

    /// The class that a number stands for in one of the Reforestamos codings.
    pub(super) fn coded(self, code: u8) -> Option<&'static str> {
        let at = usize::from(code.checked_sub(1)?);
        match self {
            Self::Wikidata => WIKIDATA.get(at).copied(),
            Self::Alphabetical => ALPHABETICAL.get(at).copied(),
            _ => None,
        }
    }
}

/// Classes 1 to 10 in the coding `wikidata`.
const WIKIDATA: [&str; 10] = [
    "forest",
    "dry_jungle",
    "humid_jungle",
    "pasture",
    "agriculture",
    "urban",
    "without_apparent_vegetation",
    "water",
    "scrub",
    "bare_soil",
];

/// Classes 1 to 10 in the alphabetical coding.
const ALPHABETICAL: [&str; 10] = [
    "agriculture",
    "bare_soil",
    "dry_jungle",
    "forest",
    "humid_jungle",
    "pasture",
    "scrub",
    "urban",
    "water",
    "without_apparent_vegetation",
];
