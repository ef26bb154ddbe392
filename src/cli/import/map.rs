//! `ritmo import map PROJECT FILE [--site S] [--name N] [--classes F.json] [--zero first|unlabelled] [--map VALUE=CLASS] …`

use crate::app::{Command, ImportMapRequest};
use crate::classify::foreign::{Chosen, FoundClass, FoundClasses, How, MapReading, Meaning, Proposal};
use crate::cli::{Failure, Shell};
use crate::geo::remote::keep_query;
use crate::jobs::ForeignMap;
use crate::labels::{ClassCode, Legend};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// A raster of classes: values with or without a palette, or colours.
    pub file: PathBuf,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// The map's name in the project; that of the file unless given.
    #[arg(long)]
    pub name: Option<String>,
    /// A list of its classes: JSON with names, or objects with `name`, `color` and `value`; CSV or a QGIS style too.
    #[arg(long, value_name = "F")]
    pub classes: Option<PathBuf>,
    /// Of a list without values: whether 0 is its first class (PEARL's raw maps) or unlabelled (label rasters).
    #[arg(long, value_enum)]
    pub zero: Option<Zero>,
    /// What plain values mean, where neither the file nor a list tells.
    #[arg(long, value_enum)]
    pub meaning: Option<MeaningArg>,
    /// What a value becomes: a class of the legend by its name or code. The value as it stands in the raster, its name there, or
    /// its colour as #rrggbb. May be given many times.
    #[arg(long, value_name = "VALUE=CLASS")]
    pub map: Vec<String>,
    /// This value is left out. May be given many times.
    #[arg(long, value_name = "VALUE")]
    pub skip: Vec<String>,
    /// The same of many, as a JSON object of values and classes; null leaves a value out.
    #[arg(long = "match", value_name = "F.json")]
    pub matching: Option<PathBuf>,
    /// Replace an imported map of this name.
    #[arg(long)]
    pub replace: bool,
    /// Only say what the raster holds and what its values would become.
    #[arg(long)]
    pub dry_run: bool,
}

/// What the value 0 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Zero {
    First,
    Unlabelled,
}

/// What plain values mean.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MeaningArg {
    /// Codes of the project's legend.
    Legend,
    /// Reforestamos in the order of wikidata: 1 forest, 2 dry_jungle …
    Wikidata,
    /// Reforestamos in the order of the alphabet: 1 agriculture, 2 bare_soil …
    Alphabetical,
    /// ESA WorldCover: 10 tree cover, 20 shrubland …
    Worldcover,
    /// Dynamic World: 0 water, 1 trees …
    DynamicWorld,
}

impl MeaningArg {
    fn meaning(self) -> Meaning {
        let at = match self {
            Self::Legend => 0,
            Self::Wikidata => 1,
            Self::Alphabetical => 2,
            Self::Worldcover => 3,
            Self::DynamicWorld => 4,
        };
        Meaning::ALL[at]
    }
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let reading = MapReading {
        classes: args.classes,
        meaning: args.meaning.map(MeaningArg::meaning),
        zero_is_first: args.zero.map(|zero| zero == Zero::First),
    };
    let mut wanted = matching(args.matching.as_deref())?;
    for pair in &args.map {
        let Some((value, class)) = pair.rsplit_once('=') else {
            return Err(Failure(format!("“{pair}” is no VALUE=CLASS, as in 3=forest")));
        };
        wanted.insert(value.trim().into(), Some(class.trim().into()));
    }
    wanted.extend(args.skip.iter().map(|value| (value.trim().to_string(), None)));
    let (file, site) = (keep_query(&args.file), args.site);
    shell.run(Command::SurveyMap {
        file: Some(file.clone()),
        site: site.clone(),
        reading: reading.clone(),
    })?;
    let surveyed = shell.project()?.map_in.last.clone();
    let surveyed = surveyed.ok_or_else(|| Failure("nothing was looked at".into()))?;
    let legend = shell.project()?.document.legend.clone();
    let chosen = chosen(&wanted, &surveyed.found, &legend)?;
    if args.dry_run {
        let become_what = |(class, proposal): (&FoundClass, &Proposal)| match chosen.get(&class.value) {
            Some(to) => Proposal { to: *to, how: How::Said },
            None => *proposal,
        };
        let all: Vec<_> = surveyed.found.classes.iter().zip(&surveyed.proposals).map(become_what).collect();
        shell.print(&found(&surveyed.found, &all, &legend), &found_words(&surveyed.found, &all, &legend));
        return Ok(());
    }
    let request = ImportMapRequest { file, site, name: args.name, reading, chosen, replace: args.replace };
    shell.run(Command::ImportMap(request))?;
    let map =
        shell.project_mut()?.last.map_in.take().ok_or_else(|| Failure("nothing was imported".into()))?;
    shell.print(&values(&map, &legend), &words(&map, &legend));
    Ok(())
}

