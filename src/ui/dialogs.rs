//! File dialogs of the system, on threads of their own, and the few questions that need more than a file.

mod again;
mod legend;
use super::chips::{ChipsForm, chips_ui};
use super::export::{ExportForm, export_ui};
use super::export_model::{ModelExportForm, export_model_ui};
use super::fetch;
use super::merge::{MergeForm, merge_ui};
use super::stores::StoreFor;
use super::view::View;
use super::words::{tr, tr_word};
use super::{tokens, widgets};
use crate::app::{AppState, Command};
use crate::chart::ChartFormat;
use crate::labels::Preset;
use crate::model::exchange::ModelFormat;
use egui::{Id, Modal, RichText, TextEdit, Ui};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

/// What was chosen in a dialog of the system.
pub enum Chosen {
    /// A project to open.
    Open(PathBuf),
    /// Where to make a project.
    NewFolder(PathBuf),
    /// Label files to import.
    Labels(Vec<PathBuf>),
    /// Where to export labels.
    Export(PathBuf),
    /// A folder of chips.
    Chips(PathBuf),
    /// Where to write a merged map.
    Merge(PathBuf),
    /// Points or answers of a reference sample, or where to write one.
    Reference(PathBuf),
    /// Where to write areas.
    Areas(PathBuf),
    /// Where to copy a report.
    Report(PathBuf),
    /// Where to export a model.
    ModelExport(PathBuf),
    /// A file of polygons to fetch imagery of.
    Area(PathBuf),
    /// The folder of a catalogue.
    Catalogue(PathBuf),
    /// Folders or files of images.
    Imagery(Vec<PathBuf>),
    /// A table of dates.
    Dates(PathBuf),
    /// A file of a legend.
    Legend(PathBuf),
    /// To look into a store, and for what.
    Store(StoreFor),
    /// A map to take in.
    MapIn(PathBuf),
    /// A list of its classes.
    ClassList(PathBuf),
    /// Where to export series, and whether the system has asked to replace what is there.
    Series(PathBuf, bool),
}

/// A question on screen.
enum Question {
    Open { path: String },
    New { folder: String, name: String, preset: Preset },
    Remove { site: String, files: bool },
    Export(ExportForm),
    DeleteModel { name: String, maps_too: bool },
    MapAgain(again::AgainForm),
    ExportModel(ModelExportForm),
    Merge(MergeForm),
    Chips(ChipsForm),
    SaveAreas { file: String, replace: bool },
    SaveReport { report: PathBuf, file: String, replace: bool },
}

/// Dialogs that are open.
pub struct Dialogs {
    sender: Sender<Chosen>,
    chosen: Receiver<Chosen>,
    question: Option<Question>,
    legend: Option<legend::Question>,
    /// What was asked for last, so that a refusal costs no typing.
    last_export: ExportForm,
}

impl Default for Dialogs {
    fn default() -> Self {
        let (sender, chosen) = channel();
        Self { sender, chosen, question: None, legend: None, last_export: ExportForm::default() }
    }
}

impl Dialogs {
    /// What was chosen since the last frame. Never waits.
    pub fn poll(&mut self) -> Option<Chosen> {
        self.chosen.try_recv().ok()
    }

    /// What was chosen in the window itself.
    pub(super) fn choose(&self, chosen: Chosen) {
        // The other end lives as long.
        let _ = self.sender.send(chosen);
    }

    /// Looks into a store for a path.
    pub(super) fn browse_store(&self, ctx: &egui::Context, target: StoreFor) {
        self.choose(Chosen::Store(target));
        ctx.request_repaint();
    }

    /// Whether a question is on screen.
    pub fn is_open(&self) -> bool {
        self.question.is_some() || self.legend.is_some()
    }

    /// Asks which project to open.
    pub fn ask_open(&mut self) {
        self.question = Some(Question::Open { path: String::new() });
    }

    /// Asks where to make a project.
    pub fn ask_new(&mut self) {
        self.question =
            Some(Question::New { folder: String::new(), name: String::new(), preset: Preset::default() });
    }

    /// Asks what labels to export, and where to.
    pub fn ask_export(&mut self) {
        self.question = Some(Question::Export(self.last_export.clone()));
    }

    /// A file for an export was chosen; the system has asked whether one that is there is to be replaced.
    pub fn export_to(&mut self, file: &Path) {
        if let Some(Question::Export(form)) = &mut self.question {
            form.take(file);
        }
    }

