//! Units of values for people and files: as they are stored, or physical.

use super::{Band, CubeInfo};
use crate::geo::raster::PixelType;
use crate::source::Scale;
use serde::{Deserialize, Serialize};

/// In which units values of bands are told. Indices have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Units {
    /// The stored numbers.
    #[default]
    Dn,
    /// Physical values, by the scale and offset of each band: reflectances from 0 to 1, and kelvins of thermal bands.
    Reflectance,
}

impl Units {
    /// All, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Dn, Self::Reflectance];

    /// Whether values are as they are stored.
    pub fn is_dn(&self) -> bool {
        *self == Self::Dn
    }

    /// Why values of a cube cannot be told as reflectances; `None` where they can.
    pub fn lack(info: &CubeInfo) -> Option<&'static str> {
        let known = |band: &Band| band.knowledge.scale != Scale::default();
        match (info.bands.iter().any(known), info.pixel_type) {
            (true, _) => None,
            (false, PixelType::Float32) => Some(
                "This cube holds floating-point numbers as its files have them: nothing is known of another scale",
            ),
            (false, _) => Some(
                "This cube does not say how its numbers become reflectances. Build it again from files whose sensor is known",
            ),
        }
    }

    /// These units where a cube knows them, else the stored numbers.
    #[must_use]
    pub fn on(self, info: &CubeInfo) -> Self {
        if Self::lack(info).is_some() { Self::Dn } else { self }
    }
}

impl std::fmt::Display for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dn => "dn",
            Self::Reflectance => "reflectance",
        })
    }
}

impl std::str::FromStr for Units {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "dn" => Ok(Self::Dn),
            "reflectance" => Ok(Self::Reflectance),
            _ => Err(format!("{text} is no unit of values: give dn (as stored) or reflectance")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::{Feature, Series};
    use proptest::prelude::*;

    fn band(name: &str, common: &str, factor: f64, offset: f64) -> Band {
        let mut band = Band::named(name);
        band.knowledge.common = Some(common.into());
        band.knowledge.scale = Scale { factor, offset };
        band
    }

    fn one(value: f32) -> Series {
        Series { times: 1, bands: 1, values: vec![value] }
    }

    #[test]
    fn a_band_says_its_unit_and_what_is_no_reflectance_is_none() {
        let unit = |band: Band, units| Feature::band_at(&[band], 0).unwrap().in_units(units).unit();
        let red = || band("B4", "red", 2.75e-5, -0.2);
        assert_eq!(unit(red(), Units::Dn), "DN");
        assert_eq!(unit(red(), Units::Reflectance), "reflectance");
        assert_eq!(unit(band("B10", "tir1", 0.003_418_02, 149.0), Units::Reflectance), "K");
        assert_eq!(unit(band("NDVI", "ndvi", 1e-4, 0.0), Units::Reflectance), "index");
        assert_eq!(unit(Band::named("x"), Units::Reflectance), "DN", "nothing is known of it");
        let values =
            Feature::band_at(&[red()], 0).unwrap().in_units(Units::Reflectance).series(&one(f32::NAN));
        assert!(values[0].is_nan(), "a gap stays one");
    }

    #[test]
    fn a_cube_without_a_scale_is_told_as_it_is_stored_and_says_why() {
        let info = |bands: Vec<Band>, pixel_type| CubeInfo {
            grid: crate::geo::Grid {
                crs: crate::geo::Crs::from_epsg(32615).unwrap(),
                left: 0.0,
                top: 0.0,
                pixel_width: 10.0,
                pixel_height: 10.0,
                width: 1,
                height: 1,
            },
            bands,
            dates: Vec::new(),
            pixel_type,
            nodata: 0.0,
            origin: None,
        };
        let unknown = info(vec![Band::named("x")], PixelType::Uint16);
        assert!(Units::lack(&unknown).unwrap().contains("Build it again"));
        assert_eq!(Units::Reflectance.on(&unknown), Units::Dn);
        assert!(Units::lack(&info(vec![Band::named("x")], PixelType::Float32)).unwrap().contains("floating"));
        let known = info(vec![Band::named("x"), band("B4", "red", 1e-4, 0.0)], PixelType::Uint16);
        assert_eq!((Units::lack(&known), Units::Reflectance.on(&known)), (None, Units::Reflectance));
    }

    #[test]
    fn an_index_is_the_same_in_all_units() {
        let bands = [band("B04", "red", 1e-4, 0.0), band("B08", "nir", 1e-4, 0.0)];
        let ndvi = Feature::resolve("NDVI", &bands, &[]).unwrap();
        assert_eq!(ndvi.clone().in_units(Units::Reflectance), ndvi);
    }

    #[test]
    fn units_are_read_as_they_are_written() {
        for units in Units::ALL {
            assert_eq!(units.to_string().parse(), Ok(units));
        }
        assert!("metres".parse::<Units>().unwrap_err().contains("reflectance"));
    }

    proptest! {
        #[test]
        fn a_reflectance_goes_back_to_the_number_it_was_stored_as(word in 0u16..) {
            for (factor, offset) in [(1e-4, 0.0), (2.75e-5, -0.2), (1e-4, -0.1)] {
                let feature = Feature::band_at(&[band("B4", "red", factor, offset)], 0).unwrap();
                let told = feature.in_units(Units::Reflectance).series(&one(f32::from(word)))[0];
                let read: f32 = told.to_string().parse().unwrap();
                prop_assert_eq!(((f64::from(read) - offset) / factor).round() as u16, word);
            }
        }
    }
}
