//! Cleaning a map of eight classes: `cargo bench --bench clean`, about four minutes.
//!
//! It prints the seconds of each step on 2048 x 2048 pixels and the minutes that all of it would take on a tile of 10980 x 10980;
//! how long the preview of a view takes; and the memory of cleaning and writing such a tile, in a process of its own. It is
//! measured whole: GDAL's own memory grows with small maps and is full with large ones, so that smaller ones tell nothing of it.

use ritmo::classify::clean::{
    Cleaner, Majority, Recipe, Sieve, Smooth, Source, Step, Story, Surroundings, write_cleaned,
};
use ritmo::cube::{BuildSpec, Cube, build};
use ritmo::demo::{simulate, write_inputs};
use ritmo::geo::{Crs, Grid, Window};
use ritmo::labels::{Annotations, Class, Legend};
use ritmo::progress::Cancel;
use ritmo::source::{InputSpec, recognise};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

#[path = "../tests/support/map.rs"]
mod map;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sides of the maps, in pixels; the second one is for the memory alone.
const SIDES: [u32; 2] = [2048, 10_980];
/// Pixels of a tile.
const TILE: f64 = 10_980.0 * 10_980.0;
/// MiB that cleaning a tile may take.
const MEMORY: f64 = 1024.0;
/// Names the folder of a map to the program that cleans it in a process of its own.
const ASKED: &str = "RITMO_BENCH_CLEAN";
const CLASSES: u8 = 8;
/// The largest part that a preview cleans, and its blocks.
const VIEW: Window = Window { col: 700, row: 700, width: 640, height: 640 };
const BLOCK: u32 = 160;

/// A number that these decide.
fn noise(x: usize, y: usize) -> usize {
    let mixed = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77)).wrapping_mul(0xc2b2_ae3d);
    mixed >> 13
}

/// Writes a map of patches of classes with a tenth of the pixels strewn over them.
fn write_map(folder: &Path, side: u32) {
    let (width, side, classes) = (side, side as usize, usize::from(CLASSES));
    let mut planes = vec![4; side * side * classes];
    for at in 0..side * side {
        let (x, y) = (at % side, at / side);
        let strewn = noise(x, y).is_multiple_of(10);
        let class = if strewn { noise(y, x) } else { noise(x / 37, y / 29) } % classes;
        planes[class * side * side + at] = 130 + (noise(x + 1, y) % 90) as u8;
    }
    let grid = Grid {
        crs: Crs::from_epsg(6362).expect("known"),
        left: 2.7e6,
        top: 6.5e5,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width,
        height: width,
    };
    let class = |code| Class::new(code, format!("class {code}"), [code, 90, 120]);
    let classes: Vec<Class> = (1..=CLASSES).map(class).collect();
    map::write_map(folder, "raw", &grid, &classes, &planes, &[]);
}

/// A cube that no step here asks.
fn around(folder: &Path) -> Surroundings {
    let inputs = write_inputs(&simulate(1).expect("simulated"), folder).expect("written");
    let found = recognise(&InputSpec::of([inputs.mosaics]), &|_| {}, &Cancel::new()).expect("recognised");
    let store = folder.join("site.zarr");
    build(&BuildSpec { found, ..BuildSpec::default() }, &store, &|_| {}, &Cancel::new()).expect("built");
    surroundings(folder)
}

fn surroundings(folder: &Path) -> Surroundings {
    Surroundings {
        folder: folder.into(),
        cube: Cube::open(&folder.join("site.zarr")).expect("opened"),
        indices: Vec::new(),
        annotations: Annotations::default(),
        legend: Legend::default(),
    }
}

fn steps() -> [Step; 3] {
    [Step::Smooth(Smooth::default()), Step::Majority(Majority::default()), Step::Sieve(Sieve::default())]
}

/// The best of some rounds, in seconds.
fn seconds(rounds: usize, work: impl Fn()) -> f64 {
    let round = || {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64()
    };
    (0..rounds).map(|_| round()).fold(f64::INFINITY, f64::min)
}

/// Most memory that this process has had, in MiB.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// Cleans and writes the map of a folder in a process of its own; gives its peak memory in MiB.
fn memory_apart(home: &Path, maps: &Path) -> f64 {
    let this = std::env::current_exe().expect("this program");
    let asked = format!("{}\n{}", home.display(), maps.display());
    let output = std::process::Command::new(this).env(ASKED, asked).output().expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn as_asked_by_the_parent() -> bool {
    let Ok(asked) = std::env::var(ASKED) else { return false };
    let (home, maps) = asked.split_once('\n').expect("two paths");
    let (around, maps) = (surroundings(Path::new(home)), Path::new(maps));
    // Smoothing holds a block at a time: it takes time here and tells nothing of memory.
    let [_, majority, sieve] = steps();
    let recipe = Recipe::of([majority, sieve]);
    let cleaner = Cleaner::new(Source::open(maps, "raw").expect("opened"), &recipe, &around).expect("ready");
    let story = Story { recipe: &recipe, corrections: &[], metadata: &[] };
    write_cleaned(&cleaner, maps, "clean", story, &|_| {}, &Cancel::new()).expect("cleaned");
    println!("{}", peak_memory());
    true
}

fn main() {
    if as_asked_by_the_parent() {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let around = around(home.path());
    let maps = SIDES.map(|side| home.path().join(side.to_string()));
    SIDES.into_iter().zip(&maps).for_each(|(side, folder)| write_map(folder, side));
    let cleaner = |steps: Vec<Step>| {
        let source = Source::open(&maps[0], "raw").expect("opened");
        Cleaner::new(source, &Recipe::of(steps), &around).expect("ready")
    };
    let clean = |cleaner: &Cleaner, part: Window| {
        black_box(cleaner.clean(part, None, &|_| {}, &Cancel::new()).expect("cleaned"));
    };
    let side = SIDES[0];
    let whole = Window { col: 0, row: 0, width: side, height: side };
    let mut all = 0.0;
    for (name, step) in ["smooth", "majority", "sieve"].into_iter().zip(steps()) {
        let cleaner = cleaner(vec![step]);
        let took = seconds(2, || clean(&cleaner, whole));
        all += took;
        eprintln!("{name} {side} x {side}: {took:.2} s");
    }
    let minutes = all * TILE / whole.pixels() as f64 / 60.0;
    eprintln!("all three on 10980 x 10980: {minutes:.1} min");
    let preview = cleaner(steps().to_vec()).in_blocks_of(BLOCK);
    let took = seconds(3, || clean(&preview, VIEW));
    eprintln!("preview of all three on {} x {}: {:.0} ms", VIEW.width, VIEW.height, took * 1e3);
    let peak = memory_apart(home.path(), &maps[1]);
    let missed = if peak < MEMORY { "" } else { "  <-- MISSED" };
    let side = SIDES[1];
    eprintln!(
        "memory of cleaning and writing {side} x {side}: {peak:.0} MiB (limit {MEMORY:.0} MiB){missed}"
    );
}
