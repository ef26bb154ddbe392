//! The wide layout, as Ritmo writes it: a row a sample.

use super::columns::{Columns, Stop};
use super::{SampleTable, legend_of};
use crate::cube::FeatureRecord;
use crate::labels::{ClassCode, Legend};
use crate::progress::Cancel;
use crate::samples::SampleSet;
use chrono::NaiveDate;
use serde::Deserialize;

/// What stands in the file's metadata.
#[derive(Deserialize)]
struct Own {
    bands: Vec<String>,
    dates: Vec<NaiveDate>,
    #[serde(default)]
    features: Vec<FeatureRecord>,
    classes: Option<Legend>,
}

pub fn read(
    columns: &Columns,
    own: &str,
    bands: Option<&[String]>,
    cancel: &Cancel,
) -> Result<SampleTable, Stop> {
    let own: Own = serde_json::from_str(own)
        .map_err(|e| Stop::Why(format!("what it says of itself is damaged ({e})")))?;
    if own.dates.is_empty() || own.dates.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(Stop::Why("what it says of itself is damaged: its dates are not in order".into()));
    }
    let chosen: Vec<usize> = match bands {
        None => (0..own.bands.len()).collect(),
        Some(asked) => {
            let place = |band: &String| {
                own.bands.iter().position(|b| b == band).ok_or_else(|| {
                    Stop::Why(format!("it has no band {band}; it has {}", own.bands.join(", ")))
                })
            };
            asked.iter().map(place).collect::<Result<_, _>>()?
        }
    };
    let codes = columns.numbers_of("code", cancel)?;
    let names = columns.texts_of("class", cancel)?;
    let (legend, classes) = match own.classes {
        Some(legend) if codes.iter().all(|c| legend.class(*c as ClassCode).is_some()) => {
            (legend, codes.iter().map(|c| *c as ClassCode).collect())
        }
        _ => legend_of(&names)?,
    };
    let samples = classes.len();
    if samples == 0 {
        return Err(Stop::Why("it has no rows".into()));
    }
    let each = own.dates.len() * chosen.len();
    let mut values = vec![f32::NAN; samples * each];
    for t in 0..own.dates.len() {
        for (b, band) in chosen.iter().enumerate() {
            let column = columns.numbers_of(&format!("{}_{t}", own.bands[*band]), cancel)?;
            let places = values[t * chosen.len() + b..].iter_mut().step_by(each);
            places.zip(column).for_each(|(to, from)| *to = from as f32);
        }
    }
    let (lon, lat) = (columns.numbers_of("longitude", cancel)?, columns.numbers_of("latitude", cancel)?);
    let features = if own.features.len() == own.bands.len() {
        chosen.iter().map(|b| own.features[*b].clone()).collect()
    } else {
        Vec::new()
    };
    let set = SampleSet {
        bands: chosen.iter().map(|b| own.bands[*b].clone()).collect(),
        features,
        dates: own.dates,
        values,
        classes,
        annotations: columns.numbers_of("annotation_id", cancel)?.into_iter().map(|id| id as u64).collect(),
        places: Vec::new(),
        locations: lon.into_iter().zip(lat).map(|(lon, lat)| [lon, lat]).collect(),
    };
    Ok(SampleTable { samples: set, legend, notes: Vec::new() })
}