    /// Asks the system where to write an export.
    pub(super) fn browse_export(&self, ctx: &egui::Context, name: &'static str) {
        self.browse(ctx, move || {
            let dialog = rfd::FileDialog::new().set_file_name(name);
            let dialog =
                dialog.add_filter("GeoJSON", &["geojson", "json"]).add_filter("GeoPackage", &["gpkg"]);
            dialog.save_file().map(Chosen::Export)
        });
    }

    /// Asks how a set of chips is to be imported.
    pub fn ask_chips(&mut self) {
        self.question = Some(Question::Chips(ChipsForm::default()));
    }

    /// A folder of chips was chosen.
    pub fn chips_in(&mut self, folder: &Path) {
        if let Some(Question::Chips(form)) = &mut self.question {
            form.take(folder);
        }
    }

    /// Asks the system for a folder of chips.
    pub(super) fn browse_chips(&self, ctx: &egui::Context) {
        self.browse(ctx, || rfd::FileDialog::new().pick_folder().map(Chosen::Chips));
    }

    /// Asks which maps to merge, and where to.
    pub fn ask_merge_maps(&mut self) {
        self.question = Some(Question::Merge(MergeForm::default()));
    }

    /// A file for a merged map was chosen; the system has asked whether one that is there is to be replaced.
    pub fn merge_to(&mut self, file: &Path) {
        if let Some(Question::Merge(form)) = &mut self.question {
            form.take(file);
        }
    }

    /// Asks the system where to write a merged map.
    pub(super) fn browse_merge(&self, ctx: &egui::Context) {
        self.browse(ctx, || {
            let dialog = rfd::FileDialog::new().set_file_name("map.tif");
            dialog.add_filter("GeoTIFF", &["tif"]).add_filter("VRT", &["vrt"]).save_file().map(Chosen::Merge)
        });
    }

    /// Asks the system for a file of polygons.
    pub(super) fn browse_area(&self, ctx: &egui::Context) {
        self.browse(ctx, || rfd::FileDialog::new().pick_file().map(Chosen::Area));
    }

    /// Asks the system for the folder of a catalogue.
    pub(super) fn browse_catalogue(&self, ctx: &egui::Context) {
        self.browse(ctx, || rfd::FileDialog::new().pick_folder().map(Chosen::Catalogue));
    }

    /// Asks the system for a file of a reference sample.
    pub(super) fn browse_reference(&self, ctx: &egui::Context, save: bool) {
        let any = tr!("Points and tables");
        self.browse(ctx, move || {
            let dialog = rfd::FileDialog::new();
            let chosen = match save {
                true => dialog
                    .set_file_name("reference.geojson")
                    .add_filter(any, &["geojson", "gpkg", "csv"])
                    .save_file(),
                false => {
                    dialog.add_filter(any, &["geojson", "json", "gpkg", "csv", "shp", "fgb"]).pick_file()
                }
            };
            chosen.map(Chosen::Reference)
        });
    }

    /// Asks where to write the areas of the map on screen.
    pub fn ask_save_areas(&mut self) {
        self.question = Some(Question::SaveAreas { file: String::new(), replace: false });
    }

    /// A file for areas was chosen; the system has asked whether one that is there is to be replaced.
    pub fn save_areas_to(&mut self, to: &Path) {
        if let Some(Question::SaveAreas { file, replace }) = &mut self.question {
            (*file, *replace) = (to.display().to_string(), true);
        }
    }

    /// Asks where to copy a report, and thereby which of its files.
    pub fn ask_save_report(&mut self, report: &Path) {
        self.question =
            Some(Question::SaveReport { report: report.into(), file: String::new(), replace: false });
    }

    /// A file for a report was chosen; the system has asked whether one that is there is to be replaced.
    pub fn save_report_to(&mut self, to: &Path) {
        if let Some(Question::SaveReport { file, replace, .. }) = &mut self.question {
            (*file, *replace) = (to.display().to_string(), true);
        }
    }

    /// Asks what to write of a model, and where to.
    pub fn ask_export_model(&mut self, name: &str) {
        self.question = Some(Question::ExportModel(ModelExportForm::of(name)));
    }

