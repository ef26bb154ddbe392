//! What floats on the map: tools, scale bar, north, the date, where the imagery is from.

use super::certainty_layer::certainty_bar_ui;
use super::colour_bar::colour_bar_ui;
use super::mask_legend::mask_legend_ui;
use super::modes;
use super::outside_layer;
use super::plate::{plate, plate_text};
use super::tools::{bar_ui, choice_ui};
use crate::app::{OpenProject, Page};
use crate::jobs::OpenedCube;
use crate::project::CompareMode;
use crate::project::LayerKind;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{correcting, format};
use egui::{Align2, Color32, FontId, Frame, Rect, Stroke, Ui, UiBuilder, Vec2, pos2};

/// The scale bar takes at most so many points from the left edge.
pub const SCALE_BAR: f32 = 20.0 + LONGEST + 10.0;
/// It is at most so long itself.
const LONGEST: f32 = 120.0;
/// On maps narrower than this what stands at the bottom is stacked.
const NARROW: f32 = 640.0;

pub fn furniture_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let words = tr!("Shows the whole site (F)");
    let (fits, tools) = zoom_ui(ui, rect, view, words, |ui, view| {
        if project.page == Page::Label {
            bar_ui(ui, project, view, rect.width());
            ui.separator();
        } else if view.map.hand(project).is_some() {
            choice_ui(ui, &correcting::TOOLS, &mut view.map.correcting.tool, rect.width());
            ui.separator();
        }
    });
    if fits {
        view.map.fit();
    }
    let painter = ui.painter_at(rect);
    let info = opened.cube.info();
    // While one compares, what is seen stands over each side.
    let one = project.document.view.comparison.mode == CompareMode::Off;
    if let Some(&date) = info.dates.get(project.time()).filter(|_| one) {
        let origin = info.origin.as_deref().map_or(String::new(), |o| format!("   {}", tr_below(o)));
        let words = format!("{}{origin}", format::date(date));
        // On a narrow map the date stands below the tools.
        let font = FontId::proportional(crate::ui::tokens::SMALL);
        let width = painter.layout_no_wrap(words.clone(), font, Color32::WHITE).size().x + 32.0;
        let down = if tools.right() > rect.right() - width { 18.0 + tools.height() } else { 10.0 };
        plate_text(&painter, rect.right_top() + Vec2::new(-10.0, down), Align2::RIGHT_TOP, &words);
    }
    scale_bar(&painter, rect, view);
    let mut corner = rect.left_bottom() + Vec2::new(10.0, -50.0);
    if project.document.view.layers.of(LayerKind::Mosaic).visible {
        corner.y -= colour_bar_ui(ui, corner, project, opened);
    }
    corner.y -= certainty_bar_ui(ui, corner, project, view);
    mask_legend_ui(ui, corner, project, opened, view);
    outside_layer::told_ui(ui, rect, project, view);
    let attributed = attributed_north(&painter, rect, view);
    // On a narrow map both would lie over one another.
    let lifted = if rect.width() < NARROW { attributed } else { 0.0 };
    modes::modes_ui(ui, rect, lifted, project, view);
}

/// Whom the basemap is from, in as many lines as it takes; how high that stands.
fn attributed_north(painter: &egui::Painter, rect: Rect, view: &View) -> f32 {
    let Some(words) = view.map.basemap.attribution() else {
        north(painter, rect);
        return 0.0;
    };
    let font = FontId::proportional(crate::ui::tokens::SMALL);
    // The scale bar stands on the left.
    let width = (rect.width() - 240.0).clamp(120.0, 560.0);
    let galley = painter.layout(words.to_string(), font, Color32::WHITE, width);
    let at = rect.right_bottom() + Vec2::new(-10.0, -10.0);
    let place = Align2::RIGHT_BOTTOM.anchor_size(at, galley.size() + Vec2::new(12.0, 6.0));
    plate(painter, place);
    painter.galley(place.min + Vec2::new(6.0, 3.0), galley, Color32::WHITE);
    // North stands above it.
    north(painter, rect.with_max_y(place.top() + 18.0));
    place.height() + 4.0
}

