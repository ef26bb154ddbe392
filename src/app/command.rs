//! What one can ask of the program.

use super::assessing::{AssessRequest, TryRequest};
use super::clean::CleanRequest;
use super::comparing::CompareRequest;
use super::correct::CorrectRequest;
use super::display::PictureRequest;
use super::foreign::ImportMapRequest;
use super::labels_out::{ExportRequest, SamplesRequest};
use super::merge::MergeRequest;
use super::models::ExportModelRequest;
use super::queue::QueueOrder;
use super::reference::ReferenceOrder;
use super::series::SeriesRequest;
use super::statistics::MeasureRequest;
use super::uncertain::UncertainRequest;
use crate::classify::clean::Recipe;
use crate::classify::foreign::MapReading;
use crate::cube::picture::Display;
use crate::cube::{BuildSettings, Filling, NamedIndex, Smoothing, Units};
use crate::jobs::{ChipChoice, DemoSpec, HeldAgainst, ImageryRequest, JobId, ListSpec, SiteNaming};
use crate::labels::{AnnotationId, Class, ClassCode, Combine, Confidence, Holds, ImportSettings, Legend};
use crate::model::ModelSpec;
use crate::project::{Bookmark, Comparison, Language, Layer, LayerKind, Layout, Measure};
use crate::source::{Basemap, InputSpec};
use std::path::PathBuf;

/// The four pages of a project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Page {
    /// Looking at mosaics and series.
    #[default]
    Look,
    /// Drawing annotations.
    Label,
    /// Training and mapping.
    Map,
    /// Scores.
    Assess,
}

impl Page {
    /// All pages, in order.
    pub const ALL: [Self; 4] = [Self::Look, Self::Label, Self::Map, Self::Assess];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::Label => "Label",
            Self::Map => "Map",
            Self::Assess => "Assess",
        }
    }
}

/// What the window shows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// Show the start screen.
    Start,
    /// Open this project.
    Project(PathBuf),
    /// Make the demo in this folder if it is absent, and open it.
    Demo(DemoSpec),
}

/// Which imagery to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct SurveyRequest {
    /// One site, or one for each place.
    pub site: SiteNaming,
    /// Folders and files, and what people corrected.
    pub input: InputSpec,
    /// What people choose of the cube.
    pub settings: BuildSettings,
    /// Whether the files are looked at again, though they were before.
    pub afresh: bool,
}

/// What can be said of an annotation.
#[derive(Debug, Clone, PartialEq)]
pub enum AnnotationChange {
    /// Its class.
    Class(ClassCode),
    /// How sure one is.
    Confidence(Confidence),
    /// Its own inward buffer in metres, or that of its class or the project.
    Buffer(Option<f64>),
    /// The dates it holds for.
    Holds(Holds),
    /// Who drew it.
    Author(Option<String>),
    /// What one thought.
    Note(Option<String>),
    /// The pixels at these longitudes and latitudes are not taken.
    Drop(Vec<[f64; 2]>),
    /// All pixels that were dropped are taken again.
    TakeBack,
}

/// What becomes of the annotations of a class that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orphans {
    /// There must be none.
    Refuse,
    /// They are deleted too.
    Delete,
    /// They get this class.
    Give(ClassCode),
}

/// What one can ask of the program, by window or by verb.
#[derive(Debug, Clone)]
pub enum Command {
    /// Opens a project folder (a job).
    OpenProject(PathBuf),
    /// Makes a project and opens it (a job).
    NewProject { folder: PathBuf, name: String, legend: Legend },
    /// Makes the demo in a folder and opens it (a job).
    MakeDemo(DemoSpec),
    /// Back to the start screen; everything is saved.
    CloseProject,
    /// Takes a project off the list of recent ones.
    ForgetRecent(PathBuf),
    /// Opens the project on screen again, for editing, once nobody else has it open (a job).
    OpenForEditing,
    /// Takes in what another program made of the files of the project: labels and legend as one step of undo.
    LoadTheirs,
    /// Keeps what is open here; what another program made of the files stays beside them.
    KeepMine,

