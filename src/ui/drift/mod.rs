//! The page that compares sites and dates: what a model will stumble over before it does. A heat table of medians, histograms
//! over one another, distances of pairs of sites, and what stands out in sentences; a click on any of them shows the site
//! and the date on the map.

mod densities;
mod findings;
mod head;
mod heat;
mod pairs;
mod table;

use super::tokens;
use super::view::View;
use super::words::{tr, tr_below};
use crate::app::{AppState, Command, MeasureRequest, MeasureState, OpenProject};
use crate::cube::statistics::{Comparison, Kind};
use crate::jobs::Measured;
use crate::progress::Progress;
use egui::{Align, Button, CentralPanel, Frame, Layout, Panel, ProgressBar, RichText, Ui};
use std::path::PathBuf;
use std::sync::Arc;

/// So many histograms lie over one another at most: as many as there are colours to tell them apart.
const MOST_CHOSEN: usize = tokens::PINS.len();
/// Height of the histograms and the distances.
const BOTTOM: f32 = 208.0;

/// What the page remembers.
#[derive(Default)]
pub struct Drift {
    open: bool,
    /// The project it was opened in; another one starts with an empty page.
    project: PathBuf,
    /// The sites that were asked for last; none where it is to be asked anew.
    asked: Vec<String>,
    /// The band that is shown, by its name in the comparison.
    band: Option<String>,
    /// The site whose bands are shown; all sites by one band where there is none.
    site: Option<String>,
    /// The dates of sites whose histograms are drawn.
    chosen: Vec<(String, usize)>,
    /// The comparison that dates were chosen for first.
    chosen_of: Option<Arc<Measured>>,
    pairs: pairs::Order,
}

/// A date of a site that was clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clicked {
    site: usize,
    time: usize,
    /// Whether its histogram is to be laid over the others; it is to be shown on the map where not.
    over: bool,
}

impl Drift {
    /// Whether the page is on screen.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows the page.
    pub fn show(&mut self) {
        self.open = true;
        self.asked.clear();
    }

    /// Takes the page away; what was chosen on it stays.
    pub fn close(&mut self) {
        self.open = false;
    }

    /// The command to carry out now: to measure the sites, where they were not yet or are others now. What is on the disk of
    /// an earlier time is there at once.
    pub fn look(&mut self, state: &AppState) -> Option<Command> {
        let Some(project) = &state.project else {
            *self = Self::default();
            return None;
        };
        if self.project != project.folder.path() {
            *self = Self { open: self.open, project: project.folder.path().into(), ..Self::default() };
        }
        let sites = &project.document.sites;
        let is_asked = self.asked.iter().eq(sites.iter().map(|site| &site.name));
        if !self.open || is_asked {
            return None;
        }
        let runs = matches!(project.statistics.state, MeasureState::Running(_));
        let first = self.asked.is_empty();
        self.asked = sites.iter().map(|site| site.name.clone()).collect();
        // Of a page that was closed meanwhile: what is under way answers it.
        let is_coming = first && runs;
        (!is_coming && !sites.is_empty()).then(|| Command::Measure(MeasureRequest::default()))
    }

    /// Draws or no longer draws the histogram of a date.
    fn toggle(&mut self, comparison: &Comparison, clicked: Clicked) {
        let name = &comparison.sites[clicked.site].name;
        let is = |(site, time): &(String, usize)| site == name && *time == clicked.time;
        if let Some(at) = self.chosen.iter().position(is) {
            self.chosen.remove(at);
            return;
        }
        if self.chosen.len() == MOST_CHOSEN {
            self.chosen.remove(0);
        }
        self.chosen.push((name.clone(), clicked.time));
    }

    /// The dates whose histograms are drawn, as far as they are there.
    fn chosen<'a>(&'a self, comparison: &'a Comparison) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.chosen.iter().filter_map(|(name, time)| {
            let site = comparison.sites.iter().position(|site| site.name == *name)?;
            (*time < comparison.sites[site].statistics.dates.len()).then_some((site, *time))
        })
    }

    /// Of a comparison that is new, the date that stands out most is drawn with its neighbours; else the first sites.
    fn choose_first(&mut self, measured: &Arc<Measured>) {
        let is_new = self.chosen_of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, measured));
        if !is_new {
            return;
        }
        self.chosen_of = Some(Arc::clone(measured));
        let comparison = &measured.comparison;
        if self.chosen(comparison).next().is_some() {
            return;
        }
        let worst = comparison.findings.iter().find(|finding| matches!(finding.kind, Kind::Date { .. }));
        let name = |site: usize| comparison.sites[site].name.clone();
        self.chosen = match worst {
            Some(worst) => {
                let dates = comparison.sites[worst.site].statistics.dates.len();
                let around = [Some(worst.time), worst.time.checked_sub(1), Some(worst.time + 1)];
                let there = around.into_iter().flatten().filter(|time| *time < dates);
                there.map(|time| (name(worst.site), time)).collect()
            }
            None => {
                let column = comparison.columns.get(comparison.columns.len() / 2);
                let times = column.map_or(&[][..], |column| &column.times);
                let there = times.iter().enumerate().filter_map(|(site, time)| Some((site, (*time)?)));
                there.take(3).map(|(site, time)| (name(site), time)).collect()
            }
        };
    }
}

