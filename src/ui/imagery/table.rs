//! In the middle: what was recognised, one row an acquisition; each can be left out, and its date corrected.

use super::facts::sensor_title;
use super::{Imagery, aside, steps};
use crate::app::{AppState, Command, OpenProject, SurveyState, Surveying};
use crate::cube::AcquisitionSurvey;
use crate::geo::Placement;
use crate::jobs::Surveyed;
use crate::source::{Acquisition, Recognised, Role};
use crate::ui::view::View;
use crate::ui::words::{text, told, tr, tr_below};
use crate::ui::{format, tokens};
use egui::{
    Align, Label, Layout, Panel, Rect, RichText, ScrollArea, Sense, Shape, TextEdit, Ui, UiBuilder, Vec2,
    pos2,
};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns: name, width, what it is. The width of the files' names grows with the window.
const COLUMNS: [(&str, f32, &str); 9] = [
    ("", 24.0, text!("Whether it is taken")),
    (text!("Date"), 88.0, text!("The day it was taken; type another one to correct it")),
    (text!("File"), 150.0, text!("Its file, or what the names of its files share")),
    (text!("Clear"), 100.0, text!("The share of its pixels that were observed and are clear, from a sample")),
    (text!("Tile"), 60.0, text!("Tile, or path and row")),
    (text!("Sensor"), 132.0, text!("The sensor, where it is recognised")),
    (text!("Bands"), 46.0, text!("How many bands it has")),
    (text!("Grid"), 160.0, text!("Where its pixels lie")),
    (text!("Offset"), 48.0, text!("What is taken away from its values")),
];
const FILE: usize = 2;

/// What the table remembers.
#[derive(Default)]
pub struct Table {
    /// The column it is sorted by, and whether from great to small; by date otherwise.
    sort: Option<(usize, bool)>,
    order: Option<Order>,
    /// A date that is being typed: of which file, and what so far.
    pub editing: Option<(PathBuf, String)>,
}

/// Rows in their order, and what it was worked out from.
struct Order {
    found: Arc<Recognised>,
    last: Option<Arc<Surveyed>>,
    sort: Option<(usize, bool)>,
    rows: Arc<Vec<usize>>,
}

pub fn table_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let View { imagery, commands, .. } = view;
    head_ui(ui, state, project, imagery, commands);
    let Some(found) = imagery.found(project).cloned() else { return };
    let has_steps = project.survey.last.as_ref().is_some_and(|last| !last.survey.steps.is_empty());
    if has_steps || !found.damaged.is_empty() || !found.skipped.is_empty() {
        Panel::bottom("imagery-steps").frame(egui::Frame::NONE).resizable(false).show(ui, |ui| {
            aside::aside_ui(ui, &found, imagery);
            steps::steps_ui(ui, project, imagery);
        });
    }
    rows_ui(ui, &found, &project.survey, imagery);
}

/// How the looking goes, and what was found.
fn head_ui(
    ui: &mut Ui,
    state: &AppState,
    project: &OpenProject,
    imagery: &mut Imagery,
    commands: &mut Vec<Command>,
) {
    ui.add_space(tokens::GRID);
    let facts = imagery.facts_of(project);
    let mut again = false;
    match &project.survey.state {
        SurveyState::Looking(id) => {
            let job = state.jobs.iter().find(|job| job.id == *id);
            ui.horizontal(|ui| {
                ui.spinner();
                let progress = job.and_then(|job| job.progress.as_ref());
                let share = progress.and_then(crate::progress::Progress::share);
                ui.add(egui::ProgressBar::new(share.unwrap_or(0.0)).desired_width(96.0).desired_height(6.0));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.small_button(tr!("Stop looking")).clicked() {
                        commands.push(Command::Cancel(*id));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let what = progress.map_or(tr!("Looking at the files"), |p| p.what.as_str());
                        let what = tr_below(what).into_owned();
                        ui.add(Label::new(RichText::new(what).weak()).truncate());
                    });
                });
            });
            return;
        }
        SurveyState::Failed(why) => {
            ui.label(RichText::new(tr!("These files cannot be used yet")).strong());
            ui.label(RichText::new(tr_below(why)).color(ui.visuals().error_fg_color));
            again = ui.button(tr!("Look again")).clicked();
        }
        SurveyState::Stopped => {
            ui.horizontal(|ui| {
                ui.label(tr!("The looking was stopped."));
                again = ui.button(tr!("Look again")).clicked();
            });
        }
        SurveyState::Ready | SurveyState::None => {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let hint = tr!("Reads the files again, where they have changed");
                    again = ui.small_button(tr!("Look again")).on_hover_text(hint).clicked();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let words = match imagery.left_out.len() {
                            0 => facts.summary.to_string(),
                            n => tr!(
                                "{acquisitions}; {files} left out",
                                acquisitions = facts.summary,
                                files = format::count(n, "file")
                            ),
                        };
                        ui.add(Label::new(RichText::new(words).strong()).truncate());
                    });
                });
            });
        }
    }
    if again {
        imagery.look_again(commands);
    }
}

