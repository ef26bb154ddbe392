//! The list of annotations as it is asked for: sorted and filtered anew only when something has changed, long ones in a job.

use super::state::{AppState, OpenProject};
use super::update::start;
use crate::jobs::{self, JobId, JobKind, ListInput, ListSpec, SitePlace};
use crate::labels::AnnotationId;
use crate::progress::Cancel;
use std::sync::Arc;

/// So many annotations are sorted at once, more in a job.
const SORTED_AT_ONCE: usize = 2000;

/// The list of annotations, as it is asked for. While it is worked out anew, the rows are those from before.
#[derive(Default)]
pub struct Listing {
    spec: Option<ListSpec>,
    rows: Arc<Vec<AnnotationId>>,
    /// What the rows were worked out from.
    of: Option<ListInput>,
    job: Option<(JobId, ListInput)>,
}

impl Listing {
    /// The ids of the annotations to show, in order. Some may have been deleted since.
    pub fn rows(&self) -> &Arc<Vec<AnnotationId>> {
        &self.rows
    }

    /// Where the sites lie, as the rows were worked out.
    pub fn sites(&self) -> &[SitePlace] {
        self.of.as_ref().map_or(&[], |input| &input.sites)
    }

    /// What was asked for.
    pub fn spec(&self) -> Option<&ListSpec> {
        self.spec.as_ref()
    }

    /// Whether it is being worked out anew.
    pub fn is_coming(&self) -> bool {
        self.job.is_some()
    }

    pub(super) fn is_asked(&self) -> bool {
        self.spec.is_some()
    }

    pub(super) fn ask(&mut self, spec: ListSpec) {
        self.spec = Some(spec);
    }
}

/// Brings the list up to date.
pub(super) fn follow(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let listing = &project.derived.listing;
    let Some(spec) = &listing.spec else { return };
    let newest = listing.job.as_ref().map(|(_, input)| input).or(listing.of.as_ref());
    if newest.is_some_and(|input| is_current(input, spec, project)) {
        return;
    }
    let input = ListInput {
        annotations: project.annotations.clone(),
        facts: project.derived.flags.facts().clone(),
        legend: project.document.legend.clone(),
        sites: project.site_places(),
        spec: spec.clone(),
    };
    if let Some((job, _)) = project.derived.listing.job.take() {
        state.runner.cancel(job);
        state.jobs.retain(|listed| listed.id != job);
    }
    if input.annotations.len() <= SORTED_AT_ONCE {
        // Nobody cancels it.
        if let Ok(rows) = jobs::list(&input, &Cancel::new()) {
            let listing = &mut project.derived.listing;
            (listing.rows, listing.of) = (rows, Some(input));
        }
        return;
    }
    let of_job = input.clone();
    let job = start(state, JobKind::List, "", move |c| jobs::listing(&of_job, c));
    if let Some(project) = &mut state.project {
        project.derived.listing.job = Some((job, input));
    }
}

/// Whether rows worked out from this need not be worked out anew.
fn is_current(input: &ListInput, spec: &ListSpec, project: &OpenProject) -> bool {
    input.spec == *spec
        && input.annotations.is_same(&project.annotations)
        && input.facts.ptr_eq(project.derived.flags.facts())
        && input.legend == project.document.legend
        && input.sites == project.site_places()
}

/// Takes in the rows that a job worked out.
pub(super) fn came(state: &mut AppState, job: JobId, rows: Arc<Vec<AnnotationId>>) {
    let Some(project) = &mut state.project else { return };
    let listing = &mut project.derived.listing;
    if let Some((_, input)) = listing.job.take_if(|(waiting, _)| *waiting == job) {
        (listing.rows, listing.of) = (rows, Some(input));
    }
}

/// A job of the list ended without rows.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    project.derived.listing.job.take_if(|(waiting, _)| *waiting == job);
}

impl OpenProject {
    /// Where the sites lie, as far as that is known.
    pub fn site_places(&self) -> Vec<SitePlace> {
        let sites = self.document.sites.iter();
        sites
            .filter_map(|site| Some(SitePlace { name: site.name.clone(), corners: site.footprint? }))
            .collect()
    }
}
