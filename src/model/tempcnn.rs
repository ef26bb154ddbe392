//! TempCNN: Pelletier, Webb, Petitjean 2019 (10.3390/rs11050523).
//!
//! `layers` x [convolution over time, same padding; batch norm; ReLU; dropout]; flatten; [dense; batch norm; ReLU;
//! dropout]; dense to the classes. No pooling. Neither the convolutions nor the dense layer have a bias: the shift of the
//! batch norm behind them takes its place.
//!
//! All of it but the end is one thing, a [`Block`]: a product with a window over the input, then batch norm, ReLU, dropout.
//! The dense layer is a block whose window is the whole series. Activations lie `sample x time x channel` with `pad`
//! rows of zeros before, between and after samples; so a convolution is a product with a view whose rows overlap.

use super::engine::{Packed, View, product, vectorised};
use super::{ModelError, TempCnnOptions};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

/// Batch norm's guard against division by zero.
pub(super) const EPSILON: f64 = 1e-5;
/// Series a block of inference: its activations stay in the cache.
const SERIES: usize = 64;

/// What decides the shape of all tensors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub times: usize,
    pub bands: usize,
    pub classes: usize,
    pub options: TempCnnOptions,
}

/// How a block reads its input and lays out its output, in values and rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plan {
    /// Where the first window starts in the input.
    pub offset: usize,
    /// From one window to the next.
    pub stride: usize,
    /// Rows of input in a window.
    pub kernel: usize,
    /// Values in a row of input.
    pub channels: usize,
    /// Values in a row of output.
    pub filters: usize,
    /// Rows of output a sample.
    pub times: usize,
    /// Rows of zeros before, between and after the samples of input and output.
    pub pad: usize,
}

impl Plan {
    /// Values in a window; rows of the weight.
    pub fn width(&self) -> usize {
        self.kernel * self.channels
    }

    /// Windows over `samples` samples. Those that start in the `pad` rows behind a sample give nothing of use.
    pub fn rows(&self, samples: usize) -> usize {
        samples * (self.times + self.pad) - self.pad
    }

    /// Values from a sample's output to the next one's, in the product and in the padded output.
    pub fn sample_stride(&self) -> usize {
        (self.times + self.pad) * self.filters
    }

    /// Values of the padded output.
    pub fn output_len(&self, samples: usize) -> usize {
        self.pad * self.filters + samples * self.sample_stride()
    }

    /// The windows of `samples` samples of the block's input.
    pub fn windows<'a>(&self, input: &'a [f32], samples: usize) -> View<'a> {
        View {
            values: input,
            offset: self.offset,
            rows: self.rows(samples),
            cols: self.width(),
            row_stride: self.stride,
            col_stride: 1,
        }
    }
}

impl Shape {
    /// Checks the options; a model file may say anything.
    ///
    /// # Errors
    /// [`ModelError::Options`] that says which is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        let o = &self.options;
        let refuse = |what: &str, is: String, want: &str| {
            Err(ModelError::Options { why: format!("{what} of a TempCNN must be {want}, not {is}") })
        };
        let counts = [
            ("the filters", o.filters, 1, 4096),
            ("the layers", o.layers, 1, 32),
            ("the units of the dense layer", o.dense, 1, 65_536),
            ("the dates", self.times, 1, 10_000),
            ("the bands", self.bands, 1, 10_000),
            ("the classes", self.classes, 2, 254),
        ];
        for (what, is, low, high) in counts {
            if !(low..=high).contains(&is) {
                return refuse(what, is.to_string(), &format!("{low} to {high}"));
            }
        }
        if o.kernel.is_multiple_of(2) || o.kernel > 255 {
            return refuse("the kernel", o.kernel.to_string(), "odd and at most 255");
        }
        for (what, share) in [("conv_dropout", o.conv_dropout), ("dense_dropout", o.dense_dropout)] {
            if !(0.0..=0.95).contains(&share) {
                return refuse(what, share.to_string(), "from 0 to 0.95");
            }
        }
        Ok(())
    }

    /// Rows of zeros around a series.
    pub fn pad(&self) -> usize {
        self.options.kernel / 2
    }

    /// The blocks in order, the dense one last.
    pub fn plans(&self) -> Vec<Plan> {
        let TempCnnOptions { filters, kernel, layers, dense, .. } = self.options;
        let (times, pad) = (self.times, self.pad());
        let conv = |channels| Plan { offset: 0, stride: channels, kernel, channels, filters, times, pad };
        let mut plans: Vec<Plan> =
            (0..layers).map(|i| conv(if i == 0 { self.bands } else { filters })).collect();
        plans.push(Plan {
            offset: pad * filters,
            stride: (times + pad) * filters,
            kernel: 1,
            channels: times * filters,
            filters: dense,
            times: 1,
            pad: 0,
        });
        plans
    }

    /// Lays series `sample x time x band` out as the first block reads them.
    pub fn lay_out(&self, series: &[f32]) -> Vec<f32> {
        let n = self.times * self.bands;
        let pad = self.pad() * self.bands;
        let mut out = vec![0.0; pad + series.len() / n * (n + pad)];
        for (from, to) in series.chunks_exact(n).zip(out[pad..].chunks_exact_mut(n + pad)) {
            to[..n].copy_from_slice(from);
        }
        out
    }
}