    /// A place for a model was chosen; the system has asked whether what is there is to be replaced.
    pub fn export_model_to(&mut self, file: &Path) {
        if let Some(Question::ExportModel(form)) = &mut self.question {
            form.take(file);
        }
    }

    /// Asks the system where to write a model.
    pub(super) fn browse_model_export(&self, ctx: &egui::Context, format: ModelFormat, name: String) {
        // The dialog's thread does not know the window's language.
        let stac = tr_word(ModelFormat::Stac.title());
        self.browse(ctx, move || {
            let dialog = rfd::FileDialog::new().set_file_name(name);
            let dialog = match format {
                ModelFormat::Folder => dialog,
                ModelFormat::Onnx => dialog.add_filter("ONNX", &["onnx"]),
                ModelFormat::Stac => dialog.add_filter(stac, &["json"]),
            };
            dialog.save_file().map(Chosen::ModelExport)
        });
    }

    /// Asks the system where to write series.
    pub fn browse_series(&self, ctx: &egui::Context, format: ChartFormat, name: String) {
        self.browse(ctx, move || {
            let dialog = rfd::FileDialog::new().set_file_name(name);
            let dialog = match format {
                ChartFormat::Csv => dialog.add_filter("CSV", &["csv"]),
                ChartFormat::Png => dialog.add_filter("PNG", &["png"]),
                ChartFormat::Svg => dialog.add_filter("SVG", &["svg"]),
            };
            let chosen = dialog.save_file()?;
            // A name without an ending is one of this kind; that one the system has not asked about.
            if ChartFormat::of(&chosen).is_some() {
                return Some(Chosen::Series(chosen, true));
            }
            let mut named = chosen.into_os_string();
            named.push(format!(".{}", format.ending()));
            Some(Chosen::Series(named.into(), false))
        });
    }

    /// Asks whether to take a site off the list.
    pub fn ask_remove(&mut self, site: &str) {
        self.question = Some(Question::Remove { site: site.into(), files: false });
    }

    /// Asks whether to delete a model.
    pub fn ask_delete_model(&mut self, name: &str) {
        self.question = Some(Question::DeleteModel { name: name.into(), maps_too: false });
    }

    /// Asks what becomes of the map of a model, before the site is mapped with it again.
    pub fn ask_map_again(&mut self, model: &str, maps: &[String]) {
        self.question = Some(Question::MapAgain(again::AgainForm::new(model, maps)));
    }

    /// A folder for a new project was chosen.
    pub fn new_project_in(&mut self, path: &Path) {
        if let Some(Question::New { folder, name, .. }) = &mut self.question {
            *folder = path.display().to_string();
            if name.is_empty() {
                *name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            }
        }
    }

    /// Asks the system for folders, or for files, of images.
    pub fn browse_imagery(&self, ctx: &egui::Context, folders: bool) {
        self.browse(ctx, move || {
            let dialog = rfd::FileDialog::new();
            if folders { dialog.pick_folders() } else { dialog.pick_files() }.map(Chosen::Imagery)
        });
    }

    /// Asks the system for files of labels.
    pub fn browse_labels(&self, ctx: &egui::Context) {
        let labels = tr!("Labels");
        self.browse(ctx, move || {
            let vector = ["geojson", "json", "gpkg", "shp", "fgb", "kml", "tif", "tiff"];
            rfd::FileDialog::new().add_filter(labels, &vector).pick_files().map(Chosen::Labels)
        });
    }

    /// Asks the system for a raster of classes.
    pub fn browse_map_in(&self, ctx: &egui::Context) {
        self.browse(ctx, || {
            let dialog = rfd::FileDialog::new().add_filter("GeoTIFF", &["tif", "tiff", "vrt", "img"]);
            dialog.pick_file().map(Chosen::MapIn)
        });
    }

    /// Asks the system for a list of classes.
    pub fn browse_class_list(&self, ctx: &egui::Context) {
        self.browse(ctx, || {
            let dialog = rfd::FileDialog::new().add_filter("JSON", &["json"]);
            dialog.add_filter("CSV, QML", &["csv", "qml"]).pick_file().map(Chosen::ClassList)
        });
    }

    /// Asks the system for a table of dates.
    pub fn browse_dates(&self, ctx: &egui::Context) {
        self.browse(ctx, || {
            let dialog = rfd::FileDialog::new().add_filter("CSV", &["csv", "txt"]);
            dialog.pick_file().map(Chosen::Dates)
        });
    }

