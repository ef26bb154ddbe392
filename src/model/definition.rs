//! Networks as definitions: in candle's tensors, with gradients by candle's automatic differentiation.
//!
//! Each network's file says in few lines what it is (`define`), on the [`Tape`] of this file. The fast path, written by
//! hand, is held to it in logits, loss and every gradient. It is also the place to try a network first: a definition gives
//! logits and training steps by itself, only slower.
//!
//! A convolution is an unfold (`index_select` on the padded time axis) and a product, because candle 0.11.1 gets the
//! gradients of its `conv1d` wrong on the CPU; layer norm and softmax are written out for the same reason.

use super::network::{Batch, Input, Shape, Statistics, Step, targets};
use super::tempcnn::EPSILON;
use super::weights::Weights;
use super::{Model, ModelError};
use candle_core::{D, DType, Device, Result, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;

/// Which statistics batch norm works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Those of the batch.
    Training,
    /// Those that training left behind.
    Evaluation,
}

/// What a definition is written on: the weights by name, and the layers that networks share.
pub(super) struct Tape<'a> {
    weights: &'a [(String, Var)],
    mode: Mode,
    /// What dropout is drawn from, in training only.
    dice: RefCell<Option<ChaCha8Rng>>,
    statistics: RefCell<Vec<Statistics>>,
}

impl Tape<'_> {
    /// A weight by its name; in evaluation without the memory that gradients need.
    pub fn weight(&self, name: &str) -> Result<Tensor> {
        let Some((_, variable)) = self.weights.iter().find(|(n, _)| n == name) else {
            candle_core::bail!("there is no weight {name}")
        };
        let training = self.mode == Mode::Training;
        Ok(if training { variable.as_tensor().clone() } else { variable.as_detached_tensor() })
    }

    /// Numbers that are the same for every series.
    pub fn constant(&self, values: &[f32], dims: &[usize]) -> Result<Tensor> {
        let dtype = self.weights.first().map_or(DType::F32, |(_, v)| v.dtype());
        Tensor::from_slice(values, dims, &Device::Cpu)?.to_dtype(dtype)
    }

    /// Batch norm (Ioffe and Szegedy 2015) of `row x channel`.
    pub fn batch_norm(&self, z: &Tensor, name: &str) -> Result<Tensor> {
        let weight = |what: &str| self.weight(&format!("{name}.{what}"));
        let (mean, variance) = if self.mode == Mode::Training {
            let mean = z.mean(0)?;
            let variance = z.broadcast_sub(&mean)?.sqr()?.mean(0)?;
            let rows = z.dim(0)? as f64;
            // A single row has no spread: zero, not NaN.
            let unbiased = (&variance * (rows / (rows - 1.0).max(1.0)))?;
            self.statistics.borrow_mut().push(Statistics {
                name: name.into(),
                mean: floats(&mean)?,
                variance: floats(&unbiased)?,
            });
            (mean, variance)
        } else {
            (weight("running_mean")?, weight("running_variance")?)
        };
        let centred = z.broadcast_sub(&mean)?;
        let deviation = (variance + EPSILON)?.sqrt()?;
        centred.broadcast_div(&deviation)?.broadcast_mul(&weight("gamma")?)?.broadcast_add(&weight("beta")?)
    }

    /// Layer norm (Ba et al. 2016) of each row of `row x value`.
    pub fn layer_norm(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let weight = |what: &str| self.weight(&format!("{name}.{what}"))?.flatten_all();
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + EPSILON)?.sqrt()?;
        centred.broadcast_div(&deviation)?.broadcast_mul(&weight("gamma")?)?.broadcast_add(&weight("beta")?)
    }

    /// A product with bias of `row x value`.
    pub fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let weight = self.weight(&format!("{name}.weight"))?;
        x.matmul(&weight)?.broadcast_add(&self.weight(&format!("{name}.bias"))?)
    }

    /// Product, batch norm, ReLU of `row x value`.
    pub fn block(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        self.batch_norm(&x.matmul(&self.weight(&format!("{name}.weight"))?)?, name)?.relu()
    }

    /// Drops a share of the values, where a training step says what it is drawn from.
    pub fn dropout(&self, x: &Tensor, share: f32) -> Result<Tensor> {
        let mut dice = self.dice.borrow_mut();
        let Some(dice) = dice.as_mut().filter(|_| share > 0.0) else { return Ok(x.clone()) };
        let scale = 1.0 / (1.0 - share);
        let limit = (f64::from(share) * f64::from(u32::MAX)) as u32;
        let mask: Vec<f32> =
            (0..x.elem_count()).map(|_| if dice.next_u32() < limit { 0.0 } else { scale }).collect();
        x * self.constant(&mask, x.dims())?
    }
}

