//! On the left: which folders and files, which site, how names are read.

use super::fields::renames;
use crate::app::OpenProject;
use crate::ui::dialogs::Dialogs;
use crate::ui::stores::{self, StoreFor};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{CollapsingHeader, Label, RichText, ScrollArea, TextEdit, Ui, Vec2};
use std::path::{Path, PathBuf};

pub fn inputs_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space(2.0 * tokens::GRID);
        ui.heading(tr!("Add imagery"));
        widgets::section(ui, tr!("Files"));
        list_ui(ui, view);
        browse_ui(ui, &mut view.dialogs);
        path_ui(ui, view);
        ui.separator();
        site_ui(ui, project, view);
        ui.separator();
        names_ui(ui, view);
        ui.add_space(4.0 * tokens::GRID);
    });
}

fn list_ui(ui: &mut Ui, view: &mut View) {
    let mut removed = None;
    for (i, path) in view.imagery.inputs.iter().enumerate() {
        ui.horizontal(|ui| {
            let text = path.display().to_string();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let remove = ui
                    .small_button(tr!("Remove"))
                    .on_hover_text(tr!("Takes {text} off the list", text = text));
                if remove.clicked() {
                    removed = Some(i);
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(Label::new(end_of(path)).truncate()).on_hover_text(&text);
                });
            });
        });
    }
    if let Some(i) = removed {
        view.imagery.inputs.remove(i);
    }
    if view.imagery.inputs.is_empty() {
        ui.label(RichText::new(tr!("None yet.")).weak());
    }
}

/// The last name of a path; the whole one is told when the mouse is on it.
fn end_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn browse_ui(ui: &mut Ui, dialogs: &mut Dialogs) {
    ui.horizontal_wrapped(|ui| {
        if ui.button(tr!("Add folder…")).on_hover_text(tr!("All images in a folder and below it")).clicked()
        {
            dialogs.browse_imagery(ui.ctx(), true);
        }
        if ui
            .button(tr!("Add files…"))
            .on_hover_text(tr!("Single images, or a list of them (.txt)"))
            .clicked()
        {
            dialogs.browse_imagery(ui.ctx(), false);
        }
        if stores::button_ui(ui, tr!("Browse a store…")) {
            dialogs.browse_store(ui.ctx(), StoreFor::Imagery);
        }
    });
}

fn path_ui(ui: &mut Ui, view: &mut View) {
    let imagery = &mut view.imagery;
    ui.horizontal(|ui| {
        let label = ui.add(Label::new(RichText::new(tr!("Path")).weak()));
        let width = ui.available_width() - 76.0;
        let field =
            TextEdit::singleline(&mut imagery.fields.path).desired_width(width).hint_text("/data/*.tif");
        let field = ui.add(field).labelled_by(label.id).on_hover_text(tr!(
            "A folder, a file, a pattern with * ? or **, or a list of paths (.txt). Enter adds it"
        ));
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let is_there = !imagery.fields.path.trim().is_empty();
        if (ui.add_enabled(is_there, egui::Button::new(tr!("Add"))).clicked() || entered) && is_there {
            let path = at_home(imagery.fields.path.trim().trim_matches(['"', '\'']));
            imagery.fields.path.clear();
            imagery.add([path]);
        }
    });
}

/// `~` is the home folder, as in a shell.
fn at_home(text: &str) -> PathBuf {
    let home = || directories::UserDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    match text.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
        Some(path) => path,
        None => text.into(),
    }
}

