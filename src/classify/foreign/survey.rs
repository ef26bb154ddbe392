//! What a raster from elsewhere holds over a site: its values, with what they are called, their colours and pixels.

use super::codes::look_like_worldcover;
use super::listed::{ListedClass, read_list};
use super::pixels::{NONE, Pixels};
use super::place::{check_overlap, extent, pixel_m, resolution_words};
use super::side_files::{NamedValue, named_beside};
use super::{ForeignError, MapReading, Meaning, refuse};
use crate::geo::raster::RasterReader;
use crate::geo::{Grid, Placement};
use crate::labels::{Legend, Preset};
use crate::progress::{Cancel, Report};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// A raster with more values is no map of classes.
const MOST_VALUES: usize = 256;

/// How a raster tells classes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapForm {
    /// By values.
    Values,
    /// By values that have colours.
    Palette,
    /// By colours alone: bands of red, green and blue.
    Colours,
}

impl MapForm {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Values => "plain values",
            Self::Palette => "values with a palette",
            Self::Colours => "colours",
        }
    }
}

/// What must be said before all values have a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Whether the value 0 is the first class of the list, or unlabelled.
    Zero,
    /// What the values mean.
    Meaning,
}

impl Question {
    /// For people, with the way out.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Zero => {
                "is the value 0 the first class of the list, as in PEARL's raw maps, or unlabelled, as in label rasters, so \
                 that 1 is the first class? Say which (--zero first or --zero unlabelled)"
            }
            Self::Meaning => {
                "the file does not name its classes. Give a list of them (--classes), or say what its values mean (--meaning)"
            }
        }
    }
}

/// A value of a raster.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundClass {
    /// The value; of a raster of colours the colour as 0xrrggbb.
    pub value: i64,
    /// What it is called, where that is known.
    pub name: Option<String>,
    /// Its colour in the raster or its list, where it has one.
    pub colour: Option<[u8; 3]>,
    /// Pixels of the site that it covers.
    pub pixels: u64,
    /// Whether it stands for "nothing is known": a 0 that has no name where others have, or a colour that cannot be seen.
    pub is_unlabelled: bool,
}

impl FoundClass {
    /// As people write it: "3", or "#6ca966" of a raster of colours.
    pub fn label(&self, form: MapForm) -> String {
        match form {
            MapForm::Colours => format!("#{:06x}", self.value),
            _ => self.value.to_string(),
        }
    }
}

/// What a raster holds over a site.
#[derive(Debug, Clone)]
pub struct FoundClasses {
    /// The file.
    pub path: PathBuf,
    /// How it tells classes apart.
    pub form: MapForm,
    /// Where its pixels lie.
    pub placement: Placement,
    /// Sides of its pixels in the middle of the site, in metres.
    pub pixel_m: Option<[f64; 2]>,
    /// Its values over the site, in order.
    pub classes: Vec<FoundClass>,
    /// Pixels of the site where it has none.
    pub empty: u64,
    /// Where names come from, in a few words; `None` where there are none.
    pub named_by: Option<String>,
    /// What its values mean, where that was said or seen.
    pub meaning: Option<Meaning>,
    /// Names and colours of the list that was given.
    pub(super) list: Vec<(String, Option<[u8; 3]>)>,
    /// What must be said first.
    pub question: Option<Question>,
    /// What one must know, a sentence each.
    pub notes: Vec<String>,
}

/// Looks at what a raster holds over a site. All pixels of the site are looked at, block by block.
///
/// # Errors
/// When the file or its list cannot be read, it does not cover the site, its values are no classes, or it is cancelled.
pub fn survey_map(
    path: &Path,
    reading: &MapReading,
    legend: &Legend,
    grid: &Grid,
    report: Report,
    cancel: &Cancel,
) -> Result<FoundClasses, ForeignError> {
    let list = reading.classes.as_deref().map(read_list).transpose()?;
    let opened = RasterReader::open(path)?;
    let placement = opened.info().placement.clone();
    check_overlap(path, &placement, grid)?;
    let palette = opened.palette()?;
    let form = match opened.info().bands.len() {
        1 if palette.is_some() => MapForm::Palette,
        1 => MapForm::Values,
        n => match opened.colour_bands() {
            Some(_) => MapForm::Colours,
            None => {
                return refuse(format!(
                    "{} has {n} bands: a map of classes has one, or red, green and blue. Give the file of the classes",
                    path.display()
                ));
            }
        },
    };
    let pixels = Pixels::open(&opened, path, form, grid)?;
    let counts = count(&pixels, path, form, report, cancel)?;
    let covered: u64 = counts.values().sum();
    if covered == 0 {
        return refuse(format!(
            "{} has no data over the site: it lies at {}, the site at {}",
            path.display(),
            extent(&placement),
            extent(&Placement::from(grid))
        ));
    }
    let colour = |value: i64| match form {
        MapForm::Values => None,
        MapForm::Palette => palette.as_ref()?.get(usize::try_from(value).ok()?).copied(),
        MapForm::Colours => {
            let [.., red, green, blue] = value.to_be_bytes();
            Some([red, green, blue, 255])
        }
    };
    let classes = counts.into_iter().map(|(value, pixels)| {
        let rgba = colour(value);
        FoundClass {
            value,
            name: None,
            colour: rgba.map(|[red, green, blue, _]| [red, green, blue]),
            pixels,
            is_unlabelled: rgba.is_some_and(|[.., opacity]| opacity == 0),
        }
    });
    let pixel_m = pixel_m(&placement, grid);
    let mut found = FoundClasses {
        path: path.into(),
        form,
        pixel_m,
        classes: classes.collect(),
        empty: grid.pixels() as u64 - covered,
        named_by: None,
        meaning: reading.meaning,
        list: Vec::new(),
        question: None,
        notes: Vec::new(),
        placement,
    };
    let kind = &opened.info().bands[0].pixel_type;
    if kind.starts_with("Float") {
        found.notes.push(format!("Its pixels are {kind}; all of their values are whole numbers"));
    }
    found.notes.extend(pixel_m.and_then(|sides| resolution_words(sides, grid)).map(capital));
    found.name(reading, list, legend)?;
    Ok(found)
}

