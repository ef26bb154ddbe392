//! What is to be built, checked: steps, bands, grid, masks, and how each file's numbers become the cube's.

use super::masks::MaskRule;
use super::store::word_of;
use super::target::target_grid;
use super::{Band, BuildSettings, BuildSpec, CubeError, CubeInfo, MaskSetting, OffsetSetting, Period};
use crate::geo::raster::PixelType;
use crate::geo::{Grid, Placement, Resample, Window};
use crate::source::{Acquisition, Layer, Recognised, Role, Scale};
use chrono::{Datelike, Days, NaiveDate};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What Sentinel-2 adds to its numbers since processing baseline 04.00.
const BASELINE_OFFSET: f64 = 1000.0;
/// More steps than these come from a wrong date.
const MOST_STEPS: usize = 4000;

/// First and last day of a step.
type Span = (NaiveDate, NaiveDate);

/// What is to be built.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub info: CubeInfo,
    /// In order of date.
    pub steps: Vec<StepPlan>,
    pub settings: BuildSettings,
    /// Whether the cube has a mask and counts of clear observations.
    pub has_mask: bool,
    /// Pixels along columns and rows within which doubt reaches.
    pub reach: [f64; 2],
    /// What people should know, in sentences.
    pub advice: Vec<String>,
}

/// One step of the cube.
#[derive(Debug, Clone)]
pub(super) struct StepPlan {
    pub date: NaiveDate,
    pub span: Span,
    pub observations: Vec<Observation>,
}

/// One acquisition's part in a step.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    /// Its place in [`Recognised::acquisitions`].
    pub acquisition: usize,
    /// In the order of the cube's bands.
    pub bands: Vec<Input>,
    pub mask: Option<(Input, MaskRule)>,
    /// What is taken away from its numbers as the file has them, for people.
    pub offset: f64,
    /// The share of the site that is clear, where it is known.
    pub clear_share: f32,
    /// The part of the grid beyond which it shows nothing; `None` where that is not known, or where it is all of it.
    pub cover: Option<Window>,
}

impl Observation {
    /// Whether it may show anything of a window of the grid.
    pub fn reaches(&self, window: Window) -> bool {
        self.cover.is_none_or(|cover| {
            let meet = |a: u32, a_length: u32, b: u32, b_length: u32| a < b + b_length && b < a + a_length;
            meet(cover.col, cover.width, window.col, window.width)
                && meet(cover.row, cover.height, window.row, window.height)
        })
    }
}

/// The part of a grid that warped inputs can show, with room for kernels, edges that bulge, and doubt that spreads.
fn cover<'a>(inputs: impl Iterator<Item = &'a Input>, grid: &Grid, reach: [f64; 2]) -> Option<Window> {
    const SHARE: f64 = 0.05;
    const PIXELS: f64 = 16.0;
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for input in inputs {
        input.warp?;
        let [left, bottom, right, top] = input.placement.extent_in(&grid.crs).ok()?;
        let ([col, row], [last_col, last_row]) =
            (grid.pixel_from_xy(left, top), grid.pixel_from_xy(right, bottom));
        let room = |length: f64, of: u32, reach: f64| {
            SHARE * length + PIXELS + 4.0 * length / f64::from(of.max(1)) + reach
        };
        let (across, down) = (
            room(last_col - col, input.placement.width, reach[0]),
            room(last_row - row, input.placement.height, reach[1]),
        );
        all = [
            all[0].min(col - across),
            all[1].min(row - down),
            all[2].max(last_col + across),
            all[3].max(last_row + down),
        ];
    }
    if !all.iter().all(|edge| edge.is_finite()) {
        return None;
    }
    let within = |edge: f64, length: u32| edge.clamp(0.0, f64::from(length));
    let (col, row) = (within(all[0].floor(), grid.width) as u32, within(all[1].floor(), grid.height) as u32);
    let (right, bottom) =
        (within(all[2].ceil(), grid.width) as u32, within(all[3].ceil(), grid.height) as u32);
    Some(Window { col, row, width: right - col, height: bottom - row })
}

