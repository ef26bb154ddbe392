//! The question how a set of labelled chips becomes sites and annotations.

use super::dialogs::{Dialogs, answer_ui};
use super::stores::{StoreFor, any_path_ui};
use super::widgets::{left_name, primary};
use super::words::{tr, tr_below, tr_word};
use super::{format, tokens};
use crate::app::{AppState, Command, JobView, OpenProject, SurveyState};
use crate::cube::GridSetting;
use crate::jobs::{ChipChoice, ChipLabels, ChipsSurveyed, ChipsTold, JobKind};
use crate::labels::import::Numbers;
use crate::progress::Progress;
use crate::source::{ChipImages, ChipSites};
use chrono::NaiveDate;
use egui::{ComboBox, Grid, ProgressBar, RichText, ScrollArea, TextEdit, Ui, WidgetInfo};
use std::path::{Path, PathBuf};

/// Height of the list of what could not be joined, and how many it shows.
const ASIDE: f32 = 120.0;
const SHOWN: usize = 200;
const CODINGS: [Numbers; 2] = [Numbers::Wikidata, Numbers::Alphabetical];

/// What is asked for so far.
#[derive(Clone, Default)]
pub struct ChipsForm {
    prefix: String,
    date: String,
    images: Option<ChipImages>,
    sites: ChipSites,
    labels: ChipLabels,
    coding: Option<Numbers>,
    /// Whether the import was sent.
    sent: bool,
}

/// What one did about the question.
#[derive(Default)]
pub(super) struct Done {
    /// To be sent.
    pub commands: Vec<Command>,
    /// Whether the question goes off the screen.
    pub closes: bool,
    /// Whether the series of the sites are asked for next.
    pub series: bool,
}

impl ChipsForm {
    /// Takes a folder that was chosen in a dialog of the system.
    pub fn take(&mut self, folder: &Path) {
        self.prefix = folder.display().to_string();
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(self.prefix.trim())
    }

    fn day(&self) -> Option<NaiveDate> {
        self.date.trim().parse().ok()
    }

    /// What the prefix holds, where that was looked at.
    fn surveyed<'a>(&self, project: &'a OpenProject) -> Option<&'a ChipsSurveyed> {
        project.chips.last.as_deref().filter(|last| last.set.prefix == self.folder())
    }

    /// How many label rasters would be read.
    fn rasters(&self, surveyed: &ChipsSurveyed) -> usize {
        let [_, rasters, both, _] = surveyed.labelled;
        match self.labels {
            ChipLabels::Both => rasters - both,
            ChipLabels::Vectors => 0,
            ChipLabels::Rasters => rasters,
        }
    }

    fn choice(&self, date: NaiveDate) -> ChipChoice {
        ChipChoice {
            images: self.images,
            date,
            sites: self.sites,
            labels: self.labels,
            coding: self.coding,
            buffer_m: None,
            grid: GridSetting::default(),
        }
    }
}

/// Paints the question; while the import runs how far it is, and then what came of it.
pub(super) fn chips_ui(ui: &mut Ui, state: &AppState, form: &mut ChipsForm, dialogs: &Dialogs) -> Done {
    let Some(project) = &state.project else { return Done { closes: true, ..Done::default() } };
    if let Some(job) = state.job(JobKind::ImportChips) {
        return running_ui(ui, job);
    }
    if let Some(told) = project.last.chips.as_ref().filter(|_| form.sent) {
        return told_ui(ui, project, told);
    }
    // What failed or was stopped is told in a notice, and can be asked for again.
    form.sent = false;
    let mut done = Done::default();
    let words = tr!(
        "A folder with geojson, labels, images_dt_4B, images_dt_12B or no_rescale_color_formula in it, and in each a file a \
         chip, named like 3476-7215-14. It may lie in a store: s3://…, az://…"
    );
    ui.label(RichText::new(words).small().weak());
    any_path_ui(ui, tr!("Folder"), &mut form.prefix, dialogs, StoreFor::Chips, |ui| {
        dialogs.browse_chips(ui.ctx());
    });
    let given = !form.prefix.trim().is_empty();
    ui.horizontal(|ui| {
        ui.add_space(tokens::NAMES + ui.spacing().item_spacing.x);
        let looking = state.job(JobKind::SurveyChips).is_some();
        let look = ui.add_enabled(given && !looking, egui::Button::new(tr!("Look what is in it")));
        if look.clicked() {
            done.commands.push(Command::SurveyChips(form.folder()));
        }
        if looking {
            ui.spinner();
        }
    });
    if let SurveyState::Failed(why) = &project.chips.state {
        ui.label(RichText::new(format::without_options(why)).color(ui.visuals().error_fg_color));
    }
    let surveyed = form.surveyed(project);
    let mut ready = false;
    if let Some(surveyed) = surveyed {
        ui.separator();
        found_ui(ui, surveyed);
        choices_ui(ui, form, surveyed);
        let lacks_coding = form.rasters(surveyed) > 0 && form.coding.is_none();
        ready = form.day().is_some() && surveyed.images.is_some() && !lacks_coding;
        let lacks = match (form.day(), lacks_coding) {
            _ if surveyed.images.is_none() => {
                Some(tr!("No chip has an image: there is nothing to make sites of"))
            }
            (None, _) => Some(tr!("Say which day the images show: their files do not tell")),
            (_, true) => Some(tr!("Say what the numbers of label rasters mean")),
            _ => None,
        };
        if let Some(lacks) = lacks {
            ui.label(RichText::new(lacks).small().weak());
        }
    }
    let (command, cancelled) = answer_ui(ui, tr!("Import chips"), ready, || Command::ImportChips {
        prefix: form.folder(),
        choice: form.choice(form.day().unwrap_or_default()),
    });
    form.sent |= command.is_some();
    done.commands.extend(command);
    done.closes = cancelled;
    done
}

