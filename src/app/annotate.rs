//! Edits of annotations: drawing, changing what is said of them, deleting.

use super::command::{AnnotationChange, Command};
use super::state::OpenProject;
use super::update::{Refused, check_buffer, refuse};
use crate::labels::{Annotation, AnnotationId, core_of_annotation};
use geo::{Coord, CoordsIter, Geometry};
use std::sync::Arc;

/// Carries out an edit of annotations; gives its name for undo.
pub(super) fn edit(
    project: &mut OpenProject,
    author: Option<&str>,
    command: Command,
) -> Result<String, Refused> {
    match command {
        Command::Draw(polygon) => draw(project, author, polygon),
        Command::ChangeAnnotations { ids, change } => change_all(project, &ids, change),
        Command::DeleteAnnotations(ids) => {
            ids.iter().try_for_each(|id| the_annotation(project, *id).map(drop))?;
            for id in &ids {
                project.annotations.remove(*id);
                project.selection.remove(id);
            }
            Ok(several("deleting", &ids))
        }
        _ => refuse("this is no edit of annotations"),
    }
}

fn draw(
    project: &mut OpenProject,
    author: Option<&str>,
    polygon: geo::Polygon<f64>,
) -> Result<String, Refused> {
    let Some(class) = project.class.and_then(|c| project.document.legend.class(c)) else {
        return refuse("pick a class first: a polygon needs one");
    };
    let (code, change) = (class.code, format!("drawing {}", class.name));
    let geometry = super::reshape::made_whole(project, &polygon.into())?;
    let annotation = Annotation {
        author: author.map(str::to_string),
        created: Some(chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        ..Annotation::new(project.next_id, geometry, code)
    };
    check_geometry(project, &annotation)?;
    project.selection = [annotation.id].into();
    project.next_id += 1;
    project.annotations.insert(annotation);
    Ok(change)
}

/// Whether all places of a geometry lie on the Earth.
pub(super) fn check_places(geometry: &Geometry<f64>) -> Result<(), Refused> {
    let on_earth = |c: Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if geometry.coords_iter().all(on_earth) {
        return Ok(());
    }
    refuse("this polygon reaches past the ends of the Earth: draw it within 180° and 90°")
}

/// Whether a geometry can be used at all; why not, in a sentence.
pub(super) fn check_geometry(project: &OpenProject, annotation: &Annotation) -> Result<(), Refused> {
    check_places(&annotation.geometry)?;
    if !matches!(annotation.geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Point(_)) {
        return refuse("only polygons and points can be annotations");
    }
    if let Some(grid) = project.grid() {
        core_of_annotation(annotation, grid, &project.buffers()).map_err(|e| Refused(e.to_string()))?;
    }
    Ok(())
}

fn change_all(
    project: &mut OpenProject,
    ids: &[AnnotationId],
    change: AnnotationChange,
) -> Result<String, Refused> {
    match &change {
        AnnotationChange::Class(code) if project.document.legend.class(*code).is_none() => {
            return refuse(format!("there is no class with code {code}"));
        }
        AnnotationChange::Buffer(Some(m)) => check_buffer(*m)?,
        AnnotationChange::Holds(holds) if holds.from.zip(holds.to).is_some_and(|(from, to)| from > to) => {
            return refuse("the first date comes after the last one: give them the other way round");
        }
        _ => {}
    }
    let mut changed = Vec::with_capacity(ids.len());
    for id in ids {
        let mut annotation = the_annotation(project, *id)?;
        match &change {
            AnnotationChange::Class(code) => annotation.class = *code,
            AnnotationChange::Confidence(confidence) => annotation.confidence = *confidence,
            AnnotationChange::Buffer(m) => annotation.buffer_m = *m,
            AnnotationChange::Holds(holds) => annotation.holds = *holds,
            AnnotationChange::Author(author) => annotation.author = said(author.as_deref()),
            AnnotationChange::Note(note) => annotation.note = said(note.as_deref()),
            AnnotationChange::Drop(places) => annotation.dropped.extend(places),
            AnnotationChange::TakeBack => annotation.dropped.clear(),
        }
        changed.push(annotation);
    }
    for annotation in changed {
        let before = project.annotations.get(annotation.id);
        // What stays as it is stays the very same.
        if before.is_none_or(|before| **before != annotation) {
            project.annotations.insert(annotation);
        }
    }
    let what = match change {
        AnnotationChange::Class(_) => "changing the class of",
        AnnotationChange::Confidence(_) => "changing the confidence of",
        AnnotationChange::Buffer(_) => "changing the buffer of",
        AnnotationChange::Holds(_) => "changing the dates of",
        AnnotationChange::Author(_) => "changing the author of",
        AnnotationChange::Note(_) => "changing the note of",
        AnnotationChange::Drop(_) => "dropping pixels of",
        AnnotationChange::TakeBack => "taking back the pixels of",
    };
    Ok(several(what, ids))
}

/// Words, unless there are none.
fn said(words: Option<&str>) -> Option<String> {
    words.map(str::trim).filter(|words| !words.is_empty()).map(str::to_string)
}

/// "deleting an annotation", "deleting 12 annotations".
fn several(what: &str, ids: &[AnnotationId]) -> String {
    match ids.len() {
        1 => format!("{what} an annotation"),
        n => format!("{what} {n} annotations"),
    }
}

/// A copy of the annotation of this id, to be changed.
pub(super) fn the_annotation(project: &OpenProject, id: AnnotationId) -> Result<Annotation, Refused> {
    match project.annotations.get(id) {
        Some(annotation) => Ok(Arc::unwrap_or_clone(Arc::clone(annotation))),
        None => refuse(format!("there is no annotation {id}")),
    }
}
