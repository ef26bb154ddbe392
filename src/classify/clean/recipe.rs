//! The recipe of a cleaning: which steps, in which order, each readable as a sentence.

use super::CleanError;
use crate::labels::Class;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The version of recipes that this program writes, and the newest it reads.
const VERSION: u32 = 1;
/// Sides of windows, in pixels: odd ones of these.
const WINDOWS: std::ops::RangeInclusive<u32> = 3..=51;
/// Pixels around one that a rule asks where its own probabilities name no other class.
pub(super) const AROUND: usize = 2;

/// Steps that clean a map, in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// Version of the format.
    pub version: u32,
    /// The steps.
    pub steps: Vec<RecipeStep>,
}

/// A step, which may be switched off and stay in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipeStep {
    /// Whether it is taken.
    #[serde(default = "on")]
    pub on: bool,
    /// What it does.
    #[serde(flatten)]
    pub step: Step,
}

fn on() -> bool {
    true
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Bayesian smoothing of the probabilities.
    Smooth(Smooth),
    /// Each pixel becomes what most pixels around it are.
    Majority(Majority),
    /// Small patches go to their largest neighbour.
    Sieve(Sieve),
    /// Knowledge of the place.
    Rule(Rule),
}

/// Bayesian smoothing: see [`super::bayes`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Smooth {
    /// Side of the neighbourhood, in pixels, odd.
    pub window: u32,
    /// Variance of the logits: the larger, the more the neighbourhood counts.
    pub smoothness: f64,
    /// Share of the neighbours that count, those of the highest logits.
    pub neigh_fraction: f64,
    /// Classes that are smoothed otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassSmoothing>,
}

impl Default for Smooth {
    /// As `sits_smooth` has it.
    fn default() -> Self {
        Self { window: 9, smoothness: 20.0, neigh_fraction: 0.5, classes: Vec::new() }
    }
}

/// How one class is smoothed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassSmoothing {
    /// The class, by name.
    pub class: String,
    /// Side of its neighbourhood, in pixels, odd; that of the others where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<u32>,
    /// Variance of its logits; that of the others where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothness: Option<f64>,
}

/// The majority of a neighbourhood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Majority {
    /// Side of the neighbourhood, in pixels, odd.
    pub window: u32,
}

impl Default for Majority {
    fn default() -> Self {
        Self { window: 3 }
    }
}

/// A minimum mapping unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sieve {
    /// Patches smaller than this go, in hectares.
    pub hectares: f64,
    /// Whether pixels that touch at a corner are of one patch.
    pub corners: bool,
}

impl Default for Sieve {
    fn default() -> Self {
        Self { hectares: 0.5, corners: false }
    }
}

/// A rule: what happens to a class where something holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The class, by name.
    pub class: String,
    /// What happens to it.
    #[serde(rename = "does")]
    pub verdict: Verdict,
    /// Where.
    #[serde(rename = "where")]
    pub condition: Condition,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The class becomes this one.
    Becomes(String),
    /// The class cannot be there: the next most likely one is taken.
    Never,
    /// The class can be nowhere else: elsewhere the next most likely one is taken.
    Only,
}

/// Where a rule holds. Where a condition cannot be told (a gap of the cube, a raster's nodata) its rule does nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// At pixels whose centre lies in a place.
    Inside(Place),
    /// At all others.
    Outside(Place),
    /// Where values of the cube pass a test.
    Cube(CubeTest),
    /// Where values of a raster file pass a test.
    Raster(RasterTest),
}

/// A place on the ground.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A polygon: its rings in longitude and latitude, the outer one first.
    Polygon(Vec<Vec<[f64; 2]>>),
    /// The project's annotations of a class, as they are drawn.
    Annotations(String),
    /// The polygons of a vector file; a relative path is one in the project.
    File(PathBuf),
}

/// A value of the cube held against a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CubeTest {
    /// A band, an index, or an expression over bands; bands in the numbers of the store.
    pub expression: String,
    /// Which of its dates.
    pub at: At,
    /// Which side of the number.
    pub is: Test,
    /// The number.
    pub value: f64,
}

