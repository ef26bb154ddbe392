//! Small pictures of what the window looks like, held against those in `tests/snapshots`.
//!
//! `UPDATE_SNAPSHOTS=true cargo test --release --test window pictures` paints them anew.

use crate::compare::write_maps;
use crate::desk::Desk;
use crate::gaps::build_clouded;
use crate::reference::{with_map, with_sample};
use crate::small::{Made, SIDE, block};
use crate::tiles::{Served, TileServer};
use egui::Key;
use egui_kittest::SnapshotOptions;
use egui_kittest::wgpu::WgpuTestRenderer;
use ritmo::app::{
    AnnotationChange, Command, CubeState, JobView, LabelOrder, MapLayer, MeasureState, Page, Places,
    ReferenceOrder, SaveState, Training,
};
use ritmo::assess::{BootstrapSpec, ErrorMatrix, Report, Scores, assessment_intervals};
use ritmo::cube::Units;
use ritmo::geo::Window;
use ritmo::jobs::{Assessed, JobKind};
use ritmo::labels::Confidence;
use ritmo::model::EpochScore;
use ritmo::progress::Progress;
use ritmo::project::{Language, Layer, LayerKind, Layout, Place};
use ritmo::source::Basemap;

/// The smallest window that the program allows.
const SIZE: [f32; 2] = [960.0, 600.0];

/// A desk that paints, where this machine has Vulkan or OpenGL, be it in software.
pub fn desk(made: Option<Made>) -> Option<Desk> {
    match std::panic::catch_unwind(WgpuTestRenderer::new) {
        Ok(renderer) => Some(Desk::for_pictures(made, renderer, SIZE)),
        Err(_) => {
            println!("skipped: no graphics adapter here; mesa-vulkan-drivers brings one in software");
            None
        }
    }
}

/// Holds the screen against the picture of this name.
pub fn compare(mut desk: Desk, name: &str) {
    // The scales of the plot keep what was seen of the pixel that the mouse was on.
    let_all_come(&mut desk);
    desk.harness().remove_cursor();
    let_all_come(&mut desk);
    let saved = |d: &Desk| d.app().state.project.as_ref().is_none_or(|p| p.save == SaveState::Saved);
    desk.until("everything is saved", |d| saved(d) && d.app().state.jobs.is_empty());
    compare_as_it_is(desk, name);
}

/// Tiles, chunks and series come from threads of the loader, which has no end to wait for.
pub fn let_all_come(desk: &mut Desk) {
    for _ in 0..60 {
        desk.steps(1);
        std::thread::sleep(std::time::Duration::from_millis(15));
    }
}

/// Holds the screen of a moment, with jobs that are under way, against the picture of this name.
fn compare_as_it_is(mut desk: Desk, name: &str) {
    desk.harness().remove_cursor();
    desk.app_mut().state.notices.clear();
    desk.steps(2);
    // Drivers differ in how they smooth edges; a control that moves changes thousands of pixels.
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(600);
    desk.harness().snapshot_options(name, &options);
}

#[test]
fn the_start_screen() {
    let Some(desk) = desk(None) else { return };
    compare(desk, "start");
}

#[test]
fn the_look_page_with_an_index_on_the_map_and_in_the_plot() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.send(Command::SetComposite(vec!["NDVI".into()]));
    for (col, row) in [(20, 30), (50, 40)] {
        desk.send(Command::TogglePin(col, row));
    }
    desk.until_idle();
    for button in ["B02", "B03", "NDVI"] {
        desk.click(button);
    }
    compare(desk, "look");
}

#[test]
fn the_calendar_with_a_pin() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.send(Command::TogglePin(20, 30));
    desk.send(Command::ShowTime(2));
    desk.key(Key::C);
    compare(desk, "calendar");
}

#[test]
fn a_swipe_between_an_image_and_a_class_map() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    write_maps(&mut desk, &["half"]);
    desk.send(Command::ShowTime(3));
    desk.click("Swipe");
    desk.pick("Right side: 15 Jan 2022", "half");
    compare(desk, "swipe");
}

#[test]
fn the_plot_of_pixels_with_gaps() {
    let Some(mut desk) = desk(Some(Made::Nothing)) else { return };
    build_clouded(&mut desk);
    for (col, row) in [(15, 30), (50, 40)] {
        desk.send(Command::TogglePin(col, row));
    }
    desk.until("both are drawn", |d| d.sees("pin 1:") && d.sees("pin 2:"));
    desk.click("B02");
    compare(desk, "gaps");
}

