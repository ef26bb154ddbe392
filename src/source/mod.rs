//! Where imagery comes from: files are recognised (dates, bands, masks, sensors), not yet read.

mod bands;
pub mod folder;
mod part;

pub use bands::{BandKnowledge, Scale};
pub use folder::SourceError;

use crate::geo::Placement;
use crate::progress::{Cancel, Report};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One observation of a place by a sensor: the layers that were taken together, in one file or one file a band.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquisition {
    /// What tells it from others, for people: the name of its file, or what the names of its files share.
    pub key: String,
    /// Its date.
    pub date: NaiveDate,
    /// The time of day (UTC), where it is known.
    pub time: Option<NaiveTime>,
    /// The tile or path and row it belongs to ("14QMJ", "013032", "h12v10"), where it is known.
    pub tile: Option<String>,
    /// The sensor, by its key in the catalogue ("sentinel-2-l2a"), where it is known.
    pub sensor: Option<String>,
    /// The processing baseline of Sentinel-2 as its metadata has it, major and minor ("04.00" is `(4, 0)`).
    pub baseline: Option<(u32, u32)>,
    /// Its bands and masks.
    pub layers: Vec<Layer>,
}

/// One band of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The file, as GDAL opens it.
    pub path: PathBuf,
    /// Which of its bands, from 0.
    pub index: usize,
    /// The band's name in the cube: "B04", "NDVI", "SCL".
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What the catalogue knows of it; `scale` is that of the file where the file states one.
    pub knowledge: BandKnowledge,
    /// GDAL's name of its pixel type: "Int16", "Float32" …
    pub pixel_type: String,
    /// The value that means "no observation".
    pub nodata: Option<f64>,
    /// Scale and offset as the file itself states them: physical = stored x scale + offset.
    pub scaling: Option<(f64, f64)>,
    /// Where its pixels lie: an index into [`Recognised::placements`].
    pub placement: usize,
}

/// What a layer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A band of the cube.
    Band,
    /// Tells clear from cloudy pixels, in this way.
    Mask(MaskKind),
}

/// How the values of a mask layer tell clear from cloudy pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskKind {
    /// Scene classes of Sentinel-2 L2A, 0 to 11.
    Scl,
    /// Classes of Fmask: 0 clear, 1 water, 2 shadow, 3 snow, 4 cloud, 255 fill.
    Fmask,
    /// Bits of Fmask in HLS v2: 0 cirrus, 1 cloud, 2 beside cloud, 3 shadow, 4 snow, 5 water.
    HlsFmask,
    /// Bits of Landsat Collection 2 `QA_PIXEL`.
    QaPixel,
    /// Bits of Landsat Collection 1 `BQA`.
    Bqa,
    /// CBERS-4 `CMASK`: 127 clear, 255 cloud, 0 fill.
    Cmask,
    /// Pixel reliability of MOD13: 0 good, 1 marginal, 2 snow, 3 cloudy.
    Reliability,
    /// Usable data mask of PlanetScope, first band: 1 clear.
    Udm2,
}

/// What was recognised in the inputs.
#[derive(Debug, Clone, Default)]
pub struct Recognised {
    /// Acquisitions in order of date.
    pub acquisitions: Vec<Acquisition>,
    /// The different places of pixels that the layers have, the most frequent first.
    pub placements: Vec<Placement>,
    /// Files left aside, with why (a name without a date, a label raster of one band …).
    pub skipped: Vec<(PathBuf, String)>,
    /// Files that cannot be read, with why. A cube is built without them only where that is asked for.
    pub damaged: Vec<(PathBuf, String)>,
    /// Words about the origin found in the files' metadata (`RITMO_ORIGIN`), the same in all.
    pub origin: Option<String>,
}

/// What to recognise, and what people corrected.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InputSpec {
    /// Folders, files, globs (`*`, `?`, `**`), and lists (`.txt`, one path a line).
    pub inputs: Vec<PathBuf>,
    /// How names are read where they are not of a known kind: `{date}`, `{band}`, `{tile}`, `*`.
    pub pattern: Option<String>,
    /// A CSV table with the columns `file` and `date`, for files whose names have none.
    pub dates: Option<PathBuf>,
    /// Names of bands in the files, and what they are called in the cube.
    pub rename: Vec<(String, String)>,
    /// The sensor, by its key in the catalogue, where it is not recognised.
    pub sensor: Option<String>,
    /// Corrections of single files.
    pub corrections: Vec<Correction>,
}

/// A correction of one file, as made in the table of the Add imagery page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The file.
    pub path: PathBuf,
    /// Its date, where the one recognised is wrong.
    pub date: Option<NaiveDate>,
    /// Whether it is left out.
    pub leave_out: bool,
}

/// Recognises what the inputs hold.
///
/// # Errors
/// When there is nothing to recognise, or asked to stop.
pub fn recognise(spec: &InputSpec, report: Report, cancel: &Cancel) -> Result<Recognised, SourceError> {
    folder::recognise(&spec.inputs, report, cancel)
}
