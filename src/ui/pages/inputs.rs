//! What a model learns from: all bands, or chosen bands and indices.

use crate::app::{Command, OpenProject};
use crate::cube::{Feature, Filling, IndexError};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{plot, tokens};
use egui::{RichText, Ui};

pub fn inputs_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some((opened, _)) = project.cube() else { return };
    let (bands, own) = (&opened.cube.info().bands, &project.document.settings.indices);
    let spec = &project.document.settings.model;
    let mut inputs = spec.inputs.clone();
    let all = Feature::all_bands(bands);
    let indices = plot::indices(project, opened);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Inputs")).weak()).on_hover_text(tr!(
            "What the network sees of each date. An index is computed before gaps are filled"
        ));
        if ui.radio(inputs.is_none(), tr!("all {n} bands", n = bands.len())).clicked() {
            inputs = None;
        }
        let words =
            inputs.as_ref().map_or(tr!("chosen").into(), |inputs| tr!("chosen ({n})", n = inputs.len()));
        if ui.radio(inputs.is_some(), words).clicked() && inputs.is_none() {
            inputs = Some(all.iter().map(|band| band.name.clone()).collect());
        }
    });
    if let Some(chosen) = &mut inputs {
        let found: Vec<Result<Feature, IndexError>> =
            chosen.iter().map(|text| Feature::resolve(text, bands, own)).collect();
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
            for feature in all.iter().chain(&indices) {
                let place = found.iter().position(|f| f.as_ref().is_ok_and(|f| f.name == feature.name));
                let text = RichText::new(&feature.name).small();
                let text = if place.is_some() { text.strong() } else { text.weak() };
                let hint = feature.expression().unwrap_or(feature.name.as_str());
                let button = egui::Button::selectable(place.is_some(), text).min_size(egui::vec2(34.0, 20.0));
                let response = ui.add(button).on_hover_text(tr!("Input of the model: {hint}", hint = hint));
                let words = tr!("Input {name}", name = feature.name);
                response.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, true, place.is_some(), &words)
                });
                if response.clicked() {
                    match place {
                        // Without input there is no model.
                        Some(_) if chosen.len() == 1 => {}
                        Some(place) => drop(chosen.remove(place)),
                        None => chosen.push(feature.name.clone()),
                    }
                }
            }
        });
        let unknown =
            chosen.iter().zip(&found).filter_map(|(text, f)| Some((text.clone(), f.as_ref().err()?)));
        for (text, why) in unknown.collect::<Vec<_>>() {
            let words = format!("{text}: {}", tr_below(&why.to_string()));
            ui.label(RichText::new(words).small().color(tokens::error(ui.visuals().dark_mode)));
            let hint = tr!("Takes it off the inputs");
            if ui.small_button(tr!("Take {text} off", text = text)).on_hover_text(hint).clicked() {
                chosen.retain(|other| *other != text);
            }
        }
    }
    let filling = filling_ui(ui, spec.filling);
    // Without input there is no model.
    inputs = inputs.filter(|inputs| !inputs.is_empty());
    if inputs != spec.inputs || filling != spec.filling {
        view.send(Command::SetModel(crate::model::ModelSpec { inputs, filling, ..spec.clone() }));
    }
}

/// How gaps are filled before the network sees a series.
fn filling_ui(ui: &mut Ui, mut filling: Filling) -> Filling {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(tr!("Gaps  ")).weak()).on_hover_text(tr!(
            "What the network sees where there is no clear observation, in training and in mapping"
        ));
        for (choice, words, hint) in [
            (
                Filling::Linear,
                tr!("linear"),
                tr!("Filled linearly by date, between the observations before and after"),
            ),
            (Filling::LastClear, tr!("last clear"), tr!("Filled by the last clear observation")),
            (
                Filling::Off,
                tr!("leave out"),
                tr!("A pixel with a gap trains nothing, and has no class on the map"),
            ),
        ] {
            ui.radio_value(&mut filling, choice, words).on_hover_text(hint);
        }
    });
    filling
}
