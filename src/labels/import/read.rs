//! Reading files of labels: GeoJSON, whatever else GDAL knows of vector files, and label rasters, all into the same table.

use super::column::Column;
use super::geojson_stream::{self, RawFeature};
use super::place::{Placed, place};
use super::regions::regions;
use super::settings::{ImportSettings, Reading};
use crate::geo::raster::RasterReader;
use crate::geo::remote::{is_remote, keep_query};
use crate::geo::vector::VectorReader;
use crate::geo::{Crs, Window};
use crate::labels::LabelError;
use crate::labels::geojson::{crs_of, unreadable};
use crate::progress::{Cancel, Progress, Report};
use geo::{Coord, CoordsIter, Geometry, LineString, Polygon};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// A raster with more pixels is refused: its regions would not fit into memory.
const MOST_PIXELS: u64 = 150_000_000;
/// A raster with more regions is no label raster, or wants its small ones left aside.
const MOST_REGIONS: usize = 500_000;
/// Rows of a raster read at a time.
const STRIP: u32 = 256;
/// The field of a raster's regions that holds their value.
pub const VALUE: &str = "value";

/// What files of labels hold, before classes are given to it.
#[derive(Debug, Clone)]
pub struct ReadLabels {
    /// The files.
    pub files: Vec<ReadFile>,
    /// How they were read.
    pub reading: Reading,
}

/// What a file holds.
#[derive(Debug, Clone)]
pub struct ReadFile {
    /// The file.
    pub path: PathBuf,
    /// For people: "GeoJSON", "GPKG", "label raster" …
    pub format: String,
    /// Its layers with their numbers of features, where it has any.
    pub layers: Vec<(String, Option<u64>)>,
    /// The layer that was read.
    pub layer: Option<String>,
    /// Its coordinate system, for people.
    pub crs: String,
    /// Its fields.
    pub columns: Vec<Column>,
    /// Its features, or regions.
    pub rows: Vec<Row>,
    /// Regions of a raster that are smaller than asked for.
    pub small_regions: usize,
    /// Whether it is a raster.
    pub is_raster: bool,
    /// Why x and y seem to be the wrong way round, where they do.
    pub seems_swapped: Option<String>,
    /// Whether its places are no degrees, and nothing says what they are.
    pub lacks_crs: bool,
    /// Size and time of the file when it was read.
    stamp: Option<(u64, SystemTime)>,
}

/// A feature, or a region of a raster.
#[derive(Debug, Clone)]
pub struct Row {
    /// What becomes of it, or why nothing does.
    pub placed: Result<Box<Placed>, String>,
}

impl ReadFile {
    /// The field of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The field that holds the class: the one asked for, or the likely one.
    ///
    /// # Errors
    /// When it is not there, or none is likely; lists the fields there are.
    pub fn class_column(&self, asked: Option<&str>) -> Result<&Column, LabelError> {
        if self.is_raster {
            return self.column(VALUE).ok_or_else(|| unreadable(&self.path, "it holds no region"));
        }
        let found = match asked {
            Some(name) => self.column(name),
            None => self.likely_class_column(),
        };
        found.ok_or_else(|| {
            let names: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
            let there = match names.as_slice() {
                [] => "Its features have no properties at all".into(),
                names => format!("Give the one that holds the class: {}", names.join(", ")),
            };
            let why = match asked {
                Some(name) => format!("no feature has the property “{name}”"),
                None => "no property of its features looks like a class".into(),
            };
            unreadable(&self.path, format!("{why}. {there}"))
        })
    }

    fn likely_class_column(&self) -> Option<&Column> {
        const USUAL: [&str; 22] = [
            "class",
            "class_name",
            "classname",
            "clase",
            "label",
            "labels",
            "etiqueta",
            "lulc",
            "lulc_name",
            "lc",
            "landcover",
            "land_cover",
            "lc_name",
            "cover",
            "cobertura",
            "category",
            "crop",
            "crop_type",
            "type",
            "tipo",
            "descripcio",
            "name",
        ];
        let named = |usual: &&str| {
            let is_it = |column: &&Column| column.name.trim().to_lowercase() == **usual;
            self.columns.iter().find(is_it).filter(|column| !column.overflowed)
        };
        USUAL.iter().find_map(named).or_else(|| {
            let could = self.columns.iter().filter(|column| column.could_be_classes());
            let text = |column: &&Column| column.values().all(|(value, _)| value.is_string());
            could.filter(text).min_by_key(|column| column.different())
        })
    }
}

