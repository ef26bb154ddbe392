//! Catalogues on a little server on this machine, and on disk.

use super::*;
use crate::testing::ranges::{Reply, Request as Asked, Server};
use chrono::NaiveDate;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PATIENCE: Patience =
    Patience { request: Duration::from_secs(5), attempts: 3, first_wait: Duration::from_millis(5) };

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2022, month, day).unwrap()
}

fn query() -> Query {
    Query {
        bbox: [-92.6, 16.4, -92.5, 16.5],
        from: day(1, 1),
        to: day(12, 31),
        collection: None,
        cloud: None,
    }
}

/// The `n`-th item, in another month each; every third is cloudy.
fn item(n: usize) -> Value {
    let west = -93.0 + (n / 12) as f64 * 10.0;
    let ring = [[west, 16.0], [west + 1.0, 16.0], [west + 1.0, 17.0], [west, 17.0], [west, 16.0]];
    json!({
        "type": "Feature", "stac_version": "1.0.0", "id": format!("S2A_{n}"), "collection": "sentinel-2-l2a",
        "geometry": { "type": "Polygon", "coordinates": [ring] },
        "properties": {
            "datetime": format!("2022-{:02}-03T16:49:01Z", n % 12 + 1),
            "eo:cloud_cover": if n.is_multiple_of(3) { 80 } else { 10 },
        },
        "assets": { "B04": { "href": format!("./{n}/B04.tif") }, "SCL": { "href": format!("./{n}/SCL.tif") } },
        "links": [],
    })
}

fn landing(method: Option<&str>, conforms: &[&str]) -> Reply {
    let mut search = json!({ "rel": "search", "href": "/stac/search" });
    if let Some(method) = method {
        search["method"] = json!(method);
    }
    Reply::json(&json!({
        "type": "Catalog", "id": "test", "conformsTo": conforms,
        "links": [search, { "rel": "data", "href": "/stac/collections" }],
    }))
}

fn collections() -> Reply {
    Reply::json(&json!({ "collections": [{ "id": "sentinel-2-l2a" }, { "id": "other" }], "links": [] }))
}

/// An API of so many items, `page` a page, that filters nothing; the pages are made by `answer`.
fn api(method: Option<&'static str>, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/stac" | "/stac/" => landing(method, &[]),
        "/stac/collections" => collections(),
        "/stac/search" => answer(request),
        _ => Reply::status(404),
    })
}

fn ask(server: &Server, query: &Query) -> Result<FoundScenes, StacError> {
    let catalogue = Catalogue::of(&server.url("/stac")).unwrap();
    search(&catalogue, query, PATIENCE, Arc::new(|_| ()), &|_| (), &Cancel::new())
}

/// Pages of four items by a token in the body.
fn by_token(request: &Asked, all: usize) -> Reply {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert!(
        body["collections"][0] == "sentinel-2-l2a" && body["limit"] == 100,
        "the search goes along: {body}"
    );
    let from = body["token"].as_u64().unwrap_or(0) as usize;
    let features: Vec<Value> = (from..(from + 4).min(all)).map(item).collect();
    let next = json!({ "rel": "next", "href": "/stac/search", "method": "POST", "merge": true, "body": { "token": from + 4 } });
    let links = if from + 4 < all { vec![next] } else { Vec::new() };
    Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": links }))
}

#[test]
fn all_pages_come_and_what_the_server_does_not_filter_is_filtered_here() {
    let server = api(Some("POST"), |request| by_token(request, 30));
    let found = ask(&server, &query()).unwrap();
    assert_eq!(found.scenes.len(), 12, "the others lie elsewhere");
    assert_eq!(server.requests().iter().filter(|logged| logged.request.path == "/stac/search").count(), 8);
    assert!(found.scenes.is_sorted_by_key(|scene| scene.taken));
    assert_eq!(found.collection.as_deref(), Some("sentinel-2-l2a"));
    assert!(found.told[0].contains("18 items"), "{:?}", found.told);
    let path = server.url("/stac/5/B04.tif");
    assert_eq!(found.scenes.iter().find(|s| s.id == "S2A_5").unwrap().assets["B04"].path, Path::new(&path));
    let wanted = Query { from: day(2, 1), to: day(6, 30), cloud: Some(0.5), ..query() };
    let found = ask(&server, &wanted).unwrap();
    assert_eq!((found.scenes.len(), found.too_cloudy), (4, 1));
}

