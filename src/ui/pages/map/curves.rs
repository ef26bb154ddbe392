//! Loss, accuracy and F1 over the epochs, while a model trains and afterwards.

use crate::labels::Class;
use crate::model::EpochScore;
use crate::ui::words::{text, told, tr};
use crate::ui::{format, tokens, widgets};
use egui::{Color32, RichText, Role, Stroke, Ui, WidgetInfo};
use egui_plot::{HoverPosition, Legend, Line, LineStyle, Plot, PlotPoints, VLine};

/// What the curves show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Curve {
    /// The loss.
    #[default]
    Loss,
    /// The overall accuracy on the held-out annotations.
    Accuracy,
    /// F1 of each class on the held-out annotations.
    F1,
}

impl Curve {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (
            Self::Loss,
            text!("Loss"),
            text!(
                "Cross entropy: how far what the network says is from the labels. It decides which epoch is kept"
            ),
        ),
        (Self::Accuracy, text!("Accuracy"), text!("Share of the samples held out that get their class")),
        (
            Self::F1,
            text!("F1"),
            text!("F1 of each class on the samples held out, in its colour; the thick line is their mean"),
        ),
    ];
}

/// The curves of epochs, the one of `best` marked; `salt` tells them from others on screen.
pub fn curves_ui(
    ui: &mut Ui,
    salt: &str,
    epochs: &[EpochScore],
    classes: &[Class],
    best: Option<usize>,
    curve: &mut Curve,
) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (other, title, hint) in Curve::ALL {
            let chosen = *curve == other;
            let text = RichText::new(told(title)).small();
            if ui.selectable_label(chosen, text).on_hover_text(told(hint)).clicked() {
                *curve = other;
            }
        }
    });
    let points = |value: &dyn Fn(&EpochScore) -> Option<f32>| -> PlotPoints<'static> {
        epochs.iter().filter_map(|e| Some([e.epoch as f64, f64::from(value(e)?)])).collect()
    };
    let last = epochs.last().map_or(1, |e| e.epoch);
    let plot = Plot::new((salt, "curves", *curve as u8))
        .height(140.0)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .include_y(0.0)
        .include_x(1.0)
        .include_x(last.max(8) as f64)
        .x_axis_label(tr!("epoch"))
        .y_axis_formatter({
            let shares = *curve != Curve::Loss;
            move |mark, _| match shares {
                true => format!("{:.0} %", mark.value * 100.0),
                false => format::trimmed((mark.value * 1000.0).round() / 1000.0),
            }
        })
        .label_formatter({
            let shares = *curve != Curve::Loss;
            move |at: &HoverPosition<'_>| match at {
                HoverPosition::NearDataPoint { plot_name, position, .. } if !plot_name.is_empty() => {
                    let value = match shares {
                        true => format::percent(Some(position.y)),
                        false => format!("{:.3}", position.y),
                    };
                    Some(tr!(
                        "{plot_name} {value}, epoch {epoch}",
                        plot_name = plot_name,
                        value = value,
                        epoch = format!("{:.0}", position.x)
                    ))
                }
                _ => None,
            }
        });
    let plot = match curve {
        Curve::Loss => plot.legend(Legend::default()),
        Curve::Accuracy | Curve::F1 => plot.include_y(1.0),
    };
    let response = plot.show(ui, |plot| {
        if let Some(best) = best.filter(|_| epochs.len() > 1) {
            let line = VLine::new("", best as f64).color(tokens::accent(dark).gamma_multiply(0.8));
            plot.vline(line.style(LineStyle::dashed_dense()).width(1.0).allow_hover(false));
        }
        match curve {
            Curve::Loss => {
                let train = points(&|e| Some(e.train_loss));
                plot.line(Line::new(tr!("training"), train).color(tokens::band(0, dark)).width(2.0));
                let held_out = points(&|e| e.held_out_loss);
                plot.line(Line::new(tr!("held out"), held_out).color(tokens::band(6, dark)).width(2.0));
            }
            Curve::Accuracy => {
                let accuracy = points(&|e| e.held_out_accuracy);
                plot.line(Line::new(tr!("held out"), accuracy).color(tokens::band(6, dark)).width(2.0));
            }
            Curve::F1 => {
                for (i, class) in classes.iter().enumerate() {
                    let f1 = points(&|e| e.held_out_f1.get(i).copied().flatten());
                    plot.line(Line::new(&class.name, f1).color(widgets::colour(class.colour)).width(1.5));
                }
                let mean = points(&EpochScore::macro_f1);
                let ink = if dark { Color32::WHITE } else { Color32::BLACK };
                plot.line(Line::new(tr!("mean"), mean).stroke(Stroke::new(2.5, ink)));
            }
        }
    });
    let title = match curve {
        Curve::Loss => tr!("Loss curve"),
        Curve::Accuracy => tr!("Accuracy curve"),
        Curve::F1 => tr!("F1 curves"),
    };
    response.response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, title));
}
