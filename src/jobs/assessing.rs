//! Assessing a map: on annotations that its model has not seen, on a reference sample, and against a true map where there is
//! one.

use super::reporting::{
    facts_of_map, facts_of_model, facts_of_program, map_picture, now, only_class_note, save_report,
    training_of,
};
use super::{Assessed, JobContext, Outcome};
use crate::assess::{
    BootstrapSpec, ErrorMatrix, Fact, MapEstimate, Picture, Report, Scores, assessment_intervals, estimate,
};
use crate::classify;
use crate::geo::{Grid, Placement, raster};
use crate::labels::{
    AnnotationId, Annotations, Buffers, Class, ClassCode, Confidence, Legend, Translation, core_of_annotation,
};
use crate::model::{Model, ModelCard};
use crate::project::reference::{MapCounts, PlacedUnit, ReferenceSample, read_reference};
use crate::words::{Language, grouped};
use anyhow::bail;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// What to assess.
#[derive(Debug, Clone)]
pub struct AssessSpec {
    /// The project's name.
    pub project: String,
    /// The site's name.
    pub site: String,
    /// The map's name.
    pub name: String,
    /// Class codes of the map.
    pub classes: PathBuf,
    /// Where the model of its name lies, if there is one.
    pub model: Option<PathBuf>,
    /// Folders of all models of the project: a map of another name may be of one of them.
    pub models: Vec<PathBuf>,
    /// The true map, where there is one.
    pub true_map: Option<PathBuf>,
    /// A reference sample, where there is one.
    pub reference: Option<PathBuf>,
    /// Annotations.
    pub annotations: Annotations,
    /// The inward buffers.
    pub buffers: Buffers,
    /// The legend.
    pub legend: Legend,
    /// The language of its page.
    pub language: Language,
    /// Where the report is written, as JSON; page and table lie beside it.
    pub output: PathBuf,
}

/// What a map is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldAgainst {
    /// Annotations that its model has not seen.
    Annotations,
    /// The true map.
    TrueMap,
    /// A reference sample.
    Reference,
}

/// A map that is looked at for assessment.
pub(super) struct Looked {
    pub grid: Grid,
    /// The map, y x x, in the codes of today.
    pub codes: Vec<u8>,
    /// The classes of today, and those of the map that are gone since: what is mapped as one of them is wrong.
    pub classes: Vec<Class>,
    /// Of the model that made it, where it is known.
    pub card: Option<ModelCard>,
    /// The training that the file names.
    made_by: Option<String>,
    /// Pixels that trained the model or chose when its training stopped.
    touched: Vec<bool>,
    /// Pixels of annotations that it has not seen.
    unseen: Vec<Unseen>,
    /// The true map in the codes of today.
    truth: Option<Vec<u8>>,
    /// Why there is a true map, and it does not count.
    without_truth: Option<String>,
}

/// A pixel of an annotation that the model has not seen.
struct Unseen {
    annotation: AnnotationId,
    class: ClassCode,
    pixel: (u32, u32),
}

