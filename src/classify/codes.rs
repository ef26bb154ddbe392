//! Codes of a class map, piece by piece without the whole map in memory; and which pixels hold places.

use crate::geo::raster::RasterReader;
use crate::geo::{GeoError, Placement, Window};
use crate::progress::{Progress, Report};
use rayon::prelude::*;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pixels read at a time, about: several blocks of most files.
const AT_A_TIME: u32 = 1 << 22;

/// The pixel (column, row) that holds each place (longitude and latitude, WGS 84), whatever coordinate system the raster is
/// in; `None` off the raster.
pub fn pixels_at(placement: &Placement, lonlat: &[[f64; 2]]) -> Vec<Option<(u32, u32)>> {
    let mut xy = lonlat.to_vec();
    // After an error none is projected: then one by one, as those that cannot be are off the map.
    let alone = placement.crs.xy_from_lonlat(&mut xy).is_err();
    let pixel = |place: &[f64; 2]| {
        let mut place = [*place];
        if alone {
            placement.crs.xy_from_lonlat(&mut place).ok()?;
        }
        let [col, row] = placement.pixel_from_xy(place[0][0], place[0][1])?;
        let inside =
            col >= 0.0 && row >= 0.0 && col < f64::from(placement.width) && row < f64::from(placement.height);
        inside.then_some((col as u32, row as u32))
    };
    xy.iter().map(pixel).collect()
}

/// Goes through all codes of a map on all cores: pieces of whole rows, each pixel once, in no order. Each core gathers in a
/// value of its own, which `new` makes; all of them are given, one at least, to be put together.
///
/// # Errors
/// When the map cannot be read or its pixels are no bytes; what `take` gives, such as a wish to stop.
pub fn gather_codes<T: Send, E: From<GeoError> + Send>(
    map: &Path,
    report: Report,
    new: impl Fn() -> T,
    take: impl Fn(&mut T, Window, &[u8]) -> Result<(), E> + Sync,
) -> Result<Vec<T>, E> {
    let pieces = pieces(&RasterReader::open(map)?)?;
    let next = AtomicUsize::new(0);
    let gathered: Vec<T> =
        (0..rayon::current_num_threads().clamp(1, pieces.len().max(1))).map(|_| new()).collect();
    let gather = |mut own: T| {
        // A reader each: one thread at a time may use it.
        let reader = RasterReader::open(map)?;
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            report(Progress::new(u64::from(piece.row), u64::from(reader.window().height), "Reading the map"));
            let taken = reader
                .read_bytes(0, *piece)
                .map_err(E::from)
                .and_then(|codes| take(&mut own, *piece, &codes));
            if taken.is_err() {
                next.store(pieces.len(), Ordering::Relaxed);
            }
            taken?;
        }
        Ok(own)
    };
    gathered.into_par_iter().map(gather).collect()
}

/// Whole rows of blocks, so that none is unpacked twice, of a few million pixels.
fn pieces(reader: &RasterReader) -> Result<Vec<Window>, GeoError> {
    let Window { width, height, .. } = reader.window();
    let (_, block) = reader.block_size(0)?;
    let rows = (AT_A_TIME / width.max(1) / block).max(1).saturating_mul(block).min(height.max(1));
    let piece = |row: u32| Window { col: 0, row, width, height: rows.min(height - row) };
    Ok((0..height).step_by(rows as usize).map(piece).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::raster::write_cog_u8;
    use crate::geo::{Crs, Grid};
    use std::path::PathBuf;

    const SIDE: u32 = 1100;

    fn code(col: u32, row: u32) -> u8 {
        1 + ((col / 7 + row / 5) % 9) as u8
    }

    /// A map of several blocks.
    fn map(folder: &Path) -> (PathBuf, Grid) {
        let crs = Crs::from_epsg(32631).unwrap();
        let (pixel_width, pixel_height) = (10.0, 10.0);
        let grid = Grid { crs, left: 5e5, top: 5e6, pixel_width, pixel_height, width: SIDE, height: SIDE };
        let codes: Vec<u8> = (0..SIDE).flat_map(|row| (0..SIDE).map(move |col| code(col, row))).collect();
        let path = folder.join("m.tif");
        write_cog_u8(&path, &grid, &[("class".into(), &codes)], None, Some(255), &[]).unwrap();
        (path, grid)
    }

    #[test]
    fn each_place_is_in_its_pixel_and_in_none_off_the_map() {
        let folder = tempfile::tempdir().unwrap();
        let (_, grid) = map(folder.path());
        let pixels = [(0, 0), (1099, 1099), (513, 511), (511, 513), (700, 3), (700, 3)];
        let mut places: Vec<[f64; 2]> = pixels
            .iter()
            .map(|(col, row)| grid.lonlat_from_pixel(f64::from(*col) + 0.5, f64::from(*row) + 0.5).unwrap())
            .collect();
        places.push(grid.lonlat_from_pixel(-0.5, 3.0).unwrap());
        places.extend([[f64::NAN, 2.0], [3.0, 95.0], [-170.0, 10.0]]);
        let mut expected: Vec<Option<(u32, u32)>> = pixels.map(Some).into();
        expected.extend([None; 4]);
        assert_eq!(pixels_at(&(&grid).into(), &places), expected);
        assert_eq!(pixels_at(&(&grid).into(), &[]), []);
    }

    #[test]
    fn each_pixel_is_gathered_once_and_gathering_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = map(folder.path());
        let one_row = |seen: &mut Vec<(u32, u32)>, window: Window, codes: &[u8]| {
            assert_eq!((window.col, window.width), (0, SIDE));
            for (i, found) in codes.iter().enumerate() {
                let (col, row) = (i as u32 % SIDE, window.row + i as u32 / SIDE);
                assert_eq!(*found, code(col, row));
                seen.push((row, col));
            }
            Ok::<(), GeoError>(())
        };
        let mut seen: Vec<_> = gather_codes(&path, &|_| {}, Vec::new, one_row).unwrap().concat();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq((0..SIDE).flat_map(|row| (0..SIDE).map(move |col| (row, col)))));
        let stopped = gather_codes::<(), GeoError>(
            &path,
            &|_| {},
            || (),
            |_, _, _| Err(crate::progress::Cancelled.into()),
        );
        assert!(matches!(stopped, Err(GeoError::Cancelled(_))));
        assert!(
            gather_codes::<(), GeoError>(&folder.path().join("gone.tif"), &|_| {}, || (), |_, _, _| Ok(()))
                .is_err()
        );
    }
}
