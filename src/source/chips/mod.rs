//! Sets of labelled chips as the corridor maps of Mexico were trained on: images, vectors and label rasters in folders of
//! their own, joined by stem. A stem is a tile of the web map, `{x}-{y}-{zoom}` ("3476-7215-14").
//!
//! | folder under the prefix | holds |
//! |---|---|
//! | `geojson` | polygons of a chip |
//! | `labels` | label rasters |
//! | `images_dt_4B`, `images_dt_12B`, `no_rescale_color_formula` | images of a chip |
//!
//! Other folders, `img_*` and files that begin with a dot are left aside.

mod sites;

pub use sites::{ChipSite, ChipSites, chip_sites};

use super::SourceError;
use super::files::file_name;
use crate::geo::folders::list_store;
use crate::geo::remote::is_remote;
use crate::progress::Cancel;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The place of a chip: a tile of the web map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChipPlace {
    pub zoom: u8,
    /// Columns count east from 180 degrees west.
    pub x: u32,
    /// Rows count south.
    pub y: u32,
}

impl ChipPlace {
    /// Reads a stem; `None` where it is none, or no such tile exists.
    pub fn of(stem: &str) -> Option<Self> {
        let mut parts = stem.split('-');
        let mut number = || {
            let part = parts.next()?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
        };
        let (x, y, zoom) = (number()?, number()?, number()?);
        let exists = parts.next().is_none() && zoom <= 24 && x >> zoom == 0 && y >> zoom == 0;
        exists.then_some(Self { zoom: zoom as u8, x, y })
    }
}

impl fmt::Display for ChipPlace {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}-{}-{}", self.x, self.y, self.zoom)
    }
}

/// Which images of the chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChipImages {
    /// Red, green, blue and near infrared, rescaled to 0 to 10 000.
    FourBands,
    /// All bands of Sentinel-2 L2A but B10.
    TwelveBands,
    /// Four bands as they came.
    Unrescaled,
}

impl ChipImages {
    /// The richest first.
    pub const ALL: [Self; 3] = [Self::TwelveBands, Self::Unrescaled, Self::FourBands];

    /// The folder that holds them.
    pub fn folder(self) -> &'static str {
        match self {
            Self::FourBands => "images_dt_4B",
            Self::TwelveBands => "images_dt_12B",
            Self::Unrescaled => "no_rescale_color_formula",
        }
    }

    /// As the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FourBands => "4b",
            Self::TwelveBands => "12b",
            Self::Unrescaled => "unrescaled",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::FourBands => "Four bands, rescaled to 0–10 000",
            Self::TwelveBands => "Twelve bands",
            Self::Unrescaled => "Four bands, not rescaled",
        }
    }

    /// Names of its bands, in the order of the file, where the file names none. That of twelve is a guess: L2A without B10.
    pub fn bands(self) -> &'static [&'static str] {
        const FOUR: &[&str] = &["B04", "B03", "B02", "B08"];
        const TWELVE: &[&str] =
            &["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"];
        match self {
            Self::TwelveBands => TWELVE,
            Self::FourBands | Self::Unrescaled => FOUR,
        }
    }
}

/// A chip: what there is of one stem.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chip {
    pub images: BTreeMap<ChipImages, PathBuf>,
    /// Its polygons.
    pub vectors: Option<PathBuf>,
    /// Its label raster.
    pub raster: Option<PathBuf>,
}

impl Chip {
    /// Whether anything says what its pixels are.
    pub fn is_labelled(&self) -> bool {
        self.vectors.is_some() || self.raster.is_some()
    }
}

/// What a prefix holds.
#[derive(Debug, Clone, Default)]
pub struct ChipSet {
    pub prefix: PathBuf,
    pub chips: BTreeMap<ChipPlace, Chip>,
    /// Files and folders left aside on purpose.
    pub ignored: usize,
    /// Files that could not be joined, with why.
    pub aside: Vec<(PathBuf, String)>,
}

impl ChipSet {
    /// How many chips have these images.
    pub fn count(&self, images: ChipImages) -> usize {
        self.chips.values().filter(|chip| chip.images.contains_key(&images)).count()
    }

    /// The images that most chips have; of equals the richer ones. `None` where there are none at all.
    pub fn most_images(&self) -> Option<ChipImages> {
        let most = ChipImages::ALL.into_iter().map(|images| self.count(images)).max().filter(|n| *n > 0)?;
        ChipImages::ALL.into_iter().find(|images| self.count(*images) == most)
    }
}

/// What a folder under the prefix holds.
#[derive(Clone, Copy)]
enum Kind {
    Images(ChipImages),
    Vectors,
    Raster,
}

const FOLDERS: [(&str, Kind); 5] = [
    ("geojson", Kind::Vectors),
    ("labels", Kind::Raster),
    ("images_dt_4B", Kind::Images(ChipImages::FourBands)),
    ("images_dt_12B", Kind::Images(ChipImages::TwelveBands)),
    ("no_rescale_color_formula", Kind::Images(ChipImages::Unrescaled)),
];

