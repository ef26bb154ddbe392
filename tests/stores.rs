//! Stores that check who asks: an S3 server that refuses bad keys, Azure's blobs behind tokens that run out, and Google's way
//! of asking. Whatever a path may name there is read there, and no key or token is ever told or kept.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chip_set;
mod planetary;
mod ranges;
mod scenes;
mod servers;
mod support;

use chip_set::Chips;
use planetary::{assert_secret, assert_whole, from_planetary};
use ranges::{Reply, Server};
use ritmo::geo::raster::write_cog_u8;
use scenes::{assert_same, items, project, scenes, words};
use serde_json::json;
use servers::front::{BLOBS, Front};
use servers::s3::{KEY, S3, SECRET};
use servers::{Azurite, Nginx, free_port};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Ran, arg, command, geojson, grid, ritmo, two_classes};

const RIGHT: (&str, &str) = (KEY, SECRET);

fn one_sentence(ran: &Ran) -> &str {
    let told = ran.failure();
    assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    told
}

/// The words that build a cube of band B04 of a scene.
fn build_words<'a>(project: &'a Path, input: &'a str) -> Vec<&'a str> {
    let cube = ["cube", "build", arg(project), "--site", "s", input];
    [&cube[..], &["--bands", "B04", "--resolution", "10", "--period", "month", "--json"]].concat()
}

fn first_id() -> String {
    items()[0]["id"].as_str().unwrap().to_owned()
}

/// The same cube, of the files on the disk.
fn from_disk(input: &str) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    ritmo(&build_words(&project, input)).json();
    let cube = project.join("cubes/s.zarr");
    (home, cube)
}

#[test]
fn buckets_are_inputs_with_keys_of_the_environment_or_of_a_profile() {
    let store = S3::start(scenes());
    let id = first_id();
    let folder = format!("s3://imagery/{id}");
    let (_disk, same) = from_disk(arg(&scenes().join(&id)));
    type Tell = fn(&S3, &mut Command, &Path);
    let ways: [(&str, Tell); 4] = [
        ("environment", |store, command, home| {
            store.tell_keys(command, home, RIGHT);
        }),
        ("profile", |store, command, home| {
            profile(&home.join(".aws/credentials"), "lab");
            store.tell(command, home).env("AWS_PROFILE", "lab");
        }),
        ("a file of profiles elsewhere", |store, command, home| {
            profile(&home.join("keys"), "default");
            store.tell(command, home).env("AWS_SHARED_CREDENTIALS_FILE", home.join("keys"));
        }),
        ("a profile that knows its endpoint", |store, command, home| {
            profile(&home.join(".aws/credentials"), "lab");
            let config = format!("[profile lab]\nregion = lab-1\nendpoint_url = {}\n", store.url());
            fs::write(home.join(".aws/config"), config).unwrap();
            store.tell(command, home).env("AWS_PROFILE", "lab").env_remove("AWS_ENDPOINT_URL");
        }),
    ];
    for (way, tell) in ways {
        let home = tempfile::tempdir().unwrap();
        let project = project(home.path());
        let mut command = command(&build_words(&project, &folder));
        tell(&store, &mut command, home.path());
        let ran = Ran::of(command.output().unwrap());
        assert_eq!(ran.code, 0, "{way}: {}", ran.stderr);
        assert_eq!(ran.json()["band"], 1);
        assert_same(&project.join("cubes/s.zarr"), &same);
        assert_secret(&[KEY, SECRET], &project, &[&ran]);
    }
}

fn profile(file: &Path, name: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = format!("[{name}]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n");
    fs::write(file, text).unwrap();
}

