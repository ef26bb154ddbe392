//! The window's two halves: [`RitmoApp::logic`] takes in what jobs said and carries out commands; [`RitmoApp::paint`] only paints.

use super::dialogs::Chosen;
use super::view::View;
use super::words::{self, tr};
use super::{
    basemaps, dialogs, drift, fetch, hints, imagery, labels_in, map_in, notices, outside, palette, panes,
    plot, queue, reference, shortcuts, start, status, stores, timeline, tokens, top,
};
use crate::app::{AppState, Command, Level, SeriesRequest, follow_labels, pump, update};
use std::time::Instant;

/// The program in a window.
pub struct RitmoApp {
    /// Everything the program knows.
    pub state: AppState,
    view: View,
}

impl RitmoApp {
    /// The program on its start screen.
    pub fn new(state: AppState, ctx: &egui::Context) -> Self {
        tokens::apply(ctx);
        let app = Self { state, view: View::new() };
        app.follow_theme(ctx);
        app
    }

    /// Those who are here for the first time are asked what they would like to do, once a project is open.
    pub fn greet(&mut self) {
        self.view.hints.greet();
    }

    fn follow_theme(&self, ctx: &egui::Context) {
        let theme = if self.state.recent.light { egui::Theme::Light } else { egui::Theme::Dark };
        if ctx.options(|options| options.theme_preference) != theme.into() {
            ctx.set_theme(theme);
        }
    }

    /// Sends a command; it is carried out before the next frame.
    pub fn send(&mut self, command: Command) {
        self.view.send(command);
    }

    /// The pixel (column, row) under the mouse, as of the last frame.
    pub fn hovered_pixel(&self) -> Option<(u32, u32)> {
        self.view.map.hovered.and_then(|place| place.pixel)
    }

    /// Whether a picture of the cube was on screen in the last frame, be it coarse or of another date.
    pub fn shows_picture(&self) -> bool {
        self.view.picture
    }

    /// Whether the last frame showed the picture of the date wherever the cube is in view, as fine as the screen.
    pub fn picture_is_whole(&self) -> bool {
        self.view.picture && self.view.map.is_whole()
    }

    /// Takes in what has come since the last frame and carries out commands. Never waits.
    pub fn logic(&mut self, ctx: &egui::Context) {
        let started = Instant::now();
        words::speak(self.state.language);
        pump(&mut self.state);
        self.take_in_dialogs();
        self.take_in_drops(ctx);
        self.view.queue.closing.follow(ctx, &self.state);
        for command in std::mem::take(&mut self.view.commands) {
            self.view.hints.heed(&command);
            if let Some(command) = self.view.queue.closing.hold(command, &self.state)
                && let Err(refused) = update(&mut self.state, command)
            {
                self.state.notify(Level::Warning, refused.to_string());
            }
        }
        if let Some(command) = self.view.queue.closing.take()
            && let Err(refused) = update(&mut self.state, command)
        {
            self.state.notify(Level::Warning, refused.to_string());
        }
        self.follow_theme(ctx);
        let drawing = self.view.map.is_busy();
        if let Some(wait) = follow_labels(&mut self.state, drawing, started) {
            ctx.request_repaint_after(wait);
        }
        if let Some(command) = self.view.imagery.look(&self.state, ctx) {
            // With a project open it is never refused.
            let _ = update(&mut self.state, command);
        }
        self.view.area.look(&self.state);
        if let Some(command) = self.view.labels_in.look(&self.state, ctx) {
            let _ = update(&mut self.state, command);
        }
        if let Some(command) = self.view.map_in.look(&self.state, ctx) {
            let _ = update(&mut self.state, command);
        }
        if let Some(command) = self.view.drift.look(&self.state) {
            let _ = update(&mut self.state, command);
        }
        self.show_a_site();
        for words in self.view.map.take_in(&self.state, ctx) {
            self.state.notify(Level::Warning, words);
        }
        self.play(ctx);
        notices::expire(&mut self.state, ctx);
        let title = match &self.state.project {
            Some(project) => format!("{} – Ritmo", project.document.name),
            None => "Ritmo".to_string(),
        };
        self.view.map.title(ctx, title);
        self.view.timings.logic(started.elapsed().as_secs_f32());
    }

    /// A project that is open shows a site, if it has one.
    fn show_a_site(&mut self) {
        let Some(project) = &self.state.project else { return };
        if project.site.is_some() {
            return;
        }
        let sites = &project.document.sites;
        let last = project.document.view.site.as_deref().and_then(|name| project.document.site(name));
        // Of several, none of which was looked at last, all are shown where they lie.
        let only = sites.first().filter(|_| sites.len() == 1);
        if let Some(name) = last.or(only).map(|s| s.name.clone()) {
            // A site of the list can be shown.
            let _ = update(&mut self.state, Command::ShowSite(name));
        }
    }

    fn play(&mut self, ctx: &egui::Context) {
        let Some(next) = self.view.playing else { return };
        let Some(project) = &self.state.project else {
            self.view.playing = None;
            return;
        };
        let dates = project.cube().map_or(1, |(o, _)| o.cube.info().dates.len());
        let now = Instant::now();
        if now >= next {
            let time = (project.time() + 1) % dates.max(1);
            let _ = update(&mut self.state, Command::ShowTime(time));
            self.view.playing = Some(now + timeline::PLAY_STEP);
        }
        ctx.request_repaint_after(timeline::PLAY_STEP);
    }

