//! Charts of series, for the screen and for files: what is drawn of a series, scales, months, colours; the table behind a
//! chart, which is written as CSV, as SVG, and as PNG, which is the SVG rasterised.

mod along;
mod axes;
pub mod colours;
mod csv;
mod months;
mod png;
mod svg;
mod table;
mod trace;

pub use self::csv::csv;
pub use self::png::{encoded, png};
pub use self::svg::svg;
pub use along::Along;
pub use axes::{Axes, number};
pub use months::{Mark, date_of_days, days, month_name, months};
pub use table::{Column, Curve, PixelInput, PixelRows, SeriesTable, TableOf, UsualYear, indices_of};
pub use trace::{Point, Trace};

/// What can go wrong with a chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// The picture cannot be painted.
    #[error("cannot paint the chart: {why}")]
    Paint {
        /// Why, and the way out.
        why: String,
    },
}

/// How a chart is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChartFormat {
    /// Values, a row a pixel and date.
    Csv,
    /// A picture of lines.
    Svg,
    /// The same picture in pixels.
    Png,
}

impl ChartFormat {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }

    /// As the ending of a file says; `None` for another ending.
    pub fn of(file: &std::path::Path) -> Option<Self> {
        let ending = file.extension()?.to_string_lossy().to_ascii_lowercase();
        Some(match ending.as_str() {
            "csv" => Self::Csv,
            "svg" => Self::Svg,
            "png" => Self::Png,
            _ => return None,
        })
    }
}
