//! Networks as ONNX graphs: the same layers as in each network's `define`, in evaluation, from the same weights.

use super::proto::*;
use crate::model::ltae::{DECODER, ENCODER, MODEL, positions};
use crate::model::network::Shape;
use crate::model::pixel::branch;
use crate::model::tempcnn::{EPSILON, block};
use crate::model::weights::Weights;
use crate::model::{LtaeOptions, ModelKind, PixelOptions, TempCnnOptions};
use crate::samples::Normalisation;

/// A graph under construction. Values are known by their names.
pub struct Graph<'a> {
    shape: &'a Shape,
    weights: &'a Weights,
    nodes: Vec<NodeProto>,
    tensors: Vec<TensorProto>,
}

/// The input that says which dates were gaps.
pub const MISSING: &str = "missing";

/// The graph from raw `series`, `batch x band x time`, to `logits` and `probabilities`, `batch x class`. A network that looks
/// past gaps has a second input, `missing`, `batch x time`: true for a date that was a gap. It may be left out: its initial
/// value, one row for all of the batch, says that there is none. `None` for a network that reads no series.
pub fn graph(shape: &Shape, weights: &Weights, normalisation: &Normalisation) -> Option<GraphProto> {
    let mut graph = Graph { shape, weights, nodes: Vec::new(), tensors: Vec::new() };
    let series = graph.normalised(normalisation);
    let (last, weight, bias) = match &shape.kind {
        ModelKind::TempCnn(options) => graph.tempcnn(options, series),
        ModelKind::Pixel(options) => graph.pixel(options, series),
        ModelKind::Ltae(options) => graph.ltae(options, series),
        ModelKind::UNet(_) => return None,
    };
    let mut input = vec![sized(FLOAT, "series", "batch", &[shape.bands, shape.times])];
    if masks_gaps(&shape.kind) {
        graph.tensor(MISSING, &[1, shape.times], BOOL, vec![0; shape.times]);
        // A size of its own: one row does for a batch.
        input.push(sized(BOOL, MISSING, "missing_batch", &[shape.times]));
    }
    let product = graph.node("MatMul", &[&last, &weight], vec![]);
    graph.named("Add", &[&product, &bias], "logits", vec![]);
    graph.named("Softmax", &["logits"], "probabilities", vec![int("axis", 1)]);
    let output = |name| sized(FLOAT, name, "batch", &[shape.classes]);
    Some(GraphProto {
        node: graph.nodes,
        name: shape.kind.name().into(),
        initializer: graph.tensors,
        input,
        output: vec![output("logits"), output("probabilities")],
    })
}

/// Whether the network takes which dates were gaps.
pub fn masks_gaps(kind: &ModelKind) -> bool {
    matches!(kind, ModelKind::Ltae(options) if options.mask_gaps)
}

/// An input or output whose first size is free.
fn sized(element: i32, name: &str, free: &str, sizes: &[usize]) -> ValueInfo {
    let free = Dimension { value: None, name: Some(free.into()) };
    let sizes = sizes.iter().map(|size| Dimension { value: Some(*size as i64), name: None });
    let shape = TensorShape { dim: std::iter::once(free).chain(sizes).collect() };
    let tensor = TensorType { element, shape: Some(shape) };
    ValueInfo { name: name.into(), kind: Some(TypeProto { tensor: Some(tensor) }) }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, kind: ATTRIBUTE_INT, ..AttributeProto::default() }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: ints.into(), kind: ATTRIBUTE_INTS, ..AttributeProto::default() }
}

fn epsilon() -> AttributeProto {
    let f = EPSILON as f32;
    AttributeProto { name: "epsilon".into(), f, kind: ATTRIBUTE_FLOAT, ..AttributeProto::default() }
}

