//! A report in its first sentence, and the others that there are.

use crate::app::OpenProject;
use crate::jobs::{Assessed, beside};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, widgets};
use egui::{Label, OpenUrl, RichText, Ui};

pub fn report_ui(ui: &mut Ui, _: &OpenProject, assessed: &Assessed, view: &mut View) {
    let report = &assessed.report;
    ui.separator();
    let whose = match report.site.as_str() {
        "" => tr!("Scores of {map}", map = report.map),
        site => tr!("Scores of {map} of {site}", map = report.map, site = site),
    };
    ui.label(RichText::new(whose).weak());
    ui.add(Label::new(tr_below(&report.headline())).wrap());
    if let Some(gap) = report.gap() {
        ui.add(Label::new(RichText::new(tr_below(&gap)).weak()).wrap());
    }
    for note in &report.notes {
        ui.add(Label::new(RichText::new(tr_below(note)).small().weak()).wrap());
    }
    if !report.created.is_empty() {
        ui.label(RichText::new(format::moment(&report.created)).small().weak());
    }
    let page = beside(&assessed.file, "html");
    ui.horizontal_wrapped(|ui| {
        // Reports of before there were pages have none.
        let has_page = report.version > 0;
        let hint = tr!(
            "Opens the page in the browser: maps, matrices, tables and how all was obtained, to read or print"
        );
        if ui.add_enabled(has_page, egui::Button::new(tr!("Open report"))).on_hover_text(hint).clicked() {
            ui.ctx().open_url(OpenUrl::new_tab(widgets::file_url(&page)));
        }
        let hint = tr!("Copies the page (.html), the table (.csv) or the document (.json)");
        if ui.add_enabled(has_page, egui::Button::new(tr!("Save report as…"))).on_hover_text(hint).clicked()
        {
            view.dialogs.ask_save_report(&assessed.file);
        }
    });
}

/// The reports that there are besides, the newest first.
pub fn others_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    if project.reports.len() < 2 {
        return;
    }
    ui.separator();
    widgets::section(ui, tr!("Reports"));
    let shown = view.assess.report(project).map(|report| report.file.clone());
    for report in &project.reports {
        let name = report.file.file_stem().unwrap_or_default().to_string_lossy();
        let words = match report.report.created.as_str() {
            "" => name.to_string(),
            created => format!("{name} · {}", format::moment(created)),
        };
        let response = ui.selectable_label(shown.as_ref() == Some(&report.file), words);
        if response.on_hover_text(tr_below(&report.report.headline())).clicked() {
            view.assess.chosen = Some(report.file.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::ui::widgets::file_url;
    use std::path::Path;

    #[test]
    fn the_address_of_a_file_holds_spaces_accents_and_marks() {
        assert_eq!(file_url(Path::new("/a b/ñ#1.html")), "file:///a%20b/%C3%B1%231.html");
        assert!(file_url(Path::new("r.html")).starts_with("file:///"));
    }
}
