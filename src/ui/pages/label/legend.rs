//! The legend: picking, adding, moving and grouping classes; what is missing.

mod edit;

use crate::app::{Command, ENOUGH_PIXELS, ENOUGH_POLYGONS, OpenProject, Tally};
use crate::labels::{Class, ClassCode, Preset};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::collapsing_header::paint_default_icon;
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{
    Align, Atom, Button, CursorIcon, Label, Layout, PopupCloseBehavior, Rect, RichText, Sense, TextEdit, Ui,
    Vec2,
};
use std::collections::HashSet;

/// What the window remembers of the legend.
#[derive(Default)]
pub struct LegendView {
    /// The class that is being edited.
    editing: Option<edit::Draft>,
    /// Groups whose classes are not shown.
    folded: HashSet<String>,
    /// A group that is being renamed, and its name so far.
    renaming: Option<(String, String)>,
}

/// A class that is being dragged to another place.
struct Dragged(ClassCode);

pub fn legend_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let can = project.folder.read_only().is_none();
    ui.add_space(2.0 * tokens::GRID);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Legend")).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(can, |ui| menu_ui(ui, view));
        });
    });
    let classes = &project.document.legend.classes;
    // A class that is gone is not edited any more, nor when undo brings it back.
    let legend = &project.document.legend;
    view.legend.editing.take_if(|draft| legend.class(draft.code()).is_none());
    if classes.is_empty() {
        ui.add(Label::new(
            RichText::new(tr!("No class yet: add one below, or take a preset or a file, then draw.")).weak(),
        ));
    }
    let mut group: Option<&str> = None;
    for (i, class) in classes.iter().enumerate() {
        if class.group.as_deref() != group {
            group = class.group.as_deref();
            if let Some(name) = group {
                group_ui(ui, project, view, name, can);
            }
        }
        if group.is_none_or(|name| !view.legend.folded.contains(name)) {
            class_ui(ui, project, view, i, class, can);
        }
    }
    ui.add_enabled_ui(can, |ui| new_class_ui(ui, view));
    thin_ui(ui, project);
}

fn menu_ui(ui: &mut Ui, view: &mut View) {
    let menu = ui.menu_button(tr!("Presets and files"), |ui| {
        if ui.button(tr!("Import legend…")).clicked() {
            view.dialogs.ask_legend_import();
        }
        if ui.button(tr!("Export legend…")).clicked() {
            view.dialogs.ask_legend_export();
        }
        ui.separator();
        for preset in Preset::ALL {
            if ui.button(tr_word(preset.title())).on_hover_text(tr_word(preset.explanation())).clicked() {
                view.dialogs.ask_preset(preset);
            }
        }
    });
    menu.response.on_hover_text(tr!("Takes in another legend, or writes this one to a file"));
}

/// The heading of a group: folds it, renames or dissolves it.
fn group_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, name: &str, can: bool) {
    let classes = &project.document.legend.classes;
    let count = classes.iter().filter(|class| class.group.as_deref() == Some(name)).count();
    ui.horizontal(|ui| {
        let (rect, icon) = ui.allocate_exact_size(Vec2::splat(tokens::TEXT), Sense::hover());
        let is_folded = view.legend.folded.contains(name);
        paint_default_icon(ui, if is_folded { 0.0 } else { 1.0 }, &icon.with_new_rect(rect));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_enabled_ui(can, |ui| group_menu_ui(ui, view, name));
            ui.label(RichText::new(format::grouped(count as i64)).small().weak())
                .on_hover_text(tr!("{n} classes", n = count));
            let words = (RichText::new(name).strong(), Atom::grow());
            let button = Button::new(words).frame(false).truncate();
            let response = ui.add_sized([ui.available_width(), tokens::TARGET], button);
            let hint = match is_folded {
                true => tr!("{name}: shows its classes", name = name),
                false => tr!("{name}: hides its classes", name = name),
            };
            if response.on_hover_text(hint).clicked() {
                let folded = &mut view.legend.folded;
                if is_folded {
                    folded.remove(name)
                } else {
                    folded.insert(name.to_owned())
                };
            }
        });
    });
}

fn group_menu_ui(ui: &mut Ui, view: &mut View, name: &str) {
    // A click into the field leaves it open.
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let (button, _) =
        MenuButton::from_button(Button::new(tr!("Group")).small()).config(config).ui(ui, |ui| {
            let renaming = &mut view.legend.renaming;
            if renaming.as_ref().is_none_or(|(group, _)| group != name) {
                *renaming = Some((name.to_owned(), name.to_owned()));
            }
            let mut command = None;
            if let Some((_, new)) = renaming {
                ui.horizontal(|ui| {
                    let label = ui.label(RichText::new(tr!("Name of the group")).weak());
                    let field = ui.add(TextEdit::singleline(new).desired_width(120.0)).labelled_by(label.id);
                    let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
                    if ui.button(tr!("Rename")).clicked() || enter {
                        command = Some(Some(new.clone()));
                    }
                });
            }
            if ui.button(tr!("Ungroup")).on_hover_text(tr!("Its classes stay, without a group")).clicked() {
                command = Some(None);
            }
            if let Some(new) = command {
                view.legend.renaming = None;
                view.send(Command::RenameGroup { group: name.to_owned(), name: new });
                ui.close();
            }
        });
    button.on_hover_text(tr!("Renames or dissolves {name}", name = name));
}

/// Width of the codes, three figures at most.
const CODE: f32 = 20.0;

/// The key that picks the class at this place.
fn key_of(place: usize) -> String {
    match place {
        0..=8 => (place + 1).to_string(),
        9 => "0".into(),
        _ => " ".into(),
    }
}

