//! From "Train and map" to a map of the whole site, on the demo with its forty annotations, in the window's own frames while the
//! mouse moves over the map. Run with `cargo bench --bench live`.
//!
//! Told: when there is a first map of the whole view, when training has ended and the view is complete, what frames took
//! meanwhile, and how well the map does on the simulated true one. `RITMO_BENCH_SEEDS=3` does it with so many seeds.

#[path = "support/window.rs"]
mod window;

use egui::pos2;
use ritmo::app::{AppState, Command, OpenProject, run_to_end};
use ritmo::progress::Cancel;
use ritmo::project::Recent;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use window::Window;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FIRST_MAP: Duration = Duration::from_secs(3);
const COMPLETE: Duration = Duration::from_secs(15);
/// What 99 of 100 frames take at most.
const FRAME: Duration = Duration::from_millis(33);
/// Nothing that is measured takes as long as this.
const GIVE_UP: Duration = Duration::from_secs(120);

fn say(what: &str, value: Option<Duration>, limit: Option<Duration>) {
    let value_words = value.map_or("never".into(), |value| format!("{:.2} s", value.as_secs_f64()));
    let limit_words = limit.map_or(String::new(), |limit| {
        let missed = if value.is_some_and(|value| value <= limit) { "" } else { "  <-- MISSED" };
        format!(" (limit {:.0} s){missed}", limit.as_secs_f64())
    });
    eprintln!("{what}: {value_words}{limit_words}");
}

fn project(state: &AppState) -> &OpenProject {
    state.project.as_ref().expect("a project is open")
}

fn run(state: &mut AppState, command: Command) {
    run_to_end(state, command, &mut |_, _| {}, &Cancel::new()).expect("carried out");
}

/// The demo with forty annotations, its site on screen as a whole.
fn demo(folder: &Path) -> Window {
    let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
    state.runner.window_first();
    run(&mut state, Command::MakeDemo(ritmo::jobs::DemoSpec::new(folder.into())));
    run(&mut state, Command::ShowSite("corridor".into()));
    let annotations: Vec<_> = project(&state).annotations.iter().map(|a| a.id).collect();
    let beyond = annotations.into_iter().skip(40).collect();
    run(&mut state, Command::DeleteAnnotations(beyond));
    eprintln!("{} annotations", project(&state).annotations.len());
    let mut window = Window::new(state);
    // Until the picture is there, as for who has been drawing.
    (0..60).for_each(|i| window.frame(over_the_map(i)));
    window.frames();
    window
}

fn over_the_map(frame: usize) -> egui::Pos2 {
    pos2(420.0 + (frame % 60) as f32 * 7.0, 120.0 + (frame % 45) as f32 * 6.0)
}

/// When something was there first, from the command on.
#[derive(Default)]
struct Reached {
    covers: Option<Duration>,
    fine: Option<Duration>,
    trained: Option<Duration>,
    complete: Option<Duration>,
    site: Option<Duration>,
}

/// Paints frames until all jobs are over, and looks after each at what there is.
fn watch(window: &mut Window, command: Command) -> Reached {
    let before = project(&window.app.state).training.as_ref().map(|training| training.job);
    let (began, mut reached, mut frame) = (Instant::now(), Reached::default(), 0);
    window.app.send(command);
    let first = |at: &mut Option<Duration>, holds: bool| {
        if holds {
            at.get_or_insert(began.elapsed());
        }
    };
    while began.elapsed() < GIVE_UP {
        frame += 1;
        window.frame(over_the_map(frame));
        let state = &window.app.state;
        let Some(training) = project(state).training.as_ref().filter(|t| Some(t.job) != before) else {
            continue;
        };
        let view = project(state).looking().and_then(|looking| looking.window());
        let fresh = project(state).live_map().filter(|live| live.run == training.job).map(|live| live.fresh);
        first(&mut reached.covers, fresh.is_some_and(|fresh| fresh.covers));
        first(&mut reached.fine, fresh.is_some_and(|fresh| fresh.fine >= 1.0));
        let trained = !training.running;
        first(&mut reached.trained, trained);
        let mapped =
            project(state).map().filter(|map| map.live.is_none()).zip(view).is_some_and(|(map, view)| {
                let came: usize = map.arrived.iter().map(|came| came.cut_to(view).pixels()).sum();
                map.complete || came >= view.pixels()
            });
        let current = fresh.is_some_and(|fresh| fresh.current >= 1.0);
        first(&mut reached.complete, trained && (mapped || current));
        if reached.complete.is_some() && state.jobs.is_empty() {
            reached.site = Some(began.elapsed());
            break;
        }
    }
    reached
}

fn tell(what: &str, reached: &Reached, frames: (usize, Duration, Duration)) {
    eprintln!("{what}");
    say("  first map of the whole view", reached.covers, Some(FIRST_MAP));
    say("  the whole view at full resolution", reached.fine, None);
    say("  trained", reached.trained, Some(COMPLETE));
    say("  the view complete with the final weights", reached.complete, Some(COMPLETE));
    say("  everything done", reached.site, None);
    let (frames, p99, longest) = frames;
    let missed = if p99 <= FRAME { "" } else { "  <-- MISSED" };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    eprintln!(
        "  99 of 100 of {frames} frames: at most {:.1} ms (limit {:.0} ms){missed}, the longest {:.1} ms",
        ms(p99),
        ms(FRAME),
        ms(longest)
    );
}

/// What the model and its map came to.
fn tell_scores(window: &mut Window) {
    run(&mut window.app.state, Command::Assess { map: None, site: None });
    let project = project(&window.app.state);
    let card = &project.models.first().expect("a model").card;
    let best = card.best().cloned().unwrap_or_default();
    let report = project.last.assessed.as_ref().map(|assessed| &assessed.report);
    let scores = report.and_then(|report| report.true_map.as_ref());
    let accuracy = scores.and_then(|scores| scores.assessment.overall_accuracy);
    eprintln!(
        "  {} samples, {} epochs, the best {}: accuracy {:.4} on what is held out, {:.4} on the true map",
        card.samples,
        card.history.len(),
        best.epoch,
        best.held_out_accuracy.unwrap_or(f32::NAN),
        accuracy.unwrap_or(f64::NAN)
    );
}

fn main() {
    ritmo::ui::leave_a_core_to_the_window();
    let seeds: u64 = std::env::var("RITMO_BENCH_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut window = demo(&home.path().join("demo"));
    for seed in 1..=seeds {
        let mut spec = project(&window.app.state).document.settings.model.clone();
        spec.training.seed = seed;
        run(&mut window.app.state, Command::SetModel(spec));
        let reached = watch(&mut window, Command::Train { name: None, then_map: true });
        let frames = window.frames();
        tell(&format!("train and map, seed {seed}"), &reached, frames);
        tell_scores(&mut window);
    }
    run(&mut window.app.state, Command::DeleteAnnotations(vec![1]));
    let reached = watch(&mut window, Command::RetrainNow);
    let frames = window.frames();
    tell("retrained after a change of labels", &reached, frames);
}
