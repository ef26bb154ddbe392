//! Indices of the project's own.

use super::state::OpenProject;
use super::update::{Refused, refuse};
use crate::cube::NamedIndex;
use crate::cube::index::{Expression, IndexKnowledge};
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
        let view = &mut project.document.view;
        let recent = view.recent.iter_mut().flatten();
        let named = view.composite.iter_mut().chain(recent).chain(inputs);
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
