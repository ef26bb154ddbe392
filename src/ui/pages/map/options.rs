//! The options of the network and of training, painted from the tables that tell of them.

use crate::app::{Command, OpenProject};
use crate::model::{ModelKind, ModelSpec, OptionInfo, OptionKind};
use crate::ui::tokens;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below, tr_word};
use egui::{
    Align, CollapsingHeader, ComboBox, DragValue, Label, Layout, RichText, Role, Sense, Ui, Vec2, WidgetInfo,
};
use serde_json::Value;

/// What stands outside of the fold.
const OUTSIDE: [&str; 3] = ["epochs", "seed", LIKELY];
/// What is told in words of its own.
const LIKELY: &str = "take_likely";
/// Width of what an option is set with.
const WIDTH: f32 = 96.0;

pub fn options_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let spec = &project.document.settings.model;
    let times = project.cube().map_or(12, |(opened, _)| opened.cube.info().dates.len());
    let usual = usual(spec);
    let mut changed: Option<ModelSpec> = None;
    for info in ModelSpec::training_options()
        .iter()
        .filter(|info| OUTSIDE.contains(&info.name) && info.name != LIKELY)
    {
        option_ui(ui, spec, &usual, info, times, &mut changed);
    }
    likely_ui(ui, spec, &mut changed);
    let folded = || ModelSpec::training_options().iter().filter(|info| !OUTSIDE.contains(&info.name));
    let differing = spec.kind.options().iter().chain(folded());
    let differing = differing.filter(|info| spec.option(info.name) != usual.option(info.name)).count();
    CollapsingHeader::new(tr!("Options")).id_salt("model options").show(ui, |ui| {
        group_ui(ui, spec.kind.title());
        for info in spec.kind.options() {
            option_ui(ui, spec, &usual, info, times, &mut changed);
        }
        group_ui(ui, tr!("Training"));
        for info in folded() {
            option_ui(ui, spec, &usual, info, times, &mut changed);
        }
        ui.horizontal(|ui| {
            let hint = tr!("Every option here as it is in a new project; what stands outside stays");
            if ui.add_enabled(differing > 0, egui::Button::new(tr!("Defaults"))).on_hover_text(hint).clicked()
            {
                let mut training = usual.training.clone();
                (training.epochs, training.seed) = (spec.training.epochs, spec.training.seed);
                training.take_likely = spec.training.take_likely;
                changed = Some(ModelSpec { kind: usual.kind.clone(), training, ..spec.clone() });
            }
            if differing > 0 {
                dot(ui);
                ui.label(RichText::new(differs(differing)).small().weak());
            }
        });
    });
    if differing > 0 && !is_open(ui) {
        ui.horizontal(|ui| {
            ui.add_space(18.0);
            dot(ui);
            ui.label(RichText::new(differs(differing)).small().weak());
        });
    }
    // A model that was set by hand, or by another program.
    if let Err(why) = spec.kind.check(times) {
        ui.label(
            RichText::new(tr_below(&why.to_string())).small().color(tokens::error(ui.visuals().dark_mode)),
        );
    }
    if let Some(changed) = changed.filter(|changed| changed != spec) {
        view.send(Command::SetModel(changed));
    }
}

fn likely_ui(ui: &mut Ui, spec: &ModelSpec, changed: &mut Option<ModelSpec>) {
    let hint = tr!("Training takes the sure annotations; with this it takes those that are only likely too");
    let mut set = spec.clone();
    let likely = ui.checkbox(&mut set.training.take_likely, tr!("Also learn from likely annotations"));
    if likely.on_hover_text(hint).changed() {
        *changed = Some(set);
    }
}

/// The same network as it is in a new project.
pub fn usual(spec: &ModelSpec) -> ModelSpec {
    let kind = ModelKind::named(spec.kind.name()).unwrap_or_else(|| spec.kind.clone());
    ModelSpec { kind, ..ModelSpec::default() }
}

/// Options that differ from the defaults: title, value and default each.
pub fn differing(spec: &ModelSpec) -> Vec<(&'static OptionInfo, String, String)> {
    let usual = usual(spec);
    let all = spec.kind.options().iter().chain(ModelSpec::training_options());
    all.filter(|info| info.name == LIKELY || !OUTSIDE.contains(&info.name))
        .filter_map(|info| {
            let (now, then) = (spec.option(info.name)?, usual.option(info.name)?);
            (now != then).then(|| (info, words(&now), words(&then)))
        })
        .collect()
}

