//! The parts of the page.

use super::figures::{
    area_bar, difference_bar, interval, interval_in_hectares, interval_in_points, most_of, share_bar,
};
use super::matrix::drawn;
use super::page::{Set, Table, list, paragraph, swatched};
use super::words::{count, hectares, percent, points};
use super::{Scores, Trials};
use crate::assess::{ErrorMatrix, Estimated, MapEstimate, Measure};
use crate::labels::Class;
use crate::xml::escaped;

/// A class's scores, with intervals where there are any.
pub struct ClassFigures {
    pub name: String,
    pub colour: [u8; 3],
    pub support: u64,
    /// Annotations of the class, where they are known.
    pub annotations: Option<usize>,
    users: Estimated,
    producers: Estimated,
    f1: Estimated,
}

impl ClassFigures {
    /// In the order of a report.
    pub fn figures(&self) -> [(Measure, &Estimated); 3] {
        [
            (Measure::UsersAccuracy, &self.users),
            (Measure::ProducersAccuracy, &self.producers),
            (Measure::F1, &self.f1),
        ]
    }
}

/// A value of which every pixel was looked at, so that it has no interval.
fn counted(value: Option<f64>) -> Estimated {
    Estimated { value, why: Some("every pixel was looked at".into()), ..Estimated::default() }
}

/// The figures of the whole, in the order of a report.
pub fn whole(scores: &Scores) -> Vec<(Measure, Estimated)> {
    let assessment = &scores.assessment;
    let disagreement = scores.disagreement;
    let mut all = match &scores.intervals {
        Some(found) => vec![
            (Measure::OverallAccuracy, found.overall_accuracy.clone()),
            (Measure::MacroF1, found.macro_f1.clone()),
            (Measure::WeightedF1, found.weighted_f1.clone()),
            (Measure::QuantityDisagreement, found.quantity_disagreement.clone()),
            (Measure::AllocationDisagreement, found.allocation_disagreement.clone()),
        ],
        None => vec![
            (Measure::OverallAccuracy, counted(assessment.overall_accuracy)),
            (Measure::MacroF1, counted(assessment.macro_f1)),
            (Measure::WeightedF1, counted(assessment.weighted_f1)),
            (Measure::QuantityDisagreement, counted(disagreement.map(|d| d.quantity))),
            (Measure::AllocationDisagreement, counted(disagreement.map(|d| d.allocation))),
        ],
    };
    all.push((Measure::Kappa, kappa(disagreement.and_then(|d| d.kappa))));
    all
}

fn kappa(value: Option<f64>) -> Estimated {
    Estimated { value, why: Some("none is made of kappa".into()), ..Estimated::default() }
}

/// The figures of the whole of a reference sample.
pub fn whole_of_estimate(estimate: &MapEstimate) -> Vec<(Measure, Estimated)> {
    let none = |value: Option<f64>| Estimated {
        value,
        why: Some("no interval is estimated of it".into()),
        ..Estimated::default()
    };
    vec![
        (Measure::OverallAccuracy, estimate.overall_accuracy.clone()),
        (Measure::MacroF1, estimate.macro_f1.clone()),
        (Measure::WeightedF1, estimate.weighted_f1.clone()),
        (Measure::QuantityDisagreement, none(estimate.disagreement.map(|d| d.quantity))),
        (Measure::AllocationDisagreement, none(estimate.disagreement.map(|d| d.allocation))),
        (Measure::Kappa, kappa(estimate.disagreement.and_then(|d| d.kappa))),
    ]
}

/// The classes of a matrix with their scores.
pub fn of_classes(scores: &Scores) -> Vec<ClassFigures> {
    let assessment = &scores.assessment;
    let of_class = |(i, (class, score)): (usize, (&Class, &crate::assess::ClassScore))| {
        let found = scores.intervals.as_ref().and_then(|found| found.classes.get(i));
        let take = |pick: fn(&crate::assess::ClassIntervals) -> &Estimated, value: Option<f64>| {
            found.map_or_else(|| counted(value), |found| pick(found).clone())
        };
        ClassFigures {
            name: class.name.clone(),
            colour: class.colour,
            support: score.support,
            annotations: found.map(|found| found.annotations),
            users: take(|found| &found.users_accuracy, score.users_accuracy),
            producers: take(|found| &found.producers_accuracy, score.producers_accuracy),
            f1: take(|found| &found.f1, score.f1),
        }
    };
    assessment.matrix.classes.iter().zip(&assessment.classes).enumerate().map(of_class).collect()
}

