//! A decoded chunk: its numbers as they are stored, and the values that they stand for.

use super::PixelState;
use crate::geo::Window;
use crate::geo::raster::PixelType;
use std::ops::{Deref, DerefMut};

/// One decoded chunk: `[T][B][height][width]`.
#[derive(Debug)]
pub struct Chunk {
    /// Which pixels it covers (edge chunks are cut to the grid).
    pub window: Window,
    /// Its pixels.
    pub pixels: Pixels,
    /// Why its pixels have no clear observation, where the cube keeps masks and the chunk came from [`super::Cube::chunk`];
    /// why they cannot be read, where they are damaged and the pixels are not.
    pub masks: Option<Result<Masks, String>>,
}

/// Why the pixels of a chunk have no clear observation, and how many they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masks {
    /// As [`super::PixelState`], `[T][height][width]`.
    pub states: Vec<u8>,
    /// Counts of clear observations, `[T][height][width]`.
    pub counts: Vec<u8>,
}

/// The stored numbers of a chunk.
#[derive(Debug, PartialEq)]
pub enum Pixels {
    /// 16 bits.
    Words(Words),
    /// Floating point; NaN is "no observation".
    Floats(Vec<f32>),
}

impl Chunk {
    /// The value of one of its numbers, by its place; NaN for "no observation", and where there is none.
    #[inline]
    pub fn value(&self, at: usize) -> f32 {
        match &self.pixels {
            Pixels::Words(words) => words.get(at).map_or(f32::NAN, |word| words.value(*word)),
            Pixels::Floats(floats) => floats.get(at).copied().unwrap_or(f32::NAN),
        }
    }

    /// The values of one plane (`time x bands + band`), in order of rows; NaN for "no observation". Nothing for a plane
    /// that it does not have.
    pub fn plane(&self, plane: usize, out: &mut Vec<f32>) {
        let pixels = self.window.pixels();
        out.clear();
        if (plane + 1) * pixels <= self.pixels.len() {
            out.resize(pixels, f32::NAN);
            self.part_of_plane(plane, 0, out);
        }
    }

    /// As [`Self::plane`], of as many pixels as `out` holds, from the pixel `first` on; NaN for what is not there.
    pub fn part_of_plane(&self, plane: usize, first: usize, out: &mut [f32]) {
        let start = plane * self.window.pixels() + first;
        let range = start..start + out.len();
        match &self.pixels {
            Pixels::Words(words) => match words.get(range) {
                Some(part) => words.values(part, out),
                None => out.fill(f32::NAN),
            },
            Pixels::Floats(floats) => match floats.get(range) {
                Some(floats) => out.copy_from_slice(floats),
                None => out.fill(f32::NAN),
            },
        }
    }

