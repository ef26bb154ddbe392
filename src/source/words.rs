//! What the words for bands mean that stand in the names of files and in the descriptions of bands.

use super::MaskKind;
use super::sensors::{common_name, plain};

/// What a word says a band is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// A band, with another name where the word is a long way to say it.
    Band(Option<&'static str>),
    /// Tells clear from cloudy pixels.
    Mask(MaskKind),
    /// The clouds as sits calls them: which kind of mask that is, the sensor says.
    Cloud,
    /// No part of a cube, with why.
    Aside(&'static str),
}

const ANGLES: &str = "an angle of the sun or of the view, no image";
const QUALITY: &str = "a layer about quality that tells no clouds";
const THERMAL_PART: &str = "a step on the way to the surface temperature, no image";
const PICTURE: &str = "a picture to look at, made from other bands";

/// What a word means, by itself: "B04", "SR_B4", "QA_PIXEL", "red_reflectance" …
pub(super) fn word(text: &str) -> Option<Word> {
    let letters: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Some(match letters.as_str() {
        "SCL" => Word::Mask(MaskKind::Scl),
        "FMASK" => Word::Mask(MaskKind::Fmask),
        "QAPIXEL" => Word::Mask(MaskKind::QaPixel),
        "BQA" => Word::Mask(MaskKind::Bqa),
        "CMASK" => Word::Mask(MaskKind::Cmask),
        "PIXELRELIABILITY" | "SUMMARYQA" | "RELIABILITY" => Word::Mask(MaskKind::Reliability),
        "UDM2" => Word::Mask(MaskKind::Udm2),
        "CLOUD" => Word::Cloud,
        "TCI" | "PVI" | "VISUAL" => Word::Aside(PICTURE),
        "AOT" | "WVP" => Word::Aside("about the air, not the ground"),
        "VAA"
        | "VZA"
        | "SAA"
        | "SZA"
        | "VIEWZENITHANGLE"
        | "SUNZENITHANGLE"
        | "RELATIVEAZIMUTHANGLE"
        | "SENSORAZIMUTHBAND4"
        | "SENSORZENITHBAND4"
        | "SOLARAZIMUTHBAND4"
        | "SOLARZENITHBAND4" => Word::Aside(ANGLES),
        "QARADSAT" | "RADSATQA" | "SRQAAEROSOL" | "SRAEROSOL" | "SRCLOUDQA" | "SRATMOSOPACITY" | "STQA"
        | "VIQUALITY" | "DNUDM" | "UDM" | "MSKCLDPRB" | "MSKSNWPRB" | "MSKCLOUDS" | "CLEAROB" | "TOTALOB"
        | "PROVENANCE" | "QA60" => Word::Aside(QUALITY),
        // Its bits differ from those of QA_PIXEL.
        "PIXELQA" => Word::Aside("the pixel quality of Landsat Collection 1, whose bits are not known here"),
        "STATRAN" | "STCDIST" | "STDRAD" | "STEMIS" | "STEMSD" | "STTRAD" | "STURAD" => {
            Word::Aside(THERMAL_PART)
        }
        "DOY" | "COMPOSITEDAYOFTHEYEAR" | "DAYOFYEAR" => {
            Word::Aside("the day of the year of each pixel, no image")
        }
        "REDREFLECTANCE" => Word::Band(Some("RED")),
        "NIRREFLECTANCE" => Word::Band(Some("NIR")),
        "BLUEREFLECTANCE" => Word::Band(Some("BLUE")),
        "MIRREFLECTANCE" => Word::Band(Some("MIR")),
        "NDVI" | "EVI" | "EVI2" | "SAVI" | "MSAVI" | "NDWI" | "MNDWI" | "NDMI" | "NBR" | "NBR2" | "BSI"
        | "RENDVI" | "NDRE" | "GNDVI" | "VV" | "VH" | "B6VCID1" | "B6VCID2" => Word::Band(None),
        _ if letters.starts_with("MSK") => Word::Aside(QUALITY),
        _ if is_numbered(&letters) => Word::Band(None),
        // Words that also mean bread or the seaside.
        "PAN" | "COASTAL" => return None,
        _ => Word::Band(common_name(&letters).map(|_| None)?),
    })
}

/// `B4`, `B04`, `B8A`, `BAND15`, `SR_B4`, `ST_B10`.
fn is_numbered(letters: &str) -> bool {
    if letters.contains("00") {
        return false;
    }
    let plain = plain(letters);
    let number = plain.strip_prefix("STB").or_else(|| plain.strip_prefix('B'));
    number.is_some_and(|number| {
        number == "8A" || number.parse::<u32>().is_ok_and(|n| (1..=16).contains(&n) && number.len() <= 2)
    })
}

/// A stretch of letters and digits in a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The tokens of a name: what stands between `_`, `.`, `-`, spaces and the like.
pub(super) fn tokens(name: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in name.char_indices().chain([(name.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                tokens.push(Token { text: &name[from..at], start: from });
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

/// The last word for a band in a name, the longest that ends there: which tokens it takes, and what it means.
pub(super) fn last_word(name: &str, tokens: &[Token]) -> Option<(std::ops::Range<usize>, Word)> {
    const LONGEST: usize = 5;
    (1..=tokens.len()).rev().find_map(|end| {
        (end.saturating_sub(LONGEST)..end).find_map(|start| {
            let text = &name[tokens[start].start..tokens[end - 1].end()];
            word(text).map(|word| (start..end, word))
        })
    })
}

/// The name of a band whose file describes it: as the description is, where that is a name; the word in it, where it is
/// a sentence ("B04, central wavelength 665 nm", "250m 16 days NDVI").
pub(super) fn described(description: &str) -> String {
    let description = description.trim();
    let first = description.split(',').next().unwrap_or_default().trim();
    if description.contains(',') && word(first).is_some() {
        return first.to_owned();
    }
    let tokens = tokens(description);
    if tokens.len() > 3
        && let Some((at, word)) = last_word(description, &tokens)
        && at.end == tokens.len()
    {
        return name_of(&description[tokens[at.start].start..tokens[at.end - 1].end()], word);
    }
    description.to_owned()
}

/// What a band is called whose file's name has this word.
pub(super) fn name_of(text: &str, word: Word) -> String {
    match word {
        Word::Band(Some(name)) => name.to_owned(),
        Word::Mask(MaskKind::Fmask) => "Fmask".to_owned(),
        // Common words stay as they are written; numbers and acronyms are written in capitals.
        Word::Band(None) if common_name(text).is_some_and(|common| common != "ndvi" && common != "evi") => {
            text.to_owned()
        }
        _ => text.split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>().join("_").to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_bands_and_masks_are_known() {
        for (text, expected) in [
            ("B04", Some(Word::Band(None))),
            ("b8a", Some(Word::Band(None))),
            ("BAND15", Some(Word::Band(None))),
            ("SR_B4", Some(Word::Band(None))),
            ("ST_B10", Some(Word::Band(None))),
            ("nir", Some(Word::Band(None))),
            ("red_reflectance", Some(Word::Band(Some("RED")))),
            ("scl", Some(Word::Mask(MaskKind::Scl))),
            ("QA_PIXEL", Some(Word::Mask(MaskKind::QaPixel))),
            ("pixel_reliability", Some(Word::Mask(MaskKind::Reliability))),
            ("B17", None),
            ("B0", None),
            ("B", None),
            ("B004", None),
            ("pan", None),
            ("site", None),
            ("", None),
        ] {
            assert_eq!(word(text), expected, "{text}");
        }
        assert!(
            matches!(word("TCI"), Some(Word::Aside(_))) && matches!(word("MSK_DETFOO"), Some(Word::Aside(_)))
        );
    }

    #[test]
    fn the_last_and_longest_word_counts() {
        for (name, expected) in [
            ("T14QMJ_20211203T170701_B04_10m", Some(("B04", "B04"))),
            ("LC08_L2SP_013032_20180131_20200902_02_T1_SR_B4", Some(("SR_B4", "SR_B4"))),
            (
                "LC08_L2SP_013032_20180131_20200902_02_T1_SR_QA_AEROSOL",
                Some(("SR_QA_AEROSOL", "SR_QA_AEROSOL")),
            ),
            ("MOD13Q1.A2013257.h12v10_250m_16_days_red_reflectance", Some(("red_reflectance", "RED"))),
            (
                "x_250m_16_days_composite_day_of_the_year",
                Some(("composite_day_of_the_year", "COMPOSITE_DAY_OF_THE_YEAR")),
            ),
            ("TERRA_MODIS_012010_NDVI_2013-09-14", Some(("NDVI", "NDVI"))),
            ("red_river_2022-01-01_nir", Some(("nir", "nir"))),
            ("site_2022-01-01", None),
        ] {
            let tokens = tokens(name);
            let found = last_word(name, &tokens).map(|(at, word)| {
                let text = &name[tokens[at.start].start..tokens[at.end - 1].end()];
                (text.to_owned(), name_of(text, word))
            });
            let found = found.as_ref().map(|(text, name)| (text.as_str(), name.as_str()));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn descriptions_become_names() {
        for (description, name) in [
            ("B04, central wavelength 665 nm", "B04"),
            ("250m 16 days NDVI", "NDVI"),
            ("250m 16 days NIR reflectance", "NIR"),
            (" B2 ", "B2"),
            ("my own band", "my own band"),
            ("NIR, near infrared", "NIR"),
        ] {
            assert_eq!(described(description), name);
        }
    }
}
