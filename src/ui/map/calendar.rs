//! The calendar: all dates as small maps of the same place. What moves one moves all, and the mouse over one marks its place on
//! all. Only those in view ask for pictures, coarse ones first.

use super::mosaic::Slot;
use super::pane::{self, Hands};
use super::{annotations, furniture, modes};
use crate::app::{Command, OpenProject};
use crate::jobs::OpenedCube;
use crate::project::LayerKind;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::scroll_area::ScrollSource;
use egui::{
    Align2, DragPanButtons, FontId, Frame, Painter, Rect, Response, Role, ScrollArea, Slider, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use walkers::Projector;

/// Widths of a small map, in points.
const SIZES: std::ops::RangeInclusive<f32> = 112.0..=480.0;
/// Its height, as a share of its width.
const TALL: f32 = 0.75;
/// Height of the words below it.
const CAPTION: f32 = 20.0;
/// Points between small maps.
const GAP: f32 = 8.0;
/// Room for the scroll bar.
const SCROLL_BAR: f32 = 12.0;
/// Height of the bar below them.
const BAR: f32 = 52.0;
/// Of more selected annotations none is outlined.
const OUTLINED: usize = 50;

/// What the calendar remembers between frames.
pub struct Calendar {
    /// Whether it is shown in place of the map.
    pub open: bool,
    /// Width of a small map, in points.
    size: f32,
    /// The date that was last brought into view.
    brought: Option<usize>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { open: false, size: 168.0, brought: None }
    }
}

impl Calendar {
    /// Shows it, or the map again.
    pub fn show(&mut self, open: bool) {
        self.open = open;
        self.brought = None;
    }
}

/// How small maps lie in a place of a given size.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Layout {
    columns: usize,
    /// Size of a map without its words.
    map: Vec2,
    height: f32,
}

impl Layout {
    fn new(place: Vec2, size: f32, dates: usize) -> Self {
        let width = (place.x - SCROLL_BAR - GAP).max(size);
        let columns = ((width / (size + GAP)).floor() as usize).clamp(1, dates.max(1));
        // They share the width, but few are not blown up.
        let wide = (width / columns as f32 - GAP).floor().min(size * 1.6);
        let map = vec2(wide, (wide * TALL).round());
        let rows = dates.div_ceil(columns);
        Self { columns, map, height: rows as f32 * (map.y + CAPTION + GAP) + GAP }
    }

    /// Where the map of a date lies, from the top left of all.
    fn place(&self, date: usize) -> Rect {
        let (row, column) = (date / self.columns, date % self.columns);
        let at = vec2(column as f32 * (self.map.x + GAP), row as f32 * (self.map.y + CAPTION + GAP));
        Rect::from_min_size(pos2(GAP, GAP) + at, self.map)
    }

    /// Dates of which something lies between two heights.
    fn between(&self, top: f32, bottom: f32, dates: usize) -> std::ops::Range<usize> {
        let tall = self.map.y + CAPTION + GAP;
        let row = |y: f32| (y.max(0.0) / tall) as usize;
        let first = row(top - GAP) * self.columns;
        first.min(dates)..((row(bottom) + 1) * self.columns).min(dates)
    }
}

/// The small maps of all dates; tells whether there is a picture.
pub fn calendar_ui(
    ui: &mut Ui,
    rect: Rect,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) -> bool {
    let dates = opened.cube.info().dates.len();
    let place = Rect::from_min_max(rect.min, rect.max - vec2(0.0, BAR));
    let layout = Layout::new(place.size(), view.map.calendar.size, dates);
    // Each shows what the map shows, smaller.
    let smaller = (layout.map.x / rect.width()).min(layout.map.y / rect.height()).max(1e-3);
    let closer = f64::from(smaller).log2();
    let fits = layout.height <= place.height();
    let time = project.time();
    let bring = view.map.calendar.brought.replace(time) != Some(time);
    let memory = view.map.memory.clone();
    let (mut picture, mut moved) = (false, None);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("calendar"));
    let area = ScrollArea::vertical()
        .auto_shrink(false)
        .scroll_source(ScrollSource::SCROLL_BAR | ScrollSource::MOUSE_WHEEL);
    area.show_viewport(&mut child, |ui, seen| {
        let origin = ui.max_rect().min.to_vec2();
        ui.set_height(layout.height);
        if bring {
            let cell = layout.place(time).translate(origin);
            let with_words = Rect::from_min_max(cell.min - vec2(0.0, GAP), cell.max + vec2(0.0, CAPTION));
            ui.scroll_to_rect(with_words, None);
        }
        for date in layout.between(seen.top(), seen.bottom(), dates) {
            let cell = layout.place(date).translate(origin);
            let hands = Hands {
                pans: DragPanButtons::PRIMARY | DragPanButtons::MIDDLE,
                // Where there is something to scroll, the wheel scrolls.
                wheel: fits,
            };
            let shown = pane::show(ui, (date, cell), (&memory, closer), &hands, |ui, response, projector| {
                pane::point(response, projector, opened, view);
                let painter = ui.painter_at(projector.clip_rect());
                small_map(&painter, response, projector, project, opened, view, date)
            });
            picture |= shown.inner;
            moved = moved.take().or(shown.moved);
            view.map.panes.push((cell.intersect(place), pane::looks(&memory, closer)));
            said(ui, cell, &shown.response, opened, date, date == time);
            if shown.response.clicked() {
                view.playing = None;
                view.send(Command::ShowTime(date));
                view.map.calendar.brought = Some(date);
            }
            if shown.response.double_clicked() {
                view.map.calendar.show(false);
            }
        }
    });
    if let Some(moved) = moved {
        view.map.memory = moved;
    }
    bar_ui(ui, rect, project, view);
    picture
}

