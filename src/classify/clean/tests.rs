use super::*;
use crate::classify::derived::{Derived, most_likely};
use crate::classify::testing::write_map;
use crate::classify::unfinished::{Header, UnfinishedMap};
use crate::geo::raster::{self, PixelType, write_mosaic};
use crate::geo::{Crs, Grid, Window};
use crate::labels::{Annotation, Annotations, Class, Legend};
use crate::progress::Cancel;
use crate::testing::chance;
use std::path::Path;

const WIDTH: u32 = 96;
const HEIGHT: u32 = 70;

fn classes() -> Vec<Class> {
    let class = |(code, name)| Class::new(code, name, [code, 120, 200]);
    [(4, "Forest"), (2, "Water"), (9, "City, old")].map(class).to_vec()
}

fn grid() -> Grid {
    Grid {
        crs: Crs::from_epsg(6362).unwrap(),
        left: 2.7e6,
        top: 6.5e5,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: WIDTH,
        height: HEIGHT,
    }
}

/// Patches of the three classes with noise over them, and some pixels without data.
fn noisy() -> Vec<u8> {
    let pixels = grid().pixels();
    let mut planes = vec![0; 3 * pixels];
    for at in 0..pixels {
        let (x, y) = (at as u64 % u64::from(WIDTH), at as u64 / u64::from(WIDTH));
        let patch = chance(&[x / 11, y / 9, 1]);
        let noise = chance(&[x, y, 2]);
        let likely = if noise < 0.8 { (patch * 3.0) as usize } else { (noise * 14.9) as usize % 3 };
        let sure = 130 + (chance(&[x, y, 3]) * 120.0) as u8;
        for k in 0..3 {
            planes[k * pixels + at] = if k == likely { sure } else { (250 - sure) / 2 };
            if chance(&[x, y, 4]) < 0.02 {
                planes[k * pixels + at] = 255;
            }
        }
    }
    planes
}

/// Its class codes.
fn noisy_codes() -> Vec<u8> {
    most_likely(&noisy(), grid().pixels(), &classes())
}

fn write_noisy(folder: &Path) {
    write_map(folder, "noisy", &grid(), &classes(), &noisy(), &[("RITMO_MODEL", "net-1")]);
}

/// A folder with the map `noisy`, and a cube on its grid whose first band is the column and whose second is the row.
fn made() -> (tempfile::TempDir, Surroundings) {
    let home = tempfile::tempdir().unwrap();
    write_noisy(home.path());
    let cube = crate::testing::cube(home.path(), (WIDTH, HEIGHT), 3, |step, band, col, row| {
        let gap = step == 1 && band == 0 && col < 10;
        if gap { 0 } else { 1 + 100 * step as u16 + if band == 0 { col as u16 } else { row as u16 } }
    });
    let around = Surroundings {
        folder: home.path().into(),
        cube,
        indices: Vec::new(),
        annotations: Annotations::default(),
        legend: Legend { classes: classes() },
    };
    (home, around)
}

fn cleaner(around: &Surroundings, recipe: &Recipe) -> Cleaner {
    let source = Source::open(&around.folder, "noisy").unwrap();
    Cleaner::new(source, recipe, around).unwrap()
}

fn cleaned(around: &Surroundings, recipe: &Recipe, block: u32) -> (Cleaned, Vec<u8>) {
    let cleaner = cleaner(around, recipe).in_blocks_of(block);
    let (whole, pixels) = (grid().window(), grid().pixels());
    let mut planes = vec![0; 3 * pixels];
    let mut take = |window: Window, values: &[u8]| {
        for (k, values) in values.chunks_exact(window.pixels()).enumerate() {
            run::paste(values, window, window, &mut planes[k * pixels..][..pixels], whole);
        }
        Ok(())
    };
    let cleaned = cleaner.clean(whole, Some(&mut take), &|_| {}, &Cancel::new()).unwrap();
    (cleaned, planes)
}

fn never(class: &str, condition: Condition) -> Step {
    Step::Rule(Rule { class: class.into(), verdict: Verdict::Never, condition })
}

fn of_cube(expression: &str, at: At, is: Test, value: f64) -> Condition {
    Condition::Cube(CubeTest { expression: expression.into(), at, is, value })
}

fn smooth() -> Step {
    let water = ClassSmoothing { class: "Water".into(), window: Some(3), smoothness: Some(5.0) };
    Step::Smooth(Smooth { window: 5, classes: vec![water], ..Smooth::default() })
}