    /// Shows a site: opens its cube (a job).
    ShowSite(String),
    /// Shows no site, but where all of them lie.
    ShowAllSites,
    /// Shows the site so many places further in the list (a job).
    StepSite(i64),
    /// Takes a site off the list; its cube stays on the disk.
    RemoveSite(String),
    /// Takes a site off the list and deletes its cube from the disk (a job); this cannot be undone.
    DeleteSite(String),
    /// Measures the values of sites, date by date and band by band, and compares them (a job); one under way is given up.
    Measure(MeasureRequest),
    /// Finds out how far a site (the one on screen unless given) lies from what a model (the newest unless given) learned from
    /// (a job); one under way is given up.
    CheckTrust {
        /// The model, by name or folder.
        model: Option<String>,
        /// The site, by name.
        site: Option<String>,
    },
    /// Recognises imagery and says what its cube would be (a job); the answer to an earlier one is dropped. Without
    /// inputs the last answer is forgotten.
    Survey(SurveyRequest),
    /// Builds the cube of a site, or one for each place, from folders and files (a job). Damaged files stop it unless
    /// they are to be skipped.
    BuildCube { site: SiteNaming, input: InputSpec, settings: BuildSettings, skip_damaged: bool },
    /// Adds dates to the cube of a site (a job).
    AppendToCube { site: String, input: InputSpec, settings: BuildSettings, skip_damaged: bool },

    /// Turns to a page.
    ShowPage(Page),
    /// Shows a date, by index.
    ShowTime(usize),
    /// Steps forward or back in time.
    StepTime(i64),
    /// Pins a pixel (column, row) in the plot, or takes it off when it is pinned.
    TogglePin(u32, u32),
    /// Takes all pins off.
    ClearPins,
    /// Which smooth line the plot draws.
    ShowSmoothing(Smoothing),
    /// How the plot fills gaps; what a model is trained with stands in its settings.
    ShowGaps(Filling),
    /// Shows, hides or fades a layer of the map.
    SetLayer(Layer),
    /// Puts a layer at a place of the list, counted from the top and without it.
    MoveLayer { layer: LayerKind, to: usize },
    /// What the layer of uncertainty shows of the map.
    ShowMeasure(Measure),
    /// Takes another basemap.
    SetBasemap(Basemap),
    /// Shows this class map of the site on screen from now on (a job, where it is not open).
    ShowMap(String),
    /// What the map compares, and how.
    Compare(Comparison),
    /// In which units values of bands are told.
    ShowUnits(Units),
    /// Whether the plot lays years over one another.
    ShowYears(bool),
    /// Whether the plot shows the spectrum of the date beside the series.
    ShowSpectrum(bool),
    /// Of which classes, at most three, the plot shows the usual year behind the pixels.
    ShowEnvelopes(Vec<ClassCode>),
    /// Writes the series of pixels to a file (a job).
    ExportSeries(SeriesRequest),
    /// Shows three bands or indices as red, green and blue, or one on a ramp of colours; natural colour where there is none
    /// (a job).
    SetComposite(Vec<String>),
    /// How values become brightness and colour (a job, where the values that the stretch is found among are others).
    SetDisplay(Display),
    /// Finds the stretch among the values in this part of the grid (a job).
    StretchTo(crate::geo::Window),
    /// Adds an index of the project's own.
    AddIndex(NamedIndex),
    /// Gives an index of the project's own another name or expression.
    EditIndex { name: String, index: NamedIndex },
    /// Deletes an index of the project's own.
    DeleteIndex(String),
    /// Remembers where the map looks.
    SetView { centre: [f64; 2], zoom: f64 },
    /// Brings the map to a place.
    LookAt { centre: [f64; 2], zoom: f64 },
    /// Goes to the view before this one.
    ViewBack,
    /// Goes to the view after this one.
    ViewForward,
    /// Adds a place with a name.
    AddBookmark(Bookmark),
    /// Gives a bookmark another name.
    RenameBookmark { name: String, to: String },
    /// Deletes a bookmark.
    DeleteBookmark(String),
    /// Goes to a bookmark: to its site (a job), its date, its bands and its place.
    GoToBookmark(String),

