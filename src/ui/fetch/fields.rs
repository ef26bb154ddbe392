//! What is asked: of which area or sites, when, from which catalogue, and what of it.

use super::form::{From, Of, around};
use crate::app::OpenProject;
use crate::ui::dialogs::path_ui;
use crate::ui::stores::{StoreFor, any_path_ui};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::widgets::{self, left_name};
use crate::ui::words::tr;
use egui::{Checkbox, RichText, ScrollArea, TextEdit, Ui};
use lucide_icons::Icon;
use std::collections::BTreeSet;

/// Width of a field for a number or a day.
const SHORT: f32 = 96.0;
/// Height of a list of sites.
const SITES: f32 = 140.0;

pub fn fields_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    of_ui(ui, project, view);
    match view.area.form.of {
        Of::Area => where_ui(ui, project, view),
        Of::Chips => {
            let words = tr!(
                "The area of each site is its own. Its cube becomes the series; annotations stay where they are. A site that \
                 has a series already is passed over."
            );
            ui.label(RichText::new(words).small().weak());
        }
        Of::Sites(_) => sites_ui(ui, project, view),
    }
    ui.separator();
    when_ui(ui, view);
    ui.separator();
    catalogue_ui(ui, view);
    what_ui(ui, view);
}

/// An area, or sites that are there.
fn of_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if project.document.sites.is_empty() {
        view.area.form.of = Of::Area;
        return;
    }
    ui.horizontal(|ui| {
        left_name(ui, tokens::NAMES, tr!("Imagery of"));
        let form = &mut view.area.form;
        if ui.selectable_label(form.of == Of::Area, tr!("An area")).clicked() {
            form.of = Of::Area;
        }
        let hint = tr!("A series for each site that was made of labelled chips");
        if ui.selectable_label(form.of == Of::Chips, tr!("Sites of chips")).on_hover_text(hint).clicked() {
            form.of = Of::Chips;
        }
        let chosen = matches!(form.of, Of::Sites(_));
        if ui.selectable_label(chosen, tr!("Chosen sites")).clicked() && !chosen {
            form.of = Of::Sites(BTreeSet::new());
        }
    });
}

fn where_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let form = &mut view.area.form;
    field_ui(ui, tr!("Site"), &mut form.site, tr!("a name; one that is there gets a new cube"));
    ui.horizontal(|ui| {
        left_name(ui, tokens::NAMES, tr!("Area"));
        let draws = view.area.map.drawing;
        let draw = ui.add(widgets::icon_text(Icon::SquareDashed, tr!("Draw")).selected(draws));
        widgets::named(&draw, tr!("Draw"));
        if draw.on_hover_text(tr!("Then drag from one corner to the other on the map")).clicked() {
            view.area.map.drawing = !draws;
        }
        if ui.button(tr!("In view")).on_hover_text(tr!("Takes what the map shows")).clicked()
            && let Some(seen) = view.area.map.seen
        {
            form.take(seen);
        }
        let selected = around(project);
        let hint = tr!("Takes the extent of the selected annotations");
        let button = egui::Button::new(tr!("Selected"));
        if ui.add_enabled(selected.is_some(), button).on_hover_text(hint).clicked()
            && let Some(selected) = selected
        {
            form.take(selected);
            view.area.map.target = Some(selected);
        }
    });
    let before = form.corners();
    for row in [
        [(tr!("West"), &mut form.west), (tr!("East"), &mut form.east)],
        [(tr!("South"), &mut form.south), (tr!("North"), &mut form.north)],
    ] {
        ui.horizontal(|ui| {
            ui.add_space(tokens::NAMES + ui.spacing().item_spacing.x);
            for (name, text) in row {
                let response = ui.add(TextEdit::singleline(text).desired_width(SHORT).hint_text(name));
                widgets::named_field(&response, name, name, text);
                ui.label(RichText::new("°").weak());
            }
        });
    }
    if let Some(corners) = form.corners().filter(|corners| before.is_some_and(|before| before != *corners)) {
        view.area.map.target = Some(corners);
    }
    let dialogs = &view.dialogs;
    any_path_ui(ui, tr!("or a file"), &mut form.file, dialogs, StoreFor::Area, |ui| {
        dialogs.browse_area(ui.ctx());
    });
}

/// Which of the sites that are there.
fn sites_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Of::Sites(chosen) = &mut view.area.form.of else { return };
    chosen.retain(|name| project.document.site(name).is_some());
    let sites = &project.document.sites;
    let row = tokens::TARGET;
    ScrollArea::vertical().id_salt("fetch-sites").max_height(SITES).show_rows(
        ui,
        row,
        sites.len(),
        |ui, rows| {
            ui.set_width(ui.available_width());
            for site in &sites[rows] {
                let mut on = chosen.contains(&site.name);
                if ui.add(Checkbox::new(&mut on, &site.name)).changed() {
                    match on {
                        true => drop(chosen.insert(site.name.clone())),
                        false => drop(chosen.remove(&site.name)),
                    }
                }
            }
        },
    );
    let words = tr!("A site that has a series already is passed over.");
    ui.label(RichText::new(words).small().weak());
}

