//! Where one looks: the views before and after this one, and places with a name.

use super::state::{AppState, OpenProject};
use super::update::{Refused, refuse, the_project, view};
use super::{display, sites};
use crate::jobs::JobId;
use crate::project::{Bookmark, Layers};
use chrono::NaiveDate;

/// Views kept, each way.
const KEPT: usize = 100;
/// A view that lies so many points of the screen from the last one is another one.
const APART: f64 = 24.0;
/// Or so much nearer or farther.
const ZOOM_APART: f64 = 0.1;
/// Characters of a name.
const LONGEST_NAME: usize = 60;

/// A view that one can come back to.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    site: String,
    centre: [f64; 2],
    zoom: f64,
    layers: Layers,
}

impl Place {
    /// Where a project looks now; `None` where it shows no site.
    fn of(project: &OpenProject) -> Option<Self> {
        let view = &project.document.view;
        Some(Self {
            site: project.cube()?.0.site.clone(),
            centre: view.centre?,
            zoom: view.zoom,
            layers: view.layers.clone(),
        })
    }

    /// Whether one would tell the two apart.
    fn differs(&self, other: &Self) -> bool {
        // Web mercator, near enough: points of the screen in a degree.
        let points = 256.0 * self.zoom.exp2() / 360.0;
        let off = |i: usize| (self.centre[i] - other.centre[i]).abs() * points;
        let shown = |place: &Self| -> Vec<_> {
            place.layers.all().iter().filter(|layer| layer.visible).map(|layer| layer.kind).collect()
        };
        self.site != other.site
            || (self.zoom - other.zoom).abs() > ZOOM_APART
            || off(0).max(off(1)) > APART
            || shown(self) != shown(other)
    }
}

/// Views before and after this one, and where the map is to look.
#[derive(Debug, Default)]
pub struct Places {
    past: Vec<Place>,
    future: Vec<Place>,
    now: Option<Place>,
    jumps: u64,
    /// The date to show once the cube is open.
    date: Option<NaiveDate>,
}

impl Places {
    /// Another number each time that the map is to look where the document says.
    pub fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Whether there is a view before this one.
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is a view after this one.
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }

    fn arrive(&mut self, place: Place) {
        if let Some(before) = self.now.replace(place.clone())
            && before.differs(&place)
        {
            self.past.push(before);
            if self.past.len() > KEPT {
                self.past.remove(0);
            }
            self.future.clear();
        }
    }
}

/// The map has come to rest, or other layers are shown: the view before it can be come back to.
pub(super) fn rest(project: &mut OpenProject) {
    if let Some(place) = Place::of(project) {
        project.places.arrive(place);
    }
}

/// Goes to the view before (or, with `forward`, after) this one.
pub(super) fn step(state: &mut AppState, forward: bool) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let now = Place::of(project);
    let places = &mut project.places;
    let (from, to) = match forward {
        true => (&mut places.future, &mut places.past),
        false => (&mut places.past, &mut places.future),
    };
    let Some(place) = from.pop() else {
        return refuse(match forward {
            true => "there is no view after this one",
            false => "there is no view before this one",
        });
    };
    to.extend(now);
    project.places.now = Some(place.clone());
    project.document.view.layers = place.layers;
    look(state, &place.site, place.centre, place.zoom)
}

/// Brings the map to a place of a site.
fn look(state: &mut AppState, site: &str, centre: [f64; 2], zoom: f64) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let is_shown = project.site.as_ref().is_some_and(|shown| shown.name == site);
    let job = if is_shown { None } else { sites::show(state, site)? };
    let project = the_project(state)?;
    project.places.jumps += 1;
    view(project, |p| (p.document.view.centre, p.document.view.zoom) = (Some(centre), zoom))?;
    Ok(job)
}

/// Brings the map to a place.
pub(super) fn look_at(project: &mut OpenProject, centre: [f64; 2], zoom: f64) -> Result<(), Refused> {
    project.places.jumps += 1;
    view(project, |p| (p.document.view.centre, p.document.view.zoom) = (Some(centre), zoom))?;
    rest(project);
    Ok(())
}