    /// Picks the class that drawing gives.
    PickClass(ClassCode),
    /// Adds a class with the next free code.
    AddClass(String),
    /// Gives the class with this one's code its name, colour, group and buffer.
    EditClass(Class),
    /// Gives the class with a code another one, and its name, colour, group and buffer; its annotations follow. Models
    /// and maps made before know the old code.
    RecodeClass { from: ClassCode, class: Class },
    /// Puts a class at a place of the list (counted without it). Groups stay together.
    MoveClass { code: ClassCode, to: usize },
    /// Gives a group another name, or dissolves it where there is none.
    RenameGroup { group: String, name: Option<String> },
    /// Deletes a class, and does with its annotations what is said. To give them to another class is to merge both.
    DeleteClass { code: ClassCode, annotations: Orphans },
    /// Takes in another legend; annotations follow their classes by name.
    TakeLegend { legend: Legend, how: Combine },
    /// Takes in a legend from a QGIS style, a table or a list (a job).
    ImportLegend { file: PathBuf, how: Combine },
    /// Writes the legend as the ending of the file says: `.qml`, `.csv` or `.json` (a job).
    ExportLegend(PathBuf),

    /// Adds an annotation of the picked class: a polygon in longitude and latitude, repaired where it crosses itself.
    Draw(geo::Polygon<f64>),
    /// Gives an annotation another geometry, in longitude and latitude, repaired where it crosses itself.
    Reshape { id: AnnotationId, geometry: geo::Geometry<f64> },
    /// Cuts a hole, in longitude and latitude, into annotations.
    CutHole { ids: Vec<AnnotationId>, hole: geo::Polygon<f64> },
    /// Adds a polygon, in longitude and latitude, to what an annotation covers.
    Extend { id: AnnotationId, with: geo::Polygon<f64> },
    /// Splits annotations along a line of longitudes and latitudes: of those given, or of all, those that it crosses.
    Split { ids: Vec<AnnotationId>, line: Vec<[f64; 2]> },
    /// Makes one of several annotations of one class; it keeps the lowest id.
    Merge(Vec<AnnotationId>),
    /// Changes what is said of annotations, all at once.
    ChangeAnnotations { ids: Vec<AnnotationId>, change: AnnotationChange },
    /// Deletes annotations.
    DeleteAnnotations(Vec<AnnotationId>),
    /// Lists annotations, sorted and filtered ([`super::Listing`]).
    List(ListSpec),
    /// Says who draws here: new annotations bear the name, and so do those of later days.
    SetAuthor(Option<String>),
    /// Says in which language the window speaks, today and on other days.
    SetLanguage(Language),
    /// Says whether the window is light, today and on other days.
    SetLight(bool),
    /// Lays the panes of the window so, today and on other days.
    SetLayout(Layout),
    /// Remembers a command of the palette as used last.
    Used(String),
    /// Remembers that the hints for beginners were answered: they do not come by themselves again.
    AnswerHints,
    /// Selects annotations, or none; those that are not there are passed over.
    Select(Vec<AnnotationId>),
    /// Sets the project's inward buffer, in metres.
    SetBuffer(f64),
    /// Sets what to train, and how.
    SetModel(ModelSpec),
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Looks what imagery of an area a catalogue has, and what fetching it costs (a job).
    PlanImagery(Box<ImageryRequest>),
    /// Fetches the imagery of an area and builds the cube of its site (a job).
    FetchImagery(Box<ImageryRequest>),
    /// Fetches the imagery of sites that are there, of their own areas, and builds their cubes anew from it, one after the
    /// other (a job each): of those given, or of all that chips made. A site whose cube has a series already is passed over.
    FetchSites { sites: Option<Vec<String>>, request: Box<ImageryRequest> },
    /// Sites that wait for their imagery do not begin, and the one that is fetched is asked to stop.
    StopFetching,
    /// Asks a job that fetches to rest, or to go on.
    Rest { job: JobId, rest: bool },
    /// Says what an import of labels would do (a job); the answer to an earlier one is dropped. Without files the last answer
    /// is forgotten.
    SurveyLabels { files: Vec<PathBuf>, settings: ImportSettings },
    /// Imports labels from vector files or label rasters (a job), as one step.
    ImportLabels { files: Vec<PathBuf>, settings: ImportSettings },
    /// Says what a set of labelled chips holds (a job). An empty prefix forgets the last answer.
    SurveyChips(PathBuf),
    /// Makes sites and annotations of a set of labelled chips (a job).
    ImportChips { prefix: PathBuf, choice: ChipChoice },
    /// Exports annotations or their cores to a file (a job).
    ExportLabels(ExportRequest),
    /// Looks for what is wrong with the annotations (a job).
    CheckLabels,
    /// Writes a picture of a site to a file (a job).
    SavePicture(PictureRequest),
    /// Writes samples to a table (a job).
    SaveSamples(SamplesRequest),

