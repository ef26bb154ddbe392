//! Edits of the legend.

use super::command::Command;
use super::state::OpenProject;
use super::update::{Refused, refuse};
use crate::labels::{Class, ClassCode};

/// Carries out an edit of the legend; gives its name for undo.
pub(super) fn edit(project: &mut OpenProject, command: Command) -> Result<String, Refused> {
    match command {
        Command::AddClass(name) => {
            let code = project.document.legend.add(&name).map_err(|e| Refused(e.to_string()))?;
            project.class = Some(code);
            Ok(format!("adding class {}", name.trim()))
        }
        Command::EditClass(class) => {
            edit_class(project, class)?;
            Ok("editing a class".into())
        }
        Command::DeleteClass(code) => delete(project, code),
        _ => refuse("this is no edit of the legend"),
    }
}

fn edit_class(project: &mut OpenProject, edited: Class) -> Result<(), Refused> {
    if let Some(m) = edited.buffer_m {
        super::update::check_buffer(m)?;
    }
    let mut legend = project.document.legend.clone();
    let Some(class) = legend.classes.iter_mut().find(|c| c.code == edited.code) else {
        return refuse(format!("there is no class with code {}", edited.code));
    };
    *class = Class { name: edited.name.trim().to_string(), ..edited };
    legend.check().map_err(|e| Refused(e.to_string()))?;
    project.document.legend = legend;
    Ok(())
}

fn delete(project: &mut OpenProject, code: ClassCode) -> Result<String, Refused> {
    let Some(class) = project.document.legend.class(code).cloned() else {
        return refuse(format!("there is no class with code {code}"));
    };
    let annotations = project.annotations.iter().filter(|a| a.class == code).count();
    if annotations > 0 {
        return refuse(format!(
            "{} still has {annotations} annotations: delete them or give them another class first",
            class.name
        ));
    }
    project.document.legend.classes.retain(|c| c.code != code);
    if project.class == Some(code) {
        project.class = project.document.legend.classes.first().map(|c| c.code);
    }
    Ok(format!("deleting class {}", class.name))
}