/// The file of `--match`.
fn matching(file: Option<&Path>) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let Some(file) = file else { return Ok(BTreeMap::new()) };
    let failed = |why: String| Failure(format!("cannot read {}: {why}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let read: BTreeMap<String, Option<Value>> = serde_json::from_slice(&bytes).map_err(|error| {
        failed(format!(
            "it is no JSON object of values and classes, as {{\"3\": \"forest\", \"0\": null}} ({error})"
        ))
    })?;
    let class = |class: Value| match class {
        Value::String(name) => name,
        other => other.to_string(),
    };
    Ok(read.into_iter().map(|(value, to)| (value.trim().to_string(), to.map(class))).collect())
}

/// What is wanted, by the raster's values and the legend's codes.
fn chosen(
    wanted: &BTreeMap<String, Option<String>>,
    found: &FoundClasses,
    legend: &Legend,
) -> Result<Chosen, Failure> {
    let mut chosen = Chosen::new();
    for (value, to) in wanted {
        let is = |class: &&FoundClass| {
            class.label(found.form).eq_ignore_ascii_case(value) || class.name.as_deref() == Some(value)
        };
        let class = found.classes.iter().find(is).ok_or_else(|| {
            let all: Vec<_> = found.classes.iter().map(|class| class.label(found.form)).collect();
            Failure(format!(
                "{} has no value {value} over the site, only {}",
                found.path.display(),
                all.join(", ")
            ))
        })?;
        let code = |name: &String| -> Result<ClassCode, Failure> {
            let by_code = || name.parse().ok().and_then(|code| legend.class(code));
            let class = legend.by_name(name).or_else(by_code);
            class.map(|class| class.code).ok_or_else(|| {
                Failure(format!(
                    "the legend has no class {name}: give one of it by name or code, or add it first"
                ))
            })
        };
        chosen.insert(class.value, to.as_ref().map(code).transpose()?);
    }
    Ok(chosen)
}

fn name_of(to: Option<ClassCode>, legend: &Legend) -> Option<&str> {
    legend.class(to?).map(|class| class.name.as_str())
}

fn found(found: &FoundClasses, settled: &[Proposal], legend: &Legend) -> Value {
    let class = |(class, one): (&FoundClass, &Proposal)| {
        json!({
            "value": class.label(found.form), "name": class.name, "colour": class.colour, "pixels": class.pixels,
            "becomes": name_of(one.to, legend), "why": one.how.title(),
        })
    };
    json!({
        "form": found.form.title(),
        "crs": found.placement.crs.label(),
        "pixel_m": found.pixel_m,
        "named_by": found.named_by,
        "asks": found.question.map(|question| question.sentence()),
        "values": found.classes.iter().zip(settled).map(class).collect::<Vec<_>>(),
        "without": found.empty,
        "notes": found.notes,
    })
}

fn found_words(found: &FoundClasses, settled: &[Proposal], legend: &Legend) -> String {
    let mut text = format!("{}, {}\n", found.form.title(), found.placement.crs.label());
    for (class, one) in found.classes.iter().zip(settled) {
        text += &line(&class.label(found.form), class.name.as_deref(), class.pixels, one, legend);
    }
    for note in &found.notes {
        text += &format!("{note}\n");
    }
    if let Some(question) = found.question {
        text += &format!("To be said first: {}\n", question.sentence());
    }
    text
}

fn line(value: &str, name: Option<&str>, pixels: u64, one: &Proposal, legend: &Legend) -> String {
    let becomes = name_of(one.to, legend).unwrap_or("left out");
    format!("  {value:>7}  {:28} {pixels:>11} pixels  {becomes} ({})\n", name.unwrap_or("–"), one.how.title())
}

fn values(map: &ForeignMap, legend: &Legend) -> Value {
    let imported = &map.imported;
    let value = |one: &crate::classify::foreign::ImportedClass| {
        json!({
            "value": one.value, "name": one.name, "pixels": one.pixels, "becomes": name_of(one.to, legend),
            "why": one.how.title(),
        })
    };
    let class = |(class, extent): &(crate::labels::Class, crate::classify::Extent)| {
        json!({
            "code": class.code, "name": class.name, "pixels": extent.pixels, "hectares": extent.ha,
        })
    };
    json!({
        "map": imported.name,
        "site": map.site,
        "classes_path": imported.classes,
        "crs": imported.crs,
        "pixel_m": imported.pixel_m,
        "values": imported.values.iter().map(value).collect::<Vec<_>>(),
        "classes": imported.counts.iter().map(class).collect::<Vec<_>>(),
        "without": imported.without,
        "notes": imported.notes,
    })
}

fn words(map: &ForeignMap, legend: &Legend) -> String {
    let imported = &map.imported;
    let mut text = format!(
        "{} of {} from {}, in {}\n",
        imported.name,
        map.site,
        imported.crs,
        imported.classes.display()
    );
    for one in &imported.values {
        let proposal = Proposal { to: one.to, how: one.how };
        text += &line(&one.value, one.name.as_deref(), one.pixels, &proposal, legend);
    }
    text += &format!("  {} pixels of the site have no class\n", imported.without);
    for note in &imported.notes {
        text += &format!("{note}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings_of_the_command_line_are_those_of_the_room() {
        for arg in MeaningArg::value_variants() {
            let name = arg.to_possible_value().unwrap();
            assert_eq!(name.get_name(), arg.meaning().name());
        }
        assert_eq!(MeaningArg::value_variants().len(), Meaning::ALL.len());
    }
}
