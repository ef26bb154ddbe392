//! How far interpreters agree: the share of units, and that of each class.

use crate::app::OpenProject;
use crate::project::reference::ReferenceSample;
use crate::ui::words::tr;
use crate::ui::{format, widgets};
use egui::{Grid, Label, RichText, Ui, Vec2};

pub fn agreement_ui(ui: &mut Ui, project: &OpenProject, sample: &ReferenceSample) {
    let names = sample.interpreters();
    for (i, first) in names.iter().enumerate() {
        for second in &names[i + 1..] {
            pair_ui(ui, project, sample, [first, second]);
        }
    }
}

fn pair_ui(ui: &mut Ui, project: &OpenProject, sample: &ReferenceSample, [first, second]: [&str; 2]) {
    let found = sample.agreement(&project.document.legend.classes, [first, second]);
    if found.share.is_none() {
        return;
    }
    let words = tr!(
        "{first} and {second} agree on {agreed} of {both} units ({share})",
        first = first,
        second = second,
        agreed = found.agreed,
        both = found.both,
        share = format::percent(found.share)
    );
    ui.add(Label::new(RichText::new(words).small()).wrap());
    Grid::new(("agreement", first, second)).num_columns(3).spacing([10.0, 4.0]).striped(true).show(
        ui,
        |ui| {
            for (class, share, units) in found.of_classes() {
                ui.horizontal(|ui| {
                    widgets::swatch(ui, class.colour);
                    ui.allocate_ui(Vec2::new(128.0, 16.0), |ui| {
                        ui.set_min_width(128.0);
                        ui.add(Label::new(RichText::new(&class.name).small()).truncate());
                    });
                });
                let hint =
                    tr!("Of the units that one of both gave the class, weighted by how often it was given");
                ui.label(RichText::new(format::percent(Some(share))).monospace().small()).on_hover_text(hint);
                ui.label(RichText::new(format::count(units as usize, "unit")).small().weak());
                ui.end_row();
            }
        },
    );
}
