//! Paths that have to lie on this machine: one in a store is refused before anything begins, as the verbs do it.

use super::command::Command;
use super::reference::ReferenceOrder;
use super::update::{Refused, refuse};
use crate::geo::remote::has_to_be_here;
use std::path::Path;

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
        Command::ImportLegend { file, .. } => (file, "a legend"),
        Command::ImportCorrections { file, .. } => (file, "a file of corrections"),
        Command::Reference(
            ReferenceOrder::Import { file, .. } | ReferenceOrder::TakeAnswers { file, .. },
        ) => (file, "a reference sample"),
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
