//! The series wand: what hangs together with the pixel under the mouse and has the same year, shown as one points,
//! drawn by a click.

use super::super::annotations::{on_screen, paint_core, paint_ring, window_of};
use super::Tool;
use super::scene::{Scene, describe_core};
use crate::app::OpenProject;
use crate::cube::Cube;
use crate::jobs::{self, Newest, OpenedCube, WandPreview, WandRegion, WandRequest};
use crate::labels::wand::AT_MOST;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens};
use egui::{Color32, Context, CursorIcon, Frame, Painter, Pos2, Rect, RichText, Ui, UiBuilder, Vec2};
use geo::Contains;
use std::ops::RangeInclusive;
use std::sync::Arc;
use walkers::Projector;

/// Tolerances that can be chosen.
const TOLERANCES: RangeInclusive<f32> = 0.02..=10.0;
/// A key, or a notch of the wheel, changes the tolerance by this factor.
const STEP: f32 = 1.15;
/// Points that a notch of the wheel scrolls by.
const NOTCH: f32 = 50.0;

/// What the tolerance means.
fn what_it_means() -> &'static str {
    tr!("How far a pixel's year may be from that of the pixel under the mouse: the root mean square of the \
    difference over all dates and bands, where 1 is the usual spread of a band over the whole site. \
    [ and ], or the wheel with Alt or Shift, change it.")
}

/// What the wand remembers between frames.
pub struct Wand {
    tolerance: f32,
    thread: Option<(Cube, Newest<WandRequest, WandPreview>)>,
    asked: Option<WandRequest>,
    shown: Option<WandPreview>,
    /// A click asked for what was not there yet: it is drawn when it comes.
    clicked: bool,
    /// The mouse is on the plate of options: what one pointed at last stays.
    on_options: bool,
}

impl Default for Wand {
    fn default() -> Self {
        Self { tolerance: 0.6, thread: None, asked: None, shown: None, clicked: false, on_options: false }
    }
}

impl Wand {
    /// Another cube is on screen, or none. The tolerance stays.
    pub fn forget(&mut self) {
        if self.thread.is_some() {
            *self = Self { tolerance: self.tolerance, ..Self::default() };
        }
    }

    /// Makes the tolerance so many steps wider, or narrower.
    pub fn widen(&mut self, steps: f32) {
        self.tolerance = (self.tolerance * STEP.powf(steps)).clamp(*TOLERANCES.start(), *TOLERANCES.end());
    }

    /// Pure pixels of what a click would draw.
    pub fn pure_pixels(&self) -> Option<&[(u32, u32)]> {
        let region = self.shown.as_ref()?.region.as_ref().ok()?;
        Some(&region.core.core.pure_pixels)
    }

    /// Takes in what has been grown.
    fn take_in(&mut self) {
        let answer = self.thread.as_ref().and_then(|(_, newest)| newest.take());
        // While a click waits, what was asked for before it is of no use any more.
        if let Some(answer) = answer.filter(|answer| !self.clicked || self.asked == Some(answer.request)) {
            self.shown = Some(answer);
        }
    }

    fn ask(&mut self, ctx: &Context, cube: &Cube, request: WandRequest) {
        if self.asked == Some(request) {
            return;
        }
        if self.thread.as_ref().is_none_or(|(of, _)| !of.is_same(cube)) {
            let ctx = ctx.clone();
            self.thread = Some((cube.clone(), jobs::wand(cube, Arc::new(move || ctx.request_repaint()))));
        }
        if let Some((_, newest)) = &self.thread {
            newest.ask(request);
            self.asked = Some(request);
        }
    }

    /// Forgets what was pointed at.
    pub fn let_go(&mut self) {
        (self.asked, self.shown, self.clicked) = (None, None, false);
    }

    /// What is shown, where it answers this.
    fn answer_to(&self, request: WandRequest) -> Option<&Result<WandRegion, String>> {
        self.shown.as_ref().filter(|shown| shown.request == request).map(|shown| &shown.region)
    }
}

