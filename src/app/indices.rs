//! Indices of the project's own, and what the map shows.

use super::state::{AppState, Level, OpenProject};
use super::update::{Refused, refuse, start, the_project, view};
use crate::cube::index::{Expression, IndexKnowledge};
use crate::cube::{NamedIndex, picture};
use crate::jobs::{self, JobId, JobKind};
use crate::source::common_name;

/// Characters of a name.
const LONGEST_NAME: usize = 60;

/// Adds an index; gives the name of the change.
pub(super) fn add(project: &mut OpenProject, index: &NamedIndex) -> Result<String, Refused> {
    let index = checked(project, index, None)?;
    let change = format!("adding index {}", index.name);
    project.document.settings.indices.push(index);
    Ok(change)
}

/// Gives an index another name or expression; gives the name of the change.
pub(super) fn edit(project: &mut OpenProject, name: &str, index: &NamedIndex) -> Result<String, Refused> {
    let index = checked(project, index, Some(name))?;
    let change = format!("editing index {name}");
    let place = place(project, name)?;
    let mut indices = project.document.settings.indices.clone();
    indices[place] = index;
    replace(project, indices);
    Ok(change)
}

/// Puts other indices in the place of those there are; what is shown and learned from follows an index to its new name.
pub(super) fn replace(project: &mut OpenProject, indices: Vec<NamedIndex>) {
    let before = std::mem::replace(&mut project.document.settings.indices, indices);
    let after = &project.document.settings.indices;
    if before.len() != after.len() {
        return;
    }
    for (old, new) in before.iter().zip(after).filter(|(old, new)| old.name != new.name) {
        let inputs = project.document.settings.model.inputs.iter_mut().flatten();
        let named = project.document.view.composite.iter_mut().chain(inputs);
        named.filter(|text| **text == old.name).for_each(|text| text.clone_from(&new.name));
    }
}

/// Deletes an index; gives the name of the change.
pub(super) fn delete(project: &mut OpenProject, name: &str) -> Result<String, Refused> {
    let place = place(project, name)?;
    if project.document.settings.model.inputs.as_ref().is_some_and(|inputs| inputs.iter().any(|i| i == name))
    {
        return refuse(format!(
            "{name} is an input of the model: take it off the inputs on the Map page first"
        ));
    }
    project.document.settings.indices.remove(place);
    Ok(format!("deleting index {name}"))
}

fn place(project: &OpenProject, name: &str) -> Result<usize, Refused> {
    let found = project.document.settings.indices.iter().position(|index| index.name == name);
    found.map_or_else(|| refuse(format!("there is no index {name} in this project")), Ok)
}

/// An index as it is kept, if it can be; `editing` is the one it takes the place of.
fn checked(project: &OpenProject, index: &NamedIndex, editing: Option<&str>) -> Result<NamedIndex, Refused> {
    let (name, expression) = (index.name.trim().to_string(), index.expression.trim().to_string());
    Expression::parse(&expression).map_err(|why| Refused(why.to_string()))?;
    if name.is_empty() {
        return refuse("an index needs a name");
    }
    if name.chars().nth(LONGEST_NAME).is_some() {
        return refuse(format!(
            "a name of more than {LONGEST_NAME} characters fits nowhere: give a shorter one"
        ));
    }
    let taken = |other: &str| other.eq_ignore_ascii_case(&name);
    let others =
        project.document.settings.indices.iter().filter(|other| Some(other.name.as_str()) != editing);
    if others.map(|other| other.name.as_str()).any(taken) {
        return refuse(format!("there is an index {name} already: give another name"));
    }
    let bands = project.cube().map_or(&[][..], |(opened, _)| &opened.cube.info().bands);
    if IndexKnowledge::named(&name).is_some()
        || common_name(&name).is_some()
        || bands.iter().any(|band| taken(&band.name))
    {
        return refuse(format!("{name} means something else already: give another name"));
    }
    Ok(NamedIndex { name, expression })
}

/// Shows other bands or indices.
pub(super) fn set_composite(state: &mut AppState, channels: Vec<String>) -> Result<Option<JobId>, Refused> {
    let project = the_project(state)?;
    let channels: Vec<String> = channels.iter().map(|text| text.trim().to_string()).collect();
    if let Some((opened, _)) = project.cube()
        && !channels.is_empty()
    {
        let own = &project.document.settings.indices;
        picture::channels(&channels, &opened.cube.info().bands, own)
            .map_err(|why| Refused(why.to_string()))?;
    }
    view(project, |p| p.document.view.composite = channels)?;
    Ok(compose(state))
}

/// Indices were changed: what the map shows may be another thing now, or nothing.
pub(super) fn look_again(state: &mut AppState) {
    if state.project.as_ref().is_some_and(|project| !project.document.view.composite.is_empty()) {
        compose(state);
    }
}

/// Starts the job that looks for the stretch of what the project wants to see.
fn compose(state: &mut AppState) -> Option<JobId> {
    let project = state.project.as_ref()?;
    let (opened, _) = project.cube()?;
    let wanted = &project.document.view.composite;
    let bands = &opened.cube.info().bands;
    let channels = match wanted.as_slice() {
        [] => Ok(Vec::new()),
        wanted => picture::channels(wanted, bands, &project.document.settings.indices),
    };
    let (channels, lacks) = match channels {
        Ok(channels) => (channels, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    };
    let subject = if channels.is_empty() { "natural colour".to_string() } else { wanted.join(", ") };
    let spec = jobs::ComposeSpec { cube: opened.cube.clone(), channels };
    if let Some(why) = lacks {
        state.notify(Level::Warning, format!("{why}. Natural colour is shown instead"));
    }
    let job = start(state, JobKind::Compose, subject, move |_| jobs::compose(&spec));
    if let Some(site) = state.project.as_mut().and_then(|project| project.site.as_mut()) {
        site.composing = Some(job);
    }
    Some(job)
}
