//! All figures of a report, one a row.

use super::{Report, Scores};
use crate::assess::{ErrorMatrix, Estimated, MapEstimate, Measure, Paired, Places};

const HEAD: [&str; 10] =
    ["part", "subject", "class", "measure", "value", "standard_error", "low", "high", "unit", "why_absent"];

/// A figure and what it is of.
struct Row {
    part: String,
    subject: String,
    class: String,
    measure: String,
    figure: Estimated,
    unit: &'static str,
}

pub(super) fn csv(report: &Report) -> std::io::Result<String> {
    let mut out = ::csv::Writer::from_writer(Vec::new());
    out.write_record(HEAD)?;
    for row in rows(report) {
        let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let Estimated { value, se, interval, why } = row.figure;
        out.write_record([
            row.part,
            row.subject,
            row.class,
            row.measure,
            cell(value),
            cell(se),
            cell(interval.map(|i| i[0])),
            cell(interval.map(|i| i[1])),
            row.unit.into(),
            why.unwrap_or_default(),
        ])?;
    }
    let bytes = out.into_inner().map_err(|e| std::io::Error::other(e.to_string()))?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

/// A value that has no interval of its own.
fn plain(value: Option<f64>) -> Estimated {
    Estimated { value, ..Estimated::default() }
}

fn rows(report: &Report) -> Vec<Row> {
    let mut all = Rows { part: String::new(), subject: report.subject(), rows: Vec::new() };
    for (part, scores) in [("annotations", &report.annotations), ("true map", &report.true_map)] {
        all.part = part.into();
        scores.iter().for_each(|scores| all.scores(scores));
    }
    if let Some(reference) = &report.reference {
        all.part = "reference sample".into();
        all.reference(reference);
    }
    if let Some(trials) = &report.trials {
        all.part = format!("trials: {}", trials.held_out);
        all.scores(&trials.pooled);
        for trial in &trials.trials {
            all.subject = trial.name.clone();
            all.share("", Measure::OverallAccuracy.name(), &plain(trial.overall_accuracy));
            all.share("", Measure::MacroF1.name(), &plain(trial.macro_f1));
            all.share("", Measure::WeightedF1.name(), &plain(trial.weighted_f1));
            if let Some(change) = &trial.change {
                all.share("", "change of overall accuracy", change);
            }
            for (measure, n) in
                [("trained", trial.trained), ("tested", trial.tested), ("left out", trial.left_out)]
            {
                all.push("", measure, plain(Some(n as f64)), "samples");
            }
        }
    }
    for comparison in &report.comparisons {
        for places in &comparison.compared.places {
            all.part = format!("comparison: {}, {}", comparison.title, name_of(places.places));
            let whole = [
                (Measure::OverallAccuracy, &places.overall_accuracy),
                (Measure::MacroF1, &places.macro_f1),
                (Measure::WeightedF1, &places.weighted_f1),
            ];
            whole.into_iter().for_each(|(measure, paired)| all.paired(&comparison.maps, "", measure, paired));
            for class in &places.classes {
                let of_class = [
                    (Measure::UsersAccuracy, &class.users_accuracy),
                    (Measure::ProducersAccuracy, &class.producers_accuracy),
                    (Measure::F1, &class.f1),
                ];
                of_class
                    .into_iter()
                    .for_each(|(measure, paired)| all.paired(&comparison.maps, &class.name, measure, paired));
            }
            for (map, (matrix, only)) in
                comparison.maps.iter().zip(places.matrices.iter().zip(places.mcnemar.only_one_right))
            {
                all.subject = map.clone();
                all.push("", "only this map right", plain(Some(only as f64)), "units");
                all.matrix(matrix, "units");
            }
            all.subject = "difference".into();
            let p = Estimated {
                why: places.mcnemar.p.is_none().then(|| places.mcnemar.how.clone()),
                ..plain(places.mcnemar.p)
            };
            all.push("", "p of McNemar's test", p, "probability");
        }
    }
    all.rows
}

/// For people.
pub(super) fn name_of(places: Places) -> &'static str {
    match places {
        Places::All => "all places",
        Places::Edges => "edges",
        Places::Interiors => "interiors",
    }
}

struct Rows {
    part: String,
    subject: String,
    rows: Vec<Row>,
}

impl Rows {
    fn push(&mut self, class: &str, measure: &str, figure: Estimated, unit: &'static str) {
        let (part, subject) = (self.part.clone(), self.subject.clone());
        self.rows.push(Row { part, subject, class: class.into(), measure: measure.into(), figure, unit });
    }

    fn share(&mut self, class: &str, measure: &str, figure: &Estimated) {
        self.push(class, measure, figure.clone(), "share");
    }

    fn scores(&mut self, scores: &Scores) {
        for (measure, figure) in super::sections::whole(scores) {
            self.share("", measure.name(), &figure);
        }
        for class in super::sections::of_classes(scores) {
            for (measure, figure) in class.figures() {
                self.share(&class.name, measure.name(), figure);
            }
            self.push(&class.name, "support", plain(Some(class.support as f64)), "samples");
        }
        self.matrix(&scores.assessment.matrix, "samples");
    }

    fn reference(&mut self, estimate: &MapEstimate) {
        for (measure, figure) in super::sections::whole_of_estimate(estimate) {
            self.share("", measure.name(), &figure);
        }
        for class in &estimate.classes {
            self.share(&class.name, Measure::UsersAccuracy.name(), &class.users_accuracy);
            self.share(&class.name, Measure::ProducersAccuracy.name(), &class.producers_accuracy);
            self.share(&class.name, Measure::F1.name(), &class.f1);
            self.share(&class.name, "share of the land", &class.share);
            self.push(&class.name, Measure::Area.name(), class.area_ha.clone(), "ha");
            self.push(&class.name, "area mapped", plain(Some(class.mapped_ha)), "ha");
        }
        self.matrix(&estimate.matrix, "units");
        let classes = &estimate.matrix.classes;
        for (cell, share) in estimate.area_shares.iter().enumerate() {
            let measure = format!("share of the land, mapped as {}", classes[cell % classes.len()].name);
            self.share(&classes[cell / classes.len()].name, &measure, &plain(Some(*share)));
        }
    }

    fn matrix(&mut self, matrix: &ErrorMatrix, unit: &'static str) {
        for (reference, class) in matrix.classes.iter().enumerate() {
            for (mapped, other) in matrix.classes.iter().enumerate() {
                let counted = plain(Some(matrix.count(reference, mapped) as f64));
                self.push(&class.name, &format!("mapped as {}", other.name), counted, unit);
            }
        }
    }

    fn paired(&mut self, maps: &[String; 2], class: &str, measure: Measure, paired: &Paired) {
        for (map, figure) in maps.iter().zip(&paired.maps) {
            self.subject = map.clone();
            self.share(class, measure.name(), figure);
        }
        self.subject = "difference".into();
        self.share(class, measure.name(), &paired.difference);
    }
}
