//! Cloud optimized GeoTIFFs of 8 bits, written tile by tile: they never lie in memory whole, the same pixels give the
//! same bytes, and between any two tiles the work can be stopped.
//!
//! GDAL's own driver for them copies a whole raster in one call. Here GDAL lays out a tiled GeoTIFF with empty
//! overviews, so that all directories stand at its beginning, and the tiles follow in the order that the format asks for:
//! those of the smallest overview first, those of the full resolution last.

use super::gdal_errors::{forget_failures, quiet, take_failure, words};
use super::raster::{Palette, category_names, dress};
use super::{GeoError, Grid, Window};
use crate::files::{read_at, write_at, write_atomically};
use crate::progress::{Cancel, Progress, Report};
use gdal::raster::{Buffer, ColorEntry, ColorTable, RasterBand, RasterCreationOptions};
use gdal::{Dataset, DriverManager, Metadata};
use rayon::prelude::*;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Columns and rows of a tile.
const TILE: usize = 512;
/// Bytes of a tile.
const TILE_BYTES: usize = TILE * TILE;
/// Tiles between two waits for the disk: so no wait is long.
const FLUSH_EVERY: u64 = 64;
/// Tiles that are read at the same time, before they are written one after the other.
const AT_ONCE: usize = 8;

/// What a COG is to be.
#[derive(Clone, Copy)]
pub struct CogSpec<'a> {
    /// Where its pixels lie.
    pub grid: &'a Grid,
    /// Descriptions of its bands.
    pub bands: &'a [&'a str],
    /// Colours and names of classes: overviews have the most frequent value of four then, otherwise their mean.
    pub palette: Option<&'a Palette<'a>>,
    /// The value that means "nothing is known"; overviews leave it out.
    pub nodata: Option<u8>,
    /// Physical value = stored value x scale.
    pub scale: Option<f64>,
    /// What goes into the file beside its pixels.
    pub metadata: &'a [(&'a str, &'a str)],
}

impl CogSpec<'_> {
    /// How many steps [`write_cog`] reports.
    pub fn steps(&self) -> u64 {
        let levels = Levels::of(self.grid, self.bands.len());
        // Each tile is written, and those of all levels but the smallest are read for the next one.
        2 * levels.tiles() - levels.tiles_of(levels.sizes.len() - 1)
    }
}

/// Fills in the pixels of a window of a band (from 0), in order of rows. Windows are cut to the grid.
pub type ReadPixels<'a> = &'a (dyn Fn(usize, Window, &mut [u8]) -> Result<(), GeoError> + Sync);

