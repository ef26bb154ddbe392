//! The catalogue of sensors: which bands each has, what they are called, what they see, and how their numbers become
//! reflectances. `red` means the same everywhere because this table says so.
//!
//! Middles of bands, in nanometres:
//! - Sentinel-2: central wavelengths of S2A (ESA, SentiWiki, "S2 Mission", table of spatial and spectral resolutions).
//! - Landsat 8 and 9, OLI: Barsi et al. 2014, "The Spectral Response of the Landsat-8 Operational Land Imager", table 1;
//!   TIRS, and TM and ETM+ of Landsat 4 to 7: middles of the ranges that USGS gives ("What are the band designations for
//!   the Landsat satellites?").
//! - MOD13Q1: middles of MODIS bands 3, 1, 2 and 7 (Didan et al. 2015, "MODIS Vegetation Index User's Guide").
//! - CBERS-4 MUX and WFI: middles of the ranges that INPE gives (cbers.inpe.br, "Câmeras imageadoras CBERS-3 e 4").
//! - PlanetScope: middles of the ranges of Planet's "Imagery Product Specification", PS2 (four bands) and PSB.SD (eight).
//!
//! Scales: Landsat Collection 2 level 2 after USGS ("How do I use a scale factor with Landsat Level-2 science products?");
//! HLS after Masek et al., "HLS Product User Guide 2.0"; the others store reflectance times 10 000. Level 1 of Landsat
//! stays as it is: its numbers become reflectances by its metadata only.

use super::{BandKnowledge, Scale};

/// A sensor at one level of processing.
#[derive(Debug)]
pub struct Sensor {
    /// The word it goes by in settings: "sentinel-2-l2a".
    pub key: &'static str,
    /// For people.
    pub title: &'static str,
    /// Its bands, in the order in which its files have them.
    pub bands: &'static [SensorBand],
    /// From stored numbers to reflectances and indices.
    reflectance: Scale,
    /// From stored numbers to temperatures.
    temperature: Scale,
}

/// A band of a sensor.
#[derive(Debug)]
pub struct SensorBand {
    /// What it is called: first as its agency does, then otherwise.
    pub names: &'static [&'static str],
    /// Its common name, where it has one.
    pub common: Option<&'static str>,
    /// Middle of what it sees, in nanometres; 0 for what is computed.
    wavelength_nm: f64,
    /// Side of its pixels as the sensor takes them, in metres.
    pub resolution_m: f64,
    is_temperature: bool,
}

impl SensorBand {
    /// Whether it goes by this name, however that is written: `B4`, `B04`, `band4`, `SR_B4` are one.
    pub fn is_called(&self, name: &str) -> bool {
        let plain = plain(name);
        self.names.iter().any(|own| self::plain(own) == plain)
    }
}

const fn band(names: &'static [&'static str], common: &'static str, nm: f64, metres: f64) -> SensorBand {
    SensorBand { names, common: Some(common), wavelength_nm: nm, resolution_m: metres, is_temperature: false }
}

const fn thermal(
    names: &'static [&'static str],
    common: Option<&'static str>,
    nm: f64,
    metres: f64,
) -> SensorBand {
    SensorBand { names, common, wavelength_nm: nm, resolution_m: metres, is_temperature: true }
}

const fn scale(factor: f64, offset: f64) -> Scale {
    Scale { factor, offset }
}

const AS_IT_IS: Scale = scale(1.0, 0.0);
const TEN_THOUSANDTHS: Scale = scale(1e-4, 0.0);

const B01: SensorBand = band(&["B01"], "coastal", 442.7, 60.0);
const B02: SensorBand = band(&["B02"], "blue", 492.4, 10.0);
const B03: SensorBand = band(&["B03"], "green", 559.8, 10.0);
const B04: SensorBand = band(&["B04"], "red", 664.6, 10.0);
const B05: SensorBand = band(&["B05"], "rededge1", 704.1, 20.0);
const B06: SensorBand = band(&["B06"], "rededge2", 740.5, 20.0);
const B07: SensorBand = band(&["B07"], "rededge3", 782.8, 20.0);
const B08: SensorBand = band(&["B08"], "nir", 832.8, 10.0);
const B8A: SensorBand = band(&["B8A"], "nir08", 864.7, 20.0);
const B09: SensorBand = band(&["B09"], "watervapour", 945.1, 60.0);
const B10: SensorBand = band(&["B10"], "cirrus", 1373.5, 60.0);
const B11: SensorBand = band(&["B11"], "swir1", 1613.7, 20.0);
const B12: SensorBand = band(&["B12"], "swir2", 2202.4, 20.0);

