//! A tour of the places where the map on screen is least certain and that no annotation touches.

use super::places;
use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, file_of_map, refuse, start, start_reading, the_project, the_site};
use crate::classify::{UncertainPlace, UncertainSpec};
use crate::geo::Grid;
use crate::jobs::{self, FoundUncertain, JobId, JobKind};
use crate::labels::Annotations;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Points of the screen that a pixel is wide where one is brought to, at least.
const PIXEL: f64 = 6.0;

/// Which places to look for, by a verb.
#[derive(Debug, Clone, PartialEq)]
pub struct UncertainRequest {
    /// The map; the newest model's unless given.
    pub map: Option<String>,
    /// The site; the only one unless given.
    pub site: Option<String>,
    /// At most so many places.
    pub count: usize,
    /// Where to: `.geojson`.
    pub file: PathBuf,
    /// Whether a file that is there is replaced.
    pub replace: bool,
}

/// The places of one map, and which of them one is at.
#[derive(Debug, Default)]
pub struct UncertainTour {
    /// Site, name and number of the map that they are of.
    of: Option<(String, String, u64)>,
    looking: Option<JobId>,
    places: Vec<UncertainPlace>,
    dismissed: BTreeSet<usize>,
    covered: BTreeSet<usize>,
    annotations: Annotations,
    at: Option<usize>,
}

impl UncertainTour {
    /// Whether they are being looked for.
    pub fn is_looking(&self) -> bool {
        self.looking.is_some()
    }

    /// The place that one is at, unless it was annotated or dismissed since.
    pub fn current(&self) -> Option<&UncertainPlace> {
        self.places.get(self.at.filter(|at| self.is_left(*at))?)
    }

    /// Which of the places that are left one is at, from 1, where one is at one.
    pub fn number(&self) -> Option<usize> {
        let at = self.at.filter(|at| self.is_left(*at))?;
        Some((0..=at).filter(|i| self.is_left(*i)).count())
    }

    /// How many places are left.
    pub fn left(&self) -> usize {
        (0..self.places.len()).filter(|i| self.is_left(*i)).count()
    }

    /// Whether places were found, be they left or not.
    pub fn is_known(&self) -> bool {
        self.of.is_some() && self.looking.is_none()
    }

    fn is_left(&self, i: usize) -> bool {
        !self.dismissed.contains(&i) && !self.covered.contains(&i)
    }

    /// The next place that is left, or the one before.
    fn beside(&self, back: bool) -> Option<usize> {
        match (back, self.at) {
            (false, at) => (at.map_or(0, |at| at + 1)..self.places.len()).find(|i| self.is_left(*i)),
            (true, at) => (0..at.unwrap_or(0)).rev().find(|i| self.is_left(*i)),
        }
    }

    /// Takes places off that were annotated since, and puts back those whose annotation is gone.
    fn follow(&mut self, annotations: &Annotations) {
        if self.annotations.is_same(annotations) {
            return;
        }
        self.annotations = annotations.clone();
        let touched = |place: &UncertainPlace| annotations.iter().any(|a| place.is_covered_by(a));
        self.covered = (0..self.places.len()).filter(|i| touched(&self.places[*i])).collect();
    }
}

impl OpenProject {
    /// The tour of the map on screen; `None` while there is none of this map.
    pub fn uncertain(&self) -> Option<&UncertainTour> {
        (!self.is_blind() && self.tour.of.is_some() && self.tour.of == self.map_on_screen())
            .then_some(&self.tour)
    }

    fn map_on_screen(&self) -> Option<(String, String, u64)> {
        let site = self.site.as_ref()?;
        let map = site.map.as_ref().filter(|map| map.complete)?;
        Some((site.name.clone(), map.name.clone(), map.generation))
    }
}

/// Goes to the next place, or back to the one before; gives the job that looks for them, where they are not known.
pub(super) fn step(state: &mut AppState, back: bool) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let Some(of) = project.map_on_screen() else {
        return refuse(
            "there is no finished map on screen whose uncertain places could be shown: map the site first",
        );
    };
    if project.tour.of.as_ref() == Some(&of) {
        if project.tour.is_looking() {
            return Ok(None);
        }
        return go(project, back).map(|()| None);
    }
    let (site, map, _) = of.clone();
    let folder = project.folder.maps_path(&site);
    let spec = jobs::FindUncertainSpec {
        places: files_of(&folder, &map),
        annotations: project.annotations.clone(),
        output: None,
        map: map.clone(),
        site,
    };
    let job = start(state, JobKind::FindUncertain, map, move |c| jobs::find_uncertain(&spec, c));
    the_project(state)?.tour = UncertainTour { of: Some(of), looking: Some(job), ..UncertainTour::default() };
    Ok(Some(job))
}

