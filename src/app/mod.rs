//! Everything the program can do, without a screen: the state, the commands, and [`update`].
//!
//! Buttons, menus, shortcuts and verbs send the same [`Command`]s. [`update`] checks one and changes the state or starts
//! a job on a snapshot; [`pump`] takes in what jobs have said since. Every change of the document is one undo step.

mod annotate;
mod command;
mod derived;
mod display;
mod drive;
mod events;
mod flags;
mod history;
mod imagery;
mod indices;
mod labels_in;
mod labels_out;
mod layers;
mod legend;
mod listing;
mod maps;
mod models;
mod outside;
mod places;
mod reshape;
mod series;
mod sites;
mod state;
mod statistics;
mod update;

pub use command::{AnnotationChange, Command, Orphans, Page, SurveyRequest, Window};
pub use derived::{Cores, Derived, KnownCore, Tally};
pub use display::PictureRequest;
pub use drive::run_to_end;
pub use events::pump;
pub use flags::Flags;
pub use history::History;
pub use imagery::{about, duration, size};
pub use labels_in::LabelsSurveying;
pub use labels_out::{ExportRequest, SamplesRequest};
pub use legend::{ENOUGH_PIXELS, ENOUGH_POLYGONS};
pub use listing::Listing;
pub use models::{DamagedModel, ExportModelRequest, HOLDS_MODELS};
pub use places::Places;
pub use series::{MOST_ENVELOPES, SeriesRequest};
pub use state::{
    AppState, CubeState, JobView, LastResults, Level, MapLayer, ModelEntry, Notice, OpenProject, SaveState,
    SiteView, SurveyState, Surveying, Training,
};
pub use statistics::{MeasureRequest, MeasureState, Measuring};
pub use update::{Refused, update};

#[cfg(test)]
mod tests;
