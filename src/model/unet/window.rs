//! What a UNet makes of a window.

use super::{define, options_of};
use crate::model::definition::Definition;
use crate::model::network::softmax;
use crate::model::{Model, ModelError};
use crate::samples::Normalisation;
use candle_core::DType;

/// What stands where a pixel was not observed: the middle of a band's range once it is normalised.
const UNSEEN: f32 = 0.5;

/// Normalises raw values, `pixel x band`, in place; gaps become the middle of their band.
pub(super) fn prepare(values: &mut [f32], normalisation: &Normalisation) {
    normalisation.apply(values);
    values.iter_mut().filter(|v| !v.is_finite()).for_each(|v| *v = UNSEEN);
}

impl Model {
    /// The model whether it looks around pixels instead of along their series: then [`Model::probabilities_around`] is what
    /// there is, and this is how far it looks, in pixels on each side; `None` for a network of series.
    pub fn reach(&self) -> Option<usize> {
        options_of(self.kind()).ok().map(super::UNetOptions::reach)
    }

    /// What rows and columns of a window must be a multiple of.
    pub fn step(&self) -> usize {
        options_of(self.kind()).map_or(1, |options| 1 << options.depth)
    }

    /// Class probabilities, `row x column x class`, of raw values `row x column x band` of one date, gaps NaN. Only pixels
    /// further than [`Model::reach`] from the edge are as they would be in a larger window. Rows and columns are multiples of
    /// [`Model::step`].
    ///
    /// # Errors
    /// For a network of series; sizes that do not fit.
    pub fn probabilities_around(
        &self,
        mut values: Vec<f32>,
        (rows, columns): (usize, usize),
    ) -> Result<Vec<f32>, ModelError> {
        let options = options_of(self.kind())?;
        let (bands, step) = (self.card.bands.len(), self.step());
        let fits = rows > 0 && columns > 0 && rows.is_multiple_of(step) && columns.is_multiple_of(step);
        if !fits || values.len() != rows * columns * bands {
            let why = format!("{} values of {rows} x {columns} pixels and {bands} bands", values.len());
            return Err(ModelError::Engine { doing: "took in a window", why });
        }
        prepare(&mut values, &self.card.normalisation);
        let definition = Definition::new(&self.card.shape(), &self.weights, DType::F32)?;
        let mut logits = definition.evaluate_of(|tape| {
            define(tape, options, &tape.constant(&values, &[1, rows, columns, bands])?)
        })?;
        softmax(&mut logits, self.card.classes.len());
        Ok(logits)
    }
}
