//! The areas of the map on screen.

use super::state::{AppState, OpenProject};
use super::update::{Refused, busy, refuse, start_writing, the_project};
use crate::jobs::{self, AreasRequest, JobId, JobKind};
use std::path::PathBuf;
use std::sync::Arc;

impl OpenProject {
    /// What the areas of the map on screen are counted from; `None` while it is not there as a whole.
    pub fn areas_request(&self) -> Option<AreasRequest> {
        let map = self.map().filter(|map| map.complete)?;
        Some(AreasRequest {
            generation: map.generation,
            codes: Arc::clone(&map.codes),
            grid: self.grid()?.clone(),
            classes: self.legend_of_map().classes,
        })
    }
}

/// Writes them as a table.
pub(super) fn save(state: &mut AppState, file: PathBuf, replace: bool) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::SaveAreas)?;
    let Some(request) = the_project(state)?.areas_request() else {
        return refuse("there is no finished map on screen whose areas could be written: map the site first");
    };
    let subject = file.display().to_string();
    let target = (file.clone(), replace);
    Ok(Some(start_writing(state, JobKind::SaveAreas, subject, target, move |_| {
        jobs::save_areas(&request, file)
    })))
}
