//! Damaging one chunk of a cube.

use std::fs;
use std::path::Path;

/// Flips a byte of a cube so that this chunk (across, down) cannot be read, and no other.
pub fn damage_chunk(store: &Path, chunk: (u32, u32)) {
    let shard = store.join("data/c/0/0/0/0");
    let whole = fs::read(&shard).unwrap();
    for at in (0..whole.len()).step_by(997) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&shard, &bytes).unwrap();
        let Ok(cube) = ritmo::cube::Cube::open(store) else { continue };
        let (across, down) = cube.chunk_counts();
        let broken: Vec<_> = (0..down)
            .flat_map(|row| (0..across).map(move |col| (col, row)))
            .filter(|at| cube.decode(*at).is_err())
            .collect();
        if broken == [chunk] {
            return;
        }
    }
    panic!("no byte of {} is of that chunk alone", shard.display());
}
