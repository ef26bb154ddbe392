//! Corrections of maps by hand: a layer of polygons over the map on screen, one step of undo each, and the job that makes a new
//! map with them. The map itself stays as it is.

use super::command::Command;
use super::state::{AppState, Level, MapLayer, OpenProject};
use super::update::{
    Refused, busy, file_of_map, model_name, refuse, start, start_reading, the_project, the_site,
};
use crate::classify::Extent;
use crate::classify::correct::{Correction, Placed, corrections_text, layer_path, window_of};
use crate::geo::Grid;
use crate::jobs::{
    self, CarriedOut, CarryOutSpec, CorrectedMap, CorrectionEntry, CorrectionsRead, JobId, JobKind,
};
use crate::labels::{Class, ClassCode};
use crate::words::grouped;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// So many pixels are looked at within a frame, while one draws.
const AT_ONCE: usize = if cfg!(test) { 4_000 } else { 400_000 };

/// A site and a map of it.
pub(super) type MapKey = (String, String);
/// The corrections of maps.
pub(super) type Layers = BTreeMap<MapKey, Arc<Vec<Correction>>>;

/// Which map to correct into a new one, or to import corrections for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorrectRequest {
    /// The map; the one on screen, else that of the newest model, unless given.
    pub map: Option<String>,
    /// The site; the one on screen unless given.
    pub site: Option<String>,
    /// The new map's name: `<map>-corrected`, or the next that is free, unless given.
    pub output: Option<String>,
}

/// The corrections of the maps that were on screen.
#[derive(Debug, Default)]
pub struct Corrections {
    pub(super) layers: Layers,
    /// As they were handed over to be written last, or were read.
    written: Layers,
    /// Why those of a map cannot be read, in a sentence.
    unreadable: BTreeMap<MapKey, String>,
}

/// The map on screen with its corrections.
pub struct CorrectedLayer {
    /// The number of the map that they are of.
    of: u64,
    map: MapLayer,
    entries: Vec<CorrectionEntry>,
}

impl CorrectedLayer {
    fn new(base: &MapLayer, generation: u64) -> Self {
        Self { of: base.generation, map: MapLayer { generation, ..base.clone() }, entries: Vec::new() }
    }

    fn take(&mut self, done: CarriedOut) {
        let CarriedOut { codes, entries, windows } = done;
        self.map.codes = codes;
        self.map.arrived.extend(windows);
        self.entries = entries;
    }
}

impl OpenProject {
    /// The map on screen with its corrections, where it has some.
    pub(super) fn corrected(&self) -> Option<&CorrectedLayer> {
        let site = self.site.as_ref()?;
        let base = site.map.as_ref().filter(|map| map.complete && map.live.is_none())?;
        site.corrected.as_ref().filter(|corrected| corrected.of == base.generation)
    }

    /// The map on screen as it is seen: with its corrections.
    pub(super) fn seen_map(&self) -> Option<&MapLayer> {
        let base = self.site.as_ref()?.map.as_ref();
        self.corrected().map(|corrected| &corrected.map).or(base)
    }

    /// The corrections of the map on screen, in the order in which they are carried out.
    pub fn corrections(&self) -> &[CorrectionEntry] {
        self.corrected().map_or(&[], |corrected| &corrected.entries)
    }

    /// The corrections of the map on screen as they are to be carried out.
    pub fn corrections_wanted(&self) -> Arc<Vec<Correction>> {
        let layer = self.key_on_screen().and_then(|key| self.corrections.layers.get(&key).cloned());
        layer.unwrap_or_default()
    }

    /// The corrections of a map of a site, where they are known without looking at the disk.
    pub(super) fn corrections_known(&self, site: &str, map: &str) -> Option<Vec<Correction>> {
        let key = (site.to_string(), map.to_string());
        self.corrections.layers.get(&key).map(|layer| layer.to_vec())
    }

    /// Why the corrections of the map on screen cannot be read, where they cannot.
    pub fn corrections_lack(&self) -> Option<&str> {
        self.corrections.unreadable.get(&self.key_on_screen()?).map(String::as_str)
    }

