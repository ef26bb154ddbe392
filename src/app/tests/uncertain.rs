//! The tour of uncertain places, and the areas of the map on screen.

use super::*;
use crate::geo::raster::write_cog_u8;

fn the_project(state: &AppState) -> &OpenProject {
    state.project.as_ref().unwrap()
}

/// A project whose site has a map that is uncertain in three cells, the first most.
fn with_map(folder: &Path) -> AppState {
    let mut state = project(folder);
    let maps = the_project(&state).folder.maps_path("site");
    std::fs::create_dir_all(&maps).unwrap();
    let grid = grid();
    let plane = |of: &dyn Fn(u32, u32) -> u8| -> Vec<u8> {
        (0..grid.height)
            .flat_map(|row| (0..grid.width).map(move |col| (col, row)))
            .map(|(c, r)| of(c, r))
            .collect()
    };
    let write = |end: &str, name: &str, values: &[u8]| {
        let path = maps.join(format!("m.{end}"));
        write_cog_u8(&path, &grid, &[(name.into(), values)], None, Some(255), &[]).unwrap();
    };
    write("tif", "class", &plane(&|_, row| if row == 0 { 255 } else { 1 }));
    write("probs.tif", "forest", &plane(&|_, _| 100));
    let entropy = plane(&|col, row| match (col / 8, row / 8) {
        (0, 0) => 240,
        (5, 0) => 200,
        (0, 5) => 160,
        _ => 10,
    });
    write("entropy.tif", "entropy", &entropy);
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    state
}

fn told(state: &AppState) -> Option<(usize, usize, (u32, u32))> {
    let tour = the_project(state).uncertain()?;
    Some((tour.number()?, tour.left(), tour.current()?.pixel()))
}

const NEXT: Command = Command::NextUncertain { back: false };

#[test]
fn one_goes_from_the_most_uncertain_place_on_and_back_and_the_map_looks_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let jumps = the_project(&state).places.jumps();
    run(&mut state, NEXT).unwrap();
    assert_eq!(told(&state), Some((1, 3, (4, 4))));
    let project = the_project(&state);
    assert_eq!(project.places.jumps(), jumps + 1);
    assert_eq!(project.document.view.centre, project.uncertain().unwrap().current().map(|p| p.lonlat));
    run(&mut state, NEXT).unwrap();
    assert_eq!(told(&state), Some((2, 3, (44, 4))));
    run(&mut state, Command::NextUncertain { back: true }).unwrap();
    assert_eq!(told(&state), Some((1, 3, (4, 4))));
    let why = run(&mut state, Command::NextUncertain { back: true }).unwrap_err();
    assert!(why.contains("before this one"), "{why}");
    assert!(the_project(&state).annotations.is_empty(), "going there draws nothing");
}

#[test]
fn what_is_annotated_or_dismissed_drops_off_the_list_and_comes_back_when_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    run(&mut state, NEXT).unwrap();
    run(&mut state, Command::Draw(square(1.0, 1.0, 5.0))).unwrap();
    assert_eq!(told(&state), None, "the place is covered now");
    assert_eq!(the_project(&state).uncertain().unwrap().left(), 2);
    run(&mut state, NEXT).unwrap();
    assert_eq!(told(&state), Some((1, 2, (44, 4))));
    run(&mut state, Command::DismissUncertain).unwrap();
    assert_eq!(told(&state), Some((1, 1, (4, 44))));
    let why = run(&mut state, NEXT).unwrap_err();
    assert!(why.contains("the last"), "{why}");
    run(&mut state, Command::Undo).unwrap();
    assert_eq!(the_project(&state).uncertain().unwrap().left(), 2, "the first is free again");
}

#[test]
fn without_a_map_or_its_entropy_it_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = project(folder.path());
    run(&mut state, Command::ShowSite("site".into())).unwrap();
    let why = run(&mut state, NEXT).unwrap_err();
    assert!(why.contains("no finished map"), "{why}");
    drop(state);
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    std::fs::remove_file(the_project(&state).folder.maps_path("site").join("m.entropy.tif")).unwrap();
    let why = run(&mut state, NEXT).unwrap_err();
    assert!(why.contains("m.entropy.tif"), "{why}");
    assert!(the_project(&state).uncertain().is_none());
}

#[test]
fn areas_of_a_map_made_earlier_are_saved_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = with_map(folder.path());
    let file = folder.path().join("areas.csv");
    run(&mut state, Command::SaveAreas { file: file.clone(), replace: false }).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("class,pixels,hectares,share\n"), "{text}");
    let nodata = format!("nodata,{},", grid().width);
    assert!(text.lines().last().is_some_and(|line| line.starts_with(&nodata)), "{text}");
    let why = run(&mut state, Command::SaveAreas { file, replace: false }).unwrap_err();
    assert!(why.contains("is there already"), "{why}");
}
