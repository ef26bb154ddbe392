//! The state that panels paint from.

use super::chips::ChipsSurveying;
use super::command::Page;
use super::correct::{CorrectedLayer, Corrections};
use super::derived::{Derived, Tally};
use super::fetch::PlanningImagery;
use super::fetch_sites::Fetching;
use super::history::{History, Snapshot};
use super::labels_in::LabelsSurveying;
use super::learn::Following;
use super::live::{Live, LiveLayer};
use super::models::DamagedModel;
use super::places::Places;
use super::queue::Queue;
use super::reference::References;
use super::statistics::Measuring;
use super::uncertain::UncertainTour;
use crate::geo::Window;
use crate::jobs::{
    Assessed, CheckedLabels, ChipsTold, CleanedMap, ComparedMaps, CorrectedMap, CubeBuilt, CubesBuilt,
    ExportedLabels, FetchedImagery, ForeignMap, Found, FoundUncertain, Imported, JobId, JobKind, LiveMapper,
    Loader, Looking, Mapped, MergedMaps, OpenedCube, Runner, SavedPicture, SavedSamples, SavedSeries,
    StoppedTraining, Surveyed, Trained,
};
use crate::labels::{Annotation, AnnotationId, Annotations, Class, ClassCode};
use crate::model::{EpochScore, ModelCard};
use crate::progress::Progress;
use crate::project::{
    Document, Language, Layout, LayoutFile, OutsideChange, ProjectFolder, Recent, Saver, Site,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Everything the program knows.
pub struct AppState {
    /// The open project.
    pub project: Option<OpenProject>,
    /// Projects opened lately.
    pub recent: Recent,
    /// What people should read.
    pub notices: Vec<Notice>,
    /// Jobs under way.
    pub jobs: Vec<JobView>,
    /// Who draws here, for new annotations.
    pub author: Option<String>,
    /// The folder where this user's copies of what came over the network are kept; none are where there is none.
    pub cache: Option<PathBuf>,
    /// What the window speaks.
    pub language: Language,
    /// How the panes of the window lie.
    pub layout: Layout,
    /// Runs them.
    pub runner: Runner,
    pub(super) next_notice: u64,
    pub(super) copies: super::here::Copies,
    pub(super) layout_file: LayoutFile,
}

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Identifies it, for [`super::Command::Dismiss`].
    pub id: u64,
    /// How bad.
    pub level: Level,
    /// The sentence.
    pub text: String,
    /// When it was said.
    pub since: Instant,
}

/// How bad a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something was done.
    Done,
    /// Something was left out.
    Warning,
    /// Something failed.
    Error,
}

/// A job under way.
#[derive(Debug, Clone)]
pub struct JobView {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What it works on, for people.
    pub subject: String,
    /// How far it is.
    pub progress: Option<Progress>,
    /// When it began.
    pub started: Instant,
    /// Since when it rests, where it was asked to.
    pub paused: Option<Instant>,
    /// How long it has rested before.
    pub rested: Duration,
    /// The share that was done when it first said how far it was: of work that goes on from where it was stopped.
    pub share_at_first: f32,
    /// Whether it was asked to stop.
    pub cancelling: bool,
}

impl JobView {
    /// One that begins.
    pub fn new(id: JobId, kind: JobKind, subject: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            subject: subject.into(),
            progress: None,
            started: Instant::now(),
            paused: None,
            rested: Duration::ZERO,
            share_at_first: 0.0,
            cancelling: false,
        }
    }

    /// Takes in how far it is.
    pub fn advance(&mut self, progress: Progress) {
        if self.progress.is_none() {
            self.share_at_first = progress.share().unwrap_or(0.0);
        }
        self.progress = Some(progress);
    }

    /// Takes in what it waits for; what was done before stays done.
    pub fn wait(&mut self, words: String) {
        match &mut self.progress {
            Some(progress) => progress.what = words,
            None => self.progress = Some(Progress::new(0, 0, words)),
        }
    }

    /// How long it has worked: the time that it rested does not count.
    pub fn worked(&self) -> Duration {
        let rests = self.paused.map_or(Duration::ZERO, |since| since.elapsed());
        self.started.elapsed().saturating_sub(self.rested + rests)
    }

    /// The time left, once enough is done to tell.
    pub fn time_left(&self) -> Option<Duration> {
        let share = self.progress.as_ref()?.share()?;
        let (worked, done) = (self.worked(), share - self.share_at_first);
        (done > 0.02 && worked.as_secs_f32() > 0.5).then(|| worked.mul_f32((1.0 - share) / done))
    }
}