fn all_steps() -> Recipe {
    Recipe::of([
        smooth(),
        never("Water", of_cube("B04", At::Max, Test::Above, 240.0)),
        Step::Majority(Majority::default()),
        Step::Sieve(Sieve { hectares: 0.08, corners: true }),
        never("Forest", of_cube("B08", At::Min, Test::Above, 40.0)),
        Step::Majority(Majority { window: 5 }),
    ])
}

#[test]
fn block_by_block_is_the_same_as_the_whole() {
    let (_home, around) = made();
    let recipe = all_steps();
    let (whole, planes) = cleaned(&around, &recipe, 4096);
    assert!(whole.changed > 500, "{}", whole.changed);
    for block in [17, 32, 64] {
        let (found, found_planes) = cleaned(&around, &recipe, block);
        assert_eq!(found.codes, whole.codes, "in blocks of {block}");
        assert_eq!(found_planes, planes, "in blocks of {block}");
    }
    // What the whole is cleaned to, a part is cleaned to as well, as far as no sieve asks what lies beyond.
    let local = Recipe::of([smooth(), Step::Majority(Majority::default())]);
    let (whole, _) = cleaned(&around, &local, 512);
    let part = Window { col: 30, row: 21, width: 25, height: 30 };
    let found = cleaner(&around, &local).clean(part, None, &|_| {}, &Cancel::new()).unwrap();
    for row in 0..30 {
        let start = (21 + row) * WIDTH as usize + 30;
        assert_eq!(found.codes[row * 25..][..25], whole.codes[start..start + 25]);
    }
}

#[test]
fn nodata_stays_and_probabilities_still_sum_to_one() {
    let (_home, around) = made();
    let before = noisy();
    let (found, planes) = cleaned(&around, &all_steps(), 64);
    let pixels = grid().pixels();
    for at in 0..pixels {
        let values = || planes.iter().skip(at).step_by(pixels);
        let was_nodata = before.iter().skip(at).step_by(pixels).any(|v| *v == 255);
        assert_eq!(found.codes[at] == 255, was_nodata);
        assert_eq!(values().all(|v| *v == 255), was_nodata);
        let sum: u32 = values().map(|v| u32::from(*v)).sum();
        assert!(was_nodata || sum.abs_diff(250) <= 3, "{sum}");
    }
    assert_eq!(found.before.iter().map(|of| of.pixels).sum::<u64>(), pixels as u64);
    assert_eq!(found.after.iter().map(|of| of.pixels).sum::<u64>(), pixels as u64);
    assert_eq!(found.before[255], found.after[255]);
    let share = found.share_changed();
    assert!((share - found.changed as f64 / (pixels as u64 - found.before[255].pixels) as f64).abs() < 1e-12);
}

/// Where a class is gone that is forbidden under a condition, as (column, row).
fn gone(around: &Surroundings, condition: Condition) -> Vec<bool> {
    let (found, _) = cleaned(around, &Recipe::of([never("Water", condition)]), 50);
    found.codes.iter().map(|code| *code != 2).collect()
}

/// Asserts that water is gone where `holds` says so, and nowhere else.
fn assert_gone(gone: &[bool], holds: impl Fn(u32, u32) -> bool) {
    let before = noisy_codes();
    let mut asked = 0;
    for (at, gone) in gone.iter().enumerate().filter(|(at, _)| before[*at] == 2) {
        let (col, row) = (at as u32 % WIDTH, at as u32 / WIDTH);
        assert_eq!(*gone, holds(col, row), "{col}, {row}");
        asked += usize::from(*gone);
    }
    assert!(asked > 20, "{asked} pixels of water");
}

#[test]
fn rules_ask_the_cube_at_a_date_and_over_the_year() {
    let (_home, around) = made();
    let june = chrono::NaiveDate::from_ymd_opt(2022, 2, 15).unwrap();
    let at_a_date = of_cube("B04", At::Date(june), Test::Below, 101.0 + 40.0);
    // Of the first ten columns nothing is known then.
    assert_gone(&gone(&around, at_a_date), |col, _| (10..40).contains(&col));
    assert_gone(&gone(&around, of_cube("B08", At::Min, Test::Above, 31.0)), |_, row| row > 30);
    assert_gone(&gone(&around, of_cube("B08", At::Max, Test::Above, 231.0)), |_, row| row > 30);
    // The mean of what was observed: of the first columns that of two dates, which is the same.
    assert_gone(&gone(&around, of_cube("B04 - 1", At::Mean, Test::Above, 160.0)), |col, _| col > 60);
    let never = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let recipe = Recipe::of([self::never("Water", of_cube("B04", At::Date(never), Test::Below, 1.0))]);
    let source = Source::open(&around.folder, "noisy").unwrap();
    let error = Cleaner::new(source, &recipe, &around).err().unwrap().to_string();
    assert!(error.contains("2022-03-15"), "{error}");
}

