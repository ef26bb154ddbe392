//! A small cube and a model that knows it, for tests.

use crate::cube::{BuildSpec, Cube, build};
use crate::geo::raster::{PixelType, write_mosaic};
use crate::geo::{Crs, Grid};
use crate::labels::{Class, Legend};
use crate::model::{Model, ModelKind, ModelSpec, Snapshot, TempCnnOptions, TrainEvent, train};
use crate::progress::Cancel;
use crate::samples::{Rows, SampleSet, Split};
use crate::source::{InputSpec, recognise};
use std::cell::RefCell;
use std::path::Path;

/// Shared with the tests outside of the crate.
#[path = "../../tests/support/map.rs"]
mod map;

pub use map::write_map;

/// Columns and rows of the cube: more than a chunk each way.
pub const SIZE: (u32, u32) = (140, 70);

/// The class at a pixel: bands of 20 columns of codes 7, 14 and 21 in turn.
pub fn class_at(col: u32) -> u8 {
    7 * (col / 20 % 3 + 1) as u8
}

fn level(code: u8) -> u16 {
    u16::from(code / 7) * 200 - 100
}

/// A cube of three dates, red and near infrared, in a folder.
pub fn cube(folder: &Path) -> Cube {
    let (width, height) = SIZE;
    let crs = Crs::from_epsg(6362).unwrap();
    let grid = Grid { crs, left: 2.7e6, top: 6.5e5, pixel_width: 10.0, pixel_height: 10.0, width, height };
    let inputs = folder.join("mosaics");
    std::fs::create_dir_all(&inputs).unwrap();
    for month in 1..=3 {
        let of = |times: u16| (0..width * height).map(move |i| times * level(class_at(i % width)));
        let values: Vec<u16> = of(1).chain(of(4)).collect();
        let path = inputs.join(format!("m_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid, &["B04", "B08"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let found = recognise(&InputSpec::of([inputs]), &|_| (), &Cancel::new()).unwrap();
    let store = folder.join("cube.zarr");
    build(&BuildSpec { found, ..BuildSpec::default() }, &store, &|_| (), &Cancel::new()).unwrap();
    Cube::open(&store).unwrap()
}

/// A model that knows the classes of the cube, and the weights that it was on its way.
pub fn model(cube: &Cube) -> (Model, Vec<Snapshot>) {
    let samples = 60;
    let codes: Vec<u8> = (0..samples).map(|i| 7 * (i % 3 + 1) as u8).collect();
    let values = codes.iter().enumerate().flat_map(|(i, code)| {
        let level = f32::from(level(*code)) + (i % 7) as f32;
        [level, 4.0 * level].repeat(3)
    });
    let set = SampleSet {
        bands: cube.info().bands.iter().map(|band| band.name.clone()).collect(),
        features: vec![],
        dates: cube.info().dates.clone(),
        values: Rows::of(6, values.collect()),
        annotations: (0..samples).collect(),
        places: vec![(0, 0); samples as usize],
        locations: Vec::new(),
        classes: codes,
    };
    let mut spec = ModelSpec::default();
    let options = TempCnnOptions { filters: 8, layers: 1, dense: 8, ..TempCnnOptions::default() };
    spec.kind = ModelKind::TempCnn(options);
    (spec.training.epochs, spec.training.learning_rate) = (40, 1e-2);
    let class = |(i, name): (usize, &str)| Class::new(7 * (i as u8 + 1), name, [1, 2, 3]);
    let legend = Legend { classes: ["forest", "water", "city"].into_iter().enumerate().map(class).collect() };
    let split = Split { train: (0..samples as usize).collect(), held_out: Vec::new(), kept: Vec::new() };
    let snapshots = RefCell::new(Vec::new());
    let on_event = |event| {
        if let TrainEvent::Better(snapshot) = event {
            snapshots.borrow_mut().push(snapshot);
        }
    };
    let model = train(&set, &split, &legend, &spec, &on_event, &Cancel::new()).unwrap();
    (model, snapshots.into_inner())
}
