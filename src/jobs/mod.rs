//! Background work: a job runs a plain function on a named thread, reports over one bounded channel, and is cancelled
//! and joined on exit. Progress may be dropped when nobody listens; results never are.

mod assessing;
mod basemap;
mod carry_out;
mod cells;
mod certainty;
mod chips;
mod clean;
mod comparing;
mod correct;
mod differences;
mod draft;
mod envelope;
mod fetch;
mod fetch_sites;
mod flags;
mod foreign;
mod imagery;
mod keep_map;
mod labelled;
mod labels_in;
mod labels_out;
mod labels_since;
mod legend;
mod listing;
mod live;
mod loader;
mod looking;
mod mapping;
mod maps;
mod merge;
mod models;
mod newest;
mod opinion;
mod outside;
mod patches;
mod picture;
mod previews;
mod queue;
mod reference;
mod reporting;
mod rhythm;
mod runner;
mod series;
mod sites;
mod statistics;
mod stores;
mod target;
mod train;
mod trials;
mod trust;
mod uncertain;
mod wand;
mod work;

pub use assessing::{AssessSpec, HeldAgainst, assess};
pub use basemap::BasemapLoader;
pub use carry_out::{CarriedOut, CarryOutSpec, CorrectionEntry, carry_out};
pub use cells::{CellPixels, CellSpec, PixelPatch, cell_pixels};
pub use certainty::{
    Certainty, CertaintyAt, CertaintyFiles, CertaintyKey, CertaintyLoader, CertaintyTile, NO_VALUE, certainty,
};
pub use chips::{
    ChipChoice, ChipLabels, ChipsImported, ChipsSurveyed, ChipsTold, ImportChipsSpec, import_chips,
    survey_chips,
};
pub use clean::{
    CleanAround, CleanSpec, CleanedMap, Preview, PreviewRequest, Previewed, clean, clean_preview,
};
pub use comparing::{Basis, CompareSpec, ComparedMaps, ComparedOn, ComparedSide, Transition, compare_maps};
pub use correct::{
    CorrectSpec, CorrectedMap, CorrectionsRead, ReadCorrectionsSpec, correct, read_corrections_of,
};
pub use differences::{DifferenceRequest, Differences, differences};
pub use draft::{DraftAnswer, DraftQuestion, DraftRequest, Drafts};
pub use envelope::{Envelopes, EnvelopesRequest, envelopes};
pub use fetch::{
    AreaGiven, FetchImagerySpec, FetchedImagery, ImageryRequest, PlannedImagery, PlannedPeriod,
    fetch_imagery, plan_imagery,
};
pub use fetch_sites::{FetchSitesSpec, SitesToFetch, choose_sites, sites_of_chips};
pub use flags::{
    AllFacts, CoreResult, Facts, FlagSpec, Flagged, Mark, Marks, PixelPlace, Relations, flag_all, flags,
};
pub use foreign::{ForeignMap, ForeignMapSpec, MapSurveyed, import_foreign, survey_foreign};
pub use imagery::{
    BuildCubeSpec, SurveySpec, append_to_cube, build_cube, stopped_by_damage, survey, to_recognise,
};
pub use keep_map::{KeepMapSpec, keep_map};
pub use labels_in::{
    Doubts, FileTold, ImportSpec, Imported, LabelsSurveyed, ToldOfImport, Without, WithoutPixels,
    group_words, import_labels, survey_labels,
};
pub use labels_out::{
    CheckSpec, ExportLabelsSpec, SamplesSpec, check_labels, export_labels, is_table, save_samples,
};
pub use labels_since::{LabelsSince, LabelsSinceRequest, labels_since, labels_since_thread};
pub use legend::{read_legend, write_legend};
pub use listing::{Column, ListInput, ListSpec, Marked, SitePlace, list, listing, sites_of};
pub use live::{Freshness, LiveMapper, LiveNews, LiveWhat};
pub use loader::{Loaded, Loader, MaskKey, MaskShares, TileKey};
pub use looking::Looking;
pub use mapping::{MapSpec, map};
pub use maps::{OpenMapSpec, ReadMap, SiteMaps, maps_on, open_map};
pub use merge::{AreasRequest, MergedMaps, count_areas, merge, save_areas};
pub use models::{
    ExportModelSpec, ModelFiles, OF_A_TRIAL, StoppedTraining, delete_model, duplicate_model, export_model,
    forget_training, rename_model,
};
pub use newest::Newest;
pub use opinion::{Opinion, OpinionOf, OpinionRequest, Said, opinion};
pub use outside::{OUTSIDE, Outside, OutsideRequest, UNSEEN, WITHIN, outside};
pub use picture::{Dated, PictureSpec, SavedPicture, save_picture};
pub use previews::PreviewLoader;
pub use queue::{
    AskedMap, CheckSitesSpec, LeftMap, QueueFile, SitesChecked, check_sites, forget_maps, map_of_queue,
};
pub use reference::{
    CountSpec, DesignSpec, ExportReferenceSpec, ImportReferenceSpec, ReferenceNews, TakeAnswersSpec,
    count_strata, design_reference, export_sample, import_reference, open_reference, take_answers,
};
pub use reporting::{beside, copy_report, save_report};
pub use rhythm::{Rhythm, RhythmOf, RhythmRequest, rhythm};
pub use runner::{JobContext, Runner, let_the_window_go_first, part};
pub use series::{PixelAt, SavedSeries, SeriesSpec, UsualOf, export_series};
pub use sites::{DeleteCubeSpec, delete_cube, footprint, footprints};
pub use statistics::{MeasureSpec, Measured, SiteToMeasure, measure_sites};
pub use stores::{StoreAnswer, copy_here, look_into_stores};
pub use target::{check_target, check_there};
pub use train::{TrainSpec, train};
pub use trials::{TrySpec, try_model};
pub use trust::{Standing, TrustSpec, Trusted, check_trust};
pub use uncertain::{FindUncertainSpec, FoundUncertain, find_uncertain};
pub use wand::{WandPreview, WandRegion, WandRequest, wand};
pub use work::{
    ComposeSpec, CoreSpec, DemoSpec, OpenCubeSpec, compose, cores, demo, drawn_core, new_project, open_cube,
    open_project, outlined,
};