/// Which of the dates of a cube.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// The mean of all that were observed.
    Mean,
    /// The lowest.
    Min,
    /// The highest.
    Max,
    /// This date.
    Date(NaiveDate),
}

/// A value of a raster held against a number: "slope in degrees above 15".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RasterTest {
    /// The file, in any coordinate system; a relative path is one in the project.
    pub file: PathBuf,
    /// Its band, from 1.
    #[serde(default = "first")]
    pub band: usize,
    /// Which side of the number.
    pub is: Test,
    /// The number.
    pub value: f64,
}

fn first() -> usize {
    1
}

/// Which side of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Lower than it.
    Below,
    /// Higher than it.
    Above,
}

impl Test {
    /// Whether a value passes; `None` where there is no value.
    pub(super) fn passes(self, value: f32, number: f64) -> Option<bool> {
        let value = f64::from(value);
        (!value.is_nan()).then_some(match self {
            Self::Below => value < number,
            Self::Above => value > number,
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Below => "is below",
            Self::Above => "is above",
        }
    }
}

impl Default for Recipe {
    fn default() -> Self {
        Self { version: VERSION, steps: Vec::new() }
    }
}

impl Recipe {
    /// These steps, all on.
    pub fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps = steps.into_iter().map(|step| RecipeStep { on: true, step }).collect();
        Self { steps, ..Self::default() }
    }

    /// Whether it is that of a new project.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The steps that are on.
    pub fn taken(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.on).map(|step| &step.step)
    }

    /// Reads a recipe from JSON.
    ///
    /// # Errors
    /// Where it is none, with the line and column.
    pub fn from_json(text: &str) -> Result<Self, CleanError> {
        let recipe: Self = serde_json::from_str(text)
            .map_err(|e| CleanError::Recipe(format!("the recipe cannot be read: {e}")))?;
        if recipe.version > VERSION {
            let why =
                format!("the recipe is of version {}, and this program reads {VERSION}", recipe.version);
            return Err(CleanError::Recipe(why));
        }
        Ok(recipe)
    }

    /// Whether it makes sense on a map of these classes.
    ///
    /// # Errors
    /// [`CleanError::Recipe`] with what is wrong and the way out.
    pub fn check(&self, classes: &[Class]) -> Result<(), CleanError> {
        let mut changed = None;
        for step in self.taken() {
            step.check(classes).map_err(CleanError::Recipe)?;
            match step {
                Step::Smooth(_) => {
                    if let Some(earlier) = changed {
                        let why = format!(
                            "smoothing starts again from the probabilities and would undo \"{earlier}\": put it first"
                        );
                        return Err(CleanError::Recipe(why));
                    }
                }
                other => changed = Some(other.sentence()),
            }
        }
        match self.taken().next() {
            None => Err(CleanError::Recipe("no step is on: switch one on".into())),
            Some(_) => Ok(()),
        }
    }
}

impl Step {
    /// How many pixels around a block it looks at, beside what a sieve sees.
    pub(super) fn margin(&self) -> u32 {
        match self {
            Self::Smooth(smooth) => {
                smooth.classes.iter().filter_map(|c| c.window).fold(smooth.window, u32::max) / 2
            }
            Self::Majority(majority) => majority.window / 2,
            Self::Sieve(_) => 0,
            Self::Rule(rule) => match rule.verdict {
                Verdict::Becomes(_) => 0,
                Verdict::Never | Verdict::Only => AROUND as u32,
            },
        }
    }

    /// What it does, in words.
    pub fn sentence(&self) -> String {
        match self {
            Self::Smooth(Smooth { window, smoothness, classes, .. }) => {
                let mut text = format!(
                    "Smooth the probabilities over {window} x {window} pixels, smoothness {smoothness}"
                );
                for ClassSmoothing { class, window, smoothness } in classes {
                    let window = window.map(|w| format!(" over {w} x {w} pixels")).unwrap_or_default();
                    let smoothness = smoothness.map(|s| format!(" with smoothness {s}")).unwrap_or_default();
                    text += &format!("; {class}{window}{smoothness}");
                }
                text
            }
            Self::Majority(Majority { window }) => {
                format!("Each pixel becomes what most of {window} x {window} pixels are")
            }
            Self::Sieve(Sieve { hectares, corners }) => {
                let corners = if *corners { ", pixels that touch at a corner taken together" } else { "" };
                format!("Patches under {hectares} ha go to their largest neighbour{corners}")
            }
            Self::Rule(rule) => rule.sentence(),
        }
    }

