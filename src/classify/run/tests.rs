use super::*;
use crate::classify::{Unfinished, forget_unfinished, rename_unfinished, unfinished_maps};
use crate::cube::{Band, CubeInfo, Feature, FeatureRecord, Pixels, Words};
use crate::geo::raster::PixelType;
use crate::geo::{Crs, Grid};
use crate::labels::Legend;
use crate::model::{ModelKind, ModelSpec, TempCnnOptions, train};
use crate::samples::{SampleSet, Split};
use chrono::NaiveDate;

fn classes() -> Vec<Class> {
    let class = |(i, name): (usize, &str)| Class::new(7 * (i as u8 + 1), name, [1, 2, 3]);
    ["forest", "water", "city"].into_iter().enumerate().map(class).collect()
}

fn dates(count: u32) -> Vec<NaiveDate> {
    (1..=count).map(|m| NaiveDate::from_ymd_opt(2022, m, 15).unwrap()).collect()
}

fn grid(width: u32, height: u32) -> Grid {
    Grid {
        crs: Crs::from_epsg(6362).unwrap(),
        left: 0.0,
        top: 0.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width,
        height,
    }
}

/// Learns that "red" is 100 in forest, 300 in water, 500 in city, and "nir" four times as much.
fn model() -> Model {
    let samples = 60;
    let codes: Vec<u8> = (0..samples).map(|i| 7 * (i % 3 + 1) as u8).collect();
    let values = codes.iter().enumerate().flat_map(|(i, code)| {
        let level = f32::from(code / 7) * 200.0 - 100.0 + (i % 7) as f32;
        [level, 4.0 * level].repeat(3)
    });
    let set = SampleSet {
        bands: vec!["red".into(), "nir".into()],
        features: vec![],
        dates: dates(3),
        values: crate::samples::Rows::of(6, values.collect()),
        annotations: (0..samples).collect(),
        places: vec![(0, 0); samples as usize],
        locations: Vec::new(),
        classes: codes,
    };
    let mut spec = ModelSpec::default();
    let options = TempCnnOptions { filters: 8, layers: 1, dense: 8, ..TempCnnOptions::default() };
    spec.kind = ModelKind::TempCnn(options);
    (spec.training.epochs, spec.training.learning_rate) = (40, 1e-2);
    let split = Split { train: (0..samples as usize).collect(), held_out: Vec::new(), kept: Vec::new() };
    train(&set, &split, &Legend { classes: classes() }, &spec, &|_| (), &Cancel::new()).unwrap()
}

/// Words of three dates and the bands nir, blue, red: column 0 forest, 1 water, 2 city, 3 red never observed, 4 with
/// a gap.
fn chunk() -> Chunk {
    let window = Window { col: 64, row: 0, width: 5, height: 2 };
    let levels = [100, 300, 500, 300, 300];
    let mut words = Vec::new();
    for t in 0..3 {
        for band in ["nir", "blue", "red"] {
            for pixel in 0..10 {
                let level = levels[pixel % 5];
                words.push(match (band, pixel % 5) {
                    ("red", 3) => 0,
                    ("red", 4) if t == 1 => 0,
                    ("red", _) => level,
                    ("nir", _) => 4 * level,
                    _ => 9999,
                });
            }
        }
    }
    Chunk { window, pixels: Pixels::Words(Words::new(words, 0, PixelType::Uint16)), masks: None }
}

fn info(bands: &[&str], count: u32) -> CubeInfo {
    CubeInfo {
        grid: grid(5, 2),
        bands: bands.iter().map(|name| Band::named(*name)).collect(),
        dates: dates(count),
        pixel_type: PixelType::Uint16,
        nodata: 0.0,
        origin: None,
    }
}

/// The model on the chunk: red and near infrared of its three bands.
fn fit(model: &Model) -> Fit {
    Fit::of(&model.card, &info(&["nir", "blue", "red"], 3)).unwrap()
}

#[test]
fn bands_are_taken_by_name_and_pixels_without_observation_are_nodata() {
    let model = model();
    let map = classify_chunk(&chunk(), &fit(&model), &model, &|_| (), &Cancel::new()).unwrap();
    assert_eq!(map.codes, [7, 14, 21, 255, 14].repeat(2));
    for pixel in 0..10 {
        let column: Vec<u8> = (0..3).map(|k| map.probabilities[k * 10 + pixel]).collect();
        if pixel % 5 == 3 {
            assert_eq!(column, [255; 3]);
        } else {
            let sum: u32 = column.iter().map(|v| u32::from(*v)).sum();
            assert!(column.iter().all(|v| *v <= 250) && (248..=252).contains(&sum), "{column:?}");
        }
    }
}

