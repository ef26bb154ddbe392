//! Puts files together that were taken together.

use super::files::file_name;
use super::look::{Aside, Seen};
use super::metadata::When;
use super::sensors::{Sensor, sensor_by_key};
use super::words::{Word, described, tokens, word};
use super::{Layer, MaskKind, Role};
use chrono::{NaiveDate, NaiveTime};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// A file with its date and the names of its layers.
#[derive(Debug)]
pub(super) struct Piece {
    pub seen: Seen,
    pub date: NaiveDate,
    pub time: Option<NaiveTime>,
    /// Where its pixels lie, by index.
    pub place: usize,
    /// Which band of the file, its name, and what its word means.
    pub layers: Vec<(usize, String, Option<Word>)>,
    /// What its name shares with the files that were taken with it.
    core: String,
    /// Neither name nor file tell what its one band is.
    is_unnamed: bool,
}

/// Files that were taken together.
#[derive(Debug)]
pub(super) struct Group {
    pub key: String,
    pub pieces: Vec<Piece>,
}

impl Piece {
    /// Takes a file in. `when` is its date by correction or table.
    ///
    /// # Errors
    /// Why it is left aside.
    pub fn new(
        seen: Seen,
        when: Option<When>,
        place: usize,
        sensor: Option<&Sensor>,
    ) -> Result<Self, (PathBuf, String)> {
        let facts = &seen.facts;
        let by_name = facts.date.map(|date| (date, facts.time));
        let Some((date, time)) = when.or(by_name).or(seen.items.when) else {
            return Err((seen.path, "its name has no date".into()));
        };
        // Of a day the metadata may tell the time where the name does not.
        let by_items = seen.items.when.filter(|(day, _)| *day == date).and_then(|(_, time)| time);
        let time = time.or(facts.time.filter(|_| facts.date == Some(date))).or(by_items);
        let (layers, is_unnamed) = layers(&seen, sensor);
        let is_mask = matches!(facts.band, Some((_, Some(Word::Mask(_)))));
        let core =
            if seen.info.bands.len() == 1 || is_mask || facts.is_planet { &facts.core } else { &facts.stem };
        let core = if core.is_empty() { facts.core.clone() } else { core.clone() };
        Ok(Self { date, time, place, layers, core, is_unnamed, seen })
    }

    fn folder(&self) -> &Path {
        self.seen.path.parent().unwrap_or(Path::new(""))
    }

    /// Whether all it has is one band of 8 bits that nobody says is imagery or a mask that is known.
    fn is_label_raster(&self) -> bool {
        let [(_, _, word)] = self.layers.as_slice() else { return false };
        self.seen.info.bands.len() == 1 && self.seen.info.bands[0].pixel_type == "Byte" && word.is_none()
    }
}

/// Names of the layers of a file, and whether its only one has none.
fn layers(seen: &Seen, sensor: Option<&Sensor>) -> (Vec<(usize, String, Option<Word>)>, bool) {
    let bands = &seen.info.bands;
    if let [band] = bands.as_slice() {
        if let Some((name, word)) = &seen.facts.band {
            // What people point out with a pattern is imagery by that.
            return (vec![(0, name.clone(), word.or(Some(Word::Band(None))))], false);
        }
        let name = described(&band.name);
        let is_named = band.described && !says_nothing(&name, &seen.facts.stem);
        let word = word(&name).filter(|_| is_named);
        return (vec![(0, if is_named { name } else { band.name.clone() }, word)], !is_named);
    }
    if matches!(seen.facts.band, Some((_, Some(Word::Mask(MaskKind::Udm2))))) {
        return (vec![(0, "UDM2".into(), Some(Word::Mask(MaskKind::Udm2)))], false);
    }
    let by_catalogue =
        sensor.filter(|sensor| sensor.bands.len() == bands.len() && bands.iter().all(|band| !band.described));
    let name = |i: usize| match by_catalogue {
        Some(sensor) => sensor.bands[i].names[0].to_owned(),
        None => described(&bands[i].name),
    };
    let mut seen_names = HashSet::new();
    let layers = (0..bands.len()).map(|i| {
        let name = name(i);
        // Two bands of one name would be one.
        let name = if seen_names.insert(name.clone()) { name } else { format!("band{}", i + 1) };
        let word = word(&name);
        (i, name, word)
    });
    (layers.collect(), false)
}

