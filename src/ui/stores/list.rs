//! The folders and files of a store: a click goes into a folder, and marks a file.

use super::{Known, StoreFor, Stores};
use crate::app::size;
use crate::geo::folders::{StoreEntry, StoreFolder};
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align, Button, Frame, Layout, Role, ScrollArea, Ui, WidgetInfo};
use lucide_icons::Icon;
use std::path::PathBuf;

/// Height of the list.
const HEIGHT: f32 = 320.0;

pub fn list_ui(ui: &mut Ui, page: &mut Stores, target: StoreFor) {
    let mut entered: Option<PathBuf> = None;
    let Stores { known, marked, folder, .. } = &mut *page;
    Frame::group(ui.style()).show(ui, |ui| {
        ui.set_min_size(egui::vec2(ui.available_width(), HEIGHT));
        let Known::Here(listed) = known else { return };
        let list = ScrollArea::vertical().id_salt(("store", &*folder)).max_height(HEIGHT).auto_shrink(false);
        list.show_rows(ui, tokens::TARGET, listed.entries.len(), |ui, rows| {
            ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
                for entry in &listed.entries[rows] {
                    if !row_ui(ui, entry, marked.contains(&entry.path), target) {
                        continue;
                    }
                    match entry.is_folder {
                        true => entered = Some(entry.path.clone()),
                        false if marked.remove(&entry.path) => {}
                        false => {
                            if !target.takes_many() {
                                marked.clear();
                            }
                            marked.insert(entry.path.clone());
                        }
                    }
                }
            });
        });
    });
    if let Some(entered) = entered {
        page.go(ui.ctx(), &entered);
    }
}

/// A folder or file; whether it was clicked.
fn row_ui(ui: &mut Ui, entry: &StoreEntry, marked: bool, target: StoreFor) -> bool {
    let name = name_of(entry);
    let bytes = entry.bytes.map(size).unwrap_or_default();
    let picture = match (entry.is_folder, marked) {
        (true, _) => Icon::Folder,
        (false, true) => Icon::Check,
        (false, false) => Icon::File,
    };
    let button = Button::selectable(marked, (widgets::icon(picture), name.as_str()))
        .right_text(egui::RichText::new(&bytes).weak())
        .min_size(egui::vec2(0.0, tokens::TARGET))
        .truncate();
    let enabled = entry.is_folder || target.takes_files();
    let response = ui.add_enabled(enabled, button);
    response.widget_info(|| match entry.is_folder {
        true => WidgetInfo::labeled(Role::Button, enabled, &name),
        false => WidgetInfo::selected(Role::Button, enabled, marked, &name),
    });
    let hint = match entry.is_folder {
        true => tr!("Goes into the folder"),
        false => tr!("Marks the file; again, takes the mark away"),
    };
    response.on_hover_text(format!("{}\n{hint}", entry.path.display())).clicked()
}

fn name_of(entry: &StoreEntry) -> String {
    let path = entry.path.to_string_lossy();
    path.rsplit('/').next().unwrap_or(&path).to_owned()
}

/// "2 folders, 3 files, 12 MB".
pub fn summary(listed: &StoreFolder) -> String {
    let folders = listed.entries.iter().filter(|entry| entry.is_folder).count();
    let files = listed.entries.len() - folders;
    let bytes: Option<u64> = listed.entries.iter().filter(|entry| !entry.is_folder).map(|e| e.bytes).sum();
    let mut parts = Vec::new();
    if folders > 0 {
        parts.push(format::count(folders, "folder"));
    }
    if files > 0 {
        parts.push(format::count(files, "file"));
        parts.extend(bytes.map(size));
    }
    if listed.has_more {
        parts.push(tr!("and more that are not shown").to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_summed_up_and_its_bytes_where_all_are_known() {
        let entry = |name: &str, is_folder, bytes| StoreEntry { path: name.into(), is_folder, bytes };
        let mut listed = StoreFolder {
            entries: vec![
                entry("s3://b/scenes", true, None),
                entry("s3://b/a.tif", false, Some(1500)),
                entry("s3://b/b.tif", false, Some(500)),
            ],
            has_more: false,
        };
        assert_eq!(summary(&listed), "1 folder, 2 files, 2.0 kB");
        listed.entries[1].bytes = None;
        listed.has_more = true;
        assert_eq!(summary(&listed), "1 folder, 2 files, and more that are not shown");
        assert_eq!(name_of(&listed.entries[0]), "scenes");
    }
}