impl Graph<'_> {
    /// A node whose output gets this name.
    fn named(&mut self, op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|name| name.to_string()).collect(),
            output: vec![output.into()],
            name: format!("make_{output}"),
            op_type: op.into(),
            attribute,
        });
    }

    /// A node; gives the name of its output.
    fn node(&mut self, op: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> String {
        let output = format!("{}_{}", op.to_lowercase(), self.nodes.len());
        self.named(op, inputs, &output, attribute);
        output
    }

    fn constant(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(name, dims, FLOAT, raw_data)
    }

    fn whole(&mut self, values: &[i64]) -> String {
        let name = format!("sizes_{}", self.tensors.len());
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(&name, &[values.len()], INT64, raw_data)
    }

    fn tensor(&mut self, name: &str, dims: &[usize], data_type: i32, raw_data: Vec<u8>) -> String {
        let dims = dims.iter().map(|size| *size as i64).collect();
        self.tensors.push(TensorProto { dims, data_type, name: name.into(), raw_data });
        name.into()
    }

    /// A weight as it is, in other sizes than its own where `dims` says so.
    fn weight(&mut self, name: &str, dims: &[usize]) -> String {
        let weights = self.weights;
        self.constant(name, dims, weights.values(name))
    }

    /// `(series - low) / (high - low)`, a band each.
    fn normalised(&mut self, normalisation: &Normalisation) -> String {
        let Normalisation { low, high } = normalisation;
        let range: Vec<f32> = low.iter().zip(high).map(|(low, high)| high - low).collect();
        let low = self.constant("normalisation.low", &[low.len(), 1], low);
        let range = self.constant("normalisation.range", &[range.len(), 1], &range);
        let above = self.node("Sub", &["series", &low], vec![]);
        self.node("Div", &[&above, &range], vec![])
    }

    /// Batch norm of channels, the second axis.
    fn batch_norm(&mut self, x: &str, name: &str) -> String {
        let weights = self.weights;
        let [gamma, beta, mean, variance] = weights.norm(name);
        let channels = [gamma.len()];
        let gamma = self.constant(&format!("{name}.gamma"), &channels, gamma);
        let beta = self.constant(&format!("{name}.beta"), &channels, beta);
        let mean = self.constant(&format!("{name}.running_mean"), &channels, mean);
        let variance = self.constant(&format!("{name}.running_variance"), &channels, variance);
        self.node("BatchNormalization", &[x, &gamma, &beta, &mean, &variance], vec![epsilon()])
    }

    /// Convolution over time with the same padding, batch norm, ReLU, of `batch x channel x time`.
    fn convolution(&mut self, x: &str, name: &str, kernel: usize, channels: usize, filters: usize) -> String {
        let weights = self.weights;
        let ours = weights.values(&format!("{name}.weight"));
        // [kernel * channels, filters] here, [filters, channels, kernel] there.
        let mut theirs = Vec::with_capacity(ours.len());
        for f in 0..filters {
            for c in 0..channels {
                theirs.extend((0..kernel).map(|k| ours[(k * channels + c) * filters + f]));
            }
        }
        let weight = self.constant(&format!("{name}.weight"), &[filters, channels, kernel], &theirs);
        let half = (kernel / 2) as i64;
        let attributes = vec![ints("kernel_shape", &[kernel as i64]), ints("pads", &[half, half])];
        let z = self.node("Conv", &[x, &weight], attributes);
        let z = self.batch_norm(&z, name);
        self.node("Relu", &[&z], vec![])
    }

    /// Product, batch norm, ReLU of `row x value`.
    fn block(&mut self, x: &str, name: &str, inputs: usize, outputs: usize) -> String {
        let weight = self.weight(&format!("{name}.weight"), &[inputs, outputs]);
        let z = self.node("MatMul", &[x, &weight], vec![]);
        let z = self.batch_norm(&z, name);
        self.node("Relu", &[&z], vec![])
    }

    /// A product with bias over the last axis.
    fn linear(&mut self, x: &str, name: &str, inputs: usize, outputs: usize) -> String {
        let weight = self.weight(&format!("{name}.weight"), &[inputs, outputs]);
        let bias = self.weight(&format!("{name}.bias"), &[outputs]);
        let z = self.node("MatMul", &[x, &weight], vec![]);
        self.node("Add", &[&z, &bias], vec![])
    }

    fn layer_norm(&mut self, x: &str, name: &str, width: usize) -> String {
        let gamma = self.weight(&format!("{name}.gamma"), &[width]);
        let beta = self.weight(&format!("{name}.beta"), &[width]);
        self.node("LayerNormalization", &[x, &gamma, &beta], vec![int("axis", -1), epsilon()])
    }

    /// `batch x channel x time` as `batch x time * channel`.
    fn flat_by_date(&mut self, x: &str) -> String {
        let x = self.node("Transpose", &[x], vec![ints("perm", &[0, 2, 1])]);
        self.node("Flatten", &[&x], vec![int("axis", 1)])
    }

    fn reshaped(&mut self, x: &str, sizes: &[i64]) -> String {
        let sizes = self.whole(sizes);
        self.node("Reshape", &[x, &sizes], vec![])
    }

    fn sum(&mut self, x: &str, axis: i64) -> String {
        let axes = self.whole(&[axis]);
        self.node("ReduceSum", &[x, &axes], vec![int("keepdims", 0)])
    }

    /// The dates to mask, `batch x time`, 1 for one: all gaps, but none in a series that is gaps only.
    fn masked(&mut self) -> String {
        let missing = self.node("Cast", &[MISSING], vec![int("to", i64::from(FLOAT))]);
        let one = self.constant("one", &[1], &[1.0]);
        let seen = self.node("Sub", &[&one, &missing], vec![]);
        let any = self.node("ReduceMax", &[&seen], vec![ints("axes", &[1]), int("keepdims", 1)]);
        self.node("Mul", &[&missing, &any], vec![])
    }

    /// The layer norm over dates and channels of `batch x time x channel`, its mean and variance of the dates that are not
    /// masked; `seen` is `batch x time x 1`, 1 for such a date.
    fn norm_of_seen(&mut self, x: &str, seen: &str, name: &str) -> String {
        let axes = self.whole(&[1, 2]);
        let kept = || vec![int("keepdims", 1)];
        let width = self.constant("width", &[1], &[MODEL as f32]);
        let dates = self.node("ReduceSum", &[seen, &axes], kept());
        let count = self.node("Mul", &[&dates, &width], vec![]);
        let mean = |graph: &mut Self, of: &str| {
            let of = graph.node("Mul", &[of, seen], vec![]);
            let sum = graph.node("ReduceSum", &[&of, &axes], kept());
            graph.node("Div", &[&sum, &count], vec![])
        };
        let middle = mean(self, x);
        let centred = self.node("Sub", &[x, &middle], vec![]);
        let squared = self.node("Mul", &[&centred, &centred], vec![]);
        let variance = mean(self, &squared);
        let epsilon = self.constant("epsilon", &[1], &[EPSILON as f32]);
        let variance = self.node("Add", &[&variance, &epsilon], vec![]);
        let deviation = self.node("Sqrt", &[&variance], vec![]);
        let x = self.node("Div", &[&centred, &deviation], vec![]);
        let sizes = [1, self.shape.times, MODEL];
        let gamma = self.weight(&format!("{name}.gamma"), &sizes);
        let beta = self.weight(&format!("{name}.beta"), &sizes);
        let x = self.node("Mul", &[&x, &gamma], vec![]);
        self.node("Add", &[&x, &beta], vec![])
    }

    /// What the last product takes, and its weight and bias.
    fn ending(&mut self, x: String, inputs: usize) -> (String, String, String) {
        let classes = self.shape.classes;
        (x, self.weight("output.weight", &[inputs, classes]), self.weight("output.bias", &[classes]))
    }

    fn tempcnn(&mut self, options: &TempCnnOptions, mut x: String) -> (String, String, String) {
        let mut channels = self.shape.bands;
        for i in 0..options.layers {
            x = self.convolution(&x, &block(i), options.kernel, channels, options.filters);
            channels = options.filters;
        }
        let x = self.flat_by_date(&x);
        let x = self.block(&x, &block(options.layers), self.shape.times * channels, options.dense);
        self.ending(x, options.dense)
    }

    fn pixel(&mut self, options: &PixelOptions, x: String) -> (String, String, String) {
        let (times, bands, filters) = (self.shape.times, self.shape.bands, options.filters);
        let x = self.batch_norm(&x, "input");
        let mut branches = Vec::new();
        for (i, kernel) in options.kernels().into_iter().enumerate() {
            let branch = branch(i);
            let y = self.convolution(&x, &format!("{branch}.block1"), kernel, bands, filters);
            let of_two = vec![ints("kernel_shape", &[2]), ints("strides", &[2])];
            let y = self.node("MaxPool", &[&y], of_two);
            let y = self.convolution(&y, &format!("{branch}.block2"), kernel, filters, filters);
            branches.push(self.flat_by_date(&y));
        }
        let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
        let x = self.node("Concat", &branches, vec![int("axis", 1)]);
        let x = self.block(&x, "dense", 2 * filters * (times / 2), 2 * filters);
        self.ending(x, 2 * filters)
    }

    fn ltae(&mut self, options: &LtaeOptions, x: String) -> (String, String, String) {
        let LtaeOptions { heads, key, .. } = *options;
        let times = self.shape.times;
        let (t, model) = (times as i64, MODEL as i64);
        let x = self.node("Transpose", &[&x], vec![ints("perm", &[0, 2, 1])]);
        let mut width = self.shape.bands;
        let mut x = self.reshaped(&x, &[-1, width as i64]);
        for (i, next) in ENCODER.into_iter().enumerate() {
            x = self.block(&x, &format!("encoder{}", i + 1), width, next);
            width = next;
        }
        let x = self.layer_norm(&x, "in_norm", width);
        let x = self.linear(&x, "embed", width, MODEL);
        let masked = options.mask_gaps.then(|| {
            let masked = self.masked();
            self.reshaped(&masked, &[-1, t, 1])
        });
        let x = match &masked {
            None => {
                let x = self.reshaped(&x, &[-1, t * model]);
                let x = self.layer_norm(&x, "embed_norm", times * MODEL);
                self.reshaped(&x, &[-1, t, model])
            }
            Some(masked) => {
                let x = self.reshaped(&x, &[-1, t, model]);
                let seen = self.node("Sub", &["one", masked], vec![]);
                self.norm_of_seen(&x, &seen, "embed_norm")
            }
        };
        let days = positions(self.shape, options);
        let days = self.constant("positions", &[1, times, MODEL], &days);
        let x = self.node("Add", &[&x, &days], vec![]);

        let keys = self.linear(&x, "key", MODEL, heads * key);
        let keys = self.reshaped(&keys, &[-1, t, heads as i64, key as i64]);
        let query = self.weight("query", &[heads, key]);
        let scores = self.node("Mul", &[&keys, &query], vec![]);
        let scores = self.sum(&scores, 3);
        let scale = self.constant("scale", &[1], &[1.0 / (key as f32).sqrt()]);
        let mut scores = self.node("Mul", &[&scores, &scale], vec![]);
        if let Some(masked) = &masked {
            let far = self.constant("far", &[1], &[1e9]);
            let far = self.node("Mul", &[masked, &far], vec![]);
            scores = self.node("Sub", &[&scores, &far], vec![]);
        }
        let attention = self.node("Softmax", &[&scores], vec![int("axis", 1)]);
        let attention = self.reshaped(&attention, &[-1, t, heads as i64, 1]);
        let values = self.reshaped(&x, &[-1, t, heads as i64, (MODEL / heads) as i64]);
        let seen = self.node("Mul", &[&values, &attention], vec![]);
        let seen = self.sum(&seen, 1);
        let seen = self.node("Flatten", &[&seen], vec![int("axis", 1)]);

        let x = self.block(&seen, "mlp", MODEL, width);
        let mut x = self.layer_norm(&x, "out_norm", width);
        for (i, next) in DECODER.into_iter().enumerate() {
            x = self.block(&x, &format!("decoder{}", i + 1), width, next);
            width = next;
        }
        self.ending(x, width)
    }
}