fn files_of(folder: &std::path::Path, map: &str) -> UncertainSpec {
    let at = |end: &str| folder.join(format!("{map}.{end}"));
    UncertainSpec::new(at("entropy.tif"), at("probs.tif"))
}

fn go(project: &mut OpenProject, back: bool) -> Result<(), Refused> {
    project.tour.follow(&project.annotations);
    let Some(next) = project.tour.beside(back) else {
        return refuse(match (project.tour.left(), back) {
            (0, _) => "there is no uncertain place left that no annotation covers",
            (_, true) => "there is no uncertain place before this one",
            (_, false) => "that was the last of the uncertain places: train and map anew to find others",
        });
    };
    project.tour.at = Some(next);
    let place = &project.tour.places[next];
    let centre = place.lonlat;
    let near = project.grid().map_or(0.0, |grid| zoom_of(grid, centre[1]));
    let zoom = if project.document.view.zoom.is_finite() { project.document.view.zoom } else { near };
    places::look_at(project, centre, zoom.max(near).min(22.0))
}

/// The zoom of web mercator at which a pixel is so wide that a place can be judged.
pub(super) fn zoom_of(grid: &Grid, lat: f64) -> f64 {
    let metres = grid.pixel_width * grid.metres_per_unit()[0];
    (PIXEL / metres * 40_075_016.686 * lat.to_radians().cos() / 256.0).log2().max(0.0)
}

/// Takes the place that one is at off the list, and goes to the next.
pub(super) fn dismiss(project: &mut OpenProject) -> Result<(), Refused> {
    match project.tour.at.filter(|at| project.tour.is_left(*at)) {
        Some(at) => {
            project.tour.dismissed.insert(at);
            // The last one that is dismissed leaves nowhere to go to.
            let _ = go(project, false);
            Ok(())
        }
        None => refuse("no uncertain place is on screen: go to the next one first"),
    }
}

/// What was annotated since takes places off.
pub(super) fn follow(project: &mut OpenProject) {
    if !project.tour.places.is_empty() {
        project.tour.follow(&project.annotations);
    }
}

/// Writes the places of a map to a file.
pub(super) fn find(state: &mut AppState, request: UncertainRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::FindUncertain)?;
    let project = the_project(state)?;
    let site = the_site(project, request.site)?;
    let Some(map) = request.map.or_else(|| project.models.first().map(|m| m.name.clone())) else {
        return refuse("there is no map yet: train a model and map the site first");
    };
    let folder = project.folder.maps_path(&site.name);
    let places = UncertainSpec { most: request.count, ..files_of(&folder, &map) };
    let read = vec![(places.entropy.clone(), file_of_map(project, &site.name, &map).1)];
    let target = (request.file.clone(), request.replace);
    let annotations = project.annotations.clone();
    let spec = jobs::FindUncertainSpec {
        site: site.name,
        map: map.clone(),
        places,
        annotations,
        output: Some(request.file),
    };
    Ok(Some(start_reading(state, JobKind::FindUncertain, map, read, move |c| {
        jobs::check_target(&target.0, target.1)?;
        jobs::find_uncertain(&spec, c)
    })))
}

/// Places were found: one goes to the first, or they are in a file.
pub(super) fn found(state: &mut AppState, job: JobId, found: FoundUncertain) {
    let Some(project) = &mut state.project else { return };
    if project.tour.looking != Some(job) {
        if let Some(file) = &found.output {
            let words = format!("{} uncertain places are in {}", found.places.len(), file.display());
            project.last.uncertain = Some(found);
            state.notify(Level::Done, words);
        }
        return;
    }
    project.tour.looking = None;
    project.tour.places = found.places;
    // Of a map that is not on screen any more.
    if project.tour.of != project.map_on_screen() {
        project.tour = UncertainTour::default();
        return;
    }
    if let Err(refused) = go(project, false) {
        state.notify(Level::Warning, refused.to_string());
    }
}

/// They could not be found.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    if project.tour.looking == Some(job) {
        project.tour = UncertainTour::default();
    }
}
