//! What the plot shows, out to the clipboard or a file: the pins, or where there is none the pixel that was last under the mouse.

use super::curves::{curves, indices, units};
use super::{envelopes, lays_years};
use crate::app::{OpenProject, SeriesRequest};
use crate::chart::{ChartFormat, PixelInput, SeriesTable, TableOf, UsualYear, csv};
use crate::cube::Feature;
use crate::jobs::{OpenedCube, PixelAt};
use crate::project::file_name;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{RichText, Ui};
use std::path::Path;

/// The pixels to export, each with its name.
fn pixels(project: &OpenProject, opened: &OpenedCube, view: &View) -> Vec<(String, (u32, u32))> {
    let pins = project.document.view.pins.iter().enumerate();
    let pins: Vec<_> = pins.map(|(i, pin)| (tr!("pin {n}", n = i + 1), *pin)).collect();
    if !pins.is_empty() {
        return pins;
    }
    let last = view.last_pixel.as_ref().filter(|(site, _)| *site == opened.site);
    last.map(|&(_, (col, row))| (tr!("pixel {col}, {row}", col = col, row = row), (col, row)))
        .into_iter()
        .collect()
}

/// The names of all indices shown, and of all curves.
fn shown(project: &OpenProject, opened: &OpenedCube, view: &View) -> (Vec<String>, Vec<String>) {
    let curves = curves(opened, view, &indices(project, opened), units(project, opened), false);
    let name = |curve: &super::curves::Curve| exported_name(project, opened, &curve.feature);
    let all: Vec<String> = curves.iter().map(name).collect();
    let of_index = curves.iter().filter(|curve| curve.feature.is_index()).map(name).collect();
    (of_index, all)
}

/// What a band or an index is called in a file: an index that is being written goes by its expression.
fn exported_name(project: &OpenProject, opened: &OpenedCube, feature: &Feature) -> String {
    let kept = || indices(project, opened).iter().any(|index| index.name == feature.name);
    match feature.expression() {
        Some(expression) if !kept() => expression.to_string(),
        _ => feature.name.clone(),
    }
}

/// The usual years shown behind the pixels.
fn usual(project: &OpenProject, opened: &OpenedCube, view: &View) -> Vec<UsualYear> {
    envelopes::usual(project, view, |feature| exported_name(project, opened, feature))
}

/// The request to write what is shown to a file; one that is there stays.
pub fn request(project: &OpenProject, view: &View, file: &Path) -> Option<SeriesRequest> {
    let (opened, _) = project.cube()?;
    let (indices, drawn) = shown(project, opened, view);
    let at = |(name, (col, row)): (String, (u32, u32))| (name, PixelAt::Pixel(col, row));
    Some(SeriesRequest {
        file: file.to_path_buf(),
        site: Some(opened.site.clone()),
        pixels: pixels(project, opened, view).into_iter().map(at).collect(),
        bands: None,
        indices,
        drawn: Some(drawn),
        units: units(project, opened),
        filling: project.document.view.gaps,
        smoothing: project.document.view.smoothing,
        years: lays_years(project, opened),
        usual: usual(project, opened, view),
        usual_of: Vec::new(),
        replace: false,
    })
}

/// The table of what is shown, from what is in memory.
pub fn text(project: &OpenProject, opened: &OpenedCube, view: &View) -> Result<String, String> {
    let (indices, drawn) = shown(project, opened, view);
    let own = &project.document.settings.indices;
    let of = TableOf::choose(opened.cube.info(), (None, &indices), own, Some(&drawn))
        .map_err(|e| e.to_string())?;
    let of = TableOf {
        project: project.document.name.clone(),
        site: opened.site.clone(),
        units: units(project, opened),
        filling: project.document.view.gaps,
        smoothing: project.document.view.smoothing,
        years: lays_years(project, opened),
        usual: usual(project, opened, view),
        ..of
    };
    let input = |(name, pixel): (String, (u32, u32))| {
        let series = opened.cube.cached_series(pixel.0, pixel.1)?;
        Some(PixelInput { name, pixel, series, mask: opened.cube.cached_mask(pixel.0, pixel.1) })
    };
    let inputs: Vec<PixelInput> = pixels(project, opened, view).into_iter().filter_map(input).collect();
    csv(&SeriesTable::new(opened.cube.info(), &of, inputs)).map_err(|e| e.to_string())
}

/// The button and what it offers.
pub fn menu_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) {
    let any = !pixels(project, opened, view).is_empty();
    let menu = ui.add_enabled_ui(any, |ui| {
        ui.menu_button(RichText::new(tr!("Export…")).small(), |ui| {
            let hint = tr!("All bands and the indices shown, a row a pixel and date");
            if ui.button(tr!("Copy as CSV")).on_hover_text(hint).clicked() {
                // Were there no room for it, the sentence that says so would be pasted.
                ui.ctx().copy_text(text(project, opened, view).unwrap_or_else(|why| why));
                ui.close();
            }
            let forms = [
                (ChartFormat::Csv, tr!("CSV…"), hint),
                (ChartFormat::Png, tr!("PNG…"), tr!("A picture of the curves shown")),
                (ChartFormat::Svg, tr!("SVG…"), tr!("A drawing of the curves shown, to be edited")),
            ];
            for (format, words, hint) in forms {
                if ui.button(words).on_hover_text(hint).clicked() {
                    let name = format!("{}-series.{}", file_name(&opened.site), format.ending());
                    view.dialogs.browse_series(ui.ctx(), format, name);
                    ui.close();
                }
            }
        })
    });
    let hint = tr!(
        "The series of the pins, or of the pixel that was last under the mouse, to the clipboard or a file"
    );
    let response = menu.inner.response;
    let name = || egui::WidgetInfo::labeled(egui::Role::Button, any, tr!("Export series…"));
    response.widget_info(name);
    response.on_hover_text(hint).on_disabled_hover_text(tr!("Point at a pixel, or pin one, first"));
}