    fn check(&self, classes: &[Class]) -> Result<(), String> {
        match self {
            Self::Smooth(smooth) => {
                check_window(smooth.window)?;
                check_smoothness(smooth.smoothness)?;
                if !(smooth.neigh_fraction > 0.0 && smooth.neigh_fraction <= 1.0) {
                    return Err(format!(
                        "the share of neighbours that count is {}: give one above 0 and up to 1",
                        smooth.neigh_fraction
                    ));
                }
                smooth.classes.iter().try_for_each(|own| {
                    known(&own.class, classes)?;
                    own.window.map_or(Ok(()), check_window)?;
                    own.smoothness.map_or(Ok(()), check_smoothness)
                })
            }
            Self::Majority(majority) => check_window(majority.window),
            Self::Sieve(Sieve { hectares, .. }) if *hectares > 0.0 && hectares.is_finite() => Ok(()),
            Self::Sieve(Sieve { hectares, .. }) => {
                Err(format!("patches under {hectares} ha cannot be: give more than 0"))
            }
            Self::Rule(rule) => rule.check(classes),
        }
    }
}

impl Rule {
    /// "Never Water where slope.tif is above 15".
    pub fn sentence(&self) -> String {
        let (class, place) = (&self.class, self.condition.words());
        match &self.verdict {
            Verdict::Becomes(to) => format!("{class} becomes {to} {place}"),
            Verdict::Never => format!("Never {class} {place}"),
            Verdict::Only => format!("{class} only {place}"),
        }
    }

    fn check(&self, classes: &[Class]) -> Result<(), String> {
        known(&self.class, classes)?;
        if let Verdict::Becomes(to) = &self.verdict {
            known(to, classes)?;
            if *to == self.class {
                return Err(format!("{to} cannot become itself: choose another class"));
            }
        }
        let value = match &self.condition {
            Condition::Inside(Place::Polygon(rings)) | Condition::Outside(Place::Polygon(rings)) => {
                let corners = rings.first().map_or(0, Vec::len);
                if corners < 4 || rings.iter().flatten().flatten().any(|n| !n.is_finite()) {
                    return Err(format!("the polygon of \"{}\" has no area: draw it again", self.sentence()));
                }
                return Ok(());
            }
            Condition::Inside(_) | Condition::Outside(_) => return Ok(()),
            Condition::Cube(test) => test.value,
            Condition::Raster(RasterTest { band: 0, .. }) => {
                return Err("bands of a raster are counted from 1: there is no band 0".into());
            }
            Condition::Raster(test) => test.value,
        };
        match value.is_finite() {
            true => Ok(()),
            false => Err(format!("\"{}\" compares with no number: give one", self.sentence())),
        }
    }
}

impl Condition {
    fn words(&self) -> String {
        match self {
            Self::Inside(place) => format!("inside {}", place.words()),
            Self::Outside(place) => format!("outside {}", place.words()),
            Self::Cube(CubeTest { expression, at, is, value }) => {
                let at = match at {
                    At::Mean => "the mean of ".into(),
                    At::Min => "the lowest ".into(),
                    At::Max => "the highest ".into(),
                    At::Date(date) => format!("on {date} "),
                };
                format!("where {at}{expression} {} {value}", is.words())
            }
            Self::Raster(RasterTest { file, band, is, value }) => {
                let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
                let band = if *band == 1 { String::new() } else { format!(" (band {band})") };
                format!("where {name}{band} {} {value}", is.words())
            }
        }
    }
}

impl Place {
    fn words(&self) -> String {
        match self {
            Self::Polygon(_) => "a polygon".into(),
            Self::Annotations(class) => format!("annotations of {class}"),
            Self::File(file) => file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned(),
        }
    }
}

