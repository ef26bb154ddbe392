use super::*;
use crate::geo::Crs;
use crate::source::{BandKnowledge, MaskKind};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn layer(name: &str, role: Role) -> Layer {
    Layer {
        path: PathBuf::from(format!("{name}.tif")),
        index: 0,
        name: name.into(),
        role,
        knowledge: BandKnowledge::default(),
        pixel_type: "UInt16".into(),
        nodata: Some(0.0),
        scaling: None,
        placement: 0,
    }
}

fn acquisition(date: &str) -> Acquisition {
    Acquisition {
        key: format!("key {date}"),
        date: day(date),
        time: None,
        tile: None,
        sensor: None,
        baseline: None,
        layers: vec![layer("B04", Role::Band), layer("B08", Role::Band)],
    }
}

fn spec(acquisitions: Vec<Acquisition>) -> BuildSpec {
    let placement = Placement {
        crs: Crs::from_epsg(32614).unwrap(),
        geotransform: [500_000.0, 10.0, 0.0, 2_000_000.0, 0.0, -10.0],
        width: 30,
        height: 20,
    };
    let found = Recognised { acquisitions, placements: vec![placement], ..Recognised::default() };
    BuildSpec { found, settings: BuildSettings::default() }
}

fn plan(dates: &[&str], period: Period, anchor: Option<&str>) -> Plan {
    let mut spec = spec(dates.iter().map(|date| acquisition(date)).collect());
    spec.settings.period = period;
    spec.settings.anchor = anchor.map(day);
    Plan::new(&spec).unwrap()
}

fn error(spec: &BuildSpec) -> String {
    Plan::new(spec).unwrap_err().to_string()
}

#[test]
fn months_without_an_acquisition_are_steps_too() {
    let plan = plan(&["2021-11-03", "2021-11-20", "2022-02-28"], Period::Month, None);
    let dates: Vec<_> = plan.info.dates.iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2021-11-15", "2021-12-15", "2022-01-15", "2022-02-15"]);
    let counts: Vec<_> = plan.steps.iter().map(|step| step.observations.len()).collect();
    assert_eq!(counts, [2, 0, 0, 1]);
    assert_eq!(plan.steps[3].span, (day("2022-02-01"), day("2022-02-28")));
}

#[test]
fn periods_of_days_begin_at_their_anchor() {
    let dates = ["2022-01-05", "2022-01-14", "2022-01-15", "2022-02-01"];
    let spans = |plan: Plan| plan.steps.iter().map(|s| (s.span.0, s.observations.len())).collect::<Vec<_>>();
    let found = spans(plan(&dates, Period::Days(14), Some("2022-01-01")));
    assert_eq!(found, [(day("2022-01-01"), 2), (day("2022-01-15"), 1), (day("2022-01-29"), 1)]);
    // An anchor may lie after the imagery.
    let found = spans(plan(&dates, Period::Days(14), Some("2022-03-12")));
    assert_eq!(found[0], (day("2022-01-01"), 2));
    let found = spans(plan(&dates, Period::Days(14), None));
    assert_eq!(found[0], (day("2022-01-05"), 3));
}

#[test]
fn a_wrong_date_far_away_does_not_make_thousands_of_steps() {
    let mut spec = spec(vec![acquisition("1970-01-01"), acquisition("2022-01-01")]);
    spec.settings.period = Period::Days(1);
    assert!(error(&spec).contains("Is one of the dates wrong"));
}

#[test]
fn files_of_a_day_merge_where_their_names_tell_them_apart() {
    let mut both = vec![acquisition("2022-01-01"), acquisition("2022-01-01")];
    assert!(error(&spec(both.clone())).contains("--period 1d"));
    both[0].tile = Some("14QMJ".into());
    both[1].tile = Some("14QNJ".into());
    let plan = Plan::new(&spec(both)).unwrap();
    assert_eq!((plan.steps.len(), plan.steps[0].observations.len(), plan.has_mask), (1, 2, true));
}

