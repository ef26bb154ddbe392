//! Comparing on the map: two sides under a handle or beside each other, and where two class maps differ.

mod differences;
mod pick;
mod side_by_side;
mod swipe;

pub use pick::choose_map_ui;
pub use side_by_side::{halves, side_by_side_ui};
pub use swipe::STEP as HANDLE_STEP;

use super::annotations::CoreLayer;
use super::class_layer::ClassLayer;
use super::pane::{Content, Side};
use super::{plate, stack, tools};
use crate::app::{Command, OpenProject, Page};
use crate::jobs::OpenedCube;
use crate::project::CompareMode;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Align2, Painter, Rect, Ui, Vec2};
use walkers::Projector;

/// What comparing remembers between frames.
#[derive(Default)]
pub struct Compare {
    /// The class map of the other side.
    pub classes: ClassLayer,
    /// Where two maps differ.
    pub differing: ClassLayer,
    /// Annotations of the other side.
    pub cores: CoreLayer,
    /// The side that tools work on: where the mouse is, or was last.
    pub hand: Side,
    /// Where the handle of the swipe is while it is dragged.
    dragged: Option<f32>,
    /// Whether the handle has the focus, so that the arrows move it.
    pub handle_has_focus: bool,
    /// How much two maps differ.
    counted: differences::Counted,
}

impl Compare {
    /// Lets go of the textures that this way of comparing does not show.
    pub fn rest(&mut self, mode: CompareMode) {
        if mode != CompareMode::Differences {
            self.differing.rest();
        }
        if matches!(mode, CompareMode::Off | CompareMode::Differences) {
            self.classes.rest();
        }
    }

    /// How much the two maps on screen differ, once it is counted.
    pub fn differences(&self) -> Option<&crate::jobs::Differences> {
        self.counted.found()
    }

    /// Another cube is on screen.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a side shows.
pub fn content(project: &OpenProject, side: Side) -> Content {
    let comparison = &project.document.view.comparison;
    match side {
        Side::Main if comparison.main_map => Content::ClassMap,
        Side::Main => Content::Image(project.time()),
        Side::Other if comparison.other_map.is_some() => Content::ClassMap,
        Side::Other => Content::Image(other_time(project)),
    }
}

/// The date of the other side.
pub fn other_time(project: &OpenProject) -> usize {
    let dates = project.cube().map_or(1, |(opened, _)| opened.cube.info().dates.len());
    project.document.view.comparison.other_time.min(dates.saturating_sub(1))
}

/// Paints the pictures of a map that is one map: its layers, or two sides of them under a handle, or differences.
pub fn one_map(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) -> bool {
    let main = |content| (Side::Main, content);
    match project.document.view.comparison.mode {
        CompareMode::Off | CompareMode::SideBySide => {
            stack::paint(painter, projector, project, opened, view, main(Content::Layers))
        }
        CompareMode::Differences => {
            stack::paint(painter, projector, project, opened, view, main(Content::Differences))
        }
        CompareMode::Swipe => {
            let (left, right) = swipe::halves(painter.clip_rect(), swipe::split(project, view));
            [(Side::Main, left), (Side::Other, right)].into_iter().fold(false, |painted, (side, half)| {
                let what = (side, content(project, side));
                stack::paint(&painter.with_clip_rect(half), projector, project, opened, view, what) || painted
            })
        }
    }
}

/// What floats on the map while one compares.
pub fn over_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let comparison = &project.document.view.comparison;
    // Below the tools, and below what the wand is told.
    let wand = project.page == Page::Label && view.map.tool == tools::Tool::Wand;
    let top = if wand { 96.0 } else { 54.0 };
    let halves = match comparison.mode {
        CompareMode::Off => return,
        CompareMode::Swipe => swipe::handle_ui(ui, rect, project, view),
        CompareMode::SideBySide => side_by_side::halves(rect),
        CompareMode::Differences => {
            differences::told_ui(ui, rect, project, opened, view);
            side_by_side::halves(rect)
        }
    };
    // What a side shows is told at the outer edge of it, so that it stands still under a handle.
    let down = Vec2::new(0.0, top);
    let places = match comparison.mode {
        CompareMode::SideBySide => {
            [halves.0.left_top(), halves.1.left_top()].map(|at| at + Vec2::new(10.0, 0.0))
        }
        _ => [rect.left_top() + Vec2::new(10.0, 0.0), rect.right_top() - Vec2::new(pick::WIDTH + 10.0, 0.0)],
    };
    for (side, at) in [Side::Main, Side::Other].into_iter().zip(places) {
        pick::side_ui(ui, at + down, side, project, opened, view);
    }
    if let Some(words) = lacking(project) {
        plate::told(ui, rect, rect.center(), Align2::CENTER_CENTER, &words);
    }
}

/// What is missing for the comparison that was asked for, and what to do.
fn lacking(project: &OpenProject) -> Option<String> {
    let comparison = &project.document.view.comparison;
    let names = project.map_names();
    let maps = names.len().max(usize::from(project.map().is_some()));
    let differ = comparison.mode == CompareMode::Differences;
    match (differ, maps) {
        (true, 0) => Some(
            tr!("There is no map of this site yet: train a model and map the site on the Map page").into(),
        ),
        (true, 1) => Some(tr!("There is one map of this site: map it with another model to compare").into()),
        (true, _) if comparison.other_map.is_none() => {
            Some(tr!("Choose a map to compare with at the top right").into())
        }
        (true, _) if comparison.other_map.as_ref() == project.map().map(|map| &map.name) => {
            Some(tr!("Both sides are the same map: choose another one").into())
        }
        (false, 0) if comparison.main_map => Some(
            tr!("There is no map of this site yet: train a model and map the site on the Map page").into(),
        ),
        _ => match &comparison.other_map {
            Some(name) if project.other_map().is_none() => Some(tr!("Opening {name} …", name = name)),
            _ => None,
        },
    }
}

/// Compares in the next way, from one map on; [`Command::Compare`] is sent.
pub fn next(project: &OpenProject, view: &mut View) {
    let mode = match project.document.view.comparison.mode {
        CompareMode::Off => CompareMode::Swipe,
        CompareMode::Swipe => CompareMode::SideBySide,
        CompareMode::SideBySide => CompareMode::Differences,
        CompareMode::Differences => CompareMode::Off,
    };
    view.map.calendar.open = false;
    view.send(Command::Compare(project.comparing(mode)));
}

/// Moves the handle of the swipe by a share of the map.
pub fn push_handle(project: &OpenProject, view: &mut View, by: f32) {
    let mut comparison = project.document.view.comparison.clone();
    if comparison.mode == CompareMode::Swipe {
        comparison.split += by;
        view.send(Command::Compare(comparison));
    }
}

/// Steps the date of the other side.
pub fn step_other(project: &OpenProject, view: &mut View, step: i64) {
    let mut comparison = project.document.view.comparison.clone();
    if !matches!(comparison.mode, CompareMode::Swipe | CompareMode::SideBySide) {
        return;
    }
    let dates = project.cube().map_or(1, |(opened, _)| opened.cube.info().dates.len()) as i64;
    comparison.other_time = (other_time(project) as i64 + step).clamp(0, dates - 1) as usize;
    comparison.other_map = None;
    view.send(Command::Compare(comparison));
}
