//! Sets of labelled chips: looking at one, and making sites and annotations of it.

mod labels;
mod sites;

use super::fetch_sites::note_sites_of_chips;
use super::labels_in::Imported;
use super::{CubesBuilt, JobContext, Outcome};
use crate::cube::GridSetting;
use crate::files::write_atomically;
use crate::labels::import::{CodingSeen, Numbers};
use crate::labels::{AnnotationId, Annotations, Legend};
use crate::progress::Progress;
use crate::project::Site;
use crate::source::{Chip, ChipImages, ChipPlace, ChipSet, ChipSites, chip_sites, list_chips};
use anyhow::{Context, bail};
use chrono::NaiveDate;
use labels::{import_all, label_files};
use sites::build_sites;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Chips of which polygons and raster are held against each other to tell the coding.
const SAMPLED: usize = 40;

/// Which labels of chips are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChipLabels {
    /// Polygons, and label rasters of the chips that have none.
    #[default]
    Both,
    /// Polygons.
    Vectors,
    /// Label rasters.
    Rasters,
}

/// What people choose of an import of chips.
#[derive(Debug, Clone, PartialEq)]
pub struct ChipChoice {
    /// Which images; those that most chips have where `None`.
    pub images: Option<ChipImages>,
    /// The day that the images show: their files do not tell.
    pub date: NaiveDate,
    pub sites: ChipSites,
    pub labels: ChipLabels,
    /// What the numbers of label rasters mean. They are never guessed.
    pub coding: Option<Numbers>,
    /// The inward buffer of the annotations, in metres; their class's or the project's where `None`.
    pub buffer_m: Option<f64>,
    /// The grid to warp to, where the images of a site do not lie on one.
    pub grid: GridSetting,
}

/// A set of chips to import, and the project it goes to.
#[derive(Debug, Clone)]
pub struct ImportChipsSpec {
    pub prefix: PathBuf,
    pub choice: ChipChoice,
    /// The project's folder.
    pub project: PathBuf,
    /// The sites there are.
    pub sites: Vec<Site>,
    pub legend: Legend,
    /// The first free id.
    pub first_id: AnnotationId,
    /// The project's inward buffer, in metres.
    pub buffer_m: f64,
    /// Annotations that are there already.
    pub annotations: Annotations,
}

/// What a prefix holds, before anything is imported.
#[derive(Debug)]
pub struct ChipsSurveyed {
    pub set: ChipSet,
    /// The images that most chips have.
    pub images: Option<ChipImages>,
    /// What polygons and label rasters of the same chips tell of the coding.
    pub coding: CodingSeen,
    /// How many chips were looked at for that.
    pub sampled: usize,
    /// Chips with polygons, with a label raster, with both, with neither.
    pub labelled: [usize; 4],
    /// What could not be read of the chips looked at, with why.
    pub damaged: Vec<(PathBuf, String)>,
}

/// What became of a set of chips.
#[derive(Debug, Clone, Default)]
pub struct ChipsTold {
    /// Chips that are on a site now.
    pub chips: usize,
    /// Which images were taken.
    pub images: Option<ChipImages>,
    /// The sites that they are on.
    pub sites: Vec<String>,
    /// Sites that were there from an earlier run.
    pub sites_before: usize,
    /// Files of labels whose annotations were there already.
    pub labels_before: usize,
    /// What was not imported: the file or chip, with why.
    pub aside: Vec<(PathBuf, String)>,
    /// Where that stands as a table.
    pub report: PathBuf,
    /// What a reader must know, a sentence each.
    pub notes: Vec<String>,
}

/// Chips that were imported.
#[derive(Debug)]
pub struct ChipsImported {
    pub cubes: CubesBuilt,
    /// `None` where there was no label to take.
    pub labels: Option<Imported>,
    pub told: ChipsTold,
}

/// Says what a prefix holds, and on a sample of its chips how polygons and label rasters agree in each coding.
///
/// # Errors
/// When it cannot be listed, or holds no chips.
pub fn survey_chips(prefix: &Path, context: &JobContext) -> anyhow::Result<Outcome> {
    context.progress(Progress::new(0, 0, "Listing the chips"));
    let set = list_chips(prefix, &context.cancel)?;
    let (coding, sampled, damaged) = look_at_coding(&set, context)?;
    let count = |is: fn(&Chip) -> bool| set.chips.values().filter(|chip| is(chip)).count();
    let labelled = [
        count(|chip| chip.vectors.is_some()),
        count(|chip| chip.raster.is_some()),
        count(|chip| chip.vectors.is_some() && chip.raster.is_some()),
        count(|chip| !chip.is_labelled()),
    ];
    let images = set.most_images();
    Ok(Outcome::ChipsSurveyed(Arc::new(ChipsSurveyed { set, images, coding, sampled, labelled, damaged })))
}

type Aside = Vec<(PathBuf, String)>;

fn look_at_coding(set: &ChipSet, context: &JobContext) -> anyhow::Result<(CodingSeen, usize, Aside)> {
    let both: Vec<_> = set.chips.values().filter_map(|c| c.vectors.as_ref().zip(c.raster.as_ref())).collect();
    let step = both.len().div_ceil(SAMPLED).max(1);
    let sample: Vec<_> = both.into_iter().step_by(step).collect();
    let (mut seen, mut damaged) = (CodingSeen::default(), Vec::new());
    for (n, (vectors, raster)) in sample.iter().enumerate() {
        context.cancel.check()?;
        let what = "Holding polygons against label rasters";
        context.progress(Progress::new(n as u64, sample.len() as u64, what));
        if let Err(why) = seen.look(vectors, raster) {
            damaged.push(((*vectors).clone(), why.to_string()));
        }
    }
    Ok((seen, sample.len(), damaged))
}

