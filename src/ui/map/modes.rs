//! The ways to look at the map, at its bottom: one map, the calendar, and the ways to compare.

use super::furniture;
use super::tools::drawn_button;
use crate::app::{Command, OpenProject};
use crate::project::CompareMode;
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{Color32, Frame, Painter, Rect, Shape, Stroke, Ui, UiBuilder, Vec2, pos2};

/// A way to look at the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    One,
    Calendar,
    Compare(CompareMode),
}

const ALL: [Mode; 5] = [
    Mode::One,
    Mode::Calendar,
    Mode::Compare(CompareMode::Swipe),
    Mode::Compare(CompareMode::SideBySide),
    Mode::Compare(CompareMode::Differences),
];

/// Size of the strip.
const SIZE: Vec2 = Vec2::new(5.0 * tokens::TARGET + 4.0 * 2.0 + 10.0, tokens::TARGET + 10.0);

impl Mode {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::One => (tr!("One map"), tr!("The map of the date (Esc)")),
            Self::Calendar => (
                tr!("Calendar"),
                tr!(
                    "All dates as small maps; click one to make it the date, double click or Enter to see it large (C)"
                ),
            ),
            Self::Compare(CompareMode::SideBySide) => (
                tr!("Side by side"),
                tr!(
                    "Two maps of the same place that move together: two dates, a date and a class map, two class maps (Shift+C)"
                ),
            ),
            Self::Compare(CompareMode::Differences) => {
                (tr!("Differences"), tr!("Where two class maps of this site differ (Shift+C)"))
            }
            Self::Compare(_) => (
                tr!("Swipe"),
                tr!("A handle between two dates, a date and a class map, or two class maps (Shift+C)"),
            ),
        }
    }
}

/// The strip, `lifted` by so many points from the bottom of the map; tells where it is.
pub fn modes_ui(ui: &mut Ui, rect: Rect, lifted: f32, project: &OpenProject, view: &mut View) -> Rect {
    // On a narrow map it stands right of the scale bar.
    let x = rect.center().x.round().max(rect.left() + furniture::SCALE_BAR + 6.0 + SIZE.x / 2.0);
    let centre = pos2(x, rect.bottom() - 9.0 - SIZE.y / 2.0 - lifted);
    let place = Rect::from_center_size(centre, SIZE);
    let now = match project.document.view.comparison.mode {
        _ if view.map.calendar.open => Mode::Calendar,
        CompareMode::Off => Mode::One,
        mode => Mode::Compare(mode),
    };
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("modes"));
    Frame::popup(child.style()).inner_margin(4).show(&mut child, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for mode in ALL {
                let (name, hint) = mode.words();
                let paint =
                    |painter: &Painter, square: Rect, colour: Color32| paint(painter, square, mode, colour);
                if drawn_button(ui, name, false, now == mode, hint, &paint).clicked() {
                    choose(mode, project, view);
                }
            }
        });
    });
    place
}

fn choose(mode: Mode, project: &OpenProject, view: &mut View) {
    let compared = project.document.view.comparison.mode;
    match mode {
        Mode::Calendar => view.map.calendar.show(true),
        Mode::One => {
            view.map.calendar.show(false);
            if compared != CompareMode::Off {
                view.send(Command::Compare(project.comparing(CompareMode::Off)));
            }
        }
        Mode::Compare(how) => {
            view.map.calendar.show(false);
            view.send(Command::Compare(project.comparing(how)));
        }
    }
}

/// Back to one map; `false` where it is one.
pub fn back(project: &OpenProject, view: &mut View) -> bool {
    if view.map.calendar.open {
        view.map.calendar.show(false);
        return true;
    }
    let compares = project.document.view.comparison.mode != CompareMode::Off;
    if compares {
        choose(Mode::One, project, view);
    }
    compares
}

/// Paints a picture into a square.
fn paint(painter: &Painter, square: Rect, mode: Mode, colour: Color32) {
    let line = Stroke::new(1.4, colour);
    let at = |x: f32, y: f32| square.lerp_inside(Vec2::new(x, y));
    let frame = |left: f32, top: f32, right: f32, bottom: f32| {
        let corners = vec![at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
        painter.add(Shape::closed_line(corners, line));
    };
    match mode {
        Mode::One => frame(0.0, 0.1, 1.0, 0.9),
        Mode::Calendar => {
            for i in 0..9 {
                let corner = at((i % 3) as f32 * 0.37, (i / 3) as f32 * 0.37);
                painter.rect_filled(Rect::from_min_size(corner, square.size() * 0.26), 0.5, colour);
            }
        }
        Mode::Compare(CompareMode::SideBySide) => {
            frame(0.0, 0.1, 0.42, 0.9);
            frame(0.58, 0.1, 1.0, 0.9);
        }
        Mode::Compare(CompareMode::Differences) => {
            frame(0.0, 0.0, 0.68, 0.68);
            frame(0.32, 0.32, 1.0, 1.0);
            painter.rect_filled(Rect::from_min_max(at(0.32, 0.32), at(0.68, 0.68)), 0.0, colour);
        }
        Mode::Compare(_) => {
            frame(0.0, 0.1, 1.0, 0.9);
            painter.rect_filled(
                Rect::from_min_max(at(0.5, 0.1), at(1.0, 0.9)),
                0.0,
                colour.gamma_multiply(0.6),
            );
            painter.line_segment([at(0.5, -0.06), at(0.5, 1.06)], Stroke::new(1.8, colour));
        }
    }
}
