//! Display: what the map shows of a mosaic, and the project's own indices.

use crate::app::{Command, OpenProject};
use crate::cube::Feature;
use crate::cube::picture::{self, PRESETS};
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::{plot, tokens, widgets};
use egui::{ComboBox, RichText, Ui};

/// The three channels, for people.
const CHANNELS: [&str; 3] = ["Red", "Green", "Blue"];

pub fn display_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    widgets::section(ui, "Display");
    let bands = &opened.cube.info().bands;
    let own = &project.document.settings.indices;
    let wanted = &project.document.view.composite;
    let indices = plot::indices(project, opened);
    let preset = PRESETS.iter().find(|preset| preset.channels.iter().eq(wanted.iter()));
    let title = match (preset, wanted.as_slice()) {
        _ if view.channels.is_some() => "Three of my own".to_string(),
        (None, []) if picture::channels(&PRESETS[0].channels.map(str::to_string), bands, own).is_ok() => {
            PRESETS[0].title.into()
        }
        // Nothing is chosen, and there is no natural colour: what stands in for it has no name but its bands'.
        (None, []) => opened.composite.names().join(", "),
        (Some(preset), _) => preset.title.into(),
        (None, [one]) => one.clone(),
        _ => "Three of my own".into(),
    };
    let mut chosen: Option<Vec<String>> = None;
    let label = ui.label(RichText::new("Composite").weak());
    let combo = ComboBox::from_id_salt("composite")
        .selected_text(title.clone())
        .width(ui.available_width() - 8.0)
        .height(420.0);
    let response = combo.show_ui(ui, |ui| {
        for preset in PRESETS {
            let texts = preset.channels.map(str::to_string);
            let there = picture::channels(&texts, bands, own);
            let lacks = there.as_ref().err().map(ToString::to_string);
            let entry = egui::Button::selectable(title == preset.title, preset.title);
            let entry = ui.add_enabled(lacks.is_none(), entry).on_hover_text(preset.shows);
            if entry.on_disabled_hover_text(lacks.unwrap_or_default()).clicked() {
                chosen = Some(if preset == PRESETS[0] { Vec::new() } else { texts.to_vec() });
            }
        }
        ui.separator();
        for index in &indices {
            let hint =
                index.known().map_or_else(|| index.expression().unwrap_or_default(), |known| known.title);
            if ui.selectable_label(title == index.name, &index.name).on_hover_text(hint).clicked() {
                chosen = Some(vec![index.name.clone()]);
            }
        }
        ui.separator();
        let words = "Three of my own";
        if ui.selectable_label(title == words, words).on_hover_text("Any three bands or indices").clicked() {
            let names = opened.composite.names();
            let name = |i: usize| names.get(i).or(names.first()).map_or(String::new(), ToString::to_string);
            view.channels = Some([name(0), name(1), name(2)]);
        }
    });
    response.response.labelled_by(label.id);
    if chosen.is_some() {
        view.channels = None;
    }
    let three = view.channels.clone().or_else(|| {
        let own = <[String; 3]>::try_from(wanted.clone()).ok();
        own.filter(|_| preset.is_none())
    });
    if let Some(mut three) = three {
        let bands = Feature::all_bands(bands);
        for (place, channel) in CHANNELS.iter().enumerate() {
            if channel_ui(ui, channel, &bands, &indices, &mut three[place]) {
                view.channels = Some(three.clone());
                chosen = Some(three.to_vec());
            }
        }
    }
    if let Some(chosen) = chosen.filter(|chosen| chosen != wanted) {
        view.send(Command::SetComposite(chosen));
    }
    if let Some(why) = &opened.look_lacks {
        let words = format!("{why}. Natural colour is shown instead.");
        ui.label(RichText::new(words).small().color(tokens::warning(ui.visuals().dark_mode)));
    }
    scale_ui(ui, opened);
}

/// A channel to choose; tells whether another was chosen.
fn channel_ui(ui: &mut Ui, title: &str, bands: &[Feature], indices: &[Feature], shown: &mut String) -> bool {
    let before = shown.clone();
    ui.horizontal(|ui| {
        let label = ui.add_sized([48.0, tokens::TARGET], egui::Label::new(RichText::new(title).weak()));
        let combo = ComboBox::from_id_salt(("channel", title)).selected_text(shown.as_str()).width(180.0);
        let response = combo.show_ui(ui, |ui| {
            for feature in bands.iter().chain(indices) {
                ui.selectable_value(shown, feature.name.clone(), &feature.name);
            }
        });
        response.response.labelled_by(label.id);
    });
    before != *shown
}

/// The colours of a single index, with the values at their ends.
fn scale_ui(ui: &mut Ui, opened: &OpenedCube) {
    let ([channel], stretch) = (opened.composite.channels.as_slice(), &opened.composite.stretch) else {
        return;
    };
    let (rect, response) =
        ui.allocate_exact_size(egui::vec2(ui.available_width() - 8.0, 10.0), egui::Sense::hover());
    let mut mesh = egui::Mesh::default();
    const PARTS: u32 = 64;
    for i in 0..=PARTS {
        let share = i as f32 / PARTS as f32;
        let [r, g, b] = picture::ramp(share);
        let x = rect.left() + share * rect.width();
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(egui::pos2(x, y), egui::Color32::from_rgb(r, g, b));
        }
        if i > 0 {
            let at = 2 * i;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    ui.painter().add(egui::Shape::mesh(mesh));
    let value =
        |value: f32| if channel.is_index() { format!("{value:.2}") } else { format!("{value:.0} DN") };
    let (low, high) = (value(stretch.low[0]), value(stretch.high[0]));
    let words = format!("{} from {low} to {high}", channel.name);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Figure, true, &words));
    ui.horizontal(|ui| {
        ui.label(RichText::new(low).small().weak());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(high).small().weak());
        });
    });
}

/// The project's own indices: to edit and to delete.
pub fn own_indices_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let own = &project.document.settings.indices;
    if own.is_empty() {
        return;
    }
    widgets::section(ui, "Indices of this project");
    let can = project.folder.read_only().is_none();
    for index in own {
        ui.horizontal(|ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let delete = ui.add_enabled(can, egui::Button::new("Delete").small());
                if delete.on_hover_text(format!("Deletes {}; Ctrl+Z brings it back", index.name)).clicked() {
                    view.send(Command::DeleteIndex(index.name.clone()));
                }
                let edit = ui.add_enabled(can, egui::Button::new("Edit").small());
                if edit.on_hover_text("Brings it into the field beside the plot's indices").clicked() {
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