#[test]
fn a_cube_that_does_not_fit_is_refused_with_what_is_missing() {
    let model = model();
    let mut with_index = model.card.clone();
    let ndmi = Feature::resolve("NDMI", &["nir", "swir1"].map(Band::named), &[]).unwrap();
    with_index.features = vec![FeatureRecord::named("red"), ndmi.record()];
    let why = Fit::of(&with_index, &info(&["nir", "blue", "red"], 3)).err().unwrap().to_string();
    assert!(why.contains("needs swir1 for NDMI,") && why.contains("nir, blue, red"), "{why}");
    let why = Fit::of(&model.card, &info(&["blue", "red"], 3)).err().unwrap().to_string();
    assert!(why.contains("needs nir,") && why.contains("blue, red"), "{why}");
    let why = Fit::of(&model.card, &info(&["nir", "red"], 1)).err().unwrap().to_string();
    assert!(why.contains("no date near 2022-02-15 and 2022-03-15"), "{why}");
}

/// Nobody listens.
fn alone(cancel: &Cancel) -> Company<'_> {
    Company { next: &|_| 0, on_chunk: &|_| (), tell: &|_| (), report: &|_| (), cancel }
}

#[test]
fn next_decides_the_order_and_a_choice_beyond_the_end_takes_the_last() {
    let order = Mutex::new(Vec::new());
    let one = |chunk| {
        lock(&order).push(chunk);
        if lock(&order).len() >= 3 {
            return Err(crate::progress::Cancelled.into());
        }
        let window = Window { col: 0, row: 0, width: 1, height: 1 };
        Ok(ChunkMap { window, codes: vec![1], probabilities: vec![0] })
    };
    let chunks: Vec<(u32, u32)> = (0..100).map(|x| (x, 0)).collect();
    let picked = Mutex::new(Vec::new());
    let next = |remaining: &[(u32, u32)]| {
        lock(&picked).push(remaining[remaining.len() - 1]);
        usize::MAX
    };
    let cancel = Cancel::new();
    let result = for_all_chunks(chunks, 0, &one, &Company { next: &next, ..alone(&cancel) });
    assert!(matches!(result, Err(ClassifyError::Cancelled(_))));
    let (mut order, mut picked) = (order.into_inner().unwrap(), picked.into_inner().unwrap());
    assert_eq!(picked[..3], [(99, 0), (98, 0), (97, 0)]);
    // The failure stopped the others soon.
    assert!(order.len() < 3 + 64);
    order.sort_unstable();
    picked.sort_unstable();
    assert_eq!(order, picked);
}

#[test]
fn progress_counts_what_was_done_before() {
    let window = Window { col: 0, row: 0, width: 1, height: 1 };
    let one = |_| Ok(ChunkMap { window, codes: vec![1], probabilities: vec![0] });
    let told = Mutex::new(Vec::new());
    let report = |progress: Progress| lock(&told).push((progress.done, progress.total));
    let cancel = Cancel::new();
    for_all_chunks(vec![(0, 0), (1, 0)], 3, &one, &Company { report: &report, ..alone(&cancel) }).unwrap();
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, [(3, 5), (4, 5), (5, 5)]);
}

#[test]
fn a_cancelled_map_stops_within_a_chunk() {
    let cancel = Cancel::new();
    cancel.cancel();
    let model = model();
    let result = classify_chunk(&chunk(), &fit(&model), &model, &|_| (), &cancel);
    assert!(matches!(result, Err(ClassifyError::Cancelled(_))));
}

/// Stripes of forest, water and city, a third of the rows each; a square without observation.
fn level(grid: &Grid, i: usize) -> u16 {
    let (col, row) = (i % grid.width as usize, i / grid.width as usize);
    if col < 10 && row < 10 { 0 } else { 100 + 200 * (3 * row / grid.height as usize) as u16 }
}

