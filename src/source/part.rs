//! Parts of what was recognised: without the files that people leave out, or one place of several.

use super::{Acquisition, Correction, Layer, Recognised, Role};
use crate::geo::{Crs, Placement};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

impl Recognised {
    /// The layers that are kept, and for each acquisition that still has a band, which it was. Placements are those of
    /// the layers that are left, the most frequent first.
    pub fn part(&self, keep: impl Fn(usize, &Layer) -> bool) -> (Self, Vec<usize>) {
        let mut which = Vec::new();
        let mut acquisitions: Vec<Acquisition> = Vec::new();
        for (i, acquisition) in self.acquisitions.iter().enumerate() {
            let layers: Vec<_> = acquisition.layers.iter().filter(|layer| keep(i, layer)).cloned().collect();
            if layers.iter().any(|layer| layer.role == Role::Band) {
                which.push(i);
                acquisitions.push(Acquisition { layers, ..acquisition.clone() });
            }
        }
        let mut counts = vec![0usize; self.placements.len()];
        acquisitions.iter().flat_map(|a| &a.layers).for_each(|layer| counts[layer.placement] += 1);
        let mut order: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(counts[i]));
        let new: HashMap<usize, usize> = order.iter().enumerate().map(|(new, &old)| (old, new)).collect();
        let layers = acquisitions.iter_mut().flat_map(|a| &mut a.layers);
        layers.for_each(|layer| layer.placement = new[&layer.placement]);
        let part = Self {
            acquisitions,
            placements: order.into_iter().map(|i| self.placements[i].clone()).collect(),
            skipped: self.skipped.clone(),
            damaged: self.damaged.clone(),
            origin: self.origin.clone(),
        };
        (part, which)
    }

    /// Without the files that people leave out, and which acquisitions remain.
    pub fn without_left_out(&self, corrections: &[Correction]) -> (Self, Vec<usize>) {
        let out: HashSet<&Path> =
            corrections.iter().filter(|c| c.leave_out).map(|c| c.path.as_path()).collect();
        let (mut part, which) = self.part(|_, layer| !out.contains(layer.path.as_path()));
        part.damaged.retain(|(path, _)| !out.contains(path.as_path()));
        (part, which)
    }

    /// The places that the acquisitions show, by name, each with its acquisitions: a tile, or, of files that name none,
    /// those that cover each other for the most part.
    pub fn places(&self) -> Vec<(String, Vec<usize>)> {
        let mut tiles: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut spots: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut spot_of: Option<Vec<usize>> = None;
        for (i, acquisition) in self.acquisitions.iter().enumerate() {
            match &acquisition.tile {
                Some(tile) => tiles.entry(tile).or_default().push(i),
                None => {
                    let spot_of = spot_of.get_or_insert_with(|| spots_of(&self.placements));
                    let placement = acquisition.layers.first().map_or(0, |layer| layer.placement);
                    spots.entry(spot_of.get(placement).copied().unwrap_or_default()).or_default().push(i);
                }
            }
        }
        let mut places: Vec<(String, Vec<usize>)> =
            tiles.into_iter().map(|(tile, those)| (tile.to_owned(), those)).collect();
        let mut taken: HashSet<String> = places.iter().map(|(name, _)| name.clone()).collect();
        for those in spots.into_values() {
            let stem = self.shared_start(&those);
            let candidates = (1..).map(|n| match (stem.is_empty(), n) {
                (false, 1) => stem.clone(),
                (false, n) => format!("{stem}-{n}"),
                (true, n) => format!("place-{n}"),
            });
            let free = candidates.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(free.clone());
            places.push((free, those));
        }
        places
    }

    /// What the keys of these acquisitions begin with: the name of their place, in front of the date.
    fn shared_start(&self, those: &[usize]) -> String {
        let mut keys = those.iter().map(|&i| self.acquisitions[i].key.as_str());
        let first = keys.next().unwrap_or_default();
        let shared = keys.fold(first, |shared, key| {
            let same = shared.chars().zip(key.chars()).take_while(|(a, b)| a == b);
            &shared[..same.map(|(a, _)| a.len_utf8()).sum()]
        });
        // What the dates of the keys have in common is no part of the name.
        let year = self.acquisitions[those[0]].date.format("%Y").to_string();
        let before_date = shared.rfind(&year).map_or(shared, |at| &shared[..at]);
        before_date.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    }
}

