//! Composites that people know by name.

use crate::cube::{Band, Feature, IndexError, NamedIndex};

/// Three bands, by common names, shown red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name on the command line.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What is shown red, green and blue.
    pub channels: [&'static str; 3],
    /// What one sees in it.
    pub shows: &'static str,
}

/// The composites that people ask for, natural colour first.
pub const PRESETS: [Preset; 6] = [
    Preset {
        name: "natural",
        title: "Natural colour",
        channels: ["red", "green", "blue"],
        shows: "The land as the eye would see it",
    },
    Preset {
        name: "infrared",
        title: "Colour infrared",
        channels: ["nir", "red", "green"],
        shows: "Vegetation is red, the more vigorous the brighter",
    },
    Preset {
        name: "shortwave",
        title: "Shortwave infrared",
        channels: ["swir2", "nir", "red"],
        shows: "Vegetation is green, bare soil and burns are red to violet, water is black",
    },
    Preset {
        name: "agriculture",
        title: "Agriculture",
        channels: ["swir1", "nir", "blue"],
        shows: "Crops are bright green, fallow and soil are violet",
    },
    Preset {
        name: "land-water",
        title: "Land and water",
        channels: ["nir", "swir1", "red"],
        shows: "Vegetation is orange to brown, soil green to cyan, water black",
    },
    Preset {
        name: "built-up",
        title: "Built-up",
        channels: ["swir2", "swir1", "red"],
        shows: "Towns and bare rock are violet to white, vegetation is green, water is black",
    },
];

/// The channels that texts mean on a cube of these bands: three, or one that is shown on a ramp of colours.
///
/// # Errors
/// [`IndexError`] where a text means nothing there, or their number is another.
pub fn channels(texts: &[String], bands: &[Band], own: &[NamedIndex]) -> Result<Vec<Feature>, IndexError> {
    if !matches!(texts.len(), 1 | 3) {
        let why = format!("{} channels make no picture: give three, or one", texts.len());
        return Err(IndexError::Syntax { at: 0, why });
    }
    texts.iter().map(|text| Feature::resolve(text, bands, own)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::natural_channels;
    use super::*;

    #[test]
    fn a_cube_of_two_bands_shows_the_first_on_a_ramp() {
        let folder = tempfile::tempdir().unwrap();
        let grid = crate::geo::Grid {
            crs: crate::geo::Crs::from_epsg(32615).unwrap(),
            left: 0.0,
            top: 0.0,
            pixel_width: 10.0,
            pixel_height: 10.0,
            width: 4,
            height: 4,
        };
        let (path, values) = (folder.path().join("a_2020-01-01.tif"), (0..32).collect::<Vec<u16>>());
        let kind = crate::geo::raster::PixelType::Int16;
        crate::geo::raster::write_mosaic(&path, &grid, &["NDVI", "EVI"], kind, -1.0, &values, &[]).unwrap();
        let input = crate::source::InputSpec { inputs: vec![path], ..Default::default() };
        let cancel = crate::progress::Cancel::new();
        let found = crate::source::recognise(&input, &|_| (), &cancel).unwrap();
        let spec = crate::cube::BuildSpec { found, settings: Default::default() };
        let store = folder.path().join("x.zarr");
        crate::cube::build(&spec, &store, &|_| (), &cancel).unwrap();
        let cube = crate::cube::Cube::open(&store).unwrap();
        let shown = natural_channels(&cube.info().bands);
        assert_eq!(shown.iter().map(|channel| channel.name.as_str()).collect::<Vec<_>>(), ["NDVI"]);
    }

    #[test]
    fn presets_are_found_on_a_cube_that_has_their_bands() {
        let bands: Vec<Band> =
            ["B02", "B03", "B04", "B08", "B11", "B12"].into_iter().map(Band::named).collect();
        for preset in PRESETS {
            let texts = preset.channels.map(str::to_string);
            let found = channels(&texts, &bands, &[]).unwrap();
            assert!(found.iter().all(|feature| !feature.is_index()), "{}", preset.title);
        }
        let error = channels(&["swir2", "nir", "red"].map(str::to_string), &bands[..4], &[]).unwrap_err();
        assert!(error.to_string().contains("`swir2`"), "{error}");
        assert!(channels(&["red".to_string(), "nir".into()], &bands, &[]).is_err());
    }
}
