//! Warping while reading: a file is seen through a north-up grid of one's choice, window by window.
//!
//! GDAL's warped VRT does the work; it is described to GDAL in its own XML, in memory.

use super::gdal_errors::words;
use super::raster::{PixelType, RasterReader};
use super::remote::{gdal_path, is_remote, opening, remote_words};
use super::{GeoError, Grid, Placement};
use crate::xml::escaped;
use std::fmt::Write as _;
use std::path::Path;

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resample {
    /// That of the nearest pixel: the only one for classes and bits.
    Nearest,
    /// From the four pixels around; pixels without observation take no part.
    Bilinear,
    /// From the sixteen pixels around; pixels without observation take no part.
    Cubic,
}

/// One band of a file, seen through another grid.
#[derive(Debug, Clone)]
pub struct WarpSpec<'a> {
    /// The file.
    pub path: &'a Path,
    /// Which band, from 0.
    pub band: usize,
    /// Where the file's pixels lie.
    pub from: &'a Placement,
    /// The grid to see it through.
    pub to: &'a Grid,
    /// GDAL's name of the file's pixel type.
    pub pixel_type: &'a str,
    /// The value that means "no observation" in the file.
    pub nodata: Option<f64>,
    /// The value given to pixels that the file does not cover.
    pub fill: f64,
    /// How values between pixels are found.
    pub resample: Resample,
}

impl RasterReader {
    /// Opens one band through another grid; the reader has that band alone, as band 0, and the grid's size. Places are
    /// exact to an eighth of a pixel (GDAL's usual bound).
    ///
    /// # Errors
    /// [`GeoError::Read`] when the file cannot be read, or cannot be brought to the grid.
    pub fn open_warped(spec: &WarpSpec) -> Result<Self, GeoError> {
        // What is wrong with the file itself is told better without the detour.
        Self::open(spec.path)?;
        let failed = |why: String| GeoError::Read { path: spec.path.to_owned(), why };
        let text = description(spec);
        let dataset = opening(spec.path, |_| gdal::Dataset::open(text)).map_err(|error| {
            let why = words(error);
            failed(if is_remote(spec.path) { remote_words(&why) } else { why })
        })?;
        Self::of(spec.path, dataset)
    }
}

/// The pixel type that holds the fill beside all values of the file: bytes have no room.
pub fn type_with_room(pixel_type: &str, fill: f64) -> &str {
    match pixel_type {
        "Byte" if !(0.0..=255.0).contains(&fill) => {
            if fill < 0.0 {
                "Int16"
            } else {
                "UInt16"
            }
        }
        "UInt16" if fill < 0.0 => "Int32",
        other => other,
    }
}

impl From<PixelType> for &'static str {
    fn from(kind: PixelType) -> Self {
        match kind {
            PixelType::Int16 => "Int16",
            PixelType::Uint16 => "UInt16",
            PixelType::Float32 => "Float32",
        }
    }
}

