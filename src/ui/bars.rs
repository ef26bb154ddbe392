//! Many small rectangles at once: two triangles each, with edges on whole pixels. Painted one by one each would have smoothed
//! edges and round corners, of some forty triangles, which without a graphics card are most of what a frame costs.

use egui::emath::GuiRounding as _;
use egui::{Color32, Mesh, Painter, Rangef, Rect, Shape, Vec2};

/// Rectangles that are painted together, the later ones over the earlier.
#[derive(Default)]
pub struct Bars {
    mesh: Mesh,
}

impl Bars {
    /// Adds one: those beside one another meet, and none is less than a pixel wide or high.
    pub fn add(&mut self, painter: &Painter, rect: Rect, colour: Color32) {
        let points = painter.pixels_per_point();
        let rect = rect.round_to_pixels(points);
        let least = Rect::from_min_size(rect.min, Vec2::splat(1.0 / points));
        self.mesh.add_colored_rect(rect.union(least), colour);
    }

    /// Adds one around a place: all of a width look alike, wherever they stand.
    pub fn add_around(&mut self, painter: &Painter, x: f32, width: f32, y: Rangef, colour: Color32) {
        let left = (x - width / 2.0).round_to_pixels(painter.pixels_per_point());
        self.add(painter, Rect::from_x_y_ranges(left..=left + width, y), colour);
    }

    /// Paints them.
    pub fn paint(self, painter: &Painter) {
        if !self.mesh.is_empty() {
            painter.add(Shape::mesh(self.mesh));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Id, LayerId, Order, pos2};

    #[test]
    fn bars_of_a_width_look_alike_wherever_they_stand_and_neighbours_meet() {
        let ctx = egui::Context::default();
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(99.0, 99.0));
        let painter = Painter::new(ctx, LayerId::new(Order::Background, Id::NULL), whole);
        let mut bars = Bars::default();
        for x in [3.2, 10.5, 20.9] {
            bars.add_around(&painter, x, 3.0, Rangef::new(4.7, 4.9), Color32::WHITE);
        }
        let places: Vec<_> = bars.mesh.vertices.iter().map(|vertex| vertex.pos).collect();
        for corners in places.chunks(4) {
            let rect = Rect::from_points(corners);
            assert_eq!((rect.width(), rect.height()), (3.0, 1.0));
            assert_eq!(rect.min, rect.min.round());
        }
        assert_eq!((places.len(), bars.mesh.indices.len()), (12, 18), "two triangles each");
        let mut bars = Bars::default();
        for i in 0..40 {
            let left = 3.3 + 2.03 * i as f32;
            bars.add(&painter, Rect::from_min_max(pos2(left, 1.0), pos2(left + 2.03, 9.0)), Color32::WHITE);
        }
        let edges: Vec<_> = bars.mesh.vertices.chunks(4).map(|bar| (bar[0].pos.x, bar[1].pos.x)).collect();
        assert!(edges.windows(2).all(|pair| pair[0].1 == pair[1].0), "{edges:?}");
    }
}
