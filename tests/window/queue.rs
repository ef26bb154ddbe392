//! The queue of maps: its panel, choosing sites, closing while something is made, and going on next time.

use crate::desk::Desk;
use crate::small::Made;
use egui::{ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable;
use ritmo::app::{Command, QueueOrder, update};
use ritmo::project::Site;

/// A project with a model and the sites `field`, `plot` and `slope`, which share one cube.
fn three_sites() -> Desk {
    let mut desk = Desk::open(Made::Labels);
    desk.send(Command::Train { name: None, then_map: false });
    desk.until_idle();
    let first = desk.project().document.sites[0].clone();
    for name in ["plot", "slope"] {
        desk.project_mut().document.sites.push(Site { name: name.into(), ..first.clone() });
    }
    // What is left of a project that closes is looked for among the sites that it saved.
    let view = Command::SetView { centre: [-93.0, 17.0], zoom: 12.0 };
    desk.send(view);
    desk
}

fn map(site: &str) -> Command {
    Command::Map { model: None, site: Some(site.into()), bf16: None, resume: true }
}

/// Asks for the maps of these sites, of which the first rests before it has made anything.
fn resting(sites: &[&str]) -> Desk {
    let mut desk = three_sites();
    let state = &mut desk.app_mut().state;
    for site in sites {
        update(state, map(site)).unwrap();
        if site == &sites[0] {
            let id = state.project.as_ref().unwrap().queue.entries()[0].id;
            update(state, Command::Queue(QueueOrder::Pause(id))).unwrap();
        }
    }
    desk.settle();
    desk
}

#[test]
fn an_empty_queue_says_what_to_do_and_is_opened_by_key_and_menu() {
    let mut desk = Desk::open(Made::Cube);
    desk.click("Queue");
    desk.assert_sees("Nothing is under way");
    desk.assert_sees("each is mapped in its turn");
    desk.click("Close the queue");
    assert!(!desk.sees("Nothing is under way"));
    desk.ctrl_shift(egui::Key::M);
    desk.assert_sees("Nothing is under way");
    desk.key(egui::Key::Escape);
    assert!(!desk.sees("Nothing is under way"));
    desk.pick("Project", "Queue of maps");
    desk.assert_sees("Nothing is under way");
}

#[test]
fn sites_are_chosen_in_their_list_and_mapped_one_after_the_other() {
    let mut desk = three_sites();
    desk.click("Map sites…");
    assert!(!desk.can("Map 0 sites"), "one is chosen first");
    desk.click("Map field too");
    desk.click("Map slope too");
    desk.click("Map 2 sites");
    desk.until_idle();
    desk.assert_sees("field with model-1");
    desk.assert_sees("slope with model-1");
    desk.assert_sees("done: 9\u{202f}216 pixels");
    assert!(!desk.sees("plot with model-1"));
    for (site, there) in [("field", true), ("plot", false), ("slope", true)] {
        assert_eq!(desk.folder().join(format!("maps/{site}/model-1.tif")).exists(), there, "{site}");
    }
    desk.click("Clear");
    assert!(!desk.sees("field with model-1"));
}

#[test]
fn maps_are_moved_stopped_and_let_go_on_by_button() {
    let mut desk = resting(&["field", "plot", "slope"]);
    desk.click("Queue (3)");
    desk.assert_sees("3 sites to map");
    desk.assert_sees("paused");
    assert!(!desk.can("Move the map of plot up") && desk.can("Move the map of slope up"));
    desk.click("Move the map of slope up");
    assert!(desk.can("Move the map of plot up") && !desk.can("Move the map of slope up"));
    desk.click("Stop the map of plot");
    desk.assert_sees("stopped");
    desk.click("Go on with the map of field");
    desk.until_idle();
    desk.until_idle();
    assert!(desk.folder().join("maps/slope/model-1.tif").exists());
    assert!(!desk.folder().join("maps/plot/model-1.tif").exists());
    desk.click("Retry the map of plot");
    desk.until_idle();
    assert!(desk.folder().join("maps/plot/model-1.tif").exists());
}

#[test]
fn a_project_that_is_being_mapped_asks_before_it_closes_and_goes_on_when_opened_again() {
    let mut desk = resting(&["field", "plot"]);
    desk.pick("Project", "Close");
    desk.assert_sees("Close the project?");
    desk.click("Keep working");
    assert_eq!(desk.project().queue.ahead(), 2);
    desk.pick("Project", "Close");
    desk.click("Stop; go on next time");
    assert!(desk.app().state.project.is_none());
    let mut desk = desk.reopened();
    desk.assert_sees("2 maps not finished");
    assert!(desk.app().state.jobs.is_empty(), "nothing begins unasked");
    desk.click("Go on mapping");
    desk.until_idle();
    desk.until_idle();
    for site in ["field", "plot"] {
        assert!(desk.folder().join(format!("maps/{site}/model-1.tif")).exists(), "{site}");
    }
    assert!(!desk.sees("not finished"));
}

#[test]
fn finishing_first_closes_the_project_once_all_is_made() {
    let mut desk = resting(&["field", "plot"]);
    desk.pick("Project", "Close");
    desk.click("Finish first");
    assert_eq!(desk.project().queue.ahead(), 2, "it is still open");
    desk.click("Queue (2)");
    desk.click("Go on with the map of field");
    desk.until("it has closed", |desk| desk.app().state.project.is_none());
    assert!(desk.folder().join("maps/plot/model-1.tif").exists());
}

/// What the window asked of the system in the last frame.
fn asked(desk: &mut Desk) -> Vec<ViewportCommand> {
    desk.harness().output().viewport_output[&ViewportId::ROOT].commands.clone()
}

fn close_window(desk: &mut Desk) -> Vec<ViewportCommand> {
    let viewport = desk.harness().input_mut().viewports.entry(ViewportId::ROOT).or_default();
    viewport.events.push(ViewportEvent::Close);
    desk.steps(1);
    let asked = asked(desk);
    desk.harness().input_mut().viewports.entry(ViewportId::ROOT).or_default().events.clear();
    desk.settle();
    asked
}

#[test]
fn the_window_asks_before_it_closes_only_while_something_is_made() {
    let mut desk = Desk::open(Made::Cube);
    assert!(!close_window(&mut desk).contains(&ViewportCommand::CancelClose), "there is nothing to ask");
    let mut desk = resting(&["field"]);
    assert!(close_window(&mut desk).contains(&ViewportCommand::CancelClose));
    desk.assert_sees("Close the window?");
    desk.key(egui::Key::Escape);
    assert!(!desk.sees("Close the window?"), "Esc keeps working");
    assert!(close_window(&mut desk).contains(&ViewportCommand::CancelClose));
    desk.harness().get_by_label("Stop; go on next time").click();
    let mut closes = false;
    for _ in 0..6 {
        desk.steps(1);
        closes |= asked(&mut desk).contains(&ViewportCommand::Close);
    }
    assert!(closes);
}

#[test]
fn two_maps_are_compared_from_a_model_and_a_model_is_copied() {
    let mut desk = Desk::open(Made::Labels);
    for _ in 0..2 {
        desk.send(Command::Train { name: None, then_map: true });
        desk.until_idle();
        desk.until_idle();
    }
    desk.key(egui::Key::F3);
    let then = "12 annotations when it was trained; they are as they were.";
    desk.until("the labels are compared", |desk| desk.sees(then));
    let first = desk.project().annotations.first().unwrap().id;
    desk.send(Command::DeleteAnnotations(vec![first]));
    desk.until("it is compared", |desk| desk.sees("12 annotations when it was trained; 1 deleted."));
    desk.pick("Compare maps with…", "model-1");
    desk.until("it is counted", |desk| desk.sees("From model-2 to model-1"));
    desk.assert_sees("of the site differ");
    desk.click("Duplicate");
    desk.until_idle();
    assert!(desk.project().models.iter().any(|model| model.name == "model-2-2"));
}