fn description(spec: &WarpSpec) -> String {
    let WarpSpec { to, from, .. } = spec;
    let algorithm = match spec.resample {
        Resample::Nearest => "NearestNeighbour",
        Resample::Bilinear => "Bilinear",
        Resample::Cubic => "Cubic",
    };
    let kind = type_with_room(spec.pixel_type, spec.fill);
    let row = |numbers: [f64; 6]| numbers.map(|n| format!("{n:.17e}")).join(", ");
    let inverse = |numbers: [f64; 6]| row(inverse(numbers));
    let there = to.geotransform();
    let source_nodata = spec.nodata.map_or(String::new(), |nodata| {
        let nodata = number(nodata);
        format!("<SrcNoDataReal>{nodata}</SrcNoDataReal><SrcNoDataImag>0</SrcNoDataImag>")
    });
    let reproject = if from.crs.same_as(&to.crs) {
        String::new()
    } else {
        format!(
            "<ReprojectTransformer><ReprojectionTransformer><SourceSRS>{}</SourceSRS><TargetSRS>{}</TargetSRS></ReprojectionTransformer></ReprojectTransformer>",
            escaped(from.crs.wkt()),
            escaped(to.crs.wkt())
        )
    };
    let fill = number(spec.fill);
    let (width, height) = (to.width, to.height);
    let mut xml = String::new();
    let _ = write!(
        xml,
        r#"<VRTDataset rasterXSize="{width}" rasterYSize="{height}" subClass="VRTWarpedDataset">
<SRS>{srs}</SRS><GeoTransform>{geotransform}</GeoTransform>
<VRTRasterBand dataType="{kind}" band="1" subClass="VRTWarpedRasterBand"><NoDataValue>{fill}</NoDataValue></VRTRasterBand>
<BlockXSize>{block_width}</BlockXSize><BlockYSize>{block_height}</BlockYSize>
<GDALWarpOptions><WarpMemoryLimit>33554432</WarpMemoryLimit><ResampleAlg>{algorithm}</ResampleAlg>
<WorkingDataType>{working}</WorkingDataType><Option name="INIT_DEST">NO_DATA</Option>
<SourceDataset relativeToVRT="0">{path}</SourceDataset>
<Transformer><ApproxTransformer><MaxError>0.125</MaxError><BaseTransformer><GenImgProjTransformer>
<SrcGeoTransform>{src}</SrcGeoTransform><SrcInvGeoTransform>{src_inverse}</SrcInvGeoTransform>
<DstGeoTransform>{dst}</DstGeoTransform><DstInvGeoTransform>{dst_inverse}</DstInvGeoTransform>{reproject}
</GenImgProjTransformer></BaseTransformer></ApproxTransformer></Transformer>
<BandList><BandMapping src="{band}" dst="1">{source_nodata}<DstNoDataReal>{fill}</DstNoDataReal><DstNoDataImag>0</DstNoDataImag></BandMapping></BandList>
</GDALWarpOptions></VRTDataset>"#,
        srs = escaped(to.crs.wkt()),
        geotransform = row(there),
        block_width = width.min(512),
        block_height = height.min(512),
        working = if kind == "Float64" { "Float64" } else { "Float32" },
        path = escaped(&gdal_path(spec.path).to_string_lossy()),
        src = row(from.geotransform),
        src_inverse = inverse(from.geotransform),
        dst = row(there),
        dst_inverse = inverse(there),
        band = spec.band + 1,
    );
    xml
}

fn number(value: f64) -> String {
    if value.is_nan() { "nan".into() } else { format!("{value}") }
}

