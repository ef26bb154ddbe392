//! The series plot: the date line, usual years, units, years over one another, the spectrum, and what goes out of it.

use crate::desk::Desk;
use crate::small::{Made, SIDE, grid, value};
use egui::accesskit::Role;
use egui::{Key, OutputCommand, Rect, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::{Command, SeriesRequest};
use ritmo::cube::{BuildSettings, Filling, Smoothing, Units};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::jobs::{PixelAt, SiteNaming};
use ritmo::source::InputSpec;

/// Builds a cube of these bands and dates; columns 0 to 9 were never observed.
pub fn build(desk: &mut Desk, bands: &[&str], dates: &[&str]) {
    let inputs = desk.home().join("other");
    std::fs::create_dir(&inputs).unwrap();
    for (time, date) in dates.iter().enumerate() {
        let pixels = (0..SIDE * SIDE).map(|i| if i % SIDE < 10 { 0 } else { 1000 + 100 * time as u16 });
        let values: Vec<u16> = bands.iter().flat_map(|_| pixels.clone()).collect();
        let path = inputs.join(format!("other_{date}.tif"));
        write_mosaic(&path, &grid(), bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    desk.send(Command::BuildCube {
        site: SiteNaming::One("other".into()),
        input: InputSpec { inputs: vec![inputs], ..InputSpec::default() },
        settings: BuildSettings::default(),
        skip_damaged: false,
    });
    desk.until("the cube is on screen", |d| d.project().cube().is_some());
    desk.until_idle();
}

/// Where the plot of the curves lies, whatever else is said of it.
fn plot(desk: &mut Desk) -> Rect {
    let nodes = desk.harness().root().children_recursive();
    let found = nodes.into_iter().find(|node| {
        let node = node.accesskit_node();
        node.role() == Role::Figure && node.label().is_some_and(|label| label.starts_with("Series plot of"))
    });
    found.unwrap().rect()
}

#[test]
fn the_date_line_is_clicked_dragged_and_moved_by_keys() {
    let mut desk = Desk::open(Made::Cube);
    let time = |desk: &Desk| desk.project().time();
    let rect = plot(&mut desk);
    desk.click_at(rect.right_center() - vec2(14.0, 0.0));
    assert_eq!(time(&desk), 5);
    // With the plot in focus the arrows are the date's, and do not leave it.
    desk.key(Key::ArrowLeft);
    assert_eq!(time(&desk), 4);
    desk.key(Key::Home);
    assert_eq!(time(&desk), 0);
    desk.key(Key::End);
    assert_eq!(time(&desk), 5);
    let middle = rect.center();
    desk.harness().hover_at(rect.right_center() - vec2(14.0, 0.0));
    desk.steps(1);
    desk.harness().drag_at(rect.right_center() - vec2(14.0, 0.0));
    desk.settle();
    desk.harness().hover_at(middle);
    desk.settle();
    assert!((2..=3).contains(&time(&desk)), "the map follows while one drags: {}", time(&desk));
    desk.harness().drop_at(rect.left_center() + vec2(4.0, 0.0));
    desk.settle();
    assert!(time(&desk) <= 3);
}

#[test]
fn values_are_told_as_reflectances_and_that_is_remembered() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::TogglePin(40, 20));
    desk.pick("Units DN", "Reflectance");
    assert_eq!(desk.project().document.view.units, Units::Reflectance);
    let told = format!("{:.4}", f64::from(value(0, 2, 40, 20)) * 1e-4);
    desk.until("the table tells it", |d| d.sees(&told));
    let mut desk = desk.reopened();
    assert!(desk.can("Units Reflectance"));
    desk.until("the table tells it", |d| d.sees(&told));
}

#[test]
fn usual_years_of_classes_are_shown_told_and_follow_the_annotations() {
    let mut desk = Desk::open(Made::Labels);
    desk.until_idle();
    desk.pick("Envelopes", "Maize");
    desk.until("they are known", |d| d.sees("Maize: median and 10th to 90th percentile of B04"));
    desk.assert_sees("of 4 annotations");
    desk.key(Key::Escape);
    desk.click("NDVI");
    desk.until("they are of the index", |d| d.sees("Maize: median and 10th to 90th percentile of NDVI"));
    let codes: Vec<_> = desk.project().document.legend.classes.iter().map(|c| c.code).collect();
    desk.send(Command::PickClass(codes[1]));
    desk.send(Command::Draw(crate::small::block((34, 50), (44, 50))));
    desk.until("the new one counts", |d| d.sees("of 5 annotations"));
    let mut desk = desk.reopened();
    desk.until("they are remembered", |d| d.sees("Maize: median"));
    desk.send(Command::ShowEnvelopes(vec![codes[0], codes[1], codes[2]]));
    desk.until("all are known", |d| d.sees("Water: median") && d.sees("Forest: median"));
    desk.send(Command::ShowEnvelopes(vec![codes[0], 77]));
    desk.assert_sees("there is no class with code 77");
}

#[test]
fn without_pure_pixels_the_list_of_usual_years_says_what_to_do() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Envelopes");
    desk.assert_sees("No class has pure pixels on this site yet");
}

#[test]
fn years_lie_over_one_another_where_there_are_several() {
    let desk = Desk::open(Made::Cube);
    assert!(!desk.can("Years"), "there is one year");
    drop(desk);
    let mut desk = Desk::open(Made::Nothing);
    let dates = ["2019-02-01", "2019-08-01", "2020-02-29", "2020-08-01", "2021-02-01", "2021-08-01"];
    build(&mut desk, &["B04", "B08"], &dates);
    desk.send(Command::TogglePin(40, 20));
    desk.click("Years");
    desk.assert_sees("years over one another");
    desk.send(Command::ShowTime(3));
    let rect = plot(&mut desk);
    desk.click_at(rect.left_center() + vec2(0.2 * rect.width(), 0.0));
    assert_eq!(desk.project().time(), 2, "the date of the year that is on screen");
    let desk = desk.reopened();
    assert!(desk.project().document.view.years);
}

