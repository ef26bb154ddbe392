//! From the layers of a PyTorch state dictionary to the tensors of a network.
//!
//! Layers are told by the shapes of their tensors, in the natural order of their names; what the names are does not matter, but for
//! an L-TAE ([`super::ltae_layers`]).
//! PyTorch has a convolution as `[filters, channels, kernel]` and a dense layer as `[outputs, inputs]`, and flattens channel by
//! channel; Ritmo has `[kernel * channels, filters]` and `[inputs, outputs]`, and flattens date by date. A bias before a
//! batch norm goes into the running mean, where it does the same at inference.

use super::state_dict::Named;
use crate::model::ltae::positions;
use crate::model::network::Shape;
use crate::model::pixel::branch;
use crate::model::tempcnn::block;
use crate::model::weights::Weights;
use crate::model::{ModelKind, PixelOptions, TempCnnOptions};
use std::collections::HashMap;

/// A layer of PyTorch.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Layer {
    Conv { filters: usize, channels: usize, kernel: usize, weight: Vec<f32>, bias: Option<Vec<f32>> },
    Linear { outputs: usize, inputs: usize, weight: Vec<f32>, bias: Option<Vec<f32>> },
    Norm { gamma: Vec<f32>, beta: Vec<f32>, mean: Vec<f32>, variance: Vec<f32> },
}

/// A state dictionary as a network: what its tensors tell of its shape, and its weights by Ritmo's names.
#[derive(Debug)]
pub(in crate::model) struct Recognised {
    pub kind: ModelKind,
    pub bands: usize,
    pub classes: usize,
    /// How many dates it may have been made for; more than one where pooling drops an odd one.
    pub times: Vec<usize>,
    pub(super) tensors: HashMap<String, Vec<f32>>,
    /// What it adds at each date where Ritmo adds a sinusoid, `time x 256`; of an L-TAE that another program trained.
    pub(super) positions: Option<Vec<f32>>,
}

impl Recognised {
    /// The weights for `shape`, which must be of one of the numbers of dates.
    pub fn weights(&self, shape: &Shape) -> Result<Weights, String> {
        Weights::from_named(shape, |name, dims| {
            let values = self.tensors.get(name).ok_or_else(|| format!("it lacks what becomes {name}"))?;
            let expected: usize = dims.iter().product();
            if values.len() != expected {
                return Err(format!(
                    "what becomes {name} has {} values where {expected} are needed",
                    values.len()
                ));
            }
            if values.iter().any(|v| !v.is_finite()) {
                return Err(format!("what becomes {name} holds values that are no numbers"));
            }
            let mut values = values.clone();
            // Both are added behind the layer norm, so the difference is a matter of its shift.
            if let (Some(theirs), "embed_norm.beta", ModelKind::Ltae(options)) =
                (&self.positions, name, &shape.kind)
            {
                let ours = positions(shape, options);
                values
                    .iter_mut()
                    .zip(theirs.iter().zip(ours))
                    .for_each(|(v, (theirs, ours))| *v += theirs - ours);
            }
            Ok(values)
        })
    }
}

/// Recognises a network of this kind.
///
/// # Errors
/// Which tensors do not fit, in words.
pub(in crate::model) fn recognise(tensors: &[Named], kind: &str) -> Result<Recognised, String> {
    if let Some(own) = own(tensors, kind) {
        return own;
    }
    if kind == "ltae" {
        return super::ltae_layers::ltae(tensors);
    }
    let layers = layers(tensors)?;
    match kind {
        "pixel" => pixel(&layers),
        "tempcnn" => tempcnn(&layers),
        _ => Err(format!("there is no network {kind}: there are pixel, tempcnn and ltae")),
    }
}

/// Groups tensors into layers: those whose names differ in the last part only.
pub(super) fn layers(tensors: &[Named]) -> Result<Vec<(String, Layer)>, String> {
    let mut groups: Vec<(&str, HashMap<&str, &Named>)> = Vec::new();
    for tensor in tensors {
        let (layer, what) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
        if what == "num_batches_tracked" {
            continue;
        }
        match groups.last_mut() {
            Some((name, group)) if *name == layer => drop(group.insert(what, tensor)),
            _ => groups.push((layer, HashMap::from([(what, tensor)]))),
        }
    }
    groups.into_iter().map(|(name, group)| Ok((name.to_string(), layer(name, &group)?))).collect()
}

