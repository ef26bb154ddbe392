//! Words on a dark ground of their own, over pictures.

use crate::ui::tokens;
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Vec2};

/// What is drawn in a corner of the map, on a ground of its own.
pub fn plate(painter: &Painter, rect: Rect) {
    painter.rect_filled(rect, 4.0, Color32::from_black_alpha(150));
}

/// Text on a plate.
pub fn plate_text(painter: &Painter, at: Pos2, align: Align2, words: &str) {
    let galley = painter.layout_no_wrap(words.into(), FontId::proportional(tokens::SMALL), Color32::WHITE);
    let rect = align.anchor_size(at, galley.size() + Vec2::new(12.0, 6.0));
    plate(painter, rect);
    painter.galley(rect.min + Vec2::new(6.0, 3.0), galley, Color32::WHITE);
}

/// Text on a plate, that assistive technology reads too.
pub fn told(ui: &egui::Ui, rect: Rect, at: Pos2, align: Align2, words: &str) {
    plate_text(&ui.painter_at(rect), at, align, words);
    let place = align.anchor_size(at, Vec2::splat(tokens::TARGET));
    let response = ui.interact(place, ui.scope_id().with(words), egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
}

/// Words beside the mouse; tells where they stand.
pub fn tag(painter: &Painter, at: Pos2, words: &str) -> Rect {
    let galley = painter.layout_no_wrap(words.into(), FontId::proportional(tokens::TEXT), Color32::WHITE);
    let size = galley.size() + Vec2::new(16.0, 10.0);
    let clip = painter.clip_rect();
    let mut rect = Rect::from_min_size(at, size);
    // Near the edges it stands on the other side of the mouse.
    if rect.right() > clip.right() {
        rect = rect.translate(Vec2::new(-size.x - 36.0, 0.0));
    }
    if rect.bottom() > clip.bottom() {
        rect = rect.translate(Vec2::new(0.0, -size.y - 24.0));
    }
    painter.rect_filled(rect, 4.0, Color32::from_black_alpha(205));
    painter.galley(rect.min + Vec2::new(8.0, 5.0), galley, Color32::WHITE);
    rect
}
