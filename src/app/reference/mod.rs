//! Reference samples: designing them, taking answers in, writing them, and labelling them blind to the map.

mod label;
mod orders;

pub use label::{LabelOrder, Labelling};

use super::state::{AppState, Level, OpenProject};
use super::update::Refused;
use crate::jobs::{JobId, ReferenceNews};
use crate::project::reference::{MapCounts, Plan, ReferenceSample, ReferenceSaver, Told, Wanted};
use std::path::PathBuf;
use std::sync::Arc;

/// What one can ask of reference samples.
#[derive(Debug, Clone, PartialEq)]
pub enum ReferenceOrder {
    /// Counts what a map has of each class (a job), before a sample of it is designed.
    Count {
        /// The map; the one on screen, else that of the newest model, unless given.
        map: Option<String>,
        /// The site; the one on screen unless given.
        site: Option<String>,
    },
    /// Draws a sample of a map (a job) and opens it.
    Design(DesignRequest),
    /// Opens a sample of this name (a job).
    Open(String),
    /// Takes points made elsewhere as a sample of the project (a job).
    Import {
        /// The file.
        file: PathBuf,
        /// The sample's name; that of the file unless given.
        name: Option<String>,
        /// The field that holds the classes; the likely one unless given.
        class_field: Option<String>,
        /// Whether a sample of this name is replaced.
        replace: bool,
    },
    /// Takes answers into a sample by the numbers of its units (a job).
    TakeAnswers {
        /// The sample.
        name: String,
        /// The table or vector file.
        file: PathBuf,
        /// The field that holds the classes; the likely one unless given.
        class_field: Option<String>,
        /// Who gave those that do not say who; who sits here unless given.
        interpreter: Option<String>,
    },
    /// Writes a sample for other programs (a job).
    Export {
        /// The sample.
        name: String,
        /// `.geojson`, `.gpkg`, or `.csv` for Collect Earth Online.
        file: PathBuf,
        /// Whether a file that is there is replaced.
        replace: bool,
    },
    /// Labels the sample that is open.
    Label(LabelOrder),
}

impl ReferenceOrder {
    /// Whether it changes a sample of the project.
    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Design(_) | Self::Import { .. } | Self::TakeAnswers { .. } => true,
            Self::Label(order) => order.writes(),
            Self::Count { .. } | Self::Open(_) | Self::Export { .. } => false,
        }
    }
}

/// Which sample to draw.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DesignRequest {
    /// The map; the one on screen, else that of the newest model, unless given.
    pub map: Option<String>,
    /// The site; the one on screen unless given.
    pub site: Option<String>,
    /// The sample's name; the next that is free unless given.
    pub name: Option<String>,
    /// How.
    pub wanted: Wanted,
    /// Whether a sample of this name is replaced, with its answers.
    pub replace: bool,
}

/// The reference samples of a project, and the one that is open.
#[derive(Default)]
pub struct References {
    /// Their names.
    pub names: Vec<String>,
    /// What was counted last.
    pub counted: Option<Counted>,
    /// The sample that is open.
    pub open: Option<OpenSample>,
    /// What became of the last order, for verbs.
    pub last: Option<LastReference>,
    /// Why answers could not be saved, until they are.
    pub unsaved: Option<String>,
    saver: Option<ReferenceSaver>,
}

/// What a map has of each class.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The site.
    pub site: String,
    /// The map.
    pub map: String,
    /// How much.
    pub counts: MapCounts,
}

/// A sample that is open.
#[derive(Debug)]
pub struct OpenSample {
    /// The sample.
    pub sample: Arc<ReferenceSample>,
    /// Its file.
    pub file: PathBuf,
    /// What is off in it, a sentence each.
    pub told: Vec<String>,
    /// Who labels it, and how far; nobody where `None`.
    pub labelling: Option<Labelling>,
}

/// What became of an order.
#[derive(Debug)]
pub enum LastReference {
    /// A sample was drawn.
    Designed(Box<Plan>),
    /// Points were taken as a sample.
    Imported(Told),
    /// So many answers were taken in.
    Answered(u64, Told),
    /// So many units were written.
    Exported(usize),
}

impl OpenProject {
    /// The reference samples.
    pub fn references(&self) -> &References {
        &self.reference
    }

    /// Who labels a reference sample, and how far, while somebody does.
    pub fn labelling(&self) -> Option<(&OpenSample, &Labelling)> {
        let open = self.reference.open.as_ref()?;
        Some((open, open.labelling.as_ref()?))
    }

    /// Whether no map may be seen, since somebody says what is there without knowing what the map says.
    pub fn is_blind(&self) -> bool {
        self.labelling().is_some()
    }

