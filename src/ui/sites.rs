//! The list of sites: short ones whole, long ones with a filter and only the rows in view.

use super::view::View;
use super::{tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::ui::words::tr;
use egui::{RichText, ScrollArea, TextEdit, Ui};

/// Of more sites than this the list scrolls and can be filtered.
const MANY: usize = 12;
/// Rows of a long list that are in view.
const ROWS: f32 = 11.0;

pub fn sites_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let sites = &project.document.sites;
    let title = if sites.len() > 1 { tr!("Sites ({n})", n = sites.len()) } else { tr!("Sites").into() };
    widgets::section(ui, &title);
    if sites.is_empty() {
        ui.label(RichText::new(tr!("No imagery yet.")).weak());
    }
    let shown = project.site.as_ref().map(|s| s.name.as_str());
    if sites.len() > MANY {
        long_ui(ui, project, shown, view);
    } else {
        for site in sites {
            row_ui(ui, &site.name, shown, view);
        }
    }
    ui.horizontal(|ui| {
        if sites.len() > 1 && shown.is_some() {
            let hint = tr!("Shows where all sites lie; a click on one shows it");
            if ui.small_button(tr!("All sites")).on_hover_text(hint).clicked() {
                view.send(Command::ShowAllSites);
            }
        }
        if let Some(name) = shown {
            let can = project.folder.read_only().is_none();
            let remove = ui.add_enabled(can, egui::Button::new(tr!("Remove…")).small());
            if remove.on_hover_text(tr!("Takes {name} off the list", name = name)).clicked() {
                view.dialogs.ask_remove(name);
            }
        }
    });
}

fn long_ui(ui: &mut Ui, project: &OpenProject, shown: Option<&str>, view: &mut View) {
    let filter =
        TextEdit::singleline(&mut view.site_filter).hint_text(tr!("filter")).desired_width(f32::INFINITY);
    let response = ui.add(filter).on_hover_text(tr!("Shows only sites with this in their names"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr!("Filter sites")));
    let wanted = view.site_filter.trim().to_lowercase();
    let sites = &project.document.sites;
    let found: Vec<&str> = sites
        .iter()
        .map(|site| site.name.as_str())
        .filter(|name| wanted.is_empty() || name.to_lowercase().contains(&wanted))
        .collect();
    if found.is_empty() {
        ui.label(RichText::new(tr!("No site has this in its name.")).weak());
        return;
    }
    let row = tokens::TARGET + ui.spacing().item_spacing.y;
    let mut scroll =
        ScrollArea::vertical().id_salt("sites").max_height(ROWS * row).auto_shrink([false, true]);
    // A site that came on screen by map or key comes into view here too.
    if shown.map(str::to_string) != view.site_in_list {
        view.site_in_list = shown.map(str::to_string);
        if let Some(at) = found.iter().position(|name| Some(*name) == shown) {
            scroll = scroll.vertical_scroll_offset((at as f32 - ROWS / 2.0).max(0.0) * row);
        }
    }
    scroll.show_rows(ui, tokens::TARGET, found.len(), |ui, rows| {
        for name in &found[rows] {
            row_ui(ui, name, shown, view);
        }
    });
}

fn row_ui(ui: &mut Ui, name: &str, shown: Option<&str>, view: &mut View) {
    let chosen = shown == Some(name);
    let button = egui::Button::selectable(chosen, name).truncate().min_size(egui::vec2(0.0, tokens::TARGET));
    if ui.add(button).clicked() && !chosen {
        view.send(Command::ShowSite(name.to_string()));
    }
}
