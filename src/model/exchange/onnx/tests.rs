use super::*;
use crate::labels::Class;
use crate::model::testing::weights;
use crate::model::{LtaeOptions, ModelCard, ModelKind};
use crate::samples::Normalisation;
use chrono::{Days, NaiveDate};
use std::path::PathBuf;
use std::process::Command;

const BANDS: usize = 4;

pub fn model(kind: ModelKind, times: u64) -> Model {
    let start = NaiveDate::from_ymd_opt(2021, 11, 1).unwrap();
    let normalisation =
        Normalisation { low: vec![0.0, 100.0, -50.0, 3.0], high: vec![900.0, 1500.0, 800.0, 5.0] };
    let bands = (1..=BANDS).map(|b| format!("B{b}")).collect();
    let dates = (0..times).map(|t| start + Days::new(14 * t)).collect();
    let classes = (1..=5).map(|k| Class::new(k, format!("class, the {k}."), [k, 0, 0])).collect();
    let card = ModelCard::untrained(kind, bands, dates, classes, normalisation);
    let weights = weights(&card.shape());
    Model::new(card, weights)
}

/// The Python that `./run install` puts into the cache, where it can do this; else the system's own.
pub fn python(can: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let own = cache.map(|cache| cache.join("ritmo/readers/bin/python"));
    let found = own.into_iter().chain([PathBuf::from("python3")]).find(|python| {
        let asked = Command::new(python).args(["-c", can]).output();
        asked.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        println!("skipped: no Python can {can} (./run install gets one)");
    }
    found
}

#[test]
fn onnx_runtime_gives_the_logits_that_we_give() {
    let Some(python) = python("import onnx, onnxruntime, numpy") else { return };
    let folder = tempfile::tempdir().unwrap();
    // One that looks past gaps, and one that does not.
    let blind = ModelKind::Ltae(LtaeOptions { mask_gaps: false, ..LtaeOptions::default() });
    let of_series = ModelKind::all().into_iter().filter(ModelKind::reads_series);
    for kind in of_series.chain([blind]) {
        for times in [3usize, 13] {
            let model = model(kind.clone(), times as u64);
            let Normalisation { low, high } = &model.card.normalisation;
            let n = 7;
            // sample x time x band here, sample x band x time there.
            let (mut ours, mut theirs) = (vec![0.0f32; n * times * BANDS], vec![0.0f32; n * times * BANDS]);
            for i in 0..n {
                for t in 0..times {
                    for b in 0..BANDS {
                        let share = (((i * times + t) * BANDS + b) * 7919 % 1009) as f32 / 1009.0;
                        let value = low[b] + share * (high[b] - low[b]);
                        ours[(i * times + t) * BANDS + b] = value;
                        theirs[(i * BANDS + b) * times + t] = value;
                    }
                }
            }
            let bytes = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
            let place = |name: &str| folder.path().join(name);
            // Gaps as they are for us: not a number; filled, and told by a second input, for them.
            let gap = |i: usize, t: usize| i > 0 && (i + 2 * t).is_multiple_of(if i == 6 { 1 } else { 3 });
            let missing: Vec<u8> = (0..n * times).map(|at| u8::from(gap(at / times, at % times))).collect();
            let mut gappy = ours.clone();
            for (at, date) in gappy.chunks_exact_mut(BANDS).enumerate() {
                // In one band: it is a gap for the whole date.
                if missing[at] > 0 {
                    date[at % (BANDS - 1)] = f32::NAN;
                }
            }
            let mut filled = gappy.clone();
            let days = crate::model::saved::days(&model.card.dates);
            for series in filled.chunks_exact_mut(times * BANDS) {
                crate::cube::fill(series, BANDS, &days, model.card.spec.filling());
            }
            let turned: Vec<f32> = filled
                .chunks_exact(times * BANDS)
                .flat_map(|series| (0..BANDS).flat_map(|b| series.iter().skip(b).step_by(BANDS)))
                .copied()
                .collect();
            export_onnx(&model, &place("model.onnx")).unwrap();
            let words = if model.card.spec.masks_gaps() {
                "is true for a date with a gap"
            } else {
                "as they were in training"
            };
            assert!(onnx_gaps(&model.card).contains(words), "{}", onnx_gaps(&model.card));
            std::fs::write(place("filled.f32"), bytes(&turned)).unwrap();
            std::fs::write(place("missing.u8"), &missing).unwrap();
            std::fs::write(place("of_gaps.f32"), bytes(&model.raw_logits(&gappy).unwrap())).unwrap();
            std::fs::write(place("series.f32"), bytes(&theirs)).unwrap();
            std::fs::write(place("logits.f32"), bytes(&model.raw_logits(&ours).unwrap())).unwrap();
            std::fs::write(place("probabilities.f32"), bytes(&model.probabilities(&ours).unwrap())).unwrap();
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers/onnx_runtime.py");
            let output = Command::new(&python).arg(script).arg(folder.path()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{} of {times} dates: {said}", kind.name());
        }
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("absent/model.onnx");
    let why = export_onnx(&model(ModelKind::all()[1].clone(), 12), &place).unwrap_err().to_string();
    assert!(why.contains("absent/model.onnx") && why.contains("Is its folder there"), "{why}");
}
