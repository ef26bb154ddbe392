//! Masks: which pixels of an acquisition are clear, and how far doubt reaches around those that are not.

use crate::source::MaskKind;

/// Why a pixel of a step has no clear observation; the values of the cube's `mask`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PixelState {
    /// It was seen.
    Clear = 0,
    /// No acquisition covers it.
    NotObserved = 1,
    /// Clouds, also thin ones.
    Cloud = 2,
    /// The shadow of a cloud, or too dark to tell.
    Shadow = 3,
    /// Snow or ice.
    Snow = 4,
    /// Masked for another reason: saturated, defective, a value that was chosen.
    Other = 5,
    /// Near a masked pixel, within the chosen distance.
    Near = 6,
}

impl PixelState {
    /// All, in order of their values.
    pub const ALL: [Self; 7] =
        [Self::Clear, Self::NotObserved, Self::Cloud, Self::Shadow, Self::Snow, Self::Other, Self::Near];

    /// From the stored value; a value that is none of them counts as masked for another reason.
    pub fn of(value: u8) -> Self {
        Self::ALL.get(usize::from(value)).copied().unwrap_or(Self::Other)
    }

    /// For people, and (with underscores) for the store's `flag_meanings`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::NotObserved => "not observed",
            Self::Cloud => "cloud",
            Self::Shadow => "shadow",
            Self::Snow => "snow",
            Self::Other => "masked",
            Self::Near => "near a masked pixel",
        }
    }
}

/// How the values of a mask layer are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MaskRule {
    /// What the layer is; `None` for a band of one's own.
    pub kind: Option<MaskKind>,
    /// Values that are masked instead of the usual ones of its kind.
    pub values: Vec<(i64, i64)>,
}

impl MaskRule {
    /// The state of a pixel with this value in the mask layer.
    pub fn state(&self, value: i32) -> PixelState {
        let meaning = self.kind.map_or(PixelState::Clear, |kind| meaning(kind, value));
        if self.values.is_empty() {
            return usual(self.kind, value, meaning);
        }
        let wide = i64::from(value);
        let chosen = self.values.iter().any(|(from, to)| (*from..=*to).contains(&wide));
        match (chosen, meaning) {
            (true, PixelState::Clear) => PixelState::Other,
            (true, meaning) => meaning,
            (false, _) => PixelState::Clear,
        }
    }
}

/// What is masked where nobody chose: all that is not clear; of Sentinel-2's scene classes also the dark areas stay in,
/// which are mostly slopes in shade, and seen.
fn usual(kind: Option<MaskKind>, value: i32, meaning: PixelState) -> PixelState {
    if kind == Some(MaskKind::Scl) && value == 2 { PixelState::Clear } else { meaning }
}

/// What a value of a mask layer means.
///
/// Sources: Sentinel-2 scene classes, Sentinel-2 Products Specification Document; `QA_PIXEL`, Landsat 8-9 Collection 2
/// Level 2 Science Product Guide; `BQA`, Landsat Collection 1 Level 1 Quality Assessment band; Fmask, Zhu and Woodcock 2012
/// and HLS v2 User Guide; `CMASK`, Brazil Data Cube's CBERS-4 products; reliability, MOD13 User Guide; UDM2, Planet's
/// product specification.
fn meaning(kind: MaskKind, value: i32) -> PixelState {
    use PixelState::{Clear, Cloud, NotObserved, Other, Shadow, Snow};
    let bit = |n: u32| value >> n & 1 == 1;
    let two_bits = |n: u32| value >> n & 3;
    match kind {
        MaskKind::Scl => match value {
            0 => NotObserved,
            2 | 3 => Shadow,
            4..=7 => Clear,
            8..=10 => Cloud,
            11 => Snow,
            _ => Other,
        },
        MaskKind::Fmask => match value {
            0 | 1 => Clear,
            2 => Shadow,
            3 => Snow,
            4 => Cloud,
            255 => NotObserved,
            _ => Other,
        },
        MaskKind::HlsFmask => match value {
            255 => NotObserved,
            _ if bit(0) || bit(1) || bit(2) => Cloud,
            _ if bit(3) => Shadow,
            _ if bit(4) => Snow,
            _ => Clear,
        },
        MaskKind::QaPixel => match value {
            _ if bit(0) => NotObserved,
            _ if bit(1) || bit(2) || bit(3) => Cloud,
            _ if bit(4) => Shadow,
            _ if bit(5) => Snow,
            _ => Clear,
        },
        MaskKind::Bqa => match value {
            _ if bit(0) => NotObserved,
            // Confidence: 1 low, 2 medium, 3 high.
            _ if bit(4) || two_bits(5) >= 3 || two_bits(11) >= 3 => Cloud,
            _ if two_bits(7) >= 3 => Shadow,
            _ if two_bits(9) >= 3 => Snow,
            _ => Clear,
        },
        MaskKind::Cmask => match value {
            127 => Clear,
            255 => Cloud,
            0 => NotObserved,
            _ => Other,
        },
        MaskKind::Reliability => match value {
            0 | 1 => Clear,
            2 => Snow,
            3 => Cloud,
            -1 | 255 => NotObserved,
            _ => Other,
        },
        MaskKind::Udm2 => {
            if value == 1 {
                Clear
            } else {
                Other
            }
        }
    }
}

