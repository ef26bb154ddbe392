//! Sets of labelled chips: looking at them, importing them, and what comes back from both.

use super::state::{AppState, Level, SurveyState};
use super::surveying::{self, Survey};
use super::update::{Refused, busy, check_buffer, refuse, start, the_project};
use super::{imagery, labels_in};
use crate::geo::remote::keep_query;
use crate::jobs::{self, ChipChoice, ChipsImported, ChipsSurveyed, JobId, JobKind};
use std::path::PathBuf;

/// A set of chips that is looked at before it is imported.
pub type ChipsSurveying = Survey<ChipsSurveyed>;

/// Starts to look at a prefix; a look under way is given up. An empty prefix forgets the last answer.
pub(super) fn survey(state: &mut AppState, prefix: PathBuf) -> Result<Option<JobId>, Refused> {
    the_project(state)?.chips.last = None;
    surveying::give_up(state, |project| &mut project.chips);
    if prefix.as_os_str().is_empty() {
        return Ok(None);
    }
    let subject = keep_query(&prefix).display().to_string();
    let job = start(state, JobKind::SurveyChips, subject, move |c| jobs::survey_chips(&prefix, c));
    the_project(state)?.chips.state = SurveyState::Looking(job);
    Ok(Some(job))
}

/// Starts an import.
pub(super) fn import(
    state: &mut AppState,
    prefix: PathBuf,
    choice: ChipChoice,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ImportChips)?;
    busy(state, JobKind::BuildCube)?;
    busy(state, JobKind::ImportLabels)?;
    let project = the_project(state)?;
    if prefix.as_os_str().is_empty() {
        return refuse("nothing to import: give the folder that holds the chips");
    }
    if let Some(m) = choice.buffer_m {
        check_buffer(m)?;
    }
    project.last.chips = None;
    project.last.imported = None;
    project.last.built = None;
    project.last.cubes.clear();
    let subject = keep_query(&prefix).display().to_string();
    let spec = jobs::ImportChipsSpec {
        prefix: keep_query(&prefix),
        choice,
        project: project.folder.path().into(),
        sites: project.document.sites.clone(),
        legend: project.document.legend.clone(),
        first_id: project.next_id,
        buffer_m: project.document.settings.buffer_m,
        annotations: project.annotations.clone(),
    };
    Ok(Some(start(state, JobKind::ImportChips, subject, move |c| jobs::import_chips(&spec, c))))
}

/// Sites and annotations are there.
pub(super) fn imported(state: &mut AppState, imported: ChipsImported) {
    let ChipsImported { cubes, labels, told } = imported;
    if !cubes.sites.is_empty() {
        imagery::cubes_built(state, cubes);
    }
    if let Some(labels) = labels {
        labels_in::imported(state, labels);
    }
    let Some(project) = &mut state.project else { return };
    // All of it stands where it was asked for, and in the report.
    let aside = match told.aside.len() {
        0 => String::new(),
        n => format!("; {n} things could not be joined or taken: they stand in {}", told.report.display()),
    };
    let text = format!("{} chips are on sites of the project{aside}", told.chips);
    project.last.chips = Some(told);
    state.notify(Level::Done, text);
}
