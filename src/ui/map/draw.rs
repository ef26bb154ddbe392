//! The tools of the Label page: draw a polygon with its core live under the cursor, and select.

use super::annotations::{on_screen, paint_core, paint_ring, window_of};
use crate::app::{Command, OpenProject, draft_core};
use crate::jobs::{DrawnCore, OpenedCube};
use crate::ui::view::View;
use crate::ui::{format, tokens, widgets};
use egui::{Align2, Color32, CursorIcon, FontId, Painter, Pos2, Rect, Response, Ui, Vec2};
use walkers::Projector;

/// The tool in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Draws polygons.
    Polygon,
    /// Draws around pixels of the same year.
    Wand,
    /// Selects annotations.
    Select,
}

/// The polygon being drawn.
#[derive(Default)]
pub struct Draft {
    /// Its corners so far, longitude and latitude.
    pub corners: Vec<[f64; 2]>,
    core: Option<DraftCore>,
}

/// The core for some corners and a buffer, kept until they change.
struct DraftCore {
    corners: Vec<[f64; 2]>,
    buffer_m: f64,
    core: Result<DrawnCore, String>,
}

impl Draft {
    /// Sends the polygon off, where it has at least three corners.
    pub fn finish(&mut self, commands: &mut Vec<Command>) {
        // A double click sets the last corner twice.
        self.corners.dedup();
        if self.corners.len() >= 3 {
            let ring: Vec<geo::Coord<f64>> =
                self.corners.drain(..).map(|[x, y]| geo::Coord { x, y }).collect();
            let polygon = geo::Polygon::new(geo::LineString::new(ring), Vec::new());
            commands
                .push(Command::Draw(geo::orient::Orient::orient(&polygon, geo::orient::Direction::Default)));
        }
    }

    /// Pure pixels of the polygon being drawn, as it was painted last.
    pub fn pure_pixels(&self) -> Option<&[(u32, u32)]> {
        let core = self.core.as_ref().filter(|_| !self.corners.is_empty())?;
        Some(&core.core.as_ref().ok()?.core.pure_pixels)
    }

    fn core(
        &mut self,
        corners: &[[f64; 2]],
        opened: &OpenedCube,
        buffer_m: f64,
    ) -> &Result<DrawnCore, String> {
        self.core.take_if(|kept| kept.corners != corners || kept.buffer_m != buffer_m);
        let grid = &opened.cube.info().grid;
        let kept = self.core.get_or_insert_with(|| DraftCore {
            corners: corners.to_vec(),
            buffer_m,
            core: draft_core(corners, grid, buffer_m),
        });
        &kept.core
    }
}

/// Handles the mouse on the Label page and paints the polygon being drawn.
pub fn label_tools(
    ui: &mut Ui,
    painter: &Painter,
    response: &Response,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) {
    match view.map.tool {
        Tool::Select => {
            response.clone().on_hover_cursor(CursorIcon::PointingHand);
            if response.clicked() {
                let hit = view.map.hovered.and_then(|p| annotation_at(project, p.lonlat, projector));
                view.send(Command::Select(hit.into_iter().collect()));
            }
        }
        Tool::Polygon => polygon_tool(ui, painter, response, projector, project, opened, view),
        Tool::Wand => super::wand::wand_tool(ui, painter, response, projector, project, opened, view),
    }
}

