//! From an area to a cube, end to end through the real program: catalogues on disk and on a little server on this machine,
//! whose scenes the demo makes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ranges;
mod scenes;
mod support;

use ranges::{Logged, Reply, Request, Server};
use scenes::{AREA, assert_same, items, project, scenes, words};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{arg, command, ritmo};

/// A STAC API of these items, four a page, and their files; `odd` answers before where it wants to.
fn serve(items: Vec<Value>, odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request| {
        if let Some(reply) = odd(request) {
            return reply;
        }
        let link = |rel: &str, href: &str| json!({ "rel": rel, "href": href });
        match request.path.as_str() {
            "/stac" => Reply::json(&json!({
                "type": "Catalog", "id": "test",
                "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"],
                "links": [link("search", "/stac/search"), link("data", "/stac/collections")],
            })),
            "/stac/collections" => Reply::json(&json!({ "collections": [{ "id": "sentinel-2-l2a" }] })),
            "/stac/search" => {
                let page: usize =
                    request.query.rsplit_once("page=").map_or(0, |(_, page)| page.parse().unwrap());
                let features: Vec<&Value> = items.iter().skip(page * 4).take(4).collect();
                let next = link("next", &format!("/stac/search?page={}", page + 1));
                let links = if (page + 1) * 4 < items.len() { vec![next] } else { Vec::new() };
                Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": links }))
            }
            path => match path.strip_prefix("/files") {
                Some(file) => Reply::file_of(scenes(), file),
                None => Reply::status(404),
            },
        }
    })
}

fn files(log: &[Logged]) -> Vec<&Logged> {
    log.iter().filter(|logged| logged.request.path.starts_with("/files/")).collect()
}

#[test]
fn a_cube_fetched_from_a_catalogue_is_the_one_built_from_the_files() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let made = ritmo(&words(&project, arg(&scenes().join("catalog.json")), &[])).json();
    assert_eq!((&made["time"], &made["band"], &made["crs"]), (&3.into(), &3.into(), &"EPSG:32615".into()));
    assert_eq!((&made["scenes"], &made["fetched"]["windows"]), (&9.into(), &36.into()));
    assert_eq!(made["mask"], true);
    let (width, height) = (made["x"].as_u64().unwrap(), made["y"].as_u64().unwrap());
    assert!((110..140).contains(&width) && (110..140).contains(&height), "{width} x {height}");

    // The same grid, from the whole scenes.
    let plan = ritmo(&words(&project, arg(&scenes().join("catalog.json")), &["--plan"])).json();
    let grid = ritmo::cube::Cube::open(&project.join("cubes/s.zarr")).unwrap().info().grid.clone();
    assert_eq!(
        (plan["width"].as_u64(), plan["bytes"].as_u64()),
        (Some(width), Some(0)),
        "nothing is left to fetch"
    );
    let [right, bottom] = grid.xy_from_pixel(f64::from(grid.width), f64::from(grid.height));
    let extent = format!("{},{bottom},{right},{}", grid.left, grid.top);
    let direct = [
        "cube",
        "build",
        arg(&project),
        "--site",
        "direct",
        arg(scenes()),
        "--bands",
        "B04,B08,B11",
        "--period",
        "month",
        "--dilate",
        "60",
        "--crs",
        "EPSG:32615",
        "--resolution",
        "10",
        "--extent",
        &extent,
        "--json",
    ];
    let built = ritmo(&direct).json();
    assert_eq!(built["steps"], made["steps"]);
    assert_same(&project.join("cubes/s.zarr"), &project.join("cubes/direct.zarr"));
    let record = std::fs::read_dir(project.join("fetched/s")).unwrap().next().unwrap().unwrap().path();
    let record: Value = serde_json::from_slice(&std::fs::read(record.join("fetched.json")).unwrap()).unwrap();
    let offsets: BTreeSet<&str> =
        record["scenes"].as_array().unwrap().iter().map(|scene| scene["offset"].as_str().unwrap()).collect();
    assert_eq!(
        offsets.into_iter().collect::<Vec<_>>(),
        ["shifted", "unshifted"],
        "both ways of storing are there"
    );
}

