//! Imagery by area of several kinds: a year of Sentinel-2 within bounds of memory, Landsat as reflectance, areas over the
//! antimeridian, flags that contradict each other, clouds everywhere, servers that hang.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ranges;
mod scenes;
mod support;

use ranges::{Reply, Request, Server};
use ritmo::geo::raster::write_cog_words;
use ritmo::geo::{Crs, Grid};
use scenes::{items, project, scenes};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{Ran, arg, command, ritmo};

/// A STAC API that gives all items of one collection at once, and the files of a folder; `odd` answers before.
fn serve(
    collection: &'static str,
    items: Vec<Value>,
    folder: PathBuf,
    odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    Server::start(move |request| {
        if let Some(reply) = odd(request) {
            return reply;
        }
        let link = |rel: &str, href: &str| json!({ "rel": rel, "href": href });
        match request.path.as_str() {
            "/stac" => Reply::json(&json!({
                "type": "Catalog", "id": "test", "conformsTo": [],
                "links": [link("search", "/stac/search"), link("data", "/stac/collections")],
            })),
            "/stac/collections" => Reply::json(&json!({ "collections": [{ "id": collection }] })),
            "/stac/search" => {
                Reply::json(&json!({ "type": "FeatureCollection", "features": items, "links": [] }))
            }
            path => match path.strip_prefix("/files") {
                Some(file) => Reply::file_of(&folder, file),
                None => Reply::status(404),
            },
        }
    })
}

/// A square of ground whose pixels are of `metres`.
fn square(epsg: u32, [left, top]: [f64; 2], metres: f64, side: u32) -> Grid {
    let crs = Crs::from_epsg(epsg).unwrap();
    Grid { crs, left, top, pixel_width: metres, pixel_height: metres, width: side, height: side }
}

fn cog(file: &Path, grid: &Grid, name: &str, value: impl Fn(u32, u32) -> u16) {
    let at = |i: u32| value(i % grid.width, i / grid.width);
    let values: Vec<u16> = (0..grid.width * grid.height).map(at).collect();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    write_cog_words(file, grid, name, name == "SCL", &values, &[]).unwrap();
}

fn item(id: &str, collection: &str, grid: &Grid, properties: Value, assets: Value) -> Value {
    let (w, h) = (f64::from(grid.width), f64::from(grid.height));
    let ring: Vec<[f64; 2]> = [(0.0, 0.0), (0.0, h), (w, h), (w, 0.0), (0.0, 0.0)]
        .into_iter()
        .map(|(col, row)| grid.lonlat_from_pixel(col, row).unwrap())
        .collect();
    json!({
        "type": "Feature", "stac_version": "1.0.0", "id": id, "collection": collection, "links": [],
        "geometry": { "type": "Polygon", "coordinates": [ring] }, "properties": properties, "assets": assets,
    })
}

/// The words that fetch what lies in the middle of a grid, so many of its pixels along a side.
fn words(project: &Path, url: &str, grid: &Grid, side: f64, more: &[&str]) -> Vec<String> {
    let (col, row) = (f64::from(grid.width) / 2.0, f64::from(grid.height) / 2.0);
    let [west, north] = grid.lonlat_from_pixel(col - side / 2.0, row - side / 2.0).unwrap();
    let [east, south] = grid.lonlat_from_pixel(col + side / 2.0, row + side / 2.0).unwrap();
    let bbox = [west, south, east, north].map(|number| number.to_string());
    let base =
        ["stac", arg(project), "--site", "s", "--endpoint", url, "--json", "--from", "2022-01-01", "--to"];
    let base = base.into_iter().chain(["2022-12-31", "--bbox"]).map(str::to_owned);
    base.chain(bbox).chain(more.iter().map(|&word| word.to_owned())).collect()
}