use crate::assess::Report;
use crate::classify::{ChunkMap, MapFiles};
use crate::cube::picture::Composite;
use crate::cube::{BuildSettings, Cube, CubeInfo, Made, Survey};
use crate::labels::{
    Annotation, AnnotationId, Annotations, CheckReport, Class, ClassCode, Combine, Core, ExportReport,
    ExportWhat, Legend,
};
use crate::model::{ModelCard, Probe, TrainEvent};
use crate::progress::Progress;
use crate::project::{Contents, ProjectFolder};
use crate::source::{InputSpec, Recognised};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Identifies a job; never used twice in a run of the program.
pub type JobId = u64;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Copies a file from a store to this machine.
    CopyHere,
    /// Makes the demo project.
    Demo,
    /// Opens or makes a project.
    OpenProject,
    /// Recognises imagery and says what its cube would be.
    Survey,
    /// Builds a cube.
    BuildCube,
    /// Adds dates to a cube.
    AppendToCube,
    /// Looks what imagery of an area there is, and what it costs.
    PlanImagery,
    /// Fetches imagery of an area and builds its cube.
    FetchImagery,
    /// Looks of which sites imagery is to be fetched.
    ChooseSites,
    /// Opens a cube for the window.
    OpenCube,
    /// Opens a class map of the site on screen.
    OpenMap,
    /// Finds out how to show a composite.
    Compose,
    /// Finds out where sites lie.
    Footprints,
    /// Measures sites and compares them.
    Measure,
    /// Holds a site against what a model learned from.
    CheckTrust,
    /// Deletes a cube.
    DeleteCube,
    /// Computes the cores of annotations.
    Cores,
    /// Looks for what is wrong with annotations.
    Flags,
    /// Sorts and filters the list of annotations.
    List,
    /// Says what an import of labels would do.
    SurveyLabels,
    /// Reads labels from files.
    ImportLabels,
    /// Says what a set of chips holds.
    SurveyChips,
    /// Makes sites and annotations of a set of chips.
    ImportChips,
    /// Reads a legend from a file.
    ImportLegend,
    /// Writes the legend to a file.
    ExportLegend,
    /// Writes labels to a file.
    ExportLabels,
    /// Looks for what is wrong with labels.
    CheckLabels,
    /// Writes samples to a table.
    SaveSamples,
    /// Writes series of pixels to a file.
    ExportSeries,
    /// Writes a picture to a file.
    SavePicture,
    /// Trains a model.
    Train,
    /// Looks whether sites can be mapped.
    CheckSites,
    /// Deletes what there is of unfinished maps.
    ForgetMaps,
    /// Maps a site.
    Map,
    /// Gives a map another name.
    KeepMap,
    /// Cleans a map.
    Clean,
    /// Reads corrections of a map from a file.
    ReadCorrections,
    /// Carries out corrections over the map on screen.
    CarryOut,
    /// Makes a new map of a map and its corrections.
    Correct,
    /// Looks for uncertain places of a map.
    FindUncertain,
    /// Makes one map of those of several sites.
    MergeMaps,
    /// Writes the areas of a map.
    SaveAreas,
    /// Counts what a map has of each class.
    CountStrata,
    /// Draws a reference sample.
    DesignReference,
    /// Reads a reference sample, or what is to become one.
    ReadReference,
    /// Writes a reference sample for other programs.
    ExportReference,
    /// Assesses a map.
    Assess,
    /// Trains a model again without what then tests it.
    TryModel,
    /// Looks for the pixels of a cell of an error matrix.
    FindCell,
    /// Copies a report.
    SaveReport,
    /// Looks at a map from elsewhere.
    SurveyMap,
    /// Takes a map from elsewhere in.
    ImportMap,
    /// Compares two maps.
    CompareMaps,
    /// Gives a model another name.
    RenameModel,
    /// Copies a model under another name.
    DuplicateModel,
    /// Deletes a model.
    DeleteModel,
    /// Writes a model to other files.
    ExportModel,
}

