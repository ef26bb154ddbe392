//! The queue of maps: its order, resting, stopping, failing, and what is left of it when the project closes.

use super::*;
use crate::model::{ModelKind, TempCnnOptions};
use std::time::Duration;

fn queue(state: &AppState) -> &Queue {
    &state.project.as_ref().unwrap().queue
}

/// A project with a model and so many sites, `a`, `b`, `c` …, of one cube; none is on screen.
fn with_sites(folder: &Path, count: usize) -> AppState {
    let (mut state, inputs) = started(folder);
    run(&mut state, build_of("a", &inputs)).unwrap();
    annotate(&mut state);
    let project = state.project.as_mut().unwrap();
    let first = project.document.sites[0].clone();
    for name in ["b", "c", "d"].iter().take(count - 1) {
        project.document.sites.push(crate::project::Site { name: name.to_string(), ..first.clone() });
    }
    // One cube lies behind all sites, and it is sampled once.
    let sites = std::mem::replace(&mut project.document.sites, vec![first]);
    let mut spec = project.document.settings.model.clone();
    spec.kind = ModelKind::TempCnn(TempCnnOptions { filters: 8, dense: 16, ..TempCnnOptions::default() });
    spec.training.epochs = 1;
    run(&mut state, Command::TrainWith { name: Some("m".into()), spec, from: None }).unwrap();
    state.project.as_mut().unwrap().document.sites = sites;
    state
}

fn map(site: &str) -> Command {
    Command::Map { model: None, site: Some(site.into()), bf16: None, resume: true }
}

fn map_all() -> Command {
    Command::MapSites { model: None, sites: None, bf16: None, resume: true }
}

fn id(state: &AppState, site: &str) -> QueueId {
    queue(state).entries().iter().find(|entry| entry.asked.site == site).unwrap().id
}

fn order(state: &mut AppState, order: QueueOrder) {
    update(state, Command::Queue(order)).unwrap();
}

/// "a done, b waits", in order.
fn told(state: &AppState) -> String {
    let words = queue(state).entries().iter().map(|entry| {
        let state = match &entry.state {
            QueueState::Left { .. } => "left",
            QueueState::Waiting => "waits",
            QueueState::Running(_) => "runs",
            QueueState::Done(_) => "done",
            QueueState::Failed(_) => "failed",
            QueueState::Stopped => "stopped",
        };
        format!("{} {state}", entry.asked.site)
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Waits until no job is under way.
fn idle(state: &mut AppState) {
    for _ in 0..6000 {
        pump(state);
        if state.jobs.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never ended: {:?}", state.jobs);
}

#[test]
fn sites_are_mapped_one_after_the_other_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 3);
    let first = update(&mut state, map("b")).unwrap();
    assert!(first.is_some(), "the first begins at once");
    assert_eq!(update(&mut state, map("a")).unwrap(), None);
    assert_eq!(update(&mut state, map("c")).unwrap(), None);
    assert_eq!(told(&state), "b runs, a waits, c waits");
    assert_eq!(state.jobs.len(), 1);
    assert!(state.is_at_work());
    let why = update(&mut state, map("c")).unwrap_err().to_string();
    assert!(why.contains("c waits to be mapped with m already"), "{why}");
    idle(&mut state);
    assert_eq!(told(&state), "b done, a done, c done");
    assert!(!state.is_at_work());
    for site in ["a", "b", "c"] {
        assert!(folder.path().join(format!("project/maps/{site}/m.tif")).exists(), "{site}");
    }
    order(&mut state, QueueOrder::Clear);
    assert_eq!(told(&state), "");
}

#[test]
fn those_that_wait_change_places_and_the_one_that_is_made_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 3);
    for site in ["a", "b", "c"] {
        update(&mut state, map(site)).unwrap();
    }
    let (a, b, c) = (id(&state, "a"), id(&state, "b"), id(&state, "c"));
    let moves = |state: &AppState| {
        [a, b, c].map(|id| (queue(state).can_move(id, true), queue(state).can_move(id, false)))
    };
    assert_eq!(moves(&state), [(false, false), (false, true), (true, false)]);
    order(&mut state, QueueOrder::MoveUp(c));
    order(&mut state, QueueOrder::MoveUp(c));
    assert_eq!(told(&state), "a runs, c waits, b waits");
    order(&mut state, QueueOrder::MoveDown(c));
    assert_eq!(told(&state), "a runs, b waits, c waits");
    order(&mut state, QueueOrder::StopAll);
    idle(&mut state);
    let ended = told(&state);
    assert!(ended.ends_with("b stopped, c stopped"), "{ended}");
}

