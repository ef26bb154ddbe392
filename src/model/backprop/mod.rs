//! Training steps of TempCNN and of the pixel network: forward in training mode, loss, and gradients, written by hand (about
//! three times as fast as automatic differentiation on the same products). Proven by finite differences and against
//! PyTorch, below.
//!
//! [`graph`] says of which blocks a network is made; a block is computed on parts of the batch in parallel ([`norm`],
//! [`output`]). What joins parts (the statistics of batch norm, the sums of gradients) is joined in the order of the parts,
//! whose size does not depend on the number of threads; so results do not either. All memory is kept from step to step.

mod dice;
mod graph;
mod norm;
mod output;
#[cfg(test)]
mod tests;

pub(super) use graph::{Graph, Sheet};
pub(super) use norm::pool;

use super::convolution::Convolution;
use super::engine::{Finish, Packed, View, product_into, vectorised};
use super::network::{Batch, Shape, Statistics, Step, Trainer};
use super::pixel::PixelOptions;
use super::side::Precision;
use super::tempcnn::TempCnnOptions;
use super::weights::Weights;
use super::winograd::{Cut, add_by_points, by_tap};
use dice::Dice;
use norm::{Moments, Norm};
use output::Output;
use rayon::prelude::*;

/// Rows of a weight whose gradient a task sums.
const ROWS: usize = 48;
/// Parts of a dense block whose gradients are summed in one product.
const GROUP: usize = 4;
/// Parts whose gradients by points are summed by one task.
const JOINED: usize = 2;

/// A network in training by hand.
pub(super) struct ByHand {
    graph: Graph,
    /// Activations: a buffer a sheet.
    sheets: Vec<Vec<f32>>,
    /// Gradients by the sheets. Sheets of one geometry share: a gradient is used up before the next one is made.
    flows: Shared,
    /// By block: products before batch norm, activations before max-pool, gradients by products (shared as flows are).
    products: Vec<Vec<f32>>,
    actives: Vec<Vec<f32>>,
    gradients: Shared,
    /// By block with a window: the convolution, and the one that takes gradients back to the input.
    convolutions: Vec<Option<[Convolution; 2]>>,
    /// Gradients by products, as right sides.
    packed: Vec<Packed>,
    /// Gradients by the points of a weight, of some parts each.
    points: Vec<Vec<f32>>,
    output: Output,
    step: Step,
}

/// Buffers by geometry.
struct Shared {
    /// Which buffer each asker uses.
    uses: Vec<usize>,
    buffers: Vec<Vec<f32>>,
}

impl Shared {
    fn new(sheets: impl Iterator<Item = Sheet>) -> Self {
        let mut known: Vec<Sheet> = Vec::new();
        let uses = sheets.map(|sheet| {
            known.iter().position(|k| *k == sheet).unwrap_or_else(|| {
                known.push(sheet);
                known.len() - 1
            })
        });
        let uses = uses.collect();
        Self { uses, buffers: vec![Vec::new(); known.len()] }
    }

    fn get(&mut self, i: usize, len: usize) -> &mut [f32] {
        room(&mut self.buffers[self.uses[i]], len)
    }
}

/// The first `len` values of a buffer that grows as needed. What nobody writes to (the rows of zeros) stays zero.
fn room(buffer: &mut Vec<f32>, len: usize) -> &mut [f32] {
    if buffer.len() < len {
        buffer.resize(len, 0.0);
    }
    &mut buffer[..len]
}

/// The number of samples in part `i` of parts of `part`.
fn in_part(i: usize, part: usize, samples: usize) -> usize {
    part.min(samples - i * part)
}

impl ByHand {
    /// Of a TempCNN.
    pub fn tempcnn(shape: &Shape, options: &TempCnnOptions) -> Self {
        Self::new(Graph::tempcnn(shape, options))
    }

    /// Of a pixel network.
    pub fn pixel(shape: &Shape, options: &PixelOptions) -> Self {
        Self::new(Graph::pixel(shape, options))
    }

    fn new(graph: Graph) -> Self {
        let blocks = graph.blocks.len();
        let buffers = |n: usize| vec![Vec::new(); n];
        let statistics = graph.blocks.iter().map(|block| Statistics {
            name: block.name.clone(),
            mean: Vec::new(),
            variance: Vec::new(),
        });
        // Weight, gamma, beta of each block, or without weight; then weight and bias of the output.
        let tensors: usize = graph.blocks.iter().map(|b| 2 + usize::from(b.window.is_some())).sum();
        Self {
            sheets: buffers(graph.sheets.len()),
            flows: Shared::new(graph.sheets.iter().copied()),
            products: buffers(blocks),
            actives: buffers(blocks),
            gradients: Shared::new(graph.blocks.iter().map(|b| b.product)),
            convolutions: graph.blocks.iter().map(|block| block.convolutions(Precision::Single)).collect(),
            packed: Vec::new(),
            points: Vec::new(),
            output: Output::default(),
            step: Step { loss: 0.0, gradients: buffers(tensors + 2), statistics: statistics.collect() },
            graph,
        }
    }

