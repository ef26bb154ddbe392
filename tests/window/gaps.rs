//! Gaps: what was seen and what was filled, in the plot and in a model.

use crate::desk::Desk;
use crate::small::{BANDS, DATES, Made, SIDE, grid, value};
use egui::Key;
use ritmo::app::Command;
use ritmo::cube::{BuildSettings, Filling, Period};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::jobs::SiteNaming;
use ritmo::source::InputSpec;

/// Builds a cube of eleven months, of which six have an acquisition; columns 10 to 19 are clouded in two of them.
pub fn build_clouded(desk: &mut Desk) {
    let inputs = desk.home().join("clouded");
    std::fs::create_dir(&inputs).unwrap();
    for (time, date) in DATES.iter().enumerate() {
        let mut values = Vec::new();
        let all = || (0..SIDE).flat_map(|row| (0..SIDE).map(move |col| (col, row)));
        for band in 0..BANDS.len() {
            values.extend(all().map(|(col, row)| value(time, band, col, row)));
        }
        let clouds = |col: u32| u16::from((10..20).contains(&col) && (2..=3).contains(&time));
        values.extend(all().map(|(col, _)| 1 + clouds(col)));
        let names: Vec<&str> = BANDS.into_iter().chain(["clouds"]).collect();
        let path = inputs.join(format!("clouded_{date}.tif"));
        write_mosaic(&path, &grid(), &names, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let mask = "clouds=2".parse().unwrap();
    let build = Command::BuildCube {
        site: SiteNaming::One("field".into()),
        input: InputSpec { inputs: vec![inputs], ..InputSpec::default() },
        settings: BuildSettings { period: Period::Month, mask, ..BuildSettings::default() },
        skip_damaged: false,
    };
    desk.send(build);
    desk.until("the cube is on screen", |d| d.project().cube().is_some());
    desk.until_idle();
}

#[test]
fn the_plot_tells_what_was_masked_and_shows_gaps_as_is_chosen_and_remembered() {
    let mut desk = Desk::open(Made::Nothing);
    build_clouded(&mut desk);
    desk.send(Command::TogglePin(15, 30));
    desk.send(Command::TogglePin(40, 30));
    let told = "; pin 1: 7 of 11 dates without a clear observation (not observed, masked)";
    desk.until("the masks are in memory", |d| d.sees(told));
    desk.assert_sees("masked), filled linearly by date");
    desk.assert_sees("; pin 2: 5 of 11 dates without a clear observation (not observed)");
    for (shown, choice, filling, words) in [
        ("Gaps linear", "last clear", Filling::LastClear, "filled by the last clear observation"),
        ("Gaps last clear", "as they are", Filling::Off, "not filled"),
    ] {
        desk.click(shown);
        desk.click(choice);
        assert_eq!(desk.project().document.view.gaps, filling);
        desk.assert_sees(&format!("masked), {words}"));
    }
    let mut desk = desk.reopened();
    assert_eq!(desk.project().document.view.gaps, Filling::Off);
    desk.until("the plot is drawn", |d| d.sees("masked), not filled"));
    assert!(desk.can("Gaps as they are"));
}

#[test]
fn how_a_model_fills_gaps_is_chosen_beside_its_inputs_and_kept() {
    let mut desk = Desk::open(Made::Labels);
    desk.key(Key::F3);
    desk.click("last clear");
    assert_eq!(desk.project().document.settings.model.filling, Filling::LastClear);
    desk.click("Train");
    desk.until_idle();
    assert_eq!(desk.project().models[0].card.spec.filling, Filling::LastClear);
    assert_eq!(desk.project().document.view.gaps, Filling::Linear, "the plot is another matter");
    let mut desk = desk.reopened();
    desk.key(Key::F3);
    desk.click("leave out");
    assert_eq!(desk.project().document.settings.model.filling, Filling::Off);
    assert_eq!(desk.project().models[0].card.spec.filling, Filling::LastClear);
}
