//! Where imagery comes from: files are recognised (dates, bands, masks, sensors), not yet read.
//!
//! [`recognise`] takes what people give (folders, files, globs, lists) to [`Acquisition`]s: it lists the files, reads their
//! names, opens each once for its header and metadata, puts together what was taken together, and looks up what the
//! catalogue of [`sensors`](SENSORS) knows. [`dark_pixels`] reads a sample, to advise about Sentinel-2's offset.

mod bands;
mod basemap;
mod chips;
mod dark;
mod dates;
mod error;
pub mod fetch;
mod files;
mod group;
mod look;
mod metadata;
mod names;
mod part;
mod pattern;
mod places;
mod recognise;
mod sensors;
pub mod stac;
mod table;
mod words;

pub use bands::{BandKnowledge, Scale};
pub use basemap::{
    Basemap, GREATEST_ZOOM, TemplateError, TileAddress, TilePicture, TileTrouble, fetch_tile, tidy_cache,
};
pub use chips::{Chip, ChipImages, ChipPlace, ChipSet, ChipSite, ChipSites, chip_sites, list_chips};
pub use dark::{DarkPixels, OffsetAdvice, dark_pixels};
pub use error::SourceError;
pub use recognise::{LEFT_OUT, recognise};
pub use sensors::{SENSORS, Sensor, SensorBand, common_name, sensor_by_key};

use crate::geo::Placement;
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The item of a window's metadata that says: the catalogue contradicts itself about Sentinel-2's offset.
pub(crate) const OFFSET_CONTRADICTED: &str = "RITMO_OFFSET_CONTRADICTED";

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
    /// How names are read, before what is known of names: `{date}`, `{band}`, `{tile}`, `*`.
    pub pattern: Option<String>,
    /// A CSV table with the columns `file` and `date`, for files whose names have none.
    pub dates: Option<PathBuf>,
    /// Names of bands in the files, and what they are called in the cube.
    pub rename: Vec<(String, String)>,
    /// The sensor, by its key in the catalogue; it goes before what is recognised.
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

impl InputSpec {
    /// These inputs, and nothing corrected.
    pub fn of(inputs: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self { inputs: inputs.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

impl Recognised {
    /// What was recognised, if every file could be read.
    ///
    /// # Errors
    /// [`SourceError::Damaged`] with the first files that could not.
    pub fn whole(self) -> Result<Self, SourceError> {
        const SHOWN: usize = 3;
        if self.damaged.is_empty() {
            return Ok(self);
        }
        let shown = self.damaged.iter().take(SHOWN);
        let examples: Vec<_> = shown.map(|(path, why)| format!("{}: {why}", path.display())).collect();
        Err(SourceError::Damaged { count: self.damaged.len(), examples: examples.join("; ") })
    }
}

#[cfg(test)]
mod tests;
