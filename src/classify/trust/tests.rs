use super::*;

fn range(low: f32, high: f32) -> InputRange {
    let quantiles = crate::model::SHARES.map(|share| low + (high - low) * share as f32).to_vec();
    InputRange { seen: 1000, gaps: 0.0, quantiles }
}

/// Of twelve months and the inputs near infrared and red, held against a training whose values lie between 0.2 and 0.5;
/// `value` gives the site's middle value of a month and an input, around which its values lie.
fn trust(value: impl Fn(usize, usize) -> f32) -> Trust {
    let months = |m| NaiveDate::from_ymd_opt(2022, m, 15).unwrap();
    let input = |(name, common): (&str, &str)| TrustInput {
        name: name.into(),
        common: Some(common.into()),
        is_index: false,
        unit: "reflectance".into(),
    };
    let of = |at: usize| {
        let middle = value(at / 2, at % 2);
        cell(Some(&range(0.2, 0.5)), None, (0..101).map(|i| middle + (i as f32 - 50.0) * 0.001).collect())
    };
    let mut trust = Trust {
        inputs: [("B08", "nir"), ("B04", "red")].map(input).to_vec(),
        dates: (1..=12).map(months).collect(),
        site_dates: vec![None; 12],
        cells: (0..24).map(of).collect(),
        pixels: 101,
        outside: 0.38,
        ground_outside: 0.2,
        verdict: Verdict::Fits,
    };
    trust.verdict = trust.judged();
    trust
}

#[test]
fn a_season_that_is_lower_is_named_with_its_input_months_and_figures() {
    let trust = trust(|month, input| if input == 0 && (5..=7).contains(&month) { 0.14 } else { 0.36 });
    assert_eq!(
        trust.sentence(),
        "Near infrared (B08) from June to August is lower than anything it learned from (median 0.14 against 0.35): expect \
         vegetation classes to be wrong; 38 % of the pixels lie outside the training's range"
    );
    let Verdict::Shifted(shift) = &trust.verdict else { panic!("{:?}", trust.verdict) };
    assert_eq!((shift.dates, shift.above, shift.others), ((5, 7), false, 0));
}

#[test]
fn small_differences_and_single_small_ones_mean_nothing() {
    let alike = trust(|month, _| 0.33 + 0.01 * (month % 3) as f32);
    assert!(!matches!(alike.verdict, Verdict::Shifted(_)), "{:?}", alike.verdict);
    let single = trust(|month, input| if (month, input) == (5, 0) { 0.48 } else { 0.35 });
    assert!(!matches!(single.verdict, Verdict::Shifted(_)), "{:?}", single.verdict);
}

#[test]
fn a_site_is_held_against_the_ground_of_the_samples_and_not_against_the_samples_where_it_is_known() {
    let (samples, ground) = (range(0.2, 0.5), range(0.0, 0.4));
    let values = || (0..101).map(|i| 0.2 + (i as f32 - 50.0) * 0.004).collect();
    let told = cell(Some(&samples), Some(&ground), values());
    assert!(told.shift.unwrap().abs() < 0.01 && told.side() == 0, "{told:?}");
    assert!((told.outside[0] - 0.5).abs() < 0.02 && (told.ground_outside - 0.5).abs() < 0.02, "{told:?}");
    let told = cell(Some(&samples), None, values());
    assert!(told.side() == -1 && (told.ground.unwrap() - 0.35).abs() < 1e-6, "{told:?}");
}

#[test]
fn other_inputs_that_are_shifted_are_counted_and_a_run_that_changes_side_is_two() {
    let both = trust(|month, _| if month == 5 || month == 6 { 0.6 } else { 0.35 });
    let words = both.sentence();
    assert!(words.contains("from June to July is higher than anything it learned from"), "{words}");
    assert!(words.contains("and one more input is shifted"), "{words}");
    let turned = trust(|month, input| match (input, month) {
        (0, 2..=3) => 0.6,
        (0, 4..=8) => 0.1,
        _ => 0.35,
    });
    let Verdict::Shifted(shift) = &turned.verdict else { panic!("{:?}", turned.verdict) };
    assert_eq!((shift.dates, shift.above), ((4, 8), false));
    let all = trust(|_, input| if input == 1 { 0.05 } else { 0.35 });
    assert!(all.sentence().starts_with("Red (B04) on all dates is lower"), "{}", all.sentence());
}

#[test]
fn a_date_that_the_site_lacks_parts_no_run_and_no_pixel_is_told() {
    let gap = trust(|month, input| match (input, month) {
        (0, 6) => f32::NAN,
        (0, 5 | 7) => 0.1,
        _ => 0.35,
    });
    let Verdict::Shifted(shift) = &gap.verdict else { panic!("{:?}", gap.verdict) };
    assert_eq!(shift.dates, (5, 7));
    let mut empty = gap;
    empty.pixels = 0;
    empty.verdict = empty.judged();
    assert!(empty.sentence().contains("the map would be empty"), "{}", empty.sentence());
}

#[test]
fn a_pixel_is_outside_by_a_quarter_of_its_values_or_by_few_that_are_far() {
    let limits = Limits { ranges: vec![(0.0, 1.0); 20] };
    let with = |count: usize, value: f32| {
        let mut series = vec![0.5; 20];
        series[..count].fill(value);
        limits.is_outside(&series)
    };
    assert_eq!(with(4, 1.5), Some(false));
    assert_eq!(with(5, 1.5), Some(true));
    assert_eq!(with(5, -0.1), Some(true));
    assert_eq!(with(1, 2.5), Some(true));
    assert_eq!(with(20, 1.0), Some(false));
    assert_eq!(with(20, f32::NAN), None);
    // Of what was observed.
    assert_eq!(with(19, f32::NAN), Some(false));
}
