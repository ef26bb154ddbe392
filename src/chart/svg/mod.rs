//! A chart as SVG: title, legend, months, one scale on the left and one on the right, lines and markers.

mod pen;
mod usual;

use super::{
    Along, Axes, Column, Curve, PixelRows, Point, SeriesTable, Trace, colours, month_name, months, number,
};
use pen::{Anchor, Pen, marker};

/// Width of the paper, in units.
const WIDTH: f64 = 1000.0;
/// Height of the part with the lines.
const PLOT: f64 = 380.0;
/// Left and right of it.
const SIDE: f64 = 72.0;
/// Around everything.
const MARGIN: f64 = 20.0;
/// Height of a row of the legend.
const ROW: f64 = 18.0;
/// Room for the months, below.
const FOOT: f64 = 48.0;

/// Months that are named at most.
const MOST_MONTHS: usize = 14;

/// Greys of text, of lines that stand back, of the grid.
const TEXT: &str = "#1a1a1a";
const WEAK: &str = "#5c5c5c";
const GRID: &str = "#dcdcdc";

/// The pixels of a table and the columns that are drawn, as they stand in the plot: bands on the left scale, indices on the
/// right one; solid where a pixel was observed, hollow and dotted where a gap is filled, a cross for each date with nothing;
/// behind them the usual years of classes. Where years lie over one another each has its own lines, the later the darker.
/// Well-formed XML, 1000 units wide.
pub fn svg(table: &SeriesTable) -> String {
    let legend = Legend::of(table);
    let top = MARGIN + 52.0 + ROW * legend.rows as f64 + 8.0;
    let frame = Frame::new(table, top);
    let mut pen = Pen::new(WIDTH, top + PLOT + FOOT);
    pen.text(MARGIN, MARGIN + 16.0, 18.0, TEXT, Anchor::Start, &title(table));
    pen.text(MARGIN, MARGIN + 38.0, 12.0, WEAK, Anchor::Start, &subtitle(table));
    legend.draw(&mut pen, table);
    frame.draw(&mut pen, table);
    usual::draw(&mut pen, &frame, table);
    let mut nothing = true;
    for (i, pixel) in table.pixels.iter().enumerate() {
        let drawn = table.columns.iter().zip(&pixel.curves).filter(|(column, _)| column.drawn);
        for (j, (column, curve)) in drawn.enumerate() {
            nothing &= !curve_drawn(&mut pen, &frame, table, (i, pixel), (column, curve, j == 0));
        }
        crosses(&mut pen, &frame, (i, pixel));
    }
    if nothing {
        let middle = (frame.left + frame.right) / 2.0;
        let words = "No clear observation at any date";
        pen.text(middle, top + PLOT / 2.0, 14.0, WEAK, Anchor::Middle, words);
    }
    pen.done()
}

fn title(table: &SeriesTable) -> String {
    match table.project.is_empty() {
        true => table.site.clone(),
        false => format!("{} · {}", table.project, table.site),
    }
}

fn subtitle(table: &SeriesTable) -> String {
    let date = |date: Option<&chrono::NaiveDate>| {
        date.map_or_else(String::new, |date| date.format("%-d %b %Y").to_string())
    };
    let (first, last) = (date(table.dates.first()), date(table.dates.last()));
    let span = if first == last { first } else { format!("{first} to {last}") };
    let mut parts = vec![span, format!("gaps {}", table.filling.words())];
    if !table.smoothing.is_off() {
        parts.push(format!("smooth line: {}", table.smoothing.words()));
    }
    if table.years {
        parts.push("years over one another, the latest darkest".into());
    }
    parts.join(" · ")
}

/// "17.21450° N 92.12000° W", or the pixel.
fn place(pixel: &PixelRows) -> String {
    let (col, row) = pixel.pixel;
    match pixel.lonlat {
        None => format!("pixel {col}, {row}"),
        Some([lon, lat]) => {
            let (ns, ew) = (if lat < 0.0 { "S" } else { "N" }, if lon < 0.0 { "W" } else { "E" });
            format!("{:.5}° {ns} {:.5}° {ew}", lat.abs(), lon.abs())
        }
    }
}

