mod refused;

use super::*;
use crate::geo::raster::{Palette, PixelType, read_u8, write_cog_u8};
use crate::geo::{Crs, Grid, Placement, TiledSpec, TiledWriter, Window};
use crate::labels::{Legend, Preset};
use crate::progress::Cancel;
use std::path::Path;

/// The site: blocks of 20 x 20 pixels of the ten classes of the corridors.
fn site() -> Grid {
    let crs = Crs::from_epsg(6362).unwrap();
    Grid {
        crs,
        left: 2_700_000.0,
        top: 650_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 100,
        height: 40,
    }
}

/// The class of a pixel of the site, by its place in the list of classes.
fn place_of(col: u32, row: u32) -> u8 {
    (col / 20 + 5 * (row / 20)) as u8
}

const PEARL: [&str; 10] = [
    "agriculture",
    "bare_soil",
    "dry_jungle",
    "forest",
    "humid_jungle",
    "pasture",
    "scrub",
    "urban",
    "water",
    "without_apparent_vegetation",
];

fn pearl_colour(name: &str) -> [u8; 3] {
    Preset::ReforestamosPearl.legend().by_name(name).unwrap().colour
}

/// A grid in web mercator around the site, with pixels of so many metres there.
fn mercator(side: f64) -> Grid {
    let crs = Crs::from_epsg(3857).unwrap();
    let [left, bottom, right, top] = Placement::from(&site()).extent_in(&crs).unwrap();
    let width = ((right - left) / side).ceil() as u32 + 2;
    let height = ((top - bottom) / side).ceil() as u32 + 2;
    Grid { crs, left: left - side, top: top + side, pixel_width: side, pixel_height: side, width, height }
}

/// Values of a grid, by the site's pixel that the middle of each of its pixels lies in; `none` off the site.
fn seen(grid: &Grid, none: u8, value: impl Fn(u8) -> u8) -> Vec<u8> {
    let site = site();
    let pixels = (0..grid.height).flat_map(|row| (0..grid.width).map(move |col| (col, row)));
    pixels
        .map(|(col, row)| {
            let [lon, lat] = grid.lonlat_from_pixel(f64::from(col) + 0.5, f64::from(row) + 0.5).unwrap();
            site.pixel_from_lonlat(lon, lat).unwrap().map_or(none, |(col, row)| value(place_of(col, row)))
        })
        .collect()
}

fn write(path: &Path, grid: &Grid, values: &[u8], palette: Option<&Palette>, nodata: Option<u8>) {
    write_cog_u8(path, grid, &[("class".into(), values)], palette, nodata, &[]).unwrap();
}

fn raw(folder: &Path) -> MapReading {
    let grid = mercator(6.0);
    write(&folder.join("raw.tif"), &grid, &seen(&grid, 255, |place| place), None, Some(255));
    let list = folder.join("classes.json");
    std::fs::write(&list, serde_json::to_string(&PEARL).unwrap()).unwrap();
    MapReading { classes: Some(list), zero_is_first: Some(true), meaning: None }
}

fn spec(file: &Path, reading: MapReading) -> ForeignSpec {
    let folder = file.parent().unwrap().join("maps");
    ForeignSpec {
        file: file.into(),
        reading,
        chosen: Chosen::new(),
        legend: Legend::reforestamos(),
        grid: site(),
        folder,
        name: "other".into(),
        replace: true,
    }
}

fn import(spec: &ForeignSpec) -> Result<ImportedMap, ForeignError> {
    import_map(spec, &|_| {}, &Cancel::new())
}

fn codes(spec: &ForeignSpec) -> Vec<u8> {
    import(spec).unwrap();
    let (grid, codes) = read_u8(&spec.folder.join("other.tif"), 0).unwrap();
    assert!(grid.lines_up_with(&site()));
    codes
}

fn survey(file: &Path, reading: &MapReading) -> Result<FoundClasses, ForeignError> {
    survey_map(file, reading, &Legend::reforestamos(), &site(), &|_| {}, &Cancel::new())
}

fn why(result: Result<ImportedMap, ForeignError>) -> String {
    result.unwrap_err().to_string()
}

/// The codes that the map is to have, in the legend's coding.
fn expected(name: impl Fn(u8) -> &'static str) -> Vec<u8> {
    let legend = Legend::reforestamos();
    let pixels = (0..40).flat_map(|row| (0..100).map(move |col| (col, row)));
    pixels.map(|(col, row)| legend.by_name(name(place_of(col, row))).unwrap().code).collect()
}

