//! Where the condition of a rule holds, window by window.

use super::{At, CleanError, Condition, CubeTest, Place, RasterTest, Test};
use crate::classify::inside::{collect, within};
use crate::cube::{CHUNK, Cube, CubeError, Feature, NamedIndex};
use crate::geo::raster::RasterReader;
use crate::geo::vector::VectorReader;
use crate::geo::{GeoError, Grid, Resample, WarpSpec, Window};
use crate::labels::{Annotations, Legend};
use geo::{LineString, Polygon};
use std::path::{Path, PathBuf};

/// What conditions may ask of.
pub struct Surroundings {
    /// The project's folder, for relative paths.
    pub folder: PathBuf,
    /// The site's cube.
    pub cube: Cube,
    /// Indices of the project's own.
    pub indices: Vec<NamedIndex>,
    /// The annotations.
    pub annotations: Annotations,
    /// The legend that names their classes.
    pub legend: Legend,
}

/// A condition that is ready to be asked. One thread at a time.
pub(super) enum Ground {
    /// Inside polygons, in pixels of the map, or outside of them all.
    Area { polygons: Vec<Polygon<f64>>, inside: bool },
    /// Of a cube.
    Cube { cube: Box<Cube>, feature: Feature, times: Vec<usize>, at: At, is: Test, value: f64 },
    /// Of a raster, seen through the map's grid.
    Raster { reader: RasterReader, scaling: (f64, f64), is: Test, value: f64 },
}

impl Ground {
    /// Makes a condition ready for a map on this grid.
    ///
    /// # Errors
    /// When a file cannot be read, or the cube does not have what is asked.
    pub fn new(condition: &Condition, grid: &Grid, around: &Surroundings) -> Result<Self, CleanError> {
        match condition {
            Condition::Inside(place) => {
                Ok(Self::Area { polygons: polygons(place, grid, around)?, inside: true })
            }
            Condition::Outside(place) => {
                Ok(Self::Area { polygons: polygons(place, grid, around)?, inside: false })
            }
            Condition::Cube(test) => of_cube(test, grid, around),
            Condition::Raster(test) => of_raster(test, grid, &around.folder),
        }
    }

    /// Whether it holds at each pixel of a window; `None` where that cannot be told.
    pub fn holds(&self, window: Window) -> Result<Vec<Option<bool>>, CleanError> {
        match self {
            Self::Area { polygons, inside } => {
                let within = within(polygons, window);
                Ok(within.into_iter().map(|within| Some(within == *inside)).collect())
            }
            Self::Cube { cube, feature, times, at, is, value } => {
                let values = values_of(cube, feature, times, *at, window)?;
                Ok(values.into_iter().map(|v| is.passes(v, *value)).collect())
            }
            Self::Raster { reader, scaling: (scale, offset), is, value } => {
                let values = reader.read_f32(0, window)?;
                let physical = |v: f32| (f64::from(v) * scale + offset) as f32;
                Ok(values.into_iter().map(|v| is.passes(physical(v), *value)).collect())
            }
        }
    }
}

/// The polygons of a place in pixels of the map.
fn polygons(place: &Place, grid: &Grid, around: &Surroundings) -> Result<Vec<Polygon<f64>>, CleanError> {
    let mut found = Vec::new();
    match place {
        Place::Polygon(rings) => {
            let mut rings = rings.iter().map(|ring| ring.iter().map(|c| (c[0], c[1])).collect());
            let shell = rings.next().unwrap_or_else(|| LineString(Vec::new()));
            collect(Polygon::new(shell, rings.collect()).into(), None, grid, &mut found)?;
        }
        Place::Annotations(class) => {
            let Some(class) = around.legend.by_name(class) else {
                return Err(CleanError::Recipe(format!("the legend has no class {class}")));
            };
            for annotation in around.annotations.iter().filter(|a| a.class == class.code) {
                collect(annotation.geometry.clone(), None, grid, &mut found)?;
            }
        }
        Place::File(file) => {
            let path = around.folder.join(file);
            let reader = VectorReader::open(&path, None)?;
            for (layer, of) in reader.layers.iter().enumerate() {
                let Some(crs) = of.crs.clone() else {
                    let why = "it does not say its coordinate system: give it one, with QGIS for example";
                    return Err(GeoError::Vector { path, why: why.into() }.into());
                };
                let mut failed = None;
                reader.features(layer, |feature| {
                    let taken = match feature.geometry {
                        Ok(Some(geometry)) => {
                            collect(geometry, Some(&crs), grid, &mut found).map_err(CleanError::from)
                        }
                        Ok(None) => Ok(()),
                        Err(why) => Err(GeoError::Vector { path: path.clone(), why }.into()),
                    };
                    failed = taken.err();
                    failed.is_none()
                })?;
                if let Some(failed) = failed {
                    return Err(failed);
                }
            }
            if found.is_empty() {
                return Err(GeoError::Vector { path, why: "there is no polygon in it".into() }.into());
            }
        }
    }
    Ok(found)
}

