//! The colours of a single band or index on the map, with its name and values.

use super::plate::plate;
use crate::app::OpenProject;
use crate::cube::Feature;
use crate::jobs::OpenedCube;
use crate::ui::pages::colour_bar;
use crate::ui::tokens;
use crate::ui::words::tr;
use egui::{Align2, Color32, FontId, Id, Pos2, Rect, Role, Sense, Ui, Vec2, WidgetInfo};

/// Size of the bar, in points.
const BAR: Vec2 = Vec2::new(168.0, 10.0);

/// The bar, whose lower left corner is given, where a single channel is shown; gives the height it takes.
pub fn colour_bar_ui(ui: &mut Ui, at: Pos2, project: &OpenProject, opened: &OpenedCube) -> f32 {
    let [channel] = opened.composite.channels.as_slice() else { return 0.0 };
    let rect = Rect::from_min_size(at - Vec2::new(0.0, 52.0), BAR + Vec2::new(20.0, 42.0));
    let painter = ui.painter_at(rect);
    plate(&painter, rect);
    let bar = Rect::from_min_size(rect.min + Vec2::new(10.0, 20.0), BAR);
    colour_bar(&painter, bar, |share| opened.composite.tone.colour(share));
    let font = FontId::proportional(tokens::SMALL);
    let text = |at: Pos2, align: Align2, words: &str| {
        painter.text(at, align, words, font.clone(), Color32::WHITE);
    };
    let title: String = channel.name.chars().take(28).collect();
    text(rect.min + Vec2::new(10.0, 3.0), Align2::LEFT_TOP, &title);
    text(rect.right_top() + Vec2::new(-10.0, 3.0), Align2::RIGHT_TOP, unit(channel));
    // Each date on its own, and this one is not there yet: nothing is said that may be wrong.
    let stretch = opened.composite.stretch_at(project.time());
    let ends =
        stretch.map(|s| [s.low[0], (s.low[0] + s.high[0]) / 2.0, s.high[0]].map(|v| value(channel, v)));
    let words = match &ends {
        None => tr!("{name}, looking at its values", name = channel.name),
        Some([low, _, high]) => {
            tr!("{name} from {low} to {high}", name = channel.name, low = low, high = high)
        }
    };
    if let Some([low, middle, high]) = &ends {
        text(bar.left_bottom() + Vec2::new(0.0, 3.0), Align2::LEFT_TOP, low);
        text(bar.center_bottom() + Vec2::new(0.0, 3.0), Align2::CENTER_TOP, middle);
        text(bar.right_bottom() + Vec2::new(0.0, 3.0), Align2::RIGHT_TOP, high);
    }
    let response = ui.interact(rect, Id::unique("colour bar"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &words));
    response.on_hover_text(words);
    rect.height() + 8.0
}

fn unit(channel: &Feature) -> &'static str {
    if channel.is_index() { "" } else { channel.unit() }
}

/// A value as it is written at the bar.
fn value(channel: &Feature, value: f32) -> String {
    if channel.is_index() { format!("{value:.2}") } else { format!("{value:.0} {}", channel.unit()) }
}
