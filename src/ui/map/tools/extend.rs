//! Extend: a polygon that is added to the selected annotation, or to the one under its first corner.

use super::corners::{polygon_of, targets};
use crate::app::{Command, OpenProject};
use crate::labels::{Annotation, shape};
use crate::ui::words::tr;

/// `None` while there are too few corners; a sentence for people where it is not clear what to extend.
pub fn finish(corners: &[[f64; 2]], project: &OpenProject) -> Option<Result<Command, &'static str>> {
    let with = polygon_of(corners)?;
    Some(match targets(project, corners)[..] {
        [id] => Ok(Command::Extend { id, with }),
        _ => Err(tr!("Select one annotation to extend, or begin inside of it")),
    })
}

/// The annotation with what is being drawn.
pub fn preview(with: &geo::Polygon<f64>, corners: &[[f64; 2]], project: &OpenProject) -> Option<Annotation> {
    let [id] = targets(project, corners)[..] else { return None };
    let annotation = project.annotation(id)?;
    let geometry = shape::extended(&annotation.geometry, with).ok()?;
    Some(Annotation { geometry, ..annotation.clone() })
}