/// What a measure of the whole is written as: kappa is no share.
fn value(measure: Measure, of: &Estimated) -> String {
    match measure {
        Measure::Kappa => of.value.map_or("–".into(), |kappa| format!("{kappa:.3}")),
        _ => percent(of.value),
    }
}

fn whole_table(all: &[(Measure, Estimated)]) -> String {
    let heads = [
        ("score", Set::Words),
        ("value", Set::Figures),
        ("95 % interval", Set::Figures),
        ("0 to 100 %", Set::Drawn),
        ("what it says, and what it does not", Set::Words),
    ];
    let mut table = Table::new("", &heads);
    for (measure, figure) in all {
        let bar = if *measure == Measure::Kappa { String::new() } else { share_bar(figure) };
        table.row(&[
            escaped(measure.name()),
            value(*measure, figure),
            interval(figure),
            bar,
            format!("<small>{}</small>", escaped(measure.measures())),
        ]);
    }
    table.done()
}

/// What the columns of a table of classes say.
pub(super) fn class_measures() -> String {
    let each = [Measure::UsersAccuracy, Measure::ProducersAccuracy, Measure::F1];
    let words: Vec<String> = each
        .into_iter()
        .map(|measure| format!("<b>{}</b>: {}", escaped(measure.name()), escaped(measure.measures())))
        .collect();
    format!("<p class=\"says\">{}</p>\n", words.join(" "))
}

/// A part inside the labels, or against a true map.
pub fn scores(title: &str, scores: &Scores, id: &str) -> String {
    let assessment = &scores.assessment;
    let mut out = head(title, id);
    out += &paragraph(&assessment.obtained);
    out += &whole_table(&whole(scores));
    let classes = of_classes(scores);
    let with_annotations = classes.iter().any(|class| class.annotations.is_some());
    let mut heads = vec![("class", Set::Words), ("samples", Set::Figures)];
    if with_annotations {
        heads.push(("annotations", Set::Figures));
    }
    for measure in ["user's accuracy", "producer's accuracy", "F1"] {
        heads.extend([(measure, Set::Figures), ("95 % interval", Set::Figures)]);
    }
    heads.push(("F1, 0 to 100 %", Set::Drawn));
    let mut table = Table::new("Classes", &heads);
    for class in &classes {
        let mut cells = vec![swatched(class.colour, &class.name), count(class.support)];
        if with_annotations {
            cells.push(class.annotations.map_or("–".into(), |n| count(n as u64)));
        }
        for (_, figure) in class.figures() {
            cells.extend([percent(figure.value), interval(figure)]);
        }
        cells.push(share_bar(&class.f1));
        table.row(&cells);
    }
    out += &table.done();
    out += &class_measures();
    out += &matrices(&assessment.matrix, &scores.shares, "samples", "all samples");
    if let Some(found) = &scores.intervals {
        out += &list(&found.notes);
    }
    out + "</section>\n"
}

pub(super) fn head(title: &str, id: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{}</h2>\n", escaped(title))
}

/// The matrix as a picture, its counts, and shares of what is named.
fn matrices(matrix: &ErrorMatrix, shares: &[f64], units: &str, of: &str) -> String {
    let n = matrix.classes.len();
    if n == 0 {
        return String::new();
    }
    let picture = drawn(matrix, "Error matrix");
    let mut out = format!(
        "<figure>{picture}<figcaption>Error matrix: reference down, map across; per cent of each row, the stronger \
         the colour the more. Blue is right, orange wrong.</figcaption></figure>\n"
    );
    out += &cells(
        &format!("Counts of the error matrix ({units}; reference down, map across)"),
        matrix,
        |r, m| count(matrix.count(r, m)),
    );
    if shares.len() == n * n {
        out += &cells(&format!("Shares of {of}, % (reference down, map across)"), matrix, |r, m| {
            format!("{:.2}", shares[r * n + m] * 100.0)
        });
    }
    out
}

pub(super) fn cells(caption: &str, matrix: &ErrorMatrix, cell: impl Fn(usize, usize) -> String) -> String {
    let mut heads = vec![("", Set::Words)];
    heads.extend(matrix.classes.iter().map(|class| (class.name.as_str(), Set::Figures)));
    let mut table = Table::new(caption, &heads);
    for (reference, class) in matrix.classes.iter().enumerate() {
        let mut row = vec![swatched(class.colour, &class.name)];
        row.extend((0..matrix.classes.len()).map(|mapped| cell(reference, mapped)));
        table.row(&row);
    }
    format!("<div class=\"wide\">{}</div>\n", table.done())
}

