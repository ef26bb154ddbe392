//! Pixels outside of what the model of a map learned from, hatched over the class map: lines the other way than where there was
//! no observation, and of a colour.

use super::plate;
use super::quad::{self, Net};
use crate::app::{MapLayer, OpenProject, TrustState};
use crate::classify::Verdict;
use crate::jobs::{self, Newest, OpenedCube, Outside, OutsideRequest};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{
    Align2, Color32, ColorImage, Context, Painter, Rect, Shape, TextureHandle, TextureOptions, Ui, Vec2,
};
use std::sync::Arc;
use walkers::Projector;

/// Texels of the texture along a side, at most.
const MOST_TEXELS: usize = 2048;
/// Texels of a pixel along a side, at most: a hatch within a pixel that covers much of the screen.
const MOST_OF_A_PIXEL: usize = 8;

/// What is hatched.
#[derive(Default)]
pub struct OutsideLayer {
    /// Whether it is away although there is something to hatch.
    off: bool,
    thread: Option<Newest<OutsideRequest, Outside>>,
    asked: Option<OutsideRequest>,
    shown: Option<(crate::geo::Window, TextureHandle)>,
}

impl OutsideLayer {
    /// Whether pixels are hatched.
    pub fn is_on(&self) -> bool {
        !self.off
    }

    /// Hatches pixels from now on, or not.
    pub fn set(&mut self, on: bool) {
        self.off = !on;
    }

    /// Forgets everything: another cube is on screen.
    pub fn clear(&mut self) {
        *self = Self { off: self.off, ..Self::default() };
    }

    /// Asks for what is in view, and takes in what has come. Never waits.
    fn follow(&mut self, ctx: &Context, request: OutsideRequest) {
        if let Some(found) = self.thread.as_ref().and_then(Newest::take) {
            self.shown = Some((found.view, texture(ctx, &found)));
        }
        if let Some(last) = &self.asked {
            let same_ground = last.same_ground(&request);
            if same_ground && last.view == request.view {
                return;
            }
            if !same_ground {
                self.shown = None;
            }
        }
        let start = || {
            let ctx = ctx.clone();
            jobs::outside(Arc::new(move || ctx.request_repaint()))
        };
        self.thread.get_or_insert_with(start).ask(request.clone());
        self.asked = Some(request);
    }

    /// Paints the hatch over the class map, where its model is known to have learned from other ground.
    pub fn paint(
        &mut self,
        painter: &Painter,
        projector: &Projector,
        project: &OpenProject,
        opened: &OpenedCube,
        map: &MapLayer,
    ) {
        // A cleaned or corrected map is of the model of the one it was made of.
        let Some(model) = project.model_of(&map.name) else { return };
        if self.off || share(project, &model.name).is_none() {
            return;
        }
        let (grid, clip) = (&opened.cube.info().grid, painter.clip_rect());
        let Some(view) = quad::in_view(grid, projector, clip) else { return };
        let request = OutsideRequest {
            cube: opened.cube.clone(),
            model: model.folder.clone(),
            training: model.card.training_id(),
            view,
        };
        self.follow(painter.ctx(), request);
        if let Some((window, texture)) = &self.shown
            && let Some(net) = Net::new(grid, *window)
        {
            painter.extend(net.mesh(projector, clip, texture.id(), Color32::WHITE).map(Shape::mesh));
        }
    }
}

/// The share of the site's pixels outside of what a model learned from, where that is to be shown.
fn share(project: &OpenProject, model: &str) -> Option<f32> {
    let site = &project.site.as_ref()?.name;
    let TrustState::Known(known) = project.trust(model, site) else { return None };
    let trust = known.table()?;
    (trust.verdict != Verdict::Empty && trust.outside > 0.0).then_some(trust.outside)
}

/// Diagonal lines over what is outside, the rest clear.
fn texture(ctx: &Context, found: &Outside) -> TextureHandle {
    let [width, height] = found.size;
    let of_a_pixel = (MOST_TEXELS / width.max(height).max(1)).clamp(1, MOST_OF_A_PIXEL);
    let size = [width * of_a_pixel, height * of_a_pixel];
    let texel = |i: usize| {
        let (x, y) = (i % size[0].max(1), i / size[0].max(1));
        let flag = found.flags.get(y / of_a_pixel * width + x / of_a_pixel);
        match flag {
            // From bottom left to top right the other hatch runs.
            Some(&jobs::OUTSIDE) if (x + size[1] - y).is_multiple_of(4) => tokens::OUTSIDE,
            _ => Color32::TRANSPARENT,
        }
    };
    let image = ColorImage::new(size, (0..size[0] * size[1]).map(texel).collect());
    ctx.load_texture("outside the training", image, TextureOptions::NEAREST)
}

/// What the hatch means, with the share of the site.
pub fn told_ui(ui: &Ui, rect: Rect, project: &OpenProject, view: &View) {
    let layer = project.document.view.layers.of(crate::project::LayerKind::ClassMap);
    let Some(map) = project.map().filter(|_| layer.visible && view.map.outside.is_on()) else { return };
    let Some(model) = project.model_of(&map.name) else { return };
    let Some(share) = share(project, &model.name) else { return };
    let words = tr!(
        "Hatched: outside of what {model} learned from, {share} of the site",
        model = model.name,
        share = format::percent(Some(f64::from(share)))
    );
    let at = rect.center_bottom() - Vec2::new(0.0, 54.0);
    plate::told(ui, rect, at, Align2::CENTER_BOTTOM, &words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Window;

    #[test]
    fn only_what_is_outside_has_lines_and_the_texture_stays_small() {
        let ctx = Context::default();
        let of = |size: [usize; 2], flag: u8| {
            let view = Window { col: 0, row: 0, width: size[0] as u32, height: size[1] as u32 };
            texture(&ctx, &Outside { view, size, flags: vec![flag; size[0] * size[1]] })
        };
        assert_eq!(of([3, 2], jobs::OUTSIDE).size(), [24, 16]);
        assert_eq!(of([1024, 700], jobs::OUTSIDE).size(), [2048, 1400]);
        assert_eq!(of([1, 1], 0).size(), [8, 8]);
    }
}
