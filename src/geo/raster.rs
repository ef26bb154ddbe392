//! Raster files through GDAL: what they hold, reading them, writing GeoTIFFs and COGs.

mod blocks;
mod bytes;
mod cog_words;
mod colours;
mod sample;

pub use bytes::RasterClass;
pub use cog_words::write_cog_words;
pub use colours::ColourBands;

use super::cog::{CogSpec, write_cog};
use super::gdal_errors::{NO_REASON, forget_failures, quiet, take_failure, words};
use super::remote::{begin, is_remote, keep_query, opening, remote_words};
use super::{Crs, GeoError, Grid, Placement, Window};
use crate::files::write_atomically;
use crate::progress::Cancel;
use crate::xml::escaped;
use gdal::raster::{Buffer, GdalDataType, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The kinds of pixel a cube stores, as the input has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PixelType {
    /// Signed, 16 bits.
    Int16,
    /// Unsigned, 16 bits.
    Uint16,
    /// Floating point, 32 bits; NaN is "no observation" too.
    Float32,
}

impl PixelType {
    /// Bytes of a pixel.
    pub fn bytes(self) -> usize {
        match self {
            Self::Int16 | Self::Uint16 => 2,
            Self::Float32 => 4,
        }
    }

    /// The stored value for "no observation" where the input states none.
    pub fn usual_nodata(self) -> f64 {
        match self {
            Self::Int16 => -9999.0,
            Self::Uint16 => 0.0,
            Self::Float32 => f64::NAN,
        }
    }
}

/// What a raster file says of itself.
#[derive(Debug, Clone)]
pub struct RasterInfo {
    /// Where its pixels lie.
    pub placement: Placement,
    /// Its bands, in order.
    pub bands: Vec<BandInfo>,
}

/// What a raster file says of a band.
#[derive(Debug, Clone, PartialEq)]
pub struct BandInfo {
    /// Its description, or `band1`, `band2` …
    pub name: String,
    /// Whether the name is a description of the file.
    pub described: bool,
    /// GDAL's name of the pixel type: "Int16", "Float32" …
    pub pixel_type: String,
    /// The value that means "no observation".
    pub nodata: Option<f64>,
    /// Scale and offset, where the file states them: physical = stored x scale + offset.
    pub scaling: Option<(f64, f64)>,
}

/// Reads what a file says of itself, without its pixels.
///
/// # Errors
/// [`GeoError::Read`] when it is no raster, has no coordinate system, or does not say where it lies.
pub fn info(path: &Path) -> Result<RasterInfo, GeoError> {
    Ok(RasterReader::open(path)?.info)
}

/// Reads windows of one file; keeps it open between reads. One thread at a time.
pub struct RasterReader {
    path: PathBuf,
    dataset: Dataset,
    info: RasterInfo,
}

impl RasterReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`GeoError::Read`] when it is no raster, has no coordinate system, or does not say where it lies.
    pub fn open(path: &Path) -> Result<Self, GeoError> {
        quiet();
        let is_remote = is_remote(path);
        let path: &Path = &keep_query(path);
        let unreadable = |why: String| GeoError::Read { path: path.to_owned(), why };
        if !is_remote {
            let file = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
            if file.is_file() && file.len() == 0 {
                return Err(unreadable("the file is empty".into()));
            }
        }
        // Of a server one has to ask why: it is not told otherwise.
        let options = match is_remote {
            true => DatasetOptions {
                open_flags: GdalOpenFlags::GDAL_OF_RASTER
                    | GdalOpenFlags::GDAL_OF_READONLY
                    | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
                ..DatasetOptions::default()
            },
            false => DatasetOptions::default(),
        };
        let dataset = opening(path, |path| Dataset::open_ex(path, options)).map_err(|error| {
            let why = words(error);
            unreadable(match is_remote {
                true => remote_words(&why),
                false if why == NO_REASON => "it is damaged, or no raster".into(),
                false => why,
            })
        })?;
        Self::of(path, dataset)
    }

    /// A data set that is open already.
    pub(super) fn of(path: &Path, dataset: Dataset) -> Result<Self, GeoError> {
        let info = describe(&dataset).map_err(|why| GeoError::Read { path: path.to_owned(), why })?;
        Ok(Self { path: path.to_owned(), dataset, info })
    }

    /// What the file says of itself.
    pub fn info(&self) -> &RasterInfo {
        &self.info
    }

    /// All of its pixels.
    pub fn window(&self) -> Window {
        Window { col: 0, row: 0, width: self.info.placement.width, height: self.info.placement.height }
    }

    /// An item of the file's metadata ("RITMO_ORIGIN").
    pub fn metadata_item(&self, key: &str) -> Option<String> {
        self.dataset.metadata_item(key, "").filter(|text| !text.is_empty())
    }

    /// Reads `window` of band `band` (from 0) as 16-bit words: int16 values keep their bit pattern.
    ///
    /// # Errors
    /// [`GeoError::Read`], also where the file is truncated, and where a band's values do not fit into `kind`.
    pub fn read_16(&self, band: usize, window: Window, kind: PixelType) -> Result<Vec<u16>, GeoError> {
        use GdalDataType::{Int16, UInt8, UInt16};
        match kind {
            PixelType::Float32 => Err(self.unreadable("words of 16 bits cannot hold floating point".into())),
            PixelType::Int16 => {
                let values = self.read::<i16>(band, window, &[UInt8, Int16])?;
                Ok(values.into_iter().map(i16::cast_unsigned).collect())
            }
            PixelType::Uint16 => self.read::<u16>(band, window, &[UInt8, UInt16]),
        }
    }

    /// Reads `window` of band `band` (from 0) as floating point, exactly for all kinds but `Float64`, which is rounded.
    ///
    /// # Errors
    /// [`GeoError::Read`], also for kinds of pixels whose numbers are too large.
    pub fn read_f32(&self, band: usize, window: Window) -> Result<Vec<f32>, GeoError> {
        use GdalDataType::{Float32, Float64, Int16, UInt8, UInt16};
        self.read::<f32>(band, window, &[UInt8, Int16, UInt16, Float32, Float64])
    }

    /// Reads `window` of band `band` (from 0) as whole numbers: classes and bits of masks.
    ///
    /// # Errors
    /// [`GeoError::Read`], also where the band has fractions.
    pub fn read_i32(&self, band: usize, window: Window) -> Result<Vec<i32>, GeoError> {
        use GdalDataType::{Int16, Int32, UInt8, UInt16};
        self.read::<i32>(band, window, &[UInt8, Int16, UInt16, Int32])
    }

    /// Reads `window` of band `band` (from 0) at `size` columns and rows, from the nearest overview where the file has
    /// any: for looking, not for counting.
    ///
    /// # Errors
    /// [`GeoError::Read`].
    pub fn read_reduced(
        &self,
        band: usize,
        window: Window,
        size: (usize, usize),
    ) -> Result<Vec<f32>, GeoError> {
        if size.0 == 0 || size.1 == 0 || window.pixels() == 0 || window.cut_to(self.window()) != window {
            return Err(self.unreadable(format!("it does not hold {window:?}")));
        }
        let raster_band = self.band(band)?;
        let mut values = vec![0.0; size.0 * size.1];
        let from = (window.width as usize, window.height as usize);
        raster_band
            .read_into_slice((window.col as isize, window.row as isize), from, size, &mut values, None)
            .map_err(|error| self.unreadable(words(error)))?;
        Ok(values)
    }

    /// Columns and rows of the blocks in which band `band` (from 0) is stored: a block is unpacked whole.
    ///
    /// # Errors
    /// [`GeoError::Read`] where there is no such band.
    pub fn block_size(&self, band: usize) -> Result<(u32, u32), GeoError> {
        let (width, height) = self.band(band)?.block_size();
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX).max(1);
        Ok((side(width), side(height)))
    }

    fn band(&self, band: usize) -> Result<gdal::raster::RasterBand<'_>, GeoError> {
        self.dataset.rasterband(band + 1).map_err(|_| {
            self.unreadable(format!("it has no band {}, only {}", band + 1, self.info.bands.len()))
        })
    }

    /// Reads a window; `fits` are the pixel types whose values all fit into `T`, because GDAL clamps in silence.
    fn read<T>(&self, band: usize, window: Window, fits: &[GdalDataType]) -> Result<Vec<T>, GeoError>
    where
        T: Copy + Default + GdalType,
    {
        let grid = self.window();
        if window.pixels() == 0 || window.cut_to(grid) != window {
            return Err(self.unreadable(format!(
                "it has {} x {} pixels, which do not hold {} x {} from column {}, row {}",
                grid.width, grid.height, window.width, window.height, window.col, window.row
            )));
        }
        let raster_band = self.band(band)?;
        let kind = raster_band.band_type();
        if !fits.contains(&kind) {
            let wanted = <T as GdalType>::datatype().name();
            return Err(self.unreadable(format!("its pixels are {}, and {wanted} is needed", kind.name())));
        }
        let size = (window.width as usize, window.height as usize);
        let mut values = vec![T::default(); window.pixels()];
        begin();
        raster_band
            .read_into_slice((window.col as isize, window.row as isize), size, size, &mut values, None)
            .map_err(|error| self.unreadable(words(error)))?;
        Ok(values)
    }

    /// The error of a file that cannot serve, for reasons of who reads it.
    pub fn refuse(&self, why: String) -> GeoError {
        GeoError::Read { path: self.path.clone(), why }
    }

    fn unreadable(&self, why: String) -> GeoError {
        let why = if is_remote(&self.path) { remote_words(&why) } else { why };
        GeoError::Read { path: self.path.clone(), why }
    }
}

