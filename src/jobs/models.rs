//! Renaming and deleting models, with the maps and assessments that bear their name; writing them to other files.

use super::Outcome;
use crate::files::write_atomically;
use crate::model::exchange::{self, ModelFormat};
use crate::model::{ModelSpec, Stopped, checkpoint_of};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// What the files of a map end with, after the model's name.
const OF_A_MAP: [&str; 8] = [
    "tif",
    "tif.aux.xml",
    "qml",
    "areas.csv",
    "probs.tif",
    "probs.tif.aux.xml",
    "entropy.tif",
    "entropy.tif.aux.xml",
];
/// What the files of an assessment end with.
const OF_AN_ASSESSMENT: [&str; 2] = ["json", "html"];

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
    /// Files of its maps and assessments that are there, each with what it would be called were the model called `name`.
    fn named_after(&self, name: &str) -> Vec<(PathBuf, PathBuf)> {
        let sites = std::fs::read_dir(&self.maps).into_iter().flatten().flatten().map(|entry| entry.path());
        let maps = sites.flat_map(|site| OF_A_MAP.map(|end| (site.clone(), end)));
        let assessments = OF_AN_ASSESSMENT.map(|end| (self.assessments.clone(), end));
        maps.chain(assessments)
            .map(|(folder, end)| {
                (folder.join(format!("{}.{end}", self.name)), folder.join(format!("{name}.{end}")))
            })
            .filter(|(now, _)| now.is_file())
            .collect()
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
    let assessment = files.assessments.join(format!("{to}.json"));
    if assessment.is_file() {
        rename_in_assessment(&assessment, to)?;
    }
    Ok(Outcome::ModelRenamed { from: files.name.clone(), to: to.into(), folder })
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

/// Deletes a model from the disk and, where asked, its maps and assessments.
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
}

/// Writes a model to other files.
///
/// # Errors
/// A model that cannot be read; a place that cannot be written.
pub fn export_model(spec: &ExportModelSpec) -> anyhow::Result<Outcome> {
    let model = exchange::export_model(&spec.model, spec.format, &spec.file)?;
    Ok(Outcome::ModelExported {
        name: spec.name.clone(),
        file: spec.file.clone(),
        gaps: (spec.format == ModelFormat::Onnx).then(|| exchange::onnx_gaps(&model.card)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(root: &Path) -> ModelFiles {
        for folder in ["models/old", "maps/site", "maps/other", "assessments"] {
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
        std::fs::write(root.join("assessments/old.json"), r#"{"map": "old", "more": [1]}"#).unwrap();
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
            "maps/other/new.qml",
            "maps/site/new.probs.tif",
            "maps/site/new.tif",
            "maps/site/older.tif",
            "models/new/model.json",
        ];
        assert_eq!(all(root.path()), there);
        let text = std::fs::read_to_string(root.path().join("assessments/new.json")).unwrap();
        let assessed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(assessed, serde_json::json!({"map": "new", "more": [1]}));
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
    fn a_model_is_deleted_with_its_maps_only_where_that_is_asked() {
        let root = tempfile::tempdir().unwrap();
        let model = files(root.path());
        delete_model(&model, false).unwrap();
        assert!(!model.model.exists() && root.path().join("maps/site/old.tif").exists());
        delete_model(&files(root.path()), true).unwrap();
        assert_eq!(all(root.path()), ["maps/site/older.tif"]);
    }
}
