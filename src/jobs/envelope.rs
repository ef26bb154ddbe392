//! The usual year of classes, for the window.

use super::{DrawnCore, Newest};
use crate::cube::{Cube, CubeError, Feature};
use crate::labels::ClassCode;
use crate::samples::{self, Envelope, EnvelopeMember, SampleError};
use std::sync::Arc;

/// Which usual years are wanted.
#[derive(Debug, Clone)]
pub struct EnvelopesRequest {
    /// Identifies the question.
    pub id: u64,
    /// Of which classes.
    pub classes: Vec<ClassCode>,
    /// In which band or index.
    pub feature: Feature,
    /// The annotations that give samples: their classes and cores.
    pub members: Vec<(ClassCode, Arc<DrawnCore>)>,
}

/// Usual years.
#[derive(Debug, Clone)]
pub struct Envelopes {
    /// The question they answer.
    pub id: u64,
    /// In which band or index.
    pub feature: Feature,
    /// One for each class that was asked for, or why they cannot be told.
    pub found: Result<Vec<Envelope>, String>,
}

/// Starts the thread for the usual years on a cube.
pub fn envelopes(cube: &Cube, wake: Arc<dyn Fn() + Send + Sync>) -> Newest<EnvelopesRequest, Envelopes> {
    let cube = cube.clone();
    Newest::start("ritmo-envelopes", wake, move |request: EnvelopesRequest, cancel| {
        let EnvelopesRequest { id, classes, feature, members } = request;
        let members: Vec<EnvelopeMember> = members
            .iter()
            .map(|(class, core)| EnvelopeMember { class: *class, pixels: &core.core.pure_pixels })
            .collect();
        let found = match samples::envelopes(&cube, &members, &classes, &feature, cancel) {
            Err(SampleError::Cancelled(_) | SampleError::Cube(CubeError::Cancelled(_))) => return None,
            other => other.map_err(|e| e.to_string()),
        };
        Some(Envelopes { id, feature, found })
    })
}