fn of_cube(test: &CubeTest, grid: &Grid, around: &Surroundings) -> Result<Ground, CleanError> {
    let info = around.cube.info();
    if !info.grid.lines_up_with(grid) {
        return Err(CleanError::Map("the map lies elsewhere than the cube of its site: map it again".into()));
    }
    let feature = Feature::resolve(&test.expression, &info.bands, &around.indices)?;
    let times = match test.at {
        At::Date(date) => match info.dates.iter().position(|of| *of == date) {
            Some(time) => vec![time],
            None => {
                let dates: Vec<String> = info.dates.iter().take(24).map(ToString::to_string).collect();
                let why = format!("the cube has no date {date}, only {}", dates.join(", "));
                return Err(CleanError::Recipe(why));
            }
        },
        At::Mean | At::Min | At::Max => (0..info.dates.len()).collect(),
    };
    let CubeTest { at, is, value, .. } = *test;
    Ok(Ground::Cube { cube: Box::new(around.cube.clone()), feature, times, at, is, value })
}

/// The values of a window that a test of a cube asks for; NaN where nothing was observed, or the chunk is damaged.
fn values_of(
    cube: &Cube,
    feature: &Feature,
    times: &[usize],
    at: At,
    window: Window,
) -> Result<Vec<f32>, CleanError> {
    let mut out = vec![f32::NAN; window.pixels()];
    let bands = cube.info().bands.len();
    let last = |start: u32, size: u32| (start + size).div_ceil(CHUNK);
    for down in window.row / CHUNK..last(window.row, window.height) {
        for across in window.col / CHUNK..last(window.col, window.width) {
            let chunk = match cube.decode((across, down)) {
                Err(CubeError::Damaged { .. }) => continue,
                other => other?,
            };
            let pixels = chunk.window.pixels();
            let (mut sums, mut counts) = (vec![f32::NAN; pixels], vec![0_u16; pixels]);
            let mut values = vec![0.0; pixels];
            let mut planes = vec![Vec::new(); feature.bands().len()];
            for time in times {
                for (plane, band) in planes.iter_mut().zip(feature.bands()) {
                    chunk.plane(time * bands + band, plane);
                }
                let slices: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
                feature.evaluate(&slices, &mut values);
                for ((sum, count), value) in sums.iter_mut().zip(&mut counts).zip(&values) {
                    if value.is_nan() {
                        continue;
                    }
                    *count += 1;
                    // The lowest and the highest pass over NaN by themselves.
                    *sum = match at {
                        At::Min => sum.min(*value),
                        At::Max => sum.max(*value),
                        At::Mean | At::Date(_) if sum.is_nan() => *value,
                        At::Mean | At::Date(_) => *sum + value,
                    };
                }
            }
            if at == At::Mean {
                sums.iter_mut().zip(&counts).for_each(|(sum, count)| *sum /= f32::from(*count));
            }
            let both = chunk.window.cut_to(window);
            for row in both.row..both.row + both.height {
                let place =
                    |of: Window| (row - of.row) as usize * of.width as usize + (both.col - of.col) as usize;
                let (from, to) = (place(chunk.window), place(window));
                let width = both.width as usize;
                out[to..to + width].copy_from_slice(&sums[from..from + width]);
            }
        }
    }
    Ok(out)
}

fn of_raster(test: &RasterTest, grid: &Grid, folder: &Path) -> Result<Ground, CleanError> {
    let path = folder.join(&test.file);
    let info = crate::geo::raster::info(&path)?;
    let Some(band) = info.bands.get(test.band - 1) else {
        let why = format!("it has no band {}, only {}", test.band, info.bands.len());
        return Err(GeoError::Read { path, why }.into());
    };
    let reader = RasterReader::open_warped(&WarpSpec {
        path: &path,
        band: test.band - 1,
        from: &info.placement,
        to: grid,
        pixel_type: "Float32",
        nodata: band.nodata,
        fill: f64::NAN,
        resample: Resample::Bilinear,
    })?;
    let scaling = band.scaling.unwrap_or((1.0, 0.0));
    Ok(Ground::Raster { reader, scaling, is: test.is, value: test.value })
}
