//! Label: the legend, the inward buffer, the annotations.

mod check;
mod legend;
mod list;
mod selected;

use super::page;
use crate::app::{AppState, Command, OpenProject};
use crate::ui::view::View;
use crate::ui::widgets;
use egui::{DragValue, RichText, Ui};

pub fn label_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    page(ui, |ui| {
        legend::legend_ui(ui, project, view);
        buffer_ui(ui, project, view);
        selected::selected_ui(ui, project, view);
        list::list_ui(ui, project, view);
        check::check_ui(ui, state, project, view);
    });
}

fn buffer_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, "Inward buffer");
    ui.horizontal(|ui| {
        let mut m = project.document.settings.buffer_m;
        let drag = DragValue::new(&mut m).range(0.0..=1000.0).speed(1.0).max_decimals(1).suffix(" m");
        let response = ui.add(drag).on_hover_text("How far from its edge a polygon's pixels are left out");
        response.widget_info(|| egui::WidgetInfo {
            value: Some(m),
            ..egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Inward buffer")
        });
        if response.changed() && !response.dragged() || response.drag_stopped() {
            view.send(Command::SetBuffer(m));
        }
        ui.label(RichText::new("from every edge").weak());
    });
}