/// Writes a COG to `path`, and its `.aux.xml` with the names of classes where it has a palette. What is there is
/// overwritten; a file that could not be finished is left for the caller to remove.
///
/// # Errors
/// [`GeoError::Write`], also for a full disk; [`GeoError::Cancelled`]; those of `read`.
pub fn write_cog(
    path: &Path,
    spec: &CogSpec,
    read: ReadPixels,
    report: Report,
    cancel: &Cancel,
) -> Result<(), GeoError> {
    quiet();
    let failed = |why: String| GeoError::Write { path: path.to_owned(), why };
    let grid = spec.grid;
    if grid.pixels() == 0 || spec.bands.is_empty() {
        return Err(failed("it would hold no pixels".into()));
    }
    let what = path.file_name().map_or(String::new(), |name| format!("Writing {}", name.to_string_lossy()));
    let levels = Levels::of(grid, spec.bands.len());
    let (total, done) = (spec.steps(), AtomicU64::new(0));
    let step = || -> Result<(), GeoError> {
        cancel.check()?;
        report(Progress::new(done.fetch_add(1, Ordering::Relaxed) + 1, total, what.as_str()));
        Ok(())
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let overviews = tempfile::tempfile_in(folder).map_err(|error| failed(error.to_string()))?;
    // What is not written stays a hole, and takes no place.
    let length = (levels.tiles() - levels.tiles_of(0)) * TILE_BYTES as u64;
    overviews.set_len(length).map_err(|error| failed(error.to_string()))?;
    let overviews = Overviews { file: overviews, levels: &levels, spec, read };
    for level in 1..levels.sizes.len() {
        overviews.make(level, &step).map_err(|error| of_file(path, error))?;
    }

    if let Some(palette) = spec.palette {
        let mut name = path.as_os_str().to_owned();
        name.push(".aux.xml");
        write_atomically(Path::new(&name), category_names(palette).as_bytes())
            .map_err(|error| failed(error.to_string()))?;
    }
    forget_failures();
    let mut dataset = create(path, spec, &levels).map_err(|error| failed(words(error)))?;
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut tiles = vec![Buffer::new((TILE, TILE), vec![0; TILE_BYTES]); AT_ONCE];
    let mut written = 0;
    for level in (0..levels.sizes.len()).rev() {
        for band in 0..spec.bands.len() {
            let mut to = band_of(&dataset, band, level).map_err(|error| failed(words(error)))?;
            for places in levels.places(level).chunks(AT_ONCE) {
                let fill = |(tile, at): (&mut Buffer<u8>, &(usize, usize))| -> Result<(), GeoError> {
                    step()?;
                    overviews.tile(level, band, *at, tile.data_mut()).map_err(|error| of_file(path, error))
                };
                tiles.par_iter_mut().zip(places).try_for_each(fill)?;
                for (tile, at) in tiles.iter_mut().zip(places) {
                    to.write_block(*at, tile).map_err(|error| failed(words(error)))?;
                }
                written += places.len() as u64;
                if written >= FLUSH_EVERY {
                    written = 0;
                    file.sync_data().map_err(|error| failed(error.to_string()))?;
                }
            }
        }
    }
    dataset.flush_cache().map_err(|error| failed(words(error)))?;
    dataset.close().map_err(|error| failed(words(error)))?;
    take_failure().map_or(Ok(()), |why| Err(failed(why)))?;
    file.sync_all().map_err(|error| failed(error.to_string()))
}

/// What went wrong with pixels on the way, told of the file that they were for where it was a write.
fn of_file(path: &Path, error: GeoError) -> GeoError {
    match error {
        GeoError::Write { why, .. } => GeoError::Write { path: path.to_owned(), why },
        other => other,
    }
}

/// The file with all its directories and no tile.
fn create(path: &Path, spec: &CogSpec, levels: &Levels) -> gdal::errors::Result<Dataset> {
    let level = if spec.palette.is_some() { "ZLEVEL=6" } else { "ZLEVEL=1" };
    let options = RasterCreationOptions::from_iter([
        "TILED=YES",
        "BLOCKXSIZE=512",
        "BLOCKYSIZE=512",
        "COMPRESS=DEFLATE",
        level,
        "INTERLEAVE=BAND",
        "BIGTIFF=IF_SAFER",
        // Otherwise closing a file that is given up would fill in all of its tiles.
        "SPARSE_OK=TRUE",
        "NUM_THREADS=ALL_CPUS",
    ]);
    let (width, height) = levels.sizes[0];
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(
        path,
        width,
        height,
        spec.bands.len(),
        &options,
    )?;
    dress(&mut dataset, spec.grid, spec.metadata)?;
    for (i, name) in spec.bands.iter().enumerate() {
        let mut band = dataset.rasterband(i + 1)?;
        band.set_description(name)?;
        band.set_no_data_value(spec.nodata.map(f64::from))?;
        if let Some(scale) = spec.scale {
            band.set_scale(scale)?;
        }
        if let Some(palette) = spec.palette {
            let mut colours = ColorTable::default();
            for &(code, _, [red, green, blue]) in &palette.entries {
                let colour = ColorEntry::rgba(red.into(), green.into(), blue.into(), 255);
                colours.set_color_entry(code.into(), &colour);
            }
            band.set_color_table(&colours);
        }
    }
    let factors: Vec<i32> = (1..levels.sizes.len()).map(|level| 1 << level).collect();
    if !factors.is_empty() {
        gdal::config::set_thread_local_config_option("GDAL_TIFF_OVR_BLOCKSIZE", "512")?;
        let made = dataset.build_overviews("NONE", &factors, &[]);
        gdal::config::clear_thread_local_config_option("GDAL_TIFF_OVR_BLOCKSIZE")?;
        made?;
    }
    Ok(dataset)
}

fn band_of(dataset: &Dataset, band: usize, level: usize) -> gdal::errors::Result<RasterBand<'_>> {
    let band = dataset.rasterband(band + 1)?;
    if level == 0 { Ok(band) } else { band.overview(level - 1) }
}

/// The sizes of the raster and its overviews, down to one tile.
struct Levels {
    sizes: Vec<(usize, usize)>,
    bands: usize,
}

impl Levels {
    fn of(grid: &Grid, bands: usize) -> Self {
        let mut sizes = vec![(grid.width as usize, grid.height as usize)];
        while let Some(&(width, height)) = sizes.last()
            && width.max(height) > TILE
        {
            sizes.push((width.div_ceil(2), height.div_ceil(2)));
        }
        Self { sizes, bands }
    }