#[test]
fn a_map_that_rests_keeps_its_place_and_goes_on_and_its_rest_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    update(&mut state, map("a")).unwrap();
    update(&mut state, map("b")).unwrap();
    let a = id(&state, "a");
    order(&mut state, QueueOrder::Pause(a));
    // A chunk that was begun may be finished; then nothing comes any more.
    std::thread::sleep(Duration::from_millis(300));
    pump(&mut state);
    if told(&state).starts_with("a runs") {
        assert_eq!(told(&state), "a runs, b waits", "the others wait with it");
        let worked = state.jobs[0].worked();
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(state.jobs[0].worked().as_millis(), worked.as_millis());
        assert!(state.jobs[0].worked() < state.jobs[0].started.elapsed() - Duration::from_millis(300));
        order(&mut state, QueueOrder::Resume(a));
    }
    idle(&mut state);
    assert_eq!(told(&state), "a done, b done");
}

#[test]
fn one_that_rests_while_it_waits_is_passed_over_until_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 3);
    for site in ["a", "b", "c"] {
        update(&mut state, map(site)).unwrap();
    }
    let b = id(&state, "b");
    order(&mut state, QueueOrder::Pause(b));
    idle(&mut state);
    assert_eq!(told(&state), "a done, b waits, c done");
    assert!(!state.is_at_work(), "what rests does not keep the program open");
    order(&mut state, QueueOrder::Resume(b));
    idle(&mut state);
    assert_eq!(told(&state), "a done, b done, c done");
}

#[test]
fn one_that_rests_is_stopped_and_the_next_begins_and_it_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    // Both are asked for before the first can end.
    update(&mut state, map("a")).unwrap();
    let a = id(&state, "a");
    order(&mut state, QueueOrder::Pause(a));
    update(&mut state, map("b")).unwrap();
    order(&mut state, QueueOrder::Stop(a));
    idle(&mut state);
    assert!(told(&state).ends_with("b done"), "{}", told(&state));
    if told(&state).starts_with("a stopped") {
        order(&mut state, QueueOrder::Retry(a));
        idle(&mut state);
        assert_eq!(told(&state), "b done, a done");
    }
}

#[test]
fn a_site_that_fails_in_the_middle_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 3);
    let sites = &mut state.project.as_mut().unwrap().document.sites;
    sites[1].cube = "cubes/gone.zarr".into();
    let result = run(&mut state, map_all());
    assert_eq!(result, Ok(()), "that it has no cube is known before");
    assert_eq!(told(&state), "b failed, a done, c done");
    let QueueState::Failed(why) = &queue(&state).entries()[0].state else { panic!() };
    assert!(why.contains("no cube"), "{why}");
    let notices: Vec<_> = state.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(notices.iter().any(|text| text.contains("1 site is not mapped: b (")), "{notices:?}");

    // One that goes while others are made fails alone.
    for site in ["a", "b", "c"] {
        update(&mut state, map(site)).unwrap();
    }
    idle(&mut state);
    assert_eq!(told(&state), "a done, b failed, c done");
    let sites = &mut state.project.as_mut().unwrap().document.sites;
    sites[1].cube = sites[0].cube.clone();
    let b = id(&state, "b");
    order(&mut state, QueueOrder::Retry(b));
    idle(&mut state);
    assert_eq!(told(&state), "a done, c done, b done");
}

