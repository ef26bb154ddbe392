//! Indices: in the plot, on the map, as input of a model.

use crate::desk::Desk;
use crate::small::{Made, SIDE, value};
use egui::Key;
use egui::accesskit::Role;
use ritmo::cube::NamedIndex;

/// What the map's pictures are painted with.
fn channels(desk: &Desk) -> Vec<String> {
    let (opened, _) = desk.project().cube().unwrap();
    opened.composite.names().into_iter().map(str::to_string).collect()
}

#[test]
fn an_index_is_switched_on_in_the_plot_and_off_again() {
    let mut desk = Desk::open(Made::Cube);
    desk.assert_sees("Series plot of B04, B08");
    assert!(desk.sees("EVI"), "these bands are Sentinel-2's, whose scale is known");
    assert!(!desk.sees("NDMI"), "there is no shortwave infrared");
    desk.click("NDVI");
    desk.assert_sees("Series plot of B04, B08, NDVI");
    // Bands may go now, but something stays.
    for band in ["B04", "B08"] {
        desk.click(band);
    }
    desk.assert_sees("Series plot of NDVI");
    desk.click("NDVI");
    desk.assert_sees("Series plot of NDVI");
    desk.click("B08");
    desk.click("NDVI");
    desk.assert_sees("Series plot of B08");
}

#[test]
fn an_index_of_ones_own_is_written_told_what_is_wrong_with_it_and_kept() {
    let mut desk = Desk::open(Made::Cube);
    desk.type_into("New index", "Mine = (nir - nri");
    desk.assert_sees("this parenthesis is not closed: write ) at its end (at character 8)");
    desk.letter(")");
    desk.assert_sees("`nri` is no band of this cube; it has blue (B02), green (B03), red (B04), nir (B08)");
    desk.key(Key::Enter);
    assert!(desk.project().document.settings.indices.is_empty(), "what is wrong is not kept");
    for _ in 0..4 {
        desk.key(Key::Backspace);
    }
    desk.letter("red) / 100");
    desk.assert_sees("Series plot of B04, B08, Mine");
    desk.key(Key::Enter);
    let kept = NamedIndex { name: "Mine".into(), expression: "(nir - red) / 100".into() };
    assert_eq!(desk.project().document.settings.indices, std::slice::from_ref(&kept));
    desk.assert_sees("Series plot of B04, B08, Mine");
    desk.assert_sees("Indices of this project");

    let mut desk = desk.reopened();
    assert_eq!(desk.project().document.settings.indices, [kept]);
    desk.click("Edit");
    desk.type_into("Edit index", " + 1");
    desk.key(Key::Enter);
    assert_eq!(desk.project().document.settings.indices[0].expression, "(nir - red) / 100 + 1");
    desk.click("Delete");
    assert!(desk.project().document.settings.indices.is_empty());
    desk.ctrl(Key::Z);
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.settings.indices[0].expression, "(nir - red) / 100");
}

#[test]
fn a_composite_is_chosen_shown_and_remembered() {
    let mut desk = Desk::open(Made::Cube);
    assert_eq!(channels(&desk), ["B04", "B03", "B02"]);
    desk.click("Composite");
    desk.click("Colour infrared");
    desk.until("it is shown", |d| channels(d) == ["B08", "B04", "B03"]);
    desk.click("Composite");
    assert!(!desk.can("Shortwave infrared"), "its bands are not there");
    // The second button of this name: the first is the plot's.
    desk.key(Key::Escape);
    let mut desk = desk.reopened();
    assert_eq!(desk.project().document.view.composite, ["nir", "red", "green"]);
    desk.until("it is shown again", |d| channels(d) == ["B08", "B04", "B03"]);
    desk.click("Composite");
    desk.click("Natural colour");
    desk.until("it is shown", |d| channels(d) == ["B04", "B03", "B02"]);
    assert!(desk.project().document.view.composite.is_empty());
}

#[test]
fn three_channels_of_ones_own_may_be_bands_and_indices() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Composite");
    desk.click("Three of my own");
    for channel in ["Red", "Green", "Blue"] {
        assert!(desk.can(channel), "{channel} can be chosen: {:#?}", desk.words());
    }
    desk.send(ritmo::app::Command::SetComposite(vec!["NDVI".into(), "B03".into(), "nir - red".into()]));
    desk.until_idle();
    assert_eq!(channels(&desk), ["NDVI", "B03", "nir - red"]);
}

#[test]
fn a_single_index_runs_along_a_ramp_with_its_values_at_the_ends() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(ritmo::app::Command::SetComposite(vec!["NDVI".into()]));
    desk.until_idle();
    let (opened, _) = desk.project().cube().unwrap();
    let (low, high) = (opened.composite.stretch.low[0], opened.composite.stretch.high[0]);
    assert!(low < 0.0 && high > 0.7, "water to forest: {low} {high}");
    desk.rect(Role::Figure, &format!("NDVI from {low:.2} to {high:.2}"));
    desk.point(10.5, 10.5);
    desk.until("the series is there", |d| d.project().cube().unwrap().0.cube.cached_chunk((0, 0)).is_some());
    desk.point(10.5, 10.5);
    let (red, nir) = (f32::from(value(0, 2, 10, 10)), f32::from(value(0, 3, 10, 10)));
    desk.assert_sees(&format!("NDVI {:>6.3}", (nir - red) / (nir + red)));
    desk.send(ritmo::app::Command::SetComposite(vec!["nri".into()]));
    desk.assert_sees("`nri` is no band of this cube");
    assert_eq!(channels(&desk), ["NDVI"], "what was shown stays");
}

#[test]
fn a_model_learns_from_chosen_bands_and_indices() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    desk.click("chosen");
    assert_eq!(
        desk.project().document.settings.model.inputs,
        Some(["B02", "B03", "B04", "B08"].map(str::to_string).to_vec())
    );
    for input in ["Input B02", "Input B03", "Input B04", "Input NDVI"] {
        desk.click(input);
    }
    desk.assert_sees("chosen (2)");
    desk.click("Train and map");
    desk.until_idle();
    let card = &desk.project().models[0].card;
    assert_eq!(card.bands, ["B08", "NDVI"]);
    assert_eq!(card.features[1].expression.as_deref(), Some("(nir - red) / (nir + red)"));
    let map = desk.project().map().unwrap();
    assert!(map.complete);
    for (i, name) in crate::small::CLASSES.iter().enumerate() {
        let code = desk.project().document.legend.by_name(name).unwrap().code;
        assert_eq!(map.codes[48 * SIDE as usize + i * 32 + 16], code, "{name} in the middle of its third");
    }
}
