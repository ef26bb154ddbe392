//! What the model whose map is on screen, or else the newest, makes of the pixel under the mouse or else of the last pin: a
//! bar a class on the Look page and, where the network has attention, a strip of the dates it looks at at the foot of the plot.

use super::view::View;
use super::{format, tokens, widgets};
use crate::app::{ModelEntry, OpenProject};
use crate::cube::{Cube, Feature, Series};
use crate::jobs::{self, Newest, OpenedCube, Opinion, OpinionOf, OpinionRequest};
use crate::labels::Class;
use crate::ui::words::{tr, tr_below};
use chrono::NaiveDate;
use egui::{
    Align2, Color32, Context, FontId, Label, Painter, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::{PlotPoint, PlotTransform};
use std::sync::Arc;

/// Height of the strip.
const HEIGHT: f32 = 5.0;
/// Half the width of a date in it, where there is room.
const REACH: f32 = 7.0;

/// What was asked for last, and what came last: it stays until the next is there.
#[derive(Default)]
pub struct OpinionView {
    thread: Option<(Cube, Newest<OpinionRequest, Opinion>)>,
    asked: Option<OpinionOf>,
    shown: Option<Shown>,
}

/// An opinion, and whose it is.
struct Shown {
    name: String,
    came: Opinion,
}

impl OpinionView {
    /// How much is looked at each date; `None` where there is nothing to see.
    fn dates(&self) -> Option<&[f32]> {
        let said = self.shown.as_ref()?.came.said.as_ref().ok()?;
        let dates = said.dates.as_deref()?;
        dates.iter().all(|look| look.is_finite()).then_some(dates)
    }

    /// "L-TAE 2 looks most at 15 Mar 2022 (31.0 %)".
    pub fn told(&self, dates: &[NaiveDate]) -> Option<String> {
        let Shown { name, came } = self.shown.as_ref()?;
        if let Err(why) = &came.said {
            return Some(tr!("{name} cannot be asked: {why}", name = name, why = why));
        }
        let looks = self.dates()?;
        let (most, look) = looks.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let date = format::date(*dates.get(most)?);
        Some(tr!(
            "{name} looks most at {date} ({share})",
            name = name,
            date = date,
            share = format::percent(Some(f64::from(*look)))
        ))
    }

    /// Paints the strip at the foot of the plot, of the dates that are `shown` where they lie.
    pub fn paint(
        &self,
        painter: &Painter,
        transform: &PlotTransform,
        places: &[f64],
        shown: impl Fn(usize) -> bool,
        colour: Color32,
    ) {
        let Some(looks) = self.dates().filter(|looks| looks.len() == places.len()) else { return };
        let most = looks.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let x_of = |place: f64| transform.position_from_point(&PlotPoint::new(place, 0.0)).x;
        let at: Vec<(f32, f32)> = (0..looks.len())
            .filter(|time| shown(*time))
            .map(|time| (x_of(places[time]), looks[time]))
            .collect();
        let apart = at.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(f32::INFINITY, f32::min);
        let reach = REACH.min(apart / 2.0 - 0.5).max(0.5);
        let foot = transform.frame().bottom();
        for (x, look) in at {
            let rect = Rect::from_min_max(pos2(x - reach, foot - HEIGHT), pos2(x + reach, foot));
            painter.rect_filled(rect, 1.0, colour.gamma_multiply(look / most));
        }
    }
}

/// Whose opinion is shown, to nobody who labels a reference sample: that of the model whose map is on screen, or else of the newest; only of one that fits the cube.
fn whose<'a>(project: &'a OpenProject, opened: &OpenedCube) -> Option<&'a ModelEntry> {
    if project.is_blind() {
        return None;
    }
    let of_map = project.map().and_then(|map| project.model_of(&map.name));
    let model = of_map.or(project.models.first())?;
    (model.card.dates.len() == opened.cube.info().dates.len()).then_some(model)
}

