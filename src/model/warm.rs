//! Warm start: training goes on from a model when labels or classes have changed.
//!
//! All weights are kept. A new class gets outputs of its own, drawn anew, a class that is gone loses its own; classes are
//! told by their codes, so that names and colours may change. The normalisation stays that of the model, or the weights would
//! mean something else.

use super::network::Shape;
use super::weights::Weights;
use super::{Model, ModelError};
use crate::labels::Class;
use crate::samples::SampleSet;

/// The weights to start from, and what was done in a sentence.
///
/// # Errors
/// [`ModelError::Mismatch`] where the model is of another network, other bands or another number of dates.
pub(super) fn start(
    model: &Model,
    shape: &Shape,
    set: &SampleSet,
    classes: &[Class],
    seed: u64,
) -> Result<(Weights, String), ModelError> {
    let refuse = |why: String| {
        let why = format!(
            "training cannot go on from this model: {why}. Start anew, or take what it was trained on"
        );
        Err(ModelError::Mismatch { why })
    };
    let card = &model.card;
    if card.bands != set.bands {
        return refuse(format!(
            "it reads {}, and the samples have {}",
            card.bands.join(", "),
            set.bands.join(", ")
        ));
    }
    if card.dates.len() != set.dates.len() {
        return refuse(format!(
            "it reads {} dates, and the samples have {}",
            card.dates.len(),
            set.dates.len()
        ));
    }
    let mut weights = Weights::new(shape, seed);
    let old_classes = card.classes.len();
    let from: Vec<Option<usize>> =
        classes.iter().map(|class| card.classes.iter().position(|c| c.code == class.code)).collect();
    for tensor in &mut weights.tensors {
        let Some(old) = model.weights.tensors.iter().find(|t| t.name == tensor.name) else {
            return refuse(format!("it is a {} of other options", card.spec.kind.title()));
        };
        if tensor.name == "output.weight" || tensor.name == "output.bias" {
            let rows = tensor.values.len() / classes.len();
            if old.values.len() != rows * old_classes {
                return refuse(format!("it is a {} of other options", card.spec.kind.title()));
            }
            for (to, from_row) in
                tensor.values.chunks_exact_mut(classes.len()).zip(old.values.chunks_exact(old_classes))
            {
                for (value, from) in to.iter_mut().zip(&from) {
                    if let Some(from) = from {
                        *value = from_row[*from];
                    }
                }
            }
        } else if old.dims == tensor.dims {
            tensor.values.clone_from(&old.values);
        } else {
            return refuse(format!("it is a {} of other options", card.spec.kind.title()));
        }
    }
    let names = |classes: Vec<&Class>| classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
    let new: Vec<&Class> =
        classes.iter().zip(&from).filter(|(_, from)| from.is_none()).map(|(c, _)| c).collect();
    let gone: Vec<&Class> =
        card.classes.iter().filter(|old| !classes.iter().any(|class| class.code == old.code)).collect();
    let mut note = format!("went on from the weights of a model of {}", card.created);
    if !new.is_empty() {
        note += &format!("; new classes: {}", names(new));
    }
    if !gone.is_empty() {
        note += &format!("; classes that are gone: {}", names(gone));
    }
    Ok((weights, note))
}
