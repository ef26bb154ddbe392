//! The rhythm of what one draws or has selected: asks for the series of all its pixels, marks those that stand apart,
//! and drops them.

use super::map::{corners, place_in};
use super::view::View;
use super::{format, tokens, widgets};
use crate::app::{AnnotationChange, Command, OpenProject, Page};
use crate::cube::{Cube, Feature};
use crate::geo::{Grid, Window};
use crate::jobs::{self, Newest, OpenedCube, Rhythm, RhythmOf, RhythmRequest};
use crate::labels::{Annotation, AnnotationId};
use crate::samples::Spread;
use crate::ui::words::{tr, tr_below};
use egui::{Color32, Context, Painter, Pos2, RichText, Stroke, Ui};
use std::sync::Arc;
use walkers::Projector;

/// Crosses of smaller pixels would cover one another.
const SMALLEST_PIXEL: f32 = 3.0;

/// The series that were asked for last, and the last that came: they stay until the next are there.
#[derive(Default)]
pub struct RhythmView {
    thread: Option<(Cube, Newest<RhythmRequest, Rhythm>)>,
    asked: Option<RhythmRequest>,
    shown: Option<Rhythm>,
}

impl RhythmView {
    /// What is shown, and its series.
    pub fn shown(&self) -> Option<(&Rhythm, &Spread)> {
        let shown = self.shown.as_ref()?;
        Some((shown, shown.spread.as_ref().ok()?))
    }

    /// "annotation 3: mean and spread of 224 pure pixels, 5 stand apart".
    pub fn told(&self) -> Option<String> {
        let shown = self.shown.as_ref()?;
        let whose = match shown.of {
            RhythmOf::Draft => tr!("what is being drawn").to_string(),
            RhythmOf::Annotation(id) => tr!("annotation {id}", id = id),
        };
        Some(match &shown.spread {
            Ok(spread) => {
                let pixels = format::count(spread.pixels, "pure pixel");
                match spread.apart.len() {
                    0 => tr!("{whose}: mean and spread of {pixels}", whose = whose, pixels = pixels),
                    1 => tr!(
                        "{whose}: mean and spread of {pixels}, 1 stands apart",
                        whose = whose,
                        pixels = pixels
                    ),
                    n => tr!(
                        "{whose}: mean and spread of {pixels}, {n} stand apart",
                        whose = whose,
                        pixels = pixels,
                        n = format::grouped(n as i64)
                    ),
                }
            }
            Err(why) => format!("{whose}: {}", tr_below(why)),
        })
    }

    /// "213 pure pixels, 10 stand apart", where there is little room.
    pub fn told_shortly(&self) -> Option<String> {
        let (_, spread) = self.shown()?;
        let pixels = format::count(spread.pixels, "pure pixel");
        Some(match spread.apart.len() {
            0 => pixels,
            n => tr!("{pixels}, {n} apart", pixels = pixels, n = format::grouped(n as i64)),
        })
    }

    /// Pixels of an annotation that stand apart, where they were found among the pure pixels that it has now.
    fn apart_of(&self, project: &OpenProject, id: AnnotationId) -> &[(u32, u32)] {
        let Some((shown, spread)) = self.shown() else { return &[] };
        let core = project.derived.cores.get(id).and_then(|core| core.as_ref().ok());
        let fresh = core.is_some_and(|core| core.core.pure_pixels == *shown.pixels);
        if shown.of == RhythmOf::Annotation(id) && fresh { &spread.apart } else { &[] }
    }
}

/// Takes in the series that came, and asks for those of the polygon being drawn, or else of the one annotation that
/// is selected.
pub fn follow(
    ctx: &Context,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
    features: &[Feature],
) {
    let rhythm = &mut view.rhythm;
    if rhythm.thread.as_ref().is_some_and(|(of, _)| !of.is_same(&opened.cube)) {
        *rhythm = RhythmView::default();
    }
    if let Some(came) = rhythm.thread.as_ref().and_then(|(_, newest)| newest.take()) {
        rhythm.shown = Some(came);
    }
    // In other units, or by another expression, it would lie elsewhere.
    let differs = |known: &Feature| features.iter().any(|f| f.name == known.name && f != known);
    rhythm.shown.take_if(|shown| shown.features.iter().any(differs));
    let selected = || {
        let id = project.selected()?;
        let core = project.derived.cores.get(id)?.as_ref().ok()?;
        Some((RhythmOf::Annotation(id), core.core.pure_pixels.as_slice()))
    };
    let drawn = view.map.drawn_pixels().map(|pixels| (RhythmOf::Draft, pixels));
    let wanted =
        drawn.or_else(selected).filter(|(_, pixels)| project.page == Page::Label && !pixels.is_empty());
    let Some((of, pixels)) = wanted else {
        (rhythm.asked, rhythm.shown) = (None, None);
        return;
    };
    let same =
        |asked: &RhythmRequest| asked.of == of && *asked.pixels == pixels && asked.features == features;
    if rhythm.asked.as_ref().is_some_and(same) {
        return;
    }
    let request = RhythmRequest { of, pixels: Arc::new(pixels.to_vec()), features: features.to_vec() };
    let start = || {
        let ctx = ctx.clone();
        (opened.cube.clone(), jobs::rhythm(&opened.cube, Arc::new(move || ctx.request_repaint())))
    };
    rhythm.thread.get_or_insert_with(start).1.ask(request.clone());
    rhythm.asked = Some(request);
}

