//! The usual year of a class: of the pure pixels of its annotations the median, and the 10th to 90th percentile, at each date.

use super::SampleError;
use super::spread::{quantile, read_planes};
use crate::cube::{Cube, Feature};
use crate::labels::ClassCode;
use crate::progress::Cancel;
use std::collections::{HashMap, HashSet};

/// Pixels of one annotation at most, evenly chosen: a huge polygon counts for no more than a large one.
const EACH: usize = 64;
/// Pixels of one class at most; where it has more annotations than that, some of them are passed over, evenly.
const MOST_PIXELS: usize = 20_000;
/// Values in memory at most, of one class.
const MOST_VALUES: usize = 8 << 20;
/// A date with fewer values tells nothing of a class.
const FEWEST: usize = 3;

/// An annotation that gives samples.
#[derive(Debug, Clone, Copy)]
pub struct EnvelopeMember<'a> {
    /// Its class.
    pub class: ClassCode,
    /// Its pure pixels (column, row).
    pub pixels: &'a [(u32, u32)],
}

/// The usual year of a class in one band or index: a value a date, NaN where fewer than 3 pixels were observed. Nothing is
/// filled.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// The class.
    pub class: ClassCode,
    /// The median.
    pub median: Vec<f32>,
    /// The 10th percentile.
    pub low: Vec<f32>,
    /// The 90th percentile.
    pub high: Vec<f32>,
    /// Pixels that it is made of.
    pub pixels: usize,
    /// Annotations that they lie in.
    pub annotations: usize,
}

/// The usual year of each of `classes` in a band or index, from annotations on a cube. Of each annotation at most 64 pixels
/// count, so that no polygon speaks for its class alone; a pixel that annotations of different classes claim counts for none,
/// and one that several of a class claim counts once. Blocks on the disk.
///
/// # Errors
/// When the cube cannot be read (damaged chunks are passed over), or when asked to stop.
pub fn envelopes(
    cube: &Cube,
    members: &[EnvelopeMember],
    classes: &[ClassCode],
    feature: &Feature,
    cancel: &Cancel,
) -> Result<Vec<Envelope>, SampleError> {
    let planes = (cube.info().dates.len() * feature.bands().len()).max(1);
    let most = MOST_PIXELS.min(MOST_VALUES / planes).max(FEWEST);
    classes.iter().map(|class| one(cube, members, *class, feature, most, cancel)).collect()
}

fn one(
    cube: &Cube,
    members: &[EnvelopeMember],
    class: ClassCode,
    feature: &Feature,
    most: usize,
    cancel: &Cancel,
) -> Result<Envelope, SampleError> {
    let (pixels, annotations) = chosen(members, class, most);
    cancel.check()?;
    let bands = feature.bands();
    let values = read_planes(cube, &pixels, bands, false, cancel)?;
    let times = cube.info().dates.len();
    let mut envelope =
        Envelope { class, median: vec![], low: vec![], high: vec![], pixels: pixels.len(), annotations };
    let n = pixels.len();
    let (mut of_date, mut seen) = (vec![f32::NAN; n], Vec::with_capacity(n));
    for time in 0..times {
        cancel.check()?;
        seen.clear();
        if n > 0 {
            let plane = |band: usize| {
                let plane = time * bands.len() + band;
                &values[plane * n..(plane + 1) * n]
            };
            let planes: Vec<&[f32]> = (0..bands.len()).map(plane).collect();
            feature.evaluate(&planes, &mut of_date);
            seen.extend(of_date.iter().filter(|value| value.is_finite()));
        }
        let enough = seen.len() >= FEWEST;
        let mut share = |share: f64| quantile(&mut seen, share).filter(|_| enough).unwrap_or(f32::NAN);
        envelope.low.push(share(0.1));
        envelope.median.push(share(0.5));
        envelope.high.push(share(0.9));
    }
    Ok(envelope)
}

