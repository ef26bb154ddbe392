//! Questions that are asked once they have stayed the same for a while.

use egui::Context;
use std::time::{Duration, Instant};

/// As long a question stays the same before it is asked: as long as it takes to type the next letter.
const PAUSE: Duration = Duration::from_millis(300);

/// A question that may still change, and when it became what it is.
#[derive(Debug)]
pub struct Pause<T>(Option<(T, Instant)>);

impl<T> Default for Pause<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Pause<T> {
    /// The question, once it has been the same for a while by `is_same`; until then another frame is asked for.
    pub fn wait(&mut self, question: T, is_same: impl Fn(&T, &T) -> bool, ctx: &Context) -> Option<T> {
        let now = Instant::now();
        let since = match &self.0 {
            Some((latest, since)) if is_same(latest, &question) => *since,
            _ => now,
        };
        let waited = now - since;
        if waited >= PAUSE {
            self.0 = None;
            return Some(question);
        }
        self.0 = Some((question, since));
        ctx.request_repaint_after(PAUSE - waited);
        None
    }

    /// There is no question.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_asked_once_it_has_stayed_the_same() {
        let (mut pause, ctx) = (Pause::default(), Context::default());
        let mut ask = |question: &'static str| pause.wait(question, |a, b| a == b, &ctx);
        assert_eq!(ask("fo"), None);
        std::thread::sleep(PAUSE);
        assert_eq!(ask("for"), None, "it has changed");
        std::thread::sleep(PAUSE);
        assert_eq!(ask("for"), Some("for"));
        assert_eq!(ask("for"), None, "it begins anew");
    }
}
