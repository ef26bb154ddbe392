//! Edits of what annotations cover: reshaped, cut, extended, split, merged. Each is one undo step.

use super::annotate::{check_geometry, check_places, the_annotation};
use super::command::Command;
use super::state::OpenProject;
use super::update::{Refused, refuse};
use crate::labels::shape::{self, ShapeError};
use crate::labels::{Annotation, AnnotationId};
use geo::{BoundingRect, Geometry, Polygon};

impl From<ShapeError> for Refused {
    fn from(why: ShapeError) -> Self {
        Self(why.to_string())
    }
}

/// Carries out an edit of what annotations cover; gives its name for undo.
pub(super) fn edit(project: &mut OpenProject, command: Command) -> Result<String, Refused> {
    let before = (project.annotations.clone(), project.selection.clone(), project.next_id);
    let done = carry_out(project, command);
    if done.is_err() {
        // The first of several may have been changed already.
        (project.annotations, project.selection, project.next_id) = before;
        project.remarks.clear();
    }
    done
}

fn carry_out(project: &mut OpenProject, command: Command) -> Result<String, Refused> {
    match command {
        Command::Reshape { id, geometry } => {
            let mut annotation = the_annotation(project, id)?;
            annotation.geometry = made_whole(project, &geometry)?;
            put(project, annotation)?;
            Ok("reshaping an annotation".into())
        }
        Command::CutHole { ids, hole } => cut(project, &ids, &hole),
        Command::Extend { id, with } => {
            let mut annotation = the_annotation(project, id)?;
            annotation.geometry = shape::extended(&annotation.geometry, &with)?;
            put(project, annotation)?;
            Ok("extending an annotation".into())
        }
        Command::Split { ids, line } => split(project, ids, &line),
        Command::Merge(ids) => merge(project, ids),
        _ => refuse("this is no edit of what annotations cover"),
    }
}

/// What was drawn, repaired where it crosses itself; people are told then.
pub(super) fn made_whole(project: &mut OpenProject, drawn: &Geometry<f64>) -> Result<Geometry<f64>, Refused> {
    // What is no number would not survive a repair.
    check_places(drawn)?;
    let whole = shape::whole(drawn)?;
    if let Some(change_ha) = whole.change_ha {
        project.remarks.push(format!(
            "The outline crossed itself and was repaired, which changed its area by {change_ha:+.2} ha. Undo takes it back."
        ));
    }
    Ok(whole.geometry)
}

/// Puts a reshaped annotation in its place, without the dropped pixels that lie outside of it now.
fn put(project: &mut OpenProject, mut annotation: Annotation) -> Result<(), Refused> {
    if !matches!(annotation.geometry, Geometry::Point(_)) {
        let geometry = &annotation.geometry;
        annotation.dropped.retain(|place| shape::holds(geometry, *place));
    }
    check_geometry(project, &annotation)?;
    project.annotations.insert(annotation);
    Ok(())
}

fn cut(project: &mut OpenProject, ids: &[AnnotationId], hole: &Polygon<f64>) -> Result<String, Refused> {
    let mut left = Vec::new();
    for id in ids {
        let mut annotation = the_annotation(project, *id)?;
        annotation.geometry = match shape::cut(&annotation.geometry, hole) {
            Ok(geometry) => geometry,
            // Of several, those beside the hole stay as they are.
            Err(ShapeError::Beside) if ids.len() > 1 => continue,
            Err(why) => return Err(why.into()),
        };
        left.push(annotation);
    }
    if left.is_empty() {
        return refuse("select the annotation to cut a hole into, or begin the hole inside of it");
    }
    left.into_iter().try_for_each(|annotation| put(project, annotation))?;
    Ok("cutting a hole".into())
}

fn split(
    project: &mut OpenProject,
    mut ids: Vec<AnnotationId>,
    line: &[[f64; 2]],
) -> Result<String, Refused> {
    if ids.is_empty() {
        let places: geo::LineString<f64> = line.to_vec().into();
        let Some(bounds) = places.bounding_rect() else { return Err(ShapeError::NotCrossed.into()) };
        let around = [bounds.min().x, bounds.min().y, bounds.max().x, bounds.max().y];
        ids = project.derived.index.within(around).map(|annotation| annotation.id).collect();
        ids.sort_unstable();
    }
    let mut pieces = Vec::new();
    for id in ids {
        let annotation = the_annotation(project, id)?;
        if let Ok(found) = shape::split(&annotation.geometry, line) {
            pieces.push((annotation, found));
        }
    }
    if pieces.is_empty() {
        return Err(ShapeError::NotCrossed.into());
    }
    project.selection.clear();
    let what = match pieces.len() {
        1 => "splitting an annotation".to_string(),
        n => format!("splitting {n} annotations"),
    };
    for (annotation, found) in pieces {
        // The largest piece keeps the id.
        for (i, geometry) in found.into_iter().enumerate() {
            let id = if i == 0 { annotation.id } else { project.next_id };
            project.next_id = project.next_id.max(id + 1);
            project.selection.insert(id);
            put(project, Annotation { id, geometry, ..annotation.clone() })?;
        }
    }
    Ok(what)
}

fn merge(project: &mut OpenProject, mut ids: Vec<AnnotationId>) -> Result<String, Refused> {
    ids.sort_unstable();
    ids.dedup();
    let annotations =
        ids.iter().map(|id| the_annotation(project, *id)).collect::<Result<Vec<_>, Refused>>()?;
    let [first, others @ ..] = annotations.as_slice() else {
        return refuse("select several annotations to merge them");
    };
    if others.is_empty() {
        return refuse("select several annotations to merge them");
    }
    if let Some(other) = others.iter().find(|other| other.class != first.class) {
        let name = |code| project.document.legend.class(code).map_or("unknown", |class| class.name.as_str());
        return refuse(format!(
            "annotations of different classes ({} and {}) cannot be merged: give them one class first",
            name(first.class),
            name(other.class)
        ));
    }
    let mut whole = first.clone();
    whole.geometry = shape::merged(annotations.iter().map(|annotation| &annotation.geometry))?;
    // As sure as its least sure part.
    whole.confidence = annotations.iter().map(|a| a.confidence).max().unwrap_or_default();
    whole.dropped = annotations.iter().flat_map(|a| a.dropped.iter().copied()).collect();
    let what = format!("merging {} annotations", annotations.len());
    let gone: Vec<AnnotationId> = others.iter().map(|a| a.id).collect();
    project.selection = [whole.id].into();
    put(project, whole)?;
    for id in gone {
        project.annotations.remove(id);
    }
    Ok(what)
}
