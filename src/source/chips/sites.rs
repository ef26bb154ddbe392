//! Which chips make a site: each its own, or neighbours together.

use super::ChipPlace;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How chips become sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChipSites {
    /// Chips that share an edge are one site, as long as they lie in the same square of four by four tiles.
    #[default]
    Neighbours,
    /// Each chip is a site.
    Each,
}

/// A site made of chips.
#[derive(Debug, Clone, PartialEq)]
pub struct ChipSite {
    pub name: String,
    /// In order.
    pub chips: Vec<ChipPlace>,
}

/// Tiles along the edge of a square that a site does not leave, so that no site grows without bound: each image of a site
/// is brought to the whole site's grid.
const SQUARE: u32 = 4;

/// The sites that chips make, in order of their first chip. A site of one chip has its name, one of several those of the
/// corners ("3476-7215 to 3478-7216").
pub fn chip_sites(chips: impl IntoIterator<Item = ChipPlace>, how: ChipSites) -> Vec<ChipSite> {
    let chips: BTreeSet<ChipPlace> = chips.into_iter().collect();
    let groups: Vec<Vec<ChipPlace>> = match how {
        ChipSites::Each => chips.into_iter().map(|chip| vec![chip]).collect(),
        ChipSites::Neighbours => neighbours(&chips),
    };
    let mut taken = HashSet::new();
    let named = |chips: Vec<ChipPlace>| {
        let name = name(&chips);
        let free = (2..).map(|n| format!("{name} ({n})"));
        let name = std::iter::once(name.clone()).chain(free).find(|name| taken.insert(name.clone()));
        ChipSite { name: name.unwrap_or_default(), chips }
    };
    groups.into_iter().map(named).collect()
}

fn name(chips: &[ChipPlace]) -> String {
    if let [chip] = chips {
        return chip.to_string();
    }
    let range = |of: fn(&ChipPlace) -> u32| {
        chips.iter().map(of).fold((u32::MAX, 0), |(least, most), n| (least.min(n), most.max(n)))
    };
    let ((left, right), (top, bottom)) = (range(|chip| chip.x), range(|chip| chip.y));
    format!("{left}-{top} to {right}-{bottom}")
}

/// Chips that hang together by their edges, within a square.
fn neighbours(chips: &BTreeSet<ChipPlace>) -> Vec<Vec<ChipPlace>> {
    let mut group_of: BTreeMap<ChipPlace, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<ChipPlace>> = Vec::new();
    for &first in chips {
        if group_of.contains_key(&first) {
            continue;
        }
        let group = groups.len();
        let mut open = vec![first];
        let mut those = Vec::new();
        group_of.insert(first, group);
        while let Some(chip) = open.pop() {
            those.push(chip);
            for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                let moved = chip.x.checked_add_signed(dx).zip(chip.y.checked_add_signed(dy));
                let Some((x, y)) = moved else { continue };
                let next = ChipPlace { x, y, ..chip };
                let is_in = x / SQUARE == chip.x / SQUARE && y / SQUARE == chip.y / SQUARE;
                if is_in && chips.contains(&next) && !group_of.contains_key(&next) {
                    group_of.insert(next, group);
                    open.push(next);
                }
            }
        }
        those.sort_unstable();
        groups.push(those);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chip(x: u32, y: u32) -> ChipPlace {
        ChipPlace { zoom: 14, x, y }
    }

    #[test]
    fn chips_that_share_an_edge_are_one_site_and_corners_do_not_count() {
        let sites = chip_sites([chip(8, 8), chip(9, 8), chip(9, 9), chip(10, 10)], ChipSites::Neighbours);
        let told: Vec<_> = sites.iter().map(|site| (site.name.as_str(), site.chips.len())).collect();
        assert_eq!(told, [("8-8 to 9-9", 3), ("10-10-14", 1)]);
        assert_eq!(chip_sites([chip(8, 8), chip(9, 8)], ChipSites::Each).len(), 2);
    }

    #[test]
    fn sites_of_the_same_corners_have_names_of_their_own() {
        let of = |zoom| [ChipPlace { zoom, x: 8, y: 8 }, ChipPlace { zoom, x: 9, y: 8 }];
        let sites = chip_sites(of(13).into_iter().chain(of(14)), ChipSites::Neighbours);
        let names: Vec<_> = sites.iter().map(|site| site.name.as_str()).collect();
        assert_eq!(names, ["8-8 to 9-8", "8-8 to 9-8 (2)"]);
    }

    proptest! {
        #[test]
        fn each_chip_is_in_one_site_and_no_site_leaves_its_square(
            places in prop::collection::btree_set((0u32..40, 0u32..40), 0..300)
        ) {
            let chips: BTreeSet<_> = places.into_iter().map(|(x, y)| chip(x, y)).collect();
            let sites = chip_sites(chips.iter().copied(), ChipSites::Neighbours);
            let mut all: Vec<_> = sites.iter().flat_map(|site| site.chips.iter().copied()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, chips.into_iter().collect::<Vec<_>>());
            let names: HashSet<_> = sites.iter().map(|site| &site.name).collect();
            prop_assert_eq!(names.len(), sites.len());
            for site in &sites {
                let square = |chip: &ChipPlace| (chip.x / SQUARE, chip.y / SQUARE);
                prop_assert!(site.chips.iter().all(|chip| square(chip) == square(&site.chips[0])));
            }
        }
    }
}
