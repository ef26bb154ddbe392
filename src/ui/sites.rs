//! The list of sites: short ones whole, long ones with a filter and only the rows in view; and choosing several, to map them.

use super::view::View;
use super::{tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::ui::words::tr;
use egui::{Checkbox, ComboBox, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};
use std::collections::BTreeSet;

/// Sites that are being chosen, to be mapped.
#[derive(Default)]
pub struct SitesView {
    /// Those that are chosen; `None` while nothing is to be chosen.
    chosen: Option<BTreeSet<String>>,
    /// The model to map them with; the newest unless chosen.
    model: Option<String>,
}

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
    choose_ui(ui, project, view);
    ui.horizontal_wrapped(|ui| {
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
        if sites.len() > 1 && view.sites.chosen.is_none() {
            let can = project.folder.read_only().is_none() && !project.models.is_empty();
            let hint = tr!("Chooses several sites, to map them one after the other with one model");
            let map = ui.add_enabled(can, egui::Button::new(tr!("Map sites…")).small());
            let map = map.on_hover_text(hint);
            if map.on_disabled_hover_text(tr!("There is no model yet")).clicked() {
                view.sites.chosen = Some(BTreeSet::new());
            }
        }
    });
}

/// Which sites to map, and with what.
fn choose_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(mut chosen) = view.sites.chosen.take() else { return };
    let sites = &project.document.sites;
    chosen.retain(|name| project.document.site(name).is_some());
    ui.add_space(tokens::GRID);
    let known = |name: &&String| project.models.iter().any(|model| model.name == **name);
    let newest = || project.models.first().map(|model| model.name.clone());
    let mut model = view.sites.model.as_ref().filter(known).cloned().or_else(newest).unwrap_or_default();
    let combo = ComboBox::from_id_salt("model for sites").selected_text(&model).width(180.0).truncate();
    let response = combo.show_ui(ui, |ui| {
        for other in &project.models {
            ui.selectable_value(&mut model, other.name.clone(), &other.name);
        }
    });
    let name = || WidgetInfo::labeled(Role::ComboBox, true, tr!("Model to map the sites with"));
    response.response.widget_info(name);
    let mut done = false;
    ui.horizontal_wrapped(|ui| {
        let words = tr!("Map {n} sites", n = chosen.len());
        let hint = tr!("Maps them one after the other; a map of this model that is there is replaced");
        if widgets::primary(ui, !chosen.is_empty(), &words).on_hover_text(hint).clicked() {
            let sites =
                sites.iter().map(|site| site.name.clone()).filter(|name| chosen.contains(name)).collect();
            let model = Some(model.clone());
            view.send(Command::MapSites { model, sites: Some(sites), bf16: None, resume: true });
            view.queue.open = true;
            done = true;
        }
        if ui.button(tr!("Choose all")).clicked() {
            chosen = sites.iter().map(|site| site.name.clone()).collect();
        }
        done |= ui.button(tr!("Not now")).clicked();
    });
    view.sites.model = Some(model);
    view.sites.chosen = (!done).then_some(chosen);
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
    let chosen = view.sites.chosen.as_ref().map(|chosen| chosen.contains(name));
    let Some(mut on) = chosen else { return name_ui(ui, name, shown, view) };
    ui.horizontal(|ui| {
        let response = ui.add(Checkbox::without_text(&mut on));
        let called = tr!("Map {site} too", site = name);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &called));
        if response.changed()
            && let Some(chosen) = &mut view.sites.chosen
        {
            let _ = if on { chosen.insert(name.into()) } else { chosen.remove(name) };
        }
        name_ui(ui, name, shown, view);
    });
}

fn name_ui(ui: &mut Ui, name: &str, shown: Option<&str>, view: &mut View) {
    let chosen = shown == Some(name);
    let button = egui::Button::selectable(chosen, name).truncate().min_size(egui::vec2(0.0, tokens::TARGET));
    if ui.add(button).clicked() && !chosen {
        view.send(Command::ShowSite(name.to_string()));
    }
}
