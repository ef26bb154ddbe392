//! The values of a channel, and the two ends of its stretch to drag.

use crate::cube::picture::Sampled;
use crate::ui::bars::Bars;
use crate::ui::words::tr;
use egui::{
    Color32, CursorIcon, DragValue, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// Height of a row.
pub const HEIGHT: f32 = 26.0;
/// Width of a value.
const VALUE: f32 = 58.0;

/// A channel as it is drawn.
pub struct Channel<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether its values are small numbers without a unit.
    pub is_index: bool,
    /// The colour it is shown in.
    pub colour: Option<[u8; 3]>,
    /// The ends of its stretch.
    pub ends: [f32; 2],
}

/// The low end, the histogram with two handles, the high end; gives other ends where they are dragged or typed.
pub fn ends_ui(ui: &mut Ui, channel: &Channel, sampled: Option<(&Sampled, usize)>) -> Option<[f32; 2]> {
    let [mut low, mut high] = channel.ends;
    let mut changed = false;
    ui.horizontal(|ui| {
        let span = high - low;
        let words = tr!("{channel} shown black", channel = channel.name);
        changed |= value_ui(ui, &mut low, channel, span, &words).changed();
        let width = (ui.available_width() - VALUE - 24.0).max(60.0);
        changed |= histogram_ui(ui, width, channel, sampled, &mut low, &mut high);
        let words = tr!("{channel} shown white", channel = channel.name);
        changed |= value_ui(ui, &mut high, channel, span, &words).changed();
    });
    // One end pushes the other before it.
    let least = (channel.ends[1] - channel.ends[0]).abs().max(low.abs().max(high.abs()) * 1e-5) * 1e-3;
    if changed && low >= high {
        if low == channel.ends[0] { low = high - least } else { high = low + least }
    }
    (changed && low.is_finite() && high.is_finite() && low < high).then_some([low, high])
}

fn value_ui(ui: &mut Ui, value: &mut f32, channel: &Channel, span: f32, words: &str) -> Response {
    let decimals = if channel.is_index { 3 } else { 0 };
    let drag = DragValue::new(value).speed(f64::from(span) / 200.0).max_decimals(decimals);
    let drag = drag.update_while_editing(false);
    let response = ui.add_sized([VALUE, 22.0], drag);
    let now = f64::from(*value);
    response.widget_info(|| WidgetInfo {
        value: Some(now),
        ..WidgetInfo::labeled(Role::SpinButton, true, words)
    });
    let unit = if channel.is_index { tr!("index, no unit") } else { tr!("DN, as stored") };
    response.on_hover_text(format!("{words} ({unit})"))
}

/// Tells whether an end was dragged.
fn histogram_ui(
    ui: &mut Ui,
    width: f32,
    channel: &Channel,
    sampled: Option<(&Sampled, usize)>,
    low: &mut f32,
    high: &mut f32,
) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click_and_drag());
    let words = tr!("Histogram of {channel}", channel = channel.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &words));
    let [from, to] = domain(sampled, [*low, *high]);
    let x = |value: f32| rect.left() + (value - from) / (to - from) * rect.width();
    let painter = ui.painter_at(rect.expand2(vec2(4.0, 0.0)));
    painter.rect_filled(rect, 2.0, ui.visuals().extreme_bg_color);
    if let Some((sampled, i)) = sampled {
        let tint = channel.colour.map(|[r, g, b]| Color32::from_rgb(r, g, b));
        bins(&painter, rect, sampled.histogram(i, [from, to], rect.width() as usize / 2), tint, ui);
    }
    let short: String = channel.name.chars().take(8).collect();
    let (font, weak) = (egui::FontId::proportional(9.0), ui.visuals().weak_text_color());
    painter.text(rect.center_top() + vec2(0.0, 1.0), egui::Align2::CENTER_TOP, short, font, weak);
    // Which end is in hand is told when it is taken, not where the mouse is later.
    let held = Id::unique(("end of a stretch", channel.name));
    let mut changed = false;
    let mouse = response.interact_pointer_pos();
    if response.drag_started()
        && let Some(mouse) = ui.input(|i| i.pointer.press_origin()).or(mouse)
    {
        let is_high = (mouse.x - x(*high)).abs() < (mouse.x - x(*low)).abs();
        ui.data_mut(|data| data.insert_temp(held, is_high));
    }
    if response.dragged()
        && let Some(mouse) = mouse
    {
        let value = from + (to - from) * ((mouse.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
        let least = (to - from) / rect.width();
        match ui.data(|data| data.get_temp::<bool>(held)).unwrap_or(false) {
            true => *high = value.max(*low + least),
            false => *low = value.min(*high - least),
        }
        changed = true;
    }
    let ink = ui.visuals().widgets.active.fg_stroke.color;
    for end in [*low, *high] {
        let place = x(end).clamp(rect.left(), rect.right());
        painter.line_segment([pos2(place, rect.top()), pos2(place, rect.bottom())], Stroke::new(1.5, ink));
        let grip = Rect::from_center_size(pos2(place, rect.bottom() - 4.0), vec2(6.0, 8.0));
        painter.rect_filled(grip, 2.0, ink);
    }
    let hint = tr!("Values of {channel}; drag the two ends of the stretch", channel = channel.name);
    response.on_hover_cursor(CursorIcon::ResizeHorizontal).on_hover_text(hint);
    changed
}

/// From where to where the histogram reaches: nearly all values, with room beside them, and the stretch.
fn domain(sampled: Option<(&Sampled, usize)>, [low, high]: [f32; 2]) -> [f32; 2] {
    let [least, greatest] = sampled.map_or([low, high], |(sampled, i)| sampled.ends(i, [0.1, 99.9]));
    let room = (greatest - least) * 0.1;
    [(least - room).min(low), (greatest + room).max(high)]
}

/// Columns as high as the root of their count, so that rare values are seen too.
fn bins(painter: &egui::Painter, rect: Rect, counts: Vec<usize>, tint: Option<Color32>, ui: &Ui) {
    let most = counts.iter().max().copied().unwrap_or(0).max(1) as f32;
    let ink = tint.unwrap_or(ui.visuals().weak_text_color()).gamma_multiply(0.8);
    let width = rect.width() / counts.len().max(1) as f32;
    let mut bars = Bars::default();
    for (i, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
        let height = (count as f32 / most).sqrt() * (rect.height() - 2.0);
        let left = rect.left() + i as f32 * width;
        let bar = Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + width, rect.bottom()));
        bars.add(painter, bar, ink);
    }
    bars.paint(painter);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_histogram_reaches_over_the_stretch() {
        assert_eq!(domain(None, [2.0, 4.0]), [1.8, 4.2]);
    }
}
