//! TempCNN as a definition: the network in candle's tensors, its gradients by candle's automatic differentiation.
//!
//! What the program runs is the fast path: `engine`, `tempcnn` and `backprop`, written by hand. This file says in few lines
//! what they compute, and the tests below hold them to it: logits, loss and every gradient. It is also the place to try a
//! change of the network first: change it here, see whether it learns, and only then write it by hand.
//!
//! A convolution is an unfold (`index_select` on the padded time axis) and a product, because candle 0.11.1 gets the
//! gradients of its `conv1d` wrong on the CPU. Dropout is left out: it is a draw, not a definition.

use super::backprop::{Batch, step};
use super::tempcnn::{EPSILON, Shape, Weights};
use super::{Model, ModelError};
use candle_core::{D, DType, Device, Result, Tensor, Var};

/// Which statistics batch norm works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Those of the batch.
    Training,
    /// Those that training left behind.
    Evaluation,
}

/// The definition of TempCNN (Pelletier et al. 2019, 10.3390/rs11050523) with the weights of a model: what the fast path
/// must agree with, and where a change of the network is tried first. It is right, not fast: nothing in the program runs it.
pub struct Definition {
    shape: Shape,
    /// By the name they are saved under, in the order of [`Weights::named`].
    weights: Vec<(String, Var)>,
}

/// Loss and gradients of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// Mean cross entropy.
    pub loss: f64,
    /// By each trained tensor: weight, gamma and beta of each block; weight and bias of the output.
    pub by_weights: Vec<Vec<f32>>,
}

impl Definition {
    /// The definition with the weights of `model`, in 32 bits.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when candle refuses the tensors.
    pub fn of(model: &Model) -> std::result::Result<Self, ModelError> {
        Self::new(&model.card.shape(), &model.weights, DType::F32).map_err(failed)
    }

    fn new(shape: &Shape, weights: &Weights, dtype: DType) -> Result<Self> {
        let variable = |(name, dims, values): (String, Vec<usize>, &[f32])| {
            let tensor = Tensor::from_slice(values, dims, &Device::Cpu)?.to_dtype(dtype)?;
            Ok((name, Var::from_tensor(&tensor)?))
        };
        let weights = weights.named(shape).into_iter().map(variable).collect::<Result<_>>()?;
        Ok(Self { shape: shape.clone(), weights })
    }

    /// Logits `sample x class` of normalised series `sample x time x band` without gaps, in evaluation mode.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the length does not fit or candle fails.
    pub fn logits(&self, series: &[f32]) -> std::result::Result<Vec<f32>, ModelError> {
        check(&self.shape, series, None)?;
        let logits = self.input(series).and_then(|series| self.forward(&series, Mode::Evaluation));
        logits.and_then(|logits| floats(&logits)).map_err(failed)
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
        self.differentiate(series, classes, label_smoothing).map_err(failed)
    }

    fn differentiate(&self, series: &[f32], classes: &[usize], label_smoothing: f64) -> Result<Gradients> {
        let loss = self.loss(series, classes, label_smoothing)?;
        let gradients = loss.backward()?;
        let trained = self.weights.iter().filter(|(name, _)| !name.contains("running"));
        let by_weights = trained.map(|(name, variable)| match gradients.get(variable) {
            Some(gradient) => floats(gradient),
            None => candle_core::bail!("the loss does not depend on {name}"),
        });
        Ok(Gradients {
            loss: loss.to_dtype(DType::F64)?.to_scalar()?,
            by_weights: by_weights.collect::<Result<_>>()?,
        })
    }

    /// Cross entropy with label smoothing (Szegedy et al. 2016), the mean over the batch.
    fn loss(&self, series: &[f32], classes: &[usize], label_smoothing: f64) -> Result<Tensor> {
        let logits = self.forward(&self.input(series)?, Mode::Training)?;
        let below_top = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?;
        let log_sum = below_top.exp()?.sum_keepdim(D::Minus1)?.log()?;
        let log_probabilities = below_top.broadcast_sub(&log_sum)?;
        let spread = label_smoothing / self.shape.classes as f64;
        let target = |class: &usize| {
            let class = *class;
            (0..self.shape.classes)
                .map(move |k| spread + if k == class { 1.0 - label_smoothing } else { 0.0 })
        };
        let targets: Vec<f64> = classes.iter().flat_map(target).collect();
        let targets = Tensor::from_vec(targets, logits.dims(), &Device::Cpu)?.to_dtype(logits.dtype())?;
        (log_probabilities * targets)?.sum_all()? * (-1.0 / classes.len() as f64)
    }

