//! `ritmo labels import PROJECT FILE... [--class-field F] [--map VALUE=CLASS] [--skip VALUE] [--buffer M] [--dry-run] …`

use crate::app::Command;
use crate::cli::{Failure, Shell};
use crate::jobs::{Doubts, FileTold, ToldOfImport, Without, group_words};
use crate::labels::import::{ClassTarget, MoreFields, Numbers, Reading, Told, grouped};
use crate::labels::{Confidence, ImportSettings};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// GeoJSON, GeoPackage, Shapefiles and others that GDAL knows, or label rasters.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The layer, of a file with several.
    #[arg(long, value_name = "L")]
    pub layer: Option<String>,
    /// The field that holds the class; the likely one unless given.
    #[arg(long, value_name = "F")]
    pub class_field: Option<String>,
    /// What a value becomes: a class of the legend by its name or code, or a new class. Others become the class of their
    /// name. May be given many times.
    #[arg(long, value_name = "VALUE=CLASS")]
    pub map: Vec<String>,
    /// Features with this value are left aside. May be given many times.
    #[arg(long, value_name = "VALUE")]
    pub skip: Vec<String>,
    /// What values that are numbers mean. Of a raster it has to be said.
    #[arg(long, value_enum)]
    pub numbers: Option<NumbersArg>,
    /// The inward buffer of what is imported, in metres; its class's or the project's unless given.
    #[arg(long, value_name = "M")]
    pub buffer: Option<f64>,
    /// The coordinate system of the files (EPSG:CODE or WKT), where they do not say it or say it wrongly.
    #[arg(long, value_name = "C")]
    pub crs: Option<String>,
    /// Longitude and latitude are the wrong way round in the files.
    #[arg(long)]
    pub swap_xy: bool,
    /// The encoding of text, of Shapefiles that do not tell: ISO-8859-1, CP1252 …
    #[arg(long, value_name = "E")]
    pub encoding: Option<String>,
    /// How sure what is imported is, where no field says.
    #[arg(long, value_enum, default_value = "sure")]
    pub confidence: ConfidenceArg,
    /// The field that says how sure: "sure" or "likely".
    #[arg(long, value_name = "F")]
    pub confidence_field: Option<String>,
    /// The field that says who drew it.
    #[arg(long, value_name = "F")]
    pub author_field: Option<String>,
    /// The field with notes; the file's name unless given.
    #[arg(long, value_name = "F")]
    pub note_field: Option<String>,
    /// The field with the first date it holds for.
    #[arg(long, value_name = "F")]
    pub from_field: Option<String>,
    /// The field with the last date it holds for.
    #[arg(long, value_name = "F")]
    pub to_field: Option<String>,
    /// The field with an inward buffer in metres.
    #[arg(long, value_name = "F")]
    pub buffer_field: Option<String>,
    /// Regions of a raster with fewer pixels are left aside.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min_pixels: u32,
    /// The value 0 of a raster is a class; otherwise it is unlabelled.
    #[arg(long)]
    pub zero_is_class: bool,
    /// Only say what would be imported.
    #[arg(long)]
    pub dry_run: bool,
}

/// What numbers mean.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NumbersArg {
    /// Names of classes, then codes of the legend.
    Auto,
    /// Codes of the project's legend.
    Codes,
    /// Names of classes.
    Names,
    /// Reforestamos in the order of wikidata: 1 forest, 2 dry_jungle …
    Wikidata,
    /// Reforestamos in the order of the alphabet: 1 agriculture, 2 bare_soil …
    Alphabetical,
}

/// How sure.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ConfidenceArg {
    Sure,
    Likely,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let settings = settings(&args, shell)?;
    let files = args.files;
    if args.dry_run {
        shell.run(Command::SurveyLabels { files, settings })?;
        let surveyed = shell.project()?.labels_in.last.clone();
        let surveyed = surveyed.ok_or_else(|| Failure("nothing was looked at".into()))?;
        let told = surveyed.told.as_ref().map_err(|why| Failure(why.clone()))?;
        warn(&surveyed.doubts);
        shell.print(&values(told, &surveyed.doubts, true), &words(told, true));
        return Ok(());
    }
    shell.run(Command::ImportLabels { files, settings })?;
    let imported =
        shell.project_mut()?.last.imported.take().ok_or_else(|| Failure("nothing was imported".into()))?;
    warn(&imported.doubts);
    shell.print(&values(&imported.told, &imported.doubts, false), &words(&imported.told, false));
    Ok(())
}

fn warn(doubts: &Doubts) {
    for doubt in [&doubts.lacks_crs, &doubts.seems_swapped].into_iter().flatten() {
        eprintln!("warning: {doubt}");
    }
}

