//! Class maps of the site on screen: which one is shown, which one it is compared with. No more than these two are kept open.

use super::state::{AppState, CubeState, Level, MapLayer, ModelEntry, OpenProject, SiteView};
use super::update::{Refused, busy, model_name, refuse, start, the_project, the_site, view};
use crate::geo::{Grid, Window};
use crate::jobs::{self, JobId, JobKind, ReadMap};
use crate::labels::{Class, Translation};
use crate::project::{CompareMode, Comparison};

/// A map that is there as a whole.
pub(super) fn whole(generation: u64, grid: &Grid, ReadMap { name, codes, training }: ReadMap) -> MapLayer {
    MapLayer {
        name,
        training,
        generation,
        width: grid.width,
        height: grid.height,
        codes: codes.into(),
        entropy: None,
        arrived: vec![Window { col: 0, row: 0, width: grid.width, height: grid.height }],
        complete: true,
        live: None,
    }
}

/// Shows another map of the site on screen from now on; gives the job that opens it, where it is not open.
pub(super) fn show(state: &mut AppState, name: &str) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    known(project, name)?;
    let growing = project.map().is_some_and(MapLayer::grows) && state.job(JobKind::Map).is_some();
    if growing {
        return refuse("the site is being mapped: wait for it or cancel it, then choose another map");
    }
    let project = the_project(state)?;
    super::live::rest(project);
    view(project, |project| project.document.view.map = Some(name.to_string()))?;
    Ok(follow(state))
}

/// Compares on the map; gives the job that opens the other map, where it is not open.
pub(super) fn compare(state: &mut AppState, comparison: Comparison) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    if let Some(name) = &comparison.other_map {
        known(project, name)?;
    }
    let split = if comparison.split.is_finite() { comparison.split.clamp(0.0, 1.0) } else { 0.5 };
    view(project, |project| project.document.view.comparison = Comparison { split, ..comparison })?;
    Ok(follow(state))
}

fn known(project: &OpenProject, name: &str) -> Result<(), Refused> {
    let Some(site) = &project.site else { return refuse("no site is on screen: show one first") };
    if site.maps.iter().any(|map| map == name) || project.map_called(name).is_some() {
        return Ok(());
    }
    match site.maps.as_slice() {
        [] => refuse(format!("there is no map of {} yet: train a model and map the site first", site.name)),
        maps => refuse(format!("there is no map {name} of {}, only {}", site.name, maps.join(", "))),
    }
}

/// Opens what is to be shown and is not open, and lets go of what is not shown any more.
pub(super) fn follow(state: &mut AppState) -> Option<JobId> {
    let mapping = state.job(JobKind::Map).is_some();
    let project = state.project.as_mut()?;
    let (chosen, comparison) = (project.document.view.map.clone(), &project.document.view.comparison);
    let other = comparison.other_map.clone().filter(|_| comparison.mode != CompareMode::Off);
    let folder = project.folder.maps_path(&project.site.as_ref()?.name);
    let site = project.site.as_mut()?;
    let CubeState::Open { opened, .. } = &site.cube else { return None };
    let grid = opened.cube.info().grid.clone();
    let there = |name: &String| site.maps.contains(name);
    let is = |layer: &Option<MapLayer>, name: &String| layer.as_ref().is_some_and(|map| map.name == *name);
    // One that grows is the one to look at.
    let growing = mapping && site.map.as_ref().is_some_and(MapLayer::grows);
    let chosen = chosen.filter(|name| !growing && there(name) && !is(&site.map, name));
    let other = other.filter(there);
    if chosen.as_ref().is_some_and(|name| is(&site.other, name)) {
        std::mem::swap(&mut site.map, &mut site.other);
    }
    let mut lacking: Vec<String> = chosen.into_iter().filter(|name| !is(&site.map, name)).collect();
    let needed = other.filter(|name| !is(&site.map, name) || !lacking.is_empty());
    match needed {
        Some(name) if is(&site.other, &name) => {}
        // The one on screen makes room and stays, to be compared with.
        Some(name) if is(&site.map, &name) => site.other = site.map.clone(),
        needed => {
            site.other = None;
            lacking.extend(needed);
        }
    }
    let under_way: Vec<_> = site.opening.iter().map(|(_, name)| name.clone()).collect();
    lacking.retain(|name| !under_way.contains(name));
    let mut last = None;
    super::correct::follow(state);
    for name in lacking {
        let spec = jobs::OpenMapSpec { folder: folder.clone(), name: name.clone(), grid: grid.clone() };
        let job = start(state, JobKind::OpenMap, name.clone(), move |_| jobs::open_map(&spec));
        site_of(state)?.opening.push((job, name));
        last = Some(job);
    }
    last
}