#[test]
fn pages_by_address_come_too() {
    let server = api(None, |request| {
        assert!(request.query.contains("bbox=-92.6,16.4,-92.5,16.5") || request.query.contains("page="));
        let page: usize = request.query.rsplit_once("page=").map_or(0, |(_, n)| n.parse().unwrap());
        let features: Vec<Value> = (page * 5..(page * 5 + 5).min(12)).map(item).collect();
        let next = json!({ "rel": "next", "href": format!("/stac/search?page={}", page + 1) });
        let links = if page < 2 { vec![next] } else { Vec::new() };
        Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": links }))
    });
    assert_eq!(ask(&server, &query()).unwrap().scenes.len(), 12);
}

#[test]
fn clouds_are_left_to_servers_that_say_they_can() {
    for (rule, key) in [
        ("https://api.stacspec.org/v1.0.0/item-search#query", "query"),
        ("https://api.stacspec.org/v1.0.0-rc.2/item-search#filter", "filter"),
        ("https://api.stacspec.org/v1.0.0/item-search", "neither"),
    ] {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bodies);
        let server = Server::start(move |request| match request.path.as_str() {
            "/stac" => landing(Some("POST"), &[rule, "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"]),
            "/stac/collections" => collections(),
            _ => {
                seen.lock().unwrap().push(serde_json::from_slice::<Value>(&request.body).unwrap());
                Reply::json(
                    &json!({ "type": "FeatureCollection", "features": [item(1), item(3)], "links": [] }),
                )
            }
        });
        let found = ask(&server, &Query { cloud: Some(0.3), ..query() }).unwrap();
        assert_eq!((found.scenes.len(), found.too_cloudy), (1, 1), "filtered here in any case");
        let body = bodies.lock().unwrap()[0].clone();
        for known in ["query", "filter"] {
            assert_eq!(body.get(known).is_some(), known == key, "{body}");
        }
    }
}

#[test]
fn pages_that_lead_in_a_circle_or_nowhere_are_told() {
    let again = json!({ "rel": "next", "href": "/stac/search?token=same" });
    for (next, what) in [
        (again, "again"),
        (json!({ "rel": "next", "href": "/stac/absent" }), "404"),
        (json!({ "rel": "next", "href": "/stac/collections" }), "no features"),
    ] {
        let count = AtomicUsize::new(0);
        let server = api(None, move |_| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            let features = vec![item(if what == "again" { 0 } else { n })];
            Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": [next] }))
        });
        let error = ask(&server, &query()).unwrap_err();
        assert!(matches!(error, StacError::BreaksOff { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    let count = AtomicUsize::new(0);
    let server = api(None, move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        let next = json!({ "rel": "next", "href": "/stac/search?token=same" });
        Reply::json(&json!({ "type": "FeatureCollection", "features": [item(n)], "links": [next] }))
    });
    let error = ask(&server, &query()).unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
}

#[test]
fn a_server_that_gives_less_than_it_has_and_no_way_on_is_told() {
    let server = api(None, |_| {
        Reply::json(
            &json!({ "type": "FeatureCollection", "features": [item(1)], "links": [], "numberMatched": 40 }),
        )
    });
    let found = ask(&server, &query()).unwrap();
    assert_eq!(found.scenes.len(), 1);
    assert!(found.told.iter().any(|told| told.contains("40 scenes")), "{:?}", found.told);
}

#[test]
fn a_busy_server_is_asked_again_and_that_is_told() {
    let count = AtomicUsize::new(0);
    let server = api(None, move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Body { status: 429, headers: vec!["Retry-After: 0".into()], body: Vec::new() },
        1 => Reply::status(503),
        _ => Reply::json(&json!({ "type": "FeatureCollection", "features": [item(1)], "links": [] })),
    });
    let told = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&told);
    let catalogue = Catalogue::of(&server.url("/stac")).unwrap();
    let tell = Arc::new(move |words| hear.lock().unwrap().push(words));
    let found = search(&catalogue, &query(), PATIENCE, tell, &|_| (), &Cancel::new()).unwrap();
    assert_eq!(found.scenes.len(), 1);
    let told = told.lock().unwrap();
    assert!(told.len() == 2 && told[0].contains("429") && told[1].contains("503"), "{told:?}");
}

