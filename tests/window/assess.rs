//! The Assess page: scores with intervals, reports, and the pixels behind a cell of the error matrix.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use ritmo::app::{Command, Page};

/// A project whose map is assessed, on the Assess page.
fn assessed() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    desk.send(Command::Train { name: Some("first".into()), then_map: true });
    desk.until_idle();
    desk.send(Command::ShowPage(Page::Assess));
    desk.settle();
    desk.click("Assess first");
    desk.until_idle();
    desk.settle();
    desk
}

fn begins(desk: &Desk, start: &str) -> bool {
    desk.words().iter().any(|words| words.starts_with(start))
}

/// The name of the cell of forests that are mapped as forests.
fn forests(desk: &Desk) -> String {
    let start = "Forest in the reference, Forest on the map: ";
    desk.words().into_iter().find(|words| words.starts_with(start)).unwrap()
}

#[test]
fn before_anything_is_assessed_the_page_says_what_to_do() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F4);
    desk.assert_sees("Nothing has been assessed yet");
    assert!(!desk.can("Assess the map"));
}

#[test]
fn scores_stand_with_their_sentence_and_the_report_lies_beside_them() {
    let mut desk = assessed();
    assert!(begins(&desk, "The map first of field is right at "), "{:#?}", desk.words());
    desk.assert_sees("Quantity disagreement");
    assert!(begins(&desk, "The share of what was assessed that has its right class"));
    desk.assert_sees("Open report");
    for ending in ["json", "html", "csv"] {
        let file = desk.project().folder.assessments_path().join(format!("field/first.{ending}"));
        assert!(file.exists(), "{}", file.display());
    }
    let text =
        std::fs::read_to_string(desk.project().folder.assessments_path().join("field/first.html")).unwrap();
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    roxmltree::Document::parse_with_options(&text, options).unwrap();
    assert!(text.contains("data:image/png;base64,") && text.contains("CRC-32C"));
}

#[test]
fn a_cell_that_is_pressed_shows_its_pixels_and_the_years_of_its_classes() {
    let mut desk = assessed();
    let cell = forests(&desk);
    let count: usize = cell.rsplit(": ").next().unwrap().split(' ').next().unwrap().parse().unwrap();
    desk.click(&cell);
    desk.until("the pixels are there", |d| d.project().cell().is_some());
    desk.settle();
    let found = desk.project().cell().unwrap();
    assert_eq!(found.pixels.len(), count);
    assert_eq!(found.patches.iter().map(|patch| patch.pixels).sum::<usize>(), count);
    let forest = desk.project().document.legend.by_name("Forest").unwrap().code;
    assert_eq!(desk.project().document.view.envelopes, [forest]);
    desk.assert_sees("Pixels of a cell");
    // The keys go round the places, and the map goes there.
    let centre = desk.project().document.view.centre;
    let many = desk.project().cell().unwrap().patches.len();
    desk.key(Key::Y);
    assert_eq!(desk.project().cell_tour.number(), Some(1 + 1 % many));
    assert!(many == 1 || desk.project().document.view.centre != centre);
    desk.click("Hide them");
    assert!(desk.project().cell().is_none());
}

#[test]
fn a_report_is_saved_elsewhere_as_its_ending_says() {
    let mut desk = assessed();
    desk.click("Save report as…");
    let file = desk.home().join("for the ministry.csv");
    desk.type_into("File", file.to_str().unwrap());
    desk.click("Save");
    desk.until_idle();
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("part,subject,class,measure,value"));
    let report = desk.project().reports[0].file.clone();
    let wrong = Command::SaveReport { report, file: desk.home().join("a.doc"), replace: false };
    desk.send(wrong);
    desk.settle();
    assert!(desk.notices().iter().any(|words| words.contains(".html")), "{:?}", desk.notices());
}

#[test]
fn a_model_is_tried_on_the_page_and_its_report_stands_in_the_list() {
    let mut desk = assessed();
    desk.click("Try first");
    desk.until_idle();
    desk.settle();
    desk.assert_sees("Trained again without what tests it");
    assert!(begins(&desk, "fold 1 of "), "{:#?}", desk.words());
    assert_eq!(desk.project().reports.len(), 2);
    let mut desk = desk.reopened();
    desk.key(Key::F4);
    desk.assert_sees("Reports");
    let older = desk.words().into_iter().find(|words| words.starts_with("first · ")).unwrap();
    desk.click(&older);
    desk.assert_sees("Annotations not seen by the model");
}
