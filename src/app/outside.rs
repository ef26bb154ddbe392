//! What other programs do to the project that is open: files changed by them, and a second window on the same project.

use super::state::{AppState, Level, OpenProject, SaveState};
use super::update::{Refused, refuse, start_open, the_project};
use super::{derived, display, events};
use crate::jobs::JobId;
use crate::project::{OutsideChange, ProjectFolder, Theirs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often it is looked whether a project that is open read-only could be edited now.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Takes in what another program made of the files. Where one looked stays.
pub(super) fn load_theirs(state: &mut AppState) -> Result<(), Refused> {
    let project = the_project(state)?;
    let Some(change) = project.outside.clone() else {
        return refuse("no other program has changed this project's files");
    };
    let theirs = match &change.theirs {
        Ok(theirs) => theirs,
        Err(why) => return refuse(format!("what is there now cannot be loaded: {why}")),
    };
    let before = project.snapshot();
    let Theirs { document, annotations, .. } = theirs;
    if let Some(theirs) = document {
        let ours = project.document.view.clone();
        project.document = theirs.clone();
        project.document.view = ours;
    }
    if let Some(theirs) = annotations {
        project.annotations = theirs.clone();
    }
    events::bring_back_classes(&mut project.document.legend, &project.annotations);
    project.settle();
    if project.snapshot() != before {
        project.history.record("loading what another program made", before.clone());
    }
    if let Some(saver) = &project.saver {
        saver.take_theirs(change.number);
    }
    project.outside = None;
    project.save();
    let looks_different = project.document.settings.indices != before.indices;
    let site = project.site.as_ref().map(|site| site.name.clone());
    if site.is_some_and(|name| project.document.site(&name).is_none()) {
        super::sites::show_all(state)?;
    }
    if looks_different {
        display::look_again(state);
    }
    derived::follow(state);
    state.notify(Level::Done, format!("{} is loaded as it is on the disk", change.files.join(" and ")));
    Ok(())
}

/// Writes what is open here over what another program made of the files, which stays beside.
pub(super) fn keep_mine(state: &mut AppState) -> Result<(), Refused> {
    let project = the_project(state)?;
    let Some(change) = project.outside.take() else {
        return refuse("no other program has changed this project's files");
    };
    if let Some(saver) = &project.saver {
        // What is open here may never have been handed over.
        saver.save(project.document.clone(), project.annotations.clone());
        saver.keep_mine();
        project.save = SaveState::Saving;
    }
    let names: Vec<_> = change.files.iter().map(|name| format!("{name}.theirs")).collect();
    let text = format!("Yours is kept; what the other program wrote lies beside as {}", names.join(" and "));
    state.notify(Level::Done, text);
    Ok(())
}

/// Opens the project on screen again, once nobody else has it open.
pub(super) fn open_for_editing(state: &mut AppState) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    match project.folder.read_only() {
        None => refuse("this project is open for editing already"),
        Some(why) if !project.free => refuse(format!("this project stays open read-only, since {why}")),
        Some(_) => {
            let folder = project.folder.path().to_path_buf();
            // What was told of it is over.
            state.notices.retain(|notice| !notice.text.contains("open read-only"));
            start_open(state, folder)
        }
    }
}

/// Looks, about once a second and on a thread of its own, whether a project that is open read-only could be edited now.
pub(super) struct Lookout {
    free: Arc<AtomicBool>,
}

impl Lookout {
    /// Begins to look, until it is dropped; `wake` is called when the project has become free.
    pub(super) fn start(folder: &ProjectFolder, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let free = Arc::new(AtomicBool::new(false));
        let (seen, could_be_edited) = (Arc::downgrade(&free), folder.could_be_edited());
        let look = move || {
            loop {
                std::thread::sleep(LOOK_EVERY);
                let now = could_be_edited();
                let Some(free) = seen.upgrade() else { return };
                if free.swap(now, Ordering::Relaxed) != now {
                    wake();
                }
            }
        };
        // Without a thread it cannot be told: people open it again by themselves.
        let _ = std::thread::Builder::new().name("ritmo-lookout".into()).spawn(look);
        Self { free }
    }
}

/// Takes in whether a project that is open read-only could be edited now.
pub(super) fn look_whether_free(project: &mut OpenProject) {
    project.free = project.lookout.as_ref().is_some_and(|lookout| lookout.free.load(Ordering::Relaxed));
}

/// Why a verb did not save, for people.
pub(super) fn not_saved(change: &Arc<OutsideChange>) -> String {
    let files = change.files.join(" and ");
    let beside: Vec<_> = change.files.iter().map(|name| format!("{name}.mine")).collect();
    format!(
        "another program has changed {files} meanwhile; it was left as it is. What this verb made lies beside as {}: run the verb again to add it to what is there now",
        beside.join(" and ")
    )
}
