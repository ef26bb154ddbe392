//! The queue of maps: one site is mapped at a time, the others wait in order. A site that fails does not stop the others.

use super::state::{AppState, JobView, Level, OpenProject};
use super::update::{Refused, map_spec, refuse, start, the_project, the_site};
use crate::jobs::{self, AskedMap, JobId, JobKind, LeftMap, Mapped, QueueFile, SitesChecked};
use std::time::Duration;

/// Identifies an entry of the queue of a project that is open; never used twice.
pub type QueueId = u64;

/// The maps that wait, the one that is made, and what became of those before.
#[derive(Default)]
pub struct Queue {
    entries: Vec<QueueEntry>,
    next: QueueId,
    /// None where the project is read-only.
    file: Option<QueueFile>,
}

/// A site to map with a model.
#[derive(Debug, Clone)]
pub struct QueueEntry {
    /// Identifies it.
    pub id: QueueId,
    /// What was asked for.
    pub asked: AskedMap,
    /// The map's name: that of its model.
    pub name: String,
    /// Whether it rests, or is passed over while it waits.
    pub paused: bool,
    /// Whether it goes on with a run that was stopped, where there is one.
    resume: bool,
    /// What became of it so far.
    pub state: QueueState,
}

/// What became of an entry.
#[derive(Debug, Clone)]
pub enum QueueState {
    /// It was not finished when the project was closed, and waits to be asked for again. Chunks that are finished, of all; 0
    /// where it had not begun.
    Left { done: u64, of: u64 },
    /// It waits for those before it.
    Waiting,
    /// This job makes it.
    Running(JobId),
    /// The map is there.
    Done(Box<Mapped>),
    /// It failed; why, in a sentence.
    Failed(String),
    /// It was stopped, as asked.
    Stopped,
}

/// What one can ask of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueOrder {
    /// An entry rests where it is, or is passed over while it waits. The others wait with the one that is made.
    Pause(QueueId),
    /// It goes on.
    Resume(QueueId),
    /// It is stopped, or does not begin.
    Stop(QueueId),
    /// One that waits changes places with the one before it.
    MoveUp(QueueId),
    /// One that waits changes places with the one after it.
    MoveDown(QueueId),
    /// One that failed, was stopped or was left is asked for again.
    Retry(QueueId),
    /// All that were left when the project was closed are asked for again.
    GoOn,
    /// Those that were left are not wanted any more.
    ForgetLeft,
    /// Nothing waits any more, and the one that is made is stopped.
    StopAll,
    /// What has ended goes off the list.
    Clear,
}

impl QueueEntry {
    /// Whether it is going to be made or is being made.
    pub fn is_ahead(&self) -> bool {
        matches!(self.state, QueueState::Waiting | QueueState::Running(_))
    }

    /// Whether it waits.
    pub fn waits(&self) -> bool {
        matches!(self.state, QueueState::Waiting)
    }

    /// Whether it was left when the project was closed.
    pub fn is_left(&self) -> bool {
        matches!(self.state, QueueState::Left { .. })
    }
}

impl Queue {
    /// The queue of a project that was just opened, with what was left in it.
    pub(super) fn opened(project: &jobs::OpenedProject) -> Self {
        if project.folder.read_only().is_some() {
            return Self::default();
        }
        let mut queue = Self { file: Some(QueueFile::start(project.folder.path())), ..Self::default() };
        for LeftMap { asked, name, done, of } in &project.left {
            queue.push(asked.clone(), name.clone(), QueueState::Left { done: *done, of: *of }, true);
        }
        queue
    }

    /// All of them, in order.
    pub fn entries(&self) -> &[QueueEntry] {
        &self.entries
    }