fn site_of(state: &mut AppState) -> Option<&mut SiteView> {
    state.project.as_mut()?.site.as_mut()
}

/// A map was opened: it is put where it is wanted.
pub(super) fn opened(state: &mut AppState, job: JobId, map: ReadMap) {
    let Some(project) = &mut state.project else { return };
    let Some(site) = &mut project.site else { return };
    let asked = site.opening.len();
    site.opening.retain(|(of, _)| *of != job);
    let CubeState::Open { opened, .. } = &site.cube else { return };
    // Of a site that is not shown any more.
    if site.opening.len() == asked {
        return;
    }
    let chosen = project.document.view.map.as_ref() == Some(&map.name);
    let layer = whole(job, &opened.cube.info().grid, map);
    match chosen {
        true => site.map = Some(layer),
        false => site.other = Some(layer),
    }
    follow(state);
}

/// A map could not be opened: what is shown stays.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    let Some(site) = &mut project.site else { return };
    let Some(at) = site.opening.iter().position(|(of, _)| *of == job) else { return };
    let (_, name) = site.opening.remove(at);
    site.maps.retain(|map| *map != name);
    let shown = &mut project.document.view;
    shown.map.take_if(|map| *map == name);
    shown.comparison.other_map.take_if(|map| *map == name);
}

/// A site was mapped.
pub(super) fn mapped(project: &mut OpenProject, of: &str, name: &str) {
    let Some(site) = project.site.as_mut().filter(|site| site.name == of) else { return };
    site.maps.retain(|map| map != name);
    site.maps.insert(0, name.into());
    // The one open beside it may be an older one of this name.
    site.other.take_if(|other| other.name == name);
}

/// A map was made of another one, whose model is its own: it is shown.
pub(super) fn made_of(project: &mut OpenProject, of: &str, source: &str, name: &str) {
    mapped(project, of, name);
    let named = project.own_classes(source).map(<[Class]>::to_vec);
    if let Some(site) = project.site.as_mut().filter(|site| site.name == of) {
        let model = site.made_by.get(source).cloned().unwrap_or_else(|| source.into());
        if let Some(named) = named {
            site.named.insert(name.into(), named);
        }
        site.made_by.insert(name.into(), model);
        project.document.view.map = Some(name.into());
        project.save();
    }
}

/// Maps the site on screen with a model whose map of its name is there: it is replaced, or gets the name `keep` first (a job).
pub(super) fn again(
    state: &mut AppState,
    model: String,
    keep: Option<String>,
) -> Result<Option<JobId>, Refused> {
    let Some(keep) = keep else { return super::queue::add(state, Some(model), None, None, true) };
    for kind in super::HOLDS_MODELS {
        busy(state, kind)?;
    }
    let to = model_name(&keep)?;
    let project = the_project(state)?;
    let site = the_site(project, None)?.name;
    let maps = project.folder.maps_path(&site);
    let spec = jobs::KeepMapSpec { site, maps, map: model.clone(), to, model };
    Ok(Some(start(state, JobKind::KeepMap, spec.map.clone(), move |_| jobs::keep_map(&spec))))
}

/// A map of a site has another name; its own is free for a new one.
pub(super) fn kept(state: &mut AppState, of: &str, from: &str, to: &str, model: String) {
    let Some(project) = &mut state.project else { return };
    if let Some(site) = project.site.as_mut().filter(|site| site.name == of) {
        let by = site.made_by.remove(from).unwrap_or_else(|| from.into());
        site.made_by.insert(to.into(), by);
        if let Some(named) = site.named.remove(from) {
            site.named.insert(to.into(), named);
        }
        let maps = site.map.iter_mut().chain(&mut site.other);
        let open = maps.map(|map| &mut map.name).filter(|name| *name == from);
        open.chain(site.maps.iter_mut().filter(|name| *name == from)).for_each(|name| *name = to.into());
    }
    super::correct::kept(project, of, from, to);
    if let Err(refused) = super::queue::add(state, Some(model), Some(of.into()), None, true) {
        state.notify(Level::Error, refused.to_string());
    }
}