/// The part of a reference sample: accuracies of the map, and areas of the land.
pub fn reference(estimate: &MapEstimate) -> String {
    let mut out = head("On a random reference sample", "reference");
    out += &paragraph(&estimate.obtained);
    out += &whole_table(&whole_of_estimate(estimate));
    let colour = |i: usize| estimate.matrix.classes.get(i).map_or([128; 3], |class| class.colour);
    let mut heads = vec![("class", Set::Words), ("units", Set::Figures), ("mapped units", Set::Figures)];
    for measure in ["user's accuracy", "producer's accuracy", "F1"] {
        heads.extend([(measure, Set::Figures), ("95 % interval", Set::Figures)]);
    }
    let mut table = Table::new("Classes", &heads);
    for (i, class) in estimate.classes.iter().enumerate() {
        let mut cells = vec![swatched(colour(i), &class.name), count(class.units), count(class.mapped_units)];
        for figure in [&class.users_accuracy, &class.producers_accuracy, &class.f1] {
            cells.extend([percent(figure.value), interval(figure)]);
        }
        table.row(&cells);
    }
    out += &table.done();
    out += &class_measures();

    let heads = [
        ("class", Set::Words),
        ("mapped, ha", Set::Figures),
        ("estimated, ha", Set::Figures),
        ("95 % interval, ha", Set::Figures),
        ("share of the land", Set::Figures),
        ("95 % interval", Set::Figures),
        ("estimated; mapped as a stroke", Set::Drawn),
    ];
    let most = estimate.classes.iter().flat_map(|class| {
        class.area_ha.interval.map(|i| i[1]).into_iter().chain(class.area_ha.value).chain([class.mapped_ha])
    });
    let most = most.fold(0.0, f64::max);
    let mut table = Table::new("Areas on the ground", &heads);
    for (i, class) in estimate.classes.iter().enumerate() {
        table.row(&[
            swatched(colour(i), &class.name),
            hectares(class.mapped_ha),
            class.area_ha.value.map_or("–".into(), hectares),
            interval_in_hectares(&class.area_ha),
            percent(class.share.value),
            interval(&class.share),
            area_bar(&class.area_ha, class.mapped_ha, most),
        ]);
    }
    out += &table.done();
    out += &format!(
        "<p class=\"says\"><b>area</b>: {} Assessed are {} ha.</p>\n",
        escaped(Measure::Area.measures()),
        hectares(estimate.assessed_ha)
    );
    out += &matrices(&estimate.matrix, &estimate.area_shares, "units", "the land, weighted by the strata");
    out += &list(&estimate.notes);
    out + "</section>\n"
}

/// The part of trials.
pub fn trials(trials: &Trials) -> String {
    let mut out = scores("Trained again without what tests it", &trials.pooled, "trials");
    out.truncate(out.len() - "</section>\n".len());
    let with_change = trials.trials.iter().any(|trial| trial.change.is_some());
    let mut heads = vec![
        ("trial", Set::Words),
        ("trained on", Set::Figures),
        ("tested on", Set::Figures),
        ("left out", Set::Figures),
        ("overall accuracy", Set::Figures),
        ("macro F1", Set::Figures),
        ("weighted F1", Set::Figures),
    ];
    if with_change {
        heads.extend([
            ("change", Set::Figures),
            ("95 % interval", Set::Figures),
            ("less or more", Set::Drawn),
        ]);
    }
    heads.push(("tested but not taught", Set::Words));
    let most = most_of(trials.trials.iter().filter_map(|trial| trial.change.as_ref()));
    let mut table = Table::new(&format!("Held out: {} (counts are samples)", trials.held_out), &heads);
    for trial in &trials.trials {
        let mut cells = vec![
            escaped(&trial.name),
            count(trial.trained as u64),
            count(trial.tested as u64),
            count(trial.left_out as u64),
            percent(trial.overall_accuracy),
            percent(trial.macro_f1),
            percent(trial.weighted_f1),
        ];
        if with_change {
            cells.extend(match &trial.change {
                Some(change) => {
                    [points(change.value), interval_in_points(change), difference_bar(change, most)]
                }
                None => ["–".into(), "–".into(), String::new()],
            });
        }
        cells.push(escaped(&trial.unlearned.join(", ")));
        table.row(&cells);
    }
    out += &table.done();
    out + "</section>\n"
}
