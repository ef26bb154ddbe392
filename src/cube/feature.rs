//! A feature: a band of a cube, or an index computed from its bands when they are read.

use super::index::{
    BLOCK, CATALOGUE, Expression, IndexError, IndexKnowledge, NamedIndex, Program, common_names, find_band,
    listed,
};
use super::{Band, Series, Units};
use crate::source::Scale;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A band or an index, found on one cube. Bands keep the numbers of the store; indices are computed from physical values.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name: that of the band or the index, else the expression itself.
    pub name: String,
    source: Source,
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Band {
        band: usize,
        common: Option<String>,
        scale: Scale,
        /// To the numbers that another cube stores: `stored x factor + offset`.
        convert: Option<[f32; 2]>,
        /// The units of its values.
        units: Units,
    },
    Index {
        expression: String,
        program: Arc<Program>,
        /// Of each of the program's bands.
        scales: Vec<Scale>,
        known: Option<&'static IndexKnowledge>,
    },
}

/// What is kept of a feature to find it again on another cube.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureRecord {
    /// Its name.
    pub name: String,
    /// How it is computed, over common names where they were known; `None` for a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The common name of a band, where it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<String>,
    /// How the band's numbers became physical ones, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
}

impl Feature {
    /// The band at this place.
    pub fn band_at(bands: &[Band], band: usize) -> Option<Self> {
        let Band { name, knowledge } = bands.get(band)?;
        let common = common_names(bands).swap_remove(band);
        Some(Self {
            name: name.clone(),
            source: Source::Band { band, common, scale: knowledge.scale, convert: None, units: Units::Dn },
        })
    }

    /// All bands, in order.
    pub fn all_bands(bands: &[Band]) -> Vec<Self> {
        (0..bands.len()).filter_map(|band| Self::band_at(bands, band)).collect()
    }

    /// What a text means on a cube of these bands: a band by its name, one of the project's `own` indices, a known index, a
    /// band by its common name, or an expression.
    ///
    /// # Errors
    /// [`IndexError`], with the place in the text and the way out.
    pub fn resolve(text: &str, bands: &[Band], own: &[NamedIndex]) -> Result<Self, IndexError> {
        let text = text.trim();
        let exact = |band: &Band| band.name.trim() == text;
        if let Some(band) = bands.iter().position(exact).and_then(|band| Self::band_at(bands, band)) {
            return Ok(band);
        }
        if let Some(index) = own.iter().find(|index| index.name.eq_ignore_ascii_case(text)) {
            let expression = Expression::parse(&index.expression)?;
            return Self::computed(index.name.clone(), &index.expression, &expression, bands, None);
        }
        if let Some(band) = find_band(text, bands).and_then(|band| Self::band_at(bands, band)) {
            return Ok(band);
        }
        if let Some(known) = IndexKnowledge::named(text) {
            let expression = Expression::parse(known.formula)?;
            return Self::computed(known.name.into(), known.formula, &expression, bands, Some(known));
        }
        let expression = Expression::parse(text)?;
        Self::computed(text.into(), text, &expression, bands, None)
    }

    /// Those of the catalogue that a cube of these bands has.
    pub fn known_indices(bands: &[Band]) -> Vec<Self> {
        let found = |index: &IndexKnowledge| Self::resolve(index.name, bands, &[]).ok();
        CATALOGUE.iter().filter_map(found).filter(Self::is_index).collect()
    }

    fn computed(
        name: String,
        text: &str,
        expression: &Expression,
        bands: &[Band],
        known: Option<&'static IndexKnowledge>,
    ) -> Result<Self, IndexError> {
        let program = Program::bind(expression, bands)?;
        let scales: Vec<Scale> = program.bands.iter().map(|band| bands[*band].knowledge.scale).collect();
        // A cube stores whole numbers: where they count for themselves, they are no reflectances.
        let unscaled = scales.iter().any(|scale| *scale == Scale::default());
        let names_one = || expression.names().filter_map(IndexKnowledge::named).any(has_constants);
        if unscaled && !program.is_free_of_scale() && (known.is_some() || names_one()) {
            return Err(IndexError::Unscaled { name });
        }
        Ok(Self {
            name,
            source: Source::Index {
                expression: text.trim().into(),
                program: Arc::new(program),
                scales,
                known,
            },
        })
    }