    /// Opens a dialog of the system on a thread of its own.
    fn browse(&self, ctx: &egui::Context, choose: impl FnOnce() -> Option<Chosen> + Send + 'static) {
        let (sender, ctx) = (self.sender.clone(), ctx.clone());
        let work = move || {
            if let Some(chosen) = choose() {
                let _ = sender.send(chosen);
                ctx.request_repaint();
            }
        };
        // Where no thread can be had the path can still be typed.
        let _ = std::thread::Builder::new().name("ritmo-dialog".into()).spawn(work);
    }
}

pub fn dialogs_ui(ctx: &egui::Context, state: &AppState, view: &mut View) {
    legend::questions_ui(ctx, state, view);
    let Some(mut question) = view.dialogs.question.take() else { return };
    let mut command = None;
    let mut cancelled = false;
    let modal = Modal::new(Id::unique("question")).show(ctx, |ui| {
        ui.set_width(460.0);
        match &mut question {
            Question::Open { path } => {
                title(ui, tr!("Open a project"));
                path_ui(ui, tr!("Folder"), path, |ui| {
                    view.dialogs.browse(ui.ctx(), || rfd::FileDialog::new().pick_folder().map(Chosen::Open));
                });
                (command, cancelled) = answer_ui(ui, tr!("Open"), !path.trim().is_empty(), || {
                    Command::OpenProject(PathBuf::from(path.trim()))
                });
            }
            Question::New { folder, name, preset } => {
                title(ui, tr!("New project"));
                path_ui(ui, tr!("Folder"), folder, |ui| {
                    view.dialogs
                        .browse(ui.ctx(), || rfd::FileDialog::new().pick_folder().map(Chosen::NewFolder));
                });
                field(ui, tr!("Name"), name);
                preset_ui(ui, preset);
                (command, cancelled) = answer_ui(ui, tr!("Make project"), !folder.trim().is_empty(), || {
                    let legend = preset.legend();
                    let folder = PathBuf::from(folder.trim());
                    let own = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let name = if name.trim().is_empty() { own } else { name.trim().to_string() };
                    Command::NewProject { folder, name, legend }
                });
            }
            Question::Remove { site, files } => {
                title(ui, &tr!("Remove {site}", site = site));
                ui.label(tr!("The site goes off the list of this project. Annotations and maps stay."));
                ui.checkbox(files, tr!("Delete its cube from the disk too"))
                    .on_hover_text(tr!("This cannot be undone"));
                let words = if *files { tr!("Remove and delete") } else { tr!("Remove") };
                (command, cancelled) = answer_ui(ui, words, true, || match *files {
                    true => Command::DeleteSite(site.clone()),
                    false => Command::RemoveSite(site.clone()),
                });
            }
            Question::DeleteModel { name, maps_too } => {
                title(ui, &tr!("Delete {name}", name = name));
                ui.label(tr!("The model is deleted from the disk. This cannot be undone."));
                ui.checkbox(maps_too, tr!("Delete its maps and assessments too"));
                if !*maps_too {
                    let words = tr!(
                        "Maps made with it stay. Whether it learned from an annotation is not known any more when \
                         they are assessed."
                    );
                    ui.label(RichText::new(words).small().weak());
                }
                (command, cancelled) = answer_ui(ui, tr!("Delete"), true, || Command::DeleteModel {
                    name: name.clone(),
                    maps_too: *maps_too,
                });
            }
            Question::MapAgain(form) => (command, cancelled) = again::again_ui(ui, form),
            Question::ExportModel(form) => {
                title(ui, &tr!("Export {name}", name = form.name));
                (command, cancelled) = export_model_ui(ui, form, &view.dialogs);
            }
            Question::Merge(form) => {
                title(ui, tr!("Merge maps"));
                (command, cancelled) = merge_ui(ui, state, form, &view.dialogs);
            }
            Question::Chips(form) => {
                title(ui, tr!("Import chips"));
                let done = chips_ui(ui, state, form, &view.dialogs);
                done.commands.into_iter().for_each(|command| view.send(command));
                cancelled = done.closes;
                if done.series {
                    fetch::show_for_sites(None, view);
                }
            }
            Question::SaveAreas { file, replace } => {
                title(ui, tr!("Save areas"));
                let before = file.clone();
                path_ui(ui, tr!("File"), file, |ui| {
                    view.dialogs.browse(ui.ctx(), || {
                        let dialog = rfd::FileDialog::new().set_file_name("areas.csv");
                        dialog.add_filter("CSV", &["csv"]).save_file().map(Chosen::Areas)
                    });
                });
                *replace &= *file == before;
                ui.checkbox(replace, tr!("Replace what is there"));
                (command, cancelled) = answer_ui(ui, tr!("Save"), !file.trim().is_empty(), || {
                    Command::SaveAreas { file: PathBuf::from(file.trim()), replace: *replace }
                });
            }
            Question::SaveReport { report, file, replace } => {
                title(ui, tr!("Save report"));
                let before = file.clone();
                path_ui(ui, tr!("File"), file, |ui| {
                    let name = report.with_extension("html");
                    let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    view.dialogs.browse(ui.ctx(), || {
                        let dialog = rfd::FileDialog::new().set_file_name(name).add_filter("HTML", &["html"]);
                        let dialog = dialog.add_filter("CSV", &["csv"]).add_filter("JSON", &["json"]);
                        dialog.save_file().map(Chosen::Report)
                    });
                });
                ui.label(RichText::new(tr!("A page (.html), a table (.csv) or a document (.json)")).small().weak());
                *replace &= *file == before;
                ui.checkbox(replace, tr!("Replace what is there"));
                (command, cancelled) = answer_ui(ui, tr!("Save"), !file.trim().is_empty(), || {
                    let file = PathBuf::from(file.trim());
                    Command::SaveReport { report: report.clone(), file, replace: *replace }
                });
            }
            Question::Export(form) => {
                title(ui, tr!("Export labels"));
                (command, cancelled) = export_ui(ui, state, form, &view.dialogs);
                if command.is_some() {
                    view.dialogs.last_export = form.clone();
                }
            }
        }
    });
    if let Some(command) = command {
        view.send(command);
    } else if !cancelled && !modal.should_close() {
        view.dialogs.question = Some(question);
    }
}