fn rows_ui(ui: &mut Ui, found: &Arc<Recognised>, survey: &Surveying, imagery: &mut Imagery) {
    let last = survey.last.as_ref().filter(|last| Arc::ptr_eq(&last.found.recognised, found));
    let order = imagery.table.order(found, last);
    let mut widths = COLUMNS.map(|(_, width, _)| width);
    // What no acquisition has takes no room.
    let facts = &imagery.facts;
    let offsets = last.is_some_and(|last| last.survey.acquisitions.iter().any(|a| a.offset != 0.0));
    for (name, is_there) in
        [("Clear", facts.masked), ("Tile", facts.tiles), ("Sensor", facts.sensors), ("Offset", offsets)]
    {
        let column = COLUMNS.iter().position(|(other, ..)| *other == name);
        if let Some(column) = column.filter(|_| !is_there) {
            widths[column] = 0.0;
        }
    }
    let least: f32 = widths.iter().sum();
    widths[FILE] += (ui.available_width() - least - 12.0).max(0.0);
    let looking = matches!(survey.state, SurveyState::Looking(_));
    ScrollArea::horizontal().id_salt("imagery-table").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_min_width(widths.iter().sum());
        header_ui(ui, found, imagery, &widths);
        ui.separator();
        ScrollArea::vertical().auto_shrink(false).show_rows(ui, tokens::TARGET, order.len(), |ui, range| {
            for (place, &i) in range.clone().zip(&order[range]) {
                let known = last.and_then(|last| last.survey.acquisitions.get(i));
                row_ui(ui, found, i, place, (known, looking), imagery, &widths);
            }
        });
    });
}

/// Places for the cells of a row, one after the other.
struct Cells<'a> {
    row: Rect,
    x: f32,
    widths: std::slice::Iter<'a, f32>,
    id: usize,
}

impl<'a> Cells<'a> {
    fn new(ui: &mut Ui, widths: &'a [f32; COLUMNS.len()], id: usize) -> Self {
        let size = Vec2::new(widths.iter().sum(), tokens::TARGET);
        let (row, _) = ui.allocate_exact_size(size, Sense::hover());
        Self { row, x: row.left(), widths: widths.iter(), id }
    }

