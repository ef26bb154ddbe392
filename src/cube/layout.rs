//! How pixels are cut: into chunks that series are read from, shards that are files, tiles of the mosaics, and blocks
//! that are in memory together.

use super::{CHUNK, CubeInfo};
use crate::geo::{Grid, Window};

/// How pixels are cut into shards and tiles, and these into blocks that are worked on at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Steps of time in a chunk.
    pub times: usize,
    /// Columns and rows of a shard.
    pub shard: (u32, u32),
    /// Columns and rows of a tile of the mosaics; whole shards.
    pub tile: (u32, u32),
    /// Tiles across a block, which is one tile high.
    pub tiles_across: u32,
}

impl Layout {
    /// Pixels along a tile, where memory allows.
    const SIDE: u32 = 512;
    /// Bytes of a shard before compression.
    const SHARD_BYTES: u64 = 128 << 20;
    /// Bytes of a block.
    const BLOCK_BYTES: u64 = 256 << 20;

    /// For a cube whose chunks hold `times` steps.
    pub fn new(info: &CubeInfo, times: usize) -> Self {
        let pixel_bytes = (info.pixel_type.bytes() * times * info.bands.len()) as u64;
        let bytes = |(width, height): (u32, u32)| u64::from(width) * u64::from(height) * pixel_bytes;
        let mut tile = Self::SIDE;
        while bytes((tile, tile)) > Self::BLOCK_BYTES && tile > CHUNK {
            tile /= 2;
        }
        let mut side = tile;
        while bytes((side, side)) > Self::SHARD_BYTES && side > CHUNK {
            side /= 2;
        }
        let cut = |side: u32, length: u32| side.min(length.div_ceil(CHUNK) * CHUNK);
        let grid = &info.grid;
        let shard = (cut(side, grid.width), cut(side, grid.height));
        let whole = |shard: u32, length: u32| tile.min(length.div_ceil(shard) * shard);
        let tile = (whole(shard.0, grid.width), whole(shard.1, grid.height));
        let tiles_across = u32::try_from(Self::BLOCK_BYTES / bytes(tile).max(1)).unwrap_or(u32::MAX).max(1);
        Self { times, shard, tile, tiles_across }
    }

    /// The blocks, in order of rows: their pixels.
    pub fn blocks(&self, grid: &Grid) -> Vec<Window> {
        let width = self.tile.0.saturating_mul(self.tiles_across).min(grid.width);
        let mut blocks = Vec::new();
        for row in (0..grid.height).step_by(self.tile.1 as usize) {
            for col in (0..grid.width).step_by(width as usize) {
                blocks.push(Window { col, row, width, height: self.tile.1 }.cut_to(grid.window()));
            }
        }
        blocks
    }

    /// The shards (across, down) of a block.
    pub fn shards_of(&self, block: Window) -> Vec<(u32, u32)> {
        let cols = block.col / self.shard.0..(block.col + block.width).div_ceil(self.shard.0);
        let rows = block.row / self.shard.1..(block.row + block.height).div_ceil(self.shard.1);
        rows.flat_map(|row| cols.clone().map(move |col| (col, row))).collect()
    }

    /// The pixels of a shard, cut to the grid.
    pub fn shard_window(&self, (across, down): (u32, u32), grid: &Grid) -> Window {
        let (width, height) = self.shard;
        Window { col: across * width, row: down * height, width, height }.cut_to(grid.window())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::Band;
    use crate::geo::Crs;
    use crate::geo::raster::PixelType;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn info(width: u32, height: u32, dates: u64, bands: usize) -> CubeInfo {
        let crs = Crs::from_epsg(6362).unwrap();
        CubeInfo {
            grid: Grid { crs, left: 0.0, top: 0.0, pixel_width: 10.0, pixel_height: 10.0, width, height },
            bands: (0..bands).map(|i| Band::named(i.to_string())).collect(),
            dates: (0..dates).map(|i| NaiveDate::default() + chrono::Days::new(i)).collect(),
            pixel_type: PixelType::Int16,
            nodata: -9999.0,
            origin: None,
        }
    }

    #[test]
    fn a_year_of_a_scene_has_shards_of_512() {
        let layout = Layout::new(&info(10_980, 10_980, 12, 10), 12);
        assert_eq!((layout.shard, layout.tile, layout.tiles_across), ((512, 512), (512, 512), 4));
    }

    proptest! {
        #[test]
        fn blocks_hold_every_pixel_once_within_the_bound(width in 1u32..12_000, height in 1u32..12_000, dates in 1u64..400, bands in 1usize..14) {
            let info = info(width, height, dates, bands);
            let layout = Layout::new(&info, dates as usize);
            let pixel = 2 * dates as usize * bands;
            for (of, along) in [(layout.shard.0, layout.tile.0), (layout.shard.1, layout.tile.1)] {
                prop_assert!(of.is_multiple_of(CHUNK) && along.is_multiple_of(of), "{layout:?}");
            }
            let mut pixels = 0;
            for block in layout.blocks(&info.grid) {
                prop_assert!(block.pixels() * pixel <= 256 << 20 || block.width.max(block.height) <= CHUNK, "{layout:?}");
                prop_assert!(block.col.is_multiple_of(layout.tile.0) && block.row.is_multiple_of(layout.tile.1));
                let in_shards: usize = layout.shards_of(block).into_iter().map(|s| layout.shard_window(s, &info.grid).pixels()).sum();
                prop_assert_eq!(in_shards, block.pixels());
                pixels += block.pixels();
            }
            prop_assert_eq!(pixels, info.grid.pixels());
        }
    }
}