    /// The same under another name.
    #[must_use]
    pub fn called(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The same in these units: a band whose scale is known gives physical values then; an index stays what it is.
    #[must_use]
    pub fn in_units(mut self, wanted: Units) -> Self {
        if let Source::Band { scale, units, convert: None, .. } = &mut self.source
            && *scale != Scale::default()
        {
            *units = wanted;
        }
        self
    }

    /// The bands it is made of, each once.
    pub fn bands(&self) -> &[usize] {
        match &self.source {
            Source::Band { band, .. } => std::slice::from_ref(band),
            Source::Index { program, .. } => &program.bands,
        }
    }

    /// Whether it is computed.
    pub fn is_index(&self) -> bool {
        matches!(self.source, Source::Index { .. })
    }

    /// Whether its values are those of its band as they are stored.
    pub fn is_as_stored(&self) -> bool {
        matches!(self.source, Source::Band { convert: None, units: Units::Dn, .. })
    }

    /// How it is computed; `None` for a band.
    pub fn expression(&self) -> Option<&str> {
        match &self.source {
            Source::Band { .. } => None,
            Source::Index { expression, .. } => Some(expression),
        }
    }

    /// What the catalogue says of it.
    pub fn known(&self) -> Option<&'static IndexKnowledge> {
        match &self.source {
            Source::Band { .. } => None,
            Source::Index { known, .. } => *known,
        }
    }

    /// The unit of its values, for people.
    pub fn unit(&self) -> &'static str {
        match &self.source {
            Source::Index { .. } => "index",
            Source::Band { units: Units::Dn, .. } => "DN",
            Source::Band { common, .. } => match common.as_deref() {
                Some("tir1" | "tir2") => "K",
                Some("ndvi" | "evi") => "index",
                _ => "reflectance",
            },
        }
    }

    /// Its values from planes of stored values, one for each of [`Self::bands`], all as long as `out`; NaN is no
    /// observation, on both sides.
    pub fn evaluate(&self, planes: &[&[f32]], out: &mut [f32]) {
        match &self.source {
            Source::Band { convert, units, scale, .. } => {
                let Some(plane) = planes.first() else { return out.fill(f32::NAN) };
                match convert {
                    None if *units == Units::Reflectance => {
                        out.iter_mut().zip(*plane).for_each(|(to, stored)| *to = scale.physical(*stored));
                    }
                    None => out.copy_from_slice(&plane[..out.len()]),
                    Some([factor, offset]) => {
                        out.iter_mut().zip(*plane).for_each(|(to, stored)| *to = stored * factor + offset);
                    }
                }
            }
            Source::Index { program, scales, .. } => {
                let mut stack = Vec::new();
                let mut physical = vec![0.0; planes.len() * BLOCK];
                for (block, out) in out.chunks_mut(BLOCK).enumerate() {
                    let (start, n) = (block * BLOCK, out.len());
                    for ((plane, scale), to) in planes.iter().zip(scales).zip(physical.chunks_mut(BLOCK)) {
                        let from = &plane[start..start + n];
                        if *scale == Scale::default() {
                            to[..n].copy_from_slice(from);
                        } else {
                            to.iter_mut().zip(from).for_each(|(to, stored)| *to = scale.physical(*stored));
                        }
                    }
                    let blocks: Vec<&[f32]> = physical.chunks(BLOCK).map(|plane| &plane[..n]).collect();
                    program.run(&blocks, &mut stack, out);
                }
            }
        }
    }

    /// Its value at each date of a series of all bands of the cube.
    pub fn series(&self, series: &Series) -> Vec<f32> {
        let of = |band: &usize| (0..series.times).map(|time| series.value(time, *band)).collect();
        let planes: Vec<Vec<f32>> = self.bands().iter().map(of).collect();
        let planes: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        let mut out = vec![f32::NAN; series.times];
        self.evaluate(&planes, &mut out);
        out
    }

    /// What is kept of it, for another cube.
    pub fn record(&self) -> FeatureRecord {
        let name = self.name.clone();
        match &self.source {
            Source::Band { common, scale, .. } => {
                // A scale means something only where it is known what the band is.
                let scale = Some(*scale).filter(|scale| *scale != Scale::default());
                FeatureRecord { name, expression: None, common: common.clone(), scale }
            }
            Source::Index { expression, .. } => {
                FeatureRecord { name, expression: Some(expression.clone()), common: None, scale: None }
            }
        }
    }
}

