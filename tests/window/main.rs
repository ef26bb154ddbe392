//! The window without a window: every control found by its name and used with mouse and keys, frame by frame.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests do")]

#[path = "../damage/mod.rs"]
mod damage;
mod desk;
mod gaps;
mod hints;
mod imagery;
mod indices;
mod label;
mod labels_in;
mod labels_out;
mod language;
mod learn;
mod legend;
mod listing;
mod look;
mod outside;
mod palette;
mod panes;
mod pictures;
mod reach;
mod sites;
#[path = "../small/mod.rs"]
mod small;
mod start;
mod tools;
mod trouble;
mod wand;
