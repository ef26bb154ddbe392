//! The sentences that answer the reader's question, and how figures are written.

use super::{Comparison, Report, Scores};
use crate::assess::{Estimated, Paired, Places, Winner};
use crate::words::apart;

/// "87.3 %", or a dash.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("–".into(), |share| format!("{:.1} %", share * 100.0))
}

/// "+3.2 points", of a difference of two shares.
pub fn points(difference: Option<f64>) -> String {
    // What rounds to nothing has no sign.
    let rounded = difference.map(|d| (d * 1000.0).round() / 10.0 + 0.0);
    rounded.map_or("–".into(), |d| {
        if d == 0.0 { "0.0 points".into() } else { format!("{d:+.1} points").replace('-', "−") }
    })
}

/// "1 234.5": thousands apart by thin spaces, a decimal below a thousand.
pub fn hectares(ha: f64) -> String {
    let text = if ha.abs() >= 1000.0 {
        format!("{ha:.0}")
    } else if ha.abs() >= 10.0 {
        format!("{ha:.1}")
    } else {
        format!("{ha:.2}")
    };
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("−", text));
    let (whole, part) = text.split_once('.').map_or((text, String::new()), |(w, p)| (w, format!(".{p}")));
    format!("{sign}{}{part}", apart(whole))
}

/// "1 234 567".
pub fn count(n: u64) -> String {
    apart(&n.to_string())
}

/// A text whose article begins a sentence or a title; names stay as they are.
pub fn begun(text: String) -> String {
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text,
    }
}

/// "1 unit", "300 units".
pub fn units(n: u64) -> String {
    if n == 1 { "1 unit".into() } else { format!("{} units", count(n)) }
}

/// "84.1 to 90.2 %", or nothing.
pub fn range(of: &Estimated) -> Option<String> {
    let [low, high] = of.interval?;
    Some(format!("{:.1} to {:.1} %", low * 100.0, high * 100.0))
}

/// "87.3 % (95 % interval 84.1 to 90.2 %)".
fn with_interval(of: &Estimated) -> String {
    match range(of) {
        Some(range) => format!("{} (95 % interval {range})", percent(of.value)),
        None => {
            format!("{} (no interval: {})", percent(of.value), of.why.as_deref().unwrap_or("none was made"))
        }
    }
}

/// A score inside the labels with its interval; without one where nothing was left to chance.
fn overall(scores: &Scores) -> String {
    match &scores.intervals {
        Some(intervals) => with_interval(&intervals.overall_accuracy),
        None => percent(scores.assessment.overall_accuracy),
    }
}

impl Report {
    /// What it is of: "tempcnn of corridor".
    pub fn subject(&self) -> String {
        if self.site.is_empty() { self.map.clone() } else { format!("{} of {}", self.map, self.site) }
    }

    /// One sentence that answers the question: how right is the map, or which of two is better and by how much; with the
    /// interval and how it was obtained.
    pub fn headline(&self) -> String {
        if let Some(comparison) = self.comparisons.first() {
            return comparison.headline();
        }
        let subject = self.subject();
        // A sample that nobody has labelled yet tells nothing.
        let reference = self.reference.as_ref().filter(|found| found.overall_accuracy.value.is_some());
        if let Some(reference) = reference {
            return format!(
                "The map {subject} is right on {} of the land, estimated from {} of a random reference sample.",
                with_interval(&reference.overall_accuracy),
                units(reference.matrix.total())
            );
        }
        if let Some(scores) = &self.annotations {
            return format!(
                "The map {subject} is right at {} of {} pixels inside annotations that its model had not seen; no random \
                 sample has measured it as a whole, edges and doubtful places included.",
                overall(scores),
                count(scores.assessment.matrix.total())
            );
        }
        if let Some(scores) = &self.true_map {
            return format!(
                "The map {subject} is right at {} of {} pixels of the simulated true map.",
                overall(scores),
                count(scores.assessment.matrix.total())
            );
        }
        match &self.trials {
            Some(trials) => format!(
                "Trained again without what tested it ({}), {subject} is right at {} of {} samples inside the labels; that \
                 compares models and does not measure a map.",
                trials.held_out,
                overall(&trials.pooled),
                count(trials.pooled.assessment.matrix.total())
            ),
            None => format!("Nothing has been measured of {subject} yet."),
        }
    }