/// Fills a [`RasterInfo`], or says why the file cannot serve.
fn describe(dataset: &Dataset) -> Result<RasterInfo, String> {
    let (width, height) = dataset.raster_size();
    let wkt =
        dataset.spatial_ref().ok().and_then(|spatial_ref| spatial_ref.to_wkt().ok()).unwrap_or_default();
    if wkt.is_empty() {
        return Err("it has no coordinate system".into());
    }
    let crs = Crs::from_wkt(&wkt).map_err(|error| error.to_string())?;
    let geotransform =
        dataset.geo_transform().map_err(|_| "it does not say where it lies (no geotransform)".to_string())?;
    let [_, across, skew_x, _, skew_y, down] = geotransform;
    if !geotransform.iter().all(|n| n.is_finite()) {
        return Err("it does not say where it lies (its geotransform is not finite)".into());
    }
    if across * down - skew_x * skew_y == 0.0 {
        return Err("it does not say where it lies (its pixels have no area)".into());
    }
    let too_large = |_| format!("{width} x {height} pixels are too many");
    let placement = Placement {
        crs,
        geotransform,
        width: width.try_into().map_err(too_large)?,
        height: height.try_into().map_err(too_large)?,
    };
    let mut bands = Vec::new();
    for i in 1..=dataset.raster_count() {
        let band = dataset.rasterband(i).map_err(words)?;
        let description = band.description().unwrap_or_default();
        let described = !description.trim().is_empty();
        let scaling = (band.scale().unwrap_or(1.0), band.offset().unwrap_or(0.0));
        bands.push(BandInfo {
            name: if described { description.trim().to_owned() } else { format!("band{i}") },
            described,
            pixel_type: band.band_type().name(),
            nodata: band.no_data_value(),
            scaling: (scaling != (1.0, 0.0)).then_some(scaling),
        });
    }
    if bands.is_empty() || width == 0 || height == 0 {
        return Err("it holds no pixels".into());
    }
    Ok(RasterInfo { placement, bands })
}