    /// What the corrections of the map on screen change together.
    pub fn corrections_change(&self) -> Extent {
        let changed = self.corrections().iter().filter_map(|entry| entry.changed.as_ref().ok());
        changed.fold(Extent::default(), |sum, changed| Extent {
            pixels: sum.pixels + changed.pixels,
            ha: sum.ha + changed.ha,
        })
    }

    fn placed(&self, correction: &Correction, map: &MapLayer, grid: &Grid) -> Result<Placed, String> {
        Placed::new(correction, grid, &self.classes_on(&map.name))
    }

    fn would_change(&self, correction: &Correction) -> Result<Extent, String> {
        let (Some(map), Some(grid)) = (self.seen_map(), self.grid()) else { return Ok(Extent::default()) };
        Ok(self.placed(correction, map, grid)?.would_change(&map.codes, grid))
    }

    fn can_be_made(&self, correction: &Correction) -> Result<(), String> {
        let (Some(map), Some(grid)) = (self.seen_map(), self.grid()) else { return Ok(()) };
        self.placed(correction, map, grid).map(drop)
    }

    /// What a correction that is being drawn would change, or why it cannot be made, in a sentence, where it takes no longer
    /// than a frame has.
    pub fn would_change_soon(&self, correction: &Correction) -> Option<Result<Extent, String>> {
        let window = window_of(correction, self.grid()?)?;
        (window.pixels() <= AT_ONCE).then(|| self.would_change(correction))
    }

    /// The classes of a map as it names them itself.
    pub fn classes_on(&self, map: &str) -> Vec<Class> {
        self.own_classes(map).unwrap_or(&self.document.legend.classes).to_vec()
    }

    /// The code of a class of the map on screen, by its name.
    pub fn code_on_map(&self, name: &str) -> Option<ClassCode> {
        let classes = self.classes_on(&self.map()?.name);
        classes.iter().find(|class| class.name == name).map(|class| class.code)
    }

    fn key_on_screen(&self) -> Option<MapKey> {
        let site = self.site.as_ref()?;
        let map = site.map.as_ref().filter(|map| map.complete && map.live.is_none())?;
        Some((site.name.clone(), map.name.clone()))
    }
}

/// The cube of a site is open: what is known of corrections of its maps stays, unless others may have changed them.
pub(super) fn opened(
    state: &mut AppState,
    site: &str,
    read: BTreeMap<String, Result<Vec<Correction>, String>>,
) {
    let Some(project) = &mut state.project else { return };
    let mut lacking = Vec::new();
    for (map, layer) in read {
        let key = (site.to_string(), map);
        let Corrections { layers, written, unreadable } = &mut project.corrections;
        unreadable.remove(&key);
        match layer {
            Err(why) => {
                lacking.push(format!(
                    "the corrections of {} cannot be read: {why}. Repair the file, or delete it",
                    key.1
                ));
                layers.remove(&key);
                unreadable.insert(key, why);
            }
            Ok(layer) if project.folder.read_only().is_some() || !layers.contains_key(&key) => {
                let layer = Arc::new(layer);
                written.insert(key.clone(), Arc::clone(&layer));
                layers.insert(key, layer);
            }
            Ok(_) => {}
        }
    }
    lacking.into_iter().for_each(|words| state.notify(Level::Warning, words));
}