/// Lists a prefix, and joins what it holds by stem.
///
/// # Errors
/// When the prefix cannot be listed, holds none of the folders, or none of their files has the stem of a chip; and when a
/// stop was asked for.
pub fn list_chips(prefix: &Path, cancel: &Cancel) -> Result<ChipSet, SourceError> {
    let mut set = ChipSet { prefix: prefix.to_owned(), ..ChipSet::default() };
    let mut found = false;
    for path in entries(prefix)? {
        cancel.check()?;
        let name = file_name(&path);
        let Some((_, kind)) = FOLDERS.into_iter().find(|(folder, _)| *folder == name) else {
            set.ignored += 1;
            continue;
        };
        found = true;
        for file in entries(&path)? {
            cancel.check()?;
            set.add(file, kind);
        }
    }
    if !found || set.chips.is_empty() {
        let why =
            if found { "no file there has a name like 3476-7215-14.tif" } else { "none of them is there" };
        return Err(SourceError::NoChips { prefix: prefix.to_owned(), why: why.into() });
    }
    Ok(set)
}

impl ChipSet {
    fn add(&mut self, path: PathBuf, kind: Kind) {
        let name = file_name(&path);
        if name.starts_with('.') || name.starts_with("img_") || name.ends_with(".aux.xml") {
            self.ignored += 1;
            return;
        }
        let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
        let usual: &[&str] = match kind {
            Kind::Vectors => &["geojson", "json"],
            _ => &["tif", "tiff"],
        };
        let Some(place) = ChipPlace::of(stem) else {
            self.aside.push((path, "its name is no tile like 3476-7215-14".into()));
            return;
        };
        if !usual.contains(&extension.to_ascii_lowercase().as_str()) {
            self.aside.push((path, format!("it is no .{} file", usual[0])));
            return;
        }
        let chip = self.chips.entry(place).or_default();
        let before = match kind {
            Kind::Images(images) => chip.images.insert(images, path),
            Kind::Vectors => chip.vectors.replace(path),
            Kind::Raster => chip.raster.replace(path),
        };
        if let Some(before) = before {
            self.aside.push((before, format!("there is another file of {place} beside it")));
        }
    }
}

/// What a folder holds, in order of name; also one of a store.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if is_remote(folder) {
        return list_store(folder, false).map_err(|why| SourceError::List { folder: folder.to_owned(), why });
    }
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => SourceError::Absent { path: folder.to_owned() },
        _ => SourceError::List { folder: folder.to_owned(), why: why.to_string() },
    };
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }

    fn set(files: &[&str]) -> (tempfile::TempDir, Result<ChipSet, SourceError>) {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|file| touch(&folder.path().join(file)));
        let set = list_chips(folder.path(), &Cancel::new());
        (folder, set)
    }

    #[test]
    fn what_has_one_stem_is_one_chip_and_the_rest_is_told_or_ignored() {
        let (_folder, set) = set(&[
            "geojson/3476-7215-14.geojson",
            "geojson/3477-7215-14.geojson",
            "geojson/.DS_Store",
            "geojson/notes.geojson",
            "labels/3476-7215-14.tif",
            "labels/3476-7215-14.tif.aux.xml",
            "images_dt_4B/3476-7215-14.tif",
            "images_dt_4B/3479-7215-14.tif",
            "images_dt_4B/img_1.tif",
            "images_dt_12B/3476-7215-14.tif",
            "images_dt_12B/3476-7215-14.txt",
            "img_old/3476-7215-14.tif",
            "clean_features.geojson",
            ".DS_Store",
        ]);
        let set = set.unwrap();
        let places: Vec<_> = set.chips.keys().map(ToString::to_string).collect();
        assert_eq!(places, ["3476-7215-14", "3477-7215-14", "3479-7215-14"]);
        let first = &set.chips[&ChipPlace::of("3476-7215-14").unwrap()];
        assert!(first.vectors.is_some() && first.raster.is_some() && first.images.len() == 2);
        assert!(!set.chips[&ChipPlace::of("3479-7215-14").unwrap()].is_labelled());
        assert_eq!(set.ignored, 6);
        let aside: Vec<_> = set.aside.iter().map(|(path, _)| file_name(path)).collect();
        assert_eq!(aside, ["notes.geojson", "3476-7215-14.txt"]);
        assert_eq!(set.most_images(), Some(ChipImages::FourBands));
    }

    #[test]
    fn of_images_that_are_equally_many_the_richest_are_taken() {
        let (_folder, set) = set(&["images_dt_4B/1-1-14.tif", "images_dt_12B/1-1-14.tif"]);
        assert_eq!(set.unwrap().most_images(), Some(ChipImages::TwelveBands));
    }

    #[test]
    fn a_prefix_that_holds_no_chips_is_refused_with_the_way_out() {
        let words = |files: &[&str]| set(files).1.unwrap_err().to_string();
        assert!(words(&["other/1-1-14.tif"]).contains("images_dt_4B"));
        assert!(words(&["labels/a.tif"]).contains("3476-7215-14"));
        let gone = list_chips(Path::new("/no/such/prefix"), &Cancel::new()).unwrap_err().to_string();
        assert!(gone.contains("/no/such/prefix"), "{gone}");
    }

    #[test]
    fn stems_are_tiles_that_exist() {
        assert_eq!(ChipPlace::of("3476-7215-14"), Some(ChipPlace { zoom: 14, x: 3476, y: 7215 }));
        for wrong in ["3476-7215", "a-b-14", "3476-7215-14-1", "16384-1-14", "1-1-99", "", "--", "+1-1-14"] {
            assert_eq!(ChipPlace::of(wrong), None, "{wrong}");
        }
    }
}