fn class_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, i: usize, class: &Class, can: bool) {
    if can && edit::is_edited(view, class.code) {
        edit::edit_ui(ui, project, view, i, class);
        return;
    }
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 1.5 * tokens::GRID;
        if class.group.is_some() {
            ui.add_space(2.0 * tokens::GRID);
        }
        ui.label(RichText::new(key_of(i)).monospace().weak());
        let code = Label::new(RichText::new(class.code.to_string()).small().weak());
        let hint = tr!("The code of {name} in rasters, models and maps", name = class.name);
        ui.add_sized([CODE, tokens::TARGET], code.halign(Align::RIGHT)).on_hover_text(hint);
        widgets::swatch(ui, class.colour);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let edit = ui.add_enabled(can, Button::new(tr!("Edit")).small());
            if edit
                .on_hover_text(tr!("Renames, recolours, groups or deletes {name}", name = class.name))
                .clicked()
            {
                edit::begin(view, project, class);
            }
            counts_ui(ui, class, project.tally(class.code));
            name_ui(ui, project, view, class, can);
        });
    });
    if can {
        drop_ui(ui, project, view, i, row.response.rect);
    }
}

fn counts_ui(ui: &mut Ui, class: &Class, tally: Tally) {
    let (polygons, pixels) = (tally.annotations, tally.pixels);
    let words = format!("{polygons} / {}", format::grouped(pixels as i64));
    let (polygons, pixels) = (format::count(polygons, "annotation"), format::count(pixels, "pure pixel"));
    let hint = match class.buffer_m {
        None => tr!("{annotations} with {pixels}", annotations = polygons, pixels = pixels),
        Some(m) => tr!(
            "{annotations} with {pixels}; the inward buffer of this class is {m} m",
            annotations = polygons,
            pixels = pixels,
            m = format::trimmed(m)
        ),
    };
    ui.label(RichText::new(words).small().weak()).on_hover_text(hint);
}

fn name_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, class: &Class, can: bool) {
    let chosen = project.class == Some(class.code);
    let sense = if can { Sense::click_and_drag() } else { Sense::click() };
    let button = Button::selectable(chosen, (class.name.as_str(), Atom::grow())).truncate().sense(sense);
    let response = ui.add_sized([ui.available_width(), tokens::TARGET], button);
    let hint = match can {
        true => tr!(
            "{name}: what is drawn gets this class. A double click edits it, dragging moves it",
            name = class.name
        ),
        false => tr!("{name}: what is drawn gets this class", name = class.name),
    };
    let response = response.on_hover_text(hint);
    if response.clicked() {
        view.send(Command::PickClass(class.code));
    }
    if response.double_clicked() && can {
        edit::begin(view, project, class);
    }
    response.dnd_set_drag_payload(Dragged(class.code));
    if response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
}

/// Shows where a dragged class would come to lie, and puts it there.
fn drop_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, i: usize, row: Rect) {
    let response = ui.interact(row, ui.scope_id().with(("class row", i)), Sense::hover());
    if response.dnd_hover_payload::<Dragged>().is_none() {
        return;
    }
    let Some(pointer) = ui.ctx().pointer_interact_pos() else { return };
    let below = pointer.y > row.center().y;
    let gap = ui.spacing().item_spacing.y / 2.0;
    let y = if below { row.bottom() + gap } else { row.top() - gap };
    let line = egui::Stroke::new(2.0, tokens::accent(ui.visuals().dark_mode));
    ui.painter().hline(row.x_range(), y, line);
    if let Some(dragged) = response.dnd_release_payload::<Dragged>() {
        let classes = &project.document.legend.classes;
        let Some(from) = classes.iter().position(|class| class.code == dragged.0) else { return };
        let to = i + usize::from(below);
        // Places are counted without the class that moves.
        let to = to - usize::from(from < to);
        if from != to {
            view.send(Command::MoveClass { code: dragged.0, to });
        }
    }
}

fn new_class_ui(ui: &mut Ui, view: &mut View) {
    ui.horizontal(|ui| {
        let field =
            TextEdit::singleline(&mut view.new_class).hint_text(tr!("new class")).desired_width(176.0);
        let field = ui.add(field);
        widgets::named_field(&field, tr!("New class"), "new class", &view.new_class);
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let ready = !view.new_class.trim().is_empty();
        if (ui.add_enabled(ready, Button::new(tr!("Add class"))).clicked() || enter) && ready {
            let name = std::mem::take(&mut view.new_class);
            view.send(Command::AddClass(name.trim().to_string()));
        }
    });
}

/// What is missing: the thinnest class in a sentence, the others in the tooltip.
fn thin_ui(ui: &mut Ui, project: &OpenProject) {
    let thin = project.thin_classes();
    let Some((class, tally)) = thin.first() else { return };
    let told = |class: &Class, tally: &Tally| {
        let polygons = format::count(tally.sure, "polygon");
        format!("{}: {polygons}, {}", class.name, format::count(tally.sure_pixels, "pixel"))
    };
    let words = RichText::new(told(class, tally)).color(ui.visuals().warn_fg_color);
    let mut hint = tr!(
        "Too little to learn from: fewer than {polygons} sure polygons, or fewer than {pixels} pure pixels in them on \
         the site on screen",
        polygons = ENOUGH_POLYGONS,
        pixels = ENOUGH_PIXELS
    );
    for (class, tally) in &thin[1..] {
        hint += &format!("\n{}", told(class, tally));
    }
    ui.add(Label::new(words).truncate()).on_hover_text(format!("{}\n{hint}", told(class, tally)));
    if thin.len() > 1 {
        let words = if thin.len() == 2 {
            tr!("and 1 more class").into()
        } else {
            tr!("and {n} more classes", n = thin.len() - 1)
        };
        ui.label(RichText::new(words).small().weak()).on_hover_text(hint);
    }
}
