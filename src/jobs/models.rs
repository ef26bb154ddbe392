//! Renaming and deleting models, with the maps and assessments that bear their name; writing them to other files.

use super::reporting::folders_of_reports;
use super::{Outcome, check_target};
use crate::classify::{forget_unfinished, rename_unfinished};
use crate::files::write_atomically;
use crate::model::exchange::{self, ModelFormat};
use crate::model::{ModelSpec, Stopped, checkpoint_of};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// What the files of a map end with, after the model's name.
pub(super) const OF_A_MAP: [&str; 15] = [
    "tif",
    "tif.aux.xml",
    "qml",
    "areas.csv",
    "probs.tif",
    "probs.tif.aux.xml",
    "entropy.tif",
    "entropy.tif.aux.xml",
    "margin.tif",
    "margin.tif.aux.xml",
    "recipe.json",
    "cleaning.csv",
    "corrections.geojson",
    "corrected.geojson",
    "correcting.csv",
];
/// What the files of an assessment end with.
const OF_AN_ASSESSMENT: [&str; 3] = ["json", "html", "csv"];
/// What stands between the name of a model and what was held out of it, in the files of its trials.
pub const OF_A_TRIAL: &str = ".by-";

/// A model of a project and where what bears its name lies.
#[derive(Debug, Clone)]
pub struct ModelFiles {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub model: PathBuf,
    /// The folder with the maps of each site in a folder of its own.
    pub maps: PathBuf,
    /// The folder of the assessments.
    pub assessments: PathBuf,
}

impl ModelFiles {
    /// The folders of the sites' maps.
    fn map_folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.maps).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }

    /// Files of its maps and assessments that are there, each with what it would be called were the model called `name`.
    fn named_after(&self, name: &str) -> Vec<(PathBuf, PathBuf)> {
        let maps = self.map_folders().into_iter().flat_map(|site| OF_A_MAP.map(|end| (site.clone(), end)));
        let assessments = folders_of_reports(&self.assessments)
            .into_iter()
            .flat_map(|folder| OF_AN_ASSESSMENT.map(|end| (folder.clone(), end)));
        let own = maps.chain(assessments).map(|(folder, end)| {
            (folder.join(format!("{}.{end}", self.name)), folder.join(format!("{name}.{end}")))
        });
        let trial = format!("{}{OF_A_TRIAL}", self.name);
        let trials =
            std::fs::read_dir(&self.assessments).into_iter().flatten().flatten().filter_map(|entry| {
                let file = entry.file_name().to_string_lossy().into_owned();
                let rest = file.strip_prefix(&trial)?;
                Some((entry.path(), self.assessments.join(format!("{name}{OF_A_TRIAL}{rest}"))))
            });
        own.chain(trials).filter(|(now, _)| now.is_file()).collect()
    }
}

/// A training that was stopped before its end, and can go on.
#[derive(Debug, Clone, PartialEq)]
pub struct StoppedTraining {
    /// The model's name.
    pub name: String,
    /// Its network and options.
    pub spec: ModelSpec,
    /// Epochs that had ended.
    pub epochs: usize,
}

/// The training that stands in a checkpoint; `None` where there is none, or one that cannot be read.
pub(super) fn stopped_training(checkpoint: &Path) -> Option<StoppedTraining> {
    let name = checkpoint.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(".checkpoint")?;
    let Stopped { spec, epochs, .. } = Stopped::read(checkpoint).ok()?;
    Some(StoppedTraining { name: name.into(), spec, epochs })
}