/// Descriptions that programs write by themselves: "Band 1", "Gray", "Layer_1", or the file's name.
fn says_nothing(description: &str, stem: &str) -> bool {
    let letters: String =
        description.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    let is_other = description.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-'));
    description == stem
        || (is_other && matches!(letters.as_str(), "" | "band" | "gray" | "grey" | "layer" | "lyr"))
}

/// Tells what the one band of files is whose names have no word that is known: the part in which the files of one date
/// differ, where it is always the same part and they lie on the same pixels.
pub(super) fn tell_bands(pieces: &mut [Piece]) {
    let mut by_date: HashMap<NaiveDate, Vec<usize>> = HashMap::new();
    for (i, piece) in pieces.iter().enumerate().filter(|(_, piece)| piece.is_unnamed) {
        by_date.entry(piece.date).or_default().push(i);
    }
    let parts = |i: usize| -> Vec<String> {
        tokens(&pieces[i].seen.facts.stem).iter().map(|token| token.text.to_owned()).collect()
    };
    let mut found: Option<(usize, usize)> = None;
    for files in by_date.values().filter(|files| files.len() > 1) {
        let first = parts(files[0]);
        let mut differing = HashSet::new();
        for &file in &files[1..] {
            let other = parts(file);
            if other.len() != first.len() || pieces[file].place != pieces[files[0]].place {
                return;
            }
            differing.extend((0..first.len()).filter(|&i| other[i] != first[i]));
        }
        let mut differing = differing.into_iter();
        let (Some(at), None) = (differing.next(), differing.next()) else { return };
        if found.is_some_and(|found| found != (at, first.len())) {
            return;
        }
        found = Some((at, first.len()));
    }
    let Some((at, count)) = found else { return };
    for piece in pieces.iter_mut().filter(|piece| piece.is_unnamed) {
        let stem = piece.seen.facts.stem.clone();
        let tokens = tokens(&stem);
        if tokens.len() != count {
            continue;
        }
        let token = tokens[at];
        let cut = |text: &str| text.replacen(token.text, "", 1);
        let before = stem[..token.start].trim_end_matches(['_', '-', '.', ' ']);
        piece.core = format!("{before}{}", &stem[token.end()..]);
        piece.seen.facts.rest = cut(&piece.seen.facts.rest);
        piece.layers = vec![(0, token.text.to_owned(), Some(Word::Band(None)))];
        piece.is_unnamed = false;
    }
}

/// Leaves label rasters and the like aside.
pub(super) fn without_labels(pieces: Vec<Piece>, aside: &mut Aside) -> Vec<Piece> {
    let (labels, kept): (Vec<_>, Vec<_>) = pieces.into_iter().partition(Piece::is_label_raster);
    let why = "one band of 8 bits: labels or a mask, no image";
    aside.skipped.extend(labels.into_iter().map(|piece| (piece.seen.path, why.to_owned())));
    kept
}

/// Puts together what was taken together: the same name but for the band, the same product, the same day.
pub(super) fn group(pieces: Vec<Piece>) -> Vec<Group> {
    let mut groups: BTreeMap<(NaiveDate, String, Option<PathBuf>), Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        let key = (piece.date, piece.core.clone(), piece.seen.facts.root.clone());
        groups.entry(key).or_default().push(piece);
    }
    let mut done = Vec::with_capacity(groups.len());
    for ((_, core, root), pieces) in groups {
        if is_whole(&pieces) {
            done.push(Group { key: key(&core, root.as_deref(), &pieces), pieces });
            continue;
        }
        // The same names in several folders are several acquisitions.
        let mut by_folder: BTreeMap<PathBuf, Vec<Piece>> = BTreeMap::new();
        for piece in pieces {
            by_folder.entry(piece.folder().to_owned()).or_default().push(piece);
        }
        let are_several = by_folder.len() > 1;
        for (folder, pieces) in by_folder {
            for pieces in apart(pieces) {
                let key = key(&core, root.as_deref(), &pieces);
                let key = if are_several { format!("{}/{key}", file_name(&folder)) } else { key };
                done.push(Group { key, pieces });
            }
        }
    }
    done
}