#[test]
fn the_offset_goes_by_baseline_and_never_by_date() {
    let mut old = acquisition("2023-01-01");
    old.baseline = Some((3, 1));
    let mut reprocessed = acquisition("2018-01-01");
    reprocessed.baseline = Some((5, 0));
    let plan = Plan::new(&spec(vec![old.clone(), reprocessed.clone()])).unwrap();
    assert_eq!(plan.info.pixel_type, PixelType::Int16);
    assert_eq!(plan.info.nodata, -9999.0);
    let linear = |plan: &Plan, step: usize| plan.steps[step].observations[0].bands[0].linear;
    assert_eq!((linear(&plan, 0), linear(&plan, 1)), (Some((1.0, -1000.0)), None));
    assert!(plan.advice.iter().any(|advice| advice.contains("1 acquisition")));

    let mut kept = spec(vec![old.clone(), reprocessed.clone()]);
    kept.settings.offset = OffsetSetting::Keep;
    let plan = Plan::new(&kept).unwrap();
    assert_eq!((linear(&plan, 0), plan.info.pixel_type), (None, PixelType::Uint16));

    // A file that states the offset itself is not shifted twice.
    for layer in &mut reprocessed.layers {
        layer.scaling = Some((1e-4, -0.1));
        layer.knowledge.scale = Scale { factor: 1e-4, offset: -0.1 };
    }
    for layer in &mut old.layers {
        layer.knowledge.scale = Scale { factor: 1e-4, offset: 0.0 };
    }
    let plan = Plan::new(&spec(vec![old, reprocessed])).unwrap();
    assert_eq!((linear(&plan, 0), linear(&plan, 1)), (Some((1.0, -1000.0)), None));
    assert_eq!(plan.info.bands[0].knowledge.scale, Scale { factor: 1e-4, offset: 0.0 });
}

#[test]
fn bands_are_found_by_name_then_by_common_name() {
    let mut other = acquisition("2022-02-01");
    other.layers = vec![layer("B5", Role::Band), layer("B4", Role::Band)];
    other.layers[0].knowledge.common = Some("nir".into());
    other.layers[1].knowledge.common = Some("red".into());
    let mut first = acquisition("2022-01-01");
    first.layers[0].knowledge.common = Some("red".into());
    first.layers[1].knowledge.common = Some("nir".into());
    let mut spec = spec(vec![first, other]);
    assert!(error(&spec).contains("has no band B04, only B5, B4"));
    spec.settings.bands = Some(vec!["nir".into(), "red".into()]);
    let plan = Plan::new(&spec).unwrap();
    let paths: Vec<_> =
        plan.steps.iter().map(|s| s.observations[0].bands[0].path.display().to_string()).collect();
    assert_eq!(paths, ["B08.tif", "B5.tif"]);
}

#[test]
fn masks_are_chosen_by_kind_by_name_or_by_values() {
    let mut with = acquisition("2022-01-01");
    with.layers.push(layer("SCL", Role::Mask(MaskKind::Scl)));
    with.layers.push(layer("clouds", Role::Band));
    let mut spec = spec(vec![with]);
    let plan = Plan::new(&spec).unwrap();
    assert_eq!(plan.info.bands.len(), 3);
    assert_eq!(plan.steps[0].observations[0].mask.as_ref().unwrap().1.kind, Some(MaskKind::Scl));
    spec.settings.mask = MaskSetting::Off;
    assert!(!Plan::new(&spec).unwrap().has_mask);
    spec.settings.mask = "clouds=1-100".parse().unwrap();
    let plan = Plan::new(&spec).unwrap();
    let (input, rule) = plan.steps[0].observations[0].mask.clone().unwrap();
    assert_eq!((input.path, rule.kind), (PathBuf::from("clouds.tif"), None));
    assert!(plan.info.bands.iter().all(|band| band.name != "clouds"));
    spec.settings.mask = "clouds".parse().unwrap();
    assert!(error(&spec).contains("clouds=1,3-5"));
    spec.settings.mask = "fmask".parse().unwrap();
    assert!(error(&spec).contains("no layer fmask"));
    spec.settings.mask = MaskSetting::Auto;
    spec.settings.bands = Some(vec!["B04".into()]);
    spec.found.acquisitions.push(acquisition("2022-02-01"));
    assert!(error(&spec).contains("--mask none"));
}

