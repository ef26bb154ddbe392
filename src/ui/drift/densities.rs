//! Histograms over one another: a small one for each band, a line for each date that is chosen.

use super::head::value_words;
use super::table::line_colour;
use super::{Clicked, Drift};
use crate::cube::statistics::{BINS, Comparison};
use crate::ui::words::{tr, tr_word};
use crate::ui::{tokens, widgets};
use egui::{
    Align2, Button, Color32, FontId, Pos2, Rect, RichText, Role, ScrollArea, Sense, Shape, Stroke, Ui, Vec2,
    WidgetInfo, pos2,
};

/// The least width of a histogram, and its height.
const SIZE: Vec2 = Vec2::new(118.0, 74.0);
/// Between two, whose numbers would read as one.
const GAP: f32 = 3.0 * tokens::GRID;
/// Height of the words below and above one.
const WORDS: f32 = 14.0;

pub fn densities_ui(ui: &mut Ui, comparison: &Comparison, drift: &mut Drift) -> Option<Clicked> {
    ui.add_space(tokens::GRID);
    let chosen: Vec<(usize, usize)> = drift.chosen(comparison).collect();
    let mut clicked = None;
    if chosen.is_empty() {
        widgets::empty(
            ui,
            tr!("No histogram is drawn"),
            tr!("Ctrl and click dates in the table to lay their histograms over one another."),
        );
        return None;
    }
    let room = ui.available_width() - ui.spacing().scroll.bar_width;
    ScrollArea::horizontal().id_salt("drift-chips").auto_shrink([false, true]).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing = Vec2::splat(tokens::GRID);
            for (at, (site, time)) in chosen.iter().copied().enumerate() {
                if let Some(over) = chip_ui(ui, comparison, at, (site, time)) {
                    clicked = Some(Clicked { site, time, over });
                }
            }
        });
    });
    let count = comparison.bands.len();
    let across = ((room / SIZE.x).floor() as usize).clamp(1, count.max(1));
    let width = room / across as f32 - GAP;
    let height = SIZE.y + WORDS;
    ScrollArea::vertical().id_salt("drift-densities").auto_shrink(false).show_rows(
        ui,
        height,
        count.div_ceil(across),
        |ui, rows| {
            for row in rows {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = GAP;
                    for band in (row * across..count).take(across) {
                        let size = Vec2::new(width, height);
                        if let Some((site, time)) = band_ui(ui, comparison, band, &chosen, size) {
                            clicked = Some(Clicked { site, time, over: false });
                        }
                    }
                });
            }
        },
    );
    clicked
}

/// A date with the colour of its line; gives whether it was taken off, or (false) is to be shown on the map.
fn chip_ui(ui: &mut Ui, comparison: &Comparison, at: usize, (site, time): (usize, usize)) -> Option<bool> {
    let here = &comparison.sites[site];
    let date = here.statistics.dates[time];
    let words = if comparison.sites.len() > 1 { format!("{}, {date}", here.name) } else { date.to_string() };
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(10.0), Sense::hover());
        ui.painter().circle(rect.center(), 4.0, line_colour(at), Stroke::new(1.0, Color32::BLACK));
        let hint = tr!("Shows this site and date on the map");
        let shown = ui.add(Button::new(RichText::new(&words).small()).small()).on_hover_text(hint);
        let off = ui.add(Button::new(RichText::new("×").small()).small().frame(false));
        off.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, tr!("Take {date} off the histograms", date = words))
        });
        let off = off.on_hover_text(tr!("Takes it off the histograms"));
        match (off.clicked(), shown.clicked()) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    })
    .inner
}

/// The histograms of a band; gives the date whose line was clicked.
fn band_ui(
    ui: &mut Ui,
    comparison: &Comparison,
    band: usize,
    chosen: &[(usize, usize)],
    size: Vec2,
) -> Option<(usize, usize)> {
    let told = &comparison.bands[band];
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let of = |(site, time): &(usize, usize)| {
        Some(comparison.cell(*site, *time, band)?.histogram(told.range, BINS))
    };
    let lines: Vec<Option<Vec<f32>>> = chosen.iter().map(of).collect();
    let (painter, weak) = (ui.painter_at(rect), ui.visuals().weak_text_color());
    let plot = Rect::from_min_max(rect.min + Vec2::new(0.0, WORDS), rect.max - Vec2::new(0.0, WORDS));
    painter.rect_filled(plot, 2.0, ui.visuals().extreme_bg_color);
    let (font, small) = (FontId::proportional(tokens::SMALL), FontId::monospace(9.5));
    painter.text(rect.left_top(), Align2::LEFT_TOP, &told.name, font, ui.visuals().text_color());
    painter.text(rect.left_bottom(), Align2::LEFT_BOTTOM, value_words(told.range.0), small.clone(), weak);
    painter.text(rect.right_bottom(), Align2::RIGHT_BOTTOM, value_words(told.range.1), small, weak);
    let most = lines.iter().flatten().flatten().copied().fold(0.0, f32::max).max(f32::MIN_POSITIVE);
    let place = |bin: usize, share: f32| {
        let x = plot.left() + plot.width() * (bin as f32 + 0.5) / BINS as f32;
        pos2(x, plot.bottom() - 1.0 - (plot.height() - 4.0) * share / most)
    };
    let lines: Vec<Option<Vec<Pos2>>> = lines
        .into_iter()
        .map(|line| Some(line?.into_iter().enumerate().map(|(bin, share)| place(bin, share)).collect()))
        .collect();
    // The first is drawn last: it is what the others are held against.
    for (at, line) in lines.iter().enumerate().rev() {
        let Some(line) = line else { continue };
        painter.add(Shape::line(line.clone(), Stroke::new(3.0, tokens::halo(line_colour(at)))));
        painter.add(Shape::line(line.clone(), Stroke::new(1.5, line_colour(at))));
    }
    let nearest = |pos: Pos2| {
        let apart =
            |line: &Vec<Pos2>| line.iter().map(|point| point.distance_sq(pos)).fold(f32::INFINITY, f32::min);
        let all = lines.iter().enumerate().filter_map(|(at, line)| Some((at, apart(line.as_ref()?))));
        all.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| chosen[at])
    };
    let name = |(site, time): (usize, usize)| {
        let here = &comparison.sites[site];
        format!("{}, {}", here.name, here.statistics.dates[time])
    };
    response.widget_info(|| {
        let words: Vec<String> = chosen.iter().map(|chosen| name(*chosen)).collect();
        WidgetInfo::labeled(
            Role::Button,
            true,
            tr!("Histogram of {band}: {dates}", band = told.name, dates = words.join("; ")),
        )
    });
    let at_pointer = response.hover_pos().and_then(nearest);
    let at_click = response.interact_pointer_pos().and_then(nearest).or_else(|| chosen.first().copied());
    let clicked = response.clicked().then_some(at_click).flatten();
    if let Some(at) = at_pointer {
        response.on_hover_text(tr!(
            "{date}: click shows it on the map. From {low} to {high} {unit}",
            date = name(at),
            low = value_words(told.range.0),
            high = value_words(told.range.1),
            unit = tr_word(told.unit.name())
        ));
    }
    clicked
}
