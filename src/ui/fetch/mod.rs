//! The page for imagery by area: the question where and when, what a catalogue has of it, with previews and where the scenes
//! lie, the button that fetches it, and how far that is.

mod answer;
mod fields;
mod form;
mod scenes;
mod work;

pub use form::AreaForm;

use super::map::area::{AreaMap, Shown, area_map_ui};
use super::tokens;
use super::view::View;
use super::widgets;
use super::words::{tr, tr_below};
use crate::app::{AppState, Command, OpenProject, SurveyState};
use crate::jobs::{ImageryRequest, JobKind, PlannedImagery};
use egui::{CentralPanel, Frame, Key, Panel, RichText, ScrollArea, Ui};
use form::Of;
use geo::BoundingRect;
use lucide_icons::Icon;
use scenes::{Scenes, scenes_ui};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Width of the question and the answer.
const LEFT: f32 = 396.0;
/// Height of the strip of scenes.
const STRIP: f32 = 172.0;

/// What the page remembers.
#[derive(Default)]
pub struct ByArea {
    open: bool,
    /// The project it was opened in; another one starts with an empty page.
    project: PathBuf,
    form: AreaForm,
    /// The map.
    pub map: AreaMap,
    scenes: Scenes,
    /// The request whose scenes were brought into view.
    brought: Option<ImageryRequest>,
}

impl ByArea {
    /// Whether the page is on screen.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Without a project the page goes, and what was typed on it with it: it may be secret.
    pub fn look(&mut self, state: &AppState) {
        if state.project.is_none() && !self.project.as_os_str().is_empty() {
            *self = Self::default();
        }
    }

    /// Takes a file of polygons.
    pub fn take_file(&mut self, file: &Path) {
        self.form.take_file(file);
    }

    /// Takes a folder or file of a catalogue.
    pub fn take_catalogue(&mut self, path: &Path) {
        self.form.take_catalogue(path);
    }
}

/// Shows the page.
pub fn show(view: &mut View) {
    view.uncover();
    view.area.open = true;
    view.area.map.opened(&view.map.memory);
}

/// Shows the page for the series of sites that are there: of these, or of all that chips made.
pub fn show_for_sites(sites: Option<BTreeSet<String>>, view: &mut View) {
    show(view);
    view.area.form.of = sites.map_or(Of::Chips, Of::Sites);
}

/// Takes the page away; what was typed on it stays, and the map of the project looks where it did.
pub fn close(view: &mut View) {
    view.area.open = false;
    if let Some(memory) = view.area.map.closed() {
        view.map.memory = memory;
    }
}

/// The page, between the bar on top and the one at the bottom.
pub fn area_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    if view.area.project != project.folder.path() {
        if !view.area.project.as_os_str().is_empty() {
            let map = std::mem::take(&mut view.area.map);
            view.area = ByArea { open: true, map, ..ByArea::default() };
        }
        view.area.project = project.folder.path().into();
    }
    let request = view.area.form.request();
    let planned = project.imagery_plan.last.clone().filter(|planned| {
        view.area.form.of == Of::Area && request.as_ref().is_ok_and(|request| planned.request == *request)
    });
    if let Some(planned) = planned.as_deref()
        && view.area.brought.as_ref() != Some(&planned.request)
    {
        // What was found comes into view once.
        view.area.brought = Some(planned.request.clone());
        view.area.map.target = Some(around(planned));
    }
    Panel::left("area-question").exact_size(LEFT).resizable(false).show(ui, |ui| {
        Panel::bottom("area-answer").frame(Frame::NONE).resizable(false).show(ui, |ui| {
            ui.add_space(tokens::GRID);
            buttons_ui(ui, state, project, planned.as_deref(), view);
            ui.add_space(2.0 * tokens::GRID);
        });
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.add_space(2.0 * tokens::GRID);
                head_ui(ui, view);
                fields::fields_ui(ui, project, view);
                if view.area.form.of == Of::Area {
                    answer::answer_ui(ui, planned.as_deref());
                }
                ui.add_space(2.0 * tokens::GRID);
            });
        });
    });
    if let Some(planned) = planned.as_deref() {
        Panel::bottom("area-scenes").exact_size(STRIP).resizable(false).show(ui, |ui| {
            ui.add_space(tokens::GRID);
            let place = view.area.map.hovered;
            scenes_ui(ui, planned, &mut view.area.scenes, place, state.cache.as_deref());
        });
    }
    let frame = Frame::new().fill(tokens::MAP_BACKGROUND);
    CentralPanel::default().frame(frame).show(ui, |ui| map_ui(ui, project, planned.as_deref(), view));
}

/// The area with the scenes around it, as far as the area is still large on the screen.
fn around(planned: &PlannedImagery) -> [f64; 4] {
    let [west, south, east, north] = planned.bbox;
    let (wide, high) = (east - west, north - south);
    let rects = planned.wanted.scenes.iter().filter_map(|scene| scene.footprint.bounding_rect());
    let all = rects.fold(planned.bbox, |[w, s, e, n], rect| {
        [w.min(rect.min().x), s.min(rect.min().y), e.max(rect.max().x), n.max(rect.max().y)]
    });
    [all[0].max(west - wide), all[1].max(south - high), all[2].min(east + wide), all[3].min(north + high)]
}