fn run(words: &[String]) -> Ran {
    ritmo(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A column of the series of a pixel: a number a date, `None` where there is no observation.
fn series(project: &Path, place: &[&str], column: &str) -> Vec<Option<f64>> {
    let file = project.with_file_name("series.csv");
    let base = ["series", arg(project), "--site", "s", "--output", arg(&file), "--replace", "--json"];
    ritmo(&[&base[..], place].concat()).json();
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == column).unwrap();
    reader.records().map(|record| record.unwrap()[at].parse().ok()).collect()
}

/// The most memory that a process has had so far, in bytes; 0 once it has ended.
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}

#[test]
fn a_year_of_two_kilometres_stays_within_its_bounds_of_memory_connections_and_bytes() {
    // Twelve months of ten bands: the files of three months and three bands under other names.
    let mut year = Vec::new();
    for month in 1..=12 {
        for before in items() {
            let day = before["properties"]["datetime"].as_str().unwrap().to_owned();
            if day[5..7].parse::<u32>().unwrap() != (month - 1) % 3 + 1 {
                continue;
            }
            let mut item = before.clone();
            item["properties"]["datetime"] = json!(format!("2022-{month:02}{}", &day[7..]));
            item["id"] = json!(format!("{}_{month:02}", before["id"].as_str().unwrap()));
            for (name, like) in [
                ("B02", "B04"),
                ("B03", "B08"),
                ("B05", "B11"),
                ("B06", "B11"),
                ("B07", "B11"),
                ("B8A", "B11"),
                ("B12", "B11"),
            ] {
                item["assets"][name] = before["assets"][like].clone();
            }
            year.push(item);
        }
    }
    assert_eq!(year.len(), 36);
    let server = serve("sentinel-2-l2a", year, scenes().into(), |_| None);
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let bbox = ["--bbox", "-93.7252", "16.5275", "-93.7064", "16.5455"];
    let url = server.url("/stac");
    let base = ["stac", arg(&project), "--site", "s", "--json", "--endpoint", &url];
    let span = ["--from", "2022-01-01", "--to", "2022-12-31"];
    let mut fetching = command(&[&base[..], &bbox, &span].concat());
    let mut child = fetching.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    let made = Ran::of(child.wait_with_output().unwrap()).json();
    assert_eq!((&made["time"], &made["band"], &made["scenes"]), (&12.into(), &10.into(), &36.into()));
    let side = made["x"].as_u64().unwrap();
    assert!((195..=206).contains(&side), "{side}");
    let log = server.requests();
    let files = log.iter().filter(|logged| logged.request.path.starts_with("/files/"));
    let sent: u64 = files.clone().map(|logged| logged.sent).sum();
    let blocks = made["fetched"]["bytes"].as_u64().unwrap();
    println!(
        "at most {:.0} MiB of memory; {:.1} MiB sent for blocks of {:.1} MiB ({:.2} times) in {} requests for {} windows; at most {} connections",
        most as f64 / 1_048_576.0,
        sent as f64 / 1_048_576.0,
        blocks as f64 / 1_048_576.0,
        sent as f64 / blocks as f64,
        files.count(),
        made["fetched"]["windows"],
        server.most_at_once()
    );
    assert!(most > 20 << 20, "it was measured");
    assert!(most < 1 << 30, "{most} bytes");
    assert!(server.most_at_once() <= 8);
    assert!(sent as f64 <= 1.5 * blocks as f64);
}

