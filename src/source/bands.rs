//! What is known of a band: common name, wavelength, and how its numbers become physical ones.

use serde::{Deserialize, Serialize};

/// What the catalogue of sensors knows of a band.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BandKnowledge {
    /// Its common name ("red", "nir", "swir1"), the same for all sensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common: Option<String>,
    /// Middle of what it sees, in nanometres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wavelength_nm: Option<f64>,
    /// Physical value = stored value x scale + offset; reflectances run from 0 to 1.
    pub scale: Scale,
}

/// From stored numbers to physical ones.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Physical units in one stored unit.
    pub factor: f64,
    /// Physical value of 0.
    pub offset: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { factor: 1.0, offset: 0.0 }
    }
}

impl Scale {
    /// The physical value of a stored one.
    pub fn physical(self, stored: f32) -> f32 {
        (f64::from(stored) * self.factor + self.offset) as f32
    }
}