/// A convolution over time with the same padding and the batch norm behind it, of `sample x time x channel`.
pub(super) fn convolution(tape: &Tape, x: &Tensor, name: &str, kernel: usize) -> Result<Tensor> {
    let (samples, times, _) = x.dims3()?;
    let z = unfold(x, kernel)?.matmul(&tape.weight(&format!("{name}.weight"))?)?;
    let filters = z.dim(1)?;
    tape.batch_norm(&z, name)?.reshape((samples, times, filters))
}

/// `sample x time x channel` as `sample x time * channel`.
pub(super) fn flat(x: &Tensor) -> Result<Tensor> {
    let (samples, times, channels) = x.dims3()?;
    x.reshape((samples, times * channels))
}

/// The definition of a network with the weights of a model: what the fast path must agree with, and where a network is
/// tried first. It is right, not fast.
pub struct Definition {
    shape: Shape,
    /// By the name they are saved under, in the order of the layout.
    weights: Vec<(String, Var)>,
}

/// Loss and gradients of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Mean cross entropy.
    pub loss: f64,
    /// By each trained tensor, in the order of the network's layout.
    pub by_weights: Vec<Vec<f32>>,
}

impl Definition {
    /// The definition with the weights of `model`, in 32 bits.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle refuses the tensors.
    pub fn of(model: &Model) -> std::result::Result<Self, ModelError> {
        Self::new(&model.card.shape(), &model.weights, DType::F32)
    }

    pub(super) fn new(
        shape: &Shape,
        weights: &Weights,
        dtype: DType,
    ) -> std::result::Result<Self, ModelError> {
        let variable = |tensor: &super::weights::Tensor| {
            let values =
                Tensor::from_slice(&tensor.values, tensor.dims.as_slice(), &Device::Cpu)?.to_dtype(dtype)?;
            Ok((tensor.name.clone(), Var::from_tensor(&values)?))
        };
        let weights: Result<_> = weights.tensors.iter().map(variable).collect();
        Ok(Self { shape: shape.clone(), weights: weights.map_err(failed)? })
    }

    /// Logits `sample x class` of normalised series `sample x time x band` without gaps, in evaluation mode.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the length does not fit or candle fails.
    pub fn logits(&self, series: &[f32]) -> std::result::Result<Vec<f32>, ModelError> {
        check(&self.shape, series, None)?;
        self.evaluate(Input::whole(series))
    }

    /// Loss and gradients of normalised series and the index of the class of each, in training mode without dropout.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the lengths do not fit, a class is unknown, or candle fails.
    pub fn gradients(
        &self,
        series: &[f32],
        classes: &[usize],
        label_smoothing: f64,
    ) -> std::result::Result<Gradients, ModelError> {
        check(&self.shape, series, Some(classes))?;
        let targets = targets(classes, self.shape.classes, label_smoothing);
        let step = self.step(&Batch { input: Input::whole(series), targets: &targets, dropout: None })?;
        Ok(Gradients { loss: step.loss, by_weights: step.gradients })
    }

