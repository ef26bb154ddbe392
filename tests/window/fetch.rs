//! Imagery by area: the page, what a catalogue has, and the cube that comes of it.

use crate::chip_set::Chips;
use crate::desk::Desk;
use crate::pictures;
use crate::ranges::{Reply, Server};
use crate::small::Made;
use egui::accesskit::Role;
use egui::{Event, Key, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use ritmo::app::SurveyState;
use ritmo::demo::{Ground, write_scenes};
use ritmo::geo::{Crs, Grid};
use ritmo::jobs::PlannedImagery;
use ritmo::source::fetch::Estimate;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const BANDS: [&str; 2] = ["B04", "B08"];

/// A folder with a catalogue of one month of ground, two kilometres wide.
pub fn catalogue(desk: &Desk) -> PathBuf {
    let crs = Crs::from_epsg(32615).unwrap();
    let (left, top) = (422_000.0, 1_829_000.0);
    let grid = Grid { crs, left, top, pixel_width: 10.0, pixel_height: 10.0, width: 200, height: 200 };
    let dates = [chrono::NaiveDate::from_ymd_opt(2022, 2, 15).unwrap()];
    let mosaics = [(0..2 * grid.pixels()).map(|i| 500 + (i % 997) as u16).collect()];
    let ground = Ground { seed: 5, grid: &grid, bands: &BANDS, dates: &dates, mosaics: &mosaics };
    let folder = desk.home().join("scenes");
    std::fs::create_dir_all(&folder).unwrap();
    write_scenes(&ground, &folder).unwrap();
    folder
}

/// Opens the page and fills it in, but for the catalogue.
fn open(desk: &mut Desk) {
    desk.pick("Project", "Imagery by area…");
    for (name, text) in [
        ("Site", "there"),
        ("West", "-93.7270"),
        ("South", "16.5300"),
        ("East", "-93.7180"),
        ("North", "16.5380"),
        ("From", "2022-02-01"),
        ("To", "2022-02-28"),
    ] {
        desk.type_into(name, text);
    }
}

pub fn fill(desk: &mut Desk, catalogue: &std::path::Path) {
    open(desk);
    desk.click("On disk");
    desk.replace("Folder", catalogue.to_str().unwrap());
}

#[test]
fn the_imagery_of_an_area_is_found_and_fetched_and_the_page_says_what_to_do_next() {
    let mut desk = Desk::open(Made::Cube);
    let catalogue = catalogue(&desk);
    desk.pick("Project", "Imagery by area…");
    desk.assert_sees("The site needs a name");
    assert!(!desk.can("Find scenes"));
    desk.key(Key::Escape);
    assert!(!desk.sees("Find scenes"), "Esc closes the page");
    fill(&mut desk, &catalogue);
    desk.click("Find scenes");
    desk.until("the periods are told", |d| d.sees("3 scenes of"));
    desk.assert_sees("to fetch");
    desk.click("Fetch");
    desk.until("it is told what to do next", |d| d.sees("there is there: 1 dates, 2 bands"));
    assert!(desk.folder().join("cubes/there.zarr").exists());
    desk.until_idle();
    // What was typed is still there, and nothing is left to fetch.
    desk.click("Find scenes");
    desk.until("nothing is left", |d| d.sees("0 B to fetch"));
    desk.click("Label it");
    assert!(!desk.sees("Find scenes"));
    desk.until("the site is on screen", |d| {
        d.project().site.as_ref().is_some_and(|site| site.name == "there")
    });
    assert_eq!(desk.project().page, ritmo::app::Page::Label);
}

#[test]
fn a_scene_is_told_in_list_and_map_whichever_one_points_at() {
    let mut desk = Desk::open(Made::Cube);
    let catalogue = catalogue(&desk);
    fill(&mut desk, &catalogue);
    desk.click("Find scenes");
    desk.until("the scenes are listed", |d| d.sees("3 scenes found"));
    let cards = |d: &Desk| d.words().into_iter().filter(|w| w.starts_with("Scene of")).collect::<Vec<_>>();
    let names = cards(&desk);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].contains("3 Feb 2022") && names[0].contains('%'), "{names:?}");
    assert!(!desk.sees("tile 15QVU"));
    let card = desk.rects(&names[1])[0].center();
    desk.harness().hover_at(card);
    desk.settle();
    desk.assert_sees("tile 15QVU");
    desk.assert_sees("S2B_MSIL2A_20220213");
    // A click on the map chooses a scene there, the next click the next one.
    let map = desk.rect(Role::Canvas, "Map of the area").center();
    desk.click_at(map);
    desk.assert_sees("S2A_MSIL2A_20220203");
    desk.click_at(map);
    desk.assert_sees("S2B_MSIL2A_20220213");
}

