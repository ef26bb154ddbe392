//! Builds the store from what was recognised in files.

use super::layout::Layout;
use super::metadata::{write_metadata, write_root};
use super::offset::look_at_offset;
use super::plan::{Plan, input};
use super::survey::{check_space, know_clear_shares};
use super::write::{Slot, Target, clear_shares, write_pixels};
use super::{BuildSettings, Cube, CubeError, CubeInfo, Period};
use crate::progress::{Cancel, Report};
use crate::source::Recognised;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What to build a cube from.
#[derive(Debug, Clone, Default)]
pub struct BuildSpec {
    /// What was recognised in the inputs.
    pub found: Recognised,
    /// What people choose.
    pub settings: BuildSettings,
}

/// How a cube was made; kept in the store, so that more can be added in the same way.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// What was chosen.
    pub settings: BuildSettings,
    /// First and last day of each step.
    pub spans: Vec<(NaiveDate, NaiveDate)>,
    /// How many acquisitions each step had.
    pub acquisitions: Vec<u32>,
    /// The share of pixels with a clear observation in each step, from 0 to 1.
    pub clear_shares: Vec<f32>,
    /// Steps that were left out because too little of them is clear, with the share that is.
    pub dropped: Vec<(NaiveDate, f32)>,
    /// Whether the store has a mask and counts of clear observations.
    pub has_mask: bool,
    /// Whether the pixels of a single acquisition are stored under their mask, which has to be applied by who reads them.
    pub mask_applies: bool,
    /// Scale and offset that the files themselves state, the same for all bands.
    pub stated_scaling: Option<(f64, f64)>,
}

impl Made {
    pub(super) fn of(plan: &Plan, spec: &BuildSpec, dropped: Vec<(NaiveDate, f32)>) -> Self {
        let mut stated = spec.found.acquisitions.iter().flat_map(|a| &a.layers).map(|layer| layer.scaling);
        let first = stated.next().flatten();
        let is_same = plan.info.bands.iter().all(|band| {
            let scale = band.knowledge.scale;
            first == Some((scale.factor, scale.offset))
        });
        let masked = plan.steps.iter().flat_map(|step| &step.observations).any(|o| o.mask.is_some());
        Self {
            settings: plan.settings.clone(),
            spans: plan.steps.iter().map(|step| step.span).collect(),
            acquisitions: plan.steps.iter().map(|step| step.observations.len() as u32).collect(),
            clear_shares: Vec::new(),
            dropped,
            has_mask: plan.has_mask,
            mask_applies: masked && plan.settings.period == Period::None,
            stated_scaling: first.filter(|_| is_same && stated.all(|other| other == first)),
        }
    }
}

/// Builds a cube at `store` (made beside it under a hidden name, then renamed: a stop leaves no half cube). A cube
/// that is there already is replaced, once the new one is whole. Values that lie on the cube's grid and need no change are
/// copied as they are. Memory is bounded, whatever the size of the images.
///
/// # Errors
/// When the inputs make no cube together, a file is truncated or gone, another build of this cube is under way, or the
/// disk is full or would be; each names its files and the way out.
pub fn build(spec: &BuildSpec, store: &Path, report: Report, cancel: &Cancel) -> Result<CubeInfo, CubeError> {
    let mut plan = Plan::new(spec)?;
    let dropped = prepare(&mut plan, spec, store, report, cancel)?;
    let site = Site::new(store)?;
    let mut made = Made::of(&plan, spec, dropped);
    let layout = Layout::new(&plan.info, plan.info.dates.len());
    let failed = |why| CubeError::Write { path: store.to_owned(), why };
    let folder = site.new_store();
    let arrays = write_metadata(&plan.info, &made, &layout, &folder).map_err(failed)?;
    let target = Target {
        arrays: &arrays,
        layout: &layout,
        folder: &folder,
        time_block: 0,
        slots: (0..plan.steps.len()).map(Slot::New).collect(),
    };
    made.clear_shares = write_pixels(&plan, &target, report, cancel)?;
    write_root(&plan.info, &made, &folder).map_err(failed)?;
    cancel.check()?;
    flush(&folder).map_err(failed)?;
    site.finish()?;
    Ok(Cube::open(store)?.info().clone())
}

/// Waits until all of the new files are on the disk.
pub(super) fn flush(folder: &Path) -> Result<(), String> {
    crate::files::flush_folder(folder).map_err(|error| format!("{error}. Check the free space"))
}