/// One band of a file.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub path: PathBuf,
    pub index: usize,
    pub pixel_type: String,
    pub nodata: Option<f64>,
    pub placement: Placement,
    /// How it is brought to the cube's grid; `None` where it lies there.
    pub warp: Option<Resample>,
    /// Column and row of its first pixel on the cube's grid, where its pixels are pixels of the grid and nothing lies between
    /// them: then it is read as it is, and warped by nobody.
    pub place: Option<[i64; 2]>,
    /// The cube's number = the file's x factor + offset.
    pub linear: Option<(f64, f64)>,
}

impl Input {
    /// Whether it is seen through another grid.
    pub fn is_warped(&self) -> bool {
        self.warp.is_some() && self.place.is_none()
    }
}

/// Column and row of the first pixel of a file on a grid, where the pixels of both are the same.
fn place_on(placement: &Placement, grid: &Grid) -> Option<[i64; 2]> {
    let own = placement.grid().filter(|own| own.crs.same_as(&grid.crs))?;
    let is_same = |a: f64, b: f64| (a / b - 1.0).abs() * f64::from(own.width.max(own.height)) < 1e-3;
    let is_whole = |edge: f64| (edge - edge.round()).abs() < 1e-3;
    let [col, row] = grid.pixel_from_xy(own.left, own.top);
    let fits = is_same(own.pixel_width, grid.pixel_width)
        && is_same(own.pixel_height, grid.pixel_height)
        && is_whole(col)
        && is_whole(row);
    fits.then_some([col.round() as i64, row.round() as i64])
}

impl Plan {
    pub fn new(spec: &BuildSpec) -> Result<Self, CubeError> {
        Self::onto(spec, None)
    }