#[test]
fn kinds_of_pixels_meet_in_one_that_holds_all_of_them() {
    let kinds = |kinds: &[&str]| {
        let dates = ["2022-01-01", "2022-02-01", "2022-03-01"];
        let acquisitions = kinds.iter().zip(dates).map(|(kind, date)| {
            let mut acquisition = acquisition(date);
            acquisition.layers.iter_mut().for_each(|layer| layer.pixel_type = (*kind).into());
            acquisition
        });
        Plan::new(&spec(acquisitions.collect())).map(|plan| plan.info.pixel_type).map_err(|e| e.to_string())
    };
    assert_eq!(kinds(&["Byte", "Byte"]), Ok(PixelType::Uint16));
    assert_eq!(kinds(&["Byte", "Int16"]), Ok(PixelType::Int16));
    assert_eq!(kinds(&["UInt16", "Int16"]), Ok(PixelType::Float32));
    assert_eq!(kinds(&["UInt16", "Float64"]), Ok(PixelType::Float32));
    assert!(kinds(&["CFloat32"]).unwrap_err().contains("CFloat32"));
}

#[test]
fn an_image_reaches_what_it_may_show_and_one_that_is_not_warped_everything() {
    let grid = Grid {
        crs: Crs::from_epsg(32614).unwrap(),
        left: 500_000.0,
        top: 2_000_000.0,
        pixel_width: 10.0,
        pixel_height: 10.0,
        width: 1024,
        height: 1024,
    };
    let input = |col: f64, warp: Option<Resample>| Input {
        path: PathBuf::from("a.tif"),
        index: 0,
        pixel_type: "UInt16".into(),
        nodata: Some(0.0),
        placement: Placement {
            crs: grid.crs.clone(),
            geotransform: [500_000.0 + col * 10.0, 10.0, 0.0, 2_000_000.0 - 2560.0, 0.0, -10.0],
            width: 256,
            height: 256,
        },
        warp,
        place: None,
        linear: None,
    };
    let reaches = |input: Input| -> Vec<u32> {
        let observation = Observation {
            acquisition: 0,
            cover: cover([&input].into_iter(), &grid, [0.0, 0.0]),
            bands: vec![input],
            mask: None,
            offset: 0.0,
            clear_share: 1.0,
        };
        let window = |col| Window { col, row: 256, width: 128, height: 128 };
        (0..8).map(|n| n * 128).filter(|col| observation.reaches(window(*col))).collect()
    };
    // It covers columns 256 to 512; its kernels and edges reach a little into the windows beside it.
    assert_eq!(reaches(input(256.0, Some(Resample::Nearest))), [128, 256, 384, 512]);
    assert_eq!(reaches(input(256.0, None)).len(), 8, "what lies on the grid is read where it is wanted");
    assert!(reaches(input(3000.0, Some(Resample::Nearest))).is_empty());
}

#[test]
fn a_file_has_a_place_where_its_pixels_are_those_of_the_grid() {
    let placement = |left: f64, side: f64| Placement {
        crs: Crs::from_epsg(32614).unwrap(),
        geotransform: [left, side, 0.0, 2_000_100.0, 0.0, -side],
        width: 30,
        height: 20,
    };
    let grid = Grid { left: 500_000.0, top: 2_000_000.0, ..placement(0.0, 10.0).grid().unwrap() };
    assert_eq!(place_on(&placement(500_300.0, 10.0), &grid), Some([30, -10]));
    assert_eq!(place_on(&placement(500_304.0, 10.0), &grid), None, "between two pixels");
    assert_eq!(place_on(&placement(500_300.0, 20.0), &grid), None);
    let elsewhere = Placement { crs: Crs::from_epsg(32613).unwrap(), ..placement(500_300.0, 10.0) };
    assert_eq!(place_on(&elsewhere, &grid), None);
}