/// A colour on white paper, as strong as from 0 to 1.
fn faded(colour: [u8; 3], strength: f32) -> String {
    hex(colour.map(|c| (255.0 - (255.0 - f32::from(c)) * strength.clamp(0.0, 1.0)).round() as u8))
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The colour of the marker of a pixel.
fn of_pixel(i: usize) -> [u8; 3] {
    colours::PINS[i % colours::PINS.len()]
}

/// What lines and markers mean, in rows.
struct Legend {
    /// Row, place along it, which entry.
    entries: Vec<(usize, f64, Entry)>,
    rows: usize,
}

#[derive(Clone, Copy)]
enum Entry {
    Column(usize),
    Pixel(usize),
    Usual(usize),
}

impl Legend {
    fn of(table: &SeriesTable) -> Self {
        let columns = table.columns.iter().enumerate().filter(|(_, column)| column.drawn);
        let columns: Vec<(Entry, String)> =
            columns.map(|(i, column)| (Entry::Column(i), column_words(column))).collect();
        let pixels = table.pixels.iter().enumerate();
        let pixels: Vec<(Entry, String)> =
            pixels.map(|(i, pixel)| (Entry::Pixel(i), pixel_words(pixel))).collect();
        let usual = usual::drawn(table).map(|(i, year)| (Entry::Usual(i), usual::words(year))).collect();
        let (mut entries, mut row) = (Vec::new(), 0);
        for group in [columns, pixels, usual] {
            let mut x = MARGIN;
            if group.is_empty() {
                continue;
            }
            for (entry, words) in group {
                // Letters of this size are some 6 units wide, the widest 9.
                let width = 34.0 + 6.4 * words.chars().count() as f64;
                if x + width > WIDTH - MARGIN && x > MARGIN {
                    (x, row) = (MARGIN, row + 1);
                }
                entries.push((row, x, entry));
                x += width;
            }
            row += 1;
        }
        Self { entries, rows: row }
    }

    fn draw(&self, pen: &mut Pen, table: &SeriesTable) {
        for &(row, x, entry) in &self.entries {
            let y = MARGIN + 52.0 + ROW * (row as f64 + 0.5);
            let words = match entry {
                Entry::Column(i) => {
                    let column = &table.columns[i];
                    pen.line("key", [x, y], [x + 18.0, y], &hex(column.colour), 2.0, None);
                    column_words(column)
                }
                Entry::Pixel(i) => {
                    marker(pen, "key", i, [x + 9.0, y], &hex(of_pixel(i)), true);
                    pixel_words(&table.pixels[i])
                }
                Entry::Usual(i) => {
                    usual::key(pen, &table.usual[i], [x, y]);
                    usual::words(&table.usual[i])
                }
            };
            pen.text(x + 24.0, y + 4.0, 12.0, TEXT, Anchor::Start, &words);
        }
    }
}

fn column_words(column: &Column) -> String {
    let short: String = column.name.chars().take(40).collect();
    let dots = if short == column.name { "" } else { "…" };
    format!("{short}{dots} ({})", column.unit)
}

fn pixel_words(pixel: &PixelRows) -> String {
    format!("{}, {}", pixel.name, place(pixel))
}

/// Where days and values lie on the paper.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    along: Along,
    span: (f64, f64),
    axes: Axes,
    only_indices: bool,
}

impl Frame {
    fn new(table: &SeriesTable, top: f64) -> Self {
        let along = Along::new(&table.dates, table.years);
        let drawn = |index: bool| {
            table.columns.iter().enumerate().filter(move |(_, c)| c.drawn && c.is_index == index)
        };
        let range = |(i, column): (usize, &Column)| {
            let curves = table.pixels.iter().filter_map(|pixel| pixel.curves.get(i));
            let values = curves.flat_map(|curve| {
                let smooth = curve.smooth.iter().flatten().copied();
                curve.filled.iter().map(|value| f64::from(*value)).chain(smooth)
            });
            let years = usual::drawn(table).filter(|(_, year)| year.feature == column.name);
            let years = years.flat_map(|(_, year)| year.low.iter().chain(&year.high)).copied();
            let usual = column.usual.into_iter().flatten().chain(years).map(f64::from);
            let all = values.chain(usual).filter(|value| value.is_finite());
            all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let union = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
        let bands = drawn(false).map(range).reduce(union);
        let indices = drawn(true).map(range).reduce(union);
        // Bands begin at nothing, as in the plot.
        let bands = bands.map(|(low, high)| (low.min(0.0), high));
        let axes = match (bands, indices) {
            (Some(bands), indices) => Axes::fit(bands, indices),
            (None, Some(indices)) => Axes::fit(indices, None),
            (None, None) => Axes::fit((0.0, 1.0), None),
        };
        Self {
            left: SIDE,
            right: WIDTH - SIDE,
            top,
            span: along.span(),
            along,
            axes,
            only_indices: bands.is_none(),
        }
    }

    /// Where a point lies: its place along the dates, and on the left scale.
    fn at(&self, [place, value]: Point) -> [f64; 2] {
        let (from, to) = self.span;
        let x = self.left + (place - from) / (to - from) * (self.right - self.left);
        let share = (value - self.axes.bottom) / (self.axes.top() - self.axes.bottom);
        [x, self.top + PLOT * (1.0 - share)]
    }

    fn draw(&self, pen: &mut Pen, table: &SeriesTable) {
        let (foot, axes) = (self.top + PLOT, &self.axes);
        for value in axes.grid() {
            let [_, y] = self.at([self.span.0, value]);
            pen.line("grid", [self.left, y], [self.right, y], GRID, 1.0, None);
            pen.text(self.left - 8.0, y + 4.0, 11.0, WEAK, Anchor::End, &number(value, axes.step));
            if let Some(right) = axes.right {
                let words = number(axes.value_at(value), right.step);
                pen.text(self.right + 8.0, y + 4.0, 11.0, WEAK, Anchor::Start, &words);
            }
        }
        let mut last = f64::NEG_INFINITY;
        for mark in months(self.span, MOST_MONTHS) {
            let [x, _] = self.at([mark.day, axes.bottom]);
            pen.line("grid", [x, self.top], [x, foot], GRID, 1.0, None);
            if x - last > 52.0 {
                pen.text(
                    x,
                    foot + 16.0,
                    11.0,
                    WEAK,
                    Anchor::Middle,
                    &month_name(mark.day, !self.along.folded),
                );
                last = x;
            }
        }
        pen.line("frame", [self.left, foot], [self.right, foot], WEAK, 1.0, None);
        let unit = match self.only_indices {
            true => "index",
            false => unit_of_bands(table),
        };
        pen.text(self.left, foot + 36.0, 12.0, WEAK, Anchor::Start, &format!("left scale: {unit}"));
        if axes.right.is_some() {
            pen.text(self.right, foot + 36.0, 12.0, WEAK, Anchor::End, "right scale: index");
        }
    }
}

/// The unit of all bands that are drawn, where they have one.
fn unit_of_bands(table: &SeriesTable) -> &'static str {
    let mut units = table.columns.iter().filter(|c| c.drawn && !c.is_index).map(|c| c.unit);
    let first = units.next().unwrap_or("DN");
    match (units.all(|unit| unit == first), first) {
        (true, "DN") => "digital number",
        (true, first) => first,
        (false, _) => "physical value",
    }
}

