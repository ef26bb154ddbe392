//! What can be set of smoothing, majority and sieve.

use crate::classify::clean::{ClassSmoothing, Majority, Sieve, Smooth};
use crate::labels::Class;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{
    Align, CollapsingHeader, ComboBox, DragValue, Grid, Id, Label, Layout, RichText, Role, TextEdit, Ui,
    WidgetInfo, vec2,
};

/// Height of an open list: that all conditions of a rule are seen without scrolling.
const LIST: f32 = 360.0;
/// Width of what a number is set with.
const WIDTH: f32 = 84.0;
/// Width of the name of a class beside two of them.
const NAME: f32 = 82.0;

pub fn smooth_ui(ui: &mut Ui, n: usize, smooth: &Smooth, classes: &[Class]) -> Option<Smooth> {
    let mut set = None;
    let window = window_ui(ui, tr!("Window"), &tr!("Window of step {n}", n = n), smooth.window);
    if let Some(window) = window {
        set = Some(Smooth { window, ..smooth.clone() });
    }
    let name = tr!("Smoothness of step {n}", n = n);
    if let Some(smoothness) = smoothness_ui(ui, tr!("Smoothness"), &name, smooth.smoothness) {
        set = Some(Smooth { smoothness, ..smooth.clone() });
    }
    CollapsingHeader::new(tr!("Classes")).id_salt(("smoothing of classes", n)).show(ui, |ui| {
        let hint = tr!("Each class can have a window and a smoothness of its own: small ones for thin classes, such as rivers and roads");
        ui.label(RichText::new(hint).small().weak());
        set = set.take().or(classes_ui(ui, n, smooth, classes));
    });
    set
}

/// Window and smoothness of each class, a row each.
fn classes_ui(ui: &mut Ui, n: usize, smooth: &Smooth, classes: &[Class]) -> Option<Smooth> {
    let mut set = None;
    Grid::new(("smoothing of classes", n)).num_columns(3).spacing([6.0, 2.0]).show(ui, |ui| {
        for title in ["", tr!("Window"), tr!("Smoothness")] {
            ui.label(RichText::new(title).small().weak());
        }
        ui.end_row();
        for class in classes {
            let name = Label::new(&class.name).truncate();
            ui.allocate_ui_with_layout(
                vec2(NAME, tokens::TARGET),
                Layout::left_to_right(Align::Center),
                |ui| {
                    ui.set_min_width(NAME);
                    widgets::swatch(ui, class.colour);
                    ui.add(name);
                },
            );
            let own = smooth.classes.iter().rfind(|own| own.class == class.name);
            let window = own.and_then(|own| own.window).unwrap_or(smooth.window);
            let smoothness = own.and_then(|own| own.smoothness).unwrap_or(smooth.smoothness);
            let name = tr!("Window of {class} in step {n}", class = class.name, n = n);
            let new_window = window_ui(ui, "", &name, window);
            let name = tr!("Smoothness of {class} in step {n}", class = class.name, n = n);
            let new_smoothness = smoothness_ui(ui, "", &name, smoothness);
            if new_window.is_some() || new_smoothness.is_some() {
                let (window, smoothness) =
                    (new_window.unwrap_or(window), new_smoothness.unwrap_or(smoothness));
                set = Some(with_own(smooth, &class.name, window, smoothness));
            }
            ui.end_row();
        }
    });
    set
}

/// The same with a window and a smoothness of a class's own; what is that of the others is not kept.
fn with_own(smooth: &Smooth, class: &str, window: u32, smoothness: f64) -> Smooth {
    let mut with = smooth.clone();
    with.classes.retain(|own| own.class != class);
    let window = Some(window).filter(|window| *window != smooth.window);
    let smoothness = Some(smoothness).filter(|of| *of != smooth.smoothness);
    if window.is_some() || smoothness.is_some() {
        with.classes.push(ClassSmoothing { class: class.into(), window, smoothness });
    }
    with
}

fn smoothness_ui(ui: &mut Ui, title: &str, name: &str, value: f64) -> Option<f64> {
    let hint = tr!("Variance of the logits: the larger, the more the pixels around count. Usually 20");
    number_ui(ui, title, name, hint, value, (0.01, 10_000.0), 0.2, "")
}

pub fn majority_ui(ui: &mut Ui, n: usize, majority: &Majority) -> Option<Majority> {
    let name = tr!("Window of step {n}", n = n);
    window_ui(ui, tr!("Window"), &name, majority.window).map(|window| Majority { window })
}

