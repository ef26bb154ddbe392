//! Templates, and tiles from a little server on this machine.

use super::*;
use crate::testing::tiles::{Served, TileServer};
use proptest::prelude::*;
use std::time::Duration;

fn of(url: &str) -> Basemap {
    Basemap { name: "own".into(), url: url.into(), attribution: String::new(), max_zoom: 18 }
}

const TILE: TileAddress = TileAddress { z: 3, x: 3, y: 5 };
/// The address of a tile of a server, with a query.
fn address(server: &TileServer, query: &str) -> String {
    of(&format!("{}?{query}", server.template())).tile_url(TILE)
}

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn places_in_a_template_are_filled() {
    let url = of("https://{s}.tiles.org/{z}/{x}/{y}/{-y}/{q}.png").tile_url(TILE);
    assert_eq!(url, "https://c.tiles.org/3/3/5/2/213.png");
    assert_eq!(of("https://t/{q}").tile_url(TileAddress { z: 0, x: 0, y: 0 }), "https://t/");
}

#[test]
fn templates_that_cannot_be_used_say_why() {
    let why = |url: &str| of(url).check().unwrap_err().to_string();
    assert!(why("ftp://a/{z}/{x}/{y}").contains("https://"));
    assert!(why("https:///{z}/{x}/{y}").contains("https://"));
    assert!(why("https://a/{z}/{x}").contains("which tile"));
    assert!(why("https://a/{z}/{x}/{y}/{time}").contains("{time}"));
    assert!(why("https://a/{z}/{x}/{y} b").contains("space"));
    assert!(Basemap { max_zoom: 40, ..of("https://a/{q}") }.check().is_err());
    for good in Basemap::presets().into_iter().chain([of("http://127.0.0.1:8000/{z}/{x}/{-y}.png?k=1")]) {
        assert_eq!(good.check(), Ok(()), "{}", good.url);
    }
}

#[test]
fn the_name_of_the_server_is_told_without_user_key_or_path() {
    assert_eq!(of("https://me:secret@tiles.org:8080/{z}?key=secret").server(), "tiles.org:8080");
    assert_eq!(of("").server(), "");
}

proptest! {
    #[test]
    fn no_template_and_no_tile_panics(url in ".{0,60}", z in 0u8..=255, x: u32, y: u32) {
        let basemap = of(&url);
        let _ = basemap.check();
        let _ = basemap.tile_url(TileAddress { z: z.min(64), x, y });
        let _ = basemap.server();
    }
}

#[test]
fn a_tile_comes_with_its_colours_and_the_server_is_told_who_asks() {
    let server = TileServer::start(Served::Picture([200, 90, 10]));
    let tile = fetch_tile(&address(&server, "key=secret&a=1"), None, PATIENCE).unwrap();
    assert_eq!((tile.rgba.len(), &tile.rgba[..4]), (256 * 256 * 4, &[200, 90, 10, 255][..]));
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("GET /3/3/5.png?key=secret&a=1 HTTP/1.1"), "{asked:?}");
    assert!(asked[0].contains(&format!("User-Agent: Ritmo/{}", env!("CARGO_PKG_VERSION"))), "{asked:?}");
}

#[test]
fn what_the_server_answers_is_told_and_it_is_asked_once() {
    for (served, expected) in [
        (Served::Status(404), TileTrouble::Answer(404)),
        (Served::Status(429), TileTrouble::Answer(429)),
        (Served::Status(503), TileTrouble::Answer(503)),
        (Served::Page, TileTrouble::NoPicture),
        (Served::Nothing, TileTrouble::NoPicture),
    ] {
        let server = TileServer::start(served);
        let why = fetch_tile(&address(&server, "key=secret"), None, PATIENCE).unwrap_err();
        assert_eq!(why, expected);
        assert!(!why.to_string().contains("secret"));
        assert_eq!(server.asked().len(), 1, "{served:?}");
    }
}

#[test]
fn a_server_that_hangs_or_is_not_there_is_not_waited_for() {
    let server = TileServer::start(Served::Silence);
    let why = fetch_tile(&address(&server, ""), None, Duration::from_secs(1)).unwrap_err();
    assert_eq!(why, TileTrouble::Silent);
    let gone = address(&server, "");
    drop(server);
    assert_eq!(fetch_tile(&gone, None, PATIENCE).unwrap_err(), TileTrouble::NoNetwork);
}

#[test]
fn what_came_once_is_read_from_the_disk_and_what_failed_is_not_kept() {
    let cache = tempfile::tempdir().unwrap();
    let server = TileServer::start(Served::Picture([1, 2, 3]));
    let url = address(&server, "");
    let first = fetch_tile(&url, Some(cache.path()), PATIENCE).unwrap();
    assert_eq!(fetch_tile(&url, Some(cache.path()), PATIENCE).unwrap(), first);
    assert_eq!(server.asked().len(), 1, "the second time nobody is asked");
    drop(server);
    assert_eq!(fetch_tile(&url, Some(cache.path()), PATIENCE).unwrap(), first, "nor without a network");
    tidy_cache(cache.path());
    assert_eq!(fetch_tile(&url, Some(cache.path()), PATIENCE).unwrap(), first, "what is fresh stays");

    let page = TileServer::start(Served::Page);
    for _ in 0..2 {
        assert_eq!(
            fetch_tile(&address(&page, ""), Some(cache.path()), PATIENCE),
            Err(TileTrouble::NoPicture)
        );
    }
    assert_eq!(page.asked().len(), 2, "a page is no tile to keep");
}