/// Maps bear another name, as their model does.
pub(super) fn renamed(project: &mut OpenProject, rename: &dyn Fn(&mut String)) {
    if let Some(site) = &mut project.site {
        site.maps.iter_mut().for_each(rename);
        site.made_by.values_mut().for_each(rename);
        let named = std::mem::take(&mut site.named).into_iter();
        site.named = named
            .map(|(mut map, classes)| {
                rename(&mut map);
                (map, classes)
            })
            .collect();
        site.opening.iter_mut().for_each(|(_, name)| rename(name));
        site.map.iter_mut().chain(&mut site.other).for_each(|map| rename(&mut map.name));
    }
    super::correct::renamed(project, rename);
    let shown = &mut project.document.view;
    shown.map.iter_mut().chain(&mut shown.comparison.other_map).for_each(rename);
}

/// Maps of this name are gone.
pub(super) fn deleted(project: &mut OpenProject, name: &str) {
    if let Some(site) = &mut project.site {
        site.maps.retain(|map| map != name);
        site.named.remove(name);
        site.map.take_if(|map| map.name == name);
        site.other.take_if(|map| map.name == name);
    }
    super::correct::deleted(project, name);
    let shown = &mut project.document.view;
    shown.map.take_if(|map| map == name);
    shown.comparison.other_map.take_if(|map| map == name);
}

impl MapLayer {
    /// Whether a job is to bring the rest of it.
    fn grows(&self) -> bool {
        !self.complete && self.live.is_none()
    }
}

impl OpenProject {
    /// The open map of this name.
    pub fn map_called(&self, name: &str) -> Option<&MapLayer> {
        let site = self.site.as_ref()?;
        site.map.iter().chain(&site.other).find(|map| map.name == name)
    }

    /// The map that the other side of a comparison shows, once it is open.
    pub fn other_map(&self) -> Option<&MapLayer> {
        self.map_called(self.document.view.comparison.other_map.as_ref().filter(|_| !self.is_blind())?)
    }

    /// Names of the maps of the site on screen, the newest first.
    pub fn map_names(&self) -> &[String] {
        self.site.as_ref().map_or(&[], |site| &site.maps)
    }

    /// What comparing like this would show: as it was last, and where that would show twice the same, something else.
    pub fn comparing(&self, mode: CompareMode) -> Comparison {
        let mut comparison = Comparison { mode, ..self.document.view.comparison.clone() };
        let dates = self.cube().map_or(1, |(opened, _)| opened.cube.info().dates.len());
        let time = self.time();
        let shown = self.map().map(|map| map.name.as_str());
        let other_is_there = |name: &String| self.map_names().contains(name);
        comparison.other_map = comparison.other_map.filter(other_is_there);
        let same = shown.is_some() && comparison.other_map.as_deref() == shown;
        if mode == CompareMode::Differences && (comparison.other_map.is_none() || same) {
            comparison.other_map = self.map_names().iter().find(|name| Some(name.as_str()) != shown).cloned();
        }
        let images = !comparison.main_map && comparison.other_map.is_none();
        if mode != CompareMode::Off && images && comparison.other_time.min(dates.saturating_sub(1)) == time {
            comparison.other_time = if time + 1 < dates { time + 1 } else { time.saturating_sub(1) };
        }
        comparison
    }

    /// The model that made a map, where it is of this project: the one of its name, or that of the map it was cleaned from.
    pub fn model_of(&self, map: &str) -> Option<&ModelEntry> {
        let called = |name: &str| self.models.iter().find(|model| model.name == name);
        called(map).or_else(|| called(self.site.as_ref()?.made_by.get(map)?))
    }

    /// The classes of a map by its own codes: those of the model that made it, of one from elsewhere those that it names itself;
    /// `None` where neither is known.
    pub fn own_classes(&self, map: &str) -> Option<&[Class]> {
        match self.model_of(map) {
            Some(model) => Some(&model.card.classes),
            None => self.site.as_ref()?.named.get(map).map(Vec::as_slice),
        }
    }

    /// What the codes of a map are today, as far as its classes are known.
    pub fn codes_today(&self, map: &str) -> [u8; 256] {
        let classes = match self.live_called(map) {
            Some(live) => &live.classes,
            None => self.own_classes(map).unwrap_or_default(),
        };
        Translation::new(classes, &self.document.legend).codes
    }
}
