//! What can be wrong with what people give.

use crate::progress::Cancelled;
use std::path::PathBuf;

/// What can be wrong with the files given.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Inputs without images.
    #[error(
        "no GeoTIFF, JP2 or VRT in {input}. Give a folder that holds some, or files, or a glob such as folder/*.tif"
    )]
    Empty { input: PathBuf },
    /// Files, but none that can be taken as imagery.
    #[error(
        "none of the {count} files can be taken as imagery ({examples}). Give rasters with the date in the name, like site_2022-03-15.tif, site_20220315.tif, site_2022-03.tif or site_2022074.tif, a pattern for their names, or a table of dates"
    )]
    Nothing { count: usize, examples: String },
    /// Files that cannot be read.
    #[error("{count} of the files cannot be read: {examples}. Mend them or leave them out")]
    Damaged { count: usize, examples: String },
    /// Files in a store or on a server, none of which can be had.
    #[error("cannot read {path}: {why}")]
    Remote { path: PathBuf, why: String },
    /// A path that does not exist.
    #[error("there is no {path}. Check the spelling, and that the disk is connected")]
    Absent { path: PathBuf },
    /// A folder that cannot be listed.
    #[error("cannot list {folder}: {why}. Check the path and its rights")]
    List { folder: PathBuf, why: String },
    /// A list of paths with a line that leads nowhere.
    #[error("line {line} of {list}: {why}. Give one path a line, relative to the list")]
    ListLine { list: PathBuf, line: usize, why: String },
    /// A table of dates that cannot be read.
    #[error("cannot read the table of dates {table}: {why}. Give a CSV with the columns file and date")]
    Table { table: PathBuf, why: String },
    /// A table of dates with a wrong line.
    #[error("line {line} of {table}: {why}. Give a file name and a date like 2022-03-15")]
    TableLine { table: PathBuf, line: usize, why: String },
    /// A pattern that says nothing.
    #[error(
        "the pattern \"{pattern}\" cannot be used: {why}. Write a name with {{date}}, {{band}}, {{tile}} and * in it, like {{tile}}_{{date}}_{{band}}"
    )]
    Pattern { pattern: String, why: String },
    /// A sensor that is not in the catalogue.
    #[error("there is no sensor \"{key}\" in the catalogue. Give one of {known}")]
    Sensor { key: String, known: String },
    /// A band to rename that no file has.
    #[error("no file has a band \"{name}\" that could be renamed. The bands are {known}")]
    Rename { name: String, known: String },
    /// A prefix without chips.
    #[error(
        "there are no chips in {prefix}: {why}. Give the folder that holds geojson, labels, images_dt_4B, images_dt_12B or no_rescale_color_formula, with a file a chip"
    )]
    NoChips { prefix: PathBuf, why: String },
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
