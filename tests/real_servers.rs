//! The whole way from a catalogue and from stores to a cube, through servers that nobody here wrote.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ranges;
mod scenes;
mod servers;
mod support;

use ranges::{Reply, Server};
use scenes::{assert_same, items, project, scenes, words};
use serde_json::{Value, json};
use servers::{Azurite, Nginx, Pgstac, of_python};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{Ran, arg, command, ritmo};

fn collection() -> Value {
    json!({
        "type": "Collection", "stac_version": "1.0.0", "id": "sentinel-2-l2a", "license": "other",
        "description": "simulated scenes", "links": [],
        "extent": {
            "spatial": { "bbox": [[-180, -90, 180, 90]] },
            "temporal": { "interval": [["2022-01-01T00:00:00Z", null]] }
        },
    })
}

/// The items, with the files at this address.
fn items_at(files: &str) -> Vec<Value> {
    let mut items = items();
    for item in &mut items {
        for (_, asset) in item["assets"].as_object_mut().unwrap() {
            let path = asset["href"].as_str().unwrap().strip_prefix("/files").unwrap().to_owned();
            asset["href"] = json!(format!("{files}{path}"));
        }
    }
    items
}

/// The cube of the same scenes from the disk.
fn from_disk(home: &Path) -> PathBuf {
    let project = project(home);
    ritmo(&words(&project, arg(&scenes().join("catalog.json")), &[])).json();
    project.join("cubes/s.zarr")
}

