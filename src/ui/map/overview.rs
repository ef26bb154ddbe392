//! The map while no site is on screen: where all of them lie.

use super::{MapView, fit_to, footprints, furniture};
use crate::app::{Command, OpenProject};
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{DragPanButtons, Role, Ui, WidgetInfo};
use walkers::{Map, lon_lat};

impl MapView {
    /// Whether there is something to show of sites that are not on screen.
    pub(super) fn has_overview(project: &OpenProject) -> bool {
        project.document.sites.iter().filter(|site| site.footprint.is_some()).count() > 1
    }
}

/// Paints the footprints; `words` tell what is going on.
pub fn overview_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, words: Option<&str>) {
    let Some(all) = footprints::bounds(project) else { return };
    let rect = ui.max_rect();
    // On its way to a site the map looks there already.
    let coming = project.site.as_ref().and_then(|site| project.document.site(&site.name));
    let key = (project.folder.path().to_owned(), coming.map(|site| site.name.clone()));
    let fit = std::mem::take(&mut view.map.fit);
    if fit || view.map.overview.as_ref() != Some(&key) {
        let bounds = coming.and_then(|site| site.footprint).map_or(all, |corners| super::bounds_of(&corners));
        fit_to(&mut view.map.memory, bounds, rect);
        view.map.overview = Some(key);
    }
    let mut memory = view.map.memory.clone();
    let middle = lon_lat((all.0.0 + all.0.1) / 2.0, (all.1.0 + all.1.1) / 2.0);
    let canvas = Map::new(None, &mut memory, middle)
        .zoom_with_ctrl(false)
        .zoom_speed(1.5)
        .drag_pan_buttons(DragPanButtons::PRIMARY | DragPanButtons::MIDDLE);
    let shown = canvas.show(ui, |ui, response, projector, _| {
        let hovered = response.hover_pos().and_then(|pos| footprints::at(projector, project, pos));
        super::stack::paint_basemap(&ui.painter_at(projector.clip_rect()), projector, project, view);
        footprints::paint(&ui.painter_at(projector.clip_rect()), projector, project, hovered);
        if let Some(name) = hovered {
            response.clone().on_hover_cursor(egui::CursorIcon::PointingHand);
            if response.clicked() {
                view.send(Command::ShowSite(name.to_string()));
            }
        }
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, tr!("Map of all sites")));
    view.map.memory = memory;
    furniture::bare_ui(ui, rect, view, words);
}