    /// How many wait or are made.
    pub fn ahead(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_ahead()).count()
    }

    /// How many were left when the project was closed.
    pub fn left(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_left()).count()
    }

    /// The entry that a job makes.
    pub fn of_job(&self, job: JobId) -> Option<&QueueEntry> {
        self.entries.iter().find(|entry| matches!(entry.state, QueueState::Running(of) if of == job))
    }

    /// The place of the entry that an entry that waits would change places with.
    fn neighbour(&self, id: QueueId, up: bool) -> Option<(usize, usize)> {
        let waiting: Vec<usize> = (0..self.entries.len()).filter(|&i| self.entries[i].waits()).collect();
        let at = waiting.iter().position(|&i| self.entries[i].id == id)?;
        let other = if up { at.checked_sub(1)? } else { at + 1 };
        Some((waiting[at], *waiting.get(other)?))
    }

    /// Whether an entry can be moved up, or down.
    pub fn can_move(&self, id: QueueId, up: bool) -> bool {
        self.neighbour(id, up).is_some()
    }

    fn push(&mut self, asked: AskedMap, name: String, state: QueueState, resume: bool) -> QueueId {
        self.next += 1;
        self.entries.push(QueueEntry { id: self.next, asked, name, paused: false, resume, state });
        self.next
    }

    fn entry(&mut self, id: QueueId) -> Result<&mut QueueEntry, Refused> {
        match self.entries.iter_mut().find(|entry| entry.id == id) {
            Some(entry) => Ok(entry),
            None => refuse("this map is not in the queue any more"),
        }
    }

    /// What goes on next time: those that are made, wait, or were left before.
    fn keep(&self) {
        let wanted = self.entries.iter().filter(|entry| entry.is_ahead() || entry.is_left());
        if let Some(file) = &self.file {
            file.write(wanted.map(|entry| entry.asked.clone()).collect());
        }
    }

    /// A model has another name.
    pub(super) fn renamed(&mut self, from: &str, to: &str) {
        for entry in self.entries.iter_mut().filter(|entry| entry.name == from) {
            entry.name = to.into();
            if entry.asked.model == from {
                entry.asked.model = to.into();
            }
        }
        self.keep();
    }
}

impl OpenProject {
    /// The time until all maps of the queue are made, as if the sites that wait took as long as this one.
    pub fn queue_time_left(&self, job: &JobView) -> Option<Duration> {
        let left = job.time_left()?;
        let waiting = self.queue.entries.iter().filter(|entry| entry.waits() && !entry.paused).count();
        let share = job.progress.as_ref()?.share()?;
        let whole = left.mul_f32(1.0 / (1.0 - share).max(0.01));
        Some(left + whole * u32::try_from(waiting).unwrap_or(u32::MAX))
    }
}

impl AppState {
    /// Whether work is under way or waits that closing would stop: training, maps, cubes.
    pub fn is_at_work(&self) -> bool {
        const WORK: [JobKind; 5] =
            [JobKind::Train, JobKind::Map, JobKind::BuildCube, JobKind::AppendToCube, JobKind::FetchImagery];
        let waiting = |project: &OpenProject| project.queue.entries.iter().any(|e| e.waits() && !e.paused);
        self.jobs.iter().any(|job| WORK.contains(&job.kind)) || self.project.as_ref().is_some_and(waiting)
    }
}

/// Puts a map into the queue; gives its job where it begins at once.
pub(super) fn add(
    state: &mut AppState,
    model: Option<String>,
    site: Option<String>,
    bf16: Option<bool>,
    resume: bool,
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let spec = map_spec(project, model.as_deref(), site, bf16, resume)?;
    let asked = AskedMap { site: spec.site, model: model.unwrap_or_else(|| spec.name.clone()), bf16 };
    let id = enter(project, asked, &spec.name, resume)?;
    advance(state);
    let entries = state.project.iter().flat_map(|project| &project.queue.entries);
    Ok(entries.filter(|entry| entry.id == id).find_map(|entry| match entry.state {
        QueueState::Running(job) => Some(job),
        _ => None,
    }))
}

/// Enters a map that can be made; what became of an earlier one of this name goes off the list.
fn enter(project: &mut OpenProject, asked: AskedMap, name: &str, resume: bool) -> Result<QueueId, Refused> {
    let same = |entry: &QueueEntry| entry.asked.site == asked.site && entry.name == name;
    let queue = &mut project.queue;
    if let Some(entry) = queue.entries.iter().find(|entry| same(entry) && entry.is_ahead()) {
        let doing = if entry.waits() { "waits to be mapped" } else { "is being mapped" };
        return refuse(format!("{} {doing} with {name} already", asked.site));
    }
    queue.entries.retain(|entry| !same(entry));
    let id = queue.push(asked, name.into(), QueueState::Waiting, resume);
    queue.keep();
    Ok(id)
}