    /// Takes in the series of a batch.
    fn take(&mut self, series: &[f32], samples: usize) {
        let block = &self.graph.blocks[0];
        let (sheet, buffer) = match self.graph.series {
            Some(i) => (self.graph.sheets[i], &mut self.sheets[i]),
            None => (block.product, &mut self.products[0]),
        };
        let to = room(buffer, sheet.batch(samples, block.part)).par_chunks_mut(sheet.part(block.part));
        to.zip(series.par_chunks(block.part * sheet.real())).for_each(|(to, from)| {
            let to = to[sheet.start()..].chunks_mut(sheet.stride());
            for (to, from) in to.zip(from.chunks_exact(sheet.real())) {
                to[..from.len()].copy_from_slice(from);
            }
        });
    }

    /// A block's product, and batch norm by its moments.
    fn multiply(&mut self, b: usize, weights: &Weights, samples: usize) -> Norm {
        let block = &self.graph.blocks[b];
        let (sheet, part) = (block.product, block.part);
        let len = sheet.batch(samples, part);
        let z = room(&mut self.products[b], len).par_chunks_mut(sheet.part(part)).enumerate();
        let moments: Vec<Moments> = match block.window.as_ref().zip(self.convolutions[b].as_ref()) {
            None => z.map(|(i, z)| Moments::of(&sheet, z, in_part(i, part, samples))).collect(),
            Some((window, [convolution, _])) => {
                let from = self.graph.sheets[block.input];
                let input = &self.sheets[block.input][..from.batch(samples, part)];
                let parts = z.zip(input.par_chunks(from.part(part)));
                let work = |((i, z), input): ((usize, &mut [f32]), &[f32])| {
                    let samples = in_part(i, part, samples);
                    let input = (input, window.rows(&from, &sheet));
                    convolution.run(input, samples, Finish::default(), (z, sheet.lying()));
                    Moments::of(&sheet, z, samples)
                };
                parts.map(work).collect()
            }
        };
        Norm::new(&sheet, weights.norm(&block.name), &moments)
    }

    /// Batch norm, ReLU, dropout and max-pool of a block.
    fn activate(&mut self, b: usize, norm: &Norm, samples: usize, dice: Option<&Dice>) {
        let block = &self.graph.blocks[b];
        let (sheet, part, to) = (block.product, block.part, self.graph.sheets[block.output]);
        let z = self.products[b].par_chunks(sheet.part(part));
        let out = room(&mut self.sheets[block.output], to.batch(samples, part));
        let out = out.par_chunks_mut(to.part(part)).enumerate().zip(z);
        let places = (to.start() + block.place, to.stride());
        if !block.pool {
            out.for_each(|((i, to), z)| {
                norm.activate(block, z, to, places, in_part(i, part, samples), i * part, dice);
            });
            return;
        }
        let active = room(&mut self.actives[b], sheet.batch(samples, part)).par_chunks_mut(sheet.part(part));
        out.zip(active).for_each(|(((i, to), z), active)| {
            let samples = in_part(i, part, samples);
            norm.activate(block, z, active, (sheet.start(), sheet.stride()), samples, i * part, dice);
            vectorised(
                #[inline(always)]
                || {
                    for s in 0..samples {
                        let from = &active[sheet.start() + s * sheet.stride()..][..sheet.real()];
                        let to = &mut to[places.0 + s * places.1..][..block.written()];
                        norm::pool(sheet.channels, from, to);
                    }
                },
            );
        });
    }

    /// The output layer, the loss, and the gradient by the last sheet.
    fn end(&mut self, batch: &Batch, samples: usize) {
        let classes = self.graph.classes;
        let (last, part) = (self.graph.sheets.len() - 1, graph::DENSE_PART);
        let sheet = self.graph.sheets[last];
        let weight_sum = batch.targets.iter().map(|t| f64::from(*t)).sum();
        let output = &self.output;
        let parts = self.sheets[last][..sheet.batch(samples, part)]
            .par_chunks(sheet.part(part))
            .zip(self.flows.get(last, sheet.batch(samples, part)).par_chunks_mut(sheet.part(part)))
            .zip(batch.targets.par_chunks(part * classes));
        let ends: Vec<output::End> =
            parts.map(|((input, flow), targets)| output.end(input, targets, flow, weight_sum)).collect();
        self.step.loss = ends.iter().map(|end| end.loss).sum::<f64>() / weight_sum;
        let tensors = self.step.gradients.len();
        sum(&mut self.step.gradients[tensors - 2], ends.iter().map(|end| end.by_weight.as_slice()));
        sum(&mut self.step.gradients[tensors - 1], ends.iter().map(|end| end.by_bias.as_slice()));
    }