static S2_L1C: [SensorBand; 13] = [B01, B02, B03, B04, B05, B06, B07, B08, B8A, B09, B10, B11, B12];
static S2_L2A: [SensorBand; 12] = [B01, B02, B03, B04, B05, B06, B07, B08, B8A, B09, B11, B12];

static OLI: [SensorBand; 11] = [
    band(&["B1", "SR_B1", "sr_band1"], "coastal", 443.0, 30.0),
    band(&["B2", "SR_B2", "sr_band2"], "blue", 482.0, 30.0),
    band(&["B3", "SR_B3", "sr_band3"], "green", 561.4, 30.0),
    band(&["B4", "SR_B4", "sr_band4"], "red", 654.6, 30.0),
    band(&["B5", "SR_B5", "sr_band5"], "nir", 864.7, 30.0),
    band(&["B6", "SR_B6", "sr_band6"], "swir1", 1608.9, 30.0),
    band(&["B7", "SR_B7", "sr_band7"], "swir2", 2200.7, 30.0),
    band(&["B8"], "pan", 589.5, 15.0),
    band(&["B9"], "cirrus", 1373.4, 30.0),
    thermal(&["B10", "ST_B10"], Some("tir1"), 10_895.0, 100.0),
    thermal(&["B11", "ST_B11"], Some("tir2"), 12_005.0, 100.0),
];

static TM: [SensorBand; 7] = [
    band(&["B1", "SR_B1", "sr_band1"], "blue", 485.0, 30.0),
    band(&["B2", "SR_B2", "sr_band2"], "green", 560.0, 30.0),
    band(&["B3", "SR_B3", "sr_band3"], "red", 660.0, 30.0),
    band(&["B4", "SR_B4", "sr_band4"], "nir", 830.0, 30.0),
    band(&["B5", "SR_B5", "sr_band5"], "swir1", 1650.0, 30.0),
    thermal(&["B6", "ST_B6"], Some("tir1"), 11_450.0, 120.0),
    band(&["B7", "SR_B7", "sr_band7"], "swir2", 2215.0, 30.0),
];

static ETM: [SensorBand; 9] = [
    band(&["B1", "SR_B1", "sr_band1"], "blue", 485.0, 30.0),
    band(&["B2", "SR_B2", "sr_band2"], "green", 560.0, 30.0),
    band(&["B3", "SR_B3", "sr_band3"], "red", 660.0, 30.0),
    band(&["B4", "SR_B4", "sr_band4"], "nir", 835.0, 30.0),
    band(&["B5", "SR_B5", "sr_band5"], "swir1", 1650.0, 30.0),
    thermal(&["B6_VCID_1", "B6", "ST_B6"], Some("tir1"), 11_450.0, 60.0),
    // The same band at high gain: one of the two is common enough.
    thermal(&["B6_VCID_2"], None, 11_450.0, 60.0),
    band(&["B7", "SR_B7", "sr_band7"], "swir2", 2220.0, 30.0),
    band(&["B8"], "pan", 710.0, 15.0),
];

static HLS_S30: [SensorBand; 13] = [B01, B02, B03, B04, B05, B06, B07, B08, B8A, B09, B10, B11, B12];

static HLS_L30: [SensorBand; 10] = [
    band(&["B01"], "coastal", 443.0, 30.0),
    band(&["B02"], "blue", 482.0, 30.0),
    band(&["B03"], "green", 561.4, 30.0),
    band(&["B04"], "red", 654.6, 30.0),
    band(&["B05"], "nir", 864.7, 30.0),
    band(&["B06"], "swir1", 1608.9, 30.0),
    band(&["B07"], "swir2", 2200.7, 30.0),
    band(&["B09"], "cirrus", 1373.4, 30.0),
    thermal(&["B10"], Some("tir1"), 10_895.0, 30.0),
    thermal(&["B11"], Some("tir2"), 12_005.0, 30.0),
];

