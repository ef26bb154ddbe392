//! What plain numbers can mean.

use crate::labels::{Legend, Preset};

/// What the values of a raster mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// They are the codes of the project's legend.
    Legend,
    /// They are those of a legend in circulation.
    Preset(Preset),
}

impl Meaning {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Legend,
        Self::Preset(Preset::Reforestamos),
        Self::Preset(Preset::ReforestamosAlphabetical),
        Self::Preset(Preset::WorldCover),
        Self::Preset(Preset::DynamicWorld),
    ];

    /// What the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Legend => "legend",
            Self::Preset(Preset::Reforestamos) => "wikidata",
            Self::Preset(Preset::ReforestamosAlphabetical) => "alphabetical",
            Self::Preset(preset) => preset.name(),
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Legend => "Codes of the legend",
            Self::Preset(preset) => preset.title(),
        }
    }

    /// The name and colour of a value, where it has one.
    pub(super) fn class(self, value: i64, legend: &Legend) -> Option<(String, [u8; 3])> {
        let wanted = u8::try_from(value).ok()?;
        let (legend, code) = match self {
            Self::Legend => (legend.clone(), wanted),
            Self::Preset(preset) => {
                let own = preset.legend();
                let code =
                    own.classes.iter().map(|c| c.code).find(|c| preset.raster_value(*c) == Some(wanted))?;
                (own, code)
            }
        };
        legend.class(code).map(|class| (class.name.clone(), class.colour))
    }
}

/// Whether values can only be those of ESA WorldCover: three of its codes or more, one of them above all codes of ten classes,
/// and nothing else but 0.
pub(super) fn look_like_worldcover(values: impl Iterator<Item = i64>) -> bool {
    let own = Preset::WorldCover.legend();
    let mut found = Vec::new();
    for value in values.filter(|value| *value != 0) {
        if !u8::try_from(value).is_ok_and(|code| own.class(code).is_some()) {
            return false;
        }
        found.push(value);
    }
    found.len() >= 3 && found.iter().any(|value| *value > 10)
}
