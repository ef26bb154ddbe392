//! A model from a file that PyTorch wrote.

use super::layers::recognise;
use super::state_dict::read;
use crate::labels::Class;
use crate::model::network::Shape;
use crate::model::{Model, ModelCard, ModelError};
use crate::samples::Normalisation;
use chrono::NaiveDate;
use std::path::Path;

/// What a file of weights does not tell.
#[derive(Debug, Clone, Default)]
pub struct ImportAsked {
    /// The classes, in the order of the network's outputs.
    pub classes: Option<Vec<Class>>,
    /// The bands, in the order of its inputs.
    pub bands: Option<Vec<String>>,
    /// The dates, in the order of its inputs.
    pub dates: Option<Vec<NaiveDate>>,
}

/// Reads a PyTorch checkpoint (Lightning's too) or a safetensors file as a network of `kind`: `pixel`, `tempcnn` or `ltae`.
/// Nothing that a checkpoint asks to be run is run. Series go in as they are: whatever normalisation there is lies inside of
/// the network.
///
/// # Errors
/// A file that cannot be read or is of another network; what is lacking, with what the file tells about it.
pub fn import(path: &Path, kind: &str, asked: &ImportAsked) -> Result<Model, ModelError> {
    let failed = |why: String| ModelError::Read { path: path.into(), why };
    let (tensors, checksum) = read(path).map_err(failed)?;
    let found = recognise(&tensors, kind).map_err(failed)?;
    let times: Vec<String> = found.times.iter().map(usize::to_string).collect();

    let mut lacking = Vec::new();
    let mut ask = |given: Option<usize>, right: &[usize], counted: String, option: &str| match given {
        None => lacking.push(format!("{option} ({counted})")),
        Some(given) if !right.contains(&given) => {
            lacking.push(format!("{option} ({counted}, not {given})"));
        }
        Some(_) => {}
    };
    ask(
        asked.classes.as_ref().map(Vec::len),
        &[found.classes],
        format!("{} classes in the order of its outputs", found.classes),
        "the legend, --legend",
    );
    ask(
        asked.bands.as_ref().map(Vec::len),
        &[found.bands],
        format!("{} bands in the order of its inputs", found.bands),
        "the bands, --bands",
    );
    ask(
        asked.dates.as_ref().map(Vec::len),
        &found.times,
        format!("{} dates", times.join(" or ")),
        "the dates, --dates",
    );
    let (Some(classes), Some(bands), Some(dates), true) =
        (&asked.classes, &asked.bands, &asked.dates, lacking.is_empty())
    else {
        let network = found.kind.title();
        let why =
            format!("it holds the weights of a {network}, and no more. It also takes {}", lacking.join("; "));
        return Err(ModelError::Options { why: format!("cannot import {}: {why}", path.display()) });
    };

    let shape = Shape::new(&found.kind, dates, bands.len(), classes.len());
    shape.check()?;
    let weights = found.weights(&shape).map_err(failed)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    // Whatever normalisation there is lies inside of the network.
    let normalisation = Normalisation { low: vec![0.0; bands.len()], high: vec![1.0; bands.len()] };
    let card = ModelCard {
        notes: vec!["imported: how it was trained is not known here".into()],
        imported_from: Some(format!("{name}, crc32c {checksum:08x}")),
        ..ModelCard::untrained(found.kind, bands.clone(), dates.clone(), classes.clone(), normalisation)
    };
    card.check().map_err(failed)?;
    Ok(Model::new(card, weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::SafeTensors;
    use std::path::PathBuf;

    fn shared(name: &str) -> Option<PathBuf> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reforestamos").join(name);
        if path.exists() {
            return Some(path);
        }
        println!("skipped: {} is not there", path.display());
        None
    }

    fn asked(times: u32) -> ImportAsked {
        let class = |k: u8| Class::new(k, format!("class {k}"), [k, 0, 0]);
        ImportAsked {
            classes: Some((1..=10).map(class).collect()),
            bands: Some((1..=10).map(|b| format!("B{b}")).collect()),
            dates: Some(
                (0..times)
                    .map(|t| {
                        NaiveDate::from_ymd_opt(2021, 11, 1).unwrap() + chrono::Days::new(14 * u64::from(t))
                    })
                    .collect(),
            ),
        }
    }

    fn floats(file: &SafeTensors, name: &str) -> Vec<f32> {
        file.tensor(name).unwrap().data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    #[test]
    fn their_network_gives_the_logits_that_pytorch_gives() {
        let Some(parity) = shared("pixel_parity_shared.safetensors") else { return };
        let bytes = std::fs::read(parity).unwrap();
        let parity = SafeTensors::deserialize(&bytes).unwrap();
        let (x, expected) = (floats(&parity, "x"), floats(&parity, "logits"));
        // Pixel, band, time there; sample, time, band here.
        let mut series = vec![0.0; x.len()];
        for p in 0..64 {
            for b in 0..10 {
                for t in 0..13 {
                    series[(p * 13 + t) * 10 + b] = x[(p * 10 + b) * 13 + t];
                }
            }
        }
        for name in
            ["epoch_18-step_2204-loss_0.939-f1score_0.813.ckpt", "reforestamos_pixel_state_dict.safetensors"]
        {
            let model = import(&shared(name).unwrap(), "pixel", &asked(13)).unwrap();
            let logits = model.raw_logits(&series).unwrap();
            assert_eq!(logits.len(), expected.len());
            for (got, expected) in logits.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-4, "{name}: {got}, PyTorch has {expected}");
            }
        }
    }

    #[test]
    fn what_is_lacking_is_asked_for_with_what_is_known() {
        let Some(path) = shared("reforestamos_pixel_state_dict.safetensors") else { return };
        let why = |asked: &ImportAsked, kind: &str| import(&path, kind, asked).err().unwrap().to_string();
        let all = why(&ImportAsked::default(), "pixel");
        for words in ["--legend (10 classes", "--bands (10 bands", "--dates (12 or 13 dates)"] {
            assert!(all.contains(words), "{all}");
        }
        assert!(why(&asked(14), "pixel").contains("12 or 13 dates, not 14"));
        assert!(why(&asked(13), "tempcnn").contains("no TempCNN"));
        assert!(why(&asked(13), "ltae").contains("no tensor attention_heads.Q"));
    }

    #[test]
    fn truncated_and_changed_checkpoints_are_errors_and_never_panics() {
        let Some(path) = shared("epoch_18-step_2204-loss_0.939-f1score_0.813.ckpt") else { return };
        let whole = std::fs::read(path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("broken.ckpt");
        for keep in [0, 1, 30, 2000, 20_000, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&broken, &whole[..keep]).unwrap();
            let error = import(&broken, "pixel", &asked(13)).err().unwrap().to_string();
            assert!(error.contains("broken.ckpt"), "{error}");
        }
        // The pickle lies at the start, the directory of the archive at the end.
        let places = (0..16_000).step_by(97).chain((whole.len() - 9000..whole.len()).step_by(61));
        for at in places {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x5a;
            std::fs::write(&broken, bytes).unwrap();
            let _ = import(&broken, "pixel", &asked(13));
        }
    }

    #[test]
    fn a_model_of_our_own_comes_back_by_its_weights() {
        let Some(path) = shared("reforestamos_pixel_state_dict.safetensors") else { return };
        let model = import(&path, "pixel", &asked(12)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        let again = import(&folder.path().join("model.safetensors"), "pixel", &asked(12)).unwrap();
        assert_eq!(model.weights, again.weights);
        assert!(Model::load(folder.path()).is_ok());
    }
}
