//! Display: what the map shows of a mosaic, and the project's own indices.

mod choose;
mod histogram;
mod names;
mod stretch;

pub use names::preset as preset_name;
pub use stretch::bar;

use crate::app::{Command, OpenProject};
use crate::cube::Feature;
use crate::cube::picture::{self, PRESETS};
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{plot, tokens, widgets};
use choose::{Entry, choose_ui};
use egui::{RichText, Ui};

pub fn display_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    stretch::title(ui);
    composite_ui(ui, project, opened, view);
    if let Some(why) = &opened.look_lacks {
        let words = tr!("{why}. Natural colour is shown instead.", why = why);
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
    stretch::stretch_ui(ui, project, opened, view);
}

/// Shows the preset at this place of the list, where the cube has its bands.
pub fn show_preset(project: &OpenProject, place: usize, view: &mut View) {
    let Some(preset) = PRESETS.get(place) else { return };
    view.channels = None;
    // The first is what is shown where nothing is chosen.
    let channels = if place == 0 { Vec::new() } else { preset.channels.map(str::to_string).to_vec() };
    if project.document.view.composite != channels {
        view.send(Command::SetComposite(channels));
    }
}

/// What an entry of the list does.
enum Choice {
    Preset(usize),
    Channels(Vec<String>),
    Three,
}

fn composite_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let bands = &opened.cube.info().bands;
    let own = &project.document.settings.indices;
    let wanted = &project.document.view.composite;
    let indices = plot::indices(project, opened);
    let preset = PRESETS.iter().find(|preset| preset.channels.iter().eq(wanted.iter()));
    let title = match (preset, wanted.as_slice()) {
        _ if view.channels.is_some() => tr!("Three of my own").to_string(),
        (None, []) if picture::channels(&PRESETS[0].channels.map(str::to_string), bands, own).is_ok() => {
            names::preset(&PRESETS[0]).into()
        }
        // Nothing is chosen, and there is no natural colour: what stands in for it has no name but its bands'.
        (None, []) => opened.composite.names().join(", "),
        (Some(preset), _) => names::preset(preset).into(),
        (None, [one]) => one.clone(),
        _ => tr!("Three of my own").into(),
    };
    let mut entries = Vec::new();
    for (i, preset) in PRESETS.iter().enumerate() {
        let there = picture::channels(&preset.channels.map(str::to_string), bands, own);
        let hint = tr!("{shows} (Ctrl+{number})", shows = names::shows(preset), number = i + 1);
        let entry = Entry::new(names::preset(preset), hint, Choice::Preset(i));
        entries.push(entry.lacking(there.err().map(|why| why.to_string())));
    }
    entries.push(
        Entry::new(tr!("Three of my own"), tr!("Any three bands or indices").into(), Choice::Three).begins(),
    );
    for (i, recent) in project.document.view.recent.iter().filter(|recent| recent.len() == 3).enumerate() {
        let there = picture::channels(recent, bands, own);
        let hint = tr!("Shown before").to_string();
        let entry = Entry::new(recent.join(", "), hint, Choice::Channels(recent.clone()));
        let entry = entry.lacking(there.err().map(|why| why.to_string()));
        entries.push(if i == 0 { entry.begins() } else { entry });
    }
    for (i, index) in indices.iter().enumerate() {
        let hint = index.known().map_or_else(|| index.expression().unwrap_or_default(), |known| known.title);
        let entry = Entry::new(&index.name, hint.into(), Choice::Channels(vec![index.name.clone()]));
        entries.push(if i == 0 { entry.begins() } else { entry });
    }
    for (i, band) in Feature::all_bands(bands).iter().enumerate() {
        let hint = tr!("This band alone, on a ramp of colours").to_string();
        let entry = Entry::new(&band.name, hint, Choice::Channels(vec![band.name.clone()]));
        entries.push(if i == 0 { entry.begins() } else { entry });
    }
    let label = ui.label(RichText::new(tr!("Composite")).weak());
    let width = ui.available_width() - 8.0;
    match choose_ui(ui, "composite", label.id, &title, width, entries) {
        None => {}
        Some(Choice::Preset(place)) => show_preset(project, place, view),
        Some(Choice::Channels(channels)) => {
            view.channels = None;
            send(view, wanted, channels);
        }
        Some(Choice::Three) => {
            let names = opened.composite.names();
            let name = |i: usize| names.get(i).or(names.first()).map_or(String::new(), ToString::to_string);
            view.channels = Some([name(0), name(1), name(2)]);
        }
    }
    let three = view.channels.clone().or_else(|| {
        let own = <[String; 3]>::try_from(wanted.clone()).ok();
        own.filter(|_| preset.is_none())
    });
    let Some(mut three) = three else { return };
    let features: Vec<Feature> = Feature::all_bands(bands).into_iter().chain(indices).collect();
    for (place, channel) in [tr!("Red"), tr!("Green"), tr!("Blue")].into_iter().enumerate() {
        ui.horizontal(|ui| {
            let words = egui::Label::new(RichText::new(channel).weak());
            let label = ui.add_sized([48.0, tokens::TARGET], words);
            let entry = |feature: &Feature| {
                let hint = feature.expression().unwrap_or_default().to_string();
                Entry::new(&feature.name, hint, feature.name.clone())
            };
            let entries = features.iter().map(entry).collect();
            if let Some(chosen) = choose_ui(ui, channel, label.id, &three[place], 180.0, entries) {
                three[place] = chosen;
                view.channels = Some(three.clone());
                send(view, wanted, three.to_vec());
            }
        });
    }
}

fn send(view: &mut View, before: &[String], channels: Vec<String>) {
    if channels != before {
        view.send(Command::SetComposite(channels));
    }
}

/// The project's own indices: to edit and to delete.
pub fn own_indices_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let own = &project.document.settings.indices;
    if own.is_empty() {
        return;
    }
    widgets::section(ui, tr!("Indices of this project"));
    let can = project.folder.read_only().is_none();
    for index in own {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let delete = ui.add_enabled(can, egui::Button::new(tr!("Delete")).small());
                if delete
                    .on_hover_text(tr!("Deletes {index}; Ctrl+Z brings it back", index = index.name))
                    .clicked()
                {
                    view.send(Command::DeleteIndex(index.name.clone()));
                }
                let edit = ui.add_enabled(can, egui::Button::new(tr!("Edit")).small());
                if edit.on_hover_text(tr!("Brings it into the field beside the plot's indices")).clicked() {
                    view.indices.edit(index);
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let words = if index.name == index.expression {
                        index.name.clone()
                    } else {
                        format!("{} = {}", index.name, index.expression)
                    };
                    ui.add(egui::Label::new(RichText::new(&words).small()).truncate()).on_hover_text(words);
                });
            });
        });
    }
}
