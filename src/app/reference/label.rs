//! Labelling a reference sample: unit after unit in their order, blind to the map, saved after each answer.

use super::{OpenSample, ReferenceSaver};
use crate::app::state::{AppState, OpenProject};
use crate::app::update::{Refused, refuse, the_project, view};
use crate::app::{places, sites, uncertain};
use crate::jobs::JobId;
use crate::labels::{ClassCode, Confidence};
use crate::project::CompareMode;
use crate::project::reference::{AGREED, Answer, PlacedUnit};
use std::sync::Arc;

/// Answers that can be taken back.
const KEPT: usize = 500;

/// What one can ask while labelling.
#[derive(Debug, Clone, PartialEq)]
pub enum LabelOrder {
    /// Begins, at the first unit without an answer.
    Start {
        /// Who answers.
        interpreter: String,
    },
    /// Begins to settle the units whose interpreters differ.
    Settle,
    /// Ends; what was answered stays.
    Stop,
    /// Gives the unit a class, or skips it, and goes on to the next without an answer.
    Answer(Option<ClassCode>),
    /// How sure one is of this unit.
    Confidence(Confidence),
    /// What one thinks of this unit.
    Note(String),
    /// Goes to the unit after this one.
    Next,
    /// Goes to the unit before this one.
    Back,
    /// Goes to the next unit without an answer.
    NextOpen,
    /// Goes to the unit of this number.
    GoTo(u32),
    /// Takes the last answer back.
    Undo,
    /// Gives it again.
    Redo,
}

impl LabelOrder {
    pub(super) fn writes(&self) -> bool {
        !matches!(self, Self::Stop | Self::Next | Self::Back | Self::NextOpen | Self::GoTo(_) | Self::Note(_))
    }
}

/// Who labels a sample, and how far.
#[derive(Debug)]
pub struct Labelling {
    /// Who; [`AGREED`] where differences are settled.
    pub interpreter: String,
    /// The units that are gone through, by their place in the sample: all, or those whose interpreters differed.
    pub round: Vec<usize>,
    /// Which of them is on screen.
    at: usize,
    /// How sure one is of the unit on screen, before its answer is given.
    pub confidence: Confidence,
    /// What one thinks of it.
    pub note: String,
    /// Units as they were before answers, with their places in the round.
    past: Vec<(usize, PlacedUnit)>,
    future: Vec<(usize, PlacedUnit)>,
    /// How the map looked before.
    compared: CompareMode,
    pins: Vec<(u32, u32)>,
}

impl Labelling {
    /// Whether differences are settled.
    pub fn settles(&self) -> bool {
        self.interpreter == AGREED
    }

    /// Which unit of the round is on screen, from 1.
    pub fn number(&self) -> usize {
        self.at + 1
    }

    /// Whether there is an answer that can be taken back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is one that can be given again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

impl OpenSample {
    /// The unit on screen.
    pub fn unit(&self) -> Option<&PlacedUnit> {
        let labelling = self.labelling.as_ref()?;
        self.sample.units.get(*labelling.round.get(labelling.at)?)
    }

    /// Units of the round that have an answer of who labels, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        let Some(labelling) = &self.labelling else { return (0, 0) };
        let units = labelling.round.iter().filter_map(|place| self.sample.units.get(*place));
        let done = units.filter(|unit| unit.answer_of(&labelling.interpreter).is_some()).count();
        (done, labelling.round.len())
    }

    /// The place in the round of the next unit without an answer, after this one and then from the start.
    fn next_open(&self, labelling: &Labelling) -> Option<usize> {
        let n = labelling.round.len();
        let is_open = |at: &usize| {
            let unit = labelling.round.get(*at).and_then(|place| self.sample.units.get(*place));
            unit.is_some_and(|unit| unit.answer_of(&labelling.interpreter).is_none())
        };
        (1..=n).map(|step| (labelling.at + step) % n).find(is_open)
    }
}