/// Carries out the corrections of the map on screen as far as they are not, and hands changed layers over to be written.
pub(super) fn follow(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let Some(key) = project.key_on_screen() else {
        if let Some(site) = &mut project.site {
            site.corrected = None;
        }
        return write_changed(project);
    };
    if !project.corrections.unreadable.contains_key(&key) {
        // From now on undo knows that there were none.
        project.corrections.layers.entry(key.clone()).or_default();
    }
    let wanted = project.corrections.layers.get(&key).map(Arc::clone).unwrap_or_default();
    let classes = project.classes_on(&key.1);
    let grid = project.grid().cloned();
    let (Some(site), Some(grid)) = (&mut project.site, grid) else { return };
    let Some(base) = &site.map else { return };
    site.corrected.take_if(|corrected| corrected.of != base.generation);
    let of = base.generation;
    let begun = site.correcting.is_some_and(|(_, under_way)| under_way == of);
    let mut job = None;
    let is_done = match &site.corrected {
        Some(layer) => layer.entries.iter().map(|entry| &entry.correction).eq(wanted.iter()),
        None => wanted.is_empty(),
    };
    if !begun && !is_done {
        let (codes, entries) = match &mut site.corrected {
            // Nobody else need have them, so that they need not be copied.
            Some(layer) => (std::mem::take(&mut layer.map.codes), std::mem::take(&mut layer.entries)),
            None => (Arc::clone(&base.codes), Vec::new()),
        };
        let spec = CarryOutSpec { base: Arc::clone(&base.codes), codes, entries, wanted, grid, classes };
        let is_shared = Arc::strong_count(&spec.codes) > 1;
        if spec.effort(is_shared) <= AT_ONCE {
            let fresh = || CorrectedLayer::new(base, state.runner.fresh_id());
            site.corrected.get_or_insert_with(fresh).take(spec.carry_out());
        } else {
            if let Some(layer) = &mut site.corrected {
                (layer.map.codes, layer.entries) = (Arc::clone(&spec.codes), spec.entries.clone());
            }
            job = Some(spec);
        }
    }
    write_changed(project);
    if let Some(spec) = job {
        let id = start(state, JobKind::CarryOut, key.1, move |_| jobs::carry_out(spec));
        if let Some(site) = state.project.as_mut().and_then(|project| project.site.as_mut()) {
            site.correcting = Some((id, of));
        }
    }
}

/// Corrections were carried out over a map: they are seen where it is on screen still.
pub(super) fn carried_out(state: &mut AppState, job: JobId, done: CarriedOut) {
    let fresh = state.runner.fresh_id();
    let Some(project) = &mut state.project else { return };
    let key = project.key_on_screen();
    let Some(site) = &mut project.site else { return };
    let Some((_, of)) = site.correcting.take_if(|(of, _)| *of == job) else { return };
    if let (Some(base), Some(key)) = (site.map.as_ref().filter(|map| map.generation == of), key) {
        site.corrected.get_or_insert_with(|| CorrectedLayer::new(base, fresh)).take(done);
        // The log tells what each of them changed, which is known only now.
        project.corrections.written.remove(&key);
    }
    follow(state);
}

/// They were not carried out: the next change begins anew.
pub(super) fn ended(project: &mut OpenProject, job: JobId) {
    if let Some(site) = &mut project.site {
        site.correcting.take_if(|(of, _)| *of == job);
    }
}

fn write_changed(project: &mut OpenProject) {
    let Some(saver) = &project.saver else { return };
    let Corrections { layers, written, .. } = &project.corrections;
    let same = |key: &MapKey, layer: &Arc<Vec<Correction>>| match written.get(key) {
        Some(written) => Arc::ptr_eq(written, layer) || written == layer,
        None => layer.is_empty(),
    };
    let changed: Vec<_> = layers.iter().filter(|(key, layer)| !same(key, layer)).collect();
    if changed.is_empty() {
        return;
    }
    for (key, layer) in changed {
        let of_screen = project.key_on_screen().as_ref() == Some(key);
        let entries = if of_screen { project.corrections() } else { &[] };
        // Of those that are carried out already.
        let known = entries.iter().zip(&**layer).take_while(|(entry, of)| entry.correction == **of);
        let known: Vec<Option<Extent>> = known.map(|(entry, _)| entry.changed.clone().ok()).collect();
        let path = layer_path(&project.folder.maps_path(&key.0), &key.1);
        saver.put(path, (!layer.is_empty()).then(|| corrections_text(layer, &known)));
    }
    project.corrections.written = layers.clone();
    project.save = super::SaveState::Saving;
}

