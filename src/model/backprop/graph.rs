//! A network as the trainer sees it: sheets of activations, and blocks that read one and write another.
//!
//! A block is a product with a window over its input (or, without a window, its input itself), then batch norm, and ReLU,
//! dropout and max-pool of two dates where it has them. TempCNN is a chain of blocks; the pixel network forks after its
//! first and joins in the sheet that its dense block reads.

use super::super::convolution::Convolution;
use super::super::engine::{Rows, View};
use super::super::network::Shape;
use super::super::pixel::{self, PixelOptions};
use super::super::side::Precision;
use super::super::tempcnn::{self, TempCnnOptions};

/// Samples a part of a batch, while there is time in the sheets: with 6 or 12 dates, their tiles fill whole register tiles.
const PART: usize = 18;
/// Samples a part of a dense block: more, because its weight is read once a part; and whole register tiles.
pub(super) const DENSE_PART: usize = 48;

/// How the activations of a part lie: `pad` rows of zeros, then for each sample its rows and `pad` rows of zeros.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::model) struct Sheet {
    /// Rows a sample.
    pub rows: usize,
    /// Rows of zeros before, between and after samples.
    pub pad: usize,
    /// Values a row.
    pub channels: usize,
}

impl Sheet {
    /// Where the first sample starts.
    pub fn start(&self) -> usize {
        self.pad * self.channels
    }

    /// Values from a sample to the next.
    pub fn stride(&self) -> usize {
        (self.rows + self.pad) * self.channels
    }

    /// Values a sample.
    pub fn real(&self) -> usize {
        self.rows * self.channels
    }

    /// Values of a part of `samples`.
    pub fn part(&self, samples: usize) -> usize {
        self.start() + samples * self.stride()
    }

    /// Values of a batch of `samples` in parts of `part`.
    pub fn batch(&self, samples: usize, part: usize) -> usize {
        samples / part * self.part(part)
            + if samples.is_multiple_of(part) { 0 } else { self.part(samples % part) }
    }

    /// The rows of samples, without those of zeros.
    pub fn lying(&self) -> Rows {
        Rows { offset: self.start(), run: self.rows, stride: self.channels, jump: self.stride() }
    }

    /// Rows from a part's first to its last of use; of the rows of zeros between samples a product gives nothing of use.
    pub fn spanned(&self, samples: usize) -> usize {
        samples * (self.rows + self.pad) - self.pad
    }
}

/// How a block reads its input.
#[derive(Debug, Clone, Copy)]
pub(in crate::model) struct Window {
    /// Where the first one starts in a part.
    pub offset: usize,
    /// From one to the next.
    pub stride: usize,
    /// Rows of input in a window.
    pub kernel: usize,
    /// Values in a row of input.
    pub channels: usize,
}

impl Window {
    /// Values in a window.
    pub fn width(&self) -> usize {
        self.kernel * self.channels
    }

    /// The rows of `from` in the middle of the windows, a row for each of `product`.
    pub fn rows(&self, from: &Sheet, product: &Sheet) -> Rows {
        let jump = (product.rows + product.pad) * self.stride;
        Rows { offset: from.start(), run: product.rows, stride: self.stride, jump }
    }

    /// The windows of a part of the input, of which there are `rows`.
    pub fn of<'a>(&self, input: &'a [f32], rows: usize) -> View<'a> {
        View {
            values: input,
            offset: self.offset,
            rows,
            cols: self.width(),
            row_stride: self.stride,
            col_stride: 1,
        }
    }
}

/// A block of a network.
#[derive(Debug)]
pub(in crate::model) struct Block {
    /// Its name in the layout of the weights.
    pub name: String,
    /// `None`: batch norm of the series themselves, and nothing more.
    pub window: Option<Window>,
    /// The sheet it reads; unused without a window.
    pub input: usize,
    /// How its product lies, and the gradient by it.
    pub product: Sheet,
    /// The sheet it writes, and where in a sample of it.
    pub output: usize,
    pub place: usize,
    /// Share dropped while training.
    pub dropout: f32,
    /// Whether the larger of each two dates is kept; an odd last date is left out.
    pub pool: bool,
    /// Samples a part.
    pub part: usize,
    /// Whether a block before this one in the order has already given its gradient by the same input.
    pub adds: bool,
}

impl Block {
    /// Its convolution, and the one that takes gradients back to its input; without weights yet.
    pub fn convolutions(&self, precision: Precision) -> Option<[Convolution; 2]> {
        let Window { kernel, channels, .. } = self.window?;
        let Sheet { rows, channels: filters, .. } = self.product;
        let there = Convolution::new(kernel, channels, filters, rows, precision);
        Some([there, Convolution::new(kernel, filters, channels, rows, precision)])
    }

