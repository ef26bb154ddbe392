//! Pictures as files: one date with a world file beside it, or all dates on one sheet.

mod sheet;

use super::{JobContext, Outcome};
use crate::cube::picture::{self, Composite, Display, Picture, StretchFrom};
use crate::cube::{Cube, Feature, NamedIndex};
use crate::files::write_atomically;
use crate::geo::{Grid, Window};
use crate::progress::Progress;
use anyhow::{Context, bail};
use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// Pixels of a picture at most.
const MOST_PIXELS: usize = 120_000_000;

/// Which dates a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// One.
    One(NaiveDate),
    /// All, each small, on one sheet.
    All,
}

/// A picture to write.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureSpec {
    /// Folder of the cube.
    pub cube: PathBuf,
    /// Which dates.
    pub dates: Dated,
    /// Bands or indices, three or one; natural colour where there is none.
    pub channels: Vec<String>,
    /// The project's own indices.
    pub indices: Vec<NamedIndex>,
    /// How values become brightness and colour; [`StretchFrom::View`] is what the picture shows.
    pub display: Display,
    /// Values shown black and white, for all channels or for each; as `display` has it where there are none.
    pub ends: Vec<[f32; 2]>,
    /// The part of the grid; all of it unless given.
    pub window: Option<Window>,
    /// Pixels of the longer side at most, of each date.
    pub size: u32,
    /// Where to.
    pub file: PathBuf,
}

/// A picture that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedPicture {
    /// Where to.
    pub file: PathBuf,
    /// The world file beside it, of one date.
    pub world_file: Option<PathBuf>,
    /// Columns and rows.
    pub size: (usize, usize),
    /// Every how many pixels of the cube are shown.
    pub step: u32,
    /// The dates on it.
    pub dates: Vec<NaiveDate>,
    /// Each channel's name with the values shown black and white; of several dates those of the first.
    pub channels: Vec<(String, [f32; 2])>,
}

/// Writes a picture as PNG.
///
/// # Errors
/// When the cube cannot be read, a date, a band or the window is not in it, or the file cannot be written.
pub fn save_picture(spec: &PictureSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    let cube = Cube::open(&spec.cube)?;
    let info = cube.info();
    let times: Vec<usize> = match spec.dates {
        Dated::All => (0..info.dates.len()).collect(),
        Dated::One(date) => match info.dates.iter().position(|other| *other == date) {
            Some(time) => vec![time],
            None => bail!("the cube has no date {date}: it has {}", dates_words(&info.dates)),
        },
    };
    let grid = info.grid.window();
    let window = spec.window.unwrap_or(grid);
    if window.pixels() == 0 || window.cut_to(grid) != window {
        bail!(
            "the grid of {} x {} pixels does not hold {} x {} pixels from column {}, row {}",
            grid.width,
            grid.height,
            window.width,
            window.height,
            window.col,
            window.row
        );
    }
    let channels = match spec.channels.as_slice() {
        [] => picture::natural_channels(&info.bands),
        texts => picture::channels(texts, &info.bands, &spec.indices)?,
    };
    let display = with_ends(&spec.display, &spec.ends, &channels)?;
    let among = if display.from == StretchFrom::View { window } else { grid };
    let mut composite = Composite::sampled(&cube, channels, among, &display, &context.cancel)?;
    if let (StretchFrom::View, [time]) = (display.from, times.as_slice()) {
        // What a single picture shows is one date.
        composite = composite.of_date(&cube, *time)?;
    }
    let step = window.width.max(window.height).div_ceil(spec.size.max(1)).max(1);
    let mut pictures = Vec::with_capacity(times.len());
    for (done, time) in times.iter().enumerate() {
        context.cancel.check()?;
        let what = format!("Painting {}", info.dates[*time]);
        context.progress(Progress::new(done as u64, times.len() as u64, what));
        pictures.push(picture::picture(&cube, *time, &composite, window, step)?);
    }
    let dates: Vec<NaiveDate> = times.iter().map(|time| info.dates[*time]).collect();
    let mut world_file = None;
    let painted = match (spec.dates, pictures.len()) {
        (Dated::One(_), 1) => {
            world_file = Some(spec.file.with_extension("pgw"));
            pictures.swap_remove(0)
        }
        _ => sheet::sheet(&pictures, &dates, MOST_PIXELS)?,
    };
    let (size, path) = ((painted.width, painted.height), &spec.file);
    let stretch = composite.stretch_at(times.first().copied().unwrap_or(0)).unwrap_or(composite.stretch);
    let ends = |(i, name): (usize, &str)| (name.to_string(), [stretch.low[i], stretch.high[i]]);
    let channels = composite.names().into_iter().take(3).enumerate().map(ends).collect();
    let bytes = png(painted).with_context(|| format!("cannot write {}", path.display()))?;
    context.cancel.check()?;
    write(path, &bytes)?;
    if let Some(world) = &world_file {
        write(world, world_words(&info.grid, window, size).as_bytes())?;
    }
    Ok(Outcome::PictureSaved(SavedPicture { file: path.clone(), world_file, size, step, dates, channels }))
}

