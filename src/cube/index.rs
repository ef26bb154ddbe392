//! Spectral indices: expressions over the bands of a cube, by the names that all sensors share.
//!
//! An expression is read once ([`Expression::parse`]) into a flat list of steps in postfix order, bound to the bands of a
//! cube ([`crate::cube::Feature::resolve`]), and then computed block by block over many pixels: no tree is walked.

mod catalogue;
mod names;
mod parse;
mod program;

pub use catalogue::{CATALOGUE, IndexKnowledge};
pub use names::common_names;
pub(super) use names::{find_band, listed};
pub use parse::Expression;
pub(super) use program::{BLOCK, Program};

use serde::{Deserialize, Serialize};

/// An index of the project's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedIndex {
    /// Its name, unique in the project.
    pub name: String,
    /// How it is computed: `(nir - swir1) / (nir + swir1)`.
    pub expression: String,
}

/// What can be wrong with an index. Each says where, and the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// The text cannot be read.
    #[error("{why} (at character {})", at + 1)]
    Syntax {
        /// Characters before the place.
        at: usize,
        /// What is wrong there, and the way out.
        why: String,
    },
    /// A name that the cube does not have.
    #[error("`{name}` is no band of this cube; it has {has}")]
    UnknownName {
        /// Characters before it.
        at: usize,
        /// The name.
        name: String,
        /// What the cube has.
        has: String,
    },
    /// Its constants suppose reflectances, and the cube holds numbers of an unknown scale.
    #[error(
        "{name} has constants that suppose reflectances from 0 to 1, and this cube does not say how its numbers become reflectances. Build it again from files whose sensor is known, or use an index without constants"
    )]
    Unscaled {
        /// The index.
        name: String,
    },
}

impl IndexError {
    /// Characters before the place that is wrong, where there is one.
    pub fn at(&self) -> Option<usize> {
        match self {
            Self::Syntax { at, .. } | Self::UnknownName { at, .. } => Some(*at),
            Self::Unscaled { .. } => None,
        }
    }
}

/// Parts of a list such as `B04,NDVI,min(nir, red)`: split at the commas that stand in no parentheses and no quotes,
/// without the space around; empty parts are left out.
pub fn split_list(text: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut depth, mut quoted) = (0usize, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_commas_outside_of_parentheses() {
        assert_eq!(split_list("B04, B08,NDVI"), ["B04", "B08", "NDVI"]);
        assert_eq!(
            split_list("min(nir, red),max(a,(b)), \"x,y\" + 1"),
            ["min(nir, red)", "max(a,(b))", "\"x,y\" + 1"]
        );
        assert_eq!(split_list(" , ,"), Vec::<String>::new());
        assert_eq!(split_list(")a,b("), [")a", "b("]);
    }
}
