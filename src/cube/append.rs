//! Adds dates to a cube.

use super::{BuildSpec, CubeError, CubeInfo};
use crate::progress::{Cancel, Report};
use std::path::Path;

/// Adds the dates of `spec` to the cube at `store`.
///
/// # Errors
/// Always, so far.
pub fn append(
    _spec: &BuildSpec,
    _store: &Path,
    _report: Report,
    cancel: &Cancel,
) -> Result<CubeInfo, CubeError> {
    cancel.check()?;
    Err(CubeError::Input { why: "dates cannot be added to a cube yet. Build it anew from all files".into() })
}