pub fn sieve_ui(ui: &mut Ui, n: usize, sieve: &Sieve) -> Option<Sieve> {
    let mut set = None;
    let name = tr!("Hectares of step {n}", n = n);
    let hint = tr!("Patches smaller than this go to their largest neighbour");
    if let Some(hectares) =
        number_ui(ui, tr!("Smallest patch"), &name, hint, sieve.hectares, (0.001, 1e6), 0.02, " ha")
    {
        set = Some(Sieve { hectares, ..*sieve });
    }
    let mut corners = sieve.corners;
    let hint = tr!("Whether pixels that touch at a corner are of one patch");
    if ui.checkbox(&mut corners, tr!("Corners join patches")).on_hover_text(hint).changed() {
        set = Some(Sieve { corners, ..sieve.clone() });
    }
    set
}

/// A window's side: odd.
fn window_ui(ui: &mut Ui, title: &str, name: &str, window: u32) -> Option<u32> {
    let hint = tr!("Pixels a side of what is looked at around each pixel: an odd number");
    let found = number_ui(ui, title, name, hint, f64::from(window), (3.0, 51.0), 0.1, tr!(" pixels"))?;
    let wanted = found.round() as u32;
    // Onwards the way that one dragged.
    let odd = match wanted % 2 {
        0 if wanted > window => wanted + 1,
        0 => wanted - 1,
        _ => wanted,
    };
    (odd != window).then_some(odd.clamp(3, 51))
}

/// A number that one drags or types; gives the new one once it is let go or left.
pub fn number_ui(
    ui: &mut Ui,
    title: &str,
    name: &str,
    hint: &str,
    value: f64,
    (low, high): (f64, f64),
    speed: f64,
    suffix: &str,
) -> Option<f64> {
    ui.horizontal(|ui| {
        if !title.is_empty() {
            ui.label(RichText::new(title).weak()).on_hover_text(hint);
        }
        // What is dragged is remembered until it is let go: the document does not follow every step.
        let held = Id::unique(("dragged cleaning", name));
        let mut new = ui.data(|data| data.get_temp::<f64>(held)).unwrap_or(value);
        let drag = DragValue::new(&mut new).range(low..=high).speed(speed).max_decimals(4).suffix(suffix);
        let response = ui.add_sized([WIDTH, tokens::TARGET - 2.0], drag.update_while_editing(false));
        let response = response.on_hover_text(hint);
        response.widget_info(|| WidgetInfo {
            value: Some(new),
            ..WidgetInfo::labeled(Role::SpinButton, true, name)
        });
        if response.dragged() {
            ui.data_mut(|data| data.insert_temp(held, new));
            return None;
        }
        ui.data_mut(|data| data.remove_temp::<f64>(held));
        ((response.drag_stopped() || response.changed()) && new != value).then_some(new)
    })
    .inner
}

/// Text that is taken once it is left.
pub fn text_ui(ui: &mut Ui, name: &str, hint: &str, value: &str) -> Option<String> {
    let held = Id::unique(("typed cleaning", name));
    let mut text = ui.data(|data| data.get_temp::<String>(held)).unwrap_or_else(|| value.into());
    let response = ui.add(TextEdit::singleline(&mut text).hint_text(hint).desired_width(140.0));
    crate::ui::widgets::named_field(&response, name, hint, &text);
    if response.has_focus() {
        ui.data_mut(|data| data.insert_temp(held, text));
        return None;
    }
    ui.data_mut(|data| data.remove_temp::<String>(held));
    let text = text.trim().to_string();
    (response.lost_focus() && text != value).then_some(text)
}

/// One of several, by its words.
pub fn choice_ui<T: PartialEq + Clone>(ui: &mut Ui, name: &str, now: &T, all: &[(T, String)]) -> Option<T> {
    let shown = all.iter().find(|(of, _)| of == now).map_or("", |(_, words)| words.as_str());
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(name).selected_text(shown).truncate().height(LIST);
    let response = combo.show_ui(ui, |ui| {
        for (of, words) in all {
            if ui.selectable_label(of == now, words).clicked() && of != now {
                chosen = Some(of.clone());
            }
        }
    });
    response.response.widget_info(|| WidgetInfo {
        current_text_value: Some(shown.to_string()),
        ..WidgetInfo::labeled(Role::ComboBox, true, name)
    });
    chosen
}
