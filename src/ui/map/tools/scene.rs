//! What tools see: the mouse, the project, the map; and what they share in painting.

use super::super::annotations::{on_screen, paint_core, paint_ring, rings_on_screen, window_of};
use super::super::plate::tag;
use super::preview::Shown;
use super::{Gesture, Tools};
use crate::app::OpenProject;
use crate::classify::correct::Correction;
use crate::geo::Grid;
use crate::labels::shape::{self, Snapped};
use crate::labels::{Annotation, AnnotationId, ClassCode, Core, Emptied};
use crate::ui::correcting::colour_of;
use crate::ui::listing::emptied_words;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{
    Color32, Id, Key, Modifiers, Painter, PointerButton, Pos2, Response, Role, Sense, Stroke, Ui, Vec2,
    WidgetInfo,
};
use walkers::Projector;

/// Corners jump to what lies so near, in points of the screen.
const SNAPS: f32 = 8.0;

/// A press that moves less is no drag, in points of the screen.
const STAYS: f32 = 6.0;

/// What a tool sees in a frame.
pub struct Scene<'a> {
    pub ui: &'a Ui,
    pub painter: &'a Painter,
    pub response: &'a Response,
    pub projector: &'a Projector<'a>,
    pub project: &'a OpenProject,
    pub grid: &'a Grid,
    pub modifiers: Modifiers,
    /// Where the mouse is over the map, or was pressed on it and is dragged.
    pub pos: Option<Pos2>,
    /// Whether the map is being panned, so that nothing is drawn.
    pub panning: bool,
    /// Whether corners jump to what lies around.
    snaps: bool,
    pressed_at: Option<Pos2>,
}

/// The place under a point of the screen.
pub fn lonlat(projector: &Projector, pos: Pos2) -> [f64; 2] {
    let position = projector.unproject(pos.to_vec2());
    [position.x(), position.y()]
}

/// So many points of the screen, in degrees east and north.
pub fn degrees(projector: &Projector, pos: Pos2, points: f32) -> [f64; 2] {
    let (here, beside) = (lonlat(projector, pos), lonlat(projector, pos + Vec2::splat(points)));
    [(beside[0] - here[0]).abs(), (beside[1] - here[1]).abs()]
}

/// The corner or edge that lies near a point of the screen.
pub fn snapped(
    project: &OpenProject,
    projector: &Projector,
    pos: Pos2,
    except: Option<AnnotationId>,
) -> Option<Snapped> {
    let near = degrees(projector, pos, SNAPS);
    shape::snap(&project.derived.index, lonlat(projector, pos), near, except)
}

impl<'a> Scene<'a> {
    pub fn new(
        ui: &'a Ui,
        painter: &'a Painter,
        response: &'a Response,
        projector: &'a Projector<'a>,
        project: &'a OpenProject,
        grid: &'a Grid,
        tools: &Tools,
    ) -> Self {
        let (space, modifiers) = ui.input(|i| (i.key_down(Key::Space), i.modifiers));
        let dragged = response.dragged_by(PointerButton::Middle)
            || response.dragged_by(PointerButton::Primary) && tools.gesture.pans();
        Self {
            ui,
            painter,
            response,
            projector,
            project,
            grid,
            modifiers,
            pos: response.interact_pointer_pos().or(response.hover_pos()),
            panning: space || dragged || matches!(tools.gesture, Gesture::SpacePan),
            snaps: !tools.loose && !modifiers.command && tools.correction.is_none(),
            pressed_at: tools.pressed_at,
        }
    }

    /// Whether the map was clicked, and not to pan it.
    pub fn clicked(&self) -> bool {
        !self.panning && self.response.clicked()
    }

    /// Whether the map was clicked, however slowly: a press that stays where it is counts, though it came to be a drag.
    pub fn clicked_or_pressed(&self) -> bool {
        let stayed = || self.pos.zip(self.pressed_at).is_some_and(|(pos, at)| pos.distance(at) < STAYS);
        self.clicked() || !self.panning && self.dropped() && stayed()
    }

    /// Whether the drag that the tool has taken goes on.
    pub fn dragged(&self) -> bool {
        self.response.dragged_by(PointerButton::Primary)
    }

    /// Whether it ended in this frame.
    pub fn dropped(&self) -> bool {
        self.response.drag_stopped_by(PointerButton::Primary)
    }

    pub fn on_screen(&self, [lon, lat]: [f64; 2]) -> Pos2 {
        on_screen(self.projector, lon, lat)
    }

    /// The place under the mouse, on what lies near unless snapping is off; a ring shows where it jumped.
    pub fn place(&self, except: Option<AnnotationId>) -> Option<[f64; 2]> {
        let pos = self.pos?;
        let snapped = snapped(self.project, self.projector, pos, except).filter(|_| self.snaps);
        let Some(snapped) = snapped else { return Some(lonlat(self.projector, pos)) };
        let at = self.on_screen(snapped.place);
        let radius = if snapped.corner { 7.0 } else { 5.0 };
        self.painter.circle_stroke(at, radius + 1.0, Stroke::new(3.5, tokens::HALO));
        self.painter.circle_stroke(at, radius + 1.0, Stroke::new(1.5, tokens::OVER_IMAGE));
        Some(snapped.place)
    }

