//! The ordered list of classes. Data, never code.

mod combine;
mod entries;
mod file;
mod json;
mod preset;
mod style;
mod table;

pub use combine::{Combine, Combined, Translation};
pub(crate) use entries::colour_of;
pub use file::{LegendFormat, read_legend, write_legend};
pub(crate) use json::colour_in;
pub use preset::Preset;
pub(crate) use style::parse_xml;
pub use style::qgis_style;

use super::LabelError;
use serde::{Deserialize, Serialize};

/// A class's code: 1 to 254. 0 is unlabelled, 255 nodata.
pub type ClassCode = u8;

/// The codes a class may have.
const CODES: std::ops::RangeInclusive<ClassCode> = 1..=254;

/// A class of the legend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// 1 to 254, apart from its place in the list.
    pub code: ClassCode,
    /// Its name, as the files of the users have it.
    pub name: String,
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// The group it stands in, where it stands in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The inward buffer of its annotations, in metres; the project's where `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buffer_m: Option<f64>,
}

impl Class {
    /// A class in no group, with the project's buffer.
    pub fn new(code: ClassCode, name: impl Into<String>, colour: [u8; 3]) -> Self {
        Self { code, name: name.into(), colour, group: None, buffer_m: None }
    }
}

/// The ordered list of classes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Legend {
    /// In the order they are listed.
    pub classes: Vec<Class>,
}

impl Legend {
    /// The ten classes of Mexico's forest corridors, codes as in the `wikidata` coding.
    ///
    /// The colours are those of the notebooks: of the two sets in use theirs lie twice as far apart on screen
    /// (nearest pair 0.12 in OKLab, pasture and agriculture; PEARL's 0.06, dry jungle and scrub).
    pub fn reforestamos() -> Self {
        Preset::Reforestamos.legend()
    }

    /// The class with this code.
    pub fn class(&self, code: ClassCode) -> Option<&Class> {
        self.classes.iter().find(|c| c.code == code)
    }

    /// The class with this name (case and surrounding space apart).
    pub fn by_name(&self, name: &str) -> Option<&Class> {
        let name = folded(name);
        self.classes.iter().find(|c| folded(&c.name) == name)
    }

    /// Adds a class of this name with the next free code and a colour that stands apart; gives its code.
    ///
    /// # Errors
    /// When all 254 codes are taken or the name is empty or taken.
    pub fn add(&mut self, name: &str) -> Result<ClassCode, LabelError> {
        self.add_with_code(name, None)
    }

    /// As [`Legend::add`], with `wanted` as its code where that is free.
    pub(super) fn add_with_code(
        &mut self,
        name: &str,
        wanted: Option<ClassCode>,
    ) -> Result<ClassCode, LabelError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(unusable("a class needs a name"));
        }
        if let Some(class) = self.by_name(name) {
            return Err(unusable(format!("there already is a class “{}”. Give another name", class.name)));
        }
        let free = |code: &ClassCode| CODES.contains(code) && self.class(*code).is_none();
        // After the highest first, so that a code freed by a deleted class is not soon used for another one.
        let highest = self.classes.iter().map(|c| c.code).max().unwrap_or(0);
        let code = wanted
            .filter(&free)
            .or_else(|| highest.checked_add(1).filter(&free))
            .or_else(|| CODES.clone().find(&free))
            .ok_or_else(|| unusable(format!("all 254 codes are taken, none is left for “{name}”")))?;
        let colour = self.colour_apart();
        self.classes.push(Class::new(code, name, colour));
        Ok(code)
    }

    /// Checks codes (1..=254, none twice) and names (none empty, none twice).
    ///
    /// # Errors
    /// [`LabelError::Legend`] that says which.
    pub fn check(&self) -> Result<(), LabelError> {
        for (i, class) in self.classes.iter().enumerate() {
            let Class { code, name, .. } = class;
            if !CODES.contains(code) {
                return Err(unusable(format!(
                    "“{name}” has the code {code}. Codes go from 1 to 254 (0 is unlabelled, 255 is nodata)"
                )));
            }
            if folded(name).is_empty() {
                return Err(unusable(format!("the class with code {code} has no name")));
            }
            for earlier in &self.classes[..i] {
                if earlier.code == *code {
                    return Err(unusable(format!("“{}” and “{name}” share the code {code}", earlier.name)));
                }
                if folded(&earlier.name) == folded(name) {
                    return Err(unusable(format!("“{name}” is there twice")));
                }
            }
        }
        Ok(())
    }

    /// Of a fixed circle of colours, the one farthest from all that are there.
    fn colour_apart(&self) -> [u8; 3] {
        let taken: Vec<_> = self.classes.iter().map(|c| oklab(c.colour)).collect();
        let mut best = ([230, 60, 60], -1.0);
        for candidate in candidates() {
            let lab = oklab(candidate);
            let nearest = taken.iter().map(|t| distance(lab, *t)).fold(f64::INFINITY, f64::min);
            if nearest > best.1 {
                best = (candidate, nearest);
            }
        }
        best.0
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

fn unusable(why: impl Into<String>) -> LabelError {
    LabelError::Legend { why: why.into() }
}

/// Bright, plain and dark colours around the colour circle.
fn candidates() -> impl Iterator<Item = [u8; 3]> {
    [(0.65, 0.95), (0.85, 0.8), (0.9, 0.5)].into_iter().flat_map(|(saturation, value)| {
        (0..24).map(move |step| {
            // From HSV: each channel rises and falls over the circle, a third apart.
            let channel = |shift: f64| {
                let k = (shift + f64::from(step) / 4.0) % 6.0;
                let share = value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0);
                (share * 255.0).round() as u8
            };
            [channel(5.0), channel(3.0), channel(1.0)]
        })
    })
}

