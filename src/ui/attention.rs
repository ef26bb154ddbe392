//! Which dates the newest model with attention looks at, in the series under the mouse or else of the last pin: a strip at
//! the foot of the plot.

use super::format;
use super::view::View;
use crate::app::{ModelEntry, OpenProject};
use crate::cube::{Cube, Feature, Series};
use crate::jobs::{self, Attended, AttentionOf, AttentionRequest, Newest, OpenedCube};
use crate::model::ModelKind;
use chrono::NaiveDate;
use egui::{Color32, Context, Painter, Rect, pos2};
use egui_plot::{PlotPoint, PlotTransform};
use std::sync::Arc;

/// Height of the strip.
const HEIGHT: f32 = 5.0;
/// Half the width of a date in it, where there is room.
const REACH: f32 = 7.0;

/// What was asked for last, and what came last: it stays until the next is there.
#[derive(Default)]
pub struct AttentionView {
    thread: Option<(Cube, Newest<AttentionRequest, Attended>)>,
    asked: Option<AttentionOf>,
    shown: Option<(String, Attended)>,
}

impl AttentionView {
    /// How much is looked at each date; `None` where there is nothing to see.
    fn dates(&self) -> Option<&[f32]> {
        let (_, attended) = self.shown.as_ref()?;
        let dates = attended.dates.as_ref().ok()?;
        dates.iter().all(|look| look.is_finite()).then_some(dates)
    }

    /// "L-TAE 2 looks most at 15 Mar 2022 (31.0 %)".
    pub fn told(&self, dates: &[NaiveDate]) -> Option<String> {
        let (model, attended) = self.shown.as_ref()?;
        if let Err(why) = &attended.dates {
            return Some(format!("no attention: {why}"));
        }
        let looks = self.dates()?;
        let (most, look) = looks.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let date = format::date(*dates.get(most)?);
        Some(format!("{model} looks most at {date} ({})", format::percent(Some(f64::from(*look)))))
    }

    /// Paints the strip at the foot of the plot.
    pub fn paint(&self, painter: &Painter, transform: &PlotTransform, days: &[f64], colour: Color32) {
        let Some(looks) = self.dates().filter(|looks| looks.len() == days.len()) else { return };
        let most = looks.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let at: Vec<f32> =
            days.iter().map(|day| transform.position_from_point(&PlotPoint::new(*day, 0.0)).x).collect();
        let apart = at.windows(2).map(|pair| pair[1] - pair[0]).fold(f32::INFINITY, f32::min);
        let reach = REACH.min(apart / 2.0 - 0.5).max(0.5);
        let foot = transform.frame().bottom();
        for (x, look) in at.into_iter().zip(looks) {
            let rect = Rect::from_min_max(pos2(x - reach, foot - HEIGHT), pos2(x + reach, foot));
            painter.rect_filled(rect, 1.0, colour.gamma_multiply(look / most));
        }
    }
}

/// Takes in what came, and asks for the pixel under the mouse, or else for the last pin.
pub fn follow(ctx: &Context, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let attention = &mut view.attention;
    if attention.thread.as_ref().is_some_and(|(of, _)| !of.is_same(&opened.cube)) {
        *attention = AttentionView::default();
    }
    let model = project.models.iter().find(|model| matches!(model.card.spec.kind, ModelKind::Ltae(_)));
    if let Some(came) = attention.thread.as_ref().and_then(|(_, newest)| newest.take()) {
        attention.shown = model.map(|model| (model.name.clone(), came));
    }
    let pixel = view.map.hovered.and_then(|place| place.pixel);
    let pixel = pixel.or_else(|| project.document.view.pins.last().copied());
    let info = opened.cube.info();
    let fits = |model: &&ModelEntry| model.card.dates.len() == info.dates.len();
    let Some((model, pixel)) = model.filter(fits).zip(pixel) else {
        (attention.asked, attention.shown) = (None, None);
        return;
    };
    let training = model.card.created.clone();
    let of = AttentionOf { folder: model.folder.clone(), training, pixel };
    if attention.asked.as_ref() == Some(&of) {
        return;
    }
    let inputs = model.card.inputs().into_iter().map(|input| input.find(&info.bands).ok());
    let inputs = inputs.collect::<Option<Vec<Feature>>>();
    // It may be on its way from the disk still: then the next frame asks.
    let Some((series, inputs)) = opened.cube.cached_series(pixel.0, pixel.1).zip(inputs) else { return };
    attention.asked = Some(of.clone());
    let request = AttentionRequest { of, series: as_taken(&series, &inputs) };
    let start = || {
        let ctx = ctx.clone();
        (opened.cube.clone(), jobs::attention(Arc::new(move || ctx.request_repaint())))
    };
    attention.thread.get_or_insert_with(start).1.ask(request);
}

/// No cube is on screen any more.
pub fn forget(view: &mut View) {
    if view.attention.thread.is_some() {
        view.attention = AttentionView::default();
    }
}

/// A series of all bands of the cube as a model takes it: `time x feature`.
fn as_taken(series: &Series, features: &[Feature]) -> Vec<f32> {
    let columns: Vec<Vec<f32>> = features.iter().map(|feature| feature.series(series)).collect();
    (0..series.times).flat_map(|time| columns.iter().map(move |column| column[time])).collect()
}