/// The trainings that stand beside the models of a folder, by name.
pub(super) fn stopped_trainings(models: &Path) -> Vec<StoppedTraining> {
    let files = std::fs::read_dir(models).into_iter().flatten().flatten();
    let mut found: Vec<_> = files.filter_map(|file| stopped_training(&file.path())).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Deletes what is left of a training that was stopped, of the model of this name and folder; the model stays.
///
/// # Errors
/// When the file cannot be deleted.
pub fn forget_training(name: &str, model: &Path) -> anyhow::Result<Outcome> {
    let checkpoint = checkpoint_of(model);
    std::fs::remove_file(&checkpoint)
        .with_context(|| format!("cannot delete {}. Check the folder's rights", checkpoint.display()))?;
    Ok(Outcome::TrainingForgotten { name: name.into() })
}

/// Gives a model another name, and its maps and assessments too, so that a map still finds the model that made it. All of
/// it is renamed, or nothing.
///
/// # Errors
/// When something of the new name is there already, or a file cannot be renamed.
pub fn rename_model(files: &ModelFiles, to: &str) -> anyhow::Result<Outcome> {
    let folder = files.model.with_file_name(to);
    let mut moves = files.named_after(to);
    let checkpoint = checkpoint_of(&files.model);
    if checkpoint.is_file() {
        moves.push((checkpoint, checkpoint_of(&folder)));
    }
    moves.push((files.model.clone(), folder.clone()));
    if let Some((_, there)) = moves.iter().find(|(_, to)| to.exists()) {
        bail!("{} cannot be called {to}: {} is there already", files.name, there.display());
    }
    for (done, (now, then)) in moves.iter().enumerate() {
        if let Err(e) = std::fs::rename(now, then) {
            // Nothing else bears the old names yet: what was renamed goes back.
            moves[..done].iter().for_each(|(now, then)| drop(std::fs::rename(then, now)));
            return Err(e).with_context(|| {
                format!("cannot rename {}: nothing was renamed. Check the folder's rights", now.display())
            });
        }
    }
    for maps in files.map_folders() {
        // Where one of the new name is in the way, what was begun is not worth the model's name.
        rename_unfinished(&maps, &files.name, to, &folder)
            .or_else(|_| forget_unfinished(&maps, &files.name))?;
    }
    for (_, then) in moves.iter().filter(|(_, then)| {
        then.starts_with(&files.assessments) && then.extension().is_some_and(|ending| ending == "json")
    }) {
        rename_in_assessment(then, to)?;
    }
    Ok(Outcome::ModelRenamed { from: files.name.clone(), to: to.into(), folder })
}

/// Copies a model under another name; its maps, its assessments and what stands of a training that was stopped are not
/// copied. The copy is there whole, or not at all.
///
/// # Errors
/// When something of the name is there already, or a file cannot be read or written.
pub fn duplicate_model(from: &str, model: &Path, name: &str) -> anyhow::Result<Outcome> {
    let folder = model.with_file_name(name);
    if folder.exists() {
        bail!("{from} cannot be copied to {name}: {} is there already. Give another name", folder.display());
    }
    let failed =
        || format!("cannot copy {} to {}. Check the folder's rights", model.display(), folder.display());
    let parent = model.parent().unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".copying-").tempdir_in(parent).with_context(failed)?;
    let new = beside.path().join("new");
    std::fs::create_dir(&new).with_context(failed)?;
    for entry in std::fs::read_dir(model).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        if entry.file_type().with_context(failed)?.is_file() {
            std::fs::copy(entry.path(), new.join(entry.file_name())).with_context(failed)?;
        }
    }
    crate::files::flush_folder(&new).with_context(failed)?;
    std::fs::rename(&new, &folder).with_context(failed)?;
    Ok(Outcome::ModelDuplicated { from: from.into(), name: name.into(), folder })
}

/// An assessment names the map it is of.
fn rename_in_assessment(path: &Path, to: &str) -> anyhow::Result<()> {
    let failed = || format!("the model is called {to} now, but {} could not be rewritten", path.display());
    let text = std::fs::read(path).with_context(failed)?;
    let mut assessed: serde_json::Value = serde_json::from_slice(&text).with_context(failed)?;
    if let Some(map) = assessed.get_mut("map") {
        *map = to.into();
    }
    let mut text = serde_json::to_vec_pretty(&assessed).with_context(failed)?;
    text.push(b'\n');
    write_atomically(path, &text).with_context(failed)
}

/// Deletes a model from the disk with its unfinished maps and, where asked, its maps and assessments.
///
/// # Errors
/// When a file cannot be deleted.
pub fn delete_model(files: &ModelFiles, maps_too: bool) -> anyhow::Result<Outcome> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move || format!("cannot delete {path}. Check the folder's rights")
    };
    let checkpoint = checkpoint_of(&files.model);
    if checkpoint.is_file() {
        std::fs::remove_file(&checkpoint).with_context(failed(&checkpoint))?;
    }
    if files.model.exists() {
        // Out of the list at once: half a model is none.
        let going = files.model.with_file_name(format!(".{}.deleted", files.name));
        let _ = std::fs::remove_dir_all(&going);
        std::fs::rename(&files.model, &going).with_context(failed(&files.model))?;
        std::fs::remove_dir_all(&going).with_context(failed(&going))?;
    }
    // Without its model nothing goes on.
    for maps in files.map_folders() {
        forget_unfinished(&maps, &files.name)?;
    }
    if maps_too {
        for (file, _) in files.named_after(&files.name) {
            std::fs::remove_file(&file).with_context(failed(&file))?;
        }
    }
    Ok(Outcome::ModelDeleted { name: files.name.clone(), maps_too })
}