impl JobKind {
    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::CopyHere => "Copying to this machine",
            Self::Demo => "Making the demo",
            Self::OpenProject => "Opening the project",
            Self::Survey => "Looking at the imagery",
            Self::BuildCube => "Building the cube",
            Self::AppendToCube => "Adding to the cube",
            Self::PlanImagery => "Looking for imagery",
            Self::FetchImagery => "Fetching imagery",
            Self::ChooseSites => "Looking which sites need imagery",
            Self::OpenCube => "Opening the cube",
            Self::OpenMap => "Opening the map",
            Self::Footprints => "Looking where the sites lie",
            Self::Measure => "Measuring",
            Self::CheckTrust => "Comparing with the training",
            Self::DeleteCube => "Deleting the cube",
            Self::Compose => "Looking at the values",
            Self::Cores => "Buffering annotations",
            Self::Flags => "Looking for overlaps",
            Self::List => "Sorting the list",
            Self::SurveyLabels => "Looking at the labels",
            Self::ImportLabels => "Importing labels",
            Self::SurveyChips => "Looking at the chips",
            Self::ImportChips => "Importing chips",
            Self::ImportLegend => "Importing the legend",
            Self::ExportLegend => "Exporting the legend",
            Self::ExportLabels => "Exporting labels",
            Self::CheckLabels => "Checking labels",
            Self::SaveSamples => "Writing samples",
            Self::ExportSeries => "Exporting series",
            Self::SavePicture => "Writing the picture",
            Self::Train => "Training",
            Self::ForgetMaps => "Forgetting unfinished maps",
            Self::CheckSites => "Looking at the sites",
            Self::Map => "Mapping",
            Self::KeepMap => "Renaming the map",
            Self::Clean => "Cleaning the map",
            Self::ReadCorrections => "Reading corrections",
            Self::CarryOut => "Correcting the map on screen",
            Self::Correct => "Correcting the map",
            Self::FindUncertain => "Looking for uncertain places",
            Self::MergeMaps => "Merging maps",
            Self::SaveAreas => "Writing the areas",
            Self::CountStrata => "Counting the classes of the map",
            Self::DesignReference => "Drawing the reference sample",
            Self::ReadReference => "Reading the reference sample",
            Self::ExportReference => "Writing the reference sample",
            Self::Assess => "Assessing",
            Self::TryModel => "Trying the model",
            Self::FindCell => "Looking for the pixels",
            Self::SaveReport => "Saving the report",
            Self::SurveyMap => "Looking at the map",
            Self::ImportMap => "Importing the map",
            Self::CompareMaps => "Comparing maps",
            Self::RenameModel => "Renaming the model",
            Self::DuplicateModel => "Copying the model",
            Self::DeleteModel => "Deleting the model",
            Self::ExportModel => "Exporting the model",
        }
    }
}