#[test]
fn water_on_slopes_is_told_by_a_raster_in_another_coordinate_system() {
    let (home, around) = made();
    // Degrees of slope rise from west to east; half a step a pixel, in a grid of longitude and latitude.
    let corners =
        [grid().lonlat_from_pixel(-8.0, -8.0).unwrap(), grid().lonlat_from_pixel(104.0, 78.0).unwrap()];
    let slopes = Grid {
        crs: Crs::from_epsg(4326).unwrap(),
        left: corners[0][0].min(corners[1][0]) - 2e-3,
        top: corners[0][1].max(corners[1][1]) + 2e-3,
        pixel_width: 1e-4,
        pixel_height: 1e-4,
        width: 160,
        height: 140,
    };
    let degrees: Vec<u16> = (0..140 * 160).map(|i| 1 + i as u16 % 160).collect();
    let path = home.path().join("slope.tif");
    write_mosaic(&path, &slopes, &["slope"], PixelType::Uint16, 0.0, &degrees, &[]).unwrap();
    let steep = RasterTest { file: "slope.tif".into(), band: 1, is: Test::Above, value: 80.0 };
    let gone = gone(&around, Condition::Raster(steep));
    let before = noisy_codes();
    for (at, gone) in gone.iter().enumerate().filter(|(at, _)| before[*at] == 2) {
        let (col, row) = (at as f64 % f64::from(WIDTH), (at / WIDTH as usize) as f64);
        let [lon, _] = grid().lonlat_from_pixel(col.floor() + 0.5, row + 0.5).unwrap();
        let degrees = 0.5 + (lon - slopes.left) / 1e-4;
        // A pixel to both sides of the limit is left open: places are exact to an eighth of one.
        if (degrees - 80.0).abs() > 1.0 {
            assert_eq!(*gone, degrees > 80.0, "{col}, {row}: {degrees}");
        }
    }
    let lacking = RasterTest { file: "slope.tif".into(), band: 2, is: Test::Above, value: 15.0 };
    let recipe = Recipe::of([never("Water", Condition::Raster(lacking))]);
    let source = Source::open(home.path(), "noisy").unwrap();
    let error = Cleaner::new(source, &recipe, &around).err().unwrap().to_string();
    assert!(error.contains("slope.tif") && error.contains("no band 2"), "{error}");
}

fn ring(cols: (f64, f64), rows: (f64, f64)) -> Vec<[f64; 2]> {
    [(cols.0, rows.0), (cols.1, rows.0), (cols.1, rows.1), (cols.0, rows.1), (cols.0, rows.0)]
        .map(|(col, row)| grid().lonlat_from_pixel(col, row).unwrap())
        .to_vec()
}

fn polygon(ring: &[[f64; 2]]) -> geo::Geometry<f64> {
    geo::Polygon::new(ring.iter().map(|c| (c[0], c[1])).collect(), Vec::new()).into()
}

#[test]
fn rules_know_polygons_annotations_and_vector_files() {
    let (home, mut around) = made();
    let drawn = ring((20.0, 60.0), (10.0, 50.0));
    let inside = |col: u32, row: u32| (20..60).contains(&col) && (10..50).contains(&row);
    assert_gone(&gone(&around, Condition::Inside(Place::Polygon(vec![drawn.clone()]))), inside);
    assert_gone(&gone(&around, Condition::Outside(Place::Polygon(vec![drawn.clone()]))), |c, r| {
        !inside(c, r)
    });

    around.annotations.insert(Annotation::new(1, polygon(&drawn), 9));
    around.annotations.insert(Annotation::new(2, polygon(&ring((0.0, 96.0), (0.0, 70.0))), 4));
    let city = Condition::Inside(Place::Annotations("City, old".into()));
    assert_gone(&gone(&around, city), inside);

    let text = serde_json::json!({ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": {},
        "geometry": { "type": "Polygon", "coordinates": [drawn] } }] });
    std::fs::write(home.path().join("lakes.geojson"), text.to_string()).unwrap();
    assert_gone(&gone(&around, Condition::Inside(Place::File("lakes.geojson".into()))), inside);
    let recipe = Recipe::of([never("Water", Condition::Inside(Place::File("no.gpkg".into())))]);
    let source = Source::open(home.path(), "noisy").unwrap();
    let error = Cleaner::new(source, &recipe, &around).err().unwrap().to_string();
    assert!(error.contains("no.gpkg"), "{error}");
}