/// Reads one whole 8-bit band (class maps, label rasters).
///
/// # Errors
/// [`GeoError::Read`].
pub fn read_u8(path: &Path, band: usize) -> Result<(Grid, Vec<u8>), GeoError> {
    let reader = RasterReader::open(path)?;
    let grid = reader.info.placement.north_up().map_err(|why| reader.unreadable(why))?;
    let values = reader.read::<u8>(band, grid.window(), &[GdalDataType::UInt8])?;
    Ok((grid, values))
}

/// One multi-band mosaic to be written as a tiled, deflate-compressed GeoTIFF with band descriptions.
/// `values` is band x y x x; int16 keeps its bit pattern. Written to a temporary file, then renamed.
/// The same input gives the same bytes.
///
/// # Errors
/// [`GeoError::Write`].
pub fn write_mosaic(
    path: &Path,
    grid: &Grid,
    bands: &[&str],
    kind: PixelType,
    nodata: f64,
    values: &[u16],
    metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    if grid.pixels() == 0 || bands.is_empty() || values.len() != bands.len() * grid.pixels() {
        return Err(unwritable(path, "the values do not fill the bands and the grid".into()));
    }
    let write = |temporary: &Path| {
        let options = RasterCreationOptions::from_iter([
            "TILED=YES",
            "BLOCKXSIZE=256",
            "BLOCKYSIZE=256",
            "COMPRESS=DEFLATE",
            "PREDICTOR=2",
            "ZLEVEL=1",
            "INTERLEAVE=BAND",
            "BIGTIFF=IF_SAFER",
        ]);
        let driver = DriverManager::get_driver_by_name("GTiff")?;
        let size = (grid.width as usize, grid.height as usize);
        let mut dataset = match kind {
            PixelType::Int16 => driver.create_with_band_type_with_options::<i16, _>(
                temporary,
                size.0,
                size.1,
                bands.len(),
                &options,
            ),
            PixelType::Uint16 => driver.create_with_band_type_with_options::<u16, _>(
                temporary,
                size.0,
                size.1,
                bands.len(),
                &options,
            ),
            PixelType::Float32 => {
                return Err(gdal::errors::GdalError::BadArgument("words hold no floating point".into()));
            }
        }?;
        dress(&mut dataset, grid, metadata)?;
        for (i, (name, plane)) in bands.iter().zip(values.chunks_exact(grid.pixels())).enumerate() {
            let mut band = dataset.rasterband(i + 1)?;
            band.set_no_data_value(Some(nodata))?;
            band.set_description(name)?;
            match kind {
                PixelType::Int16 => {
                    let plane = plane.iter().map(|word| word.cast_signed()).collect();
                    band.write((0, 0), size, &mut Buffer::<i16>::new(size, plane))?;
                }
                _ => band.write((0, 0), size, &mut Buffer::new(size, plane.to_vec()))?,
            }
        }
        dataset.close()
    };
    replace(path, None, |temporary| write(temporary).map_err(|error| unwritable(path, words(error))))
}