/// Something a job has to say. Events of a job that is no longer waited for are dropped by their id.
#[derive(Debug)]
pub struct JobEvent {
    /// Whose.
    pub job: JobId,
    /// What.
    pub body: EventBody,
}

/// What a job says.
#[derive(Debug)]
pub enum EventBody {
    /// How far it is.
    Progress(Progress),
    /// A step or an epoch of training.
    Train(TrainEvent),
    /// A chunk of a map.
    Chunk(ChunkMap),
    /// A sentence that people should read while it runs.
    Told(String),
    /// A server is busy or silent, and asked again later; a sentence.
    Waits(String),
    /// Files were recognised.
    Found(Found),
    /// The cubes of these sites are there.
    Built(Vec<CubeBuilt>),
    /// The imagery of an area is on the disk, and its cube is being built.
    ImageryFetched(Box<FetchedImagery>),
    /// It ended well.
    Finished(Box<Outcome>),
    /// It failed; a sentence for people.
    Failed(String),
    /// It stopped, as asked.
    Cancelled,
}

/// What a job made.
#[derive(Debug)]
pub enum Outcome {
    /// What lay in a store lies here now, for as long as the folder is kept.
    CopiedHere { copy: PathBuf, folder: Arc<tempfile::TempDir> },
    /// The demo lies in this folder.
    Demo(PathBuf),
    /// A project is open.
    ProjectOpened(Box<OpenedProject>),
    /// Imagery was surveyed.
    Surveyed(Arc<Surveyed>),
    /// Cubes were built, or dates were added to one; each was handed over when it was there.
    CubesBuilt(CubesBuilt),
    /// It is known what imagery of an area there is.
    ImageryPlanned(Arc<PlannedImagery>),
    /// It is known of which sites imagery is to be fetched.
    SitesChosen(Box<SitesToFetch>),
    /// A cube is open, with its maps.
    CubeOpened(OpenedCube, SiteMaps),
    /// A map is open.
    MapOpened(ReadMap),
    /// A composite with its stretch.
    Composed(Composite),
    /// Where sites lie: name, longitude and latitude of the corners.
    Footprints(Vec<(String, [[f64; 2]; 4])>),
    /// Sites were measured and compared.
    Measured(Arc<Measured>),
    /// A site was held against what a model learned from.
    TrustChecked(Arc<Trusted>),
    /// The cube of this site is gone.
    CubeDeleted(String),
    /// Cores of annotations.
    Cores(Vec<BufferedAnnotation>),
    /// What is wrong with annotations.
    Flagged(Box<Flagged>),
    /// The annotations to list, in order.
    Listed(Arc<Vec<AnnotationId>>),
    /// Labels were looked at.
    LabelsSurveyed(Arc<LabelsSurveyed>),
    /// Labels were read.
    Imported(Imported),
    /// A set of chips was looked at.
    ChipsSurveyed(Arc<ChipsSurveyed>),
    /// Sites and annotations were made of a set of chips.
    ChipsImported(Box<ChipsImported>),
    /// A legend was read, to be taken in.
    LegendRead { file: PathBuf, legend: Legend, how: Combine },
    /// The legend is in this file.
    LegendWritten(PathBuf),
    /// Labels were written.
    Exported(ExportedLabels),
    /// Labels were checked.
    Checked(CheckedLabels),
    /// Samples were written.
    SamplesSaved(SavedSamples),
    /// Series of pixels were written.
    SeriesSaved(SavedSeries),
    /// A picture was written.
    PictureSaved(SavedPicture),
    /// A model was trained.
    Trained(Box<Trained>),
    /// What there was of unfinished maps is deleted.
    MapsForgotten,
    /// It is known which sites can be mapped.
    SitesChecked(SitesChecked),
    /// A site was mapped.
    Mapped(Mapped),
    /// A map has another name; this model is to map the site then.
    MapKept { site: String, from: String, to: String, model: String },
    /// A map was cleaned.
    Cleaned(Box<CleanedMap>),
    /// Corrections of a map were read from a file.
    CorrectionsRead(CorrectionsRead),
    /// Corrections of the map on screen were carried out.
    CarriedOut(Box<CarriedOut>),
    /// A map was corrected into another one.
    Corrected(Box<CorrectedMap>),
    /// Uncertain places were looked for.
    UncertainFound(FoundUncertain),
    /// Something became of a reference sample.
    Reference(Box<ReferenceNews>),
    /// Maps of several sites were made one.
    MapsMerged(Box<MergedMaps>),
    /// The areas of a map are in this file.
    AreasSaved(PathBuf),
    /// A map was assessed, or a model was tried.
    Assessed(Box<Assessed>),
    /// The pixels of a cell of an error matrix.
    CellFound(CellPixels),
    /// A report was copied to this file.
    ReportSaved(PathBuf),
    /// A map from elsewhere was looked at.
    MapSurveyed(Arc<MapSurveyed>),
    /// A map from elsewhere was taken in.
    MapImported(Box<ForeignMap>),
    /// Two maps were compared.
    MapsCompared(Box<ComparedMaps>),
    /// A model has another name, and lies in this folder.
    ModelRenamed { from: String, to: String, folder: PathBuf },
    /// A model was copied to this folder, under this name.
    ModelDuplicated { from: String, name: String, folder: PathBuf },
    /// A model was deleted, with its maps or without.
    ModelDeleted { name: String, maps_too: bool },
    /// What was left of a training that was stopped was deleted.
    TrainingForgotten { name: String },
    /// A model was written to this file or folder; what becomes of gaps before an ONNX file reads a series.
    ModelExported { name: String, file: PathBuf, gaps: Option<String> },
}

