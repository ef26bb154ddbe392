//! On the right: what the cube is to be.

use super::Imagery;
use super::facts::{BandChoice, Facts};
use super::fields::{date, extent, resolution};
use crate::app::OpenProject;
use crate::cube::{MaskSetting, Method, OffsetSetting, Period, Resampling};
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{tokens, widgets};
use egui::{Align, ComboBox, DragValue, Label, Layout, Response, RichText, ScrollArea, TextEdit, Ui, Vec2};

/// Width of the names of settings.
const NAMES: f32 = 84.0;

pub fn settings_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let imagery = &mut view.imagery;
    let facts = imagery.facts_of(project);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        bands_ui(ui, imagery, &facts.bands);
        widgets::section(ui, tr!("Steps in time"));
        time_ui(ui, imagery);
        widgets::section(ui, tr!("Clouds"));
        mask_ui(ui, imagery, &facts);
        widgets::section(ui, tr!("Grid"));
        grid_ui(ui, imagery, project);
        ui.add_space(4.0 * tokens::GRID);
    });
}

/// A setting: its name, and what it is.
fn row(ui: &mut Ui, name: &str, hint: &str, content: impl FnOnce(&mut Ui) -> Response) {
    ui.horizontal(|ui| {
        let label = Label::new(RichText::new(name).weak());
        let label = ui.allocate_ui_with_layout(
            Vec2::new(NAMES, tokens::TARGET),
            Layout::left_to_right(Align::Center),
            |ui| {
                ui.set_min_width(NAMES);
                ui.add(label).on_hover_text(hint)
            },
        );
        content(ui).labelled_by(label.inner.id).on_hover_text(hint);
    });
}

/// One of a few, side by side.
fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    value: &mut T,
    choices: &[(T, &str, &str)],
) -> bool {
    let before = value.clone();
    row(ui, name, hint, |ui| {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = tokens::GRID;
            ui.spacing_mut().button_padding.x = 1.5 * tokens::GRID;
            for (one, text, hint) in choices {
                let button = egui::Button::selectable(value == one, *text);
                if ui.add(button).on_hover_text(*hint).clicked() {
                    *value = one.clone();
                }
            }
        })
        .response
    });
    *value != before
}

/// A field whose text is read, red while it cannot be.
fn typed<T>(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    empty: &str,
    text: &mut String,
    read: impl Fn(&str) -> Result<T, String>,
) {
    let wrong = read(text).err();
    row(ui, name, hint, |ui| {
        let mut field = TextEdit::singleline(text).hint_text(empty).desired_width(ui.available_width() - 8.0);
        if wrong.is_some() {
            field = field.text_color(ui.visuals().error_fg_color);
        }
        let response = ui.add(field);
        match &wrong {
            Some(wrong) => response.on_hover_text(wrong),
            None => response,
        }
    });
}

fn bands_ui(ui: &mut Ui, imagery: &mut Imagery, bands: &[BandChoice]) {
    widgets::section(ui, tr!("Bands"));
    if bands.is_empty() {
        ui.label(RichText::new(tr!("Those that all acquisitions have.")).weak());
        return;
    }
    let everywhere: Vec<String> =
        bands.iter().filter(|band| band.everywhere).map(|band| band.name.clone()).collect();
    let mut chosen = imagery.settings.bands.clone().unwrap_or_else(|| everywhere.clone());
    let before = chosen.clone();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::splat(tokens::GRID);
        ui.spacing_mut().button_padding.x = 1.5 * tokens::GRID;
        for band in bands {
            let is_on = chosen.contains(&band.name);
            let button = ui.add(egui::Button::selectable(is_on, &band.name)).on_hover_text(&band.words);
            if button.clicked() {
                if is_on {
                    chosen.retain(|name| *name != band.name);
                } else {
                    // In the order in which they are found.
                    let all = bands.iter().map(|b| &b.name);
                    chosen = all.filter(|n| **n == band.name || chosen.contains(n)).cloned().collect();
                }
            }
        }
    });
    if chosen != before {
        imagery.settings.bands = (chosen != everywhere).then_some(chosen);
    }
}

