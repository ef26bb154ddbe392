//! The map of the page for imagery by area: the area that is asked for, drawn where one likes, and where the scenes lie that
//! were found.

use super::plate::plate_text;
use super::{footprints, furniture, stack};
use crate::app::OpenProject;
use crate::project::LayerKind;
use crate::source::stac::Scene;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{layers, tokens};
use egui::{
    Align, Align2, Color32, CursorIcon, DragPanButtons, Frame, Layout, Painter, PointerButton, Pos2, Rect,
    Response, Role, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2,
};
use geo::{Intersects, Point, Polygon};
use walkers::{Map, MapMemory, Projector, lon_lat};

/// What is narrower on the screen, in points, was not meant.
const LEAST: f32 = 3.0;

/// What the map of the page remembers.
#[derive(Default)]
pub struct AreaMap {
    /// Whether the next drag is the area.
    pub drawing: bool,
    /// Where the drag began: longitude and latitude.
    from: Option<[f64; 2]>,
    /// What is to be brought into view in the next frame: west, south, east, north.
    pub target: Option<[f64; 4]>,
    /// Where the mouse is: longitude and latitude.
    pub hovered: Option<[f64; 2]>,
    /// What was in view in the last frame.
    pub seen: Option<[f64; 4]>,
    /// Where the map of the project looked before.
    before: Option<MapMemory>,
}

/// What the map shows.
pub struct Shown<'a> {
    /// The area, where it is known.
    pub area: Option<[f64; 4]>,
    /// Whether an area is asked for.
    pub asks: bool,
    /// The scenes, with whether each stands out.
    pub scenes: Vec<(&'a Scene, bool)>,
}

/// What one did on the map.
#[derive(Default)]
pub struct Done {
    /// An area was drawn.
    pub drawn: Option<[f64; 4]>,
    /// A place was clicked: longitude and latitude.
    pub clicked: Option<[f64; 2]>,
}

impl AreaMap {
    /// Remembers where the map of the project looks, which this map may move.
    pub fn opened(&mut self, memory: &MapMemory) {
        self.before.get_or_insert_with(|| memory.clone());
    }

    /// Where the map of the project looked; to be taken up again.
    pub fn closed(&mut self) -> Option<MapMemory> {
        self.drawing = false;
        self.before.take()
    }
}

/// Whether a scene covers a place.
pub fn covers(scene: &Scene, [lon, lat]: [f64; 2]) -> bool {
    scene.footprint.intersects(&Point::new(lon, lat))
}

