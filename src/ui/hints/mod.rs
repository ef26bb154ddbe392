//! Hints for the first steps: a quiet card asks what one would like to do, and a few callouts show where. Nothing waits for
//! them, and they do not come again once they are answered; the Help menu and the palette bring them back.

mod walks;

use super::tokens;
use super::view::View;
use super::widgets::{icon, icon_text_button, named};
use super::words::tr;
use crate::app::{AppState, Command, OpenProject, Page};
use crate::project::Pane;
use egui::{
    Align, Align2, Area, Button, Context, Frame, Id, LayerId, Layout, Order, Pos2, Rect, RichText, Stroke,
    StrokeKind, Ui, Vec2,
};
use lucide_icons::Icon;
use walks::Walk;

/// Width of the card and of callouts.
const WIDTH: f32 = 300.0;
/// Between a callout and what it tells of.
const GAP: f32 = 10.0;

/// Something on screen that a hint tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The button of a page.
    Page(Page),
    /// The button of the palette.
    Palette,
    /// A pane.
    Pane(Pane),
    /// The map.
    Map,
}

/// Says where a control is; once a frame, by who paints it.
pub fn anchor(ctx: &Context, anchor: Anchor, rect: Rect) {
    ctx.data_mut(|data| data.insert_temp(Id::unique(("hint", anchor)), rect));
}

fn rect_of(ctx: &Context, view: &View, anchor: Anchor) -> Option<Rect> {
    match anchor {
        Anchor::Pane(pane) => view.panes.rect(pane),
        Anchor::Map => view.panes.map(),
        Anchor::Page(_) | Anchor::Palette => ctx.data(|data| data.get_temp(Id::unique(("hint", anchor)))),
    }
}

/// What the hints remember.
#[derive(Default)]
pub struct Hints {
    /// Whether the card comes by itself where it was never answered.
    by_itself: bool,
    /// Whether the card was asked for.
    asked: bool,
    /// The walk under way, and its step.
    walk: Option<(Walk, usize)>,
}

impl Hints {
    /// The card comes by itself, once a project is open, for those who never answered it.
    pub fn greet(&mut self) {
        self.by_itself = true;
    }

    /// Brings the card.
    pub fn ask(&mut self) {
        *self = Self { asked: true, ..Self::default() };
    }

    /// Takes the card away from who begins without being shown; it comes again another day.
    pub fn heed(&mut self, command: &Command) {
        if self.walk.is_none() && begins(command) {
            *self = Self::default();
        }
    }
}

pub fn hints_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(project) = &state.project else { return };
    let covered =
        view.imagery.is_open() || view.labels_in.is_open() || view.dialogs.is_open() || view.map_in.is_open();
    if covered || view.palette.is_open() || view.shortcuts {
        return;
    }
    match view.hints.walk {
        Some((walk, step)) => callout_ui(ctx, project, view, walk, step),
        None if view.hints.asked || (view.hints.by_itself && !state.recent.hints_answered) => {
            card_ui(ctx, view);
        }
        None => {}
    }
}

/// Whether a command begins what the card offers to show: annotations, series of pixels, models and maps.
fn begins(command: &Command) -> bool {
    matches!(
        command,
        Command::Draw(_)
            | Command::TogglePin(..)
            | Command::Train { .. }
            | Command::TrainWith { .. }
            | Command::RetrainNow
            | Command::Map { .. }
            | Command::MapAgain { .. }
            | Command::MapSites { .. }
    )
}

fn card_ui(ctx: &Context, view: &mut View) {
    let map = view.panes.map().unwrap_or(ctx.content_rect());
    let place = Area::new(Id::unique("what to do")).order(Order::Foreground);
    let place = place.fixed_pos(map.center_bottom() - Vec2::new(0.0, 24.0)).pivot(Align2::CENTER_BOTTOM);
    place.constrain_to(ctx.content_rect()).show(ctx, |ui| {
        Frame::popup(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.label(RichText::new(tr!("What would you like to do?")).strong());
            ui.label(RichText::new(tr!("A few hints show where. The map can be used meanwhile.")).weak());
            ui.add_space(tokens::GRID);
            for walk in Walk::ALL {
                let (picture, words) = (walk.icon(), walk.title());
                let button = Button::new((icon(picture), words)).right_text(icon(Icon::ChevronRight).weak());
                let response = ui.add(button.min_size(Vec2::new(WIDTH, tokens::TARGET + tokens::GRID)));
                named(&response, words);
                if response.on_hover_text(walk.hint()).clicked() {
                    begin(view, walk);
                }
            }
            ui.add_space(tokens::GRID);
            ui.horizontal(|ui| {
                if ui.button(tr!("Not now")).on_hover_text(tr!("It comes again another day")).clicked() {
                    view.hints = Hints::default();
                }
                never_ui(ui, view);
            });
        });
    });
}

/// A way not to see the hints again.
fn never_ui(ui: &mut Ui, view: &mut View) {
    let hint = tr!("The Help menu brings the hints back");
    let button = Button::new(tr!("Don't show again")).frame_when_inactive(false);
    if ui.add(button).on_hover_text(hint).clicked() {
        view.hints = Hints::default();
        view.send(Command::AnswerHints);
    }
}

