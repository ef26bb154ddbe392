//! Reference units that cannot be used, counted by why.

use super::figures::NO_CLASS;
use super::stratified::Stratum;
use crate::labels::{Class, ClassCode};
use serde::{Deserialize, Serialize};

/// Units left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Of a stratum that the design does not have.
    pub unknown_stratum: u64,
    /// Without a reference class: skipped, or not labelled yet.
    pub unlabelled: u64,
    /// Whose reference class is none of the classes assessed.
    pub unknown_reference: u64,
    /// Off the map.
    pub off_the_map: u64,
    /// On nodata, or where the map gives no class.
    pub nodata: u64,
    /// Whose mapped class is none of the classes assessed.
    pub unknown_mapped: u64,
}

impl LeftOut {
    /// Whether a unit counts in its stratum: it has one, and a known reference class.
    pub(in crate::assess) fn reference(
        &mut self,
        strata: &[Stratum],
        classes: &[Class],
        stratum: ClassCode,
        reference: Option<ClassCode>,
    ) -> Option<u8> {
        if !strata.iter().any(|s| s.code == stratum && s.pixels > 0) {
            self.unknown_stratum += 1;
            return None;
        }
        self.known_reference(classes, reference)
    }

    /// The place of the reference class among the classes.
    pub(in crate::assess) fn known_reference(
        &mut self,
        classes: &[Class],
        reference: Option<ClassCode>,
    ) -> Option<u8> {
        let Some(reference) = reference.filter(|code| *code != 0) else {
            self.unlabelled += 1;
            return None;
        };
        let place = place(classes, reference);
        self.unknown_reference += u64::from(place.is_none());
        place
    }

    /// The place of the mapped class among the classes; none of them where the map gives none.
    pub(in crate::assess) fn mapped(&mut self, classes: &[Class], mapped: Option<ClassCode>) -> u8 {
        match mapped {
            None => self.off_the_map += 1,
            Some(0 | 255) => self.nodata += 1,
            Some(code) => match place(classes, code) {
                Some(place) => return place,
                None => self.unknown_mapped += 1,
            },
        }
        NO_CLASS
    }

    /// What was left out, a sentence each.
    pub fn sentences(&self) -> Vec<String> {
        let all = [
            (self.unknown_stratum, "of a stratum that the design does not have: left out"),
            (
                self.unlabelled,
                "without a reference class: left out, as if chance had chosen them. Where they are those that are hard to \
                 tell, the figures flatter",
            ),
            (self.unknown_reference, "with a reference class that is none of those assessed: left out"),
            (self.off_the_map, "off the map: what is assessed is what the map covers"),
            (self.nodata, "where the map has no class: what is assessed is what the map covers"),
            (
                self.unknown_mapped,
                "mapped as a class that is none of those assessed: left out with the land like them",
            ),
        ];
        let sentence = |(count, why): (u64, &str)| {
            (count > 0).then(|| format!("{count} {} {why}.", if count == 1 { "unit" } else { "units" }))
        };
        all.into_iter().filter_map(sentence).collect()
    }
}

fn place(classes: &[Class], code: ClassCode) -> Option<u8> {
    classes.iter().position(|class| class.code == code).map(|place| place as u8)
}