/// The weights of a block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// `kernel * channels x filters`.
    pub weight: Vec<f32>,
    /// Scale behind the normalisation, a filter.
    pub gamma: Vec<f32>,
    /// Shift behind the normalisation, a filter.
    pub beta: Vec<f32>,
    /// Mean over training, a filter.
    pub running_mean: Vec<f32>,
    /// Variance over training, a filter.
    pub running_variance: Vec<f32>,
}

/// All weights of a TempCNN.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    /// The convolutions, then the dense block.
    pub blocks: Vec<Block>,
    /// `dense x classes`.
    pub output_weight: Vec<f32>,
    /// One a class.
    pub output_bias: Vec<f32>,
}

impl Weights {
    /// Fresh weights: normal with variance 2 / inputs before a ReLU (He et al. 2015), 1 / inputs before the classes.
    pub fn new(shape: &Shape, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut normal = |inputs: usize, outputs: usize, variance: f64| {
            let spread = (variance / inputs as f64).sqrt() as f32;
            let draw = |_| {
                let z: f32 = StandardNormal.sample(&mut rng);
                z * spread
            };
            (0..inputs * outputs).map(draw).collect()
        };
        let blocks = shape
            .plans()
            .iter()
            .map(|plan| Block {
                weight: normal(plan.width(), plan.filters, 2.0),
                gamma: vec![1.0; plan.filters],
                beta: vec![0.0; plan.filters],
                running_mean: vec![0.0; plan.filters],
                running_variance: vec![1.0; plan.filters],
            })
            .collect();
        Self {
            blocks,
            output_weight: normal(shape.options.dense, shape.classes, 1.0),
            output_bias: vec![0.0; shape.classes],
        }
    }

    /// What is trained, in a fixed order: weight, gamma and beta of each block; weight and bias of the output.
    pub fn trained_mut(&mut self) -> Vec<&mut [f32]> {
        let mut all: Vec<&mut [f32]> = Vec::new();
        for block in &mut self.blocks {
            all.push(&mut block.weight);
            all.push(&mut block.gamma);
            all.push(&mut block.beta);
        }
        all.push(&mut self.output_weight);
        all.push(&mut self.output_bias);
        all
    }

    /// Name, shape and values of every tensor, as they are saved.
    pub fn named(&self, shape: &Shape) -> Vec<(String, Vec<usize>, &[f32])> {
        let mut all: Vec<(String, Vec<usize>, &[f32])> = Vec::new();
        for (i, (plan, block)) in shape.plans().iter().zip(&self.blocks).enumerate() {
            let name = |what: &str| format!("block{}.{what}", i + 1);
            all.push((name("weight"), vec![plan.width(), plan.filters], &block.weight));
            for (what, values) in [
                ("gamma", &block.gamma),
                ("beta", &block.beta),
                ("running_mean", &block.running_mean),
                ("running_variance", &block.running_variance),
            ] {
                all.push((name(what), vec![plan.filters], values));
            }
        }
        let sizes = vec![shape.options.dense, shape.classes];
        all.push(("output.weight".into(), sizes, &self.output_weight));
        all.push(("output.bias".into(), vec![shape.classes], &self.output_bias));
        all
    }