    /// Trains a model (a job); then maps the site on screen, where asked.
    Train { name: Option<String>, then_map: bool },
    /// Trains a model with settings of its own (a job); those of the project stay. With `from`, the name or folder of a
    /// model, training goes on from that one.
    TrainWith { name: Option<String>, spec: ModelSpec, from: Option<String> },
    /// Trains, briefly and from the last weights on, the model that follows the labels (a job).
    RetrainNow,
    /// Whether that is done by itself whenever labels have changed.
    SetKeepLearning(bool),
    /// Goes on with the training of this name that was stopped (a job).
    Resume(String),
    /// Deletes what is left of a training of this name that was stopped (a job); its model stays.
    ForgetTraining(String),
    /// Maps a site with a model (a job): the newest model and the site on screen unless given. What is in
    /// view comes first. In bfloat16 or not: as the project has it unless given. `resume`: whether to go on with a run that
    /// was stopped; it begins anew where model or cube are others since.
    Map { model: Option<String>, site: Option<String>, bf16: Option<bool>, resume: bool },
    /// Maps the site on screen with a model whose map of its name is there already: that one is replaced, or kept under another
    /// name (a job before).
    MapAgain { model: String, keep: Option<String> },
    /// Maps several sites with a model, one after the other (a job looks first whether they can be): all sites and the newest
    /// model unless given.
    MapSites { model: Option<String>, sites: Option<Vec<String>>, bf16: Option<bool>, resume: bool },
    /// Orders the queue of maps.
    Queue(QueueOrder),
    /// Whether the project's maps are made in bfloat16.
    SetBf16(bool),
    /// Cleans a map as the project's recipe or another one says, into a new map (a job).
    Clean(CleanRequest),
    /// Sets how the project's maps are cleaned.
    SetCleaning(Recipe),
    /// Corrects the map on screen by hand: pixels inside of a polygon, in longitude and latitude, get a class; those of one class
    /// alone where `from` is given. The map's file stays as it is.
    Correct { polygon: geo::Polygon<f64>, to: String, from: Option<String>, note: Option<String> },
    /// Deletes a correction of the map on screen, by its place in the list.
    DeleteCorrection(usize),
    /// Adds the corrections of a file to those of a map (a job), as one step.
    ImportCorrections { file: PathBuf, request: CorrectRequest },
    /// Makes a new map of a map and its corrections (a job).
    ApplyCorrections(CorrectRequest),
    /// Assesses a map (a job): the one on screen unless given.
    Assess { map: Option<String>, site: Option<String> },
    /// Assesses a map as a verb asks (a job).
    AssessWith(AssessRequest),
    /// Tries a model: trains it again without what then tests it (a job).
    TryModel(TryRequest),
    /// Shows the pixels of a cell of the error matrix of the map on screen (a job): those of the first class in the reference
    /// that the map gives the second.
    ShowCell { against: HeldAgainst, cell: [ClassCode; 2] },
    /// Goes to the next place of these pixels, or back to the one before.
    StepCell { back: bool },
    /// Takes these pixels off the map.
    HideCell,
    /// Copies a report, as the ending of the file says: page, table or document (a job).
    SaveReport { report: PathBuf, file: PathBuf, replace: bool },
    /// Looks at what a raster from elsewhere holds over a site (a job); the answer to an earlier one is dropped. Without a file the
    /// last answer is forgotten.
    SurveyMap { file: Option<PathBuf>, site: Option<String>, reading: MapReading },
    /// Takes a raster from elsewhere in as a map of a site (a job).
    ImportMap(ImportMapRequest),
    /// Says which of two maps of a site is better, and where (a job).
    CompareMaps(CompareRequest),
    /// Goes to the next place where the map on screen is least certain and that no annotation touches, or back to the one
    /// before (a job, where they are not known).
    NextUncertain { back: bool },
    /// Takes the uncertain place on screen off the list, and goes to the next.
    DismissUncertain,
    /// Writes the places where a map is least certain to a file (a job).
    FindUncertain(UncertainRequest),
    /// Designs, opens, labels, takes in or writes a reference sample.
    Reference(ReferenceOrder),
    /// Makes one map of those of several sites (a job).
    MergeMaps(MergeRequest),
    /// Writes the areas of the map on screen as a table (a job).
    SaveAreas { file: PathBuf, replace: bool },
    /// Gives a model, its maps and its assessments another name (a job).
    RenameModel { name: String, to: String },
    /// Copies a model, without its maps, under another name, a free one unless given (a job).
    DuplicateModel { name: String, to: Option<String> },
    /// Deletes a model from the disk and, where asked, its maps and assessments (a job); this cannot be undone.
    DeleteModel { name: String, maps_too: bool },
    /// Writes a model to other files (a job).
    ExportModel(ExportModelRequest),
    /// Asks a job to stop.
    Cancel(JobId),
    /// Takes a notice off the screen.
    Dismiss(u64),
}