/// How a class raster is dressed: palette and category names by code.
pub struct Palette<'a> {
    /// Code, name, colour (red, green, blue).
    pub entries: Vec<(u8, &'a str, [u8; 3])>,
}

/// Writes an 8-bit raster as a COG: to a temporary file beside `path`, then renamed. With a palette: category
/// names in `.aux.xml`, overviews of the most frequent value, nodata 255; without: of the mean. `bands` are (description, y x x values).
///
/// # Errors
/// [`GeoError::Write`].
pub fn write_cog_u8(
    path: &Path,
    grid: &Grid,
    bands: &[(String, &[u8])],
    palette: Option<&Palette>,
    nodata: Option<u8>,
    metadata: &[(&str, &str)],
) -> Result<(), GeoError> {
    if grid.pixels() == 0 || bands.is_empty() || bands.iter().any(|(_, values)| values.len() != grid.pixels())
    {
        return Err(unwritable(path, "the values do not fill the bands and the grid".into()));
    }
    let names: Vec<&str> = bands.iter().map(|(name, _)| name.as_str()).collect();
    let nodata = nodata.or(palette.map(|_| 255));
    let spec = CogSpec { grid, bands: &names, palette, nodata, scale: None, metadata };
    let read = |band: usize, window: Window, out: &mut [u8]| {
        let (_, values) = &bands[band];
        let rows = values.chunks_exact(grid.width as usize).skip(window.row as usize);
        let (from, width) = (window.col as usize, window.width as usize);
        for (to, row) in out.chunks_exact_mut(width).zip(rows) {
            to.copy_from_slice(&row[from..from + width]);
        }
        Ok(())
    };
    let category_names = palette.map(category_names);
    replace(path, category_names.as_deref(), |temporary| {
        write_cog(temporary, &spec, &read, &|_| {}, &Cancel::new())
    })
}

