//! Which band of a cube a common name means.

use crate::cube::Band;
use crate::source::common_name;

/// The common name of each band of a cube: as its knowledge has it. Where nothing is known of any band, as their names
/// say it: those of common names themselves, and those of Sentinel-2.
pub fn common_names(bands: &[Band]) -> Vec<Option<String>> {
    if bands.iter().any(|band| band.knowledge.common.is_some()) {
        let known = |band: &Band| {
            let common = band.knowledge.common.as_deref()?;
            Some(common_name(common).map_or_else(|| common.to_lowercase(), str::to_string))
        };
        return bands.iter().map(known).collect();
    }
    let has = |name: &str| bands.iter().any(|band| band.name.trim().eq_ignore_ascii_case(name));
    // Landsat in HLS calls its bands B02 to B07 and B11 too, and means others from B05 on.
    let sentinel_2 = ["B08", "B8A", "B12"].into_iter().any(has);
    let by_name = |band: &Band| {
        let name = band.name.trim();
        let common = common_name(name).or_else(|| of_sentinel_2(name, sentinel_2))?;
        Some(common.to_string())
    };
    bands.iter().map(by_name).collect()
}

fn of_sentinel_2(name: &str, sure: bool) -> Option<&'static str> {
    Some(match (name.to_ascii_uppercase().as_str(), sure) {
        ("B02", _) => "blue",
        ("B03", _) => "green",
        ("B04", _) => "red",
        ("B05", true) => "rededge1",
        ("B06", true) => "rededge2",
        ("B07", true) => "rededge3",
        ("B08", _) => "nir",
        ("B8A", _) => "nir08",
        ("B11", true) => "swir1",
        ("B12", _) => "swir2",
        _ => return None,
    })
}

/// The band that a name means: by its own name, then whatever its case, then by its common name. Where a cube has no
/// `nir`, its narrow one stands in.
pub(in crate::cube) fn find_band(name: &str, bands: &[Band]) -> Option<usize> {
    let name = name.trim();
    let own = |same: &dyn Fn(&str) -> bool| bands.iter().position(|band| same(band.name.trim()));
    if let Some(found) = own(&|band| band == name).or_else(|| own(&|band| band.eq_ignore_ascii_case(name))) {
        return Some(found);
    }
    let common = common_names(bands);
    let of = |wanted: &str| common.iter().position(|common| common.as_deref() == Some(wanted));
    match common_name(name) {
        Some("nir") => of("nir").or_else(|| of("nir08")),
        Some(wanted) => of(wanted),
        // The catalogue of sensors may know names that are not listed here.
        None => of(&name.to_lowercase()),
    }
}

/// What a cube has, in a sentence: common names where they are known.
pub(in crate::cube) fn listed(bands: &[Band]) -> String {
    let common = common_names(bands);
    let told = bands.iter().zip(common).map(|(band, common)| match common {
        Some(common) if !band.name.eq_ignore_ascii_case(&common) => format!("{common} ({})", band.name),
        _ => band.name.clone(),
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::BandKnowledge;

    fn bands(names: &[&str]) -> Vec<Band> {
        names.iter().map(|name| Band::named(*name)).collect()
    }

    fn known(name: &str, common: &str) -> Band {
        let knowledge = BandKnowledge { common: Some(common.into()), ..BandKnowledge::default() };
        Band { name: name.into(), knowledge }
    }

    #[test]
    fn a_band_is_found_by_its_name_then_by_its_common_name() {
        let landsat = [known("B4", "red"), known("B5", "nir08"), known("B6", "swir16")];
        assert_eq!(find_band("B5", &landsat), Some(1));
        assert_eq!(find_band("b6", &landsat), Some(2));
        assert_eq!(find_band("Red", &landsat), Some(0));
        assert_eq!(find_band("swir1", &landsat), Some(2));
        assert_eq!(find_band("nir", &landsat), Some(1), "the narrow one stands in");
        assert_eq!(find_band("blue", &landsat), None);
    }

    #[test]
    fn names_of_sentinel_2_are_known_where_nothing_else_is() {
        let cube = bands(&["B02", "B03", "B04", "B05", "B06", "B08", "B8A", "B11", "B12"]);
        for (name, place) in [("blue", 0), ("red", 2), ("rededge1", 3), ("nir", 5), ("swir1", 7), ("mir", 8)]
        {
            assert_eq!(find_band(name, &cube), Some(place), "{name}");
        }
    }

    #[test]
    fn bands_that_landsat_calls_alike_are_not_taken_for_sentinel_2() {
        let hls_l30 = bands(&["B02", "B03", "B04", "B05", "B06", "B07"]);
        assert_eq!(find_band("red", &hls_l30), Some(2));
        assert_eq!(find_band("rededge1", &hls_l30), None);
    }

    #[test]
    fn what_is_known_of_a_cube_comes_before_what_its_names_suggest() {
        let landsat = [known("B04", "red"), known("B05", "nir08")];
        assert_eq!(find_band("rededge1", &landsat), None);
        assert_eq!(find_band("nir", &landsat), Some(1));
    }

    #[test]
    fn a_cube_says_what_it_has_by_common_names() {
        assert_eq!(listed(&bands(&["B04", "nir", "VV"])), "red (B04), nir, VV");
    }
}
