//! A recipe at work on a map, block by block.

use super::bayes::{self, Smoothing};
use super::ground::{Ground, Surroundings};
use super::rules;
use super::sieve::{self, Part};
use super::source::Source;
use super::{CleanError, Recipe, Rule, Size, Smooth, Step, Verdict, majority};
use crate::classify::areas::{Extents, NOTHING, tally};
use crate::classify::derived::most_likely;
use crate::classify::run::NODATA;
use crate::geo::Window;
use crate::labels::{Class, ClassCode};
use crate::progress::{Cancel, Progress, Report};

/// Side of a block, in pixels.
const BLOCK: u32 = 512;

/// Gets the cleaned probabilities of a window, class x y x x.
pub type TakePlanes<'a> = &'a mut dyn FnMut(Window, &[u8]) -> Result<(), CleanError>;

/// A recipe that is ready for a map. One thread at a time.
pub struct Cleaner {
    source: Source,
    steps: Vec<Ready>,
    /// Pixels that all steps together look around a block.
    margin: u32,
    block: u32,
}

/// What came of a part of a map.
#[derive(Debug, Clone)]
pub struct Cleaned {
    /// The part.
    pub window: Window,
    /// Its class codes, y x x; 255 nodata.
    pub codes: Vec<u8>,
    /// What each code took before.
    pub before: Extents,
    /// What each code takes now.
    pub after: Extents,
    /// Pixels that have another class now.
    pub changed: u64,
}

impl Cleaned {
    /// Share of the pixels with data that have another class now, from 0 to 1.
    pub fn share_changed(&self) -> f64 {
        let known = self.codes.len() as u64 - self.before[usize::from(NODATA)].pixels;
        if known == 0 { 0.0 } else { self.changed as f64 / known as f64 }
    }
}

/// A step with what it needs.
enum Ready {
    Smooth(Smoothing),
    Majority(usize),
    Sieve {
        least: u32,
        corners: bool,
    },
    Becomes {
        from: ClassCode,
        to: ClassCode,
        ground: Ground,
    },
    /// A class, by its plane, may not be where the condition is `holds`.
    Forbid {
        class: usize,
        holds: bool,
        ground: Ground,
    },
}

impl Cleaner {
    /// Makes a recipe ready for a map.
    ///
    /// # Errors
    /// When the recipe makes no sense on this map, or a file that a rule asks cannot be read.
    pub fn new(source: Source, recipe: &Recipe, around: &Surroundings) -> Result<Self, CleanError> {
        recipe.check(&source.classes)?;
        let steps = recipe.taken().map(|step| ready(step, &source, around)).collect::<Result<_, _>>()?;
        let margin = recipe.taken().map(Step::margin).sum();
        Ok(Self { source, steps, margin, block: BLOCK })
    }

    /// The map that is cleaned.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Side of its blocks, in pixels.
    pub(super) fn block(&self) -> u32 {
        self.block
    }

    /// The same in blocks of so many pixels a side: of smaller ones it stops sooner when it is asked to.
    #[must_use]
    pub fn in_blocks_of(mut self, block: u32) -> Self {
        self.block = block;
        self
    }