/// The pixels that speak for a class, in the order of its annotations, and how many annotations they lie in.
fn chosen(members: &[EnvelopeMember], class: ClassCode, most: usize) -> (Vec<(u32, u32)>, usize) {
    let own: Vec<&EnvelopeMember> =
        members.iter().filter(|m| m.class == class && !m.pixels.is_empty()).collect();
    let step = own.len().div_ceil(most).max(1);
    let own: Vec<(usize, &EnvelopeMember)> = own.into_iter().step_by(step).enumerate().collect();
    let each = (most / own.len().max(1)).clamp(1, EACH);
    // The first annotation of a class that claims a pixel has it.
    let mut owner: HashMap<(u32, u32), usize> = HashMap::new();
    let mut pixels = Vec::new();
    for (i, member) in own {
        for pixel in member.pixels.iter().step_by(member.pixels.len().div_ceil(each)) {
            owner.entry(*pixel).or_insert_with(|| {
                pixels.push(*pixel);
                i
            });
        }
    }
    for pixel in members.iter().filter(|m| m.class != class).flat_map(|m| m.pixels) {
        owner.remove(pixel);
    }
    pixels.retain(|pixel| owner.contains_key(pixel));
    let annotations: HashSet<usize> = owner.into_values().collect();
    (pixels, annotations.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(cols: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> Vec<(u32, u32)> {
        rows.flat_map(|row| cols.clone().map(move |col| (col, row))).collect()
    }

    #[test]
    fn a_class_has_its_percentiles_at_each_date_and_a_gap_where_fewer_than_three_were_seen() {
        let home = tempfile::tempdir().unwrap();
        // The column is the value; at the second date all but two are clouded.
        let value = |step: usize, _: usize, col: u32, _: u32| match step {
            1 if col > 1 => 0,
            _ => 100 + 10 * col as u16,
        };
        let cube = crate::testing::cube(home.path(), (22, 4), 3, value);
        let pixels = block(0..21, 0..1);
        let members = [EnvelopeMember { class: 1, pixels: &pixels }];
        let band = Feature::band_at(&cube.info().bands, 1).unwrap();
        let found = envelopes(&cube, &members, &[1, 2], &band, &Cancel::new()).unwrap();
        assert_eq!((found[0].pixels, found[0].annotations), (21, 1));
        for time in [0, 2] {
            let told = (found[0].low[time], found[0].median[time], found[0].high[time]);
            assert_eq!(told, (120.0, 200.0, 280.0));
        }
        assert!(found[0].median[1].is_nan() && found[0].low[1].is_nan(), "two values tell nothing");
        assert_eq!((found[1].pixels, found[1].annotations), (0, 0));
        assert!(found[1].median.iter().all(|value| value.is_nan()) && found[1].median.len() == 3);
        let stop = Cancel::new();
        stop.cancel();
        assert!(matches!(
            envelopes(&cube, &members, &[1], &band, &stop),
            Err(SampleError::Cancelled(_) | SampleError::Cube(crate::cube::CubeError::Cancelled(_)))
        ));
    }

    #[test]
    fn a_huge_polygon_does_not_speak_for_its_class_alone() {
        let huge = block(0..100, 0..100);
        let small: Vec<Vec<(u32, u32)>> = (0..9).map(|i| block(200..208, 10 * i..10 * i + 8)).collect();
        let mut members = vec![EnvelopeMember { class: 1, pixels: &huge }];
        members.extend(small.iter().map(|pixels| EnvelopeMember { class: 1, pixels }));
        let (pixels, annotations) = chosen(&members, 1, MOST_PIXELS);
        let of_huge = pixels.iter().filter(|(col, _)| *col < 100).count();
        assert_eq!(annotations, 10);
        assert!((40..=64).contains(&of_huge), "{of_huge}");
        assert_eq!(pixels.len() - of_huge, 9 * 64);
        let (few, annotations) = chosen(&members, 1, 20);
        assert!(few.len() <= 20 && annotations == 10, "{} of {annotations}", few.len());
    }

    #[test]
    fn a_pixel_of_two_classes_is_of_none_and_one_claimed_twice_counts_once() {
        let (a, b, other) = (block(0..4, 0..1), block(2..6, 0..1), block(5..9, 0..1));
        let members = [(1, &a), (1, &b), (2, &other)].map(|(class, pixels)| EnvelopeMember { class, pixels });
        let (pixels, annotations) = chosen(&members, 1, MOST_PIXELS);
        assert_eq!(pixels, [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]);
        assert_eq!(annotations, 2);
    }

    proptest! {
        #[test]
        fn no_more_pixels_are_chosen_than_may_be(sizes in prop::collection::vec(0u32..300, 0..40), most in 3usize..200) {
            let all: Vec<Vec<(u32, u32)>> =
                sizes.iter().enumerate().map(|(i, size)| block(0..*size, i as u32..i as u32 + 1)).collect();
            let members: Vec<_> = all.iter().map(|pixels| EnvelopeMember { class: 1, pixels }).collect();
            let (pixels, annotations) = chosen(&members, 1, most);
            prop_assert!(pixels.len() <= most);
            prop_assert_eq!(annotations == 0, sizes.iter().all(|size| *size == 0));
        }
    }
}
