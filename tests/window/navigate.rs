//! Finding one's way: layers, places, what lies under the mouse, the basemap.

use crate::desk::Desk;
use crate::small::{Made, grid};
use crate::tiles::{Served, TileServer};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use ritmo::app::Command;
use ritmo::project::{Layer, LayerKind};
use ritmo::source::Basemap;

fn layer(desk: &Desk, kind: LayerKind) -> Layer {
    desk.project().document.view.layers.of(kind)
}

fn order(desk: &Desk) -> Vec<LayerKind> {
    desk.project().document.view.layers.all().iter().map(|layer| layer.kind).collect()
}

fn press(desk: &mut Desk, modifiers: Modifiers, key: Key) {
    desk.harness().key_press_modifiers(modifiers, key);
    desk.settle();
}

#[test]
fn layers_are_switched_and_faded_by_hand_and_by_key() {
    let mut desk = Desk::open(Made::Labels);
    desk.click("Annotations");
    assert!(!layer(&desk, LayerKind::Annotations).visible);
    desk.set_slider("Opacity of the mosaic", 60.0);
    assert!((layer(&desk, LayerKind::Mosaic).opacity - 0.6).abs() < 0.01);
    desk.key(Key::Comma);
    assert!((layer(&desk, LayerKind::Mosaic).opacity - 0.5).abs() < 0.01);
    desk.key(Key::Period);
    assert!((layer(&desk, LayerKind::Mosaic).opacity - 0.6).abs() < 0.01);
    desk.click("Mosaic");
    assert!(!layer(&desk, LayerKind::Mosaic).visible);
    assert!(!desk.can("Class map"), "there is no map yet");
}

#[test]
fn layers_are_ordered_by_button_by_arrow_key_and_by_dragging() {
    let mut desk = Desk::open(Made::Labels);
    desk.click("Move Mosaic up");
    assert_eq!(order(&desk)[3], LayerKind::Mosaic);
    desk.click("Move Mosaic down");
    assert_eq!(order(&desk)[4], LayerKind::Mosaic);
    assert!(!desk.can("Move Annotations up"), "it is on top");
    let grip = desk.rect(Role::Button, "Order of Mosaic").center();
    let top = desk.rect(Role::Button, "Order of Annotations").center();
    desk.harness().drag_at(grip);
    desk.settle();
    desk.harness().hover_at(top - egui::vec2(0.0, 20.0));
    desk.settle();
    desk.harness().drop_at(top - egui::vec2(0.0, 20.0));
    desk.settle();
    assert_eq!(order(&desk)[0], LayerKind::Mosaic);
    desk.focus("Order of Mosaic");
    desk.key(Key::ArrowDown);
    assert_eq!(order(&desk)[1], LayerKind::Mosaic);
}

#[test]
fn a_place_that_is_written_is_understood_gone_to_and_pinned() {
    let mut desk = Desk::open(Made::Cube);
    desk.ctrl(Key::G);
    desk.type_into("Place to go to", "Oaxaca");
    desk.assert_sees("belongs to no place");
    assert!(!desk.can("Go"));
    desk.key(Key::Escape);
    assert!(!desk.sees("Place to go to"));
    desk.click("Go to…");
    desk.ctrl(Key::A);
    desk.type_into("Place to go to", "pixel 20, 30");
    desk.assert_sees("in the site: pixel 20, 30");
    desk.key(Key::Enter);
    let [lon, lat] = desk.project().document.view.centre.unwrap();
    let there = grid().lonlat_from_pixel(20.5, 30.5).unwrap();
    assert!((lon - there[0]).abs() < 1e-6 && (lat - there[1]).abs() < 1e-6);
    desk.assert_sees("pixel 20, 30");
    assert!(desk.project().document.view.pins.is_empty());
    desk.ctrl(Key::G);
    press(&mut desk, Modifiers::SHIFT, Key::Enter);
    assert_eq!(desk.project().document.view.pins, [(20, 30)]);
}

#[test]
fn a_place_beside_the_site_is_told_how_far_off_it_is() {
    let mut desk = Desk::open(Made::Cube);
    desk.ctrl(Key::G);
    desk.type_into("Place to go to", "2702960 649500");
    desk.assert_sees("2.00 km east of the site");
    assert!(desk.can("Go") && !desk.can("Go and pin"));
}

#[test]
fn the_view_before_comes_back_by_key_and_by_button() {
    let mut desk = Desk::open(Made::Cube);
    desk.until("where the map looks is known", |d| d.project().document.view.centre.is_some());
    let before = desk.project().document.view.centre.unwrap();
    assert!(!desk.can("View before"));
    desk.ctrl(Key::G);
    desk.type_into("Place to go to", "pixel 90, 90");
    desk.key(Key::Enter);
    let there = desk.project().document.view.centre.unwrap();
    assert_ne!(there, before);
    press(&mut desk, Modifiers::ALT, Key::ArrowLeft);
    assert_eq!(desk.project().document.view.centre, Some(before));
    assert_eq!(desk.project().time(), 0, "the date stays");
    desk.click("View after");
    assert_eq!(desk.project().document.view.centre, Some(there));
}