    fn take_in_dialogs(&mut self) {
        while let Some(chosen) = self.view.dialogs.poll() {
            match chosen {
                Chosen::Open(folder) => self.view.send(Command::OpenProject(folder)),
                Chosen::NewFolder(folder) => self.view.dialogs.new_project_in(&folder),
                Chosen::Labels(files) => self.view.labels_in.add(files),
                Chosen::Export(file) => self.view.dialogs.export_to(&file),
                Chosen::Chips(folder) => self.view.dialogs.chips_in(&folder),
                Chosen::Merge(file) => self.view.dialogs.merge_to(&file),
                Chosen::Reference(file) => self.view.reference.take_file(&file),
                Chosen::Areas(file) => self.view.dialogs.save_areas_to(&file),
                Chosen::Report(file) => self.view.dialogs.save_report_to(&file),
                Chosen::ModelExport(file) => self.view.dialogs.export_model_to(&file),
                Chosen::Area(file) => self.view.area.take_file(&file),
                Chosen::Catalogue(path) => self.view.area.take_catalogue(&path),
                Chosen::Imagery(paths) => self.view.imagery.add(paths),
                Chosen::Dates(file) => self.view.imagery.take_dates(&file),
                Chosen::Series(file, replace) => self.export_series(&file, replace),
                Chosen::Store(target) => self.view.stores.show(target),
                Chosen::MapIn(file) => self.view.map_in.take_file(&file),
                Chosen::ClassList(file) => self.view.map_in.take_list(&file),
                Chosen::Legend(file) => self.view.dialogs.legend_file(&file),
            }
        }
    }

    /// Writes what the plot shows to a file that was chosen.
    fn export_series(&mut self, file: &std::path::Path, replace: bool) {
        let project = self.state.project.as_ref();
        let request = project.and_then(|project| plot::export_request(project, &self.view, file));
        if let Some(request) = request {
            self.view.send(Command::ExportSeries(SeriesRequest { replace, ..request }));
        }
    }

    /// Folders and files dropped on the window become imagery, vector files labels.
    fn take_in_drops(&mut self, ctx: &egui::Context) {
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        let paths: Vec<_> = dropped.into_iter().map(|file| file.path().to_path_buf()).collect();
        if paths.is_empty() {
            return;
        }
        // What is dropped is looked at on a page of its own.
        self.view.drift.close();
        match &self.state.project {
            Some(_) if self.view.labels_in.is_open() => self.view.labels_in.add(paths),
            Some(_)
                if !self.view.imagery.is_open() && paths.iter().all(|path| labels_in::is_vector(path)) =>
            {
                self.view.labels_in.add(paths);
            }
            Some(_) => self.view.imagery.add(paths),
            None => {
                let words = tr!("Open a project or make a new one first, then drop imagery onto it");
                self.state.notify(Level::Warning, words);
            }
        }
    }

    /// Paints a frame.
    pub fn paint(&mut self, ui: &mut egui::Ui) {
        let started = Instant::now();
        words::speak(self.state.language);
        if !tokens::is_ready(ui.ctx()) {
            // Fonts that were added come with the next frame.
            ui.ctx().request_repaint();
            return;
        }
        let (state, view) = (&self.state, &mut self.view);
        shortcuts::handle(ui.ctx(), state, view);
        view.map.look_ahead(ui.ctx(), state);
        view.stores.keep_enter(ui.ctx());
        let mut picture = false;
        match &state.project {
            None => start::start_ui(ui, state, view),
            Some(project) if view.imagery.is_open() => {
                top::top_ui(ui, state, project, view);
                status::status_ui(ui, state, Some(project), view);
                imagery::imagery_ui(ui, state, project, view);
            }
            Some(project) if view.area.is_open() => {
                top::top_ui(ui, state, project, view);
                status::status_ui(ui, state, Some(project), view);
                fetch::area_ui(ui, state, project, view);
            }
            Some(project) if view.labels_in.is_open() => {
                top::top_ui(ui, state, project, view);
                status::status_ui(ui, state, Some(project), view);
                labels_in::labels_in_ui(ui, state, project, view);
            }
            Some(project) if view.drift.is_open() => {
                top::top_ui(ui, state, project, view);
                status::status_ui(ui, state, Some(project), view);
                drift::drift_ui(ui, state, project, view);
            }
            Some(project) => {
                top::top_ui(ui, state, project, view);
                status::status_ui(ui, state, Some(project), view);
                picture = panes::panes_ui(ui, state, project, view);
            }
        }
        outside::outside_ui(ui.ctx(), state, view);
        queue::left_ui(ui.ctx(), state, view);
        queue::queue_ui(ui.ctx(), state, view);
        dialogs::dialogs_ui(ui.ctx(), state, view);
        map_in::map_in_ui(ui.ctx(), state, view);
        reference::designer_ui(ui.ctx(), state, view);
        reference::files_ui(ui.ctx(), state, view);
        stores::stores_ui(ui.ctx(), view);
        queue::closing_ui(ui.ctx(), view);
        basemaps::own_basemap_ui(ui.ctx(), view);
        imagery::drop_ui(ui.ctx(), state.project.as_ref(), view.labels_in.is_open());
        shortcuts::sheet_ui(ui.ctx(), view);
        hints::hints_ui(ui.ctx(), state, view);
        palette::palette_ui(ui.ctx(), state, view);
        notices::notices_ui(ui.ctx(), state, view);
        view.picture = picture;
        let seconds = started.elapsed().as_secs_f32();
        view.timings.training(state, seconds);
        let dragging = ui.input(|i| i.pointer.is_decidedly_dragging());
        view.timings.frame(seconds, picture, dragging);
        if !view.commands.is_empty() {
            ui.ctx().request_repaint();
        }
    }
}

impl eframe::App for RitmoApp {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        Self::logic(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.paint(ui);
    }
}