impl Looked {
    /// Reads the map and what it is held against.
    pub fn at(spec: &AssessSpec, context: &JobContext) -> anyhow::Result<Self> {
        let (grid, mut codes) = raster::read_u8(&spec.classes, 0)?;
        let mut classes = spec.legend.classes.clone();
        let made_by = raster::RasterReader::open(&spec.classes)?.metadata_item(classify::TRAINING);
        let card = card_of(spec, made_by.as_deref())?;
        // Annotations that trained the model, or chose when its training stopped.
        let mut model_saw: HashSet<AnnotationId> = HashSet::new();
        let mut dates = Vec::new();
        // A map that no model made here says itself what its codes are.
        let own = match &card {
            Some(card) => card.classes.clone(),
            None => super::maps::classes_of(&spec.classes)?,
        };
        if !own.is_empty() {
            let today = Translation::new(&own, &spec.legend);
            codes.iter_mut().for_each(|code| *code = today.codes[usize::from(*code)]);
            classes = today.classes;
        }
        if let Some(card) = &card {
            model_saw.extend(card.trained_on.iter().chain(&card.held_out));
            dates.clone_from(&card.dates);
        }
        let at = |(col, row): (u32, u32)| row as usize * grid.width as usize + col as usize;
        let mut touched = vec![false; codes.len()];
        let mut unseen = Vec::new();
        for annotation in spec.annotations.iter() {
            context.cancel.check()?;
            let Ok(core) = core_of_annotation(annotation, &grid, &spec.buffers) else { continue };
            if model_saw.contains(&annotation.id) {
                core.pure_pixels.iter().for_each(|&pixel| touched[at(pixel)] = true);
            } else if annotation.confidence == Confidence::Sure && annotation.holds.at_all(&dates) {
                unseen.push((annotation.id, annotation.class, core.pure_pixels));
            }
        }
        // As for training: a pixel claimed for different classes counts for none, one claimed twice for one class counts once.
        let mut claimed: HashMap<usize, Option<ClassCode>> = HashMap::new();
        for (_, class, pixels) in &unseen {
            for pixel in pixels.iter().map(|&pixel| at(pixel)).filter(|&pixel| !touched[pixel]) {
                let claim = claimed.entry(pixel).or_insert(Some(*class));
                *claim = claim.filter(|of| of == class);
            }
        }
        let mut once = Vec::new();
        for (annotation, class, pixels) in unseen {
            let own = pixels.into_iter().filter(|&pixel| claimed.remove(&at(pixel)).flatten().is_some());
            once.extend(own.map(|pixel| Unseen { annotation, class, pixel }));
        }
        let truth = spec.true_map.as_ref().map(|path| read_true_map(path, &grid, &spec.legend));
        let (truth, without_truth) = match truth.transpose()? {
            Some(Ok(truth)) => (Some(truth), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        Ok(Self { grid, codes, classes, card, made_by, touched, unseen: once, truth, without_truth })
    }

    fn index(&self, (col, row): (u32, u32)) -> usize {
        row as usize * self.grid.width as usize + col as usize
    }

    /// Pixels that count: annotation, reference class, mapped class, place.
    fn unseen(&self) -> impl Iterator<Item = (AnnotationId, ClassCode, ClassCode, (u32, u32))> {
        let known = |code: ClassCode| self.classes.iter().any(|class| class.code == code);
        self.unseen.iter().filter_map(move |Unseen { annotation, class, pixel }| {
            let mapped = self.codes[self.index(*pixel)];
            (known(*class) && known(mapped)).then_some((*annotation, *class, mapped, *pixel))
        })
    }

    /// Pixels of the true map that count: reference class, mapped class, place in the raster.
    fn truth(&self) -> impl Iterator<Item = (ClassCode, ClassCode, usize)> {
        let truth = self.truth.iter().flatten().zip(&self.codes).zip(&self.touched).enumerate();
        truth.filter(|(_, (_, touched))| !**touched).map(|(i, ((truth, mapped), _))| (*truth, *mapped, i))
    }

    /// The scores on annotations; `None` where there is none.
    fn of_annotations(&self) -> Option<Scores> {
        let mut matrix = ErrorMatrix::new(&self.classes);
        let mut used = HashSet::new();
        for (annotation, class, mapped, _) in self.unseen() {
            matrix.add(class, mapped);
            used.insert(annotation);
        }
        let which = match self.card {
            Some(_) => "that neither trained the model nor chose when its training stopped",
            None => "(the model is not of this project: whether it learned from them is not known)",
        };
        (!used.is_empty()).then(|| {
            let assessment = matrix.assessment(format!(
                "Pure pixels of {} annotation{} {which}. \
                 Confident labels avoid edges and doubtful places, so this flatters the map as a whole.",
                used.len(),
                if used.len() == 1 { "" } else { "s" }
            ));
            let samples = self.unseen().map(|(annotation, class, mapped, _)| (annotation, class, mapped));
            let found = assessment_intervals(&self.classes, samples, &BootstrapSpec::default());
            Scores::new(assessment, Some(found))
        })
    }

    /// The scores against the true map.
    fn of_truth(&self) -> Option<Scores> {
        self.truth.as_ref()?;
        let mut matrix = ErrorMatrix::new(&self.classes);
        let counted = self.truth().filter(|(truth, mapped, _)| matrix.add(*truth, *mapped)).count();
        let counted = grouped(counted as i64);
        let assessment = matrix.assessment(format!(
            "The simulated true map at {counted} pixels: all but those that trained the model or chose when its \
             training stopped. Edges and mixed pixels are in it."
        ));
        Some(Scores::new(assessment, None))
    }

    /// The class that the map gives each unit of a sample; `None` off the map.
    fn codes_of(&self, sample: &ReferenceSample) -> Vec<Option<ClassCode>> {
        let at = classify::pixels_at(&Placement::from(&self.grid), &sample.places());
        at.into_iter().map(|at| at.map(|at| self.codes[self.index(at)])).collect()
    }

    /// Pixels of a reference class that the map gives a class, in the order of rows.
    ///
    /// # Errors
    /// When they are of a reference sample that cannot be read.
    pub fn of_cell(
        &self,
        spec: &AssessSpec,
        against: HeldAgainst,
        [reference, mapped]: [ClassCode; 2],
    ) -> anyhow::Result<Vec<(u32, u32)>> {
        let width = self.grid.width as usize;
        let mut found: Vec<(u32, u32)> = match (against, &spec.reference) {
            (HeldAgainst::Annotations, _) => {
                self.unseen().filter(|of| (of.1, of.2) == (reference, mapped)).map(|of| of.3).collect()
            }
            (HeldAgainst::TrueMap, _) => self
                .truth()
                .filter(|of| (of.0, of.1) == (reference, mapped))
                .map(|(.., i)| ((i % width) as u32, (i / width) as u32))
                .collect(),
            (HeldAgainst::Reference, None) => {
                bail!(
                    "the reference sample of this report is not there any more: assess the map on one again"
                )
            }
            (HeldAgainst::Reference, Some(file)) => {
                let (sample, _) = read_reference(file, &spec.legend)?;
                let at = classify::pixels_at(&Placement::from(&self.grid), &sample.places());
                let pairs = sample.units.iter().zip(at).filter_map(|(unit, at)| Some((unit, at?)));
                let of_cell = |(unit, at): &(&PlacedUnit, (u32, u32))| {
                    ReferenceSample::class_of(unit) == Some(reference)
                        && self.codes[self.index(*at)] == mapped
                };
                pairs.filter(of_cell).map(|(_, at)| at).collect()
            }
        };
        found.sort_unstable_by_key(|(col, row)| (*row, *col));
        found.dedup();
        Ok(found)
    }

    /// What a reference sample tells, with what is to be said of it and how it came about.
    fn of_reference(
        &self,
        spec: &AssessSpec,
        file: &Path,
        context: &JobContext,
    ) -> anyhow::Result<(MapEstimate, Vec<String>, Vec<Fact>)> {
        let (sample, told) = read_reference(file, &spec.legend)?;
        let counts = MapCounts::of_codes(&Placement::from(&self.grid), &self.codes)
            .map_err(|why| anyhow::anyhow!("cannot count the pixels of {}: {why}", spec.classes.display()))?;
        context.cancel.check()?;
        let mapped = self.codes_of(&sample);
        let units = sample.reference_units(&counts, &mapped);
        let found = estimate(&sample.population(&counts, &spec.legend), &self.classes, &units);
        let mut notes = vec![sample.sampled(&counts).sentence().to_string()];
        notes.extend(told.sentences());
        if let Some(site) = sample.site.as_ref().filter(|site| **site != spec.site) {
            notes.push(format!(
                "The reference sample was drawn on {site}, and this is a map of {}.",
                spec.site
            ));
        }
        let mut facts = vec![
            Fact::new("reference sample", file.display().to_string()),
            Fact::new("interpreters", sample.interpreters().join(", ")),
        ];
        if let Some(design) = &sample.design {
            let how = format!(
                "{} units in {} strata of the map {} (training {}), seed {}",
                design.units.len(),
                design.strata.len(),
                design.map,
                design.run.as_deref().unwrap_or("not told"),
                design.seed
            );
            facts.push(Fact::new("design of the reference sample", how));
        }
        Ok((found, notes, facts))
    }

    fn pictures(&self, spec: &AssessSpec) -> Vec<Picture> {
        let title = format!("Map {} of {}", spec.name, spec.site);
        let map = map_picture(title, &self.grid, &self.codes, &self.classes);
        let truth = self.truth.as_ref().and_then(|truth| {
            map_picture(format!("Simulated true map of {}", spec.site), &self.grid, truth, &self.classes)
        });
        map.into_iter().chain(truth).collect()
    }
}

/// The true map of a demo, y x x, in the codes of today; or why it cannot be held against a map on this grid, in a sentence.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read_true_map(
    path: &Path,
    grid: &Grid,
    legend: &Legend,
) -> anyhow::Result<Result<Vec<u8>, String>> {
    let (true_grid, mut truth) = raster::read_u8(path, 0)?;
    if !true_grid.lines_up_with(grid) {
        return Ok(Err(format!(
            "The true map {} was left out: it lies on another grid than the map. To have it count, build the site's cube on the \
             grid of its mosaics and map again.",
            path.display()
        )));
    }
    // True maps are those of the demo, whose classes these are.
    let today = Translation::new(&Legend::reforestamos().classes, legend);
    truth.iter_mut().for_each(|code| *code = today.codes[usize::from(*code)]);
    Ok(Ok(truth))
}

/// The card of the model that made a map: the one of its name, else the one of the training that the file names.
fn card_of(spec: &AssessSpec, made_by: Option<&str>) -> anyhow::Result<Option<ModelCard>> {
    let of_training = |folder: &&PathBuf| {
        let card = Model::load(folder).map(|model| model.card);
        card.is_ok_and(|card| made_by == Some(card.training_id().as_str()))
    };
    // Maps from elsewhere have no model of their name.
    let model =
        spec.model.as_ref().filter(|folder| folder.exists()).or_else(|| spec.models.iter().find(of_training));
    let Some(folder) = model else { return Ok(None) };
    let card = Model::load(folder)?.card;
    if made_by.is_some_and(|training| training != card.training_id()) {
        bail!(
            "{} was made before {} was trained anew: map the site again",
            spec.classes.display(),
            folder.display()
        );
    }
    Ok(Some(card))
}

/// Assesses a map on the sure annotations that its model has not seen, and against the true map where there is one; writes
/// the report.
///
/// # Errors
/// When another model made the map than the one of its name, files cannot be read or written, or there is nothing to
/// assess on.
pub fn assess(spec: &AssessSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let looked = Looked::at(spec, context)?;
    let (annotations, true_map) = (looked.of_annotations(), looked.of_truth());
    let reference = match &spec.reference {
        Some(file) => Some(looked.of_reference(spec, file, context)?),
        None => None,
    };
    if annotations.is_none() && true_map.is_none() && reference.is_none() {
        if let Some(why) = &looked.without_truth {
            bail!("there is nothing to assess {} on: every annotation trained it. {why}", spec.name);
        }
        bail!(
            "there is nothing to assess {} on: every annotation trained it. Draw or import some more, at least three a class, and leave the model as it is",
            spec.name
        );
    }
    context.cancel.check()?;
    let mut notes: Vec<String> = looked.without_truth.iter().cloned().collect();
    if annotations.is_some() {
        notes.extend(only_class_note(looked.unseen().map(|of| of.2), &looked.classes));
    }
    let mut method = facts_of_program();
    method.extend(facts_of_map(&spec.classes, &looked.grid, looked.made_by.as_deref()));
    method.extend(looked.card.iter().flat_map(|card| facts_of_model(&spec.name, card)));
    method.push(intervals_fact(&BootstrapSpec::default()));
    let reference = reference.map(|(found, of_sample, facts)| {
        notes.extend(of_sample);
        method.extend(facts);
        found
    });
    let report = Report {
        version: Report::VERSION,
        project: spec.project.clone(),
        site: spec.site.clone(),
        map: spec.name.clone(),
        created: now(),
        annotations,
        true_map,
        reference,
        reference_file: spec.reference.clone(),
        training: looked.card.as_ref().and_then(training_of),
        method,
        notes,
        ..Report::default()
    };
    save_report(&report, &looked.pictures(spec), spec.language, &spec.output)?;
    Ok(Outcome::Assessed(Box::new(Assessed { report, file: spec.output.clone() })))
}

/// How intervals over annotations were made.
pub(super) fn intervals_fact(spec: &BootstrapSpec) -> Fact {
    let how = format!(
        "annotations drawn anew {} times (bootstrap, percentiles, seed {}), never pixels",
        spec.replicates, spec.seed
    );
    Fact::new("intervals inside the labels", how)
}