/// No cube is on screen any more.
pub fn forget(view: &mut View) {
    if view.rhythm.thread.is_some() {
        view.rhythm = RhythmView::default();
    }
}

/// Drops the pixels of the selected annotation that stand apart.
pub fn drop_apart(project: &OpenProject, view: &mut View) {
    let Some(id) = project.selected() else { return };
    let Some(grid) = project.grid() else { return };
    let apart = view.rhythm.apart_of(project, id);
    let mut places: Vec<[f64; 2]> = apart.iter().map(|&(col, row)| grid.pixel_centre(col, row)).collect();
    if !places.is_empty() && grid.crs.lonlat_from_xy(&mut places).is_ok() {
        view.send(Command::ChangeAnnotations { ids: vec![id], change: AnnotationChange::Drop(places) });
    }
}

/// In the panel of the selected annotation: pixels that stand apart, to be dropped, and those that were, to be taken
/// back.
pub fn selected_ui(ui: &mut Ui, project: &OpenProject, annotation: &Annotation, view: &mut View) {
    let apart = view.rhythm.apart_of(project, annotation.id).len();
    if apart > 0 {
        ui.horizontal(|ui| {
            let words = if apart == 1 {
                tr!("1 pixel stands apart").into()
            } else {
                tr!("{n} pixels stand apart", n = format::grouped(apart as i64))
            };
            ui.label(RichText::new(words).color(ui.visuals().warn_fg_color));
            let hint = tr!("Their series are unlike those of the others; dropped, they are never used (O)");
            let button = egui::Button::new(if apart == 1 { tr!("Drop it") } else { tr!("Drop them") });
            if ui.add_enabled(project.folder.read_only().is_none(), button).on_hover_text(hint).clicked() {
                drop_apart(project, view);
            }
        });
    }
    let core = project.derived.cores.get(annotation.id).and_then(|core| core.as_ref().ok());
    let dropped = core.map_or(0, |core| core.core.dropped.len());
    if dropped > 0 {
        widgets::figure(ui, tr!("Dropped pixels"), &format::grouped(dropped as i64));
        let button = egui::Button::new(tr!("Take back"));
        let hint = tr!("Takes all dropped pixels of this annotation again");
        if ui.add_enabled(project.folder.read_only().is_none(), button).on_hover_text(hint).clicked() {
            let change = AnnotationChange::TakeBack;
            view.send(Command::ChangeAnnotations { ids: vec![annotation.id], change });
        }
    }
}

/// Marks on the map: a cross in each pixel that stands apart, and dropped pixels hollow and crossed out.
pub fn paint_marks(
    painter: &Painter,
    projector: &Projector,
    grid: &Grid,
    project: &OpenProject,
    view: &View,
) {
    if let Some((_, spread)) = view.rhythm.shown() {
        for [a, b, c, d] in on_screen(projector, grid, &spread.apart) {
            if a.distance(c) >= SMALLEST_PIXEL {
                let middle = a.lerp(c, 0.5);
                let inner = |corner: Pos2| middle.lerp(corner, 0.7);
                for width in [3.5, 1.5] {
                    let stroke =
                        Stroke::new(width, if width > 2.0 { tokens::HALO } else { tokens::OVER_IMAGE });
                    painter.line_segment([inner(a), inner(c)], stroke);
                    painter.line_segment([inner(b), inner(d)], stroke);
                }
            }
        }
    }
    let clip = painter.clip_rect();
    let (one, other) = (projector.unproject(clip.min.to_vec2()), projector.unproject(clip.max.to_vec2()));
    let bounds =
        [one.x().min(other.x()), one.y().min(other.y()), one.x().max(other.x()), one.y().max(other.y())];
    for annotation in project.derived.index.within(bounds).filter(|a| !a.dropped.is_empty()) {
        let Some(Ok(core)) = project.derived.cores.get(annotation.id) else { continue };
        let class = project.document.legend.class(annotation.class);
        let colour = class.map_or(Color32::GRAY, |class| widgets::colour(class.colour));
        for [a, b, c, d] in on_screen(projector, grid, &core.core.dropped) {
            if a.distance(c) >= SMALLEST_PIXEL {
                let stroke = Stroke::new(1.0, colour);
                painter.add(egui::Shape::closed_line(vec![a, b, c, d], stroke));
                painter.line_segment([a, c], stroke);
                painter.line_segment([b, d], stroke);
            }
        }
    }
}

/// The corners of pixels on the screen, clockwise from the top left; those of the window around them are projected.
fn on_screen(projector: &Projector, grid: &Grid, pixels: &[(u32, u32)]) -> Vec<[Pos2; 4]> {
    let range = |of: fn(&(u32, u32)) -> u32| {
        let ends = pixels.iter().map(of).fold((u32::MAX, 0), |(a, b), v| (a.min(v), b.max(v)));
        if ends.0 > ends.1 { (0, 0) } else { (ends.0, ends.1 + 1 - ends.0) }
    };
    let ((col, width), (row, height)) = (range(|p| p.0), range(|p| p.1));
    let window = Window { col, row, width, height };
    let Some(around) = corners(grid, projector, window).filter(|_| !pixels.is_empty()) else {
        return Vec::new();
    };
    let place =
        |c: u32, r: u32| place_in(&around, (c - col) as f32 / width as f32, (r - row) as f32 / height as f32);
    let of = |&(c, r): &(u32, u32)| [place(c, r), place(c + 1, r), place(c + 1, r + 1), place(c, r + 1)];
    pixels.iter().map(of).collect()
}