    /// What came of the last order, once.
    pub fn take_last_reference(&mut self) -> Option<LastReference> {
        self.reference.last.take()
    }

    /// The next name of a sample that is free: `reference-1`, `reference-2` …
    pub fn free_reference_name(&self) -> String {
        (1..)
            .map(|i| format!("reference-{i}"))
            .find(|name| !self.reference.names.contains(name))
            .unwrap_or_else(|| "reference".into())
    }
}

/// Carries out an order.
pub(super) fn order(state: &mut AppState, order: ReferenceOrder) -> Result<Option<JobId>, Refused> {
    match order {
        ReferenceOrder::Count { map, site } => orders::count(state, map, site),
        ReferenceOrder::Design(request) => orders::design(state, request),
        ReferenceOrder::Open(name) => orders::open(state, name),
        ReferenceOrder::Import { file, name, class_field, replace } => {
            orders::import(state, file, name, class_field, replace)
        }
        ReferenceOrder::TakeAnswers { name, file, class_field, interpreter } => {
            orders::take_answers(state, &name, file, class_field, interpreter)
        }
        ReferenceOrder::Export { name, file, replace } => orders::export(state, &name, file, replace),
        ReferenceOrder::Label(order) => label::order(state, order),
    }
}

/// Takes in what became of an order.
pub(super) fn came(state: &mut AppState, news: ReferenceNews) {
    let Some(project) = &mut state.project else { return };
    let reference = &mut project.reference;
    match news {
        ReferenceNews::Counted { site, map, counts } => {
            reference.counted = Some(Counted { site, map, counts });
        }
        ReferenceNews::Designed { sample, plan, file } => {
            let text =
                format!("{} has {} units: label them on the Assess page", sample.name, sample.units.len());
            let told = plan.told.clone();
            reference.last = Some(LastReference::Designed(plan));
            shown(state, sample, file, Vec::new());
            told.into_iter().for_each(|words| state.notify(Level::Warning, words));
            state.notify(Level::Done, text);
        }
        ReferenceNews::Opened { sample, told, file } => shown(state, sample, file, told.sentences()),
        ReferenceNews::Imported { sample, told, file } => {
            let text =
                format!("{} units are taken in as the reference sample {}", sample.units.len(), sample.name);
            let sentences = told.sentences();
            reference.last = Some(LastReference::Imported(told));
            shown(state, sample, file, sentences.clone());
            sentences.into_iter().for_each(|words| state.notify(Level::Warning, words));
            state.notify(Level::Done, text);
        }
        ReferenceNews::Answered { sample, taken, told, file } => {
            let text = format!("{taken} answers are taken into {}", sample.name);
            let sentences = told.sentences();
            reference.last = Some(LastReference::Answered(taken, told));
            shown(state, sample, file, sentences.clone());
            sentences.into_iter().for_each(|words| state.notify(Level::Warning, words));
            state.notify(Level::Done, text);
        }
        ReferenceNews::Exported { name, file, units } => {
            reference.last = Some(LastReference::Exported(units));
            state.notify(Level::Done, format!("{units} units of {name} are in {}", file.display()));
        }
    }
}

/// A sample is open from now on, unless another one is being labelled.
fn shown(state: &mut AppState, sample: ReferenceSample, file: PathBuf, told: Vec<String>) {
    let Some(project) = &mut state.project else { return };
    let reference = &mut project.reference;
    if !reference.names.contains(&sample.name) {
        reference.names.push(sample.name.clone());
        reference.names.sort();
    }
    if reference.open.as_ref().is_none_or(|open| open.labelling.is_none()) {
        reference.open = Some(OpenSample { sample: Arc::new(sample), file, told, labelling: None });
    }
}

/// The cube of the site on screen is open: the unit that is labelled is brought into view.
pub(super) fn cube_opened(project: &mut OpenProject) {
    if project.is_blind() {
        // A place that cannot be looked at leaves the map where it is.
        let _ = label::fly(project);
    }
}

/// Takes in what became of saving answers.
pub(super) fn follow_saving(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let outcome = project.reference.saver.as_ref().and_then(ReferenceSaver::outcome);
    match outcome {
        None => {}
        Some(Ok(())) => project.reference.unsaved = None,
        Some(Err(why)) => {
            let is_new = project.reference.unsaved.replace(why.clone()).is_none();
            if is_new {
                state.notify(Level::Error, why);
            }
        }
    }
}

impl References {
    /// The samples of a project that was opened.
    pub(super) fn of(names: Vec<String>) -> Self {
        Self { names, ..Self::default() }
    }

    /// Waits until all answers are on the disk (for verbs and tests).
    pub(super) fn flush(&self) {
        if let Some(saver) = &self.saver {
            saver.flush();
        }
    }
}