impl Command {
    /// Whether it changes what is saved, so that a read-only project refuses it.
    pub(super) fn changes_document(&self) -> bool {
        matches!(
            self,
            Self::BuildCube { .. }
                | Self::FetchImagery(_)
                | Self::FetchSites { .. }
                | Self::RemoveSite(_)
                | Self::DeleteSite(_)
                | Self::AddIndex(_)
                | Self::EditIndex { .. }
                | Self::DeleteIndex(_)
                | Self::SetBasemap(_)
                | Self::AddBookmark(_)
                | Self::RenameBookmark { .. }
                | Self::DeleteBookmark(_)
                | Self::AppendToCube { .. }
                | Self::AddClass(_)
                | Self::EditClass(_)
                | Self::RecodeClass { .. }
                | Self::MoveClass { .. }
                | Self::RenameGroup { .. }
                | Self::DeleteClass { .. }
                | Self::TakeLegend { .. }
                | Self::ImportLegend { .. }
                | Self::Draw(_)
                | Self::Reshape { .. }
                | Self::CutHole { .. }
                | Self::Extend { .. }
                | Self::Split { .. }
                | Self::Merge(_)
                | Self::ChangeAnnotations { .. }
                | Self::DeleteAnnotations(_)
                | Self::SetBuffer(_)
                | Self::SetModel(_)
                | Self::SetBf16(_)
                | Self::Undo
                | Self::Redo
                | Self::LoadTheirs
                | Self::KeepMine
                | Self::ImportLabels { .. }
                | Self::ImportChips { .. }
                | Self::Train { .. }
                | Self::TrainWith { .. }
                | Self::RetrainNow
                | Self::SetKeepLearning(_)
                | Self::Resume(_)
                | Self::ForgetTraining(_)
                | Self::Map { .. }
                | Self::MapAgain { .. }
                | Self::Clean(_)
                | Self::SetCleaning(_)
                | Self::Correct { .. }
                | Self::DeleteCorrection(_)
                | Self::ImportCorrections { .. }
                | Self::ApplyCorrections(_)
                | Self::MapSites { .. }
                | Self::Assess { .. }
                | Self::AssessWith(_)
                | Self::TryModel(_)
                | Self::ImportMap(_)
                | Self::CompareMaps(_)
                | Self::RenameModel { .. }
                | Self::DuplicateModel { .. }
                | Self::DeleteModel { .. }
        ) || matches!(self, Self::Reference(order) if order.writes())
    }
}
