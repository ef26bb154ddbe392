//! The weights of a network: a list of named tensors, in an order that the network's layout gives.
//!
//! The optimiser, averaging, checkpoints, warm start and the files work on this list and know no network.

use super::network::Shape;
use super::tempcnn::EPSILON;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// How a tensor starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Init {
    Zeros,
    Ones,
    /// Normal with this variance.
    Normal(f64),
}

impl Init {
    /// Before a ReLU: normal with variance 2 / inputs (He et al. 2015).
    pub fn he(inputs: usize) -> Self {
        Self::Normal(2.0 / inputs as f64)
    }

    /// Before anything linear: normal with variance 1 / inputs.
    pub fn linear(inputs: usize) -> Self {
        Self::Normal(1.0 / inputs as f64)
    }
}

/// A place for a tensor in a network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    /// The name it is saved under.
    pub name: String,
    /// Its sizes; the last lies side by side.
    pub dims: Vec<usize>,
    pub init: Init,
    /// Whether gradients move it; the running statistics of batch norm are moved otherwise.
    pub trained: bool,
}

/// Puts the slots of a layout in order.
#[derive(Default)]
pub(super) struct Layout {
    pub slots: Vec<Slot>,
}

impl Layout {
    /// A tensor that gradients move.
    pub fn tensor(&mut self, name: impl Into<String>, dims: &[usize], init: Init) -> &mut Self {
        self.slots.push(Slot { name: name.into(), dims: dims.to_vec(), init, trained: true });
        self
    }

    /// A product without bias, `inputs x outputs`, and the batch norm behind it.
    pub fn block(&mut self, name: &str, inputs: usize, outputs: usize) -> &mut Self {
        self.tensor(format!("{name}.weight"), &[inputs, outputs], Init::he(inputs)).batch_norm(name, outputs)
    }

    /// Scale and shift of a normalisation.
    pub fn scale_and_shift(&mut self, name: &str, dims: &[usize]) -> &mut Self {
        self.tensor(format!("{name}.gamma"), dims, Init::Ones).tensor(
            format!("{name}.beta"),
            dims,
            Init::Zeros,
        )
    }

    /// Batch norm (Ioffe and Szegedy 2015) of `filters` channels.
    pub fn batch_norm(&mut self, name: &str, filters: usize) -> &mut Self {
        self.scale_and_shift(name, &[filters]);
        for (what, init) in [("running_mean", Init::Zeros), ("running_variance", Init::Ones)] {
            let name = format!("{name}.{what}");
            self.slots.push(Slot { name, dims: vec![filters], init, trained: false });
        }
        self
    }

    /// A product with bias, `inputs x outputs`.
    pub fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> &mut Self {
        self.tensor(format!("{name}.weight"), &[inputs, outputs], Init::linear(inputs)).tensor(
            format!("{name}.bias"),
            &[outputs],
            Init::Zeros,
        )
    }
}

/// A tensor of weights.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    /// The name it is saved under.
    pub name: String,
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
    pub trained: bool,
}

/// Values as safetensors files have them.
pub(super) fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// All weights of a network, in the order of its layout.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    pub tensors: Vec<Tensor>,
}

impl Weights {
    /// Fresh weights, drawn from `seed`.
    pub fn new(shape: &Shape, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let tensor = |slot: Slot| {
            let n = slot.dims.iter().product();
            let values = match slot.init {
                Init::Zeros => vec![0.0; n],
                Init::Ones => vec![1.0; n],
                Init::Normal(variance) => {
                    let spread = variance.sqrt() as f32;
                    let draw = |_| {
                        let z: f32 = StandardNormal.sample(&mut rng);
                        z * spread
                    };
                    (0..n).map(draw).collect()
                }
            };
            Tensor { name: slot.name, dims: slot.dims, values, trained: slot.trained }
        };
        Self { tensors: shape.layout().into_iter().map(tensor).collect() }
    }

    /// Weights whose values `tensor` gives by name, having checked the sizes.
    ///
    /// # Errors
    /// What `tensor` gives.
    pub fn from_named<E>(
        shape: &Shape,
        tensor: impl Fn(&str, &[usize]) -> Result<Vec<f32>, E>,
    ) -> Result<Self, E> {
        let read = |slot: Slot| {
            let values = tensor(&slot.name, &slot.dims)?;
            Ok(Tensor { name: slot.name, dims: slot.dims, values, trained: slot.trained })
        };
        Ok(Self { tensors: shape.layout().into_iter().map(read).collect::<Result<_, E>>()? })
    }

    /// The values of a tensor.
    ///
    /// # Panics
    /// Where the network has no tensor of this name: its own fault, never the input's.
    pub fn values(&self, name: &str) -> &[f32] {
        let tensor = self.tensors.iter().find(|t| t.name == name);
        &tensor.unwrap_or_else(|| panic!("a network asks for weights {name} that it does not lay out")).values
    }

    /// A normalisation's scale, shift, running mean and running variance.
    pub fn norm(&self, name: &str) -> [&[f32]; 4] {
        ["gamma", "beta", "running_mean", "running_variance"]
            .map(|what| self.values(&format!("{name}.{what}")))
    }

    /// What a batch norm comes to at inference: a scale and a shift a channel.
    pub fn scale_and_shift(&self, name: &str) -> [Vec<f32>; 2] {
        let [gamma, beta, mean, variance] = self.norm(name);
        let spread = |v: &f32| (f64::from(*v) + EPSILON).sqrt();
        let scales = gamma.iter().zip(variance);
        let scales: Vec<f32> = scales.map(|(gamma, v)| (f64::from(*gamma) / spread(v)) as f32).collect();
        let shifts = beta.iter().zip(mean).zip(&scales).map(|((beta, mean), s)| beta - mean * s).collect();
        [scales, shifts]
    }

    /// A block's weight and shift with its batch norm folded in, as inference has it.
    pub fn folded(&self, name: &str) -> (Vec<f32>, Vec<f32>) {
        let [scales, shift] = self.scale_and_shift(name);
        let mut weight = self.values(&format!("{name}.weight")).to_vec();
        for row in weight.chunks_exact_mut(scales.len().max(1)) {
            row.iter_mut().zip(&scales).for_each(|(w, s)| *w *= s);
        }
        (weight, shift)
    }

    /// What gradients move, in order.
    #[cfg(test)]
    pub fn trained(&self) -> impl Iterator<Item = &Tensor> {
        self.tensors.iter().filter(|t| t.trained)
    }

    /// [`Weights::trained`], to be moved.
    pub fn trained_mut(&mut self) -> Vec<&mut [f32]> {
        self.tensors.iter_mut().filter(|t| t.trained).map(|t| t.values.as_mut_slice()).collect()
    }

    /// Moves these towards others of the same network, so that `share` of what they were is kept.
    pub fn average(&mut self, others: &Self, share: f32) {
        for (mine, other) in self.tensors.iter_mut().zip(&others.tensors) {
            mine.values.iter_mut().zip(&other.values).for_each(|(m, o)| *m = o + share * (*m - o));
        }
    }

    /// The values of a tensor, to be changed.
    pub fn values_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        self.tensors.iter_mut().find(|t| t.name == name).map(|t| t.values.as_mut_slice())
    }
}