#[test]
fn a_catalogue_without_scenes_says_so_and_can_be_asked_again() {
    let mut desk = Desk::open(Made::Cube);
    let catalogue = catalogue(&desk);
    fill(&mut desk, &catalogue);
    desk.replace("To", "2022-02-02");
    desk.click("Find scenes");
    desk.until("it says so", |d| d.sees("no scene of the area"));
    desk.replace("To", "2022-02-28");
    desk.click("Find scenes");
    desk.until("the periods are told", |d| d.sees("3 scenes of"));
}

#[test]
fn an_area_is_drawn_on_the_map_or_taken_from_what_it_shows() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("Project", "Imagery by area…");
    desk.steps(2);
    let corners = |desk: &mut Desk| {
        ["West", "South", "East", "North"].map(|name| {
            let mut fields = desk.harness().query_all_by_label(name);
            let field = fields.find(|node| node.accesskit_node().is_text_input()).unwrap();
            field.accesskit_node().value().and_then(|text| text.parse::<f64>().ok())
        })
    };
    assert_eq!(corners(&mut desk), [None; 4]);
    desk.click("In view");
    let [Some(west), Some(south), Some(east), Some(north)] = corners(&mut desk) else {
        panic!("what the map shows is taken: {:#?}", desk.words())
    };
    assert!(west < east && south < north);
    desk.click("Draw");
    let map = desk.rect(Role::Canvas, "Map of the area");
    let (from, to) = (map.center() - egui::vec2(60.0, 40.0), map.center() + egui::vec2(80.0, 50.0));
    drag(&mut desk, from, to);
    let drawn = corners(&mut desk).map(Option::unwrap);
    let share = (drawn[2] - drawn[0]) / (east - west);
    assert!((share - f64::from(140.0 / map.width())).abs() < 0.01, "{share}");
    assert!(west < drawn[0] && drawn[2] < east && south < drawn[1] && drawn[3] < north);
    // The next drag moves the map and leaves the area.
    drag(&mut desk, from, to);
    assert_eq!(corners(&mut desk).map(Option::unwrap), drawn);
}

/// Drags with the left button.
fn drag(desk: &mut Desk, from: Pos2, to: Pos2) {
    let press = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let events = [Event::PointerMoved(from), press(from, true), Event::PointerMoved(from.lerp(to, 0.5))];
    for event in events.into_iter().chain([Event::PointerMoved(to), press(to, false)]) {
        desk.harness().event(event);
        desk.steps(1);
    }
    desk.settle();
}

/// A server of the catalogue, which keeps its files back while the flag is up.
fn server(catalogue: PathBuf) -> (Server, Arc<AtomicBool>) {
    let hold = Arc::new(AtomicBool::new(false));
    let held = Arc::clone(&hold);
    let server = Server::start(move |request| {
        while held.load(Ordering::SeqCst) && request.path.ends_with(".tif") {
            std::thread::sleep(Duration::from_millis(5));
        }
        if request.path == "/catalog.json" && !request.head.contains("x-key: top secret") {
            return Reply::status(403);
        }
        Reply::file_of(&catalogue, &request.path)
    });
    (server, hold)
}

#[test]
fn a_server_gets_its_header_and_fetching_rests_and_goes_on_as_one_likes() {
    let mut desk = Desk::open(Made::Cube);
    let (server, hold) = server(catalogue(&desk));
    open(&mut desk);
    desk.click("Address");
    desk.replace("STAC API", &server.url("/catalog.json"));
    desk.click("Find scenes");
    desk.until("the server refuses", |d| d.sees("403"));
    desk.click("Add a header");
    desk.type_into("Name of the header", "X-Key");
    desk.type_into("Value of the header", "top secret");
    desk.click("Find scenes");
    desk.until("the scenes are found", |d| d.sees("3 scenes of"));
    hold.store(true, Ordering::SeqCst);
    desk.click("Fetch");
    desk.click("Pause");
    desk.assert_sees("paused");
    hold.store(false, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(400));
    desk.steps(4);
    assert!(desk.project().document.site("there").is_none(), "it rests");
    desk.assert_sees("paused");
    desk.click("Go on");
    desk.until("the site is there", |d| d.sees("there is there"));
    desk.until_idle();
    // The value of the header is nowhere on the screen, and nowhere on the disk.
    assert!(!desk.sees("top secret"));
    let mut folders = vec![desk.folder()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(10).any(|w| w == b"top secret"), "{}", path.display());
        }
    }
}