    /// A training step.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle fails.
    pub(super) fn step(&self, batch: &Batch) -> std::result::Result<Step, ModelError> {
        self.differentiate(batch).map_err(failed)
    }

    fn differentiate(&self, batch: &Batch) -> Result<Step> {
        let dice = batch.dropout.map(|(seed, step)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(step);
            rng
        });
        let (logits, statistics) = self.forward(batch.input, Mode::Training, dice)?;
        self.gradients_of(&cross_entropy(&logits, batch.targets)?, statistics)
    }

    /// A training step of a network that reads something else than series: `forward` gives logits, `row x class`, for
    /// `targets` of the same shape; rows of zeros count for nothing.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle fails.
    pub(super) fn step_of(
        &self,
        targets: &[f32],
        forward: impl FnOnce(&Tape) -> Result<Tensor>,
    ) -> std::result::Result<Step, ModelError> {
        let of = || {
            let tape = self.tape(Mode::Training, None);
            let loss = cross_entropy(&forward(&tape)?, targets)?;
            self.gradients_of(&loss, tape.statistics.into_inner())
        };
        of().map_err(failed)
    }

    /// What `forward` gives in evaluation mode.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle fails.
    pub(super) fn evaluate_of(
        &self,
        forward: impl FnOnce(&Tape) -> Result<Tensor>,
    ) -> std::result::Result<Vec<f32>, ModelError> {
        forward(&self.tape(Mode::Evaluation, None)).and_then(|logits| floats(&logits)).map_err(failed)
    }

    fn tape(&self, mode: Mode, dice: Option<ChaCha8Rng>) -> Tape<'_> {
        Tape { weights: &self.weights, mode, dice: RefCell::new(dice), statistics: RefCell::default() }
    }

    fn gradients_of(&self, loss: &Tensor, statistics: Vec<Statistics>) -> Result<Step> {
        let gradients = loss.backward()?;
        let by_weights = self.trained().map(|(name, variable)| match gradients.get(variable) {
            Some(gradient) => floats(gradient),
            None => candle_core::bail!("the loss does not depend on {name}"),
        });
        let gradients = by_weights.collect::<Result<_>>()?;
        Ok(Step { loss: loss.to_dtype(DType::F64)?.to_scalar()?, gradients, statistics })
    }

    /// The weights that gradients move.
    fn trained(&self) -> impl Iterator<Item = &(String, Var)> {
        self.weights.iter().filter(|(name, _)| !name.contains("running"))
    }

    /// Logits `sample x class` of at least one sample, in evaluation mode.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle fails.
    pub(super) fn evaluate(&self, input: Input) -> std::result::Result<Vec<f32>, ModelError> {
        let logits = self.forward(input, Mode::Evaluation, None);
        logits.and_then(|(logits, _)| floats(&logits)).map_err(failed)
    }

    fn forward(
        &self,
        input: Input,
        mode: Mode,
        dice: Option<ChaCha8Rng>,
    ) -> Result<(Tensor, Vec<Statistics>)> {
        let Shape { times, bands, .. } = self.shape;
        let tape = self.tape(mode, dice);
        let samples = input.series.len() / (times * bands);
        let series = tape.constant(input.series, &[samples, times, bands])?;
        let missing: Option<Vec<f32>> =
            input.missing.map(|dates| dates.iter().map(|gap| f32::from(u8::from(*gap))).collect());
        let missing = missing.map(|dates| tape.constant(&dates, &[samples, times])).transpose()?;
        let logits = self.shape.define(&tape, &series, missing.as_ref())?;
        Ok((logits, tape.statistics.into_inner()))
    }
}

