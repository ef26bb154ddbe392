//! What the name of a file says: date, band, tile, sensor, baseline, and which files belong together.

use super::dates::{Dated, date_in_stem};
use super::pattern::Pattern;
use super::words::{Token, Word, last_word, name_of, tokens, word};
use chrono::{NaiveDate, NaiveTime};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct NameFacts {
    pub date: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub tile: Option<String>,
    /// By its key in the catalogue.
    pub sensor: Option<&'static str>,
    pub baseline: Option<(u32, u32)>,
    /// The band, if the file holds one only, and what its word means; `None` for a word that says nothing by itself.
    pub band: Option<(String, Option<Word>)>,
    /// The side of its pixels, in metres.
    pub resolution: Option<u32>,
    /// The name without its extension.
    pub stem: String,
    /// The name without its band: what the names of files share that were taken together.
    pub core: String,
    /// The core without its date: what the names share of files of one place.
    pub rest: String,
    /// A folder that the files taken together share, where the names alone do not tell: a product, or a date.
    pub root: Option<PathBuf>,
    /// It is PlanetScope's: the sensor depends on the number of bands.
    pub is_planet: bool,
}

/// Reads the name of a file and of the folders it lies in. `pattern` goes before what is known of names.
pub(super) fn read_name(path: &Path, pattern: Option<&Pattern>) -> NameFacts {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut facts = match pattern.and_then(|pattern| pattern.read(&stem)) {
        Some(read) => NameFacts {
            date: read.date.as_ref().map(|found| found.date),
            time: read.date.as_ref().and_then(|found| found.time),
            tile: read.tile.map(|at| stem[at].to_owned()),
            band: read.band.clone().map(|at| (name_by_pattern(&stem[at.clone()]), word(&stem[at]))),
            core: without(&stem, [read.band.clone()]),
            rest: without(&stem, [read.band, read.date.map(|found| found.span)]),
            stem,
            ..NameFacts::default()
        },
        None => by_itself(stem),
    };
    by_folders(&mut facts, path);
    facts
}

fn name_by_pattern(text: &str) -> String {
    word(text).map_or_else(|| text.to_owned(), |word| name_of(text, word))
}

fn by_itself(stem: String) -> NameFacts {
    let tokens = tokens(&stem);
    let capitals: Vec<String> = tokens.iter().map(|token| token.text.to_uppercase()).collect();
    let capitals: Vec<&str> = capitals.iter().map(String::as_str).collect();
    let mut dated = date_in_stem(&stem);
    let is_planet = is_planet(&stem, &capitals);
    if is_planet && let Some(found) = &mut dated {
        // Planet writes the time after the date as it writes all else.
        let time = tokens.get(1).and_then(|token| NaiveTime::parse_from_str(token.text, "%H%M%S").ok());
        found.time = found.time.or(time);
    }
    let found = last_word(&stem, &tokens).filter(|(at, _)| !is_inside(&tokens, at, dated.as_ref()));
    let mut sensor =
        sensor_of(&capitals, found.as_ref().map(|(at, _)| capitals[at.start]).unwrap_or_default());
    let bytes = |at: &Range<usize>| tokens[at.start].start..tokens[at.end - 1].end();
    let (mut band, mut band_span, mut resolution) = (None, None, None);
    if let Some((at, word)) = found {
        let mut span = bytes(&at);
        band = Some((name_of(&stem[span.clone()], word), Some(word)));
        if let Some(metres) = tokens.get(at.end).and_then(|token| metres(token.text)) {
            resolution = Some(metres);
            span.end = tokens[at.end].end();
        }
        band_span = Some(span);
    }
    let tile = tile_of(&tokens, &capitals, sensor, dated.as_ref());
    if sensor.is_none() && is_safe_name(&capitals) && band.is_some() {
        // The names of L1C have no resolution.
        sensor = Some(if resolution.is_some() { "sentinel-2-l2a" } else { "sentinel-2-l1c" });
    }
    let core = if is_planet { planet_core(&stem, &tokens) } else { without(&stem, [band_span.clone()]) };
    let rest = without(&stem, [band_span, dated.as_ref().map(|found| found.span.clone())]);
    NameFacts {
        date: dated.as_ref().map(|found| found.date),
        time: dated.and_then(|found| found.time),
        tile,
        sensor,
        baseline: capitals.iter().find_map(|token| baseline(token)),
        band,
        resolution,
        core,
        rest,
        root: None,
        is_planet,
        stem,
    }
}

