//! What is typed on the page, and how it is read.

use crate::app::OpenProject;
use crate::cube::{BuildSettings, GridSetting, MaskSetting};
use crate::source::{Correction, InputSpec};
use crate::ui::words::tr;
use chrono::NaiveDate;
use std::path::{Path, PathBuf};

/// What is typed, as it was typed, and a few switches that are no settings of the cube.
#[derive(Default)]
pub struct Fields {
    /// A path that is being typed.
    pub path: String,
    /// The site's name.
    pub site: String,
    /// Whether somebody typed it.
    pub site_is_typed: bool,
    /// One site for each tile.
    pub each: bool,
    /// Build without damaged files.
    pub skip_damaged: bool,
    /// How far a build of this is.
    pub sent: Sent,
    pub pattern: String,
    pub dates: String,
    pub rename: String,
    pub sensor: String,
    pub from: String,
    pub to: String,
    pub anchor: String,
    /// Whether a layer of one's own masks, and which values of it.
    pub own_mask: bool,
    pub mask_layer: String,
    pub mask_values: String,
    pub warp: bool,
    pub crs: String,
    pub resolution: String,
    pub extent: String,
}

/// How far the build of what is on the page is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Sent {
    /// Not asked for.
    #[default]
    No,
    /// The command is on its way.
    Asked,
    /// Its job is under way.
    Running,
}

impl Fields {
    /// Folders and files, and how they are read.
    pub fn input(&self, inputs: &[PathBuf], corrections: Vec<Correction>) -> Result<InputSpec, String> {
        Ok(InputSpec {
            inputs: inputs.to_vec(),
            pattern: given(&self.pattern).map(Into::into),
            dates: given(&self.dates).map(PathBuf::from),
            rename: renames(&self.rename)?,
            sensor: given(&self.sensor).map(Into::into),
            corrections,
        })
    }

    /// The settings with what is typed.
    pub fn settings(&self, chosen: &BuildSettings) -> Result<BuildSettings, String> {
        let mask = match (self.own_mask, given(&self.mask_layer)) {
            (false, _) => chosen.mask.clone(),
            (true, None) => return Err(tr!("choose the layer that masks").into()),
            (true, Some(layer)) => mask(layer, &self.mask_values)?,
        };
        let grid = match self.warp {
            false => GridSetting::default(),
            true => GridSetting {
                crs: given(&self.crs).map(Into::into),
                resolution: resolution(&self.resolution)?,
                extent: extent(&self.extent)?,
                resampling: chosen.grid.resampling,
            },
        };
        if self.warp && !grid.asks_to_warp() {
            return Err(tr!("say what to warp to: a coordinate system, a pixel size or an extent").into());
        }
        let (from, to) = (date(&self.from)?, date(&self.to)?);
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(tr!("{from} is after {to}: no acquisition lies between them", from = from, to = to));
        }
        Ok(BuildSettings { mask, grid, from, to, anchor: date(&self.anchor)?, ..chosen.clone() })
    }

    /// Names the site after its folder, until somebody names it.
    pub fn suggest_site(&mut self, first: Option<&Path>, project: &OpenProject) {
        if self.site_is_typed {
            return;
        }
        let plain = first.map_or(String::new(), place_of);
        let free = |name: &String| project.document.site(name).is_none();
        let numbered = (2..).map(|n| format!("{plain}-{n}"));
        self.site = std::iter::once(plain.clone()).chain(numbered).find(free).unwrap_or_default();
    }
}

