//! The places of pixels that files share, and the places on Earth that names tell apart.

use super::words::tokens;
use crate::geo::Placement;
use std::collections::{BTreeSet, HashMap};

/// The different placements, found again without looking at all of them.
#[derive(Debug, Default)]
pub(super) struct Places {
    all: Vec<Placement>,
    /// Placements by size and by the pixel that holds their corner: those that line up lie in the same or the next.
    near: HashMap<(u32, u32, i64, i64), Vec<usize>>,
}

impl Places {
    /// The index of a placement, which is kept where it is new.
    pub fn index(&mut self, placement: Placement) -> usize {
        let [width, height] = placement.pixel_size();
        let [x, y] = [placement.geotransform[0] / width, placement.geotransform[3] / height];
        let (x, y) = (x.floor() as i64, y.floor() as i64);
        let size = (placement.width, placement.height);
        for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
            let key = (size.0, size.1, x.saturating_add(dx), y.saturating_add(dy));
            let known = self.near.get(&key).into_iter().flatten();
            if let Some(&known) = known.into_iter().find(|&&i| self.all[i].lines_up_with(&placement)) {
                return known;
            }
        }
        self.near.entry((size.0, size.1, x, y)).or_default().push(self.all.len());
        self.all.push(placement);
        self.all.len() - 1
    }

    /// A placement by its index.
    pub fn get(&self, index: usize) -> &Placement {
        &self.all[index]
    }

    /// The placements, the most frequent first, and where each has gone. `used` are all uses.
    pub fn by_frequency(self, used: impl Iterator<Item = usize>) -> (Vec<Placement>, Vec<usize>) {
        let mut uses = vec![0usize; self.all.len()];
        used.for_each(|index| uses[index] += 1);
        let mut order: Vec<usize> = (0..uses.len()).filter(|&i| uses[i] > 0).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(uses[i]));
        let mut gone = vec![0; uses.len()];
        for (new, &old) in order.iter().enumerate() {
            gone[old] = new;
        }
        (order.into_iter().map(|i| self.all[i].clone()).collect(), gone)
    }
}

/// What tells names of one kind apart: the parts that differ where they have as many parts, the whole names otherwise;
/// `None` for each where there is nothing to tell apart.
pub(super) fn labels(names: &[&str]) -> Vec<Option<String>> {
    let different: BTreeSet<&str> = names.iter().copied().collect();
    if different.len() < 2 {
        return vec![None; names.len()];
    }
    let parts: HashMap<&str, Vec<&str>> =
        different.iter().map(|&name| (name, tokens(name).iter().map(|token| token.text).collect())).collect();
    let count = parts.values().next().map_or(0, Vec::len);
    let is_even = parts.values().all(|parts| parts.len() == count);
    let first = &parts[names[0]];
    let differing: Vec<usize> = if is_even {
        (0..count).filter(|&i| parts.values().any(|parts| parts[i] != first[i])).collect()
    } else {
        Vec::new()
    };
    let label = |name: &str| {
        let label: Vec<&str> = differing.iter().map(|&i| parts[name][i]).collect();
        let label = label.join("_");
        let label = if label.is_empty() { name.to_owned() } else { label };
        (!label.is_empty()).then_some(label)
    };
    names.iter().map(|name| label(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Crs, Grid};

    fn placement(left: f64, width: u32) -> Placement {
        let crs = Crs::from_epsg(32631).unwrap();
        let grid = Grid { crs, left, top: 5e6, pixel_width: 10.0, pixel_height: 10.0, width, height: 4 };
        Placement::from(&grid)
    }

    #[test]
    fn placements_that_line_up_are_one_and_the_most_frequent_comes_first() {
        let mut places = Places::default();
        let found: Vec<usize> =
            [(500_000.0, 4), (500_005.0, 4), (500_004.999, 4), (499_999.999_9, 4), (500_000.0, 5)]
                .iter()
                .map(|&(left, width)| places.index(placement(left, width)))
                .collect();
        assert_eq!(found, [0, 1, 1, 0, 2]);
        let (placements, gone) = places.by_frequency([1, 0, 1].into_iter());
        assert_eq!(placements.len(), 2);
        assert_eq!((gone[1], gone[0]), (0, 1));
        assert!(placements[0].lines_up_with(&placement(500_005.0, 4)));
    }

    #[test]
    fn thousands_of_placements_are_told_apart_quickly() {
        let mut places = Places::default();
        let one = placement(0.0, 4);
        for i in 0..20_000 {
            let mut other = one.clone();
            other.geotransform[0] = f64::from(i) * 40.0;
            assert_eq!(places.index(other), i as usize);
        }
    }

    #[test]
    fn labels_are_what_differs() {
        let some = |labels: &[&str]| labels.iter().map(|l| Some((*l).to_owned())).collect::<Vec<_>>();
        assert_eq!(labels(&["ny_013032", "ny_013033", "ny_013032"]), some(&["013032", "013033", "013032"]));
        assert_eq!(labels(&["a_1_x", "b_1_y"]), some(&["a_x", "b_y"]));
        assert_eq!(labels(&["a", "b_1"]), some(&["a", "b_1"]));
        assert_eq!(labels(&["a", ""]), [Some("a".to_owned()), None]);
        assert_eq!(labels(&["a", "a"]), [None, None]);
        assert!(labels(&[]).is_empty());
    }
}