    /// Tiles across and down.
    fn counts(&self, level: usize) -> (usize, usize) {
        let (width, height) = self.sizes[level];
        (width.div_ceil(TILE), height.div_ceil(TILE))
    }

    /// The tiles of a level, row by row.
    fn places(&self, level: usize) -> Vec<(usize, usize)> {
        let (across, down) = self.counts(level);
        (0..down).flat_map(|y| (0..across).map(move |x| (x, y))).collect()
    }

    /// Tiles of a level, in all bands.
    fn tiles_of(&self, level: usize) -> u64 {
        let (across, down) = self.counts(level);
        (across * down * self.bands) as u64
    }

    fn tiles(&self) -> u64 {
        (0..self.sizes.len()).map(|level| self.tiles_of(level)).sum()
    }

    /// Columns and rows of a tile that lie in the raster.
    fn part(&self, level: usize, (x, y): (usize, usize)) -> (usize, usize) {
        let (width, height) = self.sizes[level];
        ((width - x * TILE).min(TILE), (height - y * TILE).min(TILE))
    }
}

/// Overviews, tile after tile in a file without a name, until they are written where they belong.
struct Overviews<'a> {
    file: File,
    levels: &'a Levels,
    spec: &'a CogSpec<'a>,
    read: ReadPixels<'a>,
}

impl Overviews<'_> {
    /// Where a tile of an overview lies in the file.
    fn place(&self, level: usize, band: usize, (x, y): (usize, usize)) -> u64 {
        let before: u64 = (1..level).map(|level| self.levels.tiles_of(level)).sum();
        let (across, down) = self.levels.counts(level);
        (before + (band * across * down + y * across + x) as u64) * TILE_BYTES as u64
    }

    /// Makes an overview of the level below it.
    fn make(&self, level: usize, step: &(dyn Fn() -> Result<(), GeoError> + Sync)) -> Result<(), GeoError> {
        let (across, down) = self.levels.counts(level - 1);
        let fill = self.spec.nodata.unwrap_or(0);
        let bands = 0..self.spec.bands.len();
        let tiles: Vec<_> =
            bands.flat_map(|band| self.levels.places(level).into_iter().map(move |at| (band, at))).collect();
        let one = |(from, to): &mut (Vec<u8>, Vec<u8>), (band, (x, y)): (usize, (usize, usize))| {
            to.fill(fill);
            for (right, below) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let at = (2 * x + right, 2 * y + below);
                if at.0 < across && at.1 < down {
                    step()?;
                    self.tile(level - 1, band, at, from)?;
                    let corner = below * TILE_BYTES / 2 + right * TILE / 2;
                    let size = self.levels.part(level - 1, at);
                    halve(from, size, self.spec.nodata, self.spec.palette.is_some(), &mut to[corner..]);
                }
            }
            if to.iter().all(|value| *value == fill) {
                return Ok(());
            }
            // A hole in the file is zero: so that is what stands for nodata in it.
            to.iter_mut().for_each(|value| *value ^= fill);
            write_at(&self.file, to, self.place(level, band, (x, y))).map_err(trouble)
        };
        tiles.into_par_iter().try_for_each_init(|| (vec![0; TILE_BYTES], vec![0; TILE_BYTES]), one)
    }

    /// Fills in a tile, nodata where it reaches beyond the raster.
    fn tile(&self, level: usize, band: usize, at: (usize, usize), out: &mut [u8]) -> Result<(), GeoError> {
        if level > 0 {
            read_at(&self.file, out, self.place(level, band, at)).map_err(trouble)?;
            let fill = self.spec.nodata.unwrap_or(0);
            out.iter_mut().for_each(|value| *value ^= fill);
            return Ok(());
        }
        let (width, height) = self.levels.part(0, at);
        let window = Window {
            col: (at.0 * TILE) as u32,
            row: (at.1 * TILE) as u32,
            width: width as u32,
            height: height as u32,
        };
        if (width, height) == (TILE, TILE) {
            return (self.read)(band, window, out);
        }
        let mut pixels = vec![0; width * height];
        (self.read)(band, window, &mut pixels)?;
        out.fill(self.spec.nodata.unwrap_or(0));
        let rows = out.chunks_exact_mut(TILE).zip(pixels.chunks_exact(width));
        rows.for_each(|(to, from)| to[..width].copy_from_slice(from));
        Ok(())
    }
}

/// Trouble with the temporary file; [`of_file`] names the file it was for.
fn trouble(error: std::io::Error) -> GeoError {
    GeoError::Write { path: Default::default(), why: error.to_string() }
}