/// Pixels a block has within its edges: those of another grid may fall either way at edges.
fn differ_inside(a: &[u8], b: &[u8]) -> usize {
    let inside = |at: usize| (2..18).contains(&(at % 100 % 20)) && (2..18).contains(&(at / 100 % 20));
    (0..a.len()).filter(|at| inside(*at) && a[*at] != b[*at]).count()
}

#[test]
fn pearls_raw_map_and_its_colours_give_the_same_map() {
    let folder = tempfile::tempdir().unwrap();
    let reading = raw(folder.path());
    let of_raw = codes(&spec(&folder.path().join("raw.tif"), reading));
    assert_eq!(differ_inside(&of_raw, &expected(|place| PEARL[usize::from(place)])), 0);
    assert!(of_raw.iter().all(|code| *code != 255), "the raw map covers the site");

    // The download has a palette and no names; web mercator, nodata 255.
    let grid = mercator(6.0);
    let entries = PEARL.iter().enumerate().map(|(i, name)| (i as u8, *name, pearl_colour(name))).collect();
    let file = folder.path().join("colour.tif");
    write(&file, &grid, &seen(&grid, 255, |place| place), Some(&Palette { entries }), Some(255));
    std::fs::remove_file(folder.path().join("colour.tif.aux.xml")).unwrap();
    assert_eq!(codes(&spec(&file, MapReading::default())), of_raw);

    // So has a picture of it, in bands of red, green, blue and opacity.
    let bands = [0, 1, 2].map(|band| seen(&grid, 0, |place| pearl_colour(PEARL[usize::from(place)])[band]));
    let opacity = seen(&grid, 0, |_| 255);
    let file = folder.path().join("picture.tif");
    let named =
        ["red", "green", "blue"].into_iter().zip(&bands).map(|(name, band)| (name.to_string(), &band[..]));
    let bands: Vec<_> = named.chain([("opacity".to_string(), &opacity[..])]).collect();
    write_cog_u8(&file, &grid, &bands, None, None, &[]).unwrap();
    assert_eq!(codes(&spec(&file, MapReading::default())), of_raw);
}

#[test]
fn a_list_without_codes_is_asked_whether_zero_is_its_first_class() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("raw.tif");
    let reading = MapReading { zero_is_first: None, ..raw(folder.path()) };
    let found = survey(&file, &reading).unwrap();
    assert_eq!(found.question, Some(Question::Zero));
    assert!(found.classes.iter().all(|class| class.name.is_none()));
    let refused = why(import(&spec(&file, reading.clone())));
    assert!(refused.contains("--zero first or --zero unlabelled"), "{refused}");
    // Unlabelled: 1 is the first class, and what was the first is left out.
    let reading = MapReading { zero_is_first: Some(false), ..reading };
    let found = survey(&file, &reading).unwrap();
    assert!(found.classes[0].is_unlabelled);
    assert_eq!(found.classes[1].name.as_deref(), Some("agriculture"));
    let codes = codes(&spec(&file, reading));
    assert_eq!((codes[10 * 100 + 10], codes[10 * 100 + 30]), (255, 5));
}

#[test]
fn worldcover_is_known_by_its_values_and_its_kinds_of_land_are_matched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wc.tif");
    let value = |place: u8| [10, 20, 30, 40, 50, 60, 80, 10, 10, 0][usize::from(place)];
    let crs = Crs::from_epsg(4326).unwrap();
    let [left, bottom, right, top] = Placement::from(&site()).extent_in(&crs).unwrap();
    // Degrees, of which a pixel is some 9 m.
    let side = 1.0 / 12_000.0;
    let (width, height) = (((right - left) / side) as u32 + 2, ((top - bottom) / side) as u32 + 2);
    let grid = Grid {
        crs,
        left: left - side,
        top: top + side,
        pixel_width: side,
        pixel_height: side,
        width,
        height,
    };
    write(&file, &grid, &seen(&grid, 0, value), None, Some(0));
    let found = survey(&file, &MapReading::default()).unwrap();
    assert_eq!(found.meaning, Some(Meaning::Preset(Preset::WorldCover)));
    assert_eq!(found.classes[0].name.as_deref(), Some("Tree cover"));
    let made = codes(&spec(&file, MapReading::default()));
    let names =
        ["forest", "scrub", "pasture", "agriculture", "urban", "bare_soil", "water", "forest", "forest"];
    let legend = Legend::reforestamos();
    for (place, name) in names.iter().enumerate() {
        let at = (10 + place / 5 * 20) * 100 + 10 + place % 5 * 20;
        assert_eq!(made[at], legend.by_name(name).unwrap().code, "{name}");
    }
    // What the file calls nodata is no class.
    assert_eq!(made[30 * 100 + 90], 255);
}