/// Paints the map, and tells what one did on it.
pub fn area_map_ui(ui: &mut Ui, project: &OpenProject, shown: &Shown, view: &mut View) -> Done {
    let rect = ui.max_rect();
    if view.map.memory.detached().is_none() && footprints::bounds(project).is_none() {
        view.area.map.target.get_or_insert([-170.0, -58.0, 170.0, 74.0]);
    }
    if let Some([west, south, east, north]) = view.area.map.target.take() {
        super::fit_to(&mut view.map.memory, ((west, east), (south, north)), rect.shrink(24.0));
    }
    if std::mem::take(&mut view.map.fit) {
        let all = shown.area.map(|[w, s, e, n]| ((w, e), (s, n))).or_else(|| footprints::bounds(project));
        if let Some(all) = all {
            super::fit_to(&mut view.map.memory, all, rect.shrink(24.0));
        }
    }
    let drawing = view.area.map.drawing;
    let pans =
        if drawing { DragPanButtons::MIDDLE } else { DragPanButtons::PRIMARY | DragPanButtons::MIDDLE };
    let mut memory = view.map.memory.clone();
    let middle =
        footprints::bounds(project).map_or([0.0, 0.0], |((w, e), (s, n))| [(w + e) / 2.0, (s + n) / 2.0]);
    let canvas = Map::new(None, &mut memory, lon_lat(middle[0], middle[1]))
        .zoom_with_ctrl(false)
        .zoom_speed(1.5)
        .drag_pan_buttons(pans);
    let mut done = Done::default();
    let response = canvas.show(ui, |ui, response, projector, _| {
        let painter = ui.painter_at(projector.clip_rect());
        stack::paint_basemap(&painter, projector, project, view);
        if !project.document.view.layers.of(LayerKind::Basemap).visible {
            graticule(&painter, projector);
        }
        footprints::paint_but(&painter, projector, project, None, None);
        scenes(&painter, projector, &shown.scenes);
        // The ground of the map is dark in both themes.
        let accent = tokens::accent(true);
        if let Some(area) = shown.area {
            outline(&painter, projector, area, accent);
        }
        let hovered = response.hover_pos().map(|pos| place(projector, pos));
        if view.area.map.hovered != hovered {
            // The list, painted before, follows.
            view.area.map.hovered = hovered;
            response.ctx.request_repaint();
        }
        if drawing {
            done.drawn = draw(&painter, projector, response, &mut view.area.map, accent);
        } else if response.clicked() {
            done.clicked = response.interact_pointer_pos().map(|pos| place(projector, pos));
        }
        let clip = projector.clip_rect();
        let ([west, south], [east, north]) =
            (place(projector, clip.left_bottom()), place(projector, clip.right_top()));
        let seen = [west, south, east, north];
        view.area.map.seen = seen.iter().all(|degrees| degrees.is_finite()).then_some(seen);
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, tr!("Map of the area")));
    view.map.memory = memory;
    let words = match (drawing, shown.area) {
        (true, _) => Some(tr!("Drag from one corner of the area to the other")),
        (false, None) if shown.asks => Some(tr!("Draw the area, or bring it into view and press In view")),
        _ => None,
    };
    furniture::bare_ui(ui, rect, view, words);
    basemap_ui(ui, rect, project, view);
    done
}

/// Whether the basemap is shown.
fn basemap_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, view: &mut View) {
    let mut on = project.document.view.layers.of(LayerKind::Basemap).visible;
    let room = Rect::from_min_max(pos2(rect.right() - 150.0, rect.top() + 10.0), rect.right_bottom());
    let mut child = ui.new_child(UiBuilder::new().max_rect(room));
    child.with_layout(Layout::right_to_left(Align::Min), |ui| {
        ui.add_space(2.5 * tokens::GRID);
        Frame::popup(ui.style()).inner_margin(4).show(ui, |ui| {
            let hint = tr!("Pictures of a server, to find the place by; they come over the network");
            if ui.checkbox(&mut on, tr!("Basemap")).on_hover_text(hint).changed() {
                layers::toggle(project, LayerKind::Basemap, view);
            }
        });
    });
}

fn place(projector: &Projector, pos: Pos2) -> [f64; 2] {
    let position = projector.unproject(pos.to_vec2());
    [position.x(), position.y()]
}

fn on_screen(projector: &Projector, [lon, lat]: [f64; 2]) -> Pos2 {
    let at = projector.project(lon_lat(lon, lat));
    pos2(at.x, at.y)
}

/// The area that a drag makes; once it is over, that.
fn draw(
    painter: &Painter,
    projector: &Projector,
    response: &Response,
    map: &mut AreaMap,
    colour: Color32,
) -> Option<[f64; 4]> {
    response.clone().on_hover_cursor(CursorIcon::Crosshair);
    if response.drag_started_by(PointerButton::Primary) {
        let from = response.ctx.input(|i| i.pointer.press_origin()).or(response.interact_pointer_pos());
        map.from = from.map(|pos| place(projector, pos));
    }
    let (from, pos) = (map.from?, response.interact_pointer_pos()?);
    let to = place(projector, pos);
    let area = [from[0].min(to[0]), from[1].min(to[1]), from[0].max(to[0]), from[1].max(to[1])];
    outline(painter, projector, area, colour);
    if !response.drag_stopped_by(PointerButton::Primary) {
        return None;
    }
    map.from = None;
    let size = on_screen(projector, from) - pos;
    (size.x.abs() >= LEAST && size.y.abs() >= LEAST).then(|| {
        map.drawing = false;
        area
    })
}