    /// The series of pixels from `first` (in order of rows) on, as many as fit into `out`: of each pixel the values of these
    /// planes (`time x bands + band`), which it has, one after another; NaN for "no observation". A few hundred pixels at a
    /// time stay in the processor's cache.
    pub fn series_of(&self, planes: &[usize], first: usize, out: &mut [f32]) {
        /// Pixels at a time, so that what is read and written stays in the cache while all planes pass by.
        const PIXELS: usize = 64;
        let (each, pixels) = (planes.len().max(1), self.window.pixels());
        let mut turned = vec![0u16; PIXELS.min(out.len() / each) * each];
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (i, out) in out.chunks_mut(PIXELS * each).enumerate() {
                    let start = first + i * PIXELS;
                    let here = PIXELS.min(pixels.saturating_sub(start)).min(out.len() / each);
                    let out = &mut out[..here * each];
                    match &self.pixels {
                        Pixels::Words(words) => {
                            let turned = &mut turned[..here * each];
                            turn_words(words, pixels, start, planes, turned);
                            words.values(turned, out);
                        }
                        Pixels::Floats(floats) => turn(floats, pixels, start, planes, out, (0, 0)),
                    }
                }
            },
        );
    }

    /// Some of its pixels (places in order of rows), as if they were a row of their own; without masks.
    #[must_use]
    pub fn thinned(&self, chosen: &[usize]) -> Self {
        let all = self.window.pixels().max(1);
        let pixels = match &self.pixels {
            Pixels::Words(words) => {
                let held = Held::Words(picked(words, all, chosen));
                Pixels::Words(Words { held, ..*words })
            }
            Pixels::Floats(floats) => Pixels::Floats(picked(floats, all, chosen)),
        };
        let window = Window { col: 0, row: 0, width: chosen.len() as u32, height: 1 };
        Self { window, pixels, masks: None }
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        let masks = self.masks.as_ref().and_then(|masks| masks.as_ref().ok());
        let pixels = match &self.pixels {
            Pixels::Words(words) => size_of_val::<[u16]>(words),
            Pixels::Floats(floats) => size_of_val(floats.as_slice()),
        };
        pixels + masks.map_or(0, |masks| masks.states.len() + masks.counts.len())
    }

    pub(super) fn words(&self) -> &[u16] {
        match &self.pixels {
            Pixels::Words(words) => words,
            Pixels::Floats(_) => &[],
        }
    }

    pub(super) fn floats(&self) -> &[f32] {
        match &self.pixels {
            Pixels::Floats(floats) => floats,
            Pixels::Words(_) => &[],
        }
    }

    /// Takes out what its masks say was not clear.
    pub(super) fn apply_masks(&mut self) {
        let (pixels, Some(Ok(masks))) = (self.window.pixels(), &self.masks) else { return };
        match &mut self.pixels {
            Pixels::Words(words) => {
                let nodata = words.nodata;
                mask(words, &masks.states, pixels, nodata);
            }
            Pixels::Floats(floats) => mask(floats, &masks.states, pixels, f32::NAN),
        }
    }
}

impl Pixels {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Floats(floats) => floats.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Numbers of 16 bits, int16 by its bit pattern, and what they stand for.
#[derive(Debug)]
pub struct Words {
    held: Held,
    /// The word that means "no observation".
    nodata: u16,
    /// Whether they are int16.
    signed: bool,
}

#[derive(Debug)]
enum Held {
    Words(Vec<u16>),
    /// Bytes that lie as words do: what was unpacked is looked at in its place and not copied.
    Bytes(Vec<u8>),
}

impl Words {
    /// Words of such pixels.
    pub fn new(words: Vec<u16>, nodata: u16, pixel_type: PixelType) -> Self {
        Self { held: Held::Words(words), nodata, signed: pixel_type == PixelType::Int16 }
    }

    /// From their bytes, the lower one of each first.
    pub(super) fn unpacked(bytes: Vec<u8>, nodata: u16, pixel_type: PixelType) -> Self {
        if cfg!(target_endian = "little") && bytemuck::try_cast_slice::<u8, u16>(&bytes).is_ok() {
            return Self { held: Held::Bytes(bytes), nodata, signed: pixel_type == PixelType::Int16 };
        }
        let (words, _) = bytes.as_chunks::<2>();
        Self::new(words.iter().map(|word| u16::from_le_bytes(*word)).collect(), nodata, pixel_type)
    }

    #[inline]
    fn value(&self, word: u16) -> f32 {
        match word == self.nodata {
            true => f32::NAN,
            false if self.signed => f32::from(word.cast_signed()),
            false => f32::from(word),
        }
    }

    /// The values of as many words as there are places.
    #[inline(always)]
    fn values(&self, words: &[u16], out: &mut [f32]) {
        let (nodata, pairs) = (self.nodata, out.iter_mut().zip(words));
        // What holds for all of them is asked once, so that the loops are over many at a time.
        if self.signed {
            pairs.for_each(|(to, word)| {
                *to = if *word == nodata { f32::NAN } else { f32::from(word.cast_signed()) };
            });
        } else {
            pairs.for_each(|(to, word)| *to = if *word == nodata { f32::NAN } else { f32::from(*word) });
        }
    }
}

impl Deref for Words {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        match &self.held {
            Held::Words(words) => words,
            Held::Bytes(bytes) => bytemuck::cast_slice(bytes),
        }
    }
}

impl DerefMut for Words {
    fn deref_mut(&mut self) -> &mut [u16] {
        match &mut self.held {
            Held::Words(words) => words,
            Held::Bytes(bytes) => bytemuck::cast_slice_mut(bytes),
        }
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        **self == **other && (self.nodata, self.signed) == (other.nodata, other.signed)
    }
}

