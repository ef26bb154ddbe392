//! The sites that there is something to learn of.

use crate::cube::Cube;
use crate::labels::{AnnotationIndex, Annotations, LabelSite};
use std::path::Path;

/// Of these sites those that annotations lie on, with their cubes; all where none lies on any, so that it is told why not. A
/// site that nothing is drawn on teaches nothing: its bands and dates may be others.
///
/// # Errors
/// When a cube cannot be opened.
pub(super) fn labelled<'a, T>(
    sites: &'a [T],
    cube_of: impl Fn(&T) -> &Path,
    annotations: &Annotations,
) -> anyhow::Result<Vec<(&'a T, Cube)>> {
    let mut index = AnnotationIndex::default();
    index.follow(annotations);
    let mut opened = Vec::with_capacity(sites.len());
    let mut any = false;
    for site in sites {
        let cube = Cube::open(cube_of(site))?;
        let place = LabelSite {
            name: String::new(),
            grid: cube.info().grid.clone(),
            dates: cube.info().dates.clone(),
        };
        let has_some = place.has_some(&index);
        any |= has_some;
        opened.push((site, cube, has_some));
    }
    opened.retain(|(_, _, has_some)| *has_some || !any);
    Ok(opened.into_iter().map(|(site, cube, _)| (site, cube)).collect())
}