    /// Gradients by a block's beta, gamma and weight (the last of which is tensor `last`), and by its input where another
    /// block made it.
    fn back(&mut self, b: usize, norm: &Norm, samples: usize, keep: f32, last: usize) {
        let block = &self.graph.blocks[b];
        let (sheet, part, to) = (block.product, block.part, self.graph.sheets[block.output]);
        let len = sheet.batch(samples, part);
        let places = (to.start() + block.place, to.stride());
        let flow = self.flows.get(block.output, to.batch(samples, part)).par_chunks(to.part(part));
        let (active, chunk) = if block.pool {
            (&self.actives[b], sheet.part(part))
        } else {
            (&self.sheets[block.output], to.part(part))
        };
        let parts = self.products[b][..len]
            .par_chunks(sheet.part(part))
            .zip(active.par_chunks(chunk))
            .zip(flow)
            .zip(self.gradients.get(b, len).par_chunks_mut(sheet.part(part)));
        let parts = parts.enumerate().map(|(i, (((z, active), flow), gradient))| {
            norm.begin_back(block, (z, active, flow), gradient, places, in_part(i, part, samples), keep)
        });
        let sums: Vec<[Vec<f32>; 2]> = parts.collect();
        sum(&mut self.step.gradients[last], sums.iter().map(|[beta, _]| beta.as_slice()));
        sum(&mut self.step.gradients[last - 1], sums.iter().map(|[_, gamma]| gamma.as_slice()));
        let Some((window, [_, back])) = block.window.as_ref().zip(self.convolutions[b].as_ref()) else {
            return;
        };

        let [by_gamma, by_beta] = [&self.step.gradients[last - 1], &self.step.gradients[last]];
        let slopes = norm.slopes(by_beta, by_gamma, samples * sheet.rows);
        let from = self.graph.sheets[block.input];
        let by_input = from.batch(samples, part);
        // Series ask for no gradient.
        let wanted = self.graph.series != Some(block.input);
        let flow = if wanted { self.flows.get(block.input, by_input) } else { &mut [] };
        let gradient = self.gradients.get(b, len);
        let work = |(i, (z, gradient)): (usize, (&[f32], &mut [f32]))| {
            norm.back(&sheet, &slopes, z, gradient, in_part(i, part, samples));
        };
        let flow_back = |i: usize, gradient: &[f32], flow: &mut [f32]| {
            let samples = in_part(i, part, samples);
            let finish = Finish { add: block.adds, ..Finish::default() };
            back.run((gradient, sheet.lying()), samples, finish, (flow, window.rows(&from, &sheet)));
        };
        let z = self.products[b][..len].par_chunks(sheet.part(part));
        let parts = z.zip(gradient.par_chunks_mut(sheet.part(part))).enumerate();
        if wanted {
            parts.zip(flow.par_chunks_mut(from.part(part))).for_each(|((i, (z, gradient)), flow)| {
                work((i, (z, gradient)));
                flow_back(i, gradient, flow);
            });
        } else {
            parts.for_each(work);
        }
        self.by_weight(b, samples, last - 2);
    }

    /// The gradient by a block's weight: tasks take some of its rows, and sum over the parts in their order.
    fn by_weight(&mut self, b: usize, samples: usize, tensor: usize) {
        let block = &self.graph.blocks[b];
        let Some((window, [forward, _])) = block.window.as_ref().zip(self.convolutions[b].as_ref()) else {
            return;
        };
        if let Some(cut) = forward.cut() {
            self.by_points(b, cut, samples, tensor);
            return;
        }
        let (sheet, from) = (block.product, self.graph.sheets[block.input]);
        let part = if block.dense() { block.part * GROUP } else { block.part };
        let gradient = &*self.gradients.get(b, sheet.batch(samples, block.part));
        let parts = gradient.par_chunks(sheet.part(part));
        self.packed.resize_with(parts.len().max(self.packed.len()), Packed::default);
        self.packed.par_iter_mut().zip(parts).enumerate().for_each(|(i, (packed, gradient))| {
            let rows = sheet.spanned(in_part(i, part, samples));
            packed.fill(View { offset: sheet.start(), ..View::of(gradient, rows, sheet.channels) });
        });
        let to = &mut self.step.gradients[tensor];
        to.resize(window.width() * sheet.channels, 0.0);
        let input = &self.sheets[block.input][..from.batch(samples, block.part)];
        let packed = &self.packed;
        to.par_chunks_mut(ROWS * sheet.channels).enumerate().for_each(|(task, to)| {
            let rows = to.len() / sheet.channels;
            for (i, (input, packed)) in input.chunks(from.part(part)).zip(packed).enumerate() {
                let windows = window.of(input, sheet.spanned(in_part(i, part, samples)));
                let some = View { offset: windows.offset + task * ROWS, cols: rows, ..windows };
                product_into(some.transposed(), packed, to, sheet.channels, i > 0);
            }
        });
    }