    /// What is to be added to a cube, or made anew.
    pub fn onto(spec: &BuildSpec, base: Option<&CubeInfo>) -> Result<Self, CubeError> {
        let (found, settings) = (&spec.found, &spec.settings);
        if found.acquisitions.is_empty() {
            return Err(input(
                "there is no imagery to build a cube from. Give a folder with one multi-band GeoTIFF a date, or one file a band and date",
            ));
        }
        let within = |acquisition: &&(usize, &Acquisition)| {
            settings.from.is_none_or(|from| acquisition.1.date >= from)
                && settings.to.is_none_or(|to| acquisition.1.date <= to)
        };
        let mut taken: Vec<(usize, &Acquisition)> = found.acquisitions.iter().enumerate().collect();
        taken.retain(|acquisition| within(&acquisition));
        taken.sort_by_key(|(_, acquisition)| acquisition.date);
        let Some((_, first)) = taken.first().copied() else {
            return Err(input(
                "no acquisition lies between the first and the last day asked for. Widen them",
            ));
        };
        let names = band_names(settings, first)?;
        let chosen = choose_layers(&taken, &names, settings)?;
        let (grid, warps) = grid(found, settings, &chosen, base)?;
        let mut advice = Vec::new();
        let offsets: Vec<f64> = taken.iter().map(|(_, a)| baseline_offset(a, settings.offset)).collect();
        let scales = match base {
            Some(base) => base.bands.iter().map(|band| band.knowledge.scale).collect(),
            None => reference_scales(&chosen),
        };
        let linears = linears(&chosen, &scales, &offsets);
        let (pixel_type, nodata) = match (base, pixel_type(&chosen, &linears)?) {
            (None, own) => (own, nodata(&chosen, own)),
            (Some(base), own) if own == base.pixel_type || base.pixel_type == PixelType::Float32 => {
                (base.pixel_type, base.nodata)
            }
            (Some(base), own) => {
                return Err(input(format!(
                    "the cube has pixels of type {:?}, and these files need {own:?}. Convert them, or build the cube again from all files",
                    base.pixel_type
                )));
            }
        };
        let step_dates = step_spans(&taken, settings)?;

        let metres = grid.metres_per_unit();
        let reach = [
            settings.dilate_m / (metres[0] * grid.pixel_width),
            settings.dilate_m / (metres[1] * grid.pixel_height),
        ];
        let resample = warps.then(|| Resample::from(settings.grid.resampling));
        let mut observations: Vec<Observation> = Vec::with_capacity(taken.len());
        for (i, (place, _)) in taken.iter().enumerate() {
            let layers = &chosen[i];
            let input_of = |layer: &Layer, resample: Option<Resample>, linear| {
                let placement = found.placements[layer.placement].clone();
                Input {
                    path: layer.path.clone(),
                    index: layer.index,
                    pixel_type: layer.pixel_type.clone(),
                    nodata: layer.nodata.or(silent_nodata(layer, pixel_type, nodata)),
                    warp: resample,
                    place: resample
                        .filter(|resample| *resample == Resample::Nearest)
                        .and_then(|_| place_on(&placement, &grid)),
                    placement,
                    linear,
                }
            };
            let bands = layers.bands.iter().zip(&linears[i]);
            let bands: Vec<Input> = bands.map(|(layer, linear)| input_of(layer, resample, *linear)).collect();
            let mask = layers.mask.as_ref().map(|(layer, rule)| {
                let mut mask = input_of(layer, warps.then_some(Resample::Nearest), None);
                mask.nodata = layer.nodata;
                (mask, rule.clone())
            });
            let inputs = bands.iter().chain(mask.as_ref().map(|(input, _)| input));
            observations.push(Observation {
                acquisition: *place,
                cover: cover(inputs, &grid, reach),
                bands,
                mask,
                offset: offsets[i],
                clear_share: 1.0,
            });
        }
        let mut steps: Vec<StepPlan> = step_dates
            .iter()
            .map(|(date, span)| StepPlan { date: *date, span: *span, observations: Vec::new() })
            .collect();
        for (observation, (_, acquisition)) in observations.into_iter().zip(&taken) {
            let step = steps.partition_point(|step| step.span.1 < acquisition.date);
            if let Some(step) = steps.get_mut(step).filter(|step| step.span.0 <= acquisition.date) {
                step.observations.push(observation);
            }
        }
        let has_mask = settings.period != Period::None
            || chosen.iter().any(|layers| layers.mask.is_some())
            || steps.iter().any(|step| step.observations.len() > 1);
        if linears.iter().flatten().any(Option::is_some) {
            let shifted = offsets.iter().filter(|offset| **offset != 0.0).count();
            if shifted > 0 {
                advice.push(format!(
                    "{BASELINE_OFFSET} is taken away from the values of {}, as their processing baseline asks for",
                    count(shifted, "acquisition")
                ));
            }
        }
        let bands = names
            .iter()
            .zip(&chosen[0].bands)
            .zip(&scales)
            .map(|((name, layer), scale)| {
                let mut knowledge = layer.knowledge.clone();
                knowledge.scale = *scale;
                Band { name: name.clone(), knowledge }
            })
            .collect();
        let info = CubeInfo {
            grid,
            bands,
            dates: steps.iter().map(|step| step.date).collect(),
            pixel_type,
            nodata,
            origin: found.origin.clone(),
        };
        let mut settings = settings.clone();
        settings.anchor = settings.anchor.or(Some(first.date));
        Ok(Self { info, steps, settings, has_mask, reach, advice })
    }

    /// Takes out the steps of these places.
    pub fn drop_steps(&mut self, gone: &[usize]) {
        let mut place = 0;
        self.steps.retain(|_| {
            place += 1;
            !gone.contains(&(place - 1))
        });
        self.info.dates = self.steps.iter().map(|step| step.date).collect();
    }
}

/// The layers of one acquisition that the cube takes.
struct Chosen<'a> {
    bands: Vec<&'a Layer>,
    mask: Option<(&'a Layer, MaskRule)>,
}

impl<'a> Chosen<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Layer> {
        self.bands.iter().copied().chain(self.mask.as_ref().map(|(layer, _)| *layer))
    }
}

/// Why no cube can be made. Options of the command line stand in brackets of their own, which the window leaves out.
pub(super) fn input(why: impl Into<String>) -> CubeError {
    CubeError::Input { why: why.into() }
}