/// The legend that a new project begins with.
fn preset_ui(ui: &mut Ui, preset: &mut Preset) {
    ui.horizontal(|ui| {
        widgets::left_name(ui, tokens::NAMES, tr!("Legend"));
        let combo =
            egui::ComboBox::from_id_salt("preset").selected_text(tr_word(preset.title())).width(280.0);
        let response = combo.show_ui(ui, |ui| {
            for other in Preset::ALL {
                ui.selectable_value(preset, other, tr_word(other.title()))
                    .on_hover_text(tr_word(other.explanation()));
            }
        });
        let name = || egui::WidgetInfo::labeled(egui::Role::ComboBox, true, tr!("Legend to begin with"));
        response.response.widget_info(name);
    });
    ui.label(RichText::new(format!("{}.", tr_word(preset.explanation()))).small().weak());
}

fn title(ui: &mut Ui, text: &str) {
    ui.heading(text);
    ui.add_space(tokens::GRID);
}

fn field(ui: &mut Ui, name: &str, text: &mut String) {
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, tokens::NAMES, name);
        ui.add(TextEdit::singleline(text).desired_width(f32::INFINITY)).labelled_by(label.id);
    });
}

pub(super) fn path_ui(ui: &mut Ui, name: &str, path: &mut String, browse: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, tokens::NAMES, name);
        let width = ui.available_width() - 92.0;
        ui.add(TextEdit::singleline(path).desired_width(width).hint_text(tr!("type a path, or browse")))
            .labelled_by(label.id);
        if ui.button(tr!("Browse…")).clicked() {
            browse(ui);
        }
    });
}

/// The two buttons of a question; Enter presses the first, Esc the second.
pub(super) fn answer_ui(
    ui: &mut Ui,
    yes: &str,
    ready: bool,
    command: impl FnOnce() -> Command,
) -> (Option<Command>, bool) {
    ui.add_space(2.0 * tokens::GRID);
    let mut result = (None, false);
    ui.horizontal(|ui| {
        let enter = ui.input(|i| i.key_pressed(egui::Key::Enter));
        if widgets::primary(ui, ready, yes).clicked() || (enter && ready) {
            result.0 = Some(command());
        }
        if ui.button(tr!("Not now")).on_hover_text(tr!("Esc")).clicked() {
            result.1 = true;
        }
    });
    result
}