#[test]
fn a_class_is_only_where_it_may_be_and_becomes_another_where_it_is_told() {
    let (_home, around) = made();
    let low = of_cube("B08", At::Min, Test::Below, 21.0);
    let only = Rule { class: "Water".into(), verdict: Verdict::Only, condition: low };
    let (found, planes) = cleaned(&around, &Recipe::of([Step::Rule(only)]), 64);
    let before = noisy_codes();
    for (at, code) in found.codes.iter().enumerate() {
        let low = at / (WIDTH as usize) < 20;
        assert!(*code != 2 || low);
        assert!(*code == before[at] || before[at] == 2 && !low);
        assert!(low || [0, 255].contains(&planes[grid().pixels() + at]), "its probability is gone too");
    }
    let everywhere = of_cube("B08", At::Min, Test::Above, 0.0);
    let becomes =
        Rule { class: "Water".into(), verdict: Verdict::Becomes("Forest".into()), condition: everywhere };
    let (found, _) = cleaned(&around, &Recipe::of([Step::Rule(becomes)]), 64);
    for (code, before) in found.codes.iter().zip(&before) {
        assert_eq!(*code, if *before == 2 { 4 } else { *before });
    }
}

#[test]
fn a_sieve_takes_hectares_and_leaves_what_the_part_cuts() {
    let (_home, around) = made();
    // Ten pixels of a hundredth of a hectare stay, nine go.
    let (found, _) =
        cleaned(&around, &Recipe::of([Step::Sieve(Sieve { hectares: 0.1, corners: false })]), 64);
    assert!(found.changed > 100);
    let part = Window { col: 40, row: 30, width: 3, height: 3 };
    let sieve = Recipe::of([Step::Sieve(Sieve { hectares: 5.0, corners: true })]);
    let cleaner = cleaner(&around, &sieve);
    let small = cleaner.clean(part, None, &|_| {}, &Cancel::new()).unwrap();
    let edge = |at: usize| at != 4;
    let before: Vec<u8> = (0..9).map(|i| noisy_codes()[(30 + i / 3) * 96 + 40 + i % 3]).collect();
    assert!((0..9).filter(|at| edge(*at)).all(|at| small.codes[at] == before[at]));
}

#[test]
fn a_cleaned_map_lies_beside_the_raw_one_with_its_story() {
    let (home, around) = made();
    let raw = |end: &str| std::fs::read(home.path().join(format!("noisy.{end}"))).unwrap();
    let before = ["tif", "probs.tif"].map(raw);
    let recipe = all_steps();
    let story = Story { recipe: &recipe, corrections: &[], metadata: &[("RITMO_MODEL", "net-1")] };
    let cleaner = cleaner(&around, &recipe);
    let (found, files) =
        write_cleaned(&cleaner, home.path(), "noisy-clean", story, &|_| {}, &Cancel::new()).unwrap();
    assert_eq!(["tif", "probs.tif"].map(raw), before);
    assert_eq!(raster::read_u8(&files.map.classes, 0).unwrap().1, found.codes);
    // The other planes are what the smoothed probabilities say, and all is in place.
    let planes = cleaned(&around, &recipe, 4096).1;
    let derived = Derived::of(&planes, grid().pixels());
    for (k, plane) in planes.chunks_exact(grid().pixels()).enumerate() {
        assert!(raster::read_u8(&files.map.probabilities, k).unwrap().1 == plane, "plane {k}");
    }
    assert!(raster::read_u8(&files.map.entropy, 0).unwrap().1 == derived.entropy);
    assert!(raster::read_u8(&files.map.margin, 0).unwrap().1 == derived.margin);
    assert!(files.map.areas.exists() && home.path().join("noisy-clean.qml").exists());
    assert!(!home.path().join(".noisy-clean.unfinished").exists());
    let again = Source::open(home.path(), "noisy-clean").unwrap();
    assert_eq!(again.classes, classes());
    assert_eq!(again.metadata("RITMO_SOURCE_MAP").as_deref(), Some("noisy"));
    assert_eq!(again.metadata("RITMO_MODEL").as_deref(), Some("net-1"));
    let kept = again.metadata("RITMO_RECIPE").unwrap();
    assert_eq!(Recipe::from_json(&kept).unwrap(), recipe);
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&files.recipe).unwrap()).unwrap();
    assert_eq!(
        told["sentences"][3],
        "Patches under 0.08 ha go to their largest neighbour, pixels that touch at a corner taken together"
    );
    let areas = std::fs::read_to_string(&files.areas).unwrap();
    let row = format!(
        "\"City, old\",{},{:.2},{},{:.2}\n",
        found.before[9].pixels,
        found.before[9].pixels as f64 * 0.01,
        found.after[9].pixels,
        found.after[9].pixels as f64 * 0.01
    );
    assert!(areas.ends_with(&row), "{areas}");
}