/// Carries out an edit of the corrections of the map on screen; gives its name for undo.
pub(super) fn edit(
    project: &mut OpenProject,
    author: Option<&str>,
    command: Command,
) -> Result<String, Refused> {
    let Some(key) = project.key_on_screen() else {
        return refuse("there is no finished map on screen that could be corrected: map the site first");
    };
    if let Some(why) = project.corrections_lack() {
        return refuse(format!("the corrections of {} cannot be read, so none can be added: {why}", key.1));
    }
    match command {
        Command::Correct { polygon, to, from, note } => {
            let polygons = match super::reshape::made_whole(project, &polygon.into())? {
                geo::Geometry::Polygon(one) => one.into(),
                geo::Geometry::MultiPolygon(many) => many,
                _ => return refuse("only a polygon can correct a map"),
            };
            let correction = Correction {
                polygons,
                from,
                by: author.map(str::to_string),
                at: Some(chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
                note: note.map(|note| note.trim().to_string()).filter(|note| !note.is_empty()),
                to,
            };
            let changed = match project.would_change_soon(&correction) {
                Some(changed) => changed.map_err(Refused)?,
                // Of what takes longer it is told in the list.
                None => project
                    .can_be_made(&correction)
                    .map(|()| Extent { pixels: 1, ha: 0.0 })
                    .map_err(Refused)?,
            };
            if changed.pixels == 0 {
                return refuse(format!("nothing changes: no pixel inside would become {}", correction.to));
            }
            let change = format!("correcting to {}", correction.to);
            layer_of(project, key).push(correction);
            Ok(change)
        }
        Command::DeleteCorrection(at) if at < project.corrections().len() => {
            layer_of(project, key).remove(at);
            Ok("deleting a correction".into())
        }
        _ => refuse("there is no such correction"),
    }
}

fn layer_of(project: &mut OpenProject, key: MapKey) -> &mut Vec<Correction> {
    Arc::make_mut(project.corrections.layers.entry(key).or_default())
}

/// Brings back corrections as they were; those of maps that were not known then stay.
pub(super) fn restore(project: &mut OpenProject, before: Layers) {
    for (key, layer) in before {
        if let Some(now) = project.corrections.layers.get_mut(&key) {
            *now = layer;
        }
    }
}

/// Maps bear another name; the files were renamed with them.
pub(super) fn renamed(project: &mut OpenProject, rename: &dyn Fn(&mut String)) {
    let Corrections { layers, written, .. } = &mut project.corrections;
    for layers in [layers, written] {
        let renamed = |((site, mut map), layer): (MapKey, Arc<Vec<Correction>>)| {
            rename(&mut map);
            ((site, map), layer)
        };
        *layers = std::mem::take(layers).into_iter().map(renamed).collect();
    }
}

/// A map of a site has another name, and its files have.
pub(super) fn kept(project: &mut OpenProject, site: &str, from: &str, to: &str) {
    let Corrections { layers, written, .. } = &mut project.corrections;
    for layers in [layers, written] {
        if let Some(layer) = layers.remove(&(site.to_string(), from.to_string())) {
            layers.insert((site.into(), to.into()), layer);
        }
    }
}

/// Maps of this name are gone, and their files.
pub(super) fn deleted(project: &mut OpenProject, name: &str) {
    let Corrections { layers, written, unreadable } = &mut project.corrections;
    layers.retain(|(_, map), _| map != name);
    written.retain(|(_, map), _| map != name);
    unreadable.retain(|(_, map), _| map != name);
}

/// A map was made that corrections lie over: they are on the disk as well.
pub(super) fn carried_over(project: &mut OpenProject, site: &str, map: &str, carried: Vec<Correction>) {
    let (key, layer) = ((site.to_string(), map.to_string()), Arc::new(carried));
    project.corrections.written.insert(key.clone(), Arc::clone(&layer));
    project.corrections.layers.insert(key, layer);
}

/// The site, its folder of maps and the map that a request is about.
fn asked(
    project: &OpenProject,
    site: Option<String>,
    map: Option<String>,
) -> Result<(String, PathBuf, String), Refused> {
    let site = the_site(project, site)?.name;
    let on_screen = project.key_on_screen().filter(|(shown, _)| *shown == site).map(|(_, map)| map);
    let newest = || project.models.first().map(|model| model.name.clone());
    let Some(map) = map.or(on_screen).or_else(newest) else {
        return refuse("there is no map to correct yet: train a model and map the site first");
    };
    let maps = project.folder.maps_path(&site);
    Ok((site, maps, map))
}

/// Reads corrections from a file, to be added to those of a map (a job).
pub(super) fn import(
    state: &mut AppState,
    file: PathBuf,
    request: CorrectRequest,
) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ReadCorrections)?;
    let project = the_project(state)?;
    let (site, maps, map) = asked(project, request.site, request.map)?;
    let subject = format!("{} for {map}", file.display());
    let read = vec![file_of_map(project, &site, &map)];
    let spec = jobs::ReadCorrectionsSpec { site, maps, map, file };
    let work = move |_: &jobs::JobContext| jobs::read_corrections_of(&spec);
    Ok(Some(start_reading(state, JobKind::ReadCorrections, subject, read, work)))
}