#[test]
fn servers_that_fail_say_what_and_where_and_no_secret() {
    for (reply, part) in [
        (Reply::status(503), "503"),
        (Reply::status(403), "token"),
        (Reply::Body { status: 200, headers: Vec::new(), body: b"<html>log in</html>".to_vec() }, "web page"),
        (Reply::Body { status: 200, headers: Vec::new(), body: Vec::new() }, "empty"),
        (Reply::Body { status: 200, headers: Vec::new(), body: b"[1, 2]".to_vec() }, "STAC"),
    ] {
        let server = Server::start(move |_| reply.clone());
        let catalogue = Catalogue::of(&server.url("/stac?subscription-key=abcdef")).unwrap();
        let told = search(&catalogue, &query(), PATIENCE, Arc::new(|_| ()), &|_| (), &Cancel::new());
        let told = told.unwrap_err().to_string();
        assert!(told.contains(part) && told.contains("127.0.0.1"), "{told}");
        assert!(!told.contains("abcdef"), "{told}");
    }
}

#[test]
fn a_dead_network_is_one_sentence_and_a_server_that_hangs_is_given_up() {
    let catalogue = Catalogue::of("http://127.0.0.1:1/stac").unwrap();
    let ask = |catalogue: &Catalogue, patience| {
        search(catalogue, &query(), patience, Arc::new(|_| ()), &|_| (), &Cancel::new()).unwrap_err()
    };
    let told = ask(&catalogue, PATIENCE).to_string();
    assert!(told.starts_with("no network to 127.0.0.1:1") && told.lines().count() == 1, "{told}");
    let server = Server::start(|_| Reply::Silence);
    let patience = Patience { request: Duration::from_millis(300), attempts: 2, ..PATIENCE };
    let told = ask(&Catalogue::of(&server.url("/stac")).unwrap(), patience).to_string();
    assert!(told.contains("in time"), "{told}");
}

#[test]
fn collections_that_are_not_there_are_told_with_those_that_are() {
    let server = api(None, |_| Reply::status(500));
    let error = ask(&server, &Query { collection: Some("sentinel-9".into()), ..query() }).unwrap_err();
    assert!(error.to_string().contains("other"), "{error}");
}

#[test]
fn odd_items_are_told_and_the_others_taken() {
    let server = api(None, |_| {
        let mut without = item(1);
        without["geometry"] = Value::Null;
        let features = json!([without, { "type": "Feature", "id": 5 }, item(2), item(2)]);
        Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": [] }))
    });
    let found = ask(&server, &query()).unwrap();
    assert_eq!(found.scenes.len(), 1);
    assert_eq!(found.odd.len(), 2, "{:?}", found.odd);
    assert!(found.odd[0].1.contains("geometry"));
}

#[test]
fn of_two_processings_of_a_scene_the_newest_is_taken() {
    let server = api(None, |_| {
        let of = |id: &str, baseline: &str| {
            let mut item = item(1);
            item["id"] = json!(id);
            item["properties"]["s2:processing_baseline"] = json!(baseline);
            item["properties"]["s2:mgrs_tile"] = json!("15QVV");
            item
        };
        let features = [of("old", "03.01"), of("new", "05.00")];
        Reply::json(&json!({ "type": "FeatureCollection", "features": features, "links": [] }))
    });
    let found = ask(&server, &query()).unwrap();
    assert_eq!(found.scenes.iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>(), ["new"]);
    assert!(found.told[0].contains("older processing"), "{:?}", found.told);
}

