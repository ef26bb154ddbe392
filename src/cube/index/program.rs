//! Computing an expression over many pixels: each step works on a block of them before the next begins.

use super::IndexError;
use super::catalogue::IndexKnowledge;
use super::names::{find_band, listed};
use super::parse::{Expression, One, Step, Two};
use crate::cube::Band;

/// Pixels computed together: a few buffers of them stay in the nearest cache.
pub(in crate::cube) const BLOCK: usize = 512;

/// An expression bound to the bands of a cube.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cube) struct Program {
    steps: Vec<Bound>,
    /// The bands it needs, each once.
    pub(in crate::cube) bands: Vec<usize>,
    /// Buffers that are alive together at most.
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    Number(f32),
    /// A band, by its place in [`Program::bands`].
    Band(usize),
    One(One),
    Two(Two),
}

impl Program {
    /// Binds the names of an expression to bands; the names of known indices stand for their formulas.
    ///
    /// # Errors
    /// [`IndexError::UnknownName`] for a name that is neither.
    pub(in crate::cube) fn bind(expression: &Expression, bands: &[Band]) -> Result<Self, IndexError> {
        let mut program = Self { steps: Vec::new(), bands: Vec::new(), depth: 0 };
        program.append(expression, bands, true)?;
        let mut alive = 0usize;
        for step in &program.steps {
            match step {
                Bound::Number(_) | Bound::Band(_) => alive += 1,
                Bound::One(_) => {}
                Bound::Two(_) => alive = alive.saturating_sub(1),
            }
            program.depth = program.depth.max(alive);
        }
        Ok(program)
    }

    fn append(&mut self, expression: &Expression, bands: &[Band], indices: bool) -> Result<(), IndexError> {
        for step in &expression.steps {
            let bound = match *step {
                Step::Number(number) => Bound::Number(number as f32),
                Step::One(one) => Bound::One(one),
                Step::Two(two) => Bound::Two(two),
                Step::Name(place) => {
                    let Some((name, at)) = expression.names.get(place) else { continue };
                    match (find_band(name, bands), IndexKnowledge::named(name).filter(|_| indices)) {
                        (Some(band), _) => {
                            let known = self.bands.iter().position(|known| *known == band);
                            Bound::Band(known.unwrap_or_else(|| {
                                self.bands.push(band);
                                self.bands.len() - 1
                            }))
                        }
                        (None, Some(index)) => {
                            // What lacks is said of the place where the index is named.
                            let inner = Expression::parse(index.formula)?;
                            self.append(&inner, bands, false).map_err(|error| match error {
                                IndexError::UnknownName { name, has, .. } => {
                                    IndexError::UnknownName { at: *at, name, has }
                                }
                                other => other,
                            })?;
                            continue;
                        }
                        (None, None) => {
                            let (at, name) = (*at, name.clone());
                            return Err(IndexError::UnknownName { at, name, has: listed(bands) });
                        }
                    }
                }
            };
            self.steps.push(bound);
        }
        Ok(())
    }

    /// Whether the result stays the same when all bands are multiplied by one number.
    pub(in crate::cube) fn is_free_of_scale(&self) -> bool {
        // The degree of each value as a homogeneous function of the bands; `None` where it is none.
        let mut stack: Vec<Option<f32>> = Vec::new();
        let mut constant: Vec<Option<f32>> = Vec::new();
        for step in &self.steps {
            let (degree, number) = match *step {
                Bound::Number(number) => (Some(0.0), Some(number)),
                Bound::Band(_) => (Some(1.0), None),
                Bound::One(one) => {
                    constant.pop();
                    let degree = stack.pop().flatten();
                    let degree = match one {
                        One::Negate | One::Absolute => degree,
                        One::SquareRoot => degree.map(|degree| degree / 2.0),
                        One::Logarithm => degree.filter(|degree| *degree == 0.0),
                    };
                    (degree, None)
                }
                Bound::Two(two) => {
                    let power = constant.pop().flatten();
                    constant.pop();
                    let (right, left) = (stack.pop().flatten(), stack.pop().flatten());
                    let degree = match (two, left, right) {
                        (Two::Add | Two::Subtract | Two::Least | Two::Greatest, Some(left), Some(right)) => {
                            (left == right).then_some(left)
                        }
                        (Two::Multiply, Some(left), Some(right)) => Some(left + right),
                        (Two::Divide, Some(left), Some(right)) => Some(left - right),
                        (Two::Power, Some(0.0), Some(0.0)) => Some(0.0),
                        (Two::Power, Some(left), _) => power.map(|power| left * power),
                        _ => None,
                    };
                    (degree, None)
                }
            };
            stack.push(degree);
            constant.push(number);
        }
        stack.pop().flatten() == Some(0.0)
    }

