//! A table of colours: names on the left, dates on top, cells that are clicked. Only what is in view is painted.

use crate::cube::picture::Ramp;
use crate::ui::tokens;
use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Align2, Color32, FontId, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};
use std::ops::Range;

/// Width and height of a cell.
const CELL: Vec2 = vec2(36.0, 22.0);
/// Width of the names.
const NAMES: f32 = 112.0;
/// Height of the dates.
const DATES: f32 = 32.0;

/// What a cell shows.
pub struct Cell {
    /// From dark (0) to bright (1); `None` where nothing was seen.
    pub share: Option<f32>,
    /// Whether it stands out.
    pub marked: bool,
    /// The colour of its histogram, where that is drawn.
    pub line: Option<Color32>,
}

/// A table of colours.
pub struct Heat<'a> {
    pub rows: usize,
    pub columns: usize,
    /// The name of a row.
    pub name: &'a dyn Fn(usize) -> String,
    /// Two lines over a column.
    pub date: &'a dyn Fn(usize) -> [String; 2],
    /// A cell, by row and column; `None` where there is none.
    pub cell: &'a dyn Fn(usize, usize) -> Option<Cell>,
    /// What a cell says.
    pub words: &'a dyn Fn(usize, usize) -> String,
    /// What a click on the name of a row does; nothing where there are no words for it.
    pub name_hint: Option<&'static str>,
}

/// What was clicked.
pub enum HeatClick {
    /// The name of a row.
    Name(usize),
    /// A cell by row and column, and whether Ctrl was held.
    Cell(usize, usize, bool),
}

pub fn heat_ui(ui: &mut Ui, heat: &Heat<'_>) -> Option<HeatClick> {
    let outer = ui.available_rect_before_wrap();
    let body = Rect::from_min_max(outer.min + vec2(NAMES, DATES), outer.max);
    let mut clicked = None;
    let mut seen = (0..0, 0..0);
    let offset = ui
        .scope_builder(UiBuilder::new().max_rect(body), |ui| {
            let area = ScrollArea::both().id_salt("drift-heat").auto_shrink(false);
            let output = area.show_viewport(ui, |ui, viewport| {
                let origin = ui.max_rect().min;
                let size = vec2(CELL.x * heat.columns as f32, CELL.y * heat.rows as f32);
                ui.allocate_rect(Rect::from_min_size(origin, size), Sense::hover());
                seen = (
                    in_view(viewport.y_range(), CELL.y, heat.rows),
                    in_view(viewport.x_range(), CELL.x, heat.columns),
                );
                for row in seen.0.clone() {
                    for column in seen.1.clone() {
                        let at = origin + vec2(CELL.x * column as f32, CELL.y * row as f32);
                        if cell_ui(ui, heat, Rect::from_min_size(at, CELL - Vec2::splat(1.0)), (row, column))
                        {
                            let over = ui.input(|i| i.modifiers.command);
                            clicked = Some(HeatClick::Cell(row, column, over));
                        }
                    }
                }
            });
            output.state.clamped_offset()
        })
        .inner;
    names_ui(
        ui,
        heat,
        Rect::from_min_max(pos2(outer.left(), body.top()), body.left_bottom()),
        &seen.0,
        offset.y,
        &mut clicked,
    );
    dates_ui(
        ui,
        heat,
        Rect::from_min_max(pos2(body.left(), outer.top()), body.right_top()),
        &seen.1,
        offset.x,
    );
    ui.advance_cursor_after_rect(outer);
    clicked
}

/// The rows or columns that are in view.
fn in_view(view: egui::Rangef, size: f32, count: usize) -> Range<usize> {
    let first = (view.min / size).floor().max(0.0) as usize;
    let end = (view.max / size).ceil().max(0.0) as usize;
    first.min(count)..end.min(count)
}