/// What precedes any writing: asks about the offset, leaves cloudy steps out (gives their dates and shares), sees to it
/// that the disk has room.
pub(super) fn prepare(
    plan: &mut Plan,
    spec: &BuildSpec,
    store: &Path,
    report: Report,
    cancel: &Cancel,
) -> Result<Vec<(NaiveDate, f32)>, CubeError> {
    if let Some(problem) = look_at_offset(&spec.found, &spec.settings, cancel).problem {
        return Err(input(problem));
    }
    let dropped = drop_cloudy(plan, report, cancel)?;
    check_space(plan, store, cancel)?;
    know_clear_shares(plan);
    Ok(dropped)
}

/// Takes the steps out of which too little is clear; gives their dates and shares.
fn drop_cloudy(plan: &mut Plan, report: Report, cancel: &Cancel) -> Result<Vec<(NaiveDate, f32)>, CubeError> {
    let Some(least) = plan.settings.drop_below else { return Ok(Vec::new()) };
    if !(0.0..=1.0).contains(&least) {
        return Err(input(format!("a share of {least} makes no sense: give one from 0 to 1")));
    }
    let shares = clear_shares(plan, report, cancel)?;
    let gone: Vec<usize> = (0..shares.len()).filter(|&i| f64::from(shares[i]) < least).collect();
    if gone.len() == plan.steps.len() {
        return Err(input(format!(
            "in no step a share of {least} is clear: the most is {:.3}. Ask for less, or for longer periods",
            shares.iter().copied().fold(0.0, f32::max)
        )));
    }
    let dropped = gone.iter().map(|&i| (plan.steps[i].date, shares[i])).collect();
    plan.drop_steps(&gone);
    Ok(dropped)
}

/// The place where a cube is built: a hidden folder beside its own, which goes whatever happens. What a program that was
/// killed left there goes too.
pub(super) struct Site {
    store: PathBuf,
    beside: PathBuf,
    /// Held while a build is under way, so that there is one at a time.
    _lock: File,
}

impl Site {
    pub fn new(store: &Path) -> Result<Self, CubeError> {
        let failed = |why: String| CubeError::Write { path: store.to_owned(), why };
        let name = store.file_name().ok_or_else(|| failed("it is no name of a folder".into()))?;
        let is_cube = store.join("zarr.json").is_file();
        let is_empty = std::fs::read_dir(store).is_ok_and(|mut entries| entries.next().is_none());
        if store.exists() && !is_cube && !is_empty {
            return Err(failed("something else is there already. Choose another name".into()));
        }
        let parent = store.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let way_out = |error: std::io::Error| {
            failed(format!("{error}. Check the rights of the folder and the free space"))
        };
        let beside = parent.join(format!(".{}.building", name.to_string_lossy()));
        let busy = || {
            failed(
                "another program is building it at this moment. Wait for that one, or choose another name"
                    .into(),
            )
        };
        let lock_path = beside.join("lock");
        // A build that ends takes its folder with it, also one that was about to be locked here.
        for _ in 0..20 {
            std::fs::create_dir_all(&beside).map_err(way_out)?;
            let lock = match File::create(&lock_path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(way_out(error)),
            };
            match lock.try_lock() {
                Ok(()) if lock_path.exists() => {
                    let site = Self { store: store.to_owned(), beside, _lock: lock };
                    site.tidy().map_err(way_out)?;
                    return Ok(site);
                }
                Ok(()) => {}
                Err(std::fs::TryLockError::WouldBlock) => return Err(busy()),
                // Where the disk knows no locks, there is no telling.
                Err(std::fs::TryLockError::Error(_)) => {
                    return Ok(Self { store: store.to_owned(), beside, _lock: lock });
                }
            }
        }
        Err(busy())
    }

    /// Removes what a killed build left; a cube that it was about to replace comes back.
    fn tidy(&self) -> std::io::Result<()> {
        let old = self.beside.join("old");
        if old.exists() && !self.store.exists() {
            std::fs::rename(&old, &self.store)?;
        }
        for left in [old, self.new_store()] {
            if left.exists() {
                std::fs::remove_dir_all(left)?;
            }
        }
        Ok(())
    }

    pub fn new_store(&self) -> PathBuf {
        self.beside.join("new")
    }

    /// Puts the new cube in the place of the old one, if there is one.
    fn finish(self) -> Result<(), CubeError> {
        crate::files::replace_folder(&self.new_store(), &self.store, &self.beside.join("old"))
            .map_err(|error| CubeError::Write { path: self.store.clone(), why: error.to_string() })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next build.
        let _ = std::fs::remove_dir_all(&self.beside);
    }
}
