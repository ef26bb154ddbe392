//! The program's window in frames that are painted one after another and not shown, for benches.

use egui::{Context, Event, Pos2, Rect, Vec2};
use ritmo::app::AppState;
use ritmo::ui::RitmoApp;
use std::time::{Duration, Instant};

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);
/// A screen shows sixty a second.
const FRAME: Duration = Duration::from_millis(16);

/// Frames are those of the program (logic, painting, tessellation) without the graphics card's share.
pub struct Window {
    pub app: RitmoApp,
    ctx: Context,
    started: Instant,
    frames: Vec<Duration>,
}

impl Window {
    pub fn new(state: AppState) -> Self {
        let ctx = Context::default();
        let app = RitmoApp::new(state, &ctx);
        Self { app, ctx, started: Instant::now(), frames: Vec::new() }
    }

    /// Paints a frame, the mouse at this place of the screen, and waits until the next is due.
    pub fn frame(&mut self, mouse: Pos2) {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.started.elapsed().as_secs_f64()),
            events: vec![Event::PointerMoved(mouse)],
            focused: true,
            ..Default::default()
        };
        let began = Instant::now();
        let app = &mut self.app;
        let output = self.ctx.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone());
            app.paint(ui);
        });
        std::hint::black_box(self.ctx.tessellate(output.shapes, output.pixels_per_point));
        let took = began.elapsed();
        self.frames.push(took);
        std::thread::sleep(FRAME.saturating_sub(took));
    }

    /// What the frames took since this was asked last: how many there were, what 99 of 100 took at most, and the longest.
    pub fn frames(&mut self) -> (usize, Duration, Duration) {
        let mut frames = std::mem::take(&mut self.frames);
        frames.sort_unstable();
        let at = |percent: usize| frames.get(frames.len().saturating_sub(1) * percent / 100).copied();
        (frames.len(), at(99).unwrap_or_default(), at(100).unwrap_or_default())
    }
}