/// A project that was opened or made.
#[derive(Debug)]
pub struct OpenedProject {
    /// Its folder, locked where it can be written.
    pub folder: ProjectFolder,
    /// What it holds.
    pub contents: Contents,
    /// Its models, the newest first: name, folder, card.
    pub models: Vec<(String, PathBuf, ModelCard)>,
    /// Its reports, the newest first.
    pub reports: Vec<Assessed>,
    /// Models that cannot be read: name, folder, why in a sentence.
    pub unreadable: Vec<(String, PathBuf, String)>,
    /// Trainings that were stopped before their end.
    pub stopped: Vec<StoppedTraining>,
    /// Names of its reference samples.
    pub references: Vec<String>,
    /// Maps that were asked for and not finished when it was closed.
    pub left: Vec<LeftMap>,
}

/// What was recognised, and in which inputs.
#[derive(Debug, Clone)]
pub struct Found {
    /// The inputs, without what people left out.
    pub input: InputSpec,
    /// What is in them.
    pub recognised: Arc<Recognised>,
    /// Names of the places that they show.
    pub places: Vec<String>,
}

/// Imagery that was surveyed.
#[derive(Debug)]
pub struct Surveyed {
    /// One site, or one for each place.
    pub naming: SiteNaming,
    /// The inputs.
    pub input: InputSpec,
    /// What was chosen of the cube.
    pub settings: BuildSettings,
    /// What was recognised.
    pub found: Found,
    /// Which of the acquisitions are taken, in the order of [`Recognised::acquisitions`].
    pub taken: Vec<bool>,
    /// What the cube would be. Its indices are those of all acquisitions.
    pub survey: Survey,
}

/// Which sites the imagery makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteNaming {
    /// One site of this name.
    One(String),
    /// One site for each place (tile, chip), named after it.
    PerTile,
}

/// A cube that was built.
#[derive(Debug, Clone)]
pub struct CubeBuilt {
    /// The site it belongs to.
    pub site: String,
    /// Its folder, relative to the project.
    pub cube: String,
    /// What it says of itself.
    pub info: CubeInfo,
    /// How it was made.
    pub made: Made,
    /// Longitude and latitude of its corners, where they can be told.
    pub footprint: Option<[[f64; 2]; 4]>,
}

