//! A chart in pixels: the SVG rasterised, with a font of our own, so that it looks the same on every machine.

use super::ChartError;
use resvg::{tiny_skia, usvg};

/// Ubuntu Light, which the window's text is set in too.
const FONT: &[u8] = include_bytes!("../../assets/fonts/Ubuntu-Light.ttf");

/// An SVG as PNG, `scale` pixels a unit.
///
/// # Errors
/// [`ChartError::Paint`] where it is no SVG, or too large for the memory.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, ChartError> {
    let failed = |why: String| ChartError::Paint { why };
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_font_data(FONT.to_vec());
    let family = fonts.faces().next().and_then(|face| face.families.first().map(|(name, _)| name.clone()));
    if let Some(family) = family {
        fonts.set_sans_serif_family(family.clone());
        options.font_family = family;
    }
    let tree = usvg::Tree::from_str(svg, &options).map_err(|why| failed(why.to_string()))?;
    let size = tree.size();
    let (width, height) = ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
    let mut pixels = tiny_skia::Pixmap::new(width, height)
        .ok_or_else(|| failed(format!("{width} x {height} pixels do not fit into the memory")))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|why| failed(why.to_string()))
}

/// Opaque and transparent pixels (RGBA, rows from the top) as PNG; `None` where they are not `width` x `height`, or none at all.
pub fn encoded(width: usize, height: usize, rgba: Vec<u8>) -> Option<Vec<u8>> {
    let size = tiny_skia::IntSize::from_wh(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
    // Alpha is none or all, so that nothing is to be multiplied with it.
    tiny_skia::Pixmap::from_vec(rgba, size)?.encode_png().ok()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::{info, input, table_of};
    use super::super::{SeriesTable, svg};
    use super::*;
    use crate::cube::Units;

    #[test]
    fn a_chart_has_its_size_ground_lines_and_words() {
        let info = info(3);
        let pixel = input("pin 1", vec![1000., 3000., 1500., 3500., 2000., 4000.]);
        let svg = svg(&SeriesTable::new(&info, &table_of(&info, Units::Dn), vec![pixel]));
        let image = tiny_skia::Pixmap::decode_png(&png(&svg, 2.0).unwrap()).unwrap();
        assert_eq!(image.width(), 2000);
        assert!(image.height() > 800);
        let white = |x: u32, y: u32| image.pixel(x, y).is_some_and(|p| p.red() == 255 && p.blue() == 255);
        assert!(white(1, 1), "white paper");
        let inked = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..image.width()).map(move |x| (x, y))).filter(|(x, y)| !white(*x, *y)).count()
        };
        assert!(inked(0..56) > 300, "the title is set in a font");
        assert!(inked(200..image.height() - 100) > 3000, "lines are drawn");
    }

    #[test]
    fn pixels_are_encoded_as_they_are() {
        let rgba = vec![255, 0, 10, 255, 0, 0, 0, 0];
        let image = tiny_skia::Pixmap::decode_png(&encoded(2, 1, rgba.clone()).unwrap()).unwrap();
        assert_eq!(image.data(), rgba);
        assert!(encoded(2, 2, rgba).is_none() && encoded(0, 0, Vec::new()).is_none());
    }

    #[test]
    fn what_is_no_picture_is_told() {
        let why = png("<svg", 1.0).unwrap_err().to_string();
        assert!(why.starts_with("cannot paint the chart"), "{why}");
        let tiny = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"/>";
        assert!(png(tiny, 1e9).is_err(), "too large");
    }
}