/// For each placement the first one that it covers for the most part, or is covered by: such are one place, though their
/// grids differ.
fn spots_of(placements: &[Placement]) -> Vec<usize> {
    let degrees = Crs::from_epsg(4326).ok();
    let extents: Vec<_> =
        placements.iter().map(|placement| placement.extent_in(degrees.as_ref()?).ok()).collect();
    let area = |[left, bottom, right, top]: [f64; 4]| (right - left).max(0.0) * (top - bottom).max(0.0);
    let is_one = |a: [f64; 4], b: [f64; 4]| {
        let shared = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
        area(shared) > 0.5 * area(a).min(area(b))
    };
    let mut spots: Vec<usize> = Vec::with_capacity(placements.len());
    for i in 0..placements.len() {
        // Only firsts are compared with.
        let same =
            (0..i).find(|&j| spots[j] == j && extents[i].zip(extents[j]).is_some_and(|(a, b)| is_one(a, b)));
        spots.push(same.unwrap_or(i));
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Grid;
    use crate::source::BandKnowledge;
    use chrono::NaiveDate;

    fn placement(left: f64) -> Placement {
        let crs = Crs::from_epsg(32615).unwrap();
        Placement::from(&Grid {
            crs,
            left,
            top: 1.9e6,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width: 4,
            height: 3,
        })
    }

    fn layer(path: &str, name: &str, placement: usize) -> Layer {
        Layer {
            path: path.into(),
            index: 0,
            name: name.into(),
            role: Role::Band,
            knowledge: BandKnowledge::default(),
            pixel_type: "Int16".into(),
            nodata: None,
            scaling: None,
            placement,
        }
    }

    fn acquisition(key: &str, month: u32, tile: Option<&str>, layers: Vec<Layer>) -> Acquisition {
        Acquisition {
            key: key.into(),
            date: NaiveDate::from_ymd_opt(2022, month, 15).unwrap(),
            time: None,
            tile: tile.map(Into::into),
            sensor: None,
            baseline: None,
            layers,
        }
    }

    fn two_places(tiles: [Option<&str>; 2]) -> Recognised {
        let of = |place: usize, name: &str, month: u32| {
            let key = format!("{name}_2022-{month:02}-15.tif");
            let layers = vec![layer(&key, "B04", place)];
            acquisition(&key, month, tiles[place], layers)
        };
        Recognised {
            acquisitions: vec![of(0, "north", 1), of(1, "south", 1), of(0, "north", 2), of(1, "south", 2)],
            placements: vec![placement(0.0), placement(5e5)],
            ..Recognised::default()
        }
    }

    #[test]
    fn places_are_named_by_tile_or_by_what_the_names_share_before_the_date() {
        let names = |found: &Recognised| found.places().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&two_places([Some("14QMJ"), Some("14QNJ")])), ["14QMJ", "14QNJ"]);
        assert_eq!(names(&two_places([None, None])), ["north", "south"]);
        let mut nameless = two_places([None, None]);
        nameless.acquisitions.iter_mut().for_each(|a| a.key = format!("{}.tif", a.date));
        assert_eq!(names(&nameless), ["place-1", "place-2"]);
        assert_eq!(two_places([None, None]).places()[1].1, [1, 3]);
    }

    #[test]
    fn grids_that_cover_each_other_for_the_most_part_are_one_place() {
        let mut found = two_places([None, None]);
        found.placements[1] = placement(15.0);
        assert_eq!(found.places().len(), 1);
        found.placements[1] = placement(25.0);
        assert_eq!(found.places().len(), 2, "neighbours that overlap a little are two");
    }

    #[test]
    fn a_file_that_is_left_out_takes_its_acquisition_along_when_no_band_remains() {
        let mut found = two_places([None, None]);
        found.acquisitions[3].layers.push(layer("more.tif", "B08", 1));
        let out = |path: &std::path::Path| Correction { path: path.to_owned(), date: None, leave_out: true };
        let corrections: Vec<_> = [0, 2, 3].map(|i: usize| out(&found.acquisitions[i].layers[0].path)).into();
        let (part, which) = found.without_left_out(&corrections);
        assert_eq!(which, [1, 3]);
        assert_eq!(part.acquisitions[1].layers.len(), 1, "B08 lies in a file of its own");
        assert_eq!(part.placements, [placement(5e5)]);
        assert!(part.acquisitions.iter().flat_map(|a| &a.layers).all(|layer| layer.placement == 0));
    }

    #[test]
    fn a_damaged_file_that_is_left_out_is_none_to_worry_about() {
        let mut found = two_places([None, None]);
        found.damaged = vec![("a.tif".into(), "cut off".into()), ("b.tif".into(), "cut off".into())];
        let out = Correction { path: "a.tif".into(), date: None, leave_out: true };
        assert_eq!(found.without_left_out(&[out]).0.damaged.len(), 1);
    }
}
