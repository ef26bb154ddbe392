//! From what files hold to annotations: which value is which class, what is left aside and why.

use super::column::Column;
use super::read::{ReadFile, ReadLabels};
use super::settings::{ClassTarget, ImportSettings, Numbers};
use crate::labels::geojson::unreadable;
use crate::labels::{Annotation, AnnotationId, ClassCode, Confidence, Holds, LabelError, Legend};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// A feature, or a region of a raster, that something is told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its file.
    pub file: PathBuf,
    /// Its place in the file, from 1; 0 where the sentence is of many.
    pub feature: usize,
    /// How many it is said of.
    pub count: usize,
    /// What, in a sentence.
    pub why: String,
}

/// A feature whose rings were repaired.
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    /// Its file.
    pub file: PathBuf,
    /// Its place in the file, from 1.
    pub feature: usize,
    /// Its area as it was drawn, in hectares.
    pub before_ha: f64,
    /// Its area as it is imported, in hectares.
    pub after_ha: f64,
}

/// A value of the class field, and what it becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueTaken {
    /// The value as text.
    pub value: String,
    /// How many features have it.
    pub features: usize,
    /// How many annotations come of them.
    pub annotations: usize,
    /// The class it becomes; `None` where it is left aside.
    pub class: Option<ClassCode>,
    /// Whether the class is new.
    pub is_new: bool,
}

/// What an import makes.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// Annotations, with ids from the first free one on.
    pub annotations: Vec<Annotation>,
    /// For each annotation its file (by place in the list of files) and its feature, from 1.
    pub sources: Vec<(u32, u32)>,
    /// The field that holds the class, of each file.
    pub class_fields: Vec<String>,
    /// Values of it, the most frequent first.
    pub values: Vec<ValueTaken>,
    /// Names of classes that the legend did not have and now has.
    pub new_classes: Vec<String>,
    /// Features left aside.
    pub skipped: Vec<Told>,
    /// Features of which a part is left aside.
    pub in_part: Vec<Told>,
    /// Features whose rings were repaired.
    pub repaired: Vec<Repaired>,
}

/// Sentences of the same kind: how many, the first of them, and where the first few are.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The sentence, or the first of several that differ in numbers only.
    pub why: String,
    /// Of how many features it is said.
    pub count: usize,
    /// Places of the first few in their files.
    pub first: Vec<usize>,
    /// Whether they differ in numbers.
    pub differ: bool,
}

