//! From a cube and a model to a map, chunk by chunk.

mod areas;
mod around;
pub mod clean;
mod codes;
pub mod correct;
mod derived;
mod fit;
pub mod foreign;
mod inside;
mod journal;
mod merge;
mod part;
mod run;
#[cfg(test)]
pub(crate) mod testing;
mod trust;
mod uncertain;
mod unfinished;
mod write;

pub use areas::{Areas, Extent, Extents, areas, row_pixel_ha};
pub use codes::{gather_codes, pixels_at};
pub use fit::{Fit, SeriesReader, match_dates};
pub use merge::{MergeError, MergeSpec, Merged, Overlap, merge_maps};
pub use part::{Part, classify_part, fits};
pub use run::{ChunkMap, ClassifyError, Company, Next, SiteMap, SiteRun, map_site};
pub use trust::{Cell, Limits, Place, Shift, Sounding, Trust, TrustInput, Verdict};
pub use uncertain::{CELL, UncertainPlace, UncertainSpec, best_two, uncertain_places};
pub use unfinished::{Unfinished, forget_unfinished, rename_unfinished, unfinished_maps};
pub use write::{MapFiles, RUN, TRAINING};
