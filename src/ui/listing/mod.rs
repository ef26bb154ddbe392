//! The list of annotations: a short one on the Label page, the whole table below the map, and what selects in both.

mod choose;
mod filter;
mod table;

pub use filter::count_words;
pub use table::table_ui;

use super::format;
use super::map::MapView;
use super::view::View;
use super::words::{tr, tr_below, tr_word};
use crate::app::{Command, OpenProject};
use crate::jobs::{ListSpec, Mark};
use crate::labels::{Annotation, AnnotationId, Confidence, Emptied};
use egui::{Context, Key, Modifiers};
use geo::BoundingRect;

/// What the list remembers.
#[derive(Default)]
pub struct ListView {
    /// Whether the table is open.
    pub open: bool,
    /// What is asked for.
    pub spec: ListSpec,
    /// Where a selection by Shift begins.
    anchor: Option<AnnotationId>,
    /// Where it ends: the annotation that was clicked or stepped to last.
    lead: Option<AnnotationId>,
    /// The annotation that the lists were last brought to.
    brought_to: Option<AnnotationId>,
    scroll_to: Option<usize>,
    /// Whether a selection is on its way, so that what is selected is not what will be.
    selecting: bool,
}

impl ListView {
    /// Asks for the list as the filters say, and finds the row to bring into view after another annotation was selected; once
    /// a frame, before the list is painted.
    pub fn follow(&mut self, project: &OpenProject, commands: &mut Vec<Command>) {
        self.scroll_to = None;
        let listing = &project.derived.listing;
        if listing.spec() != Some(&self.spec) {
            commands.push(Command::List(self.spec.clone()));
            return;
        }
        if std::mem::take(&mut self.selecting) {
            return;
        }
        let lead = self.lead.filter(|id| project.selection.contains(id));
        self.lead = lead.or_else(|| project.selection.first().copied());
        if self.lead == self.brought_to {
            return;
        }
        self.scroll_to = self.lead.and_then(|id| listing.rows().iter().position(|row| *row == id));
        if self.scroll_to.is_some() || !listing.is_coming() {
            self.brought_to = self.lead;
        }
    }

    /// The row to bring into view in this frame.
    pub fn scroll_to(&self) -> Option<usize> {
        self.scroll_to
    }

    /// Selects what a click on a row of the list selects: the row alone, with Ctrl one more or less, with Shift all from the
    /// row clicked before.
    pub fn click(
        &mut self,
        project: &OpenProject,
        id: AnnotationId,
        modifiers: Modifiers,
        commands: &mut Vec<Command>,
    ) {
        let rows = project.derived.listing.rows();
        let anchor = self.anchor.filter(|id| project.selection.contains(id)).or(self.lead);
        let chosen = choose::clicked(&project.selection, rows, anchor, id, modifiers);
        if !modifiers.shift {
            self.anchor = Some(id);
        }
        self.lead = Some(id);
        // It was clicked, so it is in view.
        self.brought_to = Some(id);
        self.selecting = true;
        commands.push(Command::Select(chosen));
    }

    /// Selects the annotation so many rows further, or all from the anchor to it.
    fn step(&mut self, project: &OpenProject, step: isize, extend: bool, view: &mut Moves) {
        let rows = project.derived.listing.rows();
        let Some(id) = choose::stepped(rows, self.lead, step) else { return };
        let anchor = self.anchor.filter(|id| project.selection.contains(id)).or(self.lead);
        if extend {
            self.anchor = anchor;
            view.commands.push(Command::Select(choose::from_to(rows, anchor.unwrap_or(id), id)));
        } else {
            self.anchor = Some(id);
            view.commands.push(Command::Select(vec![id]));
        }
        self.lead = Some(id);
        self.selecting = true;
        show(project, id, view.map);
    }
}

/// What a step in the list moves.
struct Moves<'a> {
    commands: &'a mut Vec<Command>,
    map: &'a mut MapView,
}

/// Keys of the list, on the Label page.
pub fn keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    for (key, step) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1)] {
        for (modifiers, extend) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
            if pressed(modifiers, key) {
                let View { list, commands, map, .. } = view;
                list.step(project, step, extend, &mut Moves { commands, map });
            }
        }
    }
}

/// The box of longitude and latitude (left, bottom, right, top) around annotations.
fn around<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> Option<[f64; 4]> {
    let boxes = annotations.filter_map(|a| a.geometry.bounding_rect());
    boxes
        .map(|b| [b.min().x, b.min().y, b.max().x, b.max().y])
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
}