/// Names of files in a sentence: the first few, and how many more.
pub(super) fn names<'a>(paths: impl IntoIterator<Item = &'a Path>) -> String {
    const SHOWN: usize = 5;
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.dedup();
    let shown: Vec<_> = paths.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    match paths.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

pub(super) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// The bands of the cube: those asked for, else those of the first acquisition.
fn band_names(settings: &BuildSettings, first: &Acquisition) -> Result<Vec<String>, CubeError> {
    let names = match &settings.bands {
        Some(names) => names.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>(),
        None => {
            let bands = first.layers.iter().filter(|layer| layer.role == Role::Band);
            let own_mask = match &settings.mask {
                MaskSetting::Layer { name, .. } => Some(name),
                _ => None,
            };
            bands
                .map(|layer| layer.name.clone())
                .filter(|name| own_mask.is_none_or(|own| !own.eq_ignore_ascii_case(name)))
                .collect()
        }
    };
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            let why = if settings.bands.is_some() {
                format!("band {name} is asked for twice")
            } else {
                format!("{} has two bands named {name}. Give each band its own description", first.key)
            };
            return Err(input(why));
        }
    }
    if names.is_empty() {
        return Err(input("no band is asked for. Name at least one"));
    }
    Ok(names)
}

fn choose_layers<'a>(
    taken: &[(usize, &'a Acquisition)],
    names: &[String],
    settings: &BuildSettings,
) -> Result<Vec<Chosen<'a>>, CubeError> {
    let mut chosen = Vec::with_capacity(taken.len());
    for (_, acquisition) in taken {
        let mut bands = Vec::with_capacity(names.len());
        for name in names {
            bands.push(band_of(acquisition, name)?);
        }
        chosen.push(Chosen { bands, mask: mask_of(acquisition, &settings.mask)? });
    }
    let (with, without): (Vec<_>, Vec<_>) =
        chosen.iter().zip(taken).partition(|(layers, _)| layers.mask.is_some());
    if !with.is_empty() && !without.is_empty() {
        let keys: Vec<_> = without.iter().take(5).map(|(_, (_, a))| a.key.as_str()).collect();
        return Err(input(format!(
            "{} have a mask and {} none ({}). Leave those out, or build without masks (--mask none)",
            with.len(),
            without.len(),
            keys.join(", ")
        )));
    }
    Ok(chosen)
}

/// The band of an acquisition by its name, else by its common name.
fn band_of<'a>(acquisition: &'a Acquisition, name: &str) -> Result<&'a Layer, CubeError> {
    let layers = &acquisition.layers;
    let file = layers.first().map_or(acquisition.key.clone(), |layer| layer.path.display().to_string());
    let mut found = layers.iter().filter(|layer| layer.name == name);
    match (found.next(), found.next()) {
        (Some(layer), None) => return Ok(layer),
        (Some(_), Some(_)) => {
            return Err(input(format!(
                "{file} has two bands named {name}. Give each band its own description"
            )));
        }
        _ => {}
    }
    let common = |layer: &&Layer| {
        layer.role == Role::Band
            && layer.knowledge.common.as_deref().is_some_and(|common| common.eq_ignore_ascii_case(name))
    };
    let mut found = layers.iter().filter(common);
    match (found.next(), found.next()) {
        (Some(layer), None) => Ok(layer),
        _ => {
            let there: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
            Err(input(format!(
                "{file} has no band {name}, only {}. Build from the bands that all files have, or leave the file out",
                there.join(", ")
            )))
        }
    }
}