fn head_ui(ui: &mut Ui, view: &mut View) {
    ui.horizontal(|ui| {
        ui.heading(tr!("Imagery by area"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let hint = tr!("Back to the map (Esc); what was typed stays");
            if widgets::icon_button(ui, Icon::X, tr!("Close the page"), hint).clicked() {
                close(view);
            }
        });
    });
}

fn map_ui(ui: &mut Ui, project: &OpenProject, planned: Option<&PlannedImagery>, view: &mut View) {
    let is_area = view.area.form.of == Of::Area;
    let area = view.area.form.corners().or(planned.map(|planned| planned.bbox)).filter(|_| is_area);
    let strip = &view.area.scenes;
    let stands_out = |id: &String| Some(id) == strip.hovered.as_ref().or(strip.chosen.as_ref());
    let scenes = planned.map_or(&[][..], |planned| &planned.wanted.scenes);
    let shown = Shown {
        area,
        asks: is_area,
        scenes: scenes.iter().map(|scene| (scene, stands_out(&scene.id))).collect(),
    };
    let done = area_map_ui(ui, project, &shown, view);
    if let Some(drawn) = done.drawn {
        view.area.form.take(drawn);
    }
    if let Some(place) = done.clicked {
        view.area.scenes.choose_at(scenes, place);
    }
}

/// What is under way or came of it, and the buttons.
fn buttons_ui(
    ui: &mut Ui,
    state: &AppState,
    project: &OpenProject,
    planned: Option<&PlannedImagery>,
    view: &mut View,
) {
    let works = work::work_ui(ui, state, project, view);
    let fetches = state.job(JobKind::FetchImagery).or(state.job(JobKind::ChooseSites)).is_some();
    if fetches {
        return;
    }
    if works {
        ui.separator();
    }
    if view.area.form.of == Of::Area {
        answer::total_ui(ui, state, project, planned);
        area_buttons_ui(ui, state, project, planned.is_some(), works, view);
    } else {
        sites_buttons_ui(ui, state, view);
    }
}

/// Whether another cube keeps this one waiting; says so.
fn busy_ui(ui: &mut Ui, state: &AppState) -> bool {
    let busy = [JobKind::BuildCube, JobKind::AppendToCube].into_iter().any(|kind| state.job(kind).is_some());
    if busy {
        ui.label(RichText::new(tr!("Another cube is being built")).weak());
    }
    busy
}

/// `works`: whether what is to be done next stands above.
fn area_buttons_ui(
    ui: &mut Ui,
    state: &AppState,
    project: &OpenProject,
    planned: bool,
    works: bool,
    view: &mut View,
) {
    let request = view.area.form.request();
    let looks = matches!(project.imagery_plan.state, SurveyState::Looking(_));
    if let Err(why) = &request {
        ui.label(RichText::new(tr_below(why)).weak());
    }
    let busy = busy_ui(ui, state);
    ui.horizontal(|ui| {
        if planned {
            let pressed = widgets::primary(ui, !busy, tr!("Fetch")).clicked();
            if let (true, Ok(request)) = (pressed, &request) {
                view.send(Command::FetchImagery(Box::new(request.clone())));
            }
            return;
        }
        let ready = request.is_ok() && !looks;
        let entered = ready && ui.input(|i| i.key_pressed(Key::Enter));
        let button = match works {
            true => ui.add_enabled(ready, egui::Button::new(tr!("Find scenes"))),
            false => widgets::primary(ui, ready, tr!("Find scenes")),
        };
        let pressed = button.clicked() || entered;
        if let (true, Ok(request)) = (pressed, request) {
            view.send(Command::PlanImagery(Box::new(request)));
        }
        if let SurveyState::Looking(job) = project.imagery_plan.state
            && ui.button(tr!("Stop")).clicked()
        {
            view.send(Command::Cancel(job));
        }
    });
}

fn sites_buttons_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    let request = view.area.form.of_any();
    let (sites, lacks) = match &view.area.form.of {
        Of::Sites(chosen) => (Some(chosen.iter().cloned().collect::<Vec<_>>()), chosen.is_empty()),
        _ => (None, false),
    };
    if let Err(why) = &request {
        ui.label(RichText::new(tr_below(why)).weak());
    } else if lacks {
        ui.label(RichText::new(tr!("Choose at least one site")).weak());
    }
    let busy = busy_ui(ui, state);
    let ready = request.is_ok() && !lacks && !busy;
    let pressed = widgets::primary(ui, ready, tr!("Fetch the series")).clicked();
    if let (true, Ok(request)) = (pressed, request) {
        view.send(Command::FetchSites { sites, request: Box::new(request) });
    }
}