fn time_ui(ui: &mut Ui, imagery: &mut Imagery) {
    let settings = &mut imagery.settings;
    let days = match settings.period {
        Period::Days(days) => days,
        _ => 16,
    };
    choice(
        ui,
        tr!("Period"),
        tr!("One step of the cube for each of these spans of time"),
        &mut settings.period,
        &[
            (Period::None, tr!("Each date"), tr!("Each date is a step; images of one day are merged")),
            (Period::Month, tr!("Month"), tr!("One step for each month of the calendar")),
            (Period::Days(days), tr!("Days"), tr!("One step for each so many days")),
        ],
    );
    if let Period::Days(days) = &mut settings.period {
        row(ui, tr!("Length"), tr!("Days in a step"), |ui| {
            ui.add(DragValue::new(days).range(1..=3660).suffix(tr!(" days")))
        });
        typed(
            ui,
            tr!("Begins"),
            tr!("A day on which a period begins"),
            tr!("with the first acquisition"),
            &mut imagery.fields.anchor,
            date,
        );
    }
    choice(
        ui,
        tr!("Method"),
        tr!("How the clear observations of a pixel in one step become one"),
        &mut settings.method,
        &[
            (Method::Median, tr!("Median"), tr!("The median of each band")),
            (
                Method::Medoid,
                tr!("Medoid"),
                tr!("The observation that is nearest to all others, over all bands (Flood 2013)"),
            ),
            (
                Method::LeastCloudy,
                tr!("Least cloudy"),
                tr!("The observation of the acquisition that is clearest on the whole"),
            ),
        ],
    );
    typed(
        ui,
        tr!("From"),
        tr!("No acquisition before this day"),
        tr!("the first"),
        &mut imagery.fields.from,
        date,
    );
    typed(ui, tr!("To"), tr!("No acquisition after this day"), tr!("the last"), &mut imagery.fields.to, date);
    row(
        ui,
        tr!("Drop steps"),
        tr!("Steps of which a smaller share of the pixels is clear are left out"),
        |ui| {
            let mut drops = settings.drop_below.is_some();
            let switch = ui.checkbox(&mut drops, tr!("below"));
            if switch.changed() {
                settings.drop_below = drops.then_some(0.2);
            }
            if let Some(share) = &mut settings.drop_below {
                let mut percent = *share * 100.0;
                let drag =
                    DragValue::new(&mut percent).range(0.0..=100.0).fixed_decimals(0).suffix(tr!(" % clear"));
                if ui.add(drag).changed() {
                    *share = percent / 100.0;
                }
            }
            switch
        },
    );
}

fn mask_ui(ui: &mut Ui, imagery: &mut Imagery, facts: &Facts) {
    /// The three ways, as buttons.
    #[derive(Clone, Copy, PartialEq)]
    enum Way {
        Auto,
        Off,
        Own,
    }
    let mut way = match (imagery.fields.own_mask, &imagery.settings.mask) {
        (true, _) => Way::Own,
        (false, MaskSetting::Off) => Way::Off,
        _ => Way::Auto,
    };
    let changed = choice(
        ui,
        tr!("Mask"),
        tr!("Which pixels are not clear; they are never filled from masked ones"),
        &mut way,
        &[
            (Way::Auto, tr!("As found"), tr!("By the mask that was recognised, in its usual way")),
            (Way::Off, tr!("No mask"), tr!("Every observation is taken as clear")),
            (Way::Own, tr!("By values"), tr!("By a layer and the values of it that are masked")),
        ],
    );
    if changed {
        imagery.fields.own_mask = way == Way::Own;
        imagery.settings.mask = if way == Way::Off { MaskSetting::Off } else { MaskSetting::Auto };
    }
    if way == Way::Auto && !facts.layers.is_empty() {
        let words = if facts.masked {
            &facts.masks
        } else {
            tr!("None was found: every observation is taken as clear")
        };
        row(ui, "", tr!("What was recognised as a mask"), |ui| {
            ui.add(Label::new(RichText::new(words).small().weak()).truncate())
        });
    }
    let layers = &facts.layers;
    if way == Way::Own {
        let chosen = &mut imagery.fields.mask_layer;
        if chosen.is_empty()
            && let Some(first) = layers.first()
        {
            chosen.clone_from(first);
        }
        row(ui, tr!("Layer"), tr!("The layer that tells clear from cloudy pixels"), |ui| {
            let combo = ComboBox::from_id_salt("mask-layer").selected_text(chosen.as_str());
            combo
                .show_ui(ui, |ui| {
                    for layer in layers.iter() {
                        ui.selectable_value(chosen, layer.clone(), layer);
                    }
                })
                .response
        });
        let layer = chosen.clone();
        typed(
            ui,
            tr!("Values"),
            tr!("These are masked: numbers and ranges, such as 3, 8-10"),
            tr!("the usual ones"),
            &mut imagery.fields.mask_values,
            |text| super::fields::mask(&layer, text),
        );
    }
    if way != Way::Off {
        row(ui, tr!("Widened by"), tr!("Pixels within this distance of a masked one are masked too"), |ui| {
            let drag = DragValue::new(&mut imagery.settings.dilate_m).range(0.0..=10_000.0);
            ui.add(drag.speed(5.0).max_decimals(0).suffix(" m"))
        });
    }
    choice(
        ui,
        tr!("Offset"),
        tr!("Sentinel-2 has added 1000 to its values since processing baseline 04.00"),
        &mut imagery.settings.offset,
        &[
            (OffsetSetting::Metadata, tr!("By metadata"), tr!("Taken away where the metadata say so")),
            (OffsetSetting::Keep, tr!("Keep"), tr!("The values are right as they are")),
            (OffsetSetting::Subtract, tr!("Subtract"), tr!("1000 is taken away from every value")),
        ],
    );
}

