//! Hole: a polygon that is cut out of the selected annotations, or of the one under its first corner.

use super::corners::{polygon_of, targets};
use crate::app::{Command, OpenProject};
use crate::labels::{Annotation, shape};

pub fn finish(corners: &[[f64; 2]], project: &OpenProject) -> Option<Command> {
    let hole = polygon_of(corners)?;
    Some(Command::CutHole { ids: targets(project, corners), hole })
}

/// What is left of the annotation, where it is one and the hole reaches into it.
pub fn preview(hole: &geo::Polygon<f64>, corners: &[[f64; 2]], project: &OpenProject) -> Option<Annotation> {
    let [id] = targets(project, corners)[..] else { return None };
    let annotation = project.annotation(id)?;
    let geometry = shape::cut(&annotation.geometry, hole).ok()?;
    Some(Annotation { geometry, ..annotation.clone() })
}
