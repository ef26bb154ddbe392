//! Edits of the legend, and what it lacks.

use super::command::{Command, Orphans};
use super::derived::{self, Tally};
use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, busy, check_buffer, refuse, start, the_project};
use crate::jobs::{self, JobId, JobKind};
use crate::labels::{Class, ClassCode, Combine, Combined, Legend, LegendFormat, Translation};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A class with fewer sure polygons than this is too thin to be told from the others.
pub const ENOUGH_POLYGONS: usize = 3;
/// A class with fewer pure pixels in its sure polygons than this is too thin to be told from the others.
pub const ENOUGH_PIXELS: usize = 50;

/// Carries out an edit of the legend; gives its name for undo.
pub(super) fn edit(project: &mut OpenProject, command: Command) -> Result<String, Refused> {
    match command {
        Command::AddClass(name) => {
            let code = project.document.legend.add(&name).map_err(unusable)?;
            project.class = Some(code);
            Ok(format!("adding class {}", name.trim()))
        }
        Command::EditClass(class) => {
            change(project, class.code, class)?;
            Ok("editing a class".into())
        }
        Command::RecodeClass { from, class } => recode_class(project, from, class),
        Command::MoveClass { code, to } => move_class(project, code, to),
        Command::RenameGroup { group, name } => rename_group(project, &group, name.as_deref()),
        Command::DeleteClass { code, annotations } => delete(project, code, annotations),
        Command::TakeLegend { legend, how } => {
            take(project, &legend, how)?;
            Ok("taking in a legend".into())
        }
        _ => refuse("this is no edit of the legend"),
    }
}

fn unusable(e: crate::labels::LabelError) -> Refused {
    Refused(e.to_string())
}

fn the_class(project: &OpenProject, code: ClassCode) -> Result<Class, Refused> {
    match project.document.legend.class(code) {
        Some(class) => Ok(class.clone()),
        None => refuse(format!("there is no class with code {code}")),
    }
}

/// Puts `edited` in the place of the class with this code.
fn change(project: &mut OpenProject, code: ClassCode, edited: Class) -> Result<(), Refused> {
    if let Some(m) = edited.buffer_m {
        check_buffer(m)?;
    }
    let before = the_class(project, code)?;
    let group = edited.group.as_deref().map(str::trim).filter(|group| !group.is_empty()).map(str::to_string);
    let edited = Class { name: edited.name.trim().to_string(), group, ..edited };
    let mut legend = project.document.legend.clone();
    legend.classes.iter_mut().filter(|c| c.code == code).for_each(|class| *class = edited.clone());
    legend.check().map_err(unusable)?;
    if edited.group != before.group && edited.group.is_some() {
        join_group(&mut legend, edited.code);
    }
    project.document.legend = legend;
    Ok(())
}

/// Puts a class behind the last other one of its group.
fn join_group(legend: &mut Legend, code: ClassCode) {
    let Some(at) = legend.classes.iter().position(|class| class.code == code) else { return };
    let class = legend.classes.remove(at);
    let last = legend.classes.iter().rposition(|other| other.group == class.group);
    legend.classes.insert(last.map_or(at, |last| last + 1), class);
}

fn recode_class(project: &mut OpenProject, from: ClassCode, class: Class) -> Result<String, Refused> {
    let to = class.code;
    if from != to
        && let Some(other) = project.document.legend.class(to)
    {
        return refuse(format!("{} has the code {to} already: give another one, from 1 to 254", other.name));
    }
    let change_of = format!("editing {}", class.name.trim());
    change(project, from, class)?;
    recode(project, &BTreeMap::from([(from, to)]));
    Ok(change_of)
}

/// Gives annotations, and what drawing gives, other codes, all at once.
fn recode(project: &mut OpenProject, codes: &BTreeMap<ClassCode, ClassCode>) {
    let other = |code: &ClassCode| codes.get(code).copied().filter(|to| to != code);
    let changed: Vec<_> = project
        .annotations
        .iter()
        .filter_map(|annotation| Some((annotation, other(&annotation.class)?)))
        .map(|(annotation, class)| crate::labels::Annotation { class, ..(**annotation).clone() })
        .collect();
    changed.into_iter().for_each(|annotation| project.annotations.insert(annotation));
    if let Some(class) = &mut project.class {
        *class = other(class).unwrap_or(*class);
    }
}

