//! Builds the store from mosaic files on one grid.

use super::store::{StoreAttributes, VERSION, word_of};
use super::{Band, CHUNK, Cube, CubeError, CubeInfo};
use crate::cube::BuildSettings;
use crate::geo::raster::{PixelType, RasterReader};
use crate::geo::{Grid, Window};
use crate::progress::{Cancel, Progress, Report};
use crate::source::Recognised;
use chrono::NaiveDate;
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use zarrs::array::codec::BytesCodec;
use zarrs::array::codec::bytes_to_bytes::blosc::{
    BloscCodec, BloscCompressionLevel, BloscCompressor, BloscShuffleMode,
};
use zarrs::array::{
    Array, ArrayBuilder, ArrayBytes, CodecOptions, DataType, FillValue, IntoArrayBytes, data_type,
};
use zarrs::filesystem::FilesystemStore;

/// What to build a cube from.
#[derive(Debug, Clone, Default)]
pub struct BuildSpec {
    /// What was recognised in the inputs.
    pub found: Recognised,
    /// What people choose.
    pub settings: BuildSettings,
}

/// One file a date.
pub(super) struct Mosaic {
    path: PathBuf,
    date: NaiveDate,
    info: MosaicInfo,
}

struct MosaicInfo {
    grid: Grid,
    bands: Vec<String>,
    pixel_type: String,
    nodata: Option<f64>,
}

pub(super) fn mosaics(found: &Recognised) -> Result<Vec<Mosaic>, CubeError> {
    found
        .acquisitions
        .iter()
        .map(|a| {
            let first = &a.layers[0];
            let grid = found.placements[first.placement]
                .north_up()
                .map_err(|why| input(format!("{}: {why}", first.path.display())))?;
            let info = MosaicInfo {
                grid,
                bands: a.layers.iter().map(|layer| layer.name.clone()).collect(),
                pixel_type: first.pixel_type.clone(),
                nodata: first.nodata,
            };
            Ok(Mosaic { path: first.path.clone(), date: a.date, info })
        })
        .collect()
}

/// Builds a cube at `store` (made beside it under a temporary name, then renamed: a stop leaves no half cube). A cube
/// that is there already is replaced, once the new one is whole. Every value is copied as it is.
/// Memory is bounded: at most half a GiB of pixels, or one shard, whichever is more.
///
/// # Errors
/// When files differ in grid, lack a band, share a date, are truncated, or the disk is full; each names its files.
pub fn build(spec: &BuildSpec, store: &Path, report: Report, cancel: &Cancel) -> Result<CubeInfo, CubeError> {
    let mosaics = mosaics(&spec.found)?;
    let plan = Plan::new(spec, &mosaics)?;
    let site = Site::new(store)?;
    let layout = Layout::new(&plan.info);
    let data = write_metadata(&plan.info, &layout, &site.new_store())
        .map_err(|why| CubeError::Write { path: store.to_owned(), why })?;
    write_pixels(&plan, &layout, &data, store, report, cancel)?;
    cancel.check()?;
    site.finish()?;
    Ok(Cube::open(store)?.info().clone())
}

/// What is to be built, checked.
pub(super) struct Plan<'a> {
    pub info: CubeInfo,
    /// In order of date: the file, and where in it the cube's bands are.
    files: Vec<(&'a Path, Vec<usize>)>,
}

impl<'a> Plan<'a> {
    pub fn new(spec: &BuildSpec, mosaics: &'a [Mosaic]) -> Result<Self, CubeError> {
        let mut mosaics: Vec<&Mosaic> = mosaics.iter().collect();
        mosaics.sort_by_key(|mosaic| mosaic.date);
        let Some(first) = mosaics.first() else {
            return Err(input(
                "there is no mosaic to build a cube from. Give a folder with one multi-band GeoTIFF a date",
            ));
        };
        check_dates(&mosaics)?;
        check_grids(&mosaics)?;
        let pixel_type = pixel_type(&mosaics)?;
        let nodata = nodata(&mosaics, pixel_type)?;
        let names = spec.settings.bands.clone().unwrap_or_else(|| first.info.bands.clone());
        let files = mosaics
            .iter()
            .map(|mosaic| Ok((mosaic.path.as_path(), band_places(mosaic, &names)?)))
            .collect::<Result<_, CubeError>>()?;
        let info = CubeInfo {
            grid: first.info.grid.clone(),
            bands: names.into_iter().map(Band::named).collect(),
            dates: mosaics.iter().map(|mosaic| mosaic.date).collect(),
            pixel_type,
            nodata,
            origin: spec.found.origin.clone(),
        };
        Ok(Self { info, files })
    }
}