/// A project that is open.
pub struct OpenProject {
    /// Its folder.
    pub folder: ProjectFolder,
    /// Sites, legend, settings.
    pub document: Document,
    /// Annotations.
    pub annotations: Annotations,
    /// Undo and redo.
    pub history: History,
    /// How saving goes.
    pub save: SaveState,
    /// What another program made of the files, until it is answered.
    pub outside: Option<Arc<OutsideChange>>,
    /// Whether it is open read-only and could be opened for editing now.
    pub free: bool,
    pub(super) lookout: Option<super::outside::Lookout>,
    /// The page on screen.
    pub page: Page,
    /// The site on screen.
    pub site: Option<SiteView>,
    /// The class that drawing gives.
    pub class: Option<ClassCode>,
    /// The selected annotations.
    pub selection: BTreeSet<AnnotationId>,
    /// What follows from the annotations: where they lie, their cores, counts.
    pub derived: Derived,
    /// Models, the newest first.
    pub models: Vec<ModelEntry>,
    /// Folders of models that cannot be read.
    pub damaged_models: Vec<DamagedModel>,
    /// Trainings that were stopped before their end.
    pub stopped: Vec<StoppedTraining>,
    /// The training under way, or the last one.
    pub training: Option<Training>,
    /// What the live map shows.
    pub(super) live: Live,
    /// Learning that follows the labels.
    pub(super) following: Following,
    /// The imagery that is looked at.
    pub survey: Surveying,
    /// Imagery of an area that is looked for.
    pub imagery_plan: PlanningImagery,
    /// Imagery that is being fetched, and what became of it last.
    pub(super) fetching: Fetching,
    /// The labels that are looked at before they are imported.
    pub labels_in: LabelsSurveying,
    /// A set of chips that is looked at before it is imported.
    pub chips: ChipsSurveying,
    /// The map from elsewhere that is looked at before it is taken in.
    pub map_in: super::MapSurveying,
    /// Sites that are measured and compared.
    pub statistics: Measuring,
    /// How the sites stand to the models.
    pub(super) trust: super::Trusting,
    /// Sites that are mapped, one after the other.
    pub queue: Queue,
    /// Reference samples.
    pub(super) reference: References,
    /// What jobs made last.
    pub last: LastResults,
    /// The views before and after this one.
    pub places: Places,
    /// Corrections of maps by hand.
    pub(super) corrections: Corrections,
    /// Places where a map is least certain.
    pub(super) tour: UncertainTour,
    /// The reports in its folder, the newest first.
    pub reports: Vec<Assessed>,
    /// The pixels behind a cell of an error matrix.
    pub cell_tour: super::CellTour,
    /// What of each site is on screen, or was last.
    pub(super) looking: BTreeMap<String, Arc<Looking>>,
    pub(super) saver: Option<Saver>,
    pub(super) next_id: AnnotationId,
    pub(super) then_map: bool,
    /// What people should read of the edit being carried out.
    pub(super) remarks: Vec<String>,
    pub(super) removed_sites: Vec<(usize, Site)>,
}

/// The imagery that is looked at before a cube is built of it. What was known last stays while something newer is
/// looked for.
#[derive(Default)]
pub struct Surveying {
    /// How far it is.
    pub state: SurveyState,
    /// What was recognised last.
    pub found: Option<Found>,
    /// The last answer.
    pub last: Option<Arc<Surveyed>>,
}

