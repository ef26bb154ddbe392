//! What clouds cost: three of ten dates clouded over at random wherever the map is checked.

use super::{BANDS, Landscape, accuracy, demo, trained};
use crate::model::{Model, ModelKind, ModelSpec};
use chrono::NaiveDate;

/// Share of the dates that are clouded over.
const SHARE: f32 = 0.3;
/// Pixels across of what one cloud covers.
const CLOUD: usize = 16;

/// Numbers from 0 to 1 that look random, for a cloud's place and month.
fn dice(landscape: &Landscape, pixel: usize, month: usize, which: u32) -> f32 {
    let width = landscape.grid.width as usize;
    let place = (pixel / width / CLOUD) * width + pixel % width / CLOUD;
    let mut x = (place * 12 + month) as u32 ^ which.wrapping_mul(0x9e37_79b9);
    for factor in [0x7feb_352d_u32, 0x846c_a68b] {
        x = (x ^ (x >> 16)).wrapping_mul(factor);
    }
    (x ^ (x >> 16)) as f32 / u32::MAX as f32
}

/// Runs `cover` on the values of each date that is clouded over.
fn clouded(landscape: &Landscape, pixel: usize, series: &mut [f32], cover: impl Fn(usize, &mut [f32])) {
    for (month, values) in series.chunks_exact_mut(BANDS).enumerate() {
        if dice(landscape, pixel, month, 0) < SHARE {
            cover(month, values);
        }
    }
}

/// Accuracy under a clear sky, under clouds that were found (gaps), and under clouds and shadows that were not.
fn under_clouds(landscape: &Landscape, model: &Model) -> [f64; 3] {
    let months: Vec<usize> = (0..12).collect();
    let clear = accuracy(landscape, &months, model, |_, _| ());
    let gaps = accuracy(landscape, &months, model, |pixel, series| {
        let whole = series.to_vec();
        clouded(landscape, pixel, series, |_, values| values.fill(f32::NAN));
        // A pixel that nothing is left of cannot be mapped by anyone.
        if series.iter().all(|v| v.is_nan()) {
            series.copy_from_slice(&whole);
        }
    });
    let undetected = accuracy(landscape, &months, model, |pixel, series| {
        clouded(landscape, pixel, series, |month, values| {
            let [kind, strength] = [1, 2].map(|which| dice(landscape, pixel, month, which));
            for value in values {
                *value = if kind < 0.5 {
                    // A cloud, thin or thick, as bright in all bands.
                    let opacity = 0.3 + 0.7 * strength;
                    *value * (1.0 - opacity) + 6000.0 * opacity
                } else {
                    *value * (0.35 + 0.4 * strength)
                };
            }
        });
    });
    [clear, gaps, undetected]
}

/// Dates that a mask found cost little, since training drops dates and sees clouds itself.
#[test]
fn three_of_ten_dates_clouded_over_are_survived() {
    let landscape = demo();
    let mut lost = Vec::new();
    for kind in [ModelKind::named("tempcnn"), ModelKind::named("ltae")] {
        let spec = ModelSpec { kind: kind.expect("there is one"), ..ModelSpec::default() };
        let name = spec.kind.title();
        let start = std::time::Instant::now();
        let model = trained(landscape, &(0..12).collect::<Vec<_>>(), &spec);
        println!("{name}: trained in {:.1} s", start.elapsed().as_secs_f64());
        let [clear, gaps, undetected] = under_clouds(landscape, &model);
        println!(
            "{name}: clear {clear:.4}, clouds masked {gaps:.4}, clouds and shadows unmasked {undetected:.4}"
        );
        lost.push((name, clear, clear - gaps));
    }
    for (name, clear, lost) in lost {
        assert!(clear >= 0.9, "{name}: {clear:.3} under a clear sky");
        assert!(lost <= 0.1, "{name} loses {lost:.3} of {clear:.3} with three of ten dates gone");
    }
}

#[test]
fn a_month_is_clouded_over_by_the_share_that_is_asked_for_and_no_other_month_is() {
    let clear = demo();
    let (june, pixels) = (clear.dates[5], clear.grid.pixels());
    let mut landscape = clear.clone();
    landscape.cloud(june, 30).unwrap();
    let gaps = |mosaic: &[u16]| (0..pixels).filter(|i| mosaic[*i] == 0).count();
    assert_eq!(gaps(&landscape.mosaics[5]), pixels * 30 / 100);
    for (month, (now, before)) in landscape.mosaics.iter().zip(&clear.mosaics).enumerate() {
        assert!(month == 5 || now == before);
        // What is left is as it was, in all bands or in none.
        assert!(now.iter().zip(before).all(|(now, before)| now == before || *now == 0));
        assert!((0..pixels).all(|i| (0..BANDS).all(|b| (now[b * pixels + i] == 0) == (now[i] == 0))));
    }
    assert!(landscape.origin().ends_with("30 % of June 2022 under clouds"));
    assert!(
        landscape.cloud(NaiveDate::from_ymd_opt(2021, 6, 1).unwrap(), 30).unwrap_err().contains("June 2021")
    );
    assert!(landscape.cloud(june, 120).unwrap_err().contains("120 %"));
}
