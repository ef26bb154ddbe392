//! The fast path against the definition on cubes of real imagery, where every label must be the same.

use super::definition::Definition;
use super::network::Input;
use super::saved::Prepared;
use super::{Model, ModelKind, ModelSpec, train};
use crate::cube::{BuildSpec, Cube, Period, build};
use crate::labels::{Class, Legend};
use crate::progress::Cancel;
use crate::samples::{SampleSet, Split};
use crate::source::{InputSpec, recognise};
use crate::testing::shared_data;

/// Pixels of a cube that are compared.
const PIXELS: usize = 12_000;
/// Logits that are nearer to one another than this are a tie.
const TIE: f32 = 1e-4;

/// Series of a cube, `pixel x time x band`, and the cube.
fn cube(name: &str, mask: Option<&str>) -> Option<(Cube, Vec<f32>)> {
    let folder = shared_data(name)?;
    let home = tempfile::tempdir().unwrap();
    let found = recognise(&InputSpec::of([folder]), &|_| {}, &Cancel::new()).unwrap();
    let mut spec = BuildSpec { found, ..Default::default() };
    if let Some(mask) = mask {
        spec.settings.period = Period::Month;
        spec.settings.mask = mask.parse().unwrap();
    }
    let store = home.path().join("site.zarr");
    build(&spec, &store, &|_| {}, &Cancel::new()).unwrap();
    let cube = Cube::open(&store).unwrap();
    let width = cube.info().dates.len() * cube.info().bands.len();
    let (across, down) = cube.chunk_counts();
    let planes: Vec<usize> = (0..width).collect();
    let mut series = Vec::new();
    for at in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
        let chunk = cube.chunk(at).unwrap();
        let start = series.len();
        series.resize(start + chunk.window.pixels() * width, f32::NAN);
        chunk.series_of(&planes, 0, &mut series[start..]);
        if series.len() >= PIXELS * width {
            break;
        }
    }
    series.truncate(PIXELS * width);
    Some((cube, series))
}

/// A model that has learned to tell pixels by the mean of their first band and by how far their last one goes up and down.
fn model(kind: ModelKind, cube: &Cube, series: &[f32]) -> Model {
    let info = cube.info();
    let (times, bands) = (info.dates.len(), info.bands.len());
    let facts = |one: &[f32]| {
        let of = |band: usize| one.iter().skip(band).step_by(bands).copied().filter(|v| v.is_finite());
        let (seen, last) = (of(0).count(), bands - 1);
        let range = of(last).fold(f32::MIN, f32::max) - of(last).fold(f32::MAX, f32::min);
        (seen * 2 >= times && of(last).count() > 1).then(|| [of(0).sum::<f32>() / seen as f32, range])
    };
    let facts: Vec<Option<[f32; 2]>> = series.chunks_exact(times * bands).map(facts).collect();
    let middle = [0, 1].map(|which| {
        let mut all: Vec<f32> = facts.iter().flatten().map(|fact| fact[which]).collect();
        all.sort_by(f32::total_cmp);
        all[all.len() / 2]
    });
    let class = |[mean, range]: [f32; 2]| 1 + u8::from(mean > middle[0]) + 2 * u8::from(range > middle[1]);
    let known: Vec<(usize, u8)> = facts
        .iter()
        .enumerate()
        .step_by((facts.len() / 1500).max(1))
        .filter_map(|(i, fact)| fact.map(|fact| (i, class(fact))))
        .collect();
    let width = times * bands;
    let set = SampleSet {
        bands: info.bands.iter().map(|band| band.name.clone()).collect(),
        features: vec![],
        dates: info.dates.clone(),
        values: crate::samples::Rows::of(
            width,
            known.iter().flat_map(|(i, _)| &series[i * width..(i + 1) * width]).copied().collect(),
        ),
        classes: known.iter().map(|(_, class)| *class).collect(),
        annotations: (1..=known.len() as u64).collect(),
        places: vec![],
        locations: vec![],
    };
    let classes = (1..=4).map(|code| Class::new(code, format!("class {code}"), [code, 0, 0])).collect();
    let mut spec = ModelSpec { kind, ..ModelSpec::default() };
    spec.training.epochs = 4;
    let split = Split { train: (0..set.len()).collect(), ..Split::default() };
    train(&set, &split, &Legend { classes }, &spec, &|_| (), &Cancel::new()).unwrap()
}

fn top(row: &[f32]) -> usize {
    (0..row.len()).reduce(|best, k| if row[k] > row[best] { k } else { best }).unwrap()
}

#[test]
fn the_fast_path_gives_every_pixel_of_real_cubes_the_label_of_the_definition() {
    for (name, mask) in [("sinop_modis_2013_2014", None), ("flanders_s2_a_2018", Some("SCL=0-3,8-11"))] {
        let Some((cube, series)) = cube(name, mask) else { continue };
        for kind in ModelKind::all().into_iter().filter(ModelKind::reads_series) {
            let model = model(kind, &cube, &series);
            let classes = model.card.classes.len();
            let width = model.card.dates.len() * model.card.bands.len();
            let fast = model.raw_logits(&series).unwrap();
            let (prepared, Prepared { missing, unusable }) = model.prepared(&series).unwrap();
            let definition = Definition::of(&model).unwrap();
            let (mut worst, mut ties, mut counts) = (0f32, 0, vec![0usize; classes]);
            for (i, part) in prepared.chunks(2000 * width).enumerate() {
                let times = model.card.dates.len();
                let (from, pixels) = (i * 2000, part.len() / width);
                let missing = missing.as_ref().map(|m| &m[from * times..(from + pixels) * times]);
                let expected = definition.evaluate(Input { series: part, missing }).unwrap();
                for (at, expected) in expected.chunks_exact(classes).enumerate() {
                    let got = &fast[(from + at) * classes..][..classes];
                    if unusable.binary_search(&(from + at)).is_ok() {
                        assert!(got.iter().all(|z| z.is_nan()), "a pixel without a class");
                        continue;
                    }
                    let (label, right) = (top(got), top(expected));
                    let apart = expected[right] - expected[label];
                    assert!(
                        apart < TIE,
                        "{name}, {}: pixel {}: {got:?}, but {expected:?}",
                        model.kind().name(),
                        from + at
                    );
                    ties += usize::from(label != right);
                    counts[label] += 1;
                    got.iter().zip(expected).for_each(|(g, e)| worst = worst.max((g - e).abs()));
                }
            }
            let mapped: usize = counts.iter().sum();
            println!(
                "{name}, {}: {mapped} pixels, as classes {counts:?}; {} without a class; {ties} ties; logits differ by at most {worst:.1e}",
                model.kind().name(),
                unusable.len()
            );
            assert!(mapped > 4000 && counts.iter().filter(|n| **n > 0).count() >= 3, "{counts:?}");
        }
    }
}