/// What the folders add: the product, its baseline and level; a date or a band that the name lacks.
fn by_folders(facts: &mut NameFacts, path: &Path) {
    let name_of_folder = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
    for folder in path.ancestors().skip(1).take(6) {
        let Some(name) = name_of_folder(folder) else { break };
        let capitals = name.to_uppercase();
        if !capitals.ends_with(".SAFE") && !capitals.contains("_MSIL") {
            continue;
        }
        let tokens: Vec<&str> = capitals.split(['_', '.']).collect();
        facts.baseline = facts.baseline.or_else(|| tokens.iter().find_map(|token| baseline(token)));
        if let Some(sensor) = sensor_of(&tokens, "") {
            facts.sensor = Some(sensor);
        }
        // Until 2016 the names of files had no time of taking; that of the product does.
        if facts.stem.starts_with("S2") && facts.stem.contains("_OPER_") {
            let taken = tokens.iter().find(|token| token.starts_with('V') && token.len() == 16);
            if let Some(found) = taken.and_then(|taken| date_in_stem(taken)) {
                (facts.date, facts.time) = (Some(found.date), found.time);
            }
        }
        facts.root = Some(folder.to_owned());
        break;
    }
    let Some(parent) = path.parent() else { return };
    let Some(name) = name_of_folder(parent) else { return };
    if facts.date.is_none()
        && let Some(found) = date_in_stem(&name)
    {
        let outer = by_itself(name);
        (facts.date, facts.time) = (Some(found.date), found.time);
        facts.tile = facts.tile.take().or(outer.tile);
        facts.sensor = facts.sensor.or(outer.sensor);
        facts.root = facts.root.take().or_else(|| Some(parent.to_owned()));
        if facts.core.is_empty() {
            facts.core = outer.stem;
            facts.rest = outer.rest;
        }
    } else if facts.band.is_none()
        && let Some(Word::Band(_) | Word::Mask(_)) = word(&name)
    {
        facts.band = word(&name).map(|word| (name_of(&name, word), Some(word)));
    }
}

/// Whether a word lies in the date ("2021B04" cannot, "15.B04" may).
fn is_inside(tokens: &[Token], at: &Range<usize>, dated: Option<&Dated>) -> bool {
    dated.is_some_and(|found| {
        tokens[at.start].start < found.span.end && found.span.start < tokens[at.end - 1].end()
    })
}

/// A name without some of its parts, and without the separators that they leave at the ends or twice.
fn without<const N: usize>(stem: &str, parts: [Option<Range<usize>>; N]) -> String {
    let mut parts: Vec<Range<usize>> = parts.into_iter().flatten().collect();
    parts.sort_by_key(|part| part.start);
    let is_separator = |c: char| matches!(c, '_' | '.' | '-' | ' ');
    let mut kept = String::new();
    let mut at = 0;
    let mut keep = |at: usize, end: usize| {
        let piece = stem.get(at..end).unwrap_or_default();
        let is_twice = kept.is_empty() || (kept.ends_with(is_separator) && piece.starts_with(is_separator));
        let skipped = if is_twice { piece.chars().take_while(|c| is_separator(*c)).count() } else { 0 };
        // Separators have one byte each. Of several in the middle of a name but the first goes.
        kept.push_str(&piece[if kept.is_empty() { skipped } else { skipped.min(1) }..]);
    };
    for part in parts {
        keep(at, part.start);
        at = at.max(part.end);
    }
    keep(at, stem.len());
    kept.trim_end_matches(is_separator).to_owned()
}

/// `10m`.
fn metres(text: &str) -> Option<u32> {
    text.strip_suffix(['m', 'M'])?.parse().ok().filter(|metres| (1..=1000).contains(metres))
}

/// `N0400`.
fn baseline(token: &str) -> Option<(u32, u32)> {
    let digits = token.strip_prefix('N').filter(|digits| digits.len() == 4)?;
    let number: u32 = digits.parse().ok()?;
    Some((number / 100, number % 100))
}

/// `T14QMJ`, `14QMJ`: zone 1 to 60, a band of latitude, two letters.
fn mgrs_tile(token: &str) -> Option<&str> {
    let tile = token.strip_prefix('T').unwrap_or(token);
    let bytes = tile.as_bytes();
    let is_tile = bytes.len() == 5
        && tile.get(..2)?.parse::<u32>().is_ok_and(|zone| (1..=60).contains(&zone))
        && (b'C'..=b'X').contains(&bytes[2])
        && bytes[3..].iter().all(u8::is_ascii_uppercase);
    is_tile.then_some(tile)
}

/// `h12v10`.
fn is_modis_tile(token: &str) -> bool {
    let bytes = token.as_bytes();
    bytes.len() == 6
        && bytes[0] == b'H'
        && bytes[3] == b'V'
        && [1, 2, 4, 5].iter().all(|&i| bytes[i].is_ascii_digit())
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit())
}

/// `T14QMJ_20211203T170701_…`.
fn is_safe_name(capitals: &[&str]) -> bool {
    let [tile, taken, ..] = capitals else { return false };
    tile.starts_with('T') && mgrs_tile(tile).is_some() && taken.len() == 15 && taken.as_bytes()[8] == b'T'
}

fn is_planet(stem: &str, capitals: &[&str]) -> bool {
    let [date, time, ..] = capitals else { return false };
    is_digits(date, 8)
        && is_digits(time, 6)
        && (["3B", "3A", "1B"].iter().any(|level| capitals[2..].contains(level))
            || stem.to_lowercase().contains("analytic"))
}

/// Until the level of processing: `20220301_143012_1032`.
fn planet_core(stem: &str, tokens: &[Token]) -> String {
    let level = tokens.iter().skip(2).find(|token| matches!(token.text, "3B" | "3A" | "1B"));
    stem[..level.map_or(stem.len(), |token| token.start)].trim_end_matches('_').to_owned()
}

