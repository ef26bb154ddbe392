//! The panel on the left: layers, places, and sites.

use super::view::View;
use super::{format, layers, places, sites, tokens, widgets};
use crate::app::OpenProject;
use crate::cube::Period;
use egui::{Panel, RichText, ScrollArea, Ui};

pub fn left_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    Panel::left("left").exact_size(tokens::LEFT_PANEL).resizable(false).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            layers::layers_ui(ui, project, view);
            places::places_ui(ui, project, view);
            ui.separator();
            sites_and_cube_ui(ui, project, view);
        });
    });
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
