//! A pen that writes SVG: well-formed whatever the words are.

use crate::xml::escaped;
use std::fmt::Write;

/// Where a text stands by its point.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle lies there.
    Middle,
    /// It ends there.
    End,
}

/// The picture so far.
pub struct Pen {
    out: String,
}

impl Pen {
    /// White paper of this size.
    pub fn new(width: f64, height: f64) -> Self {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Ubuntu, 'Segoe UI', Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
        );
        Self { out }
    }

    /// The whole picture.
    pub fn done(mut self) -> String {
        self.out += "</svg>\n";
        self.out
    }

    /// Begins a group with a title, which viewers show at the mouse.
    pub fn open(&mut self, title: &str) {
        let _ = writeln!(self.out, "<g><title>{}</title>", escaped(title));
    }

    /// Ends it.
    pub fn close(&mut self) {
        self.out += "</g>\n";
    }

    /// Words.
    pub fn text(&mut self, x: f64, y: f64, size: f64, colour: &str, anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let words = escaped(words);
        let _ = writeln!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" fill=\"{colour}\" text-anchor=\"{anchor}\">{words}</text>"
        );
    }

    /// A straight line.
    pub fn line(
        &mut self,
        what: &str,
        from: [f64; 2],
        to: [f64; 2],
        colour: &str,
        width: f64,
        dashes: Option<&str>,
    ) {
        self.polyline(what, &[from, to], colour, width, dashes);
    }

    /// A line through points.
    pub fn polyline(
        &mut self,
        what: &str,
        points: &[[f64; 2]],
        colour: &str,
        width: f64,
        dashes: Option<&str>,
    ) {
        let places: Vec<String> = points.iter().map(|[x, y]| format!("{x:.2},{y:.2}")).collect();
        let dashes = dashes.map_or(String::new(), |dashes| format!(" stroke-dasharray=\"{dashes}\""));
        let _ = writeln!(
            self.out,
            "<polyline class=\"{what}\" points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dashes}/>",
            places.join(" ")
        );
    }

    /// A surface that what lies below shines through.
    pub fn area(&mut self, what: &str, edge: &[[f64; 2]], colour: &str, opacity: f32) {
        let places: Vec<String> = edge.iter().map(|[x, y]| format!("{x:.2},{y:.2}")).collect();
        let _ = writeln!(
            self.out,
            "<polygon class=\"{what}\" points=\"{}\" fill=\"{colour}\" fill-opacity=\"{opacity:.2}\"/>",
            places.join(" ")
        );
    }

    /// A shape, filled or not.
    pub fn path(&mut self, what: &str, d: &str, stroke: &str, fill: Option<&str>) {
        let fill = fill.unwrap_or("none");
        let _ = writeln!(
            self.out,
            "<path class=\"{what}\" d=\"{d}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"1\"/>"
        );
    }
}

/// The marker of the pixel at this place of the list, of the shapes that pins have in the plot: filled where it was observed,
/// hollow where it is filled.
pub fn marker(pen: &mut Pen, what: &str, pixel: usize, [x, y]: [f64; 2], colour: &str, observed: bool) {
    let d = match pixel % 6 {
        0 => format!("M{:.2} {:.2}h6v6h-6z", x - 3.0, y - 3.0),
        1 => format!("M{x:.2} {:.2}l4 4l-4 4l-4 -4z", y - 4.0),
        2 => format!("M{x:.2} {:.2}l3.8 6.4h-7.6z", y - 3.8),
        3 => format!("M{x:.2} {:.2}l3.8 -6.4h-7.6z", y + 3.8),
        4 => format!("M{:.2} {y:.2}l6.4 3.8v-7.6z", x - 3.8),
        _ => format!("M{:.2} {y:.2}l-6.4 3.8v-7.6z", x + 3.8),
    };
    match observed {
        // Set off by a thin dark line: bright colours alone are hard to see on white.
        true => pen.path(what, &d, "#333333", Some(colour)),
        false => pen.path(what, &d, colour, Some("#ffffff")),
    }
}