fn move_class(project: &mut OpenProject, code: ClassCode, to: usize) -> Result<String, Refused> {
    let mut class = the_class(project, code)?;
    let classes = &mut project.document.legend.classes;
    classes.retain(|other| other.code != code);
    let to = to.min(classes.len());
    let group_at = |at: Option<usize>| at.and_then(|at| classes.get(at)).and_then(|c| c.group.clone());
    let (before, after) = (group_at(to.checked_sub(1)), group_at(Some(to)));
    let own_near = class.group.is_some() && (before == class.group || after == class.group);
    if !own_near {
        let left = class.group.is_some() && classes.iter().any(|other| other.group == class.group);
        if before.is_some() && before == after {
            // In the midst of a group a class belongs to it.
            class.group = before;
        } else if left {
            class.group = None;
        }
    }
    let change = format!("moving {}", class.name);
    classes.insert(to, class);
    Ok(change)
}

fn rename_group(project: &mut OpenProject, group: &str, name: Option<&str>) -> Result<String, Refused> {
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let mut found = false;
    for class in &mut project.document.legend.classes {
        if class.group.as_deref() == Some(group) {
            class.group = name.map(str::to_string);
            found = true;
        }
    }
    if !found {
        return refuse(format!("there is no group {group}"));
    }
    Ok(match name {
        Some(name) => format!("renaming group {group} to {name}"),
        None => format!("ungrouping {group}"),
    })
}

fn delete(project: &mut OpenProject, code: ClassCode, annotations: Orphans) -> Result<String, Refused> {
    let class = the_class(project, code)?;
    let its: Vec<_> = project.annotations.iter().filter(|a| a.class == code).map(|a| a.id).collect();
    let mut change = format!("deleting class {}", class.name);
    match annotations {
        Orphans::Refuse if !its.is_empty() => {
            return refuse(format!(
                "{} still has {} annotations: delete them or give them another class first",
                class.name,
                its.len()
            ));
        }
        Orphans::Refuse => {}
        Orphans::Delete => {
            for id in its {
                project.annotations.remove(id);
                project.selection.remove(&id);
            }
        }
        Orphans::Give(other) if other == code => {
            return refuse(format!("{} cannot be merged into itself: choose another class", class.name));
        }
        Orphans::Give(other) => {
            change = format!("merging {} into {}", class.name, the_class(project, other)?.name);
            recode(project, &BTreeMap::from([(code, other)]));
        }
    }
    project.document.legend.classes.retain(|c| c.code != code);
    pick_one_that_is_there(project);
    Ok(change)
}

fn pick_one_that_is_there(project: &mut OpenProject) {
    let legend = &project.document.legend;
    if project.class.and_then(|code| legend.class(code)).is_none() {
        project.class = legend.classes.first().map(|c| c.code);
    }
}

fn take(project: &mut OpenProject, legend: &Legend, how: Combine) -> Result<Combined, Refused> {
    for class in &legend.classes {
        class.buffer_m.map_or(Ok(()), check_buffer)?;
    }
    let combined = project.combined(legend, how).map_err(Refused)?;
    recode(project, &combined.recoded);
    project.document.legend = combined.legend.clone();
    pick_one_that_is_there(project);
    Ok(combined)
}

/// Starts reading a legend from a file.
pub(super) fn import(state: &mut AppState, file: PathBuf, how: Combine) -> Result<Option<JobId>, Refused> {
    busy(state, JobKind::ImportLegend)?;
    let project = the_project(state)?;
    let (legend, in_use) = (project.document.legend.clone(), project.classes_in_use());
    let work = move |_: &jobs::JobContext| jobs::read_legend(&file, how, &legend, &in_use);
    Ok(Some(start(state, JobKind::ImportLegend, "", work)))
}

