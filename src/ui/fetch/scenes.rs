//! The scenes that were found, in order of time, each with its preview; and the one that is chosen.

use crate::jobs::{ImageryRequest, PlannedImagery, PreviewLoader};
use crate::source::stac::{Preview, Scene};
use crate::ui::map::area;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{
    Align2, Color32, ColorImage, FontId, Label, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo, pos2,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// A card: its width, and the side of its picture.
const CARD: Vec2 = Vec2::new(96.0, 124.0);
const PICTURE: f32 = 84.0;
/// From one card to the next.
const STEP: f32 = CARD.x + 6.0;
/// Pictures kept in memory: 192 x 192 pixels each, 44 MiB at most.
const KEPT: usize = 300;

/// What the strip remembers.
#[derive(Default)]
pub struct Scenes {
    loader: Option<PreviewLoader>,
    /// By address; `None` where it cannot be had.
    pictures: HashMap<String, Option<TextureHandle>>,
    /// The scene that is chosen, by its id.
    pub chosen: Option<String>,
    /// The scene under the mouse, by its id.
    pub hovered: Option<String>,
    /// Whether the chosen one is to come into view.
    shows_chosen: bool,
}

impl Scenes {
    /// Takes in previews of a catalogue that have come. Never waits.
    fn take_in(&mut self, ui: &Ui, planned: &PlannedImagery, cache: Option<&Path>) {
        let ctx = ui.ctx().clone();
        let ImageryRequest { catalogue, headers, .. } = &planned.request;
        if self.loader.as_ref().is_some_and(|loader| !loader.is_of(catalogue, headers)) {
            // What cannot be had without a header may come with it.
            self.loader = None;
            self.pictures.retain(|_, picture| picture.is_some());
        }
        let loader = self.loader.get_or_insert_with(|| {
            let cache = cache.map(|folder| folder.join("previews"));
            PreviewLoader::start(catalogue, headers, cache, Arc::new(move || ctx.request_repaint()))
        });
        for (address, preview) in loader.drain() {
            let texture = preview.map(|Preview { size, rgba }| {
                let image = ColorImage::from_rgba_unmultiplied(size, &rgba);
                ui.ctx().load_texture("preview", image, TextureOptions::LINEAR)
            });
            self.pictures.insert(address, texture);
        }
    }

    /// Puts pictures away that are not in view, where there are too many.
    fn put_away(&mut self, in_view: &[Scene]) {
        let is_in_view = |address: &str| in_view.iter().any(|s| s.preview.as_deref() == Some(address));
        while self.pictures.len() > KEPT {
            let Some(gone) = self.pictures.keys().find(|address| !is_in_view(address)).cloned() else {
                return;
            };
            self.pictures.remove(&gone);
            self.loader.iter().for_each(|loader| loader.forget(&gone));
        }
    }

    /// Chooses, of the scenes that cover a place, the one after that which is chosen.
    pub fn choose_at(&mut self, scenes: &[Scene], place: [f64; 2]) {
        let there: Vec<&Scene> = scenes.iter().filter(|scene| area::covers(scene, place)).collect();
        let at = there.iter().position(|scene| Some(&scene.id) == self.chosen.as_ref());
        let next = at.map_or(0, |at| (at + 1) % there.len());
        self.chosen = there.get(next).map(|scene| scene.id.clone());
        self.shows_chosen = true;
    }
}

/// Paints the strip. `place` is where the mouse is on the map, in longitude and latitude.
pub fn scenes_ui(
    ui: &mut Ui,
    planned: &PlannedImagery,
    strip: &mut Scenes,
    place: Option<[f64; 2]>,
    cache: Option<&Path>,
) {
    strip.take_in(ui, planned, cache);
    let scenes = &planned.wanted.scenes;
    let told = strip.hovered.as_ref().or(strip.chosen.as_ref());
    let told = told.and_then(|id| scenes.iter().find(|scene| scene.id == *id));
    let words = match told {
        Some(scene) => sentence(scene),
        None => tr!(
            "{scenes} found: point at one to see where it lies",
            scenes = format::count(scenes.len(), "scene")
        ),
    };
    let words = ui.add(Label::new(RichText::new(words).small()).truncate());
    if let Some(scene) = told {
        words.on_hover_text(&scene.id);
    }
    strip.hovered = None;
    let mut area = ScrollArea::horizontal().id_salt("scenes").auto_shrink([false, true]);
    if std::mem::take(&mut strip.shows_chosen)
        && let Some(at) = scenes.iter().position(|scene| Some(&scene.id) == strip.chosen.as_ref())
    {
        area = area.horizontal_scroll_offset((at as f32 * STEP - ui.available_width() / 2.0).max(0.0));
    }
    area.show_viewport(ui, |ui, viewport| {
        ui.set_width(scenes.len() as f32 * STEP);
        ui.set_height(CARD.y);
        let first = (viewport.left() / STEP).floor().max(0.0) as usize;
        let last = ((viewport.right() / STEP).ceil().max(0.0) as usize).min(scenes.len());
        let Some(seen) = scenes.get(first..last) else { return };
        let origin = ui.min_rect().min;
        for (i, scene) in seen.iter().enumerate() {
            let at = pos2(origin.x + (first + i) as f32 * STEP, origin.y);
            let lit = place.is_some_and(|place| area::covers(scene, place));
            let response = card_ui(ui, Rect::from_min_size(at, CARD), scene, lit, strip);
            if response.hovered() || response.has_focus() {
                strip.hovered = Some(scene.id.clone());
            }
            if response.clicked() {
                let is_it = strip.chosen.as_ref() == Some(&scene.id);
                strip.chosen = (!is_it).then(|| scene.id.clone());
            }
        }
        let lacking = seen.iter().filter_map(|scene| scene.preview.as_deref());
        let lacking = lacking.filter(|address| !strip.pictures.contains_key(*address));
        if let Some(loader) = &strip.loader {
            loader.want(lacking);
        }
        strip.put_away(seen);
    });
}

fn card_ui(ui: &Ui, rect: Rect, scene: &Scene, lit: bool, strip: &Scenes) -> Response {
    let id = ui.scope_id().with(("scene", &scene.id));
    let response = ui.interact(rect, id, Sense::click());
    let chosen = strip.chosen.as_ref() == Some(&scene.id);
    let name = tr!(
        "Scene of {date}, clouds {share}",
        date = format::date(scene.taken.date()),
        share = format::percent(scene.cloud)
    );
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    let painter = ui.painter_at(rect.expand(2.0));
    let visuals = ui.visuals();
    let fill = if response.hovered() { visuals.widgets.hovered.weak_bg_fill } else { visuals.faint_bg_color };
    painter.rect_filled(rect, f32::from(tokens::RADIUS), fill);
    let picture = Rect::from_min_size(rect.min + Vec2::splat(6.0), Vec2::splat(PICTURE));
    painter.rect_filled(picture, 2.0, tokens::MAP_BACKGROUND);
    let found = scene.preview.as_ref().map(|address| strip.pictures.get(address));
    match found {
        Some(Some(Some(texture))) => {
            let [w, h] = [texture.size()[0], texture.size()[1]].map(|side| side as f32);
            let size = Vec2::new(w, h) * (PICTURE / w.max(h));
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), Rect::from_center_size(picture.center(), size), uv, Color32::WHITE);
        }
        other => {
            let words = if other == Some(None) { tr!("loading …") } else { tr!("no preview") };
            let font = FontId::proportional(tokens::SMALL);
            painter.text(picture.center(), Align2::CENTER_CENTER, words, font, tokens::OVER_IMAGE);
        }
    }
    let text = visuals.text_color();
    let weak = visuals.weak_text_color();
    let (day, cloud) = (format::date(scene.taken.date()), format::percent(scene.cloud));
    let font = FontId::proportional(tokens::SMALL);
    let base = picture.left_bottom() + Vec2::new(0.0, 3.0);
    painter.text(base, Align2::LEFT_TOP, day, font.clone(), text);
    let clouds = tr!("clouds {share}", share = cloud);
    painter.text(base + Vec2::new(0.0, 15.0), Align2::LEFT_TOP, clouds, font, weak);
    let ring = match (chosen || response.hovered() || response.has_focus(), lit) {
        (true, _) => Some(Stroke::new(2.0, tokens::accent(visuals.dark_mode))),
        (false, true) => Some(Stroke::new(1.0, tokens::accent(visuals.dark_mode))),
        _ => None,
    };
    if let Some(ring) = ring {
        painter.rect_stroke(rect, f32::from(tokens::RADIUS), ring, StrokeKind::Inside);
    }
    response
}

/// What is known of a scene, in a line.
fn sentence(scene: &Scene) -> String {
    let mut parts = vec![
        format!("{} {} UTC", format::date(scene.taken.date()), scene.taken.format("%H:%M")),
        tr!("clouds {share}", share = format::percent(scene.cloud)),
    ];
    parts.extend(scene.platform.clone());
    parts.extend(scene.tile.as_ref().map(|tile| tr!("tile {tile}", tile = tile)));
    let baseline = scene.baseline.map(|(major, minor)| format!("{major:02}.{minor:02}"));
    parts.extend(baseline.map(|baseline| tr!("baseline {baseline}", baseline = baseline)));
    parts.push(scene.id.clone());
    parts.join(" · ")
}
