//! Class maps of several grids made one: a COG on a grid of one's choice, block by block, or a VRT that points at them.

use super::gdal_errors::{forget_failures, quiet, take_failure, words};
use super::raster::{Palette, RasterReader, category_names, dress, replace};
use super::{CogSpec, Crs, GeoError, Grid, Placement, Resample, WarpSpec, Window, lattice_window, write_cog};
use crate::files::write_atomically;
use crate::progress::{Cancel, Cancelled, Progress, Report};
use crate::xml::escaped;
use gdal::Dataset;
use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Pixels a side of a block.
const BLOCK: u32 = 512;
/// Nodata of class maps and of what lies beside them.
const NODATA: u8 = 255;

/// A class map to be merged.
pub struct MergeSource {
    /// The class map, in bytes.
    pub classes: PathBuf,
    /// Where its pixels lie.
    pub placement: Placement,
    /// How uncertain each of its pixels is, in bytes; `None` where the first source wins.
    pub entropy: Option<PathBuf>,
    /// What its codes become.
    pub codes: Box<[u8; 256]>,
}

/// The window of a grid that a placement touches, with a pixel around it for the bend of its edges; empty where it lies
/// elsewhere.
///
/// # Errors
/// When an edge lies where the grid's system cannot express it.
pub fn window_on(placement: &Placement, grid: &Grid) -> Result<Window, GeoError> {
    let [left, bottom, right, top] = placement.extent_in(&grid.crs)?;
    let ([first_col, first_row], [last_col, last_row]) =
        (grid.pixel_from_xy(left, top), grid.pixel_from_xy(right, bottom));
    let from = |first: f64, size: u32| (first.floor() - 1.0).clamp(0.0, f64::from(size)) as u32;
    let to = |last: f64, size: u32| (last.ceil() + 1.0).clamp(0.0, f64::from(size)) as u32;
    let (col, row) = (from(first_col, grid.width), from(first_row, grid.height));
    let (right, bottom) = (to(last_col, grid.width), to(last_row, grid.height));
    Ok(Window { col, row, width: right.saturating_sub(col), height: bottom.saturating_sub(row) })
}

/// The blocks of a grid that any of these windows touches.
pub fn blocks_of(grid: &Grid, windows: &[Window]) -> Vec<Window> {
    let rows = (0..grid.height).step_by(BLOCK as usize);
    let blocks = rows.flat_map(move |row| {
        (0..grid.width)
            .step_by(BLOCK as usize)
            .map(move |col| Window { col, row, width: BLOCK, height: BLOCK }.cut_to(grid.window()))
    });
    blocks.filter(|block| windows.iter().any(|window| block.cut_to(*window).pixels() > 0)).collect()
}

/// Makes a COG of class maps by the nearest pixel: where several have a class, that of the source that is most certain where
/// all tell how uncertain they are, that of the first source otherwise and where they are equally certain. Overviews by MODE,
/// palette inside, names in `.aux.xml`, nodata 255. Gives the pixels of each code.
///
/// # Errors
/// [`GeoError`] when a source cannot be read or the file cannot be written, as the caller's error; [`Cancelled`] when asked to
/// stop. What was there is untouched then.
pub fn merge_to_cog<E: From<GeoError> + From<Cancelled>>(
    path: &Path,
    grid: &Grid,
    sources: &[MergeSource],
    (palette, metadata): (&Palette, &[(&str, &str)]),
    report: Report,
    cancel: &Cancel,
) -> Result<[u64; 256], E> {
    quiet();
    let unwritable = |why: String| GeoError::Write { path: path.into(), why };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::Builder::new().prefix(".ritmo-").tempdir_in(folder);
    let temporary = temporary.map_err(|error| unwritable(error.to_string()))?;
    let plain = temporary.path().join("merged.tif");
    forget_failures();
    let dataset = create(&plain, grid).map_err(|e| unwritable(words(e)))?;

    let windows = sources.iter().map(|s| window_on(&s.placement, grid)).collect::<Result<Vec<_>, _>>()?;
    let seen: Vec<Seen> = sources.iter().map(|source| Seen::open(source, grid)).collect::<Result<_, _>>()?;
    let blocks = blocks_of(grid, &windows);
    let steps = blocks.len() as u64;
    let mut counts = [0u64; 256];
    for (done, block) in blocks.into_iter().enumerate() {
        cancel.check()?;
        report(Progress::new(done as u64, steps, "Merging the maps"));
        let mut codes = vec![NODATA; block.pixels()];
        // Beyond all that entropies can be.
        let mut best = vec![u8::MAX; block.pixels()];
        for (source, _) in seen.iter().zip(&windows).filter(|(_, w)| block.cut_to(**w).pixels() > 0) {
            source.lay(block, &mut codes, &mut best)?;
        }
        codes.iter().for_each(|code| counts[usize::from(*code)] += 1);
        if codes.iter().all(|code| *code == NODATA) {
            continue;
        }
        let size = (block.width as usize, block.height as usize);
        let at = (block.col as isize, block.row as isize);
        let mut band = dataset.rasterband(1).map_err(|e| unwritable(words(e)))?;
        band.write(at, size, &mut Buffer::new(size, codes)).map_err(|e| unwritable(words(e)))?;
    }
    drop(seen);
    counts[usize::from(NODATA)] = grid.pixels() as u64 - counts[..255].iter().sum::<u64>();

    cancel.check()?;
    dataset.close().map_err(|e| unwritable(words(e)))?;
    if let Some(why) = take_failure() {
        return Err(unwritable(why).into());
    }
    // A reader works for one thread at a time.
    let merged = Mutex::new(RasterReader::open(&plain)?);
    let read = |_: usize, window: Window, out: &mut [u8]| {
        out.copy_from_slice(&merged.lock().unwrap_or_else(PoisonError::into_inner).read_bytes(0, window)?);
        Ok(())
    };
    let nodata = Some(NODATA);
    let spec = CogSpec { grid, bands: &["class"], palette: Some(palette), nodata, scale: None, metadata };
    let written = replace(path, Some(&category_names(palette)), |target| {
        write_cog(target, &spec, &read, report, cancel)?;
        Ok(cancel.check()?)
    });
    written.map_err(|error| match error {
        GeoError::Cancelled(asked) => E::from(asked),
        other => E::from(other),
    })?;
    Ok(counts)
}

