//! The error matrix: reference down, map across, each row's shares as shades. A cell that is pressed shows its pixels.

use super::cell::Cells;
use crate::app::Command;
use crate::assess::ErrorMatrix;
use crate::jobs::HeldAgainst;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{Align2, FontId, Label, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

/// Room for the colours of the classes.
const EDGE: f32 = 20.0;

pub fn matrix_ui(ui: &mut Ui, matrix: &ErrorMatrix, cells: &Cells, view: &mut View) {
    let n = matrix.classes.len();
    if n == 0 {
        return;
    }
    let words = tr!("Error matrix: reference down, map across, shares of each row");
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
    match cells {
        Cells::None => {}
        Cells::Elsewhere(map) => {
            let words = tr!("Show {map} to see the pixels of a cell", map = map);
            if ui.button(words).clicked() {
                view.send(Command::ShowMap(map.clone()));
            }
        }
        Cells::Of(..) => {
            ui.label(RichText::new(tr!("Press a cell to see its pixels on the map")).small().weak());
        }
    }
    let cell = ((ui.available_width() - EDGE - tokens::GRID) / n as f32).clamp(8.0, 28.0);
    let side = cell * n as f32 + EDGE;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, tr!("Error matrix")));
    let origin = rect.min + Vec2::splat(EDGE);
    for (i, class) in matrix.classes.iter().enumerate() {
        let colour = widgets::colour(class.colour);
        let along = cell * i as f32;
        let across = egui::Rect::from_min_size(origin + Vec2::new(along, -18.0), Vec2::new(cell - 1.0, 14.0));
        let down = egui::Rect::from_min_size(origin + Vec2::new(-18.0, along), Vec2::new(14.0, cell - 1.0));
        ui.painter().rect_filled(across, 2.0, colour);
        ui.painter().rect_filled(down, 2.0, colour);
        let total: u64 = (0..n).map(|m| matrix.count(i, m)).sum();
        for mapped in 0..n {
            let at = origin + Vec2::new(cell * mapped as f32, along);
            let square = egui::Rect::from_min_size(at, Vec2::splat(cell - 1.0));
            let share = if total == 0 { 0.0 } else { matrix.count(i, mapped) as f32 / total as f32 };
            cell_ui(ui, (response.id, square), matrix, (i, mapped), share, cells, view);
        }
    }
}

fn cell_ui(
    ui: &mut Ui,
    (id, square): (egui::Id, egui::Rect),
    matrix: &ErrorMatrix,
    (reference, mapped): (usize, usize),
    share: f32,
    cells: &Cells,
    view: &mut View,
) {
    let counted = matrix.count(reference, mapped);
    let (from, to) = (&matrix.classes[reference], &matrix.classes[mapped]);
    let what = if matches!(cells, Cells::Of(HeldAgainst::Reference, _)) { "unit" } else { "pixel" };
    let words = tr!(
        "{reference} in the reference, {map} on the map: {pixels}",
        reference = from.name,
        map = to.name,
        pixels = format::count(counted as usize, what)
    );
    let against = match cells {
        Cells::Of(against, _) if counted > 0 => Some(*against),
        _ => None,
    };
    let sense = if against.is_some() { Sense::click() } else { Sense::hover() };
    let response = ui.interact(square, id.with((reference, mapped)), sense);
    let shown = cells.shows([from.code, to.code]);
    let role = if against.is_some() { Role::Button } else { Role::Figure };
    response.widget_info(|| match shown {
        true => WidgetInfo::selected(role, true, true, &words),
        false => WidgetInfo::labeled(role, true, &words),
    });
    let (dark, visuals) = (ui.visuals().dark_mode, ui.visuals());
    let painter = ui.painter();
    painter.rect_filled(square, 2.0, visuals.extreme_bg_color);
    painter.rect_filled(square, 2.0, tokens::accent(dark).gamma_multiply(share.sqrt()));
    if share >= 0.005 && square.width() >= 19.0 {
        let ink = if share > 0.3 { tokens::on_accent(dark) } else { visuals.text_color() };
        let words = format!("{:.0}", share * 100.0);
        painter.text(square.center(), Align2::CENTER_CENTER, words, FontId::proportional(10.0), ink);
    }
    if response.hovered() || response.has_focus() || shown {
        let stroke = Stroke::new(if shown { 2.0 } else { 1.0 }, visuals.strong_text_color());
        painter.rect_stroke(square, 2.0, stroke, StrokeKind::Inside);
    }
    if let Some(against) = against
        && response.clicked()
    {
        view.send(Command::ShowCell { against, cell: [from.code, to.code] });
        let mut classes = vec![from.code, to.code];
        classes.dedup();
        view.send(Command::ShowEnvelopes(classes));
    }
    response.on_hover_text(words);
}
