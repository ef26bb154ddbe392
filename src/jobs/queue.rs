//! What the queue of maps needs of the disk: whether sites can be mapped, the mapping of one of them, and the file in
//! which the queue outlives the program.

use super::{JobContext, MapSpec, Outcome, map};
use crate::classify;
use crate::cube::Cube;
use crate::files::write_atomically;
use crate::model::Model;
use crate::progress::Progress;
use crate::project::{Document, ProjectFolder};
use anyhow::bail;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A map that was asked for: it waits, or is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedMap {
    /// The site.
    pub site: String,
    /// The model: its name in the project, or its folder.
    pub model: String,
    /// Whether in bfloat16; as the project has it where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bf16: Option<bool>,
}

/// A map that was asked for and not finished when its project was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftMap {
    /// What was asked for.
    pub asked: AskedMap,
    /// The map's name: that of its model.
    pub name: String,
    /// Chunks that are finished; 0 where it had not begun.
    pub done: u64,
    /// Chunks in all; 0 where it had not begun.
    pub of: u64,
}

/// Which sites are to be mapped, and with what.
#[derive(Debug, Clone)]
pub struct CheckSitesSpec {
    /// The model's name.
    pub name: String,
    /// Its folder.
    pub model: PathBuf,
    /// The sites: what is asked for, the folder of the cube, the folder of the maps.
    pub sites: Vec<(AskedMap, PathBuf, PathBuf)>,
    /// Whether to go on with runs that were stopped.
    pub resume: bool,
}

/// Which of several sites can be mapped.
#[derive(Debug, Default)]
pub struct SitesChecked {
    /// The model's name.
    pub name: String,
    /// Those that can, in the order in which they were asked for.
    pub fit: Vec<AskedMap>,
    /// Those that cannot, each with why.
    pub unfit: Vec<(AskedMap, String)>,
    /// Sites of those that can whose map of this name is going to be replaced.
    pub replaced: Vec<String>,
    /// Whether to go on with runs that were stopped.
    pub resume: bool,
}

/// Looks which sites have a cube, and one that the model fits.
///
/// # Errors
/// When the model cannot be read, or it is cancelled.
pub fn check_sites(spec: &CheckSitesSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let card = Model::load(&spec.model)?.card;
    let mut checked =
        SitesChecked { name: spec.name.clone(), resume: spec.resume, ..SitesChecked::default() };
    for (done, (asked, cube, maps)) in spec.sites.iter().enumerate() {
        context.cancel.check()?;
        context.progress(Progress::new(done as u64, spec.sites.len() as u64, asked.site.clone()));
        let why = match Cube::open(cube) {
            _ if !cube.exists() => Some("it has no cube: build one first".to_string()),
            Err(why) => Some(why.to_string()),
            Ok(cube) => classify::fits(&card, cube.info()).err().map(|why| why.to_string()),
        };
        match why {
            Some(why) => checked.unfit.push((asked.clone(), why)),
            None => {
                if maps.join(format!("{}.tif", spec.name)).exists() {
                    checked.replaced.push(asked.site.clone());
                }
                checked.fit.push(asked.clone());
            }
        }
    }
    Ok(Outcome::SitesChecked(checked))
}

/// Maps a site of the queue. A project whose folder was moved or deleted meanwhile is not made anew by its map.
///
/// # Errors
/// As [`map`]; when the project is not there any more.
pub fn map_of_queue(spec: &MapSpec, project: &Path, context: &JobContext) -> anyhow::Result<Outcome> {
    let mapped = map(spec, context);
    if mapped.is_err() && !context.cancel.is_cancelled() && !is_there(project) {
        bail!(
            "the project is not in {} any more: it was moved or deleted while {} was mapped. Open it where it is now, \
             and map the site again",
            project.display(),
            spec.site
        );
    }
    mapped
}

fn is_there(project: &Path) -> bool {
    project.join("ritmo.json").exists()
}

fn path_in(project: &Path) -> PathBuf {
    project.join("maps").join("queue.json")
}