/// Gives a data set its place and its metadata.
pub(super) fn dress(
    dataset: &mut Dataset,
    grid: &Grid,
    metadata: &[(&str, &str)],
) -> gdal::errors::Result<()> {
    dataset.set_geo_transform(&grid.geotransform())?;
    dataset.set_spatial_ref(&SpatialRef::from_wkt(grid.crs.wkt())?)?;
    for (key, value) in metadata {
        dataset.set_metadata_item(key, value, "")?;
    }
    Ok(())
}

/// GDAL's side file with the names of classes, which a GeoTIFF cannot hold itself.
pub(super) fn category_names(palette: &Palette) -> String {
    let last = palette.entries.iter().map(|(code, ..)| *code).max().unwrap_or(0);
    let mut names = vec![""; usize::from(last) + 1];
    for (code, name, _) in &palette.entries {
        names[usize::from(*code)] = name;
    }
    let mut xml = String::from("<PAMDataset>\n  <PAMRasterBand band=\"1\">\n    <CategoryNames>\n");
    for name in names {
        let _ = writeln!(xml, "      <Category>{}</Category>", escaped(name));
    }
    xml.push_str("    </CategoryNames>\n  </PAMRasterBand>\n</PAMDataset>\n");
    xml
}

/// Writes a raster in a temporary folder beside `path` and moves it there, with its `.aux.xml`, once it is whole.
/// A stale `.aux.xml` (statistics, names of other classes) goes.
pub(super) fn replace(
    path: &Path,
    aux_xml: Option<&str>,
    write: impl FnOnce(&Path) -> Result<(), GeoError>,
) -> Result<(), GeoError> {
    quiet();
    let failed = |error: std::io::Error| unwritable(path, error.to_string());
    let name = path.file_name().ok_or_else(|| unwritable(path, "it is no file name".into()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary_folder = tempfile::Builder::new().prefix(".ritmo-").tempdir_in(folder).map_err(failed)?;
    let temporary = temporary_folder.path().join(name);

    forget_failures();
    write(&temporary).map_err(|error| match error {
        GeoError::Write { why, .. } => unwritable(path, why),
        other => other,
    })?;
    if let Some(why) = take_failure() {
        return Err(unwritable(path, why));
    }
    std::fs::File::open(&temporary).and_then(|file| file.sync_all()).map_err(failed)?;

    let mut aux_name = name.to_owned();
    aux_name.push(".aux.xml");
    let aux_path = path.with_file_name(&aux_name);
    match aux_xml {
        Some(xml) => write_atomically(&aux_path, xml.as_bytes()).map_err(failed)?,
        None if aux_path.exists() => std::fs::remove_file(&aux_path).map_err(failed)?,
        None => {}
    }
    std::fs::rename(&temporary, path).map_err(failed)
}

fn unwritable(path: &Path, why: String) -> GeoError {
    GeoError::Write { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests;