fn site_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let fields = &mut view.imagery.fields;
    let places = project.survey.found.as_ref().map_or(0, |found| found.places.len());
    ui.add_space(tokens::GRID);
    ui.add_enabled_ui(!fields.each, |ui| {
        ui.horizontal(|ui| {
            let label = ui.add(Label::new(RichText::new(tr!("Site")).weak()));
            let sites = &project.document.sites;
            let width = ui.available_width() - if sites.is_empty() { 0.0 } else { 68.0 };
            let field = ui.add(TextEdit::singleline(&mut fields.site).desired_width(width));
            if field.labelled_by(label.id).on_hover_text(tr!("The place that the cube is of")).changed() {
                fields.site_is_typed = true;
            }
            if !sites.is_empty() {
                ui.menu_button(tr!("Sites"), |ui| {
                    ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
                        for site in sites {
                            if ui.button(&site.name).clicked() {
                                fields.site = site.name.clone();
                                fields.site_is_typed = true;
                                ui.close();
                            }
                        }
                    });
                });
            }
        });
    });
    if places > 1 || fields.each {
        ui.checkbox(&mut fields.each, tr!("One site for each tile ({places})", places = places))
            .on_hover_text(tr!("Tiles and chips lie in different places: each gets a cube of its own"));
    }
}

fn names_ui(ui: &mut Ui, view: &mut View) {
    CollapsingHeader::new(tr!("How files are read")).show(ui, |ui| {
        let fields = &mut view.imagery.fields;
        above(
            ui,
            tr!("Pattern of names"),
            tr!("{date}, {band}, {tile} and * stand for parts of a name"),
            |ui| {
                TextEdit::singleline(&mut fields.pattern)
                    .hint_text("*_{date}_{band}.tif")
                    .desired_width(f32::INFINITY)
                    .show(ui)
                    .response
                    .response
            },
        );
        above(
            ui,
            tr!("Table of dates"),
            tr!("A CSV with the columns file and date, for names that have none"),
            |ui| {
                TextEdit::singleline(&mut fields.dates)
                    .hint_text("dates.csv")
                    .desired_width(f32::INFINITY)
                    .show(ui)
                    .response
                    .response
            },
        );
        if ui.small_button(tr!("Browse for a table…")).clicked() {
            view.dialogs.browse_dates(ui.ctx());
        }
        let fields = &mut view.imagery.fields;
        let wrong = renames(&fields.rename).err();
        above(ui, tr!("Other names of bands"), tr!("The name in the files, and the one in the cube"), |ui| {
            TextEdit::singleline(&mut fields.rename)
                .hint_text("band_1=B02, band_2=B03")
                .desired_width(f32::INFINITY)
                .show(ui)
                .response
                .response
        });
        if let Some(wrong) = wrong {
            ui.label(RichText::new(wrong).small().color(ui.visuals().error_fg_color));
        }
        above(ui, tr!("Sensor"), tr!("Where it is not recognised: sentinel-2-l2a, landsat-8 …"), |ui| {
            TextEdit::singleline(&mut fields.sensor)
                .hint_text(tr!("as recognised"))
                .desired_width(f32::INFINITY)
                .show(ui)
                .response
                .response
        });
    });
}

/// A field under its name.
fn above(ui: &mut Ui, name: &str, hint: &str, field: impl FnOnce(&mut Ui) -> egui::Response) {
    let label = ui.label(RichText::new(name).weak()).on_hover_text(hint);
    field(ui).labelled_by(label.id).on_hover_text(hint);
}

/// What to do, while there is nothing.
pub fn empty_ui(ui: &mut Ui, view: &mut View) {
    let size = Vec2::new(420.0_f32.min(ui.available_width()), 160.0);
    let rect = egui::Rect::from_center_size(ui.max_rect().center(), size);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(tr!("Drop a folder here, or browse…")).heading());
        ui.add_space(tokens::GRID);
        ui.label(
            RichText::new(
                tr!(
                    "GeoTIFF, COG, JP2 or VRT: one file a date, or one a band and date. Sentinel-2, Landsat, MODIS, \
                     CBERS and others are recognised by their names. You see what was found before anything is written."
                ),
            )
            .weak(),
        );
        ui.add_space(2.0 * tokens::GRID);
        if widgets::primary(ui, true, tr!("Browse…")).clicked() {
            view.dialogs.browse_imagery(ui.ctx(), true);
        }
    });
}
