//! The panes around the map: where each lies, how large it is, and how people move them.
//!
//! The map takes what is left and is painted last of what is docked; the pixel under the mouse is found before
//! (`MapView::look_ahead`), so that the plot tells of it in the same frame wherever it lies.

mod arrange;

use super::view::View;
use super::words::tr;
use super::{left, listing, map, pages, plot, timeline};
use crate::app::{AppState, Command, OpenProject, Page};
use crate::project::{Layout, Pane, Place, Spot};
use egui::{CentralPanel, Panel, Rect, Ui, UiBuilder, ViewportBuilder, ViewportClass, ViewportId};
use std::collections::HashMap;

/// Width and height of each pane that can be moved.
type Sizes = [[f32; 2]; 3];

fn sizes(layout: &Layout) -> Sizes {
    Pane::MOVABLE.map(|pane| [layout.of(pane).width, layout.of(pane).height])
}

/// What the panes remember between frames.
#[derive(Default)]
pub struct PanesView {
    /// Whether the map is shown alone.
    pub alone: bool,
    /// Whether panes show where they can be moved to.
    pub arranging: bool,
    /// Another number for panes that are laid anew: their sizes are as the layout says, whatever they were.
    laid: u32,
    /// Widths and heights of the layout as it was painted last.
    sizes: Option<Sizes>,
    /// Widths and heights that people dragged: panes have them already.
    let_go: Option<Sizes>,
    /// The size to which a pane is being dragged.
    dragged: Option<(Pane, f32)>,
    /// Where each pane was painted last.
    rects: HashMap<Pane, Rect>,
    /// Where the map was painted last.
    map: Option<Rect>,
}

impl PanesView {
    /// Panes take the sizes of a layout that was laid otherwise than by dragging their edges.
    fn follow(&mut self, layout: &Layout) {
        let now = Some(sizes(layout));
        if self.sizes != now && self.let_go != now {
            self.laid += 1;
        }
        self.sizes = now;
    }

    /// Where a pane is on screen; none where it is hidden, or in a window of its own.
    pub fn rect(&self, pane: Pane) -> Option<Rect> {
        self.rects.get(&pane).copied()
    }

    /// Where the map is on screen.
    pub fn map(&self) -> Option<Rect> {
        self.map
    }
}

/// Paints the panes and the map; tells whether a picture of the cube is on screen.
pub fn panes_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) -> bool {
    let all = ui.max_rect();
    view.panes.rects.clear();
    view.panes.follow(&state.layout);
    let (layout, alone) = (state.layout.clone(), view.panes.alone);
    let table = view.list.open && project.page == Page::Label;
    for place in [Place::Left, Place::Right, Place::Bottom] {
        for pane in Pane::MOVABLE {
            // The table stands in the place of a plot below the map.
            let covered = pane == Pane::Series && place == Place::Bottom && table;
            let spot = layout.of(pane);
            if spot.place == place && spot.shown && !alone && !covered && has_content(pane, project) {
                docked_ui(ui, pane, spot, state, project, view);
            }
        }
        if place == Place::Bottom && table && !alone {
            listing::table_ui(ui, project, view);
        }
    }
    let series = layout.series;
    let covered = series.place == Place::Bottom && table;
    if !series.shown || alone || covered {
        plot::unseen(ui.ctx(), ui.visuals().dark_mode, project, view);
    }
    if layout.dates.shown && !alone && project.site.is_some() {
        let shown = Panel::bottom("timeline").exact_size(layout.dates.height);
        let shown = shown.show(ui, |ui| timeline::timeline_ui(ui, project, view));
        view.panes.rects.insert(Pane::Dates, shown.response.rect);
    }
    for pane in Pane::MOVABLE {
        let spot = layout.of(pane);
        if spot.place == Place::Window && spot.shown && !alone && has_content(pane, project) {
            window_ui(ui, pane, spot, state, project, view);
        }
    }
    view.panes.map = Some(ui.available_rect_before_wrap());
    let picture = map::map_ui(ui, state, project, view);
    if view.panes.arranging {
        arrange::drop_ui(ui.ctx(), all, &layout, view);
    }
    keep_sizes(ui, &layout, view);
    picture
}

/// Whether there is something in a pane: a plot needs a site.
fn has_content(pane: Pane, project: &OpenProject) -> bool {
    pane != Pane::Series || project.site.is_some()
}

