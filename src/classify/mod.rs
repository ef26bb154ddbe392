//! From a cube and a model to a map, chunk by chunk.

mod run;
mod write;

pub use run::{ChunkMap, ClassMap, Classified, ClassifyError, Next, ProbabilityMap, classify};
pub use write::{MapFiles, write_map};