fn polygon_tool(
    ui: &mut Ui,
    painter: &Painter,
    response: &Response,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) {
    response.clone().on_hover_cursor(CursorIcon::Crosshair);
    let mouse = view.map.hovered.map(|p| p.lonlat);
    let first_on_screen = view.map.draft.corners.first().map(|&[lon, lat]| on_screen(projector, lon, lat));
    let closes = response
        .hover_pos()
        .zip(first_on_screen)
        .is_some_and(|(pos, first)| view.map.draft.corners.len() >= 3 && pos.distance(first) < 10.0);
    if response.double_clicked() || (response.clicked() && closes) {
        view.map.finish_polygon(&mut view.commands);
        return;
    }
    if response.clicked()
        && let Some(place) = mouse
    {
        view.map.draft.corners.push(place);
    }
    if view.map.draft.corners.is_empty() {
        return;
    }
    let class = project.class.and_then(|c| project.document.legend.class(c));
    let colour = class.map_or(Color32::GRAY, |c| widgets::colour(c.colour));
    let mut corners = view.map.draft.corners.clone();
    if !closes && !response.dragged() {
        corners.extend(mouse.filter(|m| corners.last() != Some(m)));
    }
    let ring: Vec<Pos2> = corners.iter().map(|&[lon, lat]| on_screen(projector, lon, lat)).collect();
    let mut words = "Click to add a corner".to_string();
    if corners.len() >= 3 {
        let buffer_m = project.document.settings.buffer_m;
        match view.map.draft.core(&corners, opened, buffer_m) {
            Ok(core) => {
                words = describe(core, buffer_m);
                let grid = &opened.cube.info().grid;
                paint_core(painter, projector, grid, core, window_of(core), colour);
            }
            Err(why) => words.clone_from(why),
        }
    }
    paint_ring(painter, &ring, 2.0, colour);
    for (i, &corner) in ring.iter().enumerate().take(view.map.draft.corners.len()) {
        let radius = if i == 0 && closes { 7.0 } else { 4.0 };
        painter.circle(corner, radius, tokens::OVER_IMAGE, egui::Stroke::new(1.5, Color32::BLACK));
    }
    if let Some(pos) = response.hover_pos() {
        let words = if closes { format!("{words}\nclick to finish") } else { words };
        tag(painter, pos + Vec2::new(18.0, 12.0), &words);
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(500));
}

/// "3.20 ha drawn · core 1.12 ha · 112 pure pixels".
pub fn describe(core: &DrawnCore, buffer_m: f64) -> String {
    let drawn = format::hectares(core.core.drawn_area_ha);
    match core.core.emptied {
        None => format!(
            "{} pure pixels\ncore {} of {drawn}, buffer {buffer_m:.0} m",
            format::grouped(core.core.pure_pixels.len() as i64),
            format::hectares(core.core.area_ha)
        ),
        Some(why) => format!("no pure pixel yet: {why}\n{drawn} drawn, buffer {buffer_m:.0} m"),
    }
}

/// Words on a dark ground beside the mouse.
pub fn tag(painter: &Painter, at: Pos2, words: &str) {
    let galley = painter.layout_no_wrap(words.into(), FontId::proportional(tokens::TEXT), Color32::WHITE);
    let size = galley.size() + Vec2::new(16.0, 10.0);
    let clip = painter.clip_rect();
    let mut rect = Rect::from_min_size(at, size);
    // Near the edges it stands on the other side of the mouse.
    if rect.right() > clip.right() {
        rect = rect.translate(Vec2::new(-size.x - 36.0, 0.0));
    }
    if rect.bottom() > clip.bottom() {
        rect = rect.translate(Vec2::new(0.0, -size.y - 24.0));
    }
    painter.rect_filled(rect, 4.0, Color32::from_black_alpha(205));
    painter.galley(rect.min + Vec2::new(8.0, 5.0), galley, Color32::WHITE);
}

/// The annotation at a place; for points, the nearest within a few points of the screen.
fn annotation_at(project: &OpenProject, [lon, lat]: [f64; 2], projector: &Projector) -> Option<u64> {
    let (here, beside) = (on_screen(projector, lon, lat), Vec2::splat(8.0));
    let beside = projector.unproject((here + beside).to_vec2());
    let near = [(beside.x() - lon).abs(), (beside.y() - lat).abs()];
    project.derived.index.at([lon, lat], near)
}

/// The tools, floating at the top left of the map.
pub fn tools_ui(ui: &mut Ui, view: &mut View) {
    for (tool, name, hint) in [
        (Tool::Polygon, "Polygon", "Draws a polygon: click its corners, double click or Enter to finish (P)"),
        (Tool::Wand, "Wand", "Draws around all that has the year of the pixel you click (W)"),
        (Tool::Select, "Select", "Selects an annotation (V)"),
    ] {
        if ui.selectable_label(view.map.tool == tool, name).on_hover_text(hint).clicked() {
            view.map.tool = tool;
        }
    }
}

/// What is drawn in a corner of the map, on a ground of its own.
pub fn plate(painter: &Painter, rect: Rect) {
    painter.rect_filled(rect, 4.0, Color32::from_black_alpha(150));
}

/// Text on a plate.
pub fn plate_text(painter: &Painter, at: Pos2, align: Align2, words: &str) {
    let galley = painter.layout_no_wrap(words.into(), FontId::proportional(tokens::SMALL), Color32::WHITE);
    let rect = align.anchor_size(at, galley.size() + Vec2::new(12.0, 6.0));
    plate(painter, rect);
    painter.galley(rect.min + Vec2::new(6.0, 3.0), galley, Color32::WHITE);
}