/// How far the import is.
fn running_ui(ui: &mut Ui, job: &JobView) -> Done {
    let mut done = Done::default();
    let share = job.progress.as_ref().and_then(Progress::share);
    let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(ui.available_width()).desired_height(8.0);
    ui.add(if share.is_none() { bar.animate(true) } else { bar });
    let mut words: Vec<String> = share.map(|share| format!("{:.0} %", share * 100.0)).into_iter().collect();
    words.extend(job.time_left().map(format::time_left));
    words.extend(job.progress.as_ref().map(|progress| tr_below(&progress.what).into_owned()));
    ui.label(RichText::new(words.join(" · ")).small().weak());
    ui.add_space(2.0 * tokens::GRID);
    ui.horizontal(|ui| {
        let hint = tr!("Goes on behind the window; the bar at the bottom shows it");
        done.closes = ui.button(tr!("Close")).on_hover_text(hint).clicked();
        let hint = tr!("Sites that are made stay; the same import goes on from there");
        let stop = ui.add_enabled(!job.cancelling, egui::Button::new(tr!("Stop")));
        if stop.on_hover_text(hint).clicked() {
            done.commands.push(Command::Cancel(job.id));
        }
    });
    done
}

/// What came of the import, and what to do next.
fn told_ui(ui: &mut Ui, project: &OpenProject, told: &ChipsTold) -> Done {
    let mut done = Done::default();
    let annotations = project.last.imported.as_ref().map_or(0, |imported| imported.told.count);
    let words = tr!(
        "{chips} chips are on {sites} sites, with {annotations} new annotations",
        chips = format::grouped(told.chips as i64),
        sites = format::grouped(told.sites.len() as i64),
        annotations = format::grouped(annotations as i64)
    );
    ui.label(RichText::new(words).strong());
    if told.sites_before > 0 || told.labels_before > 0 {
        let words = tr!(
            "{sites} sites and the labels of {files} files were there from an earlier import",
            sites = format::grouped(told.sites_before as i64),
            files = format::grouped(told.labels_before as i64)
        );
        ui.label(RichText::new(words).small().weak());
    }
    for note in &told.notes {
        ui.label(RichText::new(format::without_options(note)).small().weak());
    }
    if !told.aside.is_empty() {
        ui.add_space(tokens::GRID);
        let n = format::grouped(told.aside.len() as i64);
        ui.label(tr!("Could not be joined or taken: {n}", n = n));
        ScrollArea::vertical().id_salt("aside").max_height(ASIDE).auto_shrink([false, true]).show(ui, |ui| {
            for (file, why) in told.aside.iter().take(SHOWN) {
                let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
                let text = RichText::new(format!("{name}: {}", tr_below(why))).small();
                ui.label(text).on_hover_text(file.display().to_string());
            }
        });
        let words = tr!("All of them stand in {file}", file = told.report.display());
        ui.add(egui::Label::new(RichText::new(words).small().weak()).truncate());
    }
    ui.add_space(2.0 * tokens::GRID);
    ui.label(tr!("Each site shows one day. Models learn from the year: fetch a series for the sites next."));
    ui.horizontal(|ui| {
        done.series = primary(ui, !told.sites.is_empty(), tr!("Fetch the series…")).clicked();
        done.closes = ui.button(tr!("Close")).on_hover_text(tr!("Esc")).clicked() || done.series;
    });
    done
}

fn found_ui(ui: &mut Ui, surveyed: &ChipsSurveyed) {
    let [vectors, rasters, both, neither] = surveyed.labelled;
    let number = |n: usize| format::grouped(n as i64);
    let text = tr!(
        "{chips} chips: {vectors} with polygons, {rasters} with a label raster, {both} with both, {neither} without labels",
        chips = number(surveyed.set.chips.len()),
        vectors = number(vectors),
        rasters = number(rasters),
        both = number(both),
        neither = number(neither)
    );
    ui.label(text);
    let aside = surveyed.set.aside.len() + surveyed.damaged.len();
    if aside > 0 {
        let all = surveyed.set.aside.iter().chain(&surveyed.damaged);
        let list: Vec<_> =
            all.take(10).map(|(file, why)| format!("{}: {}", file.display(), tr_below(why))).collect();
        ui.label(RichText::new(tr!("{n} files cannot be joined or read", n = number(aside))).small().weak())
            .on_hover_text(list.join("\n"));
    }
}

