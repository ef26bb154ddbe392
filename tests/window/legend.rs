//! The legend on the Label page: every edit by its name on screen.

use crate::desk::Desk;
use crate::small::{CLASSES, Made};
use egui::Key;
use egui::accesskit::Role;
use ritmo::app::Command;
use ritmo::labels::{Class, Legend, Preset, read_legend};

fn label_page(made: Made) -> Desk {
    let mut desk = Desk::open(made);
    desk.key(Key::F2);
    desk
}

fn names(desk: &Desk) -> Vec<&str> {
    desk.project().document.legend.classes.iter().map(|class| class.name.as_str()).collect()
}

fn of_class(desk: &Desk, name: &str) -> usize {
    let code = desk.project().document.legend.by_name(name).unwrap().code;
    desk.project().tally(code).annotations
}

/// Types into a field in the place of what is there.
fn replace(desk: &mut Desk, field: &str, text: &str) {
    let node = |desk: &Desk| desk.rect(Role::TextInput, field).center();
    let at = node(desk);
    desk.click_at(at);
    desk.ctrl(Key::A);
    desk.letter(text);
}

fn set_number(desk: &mut Desk, field: &str, value: f64) {
    use egui_kittest::kittest::Queryable;
    desk.harness().get_by_role_and_label(Role::SpinButton, field).set_value_accesskit(value);
    desk.settle();
}

#[test]
fn a_class_is_renamed_recoded_grouped_and_buffered_in_one_step() {
    let mut desk = label_page(Made::Labels);
    let before = desk.project().document.legend.clone();
    desk.click("Edit");
    replace(&mut desk, "Name", "Selva");
    replace(&mut desk, "Group", "Green");
    set_number(&mut desk, "Code", 40.0);
    desk.assert_sees("Annotations follow.");
    desk.click("Own buffer");
    set_number(&mut desk, "Buffer of the class", 40.0);
    desk.harness().check_accessibility();
    desk.click("OK");
    let class = desk.project().document.legend.by_name("Selva").unwrap().clone();
    assert_eq!((class.code, class.group.as_deref(), class.buffer_m), (40, Some("Green"), Some(40.0)));
    assert_eq!(of_class(&desk, "Selva"), 4);
    desk.assert_sees("Green");
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.legend, before);
}

#[test]
fn a_code_that_is_taken_is_not_given_and_it_is_said_whose_it_is() {
    let mut desk = label_page(Made::Labels);
    desk.click("Edit");
    set_number(&mut desk, "Code", 2.0);
    desk.assert_sees("Maize has the code 2 already");
    assert!(!desk.can("OK"));
    desk.click("Leave");
    assert!(!desk.sees("Own buffer"));
    assert_eq!(names(&desk), CLASSES);
}

#[test]
fn classes_are_moved_by_buttons_and_their_keys_follow() {
    let mut desk = label_page(Made::Cube);
    desk.click("Edit");
    assert!(!desk.can("Move up"), "it is the first");
    desk.click("Move down");
    assert_eq!(names(&desk), ["Maize", "Forest", "Water"]);
    desk.click("Move down");
    assert!(!desk.can("Move down"), "it is the last");
    desk.click("Leave");
    desk.key(Key::Num3);
    assert_eq!(desk.project().class, Some(1), "forest keeps its code");
}

#[test]
fn a_class_is_dragged_to_another_place() {
    let mut desk = label_page(Made::Cube);
    let from = desk.rect(Role::Button, "Forest").center();
    let water = desk.rect(Role::Button, "Water");
    let to = egui::pos2(water.center().x, water.bottom() - 3.0);
    desk.harness().hover_at(from);
    desk.steps(1);
    desk.harness().drag_at(from);
    desk.steps(1);
    for step in 1..=5 {
        let at = from + (to - from) * (step as f32 / 5.0);
        desk.harness().hover_at(at);
        desk.steps(1);
    }
    desk.harness().drop_at(to);
    desk.settle();
    assert_eq!(names(&desk), ["Maize", "Water", "Forest"]);
    desk.ctrl(Key::Z);
    assert_eq!(names(&desk), CLASSES);
}

#[test]
fn a_double_click_opens_the_editor() {
    let mut desk = label_page(Made::Cube);
    let at = desk.rect(Role::Button, "Maize").center();
    desk.double_click_at(at);
    desk.assert_sees("Own buffer");
}

#[test]
fn deleting_a_class_in_use_asks_what_becomes_of_its_annotations() {
    let mut desk = label_page(Made::Labels);
    let pixels = desk.project().tally(1).pixels;
    desk.click("Edit");
    desk.click("Delete…");
    desk.assert_sees(&format!("Forest has 4 annotations with {pixels} pure pixels"));
    assert!(!desk.can("Delete class"), "one has to say");
    desk.click("Not now");
    assert_eq!(names(&desk), CLASSES);
    desk.click("Delete…");
    desk.click("Delete them too");
    desk.harness().check_accessibility();
    desk.click("Delete class");
    assert_eq!((names(&desk), desk.project().annotations.len()), (vec!["Maize", "Water"], 8));
    desk.ctrl(Key::Z);
    assert_eq!((names(&desk), desk.project().annotations.len()), (CLASSES.to_vec(), 12));
    desk.click("Edit");
    desk.click("Delete…");
    desk.click("Give them another class");
    desk.pick("Class for the annotations", "Water");
    desk.click("Delete class");
    assert_eq!((of_class(&desk, "Water"), of_class(&desk, "Maize")), (8, 4));
}