/// A cube of three dates, with its bands in another order than the model's.
fn cube(folder: &Path, grid: &Grid) -> Cube {
    let values: Vec<u16> = (0..2 * grid.pixels())
        .map(|i| if i < grid.pixels() { 4 * level(grid, i) } else { level(grid, i - grid.pixels()) })
        .collect();
    for date in ["2022-01-15", "2022-02-15", "2022-03-15"] {
        let path = folder.join(format!("mosaic_{date}.tif"));
        let bands = ["nir", "red"];
        crate::geo::raster::write_mosaic(&path, grid, &bands, PixelType::Uint16, 0.0, &values, &[]).unwrap();
    }
    let input = crate::source::InputSpec::of([folder]);
    let found = crate::source::recognise(&input, &|_| (), &Cancel::new()).unwrap();
    let spec = crate::cube::BuildSpec { found, ..Default::default() };
    let store = folder.join("site.zarr");
    crate::cube::build(&spec, &store, &|_| (), &Cancel::new()).unwrap();
    Cube::open(&store).unwrap()
}

/// A folder with a cube of 200 x 130 pixels, 12 chunks, and a model.
struct Site {
    folder: tempfile::TempDir,
    cube: Cube,
    model: Model,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cube = cube(folder.path(), &grid(200, 130));
        Self { folder, cube, model: model() }
    }

    fn maps(&self, folder: &str) -> PathBuf {
        self.folder.path().join(folder)
    }

    fn map(&self, folder: &str, company: &Company) -> Result<SiteMap, ClassifyError> {
        let run = SiteRun {
            cube: &self.cube,
            model: &self.model,
            model_folder: Path::new("models/m"),
            folder: &self.maps(folder),
            name: "m",
            resume: true,
        };
        map_site(&run, company)
    }

    /// Stops once so many chunks are finished; gives how many were then.
    fn stop_after(&self, folder: &str, chunks: usize) -> u64 {
        let (cancel, done) = (Cancel::new(), AtomicU64::new(0));
        let on_chunk = |_| {
            if done.fetch_add(1, Ordering::Relaxed) + 1 >= chunks as u64 {
                cancel.cancel();
            }
        };
        let result = self.map(folder, &Company { on_chunk: &on_chunk, ..alone(&cancel) });
        assert!(matches!(result, Err(ClassifyError::Cancelled(_))), "{result:?}");
        self.unfinished(folder).done
    }

    fn unfinished(&self, folder: &str) -> Unfinished {
        let found = unfinished_maps(&self.maps(folder));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

/// Names and bytes of the files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap_or_default()))
        .collect()
}

const NAMES: [&str; 7] =
    ["m.areas.csv", "m.entropy.tif", "m.margin.tif", "m.probs.tif", "m.qml", "m.tif", "m.tif.aux.xml"];

#[test]
fn a_cube_becomes_a_map_with_every_pixel_in_its_place() {
    let site = Site::new();
    let (chunks, cancel) = (Mutex::new(Vec::new()), Cancel::new());
    let on_chunk = |chunk: ChunkMap| lock(&chunks).push(chunk);
    let map = site.map("maps", &Company { on_chunk: &on_chunk, ..alone(&cancel) }).unwrap();
    let (of, codes) = crate::geo::raster::read_u8(&map.files.classes, 0).unwrap();
    assert!(of.lines_up_with(&site.cube.info().grid));
    for (i, code) in codes.iter().enumerate() {
        let expected = match level(&of, i) {
            0 => NODATA,
            level => 7 * (level / 200 + 1) as u8,
        };
        assert_eq!(*code, expected, "column {}, row {}", i % 200, i / 200);
    }
    let chunks = chunks.into_inner().unwrap();
    assert_eq!(chunks.len(), 12);
    for chunk in chunks {
        let Window { col, row, width, height } = chunk.window;
        let pixels =
            (row..row + height).flat_map(|y| (col..col + width).map(move |x| (y * 200 + x) as usize));
        assert!(pixels.zip(&chunk.codes).all(|(i, code)| codes[i] == *code), "codes of a chunk and the map");
    }
    assert_eq!((map.resumed, map.damaged.len(), map.probe), (0, 0, None));

    // All files are there, nothing else is, and each says what it is of.
    let names: Vec<String> = files(&site.maps("maps")).into_keys().collect();
    assert_eq!(names, NAMES);
    let facts = ["RITMO_RUN", "RITMO_TRAINING", "RITMO_MODEL", "RITMO_SCORES", "RITMO_BANDS", "RITMO_DATES"];
    let readers = [&map.files.classes, &map.files.probabilities, &map.files.entropy, &map.files.margin]
        .map(|path| crate::geo::raster::RasterReader::open(path).unwrap());
    for fact in facts {
        let told = readers.each_ref().map(|reader| reader.metadata_item(fact).unwrap());
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    }
    assert_eq!(readers[0].metadata_item("RITMO_BANDS").as_deref(), Some("red, nir"));
    assert_eq!(
        readers[0].metadata_item("RITMO_DATES").as_deref(),
        Some("2022-01-15, 2022-02-15, 2022-03-15")
    );
    assert_eq!(readers[0].metadata_item("RITMO_SCORES").as_deref(), Some("none were held out"));
    assert_eq!(readers[0].metadata_item("RITMO_DAMAGED"), None);
    let legend = readers[0].metadata_item("RITMO_LEGEND").unwrap();
    assert_eq!(legend, "7 forest #010203; 14 water #010203; 21 city #010203");
    assert_eq!(readers[1].info().bands[2].name, "city");
    assert_eq!(readers[3].info().bands[0].scaling, Some((0.004, 0.0)));
    // Margin and entropy are those of the probabilities.
    let planes = [0, 1, 2].map(|band| crate::geo::raster::read_u8(&map.files.probabilities, band).unwrap().1);
    let derived = Derived::of(&planes.concat(), of.pixels());
    assert_eq!(crate::geo::raster::read_u8(&map.files.margin, 0).unwrap().1, derived.margin);
    assert_eq!(crate::geo::raster::read_u8(&map.files.entropy, 0).unwrap().1, derived.entropy);
    let table = std::fs::read_to_string(&map.files.areas).unwrap();
    let pixels = |code| codes.iter().filter(|c| **c == code).count();
    assert!(table.starts_with("class,pixels,hectares\nforest,"), "{table}");
    for (class, counted) in &map.counts {
        assert_eq!(pixels(class.code) as u64, counted.pixels);
        assert!(
            table.contains(&format!(
                "{},{},{:.2}",
                class.name,
                counted.pixels,
                counted.pixels as f64 / 100.0
            )),
            "{table}"
        );
    }
}