/// Takes in what came, and asks for the pixel under the mouse, or else for the last pin.
pub fn follow(ctx: &Context, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let opinion = &mut view.opinion;
    if opinion.thread.as_ref().is_some_and(|(of, _)| !of.is_same(&opened.cube)) {
        *opinion = OpinionView::default();
    }
    let model = whose(project, opened);
    if let Some(came) = opinion.thread.as_ref().and_then(|(_, newest)| newest.take()) {
        // One of a model that was shown before has other classes.
        let of_it = model.filter(|m| m.folder == came.of.folder && m.card.created == came.of.training);
        opinion.shown = of_it.map(|model| Shown { name: model.name.clone(), came });
    }
    let pixel = view.map.hovered.and_then(|place| place.pixel);
    let pixel = pixel.or_else(|| project.document.view.pins.last().copied());
    let Some((model, pixel)) = model.zip(pixel) else {
        (opinion.asked, opinion.shown) = (None, None);
        return;
    };
    let training = model.card.created.clone();
    let of = OpinionOf { folder: model.folder.clone(), training, pixel };
    if opinion.asked.as_ref() == Some(&of) {
        return;
    }
    let info = opened.cube.info();
    let inputs = model.card.inputs().into_iter().map(|input| input.find(&info.bands).ok());
    let inputs = inputs.collect::<Option<Vec<Feature>>>();
    // It may be on its way from the disk still: then the next frame asks.
    let Some((series, inputs)) = opened.cube.cached_series(pixel.0, pixel.1).zip(inputs) else { return };
    opinion.asked = Some(of.clone());
    let request = OpinionRequest { of, series: as_taken(&series, &inputs) };
    let start = || {
        let ctx = ctx.clone();
        (opened.cube.clone(), jobs::opinion(Arc::new(move || ctx.request_repaint())))
    };
    opinion.thread.get_or_insert_with(start).1.ask(request);
}

/// What the model thinks of the pixel under the mouse, or else of the last pin: a bar a class, in the order of the legend. The
/// rows are there without a pixel too, so that nothing jumps.
pub fn opinion_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &View) {
    let Some(model) = whose(project, opened) else { return };
    widgets::section(ui, &tr!("What {name} thinks", name = model.name));
    let shown = view.opinion.shown.as_ref().filter(|shown| shown.name == model.name);
    let (words, probabilities) = match shown.map(|shown| (&shown.came.of.pixel, &shown.came.said)) {
        None => (tr!("Point at a pixel, or pin one.").into(), None),
        Some((_, Err(why))) => (tr_below(why).into_owned(), None),
        Some(((col, row), Ok(said))) if said.probabilities.iter().any(|p| p.is_nan()) => (
            tr!(
                "Pixel {col}, {row}: some band was never observed there, so nothing can be said.",
                col = col,
                row = row
            ),
            None,
        ),
        Some(((col, row), Ok(said))) => (
            tr!("Pixel {col}, {row}: the probability of each class", col = col, row = row),
            Some(&said.probabilities),
        ),
    };
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let top = probabilities.and_then(|all| (0..all.len()).max_by(|a, b| all[*a].total_cmp(&all[*b])));
        for (k, class) in model.card.classes.iter().enumerate() {
            bar_ui(ui, class, probabilities.and_then(|all| all.get(k).copied()), top == Some(k));
        }
    });
}

fn bar_ui(ui: &mut Ui, class: &Class, probability: Option<f32>, top: bool) {
    let size = vec2(ui.available_width(), tokens::BAR);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let share = probability.unwrap_or(0.0).clamp(0.0, 1.0);
    let bar = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    let [red, green, blue] = class.colour;
    let visuals = ui.visuals();
    ui.painter().rect_filled(rect, 2.0, visuals.faint_bg_color);
    ui.painter().rect_filled(bar, 2.0, Color32::from_rgb(red, green, blue).gamma_multiply(0.45));
    // The colour of the class in full at the left edge: bars of little probability show it too.
    let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
    ui.painter().rect_filled(edge, 0.0, Color32::from_rgb(red, green, blue));
    let colour = if top { visuals.strong_text_color() } else { visuals.text_color() };
    let words = format::percent(probability.map(f64::from));
    let (left, right) = (rect.left_center() + vec2(9.0, 0.0), rect.right_center() - vec2(6.0, 0.0));
    let number = FontId::monospace(tokens::SMALL);
    let number = ui.painter().text(right, Align2::RIGHT_CENTER, &words, number, colour);
    let room = Rect::from_min_max(rect.min, pos2(number.left() - 6.0, rect.bottom()));
    let name = FontId::proportional(tokens::SMALL);
    ui.painter().with_clip_rect(room).text(left, Align2::LEFT_CENTER, &class.name, name, colour);
    let told = format!("{}: {words}", class.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
    response.on_hover_text(told);
}

/// No cube is on screen any more.
pub fn forget(view: &mut View) {
    if view.opinion.thread.is_some() {
        view.opinion = OpinionView::default();
    }
}

/// A series of all bands of the cube as a model takes it: `time x feature`.
fn as_taken(series: &Series, features: &[Feature]) -> Vec<f32> {
    let columns: Vec<Vec<f32>> = features.iter().map(|feature| feature.series(series)).collect();
    (0..series.times).flat_map(|time| columns.iter().map(move |column| column[time])).collect()
}
