//! Very many annotations: painted into one picture on a thread of their own, of a part of the map somewhat larger than the
//! screen. While it is being painted the last one stays, moved and scaled to where it belongs; panning paints nothing anew.

use super::canvas::Canvas;
use super::plane::{Bounds, Placed, Plane, corners_on_screen, lonlat_bounds, mercator, touch};
use crate::app::OpenProject;
use crate::jobs::DrawnCore;
use crate::labels::{AnnotationId, Annotations, ClassCode};
use crate::ui::{tokens, widgets};
use egui::{Color32, ColorImage, Context, Mesh, Painter, Pos2, Rect, Shape, TextureHandle, TextureOptions};
use egui::{pos2, vec2};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The picture reaches past the screen by this share of it on each side.
const BEYOND: f32 = 0.35;
/// A new one is painted when less than this share is left.
const LEFT: f32 = 0.05;
/// Pixels a side that every graphics card takes.
const LARGEST: f32 = 4096.0;
/// Of more annotations cores are too small to be seen.
const WITH_CORES: usize = 4000;
/// Sizes on the screen, in points: below the first it is a small square, below the second an outline on its own colour,
/// above it has a halo and its core.
const SQUARE: f32 = 5.0;
const SMALL: f32 = 24.0;

/// What a picture shows.
#[derive(Clone)]
struct Shown {
    annotations: Annotations,
    cores: u64,
    colours: BTreeMap<ClassCode, [u8; 3]>,
    bounds: Bounds,
    scale: f64,
}

impl Shown {
    fn is_like(&self, other: &Self) -> bool {
        self.annotations.is_same(&other.annotations)
            && self.cores == other.cores
            && self.scale == other.scale
            && self.colours == other.colours
    }

    fn covers(&self, [left, top, right, bottom]: Bounds) -> bool {
        let b = self.bounds;
        b[0] <= left && b[1] <= top && b[2] >= right && b[3] >= bottom
    }
}

struct Request {
    shown: Shown,
    cores: HashMap<AnnotationId, Arc<DrawnCore>>,
    /// Pixels.
    size: [usize; 2],
    pixels_per_point: f32,
}

#[derive(Default)]
struct Desk {
    wanted: Option<Request>,
    done: Option<(TextureHandle, Bounds)>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.lock().closed
    }
}

/// The picture of very many annotations.
#[derive(Default)]
pub struct Crowd {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    asked: Option<Shown>,
    picture: Option<(TextureHandle, Bounds)>,
}

impl Crowd {
    /// Paints the last picture and asks for a new one where that is not right any more; `false` while there is none.
    pub fn paint(&mut self, painter: &Painter, clip: Rect, plane: &Plane, project: &OpenProject) -> bool {
        if let Some(done) = self.shared.lock().done.take() {
            self.picture = Some(done);
        }
        let wanted = Shown {
            annotations: project.annotations.clone(),
            cores: project.derived.cores.revision,
            colours: project.document.legend.classes.iter().map(|c| (c.code, c.colour)).collect(),
            bounds: plane.under(clip.expand2(clip.size() * BEYOND)),
            scale: plane.scale,
        };
        let at_least = plane.under(clip.expand2(clip.size() * LEFT));
        let right = |asked: &Shown| asked.is_like(&wanted) && asked.covers(at_least);
        if !self.asked.as_ref().is_some_and(right) {
            self.ask(painter.ctx(), clip, wanted, project);
        }
        let Some((texture, [left, top, right, bottom])) = &self.picture else { return false };
        let rect = Rect::from_min_max(plane.at([*left, *top]), plane.at([*right, *bottom]));
        if rect.intersects(clip) {
            let mut mesh = Mesh::with_texture(texture.id());
            mesh.add_rect_with_uv(rect, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)), Color32::WHITE);
            painter.add(Shape::mesh(mesh));
        }
        true
    }

    fn ask(&mut self, ctx: &Context, clip: Rect, shown: Shown, project: &OpenProject) {
        let size = clip.size() * (1.0 + 2.0 * BEYOND);
        let pixels_per_point = ctx.pixels_per_point().min(LARGEST / size.max_elem().max(1.0));
        let size = (size * pixels_per_point).round().max(vec2(1.0, 1.0));
        let there = project.derived.index.within(lonlat_bounds(shown.bounds));
        let there: Vec<_> = there.take(WITH_CORES + 1).collect();
        let mut cores = HashMap::new();
        if there.len() <= WITH_CORES {
            let core = |id| project.derived.cores.get(id)?.as_ref().ok().cloned();
            cores.extend(there.iter().filter_map(|a| Some((a.id, core(a.id)?))));
        }
        self.asked = Some(shown.clone());
        let size = [size.x as usize, size.y as usize];
        self.shared.lock().wanted = Some(Request { shown, cores, size, pixels_per_point });
        self.shared.changed.notify_one();
        if self.thread.is_none() {
            let (shared, ctx) = (Arc::clone(&self.shared), ctx.clone());
            let work = move || work(&shared, &ctx);
            self.thread = std::thread::Builder::new().name("ritmo-crowd".into()).spawn(work).ok();
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It looks after each annotation whether it is still wanted.
            let _ = thread.join();
        }
    }
}

