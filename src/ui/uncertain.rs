//! The tour of uncertain places: which one is on screen, and the buttons that lead on.

use super::view::View;
use super::words::tr;
use super::{format, widgets};
use crate::app::{Command, OpenProject};
use egui::{Button, Label, RichText, Ui};

/// The section of it, on the pages where one maps and draws.
pub fn uncertain_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(map) = project.map().filter(|map| map.complete) else { return };
    widgets::section(ui, tr!("Uncertain places"));
    ui.add(Label::new(RichText::new(words(project)).small()).wrap());
    let tour = project.uncertain();
    ui.horizontal_wrapped(|ui| {
        let hint = tr!(
            "Goes to the next place where {map} is least certain and nothing is drawn yet (N)",
            map = map.name
        );
        let can = tour.is_none_or(|tour| !tour.is_looking());
        if ui.add_enabled(can, Button::new(tr!("Next uncertain place"))).on_hover_text(hint).clicked() {
            view.send(Command::NextUncertain { back: false });
        }
        let can = tour.is_some_and(|tour| tour.number().is_none_or(|number| number > 1) && tour.is_known());
        let hint = tr!("Goes back to the uncertain place before (Shift+N)");
        if ui.add_enabled(can, Button::new(tr!("Place before"))).on_hover_text(hint).clicked() {
            view.send(Command::NextUncertain { back: true });
        }
        let can = tour.is_some_and(|tour| tour.current().is_some());
        let hint = tr!("Takes this place off the list and goes to the next");
        if ui.add_enabled(can, Button::new(tr!("Not this one"))).on_hover_text(hint).clicked() {
            view.send(Command::DismissUncertain);
        }
    });
}

/// "12 of 48: entropy 0.93, Maize 41 % or Wheat 38 %".
fn words(project: &OpenProject) -> String {
    let Some(tour) = project.uncertain() else {
        return tr!("Where the map is least certain, drawing helps most").into();
    };
    if tour.is_looking() {
        return tr!("Looking for uncertain places …").into();
    }
    match (tour.number(), tour.current()) {
        (Some(number), Some(place)) => {
            let best: Vec<_> = place
                .best
                .iter()
                .map(|(name, share)| format!("{name} {}", format::percent(Some(f64::from(*share)))))
                .collect();
            tr!(
                "{number} of {count}: entropy {entropy}, {classes}",
                number = number,
                count = tour.left(),
                entropy = format!("{:.2}", place.entropy),
                classes = best.join(tr!(" or "))
            )
        }
        _ if tour.left() == 0 => tr!("No uncertain place is left that no annotation covers").into(),
        _ => tr!("{count} places are left", count = tour.left()),
    }
}