#[test]
fn the_spectrum_of_the_date_stands_beside_the_series() {
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::TogglePin(40, 20));
    let wide = plot(&mut desk).width();
    desk.click("Spectrum");
    desk.until("the series is in memory", |d| d.sees("Spectrum of pin 1: 4 of 4 bands"));
    assert!(plot(&mut desk).width() < wide - 100.0);
    desk.click("Spectrum");
    assert!(!desk.sees("Spectrum of"));
}

#[test]
fn a_pixel_that_was_never_observed_is_told_so_and_bands_without_wavelengths_stand_by_order() {
    let mut desk = Desk::open(Made::Nothing);
    build(&mut desk, &["VV", "VH"], &["2022-02-01"]);
    assert!(!desk.can("Units DN"), "nothing is known of their scale");
    desk.send(Command::TogglePin(5, 5));
    desk.send(Command::ShowSpectrum(true));
    desk.until("it is told", |d| d.sees("pin 1: nothing but gaps, at all dates"));
    desk.assert_sees("Spectrum of pin 1: 0 of 2 bands");
    desk.assert_sees("by order: no wavelength is known");
    desk.send(Command::TogglePin(40, 40));
    desk.until("the other is drawn", |d| d.sees("pin 2: 2 of 2 bands"));
}

#[test]
fn with_sixty_bands_the_head_scrolls_and_everything_else_stays_in_reach() {
    let mut desk = Desk::open(Made::Nothing);
    let names: Vec<String> = (0..60).map(|i| format!("x{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    build(&mut desk, &names, &["2022-02-01", "2022-03-01"]);
    for control in ["Gaps linear", "Smooth none", "Envelopes", "Spectrum", "Export series…"] {
        let rects = desk.rects(control);
        assert!(
            rects.iter().all(|rect| rect.right() <= 960.0 && rect.left() >= 200.0),
            "{control}: {rects:?}"
        );
    }
    desk.click("x03");
    desk.assert_sees("Series plot of x00, x01, x02, x03");
}

#[test]
fn pins_are_copied_and_written_as_they_are_shown() {
    let mut desk = Desk::open(Made::Cube);
    assert!(!desk.can("Export series…"), "there is no pixel yet");
    desk.send(Command::TogglePin(40, 20));
    desk.click("NDVI");
    let text = copied(&mut desk);
    let mut lines = text.lines();
    assert!(lines.next().unwrap().ends_with("filled,units,B02,B03,B04,B08,NDVI"), "{text}");
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("pin 1,40,20,") && first.contains(&format!(",{},", value(0, 2, 40, 20))),
        "{first}"
    );
    assert_eq!(lines.count(), 5);

    let file = desk.home().join("series.svg");
    let request = SeriesRequest {
        file: file.clone(),
        site: None,
        pixels: vec![("pin 1".into(), PixelAt::Pixel(40, 20))],
        bands: None,
        indices: vec!["NDVI".into()],
        drawn: None,
        units: Units::Reflectance,
        filling: Filling::Off,
        smoothing: Smoothing::Off,
        years: false,
        usual: Vec::new(),
        usual_of: Vec::new(),
        replace: false,
    };
    desk.send(Command::ExportSeries(request.clone()));
    desk.until_idle();
    desk.assert_sees("The series of 1 pixel is in");
    assert!(std::fs::read_to_string(&file).unwrap().contains("Small · field"));
    desk.send(Command::ExportSeries(request));
    desk.until_idle();
    desk.assert_sees("is there already");
}

#[test]
fn usual_years_and_years_over_one_another_go_out_with_the_plot() {
    let mut desk = Desk::open(Made::Labels);
    let code = desk.project().document.legend.classes[1].code;
    desk.send(Command::TogglePin(40, 20));
    desk.send(Command::ShowEnvelopes(vec![code]));
    desk.until("the usual year is known", |d| d.sees("Maize: median and 10th to 90th percentile of B04"));
    desk.until("the series is in memory", |d| d.can("Export series…") && d.sees("Series plot of"));
    let text = copied(&mut desk);
    assert_eq!(text.lines().filter(|line| line.starts_with("\"Maize, median\"")).count(), 6, "{text}");
    assert!(!text.lines().next().unwrap().contains("day_of_year"), "it is one year");

    let mut desk = Desk::open(Made::Nothing);
    build(&mut desk, &["B04", "B08"], &["2019-02-01", "2019-08-01", "2020-02-29", "2020-08-01"]);
    desk.send(Command::TogglePin(40, 20));
    desk.click("Years");
    desk.until("the series is in memory", |d| d.sees("years over one another"));
    let text = copied(&mut desk);
    assert!(text.lines().next().unwrap().contains("units,year,day_of_year,B04,B08"), "{text}");
    assert!(text.contains(",2020,60,"), "{text}");
}

/// What the plot shows, as it comes to the clipboard.
fn copied(desk: &mut Desk) -> String {
    desk.until("the pixel is in memory", |d| {
        d.project().cube().unwrap().0.cube.cached_chunk((0, 0)).is_some()
    });
    desk.click("Export series…");
    desk.harness().get_by_label("Copy as CSV").click();
    for _ in 0..6 {
        desk.steps(1);
        let commands = &desk.harness().output().platform_output.commands;
        let text = commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        });
        if let Some(text) = text {
            return text;
        }
    }
    panic!("nothing was copied")
}
