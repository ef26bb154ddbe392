//! Looking at a cube of 12 dates x 10 bands x 10980 x 10980 pixels in the window's own frames, while a network trains: from
//! the mouse to the series, the first picture, stepping through dates, panning, and the memory of textures.
//! Run with `cargo bench --bench inspector`.
//!
//! Frames are those of the program (logic, painting, tessellation) without the graphics card's share. `RITMO_BENCH_SCENE`
//! names a folder in which the scene is kept (about 3 GB); without it, it is made anew each time, which takes minutes.

#[path = "support/scene.rs"]
mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use egui::{Context, Event, Pos2, Rect, Vec2, pos2};
use ritmo::app::{AppState, Command, run_to_end, update};
use ritmo::labels::{Class, Legend};
use ritmo::progress::Cancel;
use ritmo::project::{Document, ProjectFolder, Recent, Saver, Site};
use ritmo::ui::RitmoApp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZE: Vec2 = Vec2::new(1280.0, 800.0);
const SERIES_WARM: Duration = Duration::from_millis(16);
const SERIES_COLD: Duration = Duration::from_millis(50);
const FIRST_PICTURE: Duration = Duration::from_millis(1000);
const STEP_WARM: Duration = Duration::from_millis(50);
const STEP_COLD: Duration = Duration::from_millis(300);
const FRAME_P99: Duration = Duration::from_millis(50);
const TEXTURES: usize = 512 << 20;
/// Nothing that is measured takes as long as this.
const GIVE_UP: Duration = Duration::from_secs(20);

fn say(what: &str, value: String, limit: String, holds: bool) {
    eprintln!("{what}: {value} (limit {limit}){}", if holds { "" } else { "  <-- MISSED" });
}

fn say_time(what: &str, value: Duration, limit: Duration) {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    say(what, ms(value), ms(limit), value <= limit);
}

fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * percent / 100]
}

/// The program in frames that are painted one after another, and not shown.
struct Window {
    ctx: Context,
    app: RitmoApp,
    events: Vec<Event>,
    started: Instant,
    textures: usize,
    most_textures: usize,
}

impl Window {
    fn new() -> Self {
        let ctx = Context::default();
        let mut state = AppState::new(Recent::load(None), Arc::new(|| {}));
        state.runner.window_first();
        let app = RitmoApp::new(state, &ctx);
        Self { ctx, app, events: Vec::new(), started: Instant::now(), textures: 0, most_textures: 0 }
    }

    /// Paints a frame; what it took.
    fn frame(&mut self) -> Duration {
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.started.elapsed().as_secs_f64()),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..Default::default()
        };
        let started = Instant::now();
        let app = &mut self.app;
        let output = self.ctx.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone());
            app.paint(ui);
        });
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(shapes);
        let took = started.elapsed();
        self.textures =
            self.ctx.tex_manager().read().allocated().map(|(_, texture)| texture.bytes_used()).sum();
        self.most_textures = self.most_textures.max(self.textures);
        took
    }

    fn move_to(&mut self, at: Pos2) {
        self.events.push(Event::PointerMoved(at));
    }

    fn send(&mut self, command: Command) {
        self.app.send(command);
    }

    /// Paints frames until something holds; the time from now to the end of the frame that shows it.
    #[track_caller]
    fn until(&mut self, holds: impl Fn(&RitmoApp) -> bool) -> Duration {
        let since = Instant::now();
        loop {
            self.frame();
            if holds(&self.app) {
                return since.elapsed();
            }
            assert!(since.elapsed() < GIVE_UP, "it never came; notices: {:?}", self.app.state.notices);
            std::thread::sleep(Duration::from_micros(300));
        }
    }

    /// Paints frames for a while, as a screen does.
    fn rest(&mut self, time: Duration) {
        let since = Instant::now();
        while since.elapsed() < time {
            self.frame();
            std::thread::sleep(Duration::from_millis(8));
        }
    }

    fn has_series(app: &RitmoApp) -> bool {
        let cube = app.state.project.as_ref().and_then(|project| project.cube());
        let pixel = app.hovered_pixel();
        cube.zip(pixel).is_some_and(|((opened, _), (col, row))| opened.cube.cached_series(col, row).is_some())
    }

    fn is_whole(app: &RitmoApp) -> bool {
        app.picture_is_whole()
    }
}