/// Corrections were read: those that are not in the layer already are added, as one step.
pub(super) fn read(state: &mut AppState, read: CorrectionsRead) {
    let Some(project) = &mut state.project else { return };
    let CorrectionsRead { site, map, corrections, skipped, layer } = read;
    let key = (site, map);
    if !project.corrections.layers.contains_key(&key) {
        let layer = Arc::new(layer);
        project.corrections.written.insert(key.clone(), Arc::clone(&layer));
        project.corrections.layers.insert(key.clone(), layer);
    }
    let before = project.snapshot();
    let layer = layer_of(project, key.clone());
    let (mut added, mut there) = (0, 0);
    for correction in corrections {
        if layer.iter().any(|own| own.does_the_same(&correction)) {
            there += 1;
        } else {
            layer.push(correction);
            added += 1;
        }
    }
    if added > 0 {
        project.history.record(format!("importing {added} corrections"), before);
    }
    let sentences: Vec<String> =
        skipped.iter().map(|skipped| format!("feature {}: {}", skipped.feature, skipped.why)).collect();
    project.last.corrections_skipped = sentences.clone();
    super::events::summarise(
        state,
        ("correction was passed over", "corrections were passed over"),
        &sentences,
    );
    let again = if there > 0 { format!("; {there} were there already") } else { String::new() };
    state.notify(Level::Done, format!("{added} corrections of {} were added{again}", key.1));
    follow(state);
}

/// Makes a new map of a map and its corrections (a job).
pub(super) fn apply(state: &mut AppState, request: CorrectRequest) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::Correct)?;
    let project = the_project(state)?;
    let (site, maps, map) = asked(project, request.site, request.map)?;
    let output = request.output.map(|name| model_name(&name)).transpose()?;
    if output.as_ref() == Some(&map) {
        return refuse(format!("{map} is the map to be corrected and stays: choose another name"));
    }
    let corrections = project.corrections_known(&site, &map);
    if corrections.as_ref().is_some_and(Vec::is_empty) {
        return refuse(format!("{map} has no corrections yet: draw some on it, or import a file of them"));
    }
    let subject = format!("{map} of {site}");
    let read = vec![file_of_map(project, &site, &map)];
    let spec = jobs::CorrectSpec { site, maps, map, output, corrections };
    Ok(Some(start_reading(state, JobKind::Correct, subject, read, move |c| jobs::correct(&spec, c))))
}

/// A map was corrected: the new one is shown.
pub(super) fn came(state: &mut AppState, corrected: CorrectedMap) {
    let Some(project) = &mut state.project else { return };
    let (name, source) = (corrected.name.clone(), corrected.source.clone());
    let text = format!(
        "{source} of {} is corrected: {} pixels have another class in {name}",
        corrected.site,
        grouped(corrected.changed().pixels as i64)
    );
    super::maps::made_of(project, &corrected.site, &source, &name);
    project.last.corrected = Some(corrected);
    state.notify(Level::Done, text);
    super::maps::follow(state);
}