#[test]
fn windows_come_from_a_server_and_not_scenes_and_a_plan_fetches_none() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let server = serve(items(), |_| None);
    let url = server.url("/stac");
    let plan = ritmo(&words(&project, &url, &["--plan"])).json();
    assert_eq!((&plan["windows"], plan["scenes"].as_array().unwrap().len()), (&36.into(), 9));
    let periods = plan["periods"].as_array().unwrap();
    assert_eq!(periods.iter().map(|p| p["scenes"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 3, 3]);
    assert!(plan["seconds"].as_f64().unwrap() > 0.0 && plan["estimated_from_files"] == 12, "{plan}");
    assert!(!project.join("fetched").exists());

    server.forget();
    let made = ritmo(&words(&project, &url, &[])).json();
    let log = server.requests();
    let sent: u64 = files(&log).iter().map(|logged| logged.sent).sum();
    let blocks = made["fetched"]["bytes"].as_u64().unwrap();
    let whole: u64 = items()
        .iter()
        .flat_map(|item| item["assets"].as_object().unwrap().clone())
        .filter(|(name, _)| name != "thumbnail")
        .map(|(_, asset)| asset["file:size"].as_u64().unwrap())
        .sum();
    println!(
        "{sent} bytes were sent for blocks of {blocks}, of scenes of {whole}; {} requests; at most {} at once",
        files(&log).len(),
        server.most_at_once()
    );
    assert!(sent as f64 <= 1.5 * blocks as f64, "{sent} bytes for blocks of {blocks}");
    assert!(sent < whole / 2);
    assert!(server.most_at_once() <= 8, "{} at once", server.most_at_once());
    let told = plan["bytes"].as_f64().unwrap();
    assert!((0.7..1.4).contains(&(told / blocks as f64)), "told {told}, were {blocks}");

    let other = tempfile::tempdir().unwrap();
    let from_disk = self::project(other.path());
    ritmo(&words(&from_disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &from_disk.join("cubes/s.zarr"));
}

#[test]
fn a_program_that_is_killed_goes_on_and_fetches_no_window_twice() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let server = serve(items(), |request| {
        if request.path.starts_with("/files/") {
            std::thread::sleep(Duration::from_millis(60));
        }
        None
    });
    let url = server.url("/stac");
    let words = words(&project, &url, &[]);
    let mut child = command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let windows = || {
        let folders = std::fs::read_dir(project.join("fetched/s")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
        let names = files.map(|file| file.file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".tif") && !name.starts_with('.')).collect::<BTreeSet<_>>()
    };
    let started = Instant::now();
    while windows().len() < 12 {
        assert!(started.elapsed() < Duration::from_secs(120), "windows come");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there = windows();
    assert!(there.len() < 36, "it was killed in the middle");
    server.forget();
    let made = ritmo(&words).json();
    assert_eq!(made["fetched"]["there_already"], there.len());
    assert_eq!(made["fetched"]["windows"], 36 - there.len());
    // S2_T15QVU_20220103T165001_letters_B04.tif is …20220103…/B04.tif.
    let again = there.iter().filter(|name| {
        let (day, band) = (&name[10..18], name.rsplit_once('_').unwrap().1);
        let is_it = |path: &str| path.contains(&format!("MSIL2A_{day}")) && path.ends_with(band);
        server.requests().iter().any(|logged| is_it(&logged.request.path))
    });
    assert_eq!(again.collect::<Vec<_>>(), Vec::<&String>::new());

    let other = tempfile::tempdir().unwrap();
    let from_disk = self::project(other.path());
    ritmo(&self::words(&from_disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &from_disk.join("cubes/s.zarr"));
}

#[test]
fn a_server_that_stumbles_is_asked_again_and_the_cube_is_the_same() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let count = AtomicUsize::new(0);
    let server = serve(items(), move |request| {
        let file = request.path.strip_prefix("/files/")?;
        let n = count.fetch_add(1, Ordering::SeqCst);
        let path = scenes().join(file);
        // A half-downloaded block is none.
        let is_window = request.range.is_some_and(|(from, _)| from > 0);
        match n % 17 {
            3 => Some(Reply::Body { status: 429, headers: vec!["Retry-After: 0".into()], body: Vec::new() }),
            8 => Some(Reply::status(503)),
            13 if is_window => Some(Reply::Truncated(path, 1000)),
            _ => None,
        }
    });
    let url = server.url("/stac");
    let made = ritmo(&words(&project, &url, &[])).json();
    assert_eq!((&made["scenes"], &made["left_out"]), (&9.into(), &json!([])));
    let other = tempfile::tempdir().unwrap();
    let from_disk = self::project(other.path());
    ritmo(&words(&from_disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &from_disk.join("cubes/s.zarr"));
}

#[test]
fn scenes_that_cannot_be_had_are_left_out_and_told_and_a_server_that_refuses_stops_the_work() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let mut items = items();
    items[0]["assets"].as_object_mut().unwrap().remove("B08");
    items[1]["assets"].as_object_mut().unwrap().remove("SCL");
    items[2]["geometry"] = Value::Null;
    let ids: Vec<String> = items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    let (missing, page) = (format!("/files/{}/B04.tif", ids[3]), format!("/files/{}/B11.tif", ids[4]));
    let server = serve(items.clone(), move |request| match &request.path {
        path if *path == missing => Some(Reply::status(404)),
        path if *path == page => {
            let headers = vec!["Content-Type: text/html".into()];
            Some(Reply::Body { status: 200, headers, body: b"<html>please log in</html>".to_vec() })
        }
        _ => None,
    });
    let made = ritmo(&words(&project, &server.url("/stac"), &[])).json();
    let why: BTreeMap<&str, &str> = made["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|left| (left["id"].as_str().unwrap(), left["why"].as_str().unwrap()))
        .collect();
    for (id, part) in ids.iter().zip(["no band B08", "no mask", "no geometry", "no such file", "no raster"]) {
        assert!(why[id.as_str()].contains(part), "{id}: {why:?}");
    }
    assert_eq!(why.len(), 5);

    let refusing = serve(self::items(), |request| request.path.ends_with(".tif").then(|| Reply::status(403)));
    let other = tempfile::tempdir().unwrap();
    let fresh = self::project(other.path());
    let ran = ritmo(&words(&fresh, &format!("{}?subscription-key=abcdef", refusing.url("/stac")), &[]));
    assert!(ran.failure().contains("refuses") && ran.stderr.contains("start again"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("abcdef"), "{}", ran.stderr);
}

#[test]
fn headers_open_search_and_files_of_their_server_and_go_to_no_other() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let other = serve(items(), |_| None);
    let (elsewhere, moved) = (other.url("/files"), items()[0]["id"].as_str().unwrap().to_owned());
    let server = serve(items(), move |request| {
        if !request.head.contains("x-key: hush") {
            return Some(Reply::status(401));
        }
        let file = request.path.strip_prefix("/files").filter(|file| file.contains(&moved))?;
        let headers = vec![format!("Location: {elsewhere}{file}")];
        Some(Reply::Body { status: 302, headers, body: Vec::new() })
    });
    let url = server.url("/stac");
    let words = words(&project, &url, &["--header", "X-Key: hush"]);
    let made = ritmo(&words);
    assert_eq!(
        (&made.json()["scenes"], &made.json()["left_out"]),
        (&9.into(), &json!([])),
        "{}",
        made.stderr
    );
    let seen =
        |server: &Server| server.requests().into_iter().map(|logged| logged.request).collect::<Vec<_>>();
    let (own, others) = (seen(&server), seen(&other));
    let with_key = |request: &&Request| request.head.contains("x-key: hush");
    assert!(own.iter().all(|request| with_key(&request)), "the first request of a file has it already");
    assert!(others.iter().any(|request| request.path.ends_with("B04.tif")));
    assert!(!others.iter().any(|request| with_key(&request)), "{others:?}");
    let from_disk = tempfile::tempdir().unwrap();
    let from_disk = self::project(from_disk.path());
    ritmo(&self::words(&from_disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &from_disk.join("cubes/s.zarr"));
    let document = std::fs::read_to_string(project.join("ritmo.json")).unwrap();
    assert!(!document.contains("hush") && !made.stderr.contains("hush"));
}

#[test]
fn requests_that_lead_to_nothing_say_why() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let catalogue = scenes().join("catalog.json");
    let base = ["stac", arg(&project), "--site", "s", "--endpoint", arg(&catalogue), "--json"];
    let year = ["--from", "2022-01-01", "--to", "2022-12-31"];
    let area = |bbox: [&'static str; 4]| [&["--bbox"], &bbox[..]].concat();
    let here = || area(["-93.7216", "16.5310", "-93.7100", "16.5420"]);
    let nothing = home.path().join("nothing.geojson");
    std::fs::write(&nothing, json!({ "type": "FeatureCollection", "features": [] }).to_string()).unwrap();
    for (more, part) in [
        ([here(), vec!["--from", "2019-01-01", "--to", "2019-12-31"]].concat(), "no scene of the area"),
        ([area(["10", "10", "10.1", "10.1"]), year.to_vec()].concat(), "no scene of the area"),
        ([here(), year.to_vec(), vec!["--cloud", "0"]].concat(), "raise the limit"),
        ([here(), year.to_vec(), vec!["--bands", "B99"]].concat(), "no band B99"),
        ([area(["179", "10", "181", "11"]), year.to_vec()].concat(), "179 and -179"),
        (
            [area(["179", "10", "-179", "11"]), year.to_vec(), vec!["--crs", "EPSG:4326"]].concat(),
            "in metres",
        ),
        ([area(["10", "85", "11", "86"]), year.to_vec()].concat(), "EPSG:3413"),
        ([here(), vec!["--from", "2022-12-31", "--to", "2022-01-01"]].concat(), "after the last"),
        ([vec!["--area", arg(&nothing)], year.to_vec()].concat(), "polygon"),
        ([here(), year.to_vec(), vec!["--crs", "EPSG:4326"]].concat(), "--resolution"),
    ] {
        let ran = ritmo(&[&base[..], &more].concat());
        assert!(ran.failure().contains(part), "{more:?}: {}", ran.stderr);
    }
    let ran = ritmo(&words(&project, "http://127.0.0.1:1/stac", &[]));
    assert!(ran.failure().contains("no network to 127.0.0.1:1"), "{}", ran.stderr);
    assert!(!project.join("cubes/s.zarr").exists());
}

#[test]
fn an_area_may_be_the_polygons_of_a_file() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let file = home.path().join("area.geojson");
    let ring = json!([[[-93.7216, 16.531], [-93.71, 16.531], [-93.71, 16.542], [-93.7216, 16.531]]]);
    let feature = json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Polygon", "coordinates": ring } });
    std::fs::write(&file, json!({ "type": "FeatureCollection", "features": [feature] }).to_string()).unwrap();
    let catalogue = scenes().join("catalog.json");
    let plan = |area: &[&str]| {
        let base =
            ["stac", arg(&project), "--site", "s", "--endpoint", arg(&catalogue), "--bands", "B04,B08,B11"];
        let more = ["--from", "2022-01-01", "--to", "2022-03-31", "--plan", "--json"];
        ritmo(&[&base[..], area, &more].concat()).json()
    };
    let (by_file, by_bbox) = (plan(&["--area", arg(&file)]), plan(&AREA));
    for key in ["width", "height", "crs", "windows"] {
        assert_eq!(by_file[key], by_bbox[key], "{key}");
    }
}

#[test]
fn files_on_a_server_are_inputs_and_their_signatures_stay_secret() {
    const SECRET: &str = "sig=s3cr3tvalue";
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let server = Server::start(|request| match request.query.as_str() {
        SECRET => Reply::file_of(scenes(), request.path.trim_start_matches("/files")),
        _ => Reply::status(403),
    });
    let items = items();
    let paths = items[..3]
        .iter()
        .flat_map(|item| ["B04", "B08", "SCL"].map(|band| item["assets"][band]["href"].as_str().unwrap()));
    let paths: Vec<&str> = paths.collect();
    let build = |site: &str, inputs: &[String]| {
        let words = [
            "cube",
            "build",
            arg(&project),
            "--site",
            site,
            "--period",
            "month",
            "--resolution",
            "10",
            "--json",
        ];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        ritmo(&[&words[..], &inputs].concat())
    };
    let signed: Vec<String> = paths.iter().map(|path| format!("{}?{SECRET}", server.url(path))).collect();
    let local: Vec<String> = paths
        .iter()
        .map(|path| format!("{}{}", scenes().display(), path.trim_start_matches("/files")))
        .collect();
    assert_eq!(build("web", &signed).json()["steps"], build("disk", &local).json()["steps"]);
    assert_same(&project.join("cubes/web.zarr"), &project.join("cubes/disk.zarr"));
    let mut folders = vec![project.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                assert!(!bytes.windows(11).any(|part| part == b"s3cr3tvalue"), "{}", path.display());
            }
        }
    }
    let wrong: Vec<String> =
        paths.iter().map(|path| format!("{}?sig=wr0ngvalue", server.url(path))).collect();
    let ran = build("wrong", &wrong);
    assert!(ran.failure().contains("refuses") && !ran.stderr.contains("wr0ngvalue"), "{}", ran.stderr);
    let nobody = ["http://127.0.0.1:1/a_2022-01-01.tif".to_owned()];
    assert!(build("nobody", &nobody).failure().contains("no network"));
}