fn choices_ui(ui: &mut Ui, form: &mut ChipsForm, surveyed: &ChipsSurveyed) {
    let images = form.images.or(surveyed.images).unwrap_or(ChipImages::FourBands);
    let words_of = |images: ChipImages| {
        let chips = format::grouped(surveyed.set.count(images) as i64);
        tr!("{kind} ({chips} chips)", kind = tr_word(images.title()), chips = chips)
    };
    combo_ui(ui, tr!("Images"), tr!("Images of the chips"), &words_of(images), |ui| {
        for other in ChipImages::ALL.into_iter().filter(|images| surveyed.set.count(*images) > 0) {
            if ui.selectable_label(other == images, words_of(other)).clicked() {
                form.images = Some(other);
            }
        }
    });
    ui.horizontal(|ui| {
        let label = left_name(ui, tokens::NAMES, tr!("Day"));
        let field = TextEdit::singleline(&mut form.date).desired_width(120.0).hint_text("2022-03-15");
        ui.add(field).labelled_by(label.id);
    });
    let sites = |sites| match sites {
        ChipSites::Neighbours => tr!("Neighbours together"),
        ChipSites::Each => tr!("Each chip"),
    };
    combo_ui(ui, tr!("Sites"), tr!("Sites of the chips"), sites(form.sites), |ui| {
        for other in [ChipSites::Neighbours, ChipSites::Each] {
            ui.selectable_value(&mut form.sites, other, sites(other));
        }
    });
    let labels = |labels| match labels {
        ChipLabels::Both => tr!("Polygons, and rasters where there are none"),
        ChipLabels::Vectors => tr!("Polygons only"),
        ChipLabels::Rasters => tr!("Label rasters only"),
    };
    combo_ui(ui, tr!("Labels"), tr!("Labels of the chips"), labels(form.labels), |ui| {
        for other in [ChipLabels::Both, ChipLabels::Vectors, ChipLabels::Rasters] {
            ui.selectable_value(&mut form.labels, other, labels(other));
        }
    });
    if form.rasters(surveyed) > 0 {
        coding_ui(ui, form, surveyed);
    }
}

/// What the rasters' numbers mean: both codings on a sample of chips, beside what polygons of the same chips say.
fn coding_ui(ui: &mut Ui, form: &mut ChipsForm, surveyed: &ChipsSurveyed) {
    let chosen = form.coding.map_or(tr!("Choose…"), |coding| tr_word(coding.title()));
    combo_ui(ui, tr!("Numbers"), tr!("What the numbers of label rasters mean"), chosen, |ui| {
        for coding in CODINGS {
            ui.selectable_value(&mut form.coding, Some(coding), tr_word(coding.title()));
        }
    });
    let seen = &surveyed.coding;
    if seen.pairs.is_empty() {
        let words = tr!("No chip has both polygons and a raster: nothing tells which it is");
        ui.label(RichText::new(words).small().weak());
        return;
    }
    for coding in CODINGS {
        let (fit, all) = seen.fits(coding);
        let text = tr!("{fit} of {all} polygons fit {coding}", fit = fit, all = all, coding = coding.name());
        ui.label(RichText::new(text).small());
    }
    if seen.is_mixed() {
        let words = tr!("Some chips fit one and some the other: both seem to be mixed");
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
    ScrollArea::vertical().max_height(150.0).show(ui, |ui| {
        Grid::new("coding").num_columns(4).spacing([12.0, 2.0]).striped(true).show(ui, |ui| {
            for head in [tr!("value"), "wikidata", tr!("alphabetical"), tr!("polygons say")] {
                ui.label(RichText::new(head).small().weak());
            }
            ui.end_row();
            for value in seen.values() {
                ui.label(RichText::new(value.to_string()).small().monospace());
                for coding in CODINGS {
                    let name = coding.class_of(value);
                    let name = name.unwrap_or(if value == 0 { tr!("unlabelled") } else { "–" });
                    ui.label(RichText::new(name).small());
                }
                let said = seen.classes_on(value);
                let said: Vec<_> = said.iter().take(2).map(|(name, n)| format!("{name} {n}")).collect();
                ui.label(RichText::new(said.join(", ")).small());
                ui.end_row();
            }
        });
    });
}

fn combo_ui(ui: &mut Ui, name: &str, whole: &str, chosen: &str, choices: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        left_name(ui, tokens::NAMES, name);
        let combo = ComboBox::from_id_salt(("chips", name)).selected_text(chosen).width(300.0);
        let response = combo.show_ui(ui, choices);
        response.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, whole));
    });
}
