//! The part of the Map page that cleans: steps that are switched on, ordered and set, and the button.

use super::{fields, rule};
use crate::app::{AppState, CleanRequest, Command, OpenProject};
use crate::classify::clean::{Majority, Recipe, RecipeStep, Sieve, Smooth, Step};
use crate::jobs::JobKind;
use crate::labels::Class;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{Align, Label, Layout, RichText, TextWrapMode, Ui};
use lucide_icons::Icon;

/// What one wants done with a step.
enum Wish {
    Set(RecipeStep),
    Up,
    Down,
    Remove,
}

pub fn section_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let Some(map) = project.map().filter(|map| map.complete && map.live.is_none()) else { return };
    widgets::section(ui, tr!("Clean"));
    let classes = project.classes_on(&map.name);
    let recipe = &project.document.settings.cleaning;
    let can = project.folder.read_only().is_none();
    let mut changed = None;
    ui.add_enabled_ui(can, |ui| {
        for (at, step) in recipe.steps.iter().enumerate() {
            if let Some(wish) = step_ui(ui, project, at, recipe.steps.len(), step, &classes) {
                changed = Some(granted(recipe, at, wish));
            }
        }
        if let Some(step) = add_ui(ui, &classes) {
            changed = Some(with(recipe, step));
        }
    });
    if let Some(changed) = changed.filter(|changed| changed != recipe) {
        view.send(Command::SetCleaning(changed));
    }
    if recipe.taken().next().is_some() {
        preview_ui(ui, view);
    }
    ui.horizontal(|ui| {
        let busy = state.job(JobKind::Clean).is_some();
        let ready = can && !busy && recipe.check(&classes).is_ok();
        let words = tr!("Clean {name}", name = map.name);
        let hint = tr!("Makes a new map beside this one, which stays as it is");
        if widgets::primary(ui, ready, &words).on_hover_text(hint).clicked() {
            let request = CleanRequest { map: Some(map.name.clone()), ..CleanRequest::default() };
            view.send(Command::Clean(request));
        }
    });
    cleaned_ui(ui, project);
}

/// A step: whether it is on, its place in the order, and what can be set of it.
fn step_ui(
    ui: &mut Ui,
    project: &OpenProject,
    at: usize,
    of: usize,
    step: &RecipeStep,
    classes: &[Class],
) -> Option<Wish> {
    let (n, title) = (at + 1, title(&step.step));
    let mut wish = None;
    ui.horizontal(|ui| {
        let mut on = step.on;
        let words = tr!("Step {n}: {title}", n = n, title = title);
        let tick = ui.scope(|ui| {
            // The three buttons have their room.
            ui.set_max_width(
                ui.available_width() - 3.0 * (tokens::ICON_BUTTON + ui.spacing().item_spacing.x),
            );
            ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
            ui.checkbox(&mut on, words)
        });
        if tick.inner.changed() {
            wish = Some(Wish::Set(RecipeStep { on, step: step.step.clone() }));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let button = |ui: &mut Ui, icon, name: String| widgets::icon_button(ui, icon, &name, &name);
            if button(ui, Icon::X, tr!("Remove step {n}", n = n)).clicked() {
                wish = Some(Wish::Remove);
            }
            let down = ui.add_enabled_ui(n < of, |ui| {
                button(ui, Icon::ChevronDown, tr!("Move step {n} down", n = n)).clicked()
            });
            let up = ui.add_enabled_ui(at > 0, |ui| {
                button(ui, Icon::ChevronUp, tr!("Move step {n} up", n = n)).clicked()
            });
            if down.inner {
                wish = Some(Wish::Down);
            }
            if up.inner {
                wish = Some(Wish::Up);
            }
        });
    });
    ui.indent(("step of cleaning", at), |ui| {
        let set = match &step.step {
            Step::Smooth(smooth) => fields::smooth_ui(ui, n, smooth, classes).map(Step::Smooth),
            Step::Majority(majority) => fields::majority_ui(ui, n, majority).map(Step::Majority),
            Step::Sieve(sieve) => fields::sieve_ui(ui, n, sieve).map(Step::Sieve),
            Step::Rule(rule) => rule::rule_ui(ui, project, n, rule, classes).map(Step::Rule),
        };
        if let Some(set) = set {
            wish = Some(Wish::Set(RecipeStep { on: step.on, step: set }));
        }
    });
    wish
}

fn title(step: &Step) -> &'static str {
    match step {
        Step::Smooth(_) => tr!("smooth the probabilities"),
        Step::Majority(_) => tr!("take the majority"),
        Step::Sieve(_) => tr!("sieve small patches"),
        Step::Rule(_) => tr!("a rule"),
    }
}