#[test]
fn a_server_that_is_gone_is_told_where_it_was_asked_for() {
    let mut desk = Desk::open(Made::Cube);
    open(&mut desk);
    desk.click("Address");
    let (server, _) = server(desk.home().join("nothing"));
    let url = server.url("/catalog.json");
    drop(server);
    desk.replace("STAC API", &url);
    desk.click("Find scenes");
    desk.until("it is told", |d| d.sees("no network to") || d.sees("asking again"));
    desk.click("Stop");
    desk.until_idle();
    assert!(desk.can("Find scenes"));
}

#[test]
fn the_series_of_sites_that_chips_made_are_fetched_from_the_page() {
    let chips = Chips::new(64);
    // The tile in which the scenes of the catalogue lie, and one far from them.
    for x in [3926, 3990] {
        chips.image(x, 7428, true);
        chips.vectors(x, 7428);
    }
    let mut desk = Desk::open(Made::Nothing);
    let catalogue = catalogue(&desk);
    desk.pick("Project", "Import chips…");
    desk.type_into("Folder", chips.prefix.to_str().unwrap());
    desk.click("Look what is in it");
    desk.until_idle();
    desk.type_into("Day", "2022-03-15");
    desk.click("Import chips");
    desk.until("it is told what to do next", |d| d.sees("fetch a series for the sites next"));
    desk.until_idle();
    let annotations = desk.project().annotations.clone();
    desk.click("Fetch the series…");
    desk.type_into("From", "2022-02-01");
    desk.type_into("To", "2022-02-28");
    desk.replace("Period", "none");
    desk.click("On disk");
    desk.replace("Folder", catalogue.to_str().unwrap());
    desk.click("Fetch the series");
    desk.until("both are through", |d| d.sees("1 site fetched, 0 passed over, 1 could not be had"));
    desk.assert_sees("3990-7428-14: the catalogue has no scene of the area");
    desk.until_idle();
    assert_eq!(desk.project().annotations.len(), annotations.len());
    desk.click("Look at 3926-7428-14");
    desk.until("its three days are there", |d| {
        d.project().cube().is_some_and(|(opened, _)| opened.cube.info().dates.len() == 3)
    });
    // Once more, of one that is chosen: it is passed over.
    desk.pick("Project", "Imagery by area…");
    desk.click("Chosen sites");
    assert!(!desk.can("Fetch the series"));
    desk.click("3926-7428-14");
    desk.click("Fetch the series");
    desk.until("it is passed over", |d| d.sees("0 sites fetched, 1 passed over"));
}

/// The page of a catalogue whose plan is always the same: as if Earth Search had these scenes.
fn found(desk: &mut Desk) {
    let catalogue = catalogue(desk);
    fill(desk, &catalogue);
    desk.click("Find scenes");
    desk.until("the scenes are listed", |d| d.sees("3 scenes found"));
    let planned = desk.project().imagery_plan.last.clone().unwrap();
    let mut planned = PlannedImagery {
        server: "earth-search.aws.element84.com".into(),
        estimate: Some(Estimate { bytes: 9_400_000, seconds: 41.0, looked_at: 9 }),
        ..(*planned).clone()
    };
    planned.request.catalogue = "earth-search".into();
    planned.periods.iter_mut().for_each(|period| period.bytes = Some(9_400_000));
    desk.project_mut().imagery_plan.last = Some(Arc::new(planned));
    desk.click("Earth Search");
    desk.assert_sees("3 scenes found");
}

#[test]
fn a_picture_of_the_page_before_anything_is_asked() {
    let Some(mut desk) = pictures::desk(Some(Made::Cube)) else { return };
    desk.pick("Project", "Imagery by area…");
    pictures::compare(desk, "area_empty");
}

#[test]
fn a_picture_of_the_scenes_that_were_found() {
    let Some(mut desk) = pictures::desk(Some(Made::Cube)) else { return };
    found(&mut desk);
    pictures::let_all_come(&mut desk);
    let map = desk.rect(Role::Canvas, "Map of the area").center();
    desk.click_at(map);
    pictures::compare(desk, "area_found");
}

#[test]
fn a_picture_of_a_catalogue_that_cannot_be_reached() {
    let Some(mut desk) = pictures::desk(Some(Made::Cube)) else { return };
    open(&mut desk);
    let why = "no network to earth-search.aws.element84.com: its name is not known. Check the connection, and try again";
    desk.click("Earth Search");
    desk.project_mut().imagery_plan.state = SurveyState::Failed(why.into());
    pictures::compare(desk, "area_failed");
}