    /// The opposite of [`Weights::named`]: `tensor` gives the values of a name, having checked the shape.
    ///
    /// # Errors
    /// What `tensor` gives.
    pub fn from_named<E>(
        shape: &Shape,
        tensor: impl Fn(&str, &[usize]) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let mut blocks = Vec::new();
        for (i, plan) in shape.plans().iter().enumerate() {
            let vector = |what: &str| tensor(&format!("block{}.{what}", i + 1), &[plan.filters]);
            let weight = tensor(&format!("block{}.weight", i + 1), &[plan.width(), plan.filters])?;
            blocks.push(Block {
                weight,
                gamma: vector("gamma")?,
                beta: vector("beta")?,
                running_mean: vector("running_mean")?,
                running_variance: vector("running_variance")?,
            });
        }
        let output_weight = tensor("output.weight", &[shape.options.dense, shape.classes])?;
        Ok(Self { blocks, output_weight, output_bias: tensor("output.bias", &[shape.classes])? })
    }
}

/// A trained network made ready for inference: batch norm is folded into the weights.
pub(super) struct TempCnn {
    shape: Shape,
    plans: Vec<Plan>,
    /// Weight and shift of each block, then of the output.
    layers: Vec<(Packed, Vec<f32>)>,
}

impl TempCnn {
    pub fn new(shape: &Shape, weights: &Weights) -> Self {
        let plans = shape.plans();
        let fold = |(plan, block): (&Plan, &Block)| {
            let spread = |v: &f32| (f64::from(*v) + EPSILON).sqrt();
            let scales = block.gamma.iter().zip(&block.running_variance);
            let scales: Vec<f32> = scales.map(|(gamma, v)| (f64::from(*gamma) / spread(v)) as f32).collect();
            let mut weight = block.weight.clone();
            for row in weight.chunks_exact_mut(plan.filters) {
                row.iter_mut().zip(&scales).for_each(|(w, s)| *w *= s);
            }
            let shift = block.beta.iter().zip(&block.running_mean).zip(&scales);
            let shift = shift.map(|((beta, mean), s)| beta - mean * s).collect();
            (Packed::new(View::of(&weight, plan.width(), plan.filters)), shift)
        };
        let mut layers: Vec<_> = plans.iter().zip(&weights.blocks).map(fold).collect();
        let output = View::of(&weights.output_weight, shape.options.dense, shape.classes);
        layers.push((Packed::new(output), weights.output_bias.clone()));
        Self { shape: shape.clone(), plans, layers }
    }

    /// Logits `sample x class` of normalised series `sample x time x band` without gaps, on this thread.
    pub fn logits(&self, series: &[f32]) -> Vec<f32> {
        series.chunks(SERIES * self.values()).flat_map(|series| self.block_logits(series)).collect()
    }

    /// [`TempCnn::logits`] on all threads; the same numbers.
    pub fn logits_on_all_threads(&self, series: &[f32]) -> Vec<f32> {
        let blocks: Vec<_> =
            series.par_chunks(SERIES * self.values()).map(|series| self.block_logits(series)).collect();
        blocks.concat()
    }

    /// Values a series.
    fn values(&self) -> usize {
        self.shape.times * self.shape.bands
    }

    fn block_logits(&self, series: &[f32]) -> Vec<f32> {
        let samples = series.len() / self.values();
        let mut values = self.shape.lay_out(series);
        for (plan, (weight, shift)) in self.plans.iter().zip(&self.layers) {
            let z = product(plan.windows(&values, samples), weight);
            values.clear();
            values.resize(plan.output_len(samples), 0.0);
            vectorised(
                #[inline(always)]
                || {
                    let real = plan.times * plan.filters;
                    let to = values[plan.pad * plan.filters..].chunks_mut(plan.sample_stride());
                    for (from, to) in z.chunks(plan.sample_stride()).zip(to) {
                        let rows = from[..real].chunks_exact(plan.filters);
                        for (from, to) in rows.zip(to[..real].chunks_exact_mut(plan.filters)) {
                            for ((z, shift), y) in from.iter().zip(shift).zip(to) {
                                *y = (z + shift).max(0.0);
                            }
                        }
                    }
                },
            );
        }
        let (weight, bias) = &self.layers[self.plans.len()];
        let mut logits = product(View::of(&values, samples, self.shape.options.dense), weight);
        for row in logits.chunks_exact_mut(self.shape.classes) {
            row.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
        }
        logits
    }
}

/// Turns logits into probabilities in place, one row of `classes` a sample.
pub(super) fn softmax(logits: &mut [f32], classes: usize) {
    for row in logits.chunks_exact_mut(classes) {
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|z| *z = (*z - top).exp());
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|p| *p /= sum);
    }
}