    /// As [`Self::by_weight`], for a convolution by points: tasks take some parts, and their sums are summed in order.
    fn by_points(&mut self, b: usize, cut: Cut, samples: usize, tensor: usize) {
        let block = &self.graph.blocks[b];
        let (sheet, from, part) = (block.product, self.graph.sheets[block.input], block.part);
        let gradient = &*self.gradients.get(b, sheet.batch(samples, part));
        let input = &self.sheets[block.input][..from.batch(samples, part)];
        let tasks = gradient.par_chunks(JOINED * sheet.part(part));
        let tasks = tasks.zip(input.par_chunks(JOINED * from.part(part)));
        let joined = tasks.len();
        self.points.resize_with(joined.max(self.points.len()), Vec::new);
        self.points.par_iter_mut().zip(tasks).enumerate().for_each(|(task, (sums, (gradient, input)))| {
            let sums = room(sums, cut.values());
            let parts = input.chunks(from.part(part)).zip(gradient.chunks(sheet.part(part)));
            for (i, (input, gradient)) in parts.enumerate() {
                let samples = in_part(task * JOINED + i, part, samples);
                add_by_points(cut, (input, from.lying()), (gradient, sheet.lying()), samples, sums, i == 0);
            }
        });
        let Some((total, others)) = self.points[..joined].split_first_mut() else { return };
        let (total, tap) = (&mut total[..cut.values()], from.channels * sheet.channels);
        total.par_chunks_mut(tap).enumerate().for_each(|(i, total)| {
            vectorised(
                #[inline(always)]
                || {
                    for other in others.iter() {
                        total.iter_mut().zip(&other[i * tap..]).for_each(|(t, o)| *t += o);
                    }
                },
            );
        });
        let (total, to) = (&*total, &mut self.step.gradients[tensor]);
        to.resize(cut.taps() * tap, 0.0);
        to.par_chunks_mut(tap).enumerate().for_each(|(i, to)| by_tap(cut, total, i, to));
    }
}

impl Trainer for ByHand {
    fn step(&mut self, weights: &Weights, batch: &Batch) -> &Step {
        let samples = batch.targets.len() / self.graph.classes;
        self.graph.blocks.par_iter().zip(&mut self.convolutions).for_each(|(block, convolutions)| {
            let Some([forward, back]) = convolutions else { return };
            let weight = weights.values(&format!("{}.weight", block.name));
            forward.fill(weight);
            back.fill_turned(weight);
        });
        self.output.fill(weights);
        self.take(batch.input.series, samples);
        let blocks = self.graph.blocks.len();
        let mut norms = Vec::with_capacity(blocks);
        let mut keeps = Vec::with_capacity(blocks);
        for b in 0..blocks {
            let norm = self.multiply(b, weights, samples);
            let dice = Dice::new(self.graph.blocks[b].dropout, batch.dropout, b);
            self.activate(b, &norm, samples, dice.as_ref());
            let statistics = &mut self.step.statistics[b];
            statistics.mean.clone_from(&norm.mean);
            statistics.variance.clone_from(&norm.unbiased_variance);
            keeps.push(dice.map_or(1.0, |dice| dice.scale));
            norms.push(norm);
        }
        self.end(batch, samples);
        let mut tensors = self.step.gradients.len() - 2;
        for (b, norm) in norms.iter().enumerate().rev() {
            self.back(b, norm, samples, keeps[b], tensors - 1);
            tensors -= 2 + usize::from(self.graph.blocks[b].window.is_some());
        }
        &self.step
    }
}

/// Sums vectors of one length in their order.
fn sum<'a>(total: &mut Vec<f32>, mut vectors: impl Iterator<Item = &'a [f32]>) {
    total.clear();
    total.extend_from_slice(vectors.next().unwrap_or_default());
    for vector in vectors {
        total.iter_mut().zip(vector).for_each(|(t, v)| *t += v);
    }
}
