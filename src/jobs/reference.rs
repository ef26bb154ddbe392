//! Reference samples in the background: counting what a map has, drawing, reading, taking answers in, writing.

use super::{JobContext, Outcome};
use crate::labels::Legend;
use crate::project::reference::{
    DesignFrom, MapCounts, Plan, ReferenceSample, Told, Wanted, design_sample, export_reference,
    read_answers, read_points, read_reference, write_reference,
};
use anyhow::bail;
use std::path::{Path, PathBuf};

/// What became of work on a reference sample.
#[derive(Debug)]
pub enum ReferenceNews {
    /// A map was counted.
    Counted { site: String, map: String, counts: MapCounts },
    /// A sample was drawn, and lies in the project.
    Designed { sample: ReferenceSample, plan: Box<Plan>, file: PathBuf },
    /// A sample was read; what is off in it.
    Opened { sample: ReferenceSample, told: Told, file: PathBuf },
    /// Points made elsewhere lie in the project as a sample.
    Imported { sample: ReferenceSample, told: Told, file: PathBuf },
    /// Answers were taken into a sample.
    Answered { sample: ReferenceSample, taken: u64, told: Told, file: PathBuf },
    /// A sample was written elsewhere.
    Exported { name: String, file: PathBuf, units: usize },
}

/// Which map to count.
#[derive(Debug, Clone)]
pub struct CountSpec {
    /// The site.
    pub site: String,
    /// The map's name.
    pub map: String,
    /// Its file.
    pub file: PathBuf,
}

/// Counts the pixels of a map.
///
/// # Errors
/// When it cannot be read.
pub fn count_strata(spec: &CountSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let counts = MapCounts::of(&spec.file, &|p| context.progress(p), &context.cancel)?;
    Ok(Outcome::Reference(Box::new(ReferenceNews::Counted {
        site: spec.site.clone(),
        map: spec.map.clone(),
        counts,
    })))
}

/// Which sample to draw.
#[derive(Debug, Clone)]
pub struct DesignSpec {
    /// The map.
    pub from: DesignFrom,
    /// The sample's name.
    pub name: String,
    /// Its file in the project.
    pub file: PathBuf,
    /// How.
    pub wanted: Wanted,
    /// Whether a sample of this name is replaced.
    pub replace: bool,
}

/// No answers are lost to a sample of the same name.
fn check_free(name: &str, file: &Path, replace: bool) -> anyhow::Result<()> {
    if file.exists() && !replace {
        bail!(
            "there is a reference sample {name} already, with its answers: give another name, or ask for it to be replaced"
        );
    }
    Ok(())
}

/// Draws a sample and writes it into the project.
///
/// # Errors
/// When the map cannot be read, nothing sensible is wanted, or the sample cannot be written.
pub fn design_reference(spec: &DesignSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    check_free(&spec.name, &spec.file, spec.replace)?;
    let report = |p| context.progress(p);
    let (sample, plan) = design_sample(&spec.from, &spec.name, &spec.wanted, &report, &context.cancel)?;
    write_reference(&sample, &spec.from.legend, &spec.file)?;
    let (plan, file) = (Box::new(plan), spec.file.clone());
    Ok(Outcome::Reference(Box::new(ReferenceNews::Designed { sample, plan, file })))
}

/// Reads a sample of the project.
///
/// # Errors
/// When it is gone, damaged, or of a newer version.
pub fn open_reference(file: PathBuf, legend: &Legend) -> anyhow::Result<Outcome> {
    let (sample, told) = read_reference(&file, legend)?;
    Ok(Outcome::Reference(Box::new(ReferenceNews::Opened { sample, told, file })))
}

/// Points made elsewhere, to become a sample.
#[derive(Debug, Clone)]
pub struct ImportReferenceSpec {
    /// The file with the points.
    pub from: PathBuf,
    /// The field that holds their classes; the likely one where `None`.
    pub class_field: Option<String>,
    /// The sample's name.
    pub name: String,
    /// Its file in the project.
    pub file: PathBuf,
    /// Whether a sample of this name is replaced.
    pub replace: bool,
    /// The classes.
    pub legend: Legend,
}

/// Takes points made elsewhere into the project.
///
/// # Errors
/// When they cannot be read, or the sample cannot be written.
pub fn import_reference(spec: &ImportReferenceSpec) -> anyhow::Result<Outcome> {
    check_free(&spec.name, &spec.file, spec.replace)?;
    let (mut sample, told) = read_points(&spec.from, &spec.legend, spec.class_field.as_deref())?;
    sample.name = spec.name.clone();
    write_reference(&sample, &spec.legend, &spec.file)?;
    Ok(Outcome::Reference(Box::new(ReferenceNews::Imported { sample, told, file: spec.file.clone() })))
}

/// Answers in a file, for a sample of the project.
#[derive(Debug, Clone)]
pub struct TakeAnswersSpec {
    /// The file with the answers.
    pub from: PathBuf,
    /// The field that holds their classes; the likely one where `None`.
    pub class_field: Option<String>,
    /// Who gave those that do not say who.
    pub interpreter: String,
    /// The sample's file in the project.
    pub file: PathBuf,
    /// The classes.
    pub legend: Legend,
}

/// Takes answers into a sample of the project.
///
/// # Errors
/// When one of the files cannot be read, or the sample cannot be written.
pub fn take_answers(spec: &TakeAnswersSpec) -> anyhow::Result<Outcome> {
    let (mut sample, mut told) = read_reference(&spec.file, &spec.legend)?;
    let class_field = spec.class_field.as_deref();
    let (given, of_answers) = read_answers(&spec.from, &spec.legend, class_field, &spec.interpreter)?;
    told.add(of_answers);
    let taken = sample.take(given, &mut told);
    write_reference(&sample, &spec.legend, &spec.file)?;
    let file = spec.file.clone();
    Ok(Outcome::Reference(Box::new(ReferenceNews::Answered { sample, taken, told, file })))
}

/// Where to write a sample.
#[derive(Debug, Clone)]
pub struct ExportReferenceSpec {
    /// The sample's file in the project.
    pub from: PathBuf,
    /// The file to write.
    pub file: PathBuf,
    /// The classes.
    pub legend: Legend,
}

/// Writes a sample for other programs.
///
/// # Errors
/// When it cannot be read or written.
pub fn export_sample(spec: &ExportReferenceSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let (sample, _) = read_reference(&spec.from, &spec.legend)?;
    export_reference(&sample, &spec.legend, &spec.file, &context.cancel)?;
    let (name, units, file) = (sample.name, sample.units.len(), spec.file.clone());
    Ok(Outcome::Reference(Box::new(ReferenceNews::Exported { name, file, units })))
}
