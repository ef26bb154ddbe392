//! Under the table: files that are damaged, and files left aside, with why. A file left aside can be given its date.

use super::Imagery;
use super::table::date_ui;
use crate::source::Recognised;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens};
use egui::{CollapsingHeader, Label, RichText, ScrollArea, Ui, Vec2};
use std::path::{Path, PathBuf};

/// Rows that are seen at once.
const ROWS: f32 = 5.0;

pub fn aside_ui(ui: &mut Ui, found: &Recognised, imagery: &mut Imagery) {
    if !found.damaged.is_empty() {
        let words = tr!("{files} cannot be read", files = format::count(found.damaged.len(), "file"));
        let title = RichText::new(words).color(ui.visuals().error_fg_color);
        list_ui(ui, "damaged", title, &found.damaged, None);
    }
    if !found.skipped.is_empty() {
        let title =
            RichText::new(tr!("{files} left aside", files = format::count(found.skipped.len(), "file")));
        list_ui(ui, "skipped", title, &found.skipped, Some(imagery));
    }
}

fn list_ui(
    ui: &mut Ui,
    id: &str,
    title: RichText,
    files: &[(PathBuf, String)],
    mut dated: Option<&mut Imagery>,
) {
    CollapsingHeader::new(title).id_salt(id).show(ui, |ui| {
        let height = ROWS * (tokens::TARGET + ui.spacing().item_spacing.y);
        let area = ScrollArea::vertical().id_salt(id).max_height(height).auto_shrink([false, true]);
        area.show_rows(ui, tokens::TARGET, files.len(), |ui, range| {
            for (path, why) in &files[range] {
                ui.horizontal(|ui| {
                    if let Some(imagery) = dated.as_deref_mut() {
                        ui.allocate_ui(Vec2::new(92.0, tokens::TARGET), |ui| {
                            ui.push_id(path, |ui| {
                                date_ui(
                                    ui,
                                    &tr!("Date of {name}", name = name(path)),
                                    &[path],
                                    None,
                                    imagery,
                                );
                            });
                        });
                    }
                    let words = format!("{}: {}", name(path), tr_below(why));
                    ui.add(Label::new(words).truncate()).on_hover_text(format!(
                        "{}: {}",
                        path.display(),
                        tr_below(why)
                    ));
                });
            }
        });
    });
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
