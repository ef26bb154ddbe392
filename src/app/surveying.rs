//! What is looked at before it is done: whether a look is under way, and what the last one said.

use super::state::{AppState, OpenProject, SurveyState};
use crate::jobs::JobId;
use std::sync::Arc;

/// Something that is looked at. What was known last stays while something newer is looked for.
#[derive(Debug)]
pub struct Survey<T> {
    /// How far it is.
    pub state: SurveyState,
    /// The last answer.
    pub last: Option<Arc<T>>,
}

impl<T> Default for Survey<T> {
    fn default() -> Self {
        Self { state: SurveyState::None, last: None }
    }
}

impl<T> Survey<T> {
    /// The answer of a job; that of one that is not waited for any more is dropped.
    pub(super) fn came(&mut self, job: JobId, answer: Arc<T>) {
        if self.state == SurveyState::Looking(job) {
            self.state = SurveyState::Ready;
            self.last = Some(answer);
        }
    }

    /// A look failed, with why, or was stopped.
    pub(super) fn ended(&mut self, job: JobId, why: Option<&str>) {
        if self.state == SurveyState::Looking(job) {
            self.state = match why {
                Some(why) => SurveyState::Failed(why.to_owned()),
                None => SurveyState::Stopped,
            };
        }
    }
}

/// Gives up the look that is under way: it is no longer listed, so that whatever it still has to say is dropped.
pub(super) fn give_up<T>(state: &mut AppState, of: fn(&mut OpenProject) -> &mut Survey<T>) {
    let Some(project) = &mut state.project else { return };
    if let SurveyState::Looking(job) = std::mem::take(&mut of(project).state) {
        state.runner.cancel(job);
        state.jobs.retain(|listed| listed.id != job);
    }
}
