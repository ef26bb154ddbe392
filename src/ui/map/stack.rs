//! What lies on the map, painted from the bottom to the top.

use super::pane::{self, Content, Side};
use super::{MapView, claims};
use crate::app::{OpenProject, Page};
use crate::geo::Grid;
use crate::jobs::OpenedCube;
use crate::project::{Layer, LayerKind};
use crate::ui::rhythm;
use crate::ui::tokens;
use crate::ui::view::View;
use egui::Painter;
use walkers::Projector;

/// Paints, of what a map shows, the layers in their order; tells whether a picture of the cube is on screen.
pub fn paint(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    (side, content): (Side, Content),
) -> bool {
    let grid = &opened.cube.info().grid;
    let mut picture = false;
    for layer in project.document.view.layers.all().iter().rev() {
        let faded = faded(painter, *layer);
        let map = &mut view.map;
        match layer.kind {
            LayerKind::Basemap if layer.visible => map.basemap.paint(&faded, projector),
            LayerKind::Basemap => {}
            LayerKind::Mosaic => {
                let time = match content {
                    // An image that is compared is shown whether or not its layer is.
                    Content::Image(time) => Some(time),
                    _ => layer.visible.then(|| project.time()),
                };
                picture |=
                    time.is_some_and(|time| map.mosaic.paint(&faded, projector, opened, time, side.slot()));
            }
            LayerKind::Mask => {
                // Once a frame: of two sides on the main one.
                if let Some((_, loader)) = project.cube().filter(|_| layer.visible && side == Side::Main) {
                    let time = match content {
                        Content::Image(time) => time,
                        _ => project.time(),
                    };
                    map.mask.paint(&faded, projector, grid, time, loader);
                }
            }
            LayerKind::ClassMap => {
                class_map(painter, projector, project, grid, map, (side, content), *layer);
                let shown = layer.visible && !map.peeking && side == Side::Main && content == Content::Layers;
                if let Some(shown) = project.map().filter(|_| shown) {
                    map.outside.paint(painter, projector, project, opened, shown);
                }
            }
            LayerKind::Uncertainty if side == Side::Main => match layer.visible && content == Content::Layers
            {
                true => map.certainty.paint(&faded, projector, grid, project),
                false => map.certainty.rest(),
            },
            LayerKind::Uncertainty => {}
            LayerKind::Annotations => {
                map.damage.paint(painter, projector, &opened.cube);
                // What is near a unit of a reference sample would sway who labels it.
                if !layer.visible || project.is_blind() {
                    continue;
                }
                let hidden = map.tools.hidden.filter(|_| project.page == Page::Label);
                let cores = match side {
                    Side::Main => &mut map.cores,
                    Side::Other => &mut map.compare.cores,
                };
                cores.hidden = hidden;
                cores.paint(&faded, projector, grid, project);
                rhythm::paint_marks(&faded, projector, grid, project, view);
                claims::paint(&faded, projector, grid, project.derived.flags.claimed());
            }
        }
    }
    if let Some(found) = project.cell().filter(|_| side == Side::Main && !project.is_blind()) {
        claims::frame(painter, projector, grid, &found.pixels, tokens::DIFFER);
    }
    picture
}

/// Paints the class map of a side, or where both differ.
fn class_map(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    grid: &Grid,
    map: &mut MapView,
    (side, content): (Side, Content),
    layer: Layer,
) {
    match content {
        Content::Layers | Content::ClassMap => {
            let wanted = content == Content::ClassMap || layer.visible && !map.peeking;
            if let Some(shown) = pane::map_of(project, side).filter(|_| wanted) {
                let legend = project.legend_of(&shown.name);
                let previewed = side == Side::Main
                    && map.cleaning.paint(painter, projector, grid, &legend, layer.opacity);
                if previewed {
                    return;
                }
                let classes = match side {
                    Side::Main => &mut map.classes,
                    Side::Other => &mut map.compare.classes,
                };
                classes.paint(painter, projector, grid, shown, &legend, layer.opacity);
            }
        }
        Content::Differences => {
            if let (Some(a), Some(b)) = (project.map(), project.other_map()) {
                let today = [project.codes_today(&a.name), project.codes_today(&b.name)];
                map.compare.differing.paint_differences(painter, projector, grid, [a, b], &today);
            }
        }
        Content::Image(_) => {}
    }
}

/// Paints the basemap alone, where there is no cube to lay over it.
pub fn paint_basemap(painter: &Painter, projector: &Projector, project: &OpenProject, view: &mut View) {
    let layer = project.document.view.layers.of(LayerKind::Basemap);
    if layer.visible {
        view.map.basemap.paint(&faded(painter, layer), projector);
    }
}

fn faded(painter: &Painter, layer: Layer) -> Painter {
    let mut painter = painter.clone();
    painter.multiply_opacity(layer.opacity);
    painter
}

/// The topmost of the layers of pictures that is shown and has something to show.
pub fn top_picture(project: &OpenProject) -> Option<Layer> {
    let layers = project.document.view.layers.all().iter();
    let has = |layer: &&Layer| match layer.kind {
        LayerKind::Annotations | LayerKind::Mask => false,
        LayerKind::ClassMap => project.map().is_some(),
        LayerKind::Uncertainty => project.map().is_some_and(|map| map.complete || map.entropy.is_some()),
        LayerKind::Mosaic | LayerKind::Basemap => true,
    };
    layers.filter(|layer| layer.visible).find(has).copied()
}
