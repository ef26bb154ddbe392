//! What a store says of itself: Zarr v3 metadata, coordinates, the coordinate system.

use super::layout::Layout;
use super::masks::PixelState;
use super::new_files::NewFiles;
use super::store::{StoreAttributes, VERSION};
use super::{CHUNK, CubeInfo, Made};
use crate::geo::raster::PixelType;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use zarrs::array::codec::api::BytesToBytesCodecTraits as _;
use zarrs::array::codec::bytes_to_bytes::blosc::{
    BloscCodec, BloscCompressionLevel, BloscCompressor, BloscShuffleMode,
};
use zarrs::array::codec::{BytesCodec, Crc32cCodec};
use zarrs::array::{Array, ArrayBuilder, CodecOptions, DataType, FillValue, IntoArrayBytes, data_type};

/// The arrays of a store that hold pixels.
pub(super) struct Arrays {
    pub data: Array<NewFiles>,
    /// Why a pixel has no clear observation, and how many it has.
    pub mask: Option<(Array<NewFiles>, Array<NewFiles>)>,
}

/// Folder of the mosaics in a store: a GeoTIFF a step, for the screen and for readers that know no Zarr v3.
pub(super) const MOSAICS: &str = "mosaics";

/// Writes the coordinates, the coordinate system, and what the arrays say of themselves: all but the pixels, and what
/// [`write_root`] writes once these are there.
pub(super) fn write_metadata(
    info: &CubeInfo,
    made: &Made,
    layout: &Layout,
    folder: &Path,
) -> Result<Arrays, String> {
    std::fs::create_dir_all(folder.join(MOSAICS)).map_err(|error| error.to_string())?;
    let store = Arc::new(NewFiles::new(folder));
    let about = json!({ "title": "One GeoTIFF with overviews for each step, of the same pixels as data" });
    zarrs::group::GroupBuilder::new()
        .attributes(object(about))
        .build(Arc::clone(&store), &format!("/{MOSAICS}"))
        .map_err(|error| error.to_string())?
        .store_metadata()
        .map_err(|error| error.to_string())?;
    write_coordinates(info, made, &store)?;

    let mut data_attributes = json!({ "grid_mapping": "spatial_ref" });
    if info.pixel_type != PixelType::Float32 {
        data_attributes["_FillValue"] = json!(info.nodata as i64);
    }
    if let Some((factor, offset)) = made.stated_scaling {
        data_attributes["scale_factor"] = json!(factor);
        data_attributes["add_offset"] = json!(offset);
    }
    if made.has_mask {
        data_attributes["ancillary_variables"] = json!("mask clear_count");
    }
    let (kind, fill): (DataType, FillValue) = match info.pixel_type {
        PixelType::Int16 => (data_type::int16(), (info.nodata as i16).into()),
        PixelType::Uint16 => (data_type::uint16(), (info.nodata as u16).into()),
        PixelType::Float32 => (data_type::float32(), f32::NAN.into()),
    };
    let data =
        write_array(&store, "data", kind, fill, info.pixel_type.bytes(), info, layout, data_attributes)?;
    let mask = if made.has_mask {
        let values: Vec<u8> = PixelState::ALL.iter().map(|state| *state as u8).collect();
        let meanings: Vec<String> =
            PixelState::ALL.iter().map(|state| state.name().replace(' ', "_")).collect();
        let about = json!({
            "long_name": "why there is no clear observation",
            "grid_mapping": "spatial_ref",
            "flag_values": values,
            "flag_meanings": meanings.join(" "),
        });
        let absent = FillValue::from(PixelState::NotObserved as u8);
        let mask = write_array(&store, "mask", data_type::uint8(), absent, 1, info, layout, about)?;
        let about = json!({ "long_name": "clear observations", "units": "1", "grid_mapping": "spatial_ref" });
        let none = FillValue::from(0u8);
        Some((mask, write_array(&store, "clear_count", data_type::uint8(), none, 1, info, layout, about)?))
    } else {
        None
    };
    Ok(Arrays { data, mask })
}

/// Writes the root, which tells what the cube is and how it was made.
pub(super) fn write_root(info: &CubeInfo, made: &Made, folder: &Path) -> Result<(), String> {
    let own = StoreAttributes {
        version: VERSION,
        bands: info.bands.clone(),
        dates: info.dates.clone(),
        nodata: Some(info.nodata).filter(|nodata| !nodata.is_nan()),
        origin: info.origin.clone(),
        made: made.clone(),
    };
    let own = serde_json::to_value(own).map_err(|error| error.to_string())?;
    zarrs::group::GroupBuilder::new()
        .attributes(object(json!({ "Conventions": "CF-1.10", "ritmo": own })))
        .build(Arc::new(NewFiles::new(folder)), "/")
        .map_err(|error| error.to_string())?
        .store_metadata()
        .map_err(|error| error.to_string())
}