/// Of each plane of `all` values, these.
fn picked<T: Copy>(values: &[T], all: usize, chosen: &[usize]) -> Vec<T> {
    values.chunks_exact(all).flat_map(|plane| chosen.iter().map(|&at| plane[at])).collect()
}

/// Puts nodata where the steps of `pixels` states each are not clear.
fn mask<T: Copy>(values: &mut [T], states: &[u8], pixels: usize, nodata: T) {
    let clear = PixelState::Clear as u8;
    let bands = values.len() / states.len().max(1);
    let steps = values.chunks_exact_mut((bands * pixels).max(1)).zip(states.chunks_exact(pixels.max(1)));
    for (values, states) in steps.filter(|(_, states)| states.iter().any(|state| *state != clear)) {
        for plane in values.chunks_exact_mut(pixels) {
            let masked = plane.iter_mut().zip(states).filter(|(_, state)| **state != clear);
            masked.for_each(|(value, _)| *value = nodata);
        }
    }
}

/// Lays some planes, which are `width` pixels long, out as `pixel x plane`, from pixel `first` on as many as `out` has room
/// for; all but the first `done` pixels and planes.
#[inline(always)]
fn turn<T: Copy>(
    from: &[T],
    width: usize,
    first: usize,
    planes: &[usize],
    out: &mut [T],
    done: (usize, usize),
) {
    for (pixel, out) in out.chunks_exact_mut(planes.len().max(1)).enumerate() {
        let start = if pixel < done.0 { done.1 } else { 0 };
        for (to, plane) in out.iter_mut().zip(planes).skip(start) {
            *to = from[plane * width + first + pixel];
        }
    }
}

