//! A model on a site that did not train it: what the Map page says before it is mapped, and what is hatched on the map.

use crate::desk::Desk;
use crate::small::{BANDS, DATES, Made, SIDE, grid, value};
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::{CleanRequest, Command, Page, TrustState};
use ritmo::classify::clean::{Majority, Recipe, Step};
use ritmo::cube::BuildSettings;
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::jobs::SiteNaming;
use ritmo::source::InputSpec;

/// Builds a site of the small project's values, as `of` changes a value of a date and a band at a pixel.
fn build(desk: &mut Desk, name: &str, bands: &[&str], of: impl Fn(usize, usize, u32, u16) -> u16) {
    let mosaics = desk.home().join(name);
    std::fs::create_dir_all(&mosaics).unwrap();
    for (time, date) in DATES.iter().enumerate() {
        let mut values = Vec::new();
        for band in bands.iter().map(|band| BANDS.iter().position(|known| known == band).unwrap()) {
            for row in 0..SIDE {
                values.extend((0..SIDE).map(|col| of(time, band, col, value(time, band, col, row))));
            }
        }
        let date = date.replace("2022", "2023");
        let path = mosaics.join(format!("{name}_{date}.tif"));
        write_mosaic(&path, &grid(), bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let input = InputSpec { inputs: vec![mosaics], ..InputSpec::default() };
    let site = SiteNaming::One(name.into());
    desk.send(Command::BuildCube { site, input, settings: BuildSettings::default(), skip_damaged: false });
    desk.until_idle();
}

/// A project whose model was trained on its one site, on the Map page.
fn trained() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    desk.send(Command::Train { name: Some("first".into()), then_map: false });
    desk.until_idle();
    desk.send(Command::ShowPage(Page::Map));
    desk
}

fn shows(desk: &mut Desk, site: &str) {
    desk.send(Command::ShowSite(site.into()));
    let name = site.to_string();
    desk.until("the site is held against the training", |d| {
        d.project().cube().is_some() && matches!(d.project().trust("first", &name), TrustState::Known(_))
    });
    desk.until_idle();
    desk.settle();
}

fn begins(desk: &Desk, start: &str) -> bool {
    desk.words().iter().any(|words| words.starts_with(start))
}

#[test]
fn a_shifted_site_is_told_with_its_season_before_it_is_mapped_and_hatched_on_the_map() {
    let mut desk = trained();
    // Near infrared in summer is far brighter than all that it learned from, but for the right end.
    build(&mut desk, "bright", &BANDS, |time, band, col, value| match (time, band) {
        (2..=4, 3) if col < 80 => value + 16_000,
        _ => value,
    });
    shows(&mut desk, "bright");
    desk.assert_sees("This site is shifted");
    assert!(
        begins(&desk, "Near infrared (B08) from May to September is higher than anything "),
        "{:#?}",
        desk.words()
    );
    assert!(begins(&desk, "near infrared (B08), 15 Jul 2022: median "), "a cell of the table");
    desk.send(Command::Map { model: Some("first".into()), site: None, bf16: None, resume: true });
    desk.until_idle();
    let warned = |d: &Desk| {
        d.app().state.notices.iter().any(|n| n.text.starts_with("bright with first: Near infrared"))
    };
    assert!(warned(&desk), "{:?}", desk.app().state.notices);
    desk.settle();
    assert!(begins(&desk, "Hatched: outside of what first learned from"), "{:#?}", desk.words());
    // So is a map that is made of this one.
    let recipe = Some(Recipe::of([Step::Majority(Majority::default())]));
    desk.send(Command::Clean(CleanRequest { recipe, ..CleanRequest::default() }));
    desk.until_idle();
    desk.settle();
    assert_eq!(desk.project().map().map(|map| map.name.as_str()), Some("first-clean"));
    assert!(begins(&desk, "Hatched: outside of what first learned from"), "{:#?}", desk.words());
    // It may lie below the fold of the panel.
    desk.harness().get_by_label("Hatch pixels it never learned").click_accesskit();
    desk.settle();
    assert!(!begins(&desk, "Hatched: outside"));
}

#[test]
fn a_copy_fits_the_site_that_trained_says_nothing_and_what_lacks_a_band_cannot_be_mapped() {
    let mut desk = trained();
    build(&mut desk, "copy", &BANDS, |_, _, _, value| value);
    shows(&mut desk, "copy");
    desk.assert_sees("Fits this site");
    assert!(!begins(&desk, "Hatched"));
    shows(&mut desk, "field");
    assert!(!desk.sees("Fits this site") && !desk.sees("This site is shifted"));
    build(&mut desk, "two-bands", &BANDS[..2], |_, _, _, value| value);
    shows(&mut desk, "two-bands");
    desk.assert_sees("Cannot map this site");
    assert!(begins(&desk, "this model needs B04"), "{:#?}", desk.words());
    let buttons = desk.harness().query_all_by_label("Map");
    let disabled = buttons.filter(|button| button.accesskit_node().is_disabled()).count();
    assert_eq!(disabled, 1, "the button of the model");
}
