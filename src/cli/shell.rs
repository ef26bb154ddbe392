//! What all verbs share: the state, a progress bar, Ctrl+C, and how results are printed.

use crate::app::{AppState, Command, Level, OpenProject, run_to_end};
use crate::jobs::{EventBody, JobEvent};
use crate::model::{EpochScore, TrainEvent};
use crate::progress::Cancel;
use crate::project::Recent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Why a verb failed; a sentence for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

/// Runs commands for a verb and prints.
pub struct Shell {
    state: AppState,
    json: bool,
    cancel: Cancel,
    bar: ProgressBar,
}

impl Shell {
    /// Prints JSON, or words for people.
    pub fn new(json: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(bar_style());
        let cancel = Cancel::new();
        let asked = cancel.clone();
        // Where signals cannot be caught, Ctrl+C ends the program at once, and what was being made stays away.
        let _ = ctrlc::set_handler(move || {
            if asked.is_cancelled() {
                std::process::exit(130);
            }
            asked.cancel();
        });
        // Verbs leave the window's list of recent projects alone.
        Self { state: AppState::new(Recent::load(None), Arc::new(|| {})), json, cancel, bar }
    }

    /// Opens a project for the verb.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&mut self, project: &Path) -> Result<(), Failure> {
        self.run(Command::OpenProject(project.into()))
    }

    /// Sends a command and waits to the end of what it starts.
    ///
    /// # Errors
    /// The sentence of the refusal or the failure.
    pub fn run(&mut self, command: Command) -> Result<(), Failure> {
        let bar = &self.bar;
        let terminal = std::io::stderr().is_terminal();
        let result = run_to_end(
            &mut self.state,
            command,
            &mut |event, state| show(bar, terminal, event, state),
            &self.cancel,
        );
        self.bar.set_length(0);
        self.bar.finish_and_clear();
        for notice in std::mem::take(&mut self.state.notices) {
            match notice.level {
                Level::Done => eprintln!("{}", notice.text),
                Level::Warning => eprintln!("warning: {}", notice.text),
                // A failure is the verb's own, told once at its end; anything else is not to be missed.
                Level::Error if result.is_err() => {}
                Level::Error => eprintln!("error: {}", notice.text),
            }
        }
        result.map_err(Failure)
    }

    /// The open project.
    ///
    /// # Errors
    /// When none is open, which is a fault of the verb.
    pub fn project(&self) -> Result<&OpenProject, Failure> {
        self.state.project.as_ref().ok_or_else(|| Failure("no project is open".into()))
    }

    /// The open project, to take results from.
    ///
    /// # Errors
    /// When none is open, which is a fault of the verb.
    pub fn project_mut(&mut self) -> Result<&mut OpenProject, Failure> {
        self.state.project.as_mut().ok_or_else(|| Failure("no project is open".into()))
    }

    /// What Ctrl+C sets.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Runs work that reports how far it is, with the bar.
    pub fn with_bar<T>(&mut self, work: impl FnOnce(crate::progress::Report) -> T) -> T {
        let bar = &self.bar;
        let result = work(&|progress| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(progress.what);
        });
        self.bar.set_length(0);
        self.bar.finish_and_clear();
        result
    }

    /// Asks on standard error for a yes or no on standard input; anything but a yes is a no.
    pub fn ask(&self, question: &str) -> bool {
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
    }

    /// Prints the result: `value` as JSON, or `words` for people.
    pub fn print(&self, value: &Value, words: &str) {
        let text = if self.json { value.to_string() } else { words.trim_end().to_string() };
        // A reader that has gone away (`| head`) is no failure of the verb.
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// What an epoch gave.
pub(super) fn epoch_line(score: &EpochScore, left: Duration) -> String {
    let held_out = match (score.held_out_loss, score.held_out_accuracy) {
        (Some(loss), Some(accuracy)) => {
            format!(", held out: loss {loss:.4}, accuracy {:.1} %", accuracy * 100.0)
        }
        _ => String::new(),
    };
    let left = left.as_secs_f64().ceil();
    format!("epoch {:>3}: loss {:.4}{held_out}, at most {left} s left", score.epoch, score.train_loss)
}

fn bar_style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:30} {percent:>3} %  {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn show(bar: &ProgressBar, terminal: bool, event: &JobEvent, state: &AppState) {
    let title = state.jobs.iter().find(|j| j.id == event.job).map_or("", |j| j.kind.title());
    match &event.body {
        EventBody::Progress(p) => {
            bar.set_length(p.total);
            bar.set_position(p.done);
            bar.set_message(format!("{title}: {}", p.what));
        }
        EventBody::Waits(words) => {
            if terminal {
                bar.println(words)
            } else {
                eprintln!("{words}")
            }
        }
        EventBody::Train(TrainEvent::Epoch { score, left, .. }) => {
            let line = epoch_line(score, *left);
            if terminal { bar.println(line) } else { eprintln!("{line}") }
        }
        EventBody::Train(TrainEvent::NotKept(why)) => {
            if terminal {
                bar.println(why)
            } else {
                eprintln!("{why}")
            }
        }
        EventBody::Train(TrainEvent::Step { epoch, done, of }) => {
            let training = state.project.as_ref().and_then(|p| p.training.as_ref());
            let epochs = training.map_or(*epoch, |t| t.at_most);
            bar.set_length((epochs * of) as u64);
            bar.set_position(((epoch - 1) * of + done) as u64);
            bar.set_message(format!("{title}: epoch {epoch}, at most {epochs}"));
        }
        _ => {}
    }
}
