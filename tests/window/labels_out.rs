//! Exporting labels from the window, and the list of what a check found.

use crate::desk::Desk;
use crate::small::{CLASSES, Made, block};
use egui::Key;
use ritmo::app::{Command, Page};

fn label_page(made: Made) -> Desk {
    let mut desk = Desk::open(made);
    desk.send(Command::ShowPage(Page::Label));
    desk.until_idle();
    desk
}

#[test]
fn a_check_lists_what_is_wrong_and_a_click_selects_it() {
    let mut desk = label_page(Made::Labels);
    let water = desk.project().document.legend.by_name(CLASSES[2]).unwrap().code;
    desk.send(Command::PickClass(water));
    // Over the first block of forest.
    desk.send(Command::Draw(block((8, 20), (4, 16))));
    desk.until_idle();
    let drawn = desk.project().annotations.last().unwrap().id;
    let first = desk.project().annotations.first().unwrap().id;
    // Room in the panel for the list.
    desk.send(Command::Select(vec![]));
    desk.click("Check labels");
    desk.until("the check is done", |d| d.project().last.checked.is_some());
    desk.settle();
    desk.assert_sees("finding");
    desk.click(&format!("{first}, {drawn}  Overlap of classes"));
    let selected: Vec<_> = desk.project().selection.iter().copied().collect();
    assert_eq!(selected, [first, drawn]);
    desk.assert_sees("share 1.44");
    assert!(!desk.sees("The labels have changed since"));
    desk.send(Command::DeleteAnnotations(vec![drawn]));
    desk.assert_sees("The labels have changed since");
    desk.send(Command::Select(vec![]));
    desk.click("Check labels");
    desk.until_idle();
    assert!(!desk.sees("Overlap of classes"), "{:#?}", desk.words());
}

#[test]
fn labels_are_exported_after_a_question_that_does_not_replace_unasked() {
    let mut desk = label_page(Made::Labels);
    let file = desk.home().join("out.gpkg");
    desk.click("Export…");
    assert!(!desk.can("Export"), "there is no name yet");
    desk.type_into("File", file.to_str().unwrap());
    desk.click("Cores");
    desk.harness().check_accessibility();
    desk.click("Export");
    desk.until_idle();
    assert!(desk.notices().iter().any(|n| n.contains("12 cores are exported")), "{:?}", desk.notices());
    let bytes = std::fs::read(&file).unwrap();
    desk.click("Export…");
    desk.click("Export");
    desk.until_idle();
    assert!(desk.notices().iter().any(|n| n.contains("is there already")), "{:?}", desk.notices());
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
    desk.click("Export…");
    desk.click("Replace a file that is there");
    desk.click("Export");
    desk.until_idle();
    assert_eq!(desk.notices().iter().filter(|n| n.contains("12 cores are exported")).count(), 1);
    desk.click("Export…");
    desk.key(Key::Escape);
    assert!(!desk.sees("Export labels"));
}

#[test]
fn without_annotations_there_is_nothing_to_check_or_export() {
    let desk = label_page(Made::Cube);
    assert!(!desk.can("Check labels") && !desk.can("Export…"));
}
