//! Looking into a store for a path: folders and files by their names, and where what is taken lands.

use crate::desk::Desk;
use crate::ranges::{Reply, Request, Server};
use crate::small::Made;
use egui::Key;
use ritmo::app::{Command, Level};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

/// Words of the question alone.
const KEYS: &str = "keys come from the environment";

/// A server with a folder `data`: two files, and a folder with one more.
fn server(status: Arc<AtomicU16>) -> Server {
    let page = |path: &str, rows: &[(&str, &str)]| {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, size)| format!("<a href=\"{name}\">{name}</a>      15-Mar-2022 10:00      {size}\n"))
            .collect();
        let body = format!(
            "<html>\n<head><title>Index of {path}</title></head>\n<body>\n<pre>\n<a href=\"../\">../</a>\n{}</pre>\n</body></html>\n",
            rows.concat()
        );
        Reply::Body { status: 200, headers: vec!["Content-Type: text/html".into()], body: body.into_bytes() }
    };
    Server::start(move |request: &Request| {
        match (status.load(Ordering::SeqCst), request.path.trim_end_matches('/')) {
            (200, "/data") => {
                page("/data/", &[("chips/", "-"), ("labels.geojson", "1500"), ("map.tif", "24000")])
            }
            (200, "/data/chips") => page("/data/chips/", &[("geojson/", "-"), ("notes.txt", "20")]),
            (200, _) => Reply::status(404),
            (status, _) => Reply::status(status),
        }
    })
}

fn up() -> Arc<AtomicU16> {
    Arc::new(AtomicU16::new(200))
}

/// Goes to a folder, and waits until it is known what it holds.
fn go(desk: &mut Desk, address: &str) {
    desk.replace("Address of a folder", address);
    desk.click("Go");
    desk.until("the folder is known", |desk| !desk.sees("Looking into the folder"));
    desk.settle();
}

fn known(desk: &mut Desk) {
    desk.until("the folder is known", |desk| !desk.sees("Looking into the folder"));
    desk.settle();
}

#[test]
fn a_folder_of_chips_is_found_by_going_in_and_up() {
    let server = server(up());
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Import chips…");
    desk.click("Browse a store…");
    assert!(!desk.can("Go") && !desk.can("Up") && !desk.can("Take this folder"));
    go(&mut desk, &server.url("/data"));
    desk.assert_sees("1 folder, 2 files");
    assert!(!desk.can("map.tif"), "a folder is wanted");
    desk.click("chips");
    known(&mut desk);
    desk.assert_sees("1 folder, 1 file");
    desk.click("Up");
    known(&mut desk);
    desk.assert_sees("map.tif");
    desk.click("chips");
    known(&mut desk);
    desk.click("Take this folder");
    desk.settle();
    assert!(!desk.sees(KEYS));
    desk.assert_sees(&server.url("/data/chips"));
    desk.assert_sees("Look what is in it");
}

#[test]
fn files_are_marked_and_land_on_the_page_that_wanted_them() {
    let server = server(up());
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Import labels…");
    desk.click("Browse a store…");
    go(&mut desk, &server.url("/data"));
    assert!(!desk.can("Take the file"), "none is marked");
    desk.click("labels.geojson");
    desk.click("map.tif");
    desk.assert_sees("Take 2 files");
    desk.click("map.tif");
    desk.click("Take 1 file");
    desk.until("the file is on the list", |desk| desk.sees("labels.geojson"));
    assert!(!desk.sees(KEYS) && !desk.sees("map.tif"));
}

#[test]
fn esc_gives_up_the_store_and_leaves_the_page_below() {
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Add imagery…");
    desk.click("Browse a store…");
    desk.assert_sees(KEYS);
    desk.click("Not now");
    assert!(!desk.sees(KEYS));
    desk.click("Browse a store…");
    desk.settle();
    desk.key(Key::Escape);
    desk.settle();
    assert!(!desk.sees(KEYS));
    desk.assert_sees("Add imagery");
}

#[test]
fn a_store_that_refuses_is_one_sentence_and_can_be_asked_again() {
    let status = up();
    status.store(403, Ordering::SeqCst);
    let server = server(Arc::clone(&status));
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Add imagery…");
    desk.click("Browse a store…");
    go(&mut desk, "/data/imagery");
    desk.assert_sees("/data/imagery is no folder of a store");
    go(&mut desk, &server.url("/signed?sig=s3cr3t"));
    desk.assert_sees("cannot be listed: the server refuses it");
    assert!(!desk.sees("s3cr3t"));
    go(&mut desk, &server.url("/data"));
    desk.assert_sees("cannot be listed: the server refuses it");
    status.store(200, Ordering::SeqCst);
    desk.click("Retry");
    known(&mut desk);
    desk.assert_sees("1 folder, 2 files");
    go(&mut desk, &server.url("/none"));
    desk.assert_sees("There is nothing in");
}

#[test]
fn a_project_in_a_store_is_refused_in_the_words_of_the_verbs() {
    let mut desk = Desk::start();
    desk.send(Command::OpenProject("s3://bucket/project".into()));
    desk.settle();
    let told = desk.notices().join("\n");
    assert!(told.contains("s3://bucket/project lies in a store"), "{told}");
    assert!(told.contains("a project has to be a path of this machine"), "{told}");
    assert!(desk.app().state.notices.iter().all(|notice| notice.level == Level::Warning));
}

#[test]
fn an_area_is_one_file_and_enter_goes_to_the_address() {
    let server = server(up());
    let mut desk = Desk::open(Made::Nothing);
    desk.pick("Project", "Imagery by area…");
    desk.click("Browse a store…");
    desk.replace("Address of a folder", &server.url("/data/"));
    desk.key(Key::Enter);
    known(&mut desk);
    desk.click("map.tif");
    desk.click("labels.geojson");
    desk.assert_sees("Take 1 file");
    desk.click("Take 1 file");
    desk.settle();
    assert!(!desk.sees(KEYS));
    desk.assert_sees(&server.url("/data/labels.geojson"));
}