/// Three scenes of Landsat 8 with bands and quality; the second is cloudy in the west.
fn landsat(folder: &Path, stated: bool) -> (Grid, Vec<Value>) {
    let grid = square(32615, [490_005.0, 1_830_015.0], 30.0, 300);
    let mut items = Vec::new();
    for month in 1..=3u16 {
        let id = format!("LC08_L2SP_022048_2022{month:02}11_02_T1");
        let file = |name: &str| folder.join(&id).join(format!("{name}.tif"));
        cog(&file("red"), &grid, "red", |col, row| 8000 + month * 100 + ((col + row) % 5) as u16);
        cog(&file("nir08"), &grid, "nir08", |col, _| 16_000 + month * 1000 + (col % 3) as u16);
        // Clear land, and a cloud of which the sensor is sure.
        let quality = |col: u32, _| if month == 2 && col < 150 { 22_280 } else { 21_824 };
        cog(&file("qa_pixel"), &grid, "qa_pixel", quality);
        let asset = |name: &str, common: &str| {
            let mut asset = json!({
                "href": format!("/files/{id}/{name}.tif"), "type": "image/tiff; application=geotiff",
                "eo:bands": [{ "name": format!("OLI_{name}"), "common_name": common }],
                "proj:shape": [300, 300],
            });
            if stated {
                asset["proj:transform"] = json!([30.0, 0.0, grid.left, 0.0, -30.0, grid.top]);
                asset["raster:bands"] =
                    json!([{ "scale": 2.75e-5, "offset": -0.2, "nodata": 0, "unit": "1" }]);
            }
            asset
        };
        let quality = json!({ "href": format!("/files/{id}/qa_pixel.tif"), "type": "image/tiff" });
        let assets =
            json!({ "red": asset("red", "red"), "nir08": asset("nir08", "nir08"), "qa_pixel": quality });
        let properties = json!({
            "datetime": format!("2022-{month:02}-11T16:40:00Z"), "platform": "landsat-8", "eo:cloud_cover": 10,
            "landsat:wrs_path": "022", "landsat:wrs_row": "048", "landsat:collection_number": "02",
        });
        items.push(item(&id, "landsat-c2-l2", &grid, properties, assets));
    }
    (grid, items)
}

#[test]
fn landsat_becomes_a_cube_of_reflectances_by_common_names() {
    for stated in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (grid, items) = landsat(folder.path(), stated);
        let server = serve("landsat-c2-l2", items, folder.path().into(), |_| None);
        let home = tempfile::tempdir().unwrap();
        let project = project(home.path());
        let more = ["--collection", "landsat-c2-l2", "--bands", "red,nir", "--dilate", "0"];
        let made = run(&words(&project, &server.url("/stac"), &grid, 60.0, &more)).json();
        assert_eq!(
            (&made["bands"], &made["crs"]),
            (&json!(["red", "nir"]), &"EPSG:32615".into()),
            "{made:#}"
        );
        assert_eq!((&made["time"], &made["scenes"], &made["mask"]), (&3.into(), &3.into(), &true.into()));
        let side = made["x"].as_u64().unwrap();
        assert!((60..=62).contains(&side), "{made:#}");
        let at = |col: f64, row: f64| {
            let [lon, lat] = grid.lonlat_from_pixel(col + 0.5, row + 0.5).unwrap();
            format!("--lonlat={lon},{lat}")
        };
        let place = at(165.0, 140.0);
        let place = [place.as_str(), "--units", "reflectance"];
        let column = |band: &str| series(&project, &place, band);
        let reflectance = |number: f64| Some(number * 2.75e-5 - 0.2);
        let near = |a: &[Option<f64>], b: &[Option<f64>]| {
            assert_eq!(a.len(), b.len());
            let differs = |(a, b): (&Option<f64>, &Option<f64>)| (a.unwrap() - b.unwrap()).abs() > 1e-4;
            assert!(!a.iter().zip(b).any(differs), "{a:?} {b:?}");
        };
        let nir: Vec<_> = (1..=3).map(|month| reflectance(16_000.0 + f64::from(month) * 1000.0)).collect();
        near(&column("nir"), &nir);
        let red: Vec<_> = (1..=3).map(|month| reflectance(8000.0 + f64::from(month) * 100.0)).collect();
        near(&column("red"), &red);
        let clouded = series(&project, &[&at(130.0, 140.0), "--units", "reflectance"], "nir");
        assert!(clouded[1].is_none() && clouded[0].is_some() && clouded[2].is_some(), "{clouded:?}");
    }
}