/// Cross entropy of logits, `row x class`, with targets of the same shape: the mean by weight.
fn cross_entropy(logits: &Tensor, targets: &[f32]) -> Result<Tensor> {
    let below_top = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?;
    let log_sum = below_top.exp()?.sum_keepdim(D::Minus1)?.log()?;
    let log_probabilities = below_top.broadcast_sub(&log_sum)?;
    let weight: f64 = targets.iter().map(|t| f64::from(*t)).sum();
    let targets = Tensor::from_slice(targets, logits.dims(), &Device::Cpu)?.to_dtype(logits.dtype())?;
    (log_probabilities * targets)?.sum_all()? * (-1.0 / weight)
}

/// The windows of `kernel` steps around each step of `sample x time x channel`, zeros beyond the ends:
/// `sample * time x kernel * channel`.
fn unfold(x: &Tensor, kernel: usize) -> Result<Tensor> {
    let (samples, times, channels) = x.dims3()?;
    let steps: Vec<u32> = (0..times).flat_map(|t| t..t + kernel).map(|t| t as u32).collect();
    let steps = Tensor::new(steps, x.device())?;
    let padded = x.pad_with_zeros(1, kernel / 2, kernel / 2)?;
    padded.index_select(&steps, 1)?.reshape((samples * times, kernel * channels))
}

fn floats(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()
}

fn failed(error: candle_core::Error) -> ModelError {
    ModelError::Engine { doing: "ran the definition of a network", why: error.to_string() }
}

/// Checks that there is at least one whole series and a known class for each.
fn check(shape: &Shape, series: &[f32], classes: Option<&[usize]>) -> std::result::Result<(), ModelError> {
    let each = shape.values();
    let refuse = |why| Err(ModelError::Engine { doing: "took in series", why });
    if series.is_empty() || !series.len().is_multiple_of(each) {
        return refuse(format!("{} values are not whole series of {each}", series.len()));
    }
    let Some(classes) = classes else { return Ok(()) };
    if classes.len() != series.len() / each {
        return refuse(format!("{} series come with {} classes", series.len() / each, classes.len()));
    }
    match classes.iter().find(|class| **class >= shape.classes) {
        Some(class) => refuse(format!("class {class} is none of the {}", shape.classes)),
        None => Ok(()),
    }
}

/// What [`Definition`] is asked, asked of the fast path.
impl Model {
    /// [`Definition::logits`] by the fast path, on this thread.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the length does not fit.
    pub fn logits(&self, series: &[f32]) -> std::result::Result<Vec<f32>, ModelError> {
        check(&self.card.shape(), series, None)?;
        Ok(self.network.logits(Input::whole(series)))
    }