fn outline(painter: &Painter, projector: &Projector, [west, south, east, north]: [f64; 4], colour: Color32) {
    let corners =
        Rect::from_two_pos(on_screen(projector, [west, north]), on_screen(projector, [east, south]));
    if !corners.is_finite() {
        return;
    }
    painter.rect_filled(corners, 0.0, colour.gamma_multiply(0.14));
    let ring = vec![corners.left_top(), corners.right_top(), corners.right_bottom(), corners.left_bottom()];
    painter.add(Shape::closed_line(ring.clone(), Stroke::new(4.0, tokens::HALO)));
    painter.add(Shape::closed_line(ring, Stroke::new(2.0, colour)));
}

/// Footprints: each only once, since scenes of one tile lie over one another; those that stand out last.
fn scenes(painter: &Painter, projector: &Projector, all: &[(&Scene, bool)]) {
    let mut painted: Vec<(Vec<Pos2>, bool)> = Vec::new();
    for stands_out in [false, true] {
        for (scene, _) in all.iter().filter(|(_, own)| *own == stands_out) {
            for polygon in &scene.footprint {
                let ring = ring_of(projector, polygon);
                let rect = Rect::from_points(&ring);
                let is_seen = rect.is_finite() && rect.intersects(projector.clip_rect());
                if is_seen && !painted.contains(&(ring.clone(), stands_out)) {
                    painted.push((ring, stands_out));
                }
            }
        }
    }
    for (ring, stands_out) in painted {
        let (wide, colour) = match stands_out {
            true => (2.5, tokens::PINS[0]),
            false => (1.0, tokens::OVER_IMAGE.gamma_multiply(0.7)),
        };
        painter.add(Shape::closed_line(ring.clone(), Stroke::new(wide + 2.0, tokens::HALO)));
        painter.add(Shape::closed_line(ring, Stroke::new(wide, colour)));
    }
}

fn ring_of(projector: &Projector, polygon: &Polygon<f64>) -> Vec<Pos2> {
    let corners = polygon.exterior().0.iter();
    corners.skip(1).map(|corner| on_screen(projector, [corner.x, corner.y])).collect()
}

/// Lines of longitude and latitude with their degrees, so that one sees where one is without a basemap.
fn graticule(painter: &Painter, projector: &Projector) {
    const LINES: f64 = 7.0;
    let clip = projector.clip_rect();
    let ([west, south], [east, north]) =
        (place(projector, clip.left_bottom()), place(projector, clip.right_top()));
    let span = (east - west).max(north - south);
    let steps = [30.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
    let Some(step) = steps.into_iter().rfind(|step| span / step <= LINES) else { return };
    let line = Stroke::new(1.0, Color32::from_white_alpha(26));
    let lines = |from: f64, to: f64| {
        let first = (from / step).ceil() as i64;
        (first..=(to / step).floor() as i64).map(move |n| n as f64 * step)
    };
    let digits = if step >= 1.0 { 0 } else { (-step.log10()).ceil() as usize };
    let words = |degrees: f64, [positive, negative]: [&str; 2]| {
        let side = if degrees < 0.0 { negative } else { positive };
        format!("{:.digits$}° {side}", degrees.abs())
    };
    for lon in lines(west.max(-180.0), east.min(180.0)) {
        let x = on_screen(projector, [lon, (south + north) / 2.0]).x;
        painter.line_segment([pos2(x, clip.top()), pos2(x, clip.bottom())], line);
        // The scale bar stands there.
        if x < clip.left() + furniture::SCALE_BAR {
            continue;
        }
        let at = pos2(x + 3.0, clip.bottom() - 2.0);
        plate_text(painter, at, Align2::LEFT_BOTTOM, &words(lon, [tr!("E"), tr!("W")]));
    }
    for lat in lines(south.max(-85.0), north.min(85.0)) {
        let y = on_screen(projector, [(west + east) / 2.0, lat]).y;
        painter.line_segment([pos2(clip.left(), y), pos2(clip.right(), y)], line);
        plate_text(
            painter,
            pos2(clip.right() - 4.0, y - 2.0),
            Align2::RIGHT_BOTTOM,
            &words(lat, [tr!("N"), tr!("S")]),
        );
    }
}
