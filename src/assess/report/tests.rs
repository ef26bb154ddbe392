use super::*;
use crate::assess::{
    BootstrapSpec, Correction, ErrorMatrix, PairedUnit, Population, ReferenceUnit, Stratum,
    assessment_intervals, compare, compare_in_clusters, estimate,
};
use crate::testing::chance;
use std::collections::BTreeSet;

fn classes() -> Vec<Class> {
    ["Maíz & frijol", "Selva <baja> \"seca\"", "Agua"]
        .into_iter()
        .zip(1..)
        .map(|(name, code)| Class::new(code, name, [40 * code, 120, 200]))
        .collect()
}

/// The class of a unit, and what a map that is right in `share` of all says.
fn unit(i: u64, share: f64, map: u64) -> (u8, u8) {
    let class = 1 + (chance(&[i, 1]) * 3.0) as u8;
    let mapped = if chance(&[i, 2, map]) < share { class } else { 1 + (chance(&[i, 3, map]) * 3.0) as u8 };
    (class, mapped)
}

fn population() -> Population {
    let stratum = |class: &Class| Stratum { code: class.code, name: class.name.clone(), pixels: 40_000 };
    Population {
        strata: classes().iter().map(stratum).collect(),
        pixel_ha: 0.01,
        correction: Correction::Finite,
    }
}

fn scores(share: f64) -> Scores {
    let samples: Vec<(u64, u8, u8)> = (0..300)
        .map(|i| {
            let (class, mapped) = unit(i, share, 7);
            (i / 5, class, mapped)
        })
        .collect();
    let mut matrix = ErrorMatrix::new(&classes());
    samples.iter().for_each(|(_, class, mapped)| assert!(matrix.add(*class, *mapped)));
    let spec = BootstrapSpec { replicates: 200, ..BootstrapSpec::default() };
    let found = assessment_intervals(&classes(), samples.into_iter(), &spec);
    Scores::new(matrix.assessment("Pure pixels of 60 annotations."), Some(found))
}

fn comparison(first: f64, second: f64) -> Comparison {
    let paired = |i: u64| {
        let ((class, one), (_, other)) = (unit(i, first, 1), unit(i, second, 2));
        PairedUnit {
            stratum: one,
            cluster: None,
            mapped: [Some(one), Some(other)],
            reference: Some(class),
            edge: i.is_multiple_of(3),
        }
    };
    let units: Vec<_> = (0..600).map(paired).collect();
    let compared = compare(&population(), &classes(), &units);
    let maps = ["series".into(), "UNet <mayo>".into()];
    Comparison { title: "reference sample".into(), maps, short: Default::default(), compared }
}

fn report() -> Report {
    let units: Vec<_> = (0..500)
        .map(|i| {
            let (class, mapped) = unit(i, 0.8, 3);
            let reference = (i % 50 != 0).then_some(class);
            ReferenceUnit { stratum: mapped, mapped: Some(mapped), reference }
        })
        .collect();
    let trial = |name: &str, change| TrialScore {
        name: name.into(),
        trained: 240,
        tested: 60,
        overall_accuracy: Some(0.875),
        macro_f1: Some(0.8125),
        weighted_f1: Some(0.84375),
        unlearned: vec!["Agua".into()],
        change,
        ..TrialScore::default()
    };
    let change =
        Estimated { value: Some(-0.0625), interval: Some([-0.125, -0.03125]), ..Estimated::default() };
    let epoch = |epoch: usize| EpochScore {
        epoch,
        train_loss: 1.0 / epoch as f32,
        held_out_loss: Some(1.2 / epoch as f32),
        held_out_accuracy: Some(1.0 - 0.5 / epoch as f32),
        held_out_f1: Vec::new(),
    };
    Report {
        version: Report::VERSION,
        project: "Corredor «Ñ» & co.".into(),
        site: "corridor".into(),
        map: "tempcnn".into(),
        created: "2026-03-04T05:06:07Z".into(),
        annotations: Some(scores(0.95)),
        true_map: Some(Scores { intervals: None, ..scores(0.7) }),
        reference: Some(estimate(&population(), &classes(), &units)),
        reference_file: Some("reference/first.geojson".into()),
        trials: Some(Trials {
            held_out: "whole sites".into(),
            pooled: scores(0.9),
            trials: vec![trial("norte", None), trial("sur <2>", Some(change))],
        }),
        comparisons: vec![comparison(0.9, 0.7)],
        training: Some(Training { history: (1..=9).map(epoch).collect(), best_epoch: 7 }),
        method: vec![Fact::new("bands", "B02, B03 & B04"), Fact::new("seed", "7")],
        notes: vec!["Nothing <else>.".into()],
    }
}

fn picture() -> Picture {
    let png = crate::chart::encoded(2, 2, [[200, 0, 0, 255]; 4].concat()).unwrap();
    Picture { title: "Map of \"corridor\"".into(), png, legend: classes() }
}

