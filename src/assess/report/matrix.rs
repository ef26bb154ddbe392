//! The error matrix as a picture.

use super::words::{count, percent};
use crate::assess::ErrorMatrix;
use crate::xml::escaped;
use std::fmt::Write;

/// Letters of a class's name that are shown.
const LETTERS: usize = 26;

/// Reference down, map across; each cell is as dark as its share of its row, and says it in per cent.
pub fn drawn(matrix: &ErrorMatrix, title: &str) -> String {
    let n = matrix.classes.len();
    if n == 0 || matrix.total() == 0 {
        return String::new();
    }
    let longest = matrix.classes.iter().map(|class| short(&class.name).chars().count()).max().unwrap_or(0);
    let cell = if n <= 12 { 40.0 } else { 28.0 };
    // Letters of 11 are about 6 wide; the names across stand slanted.
    let left = 6.4 * longest as f64 + 32.0;
    let top = 4.6 * longest as f64 + 30.0;
    let right = 4.6 * longest as f64;
    let (width, height) = (left + cell * n as f64 + right, top + cell * n as f64 + 4.0);
    let mut out = format!(
        "<svg class=\"matrix\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\"><title>{}</title>\n",
        escaped(title)
    );
    // Writing to a string cannot fail.
    for (i, class) in matrix.classes.iter().enumerate() {
        let (name, [r, g, b]) = (escaped(&short(&class.name)), class.colour);
        let along = cell * i as f64;
        let (across, down) = (left + along, top + along);
        let fill = format!("#{r:02x}{g:02x}{b:02x}");
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"8\" fill=\"{fill}\"/>\
             <rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"{:.1}\" fill=\"{fill}\"/>",
            across,
            top - 12.0,
            cell - 1.0,
            left - 12.0,
            down,
            cell - 1.0
        );
        let (x, y) = (across + cell / 2.0 - 3.0, top - 17.0);
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" transform=\"rotate(-45 {x:.1} {y:.1})\">{name}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            left - 17.0,
            down + cell / 2.0 + 4.0
        );
        let total: u64 = (0..n).map(|mapped| matrix.count(i, mapped)).sum();
        for mapped in 0..n {
            let counted = matrix.count(i, mapped);
            let share = if total == 0 { 0.0 } else { counted as f64 / total as f64 };
            let (x, y, side) = (left + cell * mapped as f64, down, cell - 1.0);
            let words = format!(
                "{} in the reference, {} on the map: {} ({} of the row)",
                class.name,
                matrix.classes[mapped].name,
                count(counted),
                percent(Some(share))
            );
            let kind = if mapped == i { "right" } else { "wrong" };
            let _ = write!(
                out,
                "<g><title>{}</title><rect class=\"cell\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side}\" height=\"{side}\"/>\
                 <rect class=\"{kind}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side}\" height=\"{side}\" fill-opacity=\"{:.3}\"/>",
                escaped(&words),
                share.sqrt()
            );
            if counted > 0 {
                let ink = if share > 0.3 { "over" } else { "beside" };
                let tenths = if !(0.0005..0.0995).contains(&share) {
                    format!("{:.0}", share * 100.0)
                } else {
                    format!("{:.1}", share * 100.0)
                };
                let text = if share < 0.0005 { "<0.1".to_string() } else { tenths };
                let _ = write!(
                    out,
                    "<text class=\"{ink}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                    x + side / 2.0,
                    y + side / 2.0 + 4.0,
                    escaped(&text)
                );
            }
            out += "</g>\n";
        }
    }
    out + "</svg>\n"
}

/// A name that fits.
fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.into();
    }
    name.chars().take(LETTERS - 1).chain(['…']).collect()
}
