//! What lies under the mouse, in the bar at the bottom: where it is, its values, its class. Each has a width of its own, so
//! that nothing moves as the mouse does.

use super::view::View;
use super::words::{tr, tr_below, tr_word};
use super::{format, tokens};
use crate::app::OpenProject;
use crate::cube::{Feature, PixelState};
use crate::geo::Grid;
use egui::{Label, RichText, Ui, Vec2};

/// Width of the name of a class.
const CLASS: f32 = 132.0;

pub fn here_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some(place) = view.map.hovered else {
        ui.label(RichText::new(tr!("Point at the map to read its values")).small().weak());
        return;
    };
    let mono = |text: String| RichText::new(text).monospace().size(tokens::SMALL);
    ui.label(mono(format!("{:<25}", format::lonlat(place.lonlat))))
        .on_hover_text(tr!("Latitude and longitude, WGS 84"));
    let Some((opened, _)) = project.cube() else { return };
    let info = opened.cube.info();
    ui.label(mono(xy_words(&info.grid, place.xy))).on_hover_text(info.grid.crs.label());
    let Some((col, row)) = place.pixel else {
        ui.label(RichText::new(tr!("outside of the images")).small().weak());
        return;
    };
    let most = format!("pixel {}, {}", info.grid.width.saturating_sub(1), info.grid.height.saturating_sub(1));
    let words = tr!("pixel {col}, {row}", col = col, row = row);
    ui.label(mono(padded(&words, most.chars().count())))
        .on_hover_text(tr!("Column and row, counted from the top left corner"));
    if let Some(why) = view.map.damage_at(opened, (col, row)) {
        let words = RichText::new(tr!("damaged: no values")).small().color(ui.visuals().warn_fg_color);
        ui.label(words).on_hover_text(tr_below(why));
    }
    let series = opened.cube.cached_series(col, row);
    let told = |channel: &Feature| {
        let series = series.as_ref().map(|series| channel.series(series));
        let value = series.and_then(|s| s.get(project.time()).copied()).unwrap_or(f32::NAN);
        value_words(&channel.name, value, channel.is_index())
    };
    let values: Vec<_> = opened.composite.channels.iter().map(told).collect();
    ui.label(mono(values.join("  "))).on_hover_text(tr!("Values of what the map shows, on the date"));
    let masked = opened.cube.cached_mask(col, row);
    let state = masked.and_then(|mask| mask.states.get(project.time()).copied());
    class_ui(ui, project, (col, row));
    if let Some(words) = super::map::certainty_here(ui.ctx(), project, view) {
        let hint = tr!("How uncertain the map is there, and its two likeliest classes");
        ui.label(RichText::new(words).small()).on_hover_text(hint);
    }
    if let Some(state) = state {
        let words = RichText::new(tr_word(state.name())).small();
        let words = if state == PixelState::Clear { words.weak() } else { words };
        ui.label(words).on_hover_text(match state {
            PixelState::Clear => tr!("It was seen on this date"),
            _ => tr!("Why this pixel has no clear observation on this date"),
        });
    }
}

/// The class of the map there.
fn class_ui(ui: &mut Ui, project: &OpenProject, (col, row): (u32, u32)) {
    let Some(map) = project.map() else { return };
    let code = map.codes.get(row as usize * map.width as usize + col as usize).copied().unwrap_or(0);
    let legend = project.legend_of_map();
    let class = legend.class(code);
    ui.allocate_ui_with_layout(
        Vec2::new(CLASS, tokens::BAR),
        egui::Layout::left_to_right(egui::Align::Center),
        |ui| {
            ui.set_min_width(CLASS);
            ui.spacing_mut().item_spacing.x = tokens::GRID;
            let words = match class {
                Some(class) => {
                    super::widgets::swatch(ui, class.colour);
                    format!("{code} {}", class.name)
                }
                None => tr!("no class").into(),
            };
            let hint = tr!("Class of the map {map}: code and name", map = &map.name);
            ui.add(Label::new(RichText::new(words).small()).truncate()).on_hover_text(hint);
        },
    );
}

/// Coordinates on the grid, with their unit, as wide everywhere on it.
fn xy_words(grid: &Grid, [x, y]: [f64; 2]) -> String {
    let geographic = grid.crs.is_geographic();
    let decimals = if geographic { 5 } else { 0 };
    let unit = match (geographic, grid.crs.unit()) {
        (true, _) => "°".to_string(),
        (false, unit) => format!(" {unit}"),
    };
    let [right, bottom] = grid.xy_from_pixel(f64::from(grid.width), f64::from(grid.height));
    let wide = |a: f64, b: f64| format!("{a:.decimals$}").len().max(format!("{b:.decimals$}").len());
    let (wide_x, wide_y) = (wide(grid.left, right), wide(grid.top, bottom));
    format!("x {x:>wide_x$.decimals$}{unit}  y {y:>wide_y$.decimals$}{unit}")
}

/// A value with its unit, as wide whether or not there is one.
fn value_words(name: &str, value: f32, is_index: bool) -> String {
    match (value.is_nan(), is_index) {
        (true, true) => format!("{name} {:>6}", "–"),
        (false, true) => format!("{name} {value:>6.3}"),
        (true, false) => format!("{name} {:>8}", "–"),
        (false, false) => padded(&format!("{name} {value:.0} DN"), name.chars().count() + 9),
    }
}

/// A text with blanks behind it, up to so many characters.
fn padded(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    #[test]
    fn what_is_told_of_a_place_is_as_wide_everywhere() {
        let grid = crate::testing::grid();
        assert_eq!(xy_words(&grid, [480_005.0, 2_159_995.0]), "x 480005 m  y 2159995 m");
        let degrees = Grid {
            crs: Crs::from_epsg(4326).unwrap(),
            left: -99.5,
            top: 20.0,
            pixel_width: 0.001,
            pixel_height: 0.001,
            ..grid
        };
        let near_zero = xy_words(&degrees, [-97.5, 19.0]);
        assert_eq!(near_zero, "x -97.50000°  y 19.00000°");
        let widths: Vec<_> = [
            value_words("B04", 7.0, false),
            value_words("B04", 10_000.0, false),
            value_words("B04", f32::NAN, false),
        ]
        .map(|words| words.chars().count())
        .into();
        assert_eq!(widths, [12; 3]);
        assert_eq!(
            value_words("NDVI", -0.25, true).chars().count(),
            value_words("NDVI", f32::NAN, true).chars().count()
        );
    }
}
