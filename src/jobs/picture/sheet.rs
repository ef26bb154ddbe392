//! A sheet of small pictures, each with its date above it.

use crate::cube::picture::Picture;
use anyhow::bail;
use chrono::NaiveDate;

/// Between pictures, and around them.
const MARGIN: usize = 8;
/// Each dot of a figure is a square of so many pixels.
const DOT: usize = 2;
/// A figure is 5 dots wide and 7 high; the next one begins a dot further.
const ADVANCE: usize = 6 * DOT;
/// Height of a date with the room below it.
const CAPTION: usize = 7 * DOT + 4;
/// The ground of the sheet.
const GROUND: [u8; 4] = [32, 32, 32, 255];
/// The ground of a picture, seen where there was no observation.
const GAP: [u8; 4] = [58, 58, 58, 255];
/// What dates are written in.
const INK: [u8; 4] = [235, 235, 235, 255];

/// The figures 0 to 9 and a dash, in rows of five dots, the leftmost in the highest bit.
const FIGURES: [[u8; 7]; 11] = [
    [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
    [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111],
    [0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110],
    [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
    [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
    [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
    [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
    [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
    [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
    [0b00000, 0b00000, 0b00000, 0b01110, 0b00000, 0b00000, 0b00000],
];

/// Pictures of one size in rows, so that the sheet is about as high as it is wide.
///
/// # Errors
/// When it would have more than `most` pixels.
pub fn sheet(pictures: &[Picture], dates: &[NaiveDate], most: usize) -> anyhow::Result<Picture> {
    let Some(first) = pictures.first() else { bail!("there is no date to show") };
    // A date fits over its picture, however narrow that is; small ones are enlarged, each pixel to a square.
    let times = (10 * ADVANCE / first.width.max(first.height).max(1)).max(1);
    let cell = ((first.width * times).max(10 * ADVANCE) + MARGIN, first.height * times + CAPTION + MARGIN);
    let columns = ((pictures.len() * cell.1) as f64 / cell.0 as f64).sqrt().ceil().max(1.0) as usize;
    let columns = columns.min(pictures.len());
    let rows = pictures.len().div_ceil(columns);
    let (width, height) = (columns * cell.0 + MARGIN, rows * cell.1 + MARGIN);
    if width * height > most {
        bail!("a sheet of {width} x {height} pixels is too large: give a smaller --size for each date");
    }
    let mut out = Picture { width, height, rgba: GROUND.repeat(width * height) };
    for (i, (picture, date)) in pictures.iter().zip(dates).enumerate() {
        let (left, top) = (MARGIN + i % columns * cell.0, MARGIN + i / columns * cell.1);
        write(&mut out, left, top, &date.to_string());
        let (wide, high) = (picture.width * times, picture.height * times);
        for (row, col) in (0..high).flat_map(|row| (0..wide).map(move |col| (row, col))) {
            let at = (row / times * picture.width + col / times) * 4;
            let colour = match picture.rgba.get(at..at + 4) {
                Some(&[r, g, b, alpha]) if alpha > 0 => [r, g, b, 255],
                _ => GAP,
            };
            dot(&mut out, left + col, top + CAPTION + row, colour);
        }
    }
    Ok(out)
}

fn write(out: &mut Picture, left: usize, top: usize, words: &str) {
    for (i, letter) in words.chars().enumerate() {
        let figure = FIGURES[letter.to_digit(10).map_or(10, |digit| digit as usize)];
        for (row, dots) in figure.into_iter().enumerate() {
            for col in (0..5).filter(|col| dots >> (4 - col) & 1 == 1) {
                for at in 0..DOT * DOT {
                    let x = left + i * ADVANCE + col * DOT + at % DOT;
                    dot(out, x, top + row * DOT + at / DOT, INK);
                }
            }
        }
    }
}

fn dot(out: &mut Picture, col: usize, row: usize, colour: [u8; 4]) {
    let at = (row * out.width + col) * 4;
    if let Some(to) = out.rgba.get_mut(at..at + 4) {
        to.copy_from_slice(&colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, pixel: [u8; 4]) -> Picture {
        Picture { width, height, rgba: pixel.repeat(width * height) }
    }

    #[test]
    fn every_date_has_its_picture_and_its_words() {
        let pictures: Vec<_> = (0..5).map(|i| picture(130, 60, [10 + i, 0, 0, 255])).collect();
        let dates: Vec<_> = (1..6).map(|month| NaiveDate::from_ymd_opt(2022, month, 15).unwrap()).collect();
        let sheet = sheet(&pictures, &dates, 1 << 30).unwrap();
        assert_eq!(sheet.rgba.len(), sheet.width * sheet.height * 4);
        let count = |pixel: [u8; 4]| sheet.rgba.chunks_exact(4).filter(|other| **other == pixel).count();
        for i in 0..5 {
            assert_eq!(count([10 + i, 0, 0, 255]), 130 * 60, "all of picture {i} is there");
        }
        assert!(count(INK) > 5 * 60, "and the dates are written");
    }

    #[test]
    fn gaps_have_a_ground_of_their_own_and_small_pictures_are_as_wide_as_their_dates() {
        let date = NaiveDate::from_ymd_opt(2022, 3, 4).unwrap();
        let sheet = sheet(&[picture(3, 4, [0; 4])], &[date], 1 << 30).unwrap();
        assert!(sheet.width >= 10 * ADVANCE);
        let gaps = sheet.rgba.chunks_exact(4).filter(|pixel| **pixel == GAP).count();
        assert_eq!(gaps, 12 * 30 * 30, "each pixel is a square of 30");
    }

    #[test]
    fn a_sheet_that_is_too_large_is_refused() {
        let date = NaiveDate::from_ymd_opt(2022, 3, 4).unwrap();
        let error = sheet(&[picture(100, 100, [0; 4])], &[date], 1000).unwrap_err().to_string();
        assert!(error.contains("smaller --size"), "{error}");
        assert!(sheet(&[], &[], 1000).is_err());
    }
}