/// Moves the map only where an annotation is out of view.
pub fn show(project: &OpenProject, id: AnnotationId, map: &mut MapView) {
    if let Some(bounds) = around(project.annotation(id).into_iter()) {
        map.go_to(bounds, false);
    }
}

/// Fills the map with an annotation.
pub fn zoom_to(project: &OpenProject, id: AnnotationId, map: &mut MapView) {
    if let Some(bounds) = around(project.annotation(id).into_iter()) {
        map.go_to(bounds, true);
    }
}

/// Fills the map with these annotations.
pub fn zoom_to_all(project: &OpenProject, ids: &[AnnotationId], map: &mut MapView) {
    if let Some(bounds) = around(ids.iter().filter_map(|id| project.annotation(*id))) {
        map.go_to(bounds, true);
    }
}

/// Fills the map with the selected annotations.
pub fn zoom_to_selected(project: &OpenProject, map: &mut MapView) {
    if let Some(bounds) = around(project.selected_annotations().map(|annotation| &**annotation)) {
        map.go_to(bounds, true);
    }
}

/// "sure", "likely".
pub fn confidence_words(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Sure => tr!("sure"),
        Confidence::Likely => tr!("likely"),
    }
}

/// Why a core has no pure pixel.
pub fn emptied_words(why: Emptied) -> String {
    tr_word(&why.to_string()).to_string()
}

/// What is wrong with an annotation, each in a few words, the gravest first.
pub fn flag_words(project: &OpenProject, annotation: &Annotation) -> Vec<String> {
    flags_told(project, annotation).into_iter().map(|(_, words)| words).collect()
}

/// What is wrong with an annotation, and that in a few words, the gravest first.
pub fn flags_told(project: &OpenProject, annotation: &Annotation) -> Vec<(Mark, String)> {
    let flags = &project.derived.flags;
    let Some(facts) = flags.of(annotation.id) else { return Vec::new() };
    let mut told = Vec::new();
    for mark in facts.marks.iter() {
        let mut tell = |words: String| told.push((mark, words));
        match (mark, &facts.core) {
            (Mark::Unusable, Some(Err(why))) => tell(tr_below(why).into_owned()),
            (Mark::NoPurePixel, Some(Ok(core))) => {
                if let Some(why) = core.core.emptied {
                    tell(tr!("no pure pixel: {why}", why = emptied_words(why)));
                }
            }
            (Mark::ClaimedTwice, _) => {
                tell(tr!("{pixels} claimed twice", pixels = format::count(facts.claimed_twice, "pixel")));
            }
            (Mark::Overlaps, _) => {
                for (other, ha) in flags.overlaps(annotation.id) {
                    tell(overlap_words(project, *other, *ha));
                }
            }
            (Mark::Dropped, Some(Ok(core))) => {
                tell(tr!("{pixels} dropped", pixels = format::count(core.core.dropped.len(), "pixel")));
            }
            (Mark::SomeDates, _) => tell(period_words(project, annotation)),
            _ => tell(tr_word(mark.title()).into()),
        }
    }
    told
}

/// "overlaps 12 water by 0.30 ha".
fn overlap_words(project: &OpenProject, other: AnnotationId, ha: f64) -> String {
    let class = project.annotation(other).and_then(|a| project.document.legend.class(a.class));
    let name = class.map_or(tr!("of another class"), |class| class.name.as_str());
    // Of a point and a polygon nothing is shared but a place.
    if ha > 0.0 {
        let area = format::hectares(ha);
        tr!("overlaps {other} {name} by {area}", other = other, name = name, area = area)
    } else {
        tr!("overlaps {other} {name}", other = other, name = name)
    }
}

/// "holds from 1 Mar 2022 to 1 May 2022, so training leaves it out".
fn period_words(project: &OpenProject, annotation: &Annotation) -> String {
    let holds = annotation.holds;
    let period = match (holds.from.map(format::date), holds.to.map(format::date)) {
        (Some(from), Some(to)) => tr!("holds from {from} to {to}", from = from, to = to),
        (Some(from), None) => tr!("holds from {from}", from = from),
        (None, Some(to)) => tr!("holds to {to}", to = to),
        (None, None) => tr!("holds").into(),
    };
    let dates = project.cube().map_or(&[] as &[_], |(opened, _)| opened.cube.info().dates.as_slice());
    match holds.at_all(dates) {
        true => period,
        false => tr!("{period}, not at all dates: training leaves it out", period = period),
    }
}