#[test]
fn a_run_that_is_stopped_goes_on_to_the_same_bytes_in_any_order() {
    let site = Site::new();
    let cancel = Cancel::new();
    site.map("whole", &alone(&cancel)).unwrap();
    let done = site.stop_after("parts", 2);
    assert!((2..12).contains(&done), "{done}");
    let more = site.stop_after("parts", done as usize + 2);
    assert!(more > done && more < 12, "{more}");
    let left = site.unfinished("parts");
    assert_eq!((left.name.as_str(), left.of, left.bf16, left.damaged), ("m", 12, false, 0));
    assert!(left.bytes > 0 && left.model == Path::new("models/m"));

    let (told, chunks) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let company = Company {
        next: &|remaining| remaining.len() - 1,
        on_chunk: &|_| {
            chunks.fetch_add(1, Ordering::Relaxed);
        },
        tell: &|sentence| lock(&told).push(sentence),
        ..alone(&cancel)
    };
    let map = site.map("parts", &company).unwrap();
    assert_eq!((map.resumed, chunks.into_inner()), (more, 12));
    let told = told.into_inner().unwrap();
    assert_eq!(told, [format!("The map m goes on: {more} of 12 chunks were finished before")]);
    assert!(files(&site.maps("parts")) == files(&site.maps("whole")));
}

#[test]
fn a_torn_journal_and_spoilt_bytes_cost_only_the_chunks_they_are_of() {
    let site = Site::new();
    let cancel = Cancel::new();
    site.map("whole", &alone(&cancel)).unwrap();
    let done = site.stop_after("parts", 4);
    let unfinished = site.maps("parts").join(".m.unfinished");
    // The last record is torn, and a byte of the first chunk that is left is another.
    let journal = std::fs::read(unfinished.join("journal")).unwrap();
    std::fs::write(unfinished.join("journal"), &journal[..journal.len() - 5]).unwrap();
    assert_eq!(site.unfinished("parts").done, done - 1);
    let first = u32::from_le_bytes(journal[4..8].try_into().unwrap()) as usize;
    let mut planes = std::fs::read(unfinished.join("planes")).unwrap();
    planes[first * 6 * 4096 + 100] ^= 1;
    std::fs::write(unfinished.join("planes"), planes).unwrap();
    let map = site.map("parts", &alone(&cancel)).unwrap();
    assert_eq!(map.resumed, done - 2);
    assert!(files(&site.maps("parts")) == files(&site.maps("whole")));
}