fn layer(name: &str, group: &HashMap<&str, &Named>) -> Result<Layer, String> {
    let refuse = |why: &str| Err(format!("the layer {name} {why}"));
    let Some(weight) = group.get("weight") else { return refuse("has no weight") };
    let bias = group.get("bias").map(|b| b.values.clone());
    if bias.as_ref().is_some_and(|bias| Some(&bias.len()) != weight.dims.first()) {
        return refuse("has a bias of another length than its weight");
    }
    Ok(match *weight.dims.as_slice() {
        [filters, channels, kernel] => {
            Layer::Conv { filters, channels, kernel, weight: weight.values.clone(), bias }
        }
        [outputs, inputs] => Layer::Linear { outputs, inputs, weight: weight.values.clone(), bias },
        [channels] => {
            let running = |what: &str| group.get(what).filter(|t| t.values.len() == channels);
            let (Some(mean), Some(variance), Some(beta)) =
                (running("running_mean"), running("running_var"), bias)
            else {
                return refuse(
                    "has no running mean and variance: layer norms and the like are not known here",
                );
            };
            Layer::Norm {
                gamma: weight.values.clone(),
                beta,
                mean: mean.values.clone(),
                variance: variance.values.clone(),
            }
        }
        _ => return refuse(&format!("has a weight of {:?}, which is no convolution over time", weight.dims)),
    })
}

/// What layers a network is made of, for people.
pub(super) fn told(layers: &[(String, Layer)]) -> String {
    let words = layers.iter().map(|(name, layer)| match layer {
        Layer::Conv { filters, channels, kernel, .. } => {
            format!("{name}: convolution {channels} to {filters}, kernel {kernel}")
        }
        Layer::Linear { outputs, inputs, .. } => format!("{name}: dense {inputs} to {outputs}"),
        Layer::Norm { gamma, .. } => format!("{name}: batch norm of {}", gamma.len()),
    });
    words.collect::<Vec<_>>().join("; ")
}

#[derive(Default)]
pub(super) struct Builder {
    pub tensors: HashMap<String, Vec<f32>>,
}

impl Builder {
    pub fn norm(&mut self, name: &str, norm: &Layer, bias: Option<&[f32]>) -> Result<(), String> {
        let Layer::Norm { gamma, beta, mean, variance } = norm else {
            return Err(format!("{name} has no batch norm"));
        };
        if bias.is_some_and(|bias| bias.len() != mean.len()) {
            return Err(format!("the batch norm of {name} has another width than what is before it"));
        }
        let mean = mean.iter().enumerate().map(|(i, m)| m - bias.map_or(0.0, |bias| bias[i])).collect();
        for (what, values) in [
            ("gamma", gamma.clone()),
            ("beta", beta.clone()),
            ("running_mean", mean),
            ("running_variance", variance.clone()),
        ] {
            self.tensors.insert(format!("{name}.{what}"), values);
        }
        Ok(())
    }

    fn conv(&mut self, name: &str, conv: &Layer, norm: &Layer) -> Result<(), String> {
        let Layer::Conv { filters, channels, kernel, weight, bias } = conv else {
            return Err(format!("{name} is no convolution"));
        };
        let mut out = vec![0.0; weight.len()];
        for f in 0..*filters {
            for c in 0..*channels {
                for k in 0..*kernel {
                    out[(k * channels + c) * filters + f] = weight[(f * channels + c) * kernel + k];
                }
            }
        }
        self.tensors.insert(format!("{name}.weight"), out);
        self.norm(name, norm, bias.as_deref())
    }

