//! Maps of several sites, of one name or of several, made one.
//!
//! Classes are matched by their names. Where the codes of a name differ from site to site, those of the first site count and
//! the others are rewritten, which a COG can and a VRT cannot: that is refused with a sentence.

use crate::files::{free_bytes, write_atomically};
use crate::geo::merged::{
    MergeSource, blocks_of, grid_around, merge_to_cog, merge_to_vrt, on_lattice, window_on,
};
use crate::geo::raster::{Palette, RasterReader};
use crate::geo::{Crs, GeoError, Grid, Placement};
use crate::labels::{Class, qgis_style};
use crate::progress::{Cancel, Cancelled, Report};
use std::path::{Path, PathBuf};

/// Which source counts where several have a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The one that was given first.
    First,
    /// The one whose entropy is least.
    Certain,
}

impl Overlap {
    /// In a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::First => "where sites overlap, the class of the site given first counts",
            Self::Certain => {
                "where sites overlap, the class of the map that is more certain counts (less entropy)"
            }
        }
    }
}

/// What to merge.
#[derive(Debug, Clone)]
pub struct MergeSpec {
    /// Each site's name with its class map, in order.
    pub maps: Vec<(String, PathBuf)>,
    /// The coordinate system; that of the first site unless given.
    pub crs: Option<Crs>,
    /// Side of a pixel in units of the coordinate system; that of the finest map unless given.
    pub resolution: Option<f64>,
    /// Which counts where they overlap; the more certain where all have their entropy beside them, unless given.
    pub overlap: Option<Overlap>,
    /// Where to: `.tif` or `.vrt`.
    pub output: PathBuf,
}

/// What was merged.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The file.
    pub file: PathBuf,
    /// Its grid.
    pub grid: Grid,
    /// Its classes with their pixels; not counted for a VRT.
    pub classes: Vec<(Class, Option<u64>)>,
    /// Which counted where sites overlap.
    pub overlap: Overlap,
    /// Codes that were rewritten, each in a sentence.
    pub rewritten: Vec<String>,
}