/// The affine transformation the other way.
fn inverse(g: [f64; 6]) -> [f64; 6] {
    let determinant = g[1] * g[5] - g[2] * g[4];
    let (a, b, c, d) = (g[5] / determinant, -g[2] / determinant, -g[4] / determinant, g[1] / determinant);
    [-(a * g[0] + b * g[3]), a, b, -(c * g[0] + d * g[3]), c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::write_mosaic;
    use crate::geo::{Crs, Window};

    fn grid(epsg: u32, left: f64, top: f64, pixel: f64, width: u32, height: u32) -> Grid {
        let crs = Crs::from_epsg(epsg).unwrap();
        Grid { crs, left, top, pixel_width: pixel, pixel_height: pixel, width, height }
    }

    /// A plane that rises by 3 a column and 5 a row, with a gap at (2, 2).
    fn write_plane(path: &Path, grid: &Grid) {
        let words: Vec<u16> = (0..grid.height)
            .flat_map(|row| (0..grid.width).map(move |col| (col, row)))
            .map(|(col, row)| if (col, row) == (2, 2) { 0 } else { (1000 + 3 * col + 5 * row) as u16 })
            .collect();
        write_mosaic(path, grid, &["red"], PixelType::Uint16, 0.0, &words, &[]).unwrap();
    }

    fn warp(path: &Path, from: &Placement, to: &Grid, resample: Resample) -> Vec<f32> {
        let spec = WarpSpec {
            path,
            band: 0,
            from,
            to,
            pixel_type: "UInt16",
            nodata: Some(0.0),
            fill: -9999.0,
            resample,
        };
        let reader = RasterReader::open_warped(&spec).unwrap();
        assert_eq!(reader.window(), to.window());
        reader.read_i32(0, to.window()).unwrap().into_iter().map(|value| value as f32).collect()
    }

    #[test]
    fn a_grid_shifted_by_whole_pixels_takes_the_values_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ñ & <odd> name.tif");
        let from = grid(32614, 500_000.0, 2_000_000.0, 10.0, 20, 20);
        write_plane(&path, &from);
        let to = grid(32614, 500_000.0 + 30.0, 2_000_000.0 - 10.0, 10.0, 20, 20);
        for resample in [Resample::Nearest, Resample::Bilinear, Resample::Cubic] {
            let seen = warp(&path, &(&from).into(), &to, resample);
            for (i, value) in seen.iter().enumerate() {
                let (col, row) = (i as u32 % 20 + 3, i as u32 / 20 + 1);
                let expected = if col < 20 && row < 20 { (1000 + 3 * col + 5 * row) as f32 } else { -9999.0 };
                assert_eq!(*value, expected, "{col} {row} {resample:?}");
            }
        }
    }

    #[test]
    fn half_the_resolution_onto_the_full_one_is_a_smooth_plane() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("20m.tif");
        let from = grid(32614, 500_000.0, 2_000_000.0, 20.0, 20, 20);
        write_plane(&path, &from);
        let to = grid(32614, 500_000.0, 2_000_000.0, 10.0, 40, 40);
        let seen = warp(&path, &(&from).into(), &to, Resample::Bilinear);
        let at = |col: usize, row: usize| seen[row * 40 + col];
        // A quarter of a coarse pixel from its centre.
        assert_eq!(at(20, 20), (1000.0f32 + 3.0 * 9.75 + 5.0 * 9.75).round());
        assert_eq!(at(21, 20), (1000.0f32 + 3.0 * 10.25 + 5.0 * 9.75).round());
        // The gap is a gap, and no neighbour is darkened by it.
        assert!(seen.iter().all(|value| *value == -9999.0 || *value >= 1000.0), "{seen:?}");
        assert!(at(4, 4) == -9999.0 || at(4, 4) >= 1000.0);
        let nearest = warp(&path, &(&from).into(), &to, Resample::Nearest);
        assert_eq!(nearest[4 * 40 + 4], -9999.0);
        assert_eq!(nearest[20 * 40 + 21], 1000.0 + 30.0 + 50.0);
    }

    #[test]
    fn another_coordinate_system_finds_the_same_places() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("utm.tif");
        let from = grid(32614, 500_000.0, 2_000_000.0, 10.0, 200, 200);
        write_plane(&path, &from);
        let to = grid(6362, 2_750_000.0, 0.0, 10.0, 1, 1);
        let mut middle = [from.lonlat_from_pixel(100.5, 100.5).unwrap()];
        to.crs.xy_from_lonlat(&mut middle).unwrap();
        let to = Grid { left: middle[0][0] - 5.0, top: middle[0][1] + 5.0, ..to };
        let seen = warp(&path, &(&from).into(), &to, Resample::Nearest);
        assert_eq!(seen, [1000.0 + 300.0 + 500.0]);
    }

    #[test]
    fn images_that_run_south_or_are_rotated_come_out_north_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plane.tif");
        let from = grid(32614, 500_000.0, 2_000_000.0, 10.0, 20, 20);
        write_plane(&path, &from);
        // The same pixels, said to run from the south: the last row is the northernmost.
        let south_up = Placement {
            geotransform: [500_000.0, 10.0, 0.0, 1_999_800.0, 0.0, 10.0],
            ..Placement::from(&from)
        };
        let seen = warp(&path, &south_up, &from, Resample::Nearest);
        assert_eq!(seen[0], 1000.0 + 5.0 * 19.0);
        assert_eq!(seen[19 * 20 + 7], 1000.0 + 21.0);
        // A quarter turn: columns run south, rows run east.
        let turned = Placement {
            geotransform: [500_000.0, 0.0, 10.0, 2_000_000.0, -10.0, 0.0],
            ..Placement::from(&from)
        };
        let seen = warp(&path, &turned, &from, Resample::Nearest);
        assert_eq!(seen[5 * 20 + 7], 1000.0 + 3.0 * 5.0 + 5.0 * 7.0);
    }

    #[test]
    fn a_window_is_the_same_as_that_part_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plane.tif");
        let from = grid(32614, 500_000.0, 2_000_000.0, 10.0, 300, 300);
        write_plane(&path, &from);
        let to = grid(32614, 500_003.0, 1_999_997.0, 7.0, 700, 600);
        let placement = Placement::from(&from);
        let spec = WarpSpec {
            path: &path,
            band: 0,
            from: &placement,
            to: &to,
            pixel_type: "UInt16",
            nodata: Some(0.0),
            fill: 0.0,
            resample: Resample::Cubic,
        };
        let whole = RasterReader::open_warped(&spec).unwrap().read_f32(0, to.window()).unwrap();
        let window = Window { col: 500, row: 130, width: 40, height: 30 };
        let part = RasterReader::open_warped(&spec).unwrap().read_f32(0, window).unwrap();
        for (i, value) in part.iter().enumerate() {
            let (col, row) = (500 + i % 40, 130 + i / 40);
            assert_eq!(*value, whole[row * 700 + col]);
        }
    }
}