fn granted(recipe: &Recipe, at: usize, wish: Wish) -> Recipe {
    let mut recipe = recipe.clone();
    let steps = &mut recipe.steps;
    match wish {
        Wish::Set(step) => steps[at] = step,
        Wish::Up if at > 0 => steps.swap(at, at - 1),
        Wish::Down if at + 1 < steps.len() => steps.swap(at, at + 1),
        Wish::Remove => {
            steps.remove(at);
        }
        Wish::Up | Wish::Down => {}
    }
    recipe
}

/// The recipe with one step more: smoothing comes first, since it starts from the probabilities.
fn with(recipe: &Recipe, step: Step) -> Recipe {
    let mut recipe = recipe.clone();
    let at = if matches!(step, Step::Smooth(_)) { 0 } else { recipe.steps.len() };
    recipe.steps.insert(at, RecipeStep { on: true, step });
    recipe
}

fn add_ui(ui: &mut Ui, classes: &[Class]) -> Option<Step> {
    let mut added = None;
    ui.horizontal_wrapped(|ui| {
        let mut button = |words: &str, hint: &str, step: &dyn Fn() -> Option<Step>| {
            if widgets::icon_text_button(ui, Icon::Plus, words).on_hover_text(hint).clicked() {
                added = step();
            }
        };
        button(
            tr!("Smoothing"),
            tr!(
                "Draws the probabilities of each pixel towards those around it, the more these agree (Bayes)"
            ),
            &|| Some(Step::Smooth(Smooth::default())),
        );
        button(tr!("Majority"), tr!("Makes each pixel what most pixels around it are"), &|| {
            Some(Step::Majority(Majority::default()))
        });
        button(tr!("Sieve"), tr!("Takes patches under a size to their largest neighbour"), &|| {
            Some(Step::Sieve(Sieve::default()))
        });
        button(tr!("Rule"), tr!("Says where a class can or cannot be"), &|| {
            rule::first(classes).map(Step::Rule)
        });
    });
    added
}

/// Whether what is in view is shown cleaned, and how much changes in it.
fn preview_ui(ui: &mut Ui, view: &mut View) {
    let cleaning = &mut view.map.cleaning;
    ui.horizontal(|ui| {
        let mut on = !cleaning.off;
        let hint = tr!("Shows what is in view as it would be, before anything is written");
        if ui.checkbox(&mut on, tr!("Preview on the map")).on_hover_text(hint).changed() {
            cleaning.off = !on;
        }
        if on {
            let hint = tr!("Shows the map as it was, to compare");
            ui.toggle_value(&mut cleaning.before, tr!("Show before")).on_hover_text(hint);
        }
    });
    if cleaning.off {
        return;
    }
    let dark = ui.visuals().dark_mode;
    let words = match cleaning.told() {
        Some(Err(why)) => RichText::new(tr_below(why)).color(tokens::error(dark)),
        Some(Ok(share)) if cleaning.is_answered() => {
            let share = format::percent(Some(share));
            RichText::new(tr!("{share} of the pixels in view get another class", share = share)).weak()
        }
        _ => RichText::new(tr!("Cleaning what is in view …")).weak(),
    };
    ui.add(Label::new(words.small()).wrap());
}

/// Areas before and after, of what was cleaned last.
fn cleaned_ui(ui: &mut Ui, project: &OpenProject) {
    let Some(cleaned) = &project.last.cleaned else { return };
    widgets::section(ui, &tr!("{source} before, {name} after", source = cleaned.source, name = cleaned.name));
    for (class, before, after) in &cleaned.areas_ha {
        ui.horizontal(|ui| {
            widgets::swatch(ui, class.colour);
            ui.add(Label::new(&class.name).truncate());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (before, after) = (format::hectares(*before), format::hectares(*after));
                let areas = tr!("{before}, now {after}", before = before, after = after);
                ui.label(RichText::new(areas).monospace());
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_added_moved_and_removed() {
        let sieve = || Step::Sieve(Sieve::default());
        let recipe = with(&Recipe::of([sieve()]), Step::Majority(Majority::default()));
        let recipe = with(&recipe, Step::Smooth(Smooth::default()));
        let titles = |recipe: &Recipe| recipe.steps.iter().map(|s| title(&s.step)).collect::<Vec<_>>();
        assert_eq!(titles(&recipe), ["smooth the probabilities", "sieve small patches", "take the majority"]);
        let moved = granted(&recipe, 2, Wish::Up);
        assert_eq!(titles(&moved)[1], "take the majority");
        assert_eq!(granted(&moved, 1, Wish::Down), recipe);
        assert_eq!(granted(&recipe, 2, Wish::Down), recipe, "there is nothing below the last");
        assert_eq!(granted(&recipe, 0, Wish::Remove).steps.len(), 2);
    }
}