/// Makes sites and annotations of a set of chips. Sites and labels that are there from an earlier run are not made again.
///
/// # Errors
/// When there is nothing to import, the meaning of label rasters has to be chosen first, or no cube could be built.
pub fn import_chips(spec: &ImportChipsSpec, context: &JobContext) -> anyhow::Result<Outcome> {
    context.progress(Progress::new(0, 0, "Listing the chips"));
    let set = list_chips(&spec.prefix, &context.cancel)?;
    let mut told = ChipsTold { aside: set.aside.clone(), ..ChipsTold::default() };
    let Some(images) = spec.choice.images.or_else(|| set.most_images()) else {
        bail!(
            "none of the {} chips has an image: put images into images_dt_4B or images_dt_12B",
            set.chips.len()
        );
    };
    told.images = Some(images);
    let taken = taken(&set, images, &mut told.aside)?;
    let labels = label_files(&taken, spec, &mut told, context)?;

    let sites = chip_sites(taken.keys().copied(), spec.choice.sites);
    let cubes = build_sites(spec, &sites, &taken, &mut told, context)?;
    let failed: HashSet<&str> = cubes.failed.iter().map(|(site, _)| site.as_str()).collect();
    told.chips = sites.iter().filter(|s| !failed.contains(s.name.as_str())).map(|s| s.chips.len()).sum();
    told.aside.extend(cubes.failed.iter().map(|(site, why)| (PathBuf::from(site), why.clone())));

    let lost = sites.iter().filter(|site| failed.contains(site.name.as_str())).flat_map(|site| &site.chips);
    let labels = of_images(labels, &taken, &lost.copied().collect(), &mut told.aside);
    let labels = import_all(spec, labels, &sites, &mut told, context)?;
    told.sites =
        sites.iter().map(|s| s.name.clone()).filter(|name| !failed.contains(name.as_str())).collect();
    note_sites_of_chips(&spec.project, told.sites.iter().map(String::as_str))?;
    told.report = write_report(&spec.project, &told.aside)?;
    Ok(Outcome::ChipsImported(Box::new(ChipsImported { cubes, labels, told })))
}

/// A chip that is taken: its image, and the rest.
struct Taken<'a> {
    image: &'a Path,
    chip: &'a Chip,
}

fn taken<'a>(
    set: &'a ChipSet,
    images: ChipImages,
    aside: &mut Aside,
) -> anyhow::Result<BTreeMap<ChipPlace, Taken<'a>>> {
    let mut taken = BTreeMap::new();
    for (place, chip) in &set.chips {
        match chip.images.get(&images) {
            Some(image) => {
                if !chip.is_labelled() {
                    aside.push((image.clone(), "it has no labels: it is on a site all the same".into()));
                }
                taken.insert(*place, Taken { image, chip });
            }
            None => {
                let files = [&chip.vectors, &chip.raster].into_iter().flatten().chain(chip.images.values());
                let why = format!("its chip has no image in {}", images.folder());
                aside.extend(files.map(|file| (file.clone(), why.clone())));
            }
        }
    }
    if taken.is_empty() {
        bail!(
            "none of the {} chips has an image in {}: choose other images",
            set.chips.len(),
            images.folder()
        );
    }
    Ok(taken)
}

/// The label files of chips whose images are there: those of damaged images and of sites that could not be built are put
/// aside, and taken when they are imported again.
fn of_images(
    labels: Vec<PathBuf>,
    taken: &BTreeMap<ChipPlace, Taken>,
    lost: &HashSet<ChipPlace>,
    aside: &mut Aside,
) -> Vec<PathBuf> {
    let damaged: HashSet<&Path> = aside.iter().map(|(path, _)| path.as_path()).collect();
    let without: HashMap<&PathBuf, &Path> = taken
        .iter()
        .filter(|(place, taken)| lost.contains(place) || damaged.contains(taken.image))
        .flat_map(|(_, Taken { image, chip })| {
            [&chip.vectors, &chip.raster].into_iter().flatten().map(move |labels| (labels, *image))
        })
        .collect();
    let (put_aside, labels): (Vec<_>, Vec<_>) =
        labels.into_iter().partition(|path| without.contains_key(path));
    let why = |path: PathBuf| {
        let image = without.get(&path).map_or(String::new(), |image| image.display().to_string());
        (path, format!("the image of its chip could not be taken ({image}): import again once it is mended"))
    };
    let mut more: Vec<_> = put_aside.into_iter().map(why).collect();
    aside.append(&mut more);
    labels
}

/// Writes what was not imported as a table.
fn write_report(project: &Path, aside: &[(PathBuf, String)]) -> anyhow::Result<PathBuf> {
    let path = project.join("imports").join("chips.csv");
    let failed =
        || format!("cannot write {}. Check the free space and the rights of the folder", path.display());
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["file", "why"])?;
    for (file, why) in aside {
        table.write_record([file.display().to_string().as_str(), why])?;
    }
    let bytes = table.into_inner().map_err(|e| anyhow::anyhow!("{e}")).with_context(failed)?;
    std::fs::create_dir_all(project.join("imports")).with_context(failed)?;
    write_atomically(&path, &bytes).with_context(failed)?;
    Ok(path)
}
