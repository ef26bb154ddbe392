//! A stretch that follows the view: a moment after it came to rest, the values in view are looked at again. The last picture
//! stays until then.

use crate::app::{Command, OpenProject};
use crate::cube::picture::StretchFrom;
use crate::geo::Window;
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use egui::Context;
use std::time::{Duration, Instant};

/// How long a view rests before it is looked at.
const REST: Duration = Duration::from_millis(500);

/// What was in view, and since when.
#[derive(Default)]
pub struct Following {
    seen: Option<(Window, Instant)>,
    asked: Option<Window>,
}

impl Following {
    /// What to look at now: a part of the grid that has rested in view, and that the stretch is not from. `None` also while
    /// it has not rested; then it says how long to wait.
    fn wants(
        &mut self,
        seen: Window,
        from: Option<Window>,
        now: Instant,
    ) -> Result<Option<Window>, Duration> {
        let since = match self.seen {
            Some((before, since)) if before == seen => since,
            _ => {
                self.seen = Some((seen, now));
                now
            }
        };
        if from == Some(seen) || self.asked == Some(seen) {
            return Ok(None);
        }
        let rested = now.saturating_duration_since(since);
        if rested < REST {
            return Err(REST - rested);
        }
        self.asked = Some(seen);
        Ok(Some(seen))
    }
}

/// Sends the command where the stretch follows the view.
pub fn follow(ctx: &Context, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    if project.document.view.display.from != StretchFrom::View {
        view.map.following.asked = None;
        return;
    }
    let Some(seen) = view.map.seen(opened) else { return };
    let from = opened.composite.sampled.as_ref().map(|sampled| sampled.window);
    match view.map.following.wants(seen, from, Instant::now()) {
        Ok(Some(window)) => view.send(Command::StretchTo(window)),
        Ok(None) => {}
        Err(wait) => ctx.request_repaint_after(wait),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_looked_at_once_after_it_has_rested() {
        let window = |col: u32| Window { col, row: 0, width: 9, height: 9 };
        let start = Instant::now();
        let after = |ms: u64| start + Duration::from_millis(ms);
        let mut following = Following::default();
        assert_eq!(following.wants(window(0), None, start), Err(REST));
        assert_eq!(following.wants(window(1), None, after(400)), Err(REST), "it moved");
        assert_eq!(following.wants(window(1), None, after(600)), Err(Duration::from_millis(300)));
        assert_eq!(following.wants(window(1), None, after(900)), Ok(Some(window(1))));
        assert_eq!(following.wants(window(1), None, after(950)), Ok(None), "it is under way");
        assert_eq!(following.wants(window(1), Some(window(1)), after(990)), Ok(None));
        assert_eq!(following.wants(window(0), Some(window(1)), after(1000)), Err(REST));
        assert_eq!(following.wants(window(0), Some(window(1)), after(1500)), Ok(Some(window(0))));
    }
}
