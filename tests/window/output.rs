//! What comes out of maps: the tour of uncertain places, areas, and merging.

use crate::desk::Desk;
use crate::learn::press;
use crate::small::{Made, SIDE, grid};
use egui::Key;
use ritmo::app::{Command, Page};
use ritmo::geo::raster::{Palette, write_cog_u8};

/// A map `m` of the site: its first class all over, uncertain in two places.
fn with_map() -> Desk {
    let mut desk = Desk::open(Made::Cube);
    let folder = desk.folder().join("maps/field");
    std::fs::create_dir_all(&folder).unwrap();
    let classes = desk.project().document.legend.classes.clone();
    let entries = classes.iter().map(|c| (c.code, c.name.as_str(), c.colour)).collect();
    let plane = |of: &dyn Fn(u32, u32) -> u8| -> Vec<u8> {
        (0..SIDE * SIDE).map(|i| of(i % SIDE, i / SIDE)).collect()
    };
    let write = |end: &str, bands: &[(String, &[u8])], palette: Option<&Palette>| {
        let path = folder.join(format!("m.{end}"));
        write_cog_u8(&path, &grid(), bands, palette, Some(255), &[]).unwrap();
    };
    let codes = plane(&|_, row| if row < 2 { 255 } else { classes[0].code });
    write("tif", &[("class".into(), &codes)], Some(&Palette { entries }));
    let entropy = plane(&|col, row| match (col / 8, row / 8) {
        (2, 2) => 225,
        (9, 9) => 150,
        _ => 10,
    });
    write("entropy.tif", &[("entropy".into(), &entropy)], None);
    let (high, low) = (plane(&|_, _| 150), plane(&|_, _| 100));
    write("probs.tif", &[("Forest".into(), &high), ("Maize".into(), &low)], None);
    desk.send(Command::ShowSite("field".into()));
    desk.until("the map is shown", |d| d.project().map().is_some());
    desk.settle();
    desk
}

#[test]
fn a_key_and_buttons_lead_from_one_uncertain_place_to_the_next() {
    let mut desk = with_map();
    desk.send(Command::ShowPage(Page::Map));
    desk.key(Key::N);
    desk.until("the first is shown", |d| d.sees("1 of 2: entropy 0.90, Forest 60.0 % or Maize 40.0 %"));
    desk.until("its pixel is read", |d| d.sees("pixel 20, 20"));
    desk.click("Next uncertain place");
    desk.until("the second is shown", |d| d.sees("2 of 2: entropy 0.60"));
    desk.click("Place before");
    desk.until("the first again", |d| d.sees("1 of 2"));
    desk.click("Not this one");
    desk.until("it is off the list", |d| d.sees("1 of 1: entropy 0.60"));
}

#[test]
fn the_areas_of_a_map_made_earlier_stand_on_the_map_page() {
    let mut desk = with_map();
    desk.send(Command::ShowPage(Page::Map));
    desk.until("they are counted", |d| d.sees("All classes"));
    desk.assert_sees("Areas on m");
    desk.assert_sees("No class");
    desk.assert_sees("9\u{202f}024");
    press(&mut desk, "Save areas…");
    desk.assert_sees("Replace what is there");
    desk.click("Not now");
}

#[test]
fn maps_are_merged_from_a_question() {
    let mut desk = with_map();
    desk.pick("Project", "Merge maps…");
    desk.assert_sees("Map to merge");
    let file = desk.home().join("all.tif");
    desk.type_into("File", file.to_str().unwrap());
    desk.click("Merge");
    desk.until("they are merged", |d| d.sees("are merged in"));
    assert!(file.exists() && file.with_extension("qml").exists());
}

#[test]
fn the_uncertainty_is_a_layer_with_a_colour_bar_and_values_under_the_mouse() {
    let mut desk = with_map();
    desk.harness().key_press_modifiers(egui::Modifiers::SHIFT, Key::M);
    desk.until("the bar is there", |d| d.sees("Entropy from 0, sure, to 1, all classes alike"));
    let map = desk.rect(egui::accesskit::Role::Canvas, "Map");
    desk.harness().hover_at(map.center());
    desk.until("the pixel is read", |d| d.sees("entropy 0.04: Forest 60 %, Maize 40 %"));
    desk.pick("Measure of uncertainty", "Margin of the best class");
    desk.until("the margin is shown", |d| d.sees("Margin of the best class from 0 to 100 %"));
    desk.pick("Measure of uncertainty", "Probability of Maize");
    desk.until("the probability is shown", |d| d.sees("Probability of Maize from 0 to 100 %"));
    desk.pick("Measure of uncertainty", "Probability of Water");
    desk.until("it is told", |d| d.sees("Probability of Water cannot be shown"));
    desk.click("Uncertainty");
    desk.until("it is away", |d| !d.sees("cannot be shown"));
}
