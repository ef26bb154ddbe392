//! From what people give to acquisitions: lists the files, looks at each once, puts together what belongs together, and
//! says what is known of it.

use super::files::{canonical, file_name, list};
use super::group::{Group, Piece, group, layers_of, role, tell_bands, without_labels};
use super::look::{Aside, Seen, look};
use super::metadata::{Products, When, landsat_when};
use super::places::{Places, labels};
use super::sensors::{BandFacts, SENSORS, Sensor, named, sensor_by_key, sensor_of_bands};
use super::table::Table;
use super::words::word;
use super::{Acquisition, Correction, InputSpec, Layer, MaskKind, Recognised, Role, Scale, SourceError};
use crate::geo::remote::is_remote;
use crate::progress::{Cancel, Report};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// Recognises what the inputs hold: which files were taken together, when, where, by which sensor, and what their bands
/// are. Only names, headers and metadata are read, each file's once. What cannot be read is told in
/// [`Recognised::damaged`], what is no imagery in [`Recognised::skipped`].
///
/// # Errors
/// When an input, a list or a table of dates leads nowhere or is wrong, a pattern, sensor or band is not known, nothing
/// at all can be recognised, or a stop was asked for.
pub fn recognise(spec: &InputSpec, report: Report, cancel: &Cancel) -> Result<Recognised, SourceError> {
    let sensor = spec.sensor.as_deref().filter(|key| !key.trim().is_empty()).map(given_sensor).transpose()?;
    let table = spec.dates.as_deref().map(Table::read).transpose()?;
    let corrections = Corrections::new(&spec.corrections);
    let mut aside = Aside::default();
    let mut listed = list(&spec.inputs, cancel)?;
    let count = listed.files.len() + listed.skipped.len();
    listed.files.retain(|path| {
        let is_kept = !corrections.leave_out(path);
        if !is_kept {
            aside.skipped.push((path.clone(), LEFT_OUT.into()));
        }
        is_kept
    });
    check_table(table.as_ref(), &listed.files)?;

    let seen = look(listed, spec, &mut aside, report, cancel)?;
    let mut places = Places::default();
    let origin = common_origin(&seen);
    let mut pieces = Vec::with_capacity(seen.len());
    for seen in seen {
        cancel.check()?;
        let when = corrections.when(&seen.path).or_else(|| table.as_ref()?.date(&seen.path));
        let place = places.index(seen.info.placement.clone());
        let by_name = sensor.or_else(|| sensor_by_name(&seen));
        match Piece::new(seen, when, place, by_name) {
            Ok(piece) => pieces.push(piece),
            Err(why) => aside.skipped.push(why),
        }
    }
    tell_bands(&mut pieces);
    let groups = group(without_labels(pieces, &mut aside));
    aside.finish();
    let tiles = tiles(&groups);
    let mut products = Products::default();
    let mut acquisitions = Vec::with_capacity(groups.len());
    for (group, tile) in groups.iter().zip(tiles) {
        cancel.check()?;
        acquisitions.push(acquisition(group, tile, sensor, &places, &mut products));
    }
    if acquisitions.is_empty() {
        return Err(nothing(count, &aside));
    }
    rename(&mut acquisitions, &spec.rename)?;
    acquisitions.sort_by(|a, b| (a.date, a.time, &a.tile, &a.key).cmp(&(b.date, b.time, &b.tile, &b.key)));
    let used = acquisitions.iter().flat_map(|a| &a.layers).map(|layer| layer.placement);
    let (placements, gone) = places.by_frequency(used);
    acquisitions
        .iter_mut()
        .flat_map(|a| &mut a.layers)
        .for_each(|layer| layer.placement = gone[layer.placement]);
    let Aside { skipped, damaged, .. } = aside;
    Ok(Recognised { acquisitions, placements, skipped, damaged, origin })
}

/// Why a file that people left out is left aside; the Add imagery page tells these from the others.
pub const LEFT_OUT: &str = "left out, as asked";

fn given_sensor(key: &str) -> Result<&'static Sensor, SourceError> {
    sensor_by_key(key.trim()).ok_or_else(|| {
        let known: Vec<_> = SENSORS.iter().map(|sensor| sensor.key).collect();
        SourceError::Sensor { key: key.to_owned(), known: known.join(", ") }
    })
}

fn check_table(table: Option<&Table>, files: &[PathBuf]) -> Result<(), SourceError> {
    match (table, files.first()) {
        (Some(table), Some(first)) if files.iter().all(|path| table.date(path).is_none()) => {
            Err(table.unused(first))
        }
        _ => Ok(()),
    }
}

/// Corrections by file, as the system knows it.
struct Corrections<'a>(HashMap<PathBuf, &'a Correction>);

