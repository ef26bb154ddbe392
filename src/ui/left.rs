//! The panel on the left: layers, places, and sites.

use super::view::View;
use super::words::{tr, tr_below};
use super::{format, layers, places, sites, widgets};
use crate::app::OpenProject;
use crate::cube::Period;
use egui::{RichText, ScrollArea, Ui};
use lucide_icons::Icon;

pub fn left_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        layers::layers_ui(ui, project, view);
        places::places_ui(ui, project, view);
        ui.separator();
        sites_and_cube_ui(ui, project, view);
    });
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
    widgets::figure(ui, tr!("Mask"), if made.has_mask { tr!("yes") } else { tr!("no") });
    widgets::figure(ui, tr!("Bands"), &info.bands.len().to_string());
    widgets::figure(ui, tr!("Pixels"), &format!("{} x {}", info.grid.width, info.grid.height));
    widgets::figure(ui, tr!("Pixel"), &format!("{} {unit}", format::trimmed(side)));
    ui.label(RichText::new(info.grid.crs.label()).small().weak());
    if let Some(origin) = &info.origin {
        ui.label(RichText::new(tr_below(origin)).small().weak());
    }
}