/// A project over the scene, with two classes to learn.
fn make_project(folder: &Path, scene: PathBuf) -> PathBuf {
    let path = folder.join("project");
    let legend =
        Legend { classes: vec![Class::new(1, "a", [200, 80, 40]), Class::new(2, "b", [40, 120, 200])] };
    let mut document = Document::new("Scene", legend);
    document.sites.push(Site {
        name: "scene".into(),
        cube: scene.display().to_string(),
        true_map: None,
        footprint: None,
    });
    let (made, contents) = ProjectFolder::create(&path, document).expect("made");
    let saver = Saver::start(&made, Arc::new(|| {}));
    saver.save(contents.document, contents.annotations);
    saver.flush();
    drop(saver);
    path
}

/// Draws forty squares of two classes and begins to train for as long as it is let.
fn train(window: &mut Window) {
    let (grid, _) = {
        let (opened, _) = window.app.state.project.as_ref().and_then(|p| p.cube()).expect("open");
        (opened.cube.info().grid.clone(), ())
    };
    let state = &mut window.app.state;
    for i in 0..40u32 {
        update(state, Command::PickClass(1 + (i % 2) as u8)).expect("picked");
        let corner = |col: u32, row: u32| {
            let [x, y] = grid.lonlat_from_pixel(f64::from(col), f64::from(row)).expect("on the globe");
            (x, y)
        };
        let (col, row) = (4000 + i % 8 * 200, 4000 + i / 8 * 200);
        let ring =
            vec![corner(col, row), corner(col + 24, row), corner(col + 24, row + 24), corner(col, row + 24)];
        let polygon = geo::Polygon::new(geo::LineString::from(ring), Vec::new());
        update(state, Command::Draw(polygon)).expect("drawn");
    }
    let mut spec = state.project.as_ref().expect("open").document.settings.model.clone();
    (spec.training.epochs, spec.training.patience) = (100_000, 100_000);
    window.send(Command::SetModel(spec));
    window.send(Command::Train { name: None, then_map: false });
    window.until(|app| {
        let training = app.state.project.as_ref().and_then(|project| project.training.as_ref());
        training.is_some_and(|training| !training.epochs.is_empty())
    });
}

/// Puts the pages of the scene's files out of memory.
fn forget_pages(files: &[std::fs::File]) {
    for file in files {
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

fn files_below(folder: &Path, files: &mut Vec<std::fs::File>) {
    for entry in std::fs::read_dir(folder).expect("listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.extend(std::fs::File::open(&path));
        }
    }
}

/// A place on the map, another one each time.
fn place(state: &mut u32) -> Pos2 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let (x, y) = ((*state >> 8) % 400, (*state >> 20) % 260);
    pos2(420.0 + x as f32, 120.0 + y as f32)
}

