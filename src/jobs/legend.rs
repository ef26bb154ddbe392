//! Legends from files and into files.

use super::Outcome;
use crate::labels::{self, ClassCode, Combine, Legend};
use std::collections::BTreeSet;
use std::path::Path;

/// Reads a legend that is to be taken into another one, of which some codes are in use.
///
/// # Errors
/// When the file cannot be read, or more classes would come of it than there are codes.
pub fn read_legend(
    file: &Path,
    how: Combine,
    now: &Legend,
    in_use: &BTreeSet<ClassCode>,
) -> anyhow::Result<Outcome> {
    let legend = labels::read_legend(file)?;
    now.combined(&legend, how, |code| in_use.contains(&code))?;
    Ok(Outcome::LegendRead { file: file.into(), legend, how })
}

/// Writes a legend as the file's ending says.
///
/// # Errors
/// No ending that is known, no space, no rights.
pub fn write_legend(file: &Path, legend: &Legend) -> anyhow::Result<Outcome> {
    labels::write_legend(file, legend)?;
    Ok(Outcome::LegendWritten(file.into()))
}