/// As [`turn`], four planes and four pixels at a time in registers of 64 bits: four times as fast.
#[inline(always)]
fn turn_words(from: &[u16], width: usize, first: usize, planes: &[usize], out: &mut [u16]) {
    const LOW: u64 = 0x0000_FFFF_0000_FFFF;
    const HALF: u64 = 0xFFFF_FFFF;
    let each = planes.len();
    let pixels = out.len() / each.max(1);
    let done = (pixels / 4 * 4, each / 4 * 4);
    for (group, planes) in planes.chunks_exact(4).enumerate() {
        let line = |i: usize| &from[planes[i] * width + first..][..done.0];
        let lines = [line(0), line(1), line(2), line(3)];
        for pixel in (0..done.0).step_by(4) {
            let row = |i: usize| {
                let l = &lines[i][pixel..pixel + 4];
                u64::from_le(bytemuck::cast([l[0], l[1], l[2], l[3]]))
            };
            let (a, b, c, d) = (row(0), row(1), row(2), row(3));
            // Neighbours change places within pairs of rows, then pairs between pairs of rows.
            let (even_ab, odd_ab) = (a & LOW | (b & LOW) << 16, a >> 16 & LOW | b & !LOW);
            let (even_cd, odd_cd) = (c & LOW | (d & LOW) << 16, c >> 16 & LOW | d & !LOW);
            let turned = [
                even_ab & HALF | even_cd << 32,
                odd_ab & HALF | odd_cd << 32,
                even_ab >> 32 | even_cd & !HALF,
                odd_ab >> 32 | odd_cd & !HALF,
            ];
            for (j, word) in turned.into_iter().enumerate() {
                let to = &mut out[(pixel + j) * each + 4 * group..][..4];
                to.copy_from_slice(&bytemuck::cast::<u64, [u16; 4]>(word.to_le()));
            }
        }
    }
    turn(from, width, first, planes, out, done);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A chunk of so many pixels in a row, each of its numbers another one, every seventh of them nodata.
    fn chunk(pixels: u32, planes: usize, pixel_type: PixelType) -> Chunk {
        let words = (0..pixels as usize * planes).map(|i| if i % 7 == 3 { 9 } else { (i * 257) as u16 });
        let pixels_of = match pixel_type {
            PixelType::Float32 => Pixels::Floats(words.map(|word| f32::from(word) / 3.0).collect()),
            _ => {
                let bytes: Vec<u8> = words.flat_map(u16::to_le_bytes).collect();
                Pixels::Words(Words::unpacked(bytes, 9, pixel_type))
            }
        };
        let window = Window { col: 64, row: 0, width: pixels, height: 1 };
        Chunk { window, pixels: pixels_of, masks: None }
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    proptest! {
        #[test]
        fn series_of_some_planes_are_the_values_at_their_places(
            pixels in 1u32..150,
            chosen in proptest::collection::vec(0usize..13, 1..22),
            share in 0.0f64..1.0,
            kind in 0usize..3,
        ) {
            let chunk = chunk(pixels, 13, [PixelType::Uint16, PixelType::Int16, PixelType::Float32][kind]);
            let pixels = pixels as usize;
            let first = (share * pixels as f64) as usize;
            let mut series = vec![0.0; (pixels - first) * chosen.len()];
            chunk.series_of(&chosen, first, &mut series);
            let expected: Vec<f32> = (first..pixels)
                .flat_map(|pixel| chosen.iter().map(move |plane| plane * pixels + pixel))
                .map(|at| chunk.value(at))
                .collect();
            prop_assert_eq!(bits(&series), bits(&expected));
            let mut plane = Vec::new();
            chunk.plane(chosen[0], &mut plane);
            let of_plane: Vec<f32> = (0..pixels).map(|pixel| chunk.value(chosen[0] * pixels + pixel)).collect();
            prop_assert_eq!(bits(&plane), bits(&of_plane));
        }
    }

    #[test]
    fn a_word_is_its_value_or_no_observation() {
        let of = |pixel_type| {
            let words = Words::new(vec![0, 9, 65_535], 9, pixel_type);
            let window = Window { col: 0, row: 0, width: 3, height: 1 };
            let chunk = Chunk { window, pixels: Pixels::Words(words), masks: None };
            [0, 1, 2, 3].map(|at| Some(chunk.value(at)).filter(|value| !value.is_nan()))
        };
        assert_eq!(of(PixelType::Uint16), [Some(0.0), None, Some(65_535.0), None]);
        assert_eq!(of(PixelType::Int16), [Some(0.0), None, Some(-1.0), None]);
    }

    #[test]
    fn bytes_become_the_words_that_they_are_whatever_their_place() {
        let words: Vec<u16> = (0..500).map(|i| i * 131).collect();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let unpacked = Words::unpacked(bytes, 9, PixelType::Uint16);
        assert_eq!(unpacked, Words::new(words, 9, PixelType::Uint16));
        // What is cut within a word has one word less.
        assert_eq!(Words::unpacked(vec![1, 2, 3], 9, PixelType::Uint16)[..], [513]);
    }

    #[test]
    fn what_was_not_clear_is_taken_out_of_all_bands_of_its_step() {
        for pixel_type in [PixelType::Uint16, PixelType::Float32] {
            let mut masked = chunk(5, 6, pixel_type);
            let mut states = vec![PixelState::Clear as u8; 15];
            (states[1], states[14]) = (PixelState::Cloud as u8, PixelState::NotObserved as u8);
            masked.masks = Some(Ok(Masks { counts: vec![1; 15], states }));
            masked.apply_masks();
            let whole = chunk(5, 6, pixel_type);
            for at in 0..30 {
                let out = [1, 6, 24, 29].contains(&at);
                let expected = if out { f32::NAN } else { whole.value(at) };
                assert_eq!(masked.value(at).to_bits(), expected.to_bits(), "{at}");
            }
        }
    }

    #[test]
    fn a_thinned_chunk_has_the_chosen_pixels_of_all_planes() {
        let whole = chunk(9, 4, PixelType::Int16);
        let thin = whole.thinned(&[7, 2]);
        assert_eq!((thin.window.width, thin.window.height, thin.pixels.len()), (2, 1, 8));
        for plane in 0..4 {
            assert_eq!(thin.value(plane * 2).to_bits(), whole.value(plane * 9 + 7).to_bits());
            assert_eq!(thin.value(plane * 2 + 1).to_bits(), whole.value(plane * 9 + 2).to_bits());
        }
    }
}
