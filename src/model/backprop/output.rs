//! The output layer and the loss.

use super::super::engine::{Packed, View, product, product_into};
use super::super::network::log_sum;
use super::super::weights::Weights;

/// The output layer, ready for a step.
#[derive(Default)]
pub(super) struct Output {
    inputs: usize,
    classes: usize,
    weight: Packed,
    weight_back: Packed,
    bias: Vec<f32>,
}

/// What the end of the network gives for a part.
pub(super) struct End {
    /// Sum of the losses.
    pub loss: f64,
    pub by_weight: Vec<f32>,
    pub by_bias: Vec<f32>,
}

impl Output {
    /// Takes in the weights of a step.
    pub fn fill(&mut self, weights: &Weights) {
        self.bias.clear();
        self.bias.extend_from_slice(weights.values("output.bias"));
        self.classes = self.bias.len();
        let weight = weights.values("output.weight");
        self.inputs = weight.len() / self.classes;
        let view = View::of(weight, self.inputs, self.classes);
        self.weight.fill(view);
        self.weight_back.fill(view.transposed());
    }

    /// Loss and gradients of a part: `input` is `sample x unit`, `flow` becomes the gradient by it, `weight_sum` is the sum of
    /// the weights of the batch's samples.
    pub fn end(&self, input: &[f32], targets: &[f32], flow: &mut [f32], weight_sum: f64) -> End {
        let classes = self.classes;
        let samples = targets.len() / classes;
        let input = View::of(input, samples, self.inputs);
        let mut gradient = product(input, &self.weight);
        let mut loss = 0.0;
        let mut by_bias = vec![0.0; classes];
        for (row, targets) in gradient.chunks_exact_mut(classes).zip(targets.chunks_exact(classes)) {
            row.iter_mut().zip(&self.bias).for_each(|(z, b)| *z += b);
            let log_sum = log_sum(row);
            let weight: f32 = targets.iter().sum();
            for (z, target) in row.iter_mut().zip(targets) {
                loss -= f64::from(target * (*z - log_sum));
                *z = ((*z - log_sum).exp() * weight - target) / weight_sum as f32;
            }
            by_bias.iter_mut().zip(row.iter()).for_each(|(b, g)| *b += g);
        }
        let gradient = View::of(&gradient, samples, classes);
        let by_weight = product(input.transposed(), &Packed::new(gradient));
        product_into(gradient, &self.weight_back, flow, self.inputs, false);
        End { loss, by_weight, by_bias }
    }
}