/// Looks which of several sites can be mapped (a job); all of them unless given.
pub(super) fn choose(
    state: &mut AppState,
    model: Option<String>,
    sites: Option<Vec<String>>,
    bf16: Option<bool>,
    resume: bool,
) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let sites = match sites {
        Some(sites) => sites,
        None => project.document.sites.iter().map(|site| site.name.clone()).collect(),
    };
    let Some(first) = sites.first() else {
        return refuse("there is no site to map: choose one, or add a folder of mosaics first");
    };
    let spec = map_spec(project, model.as_deref(), Some(first.clone()), bf16, resume)?;
    let model = model.unwrap_or_else(|| spec.name.clone());
    let mut wanted = Vec::with_capacity(sites.len());
    for name in sites {
        let site = the_site(project, Some(name))?;
        let asked = AskedMap { site: site.name.clone(), model: model.clone(), bf16 };
        if wanted.iter().all(|(other, ..): &(AskedMap, _, _)| other.site != asked.site) {
            let (root, maps) = (project.folder.path(), project.folder.maps_path(&site.name));
            wanted.push((asked, root.join(&site.cube), maps));
        }
    }
    let subject = format!("{} with {}", sites_words(wanted.len()), spec.name);
    let spec = jobs::CheckSitesSpec { name: spec.name, model: spec.model, sites: wanted, resume };
    Ok(Some(start(state, JobKind::CheckSites, subject, move |c| jobs::check_sites(&spec, c))))
}

/// Takes in which sites can be mapped: they enter the queue. The others are told in one sentence.
pub(super) fn checked(state: &mut AppState, checked: SitesChecked) {
    let Some(project) = &mut state.project else { return };
    let SitesChecked { name, fit, unfit, replaced, resume } = checked;
    let mut sentences = Vec::new();
    for (asked, why) in unfit {
        sentences.push(format!("{} ({why})", asked.site));
        let same = |entry: &QueueEntry| entry.asked.site == asked.site && entry.name == name;
        project.queue.entries.retain(|entry| !same(entry) || entry.is_ahead());
        project.queue.push(asked, name.clone(), QueueState::Failed(why), true);
    }
    for asked in fit {
        // One that is in the queue already is made once.
        let _ = enter(project, asked, &name, resume);
    }
    super::events::summarise(state, ("site is not mapped", "sites are not mapped"), &sentences);
    if !replaced.is_empty() {
        let (sites, maps) = (sites_words(replaced.len()), replaced.join(", "));
        state.notify(Level::Warning, format!("{sites} had a map called {name}, which is replaced: {maps}"));
    }
    advance(state);
}

/// Carries out an order.
pub(super) fn order(state: &mut AppState, order: QueueOrder) -> Result<(), Refused> {
    match order {
        QueueOrder::Pause(id) | QueueOrder::Resume(id) => {
            rest(state, id, matches!(order, QueueOrder::Pause(_)))?
        }
        QueueOrder::Stop(id) => stop(state, id)?,
        QueueOrder::MoveUp(id) | QueueOrder::MoveDown(id) => {
            let queue = &mut the_project(state)?.queue;
            if let Some((a, b)) = queue.neighbour(id, matches!(order, QueueOrder::MoveUp(_))) {
                queue.entries.swap(a, b);
            }
        }
        QueueOrder::Retry(id) => {
            let project = the_project(state)?;
            let entry = project.queue.entry(id)?;
            let (asked, name) = (entry.asked.clone(), entry.name.clone());
            // What cannot be made is told now, and stays on the list.
            map_spec(project, Some(&asked.model), Some(asked.site.clone()), asked.bf16, true)?;
            enter(project, asked, &name, true)?;
        }
        QueueOrder::GoOn => {
            let entries = the_project(state)?.queue.entries.iter_mut();
            entries.filter(|entry| entry.is_left()).for_each(|entry| entry.state = QueueState::Waiting);
        }
        QueueOrder::ForgetLeft => forget_left(state)?,
        QueueOrder::StopAll => {
            let entries = the_project(state)?.queue.entries.iter().rev();
            let ahead: Vec<_> = entries.filter(|entry| entry.is_ahead()).map(|entry| entry.id).collect();
            ahead.into_iter().try_for_each(|id| stop(state, id))?;
        }
        QueueOrder::Clear => {
            the_project(state)?.queue.entries.retain(|entry| entry.is_ahead() || entry.is_left());
        }
    }
    the_project(state)?.queue.keep();
    advance(state);
    Ok(())
}

