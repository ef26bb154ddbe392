//! The labels that trained a model, as they were: so many of each class, and which text they are.

use crate::labels::ClassCode;
use serde::{Deserialize, Serialize};

/// The file of a model's folder in which its labels stand, as `labels.geojson` of its project was.
pub const LABELS_FILE: &str = "labels.geojson";

/// The labels that trained a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelsState {
    /// Annotations of the project, also those that trained nothing.
    pub annotations: usize,
    /// FNV-1a of the text of [`LABELS_FILE`], in hexadecimal.
    pub hash: String,
    /// What was used of each class.
    pub classes: Vec<LabelsUsed>,
}

/// What was used of a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelsUsed {
    /// Its code then.
    pub code: ClassCode,
    /// Annotations with samples.
    pub annotations: usize,
    /// Their pixels, those held out included.
    pub pixels: usize,
}

/// FNV-1a in hexadecimal: it stays the same from one version of Rust to the next.
pub(super) fn fnv(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

impl LabelsState {
    /// The state of labels whose text is `text`, of which `used` trained: the class and the annotation of each sample.
    pub fn new(annotations: usize, text: &str, used: impl Iterator<Item = (ClassCode, u64)>) -> Self {
        let mut classes =
            std::collections::BTreeMap::<ClassCode, (std::collections::BTreeSet<u64>, usize)>::new();
        for (code, annotation) in used {
            let (annotations, pixels) = classes.entry(code).or_default();
            annotations.insert(annotation);
            *pixels += 1;
        }
        let classes = classes.into_iter().map(|(code, (annotations, pixels))| LabelsUsed {
            code,
            annotations: annotations.len(),
            pixels,
        });
        Self { annotations, hash: fnv(text.as_bytes()), classes: classes.collect() }
    }

    /// What was used of a class.
    pub fn of(&self, code: ClassCode) -> Option<&LabelsUsed> {
        self.classes.iter().find(|used| used.code == code)
    }
}