#[test]
fn keys_show_pixels_at_a_scale_and_the_pixel_under_the_mouse_stays_there() {
    let mut desk = Desk::open(Made::Cube);
    desk.point(20.5, 30.5);
    desk.assert_sees("pixel 20, 30");
    desk.key(Key::G);
    desk.steps(3);
    desk.assert_sees("pixel 20, 30");
    desk.until("the nearer view is remembered", |d| d.project().document.view.zoom > 16.5);
    press(&mut desk, Modifiers::SHIFT, Key::G);
    desk.until("the farther view is remembered", |d| d.project().document.view.zoom < 15.0);
    press(&mut desk, Modifiers::NONE, Key::F);
    desk.until("the whole site is shown", |d| (d.project().document.view.zoom - 16.0).abs() < 0.7);
}

#[test]
fn a_bookmark_is_made_named_gone_to_and_deleted() {
    let mut desk = Desk::open(Made::Cube);
    desk.until("where the map looks is known", |d| d.project().document.view.centre.is_some());
    desk.key(Key::ArrowRight);
    desk.ctrl(Key::D);
    assert_eq!(desk.project().document.settings.bookmarks.len(), 1);
    desk.ctrl(Key::A);
    desk.letter("the pond");
    desk.key(Key::Enter);
    assert_eq!(desk.project().document.settings.bookmarks[0].name, "the pond");
    desk.key(Key::ArrowRight);
    desk.click("the pond");
    assert_eq!(desk.project().time(), 1);
    desk.pick("More of the pond", "Delete");
    assert!(desk.project().document.settings.bookmarks.is_empty());
    desk.click("Undo");
    assert_eq!(desk.project().document.settings.bookmarks.len(), 1);
}

fn own(server: &TileServer) -> Basemap {
    Basemap {
        name: "own".into(),
        url: format!("{}?key=secret", server.template()),
        attribution: "© the people of the test".into(),
        max_zoom: 19,
    }
}

#[test]
fn a_basemap_is_off_until_asked_for_and_then_says_whom_it_is_from() {
    let server = TileServer::start(Served::Picture([10, 200, 90]));
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::SetBasemap(own(&server)));
    desk.steps(5);
    assert!(server.asked().is_empty(), "nothing is fetched unasked");
    desk.click("Basemap");
    desk.until("tiles are asked for", |_| !server.asked().is_empty());
    assert!(desk.can("Which basemap"));
    desk.steps(5);
    let asked = server.asked().len();
    desk.steps(20);
    assert!(server.asked().len() <= asked + 12, "frames do not ask again");
    desk.click("Basemap");
    assert!(!layer(&desk, LayerKind::Basemap).visible);
}

#[test]
fn what_the_server_of_a_basemap_answers_is_told_in_a_line_without_its_key() {
    for (served, words) in [
        (Served::Status(429), "The basemap's server answers 429 (too many requests)"),
        (Served::Nothing, "The basemap's server gives no pictures of 256 x 256 pixels"),
        (Served::Page, "The basemap's server gives no pictures of 256 x 256 pixels"),
    ] {
        let server = TileServer::start(served);
        let mut desk = Desk::open(Made::Cube);
        desk.send(Command::SetBasemap(own(&server)));
        desk.click("Basemap");
        desk.until("the trouble is told", |d| d.sees(words));
        assert!(!desk.sees("secret"));
        assert!(desk.app().state.notices.is_empty(), "{:?}", desk.app().state.notices);
        let asked = server.asked().len();
        desk.steps(10);
        assert_eq!(server.asked().len(), asked, "the server is left alone");
        server.serve(Served::Picture([1, 2, 3]));
        desk.click("Try again");
        desk.until("the trouble is over", |d| !d.sees(words));
    }
}

#[test]
fn without_a_network_the_basemap_is_silent() {
    let server = TileServer::start(Served::Silence);
    let gone = own(&server);
    drop(server);
    let mut desk = Desk::open(Made::Cube);
    desk.send(Command::SetBasemap(gone));
    desk.click("Basemap");
    desk.until("it is told", |d| d.sees("no network"));
    assert!(desk.app().state.notices.is_empty());
}

#[test]
fn ones_own_basemap_is_written_and_a_template_that_cannot_be_says_why() {
    let mut desk = Desk::open(Made::Cube);
    desk.pick("More of Basemap", "Own basemap…");
    desk.assert_sees("Use servers only as their terms allow");
    desk.replace("Address", "https://tiles.org/tile");
    desk.assert_sees("does not say which tile");
    assert!(!desk.can("Use it"));
    desk.replace("Name", "Ours");
    desk.replace("Address", "https://tiles.org/{z}/{x}/{-y}.png");
    desk.click("Use it");
    let basemap = &desk.project().document.settings.basemap;
    assert_eq!((basemap.name.as_str(), basemap.url.as_str()), ("Ours", "https://tiles.org/{z}/{x}/{-y}.png"));
    assert!(!layer(&desk, LayerKind::Basemap).visible);
}