    /// Cleans a part of the map. Of patches that go on beyond the part a sieve knows only that they do: they stay.
    ///
    /// # Errors
    /// When a file cannot be read, or it was asked to stop.
    pub fn clean(
        &self,
        part: Window,
        mut take: Option<TakePlanes>,
        report: Report,
        cancel: &Cancel,
    ) -> Result<Cleaned, CleanError> {
        let map = self.source.grid.window();
        let part = part.cut_to(map);
        let region = widened(part, self.margin, map);
        let mut codes = self.source.codes(region)?;
        let cut = [
            region.col > 0,
            region.row > 0,
            region.col + region.width < map.width,
            region.row + region.height < map.height,
        ];
        // A sieve looks at all of it at once; what lies between goes block by block.
        let stages: Vec<&[Ready]> = self.steps.split(|step| matches!(step, Ready::Sieve { .. })).collect();
        let total = stages.len() as u64 * blocks(region, self.block).count() as u64;
        let mut done = 0;
        let mut taken = 0;
        for (at, stage) in stages.iter().enumerate() {
            let last = at + 1 == stages.len();
            let earlier = &self.steps[..taken];
            let wants_planes = last && take.is_some();
            if !stage.is_empty() || wants_planes {
                let mut next = codes.clone();
                for block in blocks(region, self.block) {
                    cancel.check()?;
                    report(Progress::new(done, total, "Cleaning"));
                    done += 1;
                    let wide = widened(block, self.margin, region);
                    let mut of_block = cropped(&codes, region, wide);
                    let planes = self.apply(earlier, stage, wide, &mut of_block, wants_planes, cancel)?;
                    paste(&of_block, wide, block, &mut next, region);
                    let kept = block.cut_to(part);
                    if let (Some(take), Some(planes)) = (take.as_mut().filter(|_| last), planes)
                        && kept.pixels() > 0
                    {
                        let planes = planes.chunks_exact(wide.pixels());
                        let kept_planes: Vec<u8> =
                            planes.flat_map(|plane| cropped(plane, wide, kept)).collect();
                        take(kept, &kept_planes)?;
                    }
                }
                codes = next;
            }
            taken += stage.len();
            if let Some(Ready::Sieve { least, corners }) = self.steps.get(taken) {
                let part = Part { width: region.width as usize, cut };
                sieve::sieve(&mut codes, part, *least, *corners, cancel)?;
                taken += 1;
            }
        }
        let codes = if region == part { codes } else { cropped(&codes, region, part) };
        self.counted(part, codes)
    }

    fn counted(&self, window: Window, codes: Vec<u8>) -> Result<Cleaned, CleanError> {
        let (mut before, mut after, mut changed) = (NOTHING, NOTHING, 0);
        let strip = self.block.max(1);
        for row in (window.row..window.row + window.height).step_by(strip as usize) {
            let rows = Window { row, height: strip, ..window }.cut_to(window);
            let was = self.source.codes(rows)?;
            let now = &codes[(row - window.row) as usize * window.width as usize..][..was.len()];
            tally(&mut before, &self.source.grid, rows, &was);
            tally(&mut after, &self.source.grid, rows, now);
            changed += was.iter().zip(now).filter(|(was, now)| was != now).count() as u64;
        }
        Ok(Cleaned { window, codes, before, after, changed })
    }

    /// Takes the steps of a stage on a block; gives its probabilities after them, where they were needed or are wanted. Of
    /// the steps before, those that changed the probabilities are taken on these alone: the codes have them already.
    fn apply(
        &self,
        earlier: &[Ready],
        stage: &[Ready],
        window: Window,
        codes: &mut Vec<u8>,
        wanted: bool,
        cancel: &Cancel,
    ) -> Result<Option<Vec<u8>>, CleanError> {
        let size = Size { width: window.width as usize, height: window.height as usize };
        let asks = |step: &Ready| matches!(step, Ready::Smooth(_) | Ready::Forbid { .. });
        let mut planes = Vec::new();
        if wanted || stage.iter().any(asks) {
            planes = self.source.planes(window)?;
            for step in earlier {
                cancel.check()?;
                match step {
                    Ready::Smooth(smoothing) => bayes::smooth(&mut planes, size, smoothing),
                    Ready::Forbid { class, holds, ground } => {
                        let forbidden = forbidden(ground, *holds, window)?;
                        rules::forbid(&mut planes, size.pixels(), *class, &forbidden);
                    }
                    _ => {}
                }
            }
        }
        let classes = &self.source.classes;
        for step in stage {
            cancel.check()?;
            match step {
                Ready::Smooth(smoothing) => {
                    bayes::smooth(&mut planes, size, smoothing);
                    *codes = most_likely(&planes, size.pixels(), classes);
                }
                Ready::Majority(leg) => *codes = majority::majority(codes, size, *leg),
                Ready::Becomes { from, to, ground } => {
                    rules::become_other(codes, &ground.holds(window)?, *from, *to);
                }
                Ready::Forbid { class, holds, ground } => {
                    let forbidden = forbidden(ground, *holds, window)?;
                    rules::forbid(&mut planes, size.pixels(), *class, &forbidden);
                    rules::next_likely(codes, &planes, size, classes, *class, &forbidden);
                }
                Ready::Sieve { .. } => {}
            }
        }
        Ok((!planes.is_empty()).then_some(planes))
    }
}