/// Why maps were not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Reading or writing.
    #[error(transparent)]
    Geo(#[from] GeoError),
    /// They cannot be made one like this; a sentence with the way out.
    #[error("{0}")]
    Refused(String),
    /// Asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Makes one map of several, with its QGIS style beside it.
///
/// # Errors
/// When a map cannot be read or names no classes, the maps do not fit together, the disk has too little room, or the file cannot
/// be written.
pub fn merge_maps(spec: &MergeSpec, report: Report, cancel: &Cancel) -> Result<Merged, MergeError> {
    let is_vrt = spec.output.extension().is_some_and(|end| end.eq_ignore_ascii_case("vrt"));
    let mut legend = Matched::default();
    let mut sources = Vec::with_capacity(spec.maps.len());
    let mut model = Vec::new();
    for (site, path) in &spec.maps {
        cancel.check()?;
        let reader = RasterReader::open(path)?;
        let own =
            reader.classes()?.into_iter().map(|c| Class::new(c.code, c.name, c.colour)).collect::<Vec<_>>();
        model.extend(reader.metadata_item("RITMO_MODEL"));
        let entropy = path.with_extension("entropy.tif");
        sources.push(MergeSource {
            classes: path.clone(),
            placement: reader.info().placement.clone(),
            entropy: entropy.exists().then_some(entropy),
            codes: legend.take(site, &own)?,
        });
    }
    let overlap = overlap(spec.overlap, is_vrt, &sources)?;
    if overlap == Overlap::First {
        sources.iter_mut().for_each(|source| source.entropy = None);
    }
    let placements: Vec<&Placement> = sources.iter().map(|source| &source.placement).collect();
    let Some(first) = placements.first() else { return refuse("there is no map to merge") };
    let crs = spec.crs.clone().unwrap_or_else(|| first.crs.clone());
    let side = match spec.resolution {
        Some(side) if side.is_finite() && side > 0.0 => side,
        Some(other) => {
            return refuse(format!(
                "a resolution of {other} makes no sense: give the side of a pixel in the units of {}",
                crs.label()
            ));
        }
        None => finest(&crs, &placements)?,
    };
    let Some(grid) = grid_around(&crs, side, &placements)? else {
        return refuse(format!(
            "pixels of {side} in {} are too many: give a coarser resolution or another coordinate system",
            crs.label()
        ));
    };
    model.sort();
    model.dedup();
    let (models, sites) =
        (model.join(", "), spec.maps.iter().map(|(site, _)| site.as_str()).collect::<Vec<_>>().join(", "));
    let metadata = [
        ("RITMO_MODEL", models.as_str()),
        ("RITMO_SITES", sites.as_str()),
        ("RITMO_OVERLAP", overlap.sentence()),
    ];
    let palette =
        Palette { entries: legend.classes.iter().map(|c| (c.code, c.name.as_str(), c.colour)).collect() };
    let counts = if is_vrt {
        check_lattice(&grid, spec, &placements)?;
        if let Some(why) = legend.rewritten.first() {
            return refuse(format!("{why}, and a VRT cannot rewrite codes: end the file's name in .tif"));
        }
        merge_to_vrt(&spec.output, &grid, &sources, &palette, &metadata)?;
        None
    } else {
        check_room(&spec.output, &grid, &placements)?;
        Some(merge_to_cog::<MergeError>(
            &spec.output,
            &grid,
            &sources,
            (&palette, &metadata),
            report,
            cancel,
        )?)
    };
    let style = spec.output.with_extension("qml");
    write_atomically(&style, qgis_style(&legend.classes).as_bytes())
        .map_err(|error| GeoError::Write { path: style.clone(), why: error.to_string() })?;
    let count = |class: Class| {
        let pixels = counts.map(|counts| counts[usize::from(class.code)]);
        (class, pixels)
    };
    Ok(Merged {
        file: spec.output.clone(),
        grid,
        classes: legend.classes.into_iter().map(count).collect(),
        overlap,
        rewritten: legend.rewritten,
    })
}

fn refuse<T>(why: impl Into<String>) -> Result<T, MergeError> {
    Err(MergeError::Refused(why.into()))
}

fn overlap(asked: Option<Overlap>, is_vrt: bool, sources: &[MergeSource]) -> Result<Overlap, MergeError> {
    let lacking = sources.iter().find(|source| source.entropy.is_none());
    match (asked, is_vrt, lacking) {
        (Some(Overlap::Certain), true, _) => refuse(
            "a VRT cannot tell which map is more certain: end the file's name in .tif, or let the first site count",
        ),
        (Some(Overlap::Certain), false, Some(source)) => refuse(format!(
            "{} has no raster of entropy beside it: map its site again, or let the first site count",
            source.classes.display()
        )),
        (Some(asked), ..) => Ok(asked),
        (None, false, None) => Ok(Overlap::Certain),
        (None, ..) => Ok(Overlap::First),
    }
}

/// Classes of several maps, matched by name.
#[derive(Default)]
struct Matched {
    classes: Vec<Class>,
    rewritten: Vec<String>,
}

impl Matched {
    /// Takes in the classes of a map; gives what each of its codes becomes. Codes that name no class become nodata.
    fn take(&mut self, site: &str, own: &[Class]) -> Result<Box<[u8; 256]>, MergeError> {
        let mut codes = Box::new([255u8; 256]);
        for class in own {
            let known = self.classes.iter().find(|known| known.name == class.name).map(|known| known.code);
            let code = match known {
                Some(code) => code,
                None => {
                    let taken = |code: u8| self.classes.iter().any(|known| known.code == code);
                    let free = std::iter::once(class.code).chain(1..=254).find(|code| !taken(*code));
                    let Some(code) = free else {
                        return refuse(format!(
                            "the maps have more than 254 classes together: there is no code left for {} of {site}",
                            class.name
                        ));
                    };
                    self.classes.push(Class { code, ..class.clone() });
                    code
                }
            };
            if code != class.code {
                let words = format!(
                    "{} has the code {} on the map of {site} and {code} on the merged one",
                    class.name, class.code
                );
                self.rewritten.push(words);
            }
            codes[usize::from(class.code)] = code;
        }
        self.classes.sort_by_key(|class| class.code);
        Ok(codes)
    }
}

/// The finest pixel of the maps, in units of a system.
fn finest(crs: &Crs, placements: &[&Placement]) -> Result<f64, MergeError> {
    let mut finest = f64::INFINITY;
    for place in placements {
        let own = place.pixel_size();
        let side = match place.grid() {
            _ if place.crs.same_as(crs) => own[0].min(own[1]),
            Some(grid) => {
                let [left, bottom, right, top] = place.extent_in(crs)?;
                let there = Grid {
                    crs: crs.clone(),
                    left,
                    top,
                    pixel_width: right - left,
                    pixel_height: top - bottom,
                    width: 1,
                    height: 1,
                };
                let (from, to) = (grid.metres_per_unit(), there.metres_per_unit());
                (own[0] * from[0] / to[0]).min(own[1] * from[1] / to[1])
            }
            None => continue,
        };
        finest = finest.min(side);
    }
    if finest.is_finite() && finest > 0.0 {
        Ok(finest)
    } else {
        refuse("the size of a pixel cannot be told from the maps: give a resolution")
    }
}

fn check_lattice(grid: &Grid, spec: &MergeSpec, placements: &[&Placement]) -> Result<(), MergeError> {
    for ((site, _), place) in spec.maps.iter().zip(placements) {
        if !place.grid().is_some_and(|own| on_lattice(grid, &own)) {
            return refuse(format!(
                "the map of {site} lies on other pixels than those of {} a side in {}, and a VRT cannot move them: end the file's name in .tif",
                grid.pixel_width,
                grid.crs.label()
            ));
        }
    }
    Ok(())
}

/// The plain file, its overviews and the COG with its own: two and two thirds bytes a pixel where nothing is compressed.
fn check_room(output: &Path, grid: &Grid, placements: &[&Placement]) -> Result<(), MergeError> {
    let windows = placements.iter().map(|place| window_on(place, grid)).collect::<Result<Vec<_>, _>>()?;
    let pixels: u64 = blocks_of(grid, &windows).iter().map(|block| block.pixels() as u64).sum();
    let needed = pixels.saturating_mul(8) / 3;
    match free_bytes(output) {
        Some(free) if free < needed => refuse(format!(
            "up to {} MB are needed to write {}, and the disk has {} MB: make room, choose another disk or a coarser resolution",
            needed.div_ceil(1 << 20),
            output.display(),
            free >> 20
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::{read_u8, write_cog_u8};

    fn grid(epsg: u32, left: f64, top: f64) -> Grid {
        let crs = Crs::from_epsg(epsg).unwrap();
        Grid { crs, left, top, pixel_width: 10.0, pixel_height: 10.0, width: 30, height: 20 }
    }

    fn write(
        folder: &Path,
        site: &str,
        grid: &Grid,
        code: u8,
        entropy: Option<u8>,
        legend: &[(u8, &str)],
    ) -> (String, PathBuf) {
        std::fs::create_dir_all(folder.join(site)).unwrap();
        let path = folder.join(site).join("m.tif");
        let entries = legend.iter().map(|(code, name)| (*code, *name, [*code, 10, 20])).collect();
        let values = vec![code; grid.pixels()];
        write_cog_u8(&path, grid, &[("class".into(), &values)], Some(&Palette { entries }), Some(255), &[])
            .unwrap();
        if let Some(entropy) = entropy {
            let values = vec![entropy; grid.pixels()];
            let path = folder.join(site).join("m.entropy.tif");
            write_cog_u8(&path, grid, &[("entropy".into(), &values)], None, Some(255), &[]).unwrap();
        }
        (site.into(), path)
    }

    fn spec(maps: Vec<(String, PathBuf)>, output: PathBuf) -> MergeSpec {
        MergeSpec { maps, crs: None, resolution: None, overlap: None, output }
    }

    fn merge(spec: &MergeSpec) -> Result<Merged, MergeError> {
        merge_maps(spec, &|_| {}, &Cancel::new())
    }

    const LEGEND: [(u8, &str); 2] = [(1, "Forest"), (2, "Water & <ice>")];

    #[test]
    fn the_more_certain_map_counts_unless_the_first_is_to() {
        let folder = tempfile::tempdir().unwrap();
        // They share ten columns.
        let (a, b) = (grid(32615, 500_000.0, 1_900_000.0), grid(32615, 500_200.0, 1_900_000.0));
        let maps = vec![
            write(folder.path(), "a", &a, 1, Some(90), &LEGEND),
            write(folder.path(), "b", &b, 2, Some(20), &LEGEND),
        ];
        let mut spec = spec(maps, folder.path().join("all.tif"));
        let merged = merge(&spec).unwrap();
        assert_eq!(merged.overlap, Overlap::Certain);
        let (all, codes) = read_u8(&merged.file, 0).unwrap();
        assert_eq!((all.width, all.height, all.left), (50, 20, 500_000.0));
        assert_eq!((codes[19], codes[20], codes[49]), (1, 2, 2));
        let pixels: Vec<_> = merged.classes.iter().map(|(_, pixels)| pixels.unwrap()).collect();
        assert_eq!(pixels, [20 * 20, 30 * 20]);
        spec.overlap = Some(Overlap::First);
        merge(&spec).unwrap();
        assert_eq!(read_u8(&spec.output, 0).unwrap().1[29], 1);
        // As a VRT the first counts, too.
        spec = MergeSpec { overlap: None, output: folder.path().join("all.vrt"), ..spec };
        let merged = merge(&spec).unwrap();
        assert_eq!(merged.overlap, Overlap::First);
        let (all, codes) = read_u8(&merged.file, 0).unwrap();
        assert_eq!((all.width, codes[29], codes[30], codes[49]), (50, 1, 2, 2));
        let text = std::fs::read_to_string(&merged.file).unwrap();
        assert!(text.contains("relativeToVRT=\"1\">a/m.tif<"), "{text}");
        assert!(text.contains("Water &amp; &lt;ice&gt;"));
        assert!(folder.path().join("all.qml").exists());
    }

    #[test]
    fn maps_of_two_zones_meet_in_a_system_of_choice_and_codes_follow_names() {
        let folder = tempfile::tempdir().unwrap();
        // 30 km apart across the border of zones 15 and 16, on the 90th meridian.
        let (a, b) = (grid(32615, 800_000.0, 1_900_000.0), grid(32616, 200_000.0, 1_900_000.0));
        let maps = vec![
            write(folder.path(), "a", &a, 2, None, &LEGEND),
            write(folder.path(), "b", &b, 1, None, &[(1, "Water & <ice>"), (2, "Maize")]),
        ];
        let mut spec = spec(maps, folder.path().join("all.tif"));
        spec.crs = Some(Crs::from_epsg(6362).unwrap());
        spec.resolution = Some(20.0);
        let merged = merge(&spec).unwrap();
        assert_eq!(merged.overlap, Overlap::First);
        assert_eq!(merged.rewritten.len(), 2, "{:?}", merged.rewritten);
        let classes: Vec<_> =
            merged.classes.iter().map(|(c, n)| (c.code, c.name.as_str(), n.unwrap() > 0)).collect();
        assert_eq!(classes, [(1, "Forest", false), (2, "Water & <ice>", true), (3, "Maize", false)]);
        let all: u64 = merged.classes.iter().map(|(_, pixels)| pixels.unwrap()).sum();
        let expected = 2.0 * 30.0 * 20.0 / 4.0;
        assert!((all as f64 - expected).abs() < 0.1 * expected, "{all} of {expected}");
        // Each lies where it did: the middle of each map is of its class.
        let reader = RasterReader::open(&merged.file).unwrap();
        for of in [&a, &b] {
            let [lon, lat] = of.lonlat_from_pixel(15.0, 10.0).unwrap();
            let (col, row) = merged.grid.pixel_from_lonlat(lon, lat).unwrap().unwrap();
            let pixel = crate::geo::Window { col, row, width: 1, height: 1 };
            assert_eq!(reader.read_bytes(0, pixel).unwrap(), [2]);
        }
        spec.output = folder.path().join("all.vrt");
        let why = merge(&spec).unwrap_err().to_string();
        assert!(why.contains("end the file's name in .tif"), "{why}");
    }

    #[test]
    fn what_cannot_be_merged_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let a = grid(32615, 500_000.0, 1_900_000.0);
        let maps = vec![write(folder.path(), "a", &a, 1, None, &LEGEND)];
        let spec = spec(maps, folder.path().join("all.tif"));
        let why = |spec: &MergeSpec| merge(spec).unwrap_err().to_string();
        let said = why(&MergeSpec { overlap: Some(Overlap::Certain), ..spec.clone() });
        assert!(said.contains("no raster of entropy"), "{said}");
        let said = why(&MergeSpec { resolution: Some(-1.0), ..spec.clone() });
        assert!(said.contains("makes no sense"), "{said}");
        let said = why(&MergeSpec { resolution: Some(1e-9), ..spec.clone() });
        assert!(said.contains("coarser resolution"), "{said}");
        let said = why(&MergeSpec { resolution: Some(3e-4), ..spec.clone() });
        assert!(said.contains("coarser resolution") && said.contains("MB"), "{said}");
        std::fs::remove_file(folder.path().join("a/m.tif.aux.xml")).unwrap();
        let said = why(&spec);
        assert!(said.contains("does not name its classes"), "{said}");
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(matches!(merge_maps(&spec, &|_| {}, &cancel), Err(MergeError::Cancelled(_))));
        assert!(!spec.output.exists());
    }

    #[test]
    fn a_merge_stops_while_its_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let a = grid(32615, 500_000.0, 1_900_000.0);
        let maps = vec![write(folder.path(), "a", &a, 1, None, &LEGEND)];
        let spec = spec(maps, folder.path().join("all.tif"));
        let cancel = Cancel::new();
        let at_the_end = |progress: crate::progress::Progress| {
            if progress.what.starts_with("Writing") {
                cancel.cancel();
            }
        };
        assert!(matches!(merge_maps(&spec, &at_the_end, &cancel), Err(MergeError::Cancelled(_))));
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside the map that was merged");
    }
}
