//! The live map: what the newest weights of a training make of what is on screen, while it runs and after.
//!
//! It takes the place of the map on screen as pieces come: what was shown before stays until then. It is not saved.

use super::maps;
use super::state::{AppState, CubeState, MapLayer, OpenProject, SiteView};
use crate::classify;
use crate::jobs::{Freshness, JobId, LiveMapper, LiveNews, LiveWhat, NO_VALUE};
use crate::labels::{Class, Legend, Translation};
use crate::model::Snapshot;
use std::sync::Arc;

/// A painter is asked to begin anew after so many pieces, so that what it has to remember stays small.
const PIECES: usize = 50_000;

/// What makes a layer a live map.
#[derive(Debug, Clone)]
pub struct LiveLayer {
    /// The model that is, or was, trained.
    pub model: String,
    /// The job of its training.
    pub run: JobId,
    /// Its classes, by the codes that they had when the training began.
    pub classes: Vec<Class>,
    /// How fresh what is on screen is.
    pub fresh: Freshness,
}

/// The weights that the live map shows.
#[derive(Default)]
pub struct Live {
    /// The newest, of the training under way or the last one.
    newest: Option<Weights>,
    /// The newest of the last training that ended well.
    settled: Option<Weights>,
    /// Something else was asked to be shown.
    rests: bool,
    /// Why the site on screen has no live map, in a sentence.
    pub why_not: Option<String>,
}

#[derive(Clone)]
struct Weights {
    snapshot: Snapshot,
    run: JobId,
    model: String,
}

impl Weights {
    /// How fresh a view is, of which older weights were the newest that its thread knew: nothing of it is of these.
    fn held_against(&self, fresh: Freshness) -> Freshness {
        match self.snapshot.epoch() {
            epoch if epoch == fresh.newest => fresh,
            newest => Freshness { newest, current: 0.0, ..fresh },
        }
    }
}

impl Live {
    /// A training begins: whatever was asked for before, its map will be shown.
    pub(super) fn begin(&mut self) {
        (self.rests, self.why_not) = (false, None);
    }
}

/// The name of the live map of a model. No file has it, so that it is taken for no other map.
fn layer_name(model: &str) -> String {
    format!("{model} (live)")
}

/// A training has better weights.
pub(super) fn better(state: &mut AppState, job: JobId, snapshot: Snapshot) {
    let Some(project) = &mut state.project else { return };
    let Some(training) = project.training.as_ref().filter(|training| training.job == job) else { return };
    let weights = Weights { snapshot, run: job, model: training.name.clone() };
    if let Some(live) = shown_mut(project).and_then(|map| map.live.as_mut()).filter(|live| live.run == job) {
        live.fresh = weights.held_against(live.fresh);
    }
    project.live.newest = Some(weights);
    show(state);
}

/// Hands the newest weights to the thread that shows them; starts it where there is none.
fn show(state: &mut AppState) {
    let wake = state.runner.wake();
    let Some(project) = &mut state.project else { return };
    let in_bf16 = project.document.settings.bf16;
    let Some(weights) = project.live.newest.clone().filter(|_| !project.live.rests) else { return };
    let Some(name) = project.site.as_ref().map(|site| site.name.clone()) else { return };
    let looking = project.looking_at(&name);
    let Some(site) = &mut project.site else { return };
    let CubeState::Open { opened, .. } = &site.cube else { return };
    project.live.why_not =
        classify::fits(weights.snapshot.card(), opened.cube.info()).err().map(|why| why.to_string());
    if project.live.why_not.is_some() {
        site.live = None;
        return;
    }
    let mapper = site.live.get_or_insert_with(|| LiveMapper::start(&opened.cube, looking, in_bf16, wake));
    mapper.show(weights.snapshot, weights.run);
}

