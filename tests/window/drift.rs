//! The page that compares sites and dates.

use crate::desk::Desk;
use crate::small::{BANDS, DATES, Made, SIDE, grid, value};
use egui::Key;
use ritmo::app::{Command, CubeState, MeasureState, Page};
use ritmo::cube::BuildSettings;
use ritmo::cube::statistics::{ComparedSite, Finding, Pair};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::jobs::{Measured, SiteNaming};
use ritmo::project::Site;
use ritmo::source::InputSpec;
use std::sync::Arc;

/// The date on which the hazy site is hazy.
const HAZY: usize = 3;

/// Builds a second site, "hazy", of the small project: the same, but blue and bright in July.
pub fn build_hazy(desk: &mut Desk) {
    let mosaics = desk.home().join("hazy");
    std::fs::create_dir_all(&mosaics).unwrap();
    for (time, date) in DATES.iter().enumerate() {
        let haze = |band: usize| if time == HAZY { [900, 500, 300, 0][band] } else { 0 };
        let mut values = Vec::new();
        for band in 0..BANDS.len() {
            for row in 0..SIDE {
                values.extend((0..SIDE).map(|col| value(time, band, col, row) + haze(band)));
            }
        }
        let path = mosaics.join(format!("hazy_{date}.tif"));
        write_mosaic(&path, &grid(), &BANDS, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let input = InputSpec { inputs: vec![mosaics], ..InputSpec::default() };
    let site = SiteNaming::One("hazy".into());
    desk.send(Command::BuildCube { site, input, settings: BuildSettings::default(), skip_damaged: false });
    desk.until_idle();
    desk.send(Command::ShowSite("field".into()));
    desk.until_idle();
}

pub fn until_measured(desk: &mut Desk) {
    desk.until("the sites are measured", |d| d.project().statistics.state == MeasureState::Ready);
    desk.settle();
}

fn opened() -> Desk {
    let mut desk = Desk::open(Made::Cube);
    build_hazy(&mut desk);
    desk.ctrl_shift(Key::D);
    until_measured(&mut desk);
    desk
}

/// The first control whose name begins so.
fn named(desk: &Desk, start: &str) -> String {
    let found = desk.words().into_iter().find(|words| words.starts_with(start));
    found.unwrap_or_else(|| panic!("nothing begins with {start:?} among: {:#?}", desk.words()))
}

fn is_open(desk: &Desk) -> bool {
    desk.project().site.as_ref().is_some_and(|site| matches!(site.cube, CubeState::Open { .. }))
}

fn shown(desk: &Desk) -> (Option<&str>, usize) {
    (desk.project().site.as_ref().map(|site| site.name.as_str()), desk.project().time())
}

#[test]
fn a_finding_shows_the_hazy_date_of_its_site_on_the_map() {
    let mut desk = opened();
    let finding = named(&desk, "2022-07-15, hazy: Brighter than its neighbours in ");
    assert!(finding.contains("blue (B02) by") && finding.ends_with("haze?"), "{finding}");
    desk.click(&finding);
    assert!(!desk.sees("What stands out"), "the page is gone");
    desk.until("its cube is open", is_open);
    assert_eq!(shown(&desk), (Some("hazy"), HAZY));
}

#[test]
fn a_cell_and_a_histogram_and_a_pair_show_their_date_on_the_map() {
    let mut desk = opened();
    let cell = named(&desk, "field, 2022-05-15, blue (B02): median ");
    assert!(cell.contains("100 % seen"), "{cell}");
    desk.click(&cell);
    assert_eq!(shown(&desk), (Some("field"), 2));
    assert!(!desk.sees("Distances of sites"));
    desk.ctrl_shift(Key::D);
    until_measured(&mut desk);
    let histogram = named(&desk, "Histogram of nir (B08): hazy, 2022-07-15; ");
    desk.click(&histogram);
    assert_eq!(shown(&desk).0, Some("hazy"));
    desk.ctrl_shift(Key::D);
    until_measured(&mut desk);
    let pair = named(&desk, "field and hazy are ");
    assert!(pair.ends_with("furthest on 2022-07-15"), "{pair}");
    desk.click(&pair);
    desk.until("its cube is open", is_open);
    assert_eq!(shown(&desk), (Some("field"), HAZY));
}

#[test]
fn histograms_are_laid_over_one_another_and_taken_off() {
    let mut desk = opened();
    let cell = named(&desk, "field, 2022-11-15, blue (B02)");
    let at = desk.rects(&cell)[0].center();
    desk.harness().event(egui::Event::ModifiersChanged(egui::Modifiers::COMMAND));
    desk.click_at(at);
    desk.harness().event(egui::Event::ModifiersChanged(egui::Modifiers::NONE));
    desk.settle();
    desk.assert_sees(
        "Histogram of blue (B02): hazy, 2022-07-15; hazy, 2022-05-15; hazy, 2022-09-15; field, 2022-11-15",
    );
    for date in ["hazy, 2022-07-15", "hazy, 2022-05-15", "hazy, 2022-09-15", "field, 2022-11-15"] {
        desk.click(&format!("Take {date} off the histograms"));
    }
    desk.assert_sees("No histogram is drawn");
}

#[test]
fn a_band_and_a_site_are_chosen() {
    let mut desk = opened();
    desk.pick("Band to compare", "nir (B08)");
    named(&desk, "hazy, 2022-01-15, nir (B08): median");
    desk.click("hazy");
    named(&desk, "hazy, 2022-01-15, green (B03): median");
    assert!(!desk.words().iter().any(|words| words.starts_with("field, 2022-01-15")));
    desk.pick("Site to compare", "All sites");
    named(&desk, "field, 2022-01-15, nir (B08): median");
    desk.click("Sort distances by blue (B02)");
    named(&desk, "field and hazy are ");
}

#[test]
fn the_page_goes_away_with_escape_and_comes_from_the_look_page_and_the_menu() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Compare sites and dates…");
    until_measured(&mut desk);
    desk.assert_sees("What stands out");
    assert!(!desk.sees("Distances of sites"), "of one site there is no pair");
    named(&desk, "field, 2022-01-15, green (B03): median");
    desk.key(Key::Escape);
    assert!(!desk.sees("What stands out"));
    desk.pick("Project", "Compare sites and dates…");
    desk.assert_sees("What stands out");
    desk.click("Back to the map");
    assert!(!desk.sees("What stands out"));
    desk.ctrl_shift(Key::D);
    desk.click(Page::Label.title());
    assert!(!desk.sees("What stands out"));
    assert_eq!(desk.project().page, Page::Label);
    desk.ctrl_shift(Key::D);
    desk.ctrl(Key::I);
    assert!(!desk.sees("What stands out"));
    desk.key(Key::Escape);
    assert!(!desk.sees("What stands out"), "pages do not lie over one another");
}

#[test]
fn without_imagery_the_page_says_what_to_do_next() {
    let mut desk = Desk::open(Made::Nothing);
    desk.ctrl_shift(Key::D);
    desk.assert_sees("Nothing to compare yet");
    desk.click("Add imagery…");
    assert!(!desk.sees("Nothing to compare yet"));
}

#[test]
fn what_cannot_be_measured_is_told_and_tried_again() {
    let mut desk = Desk::open(Made::Cube);
    let (cube, away) = (desk.folder().join("cubes/field.zarr"), desk.home().join("away"));
    std::fs::rename(&cube, &away).unwrap();
    desk.ctrl_shift(Key::D);
    desk.until("it failed", |d| matches!(d.project().statistics.state, MeasureState::Failed(_)));
    desk.settle();
    desk.assert_sees("The sites could not be measured");
    desk.assert_sees("there is no cube");
    std::fs::rename(&away, &cube).unwrap();
    desk.click("Retry");
    until_measured(&mut desk);
    desk.assert_sees("What stands out");
}

#[test]
fn of_many_sites_only_those_in_view_are_painted() {
    let mut desk = Desk::open(Made::Cube);
    let first = desk.project().document.sites[0].clone();
    for i in 0..120 {
        desk.project_mut().document.sites.push(Site { name: format!("chip {i:03}"), ..first.clone() });
    }
    desk.ctrl_shift(Key::D);
    until_measured(&mut desk);
    desk.assert_sees("7\u{202f}260 pairs");
    let cells = desk.words().iter().filter(|words| words.contains(": median ")).count();
    assert!((10..300).contains(&cells), "{cells}");
    let pairs = desk.words().iter().filter(|words| words.contains("quartile ranges apart")).count();
    assert!((1..40).contains(&pairs), "{pairs}");
    assert_eq!(desk.project().statistics.last.as_ref().unwrap().comparison.sites.len(), 121);
}

/// Puts a comparison of so many sites on screen, each like the first or the second of two that were measured.
fn show_many(desk: &mut Desk, many: usize) {
    let measured = desk.project().statistics.last.clone().unwrap();
    let mut comparison = measured.comparison.clone();
    let two = comparison.sites.clone();
    comparison.sites = (0..many)
        .map(|i| ComparedSite { name: format!("chip {i:03}"), ..two[i % two.len()].clone() })
        .collect();
    for (time, column) in comparison.columns.iter_mut().enumerate() {
        column.times = vec![Some(time); many];
    }
    let pair = comparison.pairs[0].clone();
    let others = |a: usize| (a + 1..many).map(move |b| (a, b));
    comparison.pairs = (0..many).flat_map(others).map(|(a, b)| Pair { a, b, ..pair.clone() }).collect();
    let finding = comparison.findings[0].clone();
    let many_findings = (0..many).map(|site| Finding { site, ..finding.clone() });
    comparison.findings = many_findings.collect();
    desk.project_mut().statistics.last = Some(Arc::new(Measured { comparison, ..Measured::default() }));
    desk.settle();
}

#[test]
fn five_hundred_sites_are_painted_within_bounds_wherever_one_scrolls_to() {
    let mut desk = opened();
    show_many(&mut desk, 500);
    desk.assert_sees("124\u{202f}750 pairs");
    let bounds = [(": median ", 10..300), ("quartile ranges apart", 1..40), ("haze?", 1..40)];
    let assert_bounded = |desk: &Desk| {
        let words = desk.words();
        for (part, bounds) in &bounds {
            let count = words.iter().filter(|words| words.contains(part)).count();
            assert!(bounds.contains(&count), "{count} of {part:?}");
        }
        assert!(words.len() < 800, "{} words", words.len());
    };
    assert_bounded(&desk);
    let cell = named(&desk, "chip 000, 2022-01-15, ");
    let at = desk.rects(&cell)[0].center();
    desk.harness().hover_at(at);
    desk.wheel(egui::vec2(0.0, -5000.0), egui::Modifiers::NONE);
    assert!(!desk.sees("chip 000, 2022-01-15, "), "it was scrolled away");
    assert_bounded(&desk);
    desk.wheel(egui::vec2(0.0, -50_000.0), egui::Modifiers::NONE);
    named(&desk, "chip 499, 2022-01-15, ");
    assert_bounded(&desk);
    desk.click("chip 499");
    named(&desk, "chip 499, 2022-01-15, green (B03): median");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_what_was_measured_is_shown_all_the_same() {
    let mut desk = Desk::open(Made::Cube);
    // A file where the folder should be: nobody can write there, whatever their rights.
    let folder = desk.folder().join("statistics");
    std::fs::write(&folder, "in the way").unwrap();
    desk.ctrl_shift(Key::D);
    until_measured(&mut desk);
    desk.assert_sees("what was measured of field cannot be kept in");
    desk.assert_sees("It is measured again the next time");
    named(&desk, "field, 2022-01-15, green (B03): median");
    assert_eq!(std::fs::read_to_string(&folder).unwrap(), "in the way", "and nothing was lost");
    std::fs::remove_file(&folder).unwrap();
    desk.click("Measure again");
    desk.until("it is kept", |_| folder.join("field.json").is_file());
    until_measured(&mut desk);
    assert!(!desk.sees("cannot be kept in"));
}