fn capital(words: String) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn count(
    pixels: &Pixels,
    path: &Path,
    form: MapForm,
    report: Report,
    cancel: &Cancel,
) -> Result<BTreeMap<i64, u64>, ForeignError> {
    let mut counts: HashMap<i64, u64> = HashMap::new();
    pixels.each("Looking at the map", report, cancel, |_, values| {
        for run in values.chunk_by(|a, b| a == b).filter(|run| run[0] != NONE) {
            *counts.entry(run[0]).or_default() += run.len() as u64;
        }
        if counts.len() <= MOST_VALUES {
            return Ok(());
        }
        refuse(match form {
            MapForm::Colours => format!(
                "{} has more than {MOST_VALUES} colours: it is a picture, or was compressed with loss. Give the raster of \
                 classes",
                path.display()
            ),
            _ => format!(
                "{} has more than {MOST_VALUES} values: it seems to hold measurements. Give the raster of classes",
                path.display()
            ),
        })
    })?;
    Ok(counts.into_iter().collect())
}

impl FoundClasses {
    /// Gives values their names: those of the list, of what was said, of the file, or of what can only be meant.
    fn name(
        &mut self,
        reading: &MapReading,
        list: Option<Vec<ListedClass>>,
        legend: &Legend,
    ) -> Result<(), ForeignError> {
        if let Some(list) = list {
            if reading.meaning.is_some() {
                return refuse("give either a list of classes or what the values mean, not both");
            }
            self.name_by_list(reading, list);
            return Ok(());
        }
        if let Some(meaning) = reading.meaning {
            if self.form != MapForm::Colours {
                self.named_by = Some(meaning.title().into());
                self.give(|value| meaning.class(value, legend), true);
            }
            return Ok(());
        }
        let (beside, notes) = named_beside(&self.path);
        self.notes.extend(notes);
        if let Some((file, named)) = beside.filter(|_| self.form != MapForm::Colours) {
            self.named_by = Some(file);
            self.name_by_file(&named);
        } else if self.form == MapForm::Values {
            if look_like_worldcover(self.classes.iter().map(|class| class.value)) {
                let meaning = Meaning::Preset(Preset::WorldCover);
                self.meaning = Some(meaning);
                self.named_by = Some(meaning.title().into());
                self.notes.push("Its values are those of ESA WorldCover".into());
                self.give(|value| meaning.class(value, legend), true);
            } else {
                self.question = Some(Question::Meaning);
            }
        }
        Ok(())
    }

    /// Names values. Where `with_zero`, a 0 without a name is unlabelled.
    fn give(&mut self, named: impl Fn(i64) -> Option<(String, [u8; 3])>, with_zero: bool) {
        for class in &mut self.classes {
            let Some((name, colour)) = named(class.value) else {
                class.is_unlabelled |= with_zero && class.value == 0;
                continue;
            };
            class.name = Some(name);
            class.colour = class.colour.or(Some(colour));
        }
    }

    fn name_by_file(&mut self, named: &[NamedValue]) {
        for class in &mut self.classes {
            match named.iter().find(|own| own.value == class.value) {
                Some(own) => {
                    class.name = Some(own.name.clone());
                    class.colour = class.colour.or(own.colour);
                }
                None => class.is_unlabelled |= class.value == 0,
            }
        }
    }

    fn name_by_list(&mut self, reading: &MapReading, list: Vec<ListedClass>) {
        self.named_by = Some("the list of classes".into());
        let has_values = list.iter().any(|class| class.value.is_some());
        let has_colours = list.iter().all(|class| class.colour.is_some());
        // Colours say which class is meant where both sides have them, whatever the values count from.
        let by_colour =
            self.form == MapForm::Colours || self.form == MapForm::Palette && has_colours && !has_values;
        let entry = |value: i64| match (has_values, reading.zero_is_first) {
            (true, _) => list.iter().find(|class| class.value == Some(value)),
            (false, zero) => list.get(usize::try_from(value - i64::from(zero == Some(false))).ok()?),
        };
        if !by_colour && !has_values && reading.zero_is_first.is_none() {
            self.question = Some(Question::Zero);
        } else if !by_colour {
            for class in &mut self.classes {
                match entry(class.value) {
                    Some(own) => {
                        class.name = Some(own.name.clone());
                        class.colour = class.colour.or(own.colour);
                    }
                    None => class.is_unlabelled |= class.value == 0,
                }
            }
            let beyond: Vec<_> =
                self.classes.iter().filter(|class| class.name.is_none() && class.value != 0).collect();
            if let Some(first) = beyond.first() {
                self.notes.push(format!(
                    "The list has {} classes and none for {} of its values (the first is {}): is it the list of this map?",
                    list.len(),
                    beyond.len(),
                    first.value
                ));
            }
        }
        self.list = list.into_iter().map(|class| (class.name, class.colour)).collect();
    }
}