#[test]
fn wrong_keys_and_none_are_one_sentence_each_without_the_keys() {
    let store = S3::start(scenes());
    let id = first_id();
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    const WRONG: &str = "wrong/secret/0123456789abcdefghij";
    for keys in [Some((KEY, WRONG)), Some(("SOMEBODYELSESKEY", SECRET)), None] {
        for input in [format!("s3://imagery/{id}"), format!("s3://imagery/{id}/B04.tif")] {
            let mut command = command(&build_words(&project, &input));
            match keys {
                Some(keys) => store.tell_keys(&mut command, home.path(), keys),
                None => store.tell(&mut command, home.path()),
            };
            let ran = Ran::of(command.output().unwrap());
            let told = one_sentence(&ran);
            assert!(told.contains("refuses") && told.contains("s3://imagery"), "{keys:?} {input}: {told}");
            assert_secret(&[KEY, SECRET, WRONG, "SOMEBODYELSESKEY"], &project, &[&ran]);
        }
    }
    for input in [format!("s3://imagery/{id}"), format!("s3://imagery/{id}/B04.tif")] {
        let mut command = command(&build_words(&project, &input));
        store.tell_keys(&mut command, home.path(), RIGHT).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        let ran = Ran::of(command.output().unwrap());
        assert!(one_sentence(&ran).contains("no network to the server"), "{}", ran.stderr);
    }
    // What is not there is told apart from what is refused.
    let mut command = command(&build_words(&project, "s3://imagery/none/B04.tif"));
    let ran = Ran::of(store.tell_keys(&mut command, home.path(), RIGHT).output().unwrap());
    assert!(one_sentence(&ran).contains("no such file"), "{}", ran.stderr);
    assert!(!project.join("cubes/s.zarr").exists());
}

#[test]
fn a_bucket_says_what_it_holds_to_whoever_may_know() {
    let store = S3::start(scenes());
    let home = tempfile::tempdir().unwrap();
    let list = |words: &[&str], keys: Option<(&str, &str)>| {
        let mut command = command(&[&["list", "--json"], words].concat());
        match keys {
            Some(keys) => store.tell_keys(&mut command, home.path(), keys),
            None => store.tell(&mut command, home.path()),
        };
        Ran::of(command.output().unwrap())
    };
    let paths = |ran: Ran| ran.json()["paths"].as_array().unwrap().clone();
    let told = list(&["s3://imagery"], Some(RIGHT)).json();
    let folders = told["entries"].as_array().unwrap().iter().filter(|entry| entry["folder"] == true);
    assert_eq!(folders.count(), 9, "{told:#}");
    let size = fs::metadata(scenes().join("catalog.json")).unwrap().len();
    let catalogue = json!({ "path": "s3://imagery/catalog.json", "folder": false, "bytes": size });
    assert!(told["entries"].as_array().unwrap().contains(&catalogue), "{told:#}");
    let all = paths(list(&["s3://imagery"], Some(RIGHT)));
    assert_eq!(all.len(), 10, "nine scenes and the catalogue: {all:?}");
    let folder = format!("s3://imagery/{}", first_id());
    let files = paths(list(&[&folder], Some(RIGHT)));
    assert!(
        files.contains(&json!(format!("{folder}/B04.tif"))) && files.len() == 6,
        "with its thumbnail: {files:?}"
    );
    assert!(paths(list(&["s3://imagery", "--deep"], Some(RIGHT))).len() >= 46);
    for (keys, folder, part) in [
        (Some((KEY, "wrong/secret/012345")), "s3://imagery", "refuses"),
        (None, "s3://imagery", "refuses"),
        (Some(RIGHT), "s3://imagery/none", "nothing in s3://imagery/none"),
        (Some(RIGHT), "here", "no folder of a store"),
    ] {
        let ran = list(&[folder], keys);
        let told = one_sentence(&ran);
        assert!(told.contains(part), "{folder}: {told}");
        assert!(!told.contains(KEY) && !told.contains("wrong/secret"), "{told}");
    }
}