    /// Values a sample that it writes.
    pub fn written(&self) -> usize {
        if self.pool { self.product.rows / 2 * self.product.channels } else { self.product.real() }
    }

    /// Whether samples lie without rows of zeros between them in what the product reads and gives, so that parts follow
    /// one another as samples do.
    pub fn dense(&self) -> bool {
        self.part == DENSE_PART
    }
}

/// A network in the order in which it is computed.
#[derive(Debug)]
pub(in crate::model) struct Graph {
    /// `sample x time x band` series come in here: a sheet, or the product of block 0.
    pub series: Option<usize>,
    pub sheets: Vec<Sheet>,
    pub blocks: Vec<Block>,
    pub classes: usize,
}

impl Graph {
    /// Of a TempCNN.
    pub fn tempcnn(shape: &Shape, options: &TempCnnOptions) -> Self {
        let TempCnnOptions { filters, kernel, layers, dense, conv_dropout, dense_dropout } = *options;
        let pad = kernel / 2;
        let mut sheets = vec![Sheet { rows: shape.times, pad, channels: shape.bands }];
        let mut blocks = Vec::new();
        for i in 0..layers {
            // What the dense block reads lies without rows of zeros.
            let after = if i + 1 == layers { 0 } else { pad };
            sheets.push(Sheet { rows: shape.times, pad: after, channels: filters });
            blocks.push(convolution(&tempcnn::block(i), &sheets, (i, i + 1), kernel, filters, conv_dropout));
        }
        sheets.push(Sheet { rows: 1, pad: 0, channels: dense });
        blocks.push(dense_block(&tempcnn::block(layers), &sheets, (layers, layers + 1), dense_dropout));
        Self { series: Some(0), sheets, blocks, classes: shape.classes }
    }

    /// Of a pixel network.
    pub fn pixel(shape: &Shape, options: &PixelOptions) -> Self {
        let (filters, halves) = (options.filters, shape.times / 2);
        let kernels = options.kernels();
        let pad = kernels[0].max(kernels[1]) / 2;
        let series = Sheet { rows: shape.times, pad: 0, channels: shape.bands };
        let half = |kernel: usize| Sheet { rows: halves, pad: kernel / 2, channels: filters };
        let sheets = vec![
            Sheet { pad, ..series },
            half(kernels[0]),
            half(kernels[1]),
            Sheet { rows: 1, pad: 0, channels: 2 * halves * filters },
            Sheet { rows: 1, pad: 0, channels: 2 * filters },
        ];
        let mut blocks = vec![Block {
            name: "input".into(),
            window: None,
            input: 0,
            product: series,
            output: 0,
            place: 0,
            dropout: 0.0,
            pool: false,
            part: PART,
            adds: false,
        }];
        for (i, kernel) in kernels.into_iter().enumerate() {
            let name = |block: &str| format!("{}.{block}", pixel::branch(i));
            let first = convolution(&name("block1"), &sheets, (0, i + 1), kernel, filters, options.dropout);
            // Going back, the second branch comes first.
            blocks.push(Block { pool: true, adds: i == 0, ..first });
            let second = convolution(&name("block2"), &sheets, (i + 1, 3), kernel, filters, 0.0);
            blocks.push(Block { place: i * halves * filters, ..second });
        }
        blocks.push(dense_block("dense", &sheets, (3, 4), 0.0));
        Self { series: None, sheets, blocks, classes: shape.classes }
    }
}

/// A convolution over time with the same padding, from a sheet to another.
fn convolution(
    name: &str,
    sheets: &[Sheet],
    (input, output): (usize, usize),
    kernel: usize,
    filters: usize,
    dropout: f32,
) -> Block {
    let from = sheets[input];
    let offset = (from.pad - kernel / 2) * from.channels;
    Block {
        name: name.into(),
        window: Some(Window { offset, stride: from.channels, kernel, channels: from.channels }),
        input,
        product: Sheet { channels: filters, ..from },
        output,
        place: 0,
        dropout,
        pool: false,
        part: PART,
        adds: false,
    }
}

/// A block whose window is a whole sample of a sheet without rows of zeros.
fn dense_block(name: &str, sheets: &[Sheet], (input, output): (usize, usize), dropout: f32) -> Block {
    let channels = sheets[input].real();
    Block {
        name: name.into(),
        window: Some(Window { offset: 0, stride: channels, kernel: 1, channels }),
        input,
        product: sheets[output],
        output,
        place: 0,
        dropout,
        pool: false,
        part: DENSE_PART,
        adds: false,
    }
}
