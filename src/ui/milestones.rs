//! How long a training takes to show something, from the command on: told on standard error where `RITMO_TIMINGS` is set.

use crate::app::{AppState, MapLayer, OpenProject};
use crate::geo::Window;
use crate::jobs::JobId;
use std::time::Instant;

/// What has come of the training that is watched.
#[derive(Default)]
pub struct Milestones {
    run: Option<JobId>,
    began: Option<Instant>,
    told: [bool; 4],
    /// Seconds that frames took since.
    frames: Vec<f32>,
}

const WORDS: [&str; 4] = [
    "first live map of the whole view",
    "first live map of the whole view at full resolution",
    "trained",
    "the whole view with the final weights",
];

impl Milestones {
    /// Looks at what there is after a frame that took so many seconds.
    pub fn observe(&mut self, state: &AppState, seconds: f32) {
        let Some(project) = &state.project else { return };
        let Some(training) = &project.training else { return };
        if self.run != Some(training.job) {
            let job = state.jobs.iter().find(|job| job.id == training.job);
            *self = Self { run: Some(training.job), began: job.map(|job| job.started), ..Self::default() };
        }
        let Some(began) = self.began else { return };
        self.frames.push(seconds);
        let fresh = project.live_map().filter(|live| live.run == training.job).map(|live| live.fresh);
        let whole = fresh.is_some_and(|fresh| fresh.current >= 1.0) || is_mapped(project);
        let reached = [
            fresh.is_some_and(|fresh| fresh.covers),
            fresh.is_some_and(|fresh| fresh.fine >= 1.0),
            !training.running,
            !training.running && whole,
        ];
        for ((reached, told), words) in reached.into_iter().zip(&mut self.told).zip(WORDS) {
            if reached && !std::mem::replace(told, true) {
                eprintln!("timings: {words} after {:.2} s", began.elapsed().as_secs_f32());
            }
        }
        if reached[3] {
            let (frames, p99) = (self.frames.len(), percentile(&mut self.frames, 0.99));
            eprintln!("timings: {frames} frames meanwhile, p99 {:.0} ms of work", p99 * 1000.0);
            self.began = None;
        }
    }
}

/// Whether a map of the site covers what is on screen.
fn is_mapped(project: &OpenProject) -> bool {
    let seen = project.looking().and_then(crate::jobs::Looking::window);
    let (Some(map), Some(seen)) = (project.map(), seen) else { return false };
    map.live.is_none() && (map.complete || arrived_in(map, seen) >= seen.pixels())
}

/// Pixels of a window that have come; chunks of a map come once.
fn arrived_in(map: &MapLayer, seen: Window) -> usize {
    map.arrived.iter().map(|came| came.cut_to(seen).pixels()).sum()
}

/// The value that this share of all is not above.
fn percentile(values: &mut [f32], share: f64) -> f32 {
    values.sort_by(f32::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_there() {
        let mut values: Vec<f32> = (1..=200).rev().map(|v| v as f32).collect();
        assert_eq!(percentile(&mut values, 0.99), 198.0);
        assert_eq!(percentile(&mut [7.0], 0.99), 7.0);
        assert_eq!(percentile(&mut [], 0.99), 0.0);
    }
}