fn when_ui(ui: &mut Ui, view: &mut View) {
    let form = &mut view.area.form;
    let hint = tr!("Days as 2022-01-31; a period is month, 14d (so many days), or none");
    ui.horizontal(|ui| {
        for (name, text, example, width) in [
            (tr!("From"), &mut form.from, "2022-01-01", tokens::NAMES),
            (tr!("To"), &mut form.to, "2022-12-31", 44.0),
        ] {
            let label = left_name(ui, width, name);
            ui.add(TextEdit::singleline(text).desired_width(SHORT).hint_text(example))
                .labelled_by(label.id)
                .on_hover_text(hint);
        }
    });
    ui.horizontal(|ui| {
        let label = left_name(ui, tokens::NAMES, tr!("Period"));
        ui.add(TextEdit::singleline(&mut form.period).desired_width(SHORT).hint_text("month"))
            .labelled_by(label.id)
            .on_hover_text(hint);
    });
}

fn catalogue_ui(ui: &mut Ui, view: &mut View) {
    let form = &mut view.area.form;
    for (i, row) in From::ALL.chunks(2).enumerate() {
        ui.horizontal(|ui| {
            left_name(ui, tokens::NAMES, if i == 0 { tr!("Catalogue") } else { "" });
            for from in row {
                ui.selectable_value(&mut form.catalogue, *from, from.title());
            }
        });
    }
    match form.catalogue {
        From::Url => {
            field_ui(ui, tr!("STAC API"), &mut form.address, "https://…");
            headers_ui(ui, &mut form.headers);
        }
        From::Disk => {
            let dialogs = &view.dialogs;
            path_ui(ui, tr!("Folder"), &mut form.folder, |ui| dialogs.browse_catalogue(ui.ctx()));
        }
        From::PlanetaryComputer | From::EarthSearch => {}
    }
    field_ui(ui, tr!("Collection"), &mut form.collection, tr!("sentinel-2-l2a unless given"));
}

/// Headers that a server wants. Their values are not shown.
fn headers_ui(ui: &mut Ui, headers: &mut Vec<(String, String)>) {
    let mut gone = None;
    for (i, (name, value)) in headers.iter_mut().enumerate() {
        ui.horizontal(|ui| {
            left_name(ui, tokens::NAMES, if i == 0 { tr!("Headers") } else { "" });
            let field = TextEdit::singleline(name).desired_width(110.0).hint_text("X-API-Key");
            let response = ui.add(field);
            widgets::named_field(&response, tr!("Name of the header"), "X-API-Key", name);
            let width = ui.available_width() - tokens::ICON_BUTTON - 3.0 * tokens::GRID;
            let field = TextEdit::singleline(value).password(true).desired_width(width);
            let response = ui
                .add(field.hint_text(tr!("value")))
                .on_hover_text(tr!("Kept only while the window is open"));
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::PasswordInput, true, tr!("Value of the header"))
            });
            let hint = tr!("Takes the header away");
            if widgets::icon_button(ui, Icon::X, tr!("Remove the header"), hint).clicked() {
                gone = Some(i);
            }
        });
    }
    if let Some(i) = gone {
        headers.remove(i);
    }
    ui.horizontal(|ui| {
        left_name(ui, tokens::NAMES, if headers.is_empty() { tr!("Headers") } else { "" });
        let hint = tr!("For a server that wants a key or a token. Values go to that server alone");
        if ui.small_button(tr!("Add a header")).on_hover_text(hint).clicked() {
            headers.push(Default::default());
        }
    });
}

fn what_ui(ui: &mut Ui, view: &mut View) {
    let form = &mut view.area.form;
    field_ui(ui, tr!("Bands"), &mut form.bands, tr!("those that see land unless given, such as B04,B08"));
    ui.horizontal(|ui| {
        let label = left_name(ui, tokens::NAMES, tr!("Clouds"));
        ui.label(RichText::new(tr!("at most")).weak());
        ui.add(TextEdit::singleline(&mut form.cloud).desired_width(44.0).hint_text("100"))
            .labelled_by(label.id)
            .on_hover_text(tr!("Scenes of which clouds cover more are left out, in percent"));
        ui.label(RichText::new("%").weak());
    });
    ui.horizontal(|ui| {
        let label = left_name(ui, tokens::NAMES, tr!("Grid"));
        ui.add(TextEdit::singleline(&mut form.crs).desired_width(130.0).hint_text(tr!("UTM of the area")))
            .labelled_by(label.id)
            .on_hover_text(tr!("The coordinate system, such as EPSG:6362"));
        let response = ui.add(TextEdit::singleline(&mut form.resolution).desired_width(52.0).hint_text("10"));
        let name = tr!("Side of a pixel");
        widgets::named_field(&response, name, "10", &form.resolution);
        response.on_hover_text(tr!("In units of the coordinate system; that of the sensor unless given"));
        // Of another coordinate system the unit is not known here.
        if form.crs.trim().is_empty() {
            ui.label(RichText::new("m").weak());
        }
    });
}

fn field_ui(ui: &mut Ui, name: &str, text: &mut String, hint: &str) {
    ui.horizontal(|ui| {
        let label = left_name(ui, tokens::NAMES, name);
        ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY).hint_text(hint)).labelled_by(label.id);
    });
}