#[test]
fn plain_numbers_are_asked_for_and_read_in_either_coding() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("labels.tif");
    // Codes 1 to 9, and 0 where nobody labelled.
    write(&file, &site(), &seen(&site(), 0, |place| place), None, None);
    let found = survey(&file, &MapReading::default()).unwrap();
    assert_eq!(found.question, Some(Question::Meaning));
    assert!(why(import(&spec(&file, MapReading::default()))).contains("--meaning"));
    let reading = |meaning| MapReading { meaning: Some(meaning), ..MapReading::default() };
    let at = 10 * 100 + 30;
    let of = |meaning| codes(&spec(&file, reading(meaning)))[at];
    let legend = Legend::reforestamos();
    assert_eq!(legend.class(of(Meaning::Preset(Preset::Reforestamos))).unwrap().name, "forest");
    assert_eq!(
        legend.class(of(Meaning::Preset(Preset::ReforestamosAlphabetical))).unwrap().name,
        "agriculture"
    );
    assert_eq!(of(Meaning::Legend), 1);
    // Dynamic World counts from 0: water, trees …; what has no class of the kind is asked for.
    let other = reading(Meaning::Preset(Preset::DynamicWorld));
    let proposals = propose(&survey(&file, &other).unwrap(), &legend);
    assert_eq!(legend.class(proposals[0].to.unwrap()).unwrap().name, "water");
    assert_eq!(legend.class(proposals[1].to.unwrap()).unwrap().name, "forest");
    assert!(why(import(&spec(&file, other))).contains("3 “flooded_vegetation”"));
    let codes = codes(&spec(&file, reading(Meaning::Legend)));
    assert_eq!(codes[10 * 100 + 10], 255, "0 is unlabelled in these codings");
    let both = MapReading { classes: Some(raw(folder.path()).classes.unwrap()), ..reading(Meaning::Legend) };
    assert!(why(import(&spec(&file, both))).contains("not both"));
}

#[test]
fn names_in_files_beside_a_raster_are_read_and_several_may_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("named.tif");
    write(&file, &site(), &seen(&site(), 0, |place| place % 3), None, None);
    let names = "<PAMDataset><PAMRasterBand band=\"1\"><CategoryNames><Category/><Category>Bosque</Category>\
                 <Category>Rocas raras</Category></CategoryNames></PAMRasterBand></PAMDataset>";
    std::fs::write(folder.path().join("named.tif.aux.xml"), names).unwrap();
    let found = survey(&file, &MapReading::default()).unwrap();
    assert_eq!(found.named_by.as_deref(), Some("named.tif.aux.xml"));
    let hows: Vec<_> = propose(&found, &Legend::reforestamos()).iter().map(|one| one.how).collect();
    assert_eq!(hows, [How::Unlabelled, How::Synonym, How::Nothing]);
    let mut spec = spec(&file, MapReading::default());
    let refused = why(import(&spec));
    assert!(refused.contains("2 “Rocas raras” (1200 pixels)"), "{refused}");
    spec.chosen = Chosen::from([(2, Some(1))]);
    let imported = import(&spec).unwrap();
    assert_eq!(imported.counts.len(), 1);
    assert_eq!((imported.counts[0].1.pixels, imported.without), (2400, 1600));
    let told = std::fs::read_to_string(spec.folder.join("other.import.json")).unwrap();
    assert!(told.contains("Rocas raras") && told.contains("as chosen"), "{told}");
    assert_eq!(imported_from(&imported.classes).as_deref(), Some("named.tif"));
    assert!(
        std::fs::read_to_string(spec.folder.join("other.areas.csv")).unwrap().contains("forest,2400,24.00")
    );
}

