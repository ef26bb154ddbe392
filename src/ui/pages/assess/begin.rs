//! The buttons that measure: a map, or a model without what then tests it.

use crate::app::{AppState, Command, OpenProject, TryRequest};
use crate::assess::HoldOut;
use crate::jobs::JobKind;
use crate::ui::view::View;
use crate::ui::widgets;
use crate::ui::words::tr;
use egui::{Button, ComboBox, DragValue, RichText, Role, Ui, WidgetInfo};

/// Folds of annotations or blocks.
const FOLDS: usize = 5;

/// What is chosen to be held out.
pub struct BeginView {
    what: What,
    metres: f64,
    buffer_m: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Annotations,
    Blocks,
    Sites,
    Mosaics,
}

impl What {
    const ALL: [Self; 4] = [Self::Annotations, Self::Blocks, Self::Sites, Self::Mosaics];

    fn words(self) -> &'static str {
        match self {
            Self::Annotations => tr!("annotations"),
            Self::Blocks => tr!("blocks of land"),
            Self::Sites => tr!("whole sites"),
            Self::Mosaics => tr!("one mosaic at a time"),
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Annotations => {
                tr!("Trains five times, each time without a fifth of the annotations, which then test")
            }
            Self::Blocks => {
                tr!(
                    "Trains five times, each time without a fifth of the blocks, which then test; what lies near them does neither"
                )
            }
            Self::Sites => tr!("Trains once for each site without it, and tests on it"),
            Self::Mosaics => {
                tr!("Trains once without each date: what a map loses where that date is missing")
            }
        }
    }
}

impl Default for BeginView {
    fn default() -> Self {
        Self { what: What::Annotations, metres: 1000.0, buffer_m: 100.0 }
    }
}

impl BeginView {
    fn hold_out(&self) -> HoldOut {
        match self.what {
            What::Annotations => HoldOut::Annotations,
            What::Blocks => HoldOut::Blocks { metres: self.metres, buffer_m: self.buffer_m },
            What::Sites => HoldOut::Sites,
            What::Mosaics => HoldOut::Mosaics,
        }
    }
}

pub fn begin_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Assessment"));
    let writable = project.folder.read_only().is_none();
    let busy = state.job(JobKind::Assess).is_some();
    let has_map = project.map().is_some_and(|m| m.complete);
    let name = project.map().map_or(tr!("the map"), |m| m.name.as_str());
    ui.horizontal(|ui| {
        if widgets::primary(ui, !busy && has_map && writable, &tr!("Assess {name}", name = name))
            .on_hover_text(tr!("Holds the map against annotations that its model has not seen"))
            .clicked()
        {
            view.assess.chosen = None;
            view.send(Command::Assess { map: None, site: None });
        }
        if busy {
            ui.spinner();
        }
    });
    if !has_map {
        ui.label(RichText::new(tr!("No map yet. Train and map on the Map page.")).weak());
    }
    try_ui(ui, state, project, view);
}

fn try_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let map = project.map().map(|map| map.name.as_str());
    let own = project.models.iter().find(|model| Some(model.name.as_str()) == map);
    let Some(model) = own.or(project.models.first()).filter(|model| model.card.spec.kind.reads_series())
    else {
        return;
    };
    let busy = state.job(JobKind::TryModel).is_some();
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(tr!("Held out")).weak());
        let form = &mut view.assess.begin;
        let combo = ComboBox::from_id_salt("held out").selected_text(form.what.words()).show_ui(ui, |ui| {
            for what in What::ALL {
                ui.selectable_value(&mut form.what, what, what.words()).on_hover_text(what.hint());
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tr!("Held out")));
        if form.what == What::Blocks {
            metres(ui, tr!("Side of a block"), &mut form.metres, 10.0);
            metres(ui, tr!("Left out around blocks"), &mut form.buffer_m, 0.0);
        }
        let ready = !busy && project.folder.read_only().is_none();
        let words = tr!("Try {model}", model = model.name);
        let hint = form.what.hint();
        if ui.add_enabled(ready, Button::new(words)).on_hover_text(hint).clicked() {
            let request = TryRequest {
                model: Some(model.name.clone()),
                hold_out: form.hold_out(),
                folds: FOLDS,
                output: None,
            };
            view.assess.chosen = None;
            view.send(Command::TryModel(request));
        }
        if busy {
            ui.spinner();
        }
    });
}

fn metres(ui: &mut Ui, name: &str, value: &mut f64, least: f64) {
    let drag = DragValue::new(value).range(least..=1e6).speed(5.0).max_decimals(0).suffix(" m");
    let response = ui.add(drag).on_hover_text(name);
    let shown = *value;
    response.widget_info(|| WidgetInfo {
        value: Some(shown),
        ..WidgetInfo::labeled(Role::SpinButton, true, name)
    });
}