/// Shows what a click would draw, and draws it.
pub fn wand_ui(scene: &Scene, opened: &OpenedCube, view: &mut View) {
    let Scene { ui, painter, response, projector, project, .. } = *scene;
    response.clone().on_hover_cursor(CursorIcon::Crosshair);
    let (hovered, wand, tools) = (view.map.hovered, &mut view.map.wand, &view.map.tools);
    wand.take_in();
    let class = project.class.and_then(|c| project.document.legend.class(c));
    let buffers = project.buffers();
    let buffer_m = match &tools.correction {
        Some(_) => 0.0,
        None => class.map_or(project.document.settings.buffer_m, |class| buffers.of_class(class.code)),
    };
    let hovered = hovered.filter(|_| !wand.on_options);
    let place = hovered.and_then(|place| Some((place.pixel?, place.lonlat)));
    let within_selected = place.is_some_and(|(_, [lon, lat])| {
        let selected = project.selected().and_then(|id| project.annotation(id));
        let selected = selected.filter(|_| tools.correction.is_none());
        selected.is_some_and(|annotation| annotation.geometry.contains(&geo::Point::new(lon, lat)))
    });
    if !wand.clicked {
        match place.filter(|_| !within_selected) {
            Some((seed, _)) => {
                let request = WandRequest { seed, tolerance: wand.tolerance, buffer_m };
                wand.clicked = scene.clicked();
                wand.ask(ui.ctx(), &opened.cube, request);
            }
            None => match wand.asked.filter(|_| wand.on_options) {
                // The slider shows at once what another tolerance makes of the last place.
                Some(last) => {
                    let request = WandRequest { tolerance: wand.tolerance, buffer_m, ..last };
                    wand.ask(ui.ctx(), &opened.cube, request);
                }
                None => wand.let_go(),
            },
        }
    }
    let mut words = String::new();
    if let Some(asked) = wand.asked.filter(|_| wand.clicked)
        && let Some(answer) = wand.answer_to(asked)
    {
        if let Ok(region) = answer {
            view.commands.push(tools.drawn(region.polygon.clone()));
            wand.let_go();
            return;
        }
        wand.clicked = false;
    }
    if let Some(shown) = &wand.shown {
        words = match &shown.region {
            Ok(region) => {
                paint_region(painter, projector, opened, region, scene.colour_drawn(tools));
                match &tools.correction {
                    Some(correction) => scene.describe_correction(correction, &region.polygon.clone().into()),
                    None => told(region, buffer_m, class.is_some()),
                }
            }
            Err(why) => tr_below(why).into_owned(),
        };
        let tolerance = format!("{:.2}", wand.tolerance);
        words.push('\n');
        words.push_str(&tr!("tolerance {tolerance}: [ and ] change it", tolerance = tolerance));
    } else if within_selected {
        words = tr!("just drawn, or selected: Esc lets go of it").into();
    } else if wand.asked.is_some() {
        words = tr!("looking for what has the same year …").into();
    }
    if response.hovered() {
        scene.tell(&words);
    }
}

fn paint_region(
    painter: &Painter,
    projector: &Projector,
    opened: &OpenedCube,
    region: &WandRegion,
    colour: Color32,
) {
    let grid = &opened.cube.info().grid;
    paint_core(painter, projector, grid, &region.core, window_of(&region.core), colour);
    let rings = std::iter::once(region.polygon.exterior()).chain(region.polygon.interiors());
    for ring in rings {
        // A ring ends where it begins.
        let corners = ring.0.iter().skip(1);
        let points: Vec<Pos2> = corners.map(|c| on_screen(projector, c.x, c.y)).collect();
        paint_ring(painter, &points, 2.0, colour);
    }
}

/// What a click would draw, in words.
fn told(region: &WandRegion, buffer_m: f64, has_class: bool) -> String {
    let mut words = describe_core(&region.core.core, buffer_m, None);
    if region.bounded {
        let most = format::grouped(AT_MOST as i64);
        words.push('\n');
        words.push_str(&tr!("stopped at {n} pixels: a lower tolerance keeps to one field", n = most));
    }
    if !has_class {
        words.push('\n');
        words.push_str(tr!("pick a class before you click"));
    }
    words
}

/// With Alt or Shift held the wheel changes the tolerance and does not zoom.
pub fn take_wheel(ctx: &Context, rect: Rect, project: &OpenProject, view: &mut View) {
    if view.map.hand(project) != Some(Tool::Wand) {
        return;
    }
    let turned = ctx.input_mut(|i| {
        let over = i.pointer.hover_pos().is_some_and(|pos| rect.contains(pos));
        let held = i.modifiers.alt || i.modifiers.shift;
        if over && held { std::mem::take(&mut i.smooth_scroll_delta) } else { Vec2::ZERO }
    });
    // Shift turns the wheel sideways.
    view.map.wand.widen((turned.x + turned.y) / NOTCH);
}

/// The plate of the wand's options, under the tools.
pub fn options_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, view: &mut View) {
    if view.map.hand(project) != Some(Tool::Wand) {
        // A click that waits is not drawn when one comes back to the tool.
        view.map.wand.let_go();
        return;
    }
    let plate = Rect::from_min_size(rect.min + Vec2::new(10.0, 54.0), Vec2::new(420.0, 36.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(plate));
    let mut held = false;
    let frame = Frame::popup(child.style()).inner_margin(4).show(&mut child, |ui| {
        ui.horizontal(|ui| {
            let tolerance = &mut view.map.wand.tolerance;
            let slider = egui::Slider::new(tolerance, TOLERANCES).logarithmic(true).fixed_decimals(2);
            held = ui.add(slider.text(tr!("Tolerance"))).on_hover_text(what_it_means()).dragged();
            let words = RichText::new(tr!("of the bands' usual spread")).size(tokens::SMALL).weak();
            ui.label(words).on_hover_text(what_it_means());
        });
    });
    let over = ui.ctx().pointer_hover_pos().is_some_and(|pos| frame.response.rect.contains(pos));
    view.map.wand.on_options = held || over;
}