#[test]
fn pgstac_tells_the_scenes_nginx_gives_them_and_a_kill_in_the_middle_costs_no_window_twice() {
    let Some(nginx) = Nginx::start(scenes()) else { return };
    let Some(pgstac) = Pgstac::start(&[collection()], &items_at(&nginx.url("/files"))) else { return };
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let url = pgstac.url();
    let words = words(&project, &url, &["--collection", "sentinel-2-l2a"]);
    let plan = ritmo(&[&words[..], &["--plan"]].concat()).json();
    assert_eq!(plan["scenes"].as_array().unwrap().len(), 9, "{plan:#}");
    assert!(pgstac.log().contains("POST /search"), "{}", pgstac.log());

    let mut child = command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let windows = || {
        let pattern = format!("{}/fetched/s/*/*.tif", project.display());
        glob::glob(&pattern).unwrap().flatten().collect::<Vec<_>>()
    };
    let started = Instant::now();
    while windows().len() < 6 {
        assert!(started.elapsed() < Duration::from_secs(120), "windows come");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let there = windows();
    // What was under way at the kill is in the server's log when it has noticed.
    std::thread::sleep(Duration::from_millis(500));
    let before = nginx.log().len();
    let made = ritmo(&words).json();
    assert_eq!(made["fetched"]["there_already"], there.len());
    assert_eq!(made["fetched"]["windows"], 36 - there.len());
    let log = nginx.log();
    // S2_T15QVU_20220103T165001_letters_B04.tif is …20220103…/B04.tif.
    let again: Vec<&PathBuf> = there
        .iter()
        .filter(|window| {
            let name = window.file_name().unwrap().to_str().unwrap();
            let (day, band) = (&name[10..18], name.rsplit_once('_').unwrap().1);
            let is_it = |path: &str| path.contains(&format!("MSIL2A_{day}")) && path.ends_with(band);
            log[before..].iter().any(|(_, path, ..)| is_it(path))
        })
        .collect();
    assert!(log.len() > before && again.is_empty(), "fetched twice: {again:?}");
    let sent: u64 = log.iter().map(|(.., bytes)| bytes).sum();
    println!(
        "{} windows were there after the kill; {sent} bytes were sent in {} requests, {} of them after it",
        there.len(),
        log.len(),
        log.len() - before
    );
    let other = tempfile::tempdir().unwrap();
    assert_same(&project.join("cubes/s.zarr"), &from_disk(other.path()));
}

#[test]
fn a_server_that_refuses_too_many_requests_is_asked_again_later() {
    let Some(nginx) = Nginx::start(scenes()) else { return };
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let catalogue = home.path().join("items.json");
    let write = |files: &str| {
        let collection = json!({ "type": "FeatureCollection", "features": items_at(&nginx.url(files)) });
        std::fs::write(&catalogue, collection.to_string()).unwrap();
    };
    write("/limited");
    ritmo(&words(&project, arg(&catalogue), &[])).json();
    let refused = nginx.log().iter().filter(|(status, ..)| *status == 429).count();
    println!("{refused} requests were refused");
    assert!(refused > 0, "the limit was met");
    let other = tempfile::tempdir().unwrap();
    assert_same(&project.join("cubes/s.zarr"), &from_disk(other.path()));

    // Where nothing can be had: a sentence, and no cube.
    let failure = |files: &str| {
        write(files);
        let other = tempfile::tempdir().unwrap();
        let failed = ritmo(&words(&self::project(other.path()), arg(&catalogue), &[]));
        failed.failure().to_owned()
    };
    let told = failure("/broken");
    assert!(told.contains("busy or broken"), "{told}");
    let told = failure("/signed");
    assert!(told.contains("refuses"), "{told}");
}

/// A catalogue of these items on the disk.
fn catalogue_of(home: &Path, items: &[Value]) -> PathBuf {
    let file = home.join("items.json");
    std::fs::write(&file, json!({ "type": "FeatureCollection", "features": items }).to_string()).unwrap();
    file
}

#[test]
fn slow_answers_and_bodies_that_break_off_come_to_the_same_cube() {
    // Every seventh window breaks off behind nginx, which then ends the connection.
    let count = AtomicUsize::new(0);
    let behind = Server::start(move |request| {
        let file = scenes().join(request.path.trim_start_matches("/files/"));
        let is_window = request.range.is_some_and(|(from, _)| from > 0);
        match is_window && count.fetch_add(1, Ordering::SeqCst) % 7 == 3 {
            true => Reply::Truncated(file, 1000),
            false => Reply::file_of(scenes(), request.path.trim_start_matches("/files/")),
        }
    });
    let Some(nginx) = Nginx::in_front_of(scenes(), behind.port()) else { return };
    let other = tempfile::tempdir().unwrap();
    let from_disk = from_disk(other.path());
    for way in ["/slow", "/through"] {
        let home = tempfile::tempdir().unwrap();
        let project = project(home.path());
        let catalogue = catalogue_of(home.path(), &items_at(&nginx.url(way)));
        let made = ritmo(&words(&project, arg(&catalogue), &[])).json();
        assert_eq!((&made["scenes"], &made["left_out"]), (&9.into(), &json!([])), "{way}");
        assert_same(&project.join("cubes/s.zarr"), &from_disk);
        assert!(nginx.log().iter().any(|(_, path, ..)| path.starts_with(way)));
    }
    let cut = behind.requests().iter().filter(|logged| logged.sent == 1000).count();
    println!("{cut} bodies broke off");
    assert!(cut > 0);
}

#[test]
fn web_pages_and_servers_that_hang_are_told_within_time_and_cost_no_other_scene() {
    let Some(nginx) = Nginx::start(scenes()) else { return };
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let mut items = items_at(&nginx.url("/files"));
    let id = items[0]["id"].as_str().unwrap().to_owned();
    items[0]["assets"]["B04"]["href"] = json!(nginx.url(&format!("/page/{id}/B04.tif")));
    let made = ritmo(&words(&project, arg(&catalogue_of(home.path(), &items)), &[])).json();
    assert_eq!(made["left_out"].as_array().map(Vec::len), Some(1), "{made:#}");
    assert_eq!(made["left_out"][0]["id"], id);
    assert!(made["left_out"][0]["why"].as_str().unwrap().contains("web page"), "{made:#}");

    // A file that never comes is given up; what was fetched is kept, and goes on where the server is well again.
    let home = tempfile::tempdir().unwrap();
    let project = self::project(home.path());
    let whole = items_at(&nginx.url("/files"));
    let mut items = whole.clone();
    items[0]["assets"]["B04"]["href"] = json!(nginx.url(&format!("/hanging/{id}/B04.tif")));
    let catalogue = catalogue_of(home.path(), &items);
    let words = words(&project, arg(&catalogue), &[]);
    let started = Instant::now();
    let mut fetching = command(&words);
    let ran = Ran::of(fetching.env("GDAL_HTTP_LOW_SPEED_TIME", "1").output().unwrap());
    println!("given up after {:.1?}: {}", started.elapsed(), ran.stderr);
    assert!(started.elapsed() < Duration::from_secs(120));
    assert!(ran.failure().contains("does not answer") && ran.stderr.contains("B04.tif"), "{}", ran.stderr);
    catalogue_of(home.path(), &whole);
    let made = ritmo(&words).json();
    assert!(made["fetched"]["there_already"].as_u64() > Some(0), "{made:#}");
    let other = tempfile::tempdir().unwrap();
    assert_same(&project.join("cubes/s.zarr"), &from_disk(other.path()));
}

fn build(home: &Path, inputs: &str, connection: Option<&str>) -> Ran {
    let project = project(home);
    let arguments = [
        "cube",
        "build",
        arg(&project),
        "--site",
        "s",
        inputs,
        "--bands",
        "B04",
        "--resolution",
        "10",
        "--period",
        "month",
        "--json",
    ];
    let mut command = command(&arguments);
    command.env_remove("AZURE_STORAGE_CONNECTION_STRING");
    if let Some(connection) = connection {
        command.env("AZURE_STORAGE_CONNECTION_STRING", connection);
    }
    Ran::of(command.output().unwrap())
}

#[test]
fn blobs_are_inputs_with_the_right_key_and_no_key_is_ever_told() {
    let Some(azurite) = Azurite::start(scenes()) else { return };
    let home = tempfile::tempdir().unwrap();
    let id = items()[0]["id"].as_str().unwrap().to_owned();
    let folder = format!("az://imagery/{id}");
    let right = azurite.connection(azurite.key());
    let made = build(home.path(), &folder, Some(&right)).json();
    assert_eq!((&made["time"], &made["band"]), (&1.into(), &1.into()));
    let disk = tempfile::tempdir().unwrap();
    build(disk.path(), arg(&scenes().join(&id)), None).json();
    let cube = |home: &Path| home.join("project/cubes/s.zarr");
    assert_same(&cube(home.path()), &cube(disk.path()));

    let wrong_key = azurite.key().replace("Eby8", "AAAA");
    let other = tempfile::tempdir().unwrap();
    let refused = build(other.path(), &folder, Some(&azurite.connection(&wrong_key)));
    let told = refused.failure();
    assert!(told.contains("az://imagery") && !told.contains(&wrong_key[..20]), "{told}");
}

#[test]
fn a_signed_address_is_read_an_expired_one_refused_and_neither_signature_is_told() {
    let Some(azurite) = Azurite::start(scenes()) else { return };
    let id = items()[0]["id"].as_str().unwrap().to_owned();
    let blob = format!("{id}/B04.tif");
    let home = tempfile::tempdir().unwrap();
    let good = azurite.signed(&blob, 600);
    let made = build(home.path(), &good, None);
    assert_eq!(made.json()["band"], 1, "{}", made.stderr);
    let signature = |url: &str| url.rsplit_once("sig=").unwrap().1.split('&').next().unwrap().to_owned();
    let kept = Command::new("grep").args(["-rl", &signature(&good)]).arg(home.path()).output().unwrap();
    assert!(kept.stdout.is_empty(), "{}", String::from_utf8_lossy(&kept.stdout));

    for bad in [azurite.signed(&blob, -60), good.split('?').next().unwrap().to_owned()] {
        let other = tempfile::tempdir().unwrap();
        let refused = build(other.path(), &bad, None);
        let told = refused.failure().to_owned() + &refused.stderr;
        assert!(told.contains("refuses"), "{told}");
        if bad.contains('?') {
            assert!(!told.contains(&signature(&bad)), "{told}");
        }
    }
}

#[test]
fn the_cube_equals_what_odc_stac_reads_of_the_same_scenes() {
    let Some(python) = of_python("python") else {
        println!("skipped: no Python with odc-stac (./run install gets one)");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    // The rule that odc-stac has not: clouds are widened.
    let made = ritmo(&words(&project, arg(&scenes().join("catalog.json")), &["--dilate", "0"])).json();
    assert_eq!(made["time"], 3);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/odc_reference.py");
    let output = Command::new(python)
        .args([script, arg(scenes()), arg(&project.join("cubes/s.zarr"))])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    print!("{told}");
}