/// How far the survey of imagery is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SurveyState {
    /// Nothing is asked for.
    #[default]
    None,
    /// A job is looking.
    Looking(JobId),
    /// [`Surveying::last`] answers what was asked for.
    Ready,
    /// It was stopped.
    Stopped,
    /// It failed; a sentence for people.
    Failed(String),
}

/// How saving goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveState {
    /// Everything is on the disk.
    Saved,
    /// Something was handed over and is on its way.
    Saving,
    /// Another program has changed the files: what is here waits until it is said whose are kept.
    Waiting,
    /// The last try failed, with why.
    Failed(String),
}

/// The site on screen.
pub struct SiteView {
    /// Its name.
    pub name: String,
    /// Its cube.
    pub cube: CubeState,
    /// The map on screen, where there is one.
    pub map: Option<MapLayer>,
    /// The same with its corrections, where it has some.
    pub(super) corrected: Option<CorrectedLayer>,
    /// The job that carries corrections out, and the number of the map that it does so over.
    pub(super) correcting: Option<(JobId, u64)>,
    /// Names of its maps, the newest first.
    pub maps: Vec<String>,
    /// The models of maps that bear another name than theirs.
    pub made_by: BTreeMap<String, String>,
    /// The classes that maps name themselves: what those are seen with that no model here made.
    pub(super) named: BTreeMap<String, Vec<Class>>,
    /// Another map, that the one on screen is compared with.
    pub other: Option<MapLayer>,
    /// Makes the live map.
    pub(super) live: Option<LiveMapper>,
    /// Maps that are being opened.
    pub(super) opening: Vec<(JobId, String)>,
    /// The job that finds out how to show another composite.
    pub(super) composing: Option<JobId>,
}

impl SiteView {
    /// Whether it is being found out how to show another composite.
    pub fn is_composing(&self) -> bool {
        self.composing.is_some()
    }
}

/// How far the cube of the site on screen is.
pub enum CubeState {
    /// Being opened.
    Opening(JobId),
    /// Open.
    Open {
        /// The cube, and how to show it.
        opened: Box<OpenedCube>,
        /// Fetches what the window lacks.
        loader: Loader,
    },
    /// It cannot be opened; a sentence for people.
    Failed(String),
}

/// A class map on screen, whole or growing.
#[derive(Debug, Clone)]
pub struct MapLayer {
    /// Its name: that of its model.
    pub name: String,
    /// Which training made it, where that is known.
    pub training: Option<String>,
    /// Another number for another map.
    pub generation: u64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Class codes, y x x; 0 where it has not come yet, 255 nodata.
    pub codes: Arc<Vec<u8>>,
    /// How undecided the model is at each pixel of a map that is not finished: entropy, 0 to 250; 255 where that is not known.
    /// Of a finished one it lies in a file.
    pub entropy: Option<Arc<Vec<u8>>>,
    /// Windows that came, in order: a painter remembers how many it has taken in.
    pub arrived: Vec<Window>,
    /// Whether all of it is there.
    pub complete: bool,
    /// What makes it a live map, where it is one.
    pub live: Option<LiveLayer>,
}

/// A model of the project.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it says of itself.
    pub card: ModelCard,
    /// Which training it is of ([`ModelCard::training_id`]).
    pub training: String,
}

impl ModelEntry {
    /// A model with its card.
    pub fn new(name: String, folder: PathBuf, card: ModelCard) -> Self {
        Self { training: card.training_id(), name, folder, card }
    }

    /// Whether a map of its name is of an older training, or of another one by this name.
    pub fn is_newer_than(&self, map: &MapLayer) -> bool {
        map.name == self.name && map.training.as_ref().is_some_and(|training| *training != self.training)
    }
}

