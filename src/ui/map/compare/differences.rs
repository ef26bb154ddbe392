//! How much two class maps differ, in a sentence: in view, and in the whole site.

use crate::app::OpenProject;
use crate::jobs::{self, DifferenceRequest, Differences, Newest, OpenedCube};
use crate::ui::map::{plate, quad};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, Vec2, pos2};
use std::sync::Arc;
use walkers::{MercatorProjection, Projector, lon_lat};

/// What was asked for and counted last: it stays until the next is there.
#[derive(Default)]
pub struct Counted {
    thread: Option<Newest<DifferenceRequest, Differences>>,
    asked: Option<DifferenceRequest>,
    found: Option<Differences>,
}

impl Counted {
    /// What was counted last of the maps on screen.
    pub fn found(&self) -> Option<&Differences> {
        self.found.as_ref()
    }

    fn follow(&mut self, ctx: &egui::Context, request: DifferenceRequest) {
        if let Some(found) = self.thread.as_ref().and_then(Newest::take) {
            self.found = Some(found);
        }
        let last = self.asked.as_ref();
        if last.is_some_and(|last| last.same_maps(&request) && last.view == request.view) {
            return;
        }
        if last.is_none_or(|last| !last.same_maps(&request)) {
            self.found = None;
        }
        let start = || {
            let ctx = ctx.clone();
            jobs::differences(Arc::new(move || ctx.request_repaint()))
        };
        self.thread.get_or_insert_with(start).ask(request.clone());
        self.asked = Some(request);
    }
}

/// The share that differs, at the bottom of the map; what lies under the mouse on both maps.
pub fn told_ui(ui: &Ui, rect: Rect, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let (Some(a), Some(b)) = (project.map(), project.other_map()) else { return };
    if a.name == b.name {
        return;
    }
    let painter = ui.painter_at(rect);
    let at = rect.center_bottom() - Vec2::new(0.0, 54.0);
    if !(a.complete && b.complete) {
        let words = tr!("The share that differs is told once the map is complete");
        plate::told(ui, rect, at, Align2::CENTER_BOTTOM, words);
        return;
    }
    let grid = &opened.cube.info().grid;
    let projector = Projector::new(rect, &MercatorProjection, &view.map.memory, lon_lat(0.0, 0.0));
    let nothing = crate::geo::Window { col: 0, row: 0, width: 0, height: 0 };
    let request = DifferenceRequest {
        maps: [Arc::clone(&a.codes), Arc::clone(&b.codes)],
        today: Box::new([project.codes_today(&a.name), project.codes_today(&b.name)]),
        grid: grid.clone(),
        view: quad::in_view(grid, &projector, rect).unwrap_or(nothing),
    };
    let counted = &mut view.map.compare.counted;
    counted.follow(ui.ctx(), request);
    let words = match &counted.found {
        None => tr!("Counting where the maps differ …").to_string(),
        Some(found) => tr!(
            "{view} of the pixels in view differ, {site} of the site",
            view = format::percent(found.view.share()),
            site = format::percent(found.site.share()),
        ),
    };
    plate::told(ui, rect, at, Align2::CENTER_BOTTOM, &words);
    if let Some(words) = under_mouse(project, view) {
        let pos = ui.ctx().pointer_hover_pos().filter(|pos| rect.contains(*pos));
        let over_map = pos.filter(|pos| ui.ctx().layer_id_at(*pos) == Some(ui.layer_id()));
        if let Some(pos) = over_map {
            plate::tag(&painter, pos + Vec2::new(18.0, 12.0), &words);
        }
    }
    key(&painter, at - Vec2::new(0.0, 26.0));
}

/// What the colours mean, centred above a point.
fn key(painter: &Painter, at: Pos2) {
    const SWATCH: f32 = 10.0;
    const APART: f32 = 6.0;
    let font = FontId::proportional(tokens::SMALL);
    let parts = [(tokens::DIFFER, tr!("differ")), (tokens::AGREE, tr!("agree"))]
        .map(|(colour, words)| (colour, painter.layout_no_wrap(words.into(), font.clone(), Color32::WHITE)));
    let width: f32 = parts.iter().map(|(_, words)| SWATCH + words.size().x + 3.0 * APART).sum();
    let ground = Rect::from_min_max(at - Vec2::new(width / 2.0, 20.0), at + Vec2::new(width / 2.0, 0.0));
    plate::plate(painter, ground);
    let mut x = ground.left() + APART;
    for (colour, words) in parts {
        let swatch = Rect::from_center_size(pos2(x + SWATCH / 2.0, ground.center().y), Vec2::splat(SWATCH));
        let line = Stroke::new(1.0, Color32::WHITE);
        painter.rect(swatch, 2.0, colour, line, StrokeKind::Inside);
        let wide = words.size();
        painter.galley(pos2(swatch.right() + APART, ground.center().y - wide.y / 2.0), words, Color32::WHITE);
        x = swatch.right() + wide.x + 3.0 * APART;
    }
}

/// "forest | pasture", of a pixel that differs.
fn under_mouse(project: &OpenProject, view: &View) -> Option<String> {
    let (col, row) = view.map.hovered?.pixel?;
    let (a, b) = (project.map()?, project.other_map()?);
    let class = |map: &crate::app::MapLayer| {
        let code = *map.codes.get(row as usize * map.width as usize + col as usize)?;
        Some(project.legend_of(&map.name).class(code)?.name.clone())
    };
    let (a, b) = (class(a)?, class(b)?);
    Some(match a == b {
        true => tr!("{class} on both", class = a),
        false => tr!("{left} on the left map, {right} on the right", left = a, right = b),
    })
}