fn grid_ui(ui: &mut Ui, imagery: &mut Imagery, project: &OpenProject) {
    let found = imagery.found(project);
    let changed = choice(
        ui,
        tr!("Pixels"),
        tr!("A cube has one grid"),
        &mut imagery.fields.warp,
        &[
            (
                false,
                tr!("As they are"),
                tr!("Every value is copied as it is; all files must lie on one grid"),
            ),
            (true, tr!("Warp"), tr!("Files are warped to one grid")),
        ],
    );
    let fields = &mut imagery.fields;
    if changed
        && fields.warp
        && fields.crs.is_empty()
        && let Some(first) = found.and_then(|found| found.placements.first())
    {
        fields.crs = text_of(&first.crs);
    }
    if !fields.warp {
        return;
    }
    typed(
        ui,
        tr!("System"),
        tr!("The coordinate system, as EPSG:CODE or WKT"),
        tr!("that of most files"),
        &mut fields.crs,
        |_| Ok(()),
    );
    typed(
        ui,
        tr!("Pixel size"),
        tr!("Side of a pixel, in units of the coordinate system"),
        tr!("the finest of the files"),
        &mut fields.resolution,
        resolution,
    );
    typed(
        ui,
        tr!("Extent"),
        tr!("Left, bottom, right, top in the coordinate system"),
        tr!("all that the files cover"),
        &mut fields.extent,
        extent,
    );
    taken_over_ui(ui, imagery, project);
    choice(
        ui,
        tr!("Between"),
        tr!("How values between pixels are found; masks always take the nearest"),
        &mut imagery.settings.grid.resampling,
        &[
            (Resampling::Bilinear, tr!("Bilinear"), tr!("From the four around, by distance")),
            (Resampling::Cubic, tr!("Cubic"), tr!("From the sixteen around: sharper")),
            (Resampling::Nearest, tr!("Nearest"), tr!("That of the nearest")),
        ],
    );
}

/// Buttons that take a grid over from what is on screen.
fn taken_over_ui(ui: &mut Ui, imagery: &mut Imagery, project: &OpenProject) {
    let fields = &mut imagery.fields;
    if project.cube().is_none() && project.selected().is_none() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if let Some((opened, _)) = project.cube() {
            let grid = &opened.cube.info().grid;
            let hint = tr!("The grid of {site}: {grid}", site = opened.site, grid = grid.label());
            if ui.small_button(tr!("Grid of the site on screen")).on_hover_text(hint).clicked() {
                let [right, bottom] = grid.xy_from_pixel(f64::from(grid.width), f64::from(grid.height));
                fields.crs = text_of(&grid.crs);
                fields.resolution = grid.pixel_width.to_string();
                fields.extent = format!("{}, {bottom}, {right}, {}", grid.left, grid.top);
            }
        }
        let selected = project.selected().and_then(|id| project.annotation(id));
        let crs = crate::geo::Crs::from_text(&fields.crs).ok();
        if let (Some(annotation), Some(crs)) = (selected, crs)
            && ui.small_button(tr!("Extent of the selected polygon")).clicked()
            && let Ok(Some(extent)) = crate::labels::extent_in(&annotation.geometry, &crs)
        {
            fields.extent = extent.map(|v| v.to_string()).join(", ");
        }
    });
}

/// A coordinate system as people write it.
fn text_of(crs: &crate::geo::Crs) -> String {
    Some(crs.label()).filter(|label| label.starts_with("EPSG:")).unwrap_or_else(|| crs.wkt().to_owned())
}
