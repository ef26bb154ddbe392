//! Which pixels in view lie outside of what a model learned from, found on a thread of its own while one looks around.
//!
//! It is found for the view, from the cube and the model's statistics, and not written when a site is mapped: so mapping costs
//! nothing more, and maps of before and of other sessions have it too. Where the view holds many chunks, at most
//! [`MOST_CHUNKS`] of them are read, and each stands for those around it.

use super::Newest;
use crate::classify::{Fit, Limits, SeriesReader};
use crate::cube::{CHUNK, Cube};
use crate::geo::Window;
use crate::model::Model;
use crate::progress::Cancel;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Chunks that are read for a view.
const MOST_CHUNKS: usize = 256;
/// Chunks that are remembered (4 kB each).
const KEPT_CHUNKS: usize = 4096;
/// Texels of the answer along a side, at most.
const MOST_TEXELS: u32 = 1024;

/// A pixel that lies within the training's range.
pub const WITHIN: u8 = 0;
/// A pixel outside of it.
pub const OUTSIDE: u8 = 1;
/// A pixel without an observation.
pub const UNSEEN: u8 = 255;

/// Which model on which cube, and where one looks.
#[derive(Clone)]
pub struct OutsideRequest {
    /// The cube.
    pub cube: Cube,
    /// The model's folder.
    pub model: PathBuf,
    /// Which training it is of.
    pub training: String,
    /// The part of the grid that is in view.
    pub view: Window,
}

impl OutsideRequest {
    /// Whether both are of the same model and cube, wherever one looks.
    pub fn same_ground(&self, other: &Self) -> bool {
        self.training == other.training && self.cube.is_same(&other.cube)
    }
}

/// What was found in a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// The part of the grid.
    pub view: Window,
    /// Columns and rows of `flags`, spread evenly over it.
    pub size: [usize; 2],
    /// [`WITHIN`], [`OUTSIDE`] or [`UNSEEN`], row after row.
    pub flags: Vec<u8>,
}

struct Ground {
    of: OutsideRequest,
    fit: Fit,
    limits: Limits,
    chunks: HashMap<(u32, u32), Vec<u8>>,
}

impl Ground {
    fn of(request: &OutsideRequest) -> Option<Self> {
        let model = Model::load(&request.model).ok()?;
        let learned = model.learned.as_ref().filter(|_| model.card.training_id() == request.training)?;
        let fit = Fit::of(&model.card, request.cube.info()).ok()?;
        Some(Self { of: request.clone(), fit, limits: Limits::of(learned), chunks: HashMap::new() })
    }

    /// The flags of a chunk, row after row; unseen where it cannot be read.
    fn chunk(&mut self, at: (u32, u32)) -> &[u8] {
        let Self { of: OutsideRequest { cube, .. }, fit, limits, chunks } = self;
        if chunks.len() >= KEPT_CHUNKS && !chunks.contains_key(&at) {
            chunks.clear();
        }
        chunks.entry(at).or_insert_with(|| {
            let nothing = || vec![UNSEEN; cube.chunk_window(at).pixels()];
            let Some(chunk) = cube.decode(at).ok().filter(|chunk| fit.check(chunk).is_ok()) else {
                return nothing();
            };
            let mut series = Vec::new();
            SeriesReader::new(fit).read(&chunk, 0..chunk.window.pixels(), &mut series);
            let flag = |series: &[f32]| limits.is_outside(series).map_or(UNSEEN, u8::from);
            series.chunks_exact(fit.values().max(1)).map(flag).collect()
        })
    }