    /// The colour of a class.
    pub fn colour(&self, class: Option<ClassCode>) -> Color32 {
        let class = class.and_then(|code| self.project.document.legend.class(code));
        class.map_or(Color32::GRAY, |class| widgets::colour(class.colour))
    }

    /// The class that drawing gives; 0 where none is picked.
    pub fn class(&self) -> ClassCode {
        self.project.class.unwrap_or(0)
    }

    /// The colour of what is being drawn.
    pub fn colour_drawn(&self, tools: &Tools) -> Color32 {
        match &tools.correction {
            Some(correction) => colour_of(self.project, &correction.to),
            None => self.colour(self.project.class),
        }
    }

    /// Paints what is being drawn as it will be, and tells of it in words.
    pub fn sketch(&self, tools: &mut Tools, annotation: &Annotation) -> String {
        if let Some(correction) = &tools.correction {
            let colour = self.colour_drawn(tools);
            for ring in rings_on_screen(&annotation.geometry, self.projector) {
                paint_ring(self.painter, &ring, 2.0, colour);
            }
            return self.describe_correction(correction, &annotation.geometry);
        }
        let shown = tools.preview.of(annotation, self.grid, &self.project.buffers(), self.ui.ctx());
        self.paint(annotation, shown);
        shown.map(describe).unwrap_or_default()
    }

    /// What a correction would change, in words.
    pub fn describe_correction(&self, correction: &Correction, geometry: &geo::Geometry<f64>) -> String {
        let polygons = match geometry {
            geo::Geometry::Polygon(one) => one.clone().into(),
            geo::Geometry::MultiPolygon(many) => many.clone(),
            _ => return String::new(),
        };
        let correction = Correction { polygons, ..correction.clone() };
        match self.project.would_change_soon(&correction) {
            None => tr!("becomes {class}", class = correction.to),
            Some(Err(why)) => why,
            Some(Ok(changed)) => tr!(
                "{pixels} become {class}\n{area}",
                pixels = format::count(changed.pixels as usize, "pixel"),
                class = correction.to,
                area = format::hectares(changed.ha)
            ),
        }
    }

    /// Paints an annotation as it will be: its core, its outlines.
    pub fn paint(&self, annotation: &Annotation, shown: Option<&Shown>) {
        let colour = self.colour(Some(annotation.class));
        if let Some(core) = shown.and_then(|shown| shown.core.as_ref().ok()) {
            paint_core(self.painter, self.projector, self.grid, core, window_of(core), colour);
        }
        for ring in rings_on_screen(&annotation.geometry, self.projector) {
            paint_ring(self.painter, &ring, 2.0, colour);
        }
    }

    /// Paints a corner that was set.
    pub fn paint_corner(&self, place: [f64; 2], radius: f32) {
        self.painter.circle(
            self.on_screen(place),
            radius,
            tokens::OVER_IMAGE,
            Stroke::new(1.5, Color32::BLACK),
        );
    }

    /// Words beside the mouse.
    pub fn tell(&self, words: &str) {
        let Some(pos) = self.pos.filter(|_| !words.is_empty()) else { return };
        let rect = tag(self.painter, pos + Vec2::new(18.0, 12.0), words);
        let told = self.ui.interact(rect, Id::unique("what is being drawn"), Sense::hover());
        told.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    }
}

/// What is known of a shape, in words.
pub fn describe(shown: &Shown) -> String {
    match &shown.core {
        Ok(core) => describe_core(&core.core, shown.buffer_m, shown.largest_m),
        Err(why) => tr_below(why).into_owned(),
    }
}

/// "112 pure pixels, core 1.12 ha of 3.20 ha, buffer 20 m"; where none is left, why, and which buffer leaves some.
pub fn describe_core(core: &Core, buffer_m: f64, largest_m: Option<Option<f64>>) -> String {
    let (drawn, buffer) = (format::hectares(core.drawn_area_ha), format::trimmed(buffer_m));
    match core.emptied {
        None => tr!(
            "{pixels}\ncore {core} of {drawn}, buffer {buffer} m",
            pixels = format::count(core.pure_pixels.len(), "pure pixel"),
            core = format::hectares(core.area_ha),
            drawn = drawn,
            buffer = buffer
        ),
        Some(why) => {
            let words = tr!(
                "no pure pixel yet: {why}\n{drawn} drawn, buffer {buffer} m",
                why = emptied_words(why),
                drawn = drawn,
                buffer = buffer
            );
            match (why, largest_m) {
                (Emptied::ByBuffer | Emptied::NoWholePixel, Some(Some(m))) => {
                    let way_out = tr!("a buffer of up to {m} m leaves some", m = format::trimmed(m));
                    format!("{words}\n{way_out}")
                }
                (Emptied::ByBuffer | Emptied::NoWholePixel, Some(None)) => {
                    format!("{words}\n{}", tr!("no buffer leaves any: draw it around whole pixels"))
                }
                _ => words,
            }
        }
    }
}