fn small_map(
    painter: &Painter,
    response: &Response,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    date: usize,
) -> bool {
    let grid = &opened.cube.info().grid;
    painter.rect_filled(projector.clip_rect(), 0.0, tokens::HALO);
    let picture = view.map.mosaic.paint(painter, projector, opened, date, Slot::Small);
    view.map.damage.paint(painter, projector, &opened.cube);
    let outlined = project.document.view.layers.of(LayerKind::Annotations).visible && !project.is_blind();
    if outlined && project.selection.len() <= OUTLINED {
        for annotation in project.selection.iter().filter_map(|id| project.annotation(*id)) {
            for ring in annotations::rings_on_screen(&annotation.geometry, projector) {
                annotations::paint_ring(painter, &ring, 1.0, tokens::OVER_IMAGE);
            }
        }
    }
    annotations::paint_pins(painter, projector, grid, &project.document.view.pins);
    if let Some(place) = view.map.hovered {
        if let Some(pixel) = place.pixel {
            annotations::paint_pixel(painter, projector, grid, pixel, tokens::OVER_IMAGE);
        }
        if response.hover_pos().is_none() {
            pane::cross_hair(painter, projector, place);
        }
    }
    picture
}

/// The words below a small map, the frame of the current one, and what it is called.
fn said(ui: &Ui, cell: Rect, response: &Response, opened: &OpenedCube, date: usize, current: bool) {
    let info = opened.cube.info();
    let words = info.dates.get(date).map_or(String::new(), |&date| format::date(date));
    let clear = opened.clear_share.get(date).map(|share| format!("{:.0} %", share * 100.0));
    let painter = ui.painter();
    let accent = tokens::accent(true);
    if current {
        painter.rect_stroke(cell, 0.0, Stroke::new(2.0, accent), StrokeKind::Outside);
    } else if response.hovered() || response.has_focus() {
        painter.rect_stroke(cell, 0.0, Stroke::new(1.0, tokens::OVER_IMAGE), StrokeKind::Outside);
    }
    // The ground is the same in both themes.
    let font = FontId::proportional(tokens::SMALL);
    let y = cell.bottom() + CAPTION / 2.0 + 1.0;
    let colour = if current { accent } else { tokens::OVER_IMAGE };
    painter.text(pos2(cell.left(), y), Align2::LEFT_CENTER, &words, font.clone(), colour);
    if let Some(clear) = &clear {
        painter.text(pos2(cell.right(), y), Align2::RIGHT_CENTER, clear, font, tokens::OVER_IMAGE);
    }
    let name = match clear {
        Some(clear) => tr!("{date}, {clear} observed", date = words, clear = clear),
        None => words,
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, &name));
}

/// Zoom and size, on both sides of the ways to look at the map.
fn bar_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, view: &mut View) {
    let strip = modes::modes_ui(ui, rect, 0.0, project, view);
    let frame = |ui: &Ui| Frame::popup(ui.style()).inner_margin(4);
    let left =
        Rect::from_min_max(pos2(rect.left() + 8.0, strip.top()), pos2(strip.left() - 6.0, strip.bottom()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(left).id_salt("zoom"));
    let fits = frame(&child)
        .show(&mut child, |ui| {
            ui.horizontal(|ui| furniture::zoom_buttons_ui(ui, view, tr!("Shows the whole site (F)"))).inner
        })
        .inner;
    if fits {
        view.map.fit();
    }
    let right =
        Rect::from_min_max(pos2(strip.right() + 6.0, strip.top()), pos2(rect.right() - 8.0, strip.bottom()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(right).id_salt("size"));
    frame(&child).show(&mut child, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().slider_width = 88.0;
            let slider = Slider::new(&mut view.map.calendar.size, SIZES).show_value(false);
            let response = ui.add(slider).on_hover_text(tr!("Size of the small maps"));
            let size = f64::from(view.map.calendar.size);
            response.widget_info(|| WidgetInfo::slider(true, size, tr!("Size of the small maps")));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn small_maps_lie_apart_and_within_and_those_in_view_are_found(
            (wide, tall, size, dates) in (200.0f32..1900.0, 150.0f32..1000.0, 112.0f32..480.0, 1usize..370),
            from in 0.0f32..1.0,
        ) {
            let layout = Layout::new(vec2(wide, tall), size, dates);
            let all: Vec<Rect> = (0..dates).map(|date| layout.place(date)).collect();
            for pair in all.windows(2) {
                prop_assert!(!pair[0].intersects(pair[1]));
            }
            prop_assert!(all.iter().all(|cell| cell.bottom() + CAPTION <= layout.height));
            prop_assert!(layout.columns == 1 || all.iter().all(|cell| cell.right() <= wide - SCROLL_BAR + 0.5));
            let top = from * (layout.height - tall).max(0.0);
            let seen = layout.between(top, top + tall, dates);
            for (date, cell) in all.iter().enumerate() {
                let in_view = cell.bottom() + CAPTION > top && cell.top() < top + tall;
                prop_assert!(!in_view || seen.contains(&date), "{} {:?}", date, layout);
            }
            prop_assert!(seen.len() <= ((tall / (layout.map.y + CAPTION + GAP)) as usize + 3) * layout.columns);
        }
    }
}
