//! The panel on the left: layers, and sites.

use super::view::View;
use super::words::tr;
use super::{format, sites, tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::cube::Period;
use egui::{Panel, RichText, ScrollArea, Slider, Ui};

pub fn left_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    Panel::left("left").exact_size(tokens::LEFT_PANEL).resizable(false).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            layers_ui(ui, project, view);
            ui.separator();
            sites_and_cube_ui(ui, project, view);
        });
    });
}

fn layers_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Layers");
    let layers = &mut view.map.layers;
    ui.checkbox(&mut layers.annotations, "Annotations")
        .on_hover_text("What was drawn, its core and its pure pixels");
    let has_map = project.map().is_some();
    ui.add_enabled_ui(has_map, |ui| {
        let hint =
            if has_map { "Shows or hides the class map (M)" } else { "There is no map of this site yet" };
        ui.checkbox(&mut view.map.layers.class_map, "Class map")
            .on_hover_text(hint)
            .on_disabled_hover_text(hint);
        let mut percent = project.document.view.map_opacity * 100.0;
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            ui.spacing_mut().slider_width = 84.0;
            let slider = Slider::new(&mut percent, 0.0..=100.0).fixed_decimals(0).suffix(" %").text("");
            let response = ui.add(slider).on_hover_text("Opacity of the class map");
            response.widget_info(|| {
                egui::WidgetInfo::slider(has_map, f64::from(percent), "Opacity of the class map")
            });
            if response.changed() {
                view.send(Command::SetMapOpacity(percent / 100.0));
            }
        });
    });
    ui.checkbox(&mut view.map.layers.mosaic, "Mosaic").on_hover_text("The image of the date");
    if let Some((opened, _)) = project.cube() {
        let has = opened.cube.has_masks();
        let hint = tr!("Why pixels of the date have no clear observation, and the share of each reason (K)");
        ui.add_enabled(has, egui::Checkbox::new(&mut view.map.layers.mask, tr!("Mask")))
            .on_hover_text(hint)
            .on_disabled_hover_text(tr!("This cube was built without a mask"));
    }
    let mut basemap = view.map.has_basemap();
    if ui
        .checkbox(&mut basemap, "Online basemap")
        .on_hover_text("OpenStreetMap, fetched while it is switched on; needs a network")
        .changed()
    {
        view.map.show_basemap(ui.ctx(), basemap);
    }
}

fn sites_and_cube_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    sites::sites_ui(ui, project, view);
    let can = project.folder.read_only().is_none();
    if ui
        .add_enabled(can, egui::Button::new("Add imagery…"))
        .on_hover_text("From folders and files to a cube; they can be dropped onto the window too (Ctrl+I)")
        .clicked()
    {
        view.imagery.show();
    }
    let Some((opened, _)) = project.cube() else { return };
    let info = opened.cube.info();
    widgets::section(ui, "Cube");
    let side = info.grid.pixel_width;
    let unit = if info.grid.crs.is_geographic() { "°" } else { "m" };
    let made = opened.cube.made();
    let period = match made.settings.period {
        Period::None => "each date".into(),
        Period::Month => "month".into(),
        Period::Days(days) => format::count(days as usize, "day"),
    };
    widgets::figure(ui, "Dates", &info.dates.len().to_string());
    widgets::figure(ui, "Period", &period);
    widgets::figure(ui, "Mask", if made.has_mask { "yes" } else { "none" });
    widgets::figure(ui, "Bands", &info.bands.len().to_string());
    widgets::figure(ui, "Pixels", &format!("{} x {}", info.grid.width, info.grid.height));
    widgets::figure(ui, "Pixel", &format!("{} {unit}", format::trimmed(side)));
    ui.label(RichText::new(info.grid.crs.label()).small().weak());
    if let Some(origin) = &info.origin {
        ui.label(RichText::new(origin).small().weak());
    }
}
