//! How a cube is to be built: what people choose on the Add imagery page, or by options of `cube build`.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What people choose of a cube.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BuildSettings {
    /// Only these bands, in this order; all that every acquisition has otherwise.
    pub bands: Option<Vec<String>>,
    /// One step for each of these spans of time.
    pub period: Period,
    /// A day on which a period begins; the day of the first acquisition otherwise. Months begin on their first.
    pub anchor: Option<NaiveDate>,
    /// No acquisition before this day.
    pub from: Option<NaiveDate>,
    /// No acquisition after this day.
    pub to: Option<NaiveDate>,
    /// How the clear observations of a step become one.
    pub method: Method,
    /// Which pixels are not clear.
    pub mask: MaskSetting,
    /// Pixels within this distance of a masked one are masked too, in metres.
    pub dilate_m: f64,
    /// Steps of which a smaller share of the pixels is clear are left out, from 0 to 1.
    pub drop_below: Option<f64>,
    /// The grid to warp to, where the input does not lie on one.
    pub grid: GridSetting,
    /// What to do about the offset of Sentinel-2's processing baseline 04.00.
    pub offset: OffsetSetting,
}

/// The span of time of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Period {
    /// Each date is a step.
    #[default]
    None,
    /// Each month of the calendar.
    Month,
    /// So many days.
    Days(u32),
}

/// How the clear observations of a pixel in one step become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The median of each band; between two in the middle, their mean, halves to the even number.
    #[default]
    Median,
    /// The observation with the least sum of distances to the others, over all bands (Flood 2013, "Seasonal Composite
    /// Landsat TM/ETM+ Images Using the Medoid").
    Medoid,
    /// The observation of the acquisition of which the largest share of the site is clear.
    LeastCloudy,
}

/// Which pixels are not clear.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MaskSetting {
    /// By the mask that was recognised, where there is one, in its usual way.
    #[default]
    Auto,
    /// None is masked.
    Off,
    /// By this layer (a band's name, or a kind of mask such as `scl`); with values, these are masked: single ones and
    /// ranges with both ends.
    Layer {
        /// Name of the layer.
        name: String,
        /// Values that are masked, each range with both ends; the usual ones of its kind where empty.
        values: Vec<(i64, i64)>,
    },
}

/// The grid to warp to. All `None`: no warping, the input must lie on one grid.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GridSetting {
    /// Coordinate system, as `EPSG:CODE` or WKT; that of most files otherwise.
    pub crs: Option<String>,
    /// Side of a pixel, in units of the coordinate system; the finest of the files otherwise.
    pub resolution: Option<f64>,
    /// Left, bottom, right, top in the coordinate system; all that the files cover otherwise.
    pub extent: Option<[f64; 4]>,
    /// How values between pixels are found. Masks always take the nearest.
    pub resampling: Resampling,
}

/// How values between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resampling {
    /// From the four around, by distance.
    #[default]
    Bilinear,
    /// From the sixteen around.
    Cubic,
    /// That of the nearest.
    Nearest,
}

/// What to do about the offset of 1000 that Sentinel-2 has since processing baseline 04.00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OffsetSetting {
    /// Taken away where the metadata say so; where they are silent and the pixels suspicious, it is asked.
    #[default]
    Metadata,
    /// The values are right as they are.
    Keep,
    /// 1000 is taken away from every value.
    Subtract,
}

impl GridSetting {
    /// Whether warping is asked for.
    pub fn asks_to_warp(&self) -> bool {
        self.crs.is_some() || self.resolution.is_some() || self.extent.is_some()
    }
}

impl FromStr for Period {
    type Err = String;

    /// `none`, `month`, `14d`.
    fn from_str(text: &str) -> Result<Self, String> {
        let days = || text.strip_suffix(['d', 'D'])?.parse().ok().filter(|days| (1..=3660).contains(days));
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "month" => Ok(Self::Month),
            _ => days().map(Self::Days).ok_or_else(|| {
                format!("\"{text}\" is no period: give none, month, or a number of days such as 14d")
            }),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Month => f.write_str("month"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl FromStr for MaskSetting {
    type Err = String;

    /// `auto`, `none`, `scl`, `scl=3,8-10`, `clouds=1`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => return Ok(Self::Auto),
            "none" => return Ok(Self::Off),
            "" => return Err("a mask needs a name: auto, none, scl, qa_pixel, or a band".into()),
            _ => {}
        }
        let (name, values) = text.trim().split_once('=').unwrap_or((text.trim(), ""));
        let number = |text: &str| {
            let wrong =
                || format!("\"{text}\" is no value of a mask: give whole numbers and ranges, scl=3,8-10");
            text.trim().parse::<i64>().map_err(|_| wrong())
        };
        let values = values
            .split(',')
            .filter(|part| !part.trim().is_empty())
            .map(|part| {
                // A minus at the start belongs to the number.
                let dash = part.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at);
                match dash {
                    Some(at) => Ok((number(&part[..at])?, number(&part[at + 1..])?)),
                    None => number(part).map(|value| (value, value)),
                }
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self::Layer { name: name.trim().into(), values })
    }
}

impl fmt::Display for MaskSetting {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("none"),
            Self::Layer { name, values } => {
                f.write_str(name)?;
                for (i, (from, to)) in values.iter().enumerate() {
                    f.write_str(if i == 0 { "=" } else { "," })?;
                    if from == to { write!(f, "{from}")? } else { write!(f, "{from}-{to}")? }
                }
                Ok(())
            }
        }
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => {$(
        impl TryFrom<String> for $kind {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
        impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }
    )*};
}
as_text!(Period, MaskSetting);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_as_they_are_read() {
        for (text, period) in [("none", Period::None), ("month", Period::Month), ("14d", Period::Days(14))] {
            assert_eq!(text.parse(), Ok(period));
            assert_eq!(period.to_string(), text);
        }
        for wrong in ["", "0d", "14", "week", "-3d", "99999d"] {
            assert!(wrong.parse::<Period>().unwrap_err().contains("14d"), "{wrong}");
        }
    }

    #[test]
    fn masks_are_written_as_they_are_read() {
        let layer = |name: &str, values: &[(i64, i64)]| MaskSetting::Layer {
            name: name.into(),
            values: values.to_vec(),
        };
        for (text, mask) in [
            ("auto", MaskSetting::Auto),
            ("none", MaskSetting::Off),
            ("scl", layer("scl", &[])),
            ("scl=3,8-10", layer("scl", &[(3, 3), (8, 10)])),
            ("cloud=-2--1,5", layer("cloud", &[(-2, -1), (5, 5)])),
        ] {
            assert_eq!(text.parse(), Ok(mask.clone()), "{text}");
            assert_eq!(mask.to_string(), text);
        }
        assert!("scl=x".parse::<MaskSetting>().is_err() && "".parse::<MaskSetting>().is_err());
    }

    #[test]
    fn settings_survive_json() {
        let settings = BuildSettings {
            period: Period::Days(14),
            mask: "scl=3".parse().unwrap(),
            grid: GridSetting { resolution: Some(10.0), ..GridSetting::default() },
            ..BuildSettings::default()
        };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<BuildSettings>(&text).unwrap(), settings);
        assert_eq!(serde_json::from_str::<BuildSettings>("{}").unwrap(), BuildSettings::default());
    }
}