/// The page, between the bar on top and the one at the bottom.
pub fn drift_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let measuring = &project.statistics;
    let (true, Some(measured)) = (!project.document.sites.is_empty(), measuring.last.clone()) else {
        CentralPanel::default().show(ui, |ui| waiting_ui(ui, state, project, view));
        return;
    };
    view.drift.choose_first(&measured);
    let comparison = &measured.comparison;
    let mut clicked = None;
    Panel::right("drift-findings").exact_size(tokens::RIGHT_PANEL).resizable(false).show(ui, |ui| {
        clicked = clicked.or(findings::findings_ui(ui, &measured));
    });
    CentralPanel::default().show(ui, |ui| {
        head::head_ui(ui, state, project, &measured, view);
        Panel::bottom("drift-bottom").exact_size(BOTTOM).frame(Frame::NONE).resizable(false).show(ui, |ui| {
            if comparison.sites.len() > 1 {
                let width = ui.available_width() * 0.46;
                let frame = Frame::NONE.inner_margin(egui::Margin { left: 8, ..egui::Margin::ZERO });
                let side = Panel::right("drift-pairs").exact_size(width).frame(frame).resizable(false);
                side.show(ui, |ui| clicked = clicked.or(pairs::pairs_ui(ui, &measured, &mut view.drift)));
            }
            CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
                clicked = clicked.or(densities::densities_ui(ui, comparison, &mut view.drift));
            });
        });
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
            clicked = clicked.or(table::table_ui(ui, comparison, &mut view.drift));
        });
    });
    match clicked {
        Some(clicked) if clicked.over => view.drift.toggle(comparison, clicked),
        Some(clicked) => show_on_map(project, view, &comparison.sites[clicked.site].name, clicked.time),
        None => {}
    }
}

/// Shows a date of a site on the map; the page goes away.
fn show_on_map(project: &OpenProject, view: &mut View, site: &str, time: usize) {
    if project.site.as_ref().is_none_or(|shown| shown.name != site) {
        view.send(Command::ShowSite(site.to_owned()));
    }
    view.playing = None;
    // A cube that is being opened shows it once it is there.
    view.send(Command::ShowTime(time));
    view.drift.close();
}

/// What is there before anything was measured.
fn waiting_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.horizontal(|ui| {
        ui.heading(tr!("Compare sites and dates"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| head::close_ui(ui, view));
    });
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.3);
        if project.document.sites.is_empty() {
            ui.label(RichText::new(tr!("Nothing to compare yet")).strong());
            let next = tr!("Add imagery: of one site its dates are compared, of several the sites too.");
            ui.label(RichText::new(next).weak());
            let can = project.folder.read_only().is_none();
            let button = ui.add_enabled(can, Button::new(tr!("Add imagery…")));
            if button.on_hover_text(tr!("From folders and files to a cube (Ctrl+I)")).clicked() {
                view.drift.close();
                view.imagery.show();
            }
            return;
        }
        match &project.statistics.state {
            MeasureState::Running(_) => {
                ui.label(RichText::new(tr!("Measuring the values of each date and band")).strong());
                progress_ui(ui, state, project, view, 240.0);
            }
            other => trouble_ui(ui, other, view),
        }
    });
}

/// How far measuring is, and a way to stop it.
fn progress_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View, width: f32) {
    let MeasureState::Running(id) = project.statistics.state else { return };
    let Some(job) = state.jobs.iter().find(|job| job.id == id) else { return };
    let share = job.progress.as_ref().and_then(Progress::share);
    let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(width).desired_height(6.0);
    let what = tr_below(job.progress.as_ref().map_or("", |progress| &progress.what));
    ui.add(if share.is_none() { bar.animate(true) } else { bar }).on_hover_text(what);
    let words = if job.cancelling { tr!("Stopping …") } else { tr!("Stop measuring") };
    let button = ui.add_enabled(!job.cancelling, Button::new(words).small());
    if button.on_hover_text(tr!("What was measured until now is kept")).clicked() {
        view.send(Command::Cancel(id));
    }
}

/// Why nothing was measured, and a way to try again.
fn trouble_ui(ui: &mut Ui, state: &MeasureState, view: &mut View) {
    let words = match state {
        MeasureState::Failed(why) => {
            ui.label(RichText::new(tr!("The sites could not be measured")).strong());
            why.as_str()
        }
        MeasureState::Stopped => tr!("Measuring was stopped."),
        MeasureState::None | MeasureState::Running(_) | MeasureState::Ready => return,
    };
    ui.add(egui::Label::new(RichText::new(words).color(tokens::warning(ui.visuals().dark_mode))).wrap());
    if ui.button(tr!("Retry")).on_hover_text(tr!("Measures the sites again")).clicked() {
        view.send(Command::Measure(MeasureRequest::default()));
    }
}
