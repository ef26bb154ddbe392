//! On the left: which files, and how they are read.

use super::{LabelsIn, name_list};
use crate::app::OpenProject;
use crate::ui::stores::{self, StoreFor};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{Align, ComboBox, DragValue, Label, Layout, RichText, ScrollArea, TextEdit, Ui, Vec2};
use std::path::{Path, PathBuf};

pub fn files_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(2.0 * tokens::GRID);
        ui.heading(tr!("Import labels"));
        widgets::section(ui, tr!("Files"));
        list_ui(ui, &mut view.labels_in);
        let hint = tr!("GeoJSON, GeoPackage, Shapefiles, or label rasters");
        ui.horizontal(|ui| {
            if ui.button(tr!("Browse…")).on_hover_text(hint).clicked() {
                view.dialogs.browse_labels(ui.ctx());
            }
            if stores::button_ui(ui, tr!("Browse a store…")) {
                view.dialogs.browse_store(ui.ctx(), StoreFor::Labels);
            }
        });
        path_ui(ui, &mut view.labels_in);
        layer_ui(ui, project, &mut view.labels_in);
        widgets::section(ui, tr!("Places"));
        places_ui(ui, project, &mut view.labels_in);
        if view.labels_in.last(project).is_some_and(|last| last.read.files.iter().any(|f| f.is_raster)) {
            widgets::section(ui, tr!("Raster"));
            raster_ui(ui, &mut view.labels_in);
        }
        ui.add_space(4.0 * tokens::GRID);
    });
}

fn list_ui(ui: &mut Ui, page: &mut LabelsIn) {
    let mut removed = None;
    for (i, path) in page.inputs.iter().enumerate() {
        ui.horizontal(|ui| {
            let text = path.display().to_string();
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let remove = ui
                    .small_button(tr!("Remove"))
                    .on_hover_text(tr!("Takes {text} off the list", text = text));
                if remove.clicked() {
                    removed = Some(i);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(name_of(path)).truncate()).on_hover_text(&text);
                });
            });
        });
    }
    if let Some(i) = removed {
        page.inputs.remove(i);
    }
    if page.inputs.is_empty() {
        ui.label(RichText::new(tr!("None yet.")).weak());
    }
}

/// The last name of a path; the whole one is told when the mouse is on it.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn path_ui(ui: &mut Ui, page: &mut LabelsIn) {
    ui.horizontal(|ui| {
        let label = ui.add(Label::new(RichText::new(tr!("Path")).weak()));
        let width = ui.available_width() - 76.0;
        let field = TextEdit::singleline(&mut page.path).desired_width(width).hint_text("labels.gpkg");
        let field = ui.add(field).labelled_by(label.id).on_hover_text(tr!("A file. Enter adds it"));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let is_there = !page.path.trim().is_empty();
        if (ui.add_enabled(is_there, egui::Button::new(tr!("Add"))).clicked() || entered) && is_there {
            let path = PathBuf::from(page.path.trim().trim_matches(['"', '\'']));
            page.path.clear();
            page.add([path]);
        }
    });
}

/// Layers of the files, where there are several to choose from.
fn layer_ui(ui: &mut Ui, project: &OpenProject, page: &mut LabelsIn) {
    let mut layers: Vec<String> = Vec::new();
    for file in page.last(project).iter().flat_map(|last| &last.read.files) {
        for (layer, _) in &file.layers {
            if !layers.contains(layer) {
                layers.push(layer.clone());
            }
        }
    }
    if layers.len() < 2 {
        return;
    }
    widgets::section(ui, tr!("Layer"));
    let shown = page.reading.layer.clone().unwrap_or_else(|| layers[0].clone());
    let choice = ComboBox::from_id_salt("layer").selected_text(&shown).width(FULL).truncate();
    let response = choice.show_ui(ui, |ui| {
        for layer in &layers {
            if ui.selectable_label(*layer == shown, layer).clicked() {
                page.reading.layer = Some(layer.clone());
            }
        }
    });
    name_list(&response.response, tr!("Layer"), &shown);
}

/// Width of what fills the panel.
const FULL: f32 = super::FILES - 24.0;

fn places_ui(ui: &mut Ui, project: &OpenProject, page: &mut LabelsIn) {
    let read = page.last(project).and_then(|last| last.read.files.first());
    let hint = read.map_or(tr!("as the file says").to_owned(), |file| file.crs.clone());
    let about = tr!("EPSG:CODE or WKT; needed where a file does not say it, as a Shapefile without .prj");
    let label = ui.label(RichText::new(tr!("Coordinate system")).weak()).on_hover_text(about);
    let field = TextEdit::singleline(&mut page.crs).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(field).labelled_by(label.id).on_hover_text(about);
    ui.checkbox(&mut page.reading.swap_xy, tr!("Turn x and y about"))
        .on_hover_text(tr!("For files that have latitude before longitude"));
    let about = tr!("Of text in Shapefiles that do not say theirs: ISO-8859-1, CP1252, UTF-8 …");
    let label = ui.label(RichText::new(tr!("Encoding")).weak()).on_hover_text(about);
    let field = TextEdit::singleline(&mut page.encoding)
        .hint_text(tr!("as the file says"))
        .desired_width(f32::INFINITY);
    ui.add(field).labelled_by(label.id).on_hover_text(about);
}

fn raster_ui(ui: &mut Ui, page: &mut LabelsIn) {
    ui.horizontal(|ui| {
        let label = ui.add(Label::new(RichText::new(tr!("Least pixels")).weak()));
        ui.add(DragValue::new(&mut page.reading.min_pixels).range(1..=100_000).suffix(" px"))
            .labelled_by(label.id)
            .on_hover_text(tr!("Regions with fewer pixels are left aside"));
    });
    ui.checkbox(&mut page.reading.zero_is_class, tr!("0 is a class"))
        .on_hover_text(tr!("Otherwise pixels with the value 0 are unlabelled"));
}

/// What to do, while there is nothing.
pub fn empty_ui(ui: &mut Ui, view: &mut View) {
    let size = Vec2::new(420.0_f32.min(ui.available_width()), 160.0);
    let rect = egui::Rect::from_center_size(ui.max_rect().center(), size);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(tr!("Drop files of labels here, or browse…")).heading());
        ui.add_space(tokens::GRID);
        ui.label(
            RichText::new(
                tr!(
                    "GeoJSON, GeoPackage and Shapefiles with polygons or points, or rasters of class codes. You see what \
                     becomes of every feature before anything is imported, and Ctrl+Z takes the whole import back."
                ),
            )
            .weak(),
        );
        ui.add_space(2.0 * tokens::GRID);
        if widgets::primary(ui, true, tr!("Browse files…")).clicked() {
            view.dialogs.browse_labels(ui.ctx());
        }
    });
}
