//! Split: a line across the selected annotations, or across whichever it crosses.

use crate::app::{Command, OpenProject};

pub fn finish(corners: &[[f64; 2]], project: &OpenProject) -> Option<Command> {
    let mut line = corners.to_vec();
    line.dedup();
    (line.len() >= 2).then(|| Command::Split { ids: project.selection.iter().copied().collect(), line })
}
