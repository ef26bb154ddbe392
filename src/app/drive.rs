//! Running a command to its end, for verbs and tests.

use super::command::Command;
use super::events::{absorb, absorb_saving};
use super::state::{AppState, Level, SaveState};
use super::update::update;
use crate::jobs::{EventBody, JobEvent};
use crate::progress::Cancel;
use std::time::Duration;

/// Sends a command and waits for the job it starts, and for the jobs that this one starts; `on_event` sees each
/// event before it is taken in. When `cancel` is set, the jobs are asked to stop.
///
/// # Errors
/// The sentence of a refusal or a failure (of saving too), or that it was cancelled.
pub fn run_to_end(
    state: &mut AppState,
    command: Command,
    on_event: &mut dyn FnMut(&JobEvent, &AppState),
    cancel: &Cancel,
) -> Result<(), String> {
    update(state, command).map_err(|refused| refused.to_string())?;
    let mut failure = None;
    while !state.jobs.is_empty() {
        if cancel.is_cancelled() {
            // Nothing that waits begins then.
            let _ = super::queue::order(state, super::QueueOrder::StopAll);
            super::fetch_sites::stop_all(state);
            state.jobs.iter().for_each(|j| state.runner.cancel(j.id));
        }
        // Not for ever: a job that has nothing to say can still be cancelled.
        let Some(event) = state.runner.wait(Duration::from_millis(50)) else { continue };
        if state.jobs.iter().all(|j| j.id != event.job) {
            // Of a project that is closed.
            continue;
        }
        on_event(&event, state);
        match &event.body {
            EventBody::Failed(why) => failure = Some(why.clone()),
            EventBody::Cancelled => failure = Some("stopped, as asked".into()),
            _ => {}
        }
        absorb(state, event);
    }
    if let Some(project) = &state.project {
        project.flush();
    }
    absorb_saving(state);
    let changed = state.project.as_mut().and_then(|project| project.outside.take());
    if let Some(change) = changed {
        if change.ours_waits {
            return Err(failure.unwrap_or_else(|| super::outside::not_saved(&change)));
        }
        let text = format!("{} was changed by another program meanwhile", change.files.join(" and "));
        state.notify(Level::Warning, text);
    }
    match state.project.as_ref().map(|p| &p.save) {
        Some(SaveState::Failed(why)) => Err(failure.unwrap_or_else(|| why.clone())),
        _ => failure.map_or(Ok(()), Err),
    }
}
