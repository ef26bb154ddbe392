//! A disk that does not answer: pipes without a writer stand in the place of a store's files, so that whoever opens one
//! waits, as on a network share that went away. The window goes on.
#![cfg(unix)]

use crate::desk::Desk;
use crate::small::{BANDS, Made};
use egui::Key;
use ritmo::app::{Command, CubeState, Page};
use ritmo::cube::{BuildSettings, CHUNK};
use ritmo::geo::raster::{PixelType, write_mosaic};
use ritmo::geo::{Crs, Grid};
use ritmo::jobs::SiteNaming;
use ritmo::source::InputSpec;
use rustix::fs::{Mode, OFlags};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Four shards, of which the stretch of a picture reads three: files that are open already do not hang.
const SIDE: u32 = 10 * CHUNK;

/// A store whose files hang, until it is dropped.
struct Hung {
    files: Vec<PathBuf>,
}

impl Hung {
    fn new(store: &Path) -> Self {
        let mut files = Vec::new();
        below(&store.join("data"), &mut files);
        below(&store.join("mosaics"), &mut files);
        files.retain(|file| file.extension().is_none_or(|ending| ending != "json"));
        assert!(files.len() > 6, "{files:?}");
        for file in &files {
            std::fs::rename(file, aside(file)).unwrap();
            let (mode, kind) = (Mode::RUSR | Mode::WUSR, rustix::fs::FileType::Fifo);
            rustix::fs::mknodat(rustix::fs::CWD, file, kind, mode, 0).unwrap();
        }
        Self { files }
    }

    /// Lets go of everybody who waits, and puts the files back.
    fn release(files: &[PathBuf]) {
        for file in files {
            let pipe = file.with_extension("pipe");
            if std::fs::rename(file, &pipe).is_err() {
                continue;
            }
            let _ = std::fs::rename(aside(file), file);
            // Opens only where somebody waits; they then read nothing, and nothing more.
            while rustix::fs::open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        Self::release(&self.files);
    }
}

fn aside(file: &Path) -> PathBuf {
    file.with_extension("aside")
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { below(&path, files) } else { files.push(path) }
    }
}

/// Adds a site that is wide enough for some of it not to be in memory.
fn add_wide_site(desk: &mut Desk) {
    let folder = desk.home().join("wide");
    std::fs::create_dir(&folder).unwrap();
    let crs = Crs::from_epsg(6362).unwrap();
    let (left, top, pixel) = (2_710_000.0, 650_000.0, 10.0);
    let grid = Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width: SIDE, height: SIDE };
    for month in 1..=12u32 {
        let of = |i: u32| (200 + i % 97 * 13 + month * 5) as u16;
        let values: Vec<u16> = (0..SIDE * SIDE * BANDS.len() as u32).map(of).collect();
        let path = folder.join(format!("wide_2022-{month:02}-15.tif"));
        write_mosaic(&path, &grid, &BANDS, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    desk.send(Command::BuildCube {
        site: SiteNaming::One("wide".into()),
        input: InputSpec { inputs: vec![folder], ..InputSpec::default() },
        settings: BuildSettings::default(),
        skip_damaged: false,
    });
    desk.until_idle();
}

fn shows(desk: &Desk, site: &str) -> bool {
    desk.project().cube().is_some_and(|(opened, _)| opened.site == site)
}

/// Fails a test whose window stands still, after letting it go on.
struct Watch {
    frames: Arc<AtomicU64>,
    stood_still: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
}

impl Watch {
    fn start(files: Vec<PathBuf>) -> Self {
        let watch = Self {
            frames: Arc::new(AtomicU64::new(0)),
            stood_still: Arc::new(AtomicBool::new(false)),
            over: Arc::new(AtomicBool::new(false)),
        };
        let (frames, stood_still, over) =
            (Arc::clone(&watch.frames), Arc::clone(&watch.stood_still), Arc::clone(&watch.over));
        std::thread::spawn(move || {
            let (mut last, mut waited) = (0, 0);
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
                let now = frames.load(Ordering::Relaxed);
                waited = if now == last { waited + 1 } else { 0 };
                last = now;
                // Frames of a machine that has much else to do take long, but not this long.
                if waited > 300 {
                    stood_still.store(true, Ordering::Relaxed);
                    Hung::release(&files);
                    return;
                }
            }
        });
        watch
    }

    fn frames(&self, desk: &mut Desk, count: usize) {
        for _ in 0..count {
            desk.steps(1);
            self.frames.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[track_caller]
    fn assert_went_on(&self) {
        assert!(!self.stood_still.load(Ordering::Relaxed), "a frame waited for the store");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_store_that_hangs_stops_no_frame_of_any_page_and_no_other_site() {
    let mut desk = Desk::open(Made::Labels);
    add_wide_site(&mut desk);
    desk.send(Command::ShowSite("wide".into()));
    desk.until("the wide site is open", |d| shows(d, "wide"));
    desk.settle();
    let cube = desk.project().cube().unwrap().0.cube.clone();
    let (across, down) = (SIDE / CHUNK - 1, SIDE / CHUNK - 1);
    let last_shard = (8..10).flat_map(|down| (8..10).map(move |across| (across, down)));
    assert!(
        last_shard.into_iter().all(|at| cube.cached_chunk(at).is_none()),
        "the stretch reads other shards"
    );

    let hung = Hung::new(cube.path());
    let watch = Watch::start(hung.files.clone());
    // Series that are not in memory, pictures of other dates and other composites, on every page.
    for page in Page::ALL {
        desk.app_mut().send(Command::ShowPage(page));
        desk.app_mut().send(Command::TogglePin(across * CHUNK + 5, down * CHUNK + 7));
        desk.app_mut().send(Command::StepTime(3));
        let channels = ["B08", "B03", "B02"].map(str::to_string);
        desk.app_mut().send(Command::SetComposite(channels.to_vec()));
        watch.frames(&mut desk, 10);
        desk.harness().key_press(Key::F);
        watch.frames(&mut desk, 4);
        for i in 0..8 {
            let at = egui::pos2(400.0 + 40.0 * i as f32, 200.0 + 20.0 * i as f32);
            desk.harness().hover_at(at);
            watch.frames(&mut desk, 2);
        }
    }
    assert!(cube.cached_chunk((across, down)).is_none(), "it hangs");
    watch.assert_went_on();

    // What is asked for is there, and what hangs is left alone.
    for (name, at) in [("field", 0), ("wide", 1), ("field", 2)] {
        desk.app_mut().send(Command::ShowSite(name.into()));
        watch.frames(&mut desk, 6);
        watch.assert_went_on();
        match name {
            "field" => desk.until("the other site is open", |d| shows(d, "field")),
            _ => {
                let site = desk.project().site.as_ref().unwrap();
                assert!(matches!(site.cube, CubeState::Opening(_)), "{at}: its stretch cannot be read");
            }
        }
    }
    // A model is trained meanwhile, on what is drawn on the site that answers.
    desk.send(Command::RemoveSite("wide".into()));
    desk.app_mut().send(Command::Train { name: None, then_map: true });
    watch.frames(&mut desk, 2);
    desk.until("the map is there", |d| d.project().last.mapped.is_some());
    watch.assert_went_on();

    desk.app_mut().send(Command::CloseProject);
    watch.frames(&mut desk, 4);
    watch.assert_went_on();
    assert!(desk.app().state.project.is_none());
    drop(hung);
}