/// All words of a page, a space between elements.
fn words(html: &str) -> String {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let page = roxmltree::Document::parse_with_options(html, options).unwrap();
    page.descendants()
        .filter_map(|node| node.is_text().then(|| node.text()).flatten())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_document_comes_back_as_it_was_and_reads_what_was_written_before_it_had_a_version() {
    let report = report();
    assert_eq!(serde_json::from_str::<Report>(&report.json()).unwrap(), report);
    let before = r#"{"map":"tempcnn","annotations":{"overall_accuracy":0.5,"macro_f1":null,"weighted_f1":null,
        "obtained":"by hand","classes":[],"matrix":{"classes":[],"counts":[]}},"true_map":null}"#;
    let old: Report = serde_json::from_str(before).unwrap();
    assert_eq!((old.version, old.map.as_str()), (0, "tempcnn"));
    assert_eq!(old.annotations.unwrap().assessment.overall_accuracy, Some(0.5));
}

#[test]
fn the_page_is_well_formed_whatever_things_are_called_and_needs_nothing_beside_it() {
    let html = report().html(&[picture()], Language::English);
    let words = words(&html);
    for name in [
        "Maíz & frijol",
        "Selva <baja> \"seca\"",
        "UNet <mayo>",
        "Corredor «Ñ» & co.",
        "sur <2>",
        "B02, B03 & B04",
    ] {
        assert!(words.contains(name), "{name}");
    }
    assert!(html.contains("data:image/png;base64,iVBORw0KGgo"));
    for outside in ["<script", "href=", "src=\"http", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    let hostile = Report { map: "a\u{0}\u{1b}]<b>\u{ffff}".into(), ..Report::default() };
    assert!(self::words(&hostile.html(&[], Language::English)).contains("a]<b>"));
}

/// Every figure with how the page writes it.
fn figures(value: &serde_json::Value, path: &str, found: &mut Vec<(String, f64)>) {
    match value {
        serde_json::Value::Number(number) => found.push((path.into(), number.as_f64().unwrap())),
        serde_json::Value::Array(all) => all.iter().for_each(|one| figures(one, path, found)),
        serde_json::Value::Object(fields) => {
            fields.iter().for_each(|(name, one)| figures(one, &format!("{path}/{name}"), found));
        }
        _ => {}
    }
}

#[test]
fn every_figure_of_the_json_is_on_the_page() {
    let report = report();
    let words = words(&report.html(&[], Language::English));
    let shown: BTreeSet<&str> = words.split([' ', '\n']).collect();
    let mut found = Vec::new();
    figures(&serde_json::from_str(&report.json()).unwrap(), "", &mut found);
    let mut looked = 0;
    for (path, value) in found {
        let last = path.rsplit('/').next().unwrap();
        let signed = path.contains("difference") || path.contains("change");
        let text = match last {
            // Not written out: the standard error is in the interval, curves are drawn, colours and codes are told otherwise.
            "se" | "version" | "code" | "colour" | "best_epoch" => continue,
            _ if path.starts_with("/training") => continue,
            "kappa" => format!("{value:.3}"),
            "counts" | "support" | "units" | "mapped_units" | "annotations" | "trained" | "tested"
            | "left_out" | "only_one_right" => words::count(value as u64),
            "shares" | "area_shares" => format!("{:.2}", value * 100.0),
            "mapped_ha" | "assessed_ha" => words::hectares(value),
            _ if path.contains("area_ha") => words::hectares(value),
            "p" if value < 0.0001 => "0.0001".into(),
            "p" => format!("{value:.4}"),
            "chi_squared" => format!("{value:.2}"),
            _ if path.contains("left_out/") => value.to_string(),
            _ if signed => words::points(Some(value)).trim_end_matches(" points").into(),
            _ => format!("{:.1}", value * 100.0),
        };
        let is_shown =
            |text: &str| shown.iter().any(|word| word.trim_matches(|c| "(),;.".contains(c)) == text);
        if path.contains("left_out/") && value == 0.0 {
            continue;
        }
        assert!(is_shown(&text), "{path}: {value} as {text}");
        looked += 1;
    }
    assert!(looked > 300, "{looked}");
}

#[test]
fn the_table_has_all_figures_with_their_ends_and_units() {
    let report = report();
    let text = report.csv().unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let find = |part: &str, class: &str, measure: &str| {
        rows.iter().find(|row| row[0].starts_with(part) && &row[2] == class && &row[3] == measure).unwrap()
    };
    let area = find("reference sample", "Maíz & frijol", "area");
    let of = &report.reference.as_ref().unwrap().classes[0].area_ha;
    assert_eq!(area[4].parse::<f64>().unwrap(), of.value.unwrap());
    assert_eq!(area[7].parse::<f64>().unwrap(), of.interval.unwrap()[1]);
    assert_eq!(&area[8], "ha");
    let difference =
        rows.iter().find(|row| &row[1] == "difference" && &row[3] == "overall accuracy").unwrap();
    assert!(difference[4].parse::<f64>().unwrap() > 0.0);
    assert!(!find("true map", "", "overall accuracy")[9].is_empty(), "why it has no interval");
    assert_eq!(&find("trials: whole sites", "", "change of overall accuracy")[1], "sur <2>");
}

#[test]
fn the_first_sentence_answers_the_question() {
    let mut report = report();
    let compared = report.headline();
    assert!(compared.starts_with("series is better than UNet <mayo> by "), "{compared}");
    assert!(compared.contains("95 % interval") && compared.contains("reference sample"), "{compared}");
    let turned = comparison(0.7, 0.9).headline();
    assert!(turned.starts_with("UNet <mayo> is better than series by ") && !turned.contains('-'), "{turned}");
    let alike = comparison(0.8, 0.8).headline();
    assert!(alike.starts_with("Neither series nor UNet <mayo> is shown to be better"), "{alike}");

    report.comparisons.clear();
    let land = report.headline();
    assert!(
        land.contains("of the land") && land.contains("490 units of a random reference sample"),
        "{land}"
    );
    assert!(words(&report.html(&[], Language::English)).contains(&land));
    let gap = report.gap().unwrap();
    assert!(gap.contains("the random reference sample") && gap.contains("flatter this map by"), "{gap}");
    report.reference = None;
    let inside = report.headline();
    assert!(inside.contains("had not seen") && inside.contains("no random sample"), "{inside}");
    assert!(report.gap().unwrap().contains("simulated true map"));
    (report.annotations, report.true_map) = (None, None);
    assert!(report.gap().is_none() && report.headline().contains("does not measure a map"));
    assert!(Report::default().headline().starts_with("Nothing has been measured"));
}

#[test]
fn too_little_to_tell_makes_a_page_too() {
    let one = (0..4).map(|_| (1, 1, 1));
    let mut matrix = ErrorMatrix::new(&classes());
    (0..4).for_each(|_| assert!(matrix.add(1, 1)));
    let found = assessment_intervals(&classes(), one, &BootstrapSpec::default());
    let scores = Scores::new(matrix.assessment("One annotation."), Some(found));
    let nobody = compare_in_clusters(&classes(), &[], &BootstrapSpec::default());
    let report = Report {
        annotations: Some(scores),
        comparisons: vec![Comparison {
            title: "nothing".into(),
            maps: ["a".into(), "b".into()],
            short: Default::default(),
            compared: nobody,
        }],
        ..Report::default()
    };
    let words = words(&report.html(&[], Language::English));
    assert!(words.contains("No unit lies there.") && words.contains("none"), "{words}");
    assert!(report.headline().starts_with("Neither a nor b"), "{}", report.headline());
    assert!(words.contains("100.0 %"));
}

#[test]
fn bytes_are_base64_as_the_rfc_has_it() {
    let of = |text: &str| page::base64(text.as_bytes());
    assert_eq!(["", "f", "fo", "foo", "foob"].map(of), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
}

#[test]
fn numbers_are_written_with_thousands_apart_and_signs() {
    assert_eq!(words::hectares(12_345.6), "12\u{202f}346");
    assert_eq!(words::hectares(-12.34), "−12.3");
    assert_eq!(
        (words::points(Some(0.0321)), words::points(Some(-0.00004))),
        ("+3.2 points".into(), "0.0 points".into())
    );
    assert_eq!(words::points(Some(-0.01)), "−1.0 points");
    assert_eq!(words::percent(None), "–");
}

#[test]
fn a_page_in_spanish_keeps_its_figures_and_the_names_of_classes() {
    let report = report();
    let (english, spanish) = (report.html(&[], Language::English), report.html(&[], Language::Spanish));
    assert!(spanish.contains("<html lang=\"es\""));
    let (before, after) = (words(&english), words(&spanish));
    assert!(after.contains("Matriz de error"), "{after}");
    assert!(after.contains("Método, modelo y datos"), "{after}");
    assert!(!after.contains("Error matrix"));
    let numbers = |text: &str| -> Vec<String> {
        let all = text.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        let mut all: Vec<_> =
            all.map(|n| n.trim_matches('.').to_owned()).filter(|n| n.contains('.')).collect();
        all.sort();
        all
    };
    assert!(numbers(&before).len() > 20);
    assert_eq!(numbers(&before), numbers(&after));
    for class in classes_of(&report) {
        let count = |text: &str| text.matches(class.as_str()).count();
        assert_eq!(count(&before), count(&after), "{class}");
    }
}

fn classes_of(report: &Report) -> Vec<String> {
    let scores = report.annotations.iter().chain(&report.true_map);
    scores.flat_map(|scores| &scores.assessment.matrix.classes).map(|class| class.name.clone()).collect()
}