    /// How far the score inside the labels is from that of the land, in a sentence, where both are known.
    pub fn gap(&self) -> Option<String> {
        let inside = self.annotations.as_ref()?;
        let within = inside.assessment.overall_accuracy?;
        let (land, called, interval) = match (&self.reference, &self.true_map) {
            (Some(reference), _) => {
                let overall = &reference.overall_accuracy;
                (overall.value?, "the random reference sample", overall.interval)
            }
            // Every pixel of it was looked at.
            (None, Some(truth)) => {
                let overall = truth.assessment.overall_accuracy?;
                (overall, "the simulated true map", Some([overall; 2]))
            }
            (None, None) => return None,
        };
        let gap = within - land;
        let verdict = if gap.abs() < 0.0005 {
            "both say the same".to_string()
        } else if gap > 0.0 {
            format!("labels drawn where somebody was sure flatter this map by {:.1} points", gap * 100.0)
        } else {
            format!("here the labels are harder than the land, by {:.1} points", -gap * 100.0)
        };
        let own = inside.intervals.as_ref().and_then(|intervals| intervals.overall_accuracy.interval);
        let meet = |[a, b]: [f64; 2], [c, d]: [f64; 2]| a <= d && c <= b;
        let chance = match (own, interval) {
            (Some(own), Some(land)) if meet(own, land) => {
                "; the intervals meet, so that the choice of annotations or units alone may have made the gap"
            }
            _ => "",
        };
        Some(format!(
            "Annotations not seen by the model give {}, {called} gives {}: {verdict}{chance}.",
            percent(Some(within)),
            percent(Some(land))
        ))
    }
}

impl Comparison {
    /// Which map is better by overall accuracy, by how much, with its interval.
    pub fn headline(&self) -> String {
        begun(self.answered())
    }

    /// What the maps are called in tables.
    pub fn short(&self) -> &[String; 2] {
        if self.short.iter().any(String::is_empty) { &self.maps } else { &self.short }
    }

    fn answered(&self) -> String {
        let [first, second] = &self.maps;
        let Some(all) = self.compared.places.iter().find(|places| places.places == Places::All) else {
            return format!("{first} and {second} could not be compared.");
        };
        let paired = &all.overall_accuracy;
        let on = format!("on {} that both maps give a class ({})", units(all.units), self.title);
        let [one, other] = [0, 1].map(|map| percent(paired.maps[map].value));
        let (better, worse, values) = match paired.winner() {
            Winner::First => (first, second, [&one, &other]),
            Winner::Second => (second, first, [&other, &one]),
            Winner::Undecided => return undecided(paired, [first, second], [&one, &other], &on),
        };
        let value = paired.difference.value.unwrap_or_default().abs() * 100.0;
        let [low, high] = paired.difference.interval.unwrap_or_default().map(|end| end.abs() * 100.0);
        format!(
            "{better} is better than {worse} by {value:.1} points of overall accuracy (95 % interval {:.1} to {:.1}): {} \
             against {}, {on}.",
            low.min(high),
            low.max(high),
            values[0],
            values[1]
        )
    }
}

fn undecided(paired: &Paired, [first, second]: [&String; 2], [one, other]: [&String; 2], on: &str) -> String {
    let why = match (paired.difference.interval, &paired.difference.why) {
        (Some([low, high]), _) => format!(
            "the difference is {}, with a 95 % interval from {} to {}",
            points(paired.difference.value),
            points(Some(low)),
            points(Some(high))
        ),
        (None, Some(why)) => why.clone(),
        (None, None) => "the difference has no interval".into(),
    };
    format!(
        "Neither {first} nor {second} is shown to be better: {one} against {other} of overall accuracy, {on}; {why}."
    )
}
