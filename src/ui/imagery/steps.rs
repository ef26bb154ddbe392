//! Under the table: the steps that the cube would have, with how much of each is clear.

use super::Imagery;
use crate::app::OpenProject;
use crate::cube::StepSurvey;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{Align2, FontId, Label, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

/// Height of the bars.
const BARS: f32 = 36.0;

pub fn steps_ui(ui: &mut Ui, project: &OpenProject, imagery: &Imagery) {
    let Some(last) = &project.survey.last else { return };
    let steps = &last.survey.steps;
    if imagery.inputs.is_empty() || steps.is_empty() {
        return;
    }
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr!("Steps of the cube")).strong());
        ui.label(RichText::new(steps.len().to_string()).monospace());
        if steps.iter().any(|step| step.clear_share.is_some()) {
            let words = match imagery.settings.drop_below {
                None => tr!("bars tell the share of pixels with a clear observation"),
                Some(_) => {
                    tr!("bars tell the share of pixels with a clear observation; amber ones are left out")
                }
            };
            ui.add(Label::new(RichText::new(words).small().weak()).truncate());
        }
    });
    bars_ui(ui, steps, imagery.settings.drop_below);
    ui.add_space(tokens::GRID);
}

fn bars_ui(ui: &mut Ui, steps: &[StepSurvey], drop_below: Option<f64>) {
    let size = Vec2::new(ui.available_width(), BARS + 16.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let name = tr!("{steps} of the cube", steps = format::count(steps.len(), "step"));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let pitch = (rect.width() / steps.len() as f32).min(36.0);
    let width = (pitch - 2.0).clamp(1.0, 20.0);
    let base = rect.top() + BARS;
    let painter = ui.painter_at(rect);
    let visuals = ui.visuals();
    let place = |i: usize| rect.left() + pitch * (i as f32 + 0.5);
    let pointed = response.hover_pos().map(|pos| ((pos.x - rect.left()) / pitch) as usize);
    for (i, step) in steps.iter().enumerate() {
        let whole =
            Rect::from_min_max(pos2(place(i) - width / 2.0, rect.top()), pos2(place(i) + width / 2.0, base));
        painter.rect_filled(whole, 1.5, visuals.widgets.inactive.weak_bg_fill);
        let share = step.clear_share.unwrap_or(1.0).clamp(0.02, 1.0);
        let clear = Rect::from_min_max(pos2(whole.left(), base - BARS * share), whole.max);
        let is_poor = drop_below.is_some_and(|least| f64::from(step.clear_share.unwrap_or(1.0)) < least);
        let colour = match (pointed == Some(i), is_poor) {
            (true, _) => tokens::accent(visuals.dark_mode),
            (false, true) => tokens::warning(visuals.dark_mode),
            (false, false) => visuals.weak_text_color(),
        };
        painter.rect_filled(clear, 1.5, colour);
    }
    let font = FontId::proportional(10.5);
    let weak = visuals.weak_text_color();
    if let [first, .., last] = steps {
        let right = place(steps.len() - 1) + width / 2.0;
        let drawn = painter.text(
            pos2(rect.left(), base + 2.0),
            Align2::LEFT_TOP,
            format::date(first.date),
            font.clone(),
            weak,
        );
        if right - drawn.right() > 80.0 {
            painter.text(pos2(right, base + 2.0), Align2::RIGHT_TOP, format::date(last.date), font, weak);
        }
    }
    if let Some(step) = pointed.and_then(|i| steps.get(i)) {
        response.on_hover_text_at_pointer(words(step));
    }
}

fn words(step: &StepSurvey) -> String {
    let mut words = format::date(step.date);
    if step.span.0 != step.span.1 {
        let (first, last) = (format::date(step.span.0), format::date(step.span.1));
        words += &format!("\n{}", tr!("{first} to {last}", first = first, last = last));
    }
    words += &format!("\n{}", format::count(step.acquisitions.len(), "acquisition"));
    if let Some(share) = step.clear_share {
        words += &format!("\n{}", tr!("{share} % clear", share = format!("{:.0}", share * 100.0)));
    }
    words
}
