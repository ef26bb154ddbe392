//! Which dates decided: what a network's attention looks at in a series.

use super::network::Input;
use super::{Model, ModelError};

/// How much each head of attention looks at each date of some series. The weights of a head sum to 1 over the dates; a date
/// that was masked has 0; a series that cannot be used has NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// Heads.
    pub heads: usize,
    /// Dates.
    pub times: usize,
    /// `series x head x time`.
    pub by_head: Vec<f32>,
    /// The mean over the heads, `series x time`.
    pub mean: Vec<f32>,
}

impl Model {
    /// What the attention of the network looks at in raw series `series x time x band`, which are prepared as in
    /// [`Model::probabilities`]; `None` for a network without attention.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the length does not fit.
    pub fn attention(&self, values: &[f32]) -> Result<Option<Attention>, ModelError> {
        let (series, prepared) = self.prepared(values)?;
        let input = Input { series: &series, missing: prepared.missing.as_deref() };
        let Some(mut by_head) = self.network.attention(input) else { return Ok(None) };
        let times = self.card.dates.len();
        let count = values.len() / (times * self.card.bands.len());
        let each = by_head.len() / count.max(1);
        for i in prepared.unusable {
            by_head[i * each..(i + 1) * each].fill(f32::NAN);
        }
        let heads = each / times;
        let mut mean = vec![0.0; count * times];
        for (mean, series) in mean.chunks_exact_mut(times).zip(by_head.chunks_exact(each.max(1))) {
            for head in series.chunks_exact(times) {
                mean.iter_mut().zip(head).for_each(|(mean, look)| *mean += look / heads as f32);
            }
        }
        Ok(Some(Attention { heads, times, by_head, mean }))
    }
}
