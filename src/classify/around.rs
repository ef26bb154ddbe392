//! Classifying a chunk with a network that looks around pixels on one date: without seams, since it sees as far beyond the
//! chunk as it looks.

use super::ClassifyError;
use super::derived::most_likely;
use super::fit::Fit;
use super::run::{ChunkMap, NODATA, scaled};
use crate::cube::{Around, Cube};
use crate::geo::Window;
use crate::model::{Model, ModelError};
use crate::progress::Cancel;

/// Classifies the pixels of a window, whose corner is a corner of a chunk. Beyond the cube lies its mirror; a pixel without
/// any observation at that date has no class.
///
/// # Errors
/// For a network of series; when the cube cannot be read or has no such date; cancelled.
pub(super) fn classify_around(
    cube: &Cube,
    fit: &Fit,
    window: Window,
    model: &Model,
    cancel: &Cancel,
) -> Result<ChunkMap, ClassifyError> {
    let (Some(reach), [Some(time)]) = (model.reach(), fit.times.as_slice()) else {
        let why = "this model does not look at one date of the cube: train it anew".into();
        return Err(ModelError::Mismatch { why }.into());
    };
    cancel.check()?;
    let whole = |pixels: u32| (pixels as usize).next_multiple_of(model.step()) + 2 * reach;
    let mut around = Around::of(window, reach);
    (around.width, around.height) = (whole(window.width), whole(window.height));
    let values = cube.around(&fit.features, *time, around)?;
    let (inputs, classes) = (fit.features.len(), model.card.classes.len());
    let place = |pixel: usize| {
        let (x, y) = (pixel % window.width as usize, pixel / window.width as usize);
        (y + reach) * around.width + x + reach
    };
    let pixels = window.pixels();
    let seen: Vec<bool> = (0..pixels)
        .map(|pixel| values[place(pixel) * inputs..][..inputs].iter().any(|value| value.is_finite()))
        .collect();
    cancel.check()?;
    let found = model.probabilities_around(values, (around.height, around.width))?;
    let mut probabilities = vec![NODATA; pixels * classes];
    for pixel in (0..pixels).filter(|pixel| seen[*pixel]) {
        for (k, p) in found[place(pixel) * classes..][..classes].iter().enumerate() {
            probabilities[k * pixels + pixel] = scaled(*p);
        }
    }
    let codes = most_likely(&probabilities, pixels, &model.card.classes);
    Ok(ChunkMap { window, codes, probabilities })
}