fn has_constants(index: &IndexKnowledge) -> bool {
    index.formula.chars().any(|c| c == '.')
}

impl FeatureRecord {
    /// A band of which only the name was kept.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), expression: None, common: None, scale: None }
    }

    /// Finds the feature on another cube: a band by its common name where that is known on both sides, else by its name.
    /// Numbers of another scale are brought to that of the record.
    ///
    /// # Errors
    /// [`IndexError`] where the cube lacks a band.
    pub fn find(&self, bands: &[Band]) -> Result<Feature, IndexError> {
        if let Some(expression) = &self.expression {
            let read = Expression::parse(expression)?;
            let known = IndexKnowledge::named(&self.name).filter(|known| known.formula == expression);
            return Feature::computed(self.name.clone(), expression, &read, bands, known);
        }
        let common = common_names(bands);
        let same_name = bands.iter().position(|band| band.name == self.name);
        // Sensors give one name to different bands: B05 is a red edge here, near infrared there.
        let agrees = |band: &usize| match (&self.common, &common[*band]) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => true,
        };
        let by_common = || find_band(self.common.as_deref()?, bands);
        let found = same_name.filter(agrees).or_else(by_common);
        let mut feature = found.and_then(|band| Feature::band_at(bands, band)).ok_or_else(|| {
            let name = match &self.common {
                Some(common) if *common != self.name => format!("{} ({common})", self.name),
                _ => self.name.clone(),
            };
            IndexError::UnknownName { at: 0, name, has: listed(bands) }
        })?;
        if let (Source::Band { scale, convert, .. }, Some(wanted)) = (&mut feature.source, self.scale)
            && *scale != wanted
            && *scale != Scale::default()
            && wanted.factor != 0.0
        {
            let factor = scale.factor / wanted.factor;
            let offset = (scale.offset - wanted.offset) / wanted.factor;
            *convert = Some([factor as f32, offset as f32]);
        }
        feature.name.clone_from(&self.name);
        Ok(feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::BandKnowledge;

    fn known(name: &str, common: &str, factor: f64, offset: f64) -> Band {
        let scale = Scale { factor, offset };
        Band {
            name: name.into(),
            knowledge: BandKnowledge { common: Some(common.into()), wavelength_nm: None, scale },
        }
    }

    fn sentinel_2() -> Vec<Band> {
        [("B02", "blue"), ("B04", "red"), ("B05", "rededge1"), ("B08", "nir"), ("B11", "swir1")]
            .into_iter()
            .map(|(name, common)| known(name, common, 1e-4, 0.0))
            .collect()
    }

    fn landsat() -> Vec<Band> {
        [("B2", "blue"), ("B4", "red"), ("B05", "nir08"), ("B6", "swir16")]
            .into_iter()
            .map(|(name, common)| known(name, common, 2.75e-5, -0.2))
            .collect()
    }

    fn series(dates: &[&[f32]]) -> Series {
        Series { times: dates.len(), bands: dates[0].len(), values: dates.concat() }
    }

    #[test]
    fn indices_are_computed_from_physical_values() {
        let evi = Feature::resolve("evi", &sentinel_2(), &[]).unwrap();
        assert_eq!((evi.name.as_str(), evi.unit()), ("EVI", "index"));
        let nan = f32::NAN;
        let values =
            evi.series(&series(&[&[300.0, 400.0, 0.0, 3000.0, 0.0], &[nan, 400.0, 0.0, 3000.0, 0.0]]));
        // 2.5 (0.3 - 0.04) / (0.3 + 0.24 - 0.225 + 1)
        assert!((values[0] - 0.65 / 1.315).abs() < 1e-6, "{values:?}");
        assert!(values[1].is_nan());
        // An offset matters to a ratio too: 0.2 and 0.05 are (0.15) / (0.25).
        let ndvi = Feature::resolve("NDVI", &landsat(), &[]).unwrap();
        let stored = |reflectance: f32| (reflectance + 0.2) / 2.75e-5;
        let values = ndvi.series(&series(&[&[0.0, stored(0.05), stored(0.2), 0.0]]));
        assert!((values[0] - 0.6).abs() < 1e-5, "{values:?}");
    }

    #[test]
    fn a_text_is_a_band_an_own_index_a_known_one_a_common_name_or_an_expression() {
        let bands = sentinel_2();
        let own = [NamedIndex { name: "Mine".into(), expression: "nir / red".into() }];
        let find = |text: &str| Feature::resolve(text, &bands, &own).unwrap();
        assert_eq!((find("B04").name.as_str(), find("B04").bands()), ("B04", &[1][..]));
        assert_eq!((find("RED").name.as_str(), find("red").bands()), ("B04", &[1][..]));
        assert_eq!(find("mine").expression(), Some("nir / red"));
        assert_eq!(find("ndvi").name, "NDVI");
        assert_eq!(find(" nir - swir16 ").name, "nir - swir16");
        assert_eq!(find("nir - swir16").bands(), [3, 4]);
        // A band of this name comes before the index.
        let modis = [known("NDVI", "ndvi", 1e-4, 0.0)];
        assert!(!Feature::resolve("NDVI", &modis, &[]).unwrap().is_index());
    }

    #[test]
    fn constants_are_refused_where_the_numbers_have_no_known_scale() {
        let bands: Vec<Band> = ["B02", "B04", "B08"].into_iter().map(Band::named).collect();
        assert!(Feature::resolve("NDVI", &bands, &[]).is_ok());
        for text in ["EVI", "SAVI", "EVI2 + 1"] {
            let error = Feature::resolve(text, &bands, &[]).unwrap_err();
            assert!(matches!(error, IndexError::Unscaled { .. }), "{text}: {error}");
        }
        // One's own constants may be digital numbers.
        assert!(Feature::resolve("nir - 1000", &bands, &[]).is_ok());
        let names: Vec<String> = Feature::known_indices(&bands).into_iter().map(|index| index.name).collect();
        assert_eq!(names, ["NDVI"]);
    }

    #[test]
    fn a_record_finds_its_bands_on_another_sensor_and_brings_their_numbers_to_its_scale() {
        let record = Feature::resolve("B08", &sentinel_2(), &[]).unwrap().record();
        let found = record.find(&landsat()).unwrap();
        assert_eq!((found.name.as_str(), found.bands()), ("B08", &[2][..]));
        let mut out = [0.0];
        // A reflectance of 0.35 is 20 000 there and 3500 here.
        found.evaluate(&[&[20_000.0]], &mut out);
        assert!((out[0] - 3500.0).abs() < 0.01, "{out:?}");
        let same = record.find(&sentinel_2()).unwrap();
        same.evaluate(&[&[1234.0]], &mut out);
        assert_eq!(out, [1234.0]);
    }

    #[test]
    fn one_name_for_two_different_bands_deceives_nobody() {
        let record = Feature::resolve("B05", &sentinel_2(), &[]).unwrap().record();
        let error = record.find(&landsat()).unwrap_err().to_string();
        assert!(error.starts_with("`B05 (rededge1)` is no band of this cube; it has blue (B2)"), "{error}");
    }

    #[test]
    fn a_record_survives_its_file() {
        let records: Vec<FeatureRecord> = ["B04", "NDVI", "nir - red"]
            .into_iter()
            .map(|text| Feature::resolve(text, &sentinel_2(), &[]).unwrap().record())
            .collect();
        let text = serde_json::to_string(&records).unwrap();
        let again: Vec<FeatureRecord> = serde_json::from_str(&text).unwrap();
        assert_eq!(again, records);
        assert_eq!(again[1].find(&landsat()).unwrap().known().unwrap().name, "NDVI");
    }

    #[test]
    fn many_pixels_are_computed_as_one_is() {
        let bands = sentinel_2();
        let feature = Feature::resolve("(nir - red) / (nir + red) + min(swir1, 1)", &bands, &[]).unwrap();
        let n = 3 * BLOCK + 17;
        let plane = |k: u32| -> Vec<f32> {
            (0..n as u32).map(|i| if i % 97 == k { f32::NAN } else { (i * (k + 3) % 9000) as f32 }).collect()
        };
        let planes: Vec<Vec<f32>> = (0..3).map(plane).collect();
        let slices: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        let mut out = vec![0.0; n];
        feature.evaluate(&slices, &mut out);
        for i in 0..n {
            let one: Vec<[f32; 1]> = planes.iter().map(|plane| [plane[i]]).collect();
            let one: Vec<&[f32]> = one.iter().map(<[f32; 1]>::as_slice).collect();
            let mut expected = [0.0];
            feature.evaluate(&one, &mut expected);
            assert_eq!(out[i].to_bits(), expected[0].to_bits(), "pixel {i}");
        }
    }
}