/// A source through the grid of the merged map.
struct Seen<'a> {
    codes: &'a [u8; 256],
    classes: RasterReader,
    entropy: Option<RasterReader>,
}

impl<'a> Seen<'a> {
    fn open(source: &'a MergeSource, grid: &Grid) -> Result<Self, GeoError> {
        let warped = |path: &Path| {
            RasterReader::open_warped(&WarpSpec {
                path,
                band: 0,
                from: &source.placement,
                to: grid,
                pixel_type: "Byte",
                nodata: Some(f64::from(NODATA)),
                fill: f64::from(NODATA),
                resample: Resample::Nearest,
            })
        };
        Ok(Self {
            codes: &source.codes,
            classes: warped(&source.classes)?,
            entropy: source.entropy.as_deref().map(warped).transpose()?,
        })
    }

    /// Lays it under what is there already, or over it where it is more certain.
    fn lay(&self, block: Window, codes: &mut [u8], best: &mut [u8]) -> Result<(), GeoError> {
        let classes = self.classes.read_bytes(0, block)?;
        let entropy = self.entropy.as_ref().map(|e| e.read_bytes(0, block)).transpose()?;
        for (i, class) in classes.into_iter().enumerate().filter(|(_, class)| *class != NODATA) {
            let uncertain = entropy.as_ref().map_or(0, |entropy| entropy[i]);
            if codes[i] == NODATA || uncertain < best[i] {
                (codes[i], best[i]) = (self.codes[usize::from(class)], uncertain);
            }
        }
        Ok(())
    }
}

fn create(path: &Path, grid: &Grid) -> gdal::errors::Result<Dataset> {
    let options = RasterCreationOptions::from_iter([
        "TILED=YES",
        "BLOCKXSIZE=512",
        "BLOCKYSIZE=512",
        "COMPRESS=DEFLATE",
        "ZLEVEL=1",
        "SPARSE_OK=TRUE",
        "BIGTIFF=IF_SAFER",
    ]);
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let (width, height) = (grid.width as usize, grid.height as usize);
    let mut dataset = driver.create_with_band_type_with_options::<u8, _>(path, width, height, 1, &options)?;
    dress(&mut dataset, grid, &[])?;
    dataset.rasterband(1)?.set_no_data_value(Some(f64::from(NODATA)))?;
    Ok(dataset)
}