/// Goes to a place with a name, and shows what was shown there.
pub(super) fn go(state: &mut AppState, name: &str) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let bookmark = project.document.settings.bookmarks[place_of(project, name)?].clone();
    if project.document.site(&bookmark.site).is_none() {
        return refuse(format!("{name} lies on site {}, which is no longer here", bookmark.site));
    }
    project.places.date = bookmark.date;
    if project.document.view.composite != bookmark.composite {
        // A band that the site lacks keeps one from nothing else.
        let _ = display::set_composite(state, &bookmark.composite);
    }
    let job = look(state, &bookmark.site, bookmark.centre, bookmark.zoom)?;
    cube_opened(the_project(state)?);
    Ok(job)
}

/// Shows the date that one is to come to, once there are dates.
pub(super) fn cube_opened(project: &mut OpenProject) {
    let Some((opened, _)) = project.cube() else { return };
    let dates = opened.cube.info().dates.clone();
    // Where one looked last is the first view that one can come back to.
    if project.places.now.is_none() {
        rest(project);
    }
    let Some(date) = project.places.date.take() else { return };
    let nearest = (0..dates.len()).min_by_key(|&i| (dates[i] - date).num_days().abs());
    if let Some(time) = nearest {
        project.document.view.time = time;
    }
    rest(project);
    project.save();
}

/// Adds a place with a name; gives the name of the change.
pub(super) fn add(project: &mut OpenProject, bookmark: Bookmark) -> Result<String, Refused> {
    let name = checked(project, &bookmark.name, None)?;
    if ![bookmark.centre[0], bookmark.centre[1], bookmark.zoom].iter().all(|v| v.is_finite()) {
        return refuse("a bookmark lies nowhere: show a site first");
    }
    let change = format!("bookmarking {name}");
    project.document.settings.bookmarks.push(Bookmark { name, ..bookmark });
    Ok(change)
}

/// Gives a place another name; gives the name of the change.
pub(super) fn rename(project: &mut OpenProject, name: &str, to: &str) -> Result<String, Refused> {
    let to = checked(project, to, Some(name))?;
    let place = place_of(project, name)?;
    project.document.settings.bookmarks[place].name = to;
    Ok(format!("renaming bookmark {name}"))
}

/// Deletes a place with a name; gives the name of the change.
pub(super) fn delete(project: &mut OpenProject, name: &str) -> Result<String, Refused> {
    let place = place_of(project, name)?;
    project.document.settings.bookmarks.remove(place);
    Ok(format!("deleting bookmark {name}"))
}

fn place_of(project: &OpenProject, name: &str) -> Result<usize, Refused> {
    let found = project.document.settings.bookmarks.iter().position(|bookmark| bookmark.name == name);
    found.map_or_else(|| refuse(format!("there is no bookmark {name}")), Ok)
}

/// A name as it is kept, if it can be; `of` is the bookmark that is to bear it.
fn checked(project: &OpenProject, name: &str, of: Option<&str>) -> Result<String, Refused> {
    let name = name.trim();
    if name.is_empty() {
        return refuse("a bookmark needs a name");
    }
    if name.chars().nth(LONGEST_NAME).is_some() {
        return refuse(format!(
            "a name of more than {LONGEST_NAME} characters fits nowhere: give a shorter one"
        ));
    }
    let mut others =
        project.document.settings.bookmarks.iter().filter(|other| Some(other.name.as_str()) != of);
    if others.any(|other| other.name == name) {
        return refuse(format!("there is a bookmark {name} already: give another name"));
    }
    Ok(name.to_string())
}

impl OpenProject {
    /// The view on screen as a bookmark with the first free name; `None` where no site is shown.
    pub fn bookmark_here(&self, centre: [f64; 2], zoom: f64) -> Option<Bookmark> {
        let (opened, _) = self.cube()?;
        let taken = |name: &str| self.document.settings.bookmarks.iter().any(|other| other.name == name);
        let site = opened.site.clone();
        let name = (1..).map(|i| format!("{site} {i}")).find(|name| !taken(name))?;
        Some(Bookmark {
            name,
            site,
            centre,
            zoom,
            date: opened.cube.info().dates.get(self.time()).copied(),
            composite: self.document.view.composite.clone(),
        })
    }
}