    /// `None` when asked to stop.
    fn look(&mut self, view: Window, cancel: &Cancel) -> Option<Outside> {
        let (across, down) = self.of.cube.chunk_counts();
        let chunks = (view.width.div_ceil(CHUNK) as usize + 1) * (view.height.div_ceil(CHUNK) as usize + 1);
        // Each chunk that is read stands for so many in each direction.
        let every = (chunks as f64 / MOST_CHUNKS as f64).sqrt().ceil().max(1.0) as u32;
        let size = [view.width.min(MOST_TEXELS), view.height.min(MOST_TEXELS)];
        let mut flags = Vec::with_capacity(size[0] as usize * size[1] as usize);
        let place = |texel: u32, start: u32, length: u32, count: u32| {
            start + ((u64::from(texel) * 2 + 1) * u64::from(length) / (2 * u64::from(count.max(1)))) as u32
        };
        let stands_for = |chunk: u32, count: u32| (chunk / every * every + every / 2).min(count - 1);
        for y in 0..size[1] {
            cancel.check().ok()?;
            let row = place(y, view.row, view.height, size[1]);
            for x in 0..size[0] {
                let col = place(x, view.col, view.width, size[0]);
                let at = (stands_for(col / CHUNK, across), stands_for(row / CHUNK, down));
                if !self.chunks.contains_key(&at) {
                    cancel.check().ok()?;
                }
                let window = self.of.cube.chunk_window(at);
                let (within_x, within_y) = (col % CHUNK % window.width, row % CHUNK % window.height);
                let pixel = (within_y * window.width + within_x) as usize;
                flags.push(self.chunk(at).get(pixel).copied().unwrap_or(UNSEEN));
            }
        }
        Some(Outside { view, size: size.map(|side| side as usize), flags })
    }
}

/// Starts the thread that finds them. What it read of a cube is remembered while one looks around.
pub fn outside(wake: Arc<dyn Fn() + Send + Sync>) -> Newest<OutsideRequest, Outside> {
    let mut ground: Option<Ground> = None;
    Newest::start("ritmo-outside", wake, move |request: OutsideRequest, cancel| {
        ground.take_if(|ground| !ground.of.same_ground(&request));
        if ground.is_none() {
            ground = Ground::of(&request);
        }
        ground.as_mut()?.look(request.view, cancel)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Class, Legend};
    use crate::model::{Learned, ModelKind, ModelSpec, TempCnnOptions, train};
    use crate::samples::{Rows, SampleSet, Split};

    /// A model that learned values from 100 to 300 of the two bands and three dates of a cube.
    fn model(folder: &std::path::Path, cube: &Cube) -> String {
        let values: Vec<f32> = (0..40).flat_map(|i| [100.0 + 200.0 * (i % 21) as f32 / 20.0; 6]).collect();
        let set = SampleSet {
            bands: vec!["B04".into(), "B08".into()],
            features: vec![],
            dates: cube.info().dates.clone(),
            values: Rows::of(6, values),
            classes: (0..40).map(|i| 1 + (i % 2) as u8).collect(),
            annotations: (0..40).collect(),
            places: vec![],
            locations: vec![],
        };
        let legend = Legend { classes: [1, 2].map(|c| Class::new(c, format!("{c}"), [c, 0, 0])).to_vec() };
        let options = TempCnnOptions { filters: 2, layers: 1, dense: 2, ..TempCnnOptions::default() };
        let mut spec = ModelSpec { kind: ModelKind::TempCnn(options), ..ModelSpec::default() };
        spec.training.epochs = 1;
        let all: Vec<usize> = (0..40).collect();
        let split = Split { train: all.clone(), held_out: vec![], kept: vec![] };
        let mut model = train(&set, &split, &legend, &spec, &|_| (), &Cancel::new()).unwrap();
        model.learned = Some(Learned::of(&set, &all).unwrap());
        model.save(folder).unwrap();
        model.card.training_id()
    }

    #[test]
    fn pixels_beyond_the_training_are_found_in_view_and_those_without_observation_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        // Column 70 and beyond is far brighter, row 10 was never seen.
        let value = |_, _, col, row| match (col, row) {
            (_, 10) => 0,
            (70.., _) => 900,
            _ => 200,
        };
        let cube = crate::testing::cube(home.path(), (100, 66), 3, value);
        let folder = home.path().join("model");
        let training = model(&folder, &cube);
        let view = Window { col: 60, row: 5, width: 20, height: 61 };
        let request = OutsideRequest { cube, model: folder, training, view };
        let mut ground = Ground::of(&request).unwrap();
        let found = ground.look(view, &Cancel::new()).unwrap();
        assert_eq!(found.size, [20, 61]);
        for (i, flag) in found.flags.iter().enumerate() {
            let (col, row) = (60 + i % 20, 5 + i / 20);
            let expected = if row == 10 { UNSEEN } else { u8::from(col >= 70) };
            assert_eq!(*flag, expected, "column {col}, row {row}");
        }
        let stopped = Cancel::new();
        stopped.cancel();
        assert!(ground.look(view, &stopped).is_none());
        let other = OutsideRequest { training: "another".into(), ..request };
        assert!(Ground::of(&other).is_none());
    }
}