static MOD13: [SensorBand; 6] = [
    band(&["NDVI", "250m_16_days_NDVI"], "ndvi", 0.0, 250.0),
    band(&["EVI", "250m_16_days_EVI"], "evi", 0.0, 250.0),
    band(&["RED", "red_reflectance", "sur_refl_b01"], "red", 645.0, 250.0),
    band(&["NIR", "NIR_reflectance", "sur_refl_b02"], "nir", 858.5, 250.0),
    band(&["BLUE", "blue_reflectance", "sur_refl_b03"], "blue", 469.0, 250.0),
    band(&["MIR", "MIR_reflectance", "sur_refl_b07"], "swir2", 2130.0, 250.0),
];

static CBERS_MUX: [SensorBand; 6] = [
    band(&["B5", "BAND5"], "blue", 485.0, 20.0),
    band(&["B6", "BAND6"], "green", 555.0, 20.0),
    band(&["B7", "BAND7"], "red", 660.0, 20.0),
    band(&["B8", "BAND8"], "nir", 830.0, 20.0),
    band(&["NDVI"], "ndvi", 0.0, 20.0),
    band(&["EVI"], "evi", 0.0, 20.0),
];

static CBERS_WFI: [SensorBand; 6] = [
    band(&["B13", "BAND13"], "blue", 485.0, 64.0),
    band(&["B14", "BAND14"], "green", 555.0, 64.0),
    band(&["B15", "BAND15"], "red", 660.0, 64.0),
    band(&["B16", "BAND16"], "nir", 830.0, 64.0),
    band(&["NDVI"], "ndvi", 0.0, 64.0),
    band(&["EVI"], "evi", 0.0, 64.0),
];

static PLANET_4: [SensorBand; 4] = [
    band(&["blue"], "blue", 485.0, 3.0),
    band(&["green"], "green", 545.0, 3.0),
    band(&["red"], "red", 630.0, 3.0),
    band(&["nir"], "nir", 820.0, 3.0),
];

static PLANET_8: [SensorBand; 8] = [
    band(&["coastal_blue", "coastal"], "coastal", 441.5, 3.0),
    band(&["blue"], "blue", 490.0, 3.0),
    band(&["green_i", "green1"], "green1", 531.0, 3.0),
    band(&["green", "green_ii"], "green", 565.0, 3.0),
    band(&["yellow"], "yellow", 610.0, 3.0),
    band(&["red"], "red", 665.0, 3.0),
    band(&["rededge", "red_edge"], "rededge1", 705.0, 3.0),
    band(&["nir"], "nir", 865.0, 3.0),
];

const C2_L2: Scale = scale(2.75e-5, -0.2);
const C2_KELVIN: Scale = scale(0.003_418_02, 149.0);
const C1_KELVIN: Scale = scale(0.1, 0.0);

const fn sensor(
    key: &'static str,
    title: &'static str,
    bands: &'static [SensorBand],
    reflectance: Scale,
    temperature: Scale,
) -> Sensor {
    Sensor { key, title, bands, reflectance, temperature }
}