/// Paints one picture after the other, always the one asked for last. As pictures of the imagery do, it does not stand back
/// behind the window: people wait for it.
fn work(shared: &Shared, ctx: &Context) {
    let mut places = Places::default();
    loop {
        let request = {
            let mut desk = shared.lock();
            loop {
                if desk.closed {
                    return;
                }
                if let Some(request) = desk.wanted.take() {
                    break request;
                }
                desk = shared.changed.wait(desk).unwrap_or_else(PoisonError::into_inner);
            }
        };
        places.follow(&request.shown.annotations, &|| shared.is_closed());
        let Some(image) = picture(&request, &places, &|| shared.is_closed()) else { continue };
        let texture = ctx.load_texture("annotations", image, TextureOptions::LINEAR);
        shared.lock().done = Some((texture, request.shown.bounds));
        ctx.request_repaint();
    }
}

/// Where annotations lie on the plane, worked out once for each.
#[derive(Default)]
struct Places {
    of: Annotations,
    placed: HashMap<AnnotationId, Placed>,
}

impl Places {
    fn follow(&mut self, annotations: &Annotations, stop: &dyn Fn() -> bool) {
        for (i, change) in annotations.changes_since(&self.of).into_iter().enumerate() {
            if i.is_multiple_of(256) && stop() {
                return;
            }
            match (change.was, change.is) {
                (_, Some(is)) => drop(self.placed.insert(is.id, Placed::new(&is))),
                (Some(was), None) => drop(self.placed.remove(&was.id)),
                (None, None) => {}
            }
        }
        self.of = annotations.clone();
    }
}

/// The picture asked for; `None` when it is not wanted any more.
fn picture(request: &Request, places: &Places, stop: &dyn Fn() -> bool) -> Option<ColorImage> {
    let Request { shown, cores, size: [width, height], pixels_per_point: points } = request;
    let mut canvas = Canvas::new(*width, *height);
    let [left, top, ..] = shown.bounds;
    let scale = shown.scale * f64::from(*points);
    let at = |[x, y]: [f64; 2]| pos2(((x - left) * scale) as f32, ((y - top) * scale) as f32);
    for (i, annotation) in shown.annotations.iter().enumerate() {
        if i.is_multiple_of(256) && stop() {
            return None;
        }
        let Some(placed) = places.placed.get(&annotation.id).filter(|p| touch(p.bounds, shown.bounds)) else {
            continue;
        };
        let colour = shown.colours.get(&annotation.class).map_or(Color32::GRAY, |c| widgets::colour(*c));
        let core = cores.get(&annotation.id).map(|core| &**core);
        paint_one(&mut canvas, placed, core, colour, *points, &at);
    }
    Some(ColorImage::new([*width, *height], canvas.pixels))
}