    /// The network: logits of series `sample x time x band`.
    fn forward(&self, series: &Tensor, mode: Mode) -> Result<Tensor> {
        let (samples, times, _) = series.dims3()?;
        let options = &self.shape.options;
        let mut x = series.clone();
        for block in 1..=options.layers {
            let z =
                unfold(&x, options.kernel)?.matmul(&self.weight(&format!("block{block}.weight"), mode)?)?;
            x = self.normalise(&z, block, mode)?.relu()?.reshape((samples, times, options.filters))?;
        }
        let dense = options.layers + 1;
        let flat = x.reshape((samples, times * options.filters))?;
        let z = flat.matmul(&self.weight(&format!("block{dense}.weight"), mode)?)?;
        let x = self.normalise(&z, dense, mode)?.relu()?;
        x.matmul(&self.weight("output.weight", mode)?)?.broadcast_add(&self.weight("output.bias", mode)?)
    }

    /// Batch norm (Ioffe and Szegedy 2015) of `row x filter`.
    fn normalise(&self, z: &Tensor, block: usize, mode: Mode) -> Result<Tensor> {
        let weight = |what: &str| self.weight(&format!("block{block}.{what}"), mode);
        let mean = if mode == Mode::Training { z.mean(0)? } else { weight("running_mean")? };
        let centred = z.broadcast_sub(&mean)?;
        let variance =
            if mode == Mode::Training { centred.sqr()?.mean(0)? } else { weight("running_variance")? };
        let deviation = (variance + EPSILON)?.sqrt()?;
        centred.broadcast_div(&deviation)?.broadcast_mul(&weight("gamma")?)?.broadcast_add(&weight("beta")?)
    }

    /// A weight by its name; in evaluation without the memory that gradients need.
    fn weight(&self, name: &str, mode: Mode) -> Result<Tensor> {
        let Some((_, variable)) = self.weights.iter().find(|(n, _)| n == name) else {
            candle_core::bail!("there is no weight {name}")
        };
        Ok(if mode == Mode::Training { variable.as_tensor().clone() } else { variable.as_detached_tensor() })
    }

    fn input(&self, series: &[f32]) -> Result<Tensor> {
        let Shape { times, bands, .. } = self.shape;
        let dtype = self.weight("output.bias", Mode::Evaluation)?.dtype();
        Tensor::from_slice(series, (series.len() / (times * bands), times, bands), &Device::Cpu)?
            .to_dtype(dtype)
    }
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
    ModelError::Engine { doing: "ran the definition of TempCNN", why: error.to_string() }
}

/// Checks that there is at least one whole series and a known class for each.
fn check(shape: &Shape, series: &[f32], classes: Option<&[usize]>) -> std::result::Result<(), ModelError> {
    let each = shape.times * shape.bands;
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
        Ok(self.network.logits(series))
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
        let step = step(&shape, &self.weights, &Batch { series, classes, label_smoothing, dropout: None });
        Ok(Gradients { loss: step.loss, by_weights: step.gradients })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tempcnn::TempCnn;
    use super::super::testing::{Reference, classes, series, shape, weights};
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
            let got = TempCnn::new(&shape, &weights).logits(&x);
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
            let batch = Batch { series: &x, classes: &y, label_smoothing: 0.1, dropout: None };
            let got = step(&shape, &weights, &batch);
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
    fn every_gradient_of_the_definition_is_the_finite_difference_of_its_loss() {
        let shape = shape(3, 2, 3, 3, 2);
        let (x, y) = (series(&shape, 6), classes(&shape, 6));
        let definition = Definition::new(&shape, &weights(&shape), DType::F64).unwrap();
        let gradients = definition.gradients(&x, &y, 0.1).unwrap().by_weights;
        let trained = definition.weights.iter().filter(|(name, _)| !name.contains("running"));
        let mut compared = 0;
        for ((name, variable), gradient) in trained.zip(&gradients) {
            let start: Vec<f64> = variable.flatten_all().unwrap().to_vec1().unwrap();
            assert_eq!(start.len(), gradient.len(), "{name}");
            let set = |values: Vec<f64>| {
                variable.set(&Tensor::from_vec(values, variable.dims(), &Device::Cpu).unwrap()).unwrap();
            };
            for (i, got) in gradient.iter().enumerate() {
                let h = 1e-5;
                let loss_at = |by: f64| -> f64 {
                    let mut moved = start.clone();
                    moved[i] += by;
                    set(moved);
                    definition.loss(&x, &y, 0.1).unwrap().to_scalar().unwrap()
                };
                let expected = (loss_at(h) - loss_at(-h)) / (2.0 * h);
                assert!((f64::from(*got) - expected).abs() < 1e-6, "{name}[{i}]: {got} but {expected}");
                compared += 1;
            }
            set(start);
        }
        assert_eq!(compared, 2 * 3 * 5 + 10 + 3 * 5 * 5 + 10 + 3 * 5 * 7 + 14 + 7 * 3 + 3);
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
        let trained = definition.weights.iter().filter(|(name, _)| !name.contains("running"));
        for ((name, _), gradient) in trained.zip(&by_weights) {
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