fn begin(view: &mut View, walk: Walk) {
    view.hints = Hints::default();
    go_to(view, walk, 0);
    view.send(Command::AnswerHints);
}

/// Turns to a step of a walk, and to its page.
fn go_to(view: &mut View, walk: Walk, step: usize) {
    let steps = walk.steps();
    view.hints.walk = steps.get(step).map(|_| (walk, step));
    if let Some(step) = steps.get(step) {
        view.panes.alone = false;
        view.send(Command::ShowPage(step.page));
    }
}

fn callout_ui(ctx: &Context, project: &OpenProject, view: &mut View, walk: Walk, at: usize) {
    let steps = walk.steps();
    let Some(step) = steps.get(at) else {
        view.hints.walk = None;
        return;
    };
    // Who turns to another page goes their own way; the hint waits on its page.
    if project.page != step.page && !view.commands.iter().any(|c| matches!(c, Command::ShowPage(_))) {
        return;
    }
    let target = rect_of(ctx, view, step.anchor);
    let id = Id::unique("hint for the first steps");
    if let Some(target) = target {
        let painter = ctx.layer_painter(LayerId::new(Order::Foreground, Id::unique("what a hint tells of")));
        let accent = tokens::accent(ctx.global_style().visuals.dark_mode);
        let ring = target.shrink(1.0);
        painter.rect_stroke(ring, f32::from(tokens::RADIUS), Stroke::new(2.0, accent), StrokeKind::Inside);
    }
    let size = ctx.data(|data| data.get_temp::<Vec2>(id)).unwrap_or(Vec2::new(WIDTH + 24.0, 120.0));
    let place = Area::new(id).order(Order::Foreground).fixed_pos(beside(target, size, ctx.content_rect()));
    let shown = place.constrain_to(ctx.content_rect()).show(ctx, |ui| {
        Frame::popup(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.horizontal(|ui| {
                ui.label(icon(walk.icon()));
                ui.label(RichText::new(walk.title()).strong());
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let count = tr!("{n} of {m}", n = at + 1, m = steps.len());
                    ui.label(RichText::new(count).small().weak());
                });
            });
            ui.label(step.words);
            ui.add_space(tokens::GRID);
            ui.horizontal(|ui| {
                let last = at + 1 == steps.len();
                let next = if last {
                    icon_text_button(ui, Icon::Check, tr!("Done"))
                } else {
                    ui.button(tr!("Next"))
                };
                if next.clicked() {
                    go_to(view, walk, at + 1);
                }
                if at > 0 && ui.button(tr!("Back")).clicked() {
                    go_to(view, walk, at - 1);
                }
                if !last {
                    never_ui(ui, view);
                }
            });
        });
    });
    ctx.data_mut(|data| data.insert_temp(id, shown.response.rect.size()));
}

/// Where a callout of this size stands beside what it tells of: below it, on its right, on its left, above it, or within it
/// where nothing else is free.
fn beside(target: Option<Rect>, size: Vec2, screen: Rect) -> Pos2 {
    let screen = screen.shrink(GAP);
    let Some(target) = target else { return screen.center() - size / 2.0 };
    let middle = target.center() - size / 2.0;
    let places = [
        Pos2::new(middle.x, target.bottom() + GAP),
        Pos2::new(target.right() + GAP, middle.y),
        Pos2::new(target.left() - GAP - size.x, middle.y),
        Pos2::new(middle.x, target.top() - GAP - size.y),
    ];
    // Along what it tells of it may move, over it it may not.
    let moved = |pos: Pos2| {
        let most = (screen.max - size).max(screen.min);
        pos.clamp(screen.min, most)
    };
    let free = |pos: &Pos2| {
        let rect = Rect::from_min_size(*pos, size);
        screen.contains_rect(rect) && !rect.intersects(target)
    };
    places.into_iter().map(moved).find(free).unwrap_or_else(|| moved(middle))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_callout_stands_below_a_button_of_the_bar_and_beside_a_panel() {
        let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(960.0, 600.0));
        let size = Vec2::new(300.0, 120.0);
        let button = Rect::from_min_size(Pos2::new(400.0, 8.0), Vec2::new(80.0, 24.0));
        assert!(beside(Some(button), size, screen).y > button.bottom());
        let left = Rect::from_min_size(Pos2::new(0.0, 40.0), Vec2::new(208.0, 532.0));
        assert!(beside(Some(left), size, screen).x > left.right());
        let right = Rect::from_min_size(Pos2::new(640.0, 40.0), Vec2::new(320.0, 532.0));
        assert!(beside(Some(right), size, screen).x + size.x < right.left());
    }

    proptest! {
        #[test]
        fn a_callout_is_on_screen_wherever_what_it_tells_of_is(x in -500.0f32..1500.0, y in -500.0f32..1500.0, w in 0.0f32..1200.0, h in 0.0f32..1200.0) {
            let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(960.0, 600.0));
            let size = Vec2::new(324.0, 150.0);
            let target = Rect::from_min_size(Pos2::new(x, y), Vec2::new(w, h));
            prop_assert!(screen.contains_rect(Rect::from_min_size(beside(Some(target), size, screen), size)));
        }
    }
}