/// A pane beside or below the map.
fn docked_ui(ui: &mut Ui, pane: Pane, spot: Spot, state: &AppState, project: &OpenProject, view: &mut View) {
    let id = ("pane", pane, spot.place, view.panes.laid);
    let below = spot.place == Place::Bottom;
    let [least, most] = if below { Pane::HEIGHTS } else { pane.widths() };
    // The map keeps some room in the narrowest window.
    let room = if below { ui.available_height() - 120.0 } else { ui.available_width() - 200.0 };
    let range = least.min(room.max(80.0))..=most.min(room.max(80.0));
    let (panel, size) = match spot.place {
        Place::Left => (Panel::left(id), spot.width),
        Place::Right => (Panel::right(id), spot.width),
        Place::Bottom | Place::Window => (Panel::bottom(id), spot.height),
    };
    let panel = panel.default_size(size).size_range(range).resizable(true);
    let shown = panel.show(ui, |ui| {
        if view.panes.arranging {
            arrange::head_ui(ui, pane, &state.layout, view);
        }
        // What is in it makes it neither smaller nor larger: a row that sticks out would push the edge a little each frame.
        let room = ui.available_rect_before_wrap();
        let mut inside = ui.new_child(UiBuilder::new().max_rect(room));
        inside.set_clip_rect(room.expand(2.0).intersect(ui.clip_rect()));
        content_ui(&mut inside, pane, state, project, view);
        ui.take_available_space();
    });
    let rect = shown.response.rect;
    let before = view.panes.rects.insert(pane, rect);
    debug_assert!(before.is_none(), "a pane lies in one place");
    let now = if below { rect.height() } else { rect.width() };
    // Only what people drag is kept: in a narrow window a pane may have less than it was given.
    if (now - size).abs() > 0.5 && ui.input(|i| i.pointer.primary_down()) && is_at_edge(ui, rect) {
        view.panes.dragged = Some((pane, now));
    }
}

/// Whether the button of the mouse went down near an edge of a pane.
fn is_at_edge(ui: &Ui, rect: Rect) -> bool {
    let near = ui.style().interaction.resize_grab_radius_side + 4.0;
    let moved = ui.input(|i| i.pointer.latest_pos());
    moved.is_some_and(|pos| rect.expand(near).contains(pos) && !rect.shrink(near).contains(pos))
}

/// Once a pane is let go its size is remembered.
fn keep_sizes(ui: &Ui, layout: &Layout, view: &mut View) {
    if ui.input(|i| i.pointer.primary_down()) {
        return;
    }
    let Some((pane, size)) = view.panes.dragged.take() else { return };
    let mut layout = layout.clone();
    let spot = layout.of_mut(pane);
    match spot.place {
        Place::Bottom => spot.height = size,
        _ => spot.width = size,
    }
    let layout = layout.sensible();
    view.panes.let_go = Some(sizes(&layout));
    view.send(Command::SetLayout(layout));
}

/// A pane in a window of its own. Closed, it is back where it lies at first.
fn window_ui(ui: &mut Ui, pane: Pane, spot: Spot, state: &AppState, project: &OpenProject, view: &mut View) {
    let title = super::actions::Action::Pane(pane).name();
    let height = if pane == Pane::Series { spot.height.max(320.0) } else { 600.0 };
    let builder = ViewportBuilder::default()
        .with_title(format!("{title} – Ritmo"))
        .with_app_id("ritmo")
        .with_inner_size([spot.width, height])
        .with_min_inner_size([pane.widths()[0], Pane::HEIGHTS[0]]);
    let id = ViewportId::from_hash_of(("pane", pane));
    let closed = ui.ctx().show_viewport_immediate(id, builder, |ui, class| {
        if class == ViewportClass::EmbeddedWindow {
            // A system without windows beside one another: it floats on the map, and has its frame already.
            content_ui(ui, pane, state, project, view);
            return false;
        }
        CentralPanel::default().show(ui, |ui| content_ui(ui, pane, state, project, view));
        ui.input(|i| i.viewport().close_requested())
    });
    if closed {
        let mut layout = state.layout.clone();
        layout.of_mut(pane).place = Layout::default().of(pane).place;
        view.send(Command::SetLayout(layout));
    }
}

fn content_ui(ui: &mut Ui, pane: Pane, state: &AppState, project: &OpenProject, view: &mut View) {
    match (pane, project.page) {
        (Pane::Layers, _) => left::left_ui(ui, project, view),
        (Pane::Page, Page::Look) => pages::look_ui(ui, project, view),
        (Pane::Page, Page::Label) => pages::label_ui(ui, state, project, view),
        (Pane::Page, Page::Map) => pages::map_ui(ui, state, project, view),
        (Pane::Page, Page::Assess) => pages::assess_ui(ui, state, project, view),
        (Pane::Series, _) => plot::plot_ui(ui, project, view),
        (Pane::Dates, _) => timeline::timeline_ui(ui, project, view),
    }
}

/// Where a pane can lie, for people.
pub fn place_name(place: Place) -> &'static str {
    match place {
        Place::Left => tr!("Left of the map"),
        Place::Right => tr!("Right of the map"),
        Place::Bottom => tr!("Below the map"),
        Place::Window => tr!("In a window of its own"),
    }
}