/// Takes in a legend that was read from a file.
pub(super) fn came(state: &mut AppState, file: &Path, legend: &Legend, how: Combine) {
    let Some(project) = &mut state.project else { return };
    let before = project.snapshot();
    let combined = match take(project, legend, how) {
        Ok(combined) => combined,
        Err(why) => return state.notify(Level::Error, why.to_string()),
    };
    if project.snapshot() != before {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        project.history.record(format!("importing the legend {name}"), before);
        project.save();
    }
    let mut words = format!("The legend of {} was taken in: ", file.display());
    words += &match how {
        Combine::Replace => format!("{} classes", legend.classes.len()),
        Combine::Merge | Combine::AddMissing => format!("{} new classes", combined.added),
    };
    if !combined.kept.is_empty() {
        words += &format!("; kept, since annotations use them: {}", combined.kept.join(", "));
    }
    state.notify(Level::Done, words);
    derived::follow(state);
}

/// Starts writing the legend to a file.
pub(super) fn export(state: &mut AppState, file: PathBuf) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    if LegendFormat::of(&file).is_none() {
        return refuse(format!(
            "cannot write the legend {}: give it the ending .qml, .csv or .json",
            file.display()
        ));
    }
    let legend = project.document.legend.clone();
    let work = move |_: &jobs::JobContext| jobs::write_legend(&file, &legend);
    Ok(Some(start(state, JobKind::ExportLegend, "", work)))
}

impl OpenProject {
    /// Codes that annotations use.
    pub fn classes_in_use(&self) -> BTreeSet<ClassCode> {
        self.annotations.iter().map(|annotation| annotation.class).collect()
    }

    /// What the legend would be with another one taken in.
    ///
    /// # Errors
    /// When too many classes would come of it; a sentence for people.
    pub fn combined(&self, legend: &Legend, how: Combine) -> Result<Combined, String> {
        let in_use = self.classes_in_use();
        let legend_now = &self.document.legend;
        legend_now.combined(legend, how, |code| in_use.contains(&code)).map_err(|e| e.to_string())
    }

    /// Classes that are too thin, the thinnest first: fewer than [`ENOUGH_POLYGONS`] sure annotations or fewer than
    /// [`ENOUGH_PIXELS`] pure pixels in them on the site on screen. None before anything is drawn; pixels count once all
    /// are known.
    pub fn thin_classes(&self) -> Vec<(&Class, Tally)> {
        if self.annotations.is_empty() {
            return Vec::new();
        }
        let pixels_known = self.grid().is_some() && self.derived.cores.len() >= self.annotations.len();
        let with_tally = self.document.legend.classes.iter().map(|class| (class, self.tally(class.code)));
        let mut thin: Vec<_> = with_tally
            .filter(|(_, tally)| {
                tally.sure < ENOUGH_POLYGONS || pixels_known && tally.sure_pixels < ENOUGH_PIXELS
            })
            .collect();
        // Those of no annotation at all may just not be there: first comes what was begun.
        thin.sort_by_key(|(_, tally)| (tally.annotations == 0, tally.sure_pixels, tally.sure));
        thin
    }

    /// Names of the models that know a class by this code.
    pub fn models_with(&self, code: ClassCode) -> Vec<&str> {
        let knows = |model: &&super::ModelEntry| model.card.classes.iter().any(|class| class.code == code);
        self.models.iter().filter(knows).map(|model| model.name.as_str()).collect()
    }

    /// The classes of the map on screen by the codes it has: as its model knew them, or as it names them itself, with today's names and colours where
    /// they are in the legend still.
    pub fn legend_of_map(&self) -> Legend {
        self.map().map_or_else(|| self.document.legend.clone(), |map| self.legend_of(&map.name))
    }

    /// The same of a map of this name.
    pub fn legend_of(&self, map: &str) -> Legend {
        if let Some(live) = self.live_called(map) {
            return live.legend(&self.document.legend);
        }
        let Some(classes) = self.own_classes(map) else {
            return self.document.legend.clone();
        };
        let found = Translation::new(classes, &self.document.legend);
        let today = |class: &Class| Some(Class { code: class.code, ..found.class(class.code)?.clone() });
        Legend { classes: classes.iter().filter_map(today).collect() }
    }
}
