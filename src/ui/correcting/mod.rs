//! Correcting the map by hand on the Map page: what drawing sets, the corrections over the map, and their list.

mod section;

pub use section::section_ui;

use super::map::{Tool, paint_ring, rings_on_screen};
use super::view::View;
use super::{tokens, widgets};
use crate::app::OpenProject;
use crate::classify::correct::Correction;
use crate::project::CompareMode;
use egui::{Color32, Context, Key, Modifiers, Painter};
use geo::MultiPolygon;
use walkers::Projector;

/// The tools that draw corrections.
pub const TOOLS: [Tool; 4] = [Tool::Polygon, Tool::Rectangle, Tool::Freehand, Tool::Wand];

/// What correcting remembers between frames.
#[derive(Default)]
pub struct Correcting {
    /// Whether the mouse draws corrections on the Map page.
    pub on: bool,
    /// The tool in hand.
    pub tool: Tool,
    /// The class that is set; the first of the map where it is none of it.
    to: Option<String>,
    /// The class that pixels must have.
    from: Option<String>,
    /// Why, as it is typed.
    note: String,
    /// The correction that one went to last.
    chosen: Option<usize>,
}

impl Correcting {
    /// Whether the mouse draws corrections: on the Map page, on one finished map.
    pub fn works_on(&self, project: &OpenProject) -> bool {
        self.on
            && project.page == crate::app::Page::Map
            && project.document.view.comparison.mode == CompareMode::Off
            && can_correct(project)
    }

    /// What drawing makes, without its place.
    pub fn draft(&self, project: &OpenProject) -> Option<Correction> {
        let classes = project.classes_on(&project.map()?.name);
        let known = |name: &String| classes.iter().any(|class| class.name == *name);
        let to = self.to.clone().filter(known).or_else(|| Some(classes.first()?.name.clone()))?;
        Some(Correction {
            polygons: MultiPolygon(Vec::new()),
            from: self.from.clone().filter(|from| known(from) && *from != to),
            by: None,
            at: None,
            note: Some(self.note.clone()),
            to,
        })
    }
}

/// Whether the map on screen can be corrected.
fn can_correct(project: &OpenProject) -> bool {
    project.map().is_some_and(|map| map.complete && map.live.is_none())
        && project.folder.read_only().is_none()
        && project.corrections_lack().is_none()
}

/// The colour of a class of the map on screen, by its name.
pub fn colour_of(project: &OpenProject, class: &str) -> Color32 {
    let code = project.code_on_map(class);
    let legend = project.legend_of_map();
    let class = code.and_then(|code| legend.class(code));
    class.map_or(Color32::GRAY, |class| widgets::colour(class.colour))
}

/// Keys while corrections are drawn; the others are left.
pub fn keys(ctx: &Context, project: &OpenProject, focused: bool, view: &mut View) {
    if !view.map.correcting.works_on(project) {
        return;
    }
    let plain = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    for (key, steps) in [(Key::OpenBracket, -1.0), (Key::CloseBracket, 1.0)] {
        if view.map.correcting.tool == Tool::Wand && plain(key) {
            view.map.wand.widen(steps);
        }
    }
    if !focused && plain(Key::Enter) {
        super::map::finish_drawing(project, view);
    }
    if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) && !view.map.give_drawing_up() {
        view.map.correcting.on = false;
    }
    if plain(Key::Backspace) {
        view.map.take_corner_back();
    }
}

/// Paints the outlines of the corrections in view, while one corrects.
pub fn paint(painter: &Painter, projector: &Projector, project: &OpenProject, view: &View) {
    let correcting = &view.map.correcting;
    if !correcting.works_on(project) {
        return;
    }
    let clip = painter.clip_rect();
    for (i, entry) in project.corrections().iter().enumerate() {
        let rings = rings_on_screen(&entry.correction.polygons.clone().into(), projector);
        let width = if correcting.chosen == Some(i) { 3.0 } else { 1.5 };
        let colour = if correcting.chosen == Some(i) {
            tokens::OVER_IMAGE
        } else {
            colour_of(project, &entry.correction.to)
        };
        for ring in rings.iter().filter(|ring| egui::Rect::from_points(ring).intersects(clip)) {
            paint_ring(painter, ring, width, colour);
        }
    }
}
