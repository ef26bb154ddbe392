//! What lies on the map.

use super::state::OpenProject;
use super::update::{Refused, view};
use crate::project::{Layer, LayerKind};
use crate::source::Basemap;

/// Shows, hides or fades a layer.
pub(super) fn set(project: &mut OpenProject, layer: Layer) -> Result<(), Refused> {
    view(project, |p| p.document.view.layers.set(layer))?;
    // To show and to hide is a step that one can take back.
    super::places::rest(project);
    Ok(())
}

/// Puts a layer over or under others.
pub(super) fn place(project: &mut OpenProject, kind: LayerKind, at: usize) -> Result<(), Refused> {
    view(project, |p| p.document.view.layers.place(kind, at))
}

/// Takes another basemap; gives the name of the change.
pub(super) fn set_basemap(project: &mut OpenProject, basemap: Basemap) -> Result<String, Refused> {
    let tidy = |text: &str| text.trim().to_string();
    let Basemap { name, url, attribution, max_zoom } = basemap;
    let basemap = Basemap { name: tidy(&name), url: tidy(&url), attribution: tidy(&attribution), max_zoom };
    basemap.check().map_err(|why| Refused(why.to_string()))?;
    project.document.settings.basemap = basemap;
    Ok("changing the basemap".into())
}