/// Whether no band comes twice.
fn is_whole(pieces: &[Piece]) -> bool {
    let mut names = HashSet::new();
    pieces.iter().flat_map(|piece| &piece.layers).all(|(_, name, _)| names.insert(name.as_str()))
}

/// Takes files apart that have the same band: `a.tif` and `a.jp2`. There are but a few in a folder.
fn apart(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut done: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        let has = |group: &Vec<Piece>| {
            let names =
                |piece: &Piece| piece.layers.iter().map(|(_, name, _)| name.clone()).collect::<HashSet<_>>();
            let own = names(&piece);
            group.iter().any(|other| !names(other).is_disjoint(&own))
        };
        match done.iter_mut().find(|group| !has(group)) {
            Some(group) => group.push(piece),
            None => done.push(vec![piece]),
        }
    }
    done
}

fn key(core: &str, root: Option<&Path>, pieces: &[Piece]) -> String {
    if let Some(product) = root.map(file_name).filter(|name| name.to_uppercase().ends_with(".SAFE")) {
        return product[..product.len() - ".SAFE".len()].to_owned();
    }
    match pieces {
        [piece] => file_name(&piece.seen.path),
        _ if core.is_empty() => root.map(file_name).unwrap_or_else(|| pieces[0].date.to_string()),
        _ => core.to_owned(),
    }
}

/// The layers of a group, with their roles under a sensor.
pub(super) fn layers_of(group: &Group, sensor: Option<&str>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for piece in &group.pieces {
        for (index, name, word) in &piece.layers {
            let band = &piece.seen.info.bands[*index];
            layers.push(Layer {
                path: piece.seen.path.clone(),
                index: *index,
                name: name.clone(),
                role: role(*word, sensor),
                knowledge: super::BandKnowledge::default(),
                pixel_type: band.pixel_type.clone(),
                nodata: band.nodata,
                scaling: band.scaling,
                placement: piece.place,
            });
        }
    }
    if group.pieces.len() > 1 {
        layers.sort_by_cached_key(|layer| order(layer, sensor));
    }
    layers
}

/// Files come in order of name, in which `B10` stands before `B2`: bands in the order of the sensor, masks last.
fn order(layer: &Layer, sensor: Option<&str>) -> (bool, usize, PathBuf, usize) {
    let is_mask = layer.role != Role::Band;
    let place = sensor
        .and_then(sensor_by_key)
        .and_then(|sensor| sensor.bands.iter().position(|band| band.is_called(&layer.name)));
    let place = place.map_or(usize::MAX, |place| place);
    (is_mask, place, layer.path.clone(), layer.index)
}

/// What a layer is for. Words that stand aside in a file of their own are bands in a file that people made.
pub(super) fn role(word: Option<Word>, sensor: Option<&str>) -> Role {
    let sensor = sensor.unwrap_or_default();
    match word {
        Some(Word::Mask(MaskKind::Fmask)) if sensor.starts_with("hls") => Role::Mask(MaskKind::HlsFmask),
        Some(Word::Mask(kind)) => Role::Mask(kind),
        // The cloud band of sits is that of the product itself.
        Some(Word::Cloud) if sensor.starts_with("sentinel-2") => Role::Mask(MaskKind::Scl),
        Some(Word::Cloud) if sensor.starts_with("landsat") => Role::Mask(MaskKind::QaPixel),
        Some(Word::Cloud) if sensor.starts_with("cbers") => Role::Mask(MaskKind::Cmask),
        Some(Word::Cloud) if sensor == "mod13q1" => Role::Mask(MaskKind::Reliability),
        _ => Role::Band,
    }
}