fn write_coordinates(info: &CubeInfo, made: &Made, store: &Arc<NewFiles>) -> Result<(), String> {
    let grid = &info.grid;
    let days = |date: &NaiveDate| (*date - NaiveDate::default()).num_days();
    let dates: Vec<i64> = info.dates.iter().map(days).collect();
    let units = "days since 1970-01-01";
    let calendar = "proleptic_gregorian";
    let time = json!({ "standard_name": "time", "axis": "T", "units": units, "calendar": calendar });
    write_line(store, "time", "time", data_type::int64(), 0i64.into(), dates, time)?;
    for (name, what, end) in
        [("time_start", "first day of the step", 0), ("time_end", "last day of the step", 1)]
    {
        let spans: Vec<i64> =
            made.spans.iter().map(|(first, last)| days(if end == 0 { first } else { last })).collect();
        let about = json!({ "long_name": what, "units": units, "calendar": calendar });
        write_line(store, name, "time", data_type::int64(), 0i64.into(), spans, about)?;
    }

    let names: Vec<String> = info.bands.iter().map(|band| band.name.clone()).collect();
    write_line(store, "band", "band", data_type::string(), "".into(), names, json!({ "long_name": "band" }))?;
    let known = |band: &super::Band| band.knowledge.common.clone().unwrap_or_default();
    let commons: Vec<String> = info.bands.iter().map(known).collect();
    let about = json!({ "long_name": "common name" });
    write_line(store, "common_name", "band", data_type::string(), "".into(), commons, about)?;
    let per_band = |value: &dyn Fn(&super::Band) -> f64| info.bands.iter().map(value).collect::<Vec<f64>>();
    let nan = || FillValue::from(f64::NAN);
    let about = json!({ "long_name": "wavelength", "units": "nm" });
    let wavelengths = per_band(&|band| band.knowledge.wavelength_nm.unwrap_or(f64::NAN));
    write_line(store, "wavelength", "band", data_type::float64(), nan(), wavelengths, about)?;
    let about = json!({ "long_name": "physical value = stored value x band_scale + band_offset" });
    let scales = per_band(&|band| band.knowledge.scale.factor);
    write_line(store, "band_scale", "band", data_type::float64(), nan(), scales, about.clone())?;
    let offsets = per_band(&|band| band.knowledge.scale.offset);
    write_line(store, "band_offset", "band", data_type::float64(), nan(), offsets, about)?;

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
    write_line(store, "x", "x", data_type::float64(), nan(), xs, x)?;
    write_line(store, "y", "y", data_type::float64(), nan(), ys, y)?;

    let geotransform: Vec<String> = grid.geotransform().iter().map(f64::to_string).collect();
    let place = json!({ "crs_wkt": grid.crs.wkt(), "spatial_ref": grid.crs.wkt(), "GeoTransform": geotransform.join(" ") });
    let no_dimensions = Vec::<u64>::new();
    let spatial_ref = ArrayBuilder::new(no_dimensions.clone(), no_dimensions, data_type::int64(), 0i64)
        .attributes(object(place))
        .build(Arc::clone(store), "/spatial_ref")
        .map_err(|error| error.to_string())?;
    spatial_ref.store_metadata().map_err(|error| error.to_string())?;
    spatial_ref.store_chunk_opt(&[], &[0i64], &keep_all()).map_err(|error| error.to_string())
}

/// Chunks that hold nothing but the fill are stored as well, so that an absent file is known to be a loss.
pub(super) fn keep_all() -> CodecOptions {
    CodecOptions::default().with_store_empty_chunks(true)
}

fn write_array(
    store: &Arc<NewFiles>,
    name: &str,
    kind: DataType,
    fill: FillValue,
    bytes: usize,
    info: &CubeInfo,
    layout: &Layout,
    attributes: Value,
) -> Result<Array<NewFiles>, String> {
    let (times, bands) = (info.dates.len() as u64, info.bands.len() as u64);
    let chunk_times = layout.times as u64;
    let (width, height) = (u64::from(info.grid.width), u64::from(info.grid.height));
    let (shard_width, shard_height) = (u64::from(layout.shard.0), u64::from(layout.shard.1));
    let side = u64::from(CHUNK);
    let has_bands = name == "data";
    let with_bands =
        |time: u64, y: u64, x: u64| if has_bands { vec![time, bands, y, x] } else { vec![time, y, x] };
    let dimensions = if has_bands { vec!["time", "band", "y", "x"] } else { vec!["time", "y", "x"] };
    let blosc = blosc(bytes)?;
    // A single byte has no byte order.
    let words = if bytes == 1 { BytesCodec::new(None) } else { BytesCodec::little() };
    let array = ArrayBuilder::new(
        with_bands(times, height, width),
        with_bands(chunk_times, shard_height, shard_width),
        kind,
        fill,
    )
    // The reader undoes these codecs itself.
    .array_to_bytes_codec(Arc::new(words))
    .subchunk_shape(with_bands(chunk_times, side, side))
    .bytes_to_bytes_codecs(vec![Arc::new(blosc), Arc::new(Crc32cCodec::new())])
    .dimension_names(Some(dimensions))
    .attributes(object(attributes))
    .build(Arc::clone(store), &format!("/{name}"))
    .map_err(|error| error.to_string())?;
    array.store_metadata().map_err(|error| error.to_string())?;
    Ok(array)
}

fn blosc(bytes: usize) -> Result<BloscCodec, String> {
    let level = BloscCompressionLevel::try_from(5u8).map_err(|_| "no such compression level".to_string())?;
    BloscCodec::new(BloscCompressor::LZ4, level, None, BloscShuffleMode::BitShuffle, Some(bytes))
        .map_err(|error| error.to_string())
}

/// How many bytes these pixels of `bytes` bytes take once they are packed.
pub(super) fn packed_size(pixels: &[u8], bytes: usize) -> Result<usize, String> {
    let packed = blosc(bytes)?
        .encode(std::borrow::Cow::Borrowed(pixels), &CodecOptions::default())
        .map_err(|error| error.to_string())?;
    Ok(packed.len())
}

/// Writes an array of one dimension.
fn write_line<T>(
    store: &Arc<NewFiles>,
    name: &str,
    dimension: &str,
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
        .dimension_names(Some([dimension]))
        .attributes(object(attributes))
        .build(Arc::clone(store), &format!("/{name}"))
        .map_err(|error| error.to_string())?;
    array.store_metadata().map_err(|error| error.to_string())?;
    array.store_chunk_opt(&[0], values, &keep_all()).map_err(|error| error.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