/// Carries out an order.
pub(super) fn order(state: &mut AppState, order: LabelOrder) -> Result<Option<JobId>, Refused> {
    match order {
        LabelOrder::Start { interpreter } => {
            let interpreter = interpreter.trim().to_string();
            if interpreter.is_empty() || interpreter == AGREED {
                return refuse("say who interprets the units: give a name");
            }
            return begin(state, interpreter);
        }
        LabelOrder::Settle => return begin(state, AGREED.into()),
        LabelOrder::Stop => {
            stop(state);
            return Ok(None);
        }
        _ => {}
    }
    let wake = state.runner.wake();
    let project = the_project(state)?;
    let legend = project.document.legend.clone();
    let Some(open) = &mut project.reference.open else { return refuse("no reference sample is open") };
    let Some(mut labelling) = open.labelling.take() else {
        return refuse("no reference sample is being labelled: begin on the Assess page");
    };
    let n = labelling.round.len().max(1);
    let (mut changed, mut moved) = (false, true);
    let refused = match order {
        LabelOrder::Answer(class) => {
            if class.is_some_and(|code| legend.class(code).is_none()) {
                open.labelling = Some(labelling);
                return refuse("there is no such class in the legend");
            }
            changed = answer(open, &mut labelling, class);
            labelling.at = open.next_open(&labelling).unwrap_or(labelling.at);
            None
        }
        LabelOrder::Confidence(confidence) => {
            (labelling.confidence, moved) = (confidence, false);
            let given = unit_of(open, &labelling).and_then(|unit| unit.answer_of(&labelling.interpreter));
            if let Some(class) = given.map(|answer| answer.class) {
                changed = answer(open, &mut labelling, class);
            }
            None
        }
        LabelOrder::Note(note) => {
            (labelling.note, moved) = (note, false);
            None
        }
        LabelOrder::Next => {
            labelling.at = (labelling.at + 1) % n;
            None
        }
        LabelOrder::Back => {
            labelling.at = (labelling.at + n - 1) % n;
            None
        }
        LabelOrder::NextOpen => match open.next_open(&labelling) {
            Some(at) => {
                labelling.at = at;
                None
            }
            None => Some("every unit has an answer"),
        },
        LabelOrder::GoTo(number) => {
            let number_at = |place: &usize| open.sample.units.get(*place).map(|unit| unit.number);
            match labelling.round.iter().position(|place| number_at(place) == Some(number)) {
                Some(at) => {
                    labelling.at = at;
                    None
                }
                None => Some("there is no unit of this number"),
            }
        }
        LabelOrder::Undo | LabelOrder::Redo => {
            let back = order == LabelOrder::Undo;
            changed = step(open, &mut labelling, back);
            match (changed, back) {
                (true, _) => None,
                (false, true) => Some("there is no answer to take back"),
                (false, false) => Some("there is no answer to give again"),
            }
        }
        LabelOrder::Start { .. } | LabelOrder::Settle | LabelOrder::Stop => None,
    };
    if moved {
        take_up(open, &mut labelling);
    }
    open.labelling = Some(labelling);
    if changed {
        let (sample, file) = (Arc::clone(&open.sample), open.file.clone());
        let saver = project.reference.saver.get_or_insert_with(|| ReferenceSaver::start(wake));
        saver.save(sample, legend, file);
    }
    match refused {
        Some(why) => refuse(why),
        None if moved => fly(project).map(|()| None),
        None => Ok(None),
    }
}

fn unit_of<'a>(open: &'a OpenSample, labelling: &Labelling) -> Option<&'a PlacedUnit> {
    open.sample.units.get(*labelling.round.get(labelling.at)?)
}

/// What was said of the unit on screen before stands in the fields again.
fn take_up(open: &OpenSample, labelling: &mut Labelling) {
    let given = unit_of(open, labelling).and_then(|unit| unit.answer_of(&labelling.interpreter));
    labelling.confidence = given.map_or(Confidence::Sure, |answer| answer.confidence);
    labelling.note = given.and_then(|answer| answer.note.clone()).unwrap_or_default();
}