impl ReadLabels {
    /// Whether these are the same files, read in the way and with the fields that are asked for now, and unchanged on the disk.
    pub fn answers(&self, files: &[PathBuf], settings: &ImportSettings) -> bool {
        let mut wanted: Vec<&str> = settings.fields.names().collect();
        wanted.extend(settings.class_field.as_deref());
        let is_whole = |file: &ReadFile| {
            let has_all = wanted.iter().filter_map(|name| file.column(name)).all(|c| !c.overflowed);
            has_all && (file.stamp.is_some() || is_remote(&file.path)) && file.stamp == stamp(&file.path)
        };
        self.reading == settings.reading
            && self.files.iter().map(|file| &file.path).eq(files)
            && self.files.iter().all(is_whole)
    }

    /// How many features, or regions, there are.
    pub fn features(&self) -> usize {
        self.files.iter().map(|file| file.rows.len()).sum()
    }
}

fn stamp(path: &Path) -> Option<(u64, SystemTime)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.len(), file.modified().ok()?))
}

/// Reads files of labels, with progress in bytes or features.
///
/// # Errors
/// [`LabelError::Read`] with the file and the way out; also when a stop was asked for.
pub fn read(
    files: &[PathBuf],
    settings: &ImportSettings,
    report: Report,
    cancel: &Cancel,
) -> Result<ReadLabels, LabelError> {
    let mut wanted: BTreeSet<&str> = settings.fields.names().collect();
    wanted.extend(settings.class_field.as_deref());
    let reader = Reader { reading: &settings.reading, wanted, report, cancel };
    let files = files.iter().map(|path| reader.file(path)).collect::<Result<_, _>>()?;
    Ok(ReadLabels { files, reading: settings.reading.clone() })
}

struct Reader<'a> {
    reading: &'a Reading,
    wanted: BTreeSet<&'a str>,
    report: Report<'a>,
    cancel: &'a Cancel,
}

/// What a file was found to be by its first bytes.
enum Kind {
    GeoJson,
    Raster,
    Vector,
}

/// A file before its places are taken to longitude and latitude.
struct Raw {
    file: ReadFile,
    crs: Option<Crs>,
    /// Whether the file says which system its places are in.
    has_crs: bool,
    shapes: Vec<Result<Option<Geometry<f64>>, String>>,
}

