//! Large grounds of one colour (panels, what is behind the map) are cleared, and not painted as all else is: with a texture that
//! is white there, over what was there before. Without a graphics card that costs 5 ns a pixel, and clearing a tenth of it;
//! half of what a frame's pixels cost is ground.

use eframe::egui_glow::CallbackFn;
use eframe::glow::{COLOR_BUFFER_BIT, Context as Gl, HasContext as _};
use egui::emath::{GuiRounding as _, TSTransform};
use egui::epaint::ClippedShape;
use egui::{Color32, Context, FullOutput, PaintCallback, Plugin, Rect, Shape};
use std::sync::Arc;

/// What is smaller costs less than changing the way of painting, in square points.
const LEAST: f32 = 128.0 * 128.0;

/// Clears the grounds of each frame; for windows that are painted by OpenGL.
pub struct Grounds;

impl Plugin for Grounds {
    fn debug_name(&self) -> &'static str {
        "grounds"
    }

    fn output_hook(&mut self, _: &Context, output: &mut FullOutput) {
        let points = output.pixels_per_point;
        for shape in &mut output.shapes {
            if let Some((rect, colour)) = ground(shape, points) {
                let clear = CallbackFn::new(move |_, painter| clear(painter.gl(), colour));
                shape.clip_rect = rect;
                shape.shape = Shape::Callback(PaintCallback { rect, callback: Arc::new(clear) });
            }
        }
    }
}

/// The part of a shape that is seen, where it is a large rectangle of one colour through which nothing is seen.
fn ground(shape: &ClippedShape, points: f32) -> Option<(Rect, Color32)> {
    let Shape::Rect(rect) = &shape.shape else { return None };
    let plain = rect.fill.is_opaque()
        && rect.stroke.is_empty()
        && rect.corner_radius == egui::CornerRadius::ZERO
        && rect.blur_width <= 0.0
        && rect.angle == 0.0
        && rect.brush.is_none();
    let plain = plain && shape.transform_after_tessellation == TSTransform::IDENTITY;
    let seen = rect.rect.round_to_pixels(points).intersect(shape.clip_rect);
    (plain && seen.is_positive() && seen.area() >= LEAST).then_some((seen, rect.fill))
}

/// Clears what is not cut off, which is the rectangle.
#[expect(
    unsafe_code,
    reason = "OpenGL has no other way to be called; what follows sets its own colour to clear with"
)]
fn clear(gl: &Gl, colour: Color32) {
    let [red, green, blue, _] = colour.to_normalized_gamma_f32();
    // SAFETY: called by the painter of the window, whose context is current.
    unsafe {
        gl.clear_color(red, green, blue, 1.0);
        gl.clear(COLOR_BUFFER_BIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Stroke, StrokeKind, pos2, vec2};

    #[test]
    fn what_is_large_opaque_and_plain_is_cleared_where_it_is_seen_and_all_else_painted() {
        let rect = Rect::from_min_size(pos2(10.3, 20.0), vec2(400.0, 300.0));
        let clip_rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(300.0, 600.0));
        let seen = |shape: Shape| ground(&ClippedShape::new(clip_rect, shape), 1.0);
        let grey = Color32::from_gray(30);
        let cut = Rect::from_min_max(pos2(10.0, 20.0), pos2(300.0, 320.0));
        assert_eq!(seen(Shape::rect_filled(rect, 0.0, grey)), Some((cut, grey)));
        let stroke = Stroke::new(1.0, Color32::WHITE);
        let small = Rect::from_min_size(rect.min, vec2(100.0, 100.0));
        for painted in [
            Shape::rect_filled(rect, 2.0, grey),
            Shape::rect_filled(rect, 0.0, Color32::from_black_alpha(250)),
            Shape::rect_filled(small, 0.0, grey),
            Shape::rect_filled(rect.translate(vec2(900.0, 0.0)), 0.0, grey),
            Shape::rect_stroke(rect, 0.0, stroke, StrokeKind::Inside),
            Shape::circle_filled(rect.center(), 200.0, grey),
        ] {
            assert_eq!(seen(painted.clone()), None, "{painted:?}");
        }
    }
}
