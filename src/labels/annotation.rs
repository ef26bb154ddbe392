//! What the annotator drew.

use super::ClassCode;
use serde::{Deserialize, Serialize};

/// Identifies an annotation within its project; never used twice.
pub type AnnotationId = u64;

/// How sure the annotator was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Beyond doubt: training takes it.
    #[default]
    Sure,
    /// Likely: training leaves it unless told otherwise.
    Likely,
}

/// A polygon (or point) with a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    /// Unique in the project.
    pub id: AnnotationId,
    /// Polygon, multipolygon or point; WGS 84 longitude and latitude (RFC 7946).
    pub geometry: geo::Geometry<f64>,
    /// Its class.
    pub class: ClassCode,
    /// How sure.
    pub confidence: Confidence,
    /// Its own inward buffer in metres; the project's where `None`. Points have none.
    pub buffer_m: Option<f64>,
    /// When it was drawn or imported, RFC 3339.
    pub created: Option<String>,
    /// Where it came from or what the annotator thought.
    pub note: Option<String>,
}