#[test]
fn the_page_that_compares_sites_and_dates() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    crate::drift::build_hazy(&mut desk);
    desk.ctrl_shift(Key::D);
    crate::drift::until_measured(&mut desk);
    compare(desk, "drift");
}

#[test]
fn the_plot_with_usual_years_reflectances_and_the_spectrum() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    let codes = desk.project().document.legend.classes.iter().map(|c| c.code).take(2).collect();
    desk.send(Command::ShowEnvelopes(codes));
    desk.send(Command::ShowUnits(Units::Reflectance));
    desk.send(Command::ShowSpectrum(true));
    desk.send(Command::ShowTime(2));
    for (col, row) in [(20, 30), (50, 40)] {
        desk.send(Command::TogglePin(col, row));
    }
    desk.until("usual years are known", |d| d.sees("of 4 annotations"));
    compare(desk, "plot");
}

#[test]
fn the_label_page_with_a_core() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    desk.key(Key::F2);
    said_long_ago(&mut desk);
    let id = desk.project().annotations.iter().nth(5).unwrap().id;
    desk.send(Command::Select(vec![id]));
    compare(desk, "label");
}

#[test]
fn the_table_of_annotations_with_pixels_claimed_twice() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    desk.key(Key::F2);
    desk.key(Key::T);
    desk.send(Command::SetBuffer(5.0));
    desk.key(Key::Num3);
    desk.send(Command::Draw(block((14, 30), (30, 46))));
    desk.send(Command::Draw(block((46, 60), (40, 60))));
    said_long_ago(&mut desk);
    let ids: Vec<_> = desk.project().annotations.iter().map(|a| a.id).collect();
    let change = AnnotationChange::Confidence(Confidence::Likely);
    desk.send(Command::ChangeAnnotations { ids: vec![ids[12]], change });
    desk.send(Command::Select(vec![ids[0], ids[12]]));
    desk.click("Sort by flags");
    compare(desk, "table");
}

/// All annotations are by the same hand and of one day, whoever runs this, and whenever.
fn said_long_ago(desk: &mut Desk) {
    desk.app_mut().state.author = Some("Ana".into());
    let annotations = &mut desk.project_mut().annotations;
    for annotation in annotations.to_vec() {
        let mut annotation = std::sync::Arc::unwrap_or_clone(annotation);
        annotation.created = Some("2022-12-24T10:00:00Z".into());
        annotation.author = Some("Ana".into());
        annotations.insert(annotation);
    }
}

#[test]
fn the_map_page_with_a_loss_curve() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    desk.key(Key::F3);
    let epochs = (1..=12)
        .map(|epoch| {
            let loss = 1.1 / (epoch as f32).sqrt();
            EpochScore {
                epoch,
                train_loss: loss,
                held_out_loss: Some(loss + 0.08),
                held_out_accuracy: Some(1.0 - loss / 4.0),
                held_out_f1: [0.1, 0.3, 0.0].map(|less| Some(1.0 - loss * (0.2 + less))).to_vec(),
            }
        })
        .collect();
    let project = desk.project_mut();
    let training = Training::new(0, "model-1".into(), 8);
    let classes = project.document.legend.classes.clone();
    let matrix = vec![vec![180, 12, 0], vec![9, 160, 3], vec![0, 1, 140]];
    let (samples, held_out) = (1510, 505);
    project.training =
        Some(Training { epochs, classes, matrix, samples, held_out, running: false, ..training });
    let codes: Vec<u8> = project.document.legend.classes.iter().map(|c| c.code).collect();
    let whole = Window { col: 0, row: 0, width: SIDE, height: SIDE };
    project.site.as_mut().unwrap().map = Some(MapLayer {
        training: None,
        name: "model-1".into(),
        generation: 1,
        width: SIDE,
        height: SIDE,
        codes: (0..SIDE * SIDE).map(|i| codes[(i % SIDE * 3 / SIDE) as usize]).collect::<Vec<_>>().into(),
        entropy: None,
        arrived: vec![whole],
        complete: true,
        live: None,
    });
    compare(desk, "map");
}

#[test]
fn the_palette() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.ctrl(Key::P);
    desk.letter("ma");
    compare(desk, "palette");
}

