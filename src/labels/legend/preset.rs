//! Legends that are in circulation.

use super::{Class, ClassCode, Legend};

/// A legend to begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preset {
    /// Mexico's forest corridors: codes of the `wikidata` coding, colours of the notebooks.
    #[default]
    Reforestamos,
    /// The same classes with alphabetical codes.
    ReforestamosAlphabetical,
    /// `wikidata` codes with the colours of PEARL.
    ReforestamosPearl,
    /// Alphabetical codes with the colours of PEARL.
    ReforestamosAlphabeticalPearl,
    /// ESA WorldCover: codes, names and colours as in its product user manual
    /// (<https://esa-worldcover.org/en/data-access>).
    WorldCover,
    /// Dynamic World (Brown et al. 2022, 10.1038/s41597-022-01307-4); codes are the raster's values and one.
    DynamicWorld,
    /// No class yet.
    Blank,
}

/// A name, its codes in the `wikidata` and in the alphabetical coding, its colours in the notebooks and in PEARL.
type InBothCodings = (&'static str, [ClassCode; 2], [[u8; 3]; 2]);

const REFORESTAMOS: [InBothCodings; 10] = [
    ("forest", [1, 4], [[1, 50, 32], [0x6c, 0xa9, 0x66]]),
    ("dry_jungle", [2, 3], [[0, 168, 132], [0xb5, 0xc5, 0x90]]),
    ("humid_jungle", [3, 5], [[38, 115, 0], [0x00, 0xa8, 0x84]]),
    ("pasture", [4, 6], [[76, 230, 0], [0xdb, 0xd7, 0x46]]),
    ("agriculture", [5, 1], [[163, 255, 115], [0xa9, 0x6e, 0x2c]]),
    ("urban", [6, 8], [[255, 170, 0], [0xf1, 0x01, 0x00]]),
    ("without_apparent_vegetation", [7, 10], [[255, 0, 0], [0xd0, 0xf3, 0xab]]),
    ("water", [8, 9], [[38, 115, 120], [0x48, 0x6d, 0xa2]]),
    ("scrub", [9, 7], [[76, 23, 50], [0xab, 0xc9, 0x64]]),
    ("bare_soil", [10, 2], [[163, 0, 175], [0xb3, 0xac, 0x9f]]),
];

const WORLD_COVER: [(ClassCode, &str, [u8; 3]); 11] = [
    (10, "Tree cover", [0x00, 0x64, 0x00]),
    (20, "Shrubland", [0xff, 0xbb, 0x22]),
    (30, "Grassland", [0xff, 0xff, 0x4c]),
    (40, "Cropland", [0xf0, 0x96, 0xff]),
    (50, "Built-up", [0xfa, 0x00, 0x00]),
    (60, "Bare / sparse vegetation", [0xb4, 0xb4, 0xb4]),
    (70, "Snow and ice", [0xf0, 0xf0, 0xf0]),
    (80, "Permanent water bodies", [0x00, 0x64, 0xc8]),
    (90, "Herbaceous wetland", [0x00, 0x96, 0xa0]),
    (95, "Mangroves", [0x00, 0xcf, 0x75]),
    (100, "Moss and lichen", [0xfa, 0xe6, 0xa0]),
];

/// In the order of the raster's values, from 0 on.
const DYNAMIC_WORLD: [(&str, [u8; 3]); 9] = [
    ("water", [0x41, 0x9b, 0xdf]),
    ("trees", [0x39, 0x7d, 0x49]),
    ("grass", [0x88, 0xb0, 0x53]),
    ("flooded_vegetation", [0x7a, 0x87, 0xc6]),
    ("crops", [0xe4, 0x96, 0x35]),
    ("shrub_and_scrub", [0xdf, 0xc3, 0x5a]),
    ("built", [0xc4, 0x28, 0x1b]),
    ("bare", [0xa5, 0x9b, 0x8f]),
    ("snow_and_ice", [0xb3, 0x9f, 0xe1]),
];

impl Preset {
    /// All presets, in order.
    pub const ALL: [Self; 7] = [
        Self::Reforestamos,
        Self::ReforestamosAlphabetical,
        Self::ReforestamosPearl,
        Self::ReforestamosAlphabeticalPearl,
        Self::WorldCover,
        Self::DynamicWorld,
        Self::Blank,
    ];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reforestamos => "reforestamos",
            Self::ReforestamosAlphabetical => "reforestamos-alphabetical",
            Self::ReforestamosPearl => "reforestamos-pearl",
            Self::ReforestamosAlphabeticalPearl => "reforestamos-alphabetical-pearl",
            Self::WorldCover => "worldcover",
            Self::DynamicWorld => "dynamic-world",
            Self::Blank => "blank",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reforestamos => "Forest corridors",
            Self::ReforestamosAlphabetical => "Forest corridors, alphabetical codes",
            Self::ReforestamosPearl => "Forest corridors, PEARL's colours",
            Self::ReforestamosAlphabeticalPearl => "Forest corridors, alphabetical codes, PEARL's colours",
            Self::WorldCover => "ESA WorldCover",
            Self::DynamicWorld => "Dynamic World",
            Self::Blank => "Blank",
        }
    }

    /// What it is and how it is coded, in a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Reforestamos => {
                "The ten classes of Mexico's forest corridors, coded as in wikidata (forest is 1), in the \
                 colours of the notebooks"
            }
            Self::ReforestamosAlphabetical => {
                "The ten classes of Mexico's forest corridors, coded in alphabetical order (agriculture is 1, \
                 forest is 4), in the colours of the notebooks"
            }
            Self::ReforestamosPearl => {
                "The ten classes of Mexico's forest corridors, coded as in wikidata (forest is 1), in the \
                 colours of PEARL, some of which look much alike"
            }
            Self::ReforestamosAlphabeticalPearl => {
                "The ten classes of Mexico's forest corridors, coded in alphabetical order (agriculture is 1, \
                 forest is 4), in the colours of PEARL, some of which look much alike"
            }
            Self::WorldCover => "The eleven classes of ESA WorldCover with its own codes, 10 to 100",
            Self::DynamicWorld => {
                "The nine classes of Dynamic World. Its rasters count from 0 (water) to 8, where 0 is unlabelled \
                 here: each code is the raster's value and one, from 1 (water) to 9 (snow_and_ice)"
            }
            Self::Blank => "No class yet: add your own, or import a legend",
        }
    }

    /// The preset that the command line calls by this name (case and surrounding space apart).
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Its classes.
    pub fn legend(self) -> Legend {
        let classes = match self {
            Self::Reforestamos => reforestamos(0, 0),
            Self::ReforestamosAlphabetical => reforestamos(1, 0),
            Self::ReforestamosPearl => reforestamos(0, 1),
            Self::ReforestamosAlphabeticalPearl => reforestamos(1, 1),
            Self::WorldCover => {
                WORLD_COVER.into_iter().map(|(code, name, colour)| Class::new(code, name, colour)).collect()
            }
            Self::DynamicWorld => {
                let codes = 1..;
                codes
                    .zip(DYNAMIC_WORLD)
                    .map(|(code, (name, colour))| Class::new(code, name, colour))
                    .collect()
            }
            Self::Blank => Vec::new(),
        };
        Legend { classes }
    }

    /// The value that the rasters of its makers have for one of its codes.
    pub fn raster_value(self, code: ClassCode) -> Option<u8> {
        self.legend().class(code)?;
        Some(if self == Self::DynamicWorld { code - 1 } else { code })
    }
}

/// The classes in the order of the coding, with its codes.
fn reforestamos(coding: usize, colours: usize) -> Vec<Class> {
    let class = |(name, codes, both): InBothCodings| Class::new(codes[coding], name, both[colours]);
    let mut classes: Vec<_> = REFORESTAMOS.into_iter().map(class).collect();
    classes.sort_by_key(|class| class.code);
    classes
}
