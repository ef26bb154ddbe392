//! From a folder to a cube: survey, correct, build.

use super::*;
use crate::cube::Period;
use crate::source::Correction;
use chrono::NaiveDate;

fn look(input: InputSpec, settings: BuildSettings) -> Command {
    Command::Survey(SurveyRequest { site: SiteNaming::One("site".into()), input, settings, afresh: false })
}

fn survey_of(state: &AppState) -> &Surveying {
    &state.project.as_ref().unwrap().survey
}

#[test]
fn a_survey_tells_what_the_cube_would_be_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    run(&mut state, look(input_of(&inputs), BuildSettings::default())).unwrap();
    let survey = survey_of(&state);
    assert_eq!(survey.state, SurveyState::Ready);
    let last = survey.last.as_ref().unwrap();
    assert_eq!(last.survey.problems, Vec::<String>::new());
    assert_eq!(last.survey.grid.as_ref(), Some(&grid()));
    assert_eq!((last.survey.steps.len(), last.survey.bands.len()), (4, 2));
    assert_eq!(last.taken, [true; 4]);
    assert!(last.survey.bytes > 0 && last.survey.free_bytes.is_some());
    assert!(!folder.path().join("project/cubes").exists());
    assert!(state.notices.is_empty(), "{:?}", state.notices);
}

#[test]
fn only_other_inputs_are_recognised_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    run(&mut state, look(input_of(&inputs), BuildSettings::default())).unwrap();
    let first = survey_of(&state).found.clone().unwrap().recognised;
    let settings = BuildSettings { bands: Some(vec!["B08".into()]), ..BuildSettings::default() };
    run(&mut state, look(input_of(&inputs), settings)).unwrap();
    assert!(Arc::ptr_eq(&first, &survey_of(&state).found.as_ref().unwrap().recognised));
    assert_eq!(survey_of(&state).last.as_ref().unwrap().survey.bands.len(), 1);
    std::fs::remove_file(inputs.join("m_2022-04-15.tif")).unwrap();
    run(&mut state, look(input_of(&inputs), BuildSettings::default())).unwrap();
    assert_eq!(
        survey_of(&state).last.as_ref().unwrap().taken.len(),
        4,
        "what is known is not looked at again"
    );
    let request = SurveyRequest {
        site: SiteNaming::One("site".into()),
        input: input_of(&inputs),
        settings: BuildSettings::default(),
        afresh: true,
    };
    run(&mut state, Command::Survey(request)).unwrap();
    assert_eq!(survey_of(&state).last.as_ref().unwrap().taken.len(), 3, "unless that is asked for");
}

#[test]
fn what_is_left_out_stays_in_the_table_and_out_of_the_cube() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    let mut input = input_of(&inputs);
    let out = inputs.join("m_2022-02-15.tif");
    input.corrections = vec![Correction { path: out, date: None, leave_out: true }];
    run(&mut state, look(input.clone(), BuildSettings::default())).unwrap();
    let last = survey_of(&state).last.clone().unwrap();
    assert_eq!(last.taken, [true, false, true, true]);
    let of_steps: Vec<_> = last.survey.steps.iter().map(|step| step.acquisitions.clone()).collect();
    assert_eq!(of_steps, [[0], [2], [3]], "indices are those of the table");
    let settings = BuildSettings::default();
    let site = SiteNaming::One("site".into());
    run(&mut state, Command::BuildCube { site, input, settings, skip_damaged: false }).unwrap();
    let project = state.project.as_ref().unwrap();
    let months: Vec<_> =
        project.last.cubes[0].info.dates.iter().map(|d| d.format("%m").to_string()).collect();
    assert_eq!(months, ["01", "03", "04"]);
    assert_eq!(project.document.view.site.as_deref(), Some("site"));
    let told = &state.notices.last().unwrap().text;
    assert!(told.contains("3 dates, 2 bands") && told.contains("estimated"), "{told}");
}

#[test]
fn a_month_without_an_acquisition_is_told_when_the_cube_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    std::fs::remove_file(inputs.join("m_2022-03-15.tif")).unwrap();
    let build = |drop_below| Command::BuildCube {
        site: SiteNaming::One("site".into()),
        input: input_of(&inputs),
        settings: BuildSettings { period: Period::Month, drop_below, ..BuildSettings::default() },
        skip_damaged: false,
    };
    for (drop_below, told) in [
        (None, "1 step has little that is clear: 2022-03-15 (no acquisition)"),
        (Some(0.5), "1 step was left out, for too little of it is clear: 2022-03-15 (0 %)"),
    ] {
        state.notices.clear();
        run(&mut state, build(drop_below)).unwrap();
        assert_eq!(state.notices.iter().filter(|n| n.level == Level::Warning).count(), 1);
        assert!(state.notices.iter().any(|notice| notice.text == told), "{:?}", state.notices);
    }
}

#[test]
fn nothing_left_to_build_from_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    let mut input = input_of(&inputs);
    let files = std::fs::read_dir(&inputs).unwrap().map(|entry| entry.unwrap().path());
    input.corrections = files.map(|path| Correction { path, date: None, leave_out: true }).collect();
    run(&mut state, look(input.clone(), BuildSettings::default())).unwrap();
    assert!(!survey_of(&state).last.as_ref().unwrap().survey.problems.is_empty());
    let (settings, site) = (BuildSettings::default(), SiteNaming::One("site".into()));
    let build = Command::BuildCube { site, input, settings, skip_damaged: false };
    assert!(run(&mut state, build).unwrap_err().contains("take at least one"));
}

