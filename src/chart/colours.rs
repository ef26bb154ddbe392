//! Colours of bands, indices and pins, as red, green and blue.

use crate::cube::Band;
use crate::cube::index::common_names;

/// Colours of pins, told apart by colour and by marker.
pub const PINS: [[u8; 3]; 6] =
    [[255, 196, 0], [0, 200, 255], [255, 92, 168], [140, 230, 80], [178, 140, 255], [255, 138, 60]];

/// Of bands on dark ground.
const BANDS: [[u8; 3]; 10] = [
    [106, 164, 255],
    [98, 208, 120],
    [255, 110, 100],
    [232, 150, 190],
    [214, 130, 230],
    [170, 140, 255],
    [240, 190, 70],
    [190, 200, 90],
    [90, 210, 210],
    [200, 160, 120],
];

/// Of indices on dark ground.
const INDICES: [[u8; 3]; 10] = [
    [70, 230, 110],
    [255, 176, 58],
    [255, 232, 92],
    [255, 128, 92],
    [72, 204, 255],
    [124, 160, 255],
    [96, 240, 226],
    [255, 96, 132],
    [214, 166, 112],
    [208, 132, 255],
];

/// The colour of the band at a place of [`band_places`], readable on dark or on light ground.
pub fn band(place: usize, dark: bool) -> [u8; 3] {
    on_ground(BANDS[place % BANDS.len()], dark, 0.62)
}

/// The colour of the index at this place, brighter than those of bands.
pub fn index(place: usize, dark: bool) -> [u8; 3] {
    on_ground(INDICES[place % INDICES.len()], dark, 0.55)
}

/// A colour as it is on dark ground, darker by a factor on light ground.
fn on_ground(rgb: [u8; 3], dark: bool, factor: f32) -> [u8; 3] {
    rgb.map(|c| if dark { c } else { (f32::from(c) * factor) as u8 })
}

/// The place of each band among the colours: those with a common name have the same in every cube, red a red one; others what
/// is left.
pub fn band_places(bands: &[Band]) -> Vec<usize> {
    const PLACES: [&str; 10] =
        ["blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir1", "swir2"];
    let place = |common: Option<String>| PLACES.iter().position(|name| Some(*name) == common.as_deref());
    let mut places: Vec<Option<usize>> = common_names(bands).into_iter().map(place).collect();
    let mut free: Vec<usize> = (0..PLACES.len()).filter(|i| !places.contains(&Some(*i))).rev().collect();
    for (i, place) in places.iter_mut().enumerate() {
        place.get_or_insert_with(|| free.pop().unwrap_or(i));
    }
    places.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_has_its_colour_wherever_it_stands_and_no_two_bands_share_one() {
        let bands = |names: &[&str]| names.iter().map(|name| Band::named(*name)).collect::<Vec<_>>();
        for (names, red) in
            [(vec!["B04", "B08", "VV", "VH"], 0), (vec!["x", "swir2", "nir", "red", "blue"], 3)]
        {
            let places = band_places(&bands(&names));
            assert_eq!(places.len(), names.len());
            assert_eq!(places[red], 2, "{names:?}");
            assert!(places.iter().enumerate().all(|(i, place)| !places[..i].contains(place)), "{names:?}");
        }
    }

    #[test]
    fn more_bands_than_colours_have_one_each_all_the_same() {
        let bands = vec![Band::named("a"); 60];
        let colours: Vec<_> = band_places(&bands).into_iter().map(|place| band(place, false)).collect();
        assert_eq!(colours.len(), 60);
    }
}
