//! Closing while something is made: finish first, stop and go on next time, or keep working.

use crate::app::{AppState, Command};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{Context, Id, Modal, RichText, ViewportCommand};

/// What ends the work on a project.
#[derive(Debug, Clone)]
pub enum Leaving {
    /// The window closes.
    Window,
    /// This command closes the project.
    By(Box<Command>),
}

/// The question before closing, and what was answered.
#[derive(Default)]
pub struct Closing {
    asked: Option<Leaving>,
    /// To be done once nothing is made any more.
    after_work: Option<Leaving>,
    /// May be done now, whatever is made.
    allowed: Option<Leaving>,
    /// The window closes whatever is made.
    window: bool,
}

impl Closing {
    /// Whether the question is on screen.
    pub fn is_open(&self) -> bool {
        self.asked.is_some()
    }

    /// Asks before the window closes, where something is made.
    pub fn follow(&mut self, ctx: &Context, state: &AppState) {
        if ctx.input(|i| i.viewport().close_requested()) && !self.window && state.is_at_work() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.asked = Some(Leaving::Window);
        }
        if !state.is_at_work() {
            // What was asked about has ended meanwhile.
            self.allowed = self.allowed.take().or(self.after_work.take()).or(self.asked.take());
        }
        if matches!(self.allowed, Some(Leaving::Window)) {
            (self.allowed, self.window) = (None, true);
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }

    /// A command that closes the project and may do so now.
    pub fn take(&mut self) -> Option<Command> {
        match self.allowed.take()? {
            Leaving::By(command) => Some(*command),
            Leaving::Window => None,
        }
    }

    /// Gives a command back that may be carried out; one that would stop what is made is asked about first.
    pub fn hold(&mut self, command: Command, state: &AppState) -> Option<Command> {
        let closes = matches!(
            command,
            Command::CloseProject
                | Command::OpenProject(_)
                | Command::NewProject { .. }
                | Command::MakeDemo(_)
        );
        if !closes || state.project.is_none() || !state.is_at_work() {
            return Some(command);
        }
        self.asked = Some(Leaving::By(Box::new(command)));
        None
    }
}

/// The question, and while the work is finished first a line that says so.
pub fn closing_ui(ctx: &Context, view: &mut View) {
    let Some(leaving) = view.queue.closing.asked.clone() else { return };
    let modal = Modal::new(Id::unique("closing")).show(ctx, |ui| {
        ui.set_width(440.0);
        ui.heading(match leaving {
            Leaving::Window => tr!("Close the window?"),
            Leaving::By(_) => tr!("Close the project?"),
        });
        ui.add_space(tokens::GRID);
        ui.label(tr!("Something is still being made."));
        let words = tr!(
            "A map that is stopped goes on next time from what is finished, a training from its last epoch; a cube is built anew."
        );
        ui.label(RichText::new(words).small().weak());
        ui.add_space(2.0 * tokens::GRID);
        let mut answer = None;
        ui.horizontal(|ui| {
            if widgets::primary(ui, true, tr!("Keep working")).clicked() {
                answer = Some(Answer::Keep);
            }
            let hint = tr!("Works on, and closes when all of it is made");
            if ui.button(tr!("Finish first")).on_hover_text(hint).clicked() {
                answer = Some(Answer::Finish);
            }
            let hint = tr!("Closes now; when the project is opened again, one can go on");
            if ui.button(tr!("Stop; go on next time")).on_hover_text(hint).clicked() {
                answer = Some(Answer::Stop);
            }
        });
        answer
    });
    let answer = modal.inner.or(modal.should_close().then_some(Answer::Keep));
    let closing = &mut view.queue.closing;
    match answer {
        None => return,
        Some(Answer::Keep) => closing.after_work = None,
        Some(Answer::Finish) => closing.after_work = Some(leaving),
        Some(Answer::Stop) => closing.allowed = Some(leaving),
    }
    closing.asked = None;
    ctx.request_repaint();
}

#[derive(Clone, Copy)]
enum Answer {
    Keep,
    Finish,
    Stop,
}