fn rest(state: &mut AppState, id: QueueId, rest: bool) -> Result<(), Refused> {
    let entry = the_project(state)?.queue.entry(id)?;
    if !entry.is_ahead() {
        return refuse(format!("the map of {} neither waits nor is being made", entry.asked.site));
    }
    entry.paused = rest;
    let QueueState::Running(job) = entry.state else { return Ok(()) };
    state.runner.pause(job, rest);
    if let Some(view) = state.jobs.iter_mut().find(|view| view.id == job) {
        super::fetch_sites::rest_view(view, rest);
    }
    Ok(())
}

fn stop(state: &mut AppState, id: QueueId) -> Result<(), Refused> {
    let entry = the_project(state)?.queue.entry(id)?;
    match entry.state {
        QueueState::Waiting | QueueState::Left { .. } => entry.state = QueueState::Stopped,
        QueueState::Running(job) => {
            state.runner.cancel(job);
            state.jobs.iter_mut().filter(|view| view.id == job).for_each(|view| view.cancelling = true);
        }
        _ => {}
    }
    Ok(())
}

/// Those that were left are not wanted any more: what there is of them on the disk is deleted (a job).
fn forget_left(state: &mut AppState) -> Result<(), Refused> {
    let project = the_project(state)?;
    let left = project.queue.entries.iter().filter(|entry| entry.is_left());
    let maps: Vec<_> =
        left.map(|entry| (project.folder.maps_path(&entry.asked.site), entry.name.clone())).collect();
    project.queue.entries.retain(|entry| !entry.is_left());
    if !maps.is_empty() {
        start(state, JobKind::ForgetMaps, "", move |_| jobs::forget_maps(&maps));
    }
    Ok(())
}

/// What became of a job of the queue; the next one begins.
pub(super) fn ended(state: &mut AppState, job: JobId, became: QueueState) {
    let Some(project) = &mut state.project else { return };
    let running = |entry: &&mut QueueEntry| matches!(entry.state, QueueState::Running(of) if of == job);
    let Some(entry) = project.queue.entries.iter_mut().find(running) else { return };
    (entry.state, entry.paused) = (became, false);
    project.queue.keep();
    advance(state);
}

/// Begins the next map, where none is being made. What cannot be made any more, since its model or site is gone, has failed.
pub(super) fn advance(state: &mut AppState) {
    loop {
        let Some(project) = &mut state.project else { return };
        let entries = &project.queue.entries;
        if entries.iter().any(|entry| matches!(entry.state, QueueState::Running(_))) {
            return;
        }
        let Some(at) = entries.iter().position(|entry| entry.waits() && !entry.paused) else { return };
        let AskedMap { site, model, bf16 } = entries[at].asked.clone();
        let resume = entries[at].resume;
        let root = project.folder.path().to_path_buf();
        let became = match map_spec(project, Some(&model), Some(site), bf16, resume) {
            Ok(spec) => {
                let subject = format!("{} with {}", spec.site, spec.name);
                super::trust::warn(state, &spec.name, &spec.site);
                let work = move |c: &jobs::JobContext| jobs::map_of_queue(&spec, &root, c);
                QueueState::Running(start(state, JobKind::Map, subject, work))
            }
            Err(refused) => {
                let why = refused.to_string();
                state.notify(Level::Error, format!("{} failed: {why}", JobKind::Map.title()));
                QueueState::Failed(why)
            }
        };
        let Some(project) = &mut state.project else { return };
        project.queue.entries[at].state = became;
        project.queue.keep();
    }
}

/// "1 site", "3 sites".
fn sites_words(count: usize) -> String {
    format!("{count} site{}", if count == 1 { "" } else { "s" })
}
