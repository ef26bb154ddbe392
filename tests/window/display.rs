//! How a date is pictured: stretch, gamma, ramp, composites by key and by typing, the mask.

use crate::desk::Desk;
use crate::gaps::build_clouded;
use crate::small::Made;
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use ritmo::app::Command;
use ritmo::cube::picture::{Display, Ramp, Stretch, StretchFrom};

fn display(desk: &Desk) -> &Display {
    &desk.project().document.view.display
}

fn stretch(desk: &Desk) -> Stretch {
    desk.project().cube().unwrap().0.composite.stretch
}

fn channels(desk: &Desk) -> Vec<String> {
    let (opened, _) = desk.project().cube().unwrap();
    opened.composite.names().into_iter().map(str::to_string).collect()
}

/// Drags with the mouse.
fn drag(desk: &mut Desk, from: egui::Pos2, to: egui::Pos2) {
    let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
    desk.harness().hover_at(from);
    desk.steps(1);
    desk.harness().event(egui::Event::PointerButton { pos: from, button, pressed: true, modifiers });
    for i in 1..=6 {
        desk.steps(1);
        desk.harness().hover_at(from.lerp(to, i as f32 / 6.0));
    }
    desk.steps(1);
    desk.harness().event(egui::Event::PointerButton { pos: to, button, pressed: false, modifiers });
    desk.settle();
}

#[test]
fn the_stretch_follows_the_view_once_it_rests() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::SetComposite(vec!["B08".into()]));
    desk.until_idle();
    let site = stretch(&desk);
    desk.pick("Stretch", "of the view");
    assert_eq!(display(&desk).from, StretchFrom::View);
    // Water alone: the right third of the cube.
    desk.point(88.5, 48.5);
    desk.wheel(egui::vec2(0.0, 500.0), egui::Modifiers::NONE);
    desk.until("water is dark, and stretched", |d| stretch(d).high[0] < site.high[0] / 2.0);
}

#[test]
fn percentiles_gamma_and_dates_on_their_own_are_chosen_and_remembered() {
    let mut desk = Desk::open(Made::Cube);
    let usual = stretch(&desk);
    desk.pick("Percentiles", "0–100 %");
    assert!(stretch(&desk).high[0] > usual.high[0]);
    desk.set_slider("Gamma", 2.0);
    assert_eq!(display(&desk).gamma, 2.0);
    desk.click("Per date");
    let desk = desk.reopened();
    assert_eq!((display(&desk).percentiles, display(&desk).per_date), ([0.0, 100.0], true));
    let (opened, _) = desk.project().cube().unwrap();
    assert_eq!(opened.composite.tone.gamma, 2.0);
}

#[test]
fn an_end_of_the_stretch_is_dragged_on_the_histogram_and_the_others_stay() {
    let mut desk = Desk::open(Made::Cube);
    let usual = stretch(&desk);
    let histogram = desk.rect(Role::Figure, "Histogram of B04");
    let at = |share: f32| egui::pos2(histogram.left() + share * histogram.width(), histogram.center().y);
    drag(&mut desk, at(0.95), at(0.5));
    assert_eq!(display(&desk).from, StretchFrom::Hand);
    let now = stretch(&desk);
    assert!(now.high[0] < usual.high[0] && now.low[0] == usual.low[0], "{now:?} {usual:?}");
    assert_eq!((now.low[1], now.high[2]), (usual.low[1], usual.high[2]));
    desk.harness().get_by_role_and_label(Role::SpinButton, "B03 shown white").set_value_accesskit(1234.0);
    desk.settle();
    assert_eq!(stretch(&desk).high[1], 1234.0);
    desk.pick("Stretch", "of the site");
    desk.until_idle();
    assert_eq!(stretch(&desk), usual);
}

#[test]
fn a_single_band_has_a_ramp_and_a_bar_with_its_values() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::SetComposite(vec!["B08".into()]));
    desk.until_idle();
    let now = stretch(&desk);
    let (low, high) = (now.low[0], now.high[0]);
    desk.rect(Role::Figure, &format!("B08 from {low:.0} DN to {high:.0} DN"));
    desk.pick("Ramp", "Blue to red");
    assert_eq!(display(&desk).ramp, Ramp::BlueRed);
    desk.click("Inverted");
    desk.click("Centred on");
    let now = stretch(&desk);
    let centre = display(&desk).centre.unwrap();
    assert!(display(&desk).inverted && ((now.low[0] + now.high[0]) / 2.0 - centre).abs() < 1.0);
    desk.click("Centred on");
    assert_eq!(display(&desk).centre, None);
}

#[test]
fn composites_come_by_key_and_by_typing() {
    let mut desk = Desk::open(Made::Cube);
    desk.ctrl(Key::Num2);
    desk.until("it is shown", |d| channels(d) == ["B08", "B04", "B03"]);
    desk.ctrl(Key::Num3);
    assert!(desk.notices().iter().any(|words| words.contains("swir2")), "{:?}", desk.notices());
    desk.ctrl(Key::Num1);
    desk.until("it is shown", |d| channels(d) == ["B04", "B03", "B02"]);
    desk.click("Composite");
    desk.letter("difference vegetation");
    assert!(!desk.sees("Colour infrared"), "what does not fit is gone");
    desk.key(Key::Enter);
    desk.until("the first that is left is shown", |d| channels(d) == ["NDVI"]);
}

#[test]
fn the_mask_is_shown_with_its_reasons_and_their_shares() {
    let mut desk = Desk::open(Made::Nothing);
    build_clouded(&mut desk);
    desk.send(Command::ShowTime(4));
    desk.key(Key::K);
    desk.until("its shares are counted", |d| d.sees("masked 10.4 %"));
    desk.assert_sees("clear 89.6 %");
    desk.send(Command::ShowTime(1));
    desk.until("the other date is counted", |d| d.sees("not observed 100.0 %"));
    desk.click("Mask");
    assert!(!desk.sees("not observed 100.0 %"));
    let mut desk = Desk::open(Made::Cube);
    assert!(!desk.can("Mask"), "this cube has none");
    desk.key(Key::K);
    desk.steps(3);
}
