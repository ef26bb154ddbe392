//! AdamW (Loshchilov, Hutter 2019, arXiv 1711.05101) and Adam (Kingma, Ba 2015, arXiv 1412.6980) in one pass over the weights.
//!
//! candle-nn's AdamW is right too, but works on its variables with a dozen passes a step, and keeps its moments to itself.

use super::Optimiser;
use super::engine::vectorised;
use rayon::prelude::*;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;
/// Weights a task takes.
const TASK: usize = 32_768;

/// The optimiser and its moments.
#[derive(Clone)]
pub(super) struct AdamW {
    optimiser: Optimiser,
    weight_decay: f64,
    /// Steps taken.
    pub steps: i32,
    /// First moments, one a trained tensor; none before the first step.
    pub first: Vec<Vec<f32>>,
    /// Second moments.
    pub second: Vec<Vec<f32>>,
}

impl AdamW {
    pub fn new(optimiser: Optimiser, weight_decay: f64) -> Self {
        Self { optimiser, weight_decay, steps: 0, first: Vec::new(), second: Vec::new() }
    }

    /// Takes one step; `gradients` are in the order of `weights`, which is the same in every step.
    pub fn step(&mut self, weights: Vec<&mut [f32]>, gradients: &[Vec<f32>], learning_rate: f64) {
        if self.first.is_empty() {
            self.first = weights.iter().map(|w| vec![0.0; w.len()]).collect();
            self.second = self.first.clone();
        }
        self.steps += 1;
        // In f64 until here: 1 - 0.999 has lost three digits in f32.
        let (keep, within) = match self.optimiser {
            Optimiser::AdamW => ((1.0 - learning_rate * self.weight_decay) as f32, 0.0),
            Optimiser::Adam => (1.0, self.weight_decay as f32),
        };
        let rate = (learning_rate / (1.0 - BETA1.powi(self.steps))) as f32;
        let spread = (1.0 / (1.0 - BETA2.powi(self.steps)).sqrt()) as f32;
        let (beta1, fresh1) = (BETA1 as f32, (1.0 - BETA1) as f32);
        let (beta2, fresh2) = (BETA2 as f32, (1.0 - BETA2) as f32);
        for (((weights, gradients), first), second) in
            weights.into_iter().zip(gradients).zip(&mut self.first).zip(&mut self.second)
        {
            weights
                .par_chunks_mut(TASK)
                .zip(gradients.par_chunks(TASK))
                .zip(first.par_chunks_mut(TASK))
                .zip(second.par_chunks_mut(TASK))
                .for_each(|(((weights, gradients), first), second)| {
                    vectorised(
                        #[inline(always)]
                        || {
                            for (((w, g), m), v) in weights.iter_mut().zip(gradients).zip(first).zip(second) {
                                let g = g + within * *w;
                                *m = beta1 * *m + fresh1 * g;
                                *v = beta2 * *v + fresh2 * g * g;
                                *w = *w * keep - rate * *m / (v.sqrt() * spread + EPSILON);
                            }
                        },
                    );
                });
        }
    }
}
