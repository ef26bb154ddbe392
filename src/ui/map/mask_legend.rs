//! Why pixels of the date on screen have no clear observation, and the share of each reason.

use super::plate::plate;
use crate::app::OpenProject;
use crate::cube::PixelState;
use crate::cube::picture::counted_chunks;
use crate::jobs::OpenedCube;
use crate::project::LayerKind;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens};
use egui::{Align2, Color32, FontId, Id, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

/// Size of a row, in points.
const ROW: Vec2 = Vec2::new(188.0, 17.0);

/// The reasons, in rows whose lower left corner is given, while the layer is on.
pub fn mask_legend_ui(ui: &mut Ui, at: Pos2, project: &OpenProject, opened: &OpenedCube, view: &View) {
    if !project.document.view.layers.of(LayerKind::Mask).visible || !opened.cube.has_masks() {
        return;
    }
    let time = project.time();
    let Some(shares) = view.map.mask.shares(time) else {
        rows_ui(ui, at, &[(None, tr!("Counting the mask …").to_string(), String::new())]);
        return;
    };
    let mut rows = Vec::new();
    for state in PixelState::ALL.into_iter().skip(1) {
        let share = shares.get(state as usize).copied().unwrap_or(0.0);
        if share > 0.0 {
            rows.push((Some(state), title(state).to_string(), percent(share)));
        }
    }
    let clear = percent(shares[PixelState::Clear as usize]);
    rows.push((None, title(PixelState::Clear).to_string(), clear));
    rows.extend(sampled(view.map.mask.every(), counted_chunks(&opened.cube)));
    rows_ui(ui, at, &rows);
}

/// What of the picture and the shares is a sample, where something is.
fn sampled(every: u32, (counted, all): (usize, usize)) -> Vec<(Option<PixelState>, String, String)> {
    let told = |words: &str, n: u64| {
        (None, words.to_string(), tr!("1 chunk in {n}", n = format::grouped(n.cast_signed())))
    };
    let mut rows = Vec::new();
    if every > 1 {
        rows.push(told(tr!("picture from"), u64::from(every).pow(2)));
    }
    if counted < all {
        rows.push(told(tr!("shares from"), all.div_ceil(counted.max(1)) as u64));
    }
    rows
}

fn rows_ui(ui: &mut Ui, at: Pos2, rows: &[(Option<PixelState>, String, String)]) {
    let size = Vec2::new(ROW.x, ROW.y * rows.len() as f32 + 8.0);
    let rect = Rect::from_min_size(at - Vec2::new(0.0, size.y), size);
    let painter = ui.painter_at(rect);
    plate(&painter, rect);
    let font = FontId::proportional(tokens::SMALL);
    for (i, (state, title, share)) in rows.iter().enumerate() {
        let row = Rect::from_min_size(
            rect.min + Vec2::new(10.0, 4.0 + i as f32 * ROW.y),
            ROW - Vec2::new(20.0, 0.0),
        );
        if let Some(state) = state {
            let swatch = Rect::from_center_size(row.left_center() + Vec2::new(6.0, 0.0), Vec2::splat(11.0));
            painter.rect_filled(swatch, 2.0, tokens::mask(*state).to_opaque());
            if *state == PixelState::NotObserved {
                // As on the map: lines on the ground.
                painter.rect_filled(swatch, 2.0, tokens::MAP_BACKGROUND);
                let line = Stroke::new(1.0, Color32::from_gray(150));
                painter.line_segment([swatch.left_bottom(), swatch.right_top()], line);
            }
            let edge = Stroke::new(1.0, Color32::from_white_alpha(90));
            painter.rect_stroke(swatch, 2.0, edge, StrokeKind::Inside);
        }
        let left = row.left_center() + Vec2::new(18.0, 0.0);
        painter.text(left, Align2::LEFT_CENTER, title, font.clone(), Color32::WHITE);
        painter.text(row.right_center(), Align2::RIGHT_CENTER, share, font.clone(), Color32::WHITE);
    }
    let told: Vec<String> = rows.iter().map(|(_, title, share)| format!("{title} {share}")).collect();
    let words = tr!("Mask of this date, in shares of the site {rows}", rows = told.join(", "));
    let response = ui.interact(rect, Id::unique("mask legend"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, words.trim()));
    response.on_hover_text(words.trim());
}

/// A reason, for people.
fn title(state: PixelState) -> &'static str {
    match state {
        PixelState::Clear => tr!("clear"),
        PixelState::NotObserved => tr!("not observed"),
        PixelState::Cloud => tr!("cloud"),
        PixelState::Shadow => tr!("shadow"),
        PixelState::Snow => tr!("snow"),
        PixelState::Other => tr!("masked"),
        PixelState::Near => tr!("near a masked pixel"),
    }
}

/// A share in per cent: rare is not none.
fn percent(share: f32) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 { "< 0.1 %".into() } else { format!("{percent:.1} %") }
}

#[cfg(test)]
mod tests {
    use super::{percent, sampled};

    #[test]
    fn a_sample_says_of_how_much_it_is() {
        let words = |every, counts| sampled(every, counts).into_iter().map(|(_, a, b)| format!("{a} {b}"));
        assert_eq!(words(1, (30, 30)).count(), 0);
        let told: Vec<_> = words(4, (400, 29_584)).collect();
        assert_eq!(told, ["picture from 1 chunk in 16", "shares from 1 chunk in 74"]);
    }

    #[test]
    fn what_is_rare_is_not_none() {
        assert_eq!([0.0, 0.0004, 0.123, 1.0].map(percent), ["0.0 %", "< 0.1 %", "12.3 %", "100.0 %"]);
    }
}