/// Makes a VRT of class maps that lie on one lattice and have the same codes; where several have a class, that of the first
/// counts. It points at them by relative paths where they lie on the same disk.
///
/// # Errors
/// [`GeoError::Write`].
pub fn merge_to_vrt(
    path: &Path,
    grid: &Grid,
    sources: &[MergeSource],
    palette: &Palette,
    metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    let failed = |error: std::io::Error| GeoError::Write { path: path.into(), why: error.to_string() };
    let [a, b, c, d, e, f] = grid.geotransform();
    let mut xml = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        xml,
        "<VRTDataset rasterXSize=\"{}\" rasterYSize=\"{}\">\n  <SRS>{}</SRS>\n  <GeoTransform>{a:.17e}, {b:.17e}, {c:.17e}, {d:.17e}, {e:.17e}, {f:.17e}</GeoTransform>\n  <Metadata>",
        grid.width,
        grid.height,
        escaped(grid.crs.wkt())
    );
    for (key, value) in metadata {
        let _ = writeln!(xml, "    <MDI key=\"{}\">{}</MDI>", escaped(key), escaped(value));
    }
    xml += "  </Metadata>\n  <VRTRasterBand dataType=\"Byte\" band=\"1\">\n    <Description>class</Description>\n    <NoDataValue>255</NoDataValue>\n    <ColorInterp>Palette</ColorInterp>\n    <CategoryNames>\n";
    let entry = |code: u8| palette.entries.iter().find(|(of, ..)| *of == code);
    let last = palette.entries.iter().map(|(code, ..)| *code).max().unwrap_or(0);
    for code in 0..=last {
        let _ = writeln!(
            xml,
            "      <Category>{}</Category>",
            escaped(entry(code).map_or("", |(_, name, _)| name))
        );
    }
    xml += "    </CategoryNames>\n    <ColorTable>\n";
    for code in 0..=last {
        let [red, green, blue] = entry(code).map_or([0; 3], |(.., colour)| *colour);
        let _ = writeln!(xml, "      <Entry c1=\"{red}\" c2=\"{green}\" c3=\"{blue}\" c4=\"255\"/>");
    }
    xml += "    </ColorTable>\n";
    // What is written last lies on top.
    for source in sources.iter().rev() {
        let place = &source.placement;
        let Some(own) = place.grid() else { continue };
        let [col, row] = grid.pixel_from_xy(own.left, own.top).map(f64::round);
        let (file, relative) = beside(path, &source.classes).map_err(failed)?;
        let (width, height) = (place.width, place.height);
        let _ = writeln!(
            xml,
            "    <ComplexSource>\n      <SourceFilename relativeToVRT=\"{}\">{}</SourceFilename>\n      <SourceBand>1</SourceBand>\n      <SrcRect xOff=\"0\" yOff=\"0\" xSize=\"{width}\" ySize=\"{height}\"/>\n      <DstRect xOff=\"{col}\" yOff=\"{row}\" xSize=\"{width}\" ySize=\"{height}\"/>\n      <NODATA>255</NODATA>\n    </ComplexSource>",
            u8::from(relative),
            escaped(&file.to_string_lossy())
        );
    }
    xml += "  </VRTRasterBand>\n</VRTDataset>\n";
    write_atomically(path, xml.as_bytes()).map_err(failed)
}

/// Where `file` lies, seen from the folder of `path`; whether that is a relative path.
fn beside(path: &Path, file: &Path) -> std::io::Result<(PathBuf, bool)> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (from, to) = (std::fs::canonicalize(folder)?, std::fs::canonicalize(file)?);
    let (from, parts): (Vec<Component>, Vec<Component>) =
        (from.components().collect(), to.components().collect());
    let shared = from.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return Ok((to, false));
    }
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    Ok((up.chain(parts[shared..].iter().copied()).collect(), true))
}

/// Whether a grid lies on the lattice of another: the same system and pixels, whole pixels apart.
pub fn on_lattice(a: &Grid, b: &Grid) -> bool {
    let same = |x: f64, y: f64| (x - y).abs() < 1e-6 * y.abs();
    let [col, row] = a.pixel_from_xy(b.left, b.top);
    let whole = |n: f64| (n - n.round()).abs() < 1e-3;
    same(a.pixel_width, b.pixel_width)
        && same(a.pixel_height, b.pixel_height)
        && whole(col)
        && whole(row)
        && a.crs.same_as(&b.crs)
}

/// The grid around several placements in a system, whose lines are multiples of the pixel's side.
///
/// # Errors
/// When an edge lies where the system cannot express it.
pub fn grid_around(crs: &Crs, side: f64, placements: &[&Placement]) -> Result<Option<Grid>, GeoError> {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for place in placements {
        let [left, bottom, right, top] = place.extent_in(crs)?;
        all = [all[0].min(left), all[1].min(bottom), all[2].max(right), all[3].max(top)];
    }
    // Where a source has this lattice already its pixels are kept as they are.
    let lattice = placements.iter().filter_map(|place| place.grid()).find(|grid| {
        grid.crs.same_as(crs)
            && [grid.pixel_width, grid.pixel_height].iter().all(|s| (s - side).abs() < 1e-6 * side)
    });
    let (x, y) = lattice.map_or((0.0, 0.0), |grid| (grid.left, grid.top));
    let [first_col, first_row, width, height] = lattice_window(all, [x, y], side);
    // What GDAL counts with.
    let fits = width < f64::from(i32::MAX) && height < f64::from(i32::MAX);
    Ok(fits.then(|| Grid {
        crs: crs.clone(),
        left: x + first_col * side,
        top: y - first_row * side,
        pixel_width: side,
        pixel_height: side,
        width: width as u32,
        height: height as u32,
    }))
}