/// All sensors that are known.
pub static SENSORS: [Sensor; 23] = [
    sensor("sentinel-2-l1c", "Sentinel-2 L1C", &S2_L1C, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("sentinel-2-l2a", "Sentinel-2 L2A", &S2_L2A, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("landsat-4-l1", "Landsat 4 TM, level 1", &TM, AS_IT_IS, AS_IT_IS),
    sensor("landsat-5-l1", "Landsat 5 TM, level 1", &TM, AS_IT_IS, AS_IT_IS),
    sensor("landsat-7-l1", "Landsat 7 ETM+, level 1", &ETM, AS_IT_IS, AS_IT_IS),
    sensor("landsat-8-l1", "Landsat 8 OLI, level 1", &OLI, AS_IT_IS, AS_IT_IS),
    sensor("landsat-9-l1", "Landsat 9 OLI, level 1", &OLI, AS_IT_IS, AS_IT_IS),
    sensor("landsat-4-l2", "Landsat 4 TM, Collection 2 level 2", &TM, C2_L2, C2_KELVIN),
    sensor("landsat-5-l2", "Landsat 5 TM, Collection 2 level 2", &TM, C2_L2, C2_KELVIN),
    sensor("landsat-7-l2", "Landsat 7 ETM+, Collection 2 level 2", &ETM, C2_L2, C2_KELVIN),
    sensor("landsat-8-l2", "Landsat 8 OLI, Collection 2 level 2", &OLI, C2_L2, C2_KELVIN),
    sensor("landsat-9-l2", "Landsat 9 OLI, Collection 2 level 2", &OLI, C2_L2, C2_KELVIN),
    sensor("landsat-4-c1-l2", "Landsat 4 TM, Collection 1 level 2", &TM, TEN_THOUSANDTHS, C1_KELVIN),
    sensor("landsat-5-c1-l2", "Landsat 5 TM, Collection 1 level 2", &TM, TEN_THOUSANDTHS, C1_KELVIN),
    sensor("landsat-7-c1-l2", "Landsat 7 ETM+, Collection 1 level 2", &ETM, TEN_THOUSANDTHS, C1_KELVIN),
    sensor("landsat-8-c1-l2", "Landsat 8 OLI, Collection 1 level 2", &OLI, TEN_THOUSANDTHS, C1_KELVIN),
    sensor("hls-s30", "HLS S30 (Sentinel-2)", &HLS_S30, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("hls-l30", "HLS L30 (Landsat)", &HLS_L30, TEN_THOUSANDTHS, scale(0.01, 0.0)),
    sensor("mod13q1", "MODIS MOD13Q1", &MOD13, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("cbers-4-mux", "CBERS-4 MUX", &CBERS_MUX, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("cbers-4-wfi", "CBERS-4 WFI", &CBERS_WFI, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("planetscope-4", "PlanetScope, four bands", &PLANET_4, TEN_THOUSANDTHS, AS_IT_IS),
    sensor("planetscope-8", "PlanetScope, eight bands", &PLANET_8, TEN_THOUSANDTHS, AS_IT_IS),
];

/// A sensor by its key.
pub fn sensor_by_key(key: &str) -> Option<&'static Sensor> {
    SENSORS.iter().find(|sensor| sensor.key.eq_ignore_ascii_case(key))
}

impl Sensor {
    /// The band that goes by this name.
    pub fn band(&self, name: &str) -> Option<&'static SensorBand> {
        self.bands.iter().find(|band| band.is_called(name))
    }

    /// What is known of the band of this name, or of what the name alone says. Floating-point pixels (`is_float`) are
    /// taken as physical already: whole numbers are how reflectances are packed.
    pub fn knowledge(&self, name: &str, is_float: bool) -> BandKnowledge {
        let Some(band) = self.band(name) else { return named(name) };
        let packed = if band.is_temperature { self.temperature } else { self.reflectance };
        BandKnowledge {
            common: band.common.map(str::to_owned),
            wavelength_nm: (band.wavelength_nm > 0.0).then_some(band.wavelength_nm),
            scale: if is_float { AS_IT_IS } else { packed },
        }
    }
}

/// What the name of a band alone says.
pub(super) fn named(name: &str) -> BandKnowledge {
    BandKnowledge { common: common_name(name).map(str::to_owned), ..BandKnowledge::default() }
}

/// The common name that a word means, the same for all sensors: one of coastal, blue, green1, green, yellow, red,
/// rededge1 to rededge3, nir, nir08, watervapour, cirrus, swir1, swir2, tir1, tir2, pan, ndvi, evi. Numbers of bands mean
/// nothing without their sensor.
pub fn common_name(word: &str) -> Option<&'static str> {
    let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    Some(match plain.as_str() {
        "coastal" | "coastalblue" | "coastalaerosol" | "ultrablue" => "coastal",
        "blue" | "bluereflectance" => "blue",
        "green1" | "greeni" => "green1",
        "green" | "green2" | "greenii" | "greenreflectance" => "green",
        "yellow" => "yellow",
        "red" | "redreflectance" => "red",
        "rededge" | "rededge1" | "rededgei" | "re1" | "vre1" | "rededge071" => "rededge1",
        "rededge2" | "rededgeii" | "re2" | "vre2" | "rededge075" => "rededge2",
        "rededge3" | "rededgeiii" | "re3" | "vre3" | "rededge078" => "rededge3",
        "nir" | "nirbroad" | "broadnir" | "nirreflectance" | "nearinfrared" => "nir",
        "nir08" | "nirnarrow" | "narrownir" | "nir2" | "rededge4" | "re4" => "nir08",
        "nir09" | "watervapour" | "watervapor" => "watervapour",
        "cirrus" => "cirrus",
        "swir1" | "swir16" => "swir1",
        // MODIS calls its band 7 "middle infrared".
        "swir2" | "swir22" | "mir" | "mirreflectance" => "swir2",
        "tir1" | "lwir11" | "tirs1" => "tir1",
        "tir2" | "lwir12" | "tirs2" => "tir2",
        "pan" | "panchromatic" => "pan",
        "ndvi" => "ndvi",
        "evi" => "evi",
        _ => return None,
    })
}

/// A band's name as it is compared: capital letters and digits, `BAND` and `SR_B` as `B`, numbers without leading zeros.
pub(super) fn plain(name: &str) -> String {
    let mut plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    for (long, short) in [("SRBAND", "SRB"), ("BAND", "B")] {
        if let Some(rest) =
            plain.strip_prefix(long).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            plain = format!("{short}{rest}");
        }
    }
    if let Some(rest) =
        plain.strip_prefix("SRB").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        plain = format!("B{rest}");
    }
    if let Some(rest) = plain.strip_prefix("B0").filter(|rest| !rest.is_empty()) {
        plain = format!("B{rest}");
    }
    plain
}

/// The sensor that has these bands, where they tell: `has` answers for a name in its [`plain`] form.
pub(super) fn sensor_of_bands(names: &[&str], facts: BandFacts) -> Option<&'static str> {
    let plain: Vec<String> = names.iter().map(|name| self::plain(name)).collect();
    let has = |name: &str| plain.iter().any(|own| own == name);
    let all = |names: &[&str]| names.iter().all(|name| has(name));
    let says = |part: &str| names.iter().any(|name| name.to_ascii_uppercase().starts_with(part));
    if says("SR_B") || says("SRB") {
        if says("SR_BAND") {
            return None;
        }
        // Of TM and ETM+ the sixth band is thermal, and never a surface reflectance.
        let is_oli = names.iter().any(|name| name.eq_ignore_ascii_case("SR_B6"));
        return Some(if is_oli { "landsat-8-l2" } else { "landsat-7-l2" });
    }
    if facts.is_landsat_mask && all(&["B2", "B3", "B4"]) {
        let is_old = facts.is_8_bit || !has("B6") && !has("B10") && !has("B9");
        return Some(match (is_old, has("B8") || has("B6VCID1")) {
            (false, _) => "landsat-8-l1",
            (true, true) => "landsat-7-l1",
            (true, false) => "landsat-5-l1",
        });
    }
    let is_sentinel = has("B8A")
        || all(&["B11", "B12"])
        || (facts.is_scl && (has("B4") || has("B8")))
        || (all(&["B2", "B3", "B4", "B8"]) && !has("B1"));
    if is_sentinel {
        return Some(if has("B10") { "sentinel-2-l1c" } else { "sentinel-2-l2a" });
    }
    if all(&["B1", "B2", "B3", "B4", "B5", "B6", "B7"]) && facts.is_16_bit {
        return Some("landsat-8-l1");
    }
    if all(&["B14", "B15"]) || all(&["B15", "B16"]) {
        return Some("cbers-4-wfi");
    }
    if all(&["B5", "B6", "B7", "B8"]) && plain.len() <= 6 && !has("B4") {
        return Some("cbers-4-mux");
    }
    if has("MIR") && (has("NDVI") || has("EVI")) || facts.is_modis_sphere && (has("NDVI") || has("EVI")) {
        return Some("mod13q1");
    }
    if all(&["COASTALBLUE", "YELLOW"]) {
        return Some("planetscope-8");
    }
    (facts.is_udm2 && all(&["BLUE", "GREEN", "RED", "NIR"])).then_some("planetscope-4")
}

/// What is known of an acquisition beside the names of its bands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BandFacts {
    /// It has the scene classes of Sentinel-2.
    pub is_scl: bool,
    /// It has a mask of Landsat.
    pub is_landsat_mask: bool,
    /// It has PlanetScope's usable data mask.
    pub is_udm2: bool,
    /// Its bands are unsigned, of 16 bits.
    pub is_16_bit: bool,
    /// Its bands have 8 bits.
    pub is_8_bit: bool,
    /// It lies on the sphere that MODIS uses.
    pub is_modis_sphere: bool,
}
