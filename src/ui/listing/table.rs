//! The table of annotations, below the map: only the rows in view are painted, however many there are.

use super::filter::{count_words, filter_ui};
use super::{ListView, confidence_words, flag_words, show, zoom_to, zoom_to_selected};
use crate::app::{Command, OpenProject};
use crate::jobs::{Column, Facts, sites_of};
use crate::labels::Annotation;
use crate::ui::view::View;
use crate::ui::words::{text, told, tr};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Button, Label, Layout, Panel, Response, RichText, Sense, Shape, Ui, Vec2};
use egui_extras::{Column as Width, TableBuilder, TableRow};

/// Columns: what they sort by, name, width, what it is. The note takes what is left.
const COLUMNS: [(Column, &str, f32, &str); 10] = [
    (Column::Id, text!("No."), 48.0, text!("The number of the annotation")),
    (Column::Class, text!("Class"), 112.0, text!("Its class")),
    (Column::Area, text!("Area"), 72.0, text!("The area that was drawn")),
    (Column::PurePixels, text!("Pure pixels"), 84.0, text!("Pixels that lie wholly in its core")),
    (Column::Flags, text!("Flags"), 196.0, text!("What is wrong with it")),
    (Column::Confidence, text!("Confidence"), 80.0, text!("Training takes the sure ones")),
    (Column::Site, text!("Site"), 88.0, text!("The sites that it lies in")),
    (Column::Author, text!("Author"), 72.0, text!("Who drew it")),
    (Column::Created, text!("Drawn"), 80.0, text!("When it was drawn or imported")),
    (Column::Note, text!("Note"), 120.0, text!("Where it came from, or what the annotator thought")),
];

/// Below this width the filters stand in a row of their own.
const ONE_ROW: f32 = 1000.0;

/// The columns that tell something: of one site it is clear where all lie.
fn columns(project: &OpenProject) -> impl Iterator<Item = (Column, &'static str, f32, &'static str)> {
    let sites = project.document.sites.len();
    COLUMNS.into_iter().filter(move |(column, ..)| sites > 1 || *column != Column::Site)
}

pub fn table_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let panel =
        Panel::bottom("annotation-table").default_size(264.0).size_range(140.0..=600.0).resizable(true);
    panel.show(ui, |ui| {
        head_ui(ui, project, view);
        let rows = project.derived.listing.rows();
        if rows.is_empty() {
            let (what, next) = match project.annotations.is_empty() {
                true => {
                    (tr!("No annotation yet"), tr!("Pick a class, then draw a polygon where you are sure."))
                }
                false => (tr!("No annotation is like this"), tr!("Change the filters, or press Show all.")),
            };
            widgets::empty(ui, what, next);
            // The panel keeps its height.
            ui.allocate_space(ui.available_size());
            return;
        }
        let View { list, commands, map, .. } = view;
        egui::ScrollArea::horizontal().id_salt("annotation-columns").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::new(2.0 * tokens::GRID, 0.0);
            let mut table = TableBuilder::new(ui)
                .id_salt("annotations")
                .striped(true)
                .resizable(true)
                .sense(Sense::click())
                .auto_shrink(false)
                .animate_scrolling(false)
                .cell_layout(Layout::left_to_right(Align::Center));
            for (column, _, width, _) in columns(project) {
                let width = match column {
                    Column::Note => Width::remainder().at_least(width),
                    _ => Width::initial(width).at_least(40.0),
                };
                table = table.column(width.clip(true));
            }
            if let Some(row) = list.scroll_to() {
                table = table.scroll_to_row(row, Some(Align::Center));
            }
            let header = |mut header: TableRow<'_, '_>| {
                for (column, name, _, hint) in columns(project) {
                    let (_, cell) = header.col(|ui| header_ui(ui, list, column, name, hint));
                    let told = tr!("Column {column}", column = name);
                    let head = egui::Role::ColumnHeader;
                    cell.widget_info(|| egui::WidgetInfo::labeled(head, true, &told));
                }
            };
            table.header(tokens::TARGET, header).body(|body| {
                body.rows(tokens::TARGET, rows.len(), |mut row| {
                    let Some(id) = rows.get(row.index()).copied() else { return };
                    row.set_selected(project.selection.contains(&id));
                    let response = match project.annotation(id) {
                        Some(annotation) => row_ui(&mut row, project, annotation),
                        // It was deleted since; the list comes anew.
                        None => return columns(project).for_each(|_| drop(row.col(|_| {}))),
                    };
                    if response.double_clicked() {
                        commands.push(Command::Select(vec![id]));
                        zoom_to(project, id, map);
                    } else if response.clicked() {
                        let modifiers = response.ctx.input(|i| i.modifiers);
                        list.click(project, id, modifiers, commands);
                        show(project, id, map);
                    }
                });
            });
        });
    });
}

