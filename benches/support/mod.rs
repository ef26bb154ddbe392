//! Samples that benches of the engine share: the shape of the demo, 12 dates, 10 bands, 10 classes.

use chrono::NaiveDate;
use ritmo::labels::{Class, Legend};
use ritmo::samples::{Rows, SampleSet};

pub const TIMES: usize = 12;
pub const BANDS: usize = 10;
pub const CLASSES: usize = 10;

/// `samples` series whose classes differ in level and season, by up to `apart`, with noise of up to 1000.
pub fn samples(samples: usize, apart: f32) -> (SampleSet, Legend) {
    let class = |code: u8| Class::new(code, format!("class {code}"), [code, 0, 0]);
    let legend = Legend { classes: (1..=CLASSES as u8).map(class).collect() };
    let codes: Vec<u8> = (0..samples).map(|i| (i % CLASSES) as u8 + 1).collect();
    let mut values = Vec::with_capacity(samples * TIMES * BANDS);
    for (i, code) in codes.iter().enumerate() {
        for j in 0..TIMES * BANDS {
            let noise = ((i * 131 + j * 71) * 2_654_435_761 % 1000) as f32;
            let season = (f32::from(*code) + (j / BANDS) as f32 / 2.0).sin();
            values.push(1500.0 + apart * season + noise);
        }
    }
    let month = |m: u32| NaiveDate::from_ymd_opt(2022, m, 15).unwrap_or_default();
    let set = SampleSet {
        bands: (1..=BANDS).map(|b| format!("B{b}")).collect(),
        features: vec![],
        dates: (1..=TIMES as u32).map(month).collect(),
        values: Rows::of(TIMES * BANDS, values),
        annotations: (0..samples as u64).map(|i| i / 20).collect(),
        places: vec![(0, 0); samples],
        locations: vec![],
        classes: codes,
    };
    (set, legend)
}
