//! Many sites: the map of all, the list, keys, taking one off.

use crate::desk::Desk;
use crate::small::Made;
use egui::Key;
use egui::accesskit::Role;
use ritmo::app::{Command, CubeState};
use ritmo::project::Site;

/// A project with so many sites more, each beside the last; they share one cube.
fn with_sites(count: usize) -> Desk {
    let mut desk = Desk::open(Made::Cube);
    let project = desk.project_mut();
    let first = project.document.sites[0].clone();
    let corners = first.footprint.expect("a cube that was built says where it lies");
    let width = corners[1][0] - corners[0][0];
    for i in 1..=count {
        let (east, south) = ((i % 30) as f64 * 2.0 * width, (i / 30) as f64 * 2.0 * width);
        let footprint = Some(corners.map(|[lon, lat]| [lon + east, lat - south]));
        let name = format!("chip {i:04}");
        project.document.sites.push(Site { name, footprint, ..first.clone() });
    }
    desk.settle();
    desk
}

fn shown(desk: &Desk) -> Option<&str> {
    desk.project().site.as_ref().map(|site| site.name.as_str())
}

fn is_open(desk: &Desk) -> bool {
    desk.project().site.as_ref().is_some_and(|site| matches!(site.cube, CubeState::Open { .. }))
}

#[test]
fn the_map_shows_all_sites_and_a_click_on_one_shows_it() {
    let mut desk = with_sites(3);
    desk.click("All sites");
    assert_eq!(shown(&desk), None);
    desk.assert_sees("Map of all sites");
    let map = desk.rect(Role::Canvas, "Map of all sites");
    // Four in a row fill the width; the second lies at 5/14 of it.
    let second = map.left_center() + egui::vec2(map.width() * (0.03 + 0.94 * 2.5 / 7.0), 0.0);
    desk.click_at(second);
    assert_eq!(shown(&desk), Some("chip 0001"));
    desk.until("its cube is open", is_open);
    // The one on screen lies where the first does, so the map is full of it: its neighbour is out of view.
    desk.click("All sites");
    let mut desk = desk;
    desk.assert_sees("Map of all sites");
    desk.key(Key::F);
    desk.click_at(second);
    assert_eq!(shown(&desk), Some("chip 0001"));
}

#[test]
fn pages_up_and_down_go_through_the_sites() {
    let mut desk = with_sites(2);
    desk.key(Key::PageDown);
    assert_eq!(shown(&desk), Some("chip 0001"));
    desk.key(Key::PageDown);
    desk.key(Key::PageDown);
    assert_eq!(shown(&desk), Some("chip 0002"));
    desk.key(Key::PageUp);
    desk.key(Key::PageUp);
    assert_eq!(shown(&desk), Some("field"));
    desk.until("its cube is open", is_open);
}

#[test]
fn a_long_list_paints_only_what_is_in_view_and_is_filtered() {
    let mut desk = with_sites(1000);
    desk.assert_sees("Sites (1001)");
    let listed = |desk: &Desk| desk.words().iter().filter(|w| w.starts_with("chip ")).count();
    assert!((5..60).contains(&listed(&desk)), "{}", listed(&desk));
    assert!(!desk.can("chip 0777"));
    desk.type_into("Filter sites", "0777");
    desk.click("chip 0777");
    assert_eq!(shown(&desk), Some("chip 0777"));
    desk.until("its cube is open", is_open);
    desk.type_into("Filter sites", "x");
    desk.assert_sees("No site has this in its name");
}

#[test]
fn a_site_is_taken_off_the_list_and_comes_back() {
    let mut desk = with_sites(1);
    desk.click("Remove…");
    desk.assert_sees("Remove field");
    desk.click("Remove");
    assert_eq!(desk.project().document.sites.len(), 1);
    desk.until("the other one is shown", |d| shown(d) == Some("chip 0001") && is_open(d));
    desk.ctrl(Key::Z);
    assert_eq!(desk.project().document.sites.len(), 2);
    assert_eq!(desk.project().document.sites[0].name, "field");
    desk.send(Command::ShowSite("field".into()));
    desk.until("it is shown", |d| shown(d) == Some("field") && is_open(d));
}
