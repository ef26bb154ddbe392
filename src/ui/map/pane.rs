//! One map of a frame: what it shows, in layers. The map itself, both sides of a comparison and the small maps of the calendar are
//! painted by these.

use super::mosaic::Slot;
use super::{Place, annotations, footprints, look_at, place_at, plate, quad};
use crate::app::{MapLayer, OpenProject};
use crate::geo::Window;
use crate::jobs::OpenedCube;
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Align2, DragPanButtons, Painter, Rect, Response, Stroke, Ui, UiBuilder, Vec2};
use walkers::{Map, MapMemory, Projector, lon_lat};

/// Length of the arms of a cross-hair, and of the gap in its middle, in points.
const CROSS: (f32, f32) = (14.0, 4.0);

/// One of two sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// The one that follows the timeline.
    #[default]
    Main,
    /// What it is compared with.
    Other,
}

impl Side {
    /// Where its tiles stand.
    pub fn slot(self) -> Slot {
        match self {
            Self::Main => Slot::Main,
            Self::Other => Slot::Other,
        }
    }
}

/// What a map shows below annotations and pins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// The layers that are switched on.
    Layers,
    /// The image of a date.
    Image(usize),
    /// The class map of a side.
    ClassMap,
    /// Where two class maps differ.
    Differences,
}

/// How a map takes mouse and wheel.
pub struct Hands {
    /// Buttons that pan.
    pub pans: DragPanButtons,
    /// Whether the wheel zooms without Ctrl.
    pub wheel: bool,
}

/// A map that was shown.
pub struct Shown<R> {
    /// The mouse over it.
    pub response: Response,
    /// What its painter gave.
    pub inner: R,
    /// Where it looks now, where it was moved.
    pub moved: Option<MapMemory>,
}

/// Shows a map that looks where `memory` says, but `closer` by so many levels of zoom (nearer where positive).
pub fn show<R>(
    ui: &mut Ui,
    (id, rect): (impl std::hash::Hash + std::fmt::Debug, Rect),
    (memory, closer): (&MapMemory, f64),
    hands: &Hands,
    content: impl FnOnce(&mut Ui, &Response, &Projector) -> R,
) -> Shown<R> {
    let mut own = looks(memory, closer);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(id));
    let shown = Map::new(None, &mut own, lon_lat(0.0, 0.0))
        .zoom_with_ctrl(!hands.wheel)
        .panning(hands.wheel)
        .zoom_speed(1.5)
        .drag_pan_buttons(hands.pans)
        .show(&mut child, |ui, response, projector, _| content(ui, response, projector));
    let response = shown.response;
    let moved = response.changed().then(|| looks(&own, -closer));
    Shown { response, inner: shown.inner, moved }
}

/// The same place at another zoom; at the ends of the range as near as can be.
pub fn looks(memory: &MapMemory, closer: f64) -> MapMemory {
    let mut own = memory.clone();
    // Within this range there is every zoom.
    let _ = own.set_zoom((memory.zoom() + closer).clamp(0.0, 26.0));
    own
}

/// The map of a side, once it is open.
pub fn map_of(project: &OpenProject, side: Side) -> Option<&MapLayer> {
    match side {
        Side::Main => project.map(),
        Side::Other => project.other_map(),
    }
}

/// Paints what lies over the layers: other sites, pins, the pixel under the mouse. `other` is the other site
/// under the mouse.
pub fn marks(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    other: Option<&str>,
) {
    let grid = &opened.cube.info().grid;
    footprints::paint(painter, projector, project, other);
    annotations::paint_pins(painter, projector, grid, &project.document.view.pins);
    if let Some(pixel) = view.map.hovered.and_then(|p| p.pixel) {
        annotations::paint_pixel(painter, projector, grid, pixel, tokens::OVER_IMAGE);
    }
    look_at::paint_mark(painter, projector, view);
    let whole = Window { col: 0, row: 0, width: grid.width, height: grid.height };
    let clip = painter.clip_rect();
    let in_view =
        quad::corners(grid, projector, whole).is_none_or(|c| Rect::from_points(&c).intersects(clip));
    if !in_view {
        let words = tr!("The site is out of view: press F, or Fit, to come back to it");
        plate::plate_text(painter, clip.center(), Align2::CENTER_CENTER, words);
    }
}

/// Marks, on a map where the mouse is not, the place where it is on another.
pub fn cross_hair(painter: &Painter, projector: &Projector, place: Place) {
    let [lon, lat] = place.lonlat;
    let at = projector.project(lon_lat(lon, lat)).to_pos2();
    if !painter.clip_rect().contains(at) {
        return;
    }
    let (long, gap) = CROSS;
    for (width, colour) in [(3.0, tokens::HALO), (1.0, tokens::OVER_IMAGE)] {
        for arm in [Vec2::X, -Vec2::X, Vec2::Y, -Vec2::Y] {
            painter.line_segment([at + arm * gap, at + arm * long], Stroke::new(width, colour));
        }
    }
}

/// Notes where a map of this frame lies, and the place under the mouse where it is over it.
pub fn point(response: &Response, projector: &Projector, opened: &OpenedCube, view: &mut View) {
    if let Some(pos) = response.hover_pos() {
        view.map.hovered = place_at(projector, &opened.cube.info().grid, pos);
    }
}