/// A training under way, or the last one.
#[derive(Debug, Clone)]
pub struct Training {
    /// Its job.
    pub job: JobId,
    /// The model's name.
    pub name: String,
    /// The classes it learns, in the order of scores and of the matrix; none before it has started.
    pub classes: Vec<Class>,
    /// Samples that train.
    pub samples: usize,
    /// Samples held out.
    pub held_out: usize,
    /// What is used and left out, in sentences.
    pub notes: Vec<String>,
    /// Each epoch's scores.
    pub epochs: Vec<EpochScore>,
    /// What the held-out annotations became in the last epoch, in samples: a row a true class, a column a class given.
    pub matrix: Vec<Vec<u32>>,
    /// At most so many epochs.
    pub at_most: usize,
    /// It stops after so many epochs without a better loss on the held-out annotations; 0 where that is not known.
    pub patience: usize,
    /// Whether it is still running.
    pub running: bool,
}

impl Training {
    /// One that begins.
    pub fn new(job: JobId, name: String, at_most: usize) -> Self {
        Self {
            job,
            name,
            classes: Vec::new(),
            samples: 0,
            held_out: 0,
            notes: Vec::new(),
            epochs: Vec::new(),
            matrix: Vec::new(),
            at_most,
            patience: 0,
            running: true,
        }
    }

    /// The epoch whose weights are kept, so far: the one with the least loss on the held-out annotations, the last one where
    /// none are held out.
    pub fn best(&self) -> Option<&EpochScore> {
        let lower = |best: &'_ EpochScore, now: &EpochScore| match (best.held_out_loss, now.held_out_loss) {
            (Some(best), Some(now)) => now < best,
            _ => true,
        };
        self.epochs.iter().reduce(|best, now| if lower(best, now) { now } else { best })
    }
}

/// What jobs made last; the window shows it, the verbs print it.
#[derive(Debug, Default)]
pub struct LastResults {
    /// Cubes that were built since the last command to build.
    pub cubes: Vec<CubeBuilt>,
    /// What became of the last build.
    pub built: Option<CubesBuilt>,
    /// What was fetched of an area.
    pub fetched: Option<FetchedImagery>,
    /// Labels that were imported (without the annotations themselves).
    pub imported: Option<Imported>,
    /// What became of a set of chips.
    pub chips: Option<ChipsTold>,
    /// Labels that were exported.
    pub exported: Option<ExportedLabels>,
    /// What a check of the labels found.
    pub checked: Option<CheckedLabels>,
    /// A picture that was written.
    pub picture: Option<SavedPicture>,
    /// Samples that were written.
    pub samples: Option<SavedSamples>,
    /// Series that were written.
    pub series: Option<SavedSeries>,
    /// A model that was trained.
    pub trained: Option<Trained>,
    /// A site that was mapped.
    pub mapped: Option<Mapped>,
    /// A map that was cleaned.
    pub cleaned: Option<CleanedMap>,
    /// A map that was corrected.
    pub corrected: Option<CorrectedMap>,
    /// What was passed over of the corrections that were imported, in sentences.
    pub corrections_skipped: Vec<String>,
    /// Uncertain places that were written to a file.
    pub uncertain: Option<FoundUncertain>,
    /// Maps that were made one.
    pub merged: Option<MergedMaps>,
    /// A map that was assessed, or a model that was tried.
    pub assessed: Option<Assessed>,
    /// A map from elsewhere that was taken in.
    pub map_in: Option<ForeignMap>,
    /// Two maps that were compared.
    pub compared: Option<ComparedMaps>,
}

impl AppState {
    /// The start screen. `wake` is called whenever a job has something to say.
    pub fn new(recent: Recent, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let author = author(&recent);
        let (layout, layout_file, complaint) = LayoutFile::read(recent.beside("layout.json"));
        let mut state = Self {
            author,
            cache: None,
            layout,
            layout_file,
            language: recent.language.unwrap_or_default(),
            project: None,
            recent,
            notices: Vec::new(),
            jobs: Vec::new(),
            runner: Runner::new(wake),
            next_notice: 1,
            copies: Default::default(),
        };
        if let Some(words) = complaint {
            state.notify(Level::Warning, words);
        }
        state
    }

    /// Says something to people.
    pub fn notify(&mut self, level: Level, text: impl Into<String>) {
        let text = text.into();
        self.notices.retain(|n| n.text != text);
        self.notices.push(Notice { id: self.next_notice, level, text, since: Instant::now() });
        self.next_notice += 1;
    }

