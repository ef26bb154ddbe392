//! Pixels that are marked: those that annotations of different classes claim are crossed out, since no class has them; others
//! have a frame.

use super::quad::{corners, within};
use crate::geo::{Grid, Window};
use crate::jobs::PixelPlace;
use crate::ui::tokens;
use egui::{Color32, Mesh, Painter, Pos2, Shape, Stroke};
use walkers::Projector;

/// Pixels smaller than this on the screen are filled, greater ones have lines.
const CROSSED: f32 = 5.0;

/// So many are painted at most: of more no one can tell one from another.
const AT_MOST: usize = 40_000;

/// Paints pixels that are claimed twice, which come in the order of rows.
pub fn paint(painter: &Painter, projector: &Projector, grid: &Grid, claimed: &[PixelPlace]) {
    // Warnings over pictures are those of the dark theme, in both.
    marked(painter, projector, grid, claimed, tokens::warning(true), &cross);
}

/// Frames pixels, which come in the order of rows.
pub fn frame(painter: &Painter, projector: &Projector, grid: &Grid, pixels: &[PixelPlace], colour: Color32) {
    marked(painter, projector, grid, pixels, colour, &around);
}

fn marked(
    painter: &Painter,
    projector: &Projector,
    grid: &Grid,
    claimed: &[PixelPlace],
    colour: Color32,
    lines: &dyn Fn(&Painter, &[Pos2; 4], Stroke),
) {
    let (Some(first), Some(last)) = (claimed.first(), claimed.last()) else { return };
    let (left, right) = claimed.iter().fold((u32::MAX, 0), |(l, r), &(col, _)| (l.min(col), r.max(col)));
    let window = Window { col: left, row: first.1, width: right + 1 - left, height: last.1 + 1 - first.1 };
    let Some(corners) = corners(grid, projector, window) else { return };
    let place = |col: u32, row: u32| {
        let u = (col - window.col) as f32 / window.width as f32;
        let v = (row - window.row) as f32 / window.height as f32;
        within(&corners, u, v)
    };
    let side = corners[0].distance(corners[1]) / window.width as f32;
    let view = painter.clip_rect().expand(side);
    let in_view =
        claimed.iter().map(|&(col, row)| [(col, row), (col + 1, row), (col + 1, row + 1), (col, row + 1)]);
    let in_view = in_view.map(|pixel| pixel.map(|(col, row)| place(col, row)));
    let in_view = in_view.filter(|pixel| view.contains(pixel[0])).take(AT_MOST);
    if side >= CROSSED {
        for pixel in in_view {
            lines(painter, &pixel, Stroke::new(3.0, tokens::HALO));
            lines(painter, &pixel, Stroke::new(1.5, colour));
        }
        return;
    }
    let mut mesh = Mesh::default();
    for pixel in in_view {
        let at = mesh.vertices.len() as u32;
        pixel.iter().for_each(|corner| mesh.colored_vertex(*corner, colour));
        mesh.add_triangle(at, at + 1, at + 2);
        mesh.add_triangle(at, at + 2, at + 3);
    }
    painter.add(mesh);
}

fn cross(painter: &Painter, pixel: &[Pos2; 4], stroke: Stroke) {
    // A little inside, so that neighbours stay apart.
    let inside =
        |from: usize, to: usize| [pixel[from].lerp(pixel[to], 0.14), pixel[to].lerp(pixel[from], 0.14)];
    painter.line_segment(inside(0, 2), stroke);
    painter.line_segment(inside(1, 3), stroke);
}

fn around(painter: &Painter, pixel: &[Pos2; 4], stroke: Stroke) {
    painter.add(Shape::closed_line(pixel.to_vec(), stroke));
}