/// A model to write to other files.
#[derive(Debug, Clone)]
pub struct ExportModelSpec {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub model: PathBuf,
    /// What to write.
    pub format: ModelFormat,
    /// Where to.
    pub file: PathBuf,
    /// Whether what is there is replaced.
    pub replace: bool,
}

/// Writes a model to other files.
///
/// # Errors
/// A model that cannot be read; a place that cannot be written.
pub fn export_model(spec: &ExportModelSpec) -> anyhow::Result<Outcome> {
    check_place(spec)?;
    let model = exchange::export_model(&spec.model, spec.format, &spec.file)?;
    Ok(Outcome::ModelExported {
        name: spec.name.clone(),
        file: spec.file.clone(),
        gaps: (spec.format == ModelFormat::Onnx).then(|| exchange::onnx_gaps(&model.card)),
    })
}

/// Whether a model can be written there: a folder takes the place of none but that of a model.
fn check_place(spec: &ExportModelSpec) -> anyhow::Result<()> {
    let what = spec.file.display();
    if spec.format != ModelFormat::Folder {
        return check_target(&spec.file, spec.replace);
    }
    if !spec.file.is_dir() {
        if spec.file.exists() {
            bail!("cannot write {what}: it is a file. Give the name of a folder");
        }
        return check_target(&spec.file, spec.replace);
    }
    if std::fs::canonicalize(&spec.file).ok() == std::fs::canonicalize(&spec.model).ok() {
        bail!("{what} is the model itself: give another name");
    }
    // An empty one was made for it.
    let empty = std::fs::read_dir(&spec.file).is_ok_and(|mut files| files.next().is_none());
    if !empty && !spec.file.join("model.json").is_file() {
        bail!("cannot write {what}: something else is in it. Give another name");
    }
    if !empty && !spec.replace {
        bail!("{what} is there already: give another name, or ask for it to be replaced");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(root: &Path) -> ModelFiles {
        for folder in ["models/old", "maps/site", "maps/other", "assessments/site"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in [
            "models/old/model.json",
            "maps/site/old.tif",
            "maps/site/old.probs.tif",
            "maps/site/older.tif",
            "maps/other/old.qml",
        ] {
            std::fs::write(root.join(file), file).unwrap();
        }
        for file in ["assessments/old.json", "assessments/site/old.json"] {
            std::fs::write(root.join(file), r#"{"map": "old", "more": [1]}"#).unwrap();
        }
        ModelFiles {
            name: "old".into(),
            model: root.join("models/old"),
            maps: root.join("maps"),
            assessments: root.join("assessments"),
        }
    }

    fn all(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => found.push(path.strip_prefix(root).unwrap().display().to_string()),
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn a_model_is_renamed_with_its_maps_and_assessments_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        rename_model(&files(root.path()), "new").unwrap();
        let there = [
            "assessments/new.json",
            "assessments/site/new.json",
            "maps/other/new.qml",
            "maps/site/new.probs.tif",
            "maps/site/new.tif",
            "maps/site/older.tif",
            "models/new/model.json",
        ];
        assert_eq!(all(root.path()), there);
        for file in &there[..2] {
            let text = std::fs::read_to_string(root.path().join(file)).unwrap();
            let assessed: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(assessed, serde_json::json!({"map": "new", "more": [1]}));
        }
    }

    #[test]
    fn where_something_of_the_new_name_is_there_nothing_is_renamed() {
        let root = tempfile::tempdir().unwrap();
        let before = {
            files(root.path());
            all(root.path())
        };
        let why = rename_model(&files(root.path()), "older").unwrap_err().to_string();
        assert!(why.contains("older.tif is there already"), "{why}");
        assert_eq!(all(root.path()), before);
    }

    #[test]
    fn a_model_is_copied_without_its_maps_and_nothing_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        let model = files(root.path());
        duplicate_model("old", &model.model, "new").unwrap();
        let there = all(root.path());
        assert!(
            there.contains(&"models/new/model.json".into())
                && there.contains(&"models/old/model.json".into())
        );
        assert!(!there.contains(&"maps/site/new.tif".into()));
        let why = duplicate_model("old", &model.model, "new").unwrap_err().to_string();
        assert!(why.contains("is there already"), "{why}");
        assert_eq!(all(root.path()), there, "nothing is left beside it");
    }

    #[test]
    fn a_model_is_deleted_with_its_maps_only_where_that_is_asked() {
        let root = tempfile::tempdir().unwrap();
        let model = files(root.path());
        delete_model(&model, false).unwrap();
        assert!(!model.model.exists() && root.path().join("maps/site/old.tif").exists());
        delete_model(&files(root.path()), true).unwrap();
        assert_eq!(all(root.path()), ["maps/site/older.tif"]);
    }
}