#[test]
fn a_map_that_is_replaced_is_told_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    run(&mut state, map("b")).unwrap();
    run(&mut state, map_all()).unwrap();
    let told = "1 site had a map called m, which is replaced: b";
    assert!(state.notices.iter().any(|notice| notice.text == told), "{:?}", state.notices);
}

#[test]
fn a_model_that_goes_while_its_map_waits_is_a_failure_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    update(&mut state, map("a")).unwrap();
    update(&mut state, map("b")).unwrap();
    let b = id(&state, "b");
    let delete = Command::DeleteModel { name: "m".into(), maps_too: false };
    if state.job(crate::jobs::JobKind::Map).is_some() {
        let why = update(&mut state, delete.clone()).unwrap_err().to_string();
        assert!(why.contains("still under way"), "{why}");
    }
    order(&mut state, QueueOrder::Pause(b));
    idle(&mut state);
    run(&mut state, delete).unwrap();
    order(&mut state, QueueOrder::Resume(b));
    idle(&mut state);
    let QueueState::Failed(why) = &queue(&state).entries()[1].state else { panic!("{}", told(&state)) };
    assert!(why.contains("no model m"), "{why}");
}

#[test]
fn a_model_renamed_while_its_map_waits_maps_under_its_new_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    update(&mut state, map("a")).unwrap();
    update(&mut state, map("b")).unwrap();
    let b = id(&state, "b");
    order(&mut state, QueueOrder::Pause(b));
    idle(&mut state);
    run(&mut state, Command::RenameModel { name: "m".into(), to: "n".into() }).unwrap();
    order(&mut state, QueueOrder::Resume(b));
    idle(&mut state);
    assert_eq!(told(&state), "a done, b done");
    assert!(folder.path().join("project/maps/b/n.tif").exists());
}

#[test]
fn what_was_not_finished_when_the_project_closed_is_offered_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 3);
    state.project.as_mut().unwrap().save();
    for site in ["a", "b", "c"] {
        update(&mut state, map(site)).unwrap();
    }
    let (a, c) = (id(&state, "a"), id(&state, "c"));
    order(&mut state, QueueOrder::Pause(a));
    order(&mut state, QueueOrder::Stop(c));
    run(&mut state, Command::CloseProject).unwrap();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    let left = told(&state);
    assert!(left.ends_with("b left") && !left.contains('c'), "what was stopped is not offered: {left}");
    assert!(!state.is_at_work() && state.jobs.is_empty(), "nothing begins unasked");
    order(&mut state, QueueOrder::GoOn);
    idle(&mut state);
    assert!(told(&state).ends_with("b done"), "{}", told(&state));
    assert!(folder.path().join("project/maps/b/m.tif").exists());
    run(&mut state, Command::CloseProject).unwrap();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert_eq!(told(&state), "");
}

#[test]
fn what_was_left_is_forgotten_when_asked_to_and_on_the_next_day_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    state.project.as_mut().unwrap().save();
    update(&mut state, map("a")).unwrap();
    let a = id(&state, "a");
    order(&mut state, QueueOrder::Pause(a));
    update(&mut state, map("b")).unwrap();
    run(&mut state, Command::CloseProject).unwrap();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert!(told(&state).ends_with("b left"));
    run(&mut state, Command::Queue(QueueOrder::ForgetLeft)).unwrap();
    assert_eq!(told(&state), "");
    run(&mut state, Command::CloseProject).unwrap();
    run(&mut state, Command::OpenProject(folder.path().join("project"))).unwrap();
    assert_eq!(told(&state), "");
}

#[test]
fn a_project_that_moves_while_it_waits_to_be_mapped_says_so_and_is_not_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    state.project.as_ref().unwrap().flush();
    let (here, there) = (folder.path().join("project"), folder.path().join("elsewhere"));
    std::fs::rename(&here, &there).unwrap();
    let why = run(&mut state, map("a")).unwrap_err();
    assert!(why.contains("moved or deleted"), "{why}");
    assert_eq!(told(&state), "a failed");
    drop(state);
    assert!(!here.join("maps").exists() && there.join("ritmo.json").exists());
}

