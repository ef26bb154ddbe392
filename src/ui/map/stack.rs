//! What lies on the map, painted from the bottom to the top.

use super::claims;
use crate::app::{OpenProject, Page};
use crate::jobs::OpenedCube;
use crate::project::{Layer, LayerKind};
use crate::ui::rhythm;
use crate::ui::view::View;
use egui::Painter;
use walkers::Projector;

/// Paints the layers that are shown; tells whether a picture of the cube is on screen.
pub fn paint(
    painter: &Painter,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) -> bool {
    let grid = &opened.cube.info().grid;
    let mut picture = false;
    let mut damage = false;
    for layer in project.document.view.layers.all().iter().rev().filter(|layer| layer.visible) {
        let faded = faded(painter, *layer);
        match layer.kind {
            LayerKind::Basemap => view.map.basemap.paint(&faded, projector),
            LayerKind::Mosaic => {
                if let Some((_, loader)) = project.cube() {
                    picture = view.map.mosaic.paint(&faded, projector, opened, project.time(), loader);
                }
            }
            LayerKind::ClassMap => {
                if let Some(map) = project.map().filter(|_| !view.map.peeking) {
                    let legend = project.legend_of_map();
                    view.map.classes.paint(painter, projector, grid, map, &legend, layer.opacity);
                }
            }
            LayerKind::Annotations => {
                damage = true;
                view.map.damage.paint(painter, projector, &opened.cube);
                view.map.cores.hidden = view.map.tools.hidden.filter(|_| project.page == Page::Label);
                view.map.cores.paint(&faded, projector, grid, project);
                rhythm::paint_marks(&faded, projector, grid, project, view);
                claims::paint(&faded, projector, grid, project.derived.flags.claimed());
            }
        }
    }
    if !damage {
        view.map.damage.paint(painter, projector, &opened.cube);
    }
    picture
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
        LayerKind::Annotations => false,
        LayerKind::ClassMap => project.map().is_some(),
        LayerKind::Mosaic | LayerKind::Basemap => true,
    };
    layers.filter(|layer| layer.visible).find(has).copied()
}