    /// Paints the next cell; `None` where its column is not shown.
    fn next<R>(&mut self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> Option<R> {
        let width = self.widths.next().copied().filter(|width| *width > 0.0)?;
        let min = pos2(self.x, self.row.top());
        let rect = Rect::from_min_size(min, Vec2::new(width - tokens::GRID, self.row.height()));
        let layout = Layout::left_to_right(Align::Center);
        let column = self.widths.len();
        let mut cell =
            ui.new_child(UiBuilder::new().id_salt((self.id, column)).max_rect(rect).layout(layout));
        cell.set_clip_rect(rect.intersect(ui.clip_rect()));
        self.x += width;
        Some(content(&mut cell))
    }
}

fn header_ui(ui: &mut Ui, found: &Recognised, imagery: &mut Imagery, widths: &[f32; COLUMNS.len()]) {
    let mut cells = Cells::new(ui, widths, usize::MAX);
    cells.next(ui, |ui| {
        let mut all = imagery.left_out.is_empty();
        let tick = ui.checkbox(&mut all, "").on_hover_text(tr!("Takes all, or leaves all out"));
        tick.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, all, tr!("Take all")));
        if tick.changed() {
            imagery.left_out.clear();
            if !all {
                imagery.left_out.extend(found.acquisitions.iter().flat_map(paths).map(Path::to_owned));
            }
        }
    });
    for (column, &(name, _, hint)) in COLUMNS.iter().enumerate().skip(1) {
        let sort = imagery.table.sort.filter(|(by, _)| *by == column);
        let clicked = cells.next(ui, |ui| {
            let text = RichText::new(told(name)).small();
            let text = if sort.is_some() { text.strong() } else { text.weak() };
            let button = ui.add(egui::Button::new(text).frame(false)).on_hover_text(told(hint));
            if let Some((_, descending)) = sort {
                arrow(ui, button.rect.right_center(), descending);
            }
            button.clicked()
        });
        if clicked == Some(true) {
            imagery.table.sort = match sort {
                None => Some((column, false)),
                Some((_, false)) => Some((column, true)),
                Some((_, true)) => None,
            };
        }
    }
}

/// A small triangle that tells the order.
fn arrow(ui: &Ui, at: egui::Pos2, descending: bool) {
    let (base, tip) = if descending { (-2.0, 3.0) } else { (2.0, -3.0) };
    let at = at + Vec2::new(8.0, 0.0);
    let corners = vec![at + Vec2::new(-4.0, base), at + Vec2::new(4.0, base), at + Vec2::new(0.0, tip)];
    let colour = ui.visuals().text_color();
    ui.painter().add(Shape::convex_polygon(corners, colour, egui::Stroke::NONE));
}

fn row_ui(
    ui: &mut Ui,
    found: &Recognised,
    i: usize,
    place: usize,
    (known, looking): (Option<&AcquisitionSurvey>, bool),
    imagery: &mut Imagery,
    widths: &[f32; COLUMNS.len()],
) {
    let acquisition = &found.acquisitions[i];
    let mut cells = Cells::new(ui, widths, i);
    if !place.is_multiple_of(2) {
        ui.painter().rect_filled(cells.row, 0.0, ui.visuals().faint_bg_color);
    }
    let mut taken = paths(acquisition).any(|path| !imagery.left_out.contains(path));
    let changed = cells.next(ui, |ui| {
        let tick = ui.checkbox(&mut taken, "");
        let name = tr!("Take {name}", name = acquisition.key);
        tick.widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, taken, &name));
        tick.changed()
    });
    if changed == Some(true) {
        for path in paths(acquisition) {
            if taken {
                imagery.left_out.remove(path);
            } else {
                imagery.left_out.insert(path.to_owned());
            }
        }
    }
    cells.next(ui, |ui| {
        let name = tr!("Date of {name}", name = acquisition.key);
        let files: Vec<&Path> = paths(acquisition).collect();
        date_ui(ui, &name, &files, Some(acquisition.date), imagery);
    });
    let tone = |text: String| {
        let text = RichText::new(text);
        if taken { text } else { text.weak().strikethrough() }
    };
    cells.next(ui, |ui| {
        ui.add(Label::new(tone(acquisition.key.clone())).truncate())
            .on_hover_ui(|ui| files_ui(ui, acquisition));
    });
    cells.next(ui, |ui| clear_ui(ui, known.and_then(|known| known.clear_share), looking && known.is_none()));
    for text in [acquisition.tile.as_deref(), acquisition.sensor.as_deref().map(sensor_title)] {
        cells.next(ui, |ui| ui.add(Label::new(RichText::new(text.unwrap_or("–")).weak()).truncate()));
    }
    cells.next(ui, |ui| {
        let (bands, masks) = names(acquisition);
        ui.label(RichText::new(bands.len().to_string()).monospace()).on_hover_ui(|ui| {
            ui.label(tr!("Bands {names}", names = bands.join(", ")));
            if !masks.is_empty() {
                ui.label(tr!("Masks {names}", names = masks.join(", ")));
            }
        });
    });
    cells.next(ui, |ui| grid_ui(ui, acquisition, &found.placements));
    cells.next(ui, |ui| {
        let offset = known.map_or(0.0, |known| known.offset);
        let text = if offset == 0.0 { "–".into() } else { format!("−{offset}") };
        ui.label(RichText::new(text).monospace().weak());
    });
}

