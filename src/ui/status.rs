//! The bar at the bottom: where the mouse is, what is there, and the jobs under way.

use super::view::View;
use super::words::tr;
use super::{format, tokens};
use crate::app::{AppState, Command, OpenProject};
use crate::cube::{Feature, PixelState};
use crate::jobs::JobKind;
use egui::{Align, Layout, Panel, RichText, Ui};

pub fn status_ui(ui: &mut Ui, state: &AppState, project: Option<&OpenProject>, view: &mut View) {
    Panel::bottom("status").exact_size(28.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0 * tokens::GRID;
            if let Some(project) = project.filter(|_| !view.imagery.is_open() && !view.labels_in.is_open()) {
                place_ui(ui, project, view);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| jobs_ui(ui, state, view));
        });
    });
}

fn place_ui(ui: &mut Ui, project: &OpenProject, view: &View) {
    let Some(place) = view.map.hovered else {
        ui.label(RichText::new(tr!("Point at the map to read its values")).small().weak());
        return;
    };
    let mono = |text: String| RichText::new(text).monospace().size(tokens::SMALL);
    ui.label(mono(format::lonlat(place.lonlat)));
    let Some((opened, _)) = project.cube() else { return };
    let info = opened.cube.info();
    let unit = if info.grid.crs.is_geographic() { "°" } else { " m" };
    let decimals = if info.grid.crs.is_geographic() { 5 } else { 0 };
    let [x, y] = place.xy;
    ui.label(mono(format!("x {x:.decimals$}{unit}  y {y:.decimals$}{unit}")));
    let Some((col, row)) = place.pixel else {
        ui.label(RichText::new(tr!("outside of the images")).small().weak());
        return;
    };
    ui.label(mono(tr!("pixel {col}, {row}", col = col, row = row)));
    if let Some(why) = view.map.damage_at(opened, (col, row)) {
        let words = RichText::new(tr!("damaged: no values")).small().color(ui.visuals().warn_fg_color);
        ui.label(words).on_hover_text(why);
    }
    if let Some(series) = opened.cube.cached_series(col, row) {
        let told = |channel: &Feature| {
            let value = channel.series(&series).get(project.time()).copied().unwrap_or(f32::NAN);
            match (value.is_nan(), channel.is_index()) {
                (true, _) => format!("{} –", channel.name),
                (_, true) => format!("{} {value:.3}", channel.name),
                _ => format!("{} {value:.0} DN", channel.name),
            }
        };
        let values: Vec<_> = opened.composite.channels.iter().map(told).collect();
        ui.label(mono(values.join("  ")));
        let masked = opened.cube.cached_mask(col, row);
        let state = masked.and_then(|mask| mask.states.get(project.time()).copied());
        if let Some(state) = state.filter(|state| *state != PixelState::Clear) {
            ui.label(RichText::new(state_name(state)).small().weak())
                .on_hover_text(tr!("Why this pixel has no clear observation on this date"));
        }
    }
    if let Some(map) = project.map() {
        let code = map.codes.get(row as usize * map.width as usize + col as usize).copied().unwrap_or(0);
        if let Some(class) = project.legend_of_map().class(code) {
            ui.label(RichText::new(tr!("map: {class}", class = class.name)).small());
        }
    }
}

fn jobs_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    // The list sorts itself; only what one may want to stop is told.
    for job in state.jobs.iter().filter(|job| job.kind != JobKind::List) {
        let cancel =
            egui::Button::new(if job.cancelling { tr!("Stopping …") } else { tr!("Cancel") }).small();
        if ui
            .add_enabled(!job.cancelling, cancel)
            .on_hover_text(tr!("Stops: {job}", job = job_title(job.kind)))
            .clicked()
        {
            view.send(Command::Cancel(job.id));
        }
        let share = job.progress.as_ref().and_then(crate::progress::Progress::share);
        let mut text = format!("{} {}", job_title(job.kind), short(&job.subject));
        if let Some(share) = share {
            text += &format!(" {:.0} %", share * 100.0);
        }
        if let Some(left) = job.time_left() {
            text += &format!(", {}", format::time_left(left));
        }
        let bar = egui::ProgressBar::new(share.unwrap_or(0.0)).desired_width(96.0).desired_height(6.0);
        ui.add(if share.is_none() { bar.animate(true) } else { bar });
        let label = ui.label(RichText::new(text).small());
        if let Some(progress) = &job.progress {
            label.on_hover_text(&progress.what);
        }
    }
}

/// What a job does, on screen.
pub fn job_title(kind: JobKind) -> &'static str {
    match kind.title() {
        "Making the demo" => tr!("Making the demo"),
        "Opening the project" => tr!("Opening the project"),
        "Looking at the imagery" => tr!("Looking at the imagery"),
        "Building the cube" => tr!("Building the cube"),
        "Adding to the cube" => tr!("Adding to the cube"),
        "Opening the cube" => tr!("Opening the cube"),
        "Looking where the sites lie" => tr!("Looking where the sites lie"),
        "Deleting the cube" => tr!("Deleting the cube"),
        "Looking at the values" => tr!("Looking at the values"),
        "Buffering annotations" => tr!("Buffering annotations"),
        "Looking for overlaps" => tr!("Looking for overlaps"),
        "Sorting the list" => tr!("Sorting the list"),
        "Looking at the labels" => tr!("Looking at the labels"),
        "Importing labels" => tr!("Importing labels"),
        "Importing the legend" => tr!("Importing the legend"),
        "Exporting the legend" => tr!("Exporting the legend"),
        "Exporting labels" => tr!("Exporting labels"),
        "Checking labels" => tr!("Checking labels"),
        "Writing samples" => tr!("Writing samples"),
        "Training" => tr!("Training"),
        "Mapping" => tr!("Mapping"),
        "Assessing" => tr!("Assessing"),
        "Renaming the model" => tr!("Renaming the model"),
        "Deleting the model" => tr!("Deleting the model"),
        "Exporting the model" => tr!("Exporting the model"),
        other => other,
    }
}

/// What a mask says of a pixel, on screen.
fn state_name(state: PixelState) -> &'static str {
    match state.name() {
        "clear" => tr!("clear"),
        "not observed" => tr!("not observed"),
        "cloud" => tr!("cloud"),
        "shadow" => tr!("shadow"),
        "snow" => tr!("snow"),
        "masked" => tr!("masked"),
        "near a masked pixel" => tr!("near a masked pixel"),
        other => other,
    }
}

/// The end of a long subject, which for paths is what tells.
fn short(subject: &str) -> String {
    let length = subject.chars().count();
    if length <= 36 {
        return subject.to_string();
    }
    format!("…{}", subject.chars().skip(length - 35).collect::<String>())
}
