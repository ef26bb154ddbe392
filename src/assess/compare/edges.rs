//! Whether a pixel lies at the edge of a field.

use crate::labels::ClassCode;

/// Whether a pixel (column, row) has another class within one pixel, corners included, on either of two maps of `width` columns,
/// y x x; `today` tells what the codes of each are today. Pixels without a class are no other class.
pub fn is_edge(maps: [&[u8]; 2], today: &[[ClassCode; 256]; 2], width: u32, (col, row): (u32, u32)) -> bool {
    let width = width as usize;
    let (col, row) = (col as usize, row as usize);
    maps.iter().zip(today).any(|(codes, today)| {
        let class = |col: usize, row: usize| {
            let code = codes.get(row * width + col).map(|code| today[usize::from(*code)])?;
            (code != 0 && code != 255).then_some(code)
        };
        let Some(own) = class(col, row) else { return false };
        let rows = row.saturating_sub(1)..=row + 1;
        rows.into_iter().any(|row| {
            let cols = col.saturating_sub(1)..=(col + 1).min(width - 1);
            cols.into_iter().any(|col| class(col, row).is_some_and(|other| other != own))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_beside_another_class_on_either_map_is_an_edge_corners_too_and_no_row_runs_on_into_the_next() {
        let same: [[u8; 256]; 2] =
            [std::array::from_fn(|code| code as u8), std::array::from_fn(|code| code as u8)];
        let plain = [1u8; 16];
        #[rustfmt::skip]
        let corner = [2, 1, 1, 1,
                      1, 1, 1, 1,
                      1, 1, 1, 1,
                      1, 1, 1, 255u8];
        let edge = |at| is_edge([&plain, &corner], &same, 4, at);
        assert!(edge((0, 0)) && edge((1, 1)) && edge((0, 1)));
        assert!(!edge((2, 0)) && !edge((3, 0)) && !edge((2, 2)), "no class is no other class");
        assert!(!edge((3, 3)));
        assert_eq!(is_edge([&corner, &plain], &same, 4, (1, 0)), edge((1, 0)));
        // Under codes of today both classes may be one.
        let mut today = same;
        today[1][2] = 1;
        assert!(!is_edge([&plain, &corner], &today, 4, (1, 1)));
    }
}
