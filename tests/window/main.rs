//! The window without a window: every control found by its name and used with mouse and keys, frame by frame.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests do")]

mod compare;
#[path = "../damage/mod.rs"]
mod damage;
mod desk;
mod display;
mod drift;
mod gaps;
mod hangs;
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
mod navigate;
mod outside;
mod palette;
mod panes;
mod pictures;
mod plot;
mod reach;
mod sites;
#[path = "../small/mod.rs"]
mod small;
mod spanish;
mod start;
#[path = "../tiles/mod.rs"]
mod tiles;
mod tools;
mod trouble;
mod wand;
