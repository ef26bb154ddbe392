//! From values to brightness: where the stretch comes from, its ends by hand, gamma, and the ramp of a single channel.

use super::{histogram, names};
use crate::app::{Command, OpenProject};
use crate::cube::picture::{Display, GAMMAS, PERCENTILES, Ramp, Stretch, StretchFrom};
use crate::jobs::OpenedCube;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{Color32, ComboBox, DragValue, Rect, RichText, Role, Sense, Slider, Ui, WidgetInfo, pos2};

/// Width of the names on the left.
const NAMES: f32 = 56.0;

pub fn stretch_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let before = project.document.view.display.clone().mended();
    let mut display = before.clone();
    from_ui(ui, &mut display, opened, project, view);
    let stretch = opened.composite.stretch_at(project.time());
    ends_ui(ui, &mut display, project, opened, stretch);
    gamma_ui(ui, &mut display);
    if opened.composite.channels.len() == 1 {
        ramp_ui(ui, &mut display, stretch);
    }
    if display != before {
        if display.from == StretchFrom::Hand
            && before.from != StretchFrom::Hand
            && let Some(stretch) = stretch
        {
            // By hand one begins with what was shown.
            for (i, channel) in opened.composite.channels.iter().take(3).enumerate() {
                let shown = [stretch.low[i], stretch.high[i]];
                display.hand.entry(channel.name.clone()).or_insert(shown);
            }
        }
        view.send(Command::SetDisplay(display));
    }
}

/// A name on the left of a row.
fn name(ui: &mut Ui, words: &str) -> egui::Response {
    ui.add_sized([NAMES, tokens::TARGET], egui::Label::new(RichText::new(words).weak()).truncate())
}

fn from_ui(ui: &mut Ui, display: &mut Display, opened: &OpenedCube, project: &OpenProject, view: &mut View) {
    ui.horizontal(|ui| {
        let label = name(ui, tr!("Stretch"));
        let combo =
            ComboBox::from_id_salt("stretch from").selected_text(names::from(display.from)).width(104.0);
        let response = combo.show_ui(ui, |ui| {
            for (from, hint) in [
                (StretchFrom::Site, tr!("Percentiles of the values of the whole site")),
                (
                    StretchFrom::View,
                    tr!("Percentiles of the values in view; they follow when the view rests"),
                ),
                (StretchFrom::Hand, tr!("Values that you give, a channel each")),
            ] {
                ui.selectable_value(&mut display.from, from, names::from(from)).on_hover_text(hint);
            }
        });
        response.response.labelled_by(label.id).on_hover_text(tr!("Which values are shown black and white"));
        if display.from == StretchFrom::Hand {
            return;
        }
        let label = names::percentiles(display.percentiles);
        let combo = ComboBox::from_id_salt("percentiles").selected_text(label).width(80.0);
        let response = combo.show_ui(ui, |ui| {
            for pair in PERCENTILES {
                ui.selectable_value(&mut display.percentiles, pair, names::percentiles(pair));
            }
        });
        let words = tr!("Percentiles");
        response.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, words));
        response.response.on_hover_text(tr!("Percentiles of the values that are shown black and white"));
    });
    ui.horizontal(|ui| {
        ui.add_space(NAMES + 8.0);
        let hint = tr!("Finds the stretch among the values in view, now (U)");
        let seen = view.map.seen(opened);
        let button = ui.add_enabled(seen.is_some(), egui::Button::new(tr!("Stretch to view")));
        if button.on_hover_text(hint).on_disabled_hover_text(tr!("The site is out of view")).clicked()
            && let Some(window) = seen
        {
            view.send(Command::StretchTo(window));
        }
        let can = display.from != StretchFrom::Hand;
        let hint = tr!("Each date has a stretch of its own: more contrast, but dates cannot be compared");
        ui.add_enabled(can, egui::Checkbox::new(&mut display.per_date, tr!("Per date"))).on_hover_text(hint);
        let composing = project.site.as_ref().is_some_and(crate::app::SiteView::is_composing);
        // Its place is kept, so that nothing jumps when it comes and goes.
        let (rect, _) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), Sense::hover());
        if composing {
            egui::Spinner::new().size(14.0).paint_at(ui, rect);
        }
    });
}