/// The name of the folder that an input is, or lies in.
fn place_of(input: &Path) -> String {
    let is_file = |name: &str| {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        name.contains(['*', '?'])
            || ["tif", "tiff", "jp2", "vrt", "img", "hdf", "nc", "txt"].contains(&ending.as_str())
    };
    let names = input.ancestors().filter_map(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    names.into_iter().find(|name| !is_file(name)).unwrap_or_else(|| "site".into())
}

/// What is typed, unless that is nothing.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A day, or none.
pub fn date(text: &str) -> Result<Option<NaiveDate>, String> {
    let read = |text: &str| {
        text.parse().map_err(|_| tr!("\"{text}\" is no date: write it as 2022-03-15", text = text))
    };
    given(text).map(read).transpose()
}

/// Old and new names of bands.
pub fn renames(text: &str) -> Result<Vec<(String, String)>, String> {
    let pairs = text.split(',').filter_map(given);
    pairs
        .map(|pair| match pair.split_once('=').map(|(old, new)| (old.trim(), new.trim())) {
            Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok((old.into(), new.into())),
            _ => Err(tr!("\"{pair}\" is no renaming: write band_1=B02, band_2=B03", pair = pair)),
        })
        .collect()
}

/// The side of a pixel, or none.
pub fn resolution(text: &str) -> Result<Option<f64>, String> {
    let read = |text: &str| match text.parse::<f64>() {
        Ok(side) if side.is_finite() && side > 0.0 => Ok(side),
        _ => Err(tr!("\"{text}\" is no size of a pixel: write a number such as 10", text = text)),
    };
    given(text).map(read).transpose()
}

/// Left, bottom, right, top, or none.
pub fn extent(text: &str) -> Result<Option<[f64; 4]>, String> {
    let Some(text) = given(text) else { return Ok(None) };
    let numbers: Vec<f64> = text
        .split([',', ' ', ';'])
        .filter_map(given)
        .map(|part| part.parse().ok().filter(|v: &f64| v.is_finite()))
        .collect::<Option<_>>()
        .unwrap_or_default();
    match numbers[..] {
        [left, bottom, right, top] if left < right && bottom < top => Ok(Some([left, bottom, right, top])),
        _ => Err(tr!("an extent is four numbers: left, bottom, right, top").into()),
    }
}

/// A mask by the values of a layer.
pub fn mask(layer: &str, values: &str) -> Result<MaskSetting, String> {
    match given(values) {
        Some(values) => format!("{layer}={values}").parse(),
        None => layer.parse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_after_the_folder_of_its_images() {
        for (input, name) in [
            ("/data/flanders", "flanders"),
            ("/data/flanders/", "flanders"),
            ("/data/flanders/*.tif", "flanders"),
            ("/data/flanders/**/*B04*.jp2", "flanders"),
            ("/data/flanders/a_2018-01-01.tif", "flanders"),
            ("/data/v1.2", "v1.2"),
            ("a.tif", "site"),
        ] {
            assert_eq!(place_of(Path::new(input)), name, "{input}");
        }
    }

    #[test]
    fn what_is_typed_is_read_or_answered_with_a_sentence() {
        assert_eq!(date(" ").unwrap(), None);
        assert_eq!(date("2022-03-15").unwrap(), NaiveDate::from_ymd_opt(2022, 3, 15));
        assert!(date("15.3.2022").unwrap_err().contains("2022-03-15"));
        assert_eq!(extent("1, 2 3;4").unwrap(), Some([1.0, 2.0, 3.0, 4.0]));
        assert!(extent("3, 2, 1, 4").is_err() && extent("1, 2, x, 4").is_err());
        assert!(resolution("0").is_err() && resolution("NaN").is_err());
        assert_eq!(renames("a=b, c = d").unwrap().len(), 2);
        assert!(renames("a").unwrap_err().contains("band_1=B02"));
        assert_eq!(mask("SCL", "3, 8-10").unwrap(), "SCL=3,8-10".parse().unwrap());
    }

    #[test]
    fn warping_needs_to_know_where_to() {
        let mut fields = Fields { warp: true, ..Fields::default() };
        assert!(fields.settings(&BuildSettings::default()).unwrap_err().contains("warp"));
        fields.resolution = "20".into();
        assert_eq!(fields.settings(&BuildSettings::default()).unwrap().grid.resolution, Some(20.0));
        fields.warp = false;
        assert_eq!(fields.settings(&BuildSettings::default()).unwrap(), BuildSettings::default());
    }
}
