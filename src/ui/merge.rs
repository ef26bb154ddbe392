//! The question which maps to merge, and where to.

use super::dialogs::{Dialogs, answer_ui, path_ui};
use super::tokens;
use super::words::tr;
use crate::app::{AppState, Command, MergeRequest, OpenProject};
use egui::{ComboBox, RichText, TextEdit, Ui, WidgetInfo};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is asked for so far.
#[derive(Clone, Default)]
pub struct MergeForm {
    map: Option<String>,
    /// Sites that are left out.
    without: BTreeSet<String>,
    crs: String,
    resolution: String,
    file: String,
    replace: bool,
}

impl MergeForm {
    /// Takes what was chosen in a dialog of the system, which has asked whether to replace it.
    pub fn take(&mut self, file: &Path) {
        self.file = file.display().to_string();
        self.replace = true;
    }

    fn request(&self, project: &OpenProject) -> MergeRequest {
        let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
        let sites = project.document.sites.iter().map(|site| site.name.clone());
        MergeRequest {
            map: self.map.clone(),
            // All that have this map, unless some are left out.
            sites: match self.without.is_empty() {
                true => Vec::new(),
                false => sites.filter(|site| !self.without.contains(site)).collect(),
            },
            crs: given(&self.crs),
            // What is no number is refused with a sentence.
            resolution: given(&self.resolution).map(|text| text.parse().unwrap_or(f64::NAN)),
            overlap: None,
            file: PathBuf::from(self.file.trim()),
            replace: self.replace,
        }
    }
}

/// Paints the question; gives the command once it is answered, and whether it was given up.
pub(super) fn merge_ui(
    ui: &mut Ui,
    state: &AppState,
    form: &mut MergeForm,
    dialogs: &Dialogs,
) -> (Option<Command>, bool) {
    let Some(project) = &state.project else { return (None, true) };
    let names = project.map_names();
    let map = form.map.get_or_insert_with(|| names.first().cloned().unwrap_or_default());
    row_ui(ui, tr!("Map"), |ui| {
        let combo = ComboBox::from_id_salt("map to merge").selected_text(map.as_str()).width(280.0);
        let response = combo.show_ui(ui, |ui| {
            for name in names {
                ui.selectable_value(map, name.clone(), name.as_str());
            }
        });
        response
            .response
            .widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, tr!("Map to merge")));
    });
    row_ui(ui, tr!("Sites"), |ui| {
        egui::ScrollArea::vertical().max_height(140.0).show(ui, |ui| {
            for site in &project.document.sites {
                let mut taken = !form.without.contains(&site.name);
                if ui.checkbox(&mut taken, &site.name).changed() {
                    match taken {
                        true => form.without.remove(&site.name),
                        false => form.without.insert(site.name.clone()),
                    };
                }
            }
        });
    });
    for (name, text, hint) in [
        (tr!("System"), &mut form.crs, tr!("EPSG code; that of the first site unless given")),
        (tr!("Pixel"), &mut form.resolution, tr!("side in units of the system; the finest unless given")),
    ] {
        ui.horizontal(|ui| {
            let label = ui.add_sized([80.0, tokens::TARGET], egui::Label::new(RichText::new(name).weak()));
            ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY).hint_text(hint))
                .labelled_by(label.id);
        });
    }
    let before = form.file.clone();
    path_ui(ui, tr!("File"), &mut form.file, |ui| dialogs.browse_merge(ui.ctx()));
    if form.file != before {
        // Whoever typed another name has not been asked about that one.
        form.replace = false;
    }
    let words = tr!(
        "A .tif is a COG on the pixels of the system; a .vrt points at the maps and needs them on one lattice. Where sites \
         overlap, the map that is more certain counts in a .tif, and the first of the list in a .vrt."
    );
    ui.label(RichText::new(words).small().weak());
    ui.checkbox(&mut form.replace, tr!("Replace what is there"));
    let some = project.document.sites.iter().any(|site| !form.without.contains(&site.name));
    let ready = some && !form.file.trim().is_empty();
    answer_ui(ui, tr!("Merge"), ready, || Command::MergeMaps(form.request(project)))
}

fn row_ui(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        ui.add_sized([80.0, tokens::TARGET], egui::Label::new(RichText::new(name).weak()));
        ui.vertical(content);
    });
}