#[test]
fn a_catalogue_on_disk_is_walked_once_though_its_links_lead_back() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    };
    let link = |rel: &str, href: &str| json!({ "rel": rel, "href": href });
    write(
        "catalog.json",
        json!({ "type": "Catalog", "links": [link("child", "./a/collection.json"), link("self", "x")] }),
    );
    let links = [link("item", "./1.json"), link("item", "items.json"), link("child", "../catalog.json")];
    write("a/collection.json", json!({ "type": "Collection", "links": links }));
    write("a/1.json", item(1));
    write("a/items.json", json!({ "type": "FeatureCollection", "features": [item(2), item(4)] }));
    let ask = |name: &str| {
        let catalogue = Catalogue::of(folder.path().join(name).to_str().unwrap()).unwrap();
        search(&catalogue, &query(), PATIENCE, Arc::new(|_| ()), &|_| (), &Cancel::new())
    };
    let found = ask("").unwrap();
    assert_eq!(
        found.scenes.iter().map(|scene| scene.id.as_str()).collect::<Vec<_>>(),
        ["S2A_1", "S2A_2", "S2A_4"]
    );
    assert_eq!(found.scenes[0].assets["B04"].path, folder.path().join("a/1/B04.tif"));
    assert_eq!(ask("a/items.json").unwrap().scenes.len(), 2);
    write("broken.json", json!({ "type": "Catalog", "links": [link("item", "absent.json")] }));
    assert!(ask("broken.json").unwrap_err().to_string().contains("absent.json"));
    write("odd.json", json!({ "type": "Topology" }));
    assert!(ask("odd.json").unwrap_err().to_string().contains("Topology"));
}

#[test]
fn headers_go_along_and_a_stop_stops() {
    let server =
        api(None, |_| Reply::json(&json!({ "type": "FeatureCollection", "features": [], "links": [] })));
    let mut catalogue = Catalogue::of(&server.url("/stac")).unwrap();
    catalogue.headers.push(("X-Key".into(), "abc".into()));
    search(&catalogue, &query(), PATIENCE, Arc::new(|_| ()), &|_| (), &Cancel::new()).unwrap();
    assert!(server.requests().iter().all(|logged| logged.request.head.contains("x-key: abc")));
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = search(&catalogue, &query(), PATIENCE, Arc::new(|_| ()), &|_| (), &cancel);
    assert!(matches!(stopped, Err(StacError::Cancelled(_))));
}

#[test]
fn an_area_over_the_antimeridian_is_asked_for_in_two_and_no_scene_comes_twice() {
    let ring = |west: f64, east: f64| json!([[[west, 10], [east, 10], [east, 11], [west, 11], [west, 10]]]);
    let polygon = |west, east| json!({ "type": "Polygon", "coordinates": ring(west, east) });
    let both = json!({ "type": "MultiPolygon", "coordinates": [ring(179.5, 180.0), ring(-180.0, -179.5)] });
    let places =
        [polygon(179.0, 179.95), polygon(-179.9, -179.0), both, polygon(179.5, 180.5), polygon(0.0, 1.0)];
    let items: Vec<Value> = places
        .into_iter()
        .enumerate()
        .map(|(n, place)| {
            let mut item = item(n);
            item["geometry"] = place;
            item
        })
        .collect();
    let server = api(Some("POST"), move |_| {
        Reply::json(&json!({ "type": "FeatureCollection", "features": items, "links": [] }))
    });
    let found = ask(&server, &Query { bbox: [179.9, 10.2, -179.8, 10.3], ..query() }).unwrap();
    let ids: Vec<&str> = found.scenes.iter().map(|scene| scene.id.as_str()).collect();
    assert_eq!(ids, ["S2A_0", "S2A_1", "S2A_2", "S2A_3"]);
    assert!(found.told[0].starts_with("1 items"), "{:?}", found.told);
    let log = server.requests();
    let searches = log.iter().filter(|logged| logged.request.path == "/stac/search");
    let boxes: Vec<Value> = searches
        .map(|logged| serde_json::from_slice::<Value>(&logged.request.body).unwrap()["bbox"].clone())
        .collect();
    assert_eq!(boxes, [json!([179.9, 10.2, 180.0, 10.3]), json!([-180.0, 10.2, -179.8, 10.3])]);
}