    /// [`Definition::gradients`] by the fast path, on all threads of the pool it is called in.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the lengths do not fit or a class is unknown.
    pub fn gradients(
        &self,
        series: &[f32],
        classes: &[usize],
        label_smoothing: f64,
    ) -> std::result::Result<Gradients, ModelError> {
        let shape = self.card.shape();
        check(&shape, series, Some(classes))?;
        let targets = targets(classes, shape.classes, label_smoothing);
        let batch = Batch { input: Input::whole(series), targets: &targets, dropout: None };
        let mut trainer = shape.trainer();
        let step = trainer.step(&self.weights, &batch);
        Ok(Gradients { loss: step.loss, by_weights: step.gradients.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Reference, classes, series, shape, shape_of, weights};
    use super::super::{LtaeOptions, ModelKind, PixelOptions, TempCnnOptions};
    use super::*;

    const DTYPES: [DType; 2] = [DType::F32, DType::F64];

    /// Dates, bands, kernel, layers.
    const SHAPES: [(usize, usize, usize, usize); 8] = [
        (1, 3, 3, 1),
        (1, 3, 5, 3),
        (6, 3, 3, 2),
        (6, 1, 5, 1),
        (6, 3, 5, 3),
        (12, 10, 3, 3),
        (12, 10, 5, 2),
        (4, 2, 1, 2),
    ];

    /// Largest difference as a share of the largest expected value.
    fn off(got: &[f32], expected: &[f32]) -> f32 {
        assert_eq!(got.len(), expected.len());
        let largest = expected.iter().fold(0.0f32, |a, v| a.max(v.abs()));
        assert!(largest > 0.0, "there is something to compare");
        got.iter().zip(expected).fold(0.0f32, |a, (g, e)| a.max((g - e).abs())) / largest
    }

    #[test]
    fn the_fast_path_classifies_as_the_definition_does() {
        for (times, bands, kernel, layers) in SHAPES {
            let shape = shape(times, bands, 4, kernel, layers);
            let weights = weights(&shape);
            let x = series(&shape, 70);
            let got = shape.ready(&weights).logits(Input::whole(&x));
            for dtype in DTYPES {
                let expected = Definition::new(&shape, &weights, dtype).unwrap().logits(&x).unwrap();
                assert_eq!(got.len(), expected.len());
                for (g, e) in got.iter().zip(&expected) {
                    assert!((g - e).abs() < 1e-4, "{shape:?} {dtype:?}: {g} but {e}");
                }
            }
        }
    }

    #[test]
    fn the_fast_path_learns_as_the_definition_does() {
        for (times, bands, kernel, layers) in SHAPES {
            let shape = shape(times, bands, 4, kernel, layers);
            let weights = weights(&shape);
            let (x, y) = (series(&shape, 37), classes(&shape, 37));
            let targets = targets(&y, shape.classes, 0.1);
            let batch = Batch { input: Input::whole(&x), targets: &targets, dropout: None };
            let got = shape.trainer().step(&weights, &batch).clone();
            for dtype in DTYPES {
                let definition = Definition::new(&shape, &weights, dtype).unwrap();
                let expected = definition.gradients(&x, &y, 0.1).unwrap();
                let loss_off = (got.loss - expected.loss).abs() / expected.loss;
                assert!(loss_off < 1e-4, "{shape:?} {dtype:?}: loss {} but {}", got.loss, expected.loss);
                assert_eq!(got.gradients.len(), expected.by_weights.len());
                for (p, (g, e)) in got.gradients.iter().zip(&expected.by_weights).enumerate() {
                    assert!(off(g, e) < 1e-4, "{shape:?} {dtype:?}: parameter {p} is off by {}", off(g, e));
                }
            }
        }
    }

    #[test]
    fn convolutions_by_points_classify_and_learn_as_the_definition_does() {
        // Dates that fill tiles or not, and all kernels: those of 1 are direct, and those of 9 on short series.
        for (times, kernel, samples) in [
            (3, 5, 40),
            (5, 3, 41),
            (12, 5, 70),
            (12, 9, 20),
            (13, 7, 37),
            (23, 1, 5),
            (23, 9, 19),
            (366, 5, 3),
        ] {
            let options = TempCnnOptions { filters: 48, kernel, dense: 20, ..TempCnnOptions::default() };
            let shape = shape_of(ModelKind::TempCnn(options), times, 10, 4);
            let weights = weights(&shape);
            let (x, y) = (series(&shape, samples), classes(&shape, samples));
            let targets = targets(&y, shape.classes, 0.1);
            let definition = Definition::new(&shape, &weights, DType::F64).unwrap();
            let expected = definition.logits(&x).unwrap();
            let got = shape.ready(&weights).logits(Input::whole(&x));
            for (g, e) in got.iter().zip(&expected) {
                assert!((g - e).abs() < 1e-4, "{times} dates, kernel {kernel}: {g} but {e}");
            }
            let batch = Batch { input: Input::whole(&x), targets: &targets, dropout: None };
            let got = shape.trainer().step(&weights, &batch).clone();
            let expected = definition.gradients(&x, &y, 0.1).unwrap();
            for (p, (g, e)) in got.gradients.iter().zip(&expected.by_weights).enumerate() {
                let off = off(g, e);
                assert!(off < 1e-4, "{times} dates, kernel {kernel}: parameter {p} is off by {off}");
            }
        }
    }

    #[test]
    fn every_gradient_of_every_definition_is_the_finite_difference_of_its_loss() {
        let pixel = PixelOptions { filters: 3, ..PixelOptions::default() };
        let ltae = LtaeOptions { heads: 2, key: 3, ..LtaeOptions::default() };
        for shape in [
            shape(3, 2, 3, 3, 2),
            shape_of(ModelKind::Pixel(pixel), 5, 2, 3),
            shape_of(ModelKind::Ltae(ltae), 3, 2, 3),
        ] {
            let (x, y) = (series(&shape, 6), classes(&shape, 6));
            let missing: Vec<bool> = (0..6 * shape.times).map(|i| i % 7 == 2).collect();
            let targets = targets(&y, shape.classes, 0.1);
            let masked = matches!(shape.kind, ModelKind::Ltae(_));
            let input = Input { series: &x, missing: masked.then_some(missing.as_slice()) };
            let batch = Batch { input, targets: &targets, dropout: None };
            let definition = Definition::new(&shape, &weights(&shape), DType::F64).unwrap();
            let gradients = definition.step(&batch).unwrap().gradients;
            for ((name, variable), gradient) in definition.trained().zip(&gradients) {
                let start: Vec<f64> = variable.flatten_all().unwrap().to_vec1().unwrap();
                assert_eq!(start.len(), gradient.len(), "{name}");
                let set = |values: Vec<f64>| {
                    variable.set(&Tensor::from_vec(values, variable.dims(), &Device::Cpu).unwrap()).unwrap();
                };
                // All of the small tensors, some of the large ones.
                for i in (0..start.len()).step_by(start.len() / 40 + 1) {
                    let h = 1e-6;
                    let loss_at = |by: f64| -> f64 {
                        let mut moved = start.clone();
                        moved[i] += by;
                        set(moved);
                        definition.step(&batch).unwrap().loss
                    };
                    let expected = (loss_at(h) - loss_at(-h)) / (2.0 * h);
                    let (got, name) = (f64::from(gradient[i]), format!("{} {name}[{i}]", shape.kind.name()));
                    assert!((got - expected).abs() < 2e-6, "{name}: {got} but {expected}");
                }
                set(start);
            }
        }
    }

    #[test]
    fn pytorch_says_the_same_of_the_definition() {
        let reference = Reference::load();
        let definition = Definition::new(&reference.shape, &reference.weights("start."), DType::F64).unwrap();
        let (x, y) = (reference.floats("x"), reference.classes());
        let close = |what: &str, got: &[f32], expected: &[f32]| {
            assert_eq!(got.len(), expected.len(), "{what}");
            for (i, (g, e)) in got.iter().zip(expected).enumerate() {
                assert!((g - e).abs() < 1e-5, "{what}[{i}]: {g}, PyTorch has {e}");
            }
        };
        close("logits", &definition.logits(&x).unwrap(), &reference.floats("logits"));
        let Gradients { loss, by_weights } = definition.gradients(&x, &y, 0.05).unwrap();
        close("loss", &[loss as f32], &reference.floats("losses")[..1]);
        for ((name, _), gradient) in definition.trained().zip(&by_weights) {
            close(name, gradient, &reference.floats(&format!("gradient.{name}")));
        }
    }

    #[test]
    fn series_and_classes_that_do_not_fit_are_refused() {
        let shape = shape(3, 2, 3, 3, 1);
        let definition = Definition::new(&shape, &weights(&shape), DType::F32).unwrap();
        let x = series(&shape, 2);
        assert!(definition.logits(&[]).is_err());
        assert!(definition.logits(&x[1..]).is_err());
        assert!(definition.gradients(&x, &[0], 0.0).is_err());
        assert!(definition.gradients(&x, &[0, 3], 0.0).is_err());
        assert!(definition.gradients(&x, &[0, 2], 0.0).is_ok());
    }
}