/// The maps that a project still waited for when it was closed, in order; none where the file is damaged, since it only
/// saves asking for them again.
fn left_in_queue(project: &Path) -> Vec<AskedMap> {
    let text = std::fs::read(path_in(project)).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// The maps of a project that are not finished: those that it still waited for when it was closed, in order, and others
/// that were begun. Those whose site is not in the project any more are passed over.
pub(super) fn left_maps(folder: &ProjectFolder, document: &Document) -> Vec<LeftMap> {
    let of_queue =
        left_in_queue(folder.path()).into_iter().filter(|asked| document.site(&asked.site).is_some());
    let mut left: Vec<LeftMap> = of_queue
        .map(|asked| {
            let name = Path::new(&asked.model).file_name().unwrap_or_default().to_string_lossy().into_owned();
            LeftMap { asked, name, done: 0, of: 0 }
        })
        .collect();
    for site in &document.sites {
        for begun in classify::unfinished_maps(&folder.maps_path(&site.name)) {
            let (done, of) = (begun.done, begun.of);
            let same = |map: &&mut LeftMap| map.asked.site == site.name && map.name == begun.name;
            if let Some(map) = left.iter_mut().find(same) {
                (map.done, map.of) = (done, of);
                continue;
            }
            let own = folder.model_path(&begun.name) == begun.model;
            let model = if own { begun.name.clone() } else { begun.model.display().to_string() };
            let asked = AskedMap { site: site.name.clone(), model, bf16: Some(begun.bf16) };
            left.push(LeftMap { asked, name: begun.name, done, of });
        }
    }
    left
}

/// Deletes what there is of unfinished maps: the folder of the maps of a site, and the map's name.
///
/// # Errors
/// When a folder cannot be deleted.
pub fn forget_maps(maps: &[(PathBuf, String)]) -> anyhow::Result<Outcome> {
    maps.iter().try_for_each(|(folder, name)| classify::forget_unfinished(folder, name))?;
    Ok(Outcome::MapsForgotten)
}

/// Keeps the queue of a project in `maps/queue.json`, behind the window; what was given last is written before it is dropped.
pub struct QueueFile {
    sender: Option<Sender<Vec<AskedMap>>>,
    thread: Option<JoinHandle<()>>,
}

impl QueueFile {
    /// Starts the thread that writes. Where there is none to be had, the queue does not outlive the program.
    pub fn start(project: &Path) -> Self {
        let (sender, asked) = channel();
        let project = project.to_path_buf();
        let body = move || write_all(&project, &asked);
        let thread = std::thread::Builder::new().name("ritmo-queue".into()).spawn(body).ok();
        Self { sender: Some(sender), thread }
    }

    /// Hands over what waits or is being made, in order. Never waits.
    pub fn write(&self, asked: Vec<AskedMap>) {
        if let Some(sender) = &self.sender {
            let _ = sender.send(asked);
        }
    }
}

impl Drop for QueueFile {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn write_all(project: &Path, asked: &Receiver<Vec<AskedMap>>) {
    while let Ok(first) = asked.recv() {
        let newest = asked.try_iter().last().unwrap_or(first);
        // Failing to keep it harms nothing but the offer to go on. A project that has moved is not made anew.
        if is_there(project) {
            let _ = write(&path_in(project), &newest);
        }
    }
}

fn write(path: &Path, asked: &[AskedMap]) -> std::io::Result<()> {
    if asked.is_empty() {
        return if path.exists() { std::fs::remove_file(path) } else { Ok(()) };
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_atomically(path, &serde_json::to_vec_pretty(asked)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(site: &str) -> AskedMap {
        AskedMap { site: site.into(), model: "model-1".into(), bf16: None }
    }

    #[test]
    fn the_queue_is_there_after_the_program_ended_and_gone_when_it_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ritmo.json"), "{}").unwrap();
        let file = QueueFile::start(folder.path());
        file.write(vec![asked("a"), asked("b")]);
        file.write(vec![asked("b"), AskedMap { bf16: Some(true), ..asked("c") }]);
        drop(file);
        let left = left_in_queue(folder.path());
        assert_eq!(left, [asked("b"), AskedMap { bf16: Some(true), ..asked("c") }]);
        let file = QueueFile::start(folder.path());
        file.write(Vec::new());
        drop(file);
        assert!(!path_in(folder.path()).exists() && left_in_queue(folder.path()).is_empty());
    }

    #[test]
    fn a_project_that_has_moved_is_not_made_anew_and_a_damaged_file_is_no_queue() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let file = QueueFile::start(&gone);
        file.write(vec![asked("a")]);
        drop(file);
        assert!(!gone.exists());
        std::fs::create_dir(folder.path().join("maps")).unwrap();
        std::fs::write(path_in(folder.path()), "[{").unwrap();
        assert!(left_in_queue(folder.path()).is_empty());
    }
}