fn settings(args: &Args, shell: &Shell) -> Result<ImportSettings, Failure> {
    let legend = &shell.project()?.document.legend;
    let mut settings = ImportSettings {
        reading: Reading {
            layer: args.layer.clone(),
            first_layer: false,
            crs: args.crs.clone(),
            swap_xy: args.swap_xy,
            encoding: args.encoding.clone(),
            min_pixels: args.min_pixels,
            zero_is_class: args.zero_is_class,
        },
        class_field: args.class_field.clone(),
        numbers: args.numbers.map(|numbers| match numbers {
            NumbersArg::Auto => Numbers::NamesThenCodes,
            NumbersArg::Codes => Numbers::Codes,
            NumbersArg::Names => Numbers::Names,
            NumbersArg::Wikidata => Numbers::Wikidata,
            NumbersArg::Alphabetical => Numbers::Alphabetical,
        }),
        confidence: match args.confidence {
            ConfidenceArg::Sure => Confidence::Sure,
            ConfidenceArg::Likely => Confidence::Likely,
        },
        fields: MoreFields {
            confidence: args.confidence_field.clone(),
            author: args.author_field.clone(),
            note: args.note_field.clone(),
            from: args.from_field.clone(),
            to: args.to_field.clone(),
            buffer: args.buffer_field.clone(),
        },
        buffer_m: args.buffer,
        ..ImportSettings::default()
    };
    for mapped in &args.map {
        // A value may hold "=", a class hardly.
        let Some((value, class)) = mapped.rsplit_once('=').filter(|(_, class)| !class.trim().is_empty())
        else {
            return Err(Failure(format!(
                "--map {mapped}: give VALUE=CLASS, for example --map \"no data=water\""
            )));
        };
        let by_code = || class.trim().parse().ok().and_then(|code| legend.class(code));
        let class = match legend.by_name(class).or_else(by_code) {
            Some(class) => class.name.clone(),
            None => class.trim().to_owned(),
        };
        settings.classes.insert(value.trim().to_owned(), ClassTarget::Class(class));
    }
    for value in &args.skip {
        settings.classes.insert(value.trim().to_owned(), ClassTarget::Skip);
    }
    Ok(settings)
}

fn told_values(told: &[Told]) -> Vec<Value> {
    let value = |told: &Told| match told.feature {
        0 => json!({ "file": told.file, "count": told.count, "why": told.why }),
        feature => json!({ "file": told.file, "feature": feature, "why": told.why }),
    };
    told.iter().map(value).collect()
}

fn values(told: &ToldOfImport, doubts: &Doubts, dry_run: bool) -> Value {
    let class = |code| told.legend.class(code).map(|class| class.name.as_str());
    json!({
        "imported": if dry_run { 0 } else { told.count },
        "would_be_imported": told.count,
        "dry_run": dry_run,
        "files": told.files.iter().map(file_value).collect::<Vec<_>>(),
        "classes": told.values.iter().map(|taken| json!({
            "value": taken.value,
            "features": taken.features,
            "annotations": taken.annotations,
            "class": taken.class.and_then(class),
            "code": taken.class,
            "new": taken.is_new,
        })).collect::<Vec<_>>(),
        "new_classes": told.new_classes,
        "skipped": told_values(&told.skipped),
        "in_part": told_values(&told.in_part),
        "repaired": told.repaired.iter().map(|repaired| json!({
            "file": repaired.file,
            "feature": repaired.feature,
            "before_ha": repaired.before_ha,
            "after_ha": repaired.after_ha,
            "changed_ha": repaired.after_ha - repaired.before_ha,
        })).collect::<Vec<_>>(),
        "emptied_by_buffer": told.without_pixels.iter().map(|one| json!({
            "annotation": one.annotation,
            "file": one.source.0,
            "feature": one.source.1,
            "how": match one.how {
                Without::Outside => "outside",
                Without::Emptied => "emptied",
                Without::NoWholePixel => "no_whole_pixel",
                Without::Failed => "failed",
            },
            "why": one.why,
        })).collect::<Vec<_>>(),
        "outside_of_sites": told.without(Without::Outside),
        "overlaps": told_values(&told.overlaps),
        "sites_unread": told.sites_unread,
        "seems_swapped": doubts.seems_swapped,
        "lacks_crs": doubts.lacks_crs,
    })
}

fn file_value(file: &FileTold) -> Value {
    json!({
        "file": file.path,
        "format": file.format,
        "layer": file.layer,
        "layers": file.layers.iter().map(|(name, features)| json!({ "name": name, "features": features }))
            .collect::<Vec<_>>(),
        "crs": file.crs,
        "features": file.features,
        "class_field": file.class_field,
        "fields": file.fields,
    })
}

fn words(told: &ToldOfImport, dry_run: bool) -> String {
    let mut text = match dry_run {
        true => format!("{} annotations would be imported; nothing was written", told.count),
        false => format!("{} annotations imported", told.count),
    };
    for file in &told.files {
        let layer = file.layer.as_ref().map_or(String::new(), |layer| format!(", layer {layer}"));
        text += &format!(
            "\n  file      {}: {}{layer}, {} features, {}, class in “{}”",
            file.path.display(),
            file.format,
            file.features,
            file.crs,
            file.class_field
        );
    }
    for taken in &told.values {
        let class = taken.class.and_then(|code| told.legend.class(code));
        let class = match class {
            Some(class) if taken.is_new => format!("{} {} (new)", class.code, class.name),
            Some(class) => format!("{} {}", class.code, class.name),
            None => "left aside".into(),
        };
        text += &format!("\n  class     {:>6} x {} -> {class}", taken.features, taken.value);
    }
    let mut list = |name: &str, told: &[Told]| {
        for group in grouped(told) {
            text += &format!("\n  {name:<9} {}", group_words(&group));
        }
    };
    list("skipped", &told.skipped);
    list("in part", &told.in_part);
    list("emptied", &told.without_told(Without::Emptied));
    list("no pixel", &told.without_told(Without::NoWholePixel));
    list("failed", &told.without_told(Without::Failed));
    list("outside", &told.without_told(Without::Outside));
    list("overlap", &told.overlaps);
    for repaired in &told.repaired {
        text += &format!(
            "\n  repaired  feature {} of {}: {:.4} ha before, {:.4} ha after",
            repaired.feature,
            repaired.file.display(),
            repaired.before_ha,
            repaired.after_ha
        );
    }
    text
}