impl<'a> Corrections<'a> {
    fn new(corrections: &'a [Correction]) -> Self {
        Self(corrections.iter().map(|correction| (canonical(&correction.path), correction)).collect())
    }

    fn of(&self, path: &Path) -> Option<&'a Correction> {
        if self.0.is_empty() { None } else { self.0.get(&canonical(path)).copied() }
    }

    fn leave_out(&self, path: &Path) -> bool {
        self.of(path).is_some_and(|correction| correction.leave_out)
    }

    fn when(&self, path: &Path) -> Option<When> {
        Some((self.of(path)?.date?, None))
    }
}

/// The origin that all files state.
fn common_origin(seen: &[Seen]) -> Option<String> {
    let first = seen.first()?.items.origin.clone()?;
    seen.iter().all(|seen| seen.items.origin.as_ref() == Some(&first)).then_some(first)
}

/// The sensor that the name of a file tells; PlanetScope's by the number of bands.
fn sensor_by_name(seen: &Seen) -> Option<&'static Sensor> {
    let planet = match seen.info.bands.len() {
        4 => Some("planetscope-4"),
        8 => Some("planetscope-8"),
        _ => None,
    };
    seen.facts.sensor.or(planet.filter(|_| seen.facts.is_planet)).and_then(sensor_by_key)
}