/// Takes each four pixels of a tile, of which the first columns and rows are there, together: to the most frequent value,
/// the first of equals, or to the mean. Nodata counts only where there is nothing else.
fn halve(
    from: &[u8],
    (width, height): (usize, usize),
    nodata: Option<u8>,
    most_frequent: bool,
    to: &mut [u8],
) {
    for y in 0..height.div_ceil(2) {
        let upper = &from[2 * y * TILE..][..width];
        let lower = if 2 * y + 1 < height { &from[(2 * y + 1) * TILE..][..width] } else { &[] };
        let to = &mut to[y * TILE..][..width.div_ceil(2)];
        let is_whole = |row: &[u8]| row.len() == width && nodata.is_none_or(|nodata| !row.contains(&nodata));
        if !most_frequent && width.is_multiple_of(2) && is_whole(upper) && is_whole(lower) {
            // Most rows: many at a time.
            let pairs = upper.as_chunks().0.iter().zip(lower.as_chunks().0);
            for (to, ([a, b], [c, d])) in to.iter_mut().zip(pairs) {
                *to = ((u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d) + 2) / 4) as u8;
            }
            continue;
        }
        for (x, to) in to.iter_mut().enumerate() {
            let pair = |row: &[u8]| [row.get(2 * x).copied(), row.get(2 * x + 1).copied()];
            let [a, b] = pair(upper);
            let [c, d] = pair(lower);
            let there = [a, b, c, d].map(|value| value.filter(|value| Some(*value) != nodata));
            let value = if most_frequent { mode(there) } else { mean(there) };
            *to = value.or(nodata).unwrap_or(0);
        }
    }
}

fn mode(values: [Option<u8>; 4]) -> Option<u8> {
    if values[0].is_some() && values.iter().all(|value| *value == values[0]) {
        return values[0];
    }
    let times = |of: &Option<u8>| values.iter().filter(|value| *value == of).count();
    // The last of equals is taken: so the first, from behind.
    values.iter().rev().filter(|value| value.is_some()).max_by_key(|value| times(value)).copied().flatten()
}