/// Puts sentences of the same kind together, the most frequent first.
pub fn grouped(told: &[Told]) -> Vec<Group> {
    const PLACES: usize = 5;
    let mut groups: Vec<Group> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for one in told {
        // Places and numbers differ from one to the next.
        let key: String =
            one.why.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | '-')).collect();
        let at = *at.entry(key).or_insert_with(|| {
            groups.push(Group { why: one.why.clone(), count: 0, first: Vec::new(), differ: false });
            groups.len() - 1
        });
        groups[at].differ |= groups[at].why != one.why;
        groups[at].count += one.count;
        if one.feature > 0 && groups[at].first.len() < PLACES {
            groups[at].first.push(one.feature);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

/// Gives classes to what was read. Adds missing ones to `legend`.
///
/// # Errors
/// When a file lacks the class field altogether, a code is asked for that is taken, or the numbers of a raster have no
/// meaning yet.
pub fn plan(
    read: &ReadLabels,
    settings: &ImportSettings,
    legend: &mut Legend,
    first_id: AnnotationId,
) -> Result<ImportReport, LabelError> {
    let mut classes = Classes::new(settings, legend);
    let created = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut report = ImportReport::default();
    for (number, file) in read.files.iter().enumerate() {
        if file.rows.is_empty() {
            report.class_fields.push(settings.class_field.clone().unwrap_or_default());
            small_regions(file, read.reading.min_pixels, &mut report);
            continue;
        }
        let class = file.class_column(settings.class_field.as_deref())?;
        report.class_fields.push(class.name.clone());
        check_numbers(file, class, &classes)?;
        let more = More::of(file, settings)?;
        let file_name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
        for (row, feature) in file.rows.iter().enumerate() {
            let told = |list: &mut Vec<Told>, why: String| {
                list.push(Told { file: file.path.clone(), feature: row + 1, count: 1, why });
            };
            let value = value_text(class.value(row), &class.name);
            let taken = match (&feature.placed, value) {
                (Err(why), value) => {
                    if let Ok(text) = value {
                        classes.count(&text);
                    }
                    Err(why.clone())
                }
                (Ok(_), Err(why)) => Err(why),
                (Ok(placed), Ok(text)) => {
                    classes.count(&text);
                    more.at(row).and_then(|more| Ok((placed, classes.code_of(&text)?, text, more)))
                }
            };
            let (placed, code, text, said) = match taken {
                Ok(taken) => taken,
                Err(why) => {
                    told(&mut report.skipped, why);
                    continue;
                }
            };
            if let Some((before_ha, after_ha)) = placed.repaired {
                let file = file.path.clone();
                report.repaired.push(Repaired { file, feature: row + 1, before_ha, after_ha });
            }
            if let Some(aside) = &placed.aside {
                told(
                    &mut report.in_part,
                    format!("{aside} is left aside; only polygons and points can be labels"),
                );
            }
            for geometry in placed.geometries() {
                let id = first_id + report.annotations.len() as u64;
                report.sources.push((number as u32, row as u32 + 1));
                classes.values.entry(text.clone()).or_default().annotations += 1;
                report.annotations.push(Annotation {
                    confidence: said.confidence.unwrap_or(settings.confidence),
                    buffer_m: said.buffer_m.or(settings.buffer_m),
                    holds: said.holds,
                    author: said.author.clone(),
                    created: Some(created.clone()),
                    note: said.note.clone().or_else(|| file_name.clone()),
                    ..Annotation::new(id, geometry, code)
                });
            }
        }
        small_regions(file, read.reading.min_pixels, &mut report);
    }
    report.new_classes = classes.added;
    let known = |(value, count): (String, Count)| ValueTaken {
        class: count.class,
        is_new: count.class.is_some_and(|code| classes.before.class(code).is_none()),
        features: count.features,
        annotations: count.annotations,
        value,
    };
    report.values = classes.values.into_iter().map(known).collect();
    report.values.sort_by_key(|taken| std::cmp::Reverse(taken.features));
    Ok(report)
}

fn small_regions(file: &ReadFile, min_pixels: u32, report: &mut ImportReport) {
    if file.small_regions > 0 {
        let why = format!("it has fewer than {min_pixels} pixels");
        report.skipped.push(Told { file: file.path.clone(), feature: 0, count: file.small_regions, why });
    }
}

/// The numbers of a raster are never guessed.
fn check_numbers(file: &ReadFile, class: &Column, classes: &Classes) -> Result<(), LabelError> {
    if !file.is_raster || classes.settings.numbers.is_some() {
        return Ok(());
    }
    let texts = class.values().filter_map(|(value, _)| value_text(Some(value), &class.name).ok());
    let open: Vec<String> = texts.filter(|text| !classes.targets.contains_key(&folded(text))).collect();
    if open.is_empty() {
        return Ok(());
    }
    let shown = open.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    Err(unreadable(
        &file.path,
        format!(
            "its values {shown} can mean classes in several codings. Say which (--numbers codes, wikidata or alphabetical), or map each (--map VALUE=CLASS)"
        ),
    ))
}

/// What a value says, as text; a number as tables write it.
///
/// # Errors
/// Why it is no class.
pub(super) fn value_text(value: Option<&Value>, field: &str) -> Result<String, String> {
    let text = match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => match number.as_f64() {
            // "4.0" is how tables write a code.
            Some(v) if v.fract() == 0.0 && v.abs() < 1e15 => format!("{v:.0}"),
            _ => number.to_string(),
        },
        None | Some(Value::Null) => String::new(),
        Some(other) => return Err(format!("its class {other} is neither text nor a number")),
    };
    if text.is_empty() { Err(format!("its “{field}” is empty: it has no class")) } else { Ok(text) }
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

#[derive(Default, Clone, Copy)]
struct Count {
    features: usize,
    annotations: usize,
    class: Option<ClassCode>,
}

/// Finds classes for values, adding those that are missing.
struct Classes<'a> {
    settings: &'a ImportSettings,
    targets: HashMap<String, &'a ClassTarget>,
    /// As it was before the import: numbers are codes of its classes, not of those just added.
    before: Legend,
    legend: &'a mut Legend,
    added: Vec<String>,
    values: BTreeMap<String, Count>,
    known: HashMap<String, Result<ClassCode, String>>,
}

impl<'a> Classes<'a> {
    fn new(settings: &'a ImportSettings, legend: &'a mut Legend) -> Self {
        Self {
            settings,
            targets: settings.classes.iter().map(|(value, target)| (folded(value), target)).collect(),
            before: legend.clone(),
            legend,
            added: Vec::new(),
            values: BTreeMap::new(),
            known: HashMap::new(),
        }
    }

    fn count(&mut self, text: &str) {
        match self.values.get_mut(text) {
            Some(count) => count.features += 1,
            None => drop(self.values.insert(text.to_owned(), Count { features: 1, ..Count::default() })),
        }
    }

    fn code_of(&mut self, text: &str) -> Result<ClassCode, String> {
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let code = self.find(text);
        self.known.insert(text.to_owned(), code.clone());
        if let Ok(code) = code {
            self.values.entry(text.to_owned()).or_default().class = Some(code);
        }
        code
    }

    fn find(&mut self, text: &str) -> Result<ClassCode, String> {
        match self.targets.get(&folded(text)).copied() {
            Some(ClassTarget::Skip) => Err(format!("its class “{text}” is left aside, as asked")),
            Some(ClassTarget::Class(name)) => self.named(name, None),
            Some(ClassTarget::New { name, code, colour }) => {
                let given = self.named(name, *code)?;
                let is_new = self.before.class(given).is_none();
                if let (true, Some(colour)) = (is_new, colour)
                    && let Some(class) = self.legend.classes.iter_mut().find(|class| class.code == given)
                {
                    class.colour = *colour;
                }
                Ok(given)
            }
            None => self.by_itself(text),
        }
    }

