//! A small project, made from its mosaics on: three classes that anybody tells apart.

use ritmo::app::{AppState, Command, run_to_end};
use ritmo::cube::BuildSettings;
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use ritmo::jobs::SiteNaming;
use ritmo::labels::{Class, Legend};
use ritmo::model::{ModelKind, ModelSpec, TempCnnOptions};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use ritmo::source::InputSpec;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pixels a side of the small cube.
pub const SIDE: u32 = 96;
/// Bands of the small cube.
pub const BANDS: [&str; 4] = ["B02", "B03", "B04", "B08"];
/// Dates of the small cube.
pub const DATES: [&str; 6] =
    ["2022-01-15", "2022-03-15", "2022-05-15", "2022-07-15", "2022-09-15", "2022-11-15"];
/// Classes, from left to right a third of the cube each.
pub const CLASSES: [&str; 3] = ["Forest", "Maize", "Water"];
/// The zoom at which the small cube fills the map.
pub const ZOOM: f64 = 16.0;

/// How much of a project to make.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Made {
    /// A legend, no imagery.
    Nothing,
    /// Imagery.
    Cube,
    /// Imagery and four polygons a class.
    Labels,
}

pub fn grid() -> Grid {
    let crs = Crs::from_epsg(6362).unwrap();
    Grid {
        crs,
        left: 2_700_000.0,
        top: 650_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: SIDE,
        height: SIDE,
    }
}

/// The value of a pixel: forest stays green, maize comes and goes, water is dark.
pub fn value(time: usize, band: usize, col: u32, row: u32) -> u16 {
    const FOREST: [u16; 4] = [300, 500, 350, 3200];
    const MAIZE: [[u16; 4]; 2] = [[900, 1100, 1500, 2000], [400, 800, 500, 4200]];
    const WATER: [u16; 4] = [500, 400, 250, 120];
    let plain = match col * 3 / SIDE {
        0 => FOREST[band],
        1 => MAIZE[usize::from((2..=3).contains(&time))][band],
        _ => WATER[band],
    };
    plain + ((col * 7 + row * 13 + time as u32 * 5) % 41) as u16
}

pub fn state(recent: Option<PathBuf>) -> AppState {
    AppState::new(Recent::load(recent), Arc::new(|| {}))
}

fn done(state: &mut AppState, command: Command) {
    run_to_end(state, command, &mut |_, _| {}, &Cancel::default()).unwrap();
}

/// Writes the mosaics of the small cube into a folder.
pub fn write_mosaics(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (time, date) in DATES.iter().enumerate() {
        let mut values = Vec::new();
        for band in 0..BANDS.len() {
            for row in 0..SIDE {
                values.extend((0..SIDE).map(|col| value(time, band, col, row)));
            }
        }
        let path = folder.join(format!("small_{date}.tif"));
        write_mosaic(&path, &grid(), &BANDS, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
}

/// A polygon around whole pixels, from the first to before the last.
pub fn block(cols: (u32, u32), rows: (u32, u32)) -> geo::Polygon<f64> {
    let corner = |col: u32, row: u32| {
        let [x, y] = grid().lonlat_from_pixel(f64::from(col), f64::from(row)).unwrap();
        geo::Coord { x, y }
    };
    let ring =
        vec![corner(cols.0, rows.0), corner(cols.0, rows.1), corner(cols.1, rows.1), corner(cols.1, rows.0)];
    geo::Polygon::new(geo::LineString::new(ring), Vec::new())
}

/// A network that learns the small cube in a second or two.
pub fn small_model() -> ModelSpec {
    let mut spec = ModelSpec {
        kind: ModelKind::TempCnn(TempCnnOptions { filters: 8, dense: 16, ..TempCnnOptions::default() }),
        ..ModelSpec::default()
    };
    spec.training.epochs = 6;
    spec.training.learning_rate = 5e-3;
    spec
}

/// Makes the project `small` in a folder.
pub fn make(home: &Path, made: Made) -> PathBuf {
    let folder = home.join("small");
    let mut state = state(None);
    let new = Command::NewProject { folder: folder.clone(), name: "Small".into(), legend: Legend::default() };
    done(&mut state, new);
    for (name, colour) in CLASSES.into_iter().zip([[38, 140, 60], [235, 190, 60], [60, 130, 220]]) {
        done(&mut state, Command::AddClass(name.into()));
        let code = state.project.as_ref().unwrap().class.unwrap();
        done(&mut state, Command::EditClass(Class::new(code, name, colour)));
    }
    done(&mut state, Command::SetModel(small_model()));
    if made >= Made::Cube {
        let mosaics = home.join("mosaics");
        write_mosaics(&mosaics);
        let build = Command::BuildCube {
            site: SiteNaming::One("field".into()),
            input: InputSpec { inputs: vec![mosaics], ..InputSpec::default() },
            settings: BuildSettings::default(),
            skip_damaged: false,
        };
        done(&mut state, build);
        // Where the map looks is part of the project, so tests know which pixel lies where.
        let middle = f64::from(SIDE) / 2.0;
        let centre = grid().lonlat_from_pixel(middle, middle).unwrap();
        done(&mut state, Command::SetView { centre, zoom: ZOOM });
    }
    if made >= Made::Labels {
        let codes: Vec<_> =
            state.project.as_ref().unwrap().document.legend.classes.iter().map(|c| c.code).collect();
        for (i, code) in (0..).zip(codes) {
            done(&mut state, Command::PickClass(code));
            for j in 0..4 {
                let (col, row) = (i * 32 + 6, j * 24 + 2);
                done(&mut state, Command::Draw(block((col, col + 16), (row, row + 16))));
            }
        }
    }
    folder
}
