//! What the landscape promises, checked against the true map.

use super::phenology::BANDS;
use super::{Landscape, simulate, write_inputs};
use crate::labels::{ClassCode, core_of};
use crate::model::{ModelSpec, train};
use crate::progress::Cancel;
use crate::samples::{SampleSet, split_by_annotation};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// The inward buffer that Ritmo starts with.
const BUFFER_M: f64 = 20.0;

/// The landscape of the demo, simulated once for all tests.
fn demo() -> &'static Landscape {
    static DEMO: OnceLock<Landscape> = OnceLock::new();
    DEMO.get_or_init(|| simulate(1).expect("GDAL knows EPSG:6362"))
}

impl Landscape {
    /// Values of a pixel in some months, month x band, NaN for gaps.
    fn series(&self, months: &[usize], pixel: usize) -> impl Iterator<Item = f32> {
        let pixels = self.truth.len();
        months.iter().flat_map(move |month| {
            let mosaic = &self.mosaics[*month];
            (0..BANDS).map(move |band| match mosaic[band * pixels + pixel] {
                0 => f32::NAN,
                value => f32::from(value),
            })
        })
    }

    /// What training gets: the pure pixels of the annotations, in some months.
    fn samples(&self, months: &[usize]) -> SampleSet {
        let mut set = SampleSet {
            bands: self.bands.iter().map(|&band| band.to_owned()).collect(),
            dates: months.iter().map(|month| self.dates[*month]).collect(),
            values: vec![],
            classes: vec![],
            annotations: vec![],
            places: vec![],
        };
        for annotation in &self.annotations {
            let core = core_of(&annotation.geometry, &self.grid, BUFFER_M).expect("a polygon on the grid");
            for (col, row) in core.pure_pixels {
                let pixel = row as usize * self.grid.width as usize + col as usize;
                if self.series(months, pixel).all(f32::is_nan) {
                    continue;
                }
                set.values.extend(self.series(months, pixel));
                set.classes.push(annotation.class);
                set.annotations.push(annotation.id);
                set.places.push((col, row));
            }
        }
        set
    }

    /// Every seventh pixel that was seen in some of the months.
    fn test_pixels(&self, months: &[usize]) -> Vec<usize> {
        (0..self.truth.len()).step_by(7).filter(|&i| !self.series(months, i).all(f32::is_nan)).collect()
    }
}

/// Overall accuracy on the true map of Ritmo's own network, trained from the annotations as a user would.
fn trained_accuracy(landscape: &Landscape, months: &[usize], spec: &ModelSpec) -> f64 {
    let set = landscape.samples(months);
    let training = &spec.training;
    let split = split_by_annotation(&set, training.held_out_share, training.seed);
    let model = train(&set, &split, &landscape.legend, spec, &|_| (), &Cancel::new()).expect("trains");
    let pixels = landscape.test_pixels(months);
    let classes = model.card.classes.len();
    let mut confused: BTreeMap<(ClassCode, ClassCode), usize> = BTreeMap::new();
    let mapped: Vec<ClassCode> = pixels
        .par_chunks(2048)
        .flat_map_iter(|pixels| {
            let values: Vec<f32> = pixels.iter().flat_map(|&i| landscape.series(months, i)).collect();
            let probabilities = model.probabilities(&values).expect("fits");
            let best =
                probabilities.chunks(classes).map(|of| (0..classes).max_by(|&a, &b| of[a].total_cmp(&of[b])));
            best.map(|best| model.card.classes[best.expect("has classes")].code).collect::<Vec<_>>()
        })
        .collect();
    for (pixel, mapped) in pixels.iter().zip(&mapped) {
        *confused.entry((landscape.truth[*pixel], *mapped)).or_default() += 1;
    }
    if months.len() == 12 {
        // DEBUG
        let mut img = b"P6 192 192 255\n".to_vec();
        let _ = &mut img;
        let out: Vec<u8> = pixels
            .iter()
            .zip(&mapped)
            .flat_map(|(p, m)| {
                let mut v = (*p as u32).to_le_bytes().to_vec();
                v.push(landscape.truth[*p]);
                v.push(*m);
                v
            })
            .collect();
        std::fs::write("/tmp/pred.bin", out).expect("w");
    }
    let right: usize = confused.iter().filter(|((a, b), _)| a == b).map(|(_, n)| n).sum();
    let accuracy = right as f64 / pixels.len() as f64;
    println!(
        "months {months:?}: accuracy {accuracy:.3}, {} samples, {} epochs",
        set.len(),
        model.card.history.len()
    );
    for truth in 1..=10 {
        let row: Vec<String> =
            (1..=10).map(|mapped| format!("{:6}", confused.get(&(truth, mapped)).unwrap_or(&0))).collect();
        println!("{truth:3} {}", row.concat());
    }
    accuracy
}

#[test]
fn the_year_tells_the_classes_apart() {
    let accuracy = trained_accuracy(demo(), &(0..12).collect::<Vec<_>>(), &ModelSpec::default());
    assert!(accuracy >= 0.92, "the year gives {accuracy:.3}");
}