    /// A value that nobody said anything of.
    fn by_itself(&mut self, text: &str) -> Result<ClassCode, String> {
        let number: Option<ClassCode> = text.parse().ok();
        let numbers = self.settings.numbers.unwrap_or(Numbers::NamesThenCodes);
        match (number, numbers) {
            (Some(code), Numbers::Wikidata | Numbers::Alphabetical) => match numbers.coded(code) {
                Some(name) => self.named(name, None),
                None => Err(format!("its value {code} is none of the codes 1 to 10")),
            },
            (Some(code), Numbers::Codes) => match self.before.class(code) {
                Some(class) => Ok(class.code),
                None => self.named(text, Some(code)),
            },
            (Some(code), Numbers::NamesThenCodes) if self.legend.by_name(text).is_none() => {
                match self.before.class(code) {
                    Some(class) => Ok(class.code),
                    None => self.named(text, Some(code)),
                }
            }
            _ => self.named(text, None),
        }
    }

    /// The class of this name, added where it is missing.
    fn named(&mut self, name: &str, wanted: Option<ClassCode>) -> Result<ClassCode, String> {
        if let Some(class) = self.legend.by_name(name) {
            return Ok(class.code);
        }
        let code = self.legend.add_with_code(name, wanted).map_err(|e| e.to_string())?;
        self.added.push(name.trim().to_owned());
        Ok(code)
    }
}

/// What fields besides the class say of a feature.
#[derive(Default)]
struct Said {
    confidence: Option<Confidence>,
    author: Option<String>,
    note: Option<String>,
    holds: Holds,
    buffer_m: Option<f64>,
}

/// Fields besides the class.
struct More<'a> {
    confidence: Option<&'a Column>,
    author: Option<&'a Column>,
    note: Option<&'a Column>,
    from: Option<&'a Column>,
    to: Option<&'a Column>,
    buffer: Option<&'a Column>,
}

impl<'a> More<'a> {
    fn of(file: &'a ReadFile, settings: &ImportSettings) -> Result<Self, LabelError> {
        let fields = &settings.fields;
        let find = |name: &Option<String>| match name {
            None => Ok(None),
            Some(name) => file.column(name).map(Some).ok_or_else(|| {
                let there: Vec<_> = file.columns.iter().map(|column| column.name.as_str()).collect();
                unreadable(&file.path, format!("it has no field “{name}”, only {}", there.join(", ")))
            }),
        };
        Ok(Self {
            confidence: find(&fields.confidence)?,
            author: find(&fields.author)?,
            note: find(&fields.note)?,
            from: find(&fields.from)?,
            to: find(&fields.to)?,
            buffer: find(&fields.buffer)?,
        })
    }

    fn at(&self, row: usize) -> Result<Said, String> {
        let value = |column: Option<&'a Column>| column.and_then(|column| column.value(row));
        let text = |column: Option<&'a Column>| {
            let text = value_text(value(column), "").ok()?;
            (!text.is_empty()).then_some(text)
        };
        let date = |column: Option<&'a Column>, last: bool| match text(column) {
            None => Ok(None),
            Some(text) => date_of(&text, last).map(Some),
        };
        let buffer_m = match text(self.buffer) {
            None => None,
            Some(text) => match text.parse::<f64>() {
                Ok(m) if (0.0..=10_000.0).contains(&m) => Some(m),
                _ => return Err(format!("its buffer “{text}” is no distance from 0 to 10 000 m")),
            },
        };
        Ok(Said {
            confidence: text(self.confidence).map(|text| confidence_of(&text)).transpose()?,
            author: text(self.author),
            note: text(self.note),
            holds: Holds { from: date(self.from, false)?, to: date(self.to, true)? },
            buffer_m,
        })
    }
}

fn confidence_of(text: &str) -> Result<Confidence, String> {
    match folded(text).as_str() {
        "sure" | "certain" | "high" | "seguro" | "alta" => Ok(Confidence::Sure),
        "likely" | "probable" | "medium" | "low" | "media" | "baja" | "unsure" => Ok(Confidence::Likely),
        _ => Err(format!("its confidence “{text}” is neither “sure” nor “likely”")),
    }
}

/// A date as people write it; of a year alone its first or its last day.
fn date_of(text: &str, last: bool) -> Result<NaiveDate, String> {
    let wrong = || format!("its date “{text}” is none such as 2022-03-15");
    let day: String = text.chars().take(10).collect();
    if let Ok(year) = text.parse::<i32>()
        && (1900..2200).contains(&year)
    {
        let (month, day) = if last { (12, 31) } else { (1, 1) };
        return NaiveDate::from_ymd_opt(year, month, day).ok_or_else(wrong);
    }
    let read = |format| NaiveDate::parse_from_str(&day, format).ok();
    read("%Y-%m-%d").or_else(|| read("%Y/%m/%d")).ok_or_else(wrong)
}