impl Reader<'_> {
    fn file(&self, path: &Path) -> Result<ReadFile, LabelError> {
        // What an address has behind its `?` is kept elsewhere: it may be a secret.
        let path = &keep_query(path);
        let kind = kind_of(path).map_err(|why| unreadable(path, why))?;
        let given = match &self.reading.crs {
            Some(text) => Some(Crs::from_text(text)?),
            None => None,
        };
        let raw = match kind {
            Kind::GeoJson => self.geojson(path, given)?,
            Kind::Vector => self.vector(path, given)?,
            Kind::Raster => self.raster(path)?,
        };
        self.placed(raw)
    }

    fn new_file(&self, path: &Path, format: &str) -> ReadFile {
        ReadFile {
            path: path.to_owned(),
            format: format.into(),
            layers: Vec::new(),
            layer: None,
            crs: String::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            small_regions: 0,
            is_raster: false,
            seems_swapped: None,
            lacks_crs: false,
            stamp: stamp(path),
        }
    }

    fn geojson(&self, path: &Path, given: Option<Crs>) -> Result<Raw, LabelError> {
        let mut file = self.new_file(path, "GeoJSON");
        let source =
            File::open(path).map_err(|e| unreadable(path, format!("{e}. Check the path and its rights")))?;
        let total = source.metadata().map_or(0, |m| m.len());
        let what = format!("Reading {}", name_of(path));
        let mut shapes = Vec::new();
        let mut columns: Vec<Column> = Vec::new();
        let mut take = |feature: RawFeature| {
            let row = shapes.len();
            for (at, (name, value)) in feature.properties.into_iter().enumerate() {
                // Features mostly have the same properties in the same order.
                let at = match columns.get(at) {
                    Some(column) if column.name == name => at,
                    _ => columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
                        columns.push(Column::new(&name, self.wanted.contains(name.as_str())));
                        columns.len() - 1
                    }),
                };
                columns[at].push(row, value);
            }
            shapes.push(feature.geometry);
        };
        let mut told = 0;
        let mut tell = |bytes: u64| {
            if bytes - told >= 1 << 20 {
                told = bytes;
                (self.report)(Progress::new(bytes, total, what.as_str()));
            }
        };
        let member = geojson_stream::read(source, self.cancel, &mut tell, &mut take)
            .map_err(|why| unreadable(path, why))?;
        let own = match given {
            Some(_) => None,
            None => crs_of(member.as_ref())
                .map_err(|why| unreadable(path, format!("{why}, or give one (--crs)")))?,
        };
        file.columns = columns;
        // By its standard it is in longitude and latitude where it says nothing.
        let has_crs = given.is_some() || own.is_some();
        Ok(Raw { file, crs: given.or(own), has_crs, shapes })
    }

    fn vector(&self, path: &Path, given: Option<Crs>) -> Result<Raw, LabelError> {
        let reader = VectorReader::open(path, self.reading.encoding.as_deref())?;
        let mut file = self.new_file(path, &reader.format);
        file.layers = reader.layers.iter().map(|layer| (layer.name.clone(), layer.features)).collect();
        let listed = || file.layers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let at = match &self.reading.layer {
            Some(name) => file.layers.iter().position(|(layer, _)| layer == name).ok_or_else(|| {
                unreadable(path, format!("it has no layer “{name}”, only {} (--layer)", listed()))
            })?,
            None if file.layers.len() == 1 || self.reading.first_layer => 0,
            None => {
                return Err(unreadable(
                    path,
                    format!("it has several layers: say which (--layer): {}", listed()),
                ));
            }
        };
        let layer = &reader.layers[at];
        file.layer = Some(layer.name.clone());
        file.columns =
            layer.fields.iter().map(|name| Column::new(name, self.wanted.contains(name.as_str()))).collect();
        let what = format!("Reading {}", name_of(path));
        let total = layer.features.unwrap_or(0);
        let mut shapes = Vec::new();
        let mut undecoded = false;
        reader.features(at, |feature| {
            let row = shapes.len();
            for (column, value) in file.columns.iter_mut().zip(feature.values) {
                undecoded |= value.as_str().is_some_and(|text| text.contains('\u{fffd}'));
                column.push(row, value);
            }
            shapes.push(
                feature
                    .geometry
                    .map_err(|kind| format!("it is a {kind}; only polygons and points can be labels")),
            );
            if row.is_multiple_of(4096) {
                (self.report)(Progress::new(row as u64, total, what.as_str()));
            }
            !self.cancel.is_cancelled()
        })?;
        self.check(path)?;
        if undecoded {
            let way_out = "Say which (--encoding), for example ISO-8859-1, CP1252 or UTF-8";
            return Err(unreadable(
                path,
                format!("its text is not in the encoding it says, or it says none. {way_out}"),
            ));
        }
        let crs = given.or_else(|| layer.crs.clone());
        if crs.is_none() {
            let why = "it does not say its coordinate system (a Shapefile has it in a .prj). Give one, for example EPSG:4326 (--crs)";
            return Err(unreadable(path, why));
        }
        Ok(Raw { file, crs, has_crs: true, shapes })
    }

    fn raster(&self, path: &Path) -> Result<Raw, LabelError> {
        let mut file = self.new_file(path, "label raster");
        file.is_raster = true;
        let reader = RasterReader::open(path)?;
        let placement = reader.info().placement.clone();
        let (width, height) = (placement.width, placement.height);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > MOST_PIXELS {
            return Err(unreadable(
                path,
                format!(
                    "{width} x {height} pixels are more than can be labelled at once. Cut it to the sites first"
                ),
            ));
        }
        let band = reader.info().bands.first().cloned();
        let mut values = Vec::with_capacity(pixels as usize);
        let what = format!("Reading {}", name_of(path));
        for row in (0..height).step_by(STRIP as usize) {
            self.check(path)?;
            (self.report)(Progress::new(u64::from(row), u64::from(height), what.as_str()));
            let window = Window { col: 0, row, width, height: STRIP.min(height - row) };
            let strip = reader.read_i32(0, window).map_err(|error| match &band {
                Some(band) if band.pixel_type.starts_with("Float") => unreadable(path, format!(
                    "its pixels are {}: it is no label raster. Give one whose pixels are whole numbers, one a class",
                    band.pixel_type
                )),
                _ => LabelError::Geo(error),
            })?;
            values.extend(strip);
        }
        let nodata = band.and_then(|band| band.nodata);
        let zero = self.reading.zero_is_class;
        let is_label = |value: i32| (value != 0 || zero) && nodata != Some(f64::from(value));
        let (found, small) = regions(&values, width as usize, is_label, self.reading.min_pixels);
        drop(values);
        if found.len() > MOST_REGIONS {
            return Err(unreadable(
                path,
                format!(
                    "it has {} regions. Leave small ones aside (--min-pixels), or smooth it first",
                    found.len()
                ),
            ));
        }
        file.small_regions = small;
        let [left, across, skew_x, top, skew_y, down] = placement.geotransform;
        let in_xy = |ring: &LineString<f64>| -> LineString<f64> {
            let one = |c: &Coord<f64>| Coord {
                x: left + c.x * across + c.y * skew_x,
                y: top + c.x * skew_y + c.y * down,
            };
            ring.0.iter().map(one).collect()
        };
        let mut column = Column::new(VALUE, true);
        let mut shapes = Vec::with_capacity(found.len());
        for (row, region) in found.into_iter().enumerate() {
            column.push(row, region.value.into());
            let holes = region.polygon.interiors().iter().map(in_xy).collect();
            shapes.push(Ok(Some(Polygon::new(in_xy(region.polygon.exterior()), holes).into())));
        }
        file.columns = vec![column];
        Ok(Raw { file, crs: Some(placement.crs), has_crs: true, shapes })
    }

    /// Takes what was read to longitude and latitude, in parallel.
    fn placed(&self, raw: Raw) -> Result<ReadFile, LabelError> {
        let Raw { mut file, crs, has_crs, shapes } = raw;
        let is_degrees = crs.as_ref().is_none_or(Crs::is_geographic);
        if is_degrees && !file.is_raster {
            let odd = Odd::of(&shapes, self.reading.swap_xy);
            file.lacks_crs = !has_crs && odd.metres > 0;
            file.seems_swapped = odd.seems_swapped();
        }
        file.crs = match &crs {
            None => "longitude and latitude".into(),
            Some(crs) => crs.label(),
        };
        let swap = self.reading.swap_xy && !file.is_raster;
        let total = shapes.len() as u64;
        let what = format!("Repairing what {} holds", name_of(&file.path));
        let done = AtomicU64::new(0);
        let one = |shape: Result<Option<Geometry<f64>>, String>| {
            let done = done.fetch_add(1, Ordering::Relaxed);
            if done.is_multiple_of(1024) {
                (self.report)(Progress::new(done, total, what.as_str()));
            }
            let placed = match shape {
                _ if self.cancel.is_cancelled() => Err(String::new()),
                Ok(Some(geometry)) => place(geometry, crs.as_ref(), swap).map(Box::new),
                Ok(None) => Err("it has no geometry".into()),
                Err(why) => Err(why),
            };
            Row { placed }
        };
        file.rows = shapes.into_par_iter().map(one).collect();
        self.check(&file.path)?;
        file.columns.iter_mut().for_each(Column::finish);
        Ok(file)
    }

    fn check(&self, path: &Path) -> Result<(), LabelError> {
        self.cancel.check().map_err(|stopped| unreadable(path, stopped.to_string()))
    }
}