    /// The job of this kind under way, if there is one.
    pub fn job(&self, kind: JobKind) -> Option<&JobView> {
        self.jobs.iter().find(|j| j.kind == kind)
    }
}

/// Who sits here: as the call of the program says, as people said, or as the system calls them.
fn author(recent: &Recent) -> Option<String> {
    let said = |key| std::env::var(key).ok().filter(|name: &String| !name.trim().is_empty());
    let of_system = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(said);
    said("RITMO_AUTHOR").or_else(|| recent.author.clone()).or_else(of_system)
}

impl OpenProject {
    /// What of a site is on screen, or was last: shared with the work on it.
    pub(super) fn looking_at(&mut self, site: &str) -> Arc<Looking> {
        Arc::clone(self.looking.entry(site.into()).or_default())
    }

    /// What of the site on screen is on screen: the window tells it in each frame.
    pub fn looking(&self) -> Option<&Looking> {
        self.looking.get(&self.site.as_ref()?.name).map(AsRef::as_ref)
    }

    /// The cube on screen, once it is open.
    pub fn cube(&self) -> Option<(&OpenedCube, &Loader)> {
        match &self.site.as_ref()?.cube {
            CubeState::Open { opened, loader } => Some((opened, loader)),
            _ => None,
        }
    }

    /// The map on screen, with its corrections; none while a reference sample is labelled, blind to it.
    pub fn map(&self) -> Option<&MapLayer> {
        self.map_behind().filter(|_| !self.is_blind())
    }

    /// The map on screen, or the one that would be if it were not hidden, with its corrections.
    pub(super) fn map_behind(&self) -> Option<&MapLayer> {
        self.seen_map()
    }

    /// The annotation of this id.
    pub fn annotation(&self, id: AnnotationId) -> Option<&Annotation> {
        self.annotations.get(id).map(|annotation| &**annotation)
    }

    /// The one annotation that is selected; `None` where none or several are.
    pub fn selected(&self) -> Option<AnnotationId> {
        self.selection.first().copied().filter(|_| self.selection.len() == 1)
    }

    /// The index of the date on screen.
    pub fn time(&self) -> usize {
        let dates = self.cube().map_or(1, |(opened, _)| opened.cube.info().dates.len());
        self.document.view.time.min(dates.saturating_sub(1))
    }

    /// How much of a class there is.
    pub fn tally(&self, class: ClassCode) -> Tally {
        self.derived.tallies.get(&class).copied().unwrap_or_default()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            annotations: self.annotations.clone(),
            legend: self.document.legend.clone(),
            buffer_m: self.document.settings.buffer_m,
            model: self.document.settings.model.clone(),
            indices: self.document.settings.indices.clone(),
            removed_sites: self.removed_sites.clone(),
            basemap: self.document.settings.basemap.clone(),
            bookmarks: self.document.settings.bookmarks.clone(),
            cleaning: self.document.settings.cleaning.clone(),
            corrections: self.corrections.layers.clone(),
        }
    }

    /// After annotations and legend were put in the place of others: what is not there any more is neither selected nor
    /// drawn with, and no id is given twice.
    pub(super) fn settle(&mut self) {
        self.selection.retain(|id| self.annotations.get(*id).is_some());
        if self.class.is_none_or(|code| self.document.legend.class(code).is_none()) {
            self.class = self.document.legend.classes.first().map(|c| c.code);
        }
        let last = self.annotations.last().map_or(0, |a| a.id);
        self.next_id = self.next_id.max(last.saturating_add(1));
    }

    /// Hands the document to the saver.
    pub(super) fn save(&mut self) {
        if let Some(saver) = &self.saver {
            saver.save(self.document.clone(), self.annotations.clone());
            self.save = SaveState::Saving;
        }
    }

    /// Waits until everything is on the disk (for verbs and tests; the window never calls it).
    pub fn flush(&self) {
        if let Some(saver) = &self.saver {
            saver.flush();
        }
        self.reference.flush();
    }
}