#[test]
fn one_colour_of_two_lists_is_read_by_the_list_that_has_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("colours.tif");
    let paint = |names: [&'static str; 2], preset: Preset| {
        let entries =
            [0, 1].map(|i| (i as u8, names[i], preset.legend().by_name(names[i]).unwrap().colour)).to_vec();
        write(&file, &site(), &seen(&site(), 0, |place| place % 2), Some(&Palette { entries }), Some(255));
        std::fs::remove_file(folder.path().join("colours.tif.aux.xml")).unwrap();
        let found = survey(&file, &MapReading::default()).unwrap();
        propose(&found, &Legend::reforestamos())
    };
    let name = |one: &Proposal| Legend::reforestamos().class(one.to.unwrap()).unwrap().name.clone();
    // #00a884 is PEARL's humid jungle and the notebooks' dry one.
    let of_pearl = paint(["humid_jungle", "water"], Preset::ReforestamosPearl);
    assert_eq!((name(&of_pearl[0]), of_pearl[0].how), ("humid_jungle".into(), How::Colour));
    let of_notebooks = paint(["dry_jungle", "water"], Preset::Reforestamos);
    assert_eq!(name(&of_notebooks[0]), "dry_jungle");
    // Alone it could be either, and nothing is guessed.
    let entries = vec![(0, "a", [0, 168, 132])];
    write(&file, &site(), &vec![0; 4000], Some(&Palette { entries }), Some(255));
    std::fs::remove_file(folder.path().join("colours.tif.aux.xml")).unwrap();
    let found = survey(&file, &MapReading::default()).unwrap();
    assert_eq!(propose(&found, &Legend::reforestamos())[0].how, How::Nothing);
    // A shade beside a class's colour is taken for it, and told.
    let entries = vec![(0, "a", [164, 254, 115]), (1, "b", [38, 115, 120])];
    write(&file, &site(), &seen(&site(), 0, |place| place % 2), Some(&Palette { entries }), Some(255));
    std::fs::remove_file(folder.path().join("colours.tif.aux.xml")).unwrap();
    let found = survey(&file, &MapReading::default()).unwrap();
    let proposals = propose(&found, &Legend::reforestamos());
    assert_eq!((name(&proposals[0]), proposals[0].how), ("agriculture".into(), How::NearColour));
    assert_eq!(proposals[1].how, How::Colour);
}

fn floats(path: &Path, values: &[f32]) {
    let grid = site();
    let spec = TiledSpec {
        grid: &grid,
        bands: &["value"],
        scaling: &[None],
        kind: PixelType::Float32,
        nodata: f64::NAN,
        tile: (64, 64),
    };
    let mut writer = TiledWriter::create(path, &spec).unwrap();
    writer.write_floats(0, grid.window(), values).unwrap();
    writer.finish().unwrap();
}

#[test]
fn floats_are_taken_where_they_are_whole_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("floats.tif");
    let whole: Vec<f32> = seen(&site(), 0, |place| place + 1).into_iter().map(f32::from).collect();
    floats(&file, &whole);
    let reading = MapReading { meaning: Some(Meaning::Legend), ..MapReading::default() };
    let found = survey(&file, &reading).unwrap();
    assert!(
        found.notes[0].contains("Float32") && found.notes[0].contains("whole numbers"),
        "{:?}",
        found.notes
    );
    assert_eq!(codes(&spec(&file, reading.clone())), seen(&site(), 0, |place| place + 1));
    let mut broken = whole;
    broken[777] = 2.5;
    floats(&file, &broken);
    let refused = why(import(&spec(&file, reading)));
    assert!(refused.contains("2.5") && refused.contains("no whole number"), "{refused}");
}

#[test]
fn a_coarse_map_is_told_with_its_resolution_and_one_of_a_single_class_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("coarse.tif");
    let grid = mercator(100.0);
    write(&file, &grid, &vec![8; grid.pixels()], None, Some(255));
    let reading = MapReading { meaning: Some(Meaning::Legend), ..MapReading::default() };
    let found = survey(&file, &reading).unwrap();
    let wide = found.pixel_m.unwrap()[0];
    assert!((90.0..100.0).contains(&wide), "web mercator stretches the land: {wide}");
    assert!(found.notes.iter().any(|note| note.contains("coarser")), "{:?}", found.notes);
    assert_eq!(codes(&spec(&file, reading)), vec![8; 4000]);
}

#[test]
fn a_survey_sees_no_more_of_a_huge_map_than_the_site() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wide.tif");
    let grid =
        Grid { left: site().left - 5000.0, top: site().top + 5000.0, width: 1200, height: 1200, ..site() };
    let window = Window { col: 500, row: 500, width: 100, height: 40 };
    let pixel = |at: usize| {
        let (col, row) = ((at % 1200) as u32, (at / 1200) as u32);
        if window.contains(col, row) { 1 + place_of(col - 500, row - 500) } else { 77 }
    };
    write(&file, &grid, &(0..grid.pixels()).map(pixel).collect::<Vec<_>>(), None, Some(255));
    let found =
        survey(&file, &MapReading { meaning: Some(Meaning::Legend), ..MapReading::default() }).unwrap();
    assert_eq!(
        found.classes.iter().map(|class| class.value).collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    assert!(found.classes.iter().all(|class| class.pixels == 400));
    assert_eq!(found.empty, 0);
}