fn mean(values: [Option<u8>; 4]) -> Option<u8> {
    let (sum, count) =
        values.iter().flatten().fold((0, 0), |(sum, n), value| (sum + u32::from(*value), n + 1));
    (count > 0).then(|| ((sum + count / 2) / count) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use crate::geo::raster::{RasterReader, read_u8};
    use proptest::prelude::*;

    fn grid(width: u32, height: u32) -> Grid {
        Grid {
            crs: Crs::from_epsg(6362).unwrap(),
            left: 2.5e6,
            top: 9e5,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width,
            height,
        }
    }

    /// Another value in each pixel and band.
    fn value(band: usize, col: u32, row: u32) -> u8 {
        if (col / 7 + row / 5).is_multiple_of(11) {
            255
        } else {
            ((col * 31 + row * 17) % 250) as u8 / 3 + band as u8
        }
    }

    fn read(band: usize, window: Window, out: &mut [u8]) -> Result<(), GeoError> {
        let rows = window.row..window.row + window.height;
        let pixels = rows.flat_map(|row| (window.col..window.col + window.width).map(move |col| (col, row)));
        out.iter_mut().zip(pixels).for_each(|(to, (col, row))| *to = value(band, col, row));
        Ok(())
    }

    fn spec<'a>(grid: &'a Grid, palette: Option<&'a Palette<'a>>) -> CogSpec<'a> {
        let bands: &[&str] = if palette.is_some() { &["class"] } else { &["forest", "water"] };
        let scale = palette.is_none().then_some(0.004);
        CogSpec { grid, bands, palette, nodata: Some(255), scale, metadata: &[("RITMO_MODEL", "m")] }
    }

    #[test]
    fn four_values_become_the_most_frequent_or_their_mean_and_nodata_is_left_out() {
        let some = |values: [u8; 4]| values.map(|value| (value != 255).then_some(value));
        assert_eq!(mode(some([7, 3, 3, 7])), Some(7), "the first of equals");
        assert_eq!(mode(some([7, 3, 3, 255])), Some(3));
        assert_eq!(mode(some([255, 255, 255, 9])), Some(9));
        assert_eq!((mode(some([255; 4])), mean(some([255; 4]))), (None, None));
        assert_eq!(mean(some([10, 20, 255, 255])), Some(15));
        assert_eq!(mean(some([1, 2, 2, 2])), Some(2));
        assert_eq!(mean(some([250, 250, 250, 250])), Some(250));
    }

    proptest! {
        #[test]
        fn half_a_tile_is_made_of_all_its_fours(
            (width, height) in (1usize..24, 1usize..24), most_frequent in proptest::bool::ANY,
            known in proptest::bool::ANY, seed in 0usize..1000,
        ) {
            // Rows with nodata and rows without, and tiles without any.
            let value = |x: usize, y: usize| match (x * 7919 + y * 104_729 + seed * 31) % 251 {
                v if !known && v % 5 == 0 && y.is_multiple_of(3) => 255,
                v => v as u8,
            };
            let mut from = vec![255; TILE_BYTES];
            for y in 0..height {
                from[y * TILE..][..width].iter_mut().enumerate().for_each(|(x, to)| *to = value(x, y));
            }
            let mut to = vec![9; TILE_BYTES];
            halve(&from, (width, height), Some(255), most_frequent, &mut to);
            for (x, y) in (0..height.div_ceil(2)).flat_map(|y| (0..width.div_ceil(2)).map(move |x| (x, y))) {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, below)| {
                    let (x, y) = (2 * x + right, 2 * y + below);
                    (x < width && y < height).then(|| value(x, y)).filter(|value| *value != 255)
                });
                let expected = if most_frequent { mode(four) } else { mean(four) };
                prop_assert_eq!(to[y * TILE + x], expected.unwrap_or(255));
            }
        }
    }

    #[test]
    fn every_pixel_and_every_overview_is_in_its_place_and_the_bytes_are_always_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let grid = grid(1301, 1030);
        let palette = Palette { entries: vec![(1, "forest", [1, 2, 3])] };
        for palette in [None, Some(&palette)] {
            let spec = spec(&grid, palette);
            let [path, again] = ["a.tif", "b.tif"].map(|name| folder.path().join(name));
            for path in [&path, &again] {
                write_cog(path, &spec, &read, &|_| {}, &Cancel::new()).unwrap();
            }
            assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap());
            let mut expected = vec![0; grid.pixels()];
            for band in 0..spec.bands.len() {
                read(band, grid.window(), &mut expected).unwrap();
                assert!(read_u8(&path, band).unwrap().1 == expected);
            }
            let dataset = Dataset::open(&path).unwrap();
            let band = dataset.rasterband(spec.bands.len()).unwrap();
            let sizes: Vec<_> = (0..band.overview_count().unwrap())
                .map(|i| band.overview(i as usize).unwrap().size())
                .collect();
            assert_eq!(sizes, [(651, 515), (326, 258)]);
            let overview = band.overview(0).unwrap().read_band_as::<u8>().unwrap();
            for (x, y) in [(0, 0), (255, 256), (256, 255), (512, 512), (650, 514), (300, 514), (650, 7)] {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, below)| {
                    let (col, row) = (2 * x + right, 2 * y + below);
                    let inside = (col < grid.width && row < grid.height)
                        .then(|| value(spec.bands.len() - 1, col, row));
                    inside.filter(|value| *value != 255)
                });
                let expected = if palette.is_some() { mode(four) } else { mean(four) };
                let is = overview.data()[(y * 651 + x) as usize];
                assert_eq!(is, expected.unwrap_or(255), "{x}, {y}");
            }
            assert_eq!(RasterReader::open(&path).unwrap().metadata_item("RITMO_MODEL").as_deref(), Some("m"));
        }
    }

    #[test]
    fn writing_stops_between_two_tiles() {
        let folder = tempfile::tempdir().unwrap();
        let (grid, cancel) = (grid(1301, 1030), Cancel::new());
        let last = std::sync::Mutex::new(0);
        let whole = |progress: Progress| {
            let mut last = last.lock().unwrap();
            *last = progress.done.max(*last);
            assert!(*last <= progress.total);
        };
        write_cog(&folder.path().join("a.tif"), &spec(&grid, None), &read, &whole, &cancel).unwrap();
        let steps = spec(&grid, None).steps();
        assert_eq!(*last.lock().unwrap(), steps, "as many steps as were told");
        let report = |progress: Progress| {
            if progress.done == 30 {
                cancel.cancel();
            }
        };
        let told = write_cog(&folder.path().join("a.tif"), &spec(&grid, None), &read, &report, &cancel);
        assert!(matches!(told, Err(GeoError::Cancelled(_))), "{told:?}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_told_with_the_file() {
        let grid = grid(10, 10);
        let path = Path::new("/no/such/folder/a.tif");
        let told =
            write_cog(path, &spec(&grid, None), &read, &|_| {}, &Cancel::new()).unwrap_err().to_string();
        assert!(told.contains("a.tif"), "{told}");
    }
}