/// Draws a curve, with its years where they lie over one another and it is the first; whether there was anything of it.
fn curve_drawn(
    pen: &mut Pen,
    frame: &Frame,
    table: &SeriesTable,
    (i, pixel): (usize, &PixelRows),
    (column, curve, is_first): (&Column, &Curve, bool),
) -> bool {
    let on_left = |value: f64| if column.is_index { frame.axes.place_of(value) } else { value };
    // The parts of a line over days: each year by itself, as strong as it is.
    let parts = |points: &[Point]| -> Vec<(f32, Option<i32>, Vec<[f64; 2]>)> {
        let part = |(year, points): (Option<i32>, Vec<Point>)| {
            let points = points.into_iter().map(|[place, value]| frame.at([place, on_left(value)])).collect();
            (frame.along.strength(year), year, points)
        };
        frame.along.parts(points).into_iter().map(part).collect()
    };
    let trace = Trace::new(&frame.along.days, &curve.seen, table.filling);
    let width = if curve.smooth.is_some() { 0.8 } else { 1.8 };
    let polyline = |pen: &mut Pen, what: &str, points: &[Point], width: f64, dashes: Option<&str>| {
        for (strength, _, part) in parts(points).iter().filter(|(.., part)| part.len() > 1) {
            pen.polyline(what, part, &faded(column.colour, *strength), width, dashes);
        }
    };
    pen.open(&format!("{} {}", column.name, pixel.name));
    if let Some(smooth) = &curve.smooth {
        let points: Vec<Point> = frame.along.days.iter().zip(smooth).map(|(day, z)| [*day, *z]).collect();
        polyline(pen, "smooth", &points, 2.2, None);
    }
    trace.bridges.iter().for_each(|bridge| polyline(pen, "filled-line", bridge, 1.0, Some("2 4")));
    trace.runs.iter().for_each(|run| polyline(pen, "line", run, width, None));
    // One pixel alone needs no colour of its own.
    let fill = if table.pixels.len() == 1 { column.colour } else { of_pixel(i) };
    let seen = parts(&trace.runs.concat());
    for (points, observed) in [(&seen, true), (&parts(&trace.filled), false)] {
        let what = if observed { "seen" } else { "filled" };
        for (strength, _, part) in points {
            part.iter().for_each(|at| marker(pen, what, i, *at, &faded(fill, *strength), observed));
        }
    }
    if i == 0 && is_first {
        for (_, year, part) in &seen {
            let (Some(year), Some([x, y])) = (year, part.last()) else { continue };
            pen.text(x + 4.0, y - 6.0, 11.0, &hex(column.colour), Anchor::End, &year.to_string());
        }
    }
    pen.close();
    !trace.runs.is_empty()
}

/// A cross at the foot for each date that has nothing, in a row a pixel.
fn crosses(pen: &mut Pen, frame: &Frame, (i, pixel): (usize, &PixelRows)) {
    let y = frame.top + PLOT - 8.0 - 10.0 * (i % colours::PINS.len()) as f64;
    let places = frame.along.places.iter().zip(&pixel.missing);
    for (place, _) in places.filter(|(_, missing)| missing.is_some()) {
        let [x, _] = frame.at([*place, frame.axes.bottom]);
        pen.path("missing", &format!("M{:.1} {:.1}l6 6m0 -6l-6 6", x - 3.0, y - 3.0), WEAK, None);
    }
}

#[cfg(test)]
mod tests;
