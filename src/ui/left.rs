//! The panel on the left: layers, and sites.

use super::view::View;
use super::words::tr;
use super::{format, sites, widgets};
use crate::app::{Command, OpenProject};
use crate::cube::Period;
use egui::{RichText, ScrollArea, Slider, Ui};
use lucide_icons::Icon;

pub fn left_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        layers_ui(ui, project, view);
        ui.separator();
        sites_and_cube_ui(ui, project, view);
    });
}

fn layers_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Layers"));
    let layers = &mut view.map.layers;
    ui.checkbox(&mut layers.annotations, tr!("Annotations"))
        .on_hover_text(tr!("What was drawn, its core and its pure pixels"));
    let has_map = project.map().is_some();
    ui.add_enabled_ui(has_map, |ui| {
        let hint = if has_map {
            tr!("Shows or hides the class map (M)")
        } else {
            tr!("There is no map of this site yet")
        };
        ui.checkbox(&mut view.map.layers.class_map, tr!("Class map"))
            .on_hover_text(hint)
            .on_disabled_hover_text(hint);
        let mut percent = project.document.view.map_opacity * 100.0;
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            ui.spacing_mut().slider_width = 84.0;
            let slider = Slider::new(&mut percent, 0.0..=100.0).fixed_decimals(0).suffix(" %").text("");
            let response = ui.add(slider).on_hover_text(tr!("Opacity of the class map"));
            response.widget_info(|| {
                egui::WidgetInfo::slider(has_map, f64::from(percent), tr!("Opacity of the class map"))
            });
            if response.changed() {
                view.send(Command::SetMapOpacity(percent / 100.0));
            }
        });
    });
    ui.checkbox(&mut view.map.layers.mosaic, tr!("Mosaic")).on_hover_text(tr!("The image of the date"));
    let mut basemap = view.map.has_basemap();
    if ui
        .checkbox(&mut basemap, tr!("Online basemap"))
        .on_hover_text(tr!("OpenStreetMap, fetched while it is switched on; needs a network"))
        .changed()
    {
        view.map.show_basemap(ui.ctx(), basemap);
    }
}

fn sites_and_cube_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    sites::sites_ui(ui, project, view);
    let can = project.folder.read_only().is_none();
    let add = ui.add_enabled(can, widgets::icon_text(Icon::Plus, tr!("Add imagery…")));
    widgets::named(&add, tr!("Add imagery…"));
    let hint = tr!("From folders and files to a cube; they can be dropped onto the window too (Ctrl+I)");
    if add.on_hover_text(hint).clicked() {
        view.imagery.show();
    }
    let Some((opened, _)) = project.cube() else { return };
    let info = opened.cube.info();
    widgets::section(ui, tr!("Cube"));
    let side = info.grid.pixel_width;
    let unit = if info.grid.crs.is_geographic() { "°" } else { "m" };
    let made = opened.cube.made();
    let period = match made.settings.period {
        Period::None => tr!("each date").into(),
        Period::Month => tr!("month").into(),
        Period::Days(days) => format::count(days as usize, "day"),
    };
    widgets::figure(ui, tr!("Dates"), &info.dates.len().to_string());
    widgets::figure(ui, tr!("Period"), &period);
    widgets::figure(ui, tr!("Mask"), if made.has_mask { tr!("yes") } else { tr!("none") });
    widgets::figure(ui, tr!("Bands"), &info.bands.len().to_string());
    widgets::figure(ui, tr!("Pixels"), &format!("{} x {}", info.grid.width, info.grid.height));
    widgets::figure(ui, tr!("Pixel"), &format!("{} {unit}", format::trimmed(side)));
    ui.label(RichText::new(info.grid.crs.label()).small().weak());
    if let Some(origin) = &info.origin {
        ui.label(RichText::new(origin).small().weak());
    }
}
