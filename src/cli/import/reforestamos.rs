//! `ritmo import reforestamos PREFIX PROJECT --date D [--coding wikidata|alphabetical] …`

use crate::app::Command;
use crate::cli::{Failure, Shell};
use crate::cube::{GridSetting, Resampling};
use crate::jobs::{ChipChoice, ChipLabels, ChipsSurveyed, ChipsTold};
use crate::labels::import::{CodingSeen, Numbers};
use crate::labels::{Legend, Preset};
use crate::source::{ChipImages, ChipSites};
use chrono::NaiveDate;
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder that holds the chips' folders.
    pub prefix: PathBuf,
    /// The project's folder; a project with the legend of the corridors is made where there is none.
    pub project: PathBuf,
    /// The day that the images show; their files do not tell.
    #[arg(long, value_name = "DATE", required_unless_present = "dry_run")]
    pub date: Option<NaiveDate>,
    /// What the numbers of label rasters mean: 1 is forest (wikidata) or agriculture (alphabetical).
    #[arg(long, value_enum)]
    pub coding: Option<CodingArg>,
    /// Which images; those that most chips have unless given.
    #[arg(long, value_enum)]
    pub images: Option<ImagesArg>,
    /// Chips that share an edge are one site, or each chip is one.
    #[arg(long, value_enum, default_value = "neighbours")]
    pub sites: SitesArg,
    /// Polygons, label rasters, or both: rasters of the chips that have no polygons.
    #[arg(long, value_enum, default_value = "both")]
    pub labels: LabelsArg,
    /// The inward buffer of the annotations, in metres; the project's unless given.
    #[arg(long, value_name = "M")]
    pub buffer: Option<f64>,
    /// Warp to this coordinate system, where the images of a site do not lie on one grid.
    #[arg(long, value_name = "EPSG:CODE")]
    pub crs: Option<String>,
    /// Warp to pixels of this side, in units of the coordinate system.
    #[arg(long, value_name = "SIDE")]
    pub resolution: Option<f64>,
    /// Only say what the prefix holds, and how its rasters read in both codings.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CodingArg {
    Wikidata,
    Alphabetical,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ImagesArg {
    #[value(name = "4b")]
    FourBands,
    #[value(name = "12b")]
    TwelveBands,
    Unrescaled,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SitesArg {
    Neighbours,
    Each,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LabelsArg {
    Both,
    Vectors,
    Rasters,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    open_or_make(&args, shell)?;
    if args.dry_run {
        shell.run(Command::SurveyChips(args.prefix.clone()))?;
        let surveyed = shell.project()?.chips.last.clone();
        let surveyed = surveyed.ok_or_else(|| Failure("nothing was looked at".into()))?;
        shell.print(&survey_value(&surveyed), &survey_words(&surveyed));
        return Ok(());
    }
    let choice = choice(&args)?;
    shell.run(Command::ImportChips { prefix: args.prefix.clone(), choice })?;
    let project = shell.project_mut()?;
    let told = project.last.chips.take().ok_or_else(|| Failure("nothing was imported".into()))?;
    let built = project.last.built.take().unwrap_or_default();
    let annotations = project.last.imported.take().map_or(0, |imported| imported.told.count);
    let mut value = told_value(&told);
    value["project"] = json!(args.project);
    value["sites"] = json!(built.sites.len());
    value["failed"] = built.failed.iter().map(|(site, why)| json!({ "site": site, "why": why })).collect();
    value["annotations"] = json!(annotations);
    value["seconds"] = json!(built.seconds);
    shell.print(&value, &told_words(&told, built.sites.len(), annotations));
    Ok(())
}

/// Opens the project, or makes one. A look alone leaves nothing behind where there is no project.
fn open_or_make(args: &Args, shell: &mut Shell) -> Result<(), Failure> {
    if args.project.join("ritmo.json").exists() {
        return shell.open(&args.project);
    }
    if args.dry_run {
        return Err(Failure(format!(
            "there is no project in {} yet: make one (ritmo new {} --legend reforestamos), or import without --dry-run",
            args.project.display(),
            args.project.display()
        )));
    }
    let preset = match args.coding {
        Some(CodingArg::Alphabetical) => Preset::ReforestamosAlphabetical,
        _ => Preset::Reforestamos,
    };
    let whole = std::path::absolute(&args.project).unwrap_or_else(|_| args.project.clone());
    let name = whole.file_name().map_or("project".into(), |name| name.to_string_lossy().into_owned());
    let legend: Legend = preset.legend();
    shell.run(Command::NewProject { folder: args.project.clone(), name, legend })
}

fn choice(args: &Args) -> Result<ChipChoice, Failure> {
    let date = args.date.ok_or_else(|| Failure("say which day the images show: --date 2022-03-15".into()))?;
    Ok(ChipChoice {
        images: args.images.map(|images| match images {
            ImagesArg::FourBands => ChipImages::FourBands,
            ImagesArg::TwelveBands => ChipImages::TwelveBands,
            ImagesArg::Unrescaled => ChipImages::Unrescaled,
        }),
        date,
        sites: match args.sites {
            SitesArg::Neighbours => ChipSites::Neighbours,
            SitesArg::Each => ChipSites::Each,
        },
        labels: match args.labels {
            LabelsArg::Both => ChipLabels::Both,
            LabelsArg::Vectors => ChipLabels::Vectors,
            LabelsArg::Rasters => ChipLabels::Rasters,
        },
        coding: args.coding.map(|coding| match coding {
            CodingArg::Wikidata => Numbers::Wikidata,
            CodingArg::Alphabetical => Numbers::Alphabetical,
        }),
        buffer_m: args.buffer,
        grid: GridSetting {
            crs: args.crs.clone(),
            resolution: args.resolution,
            extent: None,
            resampling: Resampling::Bilinear,
        },
    })
}

const CODINGS: [Numbers; 2] = [Numbers::Wikidata, Numbers::Alphabetical];

fn survey_value(surveyed: &ChipsSurveyed) -> Value {
    let ChipsSurveyed { set, images, coding, sampled, labelled, damaged } = surveyed;
    let [vectors, rasters, both, neither] = labelled;
    let count = |images: ChipImages| (images.name().to_owned(), json!(set.count(images)));
    let fits = CODINGS.map(|numbers| {
        let (fit, of) = coding.fits(numbers);
        (numbers.name().to_owned(), json!({ "polygons": of, "fit": fit }))
    });
    json!({
        "chips": set.chips.len(),
        "images": ChipImages::ALL.map(count).into_iter().collect::<serde_json::Map<_, _>>(),
        "images_taken": images.map(ChipImages::name),
        "with_polygons": vectors,
        "with_raster": rasters,
        "with_both": both,
        "without_labels": neither,
        "ignored": set.ignored,
        "aside": aside_value(&set.aside),
        "damaged": aside_value(damaged),
        "coding": {
            "chips_sampled": sampled,
            "fits": fits.into_iter().collect::<serde_json::Map<_, _>>(),
            "likely": coding.likely().map(Numbers::name),
            "mixed": coding.is_mixed(),
            "values": coding.values().into_iter().map(|value| json!({
                "value": value,
                "wikidata": Numbers::Wikidata.class_of(value),
                "alphabetical": Numbers::Alphabetical.class_of(value),
                "polygons": coding.classes_on(value).into_iter().map(|(name, n)| (name.to_owned(), json!(n)))
                    .collect::<serde_json::Map<_, _>>(),
            })).collect::<Vec<_>>(),
        },
    })
}

fn aside_value(aside: &[(PathBuf, String)]) -> Value {
    aside.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect()
}

fn survey_words(surveyed: &ChipsSurveyed) -> String {
    let ChipsSurveyed { set, images, coding, sampled, labelled, damaged } = surveyed;
    let [vectors, rasters, both, neither] = labelled;
    let mut text = format!("{} chips in {}", set.chips.len(), set.prefix.display());
    for kind in ChipImages::ALL {
        let taken = if *images == Some(kind) { "  (taken unless --images says otherwise)" } else { "" };
        text += &format!("\n  {:>6} with images in {}{taken}", set.count(kind), kind.folder());
    }
    text += &format!(
        "\n  {vectors:>6} with polygons\n  {rasters:>6} with a label raster\n  {both:>6} with both\n  {neither:>6} without labels"
    );
    text += &format!("\n  {:>6} files and folders ignored, {} set aside", set.ignored, set.aside.len());
    text += &aside_words(&set.aside);
    text += &aside_words(damaged);
    text + &coding_words(coding, *sampled)
}

/// What rasters read in both codings, and what polygons of the same chips say.
fn coding_words(coding: &CodingSeen, sampled: usize) -> String {
    if coding.pairs.is_empty() {
        return "\nNo chip has both polygons and a label raster: nothing tells which coding rasters have"
            .into();
    }
    let mut text = format!(
        "\nPolygons of {sampled} chips on their label rasters\n  {:>5}  {:28} {:28} polygons say",
        "value", "wikidata", "alphabetical"
    );
    for value in coding.values() {
        let name = |numbers: Numbers| match numbers.class_of(value) {
            Some(name) => name,
            None if value == 0 => "unlabelled",
            None => "–",
        };
        let said = coding.classes_on(value);
        let said: Vec<_> = said.iter().take(3).map(|(name, count)| format!("{name} {count}")).collect();
        let (a, b) = (name(Numbers::Wikidata), name(Numbers::Alphabetical));
        text += &format!("\n  {value:>5}  {a:28} {b:28} {}", said.join(", "));
    }
    for numbers in CODINGS {
        let (fit, all) = coding.fits(numbers);
        text += &format!("\n  {fit} of {all} polygons fit {}", numbers.name());
    }
    if coding.is_mixed() {
        let files: Vec<_> = coding.files.iter().map(|(name, n)| format!("{n} chips fit {name}")).collect();
        text += &format!("\n  Both codings seem to be mixed: {}", files.join(", "));
    }
    text
}

fn aside_words(aside: &[(PathBuf, String)]) -> String {
    const SHOWN: usize = 5;
    let mut text = String::new();
    for (file, why) in aside.iter().take(SHOWN) {
        text += &format!("\n    {}: {why}", short(file));
    }
    if aside.len() > SHOWN {
        text += &format!("\n    and {} more", aside.len() - SHOWN);
    }
    text
}

/// A file with its folder, which tells what it is.
fn short(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

fn told_value(told: &ChipsTold) -> Value {
    json!({
        "chips": told.chips,
        "images": told.images.map(ChipImages::name),
        "sites_before": told.sites_before,
        "labels_before": told.labels_before,
        "aside": aside_value(&told.aside),
        "report": told.report,
        "notes": told.notes,
    })
}

fn told_words(told: &ChipsTold, sites: usize, annotations: usize) -> String {
    let mut text =
        format!("{} chips on {} sites, {annotations} annotations", told.chips, sites + told.sites_before);
    if told.sites_before > 0 || told.labels_before > 0 {
        text += &format!(
            "\n  {} sites and the labels of {} files were there from an earlier run",
            told.sites_before, told.labels_before
        );
    }
    text += &format!("\n  {} set aside, listed in {}", told.aside.len(), told.report.display());
    text += &aside_words(&told.aside);
    told.notes.iter().for_each(|note| text += &format!("\n  {note}"));
    text
}