/// The sensor that the parts of a name tell; `band` is the first part of its band.
fn sensor_of(capitals: &[&str], band: &str) -> Option<&'static str> {
    let first = *capitals.first()?;
    let second = capitals.get(1).copied().unwrap_or_default();
    let has = |part: &str| capitals.contains(&part);
    let is_sentinel = first == "SENTINEL2" || (first == "SENTINEL" && second == "2") || {
        first.len() <= 3
            && first.strip_prefix("S2").is_some_and(|unit| matches!(unit, "" | "A" | "B" | "C" | "D"))
    };
    if is_sentinel {
        let is_cube = has("16D") || has("MSI");
        return if has("MSIL1C") || has("L1C") {
            Some("sentinel-2-l1c")
        } else if has("MSIL2A") || has("L2A") || is_cube {
            Some("sentinel-2-l2a")
        } else {
            None
        };
    }
    if first == "HLS" {
        return match second {
            "S30" => Some("hls-s30"),
            "L30" => Some("hls-l30"),
            _ => None,
        };
    }
    if first.starts_with("MOD13")
        || first.starts_with("MYD13")
        || (matches!(first, "TERRA" | "AQUA") && second == "MODIS")
    {
        return Some("mod13q1");
    }
    if first.starts_with("CB4") || first.starts_with("CBERS") {
        return Some(if has("MUX") || second == "20" { "cbers-4-mux" } else { "cbers-4-wfi" });
    }
    landsat(first, second, band)
}

/// `LC08_L2SP_…`, and before the collections `LC80130322018031LGN00`.
fn landsat(first: &str, level: &str, band: &str) -> Option<&'static str> {
    let number = first.strip_prefix(['L']).and_then(|rest| rest.strip_prefix(['C', 'O', 'T', 'E', 'M']))?;
    let is_old = number.len() > 14;
    let number: u32 = if is_old { number.get(..1)?.parse().ok()? } else { number.parse().ok()? };
    let is_reflectance = band == "SR";
    let by_number = |keys: [&'static str; 5]| match number {
        4 => Some(keys[0]),
        5 => Some(keys[1]),
        7 => Some(keys[2]),
        8 => Some(keys[3]),
        9 => Some(keys[4]),
        _ => None,
    };
    if level.starts_with("L2") {
        by_number(["landsat-4-l2", "landsat-5-l2", "landsat-7-l2", "landsat-8-l2", "landsat-9-l2"])
    } else if is_reflectance && (level.starts_with("L1") || is_old) {
        // Reflectances of Collection 1 kept the name of the product they were made from. Landsat 9 came later.
        by_number([
            "landsat-4-c1-l2",
            "landsat-5-c1-l2",
            "landsat-7-c1-l2",
            "landsat-8-c1-l2",
            "landsat-9-l2",
        ])
    } else if level.starts_with("L1") || is_old {
        by_number(["landsat-4-l1", "landsat-5-l1", "landsat-7-l1", "landsat-8-l1", "landsat-9-l1"])
    } else {
        None
    }
}

fn tile_of(
    tokens: &[Token],
    capitals: &[&str],
    sensor: Option<&str>,
    dated: Option<&Dated>,
) -> Option<String> {
    if let Some(tile) =
        capitals.iter().filter(|token| token.starts_with('T')).find_map(|token| mgrs_tile(token))
    {
        return Some(tile.to_owned());
    }
    if let Some(at) = capitals.iter().position(|token| is_modis_tile(token)) {
        return Some(tokens[at].text.to_lowercase());
    }
    let first = capitals.first()?;
    let is_sentinel = first.starts_with("S2") || first.starts_with("SENTINEL") || *first == "HLS";
    if is_sentinel && let Some(tile) = capitals.iter().find_map(|token| mgrs_tile(token)) {
        return Some(tile.to_owned());
    }
    let is_landsat = first.starts_with('L') && first.get(2..4).is_some_and(|number| is_digits(number, 2));
    if is_landsat && first.len() >= 16 {
        // Before the collections: sensor, path, row, year and day of year in one.
        return first.get(3..9).filter(|tile| is_digits(tile, 6)).map(str::to_owned);
    }
    if !is_landsat && !is_sentinel && sensor.is_none() && !first.starts_with("LC8") && *first != "LANDSAT" {
        return None;
    }
    let is_date = |token: &Token| dated.is_some_and(|found| found.span.contains(&token.start));
    let free = |i: &usize| !is_date(&tokens[*i]);
    if let Some(i) = (0..tokens.len()).filter(free).find(|&i| is_digits(tokens[i].text, 6)) {
        return Some(tokens[i].text.to_owned());
    }
    // CBERS as INPE gives it: path and row, three digits each.
    (0..tokens.len().saturating_sub(1))
        .filter(free)
        .find(|&i| is_digits(tokens[i].text, 3) && is_digits(tokens[i + 1].text, 3))
        .map(|i| format!("{}{}", tokens[i].text, tokens[i + 1].text))
}