/// The date, which can be typed over; what is no date is red, and forgotten when it is left.
pub(super) fn date_ui(
    ui: &mut Ui,
    name: &str,
    files: &[&Path],
    date: Option<chrono::NaiveDate>,
    imagery: &mut Imagery,
) {
    let Some(first) = files.first() else { return };
    let is_edited = imagery.table.editing.as_ref().is_some_and(|(path, _)| path == first);
    let given = imagery.dates.get(*first).copied().or(date);
    let mut text = match &imagery.table.editing {
        Some((_, text)) if is_edited => text.clone(),
        _ => given.map_or(String::new(), |date| date.to_string()),
    };
    let read = super::fields::date(&text);
    let size = Vec2::new(0.0, tokens::TARGET);
    let mut field = TextEdit::singleline(&mut text).desired_width(f32::INFINITY).hint_text(tr!("date"));
    field = field.min_size(size).align(egui::Align2::LEFT_CENTER);
    if date.is_some() {
        field = field.frame(egui::Frame::NONE);
    }
    if read.is_err() {
        field = field.text_color(ui.visuals().error_fg_color);
    } else if imagery.dates.contains_key(*first) {
        field = field.text_color(tokens::accent(ui.visuals().dark_mode));
    }
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo {
        label: Some(name.into()),
        ..egui::WidgetInfo::text_edit(true, "", &text, "")
    });
    if response.has_focus() {
        imagery.table.editing = Some(((*first).to_owned(), text));
    } else if is_edited {
        imagery.table.editing = None;
        match super::fields::date(&text) {
            Ok(Some(new)) if Some(new) != given => {
                imagery.dates.extend(files.iter().map(|path| ((*path).to_owned(), new)));
            }
            Ok(None) => imagery.dates.retain(|path, _| !files.contains(&path.as_path())),
            _ => {}
        }
    }
}

fn files_ui(ui: &mut Ui, acquisition: &Acquisition) {
    const SHOWN: usize = 16;
    let files: Vec<_> = paths(acquisition).collect();
    files.iter().take(SHOWN).for_each(|path| drop(ui.label(path.display().to_string())));
    if files.len() > SHOWN {
        ui.label(tr!("and {n} more", n = files.len() - SHOWN));
    }
}

/// Files of an acquisition, each once.
fn paths(acquisition: &Acquisition) -> impl Iterator<Item = &Path> {
    let layers = &acquisition.layers;
    let is_new = |i: usize| i == 0 || layers[i - 1].path != layers[i].path;
    (0..layers.len()).filter(move |&i| is_new(i)).map(|i| layers[i].path.as_path())
}

/// Names of its bands, and of its masks.
fn names(acquisition: &Acquisition) -> (Vec<&str>, Vec<&str>) {
    let names = |bands: bool| {
        let wanted = acquisition.layers.iter().filter(move |layer| (layer.role == Role::Band) == bands);
        wanted.map(|layer| layer.name.as_str()).collect()
    };
    (names(true), names(false))
}

