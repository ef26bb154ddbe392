//! Models in the list: settings undone, folders that cannot be read, renamed, deleted.

use super::*;
use crate::model::{ModelKind, ModelSpec};

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

#[test]
fn another_network_is_one_step_of_undo_and_what_is_drawn_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    let before = the_project(&state).document.settings.model.clone();
    let spec = ModelSpec { kind: ModelKind::named("ltae").unwrap(), ..before.clone() };
    run(&mut state, Command::SetModel(spec.clone())).unwrap();
    run(&mut state, Command::SetModel(spec.clone())).unwrap();
    assert_eq!(the_project(&state).history.undoes(), Some("changing how to train"));
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(the_project(&state).document.settings.model, before, "the same again is no step");
    run(&mut state, Command::Redo).unwrap();
    assert_eq!(the_project(&state).document.settings.model, spec);
}

/// A project with two folders of models that cannot be read.
fn with_damaged(folder: &Path) -> (AppState, std::path::PathBuf) {
    let mut state = project(folder);
    let path = the_project(&state).folder.path().to_owned();
    run(&mut state, Command::CloseProject).unwrap();
    for name in ["cut", "lost"] {
        std::fs::create_dir_all(path.join("models").join(name)).unwrap();
    }
    std::fs::write(path.join("models/cut/model.json"), "{\"version\": 1,").unwrap();
    std::fs::write(path.join("models/lost/model.safetensors"), "").unwrap();
    std::fs::create_dir_all(path.join("maps/site")).unwrap();
    std::fs::write(path.join("maps/site/cut.qml"), "").unwrap();
    run(&mut state, Command::OpenProject(path.clone())).unwrap();
    (state, path)
}

#[test]
fn models_that_cannot_be_read_are_listed_with_why() {
    let folder = tempfile::tempdir().unwrap();
    let (state, path) = with_damaged(folder.path());
    let mut damaged = the_project(&state).damaged_models.clone();
    damaged.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(damaged.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["cut", "lost"]);
    assert!(
        damaged[0].why.contains("damaged") && damaged[0].why.contains("model.json"),
        "{}",
        damaged[0].why
    );
    assert!(damaged[1].why.contains("model.json"), "{}", damaged[1].why);
    assert_eq!(damaged[1].folder, path.join("models/lost"));
    assert!(the_project(&state).models.is_empty());
}

#[test]
fn a_model_is_renamed_to_what_is_good_for_a_file_and_free() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, path) = with_damaged(folder.path());
    let mut rename =
        |name: &str, to: &str| run(&mut state, Command::RenameModel { name: name.into(), to: to.into() });
    assert!(rename("cut", "a/b").unwrap_err().contains("call it “a_b”"));
    assert!(rename("cut", "lost").unwrap_err().contains("already"));
    assert!(rename("nothing", "b").unwrap_err().contains("no model nothing"));
    rename("cut", "cut").unwrap();
    rename("cut", " better ").unwrap();
    assert!(path.join("models/better/model.json").exists() && path.join("maps/site/better.qml").exists());
    let damaged = &the_project(&state).damaged_models;
    let renamed = damaged.iter().find(|m| m.name == "better").unwrap();
    assert!(renamed.why.contains("models/better/"), "{}", renamed.why);
}

#[test]
fn a_model_is_deleted_with_its_maps_where_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, path) = with_damaged(folder.path());
    let delete = |name: &str, maps_too| Command::DeleteModel { name: name.into(), maps_too };
    run(&mut state, delete("lost", false)).unwrap();
    run(&mut state, delete("cut", true)).unwrap();
    assert!(the_project(&state).damaged_models.is_empty());
    assert_eq!(std::fs::read_dir(path.join("models")).unwrap().count(), 0);
    assert!(!path.join("maps/site/cut.qml").exists());
    assert!(run(&mut state, delete("cut", true)).unwrap_err().contains("no model cut"));
}
