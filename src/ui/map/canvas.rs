//! A picture of annotations painted without the graphics card: very many of them cost a frame no more than one picture.

use egui::{Color32, Pos2, Rect, pos2};

/// How far from a line pixels are looked at, beside half its width.
const SMOOTH: f32 = 0.5;
/// Long lines are painted in pieces, so that few pixels beside them are looked at.
const PIECE: f32 = 16.0;

/// A picture that is painted on.
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Color32>,
    /// The distance of each pixel to the nearest line of the ring that is being painted.
    near: Vec<f32>,
    touched: Vec<u32>,
}

impl Canvas {
    /// An empty picture.
    pub fn new(width: usize, height: usize) -> Self {
        let count = width * height;
        let pixels = vec![Color32::TRANSPARENT; count];
        Self { width, height, pixels, near: vec![f32::INFINITY; count], touched: Vec::new() }
    }

    fn put(&mut self, at: usize, colour: Color32, share: f32) {
        let over = if share < 1.0 { colour.gamma_multiply(share) } else { colour };
        if let Some(pixel) = self.pixels.get_mut(at) {
            *pixel = pixel.blend(over);
        }
    }

    /// The first and one past the last of the whole pixels in a range that lie in the picture.
    fn range(from: f32, to: f32, size: usize) -> std::ops::Range<usize> {
        // Casting keeps to what the type holds.
        let clamp = |v: f32| (v.max(0.0) as usize).min(size);
        clamp(from.floor())..clamp(to.ceil())
    }

    /// Fills a rectangle, at least one pixel of it.
    pub fn rect(&mut self, rect: Rect, colour: Color32) {
        let cols = Self::range(rect.left(), rect.right().max(rect.left() + 1.0), self.width);
        for row in Self::range(rect.top(), rect.bottom().max(rect.top() + 1.0), self.height) {
            for col in cols.clone() {
                self.put(row * self.width + col, colour, 1.0);
            }
        }
    }

    /// Fills rings, holes left out.
    pub fn fill(&mut self, rings: &[Vec<Pos2>], colour: Color32) {
        let (mut top, mut bottom) = (f32::INFINITY, f32::NEG_INFINITY);
        for corner in rings.iter().flatten() {
            (top, bottom) = (top.min(corner.y), bottom.max(corner.y));
        }
        let mut crossings: Vec<f32> = Vec::new();
        for row in Self::range(top, bottom, self.height) {
            let y = row as f32 + 0.5;
            crossings.clear();
            for ring in rings {
                for (i, a) in ring.iter().enumerate() {
                    let b = ring[(i + 1) % ring.len()];
                    if (a.y <= y) != (b.y <= y) {
                        crossings.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
                    }
                }
            }
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                for col in Self::range(pair[0] + 0.5, pair[1] - 0.5, self.width) {
                    self.put(row * self.width + col, colour, 1.0);
                }
            }
        }
    }

    /// Draws closed lines, each of a width and a colour, along a ring: the first below the others.
    pub fn outline(&mut self, ring: &[Pos2], lines: &[(f32, Color32)]) {
        let widest = lines.iter().map(|(width, _)| *width).fold(0.0, f32::max);
        for (i, &a) in ring.iter().enumerate() {
            self.measure(a, ring[(i + 1) % ring.len()], widest / 2.0 + SMOOTH);
        }
        let touched = std::mem::take(&mut self.touched);
        for &at in &touched {
            let at = at as usize;
            let distance = std::mem::replace(&mut self.near[at], f32::INFINITY);
            for &(width, colour) in lines {
                let share = (width / 2.0 + SMOOTH - distance).min(1.0);
                if share > 0.0 {
                    self.put(at, colour, share);
                }
            }
        }
        self.touched = touched;
        self.touched.clear();
    }

    /// Measures the distance to a line for the pixels near it.
    fn measure(&mut self, a: Pos2, b: Pos2, reach: f32) {
        let picture = Rect::from_min_max(Pos2::ZERO, pos2(self.width as f32, self.height as f32));
        let length = a.distance(b);
        // What is not finite is nowhere.
        if !length.is_finite() || !Rect::from_two_pos(a, b).expand(reach).intersects(picture) {
            return;
        }
        let pieces = (length / PIECE).ceil().clamp(1.0, 4096.0);
        for piece in 0..pieces as u32 {
            let at = |i: u32| a.lerp(b, i as f32 / pieces);
            let (from, to) = (at(piece), at(piece + 1));
            let around = Rect::from_two_pos(from, to).expand(reach);
            let along = to - from;
            let square = along.length_sq().max(1e-12);
            for row in Self::range(around.top(), around.bottom(), self.height) {
                for col in Self::range(around.left(), around.right(), self.width) {
                    let pixel = pos2(col as f32 + 0.5, row as f32 + 0.5);
                    let share = ((pixel - from).dot(along) / square).clamp(0.0, 1.0);
                    let distance = pixel.distance(from + along * share);
                    let known = &mut self.near[row * self.width + col];
                    if distance < reach && distance < *known {
                        if known.is_infinite() {
                            self.touched.push((row * self.width + col) as u32);
                        }
                        *known = distance;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color32 = Color32::from_rgb(255, 0, 0);

    fn square() -> Vec<Pos2> {
        vec![pos2(4.0, 4.0), pos2(16.0, 4.0), pos2(16.0, 16.0), pos2(4.0, 16.0)]
    }

    #[test]
    fn a_ring_is_filled_and_its_hole_is_not() {
        let mut canvas = Canvas::new(20, 20);
        let hole = vec![pos2(8.0, 8.0), pos2(12.0, 8.0), pos2(12.0, 12.0), pos2(8.0, 12.0)];
        canvas.fill(&[square(), hole], RED);
        let filled = canvas.pixels.iter().filter(|p| **p == RED).count();
        assert_eq!(filled, 12 * 12 - 4 * 4);
        assert_eq!(canvas.pixels[10 * 20 + 10], Color32::TRANSPARENT);
    }

    #[test]
    fn a_line_is_as_wide_as_asked_and_lies_over_its_halo() {
        let mut canvas = Canvas::new(20, 20);
        canvas.outline(&square(), &[(4.0, Color32::BLACK), (2.0, RED)]);
        let row: Vec<_> = (0..10).map(|col| canvas.pixels[10 * 20 + col]).collect();
        assert_eq!(row[1], Color32::TRANSPARENT);
        assert_eq!((row[2], row[5]), (Color32::BLACK, Color32::BLACK));
        assert_eq!((row[3], row[4]), (RED, RED));
        assert_eq!(row[7], Color32::TRANSPARENT);
        canvas.outline(&square(), &[(2.0, RED)]);
        assert_eq!(canvas.pixels[10 * 20 + 4], RED, "a second ring starts from nothing");
    }

    #[test]
    fn what_reaches_past_the_picture_is_cut_and_what_is_no_place_is_nowhere() {
        let mut canvas = Canvas::new(8, 8);
        let wide = vec![pos2(-1e6, -50.0), pos2(1e6, 3.0), pos2(4.0, 1e7)];
        canvas.fill(std::slice::from_ref(&wide), RED);
        canvas.outline(&wide, &[(2.0, RED)]);
        canvas.outline(&[pos2(f32::NAN, 1.0), pos2(3.0, f32::INFINITY)], &[(2.0, RED)]);
        canvas.rect(Rect::from_min_max(pos2(-9.0, -9.0), pos2(99.0, 99.0)), RED);
        assert!(canvas.pixels.iter().all(|p| *p == RED));
    }
}