/// OKLab (Ottosson 2020, <https://bottosson.github.io/posts/oklab/>): equal distances look equally different.
fn oklab(rgb: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = rgb.map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// How far two colours lie apart to the eye, in OKLab.
pub(crate) fn colour_distance(a: [u8; 3], b: [u8; 3]) -> f64 {
    distance(oklab(a), oklab(b))
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod files_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest_pair(legend: &Legend) -> f64 {
        let labs: Vec<_> = legend.classes.iter().map(|c| oklab(c.colour)).collect();
        let pairs = (0..labs.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        pairs.map(|(i, j)| distance(labs[i], labs[j])).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn the_corridor_legend_has_the_codes_of_the_rasters_and_colours_that_differ() {
        let legend = Legend::reforestamos();
        legend.check().unwrap();
        assert_eq!(legend.classes.len(), 10);
        assert_eq!(legend.by_name("forest").unwrap().code, 1);
        assert_eq!(legend.by_name("agriculture").unwrap().code, 5);
        assert_eq!(legend.class(10).unwrap().name, "bare_soil");
        assert!(nearest_pair(&legend) > 0.1);
    }

    #[test]
    fn names_are_found_whatever_their_case_and_space() {
        let mut legend = Legend::default();
        let code = legend.add(" MATORRAL DESÉRTICO ").unwrap();
        assert_eq!(legend.class(code).unwrap().name, "MATORRAL DESÉRTICO");
        assert_eq!(legend.by_name("matorral desértico ").unwrap().code, code);
    }

    #[test]
    fn twenty_added_classes_have_codes_in_order_and_colours_that_differ() {
        let mut legend = Legend::default();
        for i in 1..=20 {
            assert_eq!(legend.add(&format!("class {i}")).unwrap(), i);
        }
        legend.check().unwrap();
        assert!(nearest_pair(&legend) > 0.06, "{}", nearest_pair(&legend));
    }

    #[test]
    fn the_code_of_a_deleted_class_is_used_again_only_when_no_other_is_left() {
        let mut legend = Legend::reforestamos();
        legend.classes.remove(2);
        assert_eq!(legend.add("mangrove").unwrap(), 11);
        for i in 12..=254 {
            assert_eq!(legend.add(&format!("class {i}")).unwrap(), i);
        }
        assert_eq!(legend.add("the gap").unwrap(), 3);
        assert!(legend.add("one too many").unwrap_err().to_string().contains("254"));
    }

    #[test]
    fn a_legend_with_a_bad_code_or_name_says_which() {
        let class = |code, name: &str| Class::new(code, name, [0; 3]);
        let why = |classes: Vec<Class>| Legend { classes }.check().unwrap_err().to_string();
        assert!(why(vec![class(0, "void")]).contains("“void” has the code 0"));
        assert!(why(vec![class(255, "void")]).contains("255"));
        assert!(why(vec![class(1, "a"), class(1, "b")]).contains("“a” and “b” share the code 1"));
        assert!(why(vec![class(1, "a"), class(2, "A ")]).contains("twice"));
        assert!(why(vec![class(7, "  ")]).contains("code 7 has no name"));
        let mut legend = Legend::reforestamos();
        assert!(legend.add("Forest").unwrap_err().to_string().contains("forest"));
        assert!(legend.add("  ").is_err());
    }

    #[test]
    fn a_legend_is_a_plain_list_in_json() {
        let legend = Legend::reforestamos();
        let text = serde_json::to_string(&legend).unwrap();
        assert!(text.starts_with(r#"[{"code":1,"name":"forest","colour":[1,50,32]}"#), "{text}");
        assert_eq!(serde_json::from_str::<Legend>(&text).unwrap(), legend);
    }
}