fn known(name: &str, classes: &[Class]) -> Result<(), String> {
    if classes.iter().any(|class| class.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    Err(format!("the map has no class {name}, only {}", names.join(", ")))
}

fn check_window(window: u32) -> Result<(), String> {
    if WINDOWS.contains(&window) && window % 2 == 1 {
        return Ok(());
    }
    Err(format!("a window of {window} pixels makes no sense: give an odd number from 3 to 51"))
}

fn check_smoothness(smoothness: f64) -> Result<(), String> {
    if smoothness > 0.0 && smoothness.is_finite() {
        return Ok(());
    }
    Err(format!("a smoothness of {smoothness} makes no sense: give more than 0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes() -> Vec<Class> {
        vec![Class::new(1, "Water", [0, 0, 255]), Class::new(2, "Forest", [0, 99, 0])]
    }

    fn rule(verdict: Verdict, condition: Condition) -> Step {
        Step::Rule(Rule { class: "Water".into(), verdict, condition })
    }

    fn steep() -> Condition {
        let file = "terrain/slope.tif".into();
        Condition::Raster(RasterTest { file, band: 1, is: Test::Above, value: 15.0 })
    }

    #[test]
    fn a_recipe_reads_as_sentences_and_survives_json() {
        let ndvi = CubeTest { expression: "NDVI".into(), at: At::Max, is: Test::Below, value: 0.4 };
        let recipe = Recipe::of([
            Step::Smooth(Smooth::default()),
            rule(Verdict::Never, steep()),
            rule(Verdict::Only, Condition::Cube(ndvi)),
            rule(Verdict::Becomes("Forest".into()), Condition::Inside(Place::Annotations("Forest".into()))),
            Step::Sieve(Sieve::default()),
        ]);
        recipe.check(&classes()).unwrap();
        let sentences: Vec<String> = recipe.taken().map(Step::sentence).collect();
        assert_eq!(
            sentences,
            [
                "Smooth the probabilities over 9 x 9 pixels, smoothness 20",
                "Never Water where slope.tif is above 15",
                "Water only where the highest NDVI is below 0.4",
                "Water becomes Forest inside annotations of Forest",
                "Patches under 0.5 ha go to their largest neighbour",
            ]
        );
        let text = serde_json::to_string(&recipe).unwrap();
        assert_eq!(Recipe::from_json(&text).unwrap(), recipe);
    }

    #[test]
    fn a_recipe_written_by_hand_needs_only_what_differs() {
        let text = r#"{"steps": [{"step": "majority"}, {"step": "sieve", "hectares": 1.5, "on": false},
            {"step": "rule", "class": "Water", "does": "never", "where": {"outside": {"file": "lakes.gpkg"}}}]}"#;
        let recipe = Recipe::from_json(text).unwrap();
        let sentences: Vec<String> = recipe.taken().map(Step::sentence).collect();
        assert_eq!(
            sentences,
            ["Each pixel becomes what most of 3 x 3 pixels are", "Never Water outside lakes.gpkg"]
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_way_out() {
        let refused = |step: Step| Recipe::of([step]).check(&classes()).unwrap_err().to_string();
        let window = Step::Majority(Majority { window: 4 });
        assert!(refused(window).contains("odd number from 3 to 51"));
        let sieve = Step::Sieve(Sieve { hectares: 0.0, corners: true });
        assert!(refused(sieve).contains("give more than 0"));
        let itself = rule(Verdict::Becomes("Water".into()), steep());
        assert!(refused(itself).contains("cannot become itself"));
        let other = rule(Verdict::Becomes("City".into()), steep());
        assert!(refused(other).contains("no class City, only Water, Forest"));
        let none = Smooth { neigh_fraction: f64::NAN, ..Smooth::default() };
        assert!(refused(Step::Smooth(none)).contains("up to 1"));
        let late = Recipe::of([Step::Majority(Majority::default()), Step::Smooth(Smooth::default())]);
        assert!(late.check(&classes()).unwrap_err().to_string().contains("put it first"));
        let empty = Recipe::default().check(&classes()).unwrap_err().to_string();
        assert!(empty.contains("switch one on"), "{empty}");
        let newer = Recipe::from_json(r#"{"version": 9}"#).unwrap_err().to_string();
        assert!(newer.contains("version 9"), "{newer}");
    }
}