/// Where its pixels lie: a letter for each grid where there are several, and the size.
fn grid_ui(ui: &mut Ui, acquisition: &Acquisition, placements: &[Placement]) {
    let mut those: Vec<usize> = acquisition.layers.iter().map(|layer| layer.placement).collect();
    those.sort_unstable();
    those.dedup();
    let Some(first) = those.first().and_then(|&i| placements.get(i)) else { return };
    let unit = if first.crs.is_geographic() { "°" } else { " m" };
    let side = format::trimmed(first.pixel_size()[0]);
    let size = tr!(
        "{width} x {height} of {side}",
        width = first.width,
        height = first.height,
        side = format!("{side}{unit}")
    );
    let letters: Vec<String> = those.iter().map(|&i| letter(i)).collect();
    let text = if placements.len() > 1 { format!("{}  {size}", letters.join("")) } else { size };
    ui.add(Label::new(RichText::new(text).weak()).truncate()).on_hover_ui(|ui| {
        for (letter, &i) in letters.iter().zip(&those) {
            let label = placements[i].label();
            ui.label(if placements.len() > 1 { format!("{letter}  {label}") } else { label });
        }
    });
}

/// A, B … Z, then numbers.
fn letter(i: usize) -> String {
    match u8::try_from(i).ok().filter(|i| *i < 26) {
        Some(i) => char::from(b'A' + i).to_string(),
        None => format!("#{} ", i + 1),
    }
}

fn clear_ui(ui: &mut Ui, share: Option<f32>, looking: bool) {
    let Some(share) = share else {
        ui.label(RichText::new(if looking { "…" } else { "–" }).weak());
        return;
    };
    bar(ui, share, Vec2::new(44.0, 6.0));
    // Figures end below one another.
    ui.label(RichText::new(format!("{:>3.0} %", share * 100.0)).monospace());
}

fn bar(ui: &mut Ui, share: f32, size: Vec2) {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_filled(rect, 2.0, ui.visuals().widgets.inactive.weak_bg_fill);
    let clear = Rect::from_min_size(rect.min, Vec2::new(rect.width() * share.clamp(0.0, 1.0), rect.height()));
    ui.painter().rect_filled(clear, 2.0, ui.visuals().weak_text_color());
}

impl Table {
    /// Rows in the order that was chosen.
    fn order(&mut self, found: &Arc<Recognised>, last: Option<&Arc<Surveyed>>) -> Arc<Vec<usize>> {
        let same = |order: &&Order| {
            let same_last = match (&order.last, last) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            };
            Arc::ptr_eq(&order.found, found) && same_last && order.sort == self.sort
        };
        if let Some(order) = self.order.as_ref().filter(same) {
            return Arc::clone(&order.rows);
        }
        let mut rows: Vec<usize> = (0..found.acquisitions.len()).collect();
        if let Some((column, descending)) = self.sort {
            let known = |i: usize| last.and_then(|last| last.survey.acquisitions.get(i));
            rows.sort_by(|&a, &b| {
                let ordering = compare(column, found, known, a, b);
                if descending { ordering.reverse() } else { ordering }
            });
        }
        let rows = Arc::new(rows);
        let (found, last, sort) = (Arc::clone(found), last.cloned(), self.sort);
        self.order = Some(Order { found, last, sort, rows: Arc::clone(&rows) });
        rows
    }
}

fn compare<'a>(
    column: usize,
    found: &Recognised,
    known: impl Fn(usize) -> Option<&'a AcquisitionSurvey>,
    a: usize,
    b: usize,
) -> Ordering {
    let (x, y) = (&found.acquisitions[a], &found.acquisitions[b]);
    let clear = |i| known(i).and_then(|k| k.clear_share).unwrap_or(-1.0);
    let offset = |i| known(i).map_or(0.0, |k| k.offset);
    let grid = |acquisition: &Acquisition| acquisition.layers.first().map(|layer| layer.placement);
    match COLUMNS[column].0 {
        "File" => x.key.cmp(&y.key),
        "Tile" => x.tile.cmp(&y.tile),
        "Sensor" => x.sensor.cmp(&y.sensor),
        "Bands" => names(x).0.len().cmp(&names(y).0.len()),
        "Grid" => grid(x).cmp(&grid(y)),
        "Clear" => clear(a).total_cmp(&clear(b)),
        "Offset" => offset(a).total_cmp(&offset(b)),
        _ => x.date.cmp(&y.date),
    }
}