/// Takes in what the live map has to say. Never waits.
pub(super) fn take_in(state: &mut AppState) {
    let site = state.project.as_ref().and_then(|project| project.site.as_ref());
    let Some(news) = site.and_then(|site| site.live.as_ref()).map(LiveMapper::drain) else { return };
    for news in news {
        let generation = state.runner.fresh_id();
        if let Some(project) = &mut state.project {
            absorb(project, news, generation);
        }
    }
}

/// Takes in one piece of news; what is of another training than the newest is dropped. `generation` is the number of a
/// layer that has to be made.
pub(super) fn absorb(project: &mut OpenProject, LiveNews { run, what }: LiveNews, generation: u64) {
    let Some(weights) = project.live.newest.clone().filter(|weights| weights.run == run) else { return };
    if project.live.rests {
        return;
    }
    match what {
        LiveWhat::Failed(why) => project.live.why_not = Some(why),
        LiveWhat::Fresh(fresh) => {
            if let Some(live) = shown_mut(project).and_then(|map| map.live.as_mut()).filter(|l| l.run == run)
            {
                live.fresh = weights.held_against(fresh);
            }
        }
        LiveWhat::Piece(part, fresh) => {
            let Some(map) = layer(project, &weights, generation) else { return };
            let codes: &mut Vec<u8> = Arc::make_mut(&mut map.codes);
            part.place(codes, map.width);
            if let Some(entropy) = &mut map.entropy {
                let entropy: &mut Vec<u8> = Arc::make_mut(entropy);
                part.place_entropy(entropy, map.width);
            }
            if map.arrived.len() >= PIECES {
                (map.generation, map.arrived) = (generation, Vec::new());
            }
            map.arrived.push(part.window);
            if let Some(live) = &mut map.live {
                live.fresh = weights.held_against(fresh);
            }
        }
    }
}

fn shown_mut(project: &mut OpenProject) -> Option<&mut MapLayer> {
    project.site.as_mut()?.map.as_mut()
}

/// The layer of the live map; what is on screen becomes it.
fn layer<'a>(project: &'a mut OpenProject, weights: &Weights, generation: u64) -> Option<&'a mut MapLayer> {
    let is_of = |map: &MapLayer| map.live.as_ref().is_some_and(|live| live.run == weights.run);
    if !project.map_behind().is_some_and(is_of) {
        let today = project.map_behind().map(|map| project.codes_today(&map.name));
        let site = project.site.as_mut()?;
        let CubeState::Open { opened, .. } = &site.cube else { return None };
        let grid = opened.cube.info().grid.clone();
        let before = site.map.take().filter(|map| map.codes.len() == grid.pixels());
        let unknown = || Arc::new(vec![NO_VALUE; grid.pixels()]);
        let (generation, mut codes, arrived, entropy) = match before {
            // The painter goes on where it was.
            Some(map) if map.live.is_some() => {
                (map.generation, map.codes, map.arrived, map.entropy.unwrap_or_else(unknown))
            }
            Some(map) => (generation, map.codes, Vec::new(), unknown()),
            None => (generation, vec![0; grid.pixels()].into(), Vec::new(), unknown()),
        };
        let moved = today.filter(|today| (0..=255).zip(today).any(|(code, is)| code != *is));
        if let Some(today) = moved {
            Arc::make_mut(&mut codes).iter_mut().for_each(|code| *code = today[usize::from(*code)]);
        }
        site.map = Some(MapLayer {
            name: layer_name(&weights.model),
            training: None,
            generation,
            width: grid.width,
            height: grid.height,
            entropy: Some(entropy),
            codes,
            arrived,
            complete: false,
            live: Some(LiveLayer {
                model: weights.model.clone(),
                run: weights.run,
                classes: weights.snapshot.card().classes.clone(),
                fresh: Freshness::default(),
            }),
        });
        // What was chosen before is shown again when it is chosen again.
        project.document.view.map = None;
    }
    shown_mut(project)
}

/// A training ended with a model: its map stays.
pub(super) fn settled(project: &mut OpenProject, job: JobId) {
    if let Some(newest) = project.live.newest.as_ref().filter(|newest| newest.run == job) {
        project.live.settled = Some(newest.clone());
    }
}