#[test]
fn a_catalogue_may_point_into_a_bucket() {
    let store = S3::start(scenes());
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let catalogue = home.path().join("items.json");
    let mut items = items();
    for item in &mut items {
        for (_, asset) in item["assets"].as_object_mut().unwrap() {
            let path = asset["href"].as_str().unwrap().replacen("/files", "s3://imagery", 1);
            asset["href"] = json!(path);
        }
    }
    fs::write(&catalogue, json!({ "type": "FeatureCollection", "features": items }).to_string()).unwrap();
    let words = words(&project, arg(&catalogue), &[]);
    let mut fetching = command(&words);
    let made = Ran::of(store.tell_keys(&mut fetching, home.path(), RIGHT).output().unwrap());
    assert_eq!((&made.json()["scenes"], &made.json()["left_out"]), (&9.into(), &json!([])));
    assert_secret(&[KEY, SECRET], &project, &[&made]);
    let other = tempfile::tempdir().unwrap();
    let disk = self::project(other.path());
    ritmo(&self::words(&disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &disk.join("cubes/s.zarr"));

    let fresh = tempfile::tempdir().unwrap();
    let fresh = self::project(fresh.path());
    let words = self::words(&fresh, arg(&catalogue), &[]);
    let mut fetching = command(&words);
    let refused =
        Ran::of(store.tell_keys(&mut fetching, home.path(), (KEY, "wrong/secret/012345")).output().unwrap());
    let told = one_sentence(&refused);
    assert!(told.contains("refuses") && told.contains("start again"), "{told}");
    assert_secret(&[KEY, SECRET, "wrong/secret"], &fresh, &[&refused]);
}

#[test]
fn labels_maps_areas_and_chips_are_read_from_a_bucket() {
    let home = tempfile::tempdir().unwrap();
    let project = support::project(home.path(), None);
    let files = home.path().join("files");
    fs::create_dir(&files).unwrap();
    geojson(&files.join("labels.geojson"), two_classes());
    let formats = [("labels.gpkg", "GPKG"), ("labels.shp", "ESRI Shapefile")];
    for (name, driver) in formats {
        let mut made = Command::new("ogr2ogr");
        made.args(["-f", driver]).arg(files.join(name)).arg(files.join("labels.geojson"));
        assert!(made.status().unwrap().success());
    }
    let grid = grid();
    let codes: Vec<u8> = (0..grid.pixels()).map(|i| if i % 96 < 48 { 1 } else { 2 }).collect();
    write_cog_u8(&files.join("map.tif"), &grid, &[("class".into(), &codes)], None, None, &[]).unwrap();
    let store = S3::start(&files);
    let chips = Chips::new(64);
    for (x, y) in [(3476, 7215), (3477, 7215)] {
        chips.image(x, y, true);
        chips.vectors(x, y);
    }
    chips.raster(3476, 7215, false);
    store.put_folder(&chips.prefix, "chips/");
    let run = |words: &[&str]| {
        let mut command = command(words);
        let ran = Ran::of(store.tell_keys(&mut command, home.path(), RIGHT).output().unwrap());
        assert_secret(&[KEY, SECRET], &project, &[&ran]);
        ran
    };
    for name in ["labels.geojson", "labels.gpkg", "labels.shp"] {
        let told =
            run(&["labels", "import", arg(&project), &format!("s3://imagery/{name}"), "--json"]).json();
        assert_eq!(told["imported"], 6, "{name}: {told:#}");
    }
    let map =
        run(&["labels", "import", arg(&project), "s3://imagery/map.tif", "--numbers", "codes", "--json"]);
    assert!(map.json()["imported"].as_u64() >= Some(2), "{}", map.stdout);
    let map = ["import", "map", arg(&project), "s3://imagery/map.tif", "--meaning", "legend", "--json"];
    let told = run(&map).json();
    assert_eq!((&told["map"], told["values"].as_array().unwrap().len()), (&"map".into(), 2));

    let plan = |area: &[&str], project: &Path| {
        let catalogue = scenes().join("catalog.json");
        let base = ["stac", arg(project), "--site", "a", "--endpoint", arg(&catalogue), "--plan", "--json"];
        let span = ["--from", "2022-01-01", "--to", "2022-03-31"];
        run(&[&base[..], area, &span].concat())
    };
    // Labels lie elsewhere than the scenes: the area was read, and no scene is of it.
    let none = plan(&["--area", "s3://imagery/labels.geojson"], &project);
    assert!(none.failure().contains("no scene of the area"), "{}", none.stderr);

    let target = home.path().join("chips");
    let told = run(&[
        "import",
        "reforestamos",
        "s3://imagery/chips",
        arg(&target),
        "--date",
        "2022-03-15",
        "--json",
    ]);
    let told = told.json();
    assert_eq!((&told["chips"], &told["sites"]), (&2.into(), &1.into()), "{told:#}");
    assert!(told["annotations"].as_u64() >= Some(4), "{told:#}");
    let other = home.path().join("other");
    let mut command =
        command(&["import", "reforestamos", "s3://imagery/chips", arg(&other), "--date", "2022-03-15"]);
    let anonymous = Ran::of(store.tell(&mut command, home.path()).output().unwrap());
    assert!(one_sentence(&anonymous).contains("refuses"), "{}", anonymous.stderr);
}

/// A table of samples of two classes, four dates and two bands.
fn table() -> String {
    let mut text = String::from("sample_id,label,polygon_id,date,B04,B08\n");
    for sample in 0..60 {
        let (label, level) = [("forest", 300), ("pasture", 1500)][sample % 2];
        for month in 1..=4 {
            let (red, nir) = (level + sample * 7 % 50, 2 * level + month * 10);
            text += &format!("{sample},{label},{},2022-{month:02}-15,{red},{nir}\n", sample / 5);
        }
    }
    text
}

#[test]
fn tables_models_legends_and_reference_samples_are_read_from_stores() {
    let home = tempfile::tempdir().unwrap();
    let project = support::project(home.path(), Some(two_classes()));
    let files = home.path().join("files");
    fs::create_dir(&files).unwrap();
    fs::write(files.join("muestras año.csv"), table()).unwrap();
    let grid = grid();
    let points = [("forest", 10.0), ("pasture", 70.0)].map(|(class, col)| {
        let [lon, lat] = grid.lonlat_from_pixel(col, 50.5).unwrap();
        json!({
            "type": "Feature",
            "properties": { "class": class },
            "geometry": { "type": "Point", "coordinates": [lon, lat] },
        })
    });
    geojson(&files.join("points.geojson"), points.to_vec());
    let store = S3::start(&files);
    let run = |words: &[&str], keys| {
        let mut command = command(words);
        let ran = Ran::of(store.tell_keys(&mut command, home.path(), keys).output().unwrap());
        assert_secret(&[KEY, SECRET], &project, &[&ran]);
        ran
    };
    let right = |words: &[&str]| run(words, RIGHT).json();

    // A network learns from a table there, goes there, and classifies that table, as it does here.
    let [here, there, model] = ["here.csv", "there.csv", "model"].map(|name| home.path().join(name));
    let samples = "s3://imagery/muestras año.csv";
    let set = ["--epochs", "8", "--set", "filters=4", "--set", "dense=8", "--seed", "1", "--json"];
    let train = [&["train", "--samples", samples, "--output", arg(&model)], &set[..]].concat();
    assert!(right(&train)["samples"].as_u64() >= Some(20));
    store.put_folder(&model, "models/small/");
    right(&["predict", "s3://imagery/models/small", samples, "--output", arg(&there), "--json"]);
    let local = files.join("muestras año.csv");
    ritmo(&["predict", arg(&model), arg(&local), "--output", arg(&here), "--json"]).json();
    assert!(fs::read(&here).unwrap() == fs::read(&there).unwrap());
    let told = right(&["model", "info", "s3://imagery/models/small", "--json"]);
    assert_eq!(told, ritmo(&["model", "info", arg(&model), "--json"]).json());
    let nowhere = run(&["predict", arg(&model), samples], RIGHT);
    assert!(one_sentence(&nowhere).contains("--output"), "{}", nowhere.stderr);

    let import = ["reference", "import", arg(&project), "s3://imagery/points.geojson", "--json"];
    let told = right(&import);
    assert_eq!((&told["units"], &told["name"]), (&2.into(), &"points".into()), "{told:#}");

    // A legend behind a signature, which nobody gets to read.
    let legend = files.join("legend");
    fs::write(&legend, "code,name,color\n1,forest,#0a0a0a\n2,pasture,#fafafa\n9,lake,#0000fa\n").unwrap();
    let server = Server::start(move |request| match request.query.as_str() {
        "sig=s3cr3tvalue" => Reply::File(legend.clone()),
        _ => Reply::status(403),
    });
    let signed = server.url("/legend.csv?sig=s3cr3tvalue");
    let told = run(&["legend", arg(&project), "--import", &signed, "--json"], RIGHT);
    assert_secret(&["s3cr3tvalue"], &project, &[&told]);
    let classes = told.json()["classes"].to_string();
    assert!(classes.contains("lake"), "{classes}");
    let wrong = server.url("/legend.csv?sig=0ther");
    let told = run(&["legend", arg(&project), "--import", &wrong], RIGHT);
    assert!(told.failure().contains("refuses") && !told.stderr.contains("0ther"), "{}", told.stderr);

    for (words, keys, part) in [
        (vec!["model", "info", "s3://imagery/models/none"], RIGHT, "no such file"),
        (vec!["model", "info", "s3://imagery/models/small"], (KEY, "wrong/secret/012345"), "refuses"),
        (vec!["crossval", "--samples", "s3://imagery/none.parquet"], RIGHT, "no such file"),
        (vec!["reference", "import", arg(&project), "s3://imagery/none.csv"], RIGHT, "no such file"),
    ] {
        let ran = run(&words, keys);
        let told = ran.failure();
        assert!(told.contains(part) && told.contains("s3://imagery/"), "{words:?}: {told}");
    }
}

#[test]
fn a_signed_address_of_a_folder_lets_chips_be_listed_and_read() {
    let home = tempfile::tempdir().unwrap();
    let chips = Chips::new(64);
    for (x, y) in [(3476, 7215), (3477, 7215), (3479, 7215)] {
        chips.image(x, y, true);
        chips.vectors(x, y);
    }
    let files = home.path().join("files");
    fs::create_dir(&files).unwrap();
    fs::rename(&chips.prefix, files.join("chips")).unwrap();
    let Some(azurite) = Azurite::start(&files) else { return };
    let Some(front) = Front::start(&azurite, free_port(), 1000) else { return };
    let project = home.path().join("project");
    let address = |token: &str| format!("https://{BLOBS}/imagery/chips?{token}");
    let run = |words: &[&str]| {
        let mut command = command(words);
        Ran::of(front.tell(&mut command).output().unwrap())
    };
    let token = azurite.token(600);
    let secret = token.split('&').find_map(|part| part.strip_prefix("sig=")).unwrap();
    let signed = address(&token);
    let listed = run(&["list", &signed, "--deep"]);
    assert!(listed.stdout.contains("3476-7215-14"), "{}", listed.stderr);
    let importing = ["import", "reforestamos", &signed, arg(&project), "--date", "2022-03-15", "--json"];
    let made = run(&importing);
    let told = made.json();
    assert_eq!((&told["chips"], &told["sites"]), (&3.into(), &2.into()), "{told:#}");
    assert!(told["annotations"].as_u64() >= Some(6), "{told:#}");
    assert_secret(&[secret], &project, &[&listed, &made]);

    // Behind one that has run out nothing can be had, and it is not told.
    let old = azurite.token(-60);
    let secret = old.split('&').find_map(|part| part.strip_prefix("sig=")).unwrap();
    let refused = run(&[
        "import",
        "reforestamos",
        &address(&old),
        arg(&home.path().join("other")),
        "--date",
        "2022-03-15",
    ]);
    assert!(refused.failure().contains("refuses") && !refused.stderr.contains(secret), "{}", refused.stderr);
}

#[test]
fn a_static_catalogue_lies_in_a_bucket_with_its_files() {
    let store = S3::start(scenes());
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    for endpoint in ["s3://imagery/catalog.json", "s3://imagery"] {
        let plan = words(&project, endpoint, &["--plan"]);
        let mut command = command(&plan);
        let planned = Ran::of(store.tell_keys(&mut command, home.path(), RIGHT).output().unwrap());
        assert_eq!(planned.json()["scenes"].as_array().map(Vec::len), Some(9), "{}", planned.stdout);
    }
    let all = words(&project, "s3://imagery/catalog.json", &[]);
    let mut fetching = command(&all);
    let made = Ran::of(store.tell_keys(&mut fetching, home.path(), RIGHT).output().unwrap());
    assert_eq!((&made.json()["scenes"], &made.json()["left_out"]), (&9.into(), &json!([])));
    assert_secret(&[KEY, SECRET], &project, &[&made]);
    let other = tempfile::tempdir().unwrap();
    let disk = self::project(other.path());
    ritmo(&words(&disk, arg(&scenes().join("catalog.json")), &[])).json();
    assert_same(&project.join("cubes/s.zarr"), &disk.join("cubes/s.zarr"));
    let none = words(&project, "s3://imagery/none/catalog.json", &["--plan"]);
    let mut command = command(&none);
    let ran = Ran::of(store.tell_keys(&mut command, home.path(), RIGHT).output().unwrap());
    assert!(ran.failure().contains("s3://imagery/none/catalog.json"), "{}", ran.stderr);
}

#[test]
fn what_has_to_lie_on_this_machine_says_so() {
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    for words in [
        vec!["new", "s3://imagery/project"],
        vec!["open", "https://host/project?sig=s3cr3tvalue"],
        vec!["train", "--samples", "gs://imagery/samples.parquet", "--output", "s3://imagery/m"],
        vec!["labels", "export", arg(&project), "az://imagery/labels.geojson"],
    ] {
        let ran = ritmo(&words);
        let told = one_sentence(&ran);
        assert!(told.contains("this machine") && told.contains("copy"), "{told}");
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}

#[test]
fn google_s_buckets_are_read_without_a_key_where_they_are_public() {
    let Some(nginx) = Nginx::start(scenes()) else { return };
    let id = first_id();
    let (_disk, same) = from_disk(arg(&scenes().join(&id)));
    let home = tempfile::tempdir().unwrap();
    let project = project(home.path());
    let names = ["B04.tif", "SCL.tif"].map(|name| format!("gs://files/{id}/{name}"));
    let mut words = build_words(&project, &names[0]);
    words.push(&names[1]);
    let run = |words: &[&str]| {
        let mut command = command(words);
        command.env("STORAGE_EMULATOR_HOST", nginx.url("")).env("HOME", home.path());
        Ran::of(command.output().unwrap())
    };
    assert_eq!(run(&words).json()["band"], 1);
    assert_same(&project.join("cubes/s.zarr"), &same);
    assert!(nginx.log().iter().any(|(status, path, ..)| *status == 206 && path.ends_with("B04.tif")));
    for (path, part) in [
        ("gs://files/none.tif", "no such file"),
        ("gs://broken/a.tif", "busy or broken"),
        ("gs://signed/a.tif", "refuses"),
    ] {
        let ran = run(&build_words(&project, path));
        assert!(ran.failure().contains(part), "{path}: {}", ran.stderr);
    }
    // What is asked again is told, with how long is waited.
    let ran = run(&build_words(&project, "gs://broken/a_2022-01-01.tif"));
    assert!(ran.stderr.contains("answers 503: asking again in"), "{}", ran.stderr);
}

#[test]
fn a_token_is_renewed_before_it_runs_out() {
    // A token is used until a minute before its end: for two seconds.
    let Some(fetched) = from_planetary(|azurite, _| (62, azurite.token(62))) else { return };
    assert_whole(&fetched);
    println!("{} tokens for {} requests of blobs", fetched.tokens.len(), fetched.statuses.len());
    assert!(fetched.tokens.len() >= 2, "{} tokens", fetched.tokens.len());
    assert!(fetched.statuses.iter().all(|status| matches!(status, 200 | 206)), "{:?}", fetched.statuses);
}

#[test]
fn a_token_that_runs_out_in_the_middle_is_renewed_once_and_nothing_is_lost() {
    // The issuer says an hour; the store refuses it after two seconds.
    let token = |azurite: &Azurite, n: usize| (3600, azurite.token(if n == 0 { 2 } else { 600 }));
    let Some(fetched) = from_planetary(token) else { return };
    assert_whole(&fetched);
    let refused = fetched.statuses.iter().filter(|status| **status == 403).count();
    println!(
        "{refused} of {} requests were refused, {} tokens",
        fetched.statuses.len(),
        fetched.tokens.len()
    );
    assert!(refused > 0, "it ran out");
    assert_eq!(fetched.tokens.len(), 2, "all threads take the one that was asked for");
}

#[test]
fn tokens_that_are_expired_or_wrong_are_one_sentence() {
    let expired = |azurite: &Azurite, _| (3600, azurite.token(-60));
    let wrong = |azurite: &Azurite, _| {
        let token = azurite.token(600);
        let (rest, signature) = token.split_once("sig=").unwrap();
        (3600, format!("{rest}sig=AAAA{}", &signature[4..]))
    };
    for made in [from_planetary(expired), from_planetary(wrong)] {
        let Some(fetched) = made else { return };
        let told = one_sentence(&fetched.ran);
        assert!(told.contains("refuses") && told.contains("start again"), "{told}");
        assert!(told.contains(BLOBS), "{told}");
        assert_eq!(fetched.tokens.len(), 2, "one is asked for in place of the refused one, by one thread");
        assert!(!fetched.home.path().join("project/cubes/s.zarr").exists());
    }
}