/// What became of a build.
#[derive(Debug, Clone, Default)]
pub struct CubesBuilt {
    /// The sites whose cubes are there.
    pub sites: Vec<String>,
    /// Sites that failed, with why.
    pub failed: Vec<(String, String)>,
    /// Files left aside, with why.
    pub skipped: Vec<(PathBuf, String)>,
    /// Dates that were added to the cube that was there.
    pub added_dates: Option<usize>,
    /// Bytes on the disk.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Bytes and seconds as they were estimated, where they were.
    pub estimate: Option<(u64, f64)>,
}

/// A cube opened for the window.
#[derive(Clone)]
pub struct OpenedCube {
    /// The site it belongs to.
    pub site: String,
    /// The cube.
    pub cube: Cube,
    /// How to show it.
    pub composite: Composite,
    /// Another number for another composite.
    pub look: u64,
    /// Why it is not shown as the project asks for, where it cannot be.
    pub look_lacks: Option<String>,
    /// Longitude and latitude of its corners: top left, top right, bottom right, bottom left.
    pub corners: [[f64; 2]; 4],
    /// For each date, the share of a sample of pixels that were observed, from 0 to 1.
    pub clear_share: Vec<f32>,
}

impl std::fmt::Debug for OpenedCube {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("OpenedCube").field("site", &self.site).finish_non_exhaustive()
    }
}

/// A core with its outline in longitude and latitude, for the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnCore {
    /// The core.
    pub core: Core,
    /// Its rings, longitude and latitude.
    pub outline: Vec<Vec<[f64; 2]>>,
}

/// An annotation with its core.
#[derive(Debug, Clone)]
pub struct BufferedAnnotation {
    /// The annotation as it was.
    pub annotation: Arc<Annotation>,
    /// The buffer that counted, in metres.
    pub buffer_m: f64,
    /// Its core, or why there is none.
    pub core: Result<Arc<DrawnCore>, String>,
}

/// Labels that were written to a file.
#[derive(Debug)]
pub struct ExportedLabels {
    /// What was written.
    pub what: ExportWhat,
    /// Where to.
    pub file: PathBuf,
    /// What became of it.
    pub report: ExportReport,
}

/// Labels that were checked.
#[derive(Debug)]
pub struct CheckedLabels {
    /// What was found.
    pub report: CheckReport,
    /// The annotations as they were then.
    pub annotations: Annotations,
    /// Sites that could not be opened, each in a sentence.
    pub closed: Vec<String>,
}

/// Samples that were written to a table.
#[derive(Debug, Default)]
pub struct SavedSamples {
    /// Where to.
    pub file: PathBuf,
    /// How many.
    pub samples: usize,
    /// How many of each class.
    pub classes: BTreeMap<ClassCode, usize>,
    /// Bands and indices.
    pub bands: Vec<String>,
    /// Dates.
    pub dates: usize,
    /// Values that are gaps.
    pub gaps: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// What was left out, in sentences.
    pub left_out: Vec<String>,
}

/// A model that was trained and saved.
#[derive(Debug)]
pub struct Trained {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it says of itself.
    pub card: ModelCard,
    /// What was left out, in sentences.
    pub left_out: Vec<String>,
    /// Seconds it took.
    pub seconds: f64,
    /// Where it was stopped before its end.
    pub stopped: Option<StoppedTraining>,
}

/// A site that was mapped.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The site.
    pub site: String,
    /// The map's name: that of its model.
    pub name: String,
    /// What was written.
    pub files: MapFiles,
    /// Pixels classified.
    pub pixels: u64,
    /// Damaged chunks of the cube, which are nodata in the map, each in a sentence.
    pub damaged: Vec<String>,
    /// What bfloat16 changed on a probe; `None` where it was mapped in f32.
    pub probe: Option<Probe>,
    /// Chunks that an earlier run had finished.
    pub resumed: u64,
    /// Whether it took the place of a map of its name.
    pub replaced: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// Hectares a class.
    pub areas_ha: Vec<(Class, f64)>,
}

impl Mapped {
    /// What bfloat16 changed, in a sentence.
    pub fn probe_words(&self) -> Option<String> {
        let Probe { series, changed } = self.probe?;
        Some(format!("In bf16, {changed} of {series} labels of a probe are others than in f32"))
    }
}

/// What is known of how right a map or a model is.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    pub report: Report,
    /// Where it is written, as JSON; page and table lie beside it.
    pub file: PathBuf,
}