/// Places that are no longitude and latitude.
#[derive(Default)]
struct Odd {
    places: usize,
    /// Good only with x and y turned about.
    swapped: usize,
    /// Good in neither way.
    metres: usize,
    example: Option<Coord<f64>>,
}

impl Odd {
    fn of(shapes: &[Result<Option<Geometry<f64>>, String>], swapped: bool) -> Self {
        let mut odd = Self::default();
        for geometry in shapes.iter().flatten().flatten() {
            for mut place in geometry.coords_iter() {
                if swapped {
                    std::mem::swap(&mut place.x, &mut place.y);
                }
                let good = |lon: f64, lat: f64| lon.abs() <= 180.0 && lat.abs() <= 90.0;
                odd.places += 1;
                match (good(place.x, place.y), good(place.y, place.x)) {
                    (true, _) => {}
                    (false, true) => {
                        odd.swapped += 1;
                        odd.example.get_or_insert(place);
                    }
                    (false, false) => odd.metres += 1,
                }
            }
        }
        odd
    }

    /// Latitudes beyond the poles, all of which are good when they are taken as longitudes.
    fn seems_swapped(&self) -> Option<String> {
        let example = self.example.filter(|_| self.metres == 0)?;
        let (bad, all) = (self.swapped, self.places);
        Some(format!(
            "{bad} of {all} places have a latitude beyond the poles, such as ({}, {}): longitude and latitude seem to be the wrong way round",
            example.x, example.y
        ))
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What a file is, by its first bytes; by its name where those tell nothing, and where it lies in a store: there GDAL alone
/// reads, also GeoJSON.
fn kind_of(path: &Path) -> Result<Kind, String> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    const RASTERS: [&str; 5] = ["tif", "tiff", "vrt", "img", "jp2"];
    if is_remote(path) {
        return Ok(if RASTERS.contains(&extension.as_str()) { Kind::Raster } else { Kind::Vector });
    }
    let mut start = [0; 512];
    let mut count = 0;
    if !path.is_dir() {
        let mut file = File::open(path).map_err(|e| format!("{e}. Check the path and its rights"))?;
        while count < start.len() {
            match file.read(&mut start[count..]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(e) => return Err(format!("{e}. Check the path and its rights")),
            }
        }
    }
    let start = &start[..count];
    let tiff: [&[u8]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];
    if tiff.iter().any(|magic| start.starts_with(magic)) {
        return Ok(Kind::Raster);
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match (first, extension.as_str()) {
        (Some(b'{' | b'['), _) => Kind::GeoJson,
        (_, "geojson" | "json") => Kind::GeoJson,
        (_, extension) if RASTERS.contains(&extension) => Kind::Raster,
        _ => Kind::Vector,
    })
}
