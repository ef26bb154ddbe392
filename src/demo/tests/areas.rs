//! What intervals promise, on the landscape: areas of its classes from samples of a map with the errors that maps have.

use super::*;
use crate::assess::{
    Allocation, Correction, DesignSpec, Drawing, Drawn, Population, ReferenceUnit, Stratum, allocate,
    estimate,
};
use crate::classify::row_pixel_ha;

/// Bands and months by which the map tells classes apart: red, near infrared and short-wave infrared in the dry season and at
/// the end of the rains.
const SEEN: [(usize, usize); 6] = [(2, 3), (6, 3), (8, 3), (2, 9), (6, 9), (8, 9)];

/// A map of the landscape: each pixel as the class whose annotations have the nearest mean of a few values.
fn nearest_mean(landscape: &Landscape) -> Vec<u8> {
    let pixels = landscape.grid.pixels();
    let values =
        |at: usize| SEEN.map(|(band, month)| f64::from(landscape.mosaics[month][band * pixels + at]));
    let mut sums: BTreeMap<u8, ([f64; 6], f64)> = BTreeMap::new();
    for annotation in &landscape.annotations {
        let core = core_of(&annotation.geometry, &landscape.grid, 10.0).unwrap();
        for (col, row) in core.pure_pixels {
            let values = values((row * landscape.grid.width + col) as usize);
            let (sum, n) = sums.entry(annotation.class).or_default();
            (0..6).for_each(|i| sum[i] += values[i]);
            *n += 1.0;
        }
    }
    let means: Vec<(u8, [f64; 6])> =
        sums.into_iter().map(|(code, (sum, n))| (code, sum.map(|v| v / n))).collect();
    let nearest = |at: usize| {
        let values = values(at);
        let far = |mean: &[f64; 6]| (0..6).map(|i| (mean[i] - values[i]).powi(2)).sum::<f64>();
        means.iter().min_by(|a, b| far(&a.1).total_cmp(&far(&b.1))).unwrap().0
    };
    (0..pixels).into_par_iter().map(nearest).collect()
}

#[test]
fn intervals_of_areas_cover_the_truth_of_the_landscape_in_90_to_99_of_100_designs() {
    const DESIGNS: u64 = 500;
    let landscape = demo();
    let (map, truth, grid) = (nearest_mean(landscape), &landscape.truth, &landscape.grid);
    let right = map.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / truth.len() as f64;
    println!("the map is right in {:.1} % of the pixels", right * 100.0);
    let count = |of: &[u8], code: u8| of.iter().filter(|c| **c == code).count() as u64;
    let classes = &landscape.legend.classes;
    let strata: Vec<Stratum> = classes
        .iter()
        .map(|class| Stratum { code: class.code, name: class.name.clone(), pixels: count(&map, class.code) })
        .collect();
    let spec =
        DesignSpec { size: 1500, allocation: Allocation::Rare { minimum: 75 }, ..DesignSpec::default() };
    let allocated = allocate(&strata, &spec).unwrap();
    let pixel_ha = row_pixel_ha(grid, 0);
    let population = Population { strata, pixel_ha, correction: Correction::Finite };
    let covered: Vec<Vec<bool>> = (0..DESIGNS)
        .into_par_iter()
        .map(|seed| {
            let mut drawing = Drawing::new(seed, |_| spec.size);
            drawing.take(grid.window(), &map);
            let drawn = drawing.units(&allocated);
            let unit = |unit: &Drawn| {
                let at = (unit.row * grid.width + unit.col) as usize;
                ReferenceUnit { stratum: unit.stratum, mapped: Some(map[at]), reference: Some(truth[at]) }
            };
            let units: Vec<ReferenceUnit> = drawn.unwrap().iter().map(unit).collect();
            let found = estimate(&population, classes, &units);
            let within = |interval: Option<[f64; 2]>, truth: f64| {
                interval.is_some_and(|[low, high]| low <= truth && truth <= high)
            };
            let area = |(class, found): (&crate::labels::Class, &crate::assess::ClassEstimate)| {
                within(found.area_ha.interval, count(truth, class.code) as f64 * pixel_ha)
            };
            let mut covered: Vec<bool> = classes.iter().zip(&found.classes).map(area).collect();
            covered.push(within(found.overall_accuracy.interval, right));
            covered
        })
        .collect();
    let names = classes.iter().map(|class| class.name.as_str()).chain(["overall accuracy"]);
    for (i, name) in names.enumerate() {
        let share = covered.iter().filter(|of| of[i]).count() as f64 / DESIGNS as f64;
        println!("{name}: covered in {:.1} %", share * 100.0);
        assert!((0.90..=0.99).contains(&share), "{name}: {share}");
    }
}