/// Marks clear pixels [`PixelState::Near`] whose centre lies within `radius` of the centre of a masked one. `states` is
/// y x x; `radius` is in columns and rows, for pixels need not be square. Pixels that were never observed cast no doubt.
///
/// Exact Euclidean distances in two passes: for each column the nearest masked row, then along rows the least of all columns
/// within reach.
pub(super) fn dilate(states: &mut [u8], width: usize, radius: [f64; 2]) {
    let [across, down] = radius;
    if width == 0 || !(across > 0.0 && down > 0.0) {
        return;
    }
    let height = states.len() / width;
    let casts = |state: u8| state > PixelState::NotObserved as u8 && state != PixelState::Near as u8;
    // Rows to the nearest masked pixel of the same column.
    let far = f32::INFINITY;
    let mut distance = vec![far; states.len()];
    for col in 0..width {
        let mut since = far;
        for row in 0..height {
            since = if casts(states[row * width + col]) { 0.0 } else { since + 1.0 };
            distance[row * width + col] = since;
        }
        let mut since = far;
        for row in (0..height).rev() {
            since = if casts(states[row * width + col]) { 0.0 } else { since + 1.0 };
            let place = &mut distance[row * width + col];
            *place = place.min(since);
        }
    }
    let reach = across.floor() as usize;
    // How many rows away a masked pixel may be, so many columns aside.
    let rows_within: Vec<f32> = (0..=reach)
        .map(|aside| {
            let share = aside as f64 / across;
            (down * (1.0 - share * share).max(0.0).sqrt() + 1e-9) as f32
        })
        .collect();
    for row in 0..height {
        let distances = &distance[row * width..][..width];
        for col in 0..width {
            if states[row * width + col] != PixelState::Clear as u8 {
                continue;
            }
            let left = col.saturating_sub(reach);
            let right = (col + reach).min(width - 1);
            if (left..=right).any(|other| distances[other] <= rows_within[other.abs_diff(col)]) {
                states[row * width + col] = PixelState::Near as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rule(kind: MaskKind) -> MaskRule {
        MaskRule { kind: Some(kind), values: Vec::new() }
    }

    #[test]
    fn each_kind_of_mask_is_read_in_its_own_way() {
        use PixelState::{Clear, Cloud, NotObserved, Other, Shadow, Snow};
        for (kind, cases) in [
            (
                MaskKind::Scl,
                &[(4, Clear), (2, Clear), (3, Shadow), (9, Cloud), (11, Snow), (0, NotObserved), (1, Other)]
                    [..],
            ),
            (
                MaskKind::Fmask,
                &[(0, Clear), (1, Clear), (2, Shadow), (3, Snow), (4, Cloud), (255, NotObserved)],
            ),
            // The common values of the product guide: clear, cloud, water, shadow, snow, fill.
            (
                MaskKind::QaPixel,
                &[
                    (21824, Clear),
                    (22280, Cloud),
                    (21952, Clear),
                    (23888, Shadow),
                    (30048, Snow),
                    (1, NotObserved),
                ],
            ),
            // Of the Collection 1 table: clear, cloud high, shadow high, snow high, fill.
            (MaskKind::Bqa, &[(2720, Clear), (2800, Cloud), (2976, Shadow), (3744, Snow), (1, NotObserved)]),
            (
                MaskKind::HlsFmask,
                &[
                    (64, Clear),
                    (32, Clear),
                    (2, Cloud),
                    (4, Cloud),
                    (8, Shadow),
                    (16, Snow),
                    (255, NotObserved),
                ],
            ),
            (MaskKind::Cmask, &[(127, Clear), (255, Cloud), (0, NotObserved)]),
            (MaskKind::Reliability, &[(0, Clear), (1, Clear), (2, Snow), (3, Cloud), (-1, NotObserved)]),
            (MaskKind::Udm2, &[(1, Clear), (0, Other)]),
        ] {
            for (value, state) in cases {
                assert_eq!(rule(kind).state(*value), *state, "{kind:?} {value}");
            }
        }
    }

    #[test]
    fn chosen_values_and_no_others_are_masked() {
        let chosen = MaskRule { kind: Some(MaskKind::Scl), values: vec![(3, 3), (8, 10)] };
        assert_eq!(chosen.state(9), PixelState::Cloud);
        assert_eq!(chosen.state(11), PixelState::Clear);
        let own = MaskRule { kind: None, values: vec![(1, 1)] };
        assert_eq!((own.state(1), own.state(0)), (PixelState::Other, PixelState::Clear));
    }

    proptest! {
        #[test]
        fn doubt_reaches_every_pixel_within_the_distance_and_no_other(
            states in prop::collection::vec(prop::sample::select(vec![0u8, 0, 0, 0, 0, 0, 0, 1, 2]), 1..260),
            width in 1usize..20, across in 0.0f64..6.0, down in 0.0f64..6.0,
        ) {
            let height = states.len() / width;
            let states = &states[..height * width];
            let mut out = states.to_vec();
            dilate(&mut out, width, [across, down]);
            for (i, state) in states.iter().enumerate() {
                let near = across > 0.0 && down > 0.0 && states.iter().enumerate().any(|(j, other)| {
                    let (x, y) = ((j % width).abs_diff(i % width) as f64, (j / width).abs_diff(i / width) as f64);
                    *other == 2 && (x / across).powi(2) + (y / down).powi(2) <= 1.0 + 1e-9
                });
                let expected = if *state == 0 && near { PixelState::Near as u8 } else { *state };
                prop_assert_eq!(out[i], expected, "{} {}", i % width, i / width);
            }
        }
    }
}