fn input(why: impl Into<String>) -> CubeError {
    CubeError::Input { why: why.into() }
}

/// Names of files in a sentence: the first few, and how many more.
fn names<'a>(paths: impl IntoIterator<Item = &'a Path>) -> String {
    const SHOWN: usize = 5;
    let paths: Vec<_> = paths.into_iter().collect();
    let shown: Vec<_> = paths.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn check_dates(in_order: &[&Mosaic]) -> Result<(), CubeError> {
    let twice: Vec<_> = in_order
        .chunk_by(|a, b| a.date == b.date)
        .filter(|same| same.len() > 1)
        .map(|same| format!("{}: {}", same[0].date, names(same.iter().map(|mosaic| mosaic.path.as_path()))))
        .collect();
    if twice.is_empty() {
        return Ok(());
    }
    Err(input(format!(
        "files share a date, and a cube has one mosaic a date. Leave all but one of each out:\n{}",
        twice.join("\n")
    )))
}

fn check_grids(mosaics: &[&Mosaic]) -> Result<(), CubeError> {
    const SHOWN: usize = 8;
    let mut groups: Vec<(&Grid, Vec<&Path>)> = Vec::new();
    for mosaic in mosaics {
        let grid = &mosaic.info.grid;
        match groups.iter_mut().find(|(other, _)| other.lines_up_with(grid)) {
            Some((_, files)) => files.push(&mosaic.path),
            None => groups.push((grid, vec![&mosaic.path])),
        }
    }
    if groups.len() <= 1 {
        return Ok(());
    }
    groups.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    let mut lines: Vec<_> = groups
        .iter()
        .take(SHOWN)
        .map(|(grid, files)| {
            format!("{}, {}: {}", count(files.len(), "file"), grid.label(), names(files.iter().copied()))
        })
        .collect();
    if groups.len() > SHOWN {
        lines.push(format!("and {}", count(groups.len() - SHOWN, "more grid")));
    }
    Err(input(format!(
        "the files lie on {} different grids, and a cube has one. Warp them to one grid (gdalwarp -t_srs, -te, -tr), or leave some out:\n{}",
        groups.len(),
        lines.join("\n")
    )))
}

/// The stored type: the input's own.
fn pixel_type(mosaics: &[&Mosaic]) -> Result<PixelType, CubeError> {
    let of_type = |kind: &str| {
        mosaics
            .iter()
            .filter(|mosaic| mosaic.info.pixel_type == kind)
            .map(|mosaic| mosaic.path.as_path())
            .collect::<Vec<_>>()
    };
    let kinds: BTreeSet<&str> = mosaics.iter().map(|mosaic| mosaic.info.pixel_type.as_str()).collect();
    if let Some(other) = kinds.iter().find(|kind| !["Byte", "Int16", "UInt16"].contains(*kind)) {
        return Err(input(format!(
            "pixels of type {other} cannot be stored in a cube, which holds whole numbers of 16 bits. Scale them (reflectance x 10000, gdal_translate -scale -ot Int16): {}",
            names(of_type(other))
        )));
    }
    match (kinds.contains("Int16"), kinds.contains("UInt16")) {
        (true, true) => Err(input(format!(
            "some files have signed pixels and some unsigned. Convert one kind (gdal_translate -ot Int16). Signed: {}. Unsigned: {}",
            names(of_type("Int16")),
            names(of_type("UInt16"))
        ))),
        (true, false) => Ok(PixelType::Int16),
        (false, _) => Ok(PixelType::Uint16),
    }
}

/// The value for "no observation": that of the files that have one, which must agree; else 0 or -9999.
fn nodata(mosaics: &[&Mosaic], pixel_type: PixelType) -> Result<f64, CubeError> {
    let mut found: Vec<(f64, &Path)> = Vec::new();
    for mosaic in mosaics {
        // A value that the pixels cannot have marks nothing.
        let value = mosaic.info.nodata.filter(|value| word_of(*value, pixel_type).is_some());
        if let Some(value) = value
            && !found.iter().any(|(other, _)| *other == value)
        {
            found.push((value, &mosaic.path));
        }
    }
    match found.as_slice() {
        [] => Ok(if pixel_type == PixelType::Int16 { -9999.0 } else { 0.0 }),
        [(value, _)] => Ok(*value),
        several => {
            let list: Vec<_> =
                several.iter().map(|(value, path)| format!("{value} in {}", path.display())).collect();
            Err(input(format!(
                "the files mark missing pixels by different values: {}. Give all the same (gdalwarp -dstnodata)",
                list.join(", ")
            )))
        }
    }
}

/// Where in the file the bands are, found by name.
fn band_places(mosaic: &Mosaic, wanted: &[String]) -> Result<Vec<usize>, CubeError> {
    let there = &mosaic.info.bands;
    let file = mosaic.path.display();
    if wanted.is_empty() {
        return Err(input("no band is asked for. Name at least one"));
    }
    let mut places = Vec::with_capacity(wanted.len());
    for name in wanted {
        let mut found = there.iter().enumerate().filter(|(_, other)| *other == name).map(|(place, _)| place);
        match (found.next(), found.next()) {
            (Some(place), None) if places.contains(&place) => {
                return Err(input(format!("band {name} is asked for twice")));
            }
            (Some(place), None) => places.push(place),
            (Some(_), Some(_)) => {
                return Err(input(format!(
                    "{file} has two bands named {name}. Give each band its own description"
                )));
            }
            (None, _) => {
                return Err(input(format!(
                    "{file} has no band {name}, only {}. Build from the bands that all files have, or leave the file out",
                    there.join(", ")
                )));
            }
        }
    }
    Ok(places)
}

/// How pixels are cut into shards, and shards into blocks that are read at once.
struct Layout {
    shard_width: u32,
    shard_height: u32,
    /// Shards across and down that are in memory together.
    block: (u32, u32),
}

impl Layout {
    /// Pixels along a shard, where its memory allows.
    const SHARD_SIDE: u32 = 512;
    /// Bytes of a shard before compression.
    const SHARD_BYTES: u64 = 128 << 20;
    /// Bytes of the shards in memory together.
    const BLOCK_BYTES: u64 = 512 << 20;

    fn new(info: &CubeInfo) -> Self {
        let pixel_bytes = 2 * info.dates.len() as u64 * info.bands.len() as u64;
        let mut side = Self::SHARD_SIDE;
        while side > CHUNK && u64::from(side) * u64::from(side) * pixel_bytes > Self::SHARD_BYTES {
            side /= 2;
        }
        let cut = |length: u32| side.min(length.div_ceil(CHUNK) * CHUNK);
        let (shard_width, shard_height) = (cut(info.grid.width), cut(info.grid.height));
        let shard_bytes = u64::from(shard_width) * u64::from(shard_height) * pixel_bytes;
        let at_once = u32::try_from(Self::BLOCK_BYTES / shard_bytes).unwrap_or(u32::MAX).max(1);
        // Files come in tiles of up to 512 rows: taking as many together saves decoding them again.
        let down = (Self::SHARD_SIDE / shard_height).clamp(1, at_once);
        Self { shard_width, shard_height, block: (at_once / down, down) }
    }

    /// Shards across and down.
    fn counts(&self, grid: &Grid) -> (u32, u32) {
        (grid.width.div_ceil(self.shard_width), grid.height.div_ceil(self.shard_height))
    }

    /// The shards of each block, in order of rows.
    fn blocks(&self, grid: &Grid) -> Vec<Vec<(u32, u32)>> {
        let (across, down) = self.counts(grid);
        let mut blocks = Vec::new();
        for row in (0..down).step_by(self.block.1 as usize) {
            for col in (0..across).step_by(self.block.0 as usize) {
                let rows = row..row.saturating_add(self.block.1).min(down);
                let cols = col..col.saturating_add(self.block.0).min(across);
                blocks.push(rows.flat_map(|row| cols.clone().map(move |col| (col, row))).collect());
            }
        }
        blocks
    }

    /// The pixels of a shard, cut to the grid.
    fn window(&self, (across, down): (u32, u32), grid: &Grid) -> Window {
        let (width, height) = (self.shard_width, self.shard_height);
        Window { col: across * width, row: down * height, width, height }.cut_to(grid.window())
    }
}

fn write_pixels(
    plan: &Plan,
    layout: &Layout,
    data: &Array<FilesystemStore>,
    store: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<(), CubeError> {
    let CubeInfo { grid, bands, dates, pixel_type, nodata, .. } = &plan.info;
    let fill = word_of(*nodata, *pixel_type).unwrap_or_default();
    let plane = layout.shard_width as usize * layout.shard_height as usize;
    let blocks = layout.blocks(grid);
    let shards: usize = blocks.iter().map(Vec::len).sum();
    let total = (blocks.len() * dates.len() + shards) as u64;
    let done = AtomicU64::new(0);
    let step = |what: String| report(Progress::new(done.fetch_add(1, Ordering::Relaxed) + 1, total, what));
    // Shards without any observation are stored as well, so that an absent file is known to be a loss.
    let options = CodecOptions::default().with_store_empty_chunks(true);

    for block in blocks {
        let windows: Vec<Window> = block.iter().map(|shard| layout.window(*shard, grid)).collect();
        let mut shards: Vec<Vec<u16>> =
            block.iter().map(|_| vec![fill; dates.len() * bands.len() * plane]).collect();
        // Each file fills its date's part of every shard in the block.
        let mut parts: Vec<Vec<&mut [u16]>> = dates.iter().map(|_| Vec::with_capacity(block.len())).collect();
        for shard in &mut shards {
            for (part, of_date) in shard.chunks_exact_mut(bands.len() * plane).zip(&mut parts) {
                of_date.push(part);
            }
        }
        parts.into_par_iter().zip(&plan.files).zip(dates).try_for_each(
            |((mut parts, (path, places)), date)| {
                read_date(path, places, *pixel_type, layout, &windows, &mut parts, cancel)?;
                step(format!("Reading {date}"));
                Ok::<_, CubeError>(())
            },
        )?;
        for ((across, down), words) in block.into_iter().zip(shards) {
            cancel.check()?;
            let bytes = ArrayBytes::new_flen(zarrs::array::transmute_to_bytes(&words));
            data.store_chunk_opt(&[0, 0, u64::from(down), u64::from(across)], bytes, &options)
                .map_err(|error| CubeError::Write { path: store.to_owned(), why: error.to_string() })?;
            step("Writing".into());
        }
    }
    Ok(())
}

/// Reads the bands of one date in a block of shards: `parts` has each shard's `band x y x x`.
fn read_date(
    path: &Path,
    places: &[usize],
    pixel_type: PixelType,
    layout: &Layout,
    windows: &[Window],
    parts: &mut [&mut [u16]],
    cancel: &Cancel,
) -> Result<(), CubeError> {
    let Some(whole) = windows.iter().copied().reduce(around) else { return Ok(()) };
    let reader = RasterReader::open(path)?;
    let (shard_width, shard_height) = (layout.shard_width as usize, layout.shard_height as usize);
    for (band, place) in places.iter().enumerate() {
        cancel.check()?;
        let values = reader.read_16(*place, whole, pixel_type)?;
        let rows: Vec<&[u16]> = values.chunks_exact(whole.width as usize).collect();
        for (window, part) in windows.iter().zip(parts.iter_mut()) {
            let plane = &mut part[band * shard_width * shard_height..][..shard_width * shard_height];
            let (first_row, first_col) =
                ((window.row - whole.row) as usize, (window.col - whole.col) as usize);
            let width = window.width as usize;
            let rows = rows.iter().skip(first_row).take(window.height as usize);
            for (to, from) in plane.chunks_exact_mut(shard_width).zip(rows) {
                to[..width].copy_from_slice(&from[first_col..first_col + width]);
            }
        }
    }
    Ok(())
}

/// The smallest window that holds both.
fn around(a: Window, b: Window) -> Window {
    let (col, row) = (a.col.min(b.col), a.row.min(b.row));
    let right = (a.col + a.width).max(b.col + b.width);
    let bottom = (a.row + a.height).max(b.row + b.height);
    Window { col, row, width: right - col, height: bottom - row }
}

/// Writes all but the pixels: the group, the coordinates, the coordinate system, and what `data` says of itself.
fn write_metadata(info: &CubeInfo, layout: &Layout, folder: &Path) -> Result<Array<FilesystemStore>, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let store = Arc::new(FilesystemStore::new(folder).map_err(|error| error.to_string())?);
    let grid = &info.grid;
    let names: Vec<String> = info.bands.iter().map(|band| band.name.clone()).collect();

    let own = StoreAttributes {
        version: VERSION,
        bands: names.clone(),
        dates: info.dates.clone(),
        nodata: info.nodata,
        origin: info.origin.clone(),
    };
    let own = serde_json::to_value(own).map_err(|error| error.to_string())?;
    zarrs::group::GroupBuilder::new()
        .attributes(object(json!({ "Conventions": "CF-1.10", "ritmo": own })))
        .build(Arc::clone(&store), "/")
        .map_err(|error| error.to_string())?
        .store_metadata()
        .map_err(|error| error.to_string())?;

    let epoch = NaiveDate::default();
    let days: Vec<i64> = info.dates.iter().map(|date| (*date - epoch).num_days()).collect();
    let time = json!({ "standard_name": "time", "axis": "T", "units": "days since 1970-01-01", "calendar": "proleptic_gregorian" });
    write_line(&store, "time", data_type::int64(), 0i64.into(), days, time)?;
    write_line(&store, "band", data_type::string(), "".into(), names, json!({ "long_name": "band" }))?;
    let xs: Vec<f64> = (0..grid.width).map(|col| grid.pixel_centre(col, 0)[0]).collect();
    let ys: Vec<f64> = (0..grid.height).map(|row| grid.pixel_centre(0, row)[1]).collect();
    let (x, y) = if grid.crs.is_geographic() {
        (
            json!({ "standard_name": "longitude", "axis": "X", "units": "degrees_east" }),
            json!({ "standard_name": "latitude", "axis": "Y", "units": "degrees_north" }),
        )
    } else {
        let unit = if grid.crs.metres_per_linear_unit() == 1.0 { "m" } else { "1" };
        (
            json!({ "standard_name": "projection_x_coordinate", "axis": "X", "units": unit }),
            json!({ "standard_name": "projection_y_coordinate", "axis": "Y", "units": unit }),
        )
    };
    write_line(&store, "x", data_type::float64(), f64::NAN.into(), xs, x)?;
    write_line(&store, "y", data_type::float64(), f64::NAN.into(), ys, y)?;

    let geotransform: Vec<String> = grid.geotransform().iter().map(f64::to_string).collect();
    let place = json!({ "crs_wkt": grid.crs.wkt(), "spatial_ref": grid.crs.wkt(), "GeoTransform": geotransform.join(" ") });
    let no_dimensions = Vec::<u64>::new();
    let spatial_ref = ArrayBuilder::new(no_dimensions.clone(), no_dimensions, data_type::int64(), 0i64)
        .attributes(object(place))
        .build(Arc::clone(&store), "/spatial_ref")
        .map_err(|error| error.to_string())?;
    spatial_ref.store_metadata().map_err(|error| error.to_string())?;
    let all = CodecOptions::default().with_store_empty_chunks(true);
    spatial_ref.store_chunk_opt(&[], &[0i64], &all).map_err(|error| error.to_string())?;

    let (kind, fill): (DataType, FillValue) = match info.pixel_type {
        PixelType::Int16 => (data_type::int16(), (info.nodata as i16).into()),
        PixelType::Uint16 => (data_type::uint16(), (info.nodata as u16).into()),
    };
    let (times, bands) = (info.dates.len() as u64, info.bands.len() as u64);
    let level = BloscCompressionLevel::try_from(5u8).map_err(|_| "no such compression level".to_string())?;
    let blosc = BloscCodec::new(BloscCompressor::LZ4, level, None, BloscShuffleMode::BitShuffle, Some(2))
        .map_err(|error| error.to_string())?;
    let data = ArrayBuilder::new(
        vec![times, bands, grid.height.into(), grid.width.into()],
        vec![times, bands, layout.shard_height.into(), layout.shard_width.into()],
        kind,
        fill,
    )
    // The reader undoes these codecs itself.
    .array_to_bytes_codec(Arc::new(BytesCodec::little()))
    .subchunk_shape(vec![times, bands, CHUNK.into(), CHUNK.into()])
    .bytes_to_bytes_codecs(vec![Arc::new(blosc)])
    .dimension_names(Some(["time", "band", "y", "x"]))
    .attributes(object(json!({ "grid_mapping": "spatial_ref", "_FillValue": info.nodata as i64 })))
    .build(store, "/data")
    .map_err(|error| error.to_string())?;
    data.store_metadata().map_err(|error| error.to_string())?;
    Ok(data)
}

/// Writes a coordinate: an array of one dimension that has its own name.
fn write_line<T>(
    store: &Arc<FilesystemStore>,
    name: &str,
    kind: DataType,
    fill: FillValue,
    values: Vec<T>,
    attributes: Value,
) -> Result<(), String>
where
    Vec<T>: IntoArrayBytes<'static>,
{
    let length = vec![values.len() as u64];
    let array = ArrayBuilder::new(length.clone(), length, kind, fill)
        .dimension_names(Some([name]))
        .attributes(object(attributes))
        .build(Arc::clone(store), &format!("/{name}"))
        .map_err(|error| error.to_string())?;
    array.store_metadata().map_err(|error| error.to_string())?;
    let all = CodecOptions::default().with_store_empty_chunks(true);
    array.store_chunk_opt(&[0], values, &all).map_err(|error| error.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The place where a cube is built: a temporary folder beside its own, which goes whatever happens.
struct Site {
    store: PathBuf,
    beside: tempfile::TempDir,
}

impl Site {
    fn new(store: &Path) -> Result<Self, CubeError> {
        let failed = |why: String| CubeError::Write { path: store.to_owned(), why };
        let name = store.file_name().ok_or_else(|| failed("it is no name of a folder".into()))?;
        let is_cube = store.join("zarr.json").is_file();
        let is_empty = std::fs::read_dir(store).is_ok_and(|mut entries| entries.next().is_none());
        if store.exists() && !is_cube && !is_empty {
            return Err(failed("something else is there already. Choose another name".into()));
        }
        let parent = store.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let way_out = |error: std::io::Error| {
            failed(format!("{error}. Check the rights of the folder and the free space"))
        };
        std::fs::create_dir_all(parent).map_err(way_out)?;
        let prefix = format!(".{}.building-", name.to_string_lossy());
        let beside = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent).map_err(way_out)?;
        Ok(Self { store: store.to_owned(), beside })
    }

    fn new_store(&self) -> PathBuf {
        self.beside.path().join("new")
    }

    /// Puts the new cube in the place of the old one, if there is one.
    fn finish(self) -> Result<(), CubeError> {
        let old = self.beside.path().join("old");
        crate::files::replace_folder(&self.new_store(), &self.store, &old)
            .map_err(|error| CubeError::Write { path: self.store.clone(), why: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::Crs;
    use proptest::prelude::*;

    fn info(width: u32, height: u32, dates: u64, bands: usize) -> CubeInfo {
        let crs = Crs::from_epsg(6362).unwrap();
        CubeInfo {
            grid: Grid { crs, left: 0.0, top: 0.0, pixel_width: 10.0, pixel_height: 10.0, width, height },
            bands: (0..bands).map(|i| Band::named(i.to_string())).collect(),
            dates: (0..dates).map(|i| NaiveDate::default() + chrono::Days::new(i)).collect(),
            pixel_type: PixelType::Int16,
            nodata: -9999.0,
            origin: None,
        }
    }

    #[test]
    fn a_year_of_a_scene_has_shards_of_512() {
        let layout = Layout::new(&info(10_980, 10_980, 12, 10));
        assert_eq!((layout.shard_width, layout.shard_height, layout.block), (512, 512, (8, 1)));
    }

    proptest! {
        #[test]
        fn blocks_hold_every_pixel_once_within_the_bound(width in 1u32..12_000, height in 1u32..12_000, dates in 1u64..400, bands in 1usize..14) {
            let info = info(width, height, dates, bands);
            let layout = Layout::new(&info);
            prop_assert!(layout.shard_width.is_multiple_of(CHUNK) && layout.shard_height.is_multiple_of(CHUNK));
            let mut pixels = 0;
            for block in layout.blocks(&info.grid) {
                let shard = 2 * dates as usize * bands * layout.shard_width as usize * layout.shard_height as usize;
                prop_assert!(block.len() == 1 || block.len() * shard <= 512 << 20);
                prop_assert!(shard <= 128 << 20 || layout.shard_width.max(layout.shard_height) == CHUNK);
                let windows: Vec<_> = block.iter().map(|shard| layout.window(*shard, &info.grid)).collect();
                prop_assert!(windows.iter().all(|window| window.pixels() > 0));
                pixels += windows.iter().map(Window::pixels).sum::<usize>();
                let whole = windows.into_iter().reduce(around).unwrap();
                prop_assert_eq!(whole.cut_to(info.grid.window()), whole);
            }
            prop_assert_eq!(pixels, info.grid.pixels());
        }
    }
}
