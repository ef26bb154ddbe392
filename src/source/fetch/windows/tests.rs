//! Windows of files on this disk: pieces, what the files tell, and what is not asked for twice.

use super::*;

#[test]
fn pieces_cover_a_window_once_along_common_lines() {
    let small = Window { col: 5, row: 7, width: 2048, height: 100 };
    assert_eq!(pieces_of(small), [small]);
    let window = Window { col: 2000, row: 100, width: 4200, height: 2500 };
    let pieces = pieces_of(window);
    assert_eq!(pieces.iter().map(Window::pixels).sum::<usize>(), window.pixels());
    assert_eq!(pieces[0], Window { col: 2000, row: 100, width: 48, height: 1948 });
    assert!(pieces.iter().all(|p| p.cut_to(window) == *p && p.width <= PIECE && p.height <= PIECE));
    assert_eq!(pieces.len(), 4 * 2);
}

/// One scene with one file of 4200 x 300 pixels of 10 m.
fn large(folder: &Path) -> (Wanted, Grid, Vec<u16>) {
    use crate::geo::Crs;
    use crate::geo::raster::write_mosaic;
    use crate::source::stac::{Offset, SceneAsset};
    let crs = Crs::from_epsg(32615).unwrap();
    let grid =
        Grid { crs, left: 4e5, top: 2e6, pixel_width: 10.0, pixel_height: 10.0, width: 4200, height: 300 };
    let values: Vec<u16> = (0..grid.pixels()).map(|i| (i % 60_000) as u16 + 1).collect();
    let path = folder.join("source.tif");
    write_mosaic(&path, &grid, &["B04"], PixelType::Uint16, 0.0, &values, &[]).unwrap();
    let asset =
        SceneAsset { path, scaling: None, nodata: None, shape: None, pixel: None, corner: None, bytes: None };
    let scene = Scene {
        id: "S2A".into(),
        collection: None,
        taken: chrono::NaiveDate::from_ymd_opt(2022, 3, 3).unwrap().and_hms_opt(16, 50, 1).unwrap(),
        footprint: geo::MultiPolygon(Vec::new()),
        cloud: None,
        platform: None,
        sensor: Some("sentinel-2-l2a"),
        tile: None,
        baseline: Some((5, 9)),
        offset: Offset::Unshifted,
        assets: [("B04".to_owned(), asset)].into(),
        preview: None,
    };
    (super::super::wanted(&[scene], None).unwrap(), grid, values)
}

fn run(wanted: &Wanted, grid: &Grid, folder: &Path) -> Fetched {
    let place = crate::source::stac::Place::File(folder.into());
    let catalogue = crate::source::stac::Catalogue { place, headers: Vec::new(), tokens: None };
    let signer = Signer::new(&catalogue, Patience::default(), std::sync::Arc::new(|_| ()), &Cancel::new());
    let patience = Patience::default();
    let spec = FetchSpec { wanted, grid, folder, signer: &signer, patience, tell: &|_| () };
    fetch(&spec, &|_| (), &Cancel::new()).unwrap()
}

#[test]
fn a_large_window_comes_in_pieces_and_those_that_are_there_are_not_read_again() {
    let home = tempfile::tempdir().unwrap();
    let (wanted, grid, mut values) = large(home.path());
    let folder = home.path().join("fetched");
    // The second piece is there from an earlier run: other numbers tell it from the source.
    let parts = folder.join(format!("{}.parts", wanted.windows[0].file));
    std::fs::create_dir_all(&parts).unwrap();
    let piece = Grid { left: 4e5 + 20_480.0, width: 2048, ..grid.clone() };
    let other = vec![7u16; piece.pixels()];
    crate::geo::raster::write_mosaic(
        &parts.join("2048_0.tif"),
        &piece,
        &["B04"],
        PixelType::Uint16,
        0.0,
        &other,
        &[],
    )
    .unwrap();
    let fetched = run(&wanted, &grid, &folder);
    assert_eq!((fetched.now, fetched.there, fetched.files.len()), (1, 0, 1));
    let reader = RasterReader::open(&fetched.files[0]).unwrap();
    values.chunks_exact_mut(4200).for_each(|row| row[2048..4096].fill(7));
    assert!(reader.read_16(0, reader.window(), PixelType::Uint16).unwrap() == values);
    assert!(!parts.exists());
    let again = run(&wanted, &grid, &folder);
    assert_eq!((again.now, again.there), (0, 1));
}