fn mask_of<'a>(
    acquisition: &'a Acquisition,
    setting: &MaskSetting,
) -> Result<Option<(&'a Layer, MaskRule)>, CubeError> {
    let kind_of = |layer: &Layer| match layer.role {
        Role::Mask(kind) => Some(kind),
        Role::Band => None,
    };
    match setting {
        MaskSetting::Off => Ok(None),
        MaskSetting::Auto => {
            let mask = acquisition.layers.iter().find_map(|layer| Some((layer, kind_of(layer)?)));
            Ok(mask.map(|(layer, kind)| (layer, MaskRule { kind: Some(kind), values: Vec::new() })))
        }
        MaskSetting::Layer { name, values } => {
            let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
            let wanted = plain(name);
            let kind_name = |layer: &Layer| kind_of(layer).map(|kind| plain(&format!("{kind:?}")));
            let layer = acquisition
                .layers
                .iter()
                .find(|layer| {
                    plain(&layer.name) == wanted || kind_name(layer).is_some_and(|kind| kind == wanted)
                })
                .ok_or_else(|| {
                    let there: Vec<_> = acquisition.layers.iter().map(|layer| layer.name.as_str()).collect();
                    input(format!(
                        "{} has no layer {name} to mask by, only {}. Name one of them, or mask none",
                        acquisition.key,
                        there.join(", ")
                    ))
                })?;
            let kind = kind_of(layer);
            if kind.is_none() && values.is_empty() {
                return Err(input(format!(
                    "which values of {name} are masked is not known: give them, as in {name}=1,3-5"
                )));
            }
            Ok(Some((layer, MaskRule { kind, values: values.clone() })))
        }
    }
}

/// The grid of the cube, and whether the input is warped to it.
fn grid(
    found: &Recognised,
    settings: &BuildSettings,
    chosen: &[Chosen],
    base: Option<&CubeInfo>,
) -> Result<(Grid, bool), CubeError> {
    let mut uses: BTreeMap<usize, Vec<&Path>> = BTreeMap::new();
    for layer in chosen.iter().flat_map(Chosen::all) {
        uses.entry(layer.placement).or_default().push(&layer.path);
    }
    let mut uses: Vec<(&Placement, Vec<&Path>)> =
        uses.into_iter().map(|(place, files)| (&found.placements[place], files)).collect();
    uses.iter_mut().for_each(|(_, files)| files.dedup());
    uses.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    let places: Vec<&Placement> = uses.iter().map(|(place, _)| *place).collect();
    if settings.grid.asks_to_warp() {
        let grid = match base {
            Some(base) => base.grid.clone(),
            None => target_grid(&settings.grid, &places)?,
        };
        // What lies there already is copied, not warped.
        let there = |place: &&Placement| place.lines_up_with(&Placement::from(&grid));
        let warps = !places.iter().all(there);
        return Ok((grid, warps));
    }
    if let Some(base) = base {
        let on_it = |place: &&Placement| place.lines_up_with(&Placement::from(&base.grid));
        if let Some((place, files)) = uses.iter().find(|(place, _)| !on_it(place)) {
            return Err(input(format!(
                "{} lies on {}, and the cube on {}. Ask for warping (--resolution), and it is brought to the cube's grid",
                names(files.iter().copied()),
                place.label(),
                base.grid.label()
            )));
        }
        return Ok((base.grid.clone(), false));
    }
    match uses.as_slice() {
        [] => Err(input("no band is asked for. Name at least one")),
        [(place, files)] => {
            let grid = place.north_up().map_err(|why| {
                input(format!("{}: {why} (--resolution, --crs or --extent)", names(files.iter().copied())))
            })?;
            Ok((grid, false))
        }
        several => {
            const SHOWN: usize = 8;
            let mut lines: Vec<_> = several
                .iter()
                .take(SHOWN)
                .map(|(place, files)| {
                    format!(
                        "{}, {}: {}",
                        count(files.len(), "file"),
                        place.label(),
                        names(files.iter().copied())
                    )
                })
                .collect();
            if several.len() > SHOWN {
                lines.push(format!("and {}", count(several.len() - SHOWN, "more grid")));
            }
            Err(input(format!(
                "the files lie on {} different grids, and a cube has one. Warp them to one by a resolution, a coordinate system or an extent (--resolution, --crs, --extent), or leave some out:\n{}",
                several.len(),
                lines.join("\n")
            )))
        }
    }
}

