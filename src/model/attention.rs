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

#[cfg(test)]
mod tests {
    use super::super::saved::tests::model_of;
    use crate::model::{LtaeOptions, ModelKind, TempCnnOptions};

    #[test]
    fn attention_is_told_for_series_with_gaps() {
        let options = LtaeOptions { heads: 4, key: 3, ..LtaeOptions::default() };
        let model = model_of(ModelKind::Ltae(options), "now");
        // Two bands, four dates: whole; a gap in one band of the second date; nothing of the first band.
        let mut series: Vec<f32> = (0..24).map(|i| 0.1 + (i * 7 % 11) as f32 / 13.0).collect();
        series[8 + 3] = f32::NAN;
        (0..4).for_each(|t| series[16 + 2 * t] = f32::NAN);
        let attention = model.attention(&series).unwrap().unwrap();
        assert_eq!((attention.heads, attention.times), (4, 4));
        assert_eq!((attention.by_head.len(), attention.mean.len()), (3 * 4 * 4, 3 * 4));
        for head in attention.by_head[..2 * 16].chunks(4) {
            assert!((head.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!(attention.by_head[16..32].chunks(4).all(|head| head[1] == 0.0 && head[2] > 0.0));
        for (t, mean) in attention.mean[..4].iter().enumerate() {
            let heads: f32 = (0..4).map(|h| attention.by_head[h * 4 + t]).sum();
            assert!((mean - heads / 4.0).abs() < 1e-6);
        }
        assert!(attention.by_head[32..].iter().chain(&attention.mean[8..]).all(|look| look.is_nan()));
        assert!(model.probabilities(&series).unwrap()[4..].iter().all(|p| p.is_nan()));
    }

    #[test]
    fn a_network_without_attention_has_none_and_values_that_are_no_series_are_refused() {
        let model = model_of(ModelKind::TempCnn(TempCnnOptions::default()), "now");
        assert!(model.attention(&[0.5; 8]).unwrap().is_none());
        let error = model.attention(&[0.5; 7]).unwrap_err().to_string();
        assert!(error.contains("whole series of 8"), "{error}");
    }
}