/// As [`super::annotations`] paints it where it is large, simpler where it is small.
fn paint_one(
    canvas: &mut Canvas,
    placed: &Placed,
    core: Option<&DrawnCore>,
    colour: Color32,
    points: f32,
    at: &dyn Fn([f64; 2]) -> Pos2,
) {
    let [left, top, right, bottom] = placed.bounds;
    let rect = Rect::from_min_max(at([left, top]), at([right, bottom]));
    let side = rect.width().max(rect.height()) / points;
    if placed.rings.iter().all(|ring| ring.len() < 2) {
        let dot = Rect::from_center_size(rect.center(), vec2(6.0, 6.0) * points);
        canvas.rect(dot.expand(points), tokens::HALO);
        canvas.rect(dot, colour);
        return;
    }
    if side < SQUARE {
        canvas.rect(rect, colour.gamma_multiply(0.85));
        return;
    }
    let ring = |ring: &Vec<[f64; 2]>| corners_on_screen(ring, at, points);
    let rings: Vec<_> = placed.rings.iter().map(ring).collect();
    if side < SMALL {
        canvas.fill(&rings, colour.gamma_multiply(0.3));
        for ring in &rings {
            canvas.outline(ring, &[(1.5 * points, colour)]);
        }
        return;
    }
    if let Some(core) = core {
        let ring = |ring: &Vec<[f64; 2]>| {
            let places: Vec<_> = ring.iter().map(|&place| mercator(place)).collect();
            corners_on_screen(&places, at, points)
        };
        let outline: Vec<_> = core.outline.iter().map(ring).collect();
        canvas.fill(&outline, colour.gamma_multiply(0.45));
        for ring in &outline {
            canvas.outline(ring, &[(points, colour)]);
        }
    }
    for ring in &rings {
        canvas.outline(ring, &[(4.0 * points, tokens::halo(colour)), (2.0 * points, colour)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Annotation;
    use geo::Rect as GeoRect;

    const RED: [u8; 3] = [250, 20, 10];

    /// A picture of 200 x 200 pixels for a degree and its part of the equator, with these squares (left, bottom, side).
    fn painted(squares: &[(f64, f64, f64)]) -> ColorImage {
        let one = |(id, &(x, y, side)): (u64, &(f64, f64, f64))| {
            Annotation::new(id, GeoRect::new((x, y), (x + side, y + side)).to_polygon().into(), 1)
        };
        let annotations: Annotations = (1..).zip(squares).map(one).collect();
        let ([left, top], [right, bottom]) = (mercator([0.0, 1.0]), mercator([1.0, 0.0]));
        let shown = Shown {
            annotations: annotations.clone(),
            cores: 0,
            colours: [(1, RED)].into(),
            bounds: [left, top, right, bottom],
            scale: 200.0 / (right - left),
        };
        let request = Request { shown, cores: HashMap::new(), size: [200, 200], pixels_per_point: 1.0 };
        let mut places = Places::default();
        places.follow(&annotations, &|| false);
        picture(&request, &places, &|| false).unwrap()
    }

    fn at(image: &ColorImage, lon: f64, lat: f64) -> Color32 {
        // So near to the equator latitudes are as long as longitudes.
        image[((lon * 200.0) as usize, ((1.0 - lat) * 200.0) as usize)]
    }

    #[test]
    fn a_large_one_is_an_outline_a_small_one_is_filled_and_a_tiny_one_is_a_square() {
        let red = widgets::colour(RED);
        let image = painted(&[(0.1, 0.5, 0.4), (0.7, 0.7, 0.06), (0.2, 0.2, 0.01)]);
        assert_eq!(at(&image, 0.1, 0.7), red, "its line");
        assert_eq!(at(&image, 0.3, 0.7), Color32::TRANSPARENT, "no core is known");
        assert!(at(&image, 0.107, 0.7).a() > 100, "its halo");
        let filled = at(&image, 0.73, 0.73);
        assert!(filled.a() > 50 && filled.a() < 120, "{filled:?}");
        assert!(at(&image, 0.205, 0.205).r() > 180);
        assert_eq!(at(&image, 0.9, 0.1), Color32::TRANSPARENT);
    }

    #[test]
    fn a_later_one_lies_over_an_earlier_one_and_what_is_stopped_is_no_picture() {
        let image = painted(&[(0.1, 0.1, 0.01), (0.1, 0.1, 0.5)]);
        assert!(at(&image, 0.105, 0.105).a() > 180);
        let request = Request {
            shown: Shown {
                annotations: [Annotation::new(1, geo::Point::new(0.5, 0.5).into(), 1)].into_iter().collect(),
                cores: 0,
                colours: BTreeMap::new(),
                bounds: [0.0, 0.0, 1.0, 1.0],
                scale: 10.0,
            },
            cores: HashMap::new(),
            size: [10, 10],
            pixels_per_point: 1.0,
        };
        assert!(picture(&request, &Places::default(), &|| true).is_none());
    }

    #[test]
    fn places_follow_what_changes() {
        let mut annotations: Annotations =
            (1..=3).map(|id| Annotation::new(id, geo::Point::new(id as f64, 0.0).into(), 1)).collect();
        let mut places = Places::default();
        places.follow(&annotations, &|| false);
        annotations.remove(2);
        annotations.insert(Annotation::new(3, geo::Point::new(9.0, 0.0).into(), 1));
        places.follow(&annotations, &|| false);
        assert_eq!(places.placed.len(), 2);
        assert_eq!(places.placed[&3].bounds[0], mercator([9.0, 0.0])[0]);
    }
}