#[test]
fn a_run_of_another_model_or_cube_begins_anew_and_says_why() {
    let mut site = Site::new();
    site.stop_after("maps", 3);
    site.model.card.trained_on.push(99);
    let (told, cancel) = (Mutex::new(Vec::new()), Cancel::new());
    let tell = |sentence| lock(&told).push(sentence);
    let map = site.map("maps", &Company { tell: &tell, ..alone(&cancel) }).unwrap();
    assert_eq!(map.resumed, 0);
    let sentence = lock(&told).pop().unwrap();
    assert!(sentence.contains("begun anew") && sentence.contains("trained anew"), "{sentence}");

    site.stop_after("maps", 3);
    let shard = site.cube.path().join("data/more");
    std::fs::write(shard, b"longer").unwrap();
    let map = site.map("maps", &Company { tell: &tell, ..alone(&cancel) }).unwrap();
    assert_eq!(map.resumed, 0);
    assert!(lock(&told).pop().unwrap().contains("the site's cube is another"));

    site.stop_after("maps", 3);
    let run = SiteRun {
        cube: &site.cube,
        model: &site.model,
        model_folder: Path::new("elsewhere"),
        folder: &site.maps("maps"),
        name: "m",
        resume: false,
    };
    assert_eq!(map_site(&run, &alone(&cancel)).unwrap().resumed, 0, "as asked");
}

#[test]
fn a_damaged_chunk_is_nodata_and_named_and_tried_again() {
    let site = Site::new();
    let shard = site.cube.path().join("data/c/0/0/0/0");
    let whole = std::fs::read(&shard).unwrap();
    let spoilt = (0..whole.len()).step_by(97).find_map(|at| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&shard, &bytes).unwrap();
        let cube = Cube::open(site.cube.path()).ok()?;
        let all = (0..3).flat_map(|row| (0..4).map(move |col| (col, row)));
        (all.filter(|at| cube.decode(*at).is_err()).count() == 1).then_some(cube)
    });
    let site = Site { cube: spoilt.unwrap(), ..site };
    let cancel = Cancel::new();
    let map = site.map("maps", &alone(&cancel)).unwrap();
    assert_eq!(map.damaged.len(), 1);
    let told =
        crate::geo::raster::RasterReader::open(&map.files.entropy).unwrap().metadata_item("RITMO_DAMAGED");
    let told = told.unwrap();
    assert!(told.starts_with("1 chunks of the cube, nodata here: ") && told.contains(" across, "), "{told}");
    let (_, codes) = crate::geo::raster::read_u8(&map.files.classes, 0).unwrap();
    let nodata = codes.iter().filter(|code| **code == NODATA).count() as u64;
    let counted: u64 = map.counts.iter().map(|(_, extent)| extent.pixels).sum();
    assert!(nodata > 100 && nodata + counted == codes.len() as u64);

    // Stopped when it has met it, a run lists it again, or maps it where it can be read now.
    let stopped = || {
        let cancel = Cancel::new();
        let report = |progress: Progress| {
            if progress.what.starts_with("Writing") {
                cancel.cancel();
            }
        };
        assert!(site.map("again", &Company { report: &report, ..alone(&cancel) }).is_err());
        let left = site.unfinished("again");
        assert_eq!((left.done, left.damaged), (11, 1));
    };
    stopped();
    assert_eq!(site.map("again", &alone(&cancel)).unwrap().damaged, map.damaged);
    assert!(files(&site.maps("again")) == files(&site.maps("maps")));
    stopped();
    std::fs::write(&shard, &whole).unwrap();
    let repaired = Site { cube: Cube::open(site.cube.path()).unwrap(), ..site };
    let map = repaired.map("again", &alone(&cancel)).unwrap();
    assert_eq!((map.resumed, map.damaged.len()), (11, 0));
}

#[test]
fn the_old_map_stays_until_the_new_one_is_whole_and_moves_that_were_cut_short_are_finished() {
    let mut site = Site::new();
    let cancel = Cancel::new();
    site.map("maps", &alone(&cancel)).unwrap();
    let old = files(&site.maps("maps"));
    site.model.card.trained_on.push(99);
    site.map("new", &alone(&cancel)).unwrap();
    let new = files(&site.maps("new"));

    let stop = Cancel::new();
    let report = |progress: Progress| {
        if progress.what == "Writing the map" && progress.done + 2 >= progress.total {
            stop.cancel();
        }
    };
    assert!(site.map("maps", &Company { report: &report, ..alone(&stop) }).is_err());
    let mut there = files(&site.maps("maps"));
    assert!(there.remove(".m.unfinished").is_some());
    assert!(there == old, "the old map is whole");

    // As if killed after two of the moves.
    let unfinished = site.maps("maps").join(".m.unfinished");
    std::fs::remove_dir_all(unfinished.join("making")).unwrap();
    std::fs::create_dir(unfinished.join("files")).unwrap();
    for name in NAMES {
        let at = if ["m.qml", "m.probs.tif"].contains(&name) {
            site.maps("maps")
        } else {
            unfinished.join("files")
        };
        std::fs::write(at.join(name), &new[name]).unwrap();
    }
    assert_eq!(unfinished_maps(&site.maps("maps")), []);
    assert!(files(&site.maps("maps")) == new, "the new map is whole, and nothing is unfinished");
}