fn differs(n: usize) -> String {
    match n {
        1 => tr!("1 differs from the defaults").into(),
        n => tr!("{n} differ from the defaults", n = n),
    }
}

fn is_open(ui: &Ui) -> bool {
    let id = ui.make_persistent_id("model options");
    egui::collapsing_header::CollapsingState::load(ui.ctx(), id).is_some_and(|state| state.is_open())
}

fn group_ui(ui: &mut Ui, title: &str) {
    ui.add_space(tokens::GRID);
    ui.label(RichText::new(title).small().strong());
}

/// Marks what differs from the default.
fn dot(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(6.0, 16.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 3.0, tokens::accent(ui.visuals().dark_mode));
}

/// An option: its title on the left, what sets it on the right.
fn option_ui(
    ui: &mut Ui,
    spec: &ModelSpec,
    usual: &ModelSpec,
    info: &OptionInfo,
    times: usize,
    changed: &mut Option<ModelSpec>,
) {
    let (Some(value), Some(default)) = (spec.option(info.name), usual.option(info.name)) else { return };
    let (sentence, usually) = (tr_word(info.sentence), words(&default));
    let hint = tr!("{sentence} Usually {value}.", sentence = sentence, value = usually);
    ui.horizontal(|ui| {
        let title = RichText::new(tr_word(info.title));
        let different = value != default && !OUTSIDE.contains(&info.name);
        let room =
            ui.available_width() - WIDTH - ui.spacing().item_spacing.x - if different { 14.0 } else { 0.0 };
        let left = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(Vec2::new(room, tokens::TARGET), left, |ui| {
            let title = if different { title.strong() } else { title.weak() };
            ui.set_min_width(room);
            ui.add(Label::new(title).truncate()).on_hover_text(&hint);
        });
        let new = ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let new = value_ui(ui, info, &value, &hint);
            if different {
                dot(ui);
            }
            new
        });
        if let Some(new) = new.inner
            && let Some(set) = set(spec, info, &value, new, times)
        {
            *changed = Some(set);
        }
    });
}

/// The model with this option set; to the nearest value that the network takes where it does not take this one (kernels are
/// odd, heads powers of two).
fn set(spec: &ModelSpec, info: &OptionInfo, old: &Value, new: Value, times: usize) -> Option<ModelSpec> {
    let good = |value: &Value| {
        let mut set = spec.clone();
        set.set_option(info.name, value).ok()?;
        set.kind.check(times).ok()?;
        Some(set)
    };
    let (Some(wanted), Some(old)) = (new.as_u64(), old.as_u64()) else { return good(&new) };
    // Onwards the way that one dragged; whoever goes down from an odd kernel does not want it back.
    let OptionKind::Whole(low, high) = info.kind else { return good(&new) };
    let up = || (wanted..=high).find_map(|value| good(&value.into()));
    let down = || (low..=wanted).rev().find_map(|value| good(&value.into()));
    if wanted > old { up().or_else(down) } else { down().or_else(up) }
}

/// What sets a value; gives the new one once it is let go or left.
fn value_ui(ui: &mut Ui, info: &OptionInfo, value: &Value, hint: &str) -> Option<Value> {
    match info.kind {
        OptionKind::Flag => {
            let mut on = value.as_bool()?;
            let response = ui.add(egui::Checkbox::without_text(&mut on)).on_hover_text(hint);
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, tr_word(info.title)));
            response.changed().then(|| on.into())
        }
        OptionKind::Choice(names) => {
            let now = value.as_str()?;
            let mut chosen = None;
            let combo = ComboBox::from_id_salt(info.name).selected_text(tr_word(now)).width(WIDTH);
            let response = combo.show_ui(ui, |ui| {
                for name in names {
                    if ui.selectable_label(*name == now, tr_word(name)).clicked() {
                        chosen = Some(Value::from(*name));
                    }
                }
            });
            let response = response.response.on_hover_text(hint);
            response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tr_word(info.title)));
            chosen
        }
        OptionKind::Whole(low, high) => {
            let speed = if high - low < 64 { 0.05 } else { 0.25 };
            let (low, high) = (low as f64, high as f64);
            let drag = |v| {
                let speed = speed * f64::max(1.0, v / 40.0);
                (speed, 0)
            };
            number_ui(ui, info, value.as_f64()?, (low, high), hint, drag).map(|v| (v as u64).into())
        }
        OptionKind::Real(low, high) => {
            let drag = |v: f64| (f64::max(v.abs() * 0.02, (high - low).min(1.0) * 1e-3 * 0.1), 9);
            number_ui(ui, info, value.as_f64()?, (low, high), hint, drag)
                .and_then(|v| serde_json::Number::from_f64((v * 1e9).round() / 1e9).map(Value::Number))
        }
    }
}