/// Gives the unit on screen an answer; tells whether that is another one than it had.
fn answer(open: &mut OpenSample, labelling: &mut Labelling, class: Option<ClassCode>) -> bool {
    let Some(place) = labelling.round.get(labelling.at).copied() else { return false };
    let note = Some(labelling.note.trim().to_string()).filter(|note| !note.is_empty());
    let said = Answer {
        interpreter: labelling.interpreter.clone(),
        class,
        confidence: labelling.confidence,
        at: Some(chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        note,
    };
    let Some(unit) = Arc::make_mut(&mut open.sample).units.get_mut(place) else { return false };
    let without_time = |answer: &Answer| Answer { at: None, ..answer.clone() };
    if unit.answer_of(&said.interpreter).map(without_time) == Some(without_time(&said)) {
        return false;
    }
    labelling.past.push((labelling.at, unit.clone()));
    if labelling.past.len() > KEPT {
        labelling.past.remove(0);
    }
    labelling.future.clear();
    unit.answer(said);
    true
}

/// Goes a step back or forth; tells whether there was one.
fn step(open: &mut OpenSample, labelling: &mut Labelling, back: bool) -> bool {
    let (from, to) = match back {
        true => (&mut labelling.past, &mut labelling.future),
        false => (&mut labelling.future, &mut labelling.past),
    };
    let Some((at, unit)) = from.pop() else { return false };
    let place = labelling.round.get(at).copied();
    let Some(now) = place.and_then(|place| Arc::make_mut(&mut open.sample).units.get_mut(place)) else {
        return false;
    };
    to.push((at, std::mem::replace(now, unit)));
    labelling.at = at;
    true
}

fn begin(state: &mut AppState, interpreter: String) -> Result<Option<JobId>, Refused> {
    stop(state);
    let project = the_project(state)?;
    let Some(open) = &project.reference.open else {
        return refuse("no reference sample is open: design one, or open one");
    };
    let round: Vec<usize> = match interpreter == AGREED {
        true => open.sample.disputed(),
        false => (0..open.sample.units.len()).collect(),
    };
    if round.is_empty() {
        return refuse(match interpreter == AGREED {
            true => "the interpreters differ nowhere: there is nothing to settle",
            false => "this reference sample has no units",
        });
    }
    let site = open.sample.site.clone();
    // A sample of a site is labelled on its images.
    let on_screen = project.site.as_ref().map(|site| site.name.clone());
    let job = match site {
        Some(site) if on_screen.as_ref() != Some(&site) => {
            if project.document.site(&site).is_none() {
                return refuse(format!(
                    "this sample was drawn on the site {site}, which the project does not have any more: add its images first"
                ));
            }
            sites::show(state, &site)?
        }
        Some(_) => None,
        None if on_screen.is_none() => return refuse("show the site on whose images the units lie first"),
        None => None,
    };
    let project = the_project(state)?;
    let comparison = &mut project.document.view.comparison;
    let compared = std::mem::replace(&mut comparison.mode, CompareMode::Off);
    let pins = std::mem::take(&mut project.document.view.pins);
    if let Some(open) = &mut project.reference.open {
        let mut labelling = Labelling {
            interpreter,
            at: round.len() - 1,
            round,
            confidence: Confidence::Sure,
            note: String::new(),
            past: Vec::new(),
            future: Vec::new(),
            compared,
            pins,
        };
        labelling.at = open.next_open(&labelling).unwrap_or(0);
        take_up(open, &mut labelling);
        open.labelling = Some(labelling);
    }
    fly(project)?;
    Ok(job)
}

/// Ends the labelling: maps may be seen again, compared as before.
pub(super) fn stop(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let Some(labelling) = project.reference.open.as_mut().and_then(|open| open.labelling.take()) else {
        return;
    };
    project.document.view.comparison.mode = labelling.compared;
    project.document.view.pins = labelling.pins;
    // The site on screen may be another one by now.
    if let Some((width, height)) = project.grid().map(|grid| (grid.width, grid.height)) {
        project.document.view.pins.retain(|&(col, row)| col < width && row < height);
    }
    project.save();
}

/// Brings the map to the unit on screen, and its pixel into the plot.
pub(in crate::app) fn fly(project: &mut OpenProject) -> Result<(), Refused> {
    let Some(lonlat) = project.reference.open.as_ref().and_then(OpenSample::unit).map(|unit| unit.lonlat)
    else {
        return Ok(());
    };
    let pixel = project.grid().and_then(|grid| grid.pixel_from_lonlat(lonlat[0], lonlat[1]).ok().flatten());
    let near = project.grid().map_or(0.0, |grid| uncertain::zoom_of(grid, lonlat[1]));
    view(project, |p| p.document.view.pins = pixel.into_iter().collect())?;
    let zoom = if project.document.view.zoom.is_finite() { project.document.view.zoom } else { near };
    places::look_at(project, lonlat, zoom.max(near).min(22.0))
}