/// What has to be taken away from an acquisition's numbers.
fn baseline_offset(acquisition: &Acquisition, setting: OffsetSetting) -> f64 {
    // A file that states an offset itself is believed, and scaled by it.
    let stated =
        acquisition.layers.iter().any(|layer| layer.scaling.is_some_and(|(_, offset)| offset != 0.0));
    match setting {
        OffsetSetting::Keep => 0.0,
        OffsetSetting::Subtract => BASELINE_OFFSET,
        OffsetSetting::Metadata if stated => 0.0,
        OffsetSetting::Metadata => match acquisition.baseline {
            Some(baseline) if baseline >= (4, 0) => BASELINE_OFFSET,
            _ => 0.0,
        },
    }
}

/// How each band's numbers become physical ones in the cube: as in the files; where these differ, as in those without an
/// offset.
fn reference_scales(chosen: &[Chosen]) -> Vec<Scale> {
    let bands = chosen.first().map_or(0, |layers| layers.bands.len());
    let of_band = |band: usize| {
        let mut scales = chosen.iter().map(|layers| layers.bands[band].knowledge.scale);
        let first = scales.next().unwrap_or_default();
        scales.fold(first, |best, scale| if best.offset != 0.0 && scale.offset == 0.0 { scale } else { best })
    };
    (0..bands).map(of_band).collect()
}

/// For each acquisition and band, how the file's numbers become the cube's; `None` where they are the same.
fn linears(chosen: &[Chosen], scales: &[Scale], offsets: &[f64]) -> Vec<Vec<Option<(f64, f64)>>> {
    chosen
        .iter()
        .zip(offsets)
        .map(|(layers, offset)| {
            let of_band = |(layer, reference): (&&Layer, &Scale)| {
                let own = layer.knowledge.scale;
                let factor = own.factor / reference.factor;
                let shift = (own.offset - reference.offset) / reference.factor - offset * factor;
                let factor = if (factor - 1.0).abs() < 1e-9 { 1.0 } else { factor };
                let shift = if (shift - shift.round()).abs() < 1e-6 { shift.round() } else { shift };
                ((factor, shift) != (1.0, 0.0)).then_some((factor, shift))
            };
            layers.bands.iter().zip(scales).map(of_band).collect()
        })
        .collect()
}

/// The stored type: that of the input, where one type holds all of it exactly; else floating point.
fn pixel_type(chosen: &[Chosen], linears: &[Vec<Option<(f64, f64)>>]) -> Result<PixelType, CubeError> {
    let bands = || chosen.iter().flat_map(|layers| layers.bands.iter());
    let has = |kind: &str| bands().any(|layer| layer.pixel_type == kind);
    let known = ["Byte", "Int16", "UInt16", "Float32", "Float64"];
    if let Some(odd) = bands().find(|layer| !known.contains(&layer.pixel_type.as_str())) {
        return Err(input(format!(
            "pixels of type {} cannot be stored in a cube, which holds whole numbers of 16 bits or floating point. Convert them (gdal_translate -ot Float32): {}",
            odd.pixel_type,
            names(
                bands().filter(|layer| layer.pixel_type == odd.pixel_type).map(|layer| layer.path.as_path())
            )
        )));
    }
    let whole =
        linears.iter().flatten().flatten().all(|(factor, shift)| *factor == 1.0 && shift.fract() == 0.0);
    let shifted = linears.iter().flatten().any(Option::is_some);
    Ok(if has("Float32") || has("Float64") || !whole || has("Int16") && has("UInt16") {
        PixelType::Float32
    } else if has("Int16") || shifted {
        PixelType::Int16
    } else {
        PixelType::Uint16
    })
}

/// The stored value for "no observation": one that the files have; floating point has NaN.
fn nodata(chosen: &[Chosen], pixel_type: PixelType) -> f64 {
    if pixel_type == PixelType::Float32 {
        return f64::NAN;
    }
    let mut counts: Vec<(f64, usize)> = Vec::new();
    for value in chosen.iter().flat_map(|layers| &layers.bands).filter_map(|layer| layer.nodata) {
        // A value that the pixels cannot have marks nothing.
        if word_of(value, pixel_type).is_some() {
            match counts.iter_mut().find(|(other, _)| *other == value) {
                Some((_, n)) => *n += 1,
                None => counts.push((value, 1)),
            }
        }
    }
    let usual = pixel_type.usual_nodata();
    let most = counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(usual, |(value, _)| value);
    // Zero is a value like others once numbers may be negative.
    if pixel_type == PixelType::Int16
        && most == 0.0
        && chosen.iter().flat_map(|l| &l.bands).any(|l| l.pixel_type == "UInt16")
    {
        usual
    } else {
        most
    }
}

