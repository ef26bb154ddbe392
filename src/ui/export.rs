//! The question what labels to export, and where to.

use super::dialogs::{Dialogs, answer_ui, path_ui};
use super::{tokens, widgets};
use crate::app::{AppState, Command, ExportRequest};
use crate::labels::{ExportFormat, ExportWhat};
use crate::ui::words::tr;
use egui::{ComboBox, RichText, Ui};
use std::path::{Path, PathBuf};

/// What is asked for so far.
#[derive(Clone, Default)]
pub struct ExportForm {
    file: String,
    what: ExportWhat,
    /// One site; all where `None`.
    site: Option<String>,
    in_site_crs: bool,
    replace: bool,
}

impl ExportForm {
    /// Takes the file that was chosen in a dialog of the system, which has asked whether to replace it.
    pub fn take(&mut self, file: &Path) {
        self.file = file.display().to_string();
        self.replace = true;
    }

    fn request(&self) -> ExportRequest {
        let file = PathBuf::from(self.file.trim());
        ExportRequest {
            what: self.what,
            in_site_crs: self.in_site_crs && ExportFormat::of(&file) == Some(ExportFormat::GeoPackage),
            file,
            site: self.site.clone(),
            replace: self.replace,
        }
    }
}

/// Paints the question; gives the command once it is answered, and whether it was given up.
pub(super) fn export_ui(
    ui: &mut Ui,
    state: &AppState,
    form: &mut ExportForm,
    dialogs: &Dialogs,
) -> (Option<Command>, bool) {
    row(ui, tr!("What"), |ui| {
        ui.radio_value(&mut form.what, ExportWhat::Annotations, tr!("Annotations"))
            .on_hover_text(tr!("As they are drawn"));
        ui.radio_value(&mut form.what, ExportWhat::Cores, tr!("Cores"))
            .on_hover_text(tr!("What is left after the inward buffer, on the grid of each site"));
    });
    let sites = state.project.as_ref().map_or(&[][..], |project| &project.document.sites);
    if sites.len() > 1 {
        row(ui, tr!("Sites"), |ui| {
            let chosen = form.site.clone().unwrap_or_else(|| tr!("all").into());
            ComboBox::from_id_salt("sites to export").selected_text(chosen).show_ui(ui, |ui| {
                ui.selectable_value(&mut form.site, None, tr!("all"));
                for site in sites {
                    ui.selectable_value(&mut form.site, Some(site.name.clone()), &site.name);
                }
            });
        });
    }
    let before = form.file.clone();
    path_ui(ui, tr!("File"), &mut form.file, |ui| {
        let name = match form.what {
            ExportWhat::Annotations => "annotations.gpkg",
            ExportWhat::Cores => "cores.gpkg",
        };
        dialogs.browse_export(ui.ctx(), name);
    });
    if form.file != before {
        // Whoever typed another name has not been asked about that one.
        form.replace = false;
    }
    let format = ExportFormat::of(Path::new(form.file.trim()));
    row(ui, tr!("System"), |ui| match format {
        Some(ExportFormat::GeoPackage) => {
            ui.radio_value(&mut form.in_site_crs, false, tr!("WGS 84"));
            ui.radio_value(&mut form.in_site_crs, true, tr!("That of the sites"));
        }
        Some(ExportFormat::GeoJson) => {
            ui.label(RichText::new(tr!("WGS 84, as GeoJSON always is")).weak());
        }
        None => {
            ui.label(RichText::new(tr!("End the name in .gpkg or .geojson")).weak());
        }
    });
    ui.checkbox(&mut form.replace, tr!("Replace a file that is there"));
    answer_ui(ui, tr!("Export"), format.is_some(), || Command::ExportLabels(form.request()))
}

fn row(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        widgets::left_name(ui, tokens::NAMES, name);
        content(ui);
    });
}