/// A training ended without a model: what its weights gave goes, and what was there before is shown again.
pub(super) fn abandon(state: &mut AppState, job: JobId) {
    let Some(project) = &mut state.project else { return };
    if project.live.newest.as_ref().is_none_or(|newest| newest.run != job) {
        return;
    }
    project.live.newest = project.live.settled.clone();
    if project.live.newest.is_some() {
        show(state);
        return;
    }
    let Some(site) = &mut project.site else { return };
    site.live = None;
    let is_live = site.map.as_ref().is_some_and(|map| map.live.is_some());
    if !is_live {
        return;
    }
    match site.maps.first().cloned() {
        // It stays until the other is open.
        Some(name) => {
            project.document.view.map = Some(name);
            maps::follow(state);
        }
        None => site.map = None,
    }
}

/// Something else is asked to be shown: the live map rests until the next training.
pub(super) fn rest(project: &mut OpenProject) {
    project.live.rests = true;
    project.live.why_not = None;
    if let Some(site) = &mut project.site {
        site.live = None;
    }
}

/// The cube of another site is open: the live map goes on there, while something is learned.
pub(super) fn site_opened(state: &mut AppState) {
    let Some(project) = &mut state.project else { return };
    let learns = project.training.as_ref().is_some_and(|training| training.running)
        || project.document.settings.keep_learning;
    match learns {
        true => show(state),
        false => rest(project),
    }
}

/// The site on screen is being mapped as a whole: what was shown live stays under what comes.
pub(super) fn handed_over(site: &mut SiteView, pixels: usize) -> Arc<Vec<u8>> {
    site.live = None;
    match site.map.take() {
        Some(map) if map.live.is_some() && map.codes.len() == pixels => map.codes,
        _ => vec![0; pixels].into(),
    }
}

/// The map of the whole site was stopped or failed: where it took over from a live map, that goes on.
pub(super) fn mapping_ended(state: &mut AppState, job: JobId) {
    let Some(project) = &state.project else { return };
    let newest = project.live.newest.as_ref();
    let took_over = project
        .map()
        .is_some_and(|map| map.generation == job && newest.is_some_and(|weights| weights.model == map.name));
    if took_over {
        show(state);
    }
}

/// A model has another name.
pub(super) fn renamed(project: &mut OpenProject, from: &str, to: &str) {
    let Live { newest, settled, .. } = &mut project.live;
    for weights in newest.iter_mut().chain(settled).filter(|weights| weights.model == from) {
        weights.model = to.into();
    }
    if let Some(map) = shown_mut(project)
        && let Some(live) = map.live.as_mut().filter(|live| live.model == from)
    {
        live.model = to.into();
        map.name = layer_name(to);
    }
}

impl OpenProject {
    /// The live map, where it is on screen.
    pub fn live_map(&self) -> Option<&LiveLayer> {
        self.map()?.live.as_ref()
    }

    /// Why the site on screen has no live map though something was trained; a sentence.
    pub fn no_live_map(&self) -> Option<&str> {
        self.live.why_not.as_deref()
    }

    /// The live map of this name.
    pub(super) fn live_called(&self, name: &str) -> Option<&LiveLayer> {
        self.map().filter(|map| map.name == name)?.live.as_ref()
    }
}

impl LiveLayer {
    /// The classes by the codes on the map: today's, but those of the training by the codes that they had then.
    pub(super) fn legend(&self, today: &Legend) -> Legend {
        let found = Translation::new(&self.classes, today);
        let own = |code| self.classes.iter().any(|class| class.code == code);
        let others = today.classes.iter().filter(|class| !own(class.code)).cloned();
        let of_then = self
            .classes
            .iter()
            .filter_map(|class| Some(Class { code: class.code, ..found.class(class.code)?.clone() }));
        Legend { classes: of_then.chain(others).collect() }
    }
}
