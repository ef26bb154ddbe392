//! The core of what is being drawn, kept until its corners change. What costs more than a frame has is computed behind the
//! window; the last core stays until the next is there.

use crate::geo::Grid;
use crate::jobs::{DraftAnswer, DraftQuestion, DraftRequest, Drafts, DrawnCore, drawn_core};
use crate::labels::{Annotation, Buffers, Emptied};
use egui::Context;
use geo::CoordsIter;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What costs more is computed behind the window.
const AT_ONCE: Duration = Duration::from_millis(8);
/// Shapes of more corners are not tried at once.
const CORNERS_AT_ONCE: usize = 3000;

/// What is known of a shape.
pub struct Shown {
    /// Its core, or why there is none.
    pub core: Result<Arc<DrawnCore>, String>,
    /// The inward buffer, in metres.
    pub buffer_m: f64,
    /// The largest buffer that leaves a pure pixel; the inner `None` where none does, the outer while it is not known.
    pub largest_m: Option<Option<f64>>,
}

/// The core of what is being drawn.
#[derive(Default)]
pub struct Preview {
    /// What was asked for last, with its buffer.
    asked: Option<(Annotation, f64)>,
    number: u64,
    shown: Option<Shown>,
    /// The number of the shape whose largest buffer was asked for.
    largest_of: u64,
    /// How long the last core took.
    took: Duration,
    behind: Option<Drafts>,
}

impl Preview {
    /// What is known of a shape, or of the one before it while it is being computed.
    pub fn of(
        &mut self,
        annotation: &Annotation,
        grid: &Grid,
        buffers: &Buffers,
        ctx: &Context,
    ) -> Option<&Shown> {
        let buffer_m = buffers.of(annotation);
        let request = |number| DraftRequest {
            number,
            annotation: annotation.clone(),
            grid: grid.clone(),
            buffers: buffers.clone(),
        };
        if !self.asked.as_ref().is_some_and(|(asked, m)| asked == annotation && *m == buffer_m) {
            self.number += 1;
            self.asked = Some((annotation.clone(), buffer_m));
            let small = annotation.geometry.coords_count() <= CORNERS_AT_ONCE;
            if small && self.took <= AT_ONCE {
                let since = Instant::now();
                let core = drawn_core(annotation, grid, buffers);
                self.took = since.elapsed();
                self.show(core, buffer_m);
            } else {
                let request = request(self.number);
                self.behind(ctx).ask(DraftQuestion::Core, request);
            }
        }
        self.take_in(buffer_m);
        let emptied = self.shown.as_ref().and_then(|shown| shown.core.as_ref().ok()?.core.emptied);
        let small = matches!(emptied, Some(Emptied::ByBuffer | Emptied::NoWholePixel));
        if small && self.largest_of != self.number {
            self.largest_of = self.number;
            let request = request(self.number);
            self.behind(ctx).ask(DraftQuestion::LargestBuffer, request);
        }
        self.shown.as_ref()
    }

    /// Pure pixels of what is shown.
    pub fn pure_pixels(&self) -> Option<&[(u32, u32)]> {
        let core = self.shown.as_ref()?.core.as_ref().ok()?;
        Some(&core.core.pure_pixels)
    }

    /// Nothing is being drawn.
    pub fn forget(&mut self) {
        (self.asked, self.shown, self.took) = (None, None, Duration::ZERO);
        // Answers on their way are of what is forgotten.
        self.number += 1;
    }

    fn behind(&mut self, ctx: &Context) -> &Drafts {
        let ctx = ctx.clone();
        self.behind.get_or_insert_with(|| Drafts::start(move || ctx.request_repaint()))
    }

    fn show(&mut self, core: Result<Arc<DrawnCore>, String>, buffer_m: f64) {
        // While the mouse moves the last answer is near enough.
        let largest_m = self.shown.take().and_then(|shown| shown.largest_m);
        self.shown = Some(Shown { core, buffer_m, largest_m });
    }

    fn take_in(&mut self, buffer_m: f64) {
        let answers = self.behind.as_ref().map(Drafts::drain).unwrap_or_default();
        for answer in answers {
            match answer {
                // One for a shape that has changed since is newer than what is shown, unless that was computed at once.
                DraftAnswer::Core { number, core, took } if self.asked.is_some() && number <= self.number => {
                    self.took = took;
                    self.show(core, buffer_m);
                }
                DraftAnswer::LargestBuffer { metres, .. } => {
                    if let Some(shown) = &mut self.shown {
                        shown.largest_m = Some(metres);
                    }
                }
                DraftAnswer::Core { .. } => {}
            }
        }
    }
}
