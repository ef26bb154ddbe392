//! Small pictures of what the window looks like, held against those in `tests/snapshots`.
//!
//! `UPDATE_SNAPSHOTS=true cargo test --release --test window pictures` paints them anew.

use crate::compare::write_maps;
use crate::desk::Desk;
use crate::gaps::build_clouded;
use crate::small::{Made, SIDE, block};
use crate::tiles::{Served, TileServer};
use egui::Key;
use egui_kittest::SnapshotOptions;
use egui_kittest::wgpu::WgpuTestRenderer;
use ritmo::app::{AnnotationChange, Command, MapLayer, Page, SaveState, Training};
use ritmo::assess::ErrorMatrix;
use ritmo::cube::Units;
use ritmo::geo::Window;
use ritmo::jobs::Assessed;
use ritmo::labels::Confidence;
use ritmo::model::EpochScore;
use ritmo::project::Language;
use ritmo::project::{Layer, LayerKind};
use ritmo::source::Basemap;

/// The smallest window that the program allows.
const SIZE: [f32; 2] = [960.0, 600.0];

/// A desk that paints, where this machine has Vulkan or OpenGL, be it in software.
fn desk(made: Option<Made>) -> Option<Desk> {
    match std::panic::catch_unwind(WgpuTestRenderer::new) {
        Ok(renderer) => Some(Desk::for_pictures(made, renderer, SIZE)),
        Err(_) => {
            println!("skipped: no graphics adapter here; mesa-vulkan-drivers brings one in software");
            None
        }
    }
}

/// Holds the screen against the picture of this name.
fn compare(mut desk: Desk, name: &str) {
    desk.harness().remove_cursor();
    // Tiles and chunks come from threads of the loader, which has no end to wait for.
    for _ in 0..60 {
        desk.steps(1);
        std::thread::sleep(std::time::Duration::from_millis(15));
    }
    let saved = |d: &Desk| d.app().state.project.as_ref().is_none_or(|p| p.save == SaveState::Saved);
    desk.until("everything is saved", |d| saved(d) && d.app().state.jobs.is_empty());
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
        name: "model-1".into(),
        generation: 1,
        width: SIDE,
        height: SIDE,
        codes: (0..SIDE * SIDE).map(|i| codes[(i % SIDE * 3 / SIDE) as usize]).collect::<Vec<_>>().into(),
        arrived: vec![whole],
        complete: true,
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
    compare(desk, "arranged");
}

#[test]
fn the_assess_page_with_scores() {
    let Some(mut desk) = desk(Some(Made::Labels)) else { return };
    desk.send(Command::ShowPage(Page::Assess));
    let project = desk.project_mut();
    let mut matrix = ErrorMatrix::new(&project.document.legend.classes);
    matrix.counts = vec![180, 12, 0, 9, 160, 3, 0, 1, 140];
    project.last.assessed = Some(Assessed {
        map: "model-1".into(),
        annotations: Some(matrix.assessment("3 annotations that neither trained nor chose anything.")),
        true_map: None,
        file: std::path::PathBuf::new(),
    });
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
    desk.click("Online basemap");
    desk.ctrl(Key::G);
    desk.type_into("Place to go to", "pixel 20, 30");
    compare(desk, "navigate");
}