#[test]
fn a_class_is_merged_into_another_one_after_a_question() {
    let mut desk = label_page(Made::Labels);
    desk.click("Edit");
    desk.pick("Merge into", "Maize");
    desk.assert_sees("Merge Forest into Maize");
    desk.click("Merge");
    assert_eq!((names(&desk), of_class(&desk, "Maize")), (vec!["Maize", "Water"], 8));
    desk.ctrl(Key::Z);
    assert_eq!((names(&desk), of_class(&desk, "Maize")), (CLASSES.to_vec(), 4));
}

#[test]
fn groups_are_folded_renamed_and_dissolved() {
    let mut desk = label_page(Made::Cube);
    for (code, name) in [(1, CLASSES[0]), (3, CLASSES[2])] {
        let class = Class { group: Some("Wet".into()), ..Class::new(code, name, [9, 99, 9]) };
        desk.send(Command::EditClass(class));
    }
    assert_eq!(names(&desk), ["Forest", "Water", "Maize"]);
    desk.click("Wet");
    assert!(!desk.can("Water") && desk.can("Maize"));
    desk.click("Wet");
    assert!(desk.can("Water"));
    desk.click("Group");
    replace(&mut desk, "Name of the group", "Humid");
    desk.click("Rename");
    assert!(desk.can("Humid"));
    desk.click("Group");
    desk.click("Ungroup");
    assert!(desk.project().document.legend.classes.iter().all(|class| class.group.is_none()));
}

#[test]
fn a_preset_replaces_the_legend_and_keeps_what_is_in_use() {
    let mut desk = label_page(Made::Labels);
    desk.click("Presets and files");
    desk.harness().check_accessibility();
    desk.click("Dynamic World");
    desk.assert_sees("each code is the raster's value and one");
    desk.assert_sees("Kept at its end, since annotations use them: Forest, Maize.");
    desk.click("Take it");
    let legend = &desk.project().document.legend;
    assert_eq!(legend.classes.len(), 11);
    assert_eq!(legend.classes[..9], Preset::DynamicWorld.legend().classes);
    assert_eq!((of_class(&desk, "water"), of_class(&desk, "Maize")), (4, 4));
    desk.ctrl(Key::Z);
    assert_eq!(names(&desk), CLASSES);
    desk.click("Presets and files");
    desk.click("ESA WorldCover");
    desk.click("Add what is missing");
    desk.click("Take it");
    assert_eq!(desk.project().document.legend.classes.len(), 14);
}

#[test]
fn a_legend_is_exported_and_imported_by_typing_a_path() {
    let mut desk = label_page(Made::Cube);
    let file = desk.home().join("legend.qml");
    let path = file.display().to_string();
    desk.click("Presets and files");
    desk.click("Export legend…");
    desk.harness().check_accessibility();
    desk.type_into("File", &path);
    desk.click("Export");
    desk.until_idle();
    assert_eq!(read_legend(&file).unwrap(), desk.project().document.legend);
    let classes = vec![Class::new(7, "Mangrove", [1, 2, 3]), Class::new(9, "forest", [4, 5, 6])];
    ritmo::labels::write_legend(&file, &Legend { classes }).unwrap();
    desk.click("Presets and files");
    desk.click("Import legend…");
    desk.type_into("File", &path);
    desk.click("Merge by name");
    desk.click("Import");
    desk.until_idle();
    assert_eq!(names(&desk), ["Forest", "Maize", "Water", "Mangrove"]);
    assert_eq!(desk.project().document.legend.classes[0].colour, [4, 5, 6]);
    std::fs::write(&file, "no style").unwrap();
    desk.click("Presets and files");
    desk.click("Import legend…");
    desk.type_into("File", &path);
    desk.click("Import");
    desk.until("it failed", |desk| {
        desk.notices().iter().any(|notice| notice.contains("Importing the legend failed"))
    });
    assert_eq!(desk.project().document.legend.classes.len(), 4);
}

#[test]
fn the_thinnest_class_is_told_under_the_legend() {
    let mut desk = label_page(Made::Labels);
    assert!(!desk.sees("polygons, "), "four good polygons a class");
    let ids: Vec<_> = desk.project().annotations.iter().map(|annotation| annotation.id).collect();
    desk.send(Command::DeleteAnnotations(ids[1..4].to_vec()));
    let pixels = desk.project().tally(1).sure_pixels;
    desk.assert_sees(&format!("Forest: 1 polygon, {pixels} pixels"));
}

#[test]
fn nothing_of_the_legend_is_cut_off_or_too_wide_whatever_the_names() {
    let mut desk = label_page(Made::Labels);
    let long = "without apparent vegetation, not counting what burned in the dry season of 2019";
    for (code, name) in [
        (1, long),
        (2, "tlacuache-temazcal-xochimilco-chapultepec-tzintzuntzan-parangaricutirimicuaro"),
        (3, "Agua"),
    ] {
        let class = Class { group: Some(long.into()), ..Class::new(code, name, [90, 99, 9]) };
        desk.send(Command::EditClass(class));
    }
    for theme in ["Light", "Dark"] {
        desk.click(theme);
        let window = desk.harness().ctx.content_rect();
        let left = window.right() - 320.0;
        for name in [long, "Agua", "Add class", "Presets and files"] {
            for rect in desk.rects(name) {
                assert!(left <= rect.left() && rect.right() <= window.right(), "{name}: {rect:?}");
            }
        }
        let edits = desk.rects("Edit");
        assert_eq!(edits.len(), 3);
        assert!(edits.iter().all(|rect| rect.left() == edits[0].left() && rect.right() <= window.right()));
    }
}

#[test]
fn a_project_that_is_read_only_shows_its_legend_and_changes_nothing() {
    let first = label_page(Made::Labels);
    let mut second = first.second();
    second.key(Key::F2);
    for control in ["Edit", "Presets and files"] {
        assert!(!second.can(control), "{control}");
    }
    second.click("Maize");
    assert_eq!(second.project().class, Some(2), "one can still pick");
}
