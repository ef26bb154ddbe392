//! What the window itself remembers: nothing of it belongs to the document.

use super::basemaps::BasemapForm;
use super::comparing::ComparingView;
use super::dialogs::Dialogs;
use super::drift::Drift;
use super::fetch::{self, ByArea};
use super::hints::Hints;
use super::imagery::Imagery;
use super::labels_in::LabelsIn;
use super::listing::ListView;
use super::map::MapView;
use super::map_in::MapIn;
use super::milestones::Milestones;
use super::opinion::OpinionView;
use super::pages::{AreasView, AssessView, LegendView, ModelsView, Typing};
use super::palette::Palette;
use super::panes::PanesView;
use super::places::Renaming;
use super::plot::{EnvelopesView, IndexChoice};
use super::queue::QueueView;
use super::reference::ReferenceView;
use super::rhythm::RhythmView;
use super::sites::SitesView;
use super::stores::Stores;
use crate::app::{AppState, Command};
use std::collections::VecDeque;
use std::time::Instant;

/// Frames that a p99 is told of.
const OF_FRAMES: usize = 1000;

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
    /// The page for imagery by area.
    pub area: ByArea,
    /// The page that compares sites and dates.
    pub drift: Drift,
    /// The Import labels page.
    pub labels_in: LabelsIn,
    /// The map from elsewhere that is being taken in.
    pub map_in: MapIn,
    /// A store that is looked into for a path.
    pub stores: Stores,
    /// Maps that are compared.
    pub comparing: ComparingView,
    /// The queue of maps.
    pub queue: QueueView,
    /// Reference samples: what is asked for.
    pub reference: ReferenceView,
    /// Sites that are being chosen.
    pub sites: SitesView,
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
    /// The areas of the map on screen.
    pub areas: AreasView,
    /// The models: whose details are open, what is being typed.
    pub models: ModelsView,
    /// The Assess page: which report is on screen, what is chosen to be held out.
    pub assess: AssessView,
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
    /// Seconds of work of the last frames.
    last: VecDeque<f32>,
    /// Seconds from frame to frame while something is dragged: all that a frame costs, the graphics card's share too.
    dragged: VecDeque<f32>,
    /// When the frame before was painted, if something was dragged then.
    dragging: Option<Instant>,
    since: Instant,
    told_first_frame: bool,
    told_first_picture: bool,
    milestones: Milestones,
    /// Seconds that the logic before the frame took.
    logic: f32,
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
            area: ByArea::default(),
            drift: Drift::default(),
            labels_in: LabelsIn::default(),
            map_in: MapIn::default(),
            stores: Stores::default(),
            comparing: ComparingView::default(),
            queue: QueueView::default(),
            reference: ReferenceView::default(),
            sites: SitesView::default(),
            shortcuts: false,
            palette: Palette::default(),
            panes: PanesView::default(),
            hints: Hints::default(),
            legend: LegendView::default(),
            areas: AreasView::default(),
            models: ModelsView::default(),
            assess: AssessView::default(),
            new_class: String::new(),
            picture: false,
            timings: Timings::new(),
        }
    }

    /// Whether a page lies over the map.
    pub fn is_covered(&self) -> bool {
        self.imagery.is_open() || self.area.is_open() || self.labels_in.is_open() || self.drift.is_open()
    }

    /// Takes the page away that lies over the map, so that another one can.
    pub fn uncover(&mut self) {
        self.imagery.close();
        if self.area.is_open() {
            fetch::close(self);
        }
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
            last: VecDeque::new(),
            dragged: VecDeque::new(),
            dragging: None,
            since: now,
            told_first_frame: false,
            told_first_picture: false,
            milestones: Milestones::default(),
            logic: 0.0,
        }
    }

    /// What came before the next frame took so many seconds.
    pub fn logic(&mut self, seconds: f32) {
        self.logic = seconds;
    }

    /// Looks how far a training is, after a frame of so many seconds.
    pub fn training(&mut self, state: &AppState, seconds: f32) {
        if self.enabled {
            self.milestones.observe(state, self.logic + seconds);
        }
    }

    /// Counts a frame; `picture` tells whether a picture of a cube is on screen, `dragging` whether something is dragged, so
    /// that frame follows frame.
    pub fn frame(&mut self, seconds: f32, picture: bool, dragging: bool) {
        if !self.enabled {
            return;
        }
        let before = std::mem::replace(&mut self.dragging, dragging.then(Instant::now));
        if let (Some(before), Some(now)) = (before, self.dragging) {
            note(&mut self.dragged, (now - before).as_secs_f32());
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
        note(&mut self.last, seconds);
        let elapsed = self.since.elapsed().as_secs_f32();
        if elapsed >= 2.0 {
            eprintln!(
                "timings: {:.1} frames/s, slowest frame {:.0} ms of work, p99 of the last {} frames {:.0} ms",
                self.frames as f32 / elapsed,
                self.slowest * 1000.0,
                self.last.len(),
                percentile(&self.last, 99) * 1000.0
            );
            if dragging {
                let [half, most] = [50, 99].map(|percent| percentile(&self.dragged, percent) * 1000.0);
                eprintln!(
                    "timings: of the last {} frames while dragging, from one to the next, p50 {half:.0} ms, p99 {most:.0} ms",
                    self.dragged.len()
                );
            }
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

/// Notes a frame down, and forgets those of long ago.
fn note(frames: &mut VecDeque<f32>, seconds: f32) {
    if frames.len() == OF_FRAMES {
        frames.pop_front();
    }
    frames.push_back(seconds);
}

/// What so many of 100 frames stay below or come to.
fn percentile(seconds: &VecDeque<f32>, percent: usize) -> f32 {
    let mut sorted: Vec<f32> = seconds.iter().copied().collect();
    sorted.sort_unstable_by(f32::total_cmp);
    // The nearest rank: of fewer than a hundred it is the slowest.
    let rank = (sorted.len() * percent).div_ceil(100);
    rank.checked_sub(1).and_then(|at| sorted.get(at)).copied().unwrap_or(0.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_of_a_hundred_may_be_slower_than_the_p99() {
        assert_eq!(percentile(&(1..=100).map(|i| i as f32).collect(), 99), 99.0);
        assert_eq!(percentile(&(1..=1000).rev().map(|i| i as f32).collect(), 99), 990.0);
        assert_eq!(percentile(&[3.0, 7.0, 5.0].into(), 99), 7.0);
        assert_eq!(percentile(&[3.0, 7.0, 5.0].into(), 50), 5.0);
        assert_eq!(percentile(&[].into(), 99), 0.0);
    }
}
