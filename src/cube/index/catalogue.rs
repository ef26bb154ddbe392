//! The indices that people know by name.

/// An index with its formula and the paper it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IndexKnowledge {
    /// Its name.
    pub name: &'static str,
    /// What the name stands for.
    pub title: &'static str,
    /// How it is computed, over common names.
    pub formula: &'static str,
    /// Between which values land surfaces usually lie.
    pub range: [f32; 2],
    /// Where it was proposed.
    pub reference: &'static str,
}

/// The catalogue, in the order in which people look for them.
pub const CATALOGUE: [IndexKnowledge; 10] = [
    IndexKnowledge {
        name: "NDVI",
        title: "Normalised difference vegetation index",
        formula: "(nir - red) / (nir + red)",
        range: [-0.2, 1.0],
        reference: "Rouse et al. 1974, Monitoring vegetation systems in the Great Plains with ERTS, NASA SP-351",
    },
    IndexKnowledge {
        name: "EVI",
        title: "Enhanced vegetation index",
        formula: "2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)",
        range: [-0.2, 1.0],
        reference: "Huete et al. 2002, 10.1016/S0034-4257(02)00096-2",
    },
    IndexKnowledge {
        name: "EVI2",
        title: "Enhanced vegetation index of two bands",
        formula: "2.5 * (nir - red) / (nir + 2.4 * red + 1)",
        range: [-0.2, 1.0],
        reference: "Jiang et al. 2008, 10.1016/j.rse.2008.06.006",
    },
    IndexKnowledge {
        name: "SAVI",
        title: "Soil-adjusted vegetation index",
        formula: "1.5 * (nir - red) / (nir + red + 0.5)",
        range: [-0.2, 1.0],
        reference: "Huete 1988, 10.1016/0034-4257(88)90106-X",
    },
    IndexKnowledge {
        name: "NDWI",
        title: "Normalised difference water index (open water)",
        formula: "(green - nir) / (green + nir)",
        range: [-1.0, 1.0],
        reference: "McFeeters 1996, 10.1080/01431169608948714",
    },
    IndexKnowledge {
        name: "MNDWI",
        title: "Modified normalised difference water index",
        formula: "(green - swir1) / (green + swir1)",
        range: [-1.0, 1.0],
        reference: "Xu 2006, 10.1080/01431160600589179",
    },
    IndexKnowledge {
        name: "NDMI",
        title: "Normalised difference moisture index (water in leaves)",
        formula: "(nir - swir1) / (nir + swir1)",
        range: [-0.6, 0.8],
        reference: "Gao 1996, 10.1016/S0034-4257(96)00067-3",
    },
    IndexKnowledge {
        name: "NBR",
        title: "Normalised burn ratio",
        formula: "(nir - swir2) / (nir + swir2)",
        range: [-0.6, 1.0],
        reference: "Key and Benson 2006, Landscape assessment, USDA Forest Service RMRS-GTR-164",
    },
    IndexKnowledge {
        name: "BSI",
        title: "Bare soil index",
        formula: "((swir1 + red) - (nir + blue)) / ((swir1 + red) + (nir + blue))",
        range: [-0.6, 0.6],
        reference: "Rikimaru, Roy and Miyatake 2002, Tropical forest cover density mapping, Tropical Ecology 43",
    },
    IndexKnowledge {
        name: "RENDVI",
        title: "Red-edge normalised difference vegetation index",
        formula: "(rededge2 - rededge1) / (rededge2 + rededge1)",
        range: [-0.2, 0.8],
        reference: "Gitelson and Merzlyak 1994, 10.1016/1011-1344(93)06963-4",
    },
];

impl IndexKnowledge {
    /// The index of this name, however it is written.
    pub fn named(name: &str) -> Option<&'static Self> {
        CATALOGUE.iter().find(|index| index.name.eq_ignore_ascii_case(name.trim()))
    }
}