#[test]
fn panels_that_are_arranged_in_light_spanish_with_a_hint() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.send(Command::SetLanguage(Language::Spanish));
    desk.send(Command::SetLight(true));
    desk.app_mut().greet();
    desk.settle();
    desk.pick("Ver", "Acomodar paneles");
    desk.click("Leer los años de los píxeles");
    desk.click("Siguiente");
    // The plot has the range of what the mouse was on, and its way here may have been too quick for some series.
    for col in [16, 48, 80] {
        desk.point(f64::from(col) + 0.5, 40.5);
        desk.assert_sees(&format!("píxel {col}, 40"));
    }
    compare(desk, "arranged");
}

#[test]
fn the_assess_page_with_scores() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    desk.send(Command::ShowPage(Page::Assess));
    let project = desk.project_mut();
    let classes = project.document.legend.classes.clone();
    let mut matrix = ErrorMatrix::new(&classes);
    // Nine annotations a class, of which the first ones are right for the most part.
    let samples: Vec<_> = (0..540u64)
        .map(|i| {
            (i / 20, (i / 180) as usize, if i % 180 < 140 + i / 20 { i / 180 } else { (i / 180 + 1) % 3 })
        })
        .map(|(annotation, class, mapped)| (annotation, classes[class].code, classes[mapped as usize].code))
        .collect();
    samples.iter().for_each(|(_, class, mapped)| assert!(matrix.add(*class, *mapped)));
    let found = assessment_intervals(&classes, samples.into_iter(), &BootstrapSpec::default());
    let obtained = "Pure pixels of 27 annotations that neither trained nor chose anything.";
    let report = Report {
        version: Report::VERSION,
        site: "corridor".into(),
        map: "model-1".into(),
        annotations: Some(Scores::new(matrix.assessment(obtained), Some(found))),
        ..Report::default()
    };
    project.reports = vec![Assessed { report, file: std::path::PathBuf::new() }];
    compare(desk, "assess");
}

#[test]
fn the_layers_over_a_basemap_bookmarks_and_the_box_for_places() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    let server = TileServer::start(Served::Picture([38, 84, 110]));
    let basemap = Basemap {
        name: "Own tiles".into(),
        url: server.template(),
        attribution: "© the people of the test".into(),
        max_zoom: 17,
    };
    desk.send(Command::SetBasemap(basemap));
    desk.until("where the map looks is known", |d| d.project().document.view.centre.is_some());
    desk.ctrl(Key::D);
    desk.key(Key::Enter);
    let faded = Layer { opacity: 0.6, ..Layer::new(LayerKind::Mosaic) };
    desk.send(Command::SetLayer(faded));
    desk.click("Basemap");
    desk.ctrl(Key::G);
    desk.type_into("Place to go to", "pixel 20, 30");
    compare(desk, "navigate");
}

#[test]
fn the_mask_with_the_share_of_each_reason() {
    let Some(mut desk) = desk(Some(Made::Nothing)) else { return };
    build_clouded(&mut desk);
    // The third of eleven months with an acquisition, of which a part is clouded.
    desk.send(Command::ShowTime(4));
    desk.key(Key::K);
    desk.until("the shares are counted", |d| d.sees("Mask of this date, in shares of the site"));
    // Whether the view was noted before the cube was shown depends on how fast it was built.
    desk.project_mut().places = Places::default();
    compare(desk, "mask");
}

#[test]
fn two_maps_that_differ() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    write_maps(&mut desk, &["plain", "half"]);
    desk.click("Differences");
    desk.until("it is counted", |d| d.sees("of the pixels in view differ"));
    compare(desk, "differences");
}

#[test]
fn a_date_beside_a_class_map_in_the_light_theme() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    write_maps(&mut desk, &["half"]);
    desk.send(Command::SetLight(true));
    desk.click("Side by side");
    desk.pick("Right side: 15 Mar 2022", "half");
    compare(desk, "side_by_side");
}

#[test]
fn the_plot_in_a_window_of_its_own() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.send(Command::TogglePin(40, 30));
    let mut layout = Layout::default();
    layout.series.place = Place::Window;
    desk.send(Command::SetLayout(layout));
    compare(desk, "plot_window");
}

#[test]
fn a_project_without_imagery() {
    let Some(desk) = desk(Some(Made::Nothing)) else { return };
    compare(desk, "empty");
}

/// A job that is under way, and how far it is.
fn under_way(desk: &mut Desk, kind: JobKind, share: (u64, u64), what: &str) -> u64 {
    let id = 1_000_000;
    let progress = Some(Progress::new(share.0, share.1, what));
    desk.app_mut().state.jobs.push(JobView { progress, ..JobView::new(id, kind, "field") });
    id
}