/// The tools at the top left; tells whether all is to be shown, and where they are.
fn zoom_ui(
    ui: &mut Ui,
    rect: Rect,
    view: &mut View,
    fit: &str,
    first: impl FnOnce(&mut Ui, &mut View),
) -> (bool, Rect) {
    let room = Vec2::new((rect.width() - 20.0).max(120.0), 36.0);
    let tools = Rect::from_min_size(rect.min + Vec2::splat(10.0), room);
    let mut child = ui.new_child(UiBuilder::new().max_rect(tools));
    let mut fits = false;
    let frame = Frame::popup(child.style()).inner_margin(4).show(&mut child, |ui| {
        ui.horizontal(|ui| {
            first(ui, view);
            fits = zoom_buttons_ui(ui, view, fit);
        });
    });
    (fits, frame.response.rect)
}

/// The buttons that zoom; tells whether all is to be shown.
pub fn zoom_buttons_ui(ui: &mut Ui, view: &mut View, fit: &str) -> bool {
    let fits = ui.button(tr!("Fit")).on_hover_text(fit).clicked();
    if ui.button("+").on_hover_text(tr!("Zooms in (wheel)")).clicked() {
        // At the end of the range there is nothing nearer.
        let _ = view.map.memory.zoom_in();
    }
    if ui.button("−").on_hover_text(tr!("Zooms out (wheel)")).clicked() {
        let _ = view.map.memory.zoom_out();
    }
    fits
}

/// What floats on the map while no site is on screen.
pub fn bare_ui(ui: &mut Ui, rect: Rect, view: &mut View, words: Option<&str>) {
    if zoom_ui(ui, rect, view, tr!("Shows all sites (F)"), |_, _| {}).0 {
        view.map.fit();
    }
    let painter = ui.painter_at(rect);
    scale_bar(&painter, rect, view);
    attributed_north(&painter, rect, view);
    if let Some(words) = words {
        plate_text(&painter, rect.center_top() + Vec2::new(0.0, 60.0), Align2::CENTER_TOP, words);
    }
}

/// A round length of at most a hundred-odd points: 1, 2 or 5 times a power of ten.
fn round_length(most: f64) -> f64 {
    let power = 10f64.powf(most.log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|&m| m <= most).unwrap_or(power)
}

fn scale_bar(painter: &egui::Painter, rect: Rect, view: &View) {
    let Some(centre) = view.map.memory.detached() else { return };
    // Web mercator: metres a point at this latitude.
    let metres_a_point =
        40_075_016.686 * centre.y().to_radians().cos() / (256.0 * 2f64.powf(view.map.memory.zoom()));
    let length = round_length(f64::from(LONGEST) * metres_a_point);
    let points = (length / metres_a_point) as f32;
    let words = if length >= 1000.0 { format!("{} km", length / 1000.0) } else { format!("{length} m") };
    let start = rect.left_bottom() + Vec2::new(20.0, -20.0);
    plate(painter, Rect::from_min_max(start - Vec2::new(10.0, 22.0), start + Vec2::new(points + 10.0, 8.0)));
    let line = Stroke::new(2.0, Color32::WHITE);
    let end = start + Vec2::new(points, 0.0);
    painter.line_segment([start, end], line);
    for x in [start.x, end.x] {
        painter.line_segment([pos2(x, start.y - 4.0), pos2(x, start.y + 4.0)], line);
    }
    let font = FontId::proportional(crate::ui::tokens::SMALL);
    painter.text(
        start.lerp(end, 0.5) - Vec2::new(0.0, 4.0),
        Align2::CENTER_BOTTOM,
        words,
        font,
        Color32::WHITE,
    );
}

fn north(painter: &egui::Painter, rect: Rect) {
    let middle = rect.right_bottom() + Vec2::new(-28.0, -44.0);
    painter.circle_filled(middle, 16.0, Color32::from_black_alpha(150));
    let (up, side) = (Vec2::new(0.0, -10.0), Vec2::new(5.0, 5.0));
    let shape =
        vec![middle + up, middle + side, middle + Vec2::new(0.0, 1.0), middle + Vec2::new(-side.x, side.y)];
    painter.add(egui::Shape::convex_polygon(shape, Color32::WHITE, Stroke::NONE));
    let font = FontId::proportional(9.0);
    painter.text(middle + Vec2::new(0.0, 6.0), Align2::CENTER_TOP, tr!("N"), font, Color32::WHITE);
}

#[cfg(test)]
mod tests {
    use super::round_length;

    #[test]
    fn scale_bars_have_round_lengths_that_fit() {
        assert_eq!(round_length(120.0), 100.0);
        assert_eq!(round_length(999.0), 500.0);
        assert_eq!(round_length(4100.0), 2000.0);
    }
}
