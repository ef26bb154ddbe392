//! Paths in stores. What is read whole is copied to this machine first, by a job, and then the command goes on with the copy;
//! what has to lie here by its nature is refused before anything begins. The verbs do the same.

use super::command::Command;
use super::reference::ReferenceOrder;
use super::state::{AppState, Level};
use super::update::{Refused, refuse, start, update};
use crate::geo::redacted;
use crate::geo::remote::{has_to_be_here, is_remote, keep_query};
use crate::jobs::{self, JobId, JobKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Commands that wait for a copy, and the folders of copies that were made: they go with the program.
#[derive(Default)]
pub(super) struct Copies {
    waiting: Vec<(JobId, Command)>,
    folders: Vec<Arc<TempDir>>,
}

/// The path of a command that is read whole.
fn read_whole(command: &mut Command) -> Option<&mut PathBuf> {
    match command {
        Command::ImportCorrections { file, .. }
        | Command::Reference(
            ReferenceOrder::Import { file, .. } | ReferenceOrder::TakeAnswers { file, .. },
        ) => Some(file),
        _ => None,
    }
}

/// Takes what an address has after its `?` out of the paths that are read where they lie: it may be a secret, and paths are
/// told and kept.
pub(super) fn without_secrets(command: &mut Command) {
    let path = match command {
        Command::ImportLegend { file, .. } => Some(file),
        Command::SurveyMap { reading, .. } => reading.classes.as_mut(),
        Command::ImportMap(request) => request.reading.classes.as_mut(),
        Command::Survey(request) => request.input.dates.as_mut(),
        Command::BuildCube { input, .. } | Command::AppendToCube { input, .. } => input.dates.as_mut(),
        _ => None,
    };
    if let Some(path) = path {
        *path = keep_query(path);
    }
}

/// The path of a command that lies in a store and is to be copied first.
pub(super) fn to_be_copied(command: &mut Command) -> Option<PathBuf> {
    read_whole(command).filter(|path| is_remote(path)).cloned()
}

/// Copies what a command reads (a job), which goes on then.
pub(super) fn copy(state: &mut AppState, command: Command, path: PathBuf) -> JobId {
    let subject = redacted(&path.to_string_lossy());
    let job = start(state, JobKind::CopyHere, subject, move |context| jobs::copy_here(&path, context));
    // Those whose copies failed wait for nothing.
    state.copies.waiting.retain(|(job, _)| state.jobs.iter().any(|view| view.id == *job));
    state.copies.waiting.push((job, command));
    job
}

/// A copy is there: what waited for it goes on.
pub(super) fn copied(state: &mut AppState, job: JobId, copy: PathBuf, folder: Arc<TempDir>) {
    let Some(at) = state.copies.waiting.iter().position(|(waits, _)| *waits == job) else { return };
    let (_, mut command) = state.copies.waiting.remove(at);
    if let Some(path) = read_whole(&mut command) {
        *path = copy;
    }
    state.copies.folders.push(folder);
    if let Err(refused) = update(state, command) {
        state.notify(Level::Error, refused.to_string());
    }
}

/// Refuses a command whose path lies in a store and has to be one of this machine.
pub(super) fn check(command: &Command) -> Result<(), Refused> {
    let Some((path, what)) = path_here(command) else { return Ok(()) };
    match has_to_be_here(path, what) {
        Some(why) => refuse(why),
        None => Ok(()),
    }
}

/// The path that has to lie here, and what it is.
fn path_here(command: &Command) -> Option<(&Path, &'static str)> {
    const WRITTEN: &str = "a file that is written";
    Some(match command {
        Command::OpenProject(folder) | Command::NewProject { folder, .. } => (folder, "a project"),
        Command::MakeDemo(spec) => (&spec.folder, "a project"),
        Command::Reference(ReferenceOrder::Export { file, .. })
        | Command::ExportLegend(file)
        | Command::SaveReport { file, .. }
        | Command::SaveAreas { file, .. } => (file, WRITTEN),
        Command::ExportLabels(request) => (&request.file, WRITTEN),
        Command::SaveSamples(request) => (&request.file, WRITTEN),
        Command::SavePicture(request) => (&request.file, WRITTEN),
        Command::ExportSeries(request) => (&request.file, WRITTEN),
        Command::MergeMaps(request) => (&request.file, WRITTEN),
        Command::FindUncertain(request) => (&request.file, WRITTEN),
        Command::ExportModel(request) => (&request.file, WRITTEN),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Legend, Preset};
    use std::path::PathBuf;

    #[test]
    fn what_is_read_whole_is_copied_and_what_an_address_has_after_it_is_kept_out_of_paths() {
        let file = PathBuf::from("https://h/points.csv?sig=s3cr3t");
        let order =
            ReferenceOrder::Import { file: file.clone(), name: None, class_field: None, replace: false };
        assert_eq!(to_be_copied(&mut Command::Reference(order)), Some(file.clone()));
        let here =
            ReferenceOrder::Import { file: "/a.csv".into(), name: None, class_field: None, replace: false };
        assert_eq!(to_be_copied(&mut Command::Reference(here)), None);
        let mut legend = Command::ImportLegend { file: file.clone(), how: crate::labels::Combine::Replace };
        assert_eq!(check(&legend), Ok(()));
        without_secrets(&mut legend);
        let Command::ImportLegend { file, .. } = legend else { panic!("another command") };
        assert_eq!(file, Path::new("https://h/points.csv"));
    }

    #[test]
    fn what_lies_in_a_store_is_refused_where_it_has_to_be_here_and_tells_no_signature() {
        let legend: Legend = Preset::default().legend();
        let there = PathBuf::from("https://h/p?sig=s3cr3t");
        for command in [
            Command::OpenProject("s3://b/p".into()),
            Command::NewProject { folder: there.clone(), name: "p".into(), legend },
            Command::SaveAreas { file: there.clone(), replace: false },
            Command::ExportLegend(there),
        ] {
            let Refused(why) = check(&command).unwrap_err();
            assert!(why.contains("has to be a path of this machine") && !why.contains("s3cr3t"), "{why}");
        }
        assert_eq!(check(&Command::OpenProject("/data/p".into())), Ok(()));
        assert_eq!(check(&Command::SurveyChips("s3://b/chips".into())), Ok(()));
    }
}