/// The ends of the stretch of each channel, on its histogram.
fn ends_ui(
    ui: &mut Ui,
    display: &mut Display,
    project: &OpenProject,
    opened: &OpenedCube,
    stretch: Option<Stretch>,
) {
    let Some(stretch) = stretch else {
        // Each date on its own, and this one is not there yet.
        ui.add_space(opened.composite.channels.len().min(3) as f32 * (histogram::HEIGHT + 6.0));
        return;
    };
    let sampled = opened.composite.sampled_at(project.time());
    for (i, channel) in opened.composite.channels.iter().take(3).enumerate() {
        let ends = [stretch.low[i], stretch.high[i]];
        let colour = match opened.composite.channels.len() {
            1 => None,
            _ => Some([[230, 92, 86], [96, 190, 104], [96, 150, 240]][i]),
        };
        let drawn = histogram::Channel { name: &channel.name, is_index: channel.is_index(), colour, ends };
        let Some(ends) = histogram::ends_ui(ui, &drawn, sampled.as_deref().map(|sampled| (sampled, i)))
        else {
            continue;
        };
        if display.from != StretchFrom::Hand {
            // Who takes one end in hand keeps the others as they are.
            display.from = StretchFrom::Hand;
            for (other, channel) in opened.composite.channels.iter().take(3).enumerate() {
                display.hand.insert(channel.name.clone(), [stretch.low[other], stretch.high[other]]);
            }
        }
        display.hand.insert(channel.name.clone(), ends);
    }
}

fn gamma_ui(ui: &mut Ui, display: &mut Display) {
    ui.horizontal(|ui| {
        name(ui, tr!("Gamma"));
        ui.spacing_mut().slider_width = 120.0;
        let slider =
            Slider::new(&mut display.gamma, GAMMAS[0]..=GAMMAS[1]).logarithmic(true).fixed_decimals(2);
        let response = ui.add(slider);
        let gamma = f64::from(display.gamma);
        response.widget_info(|| WidgetInfo::slider(true, gamma, tr!("Gamma")));
        let hint = tr!("Brightness of the middle: above 1 brighter, below 1 darker; double click for 1");
        if response.on_hover_text(hint).double_clicked() {
            display.gamma = 1.0;
        }
    });
}

/// The colours of a single channel.
fn ramp_ui(ui: &mut Ui, display: &mut Display, stretch: Option<Stretch>) {
    ui.horizontal(|ui| {
        let label = name(ui, tr!("Ramp"));
        let combo = ComboBox::from_id_salt("ramp").selected_text(names::ramp(display.ramp)).width(132.0);
        let response = combo.show_ui(ui, |ui| {
            for ramp in Ramp::ALL {
                ui.horizontal(|ui| {
                    let (rect, _) = ui.allocate_exact_size(egui::vec2(64.0, 12.0), Sense::hover());
                    bar(ui.painter(), rect, |share| ramp.colour(share));
                    ui.selectable_value(&mut display.ramp, ramp, names::ramp(ramp));
                });
            }
        });
        response.response.labelled_by(label.id).on_hover_text(tr!("Colours of a single band or index"));
        let hint = tr!("The ramp runs the other way");
        ui.checkbox(&mut display.inverted, tr!("Inverted")).on_hover_text(hint);
    });
    if !display.ramp.is_diverging() {
        return;
    }
    ui.horizontal(|ui| {
        ui.add_space(NAMES + 8.0);
        let middle = stretch.map_or(0.0, |s| (s.low[0] + s.high[0]) / 2.0);
        let mut centred = display.centre.is_some();
        let hint = tr!("The lightest colour stands for this value, and both sides reach equally far from it");
        if ui.checkbox(&mut centred, tr!("Centred on")).on_hover_text(hint).changed() {
            display.centre = centred.then_some((middle * 100.0).round() / 100.0);
        }
        if let Some(centre) = &mut display.centre {
            let response = ui.add(DragValue::new(centre).speed(0.01).max_decimals(3));
            let value = f64::from(*centre);
            response.widget_info(|| WidgetInfo {
                value: Some(value),
                ..WidgetInfo::labeled(Role::SpinButton, true, tr!("Middle of the ramp"))
            });
            response.on_hover_text(tr!("The value in the middle of the ramp"));
        }
    });
}

/// A bar of colours, of shares from 0 on the left to 1 on the right.
pub fn bar(painter: &egui::Painter, rect: Rect, colour: impl Fn(f32) -> [u8; 3]) {
    const PARTS: u32 = 64;
    let mut mesh = egui::Mesh::default();
    for i in 0..=PARTS {
        let share = i as f32 / PARTS as f32;
        let [r, g, b] = colour(share);
        let x = rect.left() + share * rect.width();
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(pos2(x, y), Color32::from_rgb(r, g, b));
        }
        if i > 0 {
            let at = 2 * i;
            mesh.add_triangle(at - 2, at - 1, at);
            mesh.add_triangle(at - 1, at, at + 1);
        }
    }
    painter.add(egui::Shape::mesh(mesh));
}

/// A section title, for the page.
pub fn title(ui: &mut Ui) {
    widgets::section(ui, tr!("Display"));
}
