//! The bar of tools at the top left of the map: pictures, with names where there is room.

use super::Tool;
use crate::app::{Command, OpenProject};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{
    Color32, CornerRadius, FontId, Painter, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2,
};

/// Maps narrower than this have pictures alone.
const ROOM_FOR_NAMES: f32 = 900.0;

/// What a button of the bar shows.
#[derive(Clone, Copy, PartialEq)]
enum Picture {
    Tool(Tool),
    Merge,
    Snap,
}

/// The tools, and how they draw.
pub fn bar_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, room: f32) {
    let names = room > ROOM_FOR_NAMES;
    ui.spacing_mut().item_spacing.x = 2.0;
    for tool in Tool::ALL {
        let hint = format!("{} ({})", tool.hint(), tool.key().name());
        if button(ui, Picture::Tool(tool), tool.name(), names, view.map.tool == tool, &hint).clicked() {
            view.map.tool = tool;
        }
    }
    if project.selection.len() > 1 {
        let hint = tr!("Makes one of the selected annotations (J)");
        if button(ui, Picture::Merge, tr!("Merge"), names, false, hint).clicked() {
            view.send(Command::Merge(project.selection.iter().copied().collect()));
        }
    }
    let hint = tr!("Corners jump to corners and edges within 8 px; hold Ctrl to place them freely (S)");
    let snaps = !view.map.tools.loose;
    if button(ui, Picture::Snap, tr!("Snapping"), names, snaps, hint).clicked() {
        view.map.tools.loose = snaps;
    }
}

/// Some of the tools, to take one in hand.
pub fn choice_ui(ui: &mut Ui, of: &[Tool], hand: &mut Tool, room: f32) {
    ui.spacing_mut().item_spacing.x = 2.0;
    for &tool in of {
        if button(ui, Picture::Tool(tool), tool.name(), room > ROOM_FOR_NAMES, *hand == tool, tool.hint())
            .clicked()
        {
            *hand = tool;
        }
    }
}

fn button(ui: &mut Ui, picture: Picture, name: &str, named: bool, chosen: bool, hint: &str) -> Response {
    let paint = |painter: &Painter, square: Rect, colour: Color32| paint(painter, square, picture, colour);
    drawn_button(ui, name, named, chosen, hint, &paint)
}

/// A button with a picture that is painted into a square in a colour, and its name beside it where `named`.
pub fn drawn_button(
    ui: &mut Ui,
    name: &str,
    named: bool,
    chosen: bool,
    hint: &str,
    paint: &dyn Fn(&Painter, Rect, Color32),
) -> Response {
    let font = FontId::proportional(tokens::TEXT);
    let colour = ui.visuals().text_color();
    let words = named.then(|| ui.painter().layout_no_wrap(name.into(), font, colour));
    let width = tokens::TARGET + words.as_ref().map_or(0.0, |words| words.size().x + 6.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, tokens::TARGET), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), chosen, name));
    let look = ui.style().interact_selectable(&response, chosen);
    let painter = ui.painter();
    if chosen || response.hovered() || response.has_focus() {
        painter.rect(
            rect,
            CornerRadius::same(tokens::RADIUS),
            look.weak_bg_fill,
            look.bg_stroke,
            StrokeKind::Inside,
        );
    }
    let square = Rect::from_min_size(rect.min, Vec2::splat(tokens::TARGET)).shrink(4.0);
    paint(painter, square, look.fg_stroke.color);
    if let Some(words) = words {
        let at = pos2(rect.left() + tokens::TARGET, rect.center().y - words.size().y / 2.0);
        painter.galley_with_override_text_color(at, words, look.fg_stroke.color);
    }
    response.on_hover_text(format!("{name}. {hint}"))
}