/// What marks "no observation" in a file that does not say: what does in the others; where the cube has no such number
/// in common with it, the 0 of unsigned pixels.
fn silent_nodata(layer: &Layer, pixel_type: PixelType, nodata: f64) -> Option<f64> {
    let is_unsigned = ["Byte", "UInt16"].contains(&layer.pixel_type.as_str());
    match pixel_type {
        PixelType::Uint16 => Some(nodata),
        PixelType::Int16 if is_unsigned => Some(0.0),
        PixelType::Int16 => Some(nodata),
        PixelType::Float32 => is_unsigned.then_some(0.0),
    }
}

/// The steps: the date each is shown at, with its first and last day.
fn step_spans(
    taken: &[(usize, &Acquisition)],
    settings: &BuildSettings,
) -> Result<Vec<(NaiveDate, Span)>, CubeError> {
    let (Some(first), Some(last)) = (taken.first().map(|t| t.1.date), taken.last().map(|t| t.1.date)) else {
        return Ok(Vec::new());
    };
    let mut steps = Vec::new();
    match settings.period {
        Period::None => {
            for same in taken.chunk_by(|a, b| a.1.date == b.1.date) {
                check_told_apart(same)?;
                let date = same[0].1.date;
                steps.push((date, (date, date)));
            }
        }
        Period::Month => {
            let month = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
            for month in month(first)..=month(last) {
                let day = |month: i64, day| {
                    let year = i32::try_from(month.div_euclid(12)).ok()?;
                    NaiveDate::from_ymd_opt(year, month.rem_euclid(12) as u32 + 1, day)
                };
                let ends = day(month + 1, 1).and_then(|next| next.pred_opt());
                if let (Some(start), Some(end), Some(middle)) = (day(month, 1), ends, day(month, 15)) {
                    steps.push((middle, (start, end)));
                }
            }
        }
        Period::Days(days) => {
            let days = i64::from(days.max(1));
            let anchor = settings.anchor.unwrap_or(first);
            let place = |date: NaiveDate| (date - anchor).num_days().div_euclid(days);
            let add = |n: i64| anchor.checked_add_signed(chrono::TimeDelta::days(n));
            for n in place(first)..=place(last) {
                let start = add(n * days);
                let middle = start.and_then(|start| start.checked_add_days(Days::new((days / 2) as u64)));
                if let (Some(start), Some(middle), Some(end)) = (start, middle, add((n + 1) * days - 1)) {
                    steps.push((middle, (start, end)));
                }
                if steps.len() > MOST_STEPS {
                    break;
                }
            }
        }
    }
    if steps.len() > MOST_STEPS {
        return Err(input(format!(
            "from {first} to {last} there are more than {MOST_STEPS} steps. Is one of the dates wrong? Correct it, or give a longer period"
        )));
    }
    Ok(steps)
}

/// Several files of a day are merged where they are known to be different observations; else one is a mistake.
fn check_told_apart(same: &[(usize, &Acquisition)]) -> Result<(), CubeError> {
    let differ = |a: &Acquisition, b: &Acquisition| {
        a.tile.is_some() && b.tile.is_some() && a.tile != b.tile
            || a.time.is_some() && b.time.is_some() && a.time != b.time
    };
    let told_apart = same.iter().enumerate().all(|(i, (_, a))| same[..i].iter().all(|(_, b)| differ(a, b)));
    if told_apart {
        return Ok(());
    }
    let files = same.iter().flat_map(|(_, a)| a.layers.first()).map(|layer| layer.path.as_path());
    Err(input(format!(
        "files share a date, and nothing in their names tells them apart. Leave all but one of each out, or merge them by periods of one day (--period 1d):\n{}: {}",
        same[0].1.date,
        names(files)
    )))
}

#[cfg(test)]
mod tests;