#[test]
fn a_cube_that_is_being_opened() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    let id = under_way(&mut desk, JobKind::OpenCube, (1, 100), "Looking at values");
    desk.project_mut().site.as_mut().unwrap().cube = CubeState::Opening(id);
    compare_as_it_is(desk, "loading");
}

#[test]
fn a_cube_that_cannot_be_shown() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    let why = "there is no cube at /data/small/cubes/field.zarr: build it again, or put it back";
    desk.project_mut().site.as_mut().unwrap().cube = CubeState::Failed(why.into());
    compare(desk, "failed");
}

#[test]
fn what_those_are_asked_who_are_here_for_the_first_time() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.app_mut().greet();
    desk.settle();
    compare(desk, "greeting");
}

/// The page that compares, before anything was measured.
fn not_measured() -> Option<Desk> {
    let mut desk = desk(Some(Made::Cube))?;
    desk.ctrl_shift(Key::D);
    crate::drift::until_measured(&mut desk);
    desk.project_mut().statistics.last = None;
    Some(desk)
}

#[test]
fn sites_that_are_being_measured() {
    let Some(mut desk) = not_measured() else { return };
    let id = under_way(&mut desk, JobKind::Measure, (1, 100), "Measuring field");
    desk.project_mut().statistics.state = MeasureState::Running(id);
    compare_as_it_is(desk, "measuring");
}

#[test]
fn sites_that_cannot_be_measured() {
    let Some(mut desk) = not_measured() else { return };
    let why = "no site can be measured. field: there is no cube at /data/small/cubes/field.zarr";
    desk.project_mut().statistics.state = MeasureState::Failed(why.into());
    compare(desk, "measuring_failed");
}

/// The small project in Spanish, at the smallest size.
fn spanish(light: bool) -> Option<Desk> {
    let mut desk = desk(Some(Made::Labels))?;
    desk.send(Command::SetLanguage(Language::Spanish));
    desk.send(Command::SetLight(light));
    desk.settle();
    Some(desk)
}

#[test]
fn the_look_page_in_light_spanish() {
    let Some(mut desk) = spanish(true) else { return };
    for (col, row) in [(20, 30), (50, 40)] {
        desk.send(Command::TogglePin(col, row));
    }
    let code = desk.project().document.legend.classes[1].code;
    desk.send(Command::ShowEnvelopes(vec![code]));
    desk.until("the usual year is known", |d| d.sees("Maize: mediana"));
    compare(desk, "spanish_look");
}

#[test]
fn the_label_page_in_light_spanish() {
    let Some(mut desk) = spanish(true) else { return };
    desk.key(Key::F2);
    said_long_ago(&mut desk);
    let id = desk.project().annotations.iter().nth(5).unwrap().id;
    desk.send(Command::Select(vec![id]));
    compare(desk, "spanish_label");
}

#[test]
fn the_map_page_in_spanish() {
    let Some(mut desk) = spanish(false) else { return };
    desk.key(Key::F3);
    compare(desk, "spanish_map");
}

#[test]
fn the_assess_page_in_spanish() {
    let Some(mut desk) = spanish(false) else { return };
    desk.key(Key::F4);
    compare(desk, "spanish_assess");
}

#[test]
fn the_question_where_to_make_a_project() {
    let Some(mut desk) = desk(None) else { return };
    desk.ctrl(Key::N);
    compare(desk, "dialog_new");
}

#[test]
fn the_designer_of_a_reference_sample() {
    let Some(desk) = desk(Some(Made::Cube)) else { return };
    let mut desk = with_map(desk);
    desk.click("Design a sample…");
    desk.until("the map is counted", |d| d.sees("is expected"));
    compare(desk, "reference_designer");
}

#[test]
fn the_units_of_a_reference_sample_are_labelled_without_the_map() {
    let Some(desk) = desk(Some(Made::Cube)) else { return };
    let mut desk = with_sample(desk);
    let order = LabelOrder::Start { interpreter: "Ana".into() };
    desk.send(Command::Reference(ReferenceOrder::Label(order)));
    [Key::Num1, Key::Num3, Key::Num2, Key::Backspace].into_iter().for_each(|key| desk.key(key));
    compare(desk, "reference_label");
}

#[test]
fn the_sheet_of_shortcuts() {
    let Some(mut desk) = desk(Some(Made::Cube)) else { return };
    desk.letter("?");
    compare(desk, "shortcuts");
}
