//! The usual years of classes behind the curves: the median as a line, the 10th to 90th percentile as a band.

use super::{Frame, Pen, faded, hex};
use crate::chart::{SeriesTable, UsualYear};

/// How much of the colour of a class its band has.
const BAND: f32 = 0.22;

/// Those whose band or index is drawn, each with its place among all.
pub fn drawn(table: &SeriesTable) -> impl Iterator<Item = (usize, &UsualYear)> {
    let is_drawn =
        |year: &UsualYear| table.columns.iter().any(|column| column.drawn && column.name == year.feature);
    table.usual.iter().enumerate().filter(move |(_, year)| is_drawn(year))
}

/// "Maize: median and 10th to 90th percentile of NDVI, 430 pixels of 12 annotations".
pub fn words(year: &UsualYear) -> String {
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (pixels, annotations) = (count(year.pixels, "pixel"), count(year.annotations, "annotation"));
    let (class, feature) = (&year.class, &year.feature);
    format!("{class}: median and 10th to 90th percentile of {feature}, {pixels} of {annotations}")
}

/// What stands for one in the legend.
pub fn key(pen: &mut Pen, year: &UsualYear, [x, y]: [f64; 2]) {
    let (top, bottom) = (y - 5.0, y + 5.0);
    let edge = [[x, top], [x + 18.0, top], [x + 18.0, bottom], [x, bottom]];
    pen.area("key", &edge, &hex(year.colour), BAND);
    pen.line("key", [x, y], [x + 18.0, y], &hex(year.colour), 1.8, None);
}

/// Draws them.
pub fn draw(pen: &mut Pen, frame: &Frame, table: &SeriesTable) {
    for (_, year) in drawn(table) {
        let is_index = table.columns.iter().any(|column| column.name == year.feature && column.is_index);
        let at = |time: usize, value: f32| {
            let value = f64::from(value);
            let value = if is_index { frame.axes.place_of(value) } else { value };
            frame.at([frame.along.places.get(time).copied().unwrap_or(0.0), value])
        };
        pen.open(&words(year));
        for run in frame.along.runs(&year.median) {
            let strength = frame.along.strength(frame.along.year(run.start));
            let of = |values: &[f32]| -> Vec<[f64; 2]> {
                run.clone().filter_map(|time| Some(at(time, *values.get(time)?))).collect()
            };
            let (mut edge, mut back) = (of(&year.low), of(&year.high));
            back.reverse();
            edge.append(&mut back);
            pen.area("usual-band", &edge, &hex(year.colour), BAND * strength);
            let line = of(&year.median);
            pen.polyline("ground", &line, "#ffffff", 4.0, None);
            pen.polyline("usual", &line, &faded(year.colour, strength), 1.8, None);
        }
        pen.close();
    }
}