#[test]
fn a_newer_survey_makes_the_older_one_be_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    let first = update(&mut state, look(input_of(&inputs), BuildSettings::default())).unwrap().unwrap();
    let settings = BuildSettings { bands: Some(vec!["B04".into()]), ..BuildSettings::default() };
    run(&mut state, look(input_of(&inputs), settings.clone())).unwrap();
    assert!(state.jobs.iter().all(|job| job.id != first));
    // The first may have had its say before or after; the second one's answer stands.
    assert_eq!(survey_of(&state).last.as_ref().unwrap().settings, settings);
    assert_eq!(survey_of(&state).state, SurveyState::Ready);
    run(&mut state, look(InputSpec::default(), settings)).unwrap();
    assert_eq!(survey_of(&state).state, SurveyState::None);
    assert!(survey_of(&state).last.is_none() && survey_of(&state).found.is_none());
}

#[test]
fn a_survey_that_fails_says_why_in_its_place_and_keeps_the_last_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    run(&mut state, look(input_of(&inputs), BuildSettings::default())).unwrap();
    let empty = folder.path().join("vacío");
    std::fs::create_dir(&empty).unwrap();
    assert!(run(&mut state, look(input_of(&empty), BuildSettings::default())).unwrap_err().contains("vacío"));
    assert!(matches!(&survey_of(&state).state, SurveyState::Failed(why) if why.contains("vacío")));
    assert!(survey_of(&state).last.is_some());
    assert!(state.notices.is_empty(), "it is told on the page: {:?}", state.notices);
}

/// Two places, each with mosaics of four dates; those of the second lie elsewhere.
fn two_places(folder: &Path) -> std::path::PathBuf {
    let inputs = folder.join("chips");
    std::fs::create_dir_all(&inputs).unwrap();
    for (name, left) in [("north", 500_000.0), ("south", 600_000.0)] {
        let grid = Grid { left, ..grid() };
        for month in 1..=4u16 {
            let values = vec![100 * month; 2 * grid.pixels()];
            let path = inputs.join(format!("{name}_2022-{month:02}-15.tif"));
            write_mosaic(&path, &grid, &["B04", "B08"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
        }
    }
    inputs
}

#[test]
fn each_place_becomes_a_site_and_one_that_fails_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, _) = started(folder.path());
    let inputs = two_places(folder.path());
    // A band is missing in the south.
    let odd = Grid { left: 600_000.0, ..grid() };
    let values = vec![7; odd.pixels()];
    let path = inputs.join("south_2022-05-15.tif");
    write_mosaic(&path, &odd, &["B04"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    let each = |settings: BuildSettings| Command::BuildCube {
        site: SiteNaming::PerTile,
        input: input_of(&inputs),
        settings,
        skip_damaged: false,
    };
    let bands = |names: &[&str]| BuildSettings {
        bands: Some(names.iter().map(|n| (*n).to_string()).collect()),
        ..BuildSettings::default()
    };
    run(&mut state, each(bands(&["B04", "B08"]))).unwrap();
    let project = state.project.as_ref().unwrap();
    let names =
        |project: &OpenProject| project.document.sites.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(project), ["north"]);
    let built = project.last.built.as_ref().unwrap();
    assert!(built.failed[0].0 == "south" && built.failed[0].1.contains("B08"), "{:?}", built.failed);
    assert!(state.notices.iter().any(|n| n.text.contains("south") && n.level == Level::Warning));
    run(&mut state, each(bands(&["B04"]))).unwrap();
    assert_eq!(names(state.project.as_ref().unwrap()), ["north", "south"]);
    let why = run(&mut state, each(bands(&["B99"]))).unwrap_err();
    assert!(why.contains("none of 2") && why.contains("north"), "{why}");
}

#[test]
fn a_survey_of_each_place_adds_them_up() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, _) = started(folder.path());
    let input = input_of(&two_places(folder.path()));
    run(&mut state, look(input.clone(), BuildSettings::default())).unwrap();
    assert!(!survey_of(&state).last.as_ref().unwrap().survey.problems.is_empty(), "one cube has one grid");
    let settings = BuildSettings::default();
    let request = SurveyRequest { site: SiteNaming::PerTile, input, settings, afresh: false };
    run(&mut state, Command::Survey(request)).unwrap();
    let last = survey_of(&state).last.clone().unwrap();
    assert_eq!(last.survey.problems, Vec::<String>::new());
    assert_eq!(last.found.places, ["north", "south"]);
    assert_eq!(last.survey.steps.len(), 4);
    assert!(last.survey.steps.iter().all(|step| step.acquisitions.len() == 2));
}

#[test]
fn dates_are_only_added_to_a_cube_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (mut state, inputs) = started(folder.path());
    let append = Command::AppendToCube {
        site: "site".into(),
        input: input_of(&inputs),
        settings: BuildSettings::default(),
        skip_damaged: false,
    };
    let why = update(&mut state, append).unwrap_err().to_string();
    assert!(why.contains("no site site"), "{why}");
}

#[test]
fn a_date_that_is_corrected_is_recognised_with_its_correction() {
    let wrong =
        Correction { path: "a.tif".into(), date: NaiveDate::from_ymd_opt(2022, 6, 1), leave_out: true };
    let out = Correction { path: "b.tif".into(), date: None, leave_out: true };
    let input = InputSpec { corrections: vec![wrong.clone(), out], ..input_of(Path::new("x")) };
    let wanted = crate::jobs::to_recognise(&input);
    assert_eq!(wanted.corrections, [Correction { leave_out: false, ..wrong }]);
}
