//! Label: the legend, the inward buffer, the annotations.

mod check;
mod legend;
mod list;
mod selected;
mod typing;

pub use legend::LegendView;

use super::page;
use crate::app::{AppState, Command, OpenProject, Page};
use crate::ui::uncertain::uncertain_ui;
use crate::ui::view::View;
use crate::ui::widgets::part;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{RichText, Ui};

pub use typing::Typing;

pub fn label_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let View { list, commands, .. } = &mut *view;
    list.follow(project, commands);
    page(ui, Page::Label, |ui| {
        part(ui, "legend", |ui| legend::legend_ui(ui, project, view));
        part(ui, "buffer", |ui| buffer_ui(ui, project, view));
        part(ui, "selected", |ui| selected::selected_ui(ui, project, view));
        part(ui, "uncertain", |ui| uncertain_ui(ui, project, view));
        part(ui, "list", |ui| list::list_ui(ui, project, view));
        part(ui, "author", |ui| author_ui(ui, state, view));
        part(ui, "check", |ui| check::check_ui(ui, state, project, view));
    });
}

fn buffer_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Inward buffer"));
    ui.horizontal(|ui| {
        let hint = tr!("How far from its edge a polygon's pixels are left out");
        if let Some(m) =
            widgets::metres(ui, tr!("Inward buffer"), project.document.settings.buffer_m, None, hint)
        {
            view.send(Command::SetBuffer(m));
        }
        ui.label(RichText::new(tr!("from every edge")).weak());
    });
}

/// Who draws here.
fn author_ui(ui: &mut Ui, state: &AppState, view: &mut View) {
    ui.add_space(2.0 * tokens::GRID);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("You are")).weak());
        let shown = state.author.as_deref().unwrap_or("");
        let hint = tr!("New annotations bear this name; it is remembered for other days and projects");
        let field = typing::Field { name: tr!("You are"), shown, mixed: false, lines: 1, hint };
        if let Some(name) = typing::field_ui(ui, &mut view.typing.you, &[], &field) {
            view.send(Command::SetAuthor(Some(name)));
        }
    });
}