    /// A dense layer behind `parts` flattened convolutions of `filters`, each channel by channel; or behind anything flat,
    /// with one part of one filter.
    pub fn dense(
        &mut self,
        name: &str,
        linear: &Layer,
        parts: usize,
        filters: usize,
    ) -> Result<Option<Vec<f32>>, String> {
        let Layer::Linear { outputs, inputs, weight, bias } = linear else {
            return Err(format!("{name} is no dense layer"));
        };
        if !inputs.is_multiple_of(parts * filters) {
            return Err(format!("{name} reads {inputs} values, which is no whole number of dates"));
        }
        let times = inputs / parts / filters;
        let mut out = vec![0.0; weight.len()];
        for o in 0..*outputs {
            for part in 0..parts {
                for f in 0..filters {
                    for t in 0..times {
                        let ours = (part * times + t) * filters + f;
                        let theirs = (part * filters + f) * times + t;
                        out[ours * outputs + o] = weight[o * inputs + theirs];
                    }
                }
            }
        }
        self.tensors.insert(format!("{name}.weight"), out);
        Ok(bias.clone())
    }

    pub fn output(&mut self, linear: &Layer) -> Result<usize, String> {
        let bias = self.dense("output", linear, 1, 1)?;
        let Layer::Linear { outputs, .. } = linear else { return Err("the output is no dense layer".into()) };
        self.tensors.insert("output.bias".into(), bias.unwrap_or_else(|| vec![0.0; *outputs]));
        Ok(*outputs)
    }
}

/// Batch norm; twice convolution, norm, convolution, norm; dense, norm, dense.
fn pixel(layers: &[(String, Layer)]) -> Result<Recognised, String> {
    let refuse = |why: &str| Err(format!("it is no pixel network: {why}. It has {}", told(layers)));
    let only: Vec<&Layer> = layers.iter().map(|(_, layer)| layer).collect();
    let &[input, c11, n11, c12, n12, c21, n21, c22, n22, dense, norm, output] = only.as_slice() else {
        return refuse("that has 12 layers with weights");
    };
    let (
        Layer::Norm { gamma, .. },
        Layer::Conv { filters, kernel: short, .. },
        Layer::Conv { kernel: long, .. },
    ) = (input, c11, c21)
    else {
        return refuse("that has a batch norm, and a convolution at the start of each branch");
    };
    let (bands, filters) = (gamma.len(), *filters);
    for (conv, channels, kernel) in
        [(c11, bands, short), (c12, filters, short), (c21, bands, long), (c22, filters, long)]
    {
        if !matches!(conv, Layer::Conv { filters: f, channels: c, kernel: k, .. } if (*f, *c, k) == (filters, channels, kernel))
        {
            return refuse("its convolutions do not follow one another");
        }
    }
    let mut builder = Builder::default();
    builder.norm("input", input, None)?;
    for (i, [first, norm1, second, norm2]) in
        [[c11, n11, c12, n12], [c21, n21, c22, n22]].into_iter().enumerate()
    {
        builder.conv(&format!("{}.block1", branch(i)), first, norm1)?;
        builder.conv(&format!("{}.block2", branch(i)), second, norm2)?;
    }
    let bias = builder.dense("dense", dense, 2, filters)?;
    builder.norm("dense", norm, bias.as_deref())?;
    let classes = builder.output(output)?;
    let Layer::Linear { outputs, inputs, .. } = dense else { return refuse("that has a dense layer") };
    if *outputs != 2 * filters {
        return refuse("its dense layer is not twice as wide as its convolutions");
    }
    let half = inputs / (2 * filters);
    let options =
        PixelOptions { filters, short_kernel: *short, long_kernel: *long, ..PixelOptions::default() };
    let times = vec![2 * half, 2 * half + 1];
    let kind = ModelKind::Pixel(options);
    Ok(Recognised { kind, bands, classes, times, tensors: builder.tensors, positions: None })
}