#[test]
fn an_area_over_the_antimeridian_is_one_cube_of_scenes_of_both_zones() {
    let folder = tempfile::tempdir().unwrap();
    let mut items = Vec::new();
    // Each ends 100 m beyond the antimeridian.
    for (epsg, tile, lon, value) in [(32660, "60PZS", 179.975, 2000), (32601, "01PAM", -180.0, 3000)] {
        let crs = Crs::from_epsg(epsg).unwrap();
        let mut corner = [[lon, 10.03]];
        crs.xy_from_lonlat(&mut corner).unwrap();
        let [x, y] = corner[0].map(|n| (n / 10.0).round() * 10.0);
        let left = if lon < 0.0 { x - 100.0 } else { x };
        let grid = square(epsg, [left, y], 10.0, if lon < 0.0 { 400 } else { 284 });
        let id = format!("S2A_MSIL2A_20220103_{tile}");
        cog(&folder.path().join(&id).join("B04.tif"), &grid, "B04", |_, _| value);
        let properties = json!({
            "datetime": "2022-01-03T22:00:00Z", "platform": "Sentinel-2A", "s2:mgrs_tile": tile,
            "s2:processing_baseline": "03.01",
        });
        let assets = json!({ "B04": { "href": format!("/files/{id}/B04.tif"), "type": "image/tiff" } });
        let mut one = item(&id, "sentinel-2-l2a", &grid, properties, assets);
        let (west, east) = if lon < 0.0 { (-180.0, -179.97) } else { (179.975, 180.0) };
        let ring = [[west, 9.99], [east, 9.99], [east, 10.03], [west, 10.03], [west, 9.99]];
        one["geometry"]["coordinates"] = json!([ring]);
        items.push(one);
    }
    let server = serve("sentinel-2-l2a", items, folder.path().into(), |_| None);
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let url = server.url("/stac");
    let base = ["stac", arg(&project), "--site", "s", "--endpoint", &url, "--bands", "B04", "--mask", "none"];
    let area = ["--bbox", "179.99", "10.0", "-179.99", "10.02", "--from", "2022-01-01", "--to", "2022-01-31"];
    let plan = ritmo(&[&base[..], &area, &["--json", "--plan"]].concat()).json();
    assert!(plan["told"].to_string().contains("zone 60 to 1"), "{plan:#}");
    let made = ritmo(&[&base[..], &area, &["--json"]].concat()).json();
    assert_eq!((&made["scenes"], &made["fetched"]["beside_the_area"]), (&2.into(), &0.into()));
    for (place, value) in [("179.993,10.01", 2000.0), ("-179.993,10.01", 3000.0)] {
        let place = format!("--lonlat={place}");
        assert_eq!(series(&project, &[&place], "B04"), [Some(value)], "{place}");
    }
}

/// One scene whose items say both that the offset was taken away and that it is there; its darkest value is `dark`.
fn contradictory(folder: &Path, dark: u16) -> (Grid, Vec<Value>) {
    let grid = square(32615, [490_000.0, 1_830_000.0], 10.0, 400);
    cog(&folder.join("x/B04.tif"), &grid, "B04", |col, row| dark + ((col * 7 + row * 13) % 3000) as u16);
    let band = json!([{ "scale": 1e-4, "offset": -0.1, "nodata": 0 }]);
    let assets = json!({ "red": { "href": "/files/x/B04.tif", "type": "image/tiff", "raster:bands": band } });
    let properties = json!({
        "datetime": "2022-02-03T17:00:00Z", "platform": "sentinel-2a", "s2:processing_baseline": "05.10",
        "earthsearch:boa_offset_applied": true, "grid:code": "MGRS-15QVU",
    });
    let items = vec![item("S2A_15QVU_20220203_0_L2A", "sentinel-2-l2a", &grid, properties, assets)];
    (grid, items)
}