#[test]
fn a_read_only_project_refuses_to_map() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_sites(folder.path(), 2);
    let mut second = self::state();
    run(&mut second, Command::OpenProject(folder.path().join("project"))).unwrap();
    for command in [map("a"), map_all()] {
        let why = update(&mut second, command).unwrap_err().to_string();
        assert!(why.contains("read-only"), "{why}");
    }
    drop(state);
}

#[test]
fn labels_deleted_during_training_are_learned_from_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    annotate(&mut state);
    let mut spec = state.project.as_ref().unwrap().document.settings.model.clone();
    spec.training.epochs = 1;
    let all: Vec<_> = state.project.as_ref().unwrap().annotations.iter().map(|a| a.id).collect();
    update(&mut state, Command::TrainWith { name: Some("m".into()), spec, from: None }).unwrap();
    update(&mut state, Command::DeleteAnnotations(all.clone())).unwrap();
    idle(&mut state);
    let project = state.project.as_ref().unwrap();
    assert!(project.annotations.is_empty());
    let card = &project.models[0].card;
    // Some are kept for assessment: they neither trained nor were held out.
    let mut learned = card.trained_on.iter().chain(&card.held_out);
    assert!(card.trained_on.len() > 1 && learned.all(|id| all.contains(id)), "{:?}", card.trained_on);
    assert_eq!(card.labels.as_ref().unwrap().annotations, all.len());
}

#[test]
fn a_map_on_screen_tells_whether_an_older_training_of_its_name_made_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path(), "m");
    let older = |state: &AppState| {
        let project = state.project.as_ref().unwrap();
        project.models[0].is_newer_than(project.map().unwrap())
    };
    assert!(!older(&state));
    train_one_epoch(&mut state, "m", 2).unwrap();
    assert!(older(&state));
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    assert!(older(&state), "the file says it too");
    run(&mut state, Command::Map { model: None, site: None, bf16: None, resume: true }).unwrap();
    assert!(!older(&state));
}

#[test]
fn a_model_deleted_from_outside_is_told_and_one_deleted_while_it_maps_has_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_sites(folder.path(), 2);
    let model = state.project.as_ref().unwrap().models[0].folder.clone();
    let gone = folder.path().join("gone");
    let mut on_event = |event: &crate::jobs::JobEvent, _: &AppState| {
        if matches!(event.body, crate::jobs::EventBody::Chunk(_)) && model.exists() {
            std::fs::rename(&model, &gone).unwrap();
        }
    };
    run_to_end(&mut state, map("a"), &mut on_event, &Cancel::new()).unwrap();
    assert!(gone.exists() && !model.exists());
    assert_eq!(told(&state), "a done");
    let why = run(&mut state, map("b")).unwrap_err();
    assert!(why.contains("model.json") || why.contains("cannot read the model"), "{why}");
    assert_eq!(told(&state), "a done, b failed");
}

#[test]
fn the_map_of_a_model_is_replaced_or_kept_under_another_name_as_one_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = mapped(folder.path(), "m");
    let again = |keep: Option<&str>| Command::MapAgain { model: "m".into(), keep: keep.map(Into::into) };
    run(&mut state, again(None)).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!(project.map_names(), ["m"]);
    assert!(project.last.mapped.as_ref().unwrap().replaced);
    run(&mut state, again(Some("before"))).unwrap();
    let project = state.project.as_ref().unwrap();
    assert_eq!(project.map_names(), ["m", "before"]);
    assert_eq!(project.model_of("before").map(|model| model.name.as_str()), Some("m"));
    assert!(!project.last.mapped.as_ref().unwrap().replaced, "its place was free");
    assert!(project.folder.maps_path("site").join("before.probs.tif").exists());
    let why = run(&mut state, again(Some("before"))).unwrap_err();
    assert!(why.contains("before of site already"), "{why}");
    assert!(update(&mut state, again(Some("a/b"))).is_err());
}
