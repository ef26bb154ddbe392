//! The whole way from a catalogue and from stores to a cube, through servers that nobody here wrote.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scenes;
mod servers;
mod support;

use scenes::{assert_same, items, project, scenes, words};
use serde_json::{Value, json};
use servers::{Azurite, Nginx, Pgstac, of_python};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
