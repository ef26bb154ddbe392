//! Cleaning the map on screen: a preview of what is in view while one sets the steps on the Map page, and the button that
//! makes a new map.

mod fields;
mod rule;
mod section;

pub use section::section_ui;

use super::map::{MapView, quad};
use super::view::View;
use super::words::tr;
use super::{format, tokens};
use crate::app::{MapLayer, OpenProject, Page};
use crate::classify::clean::Recipe;
use crate::classify::correct::Correction;
use crate::geo::{Grid, Window};
use crate::jobs::{self, Newest, OpenedCube, Preview, PreviewRequest};
use crate::labels::{Annotations, Legend};
use crate::project::CompareMode;
use egui::{Align2, Context, Painter, Rect, Shape, Stroke, Ui, Vec2};
use std::sync::Arc;
use walkers::{MercatorProjection, Projector, lon_lat};

/// What was asked for.
struct Asked {
    map: (String, u64),
    recipe: Recipe,
    view: Window,
    annotations: Annotations,
    corrections: Arc<Vec<Correction>>,
}

/// The preview: it stays until the next is there.
#[derive(Default)]
pub struct CleaningView {
    /// Whether no preview is wanted.
    pub off: bool,
    /// Whether the map is shown as it was before.
    pub before: bool,
    thread: Option<Newest<PreviewRequest, Preview>>,
    asked: Option<Asked>,
    number: u64,
    found: Option<Preview>,
    layer: Option<MapLayer>,
    classes: super::map::ClassLayer,
}

impl CleaningView {
    /// Whether what was asked for last is there.
    fn is_answered(&self) -> bool {
        self.asked.is_some() && self.found.as_ref().is_some_and(|found| found.number == self.number)
    }

    /// Share of the pixels looked at that change, once it is known, or why it is not.
    fn told(&self) -> Option<Result<f64, &str>> {
        let result = &self.found.as_ref()?.result;
        Some(result.as_ref().map(|found| found.share_changed).map_err(String::as_str))
    }

    /// Paints the preview in the place of the map; tells whether there is one to paint.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        grid: &Grid,
        legend: &Legend,
        opacity: f32,
    ) -> bool {
        match &self.layer {
            Some(layer) if !self.before => {
                self.classes.paint(painter, projector, grid, layer, legend, opacity);
                true
            }
            _ => false,
        }
    }

    fn rest(&mut self) {
        (self.asked, self.found, self.layer) = (None, None, None);
        self.classes.rest();
    }

    fn take(&mut self, map: &MapLayer) {
        let Some(found) = self.thread.as_ref().and_then(Newest::take) else { return };
        if found.map != map.name {
            return;
        }
        self.layer = found.result.as_ref().ok().map(|cleaned| MapLayer {
            name: map.name.clone(),
            training: map.training.clone(),
            generation: found.number,
            width: map.width,
            height: map.height,
            codes: Arc::clone(&cleaned.codes),
            entropy: None,
            arrived: vec![Window { col: 0, row: 0, width: map.width, height: map.height }],
            complete: true,
            live: None,
        });
        self.found = Some(found);
    }
}

/// Takes in what came, and asks anew where the steps, the view or the map are others.
pub fn follow(ctx: &Context, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let recipe = &project.document.settings.cleaning;
    let seen = view.map.seen(opened);
    // One corrects what is seen.
    let correcting = view.map.correcting.works_on(project);
    let cleaning = &mut view.map.cleaning;
    let wanted = project.page == Page::Map
        && !cleaning.off
        && !correcting
        && project.document.view.comparison.mode == CompareMode::Off
        && recipe.taken().next().is_some();
    let map = project.map().filter(|map| wanted && map.complete && map.live.is_none());
    let (Some(map), Some(seen), Some(site)) = (map, seen, &project.site) else { return cleaning.rest() };
    cleaning.take(map);
    let identity = (map.name.clone(), map.generation);
    if cleaning.asked.as_ref().is_some_and(|asked| asked.map != identity) {
        cleaning.rest();
    }
    let corrections = project.corrections_wanted();
    let same = |asked: &Asked| {
        asked.view == seen
            && asked.recipe == *recipe
            && asked.annotations.is_same(&project.annotations)
            && *asked.corrections == *corrections
    };
    if cleaning.asked.as_ref().is_some_and(same) {
        return;
    }
    cleaning.number += 1;
    let request = PreviewRequest {
        number: cleaning.number,
        maps: project.folder.maps_path(&site.name),
        map: map.name.clone(),
        codes: Arc::clone(&map.codes),
        corrections: Arc::clone(&corrections),
        view: seen,
        recipe: recipe.clone(),
        cube: opened.cube.clone(),
        around: project.clean_around(),
    };
    let annotations = project.annotations.clone();
    cleaning.asked =
        Some(Asked { map: identity, recipe: recipe.clone(), view: seen, annotations, corrections });
    let start = || {
        let ctx = ctx.clone();
        jobs::clean_preview(Arc::new(move || ctx.request_repaint()))
    };
    cleaning.thread.get_or_insert_with(start).ask(request);
}

/// Says on the map that it is a preview, and frames the part that was cleaned where that is not all of the view.
pub fn over_ui(ui: &Ui, rect: Rect, opened: &OpenedCube, view: &View) {
    let MapView { cleaning, memory, .. } = &view.map;
    let Some(Ok(found)) = cleaning.found.as_ref().map(|found| &found.result) else { return };
    let in_part = cleaning.asked.as_ref().is_some_and(|asked| found.window != asked.view);
    let share = format::percent(Some(found.share_changed));
    let words = match (cleaning.before, in_part && cleaning.is_answered()) {
        (true, _) => tr!("Before the cleaning: {share} of the pixels change", share = share),
        (false, false) => tr!("Preview of the cleaning: {share} of the pixels change", share = share),
        (false, true) => {
            tr!(
                "Preview of the cleaning in the middle of the view: {share} of the pixels change",
                share = share
            )
        }
    };
    if in_part && !cleaning.before {
        let projector = Projector::new(rect, &MercatorProjection, memory, lon_lat(0.0, 0.0));
        if let Some(corners) = quad::corners(&opened.cube.info().grid, &projector, found.window) {
            let line = Stroke::new(1.5, tokens::accent(ui.visuals().dark_mode));
            ui.painter_at(rect).add(Shape::closed_line(corners.to_vec(), line));
        }
    }
    let at = rect.center_bottom() - Vec2::new(0.0, 54.0);
    super::map::told(ui, rect, at, Align2::CENTER_BOTTOM, &words);
}