/// As often as there are convolutions: convolution, norm; then dense, norm, dense.
fn tempcnn(layers: &[(String, Layer)]) -> Result<Recognised, String> {
    let refuse = |why: &str| Err(format!("it is no TempCNN: {why}. It has {}", told(layers)));
    let convs = layers.len().saturating_sub(3) / 2;
    if layers.len() != 2 * convs + 3 || convs == 0 {
        return refuse("that has convolutions, each with a batch norm, then dense, batch norm, dense");
    }
    let only: Vec<&Layer> = layers.iter().map(|(_, layer)| layer).collect();
    let Layer::Conv { filters, channels: bands, kernel, .. } = only[0] else {
        return refuse("it does not begin with a convolution");
    };
    let mut builder = Builder::default();
    for i in 0..convs {
        let channels = if i == 0 { bands } else { filters };
        let conv = only[2 * i];
        if !matches!(conv, Layer::Conv { filters: f, channels: c, kernel: k, .. } if (f, c, k) == (filters, channels, kernel))
        {
            return refuse("its convolutions do not follow one another");
        }
        builder.conv(&block(i), conv, only[2 * i + 1])?;
    }
    let dense = &only[2 * convs..];
    let bias = builder.dense(&block(convs), dense[0], 1, *filters)?;
    builder.norm(&block(convs), dense[1], bias.as_deref())?;
    let classes = builder.output(dense[2])?;
    let Layer::Linear { outputs, inputs, .. } = dense[0] else { return refuse("that has a dense layer") };
    let options = TempCnnOptions {
        filters: *filters,
        kernel: *kernel,
        layers: convs,
        dense: *outputs,
        ..TempCnnOptions::default()
    };
    let times = vec![inputs / filters];
    Ok(Recognised {
        kind: ModelKind::TempCnn(options),
        bands: *bands,
        classes,
        times,
        tensors: builder.tensors,
        positions: None,
    })
}

/// Tensors by Ritmo's own names; `None` where they are not.
fn own(tensors: &[Named], kind: &str) -> Option<Result<Recognised, String>> {
    let dims = |name: &str| tensors.iter().find(|t| t.name == name).map(|t| t.dims.as_slice());
    let &[_, classes] = dims("output.weight")? else { return None };
    let (kind, bands, times) = match kind {
        "tempcnn" => {
            let layers = (0..)
                .take_while(|i| dims(&format!("{}.gamma", block(*i))).is_some())
                .count()
                .checked_sub(1)?;
            let (&[window, filters], &[flat, dense]) =
                (dims("block1.weight")?, dims(&format!("{}.weight", block(layers)))?)
            else {
                return None;
            };
            // The kernel of the later convolutions tells; of a single one the bands cannot be told from the kernel.
            let &[later, _] = dims("block2.weight").filter(|_| layers > 1)? else { return None };
            let kernel = later.checked_div(filters)?;
            let options = TempCnnOptions { filters, kernel, layers, dense, ..TempCnnOptions::default() };
            (ModelKind::TempCnn(options), window.checked_div(kernel)?, vec![flat.checked_div(filters)?])
        }
        "pixel" => {
            let (&[bands], &[window, filters], &[long, _], &[flat, _]) = (
                dims("input.gamma")?,
                dims("branch1.block1.weight")?,
                dims("branch2.block1.weight")?,
                dims("dense.weight")?,
            ) else {
                return None;
            };
            let (short_kernel, long_kernel) = (window.checked_div(bands)?, long.checked_div(bands)?);
            let options = PixelOptions { filters, short_kernel, long_kernel, ..PixelOptions::default() };
            let half = flat.checked_div(2 * filters)?;
            (ModelKind::Pixel(options), bands, vec![2 * half, 2 * half + 1])
        }
        "ltae" => {
            let (&[heads, key], &[bands, _], &[times, _]) =
                (dims("query")?, dims("encoder1.weight")?, dims("embed_norm.gamma")?)
            else {
                return None;
            };
            let options = crate::model::LtaeOptions { heads, key, ..Default::default() };
            (ModelKind::Ltae(options), bands, vec![times])
        }
        _ => return None,
    };
    let tensors = tensors.iter().map(|t| (t.name.clone(), t.values.clone())).collect();
    Some(Ok(Recognised { kind, bands, classes, times, tensors, positions: None }))
}
