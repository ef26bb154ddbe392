//! Comparing a model's map of the site on screen with another one: the choice, and which class became which.

use crate::app::{Command, ModelEntry, OpenProject};
use crate::jobs::Differences;
use crate::labels::Translation;
use crate::project::CompareMode;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, widgets};
use egui::{ComboBox, Grid, Label, RichText, Role, Ui, WidgetInfo};

/// More rows tell less.
const ROWS: usize = 12;

/// Chooses another map of the site, which the map of this model is compared with.
pub fn compare_maps_ui(ui: &mut Ui, project: &OpenProject, model: &ModelEntry, view: &mut View) {
    let names = project.map_names();
    if !names.contains(&model.name) || names.len() < 2 {
        return;
    }
    let mut chosen = None;
    let combo = ComboBox::from_id_salt((&model.name, "compare maps"));
    let response = combo.selected_text(tr!("Compare maps with…")).show_ui(ui, |ui| {
        for other in names.iter().filter(|other| **other != model.name) {
            if ui.selectable_label(false, other).clicked() {
                chosen = Some(other.clone());
            }
        }
    });
    let name = || WidgetInfo::labeled(Role::ComboBox, true, tr!("Compare maps with…"));
    response.response.widget_info(name);
    if let Some(other) = chosen {
        view.map.calendar.open = false;
        view.send(Command::ShowMap(model.name.clone()));
        let mut comparison = project.comparing(CompareMode::Differences);
        (comparison.main_map, comparison.other_map) = (true, Some(other));
        view.send(Command::Compare(comparison));
    }
}

/// Which class became which, in hectares, while the differences of two maps are on screen.
pub fn changes_ui(ui: &mut Ui, project: &OpenProject, view: &View) {
    if project.document.view.comparison.mode != CompareMode::Differences {
        return;
    }
    let (Some(a), Some(b)) = (project.map(), project.other_map()) else { return };
    let Some(found) = view.map.compare.differences() else { return };
    widgets::section(ui, &tr!("From {from} to {to}", from = a.name, to = b.name));
    table_ui(ui, project, [&a.name, &b.name], found);
    let differ = found.table.iter().map(|(_, extent)| extent.ha).sum();
    let words = tr!(
        "{share} of the site differ, {ha}; pixels without a class on either map are not counted.",
        share = format::percent(found.site.share()),
        ha = format::hectares(differ)
    );
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
}

fn table_ui(ui: &mut Ui, project: &OpenProject, maps: [&str; 2], found: &Differences) {
    let classes = maps.map(|map| {
        let own = project.own_classes(map).unwrap_or_default();
        Translation::new(own, &project.document.legend).classes
    });
    let name = |side: usize, code: u8| {
        let class = classes[side].iter().find(|class| class.code == code);
        class.map_or_else(|| code.to_string(), |class| class.name.clone())
    };
    Grid::new("changes").num_columns(3).spacing([12.0, 3.0]).min_row_height(0.0).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        for title in [maps[0], maps[1], tr!("hectares")] {
            ui.label(RichText::new(title).small().weak());
        }
        ui.end_row();
        for ((from, to), extent) in found.table.iter().take(ROWS) {
            ui.label(RichText::new(name(0, *from)).small());
            ui.label(RichText::new(name(1, *to)).small());
            let ha = format::hectares(extent.ha);
            ui.label(RichText::new(ha).small().monospace());
            ui.end_row();
        }
    });
    if found.table.len() > ROWS {
        ui.label(RichText::new(tr!("and {n} more", n = found.table.len() - ROWS)).small().weak());
    }
}