#[test]
fn flags_that_contradict_each_other_are_asked_about_where_dark_pixels_are_suspicious_or_tell_nothing() {
    for (dark, part) in [(1030, Some("1000 or more")), (1500, Some("contradicts itself")), (60, None)] {
        let folder = tempfile::tempdir().unwrap();
        let (grid, items) = contradictory(folder.path(), dark);
        let server = serve("sentinel-2-l2a", items, folder.path().into(), |_| None);
        let home = tempfile::tempdir().unwrap();
        let project = project(home.path());
        let url = server.url("/stac");
        let mask = ["--mask", "none"];
        let ran = run(&words(&project, &url, &grid, 200.0, &mask));
        let least = |project: &Path| series(project, &["--pixel", "0,0"], "B04")[0].unwrap();
        let Some(part) = part else {
            ran.json();
            assert!(least(&project) >= 60.0, "the values are kept");
            continue;
        };
        let told = ran.failure();
        assert!(told.contains(part) && told.contains("--offset"), "{told}");
        let fetched = server.requests().len();
        let kept = run(&words(&project, &url, &grid, 200.0, &[&mask[..], &["--offset", "keep"]].concat()));
        assert_eq!(kept.json()["fetched"]["windows"], 0, "nothing is fetched twice");
        let before = least(&project);
        let taken =
            run(&words(&project, &url, &grid, 200.0, &[&mask[..], &["--offset", "subtract"]].concat()));
        taken.json();
        assert_eq!(least(&project), before - 1000.0);
        let again = server.requests()[fetched..].iter().filter(|r| r.request.path.ends_with(".tif")).count();
        assert_eq!(again, 0);
    }
}

#[test]
fn scenes_that_are_all_cloud_become_gaps_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let grid = square(32615, [490_000.0, 1_830_000.0], 10.0, 300);
    let mut items = Vec::new();
    for month in 1..=2 {
        let id = format!("S2A_15QVU_2022{month:02}03");
        let file = |name: &str| folder.path().join(&id).join(format!("{name}.tif"));
        cog(&file("B04"), &grid, "B04", |_, _| 5200);
        cog(&file("SCL"), &grid, "SCL", |_, _| 9);
        let asset = |name: &str| json!({ "href": format!("/files/{id}/{name}.tif"), "type": "image/tiff" });
        let properties = json!({
            "datetime": format!("2022-{month:02}-03T17:00:00Z"), "platform": "sentinel-2a",
            "s2:processing_baseline": "03.01", "s2:mgrs_tile": "15QVU",
        });
        let assets = json!({ "B04": asset("B04"), "SCL": asset("SCL") });
        items.push(item(&id, "sentinel-2-l2a", &grid, properties, assets));
    }
    let server = serve("sentinel-2-l2a", items, folder.path().into(), |_| None);
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let made = run(&words(&project, &server.url("/stac"), &grid, 100.0, &[]));
    println!("{}", made.stderr);
    made.json();
    assert!(made.stderr.contains("little that is clear"), "{}", made.stderr);
    assert_eq!(series(&project, &["--pixel", "20,20"], "B04"), [None, None]);
}

#[test]
fn a_server_that_hangs_is_given_up_and_asked_again_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (grid, items) = landsat(folder.path(), true);
    let hanging = AtomicUsize::new(0);
    let server = serve("landsat-c2-l2", items, folder.path().into(), move |request| {
        let is_file = request.path.ends_with("20220211_02_T1/red.tif");
        (is_file && hanging.fetch_add(1, Ordering::SeqCst) < 2).then_some(Reply::Silence)
    });
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let words = words(&project, &server.url("/stac"), &grid, 60.0, &["--bands", "red,nir"]);
    let mut fetching = command(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let ran = Ran::of(fetching.env("GDAL_HTTP_LOW_SPEED_TIME", "1").output().unwrap());
    assert_eq!((&ran.json()["scenes"], &ran.json()["left_out"]), (&3.into(), &json!([])), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("does not answer") && ran.stderr.contains("Asking again in"),
        "{}",
        ran.stderr
    );
}