fn looking(criterion: &mut Criterion) {
    // As in the program.
    ritmo::ui::leave_a_core_to_the_window();
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let kept = std::env::var_os("RITMO_BENCH_SCENE").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| temporary.path().to_path_buf());
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = scene::make(&folder);
    let mut files = Vec::new();
    files_below(&folder.join("square.zarr"), &mut files);
    files.extend(std::fs::File::open(folder.join("mosaic.tif")));
    files.iter().for_each(|file| file.sync_all().expect("on the disk"));
    let project = make_project(temporary.path(), store);

    let mut window = Window::new();
    forget_pages(&files);
    let since = Instant::now();
    window.send(Command::OpenProject(project));
    window.until(RitmoApp::shows_picture);
    say_time("from opening to the first picture, pages not in memory", since.elapsed(), FIRST_PICTURE);
    window.until(Window::is_whole);
    say_time("and until all of it is there", since.elapsed(), Duration::from_secs(3));

    train(&mut window);
    // Close enough that pixels can be told apart, yet of many chunks.
    let middle = pos2(620.0, 250.0);
    for _ in 0..4 {
        window.move_to(middle);
        let (unit, phase) = (egui::MouseWheelUnit::Line, egui::TouchPhase::Move);
        let delta = Vec2::new(0.0, 4.0);
        let (source, modifiers) = (egui::MouseWheelSource::Unknown, egui::Modifiers::NONE);
        window.events.push(Event::MouseWheel { unit, phase, delta, source, modifiers });
        window.rest(Duration::from_millis(400));
    }
    window.until(Window::is_whole);

    let mut state = 7;
    let mut cold = Vec::new();
    for _ in 0..200 {
        forget_pages(&files);
        window.move_to(place(&mut state));
        cold.push(window.until(Window::has_series));
    }
    // Most of these places are in memory now, and are looked at again.
    let mut state = 7;
    let (mut warm, mut in_memory) = (Vec::new(), 0);
    for _ in 0..200 {
        window.move_to(place(&mut state));
        let took = window.until(Window::has_series);
        in_memory += 1;
        warm.push(took);
    }
    assert_eq!(in_memory, warm.len());
    say_time(
        "from the mouse to the series while training, chunk in memory, p95",
        percentile(warm, 95),
        SERIES_WARM,
    );
    say_time(
        "from the mouse to the series while training, on first sight, p95",
        percentile(cold, 95),
        SERIES_COLD,
    );

    let steps = |window: &mut Window, forget: bool| {
        let mut times = Vec::new();
        for i in 0..22 {
            if forget {
                forget_pages(&files);
            } else {
                // The dates beside the one shown are fetched ahead while one looks.
                window.rest(Duration::from_millis(300));
            }
            window.send(Command::StepTime(if i < 11 { 1 } else { -1 }));
            let since = Instant::now();
            // The command is carried out in the first frame.
            window.frame();
            if !Window::is_whole(&window.app) {
                window.until(Window::is_whole);
            }
            times.push(since.elapsed());
        }
        times
    };
    say_time(
        "stepping a date while training, seen before, p95",
        percentile(steps(&mut window, false), 95),
        STEP_WARM,
    );
    window.send(Command::SetComposite(["B08", "B11", "B02"].map(String::from).to_vec()));
    window.rest(Duration::from_millis(1500));
    window.until(Window::is_whole);
    say_time(
        "stepping a date while training, on first sight, p95",
        percentile(steps(&mut window, true), 95),
        STEP_COLD,
    );

    // All over the scene, near and far, through all dates.
    let mut frames = Vec::new();
    for i in 0..600u32 {
        let at = |i: u32| pos2(420.0 + (i % 60) as f32 * 7.0, 120.0 + (i % 45) as f32 * 6.0);
        if i.is_multiple_of(60) {
            window.events.push(Event::PointerButton {
                pos: at(i),
                button: egui::PointerButton::Primary,
                pressed: !(i / 60).is_multiple_of(2),
                modifiers: Default::default(),
            });
        }
        if i.is_multiple_of(40) {
            window.send(Command::StepTime(if (i / 40) % 24 < 12 { 1 } else { -1 }));
        }
        window.move_to(at(i));
        frames.push(window.frame());
        std::thread::sleep(Duration::from_millis(6));
    }
    say_time("a frame while panning and training, p99", percentile(frames, 99), FRAME_P99);
    let most = window.most_textures;
    say(
        "most memory of textures",
        format!("{} MiB", most >> 20),
        format!("{} MiB", TEXTURES >> 20),
        most <= TEXTURES,
    );

    criterion.bench_function("a frame with a series under the mouse", |bencher| {
        bencher.iter(|| window.frame());
    });
    let jobs: Vec<_> = window.app.state.jobs.iter().map(|job| job.id).collect();
    jobs.into_iter().for_each(|job| window.send(Command::Cancel(job)));
    window.frame();
    let _ = run_to_end(&mut window.app.state, Command::CloseProject, &mut |_, _| {}, &Cancel::default());
}

criterion_group!(benches, looking);
criterion_main!(benches);