/// A number that one drags or types within bounds; gives the new one once it is let go or left. `how` tells, at a value, how
/// fast it is dragged, and how many decimals it has at most.
fn number_ui(
    ui: &mut Ui,
    info: &OptionInfo,
    value: f64,
    (low, high): (f64, f64),
    hint: &str,
    how: impl Fn(f64) -> (f64, usize),
) -> Option<f64> {
    // What is dragged is remembered until it is let go: the document does not follow every step.
    let held = egui::Id::unique(("dragged option", info.name));
    let mut new = ui.data(|data| data.get_temp::<f64>(held)).unwrap_or(value);
    let (speed, decimals) = how(new);
    let drag = DragValue::new(&mut new).range(low..=high).speed(speed).max_decimals(decimals);
    let drag = drag.update_while_editing(false).custom_formatter(|v, _| number(v));
    let response = ui.add_sized([WIDTH, tokens::TARGET - 2.0], drag).on_hover_text(hint);
    response.widget_info(|| WidgetInfo {
        value: Some(new),
        ..WidgetInfo::labeled(Role::SpinButton, true, tr_word(info.title))
    });
    if response.dragged() {
        ui.data_mut(|data| data.insert_temp(held, new));
        return None;
    }
    ui.data_mut(|data| data.remove_temp::<f64>(held));
    ((response.drag_stopped() || response.changed()) && new != value).then_some(new)
}

/// "0.0005": as few figures as tell it.
fn number(v: f64) -> String {
    let figures = if v == 0.0 { 0 } else { 3 - v.abs().log10().floor() as i32 };
    match v.fract() == 0.0 {
        true => format!("{v:.0}"),
        false => {
            let text = format!("{v:.*}", figures.clamp(0, 9) as usize);
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
        }
    }
}

/// A value for people.
fn words(value: &Value) -> String {
    match value {
        Value::Bool(true) => tr!("yes").into(),
        Value::Bool(false) => tr!("no").into(),
        Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), number),
        Value::String(text) => tr_word(text).into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_that_the_network_does_not_take_becomes_the_next_one_that_it_takes() {
        let spec = ModelSpec::default();
        let info = spec.kind.options().iter().find(|o| o.name == "kernel").unwrap();
        let kernel = |old: u64, new: u64| {
            let spec = set(&spec, info, &json!(old), json!(new), 12).unwrap();
            spec.option("kernel").unwrap()
        };
        assert_eq!([kernel(5, 6), kernel(5, 4), kernel(5, 7)], [json!(7), json!(3), json!(7)]);
        let spec = ModelSpec { kind: ModelKind::named("ltae").unwrap(), ..ModelSpec::default() };
        let info = spec.kind.options().iter().find(|o| o.name == "heads").unwrap();
        let heads = |old: u64, new: u64| {
            set(&spec, info, &json!(old), json!(new), 12).unwrap().option("heads").unwrap()
        };
        assert_eq!([heads(16, 17), heads(16, 15)], [json!(32), json!(8)]);
    }

    #[test]
    fn only_what_differs_from_the_defaults_is_told() {
        let mut spec = ModelSpec::default();
        assert!(differing(&spec).is_empty());
        spec.set_option("filters", &json!(8)).unwrap();
        spec.set_option("learning_rate", &json!(0.0037)).unwrap();
        spec.training.seed = 77;
        let told: Vec<_> = differing(&spec).into_iter().map(|(info, now, _)| (info.name, now)).collect();
        assert_eq!(told, [("filters", "8".to_string()), ("learning_rate", "0.0037".to_string())]);
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for (value, text) in
            [(0.0005, "0.0005"), (1e-7, "0.0000001"), (0.05, "0.05"), (64.0, "64"), (0.25, "0.25")]
        {
            assert_eq!(number(value), text);
        }
    }
}
