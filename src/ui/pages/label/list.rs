//! The list of annotations, as short as the panel; the table below the map tells more.

use crate::app::{Command, OpenProject};
use crate::labels::Annotation;
use crate::ui::listing::{count_words, flag_words, show, zoom_to};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Atom, Button, Layout, RichText, ScrollArea, Ui};

/// Rows that are in view.
const ROWS: f32 = 8.0;

pub fn list_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, &count_words(project));
    if project.annotations.is_empty() {
        let words = tr!(
            "Pick a class, then click the corners of a place where you are sure. What stays after the inward buffer is what the model learns from."
        );
        ui.label(RichText::new(words).weak());
    }
    let rows = project.derived.listing.rows();
    let height = tokens::TARGET + ui.spacing().item_spacing.y;
    let mut scroll =
        ScrollArea::vertical().id_salt("annotations").max_height(ROWS * height).auto_shrink([false, true]);
    // What was selected on the map comes into view here too.
    if let Some(row) = view.list.scroll_to() {
        // Past its end the list would come to rest short of it.
        let most = (rows.len() as f32 - ROWS).max(0.0);
        scroll = scroll.vertical_scroll_offset((row as f32 - ROWS / 2.0).clamp(0.0, most) * height);
    }
    scroll.show_rows(ui, tokens::TARGET, rows.len(), |ui, range| {
        for id in &rows[range] {
            match project.annotation(*id) {
                Some(annotation) => row_ui(ui, project, view, annotation),
                // It was deleted since; the list comes anew.
                None => drop(ui.allocate_space(egui::vec2(0.0, tokens::TARGET))),
            }
        }
    });
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        let hint = tr!("All annotations in a table that sorts and filters, below the map (T)");
        if !view.list.open && ui.button(tr!("Open table")).on_hover_text(hint).clicked() {
            view.list.open = true;
        }
        let can = project.folder.read_only().is_none();
        let import = ui.add_enabled(can, Button::new(tr!("Import labels…")));
        let hint = tr!("From GeoJSON, GeoPackage, Shapefiles or label rasters (Ctrl+Shift+I)");
        if import.on_hover_text(hint).clicked() {
            view.labels_in.show();
        }
    });
}

fn row_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, annotation: &Annotation) {
    ui.horizontal(|ui| {
        let class = project.document.legend.class(annotation.class);
        widgets::swatch(ui, class.map_or([128; 3], |c| c.colour));
        let name = class.map_or(tr!("unknown class"), |c| c.name.as_str());
        let chosen = project.selection.contains(&annotation.id);
        let button =
            Button::selectable(chosen, (format!("{}  {name}", annotation.id), Atom::grow())).truncate();
        let row = ui.add_sized([168.0, tokens::TARGET], button);
        let View { list, commands, map, .. } = view;
        if row.double_clicked() {
            commands.push(Command::Select(vec![annotation.id]));
            zoom_to(project, annotation.id, map);
        } else if row.clicked() {
            let modifiers = ui.input(|i| i.modifiers);
            list.click(project, annotation.id, modifiers, commands);
            show(project, annotation.id, map);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let flags = flag_words(project, annotation);
            let words = match project.derived.cores.get(annotation.id) {
                Some(Ok(core)) => match core.core.pure_pixels.len() {
                    0 => tr!("none").into(),
                    pixels => tr!("{n} px", n = format::grouped(pixels as i64)),
                },
                Some(Err(_)) => tr!("unusable").into(),
                None => "…".into(),
            };
            let text = RichText::new(words).small();
            if flags.is_empty() {
                ui.label(text.weak());
            } else {
                ui.label(text.color(ui.visuals().warn_fg_color)).on_hover_text(flags.join("\n"));
            }
        });
    });
}