fn cell_ui(ui: &mut Ui, heat: &Heat<'_>, rect: Rect, (row, column): (usize, usize)) -> bool {
    let Some(cell) = (heat.cell)(row, column) else { return false };
    let response = ui.interact(rect, ui.scope_id().with(("cell", row, column)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, (heat.words)(row, column)));
    let (painter, dark) = (ui.painter(), ui.visuals().dark_mode);
    match cell.share {
        Some(share) => {
            let [r, g, b] = Ramp::default().colour(share);
            painter.rect_filled(rect, 2.0, Color32::from_rgb(r, g, b));
        }
        None => {
            // Nothing was seen: an empty frame, as no colour of the ramp.
            let line = ui.visuals().widgets.noninteractive.bg_stroke;
            painter.rect_stroke(rect, 2.0, line, StrokeKind::Inside);
        }
    }
    if cell.marked {
        // Light on dark cells and dark on light ones, so that it is seen on any colour.
        let corner = rect.right_top();
        let points = vec![corner, corner + vec2(-10.0, 0.0), corner + vec2(0.0, 10.0)];
        let line = Stroke::new(1.0, Color32::BLACK);
        painter.add(Shape::convex_polygon(points, tokens::warning(true), line));
    }
    if let Some(colour) = cell.line {
        painter.circle(rect.left_center() + vec2(8.0, 0.0), 4.0, colour, Stroke::new(1.0, Color32::BLACK));
    }
    if response.hovered() || response.has_focus() {
        let ink = if dark { Color32::WHITE } else { Color32::BLACK };
        painter.rect_stroke(rect, 2.0, Stroke::new(2.0, ink), StrokeKind::Outside);
    }
    let clicked = response.clicked();
    response.on_hover_ui(|ui| {
        ui.label((heat.words)(row, column));
    });
    clicked
}

fn names_ui(
    ui: &mut Ui,
    heat: &Heat<'_>,
    rect: Rect,
    rows: &Range<usize>,
    offset: f32,
    clicked: &mut Option<HeatClick>,
) {
    let painter = ui.painter_at(rect);
    for row in rows.clone() {
        let top = rect.top() + CELL.y * row as f32 - offset;
        let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width() - 6.0, CELL.y - 1.0));
        let name = (heat.name)(row);
        let mut ink = ui.visuals().text_color();
        if let Some(hint) = heat.name_hint {
            let visible = place.intersect(rect);
            if visible.height() > 2.0 {
                let response = ui.interact(visible, ui.scope_id().with(("name", row)), Sense::click());
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if response.hovered() {
                    ink = ui.visuals().strong_text_color();
                }
                if response.on_hover_text(format!("{name}\n{hint}")).clicked() {
                    *clicked = Some(HeatClick::Name(row));
                }
            }
        }
        let mut job = LayoutJob::simple_singleline(name, FontId::proportional(tokens::TEXT), ink);
        job.wrap = TextWrapping::truncate_at_width(place.width());
        let galley = painter.layout_job(job);
        painter.galley(pos2(place.left(), place.center().y - galley.size().y / 2.0), galley, ink);
    }
}

fn dates_ui(ui: &Ui, heat: &Heat<'_>, rect: Rect, columns: &Range<usize>, offset: f32) {
    let painter = ui.painter_at(rect);
    let font = FontId::proportional(tokens::SMALL);
    let (weak, ink) = (ui.visuals().weak_text_color(), ui.visuals().text_color());
    for column in columns.clone() {
        let x = rect.left() + CELL.x * column as f32 - offset;
        let [first, second] = (heat.date)(column);
        // What stands over the first column in view is told, be it told further left.
        painter.text(Pos2::new(x, rect.top()), Align2::LEFT_TOP, first, font.clone(), weak);
        let middle = x + (CELL.x - 1.0) / 2.0;
        painter.text(pos2(middle, rect.bottom() - 3.0), Align2::CENTER_BOTTOM, second, font.clone(), ink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_view_is_painted() {
        assert_eq!(in_view(egui::Rangef::new(0.0, 100.0), 22.0, 500), 0..5);
        assert_eq!(in_view(egui::Rangef::new(44.0, 66.0), 22.0, 500), 2..3);
        assert_eq!(in_view(egui::Rangef::new(-50.0, -10.0), 22.0, 500), 0..0);
        assert_eq!(in_view(egui::Rangef::new(0.0, 1e6), 22.0, 3), 0..3);
    }
}