/// Paints a picture into a square.
fn paint(painter: &Painter, square: Rect, picture: Picture, colour: Color32) {
    let line = Stroke::new(1.4, colour);
    // From the top left, 0 to 1.
    let at = |(x, y): (f32, f32)| square.lerp_inside(Vec2::new(x, y));
    let open = |points: &[(f32, f32)]| {
        painter.add(Shape::line(points.iter().copied().map(at).collect(), line));
    };
    let closed = |points: &[(f32, f32)]| {
        painter.add(Shape::closed_line(points.iter().copied().map(at).collect(), line));
    };
    let dot = |point: (f32, f32)| {
        painter.circle_filled(at(point), 1.9, colour);
    };
    const PENTAGON: [(f32, f32); 5] = [(0.15, 0.3), (0.6, 0.05), (0.95, 0.45), (0.75, 0.95), (0.2, 0.85)];
    match picture {
        Picture::Tool(Tool::Select) => {
            let arrow =
                [(0.2, 0.02), (0.2, 0.82), (0.4, 0.63), (0.54, 0.97), (0.68, 0.9), (0.54, 0.58), (0.8, 0.56)];
            closed(&arrow);
        }
        Picture::Tool(Tool::Polygon) => {
            closed(&PENTAGON);
            PENTAGON.into_iter().for_each(dot);
        }
        Picture::Tool(Tool::Rectangle) => closed(&[(0.05, 0.18), (0.95, 0.18), (0.95, 0.82), (0.05, 0.82)]),
        Picture::Tool(Tool::Freehand) => {
            let turn = |i: usize| {
                let angle = i as f32 / 24.0 * std::f32::consts::TAU;
                let radius = 0.38 + 0.08 * (3.0 * angle).sin();
                (0.5 + radius * angle.cos(), 0.5 + radius * angle.sin())
            };
            open(&(0..23).map(turn).collect::<Vec<_>>());
            dot(turn(0));
        }
        Picture::Tool(Tool::Wand) => {
            open(&[(0.05, 0.95), (0.6, 0.4)]);
            for (from, to) in [
                ((0.75, 0.02), (0.75, 0.2)),
                ((0.98, 0.25), (0.82, 0.25)),
                ((0.5, 0.1), (0.6, 0.18)),
                ((0.92, 0.5), (0.84, 0.4)),
            ] {
                open(&[from, to]);
            }
        }
        Picture::Tool(Tool::Hole) => {
            closed(&[(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)]);
            painter.circle_stroke(at((0.5, 0.5)), square.width() * 0.2, line);
        }
        Picture::Tool(Tool::Split) => {
            open(&[(0.35, 0.15), (0.05, 0.15), (0.05, 0.85), (0.35, 0.85)]);
            open(&[(0.65, 0.15), (0.95, 0.15), (0.95, 0.85), (0.65, 0.85)]);
            open(&[(0.5, -0.05), (0.5, 1.05)]);
        }
        Picture::Tool(Tool::Extend) => {
            closed(&[(0.05, 0.3), (0.6, 0.3), (0.6, 0.95), (0.05, 0.95)]);
            open(&[(0.8, 0.02), (0.8, 0.42)]);
            open(&[(0.6, 0.22), (1.0, 0.22)]);
        }
        Picture::Merge => {
            open(&[(0.6, 0.3), (0.6, 0.05), (0.05, 0.05), (0.05, 0.65), (0.35, 0.65)]);
            open(&[(0.6, 0.35), (0.95, 0.35), (0.95, 0.95), (0.35, 0.95), (0.35, 0.65)]);
        }
        Picture::Snap => {
            let arc = |i: usize| {
                let angle = i as f32 / 12.0 * std::f32::consts::PI;
                (0.5 + 0.35 * angle.cos(), 0.55 + 0.35 * angle.sin())
            };
            let mut magnet: Vec<(f32, f32)> = vec![(0.85, 0.1)];
            magnet.extend((0..=12).map(arc));
            magnet.push((0.15, 0.1));
            open(&magnet);
            open(&[(0.72, 0.1), (0.98, 0.1)]);
            open(&[(0.02, 0.1), (0.28, 0.1)]);
        }
    }
}
