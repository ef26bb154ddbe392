//! How uncertain the map on screen is, in tiles painted with a perceptual ramp, and its colour bar.

use super::class_layer::ClassLayer;
use super::plate::plate;
use super::quad::{Net, step, tiles};
use crate::app::{MapLayer, OpenProject};
use crate::cube::picture::Ramp;
use crate::geo::{Grid, Window};
use crate::jobs::{
    self, Certainty, CertaintyAt, CertaintyFiles, CertaintyKey, CertaintyLoader, NO_VALUE, Newest,
};
use crate::project::{LayerKind, Measure};
use crate::ui::pages::colour_bar;
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{
    Align2, Color32, ColorImage, Context, FontId, Id, Painter, Pos2, Rect, Role, Sense, Shape, TextureFilter,
    TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use walkers::Projector;

/// Side of a tile, in texture pixels.
const TILE: u32 = 512;
/// Textures are let go of beyond so many bytes. With those of the other layers they stay below 512 MiB.
pub const KEPT_BYTES: usize = 32 << 20;
/// So many tiles in view at most; of more, every other pixel is shown.
const IN_VIEW: usize = KEPT_BYTES / (TILE * TILE * 4) as usize - 4;

/// Which map, and which of its measures.
type Identity = (CertaintyFiles, u64, Measure);

/// Textures of one measure of one map.
#[derive(Default)]
pub struct CertaintyLayer {
    of: Option<Identity>,
    loader: Option<CertaintyLoader>,
    tiles: HashMap<CertaintyKey, (TextureHandle, u64)>,
    nets: HashMap<Window, Option<Net>>,
    given_up: HashSet<CertaintyKey>,
    why: Option<String>,
    frame: u64,
    at: PointView,
    /// That of a map that is not finished.
    growing: ClassLayer,
}

/// The pixel under the mouse.
#[derive(Default)]
struct PointView {
    thread: Option<Newest<CertaintyAt, (CertaintyAt, Option<Certainty>)>>,
    asked: Option<CertaintyAt>,
    came: Option<(CertaintyAt, Option<Certainty>)>,
}

/// The files of the map on screen, once it is finished, and its number.
fn files_of(project: &OpenProject) -> Option<(CertaintyFiles, u64)> {
    let map = project.map().filter(|map| map.complete)?;
    let folder = project.folder.maps_path(&project.site.as_ref()?.name);
    Some((CertaintyFiles { folder, map: map.name.clone() }, map.generation))
}

/// A map on screen that is not finished, with its entropy as far as it has come, while that is what is to be shown.
fn growing(project: &OpenProject) -> Option<(&MapLayer, &[u8])> {
    let map = project.map().filter(|_| project.document.view.measure == Measure::Entropy)?;
    Some((map, map.entropy.as_deref()?))
}

impl CertaintyLayer {
    /// Paints the tiles in view and asks for those that lack, the nearest to the middle first. What is coarser stays below what
    /// has not come yet.
    pub fn paint(&mut self, painter: &Painter, projector: &Projector, grid: &Grid, project: &OpenProject) {
        if let Some((map, entropy)) = growing(project) {
            let colours = colours(&Measure::Entropy);
            self.growing.paint_values(painter, projector, grid, map, (entropy, &colours, 0));
            return;
        }
        self.growing.rest();
        let Some((files, generation)) = files_of(project) else { return };
        let of = (files, generation, project.document.view.measure.clone());
        if self.of.as_ref() != Some(&of) {
            self.show(painter.ctx(), of);
        }
        self.take_in(painter.ctx());
        self.frame += 1;
        let clip = projector.clip_rect();
        let mut step = step(grid, projector);
        let mut wanted = self.in_view(projector, clip, grid, step);
        while wanted.len() > IN_VIEW && step < 4096 {
            step *= 2;
            wanted = self.in_view(projector, clip, grid, step);
        }
        let mut missing: Vec<(f32, CertaintyKey)> = Vec::new();
        for key in &wanted {
            if !self.tiles.contains_key(key) && !self.given_up.contains(key) {
                let corners = super::quad::corners(grid, projector, key.window);
                let far =
                    corners.map_or(f32::MAX, |c| super::quad::within(&c, 0.5, 0.5).distance(clip.center()));
                missing.push((far, *key));
            }
        }
        // Tints let the picture through, and two on one another would be darker: the fine ones are shown together.
        if !missing.is_empty() {
            let others: Vec<CertaintyKey> =
                self.tiles.keys().filter(|key| key.step != step).copied().collect();
            let best = others.iter().map(|key| key.step).max();
            wanted.retain(|key| best.is_none() && self.tiles.contains_key(key));
            wanted.extend(others.into_iter().filter(|key| Some(key.step) == best));
        }
        for key in wanted {
            let net = self.nets.entry(key.window).or_insert_with(|| Net::new(grid, key.window));
            if let (Some(net), Some((texture, used))) = (net, self.tiles.get_mut(&key)) {
                *used = self.frame;
                painter.extend(net.mesh(projector, clip, texture.id(), Color32::WHITE).map(Shape::mesh));
            }
        }
        missing.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(loader) = &self.loader {
            loader.want(missing.into_iter().map(|(_, key)| key).collect());
        }
    }

    /// Lets go of everything: it is not shown.
    pub fn rest(&mut self) {
        self.growing.rest();
        if self.of.is_some() {
            *self = Self { at: std::mem::take(&mut self.at), ..Self::default() };
        }
    }

    fn show(&mut self, ctx: &Context, of: Identity) {
        let ctx = ctx.clone();
        let loader =
            CertaintyLoader::start(of.0.clone(), of.2.clone(), Arc::new(move || ctx.request_repaint()));
        let at = std::mem::take(&mut self.at);
        *self = Self { of: Some(of), loader: Some(loader), at, ..Self::default() };
    }

    fn in_view(&mut self, projector: &Projector, clip: Rect, grid: &Grid, step: u32) -> Vec<CertaintyKey> {
        let nets = &mut self.nets;
        let seen = |window: &Window| {
            let net = nets.entry(*window).or_insert_with(|| Net::new(grid, *window));
            net.as_ref().is_some_and(|net| net.visible(projector, clip))
        };
        let windows = tiles(grid.width, grid.height, TILE, step).filter(seen);
        windows.map(|window| CertaintyKey { step, window }).collect()
    }

    fn take_in(&mut self, ctx: &Context) {
        let (Some(loader), Some((.., measure))) = (&self.loader, &self.of) else { return };
        let came = loader.drain();
        let colours = colours(measure);
        for (key, values) in came {
            match values {
                Ok(values) => self.insert(ctx, key, &values, &colours),
                Err(why) => {
                    self.given_up.insert(key);
                    self.why = Some(why);
                }
            }
        }
    }

    fn insert(&mut self, ctx: &Context, key: CertaintyKey, values: &[u8], colours: &[Color32; 256]) {
        let (width, height) = key.size();
        let pixels = values.iter().map(|value| colours[usize::from(*value)]).collect();
        let options = TextureOptions {
            magnification: TextureFilter::Nearest,
            minification: TextureFilter::Linear,
            ..TextureOptions::default()
        };
        let texture = ctx.load_texture("certainty", ColorImage::new([width, height], pixels), options);
        self.tiles.insert(key, (texture, self.frame));
        let mut bytes = self.bytes();
        while bytes > KEPT_BYTES {
            let oldest = self.tiles.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let Some((texture, _)) = oldest.and_then(|key| self.tiles.remove(&key)) else { break };
            bytes -= texture.byte_size();
        }
    }

    /// Bytes of its textures.
    pub fn bytes(&self) -> usize {
        self.tiles.values().map(|(texture, _)| texture.byte_size()).sum()
    }
}

/// What is more uncertain is lighter; of a margin that is the smaller one.
fn ramp(measure: &Measure) -> (Ramp, bool) {
    match measure {
        Measure::Entropy => (Ramp::Heat, false),
        Measure::Margin => (Ramp::Heat, true),
        Measure::Probability(_) => (Ramp::VioletYellow, false),
    }
}

fn colour(measure: &Measure, share: f32) -> [u8; 3] {
    let (ramp, inverted) = ramp(measure);
    ramp.colour(if inverted { 1.0 - share } else { share })
}

fn colours(measure: &Measure) -> [Color32; 256] {
    std::array::from_fn(|value| {
        if value == usize::from(NO_VALUE) {
            return Color32::TRANSPARENT;
        }
        let [r, g, b] = colour(measure, value as f32 / 250.0);
        Color32::from_rgb(r, g, b)
    })
}

/// A measure, for people.
pub fn measure_name(measure: &Measure) -> String {
    match measure {
        Measure::Entropy => tr!("Entropy").into(),
        Measure::Margin => tr!("Margin of the best class").into(),
        Measure::Probability(class) => tr!("Probability of {class}", class = class),
    }
}

/// The colour bar, whose lower left corner is given, while the layer is on; gives the height it takes.
pub fn certainty_bar_ui(ui: &mut Ui, at: Pos2, project: &OpenProject, view: &View) -> f32 {
    let is_on = project.document.view.layers.of(LayerKind::Uncertainty).visible;
    if !is_on || files_of(project).is_none() && growing(project).is_none() {
        return 0.0;
    }
    let measure = &project.document.view.measure;
    let rect = Rect::from_min_size(at - Vec2::new(0.0, 52.0), Vec2::new(188.0, 52.0));
    let painter = ui.painter_at(rect);
    plate(&painter, rect);
    let bar = Rect::from_min_size(rect.min + Vec2::new(10.0, 20.0), Vec2::new(168.0, 10.0));
    colour_bar(&painter, bar, |share| colour(measure, share));
    let font = FontId::proportional(tokens::SMALL);
    let name = measure_name(measure);
    let short: String = name.chars().take(28).collect();
    painter.text(rect.min + Vec2::new(10.0, 3.0), Align2::LEFT_TOP, short, font.clone(), Color32::WHITE);
    for (share, align) in [(0.0, Align2::LEFT_TOP), (0.5, Align2::CENTER_TOP), (1.0, Align2::RIGHT_TOP)] {
        let place = bar.left_bottom() + Vec2::new(bar.width() * share, 3.0);
        let text = match measure {
            Measure::Entropy => format!("{share:.1}"),
            _ => format!("{:.0} %", share * 100.0),
        };
        painter.text(place, align, text, font.clone(), Color32::WHITE);
    }
    let words = match &view.map.certainty.why {
        Some(why) => tr!("{name} cannot be shown: {why}", name = name, why = why),
        None if *measure == Measure::Entropy => {
            tr!("{name} from 0, sure, to 1, all classes alike", name = name)
        }
        None => tr!("{name} from 0 to 100 %", name = name),
    };
    let response = ui.interact(rect, Id::unique("certainty bar"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &words));
    response.on_hover_text(words);
    rect.height() + 8.0
}

/// "entropy 0.62  Maize 41 %, Wheat 38 %", of the pixel under the mouse while the layer is on; asks for it where it is not known.
pub fn certainty_here(ctx: &Context, project: &OpenProject, view: &mut View) -> Option<String> {
    let is_on = project.document.view.layers.of(LayerKind::Uncertainty).visible;
    let pixel = view.map.hovered.and_then(|place| place.pixel).filter(|_| is_on)?;
    let (files, generation) = files_of(project)?;
    let at = CertaintyAt { files, generation, pixel };
    let point = &mut view.map.certainty.at;
    if let Some(came) = point.thread.as_ref().and_then(Newest::take) {
        point.came = Some(came);
    }
    if point.asked.as_ref() != Some(&at) {
        point.asked = Some(at.clone());
        let start = || {
            let ctx = ctx.clone();
            jobs::certainty(Arc::new(move || ctx.request_repaint()))
        };
        point.thread.get_or_insert_with(start).ask(at.clone());
    }
    let certainty = point.came.as_ref().filter(|(of, _)| *of == at)?.1.as_ref()?;
    let best: Vec<_> =
        certainty.best.iter().map(|(name, share)| format!("{name} {:.0} %", share * 100.0)).collect();
    Some(tr!(
        "entropy {entropy}: {classes}",
        entropy = format!("{:.2}", certainty.entropy),
        classes = best.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_the_textures_stay_within_the_budget() {
        let ctx = Context::default();
        let (mut layer, colours) = (CertaintyLayer::default(), colours(&Measure::Entropy));
        let values = vec![100; (TILE * TILE) as usize];
        for i in 0..80 {
            let window = Window { col: i * TILE, row: 0, width: TILE, height: TILE };
            layer.frame += 1;
            layer.insert(&ctx, CertaintyKey { step: 1, window }, &values, &colours);
            assert!(layer.bytes() <= KEPT_BYTES);
        }
        assert!(layer.bytes() > KEPT_BYTES / 2);
    }

    #[test]
    fn what_is_uncertain_is_light_and_nodata_is_nothing() {
        let light = |measure: &Measure, value: usize| {
            let [r, g, b, _] = colours(measure)[value].to_array();
            u32::from(r) + u32::from(g) + u32::from(b)
        };
        assert!(light(&Measure::Entropy, 250) > light(&Measure::Entropy, 0));
        assert!(light(&Measure::Margin, 0) > light(&Measure::Margin, 250));
        assert_eq!(colours(&Measure::Margin)[255], Color32::TRANSPARENT);
    }
}
