//! What was measured, as tables for other programs.

use super::Comparison;
use std::fmt::Write;

/// A line for each site, date and band (of one site or of one band, where given): what was seen, percentiles, and how far the median
/// is from what its neighbours in time lead one to expect.
pub fn values_csv(comparison: &Comparison, site: Option<usize>, band: Option<usize>) -> String {
    let mut text = String::from(
        "site,date,band,unit,seen,clear_share,min,p5,p25,median,p75,p95,max,mean,standard_deviation,spreads_from_neighbours\n",
    );
    for (place, one) in
        comparison.sites.iter().enumerate().filter(|(place, _)| site.is_none_or(|site| site == *place))
    {
        for (time, date) in one.statistics.dates.iter().enumerate() {
            for (at, told) in
                comparison.bands.iter().enumerate().filter(|(at, _)| band.is_none_or(|band| band == *at))
            {
                let Some(own) = one.band_of[at] else { continue };
                let (name, band) = (quoted(&one.name), quoted(&told.name));
                let _ = write!(text, "{name},{date},{band},{}", told.unit.name());
                match comparison.cell(place, time, at) {
                    Some(cell) => {
                        let share = one.statistics.clear_share(time, own);
                        let _ = write!(text, ",{},{share:.4}", cell.seen);
                        let figures = [
                            cell.min,
                            cell.p5,
                            cell.p25,
                            cell.median,
                            cell.p75,
                            cell.p95,
                            cell.max,
                            cell.mean,
                            cell.deviation,
                        ];
                        for figure in figures {
                            let _ = write!(text, ",{figure}");
                        }
                    }
                    None => text += ",0,0,,,,,,,,,",
                }
                let z = comparison.z(place, time, at);
                text += &if z.is_finite() { format!(",{z:.2}\n") } else { ",\n".into() };
            }
        }
    }
    text
}

/// A line for each pair of sites, those that differ most first: their distance, and that of each band, in quartile ranges.
pub fn distances_csv(comparison: &Comparison) -> String {
    let bands: Vec<String> = comparison.bands.iter().map(|band| quoted(&band.name)).collect();
    let mut text = format!("site_a,site_b,dates,distance,{}\n", bands.join(","));
    let figure = |value: f32| if value.is_finite() { format!("{value:.4}") } else { String::new() };
    for pair in &comparison.pairs {
        let name = |site: usize| quoted(&comparison.sites[site].name);
        let bands: Vec<String> = pair.bands.iter().map(|value| figure(*value)).collect();
        let _ = writeln!(
            text,
            "{},{},{},{},{}",
            name(pair.a),
            name(pair.b),
            pair.dates,
            figure(pair.distance),
            bands.join(",")
        );
    }
    text
}

/// A field of a table, in quotes where it needs them.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.into()
    }
}