/// The tile of each group: as the names of products tell, or else what tells files apart that lie on different pixels.
fn tiles(groups: &[Group]) -> Vec<Option<String>> {
    let mut tiles: Vec<Option<String>> = groups
        .iter()
        .map(|group| group.pieces.iter().find_map(|piece| piece.seen.facts.tile.clone()))
        .collect();
    let open: Vec<usize> = (0..groups.len()).filter(|&i| tiles[i].is_none()).collect();
    let first = |i: usize| &groups[i].pieces[0];
    let places: HashSet<usize> = open.iter().map(|&i| first(i).place).collect();
    if places.len() < 2 {
        return tiles;
    }
    let rests: Vec<&str> = open.iter().map(|&i| first(i).seen.facts.rest.as_str()).collect();
    let by_name = labels(&rests);
    // Names alone do not do where one stands twice for a date: then the folders do.
    let mut seen = HashSet::new();
    let are_enough = open.iter().zip(&rests).all(|(&i, rest)| seen.insert((first(i).date, *rest)));
    let found = if are_enough {
        by_name
    } else {
        let folders: Vec<String> = open
            .iter()
            .map(|&i| {
                let folder = first(i).seen.path.parent().map(file_name).unwrap_or_default();
                format!("{folder}_{}", first(i).seen.facts.rest)
            })
            .collect();
        labels(&folders.iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (i, label) in open.into_iter().zip(found) {
        tiles[i] = label;
    }
    tiles
}

fn acquisition(
    group: &Group,
    tile: Option<String>,
    given: Option<&'static Sensor>,
    places: &Places,
    products: &mut Products,
) -> Acquisition {
    let first = &group.pieces[0];
    let date = first.date;
    let sensor = given.or_else(|| sensor_of(group, places));
    let key = sensor.map(|sensor| sensor.key);
    let mut layers = layers_of(group, key);
    let is_radiance = group.pieces.iter().any(|piece| piece.seen.facts.is_planet)
        && !group.pieces.iter().any(|piece| piece.seen.facts.stem.to_uppercase().contains("_SR"));
    for layer in &mut layers {
        know(layer, sensor);
        if is_radiance && layer.scaling.is_none() {
            layer.knowledge.scale = Scale::default();
        }
    }
    let mut time = group.pieces.iter().find_map(|piece| piece.time);
    let mut baseline =
        group.pieces.iter().find_map(|piece| piece.seen.items.baseline.or(piece.seen.facts.baseline));
    if key.is_some_and(|key| key.starts_with("sentinel-2"))
        && let Some(product) = products.of(&first.seen.path, date)
    {
        baseline = product.baseline(baseline);
        time = time.or_else(|| product.when.and_then(|(_, time)| time));
    }
    if key.is_some_and(|key| key.starts_with("landsat")) && time.is_none() {
        let when = landsat_when(&first.seen.path, &first.seen.facts.core).filter(|(day, _)| *day == date);
        time = when.and_then(|(_, time)| time);
    }
    Acquisition { key: group.key.clone(), date, time, tile, sensor: key.map(str::to_owned), baseline, layers }
}

/// What the catalogue knows of a layer; the scale that the file states goes before.
fn know(layer: &mut Layer, sensor: Option<&Sensor>) {
    let is_float = layer.pixel_type.starts_with("Float");
    if layer.role == Role::Band {
        layer.knowledge =
            sensor.map_or_else(|| named(&layer.name), |sensor| sensor.knowledge(&layer.name, is_float));
        if let Some((factor, offset)) = layer.scaling {
            layer.knowledge.scale = Scale { factor, offset };
        }
    } else {
        layer.knowledge = super::BandKnowledge::default();
    }
}

/// The sensor of a group: by its name, or by its bands.
fn sensor_of(group: &Group, places: &Places) -> Option<&'static Sensor> {
    let kinds: Vec<MaskKind> = layers_of(group, None)
        .iter()
        .filter_map(|layer| if let Role::Mask(kind) = layer.role { Some(kind) } else { None })
        .collect();
    let by_name = group.pieces.iter().find_map(|piece| sensor_by_name(&piece.seen));
    if let Some(sensor) = by_name {
        // Without its folder a name tells L1C by what it lacks only; scene classes are of L2A.
        let is_l2a = sensor.key == "sentinel-2-l1c" && kinds.contains(&MaskKind::Scl);
        return if is_l2a { sensor_by_key("sentinel-2-l2a") } else { Some(sensor) };
    }
    let bands = || group.pieces.iter().flat_map(|piece| piece.layers.iter().map(move |layer| (piece, layer)));
    let names: Vec<&str> = bands().map(|(_, (_, name, _))| name.as_str()).collect();
    let types: BTreeSet<&str> =
        bands().map(|(piece, (index, _, _))| piece.seen.info.bands[*index].pixel_type.as_str()).collect();
    let facts = BandFacts {
        is_scl: kinds.contains(&MaskKind::Scl),
        is_landsat_mask: kinds.iter().any(|kind| matches!(kind, MaskKind::QaPixel | MaskKind::Bqa)),
        is_udm2: kinds.contains(&MaskKind::Udm2),
        is_16_bit: types.contains("UInt16"),
        is_8_bit: types.contains("Byte"),
        // The radius of the sphere, in metres, to the millimetre.
        is_modis_sphere: places.get(group.pieces[0].place).crs.wkt().contains("6371007.181"),
    };
    let key = sensor_of_bands(&names, facts)?;
    let number = group.pieces.iter().find_map(|piece| landsat_number(&piece.seen.facts.stem));
    match (key.strip_prefix("landsat-").and_then(|rest| rest.split_once('-')), number) {
        // The bands tell the level, the name which of the satellites.
        (Some((_, level)), Some(number)) => {
            sensor_by_key(&format!("landsat-{number}-{level}")).or_else(|| sensor_by_key(key))
        }
        _ => sensor_by_key(key),
    }
}

/// `LC08_…` is 8.
fn landsat_number(stem: &str) -> Option<u32> {
    let number = stem.get(1..).filter(|_| stem.starts_with('L'))?.strip_prefix(['C', 'O', 'T', 'E'])?;
    number.get(..2)?.parse().ok()
}

fn nothing(count: usize, aside: &Aside) -> SourceError {
    const SHOWN: usize = 3;
    // Where no file can be had, their names are not to blame.
    let unreached = aside.damaged.iter().filter(|(path, _)| is_remote(path));
    if let Some((path, why)) = unreached.clone().next().filter(|_| unreached.count() == count) {
        return SourceError::Remote { path: path.clone(), why: why.clone() };
    }
    let examples: Vec<String> = aside
        .damaged
        .iter()
        .chain(&aside.skipped)
        .take(SHOWN)
        .map(|(path, why)| format!("{}: {why}", file_name(path)))
        .collect();
    SourceError::Nothing { count, examples: examples.join("; ") }
}

/// Gives bands other names. What is not known of a band by its old name may be known by its new one.
fn rename(acquisitions: &mut [Acquisition], names: &[(String, String)]) -> Result<(), SourceError> {
    if names.is_empty() {
        return Ok(());
    }
    let mut used = HashSet::new();
    let mut known = BTreeSet::new();
    for acquisition in acquisitions {
        let sensor = acquisition.sensor.as_deref().and_then(sensor_by_key);
        for layer in &mut acquisition.layers {
            known.insert(layer.name.clone());
            let Some((from, to)) = names.iter().find(|(from, _)| from.eq_ignore_ascii_case(&layer.name))
            else {
                continue;
            };
            used.insert(from.as_str());
            layer.name = to.clone();
            if layer.knowledge.common.is_none() && layer.role == Role::Band {
                layer.role = role(word(to), acquisition.sensor.as_deref());
                know(layer, sensor);
            }
        }
    }
    match names.iter().find(|(from, _)| !used.contains(from.as_str())) {
        Some((name, _)) => {
            let known: Vec<_> = known.into_iter().collect();
            Err(SourceError::Rename { name: name.clone(), known: known.join(", ") })
        }
        None => Ok(()),
    }
}
