//! Comparing two maps of a site: which is better, by how much, and where.

use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, ToRead, busy, file_of_map, refuse, start_reading, the_project, the_site};
use crate::jobs::{self, ComparedMaps, JobId, JobKind};

/// Which maps to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareRequest {
    /// Their names.
    pub maps: [String; 2],
    /// The site; the one on screen, or the only one, unless given.
    pub site: Option<String>,
    /// A reference sample, by its name in the project or its file.
    pub reference: Option<String>,
}

/// Compares two maps (a job).
pub(super) fn compare(state: &mut AppState, request: CompareRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::CompareMaps)?;
    let language = state.language;
    let project = the_project(state)?;
    let CompareRequest { maps: [first, second], site, reference } = request;
    let site = the_site(project, site)?;
    if first == second {
        return refuse(format!("{first} would be compared with itself: choose two maps"));
    }
    let mut read = [&first, &second].map(|name| file_of_map(project, &site.name, name)).to_vec();
    let maps = [(first.clone(), read[0].0.clone()), (second.clone(), read[1].0.clone())];
    let reference = reference.map(|given| {
        let of = sample(project, &given);
        read.push(of.clone());
        of.0
    });
    let output = crate::project::file_name(&format!("{} {first} against {second}", site.name));
    let spec = jobs::CompareSpec {
        project: project.document.name.clone(),
        site: site.name.clone(),
        maps,
        models: project.models.iter().map(|model| (model.name.clone(), model.folder.clone())).collect(),
        reference,
        true_map: site.true_map.as_ref().map(|file| project.folder.path().join(file)),
        annotations: project.annotations.clone(),
        buffers: project.buffers(),
        legend: project.document.legend.clone(),
        language,
        output: project.folder.assessments_path().join("comparisons").join(output),
    };
    let subject = format!("{first} and {second}");
    Ok(Some(start_reading(state, JobKind::CompareMaps, subject, read, move |c| jobs::compare_maps(&spec, c))))
}

/// The file of a reference sample, by its name in the project or the file itself, with what is to be said where there is none.
pub(super) fn sample(project: &OpenProject, given: &str) -> ToRead {
    let is_own = project.references().names.iter().any(|name| name == given);
    let file = if is_own { project.folder.reference_path(given) } else { given.into() };
    let missing = format!(
        "there is no reference sample {given}: give the name of one of this project, or a file with points"
    );
    (file, missing)
}

/// They are compared.
pub(super) fn compared(state: &mut AppState, compared: ComparedMaps) {
    let Some(project) = &mut state.project else { return };
    let answer = compared.answer.clone();
    project.last.compared = Some(compared);
    state.notify(Level::Done, answer);
}