    /// Computes up to [`BLOCK`] pixels: `planes` holds physical values of each of [`Program::bands`], as long as `out`.
    /// NaN in gives NaN; so do a division by zero and whatever is no finite number.
    pub(in crate::cube) fn run(&self, planes: &[&[f32]], stack: &mut Vec<f32>, out: &mut [f32]) {
        let n = out.len();
        stack.resize(self.depth * n, f32::NAN);
        let mut alive = 0usize;
        for step in &self.steps {
            match *step {
                Bound::Number(number) => {
                    stack[alive * n..][..n].fill(number);
                    alive += 1;
                }
                Bound::Band(place) => {
                    stack[alive * n..][..n].copy_from_slice(&planes[place][..n]);
                    alive += 1;
                }
                Bound::One(one) => {
                    let values = &mut stack[(alive - 1) * n..][..n];
                    match one {
                        One::Negate => values.iter_mut().for_each(|v| *v = -*v),
                        One::SquareRoot => values.iter_mut().for_each(|v| *v = v.sqrt()),
                        One::Absolute => values.iter_mut().for_each(|v| *v = v.abs()),
                        One::Logarithm => values.iter_mut().for_each(|v| *v = v.ln()),
                    }
                }
                Bound::Two(two) => {
                    let (left, right) = stack[(alive - 2) * n..][..2 * n].split_at_mut(n);
                    match two {
                        Two::Add => each(left, right, |a, b| a + b),
                        Two::Subtract => each(left, right, |a, b| a - b),
                        Two::Multiply => each(left, right, |a, b| a * b),
                        Two::Divide => each(left, right, |a, b| if b == 0.0 { f32::NAN } else { a / b }),
                        // IEEE has numbers for the zeroth power of NaN and for the least of it and another.
                        Two::Power => each(left, right, |a, b| seen(a, b, f32::powf)),
                        Two::Least => each(left, right, |a, b| seen(a, b, f32::min)),
                        Two::Greatest => each(left, right, |a, b| seen(a, b, f32::max)),
                    }
                    alive -= 1;
                }
            }
        }
        for (to, value) in out.iter_mut().zip(&stack[..n]) {
            *to = if value.is_finite() { *value } else { f32::NAN };
        }
    }
}

fn each(left: &mut [f32], right: &[f32], of: impl Fn(f32, f32) -> f32) {
    left.iter_mut().zip(right).for_each(|(a, b)| *a = of(*a, *b));
}

fn seen(a: f32, b: f32, of: fn(f32, f32) -> f32) -> f32 {
    if a.is_nan() || b.is_nan() { f32::NAN } else { of(a, b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str) -> Program {
        let bands: Vec<Band> = ["blue", "red", "nir"].into_iter().map(Band::named).collect();
        Program::bind(&Expression::parse(text).unwrap(), &bands).unwrap()
    }

    /// The value for blue 2, red 3, nir 7.
    fn value(text: &str) -> f32 {
        let program = bound(text);
        let all = [[2.0], [3.0], [7.0f32]];
        let planes: Vec<&[f32]> = program.bands.iter().map(|band| all[*band].as_slice()).collect();
        let mut out = [0.0];
        program.run(&planes, &mut Vec::new(), &mut out);
        out[0]
    }

    #[test]
    fn values_are_those_of_arithmetic() {
        for (text, expected) in [
            ("(nir - red) / (nir + red)", 0.4),
            ("NDVI", 0.4),
            ("2 * ndvi - blue", -1.2),
            ("2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)", 10.0 / 11.0),
            ("nir - red - blue", 2.0),
            ("nir / red / blue", 7.0 / 6.0),
            ("-red^blue", -9.0),
            ("blue^red^0", 2.0),
            ("2^-1", 0.5),
            ("sqrt(nir + blue) + abs(-red)", 6.0),
            ("min(nir, red) * max(nir, blue)", 21.0),
            ("log(1)", 0.0),
            ("pow(blue, 3)", 8.0),
        ] {
            assert!((value(text) - expected).abs() < 1e-6, "{text}: {}", value(text));
        }
    }

    #[test]
    fn what_is_no_number_is_no_observation() {
        for text in
            ["nir / (red - red)", "0 / 0", "sqrt(-1)", "log(0)", "log(-nir)", "10 ^ 300", "(-1) ^ 0.5"]
        {
            assert!(value(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn a_gap_in_any_band_is_a_gap_whatever_is_done_with_it() {
        for text in ["nir + red", "nir ^ 0", "min(nir, red)", "max(red, nir)", "0 * nir", "1 ^ nir"] {
            let program = bound(text);
            let mut out = [0.0];
            let planes: Vec<&[f32]> = program
                .bands
                .iter()
                .map(|band| if *band == 2 { &[f32::NAN][..] } else { &[3.0][..] })
                .collect();
            program.run(&planes, &mut Vec::new(), &mut out);
            assert!(out[0].is_nan(), "{text}");
        }
    }

    #[test]
    fn ratios_are_free_of_scale_and_constants_are_not() {
        for text in [
            "NDVI",
            "(nir - red) / (nir + 2 * red)",
            "nir^2 / (red * nir)",
            "sqrt(nir * red) / blue",
            "log(nir / red)",
            "3",
        ] {
            assert!(bound(text).is_free_of_scale(), "{text}");
        }
        for text in ["EVI2", "nir", "nir + 1", "SAVI", "log(nir)", "nir ^ red", "2 ^ nir", "nir * red"] {
            assert!(!bound(text).is_free_of_scale(), "{text}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_its_place_and_with_what_there_is() {
        let bands: Vec<Band> = ["B02", "B03", "B04", "B08"].into_iter().map(Band::named).collect();
        let error = |text: &str| Program::bind(&Expression::parse(text).unwrap(), &bands).unwrap_err();
        assert_eq!(error("nir - nri").at(), Some(6));
        assert_eq!(
            error("nir - nri").to_string(),
            "`nri` is no band of this cube; it has blue (B02), green (B03), red (B04), nir (B08)"
        );
        let lacking = error("red + NDMI");
        assert_eq!(lacking.at(), Some(6));
        assert!(lacking.to_string().starts_with("`swir1` is no band"));
    }
}