fn head_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let one_row = ui.available_width() >= ONE_ROW;
    ui.horizontal(|ui| {
        ui.label(RichText::new(count_words(project)).strong());
        if project.derived.listing.is_coming() {
            ui.spinner();
        }
        if one_row {
            filter_ui(ui, project, &mut view.list.spec, 132.0);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(tr!("Close table")).on_hover_text(tr!("Shows the plot again (T)")).clicked() {
                view.list.open = false;
            }
            let some = !project.selection.is_empty();
            let zoom = ui.add_enabled(some, Button::new(tr!("Zoom to selected")));
            if zoom.on_hover_text(tr!("Fills the map with what is selected (Z, or a double click)")).clicked()
            {
                zoom_to_selected(project, &mut view.map);
            }
            if project.selection.len() > 1 {
                let words = tr!("{n} selected", n = format::grouped(project.selection.len() as i64));
                ui.add(Label::new(RichText::new(words).weak()).truncate());
            }
        });
    });
    if !one_row {
        ui.horizontal_wrapped(|ui| filter_ui(ui, project, &mut view.list.spec, 96.0));
    }
}

fn header_ui(ui: &mut Ui, list: &mut ListView, column: Column, name: &'static str, hint: &'static str) {
    let sorted = list.spec.by == column;
    let text = RichText::new(told(name)).small();
    let text = if sorted { text.strong() } else { text.weak() };
    let hint = tr!("{hint}. Sorts by it; again, the other way round", hint = told(hint));
    let button = ui.add(Button::new(text).frame(false)).on_hover_text(hint);
    let name = told(name).trim_end_matches('.').to_lowercase();
    let words = match (sorted, list.spec.descending) {
        (false, _) => tr!("Sort by {column}", column = name),
        (true, false) => tr!("Sort by {column}, ascending", column = name),
        (true, true) => tr!("Sort by {column}, descending", column = name),
    };
    button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, sorted, &words));
    if sorted {
        arrow(ui, button.rect.right_center(), list.spec.descending);
    }
    if button.clicked() {
        list.spec.descending = sorted && !list.spec.descending;
        list.spec.by = column;
    }
}

/// A small triangle that tells the order.
fn arrow(ui: &Ui, at: egui::Pos2, descending: bool) {
    let (base, tip) = if descending { (-2.0, 3.0) } else { (2.0, -3.0) };
    let at = at + Vec2::new(8.0, 0.0);
    let corners = vec![at + Vec2::new(-4.0, base), at + Vec2::new(4.0, base), at + Vec2::new(0.0, tip)];
    ui.painter().add(Shape::convex_polygon(corners, ui.visuals().text_color(), egui::Stroke::NONE));
}

fn row_ui(row: &mut TableRow<'_, '_>, project: &OpenProject, annotation: &Annotation) -> Response {
    let class = project.document.legend.class(annotation.class);
    let class_name = class.map_or(tr!("unknown class"), |class| class.name.as_str());
    let facts = project.derived.flags.of(annotation.id);
    let area =
        format::hectares(facts.map_or_else(|| crate::labels::area_ha(&annotation.geometry), |f| f.drawn_ha));
    let pixels =
        facts.and_then(Facts::pure_pixels).map_or("…".into(), |pixels| format::grouped(pixels as i64));
    let confidence = confidence_words(annotation.confidence);
    let flags = flag_words(project, annotation).join("; ");
    for (column, name, ..) in columns(project) {
        let (_, cell) = row.col(|ui| match column {
            Column::Id => text(ui, RichText::new(annotation.id.to_string()).monospace().weak()),
            Column::Class => {
                widgets::swatch(ui, class.map_or([128; 3], |class| class.colour));
                text(ui, class_name);
            }
            Column::Area => number(ui, &area),
            Column::PurePixels => number(ui, &pixels),
            Column::Flags => {
                let colour = ui.visuals().warn_fg_color;
                text(ui, RichText::new(&flags).color(colour));
            }
            Column::Confidence => text(ui, confidence),
            Column::Site => text(ui, sites_of(annotation, project.derived.listing.sites()).join(", ")),
            Column::Author => text(ui, annotation.author.as_deref().unwrap_or("–")),
            Column::Created => {
                let created = annotation.created.as_deref().unwrap_or("–");
                // RFC 3339: the day comes first.
                text(ui, created.split('T').next().unwrap_or(created));
            }
            Column::Note => text(ui, annotation.note.as_deref().unwrap_or("").replace('\n', " ")),
        });
        // A cell can be clicked, so it can be reached by Tab and must say what it is.
        let told = tr!("{column} of annotation {id}", column = name, id = annotation.id);
        cell.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Cell, true, &told));
    }
    let response = row.response();
    let selected = project.selection.contains(&annotation.id);
    response.widget_info(|| {
        let mut told = tr!(
            "Annotation {id}, {class_name}, {area}, {pixels} pure pixels, {confidence}",
            id = annotation.id,
            class_name = class_name,
            area = area,
            pixels = pixels,
            confidence = confidence
        );
        if !flags.is_empty() {
            told += &format!(", {flags}");
        }
        egui::WidgetInfo::selected(egui::Role::Row, true, selected, told)
    });
    response
}

fn text(ui: &mut Ui, text: impl Into<egui::WidgetText>) {
    ui.add(Label::new(text).truncate().selectable(false));
}

fn number(ui: &mut Ui, text: &str) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.add(Label::new(RichText::new(text).monospace()).selectable(false));
    });
}
