//! The window without a window: every control found by its name and used with mouse and keys, frame by frame.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail loudly, as tests do")]

mod assess;
#[path = "../chip_set/mod.rs"]
mod chip_set;
mod chips;
mod clean;
mod compare;
mod comparing;
mod correct;
#[path = "../damage/mod.rs"]
mod damage;
mod desk;
mod display;
mod drift;
mod extremes;
mod fetch;
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
mod live;
mod look;
#[path = "../support/map.rs"]
mod map_files;
mod navigate;
mod output;
mod outside;
mod palette;
mod panes;
mod pictures;
mod plot;
mod queue;
#[path = "../ranges/mod.rs"]
mod ranges;
mod reach;
mod reference;
mod sites;
#[path = "../small/mod.rs"]
mod small;
mod spanish;
mod start;
mod stores;
#[path = "../tiles/mod.rs"]
mod tiles;
mod tools;
mod trouble;
mod trust;
mod wand;