#[test]
fn an_unfinished_map_is_renamed_with_its_model_and_forgotten() {
    let site = Site::new();
    let done = site.stop_after("maps", 3);
    let maps = site.maps("maps");
    rename_unfinished(&maps, "m", "n", Path::new("models/n")).unwrap();
    let left = site.unfinished("maps");
    assert_eq!((left.name.as_str(), left.done, left.model.as_path()), ("n", done, Path::new("models/n")));
    rename_unfinished(&maps, "absent", "other", Path::new("models/n")).unwrap();
    forget_unfinished(&maps, "n").unwrap();
    forget_unfinished(&maps, "n").unwrap();
    assert_eq!(unfinished_maps(&maps), []);
    assert_eq!(std::fs::read_dir(&maps).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let site = Site::new();
    std::fs::write(site.maps("taken"), b"").unwrap();
    let told = site.map("taken/maps", &alone(&Cancel::new())).unwrap_err().to_string();
    assert!(told.contains("taken") && told.contains("rights of the folder"), "{told}");
}

#[test]
fn a_disk_that_is_too_small_is_told_before_anything_is_classified() {
    let site = Site::new();
    let header = Header::new(&site.cube, &site.model.card, Path::new("m"), false);
    let (map, _) = UnfinishedMap::open(&site.maps("maps"), "m", header, false).unwrap();
    check_space(&map, 12).unwrap();
    let told = check_space(&map, u64::MAX / (6 * 4096 + 1)).unwrap_err().to_string();
    assert!(told.contains("the map needs about") && told.contains("MB are free"), "{told}");
}

/// A disk of 4 MB in a folder, where one may be mounted.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mounted(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = std::process::Command::new("mount");
        let ran = mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(at).output();
        if ran.is_ok_and(|output| output.status.success()) {
            return Some(Self(at.into()));
        }
        println!("skipped: no small disk can be mounted here");
        None
    }

    fn remount(&self, how: &str) {
        let mut mount = std::process::Command::new("mount");
        assert!(mount.args(["-o", how]).arg(&self.0).status().unwrap().success());
    }

    fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("other")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("other")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_or_cannot_be_written_keeps_the_finished_chunks() {
    let site = Site::new();
    let cancel = Cancel::new();
    site.map("whole", &alone(&cancel)).unwrap();
    let Some(disk) = SmallDisk::mounted(&site.maps("maps")) else { return };

    disk.remount("remount,ro");
    let told = site.map("maps", &alone(&cancel)).unwrap_err().to_string();
    assert!(told.contains("maps") && told.contains("rights of the folder"), "{told}");
    disk.remount("remount,rw");

    disk.fill();
    let told = site.map("maps", &alone(&cancel)).unwrap_err().to_string();
    assert!(told.contains("MB") || told.contains("free space"), "{told}");
    disk.make_room();

    // It fills up after three chunks, and then while the files are written.
    let chunks = AtomicU64::new(0);
    let on_chunk = |_| {
        if chunks.fetch_add(1, Ordering::Relaxed) == 2 {
            disk.fill();
        }
    };
    let told = site.map("maps", &Company { on_chunk: &on_chunk, ..alone(&cancel) }).unwrap_err().to_string();
    assert!(told.contains("free space") && told.contains("of 12 chunks are kept"), "{told}");
    disk.make_room();
    let done = site.unfinished("maps").done;
    // Other threads may finish theirs while the disk fills.
    assert!((3..=12).contains(&done), "{done}");
    let full = AtomicU64::new(0);
    let report = |progress: Progress| {
        if progress.what == "Writing the map" && full.swap(1, Ordering::Relaxed) == 0 {
            disk.fill();
        }
    };
    let told = site.map("maps", &Company { report: &report, ..alone(&cancel) }).unwrap_err().to_string();
    assert!(told.contains("12 of 12 chunks are kept"), "{told}");
    disk.make_room();
    assert_eq!(site.map("maps", &alone(&cancel)).unwrap().resumed, 12);
    assert!(files(&site.maps("maps")) == files(&site.maps("whole")));
}