#[test]
fn a_window_tells_date_and_baseline_and_that_its_offset_is_gone() {
    let home = tempfile::tempdir().unwrap();
    let (wanted, grid, _) = large(home.path());
    let small = Grid { width: 10, height: 10, ..grid };
    let fetched = run(&wanted, &small, &home.path().join("fetched"));
    let input = crate::source::InputSpec {
        sensor: Some("sentinel-2-l2a".into()),
        ..crate::source::InputSpec::of(fetched.files)
    };
    let found = crate::source::recognise(&input, &|_| {}, &Cancel::new()).unwrap();
    let acquisition = &found.acquisitions[0];
    assert_eq!(acquisition.date.to_string(), "2022-03-03");
    assert_eq!(acquisition.layers[0].name, "B04");
    assert!(acquisition.baseline.unwrap() < (4, 0), "its values are those of the baselines before");
    assert_eq!(found.placements[0].width, 12, "two pixels around, where the file has them");
}

#[test]
fn a_file_that_does_not_reach_into_the_area_is_asked_for_once() {
    let home = tempfile::tempdir().unwrap();
    let (wanted, grid, _) = large(home.path());
    let away = Grid { left: 6e5, width: 10, height: 10, ..grid };
    let folder = home.path().join("fetched");
    let fetched = run(&wanted, &away, &folder);
    assert_eq!((fetched.files.len(), fetched.beside), (0, 1));
    std::fs::remove_file(home.path().join("source.tif")).unwrap();
    assert_eq!(run(&wanted, &away, &folder).beside, 1);
}

#[test]
fn wherever_a_server_refuses_too_many_requests_it_is_asked_again_and_no_scene_is_lost() {
    use crate::testing::ranges::{Reply, Server};
    use std::sync::atomic::AtomicUsize;
    let home = tempfile::tempdir().unwrap();
    let (mut wanted, grid, _) = large(home.path());
    let source = wanted.windows[0].asset.path.clone();
    // GDAL asks three times by itself.
    for from in 0..9 {
        let (count, source) = (AtomicUsize::new(0), source.clone());
        let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            n if (from..from + 3).contains(&n) => Reply::status(429),
            _ => Reply::File(source.clone()),
        });
        wanted.windows[0].asset.path = server.url(&format!("/{from}.tif")).into();
        let folder = home.path().join(from.to_string());
        let place = crate::source::stac::Place::File(folder.clone());
        let catalogue = crate::source::stac::Catalogue { place, headers: Vec::new(), tokens: None };
        let signer =
            Signer::new(&catalogue, Patience::default(), std::sync::Arc::new(|_| ()), &Cancel::new());
        let patience = Patience { first_wait: std::time::Duration::from_millis(5), ..Patience::default() };
        let told = Mutex::new(Vec::new());
        let tell = |words| told.lock().unwrap().push(words);
        let spec = FetchSpec {
            wanted: &wanted,
            grid: &grid,
            folder: &folder,
            signer: &signer,
            patience,
            tell: &tell,
        };
        let fetched = fetch(&spec, &|_| (), &Cancel::new()).unwrap();
        let told = told.into_inner().unwrap();
        assert_eq!((fetched.files.len(), fetched.left_out.len()), (1, 0), "{from}: {told:?}");
        assert!(told.iter().all(|words| words.contains("busy or broken")), "{from}: {told:?}");
    }
}
