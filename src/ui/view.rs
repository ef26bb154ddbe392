//! What the window itself remembers: nothing of it belongs to the document.

use super::basemaps::BasemapForm;
use super::dialogs::Dialogs;
use super::drift::Drift;
use super::hints::Hints;
use super::imagery::Imagery;
use super::labels_in::LabelsIn;
use super::listing::ListView;
use super::map::MapView;
use super::opinion::OpinionView;
use super::pages::{LegendView, ModelsView, Typing};
use super::palette::Palette;
use super::panes::PanesView;
use super::places::Renaming;
use super::plot::{EnvelopesView, IndexChoice};
use super::rhythm::RhythmView;
use crate::app::Command;
use std::time::Instant;

/// What a painter needs besides the state: its own memory and a way to send commands.
pub struct View {
    /// Commands sent in this frame.
    pub commands: Vec<Command>,
    /// The map: where it looks, its textures, the polygon being drawn.
    pub map: MapView,
    /// Bands shown in the plot, by index.
    pub bands: Vec<usize>,
    /// The series of what is drawn or selected.
    pub rhythm: RhythmView,
    /// Which dates decide.
    pub opinion: OpinionView,
    /// The usual years of classes.
    pub envelopes: EnvelopesView,
    /// The pixel that was last under the mouse (column, row), and its site.
    pub last_pixel: Option<(String, (u32, u32))>,
    /// Indices shown in the plot, and the one being written.
    pub indices: IndexChoice,
    /// Three channels of one's own, while they are being chosen.
    pub channels: Option<[String; 3]>,
    /// What names of sites in the list must hold.
    pub site_filter: String,
    /// The site that the list was last brought to.
    pub site_in_list: Option<String>,
    /// Whether the dates are playing, and when the next one comes.
    pub playing: Option<Instant>,
    /// Dialogs that are open.
    pub dialogs: Dialogs,
    /// A basemap of one's own, while it is being written.
    pub basemap: BasemapForm,
    /// A bookmark whose name is being written.
    pub renaming: Renaming,
    /// The list of annotations.
    pub list: ListView,
    /// What is being typed of annotations.
    pub typing: Typing,
    /// The Add imagery page.
    pub imagery: Imagery,
    /// The page that compares sites and dates.
    pub drift: Drift,
    /// The Import labels page.
    pub labels_in: LabelsIn,
    /// Whether the sheet of shortcuts is open.
    pub shortcuts: bool,
    /// The palette.
    pub palette: Palette,
    /// The panes around the map.
    pub panes: PanesView,
    /// The hints for the first steps.
    pub hints: Hints,
    /// The legend: the class that is being edited, groups that are folded.
    pub legend: LegendView,
    /// The models: whose details are open, what is being typed.
    pub models: ModelsView,
    /// The name of a class being added.
    pub new_class: String,
    /// Whether a picture of the cube was on screen in the last frame.
    pub picture: bool,
    /// Time measurements on standard error (`RITMO_TIMINGS`).
    pub timings: Timings,
}

/// First frame, first picture and frame rates, told on standard error where `RITMO_TIMINGS` is set.
pub struct Timings {
    enabled: bool,
    started: Instant,
    frames: u32,
    slowest: f32,
    since: Instant,
    told_first_frame: bool,
    told_first_picture: bool,
}

impl View {
    /// A fresh view.
    pub fn new() -> Self {
        Self {
            commands: Vec::new(),
            map: MapView::default(),
            bands: Vec::new(),
            rhythm: RhythmView::default(),
            opinion: OpinionView::default(),
            envelopes: EnvelopesView::default(),
            last_pixel: None,
            indices: IndexChoice::default(),
            channels: None,
            site_filter: String::new(),
            site_in_list: None,
            playing: None,
            dialogs: Dialogs::default(),
            basemap: BasemapForm::default(),
            renaming: Renaming::default(),
            list: ListView::default(),
            typing: Typing::default(),
            imagery: Imagery::default(),
            drift: Drift::default(),
            labels_in: LabelsIn::default(),
            shortcuts: false,
            palette: Palette::default(),
            panes: PanesView::default(),
            hints: Hints::default(),
            legend: LegendView::default(),
            models: ModelsView::default(),
            new_class: String::new(),
            picture: false,
            timings: Timings::new(),
        }
    }

    /// Whether a page lies over the map.
    pub fn is_covered(&self) -> bool {
        self.imagery.is_open() || self.labels_in.is_open() || self.drift.is_open()
    }

    /// Takes the page away that lies over the map, so that another one can.
    pub fn uncover(&mut self) {
        self.imagery.close();
        self.labels_in.close();
        self.drift.close();
    }

    /// Sends a command.
    pub fn send(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl Timings {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            enabled: std::env::var_os("RITMO_TIMINGS").is_some(),
            started: process_start().unwrap_or(now),
            frames: 0,
            slowest: 0.0,
            since: now,
            told_first_frame: false,
            told_first_picture: false,
        }
    }

    /// Counts a frame; `picture` tells whether a picture of a cube is on screen.
    pub fn frame(&mut self, seconds: f32, picture: bool) {
        if !self.enabled {
            return;
        }
        if !self.told_first_frame {
            self.told_first_frame = true;
            eprintln!("timings: first frame after {:.2} s", self.started.elapsed().as_secs_f32());
        }
        if picture && !self.told_first_picture {
            self.told_first_picture = true;
            eprintln!("timings: first picture after {:.2} s", self.started.elapsed().as_secs_f32());
        }
        self.frames += 1;
        self.slowest = self.slowest.max(seconds);
        let elapsed = self.since.elapsed().as_secs_f32();
        if elapsed >= 2.0 {
            eprintln!(
                "timings: {:.1} frames/s, slowest frame {:.0} ms of work",
                self.frames as f32 / elapsed,
                self.slowest * 1000.0
            );
            (self.frames, self.slowest, self.since) = (0, 0.0, Instant::now());
        }
    }

    /// Tells how long a series took from the mouse to the plot.
    pub fn series(&self, cached: bool, milliseconds: f32) {
        if self.enabled {
            let how = if cached { "cached, same frame" } else { "not cached" };
            eprintln!("timings: series ({how}) {milliseconds:.1} ms");
        }
    }
}

/// When the program was started, as the system tells it.
fn process_start() -> Option<Instant> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let ticks: f64 = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
    let uptime: f64 =
        std::fs::read_to_string("/proc/uptime").ok()?.split_whitespace().next()?.parse().ok()?;
    // Linux counts in hundredths of a second.
    let ago = uptime - ticks / 100.0;
    Instant::now().checked_sub(std::time::Duration::from_secs_f64(ago.max(0.0)))
}
