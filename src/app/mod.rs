//! Everything the program can do, without a screen: the state, the commands, and [`update`].
//!
//! Buttons, menus, shortcuts and verbs send the same [`Command`]s. [`update`] checks one and changes the state or starts
//! a job on a snapshot; [`pump`] takes in what jobs have said since. Every change of the document is one undo step.

mod annotate;
mod areas;
mod assessing;
mod chips;
mod clean;
mod command;
mod comparing;
mod correct;
mod derived;
mod display;
mod drive;
mod events;
mod fetch;
mod fetch_sites;
mod flags;
mod foreign;
mod here;
mod history;
mod imagery;
mod indices;
mod labels_in;
mod labels_out;
mod layers;
mod learn;
mod legend;
mod listing;
mod live;
mod maps;
mod merge;
mod models;
mod outside;
mod places;
mod queue;
mod reference;
mod reshape;
mod series;
mod sites;
mod state;
mod statistics;
mod surveying;
mod trust;
mod uncertain;
mod update;

pub use crate::jobs::CorrectionEntry;
pub use assessing::{AssessRequest, CellTour, TryRequest};
pub use chips::ChipsSurveying;
pub use clean::CleanRequest;
pub use command::{AnnotationChange, Command, Orphans, Page, SurveyRequest, Window};
pub use comparing::CompareRequest;
pub use correct::CorrectRequest;
pub use derived::{Cores, Derived, KnownCore, Tally};
pub use display::PictureRequest;
pub use drive::run_to_end;
pub use events::pump;
pub use fetch::PlanningImagery;
pub use fetch_sites::Fetching;
pub use flags::Flags;
pub use foreign::{ImportMapRequest, MapSurveying};
pub use history::History;
pub use imagery::{about, duration, size};
pub use labels_in::LabelsSurveying;
pub use labels_out::{ExportRequest, SamplesRequest};
pub use learn::{LIVE, follow as follow_labels};
pub use legend::{ENOUGH_PIXELS, ENOUGH_POLYGONS};
pub use listing::Listing;
pub use live::LiveLayer;
pub use merge::MergeRequest;
pub use models::{DamagedModel, ExportModelRequest, HOLDS_MODELS};
pub use places::Places;
pub use queue::{Queue, QueueEntry, QueueId, QueueOrder, QueueState};
pub use reference::{
    Counted, DesignRequest, LabelOrder, Labelling, LastReference, OpenSample, ReferenceOrder, References,
};
pub use series::{MOST_ENVELOPES, SeriesRequest};
pub use state::{
    AppState, CubeState, JobView, LastResults, Level, MapLayer, ModelEntry, Notice, OpenProject, SaveState,
    SiteView, SurveyState, Surveying, Training,
};
pub use statistics::{MeasureRequest, MeasureState, Measuring};
pub use surveying::Survey;
pub use trust::{TrustState, Trusting};
pub use uncertain::{UncertainRequest, UncertainTour};
pub use update::{Refused, update};

#[cfg(test)]
mod tests;