#[test]
fn a_stop_leaves_nothing_of_the_new_map() {
    let (home, around) = made();
    let recipe = all_steps();
    let stop = Cancel::new();
    stop.cancel();
    let story = Story { recipe: &recipe, corrections: &[], metadata: &[] };
    let error = write_cleaned(&cleaner(&around, &recipe), home.path(), "gone", story, &|_| {}, &stop);
    assert!(matches!(error, Err(CleanError::Cancelled(_))));
    let left = |folder: &Path| {
        let names = std::fs::read_dir(folder).unwrap().flatten().map(|f| f.file_name());
        names.filter(|name| name.to_string_lossy().contains("gone")).count()
    };
    assert_eq!(left(home.path()), 0);
    // Nor where it is stopped while files are written.
    let stop = Cancel::new();
    let report = |progress: crate::progress::Progress| {
        if progress.what == "Writing the map" {
            stop.cancel();
        }
    };
    let error = write_cleaned(&cleaner(&around, &recipe), home.path(), "gone", story, &report, &stop);
    assert!(matches!(error, Err(CleanError::Cancelled(_))));
    assert_eq!(left(home.path()), 0);
}

#[test]
fn in_small_blocks_the_files_are_the_same() {
    let (home, around) = made();
    let recipe = all_steps();
    let story = Story { recipe: &recipe, corrections: &[], metadata: &[] };
    let write = |block: u32| {
        let cleaner = cleaner(&around, &recipe).in_blocks_of(block);
        let name = format!("of-{block}");
        let (_, files) = write_cleaned(&cleaner, home.path(), &name, story, &|_| {}, &Cancel::new()).unwrap();
        [files.map.classes, files.map.probabilities, files.map.entropy, files.map.margin]
    };
    for (a, b) in write(512).iter().zip(&write(17)) {
        assert!(raster::read_u8(a, 0).unwrap().1 == raster::read_u8(b, 0).unwrap().1, "{}", b.display());
    }
}

#[test]
fn what_mapping_has_begun_is_not_written_over() {
    let (home, around) = made();
    let begun = home.path().join(".begun.unfinished");
    let (cube, model) = (&around.cube, crate::classify::testing::model(&around.cube).0);
    let header = Header::new(cube, &model.card, home.path(), false);
    UnfinishedMap::open(home.path(), "begun", header, false).unwrap();
    let recipe = all_steps();
    let story = Story { recipe: &recipe, corrections: &[], metadata: &[] };
    let error =
        write_cleaned(&cleaner(&around, &recipe), home.path(), "begun", story, &|_| {}, &Cancel::new());
    assert!(error.unwrap_err().to_string().contains("choose another name"));
    assert!(begun.join("map.json").exists());
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let (home, _) = made();
    std::fs::remove_file(home.path().join("noisy.probs.tif")).unwrap();
    let error = Source::open(home.path(), "noisy").err().unwrap().to_string();
    assert!(error.contains("noisy.probs.tif"), "{error}");
    write_noisy(home.path());
    let style = crate::labels::qgis_style(&classes()[..2]);
    std::fs::write(home.path().join("noisy.qml"), style).unwrap();
    let error = Source::open(home.path(), "noisy").err().unwrap().to_string();
    assert!(error.contains("different classes") && error.contains("map the site again"), "{error}");
}