/// The display with the ends that are given by hand, by the names of the channels.
fn with_ends(display: &Display, ends: &[[f32; 2]], channels: &[Feature]) -> anyhow::Result<Display> {
    let mut display = display.clone();
    if ends.is_empty() {
        return Ok(display);
    }
    if ends.len() != 1 && ends.len() != channels.len() {
        bail!("{} pairs of values do not fit {} channels: give one, or one each", ends.len(), channels.len());
    }
    display.from = StretchFrom::Hand;
    let each = channels.iter().zip(ends.iter().cycle());
    display.hand.extend(each.map(|(channel, ends)| (channel.name.clone(), *ends)));
    match display.fault() {
        Some(why) => bail!("{why}"),
        None => Ok(display),
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_atomically(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The first dates and how many more.
fn dates_words(dates: &[NaiveDate]) -> String {
    let shown: Vec<String> = dates.iter().take(12).map(ToString::to_string).collect();
    let more = dates.len() - shown.len();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(", "))
}

/// The six lines of a world file: size of a pixel, turns, and the centre of the first one.
fn world_words(grid: &Grid, window: Window, (width, height): (usize, usize)) -> String {
    let (cols, rows) =
        (f64::from(window.width) / width.max(1) as f64, f64::from(window.height) / height.max(1) as f64);
    let [x, y] = grid.xy_from_pixel(f64::from(window.col) + cols / 2.0, f64::from(window.row) + rows / 2.0);
    format!("{}\n0\n0\n{}\n{x}\n{y}\n", grid.pixel_width * cols, -grid.pixel_height * rows)
}

/// A picture as PNG.
fn png(picture: Picture) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (picture.width, picture.height);
    if width * height > MOST_PIXELS {
        bail!("a picture of {width} x {height} pixels is too large: give --size, or a part of the grid");
    }
    crate::chart::encoded(width, height, picture.rgba).context("a picture without pixels cannot be written")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;

    #[test]
    fn a_world_file_tells_the_size_of_a_pixel_and_the_centre_of_the_first() {
        let crs = Crs::from_epsg(32615).unwrap();
        let (pixel_width, pixel_height) = (10.0, 20.0);
        let grid = Grid { crs, left: 500.0, top: 9000.0, pixel_width, pixel_height, width: 40, height: 30 };
        let window = Window { col: 4, row: 2, width: 20, height: 10 };
        assert_eq!(world_words(&grid, window, (10, 5)), "20\n0\n0\n-40\n550\n8940\n");
    }

    #[test]
    fn many_dates_are_told_in_few_words() {
        let date = |i: u32| NaiveDate::from_ymd_opt(2022, 1, i).unwrap();
        assert_eq!(dates_words(&[date(3), date(4)]), "2022-01-03, 2022-01-04");
        assert!(dates_words(&(1..31).map(date).collect::<Vec<_>>()).ends_with("2022-01-12 and 18 more"));
    }
}