fn forbidden(ground: &Ground, holds: bool, window: Window) -> Result<Vec<bool>, CleanError> {
    Ok(ground.holds(window)?.into_iter().map(|found| found == Some(holds)).collect())
}

fn ready(step: &Step, source: &Source, around: &Surroundings) -> Result<Ready, CleanError> {
    // A recipe that was checked names classes of the map alone.
    let plane = |name: &str| source.classes.iter().position(|class| class.name == name).unwrap_or_default();
    let code = |name: &str| source.classes[plane(name)].code;
    Ok(match step {
        Step::Smooth(smooth) => Ready::Smooth(smoothing(smooth, &source.classes)),
        Step::Majority(majority) => Ready::Majority(majority.window as usize / 2),
        Step::Sieve(sieve) => {
            // A patch of just the unit stays, whatever its sum of pixels is rounded to.
            let least = (sieve.hectares / source.grid.pixel_area_ha() - 1e-9).ceil();
            Ready::Sieve { least: least.clamp(0.0, f64::from(u32::MAX - 1)) as u32, corners: sieve.corners }
        }
        Step::Rule(Rule { class, verdict, condition }) => {
            let ground = Ground::new(condition, &source.grid, around)?;
            match verdict {
                Verdict::Becomes(to) => Ready::Becomes { from: code(class), to: code(to), ground },
                Verdict::Never => Ready::Forbid { class: plane(class), holds: true, ground },
                Verdict::Only => Ready::Forbid { class: plane(class), holds: false, ground },
            }
        }
    })
}

fn smoothing(smooth: &Smooth, classes: &[Class]) -> Smoothing {
    let of = |class: &Class| {
        let own = smooth.classes.iter().rfind(|own| own.class == class.name);
        let window = own.and_then(|own| own.window).unwrap_or(smooth.window);
        let smoothness = own.and_then(|own| own.smoothness).unwrap_or(smooth.smoothness);
        (window as usize / 2, smoothness)
    };
    Smoothing { classes: classes.iter().map(of).collect(), neigh_fraction: smooth.neigh_fraction }
}

/// The blocks of a window, in order of rows.
fn blocks(of: Window, side: u32) -> impl Iterator<Item = Window> {
    let steps = move |start: u32, size: u32| (start..start + size).step_by(side as usize);
    let block = move |col, row| Window { col, row, width: side, height: side }.cut_to(of);
    steps(of.row, of.height).flat_map(move |row| steps(of.col, of.width).map(move |col| block(col, row)))
}

/// A window with a margin, as far as `within` goes.
fn widened(window: Window, margin: u32, within: Window) -> Window {
    let (col, row) = (window.col.saturating_sub(margin), window.row.saturating_sub(margin));
    let right = window.col.saturating_add(window.width).saturating_add(margin);
    let bottom = window.row.saturating_add(window.height).saturating_add(margin);
    Window { col, row, width: right - col, height: bottom - row }.cut_to(within)
}

/// The values of `part`, which lies in `of`.
fn cropped(values: &[u8], of: Window, part: Window) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.pixels());
    for row in part.row..part.row + part.height {
        let start = (row - of.row) as usize * of.width as usize + (part.col - of.col) as usize;
        out.extend_from_slice(&values[start..start + part.width as usize]);
    }
    out
}

/// Copies `part` from values of the window `from` into those of the window `to`.
pub(super) fn paste(values: &[u8], from: Window, part: Window, target: &mut [u8], to: Window) {
    let width = part.width as usize;
    for row in part.row..part.row + part.height {
        let place = |of: Window| (row - of.row) as usize * of.width as usize + (part.col - of.col) as usize;
        target[place(to)..][..width].copy_from_slice(&values[place(from)..][..width]);
    }
}
